"""Start dates, yearly budgets, aversion, frontier, alternatives, regret, worth of time, proof."""

import datetime as dt
from dataclasses import replace
from importlib.resources import files
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ytterby as yt
from ytterby.catalog.studies import read_study_files
from ytterby.errors import InfeasiblePlan, YtterbyError
from ytterby.network.build import build_chain
from ytterby.network.random_study import Size
from ytterby.network.shocks import build_scenarios
from ytterby.planning.alternatives import alternatives
from ytterby.planning.choices import attainable_tpa
from ytterby.planning.export import deterministic_equivalent
from ytterby.planning.frontier import frontier
from ytterby.planning.operations import MONEY
from ytterby.planning.periods import even
from ytterby.planning.programme import PLAN_GAP, Aversion, Programme
from ytterby.planning.projects import plan_study
from ytterby.planning.random_study import KINDS, random_planning_study
from ytterby.planning.regret import regret
from ytterby.planning.solve import Model, Solver, solve
from ytterby.planning.task import build_task, required_tpa
from ytterby.planning.worth import week_earlier

TOY = Path(str(files("ytterby") / "studies" / "three-countries"))
SMALL = Size(regions=2, stages=2, spare=1.2, longest_lag=1, most_cover=2, ramp_share=1.0, stock_weeks=1)
few = settings(max_examples=6, deadline=None)
seeds = st.integers(0, 2**32 - 1)
bad = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)


@pytest.fixture(scope="module")
def toy():
    study = read_study_files(TOY)
    chain = build_chain(study)
    return study, chain, build_scenarios(study, chain)


def small_task(seed, kinds, **options):
    study, chain, scenarios = random_planning_study(seed, SMALL, kinds)
    return build_task(study, chain, scenarios, horizon=even(8, 8, discount_rate=0.04), **options)


def allowed(programme, *totals):
    """What two solutions may differ by: their gaps."""
    return 2 * PLAN_GAP * sum(abs(t) + abs(programme.baseline_usd()) for t in totals) + 1


# start dates and yearly budgets -------------------------------------------------------------------


def test_a_yearly_budget_moves_the_start(toy):
    """1 million USD over 6 months: 500,000 a year is kept only when half falls into the next year."""
    by = dt.date(2027, 12, 31)
    with pytest.raises(InfeasiblePlan, match="the budget gives 0 by then"):
        yt.plan(yt.load_study(str(TOY)), by=by, yearly_budget=500_000)
    plan = yt.plan(yt.load_study(str(TOY)), by=by, yearly_budget=500_000, start_months=(0, 6, 9))
    row = plan.projects.iloc[0]
    assert row["chosen"]
    assert row["begins"] == dt.date(2026, 10, 1)
    assert row["online"] == dt.date(2027, 4, 1)
    assert plan.added["week"].tolist() == [65]
    assert plan.stockpiles["joint_t"].iloc[0] == pytest.approx(0)  # nothing is left in the first year


def test_a_yearly_limit_of_a_partner_counts_its_stock(toy):
    """200,000 USD in the first year buy 20 t at 10,000."""
    study, chain, scenarios = toy
    tables = {**study.tables, "partners": study.tables["partners"].assign(yearly_usd=200_000.0)}
    task = build_task(replace(study, tables=tables), chain, scenarios)
    choice = Programme(task, ("C",), 0.0).choose(projects=False)
    assert sum(choice.bought_t.values()) == pytest.approx(20)


def test_capex_is_spent_evenly_and_discounted(toy):
    """6 months of building from month 12: middle at month 15, at 10 % a year."""
    study, chain, scenarios = toy
    horizon = even(52, 1, discount_rate=0.1)
    task = build_task(study, chain, scenarios, start_months=(12,), horizon=horizon, by=dt.date(2029, 1, 1))
    choice = Programme(task, ("C",), 130.0).choose(stockpiles=False)
    assert choice.capex_usd == pytest.approx(1_000_000 * 1.1**-1.25)
    assert sum(choice.paid_usd.values()) == pytest.approx(1_000_000)
    assert choice.begins == {"separation_c": 12}


