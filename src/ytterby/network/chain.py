"""The physical chain: pools, processes, slots and arcs in tonnes a week, balanced at load.

One structure that indicators, simulator and planner read. A *pool* (material, region) is what is
for sale. A *process* draws inputs from its own *slots* and puts outputs in fixed proportions into
pools of its region. An *arc* carries a material from a pool to a slot. An *end use* is a process
without output.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WEEKS_PER_YEAR = 52.0  # a quarter of the planner is 13 weeks of the simulator


@dataclass(frozen=True)
class Stockpile:
    """A reserve of one partner, lying at the pool into which it is released."""

    name: str
    partner: str
    regions: tuple[str, ...]  # the partner's own; only their users are served
    pool: int
    stock_t: float
    limit_t: float
    holding_usd_per_t_year: float


@dataclass(frozen=True)
class Chain:
    """The chain as arrays. Rates are tonnes a week, stocks tonnes, costs USD per tonne.

    Index arrays point into the label tuples: ``pool_material`` into ``materials``,
    ``pool_region`` and ``process_region`` into ``regions``, and so on. End uses stand behind the
    producing processes in every ``process_*`` array; their activity is tonnes of need.
    """

    regions: tuple[str, ...]
    materials: tuple[str, ...]
    elements: tuple[str, ...]
    sectors: tuple[str, ...]
    content: Floats  # [element, material] tonnes of element in a tonne of material
    price_usd_per_t: Floats  # [material]
    stages: tuple[str, ...]  # [material] place in the chain

    pool_material: Ints
    pool_region: Ints
    pool_stock_t: Floats  # target and initial stock at producers
    pool_need_t: Floats  # baseline purchases a week
    pool_surplus_t: Floats  # baseline disposal a week

    processes: tuple[str, ...]
    process_label: tuple[str, ...]
    process_region: Ints
    process_material: Ints  # main output; -1 for an end use
    process_sector: Ints  # -1 for a producing process
    process_is_use: Flags
    capacity_t: Floats  # a week; infinite for end uses
    ramp_t: Floats  # largest rise of activity in a week; infinite for end uses
    ramp_share: Floats  # the same as a share of capacity, for capacity added later; 1 for end uses
    activity_t: Floats  # baseline activity; the need for an end use
    cost_usd_per_t: Floats
    unmet_usd_per_t: Floats  # 0 for producing processes
    priority: Ints  # rationing class, 0 served first; producing processes stand in class 1
    elasticity: Floats

    output_process: Ints
    output_pool: Ints
    output_t: Floats  # per tonne of activity

    slot_process: Ints
    slot_material: Ints
    slot_t: Floats  # tonnes taken per tonne of activity
    slot_stock_t: Floats  # target and initial stock at users

    arc_pool: Ints
    arc_slot: Ints
    arc_lag: Ints  # weeks, at least 1: what leaves after a week's production is used the next week
    arc_share: Floats  # baseline share of the slot's purchases
    arc_flow_t: Floats  # baseline flow a week
    arc_cost_usd_per_t: Floats
    arc_tariff: Floats

    loss_name: tuple[str, ...]  # per process
    stockpiles: tuple[Stockpile, ...]

    @property
    def pools(self) -> tuple[str, ...]:
        """Names of the pools, ``material@REGION``."""
        return tuple(
            f"{self.materials[m]}@{self.regions[r]}"
            for m, r in zip(self.pool_material, self.pool_region, strict=True)
        )

    def pool(self, material: str, region: str) -> int:
        """Index of a pool; KeyError when the chain has none."""
        name = f"{material}@{region}"
        if name not in self.pools:
            raise KeyError(name)
        return self.pools.index(name)


def check_balance(chain: Chain) -> pd.DataFrame:
    """Baseline element balance of every process.

    Returns
    -------
    process, element, input_t, output_t, loss_t (tonnes of the element a week), loss_name; processes
    without inputs (extraction) have loss 0. For end uses the content goes into the product.
    """
    elements, plants = len(chain.elements), len(chain.processes)
    taken, given = np.zeros((elements, plants)), np.zeros((elements, plants))
    slot_mass = chain.slot_t * chain.activity_t[chain.slot_process]
    out_mass = chain.output_t * chain.activity_t[chain.output_process]
    for e in range(elements):
        np.add.at(taken[e], chain.slot_process, slot_mass * chain.content[e, chain.slot_material])
        made = chain.content[e, chain.pool_material[chain.output_pool]]
        np.add.at(given[e], chain.output_process, out_mass * made)
    extraction = ~np.isin(np.arange(plants), chain.slot_process)
    taken[:, extraction] = given[:, extraction]
    given[:, chain.process_is_use] = taken[:, chain.process_is_use]
    columns = {
        "process": np.tile(chain.processes, elements),
        "element": np.repeat(chain.elements, plants),
        "input_t": taken.ravel(),
        "output_t": given.ravel(),
        "loss_t": (taken - given).ravel(),
        "loss_name": np.tile(chain.loss_name, elements),
    }
    return pd.DataFrame(columns)
