"""The first stage: which projects, who pays, what goes into stockpiles, and the deadline.

A project is open to the coalition that its leader belongs to: the first of its financiers among
the players. So disjoint coalitions never decide on the same project, and what two can do apart
they can also do together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import InfeasiblePlan
from ytterby.network.chain import WEEKS_PER_YEAR
from ytterby.planning.holdings import Holding
from ytterby.planning.operations import MONEY, Decisions
from ytterby.planning.solve import Model, solve
from ytterby.planning.task import Task, need_tpa, outside, required_tpa, weeks_until

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEADER_FIRST = 1e-7  # of two who could pay, the leader does: dearer others decide the tie
ENOUGH = 1e-9  # relative; a target missed by less is met


@dataclass(frozen=True)
class FirstStage:
    """Columns and rows of the decisions to be taken now."""

    projects: tuple[str, ...]  # open to the coalition
    chosen: Ints  # [project]
    payer: tuple[tuple[str, str], ...]  # (partner, project)
    paid: Ints  # [payer], thousands of USD
    stockpiles: Ints  # indices of the chain's stockpiles
    bought: Ints  # [stockpile], tonnes
    rows: Ints  # budgets, financing, precedence, exclusion, deadline
    deadline_row: int
    supply_today_tpa: float  # of the deadline's material, outside the controlled regions

    def deadline_lower(self, required: float) -> float:
        """Lower bound of the deadline's row: what projects have to add, tonnes a year."""
        return required * (1 - ENOUGH) - self.supply_today_tpa


@dataclass(frozen=True)
class DeadlineSupply:
    """Non-controlled capacity for the deadline's material that a coalition commands, tonnes a year."""

    today_tpa: float
    project_tpa: Floats  # [project]; expected, 0 for those that come too late


def add_choices(
    model: Model,
    task: Task,
    members: Sequence[str],
    required: float,
    *,
    budgets: bool = True,
    money: float = 1.0,
) -> FirstStage:
    """Add projects, financing and stockpile purchases with all their rows.

    Parameters
    ----------
    required: supply that the deadline asks for, tonnes a year.
    budgets: False leaves the budgets out, to ask what money could not buy either.
    money: weight of capex in the objective.
    """
    open_to = [p for p in task.projects.itertuples() if task.is_open(p, members)]
    names = tuple(str(p.project) for p in open_to)
    start = model.rows
    chosen = model.add_columns(len(names), upper=1.0, integer=True)
    payer = tuple((m, str(p.project)) for p in open_to for m in members if m in p.financiers)
    lead = {str(p.project): task.leader(p) for p in open_to}
    joins = np.array([m != lead[j] for m, j in payer], float)
    paid = model.add_columns(len(payer), cost=money * (1.0 + LEADER_FIRST * joins))
    _finance_rows(model, open_to, chosen, payer, paid)
    piles = [i for i, pile in enumerate(task.chain.stockpiles) if pile.partner in members]
    room = [max(0.0, s.limit_t - s.stock_t) for s in (task.chain.stockpiles[i] for i in piles)]
    bought = model.add_columns(len(piles), upper=np.array(room))
    if budgets:
        _budget_rows(model, task, members, payer, paid, piles, bought)
    _choice_rows(model, open_to, chosen)
    supply = deadline_supply(task, members, names)
    material = task.study.settings.planning.deadline_material
    name = f"deadline {task.deadline} ({material} outside the controlled regions)"
    row = model.add_rows(1, lower=required * (1 - ENOUGH) - supply.today_tpa, names=[name])
    model.add_entries(row, chosen, supply.project_tpa)
    rows = np.arange(start, model.rows)
    return FirstStage(
        names, chosen, payer, paid, np.array(piles, np.int64), bought, rows, int(row[0]), supply.today_tpa
    )  # fmt: skip


def _finance_rows(
    model: Model, projects: Sequence[Any], chosen: Ints, payer: Sequence[tuple[str, str]], paid: Ints
) -> None:
    names = [f"financing of {p.project}" for p in projects]
    rows = model.add_rows(len(projects), lower=0.0, upper=0.0, names=names)
    model.add_entries(rows, chosen, -np.array([p.capex_usd for p in projects]) / MONEY)
    place = {str(p.project): i for i, p in enumerate(projects)}
    model.add_entries(rows[np.array([place[j] for _, j in payer], np.int64)], paid, 1.0)


def _budget_rows(
    model: Model,
    task: Task,
    members: Sequence[str],
    payer: Sequence[tuple[str, str]],
    paid: Ints,
    piles: Sequence[int],
    bought: Ints,
) -> None:
    """Hold each purse, and the joint one, to what is paid for projects and for stock at its price."""
    chain = task.chain
    price = np.array([chain.price_usd_per_t[chain.pool_material[chain.stockpiles[i].pool]] for i in piles])
    holder = np.array([chain.stockpiles[i].partner for i in piles], dtype=object)
    for member in members:
        own = np.array([m == member for m, _ in payer], bool)
        purse = task.purse_usd[member]
        row = model.add_rows(1, upper=purse / MONEY, names=[f"budget of {member} ({purse:,.0f} USD)"])
        model.add_entries(row, paid[own], 1.0)
        model.add_entries(row, bought[holder == member], price[holder == member] / MONEY)
    total = sum(task.budget_usd[m] for m in members)
    row = model.add_rows(1, upper=total / MONEY, names=[f"joint budget ({total:,.0f} USD)"])
    model.add_entries(row, paid, 1.0)
    model.add_entries(row, bought, price / MONEY)


