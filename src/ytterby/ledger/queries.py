"""Numeric claims compiled to named queries on the store, one for each documented definition.

Rules, with their numbers, stand in docs/method/ledger.md, section 2.3 and 2.4.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from ytterby.catalog.rows import read_rows
from ytterby.errors import NoData, YtterbyError
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD, load_production
from ytterby.facts.registers import load_demand
from ytterby.facts.store import Store
from ytterby.facts.trade import load_trade
from ytterby.indicators.dependence import MEASURES, import_share, look_through_shares
from ytterby.ledger.rounding import Claimed, claimed_percent, claimed_ratio
from ytterby.ledger.statements import Quantity, Statement
from ytterby.ledger.variants import Check, Variant, not_checkable

_CERIUM = "284610"
_LAST_YEARS = 3  # 'today' in a claim is tried as each of the newest years offered
_TRANSIT = 0.1  # of its sales an exporter may buy, to be looked through without its production
ORIGINS = ("direct", "look_through")
_MIXING = "transit countries pass on what they buy in proportion; net buyers are taken to make nothing"
_STAGES = {"production_share": "mine", "processing_share": "refined"}
_POSITIONS = {"largest", "leader", "leader_by_far"}


def check_import_share(claim: Statement, store: Store) -> Iterator[Check]:
    """Look up the share of an exporter in an importer's imports, under every definition."""
    if claim.kind != "dependence":
        return
    importer, exporter, material = _partners(claim)
    first, last = claimed_percents(claim)
    if not (importer and exporter and material and last):
        yield not_checkable("needs an importer, an exporter, a material and a percentage", "import_share")
        return
    years = _years(claim, with_baseline=first is not None)
    yield from _import_share(store, importer, exporter, material, (first, last), years)


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
        sources = (_joined(rows, "source_id"), _joined(rows, "edition"))
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
    shares: dict[int, float] = {}
    for year in sorted(mine["year"].unique()):
        try:
            shares[int(year)] = import_share(mine, importer, exporter, int(year), by=basis)  # type: ignore[arg-type]
        except NoData:
            continue
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
        first_year=first, last_year=last, cerium=_CERIUM in lookup.hs6, origin=lookup.origin,
        source_id=lookup.sources[0], edition=lookup.sources[1], query=lookup.query(years), note=lookup.note,
    )  # fmt: skip


def _joined(rows: pd.DataFrame, column: str) -> str:
    return ";".join(sorted(rows[column].unique()))


HsSet = tuple[str, tuple[str, ...], bool]
Pair = tuple[int | None, int]


@cache
def hs_sets(material: str) -> tuple[HsSet, ...]:
    """Sets of HS92 codes in which a material may be counted: (name, codes, is the reference).

    The core codes together are the reference; then core and wide codes, then each core code.
    """
    rows = [row for row in read_rows("material_codes") if row["material"] == material]
    core = tuple(sorted(row["hs6"] for row in rows if row["basket"] == "core"))
    wide = tuple(sorted(row["hs6"] for row in rows if row["basket"] == "wide"))
    sets = [(core, True)] if core else []
    sets += [(tuple(sorted(core + wide)), False)] if wide else []
    sets += [((code,), False) for code in core if len(core) > 1]
    return tuple(("+".join(codes), codes, reference) for codes, reference in sets)


@dataclass(frozen=True)
class YearsAsked:
    """First and last years in which a claim may be meant; a printed one is the reference."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    stated_first: int | None
    not_after: int

    def pairs(self, offered: Sequence[int]) -> list[Pair]:
        """Pairs of years that the table offers; the first is None for claims about one year."""
        lasts = self.last or tuple([year for year in offered if year <= self.not_after][-_LAST_YEARS:])
        firsts = [year for year in self.first if year in offered] if self.first else [None]
        return [(a, b) for a in firsts for b in lasts if b in offered and (a is None or a < b)]

    def reference(self, pairs: Sequence[Pair]) -> Pair | None:
        """Pick the years as stated: the printed first year and the newest last one; None if missing."""
        stated = [pair for pair in pairs if pair[0] == self.stated_first]
        return max(stated, key=lambda pair: pair[1], default=None)


def _years(claim: Statement, *, with_baseline: bool) -> YearsAsked:
    base = claim.time("baseline", "since") if with_baseline else None
    stated = base.start.year if base and base.start else None
    first = (stated - 1, stated, stated + 1) if stated is not None else ()
    return YearsAsked(first, _stated_years(claim), stated, _not_after(claim))


def _stated_years(claim: Statement) -> tuple[int, ...]:
    """The year that a claim prints for its number; a report's date is not one."""
    found = claim.time("period", "current", "reported", "event")
    if found is None or found.granularity != "year" or found.start is None:
        return ()
    return (found.start.year,)


def _not_after(claim: Statement) -> int:
    """The year of the report, or of the latest day that the claim speaks of."""
    if claim.reported:
        return claim.reported.year
    days = [
        time.start for time in claim.times if time.start and time.role in {"current", "event", "reported"}
    ]
    return max((day.year for day in days), default=9999)


def _partners(claim: Statement) -> tuple[str, str, str]:
    check = claim.check
    importer = check.get("importer") or next(iter(claim.agents), "")
    exporter = check.get("exporter") or next(iter(claim.others), "")
    return str(importer), str(exporter), material_of(claim)


def material_of(claim: Statement) -> str:
    """Catalog name of the one material that a claim is about; '' for none or several."""
    symbols = sorted(claim.materials - {"critical_minerals", "lanthanides"})
    return material_named(symbols[0]) if len(symbols) == 1 else ""


def material_named(symbol: str) -> str:
    """Catalog name for a symbol or name as claims and tables write it; '' where nobody knows it."""
    return _material_names().get(symbol.casefold(), "")


