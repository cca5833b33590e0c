import csv
import datetime as dt
import io
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ytterby.errors import UnknownName, YtterbyError
from ytterby.views import tables
from ytterby.views.tables import csv_text, write_table
from ytterby.views.terminal import terminal_table
from ytterby.views.wording import money, percent, plain

FRAME = pd.DataFrame(
    {
        "name": ["=1+1", "plain, with comma", None],
        "value": [0.1, float("nan"), -2.5],
        "count": [1, 2, 3],
        "flag": [True, False, True],
        "parts": [("a", "b"), (), ("c",)],
        "day": [dt.date(2026, 4, 28), None, dt.date(2025, 11, 7)],
    }
)


def test_csv_is_plain_and_missing_is_empty() -> None:
    assert csv_text(FRAME) == (
        "name,value,count,flag,parts,day\n"
        "'=1+1,0.1,1,true,a;b,2026-04-28\n"
        '"plain, with comma",,2,false,,\n'
        ",-2.5,3,true,c,2025-11-07\n"
    )


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_no_text_cell_can_be_run_as_a_formula(text: str) -> None:
    frame = pd.DataFrame({"text": pd.Series([text, "x"], dtype=object)})
    (cell,) = list(csv.reader(io.StringIO(csv_text(frame), newline="")))[1] or [""]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_csv_keeps_every_float(values: list[float]) -> None:
    rows = csv_text(pd.DataFrame({"v": values, "w": 1})).splitlines()[1:]
    assert [float(row.split(",")[0]) for row in rows] == values


def test_parquet_keeps_kinds_and_order(tmp_path: Path) -> None:
    write_table(FRAME, tmp_path / "it's.parquet")
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(tmp_path / "it's.parquet"))
        assert list(map(str, relation.types)) == [
            "VARCHAR",
            "DOUBLE",
            "BIGINT",
            "BOOLEAN",
            "VARCHAR",
            "VARCHAR",
        ]
        rows = relation.fetchall()
    assert [row[2] for row in rows] == [1, 2, 3]
    assert rows[0] == ("=1+1", 0.1, 1, True, "a;b", "2026-04-28")
    assert rows[2][0] is None


def test_parquet_of_categories_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    rows = 1_000_000  # several row groups, which several threads would race for
    words = pd.Categorical.from_codes(np.arange(rows) // 5_000, [f"word {i}" for i in range(rows // 5_000)])
    frame = pd.DataFrame({"word": words, "number": np.arange(rows, dtype=float)})
    made = set()
    for _ in range(4):
        write_table(frame, tmp_path / "table.parquet")
        made.add((tmp_path / "table.parquet").read_bytes())
    assert len(made) == 1


def test_parquet_of_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    write_table(FRAME.head(0), tmp_path / "empty.parquet")
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(tmp_path / "empty.parquet"))
        assert relation.columns == list(FRAME.columns)
        assert relation.fetchall() == []


def test_json_has_one_record_a_row(tmp_path: Path) -> None:
    write_table(FRAME, tmp_path / "t.json")
    rows = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert rows[1] == {
        "name": "plain, with comma",
        "value": None,
        "count": 2,
        "flag": False,
        "parts": "",
        "day": None,
    }
    assert len(rows) == 3


def test_another_suffix_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="table format") as caught:
        write_table(FRAME, tmp_path / "t.ods")
    assert ".csv" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_terminal_shows_rows_as_text_and_says_what_is_left_out() -> None:
    frame = pd.DataFrame(
        {"[red]name[/red]": ["[bold]x[/bold]\x1b[31m"] * 3, "value": [1234.5678, np.nan, 0.0]}
    )
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=False).print(terminal_table(frame, "Title [b]", limit=2))
    shown = out.getvalue()
    assert "[bold]x[/bold]" in shown
    assert "\x1b" not in shown
    assert "1,235" in shown
    assert "n/a" in shown
    assert "1 more rows" in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.601, "60.1\u00a0%"),
        (0.0, "0.0\u00a0%"),
        (0.0001, "under 0.1\u00a0%"),
        (float("nan"), "n/a"),
        (None, "n/a"),
        (1, "100.0\u00a0%"),
    ],
)
def test_shares_are_shown_as_percent(value: float | None, shown: str) -> None:
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (950, "950"),
        (1000, "1.00\u00a0k"),
        (999_999, "1.00\u00a0m"),
        (5.5e11, "550\u00a0bn"),
        (-3.14159e9, "-3.14\u00a0bn"),
        (float("nan"), "n/a"),
    ],
)
def test_money_has_three_digits(value: float, shown: str) -> None:
    assert money(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2024, "2024"),
        (412000.0, "412,000"),
        (0.50126, "0.5013"),
        (1e-9, "1.000e-09"),
        (True, "yes"),
        (None, "n/a"),
        (10.0, "10"),
        (0.0, "0"),
    ],
)
def test_plain_numbers_have_four_digits(value: object, shown: str) -> None:
    assert plain(value) == shown


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_chunks_and_categories_change_no_byte(tmp_path: Path, monkeypatch, suffix: str) -> None:
    write_table(FRAME, tmp_path / f"whole{suffix}")
    monkeypatch.setattr(tables, "_CHUNK", 2)
    write_table(FRAME, tmp_path / f"chunks{suffix}")
    write_table(FRAME.astype({"name": "category", "count": "category"}), tmp_path / f"categories{suffix}")
    for other in ("chunks", "categories"):
        assert (tmp_path / f"{other}{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def test_json_is_what_the_encoder_of_python_writes(tmp_path: Path) -> None:
    write_table(FRAME, tmp_path / "t.json")
    rows = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    again = ",\n ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert (tmp_path / "t.json").read_text(encoding="utf-8") == f"[{again}]\n"
    write_table(FRAME.head(0), tmp_path / "none.json")
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []


def test_a_workbook_holds_table_and_sources_and_runs_nothing(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    evil = FRAME.assign(name=["=HYPERLINK(1)", "bell \x07", "ö"])
    write_table(evil, tmp_path / "t.xlsx", pd.DataFrame({"source_id": ["baci-hs92"]}))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["table", "sources"]
    rows = list(book["table"].values)
    assert rows[0] == tuple(FRAME.columns)
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)", "bell ", "ö"]
    assert [row[1] for row in rows[1:]] == [0.1, None, -2.5]
    assert all(cell.data_type != "f" for line in book["table"] for cell in line)
    assert list(book["sources"].values)[1] == ("baci-hs92",)


def test_what_no_sheet_can_hold_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tables, "_SHEET_ROWS", 3)
    with pytest.raises(YtterbyError, match="do not fit"):
        write_table(FRAME, tmp_path / "t.xlsx")
    assert not list(tmp_path.iterdir())
