"""Numbers, units and currencies in German, English, French and Japanese text.

A number is read by :mod:`ytterby.evidence.numerals` and looked at together with what stands directly
before and behind it. Values come out in base units: a percentage of 15 is 15.0, 12 kt are 12,000 t, a
price per tonne is given per kilogram, the one unit of price that claims have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from ytterby.evidence.lexicon import read_rules
from ytterby.evidence.numerals import Numeral, find_numerals, numeral_grammar, read_number

__all__ = ["MONEY", "Number", "find_numbers", "read_number"]

MONEY = frozenset({"USD", "EUR", "JPY", "AUD", "GBP", "CAD", "CNY", "INR", "KRW", "NOK", "SEK", "CHF"})
_CHANGE = re.compile(r"\b(?:auf|to|à|au)\b|から|より")  # a change; "20 bis 30" is a range
_FROM_BEHIND = re.compile(
    r"\s?(?:from|von|de|nach zuvor|after|contre)\s(?:about\s|rund\s)?[$€]?", re.IGNORECASE
)
_SMALL = 1000  # a bare number below it shares the scale of the number that it is paired with


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
    units: list[tuple[re.Pattern[str], str, float]]
    qualifiers: list[tuple[re.Pattern[str], str]]
    qualifiers_behind: list[tuple[re.Pattern[str], str]]
    factors: list[tuple[re.Pattern[str], float]]
    fractions: list[tuple[re.Pattern[str], float]]
    denominators: dict[str, float]
    parts: list[re.Pattern[str]]
    multiples: list[re.Pattern[str]]
    ordinals: list[tuple[re.Pattern[str], float]]
    vague: list[tuple[re.Pattern[str], str]]
    pair: re.Pattern[str]


@cache
def _grammar(language: str) -> _Grammar:
    tables = read_rules("numbers.toml")
    table = tables.get(language, tables["en"])
    flags = re.IGNORECASE
    denominators = {str(w).casefold(): float(v) for w, v in table["denominators"].items()}
    either = "|".join(sorted(map(re.escape, denominators), key=len, reverse=True)) or "(?!)"
    return _Grammar(
        units=[
            (re.compile(row[0], flags), row[1], float(row[2]) if len(row) > 2 else 1.0)
            for row in table["units"]
        ],
        qualifiers=[(re.compile(rf"(?:{p})\W{{0,2}}$", flags), q) for p, q in table["qualifiers"]],
        qualifiers_behind=[
            (re.compile(rf"\W{{0,1}}(?:{p})", flags), q) for p, q in table["qualifiers_behind"]
        ],
        factors=[(re.compile(p, flags), f) for p, f in table["factors"]],
        fractions=[(re.compile(p, flags), f) for p, f in table["fractions"]],
        denominators=denominators,
        parts=[re.compile(p.replace("<denominators>", either), flags) for p in table["parts"]],
        multiples=[re.compile(p, flags) for p in table["multiples"]],
        ordinals=[(re.compile(p, flags), float(n)) for p, n in table["ordinals"]],
        vague=[(re.compile(p, flags), q) for p, q in table["vague"]],
        pair=re.compile(table["pair"], flags),
    )


_GDP_BEFORE = re.compile(r"(?:GDP|ＧＤＰ|国内総生産|[)）])(?:[)）])?(?:比|の)(?:で)?$")
_SIGNS = {"$": "USD", "＄": "USD", "US$": "USD", "USD": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP"}
_SIGNS |= {"¥": "JPY", "￥": "JPY", "JPY": "JPY", "A$": "AUD", "AU$": "AUD", "AUD": "AUD", "C$": "CAD"}
_SIGNS |= {"CA$": "CAD", "CNY": "CNY", "RMB": "CNY", "INR": "INR", "RS": "INR", "RS.": "INR"}


@lru_cache(maxsize=256)  # a sentence is asked for by its scene, and by the gate for each of its numbers
def find_numbers(text: str, language: str) -> tuple[Number, ...]:
    """All numbers with a unit in a sentence, in order.

    Parameters
    ----------
    text: one sentence; offsets of the result count in it.
    language: ISO 639-1; decides decimal sign, scale words and units.
    """
    grammar = _grammar(language)
    found = _measured(text, language, grammar)
    found += [
        Number(factor, "ratio", m.start(), m.end(), role="factor_to_baseline")
        for pattern, factor in grammar.factors
        for m in pattern.finditer(text)
    ]
    found += _multiples(text, language, grammar)
    found += [
        Number(rank, "ordinal", m.start(), m.end(), role="rank")
        for pattern, rank in grammar.ordinals
        for m in pattern.finditer(text)
    ]
    found += [
        Number(None, "qualitative", m.start(), m.end(), qualifier)
        for pattern, qualifier in grammar.vague
        for m in pattern.finditer(text)
    ]
    found = _fractions(text, language, found, grammar)
    return tuple(
        sorted(_by_year(text, _same_price(text, _by_mass(text, found))), key=lambda n: (n.start, n.end))
    )


_YEARLY = re.compile(
    r"\b(?:jährlich|pro Jahr|im Jahr(?! \d)|annually|per year|every year"
    r"|a year(?! (?:ago|earlier|later|before))"
    r"|par an|chaque année|annual (?:capacity|output|production)|jahres(?:kapazität|produktion)"
    r"|(?:capacité|production) annuelle)\b|年間|年産|毎年|(?<![\d０-９])年(?=[\d０-９])",
    re.IGNORECASE,
)
_YEARLY_REACH = 45  # characters between tonnes and "a year"


def _by_year(text: str, found: list[Number]) -> list[Number]:
    """Of "1,500 tonnes of magnets a year": the tonnes are tonnes per year."""
    rates = [m.span() for m in _YEARLY.finditer(text)]

    def near(n: Number) -> bool:
        return any(start - n.end <= _YEARLY_REACH and n.start - end <= _YEARLY_REACH for start, end in rates)

    return [replace(n, unit="tonne_per_year") if n.unit == "tonne" and near(n) else n for n in found]


def _multiples(text: str, language: str, grammar: _Grammar) -> list[Number]:
    """Of "fivefold" and 1.5倍: a factor to what it was before; "divided by three" is its inverse."""
    numerals = numeral_grammar(language)
    found: list[Number] = []
    for pattern in grammar.multiples:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            value = numerals.word(parts["n"] or "") if "n" in parts else None
            if value is None and (parts.get("n") or "")[:1].isdigit():
                value = read_number(parts["n"] or "", numerals.decimal)
            if value:
                value = round(1 / value, 6) if parts.get("down") else value
                found.append(Number(value, "ratio", m.start(), m.end(), role="factor_to_baseline"))
    return found


def _fractions(text: str, language: str, found: list[Number], grammar: _Grammar) -> list[Number]:
    """Of "two thirds" and "nine out of ten": percent of the whole; other readings of its words go."""
    hits = [(m.span(), value) for pattern, value in grammar.fractions for m in pattern.finditer(text)]
    numerals = numeral_grammar(language)
    for pattern in grammar.parts:
        for m in pattern.finditer(text):
            count = numerals.word(m["n"]) if "n" in m.groupdict() else 1.0
            whole = grammar.denominators.get(m["d"].casefold()) or numerals.word(m["d"])
            if count and whole and count < whole:
                hits.append((m.span(), round(100 * count / whole, 6)))
    taken: list[Number] = []
    for (start, end), value in hits:
        if not any(n.start < end and start < n.end for n in taken):
            qualifier = _qualifier(text, start, end, grammar)
            taken.append(Number(value, "percent", start, end, qualifier))
    free = [n for n in taken if not any(_ratio_over(n, other) for other in found)]
    return [n for n in found if not any(f.start < n.end and n.start < f.end for f in free)] + free


def _ratio_over(fraction: Number, other: Number) -> bool:
    """Whether a fraction stands inside "by half" or "nearly all", which say more."""
    return (
        other.unit in ("ratio", "qualitative") and other.start < fraction.end and fraction.start < other.end
    )


_MASS = (
    (re.compile(
        r"\b(?:ein|je|pro|a|per|one|le|par|un|du)\s(?:Kilogramm|Kilo|kg|kilogram(?:me)?)\b"
        r"|\bKilo(?:gramm)?preise?s?\b|\b(?:prix au|kilo(?:gram)?) (?:kilo|price)\b"
        r"|(?:キロ|kg)(?:グラム)?(?:当たり|あたり|につき|(?=[\d０-９約]))", re.IGNORECASE), 1.0),
    (re.compile(
        r"\b(?:eine|je|pro|die|a|per|one|la|par|une)\s(?:Tonne|tonne|ton|metric ton)\b"
        r"|\bTonnenpreise?s?\b"
        r"|トン(?:当たり|あたり|につき|(?=[\d０-９約]))", re.IGNORECASE), 1e-3),
)  # fmt: skip
_PER_TONNE = re.compile(r"tonne|\bton\b|/\s?t\b|Tonne|トン", re.IGNORECASE)
_LEVEL = re.compile(r"\b(?:from|to|after|nach|von|auf|gegenüber|à|contre|de|retombé)\b|から", re.IGNORECASE)
_LEVEL_REACH = 40  # characters between two levels of one price
_DEAREST = 1e6  # dollars; no metal costs more a kilogram


def _by_mass(text: str, found: list[Number]) -> list[Number]:
    """Of "a kilogram costs 230 dollars" and 1トン1万5200ドル: the dollars are dollars per kilogram."""
    for pattern, factor in _MASS:
        if not pattern.search(text):
            continue
        priced = [n for n in found if n.unit == "USD" and (n.value or _DEAREST) < _DEAREST]
        if priced and not any(n.unit == "USD_per_kg" for n in found):
            named = [n for n in found if n.unit in ("tonne", "kg") and n.value == 1]
            made = {n: replace(n, unit="USD_per_kg", value=_rounded((n.value or 0) * factor)) for n in priced}
            return [made.get(n, n) for n in found if n not in named]
    return found


def _same_price(text: str, found: list[Number]) -> list[Number]:
    """Of "$39,500 a tonne, down from $60,000": both are levels of one price."""
    priced = [n for n in found if n.unit == "USD_per_kg"]
    if not priced:
        return found

    def level(n: Number) -> Number:
        for one in priced:
            between = text[min(one.end, n.end) : max(one.start, n.start)]
            if len(between) <= _LEVEL_REACH and _LEVEL.search(between):
                factor = 1e-3 if _PER_TONNE.search(text[one.start : one.end]) else 1.0
                return replace(n, unit="USD_per_kg", value=_rounded((n.value or 0) * factor))
        return n

    return [level(n) if n.unit == "USD" and (n.value or _DEAREST) < _DEAREST else n for n in found]


def _rounded(value: float) -> float:
    return round(value, 6)


@dataclass(frozen=True)
class _Raw:
    """A numeral with the unit behind or before it; ``factor`` leads to the base unit."""

    numeral: Numeral
    unit: str
    factor: float
    end: int


def _measured(text: str, language: str, grammar: _Grammar) -> list[Number]:
    raw = [_raw(text, numeral, grammar) for numeral in find_numerals(text, language)]
    links = [bool(grammar.pair.fullmatch(text[a.end : b.numeral.start])) for a, b in pairwise(raw)]
    for i in range(len(links) - 1, -1, -1):
        if links[i] and not _is_year(raw[i]):
            raw[i], raw[i + 1] = _shared(raw[i], raw[i + 1])
    found = [_number(text, r, grammar) for r in raw if r.unit]
    return _with_pair_roles(text, found, grammar)


def _raw(text: str, numeral: Numeral, grammar: _Grammar) -> _Raw:
    unit, factor, end = _unit(text, numeral.end, grammar)
    signed = _SIGNS.get(numeral.sign)
    if signed and (unit not in MONEY and (signed != "USD" or unit != "USD_per_kg")):
        unit, factor, end = signed, 1.0, numeral.end  # "€110 per kg" is no price in dollars
    before = text[max(0, numeral.start - 24) : numeral.start]
    if unit == "percent" and _GDP_BEFORE.search(before):
        unit = "percent_of_gdp"
    return _Raw(numeral, unit, factor, end)


def _shared(one: _Raw, two: _Raw) -> tuple[_Raw, _Raw]:
    """Of "$5-7 billion" and 2〜3割: both halves have the unit and the scale that one of them states."""
    if not one.unit and not two.unit:
        return one, two
    if not two.unit and two.numeral.end == two.end and one.numeral.sign:
        two = replace(two, unit=one.unit, factor=one.factor)
    bare = not one.unit or (one.numeral.sign and one.unit == two.unit)
    if not bare or not two.unit:
        return one, two
    numeral = one.numeral
    if numeral.scale == 1 and numeral.value < _SMALL:
        numeral = replace(numeral, value=numeral.value * two.numeral.scale)
    return replace(one, numeral=numeral, unit=two.unit, factor=two.factor), two


def _is_year(raw: _Raw) -> bool:
    """A bare 1900 to 2100 is a year: "bis 2026 auf 2 Prozent" is no change from 2026."""
    return not raw.unit and 1900 <= raw.numeral.value <= 2100


def _number(text: str, raw: _Raw, grammar: _Grammar) -> Number:
    value, end = raw.numeral.value * raw.factor, raw.end
    if (
        raw.unit == "percent"
        and raw.factor == 10
        and (m := re.match(r"([1-9１-９])分(?!の)", text[end : end + 3]))
    ):
        value, end = value + int(m[1]), end + 2  # 3割5分 is 35 percent
    qualifier = _qualifier(text, raw.numeral.start, end, grammar)
    return Number(_rounded(value), raw.unit, raw.numeral.start, end, qualifier)


def _qualifier(text: str, start: int, end: int, grammar: _Grammar) -> str:
    before = text[max(0, start - 24) : start]
    told = next((q for p, q in grammar.qualifiers if p.search(before)), None)
    return told or next((q for p, q in grammar.qualifiers_behind if p.match(text, end)), "exact")


def _with_pair_roles(text: str, found: list[Number], grammar: _Grammar) -> list[Number]:
    roles = ["amount"] * len(found)
    for i in range(len(found) - 1):
        between = text[found[i].end : found[i + 1].start]
        if found[i].unit != found[i + 1].unit:
            continue
        if grammar.pair.fullmatch(between):
            roles[i : i + 2] = ("from", "to") if _CHANGE.search(between) else ("low", "high")
        elif _FROM_BEHIND.fullmatch(between):
            roles[i : i + 2] = ("to", "from")
    return [replace(n, role=r) for n, r in zip(found, roles, strict=True)]


def _unit(text: str, at: int, grammar: _Grammar) -> tuple[str, float, int]:
    for pattern, unit, factor in grammar.units:
        if m := pattern.match(text, at):
            return unit, factor, m.end()
    return "", 1.0, at
