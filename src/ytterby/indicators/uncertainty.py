"""How sure a GeoPolRisk score is, and how sure its rank: random draws over what is not known.

Each source of doubt can be drawn alone or all together: standard errors of governance, rounding of
printed production, revisions of estimates (as seen between editions), producers without a name, other
publishers and editions, and the definition of the imports. With nothing drawn the score is the
screen's. Rules: docs/method/indicators, section 10.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ytterby.catalog.countries import bloc_members
from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD, load_production
from ytterby.facts.store import Store
from ytterby.indicators.cells import ALL, ALL_WIDE, EU, Array, Integers, Small
from ytterby.indicators.longrows import REASONS
from ytterby.indicators.screen import geopolrisk_risks
from ytterby.indicators.world import World, build_world

GOVERNANCE, ROUNDING, ESTIMATES = "governance", "rounding", "estimates"
UNNAMED, OTHER_SOURCES, DEFINITION = "unnamed producers", "other sources", "definition"
DOUBTS = (GOVERNANCE, ROUNDING, ESTIMATES, UNNAMED, OTHER_SOURCES, DEFINITION)
TOGETHER = "all together"
LARGE = 0.05  # share of a table from which a producer counts as large: its revisions are smaller
MIN_REVISIONS = 20  # fewer pairs of editions say nothing about how estimates are revised
MAX_DRAWS = 100_000
QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class _Table:
    """Producers of a material in one source and edition; arrays by country."""

    label: str
    countries: tuple[str, ...]
    amount_t: Array
    estimated: Array
    resolution_t: Array
    rest_t: float


@dataclass(frozen=True)
class _Cell:
    """What one score is made of: tables of producers, suppliers by definition, own share."""

    material: str
    tables: tuple[_Table, ...]  # the first is the screen's
    supplier: tuple[Small, ...]  # numbers of the suppliers, one array a definition; the first is mass
    weight: tuple[Array, ...]
    definitions: tuple[str, ...]
    by_mass: tuple[bool, ...]
    country: str


def score_band(
    store: Store, *, country: str, material: str, year: int, draws: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Band of one GeoPolRisk score, by each source of doubt alone and by all together.

    Returns
    -------
    country_iso3, material, year, doubt (one of ``DOUBTS``, then ``all together``), value (nothing drawn),
    lower, upper (5 and 95 % of the draws), width, draws, note. A doubt that has nothing to draw from has
    no width and says so.

    Raises
    ------
    NoData
        The score has no value; the message says why.
    """
    world, cells = _cells(store, country, [material], year)
    _check_draws(draws)
    if not cells:
        raise _no_score(world, country, material, year)
    cell, noise = cells[0], _Noise(world, draws, seed)
    revisions = _revisions(store)
    value = _scores(cell, noise, revisions, ())[0]
    rows = []
    for doubt, varied in [*((name, (name,)) for name in DOUBTS), (TOGETHER, DOUBTS)]:
        drawn = np.quantile(_scores(cell, noise, revisions, varied), QUANTILES)
        low, high = min(value, drawn[0]), max(value, drawn[1])  # doubt may lie on one side of the value only
        rows.append((doubt, value, low, high, high - low, draws, _note(doubt, cell, revisions)))
    columns = ["doubt", "value", "lower", "upper", "width", "draws", "note"]
    labels = {"country_iso3": cell.country, "material": cell.material, "year": year}
    return pd.DataFrame(rows, columns=columns).assign(**labels)[[*labels, *columns]]


