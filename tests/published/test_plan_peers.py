"""linopy and PyPSA find the optima of our programmes; runs where their environment is named."""

import importlib.util
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ytterby as yt
from ytterby.network.build import build_chain
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario, modal_conditions
from ytterby.planning.choices import check_deadline
from ytterby.planning.export import deterministic_equivalent
from ytterby.planning.periods import even
from ytterby.planning.programme import PLAN_GAP, Programme
from ytterby.planning.solve import Solver, solve
from ytterby.planning.task import build_task

SAME = 1e-8  # relative
FOLDER = os.environ.get("YTTERBY_PEERS", "")
pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="needs YTTERBY_PEERS, a folder with the environment that benchmarks/planning.py --peer makes",
)


@pytest.fixture(scope="module")
def peers():
    """The module beside the drivers of the peers."""
    place = Path(__file__).parents[2] / "benchmarks" / "peers" / "plan_models.py"
    spec = importlib.util.spec_from_file_location("plan_models", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(peers, task, files):
    return peers.ask(peers.peer_python(Path(FOLDER)), task, files)


def equivalent(name):
    """Task and one large programme of a study."""
    study = yt.load_study(name)
    task = build_task(study.files, study.chain, study.scenarios)
    return task, deterministic_equivalent(task, task.players, check_deadline(task, task.players), named=True)


def test_linopy_solves_the_toys_file_to_the_same_optimum(peers, tmp_path):
    task, model = equivalent("three-countries")
    file = tmp_path / "toy.mps"
    Solver(model).write(file)
    ours = solve(model, mip_gap=0.0).objective
    plan = Programme(task, task.players, check_deadline(task, task.players))
    choice = plan.choose()
    assert ask(peers, "mps", [file])[str(file)] == pytest.approx(ours, rel=SAME)
    assert (choice.total_usd + plan.baseline_usd()) / 1e3 == pytest.approx(ours, rel=PLAN_GAP)


def test_linopy_solves_the_study_with_the_joint_plans_projects(peers, tmp_path):
    """The projects of the plan fixed: what is left is a linear programme, equal to eight figures."""
    task, model = equivalent("japan-us-2025")
    plan = Programme(task, task.players, check_deadline(task, task.players))
    choice = plan.choose()
    solver = Solver(model)
    count = len(plan.first.chosen)
    solver.fix_integers(plan.first.chosen, np.round(choice.decisions[:count]))
    file = tmp_path / "study.mps"
    solver.write(file)
    ours = solver.solve().objective
    assert ask(peers, "mps", [file])[str(file)] == pytest.approx(ours, rel=SAME)
    told = (choice.total_usd + plan.baseline_usd()) / 1e3
    assert ours - SAME * ours <= told <= ours * (1 + PLAN_GAP)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", ["ban", "capacity_loss", "demand_surge"])
def test_pypsa_finds_our_optimum_of_a_chain(peers, tmp_path, seed, kind):
    """The chain written down once more in links and stores, by hand of another tool."""
    rng = np.random.default_rng(seed)
    size = Size(
        regions=3, stages=3, spare=1.2, longest_lag=0, most_cover=4, ramp_share=1.0, elasticity=0.0,
        stock_weeks=2.0,
    )  # fmt: skip
    chain = build_chain(random_study(rng, size))
    chain = replace(
        chain, unmet_usd_per_t=np.where(chain.process_is_use, 50_000.0, 0.0), arc_lag=0 * chain.arc_lag
    )
    horizon = even(10, 4, stock_limit=None, restore=False)
    story = Scenario("s", "S", 1.0, (random_shock(chain, kind, rng, 2, 30),))
    conditions = modal_conditions(story, chain, horizon.weeks)
    file = tmp_path / "chain.json"
    file.write_text(json.dumps(peers.told_chain(chain, conditions, horizon)), encoding="utf-8")
    ours = solve(peers.our_model(chain, conditions, horizon)).objective
    assert ours > 0
    assert ask(peers, "chain", [file])["objective"] == pytest.approx(ours, rel=SAME)
