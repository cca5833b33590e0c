"""U.S. Geological Survey, Mineral Commodity Summaries: world tables of single chapters, 2022 to 2024.

The data releases of those years hold a file for each chapter, ``mcs2024-raree_world.csv``, with the unit
in the name of the column: ``Source, Country, Type, Prod_t_2022, Prod_t_est_2023, Prod_notes`` and
reserves. One such file was seen; the wording of the other chapters' types is as a program that reads all
three releases lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ytterby.facts.publishers import cells, goods
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, refusal
from ytterby.facts.quarantine import Quarantine

PUBLISHER = "usgs_mcs"
MAX_FILES = 200
_FILE = re.compile(r"mcs ?(?:20[0-9]{2})-([a-z]{3,6})(?:-[a-z]+)?_world.*\.csv", re.ASCII)
_YEAR = re.compile(r"prod_([a-z]{1,3})_(est_)?([0-9]{4})")
_UNITS = {"t": "metric tons", "kt": "thousand metric tons", "mmt": "million metric tons", "kg": "kilograms"}
_TYPES = ("type", "form")
_NOTES = ("prod_notes", "prod_note")


def files(folder: Path) -> list[Path]:
    """World tables of chapters in a folder, by their names.

    Raises
    ------
    InputFaults
        There are none, or more than the Summaries have chapters.
    """
    found = sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name.casefold()))
    if not 0 < len(found) <= MAX_FILES:
        message = f"{len(found)} world tables in this folder; from 1 to {MAX_FILES} are read."
        raise refusal(folder, message, "Files are named like mcs2024-raree_world.csv; keep the names.")
    return found


def is_chapter(header: list[str]) -> bool:
    """Whether a header is that of one chapter's world table: its columns of years name a unit."""
    names = [name.casefold() for name in header]
    return "country" in names and any(map(_YEAR.fullmatch, names))


def read_lines(table: CsvTable, quarantine: Quarantine) -> Iterator[Line]:
    """One line for each year of a line: chapter, type, country, unit, year, value, note, estimated.

    Raises
    ------
    InputFaults
        The name of the file does not say its chapter, or no column says the type of the numbers.
    """
    match = _FILE.fullmatch(table.path.name.casefold())
    if match is None:
        remedy = "Keep the published name, for example mcs2024-raree_world.csv."
        raise refusal(table.path, "the name does not say which chapter of the Summaries it is.", remedy)
    table.header = [name.casefold() for name in table.header]
    kind = next((name for name in _TYPES if name in table.header), None)
    if kind is None:
        raise refusal(table.path, "no column named Type.", "Take the file as published.", 1)
    years = {name: found for name in table.header if (found := _YEAR.fullmatch(name))}
    for line in table.lines(quarantine):
        told = {"chapter": match[1], "type": line.text(kind), "country": line.text("country"),
                "note": next((line.text(name) for name in _NOTES if line.text(name)), "")}  # fmt: skip
        for name, year in years.items():
            if line.text(name):
                yield Line(line.row, {**told, "unit": year[1], "estimated": year[2] or "", "year": year[3],
                                      "value": line.text(name)})  # fmt: skip


def record(line: Line, signs: Mapping[str, str]) -> dict[str, Any]:
    """One row of ``production``; a world total stands under the same type as the countries it sums."""
    kind = re.sub(r"^World total | \(rounded\)$", "", line.text("type"))
    good = goods.find_good(PUBLISHER, line.text("chapter"), kind[:1].upper() + kind[1:], "Type")
    printed = cells.read_printed(line.text("value"), signs, "Prod")
    year = cells.read_year(line.text("year"), "year")
    is_estimate = line.text("estimated") or f"estimated {year}" in line.text("note").casefold()
    if is_estimate and printed.qualifier == cells.REPORTED:
        printed = printed._replace(qualifier=cells.ESTIMATED)
    return goods.production_record(
        good, cells.read_country(line.text("country"), "Country"), year, printed,
        _tonnes(line.text("unit")), detail=kind, note=line.text("note"),
    )  # fmt: skip


def _tonnes(unit: str) -> float:
    if unit not in _UNITS:
        raise Doubt("Prod", "unknown unit", repr(unit), f"Columns are in {', '.join(_UNITS)}.")
    return cells.tonnes_per(_UNITS[unit], "Prod")
