"""Bans, quotas, rationing and licences: sections 3.5 and 3.6 of the method, 2.3 for quotas."""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Floats
from ytterby.network.kernel.compiled import compiled
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Told, Work


@compiled
def turn_rows(options: Options, sky: Sky, work: Work, week: int) -> None:
    """Take the rows of ways and licences where they change."""
    lanes = work.allowed.shape[1]
    if week == 0 or sky.open_row[week] != sky.open_row[week - 1]:
        row = sky.arc_open[sky.open_row[week]]
        for arc in range(len(row)):
            for lane in range(lanes):
                work.allowed[arc, lane] = 1.0 if row[arc, lane] else 0.0
    if week == 0 or sky.licence_row[week] != sky.licence_row[week - 1]:
        row = sky.licensed[sky.licence_row[week]]
        for arc in range(len(row)):
            for lane in range(lanes):
                on = row[arc, lane]
                delay, approval = sky.delay_weeks[arc, lane], sky.approval[arc, lane]
                work.grant[arc, lane] = approval if on else 1.0
                work.hold[arc, lane] = 1.0 + delay if on else 1.0
                work.known[arc, lane] = delay if on else 0.0
                work.apply[arc, lane] = max(approval, options.least_approval) if on else 1.0


@compiled
def allow(sky: Sky, live: Live, work: Work, week: int) -> None:
    """3.5: what bans and quotas let through."""
    lanes = work.allowed.shape[1]
    open_now = sky.arc_open[sky.open_row[week]]
    for place in range(len(sky.quota_arcs)):
        arc = sky.quota_arcs[place]
        for lane in range(lanes):
            work.allowed[arc, lane] = 1.0 if open_now[arc, lane] else 0.0
    limit, total = work.row[0], work.row[1]
    for quota in range(len(sky.quota_period)):
        _limit(sky, live, quota, week, limit)
        total[:] = 0.0
        for place in range(sky.quota_start[quota], sky.quota_start[quota + 1]):
            arc = sky.quota_arcs[place]
            for lane in range(lanes):
                ordered = live.need_order_t[arc, lane] + live.refill_order_t[arc, lane]
                total[lane] += ordered * work.allowed[arc, lane]
        for lane in range(lanes):
            fits = min(1.0, limit[lane] / total[lane] if total[lane] > 0 else 1.0)
            total[lane] = fits if limit[lane] > 0 else 0.0
        for place in range(sky.quota_start[quota], sky.quota_start[quota + 1]):
            arc = sky.quota_arcs[place]
            for lane in range(lanes):
                work.allowed[arc, lane] *= total[lane]


@compiled
def _limit(sky: Sky, live: Live, quota: int, week: int, limit: Floats) -> None:
    """2.3: most that may flow this week; infinite where the quota is not in force."""
    limits, used = sky.quota_limit[quota], live.quota_used[quota]
    if sky.quota_period[quota] == 1:
        limit[:] = limits[week]
        return
    first, until = sky.quota_from[quota, week], sky.quota_until[quota, week]
    if week == first:
        used[:] = 0.0
    for lane in range(len(limit)):
        total, ahead = 0.0, 0.0
        for at in range(first, until):
            granted = limits[at, lane] if np.isfinite(limits[at, lane]) else 0.0
            total += granted
            if at >= week:
                ahead += granted
        now = limits[week, lane]
        left = max(0.0, total - used[lane])
        if not sky.quota_first_come[quota]:
            left = left * (now / ahead if np.isfinite(now) and ahead > 0 else 0.0)
        limit[lane] = left if np.isfinite(now) else np.inf


@compiled
def count_orders(fixed: Fixed, live: Live, work: Work) -> None:
    """Add up orders by pool, class, material and market."""
    lanes = work.allowed.shape[1]
    for sums in (work.orders, work.refill, work.asked, work.material_orders, work.market_orders):
        sums[:] = 0.0
    for arc in range(len(fixed.arc_pool)):
        pool, place = fixed.arc_pool[arc], fixed.arc_class[arc]
        material, market = fixed.pool_material[pool], fixed.slot_market[fixed.arc_slot[arc]]
        for lane in range(lanes):
            need, refill = live.need_order_t[arc, lane], live.refill_order_t[arc, lane]
            allowed, order = work.allowed[arc, lane], need + refill
            work.orders[pool, lane] += order
            work.asked[place, lane] += need * allowed
            work.refill[pool, lane] += refill * allowed
            work.material_orders[material, lane] += order
            work.market_orders[market, lane] += order


