"""Stockpiles, what goes on its way, disposal: section 3.7 of the method."""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Flags, Floats, Ints
from ytterby.network.kernel.compiled import clear, clear_row, compiled


@compiled
def free_ways(
    pile_ways: Ints,
    by_pile: Flags,
    open_now: Flags,
    licence_of: Ints,
    licensed_now: Flags,
    delays: Floats,
    approvals: Floats,
    quota_arcs: Ints,
    quota_start: Ints,
    quota_limit: Floats,
    free: Floats,
    week: int,
) -> None:
    """Mark with 1 the ways that a stockpile may take: open, not held up by a licence, under no quota."""
    lanes = free.shape[1]
    for arc in pile_ways:
        place = licence_of[arc]
        for lane in range(lanes):
            free[arc, lane] = 1.0 if open_now[arc, lane] else 0.0
        if place >= 0:
            for lane in range(lanes):
                held = delays[place, lane] > 0 or approvals[place, lane] < 1
                if held and licensed_now[place, lane]:
                    free[arc, lane] = 0.0
    for quota in range(len(quota_limit)):
        for place in range(quota_start[quota], quota_start[quota + 1]):
            arc = quota_arcs[place]
            if by_pile[arc]:
                for lane in range(lanes):
                    if np.isfinite(quota_limit[quota, week, lane]):
                        free[arc, lane] = 0.0


@compiled
def release_stockpiles(
    arc_slot: Ints,
    pile_arcs: Ints,
    pile_start: Ints,
    pile_ways: Ints,
    free: Floats,
    stockpile_t: Floats,
    missing_t: Floats,
    shipped_t: Floats,
    given_t: Floats,
    releases: Floats,
    total: Floats,
) -> None:
    """Stockpiles top up their holder's users whose cover is below the trigger."""
    lanes = len(total)
    for arc in pile_ways:
        for lane in range(lanes):
            given_t[arc, lane] = 0.0
    for pile in range(len(stockpile_t)):
        start, end = pile_start[pile], pile_start[pile + 1]
        clear_row(total)
        for place in range(start, end):
            arc = pile_arcs[place]
            for lane in range(lanes):
                total[lane] += missing_t[arc_slot[arc], lane] * free[arc, lane]
        for lane in range(lanes):
            part = stockpile_t[pile, lane] / total[lane] if total[lane] > 0 else 0.0
            total[lane] = min(1.0, part)
            releases[pile, lane] = 0.0
        for place in range(start, end):
            arc = pile_arcs[place]
            slot = arc_slot[arc]
            for lane in range(lanes):
                given = missing_t[slot, lane] * free[arc, lane] * total[lane]
                missing_t[slot, lane] -= given
                given_t[arc, lane] += given
                releases[pile, lane] += given
        for lane in range(lanes):
            stockpile_t[pile, lane] = max(0.0, stockpile_t[pile, lane] - releases[pile, lane])
    for arc in pile_ways:
        for lane in range(lanes):
            shipped_t[arc, lane] += given_t[arc, lane]


@compiled
def find_missing(
    base_lead: Floats,
    slot_arcs: Ints,
    slot_start: Ints,
    pile_slots: Ints,
    release_cover_weeks: Floats,
    slot_target: Floats,
    rounding: float,
    slot_stock_t: Floats,
    road_t: Floats,
    use_t: Floats,
    missing_t: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    rows: Floats,
) -> None:
    """Tonnes by which slots, with what is on the way, lie below the release trigger."""
    lanes = allowed_shares.shape[1]
    shipped, way = rows[0], rows[1]
    for slot in pile_slots:
        clear_row(shipped)
        clear_row(way)
        for place in range(slot_start[slot], slot_start[slot + 1]):
            for lane in range(lanes):
                shipped[lane] += shipped_t[slot_arcs[place], lane]
        for ahead in range(len(road_t)):
            for lane in range(lanes):
                way[lane] += road_t[ahead, slot, lane]
        lead = base_lead[slot]
        for lane in range(lanes):
            use = use_t[slot, lane]
            position = slot_stock_t[slot, lane] + way[lane] + shipped[lane]
            cover = (release_cover_weeks[lane] + lead - 1.0) * use
            trigger = min(cover, slot_target[slot, lane] + lead * use)
            missing = max(0.0, trigger - position)
            missing_t[slot, lane] = 0.0 if missing <= rounding * trigger else missing


@compiled
def send(
    arc_class: Ints,
    slot_arcs: Ints,
    slot_start: Ints,
    lags: Ints,
    lag_index: Ints,
    fixed_shares: bool,
    rounding: float,
    licence_of: Ints,
    road_t: Floats,
    shares: Floats,
    rates: Floats,
    on_way_t: Floats,
    delivered: Floats,
    failing_shares: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    served_shares: Floats,
    grants: Floats,
    parts: Floats,
    week: int,
) -> None:
    """Put shipments on their ways; 3.9: what each slot is short of, and how far its suppliers deliver."""
    slots, lanes = on_way_t.shape
    ring = len(road_t)
    for slot in range(slots):
        clear(parts)
        delivered[slot] = 0.0
        failing_shares[slot] = 0.0
        for place in range(slot_start[slot], slot_start[slot + 1]):
            arc = slot_arcs[place]
            lag, licence, rate = lag_index[arc], licence_of[arc], arc_class[arc]
            for lane in range(lanes):
                parts[lag, lane] += shipped_t[arc, lane]
            if fixed_shares:
                continue
            for lane in range(lanes):
                served_shares[arc, lane] = allowed_shares[arc, lane] * rates[rate, lane]
            if licence >= 0:
                for lane in range(lanes):
                    served_shares[arc, lane] *= grants[licence, lane]
            for lane in range(lanes):
                served = served_shares[arc, lane]
                served = 1.0 if served >= 1 - rounding else served
                served_shares[arc, lane] = served
                share = shares[arc, lane]
                delivered[slot, lane] += share * served
                failing_shares[slot, lane] += share * (1.0 - served)
        for number in range(len(lags)):
            place = (week + lags[number]) % ring
            for lane in range(lanes):
                road_t[place, slot, lane] += parts[number, lane]
        for lane in range(lanes):
            on_way_t[slot, lane] = 0.0
        for ahead in range(ring):
            for lane in range(lanes):
                on_way_t[slot, lane] += road_t[ahead, slot, lane]


@compiled
def refill(
    pile_pool: Ints,
    pile_stock_t: Floats,
    pool_target: Floats,
    pool_limit: Floats,
    stockpile_release: bool,
    rounding: float,
    pool_t: Floats,
    stockpile_t: Floats,
    disposals: Floats,
    allowed_shares: Floats,
    releases: Floats,
) -> None:
    """3.7: refill stockpiles from what lies above target; then pools dispose of what they do not keep."""
    lanes = allowed_shares.shape[1]
    for pile in range(len(pile_pool)):
        pool, stock = pile_pool[pile], pile_stock_t[pile]
        for lane in range(lanes):
            surplus = max(0.0, pool_t[pool, lane] - pool_target[pool, lane])
            drawn = max(0.0, stock - stockpile_t[pile, lane])
            released = stockpile_release and releases[pile, lane] > rounding * stock
            fill = 0.0 if released else min(surplus, drawn)
            pool_t[pool, lane] -= fill
            stockpile_t[pile, lane] += fill
    for pool in range(len(pool_t)):
        for lane in range(lanes):
            disposal = max(0.0, pool_t[pool, lane] - pool_limit[pool, lane])
            disposals[pool, lane] = disposal
            pool_t[pool, lane] -= disposal
