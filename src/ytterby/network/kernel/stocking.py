"""Stockpiles, what goes on its way, disposal: section 3.7 of the method."""

from __future__ import annotations

import numpy as np

from ytterby.network.kernel.compiled import compiled
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Work


@compiled
def release_stockpiles(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.7: stockpiles top up their holder's users whose cover is below the trigger."""
    lanes = work.allowed.shape[1]
    for way in fixed.pile_ways:
        for lane in range(lanes):
            work.given[way, lane] = 0.0
    if not options.stockpile_release:
        return
    _miss(fixed, options, live, work)
    total, release = work.row[0], work.row[1]
    for pile in range(len(fixed.pile_pool)):
        total[:] = 0.0
        release[:] = 0.0
        start, end = fixed.pile_start[pile], fixed.pile_start[pile + 1]
        for place in range(start, end):
            arc = fixed.pile_arcs[place]
            for lane in range(lanes):
                if not _barred(sky, arc, week, lane):
                    total[lane] += work.missing[fixed.arc_slot[arc], lane]
        for lane in range(lanes):
            stock = live.stockpile_t[pile, lane]
            total[lane] = min(1.0, stock / total[lane] if total[lane] > 0 else 0.0)
        for place in range(start, end):
            arc = fixed.pile_arcs[place]
            slot = fixed.arc_slot[arc]
            for lane in range(lanes):
                if not _barred(sky, arc, week, lane):
                    given = work.missing[slot, lane] * total[lane]
                    work.missing[slot, lane] -= given
                    work.given[arc, lane] += given
                    release[lane] += given
        for lane in range(lanes):
            live.stockpile_t[pile, lane] = max(0.0, live.stockpile_t[pile, lane] - release[lane])
            work.release[pile, lane] = release[lane]
    for arc in fixed.pile_ways:
        for lane in range(lanes):
            work.shipped[arc, lane] += work.given[arc, lane]


@compiled
def _miss(fixed: Fixed, options: Options, live: Live, work: Work) -> None:
    """3.7: tonnes by which slots, with what is on the way, lie below the release trigger."""
    lanes = work.allowed.shape[1]
    shipped, way = work.row[0], work.row[1]
    for slot in fixed.pile_slots:
        shipped[:] = 0.0
        way[:] = 0.0
        for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
            for lane in range(lanes):
                shipped[lane] += work.shipped[fixed.slot_arcs[place], lane]
        for ahead in range(len(live.road_t)):
            for lane in range(lanes):
                way[lane] += live.road_t[ahead, slot, lane]
        lead = fixed.base_lead[slot]
        for lane in range(lanes):
            use = live.use_t[slot, lane]
            position = live.slot_t[slot, lane] + way[lane] + shipped[lane]
            cover = (options.release_cover_weeks[lane] + lead - 1.0) * use
            trigger = min(cover, options.slot_target[slot, lane] + lead * use)
            missing = max(0.0, trigger - position)
            work.missing[slot, lane] = 0.0 if missing <= options.rounding * trigger else missing


@compiled
def _barred(sky: Sky, arc: int, week: int, lane: int) -> bool:
    """3.7: whether a stockpile may not take a way: closed, held up by a licence, or under a quota."""
    if not sky.arc_open[sky.open_row[week], arc, lane]:
        return True
    place = sky.licence[arc]
    if (
        place >= 0
        and sky.licensed[sky.licence_row[week], place, lane]
        and (sky.delay_weeks[place, lane] > 0 or sky.approval[place, lane] < 1)
    ):
        return True
    for quota in range(len(sky.quota_period)):
        if np.isfinite(sky.quota_limit[quota, week, lane]):
            for at in range(sky.quota_start[quota], sky.quota_start[quota + 1]):
                if sky.quota_arcs[at] == arc:
                    return True
    return False


@compiled
def send(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, week: int) -> None:
    """Put shipments on their ways; 3.9: what each slot is short of, and how far its suppliers deliver."""
    slots, lanes = work.way.shape
    ring = len(live.road_t)
    for slot in range(slots):
        work.parts[:] = 0.0
        work.delivered[slot] = 0.0
        work.failing[slot] = 0.0
        for place in range(fixed.slot_start[slot], fixed.slot_start[slot + 1]):
            arc = fixed.slot_arcs[place]
            lag, licence, rate = fixed.lag_index[arc], sky.licence[arc], fixed.arc_class[arc]
            for lane in range(lanes):
                work.parts[lag, lane] += work.shipped[arc, lane]
            if options.fixed_shares:
                continue
            for lane in range(lanes):
                work.served[arc, lane] = work.allowed[arc, lane] * work.rate[rate, lane]
            if licence >= 0:
                for lane in range(lanes):
                    work.served[arc, lane] *= work.grant[licence, lane]
            for lane in range(lanes):
                served = work.served[arc, lane]
                served = 1.0 if served >= 1 - options.rounding else served
                work.served[arc, lane] = served
                share = live.share[arc, lane]
                work.delivered[slot, lane] += share * served
                work.failing[slot, lane] += share * (1.0 - served)
        for number in range(len(fixed.lags)):
            place = (week + fixed.lags[number]) % ring
            for lane in range(lanes):
                live.road_t[place, slot, lane] += work.parts[number, lane]
        for lane in range(lanes):
            work.way[slot, lane] = 0.0
        for ahead in range(ring):
            for lane in range(lanes):
                work.way[slot, lane] += live.road_t[ahead, slot, lane]


@compiled
def refill(fixed: Fixed, options: Options, live: Live, work: Work) -> None:
    """3.7: refill stockpiles from what lies above target; then pools dispose of what they do not keep."""
    lanes = work.allowed.shape[1]
    for pile in range(len(fixed.pile_pool)):
        pool, stock = fixed.pile_pool[pile], fixed.pile_stock_t[pile]
        for lane in range(lanes):
            surplus = max(0.0, live.pool_t[pool, lane] - options.pool_target[pool, lane])
            drawn = max(0.0, stock - live.stockpile_t[pile, lane])
            released = options.stockpile_release and work.release[pile, lane] > options.rounding * stock
            fill = 0.0 if released else min(surplus, drawn)
            live.pool_t[pool, lane] -= fill
            live.stockpile_t[pile, lane] += fill
    for pool in range(len(live.pool_t)):
        for lane in range(lanes):
            disposal = max(0.0, live.pool_t[pool, lane] - options.pool_limit[pool, lane])
            work.disposal[pool, lane] = disposal
            live.pool_t[pool, lane] -= disposal
