"""World Bank, Worldwide Governance Indicators as workbooks: each sheet turned into lines of the long table.

Three layouts, all seen in published files or in the header that several programs list word for word:
a sheet for each dimension with the measures of a year side by side under the year (releases to 2022),
one sheet with the long table (2023 and 2024), and a sheet for each dimension with a line for each
country and year (from 2025, which brought scores from 0 to 100 beside the estimates).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ytterby.facts.publishers.layout import Line, refusal
from ytterby.facts.publishers.workbook import Sheet, read_sheets
from ytterby.facts.quarantine import Quarantine

SHEETS = {
    "voiceandaccountability": "VA", "politicalstabilitynoviolence": "PV", "governmenteffectiveness": "GE",
    "regulatoryquality": "RQ", "ruleoflaw": "RL", "controlofcorruption": "CC",
    "va": "VA", "pv": "PV", "ge": "GE", "rq": "RQ", "rl": "RL", "cc": "CC",
}  # fmt: skip
# Names of the release of 2025 for those of the long table; ranks are no longer published.
RENAMED = {
    "economy (code)": "code", "economy (name)": "countryname", "year": "year",
    "governance dimension": "indicator", "governance estimate (approx. -2.5 to +2.5)": "estimate",
    "standard error (estimate)": "stddev", "number of sources": "nsource",
}  # fmt: skip
_MEASURES = {
    "estimate": "estimate", "stderr": "stddev", "numsrc": "nsource", "rank": "pctrank",
    "lower": "pctranklower", "upper": "pctrankupper",
}  # fmt: skip
_CODES = ("wbcode", "code")
_NAMES = ("country/territory", "country")
_HEADER_WITHIN = 20  # rows


def read_lines(path: Path, quarantine: Quarantine) -> Iterator[Line]:
    """Lines in the columns of the long table, with the dimension of their sheet.

    Raises
    ------
    InputFaults
        No sheet has one of the three layouts, or no xlsx file, or one too large.
    """
    is_table = False
    for sheet in read_sheets(path, quarantine):
        found = _rows(sheet)
        if found is None:
            if any(any(texts) for _, texts in sheet.rows):
                quarantine.add(
                    None, sheet.name, "sheet without a table", sheet.name, "Expected for notes only."
                )
            continue
        is_table = True
        yield from found
    if not is_table:
        raise refusal(path, "no sheet of these indicators.", "Take wgidataset.xlsx as the World Bank has it.")


def _rows(sheet: Sheet) -> Iterator[Line] | None:
    """Lines of a sheet, by the first row that is the header of a layout; None for a sheet of notes."""
    dimension = SHEETS.get(re.sub(r"[^a-z]", "", sheet.name.casefold()), "")
    for place, (_, texts) in enumerate(sheet.rows[:_HEADER_WITHIN]):
        names = [RENAMED.get(text.casefold(), text.casefold()) for text in texts]
        if {"code", "year", "estimate"} <= set(names):
            return _long(sheet, place, names, dimension)
        if dimension and place and _first(names, _CODES) is not None and "estimate" in names:
            return _wide(sheet, place, names, dimension)
    return None


def _long(sheet: Sheet, place: int, names: list[str], dimension: str) -> Iterator[Line]:
    """Lines below a header of the long table; a line of another dimension than its sheet's says so itself."""
    for number, texts in sheet.rows[place + 1 :]:
        if any(texts):
            cells = {name: text for name, text in zip(names, texts, strict=True) if name}
            yield Line(number, {"indicator": dimension, **cells})


def _wide(sheet: Sheet, place: int, names: list[str], dimension: str) -> Iterator[Line]:
    """A line for each country and year; a year stands above the first of its measures or above each."""
    columns = _years(sheet.rows[place - 1][1], names)
    code, name = _first(names, _CODES), _first(names, _NAMES)
    for number, texts in sheet.rows[place + 1 :]:
        if code is None or not texts[code]:
            continue
        told = {"code": texts[code], "countryname": texts[name] if name is not None else "",
                "indicator": dimension}  # fmt: skip
        for year, measures in columns.items():
            yield Line(number, told | {"year": year} | {key: texts[at] for key, at in measures.items()})


def _years(above: tuple[str, ...], names: list[str]) -> dict[str, dict[str, int]]:
    """Columns of the measures of each year."""
    found: dict[str, dict[str, int]] = {}
    year = ""
    for at, (over, name) in enumerate(zip(above, names, strict=True)):
        year = over or year
        if year and name in _MEASURES:
            found.setdefault(year, {})[_MEASURES[name]] = at
    return found


def _first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)
