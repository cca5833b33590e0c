"""Views that answer in SQL what :mod:`ytterby.facts.queries` answers in Python."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ytterby.catalog.materials import CORE, load_trade_codes
from ytterby.catalog.rows import read_rows

if TYPE_CHECKING:
    import duckdb

_REVISION = "HS92"  # of the catalog's codes


def create_answers(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the views of ``answers.sql`` over the tables of a store.

    The catalog's core codes come with them as ``core_codes``: material, hs6, hs_revision.
    """
    connection.execute(_statements())


def view_names() -> list[str]:
    """Views that are documented."""
    return [row["view"] for row in read_rows("facts_views")]


@cache
def _statements() -> str:
    rows = ", ".join(
        f"('{code.material}', '{code.hs6}', '{_REVISION}')"
        for code in load_trade_codes()
        if code.basket == CORE
    )
    codes = f"CREATE VIEW core_codes AS FROM (VALUES {rows}) AS code(material, hs6, hs_revision);"
    return codes + (Path(__file__).parent / "answers.sql").read_text(encoding="utf-8")
