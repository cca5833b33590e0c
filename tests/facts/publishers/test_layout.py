"""What all readers share: printed cells, countries, limits of files, documented columns."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.catalog.rows import read_rows
from ytterby.errors import InputFaults, UnknownName
from ytterby.facts.publishers import PUBLISHERS, cells, layout, publisher, usgs_mcs
from ytterby.facts.publishers.collect import table_columns
from ytterby.facts.publishers.layout import CsvTable, Doubt
from ytterby.facts.quarantine import Quarantine

SAMPLES = {
    "bgs": "bgs.csv", "comtrade": "comtrade.csv", "iea": "iea.csv", "oecd": "oecd.csv",
    "usgs_mcs": "usgs_mcs_2026.csv", "wgi": "wgi_long.csv",
}  # fmt: skip


@given(st.integers(0, 10**12), st.sampled_from(["{:,}", "{}", "e{:,}", "{:,}e", "r {}"]))
def test_a_printed_number_comes_back_with_its_mark(number, form):
    printed = cells.read_printed(form.format(number), usgs_mcs.SIGNS, "x")
    assert printed.value == printed.low == printed.high == number
    expected = "estimated" if form.startswith("e") or form.endswith("e") else "reported" if number else "zero"
    assert printed.qualifier == expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["-", " - ", "–", " to "]))
def test_a_range_keeps_both_ends_or_is_doubted(low, high, sign):
    text = f"{low:,}{sign}{high:,}"
    if low > high:
        with pytest.raises(Doubt, match="upside down"):
            cells.read_printed(text, {}, "x")
    else:
        printed = cells.read_printed(text, {}, "x")
        assert (printed.low, printed.high, printed.qualifier) == (low, high, "range")
        assert low <= printed.value <= high


@given(st.text(max_size=30))
def test_any_text_is_a_number_a_sign_or_a_doubt(text):
    try:
        printed = cells.read_printed(layout.plain(text), usgs_mcs.SIGNS, "x")
    except Doubt:
        return
    else:
        assert all(number is None or (number >= 0 and math.isfinite(number)) for number in printed[:3])


AMBIGUOUS = ["1,2", "1,23,456", "12,34", "1.2.3", "0x10", "1e5", "inf", "nan", "९", "1_000"]


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_numbers_are_doubted(text):
    with pytest.raises(Doubt, match="not a number"):
        cells.read_printed(text, {}, "x")


@pytest.mark.parametrize("text", ["inf", "nan", "1_000", "९", "1,5", "1e999", "0x1", ""])
def test_machine_numbers_are_plain_or_doubted(text):
    with pytest.raises(Doubt, match="not a number"):
        cells.read_float(text, "x", missing=())


def test_plain_congo_is_doubted_and_its_full_names_are_not():
    with pytest.raises(Doubt, match="unknown country"):
        cells.read_country("Congo", "x")
    assert cells.read_country("Congo, D.R.", "x") == "COD"
    assert cells.read_country("Congo (Brazzaville)", "x") == "COG"


def test_every_publisher_names_a_table_and_a_card():
    tables = {row["table"] for row in read_rows("facts_tables")}
    for name in PUBLISHERS:
        module = publisher(name)
        assert module.TABLE in tables
        assert set(module.SOURCE) == {"source_id", "title", "producer", "licence", "may_redistribute"}
    with pytest.raises(UnknownName, match="bgs"):
        publisher("bsg")


@pytest.mark.parametrize("name", SAMPLES)
def test_columns_are_those_of_the_table_and_texts_are_never_missing(ask, name):
    rows, _ = ask(name, SAMPLES[name])
    columns = table_columns(publisher(name).TABLE)
    assert rows.columns.tolist() == list(columns)
    texts = [column for column, kind in columns.items() if kind == "VARCHAR"]
    assert not rows[texts].isna().any().any()
    assert not rows[texts].isin(["nan", "None"]).any().any()


@pytest.mark.parametrize("name", SAMPLES)
def test_order_of_the_lines_changes_no_row(ask, name, tmp_path):
    rows, quarantine = ask(name, SAMPLES[name])
    content = (Path(__file__).parent / "fixtures" / SAMPLES[name]).read_bytes()
    header, *lines = content.splitlines(keepends=True)
    path = tmp_path / SAMPLES[name]
    path.write_bytes(b"".join([header, *reversed(lines)]))
    turned, other = ask(name, path)
    keys = rows.columns.tolist()
    assert (
        turned.sort_values(keys).reset_index(drop=True).equals(rows.sort_values(keys).reset_index(drop=True))
    )
    assert other.counts == quarantine.counts


def write(tmp_path, content: bytes):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x1f\x8b\x08\x00", "compressed"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n\x81\x00,2\n", "neither UTF-8 nor cp1252"),
        (b"a,a\n1,2\n", "twice: a"),
    ],
)
def test_files_that_are_no_text_table_are_refused(tmp_path, content, message):
    with pytest.raises(InputFaults, match=message):
        CsvTable(write(tmp_path, content))


def test_lines_with_another_number_of_cells_are_left_out(tmp_path):
    quarantine = Quarantine("table.csv")
    lines = list(CsvTable(write(tmp_path, b"a,b\n1,2\n3\n\n4,5,6\n7,8\n")).lines(quarantine))
    assert [line.row for line in lines] == [2, 6]
    assert quarantine.counts == {"wrong number of cells": 2}


def test_cp1252_and_utf8_read_alike(tmp_path):
    for encoding in ("cp1252", "utf-8", "utf-8-sig"):
        table = CsvTable(write(tmp_path, "name,value\nCôte d’Ivoire,—\n".encode(encoding)))
        (line,) = table.lines(Quarantine("table.csv"))
        assert (line.text("name"), line.text("value")) == ("Côte d’Ivoire", "—")


def test_an_unclosed_quote_is_refused_and_does_not_swallow_the_table(tmp_path):
    table = CsvTable(write(tmp_path, b'a,b\n"1,2\n' + b"3,4\n" * 50_000))
    with pytest.raises(InputFaults, match="unclosed"):
        list(table.lines(Quarantine("table.csv")))


def test_longer_and_larger_files_than_we_read_are_refused(tmp_path, monkeypatch):
    path = write(tmp_path, b"a,b\n" + b"1,2\n" * 11)
    monkeypatch.setattr(layout, "MAX_ROWS", 10)
    with pytest.raises(InputFaults, match="more than 10 rows"):
        list(CsvTable(path).lines(Quarantine("table.csv")))
    with pytest.raises(InputFaults, match="Split it"):
        layout.check_size(path, 20)
    with pytest.raises(InputFaults, match="no such file"):
        layout.check_size(tmp_path / "absent.csv")
