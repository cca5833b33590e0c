"""Scenarios: which shocks hit which arcs, plants and uses, and one drawn future of each.

A *scenario* is a probability and a list of shocks; a shock is one row of ``scenarios.csv`` with its
names resolved to indices of the chain. *Conditions* are one realised future, week by week, and all
that simulator and planner see of a scenario. Rules: ``docs/method/simulation.md``, section 2.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import InputFaults
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.scenario_faults import scenario_faults
from ytterby.network.targets import find_targets, shock_kinds

OPEN_END = 1_000_000  # week after the last one of a shock without an end; every horizon clips it
NUMBERS = 3  # uncertain numbers of a shock: level, delay, approval
_NEVER = (0, 0)


@dataclass(frozen=True)
class Triangular:
    """A triangular distribution; equal ends make it a number."""

    low: float
    mode: float
    high: float

    def quantile(self, u: float) -> float:
        """Value below which a share ``u`` (0..1) of the draws lies."""
        width = self.high - self.low
        if width <= 0:
            return self.mode
        rise = (self.mode - self.low) / width
        if u < rise:
            return self.low + math.sqrt(u * width * (self.mode - self.low))
        return self.high - math.sqrt((1 - u) * width * (self.high - self.mode))


@dataclass(frozen=True)
class Shock:
    """One effect on the chain from ``start_week`` until before ``end_week``."""

    kind: str  # a row of catalog/data/shock_kinds.csv
    arcs: Ints
    processes: Ints  # plants or end uses
    start_week: int
    end_week: int  # exclusive; OPEN_END when the row names none
    level: Triangular | None  # its meaning stands in shock_kinds.csv
    delay_weeks: Triangular | None
    approval: Triangular | None
    label: str
    materials: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    ramp_weeks: int = 0  # weeks in which it grows evenly from nothing to full
    pause: tuple[int, int] = _NEVER  # weeks in which it is suspended, the second one exclusive
    period_weeks: int = 1  # over which a quota is counted
    first_come: bool = False  # a quota goes to who asks first, else evenly over its period

    def strength(self, weeks: int) -> Floats:
        """[week] how far it is in force, 0 to 1."""
        week = np.arange(weeks)
        paused = (self.pause[0] <= week) & (week < self.pause[1])
        on = (self.start_week <= week) & (week < self.end_week) & ~paused
        grown = np.minimum(1.0, (week - self.start_week + 1) / max(1, self.ramp_weeks))
        return np.where(on, grown, 0.0)


@dataclass(frozen=True)
class Scenario:
    """What may happen, and how likely it is."""

    name: str
    label: str
    probability: float
    shocks: tuple[Shock, ...]

    @property
    def is_certain(self) -> bool:
        """Whether every draw of it is the same."""
        drawn = [d for s in self.shocks for d in (s.level, s.delay_weeks, s.approval) if d is not None]
        return all(d.low == d.high for d in drawn)


@dataclass(frozen=True)
class Quota:
    """A limit on the sum of the flows over a group of arcs.

    Weeks are gathered into periods counted from ``start_week``; the sum of a period's weekly limits
    may be used within it. At ``period_weeks`` 1 every week stands alone.
    """

    arcs: Ints
    limit_t: Floats  # [week]; infinite when not in force
    period_weeks: int = 1
    first_come: bool = False
    start_week: int = 0

    def period(self, week: int) -> tuple[int, int]:
        """First week of the period in which ``week`` lies, and the first one after it."""
        first = week - (week - self.start_week) % self.period_weeks
        return max(0, first), min(len(self.limit_t), first + self.period_weeks)


@dataclass(frozen=True)
class Conditions:
    """One realised future, week by week.

    ``delay_weeks`` and ``approval`` hold where and when an arc is ``licensed``. Of two licences on
    one arc the longer delay and the lower approval count.
    """

    capacity_factor: Floats  # [week, process]
    demand_factor: Floats  # [week, process]
    arc_open: Flags  # [week, arc]
    licensed: Flags  # [week, arc]
    delay_weeks: Floats  # [arc]
    approval: Floats  # [arc]
    quotas: tuple[Quota, ...] = ()
    tariff: Floats | None = None  # [week, arc] ad-valorem rate on top of the baseline's
    price_floor: Floats | None = None  # [week, material] lowest price index

    @property
    def weeks(self) -> int:
        """Length of the horizon."""
        return int(self.capacity_factor.shape[0])


def calm(chain: Chain, weeks: int) -> Conditions:
    """Build the future in which nothing happens."""
    arcs, plants = len(chain.arc_pool), len(chain.processes)
    return Conditions(
        capacity_factor=np.ones((weeks, plants)),
        demand_factor=np.ones((weeks, plants)),
        arc_open=np.ones((weeks, arcs), dtype=bool),
        licensed=np.zeros((weeks, arcs), dtype=bool),
        delay_weeks=np.zeros(arcs),
        approval=np.ones(arcs),
    )


def draw_conditions(scenario: Scenario, chain: Chain, weeks: int, rng: np.random.Generator) -> Conditions:
    """Draw one future of a scenario.

    Every shock takes three uniform numbers, used or not, so that a change of one shock's numbers
    leaves the draws of the others as they were.
    """
    return conditions_at(scenario, chain, weeks, rng.random((len(scenario.shocks), NUMBERS)))


def conditions_at(scenario: Scenario, chain: Chain, weeks: int, uniform: Floats) -> Conditions:
    """Build the future in which each uncertain number lies at its given quantile.

    Parameters
    ----------
    uniform: [shock, 3] shares 0..1 for level, delay and approval.
    """
    conditions = calm(chain, weeks)
    for shock, shares in zip(scenario.shocks, uniform, strict=True):
        conditions = _strike(conditions, shock, chain, _values(shock, shares))
    return conditions


def modal_conditions(scenario: Scenario, chain: Chain, weeks: int) -> Conditions:
    """Build the future in which every uncertain number takes its most likely value."""
    conditions = calm(chain, weeks)
    for shock in scenario.shocks:
        drawn = (shock.level, shock.delay_weeks, shock.approval)
        mode = tuple(math.nan if d is None else d.mode for d in drawn)
        conditions = _strike(conditions, shock, chain, (mode[0], mode[1], mode[2]))
    return conditions


def _values(shock: Shock, uniform: Floats) -> tuple[float, float, float]:
    drawn = (shock.level, shock.delay_weeks, shock.approval)
    level, delay, approval = (
        math.nan if d is None else d.quantile(float(u)) for d, u in zip(drawn, uniform, strict=True)
    )
    return level, delay, approval


def _strike(now: Conditions, shock: Shock, chain: Chain, values: tuple[float, float, float]) -> Conditions:
    """Conditions with one more shock; the arrays of ``now`` are our own and are written into."""
    level, delay, approval = values
    strength = shock.strength(now.weeks)
    on = strength > 0
    if shock.kind in ("ban", "port_closure"):
        now.arc_open[np.ix_(strength >= 1, shock.arcs)] = False
        if (strength[on] < 1).any():  # an unofficial stop: less every week, then nothing
            return _with_quota(now, shock, chain, 1.0 - strength, on)
    elif shock.kind == "quota":
        return _with_quota(now, shock, chain, 1.0 - (1.0 - level) * strength, on)
    elif shock_kinds()[shock.kind].licence:
        now.licensed[np.ix_(on, shock.arcs)] = True
        now.delay_weeks[shock.arcs] = np.maximum(now.delay_weeks[shock.arcs], delay)
        now.approval[shock.arcs] = np.minimum(now.approval[shock.arcs], approval)
    elif shock.kind == "tariff":
        rate = np.zeros(now.arc_open.shape) if now.tariff is None else now.tariff
        rate[:, shock.arcs] += level * strength[:, None]
        return replace(now, tariff=rate)
    elif shock.kind == "price_floor":
        floor = np.zeros((now.weeks, len(chain.materials))) if now.price_floor is None else now.price_floor
        floor[:, shock.materials] = np.maximum(floor[:, shock.materials], level * strength[:, None])
        return replace(now, price_floor=floor)
    else:
        change = {"capacity_loss": -level, "substitution": -level}.get(shock.kind, level)
        on_plants = shock_kinds()[shock.kind].hits == "plants"
        factor = now.capacity_factor if on_plants else now.demand_factor
        factor[:, shock.processes] *= (1.0 + change * strength)[:, None]
    return now


def _with_quota(now: Conditions, shock: Shock, chain: Chain, share: Floats, on: Flags) -> Conditions:
    """Conditions with one more quota: a share of the arcs' baseline flow in the weeks ``on``."""
    limit = np.where(on, share * chain.arc_flow_t[shock.arcs].sum(), np.inf)
    quota = Quota(shock.arcs, limit, shock.period_weeks, shock.first_come, shock.start_week)
    return replace(now, quotas=(*now.quotas, quota))


