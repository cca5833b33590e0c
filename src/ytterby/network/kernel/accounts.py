"""The mass ledger and what is kept of a week: section 6 of the method."""

from __future__ import annotations

from ytterby.network.chain import Floats, Ints
from ytterby.network.kernel.compiled import compiled
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Told, Work


@compiled
def weigh(fixed: Fixed, sky: Sky, live: Live, work: Work, mass: Floats) -> None:
    """6: tonnes of each material in pools, stockpiles, slots, on the way and in queues."""
    lanes = work.allowed.shape[1]
    mass[:] = 0.0
    for pool in range(len(live.pool_t)):
        for lane in range(lanes):
            mass[fixed.pool_material[pool], lane] += live.pool_t[pool, lane]
    _add_rows(work.sums, live.stockpile_t, fixed.pool_material[fixed.pile_pool], mass)
    work.held[:] = live.slot_t + work.way
    _add_rows(work.sums, work.held, fixed.slot_material, mass)
    material = fixed.pool_material[fixed.arc_pool[sky.licence_arcs]]
    _add_rows(work.sums, live.queue_t, material, mass)


@compiled
def _add_rows(sums: Floats, values: Floats, group: Ints, total: Floats) -> None:
    """Sum rows [item, lane] by group, then add the sums to ``total``."""
    sums[:] = 0.0
    for item in range(len(values)):
        for lane in range(values.shape[1]):
            sums[group[item], lane] += values[item, lane]
    for row in range(len(sums)):
        for lane in range(sums.shape[1]):
            total[row, lane] += sums[row, lane]


@compiled
def close_week(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, told: Told, week: int) -> None:
    """6: the mass ledger; note the week."""
    lanes = work.allowed.shape[1]
    work.before[:] = work.mass
    weigh(fixed, sky, live, work, work.mass)
    work.made_material[:] = 0.0
    _add_rows(work.sums, work.made, fixed.pool_material, work.made_material)
    work.lost[:] = 0.0
    _add_rows(work.sums, work.used, fixed.slot_material, work.lost)
    _add_rows(work.sums, work.disposal, fixed.pool_material, work.lost)
    for lane in range(lanes):
        worst = 0.0
        for material in range(len(work.mass)):
            before, made = work.before[material, lane], work.made_material[material, lane]
            off = abs(work.mass[material, lane] - before - made + work.lost[material, lane])
            handled = before + made
            worst = max(worst, off / handled if handled > 0 else 0.0)
        told.ledger[week, lane] = worst
    _note(fixed, options, sky, live, work, told, week)


@compiled
def _note(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, told: Told, week: int) -> None:
    """Keep what happened to the uses, prices and stocks."""
    lanes = work.allowed.shape[1]
    factor = sky.demand_factor[sky.demand_row[week]]
    for number in range(len(fixed.uses)):
        use = fixed.uses[number]
        for lane in range(lanes):
            need = fixed.activity_t[use] * factor[use, lane]
            unmet = need - live.activity_t[use, lane]
            told.need_t[week, number, lane] = need
            told.unmet_t[week, number, lane] = 0.0 if unmet <= options.rounding * need else unmet
            told.forgone_t[week, number, lane] = work.forgone[use, lane]
    told.price_index[week] = live.material_price
    told.stockpile_t[week] = live.stockpile_t
    if len(told.activity_t):
        told.activity_t[week] = live.activity_t
        told.pool_stock_t[week] = live.pool_t
