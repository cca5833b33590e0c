"""Laws of questions to a study, of the trace of a shortage and of the drivers, over random chains."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ytterby.catalog.studies import StudyFiles
from ytterby.network.assumptions import Doubts, doubts_at, draw_shares
from ytterby.network.behaviour import Behaviour
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.ensemble import run_ensemble
from ytterby.network.random_study import Size, random_study
from ytterby.network.shocks import Scenario, Shock, Triangular, calm, modal_conditions
from ytterby.network.shortage import TOLERANCE, trace_shortage
from ytterby.network.simulate import Run, simulate

KINDS = ("ban", "quota", "licence", "capacity_loss", "demand_surge")
few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
seeds = st.integers(0, 2**32 - 1)
sizes = st.builds(
    Size,
    regions=st.integers(2, 4),
    stages=st.integers(2, 4),
    spare=st.floats(1.0, 2.0),
    longest_lag=st.integers(0, 4),
    most_cover=st.floats(0, 8),
    ramp_share=st.sampled_from([0.05, 0.3, 1.0]),
    stock_weeks=st.sampled_from([0.0, 3.0]),
)
lines = st.builds(
    Size, regions=st.just(1), sectors=st.just(1), stages=st.integers(2, 4), byproducts=st.just(False),
    spare=st.floats(1.05, 2.0), least_cover=st.just(0.5), most_cover=st.floats(0.5, 6),
)  # fmt: skip


def drawn(seed: int, size: Size, draws: int = 6) -> tuple[StudyFiles, Chain, Doubts]:
    files = random_study(np.random.default_rng(seed), size)
    chain = build_chain(files)
    return files, chain, doubts_at(files, chain, draw_shares(draws, seed))


def shock(chain: Chain, kind: str, seed: int, start: int = 5, end: int = 25) -> Shock:
    rng = np.random.default_rng(seed)
    arcs = np.flatnonzero(rng.random(len(chain.arc_pool)) < 0.5)
    pick = rng.random(len(chain.processes)) < 0.5
    plants = np.flatnonzero(pick & (chain.process_is_use == (kind == "demand_surge")))
    level, delay, share = Triangular(0.1, 0.5, 0.9), Triangular(1, 4, 12), Triangular(0.5, 0.8, 1)
    return Shock(kind, arcs, plants, start, end, level, delay, share, kind)


def licence(chain: Chain, delay: float, approval: float) -> Scenario:
    arcs = np.arange(len(chain.arc_pool))
    sure = (Triangular(delay, delay, delay), Triangular(approval, approval, approval))
    one = Shock("licence", arcs, np.zeros(0, dtype=np.int64), 5, 60, None, *sure, "licence")
    return Scenario("what_if", "What if", 1.0, (one,))


@few
@given(seeds, sizes)
def test_whatever_is_assumed_nothing_stops_without_shock(seed: int, size: Size) -> None:
    """Section 9.4: the assumptions move the answer to a shock, not the baseline."""
    _, chain, doubts = drawn(seed, size)
    quiet = Scenario("what_if", "What if", 1.0, ())
    run = run_ensemble(chain, [quiet], draws=6, seed=1, weeks=120, doubts=doubts)
    assert run.unmet_t.max() == 0.0


@few
@given(seeds, sizes)
def test_a_licence_without_delay_and_refusal_is_no_policy(seed: int, size: Size) -> None:
    _, chain, doubts = drawn(seed, size)
    story = licence(chain, 0.0, 1.0)
    run = run_ensemble(chain, [story], draws=6, seed=1, weeks=80, doubts=doubts)
    assert run.unmet_t.max() == 0.0
    assert run.limited_weeks.max() == 0.0


@few
@given(seeds, lines, st.floats(0.5, 20), st.floats(1, 12))
def test_more_inventory_never_hurts_a_single_user(seed: int, size: Size, more: float, delay: float) -> None:
    """Section 9.6, in a line, where nobody competes for the stock; draw by draw."""
    _, chain, doubts = drawn(seed, size)
    extra = more * chain.slot_t * chain.activity_t[chain.slot_process]
    for story in (licence(chain, delay, 0.7), Scenario("b", "b", 1.0, (shock(chain, "ban", seed),))):
        before, after = (
            run_ensemble(chain, [story], draws=6, seed=1, weeks=160, doubts=held).unmet_t.sum(axis=(1, 2))
            for held in (doubts, doubts.holding(extra))
        )
        assert (after <= before * (1 + 1e-9) + 1e-9).all()


@few
@given(seeds, sizes, st.sampled_from(KINDS))
def test_a_lane_with_its_own_options_is_what_it_is_alone(seed: int, size: Size, kind: str) -> None:
    """Section 9.3: blocks of draws that differ in stocks and options give the bytes of single runs."""
    _, chain, doubts = drawn(seed, size, draws=3)
    story = Scenario("s", "s", 1.0, (shock(chain, kind, seed),))
    future = modal_conditions(story, chain, 40)
    together = simulate(chain, [future] * 3, behaviour=doubts.behaviours, targets=doubts.targets)
    for lane in range(3):
        own = doubts.part(lane, lane + 1)
        alone = simulate(chain, future, behaviour=own.behaviours[0], targets=own.targets)
        np.testing.assert_array_equal(together.unmet_t[lane], alone.unmet_t[0])
        np.testing.assert_array_equal(together.pool_stock_t[lane], alone.pool_stock_t[0])


@few
@given(
    seeds, sizes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), st.booleans()
)  # fmt: skip
def test_the_trace_of_every_shortage_ends_at_a_shock(
    seed: int, size: Size, kinds: list[str], fixed: bool
) -> None:
    """Section 10: without shock nothing is missing, so a shock stands behind whatever is."""
    _, chain, _ = drawn(seed, size, draws=1)
    shocks = tuple(replace(shock(chain, k, seed + i), label=f"shock {i}") for i, k in enumerate(kinds))
    story = Scenario("s", "s", 1.0, shocks)
    conditions = modal_conditions(story, chain, 80)
    run = simulate(chain, conditions, behaviour=Behaviour(fixed_shares=fixed), detail=True)
    for column, use in enumerate(run.uses):
        for week in np.flatnonzero(run.unmet_t[0, :, column])[::9]:
            table = trace_shortage(chain, story, conditions, run, int(use), int(week))
            check_trace(table, chain, run, [each.label for each in shocks])
            assert table["tonnes"].iloc[0] == run.unmet_t[0, week, column]


def check_trace(table, chain: Chain, run: Run, labels: list[str]) -> None:
    """The last row is a shock, every row has tonnes, and those of inputs stand in the records."""
    assert table["node"].iloc[-1] in labels
    assert (table["tonnes"] > TOLERANCE * chain.arc_flow_t.max() * (table["step"] > 0)).all()
    assert (table["since_week"] <= table["until_week"]).all()
    detail = run.detail
    assert detail is not None
    names = {
        f"{chain.materials[chain.slot_material[k]]} at {chain.processes[chain.slot_process[k]]}": k
        for k in range(len(chain.slot_process))
    }
    for row in table[table["cause"] == "this input is the scarcest"].itertuples():
        k = names[row.node]
        p = chain.slot_process[k]
        weeks = slice(row.since_week, row.until_week + 1)
        short = (detail.desired_t[0, weeks, p] - run.activity_t[0, weeks, p]) * detail.limiting[0, weeks, k]
        assert row.tonnes == pytest.approx(chain.slot_t[k] * short.sum())


@few
@given(seeds, sizes)
def test_nothing_is_traced_where_nothing_is_missing(seed: int, size: Size) -> None:
    from ytterby.errors import YtterbyError

    _, chain, _ = drawn(seed, size, draws=1)
    future = calm(chain, 10)
    run = simulate(chain, future, detail=True)
    with pytest.raises(YtterbyError, match="never short"):
        trace_shortage(chain, Scenario("s", "s", 1.0, ()), future, run, int(run.uses[0]), 5)
