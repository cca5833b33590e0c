"""Persons and bodies that no list names: an office, a kind of body or a verb of saying makes a source of one.

"Trade Commissioner Ilse Verhoeven", "der Zulieferer Marwede", "said Amelia Harlow". Later sentences may
use the family name alone. Names in Japanese script stay as written: their reading cannot be told from
the text. The patterns are data: ``rules/people.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from ytterby.evidence.lexicon import read_rules

SourceKind = Literal["person", "company", "government"]
_CAP = r"[A-ZÄÖÜÉÈŠŽČ][a-zäöüßéèêëïôçñáíóúãõšžčćł]+(?:-[A-ZÄÖÜÉ]?[a-zäöüßéèêëïôç]+)?"
_FULL = rf"(?P<name>{_CAP}(?:\s(?:[A-Z]\.\s)?(?:von |van |de |da |al |der |den )?{_CAP}){{1,2}})"
_BODY = r"[A-ZÄÖÜÉ][\w&-]{1,30}"
_NAME = rf"(?P<name>{_BODY}(?:\s{_BODY}){{0,2}})"
_MOST_KNOWN = 200  # people of one article; each is looked for in every later sentence
_JAPANESE = re.compile(
    r"(?<![一-龠々])(?P<name>[一-龠々]{3,5}?)(?:経済産業相|経産相|外相|財務相|防衛相|環境相|官房長官|首相|大統領|報道官|社長|会長)"
)
_GENITIVE = 5  # letters of a German name from which a final s behind "des" is its ending
_SHORT_NAME = 3  # a family name of fewer letters stands inside too many words


class Source(NamedTuple):
    """A person or body found in a sentence, and where."""

    name: str
    type: SourceKind
    start: int
    end: int


class _People(NamedTuple):
    patterns: tuple[tuple[SourceKind, re.Pattern[str]], ...]
    not_names: frozenset[str]


@cache
def _people(language: str) -> _People | None:
    tables = read_rules("people.toml")
    if language not in tables:
        return None
    table, last_words = tables[language], "|".join(str(tables["last_words"]).split())
    rows: tuple[tuple[SourceKind, str], ...] = (
        ("person", table["offices"]), ("person", table["before"]), ("person", table["behind"]),
        ("government", table["government"]), ("company", table["companies"]),
        ("company", rf"(?P<whole>(?:{_BODY}\s){{1,3}}(?:{last_words}))\b"),
    )  # fmt: skip
    named = ((kind, p.replace("<name>", _NAME).replace("<full>", _FULL)) for kind, p in rows)
    filled = ((kind, p.replace("<whole>", "<name>")) for kind, p in named)
    return _People(tuple((kind, re.compile(p)) for kind, p in filled), frozenset(table["not_names"].split()))


def find_sources(text: str, language: str, known: dict[str, str]) -> Iterator[Source]:
    """Sources that an office, a kind of body or a verb introduces, and known family names.

    Parameters
    ----------
    known: family name -> full name from earlier sentences; new ones are added.
    """
    if language == "ja":
        yield from (Source(m["name"], "person", *m.span("name")) for m in _JAPANESE.finditer(text))
    people = _people(language)
    if people is None:
        return
    taken: list[tuple[int, int]] = []
    for kind, pattern in people.patterns:
        for m in pattern.finditer(text):
            name = _plain(m["name"], people.not_names)
            if language == "de" and text[: m.start("name")].endswith("des ") and len(name) > _GENITIVE:
                name = name.removesuffix("s")
            free = not any(start < m.end("name") and m.start("name") < end for start, end in taken)
            if name and free and (kind != "person" or " " in name):
                taken.append(m.span("name"))
                if kind == "person":
                    known[name.split()[-1]] = name
                    if len(known) > _MOST_KNOWN:
                        del known[next(iter(known))]
                yield Source(name, kind, m.start("name"), m.start("name") + len(name))
    yield from _again(text, known)


def _plain(name: str, not_names: frozenset[str]) -> str:
    """The words of a name up to the first that belongs to no name; "" where it begins with one."""
    words = name.split()
    stop = next((i for i, word in enumerate(words) if word.casefold() in not_names), len(words))
    return " ".join(words[:stop])


def _again(text: str, known: dict[str, str]) -> Iterator[Source]:
    for family, full in known.items():
        at = text.find(family) if len(family) >= _SHORT_NAME and full not in text else -1
        if at >= 0 and not text[at + len(family) : at + len(family) + 1].isalpha():
            yield Source(full, "person", at, at + len(family))
