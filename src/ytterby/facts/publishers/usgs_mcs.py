"""U.S. Geological Survey, Mineral Commodity Summaries: world production from the data releases.

Three layouts: one line per country with a column per year (edition 2025, ``MCS2025_World_Data.csv``), one
line per number (edition 2026, ``MCS2026_Commodities_Data.csv``), and a file for each chapter (editions 2022
to 2024, see ``usgs_chapters``). All headers were seen in stored copies of published files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.facts.publishers import cells, goods, usgs_chapters
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, check_columns
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = goods.PRODUCTION
SOURCE: dict[str, Any] = {
    "source_id": "usgs-mcs",
    "title": "Mineral Commodity Summaries, data release",
    "producer": "U.S. Geological Survey",
    "licence": "Work of the US government, in the public domain; naming the Survey is good practice",
    "may_redistribute": True,
}
SIGNS = {
    "W": cells.WITHHELD,
    "NA": cells.NOT_AVAILABLE,
    "XX": cells.NOT_APPLICABLE,
    "—": cells.ZERO,
    "–": cells.ZERO,
    "-": cells.ZERO,
    "--": cells.ZERO,
    "---": cells.ZERO,
    "Large": cells.TEXT,
    "Moderate": cells.TEXT,
    "Small": cells.TEXT,
    "Less than ½ unit.": cells.TEXT,
    "s": cells.TEXT,  # less than half a unit, of a unit that the file does not repeat
}
LONG = (
    "MCS chapter", "Section", "Commodity", "Country", "Statistics", "Statistics_detail", "Unit", "Year",
    "Value", "Notes",
)  # fmt: skip
WIDE = ("SOURCE", "COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS", "PROD_NOTES")
_WIDE_YEAR = re.compile(r"PROD_(EST_ ?)?([0-9]{4})")
_ROUNDED = re.compile(r"[:,] rounded$")
_FOOTNOTE = re.compile(r"^(World total(?: \(rounded\))?) [0-9]{1,2}$")
_QUALIFIED = re.compile(r"^([^()]+) \(([^()]+)\)$")
_ILMENITE = "World total (ilmenite, rounded)"
_LEAST_ILMENITE = 1e5  # t; the world makes about 9 million
_NOTED_SIGNS = {"w": cells.WITHHELD, "na": cells.NOT_AVAILABLE}


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """World production by country, in tonnes of the basis that the catalog names.

    The wide layout leaves withheld cells empty and says so in the notes (``W for 23-24``); those
    become withheld rows, other empty cells no rows. The last year of an edition is its estimate.

    A folder is read as the world tables of its chapters, one file each.

    Raises
    ------
    InputFaults
        Columns of every layout are missing, or the file is too large or no text.
    """
    if path.is_dir():
        return to_table(_chapters(path, quarantine), TABLE, goods.PRODUCTION_KEY, quarantine)
    return to_table(_records(path, quarantine), TABLE, goods.PRODUCTION_KEY, quarantine)


def _chapters(folder: Path, quarantine: Quarantine) -> Iterator[tuple[int, Record]]:
    """Records of every chapter's world table in a folder; what is left out is told with its file."""
    whole = quarantine.file
    for path in usgs_chapters.files(folder):
        quarantine.file = path.name
        yield from _records(path, quarantine)
    quarantine.file = whole


def _records(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Record]]:
    """Records of one file, by the layout of its header."""
    table = CsvTable(path)
    if "MCS chapter" in table.header or "Statistics_detail" in table.header:
        check_columns(path, table.header, LONG, "the file with one line per number as published")
        return _read_long(table, quarantine)
    if usgs_chapters.is_chapter(table.header):
        lines = usgs_chapters.read_lines(table, quarantine)
        return convert(lines, lambda line: usgs_chapters.record(line, SIGNS), quarantine)
    years = any(_WIDE_YEAR.fullmatch(name) for name in table.header)
    needed = WIDE if years else (*WIDE, "PROD_2023")
    check_columns(path, table.header, needed, "the world data file of the data release as published")
    return convert(_cells_of_years(table, quarantine), _wide_record, quarantine)


def _read_long(table: CsvTable, quarantine: Quarantine) -> Iterator[tuple[int, Record]]:
    """Records of the world sections; the newest year among them is the estimated one."""
    lines = [line for line in table.lines(quarantine) if _is_world_production(line)]
    newest = max((year for line in lines if re.fullmatch(r"[0-9]{4}", year := line.text("Year"))), default="")
    edition = str(int(newest) + 1) if newest else ""
    yield from convert(lines, lambda line: _long_record(line, edition, newest), quarantine)


