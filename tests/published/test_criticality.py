"""Worked numbers of docs/method/indicators, sections 4 and 5."""

import numpy as np
import pytest

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
    joint_loss_bounds,
    nassar_supply_risk,
)


def test_eu_concentration_of_section_4():
    """Section 4: S .7/.2/.1, WGI 5.7/2.0/6.0, t 1.1/1.0/0.8 gives 3.2003."""
    assert eu_concentration([0.7, 0.2, 0.1], [5.7, 2.0, 6.0], [1.1, 1.0, 0.8]) == pytest.approx(
        3.2003, abs=5e-5
    )


def test_eu_supply_risk_of_section_4():
    """Section 4: with HHI_EU 1.2, IR .8, EoL .10 and SI .95 the supply risk is 1.7101."""
    world = eu_concentration([0.7, 0.2, 0.1], [5.7, 2.0, 6.0], [1.1, 1.0, 0.8])
    risk = eu_supply_risk(world, 1.2, import_reliance=0.8, eol_rir=0.10, substitution=0.95)
    assert risk == pytest.approx(1.7101, abs=5e-5)


def test_one_missing_side_stands_alone():
    """Section 4: where GS or EU is missing the other is taken whole, whatever the reliance."""
    alone = eu_supply_risk(2.0, np.nan, import_reliance=0.3, eol_rir=0.5)
    assert alone == pytest.approx(1.0)
    assert eu_supply_risk(np.nan, 2.0, import_reliance=0.9, eol_rir=0.5) == pytest.approx(1.0)
    assert np.isnan(eu_supply_risk(np.nan, np.nan, import_reliance=0.9, eol_rir=0.5))


def test_economic_importance_of_section_4():
    """Section 4: 60 % in Q 194,448 and 40 % in 77,000, max Q 204,200, SI .93 gives 6.716."""
    value = eu_economic_importance([0.6, 0.4], [194_448, 77_000], largest=204_200, substitution=0.93)
    assert value == pytest.approx(6.716, abs=5e-4)


def test_tantalum_2017_is_printed_as_4_6():
    """Section 4: Nigeria .81 (WGI 6.92), Rwanda .14, China .05 print as 4.6.

    The governance of Rwanda and China is not printed; 5.0 and 5.9 are assumed here and move the sum by
    0.11 together, so the test holds the square and the largest term rather than the last digit.
    """
    value = eu_concentration([0.81, 0.14, 0.05], [6.92, 5.0, 5.9])
    assert value == pytest.approx(4.6, abs=0.06)
    assert 0.81**2 * 6.92 < value < 0.81**2 * 6.92 + (0.14**2 + 0.05**2) * 10


def test_eu_scales_and_thresholds():
    """Section 4: governance (2.5 - mean) * 2; critical from SR 1.0 and EI 2.8 (2017 to 2023), EI 5 before."""
    assert eu_governance([2.5, 0.0, -2.5]).tolist() == [0.0, 5.0, 10.0]
    assert eu_critical(1.0, 2.8)
    assert not eu_critical(1.0, 2.8, study=2014)
    assert not eu_critical(0.99, 9.0)
    assert eu_import_reliance(10, 30, 5) == 0.0
    assert eu_import_reliance(80, 0, 20) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("loss", "demand", "supply", "price", "quantity"),
    [(0.3, 0.2, 0.1, 3.284, 0.788), (0.6, 0.2, 0.3, 6.25, 0.693)],
)
def test_disruption_of_section_5(loss, demand, supply, price, quantity):
    """Section 5: L .3, e .2, h .1 gives 3.284 and 0.788; L .6, e .2, h .3 gives 6.25 and 0.693."""
    found = disruption(loss, demand_elasticity=demand, supply_elasticity=supply)
    assert found == pytest.approx((price, quantity), abs=5e-4)


def test_nassar_of_section_5():
    """Section 5: PS .7/.2/.1, ASI .6/.3/.5, WSI .9/.2/.5 gives DP .2695; TE .75, EV .012 gives .1344."""
    potential = disruption_potential([0.7, 0.2, 0.1], [0.6, 0.3, 0.5], [0.9, 0.2, 0.5])
    assert potential == pytest.approx(0.2695, abs=5e-5)
    assert nassar_supply_risk(potential, 0.75, 0.012) == pytest.approx(0.1344, abs=5e-5)
    assert nassar_supply_risk(potential, -0.4, 0.012) == 0.0


def test_losses_over_scenarios():
    """Section 5: the expected loss is sum p L; two bans together lie between the larger and the sum."""
    assert expected_loss([0.1, 0.05], [100.0, 400.0]) == pytest.approx(30.0)
    assert joint_loss_bounds(3.0, 5.0) == (5.0, 8.0)
