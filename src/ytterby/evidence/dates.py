"""Times in German, English, French and Japanese text, resolved against the report's date.

The result is an inclusive interval of ISO dates. Without a report date only absolute dates come
out: nothing is guessed. A weekday means the nearest one, unless the tense of its clause says
which way; a month without a year is the latest one not after the report, unless it is a deadline
or the clause looks ahead.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Literal

from ytterby.evidence.lexicon import read_rules

Tense = Literal["past", "future", ""]


@dataclass(frozen=True)
class Moment:
    """A time as it stands in a sentence; ``role`` is "" where the text does not say."""

    role: str
    start: date | None
    end: date | None
    granularity: str
    at: int
    stop: int


@dataclass(frozen=True)
class _Grammar:
    patterns: list[tuple[str, re.Pattern[str]]]
    months: dict[str, int]
    weekdays: dict[str, int]
    units: dict[str, str]
    words: dict[str, int]
    before: list[tuple[str, re.Pattern[str]]]
    after: list[tuple[str, re.Pattern[str]]]


@cache
def _grammar(language: str) -> _Grammar:
    table = read_rules("dates.toml")[language if language in ("de", "en", "fr", "ja") else "en"]
    slots = {k: _either(table[k]) for k in ("months", "weekdays", "units", "words")}
    named = [(name, re.compile(_fill(p, slots), re.IGNORECASE)) for name, p in table["patterns"]]
    return _Grammar(
        patterns=named,
        **{k: {w.casefold(): v for w, v in table[k].items()} for k in slots},
        before=[(role, re.compile(rf"(?:{p})\s*$", re.IGNORECASE)) for role, p in table["before"]],
        after=[(role, re.compile(rf"\s*(?:{p})", re.IGNORECASE)) for role, p in table["after"]],
    )


def _either(table: dict[str, object]) -> str:
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True)) or "(?!)"


def _fill(pattern: str, slots: dict[str, str]) -> str:
    for name, alternatives in slots.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{alternatives})")
    return pattern


def find_times(text: str, language: str, report: date | None, tense: Tense = "") -> list[Moment]:
    """All times in a sentence, in order, none inside another.

    Parameters
    ----------
    text: one sentence; ``at`` and ``stop`` count in it.
    report: the report's date; None leaves relative times out.
    tense: of the clause; decides which Friday is meant.
    """
    grammar = _grammar(language)
    found: list[Moment] = []
    for name, pattern in grammar.patterns:
        for match in pattern.finditer(text):
            if any(match.start() < m.stop and m.at < match.end() for m in found):
                continue
            role, at, stop = _role(text, match, grammar)
            moment = _resolve(name, match, grammar, report, tense, role)
            if moment is not None:
                found.append(_bounded(replace(moment, role=moment.role or role, at=at, stop=stop)))
    return sorted(found, key=lambda m: m.at)


def _role(text: str, match: re.Match[str], grammar: _Grammar) -> tuple[str, int, int]:
    """Role by the word before ("bis", "since") or behind (まで); the span takes it in."""
    core = (
        min(match.start(k) for k, v in match.groupdict().items() if v) if match.lastindex else match.start()
    )
    first = max(0, core - 28)
    for role, pattern in grammar.before:
        if m := pattern.search(text[first:core]):
            return role, first + m.start(), match.end()
    for role, pattern in grammar.after:
        if m := pattern.match(text, match.end()):
            return role, match.start(), m.end()
    return "", match.start(), match.end()


def _bounded(moment: Moment) -> Moment:
    """Open the side that the role leaves open: by March has no start, since March has no end."""
    if moment.granularity == "vague":
        return moment
    if moment.role == "deadline":
        return replace(moment, start=moment.start if moment.granularity == "span" else None)
    return moment


def _resolve(
    name: str, match: re.Match[str], grammar: _Grammar, report: date | None, tense: Tense, role: str
) -> Moment | None:
    part = {k: v for k, v in match.groupdict().items() if v}
    try:
        if name in ("full", "month_year", "year", "third_year", "quarter", "half", "year_from"):
            return _absolute(name, part, grammar)
        if report is None:
            return None
        return _RELATIVE[name](part, grammar, report, "future" if role == "deadline" else tense)
    except (ValueError, OverflowError, KeyError):
        return None  # 31 February, year 0, a word outside the tables: no time


def _plain(role: str, start: date | None, end: date | None, granularity: str) -> Moment:
    return Moment(role, start, end, granularity, 0, 0)


def _month_of(part: dict[str, str], grammar: _Grammar) -> int:
    word = part["month"].casefold()
    return int(word) if word.isdigit() else grammar.months[word]


def _third(part: dict[str, str], year: int, month: int) -> Moment:
    last = monthrange(year, month)[1]
    which = next(k for k in ("early", "mid", "late") if k in part)
    first, end = {"early": (1, 10), "mid": (11, 20), "late": (21, last)}[which]
    return _plain("", date(year, month, first), date(year, month, end), f"{which}_month")


def _whole_month(year: int, month: int) -> Moment:
    last = monthrange(year, month)[1]
    return _plain("", date(year, month, 1), date(year, month, last), "month")


def _absolute(name: str, part: dict[str, str], grammar: _Grammar) -> Moment:
    year = int(part["year"])
    if name == "year":
        return _plain("", date(year, 1, 1), date(year, 12, 31), "year")
    if name == "year_from":
        return _plain("effective", date(year, 1, 1), None, "year")
    if name in ("quarter", "half"):
        return _months_of(name, part, year)
    month = _month_of(part, grammar)
    if name == "month_year":
        return _whole_month(year, month)
    if name == "third_year":
        return _third(part, year, month)
    day = date(year, month, int(part["day"]))
    return _plain("", day, day, "day")


def _months_of(name: str, part: dict[str, str], year: int) -> Moment:
    """A quarter or half of a year, by its number or the group that its word matched."""
    length = 3 if name == "quarter" else 6
    number = int(part.get("quarter") or next(k[1] for k in part if k[0] in "qh" and k[1:].isdigit()))
    first = length * (number - 1) + 1
    last = first + length - 1
    return _plain("", date(year, first, 1), date(year, last, monthrange(year, last)[1]), name)


def _year_of(month: int, day: int, report: date, tense: Tense) -> int:
    """Year of a month named without one."""
    if tense == "future":
        return report.year if (month, 31) >= (report.month, report.day) else report.year + 1
    if tense == "" and 0 < month - report.month <= 2:
        return report.year  # shortly ahead and nothing says past
    return report.year if (month, day) <= (report.month, report.day) else report.year - 1


def _day_month(part: dict[str, str], grammar: _Grammar, report: date, tense: Tense) -> Moment:
    month, number = _month_of(part, grammar), int(part["day"])
    years = (report.year - 1, report.year, report.year + 1)
    days = [date(y, month, number) for y in years]
    if tense == "future":
        days = [d for d in days if d >= report]
    day = min(days, key=lambda d: abs((d - report).days))
    return _plain("", day, day, "day")


def _day_only(part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    day = report.replace(day=int(part["day"]))
    return _plain("", day, day, "day")


def _month(part: dict[str, str], grammar: _Grammar, report: date, tense: Tense) -> Moment:
    month = _month_of(part, grammar)
    return _whole_month(_year_of(month, 1, report, tense), month)


def _month_of_next_year(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    return _whole_month(report.year + 1, _month_of(part, grammar))


def _third_of(part: dict[str, str], grammar: _Grammar, report: date, tense: Tense) -> Moment:
    month = _month_of(part, grammar)
    return _third(part, _year_of(month, 1, report, tense), month)


def _weekday(part: dict[str, str], grammar: _Grammar, report: date, tense: Tense) -> Moment:
    ahead = (grammar.weekdays[part["weekday"].casefold()] - report.weekday()) % 7
    days = ahead if ahead <= 3 else ahead - 7
    if tense == "future" or "next" in part:
        days = ahead
    elif tense == "past" or "last" in part:
        days = ahead - 7 if ahead else 0
    day = report + timedelta(days=days)
    return _plain("", day, day, "day")


def _shifted(day: date, unit: str, count: int) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _count(part: dict[str, str], grammar: _Grammar) -> int:
    word = part["count"].casefold().translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    return int(word) if word.isdigit() else grammar.words[word]


def _unit_of(part: dict[str, str], grammar: _Grammar) -> str:
    return grammar.units[part["unit"].casefold()]


def _relative_day(part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    offset = next(n for k, n in (("today", 0), ("yesterday", -1), ("tomorrow", 1)) if k in part)
    day = report + timedelta(days=offset)
    return _plain("", day, day, "day")


def _unit_around(unit: str, report: date, step: int) -> Moment:
    if unit == "week":
        monday = report - timedelta(days=report.weekday()) + timedelta(weeks=step)
        return _plain("", monday, monday + timedelta(days=6), "week")
    if unit == "year":
        return _plain("", date(report.year + step, 1, 1), date(report.year + step, 12, 31), "year")
    other = _shifted(report.replace(day=1), "month", step)
    return _whole_month(other.year, other.month)


def _last_unit(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    return _unit_around(_unit_of(part, grammar), report, -1)


def _this_unit(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    return _unit_around(_unit_of(part, grammar), report, 0)


def _next_unit(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    return _unit_around(_unit_of(part, grammar), report, 1)


def _ago(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    unit, count = _unit_of(part, grammar), _count(part, grammar)
    if unit == "year":
        return _unit_around("year", report, -count)
    day = _shifted(report, unit, -count)
    return _plain("", day, day, "day")


def _within(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    end = _shifted(report, _unit_of(part, grammar), _count(part, grammar))
    return _plain("deadline", report, end, "span")


def _half_year(_part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    return _plain("deadline", report, _shifted(report, "month", 6), "span")


def _coming_month(part: dict[str, str], grammar: _Grammar, report: date, _tense: Tense) -> Moment:
    month = _month_of(part, grammar)
    return _whole_month(report.year + (month <= report.month), month)


def _weekend(_part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    saturday = report + timedelta(days=((5 - report.weekday() + 3) % 7) - 3)
    return _plain("", saturday, saturday + timedelta(days=1), "weekend")


def _some_weeks(_part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    """Since some weeks: it began between a month and a fortnight ago."""
    return _plain("since", _shifted(report, "month", -1), report - timedelta(days=14), "vague")


def _recently(_part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    return _plain("announced", report - timedelta(days=7), report, "vague")


def _past_units(_part: dict[str, str], _: _Grammar, report: date, _tense: Tense) -> Moment:
    return _plain("", None, report, "vague")


_RELATIVE = {
    "day_month": _day_month, "day_only": _day_only, "month": _month, "next_year_month": _month_of_next_year,
    "coming_month": _coming_month, "third": _third_of, "weekday": _weekday, "relative_day": _relative_day,
    "last_unit": _last_unit, "this_unit": _this_unit, "next_unit": _next_unit, "ago": _ago, "within": _within,
    "half_year": _half_year, "weekend": _weekend, "some_weeks": _some_weeks, "recently": _recently,
    "past_units": _past_units,
}  # fmt: skip
