"""Reading scenarios and drawing futures from them; section 2 of docs/method/simulation.md."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ytterby.catalog.studies import StudyFiles, read_study_files
from ytterby.errors import InputFaults
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.shocks import OPEN_END, Triangular, build_scenarios, draw_conditions, modal_conditions

TOY = Path(__file__).resolve().parents[2] / "src/ytterby/studies/three-countries"


@pytest.fixture
def study() -> StudyFiles:
    return read_study_files(TOY)


def edited(study: StudyFiles, row: int = 1, **cells: Any) -> tuple[StudyFiles, Chain]:
    table = study.tables["scenarios"].astype(object)
    for column, value in cells.items():
        table.at[row, column] = value
    return replace(study, tables={**study.tables, "scenarios": table}), build_chain(study)


def faults(study: StudyFiles, chain: Chain) -> list[str]:
    with pytest.raises(InputFaults) as caught:
        build_scenarios(study, chain)
    return [str(fault) for fault in caught.value.faults]


def test_a_ban_hits_the_arcs_it_names(study: StudyFiles) -> None:
    chain = build_chain(study)
    ban = build_scenarios(study, chain)[1].shocks[0]
    pairs = {
        (chain.pools[chain.arc_pool[a]], chain.processes[chain.slot_process[chain.arc_slot[a]]])
        for a in ban.arcs
    }
    assert pairs == {("oxide@BBB", "motors.CCC")}
    assert (ban.start_week, ban.end_week) == (0, 10)


def test_a_star_means_all_other_regions(study: StudyFiles) -> None:
    other, chain = edited(study, destinations=("*",), materials=())
    ban = build_scenarios(other, chain)[1].shocks[0]
    origins = {chain.pool_region[chain.arc_pool[a]] for a in ban.arcs}
    users = {chain.process_region[chain.slot_process[chain.arc_slot[a]]] for a in ban.arcs}
    assert origins == {chain.regions.index("BBB")}
    assert chain.regions.index("BBB") not in users


def test_without_an_end_a_shock_outlasts_every_horizon(study: StudyFiles) -> None:
    other, chain = edited(study, end_week=float("nan"))
    scenario = build_scenarios(other, chain)[1]
    assert scenario.shocks[0].end_week == OPEN_END
    assert not modal_conditions(scenario, chain, 300).arc_open[299].all()


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"probability": 0.4}, "probability", "sum to 0.9"),
        ({"origins": ("XXX",)}, "origins", "'XXX' is not in this chain"),
        ({"destinations": ("XXX",)}, "destinations", "'XXX' is not in this chain"),
        ({"destinations": ()}, "destinations", "is empty"),
        ({"materials": ("rest",)}, "shock", "hits nothing"),
        ({"policy": "nobody"}, "policy", "not in policies.csv"),
        ({"end_week": 0.0}, "end_week", "not after the start"),
        ({"shock": "quota"}, "level_mode", "is empty for a quota"),
        ({"shock": "licence", "delay_mode_weeks": 4.0}, "approval_mode", "is empty for a licence"),
        ({"shock": "quota", "level_low": 0.8, "level_mode": 0.5, "level_high": 0.9}, "level_mode", "between"),
        (
            {"shock": "capacity_loss", "materials": ("oxide",), "level_mode": 1.5},
            "level_mode", "must lie between 0 and 1",
        ),
        ({"shock": "capacity_loss", "sectors": ("nowhere",), "level_mode": 0.5}, "sectors", "'nowhere'"),
    ],
)  # fmt: skip
def test_faults_name_row_column_and_remedy(
    study: StudyFiles, cells: dict[str, Any], column: str, words: str
) -> None:
    told = [fault for fault in faults(*edited(study, **cells)) if f"column {column}" in fault]
    assert any(words in fault for fault in told)


def test_all_faults_come_at_once(study: StudyFiles) -> None:
    told = faults(*edited(study, probability=0.4, origins=("XXX",), end_week=0.0))
    assert len(told) == 3


def test_rows_of_one_scenario_must_agree(study: StudyFiles) -> None:
    told = faults(*edited(study, row=1, scenario="calm", probability=0.25))
    assert any("differs from 0.5" in fault for fault in told)
    assert any("column label" in fault for fault in told)


def test_the_triangle_by_hand() -> None:
    """0, 1, 4: a quarter of the draws lie below the mode; the rest thins out to 4."""
    spread = Triangular(0.0, 1.0, 4.0)
    assert spread.quantile(0.25) == pytest.approx(1.0)
    assert spread.quantile(1 / 16) == pytest.approx(0.5)
    assert spread.quantile(1.0) == pytest.approx(4.0)
    assert Triangular(2.0, 2.0, 2.0).quantile(0.3) == 2.0
    mean = np.mean([spread.quantile(u) for u in np.linspace(0.0005, 0.9995, 1000)])
    assert mean == pytest.approx(5 / 3, abs=1e-3)


def test_shocks_set_the_conditions_they_name(study: StudyFiles) -> None:
    other, chain = edited(
        study,
        shock="licence",
        delay_low_weeks=2.0,
        delay_mode_weeks=4.0,
        delay_high_weeks=8.0,
        approval_mode=0.9,
    )
    scenario = build_scenarios(other, chain)[1]
    now = modal_conditions(scenario, chain, 20)
    arcs = scenario.shocks[0].arcs
    assert now.licensed[:10, arcs].all()
    assert not now.licensed[10:].any()
    assert now.delay_weeks[arcs].tolist() == [4.0]
    assert now.approval[arcs].tolist() == [0.9]
    drawn = draw_conditions(scenario, chain, 20, np.random.default_rng(1))
    assert 2.0 <= drawn.delay_weeks[arcs][0] <= 8.0
    again = draw_conditions(scenario, chain, 20, np.random.default_rng(1))
    assert drawn.delay_weeks.tobytes() == again.delay_weeks.tobytes()
