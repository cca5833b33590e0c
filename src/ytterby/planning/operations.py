"""The chain as a linear programme: one future, run with foresight by whoever holds it.

Dynamics are those of the simulator (see ``docs/method/planning.md``, section 2): what leaves in a
week is used the next week at the earliest, licence queues release a fixed share, refused goods
return. Whatever the simulator can do at weekly steps, this programme can do as well.
Amounts are tonnes per period, money is thousands of USD, which keeps coefficients near one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.planning.holdings import Holding
from ytterby.planning.periods import Horizon, PeriodConditions
from ytterby.planning.solve import Model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MONEY = 1e3  # USD per unit of the objective
RESTOCKING_SHARE = 0.1  # of the price of every tonne released: handling, and buying it back later
SHARE_ROUNDING = 1e-12  # shares of a period sum to 1 up to this
FLOW_COST = 1e-6  # share of the price on every flow: of two equal ways the shorter one is taken


@dataclass(frozen=True)
class Decisions:
    """First-stage columns that the operations lean on.

    Capacity ``added_t`` (tonnes a week) of entry i comes into ``added_process`` when column
    ``added_column`` is 1, from week ``added_week`` on. ``bought`` is the stock bought at the start
    for each stockpile in ``stockpiles`` (indices of the chain's). Ways of release lead from a
    stockpile to a pool of the coalition.
    """

    added_process: Ints
    added_column: Ints
    added_t: Floats
    added_week: Ints
    stockpiles: Ints
    bought: Ints
    release_pile: Ints  # position in ``stockpiles``
    release_pool: Ints
    release_lag: Ints  # weeks
    release_cost: Floats  # USD per tonne

    @classmethod
    def none(cls) -> Decisions:
        """No project and no stockpile."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, np.zeros(0), empty, empty, empty, empty, empty, empty, np.zeros(0))


@dataclass(frozen=True)
class Operations:
    """Columns and rows of one future; read values with them from a solution."""

    activity: Ints  # [period, activity]
    flow: Ints  # [period, arc of the holding]
    pool_stock: Ints  # [period, pool]
    slot_stock: Ints  # [period, slot]
    stockpile: Ints  # [period + 1, stockpile]; row 0 is the start
    release: Ints  # [period, way]
    extension_rows: Ints  # [period, extension]: y <= added capacity; the dual is its gap value
    need_t: Floats  # [period, activity], 0 for plants
    discount: Floats  # [period]

    def unmet_t(self, value: Floats) -> Floats:
        """Unmet need, tonnes by period and activity (0 for plants)."""
        return np.maximum(0.0, self.need_t - np.where(self.need_t > 0, value[self.activity], 0.0))


@dataclass(frozen=True)
class Future:
    """One scenario as the programme sees it."""

    conditions: PeriodConditions
    weight: float  # probability
    name: str = "scenario"


def add_operations(
    model: Model, chain: Chain, holding: Holding, horizon: Horizon, future: Future, decisions: Decisions
) -> Operations:
    """Add the operations of one future to a model.

    Costs: processes, transport, tariffs, unmet need, stockpile holding and use, and stocks missing
    at the end (when ``horizon.restore``), all weighted by probability and discounted.
    """
    builder = _Builder(model, chain, holding, horizon, future, decisions)
    return builder.build()


class _Builder:
    """Adds columns first and then the rows, one method per kind of row."""

    def __init__(
        self,
        model: Model,
        chain: Chain,
        holding: Holding,
        horizon: Horizon,
        future: Future,
        decisions: Decisions,
    ) -> None:
        self.model, self.chain, self.holding = model, chain, holding
        self.horizon, self.now, self.decisions = horizon, future.conditions, decisions
        self.width, self.periods = np.asarray(horizon.widths, float)[:, None], len(horizon.widths)
        self.discount = horizon.discount()
        self.money = (future.weight * self.discount / MONEY)[:, None]  # [period, 1]
        self.weight, self.scenario = future.weight, future.name
        self.last = future.weight * float(self.discount[-1]) / MONEY
        self.arcs = holding.arcs
        piles = [chain.stockpiles[i].pool for i in decisions.stockpiles]
        used = [holding.output_pool, chain.arc_pool[self.arcs], np.array(piles, np.int64)]
        self.pools = np.unique(np.concatenate(used))
        self.slots = np.flatnonzero(np.isin(chain.slot_process, holding.process))
        self.price = chain.price_usd_per_t

    def build(self) -> Operations:
        self._activity_columns()
        self._flow_columns()
        self._stock_columns()
        self._stockpile_columns()
        self._pool_rows()
        self._slot_rows()
        self._ramp_rows()
        self._extension_rows()
        self._quota_rows()
        self._stockpile_rows()
        if self.horizon.restore:
            self._restore_rows()
        if self.model.named:
            self._name()
        return Operations(
            self.y, self.f, self.S, self.I, self.H, self.release, self.extension, self.need, self.discount
        )  # fmt: skip

    # columns ------------------------------------------------------------------------------------

    def _activity_columns(self) -> None:
        chain, process = self.chain, self.holding.process
        use = chain.process_is_use[process]
        share = self.holding.share
        most = np.where(use, chain.activity_t[process], chain.capacity_t[process]) * share
        factor = np.where(use, self.now.demand_factor[:, process], self.now.capacity_factor[:, process])
        self.need = np.where(use, factor * most * self.width, 0.0)
        upper = factor * most * self.width
        upper[:, self.holding.extension] = np.inf  # rows limit them
        worth = np.where(use, -chain.unmet_usd_per_t[process], chain.cost_usd_per_t[process])
        self.y = self.model.add_columns(upper.shape, cost=worth * self.money, upper=upper)
        self.model.offset += float((self.need * chain.unmet_usd_per_t[process] * self.money).sum())

    def _flow_columns(self) -> None:
        chain, arcs, now = self.chain, self.arcs, self.now
        price = self.price[chain.pool_material[chain.arc_pool[arcs]]]
        cost = chain.arc_cost_usd_per_t[arcs] + price * (chain.arc_tariff[arcs] + FLOW_COST)
        # a limit on a share of the way: others hold the rest
        limit = now.flow_limit_t[:, arcs]
        scale = np.where(chain.arc_flow_t[arcs] > 0, self.holding.arc_share[arcs], 1.0)
        with np.errstate(invalid="ignore"):
            limit = np.where(np.isinf(limit), np.inf, limit * scale)
        self.f = self.model.add_columns(limit.shape, cost=cost * self.money, upper=limit)
        self.queued = np.flatnonzero(now.queue_new[:, arcs].any(axis=0))
        self.queue = self.model.add_columns((self.periods, len(self.queued)))
        self.queue_rows = rows = self.model.add_rows(self.queue.shape, lower=0.0, upper=0.0)
        old, new = now.queue_kept[:, arcs[self.queued]], now.queue_new[:, arcs[self.queued]]
        self.model.add_entries(rows, self.queue, 1.0)
        self.model.add_entries(rows, self.f[:, self.queued], -new)
        self.model.add_entries(rows[1:], self.queue[:-1], -old[1:])

    def _stock_columns(self) -> None:
        chain, limit = self.chain, self.horizon.stock_limit
        self.pool_0 = (chain.pool_stock_t * self.holding.pool_share)[self.pools]
        self.slot_0 = (chain.slot_stock_t * self.holding.slot_share)[self.slots]
        most = [np.inf if limit is None else limit * stock for stock in (self.pool_0, self.slot_0)]
        self.S = self.model.add_columns((self.periods, len(self.pools)), upper=most[0])
        self.I = self.model.add_columns((self.periods, len(self.slots)), upper=most[1])

    def _stockpile_columns(self) -> None:
        """Row 0 of ``H`` is the stock at the start; interest is inside the holding cost.

        What lies there at the start of a period is held during it. The stock is charged at its
        price at the start and credited at its price at the end, so only what was used is paid.
        """
        piles = [self.chain.stockpiles[i] for i in self.decisions.stockpiles]
        self.pile_0 = np.array([pile.stock_t for pile in piles])
        self.pile_pool = np.array([pile.pool for pile in piles], np.int64)
        year = np.array([pile.holding_usd_per_t_year for pile in piles])
        price = self.price[self.chain.pool_material[self.pile_pool]]
        cost = np.zeros((self.periods + 1, len(piles)))
        cost[:-1] = year / WEEKS_PER_YEAR * self.width * self.money
        cost[0] += price * self.weight / MONEY
        cost[-1] -= price * self.weight / MONEY
        limit = np.array([pile.limit_t for pile in piles])
        self.H = self.model.add_columns(cost.shape, cost=cost, upper=np.maximum(limit, self.pile_0))
        most = np.inf if self.horizon.refill else 0.0
        self.fill = self.model.add_columns(cost[1:].shape, cost=price * FLOW_COST * self.money, upper=most)
        handling = RESTOCKING_SHARE * price[self.decisions.release_pile]
        open_now = self.now.hit | self.horizon.release_any_time
        self.release = self.model.add_columns(
            (self.periods, len(handling)),
            cost=(self.decisions.release_cost + handling) * self.money,
            upper=np.where(open_now, np.inf, 0.0)[:, None],
        )

    # rows ---------------------------------------------------------------------------------------

    def _pool_rows(self) -> None:
        model, holding, now, arcs = self.model, self.holding, self.now, self.arcs
        place = self._places(self.pools, len(self.chain.pool_stock_t))
        self.pool_rows = rows = model.add_rows(self.S.shape, upper=_first(self.pool_0, self.periods))
        _stock_entries(model, rows, self.S)
        made = rows[:, place[holding.output_pool]]
        model.add_entries(made, self.y[:, holding.output_activity], -holding.output_t)
        sold = rows[:, place[self.chain.arc_pool[arcs]]]
        model.add_entries(sold, self.f, 1.0)
        self._released_entries(sold, -(1.0 - now.approval[:, arcs]), np.zeros(len(arcs), np.int64))
        lag = self.decisions.release_lag
        self._delayed(rows[:, place[self.decisions.release_pool]], self.release, -1.0, lag)
        model.add_entries(rows[:, place[self.pile_pool]], self.fill, 1.0)

    def _slot_rows(self) -> None:
        model, chain, arcs = self.model, self.chain, self.arcs
        place = self._places(self.slots, len(chain.slot_t))
        lag, rate = chain.arc_lag[arcs], chain.arc_flow_t[arcs] * self.holding.arc_share[arcs]
        at = place[chain.arc_slot[arcs]]
        # what left before the start keeps arriving at the baseline's rate until the lag is over
        arriving = rate[:, None] * self.horizon.overlap(np.zeros(len(arcs)), lag.astype(float))
        under_way = np.zeros((len(self.slots), self.periods))
        np.add.at(under_way, at, arriving)
        upper = under_way.T + _first(self.slot_0, self.periods)
        self.slot_rows = rows = model.add_rows(self.I.shape, upper=upper)
        _stock_entries(model, rows, self.I)
        slot, activity = np.nonzero(chain.slot_process[self.slots][:, None] == self.holding.process)
        model.add_entries(rows[:, slot], self.y[:, activity], chain.slot_t[self.slots[slot]])
        self._released_entries(rows[:, at], -self.now.approval[:, arcs], lag)

    def _released_entries(self, rows: Ints, factor: Floats, lag: Ints) -> None:
        """Coefficients of what customs release: the flow itself, or what leaves the queue."""
        self._delayed(rows, self.f, factor, lag)
        rows, factor, lag = rows[:, self.queued], factor[:, self.queued], lag[self.queued]
        self._delayed(rows, self.queue, -factor, lag)
        self._delayed(rows[1:], self.queue[:-1], factor[1:], lag)

    def _delayed(self, rows: Ints, columns: Ints, factor: Floats | float, lag: Ints) -> None:
        """Entries of ``columns`` [period, n] in the rows of the later periods in which they arrive."""
        factor = np.broadcast_to(factor, columns.shape)
        first = self.periods - len(rows)  # period in which the first of the columns leaves
        for weeks in np.unique(lag):
            share = self.horizon.arrivals(int(weeks))[first:, first:]
            departure, arrival = np.nonzero(share)
            n = np.flatnonzero(lag == weeks)
            values = factor[np.ix_(departure, n)] * share[departure, arrival][:, None]
            self.model.add_entries(rows[np.ix_(arrival, n)], columns[np.ix_(departure, n)], values)

    def _ramp_rows(self) -> None:
        """Weekly activity rises by at most the ramp a week, between the middles of two periods."""
        chain, process = self.chain, self.holding.process
        between = (self.width + np.concatenate([[[1.0]], self.width[:-1]])) / 2.0  # [period, 1] weeks
        slow = ~chain.process_is_use & (chain.ramp_share * between.min() < 1.0)
        plants = np.unique(process[slow[process]])
        share = np.bincount(process, self.holding.share, len(chain.processes))[plants]
        upper = chain.ramp_t[plants] * share * between + _first(
            chain.activity_t[plants] * share, self.periods
        )
        rows = self.model.add_rows(upper.shape, upper=upper)
        plant, activity = np.nonzero(plants[:, None] == process)
        self.model.add_entries(rows[:, plant], self.y[:, activity], 1.0 / self.width)
        self.model.add_entries(rows[1:, plant], self.y[:-1, activity], -1.0 / self.width[:-1])
        self._added_entries(rows, plants, -chain.ramp_share[plants] * between / self.width)

    def _extension_rows(self) -> None:
        plants = self.holding.process[self.holding.extension]
        self.extension = self.model.add_rows((self.periods, len(plants)), upper=0.0)
        self.model.add_entries(self.extension, self.y[:, self.holding.extension], 1.0)
        self._added_entries(self.extension, plants, -np.ones(self.extension.shape))

    def _added_entries(self, rows: Ints, plants: Ints, factor: Floats) -> None:
        """Coefficients of the projects' capacity in each period, in rows of these plants."""
        d = self.decisions
        end = np.full(len(d.added_week), float(self.horizon.weeks))
        running = self.horizon.overlap(d.added_week.astype(float), end)  # [entry, period] weeks
        for i, plant in enumerate(d.added_process):
            for place in np.flatnonzero(plants == plant):
                amount = factor[:, place] * d.added_t[i] * running[i]
                self.model.add_entries(rows[:, place], d.added_column[i], amount)

    def _quota_rows(self) -> None:
        flow, share = self.chain.arc_flow_t, self.holding.arc_share
        for quota in self.now.quotas:
            group = quota.arcs
            ours = np.flatnonzero(np.isin(self.arcs, group))
            total = float(flow[group].sum())
            part = float((flow * share)[group].sum()) / total if total > 0 else 1.0
            rows = self.model.add_rows(len(quota.limit_t), upper=quota.limit_t * part if part > 0 else 0.0)
            limit, period = np.nonzero(quota.part)
            self.model.add_entries(
                rows[limit][:, None], self.f[period][:, ours], quota.part[limit, period][:, None]
            )

    def _stockpile_rows(self) -> None:
        model, d = self.model, self.decisions
        start = model.add_rows(len(self.pile_0), lower=self.pile_0, upper=self.pile_0)
        model.add_entries(start, self.H[0], 1.0)
        model.add_entries(start, d.bought, -1.0)
        rows = model.add_rows(self.H[1:].shape, lower=0.0, upper=0.0)
        model.add_entries(rows, self.H[1:], 1.0)
        model.add_entries(rows, self.H[:-1], -1.0)
        model.add_entries(rows, self.fill, -1.0)
        model.add_entries(rows[:, d.release_pile], self.release, 1.0)

    def _restore_rows(self) -> None:
        """Charge what is missing in pools, slots and under way at the end at its price."""
        model, chain, arcs = self.model, self.chain, self.arcs
        lag, at = chain.arc_lag[arcs], self._places(self.slots, len(chain.slot_t))[chain.arc_slot[arcs]]
        moving = chain.arc_flow_t[arcs] * self.holding.arc_share[arcs] * lag
        slot_goal = self.slot_0 + np.bincount(at, moving, len(self.slots))
        materials = np.concatenate([chain.pool_material[self.pools], chain.slot_material[self.slots]])
        goal = np.concatenate([self.pool_0, slot_goal])
        self.missing = missing = model.add_columns(len(goal), cost=self.price[materials] * self.last)
        rows = model.add_rows(len(goal), lower=goal)
        model.add_entries(rows, missing, 1.0)
        model.add_entries(rows, np.concatenate([self.S[-1], self.I[-1]]), 1.0)
        way = rows[len(self.pool_0) :][at]
        for weeks in np.unique(lag):  # leaves so late that it arrives after the end
            late = 1.0 - self.horizon.arrivals(int(weeks)).sum(axis=1, keepdims=True)
            n = np.flatnonzero(lag == weeks)
            model.add_entries(way[n], self.f[:, n], np.where(late > SHARE_ROUNDING, late, 0.0))

    # names, for files -----------------------------------------------------------------------------

    def _name(self) -> None:
        """Name columns and rows by what they are, where, in which scenario and period."""
        chain, materials = self.chain, self.chain.materials
        places = zip(chain.pool_material, chain.pool_region, strict=True)
        where = [f"{materials[m]}.{chain.regions[r]}" for m, r in places]
        needs = zip(chain.slot_material, chain.slot_process, strict=True)
        use = [f"{materials[m]}.{chain.processes[p]}" for m, p in needs]
        plants = [chain.processes[p] for p in self.holding.process]
        new = set(self.holding.extension.tolist())
        buyer = [chain.processes[chain.slot_process[s]] for s in chain.arc_slot[self.arcs]]
        seller = [where[p] for p in chain.arc_pool[self.arcs]]
        ways = [f"{s}.{b}" for s, b in zip(seller, buyer, strict=True)]
        piles = [chain.stockpiles[i].name for i in self.decisions.stockpiles]
        pools, slots = [where[p] for p in self.pools], [use[s] for s in self.slots]
        out = zip(self.decisions.release_pile, self.decisions.release_pool, strict=True)
        columns = self.model.name_columns
        columns(self.y, self._told("activity", [f"new.{p}" if i in new else p for i, p in enumerate(plants)]))
        columns(self.f, self._told("flow", ways))
        columns(self.queue, self._told("queue", [ways[i] for i in self.queued]))
        columns(self.S, self._told("pool_stock", pools))
        columns(self.I, self._told("slot_stock", slots))
        columns(self.H, self._told("stockpile", piles, len(self.H)))
        columns(self.fill, self._told("fill", piles))
        columns(self.release, self._told("release", [f"{piles[i]}.{where[p]}" for i, p in out]))
        if self.horizon.restore:
            columns(self.missing, [f"missing.{item}.{self.scenario}" for item in (*pools, *slots)])
        rows = self.model.name_rows
        rows(self.queue_rows, self._told("licence", [ways[i] for i in self.queued]))
        rows(self.pool_rows, self._told("pool_balance", pools))
        rows(self.slot_rows, self._told("slot_balance", slots))
        rows(self.extension, self._told("added_capacity", [plants[i] for i in self.holding.extension]))

    def _told(self, kind: str, items: Sequence[str], periods: int = 0) -> Iterator[str]:
        for period in range(periods or self.periods):
            for item in items:
                yield f"{kind}.{item}.{self.scenario}.{period}"

    @staticmethod
    def _places(members: Ints, size: int) -> Ints:
        place = np.full(size, -1, np.int64)
        place[members] = np.arange(len(members))
        return place


def _first(start: Floats, periods: int) -> Floats:
    """[period, n] with the start in the first period and zero after it."""
    out = np.zeros((periods, len(start)))
    out[0] = start
    return out


def _stock_entries(model: Model, rows: Ints, stock: Ints) -> None:
    model.add_entries(rows, stock, 1.0)
    model.add_entries(rows[1:], stock[:-1], -1.0)
