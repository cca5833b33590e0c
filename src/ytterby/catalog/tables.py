"""Tables described by attribute rows: reading people's CSV files with all faults at once.

What a study's table may hold stands in ``data/study_columns.csv`` (name, type, unit, bounds,
reference). Every table but ``sources`` also carries ``source_id``, ``assumed`` and ``reason``:
a row is either sourced, or an assumption with its reason.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.rows import read_rows
from ytterby.errors import Fault

MAX_FILE_BYTES = 20_000_000  # an analyst's spreadsheet; larger tables belong in the store
MAX_LIST_BYTES = 2_000_000  # twenty thousand suppliers
MAX_FAULTS = 200  # a wrong separator would otherwise print one fault for every cell
LARGEST = 1e15  # no tonnes, dollars or weeks of this world; beyond, sums of floats lose their cents
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
_PROVENANCE = ("source_id", "assumed", "reason")


@dataclass(frozen=True)
class Column:
    """One attribute row: what a column holds."""

    table: str
    name: str
    type: str
    required: bool
    unit: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    refers_to: str
    description: str


@cache
def study_columns() -> Mapping[str, tuple[Column, ...]]:
    """Columns of every study table, in the order in which a file should show them."""
    tables = _columns_of("study_columns")
    for name, columns in tables.items():
        if name != "sources":
            columns.extend(_provenance(name))
    return {name: tuple(columns) for name, columns in tables.items()}


@cache
def list_columns() -> Mapping[str, tuple[Column, ...]]:
    """Columns of the lists that people bring beside a study: their regions and their suppliers."""
    return {name: tuple(columns) for name, columns in _columns_of("list_columns").items()}


def _columns_of(name: str) -> dict[str, list[Column]]:
    tables: dict[str, list[Column]] = {}
    for row in read_rows(name):
        tables.setdefault(row["table"], []).append(_column(row))
    return tables


def _column(row: Mapping[str, str]) -> Column:
    bound = {key: float(row[key]) if row[key] else None for key in ("minimum", "maximum")}
    choices = tuple(row["choices"].split(";")) if row["choices"] else ()
    return Column(
        row["table"], row["column"], row["type"], row["required"] == "yes", row["unit"],
        bound["minimum"], bound["maximum"], choices, row["refers_to"], row["description"],
    )  # fmt: skip


def _provenance(table: str) -> Iterator[Column]:
    texts = ("Card of the source in sources.csv", "The row is our assumption", "Why it was assumed so")
    types = ("id", "flag", "text")
    refers = ("sources.source_id", "", "")
    for name, kind, target, description in zip(_PROVENANCE, types, refers, texts, strict=True):
        yield Column(table, name, kind, name == "source_id", "", None, None, (), target, description)


@dataclass
class FaultList:
    """Collects faults of one file, so that a reader can go on after the first."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, message: str, remedy: str) -> None:
        """Note one fault; after ``MAX_FAULTS`` the rest is counted by the reader's own message."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(self.file, row, column, message, remedy))


def read_table(path: Path, table: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Read one CSV file of a study against its attribute rows.

    Returns
    -------
    The typed table and its faults (empty when it is sound). Column ``row`` counts as a
    spreadsheet does, so that later checks can point at the line. Numbers are float64 with NaN
    for an empty cell, dates are ``datetime.date`` or None, lists are tuples of text.
    """
    found = FaultList(path.name)
    columns = study_columns()[table]
    frame = _read_typed(path, columns, found)
    _check_provenance(frame, table, found)
    return frame, found.faults


def empty_table(table: str) -> pd.DataFrame:
    """Columns of a table that a study does without."""
    return _typed_empty(study_columns()[table])


def _typed_empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """No rows, with the types that rows would have: pandas takes an empty list for numbers."""
    types = {column.name: _EMPTY_TYPES.get(column.type, "str") for column in columns}
    return pd.DataFrame(
        {name: pd.Series([], dtype=kind) for name, kind in ({"row": "int64"} | types).items()}
    )


_EMPTY_TYPES = {"number": "float64", "integer": "float64", "flag": "bool", "date": "object", "list": "object"}


def write_table(frame: pd.DataFrame, path: Path, table: str) -> None:
    """Write a study table as people read it; :func:`read_table` gives the same cells again."""
    names = [column.name for column in study_columns()[table]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_written(cell) for cell in row] for row in frame[names].itertuples(index=False))


def _written(cell: Any) -> str:
    if isinstance(cell, tuple):
        return ";".join(cell)
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:.15g}"
    return "" if cell is None else str(cell)


def read_list(path: Path, table: str) -> tuple[pd.DataFrame, FaultList]:
    """Read a list that somebody brings (``list_columns``): typed as by ``read_table``, and its faults."""
    found = FaultList(path.name)
    return _read_typed(path, list_columns()[table], found, limit=MAX_LIST_BYTES), found


def _read_typed(
    path: Path, columns: tuple[Column, ...], found: FaultList, limit: int = MAX_FILE_BYTES
) -> pd.DataFrame:
    rows = _read_rows(path, columns, found, limit)
    if not rows:
        return _typed_empty(columns)
    data: dict[str, list[Any]] = {"row": list(rows)}
    for column in columns:
        parse = _PARSERS[column.type]
        data[column.name] = [
            _cell(parse, column, number, row.get(column.name, "").strip(), found)
            for number, row in rows.items()
        ]
    return pd.DataFrame(data)