@few
@given(seeds, bad)
def test_more_start_dates_never_cost_more(seed, kinds):
    few_dates, more = (small_task(seed, kinds, start_months=months) for months in ((0,), (0, 2, 5)))
    first, second = (Programme(task, task.players, 0.0) for task in (few_dates, more))
    now, free = first.choose().total_usd, second.choose().total_usd
    assert free <= now + allowed(first, now, free)


@few
@given(seeds, bad, st.floats(1e5, 3e6))
def test_no_year_costs_more_than_its_budget_and_requirements_begin_no_later(seed, kinds, yearly):
    task = small_task(seed, kinds, start_months=(0, 7, 14), yearly_budget=yearly)
    programme = Programme(task, task.players, 0.0)
    choice = programme.choose()
    table = task.projects.set_index("project")
    spent = np.zeros(5)
    for (_, name), usd in choice.paid_usd.items():
        first = choice.begins[name]
        months = np.arange(first, first + max(1, int(table.loc[name, "lead_months"])))
        np.add.at(spent, months // 12, usd / len(months))
    for pile, tonnes in choice.bought_t.items():
        spent[0] += (
            tonnes * task.chain.price_usd_per_t[task.chain.pool_material[task.chain.stockpiles[pile].pool]]
        )
    assert spent.max() <= yearly * (1 + 1e-6) + 1
    for name, months in choice.begins.items():
        for other in table.loc[name, "requires"]:
            assert choice.begins[other] <= months
        assert not set(table.loc[name, "excludes"]) & set(choice.begins)


@pytest.mark.parametrize("months", [(), (-1,), (0, 400)])
def test_start_dates_that_cannot_be(toy, months):
    with pytest.raises(YtterbyError, match="start dates"):
        build_task(*toy, start_months=months)


# bad scenarios ------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e3), st.floats(0.01, 1)), min_size=1, max_size=8),
    st.floats(0, 1),
    st.floats(0, 0.99),
)
def test_aversion_is_the_programme_of_rockafellar_and_uryasev(drawn, weight, level):
    """(1-l) E[Q] + l min_eta (eta + E[(Q - eta)+] / (1 - level))."""
    cost, chance = (np.array(column) for column in zip(*drawn, strict=True))
    chance = chance / chance.sum()
    pull = Aversion(weight, level).pull(cost, chance)
    assert pull.sum() == pytest.approx(1)
    model = Model()
    eta = model.add_columns(1, cost=1.0, lower=-np.inf)
    beyond = model.add_columns(len(cost), cost=chance / (1 - level))
    rows = model.add_rows(len(cost), lower=cost)
    model.add_entries(rows, eta, 1.0)
    model.add_entries(rows, beyond, 1.0)
    tail = solve(model).objective
    assert pull @ cost == pytest.approx((1 - weight) * (chance @ cost) + weight * tail, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("weight", "level"), [(-0.1, 0.9), (1.1, 0.9), (0.5, 1.0)])
def test_aversions_without_meaning(weight, level):
    with pytest.raises(YtterbyError, match="no meaning"):
        Aversion(weight, level)


@few
@given(seeds, bad)
def test_a_careful_plan_has_no_worse_tail_and_no_better_mean(seed, kinds):
    task = small_task(seed, kinds)
    programme = Programme(task, task.players, 0.0)
    bold, careful = programme.choose(), programme.choose(aversion=Aversion(1.0, 0.7))
    again = programme.choose()
    room = allowed(programme, bold.total_usd, careful.total_usd) / MONEY

    def tail(choice):
        cost = choice.answer.cost + choice.capex_usd / MONEY
        return Aversion(1.0, 0.7).pull(cost, programme.weight) @ cost

    assert tail(careful) <= tail(bold) + room
    assert bold.total_usd <= careful.total_usd + room * MONEY
    assert again.total_usd == pytest.approx(bold.total_usd, abs=room * MONEY)  # the aversion leaves no trace


# around the plan ----------------------------------------------------------------------------------


