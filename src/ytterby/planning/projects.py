"""The plan of a study: which projects, which stockpiles, alone or together, and what each is worth."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.catalog.studies import StudyFiles
from ytterby.network.chain import Chain, Stockpile
from ytterby.network.shocks import Scenario
from ytterby.planning.choices import deadline_supply
from ytterby.planning.coalitions import Coalitions, held_to
from ytterby.planning.futures import Drawing, likely_futures
from ytterby.planning.insight import look_further
from ytterby.planning.operations import MONEY
from ytterby.planning.pact import Pact, beliefs, no_pact, share_costs
from ytterby.planning.plan import Deadline, Plan
from ytterby.planning.programme import PLAN_GAP, Aversion, Choice, Programme
from ytterby.planning.support import project_support
from ytterby.planning.task import (
    DAYS_PER_WEEK,
    MONTHS_PER_YEAR,
    Task,
    build_task,
    need_tpa,
    outside,
    required_tpa,
)

Floats = NDArray[np.float64]

MOST_COALITIONS = 7  # all those of three partners; each takes some seconds
__all__ = ["Plan", "plan_study"]

Progress = Callable[[str, float], None]


def plan_study(
    study: StudyFiles,
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    budget: float | None = None,
    partners: Sequence[str] | None = None,
    by: dt.date | None = None,
    yearly_budget: float | None = None,
    start_months: Sequence[int] | None = None,
    aversion: Aversion | None = None,
    best_effort: bool = False,
    deep: bool = False,
    most_coalitions: int | None = None,
    jobs: int = 1,
    drawing: Drawing | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan projects and stockpiles of a study, together and alone.

    Parameters
    ----------
    budget: joint budget in USD; partners' own budgets are scaled down to it.
    partners: who plans together; by: deadline. Both default to the study's settings.
    yearly_budget: most that the partners may spend together in any year, USD; its shares follow
        the purses.
    start_months: months after the plan's start at which a project may begin.
    aversion: how much bad scenarios count beyond their probability; default not at all.
    best_effort: a deadline that cannot be met is replaced by the most that can, and said so.
    deep: also look at frontier, alternatives, regret and the worth of time (about a minute more).
    most_coalitions: of the partners, to be solved, 7 by default; where there are more, the Shapley
        value is sampled.
    jobs: processes among which coalitions are shared out; the plan does not depend on it.
    drawing: plan for draws of the scenarios instead of their most likely numbers.
    time_limit: seconds for each coalition; the best plan found by then carries its gap.
    progress: called with what is being done and the share done, 0..1.

    Raises
    ------
    InfeasiblePlan: no choice meets the deadline and the budgets (unless ``best_effort``).
    UnknownName: an unknown partner.
    """
    started = time.perf_counter()
    told = progress or _silent
    task = build_task(
        study, chain, scenarios, budget=budget, partners=partners, by=by, yearly_budget=yearly_budget,
        start_months=start_months, drawing=drawing,
    )  # fmt: skip
    held = held_to(task, task.players, best_effort=best_effort)
    options: dict[str, Any] = {"time_limit": time_limit, "aversion": aversion}
    likely = None
    if drawing:
        told("the plan for the most likely numbers", 0.0)
        likely = _likely_plan(task, held, options)
    joint = Programme(task, task.players, held)
    told("without any measure", 0.05)
    cases = {"no action": joint.choose(projects=False, stockpiles=False, **options)}
    for i, (name, projects, stockpiles, gap) in enumerate(_CASES):
        told(name, 0.1 + 0.15 * i)
        flags = np.array([projects] * len(joint.first.chosen) + [stockpiles] * len(joint.first.bought))
        begin = None if likely is None else likely * flags
        cases[name] = joint.choose(projects=projects, stockpiles=stockpiles, gap=gap, start=begin, **options)
    choice = cases["plan"]
    coalitions = Coalitions(task, joint, choice, held, options, jobs)
    sampled = coalitions.solve(MOST_COALITIONS if most_coalitions is None else most_coalitions, told)
    told("what each project is worth", 0.9)
    report = _Report(task, joint, cases, coalitions, sampled, held, likely)
    plan = report.plan(time.perf_counter() - started)
    if not deep:
        return plan
    insight = look_further(joint, choice, cases["no action"], time_limit=time_limit, progress=told)
    return replace(plan, insight=insight)


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""


