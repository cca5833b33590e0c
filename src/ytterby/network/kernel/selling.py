"""Bans, quotas, rationing and licences: sections 3.5 and 3.6 of the method, 2.3 for quotas."""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Flags, Floats, Ints
from ytterby.network.kernel.compiled import clear, clear_row, compiled


@compiled
def turn_rows(
    least_approval: float,
    open_row: Ints,
    arc_open: Flags,
    licence_row: Ints,
    licensed: Flags,
    delays: Floats,
    approvals: Floats,
    allowed_shares: Floats,
    grants: Floats,
    holds: Floats,
    known_weeks: Floats,
    applied: Floats,
    week: int,
) -> None:
    """Take the rows of ways and licences where they change."""
    lanes = allowed_shares.shape[1]
    if week == 0 or open_row[week] != open_row[week - 1]:
        row = arc_open[open_row[week]]
        for arc in range(len(row)):
            for lane in range(lanes):
                allowed_shares[arc, lane] = 1.0 if row[arc, lane] else 0.0
    if week == 0 or licence_row[week] != licence_row[week - 1]:
        row = licensed[licence_row[week]]
        for arc in range(len(row)):
            for lane in range(lanes):
                on = row[arc, lane]
                delay, approval = delays[arc, lane], approvals[arc, lane]
                grants[arc, lane] = approval if on else 1.0
                holds[arc, lane] = 1.0 + delay if on else 1.0
                known_weeks[arc, lane] = delay if on else 0.0
                applied[arc, lane] = max(approval, least_approval) if on else 1.0


@compiled
def allow(
    open_row: Ints,
    arc_open: Flags,
    quota_arcs: Ints,
    quota_start: Ints,
    quota_limit: Floats,
    quota_period: Ints,
    quota_first_come: Flags,
    quota_from: Ints,
    quota_until: Ints,
    need_orders: Floats,
    refill_orders: Floats,
    quota_used: Floats,
    allowed_shares: Floats,
    rows: Floats,
    week: int,
) -> None:
    """3.5: what bans and quotas let through."""
    lanes = allowed_shares.shape[1]
    open_now = arc_open[open_row[week]]
    for place in range(len(quota_arcs)):
        arc = quota_arcs[place]
        for lane in range(lanes):
            allowed_shares[arc, lane] = 1.0 if open_now[arc, lane] else 0.0
    limit, total = rows[0], rows[1]
    for quota in range(len(quota_period)):
        _limit(
            quota_limit,
            quota_period,
            quota_first_come,
            quota_from,
            quota_until,
            quota_used,
            quota,
            week,
            limit,
        )
        clear_row(total)
        for place in range(quota_start[quota], quota_start[quota + 1]):
            arc = quota_arcs[place]
            for lane in range(lanes):
                ordered = need_orders[arc, lane] + refill_orders[arc, lane]
                total[lane] += ordered * allowed_shares[arc, lane]
        for lane in range(lanes):
            fits = min(1.0, limit[lane] / total[lane] if total[lane] > 0 else 1.0)
            total[lane] = fits if limit[lane] > 0 else 0.0
        for place in range(quota_start[quota], quota_start[quota + 1]):
            arc = quota_arcs[place]
            for lane in range(lanes):
                allowed_shares[arc, lane] *= total[lane]


@compiled
def _limit(
    quota_limit: Floats,
    quota_period: Ints,
    quota_first_come: Flags,
    quota_from: Ints,
    quota_until: Ints,
    quota_used: Floats,
    quota: int,
    week: int,
    limit: Floats,
) -> None:
    """2.3: most that may flow this week; infinite where the quota is not in force."""
    limits, used = quota_limit[quota], quota_used[quota]
    if quota_period[quota] == 1:
        for lane in range(len(limit)):
            limit[lane] = limits[week, lane]
        return
    first, until = quota_from[quota, week], quota_until[quota, week]
    if week == first:
        clear_row(used)
    for lane in range(len(limit)):
        total, ahead = 0.0, 0.0
        for at in range(first, until):
            granted = limits[at, lane] if np.isfinite(limits[at, lane]) else 0.0
            total += granted
            if at >= week:
                ahead += granted
        now = limits[week, lane]
        left = max(0.0, total - used[lane])
        if not quota_first_come[quota]:
            left = left * (now / ahead if np.isfinite(now) and ahead > 0 else 0.0)
        limit[lane] = left if np.isfinite(now) else np.inf


