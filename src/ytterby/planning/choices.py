"""The first stage: which projects begin when, who pays, what goes into stockpiles, and the deadline.

A project is open to the coalition that its leader belongs to: the first of its financiers among
the players. So disjoint coalitions never decide on the same project, and what two can do apart
they can also do together. A project has one option for each start date that the task allows.
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
from ytterby.planning.solve import INFINITY, Model, Solver, solve
from ytterby.planning.task import (
    MONTHS_PER_YEAR,
    Option,
    Task,
    need_tpa,
    outside,
    required_tpa,
    weeks_until,
)  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS_OF_MONEY = 1e3  # thousands of USD: a row's unit, for rounding of large sums is beyond the tolerance
_MOST_YEARS = 60  # longest start and building time that a study may have, 2 x 240 months, and room
ENOUGH = 1e-9  # relative; a target missed by less is met


@dataclass(frozen=True)
class FirstStage:
    """Columns and rows of the decisions to be taken now."""

    options: tuple[Option, ...]  # open to the coalition
    chosen: Ints  # [option]
    payer: tuple[tuple[str, int], ...]  # (partner, index of the option)
    paid: Ints  # [payer], thousands of USD when it is paid
    discount: Floats  # [payer] present value of a dollar of it
    stockpiles: Ints  # indices of the chain's stockpiles
    bought: Ints  # [stockpile], tonnes
    rows: Ints  # budgets, financing, precedence, exclusion, deadline
    budget_row: int  # the joint budget; -1 when budgets are left out
    deadline_row: int
    supply_today_tpa: float  # of the deadline's material, outside the controlled regions

    def deadline_lower(self, required: float) -> float:
        """Lower bound of the deadline's row: what projects have to add, tonnes a year."""
        return required * (1 - ENOUGH) - self.supply_today_tpa


@dataclass(frozen=True)
class DeadlineSupply:
    """Non-controlled capacity for the deadline's material that a coalition commands, tonnes a year."""

    today_tpa: float
    option_tpa: Floats  # [option]; expected, 0 for those that come too late


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
    projects = {str(p.project): p for p in open_to}
    options = tuple(Option(name, months) for name in projects for months in task.start_months)
    start = model.rows
    chosen = model.add_columns(len(options), upper=1.0, integer=True)
    payer = tuple(
        (m, i) for i, o in enumerate(options) for m in members if m in projects[o.project].financiers
    )
    worth = np.array([_present_value(task, projects[o.project], o) for o in options])
    discount = worth[[i for _, i in payer]]
    paid = model.add_columns(len(payer), cost=money * discount)
    capex = np.array([projects[o.project].capex_usd for o in options]) / MONEY
    rows = model.add_rows(len(options), lower=0.0, upper=0.0, names=[f"financing of {o}" for o in options])
    model.add_entries(rows, chosen, -capex / ROWS_OF_MONEY)
    model.add_entries(rows[np.array([i for _, i in payer], np.int64)], paid, 1.0 / ROWS_OF_MONEY)
    piles = [i for i, pile in enumerate(task.chain.stockpiles) if pile.partner in members]
    room = [max(0.0, s.limit_t - s.stock_t) for s in (task.chain.stockpiles[i] for i in piles)]
    bought = model.add_columns(len(piles), upper=np.array(room))
    joint = -1
    if budgets:
        spend = np.array([_spend(projects[o.project], o) for o in options]).reshape(-1, _MOST_YEARS)
        joint = _Budgets(model, task, members, payer, paid, piles, bought, spend).add()
    _choice_rows(model, open_to, options, chosen)
    supply = deadline_supply(task, members, options)
    material = task.study.settings.planning.deadline_material
    name = f"deadline {task.deadline} ({material} outside the controlled regions)"
    row = model.add_rows(1, lower=required * (1 - ENOUGH) - supply.today_tpa, names=[name])
    model.add_entries(row, chosen, supply.option_tpa)
    rows = np.arange(start, model.rows)
    return FirstStage(
        options, chosen, payer, paid, discount, np.array(piles, np.int64), bought, rows, joint, int(row[0]),
        supply.today_tpa,
    )  # fmt: skip


