"""Arrays that the compiled weeks read and write; prepared by ``prepare``."""

from __future__ import annotations

from typing import NamedTuple

from ytterby.network.chain import Flags, Floats, Ints


class Fixed(NamedTuple):
    """The chain and what ``Layout`` makes of it; one for a whole ensemble."""

    is_use: Flags  # [process]
    activity_t: Floats
    capacity_t: Floats
    ramp_t: Floats
    ramp_share: Floats
    elasticity: Floats
    uses: Ints
    added_t: Floats  # [week, process]
    fed: Ints  # processes with inputs, their slots from fed_start
    fed_start: Ints
    makers: Ints
    maker_start: Ints
    output_process: Ints
    output_pool: Ints
    output_t: Floats
    out_share: Floats
    pool_material: Ints
    pool_grows: Flags  # [target row, pool]
    slot_process: Ints
    slot_t: Floats
    slot_material: Ints
    slot_market: Ints
    base_lead: Floats
    arc_pool: Ints
    arc_slot: Ints
    arc_class: Ints  # place in [pool, class]
    arc_lag: Ints
    arc_tariff: Floats
    slot_arcs: Ints  # arcs of each slot, in their order, from slot_start
    slot_start: Ints
    lags: Ints
    lag_index: Ints  # [arc]
    target_row: Ints  # [week]
    target_share: Floats  # [row, arc]
    elastic: Ints  # uses with an elasticity
    elastic_start: Ints  # their slots
    elastic_end: Ints
    slot_weight: Floats  # part of a use's input value
    market_material: Ints
    pile_pool: Ints
    pile_material: Ints
    pile_stock_t: Floats
    pile_arcs: Ints
    pile_start: Ints
    pile_slots: Ints  # slots that any stockpile serves
    by_pile: Flags  # [arc] whether any stockpile delivers on it
    pile_ways: Ints  # arcs on which any stockpile delivers


class Options(NamedTuple):
    """Behaviour, one value a lane, and targets [item, lane]."""

    order_smoothing: Floats
    pool_gap_weeks: Floats
    slot_gap_weeks: Floats
    delay_learning: Floats
    switching_rate: Floats
    return_rate: Floats
    qualification_weeks: Floats
    release_cover_weeks: Floats
    material_least: Floats  # [material, lane] share served at which the price cap is reached
    material_power: Floats  # [material]
    material_step: Floats  # [material, lane]
    market_least: Floats
    market_power: Floats
    market_step: Floats
    pool_target: Floats
    pool_limit: Floats
    slot_target: Floats
    new_plant_cover_weeks: float
    fixed_shares: bool
    stockpile_release: bool
    rounding: float
    least_approval: float


class Sky(NamedTuple):
    """The conditions of a block; ``*_row`` [week] points to the rows that differ."""

    capacity_row: Ints
    capacity_factor: Floats  # [row, process, lane]
    demand_row: Ints
    demand_factor: Floats
    open_row: Ints
    arc_open: Flags  # [row, arc, lane]
    licence_row: Ints
    licensed: Flags  # [row, licence arc, lane]
    licence_arcs: Ints  # arcs that need a licence in some week of some lane
    licence_material: Ints
    licence: Ints  # [arc] place among them, or -1
    delay_weeks: Floats  # [licence arc, lane]
    approval: Floats
    quota_arcs: Ints
    quota_start: Ints
    quota_limit: Floats  # [quota, week, lane]
    quota_period: Ints
    quota_first_come: Flags
    quota_from: Ints  # [quota, week] first week of the period
    quota_until: Ints
    tariff_row: Ints  # empty without tariffs
    tariff: Floats  # [row, arc, lane]
    floor_row: Ints  # empty without floors
    price_floor: Floats  # [row, material, lane]


class Live(NamedTuple):
    """The state, as in ``week.State``, with prices and quotas used."""

    pool_t: Floats
    slot_t: Floats
    road_t: Floats  # [ring, slot, lane]
    queue_t: Floats  # [licence arc, lane]
    delay_weeks: Floats  # [licence arc, lane]
    stockpile_t: Floats
    activity_t: Floats
    pool_demand_t: Floats
    use_t: Floats
    need_order_t: Floats
    refill_order_t: Floats
    share: Floats
    failing_weeks: Floats
    material_price: Floats
    market_price: Floats
    quota_used: Floats


class Work(NamedTuple):
    """Numbers of one week, written anew every week."""

    capacity: Floats  # [process, lane]
    need: Floats
    forgone: Floats
    desired: Floats
    feasible: Floats
    orders: Floats  # [pool, lane]
    refill: Floats
    refill_rate: Floats
    want: Floats
    first: Floats
    free: Floats
    made: Floats
    sold: Floats
    returned: Floats
    disposal: Floats
    room: Floats
    claims: Floats
    asked: Floats  # [pool * class, lane]
    rate: Floats
    output_first: Floats  # [output, lane]
    output_free: Floats
    used: Floats  # [slot, lane]
    lasts: Floats
    way: Floats
    missing: Floats
    delivered: Floats
    failing: Floats
    still: Floats  # 1 where no share of the slot changes this week
    allowed: Floats  # [arc, lane]
    shipped: Floats
    served: Floats
    go: Floats
    back: Floats
    given: Floats
    free_to_pile: Floats
    grant: Floats  # [licence arc, lane]
    hold: Floats
    known: Floats
    apply: Floats
    material_orders: Floats  # [material, lane]
    material_flow: Floats
    market_orders: Floats
    market_flow: Floats
    before: Floats  # [material, lane]
    mass: Floats
    sums: Floats
    made_material: Floats
    lost: Floats
    held: Floats  # [slot, lane]
    release: Floats  # [stockpile, lane]
    parts: Floats  # [lag, lane]
    row: Floats  # [4, lane] for sums that are used at once


class Told(NamedTuple):
    """What is kept of every week; arrays of no week where it is not asked for."""

    need_t: Floats  # [week, use, lane]
    unmet_t: Floats
    forgone_t: Floats
    price_index: Floats
    stockpile_t: Floats
    activity_t: Floats
    pool_stock_t: Floats
    flow_t: Floats  # [arc, lane], or of no arc
    limited_weeks: Floats  # [slot, lane]
    ledger: Floats  # [week, lane]
