"""British Geological Survey, World Mineral Statistics: production by country since 1970.

The CSV of the download service has one line per number and 28 columns whose order differs between
downloads; they are found by name. The header was seen in stored copies of published files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.catalog.materials import ELEMENT, OXIDE
from ytterby.facts.publishers import cells, goods
from ytterby.facts.publishers.collect import convert, to_table
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, check_columns
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = goods.PRODUCTION
SOURCE: dict[str, Any] = {
    "source_id": "bgs-wms",
    "title": "World Mineral Statistics",
    "producer": "British Geological Survey",
    "licence": "Copyright UK Research and Innovation; read the Survey's terms before passing numbers on",
    "may_redistribute": False,
}
COLUMNS = (
    "country_iso3_code", "country_trans", "bgs_commodity_trans", "bgs_sub_commodity_trans",
    "bgs_statistic_type_trans", "year", "quantity", "units", "quantity_in_book_style",
    "data_precision_description", "concat_figure_notes_text", "concat_table_notes_text",
)  # fmt: skip
_CONTENTS = {"REO content": OXIDE, "Li content": ELEMENT, "Mn content": ELEMENT}  # what a footnote may state
SIGNS = {"...": cells.NOT_AVAILABLE, "-----": cells.ZERO}
_TRACE = "Quantity is more than 0 but less than 0.5"


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Production by country, in tonnes.

    Footnotes that state a content (REO, Li, Mn) set the basis of their figure. A dash is a printed
    zero, dots are not available, a trace (more than 0, less than half a unit) is a bound. Imports and
    exports, which the service also offers, are left out.

    Raises
    ------
    InputFaults
        Columns are missing, or the file is too large or no text.
    """
    table = CsvTable(path)
    check_columns(path, table.header, COLUMNS, "the CSV of the download service as published")
    records = convert(table.lines(quarantine), _record, quarantine)
    return to_table(records, TABLE, goods.PRODUCTION_KEY, quarantine)


def _record(line: Line) -> dict[str, Any]:
    kind = line.text("bgs_statistic_type_trans")
    if kind != "Production":
        raise Doubt("bgs_statistic_type_trans", "not production", kind, "Trade comes from other sources.")
    commodity, part = line.text("bgs_commodity_trans"), line.text("bgs_sub_commodity_trans")
    good = _on_stated_basis(goods.find_good("bgs", commodity, part, "bgs_commodity_trans"), line)
    record = goods.production_record(
        good,
        cells.read_code(line.text("country_iso3_code"), "bgs", "country_iso3_code"),
        cells.read_year(line.text("year"), "year"),
        _printed(line),
        cells.tonnes_per(line.text("units"), "units"),
        detail=f"{commodity}: {part}" if part else commodity,
        note=_notes(line),
    )
    return goods.with_caution("bgs", record)


def _on_stated_basis(good: goods.Good, line: Line) -> goods.Good:
    """The good on the basis that a footnote of the figure states, which goes before the table's own."""
    notes = _figure_notes(line)
    stated = [basis for sign, basis in _CONTENTS.items() if any(note.startswith(sign) for note in notes)]
    return good._replace(basis=stated[0]) if stated else good


def _printed(line: Line) -> cells.Printed:
    """Number of the exact column, read with what the printed column and the precision say of it."""
    exact = line.text("quantity")
    if line.text("data_precision_description") == _TRACE:
        return cells.Printed(None, 0.0, 0.5, cells.LESS)
    if not exact:
        return cells.read_printed(line.text("quantity_in_book_style") or "...", SIGNS, "quantity")
    shown = cells.resolution_of(line.text("quantity_in_book_style"))
    printed = cells.read_printed(exact, SIGNS, "quantity")._replace(resolution=shown)
    is_estimate = printed.qualifier == cells.REPORTED and "Estimates." in _figure_notes(line)
    return printed._replace(qualifier=cells.ESTIMATED) if is_estimate else printed


def _figure_notes(line: Line) -> list[str]:
    return [part.strip() for part in line.text("concat_figure_notes_text").split("|") if part.strip()]


def _notes(line: Line) -> str:
    return " ".join([*_figure_notes(line), line.text("concat_table_notes_text").replace("|", " ")]).strip()
