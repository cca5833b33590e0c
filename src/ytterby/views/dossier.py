"""The dossier: articles in full with their claims marked, and beside them what other reports say.

One page that needs no script and no network. It is bounded: what it leaves out it names, with the
way to get it.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby import __version__
from ytterby.errors import Fault, InputFaults
from ytterby.evidence.article import Article
from ytterby.evidence.claims import Claim, Span
from ytterby.evidence.reading import Reading
from ytterby.ledger.ledger import Ledger
from ytterby.ledger.links import policies_from_claims
from ytterby.ledger.reconcile import GRAVE, Cluster
from ytterby.views.events import Known, event_card, known_of
from ytterby.views.labels import Labels, clip, counted, label_reports
from ytterby.views.ledger_tables import MOST_NAMED, definitions, more_of, pledges, policies, verdict_counts
from ytterby.views.marked import SLOTS, article_text
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.page import still_page_html
from ytterby.views.parts import section
from ytterby.views.results import anchor

MOST_ARTICLES = 60
MOST_CHARACTERS = 3_000_000  # of all articles shown together
MOST_EVENTS = 2_000
_MOST_NAMED = 200  # of what is left out
_LONGEST_QUOTE = 20_000
_MOST_FAULTS = 100
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_FILTERS = (
    ("core", "claims on supply, trade and minerals"), ("context", "context"), ("peripheral", "peripheral"),
    ("alone", "events told by one report"),
)  # fmt: skip


@dataclass(frozen=True)
class Dossier:
    """A reading with its ledger at a day, ready to be shown.

    Raises
    ------
    InputFaults: claims that stand twice, and claims whose quotes are not the words of their article.
    """

    reading: Reading
    ledger: Ledger
    date: dt.date

    def __post_init__(self) -> None:
        faults = list(_faults(self.reading.claims, {a.id: a for a in self.reading.articles}))
        if faults:
            raise InputFaults(faults[:_MOST_FAULTS])


def _faults(claims: Sequence[Claim], articles: Mapping[str, Article]) -> Iterator[Fault]:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            yield Fault("claims", None, clip(claim.id), "stands twice.", "Keep one claim of this id.")
        seen.add(claim.id)
        article = articles.get(claim.report)
        if article and any(not _stands(span, article) for span in _spans(claim)):
            told = f"its words do not stand where it says in {clip(article.file)}."
            yield Fault("claims", None, clip(claim.id), told, "Give the articles that it was read from.")


def _spans(claim: Claim) -> Iterator[Span]:
    yield from claim.spans
    for records in (claim.quantities, claim.time, claim.attribution):
        for record in records:
            if record.span is not None:
                yield record.span


def _stands(span: Span, article: Article) -> bool:
    return len(span.quote) <= _LONGEST_QUOTE and article.text[span.start : span.end] == span.quote


def write_dossier(dossier: Dossier, path: Path, *, most: int = MOST_ARTICLES) -> None:
    """Write the page; it appears when it is complete. ``most`` bounds the articles shown in full."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        partial.write_text(dossier_html(dossier, most=most), encoding="utf-8", newline="")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def dossier_html(dossier: Dossier, *, most: int = MOST_ARTICLES) -> str:
    """Return the whole page as text."""
    shown, left = _chosen(dossier.reading.articles, most)
    events = _ordered(dossier.ledger.events, dossier.ledger.verdicts)
    labels = _labels(dossier, shown, events[:MOST_EVENTS])
    parts = _Parts(dossier, shown, left, events, labels, _known(dossier))
    return still_page_html("What the reports say", _body(parts), __version__, "dossier.css")


@dataclass(frozen=True)
class _Parts:
    """What all parts of one page share."""

    dossier: Dossier
    shown: Sequence[Article]
    left: Sequence[Article]
    events: Sequence[Cluster]
    labels: Labels
    known: Known


def _chosen(articles: Sequence[Article], most: int) -> tuple[list[Article], list[Article]]:
    """Articles in their order as long as they fit, and those left out."""
    shown: list[Article] = []
    left: list[Article] = []
    room = MOST_CHARACTERS
    for article in articles:
        fits = len(shown) < most and article.chars <= room
        (shown if fits else left).append(article)
        room -= article.chars if fits else 0
    return shown, left


def _ordered(events: Sequence[Cluster], verdicts: pd.DataFrame) -> list[Cluster]:
    """Conflicts with another report or with what is known first, then what most reports tell."""
    wrong = set(verdicts.loc[verdicts["verdict"] == "inconsistent", "claim_id"])

    def grave(event: Cluster) -> bool:
        return event.label == "conflicting" or any(member.id in wrong for member in event.members)

    return sorted(events, key=lambda event: (not grave(event), -len(event.reports)))


