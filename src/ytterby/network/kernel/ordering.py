"""Prices, supplier shares and orders: sections 3.8 to 3.10 of the method."""

from __future__ import annotations

from ytterby.network.chain import Flags, Floats, Ints
from ytterby.network.kernel.compiled import clear, clear_row, compiled


@compiled
def settle_prices(
    elastic: Ints,
    market_material: Ints,
    material_least: Floats,
    material_power: Floats,
    material_step: Floats,
    market_least: Floats,
    market_power: Floats,
    market_step: Floats,
    rounding: float,
    floor_row: Ints,
    price_floor: Floats,
    material_price: Floats,
    market_price: Floats,
    material_orders: Floats,
    material_flow: Floats,
    market_orders: Floats,
    market_flow: Floats,
    week: int,
) -> None:
    """3.8: move the indices a part of the way to where the served part of the orders would clear."""
    bound = len(floor_row) > 0
    floors = price_floor[floor_row[week] if bound else 0]
    for material in range(len(material_price)):
        _move(
            material_price[material], material_orders[material], material_flow[material],
            material_least[material], material_power[material],
            material_step[material], rounding,
        )  # fmt: skip
        if bound:
            for lane in range(floors.shape[1]):
                floor, price = floors[material, lane], material_price[material, lane]
                material_price[material, lane] = max(price, floor)
    if not len(elastic):
        return
    for market in range(len(market_price)):
        _move(
            market_price[market], market_orders[market], market_flow[market],
            market_least[market], market_power[market], market_step[market],
            rounding,
        )  # fmt: skip
        if bound:
            for lane in range(floors.shape[1]):
                floor, price = floors[market_material[market], lane], market_price[market, lane]
                market_price[market, lane] = max(price, floor)


@compiled
def _move(
    index: Floats, orders: Floats, flow: Floats, least: Floats, power: float, step: Floats, rounding: float
) -> None:
    """3.8: one index of all lanes."""
    for lane in range(len(index)):
        served = flow[lane] / orders[lane] if orders[lane] > 0 else 1.0
        served = 1.0 if served >= 1 - rounding else served
        base = max(served, least[lane])
        clearing = 1.0 if base == 1.0 else base**power
        index[lane] = index[lane] + step[lane] * (clearing - index[lane])


@compiled
def find_room(
    is_use: Flags,
    fed: Ints,
    fed_start: Ints,
    output_process: Ints,
    output_pool: Ints,
    output_rate: Floats,
    rounding: float,
    activity_t: Floats,
    capacity: Floats,
    needs: Floats,
    desired: Floats,
    feasible: Floats,
    disposals: Floats,
    rooms: Floats,
    accepted: Floats,
    delivered: Floats,
    rows: Floats,
) -> None:
    """3.9: tonnes a week that each pool could sell on top, as far as its plants' suppliers deliver."""
    lanes = needs.shape[1]
    for plant in range(len(is_use)):
        for lane in range(lanes):
            feasible[plant, lane] = 0.0 if is_use[plant] else capacity[plant, lane]
    least = rows[0]
    for number in range(len(fed)):
        for lane in range(lanes):
            least[lane] = 1.0
        for slot in range(fed_start[number], fed_start[number + 1]):
            for lane in range(lanes):
                least[lane] = min(least[lane], delivered[slot, lane])
        for lane in range(lanes):
            feasible[fed[number], lane] *= least[lane]
    for plant in range(len(is_use)):
        for lane in range(lanes):
            wanted, activity = desired[plant, lane], activity_t[plant, lane]
            if activity < wanted * (1 - rounding):
                feasible[plant, lane] = 0.0
    clear(rooms)
    for output in range(len(output_pool)):
        plant, pool, rate = output_process[output], output_pool[output], output_rate[output]
        for lane in range(lanes):
            spare = max(0.0, feasible[plant, lane] - activity_t[plant, lane])
            rooms[pool, lane] += rate * spare
    for pool in range(len(rooms)):
        for lane in range(lanes):
            rooms[pool, lane] = disposals[pool, lane] + rooms[pool, lane]
            accepted[pool, lane] = 0.0


