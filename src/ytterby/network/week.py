"""One week of the chain under stress, for a block of draws at once.

State and orders are arrays [item, lane], one lane per draw; no number of a lane depends on another
lane, so results do not depend on how draws are put into blocks. The order of the steps and every
rule stand in ``docs/method/simulation.md``, section 3; the numbers in the comments point there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.shocks import Conditions

# Relative size below which a difference is rounding of floats, not a shortage. Sums of some
# thousand terms err by 1e-13; the smallest shortage that matters to anybody is far above 1e-9.
ROUNDING = 1e-9


class GroupSum:
    """Sums rows [item, lane] into groups [group, lane].

    ``np.bincount`` adds in the order of the items, whatever the number of lanes, which neither
    ``np.add.reduceat`` (pairwise) nor a matrix product (blocked) promises; 24,000 numbers take 40 us.
    """

    def __init__(self, index: Ints, groups: int, lanes: int) -> None:
        self.shape = (groups, lanes)
        self.flat = (index[:, None] * lanes + np.arange(lanes)).ravel()

    def __call__(self, values: Floats) -> Floats:
        """Return the sums of ``values`` [item, lane]."""
        groups, lanes = self.shape
        summed = np.bincount(self.flat, values.ravel(), groups * lanes)
        return summed.reshape(self.shape)


@dataclass(frozen=True)
class Weather:
    """The conditions of a block of draws, lanes last."""

    capacity_factor: Floats  # [week, process, lane]
    demand_factor: Floats  # [week, process, lane]
    arc_open: Flags  # [week, arc, lane]
    licensed: Flags  # [week, arc, lane]
    delay_weeks: Floats  # [arc, lane]
    approval: Floats  # [arc, lane]
    quotas: tuple[tuple[Ints, Floats], ...]  # arcs, limit_t [week, lane]

    @property
    def lanes(self) -> int:
        """Number of draws."""
        return int(self.delay_weeks.shape[1])


def stack_conditions(conditions: Sequence[Conditions]) -> Weather:
    """Put the conditions of several draws side by side; quotas on the same arcs share one row."""

    def stacked(name: str) -> np.ndarray:
        return np.stack([getattr(each, name) for each in conditions], axis=-1)

    limits: dict[bytes, tuple[Ints, Floats]] = {}
    for lane, each in enumerate(conditions):
        for quota in each.quotas:
            free = np.full((each.weeks, len(conditions)), np.inf)
            _, limit = limits.setdefault(quota.arcs.tobytes(), (quota.arcs, free))
            limit[:, lane] = np.minimum(limit[:, lane], quota.limit_t)
    names = ("capacity_factor", "demand_factor", "arc_open", "licensed", "delay_weeks", "approval")
    return Weather(*(stacked(name) for name in names), tuple(limits.values()))


@dataclass
class State:
    """What one week hands to the next; tonnes, or tonnes a week, [item, lane]."""

    pool_t: Floats
    slot_t: Floats
    road_t: Floats  # [week ring, slot, lane] arriving in the weeks ahead
    queue_t: Floats  # [arc, lane] waiting for a licence
    stockpile_t: Floats
    activity_t: Floats
    pool_demand_t: Floats  # smoothed orders
    use_t: Floats  # smoothed desired use per slot
    need_order_t: Floats  # [arc, lane] for next week's use
    refill_order_t: Floats  # [arc, lane] for the gap to target stock
    share: Floats  # [arc, lane]
    failing_weeks: Floats  # [arc, lane] weeks in which the user had reason to qualify this way
    price: Floats  # [material, lane] index, base 1


@dataclass
class Week:
    """What happened in one week; tonnes, [item, lane]."""

    desired_t: Floats  # activity wanted before looking at inputs
    activity_t: Floats
    limiting: Flags  # [slot, lane] the input that held activity below what was wanted
    flow_t: Floats  # [arc, lane] left the pool
    shipped_t: Floats  # [arc, lane] left on the way (released stockpile included)
    returned_t: Floats  # [pool, lane] refused licences
    release_t: Floats  # [stockpile, lane]
    fill_t: Floats
    disposal_t: Floats  # [pool, lane]
    ledger: Floats  # [lane] largest relative residual of the mass balance of any material


class Engine:
    """Runs weeks; holds the indices that do not change and the state that does."""

    def __init__(
        self,
        chain: Chain,
        weather: Weather,
        behaviour: Behaviour,
        added_t: Floats,
        stockpile_t: Floats,
    ) -> None:
        self.chain, self.weather, self.behaviour, self.added_t = chain, weather, behaviour, added_t
        self._index(chain, weather.lanes)
        self._constants(chain)
        self.stock_start = np.asarray(stockpile_t, dtype=float)
        self.state = self._start(chain, weather.lanes, stockpile_t)
        self.any_licence = bool(weather.licensed.any())

    # the fixed parts ----------------------------------------------------------------------------

    def _index(self, chain: Chain, lanes: int) -> None:
        pools, slots = len(chain.pool_material), len(chain.slot_process)
        materials = len(chain.materials)
        self.user = chain.slot_process[chain.arc_slot]
        self.classes, arc_class = np.unique(chain.priority[self.user], return_inverse=True)
        arc_class = arc_class.astype(np.int64)
        self.arc_class = chain.arc_pool * len(self.classes) + arc_class
        self.outputs_by_pool = GroupSum(chain.output_pool, pools, lanes)
        self.arcs_by_pool = GroupSum(chain.arc_pool, pools, lanes)
        self.arcs_by_class = GroupSum(self.arc_class, pools * len(self.classes), lanes)
        self.arcs_by_slot = GroupSum(chain.arc_slot, slots, lanes)
        self.pools_by_material = GroupSum(chain.pool_material, materials, lanes)
        self.slots_by_material = GroupSum(chain.slot_material, materials, lanes)
        self.arcs_by_material = GroupSum(chain.pool_material[chain.arc_pool], materials, lanes)
        at = chain.pool_material[[pile.pool for pile in chain.stockpiles]] if chain.stockpiles else []
        self.piles_by_material = GroupSum(np.array(at, dtype=np.int64), materials, lanes)
        lags, lag_index = np.unique(chain.arc_lag, return_inverse=True)
        self.lags = [int(lag) for lag in lags]
        self.arcs_by_lag = GroupSum(lag_index * slots + chain.arc_slot, len(lags) * slots, lanes)
        self.quota_sums = [GroupSum(np.zeros(len(arcs), int), 1, lanes) for arcs, _ in self.weather.quotas]
        self.slot_starts = np.flatnonzero(np.diff(chain.slot_process, prepend=-1))
        self.fed = chain.slot_process[self.slot_starts]
        self.output_starts = np.flatnonzero(np.diff(chain.output_process, prepend=-1))
        self.makers = chain.output_process[self.output_starts]
        self.pile_arcs = [_served_arcs(chain, pile.pool, pile.regions) for pile in chain.stockpiles]

    def _constants(self, chain: Chain) -> None:
        self.slot_rate = chain.slot_t[:, None]
        self.out_rate = chain.output_t[:, None]
        self.pool_target = chain.pool_stock_t[:, None]
        keeps = chain.pool_surplus_t <= 0  # by-products in surplus are never kept above target
        allowance = np.where(keeps, self.behaviour.surplus_weeks * chain.pool_need_t, 0.0)
        self.pool_limit = (chain.pool_stock_t + allowance)[:, None]
        made = chain.output_t * chain.activity_t[chain.output_process]
        supply = np.bincount(chain.output_pool, made, len(chain.pool_material))[chain.output_pool]
        self.out_share = np.divide(made, supply, out=np.zeros_like(made), where=supply > 0)[:, None]
        added_out = self.added_t[:, chain.output_process] > 0
        self.pool_grows = np.zeros((len(self.added_t), len(chain.pool_material)), dtype=bool)
        for output, pool in enumerate(chain.output_pool):
            self.pool_grows[:, pool] |= added_out[:, output]
        self.base_share = self._base_share(chain)[:, None]
        self.lag = chain.arc_lag.astype(float)[:, None]
        weight = self.base_share[:, 0] * chain.arc_lag
        self.lead = np.bincount(chain.arc_slot, weight, len(chain.slot_t))[:, None]

    def _base_share(self, chain: Chain) -> Floats:
        """Baseline shares; slots that buy nothing yet take their ways by the capacity behind them."""
        room = chain.capacity_t + self.added_t.max(axis=0, initial=0.0)
        behind = np.bincount(
            chain.output_pool, chain.output_t * room[chain.output_process], len(chain.pool_material)
        )
        slots = len(chain.slot_process)
        bought = np.bincount(chain.arc_slot, chain.arc_share, slots)[chain.arc_slot]
        weight = behind[chain.arc_pool]
        total = np.bincount(chain.arc_slot, weight, slots)[chain.arc_slot]
        ways = np.bincount(chain.arc_slot, minlength=slots)[chain.arc_slot]
        start = np.divide(weight, total, out=1.0 / ways, where=total > 0)
        return np.where(bought > 0, chain.arc_share, start)

    def _start(self, chain: Chain, lanes: int, stockpile_t: Floats) -> State:
        def spread(values: Floats) -> Floats:
            return np.repeat(np.asarray(values, dtype=float)[:, None], lanes, axis=1)

        use = spread(chain.slot_t * chain.activity_t[chain.slot_process])
        share = np.repeat(self.base_share, lanes, axis=1)
        ring = np.zeros((max(self.lags, default=1) + 1, len(chain.slot_t), lanes))
        for week in range(max(self.lags, default=1)):  # the ways are full: lag L arrives in weeks 0..L-1
            ring[week] = self.arcs_by_slot(spread(np.where(chain.arc_lag > week, chain.arc_flow_t, 0.0)))
        ready = np.where(self.base_share > 0, np.inf, 0.0)
        return State(
            pool_t=spread(chain.pool_stock_t),
            slot_t=spread(chain.slot_stock_t),
            road_t=ring,
            queue_t=np.zeros_like(share),
            stockpile_t=spread(stockpile_t),
            activity_t=spread(chain.activity_t),
            pool_demand_t=spread(chain.pool_need_t),
            use_t=use,
            need_order_t=share * use[chain.arc_slot],
            refill_order_t=np.zeros_like(share),
            share=share,
            failing_weeks=np.repeat(ready, lanes, axis=1),
            price=np.ones((len(chain.materials), lanes)),
        )

    # the week -----------------------------------------------------------------------------------

    def step(self, week: int) -> Week:
        """Move the state by one week and tell what happened."""
        state = self.state
        before = self._mass()
        capacity = self._capacity(week)  # 3.1
        place = week % len(state.road_t)  # 3.2
        state.slot_t = state.slot_t + state.road_t[place]
        state.road_t[place] = 0.0
        desired = self._desired(week, capacity)  # 3.3
        limiting = self._produce(desired)  # 3.4
        allowed, rate, flow = self._ration(week)  # 3.5
        shipped, returned = self._license(week, flow)  # 3.6
        release, sold = self._release(week, shipped)  # 3.7
        moved = shipped + sold
        self._send(week, moved)
        fill, disposal = self._store(release)
        self._price(flow)  # 3.8
        if not self.behaviour.fixed_shares:  # 3.9
            served = self._served(week, allowed, rate, flow, shipped)
            self._switch(week, self._room(capacity, desired, disposal), served)
        self._order(week, desired)  # 3.10
        ledger = self._residual(before, disposal)
        return Week(
            desired, state.activity_t, limiting, flow, moved, returned, release, fill, disposal, ledger
        )

    def _capacity(self, week: int) -> Floats:
        installed: Floats = self.chain.capacity_t[:, None] * self.weather.capacity_factor[week]
        return installed + self.added_t[week][:, None]

    def _desired(self, week: int, capacity: Floats) -> Floats:
        """Activity wanted: the need of a use; for a plant the most that any of its pools asks of it."""
        chain, state, behaviour = self.chain, self.state, self.behaviour
        orders = self.arcs_by_pool(state.need_order_t + state.refill_order_t)
        state.pool_demand_t = state.pool_demand_t + behaviour.order_smoothing * (orders - state.pool_demand_t)
        gap = (self.pool_target - state.pool_t) / behaviour.pool_gap_weeks
        want = np.maximum(0.0, state.pool_demand_t + gap)
        room = self.out_rate * capacity[chain.output_process]
        first = np.minimum(self.out_share * want[chain.output_pool], room)
        rest = want - self.outputs_by_pool(first)
        rest[rest <= ROUNDING * want] = 0.0
        free = room - first
        factor = np.minimum(1.0, _ratio(rest, self.outputs_by_pool(free), 0.0))
        per_output = (first + free * factor[chain.output_pool]) / self.out_rate
        desired: Floats = chain.activity_t[:, None] * self.weather.demand_factor[week]
        if len(self.makers):
            desired[self.makers] = np.maximum.reduceat(per_output, self.output_starts)
        desired = np.minimum(desired, capacity)
        ramp = chain.ramp_t + chain.ramp_share * self.added_t[week]
        return np.minimum(desired, np.where(chain.process_is_use[:, None], np.inf, state.activity_t + ramp[:, None]))

    def _produce(self, desired: Floats) -> Flags:
        """Leontief: the scarcest input decides; inputs leave the slots, outputs enter the pools."""
        chain, state = self.chain, self.state
        lasts = _ratio(state.slot_t, np.broadcast_to(self.slot_rate, state.slot_t.shape), np.inf)
        activity = desired.copy()
        if len(self.fed):
            enough = np.minimum.reduceat(lasts, self.slot_starts)
            activity[self.fed] = np.minimum(activity[self.fed], enough)
        short = activity < desired * (1 - ROUNDING)
        limiting: Flags = (short & (desired > 0))[chain.slot_process] & (lasts <= activity[chain.slot_process])
        used = self.slot_rate * activity[chain.slot_process]
        state.slot_t = np.maximum(0.0, state.slot_t - used)
        state.pool_t = state.pool_t + self.outputs_by_pool(self.out_rate * activity[chain.output_process])
        state.activity_t = activity
        self.used_t = used
        return limiting

    def _ration(self, week: int) -> tuple[Floats, Floats, Floats]:
        """Serve orders: needs by class, then refills; return what is allowed, the served rate, the flow."""
        chain, state = self.chain, self.state
        allowed = self._allowed(week)
        need, refill = state.need_order_t * allowed, state.refill_order_t * allowed
        pools, classes, lanes = len(chain.pool_material), len(self.classes), self.weather.lanes
        asked = np.empty((pools, classes + 1, lanes))
        asked[:, :classes] = self.arcs_by_class(need).reshape(pools, classes, lanes)
        asked[:, classes] = self.arcs_by_pool(refill)
        earlier = np.zeros_like(asked)
        np.cumsum(asked[:, :-1], axis=1, out=earlier[:, 1:])
        served = np.minimum(np.maximum(state.pool_t[:, None] - earlier, 0.0), asked)
        rate = _ratio(served, asked, 1.0)
        need_rate = rate[:, :classes].reshape(pools * classes, lanes)[self.arc_class]
        flow = need * need_rate + refill * rate[:, classes][chain.arc_pool]
        state.pool_t = np.maximum(0.0, state.pool_t - self.arcs_by_pool(flow))
        return allowed, need_rate, flow

    def _allowed(self, week: int) -> Floats:
        """Share of each order that bans and quotas let through, 0..1."""
        allowed = self.weather.arc_open[week].astype(float)
        for (arcs, limits), total in zip(self.weather.quotas, self.quota_sums, strict=True):
            limit = limits[week]
            asked = (self.state.need_order_t + self.state.refill_order_t)[arcs] * allowed[arcs]
            allowed[arcs] *= np.where(limit > 0, np.minimum(1.0, _ratio(limit, total(asked)[0], 1.0)), 0.0)
        return allowed

    def _license(self, week: int, flow: Floats) -> tuple[Floats, Floats]:
        """Queue what needs a licence; return what ships and, per pool, what was refused and came back."""
        if not self.any_licence:
            return flow, np.zeros_like(self.state.pool_t)
        state, weather = self.state, self.weather
        licensed = weather.licensed[week]
        waiting = state.queue_t + flow
        released = np.where(licensed, waiting / (1.0 + weather.delay_weeks), waiting)
        state.queue_t = waiting - released
        shipped = np.where(licensed, weather.approval * released, released)
        returned = self.arcs_by_pool(released - shipped)
        state.pool_t = state.pool_t + returned
        return shipped, returned

    def _release(self, week: int, shipped: Floats) -> tuple[Floats, Floats]:
        """Stockpiles top up their partner's users whose cover is below the trigger."""
        state, chain = self.state, self.chain
        release = np.zeros_like(state.stockpile_t)
        sold = np.zeros_like(shipped)
        if not self.behaviour.stockpile_release or not len(release):
            return release, sold
        missing = self._missing(shipped)
        barred = ~self.weather.arc_open[week] | self.weather.licensed[week]
        for arcs, limits in self.weather.quotas:
            barred[arcs] |= np.isfinite(limits[week])
        for pile, arcs in enumerate(self.pile_arcs):
            slots = chain.arc_slot[arcs]
            asked = np.where(barred[arcs], 0.0, missing[slots])
            total = np.cumsum(asked, axis=0)[-1] if len(arcs) else np.zeros(asked.shape[1])
            given = asked * np.minimum(1.0, _ratio(state.stockpile_t[pile], total, 0.0))
            sold[arcs] += given
            missing[slots] -= given
            release[pile] = np.minimum(np.cumsum(given, axis=0)[-1] if len(arcs) else 0.0, state.stockpile_t[pile])
        state.stockpile_t = state.stockpile_t - release
        return release, sold

    def _missing(self, shipped: Floats) -> Floats:
        """Tonnes by which each slot, with what is on the way, lies below the release trigger."""
        state = self.state
        position = state.slot_t + state.road_t.sum(axis=0) + self.arcs_by_slot(shipped)
        cover = (self.behaviour.release_cover_weeks + self.lead - 1.0) * state.use_t
        trigger = np.minimum(cover, self.chain.slot_stock_t[:, None] + self.lead * state.use_t)
        missing = np.maximum(0.0, trigger - position)
        missing[missing <= ROUNDING * trigger] = 0.0
        return missing

    def _send(self, week: int, moved: Floats) -> None:
        """Put the shipments of the week on the road."""
        parts = self.arcs_by_lag(moved).reshape(len(self.lags), *self.state.slot_t.shape)
        for lag, part in zip(self.lags, parts, strict=True):
            self.state.road_t[(week + lag) % len(self.state.road_t)] += part

    def _store(self, release: Floats) -> tuple[Floats, Floats]:
        """Refill stockpiles from surplus, then dispose of what nobody keeps."""
        state = self.state
        fill = np.zeros_like(release)
        for pile, (held, start) in enumerate(zip(state.stockpile_t, self.stock_start, strict=True)):
            pool = self.chain.stockpiles[pile].pool
            surplus = np.maximum(0.0, state.pool_t[pool] - self.pool_target[pool])
            fill[pile] = np.where(release[pile] > 0, 0.0, np.minimum(surplus, np.maximum(0.0, start - held)))
            state.pool_t[pool] = state.pool_t[pool] - fill[pile]
        state.stockpile_t = state.stockpile_t + fill
        disposal = np.maximum(0.0, state.pool_t - self.pool_limit)
        state.pool_t = state.pool_t - disposal
        return fill, disposal

    def _price(self, flow: Floats) -> None:
        """Damped index of the price at which the served part of the orders would clear the market."""
        state, behaviour = self.state, self.behaviour
        asked = self.arcs_by_material(state.need_order_t + state.refill_order_t)
        served = _ratio(self.arcs_by_material(flow), asked, 1.0)
        served[served >= 1 - ROUNDING] = 1.0
        lowest = behaviour.price_cap**-behaviour.price_elasticity
        clearing = np.maximum(served, lowest) ** (-1.0 / behaviour.price_elasticity)
        state.price = state.price + behaviour.price_damping * (clearing - state.price)

    # decisions for the weeks ahead --------------------------------------------------------------

    def _served(self, week: int, allowed: Floats, rate: Floats, flow: Floats, shipped: Floats) -> Floats:
        """Share of what each way was asked for that it delivers, 1 when only rounding is missing."""
        served = allowed * rate
        if self.any_licence:
            passed = np.minimum(1.0, _ratio(shipped, flow, 1.0))
            served = served * np.where(self.weather.licensed[week], passed, 1.0)
        served[served >= 1 - ROUNDING] = 1.0
        return served

    def _switch(self, week: int, room: Floats, served: Floats) -> None:
        """Move failing purchases to ways with room, and moved ones back, at most as much as there is room."""
        chain, state, behaviour = self.chain, self.state, self.behaviour
        failing = state.share * (1.0 - served)
        failing_k = self.arcs_by_slot(failing)
        reason = (failing_k > ROUNDING)[chain.arc_slot] | self.pool_grows[week][chain.arc_pool][:, None]
        state.failing_weeks = state.failing_weeks + reason
        ready = state.failing_weeks >= behaviour.qualification_weeks
        weight = np.where(ready, served, 0.0) * room[chain.arc_pool]
        part = _ratio(weight, self.arcs_by_slot(weight)[chain.arc_slot], 0.0)
        go = behaviour.switching_rate * failing_k[chain.arc_slot] * part
        lost = np.maximum(0.0, self.base_share - state.share)
        back = np.where(served == 1.0, behaviour.return_rate * lost, 0.0)
        claims = self.arcs_by_pool((go + back) * state.use_t[chain.arc_slot])
        accepted = np.minimum(1.0, _ratio(room, claims, 1.0))[chain.arc_pool]
        go, back = go * accepted, back * accepted
        left = _ratio(failing, failing_k[chain.arc_slot], 0.0) * self.arcs_by_slot(go)[chain.arc_slot]
        extra = np.maximum(0.0, state.share - self.base_share)
        away = _ratio(extra, self.arcs_by_slot(extra)[chain.arc_slot], 0.0) * self.arcs_by_slot(back)[chain.arc_slot]
        state.share = np.maximum(0.0, state.share + go - left + back - away)

    def _room(self, capacity: Floats, desired: Floats, disposal: Floats) -> Floats:
        """Tonnes a week that each pool could sell on top; a plant short of inputs has no room."""
        chain, state = self.chain, self.state
        free = np.maximum(0.0, capacity - state.activity_t)
        free[state.activity_t < desired * (1 - ROUNDING)] = 0.0
        free[chain.process_is_use] = 0.0
        return disposal + self.outputs_by_pool(self.out_rate * free[chain.output_process])

    def _order(self, week: int, desired: Floats) -> None:
        """Order the smoothed DESIRED use, and a part of the gap between target and position."""
        chain, state, behaviour = self.chain, self.state, self.behaviour
        wanted = self.slot_rate * desired[chain.slot_process]
        state.use_t = state.use_t + behaviour.order_smoothing * (wanted - state.use_t)
        lead, waiting = self._lead(week)
        target = chain.slot_stock_t[:, None] + lead * state.use_t
        position = state.slot_t + state.road_t.sum(axis=0) + waiting
        gap = (target - position) / behaviour.slot_gap_weeks
        need = np.maximum(0.0, state.use_t + np.minimum(0.0, gap))
        state.need_order_t = state.share * need[chain.arc_slot]
        state.refill_order_t = state.share * np.maximum(0.0, gap)[chain.arc_slot]

    def _lead(self, week: int) -> tuple[Floats, Floats]:
        """Weeks from order to arrival, licences included, and the tonnes expected from the queues."""
        state, weather = self.state, self.weather
        weeks = self.lag
        if not self.any_licence:
            return self.arcs_by_slot(state.share * weeks), np.zeros_like(state.slot_t)
        licensed = weather.licensed[week]
        weeks = weeks + np.where(licensed, weather.delay_weeks, 0.0)
        expected = state.queue_t * np.where(licensed, weather.approval, 1.0)
        return self.arcs_by_slot(state.share * weeks), self.arcs_by_slot(expected)

    # the ledger ---------------------------------------------------------------------------------

    def _mass(self) -> Floats:
        """Tonnes of each material in pools, slots, on the road, in queues and stockpiles."""
        state = self.state
        held = self.pools_by_material(state.pool_t)
        held += self.slots_by_material(state.slot_t + state.road_t.sum(axis=0))
        held += self.piles_by_material(state.stockpile_t)
        if self.any_licence:
            held += self.arcs_by_material(state.queue_t)
        return held

    def _residual(self, before: Floats, disposal: Floats) -> Floats:
        """Largest residual of stock change = made - used - disposed over materials, per tonne handled."""
        made_q = self.outputs_by_pool(self.out_rate * self.state.activity_t[self.chain.output_process])
        made = self.pools_by_material(made_q)
        gone = self.slots_by_material(self.used_t) + self.pools_by_material(disposal)
        off = np.abs(self._mass() - before - made + gone)
        return np.max(_ratio(off, before + made, 0.0), axis=0, initial=0.0)


def _ratio(top: Floats, bottom: Floats, otherwise: float) -> Floats:
    """Divide where the bottom is positive; ``otherwise`` elsewhere."""
    whole = np.full(np.broadcast_shapes(top.shape, bottom.shape), otherwise)
    return np.divide(top, bottom, out=whole, where=bottom > 0)


def _served_arcs(chain: Chain, pool: int, regions: tuple[str, ...]) -> Ints:
    """Arcs from a pool to users in the given regions."""
    own = [chain.regions.index(region) for region in regions]
    at_home = np.isin(chain.process_region[chain.slot_process[chain.arc_slot]], own)
    return np.flatnonzero((chain.arc_pool == pool) & at_home)