@few
@given(seeds, bad)
def test_more_money_never_costs_more(seed, kinds):
    task = small_task(seed, kinds)
    programme = Programme(task, task.players, 0.0)
    table = frontier(programme, spending_shares=(0.0, 0.3, 0.6, 1.0), aversions=(0.0,))
    along = table[table["varied"] == "budget"]
    room = allowed(programme, *along["total_usd"]) * 3
    assert (along["spent_usd"] <= along["budget_usd"] * (1 + 1e-6) + 1).all()
    assert (np.diff(along["total_usd"]) <= room).all()


def subset_costs(task):
    """Least cost of every set of projects that the rows allow, USD: each as one programme of its own."""
    found = {}
    count = len(task.projects)
    for flags in product((0.0, 1.0), repeat=count):
        solver = Solver(deterministic_equivalent(task, task.players, 0.0))
        solver.fix_integers(np.arange(count), np.array(flags))
        try:
            found[flags] = solver.solve().objective * MONEY
        except InfeasiblePlan:
            continue
    return found


@settings(max_examples=4, deadline=None)
@given(seeds, bad, st.sampled_from([0.05, 0.5]))
def test_the_alternative_is_the_farthest_that_is_good_enough(seed, kinds, within):
    """Against all sets of projects, tried one by one."""
    task = small_task(seed, kinds)
    programme = Programme(task, task.players, 0.0)
    nothing, best = programme.choose(projects=False, stockpiles=False), programme.choose(gap=1e-6)
    table = alternatives(programme, best, nothing, within=within, count=1)
    costs = subset_costs(task)
    base = programme.baseline_usd()
    cap = best.total_usd + within * max(0.0, nothing.total_usd - best.total_usd)
    names = [o.project for o in programme.first.options]
    chosen = np.array([float(n in best.begins) for n in names])
    slack = PLAN_GAP * (abs(cap) + abs(base))
    sure = [f for f, usd in costs.items() if usd - base <= cap - slack]
    maybe = [f for f, usd in costs.items() if usd - base <= cap + slack]
    least, most = (max((int(abs(chosen - f).sum()) for f in fs), default=0) for fs in (sure, maybe))
    told = int(table["differs_by"].iloc[1]) if len(table) > 1 else 0
    assert least <= told <= most
    assert (table["cost_usd"] <= cap + slack).all()


@few
@given(seeds, bad)
def test_regret_is_never_negative_and_knowing_is_worth_something(seed, kinds):
    task = small_task(seed, kinds)
    programme = Programme(task, task.players, 0.0)
    found = regret(programme, programme.choose())
    room = allowed(programme, *found.table["cost_usd"])
    assert (found.table["regret_usd"] >= 0).all()
    assert found.table.groupby("scenario")["regret_usd"].min().eq(0).all()
    assert found.information_usd >= 0
    assert found.stochastic_usd >= -room
    worst = found.table.groupby("plan")["regret_usd"].max()
    assert worst[found.least_regretted] == worst.min()


def test_a_week_earlier_against_a_study_with_a_shorter_lead(toy):
    """Second route: the same study, its project ready a month sooner."""
    study, chain, scenarios = toy

    def programme(months):
        projects = study.tables["projects"].assign(lead_months=months)
        changed = replace(study, tables={**study.tables, "projects": projects})
        return Programme(build_task(changed, chain, scenarios), ("C",), 130.0)

    late, soon = programme(2), programme(1)
    choice = late.choose(stockpiles=False)
    told = week_earlier(late, choice)
    gained = late.cost_with(choice.decisions) - soon.cost_with(choice.decisions)
    assert gained > 0
    assert told["usd_per_week"].tolist() == pytest.approx([gained / (52 / 12)])


def test_the_proof_meets_the_toys_numbers():
    """Without plan 6 million USD in the ban, probability one half; 60 t of stock cover nearly all of it."""
    study = yt.load_study(str(TOY))
    plan = yt.plan(study, prove=True, draws=4)
    table = plan.proof.set_index("scenario")
    assert table.loc["ban", "without_usd"] == pytest.approx(6_000_000)
    assert table.loc["all", "without_usd"] == pytest.approx(3_000_000)
    assert table.loc["calm", ["without_usd", "with_usd", "simulated_usd"]].tolist() == [0, 0, 0]
    assert table.loc["ban", "with_usd"] < 0.2 * 6_000_000
    assert (table["foresight_usd"] <= table["simulated_usd"] + 1).all()
    assert table.loc["ban", "simulated_usd"] == pytest.approx(
        table.loc["ban", "with_usd"]
    )  # the toy is certain


