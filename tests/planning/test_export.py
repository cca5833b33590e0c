"""The written programme is the one that the plan solves, in the study's words."""

from importlib.resources import files
from pathlib import Path

import highspy
import pytest
from typer.testing import CliRunner

from ytterby.catalog.studies import read_study_files
from ytterby.cli import app
from ytterby.errors import YtterbyError
from ytterby.network.build import build_chain
from ytterby.network.shocks import build_scenarios
from ytterby.planning.choices import check_deadline
from ytterby.planning.export import deterministic_equivalent, export_plan
from ytterby.planning.solve import Model, Solver, solve
from ytterby.planning.task import build_task


@pytest.fixture(scope="module")
def toy():
    study = read_study_files(Path(str(files("ytterby") / "studies" / "three-countries")))
    chain = build_chain(study)
    return study, chain, build_scenarios(study, chain)


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_what_is_read_back_has_the_same_optimum(toy, tmp_path, ending):
    path = export_plan(*toy, tmp_path / f"model.{ending}")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    task = build_task(*toy)
    ours = solve(
        deterministic_equivalent(task, task.players, check_deadline(task, task.players)), mip_gap=0.0
    )
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("mip_rel_gap", 0.0)
    assert other.readModel(str(path)) == highspy.HighsStatus.kOk
    assert other.run() == highspy.HighsStatus.kOk
    assert other.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert other.getInfo().objective_function_value == pytest.approx(ours.objective, rel=1e-8)
    names = [other.getColName(i)[1] for i in range(other.getNumCol())]
    assert len(set(names)) == len(names)
    assert not [name for name in names if name.startswith("column.")]
    projects = task.study.tables["projects"]["project"]
    assert {f"choose.{p}" for p in projects} <= set(names)
    assert any(name.startswith("flow.") and ".ban." in name for name in names)


def test_names_that_a_file_cannot_hold_are_changed_and_kept_apart(tmp_path):
    model = Model(named=True)
    columns = model.add_columns(3, cost=1.0, lower=1.0)
    model.name_columns(columns, ["Sm + Co", "Sm - Co", "1st"])
    rows = model.add_rows(1, lower=0.0, names=["budget of A (1,000 USD)"])
    model.add_entries(rows, columns[:1], 1.0)
    Solver(model).write(tmp_path / "odd.lp")
    text = (tmp_path / "odd.lp").read_text()
    for name in ("Sm_Co", "Sm_Co.again2", "column.1st", "budget_of_A_1_000_USD_"):
        assert name in text


def test_another_ending_is_refused_before_the_work(tmp_path):
    done = CliRunner().invoke(app, ["plan", "three-countries", "--export", str(tmp_path / "model.xls")])
    assert done.exit_code != 0
    model = Model()
    model.add_columns(1)
    with pytest.raises(YtterbyError, match=r"unknown model format '\.xls'"):
        Solver(model).write(tmp_path / "model.xls")


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """The solver itself crashes there, and takes Python with it."""
    model = Model()
    model.add_columns(1)
    with pytest.raises(FileNotFoundError):
        Solver(model).write(tmp_path / "nowhere" / "model.lp")


def test_the_command_writes_the_model(tmp_path):
    done = CliRunner().invoke(app, ["plan", "three-countries", "--export", str(tmp_path / "model.mps")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "model.mps").stat().st_size > 1000
