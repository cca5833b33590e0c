"""The steady state of a chain by back-substitution from its end uses.

Every pool with main producers supplies exactly what is bought from it, by-products included; pools
fed by by-products alone may have a surplus, which is disposed of (the balance problem of
co-production).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ytterby.network.chain import WEEKS_PER_YEAR, Floats

BALANCE_TOLERANCE = 1e-9  # relative; residual of the linear solve that counts as balanced


@dataclass(frozen=True)
class Baseline:
    """Steady state, tonnes a week: activity [plant]; need, supply and surplus [pool]."""

    activity: Floats
    need: Floats
    supply: Floats
    surplus: Floats


def back_substitute(made: Floats, bought: Floats, demand: Floats, weight: Floats) -> Baseline:
    """Solve supply = need in every pool that has main producers, one scale per such pool."""
    pools = np.flatnonzero(weight.any(axis=1))
    shape = weight[pools].T  # [plant, scale]
    matrix = (made - bought)[pools] @ shape
    right = bought[pools] @ demand
    scale = np.linalg.lstsq(matrix, right, rcond=None)[0] if len(pools) else np.zeros(0)
    activity = demand + shape @ scale
    need, supply = bought @ activity, made @ activity
    size = max(1e-300, float(np.abs(need).max(initial=0.0)))
    surplus = supply - need
    surplus[np.abs(surplus) <= BALANCE_TOLERANCE * size] = 0.0
    idle = np.abs(activity) <= BALANCE_TOLERANCE * size
    activity[idle] = 0.0  # and so is what they would buy or make, or stocks would start below zero
    return Baseline(activity, bought[:, ~idle] @ activity[~idle], supply, surplus)


def find_problems(
    baseline: Baseline, capacity: Floats, plants: tuple[str, ...], pools: list[str]
) -> Iterator[str]:
    """Say what keeps a baseline from being a steady state: pools unfed, plants below 0 or over capacity."""
    yearly = WEEKS_PER_YEAR
    for q in np.flatnonzero(baseline.surplus < 0):
        need, supply = baseline.need[q] * yearly, baseline.supply[q] * yearly
        yield f"{pools[q]}: {need:,.4g} t/year are bought, {supply:,.4g} made. Add a producer or an origin."
    for p in np.flatnonzero(baseline.activity < 0):
        yield f"{plants[p]}: by-products of others exceed the need. Change weights or main outputs."
    for p in np.flatnonzero(baseline.activity > capacity * (1 + BALANCE_TOLERANCE)):
        need = baseline.activity[p] * yearly
        yield f"{plants[p]}: must make {need:,.4g} t/year, capacity is {capacity[p] * yearly:,.4g}. Raise it."
