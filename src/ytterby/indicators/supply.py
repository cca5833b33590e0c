"""Production beside the imports: who makes how much of the world's supply, on which basis.

The concentration of production follows docs/method/indicators, section 1; the refusals section 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.materials import ABSENT, CORE, ELEMENT, GROSS, MIXED, TradeCode, load_trade_codes
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD, load_production, newest_edition
from ytterby.facts.store import Store
from ytterby.indicators.cells import Array, Grid, Group
from ytterby.indicators.concentration import hhi
from ytterby.indicators.longrows import CODE, OK, Status, refuse

WGI_SOURCE = "wgi-pv"
_TABLE_COLUMNS = ("country_iso3", "quantity_t", "basis", "source_id", "edition")
COVERAGE = 0.95  # of imports or production: below it a value would rest on guesses and is not given


@dataclass(frozen=True)
class WorldProduction:
    """Production of one material, stage and year: concentration with bounds, and who made how much.

    ``status`` is ``ok`` or the reason why there is no concentration; ``rest_t`` is what no named
    country made; ``by_country`` is NaN where withheld or not available.
    """

    stage: str
    hhi: float
    hhi_upper: float
    by_country: dict[str, float]
    rest_t: float
    basis: str
    source_id: str
    edition: str
    status: str


Worlds = dict[tuple[str, str, int], WorldProduction]


def gather_production(store: Store, materials: Sequence[str], *, within: Sequence[int] = ()) -> Worlds:
    """World production by material, stage and year, newest edition; projections are left out.

    ``within`` are years to be compared: where one edition has them all, the newest such edition gives
    them all, at the stages it has, so that a revision or another stage does not pass for a change.
    """
    rows = load_production(store, edition=ALL_EDITIONS)
    rows = rows[(rows["qualifier"] != "projection") & rows["material"].isin(materials)]
    rows = newest_edition(_common_edition(rows, within) if within else rows)
    columns = {name: rows[name].to_numpy() for name in _TABLE_COLUMNS}
    groups = rows.groupby(["material", "stage", "year"], observed=True).indices
    return {
        (material, stage, int(year)): _world({name: column[at] for name, column in columns.items()}, stage)
        for (material, stage, year), at in groups.items()
    }


def _common_edition(rows: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Rows of the years; of a material only the stages and editions that have all of them, if any has."""
    rows = rows[rows["year"].isin(years)]
    card = [rows[name] for name in ("material", "stage", "source_id", "edition")]
    has_all = rows["year"].groupby(card).transform("nunique") == len(set(years))
    return rows[has_all | ~has_all.groupby(rows["material"]).transform("any")]


def _world(rows: dict[str, npt.NDArray[Any]], stage: str) -> WorldProduction:
    """Sum up one table of producers; its rest counts as many small ones (HHI) or as one (upper bound)."""
    by_country = _sums(rows["country_iso3"], rows["quantity_t"])
    named = {code: mass for code, mass in by_country.items() if code not in (WORLD, *RESTS)}
    amount, printed = float(np.nansum([*named.values()])), by_country.get(WORLD, np.nan)
    listed_rest = float(np.nansum([by_country.get(code, 0.0) for code in RESTS]))
    # A rest that the source prints goes before the difference to its rounded total.
    rest = listed_rest or (max(printed - amount, 0.0) if printed > 0 else 0.0)
    total = amount + rest
    bases = set(rows["basis"])
    faults = {
        "production on mixed bases": len(bases) > 1 or "mixed" in bases,
        "no world total to share out": not (printed > 0 or listed_rest > 0),
        "no production is known": not amount > 0,
    }
    status = next((fault for fault, found in faults.items() if found), OK)
    own = hhi([*named.values()]) * (amount / total) ** 2 if status == OK else float("nan")
    return WorldProduction(
        stage=stage,
        hhi=own,
        hhi_upper=own + (rest / total) ** 2 if status == OK else float("nan"),
        by_country=named,
        rest_t=rest,
        basis=str(rows["basis"][0]),
        source_id=str(rows["source_id"][0]),
        edition=str(rows["edition"][0]),
        status=status,
    )


def _sums(countries: npt.NDArray[Any], amounts: Array) -> dict[str, float]:
    """Known amounts by country in alphabetical order; a country of which none is known stays NaN."""
    sums = dict.fromkeys(sorted(map(str, countries)), np.nan)
    for country, amount in zip(countries, amounts, strict=True):
        if amount == amount:
            sums[country] = float(np.nan_to_num(sums[country]) + amount)
    return sums


# stages of trade whose goods a stage of production makes
_FITTING = {"mine": {"ore"}, "refined": {"compound", "metal", "oxide"}}


