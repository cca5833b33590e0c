"""Looking back: spans, quantities, fit, faults; section 13 of docs/method/simulation.md."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import ytterby as yt
from ytterby.cli import app
from ytterby.errors import InputFaults, YtterbyError
from ytterby.network.backcast import Backcast, read_span
from ytterby.network.fit import measure_fit
from ytterby.study import Study
from ytterby.views.backcast import backcast_rates

STUDIES = Path(yt.__file__).parent / "studies"


@pytest.fixture(scope="module")
def magnets() -> Backcast:
    return yt.backcast(yt.load_study("magnets-2025"), draws=6)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STUDIES / "magnets-2025", tmp_path / "mine"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2010", (2010, 1, 1), (2011, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-12", (2024, 12, 1), (2025, 1, 1)),
        ("2011-08-15", (2011, 8, 15), (2011, 8, 16)),
        ("2025-01..2025-04", (2025, 1, 1), (2025, 5, 1)),
        ("2025-12-30..2026", (2025, 12, 30), (2027, 1, 1)),
    ],
)
def test_a_span_is_read_to_the_day(text: str, first: Any, after: Any) -> None:
    assert read_span(text) == (dt.date(*first), dt.date(*after))


@pytest.mark.parametrize("text", ["", "spring 2010", "2010-13", "2010-02-30", "2011..2010", "10", "2010-1"])
def test_anything_else_is_no_span(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is no year, month or day|must be in|out of range|before it begins"
    ):
        read_span(text)


def test_the_null_model_is_the_baseline_by_days(magnets: Backcast) -> None:
    """May has 31 days: 31/7 weeks of the baseline's exports."""
    chain = yt.load_study("magnets-2025").chain
    china = chain.regions.index("CHN")
    user = chain.process_region[chain.slot_process[chain.arc_slot]]
    out = (chain.arc_pool == chain.pool("magnet", "CHN")) & (user != china)
    may = magnets.points[
        (magnets.points["series"] == "magnet_exports") & (magnets.points["period"] == "2025-05")
    ]
    assert may["null"].iloc[0] == pytest.approx(chain.arc_flow_t[out].sum() * 31 / 7)


def test_months_add_up_to_spans(magnets: Backcast) -> None:
    """January to April as four months and as one span, in the draws that are all equal until week 20."""
    total = magnets.points["p50"].iloc[0]
    months = magnets.months[magnets.months["series"] == "magnet_exports"]
    assert months["p50"].iloc[:4].sum() == pytest.approx(total)


def test_a_share_is_one_series_over_the_other() -> None:
    """Two routes: China's share of Japanese imports, and shipments from China over all."""
    study = yt.load_study("japan-2010")
    tables = dict(study.files.tables)
    for name in ("series", "history"):
        copy = tables[name][tables[name]["series"] == "japan_imports"].assign(series="from_china")
        copy["row"] += 100
        tables[name] = pd.concat([tables[name], copy], ignore_index=True)
    tables["series"]["origins"] = [
        ("CHN",) if series == "from_china" else origins
        for series, origins in zip(tables["series"]["series"], tables["series"]["origins"], strict=True)
    ]
    points = yt.backcast(Study(replace(study.files, tables=tables)), draws=3).points
    null = {name: rows["null"].to_numpy() for name, rows in points.groupby("series")}
    np.testing.assert_allclose(null["china_share"], null["from_china"] / null["japan_imports"])


POINTS = pd.DataFrame(
    {
        "series": "s", "period": ["1", "2", "3", "4"], "value": [10.0, 4.0, 6.0, 10.0],
        "p5": [9.0, 5.0, 5.0, 9.0], "p50": [10.0, 6.0, 6.0, 9.0], "p95": [11.0, 7.0, 7.0, 11.0], "null": 10.0,
    }
)  # fmt: skip
SERIES = pd.DataFrame({"series": ["s"], "label": ["S"], "measure": ["shipments"], "role": ["untouched"]})


def test_fit_by_hand() -> None:
    """Errors 0, 2, 0, -1 of the model; 0, 6, 4, 0 of the null model."""
    fit = measure_fit(POINTS, SERIES).iloc[0]
    assert fit["mape"] == pytest.approx((0 + 0.5 + 0 + 0.1) / 4)
    assert fit["rmse"] == pytest.approx(np.sqrt(5 / 4))
    assert fit["rmse_null"] == pytest.approx(np.sqrt(52 / 4))
    assert fit["skill"] == pytest.approx(1 - np.sqrt(5 / 52))
    assert fit["inside"] == 0.75
    assert fit["correlation"] == pytest.approx(np.corrcoef([10, 4, 6, 10], [10, 6, 6, 9])[0, 1])
    assert [fit[f"turn_{who}"] for who in ("history", "model")] == ["2", "2"]
    assert [fit[f"recovery_{who}"] for who in ("history", "model")] == ["4", "4"]


