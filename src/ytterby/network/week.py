"""One week of the chain under stress, for a block of draws at once.

The order of the steps and every rule stand in ``docs/method/simulation.md``, section 3; the numbers
in the comments point there. All quantities are [item, lane] in tonnes, or tonnes a week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import ROUNDING, Targets, Weather, ratio
from ytterby.network.chain import Chain, Flags, Floats
from ytterby.network.layout import Layout
from ytterby.network.prices import Prices
from ytterby.network.quotas import QuotaBook

LEAST_APPROVAL = 0.2  # nobody applies for more than five times the need


@dataclass
class State:
    """What one week hands to the next."""

    pool_t: Floats
    slot_t: Floats
    road_t: Floats  # [ring of weeks, slot, lane] arriving in the weeks ahead
    queue_t: Floats  # [arc, lane] waiting for a licence
    stockpile_t: Floats
    activity_t: Floats
    pool_demand_t: Floats  # smoothed orders
    use_t: Floats  # smoothed desired use per slot
    need_order_t: Floats  # [arc, lane] for the use of the weeks ahead
    refill_order_t: Floats  # [arc, lane] for the gap to target stock
    delay_weeks: Floats  # [arc, lane] licence time that users reckon with
    share: Floats  # [arc, lane]
    failing_weeks: Floats  # [arc, lane] weeks in which the user had reason to qualify this way


@dataclass(frozen=True)
class Week:
    """What happened in one week."""

    desired_t: Floats  # activity wanted before looking at inputs
    forgone_t: Floats  # [process, lane] need given up because of the price; 0 for plants
    activity_t: Floats
    limiting: Flags  # [slot, lane] the input that held activity below what was wanted
    ordered_t: Floats  # [arc, lane] asked of the pool
    allowed: Floats  # [arc, lane] share of it that bans and quotas let through
    flow_t: Floats  # [arc, lane] left the pool
    shipped_t: Floats  # [arc, lane] left on the way, released stockpile included
    returned_t: Floats  # [pool, lane] refused licences
    release_t: Floats  # [stockpile, lane]
    fill_t: Floats
    disposal_t: Floats  # [pool, lane]
    ledger: Floats  # [lane] largest relative residual of the mass balance of any material


class Engine:
    """Runs weeks: ``layout`` does not change, ``state`` does."""

    def __init__(
        self,
        chain: Chain,
        weather: Weather,
        behaviour: Behaviour,
        added_t: Floats,
        stockpile_t: Floats,
        targets: Targets,
        *,
        detail: bool = False,
    ) -> None:
        self.chain, self.weather, self.behaviour, self.added_t = chain, weather, behaviour, added_t
        self.layout = Layout(chain, behaviour, added_t, weather.lanes, targets, detail=detail)
        self.quotas = QuotaBook(weather)
        self.prices = Prices(chain, self.layout, weather, behaviour)
        self.any_licence = bool(weather.licensed.any())
        self.stock_start = stockpile_t
        self.state = self._start(chain, weather.lanes)

    def _start(self, chain: Chain, lanes: int) -> State:
        """Take the baseline; with no shock every week repeats it."""
        layout = self.layout

        def spread(values: Floats) -> Floats:
            return np.repeat(values[:, None], lanes, axis=1)

        use = spread(chain.slot_t * chain.activity_t[chain.slot_process])
        share = np.repeat(layout.base_share, lanes, axis=1)
        longest = max(layout.lags, default=1)
        road = np.zeros((longest + 1, len(chain.slot_t), lanes))
        for week in range(longest):  # the ways are full: a lag of L weeks fills the arrivals of 0..L-1
            road[week] = layout.arcs_by_slot(spread(np.where(chain.arc_lag > week, chain.arc_flow_t, 0.0)))
        return State(
            pool_t=np.repeat(layout.pool_target, lanes // layout.pool_target.shape[1], axis=1),
            slot_t=np.repeat(layout.slot_target, lanes // layout.slot_target.shape[1], axis=1),
            road_t=road,
            queue_t=np.zeros_like(share),
            stockpile_t=spread(self.stock_start),
            activity_t=spread(chain.activity_t),
            pool_demand_t=spread(chain.pool_need_t),
            use_t=use,
            need_order_t=share * use[chain.arc_slot],
            refill_order_t=np.zeros_like(share),
            delay_weeks=np.zeros_like(share),
            share=share,
            failing_weeks=np.where(share > 0, np.inf, 0.0),
        )

    def step(self, week: int) -> Week:
        """Move the state by one week and tell what happened."""
        before = self._mass()
        capacity = self.chain.capacity_t[:, None] * self.weather.capacity_factor[week]  # 3.1
        capacity = capacity + self.added_t[week][:, None]
        self._receive(week)  # 3.2
        need, forgone = self._needs(week)
        desired = self._desired(week, capacity, need)  # 3.3
        used, limiting = self._produce(desired)  # 3.4
        ordered = self.state.need_order_t + self.state.refill_order_t
        allowed, rate, flow = self._ration(week)  # 3.5
        shipped, returned = self._license(week, flow)  # 3.6
        release, sold = self._release(week, shipped)  # 3.7
        self._send(week, shipped + sold)
        fill = self._refill(release)
        disposal = self._dispose()
        orders = self.state.need_order_t + self.state.refill_order_t
        self.prices.settle(week, orders, flow)  # 3.8
        if not self.behaviour.fixed_shares:  # 3.9
            served = self._served(week, allowed, rate)
            self._switch(week, served, self._room(capacity, desired, disposal, served))
        self._order(week, desired)  # 3.10
        return Week(
            desired, forgone, self.state.activity_t, limiting, ordered, allowed, flow, shipped + sold,
            returned, release, fill, disposal, self._residual(before, used, disposal),
        )  # fmt: skip

    # production ---------------------------------------------------------------------------------

    def _receive(self, week: int) -> None:
        state = self.state
        place = week % len(state.road_t)
        state.slot_t = state.slot_t + state.road_t[place]
        state.road_t[place] = 0.0

    def _needs(self, week: int) -> tuple[Floats, Floats]:
        """[process, lane] what uses want at the price they pay, and what they give up because of it."""
        need: Floats = self.chain.activity_t[:, None] * self.weather.demand_factor[week]
        forgone = np.zeros_like(need)
        elastic = self.prices.elastic
        if len(elastic):
            wanted = need[elastic] * self.prices.answer(week, self.state.share)
            forgone[elastic] = need[elastic] - wanted
            need[elastic] = wanted
        return need, forgone

    def _desired(self, week: int, capacity: Floats, need: Floats) -> Floats:
        """Activity wanted: the need of a use; for a plant the most that any of its pools asks of it."""
        state, layout = self.state, self.layout
        desired = need.copy()
        if len(layout.makers):
            per_output = self._asked_of_outputs(capacity)
            desired[layout.makers] = np.maximum.reduceat(per_output, layout.output_starts)
        ramp = (self.chain.ramp_t + self.chain.ramp_share * self.added_t[week])[:, None]
        highest = np.where(layout.is_use, np.inf, state.activity_t + ramp)
        limited: Floats = np.minimum(np.minimum(desired, capacity), highest)
        return limited

    def _asked_of_outputs(self, capacity: Floats) -> Floats:
        """[output, lane] activity that would meet the pool's demand: baseline shares, then free capacity."""
        chain, state, layout, behaviour = self.chain, self.state, self.layout, self.behaviour
        orders = layout.arcs_by_pool(state.need_order_t + state.refill_order_t)
        state.pool_demand_t = state.pool_demand_t + behaviour.order_smoothing * (orders - state.pool_demand_t)
        gap = (layout.pool_target - state.pool_t) / behaviour.pool_gap_weeks
        want = np.maximum(0.0, state.pool_demand_t + gap)
        room = layout.out_rate * capacity[chain.output_process]
        first = np.minimum(layout.out_share * want[chain.output_pool], room)
        rest = want - layout.outputs_by_pool(first)
        rest[rest <= ROUNDING * want] = 0.0
        free = room - first
        factor = np.minimum(1.0, ratio(rest, layout.outputs_by_pool(free), 0.0))
        asked: Floats = (first + free * factor[chain.output_pool]) / layout.out_rate
        return asked

    def _produce(self, desired: Floats) -> tuple[Floats, Flags]:
        """Leontief: the scarcest input decides; inputs leave the slots, outputs enter the pools."""
        chain, state, layout = self.chain, self.state, self.layout
        user = chain.slot_process
        lasts = ratio(state.slot_t, layout.slot_rate, np.inf)
        activity = desired.copy()
        if len(layout.fed):
            enough = np.minimum.reduceat(lasts, layout.slot_starts)
            activity[layout.fed] = np.minimum(activity[layout.fed], enough)
        short = activity < desired * (1 - ROUNDING)
        limiting: Flags = short[user] & (lasts <= activity[user])
        used = layout.slot_rate * activity[user]
        state.slot_t = np.maximum(0.0, state.slot_t - used)
        state.pool_t = state.pool_t + self._made(activity)
        state.activity_t = activity
        return used, limiting

    def _made(self, activity: Floats) -> Floats:
        """[pool, lane] tonnes that go into each pool."""
        return self.layout.outputs_by_pool(self.layout.out_rate * activity[self.chain.output_process])

    # sales --------------------------------------------------------------------------------------

    def _ration(self, week: int) -> tuple[Floats, Floats, Floats]:
        """Serve needs by class, then refills; return what is allowed, the served rate of needs, the flow."""
        state, layout = self.state, self.layout
        allowed = self._allowed(week)
        need, refill = state.need_order_t * allowed, state.refill_order_t * allowed
        pools, classes, lanes = len(state.pool_t), layout.classes, self.weather.lanes
        asked = np.empty((pools, classes + 1, lanes))
        asked[:, :classes] = layout.arcs_by_class(need).reshape(pools, classes, lanes)
        asked[:, classes] = layout.arcs_by_pool(refill)
        earlier = np.zeros_like(asked)
        np.cumsum(asked[:, :-1], axis=1, out=earlier[:, 1:])
        served = np.minimum(np.maximum(state.pool_t[:, None] - earlier, 0.0), asked)
        rate = ratio(served, asked, 1.0)
        need_rate = rate[:, :classes].reshape(pools * classes, lanes)[layout.arc_class]
        flow = need * need_rate + refill * rate[:, classes][self.chain.arc_pool]
        state.pool_t = np.maximum(0.0, state.pool_t - layout.arcs_by_pool(flow))
        self.quotas.spend(week, flow)
        return allowed, need_rate, flow

    def _allowed(self, week: int) -> Floats:
        """Share of each order that bans and quotas let through, 0..1."""
        allowed: Floats = self.weather.arc_open[week].astype(float)
        orders = self.state.need_order_t + self.state.refill_order_t
        self.quotas.cut(week, orders, allowed)
        return allowed

    def _license(self, week: int, flow: Floats) -> tuple[Floats, Floats]:
        """Queue what needs a licence; return what ships and, per pool, what was refused and came back."""
        state, weather = self.state, self.weather
        if not self.any_licence:
            return flow, np.zeros_like(state.pool_t)
        licensed = weather.licensed[week]
        waiting = state.queue_t + flow
        released = np.where(licensed, waiting / (1.0 + weather.delay_weeks), waiting)
        shipped = np.where(licensed, weather.approval * released, released)
        returned = self.layout.arcs_by_pool(released - shipped)
        state.queue_t = waiting - released
        state.pool_t = state.pool_t + returned
        return shipped, returned

    def _send(self, week: int, shipped: Floats) -> None:
        road, lags = self.state.road_t, self.layout.lags
        parts = self.layout.arcs_by_lag(shipped).reshape(len(lags), *road.shape[1:])
        for lag, part in zip(lags, parts, strict=True):
            road[(week + lag) % len(road)] += part

    # stockpiles ---------------------------------------------------------------------------------

    def _release(self, week: int, shipped: Floats) -> tuple[Floats, Floats]:
        """Stockpiles top up their partner's users whose cover is below the trigger."""
        state = self.state
        release, sold = np.zeros_like(state.stockpile_t), np.zeros_like(shipped)
        if not (self.behaviour.stockpile_release and state.stockpile_t.any()):
            return release, sold
        missing = self._missing(shipped)
        barred = self._barred(week)
        for pile, arcs in enumerate(self.layout.pile_arcs):
            if not len(arcs):
                continue
            slots = self.chain.arc_slot[arcs]
            asked = np.where(barred[arcs], 0.0, missing[slots])
            total = np.cumsum(asked, axis=0)[-1]  # cumsum adds in order; sum would depend on the lanes
            given = asked * np.minimum(1.0, ratio(state.stockpile_t[pile], total, 0.0))
            missing[slots] -= given
            sold[arcs] += given
            release[pile] = np.cumsum(given, axis=0)[-1]
        state.stockpile_t = np.maximum(0.0, state.stockpile_t - release)
        return release, sold

    def _missing(self, shipped: Floats) -> Floats:
        """Tonnes by which each slot, with what is on the way, lies below the release trigger."""
        state, layout = self.state, self.layout
        position = state.slot_t + state.road_t.sum(axis=0) + layout.arcs_by_slot(shipped)
        cover = (self.behaviour.release_cover_weeks + layout.base_lead - 1.0) * state.use_t
        trigger = np.minimum(cover, layout.slot_target + layout.base_lead * state.use_t)
        missing: Floats = np.maximum(0.0, trigger - position)
        missing[missing <= ROUNDING * trigger] = 0.0
        return missing

    def _barred(self, week: int) -> Flags:
        """Ways that a stockpile may not take: closed, held up by a licence, or under a quota."""
        weather = self.weather
        held_up = weather.licensed[week] & ((weather.delay_weeks > 0) | (weather.approval < 1))
        barred: Flags = ~weather.arc_open[week] | held_up
        for quota in weather.quotas:
            barred[quota.arcs] |= np.isfinite(quota.limit_t[week])
        return barred

    def _refill(self, release: Floats) -> Floats:
        """Put what the pool has above target back into stockpiles that were drawn down."""
        state = self.state
        fill = np.zeros_like(release)
        for pile, stockpile in enumerate(self.chain.stockpiles):
            surplus = np.maximum(0.0, state.pool_t[stockpile.pool] - self.layout.pool_target[stockpile.pool])
            drawn = np.maximum(0.0, self.stock_start[pile] - state.stockpile_t[pile])
            # The last 1e-15 t of an empty stockpile are rounding: they must not decide about a refill.
            released = release[pile] > ROUNDING * self.stock_start[pile]
            fill[pile] = np.where(released, 0.0, np.minimum(surplus, drawn))
            state.pool_t[stockpile.pool] -= fill[pile]
        state.stockpile_t = state.stockpile_t + fill
        return fill

    def _dispose(self) -> Floats:
        disposal = np.maximum(0.0, self.state.pool_t - self.layout.pool_limit)
        self.state.pool_t = self.state.pool_t - disposal
        return disposal

    # decisions for the weeks ahead --------------------------------------------------------------

    def _served(self, week: int, allowed: Floats, rate: Floats) -> Floats:
        """Share of what each way was asked for that it will deliver, 1 when only rounding is missing.

        A licence that takes time is no failure (orders allow for the time), a refusal is one.
        """
        served = allowed * rate
        if self.any_licence:
            served = served * np.where(self.weather.licensed[week], self.weather.approval, 1.0)
        served[served >= 1 - ROUNDING] = 1.0
        return served

    def _room(self, capacity: Floats, desired: Floats, disposal: Floats, served: Floats) -> Floats:
        """Tonnes a week that each pool could sell on top, as far as its plants' own suppliers deliver."""
        state, layout = self.state, self.layout
        feasible = np.where(layout.is_use, 0.0, capacity)
        if len(layout.fed):
            delivered = np.minimum(1.0, layout.arcs_by_slot(state.share * served))
            feasible[layout.fed] *= np.minimum.reduceat(delivered, layout.slot_starts)
        feasible[state.activity_t < desired * (1 - ROUNDING)] = 0.0
        return disposal + self._made(np.maximum(0.0, feasible - state.activity_t))

    def _switch(self, week: int, served: Floats, room: Floats) -> None:
        """Move failing purchases to ways with room, others towards the target, never more than the room."""
        chain, state, layout, behaviour = self.chain, self.state, self.layout, self.behaviour
        slot, pool = chain.arc_slot, chain.arc_pool
        failing = state.share * (1.0 - served)
        failing_k = layout.arcs_by_slot(failing)[slot]
        state.failing_weeks += (failing_k > ROUNDING) | layout.pool_grows[week][pool][:, None]
        ready = state.failing_weeks >= behaviour.qualification_weeks
        weight = np.where(ready, served, 0.0) * room[pool]
        go = behaviour.switching_rate * failing_k * ratio(weight, layout.arcs_by_slot(weight)[slot], 0.0)
        target = layout.target_share[week][:, None]
        missed = np.maximum(0.0, target - state.share)
        back = np.where(ready, served * behaviour.return_rate * missed, 0.0)
        claims = layout.arcs_by_pool((go + back) * state.use_t[slot])
        accepted = np.minimum(1.0, ratio(room, claims, 1.0))[pool]
        go, back = go * accepted, back * accepted
        left = ratio(failing, failing_k, 0.0) * layout.arcs_by_slot(go)[slot]
        extra = np.maximum(0.0, state.share - target)
        away = ratio(extra, layout.arcs_by_slot(extra)[slot], 0.0) * layout.arcs_by_slot(back)[slot]
        state.share = np.maximum(0.0, state.share + go - left + back - away)

    def _order(self, week: int, desired: Floats) -> None:
        """Order the smoothed DESIRED use, and a part of the gap between target and position."""
        chain, state, layout, behaviour = self.chain, self.state, self.layout, self.behaviour
        wanted = layout.slot_rate * desired[chain.slot_process]
        state.use_t = state.use_t + behaviour.order_smoothing * (wanted - state.use_t)
        lead, waiting = self._lead(week)
        position = state.slot_t + state.road_t.sum(axis=0) + waiting
        target = layout.slot_target + layout.new_stock[week][:, None] + lead * state.use_t
        gap = (target - position) / behaviour.slot_gap_weeks
        need = np.maximum(0.0, state.use_t + np.minimum(0.0, gap))
        asked = state.share
        if self.any_licence:  # what is likely to be refused is applied for on top
            granted = np.maximum(self.weather.approval, LEAST_APPROVAL)
            asked = np.where(self.weather.licensed[week], asked / granted, asked)
        state.need_order_t = asked * need[chain.arc_slot]
        state.refill_order_t = asked * np.maximum(0.0, gap)[chain.arc_slot]

    def _lead(self, week: int) -> tuple[Floats, Floats]:
        """Weeks from order to arrival, licences included, and the tonnes expected from the queues."""
        state, weather, layout = self.state, self.weather, self.layout
        if not self.any_licence:
            return layout.arcs_by_slot(state.share * layout.lag), np.zeros_like(state.slot_t)
        licensed = weather.licensed[week]
        known = np.where(licensed, weather.delay_weeks, 0.0)
        state.delay_weeks = state.delay_weeks + self.behaviour.delay_learning * (known - state.delay_weeks)
        weeks = layout.lag + state.delay_weeks
        expected = state.queue_t * np.where(licensed, weather.approval, 1.0)
        return layout.arcs_by_slot(state.share * weeks), layout.arcs_by_slot(expected)

    # the ledger ---------------------------------------------------------------------------------

    def _mass(self) -> Floats:
        """Tonnes of each material in pools, slots, on the road, in queues and stockpiles."""
        state, layout = self.state, self.layout
        held = layout.pools_by_material(state.pool_t) + layout.piles_by_material(state.stockpile_t)
        held += layout.slots_by_material(state.slot_t + state.road_t.sum(axis=0))
        if self.any_licence:
            held += layout.arcs_by_material(state.queue_t)
        return held

    def _residual(self, before: Floats, used: Floats, disposal: Floats) -> Floats:
        """Largest residual of stock change = made - used - disposed over materials, per tonne handled."""
        made = self.layout.pools_by_material(self._made(self.state.activity_t))
        gone = self.layout.slots_by_material(used) + self.layout.pools_by_material(disposal)
        off = np.abs(self._mass() - before - made + gone)
        worst: Floats = np.max(ratio(off, before + made, 0.0), axis=0, initial=0.0)
        return worst
