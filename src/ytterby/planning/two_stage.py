"""A two-stage programme on plain arrays: as one large programme, and scenario by scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import InfeasiblePlan
from ytterby.network.outcomes import tail_mean
from ytterby.planning.risk import weighted
from ytterby.planning.solve import INFINITY, MIP_GAP, Model, Solution, Solver

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

GAP = MIP_GAP / 100  # relative


@dataclass(frozen=True)
class TwoStage:
    """min c x + E q y, A x ~ b, T x + W y ~ h, with bounds; E may be mixed with the tail mean."""

    c: Floats  # [x]
    a: Floats  # [row, x]
    b: Floats
    senses: NDArray[np.str_]
    q: Floats  # [scenario, y]
    t: Floats  # [scenario, row, x]
    w: Floats  # [scenario, row, y]
    h: Floats  # [scenario, row]
    recourse_senses: NDArray[np.str_]
    p: Floats  # [scenario]
    lower: Floats  # [x]
    upper: Floats
    recourse_lower: Floats  # [y]
    recourse_upper: Floats
    integer: Flags  # [x]
    risk_weight: float
    beta: float

    def measure(self, costs: Floats) -> float:
        """Mean of the scenarios' costs, mixed with the mean of their tail."""
        parts = np.array([weighted(self.p, costs), tail_mean(costs, self.p, self.beta)])
        return weighted(np.array([1 - self.risk_weight, self.risk_weight]), parts)

    def only(self, scenario: int) -> TwoStage:
        """The same with one scenario as certain."""
        keep = slice(scenario, scenario + 1)
        certain = replace(self, q=self.q[keep], t=self.t[keep], w=self.w[keep], h=self.h[keep])
        return replace(certain, p=np.ones(1), risk_weight=0.0)

    def mean(self) -> TwoStage:
        """The same with the mean scenario as certain."""
        q, t, w, h = (np.tensordot(self.p, part, 1)[None] for part in (self.q, self.t, self.w, self.h))
        return replace(self, q=q, t=t, w=w, h=h, p=np.ones(1), risk_weight=0.0)


def row_bounds(senses: NDArray[np.str_], values: Floats) -> tuple[Floats, Floats]:
    """Lower and upper bounds of rows with these senses and right-hand sides, [..., row]."""
    return np.where(senses == "<=", -INFINITY, values), np.where(senses == ">=", INFINITY, values)


@dataclass(frozen=True)
class Completed:
    """A first stage with its best completion in every scenario."""

    first: Floats
    second: Floats  # [scenario, y]
    costs: Floats  # [scenario], first stage included
    gap: float = 0.0
    proven: bool = True


def solve_whole(problem: TwoStage, gap: float = GAP, time_limit: float | None = None) -> Completed:
    """Solve the deterministic equivalent, then complete its first stage scenario by scenario."""
    model, x, y = equivalent(problem)
    solver = Solver(model)
    found = solver.solve(mip_gap=gap, time_limit=time_limit)
    proven, distance = found.proven, found.gap
    if problem.integer.any():  # whole numbers are exact only up to a tolerance, which costs would carry on
        whole = x[problem.integer]
        solver.fix_integers(whole, np.round(found.value[whole]))
        found = solver.solve()
    first = found.value[x]
    try:
        done = Completions(problem).complete(first)
    except InfeasiblePlan:  # by the solver's tolerance only: the whole programme met the same rows
        second = found.value[y]
        done = Completed(first, second, problem.c @ first + (problem.q * second).sum(axis=1))
    return replace(done, gap=distance, proven=proven)


def equivalent(problem: TwoStage) -> tuple[Model, Ints, Ints]:
    """Build the one large programme; its columns of x and y [scenario, y]."""
    model, mean = Model("two stages"), 1 - problem.risk_weight
    x = first_stage(model, problem, mean * problem.c)
    y = model.add_columns(
        problem.q.shape,
        cost=mean * problem.p[:, None] * problem.q,
        lower=problem.recourse_lower,
        upper=problem.recourse_upper,
    )
    low, high = row_bounds(problem.recourse_senses, problem.h)
    told = [f"recourse row {r + 1} of scenario {s + 1}" for s, r in np.ndindex(*problem.h.shape)]
    rows = model.add_rows(problem.h.shape, lower=low, upper=high, names=told)
    model.add_entries(rows[:, :, None], x[None, None, :], problem.t)
    model.add_entries(rows[:, :, None], y[:, None, :], problem.w)
    if problem.risk_weight:
        tail = tail_rows(model, problem, x)
        model.add_entries(tail[:, None], y, -problem.q)
    return model, x, y


def first_stage(model: Model, problem: TwoStage, cost: Floats) -> Ints:
    """Add x with its rows; returns its columns."""
    whole, x = problem.integer, np.zeros(len(problem.c), np.int64)
    for flag in (False, True):
        these = whole == flag
        x[these] = model.add_columns(
            int(these.sum()), cost=cost[these], lower=problem.lower[these], upper=problem.upper[these],
            integer=flag,
        )  # fmt: skip
    low, high = row_bounds(problem.senses, problem.b)
    told = [f"row {i + 1}" for i in range(len(problem.b))]
    rows = model.add_rows(len(problem.b), lower=low, upper=high, names=told)
    model.add_entries(rows[:, None], x[None, :], problem.a)
    return x


def tail_rows(model: Model, problem: TwoStage, x: Ints) -> Ints:
    """Add l (eta + sum p xi / (1 - beta)) and xi >= c x + cost of the second stage - eta.

    Returns the rows [scenario], in which the cost of the second stage has still to be entered.
    """
    weight = problem.risk_weight
    border = model.add_columns(1, cost=weight, lower=-INFINITY)
    beyond = model.add_columns(len(problem.p), cost=weight * problem.p / (1 - problem.beta))
    rows = model.add_rows(len(problem.p), lower=0.0)
    model.add_entries(rows, beyond, 1.0)
    model.add_entries(rows, border[0], 1.0)
    model.add_entries(rows[:, None], x[None, :], -problem.c)
    return rows


class Completions:
    """The second stage of every scenario, each a small programme that is solved again and again."""

    def __init__(self, problem: TwoStage) -> None:
        self.problem = problem
        self.solvers = [self._second_stage(s) for s in range(len(problem.p))]

    def _second_stage(self, s: int) -> Solver:
        problem, model = self.problem, Model(f"scenario {s + 1}")
        low, high = problem.recourse_lower, problem.recourse_upper
        y = model.add_columns(problem.q.shape[1], cost=problem.q[s], lower=low, upper=high)
        told = [f"recourse row {r + 1} of scenario {s + 1}" for r in range(problem.h.shape[1])]
        rows = model.add_rows(problem.h.shape[1], names=told)
        model.add_entries(rows[:, None], y[None, :], problem.w[s])
        return Solver(model)

    def ask(self, s: int, first: Floats, *, explain: bool = True) -> Solution:
        """Cheapest completion of a first stage in one scenario."""
        problem = self.problem
        low, high = row_bounds(problem.recourse_senses, problem.h[s] - problem.t[s] @ first)
        self.solvers[s].set_rows(np.arange(len(low)), low, high)
        return self.solvers[s].solve(explain=explain)

    def complete(self, first: Floats) -> Completed:
        """Complete a first stage in all scenarios; InfeasiblePlan when it cannot be."""
        found = [self.ask(s, first) for s in range(len(self.solvers))]
        costs = np.array([s.objective for s in found]) + self.problem.c @ first
        return Completed(first, np.array([s.value for s in found]), costs)
