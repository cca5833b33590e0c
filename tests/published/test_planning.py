"""Numbers from textbooks and papers for the planner's public functions."""

import numpy as np
import pytest

from ytterby.planning.recourse import choose_projects, solve_two_stage
from ytterby.planning.stockpiles import newsvendor


@pytest.fixture
def farmer() -> dict[str, object]:
    """Birge and Louveaux, Introduction to Stochastic Programming, section 1.1, tables 1 to 5.

    x: acres of wheat, corn, beets (500 in all; 150, 230, 260 USD an acre). y: wheat bought (238 USD/t)
    and sold (170), corn bought (210) and sold (150), beets sold up to 6000 t (36) and above (10).
    200 t of wheat and 240 t of corn feed the cattle. Yields 2.5, 3, 20 t an acre, a fifth up or down.
    """
    technology = [
        -np.array([[2.5 * k, 0, 0], [0, 3 * k, 0], [0, 0, 20 * k], [0, 0, 0]]) for k in (1.2, 1, 0.8)
    ]
    recourse = [
        [-1, 1, 0, 0, 0, 0],
        [0, 0, -1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 0, 1, 0],
    ]
    return {
        "cost": [150, 230, 260],
        "rows": [[1, 1, 1]],
        "limits": [500],
        "recourse_cost": [238, -170, 210, -150, -36, -10],
        "technology": technology,
        "recourse": recourse,
        "requirements": [-200, -240, 0, 6000],
        "probabilities": [1 / 3, 1 / 3, 1 / 3],
    }


def test_the_farmer(farmer):
    """Ibid.: RP -108,390 with 170, 80, 250 acres; WS -115,405.56; EVPI 7,015.56; VSS 1,150."""
    found = solve_two_stage(**farmer)
    assert found.objective == pytest.approx(-108_390, abs=0.01)
    np.testing.assert_allclose(found.first, [170, 80, 250], atol=1e-6)
    assert found.wait_and_see == pytest.approx(-115_405.56, abs=0.01)
    assert found.evpi == pytest.approx(7_015.56, abs=0.01)
    assert found.vss == pytest.approx(1_150, abs=0.01)


def test_stock_for_one_need():
    """method.md section 8: cost 1, value 4, need 100 with probability .3."""
    assert newsvendor(1, 4, [100, 0], [0.3, 0.7]) == 100


def test_pooling_two_needs():
    """method.md section 8: independent needs 100 and 60 pooled cost 121.6 instead of 160."""
    needs, chances = np.array([0, 60, 100, 160.0]), np.array([0.49, 0.21, 0.21, 0.09])
    stock = newsvendor(1, 4, needs, chances)
    assert stock == 100
    assert stock + 4 * chances @ np.maximum(0, needs - stock) == pytest.approx(121.6)
    alone = newsvendor(1, 4, [100, 0], [0.3, 0.7]) + newsvendor(1, 4, [60, 0], [0.3, 0.7])
    assert alone == 160


def test_the_capital_budget():
    """Four projects and one budget: 16, 22, 12, 8 for 5, 7, 4, 3 of 14 gives 42 (2, 3 and 4)."""
    found = choose_projects([16, 22, 12, 8], [5, 7, 4, 3], 14)
    assert found.value == 42
    assert found.chosen.tolist() == [False, True, True, True]
    assert found.gap == 0


def test_two_budget_rows():
    """By hand: the first budget alone would allow all three, the second only one of the first two."""
    found = choose_projects([3, 2, 1], [[1, 1, 1], [2, 2, 0]], [3, 2])
    assert found.chosen.tolist() == [True, False, True]
