"""Draw-weeks per second of the simulator's two engines on a large chain, beside the memory's own speed.

    python benchmarks/simulation.py [--chain large|STUDY] [--draws 64] [--weeks 260] [--runs 3] [--memory]

The large chain is ten random chains side by side, about 1,100 processes and 6,800 arcs. Wall and processor
seconds are both printed: on a machine that other work shares only processor time and ratios of one run
say anything. Bytes moved are the sizes of the arrays that a week reads and writes, each pass over an array
once (``bytes_of_a_draw_week``); what a core keeps in its own cache is counted too, so that the share of
the measured triad may pass 1. ``--memory`` runs the command line with 1,000 and 10,000 draws in processes
of their own. Needs the extra ``fast``. Figures to compare on one machine, not limits in a test.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numba
import numpy as np

from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.ensemble import run_ensemble
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario, build_scenarios
from ytterby.network.targets import shock_kinds

PARTS = 10
POINTS = {  # index arrays of a chain, and the labels they point to
    "pool_material": "materials", "pool_region": "regions", "process_region": "regions",
    "process_material": "materials", "process_sector": "sectors", "output_process": "processes",
    "output_pool": "pools", "slot_process": "processes", "slot_material": "materials",
    "arc_pool": "pools", "arc_slot": "slots",
}  # fmt: skip


def side_by_side(chains: list[Chain]) -> Chain:
    """One chain of several that share nothing."""
    shift = dict.fromkeys(set(POINTS.values()), 0)
    told: dict[str, list] = {field.name: [] for field in fields(Chain)}
    for number, chain in enumerate(chains):
        for field in fields(Chain):
            value = getattr(chain, field.name)
            if field.name in POINTS:
                value = np.where(value < 0, value, value + shift[POINTS[field.name]])
            elif field.name in ("materials", "regions", "processes", "sectors"):
                value = tuple(f"{each}/{number}" for each in value)
            elif field.name == "stockpiles":
                own = tuple(f"{region}/{number}" for region in chain.regions)
                value = tuple(
                    replace(pile, pool=pile.pool + shift["pools"],
                            regions=tuple(own[chain.regions.index(r)] for r in pile.regions))
                    for pile in value
                )  # fmt: skip
            told[field.name].append(value)
        for name, size in (("materials", len(chain.materials)), ("regions", len(chain.regions)),
                           ("processes", len(chain.processes)), ("sectors", len(chain.sectors)),
                           ("pools", len(chain.pool_material)), ("slots", len(chain.slot_t))):  # fmt: skip
            shift[name] += size
    return Chain(**{name: _joined(parts) for name, parts in told.items()})


def _joined(parts: list) -> object:
    if isinstance(parts[0], tuple):
        return sum(parts, ())
    return np.concatenate(parts, axis=-1)


def large_chain() -> Chain:
    """Ten random chains side by side."""
    size = Size(regions=11, stages=8, sectors=10, stock_weeks=4.0, elasticity=0.2, most_cover=4)
    return side_by_side(
        [build_chain(random_study(np.random.default_rng(seed), size)) for seed in range(PARTS)]
    )


def scenarios_of(chain: Chain) -> list[Scenario]:
    """Every kind of shock, two a scenario, all with uncertain numbers."""
    kinds = list(shock_kinds())
    pairs = [(kinds[i], kinds[(i + 3) % len(kinds)]) for i in range(len(kinds))]
    return [
        Scenario(f"{a}+{b}", "", 1 / len(pairs), tuple(
            random_shock(chain, kind, np.random.default_rng(n), 10, 150) for kind in (a, b)
        ))
        for n, (a, b) in enumerate(pairs)
    ]  # fmt: skip


def bytes_of_a_draw_week(chain: Chain) -> int:
    """Bytes that the kernel's passes read and write for one draw and week; licences and quotas left out."""
    ring, lags = int(chain.arc_lag.max()) + 1, len(np.unique(chain.arc_lag))
    arcs = 28  # orders 3, sales 4, sending 4, switching 6, claims 2, shares 7, new orders 2
    slots = ring + 2 * lags + 16
    sizes = {
        len(chain.arc_pool): arcs, len(chain.slot_t): slots, len(chain.processes): 16,
        len(chain.pool_material): 30, len(chain.output_pool): 10,
    }  # fmt: skip
    return 8 * sum(size * passes for size, passes in sizes.items())


