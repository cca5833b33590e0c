"""What does not change during a run: index sums, rates and targets of a chain for a block of lanes."""

from __future__ import annotations

import numpy as np

from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import GroupSum, Targets
from ytterby.network.chain import Chain, Floats, Ints


class Layout:
    """The fixed side of a block; constants are [item, 1] so that they meet [item, lane]."""

    def __init__(
        self,
        chain: Chain,
        behaviour: Behaviour,
        added_t: Floats,
        lanes: int,
        targets: Targets,
        *,
        detail: bool,
    ) -> None:
        self.user = chain.slot_process[chain.arc_slot]
        self.detail = detail
        self._sums(chain, lanes)
        self._material_sums(chain, lanes)
        self.pile_arcs = [_served_arcs(chain, pile.pool, pile.regions) for pile in chain.stockpiles]
        self._rates(chain, behaviour, targets)
        self._ways(chain, added_t)
        weeks = behaviour.new_plant_cover_weeks
        self.new_stock = weeks * chain.slot_t * added_t[:, chain.slot_process]  # [week, slot]

    def _sums(self, chain: Chain, lanes: int) -> None:
        pools, slots = len(chain.pool_material), len(chain.slot_process)
        classes, arc_class = np.unique(chain.priority[self.user], return_inverse=True)
        self.classes = len(classes)
        self.arc_class = chain.arc_pool * self.classes + arc_class
        self.outputs_by_pool = GroupSum(chain.output_pool, pools, lanes)
        self.arcs_by_pool = GroupSum(chain.arc_pool, pools, lanes)
        self.arcs_by_class = GroupSum(self.arc_class, pools * self.classes, lanes)
        self.arcs_by_slot = GroupSum(chain.arc_slot, slots, lanes)
        lags, lag_index = np.unique(chain.arc_lag, return_inverse=True)
        self.lags = [int(lag) for lag in lags]
        self.arcs_by_lag = GroupSum(lag_index * slots + chain.arc_slot, len(lags) * slots, lanes)
        # slots and outputs stand in the order of their processes, so segments start where it changes
        self.slot_starts = np.flatnonzero(np.diff(chain.slot_process, prepend=-1))
        self.fed = chain.slot_process[self.slot_starts]
        self.output_starts = np.flatnonzero(np.diff(chain.output_process, prepend=-1))
        self.makers = chain.output_process[self.output_starts]

    def _material_sums(self, chain: Chain, lanes: int) -> None:
        materials = len(chain.materials)
        at = np.array([pile.pool for pile in chain.stockpiles], dtype=np.int64)
        self.pools_by_material = GroupSum(chain.pool_material, materials, lanes)
        self.slots_by_material = GroupSum(chain.slot_material, materials, lanes)
        self.arcs_by_material = GroupSum(chain.pool_material[chain.arc_pool], materials, lanes)
        self.piles_by_material = GroupSum(chain.pool_material[at], materials, lanes)

    def _rates(self, chain: Chain, behaviour: Behaviour, targets: Targets) -> None:
        self.is_use = chain.process_is_use[:, None]
        self.slot_rate = chain.slot_t[:, None]
        self.slot_target = targets.slot_t
        self.out_rate = chain.output_t[:, None]
        self.pool_target = targets.pool_t
        keeps = chain.pool_surplus_t <= 0  # by-products in surplus are never kept above target
        self.kept_t = np.where(keeps, chain.pool_need_t, 0.0)[:, None]
        self.pool_limit = targets.pool_t + behaviour.surplus_weeks * self.kept_t
        made = chain.output_t * chain.activity_t[chain.output_process]
        supply = np.bincount(chain.output_pool, made, len(chain.pool_material))[chain.output_pool]
        self.out_share = np.divide(made, supply, out=np.zeros_like(made), where=supply > 0)[:, None]

    def _ways(self, chain: Chain, added_t: Floats) -> None:
        self.pool_grows = np.zeros((len(added_t), len(chain.pool_material)), dtype=bool)
        for plant, pool in zip(chain.output_process, chain.output_pool, strict=True):
            self.pool_grows[:, pool] |= added_t[:, plant] > 0
        room = chain.capacity_t + added_t.max(axis=0, initial=0.0)
        self.base_share = _base_share(chain, room)[:, None]
        self.target_share = _target_share(chain, added_t, self.base_share[:, 0])
        self.lag = chain.arc_lag.astype(float)[:, None]
        weeks = np.bincount(chain.arc_slot, self.base_share[:, 0] * chain.arc_lag, len(chain.slot_t))
        self.base_lead = weeks[:, None]


def _base_share(chain: Chain, room: Floats) -> Floats:
    """Baseline shares; slots that buy nothing yet take their ways by the capacity behind them."""
    pools, slots = len(chain.pool_material), len(chain.slot_process)
    weight = np.bincount(chain.output_pool, chain.output_t * room[chain.output_process], pools)[
        chain.arc_pool
    ]
    bought, total, ways = (
        np.bincount(chain.arc_slot, values, slots)[chain.arc_slot]
        for values in (chain.arc_share, weight, np.ones(len(weight)))
    )
    start = np.divide(weight, total, out=1.0 / ways, where=total > 0)
    share: Floats = np.where(bought > 0, chain.arc_share, start)
    return share


def _target_share(chain: Chain, added_t: Floats, base: Floats) -> Floats:
    """[week, arc] shares to which users tend: the baseline's, less what added plants would sell.

    The main output of added capacity is offered to all users on the pool's ways alike.
    """
    pools, slots = len(chain.pool_material), len(chain.slot_process)
    is_main = chain.process_material[chain.output_process] == chain.pool_material[chain.output_pool]
    rate = np.where(is_main, chain.output_t, 0.0)
    target = np.repeat(base[None], len(added_t), axis=0)
    for week in np.flatnonzero(added_t.any(axis=1)):
        offer = np.bincount(chain.output_pool, rate * added_t[week, chain.output_process], pools)
        use = chain.slot_t * (chain.activity_t + added_t[week])[chain.slot_process]
        asked = np.bincount(chain.arc_pool, use[chain.arc_slot], pools)
        new = np.divide(offer, asked, out=np.zeros(pools), where=asked > 0)[chain.arc_pool]
        taken = np.bincount(chain.arc_slot, np.minimum(new, 1.0), slots)
        new = np.minimum(new, 1.0) / np.maximum(1.0, taken)[chain.arc_slot]
        kept = 1.0 - np.bincount(chain.arc_slot, new, slots)[chain.arc_slot]
        target[week] = base * np.maximum(0.0, kept) + new
    return target


def _served_arcs(chain: Chain, pool: int, regions: tuple[str, ...]) -> Ints:
    """Arcs from a pool to users in the given regions."""
    own = [chain.regions.index(region) for region in regions]
    at_home = np.isin(chain.process_region[chain.slot_process[chain.arc_slot]], own)
    return np.flatnonzero((chain.arc_pool == pool) & at_home)
