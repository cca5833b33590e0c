"""The one store of published tables, and the only module that speaks SQL.

Read-only views over Parquet files, each with a source card and documented columns. A store has a
connection of its own; every query runs on a cursor of that connection, so threads may share it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import source
from ytterby.errors import QueryRefused, UnknownName

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

STARTER = Path(__file__).parent / "starter"
MEMORY_LIMIT = "500MB"  # the whole starter trade table in a sort stays under 200 MB


class Store:
    """Read-only tables of production, trade, governance, prices, projects and policies.

    Parameters
    ----------
    folder
        Folder with Parquet files and their ``manifest.json``; the packaged starter data by default.
    memory_limit
        Most memory that queries may take, as DuckDB writes it.
    """

    def __init__(self, folder: Path = STARTER, *, memory_limit: str = MEMORY_LIMIT) -> None:
        import duckdb

        self.folder = folder
        self._engine_error: type[Exception] = duckdb.Error
        self._connection = duckdb.connect(
            ":memory:", config={"memory_limit": memory_limit, "temp_directory": ""}
        )
        for entry in self._manifest.values():
            self._create_view(entry)
        self._close_the_doors()

    @cached_property
    def _manifest(self) -> dict[str, dict[str, Any]]:
        """Entries of the manifest by table."""
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return {entry["table"]: entry for entry in manifest["tables"]}

    def _create_view(self, entry: Mapping[str, Any]) -> None:
        """One view over one file, with the types that the attribute rows declare."""
        path = str(self.folder / entry["file"]).replace("'", "''")
        if path.endswith(".csv"):
            types = {row["column"]: row["type"] for row in _column_rows(entry["table"])}
            declared = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
            reader = f"read_csv('{path}', header = true, nullstr = '\\N', columns = {{{declared}}})"
        else:
            reader = f"read_parquet('{path}')"
        self._connection.execute(f'CREATE VIEW "{entry["table"]}" AS SELECT * FROM {reader}')  # noqa: S608

    def _close_the_doors(self) -> None:
        """From here on queries see this folder only, and cannot change that."""
        folder = str(self.folder).replace("'", "''")
        self._connection.execute(f"SET allowed_directories = ['{folder}']")
        for setting in ("enable_external_access = false", "lock_configuration = true"):
            self._connection.execute(f"SET {setting}")

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def tables(self) -> pd.DataFrame:
        """Every table with its rows, years, sources and terms.

        Returns
        -------
        name, rows, years, source_id, edition, licence, may_redistribute, description.
        """
        import pandas as pd

        return pd.DataFrame([_table_line(row, self._manifest) for row in self._table_rows()])

    def edition(self, table: str) -> str:
        """Editions of the sources of a table, joined by semicolons."""
        self._check_table(table)
        return "; ".join(source(key).edition for key in _table_row(table)["source_id"].split(";"))

    def _table_rows(self) -> list[dict[str, str]]:
        return [row for row in read_rows("facts_tables") if row["table"] in self._manifest]

    def columns(self, table: str) -> pd.DataFrame:
        """Columns of a table: column, unit, type, description."""
        import pandas as pd

        self._check_table(table)
        frame = pd.DataFrame(_column_rows(table))
        return frame[["column", "unit", "type", "description"]]

    def show(self, table: str, limit: int = 20, **filters: Any) -> pd.DataFrame:
        """First rows of a table, held to those whose columns equal (or are among) the filters."""
        return self.select(table, limit=limit, **filters)

    def select(
        self, table: str, *, only: Sequence[str] | None = None, limit: int | None = None, **filters: Any
    ) -> pd.DataFrame:
        """Rows of a table whose columns equal, or are among, the given values; None filters nothing.

        Parameters
        ----------
        only
            Columns to bring, all when None.
        limit
            Most rows, all when None.

        Raises
        ------
        UnknownName
            No such table or column.
        """
        self._check_table(table)
        known = [row["column"] for row in _column_rows(table)]
        conditions, values = ["true"], []
        for column in (*filters, *(only or ())):
            if column not in known:
                raise UnknownName(f"column of {table}", column, known)
        for column, wanted in filters.items():
            if wanted is None:
                continue
            among = _as_list(wanted)
            conditions.append(f'"{column}" IN ({", ".join("?" * len(among))})' if among else "false")
            values += among
        tail = f" LIMIT {int(limit)}" if limit is not None else ""
        where = " AND ".join(conditions)
        # Filters may scramble the order of the file; without any it stands (a sort of all trade takes 1 s).
        order = f" ORDER BY {_table_row(table)['row_order']}" if values else ""
        brought = ", ".join(f'"{column}"' for column in only or known)
        return self._run(f'SELECT {brought} FROM "{table}" WHERE {where}{order}{tail}', values)  # noqa: S608

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Answer of one SELECT over the documented views.

        Raises
        ------
        QueryRefused
            The text is not exactly one SELECT, or reaches for files outside the store.
        """
        kinds = [statement.type.name for statement in self._parse(sql)]
        if kinds not in (["SELECT"], ["SELECT_STATEMENT"]):
            raise QueryRefused(
                f"the store answers one SELECT at a time and got {', '.join(kinds) or 'nothing'}.",
                "Write a single SELECT over the tables that `facts list` names.",
            )
        return self._run(sql, params)

    def _parse(self, sql: str) -> list[duckdb.Statement]:
        try:
            return self._connection.cursor().extract_statements(sql)
        except self._engine_error as error:
            raise QueryRefused(f"the query cannot be read: {error}.", "Check its SQL.") from error

    def _run(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> pd.DataFrame:
        try:
            return self._connection.cursor().execute(sql, params or None).df()
        except self._engine_error as error:
            remedy = "See `facts list` for tables and columns; files outside the store stay closed."
            raise QueryRefused(f"the store refuses the query: {error}.", remedy) from error

    def _check_table(self, table: str) -> None:
        if table not in self._manifest:
            raise UnknownName("table", table, self._manifest)


def open_store() -> Store:
    """Store over the starter data of the package."""
    return Store()


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet (zstd), rows in their order.

    Parameters
    ----------
    frame
        Columns of one kind each: text, numbers, flags or dates.
    """
    import duckdb

    target = str(path).replace("'", "''")
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY frame TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def _as_list(wanted: Any) -> list[Any]:
    """One value or several as a list of plain Python values."""
    if isinstance(wanted, str) or not hasattr(wanted, "__iter__"):
        wanted = [wanted]
    return [value.item() if hasattr(value, "item") else value for value in wanted]


def _table_row(table: str) -> dict[str, str]:
    return next(row for row in read_rows("facts_tables") if row["table"] == table)


def _column_rows(table: str) -> list[dict[str, str]]:
    return [row for row in read_rows("facts_columns") if row["table"] == table]


def _table_line(row: Mapping[str, str], manifest: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One line of the list of tables."""
    entry = manifest[row["table"]]
    cards = [source(key) for key in row["source_id"].split(";")]
    first, last = entry["first_year"], entry["last_year"]
    return {
        "name": row["table"],
        "rows": entry["rows"],
        "years": f"{first}-{last}" if first is not None else "",
        "source_id": row["source_id"],
        "edition": "; ".join(card.edition for card in cards),
        "licence": "; ".join(dict.fromkeys(card.licence for card in cards)),
        "may_redistribute": all(card.may_redistribute for card in cards),
        "description": row["description"],
    }
