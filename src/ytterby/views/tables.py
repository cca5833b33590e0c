"""Tables for people and programs: CSV that a spreadsheet may open, Parquet, JSON, the terminal."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ytterby.errors import Fault, InputFaults, UnknownName
from ytterby.views.wording import plain, plain_value

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = (".csv", ".parquet", ".json")
CREDIT_KEY = "ytterby_sources"  # of the metadata of a Parquet file; a JSON list of sources and terms
_NARROWEST = 4  # characters of a column on the terminal
# A spreadsheet reads a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(frame: pd.DataFrame, path: Path, credit: pd.DataFrame | None = None) -> None:
    """Write a table in the format that the suffix names: .csv, .parquet or .json.

    Parameters
    ----------
    credit
        Sources and terms of the rows (``ytterby.facts.credits``). They go into a file beside the table
        before the table itself, so that no table is without them, and into the metadata of Parquet.

    Raises
    ------
    UnknownName: another suffix.
    """
    check_place(path)
    if credit is None:
        writers = {".csv": _write_csv, ".parquet": _write_parquet, ".json": _write_json}
        _replace(path, lambda partial: writers[path.suffix](frame, partial))
        return
    _replace(credit_place(path), lambda partial: _write_csv(credit, partial))
    if path.suffix == ".parquet":
        sources = json.dumps(list(_records(credit)), ensure_ascii=False)
        _replace(path, lambda partial: _write_parquet(frame, partial, {CREDIT_KEY: sources}))
    else:
        write_table(frame, path)


def credit_place(path: Path) -> Path:
    """File of the sources and terms of a table: ``shares.csv`` has ``shares.csv.sources.csv``."""
    return path.with_name(f"{path.name}.sources.csv")


def _replace(path: Path, write: Callable[[Path], None]) -> None:
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


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_text(csv_text(frame), encoding="utf-8", newline="")


def _write_json(frame: pd.DataFrame, path: Path) -> None:
    lines = ",\n ".join(json.dumps(row, ensure_ascii=False) for row in _records(frame))
    path.write_text(f"[{lines}]\n", encoding="utf-8", newline="")


def _write_parquet(frame: pd.DataFrame, path: Path, metadata: dict[str, str] | None = None) -> None:
    from ytterby.facts.store import write_parquet

    write_parquet(_flat(frame), path, metadata)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of Python objects as text, so that a column is of one kind also where it is empty."""
    flat = frame.copy()
    for name in filter(lambda name: pd.api.types.is_object_dtype(frame[name]), frame.columns):
        cells = [plain_value(value) for value in frame[name]]
        flat[name] = pd.Series([v if v is None else str(v) for v in cells], index=frame.index, dtype="str")
    return flat


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV: comma, LF, header, empty cell for a missing value.

    Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers,
    written in the fewest digits that give the same float again.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_disarmed(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_csv_cell(value) for value in row])
    return out.getvalue()


def _csv_cell(value: Any) -> Any:
    cell = plain_value(value)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return _disarmed(cell) if isinstance(cell, str) else cell


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for row in frame.itertuples(index=False, name=None):
        yield dict(zip(names, map(plain_value, row), strict=True))


def terminal_table(frame: pd.DataFrame, title: str, *, limit: int = 20) -> Table:
    """Return a table for the terminal: the first rows, numbers to the right, a note on what is left out.

    Texts are shown as they are; markup and control characters in them have no effect.
    """
    from rich.table import Table
    from rich.text import Text

    left_out = len(frame) - limit
    caption = f"{left_out} more rows" if left_out > 0 else None
    table = Table(title=Text(title), caption=caption, title_justify="left", caption_justify="left")
    cells = [[_printable(plain(value)) for value in row]
             for row in frame.head(limit).itertuples(index=False, name=None)]  # fmt: skip
    columns = [[str(name), *(row[at] for row in cells)] for at, name in enumerate(frame.columns)]
    for name, width in zip(frame.columns, _widths(columns), strict=True):
        justify = "right" if pd.api.types.is_numeric_dtype(frame[name]) else "left"
        table.add_column(Text(str(name)), justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _widths(columns: list[list[str]]) -> list[int]:
    """Width of each column: its longest text, or where that is too much for the terminal its longest word."""
    room = shutil.get_terminal_size().columns - 3 * len(columns) - 1
    wanted = [max(_longest(text.splitlines()) for text in texts) for texts in columns]
    if sum(wanted) <= room:
        return wanted
    widths = [_longest(word for text in texts for word in text.split()) for texts in columns]
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    while sum(widths) < room:
        lacking = [want - width for want, width in zip(wanted, widths, strict=True)]
        widths[lacking.index(max(lacking))] += 1
    return widths


def _longest(texts: Iterable[str]) -> int:
    """Columns of the terminal that the longest of some texts takes; at least one."""
    from rich.cells import cell_len

    return max((cell_len(text) for text in texts), default=1) or 1


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
