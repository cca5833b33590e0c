"""Least core and nucleolus: the split that treats the worst-off coalition best, then the next one.

A sequence of linear programmes. Each raises the smallest excess of the coalitions not yet settled;
those that the optimum presses on (a positive dual) are then settled at that excess, for they have
it in every optimal split. One at least does, so that n players need at most n - 1 programmes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import YtterbyError
from ytterby.planning.sharing import coalitions_of, players_of
from ytterby.planning.solve import INFINITY, Model, solve

Player = TypeVar("Player", bound=Hashable)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PRESSED = 1e-6  # duals of a level sum to 1 over at most n + 1 coalitions; the largest is far above this
SPANNED = 1e-8  # coalitions are 0/1 vectors; a shorter remainder beside those settled is rounding
ALONE_TOLERANCE = 1e-9  # relative to the largest value


@dataclass(frozen=True)
class LeastCore(Generic[Player]):
    """Largest smallest excess that a split can give all coalitions; negative when the core is empty.

    ``coalitions`` have that excess in every split of the least core.
    """

    excess: float
    split: dict[Player, float]
    coalitions: tuple[frozenset[Player], ...]


def least_core(game: Mapping[frozenset[Player], float]) -> LeastCore[Player]:
    """Split under which the worst-off coalition (neither nobody nor all) is as well off as possible.

    Raises
    ------
    YtterbyError: fewer than two players, or as :func:`ytterby.planning.sharing.players_of`.

    References
    ----------
    Maschler, Peleg and Shapley 1979.
    """
    table = _Table(game)
    if len(table.players) < 2:
        raise YtterbyError("one player has nothing to share.", "Give two players or more.")
    settled = table.everyone
    level, split, pressed = table.raise_level(settled, settled * table.values, ~settled, -INFINITY)
    worst = tuple(table.coalitions[i] for i in np.flatnonzero(pressed))
    return LeastCore(level * table.scale, table.told(split), worst)


def prenucleolus(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Efficient split with the lexicographically largest excesses, the smallest first.

    Always exists; a player may get less than alone. Equals the nucleolus where the core is not empty.

    Raises
    ------
    YtterbyError: as :func:`ytterby.planning.sharing.players_of`.

    References
    ----------
    Sobolev 1975; Kohlberg 1971 for the test that tests/laws/test_games.py applies.
    """
    table = _Table(game)
    return table.told(table.descend(-INFINITY))


def nucleolus(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Of the splits that give nobody less than alone, the one that treats the worst-off coalition best.

    Then the next worst, and so on. It lies in the core whenever the core is not empty.

    Raises
    ------
    YtterbyError: as :func:`ytterby.planning.sharing.players_of`; all together save less than the sum of
    what each saves alone, so that there is no such split.

    References
    ----------
    Schmeidler 1969; the bankruptcy games of Aumann and Maschler 1985 in tests/published/test_games.py.
    """
    table = _Table(game)
    alone = table.values[: len(table.players)]
    room = table.values[-1] - float(alone.sum())
    if room < -ALONE_TOLERANCE:
        message = f"all together save {-room * table.scale:,.6g} less than each alone: nobody would join."
        raise YtterbyError(message, "Use prenucleolus, which lets players get less than alone.")
    return table.told(table.descend(alone + min(0.0, room) / len(alone)))


class _Table(Generic[Player]):
    """A game as arrays: coalitions, the single ones first and that of all last, scaled to about one."""

    def __init__(self, game: Mapping[frozenset[Player], float]) -> None:
        self.players = players_of(game)
        self.coalitions = list(coalitions_of(self.players))
        self.scale = max(abs(game[c]) for c in self.coalitions) or 1.0
        self.values = np.array([game[c] / self.scale for c in self.coalitions])
        self.member = np.array([[float(p in c) for p in self.players] for c in self.coalitions])
        self.everyone: Flags = np.arange(len(self.coalitions)) == len(self.coalitions) - 1

    def told(self, split: Floats) -> dict[Player, float]:
        """Split by name, in the game's unit."""
        return dict(zip(self.players, (split * self.scale).tolist(), strict=True))

    def descend(self, lower: Floats | float) -> Floats:
        """Settle level after level until one split is left."""
        settled, amount = self.everyone.copy(), self.everyone * self.values
        split = np.full(len(self.players), amount[-1] / len(self.players))
        while len(free := self.open_to(settled)):
            flags = np.zeros(len(settled), bool)
            flags[free] = True
            level, split, pressed = self.raise_level(settled, amount, flags, lower)
            settled, amount = settled | pressed, np.where(pressed, self.values + level, amount)
        return split

    def open_to(self, settled: Flags) -> NDArray[np.int64]:
        """Coalitions whose share the settled ones do not fix."""
        basis = np.linalg.svd(self.member[settled], full_matrices=False)
        span = basis.Vh[basis.S > SPANNED]
        rest = self.member - (self.member @ span.T) @ span
        return np.flatnonzero(np.linalg.norm(rest, axis=1) > SPANNED)

    def raise_level(
        self, settled: Flags, amount: Floats, free: Flags, lower: Floats | float
    ) -> tuple[float, Floats, Flags]:
        """Largest excess that all free coalitions can have at once, a split with it, those it presses on."""
        model = Model("level")
        share = model.add_columns(len(self.players), lower=lower)
        least = model.add_columns(1, cost=-1.0, lower=-INFINITY)
        fixed = model.add_rows(int(settled.sum()), lower=amount[settled], upper=amount[settled])
        model.add_entries(fixed[:, None], share[None, :], self.member[settled])
        rows = model.add_rows(int(free.sum()), lower=self.values[free])
        model.add_entries(rows[:, None], share[None, :], self.member[free])
        model.add_entries(rows, least[0], -1.0)
        found = solve(model)
        pressed = np.zeros(len(settled), bool)
        pressed[np.flatnonzero(free)] = np.abs(found.row_dual[rows]) > PRESSED
        return float(found.value[least[0]]), found.value[share], pressed
