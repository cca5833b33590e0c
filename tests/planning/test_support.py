"""Instruments of support: closed forms, simulation, laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ytterby as yt
from ytterby.errors import YtterbyError
from ytterby.planning.support import INSTRUMENTS, Terms, project_support, put, support_needed
from ytterby.planning.task import build_task

amounts = st.floats(1e5, 1e9)


def needs(*args, **options):
    value, table = support_needed(*args, **options)
    return value, table.set_index("instrument")


def test_by_hand_one_year_without_rates():
    """Capex 100, revenue 80, cost 30, one year at rate 0: the investor lacks 50."""
    terms = Terms(private_rate=0.0, public_rate=0.0, volatility=0.0, years=1)
    value, table = needs(100, 80, 30, terms=terms)
    assert value == pytest.approx(-50)
    assert table.loc["grant", ["level", "cost_usd"]].tolist() == pytest.approx([50, 50])
    assert table.loc["price_floor", "level"] == pytest.approx(130 / 80)
    assert table.loc["price_floor", "cost_usd"] == pytest.approx(50)
    assert table.loc["offtake", ["level", "cost_usd"]].tolist() == pytest.approx([130 / 80, 50])
    assert not table.loc["loan", "enough"]  # cheap money is worth nothing where all money is free


def test_a_loan_by_hand():
    """10 lent at 0 % for one year, investor at 25 %: 10 - 10/1.25 = 2; five times as much is lacking."""
    terms = Terms(private_rate=0.25, public_rate=0.0, years=1, loan_share=1.0, recovery=0.5)
    value, table = needs(100, 120, 5, success=0.8, terms=terms)
    assert value == pytest.approx(-100 + 115 / 1.25)  # -8
    assert table.loc["loan", "level"] == pytest.approx(40)
    assert table.loc["loan", "cost_usd"] == pytest.approx(40 * 0.2 * 0.5)


def test_a_sound_project_needs_nothing():
    value, table = needs(100, 1000, 10)
    assert value > 0
    assert table["level"].tolist() == [0, 0, 0, 0]
    assert table["cost_usd"].tolist() == [0, 0, 0, 0]


def test_a_grant_cannot_cure_a_yearly_loss():
    """More than the plant costs is lacking: a grant of all of it is not enough, a floor is."""
    _, table = needs(100, 80, 100)
    assert table.loc["grant", "level"] == 100
    assert not table.loc["grant", "enough"]
    assert table.loc["price_floor", "enough"]


@given(st.floats(0.2, 3), st.floats(0.2, 3), st.floats(0.05, 2))
def test_put_and_call_differ_by_strike_less_forward(strike, forward, spread):
    """max(0, K - P) - max(0, P - K) = K - P; the call by the same formula with roles exchanged."""
    call = put(1 / strike, 1 / forward, spread) * strike * forward  # symmetry of the lognormal
    assert put(strike, forward, spread) - call == pytest.approx(strike - forward, abs=1e-9)
    assert put(strike, forward, spread) >= max(0.0, strike - forward) - 1e-12


def test_put_against_draws():
    rng = np.random.default_rng(3)
    price = np.exp(0.4 * math.sqrt(2) * rng.standard_normal(2_000_000) - 0.4**2)
    assert put(1.2, 1.0, Terms(volatility=0.4, reversion=0.0).spread(2)) == pytest.approx(
        np.maximum(0, 1.2 - price).mean(), rel=3e-3
    )


def test_prices_that_revert_spread_to_a_limit():
    """volatility / sqrt(2 reversion) in the long run; hardly any difference at first."""
    assert Terms().spread(200) == pytest.approx(0.35)
    assert Terms().spread(0.01) == pytest.approx(Terms(reversion=0.0).spread(0.01), rel=5e-3)


@given(amounts, amounts, amounts, st.floats(0, 6), st.floats(0.3, 1))
def test_each_instrument_that_is_enough_closes_the_gap(capex, revenue, cost, lead, success):
    """Second route: the investor's value with the instrument is zero."""
    terms = Terms()
    value, table = needs(capex, revenue, cost, lead_years=lead, success=success, terms=terms)
    if value >= 0:
        return
    times = lead + np.arange(1, terms.years + 1)
    private, public = (1 + terms.private_rate) ** -times, (1 + terms.public_rate) ** -times
    if table.loc["grant", "enough"]:
        assert value + table.loc["grant", "level"] == pytest.approx(0, abs=1e-6 * capex)
    if table.loc["loan", "enough"]:
        lent = table.loc["loan", "level"]
        assert value + lent - lent * private.sum() / public.sum() == pytest.approx(0, abs=1e-6 * capex)
    floor = table.loc["price_floor", "level"]
    if table.loc["price_floor", "enough"]:
        pays = revenue * np.array([put(floor, 1.0, terms.spread(t)) for t in times])
        assert value + private @ pays == pytest.approx(0, abs=1e-6 * (capex + cost))
        assert table.loc["price_floor", "cost_usd"] == pytest.approx(success * public @ pays)
    fixed = table.loc["offtake", "level"]
    assert -capex + private.sum() * (fixed * revenue - cost) == pytest.approx(0, abs=1e-6 * (capex + cost))
    # a floor leaves the investor the good years, so it may lie below the fixed price
    if table.loc["price_floor", "enough"]:
        assert floor <= fixed * (1 + 1e-9)


@given(amounts, amounts, amounts, st.floats(1.1, 5))
def test_scaling_money_scales_levels_in_money_only(capex, revenue, cost, factor):
    _, one = needs(capex, revenue, cost)
    _, more = needs(capex * factor, revenue * factor, cost * factor)
    for name in INSTRUMENTS:
        scale = factor if one.loc[name, "unit"] == "USD" else 1.0
        assert more.loc[name, "level"] == pytest.approx(one.loc[name, "level"] * scale, rel=1e-6, nan_ok=True)
        assert more.loc[name, "cost_usd"] == pytest.approx(
            one.loc[name, "cost_usd"] * factor, rel=1e-6, abs=1e-3, nan_ok=True
        )


@pytest.mark.parametrize("amounts", [(-1, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_projects_without_meaning(amounts):
    with pytest.raises(YtterbyError, match="capex, revenue and cost"):
        support_needed(*amounts)


@pytest.mark.parametrize("terms", [{"years": 0}, {"loan_share": 1.2}, {"private_rate": -0.1}])
def test_terms_without_meaning(terms):
    with pytest.raises(YtterbyError, match="no meaning"):
        Terms(**terms)


def test_what_a_project_makes_for_itself_is_neither_sold_nor_bought():
    """japan_recycling: 2,000 t of collected scrap feed 2,000 t of recycling; only oxides are sold."""
    study = yt.load_study("japan-us-2025")
    task = build_task(study.files, study.chain, study.scenarios)
    chain = study.chain
    row = project_support(task, ["japan_recycling"]).iloc[0]
    process = chain.processes.index("recycle.JPN")
    own = chain.output_process == process
    sold = (
        2000
        * (chain.output_t[own] * chain.price_usd_per_t[chain.pool_material[chain.output_pool[own]]]).sum()
    )
    scrap = chain.materials.index("scrap_magnets")
    slots = (chain.slot_process == process) & (chain.slot_material == scrap)
    collected = chain.output_process == chain.processes.index("collect_scrap.JPN")
    surplus = 2000 * (chain.output_t[collected].sum() - chain.slot_t[slots].sum())
    expected = sold + max(0.0, surplus) * chain.price_usd_per_t[scrap]
    assert row["yearly_revenue_usd"] == pytest.approx(expected)
