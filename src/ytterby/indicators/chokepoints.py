"""Choke points: what end use is lost in a year when the plants of one material in one region stop.

Static: stocks are gone, the loss has run through the chain. Two numbers stand side by side: with
fixed supplier shares, and when buyers move to plants that have spare capacity and can feed it.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.errors import UnknownName

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS_PER_YEAR = 52.0
ROUNDS = 200  # passes through the chain; each carries an effect one stage further
SETTLED = 1e-12  # largest change of a share (0..1) in a pass that counts as none
SETTLED_T = 1e-9  # largest change of a share or of tonnes a week with moving shares
MOVE = 0.5  # part of the failing purchases moved in a pass; all at once overshoots the room
ROUNDING = 1e-9


class ChainArrays(Protocol):
    """What is read of a chain; ``network.chain.Chain`` has it."""

    @property
    def regions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def materials(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sectors(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def stages(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def pool_material(self) -> Ints: ...  # noqa: D102
    @property
    def pool_region(self) -> Ints: ...  # noqa: D102
    @property
    def process_region(self) -> Ints: ...  # noqa: D102
    @property
    def process_material(self) -> Ints: ...  # noqa: D102
    @property
    def process_sector(self) -> Ints: ...  # noqa: D102
    @property
    def process_is_use(self) -> NDArray[np.bool_]: ...  # noqa: D102
    @property
    def capacity_t(self) -> Floats: ...  # noqa: D102
    @property
    def activity_t(self) -> Floats: ...  # noqa: D102
    @property
    def unmet_usd_per_t(self) -> Floats: ...  # noqa: D102
    @property
    def output_process(self) -> Ints: ...  # noqa: D102
    @property
    def output_pool(self) -> Ints: ...  # noqa: D102
    @property
    def output_t(self) -> Floats: ...  # noqa: D102
    @property
    def slot_process(self) -> Ints: ...  # noqa: D102
    @property
    def slot_t(self) -> Floats: ...  # noqa: D102
    @property
    def arc_pool(self) -> Ints: ...  # noqa: D102
    @property
    def arc_slot(self) -> Ints: ...  # noqa: D102
    @property
    def arc_share(self) -> Floats: ...  # noqa: D102


def choke_points(chain: ChainArrays, *, for_regions: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Rank the nodes of a chain by the yearly value of end use that is lost without them.

    A node is all plants of one region with the same main output; they stop, and all their outputs
    with them. Losses run through recipes (the scarcest input decides) and supplier shares.

    Parameters
    ----------
    for_regions: count only losses of end uses in these; all when absent.

    Returns
    -------
    node (material@REGION), stage, material, region, share_of_supply (of the material's baseline
    supply, 0..1), hhi (of the material's supply over regions, 0..1), lost_use_value_usd_year,
    lost_use_share (of the value of the counted end use, 0..1) with fixed shares,
    lost_use_value_with_spare_usd_year, lost_use_share_with_spare when spare capacity elsewhere is
    used, top_dependents (the three uses that lose most value), rank (1 is worst).

    Raises
    ------
    UnknownName: a region that the chain does not have.
    """
    counted = _counted_uses(chain, for_regions)
    nodes = _nodes(chain)
    alive = np.ones((len(chain.activity_t), len(nodes)))
    for lane, (material, region) in enumerate(nodes):
        alive[(chain.process_material == material) & (chain.process_region == region), lane] = 0.0
    flows = _Flows(chain)
    rigid = flows.lost_rigid(alive)
    flexible = np.minimum(rigid, flows.lost_flexible(alive))  # staying put is always possible
    table = pd.DataFrame([_node_row(chain, flows, node) for node in nodes], columns=_NODE_COLUMNS)
    value = chain.activity_t[counted] * chain.unmet_usd_per_t[counted] * WEEKS_PER_YEAR
    for suffix, lost in (("", rigid[counted]), ("_with_spare", flexible[counted])):
        table[f"lost_use_value{suffix}_usd_year"] = value @ lost
        table[f"lost_use_share{suffix}"] = (
            np.minimum(1.0, value @ lost / value.sum()) if value.sum() > 0 else 0.0
        )
    table["top_dependents"] = [_top(chain, counted, value * rigid[counted, n]) for n in range(len(nodes))]
    order = ["lost_use_value_usd_year", "lost_use_value_with_spare_usd_year"]
    table = table.sort_values(order, ascending=False, kind="stable", ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return table


_NODE_COLUMNS = ["node", "stage", "material", "region", "share_of_supply", "hhi"]


def _counted_uses(chain: ChainArrays, for_regions: tuple[str, ...] | None) -> Ints:
    for region in for_regions or ():
        if region not in chain.regions:
            raise UnknownName("region", region, chain.regions)
    chosen = chain.regions if for_regions is None else for_regions
    index = [chain.regions.index(region) for region in chosen]
    return np.flatnonzero(chain.process_is_use & np.isin(chain.process_region, index))


def _nodes(chain: ChainArrays) -> list[tuple[int, int]]:
    runs = np.flatnonzero(~chain.process_is_use & (chain.activity_t > 0))
    pairs = zip(chain.process_material[runs], chain.process_region[runs], strict=True)
    return list(dict.fromkeys((int(m), int(r)) for m, r in pairs))


def _node_row(chain: ChainArrays, flows: _Flows, node: tuple[int, int]) -> tuple[Any, ...]:
    material, region = node
    made = np.where(chain.pool_material == material, flows.supply, 0.0)
    share = made / made.sum()
    name, place = chain.materials[material], chain.regions[region]
    own = float(share[chain.pool_region == region].sum())
    return f"{name}@{place}", chain.stages[material], name, place, own, float((share**2).sum())


def _top(chain: ChainArrays, uses: Ints, lost_usd: Floats) -> str:
    order = [i for i in np.argsort(-lost_usd, kind="stable")[:3] if lost_usd[i] > 0]
    names = [
        f"{chain.sectors[chain.process_sector[uses[i]]]} {chain.regions[chain.process_region[uses[i]]]}"
        for i in order
    ]
    return "; ".join(names)


class _Flows:
    """The chain's flows as matrices, so that all nodes are tried side by side, [item, node]."""

    def __init__(self, chain: ChainArrays) -> None:
        self.chain = chain
        pools, slots, plants = len(chain.pool_material), len(chain.slot_process), len(chain.activity_t)
        outputs, arcs = np.arange(len(chain.output_pool)), np.arange(len(chain.arc_pool))
        self.into_pool = np.zeros((pools, len(outputs)))
        self.into_pool[chain.output_pool, outputs] = 1.0
        self.from_pool = np.zeros((pools, len(arcs)))
        self.from_pool[chain.arc_pool, arcs] = 1.0
        self.into_slot = np.zeros((slots, len(arcs)))
        self.into_slot[chain.arc_slot, arcs] = 1.0
        self.made = np.zeros((pools, plants))
        np.add.at(self.made, (chain.output_pool, chain.output_process), chain.output_t)
        self.supply: Floats = self.made @ chain.activity_t
        each = chain.arc_share * (chain.slot_t * chain.activity_t[chain.slot_process])[chain.arc_slot]
        self.need: Floats = self.from_pool @ each

        # slots and outputs stand in the order of their processes, so segments start where it changes
        self.slot_starts = np.flatnonzero(np.diff(chain.slot_process, prepend=-1))
        self.fed = chain.slot_process[self.slot_starts]
        self.output_starts = np.flatnonzero(np.diff(chain.output_process, prepend=-1))
        self.makers = chain.output_process[self.output_starts]

    def lost_rigid(self, alive: Floats) -> Floats:
        """[process, node] share of activity lost when nobody changes supplier."""
        chain, running = self.chain, alive.copy()
        for _ in range(ROUNDS):
            supply = self.made @ (chain.activity_t[:, None] * running)
            delivered = np.minimum(1.0, _ratio(supply, self.need[:, None]))
            reached = self.into_slot @ (chain.arc_share[:, None] * delivered[chain.arc_pool])
            after = np.minimum(alive, self._scarcest(reached))
            settled = np.abs(after - running).max(initial=0.0) <= SETTLED
            running = after
            if settled:
                break
        lost: Floats = np.where(running >= 1 - ROUNDING, 0.0, 1.0 - running)
        return lost

    def lost_flexible(self, alive: Floats) -> Floats:
        """[process, node] share of activity lost when failing purchases move to where there is room."""
        chain = self.chain
        capacity = np.where(chain.process_is_use[:, None], np.inf, chain.capacity_t[:, None] * alive)
        share = np.repeat(chain.arc_share[:, None], alive.shape[1], axis=1)
        active = chain.activity_t[:, None] * alive
        wanted, earlier = active, active
        for _ in range(ROUNDS):
            order = share * (chain.slot_t[:, None] * wanted[chain.slot_process])[chain.arc_slot]
            asked = self.from_pool @ order
            delivered = np.minimum(1.0, _ratio(self.made @ active, asked))
            delivered[delivered >= 1 - ROUNDING] = 1.0
            feeding = self._scarcest(self.into_slot @ (share * delivered[chain.arc_pool]))
            wanted = self._wanted(asked, capacity)
            active = wanted * feeding
            feasible = self._feasible(capacity, feeding)
            room = self.made @ np.maximum(0.0, feasible - active)
            moved = self._moved(share, delivered, room, order)
            settled = max(np.abs(moved - share).max(initial=0.0), np.abs(active - earlier).max(initial=0.0))
            share, earlier = moved, active
            if settled <= SETTLED_T:
                break
        need = chain.activity_t[:, None]
        kept = np.where(need > 0, np.divide(active, need, out=np.ones_like(active), where=need > 0), 1.0)
        lost: Floats = np.where(kept >= 1 - 1e-6, 0.0, 1.0 - kept)  # passes end within a millionth
        return lost

    def _feasible(self, capacity: Floats, feeding: Floats) -> Floats:
        plants = ~self.chain.process_is_use
        feasible = np.zeros_like(feeding)
        feasible[plants] = capacity[plants] * feeding[plants]
        return feasible

    def _scarcest(self, reached: Floats) -> Floats:
        """[process, node] lowest share of any input that arrives; 1 for processes without inputs."""
        scarcest = np.ones((len(self.chain.activity_t), reached.shape[1]))
        if len(self.fed):
            scarcest[self.fed] = np.minimum.reduceat(reached, self.slot_starts)
        return scarcest

    def _wanted(self, asked: Floats, capacity: Floats) -> Floats:
        """Activity that meets the orders: baseline shares up to capacity, the rest where it is free."""
        chain = self.chain
        rate = chain.output_t[:, None]
        base = _ratio(
            chain.output_t * chain.activity_t[chain.output_process], self.supply[chain.output_pool], 0.0
        )
        limit = rate * capacity[chain.output_process]
        first = np.minimum(base[:, None] * asked[chain.output_pool], limit)
        free = limit - first
        rest = np.maximum(0.0, asked - self.into_pool @ first)
        used = np.minimum(1.0, _ratio(rest, self.into_pool @ free, 0.0))
        wanted = np.where(chain.process_is_use[:, None], chain.activity_t[:, None], 0.0)
        wanted = np.broadcast_to(wanted, capacity.shape).copy()
        per_output = (first + free * used[chain.output_pool]) / rate
        if len(self.makers):
            wanted[self.makers] = np.maximum.reduceat(per_output, self.output_starts)
        return wanted

    def _moved(self, share: Floats, delivered: Floats, room: Floats, order: Floats) -> Floats:
        """Move a part of what fails to pools with room, never more than the room."""
        slot, pool = self.chain.arc_slot, self.chain.arc_pool
        failing = share * (1.0 - delivered[pool])
        failing_k = (self.into_slot @ failing)[slot]
        weight = delivered[pool] * room[pool]
        go = MOVE * failing_k * _ratio(weight, (self.into_slot @ weight)[slot], 0.0)
        size = (self.into_slot @ order)[slot]
        go = go * np.minimum(1.0, _ratio(room, self.from_pool @ (go * size)))[pool]
        left = _ratio(failing, failing_k, 0.0) * (self.into_slot @ go)[slot]
        after: Floats = np.maximum(0.0, share + go - left)
        return after


def _ratio(top: Floats, bottom: Floats, otherwise: float = 1.0) -> Floats:
    whole: Floats = np.full(np.broadcast_shapes(top.shape, bottom.shape), otherwise)
    np.divide(top, bottom, out=whole, where=bottom > 0)
    return whole
