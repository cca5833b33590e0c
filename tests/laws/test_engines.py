"""Laws of the two engines over random chains: section 18 of docs/method/simulation.md.

The reference in numpy and the kernel in numba give the same numbers, for every kind of shock, every option
and any way to cut the draws into blocks and threads.
"""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ytterby.network.assumptions import Doubts
from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import Targets
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain, Floats
from ytterby.network.ensemble import Ensemble, run_ensemble
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Conditions, Scenario, draw_conditions
from ytterby.network.simulate import Run, simulate
from ytterby.network.targets import shock_kinds

pytest.importorskip("numba", reason="the kernel needs the extra fast")
KINDS = tuple(shock_kinds())
WEEKS = 60
TOLERANCE = 1e-12
sizes = st.builds(
    Size,
    regions=st.integers(2, 4),
    stages=st.integers(2, 4),
    spare=st.floats(1.0, 2.0),
    longest_lag=st.integers(0, 6),
    most_cover=st.floats(0, 8),
    ramp_share=st.sampled_from([0.05, 1.0]),
    elasticity=st.sampled_from([0.0, 0.4]),
    stock_weeks=st.sampled_from([0.0, 3.0]),
)
seeds = st.integers(0, 2**32 - 1)
few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)


def chain_of(seed: int, size: Size) -> Chain:
    return build_chain(random_study(np.random.default_rng(seed), size))


def story(chain: Chain, kinds: list[str], seed: int) -> Scenario:
    shocks = (random_shock(chain, kind, np.random.default_rng(seed + i)) for i, kind in enumerate(kinds))
    return Scenario("test", "Test", 1.0, tuple(shocks))


def drawn(chain: Chain, kinds: list[str], seed: int, lanes: int) -> list[Conditions]:
    rng = np.random.default_rng(seed)
    return [draw_conditions(story(chain, kinds, seed + lane), chain, WEEKS, rng) for lane in range(lanes)]


def options_of(seed: int, lanes: int) -> list[Behaviour]:
    """Options that differ from lane to lane, as doubts do."""
    rng = np.random.default_rng(seed)
    return [
        Behaviour(
            order_smoothing=rng.uniform(0.1, 0.5),
            pool_gap_weeks=rng.uniform(2, 8),
            slot_gap_weeks=rng.uniform(4, 16),
            delay_learning=rng.uniform(0.05, 0.25),
            switching_rate=rng.uniform(0.05, 0.2),
            return_rate=rng.uniform(0.02, 0.1),
            qualification_weeks=rng.uniform(1, 20),
            release_cover_weeks=rng.uniform(1, 4),
            surplus_weeks=rng.uniform(0, 16),
        )
        for _ in range(lanes)
    ]


def targets_of(chain: Chain, seed: int, lanes: int) -> Targets:
    rng = np.random.default_rng(seed)
    pool, slot = (
        rng.uniform(0.5, 2, (len(stock), lanes)) for stock in (chain.pool_stock_t, chain.slot_stock_t)
    )
    return Targets(chain.pool_stock_t[:, None] * pool, chain.slot_stock_t[:, None] * slot)


def added_to(chain: Chain) -> Floats:
    added = np.zeros((WEEKS, len(chain.processes)))
    added[15:40, ~chain.process_is_use] = 0.2 * chain.capacity_t[~chain.process_is_use]
    added[40:, ~chain.process_is_use] = 0.4 * chain.capacity_t[~chain.process_is_use]
    return added


def assert_equal(first: Run, second: Run) -> None:
    for field in fields(Run):
        here, there = getattr(first, field.name), getattr(second, field.name)
        if field.name == "ledger":
            assert max(here.max(), there.max()) <= TOLERANCE  # residuals are rounding themselves
        elif here is not None:
            scale = np.abs(here).max(initial=0.0)
            np.testing.assert_allclose(
                here, there, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=field.name
            )


@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_the_kernel_equals_the_reference(
    seed: int, size: Size, kinds: list[str], fixed: bool, release: bool
) -> None:
    """Every kind of shock, licences and quotas in some of the lanes, added plants, both switches."""
    chain = chain_of(seed, size)
    futures = drawn(chain, kinds, seed, 3)
    told = {"behaviour": Behaviour(fixed_shares=fixed, stockpile_release=release)}
    runs = [
        simulate(chain, futures, **told, added_capacity_t=added_to(chain), engine=engine)
        for engine in ("numpy", "numba")
    ]
    assert_equal(*runs)


@pytest.mark.parametrize("kind", KINDS)
@settings(few, max_examples=6)
@given(seeds, sizes)
def test_each_kind_of_shock_by_itself(kind: str, seed: int, size: Size) -> None:
    chain = chain_of(seed, size)
    futures = drawn(chain, [kind], seed, 2)
    assert_equal(*(simulate(chain, futures, engine=engine) for engine in ("numpy", "numba")))


@few
@given(seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
def test_lanes_with_their_own_options_and_targets(seed: int, size: Size, kinds: list[str]) -> None:
    chain = chain_of(seed, size)
    futures = drawn(chain, kinds, seed, 4)
    told = {"behaviour": options_of(seed, 4), "targets": targets_of(chain, seed, 4)}
    assert_equal(*(simulate(chain, futures, **told, engine=engine) for engine in ("numpy", "numba")))


def bytes_of(ensemble: Ensemble) -> tuple[bytes, ...]:
    names = ("unmet_t", "need_t", "price_index", "limited_weeks", "stockpile_t")
    return tuple(getattr(ensemble, name).tobytes() for name in names)


@settings(few, max_examples=5)
@given(seeds, sizes)
def test_blocks_and_threads_change_no_bit(seed: int, size: Size) -> None:
    """Sizes 1, 7, 16 and 32 on one thread and on two, with doubts that differ from draw to draw."""
    chain = chain_of(seed, size)
    kinds = ["licence", "quota", "tariff", "capacity_loss", "ban"]
    doubts = Doubts(tuple(options_of(seed, 35)), targets_of(chain, seed, 35))
    told = {"draws": 35, "seed": seed, "weeks": 40, "doubts": doubts, "engine": "numba"}
    scenarios = [story(chain, kinds, seed)]
    first = bytes_of(run_ensemble(chain, scenarios, block=16, threads=1, **told))
    for block in (1, 7, 16, 32):
        for threads in (1, 2):
            other = run_ensemble(chain, scenarios, block=block, threads=threads, **told)
            assert bytes_of(other) == first, (block, threads)


@settings(few, max_examples=5)
@given(seeds, sizes)
def test_threads_change_no_bit_of_the_reference(seed: int, size: Size) -> None:
    chain = chain_of(seed, size)
    scenarios = [story(chain, ["licence", "capacity_loss"], seed)]
    told = {"draws": 20, "seed": seed, "weeks": 30, "engine": "numpy"}
    first = bytes_of(run_ensemble(chain, scenarios, block=16, **told))
    assert bytes_of(run_ensemble(chain, scenarios, block=3, threads=2, **told)) == first


def test_futures_of_one_week_and_a_chain_without_stockpiles() -> None:
    chain = replace(chain_of(5, Size()), stockpiles=())
    futures = [draw_conditions(story(chain, ["ban"], 1), chain, 1, np.random.default_rng(0))]
    assert_equal(*(simulate(chain, futures, engine=engine) for engine in ("numpy", "numba")))