@numba.njit(nogil=True)
def _triad(a, b, c):
    for i in range(len(a)):
        a[i] = b[i] + 3.0 * c[i]


def triad_bandwidth(threads: int, megabytes: int = 128, runs: int = 7) -> float:
    """Best bytes per second of a = b + 3 c on arrays far larger than any cache."""
    parts = [tuple(np.ones(megabytes * 131072 // threads) for _ in range(3)) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda p: _triad(*p), parts))
        for _ in range(runs):
            start = time.perf_counter()
            list(pool.map(lambda p: _triad(*p), parts))
            best = max(best, 3 * megabytes * 2**20 / (time.perf_counter() - start))
    return best


def timed(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median wall and processor seconds."""
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return statistics.median(walls), statistics.median(processors)


def compare(chain: Chain, scenarios: list[Scenario], draws: int, weeks: int, runs: int) -> Iterator[str]:
    """Lines of a table of the engines."""
    moved = bytes_of_a_draw_week(chain)
    yield (
        f"{len(chain.processes)} processes, {len(chain.pool_material)} pools, {len(chain.slot_t)} slots, "
        f"{len(chain.arc_pool)} arcs"
    )
    yield f"{draws} draws of {weeks} weeks; {moved / 1e6:.2f} MB a draw-week"
    told = {"draws": draws, "seed": 1, "weeks": weeks}
    start = time.process_time()
    run_ensemble(chain, scenarios, **{**told, "weeks": 2}, engine="numba", threads=1)
    yield f"first start of numba (compiled, or read from what was kept): {time.process_time() - start:.1f} s"
    base = base_own = 0.0
    for engine, threads, block in (("numpy", 1, 16), ("numba", 1, 8), ("numba", 1, 16), ("numba", 1, 32),
                                   ("numba", 2, 8), ("numba", 2, 16), ("numba", 2, 32)):  # fmt: skip

        def work(engine=engine, threads=threads, block=block) -> None:
            run_ensemble(chain, scenarios, **told, engine=engine, threads=threads, block=block)

        wall, processor = timed(work, 1 if engine == "numpy" else runs)
        rate, own = draws * weeks / wall, draws * weeks / processor
        base, base_own = base or rate, base_own or own
        share = rate * moved / triad_bandwidth(threads)
        yield f"{engine} threads {threads} block {block:>2}: {rate:>9,.0f} draw-weeks/s wall, " \
              f"{own:>9,.0f} per processor second, {rate / base:5.1f} times numpy (processor " \
              f"{own / base_own:.1f}), {share:.0%} of triad"  # fmt: skip


def memory(study: str) -> Iterator[str]:
    """Seconds and peak memory of the command line by number of draws."""
    for draws in (1_000, 10_000):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = (
            "import resource, sys; from ytterby.cli import main\n"
            "sys.argv = ['ytterby', 'simulate', sys.argv[1], '--draws', sys.argv[2]]\n"
            "try: main()\nexcept SystemExit: pass\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)"
        )
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, study, str(draws)], capture_output=True, text=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        peak = float(done.stderr.split()[-1])
        yield f"simulate {study} --draws {draws}: {time.perf_counter() - start:.1f} s wall, " \
              f"{processor:.1f} s processor, peak {peak:.0f} MB"  # fmt: skip


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--chain", default="large")
    parser.add_argument("--draws", type=int, default=64)
    parser.add_argument("--weeks", type=int, default=260)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="only the command line with many draws")
    asked = parser.parse_args()
    if asked.memory:
        lines = memory("japan-us-2025" if asked.chain == "large" else asked.chain)
    elif asked.chain == "large":
        chain = large_chain()
        lines = compare(chain, scenarios_of(chain), asked.draws, asked.weeks, asked.runs)
    else:
        from ytterby.study import load_study

        study = load_study(asked.chain)
        scenarios = list(build_scenarios(study.files, study.chain))
        lines = compare(study.chain, scenarios, asked.draws, asked.weeks, asked.runs)
    for threads in () if asked.memory else (1, 2):
        print(f"triad on {threads} threads: {triad_bandwidth(threads) / 1e9:.1f} GB/s")
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
