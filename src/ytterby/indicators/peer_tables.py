"""The tables behind the peer's numbers, out of the store: its baskets, World Mining Data, governance.

World Mining Data may not be passed on, so they are not in the starter data: a user imports them
(``ytterby facts import wmd FILE``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.countries import bloc_members
from ytterby.catalog.rows import read_rows
from ytterby.errors import NoData
from ytterby.facts.governance import load_governance
from ytterby.facts.production import RESTS, WORLD, load_production
from ytterby.facts.store import Store
from ytterby.indicators.cells import EU, Flags, Grid, Group, Integers
from ytterby.indicators.longrows import long_rows
from ytterby.indicators.peer import PEER, Conventions, PeerScores, evaluate, whole_status
from ytterby.indicators.peer_arrays import PeerTables, number_tables

METHOD, STAGE = "geopolrisk_peer", "peer basket"
TRADE_SOURCE, PRODUCTION_SOURCE = "baci-hs92", "wmd"
SOURCES = f"{TRADE_SOURCE};{PRODUCTION_SOURCE};wgi-pv"
_TONNES = {"t": 1.0, "kg": 0.001}  # other units are no masses
_TRADE = ("year", "exporter", "importer", "hs6", "value_kusd", "quantity_t")


@dataclass(frozen=True)
class Basket:
    """A material of the peer: its name there, its sheet in World Mining Data, our key, unit and codes.

    ``material`` is empty where our catalog does not follow it, ``hs6`` where the peer has no code.
    """

    peer_material: str
    wmd_table: str
    material: str
    unit: str
    hs6: tuple[str, ...]

    @property
    def tonnes_per_unit(self) -> float:
        """Tonnes in one unit of its table; NaN for a volume or a count of carats."""
        return _TONNES.get(self.unit, float("nan"))


@cache
def load_baskets() -> tuple[Basket, ...]:
    """Every material of the peer with the customs codes (HS 1992) that it adds up."""
    rows = read_rows("geopolrisk_baskets")
    return tuple(Basket(**{**row, "hs6": tuple(filter(None, row["hs6"].split(";")))}) for row in rows)  # type: ignore[arg-type]


def peer_group(material: str) -> Group:
    """The peer's basket of a material of our catalog; without codes where the peer has none."""
    codes = (basket.hs6 for basket in load_baskets() if basket.material == material)
    return Group(material, STAGE, next(codes, ()))


@dataclass(frozen=True)
class StoreTables:
    """Tables of the store as arrays, with what the store or the peer lacks (B baskets, E importers)."""

    tables: PeerTables
    lacking: Flags
    unknown: Flags

    def evaluate(self, conventions: Conventions = PEER) -> PeerScores:
        """Numbers under the given conventions, with a reason wherever the peer or the store has none."""
        scores = evaluate(self.tables, conventions)
        status = whole_status(scores, self.lacking, self.unknown, self.tables.grid)
        return PeerScores(**{**vars(scores), "status": status})


def read_peer_tables(
    store: Store, groups: Sequence[Group], countries: Sequence[str], years: Sequence[int]
) -> StoreTables:
    """Trade, World Mining Data and governance of the store for the given groups.

    Raises
    ------
    NoData
        World Mining Data were not imported, or not for these materials.
    """
    grid = Grid(tuple(groups), tuple(countries), tuple(years))
    units = {basket.material: basket.tonnes_per_unit for basket in load_baskets()}
    factors = np.array([units.get(group.material, np.nan) for group in groups])
    codes = sorted({code for group in groups for code in group.codes})
    trade = store.select("trade", only=_TRADE, hs6=codes, year=list(grid.years), source_id=TRADE_SOURCE)
    governance = load_governance(store)
    held = set(store.query("SELECT DISTINCT hs6 FROM trade WHERE source_id = ?", [TRADE_SOURCE])["hs6"])
    return StoreTables(
        tables=number_tables(trade, _read_production(store, units), governance, grid, factors),
        lacking=np.array([not held.issuperset(group.codes) for group in groups]),
        unknown=_unknown_countries(store, grid),
    )


def _read_production(store: Store, units: dict[str, float]) -> pd.DataFrame:
    """World Mining Data by country, back in the unit of their sheets."""
    try:
        rows = load_production(store, source_id=PRODUCTION_SOURCE)
    except NoData as error:
        raise NoData(
            "the peer's numbers rest on World Mining Data, and the store has none.",
            "Import table 6.4 as published: ytterby facts import wmd FILE --edition EDITION --store FOLDER.",
        ) from error
    rows = rows[~rows["country_iso3"].isin([WORLD, *RESTS])]
    factor = rows["material"].map(units).to_numpy(dtype=np.float64)
    tonnes = rows["quantity_t"].to_numpy(dtype=np.float64)
    # 1072 kg that became 1.072 t are 1072 kg again and not a hair less, which the peer would cut to 1071.
    whole = np.round(tonnes / factor)
    quantity = np.where(whole * factor == tonnes, whole, tonnes / factor)
    return pd.DataFrame(
        {
            "material": rows["material"],
            "country_iso3": rows["country_iso3"],
            "year": rows["year"],
            "quantity": quantity,
        }
    )


def _unknown_countries(store: Store, grid: Grid) -> npt.NDArray[np.bool_]:
    """Which importers the peer has no code for: it knows those of BACI, and the Union."""
    known = set(store.query("SELECT DISTINCT iso3 FROM baci_countries")["iso3"])
    parts = ([*bloc_members(code)] if code == EU else [code] for code in grid.countries)
    return np.array([not known.issuperset(part) for part in parts])


def screen_peer(
    store: Store, materials: Sequence[str], countries: Sequence[str], years: Sequence[int]
) -> pd.DataFrame:
    """Long rows of the peer's GeoPolRisk score, one a cell, over its own baskets of codes."""
    groups = [peer_group(material) for material in materials]
    found = read_peer_tables(store, groups, countries, years)
    scores = found.evaluate()
    parts = {
        "hhi": scores.hhi,
        "import_risk": scores.import_risk,
        "price_usd_per_kg": scores.price,
        "midpoint": scores.midpoint,
        "characterisation_factor": scores.characterisation_factor,
        "imports_t": scores.imports_t,
        "production_t": scores.production_t,
    }
    grid, value = found.tables.grid, scores.score
    return long_rows(
        grid, "score", scores.status, (value, value, value), parts, method=METHOD, sources=_sources(grid)
    )


def _sources(grid: Grid) -> tuple[Integers, list[str]]:
    return np.zeros(grid.size, dtype=np.int64), [SOURCES]
