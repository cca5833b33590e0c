"""Alone or together: how a saving or a bill may be shared, and whether everybody would stay.

A game is a mapping from coalitions (frozensets of names) to what each can save by itself; the
empty coalition saves nothing and may be left out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from ytterby.errors import YtterbyError
from ytterby.planning.solve import INFINITY, Model, solve

Player = TypeVar("Player", bound=Hashable)
MAX_PLAYERS = 12  # 2^12 coalitions; beyond that sampling is the method
CORE_TOLERANCE = 1e-9  # relative to the saving of all
LEVEL_TOLERANCE = 1e-7  # excesses that close belong to one level of the nucleolus


@dataclass(frozen=True)
class CoreTest:
    """Whether a split keeps everybody in: the smallest excess and who has it.

    The excess is what a coalition gets beyond what it can save alone; a negative one means that it
    would leave.
    """

    stable: bool
    smallest_excess: float
    coalition: frozenset[Hashable]


def _players(game: Mapping[frozenset[Player], float]) -> list[Player]:
    players = sorted({p for coalition in game for p in coalition}, key=str)
    if len(players) > MAX_PLAYERS:
        raise YtterbyError(f"{len(players)} players are too many.", f"Share among at most {MAX_PLAYERS}.")
    missing = [c for c in _coalitions(players) if c not in game]
    if missing:
        told = ", ".join("+".join(sorted(map(str, c))) for c in missing[:5])
        raise YtterbyError(f"the game has no value for {told}.", "Missing is not zero: give every coalition.")
    return players


def _coalitions(players: list[Player]) -> Iterator[frozenset[Player]]:
    """Every coalition but the empty one, small ones first."""
    for size in range(1, len(players) + 1):
        for chosen in combinations(players, size):
            yield frozenset(chosen)


def shapley(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Shapley value: each player's marginal contribution, averaged over all orders of joining.

    phi_i = sum over coalitions S without i of |S|! (n-|S|-1)! / n! (v(S+i) - v(S)).

    Raises
    ------
    YtterbyError: a coalition without a value, or more than ``MAX_PLAYERS`` players.

    References
    ----------
    Shapley 1953; Lemaire 1991 (three insurers) in tests/published/test_planning.py.
    """
    players, count = _players(game), 0
    count = len(players)
    share = dict.fromkeys(players, 0.0)
    for coalition in _coalitions(players):
        size = len(coalition)
        weight = math.factorial(size - 1) * math.factorial(count - size) / math.factorial(count)
        for player in coalition:
            share[player] += weight * (game[coalition] - game.get(coalition - {player}, 0.0))
    return share


def in_core(game: Mapping[frozenset[Player], float], split: Mapping[Player, float]) -> CoreTest:
    """Test a split: it must give all of the saving, and every coalition what it can save alone.

    Raises
    ------
    YtterbyError: the split names other players, or does not add up to the saving of all.
    """
    players = _players(game)
    total = game[frozenset(players)]
    size = max(1.0, abs(total))
    if set(split) != set(players) or abs(sum(split.values()) - total) > CORE_TOLERANCE * size * 1e3:
        message = f"the split gives {sum(split.values()):,.6g} of {total:,.6g} to {sorted(map(str, split))}."
        raise YtterbyError(message, "Share all of it among all players.")
    excess = {c: sum(split[p] for p in c) - game[c] for c in _coalitions(players) if len(c) < len(players)}
    if not excess:
        return CoreTest(True, 0.0, frozenset(players))
    worst = min(excess, key=lambda c: (excess[c], len(c), sorted(map(str, c))))
    return CoreTest(excess[worst] >= -CORE_TOLERANCE * size, excess[worst], frozenset(worst))


def nucleolus(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Split that makes the worst-off coalition as well off as possible, then the next one, and so on.

    Solved as a sequence of linear programmes (Maschler, Peleg and Shapley 1979); a coalition is
    settled at a level when no split of that level can give it more. It lies in the core whenever
    the core is not empty.

    Raises
    ------
    YtterbyError: as :func:`shapley`.
    """
    players = _players(game)
    scale = max(1.0, *(abs(v) for v in game.values()))
    values = {c: game[c] / scale for c in _coalitions(players)}
    everyone = frozenset(players)
    fixed: dict[frozenset[Player], float] = {everyone: values[everyone]}
    split = {p: values[everyone] / len(players) for p in players}
    while _rank(fixed, players) < len(players):
        free = [
            c for c in values if c not in fixed and _rank({**fixed, c: 0.0}, players) > _rank(fixed, players)
        ]
        level, split = _level(players, values, fixed, free)
        settled = [c for c in free if _most(players, values, fixed, free, level, c) <= LEVEL_TOLERANCE]
        fixed.update({c: values[c] + level for c in settled})
    return {p: share * scale for p, share in split.items()}


def _rank(fixed: Mapping[frozenset[Player], float], players: list[Player]) -> int:
    return int(np.linalg.matrix_rank(np.array([[float(p in c) for p in players] for c in fixed])))


def _level(
    players: list[Player],
    values: Mapping[frozenset[Player], float],
    fixed: Mapping[frozenset[Player], float],
    free: list[frozenset[Player]],
) -> tuple[float, dict[Player, float]]:
    """Largest excess that all free coalitions can have at once, and a split that gives it."""
    model = Model("nucleolus")
    share = model.add_columns(len(players), lower=-INFINITY)
    least = model.add_columns(1, cost=-1.0, lower=-INFINITY)
    _share_rows(model, share, players, fixed, fixed)
    rows = _share_rows(model, share, players, {c: values[c] for c in free}, {})
    model.add_entries(rows, least[0], -1.0)
    found = solve(model).value
    return float(found[least[0]]), dict(zip(players, found[share].tolist(), strict=True))


def _most(
    players: list[Player],
    values: Mapping[frozenset[Player], float],
    fixed: Mapping[frozenset[Player], float],
    free: list[frozenset[Player]],
    level: float,
    coalition: frozenset[Player],
) -> float:
    """Excess over the level that one coalition can have while the others keep the level."""
    model = Model("settled")
    cost = [-float(p in coalition) for p in players]
    share = model.add_columns(len(players), cost=cost, lower=-INFINITY)
    _share_rows(model, share, players, fixed, fixed)
    _share_rows(model, share, players, {c: values[c] + level - LEVEL_TOLERANCE / 100 for c in free}, {})
    # all splits of one level are bounded: each player's single coalition is free or fixed
    return -solve(model).objective - values[coalition] - level


def _share_rows(
    model: Model,
    share: np.ndarray,
    players: list[Player],
    lower: Mapping[frozenset[Player], float],
    equal: Mapping[frozenset[Player], float],
) -> np.ndarray:
    upper = [equal.get(c, INFINITY) for c in lower]
    rows = model.add_rows(len(lower), lower=list(lower.values()), upper=upper)
    member = np.array([[float(p in c) for p in players] for c in lower]).reshape(len(lower), len(players))
    model.add_entries(rows[:, None], share[None, :], member)
    return rows


def savings_game(costs: Mapping[frozenset[Player], float]) -> dict[frozenset[Player], float]:
    """Turn costs of coalitions into what each saves against its members acting alone."""
    players = _players(costs)
    alone = {p: costs[frozenset([p])] for p in players}
    return {c: sum(alone[p] for p in c) - costs[c] for c in _coalitions(players)}
