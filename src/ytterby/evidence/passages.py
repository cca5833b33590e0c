"""Cut a text into passages so that every character belongs to exactly one.

A passage is a line or a part of one: body, structure (title, teaser, subheading, dateline,
agency credit) or noise of a type. The line rules stand in ``rules/layout.toml``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from ytterby.evidence.furniture import furnish
from ytterby.evidence.lexicon import read_rules

NOISE_TYPES = (
    "header_metadata", "site_name", "navigation", "caption", "caption_repeat", "photo_credit", "empty_label",
    "paywall_js", "ad", "newsletter", "share", "related_links", "page_noise", "blank",
)  # fmt: skip
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_KANA = re.compile(r"[\u3040-\u30ff]")
_SHORT_LINE = 400  # longer lines are body; the line rules do not look at them
_HEADING_WORDS = 14
_TEASER_CHARS = 330
_HEAD_LINES = 8  # in which header fields may stand below a page's navigation


@dataclass(frozen=True)
class Passage:
    """Characters ``start``..``end`` of the text, their type and (for body) their language."""

    start: int
    end: int
    type: str
    language: str | None = None

    @property
    def is_noise(self) -> bool:
        """Whether the passage is no part of the article."""
        return self.type in NOISE_TYPES


@dataclass(frozen=True)
class Header:
    """What the header lines of a text file say."""

    date: str | None = None
    title: str | None = None
    outlet: str | None = None
    date_span: tuple[int, int] | None = None
    title_span: tuple[int, int] | None = None
    outlet_span: tuple[int, int] | None = None


@cache
def _layout() -> dict[str, dict[str, Any]]:
    return read_rules("layout.toml")


@cache
def _noise_rules() -> list[tuple[str, re.Pattern[str]]]:
    table = _layout()["noise"].items()
    return [(t, re.compile("|".join(f"(?:{p})" for p in ps), re.I)) for t, ps in table]


@cache
def _pattern(section: str, name: str) -> re.Pattern[str]:
    return re.compile(str(_layout()[section][name]))


@cache
def _datelines() -> list[re.Pattern[str]]:
    return [re.compile(str(p)) for p in _layout()["dateline"]["patterns"]]


@cache
def agencies() -> dict[str, str]:
    """Written form of an agency's name -> canonical name."""
    table = _layout()["agencies"].items()
    return {form: name for name, forms in table for form in forms}


@cache
def _credit_pattern() -> re.Pattern[str]:
    return re.compile(r"[（(](?P<names>[A-Za-z0-9/,\- ぁ-んァ-ヶ一-龠ー・]{2,40})[)）]\s*\Z")


def cut(text: str) -> tuple[list[Passage], Header]:
    """Passages of a text in order, covering it without gap or overlap, and its header."""
    passages, header, at = _head(text)
    lines = [Passage(m.start(), m.end(), "body") for m in _LINE.finditer(text, at)]
    typed = _typed_lines(text, lines, titled=bool(header.title))
    typed, header = _late_fields(text, typed, header)
    for passage in _with_structure(text, typed, bool(header.title)):
        passages += _split(text, passage)
    return [_with_language(text, p) for p in passages if p.end > p.start], header


def _head(text: str) -> tuple[list[Passage], Header, int]:
    """The blank lines and header fields that a text begins with."""
    if (m := _pattern("header", "date").match(text)) and m.end():
        span = (m.start() + len(m[0]) - len(m[0].lstrip()), m.start() + len(m[0].rstrip()))
        head = Header(date=m["date"], date_span=span)
        rest_is_fields = text[m.end() : m.end() + 1] == "\n"
        if not rest_is_fields or not _pattern("header", "field").match(text, m.end() + 1):
            return [Passage(0, m.end(), "header_metadata")], head, m.end()
    blank = re.match(r"\ufeff?\s*\n|\ufeff", text)
    at = blank.end() if blank else 0
    passages = [Passage(0, at, "blank")] if at else []
    values: dict[str, str] = {}
    spans: dict[str, tuple[int, int]] = {}
    start = at
    while (m := _pattern("header", "field").match(text, at)) is not None:
        key = m["key"].lower()
        values[key], spans[key] = m["value"].strip(), m.span("value")
        at = min(m.end() + 1, len(text))
    if at > start:
        passages += _around_title(start, at, spans.get("title"))
    return passages, _header(values, spans), at


def _around_title(start: int, end: int, title: tuple[int, int] | None) -> list[Passage]:
    """Header fields are no part of the article, but the words of its title are."""
    if title is None:
        return [Passage(start, end, "header_metadata")]
    parts = [Passage(start, title[0], "header_metadata"), Passage(*title, "title")]
    return [*parts, Passage(title[1], end, "header_metadata")]


def _late_fields(text: str, typed: list[Passage], header: Header) -> tuple[list[Passage], Header]:
    """Header fields that a page's navigation pushed down a few lines."""
    result = list(typed)
    for i, p in enumerate(typed[:_HEAD_LINES]):
        line = text[p.start : p.end].strip()
        m = _pattern("header", "field").fullmatch(line)
        if not m or m["key"].lower() not in ("date", "language", "url", "id"):
            continue
        result[i] = replace(p, type="header_metadata")
        if m["key"].lower() == "date" and not header.date:
            at = text.index(line, p.start) + m.start("value")
            found = _header({"date": m["value"]}, {"date": (at, at + len(m["value"]))})
            header = replace(header, date=found.date, date_span=found.date_span)
    return result, header


def _header(values: dict[str, str], spans: dict[str, tuple[int, int]]) -> Header:
    outlet = "outlet" if "outlet" in values else "publisher"
    day = re.match(r"(?:19|20)\d\d-\d\d-\d\d", values.get("date", ""))
    return Header(
        date=day[0] if day else None,
        title=values.get("title"),
        outlet=values.get(outlet),
        date_span=spans.get("date") if day else None,
        title_span=spans.get("title"),
        outlet_span=spans.get(outlet),
    )


