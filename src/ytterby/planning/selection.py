"""Choosing among projects on plain arrays: within budgets and under rules, the best and near it.

Rows and values are scaled to ``SCALE``, far above the solver's absolute tolerances, and every plan
is checked with the numbers as they were given; one that fails is forbidden and the next one found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers, InfeasiblePlan, SolverFailure, UnknownName
from ytterby.planning.solve import INFINITY, Model, Solver

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Project = int | str

SCALE = 1e4
EXACT = 1e-9  # of the largest number of a row; with the solver's own 1e-6 a worse plan came out as best
ROUNDING = 1e-12  # of the sum of a row: sums of floats are not more exact
# Tolerance and presolve. Small programmes whose budgets are just met have lost their optimum in each of these
# searches by itself, but in none of some 1,700 random ones in all of them; the best plan found counts.
SEARCHES = ((EXACT, True), (EXACT, False), (1e-6, True), (1e-6, False))
STEP = 1e-6  # of the largest cost; plans of a frontier that differ by less are one
MOST_REPAIRS = 50


class Rules(TypedDict, total=False):
    """What projects have to do with each other; projects are told by name or by place, from 0.

    ``names``: of the projects. ``probability``: of success, [project]; values are then expected values.
    ``requires``: pairs (a, b), a only with b. ``excludes``: groups of which at most one may be chosen.
    ``must``: projects that are in every plan. ``at_least``, ``at_most``: number of projects.
    """

    names: Sequence[str]
    probability: ArrayLike
    requires: Sequence[tuple[Project, Project]]
    excludes: Sequence[Sequence[Project]]
    must: Sequence[Project]
    at_least: int
    at_most: int


@dataclass(frozen=True)
class Selection:
    """Which projects were chosen, and what they are worth.

    ``risk`` is the standard deviation of the value when projects succeed independently of each
    other. ``alternatives`` are nearly as good and as different as can be.
    """

    chosen: Flags
    value: float
    gap: float  # relative; 0 when proven
    spent: Floats  # [budget row]
    risk: float
    names: tuple[str, ...]  # of the chosen
    alternatives: tuple[Selection, ...] = ()


@dataclass(frozen=True)
class Portfolio:
    """The projects of a question with their rules, read and checked."""

    value: Floats  # [project], expected
    variance: Floats  # [project] of the value
    names: tuple[str, ...]
    requires: tuple[tuple[int, int], ...] = ()
    excludes: tuple[tuple[int, ...], ...] = ()
    must: tuple[int, ...] = ()
    at_least: int = 0
    at_most: int | None = None

    def add_rules(self, model: Model, chosen: Ints) -> None:
        """Add the rules but the precedence to a model with one 0/1 column a project."""
        for i in self.must:
            row = model.add_rows(1, lower=1.0, names=[f"{self.names[i]} must be chosen"])
            model.add_entries(row, chosen[i], 1.0)
        for group in self.excludes:
            told = ", ".join(self.names[i] for i in group)
            row = model.add_rows(1, upper=1.0, names=[f"at most one of {told}"])
            model.add_entries(row, chosen[list(group)], 1.0)
        if self.at_least:
            row = model.add_rows(1, lower=self.at_least, names=[f"at least {self.at_least} projects"])
            model.add_entries(row, chosen, 1.0)
        if self.at_most is not None:
            row = model.add_rows(1, upper=self.at_most, names=[f"at most {self.at_most} projects"])
            model.add_entries(row, chosen, 1.0)

    def add_precedence(self, model: Model, chosen: Ints) -> None:
        """Add the pairs of which one needs the other."""
        for a, b in self.requires:
            row = model.add_rows(1, upper=0.0, names=[f"{self.names[a]} requires {self.names[b]}"])
            model.add_entries(row, chosen[[a, b]], [1.0, -1.0])


def read_portfolio(value: ArrayLike, rules: Rules) -> Portfolio:
    """Read values and rules of projects.

    Raises
    ------
    BadNumbers: values that are no numbers, probabilities outside 0 to 1, numbers of names that differ.
    UnknownName: a rule about a project that is not there.
    """
    unknown = set(rules) - set(Rules.__annotations__)
    if unknown:
        raise TypeError(f"unknown arguments: {', '.join(sorted(unknown))}")
    worth = np.asarray(value, float).ravel()
    chance = np.broadcast_to(np.asarray(rules.get("probability", 1.0), float), worth.shape)
    names = tuple(rules.get("names", [f"project {i}" for i in range(len(worth))]))
    if not np.isfinite(worth).all() or not ((chance >= 0) & (chance <= 1)).all():
        raise BadNumbers("a value or probability is no number in its range.", "Give values, and 0 to 1.")
    if len(set(names)) != len(worth):
        raise BadNumbers(f"{len(worth)} projects have {len(set(names))} names.", "Give each its own name.")

    def places(projects: Sequence[Project]) -> tuple[int, ...]:
        return tuple(_place(project, names) for project in projects)

    pairs = [places(pair) for pair in rules.get("requires", ())]
    return Portfolio(
        value=worth * chance,
        variance=worth**2 * chance * (1 - chance),
        names=names,
        requires=tuple((a, b) for a, b in pairs),
        excludes=tuple(places(group) for group in rules.get("excludes", ())),
        must=places(rules.get("must", ())),
        at_least=rules.get("at_least", 0),
        at_most=rules.get("at_most"),
    )


def _place(project: Project, names: tuple[str, ...]) -> int:
    if isinstance(project, str):
        if project in names:
            return names.index(project)
    elif 0 <= project < len(names):
        return int(project)
    raise UnknownName("project", str(project), names)


# choosing -----------------------------------------------------------------------------------------


def choose_projects(
    value: ArrayLike,
    cost: ArrayLike,
    budget: ArrayLike,
    *,
    budget_names: Sequence[str] = (),
    alternatives: int = 0,
    within: float = 0.05,
    time_limit: float | None = None,
    **rules: Unpack[Rules],
) -> Selection:
    """Choose the most valuable projects within one or several budgets and under rules.

    max sum_j value_j z_j  subject to  sum_j cost_bj z_j <= budget_b,  z in {0, 1}, and the rules.

    Parameters
    ----------
    value: [project]; cost: [project] or [budget row, project]; budget: number or [budget row].
    budget_names: of the budget rows, for messages.
    alternatives: so many other plans, each as many projects away from those before it as can be.
    within: they may be worth less by this share of the best value.
    time_limit: seconds for each plan; the best one found by then is returned with its gap.
    rules: names, probability, requires, excludes, must, at_least, at_most; see
        :class:`ytterby.planning.selection.Rules`.

    Raises
    ------
    InfeasiblePlan: budgets and rules cannot hold together; names an irreducible set of them.
    BadNumbers, UnknownName: numbers or names that do not fit.

    References
    ----------
    Weingartner 1966 (capital budgeting); Brill, Chang and Hopkins 1982 (alternatives).
    """
    question = _Budgets.read(read_portfolio(value, rules), cost, budget, budget_names)
    best = question.solve(question.portfolio.value, time_limit)
    plans = [best]
    while len(plans) <= alternatives:
        other = question.farthest(plans, best.value - within * abs(best.value), time_limit)
        if other is None:
            break
        plans.append(other)
    return replace(best, alternatives=tuple(plans[1:]))


def project_frontier(
    value: ArrayLike,
    cost: ArrayLike,
    budget: ArrayLike = INFINITY,
    *,
    against: Literal["cost", "risk"] = "cost",
    most_points: int = 100,
    time_limit: float | None = None,
    **rules: Unpack[Rules],
) -> tuple[Selection, ...]:
    """Efficient plans: none is worth more at the same or a lower cost, or at the same or a lower risk.

    From the cheapest to the most valuable; cost is that of the first budget row, risk the standard
    deviation of the value. Every efficient trade-off is found, not only those on the convex hull.

    Parameters
    ----------
    against: what is to be small beside the value; most_points: so many plans at most.
    The rest: as :func:`choose_projects`.

    Raises
    ------
    BadNumbers: more than ``most_points`` plans are efficient; or as :func:`choose_projects`.

    References
    ----------
    Haimes, Lasdon and Wismer 1971 (bounding one aim while the other is made best).
    """
    question = _Budgets.read(read_portfolio(value, rules), cost, budget, ())
    measure = question.cost[0] if against == "cost" else question.portfolio.variance
    worth, step = question.portfolio.value, STEP * size_of(measure)
    plans: list[Selection] = []
    limit = INFINITY
    while True:
        held = question.held(measure, upper=limit)
        try:
            most = held.solve(worth, time_limit)
        except InfeasiblePlan:
            if plans:
                return tuple(reversed(plans))
            raise
        floor = most.value - EXACT * size_of(worth)
        plans.append(held.held(worth, lower=floor).solve(-measure, time_limit))
        if len(plans) > most_points:
            raise BadNumbers(
                f"more than {most_points} plans are efficient.", "Raise most_points, or group them."
            )
        limit = float(measure[plans[-1].chosen].sum()) - step


@dataclass(frozen=True)
class _Budgets:
    """Projects, and rows that limit what is chosen."""

    portfolio: Portfolio
    cost: Floats  # [row, project]
    lower: Floats  # [row]
    upper: Floats
    names: tuple[str, ...]
    budgets: int  # so many of the rows, the first ones, are budgets

    @classmethod
    def read(cls, portfolio: Portfolio, cost: ArrayLike, budget: ArrayLike, names: Sequence[str]) -> _Budgets:
        spend = np.atleast_2d(np.asarray(cost, float))
        limit = np.atleast_1d(np.asarray(budget, float))
        count = len(portfolio.value)
        if spend.shape != (len(limit), count) or limit.ndim != 1:
            told = " x ".join(map(str, spend.shape))
            raise BadNumbers(f"cost is {told}, not {len(limit)} x {count}.", "Give one row a budget.")
        if not np.isfinite(spend).all() or np.isnan(limit).any():
            raise BadNumbers("a cost or budget is no number.", "Missing is not zero: give every cost.")
        names = tuple(names) or tuple(f"budget {i + 1}" for i in range(len(limit)))
        if len(names) != len(limit):
            raise BadNumbers(f"{len(limit)} budgets have {len(names)} names.", "Give each its name.")
        told_names = tuple(f"{name} ({b:,.10g})" for name, b in zip(names, limit, strict=True))
        return cls(portfolio, spend, np.full(len(limit), -INFINITY), limit, told_names, len(limit))

    def held(self, row: Floats, *, lower: float = -INFINITY, upper: float = INFINITY) -> _Budgets:
        """The same with one row more."""
        return replace(
            self,
            cost=np.vstack([self.cost, row]),
            lower=np.append(self.lower, lower),
            upper=np.append(self.upper, upper),
            names=(*self.names, "what is asked of the frontier"),
        )

    def solve(self, worth: Floats, time_limit: float | None) -> Selection:
        """Plan with the largest sum of ``worth``."""
        search = _Search(self, worth)
        return search.run(time_limit)

    def farthest(
        self, plans: Sequence[Selection], floor: float, time_limit: float | None
    ) -> Selection | None:
        """Plan of at least that value whose distance to the nearest of the others is largest."""
        worth = self.portfolio.value
        held = self.held(worth, lower=floor - EXACT * size_of(worth))
        # of equally distant plans the more valuable one; all values together stay below one project
        search = _Search(held, worth / (4 * max(1e-300, float(abs(worth).sum()))), scale=1.0)
        distance = search.model.add_columns(1, cost=-1.0, upper=len(worth))
        for plan in plans:
            sign = np.where(plan.chosen, -1.0, 1.0)
            row = search.model.add_rows(1, lower=-float(plan.chosen.sum()))
            search.model.add_entries(row, search.chosen, sign)
            search.model.add_entries(row, distance, -1.0)
        found = search.run(time_limit)
        known = any((found.chosen == plan.chosen).all() for plan in plans)
        return None if known else found

    def keeps(self, chosen: Flags) -> bool:
        """Whether a plan meets all rows with the numbers as they were given."""
        total, room = self.cost[:, chosen].sum(axis=1), ROUNDING * abs(self.cost).sum(axis=1)
        return bool((total <= self.upper + room).all() and (total >= self.lower - room).all())

    def told(self, chosen: Flags, gap: float) -> Selection:
        portfolio = self.portfolio
        return Selection(
            chosen=chosen,
            value=float(portfolio.value[chosen].sum()),
            gap=gap,
            spent=self.cost[: self.budgets, chosen].sum(axis=1),
            risk=float(np.sqrt(portfolio.variance[chosen].sum())),
            names=tuple(name for name, flag in zip(portfolio.names, chosen, strict=True) if flag),
        )


@dataclass
class _Search:
    """One programme over the projects, solved until a plan stands the check."""

    question: _Budgets
    worth: Floats
    scale: float = 0.0
    model: Model = field(default_factory=lambda: Model("projects"))
    chosen: Ints = field(init=False)

    def __post_init__(self) -> None:
        question, model = self.question, self.model
        scale = self.scale or SCALE / size_of(self.worth)
        self.chosen = model.add_columns(len(self.worth), cost=-self.worth * scale, upper=1.0, integer=True)
        size = np.array([SCALE / size_of(row) for row in question.cost])
        rows = model.add_rows(
            len(size), lower=question.lower * size, upper=question.upper * size, names=question.names
        )
        model.add_entries(rows[:, None], self.chosen[None, :], question.cost * size[:, None])
        question.portfolio.add_rules(model, self.chosen)
        question.portfolio.add_precedence(model, self.chosen)

    def run(self, time_limit: float | None) -> Selection:
        """Best plan of several searches, which share the time, that keeps the rows as given."""
        limit = None if time_limit is None else time_limit / len(SEARCHES)
        found: list[tuple[float, Selection]] = []
        faults: list[InfeasiblePlan] = []
        for tolerance, presolve in SEARCHES:
            try:
                found.append(self._search(Solver(self.model, tolerance=tolerance, presolve=presolve), limit))
            except InfeasiblePlan as fault:
                faults.append(fault)
        if not found:
            raise faults[0]
        return min(found, key=lambda each: each[0])[1]

    def _search(self, solver: Solver, time_limit: float | None) -> tuple[float, Selection]:
        for _ in range(MOST_REPAIRS):
            found = solver.solve(time_limit=time_limit, mip_gap=0.0)
            flags = found.value[self.chosen] > 0.5
            if self.question.keeps(flags):
                return found.objective, self.question.told(flags, found.gap)
            # over a budget by less than the solver sees: any plan but this one
            solver.add_row(self.chosen, np.where(flags, -1.0, 1.0), 1.0 - float(flags.sum()))
        raise SolverFailure("no plan stood the check of its budgets.", "Round the costs.")


def size_of(numbers: Floats) -> float:
    """Largest absolute number, 1 when all are zero."""
    return float(abs(numbers).max(initial=0.0)) or 1.0
