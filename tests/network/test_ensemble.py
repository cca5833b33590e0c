"""Draws, weights and the numbers made of them."""

from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import YtterbyError
from ytterby.network import outcomes
from ytterby.network.build import build_chain
from ytterby.network.ensemble import Ensemble, run_ensemble, spread_draws
from ytterby.network.shocks import Scenario, Shock, Triangular, build_scenarios

TOY = Path(__file__).resolve().parents[2] / "src/ytterby/studies/three-countries"
NONE = np.zeros(0, dtype=np.int64)


def uncertain(name: str, probability: float) -> Scenario:
    rise = Triangular(0.0, 0.1, 0.3)
    return Scenario(name, name, probability, (Shock("demand_surge", NONE, NONE, 0, 5, rise, None, None, ""),))


@pytest.fixture(scope="module")
def toy() -> Ensemble:
    study = read_study_files(TOY)
    chain = build_chain(study)
    return run_ensemble(chain, build_scenarios(study, chain), draws=20, seed=1, weeks=52)


def test_weights_sum_to_the_probabilities() -> None:
    stories = [Scenario("calm", "Calm", 0.5, ()), uncertain("a", 0.49), uncertain("b", 0.01)]
    plan = spread_draws(stories, 101)
    weight = {s.name: sum(d.weight for d in plan if d.scenario is s) for s in stories}
    assert len(plan) == 101
    assert weight == pytest.approx({"calm": 0.5, "a": 0.49, "b": 0.01})
    assert sum(d.scenario.name == "calm" for d in plan) == 1  # all its draws would be equal
    assert sum(d.scenario.name == "b" for d in plan) >= 12  # a quarter of an even share


def test_fewer_draws_than_scenarios_are_refused() -> None:
    with pytest.raises(YtterbyError, match="2 draws for 3"):
        spread_draws([uncertain("a", 0.3), uncertain("b", 0.3), uncertain("c", 0.4)], 2)


def test_the_toy_loses_sixty_tonnes_with_probability_one_half(toy: Ensemble) -> None:
    """60 t at 100,000 USD: 6 million, half of it expected, all of it in the tail."""
    table = outcomes.summarise(toy).set_index("scenario")
    assert table.loc["ban", "unmet_t"] == pytest.approx(60.0)
    assert table.loc["all", "loss_usd"] == pytest.approx(3e6)
    assert table.loc["all", "loss_tail_usd"] == pytest.approx(6e6)
    assert table.loc["calm", "loss_usd"] == 0.0
    assert outcomes.losses(toy, regions=("BBB",))["unmet_t"].max() == 0.0


def test_the_shortfall_table_adds_up(toy: Ensemble) -> None:
    table = toy.shortfall
    assert list(table) == [
        "scenario", "draw", "weight", "week", "region", "sector", "unmet_t", "need_t", "loss_usd",
    ]  # fmt: skip
    ban = table[table["scenario"] == "ban"]
    assert ban["unmet_t"].sum() == pytest.approx(60.0)
    assert ban.loc[ban["unmet_t"] > 0, "week"].tolist() == [5, 6, 7, 8, 9, 10]
    assert set(ban.loc[ban["unmet_t"] > 0, "region"]) == {"CCC"}


def test_when_a_use_stops_and_recovers(toy: Ensemble) -> None:
    table = outcomes.stops(toy).set_index(["scenario", "region"])
    row = table.loc[("ban", "CCC")]
    assert row[["probability", "first_week", "survive_weeks", "weeks_short", "recovered_week"]].tolist() == [
        1.0, 5.0, 5.0, 6.0, 11.0,
    ]  # fmt: skip
    assert table.loc[("all", "CCC"), "probability"] == pytest.approx(0.5)
    assert table.loc[("ban", "BBB"), "probability"] == 0.0
    assert np.isnan(table.loc[("ban", "BBB"), "first_week"])


def test_the_fan_by_hand(toy: Ensemble) -> None:
    table = outcomes.fan(toy, by=("region",)).set_index(["scenario", "region", "week"])
    assert table.loc[("all", "CCC", 7), "mean"] == pytest.approx(0.5)
    assert table.loc[("all", "CCC", 7), "p95"] == pytest.approx(1.0)
    assert table.loc[("all", "CCC", 7), "p5"] == 0.0
    assert table.loc[("ban", "CCC", 7), "p5"] == pytest.approx(1.0)
    whole = outcomes.fan(toy, by=()).set_index(["scenario", "week"])
    assert whole.loc[("ban", 7), "mean"] == pytest.approx(0.5)  # C's half of the need


def test_limiting_inputs_name_the_oxide(toy: Ensemble) -> None:
    table = outcomes.limiting_inputs(toy)
    row = table[table["scenario"] == "ban"].iloc[0]
    assert (row["process"], row["material"], row["weeks"]) == ("motors.CCC", "oxide", 6.0)


def test_quantiles_and_tail_by_hand() -> None:
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    assert outcomes.weighted_quantile(values, weight, (0.5, 0.8, 0.81)).tolist() == [1.0, 2.0, 3.0]
    assert outcomes.tail_mean(np.array([0.0, 100.0]), np.array([0.9, 0.1]), 0.8) == pytest.approx(50.0)
    assert outcomes.tail_mean(values, weight, 0.0) == pytest.approx(0.6 + 0.5 + 0.6)


def test_plans_meet_the_same_futures() -> None:
    """Section 2.6: the need, which a plan does not change, is the same number for number."""
    study = read_study_files(TOY)
    chain = build_chain(study)
    uses = np.flatnonzero(chain.process_is_use)
    rise = Triangular(0.0, 0.1, 0.3)
    story = Scenario("rise", "Rise", 1.0, (Shock("demand_surge", NONE, uses, 0, 30, rise, None, None, ""),))
    told: list[tuple[int, int]] = []
    plain = run_ensemble(chain, [story], draws=20, seed=3, weeks=30, progress=lambda *n: told.append(n))
    helped = run_ensemble(chain, [story], draws=20, seed=3, weeks=30, stockpile_t=np.array([100.0]))
    assert plain.need_t.tobytes() == helped.need_t.tobytes()
    assert told == [(16, 20), (20, 20)]
    assert len({row.tobytes() for row in plain.need_t}) == 20
