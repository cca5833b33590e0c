"""The mass ledger and what is kept of a week: section 6 of the method."""

from __future__ import annotations

from ytterby.network.chain import Floats, Ints
from ytterby.network.kernel.compiled import clear, compiled, copy


@compiled
def add_rows(values: Floats, group: Ints, sums: Floats, total: Floats) -> None:
    """Sum rows [item, lane] by group, then add the sums to ``total``."""
    clear(sums)
    for item in range(len(values)):
        for lane in range(values.shape[1]):
            sums[group[item], lane] += values[item, lane]
    for row in range(len(sums)):
        for lane in range(sums.shape[1]):
            total[row, lane] += sums[row, lane]


@compiled
def weigh(
    pool_material: Ints,
    pile_material: Ints,
    slot_material: Ints,
    licence_material: Ints,
    pool_t: Floats,
    stockpile_t: Floats,
    slot_stock_t: Floats,
    on_way_t: Floats,
    queue_t: Floats,
    held: Floats,
    sums: Floats,
    mass: Floats,
) -> None:
    """Tonnes of each material in pools, stockpiles, slots, on the way and in queues."""
    clear(mass)
    add_rows(pool_t, pool_material, sums, mass)
    add_rows(stockpile_t, pile_material, sums, mass)
    for slot in range(held.shape[0]):
        for lane in range(held.shape[1]):
            held[slot, lane] = slot_stock_t[slot, lane] + on_way_t[slot, lane]
    add_rows(held, slot_material, sums, mass)
    add_rows(queue_t, licence_material, sums, mass)


@compiled
def balance(
    pool_material: Ints,
    slot_material: Ints,
    made_t: Floats,
    used_t: Floats,
    disposals: Floats,
    mass_before: Floats,
    mass: Floats,
    sums: Floats,
    made_by_material: Floats,
    lost: Floats,
    ledger_now: Floats,
) -> None:
    """Largest residual of stock change = made - used - disposed over materials, per tonne handled."""
    clear(made_by_material)
    clear(lost)
    add_rows(made_t, pool_material, sums, made_by_material)
    add_rows(used_t, slot_material, sums, lost)
    add_rows(disposals, pool_material, sums, lost)
    for lane in range(len(ledger_now)):
        worst = 0.0
        for material in range(len(mass)):
            before, made = mass_before[material, lane], made_by_material[material, lane]
            off = abs(mass[material, lane] - before - made + lost[material, lane])
            handled = before + made
            worst = max(worst, off / handled if handled > 0 else 0.0)
        ledger_now[lane] = worst


@compiled
def note_uses(
    uses: Ints,
    base_activity_t: Floats,
    factor: Floats,
    activity_t: Floats,
    forgone: Floats,
    rounding: float,
    kept_need_t: Floats,
    kept_unmet_t: Floats,
    kept_forgone_t: Floats,
) -> None:
    """Keep need, unmet need and what was given up for its price, [use, lane] of the week."""
    for number in range(len(uses)):
        use = uses[number]
        for lane in range(activity_t.shape[1]):
            need = base_activity_t[use] * factor[use, lane]
            unmet = need - activity_t[use, lane]
            kept_need_t[number, lane] = need
            kept_unmet_t[number, lane] = 0.0 if unmet <= rounding * need else unmet
            kept_forgone_t[number, lane] = forgone[use, lane]


@compiled
def note_stocks(
    material_price: Floats,
    stockpile_t: Floats,
    activity_t: Floats,
    pool_t: Floats,
    kept_price_index: Floats,
    kept_stockpile_t: Floats,
    kept_activity_t: Floats,
    kept_pool_stock_t: Floats,
    week: int,
) -> None:
    """Keep prices and stockpiles of the week; activity and stocks of pools where they are asked for."""
    copy(material_price, kept_price_index[week])
    copy(stockpile_t, kept_stockpile_t[week])
    if len(kept_activity_t):
        copy(activity_t, kept_activity_t[week])
        copy(pool_t, kept_pool_stock_t[week])
