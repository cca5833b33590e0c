"""World Mining Data and IEA workbooks, made here in their layouts; hostile workbooks are refused."""

import math
import sys
import zipfile

import duckdb
import openpyxl
import pandas as pd
import pytest

from ytterby.errors import InputFaults, YtterbyError
from ytterby.facts import open_store
from ytterby.facts.imports import import_table
from ytterby.facts.publishers import workbook

WMD = {
    "Rare Earths (REO)": [
        ["Rare Earths (REO) concentrates"],
        ["Country", "unit", 2021, 2022, "data source"],
        ["Australia", "metr. t", 22000, 18000.5, "r"],
        ["Myanmar", "metr. t", 35000, None, "e"],
        ["Congo, D.R.", "metr. t", 0, "n.a.", "p"],
        ["Total", "metr. t", 57000, 60000, None],
        ["Congo", "metr. t", 5, 5, "r"],
        ["Laos", "metr. t", -1, 6, "guess"],
    ],
    "Platinum": [["Platinum"], ["Country", "unit", 2021, 2022], ["South Africa", "kg", 140000, "=C3/2"]],
    "Natural Gas": [["Natural Gas"], ["Country", "unit", 2021], ["Russia", "Mio m3", 5]],
    "Notes": [["Own words about the tables"]],
}
IEA_SHEET = "2 Total supply for key minerals"
IEA = {
    "Contents": [["Own contents"]],
    IEA_SHEET: [
        ["Total supply of key minerals (kt)"],
        [None, 2024, 2030, None, None, None, None, 2024, 2030],
        ["Copper - Mining", None, None, None, None, None, "Copper - Refining"],
        ["Chile", 5510.5, 5200, None, None, None, "China", 12000, 13500],
        ["Peru", 2600, "..", None, None, None, None, None, None],
        ["Rest of world", 8000, 8100, None, None, None, "Rest of world", 9000, 9100],
        ["Total", 16110.5, "=B4", None, None, None, "Total", 21000, 22600],
        ["Top 3 share", 0.5, 0.4, None, None, None, "Top 3 share", 0.7, 0.7],
        ["Magnet rare earth elements - Mining", None, None],
        ["China", 45, 50],
    ],
}


