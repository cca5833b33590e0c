"""Who commands what: the share of every mine, plant and stock that serves a partner today.

A coalition plans with what its members buy today (look-through over all stages, proportional
mixing at every pool) and with its own projects and stockpiles. Shares of disjoint coalitions add
up, so two partners together can do whatever they can do apart, and what belongs to others is
never spent on them. This is a linear production game (Owen 1975): acting together cannot cost more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.network.chain import Chain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SHARE_FLOOR = 1e-9  # a smaller share of a plant is rounding of the linear solve
SAME_MIX = 1e-9  # relative; output shares that differ by less are one product mix


@dataclass(frozen=True)
class Shares:
    """Share (0..1) of one partner in every process (of its inputs) and pool (of its supply)."""

    process: Floats
    pool: Floats


@dataclass(frozen=True)
class Holding:
    """What a coalition commands: activities with their recipes, and shares of stocks and flows.

    An activity is a slice of a process: a member's slice of a plant gives the product mix that the
    member buys today. The last ``len(extension)`` activities stand for new capacity with the
    plant's own recipe; they have no capacity until a project gives them some.
    """

    process: Ints  # [activity]
    share: Floats  # [activity] of the plant's capacity, ramp and baseline activity
    output_activity: Ints
    output_pool: Ints
    output_t: Floats
    extension: Ints  # [extension] index of the activity
    pool_share: Floats  # [pool] of the initial stock
    slot_share: Floats  # [slot] of the initial stock
    arc_share: Floats  # [arc] of what is under way at the start
    arcs: Ints  # arcs that can serve the coalition
    need_t: Floats  # [material] baseline purchases a week


def market_shares(chain: Chain, partners: Mapping[str, Collection[str]]) -> dict[str, Shares]:
    """Share of each partner in every process and pool, by what reaches its end uses today.

    A pool is shared by purchases, a plant by the value of the outputs bought from it. A plant that
    does not run belongs to its region's partner; elsewhere it is shared like its material.

    Parameters
    ----------
    partners: regions of each partner; they may not overlap.

    Returns
    -------
    Shares by partner; over disjoint partners they sum to at most 1.
    """
    mixing, buying = _mixing(chain)
    plants = ~chain.process_is_use
    found = {}
    for name, regions in partners.items():
        inside = _inside(chain, regions)
        process = np.where(chain.process_is_use & inside, 1.0, 0.0)
        if plants.any():
            square = np.eye(int(plants.sum())) - mixing[np.ix_(plants, plants)]
            process[plants] = np.linalg.lstsq(square, mixing[plants] @ process, rcond=None)[0]
        pool = buying @ process
        idle = plants & (chain.activity_t <= 0)
        others = _inside(chain, [r for p, rs in partners.items() if p != name for r in rs])
        process[idle] = _idle_shares(chain, pool, inside, others)[idle]
        unbought = chain.pool_need_t <= 0
        pool[unbought] = _makers_share(chain, process)[unbought]
        found[name] = Shares(_clean(process), _clean(pool))
    return found


def _mixing(chain: Chain) -> tuple[Floats, Floats]:
    """[process, process] share of a plant's output value that each buyer takes; [pool, process]."""
    plants, pools = len(chain.processes), len(chain.pool_stock_t)
    buying = np.zeros((pools, plants))
    np.add.at(buying, (chain.arc_pool, chain.slot_process[chain.arc_slot]), chain.arc_flow_t)
    total = buying.sum(axis=1, keepdims=True)
    buying = np.divide(buying, total, out=np.zeros_like(buying), where=total > 0)
    bought = total[chain.output_pool, 0] > 0
    price = chain.price_usd_per_t[chain.pool_material[chain.output_pool]]
    value = np.where(bought, chain.output_t * np.maximum(price, 1e-12), 0.0)
    sold = np.zeros((plants, pools))
    np.add.at(sold, (chain.output_process, chain.output_pool), value)
    total = sold.sum(axis=1, keepdims=True)
    sold = np.divide(sold, total, out=np.zeros_like(sold), where=total > 0)
    sold[chain.activity_t <= 0] = 0.0
    return sold @ buying, buying


def _idle_shares(chain: Chain, pool: Floats, inside: Flags, others: Flags) -> Floats:
    need = np.bincount(chain.pool_material, chain.pool_need_t, len(chain.materials))
    taken = np.bincount(chain.pool_material, chain.pool_need_t * pool, len(chain.materials))
    material = np.divide(taken, need, out=np.zeros_like(need), where=need > 0)
    shared = np.where(chain.process_material >= 0, material[chain.process_material], 0.0)
    return np.where(inside, 1.0, np.where(others, 0.0, shared))


