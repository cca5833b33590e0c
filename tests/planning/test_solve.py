"""The solver's door: statuses are checked, infeasible rows are named."""

import numpy as np
import pytest

import ytterby as yt
from ytterby.errors import InfeasiblePlan, SolverFailure
from ytterby.planning.choices import check_deadline
from ytterby.planning.programme import Programme
from ytterby.planning.solve import Model, Solver, solve
from ytterby.planning.task import build_task


def small() -> tuple[Model, np.ndarray, np.ndarray]:
    """min 2a + 3b with a + b >= 4, a <= 3."""
    model = Model()
    columns = model.add_columns(2, cost=[2.0, 3.0], upper=[3.0, np.inf])
    rows = model.add_rows(1, lower=4.0, names=["need"])
    model.add_entries(rows[:, None], columns[None, :], 1.0)
    return model, columns, rows


def test_optimum_duals_and_offset():
    model, columns, rows = small()
    model.offset = 10.0
    found = solve(model)
    assert found.objective == pytest.approx(19)
    assert found.value[columns].tolist() == [3, 1]
    assert found.row_dual[rows[0]] == pytest.approx(3)
    assert found.reduced_cost[columns[0]] == pytest.approx(-1)
    assert found.proven


def test_repeated_entries_add_up():
    model, columns, rows = small()
    model.add_entries(rows[0], columns[0], 1.0)  # 2a + b >= 4
    assert solve(model).objective == pytest.approx(4)


def test_infeasible_rows_are_named():
    model, columns, _ = small()
    clash = model.add_rows(1, upper=1.0, names=["budget of A"])
    model.add_entries(clash[:, None], columns[None, :], 1.0)
    innocent = model.add_rows(1, upper=100.0, names=["innocent"])
    model.add_entries(innocent, columns[:1], 1.0)
    with pytest.raises(InfeasiblePlan) as error:
        solve(model)
    assert "budget of A" in error.value.message or "need" in error.value.message
    assert "innocent" not in error.value.message


def test_of_a_large_programme_the_rows_that_bend_are_named(monkeypatch):
    monkeypatch.setattr("ytterby.planning.clashes._FILTERED_ROWS", 1)
    model, columns, _ = small()
    clash = model.add_rows(1, upper=1.0, names=["budget of A"])
    model.add_entries(clash[:, None], columns[None, :], 1.0)
    with pytest.raises(InfeasiblePlan, match=r"cannot hold together with the rest: (need|budget of A)\."):
        solve(model)


def test_a_clash_is_named_whole():
    model, columns, _ = small()
    clash = model.add_rows(1, upper=1.0, names=["budget of A"])
    model.add_entries(clash[:, None], columns[None, :], 1.0)
    with pytest.raises(InfeasiblePlan, match="these cannot hold together: budget of A; need") as error:
        solve(model)
    assert error.value.rows == ("budget of A", "need")


def test_crossed_bounds_are_infeasible():
    model, columns, _ = small()
    solver = Solver(model)
    solver.set_bounds(columns, 5.0, 4.0)
    with pytest.raises(SolverFailure):
        solver.solve()


def test_unbounded_is_told():
    model = Model()
    model.add_columns(1, cost=-1.0)
    model.add_rows(1)
    with pytest.raises(SolverFailure, match="unbounded"):
        solve(model)


def hard_knapsack() -> Model:
    rng = np.random.default_rng(1)
    model = Model()
    columns = model.add_columns(60, cost=-rng.integers(1000, 1100, 60), upper=1.0, integer=True)
    rows = model.add_rows(20, upper=rng.integers(900, 1000, 20).astype(float))
    model.add_entries(rows[:, None], columns[None, :], rng.integers(10, 99, (20, 60)))
    return model


def test_no_time_and_no_plan_is_a_failure():
    with pytest.raises(SolverFailure, match="time limit"):
        solve(hard_knapsack(), time_limit=0.0)


def test_a_time_limit_returns_the_best_plan_with_its_gap():
    found = solve(hard_knapsack(), time_limit=0.3, mip_gap=0.0)
    assert not found.proven
    assert found.status == "time limit reached"
    assert 0 < found.gap < 1


def test_the_clock_starts_anew_with_every_solve():
    model, columns, _ = small()
    solver = Solver(model)
    for upper in (3.0, 2.0, 1.0):
        solver.set_bounds(columns[:1], 0.0, upper)
        assert solver.solve(time_limit=5.0).proven


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_models_can_be_written(tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    Solver(small()[0]).write(path)
    assert path.stat().st_size > 50


def test_the_master_of_the_built_in_study_is_solved_from_nothing():
    """Money of millions in rows kept to 1e-9 asked for more digits than there are: a solve error."""
    study = yt.load_study("japan-us-2025")
    task = build_task(study.files, study.chain, study.scenarios)
    programme = Programme(task, task.players, check_deadline(task, task.players))
    assert (programme.scenes.floor > -1e8).all()  # thousands of USD; not the last resort of -1e12
    choice = programme.choose(gap=0.1)
    assert choice.proven
    assert (choice.answer.cost >= programme.scenes.floor).all()
    for cut in programme.cuts:
        line = cut.at_nothing + cut.slope @ choice.decisions
        assert choice.answer.cost[cut.scenario] >= line - 1e-6 * abs(line)
