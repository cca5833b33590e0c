"""Alone or together: how a saving or a bill may be shared, and whether everybody would stay.

A game is a mapping from coalitions (frozensets of names) to what each can save by itself; the
empty coalition saves nothing and may be left out. A bill enters with minus signs, or as what
joining saves (:func:`savings_game`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import YtterbyError

Player = TypeVar("Player", bound=Hashable)
Floats = NDArray[np.float64]

MAX_PLAYERS = 12  # 2^12 coalitions; beyond that sampling is the method
CORE_TOLERANCE = 1e-9  # relative to the saving of all
SPLIT_TOLERANCE = 1e-6  # relative; a split that misses the total by more does not share the saving


class NoSuchSplit(YtterbyError):
    """A rule of sharing that gives no split for this game; the game itself is sound."""


@dataclass(frozen=True)
class CoreTest:
    """Whether a split keeps everybody in: the smallest excess and who has it.

    The excess is what a coalition gets beyond what it can save alone; a negative one means that it
    would leave.
    """

    stable: bool
    smallest_excess: float
    coalition: frozenset[Hashable]


@dataclass(frozen=True)
class SampledShare(Generic[Player]):
    """Shapley value estimated from random orders of joining.

    ``standard_error`` is that of each player's mean; the shares add up to the saving of all exactly.
    """

    split: dict[Player, float]
    standard_error: dict[Player, float]
    pairs: int  # of a random order and the same order backwards


def players_of(game: Mapping[frozenset[Player], float]) -> list[Player]:
    """Players of a game, in the order of their names.

    Raises
    ------
    YtterbyError: a coalition without a value or with one that is no number, an empty coalition that
    saves something, or more than ``MAX_PLAYERS`` players.
    """
    players = sorted({p for coalition in game for p in coalition}, key=str)
    if not players:
        raise YtterbyError("the game has no players.", "Give every coalition with its value.")
    if len(players) > MAX_PLAYERS:
        remedy = f"Share among at most {MAX_PLAYERS}, or use sampled_shapley."
        raise YtterbyError(f"{len(players)} players are too many.", remedy)
    missing = [c for c in coalitions_of(players) if c not in game]
    if missing:
        told = ", ".join(told_of(c) for c in missing[:5])
        raise YtterbyError(f"the game has no value for {told}.", "Missing is not zero: give every coalition.")
    odd = [c for c, value in game.items() if not math.isfinite(value)]
    if odd:
        raise YtterbyError(f"the value of {told_of(odd[0])} is no number.", "Give finite values.")
    if game.get(frozenset(), 0.0) != 0:
        raise YtterbyError("the empty coalition has a value.", "Nobody saves nothing: leave it out.")
    return players


def coalitions_of(players: Sequence[Player]) -> Iterator[frozenset[Player]]:
    """Every coalition but the empty one, small ones first."""
    for size in range(1, len(players) + 1):
        for chosen in combinations(players, size):
            yield frozenset(chosen)


def told_of(coalition: frozenset[Player]) -> str:
    """Name of a coalition for people."""
    return "+".join(sorted(map(str, coalition))) or "nobody"


# splits -------------------------------------------------------------------------------------------


def shapley(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Shapley value: each player's marginal contribution, averaged over all orders of joining.

    phi_i = sum over coalitions S without i of |S|! (n-|S|-1)! / n! (v(S+i) - v(S)).

    Raises
    ------
    YtterbyError: as :func:`players_of`.

    References
    ----------
    Shapley 1953; Lemaire 1991 (three insurers) in tests/published/test_planning.py.
    """
    players = players_of(game)
    count = len(players)
    share = dict.fromkeys(players, 0.0)
    for coalition in coalitions_of(players):
        size = len(coalition)
        weight = math.factorial(size - 1) * math.factorial(count - size) / math.factorial(count)
        for player in coalition:
            share[player] += weight * (game[coalition] - game.get(coalition - {player}, 0.0))
    return share


def sampled_shapley(
    players: Sequence[Player], value: Callable[[frozenset[Player]], float], *, pairs: int = 1000, seed: int
) -> SampledShare[Player]:
    """Estimate the Shapley value of a game too large to be written down.

    Players join in random orders, each followed by the same order backwards (antithetic pairs,
    which lower the error where contributions fall or rise with size); every coalition met is asked
    for once.

    Parameters
    ----------
    players: all of them; value: what a coalition saves, called with frozensets, never with the empty one.
    pairs: of orders, at least 2; seed: of the draw.

    Raises
    ------
    YtterbyError: fewer than two pairs, a player named twice, or a value that is no number.

    References
    ----------
    Castro, Gomez and Tejada 2009.
    """
    if pairs < 2 or len(set(players)) != len(players) or not players:
        raise YtterbyError("too few pairs of orders or players.", "Give 2 pairs or more, each player once.")
    rng = np.random.default_rng(seed)
    known: dict[frozenset[Player], float] = {frozenset(): 0.0}
    sums, squares = np.zeros(len(players)), np.zeros(len(players))
    for _ in range(pairs):
        order = rng.permutation(len(players))
        mean = (_joining(players, order, value, known) + _joining(players, order[::-1], value, known)) / 2
        sums, squares = sums + mean, squares + mean**2
    share = sums / pairs
    error = np.sqrt(np.maximum(0.0, squares / pairs - share**2) / (pairs - 1))
    return SampledShare(
        dict(zip(players, share.tolist(), strict=True)),
        dict(zip(players, error.tolist(), strict=True)),
        pairs,
    )