def _read_rows(
    path: Path, columns: tuple[Column, ...], found: FaultList, limit: int
) -> dict[int, dict[str, str]]:
    """Cells by name of each row that is not blank, under its number in a spreadsheet."""
    text = _read_text(path, found, limit)
    if text is None:
        return {}
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        found.add(None, None, f"is not a comma-separated table ({error}).", "Save it as CSV (UTF-8, comma).")
        return {}
    header = lines[0] if lines else []
    if _check_header(header, columns, found):
        return {}
    rows = {number: line for number, line in enumerate(lines[1:], start=2) if line}
    for number, line in rows.items():
        if len(line) != len(header):
            found.add(number, None, "has more or fewer cells than the header.", "Quote cells with commas.")
    return {number: dict(zip(header, line, strict=False)) for number, line in rows.items()}


def _read_text(path: Path, found: FaultList, limit: int) -> str | None:
    if not path.is_file():
        found.add(None, None, "is missing.", "Add the file; an empty table keeps its header line.")
        return None
    if path.stat().st_size > limit:
        found.add(None, None, f"is larger than {limit:,} bytes.", "Put large tables into the store.")
        return None
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found.add(None, None, f"is not UTF-8 (byte {error.start}).", "Save it as CSV UTF-8.")
    except OSError as error:
        found.add(None, None, f"cannot be read ({error.strerror}).", "Check its rights.")
    return None


def _check_header(header: list[str], columns: tuple[Column, ...], found: FaultList) -> bool:
    known = [column.name for column in columns]
    for column in columns:
        if column.required and column.name not in header:
            found.add(1, column.name, "the column is missing.", f"Expected columns: {', '.join(known)}.")
    counts = Counter(header)
    for name in counts:
        if name not in known:
            found.add(1, name, "is not a column of this table.", f"Expected columns: {', '.join(known)}.")
        if counts[name] > 1:
            found.add(1, name, "stands twice in the header.", "Keep one of them.")
    return any(fault.row == 1 for fault in found.faults)


def _cell(parse: Callable[[str, Column], Any], column: Column, row: int, text: str, found: FaultList) -> Any:
    if column.required and not text:
        found.add(
            row, column.name, "is empty.", f"Give {column.description[0].lower()}{column.description[1:]}."
        )
    try:
        return parse(text, column)
    except ValueError as error:
        found.add(row, column.name, f"{text!r} {error}.", _remedy(column))
        return parse("", column)


def _remedy(column: Column) -> str:
    low = "" if column.minimum is None else f" from {column.minimum:g}"
    high = "" if column.maximum is None else f" up to {column.maximum:g}"
    unit = f" in {column.unit}" if column.unit else ""
    expected = {
        "choice": f"Choose one of {', '.join(column.choices)}.",
        "number": f"Give a number{low}{high}{unit}.",
        "integer": f"Give a whole number{low}{high}{unit}.",
        "date": "Write dates as 2025-10-28.",
        "flag": "Write true or false.",
    }
    return expected.get(column.type, "Use letters, digits, _ . + - only, at most 64 of them.")


def _parse_id(text: str, column: Column) -> str:
    if text and not _ID.fullmatch(text):
        raise ValueError("is not a plain name")
    return text


def _parse_number(text: str, column: Column) -> float:
    if not text:
        return math.nan
    try:
        value = math.nan if "_" in text else float(text)  # float() would read 1_5 as 15
    except ValueError:
        raise ValueError("is not a number") from None
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    if abs(value) > LARGEST:
        raise ValueError(f"is beyond {LARGEST:g}")
    if column.minimum is not None and value < column.minimum:
        raise ValueError(f"is below {column.minimum:g}")
    if column.maximum is not None and value > column.maximum:
        raise ValueError(f"is above {column.maximum:g}")
    if column.type == "integer" and not value.is_integer():
        raise ValueError("is not a whole number")
    return value


def _parse_choice(text: str, column: Column) -> str:
    if text and text not in column.choices:
        raise ValueError("is not one of the choices")
    return text


def _parse_flag(text: str, column: Column) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError("is neither true nor false")
    return _FLAGS[text.lower()]


def _parse_date(text: str, column: Column) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("is not a date") from None


def _parse_list(text: str, column: Column) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


_PARSERS: dict[str, Callable[[str, Column], Any]] = {
    "id": _parse_id,
    "region": _parse_id,
    "text": lambda text, column: text,
    "choice": _parse_choice,
    "number": _parse_number,
    "integer": _parse_number,
    "flag": _parse_flag,
    "date": _parse_date,
    "list": _parse_list,
}


def _check_provenance(frame: pd.DataFrame, table: str, found: FaultList) -> None:
    if table == "sources":
        return
    bare = frame["assumed"].astype(bool) & (frame["reason"] == "")
    for row in frame.loc[bare, "row"]:
        found.add(int(row), "reason", "is empty on an assumed row.", "Say in a few words why.")
