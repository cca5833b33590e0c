"""Numbers that can be worked out by hand; sections of docs/method/simulation.md and method.md 7."""

import math
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import BadNumbers
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import study_of
from ytterby.network.shocks import Quota, Scenario, build_scenarios, calm, modal_conditions
from ytterby.network.simulate import Behaviour, simulate
from ytterby.network.survival import days_of_cover, time_to_recover, time_to_survive

FIXED = Behaviour(fixed_shares=True)


def toy() -> tuple[Chain, dict[str, Scenario]]:
    study = read_study_files(Path(str(files("ytterby") / "studies" / "three-countries")))
    chain = build_chain(study)
    return chain, {scenario.name: scenario for scenario in build_scenarios(study, chain)}


def way(
    origin: str, destination: str, share: float, *, material: str = "a", process: str = ""
) -> dict[str, Any]:
    told = {"material": material, "origin": origin, "destination": destination, "process": process}
    return {**told, "base_share": share, "lag_weeks": 1.0, "cost_usd_per_t": 0.0, "tariff_share": 0.0}


def plant(name: str, region: str, recipe: str, output: str, *, weight: float = 1.0) -> dict[str, Any]:
    told = {"process": name, "label": name, "region": region, "recipe": recipe, "main_output": output}
    return {**told, "weight": weight, "cost_usd_per_t": 0.0}


def use(name: str, region: str, tpw: float, *, recipe: str = "use", priority: float = 1.0) -> dict[str, Any]:
    told = {"use": name, "label": name, "region": region, "sector": name, "recipe": recipe}
    return {**told, "demand_tpa": 52 * tpw, "unmet_value_usd_per_t": 1.0, "priority": priority}


def market(
    capacity: dict[str, float], arcs: list[dict[str, Any]], uses: list[dict[str, Any]], *,
    pool_weeks: float = 0.0, slot_weeks: float = 0.0,
) -> Chain:  # fmt: skip
    """One material ``a`` made by a mine in each region of ``capacity`` (t a week), and its uses."""
    regions = tuple(dict.fromkeys([*capacity, *(row["region"] for row in uses)]))
    rows = {
        "materials": [{"material": "a", "price_usd_per_t": 1.0}],
        "contents": [{"material": "a", "element": "X", "content_t_per_t": 1.0}],
        "recipes": [
            {"recipe": "mine", "material": "a", "direction": "output", "quantity_t": 1.0},
            {"recipe": "use", "material": "a", "direction": "input", "quantity_t": 1.0},
        ],
        "processes": [plant(f"mine.{r}", r, "mine", "a") for r in capacity],
        "capacities": [
            {"process": f"mine.{r}", "capacity_tpa": 52 * c, "ramp_share_per_week": 1.0}
            for r, c in capacity.items()
        ],
        "arcs": arcs,
        "demand": uses,
        "inventories": [
            {"material": "a", "region": "*", "holder": "producer", "cover_weeks": pool_weeks},
            {"material": "a", "region": "*", "holder": "user", "cover_weeks": slot_weeks},
        ],
    }
    return build_chain(study_of(rows, regions))


def levels_of(count: int) -> Chain:
    """Stages in a row, each with cover 3 (pool) + 6 (slot) + 1 (way) weeks."""
    names = [f"m{i}" for i in range(count)]
    recipes: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        recipes.append({"recipe": f"r{i}", "material": name, "direction": "output", "quantity_t": 1.0})
        if i:
            recipes.append(
                {"recipe": f"r{i}", "material": names[i - 1], "direction": "input", "quantity_t": 1.0}
            )
    recipes.append({"recipe": "use", "material": names[-1], "direction": "input", "quantity_t": 1.0})
    rows = {
        "materials": [{"material": m, "price_usd_per_t": 1.0} for m in names],
        "contents": [{"material": m, "element": "X", "content_t_per_t": 1.0} for m in names],
        "recipes": recipes,
        "processes": [plant(f"p{i}", "A", f"r{i}", m) for i, m in enumerate(names)],
        "capacities": [
            {"process": f"p{i}", "capacity_tpa": 1040.0, "ramp_share_per_week": 1.0} for i in range(count)
        ],
        "arcs": [way("A", "A", 1.0, material=m) for m in names],
        "demand": [use("u", "A", 10)],
        "inventories": [
            {"material": m, "region": "*", "holder": holder, "cover_weeks": weeks}
            for m in names
            for holder, weeks in (("producer", 3.0), ("user", 6.0))
        ],
    }
    return build_chain(study_of(rows, ("A",)))