def row_of_money(usd: Any) -> Any:
    """USD in the unit of the rows of money."""
    return usd / MONEY / ROWS_OF_MONEY


def leaders_pay(task: Task, members: Sequence[str], decisions: Floats, paid: Floats) -> Floats:
    """Who pays for decided projects: their leaders, as far as the budgets let them.

    Who pays changes no cost, so the search leaves it to chance.

    Parameters
    ----------
    decisions: options 0 or 1, then tonnes bought; paid: [payer] what the search found, kept where rounding
        leaves no room for another answer.
    """
    if not len(paid):
        return paid
    model = Model("who pays")
    first = add_choices(model, task, members, -INFINITY, money=0.0)
    leads = {str(p.project): task.leader(p) for p in task.projects.itertuples()}
    joins = [float(member != leads[first.options[i].project]) for member, i in first.payer]
    solver, count = Solver(model), len(first.chosen)
    solver.fix_integers(first.chosen, decisions[:count])
    solver.set_bounds(first.bought, decisions[count:], decisions[count:])
    solver.set_costs(first.paid, np.array(joins))
    try:
        return np.asarray(solver.solve(explain=False).value[first.paid])
    except InfeasiblePlan:
        return paid


def _present_value(task: Task, project: Any, option: Option) -> float:
    """Present value of a dollar of capex, which is spent evenly from the start to full production."""
    middle = (option.start_months + project.lead_months / 2.0) / MONTHS_PER_YEAR
    return float((1.0 + task.horizon.discount_rate) ** -middle)


def _spend(project: Any, option: Option) -> Floats:
    """[year] share of capex that falls into each year after the plan's start."""
    first, last = option.start_months, option.start_months + max(int(project.lead_months), 1)
    edges = np.arange(0, _MOST_YEARS + 1) * MONTHS_PER_YEAR
    inside = np.minimum(last, edges[1:]) - np.maximum(first, edges[:-1])
    return np.asarray(np.maximum(0.0, inside) / (last - first))


@dataclass(frozen=True)
class _Budgets:
    """Rows that hold each purse, and the joint one, to what projects and stock cost; also by year."""

    model: Model
    task: Task
    members: Sequence[str]
    payer: Sequence[tuple[str, int]]
    paid: Ints
    piles: Sequence[int]
    bought: Ints
    spend: Floats  # [option, year]

    def add(self) -> int:
        """Add all rows; returns that of the joint budget."""
        task = self.task
        for member in self.members:
            self._purse(f"budget of {member}", [member], task.purse_usd[member])
            self._years(f"budget of {member}", [member], task.yearly_usd[member])
        total = sum(task.budget_usd[m] for m in self.members)
        # the shares of a joint yearly budget add up, as those of the whole budget do
        self._years("joint budget", self.members, sum(task.joint_yearly_usd[m] for m in self.members))
        return self._purse("joint budget", self.members, total)

    def _purse(self, name: str, members: Sequence[str], usd: float) -> int:
        row = self.model.add_rows(1, upper=row_of_money(usd), names=[f"{name} ({usd:,.0f} USD)"])
        self.model.add_entries(row, self.paid[self._pays(members)], 1.0 / ROWS_OF_MONEY)
        self._stock(row, members)
        return int(row[0])

    def _years(self, name: str, members: Sequence[str], usd: float) -> None:
        """Hold every year's spending; stock is bought in the first."""
        if not np.isfinite(usd):
            return
        pays = self._pays(members)
        share = self.spend[[i for _, i in self.payer]][pays]
        years = np.flatnonzero(share.any(axis=0) | (np.arange(share.shape[1]) == 0))
        names = [f"{name} in year {year + 1} ({usd:,.0f} USD)" for year in years]
        rows = self.model.add_rows(len(years), upper=row_of_money(usd), names=names)
        self.model.add_entries(rows[:, None], self.paid[pays], share[:, years].T / ROWS_OF_MONEY)
        self._stock(rows[:1], members)

    def _pays(self, members: Sequence[str]) -> NDArray[np.bool_]:
        return np.array([m in members for m, _ in self.payer], bool)

    def _stock(self, row: Ints, members: Sequence[str]) -> None:
        chain = self.task.chain
        piles = [chain.stockpiles[i] for i in self.piles]
        price = chain.price_usd_per_t[chain.pool_material[np.array([p.pool for p in piles], np.int64)]]
        ours = np.array([p.partner in members for p in piles], bool)
        self.model.add_entries(row, self.bought[ours], row_of_money(price[ours]))


