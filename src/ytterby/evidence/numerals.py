"""Bare numbers in four languages: digits, words and scales ("1.200", "anderthalb Milliarden", 1兆2000億).

What a number counts stands in :mod:`ytterby.evidence.numbers`; here only its value is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ytterby.evidence.lexicon import read_rules

_DIGITS = r"\d{1,15}(?:[.,，'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,．]\d{1,6})?"
_CURRENCY_BEFORE = r"(?:US\$|A\$|AU\$|C\$|CA\$|[$€¥£￥＄]|USD|EUR|AUD|JPY|CNY|INR|Rs\.?|RMB)"
_SPACE = r"[ \u00a0\u202f]?"
_NUMBER = re.compile(
    rf"(?:(?P<sign>{_CURRENCY_BEFORE}){_SPACE})?(?<![\d.,])(?P<digits>{_DIGITS})|(?P<word>[^\W\d_]+)",
    re.IGNORECASE,
)
_SCALE_REACH = 16  # characters between a number and the end of its scale
_LONGEST_PHRASE = 4  # words of "one and a half"


@dataclass(frozen=True)
class Numeral:
    """A bare number: its value with and without scale, a currency sign before it, its place."""

    value: float
    scale: float
    sign: str
    start: int
    end: int


@dataclass(frozen=True)
class NumeralGrammar:
    """How one language writes numbers."""

    decimal: str
    words: dict[str, float]
    scaled: dict[str, float]  # a number only before a scale or a unit of time: "eine Milliarde", "ein Jahr"
    one_of: re.Pattern[str]  # those units
    scales: list[tuple[str, float]]
    heads: frozenset[str]  # first words of all that is spelled out
    scale_heads: frozenset[str]  # first letters of the scales

    def word(self, text: str) -> float | None:
        """Value of a number word or of plain digits, None for any other word."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        if plain.isnumeric() and len(plain) == 1:
            return unicodedata.numeric(plain)
        if plain.isdecimal():
            return float(plain)
        return self.words.get(plain, self.scaled.get(plain))


@cache
def numeral_grammar(language: str) -> NumeralGrammar:
    """The grammar of a language; English for one without rules."""
    tables = read_rules("numbers.toml")
    table = tables.get(language, tables["en"])
    words = {w.casefold(): float(v) for w, v in table["words"].items()} | _compounds(table)
    scaled = {w.casefold(): float(v) for w, v in table.get("scaled", {}).items()}
    scales = sorted(table["scales"].items(), key=lambda row: -len(row[0]))
    return NumeralGrammar(
        decimal=table["decimal"],
        words=words,
        scaled=scaled,
        one_of=re.compile(table.get("one_of", "(?!)"), re.IGNORECASE),
        scales=[(s.casefold(), f) for s, f in scales],
        scale_heads=frozenset(s[0].casefold() for s, _ in scales),
        heads=frozenset(re.split(r"[\s-]", w)[0] for w in (*words, *scaled)),
    )


def _compounds(table: dict[str, dict[str, float]]) -> dict[str, float]:
    """Of twenty and five: "twenty-five", "fünfundzwanzig", by the pattern of the language."""
    pattern = str(table.get("compound", ""))
    units = [(w, v) for w, v in {"ein": 1, **table["words"]}.items() if v < 10] if pattern else []
    return {
        pattern.format(ten=ten, unit=unit).casefold(): value + v
        for ten, value in table.get("tens", {}).items()
        for unit, v in units
    } | {ten.casefold(): float(value) for ten, value in table.get("tens", {}).items()}


def read_number(digits: str, decimal: str) -> float:
    """Read digits whose decimal sign is ``decimal``; the other sign groups thousands."""
    plain = unicodedata.normalize("NFKC", digits).replace(" ", "").replace("'", "").replace("’", "")
    other = "," if decimal == "." else "."
    if other in plain and decimal not in plain and not re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+", plain):
        plain = plain.replace(other, decimal)  # "6.5" in a German text is no thousand
    plain = plain.replace(other, "").replace(decimal, ".")
    return float(plain) if plain.count(".") <= 1 else float(plain.replace(".", ""))


def find_numerals(text: str, language: str) -> Iterator[Numeral]:
    """All bare numbers of a text, none inside another, in one pass."""
    grammar = numeral_grammar(language)
    end = 0
    for match in _NUMBER.finditer(text):
        if match.start() < end:
            continue
        word = match["word"]
        if word is not None and word.casefold() not in grammar.heads:
            continue
        found = _spelled(text, match, grammar) if word else _written(text, match, grammar)
        if found is not None:
            end = found.end
            yield found


def _written(text: str, match: re.Match[str], grammar: NumeralGrammar) -> Numeral:
    value = read_number(match["digits"], grammar.decimal)
    scale, end = _scale(text, match.end(), grammar)
    value, end = _further_parts(text, value * scale, scale, end, grammar)
    return Numeral(value, scale, (match["sign"] or "").upper(), match.start(), end)


def _spelled(text: str, match: re.Match[str], grammar: NumeralGrammar) -> Numeral | None:
    """A number in words, the longest that stands here."""
    ends = [m.end() for m in re.finditer(r"[^\W\d_]+", text[match.start() : match.start() + 40])]
    for end in reversed(ends[:_LONGEST_PHRASE]):
        phrase = text[match.start() : match.start() + end].casefold()
        scale, stop = _scale(text, match.start() + end, grammar)
        counts = scale > 1 or grammar.one_of.match(text, match.start() + end) is not None
        value = grammar.words.get(phrase, grammar.scaled.get(phrase) if counts else None)
        if value is not None:
            return Numeral(value * scale, scale, "", match.start(), stop)
    return None


def _scale(text: str, at: int, grammar: NumeralGrammar) -> tuple[float, int]:
    """Factor of the scale words behind a number, which may follow each other (5千万)."""
    factor = 1.0
    while (found := _one_scale(text, at, grammar)) is not None and factor < 1e12:
        factor, at = factor * found[0], found[1]
        if text[at - 1].isascii():
            break
    return factor, at


def _one_scale(text: str, at: int, grammar: NumeralGrammar) -> tuple[float, int] | None:
    rest = text[at : at + _SCALE_REACH]
    stripped = rest.lstrip(" \u00a0\u202f-").casefold()
    if stripped[:1] not in grammar.scale_heads:
        return None
    skip = len(rest) - len(rest.lstrip(" \u00a0\u202f-"))
    for word, factor in grammar.scales:
        follows = stripped[len(word) : len(word) + 1]
        whole = not (word[-1:].isascii() and word[-1:].isalpha() and follows.isalpha())
        if stripped.startswith(word) and whole:
            return factor, at + skip + len(word)
    return None


def _further_parts(
    text: str, value: float, factor: float, end: int, grammar: NumeralGrammar
) -> tuple[float, int]:
    """Go on reading after a scale: 1兆2000億 and 1万5200 are one number each."""
    while factor > 1 and not text[end - 1].isascii():
        m = re.match(r"[\d０-９][\d０-９,，]{0,12}", text[end : end + _SCALE_REACH])
        if m is None:
            break
        further, stop = _scale(text, end + m.end(), grammar)
        part = read_number(m.group(), ".") * further
        if further >= factor or part >= factor:
            break
        value, end, factor = value + part, stop, further
    return value, end
