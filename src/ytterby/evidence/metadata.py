"""Date, publisher, agencies and language of an article, each with what it rests on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from ytterby.evidence.article import Agency, Article, ArticleDate, Publisher
from ytterby.evidence.claims import Span
from ytterby.evidence.dates import find_times
from ytterby.evidence.passages import Header, Passage, agencies, credit_names


def main_language(passages: Sequence[Passage]) -> str | None:
    """Language of most of the text."""
    sizes: dict[str, int] = {}
    for p in passages:
        if p.language:
            sizes[p.language] = sizes.get(p.language, 0) + p.end - p.start
    return max(sizes, key=lambda lang: (sizes[lang], lang)) if sizes else None


def publisher_of(fields: dict[str, str], header: Header, text: str) -> Publisher:
    """Who printed it, where the input says so; never guessed."""
    if header.outlet and header.outlet_span:
        start, end = header.outlet_span
        return Publisher(
            value=header.outlet,
            in_file=True,
            evidence="header",
            span=Span(start=start, end=end, quote=text[start:end]),
        )
    if "outlet" in fields:
        return Publisher(
            value=fields["outlet"], in_file=True, evidence=fields.get("outlet_evidence", "record")
        )
    return Publisher()


def date_of(
    fields: dict[str, str], header: Header, text: str, passages: Sequence[Passage]
) -> ArticleDate | None:
    """The article's day from its record, header, dateline or time stamp; else None."""
    if (value := _iso(fields.get("date", ""))) is not None:
        basis = fields.get("date_basis", "the record's date field")
        sure: Literal["high", "medium"] = "medium" if basis.endswith("updated") else "high"
        return ArticleDate(value=value, evidence="header", confidence=sure, basis=basis)
    if header.date and header.date_span and (value := _iso(header.date)):
        start, end = header.date_span
        span = Span(start=start, end=end, quote=text[start:end])
        return ArticleDate(value=value, evidence="header", confidence="high", span=span)
    return _dateline_date(text, passages)


def _iso(text: str) -> str | None:
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


_AHEAD = re.compile(
    r"\b(?:by|until|through|from|starting|late|early|half of|quarter of|bis|ab|spätestens|Anfang|Mitte|Ende|"
    r"d.ici|jusqu.|à partir|dès|horizon|fin|début|mi)\b[^.;]{0,20}$",
    re.IGNORECASE,
)
_AHEAD_BEHIND = re.compile(r"年?(?:度|末)?(?:まで|から|以降|に(?:は)?開始)")
_STAMP = re.compile(
    r"(?:Stand|Aktualisiert|Veröffentlicht|Updated|Published|Publié le|Mis à jour le|更新|公開)"
    r"\s?[:：]?\s?(?P<day>[^\n]{6,40})"
)


def _dateline_date(text: str, passages: Sequence[Passage]) -> ArticleDate | None:
    """The day in the dateline or in a time stamp near the top; without a year that of the text's years."""
    top = [p for p in passages if p.type in ("dateline", "header_metadata")]
    places = [(p.start, p.end) for p in top]
    places += [m.span("day") for m in _STAMP.finditer(text[:3000])]
    middle = _middle_of_latest_year(text[:20_000])
    for start, end in places:
        for report in (None, middle):
            day = _day_in(text[start:end], report)
            if day and report:
                day = _after_what_it_tells(day, text[:20_000])
            if day:
                span = Span(start=start, end=end, quote=text[start:end])
                basis = "the latest year that the text names" if report else None
                sure: Literal["high", "low"] = "low" if report else "high"
                return ArticleDate(
                    value=day.isoformat(), evidence="dateline", confidence=sure, basis=basis, span=span
                )
    return None


def _middle_of_latest_year(text: str) -> dt.date | None:
    """The middle of the latest year that the text names without looking ahead to it."""
    named = [m for m in re.finditer(r"\b20[0-9]{2}\b", text) if not _looked_ahead_to(text, m)]
    return dt.date(max(int(m[0]) for m in named), 7, 1) if named else None


def _looked_ahead_to(text: str, year: re.Match[str]) -> bool:
    before, behind = text[max(0, year.start() - 32) : year.start()], text[year.end() : year.end() + 8]
    return bool(_AHEAD.search(before) or _AHEAD_BEHIND.match(behind))


def _after_what_it_tells(day: dt.date, text: str) -> dt.date:
    """The day a year later where the text tells of a month past that lies behind it."""
    told = [
        moment.start
        for language in ("de", "en", "fr", "ja")
        for moment in find_times(text, language, None)
        if moment.granularity in ("day", "month") and moment.role in ("", "since") and moment.start
        if moment.start.year == day.year
    ]
    if not told or max(told) <= day:
        return day
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def dateline_day(article: Article, near: dt.date) -> ArticleDate | None:
    """A dateline's day and month with the year that puts them nearest to ``near``."""
    for passage in article.passages:
        text = article.text[passage.start : passage.end]
        day = _day_in(text, near) if passage.type == "dateline" else None
        if day:
            span = article.span(passage.start, passage.end)
            basis = "the year of the other reports"
            return ArticleDate(
                value=day.isoformat(), evidence="dateline", confidence="medium", basis=basis, span=span
            )
    return None


def _day_in(text: str, report: dt.date | None) -> dt.date | None:
    """A calendar day with its month; weekdays and "today" say nothing in a dateline."""
    for language in ("de", "en", "fr", "ja"):
        for moment in find_times(text, language, report):
            named = re.search(r"\d", text[moment.at : moment.stop])
            if moment.granularity == "day" and moment.start and named:
                return moment.start
    return None


_ATTRIBUTED = (
    r"(?:Nachrichtenagentur|Agentur|news agency|agence(?: de presse)?|通信社|laut|told|nach Angaben von|"
    r"selon|according to|reported by|à l.agence|gegenüber)\s(?:der\s|the\s|l.)?(?:\w+\s){0,2}?"
)


def agencies_of(text: str, passages: Sequence[Passage]) -> Iterator[Agency]:
    """Agencies named in credits, photo credits and attributions, each kind once."""
    seen: set[tuple[str, str]] = set()
    for name, evidence, start, end in sorted(_agency_places(text, passages), key=lambda a: a[2]):
        if (name, evidence) not in seen:
            seen.add((name, evidence))
            span = Span(start=start, end=end, quote=text[start:end])
            yield Agency(name=name, evidence=evidence, span=span)


def _agency_places(
    text: str, passages: Sequence[Passage]
) -> Iterator[tuple[str, Literal["credit_line", "photo_credit", "attribution"], int, int]]:
    forms = "|".join(sorted(map(re.escape, agencies()), key=len, reverse=True))
    for p in passages:
        part = text[p.start : p.end]
        if p.type in ("agency_credit", "dateline"):
            for m in re.finditer(r"[(（=＝](?P<names>[^()（）】\n]{2,40})[)）】]", part):
                for name in credit_names(m["names"]):
                    yield name, "credit_line", p.start + m.start(), p.start + m.end()
        elif p.type in ("caption", "photo_credit"):
            for m in re.finditer(rf"(?<![A-Za-z])(?:{forms})(?![A-Za-z])", part):
                yield agencies()[m[0]], "photo_credit", p.start + m.start(), p.start + m.end()
        elif not p.is_noise:
            for m in re.finditer(rf"(?i:{_ATTRIBUTED})(?P<name>{forms})(?![A-Za-z])", part):
                yield agencies()[m["name"]], "attribution", p.start + m.start(), p.start + m.end()
