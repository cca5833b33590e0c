"""What an analyst asks, in the analyst's words: goods, places, days and durations, resolved on a study.

A question becomes rows as in ``scenarios.csv`` on top of the study as read; the folder stays as it is.
Rules: ``docs/method/simulation.md``, section 9.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.countries import REST, bloc_members, find_iso3, region_members
from ytterby.catalog.materials import material as catalog_material
from ytterby.catalog.studies import StudyFiles
from ytterby.catalog.tables import study_columns
from ytterby.errors import Fault, InputFaults, UnknownName
from ytterby.network.chain import Chain, Floats
from ytterby.network.durations import MOST_WEEKS, duration_weeks, share_spread
from ytterby.network.shocks import Scenario, Triangular, build_scenarios

NAME = "what_if"  # of the scenario: its draws are common to every question with the same seed
MAIN_CONTENT = 0.5  # share of an element from which a material is a form of it (oxide 0.87, magnet 0.02)
MOST_LEVEL = 100.0  # times the usual flow or need; more is a slip of the pen
_BLANK = {"number": math.nan, "integer": math.nan, "list": ()}
_ON_WAYS = ("ban", "quota", "licence")
_KINDS = ("ban", "quota", "licence", "capacity_loss", "demand_surge")


@dataclass(frozen=True)
class AskedShock:
    """One shock in words; see ``docs/howto/what-if.md``.

    Parameters
    ----------
    kind: ban, quota, licence, capacity_loss or demand_surge.
    materials: names of the study's materials, or elements: ``dysprosium`` means its oxide and metal,
        ``dysprosium+`` everything in the chain that contains it.
    origins, destinations: regions of the study; destinations ``*`` means all others.
    start, end: days; ``end`` is the first day after it, none to the end of the run.
    delay: duration of a licence ("45 working days", "30..45..60 days").
    refused: share of the applications refused, 0..1, or "0.1..0.2..0.3".
    level: share allowed (quota), share lost (capacity_loss) or relative rise (demand_surge), likewise.
    plants: processes hit by a capacity_loss. sectors: end uses hit by a demand_surge.
    """

    kind: str
    start: dt.date
    end: dt.date | None = None
    materials: Sequence[str] = ()
    origins: Sequence[str] = ()
    destinations: Sequence[str] = ("*",)
    delay: str = ""
    refused: float | str = 0.0
    level: float | str = ""
    plants: Sequence[str] = ()
    sectors: Sequence[str] = ()


@dataclass(frozen=True)
class AskedInventory:
    """More stock at users: ``weeks`` of baseline use of some materials in some regions, from the start.

    Parameters
    ----------
    more: a duration ("2 months").
    materials: as for a shock; all that users there buy when empty. regions: those asked for when empty.
    """

    more: str
    materials: Sequence[str] = ()
    regions: Sequence[str] = ()


@dataclass(frozen=True)
class Asked:
    """A question on a study, resolved: its scenario, when it starts, and what it hits, in words."""

    scenario: Scenario
    start_week: int
    notes: tuple[str, ...]


class Asking:
    """Resolves a question on a study; all faults at once."""

    def __init__(self, files: StudyFiles, chain: Chain) -> None:
        self.files, self.chain = files, chain
        self.first_day = files.settings.planning.start  # week 0 of every run begins here

    def resolve(self, shocks: Sequence[AskedShock]) -> Asked:
        """Build the scenario of some shocks.

        Raises
        ------
        InputFaults: unknown goods, regions, plants or days, every one of them.
        """
        faults: list[Fault] = []
        rows: list[dict[str, Any]] = []
        if not shocks:
            remedy = "Name one: a ban, quota, licence, capacity_loss or demand_surge."
            faults.append(Fault("question", None, None, "has no shock.", remedy))
        for number, shock in enumerate(shocks, 1):
            rows.append(self._row(shock, _Faults(f"shock {number} ({shock.kind})", faults)))
        if faults:
            raise InputFaults(faults)
        table = pd.DataFrame(rows)
        table["row"] = range(1, len(table) + 1)
        asked = replace(self.files, tables={**self.files.tables, "scenarios": table})
        try:
            (scenario,) = build_scenarios(asked, self.chain)
        except InputFaults as error:  # what is left: a shock that hits nothing
            found = [replace(fault, file=f"shock {fault.row}", row=None) for fault in error.faults]
            raise InputFaults(found) from error
        first = min(shock.start_week for shock in scenario.shocks)
        return Asked(scenario, first, tuple(dict.fromkeys(n for s in shocks for n in self._notes(s))))

    def _row(self, shock: AskedShock, faults: _Faults) -> dict[str, Any]:
        """Return a row of scenarios.csv; what is not asked for is blank."""
        blank: dict[str, Any] = {
            column.name: _BLANK.get(column.type, "") for column in study_columns()["scenarios"]
        }
        if shock.kind in _ON_WAYS and not shock.origins:
            faults.add("origins", "is empty.", "Name the regions whose exports it hits.")
        if shock.kind not in _KINDS:
            faults.add("kind", f"{shock.kind!r} is no shock.", f"Choose from {', '.join(_KINDS)}.")
        told = {"scenario": NAME, "label": "What if", "probability": 1.0, "shock": shock.kind}
        places = {
            "origins": self.regions(shock.origins, "origins", faults),
            "destinations": self._destinations(shock, faults),
            "materials": self.materials(shock.materials, faults),
            "sectors": self._named(shock, faults),
            "start_week": self._week(shock.start, "start", faults),
            "end_week": math.nan if shock.end is None else self._week(shock.end, "end", faults),
        }
        self._order(places, faults)
        return blank | told | places | _numbers(shock, faults)

    def _order(self, row: dict[str, Any], faults: _Faults) -> None:
        if row["end_week"] <= row["start_week"]:
            faults.add("end", "is not at least a week after the start.", "Choose a later day.")

    def _destinations(self, shock: AskedShock, faults: _Faults) -> tuple[str, ...]:
        if "*" in shock.destinations:
            return ("*",)
        return self.regions(shock.destinations, "destinations", faults)

    def _named(self, shock: AskedShock, faults: _Faults) -> tuple[str, ...]:
        """Plants of a capacity loss, or sectors of a demand surge, that the chain has."""
        plants = [
            n for n, use in zip(self.chain.processes, self.chain.process_is_use, strict=True) if not use
        ]
        sides = {"plants": (shock.plants, plants), "sectors": (shock.sectors, list(self.chain.sectors))}
        for column, (names, known) in sides.items():
            for name in names:
                if name not in known:
                    error = UnknownName(column[:-1], name, known)
                    faults.add(column, error.message, error.remedy)
        if shock.kind == "capacity_loss" and not shock.plants:
            faults.add("plants", "is empty.", "Name the plants that are lost.")
        return tuple(shock.plants if shock.kind == "capacity_loss" else shock.sectors)

    def regions(self, names: Sequence[str], column: str, faults: _Faults) -> tuple[str, ...]:
        """Regions of the study; a country that counts within one of its blocs is refused with the bloc."""
        known = self.files.settings.regions
        places = self.parts_of(names)
        for name in places:
            if name not in known:
                faults.add(column, *self._unknown_region(name, known))
        return places

    def parts_of(self, names: Sequence[str], among: Collection[str] = ()) -> tuple[str, ...]:
        """Names with each bloc that the study has in parts replaced by these parts.

        ``among`` leaves out parts of a bloc that are not in it (those without an end use).
        """
        known = self.files.settings.regions
        found: dict[str, None] = {}
        for name in names:
            inside = _members(name, self.files.settings.date) if name not in known else ()
            parts = [r for r in known if r in inside or (inside and r == f"{name}{REST}")]
            kept = [part for part in parts if not among or part in among]
            found |= dict.fromkeys(kept or parts or [name])
        return tuple(found)

    def _unknown_region(self, name: str, known: Sequence[str]) -> tuple[str, str]:
        code = find_iso3(name) or name
        choices = f"This study has {', '.join(known)}."
        if code in known:
            return f"{name!r} is no region of this study.", f"Write {code}. {choices}"
        day = self.files.settings.date
        blocs = [region for region in known if code in region_members(region, known, day)]
        if blocs:
            remedy = f"Ask for {blocs[0]}, or make it a region of its own in a copy of the study. {choices}"
            return f"{name!r} is no region of this study; it counts within {blocs[0]}.", remedy
        return f"{name!r} is no region of this study.", choices

    def materials(self, names: Sequence[str], faults: _Faults) -> tuple[str, ...]:
        """Materials of the study by name, or by an element in them."""
        found: dict[str, None] = {}
        for name in names:
            found |= dict.fromkeys(self._forms(name, faults))
        return tuple(found)

    def _forms(self, name: str, faults: _Faults) -> list[str]:
        if name in self.chain.materials:
            return [name]
        element = self._element(name.removesuffix("+"))
        if element is None:
            known = [*self.chain.materials, *self.chain.elements]
            error = UnknownName("material of this study", name, known)
            faults.add(
                "materials", error.message, f"{error.remedy} Elements: {', '.join(self.chain.elements)}."
            )
            return []
        content = self.chain.content[self.chain.elements.index(element)]
        hit = content > 0 if name.endswith("+") else content >= MAIN_CONTENT
        return [m for m, yes in zip(self.chain.materials, hit, strict=True) if yes]

    def _element(self, name: str) -> str | None:
        """Element of the chain that a name or symbol of the catalog means."""
        if name in self.chain.elements:
            return name
        try:
            symbol = catalog_material(name).symbol
        except UnknownName:
            return None
        return symbol if symbol in self.chain.elements else None

    def _week(self, day: dt.date, column: str, faults: _Faults) -> int:
        """Week of the run that holds a day."""
        week = (day - self.first_day).days // 7
        if not 0 <= week < MOST_WEEKS:
            last = self.first_day + dt.timedelta(weeks=MOST_WEEKS)
            faults.add(column, f"{day} is outside the run.", f"Choose a day from {self.first_day} to {last}.")
            return 0
        return week

    def _notes(self, shock: AskedShock) -> Iterator[str]:
        """What an element's name hits and leaves alone, and how a licence is meant."""
        if shock.kind == "licence":
            yield (
                "a licence's delay is a mean: a part of the queue leaves every week from the first on; where "
                "nothing leaves before the time is over, uses stop sooner (ask for a ban of that length)"
            )
        faults = _Faults("", [])
        for name in shock.materials:
            if name in self.chain.materials:
                continue
            hit = self._forms(name, faults)
            yield f"{name} hits {', '.join(hit)}"
            rest = set(self._forms(f"{name.removesuffix('+')}+", faults)) - set(hit)
            others = [m for m in self.chain.materials if m in rest]
            if others:
                yield f"{name} leaves {', '.join(others)} alone, which contain it ({name}+ hits them too)"

    def check_regions(self, names: Sequence[str], with_use: Collection[str]) -> None:
        """Refuse regions that the study does not have, or that have no end use.

        Raises
        ------
        InputFaults: every one of them.
        """
        faults: list[Fault] = []
        told = _Faults("question", faults)
        for name in self.regions(names, "regions", told):
            if name in self.chain.regions and name not in with_use:
                told.add("regions", f"{name} has no end use.", f"Choose from {', '.join(sorted(with_use))}.")
        if faults:
            raise InputFaults(faults)

    def in_words(self, shock: AskedShock) -> str:
        """Return one shock as a sentence."""
        until = f" until {shock.end}" if shock.end else ""
        goods = ", ".join(shock.materials) or "all goods"
        way = f"from {', '.join(shock.origins)} to {', '.join(shock.destinations).replace('*', 'all others')}"
        sectors = ", ".join(shock.sectors) or "all sectors"
        where = f"in {', '.join(shock.destinations)}".replace("*", "all regions")
        told = {
            "ban": f"no {goods} {way}",
            "quota": f"at most {shock.level} of the usual flow of {goods} {way}",
            "licence": f"licences for {goods} {way} that take {shock.delay}, {shock.refused} of them refused",
            "capacity_loss": f"{', '.join(shock.plants)} lose {shock.level} of their capacity",
            "demand_surge": f"needs of {sectors} {where} rise by {shock.level}",
        }
        return f"from {shock.start}{until}: {told[shock.kind]}"

    def change_in_words(self, change: AskedInventory, regions: Sequence[str]) -> str:
        """Return one change as a phrase."""
        goods = ", ".join(change.materials) or "everything they use"
        places = ", ".join(change.regions or regions)
        return f"users in {places} hold {change.more.lstrip('+')} more of {goods} from the start of the run"

    def extra_stock_t(self, change: AskedInventory, regions: Sequence[str]) -> Floats:
        """Tonnes [slot] that a change of inventory adds at users.

        Raises
        ------
        InputFaults: an unknown material or region, a spread instead of one number, or nothing held there.
        """
        faults: list[Fault] = []
        told = _Faults("inventory", faults)
        chosen = self.materials(change.materials, told) or self.chain.materials
        places = self.regions(change.regions or regions, "regions", told)
        weeks = duration_weeks(change.more)
        if weeks.low != weeks.high:
            told.add("more", "has a spread.", "Name one duration; it is what you would decide.")
        if faults:
            raise InputFaults(faults)
        extra = weeks.mode * self._slot_use_t(chosen, places)
        if not extra.any():
            message = f"nobody in {', '.join(places)} uses {', '.join(chosen)}."
            raise InputFaults(
                [Fault("inventory", None, None, message, "Name others, or leave materials out.")]
            )
        return extra

    def _slot_use_t(self, materials: Sequence[str], regions: Sequence[str]) -> Floats:
        chain = self.chain
        at = np.isin(chain.process_region[chain.slot_process], [chain.regions.index(r) for r in regions])
        of = np.isin(chain.slot_material, [chain.materials.index(m) for m in materials])
        use: Floats = np.where(at & of, chain.slot_t * chain.activity_t[chain.slot_process], 0.0)
        return use


