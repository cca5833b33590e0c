"""How bad the bad cases are: value at risk, its conditional mean, and regret."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers
from ytterby.network.outcomes import tail_mean

Floats = NDArray[np.float64]

PROBABILITY_TOLERANCE = 1e-9


def check_probabilities(probabilities: ArrayLike, count: int) -> Floats:
    """Probabilities of ``count`` outcomes as an array.

    Raises
    ------
    BadNumbers: another number of them, negative ones, or a sum that is not 1.
    """
    chance = np.asarray(probabilities, float)
    if chance.shape != (count,) or not count:
        raise BadNumbers(
            f"{count} outcomes have {chance.size} probabilities.", "Give one for each, at least one."
        )
    if not (chance >= 0).all() or not abs(chance.sum() - 1) <= PROBABILITY_TOLERANCE:
        raise BadNumbers(f"probabilities sum to {chance.sum():.6g}.", "Let them be from 0 on and sum to 1.")
    return chance


def cvar(losses: ArrayLike, probabilities: ArrayLike | None = None, beta: float = 0.95) -> float:
    """Conditional value at risk: mean loss in the worst 1 - beta of the cases.

    min over eta of eta + sum p max(0, loss - eta) / (1 - beta); an outcome that lies across the
    border counts with the part of its probability beyond it.

    Parameters
    ----------
    losses: [outcome], any unit; probabilities: [outcome], summing to 1, or None for equal ones.
    beta: 0 (the mean) to below 1.

    Raises
    ------
    BadNumbers: a loss that is no number, probabilities that do not match, beta outside 0 to 1.

    References
    ----------
    Rockafellar and Uryasev 2002; tests/published/test_risk.py.
    """
    return tail_mean(*_outcomes(losses, probabilities, beta), beta)


def weighted(weights: Floats, values: Floats) -> float:
    """Sum of weights times values; what has no weight does not count, even if it is infinite."""
    kept = weights > 0
    return float(weights[kept] @ values[kept])


def value_at_risk(losses: ArrayLike, probabilities: ArrayLike | None = None, beta: float = 0.95) -> float:
    """Smallest loss that is not exceeded with probability beta at least.

    Raises
    ------
    BadNumbers: as :func:`cvar`.
    """
    loss, chance = _outcomes(losses, probabilities, beta)
    order = np.argsort(loss)
    reached = np.cumsum(chance[order]) >= beta - PROBABILITY_TOLERANCE
    reached &= chance[order] > 0
    return float(loss[order][np.argmax(reached)])


def cvar_normal(mean: float, deviation: float, beta: float = 0.95) -> float:
    """Conditional value at risk of a normal loss: mean + deviation x density(z) / (1 - beta).

    0.95 gives 2.0627 standard deviations and 0.99 gives 2.6652.

    Raises
    ------
    BadNumbers: a negative deviation, or beta not between 0 and 1.
    """
    if not (0 < beta < 1 and 0 <= deviation < np.inf and np.isfinite(mean)):
        raise BadNumbers(
            f"beta {beta:g} or deviation {deviation:g} is out of range.",
            "Give beta between 0 and 1 and a deviation from 0 on.",
        )
    normal = NormalDist()
    return mean + deviation * normal.pdf(normal.inv_cdf(beta)) / (1 - beta)


def _outcomes(losses: ArrayLike, probabilities: ArrayLike | None, beta: float) -> tuple[Floats, Floats]:
    loss = np.asarray(losses, float).ravel()
    if probabilities is None:
        probabilities = np.full(loss.size, 1 / max(1, loss.size))
    chance = check_probabilities(probabilities, loss.size)
    if not np.isfinite(loss).all() or not 0 <= beta < 1:
        raise BadNumbers(
            "a loss is no number, or beta is not from 0 to below 1.", "Give finite losses and 0.95."
        )
    return loss, chance


@dataclass(frozen=True)
class Regret:
    """Decision with the smallest largest regret; the first of equal ones."""

    choice: int
    largest: float  # regret of the choice in its worst scenario
    regret: Floats  # [decision, scenario]: cost beyond the best decision of that scenario


def minimax_regret(costs: ArrayLike) -> Regret:
    """Choose the decision that can be regretted least, without probabilities.

    Parameters
    ----------
    costs: [decision, scenario], the less the better (profits with a minus sign).

    Raises
    ------
    BadNumbers: not a table of finite numbers.

    References
    ----------
    Savage 1951.
    """
    table = np.asarray(costs, float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise BadNumbers("costs are no table of numbers.", "Give one row a decision, one column a scenario.")
    regret = table - table.min(axis=0)
    largest = regret.max(axis=1)
    choice = int(np.argmin(largest))
    return Regret(choice, float(largest[choice]), regret)