class TestToy:
    def test_a_ban_of_ten_weeks_costs_sixty_tonnes(self) -> None:
        """Four weeks in stock and one at sea: weeks 5 to 10 of C stand still, B never does."""
        chain, scenarios = toy()
        run = simulate(chain, modal_conditions(scenarios["ban"], chain, 52))
        expected = np.zeros((52, 2))
        expected[5:11, chain.processes.index("motors.CCC") - 3] = 10.0
        np.testing.assert_allclose(run.unmet_t[0], expected, atol=1e-9)

    def test_a_stockpile_of_sixty_tonnes_covers_the_ban(self) -> None:
        chain, scenarios = toy()
        ban = modal_conditions(scenarios["ban"], chain, 52)
        run = simulate(chain, ban, stockpile_t=np.array([60.0]))
        assert run.unmet_t.max() == 0.0
        assert run.stockpile_t[0].min() == 0.0
        half = simulate(chain, ban, stockpile_t=np.array([30.0]))
        assert half.unmet_t.sum() == pytest.approx(30.0)

    def test_a_stockpile_held_back_helps_nobody(self) -> None:
        chain, scenarios = toy()
        ban = modal_conditions(scenarios["ban"], chain, 52)
        run = simulate(chain, ban, stockpile_t=np.array([60.0]), behaviour=Behaviour(stockpile_release=False))
        assert run.unmet_t.sum() == pytest.approx(60.0)

    def test_the_project_in_c_halves_a_later_ban(self) -> None:
        """It makes 5 of C's 10 t a week: a ban of forty weeks leaves 35 weeks of 5 t instead of 360 t."""
        chain, scenarios = toy()
        late = modal_conditions(scenarios["calm"], chain, 140)
        to_c = chain.process_region[chain.slot_process[chain.arc_slot]] == chain.regions.index("CCC")
        late.arc_open[80:120, to_c & (chain.arc_pool == chain.pool("oxide", "BBB"))] = False
        added = np.zeros((140, len(chain.processes)))
        plant_c = chain.processes.index("separation.CCC")
        added[:, plant_c] = 12.5  # activity; 0.4 t of oxide a tonne
        alone = simulate(chain, late)
        helped = simulate(chain, late, added_capacity_t=added)
        assert alone.unmet_t.sum() == pytest.approx(360.0)
        assert 40 * 5 - 50 < helped.unmet_t.sum() < 40 * 5 - 30  # 40 to 50 t in stock and on the way
        assert 0.4 * helped.activity_t[0, 80:, plant_c].max() == pytest.approx(5.0)
        assert simulate(chain, calm(chain, 140), added_capacity_t=added).unmet_t.max() == 0.0


class TestDaysOfCover:
    @pytest.mark.parametrize(("lost", "weeks"), [(0.6, 12), (0.5, 6), (1.0, 7)])
    def test_full_output_lasts_stock_over_share_lost(self, lost: float, weeks: int) -> None:
        """Section 7.1; the week on the way comes on top. 60 days at .6 last 100 days."""
        arcs = [way("A", "C", lost)] + ([way("B", "C", 1 - lost)] if lost < 1 else [])
        capacity = {"A": 10 * lost} | ({"B": 10 * (1 - lost)} if lost < 1 else {})
        chain = market(capacity, arcs, [use("u", "C", 10)], slot_weeks=weeks)
        conditions = calm(chain, 60)
        conditions.capacity_factor[:, 0] = 0.0
        unmet = simulate(chain, conditions, behaviour=FIXED).unmet_t[0, :, 0]
        assert np.flatnonzero(unmet)[0] == round(weeks / lost) + 1

    @pytest.mark.parametrize("levels", [1, 2, 3])
    def test_a_chain_feels_the_loss_of_a_stage_after_ten_weeks_a_level(self, levels: int) -> None:
        """Section 7.2: cover 3 (pool) + 6 (slot) + 1 (way)."""
        chain = levels_of(levels)
        conditions = calm(chain, 50)
        conditions.capacity_factor[:, 0] = 0.0
        unmet = simulate(chain, conditions).unmet_t[0, :, 0]
        assert np.flatnonzero(unmet)[0] == 10 * levels


