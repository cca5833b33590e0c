"""Bilateral trade: who ships which product to whom, by value and by mass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ytterby.catalog.concordance import HS92
from ytterby.errors import NoData

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

Names = str | Sequence[str] | None
COLUMNS = ("year", "exporter", "importer", "hs6", "value_kusd", "quantity_t", "source_id", "edition")


def load_trade(
    store: Store,
    *,
    hs6: Sequence[str],
    importer: Names = None,
    exporter: Names = None,
    years: Sequence[int] | None = None,
    hs_revision: str = HS92,
    source_id: str | None = None,
    edition: str | None = None,
) -> pd.DataFrame:
    """Trade of the given products, from one source.

    Parameters
    ----------
    hs6
        Six-digit codes of the revision.
    importer, exporter
        ISO3 of one country or several; all when None.
    years
        Calendar years; all when None.
    hs_revision
        Revision of the Harmonized System, HS92 to HS22: a code may mean other goods in another one.
    source_id
        Card of the source; BACI of the revision when None. Sources are not mixed.
    edition
        An edition as it stands in the table, or ``"all"`` side by side; by default the newest
        edition that has the code and year.

    Returns
    -------
    year, exporter, importer, hs6, value_kusd (thousand current USD, f.o.b.), quantity_t (tonnes of
    product, NaN where the source has no mass), source_id, edition; one row per flow.

    Raises
    ------
    NoData
        The store has no such flow; the message says which codes and years it has.
    """
    kept_source = source_id or f"baci-{hs_revision.lower()}"
    kept = ["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t", "source_id", "edition"]
    trade = store.select(
        "trade", only=kept, hs6=list(hs6), importer=importer, exporter=exporter, year=years,
        hs_revision=hs_revision, source_id=kept_source, edition=edition,
    )  # fmt: skip
    if trade.empty:
        raise _no_trade(store, list(hs6), importer, exporter, years, (hs_revision, kept_source, edition))
    return trade


def _no_trade(
    store: Store,
    hs6: list[str],
    importer: Names,
    exporter: Names,
    years: Sequence[int] | None,
    origin: tuple[str, str, str | None],
) -> NoData:
    """Error that says what was asked and what the store has instead."""
    asked = f"no trade of HS {', '.join(hs6) or '(no code)'}"
    asked += f" to {importer}" if importer is not None else ""
    asked += f" from {exporter}" if exporter is not None else ""
    asked += f" in {', '.join(map(str, years))}" if years is not None else ""
    hs_revision, source_id, edition = origin
    held = store.select(
        "trade", only=["hs6", "year"], hs6=hs6, hs_revision=hs_revision, source_id=source_id, edition=edition
    )
    spans = [f"{code} {years.min()}-{years.max()}" for code, years in held.groupby("hs6")["year"]]
    has = f"the store has {', '.join(spans)}" if spans else "the store has none of these codes"
    named = f"source {source_id}" + (f", edition {edition}" if edition else "")
    return NoData(
        f"{asked}; {has} ({named}).", "Ask for codes, countries and years among these, or load more."
    )
