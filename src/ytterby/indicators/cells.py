"""The grid of the screen and the imports of its cells, as flat arrays.

A cell is one group (a material at one stage), one country and one year; its number is
``(group * countries + country) * years + year``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.materials import CORE, MIXED, WIDE, load_trade_codes
from ytterby.facts.store import Store
from ytterby.indicators.regions import Regions, bloc_regions

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int16]
ALL, ALL_WIDE = "all", "all, wide"  # stages that add up the codes of a material, core or with the wide ones
EU = "EU27"
Ends = tuple[str, str]  # whose cells, and with whom it trades
IMPORTS, EXPORTS = ("importer", "exporter"), ("exporter", "importer")
_COLUMNS = ("year", "exporter", "importer", "hs6", "value_kusd", "quantity_t")


@dataclass(frozen=True)
class Group:
    """A material at a stage with the customs codes that count for it; none when it has no code."""

    material: str
    stage: str
    codes: tuple[str, ...]
    mixed: bool = False  # its only codes hold other goods too


def build_groups(materials: Sequence[str]) -> list[Group]:
    """Groups of each material: one per stage with codes, one for all stages, one with wide codes."""
    return [group for material in materials for group in _groups(material)]


def _groups(material: str) -> Iterator[Group]:
    rows = [c for c in load_trade_codes() if c.material == material]
    core = [c for c in rows if c.basket == CORE]
    stages = list(dict.fromkeys(c.stage for c in core))
    for stage in stages if len(stages) > 1 else []:
        yield Group(material, stage, tuple(c.hs6 for c in core if c.stage == stage))
    mixed = not core and any(c.basket == MIXED for c in rows)
    yield Group(material, ALL, tuple(c.hs6 for c in core), mixed)
    if any(c.basket == WIDE for c in rows):
        yield Group(material, ALL_WIDE, tuple(c.hs6 for c in rows if c.basket in (CORE, WIDE)))


@dataclass(frozen=True)
class Grid:
    """Labels of the cells and the way from labels to numbers."""

    groups: tuple[Group, ...]
    countries: tuple[str, ...]  # and regions
    years: tuple[int, ...]
    regions: Regions = field(default_factory=lambda: bloc_regions(EU))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Groups, countries, years."""
        return len(self.groups), len(self.countries), len(self.years)

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape))

    @cached_property
    def unions(self) -> tuple[str, ...]:
        """Regions that stand among the countries."""
        return tuple(name for name in self.regions.names if name in self.place)

    @cached_property
    def place(self) -> dict[str, int]:
        """Number of each country."""
        return {code: number for number, code in enumerate(self.countries)}

    def numbers_of_years(self, years: npt.ArrayLike) -> Integers:
        """Numbers of years, -1 for one that is not asked for."""
        place = {year: number for number, year in enumerate(self.years)}
        distinct, inverse = np.unique(np.asarray(years), return_inverse=True)
        found = np.array([place.get(int(year), -1) for year in distinct], dtype=np.int64)
        return np.asarray(found[inverse])


