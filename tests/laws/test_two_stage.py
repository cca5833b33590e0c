"""Laws of two-stage programmes and of risk; numbers are sections of docs/method/planning.md."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import BadNumbers, InfeasiblePlan, UnboundedPlan
from ytterby.planning.recourse import Recourse, solve_two_stage
from ytterby.planning.risk import cvar, cvar_normal, minimax_regret, value_at_risk

some = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def plants(seed: int, *, shortage: bool = True) -> dict[str, object]:
    """Random capacity problem: build, then run within capacity; unmet need is dear or forbidden."""
    rng = np.random.default_rng(seed)
    builds, needs, scenarios = rng.integers(1, 4), rng.integers(1, 3), rng.integers(1, 6)
    use = np.kron(np.eye(builds), np.ones(needs))
    meet = np.tile(np.eye(needs), builds)
    lack = np.eye(needs) if shortage else np.zeros((needs, needs))
    recourse = np.vstack([np.hstack([use, np.zeros((builds, needs))]), np.hstack([meet, lack])])
    technology = np.vstack([-np.eye(builds), np.zeros((needs, builds))])
    chance = rng.uniform(0.1, 1, scenarios)
    needed = np.hstack([np.zeros((scenarios, builds)), rng.uniform(0, 10, (scenarios, needs))])
    run = rng.uniform(0, 4, (scenarios, builds * needs))
    return {
        "cost": rng.uniform(1, 5, builds), "rows": np.ones((1, builds)), "limits": [60.0],
        "recourse_cost": np.hstack([run, np.full((scenarios, needs), 15.0)]),
        "technology": technology * rng.uniform(0.5, 1, (scenarios, 1, 1)), "recourse": recourse,
        "requirements": needed, "recourse_senses": ["<="] * builds + [">="] * needs,
        "probabilities": chance / chance.sum(),
    }  # fmt: skip


@some
@given(
    seeds, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from([0.0, 0.5, 0.9])
)
def test_the_pieces_equal_the_whole(seed, shortage, integer, weight, beta):
    """Section 8: Benders equals the one large programme, with cuts against plans that cannot be completed."""
    terms = {**plants(seed, shortage=shortage), "integer": integer, "risk_weight": weight, "beta": beta}
    whole = solve_two_stage(**terms)
    pieces = solve_two_stage(**terms, method="benders")
    assert pieces.proven
    assert pieces.objective == pytest.approx(whole.objective, rel=5e-6, abs=1e-6)


def anything(seed: int) -> dict[str, object]:
    """Any small programme: all senses, bounds, random W, whole numbers; many have no optimum."""
    rng = np.random.default_rng(seed)
    x, y, rows, scenarios, first = rng.integers(1, (5, 6, 5, 6, 3))
    senses = np.array(["<=", ">=", "="])
    many = (scenarios,) if rng.random() < 0.5 else ()
    return {
        "cost": rng.integers(-5, 10, x), "rows": rng.integers(-3, 4, (first, x)),
        "limits": rng.integers(-2, 15, first), "senses": senses[rng.choice(3, first, p=[0.6, 0.3, 0.1])],
        "recourse_cost": rng.integers(-3, 10, (scenarios, y)),
        "technology": rng.integers(-3, 4, (scenarios, rows, x)),
        "recourse": rng.integers(-3, 4, (*many, rows, y)),
        "requirements": rng.integers(-8, 15, (scenarios, rows)),
        "recourse_senses": senses[rng.choice(3, rows, p=[0.45, 0.45, 0.1])],
        "probabilities": rng.dirichlet(np.ones(scenarios)), "lower": rng.choice([-5.0, 0.0]),
        "upper": rng.choice([10.0, np.inf]), "recourse_upper": rng.choice([20.0, np.inf]),
        "integer": rng.random(x) < 0.4, "maximise": bool(rng.random() < 0.2),
        "risk_weight": rng.choice([0.0, 0.5, 1.0]), "beta": rng.choice([0.0, 0.5, 0.9]),
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_both_methods_say_the_same_about_anything(seed):
    """Section 8: one optimum, or one reason why there is none."""

    def said(method):
        try:
            found = solve_two_stage(**anything(seed), method=method)
        except (InfeasiblePlan, UnboundedPlan) as error:
            return type(error).__name__, 0.0
        return "optimum", found.objective

    (kind, whole), (other, pieces) = said("deterministic"), said("benders")
    assert kind == other
    assert pieces == pytest.approx(whole, rel=5e-6, abs=1e-5)


@some
@given(seeds, st.booleans(), st.sampled_from([0.0, 0.4, 1.0]))
def test_knowing_and_hedging_are_worth_something(seed, integer, weight):
    """Section 8: wait and see <= objective <= result of the mean-value plan, with or without the tail."""
    found = solve_two_stage(**plants(seed), integer=integer, risk_weight=weight, beta=0.6)
    room = 1e-5 * (1 + abs(found.objective))
    assert found.wait_and_see <= found.objective + room
    assert found.objective <= found.eev + room
    assert found.evpi == pytest.approx(found.objective - found.wait_and_see)
    assert found.vss == pytest.approx(found.eev - found.objective)


@some
@given(seeds, st.sampled_from([0.0, 0.7]))
def test_the_objective_is_what_the_scenarios_cost(seed, weight):
    """Section 8: the programme's objective against the definition of the mean and of the tail."""
    terms = plants(seed)
    found = solve_two_stage(**terms, risk_weight=weight, beta=0.5)
    paid = found.first @ terms["cost"] + (found.second * terms["recourse_cost"]).sum(axis=1)
    np.testing.assert_allclose(found.scenario_objectives, paid, atol=1e-6)
    p = terms["probabilities"]
    assert found.objective == pytest.approx((1 - weight) * p @ paid + weight * cvar(paid, p, 0.5), abs=1e-6)


