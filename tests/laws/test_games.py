"""Laws of sharing over random games; numbers are sections of docs/method/planning.md."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import InfeasiblePlan, YtterbyError
from ytterby.planning.nucleolus import least_core, nucleolus, prenucleolus
from ytterby.planning.sharing import (
    coalitions_of,
    in_core,
    proportional_split,
    sampled_shapley,
    shapley,
    tau_value,
)  # fmt: skip
from ytterby.planning.solve import INFINITY, Model, solve

some = settings(max_examples=50, deadline=None)
RULES = (shapley, prenucleolus, nucleolus, tau_value)


@st.composite
def games(draw, largest=4, whole=False):
    """Random game of 2 players or more."""
    players = "abcdef"[: draw(st.integers(2, largest))]
    coalitions = list(coalitions_of(players))
    value = st.integers(-20, 100).map(float) if whole else st.floats(-100, 1000)
    values = draw(st.lists(value, min_size=len(coalitions), max_size=len(coalitions)))
    return dict(zip(coalitions, values, strict=True))


@st.composite
def convex_games(draw, largest=5):
    """Sum of unanimity games with weights from 0 on: convex, so every rule is defined and in the core."""
    players = "abcde"[: draw(st.integers(2, largest))]
    weight = {c: draw(st.integers(0, 20)) for c in coalitions_of(players)}
    return {c: float(sum(w for t, w in weight.items() if t <= c)) for c in coalitions_of(players)}


def everyone(game):
    return max(game, key=len)


@some
@given(convex_games(), st.sampled_from(RULES))
def test_rules_share_exactly_all_of_it(game, rule):
    """Section 7: efficiency."""
    assert sum(rule(game).values()) == pytest.approx(game[everyone(game)], abs=1e-6)


@some
@given(games())
def test_rules_of_any_game_share_exactly_all_of_it(game):
    """Section 7: Shapley value and prenucleolus exist for every game."""
    for split in (shapley(game), prenucleolus(game)):
        assert sum(split.values()) == pytest.approx(game[everyone(game)], abs=1e-4)


@some
@given(convex_games(), st.sampled_from(RULES))
def test_twins_get_the_same(game, rule):
    """Section 7: symmetry, a and b made exchangeable."""
    swap = {"a": "b", "b": "a"}
    fair = {c: game[c] + game[frozenset(swap.get(p, p) for p in c)] for c in game}
    split = rule(fair)
    assert split["a"] == pytest.approx(split["b"], abs=1e-6)


@some
@given(convex_games(largest=4), st.sampled_from(RULES), st.floats(-20, 20))
def test_a_dummy_gets_its_own_and_changes_nothing(game, rule, own):
    """Section 7: a player that adds the same to everybody (all four rules have it on convex games)."""
    wider = {**game, **{c | {"x"}: v + own for c, v in game.items()}, frozenset("x"): own}
    split, before = rule(wider), rule(game)
    assert split.pop("x") == pytest.approx(own, abs=1e-6)
    assert split == pytest.approx(before, abs=1e-5)


@some
@given(games(), st.integers(0, 2**32 - 1))
def test_shapley_values_of_two_games_add_up(game, seed):
    """Section 7: additivity."""
    other = dict(zip(game, np.random.default_rng(seed).uniform(-50, 50, len(game)).tolist(), strict=True))
    both = shapley({c: game[c] + other[c] for c in game})
    one, two = shapley(game), shapley(other)
    assert both == pytest.approx({p: one[p] + two[p] for p in one}, abs=1e-8)


@some
@given(convex_games(), st.sampled_from(RULES), st.floats(0.1, 50), st.integers(0, 2**32 - 1))
def test_unit_and_own_means_do_not_matter(game, rule, factor, seed):
    """Section 7: covariance, v' = a v + sum of b_i gives a x + b."""
    players = sorted(everyone(game))
    own = dict(zip(players, np.random.default_rng(seed).uniform(-50, 50, len(players)), strict=True))
    moved = {c: factor * v + sum(own[p] for p in c) for c, v in game.items()}
    expected = {p: factor * x + own[p] for p, x in rule(game).items()}
    assert rule(moved) == pytest.approx(expected, abs=1e-5 * (1 + factor))


@some
@given(convex_games())
def test_of_a_convex_game_all_rules_but_the_proportional_are_in_the_core(game):
    """Section 7 (Shapley 1971); tau value only up to three players."""
    rules = RULES if len(everyone(game)) <= 3 else RULES[:3]
    for rule in rules:
        assert in_core(game, rule(game)).smallest_excess >= -1e-6


@some
@given(games(), st.floats(0, 500))
def test_the_nucleolus_is_in_the_core_when_there_is_one(game, extra):
    """Section 7: a core made non-empty by giving all together enough."""
    whole = everyone(game)
    split = {p: max([0.0, *(v for c, v in game.items() if p in c and c != whole)]) for p in whole}
    rich = {**game, whole: sum(split.values()) + extra}
    assert in_core(rich, split | {min(whole): split[min(whole)] + extra}).stable
    best = nucleolus(rich)
    assert in_core(rich, best).smallest_excess >= -1e-6
    assert best == pytest.approx(prenucleolus(rich), abs=1e-5)


@some
@given(games())
def test_the_least_core_is_the_smallest_excess_of_the_prenucleolus(game):
    """Section 7: two programmes, one number; the coalitions told have it."""
    best = least_core(game)
    assert in_core(game, prenucleolus(game)).smallest_excess == pytest.approx(best.excess, abs=1e-5)
    assert in_core(game, best.split).smallest_excess == pytest.approx(best.excess, abs=1e-5)
    for split in (best.split, prenucleolus(game)):
        for c in best.coalitions:
            assert sum(split[p] for p in c) - game[c] == pytest.approx(best.excess, abs=1e-5)