class TestTimes:
    def test_days_of_cover(self) -> None:
        assert days_of_cover(60, 0.6) == pytest.approx(100)
        assert days_of_cover([30, 30, 30], 0.6) == pytest.approx(150)
        assert days_of_cover(60, 1.0) == 60
        assert math.isinf(days_of_cover(60, 0.0))
        for wrong in ((-1, 0.5), (1, 1.5)):
            with pytest.raises(BadNumbers):
                days_of_cover(*wrong)

    @pytest.mark.parametrize(("lost", "cover"), [(0.6, 12), (0.5, 6), (1.0, 7), (0.25, 3)])
    def test_the_simulator_lasts_as_long_as_the_closed_form(self, lost: float, cover: int) -> None:
        """15.2: stock over share lost, and the week on the way on top."""
        arcs = [way("A", "C", lost)] + ([way("B", "C", 1 - lost)] if lost < 1 else [])
        capacity = {"A": 10 * lost} | ({"B": 10 * (1 - lost)} if lost < 1 else {})
        chain = market(capacity, arcs, [use("u", "C", 10)], slot_weeks=cover)
        found = time_to_survive(chain, nodes=["a@A"], weeks=60, threshold=0, behaviour=FIXED)
        assert found["survive_weeks"][0] == round(days_of_cover(7 * cover, lost) / 7) + 1
        assert found["first_use"][0] == "u C"
        assert found["lowest_share"][0] == pytest.approx(1 - lost)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_the_loss_of_a_stage_is_felt_after_ten_weeks_a_level(self, count: int) -> None:
        """15.3; the first stage is *count* levels above the use, the last one is one."""
        table = time_to_survive(levels_of(count), weeks=60).set_index("node")["survive_weeks"]
        assert table.to_dict() == {f"m{i}@A": 10.0 * (count - i) for i in range(count)}

    def test_a_node_that_is_back_in_time_was_never_missed(self) -> None:
        chain = levels_of(1)
        table = time_to_recover(chain, 9, weeks=100)
        assert table[["recover_weeks", "short_weeks", "unmet_share"]].to_numpy().tolist() == [[0, 0, 0]]

    def test_a_longer_outage_is_short_for_its_excess(self) -> None:
        """Ten weeks are covered; of twenty ten are missed, and what is made then arrives a week later."""
        row = time_to_recover(levels_of(1), 20, weeks=200).iloc[0]
        assert row["recover_weeks"] == 1
        assert row["short_weeks"] == 11
        assert row["unmet_share"] == pytest.approx(11 / 200)

    def test_still_short_when_the_run_ends(self) -> None:
        assert math.isnan(time_to_recover(levels_of(1), 29, weeks=30)["recover_weeks"][0])


class TestRationing:
    def test_class_zero_is_served_first_and_the_rest_in_proportion(self) -> None:
        """Section 3.5: 30 t for 10 (first), 20 and 20: 10, 10 and 10."""
        uses = [use("first", "A", 10, priority=0), use("x", "A", 20), use("y", "A", 20)]
        chain = market({"A": 50}, [way("A", "A", 1.0)], uses)
        conditions = calm(chain, 3)
        conditions.capacity_factor[:, 0] = 0.6
        run = simulate(chain, conditions, behaviour=FIXED)
        np.testing.assert_allclose(run.unmet_t[0, 1], [0, 10, 10], atol=1e-9)

    def test_a_slack_quota_changes_nothing(self) -> None:
        chain = market({"A": 50}, [way("A", "A", 1.0)], [use("u", "A", 10)])
        quota = Quota(np.array([0]), np.full(20, 10.0 + 1e-6))
        run = simulate(chain, replace(calm(chain, 20), quotas=(quota,)))
        assert run.unmet_t.max() == 0.0

    def test_a_quota_of_four_fifths_leaves_a_fifth_unmet(self) -> None:
        chain = market({"A": 50}, [way("A", "A", 1.0)], [use("u", "A", 10)])
        run = simulate(chain, replace(calm(chain, 20), quotas=(Quota(np.array([0]), np.full(20, 8.0)),)))
        np.testing.assert_allclose(run.unmet_t[0, 1:, 0], 2.0, atol=1e-9)


