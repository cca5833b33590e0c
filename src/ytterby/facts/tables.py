"""What the tables of a store are: their attribute rows, their columns, their lines in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import source
from ytterby.facts.user_store import Card


def family(source_id: str) -> str:
    """Source without the year of its edition: ``usgs-mcs`` for ``usgs-mcs-2026``."""
    return re.sub(r"-\d{4}$", "", source_id)


def importable_tables() -> tuple[str, ...]:
    """Tables that take imported editions."""
    return tuple(row["table"] for row in read_rows("facts_editions"))


def table_row(table: str) -> dict[str, str]:
    """Attributes of a table, or of a view over tables, which has no source of its own."""
    views = ({**row, "table": row["view"], "source_id": ""} for row in read_rows("facts_views"))
    return next(row for row in (*read_rows("facts_tables"), *views) if row["table"] == table)


def row_order(table: str) -> str:
    """Columns that order the rows of a table."""
    return table_row(table)["row_order"]


def column_rows(table: str) -> list[dict[str, str]]:
    """Documented columns of a table, in order."""
    return [row for row in read_rows("facts_columns") if row["table"] == table]


def editions_row(table: str) -> dict[str, str]:
    """How the editions of a table are told apart; empty for tables that take no imports."""
    found = (row for row in read_rows("facts_editions") if row["table"] == table)
    return next(found, {"table": table, "units": "", "literals": ""})


def column_list(table: str) -> str:
    """Documented columns of a table, as SQL."""
    return ", ".join(f'"{row["column"]}"' for row in column_rows(table))


def literals(table: str) -> str:
    """Columns that the starter files do without, one text for the whole table."""
    pairs = (part.partition("=") for part in editions_row(table)["literals"].split(";") if part)
    card = source(table_row(table)["source_id"].split(";")[0])
    texts = ((column, (value or card.edition).replace("'", "''")) for column, _, value in pairs)
    return "".join(f", '{text}' AS \"{column}\"" for column, text in texts)


def table_line(row: Mapping[str, str], manifest: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
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


def edition_lines(cards: Sequence[Card]) -> Iterator[dict[str, Any]]:
    """Lines of the imported files for the list of tables."""
    for card in cards:
        years = "" if card.first_year is None else f"{card.first_year}-{card.last_year}"
        yield {
            "name": card.table,
            "rows": card.rows,
            "years": years,
            "source_id": card.source_id,
            "edition": card.edition,
            "licence": card.licence,
            "may_redistribute": card.may_redistribute,
            "description": f"Imported {card.accessed}: {card.title}",
        }