@pytest.fixture
def book(tmp_path):
    def book(sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        made.save(path)
        return path

    return book


def test_wmd_numbers_units_and_flags(ask, book):
    rows, quarantine = ask("wmd", book(WMD))
    found = rows.set_index(["country_iso3", "year"])
    assert found.loc[("AUS", 2022), ["quantity_t", "qualifier", "basis"]].tolist() == [
        18_000.5, "reported", "oxide content",
    ]  # fmt: skip
    assert found.loc[("MMR", 2021), "qualifier"] == "estimated"
    assert ("MMR", 2022) not in found.index  # an empty cell is no row
    assert found.loc[("COD", 2021), ["quantity_t", "qualifier", "note"]].tolist() == [
        0.0,
        "zero",
        "provisional",
    ]
    assert math.isnan(found.loc[("COD", 2022), "quantity_t"])
    assert found.loc[("COD", 2022), "qualifier"] == "not available"
    assert found.loc[("WLD", 2022), "quantity_t"] == 60_000.0
    assert found.loc[("ZAF", 2021), "quantity_t"] == 140.0  # kilograms
    assert ("ZAF", 2022) not in found.index
    assert quarantine.counts == {
        "unknown country": 2,  # plain Congo may be either, in two years
        "unknown flag": 2, "formula in a cell": 1, "commodity not in the catalog": 1,
        "sheet without a table": 1,
    }  # fmt: skip


def test_wmd_rows_come_out_of_the_store_as_they_went_in(ask, book, tmp_path):
    rows, quarantine = ask("wmd", book(WMD))
    done = import_table("wmd", book(WMD), edition="2026", store=tmp_path / "store")
    assert (done.rows, done.quarantined) == (len(rows), dict(quarantine.counts))
    with open_store(tmp_path / "store") as store:
        stored = store.select("production", source_id="wmd", edition="2026")[list(rows.columns)]
    key = ["material", "country_iso3", "year"]
    pd.testing.assert_frame_equal(
        *(frame.sort_values(key, ignore_index=True) for frame in (rows, stored)), check_dtype=False
    )
    assert stored["resolution_t"].isna().all()  # a workbook holds machine numbers


def test_a_formula_is_neither_evaluated_nor_believed(ask, book):
    _, quarantine = ask("wmd", book(WMD))
    fault = next(fault for fault in quarantine.faults if "formula" in fault.message)
    assert (fault.row, fault.column) == (3, "Platinum!D3")
    assert "=C3/2" in fault.message


def test_wmd_workbook_without_its_tables_is_refused(ask, book):
    with pytest.raises(InputFaults, match="Country, unit and years"):
        ask("wmd", book({"Sheet1": [["a", "b"], [1, 2]]}))


def test_iea_blocks_side_by_side(ask, book):
    rows, quarantine = ask("iea", book(IEA))
    found = rows.set_index(["mineral_key", "stage", "country_iso3", "year"])["supply_kt"]
    assert found["Copper", "mining", "CHL", 2024] == 5510.5
    assert math.isnan(found["Copper", "mining", "PER", 2030])
    assert found["Copper", "mining", "ROW", 2030] == 8100.0
    assert found["Copper", "mining", "WLD", 2024] == 16_110.5
    assert found["Copper", "refining", "CHN", 2030] == 13_500.0
    assert found["Copper", "refining", "WLD", 2030] == 22_600.0
    assert found["Rare Earth Elements", "mining", "CHN", 2024] == 45.0
    assert len(found) == 15
    assert set(rows["supply_case"]) == {"base case"}
    assert quarantine.counts == {"formula in a cell": 1}


def test_a_form_in_brackets_is_no_unit_but_a_unit_is(ask, book):
    """The published sheet has "Graphite - Mining (natural)", under a title that says kt."""
    sheet = [["Own words (kt)"], [None, 2023, 2030], ["Graphite - Mining (natural)"], ["China", 1320, 1905],
             ["Graphite - Battery grade (t)"], ["Japan", 123500, "0.5"]]  # fmt: skip
    rows, quarantine = ask("iea", book({IEA_SHEET: sheet}))
    assert rows["mineral_key"].tolist() == ["Graphite"] * 4
    assert rows["supply_kt"].tolist() == [1320.0, 1905.0, 123.5, 0.0005]
    assert not quarantine.counts


def test_wmd_numbers_and_years_may_be_texts(ask, book):
    """So the edition of 2026 has them, as one who reads it whole reports."""
    sheet = [["Cobalt"], ["Country", "unit", "2023", "2024", "data source"],
             ["Korea, North", "metr. t", "12.5", "", "e"],
             ["Total", "metr. t", "12.5", " 13 ", ""]]  # fmt: skip
    rows, quarantine = ask("wmd", book({"Cobalt": sheet}))
    assert rows[["country_iso3", "year", "quantity_t"]].to_numpy().tolist() == [
        ["PRK", 2023, 12.5], ["WLD", 2023, 12.5], ["WLD", 2024, 13.0],
    ]  # fmt: skip
    assert not quarantine.counts


def test_what_a_sheet_says_of_its_size_cuts_nothing(ask, book):
    path = book({"Cobalt": [["Country", "unit", 2021], ["Chile", "t", 1], ["Peru", "t", 2]]})
    with zipfile.ZipFile(path) as old:
        content = old.read("xl/worksheets/sheet1.xml")
    assert b'ref="A1:C3"' in content
    rows, _ = ask("wmd", repacked(path, "xl/worksheets/sheet1.xml", content.replace(b"A1:C3", b"A1:B2")))
    assert rows["quantity_t"].tolist() == [1.0, 2.0]


def test_iea_workbook_without_its_unit_leaves_all_rows_out(ask, book):
    rows, quarantine = ask("iea", book({IEA_SHEET: [["Total supply"], *IEA[IEA_SHEET][1:]]}))
    assert rows.empty
    assert quarantine.counts["unknown unit"] == 15


def test_iea_csv(ask):
    rows, quarantine = ask("iea", "iea.csv")
    found = rows.set_index(["mineral_key", "stage", "country_iso3", "year"])["supply_kt"]
    assert found["Rare Earth Elements", "refining", "CHN", 2024] == pytest.approx(60.0)  # tonnes in the file
    assert math.isnan(found["Rare Earth Elements", "refining", "CHN", 2040])
    assert found["Lithium", "refining", "ARG", 2030] == 0.0
    assert ("Copper", "mining", "CHL", 2040) not in found.index
    assert quarantine.counts == {
        "unknown stage": 3, "unknown unit": 3, "unknown country": 3, "negative quantity": 1,
    }  # fmt: skip


@pytest.mark.parametrize("sheets", [{"Other": [["x"]]}, {IEA_SHEET: [["kt"], ["Chile", 1]]}])
def test_iea_workbook_of_another_layout_is_refused(ask, book, sheets):
    with pytest.raises(InputFaults):
        ask("iea", book(sheets))


def test_without_openpyxl_the_remedy_is_named(ask, book, monkeypatch):
    path = book(WMD)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(YtterbyError, match=r"ytterby\[xlsx\]"):
        ask("wmd", path)


def repacked(path, name: str, content: bytes):
    """The same workbook with one part changed or added."""
    target = path.with_name("hostile.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return target


def test_a_bomb_is_refused_before_it_is_parsed(ask, book, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 3_000_000)
    path = repacked(book(WMD), "xl/media/nothing.bin", bytes(4_000_000))
    assert path.stat().st_size < 50_000
    with pytest.raises(InputFaults, match="unpacks to more than"):
        ask("wmd", path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(ask, book, encoding):
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><sst/>'
    with pytest.raises(InputFaults, match="document type"):
        ask("wmd", repacked(book(WMD), "xl/sharedStrings.xml", text.encode(encoding)))


def test_a_document_type_across_two_pieces_is_seen(ask, book):
    text = b" " * ((1 << 20) - 4) + b"<!DOCTYPE a>"
    with pytest.raises(InputFaults, match="document type"):
        ask("wmd", repacked(book(WMD), "xl/sharedStrings.xml", text))


@pytest.mark.parametrize("damage", [b"", b"no zip at all", b"PK\x03\x04 cut"])
def test_what_is_no_workbook_is_refused(ask, tmp_path, damage):
    path = tmp_path / "book.xlsx"
    path.write_bytes(damage)
    with pytest.raises(InputFaults):
        ask("wmd", path)


def test_broken_xml_and_truncation_are_refused(ask, book):
    path = book(WMD)
    with pytest.raises(InputFaults):
        ask("wmd", repacked(path, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r="))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputFaults):
        ask("wmd", path)


def test_a_sheet_longer_than_we_read_is_refused_and_not_cut(ask, book, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 4)
    with pytest.raises(InputFaults, match="more than 4 rows"):
        ask("wmd", book(WMD))


def test_every_number_of_the_stored_copy_comes_back_from_a_workbook(ask, book, shared):
    """Five minerals of World Mining Data 2018-2024, laid out as the publisher does."""
    stored = duckdb.sql(
        f"SELECT * FROM '{shared / 'data' / 'wmd' / 'wmd_production_2018_2024.parquet'}'"  # noqa: S608
    ).df()
    names = ["Rare Earths (REO)", "Lithium (Li2O)", "Cobalt", "Platinum", "Graphite"]
    years = list(range(2018, 2025))
    sheets = {}
    for name in names:
        wide = stored[stored["material"] == name].pivot_table(
            index=["country_name", "unit", "flag"], columns="year", values="quantity", aggfunc="first"
        )
        lines = [[country, unit, *row, flag[0]] for (country, unit, flag), row in
                 zip(wide.index, wide.reindex(columns=years).to_numpy().tolist(), strict=True)]  # fmt: skip
        cleaned = [[None if cell != cell else cell for cell in line] for line in lines]
        sheets[name] = [[name], ["Country", "unit", *years, "data source"], *cleaned]
    rows, quarantine = ask("wmd", book(sheets))
    expected = stored[stored["material"].isin(names)]
    assert quarantine.total == 0
    assert len(rows) == len(expected)
    assert rows["quantity_t"].sum() == pytest.approx(expected["quantity_t"].sum(), rel=1e-12)
    key = ["detail", "country_iso3", "year"]
    found = rows.set_index(key)["quantity_t"]
    for row in expected.itertuples():
        assert found[row.material, row.country_iso3, row.year] == pytest.approx(row.quantity_t, rel=1e-12)
