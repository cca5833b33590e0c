"""ARIO beside BoARIO 0.7.2: equality of the production path, and the time of a step.

    python benchmarks/ario.py FOLDER [--runs 3] [--fixture FILE.csv]

FOLDER, outside the checkout, takes the peer's virtual environment (0.5 GB) and its answers. The peer is GPL:
it runs in a process of its own and is never imported here. Both sides get the same table (the test table of
pymrio, or a small one of our own, whose answers the tests hold) and the same path of lost capacity. The peer
lets stocks rest while all of them are within 1e-5 of where they belong; from that day on it solves other
equations, and the two agree to 1e-5 only: the last day before is told beside the difference.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ytterby.network.ario import ArioParameters, CollapseWarning, simulate_ario
from ytterby.network.io_table import InputOutputTable

PACKAGES = ("boario==0.7.2", "pymrio==0.7.0", "progressbar2", "numpy", "pandas")
DRIVER = Path(__file__).with_name("peers") / "boario_driver.py"
SAME = 1e-12  # share of baseline production, while the peer does not rest
SIDE_BY_SIDE = 192  # scenarios in a call, as an ensemble has


def event(lost: float, region: str, sector: str, days: int, recovery_days: int) -> dict[str, Any]:
    """One loss of capacity in the peer's words; it reaches production a day after its occurrence."""
    return {
        "impact": lost, "event_type": "arbitrary", "affected_regions": [region], "affected_sectors": [sector],
        "impact_regional_distrib": "equal", "impact_sectoral_distrib": "equal", "occurrence": 5,
        "duration": days, "recovery_tau": recovery_days,
    }  # fmt: skip


@dataclass(frozen=True)
class Case:
    """The same question to both sides."""

    events: list[dict[str, Any]]
    peer: dict[str, Any] = field(default_factory=dict)
    ours: ArioParameters = field(default_factory=ArioParameters)
    own: bool = False


CASES = {
    "calm": Case([]),
    "mining": Case([event(0.5, "reg1", "mining", 30, 60)]),
    "manufacturing": Case([event(0.9, "reg1", "manufactoring", 120, 60)]),
    "transport": Case(
        [event(0.6, "reg3", "transport", 60, 5)],
        {"order_type": "noalt", "psi_param": 0.9, "alpha_tau": 100},
        ArioParameters(order_by_capacity=False, needed_share=0.9, overproduction_days=100),
    ),
    "collapse": Case(
        [event(0.6, "reg2", "manufactoring", 90, 30)],
        {"main_inv_dur": 20, "inventory_restoration_tau": 60},
        ArioParameters(stock_days=20, restock_days=60),
    ),
    "own": Case([event(0.7, "north", "metal", 60, 30)], own=True),
    "own, by sector": Case(
        [event(0.4, "south", "ore", 90, 10)],
        {"order_type": "noalt", "inventory_dict": {"goods": 30, "metal": 45, "ore": 60},
         "inventory_restoration_tau": {"goods": 20, "metal": 30, "ore": 50}, "psi_param": 0.7},
        ArioParameters(
            order_by_capacity=False, stock_days={"goods": 30, "metal": 45, "ore": 60},
            restock_days={"goods": 20, "metal": 30, "ore": 50}, needed_share=0.7,
        ),
        own=True,
    ),
    "own, collapse": Case(
        [event(0.5, "south", "metal", 120, 30)],
        {"main_inv_dur": 20, "inventory_restoration_tau": 60},
        ArioParameters(stock_days=20, restock_days=60),
        own=True,
    ),
}  # fmt: skip
# Figures made up for this purpose: two regions, three sectors; the south makes most of ore and metal.
OWN = {
    "regions": ["north"] * 3 + ["south"] * 3,
    "sectors": ["goods", "metal", "ore"] * 2,
    "users": ["north", "south"],
    "flows": [
        [40, 9, 3, 22, 14, 11], [70, 12, 1, 10, 6, 0], [1, 28, 4, 0, 3, 1],
        [25, 6, 1, 60, 20, 9], [120, 10, 0, 95, 30, 2], [2, 60, 1, 4, 170, 12],
    ],
    "demand": [[620, 110], [42, 4], [0, 2], [150, 540], [20, 31], [3, 9]],
}  # fmt: skip
DAYS = 400


