"""The two-stage programme of a coalition: decisions now, operations in every scenario.

Given the decisions, scenarios have nothing to do with each other. So each is an LP of its own, and
the decisions are found by multicut Benders decomposition: a small mixed-integer master proposes,
the scenarios answer with their cost and its slope, and a trust region keeps the steps short. On
the built-in study this is several times faster than the one large programme it is equivalent to,
and the variants of a plan (only stockpiles, only projects) share all the cuts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import InfeasiblePlan, SolverFailure, YtterbyError
from ytterby.network.outcomes import tail_weights
from ytterby.planning.choices import ROWS_OF_MONEY, FirstStage, add_choices, leaders_pay, row_of_money
from ytterby.planning.holdings import Holding
from ytterby.planning.operations import MONEY
from ytterby.planning.scenes import Answer, Scenes
from ytterby.planning.solve import INFINITY, Model, Solution, Solver
from ytterby.planning.task import Option, Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAN_GAP = 2e-4  # of the whole cost, today's operating cost included
START_GAP = 5e-3  # of a plan that is only where another search begins
FIRST_STEP = 0.25  # of each stockpile's room; a step to the other end costs far more simplex work
SHORTEST_STEP = 0.01
GROWTH = 2.0  # of the step after each better plan
MOST_ROUNDS = 400
GLIMPSE_T = 1e-3  # tonnes a week; far below any plant, far above the solver's tolerance
PLAN_TOLERANCE = (
    1e-7  # with the usual 1e-6 a budget just met can hide the best plan; 1e-9 ends in solver errors
)
LOWEST_COST = -1e10  # thousands of USD; only until the first cut


def unwatched(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Choice:
    """What was decided, and what it costs; USD are expected present values."""

    decisions: Floats  # options 0 or 1, then tonnes bought
    chosen: dict[str, bool]
    begins: dict[str, int]  # months after the start, of the chosen projects
    paid_usd: dict[tuple[str, str], float]  # (partner, project), in money of the day it is paid
    worth_usd: dict[str, float]  # by partner, present value of what it pays for projects
    bought_t: dict[int, float]  # chain's stockpile -> tonnes
    loss_usd: dict[str, float]  # by partner
    scenario_loss_usd: dict[str, float]  # by scenario, not weighted
    holding_usd: dict[str, float]  # by partner, stockpiles
    used_usd: dict[str, float]  # by partner, stockpiled material that was used up
    total_usd: float  # all of it and the operating cost over today's; expected, whatever the aversion
    objective_usd: float  # the same with the aversion to bad scenarios that it was chosen with
    gap: float  # relative distance to what might at best be possible
    proven: bool  # the gap is within the one asked for
    seconds: float
    answer: Answer

    @property
    def capex_usd(self) -> float:
        """Present value of what the partners pay for projects."""
        return sum(self.worth_usd.values())

    @property
    def taken(self) -> list[Option]:
        """The chosen projects with their start."""
        return [Option(name, months) for name, months in self.begins.items()]


@dataclass(frozen=True)
class Aversion:
    """How much bad scenarios count: ``(1 - weight) E[Q] + weight CVaR_level[Q]``.

    ``CVaR_level`` is the mean cost of the worst ``1 - level`` of probability (Rockafellar and
    Uryasev 2000). Weight 0 asks for the least expected cost.
    """

    weight: float = 0.0
    level: float = 0.9

    def __post_init__(self) -> None:
        if not (0 <= self.weight <= 1 and 0 <= self.level < 1):
            remedy = "Give a weight from 0 to 1 and a level from 0 to below 1."
            raise YtterbyError(f"an aversion of {self.weight} at level {self.level} has no meaning.", remedy)

    def pull(self, cost: Floats, chance: Floats) -> Floats:
        """[scenario] weights with which costs enter the measure; they sum to what ``chance`` sums to."""
        tail = tail_weights(cost, chance, self.level) * float(chance.sum())
        return np.asarray((1 - self.weight) * chance + self.weight * tail)


@dataclass(frozen=True)
class Cut:
    """A scenario costs at least ``at_nothing + slope @ decisions``; thousands of USD."""

    scenario: int
    slope: Floats  # [decision]
    at_nothing: float


class Programme:
    """The programme of one coalition, solved for its plan and for variants of it."""

    def __init__(self, task: Task, members: Sequence[str], required: float) -> None:
        """Build the model; ``required`` is the supply the deadline asks for, tonnes a year."""
        self.task, self.members, self.required = task, tuple(members), required
        self.holding: Holding = task.holding(members)
        self.weight = task.chance
        self.scenes = Scenes(task, members, self.holding)
        model = Model("+".join(members))
        self.first: FirstStage = add_choices(model, task, self.members, -INFINITY)
        count = len(self.weight)
        floor = np.maximum(LOWEST_COST, self.scenes.floor)
        self.future_cost = model.add_columns(count, lower=floor)
        # threshold of the tail, and what each scenario costs beyond it
        self.threshold = model.add_columns(1, lower=float(floor.min()))
        self.beyond = model.add_columns(count)
        tail = model.add_rows(count, lower=0.0)
        for columns, sign in ((self.beyond, 1.0), (self.threshold, 1.0), (self.future_cost, -1.0)):
            model.add_entries(tail, columns, sign / ROWS_OF_MONEY)
        self.decisions = np.concatenate([self.first.chosen, self.first.bought])
        piles = [task.chain.stockpiles[i] for i in self.first.stockpiles]
        room = np.array([max(0.0, s.limit_t - s.stock_t) for s in piles])
        self.most = np.concatenate([np.ones(len(self.first.chosen)), room])
        self.master = Solver(model, tolerance=PLAN_TOLERANCE)
        self.cuts: list[Cut] = []
        self.budget_usd = sum(task.budget_usd[m] for m in self.members)
        self._count(self.weight, Aversion())

    def _count(self, chance: Floats, aversion: Aversion) -> None:
        """Let the master count scenarios with these probabilities and this aversion."""
        self.chance, self.aversion = chance, aversion
        weight, rest = aversion.weight, 1.0 - aversion.level
        self.master.set_costs(self.future_cost, (1.0 - weight) * chance)
        self.master.set_costs(self.threshold, weight * float(chance.sum()))
        self.master.set_costs(self.beyond, weight * chance / rest)

    # solving ------------------------------------------------------------------------------------

    def ask(self, decisions: Floats) -> Answer:
        """Cost and slope of the decisions in every future."""
        return self.scenes.ask(decisions)

    def choose(
        self,
        *,
        projects: bool = True,
        stockpiles: bool = True,
        gap: float = PLAN_GAP,
        time_limit: float | None = None,
        progress: Callable[[float], None] | None = None,
        chance: Floats | None = None,
        aversion: Aversion | None = None,
        budget_usd: float | None = None,
        deadline: bool = True,
        start: Floats | None = None,
    ) -> Choice:
        """Solve for the cheapest plan; without projects the deadline is left out.

        What was learned about the scenarios stays true for every variant, so each further one is
        solved faster.

        Parameters
        ----------
        chance: [scenario] probabilities other than the study's; the money told still counts the
            study's.
        aversion: weight of bad scenarios; default none.
        budget_usd: joint budget other than the task's.
        deadline: False leaves the deadline out.
        start: decisions to begin from, for example those of a plan for fewer futures.
        gap: relative distance to the best possible at which to stop.
        progress: called with the relative gap after every round.

        Raises
        ------
        InfeasiblePlan: no choice of projects meets deadline and budget.
        SolverFailure: out of time before any plan was found.
        """
        flags = np.arange(len(self.most)) < len(self.first.chosen)
        most = self.most * np.where(flags, float(projects), float(stockpiles))
        base = self.first.deadline_lower(self.required) if projects and deadline else -INFINITY
        self.master.set_rows(np.array([self.first.deadline_row]), base, INFINITY)
        budget = self.budget_usd if budget_usd is None else budget_usd
        self.master.set_rows(np.array([self.first.budget_row]), -INFINITY, row_of_money(budget))
        self._count(self.weight if chance is None else chance, aversion or Aversion())
        search = _Search(self, most, ~flags, gap)
        return search.run(time_limit, progress, start)

    def propose(
        self, lower: Floats, upper: Floats, *, explain: bool = True, presolve: bool = True
    ) -> Solution:
        """Best decisions within bounds as far as the cuts know."""
        self.master.set_bounds(self.decisions, lower, upper)
        self.master.set_presolve(presolve)
        return self.master.solve(mip_gap=PLAN_GAP / 10, explain=explain)

    def learn(self, decisions: Floats, answer: Answer) -> None:
        """Add the scenarios' cuts to the master."""
        for scenario, (cost, slope) in enumerate(zip(answer.cost, answer.slope, strict=True)):
            cut = Cut(scenario, slope, float(cost - slope @ decisions))
            self.cuts.append(cut)
            columns = np.concatenate([self.future_cost[[scenario]], self.decisions])
            self.master.add_row(columns, np.concatenate([[1.0], -slope]), cut.at_nothing)

    def cost_with(self, decisions: Floats) -> float:
        """Expected cost in USD, without capex, of running with these decisions."""
        return float(self.weight @ self.ask(decisions).cost) * MONEY

    def whole_usd(self, decisions: Floats) -> float:
        """Expected cost in USD of these decisions, capex included and over today's operation."""
        paid = self.propose(decisions, decisions).value[self.first.paid]
        return float(self.first.discount @ paid) * MONEY + self.cost_with(decisions) - self.baseline_usd()

    def measure(self, paid: Floats, cost: Floats) -> float:
        """What the master minimises: present value of capex and of the scenarios' cost; thousands of USD."""
        return float(self.first.discount @ paid + self.aversion.pull(cost, self.chance) @ cost)

    # reading ------------------------------------------------------------------------------------

    def read(self, point: Point, gap: float, proven: bool, seconds: float) -> Choice:
        """Turn decisions and the scenarios' answer into numbers for people."""
        first, count = self.first, len(self.first.chosen)
        taken = [o for o, z in zip(first.options, point.decisions, strict=False) if z > 0.5]
        begins = {o.project: o.start_months for o in taken}
        paid = leaders_pay(self.task, self.members, point.decisions, point.paid) * MONEY
        worth = dict.fromkeys(self.members, 0.0)
        for (member, _), usd in zip(first.payer, paid * first.discount, strict=True):
            worth[member] += float(usd)
        expected = float(first.discount @ point.paid + self.weight @ point.answer.cost)
        return Choice(
            decisions=point.decisions,
            chosen={o.project: o.project in begins for o in first.options},
            begins=begins,
            paid_usd={
                (member, first.options[i].project): float(usd)
                for (member, i), usd in zip(first.payer, paid, strict=True)
                if first.options[i] in taken
            },
            worth_usd=worth,
            bought_t=dict(zip(first.stockpiles.tolist(), point.decisions[count:].tolist(), strict=True)),
            loss_usd=self._losses(point.answer),
            scenario_loss_usd=self._scenario_losses(point.answer),
            holding_usd=self._by_partner(self._holding_cost(point.answer)),
            used_usd=self._by_partner(self._stock_used(point.answer)),
            total_usd=expected * MONEY - self.baseline_usd(),
            objective_usd=point.total * MONEY - self.baseline_usd(),
            gap=gap,
            proven=proven,
            seconds=seconds,
            answer=point.answer,
        )

    def _losses(self, answer: Answer) -> dict[str, float]:
        regions = self.task.chain.process_region[self.holding.process]
        owner = [self.task.player_of(int(r)) for r in regions]
        total = self.weight @ answer.loss_usd
        flags = {m: np.array([o == m for o in owner], dtype=bool) for m in self.members}
        return {m: float(np.sum(total, where=flags[m])) for m in self.members}

    def _scenario_losses(self, answer: Answer) -> dict[str, float]:
        loss = self.task.by_scenario(answer.loss_usd.sum(axis=1))
        return {s.name: float(usd) for s, usd in zip(self.task.scenarios, loss, strict=True)}

    def _holding_cost(self, answer: Answer) -> Floats:
        piles = [self.task.chain.stockpiles[i] for i in self.first.stockpiles]
        year = np.array([p.holding_usd_per_t_year for p in piles])
        return np.asarray(self.weight @ answer.held_t_years * year)

    def _stock_used(self, answer: Answer) -> Floats:
        chain = self.task.chain
        pools = np.array([chain.stockpiles[i].pool for i in self.first.stockpiles], np.int64)
        return np.asarray(self.weight @ answer.used_t * chain.price_usd_per_t[chain.pool_material[pools]])

    def _by_partner(self, cost: Floats) -> dict[str, float]:
        holder = [self.task.chain.stockpiles[i].partner for i in self.first.stockpiles]
        return {m: float(sum(c for c, h in zip(cost, holder, strict=True) if h == m)) for m in self.members}

    def baseline_usd(self) -> float:
        """Present value of today's operating cost of what the coalition commands."""
        chain, horizon = self.task.chain, self.task.horizon
        share = sum((self.task.shares[m].process for m in self.members), np.zeros(len(chain.processes)))
        price = chain.price_usd_per_t[chain.pool_material[chain.arc_pool]]
        way = chain.arc_cost_usd_per_t + chain.arc_tariff * price
        weekly = (share * chain.activity_t * chain.cost_usd_per_t).sum()
        weekly += (self.holding.arc_share * chain.arc_flow_t * way).sum()
        return float(weekly * (np.asarray(horizon.widths) @ horizon.discount()))

    def gain_bounds(self, answer: Answer) -> Floats:
        """[option] most that adding the project could save, USD: cost is convex, so its slope bounds it."""
        return np.asarray(-(self.weight @ answer.slope)[: len(self.first.chosen)] * MONEY)

    def gap_values(self, decisions: Floats) -> Floats:
        """[extension] USD over the horizon per further tonne a year of capacity from the start on.

        Minus the dual of "activity of new capacity <= added capacity", over periods and scenarios,
        with ``GLIMPSE_T`` more everywhere: at exactly no new capacity the dual may be too large.
        """
        answer = self.scenes.ask(decisions, GLIMPSE_T)
        return np.asarray(self.weight @ answer.room_worth * MONEY)