def goods_fit(group: Group, stage: str) -> bool:
    """Whether all of a group's codes are goods that a stage of production makes."""
    stages = stages_of(group)
    return bool(stages) and stages <= _FITTING.get(stage, {stage})


def same_basis(group: Group, production_basis: str) -> bool:
    """Whether customs masses of a group count what production counts.

    Customs weigh products. That equals gross weight; it equals element content for unwrought metal,
    near enough pure. Ores, compounds and alloys against content would mix bases.
    """
    stages = stages_of(group)
    return production_basis == GROSS or (production_basis == ELEMENT and stages == {"metal"})


def same_goods(group: Group, world: WorldProduction) -> bool:
    """Whether a group's trade is all of what production counts: one stage, no code left out, one basis."""
    stages = stages_of(group)
    whole = {"mine": {"ore"}, "refined": {"metal"}}.get(world.stage) == stages
    absent = any(c.material == group.material and c.basket in (ABSENT, MIXED) for c in load_trade_codes())
    core = {c.hs6 for c in load_trade_codes() if c.material == group.material and c.basket == CORE}
    return whole and not absent and core == set(group.codes) and same_basis(group, world.basis)


def stages_of(group: Group) -> set[str]:
    """Stages of the customs codes of a group."""
    return {c.stage for c in _counted(group)}


def _counted(group: Group) -> list[TradeCode]:
    return [c for c in load_trade_codes() if c.material == group.material and c.hs6 in group.codes]


class Supply:
    """Production beside the imports of every cell, flat: world HHI, own production, and what is wrong.

    A country that the table of producers does not name makes nothing, or at most ``rest_t``.
    """

    def __init__(self, grid: Grid, production: Worlds) -> None:
        groups, _, years = grid.shape
        self.hhi, self.hhi_upper, self.rest_t = (np.full((groups, 1, years), np.nan) for _ in range(3))
        self.status = np.full((groups, 1, years), CODE["no production in the store"], dtype=np.int8)
        self.source = np.full((groups, 1, years), "", dtype=object)
        self.tables: dict[tuple[int, int], WorldProduction] = {}  # by number of group and year
        self.same_basis, self.same_goods = (np.zeros((groups, 1, years), dtype=bool) for _ in range(2))
        self.named = np.zeros(grid.shape, dtype=bool)
        self.domestic_t = np.zeros(grid.shape)
        for g, group in enumerate(grid.groups):
            for y, year in enumerate(grid.years):
                world = pick_stage(production, group, year)
                if world is not None:
                    self._fill(grid, (g, y), group, world)

    def _fill(self, grid: Grid, at: tuple[int, int], group: Group, world: WorldProduction) -> None:
        """Write one table of producers into a group and year."""
        g, y = at
        self.tables[at] = world
        self.hhi[g, 0, y], self.hhi_upper[g, 0, y] = world.hhi, world.hhi_upper
        self.rest_t[g, 0, y], self.status[g, 0, y] = world.rest_t, CODE[world.status]
        self.source[g, 0, y] = world.source_id
        self.same_basis[g, 0, y] = same_basis(group, world.basis)
        self.same_goods[g, 0, y] = same_goods(group, world)
        for code, mass in world.by_country.items():
            if code in grid.place:
                self.domestic_t[g, grid.place[code], y] = mass
                self.named[g, grid.place[code], y] = True
        for name in grid.unions:
            members = grid.regions.members(name, grid.years[y])
            self.domestic_t[g, grid.place[name], y] = sum(world.by_country.get(code, 0.0) for code in members)
            self.named[g, grid.place[name], y] = bool(members) and set(members) <= set(world.by_country)

    def flat(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Entries of a table for every cell."""
        return np.broadcast_to(table, self.domestic_t.shape).reshape(-1)

    @property
    def hidden_t(self) -> Array:
        """What a country may have made unnamed: all of the rest, 0 where the table names it.

        A region counts as unnamed where some of its members are.
        """
        return np.where(self.named.reshape(-1), 0.0, self.flat(self.rest_t))

    def refuse(self, status: Status) -> None:
        """Give the reasons of production to cells that trade left without one."""
        world = self.flat(self.status)
        missing = status == 0
        status[missing] = world[missing]
        refuse(status, np.isnan(self.domestic_t.reshape(-1)), "own production is withheld or not available")


def pick_stage(production: Worlds, group: Group, year: int) -> WorldProduction | None:
    """Table of producers that fits the codes of a group: refined for all that is not ore, else mine."""
    stages = stages_of(group)
    order = ("mine", "refined") if not stages or "ore" in stages else ("refined", "mine")
    return next((production[k] for s in order if (k := (group.material, s, year)) in production), None)
