"""Capacity, need, desired activity and production: sections 3.1 to 3.4 of the method."""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Flags, Floats, Ints
from ytterby.network.kernel.compiled import clear, clear_row, compiled


@compiled
def receive(
    capacity_t: Floats,
    added_t: Floats,
    capacity_row: Ints,
    capacity_factor: Floats,
    slot_stock_t: Floats,
    road_t: Floats,
    capacity: Floats,
    week: int,
) -> None:
    """3.1 and 3.2: capacity of the week; arrivals enter the slots."""
    plants, lanes = capacity.shape
    factor = capacity_factor[capacity_row[week]]
    for plant in range(plants):
        added = added_t[week, plant]
        for lane in range(lanes):
            capacity[plant, lane] = capacity_t[plant] * factor[plant, lane] + added
    arriving = road_t[week % len(road_t)]
    for slot in range(len(arriving)):
        for lane in range(lanes):
            slot_stock_t[slot, lane] += arriving[slot, lane]
            arriving[slot, lane] = 0.0


@compiled
def answer_prices(
    base_activity_t: Floats,
    elasticity: Floats,
    slot_market: Ints,
    arc_tariff: Floats,
    slot_arcs: Ints,
    slot_start: Ints,
    elastic: Ints,
    elastic_start: Ints,
    elastic_end: Ints,
    slot_weight: Floats,
    demand_row: Ints,
    demand_factor: Floats,
    tariff_row: Ints,
    tariff: Floats,
    shares: Floats,
    market_price: Floats,
    needs: Floats,
    forgone: Floats,
    rows: Floats,
    week: int,
) -> None:
    """3.8: what uses want at the price they pay."""
    plants, lanes = needs.shape
    factor = demand_factor[demand_row[week]]
    for plant in range(plants):
        for lane in range(lanes):
            needs[plant, lane] = base_activity_t[plant] * factor[plant, lane]
            forgone[plant, lane] = 0.0
    price, added = rows[0], rows[1]
    for number in range(len(elastic)):
        clear_row(price)
        for slot in range(elastic_start[number], elastic_end[number]):
            clear_row(added)
            if len(tariff_row):
                rates = tariff[tariff_row[week]]
                for place in range(slot_start[slot], slot_start[slot + 1]):
                    arc = slot_arcs[place]
                    for lane in range(lanes):
                        added[lane] += shares[arc, lane] * rates[arc, lane] / (1.0 + arc_tariff[arc])
            for lane in range(lanes):
                paid = market_price[slot_market[slot], lane] * (1.0 + added[lane])
                price[lane] += slot_weight[slot] * paid
        use = elastic[number]
        for lane in range(lanes):
            if price[lane] != 1.0:
                need = needs[use, lane]
                wanted = need * min(1.0, price[lane] ** -elasticity[use])
                forgone[use, lane] = need - wanted
                needs[use, lane] = wanted


@compiled
def desire(
    is_use: Flags,
    ramp_t: Floats,
    ramp_share: Floats,
    added_t: Floats,
    makers: Ints,
    maker_start: Ints,
    output_process: Ints,
    output_pool: Ints,
    output_rate: Floats,
    out_share: Floats,
    order_smoothing: Floats,
    pool_gap_weeks: Floats,
    pool_target: Floats,
    rounding: float,
    pool_t: Floats,
    activity_t: Floats,
    pool_demand_t: Floats,
    capacity: Floats,
    needs: Floats,
    desired: Floats,
    orders_t: Floats,
    wants: Floats,
    firsts: Floats,
    frees: Floats,
    output_firsts: Floats,
    output_frees: Floats,
    week: int,
) -> None:
    """3.3: activity wanted; a plant runs for the output that asks most."""
    lanes = needs.shape[1]
    _share_out(
        output_process,
        output_pool,
        output_rate,
        out_share,
        order_smoothing,
        pool_gap_weeks,
        pool_target,
        rounding,
        pool_t,
        pool_demand_t,
        capacity,
        orders_t,
        wants,
        firsts,
        frees,
        output_firsts,
        output_frees,
    )
    for plant in range(len(is_use)):
        for lane in range(lanes):
            desired[plant, lane] = needs[plant, lane]
    for number in range(len(makers)):
        plant = makers[number]
        for lane in range(lanes):
            most = -np.inf
            for output in range(maker_start[number], maker_start[number + 1]):
                most = max(most, output_firsts[output, lane])
            desired[plant, lane] = most
    for plant in range(len(is_use)):
        ramp = ramp_t[plant] + ramp_share[plant] * added_t[week, plant]
        for lane in range(lanes):
            limited = min(desired[plant, lane], capacity[plant, lane])
            highest = np.inf if is_use[plant] else activity_t[plant, lane] + ramp
            desired[plant, lane] = min(limited, highest)