def rank_stability(
    store: Store,
    *,
    country: str,
    year: int,
    materials: Sequence[str] | None = None,
    top: int = 10,
    draws: int = 2000,
    seed: int = 0,
    doubts: Collection[str] = DOUBTS,
) -> pd.DataFrame:
    """How often each material keeps its place among the materials of a country by GeoPolRisk score.

    Governance of a country is drawn once for all materials, the rest for each material by itself.

    Returns
    -------
    country_iso3, year, material, value, lower, upper (5 and 95 % of the draws), rank (1 the highest
    value), rank_lower, rank_upper, top_share (part of the draws with a rank up to ``top``), draws; by rank.

    Raises
    ------
    NoData
        Fewer than two materials have a score.
    """
    for doubt in doubts:
        if doubt not in DOUBTS:
            raise UnknownName("doubt", doubt, DOUBTS)
    _check_draws(draws)
    world, cells = _cells(store, country, materials, year)
    if len(cells) < 2:
        raise NoData(f"fewer than two materials have a score for {country} in {year}.", "Ask for more.")
    noise, revisions = _Noise(world, draws, seed), _revisions(store)
    value = np.array([_scores(cell, noise, revisions, ())[0] for cell in cells])
    drawn = np.stack([_scores(cell, noise, revisions, doubts) for cell in cells], axis=1)
    ranks = _ranks(drawn)
    low, high = np.quantile(drawn, QUANTILES, axis=0)
    first, last = np.quantile(ranks, QUANTILES, axis=0, method="nearest")
    return pd.DataFrame({
        "country_iso3": cells[0].country, "year": year, "material": [cell.material for cell in cells],
        "value": value, "lower": np.minimum(low, value), "upper": np.maximum(high, value),
        "rank": _ranks(value[None, :])[0],
        "rank_lower": first.astype(int), "rank_upper": last.astype(int),
        "top_share": (ranks <= top).mean(axis=0), "draws": draws,
    }).sort_values("rank", kind="stable", ignore_index=True)  # fmt: skip


def _check_draws(draws: int) -> None:
    if not 10 <= draws <= MAX_DRAWS:
        raise BadNumbers(f"{draws} draws.", f"Ask for 10 to {MAX_DRAWS:,}.")


def _ranks(values: Array) -> Integers:
    """Rank of each column within its row, 1 the largest; equal values in the order of the columns."""
    order = np.argsort(-values, axis=1, kind="stable")
    return np.asarray(np.argsort(order, axis=1, kind="stable") + 1)


# --- what is read -------------------------------------------------------------------------------


def _cells(
    store: Store, country: str, materials: Sequence[str] | None, year: int
) -> tuple[World, list[_Cell]]:
    """Materials whose score has a value, over all their stages."""
    world = build_world(store, materials=materials, countries=[country], years=[year])
    status, _ = geopolrisk_risks(world)
    return world, [
        _cell(world, number)
        for number, group in enumerate(world.grid.groups)
        if group.stage == ALL and status[number] == 0
    ]


def _no_score(world: World, country: str, material: str, year: int) -> NoData:
    status, _ = geopolrisk_risks(world)
    whole = next(n for n, group in enumerate(world.grid.groups) if group.stage == ALL)
    why = REASONS[status[whole]]
    return NoData(f"no score of {material} for {country} in {year}: {why}.", "See `ytterby screen`.")


def _cell(world: World, number: int) -> _Cell:
    """Tables and definitions of one group; a cell's number is its group's, as there is one of the rest."""
    group, table = world.grid.groups[number], world.supply.tables[number, 0]
    imports, definitions = world.imports, []
    wide = [n for n, other in enumerate(world.grid.groups)
            if (other.material, other.stage) == (group.material, ALL_WIDE)]  # fmt: skip
    for at, words in [(number, "core codes"), *((n, "wide codes") for n in wide)]:
        pairs = np.flatnonzero(imports.pair_cell == at)
        for measure, amounts in (("mass", imports.pair_mass), ("value", imports.pair_value)):
            weight = np.nan_to_num(amounts[pairs])
            definitions.append((f"{words} by {measure}", imports.pair_supplier[pairs], weight, measure))
    return _Cell(
        material=group.material,
        tables=_tables(world.store, group.material, table.stage, world.grid.years[0], table.basis,
                       f"{table.source_id} ({table.edition})"),
        supplier=tuple(part[1] for part in definitions),
        weight=tuple(part[2] for part in definitions),
        definitions=tuple(part[0] for part in definitions),
        by_mass=tuple(part[3] == "mass" for part in definitions),
        country=world.grid.countries[0],
    )  # fmt: skip


def _tables(store: Store, material: str, stage: str, year: int, basis: str, first: str) -> tuple[_Table, ...]:
    """Tables of producers on one basis, the screen's first; a table without a world total is none."""
    imported = {card.source_id for card in store.cards if card.table == "production"}
    parts = [_rows(store, material, stage, year, None)]
    parts += [_rows(store, material, stage, year, source) for source in sorted(imported)]
    rows = pd.concat(parts).drop_duplicates(["source_id", "edition", "country_iso3", "detail"])
    rows = rows[(rows["qualifier"] != "projection") & (rows["basis"] == basis)]
    found = [
        _table(part, f"{source} ({edition})")
        for (source, edition), part in rows.groupby(["source_id", "edition"])
    ]
    whole = [table for table in found if table is not None]
    return tuple(sorted(whole, key=lambda table: (table.label != first, table.label)))


