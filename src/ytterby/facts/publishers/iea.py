"""IEA Critical Minerals Data Explorer: mining and refining by country, base case.

The workbook's sheet of total supply sets blocks side by side, one for each mineral and stage, under one
row of years; it was seen in the edition of May 2024, and programs that read those of 2025 and 2026 name
the same sheet and blocks. The edition of 2023 has no supply.
A CSV with one line per country (mineral, stage, country, unit, a column per year) is our reading of the
explorer's own download and is reconstructed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.facts.publishers import cells
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, check_columns, refusal, year_columns
from ytterby.facts.publishers.workbook import Sheet, read_sheets
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = "iea_supply"
SOURCE: dict[str, Any] = {
    "source_id": "iea-supply",
    "title": "Critical Minerals Data Explorer, supply by country",
    "producer": "International Energy Agency",
    "licence": "Creative Commons Attribution 4.0 as others state it; check at the Agency before passing on",
    "may_redistribute": False,
}
CSV_COLUMNS = ("mineral", "stage", "country", "unit")
_STAGES = {"mining": "mining", "refining": "refining", "chemicals": "refining", "battery grade": "refining"}
# What stands in brackets is a unit, or a form as in "Graphite - Mining (natural)".
_BLOCK = re.compile(r"(.{2,80}?) - ([A-Za-z ]{5,20}?)(?: ?\((?:(kt|t|tonnes)|[a-z ]{2,30})\))?")
_SIGNS = {"-": cells.NOT_AVAILABLE, "..": cells.NOT_AVAILABLE}
_TOTALS = {"total": "WLD", "total clean technologies": "WLD"}  # the second is a slip of edition 2025
_KT_PER_T = 0.001
_KEY = ("mineral", "stage", "country_iso3", "year")


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Supply by country in kilotonnes of content; rests are ROW, totals WLD, empty cells no rows.

    Raises
    ------
    InputFaults
        Neither layout, no unit stated, or a file too large.
    """
    read_lines = _csv_lines if path.suffix.casefold() == ".csv" else _sheet_lines
    return to_table(convert(read_lines(path, quarantine), _record, quarantine), TABLE, _KEY, quarantine)


def _csv_lines(path: Path, quarantine: Quarantine) -> Iterator[Line]:
    table = CsvTable(path)
    table.header = [name.casefold() for name in table.header]
    years = year_columns(table.header)
    check_columns(path, table.header, CSV_COLUMNS, "supply by country with these columns and one per year")
    if not years:
        raise refusal(path, "no column is a year.", "Take supply by country with one column per year.", 1)
    for line in table.lines(quarantine):
        for name in years:
            yield Line(line.row, {**line.cells, "year": name, "value": line.text(name)})


def _sheet_lines(path: Path, quarantine: Quarantine) -> Iterator[Line]:
    """Lines of every sheet on total supply; a workbook without one is refused."""
    found = [sheet for sheet in read_sheets(path, quarantine) if "total supply" in sheet.name.casefold()]
    if not found:
        raise refusal(path, "no sheet on total supply.", "Take the workbook of the Data Explorer.")
    for sheet in found:
        yield from _blocks(path, sheet)


def _blocks(path: Path, sheet: Sheet) -> Iterator[Line]:
    """Lines of the blocks of a sheet, wherever they begin; one row of years holds for those below it."""
    unit = "kt" if any(re.search(r"\bkt\b", text) for _, texts in sheet.rows[:8] for text in texts) else ""
    years: dict[int, str] = {}
    blocks: dict[int, re.Match[str]] = {}
    for number, texts in sheet.rows:
        named = {place: match for place, text in enumerate(texts) if (match := _BLOCK.fullmatch(text))}
        years = _years(texts) or years
        blocks |= named
        for place, match in blocks.items():
            if place in named or not texts[place]:
                continue
            after = min((start for start in blocks if start > place), default=len(texts))
            told = {"mineral": match[1], "stage": match[2], "unit": match[3] or unit, "country": texts[place]}
            for column in (column for column in years if place < column < after):
                yield Line(number, {**told, "year": years[column], "value": texts[column]})
    if not blocks or not years:
        message = f"sheet {sheet.name!r} has no blocks like 'Copper - Mining' under a row of years."
        raise refusal(path, message, "Take the workbook of the Data Explorer.")


def _years(texts: tuple[str, ...]) -> dict[int, str]:
    """Columns of a row of years; empty where the row is none."""
    found = {place: text for place, text in enumerate(texts) if re.fullmatch(r"20[0-9][0-9]", text)}
    return found if len(found) > 1 else {}


def _record(line: Line) -> Record | None:
    country, text = line.text("country"), line.text("value")
    if not text or country.casefold().startswith(("top 3", "note", "source")):
        return None
    stage = _STAGES.get(line.text("stage").casefold())
    if stage is None:
        raise Doubt("stage", "unknown stage", repr(line.text("stage")), f"Known: {', '.join(_STAGES)}.")
    printed = cells.read_printed(text, _SIGNS, line.text("year"))
    if printed.qualifier not in (cells.REPORTED, cells.ZERO, cells.NOT_AVAILABLE):
        raise Doubt(line.text("year"), "no single number", repr(text), "This table holds single numbers.")
    per_kt = cells.tonnes_per(line.text("unit"), "unit") * _KT_PER_T
    return {
        "mineral": line.text("mineral"),
        "mineral_key": _key(line.text("mineral")),
        "stage": stage,
        "country": country,
        "country_iso3": _TOTALS.get(country.casefold()) or cells.read_country(country, "country"),
        "year": cells.read_year(line.text("year"), "year"),
        "supply_kt": None if printed.value is None else printed.value * per_kt,
        "supply_case": "base case",
    }


def _key(mineral: str) -> str:
    """Short name as the starter data has it."""
    if "rare earth" in mineral.casefold():
        return "Rare Earth Elements"
    return mineral.split(" (", maxsplit=1)[0]
