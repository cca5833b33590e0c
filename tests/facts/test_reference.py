"""The reference page is what the attribute rows say, and names every column."""

import importlib.util
from pathlib import Path

from ytterby.catalog.rows import read_rows

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "write_facts_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.build_page()


def test_every_column_stands_under_its_table():
    page = (ROOT / "docs" / "reference" / "facts.md").read_text(encoding="utf-8")
    sections = {part.split("`", 1)[0]: part for part in page.split("### `")[1:]}
    for row in read_rows("facts_columns"):
        assert f"| `{row['column']}` |" in sections[row["table"]]
