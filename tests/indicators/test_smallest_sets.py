"""The smallest sets of nodes that take half of the supply (docs/method/indicators, section 7)."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.indicators.chokepoints import Counted, FixedShares, Nodes
from ytterby.indicators.smallest_sets import smallest_sets
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import Size, random_study

STUDIES = Path(__file__).resolve().parents[2] / "src/ytterby/studies"


def drawn(seed: int, **size: float) -> Chain:
    return build_chain(random_study(np.random.default_rng(seed), Size(regions=5, stages=3, **size)))


def lost_by_hand(chain: Chain, names: tuple[str, ...], counted: Counted) -> float:
    """Loss of one set, computed alone."""
    nodes, weight = Nodes.of(chain), counted.weigh(chain)
    stopped = nodes.plants[:, [nodes.names.index(name) for name in names]].any(axis=1, keepdims=True)
    return float(weight @ FixedShares(chain).lost(stopped)[:, 0] / weight.sum())


def smallest_by_force(chain: Chain, counted: Counted, goal: float) -> set[frozenset[str]]:
    """Every set of the smallest size that takes the goal, by trying all."""
    names = Nodes.of(chain).names
    for size in range(1, len(names) + 1):
        found = {
            frozenset(some)
            for some in combinations(names, size)
            if lost_by_hand(chain, some, counted) >= goal - 1e-9
        }
        if found:
            return found
    raise AssertionError


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("goal", [0.3, 0.5, 0.8])
def test_the_search_finds_every_smallest_set(seed: int, goal: float) -> None:
    chain = drawn(seed)
    counted = Counted(by="tonnes" if seed % 2 else "value")
    found, truth = (
        smallest_sets(chain, counted, goal=goal, largest=9),
        smallest_by_force(chain, counted, goal),
    )
    assert found.proven
    assert found.found == len(truth)
    assert {frozenset(names) for names in found.sets} <= truth
    assert len(found.sets) == min(len(truth), 20)
    assert found.at_least == len(found.sets[0])
    for names, share in zip(found.sets, found.lost_share, strict=True):
        assert share == pytest.approx(lost_by_hand(chain, names, counted))


@pytest.mark.parametrize("seed", range(12))
def test_the_greedy_set_takes_the_goal_and_never_claims_too_much(seed: int) -> None:
    chain = drawn(seed)
    greedy = smallest_sets(chain, goal=0.8, largest=0)
    assert len(greedy.sets) == 1
    assert greedy.lost_share[0] >= 0.8 - 1e-9
    best = min(len(names) for names in smallest_by_force(chain, Counted(), 0.8))
    assert greedy.at_least <= best <= len(greedy.sets[0])
    assert greedy.proven == (len(greedy.sets[0]) == 1)


@pytest.mark.parametrize("most_sets", [1, 20, 60])
def test_a_search_without_time_gives_what_it_has_proven(most_sets: int) -> None:
    """Two nodes are the least (by force); with less time the proof ends earlier."""
    chain = next(
        c for c in map(drawn, range(50)) if len(next(iter(smallest_by_force(c, Counted(), 0.95)))) > 1
    )
    whole = smallest_sets(chain, goal=0.95, largest=9)
    cut = smallest_sets(chain, goal=0.95, most_sets=most_sets)
    assert cut.at_least <= len(whole.sets[0]) <= len(cut.sets[0])
    assert cut.proven <= (len(whole.sets[0]) == len(cut.sets[0]))


def test_three_countries_by_hand() -> None:
    """One mine and one separation plant: each alone stops all 20 t of motors a week."""
    chain = build_chain(read_study_files(STUDIES / "three-countries"))
    for counted in (Counted(), Counted(by="tonnes"), Counted(regions=("CCC",)), Counted(material="oxide")):
        found = smallest_sets(chain, counted)
        assert found.sets == (("ore@AAA",), ("oxide@BBB",))
        assert found.lost_share == (1.0, 1.0)
        assert found.members == {"ore@AAA", "oxide@BBB"}
        assert found.proven
    # what B's plant takes of the ore stops with either as well
    assert smallest_sets(chain, Counted(material="ore", regions=("BBB",))).found == 2


def test_what_is_not_there_is_refused() -> None:
    chain = build_chain(read_study_files(STUDIES / "three-countries"))
    with pytest.raises(UnknownName, match="oxide"):
        smallest_sets(chain, Counted(material="oxid"))
    with pytest.raises(UnknownName, match="motors"):
        smallest_sets(chain, Counted(sectors=("motor",)))
    with pytest.raises(UnknownName, match="measure"):
        smallest_sets(chain, Counted(by="euro"))
    with pytest.raises(NoData):
        smallest_sets(chain, Counted(material="rest"))
    with pytest.raises(NoData):
        smallest_sets(chain, Counted(regions=("AAA",)))
    for goal in (0.0, 1.1, float("nan")):
        with pytest.raises(BadNumbers):
            smallest_sets(chain, goal=goal)
