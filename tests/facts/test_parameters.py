"""Criticality inputs: each row is checked against its parameter, or left out with a cause."""

import pytest

from ytterby.errors import UnknownName
from ytterby.facts import open_store
from ytterby.facts.parameters import load_parameters, parameters
from ytterby.facts.quarantine import Quarantine
from ytterby.facts.tables import column_rows, importable_tables
from ytterby.facts.tidy import REQUIRED, read_mapping, read_tidy

HEADER = "parameter,material,stage,region,country,sector,year,value,unit"
MAPPING = """
table = "criticality_inputs"
[source]
source_id = "study"
title = "Study"
producer = "Institute"
licence = "internal"
may_redistribute = false
[columns]
parameter = "parameter"
material = "material"
stage = "stage"
region = "region"
country_iso3 = "country"
sector = "sector"
year = "year"
value = "value"
unit = "unit"
"""


def read(folder, *rows):
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "in.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    left = Quarantine("in.csv")
    return read_tidy(folder / "in.csv", read_mapping(folder / "map.toml"), left), left


@pytest.mark.parametrize(
    ("row", "value", "unit"),
    [
        ("eol_rir,Kobalt,,,,,2023,22,percent", 0.22, "share"),
        ("eol_rir,cobalt,,,,,2023,0.22,share", 0.22, "share"),
        ("value_added,,,EU27,,C27,2022,1.5,billion EUR", 1500.0, "million EUR"),
        ("gdp,,,Japan,,,2022,5e12,USD", 5e6, "million USD"),
        ("trade_parameter,,,,Chine,,2023,1.3,index", 1.3, "index"),
    ],
)
def test_a_row_comes_in_the_unit_of_its_parameter(tmp_path, row, value, unit):
    frame, left = read(tmp_path, row)
    assert left.total == 0
    assert frame["value"].tolist() == [pytest.approx(value)]
    assert frame["unit"].tolist() == [unit]


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("recycling,cobalt,,,,,2023,22,percent", "unknown name"),
        ("eol_rir,unobtainium,,,,,2023,22,percent", "unknown name"),
        ("eol_rir,cobalt,smelter,,,,2023,22,percent", "unknown name"),
        ("eol_rir,cobalt,,,,,2023,22,share", "not within 0 and 1"),
        ("eol_rir,cobalt,,,,,2023,-1,percent", "not within 0 and 1"),
        ("eol_rir,cobalt,,,,,2023,,percent", "empty cell"),
        ("eol_rir,,,,,,2023,22,percent", "no material"),
        ("eol_rir,cobalt,,,,,2023,22,kg", "unit is not share or percent"),
        ("value_added,,,EU27,,C27,2022,1.5,billion USD", "unit is not EUR or thousand EUR or million EUR"),
        ("use_share,cobalt,,,,,2023,22,percent", "no sector"),
        ("sourcing_share,cobalt,mine,,CHN,,2023,22,percent", "no region"),
        ("trade_parameter,cobalt,,,CHN,,2023,0,index", "not within 0.1 and 5"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_left_out(tmp_path, row, cause):
    frame, left = read(tmp_path, row, "eol_rir,nickel,,,,,2023,16,percent")
    assert frame["material"].tolist() == ["nickel"]
    assert len(left.counts) == 1
    assert next(iter(left.counts)).startswith(cause)


def test_an_empty_store_has_no_inputs_and_an_unknown_parameter_is_refused():
    with open_store() as store:
        assert load_parameters(store).empty
        with pytest.raises(UnknownName, match="eol_rir"):
            load_parameters(store, "eol_rri")


@pytest.mark.parametrize("table", importable_tables())
def test_every_table_that_takes_a_mapping_says_what_a_row_needs(table):
    columns = {row["column"] for row in column_rows(table)}
    assert REQUIRED[table]
    assert set(REQUIRED[table]) <= columns


def test_attribute_rows_name_columns_and_bounds_that_exist():
    columns = {row["column"] for row in column_rows("criticality_inputs")}
    for row in parameters().values():
        assert {label for label in row["labels"].split(";") if label} <= columns
        assert float(row["minimum"]) < float(row["maximum"] or "inf")
        assert row["description"]
