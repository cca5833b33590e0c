"""Games from papers and textbooks, and closed forms that hold for whole classes of them."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import YtterbyError
from ytterby.planning.nucleolus import least_core, nucleolus
from ytterby.planning.sharing import (
    in_core,
    proportional_split,
    sampled_shapley,
    savings_game,
    shapley,
    tau_value,
)  # fmt: skip

some = settings(max_examples=40, deadline=None)


def game_of(players, value):
    """Mapping of a game from its formula."""
    return {
        frozenset(c): float(value(frozenset(c)))
        for size in range(1, len(players) + 1)
        for c in combinations(players, size)
    }


def close(expected):
    return pytest.approx(expected, abs=1e-7)


@pytest.fixture
def insurers():
    """Lemaire 1991, Cooperative game theory and its insurance applications, ASTIN Bulletin 21(1)."""
    return {
        frozenset("1"): 46_125.0, frozenset("2"): 17_437.5, frozenset("3"): 5_812.5,
        frozenset("12"): 69_187.5, frozenset("13"): 53_812.5, frozenset("23"): 30_750.0,
        frozenset("123"): 90_000.0,
    }  # fmt: skip


def test_three_insurers(insurers):
    """Lemaire 1991: Shapley value 51,750, 25,875, 12,375, in the core.

    The others by hand. Nucleolus: beyond what each has alone, pairs have 5,625, 1,875, 7,500 and all
    have 20,625 to share; 6,875 each leaves every pair at least 6,250, every one 6,875, so pair 23 is
    worst off. Raising 23 by d and lowering 1 by d meets at d = 312.5: 6,562.5 for 1 and for 23.
    """
    split = shapley(insurers)
    assert split == close({"1": 51_750, "2": 25_875, "3": 12_375})
    assert in_core(insurers, split).stable
    best = least_core(insurers)
    assert best.excess == pytest.approx(6_562.5)
    assert set(best.coalitions) == {frozenset("1"), frozenset("23")}
    assert nucleolus(insurers) == pytest.approx({"1": 52_687.5, "2": 24_468.75, "3": 12_843.75})


def test_tau_value_of_the_insurers(insurers):
    """By hand: M = (59,250, 36,187.5, 20,812.5), m = what each has alone, a = 20,625 / 46,875 = 0.44."""
    assert tau_value(insurers) == pytest.approx({"1": 51_900, "2": 25_687.5, "3": 12_412.5})


def test_proportional_split_of_the_insurers(insurers):
    """Lemaire 1991, section 1: in proportion to 46,125, 17,437.5 and 5,812.5; by hand x 90,000 / 69,375."""
    alone = {"1": 46_125, "2": 17_437.5, "3": 5_812.5}
    assert proportional_split(insurers) == pytest.approx({k: v * 90_000 / 69_375 for k, v in alone.items()})
    assert proportional_split(insurers, {"1": 1, "2": 1, "3": 2})["3"] == pytest.approx(45_000)


def test_the_glove_game():
    """One left glove, two right ones: Shapley 2/3, 1/6, 1/6; the core and nucleolus give all to the left."""
    game = game_of("LAB", lambda c: "L" in c and len(c) > 1)
    assert shapley(game) == close({"L": 2 / 3, "A": 1 / 6, "B": 1 / 6})
    test = in_core(game, shapley(game))
    assert not test.stable
    assert test.smallest_excess == close(-1 / 6)
    assert test.coalition in ({"L", "A"}, {"L", "B"})
    assert nucleolus(game) == close({"L": 1, "A": 0, "B": 0})
    assert tau_value(game) == close({"L": 1, "A": 0, "B": 0})


def test_simple_majority_of_three():
    """No core: whoever shares a unit, two are left with a third less than they could have."""
    game = game_of("abc", lambda c: len(c) > 1)
    third = close(dict.fromkeys("abc", 1 / 3))
    assert shapley(game) == third
    assert nucleolus(game) == third
    assert least_core(game).excess == close(-1 / 3)
    with pytest.raises(YtterbyError, match="quasi-balanced"):
        tau_value(game)


def test_council_of_1958():
    """Weights 4, 4, 4, 2, 2, 1, quota 12: Shapley-Shubik 14/60 thrice, 9/60 twice, Luxembourg nothing."""
    weight = {"D": 4, "F": 4, "I": 4, "B": 2, "N": 2, "L": 1}
    game = game_of(list(weight), lambda c: sum(weight[p] for p in c) >= 12)
    large, middle = 14 / 60, 9 / 60
    assert shapley(game) == close({"D": large, "F": large, "I": large, "B": middle, "N": middle, "L": 0})


def test_security_council():
    """Five with a veto among fifteen, nine votes: 421/2145 and 4/2145 each, estimated by sampling."""
    players = [*"VWXYZ", *"abcdefghij"]
    found = sampled_shapley(players, lambda c: c >= frozenset("VWXYZ") and len(c) >= 9, pairs=1500, seed=3)
    veto = sum(found.split[p] for p in "VWXYZ")
    assert sum(found.split.values()) == pytest.approx(1)
    assert veto == pytest.approx(5 * 421 / 2145, abs=0.01)
    for player in players:
        true = 421 / 2145 if player in "VWXYZ" else 4 / 2145
        assert abs(found.split[player] - true) <= 4.5 * max(found.standard_error[player], 0.001)


def test_unanimity():
    """All of a carrier's members share equally, others get nothing."""
    game = game_of("abcd", lambda c: c >= {"a", "b", "c"})
    expected = close({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3, "d": 0})
    assert shapley(game) == expected
    assert nucleolus(game) == expected
    assert tau_value(game) == expected


