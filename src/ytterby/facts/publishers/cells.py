"""What stands in one cell: a number, a sign for something else, a unit, a country."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from ytterby.catalog.countries import country_codes, find_iso3, iso3
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName
from ytterby.facts.publishers.layout import Doubt

REPORTED, ESTIMATED, ZERO = "reported", "estimated", "zero"
WITHHELD, NOT_AVAILABLE, NOT_APPLICABLE = "withheld", "not available", "not applicable"
RANGE, GREATER, LESS, TEXT = "range", "greater than", "less than", "text"
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[eE][+-][0-9]{1,2})?"
_PLAIN = re.compile(rf"(e|r|r/|e/)?\s?({_NUMBER})\s?(e|r)?")
_RANGE = re.compile(rf"({_NUMBER})\s?(?:-|–|to)\s?({_NUMBER})")
_BOUND = re.compile(rf"([<>])\s?({_NUMBER})")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_NEGATIVE = re.compile(rf"[-−]\s?{_NUMBER}")
_FIRST, _LAST = 1900, 2100
_MAX_SHOWN = 60
_MAX_NAME = 100  # characters of the name of a country
_MAX_SUGGESTED = 1000


class Printed(NamedTuple):
    """A number as printed: the value, or why there is none, the bounds that are known, its last digit."""

    value: float | None
    low: float | None
    high: float | None
    qualifier: str
    resolution: float | None = None


def read_printed(text: str, signs: Mapping[str, str], column: str) -> Printed:
    """Number behind a printed cell; missing, withheld, zero, estimated, bounds and ranges stay apart.

    Parameters
    ----------
    text
        The cell without blanks around it, not empty.
    signs
        What the publisher's signs stand for, as a qualifier; a sign for zero gives the number 0.

    Raises
    ------
    Doubt
        A negative number, or no number and no known sign.
    """
    if text in signs:
        nil = 0.0 if signs[text] == ZERO else None
        return Printed(nil, nil, nil, signs[text])
    if match := _PLAIN.fullmatch(text):
        value = _number(match[2], column)
        estimated = "e" in (match[1] or "") or match[3] == "e"
        qualifier = ESTIMATED if estimated else REPORTED if value else ZERO
        return Printed(value, value, value, qualifier, resolution_of(match[2]))
    if match := _RANGE.fullmatch(text):
        low, high = _number(match[1], column), _number(match[2], column)
        if low > high:
            raise Doubt(column, "range upside down", text, "Check the cell at the publisher.")
        return Printed((low + high) / 2, low, high, RANGE)
    if match := _BOUND.fullmatch(text):
        bound = _number(match[2], column)
        return Printed(None, bound, None, GREATER) if match[1] == ">" else Printed(None, None, bound, LESS)
    raise _no_number(text, column)


def resolution_of(number: str) -> float | None:
    """Place value of the last digit that a printed number vouches for, in the printed unit.

    Zeros at the end of a whole number may only hold the place (30,000 gives 10,000), zeros behind the
    point are digits (0.50 gives 0.01), a plain 0 gives 1. None with an exponent: no table prints one.
    """
    whole, point, fraction = number.replace(",", "").partition(".")
    if not (whole + fraction).isdigit():
        return None
    if point:
        return 10.0 ** -len(fraction)
    digits = whole.rstrip("0")
    return 10.0 ** (len(whole) - len(digits)) if digits else 1.0


def _number(text: str, column: str) -> float:
    """Number without its thousands separators; one too large to hold is not a number either."""
    number = float(text.replace(",", ""))
    if not math.isfinite(number):
        raise _no_number(text, column)
    return number


def _no_number(text: str, column: str) -> Doubt:
    if _NEGATIVE.fullmatch(text):
        return Doubt(column, "negative quantity", text[:_MAX_SHOWN], "A quantity is zero or more.")
    return Doubt(
        column,
        "not a number",
        repr(text[:_MAX_SHOWN]),
        "Check the cell; the how-to page lists the signs.",
    )


def read_float(text: str, column: str, *, missing: tuple[str, ...] = ("",)) -> float | None:
    """Plain number of a machine-made table, of either sign; None where it is missing."""
    if text in missing:
        return None
    if not _FLOAT.fullmatch(text) or not math.isfinite(float(text)):
        raise Doubt(column, "not a number", repr(text[:_MAX_SHOWN]), "Check the cell.")
    return float(text)


def read_amount(text: str, column: str, *, missing: tuple[str, ...] = ("",)) -> float | None:
    """Plain number that cannot be negative; None where it is missing."""
    number = read_float(text, column, missing=missing)
    if number is not None and number < 0:
        raise Doubt(column, "negative quantity", text, "A quantity is zero or more.")
    return number


def read_year(text: str, column: str) -> int:
    """Calendar year, also where a time or a decimal point follows it."""
    match = re.fullmatch(r"(?:YR)?([0-9]{4})(?:\.0|-01-01(?: 00:00:00)?)?", text)
    if match is None or not _FIRST <= int(match[1]) <= _LAST:
        raise Doubt(column, "not a year", repr(text[:_MAX_SHOWN]), f"Years run from {_FIRST} to {_LAST}.")
    return int(match[1])


@cache
def _mass_units() -> dict[str, float]:
    return {row["unit"]: float(row["tonnes"]) for row in read_rows("mass_units")}


def tonnes_per(unit: str, column: str) -> float:
    """Tonnes in one of a unit of mass.

    Raises
    ------
    Doubt
        The unit is unknown or no mass (cubic metres, carats, percent).
    """
    if unit.casefold() not in _mass_units():
        raise Doubt(column, "unknown unit", repr(unit), "Masses only; see catalog/data/mass_units.csv.")
    return _mass_units()[unit.casefold()]


@cache
def _spellings() -> dict[str, str]:
    return {row["name"].casefold(): row["iso3"] for row in read_rows("publisher_countries")}


_AMBIGUOUS = {"congo"}  # the larger neighbour is meant as often as the smaller


def read_country(name: str, column: str) -> str:
    """ISO3 behind a publisher's spelling; WLD, OTH and ROW for its totals and rests.

    Raises
    ------
    Doubt
        Unknown, or ambiguous as plain Congo is.
    """
    found = _spellings().get(name.casefold())
    if found is None and name.casefold() not in _AMBIGUOUS and len(name) <= _MAX_NAME:
        found = find_iso3(name)
    if found is None:
        raise Doubt(column, "unknown country", repr(name[:_MAX_SHOWN]), _country_remedy(name[:_MAX_NAME]))
    return found


def _country_remedy(name: str) -> str:
    """What to do about a name; names like it are looked for a thousand times at most, as that is dear."""
    more = "Further spellings belong in catalog/data/publisher_countries.csv."
    if name.casefold() in _AMBIGUOUS:
        return f"Is it Congo (Kinshasa) or Congo (Brazzaville)? {more}"
    close = _close_names(name) if _close_names.cache_info().misses < _MAX_SUGGESTED else ""
    return f"{close} {more}".strip()


@lru_cache(maxsize=_MAX_SUGGESTED)
def _close_names(name: str) -> str:
    try:
        return iso3(name)
    except UnknownName as error:
        return error.remedy


@cache
def _scheme_codes(scheme: str) -> dict[str, str]:
    rows = (row for row in read_rows("publisher_codes") if row["scheme"] == scheme)
    return {row["code"]: row["iso3"] for row in rows}


def read_code(code: str, scheme: str, column: str) -> str:
    """ISO3 behind a publisher's three-letter code, which is ISO's own but for a few.

    Raises
    ------
    Doubt
        Nobody has this code.
    """
    found = _scheme_codes(scheme).get(code, code)
    if found not in country_codes():
        remedy = "Codes are ISO 3166-1 alpha-3 or listed in catalog/data/publisher_codes.csv."
        raise Doubt(column, "unknown country", repr(code), remedy)
    return found
