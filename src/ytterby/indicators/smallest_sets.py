"""The smallest set of nodes whose loss takes half of the supply, with fixed supplier shares.

Exact by search with a bound (docs/method/indicators, section 7): losses of sets never exceed the sum of
their parts' losses when no surplus cushions them, so a set whose bound stays below the goal is not
looked into. Where the search would be too long, a greedy set is given beside what is proven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.errors import BadNumbers
from ytterby.indicators.chokepoints import ChainArrays, Counted, FixedShares, Flags, Floats, Ints, Nodes

LARGEST = 4  # nodes in a set that is searched for
MOST_SETS = 200_000  # sets whose loss is computed before the search gives up: about 20 s
LISTED = 20
_CLOSE = 1e-9  # a share this much below the goal is rounding
_BATCH = 512  # sets computed side by side; more fall out of the cache


@dataclass(frozen=True)
class SmallestSets:
    """Sets of nodes of the same size whose loss takes at least the goal.

    Attributes
    ----------
    sets, lost_share
        Names of the nodes of each set and the share of the counted use that is lost with it; the
        largest loss first, at most ``LISTED``.
    found
        How many sets of this size there are; 1 for a greedy one.
    at_least
        No set with fewer nodes takes the goal: this is proven.
    proven
        Whether the sets are the smallest.
    """

    sets: tuple[tuple[str, ...], ...]
    lost_share: tuple[float, ...]
    goal: float
    found: int
    at_least: int
    proven: bool

    @property
    def members(self) -> frozenset[str]:
        """Nodes in any of the sets."""
        return frozenset(name for names in self.sets for name in names)

    def table(self) -> pd.DataFrame:
        """Columns rank, nodes, size, lost_share, goal, sets_found, at_least, proven; one row a set."""
        rows = [
            (rank, "; ".join(names), len(names), share, self.goal, self.found, self.at_least, self.proven)
            for rank, (names, share) in enumerate(zip(self.sets, self.lost_share, strict=True), start=1)
        ]
        columns = ["rank", "nodes", "size", "lost_share", "goal", "sets_found", "at_least", "proven"]
        return pd.DataFrame(rows, columns=columns)


def smallest_sets(
    chain: ChainArrays,
    counted: Counted | None = None,
    *,
    goal: float = 0.5,
    largest: int = LARGEST,
    most_sets: int = MOST_SETS,
) -> SmallestSets:
    """Smallest sets of nodes without which at least ``goal`` of the counted use is lost.

    Parameters
    ----------
    counted
        Whose use counts; all end uses by value when None.
    goal
        Share of the counted use, above 0 and up to 1.
    largest, most_sets
        Limits of the exact search; beyond them the answer is greedy and says so.

    Raises
    ------
    BadNumbers
        The goal is not a share, or not even the loss of all nodes takes it.
    UnknownName, NoData
        As :meth:`ytterby.indicators.chokepoints.Counted.weigh`.
    """
    if not 0.0 < goal <= 1.0:
        raise BadNumbers(f"a goal of {goal} is no share.", "Give one above 0 and up to 1.")
    search = _Search(chain, counted or Counted(), goal)
    return search.exact(largest, most_sets) or search.greedy()


class _Search:
    """Losses of sets of nodes, as indices in the order of their bound, largest first."""

    def __init__(self, chain: ChainArrays, counted: Counted, goal: float) -> None:
        weight = counted.weigh(chain)
        self.weight, self.goal = weight / weight.sum(), goal
        self.flows, self.nodes = FixedShares(chain), Nodes.of(chain)
        single = self._lost(np.arange(len(self.nodes.pairs))[:, None], self.nodes.plants, surplus=False)
        order = np.argsort(-single, kind="stable")
        self.single, self.plants = single[order], self.nodes.plants[:, order]
        self.names = [self.nodes.names[i] for i in order]
        whole = float(self._lost(np.arange(len(order))[None], self.plants)[0])
        if whole < goal - _CLOSE:
            raise BadNumbers(
                f"all nodes together take {whole:.1%} of the counted use.", "Ask for a lower goal."
            )
        self.left, self.refuted = 0, 0  # sets that may still be computed; largest size without any

    def _lost(self, sets: Ints, plants: Flags, *, surplus: bool = True) -> Floats:
        """Share of the counted use lost with each set [set, member]."""
        parts = [
            self.weight @ self.flows.lost(np.asarray(plants[:, some].any(axis=2)), surplus=surplus)
            for some in np.array_split(sets, max(1, -(-len(sets) // _BATCH)))
        ]
        return np.asarray(np.concatenate(parts))

    def exact(self, largest: int, most_sets: int) -> SmallestSets | None:
        """Smallest sets, size after size; None when a limit comes first."""
        self.left = most_sets
        try:
            for size in range(1, min(largest, len(self.names)) + 1):
                sets = self._candidates(size)
                lost = self._lost(sets, self.plants)
                hits = np.flatnonzero(lost >= self.goal - _CLOSE)
                if len(hits):
                    return self._result(sets[hits], lost[hits], found=len(hits), proven=True)
                self.refuted = size
        except _TooManySets:
            pass
        return None

    def _candidates(self, size: int) -> Ints:
        """Sets of a size that may take the goal, [set, member]: what is left out is proven not to."""
        sets, bound = np.zeros((1, 0), np.int64), np.zeros(1)
        for to_come in range(size - 1, -1, -1):
            sets, bound = self._extended(sets, bound, to_come)
            self._spend(len(sets))
            if to_come and len(sets):
                bound = np.minimum(bound, self._lost(sets, self.plants, surplus=False))
        return sets

    def _extended(self, sets: Ints, bound: Floats, to_come: int) -> tuple[Ints, Floats]:
        """Each set with one later node, where the largest that may still come could take the goal."""
        count = len(self.names)
        sums = np.concatenate([[0.0], np.cumsum(self.single)])
        node = np.arange(count - to_come)
        reach = sums[node + 1 + to_come] - sums[node]  # the node and the largest after it
        longer, bounds, size = [], [], 0
        for members, start in zip(sets, bound, strict=True):
            later = node[members[-1] + 1 if len(members) else 0 :]
            kept = later[start + reach[later] >= self.goal - _CLOSE]
            longer.append(np.column_stack([np.tile(members, (len(kept), 1)), kept]))
            bounds.append(start + self.single[kept])
            size += len(kept)
            if size > self.left:
                raise _TooManySets
        if not longer:
            return np.zeros((0, sets.shape[1] + 1), np.int64), np.zeros(0)
        return np.concatenate(longer), np.concatenate(bounds)

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _TooManySets

    def greedy(self) -> SmallestSets:
        """Add the node that takes most, until the goal is taken."""
        chosen: list[int] = []
        while True:
            left = [i for i in range(len(self.names)) if i not in chosen]
            lost = self._lost(np.array([[*chosen, i] for i in left]), self.plants)
            best = int(np.argmax(lost))
            chosen = [*chosen, left[best]]
            if lost[best] >= self.goal - _CLOSE:
                proven = len(chosen) == self.refuted + 1
                return self._result(np.array([chosen]), lost[best : best + 1], found=1, proven=proven)

    def _result(self, sets: Ints, lost: Floats, *, found: int, proven: bool) -> SmallestSets:
        order = np.argsort(-lost, kind="stable")[:LISTED]
        return SmallestSets(
            sets=tuple(tuple(self.names[i] for i in sets[n]) for n in order),
            lost_share=tuple(float(min(1.0, lost[n])) for n in order),
            goal=self.goal,
            found=found,
            at_least=self.refuted + 1,
            proven=proven,
        )


class _TooManySets(Exception):
    """The search would take too long."""