# reading -----------------------------------------------------------------------------------------


def build_scenarios(study: StudyFiles, chain: Chain) -> tuple[Scenario, ...]:
    """Resolve the rows of ``scenarios.csv`` against the chain.

    Raises
    ------
    InputFaults: probabilities that do not sum to 1, rows of one scenario that disagree, numbers or
    weeks out of order, unknown regions, materials, sectors, plants or policies, shocks that hit nothing.
    """
    table = study.tables["scenarios"]
    calendar = _Calendar(study)
    faults = list(scenario_faults(table, chain, calendar.policies, calendar.weeks))
    if faults:
        raise InputFaults(faults)
    groups = table.groupby("scenario", sort=False)
    return tuple(_scenario(str(name), rows, chain, calendar) for name, rows in groups)


class _Calendar:
    """Weeks of a row: typed, or those of its policy's dates where the study names its first day."""

    def __init__(self, study: StudyFiles) -> None:
        self.start = study.settings.simulation.start
        self.policies = study.tables["policies"].set_index("policy")

    def weeks(self, row: Any) -> tuple[int, int, tuple[int, int]]:
        """First week, first week after the end, and the weeks of a suspension."""
        typed = not (math.isnan(row.start_week) and math.isnan(row.end_week))
        if typed or self.start is None or row.policy not in self.policies.index:
            return (
                0 if math.isnan(row.start_week) else int(row.start_week),
                OPEN_END if math.isnan(row.end_week) else int(row.end_week),
                _NEVER,
            )
        dates = self.policies.loc[row.policy]
        first, last, stop, again = (
            self._week(dates[name]) for name in ("effective", "expires", "suspended", "resumes")
        )
        pause = _NEVER if stop is None else (stop, OPEN_END if again is None else again)
        return first or 0, OPEN_END if last is None else last, pause

    def _week(self, date: dt.date | None) -> int | None:
        if date is None or self.start is None:
            return None
        return max(0, (date - self.start).days // 7)


def _scenario(name: str, rows: pd.DataFrame, chain: Chain, calendar: _Calendar) -> Scenario:
    shocks = tuple(_shock(row, chain, calendar) for row in rows.itertuples() if row.shock != "none")
    first = rows.iloc[0]
    return Scenario(name, str(first["label"]), float(first["probability"]), shocks)


def _shock(row: Any, chain: Chain, calendar: _Calendar) -> Shock:
    kind = shock_kinds()[row.shock]
    hit = np.flatnonzero(find_targets(row, chain)).astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    start, end, pause = calendar.weeks(row)
    return Shock(
        kind=kind.name,
        arcs=hit if kind.hits == "arcs" else none,
        processes=hit if kind.hits in ("plants", "uses") else none,
        materials=hit if kind.hits == "materials" else none,
        start_week=start,
        end_week=end,
        pause=pause,
        level=_triangular(row, "level_{}") if kind.level else None,
        delay_weeks=_triangular(row, "delay_{}_weeks") if kind.licence else None,
        approval=_triangular(row, "approval_{}") if kind.licence else None,
        label=str(row.label),
        ramp_weeks=_whole(row.ramp_weeks, 0),
        period_weeks=_whole(row.period_weeks, 1),
        first_come=row.rule == "first_come",
    )


def _whole(cell: float, otherwise: int) -> int:
    return otherwise if math.isnan(cell) else int(cell)


def _triangular(row: Any, pattern: str) -> Triangular:
    """Three typed numbers; a mode alone is a number without spread."""
    low, mode, high = (getattr(row, pattern.format(part)) for part in ("low", "mode", "high"))
    return Triangular(
        mode if math.isnan(low) else float(low), float(mode), mode if math.isnan(high) else float(high)
    )
