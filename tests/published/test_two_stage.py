"""Two-stage programmes of textbooks, by both methods, and solved a second way."""

import highspy
import numpy as np
import pytest

from ytterby.planning.recourse import solve_two_stage
from ytterby.planning.stockpiles import newsvendor

METHODS = pytest.mark.parametrize("method", ["deterministic", "benders"])


@pytest.fixture
def farmer() -> dict[str, object]:
    """Birge and Louveaux, Introduction to Stochastic Programming, section 1.1, tables 1 to 5.

    x: acres of wheat, corn, beets (500 in all; 150, 230, 260 USD an acre). y: wheat bought (238 USD/t)
    and sold (170), corn bought (210) and sold (150), beets sold up to 6000 t (36) and above (10).
    200 t of wheat and 240 t of corn feed the cattle. Yields 2.5, 3, 20 t an acre, a fifth up or down.
    """
    return {
        "cost": [150, 230, 260],
        "rows": [[1, 1, 1]],
        "limits": [500],
        "recourse_cost": [238, -170, 210, -150, -36, -10],
        "technology": [np.diag([2.5, 3, 20]) * k for k in (1.2, 1, 0.8)],
        "recourse": [[1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [0, 0, 0, 0, -1, -1]],
        "requirements": [200, 240, 0],
        "recourse_senses": ">=",
        "recourse_upper": [np.inf, np.inf, np.inf, np.inf, 6000, np.inf],
        "probabilities": [1 / 3, 1 / 3, 1 / 3],
    }


@METHODS
def test_the_farmer(farmer, method):
    """Ibid.: RP -108,390 with 170, 80, 250 acres; WS -115,405.56; EEV -107,240; EVPI 7,015.56; VSS 1,150."""
    found = solve_two_stage(**farmer, method=method)
    assert found.objective == pytest.approx(-108_390, abs=0.01)
    np.testing.assert_allclose(found.first, [170, 80, 250], atol=1e-5)
    assert found.wait_and_see == pytest.approx(-115_405.56, abs=0.01)
    assert found.evpi == pytest.approx(7_015.56, abs=0.01)
    assert found.eev == pytest.approx(-107_240, abs=0.01)
    assert found.vss == pytest.approx(1_150, abs=0.01)
    np.testing.assert_allclose(found.mean_plan, [120, 80, 300], atol=1e-5)
    np.testing.assert_allclose(found.scenario_objectives, [-167_000, -109_350, -48_820], atol=0.01)


@METHODS
def test_the_farmer_counts_profits(farmer, method):
    """The same with all signs turned: worth of knowing and hedging stay from 0 on."""
    for name in ("cost", "recourse_cost"):
        farmer[name] = -np.asarray(farmer[name], float)
    found = solve_two_stage(**farmer, maximise=True, method=method)
    assert found.objective == pytest.approx(108_390, abs=0.01)
    assert found.wait_and_see == pytest.approx(115_405.56, abs=0.01)
    assert found.evpi == pytest.approx(7_015.56, abs=0.01)
    assert found.vss == pytest.approx(1_150, abs=0.01)
    assert found.cvar == pytest.approx(-48_820, abs=0.01)


@METHODS
def test_the_farmer_who_dreads_bad_years(farmer, method):
    """Tail of a third: the worst year alone, in which yields are low; its own best plan is 100, 25, 375."""
    found = solve_two_stage(**farmer, risk_weight=1.0, beta=2 / 3, method=method)
    low = solve_two_stage(**{**farmer, "technology": farmer["technology"][2], "probabilities": [1.0]})
    assert found.objective == pytest.approx(-59_950, abs=0.01)
    assert low.objective == pytest.approx(-59_950, abs=0.01)
    np.testing.assert_allclose(low.first, [100, 25, 375], atol=1e-5)


@pytest.fixture
def power_plants() -> dict[str, object]:
    """Louveaux and Smeers 1988 (LandS): four technologies serve three modes of demand.

    x: capacity at 10, 7, 16, 6 a unit, 12 units at least, budget 120. y: technology in mode, 3 columns
    each. Demand of the first mode 3, 5 or 7 with probability .3, .4, .3, of the others 3 and 2.
    """
    operate = np.outer([40, 45, 32, 55], [1, 0.6, 0.1])
    recourse = np.zeros((7, 12))
    for i in range(4):
        recourse[i, 3 * i : 3 * i + 3] = 1
        recourse[4:, 3 * i : 3 * i + 3] = np.eye(3)
    return {
        "cost": [10, 7, 16, 6],
        "rows": [[1, 1, 1, 1], [10, 7, 16, 6]],
        "limits": [12, 120],
        "senses": [">=", "<="],
        "recourse_cost": operate.ravel(),
        "technology": np.vstack([-np.eye(4), np.zeros((3, 4))]),
        "recourse": recourse,
        "requirements": [[0, 0, 0, 0, d, 3, 2] for d in (3, 5, 7)],
        "recourse_senses": ["<="] * 4 + [">="] * 3,
        "probabilities": [0.3, 0.4, 0.3],
    }


@METHODS
def test_the_power_plants(power_plants, method):
    """Louveaux and Smeers 1988: 381.853 with 2.667, 4, 3.333, 2."""
    found = solve_two_stage(**power_plants, method=method)
    assert found.objective == pytest.approx(381.853, abs=1e-3)
    np.testing.assert_allclose(found.first, [8 / 3, 4, 10 / 3, 2], atol=1e-4)
    assert found.objective == pytest.approx(solved_directly(power_plants), rel=1e-7)
    assert found.eev == pytest.approx(solved_directly(power_plants, fixed=found.mean_plan), rel=1e-7)


@METHODS
def test_power_plants_in_whole_units(power_plants, method):
    """The same over all whole capacities, each completed by itself."""
    found = solve_two_stage(**power_plants, integer=True, method=method)
    tried = {}
    for x in np.ndindex(13, 13, 8, 13):
        if 12 <= sum(x) <= 13 and np.dot(x, [10, 7, 16, 6]) <= 120:
            tried[x] = None
    best = min(solved_directly(power_plants, fixed=x) for x in tried)
    assert found.objective == pytest.approx(best, rel=1e-7)
    np.testing.assert_array_equal(found.first, np.round(found.first))


@pytest.fixture
def furniture() -> dict[str, object]:
    """Higle 2005, Stochastic programming: optimization when uncertainty matters (Dakota furniture).

    x: lumber, finishing, carpentry at 2, 4, 5.2. y: desks, tables, chairs at 60, 40, 10. Demand low,
    likely, high with probability .3, .4, .3.
    """
    use = np.array([[8, 6, 1], [4, 2, 1.5], [2, 1.5, 0.5]])
    return {
        "cost": [-2, -4, -5.2],
        "rows": [],
        "limits": [],
        "recourse_cost": [60, 40, 10],
        "technology": np.vstack([-np.eye(3), np.zeros((3, 3))]),
        "recourse": np.vstack([use, np.eye(3)]),
        "requirements": [[0, 0, 0, *d] for d in ((50, 20, 200), (150, 110, 225), (250, 250, 500))],
        "probabilities": [0.3, 0.4, 0.3],
        "maximise": True,
    }


@METHODS
def test_the_furniture_maker(furniture, method):
    """Ibid.: 1,730 with 1,300, 540, 325; the plan for mean demand promises 4,165."""
    found = solve_two_stage(**furniture, method=method)
    assert found.objective == pytest.approx(1_730, abs=1e-3)
    np.testing.assert_allclose(found.first, [1300, 540, 325], atol=1e-4)
    np.testing.assert_allclose(found.mean_plan, [1950, 850, 487.5], atol=1e-4)
    assert found.objective == pytest.approx(-solved_directly(furniture), rel=1e-7)
    assert found.eev == pytest.approx(-solved_directly(furniture, fixed=found.mean_plan), rel=1e-7)
    mean = {**furniture, "requirements": [0, 0, 0, 150, 125, 300], "probabilities": [1.0]}
    assert solve_two_stage(**mean).objective == pytest.approx(4_165, abs=1e-3)


@METHODS
@pytest.mark.parametrize(("cost", "value"), [(1, 4), (2, 3), (5, 4)])
def test_the_newsvendor_in_two_stages(cost, value, method):
    """Stock q, then need - q is missed at its value: the rule and the programme store the same."""
    needs, chances = np.array([0, 40, 70, 100, 160.0]), np.array([0.2, 0.25, 0.2, 0.2, 0.15])
    found = solve_two_stage(
        [cost], [], [], [value], [[1]], [[1]], needs[:, None], chances, recourse_senses=">=", method=method
    )
    stock = newsvendor(cost, value, needs, chances)
    expected = cost * stock + value * chances @ np.maximum(0, needs - stock)
    assert found.objective == pytest.approx(expected)
    assert found.wait_and_see == pytest.approx(min(cost, value) * chances @ needs)


def test_the_asset_of_two_outcomes():
    """By hand: 1 to place in cash (factor 1) or a share (1.5 or 0.6, equal odds), goal 1.

    A unit of the share is worth 1.05 in the mean and 0.6 in the worst half. With weight l on the tail that
    is (1 - l) 1.05 + 0.6 l against 1 in cash: all cash from l = 1/9 on.
    """
    terms = {
        "cost": [0, 0], "rows": [[1, 1]], "limits": [1], "senses": "=", "recourse_cost": [1],
        "technology": [[[-1, -1.5]], [[-1, -0.6]]], "recourse": [[1]], "requirements": [0],
        "recourse_senses": "=", "probabilities": [0.5, 0.5], "maximise": True, "beta": 0.5,
    }  # fmt: skip
    bold = solve_two_stage(**terms, risk_weight=0.1)
    careful = solve_two_stage(**terms, risk_weight=0.12)
    np.testing.assert_allclose(bold.first, [0, 1], atol=1e-8)
    np.testing.assert_allclose(careful.first, [1, 0], atol=1e-8)
    assert bold.objective == pytest.approx(0.9 * 1.05 + 0.1 * 0.6)
    assert bold.cvar == pytest.approx(-0.6)


def solved_directly(terms, fixed=None):
    """Minimum of the deterministic equivalent, built term by term in the solver's own words."""
    highs, sign = highspy.Highs(), -1.0 if terms.get("maximise") else 1.0
    highs.setOptionValue("output_flag", False)
    infinity = highspy.kHighsInf
    bounds = [(0, infinity)] * len(terms["cost"]) if fixed is None else [(float(v), float(v)) for v in fixed]
    x = [highs.addVariable(lb=low, ub=high) for low, high in bounds]
    total = sum(sign * c * v for c, v in zip(terms["cost"], x, strict=True))

    def hold(pairs, sense, limit):
        left = sum(float(k) * v for k, v in pairs if k)
        highs.addConstr(left <= float(limit) if sense == "<=" else left >= float(limit))

    first = terms.get("senses", "<=")
    for i, (row, limit) in enumerate(zip(terms["rows"], terms["limits"], strict=True)):
        if fixed is None:
            hold(zip(row, x, strict=True), first if isinstance(first, str) else first[i], limit)
    many = np.shape(terms["recourse"])[0]
    second = terms.get("recourse_senses", "<=")
    senses = [second] * many if isinstance(second, str) else second
    for p, h in zip(terms["probabilities"], terms["requirements"], strict=True):
        y = [highs.addVariable(lb=0, ub=infinity) for _ in terms["recourse_cost"]]
        total += sum(sign * p * float(q) * v for q, v in zip(terms["recourse_cost"], y, strict=True))
        for t, w, sense, limit in zip(terms["technology"], terms["recourse"], senses, h, strict=True):
            hold([*zip(t, x, strict=True), *zip(w, y, strict=True)], sense, limit)
    highs.minimize(total)
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return np.inf
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return highs.getInfo().objective_function_value
