"""When each of several projects starts, with a budget for every period, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers, SolverFailure
from ytterby.planning.selection import ROUNDING, SCALE, SEARCHES, Portfolio, Rules, read_portfolio, size_of
from ytterby.planning.solve import INFINITY, Model, Solution, Solver

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """When each project starts, and what that is worth."""

    start: Ints  # [project] period from 0, -1 when it is not chosen
    value: float  # discounted to the first period
    spent: Floats  # [period]
    gap: float
    names: tuple[str, ...]  # of the chosen


def schedule_projects(
    value: ArrayLike,
    cost: ArrayLike,
    budget: ArrayLike,
    *,
    earliest: ArrayLike = 0,
    latest: ArrayLike | None = None,
    duration: ArrayLike = 0,
    discount_rate: float = 0.0,
    carry_over: bool = False,
    time_limit: float | None = None,
    **rules: Unpack[Rules],
) -> Schedule:
    """Choose projects and the period in which each starts, within a budget for every period.

    max sum_jt value_j / (1 + rate)^t z_jt; a project that starts in t spends cost_jk in period t + k, and
    only starts in time to spend all of it within the periods there are.

    Parameters
    ----------
    value: [project], as seen from its start; cost: [project], spent at the start, or [project, period
        since start]; budget: [period], in the money of the costs, which are not discounted.
    earliest, latest: first and last period of start, numbers or [project]; latest: None for no limit.
    duration: periods after which those that require the project may start, number or [project].
    discount_rate: for each period; carry_over: what a period leaves may be spent later.
    rules: as :func:`choose_projects`.

    Raises
    ------
    InfeasiblePlan, BadNumbers, UnknownName: as :func:`choose_projects`.
    """
    portfolio = read_portfolio(value, rules)
    count, limit = len(portfolio.value), np.atleast_1d(np.asarray(budget, float))
    spend = np.asarray(cost, float).reshape(count, -1)
    if not np.isfinite(spend).all() or np.isnan(limit).any() or not -1 < discount_rate < INFINITY:
        raise BadNumbers("a cost, budget or rate is no number.", "Missing is not zero: give every cost.")
    periods = np.arange(len(limit))
    first, lags = _whole(earliest, count), _whole(duration, count)
    last = np.minimum(_whole(len(limit) if latest is None else latest, count), len(limit) - 1 - _ages(spend))
    allowed = (periods >= first[:, None]) & (periods <= last[:, None])
    worth = portfolio.value[:, None] / (1 + discount_rate) ** periods
    model = Model("schedule")
    z = _start_columns(model, portfolio, worth, allowed)
    _order_rows(model, portfolio, z, lags)
    _period_rows(model, z, spend, limit, carry_over)
    found = _best(model, z, spend, limit, carry_over, time_limit)
    starts = found.value[z] > 0.5
    spent = _spent(starts, spend)
    begun = np.flatnonzero(starts.any(axis=1))
    start = np.full(count, -1)
    start[begun] = starts[begun].argmax(axis=1)
    names = tuple(portfolio.names[i] for i in begun)
    return Schedule(start, float(worth[starts].sum()), spent, found.gap, names)


def _best(
    model: Model, z: Ints, spend: Floats, limit: Floats, carry_over: bool, time_limit: float | None
) -> Solution:
    """Best plan of several searches, which share the time, that keeps its budgets with the given numbers."""
    limit_s = None if time_limit is None else time_limit / len(SEARCHES)
    best: Solution | None = None
    faults: list[SolverFailure] = []
    for tolerance, presolve in SEARCHES:
        try:
            found = Solver(model, tolerance=tolerance, presolve=presolve).solve(
                time_limit=limit_s, mip_gap=0.0
            )
        except SolverFailure as fault:
            faults.append(fault)
            continue
        spent = _spent(found.value[z] > 0.5, spend)
        over = np.cumsum(spent - limit) if carry_over else spent - limit
        keeps = not (over > ROUNDING * (abs(spend).sum() + 1e-300) * len(limit)).any()
        if keeps and (best is None or found.objective < best.objective):
            best = found
    if best is not None:
        return best
    if faults:
        raise faults[0]
    raise SolverFailure("the plan is over a budget by less than the solver sees.", "Round the costs.")


def _ages(spend: Floats) -> Ints:
    """[project] last period since the start in which money is spent."""
    return np.array([np.flatnonzero(row)[-1] if row.any() else 0 for row in spend], np.int64)


def _start_columns(model: Model, portfolio: Portfolio, worth: Floats, allowed: NDArray[np.bool_]) -> Ints:
    """Add [project, period] starts, at most one a project, with the rules on what is chosen."""
    scale = SCALE / size_of(portfolio.value)
    z = model.add_columns(worth.shape, cost=-worth * scale, upper=allowed.astype(float), integer=True)
    chosen = model.add_columns(len(worth), upper=1.0)
    names = [f"{name} starts once" for name in portfolio.names]
    once = model.add_rows(len(worth), lower=0.0, upper=0.0, names=names)
    model.add_entries(once[:, None], z, 1.0)
    model.add_entries(once, chosen, -1.0)
    portfolio.add_rules(model, chosen)
    return z


def _spent(starts: NDArray[np.bool_], spend: Floats) -> Floats:
    """[period] money that the starts spend."""
    spent = np.zeros(starts.shape[1])
    for k in range(min(starts.shape[1], spend.shape[1])):
        spent[k:] += spend[:, k] @ starts[:, : starts.shape[1] - k]
    return spent


def _whole(values: ArrayLike, count: int) -> Ints:
    array = np.asarray(values)
    if array.shape not in ((), (count,)) or not np.equal(np.mod(array, 1), 0).all() or (array < 0).any():
        raise BadNumbers(
            "a period is no whole number from 0 on.", "Give one number, or one for each project."
        )
    return np.broadcast_to(array.astype(np.int64), (count,))


def _order_rows(model: Model, portfolio: Portfolio, z: Ints, lags: Ints) -> None:
    """By any period no more of a than of b started as long ago as b takes."""
    for a, b in portfolio.requires:
        for t in range(z.shape[1]):
            told = [f"{portfolio.names[a]} requires {portfolio.names[b]}"]
            row = model.add_rows(1, upper=0.0, names=told)
            model.add_entries(row, z[a, : t + 1], 1.0)
            model.add_entries(row, z[b, : max(0, t + 1 - int(lags[b]))], -1.0)


def _period_rows(model: Model, z: Ints, spend: Floats, limit: Floats, carry_over: bool) -> None:
    size, periods = SCALE / size_of(spend), len(limit)
    names = [f"budget of period {t} ({b:,.10g})" for t, b in enumerate(limit)]
    upper = (np.cumsum(limit) if carry_over else limit) * size
    rows = model.add_rows(periods, upper=upper, names=names)
    for k in range(min(periods, spend.shape[1])):
        for start in range(periods - k):
            until = periods if carry_over else start + k + 1
            for row in rows[start + k : until]:
                model.add_entries(row, z[:, start], spend[:, k] * size)
