"""Laws of the simulator over random chains; numbers are sections of docs/method/simulation.md."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.ensemble import run_ensemble
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Quota, Scenario, Shock, Triangular, calm, draw_conditions, modal_conditions
from ytterby.network.simulate import Behaviour, simulate
from ytterby.network.targets import shock_kinds

KINDS = tuple(shock_kinds())
FIXED = Behaviour(fixed_shares=True)
engines = pytest.mark.parametrize(
    "engine",
    [
        "numpy",
        pytest.param("numba", marks=pytest.mark.skipif(find_spec("numba") is None, reason="extra fast")),
    ],
)
few = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)

sizes = st.builds(
    Size,
    regions=st.integers(2, 4),
    stages=st.integers(2, 4),
    spare=st.floats(1.0, 2.0),
    longest_lag=st.integers(0, 4),
    most_cover=st.floats(0, 8),
    ramp_share=st.sampled_from([0.05, 0.3, 1.0]),
    elasticity=st.sampled_from([0.0, 0.4]),
    stock_weeks=st.sampled_from([0.0, 3.0]),
)
lines = st.builds(
    Size,
    regions=st.just(1),
    sectors=st.just(1),
    stages=st.integers(2, 4),
    spare=st.floats(1.05, 2.0),
    most_cover=st.floats(0.5, 6),
    ramp_share=st.sampled_from([0.1, 1.0]),
    stock_weeks=st.sampled_from([0.0, 2.0]),
)
seeds = st.integers(0, 2**32 - 1)


def chain_of(seed: int, size: Size) -> Chain:
    return build_chain(random_study(np.random.default_rng(seed), size))


def shock(chain: Chain, kind: str, seed: int, start: int = 5, end: int = 25) -> Shock:
    return random_shock(chain, kind, np.random.default_rng(seed), start, end)


def scenario(*shocks: Shock) -> Scenario:
    return Scenario("test", "Test", 1.0, shocks)


def ban(chain: Chain, seed: int, end: int) -> Scenario:
    return scenario(replace(shock(chain, "ban", seed, end=end), ramp_weeks=0, pause=(0, 0)))


@engines
@few
@given(seeds, sizes)
def test_without_shock_nothing_is_ever_missing(engine: str, seed: int, size: Size) -> None:
    """Section 1.3: exactly zero for 400 weeks, and every week repeats the baseline."""
    chain = chain_of(seed, size)
    run = simulate(chain, calm(chain, 400), engine=engine)
    assert run.unmet_t.max() == 0.0
    assert (run.price_index == 1.0).all()
    np.testing.assert_allclose(run.activity_t[0, -1], chain.activity_t, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(run.pool_stock_t[0, -1], chain.pool_stock_t, rtol=1e-9, atol=1e-7)


@engines
@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), st.booleans())
def test_mass_is_conserved(engine: str, seed: int, size: Size, kinds: list[str], fixed: bool) -> None:
    """Section 6."""
    chain = chain_of(seed, size)
    story = scenario(*(shock(chain, kind, seed + i) for i, kind in enumerate(kinds)))
    conditions = draw_conditions(story, chain, 60, np.random.default_rng(seed))
    run = simulate(chain, conditions, behaviour=Behaviour(fixed_shares=fixed), engine=engine)
    assert run.ledger.max() <= 1e-12


@engines
@few
@given(seeds, sizes, st.sampled_from(KINDS), st.booleans())
def test_a_temporary_shock_ends(engine: str, seed: int, size: Size, kind: str, fixed: bool) -> None:
    """Section 3.10: with room above the baseline and some stock, the last of 400 weeks miss nothing."""
    size = replace(size, spare=max(size.spare, 1.1), least_cover=0.5, most_cover=size.most_cover + 0.5)
    chain = chain_of(seed, size)
    conditions = modal_conditions(scenario(shock(chain, kind, seed)), chain, 400)
    run = simulate(chain, conditions, behaviour=Behaviour(fixed_shares=fixed), engine=engine)
    assert run.unmet_t[0, -20:].max() == 0.0


@engines
@few
@given(seeds, lines)
def test_in_a_line_more_never_hurts(engine: str, seed: int, size: Size) -> None:
    """More stock or capacity, or a shorter ban, never raises what is missing, shares being fixed.

    A line is a chain in which no two users compete for one pool; see section 8 for the others.
    """
    chain = chain_of(seed, size)
    long, short = (modal_conditions(ban(chain, seed, end), chain, 160) for end in (25, 21))
    base = simulate(chain, long, behaviour=FIXED, engine=engine).unmet_t.sum()
    stock = np.array([pile.stock_t * 2 + 1 for pile in chain.stockpiles])
    more = replace(chain, pool_stock_t=chain.pool_stock_t * 1.5, slot_stock_t=chain.slot_stock_t * 1.5)
    larger = replace(chain, capacity_t=chain.capacity_t * 1.3, ramp_t=chain.ramp_t * 1.3)
    others = [
        simulate(chain, short, behaviour=FIXED, engine=engine),
        simulate(more, long, behaviour=FIXED, engine=engine),
        simulate(larger, long, behaviour=FIXED, engine=engine),
        simulate(chain, long, behaviour=FIXED, stockpile_t=stock, engine=engine),
    ]
    for other in others:
        assert other.unmet_t.sum() <= base * (1 + 1e-9)


@engines
@few
@given(seeds, sizes)
@example(
    7822, Size(4, 4, spare=1.0, longest_lag=0, most_cover=1.0, stock_weeks=3.0)
)  # a stock emptied to the last 1e-15 t
def test_names_and_order_of_regions_do_not_matter(engine: str, seed: int, size: Size) -> None:
    study = random_study(np.random.default_rng(seed), size)
    regions = study.settings.regions
    mirrored = replace(study, settings=study.settings.model_copy(update={"regions": regions[::-1]}))
    arcs = study.tables["arcs"].iloc[::-1].reset_index(drop=True)
    mirrored = replace(mirrored, tables={**study.tables, "arcs": arcs})
    chain, other = build_chain(study), build_chain(mirrored)
    name = [
        (chain.pools[q], chain.slot_process[k]) for q, k in zip(chain.arc_pool, chain.arc_slot, strict=True)
    ]
    hit = {name[a] for a in shock(chain, "ban", seed).arcs}
    renamed = [
        (other.pools[q], other.slot_process[k]) for q, k in zip(other.arc_pool, other.arc_slot, strict=True)
    ]
    arcs_there = np.array([a for a, key in enumerate(renamed) if key in hit], dtype=np.int64)
    here = modal_conditions(ban(chain, seed, 25), chain, 80)
    there = calm(other, 80)
    there.arc_open[5:25, arcs_there] = False
    first, second = simulate(chain, here, engine=engine), simulate(other, there, engine=engine)
    np.testing.assert_allclose(first.unmet_t, second.unmet_t, rtol=1e-6, atol=1e-6)


@engines
@few
@given(seeds, sizes, st.integers(0, 10))
def test_a_licence_at_once_and_always_is_no_policy(engine: str, seed: int, size: Size, start: int) -> None:
    """Section 2.4, exactly."""
    chain = chain_of(seed, size)
    other = modal_conditions(scenario(shock(chain, "capacity_loss", seed)), chain, 60)
    licensed = np.zeros_like(other.licensed)
    licensed[start:40] = True
    free = simulate(chain, other, engine=engine)
    bound = simulate(chain, replace(other, licensed=licensed), engine=engine)
    np.testing.assert_array_equal(free.unmet_t, bound.unmet_t)
    np.testing.assert_array_equal(free.flow_t, bound.flow_t)


@engines
@few
@given(seeds, sizes, st.booleans())
def test_a_ban_is_a_quota_of_zero(engine: str, seed: int, size: Size, fixed: bool) -> None:
    """Section 2.3, exactly, stockpiles included."""
    chain = chain_of(seed, size)
    banned = modal_conditions(ban(chain, seed, 25), chain, 60)
    arcs = shock(chain, "ban", seed).arcs
    limit = np.full(60, np.inf)
    limit[5:25] = 0.0
    behaviour = Behaviour(fixed_shares=fixed)
    first = simulate(chain, banned, behaviour=behaviour, engine=engine)
    second = simulate(
        chain, replace(calm(chain, 60), quotas=(Quota(arcs, limit),)), behaviour=behaviour, engine=engine
    )
    np.testing.assert_array_equal(first.unmet_t, second.unmet_t)
    np.testing.assert_array_equal(first.activity_t, second.activity_t)


@engines
@few
@given(seeds, sizes, st.sampled_from(KINDS), st.booleans())
def test_a_policy_suspended_for_its_whole_length_is_no_policy(
    engine: str, seed: int, size: Size, kind: str, fixed: bool
) -> None:
    """Section 2.8, exactly, for every kind of shock."""
    chain = chain_of(seed, size)
    idle = replace(shock(chain, kind, seed), pause=(5, 25))
    behaviour = Behaviour(fixed_shares=fixed)
    first = simulate(chain, modal_conditions(scenario(idle), chain, 60), behaviour=behaviour, engine=engine)
    second = simulate(chain, calm(chain, 60), behaviour=behaviour, engine=engine)
    np.testing.assert_array_equal(first.flow_t, second.flow_t)
    assert first.unmet_t.max() == 0.0


NOTHING = {"tariff": 0.0, "price_floor": 1.0, "capacity_loss": 0.0, "new_supply": 0.0, "demand_surge": 0.0,
           "substitution": 0.0}  # fmt: skip


@engines
@few
@given(seeds, sizes, st.sampled_from(sorted(NOTHING)))
def test_a_level_that_changes_nothing_is_no_policy(engine: str, seed: int, size: Size, kind: str) -> None:
    """A tariff of zero, a floor at today's price, no loss, no growth: exactly as calm."""
    chain, level = chain_of(seed, size), NOTHING[kind]
    same = replace(shock(chain, kind, seed), level=Triangular(level, level, level))
    first = simulate(chain, modal_conditions(scenario(same), chain, 60), engine=engine)
    second = simulate(chain, calm(chain, 60), engine=engine)
    np.testing.assert_array_equal(first.flow_t, second.flow_t)
    np.testing.assert_array_equal(first.unmet_t, second.unmet_t)


