"""World Mining Data, table 6.4: production of individual countries by mineral, one sheet a mineral.

The layout (a title, then a header of Country, unit, years and a column of sources, numbers often as
texts) is that of editions 2016 to 2026 as programs that read the published workbook describe it, one of
them all 65 sheets of 2026; the workbook itself was not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.facts.publishers import cells, goods
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import Doubt, Line, refusal
from ytterby.facts.publishers.workbook import Sheet, read_sheets
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = goods.PRODUCTION
SOURCE: dict[str, Any] = {
    "source_id": "wmd",
    "title": "World Mining Data, production by country",
    "producer": "Austrian Federal Ministry of Finance and World Mining Congress",
    "licence": "The publisher's own terms; ask before passing numbers on",
    "may_redistribute": False,
}
SIGNS = {"-": cells.NOT_AVAILABLE, "n.a.": cells.NOT_AVAILABLE, "–": cells.NOT_AVAILABLE}
_FLAGS = {
    "r": cells.REPORTED, "reported": cells.REPORTED, "e": cells.ESTIMATED, "estimated": cells.ESTIMATED,
    "p": "provisional", "provisional": "provisional", "": "",
}  # fmt: skip
_HEADER_WITHIN = 6  # rows
_YEAR = re.compile(r"(?:19|20)[0-9][0-9]")


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Production by country, in tonnes of what the sheet's name says in brackets.

    Empty cells give no rows; rows of the publisher's totals are WLD. Sheets of minerals that the
    catalog does not follow are counted as left out, a row each.

    Raises
    ------
    InputFaults
        No sheet has a header of Country, unit and years; or no xlsx file, or one too large.
    """
    seen: list[str] = []
    records = convert(_lines(path, quarantine, seen), _record, quarantine)
    table = to_table(records, TABLE, goods.PRODUCTION_KEY, quarantine)
    if not seen:
        raise refusal(
            path, "no sheet has a header row with Country, unit and years.", "Take table 6.4 as published."
        )
    return table


def _lines(path: Path, quarantine: Quarantine, seen: list[str]) -> Iterator[Line]:
    """One line for each printed number of each sheet; names of the sheets that are tables go to ``seen``."""
    for sheet in read_sheets(path, quarantine):
        found = _header(sheet)
        if found is None:
            quarantine.add(None, sheet.name, "sheet without a table", sheet.name, "Expected for notes only.")
            continue
        seen.append(sheet.name)
        at, header = found
        for number, texts in sheet.rows:
            if number > at and texts and texts[0]:
                yield from _cells(sheet.name, number, dict(zip(header, texts, strict=False)))


def _header(sheet: Sheet) -> tuple[int, list[str]] | None:
    """Row and names of the header: Country first, unit second, then at least one year."""
    for number, texts in sheet.rows[:_HEADER_WITHIN]:
        names = [text.casefold() for text in texts]
        if names[:2] == ["country", "unit"] and any(map(_YEAR.fullmatch, names)):
            return number, [name or f"_{place}" for place, name in enumerate(names)]
    return None


def _cells(sheet: str, number: int, row: dict[str, str]) -> Iterator[Line]:
    source = next((text for name, text in row.items() if "source" in name), "")
    for name, text in row.items():
        if _YEAR.fullmatch(name) and text:
            told = {"sheet": sheet, "country": row["country"], "unit": row["unit"], "source": source}
            yield Line(number, {**told, "year": name, "value": text})


def _record(line: Line) -> Record:
    good = goods.find_good("wmd", line.text("sheet"), "", "sheet")
    flag = line.text("source").casefold()
    if flag not in _FLAGS:
        raise Doubt("source", "unknown flag", repr(flag), "Known: r reported, e estimated, p provisional.")
    printed = cells.read_printed(line.text("value"), SIGNS, line.text("year"))
    if printed.qualifier == cells.REPORTED and _FLAGS[flag] == cells.ESTIMATED:
        printed = printed._replace(qualifier=cells.ESTIMATED)
    return goods.production_record(
        good,
        cells.read_country(line.text("country"), "country"),
        cells.read_year(line.text("year"), "year"),
        printed._replace(resolution=None),  # a cell of a workbook holds a machine number
        cells.tonnes_per(line.text("unit"), "unit"),
        detail=line.text("sheet"),
        note="provisional" if _FLAGS[flag] == "provisional" else "",
    )