COMPARE_GAP = 5 * PLAN_GAP  # cases to compare with need less precision than the plan itself
# name, whether projects and whether stockpiles may be chosen; the plan comes last and has all the cuts
_CASES = (
    ("stockpiles only", False, True, COMPARE_GAP),
    ("projects only", True, False, COMPARE_GAP),
    ("plan", True, True, PLAN_GAP),
)


def _likely_plan(task: Task, held: float, options: dict[str, Any]) -> Floats:
    """Decisions of the plan for the most likely numbers: where the plan for draws begins."""
    likely = replace(task, futures=likely_futures(task.scenarios, task.chain, task.horizon))
    return Programme(likely, task.players, held).choose(**options).decisions


class _Report:
    """Turns solved programmes into the plan's tables, one method per table."""

    def __init__(
        self,
        task: Task,
        joint: Programme,
        cases: dict[str, Choice],
        coalitions: Coalitions,
        sampled: pd.DataFrame,
        held: float,
        likely: Floats | None,
    ) -> None:
        self.task, self.joint, self.cases, self.held = task, joint, cases, held
        self.likely = likely
        self.choice, self.coalitions = cases["plan"], coalitions.choices
        self.base, self.sampled = coalitions.base_usd, sampled
        self.target_usd = coalitions.target_usd
        self.begins = self.choice.begins

    def plan(self, seconds: float) -> Plan:
        pact = self._pact()
        started = time.perf_counter()
        projects = self._projects()
        gap_usd = self.choice.gap * abs(self.choice.total_usd + self.joint.baseline_usd())
        proven = all(c.proven for c in [*self.cases.values(), *self.coalitions.values()])
        return Plan(
            study=self.task.study.settings.name,
            partners=self.task.players,
            projects=projects,
            stockpiles=self._stockpiles(),
            costs=pd.DataFrame([row for name, c in self.cases.items() for row in _cost_rows(name, c)]),
            losses=self._losses(),
            gap_values=self._gap_values(),
            coalitions=self._coalitions(),
            split=pact.split,
            core=pact.core,
            beliefs=pact.beliefs,
            support=project_support(self.task, list(self.begins)),
            deadline=self._deadline(),
            status="optimal within the gap" if proven else "stopped at the time limit; not proven optimal",
            gap=self.choice.gap,
            gap_usd=gap_usd,
            seconds=seconds + time.perf_counter() - started,
            notes=self._notes(),
            stockpile_t=self._stock(self.choice),
            added=self.task.added_capacity(self.choice.taken),
        )

    def _projects(self) -> pd.DataFrame:
        gains = self._gains()
        paid = [f"paid_{m}_usd" for m in self.task.players]
        columns = [*_PROJECT_COLUMNS[:6], *paid, *_PROJECT_COLUMNS[6:]]
        rows = [self._project_row(p, gains) for p in self.task.projects.itertuples()]
        return pd.DataFrame(rows, columns=columns)

    def _project_row(self, project: Any, gains: dict[str, tuple[float, str]]) -> dict[str, Any]:
        name = str(project.project)
        paid = {m: self.choice.paid_usd.get((m, name), 0.0) for m in self.task.players}
        gain, basis = gains.get(name, (np.nan, "not open to these partners"))
        start, begins = self.task.study.settings.planning.start, self.begins.get(name, 0)
        return {
            "project": name,
            "label": project.label,
            "region": project.region,
            "leader": self.task.leader(project) or "",
            "chosen": name in self.begins,
            "capex_usd": float(project.capex_usd),
            **{f"paid_{m}_usd": usd for m, usd in paid.items()},
            "begins": _months_later(start, begins) if name in self.begins else None,
            "online": _months_later(start, begins + int(project.lead_months)),
            "requires": ";".join(project.requires),
            "gain_usd": gain,
            "gain_basis": basis,
        }

    def _gains(self) -> dict[str, tuple[float, str]]:
        """Gain of each project open to the partners; chosen ones are re-solved without it."""
        bounds = self.joint.gain_bounds(self.choice.answer)
        base = float(self.joint.weight @ self.choice.answer.cost) * MONEY
        gains: dict[str, tuple[float, str]] = {}
        for i, option in enumerate(self.joint.first.options):
            name = option.project
            if name not in self.begins:  # the best of its start dates
                most = max(float(bounds[i]), gains.get(name, (0.0, ""))[0])
                gains[name] = (most, "at most")
            elif option.start_months == self.begins[name]:
                without = self.choice.decisions.copy()
                without[i] = 0.0
                gains[name] = (max(0.0, self.joint.cost_with(without) - base), "re-solved")
        return gains

    def _stock(self, choice: Choice) -> Floats:
        piles = self.task.chain.stockpiles
        return np.array([p.stock_t + choice.bought_t.get(i, 0.0) for i, p in enumerate(piles)])

    def _stockpiles(self) -> pd.DataFrame:
        chain, together = self.task.chain, self._stock(self.choice)
        rows = []
        for i, pile in enumerate(chain.stockpiles):
            if pile.partner not in self.task.players:
                continue
            alone = self._stock(self.coalitions[frozenset([pile.partner])])[i]
            rows.append(
                {
                    "stockpile": pile.name,
                    "partner": pile.partner,
                    "material": chain.materials[chain.pool_material[pile.pool]],
                    "region": chain.regions[chain.pool_region[pile.pool]],
                    "today_t": pile.stock_t,
                    "joint_t": together[i],
                    "alone_t": alone,
                    "joint_days": _days(together[i], self._weekly_need(pile)),
                    "joint_usd": together[i] * pile.holding_usd_per_t_year,
                    "alone_usd": alone * pile.holding_usd_per_t_year,
                }
            )
        return pd.DataFrame(rows, columns=_STOCKPILE_COLUMNS)

    def _weekly_need(self, pile: Stockpile) -> float:
        """What the stockpile's partner buys of its material, tonnes a week."""
        return float(self.task.holding([pile.partner]).need_t[self.task.chain.pool_material[pile.pool]])

    def _losses(self) -> pd.DataFrame:
        chance = {s.name: s.probability for s in self.task.scenarios}
        rows = [
            {"case": case, "scenario": name, "probability": chance[name], "loss_usd": loss}
            for case, choice in self.cases.items()
            for name, loss in choice.scenario_loss_usd.items()
        ]
        return pd.DataFrame(rows)

    def _gap_values(self) -> pd.DataFrame:
        chain, holding = self.task.chain, self.joint.holding
        plants = holding.process[holding.extension]
        safe = outside(self.task)[plants]
        table = pd.DataFrame(
            {
                "scope": "process",
                "name": [chain.processes[p] for p in plants],
                "label": [chain.process_label[p] for p in plants],
                "material": [chain.materials[chain.process_material[p]] for p in plants],
                "region": [chain.regions[chain.process_region[p]] for p in plants],
                "controlled": ~safe,
                "usd_per_tpa": np.maximum(0.0, self.joint.gap_values(self.choice.decisions)),
            }
        ).sort_values(["usd_per_tpa", "name"], ascending=[False, True])
        # a tonne more anywhere outside is worth what it is worth at the best place
        best = table[~table["controlled"]].drop_duplicates("material")
        return pd.concat([best.assign(scope="material outside"), table], ignore_index=True)

    def _coalitions(self) -> pd.DataFrame:
        alone = {p: self.coalitions[frozenset([p])].objective_usd for p in self.task.players}
        rows = []
        for coalition, choice in self.coalitions.items():
            members = [p for p in self.task.players if p in coalition]
            met = self._supply(members, choice) >= required_tpa(self.task, members) * (1 - 1e-6)
            rows.append(
                {
                    "coalition": "+".join(members),
                    "cost_usd": choice.objective_usd,
                    "saving_usd": sum(alone[m] for m in members) - choice.objective_usd,
                    "deadline_met": met,
                }
            )
        return pd.DataFrame(rows)

    def _pact(self) -> Pact:
        """Fair splits where every coalition was solved, a sampled one where there are too many."""
        players, chosen = self.task.players, self.coalitions
        if len(players) < 2:
            return no_pact()
        if len(chosen) < 2 ** len(players) - 1:
            return replace(no_pact(), split=self.sampled)
        costs = {c: choice.objective_usd for c, choice in chosen.items()}
        split, core = share_costs(costs, self.cases["no action"].loss_usd)
        first = {c: choice.capex_usd for c, choice in chosen.items()}
        later = {
            c: self.task.by_scenario(choice.answer.cost) * MONEY - self.base[c]
            for c, choice in chosen.items()
        }
        chance = {s.name: s.probability for s in self.task.scenarios}
        return Pact(split, core, beliefs(first, later, chance))

    def _supply(self, members: Sequence[str], choice: Choice) -> float:
        supply = deadline_supply(self.task, members, choice.taken)
        return supply.today_tpa + float(supply.option_tpa.sum())

    def _deadline(self) -> Deadline:
        task, settings = self.task, self.task.study.settings.planning
        required, supply = required_tpa(task, task.players), self._supply(task.players, self.choice)
        met = supply >= required * (1 - 1e-6)
        message = (
            f"By {task.deadline} the plan gives {supply:,.0f} t/year {settings.deadline_material} outside "
            f"{', '.join(settings.controlled_regions)}; {required:,.0f} are asked for"
        )
        if not met:
            message += f": the target is missed, {self.held:,.0f} is the most that can be had by then"
        return Deadline(
            task.deadline, settings.deadline_material, need_tpa(task, task.players), required, self.held,
            supply, met, message + ".",
        )  # fmt: skip

    def _target_note(self) -> Iterable[str]:
        """What the target costs where no coalition can reach it in parts."""
        if self.target_usd is not None:
            yield (
                "The partners cannot reach the target each for himself. Costs of coalitions hold each to "
                f"what he can, those of all together too; reaching it costs {self.target_usd:,.0f} USD "
                "more, which the splits leave out."
            )

    def _notes(self) -> tuple[str, ...]:
        widths = self.task.horizon.widths
        return (
            f"Periods of {', '.join(str(w) for w in dict.fromkeys(widths))} weeks over {sum(widths)} weeks; "
            f"{self._planned_for()}; operations know the future of their scenario.",
            "Projects count with capacity times success probability; capex is spent evenly from the start to "
            "full production.",
            "Each partner commands the share of every plant and stock that serves it today.",
            "Stockpiles are open while a shock lasts and a quarter longer; what is used is paid at its price "
            "and a tenth more.",
            "Stocks missing at the end are charged at their price.",
            *self._target_note(),
        )

    def _planned_for(self) -> str:
        """What the planner saw of the scenarios, and what the most likely numbers alone would have cost."""
        if self.likely is None:
            return "shocks at their most likely values"
        more = (self.joint.whole_usd(self.likely) - self.joint.whole_usd(self.choice.decisions)) / 1e6
        return (
            f"{len(self.task.futures.share)} drawn futures (the plan for the most likely values costs "
            f"{more:,.1f} million USD more over them)"
        )