@cache
def _material_names() -> dict[str, str]:
    names: dict[str, str] = {"ree_magnets": "ndfeb_magnets"}
    for row in read_rows("materials"):
        words = (row["material"], row["symbol"], row["name_en"], *row["aliases"].split(";"))
        for word in filter(None, words):
            names.setdefault(word.strip().casefold(), row["material"])
    return names


def claimed_percents(claim: Statement) -> tuple[Quantity | None, Quantity | None]:
    """Percentages 'from' and 'to' of a claim; one alone counts as 'to'."""
    percents = [n for n in claim.quantities if n.unit == "percent" and n.value is not None]
    first = next((n for n in percents if n.role == "from"), None)
    rest = [n for n in percents if n is not first]
    return first, next((n for n in rest if n.role in {"to", "share_of_world"}), rest[0] if rest else None)


def check_demand(claim: Statement, store: Store) -> Iterator[Check]:
    """Compare a factor to a base year with import masses and with the demand register."""
    if claim.kind != "demand_reduction":
        return
    factor = claim.quantity("factor_to_baseline", "ratio")
    country, material = next(iter(claim.agents), ""), material_of(claim)
    years = _years(claim, with_baseline=True)
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
        first_year=first, last_year=last, cerium=_CERIUM in hs6 if hs6 else None,
        source_id=_joined(rows, "source_id"), edition=_joined(rows, "edition") if "edition" in rows else "",
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


def check_world_share(claim: Statement, store: Store) -> Iterator[Check]:
    """Look up a country's share or rank in world production at the stage that the claim names."""
    if claim.kind not in {*_STAGES, "market_position"}:
        return
    stage = _stage(claim)
    country, material = next(iter(claim.agents), ""), material_of(claim)
    if not (stage and country and material):
        yield not_checkable("needs a country, a material and a stage", "world_share")
        return
    rank = claim.kind == "market_position"
    claimed = _claimed_rank(claim) if rank else _claimed_world_share(claim)
    if claimed is None:
        yield not_checkable("the words give no number and no rank", "world_share")
        return
    variants = tuple(_world_variants(store, material, stage, country, rank, _not_after(claim)))
    if not variants:
        yield not_checkable(f"the store has no {stage} production of {material} by country", "world_share")
        return
    yield Check("world_rank" if rank else "world_share", "rank" if rank else "share", None, claimed, variants)


def _stage(claim: Statement) -> str:
    words = str(claim.details.get("stage") or "")
    if claim.kind in _STAGES:
        return _STAGES[claim.kind]
    return {"production": "mine", "mining": "mine", "processing": "refined", "refining": "refined"}.get(
        words, ""
    )


def _claimed_rank(claim: Statement) -> Claimed | None:
    largest = claim.details.get("position") in _POSITIONS
    return Claimed(1.0, 1.0, 1.0, 1.0) if largest else None


def _claimed_world_share(claim: Statement) -> Claimed | None:
    """The band of a percentage; 'most' and 'a large part' are more than half."""
    _, number = claimed_percents(claim)
    if number is not None and number.value is not None:
        return claimed_percent(number.value, number.qualifier)
    majority = any(n.value is None and n.qualifier == "majority" for n in claim.quantities)
    return Claimed(0.5, math.nextafter(0.5, 1), 1.0, 0.05) if majority else None


def _world_variants(
    store: Store, material: str, stage: str, country: str, rank: bool, not_after: int
) -> Iterator[Variant]:
    wanted = [material] + (["magnet_rare_earths"] if material == "rare_earths" else [])
    for name in wanted:
        try:
            rows = load_production(store, material=name, stage=stage, edition=ALL_EDITIONS)
        except YtterbyError:
            continue
        rows = rows[(rows["qualifier"] != "projection") & (rows["year"] <= not_after)]
        keys = ["year", "source_id", "edition"]
        groups = list(rows.groupby(keys, observed=True))
        for place, (key, group) in enumerate(groups):
            query = (f"load_production(open_store(), material={name!r}, stage={stage!r}, "
                     f"year={key[0]}, edition={key[2]!r})")  # fmt: skip
            yield _world_variant(group, name, stage, country, rank, query, place == len(groups) - 1)


def _world_variant(
    group: pd.DataFrame, material: str, stage: str, country: str, rank: bool, query: str, newest: bool
) -> Variant:
    row = group.iloc[0]
    value = world_rank(group, country) if rank else world_share(group, country)
    return Variant(
        f"{stage} of {material}, {row['year']}, {row['source_id']}", value_to=value,
        reference=newest, basis=str(row["basis"]), last_year=int(row["year"]),
        source_id=str(row["source_id"]), edition=str(row["edition"]), query=query,
        note=str(row["detail"]),
    )  # fmt: skip


def world_share(production: pd.DataFrame, country: str) -> float:
    """Share of a country in the printed world total, or in the sum of all rows where none is printed."""
    tonnes = production.groupby("country_iso3")["quantity_t"].sum(min_count=1)
    total = tonnes.get(WORLD, math.nan)
    if math.isnan(total):
        total = tonnes.sum(min_count=1)
    return float(tonnes.get(country, math.nan) / total) if total > 0 else math.nan


def world_rank(production: pd.DataFrame, country: str) -> float:
    """Place of a country among the countries that the source names; NaN where it is not among them."""
    tonnes = production.groupby("country_iso3")["quantity_t"].sum(min_count=1)
    tonnes = tonnes.drop(labels=[name for name in (WORLD, *RESTS) if name in tonnes.index]).dropna()
    return float((tonnes > tonnes[country]).sum() + 1) if country in tonnes.index else math.nan
