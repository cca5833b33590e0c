"""What the futures answer to decisions: an LP for each, in which the decisions are fixed.

Given the decisions, futures have nothing to do with each other, so they are run side by side. A
solver takes about ten megabytes for a chain of 7,000 columns; so at most about ``MOST_MODELS``
are kept. Beyond that futures that differ in numbers only, as draws of one scenario do, take turns
in one solver: it keeps the basis, from which the next future is some steps away.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR
from ytterby.planning.choices import add_choices, build_decisions
from ytterby.planning.holdings import Holding
from ytterby.planning.operations import Future, Operations, add_operations
from ytterby.planning.solve import INFINITY, Model, Numbers, Solution, Solver
from ytterby.planning.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_MODELS = 16


@dataclass(frozen=True)
class Answer:
    """What the futures say to a set of decisions; the leading axis counts futures.

    Cost, slope and worth of room are thousands of USD; losses are USD, all present values.
    """

    cost: Floats  # [future]
    slope: Floats  # [future, decision]
    loss_usd: Floats  # [future, activity] of unmet need
    held_t_years: Floats  # [future, stockpile] what lies there, discounted
    used_t: Floats  # [future, stockpile] stock at the start less stock at the end
    room_worth: Floats  # [future, extension] minus the dual per tonne a year of new capacity


class Scenes:
    """The operations of a coalition in all futures of a task."""

    def __init__(self, task: Task, members: Sequence[str], holding: Holding) -> None:
        self._builder = _Builder(task, members, holding)
        self.periods = len(task.horizon.widths)
        self.lanes = [
            _Lane(self._builder, part) for part in _shared_out(self._builder, len(task.futures.share))
        ]
        order = [future for lane in self.lanes for future in lane.futures]
        self._back = np.argsort(order)
        self.floor = np.concatenate([lane.floor for lane in self.lanes])[self._back]

    def ask(self, decisions: Floats, room_t: float = 0.0) -> Answer:
        """Run all futures under these decisions; ``room_t``: more capacity everywhere, tonnes a week."""
        workers = min(len(self.lanes), os.cpu_count() or 1)  # the solver lets other threads run
        with ThreadPoolExecutor(workers) as pool:
            told = pool.map(lambda lane: lane.ask(decisions, room_t), self.lanes)
            found = [answer for answers in told for answer in answers]
        return Answer(*(np.array([getattr(a, f.name) for a in found])[self._back] for f in fields(Answer)))


class _Builder:
    """Builds the LP of a future; what all futures share is found once."""

    def __init__(self, task: Task, members: Sequence[str], holding: Holding) -> None:
        self.task, self.holding, self.name = task, holding, "+".join(members)
        model = Model()
        first = add_choices(model, task, members, -INFINITY, budgets=False, money=0.0)
        self.decisions = build_decisions(task, members, first, holding)
        self.asked = np.concatenate([first.chosen, first.bought])
        self.first_columns = model.columns
        self.unmet_usd = task.chain.unmet_usd_per_t[holding.process]

    def model(self, future: int) -> tuple[Model, Operations]:
        """Columns of the first stage, fixed at nothing, and the operations."""
        scenario = self.task.scenarios[self.task.futures.of[future]]
        model = Model(f"{self.name}: {scenario.name}")
        model.add_columns(self.first_columns, upper=0.0)
        now = Future(self.task.futures.conditions[future], 1.0)
        task = self.task
        return model, add_operations(model, task.chain, self.holding, task.horizon, now, self.decisions)

    def read(self, found: Solution, operations: Operations) -> Answer:
        """What is kept of a solved future; the axis of futures is left out."""
        widths = np.asarray(self.task.horizon.widths, float)
        stock = found.value[operations.stockpile]
        return Answer(
            cost=np.asarray(found.objective),
            slope=found.reduced_cost[self.asked],
            loss_usd=operations.discount @ operations.unmet_t(found.value) * self.unmet_usd,
            held_t_years=(widths / WEEKS_PER_YEAR * operations.discount) @ stock[:-1],
            used_t=stock[0] - stock[-1],
            room_worth=-(widths / WEEKS_PER_YEAR) @ found.row_dual[operations.extension_rows],
        )  # fmt: skip


def _shared_out(builder: _Builder, futures: int) -> Iterator[list[int]]:
    """Futures that take turns in one solver: each alone while they are few, else some of one scenario."""
    most = -(-futures // MOST_MODELS)
    of = builder.task.futures.of
    for _, group in groupby(range(futures), key=lambda future: of[future]):
        members = list(group)
        for start in range(0, len(members), most):
            yield members[start : start + most]


@dataclass(frozen=True)
class _Turn:
    """A future in a lane: where its numbers differ from the first one's, and its need."""

    offset: float
    changes: dict[str, tuple[Ints, Floats]]
    need_t: Floats


