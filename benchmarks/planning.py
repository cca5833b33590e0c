"""Decision mathematics on plain arrays: sharing among many, two stages whole and in pieces, beside linopy.

    python benchmarks/planning.py [--peer FOLDER] [--runs 3]

The two-stage programme is a random capacity problem: twelve plants, eight modes of demand that
differ by scenario, unmet need at a high price. FOLDER, outside the checkout, takes a virtual
environment for linopy (0.4 GB), in which its side is built and solved in a process of its own.
Times are processor seconds, medians; objectives have to be equal or the program stops.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ytterby.planning.benders import decompose
from ytterby.planning.nucleolus import nucleolus
from ytterby.planning.sharing import coalitions_of, shapley
from ytterby.planning.solve import INFINITY, Solver
from ytterby.planning.two_stage import GAP, TwoStage, equivalent

DRIVER = Path(__file__).with_name("peers") / "linopy_driver.py"
PLANTS, MODES = 12, 8
SAME = 1e-8  # relative


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", type=Path, help="folder for linopy's environment")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    python = make_environment(arguments.peer.resolve()) if arguments.peer else None
    for players in (8, 10, 12):
        game = random_game(players)
        first, second = (timed(partial(rule, game), arguments.runs)[0] for rule in (shapley, nucleolus))
        print(f"{players} partners: Shapley value {first:.4f} s, nucleolus {second:.4f} s")
    for scenarios in (30, 100, 300):
        print(f"{scenarios} scenarios:", compare(scenarios, arguments.runs, python))


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
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "linopy", "highspy"]
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
