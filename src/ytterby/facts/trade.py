"""Bilateral trade: who ships which product to whom, by value and by mass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ytterby.errors import NoData

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

Names = str | Sequence[str] | None


def load_trade(
    store: Store,
    *,
    hs6: Sequence[str],
    importer: Names = None,
    exporter: Names = None,
    years: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Trade of the given products.

    Parameters
    ----------
    hs6
        Six-digit codes of HS 1992.
    importer, exporter
        ISO3 of one country or several; all when None.
    years
        Calendar years; all when None.

    Returns
    -------
    year, exporter, importer, hs6, value_kusd (thousand current USD, f.o.b.), quantity_t (tonnes of
    product, NaN where the source has no mass), source_id, edition; one row per flow.

    Raises
    ------
    NoData
        The store has no such flow; the message says which codes and years it has.
    """
    trade = store.select("trade", hs6=list(hs6), importer=importer, exporter=exporter, year=years)
    if trade.empty:
        raise _no_trade(store, list(hs6), importer, exporter, years)
    trade["edition"] = store.edition("trade")
    kept = ["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t", "source_id", "edition"]
    return trade[kept]


def _no_trade(
    store: Store, hs6: list[str], importer: Names, exporter: Names, years: Sequence[int] | None
) -> NoData:
    """Error that says what was asked and what the store has instead."""
    asked = f"no trade of HS {', '.join(hs6) or '(no code)'}"
    asked += f" to {importer}" if importer is not None else ""
    asked += f" from {exporter}" if exporter is not None else ""
    asked += f" in {', '.join(map(str, years))}" if years is not None else ""
    held = store.select("baci_products", hs6=hs6)
    spans = [f"{r.hs6} {r.first_year}-{r.last_year}" for r in held.itertuples()]
    has = f"the store has {', '.join(spans)}" if spans else "the store has none of these codes"
    return NoData(
        f"{asked}; {has} (source baci-hs92).", "Ask for codes, countries and years among these, or load more."
    )