class _Lane:
    """Futures that take turns in one solver."""

    def __init__(self, builder: _Builder, futures: Sequence[int]) -> None:
        self.builder, self.futures = builder, list(futures)
        model, self.operations = builder.model(futures[0])
        self.base = model.numbers()
        self.solver, self.now = Solver(model), 0
        self.turns = [_Turn(model.offset, {}, self.operations.need_t)]
        self.whole: dict[int, Numbers] = {}  # of the rare future with entries in other places
        for future in futures[1:]:
            self._add(*builder.model(future))
        self.floor = np.array([self._numbers(turn).floor() for turn in range(len(self.turns))])

    def _add(self, model: Model, operations: Operations) -> None:
        told = model.numbers()
        if _same_places(self.base, told):
            changes = {name: _changes(getattr(self.base, name), getattr(told, name)) for name in _VARYING}
        else:
            self.whole[len(self.turns)], changes = told, {}
        self.turns.append(_Turn(model.offset, changes, operations.need_t))

    def _numbers(self, turn: int) -> Numbers:
        if turn in self.whole:
            return self.whole[turn]
        changed = {}
        for name, (place, value) in self.turns[turn].changes.items():
            changed[name] = getattr(self.base, name).copy()
            changed[name][place] = value
        return replace(self.base, offset=self.turns[turn].offset, **changed)

    def ask(self, decisions: Floats, room_t: float) -> list[Answer]:
        """Answers of the futures in their order."""
        told = {turn: self._ask(turn, decisions, room_t) for turn in self._order()}
        return [told[turn] for turn in range(len(self.turns))]

    def _order(self) -> Iterable[int]:
        """Forth and back: the future that the solver holds comes first."""
        turns = range(len(self.turns))
        return turns if self.now == 0 else reversed(turns)

    def _ask(self, turn: int, decisions: Floats, room_t: float) -> Answer:
        if turn != self.now:
            self.solver.take(self._numbers(turn))
            self.now = turn
        self.solver.set_bounds(self.builder.asked, decisions, decisions)
        if room_t:
            self._widen(room_t)
        found = self.solver.solve()
        if room_t:
            self._widen(0.0)
        operations = replace(self.operations, need_t=self.turns[turn].need_t)
        return self.builder.read(found, operations)

    def _widen(self, room_t: float) -> None:
        rows = self.operations.extension_rows
        widths = np.asarray(self.builder.task.horizon.widths, float)[:, None]
        self.solver.set_rows(rows, -INFINITY, np.broadcast_to(room_t * widths, rows.shape).ravel())


_VARYING = ("cost", "lower", "upper", "row_lower", "row_upper", "value")


def _same_places(one: Numbers, other: Numbers) -> bool:
    """Whether two programmes have their entries in the same places."""
    return np.array_equal(one.start, other.start) and np.array_equal(one.index, other.index)


def _changes(base: Floats, other: Floats) -> tuple[Ints, Floats]:
    place = np.flatnonzero(base != other)
    return place, other[place]
