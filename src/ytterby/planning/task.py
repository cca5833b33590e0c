"""What has to be planned, the same for every coalition: study, futures, players, budgets, deadline."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import UnknownName, YtterbyError
from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.shocks import Scenario
from ytterby.planning.futures import Drawing, Futures, drawn_futures, likely_futures
from ytterby.planning.holdings import Holding, Shares, hold, market_shares
from ytterby.planning.periods import Horizon, graded

Floats = NDArray[np.float64]

MONTHS_PER_YEAR = 12
DAYS_PER_WEEK = 7
_LATEST_START = 240  # months
FINE_WEEKS = (
    104  # shocks begin in the first two years; later periods are twice as long, at 2/3 of the columns
)


@dataclass(frozen=True)
class Option:
    """A project that begins so many months after the plan's start."""

    project: str
    start_months: int = 0

    def __str__(self) -> str:
        return f"{self.project} from month {self.start_months}" if self.start_months else self.project


@dataclass(frozen=True)
class Task:
    """What has to be planned; every coalition of the players sees the same task."""

    study: StudyFiles
    chain: Chain
    scenarios: tuple[Scenario, ...]
    futures: Futures
    horizon: Horizon
    players: tuple[str, ...]
    shares: Mapping[str, Shares]
    purse_usd: Mapping[str, float]  # by player, as in partners.csv
    budget_usd: Mapping[str, float]  # by player; a joint budget below the sum of purses scales them
    yearly_usd: Mapping[str, float]  # by player, most it may spend in any year; inf: no limit
    joint_yearly_usd: Mapping[str, float]  # by player, its share of the joint limit
    start_months: tuple[int, ...]  # after the plan's start, at which a project may begin
    deadline: dt.date

    @property
    def chance(self) -> Floats:
        """[future] probability of each future."""
        return np.array([s.probability for s in self.scenarios])[self.futures.of] * self.futures.share

    def by_scenario(self, values: Floats) -> Floats:
        """[scenario, ...] expectation of values [future, ...] if the scenario were certain."""
        member = self.futures.of[None, :] == np.arange(len(self.scenarios))[:, None]
        return np.asarray((member * self.futures.share) @ values)

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

    def added_capacity(self, options: Sequence[Option]) -> pd.DataFrame:
        """Capacity of projects.

        Returns
        -------
        option (index), project, process (index), capacity_tpa (times the success probability),
        success_probability, week (of full production).
        """
        columns = ["project", "lead_months", "success_probability"]
        table = self.study.tables["project_capacities"].merge(self.projects[columns], on="project")
        chosen = pd.DataFrame(
            {
                "project": np.array([o.project for o in options], dtype=object),
                "start_months": [o.start_months for o in options],
                "option": np.arange(len(options)),
            }
        )
        table = table.merge(chosen, on="project")
        return pd.DataFrame(
            {
                "option": table["option"].to_numpy(np.int64),
                "project": table["project"].to_numpy(),
                "process": [self.chain.processes.index(p) for p in table["process"]],
                "capacity_tpa": (table["capacity_tpa"] * table["success_probability"]).to_numpy(float),
                "success_probability": table["success_probability"].to_numpy(float),
                "week": [lead_weeks(m) for m in table["start_months"] + table["lead_months"]],
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
    yearly_budget: float | None = None,
    start_months: Sequence[int] | None = None,
    horizon: Horizon | None = None,
    drawing: Drawing | None = None,
) -> Task:
    """Collect what all coalitions share; arguments override the study's settings.

    ``drawing`` plans for draws of the scenarios instead of their most likely numbers.

    Raises
    ------
    UnknownName: a partner that partners.csv does not have.
    YtterbyError: partners who count the same region as theirs; start dates below 0 or none.
    """
    settings = study.settings.planning
    players = tuple(dict.fromkeys(partners or settings.partners))
    table = study.tables["partners"].set_index("partner")
    _check_players(players, table)
    purse = {p: float(table.loc[p, "budget_usd"]) for p in players}
    total = settings.budget_usd if budget is None else budget
    cut = 1.0 if total is None or sum(purse.values()) <= total else total / sum(purse.values())
    yearly = settings.yearly_budget_usd if yearly_budget is None else yearly_budget
    width = settings.weeks_per_period
    horizon = horizon or graded(settings.periods * width, width, FINE_WEEKS, settings.discount_rate)
    futures = (
        drawn_futures(scenarios, chain, horizon, drawing)
        if drawing
        else likely_futures(scenarios, chain, horizon)
    )
    return Task(
        study=study,
        chain=chain,
        scenarios=tuple(scenarios),
        futures=futures,
        horizon=horizon,
        players=players,
        shares=market_shares(chain, {p: table.loc[p, "regions"] for p in players}),
        purse_usd=purse,
        budget_usd={p: purse[p] * cut for p in players},
        yearly_usd={p: _limit(table.loc[p].get("yearly_usd")) for p in players},
        # shares of the joint limit by purse, so that the limits of coalitions add up
        joint_yearly_usd={p: _limit(None if yearly is None else yearly * _part(purse, p)) for p in players},
        start_months=_starts(settings.start_months if start_months is None else start_months),
        deadline=by or settings.deadline,
    )


def _limit(usd: float | None) -> float:
    return math.inf if usd is None or pd.isna(usd) else float(usd)


def _part(purse: Mapping[str, float], player: str) -> float:
    """Share of a player in all purses; a purse of nothing pays nothing."""
    total = sum(purse.values())
    return purse[player] / total if total > 0 else 1.0 / len(purse)


def _starts(months: Sequence[int]) -> tuple[int, ...]:
    found = tuple(sorted(set(months)))
    if not found or found[0] < 0 or found[-1] > _LATEST_START:
        remedy = f"Name whole months from 0 to {_LATEST_START}, for example 0,6,12."
        raise YtterbyError("the start dates of projects cannot be used.", remedy)
    return found


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


def weekly_needs(study: StudyFiles, chain: Chain) -> Floats:
    """[stockpile] what each stockpile's partner buys of its material today, tonnes a week."""
    table = study.tables["partners"].set_index("partner")["regions"]
    holders = dict.fromkeys(pile.partner for pile in chain.stockpiles)
    shares = market_shares(chain, {holder: table[holder] for holder in holders})
    need = {holder: hold(chain, [shares[holder]]).need_t for holder in holders}
    return np.array([need[pile.partner][chain.pool_material[pile.pool]] for pile in chain.stockpiles])


def outside(task: Task) -> np.ndarray:
    """Flags of the processes that stand outside the controlled regions."""
    controlled = task.study.settings.planning.controlled_regions
    regions = [task.chain.regions.index(r) for r in controlled]
    return ~np.isin(task.chain.process_region, regions)
