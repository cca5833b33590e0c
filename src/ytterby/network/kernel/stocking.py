"""Stockpiles, what goes on its way, disposal: section 3.7 of the method."""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Flags, Floats, Ints
from ytterby.network.kernel.compiled import clear, clear_row, compiled


@compiled
def release_stockpiles(
    base_lead: Floats,
    arc_slot: Ints,
    slot_arcs: Ints,
    slot_start: Ints,
    pile_pool: Ints,
    pile_arcs: Ints,
    pile_start: Ints,
    pile_slots: Ints,
    pile_ways: Ints,
    release_cover_weeks: Floats,
    slot_target: Floats,
    stockpile_release: bool,
    rounding: float,
    open_row: Ints,
    arc_open: Flags,
    licence_row: Ints,
    licensed: Flags,
    licence_of: Ints,
    delays: Floats,
    approvals: Floats,
    quota_arcs: Ints,
    quota_start: Ints,
    quota_limit: Floats,
    quota_period: Ints,
    slot_stock_t: Floats,
    road_t: Floats,
    stockpile_t: Floats,
    use_t: Floats,
    missing_t: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    given_t: Floats,
    releases: Floats,
    rows: Floats,
    week: int,
) -> None:
    """3.7: stockpiles top up their holder's users whose cover is below the trigger."""
    lanes = allowed_shares.shape[1]
    for way in pile_ways:
        for lane in range(lanes):
            given_t[way, lane] = 0.0
    if not stockpile_release:
        return
    _miss(
        base_lead,
        slot_arcs,
        slot_start,
        pile_slots,
        release_cover_weeks,
        slot_target,
        rounding,
        slot_stock_t,
        road_t,
        use_t,
        missing_t,
        allowed_shares,
        shipped_t,
        rows,
    )
    total, release = rows[0], rows[1]
    for pile in range(len(pile_pool)):
        clear_row(total)
        clear_row(release)
        start, end = pile_start[pile], pile_start[pile + 1]
        for place in range(start, end):
            arc = pile_arcs[place]
            for lane in range(lanes):
                if not _barred(
                    open_row,
                    arc_open,
                    licence_row,
                    licensed,
                    licence_of,
                    delays,
                    approvals,
                    quota_arcs,
                    quota_start,
                    quota_limit,
                    quota_period,
                    arc,
                    week,
                    lane,
                ):
                    total[lane] += missing_t[arc_slot[arc], lane]
        for lane in range(lanes):
            stock = stockpile_t[pile, lane]
            total[lane] = min(1.0, stock / total[lane] if total[lane] > 0 else 0.0)
        for place in range(start, end):
            arc = pile_arcs[place]
            slot = arc_slot[arc]
            for lane in range(lanes):
                if not _barred(
                    open_row,
                    arc_open,
                    licence_row,
                    licensed,
                    licence_of,
                    delays,
                    approvals,
                    quota_arcs,
                    quota_start,
                    quota_limit,
                    quota_period,
                    arc,
                    week,
                    lane,
                ):
                    given = missing_t[slot, lane] * total[lane]
                    missing_t[slot, lane] -= given
                    given_t[arc, lane] += given
                    release[lane] += given
        for lane in range(lanes):
            stockpile_t[pile, lane] = max(0.0, stockpile_t[pile, lane] - release[lane])
            releases[pile, lane] = release[lane]
    for arc in pile_ways:
        for lane in range(lanes):
            shipped_t[arc, lane] += given_t[arc, lane]


@compiled
def _miss(
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
    """3.7: tonnes by which slots, with what is on the way, lie below the release trigger."""
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
def _barred(
    open_row: Ints,
    arc_open: Flags,
    licence_row: Ints,
    licensed: Flags,
    licence_of: Ints,
    delays: Floats,
    approvals: Floats,
    quota_arcs: Ints,
    quota_start: Ints,
    quota_limit: Floats,
    quota_period: Ints,
    arc: int,
    week: int,
    lane: int,
) -> bool:
    """3.7: whether a stockpile may not take a way: closed, held up by a licence, or under a quota."""
    if not arc_open[open_row[week], arc, lane]:
        return True
    place = licence_of[arc]
    if (
        place >= 0
        and licensed[licence_row[week], place, lane]
        and (delays[place, lane] > 0 or approvals[place, lane] < 1)
    ):
        return True
    for quota in range(len(quota_period)):
        if np.isfinite(quota_limit[quota, week, lane]):
            for at in range(quota_start[quota], quota_start[quota + 1]):
                if quota_arcs[at] == arc:
                    return True
    return False


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
