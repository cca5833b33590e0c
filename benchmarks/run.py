"""Time and peak memory of the whole run and of each stage, each in a process of its own.

    python benchmarks/run.py [--runs 3] [--only simulate]

Wall seconds and peak resident memory come from the operating system's account of the finished
process. The median of the runs is printed; these are figures to compare on one machine, not limits
in a test.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

STUDY = "japan-us-2025"
STAGES = {
    "import": ["-c", "import ytterby"],
    "facts: first answer": [
        "-m",
        "ytterby",
        "facts",
        "show",
        "trade",
        "--where",
        "importer=JPN",
        "--limit",
        "5",
    ],
    "read": ["-m", "ytterby", "read", "{articles}", "--out", "{tmp}/claims.jsonl"],
    "verify": ["-m", "ytterby", "verify", "{tmp}/claims.jsonl", "--out", "{tmp}/verdicts.csv"],
    "screen: whole world": ["-m", "ytterby", "screen", "--out", "{tmp}/screen.parquet"],
    "simulate": ["-m", "ytterby", "simulate", STUDY, "--out", "{tmp}/shortfall.parquet"],
    "what-if: 200 draws, two cases": [
        "-m",
        "ytterby",
        "what-if",
        STUDY,
        "--licence",
        "dysprosium+,terbium+",
        "--on",
        "2026-12-01",
        "--delay",
        "45 working days",
        "--refuse",
        "0.2",
        "--regions",
        "JPN,EU27",
        "--inventory",
        "+2 months",
        "--draws",
        "200",
        "--seed",
        "1",
        "--out",
        "{tmp}/answer",
    ],
    "plan": ["-m", "ytterby", "plan", STUDY, "--out", "{tmp}/plan.json"],
    "run: the whole road": ["-m", "ytterby", "run", STUDY, "--out", "{tmp}/run"],
}


def measure(arguments: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one Python process; stops on a failure."""
    start = time.perf_counter()
    quiet = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)],
    )
    _, status, usage = os.wait4(pid, 0)
    os.close(quiet)
    if status:
        raise SystemExit(f"{' '.join(arguments)} ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Measure the chosen stages and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", help="stages whose name holds this word")
    chosen = parser.parse_args()
    from ytterby.examples import find_study

    print(f"{'stage':<24}{'seconds':>10}{'peak MB':>10}   median of {chosen.runs}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        places = {"tmp": folder, "articles": str(Path(find_study(STUDY)) / "articles")}
        for name, arguments in STAGES.items():
            if chosen.only and chosen.only not in name:
                continue
            runs = [measure([part.format(**places) for part in arguments]) for _ in range(chosen.runs)]
            seconds, megabytes = (statistics.median(column) for column in zip(*runs, strict=True))
            print(f"{name:<24}{seconds:>10.2f}{megabytes:>10.0f}")


if __name__ == "__main__":
    main()
