"""Every kind of shock and policy by hand; section 2 of docs/method/simulation.md."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ytterby.catalog.studies import StudyFiles, read_study_files
from ytterby.catalog.tables import study_columns
from ytterby.errors import InputFaults
from ytterby.indicators.disruption import disruption
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.content_rule import controlled_value_share
from ytterby.network.prices import slot_markets
from ytterby.network.random_study import study_of
from ytterby.network.shocks import Scenario, Shock, Triangular, build_scenarios, modal_conditions
from ytterby.network.simulate import Behaviour, Run, simulate
from ytterby.network.targets import shock_kinds

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "src/ytterby/studies/three-countries"
FIXED = Behaviour(fixed_shares=True)


def market(
    *, need: float = 10.0, elasticity: float = 0.0, cover: float = 0.0, capacity: float = 100.0
) -> Chain:
    """A mine in A sells ``a`` to one use in B, a week away."""
    rows: dict[str, list[dict[str, Any]]] = {
        "materials": [{"material": "a", "price_usd_per_t": 1.0}],
        "contents": [{"material": "a", "element": "X", "content_t_per_t": 1.0}],
        "recipes": [
            {"recipe": "mine", "material": "a", "direction": "output", "quantity_t": 1.0},
            {"recipe": "use", "material": "a", "direction": "input", "quantity_t": 1.0},
        ],
        "processes": [_plant("mine", "A", "mine", "a")],
        "capacities": [{"process": "mine", "capacity_tpa": 52 * capacity, "ramp_share_per_week": 1.0}],
        "arcs": [_way("a", "A", "B")],
        "demand": [_use("u", "B", 52 * need, "use", elasticity=elasticity)],
        "inventories": [
            {"material": "a", "region": "*", "holder": holder, "cover_weeks": cover}
            for holder in ("producer", "user")
        ],
    }
    return build_chain(study_of(rows, ("A", "B")))


def _plant(name: str, region: str, recipe: str, output: str) -> dict[str, Any]:
    told = {"process": name, "label": name, "region": region, "recipe": recipe, "main_output": output}
    return {**told, "weight": 1.0, "cost_usd_per_t": 0.0}


def _use(name: str, region: str, tpa: float, recipe: str, **more: Any) -> dict[str, Any]:
    told = {"use": name, "label": name, "region": region, "sector": name, "recipe": recipe, "priority": 1.0}
    return {**told, "demand_tpa": tpa, "unmet_value_usd_per_t": 1.0, **more}


def _way(material: str, origin: str, destination: str, share: float = 1.0) -> dict[str, Any]:
    told = {"material": material, "origin": origin, "destination": destination, "process": ""}
    return {**told, "base_share": share, "lag_weeks": 1.0, "cost_usd_per_t": 0.0, "tariff_share": 0.0}


def struck(chain: Chain, kind: str, weeks: int = 60, **more: Any) -> Run:
    """Run the chain under one shock on everything of its kind, at its most likely numbers."""
    level = more.pop("level", None)
    hits = shock_kinds()[kind].hits
    able = chain.process_is_use if hits == "uses" else ~chain.process_is_use
    shock = Shock(
        kind, np.arange(len(chain.arc_pool)), np.flatnonzero(able),
        more.pop("start", 0), more.pop("end", weeks),
        None if level is None else Triangular(level, level, level), None, None, kind,
        materials=np.arange(len(chain.materials)), **more,
    )  # fmt: skip
    future = modal_conditions(Scenario("s", "S", 1.0, (shock,)), chain, weeks)
    return simulate(chain, future, behaviour=FIXED, detail=True)


def flow(run: Run) -> np.ndarray:
    assert run.detail is not None
    return run.detail.flow_t[0].sum(axis=1)


class TestKinds:
    def test_the_page_lists_every_kind_as_it_is(self) -> None:
        text = (ROOT / "docs/method/simulation.md").read_text(encoding="utf-8")
        for kind in shock_kinds().values():
            cells = (kind.name, kind.hits, kind.level, kind.rule, kind.effect, kind.source)
            assert f"| {' | '.join(cells)} |" in text

    def test_a_table_may_name_every_kind_and_no_other(self) -> None:
        column = next(c for c in study_columns()["scenarios"] if c.name == "shock")
        assert column.choices == ("none", *shock_kinds())


class TestQuota:
    """2.3: 10 t a week are wanted, half of them allowed, 20 t in each period of four weeks."""

    def test_first_come_lets_all_through_until_the_period_is_used_up(self) -> None:
        run = struck(market(), "quota", level=0.5, period_weeks=4, first_come=True)
        np.testing.assert_allclose(flow(run)[:2], [10.0, 10.0])
        assert flow(run)[2:4].max() == 0.0
        np.testing.assert_allclose(flow(run).reshape(-1, 4).sum(axis=1), 20.0)

    def test_pro_rata_divides_it_evenly(self) -> None:
        run = struck(market(), "quota", level=0.5, period_weeks=4)
        np.testing.assert_allclose(flow(run), 5.0)

    def test_what_was_not_used_may_be_used_later_in_the_period_and_not_after_it(self) -> None:
        """The mine stands in weeks 0 and 1: 20 t are left for weeks 2 and 3, and 5 t a week from week 4."""
        chain = market()
        quota = Shock("quota", np.array([0]), np.array([]), 0, 12, Triangular(0.5, 0.5, 0.5), None, None, "q",
                      period_weeks=4)  # fmt: skip
        future = modal_conditions(Scenario("s", "S", 1.0, (quota,)), chain, 12)
        future.capacity_factor[:2, 0] = 0.0
        moved = flow(simulate(chain, future, behaviour=FIXED, detail=True))
        np.testing.assert_allclose(moved[:6], [0, 0, 10, 10, 5, 5])

    def test_it_goes_slack_when_need_is_gone(self) -> None:
        """Half of the need replaced: 5 t a week pass under a quota of 8, nothing is unmet."""
        chain, half = market(cover=2.0), Triangular(0.5, 0.5, 0.5)
        none = np.zeros(0, dtype=np.int64)
        uses = np.flatnonzero(chain.process_is_use)
        quota = Shock("quota", np.array([0]), none, 0, 104, Triangular(0.8, 0.8, 0.8), None, None, "q",
                      period_weeks=52)  # fmt: skip
        less = Shock("substitution", none, uses, 0, 104, half, None, None, "s", ramp_weeks=26)
        future = modal_conditions(Scenario("s", "S", 1.0, (quota, less)), chain, 104)
        run = simulate(chain, future, behaviour=FIXED, detail=True)
        assert flow(run)[52:].sum() < 0.7 * 52 * 8.0
        assert run.unmet_t[0, 52:].max() == 0.0

    def test_a_suspended_quota_counts_no_flow(self) -> None:
        """Weeks 2 and 3 of a period of four are free: 10 t for the other two."""
        run = struck(market(), "quota", weeks=4, level=0.5, period_weeks=4, pause=(2, 4))
        np.testing.assert_allclose(flow(run)[:2], 5.0)
        assert flow(run)[2] >= 10.0


class TestRamps:
    def test_an_unofficial_stop_dries_up_evenly(self) -> None:
        """2.5: four weeks to nothing, from 10 t."""
        run = struck(market(), "ban", ramp_weeks=4, start=2, end=10)
        np.testing.assert_allclose(flow(run)[:6], [10, 10, 7.5, 5.0, 2.5, 0.0])
        assert flow(run)[6:10].max() == 0.0
        assert flow(run)[10] >= 10.0

    def test_substitution_grows_by_an_equal_part_a_week(self) -> None:
        run = struck(market(cover=4), "substitution", level=0.4, ramp_weeks=4)
        np.testing.assert_allclose(run.need_t[0, :5, 0], [9, 8, 7, 6, 6])
        assert run.unmet_t.max() == 0.0

    def test_new_supply_ends_a_shortage(self) -> None:
        """Need 20 t where 10 t are made: 2 t a week more each week until all is met."""
        chain = market(capacity=10.0)
        surge = Shock(
            "demand_surge", np.zeros(0, int), np.array([1]), 0, 160, Triangular(1, 1, 1), None, None, ""
        )
        new = replace(surge, kind="new_supply", processes=np.array([0]), ramp_weeks=5)
        calm, helped = (
            simulate(chain, modal_conditions(Scenario("s", "S", 1.0, shocks), chain, 160), behaviour=FIXED)
            for shocks in ((surge,), (surge, new))
        )
        np.testing.assert_allclose(calm.unmet_t[0, 5:, 0], 10.0)
        assert helped.unmet_t[0, 120:].max() == 0.0


class TestPrices:
    @pytest.mark.parametrize(("lost", "own", "other"), [(0.3, 0.2, 0.1), (0.6, 0.2, 0.3)])
    def test_index_and_wanted_need_are_those_of_the_disruption_equations(
        self, lost: float, own: float, other: float
    ) -> None:
        """3.8 against section 5 of method.md: two routes to one price and one quantity."""
        chain = market(elasticity=own)
        shock = Shock("capacity_loss", np.zeros(0, int), np.array([0]), 0, 400, None, None, None, "")
        future = modal_conditions(
            Scenario("s", "S", 1.0, (replace(shock, level=Triangular(0, 0, 0)),)), chain, 400
        )
        future.capacity_factor[:, 0] = (1 - lost) / 10.0
        behaviour = Behaviour(fixed_shares=True, price_elasticity=own + other, price_cap=1000,
                              slot_gap_weeks=520)  # fmt: skip
        run = simulate(chain, future, behaviour=behaviour, detail=True)
        assert run.detail is not None
        price, quantity = disruption(lost, demand_elasticity=own, supply_elasticity=other)
        wanted = 1 - run.forgone_t[0, -1, 0] / 10.0
        assert run.detail.market_price[0, -1, 0] == pytest.approx(float(price), rel=0.02)
        assert wanted == pytest.approx(float(quantity), rel=0.01)
        assert run.unmet_t[0, -1, 0] == pytest.approx(10 * lost)

    def test_a_tariff_lowers_need_by_its_elasticity(self) -> None:
        """A quarter more to pay at elasticity 0.5: need times 1.25 ** -0.5."""
        run = struck(market(elasticity=0.5, cover=4), "tariff", level=0.25)
        np.testing.assert_allclose(run.forgone_t[0, 1:, 0], 10 * (1 - 1.25**-0.5))

    def test_a_floor_above_the_price_lowers_need_one_below_does_not(self) -> None:
        high = struck(market(elasticity=0.5, cover=4), "price_floor", level=1.44)
        low = struck(market(elasticity=0.5, cover=4), "price_floor", level=0.8)
        np.testing.assert_allclose(high.forgone_t[0, 1:, 0], 10 * (1 - 1 / 1.2))
        np.testing.assert_allclose(high.price_index[0, 1:], 1.44)
        assert low.unmet_t.max() == 0.0

    def test_without_elasticity_a_tariff_changes_nothing(self) -> None:
        assert struck(market(), "tariff", level=3.0).unmet_t.max() == 0.0

    def test_scarcity_at_a_border_is_seen_on_one_side(self) -> None:
        study = read_study_files(TOY)
        chain = build_chain(study)
        ban = {s.name: s for s in build_scenarios(study, chain)}["ban"]
        run = simulate(chain, modal_conditions(ban, chain, 9), detail=True)
        assert run.detail is not None
        material, region, _ = slot_markets(chain)
        index = dict(zip(zip(material, region, strict=True), run.detail.market_price[0, -1], strict=True))
        oxide = chain.materials.index("oxide")
        assert index[oxide, chain.regions.index("CCC")] > 5
        assert index[oxide, chain.regions.index("BBB")] == 1.0


class TestContentRule:
    """2.7, after section 6 of method.md: a motor of 400 EUR with dysprosium at 300 EUR/kg."""

    @staticmethod
    def motors(grams: float) -> tuple[Chain, StudyFiles]:
        """Dysprosium of A goes into motors of B, which C buys; a motor weighs 1 kg here."""
        t_per_t = grams / 1000
        rows: dict[str, list[dict[str, Any]]] = {
            "materials": [
                {"material": "dy", "price_usd_per_t": 300_000.0},
                {"material": "motor", "price_usd_per_t": 400_000.0},
            ],
            "contents": [
                {"material": "dy", "element": "Dy", "content_t_per_t": 1.0},
                {"material": "motor", "element": "Dy", "content_t_per_t": 0.0},
            ],
            "recipes": [
                {"recipe": "mine", "material": "dy", "direction": "output", "quantity_t": 1.0},
                {"recipe": "build", "material": "dy", "direction": "input", "quantity_t": t_per_t},
                {"recipe": "build", "material": "motor", "direction": "output", "quantity_t": 1.0},
                {"recipe": "use", "material": "motor", "direction": "input", "quantity_t": 1.0},
            ],
            "processes": [_plant("mine", "A", "mine", "dy"), _plant("works", "B", "build", "motor")],
            "capacities": [
                {"process": name, "capacity_tpa": 1e4, "ramp_share_per_week": 1.0}
                for name in ("mine", "works")
            ],
            "arcs": [_way("dy", "A", "B"), _way("motor", "B", "C")],
            "demand": [_use("u", "C", 520.0, "use")],
            "inventories": [
                {"material": m, "region": "*", "holder": holder, "cover_weeks": 1.0}
                for m in ("dy", "motor") for holder in ("producer", "user")
            ],
            "scenarios": [
                {
                    "scenario": "rule", "label": "Rule", "probability": 1.0, "shock": "extraterritorial",
                    "origins": ("A",), "destinations": ("*",), "materials": ("dy",), "level_mode": 0.001,
                    "delay_mode_weeks": 4.0, "approval_mode": 1.0,
                }
            ],
        }  # fmt: skip
        study = study_of(rows, ("A", "B", "C"))
        return build_chain(study), study

    @pytest.mark.parametrize(("grams", "share"), [(0.9, 0.000675), (1.4, 0.00105)])
    def test_the_share_of_value(self, grams: float, share: float) -> None:
        chain, _ = self.motors(grams)
        controlled = np.array([name == "dy@A" for name in chain.pools])
        told = controlled_value_share(chain, controlled)
        assert told[chain.pool("motor", "B")] == pytest.approx(share)
        assert told[chain.pool("dy", "A")] == pytest.approx(1.0)

    def test_what_several_outputs_have_in_common_is_split_by_value(self) -> None:
        """1 t of dy for 200,000 gives 1 t at 300,000 and 1 t at 100,000: half of the value of each."""
        rows: dict[str, list[dict[str, Any]]] = {
            "materials": [
                {"material": name, "price_usd_per_t": price}
                for name, price in (("dy", 200_000.0), ("part", 300_000.0), ("rest", 100_000.0))
            ],
            "contents": [
                {"material": m, "element": "Dy", "content_t_per_t": c}
                for m, c in (("dy", 1.0), ("part", 0.5), ("rest", 0.5))
            ],
            "recipes": [
                {"recipe": "mine", "material": "dy", "direction": "output", "quantity_t": 1.0},
                {"recipe": "build", "material": "dy", "direction": "input", "quantity_t": 1.0},
                {"recipe": "build", "material": "part", "direction": "output", "quantity_t": 1.0},
                {"recipe": "build", "material": "rest", "direction": "output", "quantity_t": 1.0},
                {"recipe": "use", "material": "part", "direction": "input", "quantity_t": 1.0},
            ],
            "processes": [_plant("mine", "A", "mine", "dy"), _plant("works", "B", "build", "part")],
            "capacities": [
                {"process": name, "capacity_tpa": 1e4, "ramp_share_per_week": 1.0}
                for name in ("mine", "works")
            ],
            "arcs": [_way("dy", "A", "B"), _way("part", "B", "C")],
            "demand": [_use("u", "C", 520.0, "use")],
            "inventories": [
                {"material": m, "region": "*", "holder": holder, "cover_weeks": 1.0}
                for m in ("dy", "part", "rest") for holder in ("producer", "user")
            ],
        }  # fmt: skip
        chain = build_chain(study_of(rows, ("A", "B", "C")))
        told = controlled_value_share(chain, np.array([name == "dy@A" for name in chain.pools]))
        assert told[chain.pool("part", "B")] == pytest.approx(0.5)
        assert told[chain.pool("rest", "B")] == pytest.approx(0.5)

    @pytest.mark.parametrize("grams", [4 / 3, 1.4])
    def test_at_and_above_the_boundary_motors_need_a_licence(self, grams: float) -> None:
        chain, study = self.motors(grams)
        shock = build_scenarios(study, chain)[0].shocks[0]
        assert [chain.pools[chain.arc_pool[a]] for a in shock.arcs] == ["motor@B"]

    def test_below_it_the_rule_hits_nothing_and_says_so(self) -> None:
        chain, study = self.motors(0.9)
        with pytest.raises(InputFaults, match="hits nothing"):
            build_scenarios(study, chain)


def rows_of(study: StudyFiles, **cells: Any) -> StudyFiles:
    """The toy with other cells in its second scenario."""
    table = study.tables["scenarios"].astype(object)
    for column, value in cells.items():
        table.at[1, column] = value
    return replace(study, tables={**study.tables, "scenarios": table})


class TestPorts:
    def test_a_closed_port_stops_both_directions_and_not_the_inland(self) -> None:
        study = read_study_files(TOY)
        chain = build_chain(study)
        closed = rows_of(study, shock="port_closure", origins=("BBB",), destinations=(), materials=())
        arcs = build_scenarios(closed, chain)[1].shocks[0].arcs
        ends = {
            (chain.regions[chain.pool_region[chain.arc_pool[a]]],
             chain.regions[chain.process_region[chain.slot_process[chain.arc_slot[a]]]])
            for a in arcs
        }  # fmt: skip
        assert ends == {("AAA", "BBB"), ("BBB", "CCC")}


class TestDates:
    """2.8: the policy of the toy holds from 1 January to 12 March 2026."""

    @staticmethod
    def strength(**dates: dt.date | None) -> np.ndarray:
        study = rows_of(read_study_files(TOY), start_week=float("nan"), end_week=float("nan"))
        policies = study.tables["policies"].assign(**dates)
        simulation = study.settings.simulation.model_copy(update={"start": dt.date(2025, 12, 18)})
        settings = study.settings.model_copy(update={"simulation": simulation})
        study = replace(study, settings=settings, tables={**study.tables, "policies": policies})
        shock = build_scenarios(study, build_chain(study))[1].shocks[0]
        return np.flatnonzero(shock.strength(20))

    def test_weeks_come_from_the_dates_of_the_policy(self) -> None:
        assert self.strength().tolist() == list(range(2, 12))

    def test_a_suspension_is_left_out(self) -> None:
        weeks = self.strength(suspended=dt.date(2026, 1, 15), resumes=dt.date(2026, 2, 5))
        assert weeks.tolist() == [2, 3, *range(7, 12)]

    def test_a_suspension_without_end_ends_the_policy(self) -> None:
        assert self.strength(suspended=dt.date(2026, 1, 15)).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"shock": "tariff"}, "level_mode", "is empty for a tariff"),
        ({"shock": "price_floor", "materials": (), "level_mode": 2.0}, "materials", "is empty"),
        ({"ramp_weeks": 4.0, "shock": "licence", "delay_mode_weeks": 1.0, "approval_mode": 1.0}, "ramp_weeks",
         "no meaning for a licence"),
        ({"period_weeks": 52.0}, "period_weeks", "it is for quotas"),
        ({"rule": "first_come"}, "rule", "it is for quotas"),
        ({"shock": "substitution", "level_mode": 1.2, "destinations": ("*",), "materials": ()}, "level_mode",
         "between 0 and 1"),
        ({"shock": "extraterritorial", "level_low": 0.1, "level_mode": 0.2, "level_high": 0.3,
          "delay_mode_weeks": 1.0, "approval_mode": 1.0}, "level_mode", "threshold"),
    ],
)  # fmt: skip
def test_numbers_that_would_do_nothing_are_refused(cells: dict[str, Any], column: str, words: str) -> None:
    study = read_study_files(TOY)
    with pytest.raises(InputFaults) as caught:
        build_scenarios(rows_of(study, **cells), build_chain(study))
    assert any(column in str(f) and words in str(f) for f in caught.value.faults)
