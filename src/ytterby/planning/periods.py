"""One realised future in the planner's periods.

At one week a period the planner sees exactly the simulator's conditions. In longer periods they
are averaged over the period's weeks:

* capacity, demand: mean factor; a way that is open for part of a period carries at most
  its baseline flow in the open weeks (none of it is made up for within the period);
* lag: what leaves steadily during a period arrives steadily, lag weeks later;
* licence of mean delay d weeks, q = d / (1 + d): after w weeks the queue holds q^w of what it held
  and d (1 - q^w) / w of what was handed in, which is exact for a steady flow;
* quota counted by the week: the sum of its weekly limits; a period with a free week has no limit;
* quota counted over longer: one sum for each of its own periods, to which a planner's period gives the
  share of its flow that lies in weeks in which the quota is in force.

Tariffs and price floors change what users want, not what can be had: the planner does not see them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.shocks import Conditions, Quota

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TAIL_WEEKS = 13  # a shortage outlasts its shock: stockpiles stay open for another quarter


@dataclass(frozen=True)
class Horizon:
    """How time and stocks are treated.

    ``stock_limit`` caps private stocks at this multiple of today's (without it a planner who knows
    the future would hoard for nothing). ``refill`` lets stockpiles buy during the horizon.
    ``restore`` charges stocks missing at the end at their price, else the last periods would loot
    them. ``release_any_time`` lets stockpiles out before a shock is seen. The comparison with the
    simulator turns all four the other way.
    """

    widths: tuple[int, ...]  # weeks of each period
    discount_rate: float = 0.0
    stock_limit: float | None = 1.0
    refill: bool = False
    restore: bool = True
    release_any_time: bool = False

    @property
    def weeks(self) -> int:
        """Weeks of the whole horizon."""
        return sum(self.widths)

    @property
    def starts(self) -> Ints:
        """First week of each period."""
        return np.asarray(np.cumsum(self.widths) - np.asarray(self.widths), np.int64)

    def discount(self) -> Floats:
        """Present value of one dollar in the middle of each period."""
        years = (self.starts + np.asarray(self.widths) / 2.0) / WEEKS_PER_YEAR
        return np.asarray((1.0 + self.discount_rate) ** -years)

    def overlap(self, first: Floats, last: Floats) -> Floats:
        """[n, period] weeks of each interval that fall into each period."""
        start, end = self.starts, self.starts + np.asarray(self.widths)
        low, high = np.maximum(first[:, None], start), np.minimum(last[:, None], end)
        return np.asarray(np.maximum(0.0, high - low))

    def arrivals(self, lag_weeks: int) -> Floats:
        """[departure, arrival] share of a period's steady flow that arrives in each period."""
        start, width = self.starts.astype(float), np.asarray(self.widths, float)
        return np.asarray(self.overlap(start + lag_weeks, start + lag_weeks + width) / width[:, None])

    def means(self, weekly: NDArray[np.generic]) -> Floats:
        """Mean over each period's weeks of weekly values [week, ...]."""
        values = np.asarray(weekly, float)[: self.weeks]
        total = np.add.reduceat(values, self.starts, axis=0)
        return np.asarray(total / np.asarray(self.widths, float).reshape(-1, *[1] * (values.ndim - 1)))


def even(periods: int, width: int, **options: float | bool | None) -> Horizon:
    """Build a horizon of equal periods."""
    return Horizon((width,) * periods, **options)  # type: ignore[arg-type]