def test_a_deep_plan_tells_all_of_it():
    insight = yt.plan(yt.load_study(str(TOY)), deep=True).insight
    assert insight.frontier["varied"].value_counts().to_dict() == {"budget": 6, "aversion": 3}
    assert insight.alternatives["plan"].iloc[0] == 0
    assert isinstance(insight.regret, pd.DataFrame)
    assert insight.earlier["project"].tolist() == ["separation_c"]


# coalitions under a target ------------------------------------------------------------------------


@few
@given(seeds, bad, st.floats(0.1, 1))
def test_a_target_that_partners_miss_alone_does_not_make_them_dearer_together(seed, kinds, share):
    """What members are held to alone can be had together, at no more than the sum of their costs."""
    study, chain, scenarios = random_planning_study(seed, SMALL, kinds)
    material = study.tables["materials"]["material"].iloc[-1]
    planning = study.settings.planning.model_copy(
        update={"target_share": share, "deadline_material": material, "controlled_regions": ()}
    )
    study = replace(study, settings=study.settings.model_copy(update={"planning": planning}))
    task = build_task(study, chain, scenarios, horizon=even(8, 8, discount_rate=0.04))
    held = {p: min(required_tpa(task, [p]), attainable_tpa(task, [p])) for p in task.players}
    assert sum(held.values()) <= attainable_tpa(task, task.players) * (1 + 1e-6) + 1e-6
    apart = [Programme(task, (p,), held[p]) for p in task.players]
    together = Programme(task, task.players, sum(held.values()))
    costs = [p.choose().total_usd + p.baseline_usd() for p in apart]
    joint = together.choose().total_usd + together.baseline_usd()
    assert joint <= sum(costs) + 2 * PLAN_GAP * (abs(joint) + sum(map(abs, costs))) + 1


@settings(max_examples=5, deadline=None)
@given(seeds, bad, st.floats(0.3, 1))
def test_acting_together_saves_under_any_target(seed, kinds, share):
    """The pact of a whole plan, also where the target can only be had together."""
    study, chain, scenarios = random_planning_study(seed, SMALL, kinds)
    material = study.tables["materials"]["material"].iloc[-1]
    planning = study.settings.planning.model_copy(
        update={"target_share": share, "deadline_material": material, "controlled_regions": (), "periods": 4}
    )
    study = replace(study, settings=study.settings.model_copy(update={"planning": planning}))
    plan = plan_study(study, chain, scenarios, best_effort=True)
    table = plan.coalitions.set_index("coalition")
    together = table.loc["+".join(plan.partners)]
    room = 5 * PLAN_GAP * 3 * (table["cost_usd"].abs().sum() + plan.gap_usd / PLAN_GAP) + 1
    assert together["saving_usd"] >= -room


@few
@given(seeds, bad)
def test_leaders_pay_as_far_as_their_purses_go(seed, kinds):
    """A partner joins only where the leader's budget is used up."""
    task = small_task(seed, kinds)
    programme = Programme(task, task.players, 0.0)
    choice = programme.choose()
    table = task.projects.set_index("project")
    chain = task.chain
    spent = dict.fromkeys(task.players, 0.0)
    for (member, _), usd in choice.paid_usd.items():
        spent[member] += usd
    for pile, tonnes in choice.bought_t.items():
        stock = chain.stockpiles[pile]
        spent[stock.partner] += tonnes * chain.price_usd_per_t[chain.pool_material[stock.pool]]
    for name in choice.begins:
        paid = sum(usd for (_, j), usd in choice.paid_usd.items() if j == name)
        assert paid == pytest.approx(table.loc[name, "capex_usd"], rel=1e-6, abs=1)
    for (member, name), usd in choice.paid_usd.items():
        leader = next(f for f in table.loc[name, "financiers"] if f in task.players)
        if member != leader and usd > 100:
            assert spent[leader] >= task.purse_usd[leader] * (1 - 1e-6) - 100