def _rows(store: Store, material: str, stage: str, year: int, source: str | None) -> pd.DataFrame:
    try:
        return load_production(
            store, material=material, stage=stage, year=year, edition=ALL_EDITIONS, source_id=source
        )
    except NoData:
        return store.select("production", limit=0)


def _table(rows: pd.DataFrame, label: str) -> _Table | None:
    """One table summed up by country as the screen does; None without a world total or any amount."""
    marked = rows.assign(
        estimated=rows["quantity_t"].where(rows["qualifier"] == "estimated", 0.0),
        resolution_t=rows["resolution_t"].fillna(0.0),
    )
    sums = marked.groupby("country_iso3")[["quantity_t", "estimated", "resolution_t"]].sum(min_count=1)
    named = sums[~sums.index.isin([WORLD, *RESTS])]
    named = named[named["quantity_t"] > 0]
    amount, printed = float(named["quantity_t"].sum()), float(sums["quantity_t"].get(WORLD, np.nan))
    listed = float(sums.loc[sums.index.isin(RESTS), "quantity_t"].sum())
    rest = listed or (max(printed - amount, 0.0) if printed > 0 else 0.0)
    if not amount > 0 or not (printed > 0 or listed > 0):
        return None
    return _Table(
        label=label,
        countries=tuple(map(str, named.index)),
        amount_t=named["quantity_t"].to_numpy(dtype=np.float64),
        estimated=(named["estimated"] > 0).to_numpy(dtype=np.float64),
        resolution_t=named["resolution_t"].to_numpy(dtype=np.float64),
        rest_t=rest,
    )


@dataclass(frozen=True)
class _Revisions:
    """Logarithms of later over first printed amounts of estimates, of small and of large producers."""

    small: Array
    large: Array

    def factors(self, size: Array, generator: np.random.Generator, draws: int) -> Array:
        """Random factors [draws, producer] by the size of the producers' shares."""
        picks = [generator.choice(part, (draws, len(size))) for part in (self.small, self.large)]
        return np.exp(np.where(size >= LARGE, picks[1], picks[0]))

    @property
    def enough(self) -> bool:
        """Whether there are enough of them to draw from."""
        return min(len(self.small), len(self.large)) >= MIN_REVISIONS


def _revisions(store: Store) -> _Revisions:
    """How estimates were revised from one edition of a source to the next."""
    rows = load_production(store, edition=ALL_EDITIONS)
    rows = rows[~rows["country_iso3"].isin([WORLD, *RESTS]) & (rows["quantity_t"] > 0)]
    rows = rows.assign(family=rows["source_id"].str.replace(r"-[0-9]{4}$", "", regex=True))
    key = ["family", "material", "stage", "country_iso3", "year"]
    sums = rows.groupby([*key, "edition"]).agg(
        quantity_t=("quantity_t", "sum"), estimated=("qualifier", lambda words: (words == "estimated").all())
    )
    table = sums.reset_index().sort_values([*key, "edition"])
    world = table.groupby(["family", "material", "stage", "year", "edition"])["quantity_t"].transform("sum")
    later = table.groupby(key)["quantity_t"].shift(-1)
    table = table.assign(share=table["quantity_t"] / world, ratio=np.log(later / table["quantity_t"]))
    table = table[table["estimated"] & later.notna()]
    large = table["share"] >= LARGE
    return _Revisions(table.loc[~large, "ratio"].to_numpy(), table.loc[large, "ratio"].to_numpy())


# --- what is drawn ------------------------------------------------------------------------------


