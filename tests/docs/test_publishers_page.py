"""The page on publishers' files names every kind, every column they need and every cause of leaving out."""

import ast
from pathlib import Path

import pytest

from ytterby.facts.publishers import PUBLISHERS, bgs, comtrade, iea, publisher, usgs_mcs, wgi

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs" / "howto" / "publishers.md").read_text(encoding="utf-8").split())
SOURCES = ROOT / "src" / "ytterby" / "facts" / "publishers"
PLACE = {"Doubt": 1, "add": 2}  # where the cause stands among the arguments


def causes(path: Path) -> set[str]:
    """Causes written out in a module: arguments of Doubt and of Quarantine.add."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    found = set()
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if (
            name in PLACE
            and len(call.args) > PLACE[name]
            and isinstance(call.args[PLACE[name]], ast.Constant)
        ):
            found.add(call.args[PLACE[name]].value)
    return found


@pytest.mark.parametrize("name", PUBLISHERS)
def test_every_kind_has_a_section_and_a_table(name):
    assert f"## {name}: " in PAGE
    assert f"`{publisher(name).TABLE}`" in PAGE


@pytest.mark.parametrize(
    "columns", [usgs_mcs.LONG, usgs_mcs.WIDE, bgs.COLUMNS, comtrade.NEEDED, iea.CSV_COLUMNS]
)
def test_every_needed_column_is_named(columns):
    assert not [column for column in columns if f"`{column}`" not in PAGE]


def test_every_dimension_of_governance_is_named():
    assert not [dimension for dimension in wgi.DIMENSIONS if f"{dimension} " not in PAGE]


def test_every_cause_of_leaving_out_is_explained():
    found = set().union(*(causes(path) for path in SOURCES.glob("*.py")))
    assert {"unknown unit", "formula in a cell", "two values for one key", "part of a flow"} <= found
    assert not [cause for cause in sorted(found) if cause not in PAGE]
