"""Whatever is wrong with a file, each reader ends soon, in little memory, with a name for the fault."""

import json
import time
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ytterby.errors import InputFaults
from ytterby.facts.publishers import PUBLISHERS, cells, publisher, workbook
from ytterby.facts.publishers.layout import CsvTable, Doubt
from ytterby.facts.quarantine import Quarantine

FIXTURES = Path(__file__).parent / "fixtures"
CSV = {
    "bgs": "bgs.csv", "comtrade": "comtrade.csv", "iea": "iea.csv", "oecd": "oecd.csv",
    "usgs_mcs": "usgs_mcs_2026.csv", "wgi": "wgi_long.csv",
}  # fmt: skip
NO_TABLE = {
    "empty": b"",
    "blank lines": b"\n\n \n",
    "nul bytes": b"a,b\0,c\n1,2,3\n",
    "no text": bytes(range(256)) * 20,
    "utf-16 with a mark": "a,b\n1,2\n".encode("utf-16"),
    "utf-16 without": "a,b\n1,2\n".encode("utf-16-le"),
    "a long header": b"a" * 1_100_000,
    "many columns": b"," * 1_100_000,
    "a zip": b"PK\x03\x04 and so on",
}


@pytest.mark.parametrize("name", PUBLISHERS)
@pytest.mark.parametrize("what", NO_TABLE)
def test_what_is_no_table_is_refused_with_its_name(ask, tmp_path, name, what):
    path = tmp_path / ("file.xlsx" if name == "wmd" else "file.csv")
    path.write_bytes(NO_TABLE[what])
    with pytest.raises(InputFaults) as caught:
        ask(name, path)
    assert all(fault.file == path.name and fault.remedy for fault in caught.value.faults)


@pytest.mark.parametrize("name", PUBLISHERS)
def test_a_folder_and_another_publishers_file_are_refused(ask, tmp_path, name):
    with pytest.raises(InputFaults):
        ask(name, tmp_path)
    other = "oecd.csv" if name == "bgs" else "bgs.csv"
    with pytest.raises(InputFaults):
        ask(name, FIXTURES / other)


@pytest.mark.parametrize("name", CSV)
def test_one_endless_line_is_refused_in_little_memory(ask, tmp_path, name):
    header, *_ = (FIXTURES / CSV[name]).read_bytes().splitlines(keepends=True)
    path = tmp_path / CSV[name]
    path.write_bytes(header + b"," * 30_000_000 + b"\n")
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(InputFaults, match="a line of more than 1,000,000 characters"):
        ask(name, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000
    assert time.monotonic() - begun < 20


def test_a_line_in_another_encoding_is_left_out_and_its_neighbours_are_not(tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_bytes("name,value\nCôte,1\n".encode("cp1252") + "Côte,2\nPeru,3\n".encode())
    quarantine = Quarantine(path.name)
    lines = list(CsvTable(path).lines(quarantine))
    assert [(line.row, line.text("name")) for line in lines] == [(2, "Côte"), (4, "Peru")]
    assert quarantine.counts == {"two encodings in one file": 1}


@pytest.mark.parametrize("name", CSV)
def test_lines_that_all_end_in_a_comma_are_read_as_without_it(ask, tmp_path, name):
    """A file may be written so throughout, and its header without the comma."""
    header, *lines = (FIXTURES / CSV[name]).read_bytes().splitlines()
    width = header.count(b",")
    path = tmp_path / CSV[name]
    path.write_bytes(
        b"\n".join([header, *(line + b"," if line.count(b",") >= width else line for line in lines), b""])
    )
    rows, quarantine = ask(name, path)
    plain, expected = ask(name, CSV[name])
    assert rows.equals(plain)
    assert quarantine.counts == expected.counts


def test_a_comma_too_many_in_one_line_is_no_such_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4,\n", encoding="utf-8")
    quarantine = Quarantine(path.name)
    assert [line.row for line in CsvTable(path).lines(quarantine)] == [2]
    assert quarantine.counts == {"wrong number of cells": 1}


@pytest.mark.parametrize("name", CSV)
def test_a_header_alone_gives_no_rows(ask, tmp_path, name):
    path = tmp_path / CSV[name]
    path.write_bytes((FIXTURES / CSV[name]).read_bytes().splitlines(keepends=True)[0])
    rows, quarantine = ask(name, path)
    assert rows.empty
    assert not quarantine.counts


def test_names_that_nobody_has_cost_little_however_many_and_however_long():
    begun = time.monotonic()
    for number in range(20_000):
        with pytest.raises(Doubt, match="unknown country"):
            cells.read_country(f"Atlantis {number}", "x")
    with pytest.raises(Doubt, match="unknown country"):
        cells.read_country("a" * 10_000_000, "x")
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[1, 2]", b'{"data": 5}', b"[" * 100_000, b"\xff\xfe[\x00]\x00", b'[{"refYear": 1}]',
        b"null", b'{"data": [{"a\x00": 1}]}',
    ],
)  # fmt: skip
def test_json_that_is_no_answer_is_refused(ask, tmp_path, content):
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    with pytest.raises(InputFaults):
        ask("comtrade", path)


def test_json_records_with_nested_values_are_left_out(ask, tmp_path):
    path = tmp_path / "answer.json"
    records = json.loads((FIXTURES / "comtrade.json").read_bytes())
    records = records["data"] if isinstance(records, dict) else records
    path.write_text(json.dumps([*records, records[0] | {"cmdCode": {"a": [1]}}]), encoding="utf-8")
    rows, quarantine = ask("comtrade", path)
    plain, expected = ask("comtrade", "comtrade.json")
    assert len(rows) == len(plain)
    assert quarantine.counts - expected.counts == {"no six-digit code": 1}


@pytest.fixture
def book(tmp_path):
    made = openpyxl.Workbook()
    made.active.title = "Cobalt"
    for row in (["Cobalt"], ["Country", "unit", 2021], ["Australia", "metr. t", 5]):
        made.active.append(row)
    return made, tmp_path / "book.xlsx"


def test_a_cell_far_out_widens_the_sheet_and_is_bounded(ask, book, monkeypatch):
    made, path = book
    for row in range(4, 20):
        made.active.cell(row, 16_384, 1)
    made.save(path)
    rows, _ = ask("wmd", path)
    assert rows["quantity_t"].tolist() == [5.0]
    monkeypatch.setattr(workbook, "MAX_CELLS", 100_000)
    with pytest.raises(InputFaults, match="the book 100,000 cells"):
        ask("wmd", path)


def test_a_row_far_down_is_refused_soon(ask, book):
    made, path = book
    made.active.cell(1_048_576, 1, "end")
    made.save(path)
    begun = time.monotonic()
    with pytest.raises(InputFaults, match="more than 60,000 rows"):
        ask("wmd", path)
    assert time.monotonic() - begun < 20


def test_a_cell_longer_than_a_spreadsheet_allows_is_refused(ask, book):
    """The program that wrote the book would not have written such a cell."""
    made, path = book
    made.save(path)
    longer = path.with_name("longer.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(longer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"Australia", b"A" * 40_000))
    with pytest.raises(InputFaults, match="A3 holds more than 32,767 characters"):
        ask("wmd", longer)


def test_the_readers_do_not_share_a_header_by_chance():
    """No file of one publisher passes for another's, whichever two they are."""
    for name, file in CSV.items():
        for other in CSV:
            if other != name:
                with pytest.raises(InputFaults):
                    publisher(other).read(FIXTURES / file, Quarantine(file))
