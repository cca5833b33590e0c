"""Full-size trade: into the store and out of it, beside pandas and beside SQLite read whole by pandas.

    python benchmarks/facts.py FOLDER [--rows 10000000] [--years 2020 2021 2022 2023 2024]
        [--peer-rows 1000000] [--runs 3] [--only WORD]

Synthetic years are written into FOLDER by ``make_baci.py`` unless they lie there already (0.33 GB
each at ten million rows). Every figure is of a process of its own: wall seconds from its start, and
peak resident memory as the operating system counts it, each the median of the runs. Figures to compare on
one machine, not limits in a test.

The way of the peer tool (one SQLite table, read whole into pandas, then gone through row by row) is
written here anew to be timed; it grows out of memory on full years, so that both ways are also shown
on one smaller year of ``--peer-rows``.
"""

from __future__ import annotations

import argparse
import os
import statistics
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
PEER_QUERY = """
import sqlite3, sys; from pathlib import Path; import pandas as pd
path = Path(sys.argv[1] + ".db")
path.unlink(missing_ok=True)
with sqlite3.connect(path) as db:
    for name in sys.argv[2:]:
        for part in pd.read_csv(name, dtype={{"k": str}}, chunksize=500_000):
            part.to_sql("trade", db, if_exists="append", index=False)
    whole = pd.read_sql("SELECT * FROM trade", db)
wanted = set({codes!r})
kept = whole[whole.apply(lambda row: row["k"] in wanted, axis=1)]
assert len(kept.groupby(["t", "j", "k"], as_index=False)[["q", "v"]].sum(min_count=1))
"""
OURS = IMPORT + QUERY.replace("import sys; ", "")


def measure(code: str, *arguments: Path) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one Python process; stops on a failure."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"a process ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def make_years(folder: Path, years: list[int], rows: int) -> list[Path]:
    """Files of flows, written where they do not lie there yet."""
    paths = [folder / f"BACI_HS92_Y{year}_V{VERSION}.csv" for year in years]
    for year, path in zip(years, paths, strict=True):
        if not path.exists():
            write_year(folder, year, rows)
    return paths


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--years", type=int, nargs="+", default=[2020, 2021, 2022, 2023, 2024])
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="", help="lines whose title holds this word")
    return parser.parse_args()


def main() -> None:
    """Make what is missing, measure, print one line each."""
    arguments = read_arguments()
    paths = make_years(arguments.folder, arguments.years, arguments.rows)
    small = make_years(arguments.folder / "small", arguments.years[-1:], arguments.peer_rows)
    store, small_store = arguments.folder / "store", arguments.folder / "small" / "store"
    told = {"version": VERSION, "codes": list(ASKED), "years": arguments.years}
    rows, codes = f"{arguments.rows:,} rows", f"{len(paths)} years, {len(ASKED)} codes"
    for title, code, folder, given in (
        (f"import one year, {rows}", IMPORT, store, paths[:1]),
        ("pandas: read one year", PANDAS_READ, store, paths[:1]),
        (f"import {len(paths)} years, one after the other", IMPORT, store, paths),
        (f"sums by importer, {codes}", QUERY, store, ()),
        (f"pandas: sums by importer, {codes}", PANDAS_QUERY, store, paths),
        (f"every flow, load_trade, {codes}", LOAD, store, ()),
        (f"import and sums, {arguments.peer_rows:,} rows", OURS, small_store, small),
        (f"SQLite, pandas, rows: sums, {arguments.peer_rows:,} rows", PEER_QUERY, small_store, small),
    ):
        if arguments.only in title:
            runs = [measure(code.format(**told), folder, *given) for _ in range(arguments.runs)]
            seconds, megabytes = (statistics.median(column) for column in zip(*runs, strict=True))
            print(f"{title:<52} {seconds:7.2f} s {megabytes:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
