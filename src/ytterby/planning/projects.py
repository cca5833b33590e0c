"""The plan of a study: which projects, which stockpiles, alone or together, and what each is worth."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import InfeasiblePlan
from ytterby.network.chain import Chain
from ytterby.network.shocks import Scenario
from ytterby.planning.choices import attainable_tpa, check_deadline, deadline_supply
from ytterby.planning.nucleolus import prenucleolus
from ytterby.planning.operations import MONEY
from ytterby.planning.plan import Deadline, Plan
from ytterby.planning.programme import PLAN_GAP, Choice, Programme
from ytterby.planning.sharing import in_core, savings_game, shapley
from ytterby.planning.task import MONTHS_PER_YEAR, Task, build_task, need_tpa, outside, required_tpa

Floats = NDArray[np.float64]

ALL_COALITIONS = 3  # up to so many partners every coalition is solved; beyond, singles and all
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
    best_effort: bool = False,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan projects and stockpiles of a study, together and alone.

    Parameters
    ----------
    budget: joint budget in USD; partners' own budgets are scaled down to it.
    partners: who plans together; by: deadline. Both default to the study's settings.
    best_effort: a deadline that cannot be met is replaced by the most that can, and said so.
    time_limit: seconds for each coalition; the best plan found by then carries its gap.
    progress: called with what is being done and the share done, 0..1.

    Raises
    ------
    InfeasiblePlan: no choice meets the deadline and the budgets (unless ``best_effort``).
    UnknownName: an unknown partner.
    """
    started = time.perf_counter()
    told = progress or _silent
    task = build_task(study, chain, scenarios, budget=budget, partners=partners, by=by)
    held = _held_to(task, task.players, best_effort)
    joint = Programme(task, task.players, held)
    told("without any measure", 0.05)
    cases = {"no action": joint.choose(projects=False, stockpiles=False, time_limit=time_limit)}
    for i, (name, projects, stockpiles, gap) in enumerate(_CASES):
        told(name, 0.1 + 0.15 * i)
        cases[name] = joint.choose(projects=projects, stockpiles=stockpiles, gap=gap, time_limit=time_limit)
    choice = cases["plan"]
    told("each partner alone", 0.55)
    coalitions = dict(_coalition_choices(task, choice, time_limit))
    told("what each project is worth", 0.9)
    return _Report(task, joint, cases, coalitions, held).plan(time.perf_counter() - started)


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""


COMPARE_GAP = 5 * PLAN_GAP  # cases to compare with need less precision than the plan itself
ALONE_GAP = 2.5 * PLAN_GAP
# name, whether projects and whether stockpiles may be chosen; the plan comes last and has all the cuts
_CASES = (
    ("stockpiles only", False, True, COMPARE_GAP),
    ("projects only", True, False, COMPARE_GAP),
    ("plan", True, True, PLAN_GAP),
)


def _held_to(task: Task, members: Sequence[str], best_effort: bool) -> float:
    """Supply by the deadline that a coalition is held to."""
    try:
        return check_deadline(task, members)
    except InfeasiblePlan:
        if not best_effort:
            raise
        return attainable_tpa(task, members)


def _coalition_choices(
    task: Task, joint: Choice, time_limit: float | None
) -> Iterable[tuple[frozenset[str], Choice]]:
    """Plans of the coalitions; those that miss the target alone are held to the most they can."""
    count = len(task.players)
    sizes = range(1, count) if count <= ALL_COALITIONS else (1,)
    for members in (m for size in sizes if size < count for m in combinations(task.players, size)):
        programme = Programme(task, members, _held_to(task, members, best_effort=True))
        yield frozenset(members), programme.choose(gap=ALONE_GAP, time_limit=time_limit)
    yield frozenset(task.players), joint


