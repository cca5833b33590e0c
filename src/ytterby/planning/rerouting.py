"""Choke points when the rest of the chain may reroute: spare capacity, idle inputs, other suppliers.

A steady state as a linear programme (``docs/method/indicators.md``, section 7): capacities, recipes
and ways of the chain bind, stocks are gone. No end use gets less than with fixed supplier shares:
what is gained is room that lay idle, and nothing is taken from anybody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ytterby.indicators.chokepoints import Counted, FixedShares, Nodes, rank_nodes
from ytterby.indicators.smallest_sets import smallest_sets
from ytterby.network.chain import WEEKS_PER_YEAR, Chain, Flags, Floats, Ints
from ytterby.planning.solve import INFINITY, Model, Solver

FLOOR = 1.0 - 1e-9  # of the use served with fixed shares; the rest is their rounding
ROUNDING = 1e-7  # share of the counted use below which a loss is the solver's tolerance


def choke_points(chain: Chain, *, for_regions: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Rank the nodes of a chain by what is lost without them, with their components.

    Returns
    -------
    Columns of :func:`ytterby.indicators.chokepoints.rank_nodes`, and beside the loss with fixed shares

    lost_use_value_with_spare_usd_year, lost_use_share_with_spare
        when the rest of the chain reroutes so that the world's uses lose least value;
    lost_use_share_at_best
        when it reroutes for the counted uses alone;
    in_smallest_set
        whether the node is in one of the smallest sets that take half of the counted use.

    Raises
    ------
    UnknownName, NoData
        As ``rank_nodes``.
    """
    table = rank_nodes(chain, for_regions=for_regions).set_index("node")
    counted, nodes = Counted(regions=for_regions), Nodes.of(chain)
    spare = pd.DataFrame(lost_with_spare(chain, nodes.plants, counted).T, index=list(nodes.names))
    whole = counted.weigh(chain).sum() * WEEKS_PER_YEAR
    table["lost_use_share_with_spare"] = spare[0]
    table["lost_use_value_with_spare_usd_year"] = spare[0] * whole
    table["lost_use_share_at_best"] = spare[1]
    table["in_smallest_set"] = table.index.isin(smallest_sets(chain, counted).members)
    order = ["lost_use_value_usd_year", "lost_use_value_with_spare_usd_year"]
    table = table.sort_values(order, ascending=False, kind="stable").rename_axis("node").reset_index()
    table["rank"] = np.arange(1, len(table) + 1)
    return table


def halving_sets(chain: Chain, counted: Counted | None = None, *, goal: float = 0.5) -> pd.DataFrame:
    """Smallest sets of nodes that take half of the counted use, beside what rerouting would save.

    Returns
    -------
    rank, nodes, size, lost_share (fixed shares, at least the goal), lost_share_with_spare, goal,
    sets_found, at_least (no smaller set takes the goal), proven; lost_share_with_spare is missing
    where a material is counted: plants could take it for nobody.
    """
    counted = counted or Counted()
    found, nodes = smallest_sets(chain, counted, goal=goal), Nodes.of(chain)
    member = np.array([[name in names for names in found.sets] for name in nodes.names])
    stopped = (nodes.plants[:, :, None] & member[None]).any(axis=1)
    table = found.table()
    of_uses = counted.material is None  # what users take of a material is no end in itself
    spare = lost_with_spare(chain, stopped, counted)[0] if of_uses else np.full(len(table), np.nan)
    table.insert(4, "lost_share_with_spare", spare)
    return table


