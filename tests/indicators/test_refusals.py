"""Numbers that a formula is not defined for are refused with a remedy."""

import numpy as np
import pandas as pd
import pytest

from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.indicators.concentration import (
    hhi,
    hhi_band,
    shannon,
    shares,
    theil,
    top_share,
    weighted_country_risk,
)
from ytterby.indicators.criticality import (
    disruption,
    disruption_potential,
    eu_concentration,
    eu_critical,
    eu_economic_importance,
    eu_governance,
    eu_import_reliance,
    eu_supply_risk,
    expected_loss,
    geopolrisk,
    import_risk,
    joint_loss_bounds,
    nassar_supply_risk,
    political_instability,
)
from ytterby.indicators.dependence import (
    import_share,
    import_shares,
    look_through_origins,
    look_through_shares,
    merge_regions,
    net_import_reliance,
)


def trade(*rows):
    columns = ["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("amounts", [[], [np.nan, np.nan], [0.0, 0.0], [1.0, -1.0], [1.0, np.inf]])
def test_amounts_without_shares_are_refused(amounts):
    with pytest.raises(BadNumbers):
        shares(amounts)


def test_a_missing_supplier_is_left_out_and_not_zero():
    assert hhi([3.0, 1.0, np.nan]) == hhi([3.0, 1.0])
    assert weighted_country_risk([3.0, 1.0, np.nan], [1.0, -1.0, np.nan]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: hhi_band(1500),
        lambda: top_share([1.0], 0),
        lambda: weighted_country_risk([1.0, 2.0], [1.0]),
        lambda: weighted_country_risk([1.0, 2.0], [1.0, np.nan]),
        lambda: import_risk([1.0, np.nan], [0.5, 0.5], 0.0),
        lambda: import_risk([1.0], [1.5], 0.0),
        lambda: import_risk([1.0], [0.5], np.nan),
        lambda: import_risk([1.0], [0.5, 0.5], 0.0),
        lambda: eu_concentration([0.7, 0.7], [5.0, 5.0]),
        lambda: eu_concentration([0.7, np.nan], [5.0, 5.0]),
        lambda: eu_supply_risk(1.0, 1.0, import_reliance=80, eol_rir=0.1),
        lambda: eu_supply_risk(1.0, 1.0, import_reliance=0.8, eol_rir=np.nan),
        lambda: eu_import_reliance(1.0, np.nan, 1.0),
        lambda: eu_economic_importance([0.6], [1.0, 2.0], largest=2.0),
        lambda: eu_economic_importance([0.6], [3.0], largest=2.0),
        lambda: disruption(1.0, demand_elasticity=0.2, supply_elasticity=0.1),
        lambda: disruption(0.5, demand_elasticity=0.0, supply_elasticity=0.0),
        lambda: disruption(0.5, demand_elasticity=-0.2, supply_elasticity=0.3),
        lambda: disruption_potential([0.5], [1.5], [0.5]),
        lambda: expected_loss([0.7, 0.7], [1.0, 1.0]),
        lambda: net_import_reliance(-1.0, 0.0, 1.0),
        lambda: look_through_origins([[0.0, np.nan], [1.0, 0.0]]),
        lambda: look_through_origins([[0.0, 2.0], [2.0, 0.0]]),  # two that sell to each other only
    ],
)
def test_refused(call):
    with pytest.raises(BadNumbers):
        call()


