"""The futures that a plan is made for: the most likely numbers of each scenario, or draws of them.

The most likely numbers of a scenario are one future; what a plan is worth is an expectation, which
is another thing. Drawn futures come from the streams that the simulator uses (same seed, same
futures), and many of them can be told by few: those that forward selection keeps, with the weights
of the ones they stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import YtterbyError
from ytterby.network.chain import Chain
from ytterby.network.ensemble import Draw, spread_draws
from ytterby.network.shocks import Conditions, Scenario, Triangular, modal_conditions
from ytterby.planning.periods import Horizon, PeriodConditions, by_period
from ytterby.planning.reduction import reduce_scenarios

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Futures:
    """What may happen, by period, each with its scenario and its share of that scenario's probability."""

    conditions: tuple[PeriodConditions, ...]
    of: Ints  # [future] place of its scenario
    share: Floats  # [future]; those of one scenario sum to 1


@dataclass(frozen=True)
class Drawing:
    """How many futures to plan for, and where they come from.

    ``planned`` futures are spread over the scenarios as draws are. With ``drawn`` more are drawn first,
    and forward selection keeps ``planned`` of them.
    """

    planned: int
    seed: int
    drawn: int | None = None

    def __post_init__(self) -> None:
        if self.drawn is not None and self.drawn < self.planned:
            remedy = "Draw at least as many as are to be kept."
            raise YtterbyError(f"{self.planned} futures cannot be kept of {self.drawn} drawn.", remedy)


def likely_futures(scenarios: Sequence[Scenario], chain: Chain, horizon: Horizon) -> Futures:
    """One future for each scenario: every uncertain number at its most likely value."""
    count = len(scenarios)
    made = (modal_conditions(scenario, chain, horizon.weeks) for scenario in scenarios)
    return Futures(_all_by_period(chain, made, horizon), np.arange(count), np.ones(count))


def drawn_futures(scenarios: Sequence[Scenario], chain: Chain, horizon: Horizon, drawing: Drawing) -> Futures:
    """Draws of every scenario, equally likely within it, or those that stand for more draws.

    Raises
    ------
    YtterbyError: fewer draws than scenarios.
    """
    drawn = spread_draws(scenarios, drawing.drawn or drawing.planned)
    planned = spread_draws(scenarios, drawing.planned)
    kept: list[Draw] = []
    of: list[int] = []
    share: list[float] = []
    for place, scenario in enumerate(scenarios):
        pool = [draw for draw in drawn if draw.scenario is scenario]
        few = sum(draw.scenario is scenario for draw in planned)
        points = np.array([drawn_numbers(draw, drawing.seed) for draw in pool])
        found = reduce_scenarios(points, np.full(len(pool), 1.0 / len(pool)), few)
        kept += [pool[i] for i in found.kept]
        of += [place] * few
        share += found.weight.tolist()
    made = (draw.conditions(chain, horizon.weeks, drawing.seed) for draw in kept)
    return Futures(_all_by_period(chain, made, horizon), np.array(of, np.int64), np.array(share))


def drawn_numbers(draw: Draw, seed: int) -> Floats:
    """[number] uncertain numbers of a draw, each as its place between lowest (0) and highest (1)."""
    told: list[float] = []
    for shock, shares in zip(draw.scenario.shocks, draw.shares(seed), strict=True):
        for number, share in zip((shock.level, shock.delay_weeks, shock.approval), shares, strict=True):
            if number is not None and number.high > number.low:
                told.append(_place(number, float(share)))
    return np.array(told)


def _place(number: Triangular, share: float) -> float:
    return (number.quantile(share) - number.low) / (number.high - number.low)


def _all_by_period(
    chain: Chain, made: Iterable[Conditions], horizon: Horizon
) -> tuple[PeriodConditions, ...]:
    return tuple(by_period(chain, conditions, horizon) for conditions in made)
