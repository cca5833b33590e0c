"""Word families and names as data: find the families that occur in a sentence.

The files in ``rules/words`` hold one table of families per language, ``rules/names.toml`` holds
countries, persons, organisations and materials for all languages. A pattern is one or more words:
``abkommen`` is the word itself, ``abkommen*`` a beginning, ``*abkommen`` an ending, ``*abkommen*``
any word that contains it; ``=US`` keeps its case; a space joins words; ``~`` stands for up to
twelve words between (separable verbs: ``kündig* ~ an``); a leading ``-`` takes words out again.
Japanese patterns are plain strings, for the language writes no spaces.

Every word is classified once and remembered, so a sentence costs one look-up a word: no pattern
can backtrack, whatever the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, pairwise
from typing import Any, NamedTuple

from ytterby.catalog.countries import country_codes, country_name, is_country

LANGUAGES = ("de", "en", "fr", "ja")
_WORD = re.compile(r"[^\W_]+")
_GAP = 12  # words that may stand between the parts of a separable verb
_LONGEST_WORD = 80  # longer runs of letters are no words; they are not classified


class Hit(NamedTuple):
    """A family found: characters ``start``..``end`` and words ``first``..``last`` of the sentence."""

    family: str
    start: int
    end: int
    first: int
    last: int


class Token(NamedTuple):
    """One word of a sentence and where it stands."""

    text: str
    start: int
    end: int


def read_rules(*parts: str) -> dict[str, Any]:
    """Read one of the package's own rule files."""
    path = files("ytterby.evidence").joinpath("rules", *parts)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def tokens_of(text: str) -> list[Token]:
    """Split a text into words; hyphens and apostrophes part words ("US-Präsident" is two)."""
    return [Token(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


@dataclass
class _Elements:
    """Word patterns, sorted by shape so that a word is classified with few look-ups."""

    exact: dict[str, set[int]] = field(default_factory=dict)
    cased: dict[str, set[int]] = field(default_factory=dict)
    prefix: dict[str, set[int]] = field(default_factory=dict)
    suffix: dict[str, set[int]] = field(default_factory=dict)
    inside: dict[str, set[int]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def add(self, pattern: str) -> int:
        number = self.ids.setdefault(pattern, len(self.ids))
        core = pattern.strip("*").casefold()
        if pattern.startswith("="):
            self.cased.setdefault(pattern[1:], set()).add(number)
        elif pattern.startswith("*") and pattern.endswith("*"):
            self.inside.setdefault(core, set()).add(number)
        elif pattern.startswith("*"):
            self.suffix.setdefault(core, set()).add(number)
        elif pattern.endswith("*"):
            self.prefix.setdefault(core, set()).add(number)
        else:
            self.exact.setdefault(core, set()).add(number)
        return number

    def classify(self, word: str) -> frozenset[int]:
        if len(word) > _LONGEST_WORD:
            return frozenset()
        low = word.casefold()
        found = set(self.exact.get(low, ())) | set(self.cased.get(word, ()))
        for cut in range(1, len(low) + 1):
            found.update(self.prefix.get(low[:cut], ()))
            found.update(self.suffix.get(low[-cut:], ()))
        for part, numbers in self.inside.items():
            if part in low:
                found.update(numbers)
        return frozenset(found)


class Matcher:
    """Finds the families of one language in a sentence."""

    def __init__(self, families: Mapping[str, Iterable[str]], *, spaced: bool = True) -> None:
        self.spaced = spaced
        self._elements = _Elements()
        self._single: dict[int, set[str]] = {}
        self._banned: dict[int, set[str]] = {}
        self._phrases: dict[int, list[tuple[tuple[int, ...], str]]] = {}
        self._strings: dict[str, list[tuple[str, str]]] = {}  # by the first two characters
        for family, patterns in families.items():
            for pattern in patterns:
                self._add(family, pattern)
        self._classify = lru_cache(maxsize=65536)(self._elements.classify)
        self.scan = lru_cache(maxsize=64)(self._scan)  # a sentence is asked for more than once

    def _add(self, family: str, pattern: str) -> None:
        if not self.spaced:
            self._strings.setdefault(pattern[:2], []).append((pattern, family))
            return
        if pattern.startswith("-"):
            self._banned.setdefault(self._elements.add(pattern[1:]), set()).add(family)
            return
        numbers = tuple(-1 if w == "~" else self._elements.add(w) for w in pattern.split())
        if len(numbers) == 1:
            self._single.setdefault(numbers[0], set()).add(family)
        else:
            self._phrases.setdefault(numbers[0], []).append((numbers[1:], family))

    def _scan(self, text: str) -> tuple[Hit, ...]:
        """All families that occur in ``text``, in order of appearance."""
        return tuple(self._scan_words(text) if self.spaced else self._scan_strings(text))

    def _scan_strings(self, text: str) -> list[Hit]:
        hits = []
        starts = {*text, *map("".join, pairwise(text))}  # a look at each string took a tenth of all reading
        for string, family in chain.from_iterable(self._strings.get(start, ()) for start in starts):
            at = text.find(string)
            while at >= 0:
                if not (string.isascii() and _within_letters(text, at, at + len(string))):
                    hits.append(Hit(family, at, at + len(string), at // 2, (at + len(string) - 1) // 2))
                at = text.find(string, at + len(string))
        return sorted(_outermost(hits), key=lambda h: (h.start, -h.end, h.family))

    def _scan_words(self, text: str) -> list[Hit]:
        tokens = tokens_of(text)
        classes = [self._classify(t.text) for t in tokens]
        hits: list[Hit] = []
        for i, numbers in enumerate(classes):
            if not numbers:
                continue
            families = self._families_of(numbers)
            hits += [Hit(family, tokens[i].start, tokens[i].end, i, i) for family in families]
            for number in numbers:
                for rest, family in self._phrases.get(number, ()):
                    last = _follow(classes, i, rest)
                    if last is not None:
                        hits.append(Hit(family, tokens[i].start, tokens[last].end, i, last))
        return sorted(hits, key=lambda h: (h.start, -h.end, h.family))

    def _families_of(self, numbers: frozenset[int]) -> set[str]:
        found: set[str] = set()
        banned: set[str] = set()
        for number in numbers:
            found |= self._single.get(number, set())
            banned |= self._banned.get(number, set())
        return found - banned


def _within_letters(text: str, start: int, end: int) -> bool:
    """Whether Latin letters go on before or behind: GM is no company inside JOGMEC."""
    around = text[start - 1 : start] + text[end : end + 1] if start else text[end : end + 1]
    return any(sign.isascii() and sign.isalpha() for sign in around)


def _outermost(hits: list[Hit]) -> list[Hit]:
    """Drop a country inside the name of another (インド in インドネシア)."""
    countries = [h for h in hits if h.family.startswith("country:")]
    return [
        h
        for h in hits
        if h not in countries
        or not any(
            o.start <= h.start
            and h.end <= o.end
            and o.end - o.start > h.end - h.start
            and o.family != h.family
            for o in countries
        )
    ]


def _follow(classes: list[frozenset[int]], at: int, rest: tuple[int, ...]) -> int | None:
    """Index of the last word of a phrase that goes on after word ``at``, or None."""
    gap = False
    for number in rest:
        if number == -1:
            gap = True
            continue
        stop = min(len(classes), at + 2 + (_GAP if gap else 0))
        step = next((j for j in range(at + 1, stop) if number in classes[j]), None)
        if step is None:
            return None
        at, gap = step, False
    return at


def _flatten(table: Mapping[str, object], language: str) -> dict[str, list[str]]:
    """Names of one group as families ``group:name``; Japanese patterns only for Japanese."""
    families: dict[str, list[str]] = {}
    for group, entries in table.items():
        if not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            patterns = entry.get("ja", []) if language == "ja" else entry.get("words", [])
            families[f"{group}:{name}"] = list(patterns)
    return families


_SHORTEST_JA = 4  # マリ also stands inside サマリウム
_LOOKALIKES = {
    "COG",
    "GEO",
    "JEY",
    "TCD",
    "IMN",
}  # their names mean others more often (Georgia, Chad)


def _further_countries(known: set[str]) -> dict[str, dict[str, object]]:
    """Countries that the names file does not describe, by their plain names in the catalog."""
    further: dict[str, dict[str, object]] = {}
    for code in country_codes():
        if code not in known | _LOOKALIKES and is_country(code):
            spelled = [" ".join(_WORD.findall(country_name(code, lang))).casefold() for lang in LANGUAGES[:3]]
            plain = [name for name in dict.fromkeys(spelled) if name]
            further[code] = {
                "words": [*plain, *(name + "s" for name in plain)],
                "ja": [name for name in [country_name(code, "ja")] if len(name) >= _SHORTEST_JA],
            }
    return further


@cache
def names() -> dict[str, dict[str, dict[str, object]]]:
    """Countries, persons, sources, agencies, materials and uses, as read from the rule files."""
    table: dict[str, dict[str, dict[str, object]]] = read_rules("names.toml")
    table["country"] |= _further_countries(set(table["country"]))
    forms: dict[str, list[str]] = read_rules("layout.toml")["agencies"]
    table["agency"] = {
        name: {
            "words": [" ".join("=" + word for word in _WORD.findall(form)) for form in written],
            "ja": written,
        }
        for name, written in forms.items()
    }
    return table


@cache
def matcher(language: str) -> Matcher:
    """The matcher of one language; a language without rules gets names only."""
    families = _flatten(names(), language)
    if language in LANGUAGES:
        words = read_rules("words", f"{language}.toml")
        families |= {k: list(v) for k, v in words.items() if isinstance(v, list)}
    return Matcher(families, spaced=language != "ja")
