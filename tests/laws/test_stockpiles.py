"""Laws of stockpiles on plain arrays; numbers are sections of docs/method/planning.md."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import BadNumbers, SolverFailure
from ytterby.planning.stockpile_policy import DemandCurve, markov_stockpile
from ytterby.planning.stockpiles import (
    newsvendor,
    newsvendor_cost,
    newsvendor_normal,
    pooling_gain,
    sum_of_needs,
)  # fmt: skip

some = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def needs_of(seed: int, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.sort(rng.integers(0, 100, count)).astype(float), rng.dirichlet(np.ones(count))


# one period ---------------------------------------------------------------------------------------


@some
@given(seeds, st.floats(0.1, 10), st.floats(0.1, 20), st.floats(0, 0.9))
def test_no_other_stock_costs_less(seed, cost, value, part):
    """Section 9: against every outcome and zero, where the piecewise linear cost has its corners."""
    need, chance = needs_of(seed)
    salvage = part * min(cost, value)
    best = newsvendor(cost, value, need, chance, salvage=salvage)
    costs = [newsvendor_cost(q, cost, value, need, chance, salvage=salvage) for q in [0.0, *need]]
    assert newsvendor_cost(best, cost, value, need, chance, salvage=salvage) == pytest.approx(min(costs))


def test_the_normal_rule_by_hand_and_by_outcomes():
    """Buy at 6, sell at 10, take back at 2: ratio 1/2, so the mean; cost 6 x 100 + 8 x 10 x 0.39894."""
    found = newsvendor_normal(6, 10, 100, 10, salvage=2)
    assert found.stock == pytest.approx(100)
    assert found.shortage == pytest.approx(3.9894, abs=1e-4)
    assert found.cost == pytest.approx(600 + 8 * 3.9894, abs=1e-3)
    grid = np.linspace(50, 150, 20_001)
    odds = np.exp(-(((grid - 100) / 10) ** 2) / 2)
    tight = newsvendor_normal(1, 4, 100, 10)
    assert newsvendor(1, 4, grid, odds / odds.sum()) == pytest.approx(tight.stock, abs=0.01)
    assert tight.stock == pytest.approx(106.745, abs=1e-3)
    assert newsvendor_cost(tight.stock, 1, 4, grid, odds / odds.sum()) == pytest.approx(tight.cost, rel=1e-4)


def test_pooling_two_needs():
    """method.md section 8: 100 and 60, each with .3; 160 alone, 121.6 together."""
    found = pooling_gain(1, 4, [([100, 0], [0.3, 0.7]), ([60, 0], [0.3, 0.7])])
    assert found.alone.tolist() == [100, 60]
    assert found.alone_cost.sum() == pytest.approx(160)
    assert found.pooled == 100
    assert found.pooled_cost == pytest.approx(121.6)
    assert found.gain == pytest.approx(38.4)


@some
@given(seeds, st.integers(1, 4), st.floats(0.1, 3), st.floats(1, 20))
def test_pooling_never_hurts(seed, count, cost, value):
    """Section 9 (Eppen 1979)."""
    found = pooling_gain(cost, value, [needs_of(seed + i, 3) for i in range(count)])
    assert found.gain >= -1e-7 * found.alone_cost.sum()


def test_the_sum_of_needs_by_hand():
    total, chance = sum_of_needs([([0, 1], [0.5, 0.5]), ([0, 1], [0.5, 0.5]), ([2], [1])])
    np.testing.assert_array_equal(total, [2, 3, 4])
    np.testing.assert_allclose(chance, [0.25, 0.5, 0.25])


@pytest.mark.parametrize(
    "call",
    [
        lambda: newsvendor(-1, 4, [1], [1]),
        lambda: newsvendor(1, 0, [1], [1]),
        lambda: newsvendor(1, 4, [1, 2], [1]),
        lambda: newsvendor(1, 4, [-1], [1]),
        lambda: newsvendor(1, 4, [1], [0.9]),
        lambda: newsvendor(1, 4, [1], [1], salvage=1),
        lambda: newsvendor(1, 4, [np.nan], [1]),
        lambda: newsvendor_cost(-1, 1, 4, [1], [1]),
        lambda: newsvendor_normal(5, 4, 10, 1),
        lambda: newsvendor_normal(1, 4, 10, 0),
        lambda: pooling_gain(1, 4, []),
        lambda: sum_of_needs([(np.arange(2000), np.full(2000, 1 / 2000))] * 2),
    ],
)
def test_what_no_stock_follows_from_is_refused(call):
    with pytest.raises(BadNumbers):
        call()


# many periods -------------------------------------------------------------------------------------

LINEAR = DemandCurve(price=1, quantity=10, elasticity=0.5, kind="linear")


def test_one_tonne_by_hand():
    """Supply 10, with .2 then 5 for one period; losses 1.1 to fill, 7.5 disrupted, 5.6 with a tonne drawn.

    b = V(1, calm) = .9 (.8 b + .2 (5.6 + .9 (1.1 + b))), so b = 1.1862 / .118; filling costs 1.1 before it.
    """
    found = markov_stockpile([10, 5], [[0.8, 0.2], [1, 0]], demand=LINEAR, capacity=1, step=1, discount=0.9)
    full = 1.1862 / 0.118
    np.testing.assert_allclose(found.value[:, 0], [full + 1.1, full])
    np.testing.assert_allclose(found.value[:, 1], [7.5 + 0.9 * (full + 1.1), 5.6 + 0.9 * (full + 1.1)])
    np.testing.assert_array_equal(found.target, [[1, 0], [1, 0]])
    np.testing.assert_allclose(found.long_run, [[1 / 6, 0], [2 / 3, 1 / 6]], atol=1e-12)
    np.testing.assert_allclose(found.price, [[1.2, 2.0], [1.0, 1.8]])
    assert found.table().shape == (4, 7)


def test_a_dear_stockpile_stays_empty():
    """By hand: at .3 a tonne held the gain of .288 at the start is gone."""
    terms = {"demand": LINEAR, "capacity": 1, "step": 1, "discount": 0.9}
    found = markov_stockpile([10, 5], [[0.8, 0.2], [1, 0]], storage_cost=0.3, **terms)
    np.testing.assert_array_equal(found.target[0], [0, 0])
    np.testing.assert_allclose(found.value[0, 0], 1.35 / 0.118)


def market(seed: int) -> dict[str, object]:
    """Random markets, demand and stockpile."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 4))
    offer = np.concatenate([[10.0], np.sort(rng.uniform(4, 9, count - 1))[::-1]])
    kind = ("constant", "linear")[int(rng.integers(2))]
    return {
        "supply": offer,
        "transition": rng.dirichlet(np.ones(count) * 2, count),
        "demand": DemandCurve(float(rng.uniform(1, 50)), 10.0, float(rng.choice([0.2, 0.5, 1.0, 1.7])), kind),
        "capacity": 8.0,
        "step": 0.5,
        "max_fill": float(rng.choice([0.5, 1.0, 2.0])),
        "max_draw": float(rng.choice([1.0, 3.0, 8.0])),
        "storage_cost": float(rng.choice([0.0, 0.2])),
        "discount": float(rng.uniform(0.7, 0.97)),
    }


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_two_methods_find_one_value(seed):
    """Section 9: value iteration equals the linear programme."""
    terms = market(seed)
    one, two = (markov_stockpile(**terms, method=m) for m in ("value iteration", "linear programme"))
    size = abs(one.value).max()
    np.testing.assert_allclose(one.value, two.value, atol=1e-6 * size)