def _joining(
    players: Sequence[Player],
    order: NDArray[np.int64],
    value: Callable[[frozenset[Player]], float],
    known: dict[frozenset[Player], float],
) -> Floats:
    """Marginal contribution of each player in one order of joining."""
    gain, coalition = np.zeros(len(players)), frozenset[Player]()
    for place in order:
        larger = coalition | {players[place]}
        if larger not in known:
            known[larger] = float(value(larger))
            if not math.isfinite(known[larger]):
                raise YtterbyError(f"the value of {told_of(larger)} is no number.", "Give finite values.")
        gain[place] = known[larger] - known[coalition]
        coalition = larger
    return gain


def tau_value(game: Mapping[frozenset[Player], float]) -> dict[Player, float]:
    """Tau value: the efficient point between what each may at most ask for and can at least insist on.

    Utopia M_i = v(N) - v(N - i); right m_i = max over S with i of v(S) - sum of M_j of the others;
    tau = m + a (M - m) with sum tau = v(N).

    Raises
    ------
    YtterbyError: as :func:`players_of`; or the game is not quasi-balanced, that is, not m <= M and
    sum m <= v(N) <= sum M.

    References
    ----------
    Tijs 1981.
    """
    players = players_of(game)
    everyone = frozenset(players)
    total = game[everyone]
    most = {p: total - game.get(everyone - {p}, 0.0) for p in players}
    least = {
        p: max(game[c] - sum(most[j] for j in c if j != p) for c in coalitions_of(players) if p in c)
        for p in players
    }
    room = 1e-9 * max(1.0, *(abs(v) for v in game.values()))
    low, high = sum(least.values()), sum(most.values())
    if any(least[p] > most[p] + room for p in players) or not low - room <= total <= high + room:
        message = f"the game is not quasi-balanced: {low:,.6g} <= {total:,.6g} <= {high:,.6g} must hold"
        raise NoSuchSplit(f"{message}, and so for each player.", "Use shapley or prenucleolus.")
    part = (total - low) / (high - low) if high - low > room else 0.0
    return {p: least[p] + part * (most[p] - least[p]) for p in players}


def proportional_split(
    game: Mapping[frozenset[Player], float], weights: Mapping[Player, float] | None = None
) -> dict[Player, float]:
    """Saving of all in proportion to weights, or to what each saves alone.

    Raises
    ------
    YtterbyError: as :func:`players_of`; weights of other players, negative, or summing to zero.
    """
    players = players_of(game)
    weights = {p: game[frozenset([p])] for p in players} if weights is None else weights
    if set(weights) != set(players) or not all(0 <= w < math.inf for w in weights.values()):
        raise YtterbyError("weights are missing or negative.", "Give each player one weight from 0 on.")
    total = sum(weights.values())
    if total == 0:
        raise NoSuchSplit("all weights are zero.", "Give weights of which one at least is positive.")
    return {p: game[frozenset(players)] * weights[p] / total for p in players}


# stability ----------------------------------------------------------------------------------------


def in_core(game: Mapping[frozenset[Player], float], split: Mapping[Player, float]) -> CoreTest:
    """Test a split: it must give all of the saving, and every coalition what it can save alone.

    Raises
    ------
    YtterbyError: the split names other players, or does not add up to the saving of all.
    """
    players = players_of(game)
    total = game[frozenset(players)]
    size = max(1.0, abs(total))
    shared = sum(split.values())
    if set(split) != set(players) or not abs(shared - total) <= SPLIT_TOLERANCE * size:
        message = f"the split gives {shared:,.6g} of {total:,.6g} to {sorted(map(str, split))}."
        raise YtterbyError(message, "Share all of it among all players.")
    excess = {c: sum(split[p] for p in c) - game[c] for c in coalitions_of(players) if len(c) < len(players)}
    if not excess:
        return CoreTest(True, 0.0, frozenset(players))
    worst = min(excess, key=lambda c: (excess[c], len(c), sorted(map(str, c))))
    return CoreTest(excess[worst] >= -CORE_TOLERANCE * size, excess[worst], frozenset(worst))


def savings_game(costs: Mapping[frozenset[Player], float]) -> dict[frozenset[Player], float]:
    """Turn costs of coalitions into what each saves against its members acting alone."""
    players = players_of(costs)
    alone = {p: costs[frozenset([p])] for p in players}
    return {c: sum(alone[p] for p in c) - costs[c] for c in coalitions_of(players)}
