"""The one gate: what every extractor's claims must hold before they count.

A claim is let through if each quote stands in the text exactly, its numbers and times stand inside
its quotes, its numbers are those that our own grammars read there, and kind, status and actors are
known. Whatever fails is rejected and counted with its reason. Rules and language models pass the
same gate, so that a claim is right by what it rests on and never by trust in who made it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from ytterby.catalog.countries import country_codes, is_country
from ytterby.evidence.article import Article
from ytterby.evidence.claims import BLOCS, Attribution, Claim, Quantity, Rejected, Span, TimeSpan
from ytterby.evidence.kinds import glosses
from ytterby.evidence.numbers import find_numbers

RULES = "rules"  # name of the extractor that is always there
STATUSES = frozenset({
    "signed", "agreed", "concluded", "in_force", "announced", "offered", "promised", "planned", "conditional",
    "under_consideration", "under_discussion", "demanded", "ongoing", "took_place", "past", "started",
    "approved", "reported", "claimed", "denied", "possible", "stated", "fact", "interpretation",
})  # fmt: skip


def admit(
    candidates: Iterable[Claim], article: Article, extractor: str = RULES
) -> tuple[list[Claim], list[Rejected]]:
    """Let claims through whose words, slots and actors hold; reject the rest with a reason.

    Parameters
    ----------
    extractor: who made the candidates; stands with the rejected ones.
    """
    claims: list[Claim] = []
    rejected: list[Rejected] = []
    for claim in candidates:
        reason = fault_of(claim, article)
        if reason:
            quote = claim.spans[0].quote[:200]
            rejected.append(
                Rejected(report=article.id, kind=claim.kind, reason=reason, quote=quote, extractor=extractor)
            )
        else:
            claims.append(claim)
    return claims, rejected


def fault_of(claim: Claim, article: Article) -> str | None:
    """The first rule of the gate that a claim breaks; None where it holds all."""
    if claim.report != article.id:
        return "the claim names another report"
    return _span_fault(claim, article) or _name_fault(claim) or _number_fault(claim, article)


def _span_fault(claim: Claim, article: Article) -> str | None:
    for span in spans_of(claim):
        if not 0 <= span.start < span.end <= len(article.text):
            return "a span lies outside the article"
        if article.text[span.start : span.end] != span.quote:
            return "the quote does not stand in the text"
    if any(
        p.is_noise and p.start <= s.start and s.end <= p.end for s in claim.spans for p in article.passages
    ):
        return "the quote is no part of the article proper"
    measured: Iterable[Quantity | TimeSpan] = chain(claim.quantities, claim.time)
    inside = all(slot.span is None or _within(slot.span, claim.spans) for slot in measured)
    return None if inside else "a number or time stands outside the quote"


def _within(slot: Span, spans: Iterable[Span]) -> bool:
    return any(span.start <= slot.start and slot.end <= span.end for span in spans)


def _name_fault(claim: Claim) -> str | None:
    if claim.kind not in glosses():
        return f"unknown kind {claim.kind[:40]}"
    if claim.status not in STATUSES:
        return f"unknown status {claim.status[:40]}"
    unknown = sorted({a.id for a in claim.actors} - known_actors())
    return f"unknown actor {unknown[0]}" if unknown else None


def _number_fault(claim: Claim, article: Article) -> str | None:
    """Every number is read again by our own grammar, in the quote it stands in."""
    for number in claim.quantities:
        if number.span is None:
            return "a number without a place in the text"
        if (number.value, number.unit) not in _read_at(number.span, claim.spans, article):
            return "a number that our grammar does not read there"
    return None


def _read_at(place: Span, spans: Iterable[Span], article: Article) -> Iterator[tuple[float | None, str]]:
    """Values and units that overlap a place, read in its quote and in the passage around it."""
    passage = next((p for p in article.passages if p.start <= place.start < p.end), None)
    language = (passage.language if passage else None) or article.language or "en"
    around = [(span.start, span.end) for span in spans if span.start <= place.start and place.end <= span.end]
    around += [(passage.start, min(passage.end, place.end + 500))] if passage else []
    for start, end in around:
        start = max(start, place.start - 500)  # so that the work for one number has a bound
        for number in find_numbers(article.text[start:end], language):
            if number.start + start < place.end and place.start < number.end + start:
                yield number.value, number.unit


def spans_of(claim: Claim) -> Iterator[Span]:
    """All spans of a claim: its quotes, then those of its slots."""
    slots: Iterable[Quantity | TimeSpan | Attribution] = chain(
        claim.quantities, claim.time, claim.attribution
    )
    return chain(claim.spans, (slot.span for slot in slots if slot.span))


@cache
def known_actors() -> frozenset[str]:
    """Codes that may be actors: the catalog's countries, and blocs."""
    return frozenset(code for code in country_codes() if is_country(code)) | BLOCS


def count_reasons(rejected: Iterable[Rejected]) -> dict[str, int]:
    """How often each reason rejected a candidate, with its extractor, most frequent first."""
    return dict(Counter(f"{r.extractor}: {r.reason}" for r in rejected).most_common())


def write_rejected(rejected: Iterable[Rejected], path: Path) -> None:
    """Write what the gate rejected as JSON Lines; the file appears when it is complete."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for row in rejected:
            file.write(rejected_line(row.model_dump(mode="json")) + "\n")
    partial.replace(path)


def rejected_line(record: dict[str, object]) -> str:
    """A rejected candidate as its line of a file, without the line's end."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True)
