"""Laws of choosing projects, against trying every plan; numbers are sections of docs/method/planning.md."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ytterby.errors import BadNumbers, InfeasiblePlan, UnknownName
from ytterby.planning.schedules import schedule_projects
from ytterby.planning.selection import choose_projects, project_frontier
from ytterby.planning.solve import Model, solve

some = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def question(seed: int) -> dict[str, object]:
    """Random projects with two yearly budgets and a rule of every kind."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 8))
    a, b, c = rng.choice(count, 3, replace=False).tolist()
    return {
        "value": rng.integers(1, 30, count).astype(float),
        "cost": rng.integers(0, 15, (2, count)).astype(float),
        "budget": rng.integers(10, 40, 2).astype(float),
        "probability": rng.choice([0.5, 0.8, 1.0], count),
        "requires": [(a, b)],
        "excludes": [(b, c)] if rng.random() < 0.5 else [(a, c)],
        "at_least": int(rng.integers(0, 2)),
        "at_most": int(rng.integers(2, count + 1)),
    }


def plans(q):
    """Every plan that the rules allow, tried one by one."""
    for told in product([False, True], repeat=len(q["value"])):
        z = np.array(told)
        fits = (q["cost"] @ z <= q["budget"] + 1e-9).all() and q["at_least"] <= z.sum() <= q["at_most"]
        fits &= all(z[b] or not z[a] for a, b in q["requires"])
        fits &= all(z[list(g)].sum() <= 1 for g in q["excludes"])
        if fits:
            yield z


def worth(q, z):
    return float((q["value"] * q["probability"])[z].sum())


@some
@given(seeds)
def test_the_choice_is_the_best_of_all_plans(seed):
    """Section 8."""
    q = question(seed)
    allowed = list(plans(q))
    if not allowed:
        with pytest.raises(InfeasiblePlan):
            choose_projects(**q)
        return
    found = choose_projects(**q)
    assert any((found.chosen == z).all() for z in allowed)
    assert found.value == pytest.approx(max(worth(q, z) for z in allowed))
    np.testing.assert_allclose(found.spent, q["cost"] @ found.chosen)
    p = q["probability"][found.chosen]
    assert found.risk == pytest.approx(np.sqrt((q["value"][found.chosen] ** 2 * p * (1 - p)).sum()))


@some
@given(seeds, st.sampled_from([0.0, 0.1, 0.4]))
def test_alternatives_are_as_far_away_as_can_be(seed, within):
    """Section 8: each is the plan near the best whose distance to those before it is largest."""
    q = question(seed)
    allowed = list(plans(q))
    if not allowed:
        return
    found = choose_projects(**q, alternatives=3, within=within)
    near = [z for z in allowed if worth(q, z) >= found.value * (1 - within) - 1e-6]
    assert len(found.alternatives) == min(3, len(near) - 1)
    known = [found.chosen]
    for other in found.alternatives:

        def distance(z):
            return min(int((z != k).sum()) for k in known)

        far = max(distance(z) for z in near)
        assert distance(other.chosen) == far
        equal = [worth(q, z) for z in near if distance(z) == far]
        assert other.value == pytest.approx(max(equal))
        known.append(other.chosen)


@some
@example(3747, "cost")  # with the solver's own tolerance of 1e-6 a worse plan was told as the optimum
@example(91830, "risk")  # with presolve an efficient plan was lost
@example(146, "risk")
@example(225, "cost")  # without presolve another one was
@example(95, "cost")  # the same: rows that bend by less were taken for a programme without limit
@given(seeds, st.sampled_from(["cost", "risk"]))
def test_the_frontier_has_every_efficient_plan(seed, against):
    """Section 8: the same points as filtering all plans."""
    q = question(seed)
    allowed = list(plans(q))
    if not allowed:
        return
    variance = q["value"] ** 2 * q["probability"] * (1 - q["probability"])
    measure = q["cost"][0] if against == "cost" else variance
    points = {(round(float(measure[z].sum()), 6), round(worth(q, z), 6)) for z in allowed}
    efficient = sorted(
        (m, v) for m, v in points if not any((a <= m and b > v) or (a < m and b >= v) for a, b in points)
    )
    found = project_frontier(**q, against=against)
    told = [(float(measure[s.chosen].sum()), s.value) for s in found]
    np.testing.assert_allclose(told, efficient, atol=1e-5)


def test_a_frontier_of_too_many_points_is_refused():
    with pytest.raises(BadNumbers, match="more than 5 plans"):
        project_frontier([1, 2, 4, 8], [1, 2, 4, 8], most_points=5)


def test_money_is_counted_exactly():
    """A plan one dollar over a budget of three million is no plan, though the solver would take it."""
    found = choose_projects([3, 3, 3], [1e6, 1e6, 1e6], 2_999_999)
    assert found.chosen.sum() == 2
    tiny = choose_projects([3e-9, 3e-9, 3e-9], [1e-9, 1e-9, 1e-9], 2.1e-9)
    assert tiny.chosen.sum() == 2
    huge = choose_projects([1, 1, 1], [1e9, 1e9, 3e9 + 1], 5e9)
    assert huge.chosen.sum() == 2


