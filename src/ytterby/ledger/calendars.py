"""The due dates of pledges as an iCalendar file (RFC 5545) that any calendar reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

_LINE = 75  # octets without the line break (RFC 5545, section 3.1)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def write_calendar(pledges: pd.DataFrame, path: Path) -> int:
    """Write an all-day event for every pledge with a due date.

    The bytes depend on the pledges only: the stamp of an event is the day of its announcement, or
    its due date. The file appears when it is complete.

    Returns
    -------
    The number of events.
    """
    due = [row for row in pledges.to_dict("records") if row["due"]]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ytterby//pledges//EN", "CALSCALE:GREGORIAN"]
    lines += [line for row in due for line in _event(row)]
    text = "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in fold(line))
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(text.encode("utf-8"))
    partial.replace(path)
    return len(due)


def _event(row: Mapping[Any, Any]) -> Iterator[str]:
    day = dt.date.fromisoformat(row["due"])
    stamp = (row["announced"] or row["due"]).replace("-", "")
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(row['pledge_id'])}@ytterby"
    yield f"DTSTAMP:{stamp}T000000Z"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escape(_summary(row))}"
    yield f"DESCRIPTION:{escape(_description(row))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _summary(row: Mapping[Any, Any]) -> str:
    who = row["promisor"].replace(";", ", ")
    amount = f" ({row['amount']:g} {row['unit']})" if row["unit"] else ""
    return f"Due: {who}: {row['object']}{amount}"


def _description(row: Mapping[Any, Any]) -> str:
    return f"{row['quotes']}\nClaims: {row['claims']}\nOrigins: {row['origins']}"


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