@compiled
def count_orders(
    pool_material: Ints,
    slot_market: Ints,
    arc_pool: Ints,
    arc_slot: Ints,
    arc_class: Ints,
    need_orders: Floats,
    refill_orders: Floats,
    orders_t: Floats,
    refills: Floats,
    asked_for: Floats,
    allowed_shares: Floats,
    material_orders: Floats,
    market_orders: Floats,
) -> None:
    """Add up orders by pool, class, material and market."""
    lanes = allowed_shares.shape[1]
    clear(orders_t)
    clear(refills)
    clear(asked_for)
    clear(material_orders)
    clear(market_orders)
    for arc in range(len(arc_pool)):
        pool, place = arc_pool[arc], arc_class[arc]
        material, market = pool_material[pool], slot_market[arc_slot[arc]]
        for lane in range(lanes):
            need, refill = need_orders[arc, lane], refill_orders[arc, lane]
            allowed, order = allowed_shares[arc, lane], need + refill
            orders_t[pool, lane] += order
            asked_for[place, lane] += need * allowed
            refills[pool, lane] += refill * allowed
            material_orders[material, lane] += order
            market_orders[market, lane] += order


@compiled
def ration(
    pool_t: Floats,
    orders_t: Floats,
    refills: Floats,
    refill_rates: Floats,
    asked_for: Floats,
    rates: Floats,
    rows: Floats,
) -> None:
    """3.5: each pool serves needs by class, then restocking; rates of what is served."""
    pools, lanes = orders_t.shape
    classes = len(asked_for) // pools
    earlier = rows[0]
    for pool in range(pools):
        clear_row(earlier)
        for place in range(pool * classes, (pool + 1) * classes):
            for lane in range(lanes):
                asked = asked_for[place, lane]
                served = min(max(pool_t[pool, lane] - earlier[lane], 0.0), asked)
                rates[place, lane] = served / asked if asked > 0 else 1.0
                earlier[lane] += asked
        for lane in range(lanes):
            asked = refills[pool, lane]
            served = min(max(pool_t[pool, lane] - earlier[lane], 0.0), asked)
            refill_rates[pool, lane] = served / asked if asked > 0 else 1.0


@compiled
def sell(
    pool_material: Ints,
    slot_market: Ints,
    arc_pool: Ints,
    arc_slot: Ints,
    arc_class: Ints,
    pool_t: Floats,
    need_orders: Floats,
    refill_orders: Floats,
    refill_rates: Floats,
    sold: Floats,
    rates: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    material_flow: Floats,
    market_flow: Floats,
    flow_t: Floats,
) -> None:
    """3.5: goods leave the pools."""
    lanes = allowed_shares.shape[1]
    clear(sold)
    clear(material_flow)
    clear(market_flow)
    for arc in range(len(arc_pool)):
        pool, place = arc_pool[arc], arc_class[arc]
        material, market = pool_material[pool], slot_market[arc_slot[arc]]
        for lane in range(lanes):
            allowed = allowed_shares[arc, lane]
            need, refill = need_orders[arc, lane] * allowed, refill_orders[arc, lane] * allowed
            flow = need * rates[place, lane] + refill * refill_rates[pool, lane]
            shipped_t[arc, lane] = flow
            sold[pool, lane] += flow
            material_flow[material, lane] += flow
            market_flow[market, lane] += flow
    for arc in range(len(flow_t)):
        for lane in range(lanes):
            flow_t[arc, lane] += shipped_t[arc, lane]
    for pool in range(len(pool_t)):
        for lane in range(lanes):
            pool_t[pool, lane] = max(0.0, pool_t[pool, lane] - sold[pool, lane])


@compiled
def spend_quotas(
    quota_arcs: Ints,
    quota_start: Ints,
    quota_limit: Floats,
    quota_period: Ints,
    quota_used: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    rows: Floats,
    week: int,
) -> None:
    """2.3: note what quotas over several weeks have used."""
    lanes = allowed_shares.shape[1]
    total = rows[0]
    for quota in range(len(quota_period)):
        if quota_period[quota] > 1:
            clear_row(total)
            for place in range(quota_start[quota], quota_start[quota + 1]):
                for lane in range(lanes):
                    total[lane] += shipped_t[quota_arcs[place], lane]
            for lane in range(lanes):
                if np.isfinite(quota_limit[quota, week, lane]):
                    quota_used[quota, lane] += total[lane]


@compiled
def license_goods(
    arc_pool: Ints,
    licence_arcs: Ints,
    pool_t: Floats,
    queue_t: Floats,
    returned: Floats,
    allowed_shares: Floats,
    shipped_t: Floats,
    grants: Floats,
    holds: Floats,
) -> None:
    """3.6: what needs a licence waits; a part is refused and returns to its pool."""
    lanes = allowed_shares.shape[1]
    clear(returned)
    if not len(licence_arcs):
        return
    for place in range(len(licence_arcs)):
        arc = licence_arcs[place]
        pool = arc_pool[arc]
        for lane in range(lanes):
            waiting = queue_t[place, lane] + shipped_t[arc, lane]
            released = waiting / holds[place, lane]
            shipped = grants[place, lane] * released
            shipped_t[arc, lane] = shipped
            returned[pool, lane] += released - shipped
            queue_t[place, lane] = waiting - released
    for pool in range(len(pool_t)):
        for lane in range(lanes):
            pool_t[pool, lane] += returned[pool, lane]