@some
@given(seeds)
def test_more_weight_on_the_tail_costs_more(seed):
    """Section 8: for every plan the tail is at least the mean."""
    terms = plants(seed)
    values = [solve_two_stage(**terms, risk_weight=w, beta=0.5).objective for w in (0, 0.5, 1)]
    assert values[0] <= values[1] + 1e-6
    assert values[1] <= values[2] + 1e-6


@some
@given(seeds)
def test_a_scenario_told_twice_changes_nothing(seed):
    """Section 8: one scenario as two with half its probability each."""
    terms = plants(seed)
    twice = dict(terms)
    for name in ("recourse_cost", "technology", "requirements"):
        twice[name] = np.concatenate([terms[name], terms[name][:1]])
    p = terms["probabilities"]
    twice["probabilities"] = np.concatenate([[p[0] / 2], p[1:], [p[0] / 2]])
    one, two = solve_two_stage(**terms, risk_weight=0.5), solve_two_stage(**twice, risk_weight=0.5)
    for name in ("objective", "wait_and_see", "eev"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-6, abs=1e-6)


@some
@given(seeds)
def test_one_scenario_leaves_nothing_to_know(seed):
    """Section 8."""
    terms = plants(seed)
    for name in ("recourse_cost", "technology", "requirements"):
        terms[name] = terms[name][:1]
    found = solve_two_stage(**{**terms, "probabilities": [1.0]})
    assert found.evpi == pytest.approx(0, abs=1e-6)
    assert found.vss == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", ["deterministic", "benders"])
def test_what_has_no_optimum_is_told(method):
    terms = {
        "rows": [], "limits": [], "recourse_cost": [1], "recourse": [[1]], "requirements": [2],
        "probabilities": [1], "recourse_senses": ">=", "method": method,
    }  # fmt: skip
    with pytest.raises(UnboundedPlan):
        solve_two_stage(cost=[-3], technology=[[1]], **terms)
    with pytest.raises(InfeasiblePlan) as error:
        solve_two_stage(cost=[1], technology=[[1]], recourse_upper=0, upper=1, **terms)
    assert error.value.rows == ("recourse row 1 of scenario 1",)


def test_a_mean_plan_that_cannot_be_completed():
    """By hand: the mean needs 5, one scenario 10 and nothing can be bought later."""
    found = solve_two_stage([1], [], [], [0], [[1]], [[0]], [[0], [10]], [0.5, 0.5], recourse_senses=">=")
    assert found.objective == pytest.approx(10)
    assert found.eev == np.inf
    assert found.vss == np.inf


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"probabilities": [0.5, 0.4]}, "sum to 0.9"),
        ({"recourse_cost": [1, 2]}, "recourse_cost is 1 x 2"),
        ({"technology": [[1, 2]]}, "technology is 1 x 1 x 2"),
        ({"requirements": [np.nan]}, "no finite number"),
        ({"recourse_senses": "<"}, "senses"),
        ({"limits": [1]}, "rows is 0 x 1"),
        ({"upper": [1, 2]}, "upper is 2"),
        ({"risk_weight": 2}, "out of range"),
        ({"method": "guess"}, "unknown method"),
    ],
)
def test_what_does_not_fit_is_refused(change, told):
    terms = {
        "cost": [1], "rows": [], "limits": [], "recourse_cost": [2], "technology": [[1]], "recourse": [[1]],
        "requirements": [1], "probabilities": [0.5, 0.5],
    }  # fmt: skip
    with pytest.raises(BadNumbers, match=told):
        solve_two_stage(**{**terms, **change})


