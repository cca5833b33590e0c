"""Laws of the planner over random chains; numbers are sections of docs/method/planning.md."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.network.build import build_chain
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario, calm, draw_conditions
from ytterby.network.simulate import Behaviour, simulate
from ytterby.planning.export import deterministic_equivalent
from ytterby.planning.holdings import hold, market_shares, whole_chain
from ytterby.planning.operations import Decisions, Future, add_operations
from ytterby.planning.periods import by_period, even, graded
from ytterby.planning.programme import PLAN_GAP, Programme
from ytterby.planning.random_study import KINDS, random_planning_study
from ytterby.planning.solve import Model, Solver, solve
from ytterby.planning.task import Task, build_task

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)
sizes = st.builds(
    Size,
    regions=st.integers(2, 3),
    stages=st.integers(2, 3),
    spare=st.floats(1.0, 2.0),
    longest_lag=st.integers(0, 4),
    most_cover=st.floats(0, 6),
    ramp_share=st.sampled_from([0.05, 0.3, 1.0]),
    elasticity=st.sampled_from([0.0, 0.4]),
    stock_weeks=st.sampled_from([0.0, 3.0]),
)


# two engines, one truth ---------------------------------------------------------------------------


@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_foresight_never_misses_more_than_the_simulator(seed, size, kinds, fixed, expand):
    """Section 2: every simulated path is feasible for the programme at weekly steps."""
    missed, run = both_engines(seed, size, kinds, fixed, expand)
    assert missed <= run.unmet_t.sum() + 1e-6 * run.need_t.sum()


@few
@given(seeds, sizes, st.booleans())
def test_foresight_under_quotas_counted_by_period(seed, size, fixed):
    """The same where quotas alone bind, whatever their period and rule."""
    missed, run = both_engines(seed, size, ["quota", "quota"], fixed, expand=False)
    assert missed <= run.unmet_t.sum() + 1e-6 * run.need_t.sum()


def both_engines(seed, size, kinds, fixed, expand):
    """Unmet need of the programme at weekly steps, and the simulator's run of the same future."""
    rng = np.random.default_rng(seed)
    chain = build_chain(random_study(rng, size))
    weeks = 30
    story = Scenario("test", "Test", 1.0, tuple(random_shock(chain, kind, rng) for kind in kinds))
    conditions = draw_conditions(story, chain, weeks, rng)
    added, decisions, model = np.zeros((weeks, len(chain.processes))), Decisions.none(), Model()
    piles = np.arange(len(chain.stockpiles))
    pools = np.array([p.pool for p in chain.stockpiles], np.int64)
    none = np.zeros(len(piles), np.int64)
    bought = model.add_columns(len(piles), upper=0.0)
    decisions = replace(
        decisions, stockpiles=piles, bought=bought, release_pile=piles, release_pool=pools,
        release_lag=none, release_cost=np.zeros(len(piles)),
    )  # fmt: skip
    if expand:
        plant = int(rng.integers((~chain.process_is_use).sum()))
        added[8:, plant] = chain.capacity_t[plant] * 0.3
        one = model.add_columns(1, lower=1.0, upper=1.0)
        decisions = replace(
            decisions, added_process=np.array([plant]), added_column=one,
            added_t=added[-1, [plant]], added_week=np.array([8]),
        )  # fmt: skip
    run = simulate(chain, conditions, behaviour=Behaviour(fixed_shares=fixed), added_capacity_t=added)
    bare = replace(
        chain,
        price_usd_per_t=np.zeros_like(chain.price_usd_per_t),
        cost_usd_per_t=np.zeros_like(chain.cost_usd_per_t),
        arc_cost_usd_per_t=np.zeros_like(chain.arc_cost_usd_per_t),
        unmet_usd_per_t=np.where(chain.process_is_use, 1000.0, 0.0),
        stockpiles=tuple(replace(p, holding_usd_per_t_year=0.0) for p in chain.stockpiles),
    )
    horizon = even(weeks, 1, stock_limit=None, refill=True, restore=False, release_any_time=True)
    future = Future(by_period(bare, conditions, horizon), 1.0)
    operations = add_operations(model, bare, whole_chain(bare), horizon, future, decisions)
    return operations.unmet_t(solve(model).value).sum(), run


@few
@given(seeds, sizes)
def test_without_shock_no_partner_misses_anything(seed, size):
    """Section 3: what serves a partner today is enough for it, alone and in long periods too."""
    chain = build_chain(random_study(np.random.default_rng(seed), size))
    partners = {region: [region] for region in chain.regions}
    shares = market_shares(chain, partners)
    for horizon in (even(20, 1), even(4, 13), graded(130, 13, 52, 0.04)):
        conditions = by_period(chain, calm(chain, horizon.weeks), horizon)
        for share in shares.values():
            model = Model()
            operations = add_operations(
                model, chain, hold(chain, [share]), horizon, Future(conditions, 1.0), Decisions.none()
            )
            if model.columns:
                unmet = operations.unmet_t(solve(model).value)
                assert unmet.sum() <= 1e-6 * max(1.0, operations.need_t.sum())


