"""Reading xlsx files that strangers made: bounded, without evaluating anything in them.

An xlsx file is a zip of XML. Before a parser sees it, every part is unpacked once into nothing, so that
its size is known rather than claimed, and a document type (which is what entity bombs need) is refused.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ytterby.errors import YtterbyError
from ytterby.facts.publishers.layout import check_size, refusal
from ytterby.facts.quarantine import Quarantine

MAX_BYTES = 50_000_000
MAX_UNPACKED = 200_000_000  # World Mining Data unpacks to about 5 MB
MAX_PARTS = 2000
MAX_ROWS = 60_000  # of one sheet; the governance indicators have 32,100
MAX_CELLS = 3_000_000  # of the workbook, empty ones included: a cell far out makes a sheet as wide
MAX_TEXT = 32_767  # characters of a cell, as the spreadsheet program itself allows
_CHUNK = 1 << 20
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_OVERLAP = max(map(len, _FORBIDDEN))


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and its rows, each with the number a spreadsheet shows and its texts."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheets(path: Path, quarantine: Quarantine) -> Iterator[Sheet]:
    """Sheets of a workbook one by one, cells as text; cells with formulas are left out and counted.

    A formula is never evaluated, and the result that some program stored beside it is not used
    either: nobody can tell whether it belongs to the numbers in the sheet.

    Raises
    ------
    InputFaults
        No xlsx file, or one too large, or with a document type.
    YtterbyError
        openpyxl is not installed.
    """
    check_size(path, MAX_BYTES)
    _check_parts(path)
    left = MAX_CELLS
    with _opened(path) as book:
        for sheet in book.worksheets:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of openpyxl, on layout and pictures that it does not keep
                found = _read_sheet(path, sheet, left, quarantine)
            left -= _cells(found.rows)
            yield found


def _read_sheet(path: Path, sheet: Any, left: int, quarantine: Quarantine) -> Sheet:
    """All rows of one sheet, equally wide; one that is larger than we read is refused, not cut."""
    rows: list[tuple[int, tuple[str, ...]]] = []
    sheet.reset_dimensions()  # what the sheet says of its size would cut it in silence
    try:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            left -= len(row) + 1
            if number > MAX_ROWS or left < 0:
                left = -1
                break
            rows.append((number, tuple(_text(cell, number, sheet.title, quarantine) for cell in row)))
    except Exception as error:
        raise refusal(
            path, f"sheet {sheet.title!r} is unreadable: {error}.", "Take it as published."
        ) from error
    width = max((len(texts) for _, texts in rows), default=0)
    if left < 0 or len(rows) * width > MAX_CELLS:
        message = f"sheet {sheet.title!r} has more than {MAX_ROWS:,} rows, or the book {MAX_CELLS:,} cells."
        raise refusal(path, message, "Take the file as published, or shorten it.")
    return Sheet(sheet.title.strip(), tuple((at, texts + ("",) * (width - len(texts))) for at, texts in rows))


def _cells(rows: Sequence[tuple[int, tuple[str, ...]]]) -> int:
    return sum(len(texts) + 1 for _, texts in rows)


def _check_parts(path: Path) -> None:
    """Refuse what is no zip, too large when unpacked, or holds a document type."""
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MAX_PARTS:
                raise refusal(path, f"more than {MAX_PARTS} parts.", "Take the file as published.")
            left = MAX_UNPACKED
            for part in archive.infolist():
                left -= _unpacked_size(path, archive, part, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise refusal(path, f"no readable xlsx file: {error}.", "Take the file as published.") from error


def _unpacked_size(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Bytes of one part, read in pieces and thrown away."""
    size, tail = 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise refusal(path, f"unpacks to more than {MAX_UNPACKED:,} bytes.", "Not read at all.")
            if any(word in tail + chunk for word in _FORBIDDEN):
                raise refusal(path, f"a document type in {part.filename!r}.", "Take the file as published.")
            tail = chunk[-_OVERLAP:]
    return size


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import openpyxl
    except ImportError as error:
        message = f"{path.name} is an xlsx file, and openpyxl is not installed."
        raise YtterbyError(message, "pip install 'ytterby[xlsx]', or save the sheets as CSV.") from error
    with path.open("rb") as file:  # ours to close: the parser leaves a broken workbook open
        try:  # formulas show as such only where their stored results are not asked for
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # whatever a broken workbook makes the parser raise
            raise refusal(path, f"no readable workbook: {error}.", "Take the file as published.") from error
        try:
            yield book
        finally:
            book.close()


def _text(cell: Any, row: int, sheet: str, quarantine: Quarantine) -> str:
    """Cell as text, whole numbers without a point; empty for nothing and for a formula."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(f"{cell.coordinate} holds more than {MAX_TEXT:,} characters")
    if cell.data_type == "f":
        place = f"{sheet}!{cell.coordinate}"
        remedy = "Save the sheet with values in place of formulas."
        quarantine.add(row, place, "formula in a cell", str(value)[:60], remedy)
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else repr(value)
    return " ".join(str(value).split())
