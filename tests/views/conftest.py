"""A frozen set of results, invented for tests: plausible shapes, no real numbers, some hostile texts."""

import csv
import datetime as dt
import gzip
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ytterby.catalog.studies import Planning, Screening, Settings
from ytterby.views.results import Finding, Results, anchor, result_columns

FOLDER = Path(__file__).parent / "results"


def _cell(text: str, kind: str) -> Any:
    if kind == "number":
        return float(text) if text else float("nan")
    if kind == "integer":
        return int(text)
    return text == "true" if kind == "flag" else text


def read_frozen(name: str) -> pd.DataFrame:
    rules = result_columns()[name]
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return pd.DataFrame({r["column"]: [_cell(row[r["column"]], r["type"]) for row in rows] for r in rules})


def _settings() -> Settings:
    planning = Planning(
        partners=("JPN", "USA"), start=dt.date(2026, 1, 1), deadline=dt.date(2028, 12, 31),
        deadline_material="DyTb_oxide", target_share=0.25, controlled_regions=("CHN",),
    )  # fmt: skip
    return Settings(
        name="frozen", title="Magnets for Japan & <America>", base_year=2024, date=dt.date(2025, 11, 15),
        question="Where would the chain break, and which projects help most?",
        regions=tuple(read_frozen("regions")["region"]), planning=planning,
        screening=Screening(materials=("rare earths",), importers=("JPN", "USA")),
    )  # fmt: skip


def _answer() -> tuple[Finding, ...]:
    return (
        Finding(
            "Without separated heavy oxides from China, 71 % of the end use of magnets by value stops.",
            (("71 %", anchor("chokepoint", "Separated heavy oxides, China")),),
        ),
        Finding(
            "Over two years the scenarios cost 9.4 bn USD without the plan and 3.7 bn USD with it.",
            (
                ("3.7 bn USD", anchor("loss", "with plan", "all")),
                ("9.4 bn USD", anchor("loss", "without plan", "all")),
            ),
        ),
        Finding(
            "That Japan went from 90 to 60 percent is true under 2 of 8 definitions.",
            (("2 of 8 definitions", anchor("verdict", "note-de-02")),),
        ),
        Finding(
            "Heavy separation in Australia avoids most loss per dollar; acting together saves 270 m USD.",
            (
                ("Heavy separation in Australia", anchor("project", "sep_aus")),
                ("270 m USD", anchor("split", "JPN")),
            ),
        ),
        Finding(
            "Support for projects is promised by 28 April 2026.", (("28 April 2026", anchor("pledge", "P1")),)
        ),
    )


@pytest.fixture(scope="session")
def shapes() -> dict[str, Any]:
    packed = resources.files("ytterby.facts").joinpath("starter/natural_earth_110m.geojson.gz").read_bytes()
    loaded: dict[str, Any] = json.loads(gzip.decompress(packed))
    return loaded


@pytest.fixture(scope="session")
def make_results(shapes: dict[str, Any]) -> Callable[..., Results]:
    """Frozen results, with single fields replaced."""

    def make(**changes: Any) -> Results:
        run = {
            "version": "0.1.0", "created": "2025-11-15T08:00:00Z", "seed": 20251028, "draws": 200,
            "command": "ytterby run frozen", "seconds": 12.5,
            "hashes": {"study.toml": "0" * 64, "articles/<b>x</b>.txt": "1" * 64},
        }  # fmt: skip
        tables = {name: read_frozen(name) for name in result_columns()}
        given = {"settings": _settings(), "run": run, "answer": _answer(), "shapes": shapes, **tables}
        return Results(**(given | changes))

    return make


@pytest.fixture(scope="session")
def results(make_results: Callable[..., Results]) -> Results:
    return make_results()
