"""How much to store for one period: the newsvendor's rule, and what pooling needs is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers
from ytterby.planning.risk import PROBABILITY_TOLERANCE, check_probabilities

Floats = NDArray[np.float64]
Needs = tuple[ArrayLike, ArrayLike]  # outcomes, probabilities

MOST_OUTCOMES = 1_000_000  # of pooled needs


def newsvendor(
    cost: float, value: float, outcomes: ArrayLike, probabilities: ArrayLike, *, salvage: float = 0.0
) -> float:
    """Stock that minimises cost x stock + value x expected need left unmet - salvage x stock left over.

    The smallest q with P(need <= q) >= (value - cost) / (value - salvage), which without salvage is
    1 - cost / value (Arrow, Harris and Marschak 1951).

    Parameters
    ----------
    cost: of storing one tonne, USD/t; value: of one tonne missing, USD/t (for a trader, the price).
    outcomes: possible needs, tonnes; probabilities: of each, summing to 1.
    salvage: what a tonne left over is worth, USD/t, below the cost.

    Returns
    -------
    Tonnes; 0 when storing costs more than it can ever be worth.

    Raises
    ------
    BadNumbers: negative numbers, salvage not below the cost, or probabilities that do not sum to 1.
    """
    need, chance = _needs(outcomes, probabilities)
    part = _critical(cost, value, salvage)
    if part <= 0:
        return 0.0
    order = np.argsort(need)
    reached = np.cumsum(chance[order]) >= part - PROBABILITY_TOLERANCE
    return float(need[order][np.argmax(reached)])


def newsvendor_cost(
    stock: float,
    cost: float,
    value: float,
    outcomes: ArrayLike,
    probabilities: ArrayLike,
    *,
    salvage: float = 0.0,
) -> float:
    """Expected cost of a stock, USD: what :func:`newsvendor` minimises.

    Raises
    ------
    BadNumbers: as :func:`newsvendor`, or a negative stock.
    """
    need, chance = _needs(outcomes, probabilities)
    _critical(cost, value, salvage)
    if not 0 <= stock < np.inf:
        raise BadNumbers(f"a stock of {stock:g}.", "Give tonnes from 0 on.")
    missing, left = chance @ np.maximum(0.0, need - stock), chance @ np.maximum(0.0, stock - need)
    return float(cost * stock + value * missing - salvage * left)


@dataclass(frozen=True)
class NormalStock:
    """Stock for a normal need, and its expected cost and shortage."""

    stock: float  # tonnes
    cost: float  # USD
    shortage: float  # tonnes


def newsvendor_normal(
    cost: float, value: float, mean: float, deviation: float, *, salvage: float = 0.0
) -> NormalStock:
    """Stock for a normally distributed need: mean + z x deviation, z the quantile of the critical ratio.

    Expected shortage is deviation x (density(z) - z (1 - P(z))). A normal need may be negative; where the
    mean is below some three deviations, give outcomes to :func:`newsvendor` instead.

    Parameters
    ----------
    cost, value, salvage: as :func:`newsvendor`; mean, deviation: of the need, tonnes, deviation above 0.

    Raises
    ------
    BadNumbers: as :func:`newsvendor`; a cost of zero or not below the value, for which no finite or no
        positive stock is best.

    References
    ----------
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, chapter 9.
    """
    part = _critical(cost, value, salvage)
    if not 0 < part < 1 or not 0 < deviation < np.inf or not np.isfinite(mean):
        raise BadNumbers(
            f"critical ratio {part:g}, mean {mean:g}, deviation {deviation:g} give no stock.",
            "Give 0 <= salvage < cost < value and a deviation above 0.",
        )
    normal = NormalDist()
    z = normal.inv_cdf(part)
    missing = deviation * (normal.pdf(z) - z * (1 - part))
    stock = mean + z * deviation
    left = stock - mean + missing
    return NormalStock(stock, cost * stock + value * missing - salvage * left, missing)


@dataclass(frozen=True)
class Pooling:
    """Stocks and expected costs of independent needs, each for itself and in one pool."""

    alone: Floats  # [need] tonnes
    alone_cost: Floats  # [need] USD
    pooled: float  # tonnes
    pooled_cost: float  # USD
    gain: float  # USD, from 0 on


def pooling_gain(cost: float, value: float, needs: Sequence[Needs], *, salvage: float = 0.0) -> Pooling:
    """What one stock for several independent needs saves against one stock each.

    Parameters
    ----------
    cost, value, salvage: as :func:`newsvendor`; needs: outcomes and probabilities of each.

    Raises
    ------
    BadNumbers: as :func:`newsvendor`, no need at all, or more than a million pooled outcomes.

    References
    ----------
    Eppen 1979.
    """
    if not needs:
        raise BadNumbers("there is no need to pool.", "Give outcomes and probabilities of each.")
    stocks = [newsvendor(cost, value, *need, salvage=salvage) for need in needs]
    costs = [
        newsvendor_cost(q, cost, value, *need, salvage=salvage) for q, need in zip(stocks, needs, strict=True)
    ]
    outcomes, chance = sum_of_needs(needs)
    pooled = newsvendor(cost, value, outcomes, chance, salvage=salvage)
    total = newsvendor_cost(pooled, cost, value, outcomes, chance, salvage=salvage)
    return Pooling(np.array(stocks), np.array(costs), pooled, total, sum(costs) - total)


def sum_of_needs(needs: Sequence[Needs]) -> tuple[Floats, Floats]:
    """Outcomes and probabilities of the sum of independent needs.

    Raises
    ------
    BadNumbers: as :func:`pooling_gain`.
    """
    total: Floats = np.zeros(1)
    chance: Floats = np.ones(1)
    for told in needs:
        need, odds = _needs(*told)
        if len(total) * len(need) > MOST_OUTCOMES:
            raise BadNumbers("the pooled need has more than a million outcomes.", "Give fewer outcomes each.")
        total, place = np.unique((total[:, None] + need).ravel(), return_inverse=True)
        chance = np.asarray(np.bincount(place, (chance[:, None] * odds).ravel()), float)
    return total, chance / chance.sum()


def _needs(outcomes: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats]:
    need = np.asarray(outcomes, float).ravel()
    chance = check_probabilities(probabilities, len(need))
    if not ((need >= 0) & np.isfinite(need)).all():
        raise BadNumbers("a need is negative or no number.", "Give tonnes from 0 on.")
    return need, chance


def _critical(cost: float, value: float, salvage: float) -> float:
    """Probability with which the stock should suffice; 0 or less when nothing should be stored."""
    if not (0 <= cost < np.inf and 0 < value < np.inf):
        raise BadNumbers("a negative cost or value.", "Give numbers from 0, value above 0.")
    if salvage and not 0 <= salvage < min(cost, value):
        raise BadNumbers(
            f"salvage {salvage:g} is not below the cost {cost:g}.", "Else stock pays for itself."
        )
    return (value - cost) / (value - salvage)
