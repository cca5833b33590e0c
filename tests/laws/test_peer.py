"""What GeoPolRisk by tables promises under the peer's conventions and under ours (section 3)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.indicators.cells import EU, Grid, Group
from ytterby.indicators.concentration import hhi
from ytterby.indicators.criticality import geopolrisk
from ytterby.indicators.peer import CORRECTED, PEER, evaluate
from ytterby.indicators.peer_arrays import number_tables

lawful = settings(deadline=None, max_examples=30)
both = pytest.mark.parametrize("conventions", [PEER, CORRECTED], ids=["peer", "corrected"])
SUPPLIERS = ["AUS", "CHN", "DEU", "FRA", "MYS", "TWN", "USA", "XEF", "GUY"]
ORDINARY = ["AUS", "CHN", "MYS", "USA"]
GRID = Grid((Group("m", "s", ("111111",)),), ("JPN", "DEU", EU), (2022,))
TRADE = ["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t"]


def flow(exporter, importer, mass, value=1.0):
    return dict(zip(TRADE, (2022, exporter, importer, "111111", value, mass), strict=True))


def tables(flows, made, stable, unit=1.0):
    production = [{"material": "m", "country_iso3": c, "year": 2022, "quantity": q} for c, q in made.items()]
    governance = [{"country_iso3": c, "year": 2022, "instability": g} for c, g in stable.items()]
    return number_tables(
        pd.DataFrame(flows, columns=TRADE), pd.DataFrame(production), pd.DataFrame(governance), GRID, [unit]
    )


unit_interval = st.floats(0.0, 1.0)
masses = st.floats(0.01, 1e7)


@st.composite
def worlds(draw, names=SUPPLIERS, gaps=True):
    """Flows to Japan and Germany, whole production, governance; with gaps where those are wanted."""
    buyers = st.sampled_from(["JPN", "DEU"])
    mass = st.one_of(masses, st.just(np.nan)) if gaps else masses
    flows = draw(
        st.lists(st.builds(flow, st.sampled_from(names), buyers, mass, masses), min_size=1, max_size=12)
    )
    flows = [one for one in flows if one["exporter"] != one["importer"]] or [flow(names[0], "JPN", 1.0)]
    made = draw(st.dictionaries(st.sampled_from([*names, "JPN"]), st.integers(1, 10**6), min_size=1))
    risk = st.one_of(unit_interval, st.just(np.nan)) if gaps else unit_interval
    stable = {name: draw(risk) for name in names if not gaps or draw(st.booleans())}
    return flows, made, stable or {"NZL": 0.1}


def same(first, second):
    return np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-15, equal_nan=True)


@both
@lawful
@given(worlds())
def test_all_parts_lie_within_their_bounds(conventions, world):
    scores = evaluate(tables(*world), conventions)
    for part in (scores.hhi, scores.import_risk, scores.score):
        known = part[~np.isnan(part)]
        assert ((known >= 0) & (known <= 1 + 1e-12)).all()
    assert (np.isnan(scores.score) == (scores.status != 0)).all()


@both
@lawful
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(conventions, world, random):
    flows, made, stable = world
    mixed = random.sample(flows, len(flows))
    again = evaluate(tables(mixed, dict(reversed(made.items())), dict(reversed(stable.items()))), conventions)
    one = evaluate(tables(*world), conventions)
    same(again.score, one.score)
    same(again.price, one.price)


@both
@lawful
@given(worlds(), st.integers(1, 1000))
def test_scaling_all_masses_changes_no_score(conventions, world, factor):
    """Whole factors, as the peer cuts production to whole units."""
    flows, made, stable = world
    larger = [{**one, "quantity_t": one["quantity_t"] * factor} for one in flows]
    one = evaluate(tables(*world), conventions)
    scaled = evaluate(tables(larger, {name: q * factor for name, q in made.items()}, stable), conventions)
    same(scaled.score, one.score)
    same(scaled.price * factor, one.price)


@both
@lawful
@given(worlds(), masses)
def test_a_supplier_without_risk_never_raises_the_score(conventions, world, mass):
    flows, made, stable = world
    one = evaluate(tables(flows, made, {**stable, "NZL": 0.0}), conventions)
    more = evaluate(tables([*flows, flow("NZL", "JPN", mass)], made, {**stable, "NZL": 0.0}), conventions)
    fine = ~np.isnan(one.score) & ~np.isnan(more.score)
    assert (more.score[fine] <= one.score[fine] + 1e-12).all()


@both
@lawful
@given(worlds(), st.sampled_from(ORDINARY), masses)
def test_a_flow_without_mass_adds_nothing_to_the_risk(conventions, world, seller, value):
    flows, made, stable = world
    stable = {**stable, seller: 0.3}
    one = evaluate(tables(flows, made, stable), conventions)
    more = evaluate(tables([*flows, flow(seller, "JPN", np.nan, value)], made, stable), conventions)
    same(more.score, one.score)


@lawful
@given(worlds())
def test_leaving_out_inner_trade_never_lowers_the_unions_score(world):
    from dataclasses import replace

    ours, theirs = (evaluate(tables(*world), c).score[-1] for c in (replace(PEER, inner_trade=False), PEER))
    assert np.isnan(ours) or np.isnan(theirs) or ours >= theirs - 1e-12


def test_a_region_of_ones_own_is_one_importer():
    """Flows of the members count, those between them without risk in the denominator for the peer only."""
    grid = Grid(GRID.groups, ("PAIR", "FRA"), GRID.years)
    flows = [flow("CHN", "FRA", 60.0), flow("USA", "DEU", 20.0), flow("FRA", "DEU", 20.0)]
    made = pd.DataFrame([{"material": "m", "country_iso3": "DEU", "year": 2022, "quantity": 20.0}])
    stable = pd.DataFrame(
        [{"country_iso3": c, "year": 2022, "instability": g} for c, g in {"CHN": 0.5, "USA": 0.25}.items()]
    )
    trade = pd.DataFrame(flows, columns=TRADE)
    numbered = number_tables(trade, made, stable, grid, [1.0], regions={"PAIR": ("FRA", "DEU")})
    assert evaluate(numbered, PEER).import_risk.tolist() == pytest.approx([35 / 120, 0.5])
    assert evaluate(numbered, CORRECTED).import_risk.tolist() == pytest.approx([35 / 100, 0.5])


@lawful
@given(worlds(ORDINARY, gaps=False))
def test_where_nothing_is_missing_both_give_one_number(world):
    """The conventions are about gaps: full tables of ordinary countries leave nothing to assume."""
    peer, ours = (evaluate(tables(*world), conventions) for conventions in (PEER, CORRECTED))
    fine = ours.imports_t > 0
    same(peer.score[fine], ours.score[fine])
    same(peer.price[fine], ours.price[fine])


@lawful
@given(worlds(ORDINARY, gaps=False))
def test_a_cell_equals_the_single_function(world):
    flows, made, stable = world
    bought = [one for one in flows if one["importer"] == "JPN"]
    found = evaluate(tables(*world), PEER)
    assert found.hhi[0] == pytest.approx(hhi(list(made.values())))
    if bought:
        mass = [one["quantity_t"] for one in bought]
        price = sum(one["value_kusd"] for one in bought) / sum(mass)
        single = geopolrisk(
            list(made.values()),
            mass,
            [stable[one["exporter"]] for one in bought],
            domestic_production_t=made.get("JPN", 0.0),
            price_usd_per_kg=price,
        )
        assert found.score[0] == pytest.approx(single.score, rel=1e-9)
        assert found.characterisation_factor[0] == pytest.approx(single.characterisation_factor, rel=1e-9)


def test_gas_counts_as_tonnes_or_is_refused():
    """A million cubic metres are no mass: the peer adds them to tonnes, the corrected rules refuse."""
    gas = tables([flow("USA", "JPN", 90.0)], {"JPN": 10.0, "USA": 90.0}, {"USA": 0.5}, unit=np.nan)
    assert evaluate(gas, PEER).import_risk[0] == pytest.approx(0.45)
    ours = evaluate(gas, CORRECTED)
    assert ours.status[0] != 0
    assert np.isnan(ours.score[0])


def test_kilograms_become_tonnes_and_are_cut_in_kilograms():
    gold = tables([flow("USA", "JPN", 1.0)], {"JPN": 1000.9, "USA": 3000.2}, {"USA": 0.5}, unit=0.001)
    peer, ours = evaluate(gold, PEER), evaluate(gold, CORRECTED)
    assert peer.hhi[0] == pytest.approx((1000**2 + 3000**2) / 4000**2)
    assert ours.hhi[0] == pytest.approx((1000.9**2 + 3000.2**2) / 4001.1**2)
    assert peer.import_risk[0] == pytest.approx(0.5 * 1.0 / 2.0009)


def test_a_withheld_production_is_nothing_to_the_peer_and_missing_to_us():
    held = tables([flow("USA", "JPN", 1.0)], {"JPN": np.nan, "USA": 3.0}, {"USA": 0.5})
    assert evaluate(held, PEER).score[0] == pytest.approx(0.5)
    assert evaluate(held, CORRECTED).status[0] != 0
