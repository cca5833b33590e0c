"""The toy study by hand: three-countries, README.md of the study."""

import datetime as dt
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import InfeasiblePlan, UnknownName
from ytterby.network.build import build_chain
from ytterby.network.shocks import build_scenarios, modal_conditions
from ytterby.network.simulate import simulate
from ytterby.planning.holdings import market_shares
from ytterby.planning.programme import Programme
from ytterby.planning.projects import plan_study
from ytterby.planning.task import build_task


@pytest.fixture(scope="module")
def toy():
    study = read_study_files(Path(str(files("ytterby") / "studies" / "three-countries")))
    chain = build_chain(study)
    return study, chain, build_scenarios(study, chain)


@pytest.fixture(scope="module")
def plan(toy):
    return plan_study(*toy)


def cost(plan, case, column):
    rows = plan.costs[(plan.costs["case"] == case) & (plan.costs["partner"] == "all")]
    return float(rows[column].iloc[0])


def test_shares_follow_what_is_bought(toy):
    """Half of A's ore and of B's oxide serves C; the idle plant in C is C's own."""
    shares = market_shares(toy[1], {"C": ["CCC"]})["C"]
    np.testing.assert_allclose(shares.process, [0.5, 0.5, 1.0, 1.0, 0.0])


def test_without_measures_six_weeks_are_lost(plan):
    """60 t of motors at 100,000 USD with probability one half."""
    assert cost(plan, "no action", "expected_loss_usd") == pytest.approx(3_000_000)
    table = plan.losses[(plan.losses["case"] == "no action")].set_index("scenario")
    assert table.loc["ban", "loss_usd"] == pytest.approx(6_000_000)
    assert table.loc["calm", "loss_usd"] == pytest.approx(0)


def test_sixty_tonnes_cover_the_gap(plan):
    """Stock 60 t; used up in the ban: half of 60 x 10,000 USD."""
    pile = plan.stockpiles.iloc[0]
    assert pile["joint_t"] == pytest.approx(60)
    assert pile["alone_t"] == pytest.approx(60)
    assert cost(plan, "stockpiles only", "expected_loss_usd") == pytest.approx(0, abs=1e-3)
    assert cost(plan, "stockpiles only", "stock_used_usd") == pytest.approx(300_000)


def test_stock_is_held_until_it_is_used(plan):
    """Calm: 60 t for a year at 500 USD; ban: used in weeks 5 to 10, held at most 11 weeks of it."""
    holding = cost(plan, "stockpiles only", "holding_usd")
    assert 15_000 + 0.5 * 30_000 * 3 / 52 < holding < 15_000 + 0.5 * 30_000 * 11 / 52


def test_the_deadline_forces_the_project(plan):
    """A quarter of 520 t from outside B: only the project gives it (260 t), though it is late for the ban."""
    project = plan.projects.set_index("project").loc["separation_c"]
    assert bool(project["chosen"])
    assert project["paid_C_usd"] == pytest.approx(1_000_000)
    assert project["online"] == dt.date(2026, 7, 1)
    assert project["gain_usd"] == pytest.approx(0, abs=1)
    assert plan.deadline.met
    assert plan.deadline.required_tpa == pytest.approx(130)
    assert plan.deadline.supply_tpa == pytest.approx(260)


def test_a_plan_feeds_the_simulator(toy, plan):
    """The stock covers the ban in the simulator too; capacity comes in week 26."""
    chain = toy[1]
    added = plan.added_capacity_t(chain, 52)
    week, plant = np.argwhere(added > 0)[0]
    assert (week, chain.processes[plant]) == (26, "separation.CCC")
    assert added[week, plant] == pytest.approx(12.5)
    ban = modal_conditions(toy[2][1], chain, 52)
    use = chain.processes.index("motors.CCC") - (~chain.process_is_use).sum()
    before = simulate(chain, ban).unmet_t[0, :, use].sum()
    after = (
        simulate(chain, ban, added_capacity_t=added, stockpile_t=plan.stockpile_t).unmet_t[0, :, use].sum()
    )
    assert after < 0.2 * before


def test_too_early_a_deadline_says_what_there_could_be(toy):
    with pytest.raises(InfeasiblePlan) as error:
        plan_study(*toy, by=dt.date(2026, 4, 1))
    told = error.value.message
    assert "2026-04-01" in told
    assert "130" in told
    assert "all projects together give 0" in told


def test_best_effort_says_that_the_target_is_missed(toy):
    plan = plan_study(*toy, by=dt.date(2026, 4, 1), best_effort=True)
    assert not plan.deadline.met
    assert "missed" in plan.deadline.message


def test_too_small_a_budget_is_named(toy):
    with pytest.raises(InfeasiblePlan, match="the budget gives 0 by then, more money up to 260"):
        plan_study(*toy, budget=999_999)


def test_the_budget_pays_for_stock_too(toy):
    """1.3 million USD: the project takes 1.0, and 0.3 buys 30 t at 10,000 USD; half of the gap."""
    short = plan_study(*toy, budget=1_300_000)
    assert short.projects["chosen"].all()
    assert short.stockpiles["joint_t"].iloc[0] == pytest.approx(30)


def test_unknown_partner(toy):
    with pytest.raises(UnknownName, match="'D'"):
        plan_study(*toy, partners=["D"])


def test_out_of_time_is_told(toy):
    task = build_task(*toy)
    choice = Programme(task, ("C",), 0.0).choose(projects=False, time_limit=0.0)
    assert not choice.proven
    assert choice.gap > 0


def test_gap_value_is_the_loss_avoided_by_a_tonne_more(toy):
    """Dual of capacity in C against the same capacity given to the chain, with the stock at zero."""
    study, chain, scenarios = toy
    task = build_task(study, chain, scenarios)
    programme = Programme(task, ("C",), 0.0)
    choice = programme.choose(projects=False, stockpiles=False)
    plant = chain.processes.index("separation.CCC")
    place = [int(programme.holding.process[e]) for e in programme.holding.extension].index(plant)
    told = programme.gap_values(choice.decisions)[place]
    step = 0.01  # tonnes a year: small, for the value falls as the gap closes
    capacity = chain.capacity_t.copy()
    capacity[plant] += step / 52
    more = build_task(study, replace(chain, capacity_t=capacity), scenarios)
    found = Programme(more, ("C",), 0.0).choose(projects=False, stockpiles=False)
    assert told > 0
    assert (choice.total_usd - found.total_usd) / step == pytest.approx(told, rel=1e-4)


@pytest.mark.parametrize("empty", ["projects", "stockpiles"])
def test_a_study_without_projects_or_stockpiles_can_be_planned(toy, empty):
    """Empty tables keep their columns; what is not there is not chosen."""
    study, _, _ = toy
    gone = [empty, "project_capacities"] if empty == "projects" else [empty]
    tables = {**study.tables, **{name: study.tables[name].iloc[:0] for name in gone}}
    bare = replace(study, tables=tables)
    chain = build_chain(bare)
    plan = plan_study(bare, chain, build_scenarios(bare, chain), best_effort=True)
    assert len(getattr(plan, empty)) == 0
    assert {"projects": "chosen", "stockpiles": "joint_t"}[empty] in getattr(plan, empty).columns
    assert not plan.added_capacity_t(chain, 10).any()
    assert len(plan.stockpile_t) == len(chain.stockpiles)
