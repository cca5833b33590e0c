"""Laws of choke points over random chains (docs/method/indicators, section 7)."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.indicators.chokepoints import Counted, FixedShares, Nodes, rank_nodes
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import Size, random_study
from ytterby.planning.rerouting import choke_points, lost_with_spare

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)
sizes = st.builds(
    Size,
    regions=st.integers(2, 5),
    stages=st.integers(1, 4),
    spare=st.floats(1.0, 3.0),
    byproducts=st.booleans(),
)
NONE = 1e-6  # the solver's tolerance


def drawn(seed: int, size: Size) -> Chain:
    return build_chain(random_study(np.random.default_rng(seed), size))


@few
@given(seeds, sizes)
def test_spare_capacity_never_hurts_and_helps_most_alone(seed: int, size: Size) -> None:
    chain = drawn(seed, size)
    home = chain.regions[chain.process_region[np.flatnonzero(chain.process_is_use)[0]]]
    for regions in (None, (home,)):
        table = choke_points(chain, for_regions=regions)
        assert (table["lost_use_share_with_spare"] <= table["lost_use_share"] + NONE).all()
        assert (table["lost_use_share_at_best"] <= table["lost_use_share_with_spare"] + NONE).all()
        assert (table["lost_use_share_at_best"] >= 0).all()
        if regions is None:
            gap = table["lost_use_share_with_spare"] - table["lost_use_share_at_best"]
            assert gap.abs().max() <= NONE


@few
@given(seeds, sizes, st.floats(1.0, 5.0))
def test_more_capacity_never_costs_and_changes_no_fixed_share(seed: int, size: Size, factor: float) -> None:
    chain = drawn(seed, size)
    larger = replace(chain, capacity_t=chain.capacity_t * factor)
    nodes = Nodes.of(chain)
    before, after = (lost_with_spare(c, nodes.plants, Counted()) for c in (chain, larger))
    assert (after <= before + NONE).all()
    assert rank_nodes(chain).equals(rank_nodes(larger))


@few
@given(seeds, sizes)
def test_losing_more_never_loses_less_and_the_parts_bound_the_whole(seed: int, size: Size) -> None:
    chain = drawn(seed, size)
    nodes, flows = Nodes.of(chain), FixedShares(chain)
    single, bound = flows.lost(nodes.plants), flows.lost(nodes.plants, surplus=False)
    count = len(nodes.names)
    pairs = [(i, j) for i in range(count) for j in range(i)]
    both = np.array([[i, j] for i, j in pairs], np.int64).reshape(-1, 2)
    stopped = nodes.plants[:, both].any(axis=2)
    together = flows.lost(stopped)
    assert (single <= bound + 1e-9).all()
    assert (together >= np.maximum(single[:, both[:, 0]], single[:, both[:, 1]]) - 1e-9).all()
    assert (together <= bound[:, both[:, 0]] + bound[:, both[:, 1]] + 1e-9).all()
    assert (flows.lost(stopped, surplus=False) <= bound[:, both[:, 0]] + bound[:, both[:, 1]] + 1e-9).all()


@few
@given(seeds, sizes, st.floats(1e-3, 1e3))
def test_names_and_units_change_nothing(seed: int, size: Size, factor: float) -> None:
    chain = drawn(seed, size)
    renamed = replace(chain, regions=tuple(f"X{name}" for name in chain.regions))
    amounts = ("activity_t", "capacity_t", "arc_flow_t")
    heavier = replace(chain, **{name: getattr(chain, name) * factor for name in amounts})
    columns = ["share_of_supply", "hhi", "lost_use_share", "lost_use_share_with_spare"]
    table = choke_points(chain).set_index("node").sort_index()[columns].to_numpy()
    for other in (renamed, heavier):
        same = choke_points(other).set_index("node").sort_index()[columns].to_numpy()
        assert np.allclose(table, same, atol=NONE)
