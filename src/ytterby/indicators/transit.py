"""Look-through for every importer at once: the largest origin of its imports behind transit countries.

One system of equations for each group of codes and year (docs/method/indicators, section 2.4): what the
sellers hold is traced to its origins; an importer has the mixture of those from whom it buys.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ytterby.errors import BadNumbers
from ytterby.indicators.cells import Array, Flags, Grid, Group, Integers, Trade
from ytterby.indicators.dependence import look_through_origins
from ytterby.indicators.longrows import CODE, GridRows, Status, long_rows
from ytterby.indicators.supply import WorldProduction, Worlds, goods_fit, same_basis

LARGE = 0.05  # suppliers above this share must not be hidden
HIDDEN = "a supplier of more than 5 % produces, buys more than it sells, and has no production in the store"
CIRCLE = "a circle of countries sells without any origin"
GOODS = "production and trade are of different goods or stages"
BASES = "production and imports are on different bases"
WITHHELD = "production of a country is withheld or not available"


@dataclass(frozen=True)
class Origins:
    """Origins of the imports of one group and year.

    Attributes
    ----------
    share, direct
        [country, importer] share by origin and by last exporter; NaN in ``share`` where not determined.
    hidden
        [importer] whether a large supplier would come out as mere transit.
    """

    share: Array
    direct: Array
    hidden: Flags


def trace(flows: Array, imports: Array, made: Array | None, makers: Flags) -> Origins:
    """Origins of imports behind transit.

    Parameters
    ----------
    flows
        [exporter, importer] all trade of the year between single countries.
    imports
        [exporter, column] what the importers asked for bought; a column may be a region.
    made
        [country] production of the year, None where the store has none.
    makers
        [country] whether a country makes the material in any year.
    """
    sellers = np.flatnonzero((flows.sum(axis=1) > 0) | (imports.sum(axis=1) > 0))
    rest = np.delete(flows, sellers, axis=1)[sellers].sum(axis=1)
    # those who only buy stand together at the end: what they hold is nobody's source
    system = np.zeros((len(sellers) + 1, len(sellers) + 1))
    system[:-1, :-1], system[:-1, -1] = flows[np.ix_(sellers, sellers)], rest
    known = None if made is None else np.append(made[sellers], 0.0)
    bought = imports.sum(axis=0)
    direct = np.divide(imports, bought, out=np.zeros_like(imports), where=bought > 0)
    share = np.zeros_like(direct)
    holdings = np.vstack([direct[sellers], np.zeros((1, direct.shape[1]))])
    share[sellers] = look_through_origins(system, known, of=holdings)[:-1]
    shy = makers & (flows.sum(axis=0) > flows.sum(axis=1)) if made is None else np.zeros(len(flows), bool)
    return Origins(share, direct, np.asarray(((direct > LARGE) & shy[:, None]).any(axis=0)))


def screen_look_through(trade: Trade, grid: Grid, production: Worlds, status: Status) -> GridRows:
    """Share of the largest origin of each importer, by mass; the bounds hold its direct share as well."""
    table = _Table(trade, grid, production, status.copy())
    # A system has some 150 countries: one thread each for two systems beats two threads in one by half.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(table.fill, range(len(grid.groups))))
    parts = {
        "origin": table.origin,
        "look_through": table.value,
        "direct_share": table.direct,
        "production": table.basis,
    }
    sources = (np.zeros(grid.size, dtype=np.int64), ["baci-hs92"])
    numbers = (table.value, table.direct)
    return long_rows(
        grid, "largest_origin_share", table.status, numbers, parts, method="look_through", sources=sources
    )


class _Table:
    """The numbers of every cell, filled group by group; groups touch cells of their own only."""

    def __init__(self, trade: Trade, grid: Grid, production: Worlds, status: Status) -> None:
        self.grid, self.production, self.status = grid, production, status
        self.flows = _Flows(trade, grid)
        self.names = np.array(trade.countries, dtype=object)
        self.value, self.direct = np.full(grid.size, np.nan), np.full(grid.size, np.nan)
        self.origin, self.basis = (np.full(grid.size, "", dtype=object) for _ in range(2))

    def fill(self, g: int) -> None:
        """Fill the cells of one group."""
        group, years = self.grid.groups[g], len(self.grid.years)
        worlds = _worlds(self.production, group.material, group.stage)
        makers, rows = _makers(worlds, self.flows.countries), self.flows.by_year(g)
        countries = len(self.grid.countries)
        for y, year in enumerate(self.grid.years):
            cells = (g * countries + np.arange(countries)) * years + y
            fine = cells[self.status[cells] == 0]
            if len(fine):
                world = worlds.get(year)
                refused = None if world is None else _unfit(group, world)
                columns = (fine // years) % countries
                found = refused or _found(self.flows, rows[y], y, columns, world, makers)
                self._write(fine, found, world)

    def _write(self, fine: Integers, found: Origins | str, world: WorldProduction | None) -> None:
        if isinstance(found, str):
            self.status[fine] = CODE[found]
            return
        best, at = found.share.argmax(axis=0), np.arange(len(fine))
        self.value[fine], self.direct[fine] = found.share[best, at], found.direct[best, at]
        self.origin[fine] = self.names[best]
        self.basis[fine] = f"{world.source_id}: {world.basis}" if world else "exports less imports"
        self.status[fine[found.hidden]] = CODE[HIDDEN]


def _found(
    flows: _Flows, rows: Integers, y: int, columns: Integers, world: WorldProduction | None, makers: Flags
) -> Origins | str:
    """Origins, or the reason why there are none."""
    made = None if world is None else np.array([world.by_country.get(c, 0.0) for c in flows.countries])
    whole = flows.matrix(rows)
    try:
        return trace(whole, flows.bought(whole, columns, y), made, makers)
    except BadNumbers:
        return CIRCLE


def _unfit(group: Group, world: WorldProduction) -> str | None:
    """Why the production of a year cannot stand beside the trade of a group, None where it can."""
    if not goods_fit(group, world.stage):
        return GOODS
    if not same_basis(group, world.basis):
        return BASES
    return WITHHELD if any(np.isnan(mass) for mass in world.by_country.values()) else None


def _worlds(production: Worlds, material: str, stage: str) -> dict[int, WorldProduction]:
    """Tables of producers by year: mined for ores, else refined, and mined where nothing is refined."""
    for made_at in ("mine",) if stage == "ore" else ("refined", "mine"):
        tables = {year: world for (m, s, year), world in production.items() if (m, s) == (material, made_at)}
        if tables:
            return tables
    return {}


def _makers(worlds: dict[int, WorldProduction], countries: tuple[str, ...]) -> Flags:
    names = {code for world in worlds.values() for code, mass in world.by_country.items() if mass > 0}
    return np.isin(countries, sorted(names))


class _Flows:
    """All trade of the grid's codes as matrices between single countries."""

    def __init__(self, trade: Trade, grid: Grid) -> None:
        self.trade, self.grid, self.countries = trade, grid, trade.countries
        place = {code: number for number, code in enumerate(self.countries)}
        self.column = np.array([place.get(code, -1) for code in grid.countries], dtype=np.int64)
        self.inside = {name: self._members(name) for name in grid.unions}

    def _members(self, region: str) -> Flags:
        """[year, country] whether a country is in a region."""
        named = [self.grid.regions.members(region, year) for year in self.grid.years]
        return np.array([np.isin(self.countries, members) for members in named])

    def by_year(self, group: int) -> dict[int, Integers]:
        """Places of the flows of a group whose mass is known, by number of year."""
        rows = self.trade.rows_of(self.grid.groups[group])
        rows = rows[~np.isnan(self.trade.mass[rows])]
        rows = rows[np.argsort(self.trade.year[rows], kind="stable")]
        years, starts = np.unique(self.trade.year[rows], return_index=True)
        ends = np.append(starts[1:], len(rows))[: len(starts)]
        return {int(year): rows[start:end] for year, start, end in zip(years, starts, ends, strict=True)}

    def matrix(self, rows: Integers) -> Array:
        """[exporter, importer] tonnes of some flows."""
        trade, count = self.trade, len(self.countries)
        flat = trade.exporter[rows].astype(np.int64) * count + trade.importer[rows]
        flows = np.bincount(flat, trade.mass[rows], count * count).reshape(count, count)
        np.fill_diagonal(flows, 0.0)
        return np.asarray(flows, dtype=np.float64)

    def bought(self, flows: Array, columns: Integers, year: int) -> Array:
        """[exporter, importer] what the grid's countries and regions bought, inner trade left out."""
        out = flows[:, self.column[columns]]
        for name, members in self.inside.items():
            inside = members[year]
            here = columns == self.grid.place[name]
            out[:, here] = np.where(inside, 0.0, flows[:, inside].sum(axis=1))[:, None]
        return out