@some
@given(seeds)
def test_a_fuller_stockpile_is_worth_more_and_stays_fuller(seed):
    """Section 9: with free storage the loss falls with the stock; more before is no less after."""
    terms = market(seed)
    free = markov_stockpile(**{**terms, "storage_cost": 0.0})
    size = abs(free.value).max()
    assert (np.diff(free.value, axis=0) <= 1e-8 * size).all()
    assert (np.diff(markov_stockpile(**terms).target, axis=0) >= -1e-9).all()


@some
@given(seeds)
def test_what_helps_never_hurts(seed):
    """Section 9: dearer storage, slower filling, less room never lower the loss; no stockpile bounds it."""
    terms = market(seed)
    base = markov_stockpile(**terms).value
    size = abs(base).max()
    dearer = markov_stockpile(**{**terms, "storage_cost": terms["storage_cost"] + 0.1}).value
    slower = markov_stockpile(**{**terms, "max_fill": 0.5}).value
    smaller = markov_stockpile(**{**terms, "capacity": 4.0}).value
    none = np.linalg.solve(
        np.eye(len(terms["supply"])) - terms["discount"] * terms["transition"],
        terms["demand"].loss(terms["supply"]),
    )
    for worse in (dearer, slower):
        assert (worse >= base - 1e-8 * size).all()
    assert (smaller >= base[: len(smaller)] - 1e-8 * size).all()
    assert (base[0] <= none + 1e-8 * size).all()


