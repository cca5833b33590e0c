"""From the words of a time to an interval of days: quarters, fiscal years, "late last week", 来年度上半期.

Each function takes the words that a pattern of ``rules/dates.toml`` named and the report's date. Early,
mid and late are thirds of a month; of a year they are January to March, June to July, October to
December. Seasons begin with the meteorological months; a Japanese fiscal year begins on 1 April.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from ytterby.evidence.moments import WIDE, Calendar, Moment, Part, Tense

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
_YEAR_PARTS = {"early": (1, 3), "mid": (6, 7), "late": (10, 12)}
_THIRDS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
_CENTURY = 2000  # a two-digit year belongs to it


Resolver = Callable[[Part, Calendar], Moment]


def plain(start: date | None, end: date | None, granularity: str, role: str = "") -> Moment:
    """A time before its place in the sentence is known."""
    return Moment(role, start, end, granularity)


def months(year: int, first: int, last: int, granularity: str) -> Moment:
    """Months ``first`` to ``last`` of a year; months above 12 lie in the next one."""
    years = year + (last - 1) // 12, (last - 1) % 12 + 1
    start = date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    return plain(start, date(*years, monthrange(*years)[1]), granularity)


def month_of(part: Part, calendar: Calendar) -> int:
    """The month that the words name, by its name or number."""
    word = part["month"].casefold().translate(WIDE)
    return int(word) if word.isdigit() else calendar.months[word]


def _third(part: Part, year: int, month: int) -> Moment:
    which = next(k for k in _THIRDS if k in part)
    first, last = _THIRDS[which]
    end = min(last, monthrange(year, month)[1])
    return plain(date(year, month, first), date(year, month, end), f"{which}_month")


def _whole_month(year: int, month: int) -> Moment:
    return months(year, month, month, "month")


def _year(part: Part, _: Calendar) -> Moment:
    return months(part.number("year"), 1, 12, "year")


def _year_from(part: Part, _: Calendar) -> Moment:
    return plain(date(part.number("year"), 1, 1), None, "year", "effective")


def _short_year(part: Part, calendar: Calendar) -> Moment:
    """20年から: a year of this century by its last two digits, with its month where one follows."""
    year = _CENTURY + part.number("yy")
    return _whole_month(year, month_of(part, calendar)) if "month" in part else months(year, 1, 12, "year")


def _year_part(part: Part, _: Calendar) -> Moment:
    which = next(k for k in _YEAR_PARTS if k in part)
    return months(_some_year(part), *_YEAR_PARTS[which], f"{which}_year")


def _month_year(part: Part, calendar: Calendar) -> Moment:
    return _whole_month(part.number("year"), month_of(part, calendar))


def _third_year(part: Part, calendar: Calendar) -> Moment:
    return _third(part, part.number("year"), month_of(part, calendar))


def _full(part: Part, calendar: Calendar) -> Moment:
    day = date(part.number("year"), month_of(part, calendar), part.number("day"))
    return plain(day, day, "day")


def _quarter(part: Part, _: Calendar) -> Moment:
    return _months_of(part, part.number("year"), 3)


def _half(part: Part, _: Calendar) -> Moment:
    return _months_of(part, part.number("year"), 6)


def _months_of(part: Part, year: int, length: int) -> Moment:
    """A quarter or half of a year, by its number or the group that its word matched."""
    number = part.number("quarter") if "quarter" in part else _numbered(part)
    first = length * (number - 1) + 1
    return months(year, first, first + length - 1, "quarter" if length == 3 else "half")


def _numbered(part: Part) -> int:
    return next(int(k[1]) for k in part.words if k[0] in "qh" and k[1:].isdigit())


def _some_year(part: Part) -> int:
    """The year that a part of a year belongs to: named, or this one, the next or the last."""
    if "year" in part:
        return part.number("year")
    if "yy" in part:
        return _CENTURY + part.number("yy")
    return part.day.year + ("next" in part) - ("last" in part)


def _part_of_year(part: Part, _: Calendar) -> Moment:
    """A quarter or half without a year: the latest that has begun, or the next where the text looks ahead."""
    length = 6 if any(k[0] == "h" and k[1:].isdigit() for k in part.words) else 3
    found = _months_of(part, _some_year(part), length)
    if any(k in part for k in ("year", "next", "last", "this")) or found.start is None or found.end is None:
        return found
    if part.ahead:
        return _months_of(part, part.day.year + (found.end < part.day), length)
    over = found.start > part.day and part.tense == "past"
    return _months_of(part, part.day.year - over, length)


def _season(part: Part, _: Calendar) -> Moment:
    """A season; without a year the one that the tense asks for, else the nearest."""
    name = next(k for k in _SEASONS if k in part)
    first = _SEASONS[name]
    if any(k in part for k in ("year", "next", "last")):
        return months(_some_year(part), first, first + 2, "season")
    found = [months(y, first, first + 2, "season") for y in range(part.day.year - 1, part.day.year + 2)]
    fitting = [m for m in found if m.start and m.end and (m.end >= part.day if part.ahead else True)]
    back = part.tense == "past" and part.role not in ("deadline", "effective")
    fitting = [m for m in fitting if m.start and (m.start <= part.day if back else True)]
    return min(fitting or found, key=lambda m: _away(m, part.day))


def _away(moment: Moment, day: date) -> int:
    edges = [abs((edge - day).days) for edge in (moment.start, moment.end) if edge]
    return 0 if moment.start and moment.end and moment.start <= day <= moment.end else min(edges)


def _unit_part(part: Part, calendar: Calendar) -> Moment:
    """Beginning or end of a week, month or year: "year-end", "à la fin du mois"."""
    unit, which = unit_of(part, calendar), next(k for k in ("early", "mid", "late") if k in part)
    around = _unit_around(unit, part.day, ("next" in part) - ("last" in part))
    if around.start is None or unit == "week":
        return around
    if unit == "month":
        return _third(part, around.start.year, around.start.month)
    return months(around.start.year, *_YEAR_PARTS[which], f"{which}_year")


def _so_far(part: Part, calendar: Calendar) -> Moment:
    """Earlier this month: up to the report; later this month: from it."""
    whole = _unit_around(unit_of(part, calendar), part.day, 0)
    return replace(whole, end=part.day) if "earlier" in part else replace(whole, start=part.day)


def _rest_of(part: Part, calendar: Calendar) -> Moment:
    """年内: a deadline at the end of the year."""
    whole = _unit_around(unit_of(part, calendar), part.day, int("next" in part))
    return replace(whole, role="deadline", start=None)


def _fiscal(part: Part, _: Calendar) -> Moment:
    """A Japanese fiscal year, 1 April to 31 March, or one half of it."""
    today = part.day if part.report else None
    if "year" in part:
        year = part.number("year")
    elif "yy" in part:
        year = _CENTURY + part.number("yy")
    else:
        current = part.day if today is None else today
        year = current.year - (current.month < 4) + ("next" in part) - ("last" in part)
    halves = {"h1": (4, 9), "h2": (10, 15), "late": (13, 15)}
    first, last = next((v for k, v in halves.items() if k in part), (4, 15))
    return months(year, first, last, "fiscal_year" if (first, last) == (4, 15) else "half")


def _fiscal_end(part: Part, calendar: Calendar) -> Moment:
    """26年3月期 and "the year to March": the twelve months that end with that month."""
    month = month_of(part, calendar)
    if "year" in part or "yy" in part:
        year = part.number("year") if "year" in part else _CENTURY + part.number("yy")
    else:
        year = part.day.year - ((month, 28) > (part.day.month, part.day.day))
    return months(year - 1, month + 1, month + 12, "fiscal_year")


def _year_of(month: int, day: int, report: date, tense: Tense) -> int:
    """Year of a month named without one."""
    if tense == "future":
        return report.year if (month, 31) >= (report.month, report.day) else report.year + 1
    if tense == "" and 0 < month - report.month <= 2:
        return report.year  # shortly ahead and nothing says past
    return report.year if (month, day) <= (report.month, report.day) else report.year - 1


def _tense(part: Part) -> Tense:
    if part.role == "deadline":
        return "future"
    return "past" if part.role == "since" else part.tense


def _day_month(part: Part, calendar: Calendar) -> Moment:
    month, number = month_of(part, calendar), part.number("day")
    years = (part.day.year - 1, part.day.year, part.day.year + 1)
    days = [date(y, month, number) for y in years]
    if _tense(part) == "future":
        days = [d for d in days if d >= part.day]
    elif part.role == "since":
        days = [d for d in days if d <= part.day]
    day = min(days, key=lambda d: abs((d - part.day).days))
    return plain(day, day, "day")


def _day_only(part: Part, _: Calendar) -> Moment:
    day = part.day.replace(day=part.number("day"))
    return plain(day, day, "day")


def _nearest_month(part: Part, month: int) -> int:
    """Year of a month that something begins in: the nearest, unless the sentence says which way."""
    if part.role not in ("effective", "from") or part.tense == "past":
        return _year_of(month, 1, part.day, _tense(part))
    years = (part.day.year - 1, part.day.year, part.day.year + 1)
    return min(years, key=lambda y: abs((date(y, month, 15) - part.day).days))


def _month(part: Part, calendar: Calendar) -> Moment:
    month = month_of(part, calendar)
    if "past" in part:
        return _whole_month(part.day.year - (month >= part.day.month), month)
    return _whole_month(_nearest_month(part, month), month)


def _month_of_year(part: Part, calendar: Calendar) -> Moment:
    return _whole_month(_some_year(part), month_of(part, calendar))


def _third_of(part: Part, calendar: Calendar) -> Moment:
    month = month_of(part, calendar)
    return _third(part, _nearest_month(part, month), month)


def _weekday(part: Part, calendar: Calendar) -> Moment:
    tense = _tense(part)
    ahead = (calendar.weekdays[part["weekday"].casefold()] - part.day.weekday()) % 7
    days = ahead if ahead <= 3 else ahead - 7
    if tense == "future" or "next" in part:
        days = ahead
    elif tense == "past" or "last" in part:
        days = ahead - 7 if ahead else 0
    day = part.day + timedelta(days=days)
    return plain(day, day, "day")


def shifted(day: date, unit: str, count: int) -> date:
    """A day so many units later, or earlier; the 31st of a short month is its last day."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"year": 12, "quarter": 3}.get(unit, 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def count_of(part: Part, calendar: Calendar) -> int:
    """A count in words or digits."""
    word = part["count"].casefold().translate(WIDE)
    return int(word) if word.isdigit() else calendar.words[word]


