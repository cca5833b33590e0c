"""Choke points of the toy study, by hand, and what must hold for any chain."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import UnknownName
from ytterby.indicators.chokepoints import Counted, FixedShares, Nodes
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import Size, random_study, study_of
from ytterby.planning.rerouting import choke_points, halving_sets, lost_with_spare
from ytterby.planning.solve import Model, solve

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
    """Four regions, two stages, fifty times the room: where a way leads round a node, nothing is lost."""
    size = Size(regions=4, stages=2, spare=50.0, byproducts=False)
    chain = build_chain(random_study(np.random.default_rng(5), size))
    table = choke_points(chain)
    several = table[table["share_of_supply"] < 1]
    assert len(several) > 2
    assert (several["lost_use_share"] > 0).any()
    assert several["lost_use_share_with_spare"].to_list() == [0.0] * len(several)


def two_ovens(spare: float = 0.0) -> Chain:
    """Uses A and B burn 10 t a week each; oven A feeds A, oven B feeds B, and either may feed the other."""
    plants = [
        {"process": f"oven.{r}", "label": r, "region": r, "recipe": "bake", "main_output": "coal"}
        for r in "AB"
    ]
    use = {"label": "heat", "sector": "heat", "recipe": "burn", "demand_tpa": 520.0, "priority": 1.0}
    way = {"material": "coal", "process": "", "lag_weeks": 1.0, "cost_usd_per_t": 0.0, "tariff_share": 0.0}
    rows = {
        "materials": [{"material": "coal", "stage": "metal", "price_usd_per_t": 1.0}],
        "contents": [{"material": "coal", "element": "X", "content_t_per_t": 1.0}],
        "recipes": [
            {"recipe": "bake", "material": "coal", "direction": "output", "quantity_t": 1.0},
            {"recipe": "burn", "material": "coal", "direction": "input", "quantity_t": 1.0},
        ],
        "processes": [{**plant, "weight": 1.0, "cost_usd_per_t": 0.0} for plant in plants],
        "capacities": [
            {"process": plant["process"], "capacity_tpa": 520.0 * (1 + spare), "ramp_share_per_week": 1.0}
            for plant in plants
        ],
        "arcs": [
            {**way, "origin": a, "destination": b, "base_share": float(a == b)} for a in "AB" for b in "AB"
        ],
        "demand": [
            {**use, "use": f"heat.{r}", "region": r, "unmet_value_usd_per_t": worth}
            for r, worth in (("A", 3.0), ("B", 1.0))
        ],
        "inventories": [
            {"material": "coal", "region": "*", "holder": holder, "cover_weeks": 0.0}
            for holder in ("user", "producer")
        ],
    }  # fmt: skip
    return build_chain(study_of(rows, ("A", "B")))


def test_spare_capacity_by_hand() -> None:
    """Without oven A: use A (3 of 4 USD) is lost; 40 % room in B gives 4 of 10 t back: 0.6 x 3/4 = 0.45."""
    tight, roomy = (choke_points(two_ovens(spare)).set_index("node") for spare in (0.0, 0.4))
    assert tight.loc["coal@A", "lost_use_share"] == pytest.approx(0.75)
    # B's coal would be worth more in A, but nobody gets less than with fixed shares
    assert tight.loc["coal@A", "lost_use_share_with_spare"] == pytest.approx(0.75)
    assert roomy.loc["coal@A", "lost_use_share_with_spare"] == pytest.approx(0.45)
    assert roomy.loc["coal@A", "lost_use_value_with_spare_usd_year"] == pytest.approx(0.45 * 4 * 520)
    assert roomy.loc["coal@B", "lost_use_share_with_spare"] == pytest.approx(0.15)


def test_one_partner_alone_by_hand() -> None:
    """Both ovens gone: all is lost. Counting B alone, oven A's room of 4 t may go to it."""
    table = choke_points(two_ovens(0.4), for_regions=("B",)).set_index("node")
    assert table.loc["coal@B", "lost_use_share"] == pytest.approx(1.0)
    assert table.loc["coal@B", "lost_use_share_at_best"] == pytest.approx(0.6)
    assert table.loc["coal@A", "lost_use_share"] == 0.0
    assert table["in_smallest_set"].to_dict() == {"coal@B": True, "coal@A": False}


def unscaled_least_loss(chain: Chain, stopped: np.ndarray, served: np.ndarray, worth: np.ndarray) -> float:
    """Second route: the same programme in tonnes a week, without any scaling."""
    model = Model("tonnes")
    use = chain.process_is_use
    top = np.where(use, chain.activity_t, np.where(stopped, 0.0, chain.capacity_t))
    low = np.where(use, served * chain.activity_t * (1 - 1e-9), 0.0)
    y = model.add_columns(len(top), cost=-worth, lower=np.minimum(low, top), upper=top)
    f = model.add_columns(len(chain.arc_pool))
    pools = model.add_rows(len(chain.pool_material), upper=0.0)
    model.add_entries(pools[chain.arc_pool], f, 1.0)
    model.add_entries(pools[chain.output_pool], y[chain.output_process], -chain.output_t)
    slots = model.add_rows(len(chain.slot_t), upper=0.0)
    model.add_entries(slots, y[chain.slot_process], chain.slot_t)
    model.add_entries(slots[chain.arc_slot], f, -1.0)
    return 1.0 + solve(model).objective / float((worth * chain.activity_t).sum())


@pytest.mark.parametrize("study", ["three-countries", "japan-us-2025"])
def test_two_routes_to_the_loss_with_spare_capacity_agree(study: str) -> None:
    chain = build_chain(read_study_files(TOY.parent / study))
    nodes, counted = Nodes.of(chain), Counted()
    worth = np.where(chain.process_is_use, chain.unmet_usd_per_t, 0.0)
    served = 1.0 - FixedShares(chain).lost(nodes.plants)
    found = lost_with_spare(chain, nodes.plants, counted)
    for n in range(len(nodes.names)):
        other = unscaled_least_loss(chain, nodes.plants[:, n], served[:, n], worth)
        assert found[0, n] == pytest.approx(other, abs=1e-6)
        assert found[1, n] == pytest.approx(other, abs=1e-6)


def test_the_halving_sets_of_a_study_show_what_rerouting_saves(toy: Chain) -> None:
    """By hand: the mine alone, or the separation alone, stops all; nobody can step in."""
    table = halving_sets(toy)
    assert table["nodes"].to_list() == ["ore@AAA", "oxide@BBB"]
    assert table["lost_share_with_spare"].to_list() == [1.0, 1.0]
    assert table["proven"].all()
    assert halving_sets(toy, Counted(material="ore"))["lost_share_with_spare"].isna().all()
