"""Capacity, need, desired activity and production: sections 3.1 to 3.4 of the method."""

from __future__ import annotations

import numpy as np

from ytterby.network.kernel.compiled import compiled
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Told, Work


@compiled
def receive(fixed: Fixed, sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.1 and 3.2: capacity of the week; arrivals enter the slots."""
    plants, lanes = work.capacity.shape
    factor = sky.capacity_factor[sky.capacity_row[week]]
    for plant in range(plants):
        added = fixed.added_t[week, plant]
        for lane in range(lanes):
            work.capacity[plant, lane] = fixed.capacity_t[plant] * factor[plant, lane] + added
    arriving = live.road_t[week % len(live.road_t)]
    for slot in range(len(arriving)):
        for lane in range(lanes):
            live.slot_t[slot, lane] += arriving[slot, lane]
            arriving[slot, lane] = 0.0


@compiled
def answer_prices(fixed: Fixed, sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.8: what uses want at the price they pay."""
    plants, lanes = work.need.shape
    factor = sky.demand_factor[sky.demand_row[week]]
    for plant in range(plants):
        for lane in range(lanes):
            work.need[plant, lane] = fixed.activity_t[plant] * factor[plant, lane]
            work.forgone[plant, lane] = 0.0
    taxed = len(sky.tariff_row) > 0
    for number in range(len(fixed.elastic)):
        use = fixed.elastic[number]
        for lane in range(lanes):
            price = 0.0
            for slot in range(fixed.elastic_start[number], fixed.elastic_end[number]):
                paid = live.market_price[fixed.slot_market[slot], lane]
                if taxed:
                    rates = sky.tariff[sky.tariff_row[week]]
                    added = 0.0
                    for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
                        arc = fixed.slot_arcs[place]
                        added += live.share[arc, lane] * rates[arc, lane] / (1.0 + fixed.arc_tariff[arc])
                    paid = paid * (1.0 + added)
                price += fixed.slot_weight[slot] * paid
            share = 1.0 if price == 1.0 else min(1.0, price ** -fixed.elasticity[use])
            need = work.need[use, lane]
            work.forgone[use, lane] = need - need * share
            work.need[use, lane] = need * share


@compiled
def desire(fixed: Fixed, options: Options, live: Live, work: Work, week: int) -> None:
    """3.3: activity wanted; a plant runs for the output that asks most."""
    lanes = work.need.shape[1]
    _share_out(fixed, options, live, work)
    for plant in range(len(fixed.is_use)):
        for lane in range(lanes):
            work.desired[plant, lane] = work.need[plant, lane]
    for number in range(len(fixed.makers)):
        plant = fixed.makers[number]
        for lane in range(lanes):
            most = -np.inf
            for output in range(fixed.maker_start[number], fixed.maker_start[number + 1]):
                most = max(most, work.output_first[output, lane])
            work.desired[plant, lane] = most
    for plant in range(len(fixed.is_use)):
        ramp = fixed.ramp_t[plant] + fixed.ramp_share[plant] * fixed.added_t[week, plant]
        for lane in range(lanes):
            limited = min(work.desired[plant, lane], work.capacity[plant, lane])
            highest = np.inf if fixed.is_use[plant] else live.activity_t[plant, lane] + ramp
            work.desired[plant, lane] = min(limited, highest)


@compiled
def _share_out(fixed: Fixed, options: Options, live: Live, work: Work) -> None:
    """3.3: what each output is asked for: baseline shares of its pool's want, then free capacity."""
    pools, lanes = work.orders.shape
    for pool in range(pools):
        for lane in range(lanes):
            demand = live.pool_demand_t[pool, lane]
            demand = demand + options.order_smoothing[lane] * (work.orders[pool, lane] - demand)
            gap = (options.pool_target[pool, lane] - live.pool_t[pool, lane]) / options.pool_gap_weeks[lane]
            live.pool_demand_t[pool, lane] = demand
            work.want[pool, lane] = max(0.0, demand + gap)
            work.first[pool, lane] = 0.0
            work.free[pool, lane] = 0.0
    for output in range(len(fixed.output_pool)):
        plant, pool = fixed.output_process[output], fixed.output_pool[output]
        for lane in range(lanes):
            room = fixed.output_t[output] * work.capacity[plant, lane]
            first = min(fixed.out_share[output] * work.want[pool, lane], room)
            work.output_first[output, lane] = first
            work.output_free[output, lane] = room - first
            work.first[pool, lane] += first
            work.free[pool, lane] += room - first
    for pool in range(pools):
        for lane in range(lanes):
            rest = work.want[pool, lane] - work.first[pool, lane]
            rest = 0.0 if rest <= options.rounding * work.want[pool, lane] else rest
            free = work.free[pool, lane]
            work.free[pool, lane] = min(1.0, rest / free if free > 0 else 0.0)
    for output in range(len(fixed.output_pool)):
        pool, rate = fixed.output_pool[output], fixed.output_t[output]
        for lane in range(lanes):
            more = work.output_free[output, lane] * work.free[pool, lane]
            work.output_first[output, lane] = (work.output_first[output, lane] + more) / rate


@compiled
def produce(fixed: Fixed, options: Options, live: Live, work: Work, told: Told) -> None:
    """3.4: the scarcest input decides; inputs leave the slots, outputs enter the pools."""
    lanes = work.need.shape[1]
    for plant in range(len(fixed.is_use)):
        for lane in range(lanes):
            live.activity_t[plant, lane] = work.desired[plant, lane]
    for number in range(len(fixed.fed)):
        plant = fixed.fed[number]
        start, end = fixed.fed_start[number], fixed.fed_start[number + 1]
        for slot in range(start, end):
            rate = fixed.slot_t[slot]
            for lane in range(lanes):
                lasts = live.slot_t[slot, lane] / rate if rate > 0 else np.inf
                work.lasts[slot, lane] = lasts
                live.activity_t[plant, lane] = min(live.activity_t[plant, lane], lasts)
        for slot in range(start, end):
            rate = fixed.slot_t[slot]
            for lane in range(lanes):
                activity = live.activity_t[plant, lane]
                short = activity < work.desired[plant, lane] * (1 - options.rounding)
                told.limited_weeks[slot, lane] += 1.0 if short and work.lasts[slot, lane] <= activity else 0.0
                used = rate * activity
                work.used[slot, lane] = used
                live.slot_t[slot, lane] = max(0.0, live.slot_t[slot, lane] - used)
    work.made[:] = 0.0
    for output in range(len(fixed.output_pool)):
        plant, pool, rate = fixed.output_process[output], fixed.output_pool[output], fixed.output_t[output]
        for lane in range(lanes):
            work.made[pool, lane] += rate * live.activity_t[plant, lane]
    for pool in range(len(work.made)):
        for lane in range(lanes):
            live.pool_t[pool, lane] += work.made[pool, lane]
