"""Text that two articles share: seeds of five equal words, extended over small edits.

Words are compared in lower case without punctuation, so that quote marks and capitals do not
hide a copy. Seeds come from an index of five-word runs, so only pairs that share one are looked
at. A run counts from eight words; a gap of a few words inside it is bridged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ytterby.evidence.article import Article
from ytterby.evidence.lexicon import Token, tokens_of

_SEED = 5
_LEAST = 8  # words of a copy
_BRIDGE = 3  # words that may differ between two runs of one copy
_COMMON = 50  # a run of words in more articles than this is a formula, no copy
_JA_STEP = 2  # Japanese has no spaces: characters are the words, and a copy needs twice as many


@dataclass(frozen=True)
class Side:
    """A span of one article."""

    report: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Reuse:
    """Near-verbatim text in two articles; ``words`` counts the equal words."""

    a: Side
    b: Side
    words: int
    origin: str | None = None

    def to_record(self) -> dict[str, object]:
        """In the shape of the evidence schema, section 5."""
        sides = {
            name: {"report": s.report, "start": s.start, "end": s.end, "quote": s.quote}
            for name, s in (("a", self.a), ("b", self.b))
        }
        return {**sides, "words": self.words, "origin": self.origin}


@dataclass(frozen=True)
class _Words:
    article: Article
    tokens: list[Token]
    keys: list[str]

    @property
    def least(self) -> int:
        return _LEAST * (_JA_STEP if self.article.language == "ja" else 1)


def find_reuse(articles: Sequence[Article]) -> tuple[Reuse, ...]:
    """Copied passages between articles, in order of article and place."""
    prepared = [_words(a) for a in articles]
    pairs = _seeds(prepared)
    found: list[Reuse] = []
    for (i, j), seeds in sorted(pairs.items()):
        found += _runs(prepared[i], prepared[j], seeds)
    return tuple(found)


def _words(article: Article) -> _Words:
    tokens: list[Token] = []
    for p in article.passages:
        if not p.is_noise:
            part = article.text[p.start : p.end]
            found = _characters(part) if article.language == "ja" else tokens_of(part)
            tokens += [Token(t.text, t.start + p.start, t.end + p.start) for t in found]
    return _Words(article, tokens, [t.text.casefold() for t in tokens])


def _characters(text: str) -> list[Token]:
    return [Token(c, i, i + 1) for i, c in enumerate(text) if c.isalnum()]


def _seeds(prepared: Sequence[_Words]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each pair of articles the places where five words agree."""
    index: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for i, words in enumerate(prepared):
        for at in range(len(words.keys) - _SEED + 1):
            index[tuple(words.keys[at : at + _SEED])].append((i, at))
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for places in index.values():
        if 1 < len(places) <= _COMMON:
            for n, (i, x) in enumerate(places):
                for j, y in places[n + 1 :]:
                    if i != j:
                        pairs[i, j].append((x, y))
    return pairs


def _runs(a: _Words, b: _Words, seeds: list[tuple[int, int]]) -> Iterator[Reuse]:
    done_a = done_b = -1
    for x, y in sorted(seeds):
        if x < done_a or (x <= done_a and y < done_b):
            continue
        start_x, start_y = _back(a.keys, b.keys, x, y)
        end_x, end_y, equal = _forward(a.keys, b.keys, x, y)
        equal += x - start_x
        if equal >= a.least:
            done_a, done_b = end_x, end_y
            yield _reuse(a, b, (start_x, end_x), (start_y, end_y), equal)


def _back(a: list[str], b: list[str], x: int, y: int) -> tuple[int, int]:
    while x > 0 and y > 0 and a[x - 1] == b[y - 1]:
        x, y = x - 1, y - 1
    return x, y


def _forward(a: list[str], b: list[str], x: int, y: int) -> tuple[int, int, int]:
    """Go on while words agree; step over an edit of up to three words when three agree behind it."""
    equal = 0
    end = x, y
    while x < len(a) and y < len(b):
        if a[x] == b[y]:
            x, y, equal = x + 1, y + 1, equal + 1
            end = x, y
            continue
        step = _bridge(a, b, x, y)
        if step is None:
            break
        x, y = x + step[0], y + step[1]
    return *end, equal


def _bridge(a: list[str], b: list[str], x: int, y: int) -> tuple[int, int] | None:
    steps = sorted(((i, j) for i in range(_BRIDGE + 1) for j in range(_BRIDGE + 1) if i or j), key=sum)
    for i, j in steps:
        if a[x + i : x + i + 3] == b[y + j : y + j + 3] and len(a[x + i : x + i + 3]) == 3:
            return i, j
    return None


def _reuse(a: _Words, b: _Words, in_a: tuple[int, int], in_b: tuple[int, int], equal: int) -> Reuse:
    shared = {g.name for g in a.article.agencies} & {g.name for g in b.article.agencies}
    return Reuse(_side(a, in_a), _side(b, in_b), equal, sorted(shared)[0] if shared else None)


def _side(words: _Words, place: tuple[int, int]) -> Side:
    start, end = words.tokens[place[0]].start, words.tokens[place[1] - 1].end
    return Side(words.article.id, start, end, words.article.text[start:end])


def families_of(reuse: Iterable[Reuse]) -> tuple[tuple[str, ...], ...]:
    """Connected groups of articles that share text, largest first, each sorted."""
    parent: dict[str, str] = {}

    def root(x: str) -> str:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for r in reuse:
        parent[root(r.a.report)] = root(r.b.report)
    groups: dict[str, list[str]] = defaultdict(list)
    for x in list(parent):
        groups[root(x)].append(x)
    return tuple(sorted((tuple(sorted(g)) for g in groups.values()), key=lambda g: (-len(g), g)))