def _choice_rows(model: Model, projects: Sequence[Any], options: Sequence[Option], chosen: Ints) -> None:
    """Each project once; what it requires begins no later; of two that exclude each other, one."""
    names = np.array([o.project for o in options], dtype=object)
    months = np.array([o.start_months for o in options])
    starts = np.unique(months)
    for project in projects:
        ours = chosen[names == project.project]
        if len(starts) > 1:
            row = model.add_rows(1, upper=1.0, names=[f"{project.project} begins once"])
            model.add_entries(row, ours, 1.0)
        for other in project.requires:
            for start in starts:
                row = model.add_rows(1, upper=0.0, names=[f"{project.project} requires {other}"])
                # an other that is not open to this coalition has no columns, and so closes this one
                model.add_entries(row, chosen[(names == project.project) & (months <= start)], 1.0)
                model.add_entries(row, chosen[(names == other) & (months <= start)], -1.0)
        for other in project.excludes:
            if (names == other).any():
                row = model.add_rows(1, upper=1.0, names=[f"{project.project} excludes {other}"])
                model.add_entries(row, ours, 1.0)
                model.add_entries(row, chosen[names == other], 1.0)


# the deadline -------------------------------------------------------------------------------------


def deadline_supply(task: Task, members: Sequence[str], options: Sequence[Option]) -> DeadlineSupply:
    """Capacity outside the controlled regions: the coalition's share today, and what projects add."""
    chain, holding = task.chain, task.holding(members)
    safe, material = outside(task), task.deadline_material
    process = holding.process[holding.output_activity]
    counts = safe[process] & (chain.pool_material[holding.output_pool] == material)
    made = holding.output_t * holding.share[holding.output_activity]
    capacity = np.where(counts, chain.capacity_t[process], 0.0)
    added = np.zeros(len(options))
    weeks = weeks_until(task.study.settings.planning.start, task.deadline)
    for row in task.added_capacity(options).itertuples():
        if row.week <= weeks and safe[row.process]:
            outputs = chain.output_process == row.process
            outputs &= chain.pool_material[chain.output_pool] == material
            added[row.option] += row.capacity_tpa * chain.output_t[outputs].sum()
    return DeadlineSupply(float(made @ capacity) * WEEKS_PER_YEAR, added)


def attainable_tpa(task: Task, members: Sequence[str], *, budgets: bool = True) -> float:
    """Most non-controlled supply of the deadline's material that a coalition can have by then."""
    model = Model("attainable")
    first = add_choices(model, task, members, 0.0, budgets=budgets, money=0.0)
    supply = deadline_supply(task, members, first.options)
    goal = model.add_columns(1, cost=-1.0)
    row = model.add_rows(1, upper=supply.today_tpa)
    model.add_entries(row, goal, 1.0)
    model.add_entries(row, first.chosen, -supply.option_tpa)
    return float(solve(model, mip_gap=0.0, tolerance=ENOUGH).value[goal[0]])


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
    capacity = task.added_capacity(first.options)
    ways = np.array(list(_release_ways(task, members, first, holding))).reshape(-1, 4)
    return Decisions(
        added_process=capacity["process"].to_numpy(np.int64),
        added_column=first.chosen[capacity["option"].to_numpy(np.int64)],
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
