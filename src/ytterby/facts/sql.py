"""Pieces of SQL that several modules need: paths as texts, conditions, Parquet files from tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def quoted(path: Path) -> str:
    """Path of a file to write, as an SQL text."""
    return "'{}'".format(str(path).replace("'", "''"))


def quoted_path(path: Path) -> str:
    """Path of a file to read, as an SQL text; signs of a pattern stand in brackets, to mean themselves."""
    return quoted(Path(re.sub(r"[\[*?]", lambda sign: f"[{sign[0]}]", str(path))))


def conditions(filters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Condition that each column equals, or is among, its values, and the values in order."""
    conditions: list[str] = ["true"]
    values: list[Any] = []
    for column, wanted in filters.items():
        among = _as_list(wanted)
        # A whole number stands in the text: given as a value it is wider than a year, and the engine then
        # reads every block of the file instead of those whose span holds it (six times slower).
        marks = [str(value) if type(value) is int else "?" for value in among]
        conditions.append(f'"{column}" IN ({", ".join(marks)})' if among else "false")
        values += [value for value in among if type(value) is not int]
    return " AND ".join(conditions), values


def _as_list(wanted: Any) -> list[Any]:
    """One value or several as a list of plain Python values."""
    if isinstance(wanted, str) or not hasattr(wanted, "__iter__"):
        wanted = [wanted]
    return [value.item() if hasattr(value, "item") else value for value in wanted]


def write_parquet(frame: pd.DataFrame, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table as Parquet (zstd), rows in their order.

    Parameters
    ----------
    frame
        Columns of one kind each: text, numbers, flags or dates.
    metadata
        Texts for the file's own key-value metadata.
    """
    import duckdb

    target = str(path).replace("'", "''")
    texts = ", ".join(
        "{}: '{}'".format(key, text.replace("'", "''")) for key, text in (metadata or {}).items()
    )
    extra = f", KV_METADATA {{{texts}}}" if texts else ""
    # Several threads write the words of a category in the order in which they meet them: other bytes each
    # time. One is not slower: 0.2 s for 1.1 million rows.
    with duckdb.connect(":memory:", config={"temp_directory": "", "threads": 1}) as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY frame TO '{target}' (FORMAT parquet, COMPRESSION zstd{extra})")


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a whole Parquet file as a table.

    Raises
    ------
    InputFaults: it is not there, or no Parquet file.
    """
    import duckdb

    from ytterby.errors import Fault, InputFaults

    try:
        with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
            return connection.execute(f"FROM read_parquet({quoted_path(path)})").df()
    except duckdb.Error as error:
        fault = Fault(str(path), None, None, "is not there, or no Parquet file.", "Name the folder of a run.")
        raise InputFaults([fault]) from error
