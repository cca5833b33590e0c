"""The module that talks to the solver: sparse blocks in, a checked optimum out.

A :class:`Model` collects columns, rows and entries as numpy blocks and hands them to HiGHS at
once. Every call checks the return code AND the model status: HiGHS can fail to run and still show
an objective of 0, and a time limit can leave a plan that is good but not proven.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import InfeasiblePlan, SolverFailure, UnboundedPlan, YtterbyError
from ytterby.planning.clashes import check_code, clashing_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INFINITY = float("inf")
MODEL_FORMATS = (".lp", ".mps")
MIP_GAP = 1e-4  # relative; a tenth of a per mille is far below what the data can tell apart
ROW_SIZE = 1e3  # of a cut; rounding is then a thousandth of the tightest tolerance
SMALLEST_ENTRY = 1e-12  # coefficients below are left out; the solver's own 1e-9 would bend cuts
_MAX_NAMED_ROWS = 8
_LONGEST_NAME = 200  # readers of LP files take 255
_UNBOUNDED_REMEDY = "Look for a cost or bound that is missing."


@dataclass(frozen=True)
class Numbers:
    """All numbers of a linear programme as arrays; the matrix by compressed columns."""

    offset: float
    cost: Floats  # [column], as are the next two
    lower: Floats
    upper: Floats
    row_lower: Floats  # [row]
    row_upper: Floats
    start: NDArray[np.int32]  # [column + 1] first entry of each column
    index: NDArray[np.int32]  # [entry] row
    value: Floats  # [entry]

    def floor(self) -> float:
        """Value that the objective cannot fall below, from costs and bounds of columns; may be -inf."""
        used = self.cost != 0
        best = np.where(self.cost > 0, self.lower, self.upper)
        return self.offset + float(self.cost[used] @ best[used])


class Model:
    """A linear or mixed-integer programme to be minimised, built from blocks.

    Rows belong to groups ("budget", "deadline"), so that an infeasible model can name them in the
    words of the study. A ``named`` model gives every column and row a name in the files it is written to.
    """

    def __init__(self, name: str = "plan", *, named: bool = False) -> None:
        self.name, self.named = name, named
        self.column_names: dict[int, str] = {}
        self.offset = 0.0
        self.columns = 0
        self.rows = 0
        self.row_names: dict[int, str] = {}
        self._column_blocks: list[tuple[Floats, Floats, Floats]] = []
        self._whole: list[NDArray[np.bool_]] = []
        self._row_blocks: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []

    def add_columns(
        self,
        shape: int | tuple[int, ...],
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = INFINITY,
        integer: bool = False,
    ) -> Ints:
        """Add variables; returns their indices in the given shape. Costs and bounds broadcast."""
        size = int(np.prod(shape))
        bounds = tuple(np.broadcast_to(np.asarray(v, float), shape).ravel() for v in (cost, lower, upper))
        self._column_blocks.append(bounds)  # type: ignore[arg-type]
        self._whole.append(np.full(size, integer))
        self.columns += size
        return np.arange(self.columns - size, self.columns).reshape(shape)

    def add_rows(
        self,
        shape: int | tuple[int, ...],
        *,
        lower: ArrayLike = -INFINITY,
        upper: ArrayLike = INFINITY,
        names: Sequence[str] = (),
    ) -> Ints:
        """Add rows lower <= a x <= upper without entries; returns their indices in the given shape."""
        size = int(np.prod(shape))
        bounds = tuple(np.broadcast_to(np.asarray(v, float), shape).ravel() for v in (lower, upper))
        self._row_blocks.append(bounds)  # type: ignore[arg-type]
        self.row_names.update({self.rows + i: name for i, name in enumerate(names)})
        self.rows += size
        return np.arange(self.rows - size, self.rows).reshape(shape)

    def name_columns(self, columns: Ints, names: Iterable[str]) -> None:
        """Name columns, for files."""
        self.column_names.update(zip(columns.ravel().tolist(), names, strict=True))

    def name_rows(self, rows: Ints, names: Iterable[str]) -> None:
        """Name rows, for files and for messages."""
        self.row_names.update(zip(rows.ravel().tolist(), names, strict=True))

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add coefficients; the three arrays broadcast, repeated places add up, zeros are left out."""
        r, c, v = np.broadcast_arrays(rows, columns, np.asarray(values, float))
        kept = v.ravel() != 0
        self._entries.append((r.ravel()[kept], c.ravel()[kept], v.ravel()[kept]))

    def costs(self) -> Floats:
        """Objective coefficients of all columns."""
        return _joined([block[0] for block in self._column_blocks])

    def numbers(self) -> Numbers:
        """All numbers but which columns are whole."""
        cost, lower, upper = (_joined([block[i] for block in self._column_blocks]) for i in (0, 1, 2))
        row_lower, row_upper = (_joined([block[i] for block in self._row_blocks]) for i in (0, 1))
        start, index, value = self.matrix()
        return Numbers(self.offset, cost, lower, upper, row_lower, row_upper, start, index, value)

    def to_highs(self) -> Any:
        """Return the model as a ``HighsLp``, column-wise."""
        import highspy

        lp = highspy.HighsLp()
        lp.model_name_ = self.name
        lp.num_col_, lp.num_row_, lp.offset_ = self.columns, self.rows, self.offset
        told = self.numbers()
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = told.cost, told.lower, told.upper
        lp.row_lower_, lp.row_upper_ = told.row_lower, told.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = told.start, told.index, told.value
        integer = np.concatenate(self._whole)
        if integer.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(flag)] for flag in integer]
        if self.named:
            lp.col_names_ = _file_names("column", self.columns, self.column_names)
            lp.row_names_ = _file_names("row", self.rows, self.row_names)
        return lp

    def matrix(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """Compressed columns (start, row index, value) of the collected entries."""
        rows, columns = (np.concatenate([e[i] for e in self._entries] or [np.zeros(0, int)]) for i in (0, 1))
        values = _joined([e[2] for e in self._entries])
        order = np.lexsort((rows, columns))
        rows, columns, values = rows[order], columns[order], values[order]
        first = np.ones(len(rows), dtype=bool)
        first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
        place = np.flatnonzero(first)
        summed = np.add.reduceat(values, place) if len(values) else values
        start = np.searchsorted(columns[place], np.arange(self.columns + 1))
        return start.astype(np.int32), rows[place].astype(np.int32), summed


@dataclass(frozen=True)
class Solution:
    """An optimum, or the best plan that was found before a limit (``proven`` says which).

    ``row_dual`` and ``reduced_cost`` follow HiGHS: change of the objective per unit of the row's
    or column's bound; both are zero for mixed-integer models.
    """

    value: Floats
    row_dual: Floats
    reduced_cost: Floats
    objective: float
    status: str
    proven: bool
    gap: float
    seconds: float


class Solver:
    """A model inside HiGHS, which may be solved again after bounds or costs change (warm start).

    ``tolerance`` is how far rows and whole numbers may be missed; None leaves the solver's 1e-7 and 1e-6.
    Without ``presolve`` the rows are searched as they are: presolving small programmes of whole numbers
    whose budgets are just met has lost their optimum.
    """

    def __init__(self, model: Model, *, tolerance: float | None = None, presolve: bool = True) -> None:
        import highspy

        self.model = model
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        check_code(self._highs.setOptionValue("output_flag", False), "set an option")
        check_code(self._highs.setOptionValue("random_seed", 0), "set an option")
        check_code(self._highs.setOptionValue("threads", 1), "set an option")  # same result on any machine
        check_code(self._highs.setOptionValue("small_matrix_value", SMALLEST_ENTRY), "set an option")
        self.set_presolve(presolve)
        if tolerance is not None:
            for option in ("primal_feasibility_tolerance", "mip_feasibility_tolerance"):
                check_code(self._highs.setOptionValue(option, tolerance), "set the tolerance")
        check_code(self._highs.passModel(model.to_highs()), "take the model")

    def take(self, told: Numbers) -> None:
        """Replace all numbers by those of another linear programme of the same shape, and keep the basis."""
        import highspy

        basis = self._highs.getBasis()
        columns, rows = len(told.cost), len(told.row_lower)
        column_wise, minimise = int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize)
        code = self._highs.passModel(
            columns, rows, len(told.value), column_wise, minimise, told.offset, told.cost, told.lower,
            told.upper, told.row_lower, told.row_upper, told.start, told.index, told.value,
            np.zeros(columns, np.int32),
        )  # fmt: skip
        check_code(code, "take other numbers")
        if basis.valid:
            check_code(self._highs.setBasis(basis), "keep the basis")

    def set_presolve(self, presolve: bool) -> None:
        """Let the next solves presolve the rows, or search them as they are."""
        check_code(self._highs.setOptionValue("presolve", "choose" if presolve else "off"), "set presolve")

    def set_bounds(self, columns: Ints, lower: ArrayLike, upper: ArrayLike) -> None:
        """Change bounds of columns."""
        index = np.asarray(columns, np.int32).ravel()
        low, high = (np.broadcast_to(np.asarray(v, float), index.shape).copy() for v in (lower, upper))
        check_code(self._highs.changeColsBounds(len(index), index, low, high), "change bounds")

    def set_costs(self, columns: Ints, costs: ArrayLike) -> None:
        """Change objective coefficients of columns."""
        index = np.asarray(columns, np.int32).ravel()
        cost = np.broadcast_to(np.asarray(costs, float), index.shape).copy()
        check_code(self._highs.changeColsCost(len(index), index, cost), "change costs")

    def set_rows(self, rows: Ints, lower: ArrayLike, upper: ArrayLike) -> None:
        """Change bounds of rows."""
        index = np.asarray(rows, np.int32).ravel()
        low, high = (np.broadcast_to(np.asarray(v, float), index.shape) for v in (lower, upper))
        for row, at_least, at_most in zip(index, low, high, strict=True):
            check_code(self._highs.changeRowBounds(int(row), float(at_least), float(at_most)), "change rows")

    def add_row(self, columns: Ints, values: Floats, lower: float) -> None:
        """Add one row values @ x[columns] >= lower (a cut), in a unit in which it has no large numbers.

        The solver's tolerances are absolute: what rounding misses of a row of millions is beyond 1e-9.
        """
        kept = np.flatnonzero(values)
        index, value = np.asarray(columns, np.int32)[kept], np.asarray(values, float)[kept]
        unit = max(1.0, abs(lower) / ROW_SIZE)
        check_code(self._highs.addRow(lower / unit, INFINITY, len(kept), index, value / unit), "add a row")

    def fix_integers(self, columns: Ints, values: ArrayLike) -> None:
        """Fix integer columns and treat them as continuous: what is left is an LP with duals."""
        import highspy

        index = np.asarray(columns, np.int32).ravel()
        kind = np.full(len(index), int(highspy.HighsVarType.kContinuous), np.uint8)
        check_code(self._highs.changeColsIntegrality(len(index), index, kind), "relax integers")
        self.set_bounds(columns, values, values)

    def write(self, path: Path) -> None:
        """Write the model for other solvers; the ending of the name (.lp or .mps) chooses the format.

        Raises
        ------
        YtterbyError: another ending. OSError: the file cannot be written.
        """
        check_format(path)
        partial = path.with_name(f".part-{path.name}")  # the ending stays: it chooses the format
        try:
            partial.touch()  # the solver dies, and Python with it, where it cannot open a file
            check_code(self._highs.writeModel(str(partial)), f"write {path.name}")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def solve(
        self, *, time_limit: float | None = None, mip_gap: float = MIP_GAP, explain: bool = True
    ) -> Solution:
        """Solve, or solve again; ``explain`` looks for the rows that clash when nothing is feasible.

        Raises
        ------
        InfeasiblePlan: no point meets all rows; the message names those that clash.
        UnboundedPlan: the objective has no limit.
        SolverFailure: stopped without any plan.
        """
        limit = INFINITY if time_limit is None else self._highs.getRunTime() + time_limit  # its clock runs on
        check_code(self._highs.setOptionValue("time_limit", limit), "set the time limit")
        check_code(self._highs.setOptionValue("mip_rel_gap", mip_gap), "set the gap")
        started = time.perf_counter()
        code = self._highs.run()
        if self._highs.getModelStatus() in self._undecided():  # a warm start can end in numerical trouble
            check_code(self._highs.clearSolver(), "start afresh")
            code = self._highs.run()
        status = self._highs.getModelStatus()
        if status == self._infeasible() and not explain:
            raise InfeasiblePlan("no plan meets all rows.")
        return self._solution(code, status, time.perf_counter() - started)

    @staticmethod
    def _infeasible() -> Any:
        import highspy

        return highspy.HighsModelStatus.kInfeasible

    @staticmethod
    def _undecided() -> tuple[Any, ...]:
        import highspy

        kind = highspy.HighsModelStatus
        return (kind.kUnknown, kind.kSolveError, kind.kPostsolveError, kind.kNotset)

    def _solution(self, code: Any, status: Any, seconds: float) -> Solution:
        import highspy

        named = self._highs.modelStatusToString(status).lower()
        kind = highspy.HighsModelStatus
        if status in (kind.kInfeasible, kind.kUnboundedOrInfeasible):
            raise _infeasible(self.model, self._highs.getLp(), certain=status == kind.kInfeasible)
        check_code(code, f"solve (status: {named})")
        info = self._highs.getInfo()
        limits = (kind.kTimeLimit, kind.kIterationLimit, kind.kSolutionLimit, kind.kInterrupt)
        if status == kind.kUnbounded:
            raise UnboundedPlan("the optimiser stopped without a plan: unbounded.", _UNBOUNDED_REMEDY)
        has_plan = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if status != kind.kOptimal and not (status in limits and has_plan):
            remedy = "Give it more time." if status in limits else ""
            raise SolverFailure(f"the optimiser stopped without a plan: {named}.", remedy)
        found = self._highs.getSolution()
        return Solution(
            np.asarray(found.col_value), np.asarray(found.row_dual), np.asarray(found.col_dual),
            float(info.objective_function_value), named, status == kind.kOptimal,
            float(info.mip_gap) if np.isfinite(info.mip_gap) else 0.0, seconds,
        )  # fmt: skip


