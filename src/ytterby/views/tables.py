"""Tables as files: CSV that a spreadsheet may open, Parquet, JSON, workbooks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd

from ytterby.errors import Fault, InputFaults, UnknownName, YtterbyError
from ytterby.views.wording import plain_value

Plain = str | int | float | bool | None
FORMATS = (".csv", ".parquet", ".json", ".xlsx")
CREDIT_KEY = "ytterby_sources"  # of the metadata of a Parquet file; a JSON list of sources and terms
_CHUNK = 50_000  # rows that are texts at one time: a world's screen has millions
_SHEET_ROWS, _SHEET_CELL = 1_048_576, 32_767  # limits of a spreadsheet
# A spreadsheet reads a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(frame: pd.DataFrame, path: Path, credit: pd.DataFrame | None = None) -> None:
    """Write a table in the format that the suffix names: .csv, .parquet, .json or .xlsx.

    Parameters
    ----------
    credit
        Sources and terms of the rows (``ytterby.facts.credits``). They go into a file beside the table
        before the table itself, so that no table is without them, into the metadata of Parquet and onto a
        sheet of their own.

    Raises
    ------
    UnknownName: another suffix.
    """
    check_place(path)
    if credit is not None:
        replace_whole(credit_place(path), lambda partial: _write_csv(credit, partial))
    replace_whole(path, lambda partial: _WRITERS[path.suffix](frame, partial, credit))


def write_text(text: str, path: Path) -> None:
    """Write a text whole or not at all."""
    replace_whole(path, lambda partial: partial.write_text(text, encoding="utf-8", newline=""))


def credit_place(path: Path) -> Path:
    """File of the sources and terms of a table: ``shares.csv`` has ``shares.csv.sources.csv``."""
    return path.with_name(f"{path.name}.sources.csv")


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name first: an interruption leaves no half of it under its own."""
    partial = path.with_name(f".{path.name}.part")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_place(path: Path, formats: Sequence[str] = FORMATS) -> None:
    """Refuse a file that cannot be written, so that nobody learns it after a long computation.

    Raises
    ------
    UnknownName: a suffix that is not among ``formats``. InputFaults: no such folder.
    """
    if path.suffix not in formats:
        raise UnknownName("table format", path.suffix, formats)
    if not path.parent.is_dir():
        message = "the folder is not there."
        raise InputFaults([Fault(str(path), None, None, message, "Make it first, or name another.")])


def _write_csv(frame: pd.DataFrame, path: Path, _credit: pd.DataFrame | None = None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _csv_into(file, frame)


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV: comma, LF, header, empty cell for a missing value.

    Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers,
    written in the fewest digits that give the same float again.
    """
    out = io.StringIO()
    _csv_into(out, frame)
    return out.getvalue()


def _csv_into(file: IO[str], frame: pd.DataFrame) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_disarmed(str(name)) for name in frame.columns])
    for rows in _rows(frame, csv_cell):
        writer.writerows(rows)


def csv_cell(cell: Plain) -> Any:
    """Cell of a CSV file: empty for a missing value, and no formula of a spreadsheet."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return _disarmed(cell) if isinstance(cell, str) else cell


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_json(frame: pd.DataFrame, path: Path, _credit: pd.DataFrame | None = None) -> None:
    keys = [json.dumps(str(name), ensure_ascii=False) for name in frame.columns]
    form = "{" + ", ".join(f"{key.replace('%', '%%')}: %s" for key in keys) + "}"
    with path.open("w", encoding="utf-8", newline="") as file:
        separator = "["
        for rows in _rows(frame, _json_cell):
            file.write(separator + ",\n ".join(form % row for row in rows))
            separator = ",\n "
        file.write("]\n" if len(frame) else "[]\n")


def _json_cell(cell: Plain) -> str:
    # JSON writes finite floats as Python does; asking its encoder for each takes three times as long
    return repr(cell) if type(cell) is float else json.dumps(cell, ensure_ascii=False)


def _write_parquet(frame: pd.DataFrame, path: Path, credit: pd.DataFrame | None = None) -> None:
    from ytterby.facts.sql import write_parquet

    told = None if credit is None else {CREDIT_KEY: json.dumps(_records(credit), ensure_ascii=False)}
    write_parquet(_flat(frame), path, told)


def _records(frame: pd.DataFrame) -> list[dict[str, Plain]]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for rows in _rows(frame, lambda cell: cell) for row in rows]


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of Python objects as text, so that a column is of one kind also where it is empty."""
    flat = frame.copy(deep=False)
    for name in filter(lambda name: pd.api.types.is_object_dtype(frame[name]), frame.columns):
        if len(frame) and pd.api.types.infer_dtype(frame[name], skipna=False) == "string":
            continue  # text already: a million components stay where they are
        cells = [plain_value(value) for value in frame[name]]
        flat[name] = pd.Series([v if v is None else str(v) for v in cells], index=frame.index, dtype="str")
    return flat


def write_sheet(frame: pd.DataFrame, path: Path, credit: pd.DataFrame | None = None) -> None:
    """One sheet with the table, and where its sources are known a second with them."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise YtterbyError(
            "workbooks need openpyxl, which is not installed.", "pip install 'ytterby[xlsx]', or write .csv."
        ) from error
    if len(frame) >= _SHEET_ROWS:
        raise YtterbyError(
            f"{len(frame):,} rows do not fit on a sheet of {_SHEET_ROWS:,}.",
            "Write .parquet or .csv, or ask for less.",
        )
    book = Workbook(write_only=True)
    for title, table in (("table", frame), ("sources", credit)):
        if table is not None:
            sheet = book.create_sheet(title)
            sheet.append([_sheet_cell(str(name)) for name in table.columns])
            for rows in _rows(table, _sheet_cell):
                for row in rows:
                    sheet.append(row)
    book.save(path)


def _sheet_cell(cell: Plain) -> Any:
    """Cell of a sheet: no formula, no character that XML forbids, no longer than a cell may be."""
    if not isinstance(cell, str):
        return cell
    return _disarmed("".join(char for char in cell if char in "\t\n" or char.isprintable()))[:_SHEET_CELL]


def _rows(frame: pd.DataFrame, show: Callable[[Plain], Any]) -> Iterator[Iterable[tuple[Any, ...]]]:
    """Rows in chunks, made column by column: a category is shown once, however many rows have it."""
    for start in range(0, len(frame), _CHUNK):
        chunk = frame.iloc[start : start + _CHUNK]
        yield zip(*(_shown(chunk.iloc[:, at], show) for at in range(chunk.shape[1])), strict=True)


def _shown(column: pd.Series[Any], show: Callable[[Plain], Any]) -> list[Any]:
    """Every cell of a column as a plain value, shown."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = [show(plain_value(value)) for value in column.cat.categories] + [show(None)]
        return [known[code] for code in column.cat.codes]  # a missing one has the code -1
    return [show(plain_value(value)) for value in column.tolist()]


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".json": _write_json, ".xlsx": write_sheet}
