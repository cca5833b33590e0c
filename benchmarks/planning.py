"""Decision mathematics: sharing, two stages whole and in pieces, study plans, beside linopy and PyPSA.

    python benchmarks/planning.py [--peer FOLDER] [--runs 3] [--draws 100,300]

The two-stage programme is a random capacity problem: twelve plants, eight modes of demand that
differ by scenario, unmet need at a high price. FOLDER, outside the checkout, takes a virtual
environment for linopy and PyPSA (0.7 GB), in which their side is built and solved in a process of its own.
``--draws`` plans the built-in study for so many drawn futures.
Times are processor seconds, medians; objectives have to be equal or the program stops.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peers.plan_models import ask, our_model, told_chain
from ytterby import load_study
from ytterby.network.build import build_chain
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario, modal_conditions
from ytterby.planning.benders import decompose
from ytterby.planning.choices import check_deadline
from ytterby.planning.export import deterministic_equivalent
from ytterby.planning.futures import Drawing
from ytterby.planning.nucleolus import nucleolus
from ytterby.planning.periods import even
from ytterby.planning.programme import START_GAP, Programme
from ytterby.planning.sharing import coalitions_of, shapley
from ytterby.planning.solve import INFINITY, Solver
from ytterby.planning.task import build_task
from ytterby.planning.two_stage import GAP, TwoStage, equivalent

DRIVER = Path(__file__).with_name("peers") / "linopy_driver.py"
PLANTS, MODES = 12, 8
SAME = 1e-8  # relative


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", type=Path, help="folder for linopy's environment")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--draws", default="", help="for example 100,300: futures of the built-in study")
    arguments = parser.parse_args()
    python = make_environment(arguments.peer.resolve()) if arguments.peer else None
    for players in (8, 10, 12):
        game = random_game(players)
        first, second = (timed(partial(rule, game), arguments.runs)[0] for rule in (shapley, nucleolus))
        print(f"{players} partners: Shapley value {first:.4f} s, nucleolus {second:.4f} s")
    for scenarios in (30, 100, 300):
        print(f"{scenarios} scenarios:", compare(scenarios, arguments.runs, python))
    print("a chain as PyPSA can say it:", compare_chain(arguments.runs, python))
    print("the study as one programme:", whole_study())
    print("30 projects in 5 scenarios:", thirty_projects())
    for draws in [int(part) for part in arguments.draws.split(",") if part]:
        print(f"the study for {draws} draws:", plan_draws(draws))


def compare_chain(runs: int, python: Path | None) -> str:
    """Build of a chain beside PyPSA's; stops when the optima differ."""
    size = Size(
        regions=8, stages=5, spare=1.2, longest_lag=0, most_cover=4, ramp_share=1.0, elasticity=0.0,
        stock_weeks=2.0,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    chain = build_chain(random_study(rng, size))
    worth = np.where(chain.process_is_use, 50_000.0, 0.0)
    chain = replace(chain, unmet_usd_per_t=worth, arc_lag=0 * chain.arc_lag)
    horizon = even(26, 4, stock_limit=None, restore=False)
    story = Scenario("s", "S", 1.0, (random_shock(chain, "ban", rng, 2, 30),))
    conditions = modal_conditions(story, chain, horizon.weeks)
    build, solver = timed(lambda: Solver(our_model(chain, conditions, horizon)), runs)
    whole, found = timed(lambda: Solver(our_model(chain, conditions, horizon)).solve(), runs)
    told = f"{solver.model.columns:,} columns, build {build:.3f} s, with solve {whole:.2f} s"
    if python is None:
        return told
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "chain.json"
        place.write_text(json.dumps(told_chain(chain, conditions, horizon)), encoding="utf-8")
        peer = [ask(python, "chain", [place]) for _ in range(runs)]
    check(peer[-1]["objective"], found.objective, SAME, "PyPSA")
    return f"{told}; PyPSA: build {statistics.median(p['build'] for p in peer):.2f} s"


def whole_study() -> str:
    """Build and solve of the deterministic equivalent, projects fixed at none."""
    study = load_study("japan-us-2025")
    task = build_task(study.files, study.chain, study.scenarios)
    build, solver = timed(lambda: Solver(deterministic_equivalent(task, task.players, -INFINITY)), 3)
    solver.fix_integers(np.arange(len(Programme(task, task.players, 0.0).first.chosen)), 0.0)
    solve, _ = timed(solver.solve, 1)
    size = f"{solver.model.columns:,} columns, {solver.model.rows:,} rows"
    return f"{size}, build {build:.2f} s, {build / (build + solve):.1%} of the whole"


def thirty_projects() -> str:
    """The joint plan of the built-in study with projects told twice and its first five scenarios."""
    study = load_study("japan-us-2025")
    tables = dict(study.files.tables)
    projects, capacities = tables["projects"], tables["project_capacities"]
    again = projects.head(30 - len(projects))
    twin = again.assign(project=again["project"] + "_b", row=again["row"] + 1000, requires=[()] * len(again))
    more = capacities[capacities["project"].isin(again["project"])]
    tables["projects"] = pd.concat([projects, twin], ignore_index=True)
    tables["project_capacities"] = pd.concat(
        [capacities, more.assign(project=more["project"] + "_b")], ignore_index=True
    )
    total = sum(s.probability for s in study.scenarios[:5])
    stories = [replace(s, probability=s.probability / total) for s in study.scenarios[:5]]
    started = time.process_time()
    task = build_task(replace(study.files, tables=tables), study.chain, stories)
    programme = Programme(task, task.players, check_deadline(task, task.players))
    choice = programme.choose()
    spent = time.process_time() - started
    return f"{len(task.projects)} projects, {spent:.1f} processor s, gap {choice.gap:.1e}"


def plan_draws(draws: int) -> str:
    """The joint plan for drawn futures, begun at the plan for the most likely numbers."""
    study = load_study("japan-us-2025")
    started, wall = time.process_time(), time.perf_counter()
    likely = build_task(study.files, study.chain, study.scenarios)
    required = check_deadline(likely, likely.players)
    begin = Programme(likely, likely.players, required).choose(gap=START_GAP).decisions
    task = build_task(study.files, study.chain, study.scenarios, drawing=Drawing(draws, 1))
    choice = Programme(task, task.players, required).choose(start=begin)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    spent, waited = time.process_time() - started, time.perf_counter() - wall
    return f"{spent:.0f} processor s, {waited:.0f} s by the clock, gap {choice.gap:.1e}, peak {memory:.0f} MB"


def timed(task: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median processor seconds and the last answer."""
    spent = []
    for _ in range(runs):
        started = time.process_time()
        answer = task()
        spent.append(time.process_time() - started)
    return statistics.median(spent), answer


def random_game(count: int) -> dict[frozenset[str], float]:
    """Game in which joining mostly pays."""
    rng = np.random.default_rng(count)
    players = [f"p{i}" for i in range(count)]
    game = {c: float(len(c) ** 1.5 * rng.uniform(0.8, 1.2)) for c in coalitions_of(players)}
    game[frozenset(players)] *= 2
    return game


def random_problem(scenarios: int) -> TwoStage:
    """Capacity of plants now, production by mode later."""
    rng = np.random.default_rng(scenarios)
    makes = PLANTS * MODES
    use = np.hstack([-np.kron(np.eye(PLANTS), np.ones(MODES)), np.zeros((PLANTS, MODES))])
    meet = np.hstack([np.tile(np.eye(MODES), PLANTS), np.eye(MODES)])
    rows = PLANTS + MODES
    running = rng.uniform(0.6, 1, (scenarios, PLANTS))
    technology = np.zeros((scenarios, rows, PLANTS))
    technology[:, np.arange(PLANTS), np.arange(PLANTS)] = running
    need = rng.uniform(1, 10, (scenarios, MODES))
    operate = rng.uniform(1, 4, makes)
    return TwoStage(
        c=rng.uniform(2, 6, PLANTS), a=np.zeros((0, PLANTS)), b=np.zeros(0), senses=np.array([], dtype=str),
        q=np.broadcast_to(np.concatenate([operate, np.full(MODES, 40.0)]), (scenarios, makes + MODES)),
        t=technology, w=np.broadcast_to(np.vstack([use, meet]), (scenarios, rows, makes + MODES)),
        h=np.hstack([np.zeros((scenarios, PLANTS)), need]), recourse_senses=np.full(rows, ">="),
        p=np.full(scenarios, 1 / scenarios), lower=np.zeros(PLANTS), upper=np.full(PLANTS, 40.0),
        recourse_lower=np.zeros(makes + MODES), recourse_upper=np.full(makes + MODES, INFINITY),
        integer=np.zeros(PLANTS, bool), risk_weight=0.0, beta=0.95,
    )  # fmt: skip


def compare(scenarios: int, runs: int, python: Path | None) -> str:
    """One line of times; stops when the objectives differ."""
    problem = random_problem(scenarios)
    build, model = timed(lambda: Solver(equivalent(problem)[0]), runs)
    whole, found = timed(lambda: Solver(equivalent(problem)[0]).solve(), runs)
    pieces, plan = timed(lambda: decompose(problem, GAP, None), runs)
    check(problem.measure(plan.costs), found.objective, 2 * GAP, "Benders")
    size = f"{model.model.columns:,} columns"
    told = f"{size}, build {build:.2f} s, with solve {whole:.2f} s, Benders {pieces:.2f} s"
    if python is None:
        return told
    peer = [ask_peer(problem, python) for _ in range(runs)]
    check(peer[-1]["objective"], found.objective, SAME, "linopy")
    made, solved = (statistics.median(p[name] for p in peer) for name in ("build", "solve"))
    return f"{told}; linopy: build {made:.2f} s, solve {solved:.2f} s"


def check(other: float, ours: float, room: float, who: str) -> None:
    """Stop when two objectives differ."""
    if abs(other - ours) > room * abs(ours):
        raise SystemExit(f"{who} found {other!r}, the whole programme {ours!r}")


def make_environment(folder: Path) -> Path:
    """Python of linopy's virtual environment, made if it is not there."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "linopy", "pypsa", "highspy"]
        subprocess.run(pip, check=True)
    return python


def ask_peer(problem: TwoStage, python: Path) -> dict[str, float]:
    """Build and solve the same arrays with linopy."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "problem.npz"
        arrays = {"c": problem.c, "q": problem.q, "t": problem.t, "w": problem.w[0], "h": problem.h}
        np.savez(place, p=problem.p, upper=problem.upper, **arrays)
        done = subprocess.run([python, DRIVER, place], capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
