"""The mass ledger and what is kept of a week: section 6 of the method."""

from __future__ import annotations

from ytterby.network.chain import Floats, Ints
from ytterby.network.kernel.compiled import compiled


@compiled
def weigh(
    pool_material: Ints,
    slot_material: Ints,
    arc_pool: Ints,
    pile_pool: Ints,
    licence_arcs: Ints,
    pool_t: Floats,
    slot_stock_t: Floats,
    queue_t: Floats,
    stockpile_t: Floats,
    on_way_t: Floats,
    allowed_shares: Floats,
    sums: Floats,
    held: Floats,
    mass: Floats,
) -> None:
    """6: tonnes of each material in pools, stockpiles, slots, on the way and in queues."""
    lanes = allowed_shares.shape[1]
    mass[:] = 0.0
    for pool in range(len(pool_t)):
        for lane in range(lanes):
            mass[pool_material[pool], lane] += pool_t[pool, lane]
    _add_rows(sums, stockpile_t, pool_material[pile_pool], mass)
    held[:] = slot_stock_t + on_way_t
    _add_rows(sums, held, slot_material, mass)
    material = pool_material[arc_pool[licence_arcs]]
    _add_rows(sums, queue_t, material, mass)


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
def close_week(
    base_activity_t: Floats,
    uses: Ints,
    pool_material: Ints,
    slot_material: Ints,
    arc_pool: Ints,
    pile_pool: Ints,
    rounding: float,
    demand_row: Ints,
    demand_factor: Floats,
    licence_arcs: Ints,
    pool_t: Floats,
    slot_stock_t: Floats,
    queue_t: Floats,
    stockpile_t: Floats,
    activity_t: Floats,
    material_price: Floats,
    forgone: Floats,
    made_t: Floats,
    disposals: Floats,
    used_t: Floats,
    on_way_t: Floats,
    allowed_shares: Floats,
    mass_before: Floats,
    mass: Floats,
    sums: Floats,
    made_by_material: Floats,
    lost: Floats,
    held: Floats,
    kept_need_t: Floats,
    kept_unmet_t: Floats,
    kept_forgone_t: Floats,
    kept_price_index: Floats,
    kept_stockpile_t: Floats,
    kept_activity_t: Floats,
    kept_pool_stock_t: Floats,
    ledger: Floats,
    week: int,
) -> None:
    """6: the mass ledger; note the week."""
    lanes = allowed_shares.shape[1]
    mass_before[:] = mass
    weigh(
        pool_material,
        slot_material,
        arc_pool,
        pile_pool,
        licence_arcs,
        pool_t,
        slot_stock_t,
        queue_t,
        stockpile_t,
        on_way_t,
        allowed_shares,
        sums,
        held,
        mass,
    )
    made_by_material[:] = 0.0
    _add_rows(sums, made_t, pool_material, made_by_material)
    lost[:] = 0.0
    _add_rows(sums, used_t, slot_material, lost)
    _add_rows(sums, disposals, pool_material, lost)
    for lane in range(lanes):
        worst = 0.0
        for material in range(len(mass)):
            before, made = mass_before[material, lane], made_by_material[material, lane]
            off = abs(mass[material, lane] - before - made + lost[material, lane])
            handled = before + made
            worst = max(worst, off / handled if handled > 0 else 0.0)
        ledger[week, lane] = worst
    _note(
        base_activity_t,
        uses,
        rounding,
        demand_row,
        demand_factor,
        pool_t,
        stockpile_t,
        activity_t,
        material_price,
        forgone,
        allowed_shares,
        kept_need_t,
        kept_unmet_t,
        kept_forgone_t,
        kept_price_index,
        kept_stockpile_t,
        kept_activity_t,
        kept_pool_stock_t,
        week,
    )


@compiled
def _note(
    base_activity_t: Floats,
    uses: Ints,
    rounding: float,
    demand_row: Ints,
    demand_factor: Floats,
    pool_t: Floats,
    stockpile_t: Floats,
    activity_t: Floats,
    material_price: Floats,
    forgone: Floats,
    allowed_shares: Floats,
    kept_need_t: Floats,
    kept_unmet_t: Floats,
    kept_forgone_t: Floats,
    kept_price_index: Floats,
    kept_stockpile_t: Floats,
    kept_activity_t: Floats,
    kept_pool_stock_t: Floats,
    week: int,
) -> None:
    """Keep what happened to the uses, prices and stocks."""
    lanes = allowed_shares.shape[1]
    factor = demand_factor[demand_row[week]]
    for number in range(len(uses)):
        use = uses[number]
        for lane in range(lanes):
            need = base_activity_t[use] * factor[use, lane]
            unmet = need - activity_t[use, lane]
            kept_need_t[week, number, lane] = need
            kept_unmet_t[week, number, lane] = 0.0 if unmet <= rounding * need else unmet
            kept_forgone_t[week, number, lane] = forgone[use, lane]
    kept_price_index[week] = material_price
    kept_stockpile_t[week] = stockpile_t
    if len(kept_activity_t):
        kept_activity_t[week] = activity_t
        kept_pool_stock_t[week] = pool_t
