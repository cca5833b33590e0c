"""Numbers from textbooks and papers for the planner's public functions."""

import numpy as np
import pytest

from ytterby.planning.selection import choose_projects
from ytterby.planning.stockpiles import newsvendor


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
