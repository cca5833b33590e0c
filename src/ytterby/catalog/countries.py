"""What countries are called in four languages, in which blocs they are, and how BACI and Comtrade code them.

Names come from ``facts/starter/countries.csv`` (ODbL, a file of its own); codes that are no country
of ISO 3166 and our further spellings stand in ``catalog/data``.
"""

from __future__ import annotations

import csv
import datetime as dt
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName

_NAME_COLUMNS = {"en": "name", "de": "name_deu", "fr": "name_fra", "ja": "name_jpn"}
LANGUAGES = tuple(_NAME_COLUMNS)
WORLD = "WLD"
AGGREGATES = frozenset({"WLD", "OTH", "ROW", "XEF"})  # sums over countries, never one country
# "EU27" is the Union as it stands since February 2020; "EU" is the Union of the date asked for.
_FIXED_BLOCS = {"EU27": ("EU", dt.date(2020, 2, 1))}


@cache
def _countries() -> dict[str, dict[str, str]]:
    """Rows of the ODbL file by ISO3."""
    path = resources.files("ytterby") / "facts" / "starter" / "countries.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["iso3"]: row for row in csv.DictReader(lines)}


@cache
def _names() -> dict[str, dict[str, str]]:
    """Names by ISO3 and language."""
    names = {
        code: {language: row[column] for language, column in _NAME_COLUMNS.items()}
        for code, row in _countries().items()
    }
    for row in read_rows("areas"):
        names[row["iso3"]] = {language: row[f"name_{language}"] for language in LANGUAGES}
    return names


def country_codes() -> tuple[str, ...]:
    """Every code we know, sorted: ISO 3166-1 alpha-3, Kosovo, aggregates and dead codes."""
    return tuple(sorted(_names()))


def is_country(code: str) -> bool:
    """Whether a code is one country of today rather than a sum, a bloc or a dead code."""
    kinds = {row["iso3"]: row["kind"] for row in read_rows("areas")}
    return code in _names() and kinds.get(code, "country") == "country"


def country_name(iso3: str, language: str = "en") -> str:
    """Name of a country in English, German, French or Japanese.

    Raises
    ------
    UnknownName
        Unknown code or language.
    """
    if language not in _NAME_COLUMNS:
        raise UnknownName("language", language, LANGUAGES)
    if iso3 not in _names():
        raise UnknownName("country code", iso3, _names())
    return _names()[iso3][language]


def country_position(iso3: str) -> tuple[float, float]:
    """Latitude and longitude in degrees of a point inside a country, for marks on a map.

    Raises
    ------
    UnknownName
        Unknown code, or a sum of countries, which lies nowhere.
    """
    if iso3 not in _countries():
        raise UnknownName("country code", iso3, _countries())
    row = _countries()[iso3]
    return float(row["latitude"]), float(row["longitude"])


def iso3(name: str) -> str:
    """ISO3 of a country named in one of four languages, by an alias, or by its ISO code.

    Case, accents and surrounding blanks do not matter for names; codes are upper case.

    Raises
    ------
    UnknownName
        Nobody has this name; close ones are suggested.
    """
    found = find_iso3(name)
    if found is None:
        raise UnknownName("country", name, [names["en"] for names in _names().values()])
    return found


def find_iso3(name: str) -> str | None:
    """The same, or None: close names are dear to look for where a file has many that nobody knows."""
    text = name.strip()
    if text in _names():
        return text
    return _by_name().get(_plain(text)) or _by_iso2().get(text)


@cache
def _by_iso2() -> dict[str, str]:
    return {row["iso2"]: code for code, row in _countries().items()}


@cache
def _by_name() -> dict[str, str]:
    """ISO3 by plain name; official names give way to common ones, aliases go before all."""
    found = {_plain(row["official_name"]): code for code, row in _countries().items()}
    for code, names in _names().items():
        found |= {_plain(name): code for name in names.values()}
    found |= {_plain(row["name"]): row["iso3"] for row in read_rows("country_aliases")}
    return found


def _plain(name: str) -> str:
    """Lower case without accents; other scripts stay as they are."""
    split = unicodedata.normalize("NFKD", name.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in split if not unicodedata.combining(c)))


REST = "_REST"  # EU27_REST: members of the bloc that are not regions of a study themselves


def region_members(region: str, regions: Sequence[str], on: dt.date | int | None = None) -> tuple[str, ...]:
    """Countries of a region of a study: itself, a bloc, or the rest of a bloc beside the other regions.

    A region that is neither has none that we know of.
    """
    try:
        members = bloc_members(region.removesuffix(REST), on)
    except UnknownName:
        return (region,) if find_iso3(region) == region else ()
    apart = set(regions) if region.endswith(REST) else set()
    return tuple(member for member in members if member not in apart)


def bloc_members(bloc: str, on: dt.date | int | None = None) -> tuple[str, ...]:
    """Members of a bloc at a date, sorted.

    Parameters
    ----------
    bloc
        ``EU`` (members of the date), ``EU27`` (members since February 2020, at any date), ``G7``.
    on
        A date, or a year, which counts by its last day; today's members when None.

    Raises
    ------
    UnknownName
        No such bloc.
    """
    bloc, on = _FIXED_BLOCS.get(bloc, (bloc, on))
    known = {row["bloc"] for row in read_rows("blocs")}
    if bloc not in known:
        raise UnknownName("bloc", bloc, known | set(_FIXED_BLOCS))
    day = dt.date(on, 12, 31) if isinstance(on, int) else on or dt.date.max
    rows = (row for row in read_rows("blocs") if row["bloc"] == bloc)
    return tuple(sorted(row["iso3"] for row in rows if _belongs(row, day)))


def _belongs(row: dict[str, str], day: dt.date) -> bool:
    last = dt.date.fromisoformat(row["left"]) if row["left"] else dt.date.max
    return dt.date.fromisoformat(row["joined"]) <= day <= last


def baci_iso3(code: int) -> str:
    """ISO3 of a BACI country code; where it deviates from ISO 3166 the catalog says how.

    Raises
    ------
    UnknownName
        No country has this code.
    """
    known = _by_baci()
    if code not in known:
        raise UnknownName("BACI country code", str(code), map(str, known))
    return known[code]


@cache
def _by_baci() -> dict[int, str]:
    numeric = {int(row["iso_n3"]): code for code, row in _countries().items() if row["iso_n3"]}
    return numeric | {int(row["baci_code"]): row["iso3"] for row in read_rows("baci_codes")}


def comtrade_iso3(code: int) -> str:
    """ISO3 of a UN Comtrade reporter or partner code.

    Most codes are those of ISO 3166; the catalog lists the others, among them 842 (United States with
    Puerto Rico), 699 (India), 490 (Other Asia, read as Taiwan), 251, 579, 757, 711 and 58. What Comtrade
    does not specify is ``OTH``, the world ``WLD``: sums, and no countries (``is_country``).

    Raises
    ------
    UnknownName
        No country has this code, or it is a bloc whose members change (97).
    """
    known = _by_comtrade()
    if code not in known:
        raise UnknownName("UN Comtrade country code", str(code), map(str, known))
    return known[code]


@cache
def _by_comtrade() -> dict[int, str]:
    numeric = {int(row["iso_n3"]): code for code, row in _countries().items() if row["iso_n3"]}
    own = {int(row["comtrade_code"]): row["iso3"] for row in read_rows("comtrade_codes") if row["iso3"]}
    return numeric | own
