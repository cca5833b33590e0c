"""The one store of published tables, and the module that answers in SQL.

Read-only views over Parquet files, each with a source card and documented columns: the starter data
of the package and, where one is opened, the editions of a user's store (see ``user_store``). A store
has a connection of its own; every query runs on a cursor of that connection, so threads may share it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import source
from ytterby.errors import QueryRefused, StoreDamaged, UnknownName
from ytterby.facts.answers import create_answers, view_names
from ytterby.facts.frames import fetch_frame
from ytterby.facts.sql import conditions, quoted, quoted_path
from ytterby.facts.tables import (
    column_list,
    column_rows,
    edition_lines,
    editions_row,
    family,
    literals,
    table_line,
    table_row,
)
from ytterby.facts.user_store import EDITIONS, Card, open_manifest, read_manifest, store_folder

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

STARTER = Path(__file__).parent / "starter"
MEMORY_LIMIT = "500MB"  # the whole starter trade table in a sort stays under 200 MB
ALL_EDITIONS = "all"
OPENINGS = 10  # how often a store is opened again that imports change at this moment
_RANKED = "{}__by_card"  # beside a table with imported editions: the same rows with the age of their card


class Store:
    """Read-only tables of production, trade, governance, prices, projects and policies.

    Parameters
    ----------
    folder
        Folder with Parquet files and their ``manifest.json``; the packaged starter data by default.
    memory_limit
        Most memory that queries may take, as DuckDB writes it.
    user
        Folder of a user's store, whose editions stand beside the starter data in the same tables.
    known_on
        Only editions known on this day: published by then or, where the card does not say when it
        was published, fetched by then.
    """

    def __init__(
        self,
        folder: Path = STARTER,
        *,
        memory_limit: str = MEMORY_LIMIT,
        user: Path | None = None,
        known_on: dt.date | None = None,
    ) -> None:
        import duckdb

        self.folder, self.user, self.known_on = folder, user, known_on
        cards = open_manifest(user).cards if user else ()
        self.cards: tuple[Card, ...] = tuple(card for card in cards if self._is_known(card.known_since))
        self._engine_error: type[Exception] = duckdb.Error
        self._memory_error: type[Exception] = duckdb.OutOfMemoryException
        self.memory_limit = memory_limit
        self._connection = duckdb.connect(
            ":memory:", config={"memory_limit": memory_limit, "temp_directory": ""}
        )
        try:
            self._create_views()
        except duckdb.Error as error:
            self.close()
            why = str(error).splitlines()[0][:300]
            raise StoreDamaged(f"a file of the store cannot be read ({why}).", "Open it again.") from error
        self._close_the_doors()

    def _create_views(self) -> None:
        for entry in self._manifest.values():
            self._create_view(entry)
        for table in self._only_imported:
            self._create_import_view(table)
        create_answers(self._connection)

    @cached_property
    def _manifest(self) -> dict[str, dict[str, Any]]:
        """Entries of the manifest by table."""
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return {entry["table"]: entry for entry in manifest["tables"]}

    def _is_known(self, since: dt.date) -> bool:
        return self.known_on is None or since <= self.known_on

    def as_known_on(self, day: dt.date) -> Store:
        """The same store as it could have been read on a day: only editions known by then.

        An edition is known from the date of publication on its card; a card without one (all of the
        starter data) counts from the day on which it was fetched, which is never too early.
        """
        return Store(self.folder, memory_limit=self.memory_limit, user=self.user, known_on=day)

    def _create_view(self, entry: Mapping[str, Any]) -> None:
        """The view of one table: the starter file alone, or united with the user's editions."""
        table = entry["table"]
        starter = f"SELECT *{literals(table)} FROM {self._starter_rows(entry)}"  # noqa: S608
        if not self._cards_of(table):
            self._connection.execute(f'CREATE VIEW "{table}" AS {starter}')
            return
        columns = column_list(table)
        aged = f"SELECT {columns}, {self._age_of_starter(table)} AS card_age FROM ({starter})"  # noqa: S608
        self._create_ranked_view(table, aged)

    def _create_ranked_view(self, table: str, other: str) -> None:
        """Views of other rows united with the user's editions, with and without the age of their card."""
        columns, ranked = column_list(table), _RANKED.format(table)
        parts = [other]
        if self.user and self._cards_of(table):
            files = ", ".join(quoted_path(self.user / EDITIONS / card.file) for card in self._cards_of(table))
            # One scan of all files, oldest first: thirty scans with filters take thirty times the memory.
            parts.append(f"SELECT {columns}, file_index + 1 AS card_age FROM read_parquet([{files}])")  # noqa: S608
        self._connection.execute(f'CREATE VIEW "{ranked}" AS {" UNION ALL ".join(parts)}')
        self._connection.execute(f'CREATE VIEW "{table}" AS SELECT {columns} FROM "{ranked}"')  # noqa: S608

    @cached_property
    def _only_imported(self) -> tuple[str, ...]:
        """Tables of which the starter data have no row; they hold what a user imports."""
        return tuple(row["table"] for row in read_rows("facts_tables") if not row["source_id"])

    def _create_import_view(self, table: str) -> None:
        """The view of a table that only imports fill; without any it has its columns and no rows."""
        kinds = {row["column"]: row["type"] for row in column_rows(table)}
        empty = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in kinds.items())
        self._create_ranked_view(table, f"SELECT {empty}, 0 AS card_age WHERE false")

    def _cards_of(self, table: str) -> list[Card]:
        """Imported files of a table, oldest first."""
        mine = [card for card in self.cards if card.table == table]
        return sorted(mine, key=lambda card: (card.known_since, card.edition, card.part))

    def _age_of_starter(self, table: str) -> str:
        """Place of each starter row among the imported files: after those known before its own card."""
        since = [card.known_since for card in self._cards_of(table)]
        places = {
            key: sum(day < dt.date.fromisoformat(source(key).accessed) for day in since)
            for key in table_row(table)["source_id"].split(";")
        }
        cases = " ".join(f"WHEN '{key}' THEN {place} + 0.5" for key, place in places.items())
        return f"CASE source_id {cases} END"

    def _starter_rows(self, entry: Mapping[str, Any]) -> str:
        """Starter rows of a table, without those not yet known on the day asked for."""
        table = entry["table"]
        keys = table_row(table)["source_id"].split(";")
        known = [key for key in keys if self._is_known(dt.date.fromisoformat(source(key).accessed))]
        reader = self._reader(entry)
        if known == keys:
            return reader
        named = ", ".join(f"'{key}'" for key in known) or "NULL"
        has_source = any(row["column"] == "source_id" for row in column_rows(table))
        return f"(SELECT * FROM {reader} WHERE {f'source_id IN ({named})' if has_source else bool(known)})"  # noqa: S608

    def _reader(self, entry: Mapping[str, Any]) -> str:
        """The file of a starter table, with the types that the attribute rows declare."""
        path = str(self.folder / entry["file"]).replace("'", "''")
        if path.endswith(".csv"):
            types = {row["column"]: row["type"] for row in column_rows(entry["table"])}
            declared = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
            return f"read_csv('{path}', header = true, nullstr = '\\N', columns = {{{declared}}})"
        return f"read_parquet('{path}')"

    def _close_the_doors(self) -> None:
        """From here on queries see the folders of the store only, and cannot change that."""
        folders = [self.folder] + ([self.user / EDITIONS] if self.user else [])
        named = ", ".join(spelling(folder) for folder in folders for spelling in (quoted, quoted_path))
        self._connection.execute(f"SET allowed_directories = [{named}]")
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
        """Every table with its rows, years, sources and terms; imported editions a line each below.

        Returns
        -------
        name, rows, years, source_id, edition, licence, may_redistribute, description.
        """
        import pandas as pd

        lines = [table_line(row, self._manifest) for row in self._table_rows()]
        return pd.DataFrame([*lines, *edition_lines(self.cards)])

    def edition(self, table: str) -> str:
        """Editions of the sources of a table, joined by semicolons."""
        self._check_table(table)
        table = next((row["tables"] for row in read_rows("facts_views") if row["view"] == table), table)
        if table in self._only_imported:
            return "; ".join(dict.fromkeys(card.edition for card in self._cards_of(table)))
        return "; ".join(source(key).edition for key in table_row(table)["source_id"].split(";"))

    def _table_rows(self) -> list[dict[str, str]]:
        return [row for row in read_rows("facts_tables") if row["table"] in self._manifest]

    def columns(self, table: str) -> pd.DataFrame:
        """Columns of a table: column, unit, type, description."""
        import pandas as pd

        self._check_table(table)
        frame = pd.DataFrame(column_rows(table))
        return frame[["column", "unit", "type", "description"]]

    def show(self, table: str, limit: int = 20, **filters: Any) -> pd.DataFrame:
        """First rows of a table, held to those whose columns equal (or are among) the filters."""
        return self.select(table, limit=limit, **filters)

    def select(
        self, table: str, *, only: Sequence[str] | None = None, limit: int | None = None, **filters: Any
    ) -> pd.DataFrame:
        """Rows of a table whose columns equal, or are among, the given values; None filters nothing.

        Where editions were imported, the answer holds the sources of the starter table only, each in
        the newest edition that has the unit asked for (a code and year of trade; a material, stage
        and year of production). Naming a ``source_id`` brings that source instead, naming an
        ``edition`` exactly that one, and ``edition="all"`` every edition side by side.

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
        known = [row["column"] for row in column_rows(table)]
        for column in (*filters, *(only or ())):
            if column not in known and filters.get(column) != ALL_EDITIONS:
                raise UnknownName(f"column of {table}", column, known)
        chosen = {column: wanted for column, wanted in filters.items() if wanted not in (None, ALL_EDITIONS)}
        where, values = conditions(chosen)
        rows, inner = self._rows_to_filter(table, filters)
        # Filters may scramble the order of the file; without any it stands (a sort of all trade takes 1 s).
        order = table_row(table)["row_order"] if chosen else ""
        tail = f" LIMIT {int(limit)}" if limit is not None else ""
        if order and tail:
            tail = f" ORDER BY {order}{tail}"
        brought = list(only or known)
        sorted_by = [name.removesuffix(" DESC") for name in order.split(", ") if name]
        needed = [*brought, *(name for name in sorted_by if name not in brought)]
        listed = ", ".join(f'"{name}"' for name in needed)
        sql = f"SELECT {listed} FROM {rows} WHERE {where}{tail}"  # noqa: S608
        return self._answer(
            lambda cursor: fetch_frame(cursor, sql, [*inner, *values], columns=brought, order=order)
        )

    def _rows_to_filter(self, table: str, filters: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The table, or its rows in their newest editions, with the values of its placeholders."""
        edition = filters.get("edition")
        if edition not in (None, ALL_EDITIONS) or not self._cards_of(table):
            return f'"{table}"', []
        units = [unit for unit in editions_row(table)["units"].split(";") if unit]
        inner = {unit: filters[unit] for unit in units if filters.get(unit) is not None}
        if filters.get("source_id") is None:
            inner["source_id"] = self._default_sources(table)
        where, values = conditions(inner)
        ranked = _RANKED.format(table)
        if edition is not None:
            return f'(SELECT * FROM "{ranked}" WHERE {where})', values  # noqa: S608
        # Only filters on whole units stand here: a newer edition without a flow overrules an older with it.
        # Sought by themselves, the newest editions of 375 units cost a scan of their columns; a window over
        # all rows would hold every one of 50 million.
        unit = ", ".join(f'"{name}"' for name in ("source_id", *units))
        newest = f'SELECT {unit}, max(card_age) AS card_age FROM "{ranked}" WHERE {where} GROUP BY ALL'  # noqa: S608
        same = " AND ".join(f'"{ranked}"."{name}" IS NOT DISTINCT FROM newest."{name}"'
                            for name in ("source_id", *units, "card_age"))  # fmt: skip
        kept = f'"{ranked}" SEMI JOIN ({newest}) newest ON {same}'
        return f'(SELECT "{ranked}".* FROM {kept} WHERE {where})', [*values, *values]  # noqa: S608

    def _default_sources(self, table: str) -> list[str]:
        """Sources of the starter table and their later yearly editions (usgs-mcs-2027 after -2026)."""
        starter = table_row(table)["source_id"].split(";")
        if table in self._only_imported:
            return sorted({card.source_id for card in self._cards_of(table)})
        families = {family(key) for key in starter}
        imported = {card.source_id for card in self._cards_of(table) if family(card.source_id) in families}
        return sorted({*starter, *imported})

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
        return self._answer(lambda cursor: cursor.execute(sql, params or None).df())

    def sources_of_query(self, sql: str) -> list[str]:
        """Sources of each table that the words of a query name, or of all where none is named.

        Rather one too many: the engine itself does not tell which views a statement reads.
        """
        tables = {*self._manifest, *self._only_imported}
        words = {word.removesuffix(_RANKED.format("")) for word in re.findall(r"\w+", sql.casefold())}
        words |= {row["tables"] for row in read_rows("facts_views") if row["view"] in words}
        named = sorted(tables & words or tables)
        return [table_row(name)["source_id"] for name in named] + [
            card.source_id for card in self.cards if card.table in named
        ]

    def _parse(self, sql: str) -> list[duckdb.Statement]:
        try:
            return self._connection.cursor().extract_statements(sql)
        except self._engine_error as error:
            raise QueryRefused(f"the query cannot be read: {error}.", "Check its SQL.") from error

    def _answer(self, ask: Callable[[duckdb.DuckDBPyConnection], pd.DataFrame]) -> pd.DataFrame:
        """Answer on a cursor of its own; what the engine refuses becomes a refusal with a remedy."""
        try:
            with self._connection.cursor() as cursor:
                return ask(cursor)
        except self._engine_error as error:
            raise QueryRefused(f"the store refuses the query: {error}.", self._remedy(error)) from error

    def _remedy(self, error: Exception) -> str:
        """What to do about a refusal; nothing spills to disk, where an ended process would leave it."""
        if isinstance(error, self._memory_error):
            return (
                "Ask for fewer products, years or columns, or for sums; or open the store with more "
                "memory: open_store(memory_limit='4GB')."
            )
        return "See `facts list` for tables and columns; files outside the store stay closed."

    def _check_table(self, table: str) -> None:
        known = [*self._manifest, *self._only_imported, *view_names()]
        if table not in known:
            raise UnknownName("table", table, known)


def open_store(
    folder: Path | None = None, *, known_on: dt.date | None = None, memory_limit: str = MEMORY_LIMIT
) -> Store:
    """Store over the starter data, united with a user's store where one is named.

    Parameters
    ----------
    folder
        Folder of a user's store; when None, the one that the environment variable YTTERBY_STORE
        names, or none.
    known_on
        Only editions known on this day (see :meth:`Store.as_known_on`).
    memory_limit
        Most memory that a query may take; one that needs more is refused.

    Raises
    ------
    StoreDamaged
        The folder holds no store.
    """
    user = store_folder(folder)
    for _ in range(OPENINGS):
        held = read_manifest(user) if user else None
        try:
            return Store(user=user, known_on=known_on, memory_limit=memory_limit)
        except StoreDamaged:
            # Imports may replace a file between the reading of its card and its opening: look again.
            if user is None or read_manifest(user) == held:
                raise
    return Store(user=user, known_on=known_on, memory_limit=memory_limit)