class TestLicence:
    def test_the_queue_releases_the_share_of_the_delay(self) -> None:
        """Section 2.4: delay 4, 10 t applied for in week 0: 2 t leave, then (8 + applied) / 5."""
        chain = market({"A": 50}, [way("A", "A", 1.0)], [use("u", "A", 10)], slot_weeks=8)
        conditions = calm(chain, 3)
        conditions.licensed[:] = True
        conditions.delay_weeks[:] = 4.0
        run = simulate(chain, conditions, detail=True)
        assert run.detail is not None
        shipped, applied = run.detail.shipped_t[0, :, 0], run.detail.flow_t[0, :, 0]
        assert applied[0] == pytest.approx(10.0)
        assert shipped[0] == pytest.approx(2.0)
        assert shipped[1] == pytest.approx((8.0 + applied[1]) / 5)


class TestTraps:
    """Section 7 of method.md: what went wrong in trials."""

    def test_a_passing_shock_is_not_made_permanent_by_orders(self) -> None:
        chain, scenarios = toy()
        run = simulate(chain, modal_conditions(scenarios["ban"], chain, 400))
        np.testing.assert_allclose(run.activity_t[0, -1], chain.activity_t, rtol=1e-6)
        np.testing.assert_allclose(run.pool_stock_t[0, -1], chain.pool_stock_t, atol=1e-4)

    def test_without_free_capacity_nobody_is_rerouted(self) -> None:
        """A loses its sales to X for twelve weeks; B is full, so moving X's orders there only hurts Y."""
        arcs = [way("A", "X", 1.0), way("B", "X", 0.0), way("B", "Y", 1.0)]
        uses = [use("x", "X", 10), use("y", "Y", 10)]
        chain = market({"A": 10, "B": 10}, arcs, uses, slot_weeks=2)
        conditions = calm(chain, 150)
        conditions.arc_open[10:22, 0] = False
        eager = Behaviour(qualification_weeks=0, switching_rate=0.5)
        loss = simulate(chain, conditions, behaviour=eager).unmet_t.sum()
        assert loss == pytest.approx(simulate(chain, conditions, behaviour=FIXED).unmet_t.sum())

    def test_with_free_capacity_switching_helps(self) -> None:
        arcs = [way("A", "X", 1.0), way("B", "X", 0.0), way("B", "Y", 1.0)]
        uses = [use("x", "X", 10), use("y", "Y", 10)]
        chain = market({"A": 10, "B": 20}, arcs, uses, slot_weeks=2)
        conditions = calm(chain, 150)
        conditions.arc_open[10:34, 0] = False
        eager = Behaviour(qualification_weeks=0, switching_rate=0.3)
        loss = simulate(chain, conditions, behaviour=eager).unmet_t.sum()
        assert loss < 0.5 * simulate(chain, conditions, behaviour=FIXED).unmet_t.sum()

    def test_refused_licences_are_ordered_again(self) -> None:
        """One in five refused for good would cost a fifth of the need for ever; asked again, it passes."""
        chain = market({"A": 30}, [way("A", "C", 1.0)], [use("u", "C", 10)], pool_weeks=2, slot_weeks=1)
        conditions = calm(chain, 200)
        conditions.licensed[10:] = True
        conditions.delay_weeks[:] = 8.0
        conditions.approval[:] = 0.8
        unmet = simulate(chain, conditions).unmet_t[0, :, 0]
        assert unmet.sum() > 0
        assert unmet[100:].max() == 0.0


def test_the_limiting_input_is_named() -> None:
    chain, scenarios = toy()
    run = simulate(chain, modal_conditions(scenarios["ban"], chain, 52))
    slot = int(np.argmax(run.limited_weeks[0]))
    assert chain.processes[chain.slot_process[slot]] == "motors.CCC"
    assert run.limited_weeks[0, slot] == 6
    assert run.limited_weeks[0].sum() == 6


def test_by_products_in_surplus_are_disposed_of_and_not_hoarded() -> None:
    """Section 1.5: B throws 20 t of by-product oxide away every week."""
    chain, _ = toy()
    run = simulate(chain, calm(chain, 10), detail=True)
    assert run.detail is not None
    rest = chain.pool("rest", "BBB")
    np.testing.assert_allclose(run.detail.disposal_t[0, :, rest], 20.0)
    assert run.pool_stock_t[0, :, rest].max() == 0.0
