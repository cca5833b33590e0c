"""Times with two ends, and feasts: "from 2020 to 2024", "the first four months of the year", Easter.

As in :mod:`ytterby.evidence.intervals`, each function takes the words that a pattern named.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from ytterby.evidence.intervals import Resolver, count_of, month_of, months, plain, shifted, unit_of
from ytterby.evidence.moments import WIDE, Calendar, Moment, Part

_CENTURY = 100


def _years(part: Part, _: Calendar) -> Moment:
    """From one year to another, the second with two digits or four."""
    first, last = part.number("year"), part.number("last_year")
    last += first // _CENTURY * _CENTURY if last < _CENTURY else 0
    return plain(date(first, 1, 1), date(last, 12, 31), "range") if last > first else _nothing()


def _nothing() -> Moment:
    raise ValueError("no range")


def _second(part: Part, calendar: Calendar) -> int:
    word = part["last_month"].casefold().translate(WIDE)
    return int(word) if word.isdigit() else calendar.months[word]


def _some_months(part: Part, calendar: Calendar) -> Moment:
    """From one month to another: of a year named, else the latest that have begun or lie ahead."""
    first, last = month_of(part, calendar), _second(part, calendar)
    length = (last - first) % 12
    if "year" in part:
        year = part.number("year")
    elif "last" in part:
        year = part.day.year - 1
    else:
        begun = first <= part.day.month
        year = part.day.year - (not begun and not part.ahead)
    return months(year, first, first + length, "range")


def _some_days(part: Part, calendar: Calendar) -> Moment:
    """Two days of one month: "3. und 4. Juni"."""
    month = month_of(part, calendar)
    days = part.number("day"), part.number("last_day")
    near = (part.number("year"),) if "year" in part else range(part.day.year - 1, part.day.year + 2)
    starts = [date(year, month, days[0]) for year in near]
    start = min(starts, key=lambda day: abs((day - part.day).days)) if part.report else starts[0]
    return plain(start, start.replace(day=days[1]), "range")


def _two_dates(part: Part, calendar: Calendar) -> Moment:
    start = date(part.number("year"), month_of(part, calendar), part.number("day"))
    last = part.number("last_year"), _second(part, calendar), part.number("last_day")
    return plain(start, date(*last), "range")


def _first_months(part: Part, calendar: Calendar) -> Moment:
    """The first so many months of a year, of this one where none is named."""
    year = part.number("year") if "year" in part else part.day.year - ("last" in part)
    return months(year, 1, count_of(part, calendar), "range")


def _months_to(part: Part, calendar: Calendar) -> Moment:
    """The six months to June: that end with it, the last June that is over."""
    month, count = month_of(part, calendar), count_of(part, calendar)
    year = part.number("year") if "year" in part else part.day.year - (month >= part.day.month)
    start = shifted(date(year, month, 1), "month", 1 - count)
    return plain(start, date(year, month, monthrange(year, month)[1]), "range")


def _behind(part: Part, calendar: Calendar) -> Moment:
    """Over the past three years: up to the report."""
    start = shifted(part.day, unit_of(part, calendar), -count_of(part, calendar))
    return plain(start, part.day, "vague")


def _since_units(part: Part, calendar: Calendar) -> Moment:
    """For three weeks now: it began that long ago."""
    start = shifted(part.day, unit_of(part, calendar), -count_of(part, calendar))
    return plain(start, start, "day", "since")


def _month_from(part: Part, calendar: Calendar) -> Moment:
    """Vom 1. März an, von Juli an: the nearest one."""
    month = month_of(part, calendar)
    near = (part.number("year"),) if "year" in part else range(part.day.year - 1, part.day.year + 2)
    starts = [date(year, month, part.number("day") if "day" in part else 1) for year in near]
    start = min(starts, key=lambda day: abs((day - part.day).days))
    return plain(start, None, "day" if "day" in part else "month", "effective")


def _feast(part: Part, _: Calendar) -> Moment:
    """Easter or Christmas: the next one for a deadline or what lies ahead, else the nearest."""
    years = (part.day.year - 1, part.day.year, part.day.year + 1)
    days = [_easter(y) if "easter" in part else date(y, 12, 25) for y in years]
    if part.ahead:
        days = [d for d in days if d >= part.day]
    day = min(days, key=lambda d: abs((d - part.day).days))
    return plain(day, day - timedelta(days=part.role == "deadline"), "day")


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's rule)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


TWO_ENDED: dict[str, Resolver] = {
    "years": _years, "two_dates": _two_dates, "months": _some_months, "days": _some_days,
    "first_months": _first_months, "months_to": _months_to, "behind": _behind,
}  # fmt: skip
FEASTS: dict[str, Resolver] = {"feast": _feast, "since_units": _since_units, "month_from": _month_from}
