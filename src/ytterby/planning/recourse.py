"""Textbook programmes on plain arrays: choosing projects, and two stages under uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import InfeasiblePlan
from ytterby.planning.solve import INFINITY, MIP_GAP, Model, Solution, solve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Selection:
    """Which projects were chosen, and what they are worth."""

    chosen: NDArray[np.bool_]
    value: float
    gap: float  # relative; 0 when proven


def choose_projects(
    value: ArrayLike, cost: ArrayLike, budget: ArrayLike, *, time_limit: float | None = None
) -> Selection:
    """Choose the most valuable projects within one or several budgets (0/1 knapsack).

    max sum_j value_j z_j  subject to  sum_j cost_bj z_j <= budget_b,  z in {0, 1}.

    Parameters
    ----------
    value: [project]; cost: [project] or [budget row, project]; budget: number or [budget row].
    time_limit: seconds; the best selection found by then is returned with its gap.

    Raises
    ------
    InfeasiblePlan: a negative budget.
    """
    worth, spend = np.asarray(value, float), np.atleast_2d(np.asarray(cost, float))
    limit = np.atleast_1d(np.asarray(budget, float))
    model = Model("projects")
    chosen = model.add_columns(len(worth), cost=-worth, upper=1.0, integer=True)
    names = [f"budget {i + 1}" for i in range(len(limit))]
    rows = model.add_rows(len(limit), upper=limit, names=names)
    model.add_entries(rows[:, None], chosen[None, :], spend)
    found = solve(model, time_limit=time_limit, mip_gap=0.0)
    flags = found.value > 0.5
    return Selection(flags, float(worth[flags].sum()), found.gap)


@dataclass(frozen=True)
class Recourse:
    """A two-stage programme solved, with what knowing and hedging are worth.

    ``evpi`` is the value of perfect information (objective - wait and see), ``vss`` the value of
    the stochastic solution (cost of the mean-value plan - objective); infinite when the mean-value
    plan cannot be completed in some scenario.
    """

    first: Floats  # [first-stage variable]
    second: Floats  # [scenario, second-stage variable]
    objective: float
    wait_and_see: float
    evpi: float
    vss: float


@dataclass(frozen=True)
class _Problem:
    """min c x + sum_s p_s q_s y_s, A x <= b, T_s x + W y_s <= h_s, 0 <= x <= u, y >= 0."""

    c: Floats
    a: Floats
    b: Floats
    q: Floats  # [scenario, y]
    t: Floats  # [scenario, row, x]
    w: Floats  # [row, y]
    h: Floats  # [scenario, row]
    upper: Floats
    integer: bool


def solve_two_stage(
    cost: ArrayLike,
    rows: ArrayLike,
    limits: ArrayLike,
    recourse_cost: ArrayLike,
    technology: ArrayLike,
    recourse: ArrayLike,
    requirements: ArrayLike,
    probabilities: Sequence[float],
    *,
    upper: ArrayLike = INFINITY,
    integer: bool = False,
) -> Recourse:
    """Solve a two-stage linear programme with its value of information and of hedging.

    min c x + sum_s p_s q_s y_s  with  A x <= b,  T_s x + W y_s <= h_s,  0 <= x <= upper,  y >= 0.

    Parameters
    ----------
    cost: c [x]; rows: A [row, x]; limits: b [row].
    recourse_cost: q, [y] or [scenario, y]; technology: T, [scenario, row, x] or [row, x].
    recourse: W [row, y]; requirements: h, [row] or [scenario, row].
    probabilities: [scenario], summing to 1.
    integer: first-stage variables are whole numbers.

    Raises
    ------
    InfeasiblePlan, SolverFailure: when there is no optimum.

    References
    ----------
    Birge and Louveaux, Introduction to Stochastic Programming, section 1.1 (the farmer);
    tests/published/test_planning.py.
    """
    p = np.asarray(probabilities, float)
    w = np.atleast_2d(np.asarray(recourse, float))
    c = np.asarray(cost, float)
    problem = _Problem(
        c=c,
        a=np.asarray(rows, float).reshape(-1, len(c)),
        b=np.asarray(limits, float).ravel(),
        q=np.broadcast_to(np.asarray(recourse_cost, float), (len(p), w.shape[1])),
        t=np.broadcast_to(np.asarray(technology, float), (len(p), w.shape[0], len(c))),
        w=w,
        h=np.broadcast_to(np.asarray(requirements, float), (len(p), w.shape[0])),
        upper=np.broadcast_to(np.asarray(upper, float), c.shape),
        integer=integer,
    )
    found, x, y = _solve(problem, p, np.arange(len(p)))
    alone = [_solve(problem, np.ones(1), np.array([s]))[0].objective for s in range(len(p))]
    wait_and_see = float(p @ alone)
    return Recourse(
        x, y, found.objective, wait_and_see, found.objective - wait_and_see,
        _mean_plan_cost(problem, p) - found.objective,
    )  # fmt: skip


def _solve(
    problem: _Problem, p: Floats, scenarios: NDArray[np.int64], fixed: Floats | None = None
) -> tuple[Solution, Floats, Floats]:
    model = Model("two stages")
    low, high = (0.0, problem.upper) if fixed is None else (fixed, fixed)
    x = model.add_columns(len(problem.c), cost=problem.c, lower=low, upper=high, integer=problem.integer)
    y = model.add_columns((len(p), problem.w.shape[1]), cost=p[:, None] * problem.q[scenarios])
    first = model.add_rows(len(problem.b), upper=problem.b)
    model.add_entries(first[:, None], x[None, :], problem.a)
    second = model.add_rows((len(p), len(problem.w)), upper=problem.h[scenarios])
    model.add_entries(second[:, :, None], x[None, None, :], problem.t[scenarios])
    model.add_entries(second[:, :, None], y[:, None, :], problem.w[None])
    found = solve(model, mip_gap=MIP_GAP / 100)
    return found, found.value[x], found.value[y]


def _mean_plan_cost(problem: _Problem, p: Floats) -> float:
    """Cost, over all scenarios, of the plan made for the mean scenario."""
    mean = _Problem(
        problem.c, problem.a, problem.b, (p @ problem.q)[None], np.tensordot(p, problem.t, 1)[None],
        problem.w, (p @ problem.h)[None], problem.upper, problem.integer,
    )  # fmt: skip
    plan = _solve(mean, np.ones(1), np.zeros(1, np.int64))[1]
    try:
        return _solve(problem, p, np.arange(len(p)), plan)[0].objective
    except InfeasiblePlan:
        return float("inf")
