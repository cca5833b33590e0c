"""What may be wrong with the rows of ``scenarios.csv``: names, numbers, weeks, targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ytterby.errors import Fault
from ytterby.network.chain import Chain
from ytterby.network.targets import ShockKind, find_targets, shock_kinds

PROBABILITY_TOLERANCE = 1e-6  # probabilities typed with six digits still count as summing to 1
FILE = "scenarios.csv"
Weeks = Callable[[Any], tuple[int, int, tuple[int, int]]]


def scenario_faults(
    table: pd.DataFrame, chain: Chain, policies: pd.DataFrame, weeks: Weeks
) -> Iterator[Fault]:
    """Every fault of the table.

    Parameters
    ----------
    policies: table of policies by name. weeks: first week, end and suspension of a row.
    """
    yield from _table_faults(table)
    known = _Names(chain, frozenset(policies.index))
    for row in table.itertuples():
        found = list(_row_faults(row, known, weeks))
        if not found and row.shock != "none" and not find_targets(row, chain).any():
            remedy = "Mend the regions and materials, or delete the row."
            found.append(_fault(row, "shock", "hits nothing in this chain.", remedy))
        yield from found


@dataclass(frozen=True)
class _Names:
    chain: Chain
    policies: frozenset[str]

    def known(self, column: str, shock: str) -> frozenset[str]:
        chain = self.chain
        plants = [n for n, use in zip(chain.processes, chain.process_is_use, strict=True) if not use]
        sectors = plants if shock in _PLANT_KINDS else chain.sectors
        choices = {
            "origins": chain.regions, "destinations": (*chain.regions, "*"),
            "materials": chain.materials, "sectors": sectors,
        }  # fmt: skip
        return frozenset(choices[column])


def _table_faults(table: pd.DataFrame) -> Iterator[Fault]:
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


def _row_faults(row: Any, names: _Names, weeks: Weeks) -> Iterator[Fault]:
    if row.policy and row.policy not in names.policies:
        yield _fault(row, "policy", f"{row.policy!r} is not in policies.csv.", "Add it there, or mend it.")
    for column in ("origins", "destinations", "materials", "sectors"):
        known = names.known(column, str(row.shock))
        for name in getattr(row, column):
            if name not in known:
                remedy = f"Choose from {', '.join(sorted(known)[:12])}."
                yield _fault(row, column, f"{name!r} is not in this chain.", remedy)
    start, end, _ = weeks(row)
    if end <= start:
        yield _fault(row, "end_week", "is not after the start.", "It is the first week after the shock.")
    if row.shock != "none":
        kind = shock_kinds()[row.shock]
        yield from _place_faults(row, kind)
        yield from _number_faults(row, kind)
        yield from _time_faults(row, kind)


def _place_faults(row: Any, kind: ShockKind) -> Iterator[Fault]:
    if kind.hits == "arcs" and not row.origins:
        yield _fault(
            row, "origins", f"is empty for a {row.shock}.", "Name the regions whose exports it hits."
        )
    if kind.hits == "arcs" and not row.destinations and row.shock != "port_closure":
        yield _fault(row, "destinations", "is empty.", "Name the regions hit, or write * for all others.")
    if kind.hits == "materials" and not row.materials:
        yield _fault(row, "materials", f"is empty for a {row.shock}.", "Name the materials it holds for.")


def _number_faults(row: Any, kind: ShockKind) -> Iterator[Fault]:
    wanted = {
        "level_{}": (bool(kind.level), kind.level_most),
        "delay_{}_weeks": (kind.licence, math.inf),
        "approval_{}": (kind.licence, 1.0),
    }
    for pattern, (needed, most) in wanted.items():
        column = pattern.format("mode")
        low, mode, high = (getattr(row, pattern.format(part)) for part in ("low", "mode", "high"))
        low, high = (mode if math.isnan(end) else end for end in (low, high))
        if not needed:
            continue
        if math.isnan(mode):
            yield _fault(row, column, f"is empty for a {row.shock}.", "Give at least the most likely value.")
        elif not low <= mode <= high:
            yield _fault(row, column, "is not between the lowest and the highest value.", "Order the three.")
        elif not 0 <= low <= high <= most:
            yield _fault(row, column, "is a share and must lie between 0 and 1.", "Write 0.2 for 20 %.")
    if row.shock == "extraterritorial" and not (math.isnan(row.level_low) and math.isnan(row.level_high)):
        yield _fault(row, "level_mode", "is a threshold written in a rule.", "Give level_mode alone.")


def _time_faults(row: Any, kind: ShockKind) -> Iterator[Fault]:
    """Ramps and periods on kinds that have none would be read and do nothing."""
    if kind.licence and row.ramp_weeks > 1:
        yield _fault(row, "ramp_weeks", f"has no meaning for a {row.shock}.", "Leave it empty.")
    if row.shock != "quota" and (row.period_weeks > 1 or row.rule):
        column = "rule" if row.rule else "period_weeks"
        yield _fault(row, column, f"has no meaning for a {row.shock}.", "Leave it empty; it is for quotas.")


def _fault(row: Any, column: str, message: str, remedy: str) -> Fault:
    return Fault(FILE, int(row.row), column, message, remedy)


_PLANT_KINDS = tuple(name for name, kind in shock_kinds().items() if kind.hits == "plants")
