"""Published tables in one store: trade, production, governance, prices, policies, projects."""

from ytterby.facts.credits import credit
from ytterby.facts.governance import load_governance
from ytterby.facts.production import load_production
from ytterby.facts.queries import load_series, production_shares, unit_values
from ytterby.facts.reconcile import check_sources
from ytterby.facts.registers import (
    load_controlled_items,
    load_demand,
    load_facts,
    load_policies,
    load_prices,
    load_projects,
    load_quotas,
)
from ytterby.facts.shapes import shapes
from ytterby.facts.store import Store, open_store
from ytterby.facts.trade import load_trade

__all__ = [
    "Store",
    "check_sources",
    "credit",
    "load_controlled_items",
    "load_demand",
    "load_facts",
    "load_governance",
    "load_policies",
    "load_prices",
    "load_production",
    "load_projects",
    "load_quotas",
    "load_series",
    "load_trade",
    "open_store",
    "production_shares",
    "shapes",
    "unit_values",
]
