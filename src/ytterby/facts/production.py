"""World production by country and stage, with the edition and the basis of every number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ytterby.catalog.rows import read_rows
from ytterby.errors import NoData
from ytterby.facts.store import ALL_EDITIONS
from ytterby.facts.tables import family

__all__ = ["ALL_EDITIONS", "load_production", "newest_edition"]

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

WORLD = "WLD"
RESTS = ("OTH", "ROW")  # what a source lumps together; no country


def load_production(
    store: Store,
    *,
    material: str | None = None,
    stage: str | None = None,
    year: int | None = None,
    edition: str | None = None,
    source_id: str | None = None,
) -> pd.DataFrame:
    """Production by country, with printed world totals (WLD) and rests (OTH, ROW) as rows.

    Parameters
    ----------
    material, stage, year
        Keys of the catalog and a calendar year; all when None. A material unknown to the catalog
        is refused, one without production in the store is missing data.
    edition
        An edition as it stands in the table, ``"all"`` for every edition side by side; by default
        the newest edition of each material, stage and year.
    source_id
        One source; by default the sources of the starter data and their later editions. Other
        imported sources (BGS, World Mining Data) answer only when named.

    Returns
    -------
    material, stage, country_iso3, year, quantity_t, low_t, high_t, resolution_t, unit, basis, qualifier,
    detail, note, source_id, edition. ``quantity_t`` is NaN where the qualifier says why (withheld, not
    available, greater than ...); zero is a printed zero.

    Raises
    ------
    UnknownName
        The material is not in the catalog.
    NoData
        Nothing fits; the message says which years and editions there are.
    """
    _check_material(material)
    rows = store.select(
        "production", material=material, stage=stage, year=year, edition=edition, source_id=source_id
    )
    if edition is None and not rows.empty:
        rows = newest_edition(rows)
    if rows.empty:
        raise _no_production(store, material, stage, year, edition)
    return rows.reset_index(drop=True)


def newest_edition(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the newest edition of each material, stage and year.

    A USGS table of all countries goes before the IEA's, and that before single figures; of one
    family of sources a later year goes before an earlier one.
    """
    cards = rows["source_id"].str.cat(rows["edition"], sep="\t")
    keys = sorted(cards.unique(), key=_standing)
    rank = cards.map({key: place for place, key in enumerate(keys)})
    best = rank.groupby([rows["material"], rows["stage"], rows["year"]]).transform("max")
    return rows[rank == best]


def _standing(card: str) -> tuple[int, str, str]:
    """Place of a source and its edition among others, least first; editions count before names."""
    order = ("chain-facts", "iea-supply", "usgs-mcs")
    name, _, edition = card.partition("\t")
    known = family(name)
    return (order.index(known) if known in order else -1), edition, name


def _check_material(material: str | None) -> None:
    from ytterby.errors import UnknownName

    known = [row["material"] for row in read_rows("materials")]
    if material is not None and material not in known:
        raise UnknownName("material", material, known)


def _no_production(
    store: Store, material: str | None, stage: str | None, year: int | None, edition: str | None
) -> NoData:
    """Error that says what was asked and what the store has instead."""
    asked = ", ".join(str(part) for part in (material, stage, year, edition) if part is not None)
    held = store.select("production", material=material, edition=ALL_EDITIONS)
    spans = sorted(
        f"{key[0]} {key[1]} (edition {key[2]})"
        for key in held.groupby(["stage", "year", "edition"], observed=True).groups
    )
    has = f"the store has {'; '.join(spans)}" if spans else "the store has none of this material"
    return NoData(f"no production of {asked}; {has}.", "Ask for one of these, or load another source.")
