"""Puts a chain and a block of draws into the arrays that the compiled weeks read and write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import ROUNDING, Targets, stack_quotas
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Told, Work
from ytterby.network.layout import Layout
from ytterby.network.prices import Markets, price_steps
from ytterby.network.shocks import Conditions
from ytterby.network.week import LEAST_APPROVAL

R = TypeVar("R", Fixed, Sky)


class Kernel:
    """A chain under a plan, ready to run blocks of draws; threads may share it."""

    def __init__(self, chain: Chain, added_t: Floats, stockpile_t: Floats) -> None:
        self.chain, self.markets = chain, Markets(chain)
        self.layout = Layout(chain, Behaviour(), added_t, 1, Targets.of(chain), detail=False)
        self.fixed = _plain(_fix(chain, self.layout, self.markets, added_t, stockpile_t))

    def run(
        self, futures: Sequence[Conditions], behaviour: Behaviour, targets: Targets, *, stocks: bool
    ) -> Told:
        """Simulate a block; arrays of what happened have the lanes last.

        Parameters
        ----------
        stocks: also keep activity, stocks of pools and flows, which an ensemble does not read.
        """
        from ytterby.network.kernel.run import run_weeks

        lanes, weeks = len(futures), futures[0].weeks
        options = _choose(behaviour, targets, self.layout, self.markets, lanes)
        sky = _plain(_stack(self.chain, futures))
        live = _start(self.chain, self.layout, self.fixed, options, sky, lanes)
        work = _room(self.fixed, sky, live, self.layout.classes)
        told = _told(self.fixed, live, weeks, stocks=stocks)
        work.way[:] = _in_order(live.road_t)
        run_weeks(self.fixed, options, sky, live, work, told)
        return told


def _plain(record: R) -> R:
    """Writable arrays in C order, each of one type: every other kind would be compiled anew."""
    kinds = {"f": np.float64, "i": np.int64, "b": np.bool_}
    return type(record)(*(np.require(each, kinds[each.dtype.kind], ["C", "W"]) for each in record))


def _in_order(parts: Floats) -> Floats:
    """Sum over the first axis, from first to last."""
    total: Floats = np.cumsum(parts, axis=0)[-1]
    return total


def _fix(chain: Chain, layout: Layout, markets: Markets, added_t: Floats, stockpile_t: Floats) -> Fixed:
    slots = len(chain.slot_process)
    changes = _changes([added_t])
    arcs = np.argsort(chain.arc_slot, kind="stable")
    first = np.searchsorted(chain.slot_process, markets.elastic, side="left")
    last = np.searchsorted(chain.slot_process, markets.elastic, side="right")
    ways = [np.asarray(each, dtype=np.int64) for each in layout.pile_arcs]
    reached = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *ways]))
    piles = np.array([pile.pool for pile in chain.stockpiles], dtype=np.int64)
    return Fixed(
        is_use=chain.process_is_use,
        activity_t=chain.activity_t,
        capacity_t=chain.capacity_t,
        ramp_t=chain.ramp_t,
        ramp_share=chain.ramp_share,
        elasticity=chain.elasticity,
        uses=np.flatnonzero(chain.process_is_use),
        added_t=added_t,
        fed=layout.fed,
        fed_start=np.append(layout.slot_starts, slots),
        makers=layout.makers,
        maker_start=np.append(layout.output_starts, len(chain.output_pool)),
        output_process=chain.output_process,
        output_pool=chain.output_pool,
        output_t=chain.output_t,
        out_share=layout.out_share[:, 0],
        pool_material=chain.pool_material,
        pool_grows=layout.pool_grows[changes],
        slot_process=chain.slot_process,
        slot_t=chain.slot_t,
        slot_material=chain.slot_material,
        slot_market=markets.of_slot,
        base_lead=layout.base_lead[:, 0].astype(float),
        arc_pool=chain.arc_pool,
        arc_slot=chain.arc_slot,
        arc_class=layout.arc_class,
        arc_lag=chain.arc_lag,
        arc_tariff=chain.arc_tariff,
        slot_arcs=arcs,
        slot_start=np.searchsorted(chain.arc_slot[arcs], np.arange(slots + 1)),
        lags=np.array(layout.lags, dtype=np.int64),
        lag_index=np.searchsorted(layout.lags, chain.arc_lag),
        target_row=np.cumsum(changes) - 1,
        target_share=layout.target_share[changes],
        elastic=markets.elastic,
        elastic_start=first,
        elastic_end=last,
        slot_weight=markets.weight,
        market_material=markets.market_material,
        pile_pool=piles,
        pile_material=chain.pool_material[piles],
        pile_stock_t=stockpile_t,
        pile_arcs=np.concatenate([np.zeros(0, dtype=np.int64), *ways]),
        pile_start=np.cumsum([0, *map(len, ways)], dtype=np.int64),
        pile_slots=np.unique(chain.arc_slot[reached]),
        by_pile=np.isin(np.arange(len(chain.arc_pool)), reached),
        pile_ways=reached,
    )


def _choose(behaviour: Behaviour, targets: Targets, layout: Layout, markets: Markets, lanes: int) -> Options:
    """Options with one value a lane."""

    def spread(value: Any) -> Floats:
        return np.broadcast_to(np.asarray(value, dtype=float), (lanes,)).copy()

    def wide(values: Floats) -> Floats:
        return np.broadcast_to(values, (len(values), lanes)).copy()

    elasticity = behaviour.price_elasticity
    material = price_steps(behaviour, markets.rest_of_materials(elasticity))
    market = price_steps(behaviour, markets.rest_of_markets(elasticity))
    each = ("order_smoothing", "pool_gap_weeks", "slot_gap_weeks", "delay_learning", "switching_rate",
            "return_rate", "qualification_weeks", "release_cover_weeks")  # fmt: skip
    return Options(
        **{name: spread(getattr(behaviour, name)) for name in each},
        material_least=wide(material[0]),
        material_power=material[1][:, 0],
        material_step=wide(material[2]),
        market_least=wide(market[0]),
        market_power=market[1][:, 0],
        market_step=wide(market[2]),
        pool_target=wide(targets.pool_t),
        pool_limit=wide(targets.pool_t + behaviour.surplus_weeks * layout.kept_t),
        slot_target=wide(targets.slot_t),
        new_plant_cover_weeks=float(behaviour.new_plant_cover_weeks),
        fixed_shares=bool(behaviour.fixed_shares),
        stockpile_release=bool(behaviour.stockpile_release),
        rounding=ROUNDING,
        least_approval=LEAST_APPROVAL,
    )


def _changes(parts: Sequence[Floats | Flags]) -> Flags:
    """[week] whether any of the arrays [week, item] differs from the week before; true in the first."""
    changes = np.zeros(len(parts[0]), dtype=bool)
    changes[:1] = True
    for part in parts:
        changes[1:] |= (part[1:] != part[:-1]).any(axis=1)
    return changes


def _rows(parts: Sequence[Any]) -> tuple[Ints, Any]:
    """Row of each week, and the rows [row, item, lane] in which anything differs from the one before.

    Conditions change in few weeks; keeping all of them took more time than simulating a large chain.
    """
    changes = _changes(parts)
    return np.cumsum(changes) - 1, np.stack([part[changes] for part in parts], axis=-1)


def _some_rows(parts: Sequence[Floats | None]) -> tuple[Ints, Floats]:
    """Rows of what some draws have, zeros for the others; no week where no draw has any."""
    some = [part for part in parts if part is not None]
    if not some:
        return np.zeros(0, dtype=np.int64), np.zeros((1, 1, 1))
    index, rows = _rows([np.zeros_like(some[0]) if part is None else part for part in parts])
    return index, rows


def _stack(chain: Chain, futures: Sequence[Conditions]) -> Sky:
    """Put the futures of a block side by side."""
    capacity_row, capacity = _rows([each.capacity_factor for each in futures])
    demand_row, demand = _rows([each.demand_factor for each in futures])
    open_row, arc_open = _rows([each.arc_open for each in futures])
    ever = np.any([each.licensed.any(axis=0) for each in futures], axis=0)
    licence_row, licensed = _rows([each.licensed[:, ever] for each in futures])
    tariff_row, tariff = _some_rows([each.tariff for each in futures])
    floor_row, floor = _some_rows([each.price_floor for each in futures])
    quotas, weeks = stack_quotas(futures), range(futures[0].weeks)
    spans = np.array([[q.period(week) for week in weeks] for q in quotas], dtype=np.int64)
    spans = spans.reshape(len(quotas), len(weeks), 2)
    limits = np.array([q.limit_t for q in quotas], dtype=float)
    return Sky(
        capacity_row, capacity, demand_row, demand, open_row, arc_open, licence_row, licensed,
        licence_arcs=np.flatnonzero(ever),
        licence_material=chain.pool_material[chain.arc_pool[ever]],
        licence=np.where(ever, np.cumsum(ever) - 1, -1),
        delay_weeks=np.stack([each.delay_weeks[ever] for each in futures], axis=-1),
        approval=np.stack([each.approval[ever] for each in futures], axis=-1),
        quota_arcs=np.concatenate([np.zeros(0, dtype=np.int64), *(q.arcs for q in quotas)]),
        quota_start=np.cumsum([0, *(len(q.arcs) for q in quotas)], dtype=np.int64),
        quota_limit=limits.reshape(len(quotas), len(weeks), len(futures)),
        quota_period=np.array([q.period_weeks for q in quotas], dtype=np.int64),
        quota_first_come=np.array([q.first_come for q in quotas], dtype=bool),
        quota_from=np.ascontiguousarray(spans[:, :, 0]),
        quota_until=np.ascontiguousarray(spans[:, :, 1]),
        tariff_row=tariff_row, tariff=tariff, floor_row=floor_row, price_floor=floor,
    )  # fmt: skip


def _start(chain: Chain, layout: Layout, fixed: Fixed, options: Options, sky: Sky, lanes: int) -> Live:
    """Take the baseline, as ``week.Engine`` does."""

    def spread(values: Floats) -> Floats:
        return np.repeat(values[:, None], lanes, axis=1)

    use = chain.slot_t * chain.activity_t[chain.slot_process]
    share = layout.base_share[:, 0]
    longest = max(layout.lags, default=1)
    road = np.zeros((longest + 1, len(chain.slot_t), lanes))
    for week in range(longest):
        ahead = np.where(chain.arc_lag > week, chain.arc_flow_t, 0.0)
        road[week] = np.bincount(chain.arc_slot, ahead, len(chain.slot_t))[:, None]
    queues = np.zeros((len(sky.licence_arcs), lanes))
    return Live(
        pool_t=options.pool_target.copy(),
        slot_t=options.slot_target.copy(),
        road_t=road,
        queue_t=queues,
        delay_weeks=queues.copy(),
        stockpile_t=spread(fixed.pile_stock_t),
        activity_t=spread(chain.activity_t),
        pool_demand_t=spread(chain.pool_need_t),
        use_t=spread(use),
        need_order_t=spread(share * use[chain.arc_slot]),
        refill_order_t=np.zeros((len(share), lanes)),
        share=spread(share),
        failing_weeks=spread(np.where(share > 0, np.inf, 0.0)),
        material_price=np.ones((len(chain.materials), lanes)),
        market_price=np.ones((len(fixed.market_material), lanes)),
        quota_used=np.zeros((len(sky.quota_period), lanes)),
    )


_ITEMS = {  # the numbers of one week by what they are numbers of
    "process": "capacity need forgone desired feasible",
    "pool": "orders refill refill_rate want first free made sold returned disposal room claims",
    "class": "asked rate",
    "output": "output_first output_free",
    "slot": "used lasts way missing delivered failing held still",
    "arc": "allowed shipped served go back given free_to_pile",
    "licence": "grant hold known apply",
    "material": "material_orders material_flow before mass sums made_material lost",
    "market": "market_orders market_flow",
    "stockpile": "release",
    "lag": "parts",
    "row": "row",
}


def _room(fixed: Fixed, sky: Sky, live: Live, classes: int) -> Work:
    """Arrays for the numbers of one week, all [item, lane]."""
    lanes = live.pool_t.shape[1]
    sizes = {
        "process": len(fixed.is_use), "pool": len(fixed.pool_material), "slot": len(fixed.slot_process),
        "class": len(fixed.pool_material) * classes, "output": len(fixed.output_pool),
        "arc": len(fixed.arc_pool), "licence": len(sky.licence_arcs), "material": len(live.material_price),
        "market": len(fixed.market_material), "stockpile": len(fixed.pile_pool), "lag": len(fixed.lags),
        "row": 4,
    }  # fmt: skip
    names = {name: sizes[item] for item, told in _ITEMS.items() for name in told.split()}
    return Work(**{name: np.zeros((size, lanes)) for name, size in names.items()})


def _told(fixed: Fixed, live: Live, weeks: int, *, stocks: bool) -> Told:
    lanes = live.pool_t.shape[1]
    kept = weeks if stocks else 0

    def room(*shape: int) -> Floats:
        return np.zeros((*shape, lanes))

    return Told(
        need_t=room(weeks, len(fixed.uses)),
        unmet_t=room(weeks, len(fixed.uses)),
        forgone_t=room(weeks, len(fixed.uses)),
        price_index=room(weeks, len(live.material_price)),
        stockpile_t=room(weeks, len(fixed.pile_pool)),
        activity_t=room(kept, len(fixed.is_use)),
        pool_stock_t=room(kept, len(fixed.pool_material)),
        flow_t=room(len(fixed.arc_pool) if stocks else 0),
        limited_weeks=room(len(fixed.slot_process)),
        ledger=room(weeks),
    )