_PROJECT_COLUMNS = [
    "project", "label", "region", "leader", "chosen", "capex_usd", "begins", "online", "requires",
    "gain_usd", "gain_basis",
]  # fmt: skip
_STOCKPILE_COLUMNS = [
    "stockpile", "partner", "material", "region", "today_t", "joint_t", "alone_t", "joint_days",
    "joint_usd", "alone_usd",
]  # fmt: skip


def _cost_rows(case: str, choice: Choice) -> Iterable[dict[str, Any]]:
    for partner in choice.loss_usd:
        yield {
            "case": case,
            "partner": partner,
            "expected_loss_usd": choice.loss_usd[partner],
            "capex_usd": choice.worth_usd[partner],
            "holding_usd": choice.holding_usd[partner],
            "stock_used_usd": choice.used_usd[partner],
            "operating_usd": np.nan,
            "total_usd": np.nan,
        }
    parts = {
        "expected_loss_usd": sum(choice.loss_usd.values()),
        "capex_usd": choice.capex_usd,
        "holding_usd": sum(choice.holding_usd.values()),
        "stock_used_usd": sum(choice.used_usd.values()),
    }
    rest = choice.total_usd - sum(parts.values())
    yield {"case": case, "partner": "all", **parts, "operating_usd": rest, "total_usd": choice.total_usd}


def _days(tonnes: float, weekly: float) -> float:
    """Days of cover; missing where nothing of it is bought."""
    return DAYS_PER_WEEK * tonnes / weekly if weekly > 0 else np.nan


def _months_later(day: dt.date, months: int) -> dt.date:
    """Day that many months later."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    return _same_day(day, day.year + years, month + 1)


def _same_day(day: dt.date, year: int, month: int) -> dt.date:
    """Same day in another month, or the last day that month has."""
    following = dt.date(year + month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last))
