"""The pages of the studies that look back print what the code computes, line by line."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ytterby as yt
from ytterby.network.backcast import Backcast
from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import WEEKS_PER_YEAR, check_balance
from ytterby.network.shocks import calm
from ytterby.network.simulate import simulate
from ytterby.planning.projects import plan_study

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = {"japan-2010": "history", "magnets-2025": "office_opens", "gallium-2023": "as_it_came"}
VARIANTS = {
    "japan-2010": {
        "as built": ("history", Behaviour()),
        "users never go back": ("history", Behaviour(return_rate=0.0)),
    },
    "magnets-2025": {
        "as built": ("office_opens", Behaviour()),
        "users do not learn": ("office_opens", Behaviour(delay_learning=0.0)),
        "a queue alone": ("queue_alone", Behaviour()),
    },
}
SKILL = {
    "japan-2010": ("japan_imports", "china_share", "china_exports"),
    "magnets-2025": ("magnet_exports", "magnets_to_usa"),
}


@cache
def computed(study: str, scenario: str, behaviour: Behaviour) -> Backcast:
    """One backcast; pages print several tables of the same."""
    return yt.backcast(yt.load_study(study), scenario=scenario, behaviour=behaviour)


def number(value: float, unit: str = "1") -> str:
    if pd.isna(value):
        return "-"
    return f"{value:,.0f}" if unit == "t" else f"{value:.2f}"


def point_lines(made: Backcast) -> list[str]:
    """Rows of the page's table of points."""
    return [
        f"| `{row.series}` | {row.period} | {number(row.value, row.unit)} | {number(row.p50, row.unit)} | "
        f"{number(row.p5, row.unit)} to {number(row.p95, row.unit)} | {number(row.null, row.unit)} |"
        for row in made.points.itertuples()
    ]


def fit_lines(made: Backcast) -> list[str]:
    """Rows of the page's table of fit."""
    return [
        f"| `{row.series}` | {row.role} | {row.points} | {number(row.mape)} | {number(row.skill)} | "
        f"{number(row.correlation)} | {number(row.inside)} | {row.turn_history or '-'} | "
        f"{row.turn_model or '-'} | {row.recovery_history or '-'} | {row.recovery_model or '-'} |"
        for row in made.fit.itertuples()
    ]


def variant_line(study: str, name: str) -> str:
    """Skill and correlation of the named series under other behaviour."""
    fit = computed(study, *VARIANTS[study][name]).fit.set_index("series")
    cells = (f"{number(fit['skill'][s])}; {number(fit['correlation'][s])}" for s in SKILL[study])
    return f"| {name} | {' | '.join(cells)} |"


@pytest.mark.parametrize("study", SCENARIOS)
def test_the_page_prints_what_the_code_computes(study: str) -> None:
    text = (ROOT / f"docs/studies/{study}.md").read_text(encoding="utf-8")
    made = computed(study, SCENARIOS[study], Behaviour())
    missing = [line for line in (*point_lines(made), *fit_lines(made)) if line not in text]
    assert missing == []


@pytest.mark.parametrize(("study", "name"), [(s, name) for s, some in VARIANTS.items() for name in some])
def test_the_page_prints_what_other_behaviour_would_give(study: str, name: str) -> None:
    text = (ROOT / f"docs/studies/{study}.md").read_text(encoding="utf-8")
    assert variant_line(study, name) in text


def test_the_page_of_magnets_says_what_a_queue_alone_gives() -> None:
    text = (ROOT / "docs/studies/magnets-2025.md").read_text(encoding="utf-8")
    made = computed("magnets-2025", "queue_alone", Behaviour())
    may = made.points.set_index(["series", "period"]).loc[("magnet_exports", "2025-05"), "p50"]
    assert f"May comes out at {may:,.0f} t" in text
    assert made.fit.set_index("series").loc["magnet_exports", "recovery_model"] == "2025-06"


def test_the_page_of_gallium_prints_the_baseline() -> None:
    text = (ROOT / "docs/studies/gallium-2023.md").read_text(encoding="utf-8")
    chain = yt.load_study("gallium-2023").chain
    made = dict(zip(chain.processes, chain.activity_t * WEEKS_PER_YEAR, strict=True))
    outside = made["gallium.ROW"] + made["gallium.JPN"]
    to_usa = (chain.arc_pool != chain.pool("gallium_high", "USA")) & (
        chain.process_region[chain.slot_process[chain.arc_slot]] == chain.regions.index("USA")
    )
    metal = np.isin(chain.pool_material[chain.arc_pool], [chain.materials.index("gallium_high")])
    imports = chain.arc_flow_t[to_usa & metal].sum() * WEEKS_PER_YEAR
    recovered = {
        region: made[f"gallium.{region}"] / 0.7 / (8e-5 * made[f"alumina.{region}"])
        for region in ("CHN", "ROW")
    }
    germanium = {name: made[f"germanium.{name}"] for name in ("CHN", "ROW", "EU27")}
    china = germanium["CHN"] / sum(germanium.values())
    for line in (
        f"the model's base has {100 * china:.0f} %",
        f"| primary gallium 2024, China | 839 t | {made['gallium.CHN']:.0f} t |",
        f"| primary gallium 2024, elsewhere | 9 t | {outside:.1f} t |",
        f"| use of gallium 2024, United States | 18.7 t | {made['chips.USA']:.1f} t |",
        f"| imports of gallium metal 2024, United States | 11.0 t | {imports:.1f} t |",
        f"at the baseline {recovered['CHN']:.1%} of the gallium in Chinese liquors is recovered, "
        f"{recovered['ROW']:.1%} elsewhere",
    ):
        assert line in text


@pytest.mark.parametrize("study", SCENARIOS)
def test_the_chain_balances_and_nothing_is_missing_without_a_shock(study: str) -> None:
    chain = yt.load_study(study).chain
    balance = check_balance(chain)
    assert (balance["loss_t"] >= -1e-9 * balance["input_t"].max()).all()
    run = simulate(chain, calm(chain, 200))
    assert run.unmet_t.max() == 0.0
    assert run.ledger.max() <= 1e-12


def test_a_study_that_looks_back_gives_a_report(tmp_path: Path) -> None:
    """No projects, no stockpiles, no articles, and measures of the store that lie ahead of its day."""
    yt.run("japan-2010", tmp_path / "out", draws=2)
    assert (tmp_path / "out/report.html").stat().st_size > 1_000_000


@pytest.mark.parametrize("study", SCENARIOS)
def test_the_study_runs_through_simulator_and_planner(study: str) -> None:
    loaded = yt.load_study(study)
    futures = yt.simulate(loaded, draws=8)
    assert futures.ledger <= 1e-12
    assert futures.unmet_t.max() > 0.0
    made = plan_study(loaded.files, loaded.chain, loaded.scenarios, best_effort=True)
    assert made.status.startswith("optimal")