@compiled
def switch(
    pool_grows: Flags,
    arc_pool: Ints,
    arc_slot: Ints,
    slot_arcs: Ints,
    slot_start: Ints,
    target_row: Ints,
    target_shares: Floats,
    switching_rate: Floats,
    return_rate: Floats,
    qualification_weeks: Floats,
    rounding: float,
    use_t: Floats,
    shares: Floats,
    failing_weeks: Floats,
    rooms: Floats,
    accepted: Floats,
    on_way_t: Floats,
    failing_shares: Floats,
    served_shares: Floats,
    going_shares: Floats,
    coming_shares: Floats,
    still: Floats,
    rows: Floats,
    week: int,
) -> None:
    """3.9: what wants to move to other ways and back to targets, and how far pools have room for it."""
    slots, lanes = on_way_t.shape
    target = target_shares[target_row[week]]
    grows = pool_grows[target_row[week]]
    total = rows[0]
    for slot in range(slots):
        arcs = slot_arcs[slot_start[slot] : slot_start[slot + 1]]
        still[slot, 0] = 1.0 if _is_still(arcs, shares, target, failing_shares[slot]) else 0.0
        if still[slot, 0] == 1.0:
            for arc in arcs:
                for lane in range(lanes):
                    failing_weeks[arc, lane] += 1.0 if grows[arc_pool[arc]] else 0.0
            continue
        clear_row(total)
        for place in range(slot_start[slot], slot_start[slot + 1]):
            arc = slot_arcs[place]
            pool = arc_pool[arc]
            for lane in range(lanes):
                failed = failing_shares[slot, lane] > rounding or grows[pool]
                waited = failing_weeks[arc, lane] + (1.0 if failed else 0.0)
                failing_weeks[arc, lane] = waited
                served = served_shares[arc, lane] if waited >= qualification_weeks[lane] else 0.0
                weight = served * rooms[pool, lane]
                missed = max(0.0, target[arc] - shares[arc, lane])
                going_shares[arc, lane] = weight
                coming_shares[arc, lane] = served * return_rate[lane] * missed
                total[lane] += weight
        for place in range(slot_start[slot], slot_start[slot + 1]):
            arc = slot_arcs[place]
            for lane in range(lanes):
                part = going_shares[arc, lane] / total[lane] if total[lane] > 0 else 0.0
                going_shares[arc, lane] = switching_rate[lane] * failing_shares[slot, lane] * part
    for arc in range(len(arc_pool)):
        pool, slot = arc_pool[arc], arc_slot[arc]
        if still[slot, 0] == 1.0:
            continue
        for lane in range(lanes):
            moving = going_shares[arc, lane] + coming_shares[arc, lane]
            accepted[pool, lane] += moving * use_t[slot, lane]
    for pool in range(len(accepted)):
        for lane in range(lanes):
            claims = accepted[pool, lane]
            accepted[pool, lane] = min(1.0, rooms[pool, lane] / claims if claims > 0 else 1.0)


@compiled
def _is_still(arcs: Ints, shares: Floats, target: Floats, failing: Floats) -> bool:
    """Whether a slot's shares stay exactly as they are in all lanes: nothing fails, all are on target."""
    for lane in range(len(failing)):
        if failing[lane] != 0.0:
            return False
    for arc in arcs:
        for lane in range(len(failing)):
            if shares[arc, lane] != target[arc]:
                return False
    return True


@compiled
def _share(
    arc_pool: Ints,
    slot_arcs: Ints,
    slot_start: Ints,
    shares: Floats,
    accepted: Floats,
    on_way_t: Floats,
    failing_shares: Floats,
    served_shares: Floats,
    going_shares: Floats,
    coming_shares: Floats,
    rows: Floats,
    target: Floats,
    slot: int,
) -> None:
    """3.9: the new shares of one slot."""
    lanes = on_way_t.shape[1]
    going, extra, coming = rows[0], rows[1], rows[2]
    clear_row(going)
    clear_row(extra)
    clear_row(coming)
    for place in range(slot_start[slot], slot_start[slot + 1]):
        arc = slot_arcs[place]
        pool = arc_pool[arc]
        for lane in range(lanes):
            go = going_shares[arc, lane] * accepted[pool, lane]
            back = coming_shares[arc, lane] * accepted[pool, lane]
            going_shares[arc, lane] = go
            coming_shares[arc, lane] = back
            going[lane] += go
            coming[lane] += back
            extra[lane] += max(0.0, shares[arc, lane] - target[arc])
    for place in range(slot_start[slot], slot_start[slot + 1]):
        arc = slot_arcs[place]
        for lane in range(lanes):
            share, failing = shares[arc, lane], failing_shares[slot, lane]
            failed = share * (1.0 - served_shares[arc, lane])
            left = (failed / failing if failing > 0 else 0.0) * going[lane]
            over = max(0.0, share - target[arc])
            away = (over / extra[lane] if extra[lane] > 0 else 0.0) * coming[lane]
            share = share + going_shares[arc, lane] - left + coming_shares[arc, lane] - away
            shares[arc, lane] = max(0.0, share)


