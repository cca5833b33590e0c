"""Laws of reconciliation over random balances, and its closed form as a second route."""

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import BadNumbers, ClashingNumbers
from ytterby.network.reconcile import reconcile

few = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Balances over flows that meet them, and the same flows with errors: truth, told, sigma, balance."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 14))
    m = int(rng.integers(1, n - 1))
    balance = rng.choice([-1.0, 0.0, 1.0, 0.3], size=(m, n))
    truth = rng.lognormal(3, 2, n)
    sigma = truth * rng.uniform(0.01, 0.4, n)
    return truth, np.abs(truth + sigma * rng.normal(size=n)), sigma, balance


def solved(told, sigma, balance, total, **bounds):  # type: ignore[no-untyped-def]
    table = reconcile(told, sigma, balance, total, clash=np.inf, **bounds)
    return table["adjusted"].to_numpy()


@few
@given(seeds)
def test_adjusted_numbers_meet_every_balance_and_bound(seed: int) -> None:
    truth, told, sigma, balance = problem(seed)
    found = solved(told, sigma, balance, balance @ truth)
    size = np.abs(balance) @ found + np.abs(balance @ truth)
    assert (np.abs(balance @ found - balance @ truth) <= 1e-9 * np.maximum(size, 1e-12)).all()
    assert (found >= 0).all()


@few
@given(seeds)
def test_no_other_balanced_numbers_lie_closer(seed: int) -> None:
    """The truth is balanced and not negative: it cannot be closer; nor can any point towards it."""
    truth, told, sigma, balance = problem(seed)
    found = solved(told, sigma, balance, balance @ truth)

    def distance(x: np.ndarray) -> float:
        return float((((x - told) / sigma) ** 2).sum())

    for share in (1e-4, 0.1, 1.0):
        assert distance(found) <= distance(found + share * (truth - found)) * (1 + 1e-9) + 1e-12


@few
@given(seeds)
def test_two_routes_agree_where_no_bound_holds(seed: int) -> None:
    """The Lagrange solution x = v + S A' (A S A')^+ (b - A v), without bounds."""
    truth, told, sigma, balance = problem(seed)
    total = balance @ truth
    spread = np.diag(sigma**2)
    inner = np.linalg.pinv(balance @ spread @ balance.T, rcond=1e-13, hermitian=True)
    closed = told + spread @ balance.T @ inner @ (total - balance @ told)
    found = solved(told, sigma, balance, total, lower=-np.inf)
    np.testing.assert_allclose(found, closed, rtol=1e-5, atol=1e-5 * np.abs(told).max())


@few
@given(seeds)
def test_balanced_numbers_stay_as_they_are(seed: int) -> None:
    truth, _, sigma, balance = problem(seed)
    table = reconcile(truth, sigma, balance, balance @ truth)
    np.testing.assert_allclose(table["adjusted"], truth, rtol=1e-9)
    assert not table["at_bound"].any()


@few
@given(seeds, st.floats(0.05, 0.95))
def test_a_surer_number_moves_less(seed: int, factor: float) -> None:
    truth, told, sigma, balance = problem(seed)
    total = balance @ truth
    surer = sigma.copy()
    surer[0] *= factor
    before = abs(solved(told, sigma, balance, total)[0] - told[0])
    after = abs(solved(told, surer, balance, total)[0] - told[0])
    assert after <= before * (1 + 1e-6) + 1e-7 * told[0]


@few
@given(seeds)
def test_the_order_of_rows_and_quantities_changes_nothing(seed: int) -> None:
    truth, told, sigma, balance = problem(seed)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(balance)), rng.permutation(len(told))
    total = balance @ truth
    found = solved(told, sigma, balance, total)
    mixed = solved(told[columns], sigma[columns], balance[rows][:, columns], total[rows])
    np.testing.assert_allclose(mixed, found[columns], rtol=1e-6, atol=1e-8 * told.max())


@few
@given(seeds, st.floats(0.01, 100.0))
def test_units_change_nothing(seed: int, unit: float) -> None:
    truth, told, sigma, balance = problem(seed)
    total = balance @ truth
    found = solved(told, sigma, balance, total)
    scaled = solved(unit * told, unit * sigma, balance, unit * total)
    np.testing.assert_allclose(scaled, unit * found, rtol=1e-6, atol=1e-8 * unit * told.max())


def test_by_hand_two_flows_share_a_gap_by_their_variances() -> None:
    """100 +- 10 and 60 +- 5 should sum to 150: the 10 too many split 4 to 1."""
    table = reconcile([100, 60], [10, 5], [[1, 1]], [150], names=["a", "b"])
    assert table["adjusted"].tolist() == pytest.approx([92, 58])
    assert table["change_sigmas"].tolist() == pytest.approx([-0.8, -0.4])


