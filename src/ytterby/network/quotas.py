"""What the quotas of a block of draws still allow, week by week."""

from __future__ import annotations

import numpy as np

from ytterby.network.blocks import GroupSum, Weather, ratio
from ytterby.network.chain import Floats


class QuotaBook:
    """Keeps what has been used of every quota in its running period."""

    def __init__(self, weather: Weather) -> None:
        self.quotas = weather.quotas
        self.sums = [GroupSum(np.zeros(len(q.arcs), dtype=np.int64), 1, weather.lanes) for q in self.quotas]
        self.used = [np.zeros(weather.lanes) for _ in self.quotas]

    def cut(self, week: int, orders: Floats, allowed: Floats) -> None:
        """Lower ``allowed`` [arc, lane], the share of each order that passes, to what the quotas leave."""
        for number, quota in enumerate(self.quotas):
            limit = self._limit(number, week)
            total = self.sums[number](orders[quota.arcs] * allowed[quota.arcs])[0]
            fits = np.minimum(1.0, ratio(limit, total, 1.0))
            allowed[quota.arcs] *= np.where(limit > 0, fits, 0.0)

    def spend(self, week: int, flow: Floats) -> None:
        """Note the flows [arc, lane] of the week."""
        for number, quota in enumerate(self.quotas):
            if quota.period_weeks > 1:
                counted = np.isfinite(quota.limit_t[week])
                self.used[number] += np.where(counted, self.sums[number](flow[quota.arcs])[0], 0.0)

    def _limit(self, number: int, week: int) -> Floats:
        """[lane] most that may flow this week; infinite where the quota is not in force."""
        quota = self.quotas[number]
        now: Floats = quota.limit_t[week]
        if quota.period_weeks == 1:
            return now
        first, last = quota.period(week)
        if week == first:
            self.used[number] = np.zeros_like(now)
        granted = np.where(np.isfinite(quota.limit_t[first:last]), quota.limit_t[first:last], 0.0)
        left = np.maximum(0.0, np.cumsum(granted, axis=0)[-1] - self.used[number])
        if not quota.first_come:
            ahead = np.cumsum(granted[week - first :], axis=0)[-1]
            left = left * ratio(granted[week - first], ahead, 0.0)
        return np.where(np.isfinite(now), left, np.inf)
