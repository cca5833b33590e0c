"""Claims about demand compiled to queries on trade and the demand register (method, section 2.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.facts.registers import load_demand
from ytterby.facts.store import Store
from ytterby.facts.trade import load_trade
from ytterby.ledger.definitions import CERIUM, YearsAsked, hs_sets, joined, material_of, years_of
from ytterby.ledger.rounding import claimed_ratio
from ytterby.ledger.statements import Statement
from ytterby.ledger.variants import Check, Variant, not_checkable


def check_demand(claim: Statement, store: Store) -> Iterator[Check]:
    """Compare a factor to a base year with import masses and with the demand register."""
    if claim.kind != "demand_reduction":
        return
    factor = claim.quantity("factor_to_baseline", "ratio")
    country, material = next(iter(claim.agents), ""), material_of(claim)
    years = years_of(claim, with_baseline=True)
    if not (factor and factor.value and country and material and years.first):
        yield not_checkable("needs a country, a material, a factor and a base year", "demand_ratio")
        return
    variants = [
        *_import_ratios(store, country, material, years),
        *_register_ratios(store, country, material, years),
    ]
    claimed = claimed_ratio(factor.value, factor.qualifier)
    if not variants:
        yield not_checkable(
            f"the store has neither trade nor demand of {material} for {country}", "demand_ratio"
        )
        return
    yield Check("demand_ratio", "ratio to the base year", None, claimed, tuple(variants))


def _import_ratios(store: Store, country: str, material: str, years: YearsAsked) -> Iterator[Variant]:
    for name, hs6, _ in hs_sets(material):
        try:
            bought = load_trade(store, hs6=hs6, importer=country)
        except YtterbyError:
            continue
        sold = _exports(store, hs6, country)
        for flow, net in (("imports", False), ("net imports", True)):
            tonnes = _tonnes(bought) - (
                _tonnes(sold).reindex(_tonnes(bought).index, fill_value=0) if net else 0
            )
            for first, last in years.pairs([int(year) for year in tonnes.index]):
                yield _ratio(f"{flow} of {name} by mass", tonnes, first, last, bought, hs6,
                             _mass_query(hs6, country, net))  # fmt: skip


def _exports(store: Store, hs6: Sequence[str], country: str) -> pd.DataFrame:
    """Exports of a country; none at all is an empty table, since trade lists flows that happened."""
    try:
        return load_trade(store, hs6=hs6, exporter=country)
    except YtterbyError:
        return pd.DataFrame({"year": [], "quantity_t": []})


def _tonnes(trade: pd.DataFrame) -> pd.Series[float]:
    return trade.groupby("year")["quantity_t"].sum(min_count=1)


def _mass_query(hs6: Sequence[str], country: str, net: bool) -> str:
    def total(side: str) -> str:
        loaded = f"load_trade(open_store(), hs6={list(hs6)!r}, {side}={country!r})"
        return f"{loaded}.groupby('year')['quantity_t'].sum()"

    return total("importer") + (f" - {total('exporter')}" if net else "")


def _ratio(
    name: str, tonnes: pd.Series[float], first: int | None, last: int, rows: pd.DataFrame,
    hs6: tuple[str, ...], query: str, *, reference: bool = False, note: str = "",
) -> Variant:  # fmt: skip
    assert first is not None  # noqa: S101  # demand is always compared with a base year
    base, end = float(tonnes[first]), float(tonnes[last])
    told = f"{base:,.0f} t in {first}, {end:,.0f} t in {last}"
    return Variant(
        f"{name}, {first} to {last}",
        value_to=end / base if base > 0 else math.nan, reference=reference, hs6=hs6, basis="mass",
        first_year=first, last_year=last, cerium=CERIUM in hs6 if hs6 else None,
        source_id=joined(rows, "source_id"), edition=joined(rows, "edition") if "edition" in rows else "",
        query=query, note=f"{told}; {note}" if note else told,
    )  # fmt: skip


def _register_ratios(store: Store, country: str, material: str, years: YearsAsked) -> Iterator[Variant]:
    """Demand as reported by the industry; the store has it for Japanese rare earths only."""
    if (country, material) != ("JPN", "rare_earths"):
        return
    demand = load_demand(store)
    demand["edition"] = store.edition("japan_demand")
    kinds = {int(row.year): f"{row.kind}{', ' + row.note if row.note else ''}" for row in demand.itertuples()}
    tonnes = demand.set_index("year")["demand_t_reo"]
    pairs = years.pairs([int(year) for year in tonnes.index])
    for first, last in pairs:
        assert first is not None  # noqa: S101  # demand is always compared with a base year
        yield _ratio(
            "demand register (REO)", tonnes, first, last, demand, (),
            "load_demand(open_store()).set_index('year')['demand_t_reo']",
            reference=(first, last) == years.reference(pairs),
            note=f"{first}: {kinds[first]}; {last}: {kinds[last]}",
        )  # fmt: skip
