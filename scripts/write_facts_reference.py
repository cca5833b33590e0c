"""Write docs/reference/facts.md from the attribute rows of the catalog.

python scripts/write_facts_reference.py
"""

from __future__ import annotations

from pathlib import Path

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import load_sources

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "facts.md"

HEAD = """# Facts: tables, columns, units, sources

This page is made by `scripts/write_facts_reference.py` from `catalog/data`; do not edit it by hand.

Every table is a read-only view of the store. In Python: `from ytterby.facts import open_store`, then
`store.tables()`, `store.columns("trade")`, `store.show("trade", importer="JPN")` or plain SQL with
`store.query("SELECT ...")`. Missing numbers are NULL (NaN in pandas) and never zero; text columns are
never NULL. Countries are ISO 3166-1 alpha-3, with WLD (world), OTH and ROW (what a source does not
name), EU27, XKX, XEF and codes of states that are no more.
"""

VIEWS = """Ready answers for SQL, the same numbers as those of the Python functions (rules:
[method](../method/facts.md), section 5). Every edition stands by itself: filter by `source_id` and `edition`.
`core_codes` (material, hs6, hs_revision) and `v_flows`, which they rest on, can be read too.
"""


def build_page() -> str:
    """Return the page as text."""
    tables = "\n".join(_table(row) for row in read_rows("facts_tables"))
    views = "\n".join(_table(_as_table(row)) for row in read_rows("facts_views"))
    return f"{HEAD}\n## Tables\n\n{tables}\n## Views\n\n{VIEWS}\n{views}\n## Sources\n\n{_sources()}"


def _as_table(row: dict[str, str]) -> dict[str, str]:
    """Return a view under the names that a table has."""
    return {**row, "table": row["view"], "source_id": f"those of {row['tables']}"}


def _table(row: dict[str, str]) -> str:
    """Return one table with its columns."""
    lines = [
        f"### `{row['table']}`",
        "",
        row["description"],
        "",
        f"Sources: {_listed(row['source_id'])}.",
        "",
    ]
    lines += ["| column | unit | type | meaning |", "|---|---|---|---|"]
    for column in read_rows("facts_columns"):
        if column["table"] == row["table"]:
            cells = (f"`{column['column']}`", column["unit"], column["type"], column["description"])
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _listed(source_ids: str) -> str:
    if source_ids.startswith("those of "):
        return f"those of `{source_ids.removeprefix('those of ')}`"
    listed = ", ".join(f"`{key}`" for key in source_ids.split(";") if key)
    return listed or "none in the starter data; imports fill this table"


def _sources() -> str:
    """Return the cards as a list."""
    lines = [
        f"- `{c.source_id}`: {c.citation}. Edition: {c.edition}. Terms: {c.licence}. {c.note}".rstrip()
        for c in load_sources().values()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(build_page(), encoding="utf-8")
