"""What a plan says: tables for people, arrays for the simulator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR, Chain

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Deadline:
    """The deadline's target and what the plan gives by then, tonnes a year; expected values."""

    date: dt.date
    material: str
    need_tpa: float
    required_tpa: float  # what the study asks for
    held_to_tpa: float  # what the plan was held to; less when the target cannot be met
    supply_tpa: float
    met: bool
    message: str


@dataclass(frozen=True)
class Insight:
    """What lies around a plan; columns are those of the functions that made the tables.

    ``frontier``: :func:`ytterby.planning.frontier.frontier`; ``alternatives``:
    :func:`ytterby.planning.alternatives.alternatives`; ``regret`` and the next three:
    :class:`ytterby.planning.regret.PlanRegret`; ``earlier``: :func:`ytterby.planning.worth.week_earlier`.
    """

    frontier: pd.DataFrame
    alternatives: pd.DataFrame
    regret: pd.DataFrame
    least_regretted: str
    information_usd: float
    stochastic_usd: float
    earlier: pd.DataFrame


@dataclass(frozen=True)
class Plan:
    """A plan and its reasons; all USD are expected present values over the horizon.

    ``projects``: project, label, region, leader, chosen, capex_usd, one ``paid_<partner>_usd`` a
    partner, begins, online, requires, gain_usd, gain_basis ("re-solved": cost without it less cost with it,
    other decisions as they are; "at most": an upper bound for a project not chosen).
    ``stockpiles``: stockpile, partner, material, region, today_t, joint_t, alone_t (stock held from
    the start), joint_days (of what the partner's plants and users buy of the material), joint_usd,
    alone_usd (holding for a year).
    ``costs``: case, partner ("all" sums), expected_loss_usd, capex_usd, holding_usd, stock_used_usd,
    operating_usd (over today's; only for "all"), total_usd (only for "all").
    ``losses``: case, scenario, probability, loss_usd.
    ``gap_values``: scope ("process" or "material outside"), name, label, material, region, controlled,
    usd_per_tpa (loss and cost avoided over the horizon per further tonne a year from the start).
    ``coalitions``: coalition, cost_usd (over today's operation), saving_usd, deadline_met.
    ``split``, ``core``, ``beliefs``: :class:`ytterby.planning.pact.Pact`.
    ``support``: :func:`ytterby.planning.support.project_support` of the chosen projects.
    ``proof``: :func:`ytterby.planning.proof.prove`; empty when the plan was not simulated.
    ``cover``: :func:`ytterby.planning.proof.compare_cover`; empty unless days of cover were asked for.
    ``insight``: what lies around the plan; None when it was not asked for.
    """

    study: str
    partners: tuple[str, ...]
    projects: pd.DataFrame
    stockpiles: pd.DataFrame
    costs: pd.DataFrame
    losses: pd.DataFrame
    gap_values: pd.DataFrame
    coalitions: pd.DataFrame
    split: pd.DataFrame
    core: pd.DataFrame
    beliefs: pd.DataFrame
    support: pd.DataFrame
    deadline: Deadline
    status: str
    gap: float
    gap_usd: float
    seconds: float
    notes: tuple[str, ...]
    stockpile_t: Floats  # [stockpile of the chain] stock at the start under the joint plan
    added: pd.DataFrame  # project, process (index), capacity_tpa (expected), success_probability, week
    proof: pd.DataFrame = field(default_factory=pd.DataFrame)
    insight: Insight | None = None
    cover: pd.DataFrame = field(default_factory=pd.DataFrame)

    def added_capacity_t(
        self, chain: Chain, weeks: int, succeeds: Mapping[str, bool] | None = None
    ) -> Floats:
        """Return [week, process] tonnes a week that the chosen projects add.

        Times their success probability, or all of it and nothing where ``succeeds`` says what became
        of each project.
        """
        capacity = np.zeros((weeks, len(chain.processes)))
        for row in self.added.itertuples():
            counted = 1.0
            if succeeds is not None:  # a project that cannot succeed adds nothing
                counted = 1 / row.success_probability if succeeds[str(row.project)] else 0.0
            capacity[int(row.week) :, int(row.process)] += counted * row.capacity_tpa / WEEKS_PER_YEAR
        return capacity

    @property
    def success_probability(self) -> dict[str, float]:
        """Success probability of each chosen project that adds capacity."""
        return dict(zip(self.added["project"], self.added["success_probability"], strict=True))

    def pooled(self, chain: Chain) -> Chain:
        """Return the chain with the partners' stockpiles open to all of them, as the joint plan has it."""
        own = [pile for pile in chain.stockpiles if pile.partner in self.partners]
        shared = tuple(dict.fromkeys(region for pile in own for region in pile.regions))
        piles = (replace(p, regions=shared) if p in own else p for p in chain.stockpiles)
        return replace(chain, stockpiles=tuple(piles))
