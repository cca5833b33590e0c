"""Times in German, English, French and Japanese text, resolved against the report's date.

The result is an inclusive interval of ISO dates. Without a report date only absolute dates come
out: nothing is guessed. A weekday means the nearest one, unless the tense of its clause says
which way; a month without a year is the latest one not after the report, unless it is a deadline
or the clause looks ahead. The calendar itself stands in :mod:`ytterby.evidence.intervals`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from ytterby.evidence.intervals import ABSOLUTE, RELATIVE, Resolver
from ytterby.evidence.lexicon import read_rules
from ytterby.evidence.moments import Calendar, Moment, Part, Tense
from ytterby.evidence.ranges import FEASTS, TWO_ENDED

_SPOKEN = 48  # characters between a verb of saying and its weekday
_CONTENT = re.compile(
    r"\b(?:it|he|she|they|we|that|would|will|is|are|was|has|had|to|dass|er|sie|es|man|werde|wolle|sei|habe|will|wird|"
    r"qu[e’']|il|elle|ils|on|sera|va|aura)\b|[,;:]",
    re.IGNORECASE,
)


_DATED: dict[str, Resolver] = ABSOLUTE | {k: TWO_ENDED[k] for k in ("years", "two_dates")}
_COUNTED: dict[str, Resolver] = RELATIVE | TWO_ENDED | FEASTS  # these count from the report's day


@dataclass(frozen=True)
class _Grammar:
    patterns: list[tuple[str, re.Pattern[str]]]
    calendar: Calendar
    before: list[tuple[str, re.Pattern[str]]]
    after: list[tuple[str, re.Pattern[str]]]


@cache
def _grammar(language: str) -> _Grammar:
    table = read_rules("dates.toml")[language if language in ("de", "en", "fr", "ja") else "en"]
    slots = {k: _either(table[k]) for k in ("months", "weekdays", "units", "words")}
    named = [(name, re.compile(_fill(p, slots), re.IGNORECASE)) for name, p in table["patterns"]]
    named.sort(key=lambda row: row[0] == "same_day")  # it looks back at the days found before
    return _Grammar(
        patterns=named,
        calendar=Calendar(**{k: {w.casefold(): v for w, v in table[k].items()} for k in slots}),
        before=[(role, re.compile(rf"(?:{p})\s*$", re.IGNORECASE)) for role, p in table["before"]],
        after=[(role, re.compile(rf"\s*(?:{p})", re.IGNORECASE)) for role, p in table["after"]],
    )


def _either(table: dict[str, object]) -> str:
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True)) or "(?!)"


def _fill(pattern: str, slots: dict[str, str]) -> str:
    for name, alternatives in slots.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{alternatives})")
    return pattern


def find_times(
    text: str,
    language: str,
    report: date | None,
    tense: Tense = "",
    anchor: date | None = None,
    spoken: Sequence[tuple[int, int]] = (),
) -> list[Moment]:
    """All times in a sentence, in order, none inside another.

    Parameters
    ----------
    text: one sentence; ``at`` and ``stop`` count in it.
    report: the report's date; None leaves relative times out.
    tense: of the clause; decides which Friday is meant.
    anchor: the day named last, which "the same day" means; the report's where none was.
    spoken: verbs of saying: a weekday right behind one lies back ("told ABC on Sunday"), and one inside
        its two parts ("kündigte am Freitag an").
    """
    grammar = _grammar(language)
    found: list[Moment] = []
    for name, pattern in grammar.patterns:
        for match in pattern.finditer(text):
            if any(match.start() < m.stop and m.at < match.end() for m in found):
                continue
            plain = "", match.start(), match.end()
            bare = name == "ago" or name in TWO_ENDED
            role, at, stop = plain if bare else _role(text, match, grammar)
            day = _day_before(found, match.start()) or anchor if name == "same_day" else anchor
            back = name == "weekday" and any(_spoken_on(text, match.start(), *verb) for verb in spoken)
            which: Tense = "future" if role == "earliest" else "past" if back else tense
            moment = _resolve(name, match, grammar, Part(report, day, which, role))
            if moment is not None:
                told = moment.role or {"from": "since", "earliest": "effective"}.get(role, role)
                placed = replace(moment, role=told, at=at, stop=stop)
                found.append(_bounded(placed, report))
    return sorted(found, key=lambda m: m.at)


def _spoken_on(text: str, at: int, start: int, end: int) -> bool:
    """Whether a weekday belongs to a verb of saying, with at most the speaker's name between."""
    return start < at < end or (0 <= at - end <= _SPOKEN and not _CONTENT.search(text[end:at]))


def _day_before(found: list[Moment], at: int) -> date | None:
    """The day named last before a place in the sentence."""
    days = [m for m in found if m.granularity == "day" and m.stop <= at]
    return max(days, key=lambda m: m.at).start if days else None


def _role(text: str, match: re.Match[str], grammar: _Grammar) -> tuple[str, int, int]:
    """Role by the word before ("bis", "since") or behind (まで); the span takes it in."""
    core = (
        min(match.start(k) for k, v in match.groupdict().items() if v) if match.lastindex else match.start()
    )
    for edge in dict.fromkeys((core, match.start())):  # "since last year": the words may be part of the match
        first = max(0, edge - 28)
        for role, pattern in grammar.before:
            if m := pattern.search(text[first:edge]):
                return role, first + m.start(), match.end()
    for role, pattern in grammar.after:
        if m := pattern.match(text, match.end()):
            return role, match.start(), m.end()
    return "", match.start(), match.end()


def _bounded(moment: Moment, report: date | None) -> Moment:
    """Open the side that the role leaves open; what lies ahead does not date back ("10日から")."""
    if moment.granularity == "vague":
        return moment
    if moment.role == "since" and report and moment.start and moment.start > report:
        return replace(moment, role="effective")
    if moment.role == "deadline":
        return replace(moment, start=moment.start if moment.granularity == "span" else None)
    return moment


def _resolve(name: str, match: re.Match[str], grammar: _Grammar, part: Part) -> Moment | None:
    part.words.update({k: v for k, v in match.groupdict().items() if v})
    try:
        if name in _DATED:
            return _DATED[name](part, grammar.calendar)
        return None if part.report is None else _COUNTED[name](part, grammar.calendar)
    except (ValueError, OverflowError, KeyError):
        return None  # 31 February, year 0, a word outside the tables: no time
