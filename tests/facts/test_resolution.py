"""Rounded is kept: the place value of the last digit printed, from the text of each source."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.catalog.materials import oxide_factor
from ytterby.facts import load_production, open_store
from ytterby.facts.publishers.cells import read_printed, resolution_of
from ytterby.facts.quarantine import Quarantine
from ytterby.facts.tidy import read_mapping, read_tidy


@pytest.mark.parametrize(
    ("printed", "resolution"),
    [
        ("30,000", 10_000), ("30000", 10_000), ("29,000", 1_000), ("389,310", 10), ("7", 1), ("0", 1),
        ("0.50", 0.01), ("12.0", 0.1), ("100", 100), ("1e+20", None), ("", None), ("...", None),
    ],
)  # fmt: skip
def test_resolution_by_hand(printed, resolution):
    assert resolution_of(printed) == (None if resolution is None else pytest.approx(resolution))


@given(st.decimals(min_value=1, max_value=10**9, places=3), st.integers(min_value=-2, max_value=8))
def test_a_rounded_number_lies_within_half_its_resolution(exact, place):
    """Whatever place somebody rounded to, the true number is in the interval that the print allows."""
    step = Decimal(10) ** place
    rounded = (exact / step).to_integral_value(rounding=ROUND_HALF_UP) * step
    if rounded == 0:
        return  # a printed 0 stands for one unit of its table, which the text does not tell
    text = f"{rounded:,.{max(-place, 0)}f}"
    assert abs(exact - rounded) <= Decimal(str(resolution_of(text))) / 2


@pytest.mark.parametrize("text", ["W", "—", "1,000 - 2,000", ">50", "<50"])
def test_signs_ranges_and_bounds_have_no_resolution(text):
    assert read_printed(text, {"W": "withheld", "—": "zero"}, "Value").resolution is None


def test_known_numbers_of_the_store():
    """Mineral Commodity Summaries 2026: Australia 29,000 t, the world 390,000 t; the IEA prints none."""
    with open_store() as store:
        earths = load_production(store, material="rare_earths", stage="mine", year=2025)
        by_country = earths.set_index("country_iso3")["resolution_t"]
        assert by_country["WLD"] == 10_000
        copper = load_production(store, material="copper", stage="mine", year=2025).set_index("country_iso3")
        assert copper.loc["CHL", "resolution_t"] >= 1_000  # thousand tonnes
        rows = store.select("production", edition="all")
    printed = rows["source_id"].str.startswith("usgs")
    counted = printed & rows["qualifier"].isin(["reported", "estimated"])
    assert rows.loc[counted, "resolution_t"].notna().all()
    assert rows.loc[rows["source_id"] == "iea-supply-2024", "resolution_t"].isna().all()
    assert (rows["resolution_t"].dropna() > 0).all()


def test_bgs_is_read_from_its_printed_column(ask_bgs):
    assert ask_bgs["resolution_t"].dropna().gt(0).all()
    assert ask_bgs.set_index("country_iso3").loc["USA", "resolution_t"] == 10.0  # 24,960 t


@pytest.fixture
def ask_bgs():
    from pathlib import Path

    from ytterby.facts.publishers import bgs

    path = Path(__file__).parent / "publishers" / "fixtures" / "bgs.csv"
    rows = bgs.read(path, Quarantine(path.name))
    return rows[(rows["material"] == "rare_earths") & (rows["year"] == 2023)]


def test_a_tidy_table_may_bring_it_and_it_converts_with_its_number(tmp_path):
    (tmp_path / "map.toml").write_text(
        """
table = "production"
[source]
source_id = "my-survey"
title = "Survey"
producer = "Institute"
licence = "internal"
may_redistribute = false
[columns]
quantity_t = "amount"
resolution_t = "digit"
[constants]
material = "neodymium"
country_iso3 = "JPN"
year = 2024
stage = "refined"
basis = "oxide content"
qualifier = "reported"
[units]
quantity_t = "kg"
resolution_t = "kg"
basis = "element content"
""",
        encoding="utf-8",
    )
    (tmp_path / "t.csv").write_text("amount,digit\n1000,100\n", encoding="utf-8")
    rows = read_tidy(tmp_path / "t.csv", read_mapping(tmp_path / "map.toml"), Quarantine("t.csv"))
    assert rows["resolution_t"].item() == pytest.approx(0.1 / oxide_factor("neodymium"))
