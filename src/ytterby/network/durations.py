"""Durations and shares as people write them, alone or with a spread, as triangular numbers."""

from __future__ import annotations

import re

from ytterby.errors import Fault, InputFaults
from ytterby.network.chain import WEEKS_PER_YEAR
from ytterby.network.shocks import Triangular

WORKING_DAYS = 5.0  # a week; holidays are not known to the simulator
MOST_WEEKS = 2080  # as for the horizon of a study
_WEEKS = {
    "working day": 1 / WORKING_DAYS, "business day": 1 / WORKING_DAYS, "day": 1 / 7, "week": 1.0,
    "month": WEEKS_PER_YEAR / 12, "year": WEEKS_PER_YEAR,
}  # fmt: skip
_UNIT = "|".join(_WEEKS)
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_SPREAD = rf"({_NUMBER})(?:\.\.({_NUMBER})\.\.({_NUMBER}))?"
_DURATION = re.compile(rf"\+?{_SPREAD} ?({_UNIT})s?", re.IGNORECASE)


def duration_weeks(text: str) -> Triangular:
    """Weeks of a duration: 5 working days, 7 days, 4 1/3 a month, 52 a year make or fill a week.

    Worked: "45 working days" are 9 weeks, "2 months" 8.67; "30..45..60 working days" spread 6, 9, 12.

    Raises
    ------
    InputFaults: no number with one of the units, or three numbers out of order.
    """
    found = _DURATION.fullmatch(" ".join(text.split()))
    if not found:
        remedy = 'Write "45 working days", "2 months" or with a spread "30..45..60 days".'
        raise InputFaults([Fault("duration", None, None, f"{text!r} is no duration.", remedy)])
    spread = _three(found[1], found[2], found[3])
    factor = _WEEKS[found[4].lower()]
    weeks = Triangular(spread.low * factor, spread.mode * factor, spread.high * factor)
    _check_order(text, weeks, MOST_WEEKS)
    return weeks


def share_spread(text: float | str, most: float = 1.0) -> Triangular:
    """Share 0..``most``, alone or as "low..mode..high"."""
    found = re.fullmatch(_SPREAD, str(text).strip())
    if not found:
        remedy = 'Write a share such as 0.2, or "0.1..0.2..0.3".'
        raise InputFaults([Fault("share", None, None, f"{text!r} is no share.", remedy)])
    spread = _three(found[1], found[2], found[3])
    _check_order(str(text), spread, most)
    return spread


def _three(first: str, second: str | None, third: str | None) -> Triangular:
    low = float(first)
    return Triangular(low, low if second is None else float(second), low if third is None else float(third))


def _check_order(text: str, spread: Triangular, most: float) -> None:
    if not 0 <= spread.low <= spread.mode <= spread.high <= most:
        remedy = f"Write lowest, most likely and highest in this order, from 0 to {most:g}."
        raise InputFaults([Fault("number", None, None, f"{text!r} is out of order or range.", remedy)])