@few
@given(seeds, sizes)
def test_shares_of_all_regions_sum_to_one(seed, size):
    """Section 3: everything that runs serves somebody, and nothing is given away twice."""
    chain = build_chain(random_study(np.random.default_rng(seed), size))
    shares = market_shares(chain, {region: [region] for region in chain.regions})
    process = sum(s.process for s in shares.values())
    pool = sum(s.pool for s in shares.values())
    running = chain.activity_t > 0
    np.testing.assert_allclose(process[running], 1.0, atol=1e-6)
    np.testing.assert_allclose(pool[chain.pool_need_t > 0], 1.0, atol=1e-6)
    assert process.max() <= 1 + 1e-6


# decisions ----------------------------------------------------------------------------------------


def task_of(seed: int, size: Size, kinds: list[str], **options: float) -> Task:
    study, chain, scenarios = random_planning_study(seed, size, kinds)
    return build_task(study, chain, scenarios, horizon=even(8, 8, discount_rate=0.04), **options)


def total(task: Task, members: tuple[str, ...]) -> float:
    """Cost in USD including today's operation, which a coalition's members add up."""
    programme = Programme(task, members, 0.0)
    return programme.choose().total_usd + programme.baseline_usd()


bad = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)


@few
@given(seeds, sizes, bad)
def test_acting_together_never_costs_more(seed, size, kinds):
    """Section 3: subadditive by construction."""
    task = task_of(seed, size, kinds)
    alone = sum(total(task, (p,)) for p in task.players)
    together = total(task, task.players)
    assert together <= alone + 2 * PLAN_GAP * (abs(alone) + abs(together)) + 1


@few
@given(seeds, sizes, bad)
def test_more_budget_never_costs_more(seed, size, kinds):
    """Section 4."""
    tight, wide = (total(t, t.players) for t in (task_of(seed, size, kinds, budget=b) for b in (1e6, 4e6)))
    assert wide <= tight + 2 * PLAN_GAP * abs(tight) + 1


@few
@given(seeds, sizes, bad)
def test_the_pieces_equal_the_whole(seed, size, kinds):
    """Section 5: the decomposition finds the optimum of the one large programme within its gap."""
    task = task_of(seed, size, kinds)
    whole = solve(deterministic_equivalent(task, task.players, 0.0), mip_gap=1e-7).objective * 1e3
    pieces = total(task, task.players)
    assert whole - 1e-6 * abs(whole) <= pieces <= whole + 1.5 * PLAN_GAP * abs(whole) + 1


@few
@given(seeds, sizes, bad, st.sampled_from([0.01, 7.0, 150.0]))
def test_another_currency_changes_only_the_unit(seed, size, kinds, factor):
    """Section 4: all prices, costs and budgets in another currency scale the cost."""
    study, chain, scenarios = random_planning_study(seed, size, kinds)
    tables = dict(study.tables)
    tables["projects"] = tables["projects"].assign(capex_usd=tables["projects"]["capex_usd"] * factor)
    tables["partners"] = tables["partners"].assign(budget_usd=tables["partners"]["budget_usd"] * factor)
    money = ("price_usd_per_t", "cost_usd_per_t", "unmet_usd_per_t", "arc_cost_usd_per_t")
    piles = tuple(
        replace(p, holding_usd_per_t_year=p.holding_usd_per_t_year * factor) for p in chain.stockpiles
    )
    other = replace(chain, stockpiles=piles, **{name: getattr(chain, name) * factor for name in money})
    horizon = even(8, 8, discount_rate=0.04)
    one = build_task(study, chain, scenarios, horizon=horizon)
    two = build_task(replace(study, tables=tables), other, scenarios, horizon=horizon)
    first, second = total(one, one.players), total(two, two.players)
    assert second == pytest.approx(factor * first, rel=2 * PLAN_GAP, abs=factor)


# the solver ---------------------------------------------------------------------------------------


@few
@given(seeds)
def test_duals_equal_finite_differences(seed):
    """Section 6: the dual of a row is what one more unit of its bound changes."""
    rng = np.random.default_rng(seed)
    cover, prices = rng.uniform(0.1, 1, (5, 8)), rng.uniform(1, 5, 8)
    need = rng.uniform(1, 10, 5)

    def best(goal):
        model = Model()
        columns = model.add_columns(8, cost=prices)
        rows = model.add_rows(5, lower=goal)
        model.add_entries(rows[:, None], columns[None, :], cover)
        return solve(model)

    base, step = best(need), 1e-4
    for row in range(5):
        up, down = (best(need + sign * step * np.eye(5)[row]).objective for sign in (1, -1))
        left, right = (base.objective - down) / step, (up - base.objective) / step
        assert left - 1e-5 <= base.row_dual[row] <= right + 1e-5


@few
@given(seeds)
def test_a_warm_start_changes_nothing(seed):
    """Section 6: solving again after changed bounds equals solving anew."""
    rng = np.random.default_rng(seed)
    cover, prices = rng.uniform(0.1, 1, (5, 8)), rng.uniform(1, 5, 8)

    def model(upper):
        made = Model()
        columns = made.add_columns(8, cost=prices, upper=upper)
        rows = made.add_rows(5, lower=1.0)
        made.add_entries(rows[:, None], columns[None, :], cover)
        return made, columns

    first, columns = model(100.0)
    solver = Solver(first)
    solver.solve()
    upper = rng.uniform(2, 20, 8)
    solver.set_bounds(columns, 0.0, upper)
    assert solver.solve().objective == pytest.approx(solve(model(upper)[0]).objective, rel=1e-9)
