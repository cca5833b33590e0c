"""Loaders: what each brings, and that missing, withheld and zero stay apart."""

import numpy as np
import pytest

from ytterby.errors import NoData, UnknownName
from ytterby.facts import (
    load_controlled_items,
    load_demand,
    load_facts,
    load_governance,
    load_policies,
    load_prices,
    load_production,
    load_projects,
    load_quotas,
    load_trade,
    open_store,
    shapes,
)


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def test_trade_keeps_missing_masses_missing(store):
    trade = load_trade(store, hs6=["284690"], years=range(2010, 2012))
    assert trade["quantity_t"].isna().any()
    assert (trade["quantity_t"].dropna() > 0).all()
    assert trade["value_kusd"].notna().all()
    assert set(trade["source_id"]) == {"baci-hs92"}
    assert set(trade["year"]) == {2010, 2011}


def test_no_trade_says_what_there_is(store):
    with pytest.raises(NoData, match=r"811230 1995-2016"):
        load_trade(store, hs6=["811230"], years=[2020])
    with pytest.raises(NoData, match="none of these codes"):
        load_trade(store, hs6=["850511"])


def test_editions_stand_side_by_side_and_the_newest_is_the_default(store):
    """USGS changed Australia 2024 from 13,000 to 29,000 t within a year."""
    rows = load_production(store, material="rare_earths", stage="mine", year=2024, edition="all")
    australia = rows[rows["country_iso3"] == "AUS"].set_index("edition")["quantity_t"]
    assert australia.to_dict() == {"2025": 13_000.0, "2026": 29_000.0}
    newest = load_production(store, material="rare_earths", stage="mine", year=2024)
    assert set(newest["edition"]) == {"2026"}
    world = load_production(store, material="rare_earths", year=2023)
    assert set(world["edition"]) == {"2025"}


def test_withheld_zero_and_estimated_stay_apart(store):
    lithium = load_production(store, material="lithium", stage="mine", year=2025).set_index("country_iso3")
    assert lithium.loc["USA", "qualifier"] == "withheld"
    assert np.isnan(lithium.loc["USA", "quantity_t"])
    earths = load_production(store, material="rare_earths", stage="mine", year=2024).set_index("country_iso3")
    assert earths.loc["CAN", ["qualifier", "quantity_t"]].tolist() == ["zero", 0.0]
    assert earths.loc["USA", "qualifier"] == "reported"
    assert earths.loc["CHN", "qualifier"] == "estimated"
    yttrium = load_production(store, material="yttrium", year=2025).iloc[0]
    assert (yttrium["low_t"], yttrium["high_t"], yttrium["qualifier"]) == (10_000.0, 15_000.0, "range")


def test_titanium_of_edition_2025_is_read_in_thousand_tonnes(store):
    """Correction usgs-2025-titanium-unit: both editions then agree on the world within 5 %."""
    rows = load_production(store, material="titanium", year=2024, edition="all")
    world = rows[rows["country_iso3"] == "WLD"].groupby("edition")["quantity_t"].sum()
    assert world["2025"] == pytest.approx(world["2026"], rel=0.05)


def test_countries_add_up_to_the_printed_world(store):
    """Within 5 % for every table of USGS and IEA that prints a world total (rounded by the source)."""
    rows = load_production(store, edition="all")
    rows = rows[~rows["source_id"].eq("chain-facts-2026") & ~rows["basis"].eq("mixed")]
    keys = ["source_id", "material", "stage", "year"]
    is_world = rows["country_iso3"] == "WLD"
    world = rows[is_world].groupby(keys)["quantity_t"].sum(min_count=1)
    named = rows[~is_world].groupby(keys)["quantity_t"].sum(min_count=1)
    ratio = (named / world).dropna()
    assert len(ratio) > 150
    assert ratio.between(0.95, 1.05).all(), ratio[~ratio.between(0.95, 1.05)]


def test_no_production_says_what_there_is(store):
    with pytest.raises(NoData, match=r"mine 2024 \(edition 2026\)"):
        load_production(store, material="rare_earths", year=1999)
    with pytest.raises(UnknownName, match="rare_earths"):
        load_production(store, material="rare earth")


def test_guyana_is_no_french_guiana(store):
    """Correction wgi-guyana."""
    rows = load_governance(store, country_iso3=["GUY", "GUF"], years=[2022, 2023]).set_index(
        ["country_iso3", "year"]
    )
    assert rows["estimate"].notna().to_dict() == {
        ("GUF", 2022): True,
        ("GUF", 2023): True,
        ("GUY", 2022): True,
        ("GUY", 2023): False,
    }
    assert "correction" in rows.loc[("GUY", 2023), "note"]


def test_the_break_of_governance_is_marked(store):
    china = load_governance(store, country_iso3="CHN", years=[2022, 2023]).set_index("year")
    assert china.loc[2022, "edition"] != china.loc[2023, "edition"]
    assert "series break" in china.loc[2023, "note"]
    assert china.loc[2022, "instability"] == pytest.approx(0.588215, abs=1e-6)
    with pytest.raises(NoData):
        load_governance(store, years=[1997])


def test_registers(store):
    assert "CHN-2025-18" in set(load_policies(store)["measure_id"])
    assert load_policies(store, measure_id="CHN-2025-70")["until"].tolist() == ["2026-11-10"]
    assert len(load_controlled_items(store, measure_id="CHN-2025-18")) == 14
    assert len(load_projects(store)) == 44
    assert np.isnan(load_quotas(store).set_index("year").loc[2025, "mining_t_reo"])
    assert set(load_prices(store, basis="average")["unit"]) == {"USD/kg"}
    assert load_demand(store).set_index("year").loc[2012, "demand_t_reo"] == 14_470
    assert load_facts(store, ["F001"])["quantity"].tolist() == [270_000.0]
    with pytest.raises(UnknownName, match="F9999"):
        load_facts(store, ["F001", "F9999"])


def test_what_is_recalled_is_marked(store):
    assert set(load_facts(store)["confidence"]) == {"seen-in-stored-source", "general-knowledge"}


def test_shapes_cover_the_countries_of_the_chain():
    features = shapes()["features"]
    codes = {feature["properties"]["iso3"] for feature in features}
    assert {"CHN", "JPN", "USA", "AUS", "MYS", "MMR", "VNM", "KOR"} <= codes
