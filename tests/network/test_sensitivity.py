"""Sobol estimators against closed forms; section 11 of docs/method/simulation.md."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from ytterby.asking import explain_drivers
from ytterby.errors import UnknownName, YtterbyError
from ytterby.network.assumptions import load_assumptions
from ytterby.network.behaviour import Behaviour
from ytterby.network.sensitivity import Indices, sobol_indices
from ytterby.study import load_study

STUDY = Path(str(files("ytterby") / "studies" / "three-countries"))


def indices(model, columns: int, points: int, seed: int = 1) -> Indices:
    return sobol_indices(model, columns, points=points, rng=np.random.default_rng(seed))


def ishigami(shares: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * shares - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def closed_form() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices of the Ishigami function with a = 7, b = 0.1."""
    a, b, pi = 7.0, 0.1, np.pi
    one, two = 0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8
    cross = b**2 * pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + cross
    return np.array([one, two, 0.0]) / whole, np.array([one + cross, two, cross]) / whole


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ishigami(seed: int) -> None:
    """First .3139, .4424, 0 and total .5576, .4424, .2437; intervals thrice as wide hold them."""
    first, total = closed_form()
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=5e-5)
    np.testing.assert_allclose(total, [0.5576, 0.4424, 0.2437], atol=5e-5)
    found = indices(ishigami, 3, 2**14, seed)
    np.testing.assert_allclose(found.first, first, atol=0.03)
    np.testing.assert_allclose(found.total, total, atol=0.03)
    for known, low, high in (
        (first, found.first_low, found.first_high), (total, found.total_low, found.total_high),
    ):  # fmt: skip
        width = high - low
        assert (low - width <= known).all()
        assert (known <= high + width).all()
        assert (width < 0.1).all()


def test_of_a_sum_the_shares_of_the_variance_come_out() -> None:
    """x + 2y + 0z with uniform numbers: variances 1, 4 and 0 twelfths; alone and with others are the same."""
    found = indices(lambda u: u @ np.array([1.0, 2.0, 0.0]), 3, 2**14)
    np.testing.assert_allclose(found.first, [0.2, 0.8, 0.0], atol=0.02)
    np.testing.assert_allclose(found.total, [0.2, 0.8, 0.0], atol=0.02)
    assert found.total[2] == 0.0


def test_the_95_percent_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two parameters of a product; 60 designs; at least 85 % of 120 intervals hold the total index."""
    truth = (7 / 144 - 1 / 12 * 1 / 4) / (7 / 144)  # of xy: V = 7/144, the variance by one alone is 1/48
    hits = 0
    for seed in range(60):
        found = indices(lambda u: u[:, 0] * u[:, 1], 2, 128, seed)
        hits += int(((found.total_low <= truth) & (truth <= found.total_high)).sum())
    assert hits >= 0.85 * 120


def test_a_loss_that_never_changes_is_refused() -> None:
    with pytest.raises(YtterbyError, match="the same whatever"):
        indices(lambda u: np.ones(len(u)), 2, 16)


def test_in_three_countries_the_users_stock_decides() -> None:
    """Only stock and the time to see that a way fails matter to a ban of known length."""
    table = explain_drivers(load_study(STUDY), scenario="ban", points=32, seed=1)
    assert table["parameter"].iloc[0] == "cover_user"
    assert table["total"].iloc[0] > 0.9
    again = explain_drivers(load_study(STUDY), scenario="ban", points=32, seed=1)
    assert table.equals(again)
    tonnes = explain_drivers(load_study(STUDY), scenario="ban", points=32, seed=1, measure="tonnes")
    np.testing.assert_allclose(tonnes["total"], table["total"])  # one use, one value a tonne


def test_what_cannot_be_asked_is_refused() -> None:
    study = load_study(STUDY)
    with pytest.raises(UnknownName, match="scenario"):
        explain_drivers(study, scenario="bann")
    with pytest.raises(UnknownName, match="measure"):
        explain_drivers(study, scenario="ban", measure="EUR")
    with pytest.raises(YtterbyError, match="neither or both"):
        explain_drivers(study)
    with pytest.raises(YtterbyError, match="the same whatever"):
        explain_drivers(study, scenario="calm", points=8)


def test_the_assumptions_lie_around_the_defaults() -> None:
    default = Behaviour()
    for each in load_assumptions():
        assert each.spread.low < each.spread.mode < each.spread.high
        assert each.spread.mode == (1.0 if each.kind == "cover" else getattr(default, each.name))
        if each.kind == "behaviour":
            Behaviour(**{each.name: each.spread.low})
            Behaviour(**{each.name: each.spread.high})
