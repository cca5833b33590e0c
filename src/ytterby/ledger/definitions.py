"""What a number in a claim may mean: code sets, years, materials and percentages (method, section 2.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from ytterby.catalog.rows import read_rows
from ytterby.ledger.statements import Quantity, Statement

CERIUM = "284610"
_LAST_YEARS = 3  # 'today' in a claim is tried as each of the newest years offered
_PROCESSED = re.compile(
    r"smelt|\brefin|\boxid|\bhydroxid|hütte|schmelz|raffin|fonderie|\boxyde|hydroxyde|製錬|精錬|酸化|水酸化",
    re.IGNORECASE,
)
_ORE = "ore"
HsSet = tuple[str, tuple[str, ...], bool]
Pair = tuple[int | None, int]


@cache
def hs_sets(material: str) -> tuple[HsSet, ...]:
    """Sets of HS92 codes in which a material may be counted: (name, codes, is the reference).

    The core codes together are the reference; then core and wide codes, then each core code.
    """
    rows = [row for row in read_rows("material_codes") if row["material"] == material]
    core = tuple(sorted(row["hs6"] for row in rows if row["basket"] == "core"))
    wide = tuple(sorted(row["hs6"] for row in rows if row["basket"] == "wide"))
    sets = [(core, True)] if core else []
    sets += [(tuple(sorted(core + wide)), False)] if wide else []
    sets += [((code,), False) for code in core if len(core) > 1]
    return tuple(("+".join(codes), codes, reference) for codes, reference in sets)


def only_as_ore(claim: Statement, material: str) -> str:
    """Say why ores cannot answer a claim about what smelters and refineries make; '' where they need not.

    The codes of a material may be those of its ore alone (antimony: 261710); how much ore a country
    buys somewhere says nothing of the metal it buys elsewhere.
    """
    core = [
        row for row in read_rows("material_codes") if (row["material"], row["basket"]) == (material, "core")
    ]
    if not core or {row["stage"] for row in core} != {_ORE} or not _PROCESSED.search(claim.quote):
        return ""
    codes = "+".join(sorted(row["hs6"] for row in core))
    return f"speaks of smelted or refined {material}, and the trade table has its ores only (HS {codes})"


@dataclass(frozen=True)
class YearsAsked:
    """First and last years in which a claim may be meant; a printed one is the reference."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    stated_first: int | None
    not_after: int

    def pairs(self, offered: Sequence[int]) -> list[Pair]:
        """Pairs of years that the table offers; the first is None for claims about one year."""
        lasts = self.last or tuple([year for year in offered if year <= self.not_after][-_LAST_YEARS:])
        firsts = [year for year in self.first if year in offered] if self.first else [None]
        return [(a, b) for a in firsts for b in lasts if b in offered and (a is None or a < b)]

    def reference(self, pairs: Sequence[Pair]) -> Pair | None:
        """Pick the years as stated: the printed first year and the newest last one; None if missing."""
        stated = [pair for pair in pairs if pair[0] == self.stated_first]
        return max(stated, key=lambda pair: pair[1], default=None)


def years_of(claim: Statement, *, with_baseline: bool) -> YearsAsked:
    """Years in which the numbers of a claim may be meant; 'since 2010' may count from a neighbour."""
    base = claim.time("baseline", "since") if with_baseline else None
    stated = base.start.year if base and base.start else None
    first = (stated - 1, stated, stated + 1) if stated is not None else ()
    return YearsAsked(first, _stated_years(claim), stated, not_after(claim))


def _stated_years(claim: Statement) -> tuple[int, ...]:
    """The year that a claim prints for its number; a report's date is not one."""
    found = claim.time("period", "current", "reported", "event")
    if found is None or found.granularity != "year" or found.start is None:
        return ()
    return (found.start.year,)


def not_after(claim: Statement) -> int:
    """Return the year of the report, or of the latest day that the claim speaks of."""
    if claim.reported:
        return claim.reported.year
    days = [
        time.start for time in claim.times if time.start and time.role in {"current", "event", "reported"}
    ]
    return max((day.year for day in days), default=9999)


def material_of(claim: Statement) -> str:
    """Catalog name of the one material that a claim is about; '' for none or several."""
    symbols = sorted(claim.materials - {"critical_minerals", "lanthanides"})
    return material_named(symbols[0]) if len(symbols) == 1 else ""


def material_named(symbol: str) -> str:
    """Catalog name for a symbol or name as claims and tables write it; '' where nobody knows it."""
    return _material_names().get(symbol.casefold(), "")


@cache
def _material_names() -> dict[str, str]:
    names: dict[str, str] = {"ree_magnets": "ndfeb_magnets"}
    for row in read_rows("materials"):
        words = (row["material"], row["symbol"], row["name_en"], *row["aliases"].split(";"))
        for word in filter(None, words):
            names.setdefault(word.strip().casefold(), row["material"])
    return names


def claimed_percents(claim: Statement) -> tuple[Quantity | None, Quantity | None]:
    """Percentages 'from' and 'to' of a claim; one alone counts as 'to'."""
    percents = [n for n in claim.quantities if n.unit == "percent" and n.value is not None]
    first = next((n for n in percents if n.role == "from"), None)
    rest = [n for n in percents if n is not first]
    return first, next((n for n in rest if n.role in {"to", "share_of_world"}), rest[0] if rest else None)


def joined(rows: pd.DataFrame, column: str) -> str:
    """Join the different texts of a column, sorted, by ';'."""
    return ";".join(sorted(rows[column].unique()))