@engines
@few
@given(seeds, sizes, st.sampled_from(["licence", "extraterritorial"]))
def test_a_licence_row_at_once_and_always_is_no_policy(engine: str, seed: int, size: Size, kind: str) -> None:
    """Section 2.4 from the scenario's side: delay 0 and approval 1."""
    chain = chain_of(seed, size)
    zero, full = Triangular(0, 0, 0), Triangular(1, 1, 1)
    easy = replace(shock(chain, kind, seed), delay_weeks=zero, approval=full)
    first = simulate(chain, modal_conditions(scenario(easy), chain, 60), engine=engine)
    np.testing.assert_array_equal(first.flow_t, simulate(chain, calm(chain, 60), engine=engine).flow_t)


@engines
@few
@given(seeds, sizes, st.integers(2, 12), st.booleans())
def test_a_quota_of_zero_is_a_ban_however_long_its_period(
    engine: str, seed: int, size: Size, period: int, first_come: bool
) -> None:
    """Section 2.3, exactly."""
    chain = chain_of(seed, size)
    closed = ban(chain, seed, 25).shocks[0]
    none = replace(
        closed, kind="quota", level=Triangular(0, 0, 0), period_weeks=period, first_come=first_come
    )
    first, second = (
        simulate(chain, modal_conditions(scenario(s), chain, 60), engine=engine) for s in (closed, none)
    )
    np.testing.assert_array_equal(first.unmet_t, second.unmet_t)
    np.testing.assert_array_equal(first.activity_t, second.activity_t)