CHN_USA, USA_CHN = (pd.Series([0.7, 0.3], index=order) for order in (["CHN", "USA"], ["USA", "CHN"]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hhi([[0.7, 0.3], [0.5, 0.5]]), "suppliers of one material"),
        (lambda: theil(pd.DataFrame({"a": [0.7, 0.3]})), "suppliers of one material"),
        (lambda: hhi({"CHN": 0.7}), "not a list of numbers"),
        (lambda: shannon(["much", "little"]), "not a list of numbers"),
        (lambda: hhi([1.0, np.inf]), "1 amounts are negative or infinite"),
        (lambda: top_share([1.0, 2.0], 1.5), "whole number"),
        (lambda: weighted_country_risk(CHN_USA, USA_CHN), "labelled differently"),
        (lambda: weighted_country_risk([0.7, 0.3], [60.0, 20.0]), "percentile"),
        (lambda: political_instability([60.0, 20.0]), "percentile"),
        (lambda: eu_governance(60.0), "percentile"),
        (lambda: import_risk(CHN_USA, USA_CHN, 1.0), "labelled differently"),
        (lambda: geopolrisk([1.0], CHN_USA, USA_CHN, domestic_production_t=1.0), "labelled differently"),
        (lambda: geopolrisk([1.0], [1.0], [0.5], domestic_production_t=0, price_usd_per_kg=-2), "USD per kg"),
        (lambda: import_risk([np.inf], [0.5], 1.0), "infinite"),
        (lambda: import_risk([1.0], [0.5], np.inf), "infinite"),
        (lambda: import_risk([1.0], [0.5], [1.0, 2.0]), "own production is a list"),
        (lambda: eu_supply_risk(3200, 1200, import_reliance=0.8, eol_rir=0.1), "eu_concentration"),
        (lambda: eu_import_reliance(5.0, 5.0, 0.0), "cannot be formed"),
        (lambda: disruption(0.999, demand_elasticity=0.001, supply_elasticity=0.001), "beyond all numbers"),
        (lambda: expected_loss(CHN_USA, USA_CHN), "labelled differently"),
        (lambda: joint_loss_bounds(-0.3, 0.5), "positive amounts"),
        (lambda: disruption_potential([0.9, 0.9], [0.6, 0.3], [0.9, 0.2]), "sum to 1.8"),
        (lambda: nassar_supply_risk(0.27, 75, 0.012), "not a percent"),
        (lambda: nassar_supply_risk(27, 0.75, 0.012), "squared shares"),
        (lambda: net_import_reliance(np.inf, 1.0, 1.0), "infinite imports"),
        (lambda: net_import_reliance(CHN_USA, USA_CHN, 1.0), "labelled differently"),
        (lambda: net_import_reliance([1.0, 2.0], [1.0, 2.0, 3.0], 1.0), "do not match"),
        (lambda: look_through_origins([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]]), "no square table"),
        (lambda: look_through_origins([[0.0, 1.0], [0.0, 0.0]], [1.0]), "Give one for each"),
        (
            lambda: look_through_origins(pd.DataFrame(0.0, ["CHN", "USA"], ["USA", "CHN"])),
            "another order",
        ),
        (
            lambda: look_through_origins(pd.DataFrame(0.0, ["CHN", "USA"], ["CHN", "USA"]), USA_CHN),
            "another order",
        ),
    ],
)
def test_what_would_be_misread_is_refused_with_its_cause(call, words):
    with pytest.raises(BadNumbers, match=words):
        call()


def test_series_with_the_same_labels_are_taken():
    assert weighted_country_risk(CHN_USA, pd.Series([-0.3, 1.1], ["CHN", "USA"])) == pytest.approx(0.12)
    assert hhi(CHN_USA) == hhi([70, 30]) == pytest.approx(0.58)
    table = pd.DataFrame([[0.0, 3.0], [0.0, 0.0]], ["CHN", "USA"], ["CHN", "USA"])
    assert look_through_origins(table, CHN_USA)[0].tolist() == pytest.approx([1.0, 3.0 / 3.3])


def test_nothing_supplied_is_missing_and_not_zero():
    assert np.isnan(import_risk([], [], 0.0))
    assert np.isnan(import_risk([1.0, 2.0], [np.nan, 0.5], 0.0))  # a supplier without governance
    assert np.isnan(geopolrisk([1.0], [5.0], [np.nan], domestic_production_t=0.0).score)
    assert np.isnan(net_import_reliance(0.0, 10.0, 10.0))
    assert np.isnan(net_import_reliance(np.nan, 10.0, 20.0))


