"""Laws of the chain's baseline over random studies."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.network.build import build_chain
from ytterby.network.chain import check_balance
from ytterby.network.random_study import Size, random_study

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)
sizes = st.builds(Size, regions=st.integers(1, 5), stages=st.integers(1, 4), spare=st.floats(1.0, 3.0))


@few
@given(seeds, sizes)
def test_every_pool_supplies_what_is_bought_and_disposes_of_the_rest(seed: int, size: Size) -> None:
    chain = build_chain(random_study(np.random.default_rng(seed), size))
    pools = len(chain.pool_material)
    made = chain.output_t * chain.activity_t[chain.output_process]
    supply = np.bincount(chain.output_pool, made, pools)
    bought = np.bincount(chain.arc_pool, chain.arc_flow_t, pools)
    np.testing.assert_allclose(bought, chain.pool_need_t, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(supply, chain.pool_need_t + chain.pool_surplus_t, rtol=1e-6, atol=1e-6)
    assert chain.pool_stock_t.min() >= 0
    assert (chain.activity_t <= chain.capacity_t * (1 + 1e-9)).all()


@few
@given(seeds, sizes)
def test_every_slot_receives_what_it_uses(seed: int, size: Size) -> None:
    chain = build_chain(random_study(np.random.default_rng(seed), size))
    slots = len(chain.slot_process)
    received = np.bincount(chain.arc_slot, chain.arc_flow_t, slots)
    used = chain.slot_t * chain.activity_t[chain.slot_process]
    np.testing.assert_allclose(received, used, rtol=1e-9, atol=1e-9)


@few
@given(seeds, sizes)
def test_no_process_makes_matter(seed: int, size: Size) -> None:
    table = check_balance(build_chain(random_study(np.random.default_rng(seed), size)))
    assert (table["loss_t"] >= -1e-9 * table["input_t"].clip(lower=1)).all()


@few
@given(seeds, sizes, st.floats(0.1, 1.0))
def test_less_need_scales_the_whole_baseline(seed: int, size: Size, factor: float) -> None:
    study = random_study(np.random.default_rng(seed), size)
    demand = study.tables["demand"].assign(demand_tpa=lambda t: factor * t["demand_tpa"])
    smaller = build_chain(replace(study, tables={**study.tables, "demand": demand}))
    whole = build_chain(study)
    np.testing.assert_allclose(smaller.activity_t, factor * whole.activity_t, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(smaller.arc_flow_t, factor * whole.arc_flow_t, rtol=1e-6, atol=1e-9)


@few
@given(seeds, sizes)
def test_the_order_of_regions_does_not_matter(seed: int, size: Size) -> None:
    study = random_study(np.random.default_rng(seed), size)
    mirrored = study.settings.model_copy(update={"regions": study.settings.regions[::-1]})
    here, there = build_chain(study), build_chain(replace(study, settings=mirrored))
    np.testing.assert_allclose(here.activity_t, there.activity_t, rtol=1e-9, atol=1e-12)
    assert here.pools == there.pools
