"""Laws of the EU equations, of losses and of bounds (docs/method/indicators, sections 1, 4 and 5)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.indicators.concentration import effective_number, hhi, normalised_hhi, shannon, theil, top_share
from ytterby.indicators.criticality import (
    disruption,
    disruption_potential,
    eu_concentration,
    eu_critical,
    eu_economic_importance,
    eu_higher_stage,
    eu_import_reliance,
    eu_supply_risk,
    expected_loss,
    joint_loss_bounds,
    lost_surplus,
    nassar_supply_risk,
    single_point_of_failure,
)
from ytterby.indicators.estimates import Estimate, exactly
from ytterby.indicators.eu_bounds import concentration, supply_risk
from ytterby.indicators.stages import measure
from ytterby.indicators.supply import WorldProduction
from ytterby.indicators.supply_shares import Suppliers
from ytterby.indicators.values import rounding_room

lawful = settings(deadline=None, max_examples=60)
unit = st.floats(0.0, 1.0)
risk = st.floats(0.0, 10.0)
t = st.floats(0.8, 1.5)
elasticity = st.floats(0.05, 2.0)


@st.composite
def supplies(draw, least=1):
    """Shares that sum to at most 1, governance and t of the suppliers."""
    rows = draw(st.lists(st.tuples(st.floats(0.001, 1e3), risk, t), min_size=least, max_size=8))
    masses, risks, weights = (np.array(column) for column in zip(*rows, strict=True))
    return masses / masses.sum() * draw(st.floats(0.2, 1.0)), risks, weights


# --- EU ---------------------------------------------------------------------------------------------


@lawful
@given(supplies(), st.randoms(use_true_random=False))
def test_order_of_suppliers_changes_nothing(supply, random):
    shares, risks, weights = supply
    order = list(range(len(shares)))
    random.shuffle(order)
    assert eu_concentration(shares[order], risks[order], weights[order]) == pytest.approx(
        eu_concentration(*supply)
    )


@lawful
@given(supplies(), st.integers(0, 7), st.floats(1.0, 2.0))
def test_a_higher_t_or_worse_governance_never_lowers_the_concentration(supply, place, factor):
    shares, risks, weights = supply
    more = weights.copy()
    more[place % len(more)] *= factor
    assert eu_concentration(shares, risks, more) >= eu_concentration(shares, risks, weights) - 1e-12
    worse = np.minimum(risks * factor, 10.0)
    assert eu_concentration(shares, worse, weights) >= eu_concentration(shares, risks, weights) - 1e-12


@lawful
@given(supplies(least=2))
def test_merging_two_suppliers_of_equal_risk_never_lowers_the_concentration(supply):
    shares, _, _ = supply
    merged = np.array([shares[0] + shares[1], *shares[2:]])
    assert eu_concentration(merged, 5.0) >= eu_concentration(shares, 5.0) - 1e-12


@lawful
@given(risk, risk, unit, unit, unit, unit)
def test_supply_risk_falls_with_recycling_and_rises_with_each_side(world, union, reliance, eol, more, index):
    def of(**change):
        given = {"import_reliance": reliance, "eol_rir": eol, "substitution": index}
        return eu_supply_risk(world, union, **(given | change))

    low, high = sorted((eol, more))
    assert of(eol_rir=high) <= of(eol_rir=low) + 1e-12
    assert of() <= eu_supply_risk(world + 1, union + 1, import_reliance=reliance, eol_rir=eol) + 1e-12
    assert of(eol_rir=0.0, substitution=1.0) <= max(world, union) + 1e-9  # a mean of both, then reductions
    assert of(eol_rir=0.0, substitution=1.0) >= min(world, union) - 1e-9


@lawful
@given(st.lists(st.tuples(risk, risk, unit, unit, unit), min_size=1, max_size=9))
def test_many_materials_at_once_equal_one_by_one(rows):
    world, union, reliance, eol, index = (np.array(column) for column in zip(*rows, strict=True))
    together = eu_supply_risk(world, union, import_reliance=reliance, eol_rir=eol, substitution=index)
    alone = [eu_supply_risk(w, u, import_reliance=r, eol_rir=e, substitution=s) for w, u, r, e, s in rows]
    assert together == pytest.approx(np.array(alone))
    assert all(isinstance(one, float) for one in alone)


@lawful
@given(st.lists(supplies(), min_size=1, max_size=5))
def test_a_table_of_materials_equals_one_by_one(many):
    countries = max(len(shares) for shares, _, _ in many)
    table = np.full((3, len(many), countries), np.nan)  # empty cells: not named as suppliers
    for number, supply in enumerate(many):
        table[:, number, : len(supply[0])] = supply
    alone = [eu_concentration(*supply) for supply in many]
    assert eu_concentration(*table) == pytest.approx(np.array(alone))
    frames = [pd.DataFrame(part) for part in table]
    assert eu_concentration(*frames) == pytest.approx(np.array(alone))


@lawful
@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=30))
def test_rounded_shares_are_taken_and_percents_are_not(masses):
    shares = np.array(masses) / sum(masses)
    for digits in (2, 3, 4):
        printed = np.round(shares, digits)
        assert printed.sum() <= 1.0 + rounding_room(printed) + 1e-9
        assert eu_concentration(printed, 5.0) <= 5.0 * (1.0 + rounding_room(printed)) ** 2 + 1e-6
    assert rounding_room(shares) <= 0.005 * len(shares) + 1e-12


@lawful
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.001, 1e6))
def test_import_reliance_lies_within_0_and_1(imports, exports, production):
    value = eu_import_reliance(imports, exports, production)
    assert 0.0 <= value <= 1.0
    assert (value > 0) == (imports > exports)


@lawful
@given(st.lists(st.tuples(st.floats(0.001, 1.0), st.floats(0.0, 1e6)), min_size=1, max_size=8), unit)
def test_importance_knows_no_currency_and_lies_within_0_and_10(sectors, index):
    masses, added = (np.array(column) for column in zip(*sectors, strict=True))
    uses, largest = masses / masses.sum(), max(added.max(), 1.0)
    value = eu_economic_importance(uses, added, largest=largest, substitution=index)
    scaled = eu_economic_importance(uses, added * 1.1, largest=largest * 1.1, substitution=index)
    assert -1e-9 <= value <= 10.0 + 1e-6
    assert scaled == pytest.approx(value, rel=1e-9, abs=1e-12)


@lawful
@given(
    st.lists(risk | st.just(np.nan), min_size=2, max_size=2), st.sampled_from([2011, 2014, 2017, 2020, 2023])
)
def test_the_higher_stage_counts_and_a_missing_one_gives_way(risks, study):
    higher = eu_higher_stage(risks)
    known = [one for one in risks if not np.isnan(one)]
    assert np.isnan(higher) if not known else higher == max(known)
    verdicts = eu_critical(np.array(risks), np.full(2, 9.0), study=study)
    assert [v == 1.0 for v in verdicts] == [one >= 1.0 for one in risks]
    assert np.isnan(verdicts).tolist() == np.isnan(risks).tolist()


# --- bounds -----------------------------------------------------------------------------------------


@lawful
@given(supplies(), st.lists(st.tuples(st.booleans(), st.booleans(), risk, t), min_size=8, max_size=8))
def test_bounds_hold_whatever_is_missing(supply, truths):
    """Hide some governance and some t: any truth within the scales lies within the bounds."""
    shares, risks, weights = supply
    hidden = truths[: len(shares)]
    seen = [np.nan if row[0] else r for row, r in zip(hidden, risks, strict=True)]
    known = [np.nan if row[1] else w for row, w in zip(hidden, weights, strict=True)]
    truth = eu_concentration(
        shares,
        [row[2] if row[0] else r for row, r in zip(hidden, risks, strict=True)],
        [row[3] if row[1] else w for row, w in zip(hidden, weights, strict=True)],
    )
    names = dict(zip("ABCDEFGH", shares.tolist(), strict=False))
    found = concentration(Suppliers(names, 1.0 - shares.sum(), frozenset()), seen, known, Estimate())
    if np.isnan(seen).all():
        assert np.isnan(found.upper)
    else:
        assert found.lower - 1e-9 <= truth <= found.upper + 1e-9
        assert found.known == (not np.isnan(known).any() and shares[np.isnan(seen)].sum() <= 0.05)


@lawful
@given(supplies(), risk, t)
def test_bounds_hold_whoever_supplies_the_rest(supply, governance, measure_of_rest):
    """Many small suppliers give the value; one of the worst under the strictest measures the upper bound."""
    shares, risks, weights = supply
    rest = 1.0 - shares.sum()
    names = dict(zip("ABCDEFGH", shares.tolist(), strict=False))
    found = concentration(Suppliers(names, rest, frozenset()), risks, weights, Estimate())
    one = eu_concentration([*shares, rest], [*risks, governance], [*weights, measure_of_rest])
    worst = eu_concentration([*shares, rest], [*risks, 10.0], [*weights, 1.5])
    assert found.value == found.lower == pytest.approx(eu_concentration(*supply))
    assert found.value - 1e-9 <= one <= found.upper + 1e-9
    assert found.upper == pytest.approx(worst)


@lawful
@given(risk, risk, unit, unit, unit, st.lists(st.booleans(), min_size=3, max_size=3))
def test_bounds_of_supply_risk_hold_for_any_missing_input(world, union, reliance, eol, index, hide):
    truth = eu_supply_risk(world, union, import_reliance=reliance, eol_rir=eol, substitution=index)
    inputs = [
        Estimate(np.nan, 0.0, 1.0, "missing") if gone else exactly(one)
        for one, gone in zip((reliance, eol, index), hide, strict=True)
    ]
    found = supply_risk(exactly(world), exactly(union), *inputs, like=Estimate())
    assert found.lower - 1e-9 <= truth <= found.upper + 1e-9
    if not any(hide):
        assert found.value == pytest.approx(truth)


@lawful
@given(
    st.lists(st.floats(0.001, 1e6), min_size=1, max_size=12),
    st.floats(0.0, 1e6),
    st.lists(st.floats(0.001, 1.0), min_size=1, max_size=20),
)
def test_bounds_of_every_measure_hold_for_any_split_of_the_rest(named, rest, parts):
    """Whoever made the rest, one or twenty suppliers: every measure lies within its bounds."""
    table = WorldProduction(
        stage="mine", hhi=0.0, hhi_upper=0.0, by_country={str(n): m for n, m in enumerate(named)},
        rest_t=rest, basis="gross weight", source_id="s", edition="e", status="ok",
    )  # fmt: skip
    truth = np.append(named, np.array(parts) / sum(parts) * rest) if rest > 0 else np.array(named)
    formulas = {
        "hhi": hhi, "hhi_normalised": normalised_hhi, "effective_number": effective_number,
        "shannon": shannon, "theil": theil, "top_1_share": top_share,
        "top_3_share": lambda amounts: top_share(amounts, 3),
    }  # fmt: skip
    found = measure(table)
    for name, formula in formulas.items():
        low, high = found[name].lower, found[name].upper
        assert low - 1e-9 <= formula(truth) <= high + 1e-9, name
        assert low - 1e-9 <= found[name].value <= high + 1e-9, name
        if rest == 0:
            assert found[name].value == pytest.approx(formula(named), abs=1e-9), name


def test_the_least_normalised_hhi_and_theil_are_reached_by_an_equal_split():
    """60, 30 and a rest of 10 that nobody is named for, by trying every split into equal suppliers."""
    table = WorldProduction(
        stage="mine", hhi=0.0, hhi_upper=0.0, by_country={"A": 60.0, "B": 30.0}, rest_t=10.0,
        basis="gross weight", source_id="s", edition="e", status="ok",
    )  # fmt: skip
    splits = [np.append([60.0, 30.0], np.full(count, 10.0 / count)) for count in range(1, 200)]
    found = measure(table)
    assert found["hhi_normalised"].lower == pytest.approx(min(map(normalised_hhi, splits)))
    assert found["theil"].lower == pytest.approx(min(map(theil, splits)))
    assert found["shannon"].lower == pytest.approx(min(map(shannon, splits)))


# --- losses -----------------------------------------------------------------------------------------


@lawful
@given(st.floats(0, 0.9), st.floats(0, 0.05), elasticity, elasticity)
def test_price_rises_and_quantity_falls_with_the_loss(loss, more, demand, supply):
    price, quantity = disruption(loss, demand_elasticity=demand, supply_elasticity=supply)
    higher, less = disruption(loss + more, demand_elasticity=demand, supply_elasticity=supply)
    assert 1.0 <= price <= higher * (1 + 1e-12)
    assert 0.0 < less <= quantity * (1 + 1e-12) <= 1.0 + 1e-9
    # Both come from one demand curve: Q = P^-e.
    assert quantity == pytest.approx(price**-demand, rel=1e-9)


@lawful
@given(st.floats(0, 0.9), st.floats(0.1, 1.9))
def test_lost_surplus_is_the_area_left_of_the_demand_curve(loss, demand):
    price, _ = disruption(loss, demand_elasticity=demand, supply_elasticity=1.0)
    steps = np.linspace(1.0, price, 20_001)
    curve = steps**-demand
    area = float(((curve[1:] + curve[:-1]) / 2 * np.diff(steps)).sum())
    assert lost_surplus(price, demand) == pytest.approx(area, rel=1e-4, abs=1e-9)


@lawful
@given(st.lists(st.tuples(st.floats(0, 0.1), unit), min_size=1, max_size=9), unit, unit)
def test_expected_loss_lies_within_the_losses(scenarios, first, second):
    odds, losses = (np.array(column) for column in zip(*scenarios, strict=True))
    assert 0.0 <= expected_loss(odds, losses) <= odds.sum() * losses.max() + 1e-12
    low, high = joint_loss_bounds(first, second)
    assert max(first, second) == low <= high == first + second


@lawful
@given(st.lists(st.tuples(st.floats(0.001, 1.0), unit, unit), min_size=1, max_size=8), unit, unit)
def test_nassar_lies_between_its_least_and_largest_factor(suppliers, exposure, vulnerability):
    masses, able, willing = (np.array(column) for column in zip(*suppliers, strict=True))
    shares = masses / masses.sum()
    potential = disruption_potential(shares, able, willing)
    assert 0.0 <= potential <= hhi(shares) + 1e-12
    value = nassar_supply_risk(potential, exposure, vulnerability)
    factors = (potential, exposure, vulnerability)
    assert min(factors) - 1e-9 <= value <= max(factors) + 1e-9


@lawful
@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=9), st.floats(0.3, 0.9))
def test_a_single_point_of_failure_is_a_largest_supplier_above_the_limit(masses, limit):
    shares = np.array(masses) / sum(masses)
    assert single_point_of_failure(shares, limit) == (top_share(shares) > limit)
    assert single_point_of_failure(np.append(shares * 0.99, np.nan), 0.65) == (shares.max() * 0.99 > 0.65)