@engines
@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=2))
def test_what_is_given_up_for_its_price_is_a_part_of_what_is_unmet(
    engine: str, seed: int, size: Size, kinds: list[str]
) -> None:
    """Section 3.8; without elasticity nobody gives anything up."""
    chain = chain_of(seed, size)
    story = scenario(*(shock(chain, kind, seed + i) for i, kind in enumerate(kinds)))
    run = simulate(chain, modal_conditions(story, chain, 60), engine=engine)
    assert (run.forgone_t >= 0).all()
    assert (run.forgone_t <= run.unmet_t + 1e-8 * run.need_t).all()
    assert size.elasticity > 0 or run.forgone_t.max() == 0.0


@engines
@settings(max_examples=8, deadline=None)
@given(seeds, sizes, st.sampled_from([1, 2, 5, 16]))
def test_same_seed_same_bytes_for_any_block(engine: str, seed: int, size: Size, block: int) -> None:
    """Section 2.6."""
    chain = chain_of(seed, size)
    stories = [
        Scenario("calm", "Calm", 0.4, ()),
        Scenario("a", "A", 0.3, (shock(chain, "licence", 1), shock(chain, "quota", 2))),
        Scenario("b", "B", 0.3, (shock(chain, "capacity_loss", 3), shock(chain, "demand_surge", 4))),
        Scenario("c", "C", 0.0, tuple(shock(chain, kind, 5) for kind in ("tariff", "price_floor", "quota"))),
    ]
    first = run_ensemble(chain, stories, draws=12, seed=7, weeks=40, engine=engine)
    second = run_ensemble(chain, stories, draws=12, seed=7, weeks=40, block=block, engine=engine)
    assert first.unmet_t.tobytes() == second.unmet_t.tobytes()
    assert first.price_index.tobytes() == second.price_index.tobytes()
    assert first.limited_weeks.tobytes() == second.limited_weeks.tobytes()