def test_both_methods_fill_every_field():
    one, two = (solve_two_stage(**plants(3), method=m) for m in ("deterministic", "benders"))
    for field in fields(Recourse):
        np.testing.assert_allclose(getattr(one, field.name), getattr(two, field.name), atol=1e-4)


# risk ---------------------------------------------------------------------------------------------


def test_tail_of_a_normal_loss():
    """method.md section 8: 2.0627 and 2.6652 standard deviations."""
    assert cvar_normal(0, 1, 0.95) == pytest.approx(2.0627, abs=5e-5)
    assert cvar_normal(0, 1, 0.99) == pytest.approx(2.6652, abs=5e-5)
    assert cvar_normal(100, 10, 0.95) == pytest.approx(120.627, abs=5e-4)


@pytest.mark.parametrize("beta", [0.5, 0.95, 0.99])
def test_tail_of_many_normal_losses_by_both_formulas(beta):
    rng = np.random.default_rng(5)
    assert cvar(rng.normal(3, 2, 400_000), None, beta) == pytest.approx(cvar_normal(3, 2, beta), rel=0.01)


def test_tail_across_an_outcome():
    """By hand: losses 10, 20, 30 with .5, .4, .1; worst fifth: .1 at 30 and .1 of the 20s."""
    assert cvar([10, 20, 30], [0.5, 0.4, 0.1], 0.8) == pytest.approx(25)
    assert value_at_risk([10, 20, 30], [0.5, 0.4, 0.1], 0.8) == 20
    assert cvar([10, 20, 30], [0.5, 0.4, 0.1], 0.0) == pytest.approx(16)


losses = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20)


@some
@given(losses, st.floats(0, 0.99), seeds)
def test_tail_equals_its_programme(values, beta, seed):
    """Section 8: eta + E max(0, loss - eta) / (1 - beta) is least at an outcome (Rockafellar, Uryasev)."""
    loss = np.array(values)
    chance = np.random.default_rng(seed).dirichlet(np.ones(len(loss)))
    best = min(eta + chance @ np.maximum(0, loss - eta) / (1 - beta) for eta in loss)
    assert cvar(loss, chance, beta) == pytest.approx(best, rel=1e-6, abs=1e-6)
    at = value_at_risk(loss, chance, beta)
    assert at + chance @ np.maximum(0, loss - at) / (1 - beta) == pytest.approx(best, rel=1e-6, abs=1e-6)


@some
@given(losses, losses, st.floats(0, 0.99))
def test_tails_are_coherent(one, two, beta):
    """Section 8: moving, scaling, more of it, and no more together than apart."""
    size = min(len(one), len(two))
    a, b = np.array(one[:size]), np.array(two[:size])
    tail = cvar(a, None, beta)
    assert cvar(3 * a + 7, None, beta) == pytest.approx(3 * tail + 7, abs=1e-6)
    assert cvar(a + b, None, beta) <= tail + cvar(b, None, beta) + 1e-6
    assert cvar(np.maximum(a, b), None, beta) >= tail - 1e-6
    assert a.mean() - 1e-6 <= tail <= a.max() + 1e-6


def test_least_regret():
    """By hand: regrets 0, 5; 2, 0; 1, 4 (best 1 and 2): the second row, at most 2."""
    found = minimax_regret([[1, 7], [3, 2], [2, 6]])
    assert found.choice == 1
    assert found.largest == 2
    np.testing.assert_array_equal(found.regret, [[0, 5], [2, 0], [1, 4]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: cvar([], None),
        lambda: cvar([1, np.nan]),
        lambda: cvar([1], beta=1),
        lambda: cvar([1, 2], [1]),
        lambda: cvar_normal(0, -1),
        lambda: cvar_normal(0, 1, 1),
        lambda: minimax_regret([1, 2]),
        lambda: minimax_regret([[np.inf]]),
    ],
)
def test_risk_of_no_numbers_is_refused(call):
    with pytest.raises(BadNumbers):
        call()