@compiled
def order(
    added_t: Floats,
    slot_process: Ints,
    slot_rate: Floats,
    arc_pool: Ints,
    arc_lag: Ints,
    slot_arcs: Ints,
    slot_start: Ints,
    target_row: Ints,
    target_shares: Floats,
    order_smoothing: Floats,
    slot_gap_weeks: Floats,
    delay_learning: Floats,
    slot_target: Floats,
    new_plant_cover_weeks: float,
    fixed_shares: bool,
    licence_of: Ints,
    slot_stock_t: Floats,
    queue_t: Floats,
    learned_weeks: Floats,
    use_t: Floats,
    need_orders: Floats,
    refill_orders: Floats,
    shares: Floats,
    desired: Floats,
    accepted: Floats,
    on_way_t: Floats,
    failing_shares: Floats,
    served_shares: Floats,
    going_shares: Floats,
    coming_shares: Floats,
    still: Floats,
    grants: Floats,
    known_weeks: Floats,
    applied: Floats,
    rows: Floats,
    week: int,
) -> None:
    """3.10: order the smoothed desired use, and a part of the gap between target and position."""
    slots, lanes = on_way_t.shape
    for place in range(len(learned_weeks)):
        for lane in range(lanes):
            delay = learned_weeks[place, lane]
            learned = delay_learning[lane] * (known_weeks[place, lane] - delay)
            learned_weeks[place, lane] = delay + learned
    target = target_shares[target_row[week]]
    lead, waiting, need, refill = rows[0], rows[1], rows[2], rows[3]
    for slot in range(slots):
        if not fixed_shares and still[slot, 0] == 0.0:
            _share(
                arc_pool,
                slot_arcs,
                slot_start,
                shares,
                accepted,
                on_way_t,
                failing_shares,
                served_shares,
                going_shares,
                coming_shares,
                rows,
                target,
                slot,
            )
        start, end = slot_start[slot], slot_start[slot + 1]
        clear_row(lead)
        clear_row(waiting)
        for place in range(start, end):
            arc = slot_arcs[place]
            lag, licence = arc_lag[arc], licence_of[arc]
            if licence < 0:
                for lane in range(lanes):
                    lead[lane] += shares[arc, lane] * lag
            else:
                for lane in range(lanes):
                    lead[lane] += shares[arc, lane] * (lag + learned_weeks[licence, lane])
                    waiting[lane] += queue_t[licence, lane] * grants[licence, lane]
        plant, rate = slot_process[slot], slot_rate[slot]
        new_stock = new_plant_cover_weeks * rate * added_t[week, plant]
        for lane in range(lanes):
            use = use_t[slot, lane]
            use = use + order_smoothing[lane] * (rate * desired[plant, lane] - use)
            use_t[slot, lane] = use
            position = slot_stock_t[slot, lane] + on_way_t[slot, lane] + waiting[lane]
            goal = slot_target[slot, lane] + new_stock + lead[lane] * use
            gap = (goal - position) / slot_gap_weeks[lane]
            need[lane] = max(0.0, use + min(0.0, gap))
            refill[lane] = max(0.0, gap)
        for place in range(start, end):
            arc = slot_arcs[place]
            licence = licence_of[arc]
            if licence < 0:
                for lane in range(lanes):
                    need_orders[arc, lane] = shares[arc, lane] * need[lane]
                    refill_orders[arc, lane] = shares[arc, lane] * refill[lane]
            else:
                for lane in range(lanes):
                    asked = shares[arc, lane] / applied[licence, lane]
                    need_orders[arc, lane] = asked * need[lane]
                    refill_orders[arc, lane] = asked * refill[lane]
