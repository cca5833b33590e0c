"""Registers kept by hand: policies, projects, quotas, prices, demand and facts from texts.

Each comes back whole, as the column pages describe it; filters are column names of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ytterby.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store


def load_policies(store: Store, **filters: Any) -> pd.DataFrame:
    """Public acts with their dates; columns as in the table ``policies``."""
    return store.select("policies", **filters)


def load_controlled_items(store: Store, **filters: Any) -> pd.DataFrame:
    """Chinese customs codes under licence; columns as in the table ``controlled_items``."""
    return store.select("controlled_items", **filters)


def load_projects(store: Store, **filters: Any) -> pd.DataFrame:
    """Projects outside China; columns as in the table ``projects``."""
    return store.select("projects", **filters)


def load_quotas(store: Store) -> pd.DataFrame:
    """Chinese mining and separation quotas in t REO; NaN where a year's quota is not published."""
    return store.select("quotas")


def load_prices(
    store: Store, *, material: str | None = None, basis: str | None = None, edition: str | None = None
) -> pd.DataFrame:
    """Annual prices in USD/kg; ``basis`` (average or year end) and ``edition`` stand in each row."""
    return store.select("prices", material=material, basis=basis, edition=edition)


def load_demand(store: Store) -> pd.DataFrame:
    """Japanese rare-earth demand in t REO by year, with the kind of each figure and its document."""
    return store.select("japan_demand")


def load_facts(store: Store, ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Figures known only from texts, all or those with the given keys.

    Raises
    ------
    UnknownName
        A key is not in the register.
    """
    rows = store.select("facts", fact_id=ids)
    for missing in sorted(set(ids or ()) - set(rows["fact_id"])):
        raise UnknownName("fact", missing, store.select("facts")["fact_id"])
    return rows
