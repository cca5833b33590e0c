"""One article with its claims, their slots, copies and noise marked in place.

The text itself is never changed: without the elements around it, it is the article's text again.
Letters and notes beside the text are drawn by the style sheet from attributes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ytterby.evidence.article import Article
from ytterby.evidence.claims import Claim
from ytterby.evidence.copies import Reuse, Side
from ytterby.evidence.passages import Passage
from ytterby.evidence.scene import Context, Scene
from ytterby.evidence.sentences import Sentence
from ytterby.views.labels import Labels, clip
from ytterby.views.markup import Markup, exact, join, tag
from ytterby.views.results import anchor

SLOTS = {"A": "actor", "Q": "quantity", "D": "date", "S": "source", "C": "credit"}
_STANDING = 3_000  # characters of a span in which actors are looked for; claims rest on sentences
Points = Mapping[int, Sequence[Markup]]


@dataclass(frozen=True)
class Mark:
    """Characters ``start``..``end`` with a name: a claim's relevance, a letter of ``SLOTS`` or copy.

    ``number`` tells the claims of a page apart; slots and copies have none.
    """

    start: int
    end: int
    name: str
    number: int | None = None


def article_text(
    article: Article, claims: Sequence[tuple[int, Claim]], copies: Sequence[tuple[int, Reuse]], labels: Labels
) -> Markup:
    """Text of an article with everything that is known of its words.

    Parameters
    ----------
    claims: the claims of the article, each with its number on the page.
    copies: passages shared with other reports, each with its number on the page.
    """
    marks = [*_claim_marks(claims), *_slot_marks(article, (claim for _, claim in claims))]
    marks += [Mark(side.start, side.end, "copy") for _, copy in copies for side in _sides(copy, article)]
    marks += [Mark(a.span.start, a.span.end, "C") for a in article.agencies if a.span]
    points: dict[int, list[Markup]] = defaultdict(list)
    for place, note in (*_copy_notes(article, copies, labels), *_claim_tabs(claims, labels)):
        points[place].append(note)
    return marked_text(article.text, article.passages, marks, points)


def marked_text(text: str, passages: Sequence[Passage], marks: Sequence[Mark], points: Points) -> Markup:
    """Cut a text wherever a mark, passage or point begins or ends, and mark every piece by itself.

    Marks may overlap in any way: a piece carries the numbers of all claims that hold it, and the
    pieces of one claim, joined, are its words.
    """
    cuts = {0, len(text), *points, *(place for p in passages for place in (p.start, p.end))}
    cuts.update(place for mark in marks for place in (mark.start, mark.end))
    places = sorted(place for place in cuts if 0 <= place <= len(text))
    opened, closed = _by_place(marks)
    active: dict[Mark, None] = {}
    pieces: dict[int, Markup] = {}
    for place, following in zip(places, [*places[1:], len(text)], strict=True):
        for mark in closed.get(place, ()):
            active.pop(mark, None)
        active.update(dict.fromkeys(opened.get(place, ())))
        shown = _piece(text[place:following], place, active) if following > place else Markup("")
        pieces[place] = join([*points.get(place, ()), shown])
    return _in_passages(pieces, passages)


def _by_place(marks: Sequence[Mark]) -> tuple[dict[int, list[Mark]], dict[int, list[Mark]]]:
    opened: dict[int, list[Mark]] = defaultdict(list)
    closed: dict[int, list[Mark]] = defaultdict(list)
    for mark in dict.fromkeys(marks):
        if mark.end > mark.start:
            opened[mark.start].append(mark)
            closed[mark.end].append(mark)
    return opened, closed


def _piece(words: str, place: int, active: Mapping[Mark, None]) -> Markup:
    if not active:
        return exact(words)
    numbers = sorted(mark.number for mark in active if mark.number is not None)
    names = dict.fromkeys(mark.name for mark in active)
    if len(numbers) > 1:
        names["many"] = None
    begins = "".join(letter for letter in SLOTS if any(m.name == letter and m.start == place for m in active))
    return tag(
        "mark" if numbers else "span", exact(words), class_=" ".join(sorted(names)),
        data_c=" ".join(map(str, numbers)) or None, data_s=begins or None,
    )  # fmt: skip


def _in_passages(pieces: Mapping[int, Markup], passages: Sequence[Passage]) -> Markup:
    """Noise and structure around the pieces that lie in them; body stands by itself."""
    starts = sorted(passages, key=lambda passage: passage.start)
    parts: list[Markup] = []
    inside: list[Markup] = []
    current: Passage | None = None
    waiting = iter([*starts, None])
    following = next(waiting)
    for place, piece in pieces.items():
        if following is not None and place >= following.start:
            parts.append(_passage(current, inside))
            inside, current, following = [], following, next(waiting)
        inside.append(piece)
    return join([*parts, _passage(current, inside)])


def _passage(passage: Passage | None, pieces: Sequence[Markup]) -> Markup:
    if passage is None or passage.type == "body":
        return join(pieces)
    kind = "noise" if passage.is_noise else "structure"
    return tag("span", *pieces, class_=f"{kind} {passage.type}", data_type=passage.type.replace("_", " "))


def _claim_marks(claims: Iterable[tuple[int, Claim]]) -> Iterator[Mark]:
    for number, claim in claims:
        for span in claim.spans:
            yield Mark(span.start, span.end, claim.relevance, number)


def _slot_marks(article: Article, claims: Iterable[Claim]) -> Iterator[Mark]:
    for claim in claims:
        slots = (("Q", claim.quantities), ("D", claim.time), ("S", claim.attribution))
        for letter, records in slots:
            for record in records:
                if record.span is not None:
                    yield Mark(record.span.start, record.span.end, letter)
        yield from _actor_marks(article, claim)


def _actor_marks(article: Article, claim: Claim) -> Iterator[Mark]:
    """Words of a claim that name one of its actors, by the lexicon that read them."""
    actors = {actor.id for actor in claim.actors}
    for span in claim.spans:
        if span.end - span.start > _STANDING:
            continue
        passage = next((p for p in article.passages if p.start <= span.start < p.end), None)
        language = (passage.language if passage else None) or article.language or "en"
        sentence = Sentence(span.start, span.end, span.quote, language, "body", 0)
        for found in Scene(sentence, Context(report=article.day)).mentions:
            if found.id in actors:
                yield Mark(span.start + found.start, span.start + found.end, "A")


def _claim_tabs(claims: Sequence[tuple[int, Claim]], labels: Labels) -> Iterator[tuple[int, Markup]]:
    """A tab where a claim begins, leading to its event; its later spans have one that leads back."""
    for _, claim in claims:
        label = labels.claim_name(claim.id, claim.report).rpartition("·")[2]
        event = labels.events.get(claim.id)
        told = f"claim {label}: {clip(claim.gloss_en)}"
        first, *later = claim.spans
        yield first.start, tag(
            "a", id=anchor("claim", claim.id), href=f"#{anchor('event', event)}" if event else None,
            class_=f"tab {claim.relevance}", data_n=label, title=told, aria_label=told,
        )  # fmt: skip
        for span in later:
            back = f"claim {label} goes on"
            yield span.start, tag(
                "a", href=f"#{anchor('claim', claim.id)}", class_=f"tab {claim.relevance}",
                data_n=f"{label}+", title=back, aria_label=back,
            )  # fmt: skip


def _sides(copy: Reuse, article: Article) -> list[Side]:
    return [side for side in (copy.a, copy.b) if side.report == article.id]


def _copy_notes(
    article: Article, copies: Sequence[tuple[int, Reuse]], labels: Labels
) -> Iterator[tuple[int, Markup]]:
    """A note in the margin where copied words begin, leading to the same words in the other report."""
    for number, copy in copies:
        for key, side, other in (("a", copy.a, copy.b), ("b", copy.b, copy.a)):
            if side.report != article.id:
                continue
            named = labels.reports.get(other.report)
            told = f"= {named or clip(other.report, 30)}, {copy.words} words"
            whole = f"the same in {clip(other.report)}: {copy.words} equal words"
            target = f"#{anchor('copy', number, 'ab'.replace(key, ''))}" if named else None
            yield side.start, tag(
                "a", id=anchor("copy", number, key), href=target, class_="note",
                data_n=told, title=whole, aria_label=whole,
            )  # fmt: skip
