"""What the indicators promise for every input (docs/method/indicators)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ytterby.indicators.concentration import (
    effective_number,
    hhi,
    normalised_hhi,
    shannon,
    shares,
    theil,
    top_share,
)
from ytterby.indicators.criticality import disruption, geopolrisk, import_risk, import_risks
from ytterby.indicators.dependence import (
    import_shares,
    look_through_origins,
    look_through_shares,
    merge_regions,
    net_import_reliance,
)
from ytterby.indicators.regions import Membership, Regions

# The time of one example says how busy the machine is and nothing about the law.
lawful = settings(deadline=None, max_examples=60)
masses = st.lists(st.floats(0.001, 1e9), min_size=1, max_size=25)
unit = st.floats(0.0, 1.0)
COUNTRIES = ["AUS", "CHN", "DEU", "FRA", "JPN", "MYS", "USA"]


@lawful
@given(masses)
def test_hhi_lies_between_equal_and_single(amounts):
    assert 1 / len(amounts) - 1e-12 <= hhi(amounts) <= 1 + 1e-12
    assert -1e-9 <= normalised_hhi(amounts) <= 1 + 1e-12
    assert 1 - 1e-12 <= effective_number(amounts) <= len(amounts) + 1e-9


@lawful
@given(masses, st.randoms(use_true_random=False), st.floats(1e-6, 1e6))
def test_order_and_unit_change_nothing(amounts, random, factor):
    shuffled = [a * factor for a in amounts]
    random.shuffle(shuffled)
    for indicator in (hhi, shannon, theil, top_share):
        assert indicator(shuffled) == pytest.approx(indicator(amounts), rel=1e-9, abs=1e-9)


@lawful
@given(masses)
def test_shares_sum_to_one(amounts):
    assert shares(amounts).sum() == pytest.approx(1.0)


@lawful
@given(st.lists(st.floats(0.001, 1e9), min_size=2, max_size=25))
def test_merging_two_suppliers_never_lowers_hhi(amounts):
    merged = [amounts[0] + amounts[1], *amounts[2:]]
    assert hhi(merged) >= hhi(amounts) - 1e-12


@lawful
@given(masses)
def test_shannon_and_theil_share_out_log_n(amounts):
    assert shannon(amounts) + theil(amounts) == pytest.approx(np.log(len(amounts)), abs=1e-9)
    assert -1e-12 <= shannon(amounts) <= np.log(len(amounts)) + 1e-9


@lawful
@given(
    st.lists(st.tuples(st.floats(0.001, 1e6), unit), min_size=1, max_size=15),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_a_supplier_without_risk_never_raises_the_score(suppliers, domestic, more):
    imports, risk = zip(*suppliers, strict=True)
    before = geopolrisk([5, 3], imports, risk, domestic_production_t=domestic)
    after = geopolrisk([5, 3], [*imports, more], [*risk, 0.0], domestic_production_t=domestic)
    assert after.score <= before.score + 1e-12
    assert 0 <= before.import_risk <= 1 + 1e-12


@lawful
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0.001, 1e6), unit), min_size=1, max_size=30),
    st.floats(0, 1e5),
)
def test_many_cells_at_once_equal_one_by_one(flows, domestic):
    cell, mass, risk = (np.array(column) for column in zip(*flows, strict=True))
    together = import_risks(cell, mass, risk, np.zeros(len(cell)), 4)
    value, lower, upper = together.within(np.full(4, domestic))
    for number in set(cell.tolist()):
        mine = cell == number
        expected = import_risk(mass[mine], risk[mine], domestic)
        assert value[number] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert lower[number] - 1e-9 <= value[number] <= upper[number] + 1e-9


@lawful
@given(
    st.lists(st.tuples(st.floats(0.01, 1e6), unit, st.booleans()), min_size=2, max_size=15),
    st.lists(unit, min_size=15, max_size=15),
)
def test_bounds_hold_whatever_the_missing_governance_is(suppliers, truths):
    mass, risk, known = (np.array(column) for column in zip(*suppliers, strict=True))
    seen = np.where(known, risk, np.nan)
    risks = import_risks(np.zeros(len(mass), dtype=np.int64), mass, seen, np.zeros(len(mass)), 1)
    _, lower, upper = risks.within(np.array([10.0]))
    truth = import_risk(mass, np.where(known, risk, truths[: len(mass)]), 10.0)
    assert lower[0] - 1e-9 <= truth <= upper[0] + 1e-9


@st.composite
def trades(draw):
    """Flows between countries in one or two years; some masses are missing."""
    flow = st.tuples(
        st.sampled_from([2010, 2011]),
        st.sampled_from(COUNTRIES),
        st.sampled_from(COUNTRIES),
        st.sampled_from(["280530", "284690"]),
        st.floats(0.001, 1e6),
        st.none() | st.floats(0.001, 1e6),
    )
    rows = draw(st.lists(flow, min_size=1, max_size=40, unique_by=lambda f: f[:4]))
    columns = ["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t"]
    frame = pd.DataFrame(rows, columns=columns).astype({"quantity_t": float})
    return frame[frame["exporter"] != frame["importer"]]


@lawful
@given(trades())
def test_import_shares_sum_to_one_or_are_missing(trade):
    found = import_shares(trade)
    for _, mine in found.groupby(["year", "importer"]):
        known = mine["share"].dropna()
        assert known.empty or known.sum() == pytest.approx(1.0)
        assert mine["covered_share"].between(0, 1 + 1e-12).all()
        assert known.empty == (mine["covered_share"] == 0).all()


@lawful
@given(trades(), st.floats(1e-3, 1e3))
def test_import_shares_know_no_unit_and_no_order(trade, factor):
    scaled = trade.sample(frac=1, random_state=1).assign(quantity_t=trade["quantity_t"] * factor)
    keys = ["year", "importer", "exporter"]
    one, other = (import_shares(t).set_index(keys)["share"].sort_index() for t in (trade, scaled))
    pd.testing.assert_series_equal(one, other, rtol=1e-9)


@lawful
@given(trades())
def test_a_bloc_without_inner_trade_imports_what_its_members_import_from_outside(trade):
    members = ["DEU", "FRA"]
    merged = merge_regions(trade, {"Two": members})
    outside = trade[trade["importer"].isin(members) & ~trade["exporter"].isin(members)]
    bloc = merged[merged["importer"] == "Two"]
    assert bloc["value_kusd"].sum() == pytest.approx(outside["value_kusd"].sum())
    assert not (bloc["exporter"] == "Two").any()


memberships = st.dictionaries(
    st.sampled_from(COUNTRIES),
    st.tuples(st.sampled_from("AB"), st.sampled_from([(1990, 2010), (2011, 2020), (1990, 2020)])),
    min_size=1,
)


def as_set(drawn, names="AB"):
    rows = [Membership(names["AB".index(region)], code, *years) for code, (region, years) in drawn.items()]
    return Regions(tuple(rows))


@lawful
@given(trades(), memberships)
def test_a_region_by_year_imports_what_its_members_of_the_year_import_from_outside(trade, drawn):
    regions = as_set(drawn)
    found = import_shares(trade, by="value", regions=regions)
    for (year, importer), mine in found.groupby(["year", "importer"]):
        members = regions.members(importer, year) if importer in regions.names else (importer,)
        bought = trade[(trade["year"] == year) & trade["importer"].isin(members)]
        outside = bought[~bought["exporter"].isin(members)]
        assert mine["value_kusd"].sum() == pytest.approx(outside["value_kusd"].sum())
        assert mine["share"].sum() == pytest.approx(1.0)
        assert not set(mine["exporter"]) & set(members)


@lawful
@given(trades(), memberships)
def test_trade_that_is_kept_inside_a_region_is_all_of_it(trade, drawn):
    whole = merge_regions(trade, as_set(drawn), keep_intra=True)
    assert len(whole) == len(trade)
    assert whole["value_kusd"].sum() == pytest.approx(trade["value_kusd"].sum())
    inside = whole["importer"] == whole["exporter"]
    assert len(merge_regions(trade, as_set(drawn))) == len(trade) - inside.sum()


@lawful
@given(trades(), memberships)
def test_what_regions_are_called_changes_nothing(trade, drawn):
    one, other = (import_shares(trade, regions=as_set(drawn, names)) for names in ("AB", "ZY"))
    other = other.assign(importer=other["importer"].replace({"Z": "A", "Y": "B"}))
    keys = ["year", "importer", "exporter"]
    one, other = (t.set_index(keys).sort_index() for t in (one, other))
    pd.testing.assert_frame_equal(one, other)


@lawful
@given(st.lists(st.lists(st.floats(0, 1e4), min_size=5, max_size=5), min_size=5, max_size=5))
def test_origins_seen_through_transit_sum_to_one(flows):
    matrix = np.array(flows)
    production = np.full(5, 1.0)
    origins = look_through_origins(matrix, production)
    assert origins.sum(axis=0) == pytest.approx(np.ones(5), abs=1e-6)
    assert (origins >= 0).all()


@lawful
@given(trades())
def test_look_through_shares_sum_to_one(trade):
    trade = trade.dropna()
    assume(not trade.empty)
    # Every country makes something, so that no circle of trade is without an origin.
    made = pd.DataFrame(
        [(c, y, 1.0) for c in COUNTRIES for y in (2010, 2011)], columns=["country_iso3", "year", "quantity_t"]
    )
    found = look_through_shares(trade, production=made)
    sums = found.groupby(["year", "importer"])[["share", "direct_share"]].sum()
    assert np.allclose(sums, 1.0, atol=1e-6)


@lawful
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.001, 1e6))
def test_net_import_reliance_is_at_most_one(imports, exports, production):
    value = float(net_import_reliance(imports, exports, production))
    assert np.isnan(value) or value <= 1.0
    assert np.isnan(value) or (value > 0) == (imports > exports) or imports == exports


@lawful
@given(st.floats(0, 0.95), st.floats(0.05, 2), st.floats(0.05, 2))
def test_a_loss_raises_the_price_and_never_the_quantity(loss, demand, supply):
    price, quantity = disruption(loss, demand_elasticity=demand, supply_elasticity=supply)
    assert price >= 1 - 1e-12
    assert 1 - loss - 1e-9 <= quantity <= 1 + 1e-12


def test_errors_of_governance_never_lead_below_zero_or_above_the_imports():
    """A tonne from a nearly stable and one from a nearly unstable supplier, each with a large error."""
    risks = import_risks(
        np.array([0, 1]), np.array([1.0, 1.0]), np.array([0.01, 0.99]), np.array([4.0, 4.0]), 2
    )
    value, low, high = risks.within(np.array([1.0, 1.0]))
    assert value.tolist() == pytest.approx([0.005, 0.495])
    assert low[0] == 0.0
    assert high.tolist() == [0.5, 0.5]
