"""Claims about trade compiled to queries on the bilateral trade table (method, section 2.3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ytterby.errors import NoData, YtterbyError
from ytterby.facts.store import Store
from ytterby.facts.trade import load_trade
from ytterby.indicators.dependence import MEASURES, import_shares, look_through_shares
from ytterby.ledger.definitions import (
    CERIUM,
    HsSet,
    Pair,
    YearsAsked,
    claimed_percents,
    hs_sets,
    joined,
    material_of,
    only_as_ore,
    years_of,
)  # fmt: skip
from ytterby.ledger.rounding import claimed_mass, claimed_percent
from ytterby.ledger.statements import Quantity, Statement
from ytterby.ledger.variants import Check, Variant, not_checkable

_TRANSIT = 0.1  # of its sales an exporter may buy, to be looked through without its production
_MIXING = "transit countries pass on what they buy in proportion; net buyers are taken to make nothing"
ORIGINS = ("direct", "look_through")


def check_import_share(claim: Statement, store: Store) -> Iterator[Check]:
    """Look up the share of an exporter in an importer's imports, under every definition."""
    if claim.kind != "dependence":
        return
    importer, exporter, material = _partners(claim)
    first, last = claimed_percents(claim)
    if not (importer and exporter and material and last):
        yield not_checkable("needs an importer, an exporter, a material and a percentage", "import_share")
        return
    if reason := only_as_ore(claim, material):
        yield not_checkable(reason, "import_share")
        return
    years = years_of(claim, with_baseline=first is not None)
    if first is not None and not years.first:
        yield not_checkable("gives two shares, but no year for the first one", "import_share")
        return
    yield from _import_share(store, importer, exporter, material, (first, last), years)


def _partners(claim: Statement) -> tuple[str, str, str]:
    check = claim.check
    importer = check.get("importer") or next(iter(claim.agents), "")
    exporter = check.get("exporter") or next(iter(claim.others), "")
    return str(importer), str(exporter), material_of(claim)


def _import_share(
    store: Store, importer: str, exporter: str, material: str,
    claimed: tuple[Quantity | None, Quantity], years: YearsAsked,
) -> Iterator[Check]:  # fmt: skip
    codes = hs_sets(material)
    wanted = sorted({code for _, hs6, _ in codes for code in hs6})
    try:
        bought = load_trade(store, hs6=wanted, importer=importer)
        pairs = years.pairs(sorted({int(year) for year in bought["year"]}))
        asked = sorted({year for pair in pairs for year in pair if year is not None})
        trade = load_trade(store, hs6=wanted, years=asked)
    except YtterbyError as error:
        yield not_checkable(error.message, "import_share")
        return
    variants = tuple(
        _share_variant(lookup, pair, years.reference(pairs) == pair)
        for hs_set, basis, origin in itertools.product(codes, MEASURES, ORIGINS)
        for lookup in [_ShareLookup.build(trade, importer, exporter, hs_set, basis, origin)]
        for pair in pairs
    )
    bands = [claimed_percent(n.value, n.qualifier) if n and n.value is not None else None for n in claimed]
    yield Check("import_share", "share", bands[0], bands[1], variants)


@dataclass(frozen=True)
class _ShareLookup:
    """One definition but for its years, and the share of each year under it."""

    name: str
    hs6: tuple[str, ...]
    reference: bool
    basis: str
    origin: str
    importer: str
    exporter: str
    shares: Mapping[int, float]
    sources: tuple[str, str]
    note: str

    @classmethod
    def build(
        cls, trade: pd.DataFrame, importer: str, exporter: str, hs_set: HsSet, basis: str, origin: str
    ) -> _ShareLookup:
        name, hs6, reference = hs_set
        rows = trade[trade["hs6"].isin(hs6)]
        shares, note = _shares(rows, importer, exporter, basis, origin)
        sources = (joined(rows, "source_id"), joined(rows, "edition"))
        first = reference and basis == "mass" and origin == "direct"
        return cls(name, hs6, first, basis, origin, importer, exporter, shares, sources, note)

    def query(self, years: Sequence[int]) -> str:
        """Write the expression that gives the shares of these years again."""
        loaded = f"load_trade(open_store(), hs6={list(self.hs6)!r}, years={list(years)!r}"
        if self.origin == "direct":
            parts = f"{self.importer!r}, {self.exporter!r}, year, by={self.basis!r}"
            return (
                f"[import_share({loaded}, importer={self.importer!r}), {parts}) for year in {list(years)!r}]"
            )
        picked = f'importer == "{self.importer}" and origin == "{self.exporter}"'
        return f"look_through_shares({loaded}), by={self.basis!r}).query({picked!r})['share'].tolist()"


