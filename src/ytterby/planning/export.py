"""The one large programme behind a plan, for other solvers: with names in the study's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ytterby.catalog.studies import StudyFiles
from ytterby.network.chain import Chain
from ytterby.network.shocks import Scenario
from ytterby.planning.choices import FirstStage, add_choices, build_decisions, check_deadline
from ytterby.planning.operations import Future, add_operations
from ytterby.planning.solve import Model, Solver, check_format
from ytterby.planning.task import Task, build_task


def export_plan(
    study: StudyFiles,
    chain: Chain,
    scenarios: Sequence[Scenario],
    path: str | Path,
    *,
    budget: float | None = None,
    partners: Sequence[str] | None = None,
    by: dt.date | None = None,
    yearly_budget: float | None = None,
    start_months: Sequence[int] | None = None,
) -> Path:
    """Write the joint programme of a study as an LP or MPS file.

    Its optimum is the plan's whole cost, today's operating cost included, in thousands of USD. Columns
    are named kind.what.scenario.period, the decisions ``choose.project``
    (``choose.project.6`` when it begins in month 6), ``pay.partner.project`` and
    ``buy.stockpile``; characters that such files do not allow become underscores.

    Parameters
    ----------
    path: ends in .lp or .mps; the rest: as :func:`ytterby.planning.projects.plan_study`.

    Raises
    ------
    YtterbyError: another ending; InfeasiblePlan: the deadline cannot be met.
    """
    place = Path(path)
    check_format(place)
    task = build_task(
        study, chain, scenarios, budget=budget, partners=partners, by=by, yearly_budget=yearly_budget,
        start_months=start_months,
    )  # fmt: skip
    model = deterministic_equivalent(task, task.players, check_deadline(task, task.players), named=True)
    Solver(model).write(place)
    return place


def deterministic_equivalent(
    task: Task, members: Sequence[str], required: float, *, named: bool = False
) -> Model:
    """Build the one large programme that the decomposition solves in pieces; thousands of USD."""
    model = Model("+".join(members), named=named)
    first = add_choices(model, task, members, required)
    if named:
        _name_choices(model, task, first)
    holding = task.holding(members)
    decisions = build_decisions(task, members, first, holding)
    for name, chance, conditions in zip(_names(task), task.chance, task.futures.conditions, strict=True):
        future = Future(conditions, float(chance), name)
        add_operations(model, task.chain, holding, task.horizon, future, decisions)
    return model


def _names(task: Task) -> Iterator[str]:
    """Scenario of each future, and its number where the scenario has several."""
    seen = np.zeros(len(task.scenarios), np.int64)
    several = np.bincount(task.futures.of, minlength=len(task.scenarios)) > 1
    for place in task.futures.of:
        name = task.scenarios[place].name
        yield f"{name}_{seen[place]}" if several[place] else name
        seen[place] += 1


def _name_choices(model: Model, task: Task, first: FirstStage) -> None:
    options = [f"{o.project}.{o.start_months}" if o.start_months else o.project for o in first.options]
    model.name_columns(first.chosen, [f"choose.{option}" for option in options])
    model.name_columns(first.paid, [f"pay.{member}.{options[i]}" for member, i in first.payer])
    piles = [task.chain.stockpiles[i].name for i in first.stockpiles]
    model.name_columns(first.bought, [f"buy.{name}" for name in piles])
