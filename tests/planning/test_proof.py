"""The proof draws whether projects succeed; stockpiles are compared by days of cover (section 6)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ytterby as yt
from ytterby.errors import YtterbyError
from ytterby.network.ensemble import run_ensemble, spread_draws
from ytterby.network.outcomes import losses
from ytterby.network.shocks import Scenario, Shock, Triangular
from ytterby.planning import proof
from ytterby.planning.projects import plan_study

TOY = Path("three-countries")


@pytest.fixture(scope="module")
def toy():
    return yt.load_study(str(TOY))


def test_success_is_drawn_and_expected_capacity_flatters(toy):
    """A plant that stands still for a year, and a project of its size that succeeds half the time.

    The loss is the mean of that with the whole project and that without it, and half of the project
    for sure is not the same: what it lacks, the stocks of a short while make up for.
    """
    chain, weeks = toy.chain, 60
    plant = chain.processes.index("separation.BBB")
    hit = Shock(
        "capacity_loss", np.zeros(0, np.int64), np.array([plant]), 4, 56, Triangular(0.9, 0.9, 0.9), None,
        None, "still",
    )  # fmt: skip
    stories = (Scenario("calm", "Calm", 0.4, ()), Scenario("still", "Still", 0.6, (hit,)))
    tonnes = 0.9 * chain.capacity_t[plant] * 52
    made = _bare_plan(toy)
    made = replace(
        made,
        added=pd.DataFrame(
            {
                "project": ["twin"], "process": [plant], "capacity_tpa": [0.5 * tonnes],
                "success_probability": [0.5], "week": [0],
            }
        ),
        losses=pd.DataFrame({"case": "plan", "scenario": ["calm", "still"], "loss_usd": 0.0}),
        stockpile_t=np.array([pile.stock_t for pile in chain.stockpiles]),
    )  # fmt: skip
    told = proof.prove(
        made, chain, stories, regions=["BBB", "CCC"], draws=4, seed=1, weeks=weeks, discount_rate=0.0,
        horizon_weeks=52,
    ).set_index("scenario")  # fmt: skip

    def loss(succeeds):
        ensemble = run_ensemble(
            chain, stories, draws=4, seed=2, weeks=weeks, stockpile_t=made.stockpile_t,
            added_capacity_t=made.added_capacity_t(chain, weeks, succeeds),
        )  # fmt: skip
        table = losses(ensemble, regions=("BBB", "CCC"))
        return float(table.loc[table["scenario"] == "still", "loss_usd"].mean())

    whole, none, half = loss({"twin": True}), loss({"twin": False}), loss(None)
    assert whole < half < none
    assert told.loc["still", "with_usd"] == pytest.approx((whole + none) / 2)
    assert told.loc["still", "without_usd"] == pytest.approx(none)
    assert told.loc["still", "flattered_usd"] == pytest.approx((whole + none) / 2 - half)
    assert told.loc["still", "flattered_usd"] > 0
    assert told.loc["all", "with_usd"] == pytest.approx(0.6 * (whole + none) / 2)


def test_certain_projects_flatter_nothing(toy):
    told = yt.plan(toy, prove=True, draws=4).proof
    assert told["flattered_usd"].tolist() == [0.0] * len(told)


@pytest.mark.parametrize("draws", [8, 60, 200])
def test_every_draw_is_dealt_once_and_patterns_keep_the_probability(toy, draws):
    story = yt.load_study("japan-us-2025").scenarios
    even = spread_draws(story, draws)
    made = replace(_bare_plan(toy), added=_added({"a": 0.3, "b": 0.9, "c": 1.0, "d": 0.0}))
    patterns = proof._patterns(made, draws, 3)
    hands = proof._dealt(even, len(patterns))
    assert sum(d.weight for hand in hands for d in hand) == pytest.approx(1.0)
    weight = {}
    for hand in hands:
        for draw in hand:
            key = (draw.scenario.name, draw.number)
            weight[key] = weight.get(key, 0.0) + draw.weight
    assert weight == pytest.approx({(d.scenario.name, d.number): d.weight for d in even})
    for name, chance in {"a": 0.3, "b": 0.9, "c": 1.0, "d": 0.0}.items():
        share = np.mean([pattern[name] for pattern in patterns])
        assert abs(share - chance) <= 1 / len(patterns)


def _added(chances):
    return pd.DataFrame({"project": list(chances), "success_probability": list(chances.values())})


def _bare_plan(study):
    return plan_study(study.files, study.chain, study.scenarios)


def test_days_of_cover_beside_the_plan(toy):
    """More days cost more and lose no more; the days are those of the partner's need, up to the limit."""
    told = yt.plan(toy, cover_days=[7, 14, 70], draws=4).cover
    assert told["policy"].tolist() == ["today", "7 days", "14 days", "70 days", "plan"]
    days = told[told["days"].notna()]
    assert days["stock_usd"].is_monotonic_increasing
    assert days["expected_loss_usd"].is_monotonic_decreasing
    assert (days["tail_loss_usd"] >= days["expected_loss_usd"] - 1e-6).all()
    pile = toy.chain.stockpiles[0]
    price = float(toy.chain.price_usd_per_t[toy.chain.pool_material[pile.pool]])
    assert told.loc[1, "stock_usd"] == pytest.approx(min(10.0, pile.limit_t) * price)  # 10 t a week


def test_a_plan_on_draws_of_the_toy_is_the_plan_of_the_toy(toy):
    """The toy is certain, so draws of it are itself."""
    likely, drawn = yt.plan(toy), yt.plan(toy, planned_draws=2)
    assert drawn.costs["total_usd"].dropna().tolist() == pytest.approx(
        likely.costs["total_usd"].dropna().tolist(), rel=1e-3
    )
    assert "2 drawn futures" in drawn.notes[0]


def test_draws_to_choose_from_need_a_number_to_keep(toy):
    with pytest.raises(YtterbyError, match="not how many"):
        yt.plan(toy, drawn_from=10)


def test_processes_change_no_plan():
    """Coalitions solved in processes of their own are those solved here."""
    from ytterby.network.random_study import Size
    from ytterby.planning.random_study import random_planning_study

    size = Size(
        regions=2, stages=2, spare=1.5, longest_lag=1, most_cover=3.0, ramp_share=0.3, elasticity=0.0,
        stock_weeks=2.0,
    )  # fmt: skip
    study, chain, scenarios = random_planning_study(5, size, ("ban",))
    material = study.tables["materials"]["material"].iloc[-1]
    planning = study.settings.planning.model_copy(update={"deadline_material": material})
    study = replace(study, settings=study.settings.model_copy(update={"planning": planning}))
    one, two = (plan_study(study, chain, scenarios, jobs=jobs, best_effort=True) for jobs in (1, 2))
    assert two.coalitions.equals(one.coalitions)
    assert two.split.equals(one.split)
