"""Choke points: what use is lost in a year when the plants of one material in one region stop.

Static: stocks are gone, the loss has run through the chain, and nobody changes supplier. What the rest
of the chain can take over is an optimisation and stands in ``planning.rerouting``. Rules:
docs/method/indicators, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.errors import BadNumbers, NoData, UnknownName

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WEEKS_PER_YEAR = 52.0
ROUNDS = 10_000  # passes through the chain; each carries a loss one stage further, loops need many
SETTLED = 1e-12  # largest change of a share (0..1) in a pass that counts as none
ROUNDING = 1e-9
MEASURES = ("value", "tonnes")


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
    def slot_material(self) -> Ints: ...  # noqa: D102
    @property
    def slot_t(self) -> Floats: ...  # noqa: D102
    @property
    def arc_pool(self) -> Ints: ...  # noqa: D102
    @property
    def arc_slot(self) -> Ints: ...  # noqa: D102
    @property
    def arc_share(self) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class Counted:
    """Whose use counts: all of it by value when nothing is chosen.

    Attributes
    ----------
    regions, sectors
        Only uses in these; None is all.
    material
        Count what users take of this material (plants and end uses alike) instead of end uses.
    by
        ``value`` (of unmet use) or ``tonnes``; a material is counted in tonnes.
    """

    regions: tuple[str, ...] | None = None
    sectors: tuple[str, ...] | None = None
    material: str | None = None
    by: str = "value"

    def weigh(self, chain: ChainArrays) -> Floats:
        """[process] what counts of its baseline activity: USD or tonnes a week.

        Raises
        ------
        UnknownName
            A region, sector, material or measure that the chain does not have.
        NoData
            Nothing of the chain is counted.
        """
        self._check(chain)
        if self.material is not None:
            takes = chain.slot_material == chain.materials.index(self.material)
            process = chain.slot_process[takes]
            amount = np.bincount(process, chain.slot_t[takes], len(chain.activity_t)) * chain.activity_t
        else:
            worth = chain.unmet_usd_per_t if self.by == "value" else 1.0
            amount = np.where(chain.process_is_use, chain.activity_t * worth, 0.0)
        for names, known, index in (
            (self.regions, chain.regions, chain.process_region),
            (self.sectors, chain.sectors, chain.process_sector),
        ):
            if names is not None:
                amount = np.where(np.isin(index, [known.index(name) for name in names]), amount, 0.0)
        if not amount.sum() > 0:
            raise NoData("the chain has no use of this kind.", "Count other regions, sectors or materials.")
        return np.asarray(amount)

    def _check(self, chain: ChainArrays) -> None:
        asked: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
            ("region", self.regions or (), chain.regions),
            ("sector", self.sectors or (), chain.sectors),
            ("material", () if self.material is None else (self.material,), chain.materials),
            ("measure", (self.by,), MEASURES),
        )
        for kind, names, known in asked:
            for name in names:
                if name not in known:
                    raise UnknownName(kind, name, known)


@dataclass(frozen=True)
class Nodes:
    """The nodes of a chain: all plants of one region with the same main output."""

    chain: ChainArrays
    pairs: tuple[tuple[int, int], ...]  # material, region

    @classmethod
    def of(cls, chain: ChainArrays) -> Nodes:
        """Nodes that run in the baseline, in the order of the plants."""
        runs = np.flatnonzero(~chain.process_is_use & (chain.activity_t > 0))
        pairs = zip(chain.process_material[runs], chain.process_region[runs], strict=True)
        return cls(chain, tuple(dict.fromkeys((int(m), int(r)) for m, r in pairs)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """``material@REGION`` of each."""
        return tuple(f"{self.chain.materials[m]}@{self.chain.regions[r]}" for m, r in self.pairs)

    @cached_property
    def plants(self) -> Flags:
        """[process, node] plants of each."""
        material, region = (np.array([pair[i] for pair in self.pairs], np.int64) for i in (0, 1))
        same = self.chain.process_material[:, None] == material
        return np.asarray(same & (self.chain.process_region[:, None] == region))


def rank_nodes(chain: ChainArrays, *, for_regions: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Rank the nodes of a chain by the yearly value of end use that is lost without them.

    A node is all plants of one region with the same main output; they stop, and all their outputs
    with them. Losses run through recipes (the scarcest input decides) and supplier shares.

    Parameters
    ----------
    for_regions
        Count only losses of end uses in these; all when absent.

    Returns
    -------
    node (material@REGION), stage, material, region, share_of_supply (of the material's baseline
    supply, 0..1), hhi (of the material's supply over regions, 0..1), lost_use_value_usd_year,
    lost_use_share (of the value of the counted end use, 0..1), top_dependents (the three uses that
    lose most value), rank (1 is worst).

    Raises
    ------
    UnknownName
        A region that the chain does not have.
    NoData
        No end use there.
    """
    weight = Counted(regions=for_regions).weigh(chain) * WEEKS_PER_YEAR
    nodes, flows = Nodes.of(chain), FixedShares(chain)
    lost = weight[:, None] * flows.lost(nodes.plants)
    table = pd.DataFrame([_node_row(chain, flows, node) for node in nodes.pairs], columns=_NODE_COLUMNS)
    table["lost_use_value_usd_year"] = lost.sum(axis=0)
    table["lost_use_share"] = np.minimum(1.0, lost.sum(axis=0) / weight.sum())
    table["top_dependents"] = [_top(chain, column) for column in lost.T]
    table = table.sort_values("lost_use_value_usd_year", ascending=False, kind="stable", ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return table


_NODE_COLUMNS = ["node", "stage", "material", "region", "share_of_supply", "hhi"]


def _node_row(chain: ChainArrays, flows: FixedShares, node: tuple[int, int]) -> tuple[Any, ...]:
    material, region = node
    made = np.where(chain.pool_material == material, flows.supply, 0.0)
    share = made / made.sum()
    name, place = chain.materials[material], chain.regions[region]
    own = float(share[chain.pool_region == region].sum())
    return f"{name}@{place}", chain.stages[material], name, place, own, float((share**2).sum())


def _top(chain: ChainArrays, lost: Floats) -> str:
    worst = [p for p in np.argsort(-lost, kind="stable")[:3] if lost[p] > 0]
    names = [
        f"{chain.sectors[chain.process_sector[p]]} {chain.regions[chain.process_region[p]]}" for p in worst
    ]
    return "; ".join(names)


class FixedShares:
    """Losses when nobody changes supplier, many sets of stopped plants side by side."""

    def __init__(self, chain: ChainArrays) -> None:
        self.chain = chain
        pools, slots, arcs = len(chain.pool_material), len(chain.slot_process), np.arange(len(chain.arc_pool))
        self.into_slot = np.zeros((slots, len(arcs)))
        self.into_slot[chain.arc_slot, arcs] = chain.arc_share
        self.made = np.zeros((pools, len(chain.activity_t)))
        np.add.at(
            self.made,
            (chain.output_pool, chain.output_process),
            chain.output_t * chain.activity_t[chain.output_process],
        )
        self.supply: Floats = self.made.sum(axis=1)
        bought = chain.arc_share * (chain.slot_t * chain.activity_t[chain.slot_process])[chain.arc_slot]
        self.need: Floats = np.bincount(chain.arc_pool, bought, pools).astype(np.float64)
        # slots stand in the order of their processes, so segments start where it changes
        self.starts = np.flatnonzero(np.diff(chain.slot_process, prepend=-1))
        self.fed = chain.slot_process[self.starts]

    def lost(self, stopped: Flags, *, surplus: bool = True) -> Floats:
        """Share of activity lost, [process, set], when the plants ``stopped`` [process, set] stand still.

        Without ``surplus`` no pool has more than is bought from it: a loss that is never smaller, and for
        two sets together never larger than their sum.

        Raises
        ------
        BadNumbers
            A loop of the chain carries the loss on without end.
        """
        need: Floats = (self.need if surplus else np.maximum(self.need, self.supply))[:, None]
        alive = np.where(stopped, 0.0, 1.0)
        running = alive
        for _ in range(ROUNDS):
            delivered = np.minimum(1.0, _ratio(self.made @ running, need))
            after = np.minimum(alive, self._scarcest(self.into_slot @ delivered[self.chain.arc_pool]))
            settled = np.abs(after - running).max(initial=0.0) <= SETTLED
            running = after
            if settled:
                return np.where(running >= 1 - ROUNDING, 0.0, 1.0 - running)
        raise BadNumbers("a loop of the chain does not settle.", "Feed it from outside as well.")

    def _scarcest(self, reached: Floats) -> Floats:
        """[process, set] lowest share of any input that arrives; 1 for processes without inputs."""
        scarcest = np.ones((len(self.chain.activity_t), reached.shape[1]))
        if len(self.fed):
            scarcest[self.fed] = np.minimum.reduceat(reached, self.starts)
        return scarcest


def _ratio(top: Floats, bottom: Floats) -> Floats:
    whole = np.ones(np.broadcast_shapes(top.shape, bottom.shape))
    np.divide(top, bottom, out=whole, where=bottom > 0)
    return whole