def solve(
    model: Model,
    *,
    time_limit: float | None = None,
    mip_gap: float = MIP_GAP,
    tolerance: float | None = None,
) -> Solution:
    """Solve a model once; see :class:`Solver`."""
    return Solver(model, tolerance=tolerance).solve(time_limit=time_limit, mip_gap=mip_gap)


def check_format(path: Path) -> None:
    """Refuse a file name that chooses no format of models."""
    if path.suffix not in MODEL_FORMATS:
        remedy = f"Use one of {', '.join(MODEL_FORMATS)}."
        raise YtterbyError(f"unknown model format {path.suffix!r}.", remedy)


def _file_names(kind: str, count: int, told: dict[int, str]) -> list[str]:
    """Names that LP and MPS files allow: letters, digits, dots; each once."""
    names, seen = [], dict[str, int]()
    for i in range(count):
        name = re.sub(r"[^A-Za-z0-9_.]+", "_", told.get(i, f"{kind}.{i}"))[:_LONGEST_NAME]
        name = name if name[:1].isalpha() else f"{kind}.{name}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.again{seen[name]}")
    return names


def _joined(blocks: list[Floats]) -> Floats:
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _infeasible(model: Model, lp: Any, *, certain: bool) -> SolverFailure:
    """Name the rows that clash; without any the programme has no limit (HiGHS may not tell which)."""
    clashes, minimal = clashing_rows(lp)
    if clashes is None and not certain:
        return UnboundedPlan("the optimiser stopped without a plan: unbounded.", _UNBOUNDED_REMEDY)
    if clashes is None or not len(clashes):
        return InfeasiblePlan("no plan meets all bounds.", "Look for a lower bound above an upper one.")
    named = sorted({model.row_names.get(int(row), f"row {row}") for row in clashes})
    shown = "; ".join(named[:_MAX_NAMED_ROWS])
    more = f" and {len(named) - _MAX_NAMED_ROWS} more" if len(named) > _MAX_NAMED_ROWS else ""
    told = "these cannot hold together" if minimal else "cannot hold together with the rest"
    remedy = "Give way in any one of them." if minimal else ""
    return InfeasiblePlan(f"no plan meets all rows; {told}: {shown}{more}.", remedy, tuple(named))
