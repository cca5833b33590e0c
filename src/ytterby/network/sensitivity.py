"""Which assumption drives a loss: Sobol indices over the numbers that are not known.

First-order indices after Saltelli et al. 2010 (10.1016/j.cpc.2009.09.018, table 2, row b), total indices
after Jansen 1999 (row f there); intervals by bootstrap over the rows of the design. The estimators are held
to the closed form of the Ishigami function. Rules: ``docs/method/simulation.md``, section 11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import YtterbyError
from ytterby.network.assumptions import doubts_at, load_assumptions
from ytterby.network.chain import Chain, Floats
from ytterby.network.ensemble import BLOCK
from ytterby.network.shocks import NUMBERS, Scenario, Triangular, conditions_at
from ytterby.network.simulate import simulate

RESAMPLES = 500
_PARTS = ("level", "delay_weeks", "approval")  # of a shock, in the order of its uniform numbers
Model = Callable[[Floats], Floats]  # [point, parameter] quantiles 0..1 -> [point]


@dataclass(frozen=True)
class Parameter:
    """One number that is not known, and its column in the points of the design."""

    name: str
    label: str
    unit: str
    spread: Triangular
    column: int


@dataclass(frozen=True)
class Indices:
    """Sobol indices with 95 % intervals, each [parameter]."""

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats


def sobol_indices(model: Model, columns: int, *, points: int, rng: np.random.Generator) -> Indices:
    """First-order and total Sobol indices of a model of independent uniform numbers.

    Parameters
    ----------
    columns: number of parameters; the model runs ``points * (columns + 2)`` times.

    Returns
    -------
    Shares of the variance: *first* by the parameter alone, *total* with all it interacts with. Estimates
    of a small index may be slightly below 0.

    Raises
    ------
    YtterbyError: the model gives the same number everywhere.
    """
    a, b = rng.random((2, points, columns))
    mixed = np.repeat(a[None], columns, axis=0)
    for column in range(columns):
        mixed[column, :, column] = b[:, column]
    values = model(np.concatenate([a, b, mixed.reshape(-1, columns)]))
    f_a, f_b, f_mixed = values[:points], values[points : 2 * points], values[2 * points :]
    f_mixed = f_mixed.reshape(columns, points)
    if not np.ptp(values) > 1e-12 * np.abs(values).max(initial=0.0):
        raise YtterbyError("the loss is the same whatever is assumed.", "Ask about a shock that hurts.")
    first, total = _estimate(f_a, f_b, f_mixed, np.arange(points)[None])
    picks = rng.integers(0, points, (RESAMPLES, points))
    spread = [_estimate(f_a, f_b, f_mixed, pick[None]) for pick in picks]
    firsts, totals = (np.concatenate([each[side] for each in spread]) for side in (0, 1))
    ends = (0.025, 0.975)
    first_low, first_high = np.quantile(firsts, ends, axis=0)
    total_low, total_high = np.quantile(totals, ends, axis=0)
    return Indices(first[0], first_low, first_high, total[0], total_low, total_high)


def _estimate(f_a: Floats, f_b: Floats, f_mixed: Floats, pick: np.ndarray) -> tuple[Floats, Floats]:
    """Indices [resample, parameter]; centred values take noise out of the first-order ones."""
    a, b, mixed = f_a[pick], f_b[pick], np.moveaxis(f_mixed[:, pick], 0, 1)
    both = np.concatenate([a, b], axis=1)
    centre, variance = both.mean(axis=1)[:, None], both.var(axis=1)[:, None]
    variance = np.where(variance > 0, variance, np.nan)
    first = ((b - centre)[:, None] * (mixed - a[:, None])).mean(axis=2) / variance
    total = 0.5 * ((a[:, None] - mixed) ** 2).mean(axis=2) / variance
    return np.nan_to_num(first), np.nan_to_num(total)


def uncertain_parameters(scenario: Scenario) -> list[Parameter]:
    """What is assumed, and the numbers that the scenario's shocks leave open."""
    known = [
        Parameter(each.name, each.label, each.unit, each.spread, column)
        for column, each in enumerate(load_assumptions())
    ]
    for s, shock in enumerate(scenario.shocks):
        for n, part in enumerate(_PARTS):
            spread = getattr(shock, part)
            if spread is not None and spread.low < spread.high:
                unit = "week" if part == "delay_weeks" else "share"
                column = len(load_assumptions()) + s * NUMBERS + n
                known.append(
                    Parameter(f"shock_{s + 1}_{part}", f"{shock.kind}: {part}", unit, spread, column)
                )
    return known


def rank_drivers(
    files: StudyFiles,
    chain: Chain,
    scenario: Scenario,
    *,
    counted: Floats,
    weeks: int,
    points: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Rank what is not known by its part in the variance of a loss.

    Parameters
    ----------
    counted: [use] USD (or 1) a tonne of unmet need; 0 for uses that are not counted.

    Returns
    -------
    parameter, label, unit, low, mode, high, first, first_low, first_high, total, total_low, total_high;
    largest total first.
    """
    known = uncertain_parameters(scenario)

    def model(shares: Floats) -> Floats:
        return loss_at(files, chain, scenario, known, shares, counted, weeks, progress)

    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    found = sobol_indices(model, len(known), points=points, rng=rng)
    table = pd.DataFrame(
        {
            "parameter": [each.name for each in known],
            "label": [each.label for each in known],
            "unit": [each.unit for each in known],
            **{end: [getattr(each.spread, end) for each in known] for end in ("low", "mode", "high")},
            **vars(found),
        }
    )
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)


def loss_at(
    files: StudyFiles, chain: Chain, scenario: Scenario, known: list[Parameter], shares: Floats,
    counted: Floats, weeks: int, progress: Callable[[int, int], None] | None = None,
) -> Floats:  # fmt: skip
    """Loss [point] where each parameter lies at its quantile; what the scenario fixes stays as it is."""
    fixed = len(load_assumptions())
    losses: list[Floats] = []
    for start in range(0, len(shares), BLOCK):
        part = shares[start : start + BLOCK]
        whole = np.full((len(part), fixed + NUMBERS * len(scenario.shocks)), 0.5)
        whole[:, [each.column for each in known]] = part
        doubts = doubts_at(files, chain, whole[:, :fixed])
        uniform = whole[:, fixed:].reshape(len(part), len(scenario.shocks), NUMBERS)
        futures = [conditions_at(scenario, chain, weeks, each) for each in uniform]
        run = simulate(chain, futures, behaviour=doubts.behaviours, targets=doubts.targets)
        losses.append(run.unmet_t.sum(axis=1) @ counted)
        if progress:
            progress(start + len(part), len(shares))
    return np.concatenate(losses)