def _labels(dossier: Dossier, shown: Sequence[Article], events: Sequence[Cluster]) -> Labels:
    reports = label_reports(article.id for article in shown)
    marked = frozenset(claim.id for claim in dossier.reading.claims if claim.report in reports)
    return Labels(reports, marked, {member.id: event.id for event in events for member in event.members})


def _known(dossier: Dossier) -> Known:
    ledger, reading = dossier.ledger, dossier.reading
    dates = {article.id: article.day for article in reading.articles if article.day}
    links = policies_from_claims(reading.claims, ledger.policies, dates)
    return known_of(ledger.verdicts, ledger.pledges, ledger.policies, links)


def _body(parts: _Parts) -> Markup:
    reading = parts.dossier.reading
    counts = f"{counted(len(reading.articles), 'article')}, {counted(len(reading.claims), 'claim')}"
    header = tag(
        "header", tag("p", "ytterby dossier", class_="kicker"), tag("h1", "What the reports say"),
        tag("p", f"{counts}, each on its exact words. "
            f"Promises and policies as of {parts.dossier.date}.", class_="asof"),
    )  # fmt: skip
    events = join(event_card(event, parts.known, parts.labels) for event in parts.events[:MOST_EVENTS])
    panel = tag(
        "div", tag("h2", "Across the reports", id="events-title"), _unshown(parts), events,
        id="events", class_="panel", tabindex="0", role="region", aria_labelledby="events-title",
    )  # fmt: skip
    texts = tag("div", *_articles(parts), class_="texts", id="texts")
    main = tag(
        "main", _summary(parts), _legend(), *_filters(), tag("div", texts, panel, class_="side"),
        *_ledger(parts), _left_out(parts), _problems(parts), id="main",
    )  # fmt: skip
    return join([tag("a", "Skip to the articles", href="#texts", class_="skip"), header, main])


def _summary(parts: _Parts) -> Markup:
    """What a reader should know before reading: shared words, conflicts, verdicts."""
    shared = [event for event in parts.events if len(event.reports) > 1]
    one = [event for event in shared if len(event.origins) == 1]
    lines = [
        f"{len(shared)} events are told by more than one report; {len(one)} of these rest on one origin. "
        "Reports are no witnesses: papers that print one agency are one origin.",
        *verdict_counts(parts.dossier.ledger.verdicts, parts.labels), *_conflicts(parts),
    ]  # fmt: skip
    return section("answer", "In short", tag("ul", *(tag("li", line) for line in lines)))


def _conflicts(parts: _Parts) -> Iterator[Markup]:
    found = [event for event in parts.events[:MOST_EVENTS] if event.label == "conflicting"]
    for event in found[:MOST_NAMED]:
        fields = dict.fromkeys(d.field for d in event.differences if d.type in GRAVE)
        words = f"{event.members[0].kind.replace('_', ' ')}, {' and '.join(fields)}"
        link = tag("a", words, href=f"#{anchor('event', event.id)}", class_="trace")
        reports = join((parts.labels.report(report) for report in event.reports), ", ")
        yield join(["Conflict: ", link, " (", reports, ")"])
    yield from more_of(len(found), "events")


def _legend() -> Markup:
    """How to read the marks."""
    kinds = [
        tag("span", tag("mark", words, class_=name), " ", note, class_="short")
        for name, words, note in (
            ("core", "supply, trade, minerals", "solid line"), ("context", "context", "dashed"),
            ("peripheral", "peripheral", "dotted"), ("core many", "several claims", "double"),
        )
    ]  # fmt: skip
    letters = [tag("span", word, class_=letter, data_s=letter) for letter, word in SLOTS.items()]
    others = [
        tag("span", "words shared with another report", class_="copy"),
        tag("span", "not part of the article", class_="noise", data_type="caption"),
    ]
    told = (
        "A number opens each claim and leads to its event; a note in the margin leads to the same words "
        "in another report."
    )
    return tag("div", tag("p", join([*kinds, *letters, *others], "  · ")), tag("p", told), class_="legend")


def _filters() -> Iterator[Markup]:
    """Boxes that the style sheet listens to; without it everything is shown."""
    boxes = [
        tag("label", tag("input", type="checkbox", id=f"show-{name}", checked=True), " ", words)
        for name, words in _FILTERS
    ]
    yield tag("fieldset", tag("legend", "Show"), *boxes, class_="filters")


