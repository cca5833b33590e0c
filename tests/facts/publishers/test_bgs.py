"""World Mineral Statistics: a made file in the layout of the download service, and the stored copy."""

import csv
import math
from pathlib import Path

import duckdb
import pytest

from ytterby.errors import InputFaults
from ytterby.facts.publishers import bgs
from ytterby.facts.quarantine import Quarantine


def test_zero_trace_estimate_and_missing_stay_apart(ask):
    rows, _ = ask("bgs", "bgs.csv")
    earths = rows[(rows["material"] == "rare_earths") & (rows["year"] == 2023)].set_index("country_iso3")
    assert earths["qualifier"].to_dict() == {
        "USA": "estimated", "AUS": "reported", "BDI": "zero", "THA": "not available", "BRA": "less than",
    }  # fmt: skip
    assert earths.loc["BDI", "quantity_t"] == 0.0
    assert math.isnan(earths.loc["THA", "quantity_t"])
    assert math.isnan(earths.loc["BRA", "quantity_t"])
    assert (earths.loc["BRA", "low_t"], earths.loc["BRA", "high_t"]) == (0.0, 0.5)
    assert earths.loc["USA", "quantity_t"] == 24_960.0


def test_footnote_sets_the_basis_and_kilograms_become_tonnes(ask):
    rows, _ = ask("bgs", "bgs.csv")
    basis = rows[rows["year"] == 1990].set_index("country_iso3")["basis"].to_dict()
    assert basis == {"CHN": "oxide content", "MYS": "gross weight"}
    platinum = rows[rows["material"] == "platinum"].iloc[0]
    assert (platinum["quantity_t"], platinum["basis"], platinum["country_iso3"]) == (
        71.0,
        "element content",
        "ZAF",
    )
    assert rows.loc[rows["material"] == "nickel", "country_iso3"].tolist() == ["XKX"]  # 1A0 in the file


def test_a_number_known_to_be_off_carries_a_caution_until_it_is_mended(ask, edited):
    rows, _ = ask("bgs", "bgs.csv")
    noted = rows[rows["note"].str.startswith("caution")]
    assert noted[["country_iso3", "year", "quantity_t"]].to_numpy().tolist() == [["USA", 2023, 24_960.0]]
    mended, _ = ask("bgs", edited("bgs.csv", "24960", "41557"))
    assert 41_557.0 in set(mended["quantity_t"])
    assert not mended["note"].str.startswith("caution").any()


def test_what_is_left_out_is_counted_by_cause(ask):
    _, quarantine = ask("bgs", "bgs.csv")
    assert quarantine.counts == {
        "unknown country": 1, "negative quantity": 1, "unknown unit": 1, "not production": 1,
        "commodity not in the catalog": 1,
    }  # fmt: skip


@pytest.mark.parametrize("column", ["units", "quantity_in_book_style", "concat_figure_notes_text"])
def test_a_missing_column_is_named(ask, edited, column):
    with pytest.raises(InputFaults) as caught:
        ask("bgs", edited("bgs.csv", column + ",", "other,"))
    assert [fault.column for fault in caught.value.faults] == [column]


def test_order_of_columns_does_not_matter(ask, tmp_path):
    """Downloads of one year differ in it."""
    expected, _ = ask("bgs", "bgs.csv")
    with (Path(__file__).parent / "fixtures" / "bgs.csv").open(newline="") as file:
        table = list(csv.reader(file))
    path = tmp_path / "turned.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([row[::-1] for row in table])
    assert bgs.read(path, Quarantine(path.name)).equals(expected)


def test_every_number_of_the_stored_copy_comes_back(shared, tmp_path):
    """Rare-earth oxides 1992 to 2023: quantities and zeros as the stored table has them."""
    stored = duckdb.sql(
        f"SELECT * FROM '{shared / 'data' / 'bgs' / 'bgs_world_mineral_production.parquet'}' "  # noqa: S608
        "WHERE commodity = 'rare earth oxides'"
    ).df()
    names = {
        "country_iso3_code": "country_iso3", "country_trans": "country_name", "units": "unit", "year": "year",
        "bgs_commodity_trans": "commodity", "bgs_sub_commodity_trans": "sub_commodity",
        "bgs_statistic_type_trans": "statistic", "quantity": "quantity",
        "quantity_in_book_style": "quantity_text", "data_precision_description": "precision",
        "concat_figure_notes_text": "figure_notes", "concat_table_notes_text": "table_notes",
    }  # fmt: skip
    path = tmp_path / "bgs.csv"
    stored[list(names.values())].set_axis(list(names), axis=1).to_csv(path, index=False)
    rows = bgs.read(path, Quarantine(path.name))
    assert len(rows) == len(stored) == 264
    assert rows["quantity_t"].sum() == stored["quantity"].sum()
    assert rows["quantity_t"].isna().sum() == stored["quantity"].isna().sum()
    assert (rows["quantity_t"] == 0).sum() == (stored["precision"] == "Nil (nothing produced)").sum()
