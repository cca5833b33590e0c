"""Tidy tables with a mapping file: units and bases convert by known factors or are refused."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.catalog.materials import oxide_factor
from ytterby.errors import InputFaults, UnknownName
from ytterby.facts.quarantine import Quarantine
from ytterby.facts.tidy import read_mapping, read_tidy

CARD = """
[source]
source_id = "my-survey"
title = "Survey"
producer = "Institute"
licence = "internal"
may_redistribute = false
"""
PRODUCTION = """
table = "production"
{card}
[columns]
material = "metal"
country_iso3 = "country"
year = "year"
quantity_t = "amount"
basis = "basis"
[constants]
stage = "refined"
qualifier = "reported"
{units}
"""


def mapping(folder, text):
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def plan(folder, units=""):
    return mapping(folder, PRODUCTION.format(card=CARD, units=units))


def read(folder, rows, plan, name="table.csv"):
    path = folder / name
    path.write_text("\n".join(["metal,country,year,amount,basis", *rows, ""]), encoding="utf-8")
    quarantine = Quarantine(name)
    return read_tidy(path, plan, quarantine), quarantine


def test_kilograms_of_oxide_become_tonnes_of_metal(tmp_path):
    units = '[units]\nquantity_t = "kg"\nbasis = "element content"'
    rows = ["Neodym,日本,2024,1166,oxide content", "neodymium,JPN,2023,1000,element content"]
    frame, left = read(tmp_path, rows, plan(tmp_path, units))
    assert left.total == 0
    assert frame["quantity_t"].tolist() == pytest.approx([1.166 / oxide_factor("neodymium"), 1.0])
    assert frame["quantity_t"][0] == pytest.approx(1.0, rel=1e-3)  # Nd2O3 holds 1/1.166 of neodymium
    assert set(frame["basis"]) == {"element content"}
    assert set(frame["unit"]) == {"t"}


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("neodymium,JPN,2024,1,gross weight", "basis cannot be converted"),
        ("ndfeb_magnets,JPN,2024,1,oxide content", "basis cannot be converted"),
        ("neodymium,Atlantis,2024,1,oxide content", "unknown name"),
        ("neodymium,JPN,2024,-1,oxide content", "negative quantity"),
        ("neodymium,JPN,2024,inf,oxide content", "not a finite number"),
        ("neodymium,JPN,2024.5,1,oxide content", "not a small whole number"),
        ("neodymium,JPN,,1,oxide content", "empty cell"),
        ("neodymium,JPN,2024,1,by smell", "unknown basis"),
        ("neodymium,JPN,2024,=1+1,oxide content", "not a number"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_left_out(tmp_path, row, cause):
    good = "cerium,JPN,2024,,oxide content"
    frame, left = read(tmp_path, [good, row], plan(tmp_path, '[units]\nbasis = "element content"'))
    assert dict(left.counts) == {cause: 1}
    assert left.faults[0].row == 3
    assert frame["material"].tolist() == ["cerium"]
    assert frame["quantity_t"].isna().all()


def test_two_numbers_for_one_fact_are_both_left_out(tmp_path):
    rows = ["neodymium,JPN,2024,1,oxide content", "Neodym,Japan,2024,2,oxide content"]
    frame, left = read(tmp_path, rows, plan(tmp_path))
    assert frame.empty
    assert dict(left.counts) == {"duplicate key": 2}


def test_parquet_reads_like_csv(tmp_path):
    path = tmp_path / "table.parquet"
    duckdb.sql(
        "SELECT 'neodymium' AS metal, 'JPN' AS country, 2024 AS year, 2.5 AS amount, 'oxide content' AS basis"
    ).write_parquet(str(path))
    frame = read_tidy(path, plan(tmp_path), Quarantine(path.name))
    assert frame["quantity_t"].tolist() == [2.5]


def test_columns_that_the_file_lacks_are_named_all_at_once(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("metal,nation,year\nneodymium,JPN,2024\n", encoding="utf-8")
    with pytest.raises(InputFaults) as refused:
        read_tidy(path, plan(tmp_path), Quarantine(path.name))
    assert {fault.column for fault in refused.value.faults} == {"country", "amount", "basis"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('basis = "basis"', 'colour = "basis"', "no column of the table"),
        ('basis = "basis"', "", "is not mapped"),
        ('stage = "refined"', 'stage = "refined"\nyear = 2024', "both a column and a constant"),
        ("may_redistribute = false", "", "Field required"),
        ('table = "production"', 'table = "production"\nsurprise = 1', "Extra inputs"),
        ('table = "production"', "table = ", "cannot be read"),
    ],
)
def test_a_mapping_with_faults_is_refused(tmp_path, old, new, message):
    text = PRODUCTION.format(card=CARD, units="").replace(old, new, 1)
    with pytest.raises(InputFaults, match=message):
        mapping(tmp_path, text)


@pytest.mark.parametrize(
    "units", ['quantity_t = "barrels"', 'quantity_t = "t REO"', 'year = "kg"', 'basis = "gross weight"']
)
def test_a_unit_without_a_factor_is_refused(tmp_path, units):
    with pytest.raises(InputFaults, match=r"no factor|cannot be converted"):
        plan(tmp_path, f"[units]\n{units}")


def test_tables_that_take_no_imports_are_refused(tmp_path):
    with pytest.raises(UnknownName, match="takes imports"):
        mapping(tmp_path, PRODUCTION.format(card=CARD, units="").replace('"production"', '"countries"'))


@settings(deadline=None)  # each example opens files
@given(amount=st.floats(0, 1e9, allow_nan=False))
def test_units_scale_and_nothing_else(tmp_path_factory, amount):
    folder = tmp_path_factory.mktemp("units")
    row = f"neodymium,JPN,2024,{amount!r},oxide content"
    tonnes, _ = read(folder, [row], plan(folder))
    kilograms, _ = read(folder, [row], plan(folder, '[units]\nquantity_t = "kg"'))
    assert kilograms["quantity_t"][0] == pytest.approx(tonnes["quantity_t"][0] / 1000, rel=1e-12)
    assert tonnes["quantity_t"][0] == amount