def graded(weeks: int, width: int, fine_weeks: int, discount_rate: float) -> Horizon:
    """Build a horizon that is fine while things happen; after ``fine_weeks`` every second step doubles."""
    widths: list[int] = []
    while (rest := weeks - sum(widths)) > 0:
        coarse = max(0, len(widths) - fine_weeks // width)
        widths.append(min(rest, width if sum(widths) < fine_weeks else width * 2 ** (1 + coarse // 2)))
    return Horizon(tuple(widths), discount_rate)


@dataclass(frozen=True)
class PeriodQuota:
    """Limits on sums over arcs and periods."""

    arcs: Ints
    part: Floats  # [limit, period] share of a period's flow that counts
    limit_t: Floats  # [limit]


@dataclass(frozen=True)
class PeriodConditions:
    """Conditions by period; factors are shares of a full period."""

    capacity_factor: Floats  # [period, process]
    demand_factor: Floats  # [period, process]
    flow_limit_t: Floats  # [period, arc]
    queue_kept: Floats  # [period, arc] share of the old queue that stays in the queue
    queue_new: Floats  # [period, arc] share of what is handed in that stays in the queue
    approval: Floats  # [period, arc] share of the released that may ship
    quotas: tuple[PeriodQuota, ...]
    hit: Flags  # [period] a shock is felt: stockpiles may be released


def by_period(chain: Chain, conditions: Conditions, horizon: Horizon) -> PeriodConditions:
    """Aggregate weekly conditions; see the module for what is exact and what is not."""
    width = np.asarray(horizon.widths, float)[:, None]
    licensed = horizon.means(conditions.licensed)
    delay = conditions.delay_weeks
    stays = (delay / (1.0 + delay)) ** width
    return PeriodConditions(
        capacity_factor=horizon.means(conditions.capacity_factor),
        demand_factor=horizon.means(conditions.demand_factor),
        flow_limit_t=_flow_limit(chain, horizon.means(conditions.arc_open), width),
        queue_kept=licensed * stays,
        queue_new=licensed * delay * (1.0 - stays) / width,
        approval=1.0 - licensed * (1.0 - conditions.approval),
        quotas=tuple(_period_quota(quota, horizon) for quota in conditions.quotas),
        hit=_hit_periods(conditions, horizon),
    )


def _period_quota(quota: Quota, horizon: Horizon) -> PeriodQuota:
    if quota.period_weeks == 1:
        limit = horizon.means(quota.limit_t) * np.asarray(horizon.widths, float)
        return PeriodQuota(quota.arcs, np.eye(len(limit)), limit)
    weekly = quota.limit_t[: horizon.weeks]
    counted = np.isfinite(weekly)
    spans = [quota.period(int(week)) for week in np.flatnonzero(counted)]
    member = np.array([_within(span, counted) for span in dict.fromkeys(spans)]).reshape(-1, len(weekly))
    granted = member @ np.where(counted, weekly, 0.0)
    return PeriodQuota(quota.arcs, np.array([horizon.means(row) for row in member]), granted)


def _within(span: tuple[int, int], counted: Flags) -> Floats:
    week = np.arange(len(counted))
    return np.asarray((span[0] <= week) & (week < span[1]) & counted, float)


def _hit_periods(conditions: Conditions, horizon: Horizon) -> Flags:
    """Periods in which something differs from calm, and those up to ``TAIL_WEEKS`` later."""
    lost, more = conditions.capacity_factor < 1, conditions.demand_factor > 1
    weeks: Flags = np.asarray(lost.any(axis=1) | more.any(axis=1))
    weeks |= (~conditions.arc_open).any(axis=1) | conditions.licensed.any(axis=1)
    for quota in conditions.quotas:
        weeks |= np.isfinite(quota.limit_t)
    struck = np.flatnonzero(weeks[: horizon.weeks])
    if not len(struck):
        return np.zeros(len(horizon.widths), dtype=bool)
    span = horizon.overlap(np.array([struck[0]], float), np.array([struck[-1] + 1 + TAIL_WEEKS], float))
    return np.asarray(span[0] > 0)


def _flow_limit(chain: Chain, open_share: Floats, width: Floats) -> Floats:
    unused = np.where(open_share >= 0.5, np.inf, 0.0)  # a way without baseline flow: open or not
    partly = np.where(chain.arc_flow_t > 0, width * open_share * chain.arc_flow_t, unused)
    limit = np.where(open_share >= 1.0, np.inf, partly)
    return np.asarray(np.where(open_share <= 0.0, 0.0, limit))
