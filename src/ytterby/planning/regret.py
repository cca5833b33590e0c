"""Which plan is least regretted, and what it would be worth to know the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.planning.operations import MONEY
from ytterby.planning.programme import PLAN_GAP, Choice, Programme, unwatched
from ytterby.planning.risk import minimax_regret

Floats = NDArray[np.float64]

REGRET_GAP = 2.5 * PLAN_GAP
REGRET_COLUMNS = ["plan", "scenario", "probability", "cost_usd", "regret_usd"]


@dataclass(frozen=True)
class PlanRegret:
    """What each plan would cost in each scenario, over the best that this scenario allows.

    ``table``: plan ("all scenarios", or the scenario that a plan was made for), scenario,
    probability, cost_usd (over today's operation), regret_usd (0 at the best of the plans).
    ``least_regretted``: plan whose largest regret is smallest (minimax regret among these plans).
    ``information_usd``: expected value of perfect information, that is expected cost of the plan for
    all scenarios less the expected cost when each scenario is known before deciding.
    ``stochastic_usd``: expected cost of the plan for the most likely scenario less that of the plan
    for all: the worth of looking at all of them.
    """

    table: pd.DataFrame
    least_regretted: str
    information_usd: float
    stochastic_usd: float


ALL = "all scenarios"


def regret(
    programme: Programme,
    choice: Choice,
    *,
    time_limit: float | None = None,
    progress: Callable[[float], None] = unwatched,
) -> PlanRegret:
    """Make a plan for every scenario as if it were certain, and run each plan in all of them."""
    names = [s.name for s in programme.task.scenarios]
    count, futures = len(names), programme.task.futures
    plans = {ALL: choice}
    for i, name in enumerate(names):
        certain = np.where(futures.of == i, futures.share, 0.0)
        plans[name] = programme.choose(chance=certain, gap=REGRET_GAP, time_limit=time_limit)
        progress((i + 1) / count)
    cost = np.array([_cost(programme, made) for made in plans.values()])  # [plan, scenario]
    found = minimax_regret(cost)
    chance = np.array([s.probability for s in programme.task.scenarios])
    likely = 1 + int(np.argmax(chance))
    expected = cost @ chance
    rows = [
        [plan, scenario, chance[j], cost[i, j], found.regret[i, j]]
        for i, plan in enumerate(plans)
        for j, scenario in enumerate(names)
    ]
    return PlanRegret(
        table=pd.DataFrame(rows, columns=REGRET_COLUMNS),
        least_regretted=list(plans)[found.choice],
        information_usd=float(chance @ (cost[0] - cost.min(axis=0))),
        stochastic_usd=float(expected[likely] - expected[0]),
    )


def _cost(programme: Programme, choice: Choice) -> Floats:
    """[scenario] capex and operation over today's, USD."""
    return (
        choice.capex_usd + programme.task.by_scenario(choice.answer.cost) * MONEY - programme.baseline_usd()
    )