def _typed_lines(text: str, lines: list[Passage], *, titled: bool) -> list[Passage]:
    bare = [text[p.start : p.end].strip() for p in lines]
    repeats = Counter(line for line in map(_uncredited, bare) if len(line) > 15)
    typed = [
        replace(p, type=_line_type(line, repeats)) if line else p for p, line in zip(lines, bare, strict=True)
    ]
    typed = _captions_before_credits(bare, typed)
    kinds = furnish(bare, [p.type for p in typed], titled=titled)
    return [replace(p, type=kind) for p, kind in zip(typed, kinds, strict=True)]


def _uncredited(line: str) -> str:
    return _pattern("credit", "tail").sub("", line) if len(line) <= _SHORT_LINE else line


def _line_type(line: str, repeats: Counter[str]) -> str:
    if len(line) > _SHORT_LINE:
        return "body"
    for name, pattern in _noise_rules():
        if pattern.fullmatch(line):
            return name
    plain = _uncredited(line)
    if plain != line:
        return "caption"
    return "caption_repeat" if repeats[plain] > 1 else "body"


def _captions_before_credits(bare: list[str], typed: list[Passage]) -> list[Passage]:
    """A short line right above a photo credit is the caption of that photo."""
    result = list(typed)
    full = [i for i, line in enumerate(bare) if line]
    for above, below in pairwise(full):
        heading = len(bare[above].split()) <= _HEADING_WORDS and not bare[above].endswith((".", "!", "?"))
        if result[below].type == "photo_credit" and result[above].type == "body" and heading:
            result[above] = replace(result[above], type="caption")
    return result


def _is_heading(line: str) -> bool:
    if not line or _KANA.search(line) is None:
        return (
            bool(line)
            and len(line.split()) <= _HEADING_WORDS
            and not line.endswith((".", "!", ":", ",", ";"))
        )
    return len(line) <= 40 and not line.endswith(("。", "、", "」"))


def _with_structure(text: str, typed: list[Passage], titled: bool) -> list[Passage]:
    """Name title, teaser and subheadings among the body lines."""
    result = list(typed)
    body = [i for i, p in enumerate(typed) if p.type == "body" and text[p.start : p.end].strip()]
    started = False
    for place, i in enumerate(body):
        line = text[typed[i].start : typed[i].end].strip()
        last = place == len(body) - 1
        if _is_heading(line) and not last:
            kind = "subheading" if started or titled else "title"
            result[i], titled = replace(typed[i], type=kind), True
        elif not started and not last:
            started = not _is_teaser(text, line, [typed[j] for j in body[place + 1 : place + 2]])
            result[i] = replace(typed[i], type="teaser" if not started else "body")
            started = True
    return result


def _is_teaser(text: str, line: str, following: list[Passage]) -> bool:
    after = text[following[0].start : following[0].end] if following else ""
    dateline = any(p.match(line) for p in _datelines())
    return len(line) <= _TEASER_CHARS and len(after) > len(line) and not dateline


def _split(text: str, passage: Passage) -> list[Passage]:
    """Take dateline and agency credit out of a body line."""
    if passage.type not in ("body", "teaser"):
        return [passage]
    start, end = passage.start, passage.end
    parts: list[Passage] = []
    line = text[start : min(end, start + 120)]
    for pattern in _datelines():
        if (m := pattern.match(line)) and _is_place(m["place"]):
            parts.append(Passage(start, start + m.end(), "dateline"))
            start += m.end()
            break
    tail_from = max(start, end - 80)
    credit = _credit_pattern().search(text[tail_from:end])
    if credit and credit_names(credit["names"]):
        at = tail_from + credit.start()
        return [*parts, replace(passage, start=start, end=at), Passage(at, end, "agency_credit")]
    return [*parts, replace(passage, start=start)]


def _is_place(word: str) -> bool:
    """Short sentences ("Tokio. Die USA ...") and datelines look alike: ask for a known place."""
    from ytterby.evidence.lexicon import matcher

    return any(
        h.family.startswith(("country:", "place:")) for lang in ("de", "ja") for h in matcher(lang).scan(word)
    )


def credit_names(names: str) -> list[str]:
    """Agencies in a credit such as "Tsp/Reuters/dpa"; empty when none is one."""
    known = agencies()
    return [known[part.strip()] for part in re.split(r"[/,・]", names) if part.strip() in known]


def _with_language(text: str, passage: Passage) -> Passage:
    if passage.is_noise:
        return passage
    return replace(passage, language=language_of(text[passage.start : passage.end]))


@cache
def _stopwords() -> dict[str, frozenset[str]]:
    return {lang: frozenset(str(words).split()) for lang, words in _layout()["stopwords"].items()}


def language_of(text: str) -> str | None:
    """ISO 639-1 of a passage by script and function words; None where it is too short to say."""
    sample = text[:4000]
    if len(_KANA.findall(sample)) * 8 > len(sample.strip()):
        return "ja"
    words = re.findall(r"[^\W\d_]+", sample.lower())
    counts = {lang: sum(w in stop for w in words) for lang, stop in _stopwords().items()}
    first, second = sorted(counts, key=lambda lang: -counts[lang])[:2]
    if counts[first] >= 2 and counts[first] > counts[second] and counts[first] * 12 >= len(words):
        return first
    return _guess(sample) if len(words) >= 15 else None


def _guess(sample: str) -> str | None:
    """Ask the language model for what the function words leave open (loaded only then)."""
    import py3langid

    return str(py3langid.classify(sample)[0])
