"""What a page prints around its article, by where a line stands and not only by its words.

The line rules of ``rules/layout.toml`` know "Mehr zum Thema" and "Share". They do not know the headlines
below it, the name of a section or of an author. Those show by their place: a line without a full stop
that no sentence follows is no subheading; a box goes on until the next sentence of the article; a
sentence that speaks to its reader ("your email") is not the journalist's. Only texts in which the line
rules find several lines of a page are looked at, so that a plain article keeps its headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ytterby.evidence.lexicon import read_rules

_PAGE_LINES = 3  # lines that the rules know as a page's, from which a text counts as a page
_LONG = 400  # characters; a longer line is always the article's
_SENTENCE_WORDS = 5
_PROSE = 70  # characters of a sentence that is certainly the article's; Japanese: a third
_TITLE_WORDS = 4
_TITLE_SHARE = 0.6  # of the longest line that could be the title; captions may be longer than titles
_CAPTION_WORDS = 10
_LOOK_AHEAD = 12  # lines behind a heading in which its sentence must come
_JA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_JA_WORD = 3  # characters that count as a word
_END = re.compile(r"[.!?。！？…][\"”“»«’')\]」』）]{0,3}(?:\s?[(（][^()（）]{2,40}[)）])?$|[」』]$")
_HEADLINE_WORDS = 18  # a longer line is no headline, with or without a full stop
_BULLET = re.compile(r"[-–•*・■▼●]\s?")
_OPENING = frozenset({"related_links", "newsletter", "page_noise"})  # types whose short label opens a box
_KNOWN = frozenset({"body", "header_metadata", "blank", "caption_repeat"})  # are no sign of a page
_INSIDE = frozenset(
    {"ad", "related_links", "newsletter", "photo_credit", "caption", "caption_repeat"}
)  # a subheading may precede
_LABEL_WORDS = 7


@dataclass(frozen=True)
class _Line:
    """One line that is not blank: its place, words and what its form says."""

    at: int
    text: str
    words: int
    ends: bool  # as sentences end
    prose: bool
    direct: bool  # speaks to the reader
    listed: bool

    @property
    def sentence(self) -> bool:
        """Whether it is one: it ends as one and is long enough."""
        return (self.ends and self.words >= _SENTENCE_WORDS) or self.words > _HEADLINE_WORDS


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    table: dict[str, Any] = read_rules("layout.toml")["furniture"]
    return {
        name: re.compile("|".join(f"(?:{p})" for p in rows), re.IGNORECASE) for name, rows in table.items()
    }


def _line(at: int, text: str) -> _Line:
    japanese = _JA.search(text) is not None
    words = len(text) // _JA_WORD if japanese else len(text.split())
    ends = _END.search(text) is not None
    long = len(text) * (3 if japanese else 1) >= _PROSE
    quoted = any(sign in text for sign in '„“”»«「"')
    direct = len(text) <= _LONG and not quoted and _patterns()["direct"].search(text) is not None
    prose = ends and long and not direct
    return _Line(at, text, words, ends, prose, direct, _BULLET.match(text) is not None)


def furnish(bare: Sequence[str], types: Sequence[str], *, titled: bool) -> list[str]:
    """Types of the lines of a text, with the furniture of a page told from its article.

    Parameters
    ----------
    bare: stripped lines; "" for a blank one.
    types: what the line rules say of each, ``body`` where they know nothing.
    titled: whether the header names the title, so that none is looked for.
    """
    result = list(types)
    known = [i for i, kind in enumerate(types) if bare[i] and kind not in _KNOWN]
    lines = [_line(i, text) for i, text in enumerate(bare) if text]
    told = [line for line in lines if line.direct and result[line.at] == "body"]
    if len(known) + len(told) < _PAGE_LINES:
        return result
    for line in told:
        result[line.at] = "newsletter" if _patterns()["letter"].search(line.text) else "page_noise"
    title = None if titled else _title(lines, result)
    _fill_boxes(lines, result, title)
    _captions(lines, result, title)
    _headings(lines, result, title, titled=titled)
    return result


def _title(lines: Sequence[_Line], types: Sequence[str]) -> int | None:
    """The first long line before the article's first sentence that could be a headline."""
    first = next((n for n, line in enumerate(lines) if line.prose and types[line.at] == "body"), len(lines))
    fitting = [
        line
        for line in lines[:first]
        if types[line.at] == "body" and line.words >= _TITLE_WORDS and not line.text.endswith((".", "。"))
    ]
    longest = max((len(line.text) for line in fitting), default=0)
    return next((line.at for line in fitting if len(line.text) >= _TITLE_SHARE * longest), None)


def _fill_boxes(lines: Sequence[_Line], types: list[str], title: int | None) -> None:
    """A label opens a box; what follows without being the article's prose lies in it."""
    box, single = "", False
    for n, line in enumerate(lines):
        kind = types[line.at]
        if line.at == title or (kind == "body" and not _boxed(line, box)):
            box = ""
        elif kind == "body" and box:
            types[line.at] = box
            box = "" if single else box
        elif kind in _OPENING and line.words <= _LABEL_WORDS:
            box, single = kind, line.text.rstrip().endswith((":", "："))
        elif kind != "body":
            box = box if kind == box else ""
        if kind == "newsletter":
            _claim_above(lines, n, types, title)


def _boxed(line: _Line, box: str) -> bool:
    """Whether a line can lie in a box: no sentence, or one that the box is about (its author)."""
    about = box == "page_noise" and not line.prose
    return bool(box) and (not line.sentence or about)


def _claim_above(lines: Sequence[_Line], n: int, types: list[str], title: int | None) -> None:
    """The name of a newsletter stands above what invites to it."""
    above = lines[n - 1] if n else None
    if above and types[above.at] == "body" and not above.ends and above.at != title:
        types[above.at] = "newsletter"


def _captions(lines: Sequence[_Line], types: list[str], title: int | None) -> None:
    """A short sentence between a photo's credit and the article's prose is the photo's."""
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        short = line.ends and line.words <= _CAPTION_WORDS and types[line.at] == "body" and line.at != title
        if short and types[above.at] == "photo_credit" and below.prose and types[below.at] == "body":
            types[line.at] = "caption"


def _headings(lines: Sequence[_Line], types: list[str], title: int | None, *, titled: bool) -> None:
    """From the end upwards: a line that is no sentence and that no sentence follows is the page's."""
    prose = [line.at for line in lines if types[line.at] == "body" and line.sentence]
    first, last = (prose[0], prose[-1]) if prose else (0, -1)
    start = title if title is not None else (-1 if titled else first)
    for n in range(len(lines) - 1, -1, -1):
        line = lines[n]
        if types[line.at] != "body" or line.at == title or line.sentence or line.listed:
            continue
        if line.at < start or not _followed(lines, n, types, first):
            types[line.at] = "navigation" if line.at < start or line.at > last else "page_noise"


def _followed(lines: Sequence[_Line], n: int, types: Sequence[str], first: int) -> bool:
    """Whether a sentence or a list of the article comes next; in its midst a box may stand between."""
    for line in lines[n + 1 : n + 1 + _LOOK_AHEAD]:
        kind = types[line.at]
        if kind == "body":
            return line.sentence or line.listed
        if lines[n].at < first or kind not in _INSIDE or lines[n].words < 2:
            return False
    return False