@dataclass(frozen=True)
class Imports:
    """One row per cell and supplier (``pair_``), sums per cell (``cell_``); masses in t, values in kUSD.

    ``pair_mass`` is NaN where no flow of the pair has a mass; ``cell_covered`` is the value of the
    flows that have one. ``held`` (group, year) says whether the store has any flow at all.
    """

    pair_cell: npt.NDArray[np.int32]
    pair_supplier: Small
    pair_mass: Array
    pair_value: Array
    suppliers: tuple[str, ...]
    cell_mass: Array
    cell_value: Array
    cell_covered: Array
    cell_exports: Array
    held: Flags

    def total(self, weights: Array) -> Array:
        """Sums of a pair quantity per cell; missing entries add nothing."""
        return _count(self.pair_cell, np.nan_to_num(weights), len(self.cell_mass))

    @cached_property
    def mass_share(self) -> Array:
        """Share of each pair in the known mass of its cell."""
        return _ratio(self.pair_mass, self.cell_mass[self.pair_cell])

    @cached_property
    def value_share(self) -> Array:
        """Share of each pair in the value of its cell."""
        return _ratio(self.pair_value, self.cell_value[self.pair_cell])

    @cached_property
    def largest(self) -> Integers:
        """Number of the pair with the largest known mass of each cell, the first of equals; -1 for none."""
        best = np.full(len(self.cell_mass), -1, dtype=np.int64)
        if not len(self.pair_cell):
            return best
        mass = np.nan_to_num(self.pair_mass, nan=-1.0)
        starts = np.flatnonzero(np.diff(self.pair_cell, prepend=-1))  # pairs stand in the order of cells
        peak = np.repeat(np.maximum.reduceat(mass, starts), np.diff(starts, append=len(mass)))
        peaks = np.flatnonzero(mass == peak)[::-1]
        best[self.pair_cell[peaks]] = peaks  # the last writer of a cell is its first
        best[self.cell_mass <= 0] = -1
        return best


