"""Both layouts of the Mineral Commodity Summaries, on made files and against the starter data."""

import csv
import math

import duckdb
import pandas as pd
import pytest

from ytterby.errors import InputFaults
from ytterby.facts import open_store
from ytterby.facts.publishers import usgs_mcs
from ytterby.facts.quarantine import Quarantine

KEY = ["material", "country_iso3", "year"]
NUMBERS = ["quantity_t", "low_t", "high_t", "qualifier"]


def by_key(rows: pd.DataFrame) -> dict[tuple[str, str, int], list[object]]:
    return {
        tuple(row[name] for name in KEY): [
            None if isinstance(row[name], float) and math.isnan(row[name]) else row[name] for name in NUMBERS
        ]
        for row in rows.to_dict("records")
    }


def test_values_bounds_and_signs_of_the_long_layout_stay_apart(ask):
    rows, _ = ask("usgs_mcs", "usgs_mcs_2026.csv")
    assert by_key(rows) == {
        ("rare_earths", "AUS", 2024): [29_000.0, 29_000.0, 29_000.0, "reported"],
        ("rare_earths", "AUS", 2025): [31_000.0, 31_000.0, 31_000.0, "estimated"],  # the newest year
        ("rare_earths", "CAN", 2024): [0.0, 0.0, 0.0, "zero"],
        ("rare_earths", "MMR", 2024): [27_000.0, 27_000.0, 27_000.0, "estimated"],  # the note says so
        ("rare_earths", "OTH", 2024): [None, None, None, "not available"],
        ("rare_earths", "WLD", 2024): [380_000.0, 380_000.0, 380_000.0, "reported"],
        ("rare_earths", "BRA", 2024): [None, 1_000.0, None, "greater than"],
        ("rare_earths", "IND", 2024): [None, None, 50.0, "less than"],
        ("lithium", "USA", 2024): [None, None, None, "withheld"],
        ("copper", "CHL", 2024): [5_500_000.0, 5_500_000.0, 5_500_000.0, "reported"],  # thousand tonnes
        ("yttrium", "WLD", 2025): [12_500.0, 10_000.0, 15_000.0, "range"],
        ("tungsten", "VNM", 2024): [3_400.0, 3_400.0, 3_400.0, "reported"],  # the same row twice
    }
    assert set(rows["unit"]) == {"t"}
    assert set(rows.loc[rows["material"] == "rare_earths", "basis"]) == {"oxide content"}


def test_what_the_long_layout_leaves_out_has_a_cause_and_a_row(ask):
    _, quarantine = ask("usgs_mcs", "usgs_mcs_2026.csv")
    assert quarantine.counts == {
        "unknown country": 1,
        "negative quantity": 1,
        "not a number": 1,
        "unknown unit": 1,
        "two values for one key": 2,
        "repeated row": 1,
        "commodity not in the catalog": 1,
    }
    places = {fault.message.split(":")[0]: (fault.row, fault.column) for fault in quarantine.faults}
    assert places["unknown country"] == (13, "Country")
    assert places["unknown unit"] == (16, "Unit")
    assert all(fault.remedy for fault in quarantine.faults)


def test_wide_layout_says_withheld_and_estimated_in_its_notes(ask):
    rows, quarantine = ask("usgs_mcs", "usgs_mcs_2025.csv")
    found = by_key(rows)
    assert found["rare_earths", "AUS", 2023] == [16_000.0, 16_000.0, 16_000.0, "reported"]
    assert found["rare_earths", "AUS", 2024][3] == "estimated"  # the column of the estimated year
    assert found["rare_earths", "VNM", 2023][3] == "estimated"  # the note names the year
    assert ("rare_earths", "VNM", 2024) not in found  # an empty cell is no row
    assert found["rare_earths", "WLD", 2024][0] == 390_000.0  # a footnote number after the name
    assert found["lithium", "USA", 2023] == [None, None, None, "withheld"]
    assert found["lithium", "USA", 2024] == [None, None, None, "withheld"]
    assert found["feldspar", "BRA", 2023][0] == 500_000.0
    assert "beneficiated" in rows.loc[rows["material"] == "feldspar", "note"].iloc[0]
    assert quarantine.counts == {"unknown country": 2}  # a total of ilmenite alone is no world total


def test_unit_of_titanium_is_corrected_and_says_so(ask):
    """Correction usgs-2025-titanium-unit: the file says metric tons and means thousands."""
    rows, _ = ask("usgs_mcs", "usgs_mcs_2025.csv")
    titanium = rows[rows["material"] == "titanium"]
    assert titanium["quantity_t"].tolist() == [400_000.0, 410_000.0]
    assert set(titanium["note"]) == {"correction usgs-2025-titanium-unit"}


def test_a_mended_unit_of_titanium_is_read_as_it_says(ask, edited):
    """Mended either way, by the unit or by the numbers, the correction no longer applies."""
    rows, _ = ask("usgs_mcs", edited("usgs_mcs_2025.csv", "8600,8900", "8600000,8900000"))
    titanium = rows[rows["material"] == "titanium"]
    assert titanium["quantity_t"].tolist() == [400.0, 410.0]
    assert set(titanium["note"]) == {""}


def test_titanium_without_the_world_total_is_in_doubt(ask, edited):
    rows, quarantine = ask(
        "usgs_mcs", edited("usgs_mcs_2025.csv", "World total (ilmenite, rounded)", "Chile")
    )
    assert "titanium" not in set(rows["material"])
    assert quarantine.counts["unknown unit"] == 4


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("usgs_mcs_2026.csv", "Statistics_detail"),
        ("usgs_mcs_2026.csv", "Value"),
        ("usgs_mcs_2025.csv", "TYPE"),
    ],
)
def test_a_missing_column_is_named(ask, edited, file, column):
    with pytest.raises(InputFaults) as caught:
        ask("usgs_mcs", edited(file, column, "Something"))
    assert [fault.column for fault in caught.value.faults] == [column]


def test_another_table_is_refused_with_every_missing_column(ask):
    with pytest.raises(InputFaults) as caught:
        ask("usgs_mcs", "wgi_long.csv")
    assert {"COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS"} <= {fault.column for fault in caught.value.faults}


def test_stored_edition_2026_read_from_its_own_layout_is_the_starter_table(shared, tmp_path):
    """All 1,191 rows, from the publisher's columns rebuilt out of the stored copy."""
    stored = duckdb.sql(f"FROM '{shared / 'data' / 'usgs' / 'mcs2026_all.parquet'}'").df()
    path = tmp_path / "MCS2026_Commodities_Data.csv"
    columns = [
        "chapter", "section", "commodity", "country", "statistic", "detail", "unit", "period", "value_text",
        "notes", "is_critical_2025", "other_notes",
    ]  # fmt: skip
    header = [*usgs_mcs.LONG, "Is critical mineral 2025", "Other notes"]
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(stored[columns].itertuples(index=False, name=None))
    rows = usgs_mcs.read(path, Quarantine(path.name))
    with open_store() as store:
        starter = store.select("production", source_id="usgs-mcs-2026", edition="2026")
    order = ["material", "stage", "country_iso3", "year", "detail"]
    kept = [*order, "quantity_t", "low_t", "high_t", "resolution_t", "basis", "qualifier"]
    left, right = (
        frame.sort_values(order).reset_index(drop=True)[kept].astype({"year": "int64"})
        for frame in (rows, starter)
    )
    pd.testing.assert_frame_equal(left, right, check_dtype=False)
    assert len(left) == 1191
