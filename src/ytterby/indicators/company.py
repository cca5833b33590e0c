"""Supply risk of one company: its own suppliers against the world's production and governance.

Rules: docs/method/indicators, section 9. The GeoPolRisk of a company is that of a country with the
list in the place of the imports: what comes from home has no instability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ytterby.catalog.countries import iso3
from ytterby.errors import BadNumbers
from ytterby.facts.governance import STABILITY
from ytterby.facts.store import Store, open_store
from ytterby.indicators.concentration import hhi
from ytterby.indicators.criticality import import_risks
from ytterby.indicators.longrows import OK
from ytterby.indicators.regions import BLOCS, bloc_regions
from ytterby.indicators.suppliers import Supplier, read_suppliers
from ytterby.indicators.supply import COVERAGE, WGI_SOURCE, WorldProduction, Worlds, gather_production

ALL_OF_IT = 1.0 - 1e-9
ORE_STAGES = ("mine", "ore", "concentrate")
NO_GOVERNANCE = "no governance for suppliers of more than 5 % of the purchases"
GovernanceTable = dict[int, pd.DataFrame]  # country -> instability, std_error, by year


@dataclass(frozen=True)
class CompanyRisk:
    """What a list of suppliers says.

    Attributes
    ----------
    materials
        One row a material, stage and year: suppliers, countries, supplied_t (NaN for shares), basis,
        hhi_suppliers, hhi_countries, largest_supplier and its share, largest_country, its share and its
        world_share (of production), only_supplier, only_country (single points of failure), home_share,
        world_hhi, production_stage, import_risk, score (GeoPolRisk) with lower and upper, status (``ok``
        or why there is no score), source_id.
    countries
        One row a country of them: share, world_share, instability, risk_share (of the import risk).
    """

    materials: pd.DataFrame
    countries: pd.DataFrame


def company_risk(
    suppliers: Path | str | Sequence[Supplier],
    *,
    home: str,
    year: int | None = None,
    store: Store | None = None,
) -> CompanyRisk:
    """Concentration, single points of failure and GeoPolRisk of a company's own suppliers.

    Parameters
    ----------
    suppliers
        A CSV file as :func:`ytterby.indicators.suppliers.read_suppliers` reads it, or its records.
    home
        Country or bloc of the company: what is bought there counts as own supply, without instability.
    year
        Of production and governance, where a row gives none; by default the newest that has both.

    Raises
    ------
    InputFaults
        Everything that is wrong with the file, at once.
    UnknownName
        A home that is neither country nor bloc.
    """
    records = suppliers if isinstance(suppliers, Sequence) and not isinstance(suppliers, str) else None
    listed = tuple(records) if records is not None else read_suppliers(Path(str(suppliers)))
    if not listed:
        raise BadNumbers("the list names no supplier.", "Give one record a supplier and material.")
    at_home = _home(home)
    opened = store or open_store()
    worlds = gather_production(opened, sorted({record.material for record in listed}))
    governance = _governance(opened)
    found = [
        _Purchase(key, members, at_home, _year(key, year, worlds, governance), worlds, governance)
        for key, members in _by_key(listed).items()
    ]
    materials = pd.DataFrame([purchase.summary() for purchase in found])
    countries = pd.concat([purchase.by_country() for purchase in found], ignore_index=True)
    return CompanyRisk(materials, countries)


def _home(home: str) -> tuple[str, ...]:
    """Countries of a home; of a bloc, those of today."""
    return bloc_regions(home).members(home, 2100) if home in BLOCS else (iso3(home),)


def _by_key(listed: Sequence[Supplier]) -> dict[tuple[str, str, int | None], list[Supplier]]:
    groups: dict[tuple[str, str, int | None], list[Supplier]] = {}
    for record in listed:
        groups.setdefault(record.key, []).append(record)
    return groups


def _governance(store: Store) -> GovernanceTable:
    rows = store.select("governance", indicator=STABILITY)
    tables = rows.set_index("country_iso3")[["year", "instability", "std_error"]].groupby("year")
    return {int(year): table.drop(columns="year") for year, table in tables}


def _production_stages(stage: str) -> tuple[str, ...]:
    """Stages of production to look at, the closest first."""
    return ("mine",) if stage in ORE_STAGES else ("refined", "mine")


def _year(
    key: tuple[str, str, int | None], asked: int | None, worlds: Worlds, governance: GovernanceTable
) -> int:
    """Year of a purchase: its own, the one asked for, else the newest with production and governance."""
    name, stage, own = key
    if own is not None or asked is not None:
        return int(own if own is not None else asked)  # type: ignore[arg-type]  # one of the two is there
    held = [y for (m, s, y) in worlds if m == name and s in _production_stages(stage) and y in governance]
    return max(held, default=max(governance))


class _Purchase:
    """Purchases of one material at one stage in one year, beside the world's production."""

    def __init__(
        self,
        key: tuple[str, str, int | None],
        members: Sequence[Supplier],
        home: tuple[str, ...],
        year: int,
        worlds: Worlds,
        governance: GovernanceTable,
    ) -> None:
        self.material, self.stage, self.year = key[0], key[1], year
        self.home, self.members = home, members
        frame = pd.DataFrame([(m.supplier, m.country_iso3, m.amount) for m in members])
        frame.columns = pd.Index(["supplier", "country", "amount"])
        self.suppliers = _shares(frame, "supplier")
        self.countries = _shares(frame, "country")
        tables = (worlds.get((self.material, stage, year)) for stage in _production_stages(self.stage))
        self.world: WorldProduction | None = next((table for table in tables if table is not None), None)
        known = governance.get(year, pd.DataFrame({"instability": [], "std_error": []}))
        self.unstable = known.reindex(self.countries.index)
        self.unstable.loc[self.countries.index.isin(home), :] = 0.0

    def summary(self) -> dict[str, object]:
        """One row of ``CompanyRisk.materials``."""
        risk, low, high, blind = self._import_risk()
        status, world = self._status(blind), self.world
        fine = status == OK and world is not None
        largest = str(self.countries.index[0])
        score = (
            [world.hhi * risk, world.hhi * low, world.hhi_upper * high] if fine and world else [np.nan] * 3
        )
        return {
            "material": self.material, "stage": self.stage, "year": self.year,
            "suppliers": int((self.suppliers > 0).sum()), "countries": int((self.countries > 0).sum()),
            "supplied_t": float(sum(m.quantity_t for m in self.members)), "basis": self.members[0].basis,
            "hhi_suppliers": hhi(self.suppliers), "hhi_countries": hhi(self.countries),
            "largest_supplier": str(self.suppliers.index[0]),
            "largest_supplier_share": float(self.suppliers.iloc[0]),
            "largest_country": largest, "largest_country_share": float(self.countries.iloc[0]),
            "largest_country_world_share": self._world_share(largest),
            "only_supplier": bool(self.suppliers.iloc[0] >= ALL_OF_IT),
            "only_country": bool(self.countries.iloc[0] >= ALL_OF_IT),
            "home_share": float(self.countries[self.countries.index.isin(self.home)].sum()),
            "world_hhi": world.hhi if world else np.nan, "production_stage": world.stage if world else "",
            "import_risk": np.nan if blind > 1 - COVERAGE else risk,
            "score": score[0], "lower": score[1], "upper": score[2], "status": status,
            "source_id": f"{world.source_id};{WGI_SOURCE}" if world else WGI_SOURCE,
        }  # fmt: skip

    def by_country(self) -> pd.DataFrame:
        """Rows of ``CompanyRisk.countries``; the largest first."""
        instability = self.unstable["instability"].to_numpy(dtype=np.float64)
        exposed = self.countries.to_numpy() * instability
        whole = np.nansum(exposed)
        return pd.DataFrame(
            {
                "material": self.material,
                "stage": self.stage,
                "year": self.year,
                "country_iso3": self.countries.index,
                "share": self.countries.to_numpy(),
                "world_share": [self._world_share(str(code)) for code in self.countries.index],
                "instability": instability,
                "risk_share": exposed / whole if whole > 0 else np.zeros(len(exposed)),
            }
        )

    def _import_risk(self) -> tuple[float, float, float, float]:
        """Import risk, its 90 % interval, and the share of suppliers without governance."""
        cell, share = np.zeros(len(self.countries), np.int64), self.countries.to_numpy()
        instability, error = self.unstable.to_numpy(dtype=np.float64).T
        risks = import_risks(cell, share, instability, np.nan_to_num(error), 1)
        value, low, high = (float(bound[0]) for bound in risks.within(np.zeros(1)))
        return value, low, high, float(risks.blind_t[0])

    def _status(self, blind: float) -> str:
        if self.world is None:
            return "no production in the store"
        if self.world.status != OK:
            return self.world.status
        return NO_GOVERNANCE if blind > 1 - COVERAGE else OK

    def _world_share(self, code: str) -> float:
        """Share of a country in the world's production; NaN where that is not known."""
        if self.world is None or self.world.status != OK:
            return float("nan")
        made = self.world.by_country
        total = float(np.nansum(list(made.values()))) + self.world.rest_t
        return made[code] / total if code in made else (0.0 if self.world.rest_t == 0 else float("nan"))


def _shares(frame: pd.DataFrame, by: str) -> pd.Series:
    """Shares by supplier or country, the largest first; of equal ones the first by name."""
    amounts = frame.groupby(by)["amount"].sum().sort_values(ascending=False, kind="stable")
    return amounts / amounts.sum()