@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), st.booleans())
def test_every_path_keeps_the_rules_shared_with_the_planner(
    seed: int, size: Size, kinds: list[str], fixed: bool
) -> None:
    """Section 5, row by row, from the recorded flows alone."""
    chain = chain_of(seed, size)
    story = scenario(*(shock(chain, kind, seed + i) for i, kind in enumerate(kinds)))
    now = draw_conditions(story, chain, 50, np.random.default_rng(seed))
    added = np.zeros((50, len(chain.processes)))
    added[20:, ~chain.process_is_use] = 0.2 * chain.capacity_t[~chain.process_is_use]
    run = simulate(chain, now, behaviour=Behaviour(fixed_shares=fixed), added_capacity_t=added, detail=True)
    detail, small = run.detail, 1e-7
    assert detail is not None
    moved = detail.shipped_t[0]
    y = run.activity_t[0]
    before_y = np.vstack([chain.activity_t, y[:-1]])

    def by(index: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
        return np.stack([np.bincount(index, row, count) for row in values])

    pools, slots, weeks = len(chain.pool_material), len(chain.slot_t), len(y)
    released = moved - _licensed_shipments(now, detail.flow_t[0], detail.queue_t[0])[0]
    returned = by(chain.arc_pool, _licensed_shipments(now, detail.flow_t[0], detail.queue_t[0])[1], pools)
    sold = by(chain.arc_pool, detail.flow_t[0] + released, pools)
    made = by(chain.output_pool, y[:, chain.output_process] * chain.output_t, pools)
    pile_pool = np.array([pile.pool for pile in chain.stockpiles], dtype=np.int64)
    pile = by(pile_pool, detail.release_t[0] - detail.fill_t[0], pools)
    stock = np.vstack([chain.pool_stock_t, run.pool_stock_t[0]])
    # 5.1
    expected = stock[:-1] + made - sold + returned + pile - detail.disposal_t[0]
    np.testing.assert_allclose(stock[1:], expected, rtol=1e-9, atol=small)
    assert stock.min() >= 0
    # 5.2
    arrivals = np.zeros((weeks, slots))
    for a, lag in enumerate(chain.arc_lag):
        shipped = np.concatenate([np.full(lag, chain.arc_flow_t[a]), moved[:, a]])[:weeks]
        arrivals[:, chain.arc_slot[a]] += shipped
    held = np.vstack([chain.slot_stock_t, detail.slot_stock_t[0]])
    used = y[:, chain.slot_process] * chain.slot_t
    np.testing.assert_allclose(held[1:], held[:-1] + arrivals - used, rtol=1e-9, atol=small)
    assert held.min() >= 0
    # 5.3 and 5.4
    limit = np.where(
        chain.process_is_use, chain.activity_t * now.demand_factor, chain.capacity_t * now.capacity_factor
    )
    assert (y <= limit + added + small).all()
    ramp = np.where(chain.process_is_use, np.inf, chain.ramp_t + chain.ramp_share * added)
    assert (y <= before_y + ramp + small).all()
    # 5.5
    assert detail.flow_t[0][~now.arc_open].max(initial=0.0) == 0.0
    assert released[~now.arc_open].max(initial=0.0) <= small
    for quota in now.quotas:
        counted = np.isfinite(quota.limit_t)
        flow = np.where(counted, detail.flow_t[0][:, quota.arcs].sum(axis=1), 0.0)
        for first, last in {quota.period(week) for week in range(weeks)}:
            granted = quota.limit_t[first:last][counted[first:last]].sum()
            assert flow[first:last].sum() <= granted + small
    # 5.7
    assert run.stockpile_t.min(initial=0.0) >= 0
    np.testing.assert_allclose(released.sum(axis=1), detail.release_t[0].sum(axis=1), atol=small)


def _licensed_shipments(now, flow, queue):
    """What 5.6 says must ship and return, from flows and queues."""
    before = np.vstack([np.zeros(flow.shape[1]), queue[:-1]])
    released = np.where(now.licensed, (before + flow) / (1 + now.delay_weeks), before + flow)
    np.testing.assert_allclose(queue, before + flow - released, rtol=1e-9, atol=1e-7)
    shipped = np.where(now.licensed, now.approval * released, released)
    return shipped, released - shipped


@few
@given(seeds, sizes)
def test_a_released_stockpile_only_helps_its_holder(seed: int, size: Size) -> None:
    """Section 3.7: users elsewhere get nothing from it."""
    assume(size.stock_weeks > 0)
    chain = chain_of(seed, size)
    run = simulate(chain, modal_conditions(ban(chain, seed, 25), chain, 60), detail=True)
    assert run.detail is not None
    extra = run.detail.shipped_t[0] - run.detail.flow_t[0]
    home = chain.regions.index(chain.stockpiles[0].regions[0])
    abroad = chain.process_region[chain.slot_process[chain.arc_slot]] != home
    assert np.abs(extra[:, abroad]).max(initial=0.0) == 0.0
