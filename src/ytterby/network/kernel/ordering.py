"""Prices, supplier shares and orders: sections 3.8 to 3.10 of the method."""

from __future__ import annotations

from ytterby.network.chain import Floats
from ytterby.network.kernel.compiled import compiled
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Work


@compiled
def settle_prices(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.8: move the indices a part of the way to where the served part of the orders would clear."""
    bound = len(sky.floor_row) > 0
    floors = sky.price_floor[sky.floor_row[week] if bound else 0]
    for material in range(len(live.material_price)):
        _move(
            live.material_price[material], work.material_orders[material], work.material_flow[material],
            options.material_least[material], options.material_power[material],
            options.material_step[material], options.rounding,
        )  # fmt: skip
        if bound:
            for lane in range(floors.shape[1]):
                floor, price = floors[material, lane], live.material_price[material, lane]
                live.material_price[material, lane] = max(price, floor)
    if not len(fixed.elastic):
        return
    for market in range(len(live.market_price)):
        _move(
            live.market_price[market], work.market_orders[market], work.market_flow[market],
            options.market_least[market], options.market_power[market], options.market_step[market],
            options.rounding,
        )  # fmt: skip
        if bound:
            for lane in range(floors.shape[1]):
                floor, price = floors[fixed.market_material[market], lane], live.market_price[market, lane]
                live.market_price[market, lane] = max(price, floor)


@compiled
def _move(index: Floats, orders: Floats, flow: Floats, least: Floats, power: float, step: Floats, rounding: float) -> None:
    """3.8: one index of all lanes."""
    for lane in range(len(index)):
        served = flow[lane] / orders[lane] if orders[lane] > 0 else 1.0
        served = 1.0 if served >= 1 - rounding else served
        base = max(served, least[lane])
        clearing = 1.0 if base == 1.0 else base**power
        index[lane] = index[lane] + step[lane] * (clearing - index[lane])


@compiled
def find_room(fixed: Fixed, options: Options, live: Live, work: Work) -> None:
    """3.9: tonnes a week that each pool could sell on top, as far as its plants' suppliers deliver."""
    lanes = work.need.shape[1]
    for plant in range(len(fixed.is_use)):
        for lane in range(lanes):
            work.feasible[plant, lane] = 0.0 if fixed.is_use[plant] else work.capacity[plant, lane]
    least = work.row[0]
    for number in range(len(fixed.fed)):
        least[:] = 1.0
        for slot in range(fixed.fed_start[number], fixed.fed_start[number + 1]):
            for lane in range(lanes):
                least[lane] = min(least[lane], work.delivered[slot, lane])
        for lane in range(lanes):
            work.feasible[fixed.fed[number], lane] *= least[lane]
    for plant in range(len(fixed.is_use)):
        for lane in range(lanes):
            wanted, activity = work.desired[plant, lane], live.activity_t[plant, lane]
            if activity < wanted * (1 - options.rounding):
                work.feasible[plant, lane] = 0.0
    work.room[:] = 0.0
    for output in range(len(fixed.output_pool)):
        plant, pool, rate = fixed.output_process[output], fixed.output_pool[output], fixed.output_t[output]
        for lane in range(lanes):
            spare = max(0.0, work.feasible[plant, lane] - live.activity_t[plant, lane])
            work.room[pool, lane] += rate * spare
    for pool in range(len(work.room)):
        for lane in range(lanes):
            work.room[pool, lane] = work.disposal[pool, lane] + work.room[pool, lane]
            work.claims[pool, lane] = 0.0


@compiled
def switch(fixed: Fixed, options: Options, live: Live, work: Work, week: int) -> None:
    """3.9: what wants to move to other ways and back to targets, and how far pools have room for it."""
    slots, lanes = work.way.shape
    target = fixed.target_share[fixed.target_row[week]]
    grows = fixed.pool_grows[fixed.target_row[week]]
    total = work.row[0]
    for slot in range(slots):
        total[:] = 0.0
        for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
            arc = fixed.slot_arcs[place]
            pool = fixed.arc_pool[arc]
            for lane in range(lanes):
                failed = work.failing[slot, lane] > options.rounding or grows[pool]
                waited = live.failing_weeks[arc, lane] + (1.0 if failed else 0.0)
                live.failing_weeks[arc, lane] = waited
                served = work.served[arc, lane] if waited >= options.qualification_weeks[lane] else 0.0
                weight = served * work.room[pool, lane]
                missed = max(0.0, target[arc] - live.share[arc, lane])
                work.go[arc, lane] = weight
                work.back[arc, lane] = served * options.return_rate[lane] * missed
                total[lane] += weight
        for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
            arc = fixed.slot_arcs[place]
            for lane in range(lanes):
                part = work.go[arc, lane] / total[lane] if total[lane] > 0 else 0.0
                work.go[arc, lane] = options.switching_rate[lane] * work.failing[slot, lane] * part
    for arc in range(len(fixed.arc_pool)):
        pool, slot = fixed.arc_pool[arc], fixed.arc_slot[arc]
        for lane in range(lanes):
            moving = work.go[arc, lane] + work.back[arc, lane]
            work.claims[pool, lane] += moving * live.use_t[slot, lane]
    for pool in range(len(work.claims)):
        for lane in range(lanes):
            claims = work.claims[pool, lane]
            work.claims[pool, lane] = min(1.0, work.room[pool, lane] / claims if claims > 0 else 1.0)


@compiled
def _share(fixed: Fixed, live: Live, work: Work, target: Floats, slot: int) -> None:
    """3.9: the new shares of one slot."""
    lanes = work.way.shape[1]
    going, extra, coming = work.row[0], work.row[1], work.row[2]
    going[:] = 0.0
    extra[:] = 0.0
    coming[:] = 0.0
    for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
        arc = fixed.slot_arcs[place]
        pool = fixed.arc_pool[arc]
        for lane in range(lanes):
            go = work.go[arc, lane] * work.claims[pool, lane]
            back = work.back[arc, lane] * work.claims[pool, lane]
            work.go[arc, lane] = go
            work.back[arc, lane] = back
            going[lane] += go
            coming[lane] += back
            extra[lane] += max(0.0, live.share[arc, lane] - target[arc])
    for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
        arc = fixed.slot_arcs[place]
        for lane in range(lanes):
            share, failing = live.share[arc, lane], work.failing[slot, lane]
            failed = share * (1.0 - work.served[arc, lane])
            left = (failed / failing if failing > 0 else 0.0) * going[lane]
            over = max(0.0, share - target[arc])
            away = (over / extra[lane] if extra[lane] > 0 else 0.0) * coming[lane]
            share = share + work.go[arc, lane] - left + work.back[arc, lane] - away
            live.share[arc, lane] = max(0.0, share)


@compiled
def order(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.10: order the smoothed desired use, and a part of the gap between target and position."""
    slots, lanes = work.way.shape
    for place in range(len(live.delay_weeks)):
        for lane in range(lanes):
            delay = live.delay_weeks[place, lane]
            learned = options.delay_learning[lane] * (work.known[place, lane] - delay)
            live.delay_weeks[place, lane] = delay + learned
    target = fixed.target_share[fixed.target_row[week]]
    lead, waiting, need, refill = work.row[0], work.row[1], work.row[2], work.row[3]
    for slot in range(slots):
        if not options.fixed_shares:
            _share(fixed, live, work, target, slot)
        start, end = fixed.slot_start[slot], fixed.slot_start[slot + 1]
        lead[:] = 0.0
        waiting[:] = 0.0
        for place in range(start, end):
            arc = fixed.slot_arcs[place]
            lag, licence = fixed.arc_lag[arc], sky.licence[arc]
            if licence < 0:
                for lane in range(lanes):
                    lead[lane] += live.share[arc, lane] * lag
            else:
                for lane in range(lanes):
                    lead[lane] += live.share[arc, lane] * (lag + live.delay_weeks[licence, lane])
                    waiting[lane] += live.queue_t[licence, lane] * work.grant[licence, lane]
        plant, rate = fixed.slot_process[slot], fixed.slot_t[slot]
        new_stock = options.new_plant_cover_weeks * rate * fixed.added_t[week, plant]
        for lane in range(lanes):
            use = live.use_t[slot, lane]
            use = use + options.order_smoothing[lane] * (rate * work.desired[plant, lane] - use)
            live.use_t[slot, lane] = use
            position = live.slot_t[slot, lane] + work.way[slot, lane] + waiting[lane]
            goal = options.slot_target[slot, lane] + new_stock + lead[lane] * use
            gap = (goal - position) / options.slot_gap_weeks[lane]
            need[lane] = max(0.0, use + min(0.0, gap))
            refill[lane] = max(0.0, gap)
        for place in range(start, end):
            arc = fixed.slot_arcs[place]
            licence = sky.licence[arc]
            if licence < 0:
                for lane in range(lanes):
                    live.need_order_t[arc, lane] = live.share[arc, lane] * need[lane]
                    live.refill_order_t[arc, lane] = live.share[arc, lane] * refill[lane]
            else:
                for lane in range(lanes):
                    asked = live.share[arc, lane] / work.apply[licence, lane]
                    live.need_order_t[arc, lane] = asked * need[lane]
                    live.refill_order_t[arc, lane] = asked * refill[lane]