class _Faults:
    """Collects the faults of one part of a question."""

    def __init__(self, part: str, faults: list[Fault]) -> None:
        self.part, self.faults = part, faults

    def add(self, column: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.part, None, column, message, remedy))


def _members(bloc: str, day: dt.date) -> tuple[str, ...]:
    """Members of a bloc; none of any other name."""
    try:
        return bloc_members(bloc, day)
    except UnknownName:
        return ()


def _numbers(shock: AskedShock, faults: _Faults) -> dict[str, float]:
    """Columns of the uncertain numbers of a shock."""
    if shock.kind == "licence":
        delay = _spread("delay", lambda: duration_weeks(shock.delay), faults)
        refused = _spread("refused", lambda: share_spread(shock.refused), faults)
        approved = Triangular(1 - refused.high, 1 - refused.mode, 1 - refused.low)
        return _columns("delay_{}_weeks", delay) | _columns("approval_{}", approved)
    if shock.kind in ("quota", "capacity_loss", "demand_surge"):
        most = 1.0 if shock.kind == "capacity_loss" else MOST_LEVEL
        return _columns("level_{}", _spread("level", lambda: share_spread(shock.level, most), faults))
    return {}


def _spread(column: str, read: Callable[[], Triangular], faults: _Faults) -> Triangular:
    """Read a number; one that cannot be read is a fault of its column, and 0 until all are told."""
    try:
        return read()
    except InputFaults as error:
        for fault in error.faults:
            faults.add(column, fault.message, fault.remedy)
        return Triangular(0.0, 0.0, 0.0)


def _columns(pattern: str, spread: Triangular) -> dict[str, float]:
    three = {"low": spread.low, "mode": spread.mode, "high": spread.high}
    return {pattern.format(part): value for part, value in three.items()}
