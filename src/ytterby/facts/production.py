"""World production by country and stage, with the edition and the basis of every number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ytterby.catalog.rows import read_rows
from ytterby.errors import NoData

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

ALL_EDITIONS = "all"
WORLD = "WLD"
RESTS = ("OTH", "ROW")  # what a source lumps together; no country


def load_production(
    store: Store,
    *,
    material: str | None = None,
    stage: str | None = None,
    year: int | None = None,
    edition: str | None = None,
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

    Returns
    -------
    material, stage, country_iso3, year, quantity_t, low_t, high_t, unit, basis, qualifier, detail,
    note, source_id, edition. ``quantity_t`` is NaN where the qualifier says why (withheld, not
    available, greater than ...); zero is a printed zero.

    Raises
    ------
    UnknownName
        The material is not in the catalog.
    NoData
        Nothing fits; the message says which years and editions there are.
    """
    _check_material(material)
    wanted = None if edition in (None, ALL_EDITIONS) else edition
    rows = store.select("production", material=material, stage=stage, year=year, edition=wanted)
    if edition is None and not rows.empty:
        rows = newest_edition(rows)
    if rows.empty:
        raise _no_production(store, material, stage, year, edition)
    return rows.reset_index(drop=True)


def newest_edition(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the newest edition of each material, stage and year.

    The order of the cards in ``facts_tables.csv`` ranks the sources of equal standing: a USGS table
    of all countries goes before single figures, and a newer edition before an older one.
    """
    order = ("chain-facts-2026", "iea-supply-2024", "usgs-mcs-2025", "usgs-mcs-2026")
    rank = rows["source_id"].map({key: place for place, key in enumerate(order)})
    best = rank.groupby([rows["material"], rows["stage"], rows["year"]]).transform("max")
    return rows[rank == best]


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
    held = store.select("production", material=material)
    spans = sorted(
        f"{key[0]} {key[1]} (edition {key[2]})"
        for key in held.groupby(["stage", "year", "edition"], observed=True).groups
    )
    has = f"the store has {'; '.join(spans)}" if spans else "the store has none of this material"
    return NoData(f"no production of {asked}; {has}.", "Ask for one of these, or load another source.")