@compiled
def _share_out(
    output_process: Ints,
    output_pool: Ints,
    output_rate: Floats,
    out_share: Floats,
    order_smoothing: Floats,
    pool_gap_weeks: Floats,
    pool_target: Floats,
    rounding: float,
    pool_t: Floats,
    pool_demand_t: Floats,
    capacity: Floats,
    orders_t: Floats,
    wants: Floats,
    firsts: Floats,
    frees: Floats,
    output_firsts: Floats,
    output_frees: Floats,
) -> None:
    """3.3: what each output is asked for: baseline shares of its pool's want, then free capacity."""
    pools, lanes = orders_t.shape
    for pool in range(pools):
        for lane in range(lanes):
            demand = pool_demand_t[pool, lane]
            demand = demand + order_smoothing[lane] * (orders_t[pool, lane] - demand)
            gap = (pool_target[pool, lane] - pool_t[pool, lane]) / pool_gap_weeks[lane]
            pool_demand_t[pool, lane] = demand
            wants[pool, lane] = max(0.0, demand + gap)
            firsts[pool, lane] = 0.0
            frees[pool, lane] = 0.0
    for output in range(len(output_pool)):
        plant, pool = output_process[output], output_pool[output]
        for lane in range(lanes):
            room = output_rate[output] * capacity[plant, lane]
            first = min(out_share[output] * wants[pool, lane], room)
            output_firsts[output, lane] = first
            output_frees[output, lane] = room - first
            firsts[pool, lane] += first
            frees[pool, lane] += room - first
    for pool in range(pools):
        for lane in range(lanes):
            rest = wants[pool, lane] - firsts[pool, lane]
            rest = 0.0 if rest <= rounding * wants[pool, lane] else rest
            free = frees[pool, lane]
            frees[pool, lane] = min(1.0, rest / free if free > 0 else 0.0)
    for output in range(len(output_pool)):
        pool, rate = output_pool[output], output_rate[output]
        for lane in range(lanes):
            more = output_frees[output, lane] * frees[pool, lane]
            output_firsts[output, lane] = (output_firsts[output, lane] + more) / rate


@compiled
def produce(
    is_use: Flags,
    fed: Ints,
    fed_start: Ints,
    output_process: Ints,
    output_pool: Ints,
    output_rate: Floats,
    slot_rate: Floats,
    rounding: float,
    pool_t: Floats,
    slot_stock_t: Floats,
    activity_t: Floats,
    needs: Floats,
    desired: Floats,
    made_t: Floats,
    used_t: Floats,
    lasting: Floats,
    limited_weeks: Floats,
) -> None:
    """3.4: the scarcest input decides; inputs leave the slots, outputs enter the pools."""
    lanes = needs.shape[1]
    for plant in range(len(is_use)):
        for lane in range(lanes):
            activity_t[plant, lane] = desired[plant, lane]
    for number in range(len(fed)):
        plant = fed[number]
        start, end = fed_start[number], fed_start[number + 1]
        for slot in range(start, end):
            rate = slot_rate[slot]
            for lane in range(lanes):
                lasts = slot_stock_t[slot, lane] / rate if rate > 0 else np.inf
                lasting[slot, lane] = lasts
                activity_t[plant, lane] = min(activity_t[plant, lane], lasts)
        for slot in range(start, end):
            rate = slot_rate[slot]
            for lane in range(lanes):
                activity = activity_t[plant, lane]
                short = activity < desired[plant, lane] * (1 - rounding)
                limited_weeks[slot, lane] += 1.0 if short and lasting[slot, lane] <= activity else 0.0
                used = rate * activity
                used_t[slot, lane] = used
                slot_stock_t[slot, lane] = max(0.0, slot_stock_t[slot, lane] - used)
    clear(made_t)
    for output in range(len(output_pool)):
        plant, pool, rate = output_process[output], output_pool[output], output_rate[output]
        for lane in range(lanes):
            made_t[pool, lane] += rate * activity_t[plant, lane]
    for pool in range(len(made_t)):
        for lane in range(lanes):
            pool_t[pool, lane] += made_t[pool, lane]
