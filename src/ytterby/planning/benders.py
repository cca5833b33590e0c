"""Multicut Benders decomposition of a two-stage programme on plain arrays, within a box.

A master knows the first stage and, of every scenario, only cuts: what it costs at the plans that
were tried, with its slope there; or that a plan cannot be completed. It proposes the best plan
inside a box around the best one so far; the bound comes from the master without the box.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import InfeasiblePlan, SolverFailure, UnboundedPlan
from ytterby.planning.solve import INFINITY, Model, Solution, Solver
from ytterby.planning.two_stage import (
    Completed,
    Completions,
    TwoStage,
    first_stage,
    row_bounds,
    solve_whole,
    tail_rows,
)  # fmt: skip

Floats = NDArray[np.float64]

FIRST_STEP = 0.5  # of the size of each variable
SHORTEST_STEP = 1e-3
MOST_ROUNDS = 1000
SMALLEST_SIZE = 1e-6  # of the money that moves; an objective nearer to zero is measured against it


def decompose(problem: TwoStage, gap: float, time_limit: float | None) -> Completed:
    """Solve by decomposition.

    Where the pieces end in a failure the whole programme answers: it alone can tell what is infeasible
    from what has no limit, and which rows clash.

    Raises
    ------
    InfeasiblePlan, UnboundedPlan, SolverFailure: as for the whole programme.
    """
    try:
        return _Search(problem, gap).run(time_limit)
    except SolverFailure:
        return solve_whole(problem, gap, time_limit)


class _Search:
    def __init__(self, problem: TwoStage, target: float) -> None:
        self.problem, self.target = problem, target
        self.completions = Completions(problem)
        self.elastic: dict[int, Solver] = {}
        self.feasible, _ = self._master(0.0)
        self.master, self.cost_columns = self._master(1.0)
        self.bound, self.step = -INFINITY, FIRST_STEP

    def _master(self, money: float) -> tuple[Solver, NDArray[np.int64]]:
        """Master of the costs, or (money 0) one that only looks for a plan that can be completed."""
        problem, model, mean = self.problem, Model("master"), 1 - self.problem.risk_weight
        x = first_stage(model, problem, money * mean * problem.c)
        self.place = x
        if not money:
            return Solver(model), np.zeros(0, np.int64)
        columns = model.add_columns(len(problem.p), cost=mean * problem.p, lower=-INFINITY)
        if problem.risk_weight:
            model.add_entries(tail_rows(model, problem, x), columns, -1.0)
        return Solver(model), columns

    def run(self, time_limit: float | None) -> Completed:
        started = time.perf_counter()
        best = self._start()
        for _ in range(MOST_ROUNDS):
            far = self._far()
            if self._gap(best) <= self.target:
                break
            if time_limit is not None and time.perf_counter() - started > time_limit:
                break
            best = self._better(best, self._near(best, far))
        else:
            message = f"no end after {MOST_ROUNDS} rounds; the gap is still {self._gap(best):.2g}."
            raise SolverFailure(message, "Use the deterministic method, or a wider gap.")
        gap = self._gap(best)
        return replace(best, gap=max(0.0, gap), proven=gap <= self.target)

    def _start(self) -> Completed:
        """Find a first plan that can be completed, from the mean scenario's if that has one."""
        try:
            first = solve_whole(self.problem.mean()).first
        except (InfeasiblePlan, UnboundedPlan):
            first = self._whole(self.feasible.solve(explain=False))
        for _ in range(MOST_ROUNDS):
            found = self._try(first)
            if found is not None:
                return found
            first = self._whole(self.feasible.solve(explain=False))
        raise SolverFailure("no plan that can be completed was found.", "Use the deterministic method.")

    def _whole(self, found: Solution) -> Floats:
        first = found.value[self.place]
        return np.where(self.problem.integer, np.round(first), first)

    def _gap(self, best: Completed) -> float:
        total, moved = self.problem.measure(best.costs), float(self.problem.p @ abs(best.costs))
        return (total - self.bound) / max(abs(total), SMALLEST_SIZE * moved, 1e-12)

    # proposals ----------------------------------------------------------------------------------

    def _far(self) -> Solution | None:
        """Best plan as far as the cuts know, which gives the bound; None while they set no limit."""
        self.master.set_bounds(self.place, self.problem.lower, self.problem.upper)
        try:
            found = self.master.solve(mip_gap=self.target / 10)
        except UnboundedPlan:
            return None
        self.bound = max(self.bound, found.objective - found.gap * abs(found.objective))
        return found

    def _near(self, best: Completed, far: Solution | None) -> Floats:
        """Proposal inside the box; the box grows while the cuts promise nothing there."""
        total, centre = self.problem.measure(best.costs), best.first
        while far is None or self.step < 1e6:
            reach = self.step * np.maximum(1.0, abs(centre))
            low = np.maximum(self.problem.lower, centre - reach)
            self.master.set_bounds(self.place, low, np.minimum(self.problem.upper, centre + reach))
            near = self.master.solve(mip_gap=self.target / 10)
            if total - near.objective > self.target / 4 * abs(total):
                return self._whole(near)
            self.step *= 4
            if self.step > 1e15:
                raise UnboundedPlan(
                    "no end to the plan was found.", "Look for a cost or bound that is missing."
                )
        return self._whole(far)

    # cuts ---------------------------------------------------------------------------------------

    def _better(self, best: Completed, first: Floats) -> Completed:
        """Try a proposal; the box grows when it is better than the best plan and else shrinks."""
        found = self._try(first)
        if found is not None and self.problem.measure(found.costs) < self.problem.measure(best.costs):
            self.step = min(1.0, 2 * self.step)
            return found
        self.step = max(SHORTEST_STEP, self.step / 2)
        return best

    def _try(self, first: Floats) -> Completed | None:
        """Ask every scenario about a plan and learn its cuts; None when it cannot be completed."""
        answers = [self._ask(s, first) for s in range(len(self.problem.p))]
        found = [answer for answer in answers if answer is not None]
        if len(found) < len(answers):
            return None
        costs = np.array([f.objective for f in found]) + self.problem.c @ first
        return Completed(first, np.array([f.value for f in found]), costs)

    def _ask(self, s: int, first: Floats) -> Solution | None:
        """Answer of one scenario, with the cut it teaches; None when the plan cannot be completed."""
        try:
            found = self.completions.ask(s, first, explain=False)
        except InfeasiblePlan:
            self._forbid(s, first)
            return None
        slope = -found.row_dual @ self.problem.t[s]
        columns = np.concatenate([[self.cost_columns[s]], self.place])
        self.master.add_row(columns, np.concatenate([[1.0], -slope]), found.objective - float(slope @ first))
        return found

    def _forbid(self, s: int, first: Floats) -> None:
        """Add to both masters: the least violation of the scenario's rows, as a cut, must be zero."""
        problem = self.problem
        if s not in self.elastic:
            self.elastic[s] = _elastic(problem, s)
        low, high = row_bounds(problem.recourse_senses, problem.h[s] - problem.t[s] @ first)
        self.elastic[s].set_rows(np.arange(len(low)), low, high)
        found = self.elastic[s].solve()
        slope = -found.row_dual @ problem.t[s]
        for master in (self.master, self.feasible):
            master.add_row(self.place, -slope, found.objective - float(slope @ first))


def _elastic(problem: TwoStage, s: int) -> Solver:
    """Second stage of a scenario whose rows may all be missed, at a cost of one a unit."""
    model, many = Model(f"scenario {s + 1}, elastic"), problem.h.shape[1]
    y = model.add_columns(problem.q.shape[1], lower=problem.recourse_lower, upper=problem.recourse_upper)
    rows = model.add_rows(many)
    model.add_entries(rows[:, None], y[None, :], problem.w[s])
    for sign in (1.0, -1.0):
        model.add_entries(rows, model.add_columns(many, cost=1.0), sign)
    return Solver(model)
