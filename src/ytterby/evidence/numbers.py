"""Numbers, units and currencies in German, English, French and Japanese text.

A number is found by one pattern, read by the rules of its language (German ``472,51``, English
``472.51``, French ``1 234,5``, Japanese ``5500億``), and looked at together with what stands
directly before and behind it. Values come out in base units; a percentage of 15 is 15.0.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from ytterby.evidence.lexicon import read_rules

_DIGITS = r"\d{1,15}(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d{1,6})?"
_CURRENCY_BEFORE = r"(?:US\$|A\$|AU\$|C\$|[$€¥£￥＄]|USD|EUR|AUD|JPY)"
_CHANGE = re.compile(r"\b(?:auf|to|à|au)\b|から|より")  # a change; "20 bis 30" is a range
_SPACE = r"[ \u00a0\u202f]?"


@dataclass(frozen=True)
class Number:
    """A number as it stands in a sentence: value, unit, qualifier, role and place.

    ``value`` is None where the text only says "a large part".
    """

    value: float | None
    unit: str
    start: int
    end: int
    qualifier: str = "exact"
    role: str = "amount"


@dataclass(frozen=True)
class _Grammar:
    number: re.Pattern[str]
    words: dict[str, float]
    scales: list[tuple[str, float]]
    scale_starts: frozenset[str]
    units: list[tuple[re.Pattern[str], str]]
    qualifiers: list[tuple[re.Pattern[str], str]]
    qualified: re.Pattern[str]
    factors: list[tuple[re.Pattern[str], float]]
    fractions: list[tuple[re.Pattern[str], float]]
    vague: list[tuple[re.Pattern[str], str]]
    pair: re.Pattern[str]
    decimal: str


@cache
def _grammar(language: str) -> _Grammar:
    table = read_rules("numbers.toml")[language if language in ("de", "en", "fr", "ja") else "en"]
    words: dict[str, float] = table["words"]
    alternatives = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    flags = re.IGNORECASE
    spelled = rf"|\b(?P<word>{alternatives})\b" if words else ""
    number = rf"(?:(?P<sign>{_CURRENCY_BEFORE}){_SPACE})?(?<![\d.,])(?P<digits>{_DIGITS}){spelled}"
    return _Grammar(
        number=re.compile(number, flags),
        words=words,
        scales=[(s.casefold(), f) for s, f in sorted(table["scales"].items(), key=lambda x: -len(x[0]))],
        scale_starts=frozenset(s.casefold()[:1] for s in table["scales"]),
        units=[(re.compile(p, flags), u) for p, u in table["units"]],
        qualifiers=[(re.compile(rf"(?:{p})\W{{0,2}}$", flags), q) for p, q in table["qualifiers"]],
        qualified=re.compile(
            rf"(?:{'|'.join(p for p, _ in table['qualifiers']) or '(?!)'})\W{{0,2}}$", flags
        ),
        factors=[(re.compile(p, flags), f) for p, f in table["factors"]],
        fractions=[(re.compile(p, flags), f) for p, f in table.get("fractions", [])],
        vague=[(re.compile(p, flags), q) for p, q in table["vague"]],
        pair=re.compile(table["pair"], flags),
        decimal=table["decimal"],
    )


def read_number(digits: str, decimal: str) -> float:
    """Read digits whose decimal sign is ``decimal``; the other sign groups thousands."""
    plain = unicodedata.normalize("NFKC", digits).replace(" ", "").replace("'", "").replace("’", "")
    other = "," if decimal == "." else "."
    if other in plain and decimal not in plain and not re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+", plain):
        plain = plain.replace(other, decimal)  # "6.5" in a German text is no thousand
    plain = plain.replace(other, "").replace(decimal, ".")
    return float(plain) if plain.count(".") <= 1 else float(plain.replace(".", ""))


_GDP_BEFORE = re.compile(r"(?:GDP|ＧＤＰ|国内総生産|[)）])(?:[)）])?(?:比|の)(?:で)?$")
_SIGNS = {"$": "USD", "＄": "USD", "US$": "USD", "USD": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP"}
_SIGNS |= {"¥": "JPY", "￥": "JPY", "JPY": "JPY", "A$": "AUD", "AU$": "AUD", "AUD": "AUD", "C$": "CAD"}


@lru_cache(maxsize=64)  # a sentence is asked for by its scene, and by the gate for each of its numbers
def find_numbers(text: str, language: str) -> tuple[Number, ...]:
    """All numbers with a unit in a sentence, in order.

    Parameters
    ----------
    text: one sentence; offsets of the result count in it.
    language: ISO 639-1; decides decimal sign, scale words and units.
    """
    grammar = _grammar(language)
    found = _measured(text, grammar)
    found += [
        Number(factor, "ratio", m.start(), m.end(), role="factor_to_baseline")
        for pattern, factor in grammar.factors
        for m in pattern.finditer(text)
    ]
    found += [
        Number(None, "qualitative", m.start(), m.end(), qualifier)
        for pattern, qualifier in grammar.vague
        for m in pattern.finditer(text)
    ]
    found += _fractions(text, found, grammar)
    return tuple(sorted(_by_year(text, _by_kilogram(text, found)), key=lambda n: (n.start, n.end)))


_YEARLY = re.compile(
    r"\b(?:jährlich|pro Jahr|im Jahr(?! \d)|annually|per year|every year"
    r"|a year(?! (?:ago|earlier|later|before))"
    r"|par an|chaque année)\b|年間|年産|毎年|(?<![\d０-９])年(?=[\d０-９])",
    re.IGNORECASE,
)
_YEARLY_REACH = 45  # characters between tonnes and "a year"


def _by_year(text: str, found: list[Number]) -> list[Number]:
    """Of "1,500 tonnes of magnets a year": the tonnes are tonnes per year."""
    rates = [m.span() for m in _YEARLY.finditer(text)]

    def near(n: Number) -> bool:
        return any(start - n.end <= _YEARLY_REACH and n.start - end <= _YEARLY_REACH for start, end in rates)

    return [replace(n, unit="tonne_per_year") if n.unit == "tonne" and near(n) else n for n in found]


def _fractions(text: str, found: list[Number], grammar: _Grammar) -> list[Number]:
    """Of "two thirds": percent of the whole, where no other number stands there."""
    hits = [(m, value) for pattern, value in grammar.fractions for m in pattern.finditer(text)]
    free = [h for h in hits if not any(n.start < h[0].end() and h[0].start() < n.end for n in found)]
    taken: list[Number] = []
    for m, value in free:
        if not any(n.start < m.end() and m.start() < n.end for n in taken):
            taken.append(Number(value, "percent", m.start(), m.end()))
    return taken


_KILOGRAM = re.compile(
    r"\b(?:ein|je|pro|a|per|one|le|par|un|du)\s(?:Kilogramm|Kilo|kg|kilogram(?:me)?)\b"
    r"|(?:キロ|kg)(?:グラム)?(?:当たり|あたり|につき)",
    re.IGNORECASE,
)
_DEAREST = 1e6  # dollars; no metal costs more a kilogram


def _by_kilogram(text: str, found: list[Number]) -> list[Number]:
    """Of "a kilogram costs 230 dollars": the dollars are dollars per kilogram."""
    if not _KILOGRAM.search(text):
        return found
    return [
        replace(n, unit="USD_per_kg") if n.unit == "USD" and (n.value or _DEAREST) < _DEAREST else n
        for n in found
    ]


def _measured(text: str, grammar: _Grammar) -> list[Number]:
    raw = [_one(text, m, grammar) for m in grammar.number.finditer(text)]
    found: list[Number] = []
    for i, number in enumerate(raw):
        if found and number.start < found[-1].end:
            continue  # already read as the second part of 1兆2000億
        following = raw[i + 1] if i + 1 < len(raw) else None
        pair = following and grammar.pair.fullmatch(text[number.end : following.start])
        if pair and following is not None and following.unit and not _is_year(number):
            unit = number.unit or following.unit
            number = Number(_rescaled(number, following), unit, number.start, number.end, number.qualifier)
        if number.unit:
            found.append(number)
    return _with_pair_roles(text, found, grammar)


def _is_year(number: Number) -> bool:
    """A bare 1900 to 2100 is a year: "bis 2026 auf 2 Prozent" is no change from 2026."""
    return not number.unit and number.value is not None and 1900 <= number.value <= 2100


def _rescaled(number: Number, following: Number) -> float | None:
    """Value of the bare first number of "20 to 30 billion dollars"."""
    money = following.unit in ("USD", "EUR", "JPY", "AUD") and following.value and number.value
    if number.unit or not money or following.value is None or number.value is None:
        return number.value
    scale = max((s for s in (1e12, 1e9, 1e6) if following.value >= s), default=1.0)
    return number.value * scale if number.value < 1000 else number.value


def _with_pair_roles(text: str, found: list[Number], grammar: _Grammar) -> list[Number]:
    roles = ["amount"] * len(found)
    for i in range(len(found) - 1):
        same = found[i].unit == found[i + 1].unit
        if same and grammar.pair.fullmatch(text[found[i].end : found[i + 1].start]):
            change = _CHANGE.search(text[found[i].end : found[i + 1].start])
            roles[i : i + 2] = ("from", "to") if change else ("low", "high")
    return [
        Number(n.value, n.unit, n.start, n.end, n.qualifier, r) for n, r in zip(found, roles, strict=True)
    ]


def _one(text: str, match: re.Match[str], grammar: _Grammar) -> Number:
    spelled = match.groupdict().get("word")
    value = grammar.words[spelled.casefold()] if spelled else read_number(match["digits"], grammar.decimal)
    end = match.end()
    factor, end = _scale(text, end, grammar)
    value *= factor
    if factor > 1:
        value, end = _further_parts(text, value, end, grammar)
    unit, end = _unit(text, end, grammar)
    if unit == "tenths":  # 9割 is nine tenths
        value, unit = value * 10, "percent"
    sign = match["sign"]
    if sign and not unit.startswith(("USD", "EUR", "JPY", "AUD")):
        unit = _SIGNS.get(sign.upper(), "USD")
    before = text[max(0, match.start() - 24) : match.start()]
    if unit == "percent" and _GDP_BEFORE.search(before):
        unit = "percent_of_gdp"
    qualifier = "exact"
    if grammar.qualified.search(before):  # most numbers have none; each pattern by itself costs more
        qualifier = next(q for p, q in grammar.qualifiers if p.search(before))
    return Number(round(value, 6), unit, match.start(), end, qualifier)


def _scale(text: str, at: int, grammar: _Grammar) -> tuple[float, int]:
    rest = text[at : at + 16]
    stripped = rest.lstrip(" \u00a0\u202f-").casefold()
    if stripped[:1] not in grammar.scale_starts:
        return 1.0, at
    skip = len(rest) - len(rest.lstrip(" \u00a0\u202f-"))
    for word, factor in grammar.scales:
        follows = stripped[len(word) : len(word) + 1]
        if stripped.startswith(word) and not (word[-1:].isascii() and word.isalpha() and follows.isalpha()):
            return factor, at + skip + len(word)
    return 1.0, at


def _further_parts(text: str, value: float, end: int, grammar: _Grammar) -> tuple[float, int]:
    """Go on reading after a scale: 1兆2000億 is one number."""
    while (m := re.match(r"[\d０-９][\d０-９,，]{0,12}", text[end : end + 16])) is not None:
        factor, stop = _scale(text, end + m.end(), grammar)
        if factor <= 1 or factor >= value:
            break
        value, end = value + read_number(m.group(), ".") * factor, stop
    return value, end


def _unit(text: str, at: int, grammar: _Grammar) -> tuple[str, int]:
    for pattern, unit in grammar.units:
        if m := pattern.match(text, at):
            return unit, m.end()
    return "", at