def test_a_perfect_model_has_skill_one_and_the_null_model_skill_zero() -> None:
    perfect = measure_fit(POINTS.assign(p50=POINTS["value"]), SERIES).iloc[0]
    null = measure_fit(POINTS.assign(p50=POINTS["null"]), SERIES).iloc[0]
    assert (perfect["skill"], perfect["mape"], perfect["correlation"]) == pytest.approx((1.0, 0.0, 1.0))
    assert null["skill"] == 0.0
    assert np.isnan(null["correlation"])
    assert null["turn_model"] == ""


def test_a_price_turns_at_its_top() -> None:
    prices = POINTS.assign(value=[1.0, 5.0, 2.0, 1.0], p50=[1.0, 2.0, 3.0, 1.05], null=1.0)
    fit = measure_fit(prices, SERIES.assign(measure="price_index")).iloc[0]
    assert (fit["turn_history"], fit["turn_model"]) == ("2", "3")
    assert (fit["recovery_history"], fit["recovery_model"]) == ("4", "4")


def test_what_is_missing_has_no_fit() -> None:
    """No relative error of a published zero, no correlation of two points, no turn from a level of zero."""
    nothing = measure_fit(POINTS.assign(null=0.0, p5=np.nan, p95=np.nan), SERIES).iloc[0]
    assert (nothing["turn_history"], nothing["turn_model"]) == ("", "")
    assert np.isnan(nothing["inside"])
    fit = measure_fit(POINTS.assign(value=[0.0, 4.0, 6.0, 10.0]).iloc[:2], SERIES).iloc[0]
    assert np.isnan(fit["mape"])
    assert np.isnan(fit["correlation"])


def test_a_study_without_history_says_so() -> None:
    with pytest.raises(YtterbyError, match="has no history"):
        yt.backcast(yt.load_study("three-countries"))


def test_weeks_without_a_date_are_refused(mine: Path) -> None:
    edit(mine, "study.toml", "start = 2025-01-01\nhorizon", "horizon")
    with pytest.raises(YtterbyError, match="names no first day"):
        yt.backcast(yt.load_study(mine))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("magnet_exports,2025-05,1238,t", "magnet_exports,2024-05,1238,t", "not within the simulated time"),
        ("magnet_exports,2025-05,1238,t", "magnet_exports,May,1238,t", "no year, month or day"),
        ("magnet_exports,2025-05,1238,t", "magnet_exports,2025-05,1238,kg", "not the unit"),
        ("magnet_exports,2025-05", "nobody,2025-05", "not known there"),
        ("magnet_exports,2025-06", "magnet_exports,2025-05", "stands twice"),
    ],
)
def test_a_row_of_history_that_fits_nothing_is_named(mine: Path, old: str, new: str, words: str) -> None:
    edit(mine, "history.csv", old, new)
    with pytest.raises(InputFaults, match=words):
        yt.backcast(yt.load_study(mine), draws=2)


def test_a_series_that_finds_nothing_is_named(mine: Path) -> None:
    edit(mine, "series.csv", "shipments,magnet,CHN,", "shipments,alloy,CHN,")
    with pytest.raises(InputFaults, match="finds nothing"):
        yt.backcast(yt.load_study(mine), draws=2)


def test_only_a_study_that_looks_back_needs_the_two_tables(mine: Path) -> None:
    for table in ("series", "history"):
        (mine / f"{table}.csv").unlink()
    assert yt.load_study(mine).files.tables["history"].empty


def test_rates_are_tonnes_a_year(magnets: Backcast) -> None:
    rates = backcast_rates(magnets)
    may = rates[(rates["kind"] == "history") & (rates["period"] == "2025-05")].iloc[0]
    assert may["value"] == pytest.approx(1238 * 365.25 / 31)
    assert may["unit"] == "t a year"


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "back"
    told = CliRunner().invoke(app, ["backcast", "magnets-2025", "--draws", "4", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "skill" in told.output
    assert {path.name for path in out.iterdir()} == {
        "backcast.html", "points.csv", "months.csv", "fit.csv", "run.json",
    }  # fmt: skip
    page = (out / "backcast.html").read_text(encoding="utf-8")
    assert "Chinese exports of magnets" in page
    assert "http://" not in page.split("<body")[1].split("<script")[0]
    assert pd.read_csv(out / "points.csv").shape[0] == 10
