"""Other plans that are nearly as good: what a committee may prefer for reasons no model knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.errors import InfeasiblePlan
from ytterby.planning.choices import add_choices
from ytterby.planning.operations import MONEY
from ytterby.planning.programme import LOWEST_COST, PLAN_GAP, Choice, Programme, unwatched
from ytterby.planning.solve import Model, Solution, Solver

Floats = NDArray[np.float64]

MOST_ROUNDS = 30  # of learning for one alternative; then the best known is not good enough
CHEAPNESS = 1e-3  # of a project's weight: of plans that differ as much, the cheaper
ALTERNATIVE_COLUMNS = ["plan", "projects", "differs_by", "cost_usd", "more_usd", "stock_usd"]


def alternatives(
    programme: Programme,
    best: Choice,
    worst: Choice,
    *,
    within: float = 0.1,
    count: int = 3,
    progress: Callable[[float], None] = unwatched,
) -> pd.DataFrame:
    """Find plans within a share of the best plan's gain that differ most from it and each other.

    The gain is what the best plan saves against ``worst`` (no action). Each further plan maximises
    the smallest number of projects in which it differs from all plans found so far (modelling to
    generate alternatives), under the same deadline and budgets; its cost is confirmed by running it
    in every scenario.

    Returns
    -------
    plan (0 is the best), projects (between semicolons), differs_by (smallest number of projects to
    any plan above), cost_usd (over today's operation), more_usd (than the best), stock_usd (at its
    price). Fewer than ``count`` when no other choice of projects is good enough.
    """
    room_usd = within * max(0.0, worst.total_usd - best.total_usd)
    finder = _Finder(programme, best, room_usd / MONEY)
    rows = [_row(programme, 0, list(best.begins), 0, best.total_usd, best.total_usd, best.decisions)]
    for place in range(1, count + 1):
        found = finder.next()
        if found is None:
            break
        decisions, cost, differs = found
        total = cost * MONEY - programme.baseline_usd()
        rows.append(
            _row(programme, place, finder.names_of(decisions), differs, total, best.total_usd, decisions)
        )
        progress(place / count)
    return pd.DataFrame(rows, columns=ALTERNATIVE_COLUMNS)


def _row(
    programme: Programme, place: int, names: Sequence[str], differs: int, cost: float, best: float,
    decisions: Floats,
) -> list[object]:  # fmt: skip
    chain = programme.task.chain
    pools = [chain.stockpiles[i].pool for i in programme.first.stockpiles]
    price = chain.price_usd_per_t[chain.pool_material[np.array(pools, np.int64)]]
    stock = float(price @ decisions[len(programme.first.chosen) :])
    return [place, ";".join(names), differs, cost, cost - best, stock]


class _Finder:
    """A master of its own: as far as possible from the plans found, within the cost allowed."""

    def __init__(self, programme: Programme, best: Choice, room: float) -> None:
        self.programme = programme
        task, count = programme.task, len(programme.weight)
        model = Model("alternatives")
        self.first = first = add_choices(model, task, programme.members, programme.required, money=0.0)
        self.future = model.add_columns(count, lower=LOWEST_COST)
        self.distance = model.add_columns(1, cost=-1.0, upper=float(len(self._projects())))
        expected = np.concatenate([first.discount, programme.weight])
        columns = np.concatenate([first.paid, self.future])
        self.cap = float(expected @ np.concatenate([self._paid(best), best.answer.cost])) + room
        row = model.add_rows(1, upper=self.cap, names=["cost allowed"])
        model.add_entries(row, columns, expected)
        self.scale = CHEAPNESS / max(1.0, abs(self.cap))
        self.solver = Solver(model)
        self.solver.set_costs(columns, expected * self.scale)
        self.decisions = np.concatenate([first.chosen, first.bought])
        for cut in programme.cuts:
            self._cut(cut.scenario, cut.slope, cut.at_nothing)
        self.known: list[Floats] = []
        self._differ(best.decisions)

    def next(self) -> tuple[Floats, float, int] | None:
        """Decisions, expected cost (thousands of USD) and distance of the next plan; None: no more."""
        for _ in range(MOST_ROUNDS):
            try:
                found = self.solver.solve(mip_gap=PLAN_GAP)
            except InfeasiblePlan:
                return None
            decisions, differs = self._read(found)
            if differs < 1:
                return None
            answer = self.programme.ask(decisions)
            cost = float(self.first.discount @ found.value[self.first.paid])
            cost += float(self.programme.weight @ answer.cost)
            if cost <= self.cap + PLAN_GAP * abs(self.cap) / 10:
                self._differ(decisions)
                return decisions, cost, differs
            for scenario, (told, slope) in enumerate(zip(answer.cost, answer.slope, strict=True)):
                self._cut(scenario, slope, float(told - slope @ decisions))
        return None

    def names_of(self, decisions: Floats) -> list[str]:
        """Projects of a plan."""
        return [o.project for o, z in zip(self.first.options, decisions, strict=False) if z > 0.5]

    def _projects(self) -> list[str]:
        return list(dict.fromkeys(o.project for o in self.first.options))

    def _paid(self, choice: Choice) -> Floats:
        paid = []
        for member, i in self.first.payer:
            option = self.first.options[i]
            begins = choice.begins.get(option.project) == option.start_months
            paid.append(choice.paid_usd[member, option.project] / MONEY if begins else 0.0)
        return np.array(paid)

    def _read(self, found: Solution) -> tuple[Floats, int]:
        decisions = found.value[self.decisions].copy()
        flags = np.arange(len(decisions)) < len(self.first.chosen)
        decisions = np.where(flags, np.round(decisions), np.clip(decisions, 0.0, self.programme.most))
        names = set(self.names_of(decisions))
        return decisions, min(len(names ^ set(self.names_of(k))) for k in self.known)

    def _cut(self, scenario: int, slope: Floats, at_nothing: float) -> None:
        columns = np.concatenate([self.future[[scenario]], self.decisions])
        self.solver.add_row(columns, np.concatenate([[1.0], -slope]), at_nothing)

    def _differ(self, decisions: Floats) -> None:
        """Distance <= number of projects chosen in one of the two plans only."""
        self.known.append(decisions)
        names = set(self.names_of(decisions))
        sign = np.array([-1.0 if o.project in names else 1.0 for o in self.first.options])
        columns = np.concatenate([self.distance, self.first.chosen])
        self.solver.add_row(columns, np.concatenate([[-1.0], sign]), -float(len(names)))
