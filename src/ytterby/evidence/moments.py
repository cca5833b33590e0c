"""What the words of a time are and what becomes of them: no calendar here, only the records.

:mod:`ytterby.evidence.intervals` makes a :class:`Moment` of a :class:`Part`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Tense = Literal["past", "future", ""]
WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True)
class Moment:
    """A time as it stands in a sentence; ``role`` is "" where the text does not say."""

    role: str
    start: date | None
    end: date | None
    granularity: str
    at: int = 0
    stop: int = 0


@dataclass(frozen=True)
class Calendar:
    """Names of months, days, units and small numbers in one language."""

    months: dict[str, int]
    weekdays: dict[str, int]
    units: dict[str, str]
    words: dict[str, int]


@dataclass(frozen=True)
class Part:
    """The words of one time, and what they are counted from."""

    report: date | None
    anchor: date | None
    tense: Tense
    role: str
    words: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.words

    def __getitem__(self, name: str) -> str:
        return self.words[name]

    def number(self, name: str) -> int:
        """A number in digits of any width."""
        return int(self.words[name].translate(WIDE))

    @property
    def day(self) -> date:
        """The report's day; only times that need none are asked without one."""
        if self.report is None:
            raise KeyError("report")
        return self.report

    @property
    def ahead(self) -> bool:
        """Whether the time lies ahead: a deadline, or the clause says so."""
        return self.tense == "future" or self.role in ("deadline", "effective")
