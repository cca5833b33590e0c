"""Reading a publisher's file line by line: bounded in size, and refused where it is no such table."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

from ytterby.errors import Fault, InputFaults
from ytterby.facts.quarantine import Quarantine

MAX_BYTES = 256_000_000
MAX_ROWS = 500_000  # of one file; as rows of the widest table about 400 MB
MAX_COLUMNS = 500
MAX_LINE = 1_000_000  # characters; a line of commas alone would make as many cells
_CHUNK = 1 << 20
_COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; ``row`` counts as a spreadsheet does, the header is row 1."""

    row: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Cell without blanks around it, hard spaces made plain; empty where there is no such column."""
        text = self.cells.get(column, "")
        return text if text.isalnum() else plain(text)  # a short cut for codes: a third of the time


class Doubt(Exception):
    """One line, or one cell of it, that cannot be trusted."""

    def __init__(self, column: str | None, cause: str, detail: str, remedy: str) -> None:
        self.column, self.cause, self.detail, self.remedy = column, cause, detail, remedy
        super().__init__(cause)


def plain(text: str) -> str:
    """Text with single blanks and none around it."""
    return " ".join(text.split())


def refusal(path: Path, message: str, remedy: str, row: int | None = None) -> InputFaults:
    """Error for a file that is not the table it should be."""
    return InputFaults([Fault(path.name, row, None, message, remedy)])


def check_size(path: Path, limit: int = MAX_BYTES) -> None:
    """Refuse a file that is missing or larger than we read."""
    if path.is_dir():
        raise refusal(path, "a folder, not a file.", "Give the file in it.")
    if not path.is_file():
        raise refusal(path, "no such file.", "Check the name.")
    if path.stat().st_size > limit:
        raise refusal(
            path,
            f"{path.stat().st_size:,} bytes; files of at most {limit:,} bytes are read.",
            "Split it by year or commodity.",
        )


def check_columns(path: Path, header: Iterable[str], needed: Sequence[str], layout: str) -> None:
    """Refuse a table without the columns it needs, naming each of them."""
    there = list(header)
    missing = [name for name in needed if name not in there]
    if missing:
        shown = ", ".join(there[:12]) or "nothing"
        raise InputFaults(
            Fault(path.name, 1, name, f"column missing; the header has {shown}.", f"Take {layout}.")
            for name in missing
        )


class CsvTable:
    """A CSV file with a header: ``header`` at once, ``lines`` as they are asked for.

    Files are UTF-8 (with or without a mark), else read as cp1252, which older statistics offices
    still write; of those, a line that is UTF-8 nevertheless is left out.
    """

    def __init__(self, path: Path) -> None:
        check_size(path)
        self.path = path
        self._ends_in_comma = False
        self._encoding = _encoding_of(path)
        with path.open(encoding=self._encoding, newline="") as file:
            try:
                first = next(csv.reader(bounded(path, file), strict=True), [])
            except csv.Error as error:
                raise refusal(path, f"no CSV header: {error}.", "Take the file as published.") from error
        self.header = [plain(name) for name in first]
        twice = {name for name in self.header if name and self.header.count(name) > 1}
        if twice or len(self.header) > MAX_COLUMNS:
            raise refusal(
                path,
                f"{len(self.header)} columns, twice: {', '.join(sorted(twice)) or 'none'}.",
                f"A table has up to {MAX_COLUMNS} columns, each once.",
                1,
            )

    def lines(self, quarantine: Quarantine) -> Iterator[Line]:
        """Every line with as many cells as the header; the others go to the quarantine."""
        with self.path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(bounded(self.path, file))
            next(reader, None)
            row = 1
            try:
                for row, cells in enumerate(reader, start=2):
                    if row > MAX_ROWS + 1:
                        raise too_long(self.path)
                    if row == 2:
                        self._ends_in_comma = len(cells) == len(self.header) + 1 and not cells[-1]
                    yield from self._line(row, cells, quarantine)
            except csv.Error as error:
                remedy = "An unclosed quotation mark? Take the file as published."
                raise refusal(self.path, f"unreadable after this row: {error}.", remedy, row) from error

    def _line(self, row: int, cells: list[str], quarantine: Quarantine) -> Iterator[Line]:
        """One line; where the first one ends in a comma that the header lacks, all of them do."""
        if self._ends_in_comma and cells and not cells[-1]:
            cells = cells[:-1]
        if self._encoding == "cp1252" and any(map(_is_utf8, cells)):
            quarantine.add(row, None, "two encodings in one file", _shown(cells), "Save it as UTF-8.")
        elif len(cells) == len(self.header):
            yield Line(row, dict(zip(self.header, cells, strict=True)))
        elif cells:
            detail = f"{len(cells)} cells, the header has {len(self.header)}"
            quarantine.add(row, None, "wrong number of cells", detail, "Check commas and quotes.")


def bounded(path: Path, file: TextIO) -> Iterator[str]:
    """Lines of a file, refused at the first one that no table has."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise refusal(
                path, f"a line of more than {MAX_LINE:,} characters.", "Take the file as published."
            )
        yield line


def _is_utf8(text: str) -> bool:
    """Whether text that was read as cp1252 is UTF-8: its bytes make sense as such, which no chance does."""
    if text.isascii():
        return False
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _shown(cells: Sequence[str]) -> str:
    return repr(next((cell for cell in cells if _is_utf8(cell)), "")[:60])


def too_long(path: Path) -> InputFaults:
    """Error for a table with more rows than we read."""
    return refusal(path, f"more than {MAX_ROWS:,} rows.", "Split it by year or commodity.")


def _encoding_of(path: Path) -> str:
    """UTF-8 where the whole file is, else cp1252; compressed and UTF-16 files are refused."""
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith(_COMPRESSED):
            raise refusal(path, "compressed, not a text table.", "Unpack it first.")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise refusal(path, "encoded as UTF-16.", "Save it as UTF-8.")
    for encoding in ("utf-8-sig", "cp1252"):
        if _decodes(path, encoding):
            return encoding
    raise refusal(path, "neither UTF-8 nor cp1252 text.", "Save it as UTF-8.")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for chunk in chain(iter(lambda: file.read(_CHUNK), b""), [b""]):
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return False
    return True


def year_columns(header: Iterable[str], pattern: str = r"([0-9]{4})") -> dict[str, int]:
    """Columns that are years, by the whole name or by a pattern with the year as its group."""
    found = {name: re.fullmatch(pattern, name) for name in header}
    return {name: int(match[1]) for name, match in found.items() if match}