@some
@given(seeds)
def test_shares_of_the_long_run_repeat_themselves(seed):
    """Section 9: they sum to 1, their markets are those of the chain, one period on they are the same."""
    terms = market(seed)
    found = markov_stockpile(**terms)
    share, chance = found.long_run, terms["transition"]
    assert share.sum() == pytest.approx(1)
    np.testing.assert_allclose(share.sum(axis=0) @ chance, share.sum(axis=0), atol=1e-9)
    after = np.zeros_like(share)
    place = np.searchsorted(found.stock, found.target - 1e-9)
    for level, now in np.ndindex(share.shape):
        after[place[level, now]] += share[level, now] * chance[now]
    np.testing.assert_allclose(after, share, atol=1e-9)


@some
@given(seeds)
def test_limits_are_kept(seed):
    """Section 9: no filling while disrupted, no more than may be filled or drawn."""
    terms = market(seed)
    found = markov_stockpile(**terms)
    change = found.target - found.stock[:, None]
    assert (change[:, 1:] <= 1e-9).all()
    assert change.max() <= terms["max_fill"] + 1e-9
    assert -change.min() <= terms["max_draw"] + 1e-9


def test_the_loss_is_the_area_under_the_curve():
    """Section 9: against the trapezoid rule, for each kind of demand."""
    for kind, e in (("constant", 0.3), ("constant", 1.0), ("constant", 2.0), ("linear", 0.4)):
        demand = DemandCurve(20, 10, e, kind)
        grid = np.linspace(6, 10, 200_001)
        area = np.trapezoid(demand.marginal(grid), grid)
        assert demand.loss(np.array(6.0)) == pytest.approx(area, rel=1e-6)
        assert demand.loss(np.array(10.0)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"supply": [10]}, "1 markets"),
        ({"transition": [[0.5, 0.4], [0, 1]]}, "sum to 1"),
        ({"capacity": 1.5}, "no multiple"),
        ({"step": 0.0001}, "too many"),
        ({"discount": 1.0}, "discount"),
        ({"demand": DemandCurve(0, 10, 0.5)}, "demand curve"),
        ({"supply": [10, np.nan]}, "supply"),
    ],
)
def test_no_market_is_refused(change, told):
    terms = {"supply": [10, 5], "transition": np.eye(2), "demand": LINEAR, "capacity": 1, "step": 1}
    with pytest.raises(BadNumbers, match=told):
        markov_stockpile(**{**terms, **change})


def test_nothing_to_eat_is_a_failure():
    demand = DemandCurve(1, 10, 0.5)
    with pytest.raises(SolverFailure, match="no consumption"):
        markov_stockpile([10, 0], np.eye(2), demand=demand, capacity=1, step=1)
