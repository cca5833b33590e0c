"""Fair splits of a plan's cost, sampled ones, and what must be believed."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ytterby as yt
from ytterby.planning.pact import beliefs, sample_costs, share_costs

money = st.floats(-1e9, 1e9).map(lambda usd: round(usd, 2))


def coalitions(names):
    return [frozenset(c) for size in range(1, len(names) + 1) for c in combinations(names, size)]


def subadditive(seed, names, scenarios):
    """First-stage and scenario costs of coalitions that always save by growing: a random rebate a pair."""
    rng = np.random.default_rng(seed)
    alone = {p: rng.uniform(0, 100, scenarios) for p in names}
    rebate = {pair: rng.uniform(0, 10, scenarios) for pair in map(frozenset, combinations(names, 2))}
    first = {c: float(10 * len(c) - len(c) ** 1.5) for c in coalitions(names)}
    later = {
        c: sum(alone[p] for p in c) - sum((r for pair, r in rebate.items() if pair <= c), np.zeros(scenarios))
        for c in coalitions(names)
    }
    return first, later


def test_three_insurers_as_costs():
    """Lemaire 1991 the other way round: costs of 0 alone, and the savings as negative costs."""
    savings = {"1": 0, "2": 0, "3": 0, "12": 5625, "13": 1875, "23": 7500, "123": 20625}
    costs = {frozenset(k): -float(v) for k, v in savings.items()}
    split, core = share_costs(costs, {"1": 46125.0, "2": 17437.5, "3": 5812.5})
    assert (-split["shapley_usd"]).tolist() == pytest.approx([5625, 8437.5, 6562.5])
    assert (-split["proportional_usd"]).tolist() == pytest.approx(
        [20625 * w / 69375 for w in (46125, 17437.5, 5812.5)]
    )
    assert set(core["rule"]) == {"shapley", "nucleolus", "tau", "proportional"}
    assert core.set_index("rule").loc["nucleolus", "stable"]


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_every_rule_shares_all_of_it_and_stable_means_nobody_leaves(seed, count):
    names = [f"P{i}" for i in range(count)]
    first, later = subadditive(seed, names, 1)
    costs = {c: first[c] + float(later[c][0]) for c in first}
    split, core = share_costs(costs, dict.fromkeys(names, 1.0))
    whole = costs[frozenset(names)]
    for rule in ("shapley", "nucleolus", "tau", "proportional"):
        borne = split.set_index("partner")[f"{rule}_usd"]
        if borne.isna().any():
            continue
        assert borne.sum() == pytest.approx(whole)
        leaves = [c for c in costs if sum(borne[p] for p in c) > costs[c] + 1e-6]
        assert bool(leaves) != bool(core.set_index("rule").loc[rule, "stable"])


def test_a_sampled_split_meets_the_exact_one():
    names = [f"P{i}" for i in range(5)]
    first, later = subadditive(3, names, 1)
    costs = {c: first[c] + float(later[c][0]) for c in first}
    exact, _ = share_costs(costs, dict.fromkeys(names, 1.0))
    told = sample_costs(names, lambda c: costs[c], pairs=400, seed=2)
    off = (told["shapley_usd"] - exact["shapley_usd"]).abs()
    assert (off <= 5 * told["error_usd"] + 1e-9).all()
    assert told["shapley_usd"].sum() == pytest.approx(costs[frozenset(names)])
    assert told["nucleolus_usd"].isna().all()


def test_what_two_must_believe_by_hand():
    """Joining costs 10 now and saves 40 in a storm: it pays from a probability of a quarter on."""
    first = {frozenset("A"): 0.0, frozenset("B"): 0.0, frozenset("AB"): 10.0}
    later = {c: np.array([0.0, 50.0]) for c in first} | {frozenset("AB"): np.array([0.0, 60.0])}
    table = beliefs(first, later, {"calm": 0.7, "storm": 0.3}).set_index("scenario")
    assert table["saving_usd"].tolist() == pytest.approx([-10, 30])
    assert table.loc["storm", ["holds_from", "holds_to"]].tolist() == pytest.approx([0.25, 1.0])
    assert table.loc["calm", ["holds_from", "holds_to"]].tolist() == pytest.approx([0.0, 0.75])


def test_a_pact_that_nobody_should_believe_in():
    first = {frozenset("A"): 0.0, frozenset("B"): 0.0, frozenset("AB"): 1.0}
    later = {c: np.zeros(1) for c in first}
    table = beliefs(first, later, {"only": 1.0})
    assert table[["holds_from", "holds_to"]].isna().all(axis=None)


def test_three_partners_without_a_core():
    """Each pair saves 60 of 80: any split leaves a pair that would rather go."""
    names = "ABC"
    first = {c: {1: 0.0, 2: -60.0, 3: -80.0}[len(c)] for c in coalitions(names)}
    later = {c: np.zeros(2) for c in first}
    table = beliefs(first, later, {"x": 0.5, "y": 0.5})
    assert table["saving_usd"].tolist() == pytest.approx([80, 80])
    assert table["holds_from"].isna().all()


def test_more_partners_than_may_be_solved_are_sampled():
    """japan-us-2025 has partners enough, but takes long: the toy's one partner has no pact at all."""
    plan = yt.plan(yt.load_study("three-countries"))
    assert plan.split.empty
    assert plan.core.empty
    assert plan.beliefs.empty
