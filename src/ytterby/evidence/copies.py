"""Text that two articles share: seeds of five equal words, extended over small edits.

Words are compared in lower case without punctuation, so that quote marks and capitals do not
hide a copy. Seeds come from an index of five-word runs (:mod:`ytterby.evidence.seeds`), so only pairs
that share one are looked at. A run counts from eight words; a gap of a few words inside it is bridged.
Texts of the same words enter the index once. Words that stand in very many texts are a copy only where
they make half of a text: a report that many print with a head of their own, and no formula.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ytterby.evidence.article import Article
from ytterby.evidence.lexicon import Token, tokens_of
from ytterby.evidence.seeds import PAIR, PLACED, Meeting, by_texts, placed_seeds, shared_seeds

_LEAST = 8  # words of a copy
_BRIDGE = 3  # words that may differ between two runs of one copy
_STEPS = sorted(((i, j) for i in range(_BRIDGE + 1) for j in range(_BRIDGE + 1) if i or j), key=sum)
_JA_STEP = 2  # Japanese has no spaces: characters are the words, and a copy needs twice as many
_COPIED = 0.5  # of the shorter text: with less in common, words that many print are a formula of the trade
_FEW = 50  # pairs of two texts and their exact copies that are all told; of more, one each
WORD = np.dtype([("key", "<u8"), ("start", "<i4"), ("end", "<i4")])


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
class Words:
    """Words of a text for comparison: rows (key, start, end), and how many make a copy."""

    rows: NDArray[Any]
    least: int

    @property
    def keys(self) -> list[int]:
        """The words as numbers."""
        keys: list[int] = self.rows["key"].tolist()
        return keys

    @property
    def identity(self) -> int:
        """The same number for the same words; 0 for a text too short to be a copy."""
        if len(self.rows) < self.least:
            return 0
        told = hashlib.blake2b(self.rows["key"].tobytes(), digest_size=8, salt=bytes([self.least]))
        return int.from_bytes(told.digest(), "little") | 1


def words_of(article: Article) -> Words:
    """Words of an article proper; of a Japanese one its characters."""
    rows: list[tuple[int, int, int]] = []
    japanese = article.language == "ja"
    for p in article.passages:
        if not p.is_noise:
            part = article.text[p.start : p.end]
            found = _characters(part) if japanese else tokens_of(part)
            rows += [(_key(t.text), t.start + p.start, t.end + p.start) for t in found]
    return Words(np.array(rows, WORD), _LEAST * (_JA_STEP if japanese else 1))


@lru_cache(maxsize=100_000)
def _key(word: str) -> int:
    told = hashlib.blake2b(word.casefold().encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(told.digest(), "little")


def _characters(text: str) -> list[Token]:
    return [Token(c, i, i + 1) for i, c in enumerate(text) if c.isalnum()]


@dataclass(frozen=True)
class Run:
    """Words ``x`` (from, to) of text ``a`` that are words ``y`` of text ``b``, with how many are equal."""

    a: int
    b: int
    x: tuple[int, int]
    y: tuple[int, int]
    words: int


def find_reuse(articles: Sequence[Article]) -> tuple[Reuse, ...]:
    """Copied passages between articles, in order of article and place."""
    words = [words_of(a) for a in articles]
    copies = ExactCopies([w.identity for w in words])
    rows = np.concatenate(
        [placed_seeds(words[i].rows["key"], i) for i in copies.firsts] or [np.empty(0, PLACED)]
    )
    pairs = np.concatenate([*shared_seeds(rows), np.empty(0, PAIR)])
    runs = sorted(find_runs(by_texts(pairs), words.__getitem__, copies), key=lambda r: (r.a, r.b))
    return tuple(reuse_of(r, articles.__getitem__, words.__getitem__) for r in runs)


class ExactCopies:
    """Which texts have the same words.

    Parameters
    ----------
    identities: of each text; 0 for a text that is left out.
    """

    def __init__(self, identities: Sequence[int] | NDArray[np.uint64]) -> None:
        known = np.asarray(identities, np.uint64)
        self._order = np.argsort(known, kind="stable")
        self._first = np.searchsorted(known, known, sorter=self._order)
        self._after = np.searchsorted(known, known, side="right", sorter=self._order)
        told = np.flatnonzero(known)
        self.firsts: NDArray[Any] = told[self._order[self._first[told]] == told]

    def of(self, text: int) -> list[int]:
        """All texts with the words of this one, itself among them, in order."""
        found: list[int] = self._order[self._first[text] : self._after[text]].tolist()
        return found


def find_runs(
    meetings: Iterable[Meeting], words: Callable[[int], Words], copies: ExactCopies
) -> Iterator[Run]:
    """Copied runs between texts that share seeds, and between them and their exact copies.

    Parameters
    ----------
    meetings: pairs of those texts that are the first of their words.
    words: gives the words of a text.

    Returns
    -------
    Runs with a < b, those of two texts together and in order of place.
    """
    for first in copies.firsts.tolist():
        yield from _exact_runs(first, words, copies)
    for i, j, seeds, common in meetings:
        if not common or _COPIED * min(len(words(i).rows), len(words(j).rows)) <= len(seeds):
            yield from _runs_of_two(i, j, seeds, words, copies)


def _exact_runs(first: int, words: Callable[[int], Words], copies: ExactCopies) -> Iterator[Run]:
    """Texts of the same words are copies from the first to the last of them."""
    same = copies.of(first)
    whole = (0, len(words(first).rows)) if len(same) > 1 else (0, 0)
    for n, a in enumerate(same if len(same) <= _FEW else same[:1]):
        for b in same[n + 1 :]:
            yield Run(a, b, whole, whole, whole[1])


def _runs_of_two(
    i: int, j: int, seeds: list[tuple[int, int]], words: Callable[[int], Words], copies: ExactCopies
) -> Iterator[Run]:
    """Runs of two texts, told of each of their exact copies unless these are many."""
    same_i, same_j = copies.of(i), copies.of(j)
    if len(same_i) * len(same_j) > _FEW:
        same_i, same_j = [i], [j]
    one, other = words(i), words(j)
    straight = list(_runs(one, other, seeds))
    swapped = straight
    if any(b < a for a in same_i for b in same_j):
        swapped = list(_runs(other, one, [(y, x) for x, y in seeds]))
    for a in same_i:
        for b in same_j:
            for x, y, equal in straight if a < b else swapped:
                yield Run(min(a, b), max(a, b), x, y, equal)


def _runs(
    a: Words, b: Words, seeds: list[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int], int]]:
    in_a, in_b = a.keys, b.keys
    done_a = done_b = -1
    for x, y in sorted(seeds):
        if x < done_a or (x <= done_a and y < done_b):
            continue
        start_x, start_y = _back(in_a, in_b, x, y)
        end_x, end_y, equal = _forward(in_a, in_b, x, y)
        equal += x - start_x
        if equal >= a.least:
            done_a, done_b = end_x, end_y
            yield (start_x, end_x), (start_y, end_y), equal


def _back(a: list[int], b: list[int], x: int, y: int) -> tuple[int, int]:
    while x > 0 and y > 0 and a[x - 1] == b[y - 1]:
        x, y = x - 1, y - 1
    return x, y


def _forward(a: list[int], b: list[int], x: int, y: int) -> tuple[int, int, int]:
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


def _bridge(a: list[int], b: list[int], x: int, y: int) -> tuple[int, int] | None:
    for i, j in _STEPS:
        if a[x + i : x + i + 3] == b[y + j : y + j + 3] and len(a[x + i : x + i + 3]) == 3:
            return i, j
    return None


def reuse_of(run: Run, articles: Callable[[int], Article], words: Callable[[int], Words]) -> Reuse:
    """A run with its words as they stand in the two articles."""
    a, b = articles(run.a), articles(run.b)
    shared = {g.name for g in a.agencies} & {g.name for g in b.agencies}
    sides = _side(a, words(run.a), run.x), _side(b, words(run.b), run.y)
    return Reuse(*sides, run.words, sorted(shared)[0] if shared else None)


def _side(article: Article, words: Words, place: tuple[int, int]) -> Side:
    start, end = int(words.rows["start"][place[0]]), int(words.rows["end"][place[1] - 1])
    return Side(article.id, start, end, article.text[start:end])


class Families:
    """Groups of texts that share text, each named by one of them."""

    def __init__(self) -> None:
        self._parent: dict[Any, Any] = {}

    def join(self, a: Any, b: Any) -> None:
        """Two texts share text."""
        self._parent[self._root(a)] = self._root(b)

    def _root(self, x: Any) -> Any:
        parent = self._parent
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    @property
    def texts(self) -> int:
        """How many texts share text with another."""
        return len(self._parent)

    def groups(self) -> tuple[tuple[Any, ...], ...]:
        """The groups, largest first, each sorted."""
        groups: dict[Any, list[Any]] = defaultdict(list)
        for x in list(self._parent):
            groups[self._root(x)].append(x)
        return tuple(sorted((tuple(sorted(g)) for g in groups.values()), key=lambda g: (-len(g), g)))


def families_of(reuse: Iterable[Reuse]) -> tuple[tuple[str, ...], ...]:
    """Connected groups of articles that share text, largest first, each sorted."""
    families = Families()
    for r in reuse:
        families.join(r.a.report, r.b.report)
    return families.groups()
