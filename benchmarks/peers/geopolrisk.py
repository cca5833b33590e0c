"""GeoPolRisk beside geopolrisk-py 2.0.1: equality on every cell both compute, and the times.

    python benchmarks/peers/geopolrisk.py FOLDER [--all] [--timed 40] [--fixture FILE.csv]

FOLDER, outside the checkout, takes the peer's virtual environment (Python 3.10 or 3.11; 0.3 GB), its
home (it writes into the user's documents) and the answers. The peer is GPL: it runs in a process of
its own and is never imported here. Both sides read the peer's bundle, so that nothing but the
computation differs. ``--all`` asks for every material, country and year instead of 25 countries and the EU.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ytterby.indicators.cells import EU, Grid, Group
from ytterby.indicators.peer import PeerScores, evaluate
from ytterby.indicators.peer_arrays import PeerTables, number_tables
from ytterby.indicators.peer_tables import STAGE, Basket, load_baskets

PACKAGE = "geopolrisk-py==2.0.1"
DRIVER = Path(__file__).with_name("geopolrisk_driver.py")
YEARS = tuple(range(2018, 2025))
# Their BACI codes stand for two countries or for none of today; the peer reads them as they are.
DEAD = {"58", "711", "736", "200", "278", "280", "810", "891"}
OTHER_CODES = {"S19": "TWN", "R20": "XEF"}  # what our catalog calls these two of BACI
SOME = (
    "JPN", "USA", "DEU", "FRA", "CHN", "KOR", "IND", "GBR", "BRA", "AUS", "CAN", "GUY", "TWN", "XEF", "TUN",
    "NZL", "SGP", "ITA", "CHE", "NOR", "JAM", "PHL", "ZMB", "THA", "UGA",
)  # fmt: skip
# What the test fixture holds: every material in five cells, and the cells in which a convention bites.
EVERY = (("JPN", 2022), (EU, 2024), ("USA", 2019), ("IND", 2021), ("DEU", 2020))
ODD = {
    "Rare earth": ("JPN", EU, "FRA", "TWN"), "Germanium": ("JPN", "DEU"), "Natural gas": ("USA", "JPN"),
    "Gold": ("GUY", "CAN"), "Aluminium": ("JAM", "TUN"), "Asbestos": ("NZL", "SGP"), "Rhodium": ("PHL",),
    "Lead": ("THA", "UGA"), "Mercury": (EU,), "Platinum": ("ZMB",), "Cobalt": ("CHN",),
}  # fmt: skip


def main() -> None:
    """Read the command line, run both, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every country (a quarter of an hour)")
    parser.add_argument("--fixture", type=Path, help="CSV of the chosen cells to write, for the tests")
    parser.add_argument("--timed", type=int, default=40, help="cells timed one by one on the peer")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    python = make_environment(folder)
    bundle = python.parents[1] / "lib"
    bundle = next(bundle.glob("python3.*/site-packages/geopolrisk/lib"))
    codes = country_codes(bundle)
    countries = {code: name for code, name in codes.items() if arguments.all or name in SOME}
    answers, peer_times = run_peer(folder, python, countries, arguments.timed)
    if arguments.fixture:
        write_fixture(answers, arguments.fixture)
    ours, our_times = run_ours(bundle, codes, answers)
    print_equality(answers, ours)
    print_times(peer_times, our_times)


# --- the peer -----------------------------------------------------------------------------------


def make_environment(folder: Path) -> Path:
    """Interpreter of the peer's environment, which is made first where it is missing."""
    if Path(__file__).resolve().parents[2] in (folder, *folder.parents):
        raise SystemExit("the folder lies inside the checkout; name one outside of it")
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        maker = next(filter(None, map(shutil.which, ("python3.11", "python3.10"))), None)
        if sys.version_info < (3, 12):
            maker = sys.executable
        if maker is None:
            raise SystemExit("the peer needs Python 3.10 or 3.11; put one on the PATH")
        subprocess.run([maker, "-m", "venv", str(folder / "environment")], check=True)
    done = subprocess.run([python, "-m", "pip", "show", "-q", PACKAGE.partition("==")[0]], check=False)
    if done.returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", PACKAGE], check=True)
    return python


