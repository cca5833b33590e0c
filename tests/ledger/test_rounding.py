"""Near enough: docs/method/ledger.md, section 2.2."""

import math

import pytest

from ytterby.ledger.rounding import claimed_mass, claimed_percent, claimed_ratio


@pytest.mark.parametrize(
    ("percent", "qualifier", "low", "high"),
    [
        (60, "exact", 0.55, 0.65), (65, "exact", 0.625, 0.675), (63, "exact", 0.62, 0.64),
        (60, "approx", 0.525, 0.675), (60, "at_least", 0.55, 1.0), (60, "at_most", 0.0, 0.65),
        (100, "exact", 0.95, 1.0), (0, "exact", 0.0, 0.05), (58.5, "exact", 0.575, 0.595),
    ],
)  # fmt: skip
def test_the_last_place_written_decides(percent, qualifier, low, high):
    found = claimed_percent(percent, qualifier)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_ends_of_the_band_belong_to_it():
    claimed = claimed_percent(60)
    assert claimed.holds(0.55)
    assert claimed.holds(0.65)
    assert not claimed.holds(0.6501)
    assert not claimed.holds(math.nan)


def test_words_for_factors_and_round_masses():
    halved, tonnes = claimed_ratio(0.5), claimed_mass(50_000)
    assert (halved.low, halved.high) == pytest.approx((0.45, 0.55))
    assert (tonnes.low, tonnes.high) == pytest.approx((45_000, 55_000))
    exact = claimed_mass(18_835)
    assert (exact.low, exact.high) == pytest.approx((17_893.25, 19_776.75))


def test_nothing_is_far_on_the_open_side():
    claimed = claimed_percent(60, "at_least")
    assert claimed.distance(0.99) == 0.0
    assert claimed.distance(0.50) == pytest.approx(2.0)
    assert claimed_percent(60, "less_than").distance(0.1) == 0.0
