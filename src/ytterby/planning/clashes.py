"""Why nothing is feasible: rows of a programme that cannot hold together, none of them without need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ytterby.errors import SolverFailure

Ints = NDArray[np.int64]

INFINITY = float("inf")
CLASH_TOLERANCE = 1e-6  # relative to the size of a row; smaller slack of the elastic model is rounding
_FILTERED_ROWS = 5000  # beyond, finding an irreducible clash would take minutes
_FILTER_SECONDS = 10.0  # for each of its solves


def clashing_rows(lp: Any) -> tuple[Ints | None, bool]:
    """Rows that cannot hold together, and whether the set is irreducible; None when all rows can.

    Elastic filter, then deletion filter (Chinneck 2008, Feasibility and Infeasibility in
    Optimization, section 6.2): rows that bend at least cost are held until nothing is feasible, then
    each held row is let go if what remains still clashes. Programmes of more than ``_FILTERED_ROWS``
    rows stop at the rows that bend first.
    """
    lp.col_cost_, lp.offset_ = np.zeros(lp.num_col_), 0.0
    elastic = _Elastic(lp)
    bent = elastic.bend()
    if bent is None:
        return np.zeros(0, np.int64), False
    if not len(bent):
        return None, False
    first, held = bent, bent
    while lp.num_row_ <= _FILTERED_ROWS and bent is not None and len(bent):
        elastic.hold(bent)
        bent = elastic.bend()
        held = held if bent is None else np.concatenate([held, bent])
    if lp.num_row_ > _FILTERED_ROWS or not _clash(lp, held):
        return first, False
    for row in held:
        rest = held[held != row]
        if _clash(lp, rest):
            held = rest
    return np.sort(held), True


class _Elastic:
    """The programme with every row free to bend at a price relative to its size."""

    def __init__(self, lp: Any) -> None:
        lower, upper = np.asarray(lp.row_lower_), np.asarray(lp.row_upper_)
        bound = np.where(np.isfinite(lower), abs(lower), np.where(np.isfinite(upper), abs(upper), 0))
        size = np.maximum(1.0, bound)
        self.columns, self.rows = lp.num_col_, lp.num_row_
        self.highs = _quiet()
        check_code(self.highs.passModel(lp), "take the elastic model")
        for sign in (1.0, -1.0):
            for row in range(self.rows):
                place, value = np.array([row], np.int32), np.array([sign * size[row]])
                check_code(self.highs.addCol(1.0, 0.0, INFINITY, 1, place, value), "let a row bend")

    def bend(self) -> Ints | None:
        """Rows that bend at least cost; None when even so nothing is feasible, or nobody knows."""
        import highspy

        code = self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        check_code(code, "solve the elastic model")
        bent = np.asarray(self.highs.getSolution().col_value)[self.columns :].reshape(2, -1).max(axis=0)
        return np.flatnonzero(bent > CLASH_TOLERANCE)

    def hold(self, rows: Ints) -> None:
        """Let these rows bend no more."""
        for column in (*(self.columns + rows), *(self.columns + self.rows + rows)):
            check_code(self.highs.changeColBounds(int(column), 0.0, 0.0), "hold a row")


def _clash(lp: Any, rows: Ints) -> bool:
    """Whether these rows alone, with all column bounds, have no solution."""
    import highspy

    kept = np.zeros(lp.num_row_, bool)
    kept[rows] = True
    highs = _quiet()
    check_code(highs.passModel(lp), "take the model")
    for row in np.flatnonzero(~kept):
        check_code(highs.changeRowBounds(int(row), -INFINITY, INFINITY), "free a row")
    highs.run()  # no objective, so it cannot be unbounded; an unclear status counts as no clash
    kind = highspy.HighsModelStatus
    return highs.getModelStatus() in (kind.kInfeasible, kind.kUnboundedOrInfeasible)


def _quiet() -> Any:
    import highspy

    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    check_code(highs.setOptionValue("output_flag", False), "set an option")
    check_code(highs.setOptionValue("time_limit", _FILTER_SECONDS), "set the time limit")
    return highs


def check_code(code: Any, task: str) -> None:
    """Stop when the solver says that it could not do something."""
    import highspy

    if code == highspy.HighsStatus.kError:
        raise SolverFailure(f"the optimiser could not {task}.")
