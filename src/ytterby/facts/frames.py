"""Rows of the engine as a DataFrame, in which equal labels are one text and not one text a row.

A DataFrame holds a Python object for every cell of text: 750,000 flows with their six labels are four
million objects, 300 MB and half of the time. Labels repeat, so a large answer is brought as numbers of
labels, and every cell then points at the one text of its label. What callers see stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

LARGE = 20_000  # rows; below, the plain way takes some milliseconds
MAX_LABELS = 10_000  # in a column; a column with more holds texts rather than labels
_ANSWER = "answer"


def fetch_frame(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Sequence[Any],
    *,
    columns: Sequence[str],
    order: str = "",
) -> pd.DataFrame:
    """Answer of a SELECT whose columns have different names.

    Parameters
    ----------
    connection
        A cursor of its own, whose temporary tables nobody else sees.
    columns
        Columns to bring, in this order.
    order
        Columns of the SELECT to sort by, as SQL; its own order when empty. Labels are sorted as numbers.

    Returns
    -------
    The same as the engine's own DataFrame: numbers in their types, text as ``str``.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_ANSWER} AS {sql}", values or None)
    labels = _labels(connection) if _is_large(connection) else {}
    cells = ", ".join(_enumerated(name, texts) for name, texts in labels.items())
    replaced = f" REPLACE ({cells})" if labels else ""
    brought = ", ".join(f'"{name}"' for name in columns)
    sorted_by = f" ORDER BY {order}" if order else ""
    frame = connection.execute(
        f"SELECT {brought} FROM (SELECT *{replaced} FROM {_ANSWER}){sorted_by}"  # noqa: S608
    ).df()
    connection.execute(f"DROP TABLE {_ANSWER}")
    return frame.assign(**{name: _shared(frame[name]) for name in labels if name in frame})


def _is_large(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(f"SELECT count(*) FROM {_ANSWER}").fetchone()  # noqa: S608
    return bool(found and found[0] > LARGE)


def _labels(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Texts of each column of text that holds few different ones."""
    described = connection.execute(f"DESCRIBE {_ANSWER}").fetchall()
    texts = (_texts(connection, name) for name, kind, *_ in described if kind == "VARCHAR")
    return {name: found for name, found in texts if 0 < len(found) <= MAX_LABELS}


def _texts(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, list[str]]:
    """Different texts of a column, or one more than are taken for labels."""
    rows = connection.execute(
        f'SELECT DISTINCT "{name}" FROM {_ANSWER} WHERE "{name}" IS NOT NULL LIMIT {MAX_LABELS + 1}'  # noqa: S608
    ).fetchall()
    return name, sorted(text for (text,) in rows)  # as the engine sorts text: by code points


def _enumerated(name: str, texts: Sequence[str]) -> str:
    """A column of text as an enumeration of its labels."""
    listed = ", ".join("'{}'".format(text.replace("'", "''")) for text in texts)
    return f'"{name}"::ENUM ({listed}) AS "{name}"'


def _shared(column: pd.Series[Any]) -> Any:
    """Text of an enumerated column: equal cells are the same object, missing ones NaN."""
    categories = column.cat.categories.array
    return categories.take(column.cat.codes.to_numpy(), allow_fill=True)