def main() -> None:
    """Read the command line, run both, compare; stop where they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--fixture", type=Path, help="CSV file that the tests hold")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    python = make_environment(folder)
    steps = [run_peer(folder, python) for _ in range(arguments.runs)]
    tables = {own: read_table(folder / ("own_table.npz" if own else "table.npz")) for own in (False, True)}
    print(
        f"{'case':<15}{'largest difference':>19}{'until day':>11}{'after':>9}{'peer us':>9}"
        f"{'ours us':>9}{'times':>7}"
    )
    for name, case in CASES.items():
        peer, table, parameters = np.load(folder / f"{name}.npz"), tables[case.own], case.ours
        differ = differences(table, peer, parameters)
        until = resting_day(peer)
        if differ[:until].max() > SAME:
            raise SystemExit(f"{name}: the paths differ by {differ[:until].max():.1e}")
        theirs = statistics.median(step[name] for step in steps)
        ours = statistics.median(step_time(table, peer["lost"], parameters) for _ in range(arguments.runs))
        after = f"{differ[until:].max():.0e}" if until < DAYS else "-"
        print(
            f"{name:<15}{differ[:until].max():>19.1e}{until:>11}{after:>9}{1e6 * theirs:>9.0f}"
            f"{1e6 * ours:>9.1f}{theirs / ours:>7.0f}"
        )
    if arguments.fixture:
        write_fixture(folder, arguments.fixture)


def make_environment(folder: Path) -> Path:
    """Interpreter of the peer's environment, which is made first where it is missing."""
    if Path(__file__).resolve().parents[1] in (folder, *folder.parents):
        raise SystemExit("the folder lies inside the checkout; name one outside of it")
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "environment"], check=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", python, "install", "-q", *PACKAGES], check=True
        )
    return python


def run_peer(folder: Path, python: Path) -> dict[str, float]:
    """Seconds of processor time a step, by case; the paths lie in the folder."""
    np.savez(folder / "own_table.npz", **{name: np.array(values) for name, values in OWN.items()})
    cases = {
        name: {"days": DAYS, "model": case.peer, "events": case.events, "own": case.own}
        for name, case in CASES.items()
    }
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    asked = [python, "-W", "ignore", DRIVER, folder / "cases.json", folder]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def read_table(place: Path) -> InputOutputTable:
    """A table that the peer read."""
    told = np.load(place)
    rows = pd.MultiIndex.from_arrays([told["regions"], told["sectors"]])
    users = pd.MultiIndex.from_arrays([told["users"], [str(i) for i in range(len(told["users"]))]])
    return InputOutputTable.from_frames(
        pd.DataFrame(told["flows"], index=rows, columns=rows),
        pd.DataFrame(told["demand"], index=rows, columns=users),
    )


def differences(table: InputOutputTable, peer: Any, parameters: ArioParameters) -> np.ndarray:
    """[day] largest difference of production over the industries, as a share of baseline production."""
    made = simulate_quietly(table, peer["lost"], parameters)
    return np.asarray(np.abs((made.production[0] - peer["production"]) / made.baseline).max(axis=1))


def resting_day(peer: Any) -> int:
    """First day after the shock's beginning on which the peer lets its stocks rest."""
    begun = np.flatnonzero(~peer["rested"])
    rests = np.flatnonzero(peer["rested"][begun[0] :]) if len(begun) else []
    return int(begun[0] + rests[0]) if len(rests) else len(peer["rested"])


def simulate_quietly(table: InputOutputTable, lost: np.ndarray, parameters: ArioParameters) -> Any:
    """Run without the warning of a collapse, which one of the cases is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        return simulate_ario(table, lost, parameters=parameters)


def step_time(table: InputOutputTable, lost: np.ndarray, parameters: ArioParameters) -> float:
    """Seconds of processor time a step and scenario, records included."""
    shares = np.repeat(lost[None], SIDE_BY_SIDE, axis=0)
    simulate_quietly(table, shares[:, :50], parameters)  # so that memory is there
    started = time.process_time()
    simulate_quietly(table, shares, parameters)
    return (time.process_time() - started) / (SIDE_BY_SIDE * len(lost))


def write_fixture(folder: Path, place: Path) -> None:
    """Our own table, and the loss and the peer's production on every tenth day, as figures."""
    names = [f"{region}/{sector}" for region, sector in zip(OWN["regions"], OWN["sectors"], strict=True)]
    rows = [["day", "case", *(f"{what} {name}" for what in ("lost", "made") for name in names)]]
    for name, case in CASES.items():
        peer = np.load(folder / f"{name}.npz")
        for day in range(resting_day(peer) if case.own else 0):
            made = map(repr, peer["production"][day].tolist()) if day % 10 == 0 else [""] * len(names)
            rows.append([day, name, *map(repr, peer["lost"][day].tolist()), *made])
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