def lost_with_spare(chain: Chain, stopped: Flags, counted: Counted) -> Floats:
    """Share of the counted use lost when the rest of the chain reroutes, for sets of stopped plants.

    Parameters
    ----------
    stopped
        [process, set] plants that stand still.

    Returns
    -------
    [2, set]: first when the world's end uses lose least value (of equal ways the one that is best for
    the counted uses), then when only the counted ones matter. Neither is more than with fixed shares.
    """
    served = 1.0 - FixedShares(chain).lost(stopped)
    world, ours = Counted(by=counted.by).weigh(chain), counted.weigh(chain)
    everybody, selves = Rerouting(chain, world, world), Rerouting(chain, ours, world)
    found = np.zeros((2, stopped.shape[1]))
    for n in range(stopped.shape[1]):
        world_lost = everybody.least_loss(stopped[:, n], served[:, n])
        found[0, n] = selves.least_loss(stopped[:, n], served[:, n], world_lost=world_lost)
        found[1, n] = selves.least_loss(stopped[:, n], served[:, n])
    return found


class Rerouting:
    """The steady state of a chain as a programme that is solved again for each set of stopped plants.

    Columns are shares: of a plant's baseline activity (of its capacity if it idles), and of what a
    slot needs at that activity; so coefficients are near one whatever the tonnes are.
    """

    def __init__(self, chain: Chain, counted: Floats, world: Floats) -> None:
        """``counted`` and ``world`` weigh the baseline activity of end uses, [process]."""
        self.chain, self.size = chain, _sizes(chain)
        most: Floats = np.where(chain.process_is_use, chain.activity_t, chain.capacity_t)
        self.most = np.divide(most, self.size, out=np.zeros_like(most), where=self.size > 0)
        model = Model("rerouting")
        self.activity = model.add_columns(len(self.size), cost=-counted / counted.sum(), upper=self.most)
        flow = model.add_columns(len(chain.arc_pool))
        self._pool_rows(model, flow)
        self._slot_rows(model, flow)
        self.world = model.add_rows(1)
        model.add_entries(self.world, self.activity, world / world.sum())
        self._solver = Solver(model)

    def _pool_rows(self, model: Model, flow: Ints) -> None:
        """What leaves a pool was made this week."""
        chain = self.chain
        made = chain.output_t * self.size[chain.output_process]
        taken = (chain.slot_t * self.size[chain.slot_process])[chain.arc_slot]
        pools = len(chain.pool_material)
        handled = np.bincount(chain.output_pool, made, pools) + np.bincount(chain.arc_pool, taken, pools)
        scale = 1.0 / np.where(handled > 0, handled, 1.0)
        rows = model.add_rows(pools, upper=0.0)
        model.add_entries(rows[chain.arc_pool], flow, taken * scale[chain.arc_pool])
        outputs = self.activity[chain.output_process]
        model.add_entries(rows[chain.output_pool], outputs, -made * scale[chain.output_pool])

    def _slot_rows(self, model: Model, flow: Ints) -> None:
        """A process runs as far as every one of its inputs arrives."""
        chain = self.chain
        rows = model.add_rows(len(chain.slot_t), upper=0.0)
        model.add_entries(rows, self.activity[chain.slot_process], 1.0)
        model.add_entries(rows[chain.arc_slot], flow, -1.0)

    def least_loss(self, stopped: Flags, served: Floats, *, world_lost: float = 1.0) -> float:
        """Least share of the counted uses that is lost, when every use gets at least what it has.

        Parameters
        ----------
        stopped
            [process] plants that stand still.
        served
            [process] share of each end use that is met with fixed supplier shares.
        world_lost
            Most that the world's uses may lose on the way.
        """
        floor = np.where(self.chain.process_is_use, np.minimum(served * FLOOR, self.most), 0.0)
        self._solver.set_bounds(self.activity, floor, np.where(stopped, 0.0, self.most))
        self._solver.set_rows(self.world, 1.0 - world_lost - ROUNDING, INFINITY)
        lost = 1.0 + self._solver.solve().objective
        return min(1.0, lost) if lost > ROUNDING else 0.0


def _sizes(chain: Chain) -> Floats:
    """Tonnes a week in which a column counts: baseline activity, or what an idle plant could make."""
    largest = float(chain.activity_t.max(initial=0.0))
    idle = np.minimum(np.where(chain.process_is_use, 0.0, chain.capacity_t), largest)
    return np.where(chain.activity_t > 0, chain.activity_t, idle)