@dataclass(frozen=True)
class Point:
    """Decisions that were tried, and what they cost; thousands of USD."""

    decisions: Floats
    paid: Floats
    answer: Answer
    total: float


class _Search:
    """One run of the decomposition: propose within the trust region, ask, learn."""

    def __init__(
        self, programme: Programme, most: Floats, is_stock: NDArray[np.bool_], target: float
    ) -> None:
        self.programme, self.most, self.is_stock, self.target = programme, most, is_stock, target
        self.best: Point | None = None
        self.bound = -np.inf
        self.step = FIRST_STEP

    def run(
        self, time_limit: float | None, progress: Callable[[float], None] | None, start: Floats | None
    ) -> Choice:
        started = time.perf_counter()
        if start is not None:
            self._begin(start)
        for _ in range(MOST_ROUNDS):
            far = self._far()
            if self.best is not None and progress is not None:
                progress(self.gap())
            late = time_limit is not None and time.perf_counter() - started > time_limit
            if self.gap() <= self.target or (late and self.best is not None):
                break
            self._try(self._near() or far)
        if self.best is None:
            raise SolverFailure("no plan was found in time.", "Give it more time.")
        seconds = time.perf_counter() - started
        return self.programme.read(self.best, max(0.0, self.gap()), self.gap() <= self.target, seconds)

    def _far(self) -> Solution:
        """Best proposal anywhere, which bounds every plan.

        A bound that would end the search is found in a second way first: presolving programmes of whole
        numbers has lost their optimum, and too high a bound would prove a plan that is not the best.
        """
        far = self.programme.propose(np.zeros_like(self.most), self.most)
        self.bound = _least(far)
        if self.gap() <= self.target:
            again = self.programme.propose(np.zeros_like(self.most), self.most, presolve=False)
            far = min(far, again, key=lambda each: each.objective)
            self.bound = min(self.bound, _least(again))
        return far

    def _begin(self, start: Floats) -> None:
        """Try given decisions; a start that budget or deadline forbid is no start."""
        with suppress(InfeasiblePlan):
            self._try(self.programme.propose(start, start, explain=False))

    def gap(self) -> float:
        """Relative distance between the best plan and the bound."""
        if self.best is None:
            return np.inf
        return (self.best.total - self.bound) / max(1e-9, abs(self.best.total))

    def _near(self) -> Solution | None:
        """Proposal near the best plan; None when the cuts promise nothing there."""
        reach = np.where(self.is_stock, self.step * self.most, self.most)
        centre = np.zeros_like(self.most) if self.best is None else self.best.decisions
        low, high = np.maximum(0.0, centre - reach), np.minimum(self.most, centre + reach)
        near = self.programme.propose(
            np.where(self.is_stock, low, 0.0), np.where(self.is_stock, high, self.most)
        )
        if self.best is None or self.best.total - near.objective > self.target / 4 * abs(self.best.total):
            return near
        self.step = min(1.0, 2 * self.step)
        return None

    def _try(self, proposal: Solution) -> None:
        programme = self.programme
        decisions = np.clip(proposal.value[programme.decisions], 0.0, self.most)
        decisions[~self.is_stock] = np.round(decisions[~self.is_stock])
        paid = proposal.value[programme.first.paid]
        answer = programme.ask(decisions)
        programme.learn(decisions, answer)
        total = programme.measure(paid, answer.cost)
        if self.best is None or total < self.best.total:
            self.best = Point(decisions, paid, answer, total)
            self.step = min(1.0, GROWTH * self.step)
        else:
            self.step = max(SHORTEST_STEP, self.step / 2)


def _least(found: Solution) -> float:
    """What no solution undercuts: the objective found, less the gap that was left open."""
    return found.objective - found.gap * abs(found.objective)
