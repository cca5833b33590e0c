"""Published figures beside a base year, and a study moved towards them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.catalog.studies import StudyFiles, read_study_files, write_study_files
from ytterby.catalog.tables import study_columns
from ytterby.errors import ClashingNumbers, InputFaults
from ytterby.examples import builtin_studies, find_study
from ytterby.network.adjust import reconcile_study
from ytterby.network.build import build_chain
from ytterby.network.chain import WEEKS_PER_YEAR, check_balance
from ytterby.network.figures import Quantities, check_figures
from ytterby.network.random_study import Size, random_study, study_of

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)
TOLD = {"source_id": "s", "assumed": True, "reason": "r"}


def figures(*rows: dict[str, Any]) -> pd.DataFrame:
    blank: dict[str, Any] = {column.name: "" for column in study_columns()["figures"]}
    blank |= dict.fromkeys(("materials", "origins", "destinations", "elements", "sectors"), ())
    blank |= {"measure": "output", "factor": 1.0, "unit": "t", "kind": "statistic", "uncertainty": np.nan}
    return pd.DataFrame([{"row": i + 2, **blank, **TOLD, **row} for i, row in enumerate(rows)])


def with_figures(study: StudyFiles, *rows: dict[str, Any]) -> StudyFiles:
    return replace(study, tables={**study.tables, "figures": figures(*rows)})


def two_origins() -> StudyFiles:
    """Ore of A and B into one use in A: 100 t a year, 60 from A and 40 from B; a tonne holds 0.5 t of E."""
    mines = [("A", 1), ("B", 1)]
    rows: dict[str, list[dict[str, Any]]] = {
        "materials": [{"material": "ore", "stage": "concentrate", "price_usd_per_t": 1.0}],
        "contents": [{"material": "ore", "element": "E", "content_t_per_t": 0.5}],
        "recipes": [
            {"recipe": "mine", "material": "ore", "direction": "output", "quantity_t": 1.0},
            {"recipe": "use", "material": "ore", "direction": "input", "quantity_t": 1.0},
        ],
        "processes": [
            {"process": f"mine.{r}", "region": r, "recipe": "mine", "main_output": "ore", "weight": w}
            for r, w in mines
        ],
        "capacities": [
            {"process": f"mine.{r}", "capacity_tpa": 80.0, "ramp_share_per_week": 1.0} for r, _ in mines
        ],
        "arcs": [
            {"material": "ore", "origin": r, "destination": "A", "base_share": share, "lag_weeks": 1}
            for r, share in (("A", 0.6), ("B", 0.4))
        ],
        "demand": [
            {
                "use": "cars.A",
                "region": "A",
                "sector": "cars",
                "recipe": "use",
                "demand_tpa": 100.0,
                "priority": 1,
            }
        ],
        "inventories": [
            {"material": "ore", "region": "*", "holder": h, "cover_weeks": 4.0} for h in ("producer", "user")
        ],
    }
    return study_of({table: [{**TOLD, **row} for row in told] for table, told in rows.items()}, ("A", "B"))


def test_by_hand_each_measure_counts_its_part_of_the_base_year() -> None:
    """Of 100 t used in A, 40 t come from B: output, flow, use, content and share."""
    study = with_figures(
        two_origins(),
        {"figure": "mined", "materials": ("ore",), "value": 110.0},
        {"figure": "mined_b", "materials": ("ore",), "origins": ("B",), "value": 50.0},
        {"figure": "exports_b", "measure": "flow", "materials": ("ore",), "origins": ("B",), "value": 40.0},
        {"figure": "exports", "measure": "flow", "materials": ("ore",), "value": 40.0},
        {"figure": "used", "measure": "use", "materials": ("ore",), "elements": ("E",), "value": 50.0},
        {"figure": "share_b", "materials": ("ore",), "origins": ("B",), "unit": "percent", "value": 50.0},
        {"figure": "sum", "materials": ("ore",), "origins": ("A",), "value": 160.0},
        {"figure": "sum", "materials": ("ore",), "origins": ("B",), "factor": 2.5, "value": 160.0},
    )
    table = check_figures(study).set_index("figure")
    found = table["model"].to_dict()
    wanted = {"mined": 100, "mined_b": 40, "exports_b": 40, "exports": 40, "used": 50, "share_b": 40}
    assert found == pytest.approx({**wanted, "sum": 60 + 2.5 * 40})
    assert table.loc["mined", "deviation"] == pytest.approx(100 / 110 - 1)
    assert table.loc["mined", "sigmas"] == pytest.approx((100 / 110 - 1) / 0.05)


def test_by_hand_a_printed_output_moves_the_share_and_the_need() -> None:
    """B prints 50 t, 10 % off at most: 40 = 0.4 * 100 moves by its variances.

    Let n be the change of the need (30 t) and d that of the share's tonnes (A: 18, B: 12, opposite): with
    x = 40 + 0.4 n + d the least of (n/30)^2 + (d/18)^2 + (d/12)^2 + ((x - 50)/5)^2.
    """
    row = {"figure": "b", "materials": ("ore",), "origins": ("B",), "value": 50.0, "kind": "register"}
    found = reconcile_study(with_figures(two_origins(), row))
    share = 1 / (1 / 18**2 + 1 / 12**2)
    gap = 10 / (0.4**2 * 30**2 + share + 5**2)
    x = 40 + gap * (0.4**2 * 30**2 + share)
    assert found.figures["adjusted"][0] == pytest.approx(x, rel=1e-4)  # what is derived has a trace of a say
    assert found.figures["change_sigmas"][0] == pytest.approx((x - 50) / 5, rel=1e-3)
    moved = found.study.tables
    assert moved["demand"]["demand_tpa"][0] == pytest.approx(100 + gap * 0.4 * 30**2, rel=1e-3)
    assert moved["arcs"]["base_share"].sum() == pytest.approx(1.0)


def test_a_printed_capacity_is_a_bound_and_an_assumed_one_gives_way() -> None:
    row = {"figure": "b", "materials": ("ore",), "origins": ("B",), "value": 95.0, "uncertainty": 0.001}
    study = with_figures(two_origins(), row)
    free = reconcile_study(study, clash=np.inf)
    assert free.figures["adjusted"][0] == pytest.approx(95, rel=0.01)
    assert free.study.tables["capacities"]["capacity_tpa"][1] == pytest.approx(95, rel=0.01)
    printed = study.tables["capacities"].assign(assumed=False)
    held = reconcile_study(replace(study, tables={**study.tables, "capacities": printed}), clash=np.inf)
    assert held.figures["adjusted"][0] == pytest.approx(80)
    assert held.changes.set_index("what").loc["mine.B", "at_bound"]


def test_figures_that_clash_with_the_chain_are_named() -> None:
    row = {"figure": "mined_in_b", "materials": ("ore",), "origins": ("B",), "value": 4000.0}
    with pytest.raises(ClashingNumbers, match="mined_in_b"):
        reconcile_study(with_figures(two_origins(), row))


def test_figures_that_clash_with_each_other_are_named() -> None:
    rows = [
        {"figure": name, "materials": ("ore",), "value": value, "uncertainty": 0.001}
        for name, value in (("this", 100.0), ("that", 110.0))
    ]
    with pytest.raises(ClashingNumbers, match=r"this: 100.*that: 110|that: 110.*this: 100"):
        reconcile_study(with_figures(two_origins(), *rows))


def test_faults_are_told_at_once_with_their_rows() -> None:
    study = with_figures(
        two_origins(),
        {"figure": "a", "materials": ("ore",), "origins": ("X",), "elements": ("Q",), "value": 1.0},
        {"figure": "b", "measure": "use", "materials": ("ore",), "sectors": ("boats",), "value": 1.0},
        {"figure": "b", "measure": "use", "materials": ("ore",), "value": 2.0},
    )
    with pytest.raises(InputFaults) as caught:
        check_figures(study)
    places = {(fault.row, fault.column) for fault in caught.value.faults}
    assert places == {(2, "origins"), (2, "elements"), (3, "sectors"), (4, "value")}


def test_a_study_without_figures_stays_as_it_is() -> None:
    study = read_study_files(find_study("three-countries"))
    found = reconcile_study(study)
    assert found.figures.empty
    np.testing.assert_allclose(found.changes["adjusted"], found.changes["printed"], rtol=1e-12, atol=1e-9)


@few
@given(seeds, st.integers(1, 5))
def test_the_moved_study_has_the_base_year_that_was_found(seed: int, count: int) -> None:
    """Two routes: the adjusted numbers, and the moved tables built into a chain; elements balance."""
    rng = np.random.default_rng(seed)
    study = random_study(rng, Size(regions=3, stages=3, spare=2.0))
    chain = build_chain(study)
    made = np.bincount(chain.output_pool, chain.output_t * chain.activity_t[chain.output_process])
    pools = rng.choice(np.flatnonzero(made > 0), size=min(count, int((made > 0).sum())), replace=False)
    rows = [
        {
            "figure": f"f{i}", "materials": (chain.pools[q].split("@")[0],),
            "origins": (chain.pools[q].split("@")[1],), "kind": "register",
            "value": float(made[q] * WEEKS_PER_YEAR * rng.uniform(0.8, 1.25)),
        }
        for i, q in enumerate(pools)
    ]  # fmt: skip
    found = reconcile_study(with_figures(study, *rows), clash=np.inf)
    again = build_chain(found.study)
    adjusted = found.changes["adjusted"].to_numpy()
    now = Quantities(again).now()
    np.testing.assert_allclose(now, adjusted, rtol=1e-6, atol=1e-6 * adjusted.max())
    matrix, _ = Quantities(chain).balances()
    size = np.abs(matrix) @ np.maximum(adjusted, found.changes["printed"])
    assert (np.abs(matrix @ adjusted) <= 1e-9 * np.maximum(size, 1e-9)).all()
    balance = check_balance(again)
    assert (balance["loss_t"] >= -1e-9 * balance["input_t"].clip(lower=1)).all()
    before = (found.figures["sigmas"] ** 2).sum()
    after = ((found.figures["deviation_adjusted"] / found.figures["uncertainty"]) ** 2).sum()
    assert after <= before * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("name", builtin_studies())
def test_a_study_written_is_the_study_read(name: str, tmp_path: Path) -> None:
    study = read_study_files(find_study(name))
    write_study_files(study, tmp_path / "copy")
    again = read_study_files(tmp_path / "copy")
    assert again.settings == study.settings
    for table, frame in study.tables.items():
        pd.testing.assert_frame_equal(again.tables[table], frame, check_dtype=False)
    with pytest.raises(InputFaults, match="exists already"):
        write_study_files(study, tmp_path / "copy")
