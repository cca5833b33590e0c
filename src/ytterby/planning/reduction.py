"""Few scenarios for many: fast forward selection, which keeps the distribution as near as it can.

After Dupacova, Groewe-Kuska and Roemisch (2003) and Heitsch and Roemisch (2003): the scenario that
brings the kept ones nearest to all is kept next, and in the end each one left out gives its
probability to the nearest kept one. That is the best redistribution for a given set; the set itself
is a heuristic, since the best one of a size is hard to find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import YtterbyError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SCENARIOS = 5000  # a matrix of distances between all of them: 200 MB


@dataclass(frozen=True)
class Reduction:
    """Which scenarios stay, and how far that is from all of them.

    ``distance``: Kantorovich distance to the whole distribution, in the unit of the points.
    """

    kept: Ints  # [kept] in rising order
    weight: Floats  # [kept] sum to what all weights sum to
    distance: float


def reduce_scenarios(points: ArrayLike, weight: ArrayLike, keep: int) -> Reduction:
    """Keep the ``keep`` scenarios that stand best for all, and give them the probability of the others.

    Parameters
    ----------
    points: [scenario, number] what each scenario says, in comparable units (distances are Euclidean).
    weight: [scenario] probabilities from 0.
    keep: from 1 to the number of scenarios; all of them change nothing.

    Raises
    ------
    YtterbyError: nothing to choose from, numbers that are missing, weights below 0, another ``keep``.
    """
    place, share = np.asarray(points, float), np.asarray(weight, float)
    _check(place, share, keep)
    if keep == len(share):
        return Reduction(np.arange(len(share), dtype=np.int64), share.copy(), 0.0)
    apart = _distances(place)
    kept = np.array(_forward(apart, share, keep), np.int64)
    kept.sort()
    nearest: Ints = kept[np.argmin(apart[:, kept], axis=1)]
    nearest[kept] = kept  # of equal scenarios each kept one stands for itself
    moved = np.bincount(nearest, share, len(share))[kept].astype(float)
    return Reduction(kept, moved, float(share @ apart[np.arange(len(share)), nearest]))


def _check(points: Floats, weight: Floats, keep: int) -> None:
    if points.ndim != 2 or weight.shape != points.shape[:1] or not len(weight):
        message = f"points of shape {points.shape} with weights of shape {weight.shape}."
        raise YtterbyError(message, "Give one row of numbers and one weight a scenario.")
    if not (np.isfinite(points).all() and np.isfinite(weight).all() and (weight >= 0).all()):
        raise YtterbyError("missing numbers, or a weight below 0.", "Give finite numbers, weights from 0.")
    if not 1 <= keep <= len(weight):
        raise YtterbyError(f"{keep} of {len(weight)} scenarios.", f"Keep from 1 to {len(weight)}.")
    if len(weight) > MOST_SCENARIOS:
        message = f"{len(weight)} scenarios are more than can be compared with each other."
        raise YtterbyError(message, f"Draw at most {MOST_SCENARIOS}.")


def _distances(points: Floats) -> Floats:
    """[scenario, scenario] Euclidean distances, one number at a time to keep memory at one matrix."""
    squared = np.zeros((len(points), len(points)))
    for column in points.T:
        squared += (column[:, None] - column[None, :]) ** 2
    return np.sqrt(squared)


def _forward(apart: Floats, weight: Floats, keep: int) -> list[int]:
    """Scenarios in the order of selection."""
    nearest = np.full(len(weight), np.inf)  # distance of each to what is kept
    kept: list[int] = []
    for _ in range(keep):
        left = weight @ np.minimum(nearest[:, None], apart)  # [candidate] distance if it is kept too
        left[kept] = np.inf
        kept.append(int(np.argmin(left)))
        nearest = np.minimum(nearest, apart[:, kept[-1]])
    return kept