@compiled
def ration(live: Live, work: Work) -> None:
    """3.5: each pool serves needs by class, then restocking; rates of what is served."""
    pools, lanes = work.orders.shape
    classes = len(work.asked) // pools
    earlier = work.row[0]
    for pool in range(pools):
        earlier[:] = 0.0
        for place in range(pool * classes, (pool + 1) * classes):
            for lane in range(lanes):
                asked = work.asked[place, lane]
                served = min(max(live.pool_t[pool, lane] - earlier[lane], 0.0), asked)
                work.rate[place, lane] = served / asked if asked > 0 else 1.0
                earlier[lane] += asked
        for lane in range(lanes):
            asked = work.refill[pool, lane]
            served = min(max(live.pool_t[pool, lane] - earlier[lane], 0.0), asked)
            work.refill_rate[pool, lane] = served / asked if asked > 0 else 1.0


@compiled
def sell(fixed: Fixed, live: Live, work: Work, told: Told) -> None:
    """3.5: goods leave the pools."""
    lanes = work.allowed.shape[1]
    for sums in (work.sold, work.material_flow, work.market_flow):
        sums[:] = 0.0
    for arc in range(len(fixed.arc_pool)):
        pool, place = fixed.arc_pool[arc], fixed.arc_class[arc]
        material, market = fixed.pool_material[pool], fixed.slot_market[fixed.arc_slot[arc]]
        for lane in range(lanes):
            allowed = work.allowed[arc, lane]
            need, refill = live.need_order_t[arc, lane] * allowed, live.refill_order_t[arc, lane] * allowed
            flow = need * work.rate[place, lane] + refill * work.refill_rate[pool, lane]
            work.shipped[arc, lane] = flow
            work.sold[pool, lane] += flow
            work.material_flow[material, lane] += flow
            work.market_flow[market, lane] += flow
    for arc in range(len(told.flow_t)):
        for lane in range(lanes):
            told.flow_t[arc, lane] += work.shipped[arc, lane]
    for pool in range(len(live.pool_t)):
        for lane in range(lanes):
            live.pool_t[pool, lane] = max(0.0, live.pool_t[pool, lane] - work.sold[pool, lane])


@compiled
def spend_quotas(sky: Sky, live: Live, work: Work, week: int) -> None:
    """2.3: note what quotas over several weeks have used."""
    lanes = work.allowed.shape[1]
    total = work.row[0]
    for quota in range(len(sky.quota_period)):
        if sky.quota_period[quota] > 1:
            total[:] = 0.0
            for place in range(sky.quota_start[quota], sky.quota_start[quota + 1]):
                for lane in range(lanes):
                    total[lane] += work.shipped[sky.quota_arcs[place], lane]
            for lane in range(lanes):
                if np.isfinite(sky.quota_limit[quota, week, lane]):
                    live.quota_used[quota, lane] += total[lane]


@compiled
def license_goods(fixed: Fixed, sky: Sky, live: Live, work: Work) -> None:
    """3.6: what needs a licence waits; a part is refused and returns to its pool."""
    lanes = work.allowed.shape[1]
    work.returned[:] = 0.0
    if not len(sky.licence_arcs):
        return
    for place in range(len(sky.licence_arcs)):
        arc = sky.licence_arcs[place]
        pool = fixed.arc_pool[arc]
        for lane in range(lanes):
            waiting = live.queue_t[place, lane] + work.shipped[arc, lane]
            released = waiting / work.hold[place, lane]
            shipped = work.grant[place, lane] * released
            work.shipped[arc, lane] = shipped
            work.returned[pool, lane] += released - shipped
            live.queue_t[place, lane] = waiting - released
    for pool in range(len(live.pool_t)):
        for lane in range(lanes):
            live.pool_t[pool, lane] += work.returned[pool, lane]
