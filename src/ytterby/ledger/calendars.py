"""Days of pledges and policies, as a table in calendar order and as an iCalendar file (RFC 5545).

The exporter is ours: an event needs ten lines, and the same events give the same bytes. A test reads
its files with a library that many calendars use.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby.ledger.dates import DaySpan, read_span

AGENDA_COLUMNS = ("date", "event", "who", "what", "state", "id", "quotes")
_LINE = 75  # octets without the line break (RFC 5545, section 3.1)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Dates of a policy -> what happens on them.
_POLICY_DAYS = {
    "announced": "announced", "effective": "in force from", "suspended": "suspended from",
    "resumes": "in force again from", "expires": "last day in force",
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What falls on a day, or on one of several where the source prints a month or a year only."""

    id: str
    days: DaySpan
    word: str
    who: str
    what: str
    state: str
    quotes: str
    detail: str
    stamp: dt.date

    @property
    def summary(self) -> str:
        """One line for a calendar."""
        return f"{self.word[:1].upper()}{self.word[1:]}: {self.who}: {self.what}"


def pledge_events(pledges: pd.DataFrame) -> list[Event]:
    """One event for each pledge with a due date, in the order of the table."""
    return [_due(row) for row in pledges.to_dict("records") if row["due"]]


def _due(row: Mapping[Any, Any]) -> Event:
    day = dt.date.fromisoformat(row["due"])
    amount = f" ({row['amount']:g} {row['unit']})" if row["unit"] else ""
    return Event(
        id=row["pledge_id"],
        days=DaySpan(day, day),
        word="due",
        who=row["promisor"].replace(";", ", "),
        what=f"{row['object']}{amount}",
        state=row.get("state", ""),
        quotes=row["quotes"],
        detail=f"{row['quotes']}\nClaims: {row['claims']}\nOrigins: {row['origins']}",
        stamp=dt.date.fromisoformat(row["announced"]) if row["announced"] else day,
    )


def policy_events(policies: pd.DataFrame) -> list[Event]:
    """One event for each date of each policy, policy by policy."""
    return [
        _turn(row, name, word)
        for row in policies.to_dict("records")
        for name, word in _POLICY_DAYS.items()
        if row[name]
    ]


def _turn(row: Mapping[Any, Any], name: str, word: str) -> Event:
    days = read_span(row[name])
    targets = f" on {row['targets'].replace(';', ', ')}" if row["targets"] not in ("", "*") else ""
    return Event(
        id=f"{row['policy']}-{name}",
        days=days,
        word=word,
        who=row["issuers"].replace(";", ", "),
        what=f"{row['label']}{targets}",
        state=row.get("state", ""),
        quotes=row.get("quotes", ""),
        detail="\n".join(filter(None, (row["materials"], row["source"], row.get("quotes", "")))),
        stamp=days.first,
    )


def agenda(events: Iterable[Event]) -> pd.DataFrame:
    """Events in calendar order; an inexact date stands at its first possible day.

    Returns
    -------
    Columns ``AGENDA_COLUMNS``; ``date`` is a day, or first and last possible day with a slash.
    """
    ordered = sorted(events, key=lambda event: (event.days, event.id))
    rows = [(str(e.days), e.word, e.who, e.what, e.state, e.id, e.quotes) for e in ordered]
    return pd.DataFrame(rows, columns=list(AGENDA_COLUMNS))


def write_calendar(pledges: pd.DataFrame, path: Path) -> int:
    """Write an all-day event for every pledge with a due date; see :func:`write_events`."""
    return write_events(pledge_events(pledges), path)


def write_events(events: Iterable[Event], path: Path) -> int:
    """Write all-day events as iCalendar.

    The bytes depend on the events only: the stamp of an event is the day on which it became known.
    The file appears when it is complete.

    Returns
    -------
    The number of events.
    """
    events = list(events)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ytterby//ledger//EN", "CALSCALE:GREGORIAN"]
    lines += [line for event in events for line in _lines(event)]
    text = "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in fold(line))
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(text.encode("utf-8"))
    partial.replace(path)
    return len(events)


def _lines(event: Event) -> Iterator[str]:
    end = event.days.last + dt.timedelta(days=1)
    unsure = "" if event.days.first == event.days.last else " (the day is not printed)"
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(event.id)}@ytterby"
    yield f"DTSTAMP:{event.stamp:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{event.days.first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{end:%Y%m%d}"
    yield f"SUMMARY:{escape(event.summary + unsure)}"
    yield f"DESCRIPTION:{escape(event.detail)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def escape(text: str) -> str:
    r"""Escape a text value: backslash, semicolon, comma and line break; other control characters go."""
    marked = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\")
    marked = marked.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return _CONTROL.sub("", marked)


def fold(line: str) -> list[str]:
    """Fold a line to parts of at most 75 octets, never inside a character; later ones begin with a space."""
    parts, size = [""], 0
    for character in line:
        width = len(character.encode("utf-8"))
        if size + width > _LINE:
            parts.append(" ")
            size = 1
        parts[-1] += character
        size += width
    return parts