def unit_of(part: Part, calendar: Calendar) -> str:
    """Day, week, month, quarter or year."""
    return calendar.units[part["unit"].casefold()]


def _relative_day(part: Part, _: Calendar) -> Moment:
    steps = {"today": 0, "yesterday": -1, "tomorrow": 1, "yesterday_but_one": -2, "tomorrow_but_one": 2}
    offset = next(step for name, step in steps.items() if name in part)
    day = part.day + timedelta(days=offset)
    return plain(day, day, "day")


def _same_day(part: Part, _: Calendar) -> Moment:
    """The day named last, the one before it or the one after it."""
    day = (part.anchor or part.day) + timedelta(days=("after" in part) - ("before" in part))
    return plain(day, day, "day")


def _unit_around(unit: str, report: date, step: int) -> Moment:
    if unit == "week":
        monday = report - timedelta(days=report.weekday()) + timedelta(weeks=step)
        return plain(monday, monday + timedelta(days=6), "week")
    if unit == "year":
        return months(report.year + step, 1, 12, "year")
    if unit == "quarter":
        first = shifted(report.replace(day=1, month=3 * ((report.month - 1) // 3) + 1), "month", 3 * step)
        return months(first.year, first.month, first.month + 2, "quarter")
    other = shifted(report.replace(day=1), "month", step)
    return _whole_month(other.year, other.month)


def _last_unit(part: Part, calendar: Calendar) -> Moment:
    return _unit_around(unit_of(part, calendar), part.day, -1)


def _this_unit(part: Part, calendar: Calendar) -> Moment:
    return _unit_around(unit_of(part, calendar), part.day, 0)


def _next_unit(part: Part, calendar: Calendar) -> Moment:
    return _unit_around(unit_of(part, calendar), part.day, 1)


def _ago(part: Part, calendar: Calendar) -> Moment:
    unit, count = unit_of(part, calendar), count_of(part, calendar)
    if unit == "year":
        return _unit_around("year", part.day, -count)
    day = shifted(part.day, unit, -count)
    return plain(day, day, "day")


def _within(part: Part, calendar: Calendar) -> Moment:
    """Within so many months: a deadline, or the time behind where the sentence looks back."""
    unit, count = unit_of(part, calendar), count_of(part, calendar)
    if part.tense == "past":
        return plain(shifted(part.day, unit, -count), part.day, "span")
    return plain(part.day, shifted(part.day, unit, count), "span", "deadline")


def _half_year(part: Part, _: Calendar) -> Moment:
    return plain(part.day, shifted(part.day, "month", 6), "span", "deadline")


def _coming_month(part: Part, calendar: Calendar) -> Moment:
    month = month_of(part, calendar)
    return _whole_month(part.day.year + (month <= part.day.month), month)


def _weekend(part: Part, _: Calendar) -> Moment:
    saturday = part.day + timedelta(days=((5 - part.day.weekday() + 3) % 7) - 3)
    return plain(saturday, saturday + timedelta(days=1), "weekend")


def _some_weeks(part: Part, _: Calendar) -> Moment:
    """Since some weeks: it began between a month and a fortnight ago."""
    return plain(shifted(part.day, "month", -1), part.day - timedelta(days=14), "vague", "since")


def _recently(part: Part, _: Calendar) -> Moment:
    return plain(part.day - timedelta(days=7), part.day, "vague", "announced")


def _past_units(part: Part, _: Calendar) -> Moment:
    return plain(None, part.day, "vague")


ABSOLUTE: dict[str, Resolver] = {
    "full": _full, "month_year": _month_year, "year": _year, "third_year": _third_year, "quarter": _quarter,
    "half": _half, "year_from": _year_from, "short_year": _short_year,
}  # fmt: skip
RELATIVE: dict[str, Resolver] = {
    "day_month": _day_month, "day_only": _day_only, "month": _month, "month_of_year": _month_of_year,
    "coming_month": _coming_month, "third": _third_of, "weekday": _weekday, "relative_day": _relative_day,
    "last_unit": _last_unit, "this_unit": _this_unit, "next_unit": _next_unit, "ago": _ago, "within": _within,
    "half_year": _half_year, "weekend": _weekend, "some_weeks": _some_weeks, "recently": _recently,
    "past_units": _past_units, "part_of_year": _part_of_year, "season": _season, "unit_part": _unit_part,
    "so_far": _so_far, "fiscal": _fiscal, "fiscal_end": _fiscal_end, "same_day": _same_day,
    "year_part": _year_part, "rest_of": _rest_of,
}  # fmt: skip
