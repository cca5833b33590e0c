"""Worked numbers of docs/method/indicators, section 1."""

import numpy as np
import pytest

from ytterby.indicators.concentration import (
    effective_number,
    hhi,
    hhi_band,
    normalised_hhi,
    risk_band,
    shannon,
    theil,
    top_share,
    weighted_country_risk,
)

SHARES = [0.7, 0.2, 0.1]


def test_worked_shares_of_section_1():
    """Section 1: s = .7/.2/.1 gives HHI .54, effective number 1.852, Shannon .8018, Theil .2968."""
    assert hhi(SHARES) == pytest.approx(0.54, abs=1e-12)
    assert effective_number(SHARES) == pytest.approx(1.852, abs=5e-4)
    assert shannon(SHARES) == pytest.approx(0.8018, abs=5e-5)
    assert theil(SHARES) == pytest.approx(0.2968, abs=5e-5)


def test_normalised_hhi_by_hand():
    """Section 1: (.54 - 1/3)/(1 - 1/3) = .31."""
    assert normalised_hhi(SHARES) == pytest.approx(0.31, abs=1e-12)


def test_iron_ore_2018_is_moderate():
    """Section 1: iron ore mine production 2018, HHI 2,030, falls between 1,500 and 2,500."""
    assert hhi_band(0.2030) == "moderate"
    assert [hhi_band(v) for v in (0.1499, 0.15, 0.25, 0.2501)] == ["low", "moderate", "moderate", "high"]


def test_weighted_country_risk_by_hand():
    """Section 1: .7 * -0.5 + .2 * 1 + .1 * 0 = -0.15."""
    assert weighted_country_risk([70, 20, 10], [-0.5, 1.0, 0.0]) == pytest.approx(-0.15)
    assert [risk_band(v) for v in (0.51, 0.5, -0.5, -0.51)] == ["low", "moderate", "moderate", "high"]


def test_top_three_share():
    assert top_share([40, 20, 10, 15, 15], 3) == pytest.approx(0.75)
    assert top_share(np.array([5.0, 5.0]), 9) == pytest.approx(1.0)
