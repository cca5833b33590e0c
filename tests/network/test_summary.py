"""Large ensembles keep a summary: the same tables as the whole, in memory that does not grow with weeks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.network import outcomes
from ytterby.network.build import build_chain
from ytterby.network.ensemble import Ensemble, run_ensemble
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario, build_scenarios
from ytterby.network.simulate import simulate
from ytterby.network.summary import Summary, summarise_draws

TOY = Path(__file__).resolve().parents[2] / "src/ytterby/studies/three-countries"
WEEKS = 60


@pytest.fixture(scope="module")
def both() -> tuple[Ensemble, Summary]:
    chain = build_chain(random_study(np.random.default_rng(11), Size(regions=4, stages=3, elasticity=0.3)))
    stories = [
        Scenario("calm", "Calm", 0.3, ()),
        Scenario("a", "A", 0.5, (random_shock(chain, "licence", np.random.default_rng(1)),)),
        Scenario("b", "B", 0.2, (random_shock(chain, "capacity_loss", np.random.default_rng(2)),)),
        Scenario("c", "C", 0.0, (random_shock(chain, "demand_surge", np.random.default_rng(3)),)),
    ]
    told = {"draws": 50, "seed": 4, "weeks": WEEKS}
    return run_ensemble(chain, stories, **told), summarise_draws(chain, stories, **told)


def test_losses_stops_and_limits_are_those_of_the_whole(both: tuple[Ensemble, Summary]) -> None:
    whole, summary = both
    assert outcomes.summarise(whole)["unmet_t"].max() > 0
    for first, second in (
        (outcomes.losses(whole), summary.losses()),
        (outcomes.losses(whole, regions=("R1",)), summary.losses(regions=("R1",))),
        (outcomes.summarise(whole), summary.summarise()),
        (outcomes.stops(whole), summary.stops()),
        (outcomes.limiting_inputs(whole), summary.limiting_inputs()),
    ):
        pd.testing.assert_frame_equal(
            first.reset_index(drop=True), second.reset_index(drop=True), rtol=1e-12, check_dtype=False
        )
    assert summary.ledger == whole.ledger


def test_the_fan_is_within_half_a_hundredth_and_its_mean_exact(both: tuple[Ensemble, Summary]) -> None:
    whole, summary = (outcomes.fan(both[0]), both[1].fan())
    assert list(whole) == list(summary)
    pd.testing.assert_frame_equal(whole.iloc[:, :4], summary.iloc[:, :4], check_dtype=False)
    np.testing.assert_allclose(whole["mean"], summary["mean"], rtol=1e-12, atol=1e-15)
    quantiles = ["p5", "p25", "p50", "p75", "p95"]
    first, second = whole[quantiles].to_numpy(), summary[quantiles].to_numpy()
    assert first.max() > 0.1
    assert np.abs(first - second).max() <= 0.005 + 1e-12
    assert (second[(first == 0) | (first == 1)] == first[(first == 0) | (first == 1)]).all()


def test_the_worst_draws_can_be_run_again(both: tuple[Ensemble, Summary]) -> None:
    whole, summary = both
    row = summary.worst(3).iloc[0]
    (draw,) = [d for d in summary.draws if (d.scenario.name, d.number) == (row["scenario"], row["draw"])]
    again = simulate(summary.chain, draw.conditions(summary.chain, WEEKS, summary.seed))
    assert again.unmet_t.sum() == pytest.approx(row["unmet_t"], rel=1e-12)
    assert row["loss_usd"] == pytest.approx(outcomes.losses(whole)["loss_usd"].max())


def test_blocks_and_threads_change_no_bit(both: tuple[Ensemble, Summary]) -> None:
    summary = both[1]
    again = summarise_draws(
        summary.chain, list(summary.scenarios.values()), draws=50, seed=4, weeks=WEEKS, block=7, threads=2
    )
    for name in ("unmet_t", "need_t", "loss_usd", "counts", "share", "limited_weeks"):
        assert getattr(summary, name).tobytes() == getattr(again, name).tobytes(), name


def test_a_draw_more_takes_a_kilobyte_not_its_weeks() -> None:
    study = read_study_files(TOY)
    chain = build_chain(study)
    rise = random_shock(chain, "demand_surge", np.random.default_rng(1))
    stories = [*build_scenarios(study, chain)[:1], Scenario("rise", "Rise", 0.5, (rise,))]

    def size(draws: int) -> int:
        told = summarise_draws(chain, stories, draws=draws, seed=1, weeks=104)
        arrays = [*vars(told).values(), *vars(told.spells).values()]
        return sum(each.nbytes for each in arrays if isinstance(each, np.ndarray))

    groups = int(chain.process_is_use.sum())
    assert size(60) - size(20) == 40 * groups * 6 * 8