def test_by_hand_a_bound_hands_its_share_to_the_rest() -> None:
    """1 +- 10 and 60 +- 10, sum 40: halves would be -9.5 and 49.5; the first stops at 0."""
    table = reconcile([1, 60], 10, [[1, 1]], [40])
    assert table["adjusted"].tolist() == pytest.approx([0, 40])
    assert table["at_bound"].tolist() == [True, False]


def test_by_hand_an_upper_bound_holds_too() -> None:
    table = reconcile([50, 50], 10, [[1, 1]], [120], upper=[52, np.inf])
    assert table["adjusted"].tolist() == pytest.approx([52, 68])


def test_a_number_in_no_balance_minds_its_bounds() -> None:
    table = reconcile([10, -2, 7], 1, [[1, 0, 0]], [11])
    assert table["adjusted"].tolist() == pytest.approx([11, 0, 7])
    assert table["at_bound"].tolist() == [False, True, False]


def test_a_fixed_number_stays() -> None:
    table = reconcile([10, 10], [0, 1], [[1, -1]], [-3])
    assert table["adjusted"].tolist() == pytest.approx([10, 13])


def test_a_contradiction_is_refused_by_name() -> None:
    with pytest.raises(ClashingNumbers, match=r"mined: 100 to .* standard deviations|mined"):
        reconcile([100, 60], [1, 1], [[1, -1]], names=["mined", "sold"])
    assert len(reconcile([100, 60], [1, 1], [[1, -1]], clash=np.inf)) == 2


def test_a_balance_that_nothing_can_close_is_refused_by_name() -> None:
    with pytest.raises(ClashingNumbers, match=r"ore of X"):
        reconcile([10, 20], 0, [[1, -1]], balances=["ore of X"])
    with pytest.raises(ClashingNumbers, match=r"ore of X"):
        reconcile([10, 20], 1e6, [[1, 1]], [-5], balances=["ore of X"])


@pytest.mark.parametrize(
    ("value", "sigma", "match"),
    [([1, np.nan], 1, "missing"), ([1, 2], [1, np.inf], "missing"), ([1, 2], [1, -1], "negative")],
)
def test_numbers_that_say_nothing_are_refused(value: list[float], sigma: object, match: str) -> None:
    with pytest.raises(BadNumbers, match=match):
        reconcile(value, sigma, [[1, 1]])  # type: ignore[arg-type]


def test_a_fixed_number_beyond_its_bounds_is_refused_by_name() -> None:
    with pytest.raises(BadNumbers, match="waste"):
        reconcile([-1, 2], [0, 1], [[1, 1]], names=["waste", "sold"])


@few
@given(seeds)
def test_two_routes_agree_where_bounds_hold(seed: int) -> None:
    """A quadratic programme in HiGHS over the same numbers, with bounds that bind often."""
    truth, told, sigma, balance = problem(seed)
    rng = np.random.default_rng(seed)
    truth = truth * (rng.random(len(truth)) < 0.6)  # the truth touches its lower bound
    upper = np.where(rng.random(len(truth)) < 0.5, np.maximum(truth, 1.2 * told.min()), np.inf)
    total = balance @ truth
    found = (solved(told, sigma, balance, total, upper=upper) - told) / sigma
    oracle = quadratic_programme(
        balance * sigma, total - balance @ told, -told / sigma, (upper - told) / sigma
    )
    assert (found**2).sum() == pytest.approx((oracle**2).sum(), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(found, oracle, rtol=1e-3, atol=1e-3 * max(1.0, np.abs(oracle).max()))


def quadratic_programme(
    matrix: np.ndarray, right: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Minimise z'z / 2 with matrix z = right and low <= z <= high."""
    n = matrix.shape[1]
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, len(matrix)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(n), low, high
    lp.row_lower_ = lp.row_upper_ = right
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.arange(len(matrix) + 1, dtype=np.int32) * n
    lp.a_matrix_.index_ = np.tile(np.arange(n, dtype=np.int32), len(matrix))
    lp.a_matrix_.value_ = matrix.ravel()
    hessian = highspy.HighsHessian()
    hessian.dim_, hessian.format_ = n, highspy.HessianFormat.kTriangular
    hessian.start_, hessian.index_ = np.arange(n + 1, dtype=np.int32), np.arange(n, dtype=np.int32)
    hessian.value_ = np.ones(n)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    solver.passHessian(hessian)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return np.asarray(solver.getSolution().col_value)
