"""The two-stage programme of a coalition: decisions now, operations in every scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR
from ytterby.planning.choices import FirstStage, add_choices, build_decisions
from ytterby.planning.holdings import Holding
from ytterby.planning.operations import MONEY, Future, Operations, add_operations
from ytterby.planning.solve import INFINITY, Model, Solution, Solver
from ytterby.planning.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """What was decided, and what it costs; USD are expected present values."""

    chosen: dict[str, float]  # project -> 0 or 1
    paid_usd: dict[tuple[str, str], float]  # (partner, project)
    bought_t: dict[int, float]  # chain's stockpile -> tonnes
    loss_usd: dict[str, float]  # by partner
    scenario_loss_usd: dict[str, float]  # by scenario, not weighted
    holding_usd: dict[str, float]  # by partner, stockpiles
    used_usd: dict[str, float]  # by partner, stockpiled material that was used up
    total_usd: float  # all of it and the operating cost over today's
    solution: Solution

    @property
    def capex_usd(self) -> float:
        """Sum of what the partners pay for projects."""
        return sum(self.paid_usd.values())


class Programme:
    """The programme of one coalition, solved for its plan and for variants of it."""

    def __init__(self, task: Task, members: Sequence[str], required: float) -> None:
        """Build the model; ``required`` is the supply the deadline asks for, tonnes a year."""
        self.task, self.members = task, tuple(members)
        self.holding: Holding = task.holding(members)
        self.model = Model("+".join(members))
        self.first: FirstStage = add_choices(self.model, task, self.members, required)
        decisions = build_decisions(task, self.members, self.first, self.holding)
        self.operations: list[Operations] = [
            add_operations(
                self.model, task.chain, self.holding, task.horizon, Future(future, s.probability), decisions
            )
            for s, future in zip(task.scenarios, task.futures, strict=True)
        ]
        self.solver = Solver(self.model)

    # solving ------------------------------------------------------------------------------------

    def choose(
        self, *, projects: bool = True, stockpiles: bool = True, time_limit: float | None = None
    ) -> Choice:
        """Solve for the cheapest plan; without projects the deadline is left out."""
        room = [self.task.chain.stockpiles[i] for i in self.first.stockpiles]
        most = np.array([max(0.0, s.limit_t - s.stock_t) for s in room]) * stockpiles
        self.solver.set_bounds(self.first.chosen, 0.0, 1.0 if projects else 0.0)
        self.solver.set_bounds(self.first.bought, 0.0, most)
        required = self.model.row_bounds(self.first.deadline_row)[0] if projects else -INFINITY
        self.solver.set_rows(np.array([self.first.deadline_row]), required, INFINITY)
        return self.read(self.solver.solve(time_limit=time_limit))

    def fix(self, choice: Choice) -> Solution:
        """Fix the decisions and solve what is left as an LP; its duals are the gap values.

        The rows of the first stage are opened, so that :meth:`without` can ask about single projects.
        """
        values = [choice.chosen[name] for name in self.first.projects]
        bought = [choice.bought_t[int(i)] for i in self.first.stockpiles]
        self.solver.fix_integers(self.first.chosen, values)
        self.solver.set_bounds(self.first.bought, bought, bought)
        self.solver.set_rows(self.first.rows, -INFINITY, INFINITY)
        return self.solver.solve()

    def cost_with(self, chosen: Sequence[float]) -> float:
        """Cost in USD without capex when exactly these projects run; only after :meth:`fix`."""
        self.solver.set_bounds(self.first.chosen, np.asarray(chosen), np.asarray(chosen))
        return self.solver.solve().objective * MONEY

    # reading ------------------------------------------------------------------------------------

    def read(self, solution: Solution) -> Choice:
        """Turn a solution into decisions and costs."""
        value, first = solution.value, self.first
        return Choice(
            chosen={p: float(round(value[c])) for p, c in zip(first.projects, first.chosen, strict=True)},
            paid_usd={key: float(value[c]) * MONEY for key, c in zip(first.payer, first.paid, strict=True)},
            bought_t={
                int(i): max(0.0, float(value[c])) for i, c in zip(first.stockpiles, first.bought, strict=True)
            },
            loss_usd=self._losses(value),
            scenario_loss_usd=self._scenario_losses(value),
            holding_usd=self._by_partner(self._holding_cost(value)),
            used_usd=self._by_partner(self._stock_used(value)),
            total_usd=solution.objective * MONEY - self.baseline_usd(),
            solution=solution,
        )

    def _activity_loss(self, operations: Operations, value: Floats) -> Floats:
        """[activity] present value of unmet need in one scenario, USD."""
        worth = self.task.chain.unmet_usd_per_t[self.holding.process]
        loss: Floats = operations.discount @ operations.unmet_t(value) * worth
        return loss

    def _losses(self, value: Floats) -> dict[str, float]:
        regions = self.task.chain.process_region[self.holding.process]
        owner = [self.task.player_of(int(r)) for r in regions]
        total = sum(
            s.probability * self._activity_loss(o, value)
            for s, o in zip(self.task.scenarios, self.operations, strict=True)
        )
        flags = {m: np.array([o == m for o in owner]) for m in self.members}
        return {m: float(np.sum(total, where=flags[m])) for m in self.members}

    def _scenario_losses(self, value: Floats) -> dict[str, float]:
        pairs = zip(self.task.scenarios, self.operations, strict=True)
        return {s.name: float(self._activity_loss(o, value).sum()) for s, o in pairs}

    def _holding_cost(self, value: Floats) -> Floats:
        piles = [self.task.chain.stockpiles[i] for i in self.first.stockpiles]
        year = np.array([p.holding_usd_per_t_year for p in piles])
        years = np.asarray(self.task.horizon.widths) / WEEKS_PER_YEAR * self.task.horizon.discount()
        pairs = zip(self.task.scenarios, self.operations, strict=True)
        cost = [s.probability * (years @ value[o.stockpile[:-1]]) * year for s, o in pairs]
        return np.asarray(sum(cost, np.zeros(len(piles))))

    def _stock_used(self, value: Floats) -> Floats:
        chain = self.task.chain
        pools = np.array([chain.stockpiles[i].pool for i in self.first.stockpiles], np.int64)
        pairs = zip(self.task.scenarios, self.operations, strict=True)
        used = sum(
            (s.probability * (value[o.stockpile[0]] - value[o.stockpile[-1]]) for s, o in pairs),
            np.zeros(len(pools)),
        )
        return np.asarray(used * chain.price_usd_per_t[chain.pool_material[pools]])

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

    def gap_values(self, solution: Solution) -> Floats:
        """[extension] USD over the horizon per further tonne a year of capacity from the start on.

        Minus the dual of "activity of new capacity <= added capacity", over periods and scenarios.
        """
        per_tpa = np.asarray(self.task.horizon.widths) / WEEKS_PER_YEAR
        value = sum((per_tpa @ solution.row_dual[o.extension_rows] for o in self.operations), np.zeros(1))
        return np.asarray(-value * MONEY)