def _shares(
    rows: pd.DataFrame, importer: str, exporter: str, basis: str, origin: str
) -> tuple[dict[int, float], str]:
    """Shares by year, and what has to be said about them."""
    if origin == "look_through":
        return _look_through(rows, importer, exporter, basis)
    mine = rows[rows["importer"] == importer]
    table = import_shares(mine, by=basis)  # type: ignore[arg-type]
    of_exporter = table[table["exporter"] == exporter].set_index("year")["share"]
    # Who sold nothing in a year with known imports has the share 0; a year without them has none, nor has
    # one in which the amount of the exporter itself is unknown.
    years = sorted(table.loc[table["share"].notna(), "year"].unique())
    shares = {int(year): float(of_exporter.get(year, 0.0)) for year in years}
    shares = {year: share for year, share in shares.items() if not math.isnan(share)}
    missing = int(mine[MEASURES[basis]].isna().sum())
    return shares, f"{missing} flows without {basis} in these years are left out" if missing else ""


def _look_through(
    rows: pd.DataFrame, importer: str, exporter: str, basis: str
) -> tuple[dict[int, float], str]:
    """Shares through transit, for the years in which the exporter buys next to nothing itself.

    Without production on the weight of trade, what a country buys counts as passed on. China buys
    more rare-earth compounds than it sells since 2017 and refines them: its share would come out as 0.
    """
    sold, bought = (
        rows[rows[side] == exporter].groupby("year")[MEASURES[basis]].sum()
        for side in ("exporter", "importer")
    )
    years = [int(year) for year in sold.index if bought.get(year, 0.0) <= _TRANSIT * sold[year]]
    try:
        table = look_through_shares(rows[rows["year"].isin(years)], by=basis)  # type: ignore[arg-type]
    except YtterbyError as error:
        return {}, error.message
    found = table[(table["importer"] == importer) & (table["origin"] == exporter)]
    shares = dict(zip(found["year"].astype(int), found["share"].astype(float), strict=True))
    left = sorted({int(year) for year in rows["year"]} - set(years))
    told = f"; not asked where {exporter} buys much itself: {', '.join(map(str, left))}" if left else ""
    return shares, _MIXING + told


def _share_variant(lookup: _ShareLookup, pair: Pair, reference_years: bool) -> Variant:
    first, last = pair
    years = [year for year in pair if year is not None]
    through = "" if lookup.origin == "direct" else " through transit"
    return Variant(
        f"{lookup.name} by {lookup.basis}{through}, {' to '.join(map(str, years))}",
        value_from=lookup.shares.get(first, math.nan) if first is not None else math.nan,
        value_to=lookup.shares.get(last, math.nan),
        reference=reference_years and lookup.reference, hs6=lookup.hs6, basis=lookup.basis,
        first_year=first, last_year=last, cerium=CERIUM in lookup.hs6, origin=lookup.origin,
        source_id=lookup.sources[0], edition=lookup.sources[1], query=lookup.query(years), note=lookup.note,
    )  # fmt: skip


def check_trade_flow(claim: Statement, store: Store) -> Iterator[Check]:
    """Add up the tonnes that one country sold, to one or to all, in the years that a claim may mean."""
    tonnes = next((n for n in claim.quantities if n.unit in {"tonne", "tonne_per_year"} and n.value), None)
    exporter, material = next(iter(claim.agents), ""), material_of(claim)
    if claim.kind != "trade_flow" or tonnes is None or not (exporter and material):
        return
    buyers = claim.others or None
    variants = [
        variant
        for name, hs6, reference in hs_sets(material)
        for variant in _flows(store, claim, (exporter, buyers), name, hs6, reference)
    ]
    if not variants:
        yield not_checkable(f"the store has no exports of {material} by {exporter}", "trade_flow")
        return
    claimed = claimed_mass(tonnes.value or 0.0, tonnes.qualifier)
    yield Check("trade_flow", "t of product", None, claimed, tuple(variants))


def _flows(
    store: Store, claim: Statement, parties: tuple[str, tuple[str, ...] | None], name: str,
    hs6: tuple[str, ...], reference: bool,
) -> Iterator[Variant]:  # fmt: skip
    exporter, buyers = parties
    try:
        sold = load_trade(store, hs6=hs6, exporter=exporter, importer=buyers)
    except NoData:
        return
    totals = sold.groupby("year")["quantity_t"].sum(min_count=1)
    pairs = years_of(claim, with_baseline=False).pairs([int(year) for year in totals.index])
    for _, year in pairs:
        yield Variant(
            f"exports of {name}, {year}", value_to=float(totals[year]),
            reference=reference and year == pairs[-1][1], hs6=hs6, basis="mass", last_year=year,
            cerium=CERIUM in hs6, origin="direct", source_id=joined(sold, "source_id"),
            edition=joined(sold, "edition"),
            query=f"load_trade(open_store(), hs6={list(hs6)!r}, exporter={exporter!r}, "
                  f"importer={list(buyers) if buyers else None!r}, years=[{year}])['quantity_t'].sum()",
            note="gross weight of product, not oxide content",
        )  # fmt: skip
