"""Sentences and clauses of an article, with their place in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ytterby.evidence.article import Article
from ytterby.evidence.passages import Passage

_LONGEST = 900  # characters; a longer "sentence" is cut so that work per sentence stays bounded
_STOP = re.compile(
    r"[.!?…]{1,5}[\"”“»«’')\]]{0,3}\s{1,20}(?=[\"„“»«(‚'\[]{0,2}[\u00a0\u202f ]?[A-ZÄÖÜÉÈÀÊÎÔÇ\d])"
    r"|\s?;\s+(?=\w)|[。！？]{1,5}[」』)）]{0,2}|\n+"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mrd|Mio|Bio|Nr|Dr|Prof|St|z\. ?B|u\. ?a|d\. ?h|bzw|ca|etwa|vgl|Mr|Mrs|Ms|Gov|Sen|Gen|Corp|Inc|"
    r"Ltd|Co|No|vs|approx|Jan|Feb|Aug|Sept|Sep|Oct|Nov|Dec|M|MM|Mme|art|p|U\.S|U\.K|U\.N|[A-ZÄÖÜ]))\.$"
)
_ORDINAL = re.compile(r"\b\d{1,3}\.$")
_OPENING = re.compile(
    r"(?:Die|Der|Das|Im|In|Es|Er|Sie|Ein|Eine|Auch|Doch|Und|Aber|Zudem|The|A|In|It|He|She|Le|La|Les|Il|Elle)\b"
)
_COMPARED = (  # ", up from 31% in 2020" goes on with the clause before
    r"(?:up from|down from|compared with|compared to|versus|instead of|rather than|contre \d|contre en|"
    r"au lieu de|gegenüber|verglichen mit|nach \d|statt \d|nach zuvor)\b"
)
_CLAUSE = re.compile(
    rf"\s*[,;:]\s+(?!{_COMPARED})|\s+[–—-]\s+"
    r"|\s+(?:und|sowie|aber|doch|sodass|während|while|whereas|et|mais|tandis que)\s+"
    r"|\s+(?:and|but)\s+(?=\w+(?:s|ed|es)\b|is\b|are\b|has\b|have\b|will\b)|(?<=[、。])|(?<=が、)"
)


@dataclass(frozen=True)
class Sentence:
    """Characters ``start``..``end`` of the article's text, which read ``text``."""

    start: int
    end: int
    text: str
    language: str
    passage: str
    paragraph: int


def sentences_of(article: Article) -> Iterator[Sentence]:
    """Sentences of body and structure, in order; noise has none."""
    for number, passage in enumerate(article.passages):
        if passage.is_noise or passage.type in ("dateline", "agency_credit"):
            continue
        language = passage.language or article.language or "en"
        for start, end in _cut(article.text, passage, language):
            yield Sentence(start, end, article.text[start:end], language, passage.type, number)


def _cut(text: str, passage: Passage, language: str) -> Iterator[tuple[int, int]]:
    start = passage.start
    for match in _STOP.finditer(text, passage.start, passage.end):
        end = match.end() if "。" in match[0] else match.start() + len(match[0].rstrip())
        if _continues(text, start, match, language):
            continue
        yield from _trimmed(text, start, end)
        start = match.end()
    yield from _trimmed(text, start, passage.end)


def _continues(text: str, start: int, match: re.Match[str], language: str) -> bool:
    """Whether the full stop belongs to an abbreviation, an initial or a German ordinal."""
    if not match[0].startswith(".") or match[0].startswith(".."):
        return False
    before = text[max(start, match.start() - 12) : match.start() + 1]
    if language == "de" and _ORDINAL.search(before):
        following = text[match.end() : match.end() + 12]
        return bool(re.match(r"[A-ZÄÖÜ][a-zäöüß]+", following)) and not _OPENING.match(following)
    return bool(_ABBREVIATION.search(before))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, start + _LONGEST)
        if stop < end:
            space = text.rfind(" ", start + _LONGEST // 2, stop)
            stop = space if space > start else stop
        part = text[start:stop]
        left, right = len(part) - len(part.lstrip()), len(part.rstrip())
        if right > left:
            yield start + left, start + right
        start = stop


def clauses_of(text: str) -> list[tuple[int, int]]:
    """Clauses of a sentence by its commas, dashes and conjunctions; a rough cut that needs no grammar."""
    cuts = [m.span() for m in _CLAUSE.finditer(text) if not _inside_number(text, m)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    spans = [(s, e) for s, e in zip(starts, ends, strict=True) if e > s]
    return spans or [(0, len(text))]


def _inside_number(text: str, match: re.Match[str]) -> bool:
    return text[match.start() - 1 : match.start()].isdigit() and text[match.end() : match.end() + 1].isdigit()
