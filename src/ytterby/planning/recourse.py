"""Two stages under uncertainty on plain arrays: decide now, complete when the scenario is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers, InfeasiblePlan, SolverFailure, UnboundedPlan
from ytterby.planning.benders import decompose
from ytterby.planning.risk import check_probabilities, cvar
from ytterby.planning.solve import INFINITY
from ytterby.planning.two_stage import GAP, Completed, Completions, TwoStage, solve_whole

Floats = NDArray[np.float64]
Senses = str | Sequence[str]


@dataclass(frozen=True)
class Recourse:
    """A two-stage programme solved, with what knowing and hedging are worth.

    All amounts are in the sense of the question: costs when minimising, profits when maximising.
    ``evpi``, the value of perfect information, is what wait and see betters the objective by;
    ``vss``, the value of the stochastic solution, what the objective betters the mean-value plan by.
    Both are from 0 on. ``eev`` is infinite when the mean-value plan cannot be completed in some
    scenario, and no number when the mean scenario has no plan.
    """

    first: Floats  # [first-stage variable]
    second: Floats  # [scenario, second-stage variable]
    objective: float  # RP: with risk_weight the mixture of mean and tail
    scenario_objectives: Floats  # [scenario], first stage included
    expected: float  # mean of the scenarios' objectives
    cvar: float  # mean loss in the worst 1 - beta; a loss is a cost, or minus a profit
    wait_and_see: float  # WS
    eev: float  # expected result of the mean-value plan
    evpi: float
    vss: float
    mean_plan: Floats  # [first-stage variable]
    gap: float  # relative distance of the objective to the bound; 0 for an LP solved whole
    proven: bool  # the gap is within the one asked for


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
    senses: Senses = "<=",
    recourse_senses: Senses = "<=",
    lower: ArrayLike = 0.0,
    upper: ArrayLike = INFINITY,
    recourse_lower: ArrayLike = 0.0,
    recourse_upper: ArrayLike = INFINITY,
    integer: bool | Sequence[bool] = False,
    maximise: bool = False,
    risk_weight: float = 0.0,
    beta: float = 0.95,
    method: Literal["deterministic", "benders"] = "deterministic",
    gap: float = GAP,
    time_limit: float | None = None,
) -> Recourse:
    """Solve a two-stage linear programme with its value of information and of hedging.

    min c x + sum_s p_s q_s y_s  with  A x ~ b,  T_s x + W_s y_s ~ h_s  and bounds, ~ one of <=, >=, =.
    With ``risk_weight`` l the mean of the scenarios' costs Q is replaced by (1 - l) E[Q] + l CVaR[Q].

    Parameters
    ----------
    cost: c [x]; rows: A [row, x], may be empty; limits: b [row].
    recourse_cost: q, [y] or [scenario, y]; technology: T, [row, x] or [scenario, row, x].
    recourse: W, [row, y] or [scenario, row, y]; requirements: h, [row] or [scenario, row].
    probabilities: [scenario], summing to 1.
    senses, recourse_senses: "<=", ">=" or "=", one for all rows or one for each.
    lower, upper, recourse_lower, recourse_upper: bounds of x and y, numbers or one for each.
    integer: first-stage variables that are whole numbers, all or one flag each.
    maximise: costs are profits, to be made large; the tail is then that of minus the profit.
    risk_weight: 0 (the mean) to 1 (the tail alone); beta: share of cases that are not the tail.
    method: one large programme, or multicut Benders decomposition within a box around the best plan.
    gap: relative, at which to stop; time_limit: seconds for the programme, the measures come on top.

    Raises
    ------
    BadNumbers: shapes, senses, probabilities or weights that do not fit.
    InfeasiblePlan, UnboundedPlan, SolverFailure: when there is no optimum.

    References
    ----------
    Birge and Louveaux, Introduction to Stochastic Programming, sections 1.1 (the farmer) and 4.1 to 4.3;
    tests/published/test_two_stage.py.
    """
    sign = -1.0 if maximise else 1.0
    p, c = np.asarray(probabilities, float).ravel(), np.asarray(cost, float).ravel()
    w = _sized("recourse", np.atleast_2d(np.asarray(recourse, float)), len(p), None, None)
    limit = np.asarray(limits, float).ravel()
    many, recourses = w.shape[1:]
    problem = TwoStage(
        c=sign * c,
        a=_first_rows(rows, len(c), limit.size),
        b=limit,
        senses=_senses(senses, limit.size),
        q=sign * _sized("recourse_cost", recourse_cost, len(p), recourses),
        t=_sized("technology", np.atleast_2d(np.asarray(technology, float)), len(p), many, len(c)),
        w=w,
        h=_sized("requirements", requirements, len(p), many),
        recourse_senses=_senses(recourse_senses, many),
        p=check_probabilities(p, len(p)),
        lower=_bounds("lower", lower, len(c)),
        upper=_bounds("upper", upper, len(c)),
        recourse_lower=_bounds("recourse_lower", recourse_lower, recourses),
        recourse_upper=_bounds("recourse_upper", recourse_upper, recourses),
        integer=_bounds("integer", integer, len(c)).astype(bool),
        risk_weight=risk_weight,
        beta=beta,
    )
    _check(problem, method)
    solver = decompose if method == "benders" else solve_whole
    return _report(problem, sign, solver(problem, gap, time_limit))


# reading the question -----------------------------------------------------------------------------


def _sized(name: str, values: ArrayLike, *shape: int | None) -> Floats:
    """Array [scenario, ...]; without that axis it is the same in every scenario."""
    array = np.asarray(values, float)
    array = array[None] if array.ndim == len(shape) - 1 else array
    fits = array.ndim == len(shape) and array.shape[0] in (1, shape[0])
    if not fits or any(
        want not in (None, size) for want, size in zip(shape[1:], array.shape[1:], strict=True)
    ):
        told = " x ".join("any" if size is None else str(size) for size in shape)
        raise BadNumbers(f"{name} is {_told(array.shape)}, not {told}.", "Let the shapes match.")
    return np.broadcast_to(array, (shape[0] or 1, *array.shape[1:]))


def _first_rows(rows: ArrayLike, count: int, limits: int) -> Floats:
    array = np.asarray(rows, float)
    array = np.zeros((0, count)) if not array.size else np.atleast_2d(array)
    if array.shape != (limits, count):
        raise BadNumbers(f"rows is {_told(array.shape)}, not {limits} x {count}.", "Let the shapes match.")
    return array


def _bounds(name: str, values: ArrayLike, count: int) -> Floats:
    array = np.asarray(values, float)
    if array.shape not in ((), (count,)):
        raise BadNumbers(f"{name} is {_told(array.shape)}, not {count}.", "Give one number, or one for each.")
    return np.broadcast_to(array, (count,))


def _told(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _senses(senses: Senses, count: int) -> NDArray[np.str_]:
    told = [senses] * count if isinstance(senses, str) else list(senses)
    told = ["=" if sense == "==" else sense for sense in told]
    if len(told) != count or not set(told) <= {"<=", ">=", "="}:
        raise BadNumbers(f"{count} rows have the senses {told}.", 'Give "<=", ">=" or "=" for each row.')
    return np.array(told, dtype=np.str_)


def _check(problem: TwoStage, method: str) -> None:
    finite = (problem.c, problem.a, problem.b, problem.q, problem.t, problem.w, problem.h)
    if not all(np.isfinite(part).all() for part in finite):
        raise BadNumbers("a coefficient is no finite number.", "Missing is not zero: give every coefficient.")
    bounds = (problem.lower, problem.upper, problem.recourse_lower, problem.recourse_upper)
    if any(np.isnan(part).any() for part in bounds):
        raise BadNumbers("a bound is no number.", "Give infinity where there is no bound.")
    if not 0 <= problem.risk_weight <= 1 or not 0 <= problem.beta < 1:
        raise BadNumbers("risk_weight or beta is out of range.", "Give a weight from 0 to 1 and 0.95.")
    if method not in ("deterministic", "benders"):
        raise BadNumbers(f"unknown method {method!r}.", 'Give "deterministic" or "benders".')


# what knowing and hedging are worth ---------------------------------------------------------------


def _report(problem: TwoStage, sign: float, plan: Completed) -> Recourse:
    alone = np.array([_alone(problem.only(s)) for s in range(len(problem.p))])
    objective, waiting = problem.measure(plan.costs), problem.measure(alone)
    mean_plan, eev = _mean_plan(problem)
    return Recourse(
        first=plan.first,
        second=plan.second,
        objective=sign * objective,
        scenario_objectives=sign * plan.costs,
        expected=sign * float(problem.p @ plan.costs),
        cvar=cvar(plan.costs, problem.p, problem.beta),
        wait_and_see=sign * waiting,
        eev=sign * eev,
        evpi=objective - waiting,
        vss=eev - objective,
        mean_plan=mean_plan,
        gap=plan.gap,
        proven=plan.proven,
    )


def _alone(certain: TwoStage) -> float:
    """Cost of the best plan for one scenario; without limit where the others set it."""
    try:
        return float(solve_whole(certain).costs[0])
    except UnboundedPlan:
        return -INFINITY


def _mean_plan(problem: TwoStage) -> tuple[Floats, float]:
    """Plan made for the mean scenario, and what it costs over all of them."""
    try:
        plan = solve_whole(problem.mean()).first
    except SolverFailure:  # possible where W or q are random
        return np.full(len(problem.c), np.nan), np.nan
    try:
        return plan, problem.measure(Completions(problem).complete(plan).costs)
    except InfeasiblePlan:
        return plan, INFINITY