def _is_world_production(line: Line) -> bool:
    return line.text("Section").startswith("World") and line.text("Statistics") == "Production"


def _long_record(line: Line, edition: str, newest: str) -> dict[str, Any]:
    detail = line.text("Statistics_detail")
    commodity = line.text("Commodity")
    good = goods.find_usgs_good(edition, commodity, _ROUNDED.sub("", detail), "Commodity")
    note = line.text("Notes")
    printed = cells.read_printed(line.text("Value"), SIGNS, "Value")
    if line.text("Year") == newest or note.startswith("Estimated"):
        printed = _estimated(printed)
    country, extra = _country(line.text("Country"), "Country")
    return goods.production_record(
        good, country, cells.read_year(line.text("Year"), "Year"), printed,
        cells.tonnes_per(line.text("Unit"), "Unit"), detail=detail, note=_joined(extra, note),
    )  # fmt: skip


def _cells_of_years(table: CsvTable, quarantine: Quarantine) -> Iterator[Line]:
    """One line for each year of a line, with the name of its column."""
    columns = [name for name in table.header if _WIDE_YEAR.fullmatch(name)]
    lines = list(table.lines(quarantine))
    scale = _scale_of_titanium(lines, columns)
    for line in lines:
        for column in columns:
            yield Line(line.row, {**line.cells, "_column": column, "_scale": scale})


def _scale_of_titanium(lines: list[Line], columns: list[str]) -> str:
    """What the world's ilmenite shows of its unit: thousands, as stated, or nothing where it is not there.

    The world makes millions of tonnes; edition 2025 printed 8,900 "metric tons". A mended file is read
    as it says.
    """
    world = [line for line in lines if line.text("COUNTRY") == _ILMENITE]
    texts = [line.text(column).replace(",", "") for line in world for column in columns]
    amounts = [float(text) for text in texts if text.isdigit()]
    if not amounts:
        return ""
    return "thousands" if max(amounts) < _LEAST_ILMENITE else "stated"


def _wide_record(line: Line) -> dict[str, Any] | None:
    column = line.cells["_column"]
    match = _WIDE_YEAR.fullmatch(column)
    assert match is not None  # noqa: S101  the columns were picked by this pattern
    text, note, detail = line.text(column), line.text("PROD_NOTES"), line.text("TYPE")
    sign = _NOTED_SIGNS.get(note.casefold().split(" ")[0]) if not text else None
    if not text and sign is None:
        return None
    edition = line.text("SOURCE").removeprefix("MCS")
    good = goods.find_usgs_good(edition, line.text("COMMODITY"), detail, "COMMODITY")
    printed = cells.Printed(None, None, None, sign) if sign else cells.read_printed(text, SIGNS, column)
    if match[1] or "estimated" in detail or f"estimated {match[2]}" in note.casefold():
        printed = _estimated(printed)
    country, extra = _country(line.text("COUNTRY"), "COUNTRY")
    factor, correction = _factor(line)
    return goods.production_record(
        good, country, int(match[2]), printed, factor, detail=detail, note=_joined(extra, note, correction)
    )


def _factor(line: Line) -> tuple[float, str]:
    """Tonnes per unit, and the correction that was applied (catalog/data/corrections.csv)."""
    unit = line.text("UNIT_MEAS")
    doubtful = line.text("COMMODITY") == "Titanium Mineral Concentrates" and unit == "metric tons"
    if doubtful and line.text("SOURCE") == "MCS2025" and line.cells["_scale"] != "stated":
        if not line.cells["_scale"]:
            remedy = (
                f"Edition 2025 means thousands; leave the line {_ILMENITE!r} in the file, it shows which."
            )
            raise Doubt("UNIT_MEAS", "unknown unit", f"{unit}, or thousands of them", remedy)
        return 1000.0, "correction usgs-2025-titanium-unit"
    return cells.tonnes_per(unit, "UNIT_MEAS"), ""


def _estimated(printed: cells.Printed) -> cells.Printed:
    return printed._replace(qualifier=cells.ESTIMATED) if printed.qualifier == cells.REPORTED else printed


def _country(name: str, column: str) -> tuple[str, str]:
    """ISO3 and what the publisher says in brackets; a total of part of the world is no world total."""
    name = _FOOTNOTE.sub(r"\1", name)
    match = _QUALIFIED.match(name)
    try:
        return cells.read_country(name, column), ""
    except Doubt:
        if match is None or name.startswith("World"):
            raise
    return cells.read_country(match[1], column), match[2]


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
