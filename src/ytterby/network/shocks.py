"""Scenarios: which shocks hit which arcs, plants and uses, and one drawn future of each.

A *scenario* is a probability and a list of shocks; a shock is one row of ``scenarios.csv`` with its
names resolved to indices of the chain. *Conditions* are one realised future, week by week, and all
that simulator and planner see of a scenario. Rules: ``docs/method/simulation.md``, section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import Fault, InputFaults
from ytterby.network.chain import Chain, Flags, Floats, Ints

OPEN_END = 1_000_000  # week after the last one of a shock without an end; every horizon clips it
PROBABILITY_TOLERANCE = 1e-6  # probabilities typed with six digits still count as summing to 1
FILE = "scenarios.csv"
NUMBERS = 3  # uncertain numbers of a shock: level, delay, approval
_ARC_KINDS = ("ban", "quota", "licence")
_LEVEL_KINDS = ("quota", "capacity_loss", "demand_surge")


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

    kind: str  # ban, quota, licence, capacity_loss, demand_surge
    arcs: Ints
    processes: Ints  # plants (capacity_loss) or end uses (demand_surge)
    start_week: int
    end_week: int  # exclusive; OPEN_END when the row names none
    level: Triangular | None  # share allowed (quota), share lost (capacity_loss), rise (demand_surge)
    delay_weeks: Triangular | None
    approval: Triangular | None
    label: str


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
    """A weekly limit on the sum of the flows over a group of arcs."""

    arcs: Ints
    limit_t: Floats  # [week]; infinite when not in force


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
    weeks = slice(shock.start_week, min(shock.end_week, now.weeks))
    if shock.kind == "ban":
        now.arc_open[weeks, shock.arcs] = False
    elif shock.kind == "quota":
        limit = np.full(now.weeks, np.inf)
        limit[weeks] = level * chain.arc_flow_t[shock.arcs].sum()
        return replace(now, quotas=(*now.quotas, Quota(shock.arcs, limit)))
    elif shock.kind == "licence":
        now.licensed[weeks, shock.arcs] = True
        now.delay_weeks[shock.arcs] = np.maximum(now.delay_weeks[shock.arcs], delay)
        now.approval[shock.arcs] = np.minimum(now.approval[shock.arcs], approval)
    elif shock.kind == "capacity_loss":
        now.capacity_factor[weeks, shock.processes] *= 1.0 - level
    else:
        now.demand_factor[weeks, shock.processes] *= 1.0 + level
    return now


# reading -----------------------------------------------------------------------------------------


def build_scenarios(study: StudyFiles, chain: Chain) -> tuple[Scenario, ...]:
    """Resolve the rows of ``scenarios.csv`` against the chain.

    Raises
    ------
    InputFaults: probabilities that do not sum to 1, rows of one scenario that disagree, numbers or
    weeks out of order, unknown regions, materials, sectors, plants or policies, shocks that hit nothing.
    """
    table = study.tables["scenarios"]
    faults = list(_scenario_faults(table))
    known = _Names(chain, frozenset(study.tables["policies"]["policy"]))
    for row in table.itertuples():
        found = list(_row_faults(row, known))
        if not found and row.shock != "none" and not _targets(row, chain).any():
            remedy = "Mend the regions and materials, or delete the row."
            found.append(_fault(row, "shock", "hits nothing in this chain.", remedy))
        faults.extend(found)
    if faults:
        raise InputFaults(faults)
    groups = table.groupby("scenario", sort=False)
    return tuple(_scenario(str(name), rows, chain) for name, rows in groups)


def _scenario(name: str, rows: pd.DataFrame, chain: Chain) -> Scenario:
    shocks = tuple(_shock(row, chain) for row in rows.itertuples() if row.shock != "none")
    first = rows.iloc[0]
    return Scenario(name, str(first["label"]), float(first["probability"]), shocks)


def _shock(row: Any, chain: Chain) -> Shock:
    hit = np.flatnonzero(_targets(row, chain)).astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    on_arcs = row.shock in _ARC_KINDS
    licence = row.shock == "licence"
    return Shock(
        kind=str(row.shock),
        arcs=hit if on_arcs else none,
        processes=none if on_arcs else hit,
        start_week=0 if math.isnan(row.start_week) else int(row.start_week),
        end_week=OPEN_END if math.isnan(row.end_week) else int(row.end_week),
        level=_triangular(row, "level_{}") if row.shock in _LEVEL_KINDS else None,
        delay_weeks=_triangular(row, "delay_{}_weeks") if licence else None,
        approval=_triangular(row, "approval_{}") if licence else None,
        label=str(row.label),
    )


def _triangular(row: Any, pattern: str) -> Triangular:
    """Three typed numbers; a mode alone is a number without spread."""
    low, mode, high = (getattr(row, pattern.format(part)) for part in ("low", "mode", "high"))
    return Triangular(
        mode if math.isnan(low) else float(low), float(mode), mode if math.isnan(high) else float(high)
    )


def _targets(row: Any, chain: Chain) -> Flags:
    """Flags of the arcs, plants or end uses that a row hits."""
    if row.shock in _ARC_KINDS:
        return _hit_arcs(row, chain)
    if row.shock == "capacity_loss":
        return _hit_plants(row, chain)
    return _hit_uses(row, chain)


def _hit_arcs(row: Any, chain: Chain) -> Flags:
    origin = chain.pool_region[chain.arc_pool]
    user = chain.slot_process[chain.arc_slot]
    hit = _among(origin, chain.regions, row.origins)
    if "*" in row.destinations:
        hit &= ~_among(chain.process_region[user], chain.regions, row.origins)
    else:
        hit &= _among(chain.process_region[user], chain.regions, row.destinations)
    hit &= _among(chain.pool_material[chain.arc_pool], chain.materials, row.materials)
    if row.sectors:  # end uses of these sectors only
        hit &= _among(chain.process_sector[user], chain.sectors, row.sectors)
    return hit


def _hit_plants(row: Any, chain: Chain) -> Flags:
    hit: Flags = ~chain.process_is_use
    hit &= _among(chain.process_region, chain.regions, row.origins)
    hit &= _among(chain.process_material, chain.materials, row.materials)
    if row.sectors:
        hit &= np.isin(np.array(chain.processes, dtype=object), list(row.sectors))
    return hit


def _hit_uses(row: Any, chain: Chain) -> Flags:
    hit: Flags = chain.process_is_use.copy()
    if "*" not in row.destinations:
        hit &= _among(chain.process_region, chain.regions, row.destinations)
    hit &= _among(chain.process_sector, chain.sectors, row.sectors)
    return hit


def _among(index: Ints, names: tuple[str, ...], chosen: tuple[str, ...]) -> Flags:
    """Which of ``index`` are among the chosen names; an empty choice means all."""
    if not chosen:
        return np.ones(len(index), dtype=bool)
    return np.isin(index, [names.index(name) for name in chosen])


# faults ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    chain: Chain
    policies: frozenset[str]

    def known(self, column: str, shock: str) -> frozenset[str]:
        chain = self.chain
        plants = [n for n, use in zip(chain.processes, chain.process_is_use, strict=True) if not use]
        sectors = plants if shock == "capacity_loss" else chain.sectors
        choices = {
            "origins": chain.regions, "destinations": (*chain.regions, "*"),
            "materials": chain.materials, "sectors": sectors,
        }  # fmt: skip
        return frozenset(choices[column])


def _scenario_faults(table: pd.DataFrame) -> Iterator[Fault]:
    if table.empty:
        yield Fault(FILE, None, None, "holds no scenario.", "Add at least a calm one with probability 1.")
        return
    first = table.drop_duplicates("scenario").set_index("scenario")
    total = float(first["probability"].sum())
    if abs(total - 1) > PROBABILITY_TOLERANCE:
        remedy = "Let them sum to 1; a calm scenario (shock none) takes the rest."
        yield Fault(FILE, None, "probability", f"the scenarios' probabilities sum to {total:.6g}.", remedy)
    for row in table.itertuples():
        for column in ("probability", "label"):
            told = first.loc[row.scenario, column]
            if getattr(row, column) != told:
                message = f"differs from {told!r} in the first row of {row.scenario}."
                yield _fault(row, column, message, "Write the same on each of its rows.")


def _row_faults(row: Any, names: _Names) -> Iterator[Fault]:
    if row.policy and row.policy not in names.policies:
        yield _fault(row, "policy", f"{row.policy!r} is not in policies.csv.", "Add it there, or mend it.")
    for column in ("origins", "destinations", "materials", "sectors"):
        known = names.known(column, str(row.shock))
        for name in getattr(row, column):
            if name not in known:
                remedy = f"Choose from {', '.join(sorted(known)[:12])}."
                yield _fault(row, column, f"{name!r} is not in this chain.", remedy)
    if row.shock in _ARC_KINDS and not row.origins:
        yield _fault(
            row, "origins", f"is empty for a {row.shock}.", "Name the regions whose exports it hits."
        )
    if row.shock in _ARC_KINDS and not row.destinations:
        yield _fault(row, "destinations", "is empty.", "Name the regions hit, or write * for all others.")
    start = 0 if math.isnan(row.start_week) else row.start_week
    if row.end_week <= start:
        yield _fault(row, "end_week", "is not after the start.", "It is the first week after the shock.")
    yield from _number_faults(row)


def _number_faults(row: Any) -> Iterator[Fault]:
    wanted = {
        "level_{}": row.shock in _LEVEL_KINDS,
        "delay_{}_weeks": row.shock == "licence",
        "approval_{}": row.shock == "licence",
    }
    for pattern in [pattern for pattern, needed in wanted.items() if needed]:
        column = pattern.format("mode")
        if math.isnan(getattr(row, column)):
            yield _fault(row, column, f"is empty for a {row.shock}.", "Give at least the most likely value.")
            continue
        spread = _triangular(row, pattern)
        if not spread.low <= spread.mode <= spread.high:
            yield _fault(row, column, "is not between the lowest and the highest value.", "Order the three.")
        share = pattern == "approval_{}" or row.shock == "capacity_loss"
        if share and not 0 <= spread.low <= spread.high <= 1:
            yield _fault(row, column, "is a share and must lie between 0 and 1.", "Write 0.2 for 20 %.")


def _fault(row: Any, column: str, message: str, remedy: str) -> Fault:
    return Fault(FILE, int(row.row), column, message, remedy)