def excesses(game, split):
    """Sorted excesses of all coalitions but nobody and all."""
    return np.sort([sum(split[p] for p in c) - v for c, v in game.items() if c != everyone(game)])


def lexicographically_less(left, right, room=1e-6):
    apart = np.flatnonzero(abs(left - right) > room)
    return bool(len(apart)) and left[apart[0]] < right[apart[0]]


@some
@given(games(largest=3, whole=True), st.integers(1, 60))
def test_no_point_of_a_grid_beats_the_nucleolus(game, room):
    """Section 7: brute force over all splits, in steps of a twenty-fourth, of what is left to share."""
    whole, players = everyone(game), sorted(everyone(game))
    game[whole] = sum(game[frozenset(p)] for p in players) + room
    best = excesses(game, nucleolus(game))
    for cut in combinations(range(24 + len(players) - 1), len(players) - 1):
        pieces = np.diff([-1, *cut, 24 + len(players) - 1]) - 1
        split = {p: game[frozenset(p)] + room * k / 24 for p, k in zip(players, pieces, strict=True)}
        assert not lexicographically_less(best, excesses(game, split))


def is_balanced(collection, players):
    """Whether positive weights make the coalitions cover each player exactly once (Kohlberg 1971)."""
    model = Model()
    weight = model.add_columns(len(collection), lower=0.0)
    least = model.add_columns(1, cost=-1.0, upper=1.0, lower=-INFINITY)
    member = np.array([[float(p in c) for c in collection] for p in players])
    cover = model.add_rows(len(players), lower=1.0, upper=1.0)
    model.add_entries(cover[:, None], weight[None, :], member)
    above = model.add_rows(len(collection), lower=0.0)
    model.add_entries(above, weight, 1.0)
    model.add_entries(above, least[0], -1.0)
    try:
        return solve(model).value[least[0]] > 1e-7
    except InfeasiblePlan:
        return False


@settings(max_examples=40, deadline=None)
@given(games(largest=5, whole=True))
def test_kohlberg_finds_no_fault_with_the_prenucleolus(game):
    """Section 7: a split is the prenucleolus if and only if those with least excess are always balanced."""
    players, whole = sorted(everyone(game)), everyone(game)
    split = prenucleolus(game)
    excess = {c: sum(split[p] for p in c) - v for c, v in game.items() if c != whole}
    for level in sorted(set(np.round(list(excess.values()), 5))):
        collection = [c for c, e in excess.items() if e <= level + 2e-5]
        assert is_balanced(collection, players)


def test_kohlberg_does_find_fault_with_another_split():
    """Section 7: the test above can fail."""
    game = dict.fromkeys(coalitions_of("abc"), 0.0) | {frozenset("abc"): 3.0}
    split = shapley(game) | {"a": 1.2, "b": 0.8}
    excess = {c: sum(split[p] for p in c) - v for c, v in game.items() if len(c) < 3}
    worst = [c for c, e in excess.items() if e <= min(excess.values()) + 1e-9]
    assert not is_balanced(worst, "abc")


@settings(max_examples=20, deadline=None)
@given(games(largest=6), st.integers(0, 1000))
def test_sampling_comes_near_the_shapley_value(game, seed):
    """Section 7: within five standard errors, adding up exactly, the same for the same seed."""
    players = sorted(everyone(game))
    found = sampled_shapley(players, game.__getitem__, pairs=200, seed=seed)
    true = shapley(game)
    for p in players:
        assert abs(found.split[p] - true[p]) <= 6 * found.standard_error[p] + 1e-6
    assert sum(found.split.values()) == pytest.approx(game[everyone(game)], abs=1e-6)
    assert sampled_shapley(players, game.__getitem__, pairs=200, seed=seed) == found


# refusals -----------------------------------------------------------------------------------------

FULL = {frozenset("a"): 1.0, frozenset("b"): 2.0, frozenset("ab"): 4.0}


@pytest.mark.parametrize("rule", [*RULES, least_core, proportional_split])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({frozenset("abc"): 1.0}, "no value for c"),
        ({frozenset("a"): float("nan")}, "no number"),
        ({frozenset(): 1.0}, "empty coalition"),
    ],
)
def test_gaps_are_refused(rule, change, told):
    with pytest.raises(YtterbyError, match=told):
        rule({**FULL, **change})


def test_the_empty_coalition_may_be_given_as_zero():
    assert shapley({**FULL, frozenset(): 0.0}) == shapley(FULL)


def test_the_nucleolus_needs_a_split_that_nobody_refuses():
    poor = {**FULL, frozenset("ab"): 2.0}
    with pytest.raises(YtterbyError, match="1 less than each alone"):
        nucleolus(poor)
    assert prenucleolus(poor) == pytest.approx({"a": 0.5, "b": 1.5})


@pytest.mark.parametrize("split", [{"a": 1.0, "b": 2.0}, {"a": 4.0}, {"a": float("nan"), "b": 2.0}])
def test_a_split_of_something_else_is_refused(split):
    with pytest.raises(YtterbyError, match="Share all of it"):
        in_core(FULL, split)


def test_weights_must_mean_something():
    for weights in ({"a": 1.0}, {"a": -1.0, "b": 2.0}, {"a": 0.0, "b": 0.0}):
        with pytest.raises(YtterbyError, match="weights"):
            proportional_split(FULL, weights)