def run_peer(
    folder: Path, python: Path, countries: dict[str, str], timed: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Answers of the peer for all its materials and years, and its times."""
    cells, answers, times = folder / "cells.csv", folder / "answers.csv", folder / "times.json"
    asked = [
        (basket.peer_material, code, year)
        for basket in load_baskets()
        if basket.hs6
        for code in ("EU", *countries)
        for year in YEARS
    ]
    chosen = {int(place) for place in np.linspace(0, len(asked) - 1, timed)}
    with cells.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["material", "country", "year", "timed"])
        out.writerows([*cell, int(number in chosen)] for number, cell in enumerate(asked))
    home = folder / "home"
    home.mkdir(exist_ok=True)
    command = [python, "-I", DRIVER, cells, answers, times]  # -I: else our file of that name is imported
    quiet = {**os.environ, "HOME": str(home), "TQDM_DISABLE": "1"}
    subprocess.run(command, env=quiet, check=True)
    found = pd.read_csv(answers, dtype={"country": str}, keep_default_na=False, na_values=["", "nan"])
    found["country"] = found["country"].map({"EU": EU, **countries})
    return found, json.loads(times.read_text(encoding="utf-8"))


def write_fixture(answers: pd.DataFrame, path: Path) -> None:
    """Chosen answers of the peer as a CSV of full precision; an empty number is one it does not have."""
    odd = {(m, c, year) for m, countries in ODD.items() for c in countries for year in YEARS}
    keys = answers[["material", "country", "year"]].itertuples(index=False, name=None)
    chosen = [(c, y) in EVERY or (m, c, y) in odd for m, c, y in keys]
    names = {"country": "country_iso3", "cf": "characterisation_factor"}
    kept = answers[chosen].rename(columns=names).sort_values(["material", "country_iso3", "year"])
    kept.drop(columns="error").to_csv(path, index=False, lineterminator="\n")


# --- ours, on the peer's bundle -----------------------------------------------------------------


def country_codes(bundle: Path) -> dict[str, str]:
    """Our code of each BACI code of today."""
    rows = _read(bundle / "baci.db", 'SELECT country_code, country_iso3 FROM "country_codes_V202401b"')
    pairs = rows[~rows["country_code"].isin(DEAD)].itertuples(index=False)
    return {code: OTHER_CODES.get(iso, iso) for code, iso in pairs}


def _read(database: Path, sql: str) -> pd.DataFrame:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return pd.read_sql_query(sql, connection)
    finally:
        connection.close()


def run_ours(
    bundle: Path, codes: dict[str, str], answers: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Our scores of the same cells and of the whole world; times of one call each."""
    baskets = [basket for basket in load_baskets() if basket.hs6]
    start = time.perf_counter()
    tables = (_trade(bundle, codes), _production(bundle, codes, baskets), _governance(bundle, codes))
    read = time.perf_counter() - start
    same = tuple(dict.fromkeys(answers["country"]))
    world = (*dict.fromkeys(codes.values()), EU)
    times = {"read": read}
    for name, countries in (("world", world), ("same", same)):
        grid = _grid(baskets, countries)
        start = time.perf_counter()
        numbered: PeerTables = number_tables(*tables, grid, [basket.tonnes_per_unit for basket in baskets])
        prepared = time.perf_counter()
        scores: PeerScores = evaluate(numbered)
        done = time.perf_counter()
        times |= {
            f"{name}_cells": grid.size,
            f"{name}_prepare": prepared - start,
            f"{name}_evaluate": done - prepared,
        }
    return _frame(grid, scores), times


def _grid(baskets: list[Basket], countries: tuple[str, ...]) -> Grid:
    groups = tuple(Group(basket.peer_material, STAGE, basket.hs6) for basket in baskets)
    return Grid(groups, countries, YEARS)


def _frame(grid: Grid, scores: PeerScores) -> pd.DataFrame:
    groups, countries, years = grid.shape
    fine = scores.status == 0
    return pd.DataFrame(
        {
            "material": np.repeat([group.material for group in grid.groups], countries * years),
            "country": np.tile(np.repeat(grid.countries, years), groups),
            "year": np.tile(grid.years, groups * countries),
            "hhi": np.where(fine, scores.hhi, np.nan),
            "import_risk": np.where(fine, scores.import_risk, np.nan),
            "price": np.where(fine, scores.price, np.nan),
            "score": np.where(fine, scores.score, np.nan),
            "cf": np.where(fine, scores.characterisation_factor, np.nan),
            "status": scores.status,
        }
    )


def _trade(bundle: Path, codes: dict[str, str]) -> pd.DataFrame:
    sql = "SELECT t, i, j, k, v, q FROM baci_trade WHERE CAST(t AS INTEGER) >= 2018"
    rows = _read(bundle / "baci.db", sql)
    return pd.DataFrame(
        {
            "year": rows["t"].astype(int),
            "exporter": rows["i"].map(codes),
            "importer": rows["j"].map(codes),
            "hs6": rows["k"].astype(int).astype(str).str.zfill(6),
            "value_kusd": rows["v"].astype(float),
            "quantity_t": pd.to_numeric(rows["q"], errors="coerce"),
        }
    )


def _production(bundle: Path, codes: dict[str, str], baskets: list[Basket]) -> pd.DataFrame:
    """Rows of all sheets; French Guiana and Kosovo, which share another's code there, told by their names."""
    own = {"French Guiana": "GUF", "Kosovo": "XKX"}
    parts = []
    for basket in baskets:
        sheet = _read(bundle / "world_mining_data.db", f'SELECT * FROM "{basket.wmd_table}"')  # noqa: S608
        sheet = sheet[sheet["Country_Code"] != "DELETE"]
        known = sheet["Country"].map(own).fillna(sheet["Country_Code"].map(codes))
        sheet = sheet.assign(country_iso3=known)
        long = sheet.melt(["country_iso3"], [str(year) for year in YEARS], "year", "quantity")
        parts.append(long.assign(material=basket.peer_material))
    rows = pd.concat(parts)
    return rows.assign(year=rows["year"].astype(int), quantity=pd.to_numeric(rows["quantity"]))


def _governance(bundle: Path, codes: dict[str, str]) -> pd.DataFrame:
    """Rows with a number; 0.0 is how the bundle writes a row without an estimate, nan is no row."""
    wide = _read(bundle / "baci.db", "SELECT * FROM Normalized")
    estimate = _read(bundle / "wgi.db", "SELECT * FROM Estimate")
    own = {"R20": "XKX", "TWN": "TWN"}
    wide["country_iso3"] = wide["Code"].map(own).fillna(wide["country_code"].map(codes))
    # Two rows carry Guyana's code; the first is French Guiana's, and the one that the peer finds.
    twice = wide["country_iso3"].eq("GUY") & wide["country_iso3"].duplicated(keep="last")
    wide.loc[twice, "country_iso3"] = "GUF"
    years = [column for column in wide if column.isdigit() and int(column) >= YEARS[0]]
    long = wide.melt(["country_iso3"], years, "year", "instability").dropna(subset=["country_iso3"])
    missing = estimate[years].apply(pd.to_numeric, errors="coerce").isna().to_numpy().T.reshape(-1)
    kept = wide["country_iso3"].notna().to_numpy()
    long["instability"] = pd.to_numeric(long["instability"], errors="coerce")
    long["missing"] = missing[np.tile(kept, len(years))]
    long = long.dropna(subset=["instability"])
    long.loc[long["missing"], "instability"] = np.nan
    return long.assign(year=long["year"].astype(int))


# --- side by side -------------------------------------------------------------------------------


def print_equality(peer: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Cells both compute and how far apart; cells of one side only."""
    both = peer.merge(ours, on=["material", "country", "year"], suffixes=("_peer", "_ours"))
    print(f"cells asked of the peer                {len(peer):>10,}")
    for column in ("hhi", "import_risk", "price", "score", "cf"):
        theirs, mine = both[f"{column}_peer"], both[f"{column}_ours"]
        known = theirs.notna() & mine.notna()
        gap = (theirs - mine).abs()[known] / theirs.abs()[known].clip(lower=1e-300)
        apart = gap.where(theirs[known] != mine[known], 0.0)
        print(f"{column:<12} both {known.sum():>8,}   largest relative difference {apart.max():.1e}")
    one = both[both["score_peer"].notna() ^ both["score_ours"].notna()]
    none = both["score_peer"].isna() & both["score_ours"].isna()
    print(f"score on one side only                 {len(one):>10,}")
    print(f"score on neither (a supplier's governance is no number) {none.sum():>8,}")
    if len(one):
        print(
            one[["material", "country", "year", "score_peer", "score_ours", "error"]].to_string(index=False)
        )


def print_times(peer: dict[str, float], ours: dict[str, float]) -> None:
    """Seconds before the first value, seconds per value, and their ratios."""
    value = peer["loop"] / peer["timed"]
    print(f"peer: import {peer['import']:.1f} s, preparation {peer['preparation']:.1f} s, "
          f"{value * 1e3:.1f} ms per value ({peer['timed']:.0f} values)")  # fmt: skip
    print(f"ours: reading the peer's bundle {ours['read']:.1f} s")
    for name in ("same", "world"):
        cells, prepare, evaluated = (ours[f"{name}_{part}"] for part in ("cells", "prepare", "evaluate"))
        each, whole = evaluated / cells, (prepare + evaluated) / cells
        prepared = value + peer["preparation"] / cells
        print(f"ours, {name}: {cells:,.0f} cells, preparation {prepare:.3f} s, {each * 1e6:.2f} us per value")
        print(f"  ratio of times per value             {value / each:>10,.0f}")
        print(f"  with the preparation of both         {prepared / whole:>10,.0f}")


if __name__ == "__main__":
    main()
