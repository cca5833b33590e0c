"""Partial dates: '2010', '2010-09', '2010-09-21' and 'first/last' are intervals of days.

A source that says "in 2010" does not say "on 1 January 2010". Everything in the ledger that
compares dates compares intervals, and says so when the answer hangs on the day nobody printed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True, order=True)
class DaySpan:
    """All days from ``first`` to ``last``, both included."""

    first: dt.date
    last: dt.date

    def overlaps(self, other: DaySpan) -> bool:
        """Whether one day belongs to both."""
        return self.first <= other.last and other.first <= self.last

    def contains(self, other: DaySpan) -> bool:
        """Whether every day of ``other`` is a day of this span."""
        return self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        return self.first.isoformat() if self.first == self.last else f"{self.first}/{self.last}"


def read_span(text: str) -> DaySpan:
    """Days that a partial ISO date, or two of them with a slash between, may mean.

    Raises
    ------
    ValueError: the text is no date of this kind.
    """
    return _read_span(text.strip())


@lru_cache(maxsize=4096)
def _read_span(text: str) -> DaySpan:
    first, _, last = text.partition("/")
    span = DaySpan(_whole(first).first, _whole(last or first).last)
    if span.first > span.last:
        raise ValueError(f"{text!r} ends before it begins")
    return span


def _whole(text: str) -> DaySpan:
    found = _PARTIAL.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a date like 2010, 2010-09 or 2010-09-21")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None  # noqa: S101  # the pattern requires it
    if month is None:
        return DaySpan(dt.date(year, 1, 1), dt.date(year, 12, 31))
    if day is None:
        return DaySpan(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))
    return DaySpan(dt.date(year, month, day), dt.date(year, month, day))


def day_after(text: str) -> str:
    """Return the first day that no longer belongs to a partial date, as text of the same kind."""
    span = read_span(text)
    one = dt.timedelta(days=1)
    return str(DaySpan(span.first + one, span.last + one))
