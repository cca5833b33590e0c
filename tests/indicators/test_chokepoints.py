"""Choke points of the toy study, by hand, and what must hold for any chain."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import UnknownName
from ytterby.indicators.chokepoints import choke_points
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import Size, random_study

TOY = Path(__file__).resolve().parents[2] / "src/ytterby/studies/three-countries"


@pytest.fixture(scope="module")
def toy() -> Chain:
    return build_chain(read_study_files(TOY))


def test_mine_and_separation_each_stop_everything(toy: Chain) -> None:
    """1,040 t of motors a year at 100,000 USD: 104 million; nobody else can make oxide."""
    table = choke_points(toy).set_index("node")
    assert list(table.index) == ["ore@AAA", "oxide@BBB"]
    assert table["lost_use_value_usd_year"].to_list() == pytest.approx([104e6, 104e6])
    assert table["lost_use_share_with_spare"].to_list() == [1.0, 1.0]
    assert table["hhi"].to_list() == [1.0, 1.0]
    assert table["rank"].to_list() == [1, 2]


def test_only_the_regions_asked_for_are_counted(toy: Chain) -> None:
    table = choke_points(toy, for_regions=("CCC",)).set_index("node")
    assert table.loc["oxide@BBB", "lost_use_value_usd_year"] == pytest.approx(52e6)
    assert table.loc["oxide@BBB", "top_dependents"] == "motors CCC"
    with pytest.raises(UnknownName, match="XXX"):
        choke_points(toy, for_regions=("XXX",))


@pytest.mark.parametrize("seed", range(4))
def test_the_lost_share_is_that_of_value_and_not_of_tonnes(seed: int) -> None:
    """Every use is worth another sum a tonne, so that value and tonnes give different shares."""
    chain = build_chain(random_study(np.random.default_rng(seed), Size(regions=4, stages=3)))
    uses = chain.process_is_use
    worth = np.where(uses, 1000.0 ** (1 + np.arange(len(uses)) % 2), 0.0)
    table = choke_points(replace(chain, unmet_usd_per_t=worth))
    whole = float((chain.activity_t * worth)[uses].sum()) * 52
    assert table["lost_use_share"].to_numpy() == pytest.approx(
        table["lost_use_value_usd_year"].to_numpy() / whole
    )
    assert table["lost_use_share"].is_monotonic_decreasing


@pytest.mark.parametrize("seed", range(8))
def test_shares_add_up_and_spare_capacity_never_hurts(seed: int) -> None:
    chain = build_chain(random_study(np.random.default_rng(seed), Size(regions=4, stages=3)))
    table = choke_points(chain)
    assert table.groupby("material")["share_of_supply"].sum().to_numpy() == pytest.approx(1.0)
    assert (table["lost_use_share_with_spare"] <= table["lost_use_share"] + 1e-12).all()
    assert table["lost_use_share"].between(0, 1).all()
    assert table["lost_use_value_usd_year"].is_monotonic_decreasing


@pytest.mark.parametrize("seed", range(8))
def test_a_stage_with_one_plant_stops_all_that_hangs_on_it(seed: int) -> None:
    chain = build_chain(random_study(np.random.default_rng(seed), Size(regions=1, byproducts=False)))
    table = choke_points(chain)
    assert len(table) == 3
    assert table["lost_use_share"].to_list() == [1.0, 1.0, 1.0]


def test_others_with_enough_room_take_over() -> None:
    """Every plant could make three times its share: with two regions left, nothing need be lost."""
    size = Size(regions=4, stages=2, spare=50.0, byproducts=False)
    chain = build_chain(random_study(np.random.default_rng(5), size))
    table = choke_points(chain)
    several = table[table["share_of_supply"] < 1]
    assert len(several) > 2
    assert (several["lost_use_share"] > 0).any()
    open_ways = several["lost_use_share_with_spare"] < several["lost_use_share"]
    assert open_ways.any()