def test_missing_mass_is_reported_and_not_read_as_zero():
    table = trade(
        (2020, "CHN", "JPN", "280530", 60.0, 10.0),
        (2020, "VNM", "JPN", "280530", 20.0, 10.0),
        (2020, "USA", "JPN", "280530", 20.0, np.nan),
        (2020, "USA", "KOR", "280530", 20.0, np.nan),
    )
    found = import_shares(table).set_index(["importer", "exporter"])
    assert found.loc[("JPN", "CHN"), "share"] == pytest.approx(0.5)
    assert np.isnan(found.loc[("JPN", "USA"), "share"])
    assert found.loc[("JPN", "CHN"), "covered_share"] == pytest.approx(0.8)
    assert found.loc[("KOR", "USA"), ["share", "covered_share"]].isna().tolist() == [True, False]
    assert import_share(table, "JPN", "CHN", 2020, "value") == pytest.approx(0.6)
    assert import_share(table, "JPN", "AUS", 2020) == 0.0  # it sold nothing
    with pytest.raises(NoData, match="known mass"):
        import_share(table, "KOR", "USA", 2020)


def test_import_share_names_the_years_there_are():
    table = trade((2010, "CHN", "JPN", "280530", 1.0, 1.0), (2012, "CHN", "JPN", "280530", 1.0, 1.0))
    with pytest.raises(NoData, match="2010-2012"):
        import_share(table, "JPN", "CHN", 2015)
    with pytest.raises(UnknownName, match="mass"):
        import_shares(table, by="weight")
    with pytest.raises(BadNumbers, match="1 flows are negative"):
        import_shares(trade((2010, "CHN", "JPN", "280530", 1.0, -1.0)))
    with pytest.raises(UnknownName, match="study"):
        eu_critical(1.0, 3.0, study=2016)


def test_transit_is_seen_through_by_hand():
    """CHN sells 80 to VNM and 20 to JPN; VNM makes 20 and sells 50 to JPN, which has 20 + 50 * .8 of CHN."""
    table = trade(
        (2020, "CHN", "VNM", "280530", 80.0, 80.0),
        (2020, "CHN", "JPN", "280530", 20.0, 20.0),
        (2020, "VNM", "JPN", "280530", 50.0, 50.0),
    )
    made = pd.DataFrame({"country_iso3": ["CHN", "VNM"], "year": 2020, "quantity_t": [100.0, 20.0]})
    found = look_through_shares(table, production=made)
    japan = found[found["importer"] == "JPN"].set_index("origin")
    assert japan.loc["CHN", "share"] == pytest.approx(60 / 70)
    assert japan.loc["VNM", "share"] == pytest.approx(10 / 70)
    assert japan.loc["CHN", "direct_share"] == pytest.approx(20 / 70)


def test_a_bloc_may_keep_its_inner_trade():
    table = trade((2020, "DEU", "FRA", "280530", 5.0, 5.0), (2020, "CHN", "FRA", "280530", 7.0, 7.0))
    assert merge_regions(table, {"Two": ["DEU", "FRA"]})["value_kusd"].tolist() == [7.0]
    assert merge_regions(table, {"Two": ["DEU", "FRA"]}, keep_intra=True)["value_kusd"].tolist() == [5.0, 7.0]


def test_an_unknown_amount_is_no_share_of_zero():
    """B bought 10 t from A and an unknown mass from C: the share of C is unknown, that of D is 0."""
    rows = [(2024, "AAA", "BBB", 10.0, 1.0), (2024, "CCC", "BBB", float("nan"), 1.0)]
    table = pd.DataFrame(rows, columns=["year", "exporter", "importer", "quantity_t", "value_kusd"])
    assert import_share(table, "BBB", "DDD", 2024) == 0
    assert import_share(table, "BBB", "CCC", 2024, by="value") == 0.5
    with pytest.raises(NoData, match="CCC"):
        import_share(table, "BBB", "CCC", 2024)


def test_withheld_production_is_no_zero():
    trade = pd.DataFrame(
        [(2024, "AAA", "BBB", 10.0, 1.0)],
        columns=["year", "exporter", "importer", "quantity_t", "value_kusd"],
    )
    made = pd.DataFrame({"year": [2024], "country_iso3": ["AAA"], "quantity_t": [float("nan")]})
    with pytest.raises(BadNumbers, match="AAA"):
        look_through_shares(trade, production=made)