def test_what_cannot_hold_together_is_named_without_the_innocent():
    """By hand: A must be chosen, needs B, and both cost 12 of the second budget's 10."""
    with pytest.raises(InfeasiblePlan) as error:
        choose_projects(
            [1, 1, 1], [[1, 1, 1], [6, 6, 1]], [100, 10], names=["A", "B", "C"], must=["A"],
            requires=[("A", "B")], excludes=[("B", "C")], budget_names=["year 1", "year 2"], at_most=3,
        )  # fmt: skip
    assert error.value.rows == ("A must be chosen", "A requires B", "year 2 (10)")


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"cost": [1, 2, 3]}, BadNumbers, "cost is 1 x 3"),
        ({"budget": [1, 2]}, BadNumbers, "cost is 1 x 2, not 2 x 2"),
        ({"value": [1, np.nan]}, BadNumbers, "value"),
        ({"budget": np.nan}, BadNumbers, "no number"),
        ({"probability": [0.5, 1.5]}, BadNumbers, "probability"),
        ({"names": ["a", "a"]}, BadNumbers, "names"),
        ({"must": ["b"]}, UnknownName, "project"),
        ({"must": [2]}, UnknownName, "project"),
        ({"must": [-1]}, UnknownName, "project"),
        ({"rquires": []}, TypeError, "rquires"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, told):
    with pytest.raises(error, match=told):
        choose_projects(**{"value": [1, 2], "cost": [1, 1], "budget": 1, **change})


# over time ----------------------------------------------------------------------------------------


def schedule_question(seed):
    rng = np.random.default_rng(seed)
    count, periods = 3, 3
    return {
        "value": rng.integers(1, 30, count).astype(float),
        "cost": rng.integers(0, 8, (count, 2)).astype(float),
        "budget": rng.integers(2, 12, periods).astype(float),
        "earliest": rng.integers(0, 2, count),
        "latest": rng.integers(1, 3, count),
        "duration": rng.integers(0, 2, count),
        "discount_rate": 0.1,
        "carry_over": bool(rng.random() < 0.5),
        "requires": [(0, 1)],
        "excludes": [(1, 2)] if rng.random() < 0.3 else [],
    }


def best_schedule(q):
    """Largest value over every combination of starts."""
    periods, best = len(q["budget"]), 0.0
    for starts in product(range(-1, periods), repeat=len(q["value"])):
        spent, worth, fits = np.zeros(periods + 2), 0.0, True
        for j, t in enumerate(starts):
            if t < 0:
                continue
            fits &= q["earliest"][j] <= t <= q["latest"][j]
            spent[t : t + 2] += q["cost"][j]
            worth += q["value"][j] / 1.1**t
        for a, b in q["requires"]:
            fits &= starts[a] < 0 or 0 <= starts[b] <= starts[a] - q["duration"][b]
        fits &= all(sum(starts[i] >= 0 for i in g) <= 1 for g in q["excludes"])
        over = spent[:periods] - q["budget"]
        fits &= not (np.cumsum(over) if q["carry_over"] else over).max() > 1e-9 and not spent[periods:].any()
        if fits:
            best = max(best, worth)
    return best


@some
@example(309)  # with presolve the optimum was lost whose spending just meets a period's budget
@given(seeds)
def test_the_schedule_is_the_best_of_all(seed):
    """Section 8: with lags, spending over two periods, windows and what is left over."""
    q = schedule_question(seed)
    found = schedule_projects(**q)
    assert found.value == pytest.approx(best_schedule(q))
    spent = np.zeros(4)
    for j in np.flatnonzero(found.start >= 0):
        spent[found.start[j] : found.start[j] + 2] += q["cost"][j]
    np.testing.assert_allclose(found.spent, spent[:3])


def test_a_schedule_that_cannot_be():
    """By hand: the road must be built, costs 5, and no year has more than 4."""
    with pytest.raises(InfeasiblePlan) as error:
        schedule_projects([1], [5], [4, 4], names=["road"], must=["road"])
    assert "road must be chosen" in error.value.rows
    assert {"budget of period 0 (4)", "budget of period 1 (4)"} <= set(error.value.rows)
    saved = schedule_projects([1], [5], [4, 4], names=["road"], must=["road"], carry_over=True)
    assert saved.start.tolist() == [1]


def test_fractions_of_a_period_are_refused():
    with pytest.raises(BadNumbers, match="whole number"):
        schedule_projects([1], [1], [1], earliest=0.5)


# clashes ------------------------------------------------------------------------------------------


def clashing(seed):
    """Random rows over two whole numbers from 0 to 3, many of which cannot hold together."""
    rng = np.random.default_rng(seed)
    return rng.integers(-2, 3, (6, 2)).astype(float), rng.integers(-6, 7, 6).astype(float)


@some
@given(seeds)
def test_rows_that_clash_are_irreducible(seed):
    """Section 8: together they leave nothing, without any one of them something is left."""
    left, right = clashing(seed)
    points = np.array(list(product(range(4), repeat=2)), float)

    def possible(rows):
        return (points @ left[list(rows)].T <= right[list(rows)] + 1e-9).all(axis=1).any()

    model = Model()
    columns = model.add_columns(2, upper=3.0, integer=True)
    rows = model.add_rows(6, upper=right, names=[str(i) for i in range(6)])
    model.add_entries(rows[:, None], columns[None, :], left)
    if possible(range(6)):
        solve(model)
        return
    with pytest.raises(InfeasiblePlan) as error:
        solve(model)
    told = [int(name) for name in error.value.rows]
    assert not possible(told)
    for fewer in combinations(told, len(told) - 1):
        assert possible(fewer)
