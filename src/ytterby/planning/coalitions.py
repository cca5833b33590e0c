"""Plans of coalitions: what partners would do, and pay, alone and in any company."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ytterby.errors import InfeasiblePlan
from ytterby.planning.choices import ENOUGH, attainable_tpa, check_deadline
from ytterby.planning.pact import no_pact, sample_costs
from ytterby.planning.programme import PLAN_GAP, Choice, Programme
from ytterby.planning.task import Task

ALONE_GAP = 2.5 * PLAN_GAP
SAMPLE_SEED = 1  # of the orders in which partners join, where not all coalitions are solved
Progress = Callable[[str, float], None]


def held_to(task: Task, members: Sequence[str], *, best_effort: bool) -> float:
    """Supply by the deadline that a coalition is held to."""
    try:
        return check_deadline(task, members)
    except InfeasiblePlan:
        if not best_effort:
            raise
        return attainable_tpa(task, members)


@dataclass(frozen=True)
class Alone:
    """One coalition's plan by itself; a plain call, so that other processes can make it too.

    The search begins with what the joint plan decides for these members.
    """

    task: Task
    begins: dict[str, int]
    bought_t: dict[int, float]
    options: dict[str, Any]

    def __call__(self, members: Sequence[str], held: float) -> tuple[Choice, float]:
        """Plan of the members under the supply they are held to, and today's cost of operation in USD."""
        programme = Programme(self.task, members, held)
        first = programme.first
        chosen = [float(self.begins.get(o.project) == o.start_months) for o in first.options]
        bought = [self.bought_t[i] for i in first.stockpiles.tolist()]
        begin = np.array([*chosen, *bought])
        return programme.choose(gap=ALONE_GAP, start=begin, **self.options), programme.baseline_usd()


class Coalitions:
    """Plans of coalitions, each solved once and when it is asked for.

    A partner who cannot meet the target alone is held to the most that he can, and a coalition to the
    sum of what its members are held to. Holding it to more, because together more can be had, would
    make a larger coalition dearer than its parts. So all together are solved once more where the joint
    plan is held to more than that; ``target_usd`` is what this costs, None where it is not so.
    """

    def __init__(
        self, task: Task, joint: Programme, choice: Choice, held: float, options: dict[str, Any], jobs: int
    ) -> None:
        self.task, self.jobs, self.joint_usd = task, jobs, choice.objective_usd
        self.alone = Alone(task, choice.begins, choice.bought_t, options)
        self.held = {p: held_to(task, [p], best_effort=True) for p in task.players}
        self.everyone = frozenset(task.players)
        self.choices: dict[frozenset[str], Choice] = {}
        self.base_usd: dict[frozenset[str], float] = {}
        self._joint_held = held
        if sum(self.held.values()) >= held * (1 - ENOUGH):
            self._keep(self.everyone, (choice, joint.baseline_usd()))

    @property
    def target_usd(self) -> float | None:
        """What the joint plan's target costs over what the members are held to."""
        more = self.joint_usd - self.cost(self.everyone)
        return more if sum(self.held.values()) < self._joint_held * (1 - ENOUGH) else None

    def cost(self, coalition: frozenset[str]) -> float:
        """Cost of a coalition, USD."""
        if coalition not in self.choices:
            self._keep(coalition, self.alone(*self._asked(coalition)))
        return self.choices[coalition].objective_usd

    def _asked(self, coalition: frozenset[str]) -> tuple[list[str], float]:
        members = [p for p in self.task.players if p in coalition]
        return members, sum(self.held[m] for m in members)

    def _keep(self, coalition: frozenset[str], found: tuple[Choice, float]) -> None:
        self.choices[coalition], self.base_usd[coalition] = found

    def _solve_all(self, wanted: Sequence[frozenset[str]], told: Callable[[float], None]) -> None:
        """Solve coalitions, in processes of their own where several may run."""
        if self.jobs < 2 or len(wanted) < 2:
            for i, coalition in enumerate(wanted):
                told(i / len(wanted))
                self.cost(coalition)
            return
        fresh = multiprocessing.get_context("spawn")  # a fork would copy threads that hold locks
        with ProcessPoolExecutor(min(self.jobs, len(wanted)), mp_context=fresh) as pool:
            asked = [self._asked(coalition) for coalition in wanted]
            found = pool.map(self.alone, *zip(*asked, strict=True))
            for i, (coalition, each) in enumerate(zip(wanted, found, strict=True)):
                told(i / len(wanted))
                self._keep(coalition, each)

    def solve(self, most: int, told: Progress) -> pd.DataFrame:
        """Solve all coalitions, or as many as ``most`` allows; returns the sampled split, if any."""
        players = self.task.players
        every = [
            c for size in range(1, len(players) + 1) for c in map(frozenset, combinations(players, size))
        ]
        wanted = [c for c in every if c not in self.choices]
        if len(every) > most:
            singles = every[: len(players)]
            pairs = max(2, (most - len(singles) - 1) // (2 * max(1, len(players) - 2)))
            self._solve_all(singles, lambda share: told("each partner alone", 0.55 + 0.1 * share))
            told("coalitions in random orders", 0.65)
            return sample_costs(players, self.cost, pairs=pairs, seed=SAMPLE_SEED)
        self._solve_all(wanted, lambda share: told("each coalition", 0.55 + 0.35 * share))
        return no_pact().split