def _ratio(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _count(number: npt.NDArray[Any], weights: Array, size: int) -> Array:
    return np.asarray(np.bincount(number, weights=weights, minlength=size), dtype=np.float64)


@dataclass(frozen=True)
class Trade:
    """Flows of a grid's codes and years as numbers, in the order of their codes.

    ``exporter`` and ``importer`` are numbers of ``countries``, ``year`` is the number of a year of the
    grid; ``mass`` (t) is NaN where it is not known, ``value`` is in thousand USD.
    """

    codes: tuple[str, ...]
    ends: Integers  # where the flows of each code end
    countries: tuple[str, ...]
    year: Small
    exporter: Small
    importer: Small
    mass: Array
    value: Array

    def rows_of(self, group: Group) -> Integers:
        """Places of the flows in the codes of a group."""
        spans = [
            np.arange(self.ends[number - 1] if number else 0, self.ends[number])
            for number, code in enumerate(self.codes)
            if code in group.codes
        ]
        return np.concatenate(spans) if spans else np.array([], dtype=np.int64)


def read_trade(store: Store, grid: Grid) -> Trade:
    """Trade of the grid's codes and years, of all countries."""
    wanted = sorted({code for group in grid.groups for code in group.codes})
    trade = store.select("trade", only=_COLUMNS, hs6=wanted)
    year = grid.numbers_of_years(trade["year"])
    code, codes = pd.factorize(trade["hs6"])
    exporter, exporters = pd.factorize(trade["exporter"])
    importer, importers = pd.factorize(trade["importer"])
    countries = tuple(sorted({*exporters, *importers}))
    place = {name: number for number, name in enumerate(countries)}
    sold, bought = (np.array([place[c] for c in names], np.int16) for names in (exporters, importers))
    asked = np.flatnonzero(year >= 0)
    at = asked[np.argsort(code[asked], kind="stable")]
    return Trade(
        codes=tuple(codes),
        ends=np.cumsum(np.bincount(code[at], minlength=len(codes))),
        countries=countries,
        year=year[at].astype(np.int16),
        exporter=sold[exporter[at]],
        importer=bought[importer[at]],
        mass=trade["quantity_t"].to_numpy(dtype=np.float64)[at],
        value=trade["value_kusd"].to_numpy(dtype=np.float64)[at],
    )


@dataclass(frozen=True)
class _Flows:
    """Flows of one group with the places of both ends in the grid; -1 is a country nobody asked for."""

    year: Small
    buyer: Small
    seller: Small
    supplier: Small
    mass: Array
    value: Array


def gather_imports(trade: Trade, grid: Grid, *, ends: Ends = IMPORTS) -> Imports:
    """Imports of every cell by supplier; a region is one importer, trade inside it left out.

    With ``ends`` as ``EXPORTS`` the two ends are exchanged: exports of every cell by customer.
    """
    held = np.zeros((len(grid.groups), len(grid.years)), dtype=bool)
    exports = np.zeros(grid.size)
    parts = []
    members = {name: _membership(grid, name, trade.countries) for name in grid.unions}
    for number, group in enumerate(grid.groups):
        flows = _flows(trade, grid, trade.rows_of(group), ends, members)
        held[number, flows.year] = True
        sold = np.flatnonzero((flows.seller >= 0) & ~np.isnan(flows.mass))
        at = _cell(grid, number, flows.seller[sold], flows.year[sold])
        np.add.at(exports, at, flows.mass[sold])
        parts.append(_pairs_of_group(flows, grid, number, len(trade.countries)))
    cell, supplier, mass, value, covered = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Imports(
        pair_cell=cell,
        pair_supplier=supplier,
        pair_mass=mass,
        pair_value=value,
        suppliers=trade.countries,
        cell_mass=_count(cell, np.nan_to_num(mass), grid.size),
        cell_value=_count(cell, value, grid.size),
        cell_covered=_count(cell, covered, grid.size),
        cell_exports=exports,
        held=held,
    )


def _flows(trade: Trade, grid: Grid, rows: Integers, ends: Ends, members: dict[str, Flags]) -> _Flows:
    """Some flows; those over the border of a region come once more, with the region in its member's place."""
    buys, sells = (getattr(trade, end)[rows] for end in ends)
    place = np.array([grid.place.get(name, -1) for name in trade.countries], dtype=np.int16)
    taken, buyers, sellers = [np.arange(len(rows))], [place[buys]], [place[sells]]
    for name, inside in members.items():
        buying, selling = inside[buys, trade.year[rows]], inside[sells, trade.year[rows]]
        inward, outward = np.flatnonzero(buying & ~selling), np.flatnonzero(selling & ~buying)
        taken += [inward, outward]
        union, nobody = np.int16(grid.place[name]), np.int16(-1)
        buyers += [np.full(len(inward), union), np.full(len(outward), nobody)]
        sellers += [np.full(len(inward), nobody), np.full(len(outward), union)]
    everything = np.concatenate(taken)
    at = rows[everything]
    return _Flows(
        year=trade.year[at],
        buyer=np.concatenate(buyers),
        seller=np.concatenate(sellers),
        supplier=sells[everything],
        mass=trade.mass[at],
        value=trade.value[at],
    )


def _cell(grid: Grid, group: int, country: Small, year: Small) -> Integers:
    return (group * len(grid.countries) + country.astype(np.int64)) * len(grid.years) + year


def _pairs_of_group(
    flows: _Flows, grid: Grid, number: int, countries: int
) -> tuple[npt.NDArray[np.int32], Small, Array, Array, Array]:
    """Cell, supplier, mass, value and covered value of each importer, year and supplier of one group."""
    bought = np.flatnonzero(flows.buyer >= 0)
    key = _cell(grid, number, flows.buyer[bought], flows.year[bought]) * countries + flows.supplier[bought]
    pairs, inverse = np.unique(key, return_inverse=True)  # sorted, so that pairs stand in the order of cells
    mass, value = flows.mass[bought], flows.value[bought]
    known = ~np.isnan(mass)
    total = _count(inverse, np.nan_to_num(mass), len(pairs))
    has_mass = _count(inverse, known.astype(np.float64), len(pairs)) > 0
    return (
        (pairs // max(countries, 1)).astype(np.int32),
        (pairs % max(countries, 1)).astype(np.int16),
        np.where(has_mass, total, np.nan),
        _count(inverse, value, len(pairs)),
        _count(inverse, value * known, len(pairs)),
    )


def _membership(grid: Grid, region: str, names: Sequence[str]) -> Flags:
    """[name, year] whether a country is in a region."""
    members = [np.isin(names, grid.regions.members(region, year)) for year in grid.years]
    return np.stack(members, axis=1) if members else np.zeros((len(names), 0), dtype=bool)
