"""What more money buys, and what it costs to be careful: the plan at other budgets and aversions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from ytterby.planning.choices import deadline_supply
from ytterby.planning.programme import PLAN_GAP, Aversion, Choice, Programme, unwatched
from ytterby.planning.task import required_tpa

SPENDING_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
AVERSIONS = (0.0, 0.5, 1.0)
POINT_GAP = 5 * PLAN_GAP  # points to draw a curve through need less precision than a plan to act on
MET = 1 - 1e-6

FRONTIER_COLUMNS = [
    "varied", "budget_usd", "aversion", "spent_usd", "expected_loss_usd", "tail_loss_usd", "total_usd",
    "gap_usd", "deadline_met", "projects",
]  # fmt: skip


def frontier(
    programme: Programme,
    *,
    spending_shares: Sequence[float] = SPENDING_SHARES,
    aversions: Sequence[float] = AVERSIONS,
    level: float = 0.9,
    time_limit: float | None = None,
    progress: Callable[[float], None] = unwatched,
) -> pd.DataFrame:
    """Solve the plan at smaller budgets, and at weights of the worst scenarios.

    Budgets are shares of what the plan without deadline spends under the whole budget, for more
    would change nothing. Along them the deadline is left out, since small budgets could not meet
    it; ``deadline_met`` says where it holds all the same. More money never costs more, up to the gaps.

    Parameters
    ----------
    level: ``tail_loss_usd`` is the mean loss of the worst ``1 - level`` of probability.

    Returns
    -------
    varied ("budget" or "aversion"), budget_usd, aversion, spent_usd (capex and stock, in money of
    the day), expected_loss_usd, tail_loss_usd (unmet need only), total_usd (expected, over today's
    operation), gap_usd, deadline_met, projects (names between semicolons).
    """
    free = programme.choose(deadline=False, gap=POINT_GAP, time_limit=time_limit)
    spent, steps = _spent(programme, free), len(spending_shares) + len(aversions)
    rows = []
    for share in spending_shares:
        usd = share * spent
        choice = free
        if share < 1:
            choice = programme.choose(budget_usd=usd, deadline=False, gap=POINT_GAP, time_limit=time_limit)
        rows.append(_row(programme, choice, "budget", usd, Aversion(0.0, level)))
        progress(len(rows) / steps)
    for weight in aversions:
        aversion = Aversion(weight, level)
        choice = programme.choose(aversion=aversion, gap=POINT_GAP, time_limit=time_limit)
        rows.append(_row(programme, choice, "aversion", programme.budget_usd, aversion))
        progress(len(rows) / steps)
    return pd.DataFrame(rows, columns=FRONTIER_COLUMNS)


def _row(
    programme: Programme, choice: Choice, varied: str, budget: float, aversion: Aversion
) -> list[object]:
    task, members = programme.task, programme.members
    loss = choice.answer.loss_usd.sum(axis=1)
    tail = Aversion(1.0, aversion.level).pull(loss, programme.weight) @ loss
    supply = deadline_supply(task, members, choice.taken)
    met = supply.today_tpa + supply.option_tpa.sum() >= required_tpa(task, members) * MET
    gap_usd = choice.gap * abs(choice.objective_usd + programme.baseline_usd())
    return [
        varied, budget, aversion.weight, _spent(programme, choice), float(programme.weight @ loss),
        float(tail), choice.total_usd, gap_usd, bool(met), ";".join(choice.begins),
    ]  # fmt: skip


def _spent(programme: Programme, choice: Choice) -> float:
    """Capex and purchases of stock, in money of the day they are paid."""
    return sum(choice.paid_usd.values()) + sum(_stock_usd(programme, choice))


def _stock_usd(programme: Programme, choice: Choice) -> Iterator[float]:
    chain = programme.task.chain
    for pile, tonnes in choice.bought_t.items():
        yield tonnes * float(chain.price_usd_per_t[chain.pool_material[chain.stockpiles[pile].pool]])