class _Report:
    """Turns solved programmes into the plan's tables, one method per table."""

    def __init__(
        self,
        task: Task,
        joint: Programme,
        cases: dict[str, Choice],
        coalitions: dict[frozenset[str], Choice],
        held: float,
    ) -> None:
        self.task, self.joint, self.cases, self.held = task, joint, cases, held
        self.choice, self.coalitions = cases["plan"], coalitions
        self.chosen = [name for name, flag in self.choice.chosen.items() if flag]

    def plan(self, seconds: float) -> Plan:
        split = self._split()
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
            split=split,
            deadline=self._deadline(),
            status="optimal within the gap" if proven else "stopped at the time limit; not proven optimal",
            gap=self.choice.gap,
            gap_usd=gap_usd,
            seconds=seconds + time.perf_counter() - started,
            notes=self._notes(),
            stockpile_t=self._stock(self.choice),
            added=self.task.added_capacity(self.chosen),
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
        return {
            "project": name,
            "label": project.label,
            "region": project.region,
            "leader": self.task.leader(project) or "",
            "chosen": name in self.chosen,
            "capex_usd": float(project.capex_usd),
            **{f"paid_{m}_usd": usd for m, usd in paid.items()},
            "online": _months_later(self.task.study.settings.planning.start, int(project.lead_months)),
            "requires": ";".join(project.requires),
            "gain_usd": gain,
            "gain_basis": basis,
        }

    def _gains(self) -> dict[str, tuple[float, str]]:
        """Gain of each project open to the partners; chosen ones are re-solved without it."""
        bounds = self.joint.gain_bounds(self.choice.answer)
        base = float(self.joint.weight @ self.choice.answer.cost) * MONEY
        gains: dict[str, tuple[float, str]] = {}
        for i, name in enumerate(self.joint.first.projects):
            if name in self.chosen:
                without = self.choice.decisions.copy()
                without[i] = 0.0
                gains[name] = (max(0.0, self.joint.cost_with(without) - base), "re-solved")
            else:
                gains[name] = (max(0.0, float(bounds[i])), "at most")
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
                    "joint_usd": together[i] * pile.holding_usd_per_t_year,
                    "alone_usd": alone * pile.holding_usd_per_t_year,
                }
            )
        return pd.DataFrame(rows, columns=_STOCKPILE_COLUMNS)

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
        alone = {p: self.coalitions[frozenset([p])].total_usd for p in self.task.players}
        rows = []
        for coalition, choice in self.coalitions.items():
            members = [p for p in self.task.players if p in coalition]
            met = self._supply(members, choice) >= required_tpa(self.task, members) * (1 - 1e-6)
            rows.append(
                {
                    "coalition": "+".join(members),
                    "cost_usd": choice.total_usd,
                    "saving_usd": sum(alone[m] for m in members) - choice.total_usd,
                    "deadline_met": met,
                }
            )
        return pd.DataFrame(rows)

    def _split(self) -> pd.DataFrame:
        """How the cost of the joint plan may be shared; empty when not every coalition was solved."""
        costs = {c: choice.total_usd for c, choice in self.coalitions.items()}
        if len(costs) < 2 ** len(self.task.players) - 1:
            return pd.DataFrame(columns=_SPLIT_COLUMNS)
        game = savings_game(costs)
        # equal to the nucleolus where joining never hurts, and defined within the solver's gap of that
        first, second = shapley(game), prenucleolus(game)
        alone = {p: costs[frozenset([p])] for p in self.task.players}
        stable = in_core(game, first).stable
        rows = [[p, alone[p], alone[p] - first[p], alone[p] - second[p], stable] for p in self.task.players]
        return pd.DataFrame(rows, columns=_SPLIT_COLUMNS)

    def _supply(self, members: Sequence[str], choice: Choice) -> float:
        names = [name for name, flag in choice.chosen.items() if flag]
        supply = deadline_supply(self.task, members, names)
        return supply.today_tpa + float(supply.project_tpa.sum())

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

    def _notes(self) -> tuple[str, ...]:
        widths = self.task.horizon.widths
        return (
            f"Periods of {', '.join(str(w) for w in dict.fromkeys(widths))} weeks over {sum(widths)} weeks; "
            "shocks at their most likely values; operations know the future of their scenario.",
            "Projects count with capacity times success probability, and capex in full at the start.",
            "Each partner commands the share of every plant and stock that serves it today.",
            "Stockpiles are open while a shock lasts and a quarter longer; what is used is paid at its price "
            "and a tenth more.",
            "Stocks missing at the end are charged at their price.",
        )


_PROJECT_COLUMNS = [
    "project", "label", "region", "leader", "chosen", "capex_usd", "online", "requires", "gain_usd",
    "gain_basis",
]  # fmt: skip
_STOCKPILE_COLUMNS = [
    "stockpile", "partner", "material", "region", "today_t", "joint_t", "alone_t", "joint_usd", "alone_usd",
]  # fmt: skip
_SPLIT_COLUMNS = ["partner", "alone_usd", "shapley_usd", "nucleolus_usd", "shapley_stable"]


def _cost_rows(case: str, choice: Choice) -> Iterable[dict[str, Any]]:
    for partner in choice.loss_usd:
        yield {
            "case": case,
            "partner": partner,
            "expected_loss_usd": choice.loss_usd[partner],
            "capex_usd": sum(usd for (m, _), usd in choice.paid_usd.items() if m == partner),
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


def _months_later(day: dt.date, months: int) -> dt.date:
    """Day that many months later."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    return _same_day(day, day.year + years, month + 1)


def _same_day(day: dt.date, year: int, month: int) -> dt.date:
    """Same day in another month, or the last day that month has."""
    following = dt.date(year + month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last))
