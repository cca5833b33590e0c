"""What has to be planned, the same for every coalition: study, futures, players, budgets, deadline."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import UnknownName, YtterbyError
from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.shocks import Scenario, modal_conditions
from ytterby.planning.holdings import Holding, Shares, hold, market_shares
from ytterby.planning.periods import Horizon, PeriodConditions, by_period, graded

MONTHS_PER_YEAR = 12
DAYS_PER_WEEK = 7
FINE_WEEKS = (
    104  # shocks begin in the first two years; later periods are twice as long, at 2/3 of the columns
)


@dataclass(frozen=True)
class Task:
    """What has to be planned; every coalition of the players sees the same task."""

    study: StudyFiles
    chain: Chain
    scenarios: tuple[Scenario, ...]
    futures: tuple[PeriodConditions, ...]
    horizon: Horizon
    players: tuple[str, ...]
    shares: Mapping[str, Shares]
    purse_usd: Mapping[str, float]  # by player, as in partners.csv
    budget_usd: Mapping[str, float]  # by player; a joint budget below the sum of purses scales them
    deadline: dt.date

    @property
    def projects(self) -> pd.DataFrame:
        """Rows of projects.csv."""
        return self.study.tables["projects"]

    @property
    def deadline_material(self) -> int:
        """Index of the material that the deadline is about."""
        return self.chain.materials.index(self.study.settings.planning.deadline_material)

    def holding(self, members: Sequence[str]) -> Holding:
        """What a coalition commands."""
        return hold(self.chain, [self.shares[m] for m in members])

    def player_of(self, region: int) -> str | None:
        """Player who counts a region's losses; None for the rest of the world."""
        table = self.study.tables["partners"].set_index("partner")
        name = self.chain.regions[region]
        return next((p for p in self.players if name in table.loc[p, "regions"]), None)

    def leader(self, project: Any) -> str | None:
        """Player who decides on a project: the first of its financiers who plays; None if nobody does."""
        return next((name for name in project.financiers if name in self.players), None)

    def is_open(self, project: Any, members: Sequence[str]) -> bool:
        """Whether a coalition may decide on a project.

        Of two projects that exclude each other the earlier row counts: the later one is closed to
        a coalition without the earlier one's leader, or two coalitions could build both.
        """
        if self.leader(project) not in members:
            return False
        for other in self.projects[self.projects["row"] < project.row].itertuples():
            clash = other.project in project.excludes or project.project in other.excludes
            if clash and self.leader(other) not in (None, *members):
                return False
        return True

    def added_capacity(self, names: Sequence[str]) -> pd.DataFrame:
        """Capacity of projects.

        Returns
        -------
        project, process (index), capacity_tpa (times the success probability), week (of start).
        """
        columns = ["project", "lead_months", "success_probability"]
        table = self.study.tables["project_capacities"].merge(self.projects[columns], on="project")
        table = table[table["project"].isin(list(names))]
        return pd.DataFrame(
            {
                "project": table["project"].to_numpy(),
                "process": [self.chain.processes.index(p) for p in table["process"]],
                "capacity_tpa": (table["capacity_tpa"] * table["success_probability"]).to_numpy(float),
                "week": [lead_weeks(m) for m in table["lead_months"]],
            }
        )


def build_task(
    study: StudyFiles,
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    budget: float | None = None,
    partners: Sequence[str] | None = None,
    by: dt.date | None = None,
    horizon: Horizon | None = None,
) -> Task:
    """Collect what all coalitions share; arguments override the study's settings.

    Raises
    ------
    UnknownName: a partner that partners.csv does not have.
    YtterbyError: partners who count the same region as theirs.
    """
    settings = study.settings.planning
    players = tuple(dict.fromkeys(partners or settings.partners))
    table = study.tables["partners"].set_index("partner")
    _check_players(players, table)
    purse = {p: float(table.loc[p, "budget_usd"]) for p in players}
    total = settings.budget_usd if budget is None else budget
    cut = 1.0 if total is None or sum(purse.values()) <= total else total / sum(purse.values())
    width = settings.weeks_per_period
    horizon = horizon or graded(settings.periods * width, width, FINE_WEEKS, settings.discount_rate)
    modal = (modal_conditions(s, chain, horizon.weeks) for s in scenarios)
    return Task(
        study=study,
        chain=chain,
        scenarios=tuple(scenarios),
        futures=tuple(by_period(chain, conditions, horizon) for conditions in modal),
        horizon=horizon,
        players=players,
        shares=market_shares(chain, {p: table.loc[p, "regions"] for p in players}),
        purse_usd=purse,
        budget_usd={p: purse[p] * cut for p in players},
        deadline=by or settings.deadline,
    )


def _check_players(players: Sequence[str], table: pd.DataFrame) -> None:
    for name in players:
        if name not in table.index:
            raise UnknownName("partner", name, table.index)
    regions = [region for p in players for region in table.loc[p, "regions"]]
    twice = sorted({r for r in regions if regions.count(r) > 1})
    if twice:
        remedy = "Give each region to one partner in partners.csv."
        raise YtterbyError(f"two partners count {', '.join(twice)} as theirs.", remedy)


def lead_weeks(months: float) -> int:
    """Weeks from decision to full production."""
    return math.ceil(round(months * WEEKS_PER_YEAR / MONTHS_PER_YEAR, 9))


def weeks_until(start: dt.date, deadline: dt.date) -> float:
    """Weeks between two days."""
    return (deadline - start).days / DAYS_PER_WEEK


def required_tpa(task: Task, members: Sequence[str]) -> float:
    """Supply that the deadline asks of a coalition, tonnes a year."""
    return task.study.settings.planning.target_share * need_tpa(task, members)


def need_tpa(task: Task, members: Sequence[str]) -> float:
    """What a coalition's users buy of the deadline's material today, tonnes a year."""
    return float(task.holding(members).need_t[task.deadline_material]) * WEEKS_PER_YEAR


def outside(task: Task) -> np.ndarray:
    """Flags of the processes that stand outside the controlled regions."""
    controlled = task.study.settings.planning.controlled_regions
    regions = [task.chain.regions.index(r) for r in controlled]
    return ~np.isin(task.chain.process_region, regions)