def test_four_players_whose_core_is_a_segment():
    """Pairs 12, 23, 34, 14 and triples 1, pair 13 a half, all 2 (after Maschler, Peleg, Shapley 1979).

    By hand: the core is (a, 1-a, a, 1-a) with a from 1/4 to 1; the excesses a, 1-a, 2a - 1/2 and 2 - 2a are
    best balanced at a = 1/2, which is not the middle of the segment.
    """
    pairs = {frozenset(c): 1.0 for c in ("12", "23", "34", "14")} | {frozenset("13"): 0.5}
    game = game_of("1234", lambda c: pairs.get(c, 0.0) if len(c) < 3 else len(c) - 2.0)
    game = {c: 1.0 if len(c) == 3 else v for c, v in game.items()}
    assert nucleolus(game) == close(dict.fromkeys("1234", 0.5))


@pytest.mark.parametrize(
    ("estate", "split"), [(100, (100 / 3,) * 3), (200, (50, 75, 75)), (300, (50, 100, 150))]
)
def test_the_three_wives(estate, split):
    """Aumann and Maschler 1985, table I: claims 100, 200, 300."""
    assert nucleolus(bankruptcy(estate, (100, 200, 300))) == close(dict(zip("abc", split, strict=True)))


def bankruptcy(estate, claims):
    """Value of a coalition: what of the estate the others' claims leave."""
    claim = dict(zip("abcde", claims, strict=False))
    return game_of(list(claim), lambda c: max(0.0, estate - sum(v for k, v in claim.items() if k not in c)))


def contested_garment(estate, claims):
    """Aumann and Maschler 1985: equal awards up to half the claims, then equal losses from half on."""
    half, total = [c / 2 for c in claims], sum(claims)
    if estate > total / 2:
        lost = contested_garment(total - estate, claims)
        return [c - x for c, x in zip(claims, lost, strict=True)]
    left, award = estate, []
    for place, most in enumerate(sorted(half)):
        award.append(min(most, left / (len(half) - place)))
        left -= award[-1]
    ranked = sorted(range(len(half)), key=half.__getitem__)
    return [award[ranked.index(i)] for i in range(len(half))]


@some
@given(st.lists(st.integers(1, 500), min_size=2, max_size=5), st.floats(0.05, 0.95))
def test_nucleolus_of_bankruptcy_is_the_contested_garment_rule(claims, part):
    """Aumann and Maschler 1985, theorem C."""
    estate = part * sum(claims)
    found = nucleolus(bankruptcy(estate, claims))
    assert list(found.values()) == pytest.approx(contested_garment(estate, claims), abs=1e-5)


@st.composite
def airports(draw):
    return sorted(draw(st.lists(st.integers(1, 100), min_size=2, max_size=6)))


@some
@given(airports())
def test_shapley_value_of_the_airport(costs):
    """Littlechild and Owen 1973: each piece of runway is paid equally by those who need it."""
    game = airport(costs)
    share, paid = 0.0, []
    for place, (cost, before) in enumerate(zip(costs, [0, *costs], strict=False)):
        share += (cost - before) / (len(costs) - place)
        paid.append(share)
    assert list(shapley(game).values()) == pytest.approx([-p for p in paid])
    saved = shapley(savings_game({c: -v for c, v in game.items()}))
    assert list(saved.values()) == pytest.approx([c - p for c, p in zip(costs, paid, strict=True)])
    assert in_core(game, shapley(game)).stable


@some
@given(airports())
def test_nucleolus_of_the_airport(costs):
    """Littlechild 1974: r_k = min over later i of (c_i - c + r) / (i - k + 1), at the end over (n - k)."""
    count, done, rate, paid = len(costs), 0, 0.0, []
    while done < count:
        base = costs[done - 1] if done else 0.0
        rates = [(costs[i - 1] - base + rate) / (i - done + (i < count)) for i in range(done + 1, count + 1)]
        rate = min(rates)
        last = max(i for i, r in enumerate(rates, done + 1) if r <= rate + 1e-12)
        paid += [rate] * (last - done)
        done = last
    assert list(nucleolus(airport(costs)).values()) == pytest.approx([-p for p in paid], abs=1e-6)


def airport(costs):
    """Runway for the longest aeroplane, as a bill."""
    need = dict(zip("abcdef", costs, strict=False))
    return game_of(list(need), lambda c: -max(need[p] for p in c))
