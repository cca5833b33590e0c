from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.errors import InputFaults
from ytterby.views.results import Results, anchor, empty_table, result_columns

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "report.md"


def test_all_lacking_columns_are_named_at_once(results: Results) -> None:
    with pytest.raises(InputFaults) as caught:
        Results(settings=results.settings, claims=pd.DataFrame({"claim_id": []}), losses=pd.DataFrame())
    places = {(fault.file, fault.column) for fault in caught.value.faults}
    assert ("claims", "quote") in places
    assert ("losses", "cvar95_usd") in places
    assert ("claims", "claim_id") not in places


def test_further_columns_are_allowed(results: Results) -> None:
    Results(settings=results.settings, losses=empty_table("losses").assign(more=1.0))


def test_every_table_of_the_attribute_rows_is_a_field(results: Results) -> None:
    assert list(results.tables()) == list(result_columns())
    assert all(len(table) for table in results.tables().values())  # the frozen results fill every table


@given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
def test_different_keys_have_different_anchors(first: list[str], second: list[str]) -> None:
    assert (anchor("x", *first) == anchor("x", *second)) == (first == second)
    assert not set(anchor("x", *first)) & set(" \"'<>&#%\n")


def test_reference_page_names_every_column_as_it_is() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for table, rows in result_columns().items():
        part = text.split(f"### `{table}`\n")[1].split("\n### ")[0]
        lines = [line for line in part.splitlines() if line.startswith("| `")]
        expected = [f"| `{r['column']}` | {r['type']} | {r['unit']} | {r['description']} |" for r in rows]
        assert lines == expected