class _Noise:
    """Random numbers of one call; every material and doubt has a stream of its own."""

    def __init__(self, world: World, draws: int, seed: int) -> None:
        self.draws, self._seed = draws, seed
        self._instability, self._error = world.governance_table[:, :, 0]
        self._suppliers = world.imports.suppliers

    def stream(self, *words: str) -> np.random.Generator:
        """Generator that depends on the seed and on the words alone, not on what else is asked."""
        return np.random.default_rng([self._seed, *(zlib.crc32(word.encode()) for word in words)])

    def pick(self, count: int, varied: bool, *words: str) -> Integers:
        """One of ``count`` choices for every draw; the first where nothing varies."""
        if not varied:
            return np.zeros(self.draws, dtype=np.int64)
        return self.stream(*words).integers(count, size=self.draws)

    def instability(self, varied: bool) -> Array:
        """Instability of every supplier, [draws, supplier]; NaN without governance."""
        return self._drawn if varied else np.broadcast_to(self._instability, self._drawn.shape)

    @cached_property
    def _drawn(self) -> Array:
        normal = [self.stream(GOVERNANCE, code).standard_normal(self.draws) for code in self._suppliers]
        # a WGI estimate spans 5 units where instability spans 1
        moved = self._instability + np.stack(normal, axis=1) * self._error / 5.0
        return np.asarray(np.clip(moved, 0.0, 1.0))


def _scores(cell: _Cell, noise: _Noise, revisions: _Revisions, varied: Collection[str]) -> Array:
    """Score of a cell in every draw."""
    table = noise.pick(len(cell.tables), OTHER_SOURCES in varied, cell.material, OTHER_SOURCES)
    hhi, own = np.empty(noise.draws), np.empty(noise.draws)
    for number in np.unique(table):
        here = table == number
        concentration, made = _production(cell, int(number), noise, revisions, varied)
        hhi[here], own[here] = concentration[here], made[here]
    # Own production is a mass: where there is some, the imports cannot be a value.
    usable = np.flatnonzero(np.array(cell.by_mass) | (not (own > 0).any()))
    definition = usable[noise.pick(len(usable), DEFINITION in varied, cell.material, DEFINITION)]
    return hhi * _risk(cell, definition, noise.instability(GOVERNANCE in varied), own)


def _production(
    cell: _Cell, number: int, noise: _Noise, revisions: _Revisions, varied: Collection[str]
) -> tuple[Array, Array]:
    """HHI of a table of producers and the country's own production, in every draw."""
    table, stream = cell.tables[number], noise.stream(cell.material, "production", str(number))
    amount = np.repeat(table.amount_t[None, :], noise.draws, axis=0)
    if ROUNDING in varied:
        unit = stream.uniform(-0.5, 0.5, amount.shape)
        amount = np.maximum(amount + unit * table.resolution_t, 0.0)
    if ESTIMATES in varied and revisions.enough:
        size = table.amount_t / (table.amount_t.sum() + table.rest_t)
        factor = revisions.factors(size, stream, noise.draws)
        amount = amount * np.where(table.estimated, factor, 1.0)
    total = amount.sum(axis=1) + table.rest_t
    hhi = np.square(amount).sum(axis=1) / total**2
    if UNNAMED in varied:  # from many small producers to one
        hhi += stream.uniform(size=noise.draws) * (table.rest_t / total) ** 2
    own = {cell.country} if cell.country != EU else set(bloc_members(EU))
    return hhi, amount[:, [code in own for code in table.countries]].sum(axis=1)


def _risk(cell: _Cell, definition: Integers, instability: Array, own_t: Array) -> Array:
    """Import risk in every draw; suppliers without governance get the mean of the others."""
    risk = np.empty(len(definition))
    for number in np.unique(definition):
        here = definition == number
        mass, g = cell.weight[number], instability[here][:, cell.supplier[number]]
        seen = float(mass[~np.isnan(g[0])].sum())
        exposed = np.nansum(mass * g, axis=1) * mass.sum() / seen
        risk[here] = exposed / (mass.sum() + own_t[here])
    return risk


def _note(doubt: str, cell: _Cell, revisions: _Revisions) -> str:
    """What a doubt draws from, or why it draws nothing."""
    estimated, rounded = int(cell.tables[0].estimated.sum()), int((cell.tables[0].resolution_t > 0).sum())
    return {
        GOVERNANCE: "normal errors of the estimates of each supplier, independent",
        ROUNDING: f"{rounded} producers printed rounded, even within half a unit of the last digit",
        ESTIMATES: f"{estimated} producers estimated; revisions of {len(revisions.large)} large and "
        f"{len(revisions.small)} small ones between editions"
        + ("" if revisions.enough else ": too few to draw from"),
        UNNAMED: f"{cell.tables[0].rest_t:,.0f} t from many small producers to one",
        OTHER_SOURCES: "; ".join(table.label for table in cell.tables),
        DEFINITION: "; ".join(cell.definitions),
    }.get(doubt, "all of them, independent of each other")
