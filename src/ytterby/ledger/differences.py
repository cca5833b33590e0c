"""How two claims about one event differ: granularity, wording, conflict (method, section 3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from ytterby.ledger.dates import DaySpan
from ytterby.ledger.statements import Quantity, Statement, Time

EVENT_ROLES = ("event", "agreed", "effective", "occasion", "start")
_OPEN_QUALIFIERS = {"more_than", "less_than"}
_LISTS = ("composition", "uses", "measures", "item_class")
_PROGRESS = {
    "under_consideration": 0, "under_discussion": 0, "possible": 0, "demanded": 0, "offered": 1,
    "planned": 1, "announced": 1, "promised": 2, "conditional": 2, "agreed": 3, "concluded": 3,
    "signed": 3, "approved": 3, "in_force": 4, "started": 4, "ongoing": 4, "took_place": 4, "past": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One field in which a claim differs from the fullest claim about its event."""

    field: str
    type: str
    values: tuple[tuple[str, str], ...]  # claim id, what it says

    @property
    def sides(self) -> tuple[str, ...]:
        """First claim, what it says, other claim, what that says."""
        return tuple(part for side in self.values for part in side)

    def __str__(self) -> str:
        told = "; ".join(f"{claim}: {value or 'nothing'}" for claim, value in self.values)
        return f"{self.field} ({self.type}): {told}"


def event_time(claim: Statement) -> DaySpan | None:
    """Return the days on which the event took place, where both ends are known."""
    found = claim.time(*EVENT_ROLES)
    return found.days if found and found.start and found.end else None


def differences_of(a: Statement, b: Statement) -> list[Difference]:
    """List the fields in which two claims about one event differ, each with its type."""
    found = [*_numbers(a, b), *_times(a, b), *_lists(a, b), *_words(a, b)]
    return [Difference(field, kind, ((a.id, left), (b.id, right))) for field, kind, left, right in found]


_Found = Iterator[tuple[str, str, str, str]]


def _numbers(a: Statement, b: Statement) -> _Found:
    left, right = ({(q.role, q.unit): q for q in claim.quantities} for claim in (a, b))
    for key in sorted(left.keys() | right.keys()):
        kind = number_difference(left.get(key), right.get(key))
        if kind:
            yield key[0] or key[1], kind, _shown(left.get(key)), _shown(right.get(key))


def number_difference(a: Quantity | None, b: Quantity | None) -> str:
    """Type the difference of two numbers of one role; '' where there is none.

    Equal numbers agree unless one is strictly above or below what the other hits exactly.
    A word instead of a number, or nothing, is coarser. Numbers within 5 % of each other agree
    where one of them is approximate.
    """
    if a is None or b is None or a.value is None or b.value is None:
        return "" if a == b else "granularity"
    qualifiers = {a.qualifier, b.qualifier}
    if a.value == b.value:
        if len(qualifiers) == 1:
            return ""
        return "conflict" if qualifiers & _OPEN_QUALIFIERS and "exact" in qualifiers else "granularity"
    near = abs(a.value - b.value) <= 0.05 * max(abs(a.value), abs(b.value))
    return "granularity" if near and "approx" in qualifiers else "conflict"


def _shown(number: Quantity | None) -> str:
    if number is None:
        return ""
    value = number.quote if number.value is None else f"{number.value:g} {number.unit}"
    return value if number.qualifier == "exact" else f"{number.qualifier} {value}"


def _times(a: Statement, b: Statement) -> _Found:
    for role in ("event", "agreed", "effective", "deadline", "since"):
        left, right = a.time(role), b.time(role)
        if left is None and right is None:
            continue
        if left is None or right is None:
            yield role, "granularity", _told(left), _told(right)
        elif kind := span_difference(_due(left.days, role), _due(right.days, role)):
            yield role, kind, _told(left), _told(right)


def _told(time: Time | None) -> str:
    if time is None:
        return ""
    ends = [end.isoformat() if end else ".." for end in (time.start, time.end)]
    return ends[0] if ends[0] == ends[1] else "/".join(ends)


def _due(days: DaySpan, role: str) -> DaySpan:
    """A deadline is its last day: 'within March' and 'by 31 March' are one deadline."""
    return DaySpan(days.last, days.last) if role == "deadline" else days


def span_difference(a: DaySpan, b: DaySpan) -> str:
    """Type the difference of two intervals: containment is granularity, disjoint is conflict."""
    if a == b:
        return ""
    if a.contains(b) or b.contains(a):
        return "granularity"
    return "differs" if a.overlaps(b) else "conflict"


def _lists(a: Statement, b: Statement) -> _Found:
    for name in _LISTS:
        left, right = (set(claim.details.get(name) or ()) for claim in (a, b))
        if left != right:
            nested = left <= right or right <= left
            # What a sum is made of excludes another make-up; lists of examples exclude nothing.
            kind = "granularity" if nested else "conflict" if name == "composition" else "differs"
            yield name, kind, ", ".join(sorted(left)), ", ".join(sorted(right))


def _words(a: Statement, b: Statement) -> _Found:
    names = [str(claim.details.get("name_as_written") or "") for claim in (a, b)]
    if all(names) and names[0] != names[1]:
        yield "name", "wording", names[0], names[1]
    if a.negated != b.negated:
        yield "polarity", "conflict", _polarity(a), _polarity(b)
    if set(a.agents) != set(b.agents) and a.countries == b.countries and a.others and b.others:
        yield "actors", "conflict", _direction(a), _direction(b)
    positions = [str(claim.details.get("position") or "") for claim in (a, b)]
    if all(positions) and positions[0] != positions[1]:
        yield "position", "differs", positions[0], positions[1]
    if _PROGRESS.get(a.status, -1) != _PROGRESS.get(b.status, -1):
        yield "status", "temporal_update" if _went_on(a, b) else "differs", a.status, b.status
    sources = ["; ".join(sorted(name for name, _, _ in claim.sources)) for claim in (a, b)]
    if sources[0] != sources[1]:
        yield "attribution", "differs", sources[0], sources[1]


def _went_on(a: Statement, b: Statement) -> bool:
    """Whether the later report tells of a later stage: planned in March, signed in April."""
    if a.reported is None or b.reported is None or a.reported == b.reported:
        return False
    before, after = sorted((a, b), key=lambda claim: claim.reported or dt.date.min)
    stages = _PROGRESS.get(before.status, -1), _PROGRESS.get(after.status, -1)
    return 0 <= stages[0] < stages[1]


def _polarity(claim: Statement) -> str:
    return "negated" if claim.negated else "affirmed"


def _direction(claim: Statement) -> str:
    return f"{', '.join(claim.agents)} -> {', '.join(claim.others)}"