def _choice_rows(model: Model, projects: Sequence[Any], chosen: Ints) -> None:
    place = {str(p.project): i for i, p in enumerate(projects)}
    for i, project in enumerate(projects):
        for other in project.requires:
            row = model.add_rows(1, upper=0.0, names=[f"{project.project} requires {other}"])
            model.add_entries(row, chosen[i], 1.0)
            if other in place:  # else it is not open to this coalition, and so neither is this one
                model.add_entries(row, chosen[place[other]], -1.0)
        for other in project.excludes:
            if other in place:
                row = model.add_rows(1, upper=1.0, names=[f"{project.project} excludes {other}"])
                model.add_entries(row, chosen[[i, place[other]]], 1.0)


# the deadline -------------------------------------------------------------------------------------


def deadline_supply(task: Task, members: Sequence[str], names: Sequence[str]) -> DeadlineSupply:
    """Capacity outside the controlled regions: the coalition's share today, and what projects add."""
    chain, holding = task.chain, task.holding(members)
    safe, material = outside(task), task.deadline_material
    process = holding.process[holding.output_activity]
    counts = safe[process] & (chain.pool_material[holding.output_pool] == material)
    made = holding.output_t * holding.share[holding.output_activity]
    capacity = np.where(counts, chain.capacity_t[process], 0.0)
    added = np.zeros(len(names))
    weeks = weeks_until(task.study.settings.planning.start, task.deadline)
    for row in task.added_capacity(names).itertuples():
        if row.week <= weeks and safe[row.process]:
            outputs = chain.output_process == row.process
            outputs &= chain.pool_material[chain.output_pool] == material
            added[list(names).index(row.project)] += row.capacity_tpa * chain.output_t[outputs].sum()
    return DeadlineSupply(float(made @ capacity) * WEEKS_PER_YEAR, added)


def attainable_tpa(task: Task, members: Sequence[str], *, budgets: bool = True) -> float:
    """Most non-controlled supply of the deadline's material that a coalition can have by then."""
    model = Model("attainable")
    first = add_choices(model, task, members, 0.0, budgets=budgets, money=0.0)
    supply = deadline_supply(task, members, first.projects)
    goal = model.add_columns(1, cost=-1.0)
    row = model.add_rows(1, upper=supply.today_tpa)
    model.add_entries(row, goal, 1.0)
    model.add_entries(row, first.chosen, -supply.project_tpa)
    return float(solve(model, mip_gap=0.0).value[goal[0]])


def check_deadline(task: Task, members: Sequence[str]) -> float:
    """Supply by the deadline that a coalition can be held to, tonnes a year.

    Raises
    ------
    InfeasiblePlan: says how much is needed and how much there can be, with and without budgets.
    """
    required, affordable = required_tpa(task, members), attainable_tpa(task, members)
    if affordable >= required * (1 - ENOUGH):
        return required
    settings = task.study.settings.planning
    head = (
        f"deadline {task.deadline} needs {required:,.4g} t/year {settings.deadline_material} outside "
        f"{', '.join(settings.controlled_regions)} ({settings.target_share:.0%} of "
        f"{need_tpa(task, members):,.4g});"
    )
    everything = attainable_tpa(task, members, budgets=False)
    if everything < required * (1 - ENOUGH):
        message = f"{head} all projects together give {everything:,.4g} by then."
        raise InfeasiblePlan(message, "Move the deadline, lower the target share, or add projects.")
    message = f"{head} the budget gives {affordable:,.4g} by then, more money up to {everything:,.4g}."
    raise InfeasiblePlan(message, "Raise the budget, move the deadline, or lower the target share.")


# what the operations need to know -----------------------------------------------------------------


def build_decisions(task: Task, members: Sequence[str], first: FirstStage, holding: Holding) -> Decisions:
    """Columns of the first stage as the operations see them."""
    capacity = task.added_capacity(first.projects)
    column = dict(zip(first.projects, first.chosen, strict=True))
    ways = np.array(list(_release_ways(task, members, first, holding))).reshape(-1, 4)
    return Decisions(
        added_process=capacity["process"].to_numpy(np.int64),
        added_column=np.array([column[p] for p in capacity["project"]], np.int64),
        added_t=capacity["capacity_tpa"].to_numpy(float) / WEEKS_PER_YEAR,
        added_week=capacity["week"].to_numpy(np.int64),
        stockpiles=first.stockpiles,
        bought=first.bought,
        release_pile=ways[:, 0].astype(np.int64),
        release_pool=ways[:, 1].astype(np.int64),
        release_lag=ways[:, 2].astype(np.int64),
        release_cost=ways[:, 3],
    )


def _release_ways(
    task: Task, members: Sequence[str], first: FirstStage, holding: Holding
) -> Iterator[tuple[float, float, float, float]]:
    """Stockpile, pool, lag and cost: its own pool, and pools of the material in members' regions.

    Between regions a stockpile travels as the material does on average between regions.
    """
    chain = task.chain
    used = set(chain.arc_pool[holding.arcs].tolist())
    for place, index in enumerate(first.stockpiles):
        home = chain.stockpiles[index].pool
        if home in used:
            yield place, home, 0, 0.0
        same = np.flatnonzero(chain.pool_material == chain.pool_material[home])
        lag, cost = _usual_way(task, int(chain.pool_material[home]))
        for pool in same:
            elsewhere = chain.pool_region[pool] != chain.pool_region[home]
            if elsewhere and pool in used and task.player_of(int(chain.pool_region[pool])) in members:
                yield place, int(pool), lag, cost


def _usual_way(task: Task, material: int) -> tuple[int, float]:
    chain = task.chain
    origin = chain.pool_region[chain.arc_pool]
    destination = chain.process_region[chain.slot_process[chain.arc_slot]]
    ways = (chain.pool_material[chain.arc_pool] == material) & (origin != destination)
    if not ways.any():
        return 0, 0.0
    return round(float(chain.arc_lag[ways].mean())), float(chain.arc_cost_usd_per_t[ways].mean())