def _makers_share(chain: Chain, process: Floats) -> Floats:
    """Share of a pool that nobody buys from: that of its makers, by what they make."""
    made = chain.output_t * chain.activity_t[chain.output_process]
    pools = len(chain.pool_stock_t)
    total = np.bincount(chain.output_pool, made, pools)
    owned = np.bincount(chain.output_pool, made * process[chain.output_process], pools)
    return np.divide(owned, total, out=np.zeros(pools), where=total > 0)


def _inside(chain: Chain, regions: Collection[str]) -> Flags:
    return np.isin(chain.process_region, [chain.regions.index(r) for r in regions])


def _clean(share: Floats) -> Floats:
    return np.where(share > SHARE_FLOOR, np.minimum(share, 1.0), 0.0)


def whole_chain(chain: Chain) -> Holding:
    """Everything in one hand: what a benevolent planner of the whole chain would command."""
    everywhere = Shares(np.ones(len(chain.processes)), np.ones(len(chain.pool_stock_t)))
    return hold(chain, [everywhere])


def hold(chain: Chain, members: Sequence[Shares]) -> Holding:
    """Pool the shares of the members of a coalition."""
    process = np.minimum(sum((m.process for m in members), np.zeros(len(chain.processes))), 1.0)
    pool = np.minimum(sum((m.pool for m in members), np.zeros(len(chain.pool_stock_t))), 1.0)
    useful, arcs = _useful(chain, process)
    slices = [s for p in np.flatnonzero(useful & (process > 0)) for s in _slices(chain, int(p), members)]
    plants = np.flatnonzero(useful & ~chain.process_is_use)
    slices += [(int(p), 0.0, _recipe(chain, int(p))) for p in plants]
    outputs = [(i, q, t) for i, (_, _, given) in enumerate(slices) for q, t in given.items() if t > 0]
    slot_share = process[chain.slot_process]
    bought = chain.arc_flow_t * slot_share[chain.arc_slot]
    return Holding(
        process=np.array([p for p, _, _ in slices], np.int64),
        share=np.array([s for _, s, _ in slices]),
        output_activity=np.array([i for i, _, _ in outputs], np.int64),
        output_pool=np.array([q for _, q, _ in outputs], np.int64),
        output_t=np.array([t for _, _, t in outputs], float),
        extension=np.arange(len(slices) - len(plants), len(slices)),
        pool_share=pool,
        slot_share=slot_share,
        arc_share=slot_share[chain.arc_slot],
        arcs=arcs,
        need_t=np.asarray(
            np.bincount(chain.slot_material[chain.arc_slot], bought, len(chain.materials)), dtype=float
        ),
    )


def _recipe(chain: Chain, process: int) -> dict[int, float]:
    rows = np.flatnonzero(chain.output_process == process)
    return {int(chain.output_pool[r]): float(chain.output_t[r]) for r in rows}


def _slices(
    chain: Chain, process: int, members: Sequence[Shares]
) -> list[tuple[int, float, dict[int, float]]]:
    """Slices of one plant, one per product mix; members with the same mix share a slice."""
    recipe = _recipe(chain, process)
    found: list[tuple[int, float, dict[int, float]]] = []
    for member in members:
        share = float(member.process[process])
        if share <= 0:
            continue
        running = chain.activity_t[process] > 0  # nobody has bought from a plant that does not run
        mix = {q: t * float(member.pool[q]) / share if running else t for q, t in recipe.items()}
        for i, (_, held, other) in enumerate(found):
            if all(abs(mix[q] - other[q]) <= SAME_MIX * max(recipe[q], mix[q]) for q in recipe):
                found[i] = (process, held + share, other)
                break
        else:
            found.append((process, share, mix))
    return found


def _useful(chain: Chain, process: Floats) -> tuple[Flags, Ints]:
    """Processes and arcs from which the coalition's end uses can be reached."""
    useful = chain.process_is_use & (process > 0)
    while True:
        feeds = useful[chain.slot_process[chain.arc_slot]]
        pools = np.isin(np.arange(len(chain.pool_stock_t)), chain.arc_pool[feeds])
        makers = np.isin(np.arange(len(useful)), chain.output_process[pools[chain.output_pool]])
        if not (makers & ~useful).any():
            return useful, np.flatnonzero(feeds)
        useful = useful | makers
