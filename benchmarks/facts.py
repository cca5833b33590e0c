"""Full-size trade: one year into the store, and five years of 75 codes out of it, beside pandas.

    python benchmarks/facts.py FOLDER [--rows 10000000] [--years 2020 2021 2022 2023 2024]

Synthetic years are written into FOLDER by ``make_baci.py`` unless they lie there already (0.33 GB
each at ten million rows). Every figure is of a process of its own: wall seconds from its start, and
peak resident memory as the operating system counts it. Figures to compare on one machine, not limits
in a test.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from make_baci import CODES, VERSION, product_codes, write_year

ASKED = sorted({*CODES} & {*product_codes()})
ASKED += [code for code in product_codes() if code not in ASKED][: 75 - len(ASKED)]
IMPORT = """
import sys; from pathlib import Path; from ytterby.facts.imports import import_table
for path in sys.argv[2:]:
    import_table("baci", Path(path), edition="{version}", store=Path(sys.argv[1]))
"""
QUERY = """
import sys; from pathlib import Path; from ytterby.facts import open_store
store = open_store(Path(sys.argv[1]))
found = store.query(
    "SELECT year, importer, hs6, sum(quantity_t) AS t, sum(value_kusd) AS v FROM trade "
    "WHERE edition = '{version}' AND list_contains(?, hs6) GROUP BY ALL", [{codes!r}])
assert len(found)
"""
LOAD = """
import sys; from pathlib import Path; from ytterby.facts import load_trade, open_store
found = load_trade(open_store(Path(sys.argv[1])), hs6={codes!r}, years={years!r})
assert set(found["edition"]) == {{"{version}"}}
"""
PANDAS_READ = """
import sys, pandas as pd
frame = pd.read_csv(sys.argv[2], dtype={{"k": str}})
assert len(frame)
"""
PANDAS_QUERY = """
import sys, pandas as pd
wanted, parts = set({codes!r}), []
for path in sys.argv[2:]:
    year = pd.read_csv(path, dtype={{"k": str}})
    parts.append(year[year["k"].isin(wanted)])
found = pd.concat(parts).groupby(["t", "j", "k"], as_index=False)[["q", "v"]].sum(min_count=1)
assert len(found)
"""


def measure(code: str, *arguments: Path) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one Python process; stops on a failure."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"a process ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Read the command line, make what is missing, measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--years", type=int, nargs="+", default=[2020, 2021, 2022, 2023, 2024])
    arguments = parser.parse_args()
    paths = [arguments.folder / f"BACI_HS92_Y{year}_V{VERSION}.csv" for year in arguments.years]
    for year, path in zip(arguments.years, paths, strict=True):
        if not path.exists():
            write_year(arguments.folder, year, arguments.rows)
    store = arguments.folder / "store"
    told = {"version": VERSION, "codes": list(ASKED), "years": arguments.years}
    rows, years = f"{arguments.rows:,} rows", len(paths)
    for title, code, given in (
        (f"import one year, {rows}", IMPORT, paths[:1]),
        (f"import {years} years, one after the other", IMPORT, paths),
        (f"sums by importer, {years} years, {len(ASKED)} codes", QUERY, ()),
        (f"every flow, load_trade, {years} years, {len(ASKED)} codes", LOAD, ()),
        ("pandas: read one year", PANDAS_READ, paths[:1]),
        (f"pandas: sums by importer, {years} years, {len(ASKED)} codes", PANDAS_QUERY, paths),
    ):
        seconds, megabytes = measure(code.format(**told), store, *given)
        print(f"{title:<45} {seconds:7.2f} s {megabytes:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
