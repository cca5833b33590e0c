"""Laws of planning for draws, and of few scenarios for many (docs/method/planning.md, section 5)."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.errors import YtterbyError
from ytterby.network.random_study import Size
from ytterby.network.shocks import Triangular
from ytterby.planning import scenes
from ytterby.planning.export import deterministic_equivalent
from ytterby.planning.futures import Drawing, Futures, drawn_futures, likely_futures
from ytterby.planning.periods import even
from ytterby.planning.programme import PLAN_GAP, Programme
from ytterby.planning.random_study import random_planning_study
from ytterby.planning.reduction import reduce_scenarios
from ytterby.planning.solve import solve
from ytterby.planning.task import build_task

few = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)
SIZE = Size(
    regions=2, stages=2, spare=1.5, longest_lag=1, most_cover=3.0, ramp_share=0.3, elasticity=0.0,
    stock_weeks=2.0,
)  # fmt: skip
BAD = st.sampled_from([("licence", "capacity_loss"), ("licence",), ("quota", "licence"), ("ban",)])
HORIZON = even(8, 8, discount_rate=0.04)


def told(seed, kinds, spread):
    """A random study whose bad scenario has numbers with this spread on both sides."""
    study, chain, scenarios = random_planning_study(seed, SIZE, kinds)

    def wide(number, low, high):
        if number is None:
            return None
        return Triangular(
            max(low, number.mode * (1 - spread)), number.mode, min(high, number.mode * (1 + spread))
        )

    shocks = tuple(
        replace(
            s, level=wide(s.level, 0.0, 1.0 if s.kind != "demand_surge" else 9.0),
            delay_weeks=wide(s.delay_weeks, 0.0, 60.0), approval=wide(s.approval, 0.0, 1.0),
        )
        for s in scenarios[1].shocks
    )  # fmt: skip
    return study, chain, (scenarios[0], replace(scenarios[1], shocks=shocks))


def task_of(study, chain, scenarios, drawing=None):
    return build_task(study, chain, scenarios, horizon=HORIZON, drawing=drawing)


def whole(task):
    """Least cost of all partners by the one large programme, thousands of USD."""
    return solve(deterministic_equivalent(task, task.players, 0.0), mip_gap=0.0).objective


# draws --------------------------------------------------------------------------------------------


@few
@given(seeds, BAD, st.integers(2, 9))
def test_draws_without_spread_are_the_most_likely_numbers(seed, kinds, count):
    study, chain, scenarios = told(seed, kinds, 0.0)
    likely = task_of(study, chain, scenarios)
    drawn = task_of(study, chain, scenarios, Drawing(count, seed))
    assert whole(drawn) == pytest.approx(whole(likely), rel=1e-9)


@few
@given(seeds, BAD, st.integers(2, 5))
def test_more_of_the_same_future_changes_nothing(seed, kinds, times):
    task = task_of(*told(seed, kinds, 0.0))
    one = task.futures
    many = replace(
        task,
        futures=Futures(one.conditions * times, np.tile(one.of, times), np.tile(one.share / times, times)),
    )
    assert whole(many) == pytest.approx(whole(task), rel=1e-9)
    asked = np.zeros(len(Programme(task, task.players, 0.0).most))
    costs = [
        float(p.weight @ p.ask(asked).cost) for p in (Programme(t, t.players, 0.0) for t in (task, many))
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-7)


@few
@given(seeds, BAD)
def test_benders_on_draws_equals_the_one_large_programme(seed, kinds):
    task = task_of(*told(seed, kinds, 0.4), Drawing(12, seed))
    programme = Programme(task, task.players, 0.0)
    choice = programme.choose()
    found = (choice.total_usd + programme.baseline_usd()) / 1e3
    best = whole(task)
    assert best - 1e-6 * abs(best) <= found <= best + 1.5 * PLAN_GAP * abs(best) + 1e-3


@few
@given(seeds, BAD, st.integers(1, 4))
def test_sharing_solvers_changes_no_answer(seed, kinds, models):
    """Futures that take turns in one solver answer as with one each."""
    task = task_of(*told(seed, kinds, 0.4), Drawing(9, seed))
    apart = scenes.Scenes(task, task.players, task.holding(task.players))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scenes, "MOST_MODELS", models)
        shared = scenes.Scenes(task, task.players, task.holding(task.players))
    assert len(shared.lanes) < len(apart.lanes) or len(apart.lanes) <= models
    rng = np.random.default_rng(seed)
    size = len(Programme(task, task.players, 0.0).most)
    for _ in range(3):  # forth and back
        asked = np.where(np.arange(size) < size - 2, rng.random(size) < 0.5, 5.0 * rng.random(size))
        one, other = apart.ask(asked), shared.ask(asked)
        # rows are met to 1e-7 t, and a tonne that is missing costs 50 (thousand USD)
        np.testing.assert_allclose(other.cost, one.cost, rtol=0, atol=1e-4)
        np.testing.assert_allclose(other.loss_usd.sum(axis=1), one.loss_usd.sum(axis=1), rtol=1e-3, atol=1.0)


@few
@given(seeds, BAD)
def test_the_slope_of_the_answer_is_a_cut(seed, kinds):
    """Costs of other decisions lie above the line, and the slope lies between finite differences."""
    task = task_of(*told(seed, kinds, 0.4), Drawing(4, seed))
    programme = Programme(task, task.players, 0.0)
    rng = np.random.default_rng(seed)
    size, flags = len(programme.most), len(programme.first.chosen)
    at = np.where(np.arange(size) < flags, 0.0, 0.3 * programme.most)
    answer = programme.ask(at)
    for _ in range(3):
        other = np.where(np.arange(size) < flags, rng.random(size) < 0.5, programme.most * rng.random(size))
        line = answer.cost + answer.slope @ (other - at)
        assert (programme.ask(other).cost >= line - 1e-5 * (1 + abs(answer.cost))).all()
    step = 1e-2
    for place in range(flags, size):
        near = [programme.ask(at + sign * step * (np.arange(size) == place)).cost for sign in (1, -1)]
        up, down = (near[0] - answer.cost) / step, (answer.cost - near[1]) / step
        assert (down - 1e-3 <= answer.slope[:, place]).all()
        assert (answer.slope[:, place] <= up + 1e-3).all()


@few
@given(seeds, BAD, st.integers(2, 6))
def test_the_drawn_futures_keep_each_scenarios_probability(seed, kinds, planned):
    study, chain, scenarios = told(seed, kinds, 0.4)
    found = drawn_futures(scenarios, chain, HORIZON, Drawing(planned, seed, 40))
    for place in range(len(scenarios)):
        assert found.share[found.of == place].sum() == pytest.approx(1.0)
    task = replace(task_of(study, chain, scenarios), futures=found)
    assert task.chance.sum() == pytest.approx(1.0)
    values = np.arange(len(found.of), dtype=float)
    assert task.chance @ values == pytest.approx(
        np.array([s.probability for s in scenarios]) @ task.by_scenario(values)
    )


def test_the_likely_futures_are_one_a_scenario():
    _, chain, scenarios = told(1, ("licence",), 0.4)
    found = likely_futures(scenarios, chain, HORIZON)
    assert found.of.tolist() == [0, 1]
    assert found.share.tolist() == [1.0, 1.0]


def test_fewer_draws_than_are_kept_is_refused():
    with pytest.raises(YtterbyError, match="cannot be kept"):
        Drawing(10, 1, 9)


# few for many -------------------------------------------------------------------------------------


clouds = st.integers(1, 25).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, 2**32 - 1), st.integers(0, 3))
)


def cloud(told):
    count, seed, numbers = told
    rng = np.random.default_rng(seed)
    weight = rng.random(count) + 1e-3
    return np.round(rng.random((count, numbers)), 1), weight / weight.sum()


@quick
@given(clouds)
def test_weights_sum_to_one_and_more_is_never_farther(told):
    points, weight = cloud(told)
    found = [reduce_scenarios(points, weight, keep) for keep in range(1, len(weight) + 1)]
    for keep, each in enumerate(found, 1):
        assert len(set(each.kept.tolist())) == keep
        assert each.weight.sum() == pytest.approx(1.0)
        assert (each.weight >= weight[each.kept] - 1e-15).all()
    far = [each.distance for each in found]
    assert all(later <= sooner + 1e-12 for sooner, later in pairwise(far))
    assert far[-1] == 0.0
    assert found[-1].weight.tolist() == weight.tolist()


@quick
@given(clouds, st.integers(1, 25))
def test_the_distance_is_that_of_the_best_redistribution(told, keep):
    """Second route: each one left out travels to the nearest that is kept."""
    points, weight = cloud(told)
    keep = min(keep, len(weight))
    found = reduce_scenarios(points, weight, keep)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert found.distance == pytest.approx(float(weight @ apart[:, found.kept].min(axis=1)), abs=1e-12)


def test_by_hand():
    """0, 1, 10 with .4, .4, .2: the middle one alone is nearest (.4 + 1.8), then 10 beside it (.4)."""
    points, weight = [[0.0], [1.0], [10.0]], [0.4, 0.4, 0.2]
    one = reduce_scenarios(points, weight, 1)
    assert (one.kept.tolist(), one.distance) == ([1], pytest.approx(2.2))
    two = reduce_scenarios(points, weight, 2)
    assert two.kept.tolist() == [1, 2]
    assert two.weight.tolist() == pytest.approx([0.8, 0.2])
    assert two.distance == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("points", "weight", "keep"),
    [
        ([[1.0]], [1.0], 0),
        ([[1.0]], [1.0], 2),
        ([[np.nan]], [1.0], 1),
        ([[1.0]], [-1.0], 1),
        ([1.0], [1.0], 1),
    ],
)
def test_what_cannot_be_reduced_is_refused(points, weight, keep):
    with pytest.raises(YtterbyError):
        reduce_scenarios(points, weight, keep)