def _articles(parts: _Parts) -> Iterator[Markup]:
    numbered: dict[str, list[tuple[int, Claim]]] = {}
    for number, claim in enumerate(parts.dossier.reading.claims, start=1):
        numbered.setdefault(claim.report, []).append((number, claim))
    copies: dict[str, list[tuple[int, Any]]] = {}
    for number, copy in enumerate(parts.dossier.reading.text_reuse, start=1):
        for report in dict.fromkeys((copy.a.report, copy.b.report)):
            copies.setdefault(report, []).append((number, copy))
    for article in parts.shown:
        claims = numbered.get(article.id, [])
        shown = article_text(article, claims, copies.get(article.id, []), parts.labels)
        language = article.language if article.language and _LANGUAGE.fullmatch(article.language) else None
        yield tag(
            "article",
            tag("h2", parts.labels.reports[article.id], " ", foreign(clip(article.title or article.id))),
            _facts(article, len(claims)), tag("div", shown, class_="text", lang=language, dir="auto"),
            id=anchor("article", article.id), class_="report",
        )  # fmt: skip


def _facts(article: Article, claims: int) -> Markup:
    """Date, publisher and agencies, each with how it is known."""
    date = article.date
    when = f"{date.value} ({date.evidence}{f', {date.basis}' if date.basis else ''})" if date else "not known"
    agencies = ", ".join(f"{a.name} ({a.evidence.replace('_', ' ')})" for a in article.agencies)
    rows = (
        ("File", f"{article.file}, {article.chars:,} characters, {counted(claims, 'claim')}"), ("Date", when),
        ("Publisher", article.publisher.value or "the text names none"),
        ("Agencies", agencies or "none named"),
        ("Address", article.url or ""),
    )  # fmt: skip
    shown = [(tag("dt", name), tag("dd", foreign(clip(words)))) for name, words in rows if words]
    return tag("dl", *(part for pair in shown for part in pair), class_="facts")


def _ledger(parts: _Parts) -> Iterator[Markup]:
    ledger, labels = parts.dossier.ledger, parts.labels
    reports = {claim.id: claim.report for claim in parts.dossier.reading.claims}
    linked = {link.policy for links in parts.known.links.values() for link in links}
    yield pledges(ledger.pledges, reports, labels)
    yield policies(ledger.policies[ledger.policies["policy"].isin(linked)], parts.dossier.date)
    yield definitions(ledger.verdicts, ledger.variants, labels)


def _unshown(parts: _Parts) -> Markup:
    more = len(parts.events) - MOST_EVENTS
    if more <= 0:
        return Markup("")
    return tag(
        "p", f"{more:,} further events are left out: ytterby verify --clusters has all.", class_="lost"
    )


def _left_out(parts: _Parts) -> Markup:
    """Articles without room, and claims without an article; all are counted, checked and compared."""
    content = [*_without_room(parts), *_without_text(parts)]
    return section("left-out", "What this page leaves out", *content) if content else Markup("")


def _without_room(parts: _Parts) -> Iterator[Markup]:
    if not parts.left:
        return
    words = (
        f"{len(parts.left)} of {len(parts.dossier.reading.articles)} articles are not shown in full. "
        f"This page holds {len(parts.shown)}, within {MOST_CHARACTERS / 1e6:g} million characters. The "
        "claims of the others are counted, checked and compared all the same. To see them, name their files: "
        "ytterby verify CLAIMS --articles FILE --page OTHER.html."
    )
    yield tag("p", words)
    yield _some(article.file for article in parts.left)


def _without_text(parts: _Parts) -> Iterator[Markup]:
    """Claims of reports whose texts were not given with them."""
    given = {article.id for article in parts.dossier.reading.articles}
    missing = [claim.report for claim in parts.dossier.reading.claims if claim.report not in given]
    if missing:
        reports = list(dict.fromkeys(missing))
        words = (
            f"{len(missing)} claims are of {len(reports)} reports whose texts were not given; their quotes "
            "were not looked for. Give all texts with --articles."
        )
        yield tag("p", words)
        yield _some(reports)


def _some(names: Iterable[str]) -> Markup:
    """A list that ends after so many names and says how many follow."""
    listed = list(names)
    more = [f"and {len(listed) - _MOST_NAMED:,} more"] if len(listed) > _MOST_NAMED else []
    return tag("ul", *(tag("li", foreign(clip(name))) for name in (*listed[:_MOST_NAMED], *more)))


def _problems(parts: _Parts) -> Markup:
    problems = parts.dossier.reading.problems
    if not problems:
        return Markup("")
    return section(
        "problems", f"{len(problems)} files or records could not be read", _some(map(str, problems))
    )
