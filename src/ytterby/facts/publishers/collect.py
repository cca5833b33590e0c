"""From lines to a table of the store: doubts and duplicate keys are left out and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ytterby.catalog.rows import read_rows
from ytterby.facts.publishers.layout import Doubt, Line
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]
_ADDED_LATER = ("source_id", "edition")  # who imports knows them, the file does not


def table_columns(table: str) -> dict[str, str]:
    """Columns of a table of the store with their types, without source_id and edition."""
    rows = (row for row in read_rows("facts_columns") if row["table"] == table)
    return {row["column"]: row["type"] for row in rows if row["column"] not in _ADDED_LATER}


def convert(
    lines: Iterable[Line], make: Callable[[Line], Record | None], quarantine: Quarantine
) -> Iterator[tuple[int, Record]]:
    """Records of all lines that raise no doubt; None is a line with nothing to say."""
    for line in lines:
        try:
            record = make(line)
        except Doubt as doubt:
            quarantine.add(line.row, doubt.column, doubt.cause, doubt.detail, doubt.remedy)
        else:
            if record is not None:
                yield line.row, record


def to_table(
    records: Iterable[tuple[int, Record]], table: str, key: Sequence[str], quarantine: Quarantine
) -> pd.DataFrame:
    """Rows of a table of the store, each key once.

    A row that repeats another word for word counts once; where two rows give different numbers for
    one key nobody knows which is right, and both are left out.
    """
    columns = table_columns(table)
    kept: dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]] = {}
    rivals: set[tuple[Any, ...]] = set()
    for row, record in records:
        label = tuple(record[name] for name in key)
        values = tuple(record[name] for name in columns)
        if label not in kept:
            kept[label] = (row, values)
        elif kept[label][1] == values:
            quarantine.add(row, None, "repeated row", _shown(label), "Counted once.")
        else:
            rivals.add(label)
            _doubled(quarantine, row, label, kept[label][0])
    for label in rivals:
        row, _ = kept.pop(label)
        _doubled(quarantine, row, label, None)
    return _frame([values for _, values in kept.values()], columns)


def _doubled(quarantine: Quarantine, row: int, label: tuple[Any, ...], other: int | None) -> None:
    detail = _shown(label) + (f", also in row {other}" if other else "")
    quarantine.add(row, None, "two values for one key", detail, "Keep one of the rows.")


def _shown(label: tuple[Any, ...]) -> str:
    return ", ".join(str(part) for part in label)


def _frame(rows: list[tuple[Any, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Frame with the declared types; missing numbers are NaN, texts are never missing."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns))
    kinds = {name: _kind(kind, frame[name]) for name, kind in columns.items()}
    return frame.astype(kinds)


def _kind(declared: str, column: pd.Series[Any]) -> str:
    if declared in ("VARCHAR", "DOUBLE"):
        return "str" if declared == "VARCHAR" else "float64"
    return "float64" if column.isna().any() else "int64"
