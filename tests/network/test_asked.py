"""Words of a question: durations, shares, goods, places; section 9.2 of docs/method/simulation.md."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.errors import InputFaults
from ytterby.network.asked import AskedInventory, AskedShock, Asking
from ytterby.network.durations import duration_weeks, share_spread
from ytterby.study import load_study

DAY = dt.date(2026, 12, 1)


@pytest.fixture(scope="module")
def asking() -> Asking:
    study = load_study("japan-us-2025")
    return Asking(study.files, study.chain)


def licence(**more: object) -> AskedShock:
    told = {"materials": ["dysprosium"], "origins": ["CHN"], "delay": "45 working days", "refused": 0.2}
    return AskedShock("licence", DAY, **(told | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "low", "mode", "high"),
    [
        ("45 working days", 9, 9, 9), ("1 working day", 0.2, 0.2, 0.2), ("14 days", 2, 2, 2),
        ("9 weeks", 9, 9, 9), ("+2 months", 26 / 3, 26 / 3, 26 / 3), ("0.5 years", 26, 26, 26),
        ("30..45..60 Working Days", 6, 9, 12), ("0 weeks", 0, 0, 0), (" 3  weeks", 3, 3, 3),
    ],
)  # fmt: skip
def test_durations(text: str, low: float, mode: float, high: float) -> None:
    found = duration_weeks(text)
    assert (found.low, found.mode, found.high) == pytest.approx((low, mode, high))


@pytest.mark.parametrize(
    "text",
    ["", "45", "days", "-3 weeks", "3 wks", "60..45..30 days", "1..2 weeks", "1e3 weeks", "nan weeks",
     "99999 years", "9" * 500 + " weeks", "3 weeks 2 days"],
)  # fmt: skip
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputFaults):
        duration_weeks(text)


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        found = duration_weeks(text)
    except InputFaults:
        return
    assert 0 <= found.low <= found.mode <= found.high


@pytest.mark.parametrize("text", ["20 %", "1.2", "-0.1", "0.3..0.2..0.1", "inf", ""])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(InputFaults):
        share_spread(text)


def test_a_licence_becomes_weeks_delay_and_approval(asking: Asking) -> None:
    """1 December 2026 is 399 days, 57 weeks, after 28 October 2025."""
    asked = asking.resolve([licence(refused="0.1..0.2..0.3", end=dt.date(2027, 6, 1))])
    (shock,) = asked.scenario.shocks
    assert (asked.start_week, shock.start_week, shock.end_week) == (57, 57, 83)
    assert shock.delay_weeks.mode == 9
    assert (shock.approval.low, shock.approval.mode, shock.approval.high) == pytest.approx((0.7, 0.8, 0.9))
    chain = asking.chain
    hit = {chain.materials[m] for m in chain.pool_material[chain.arc_pool[shock.arcs]]}
    assert hit == {"oxide_dy", "metal_dy"}
    assert {chain.regions[r] for r in chain.pool_region[chain.arc_pool[shock.arcs]]} == {"CHN"}
    abroad = chain.process_region[chain.slot_process[chain.arc_slot[shock.arcs]]]
    assert chain.regions.index("CHN") not in abroad


def test_a_plus_takes_all_that_contains_it_and_the_rest_is_named(asking: Asking) -> None:
    narrow = asking.resolve([licence()])
    assert any("magnet_high" in note and "dysprosium+" in note for note in narrow.notes)
    wide = asking.resolve([licence(materials=["Dy+"])])
    chain = asking.chain
    hit = {chain.materials[m] for m in chain.pool_material[chain.arc_pool[wide.scenario.shocks[0].arcs]]}
    assert {"oxide_dy", "metal_dy", "magnet_high"} <= hit
    assert not hit & {"magnet_low", "oxide_ndpr", "metal_tb"}


def test_a_country_within_a_bloc_is_refused_with_the_bloc(asking: Asking) -> None:
    for name in ("ITA", "Italy", "Italien"):
        with pytest.raises(InputFaults, match="counts within EU27_REST"):
            asking.check_regions([name], asking.chain.regions)
    with pytest.raises(InputFaults, match="Write JPN"):
        asking.check_regions(["Japan"], asking.chain.regions)


def test_a_bloc_means_its_parts(asking: Asking) -> None:
    """The study has the Union in four parts; counting leaves out those without an end use."""
    assert asking.parts_of(["JPN", "EU27"]) == ("JPN", "DEU", "FRA", "EST", "EU27_REST")
    assert asking.parts_of(["EU27"], among=["DEU", "EU27_REST"]) == ("DEU", "EU27_REST")
    assert asking.parts_of(["Mars"]) == ("Mars",)
    hit = asking.resolve([licence(destinations=["EU27"])]).scenario.shocks[0].arcs
    chain = asking.chain
    users = chain.process_region[chain.slot_process[chain.arc_slot[hit]]]
    assert {chain.regions[r] for r in users} <= {"DEU", "FRA", "EST", "EU27_REST"}


def test_all_faults_come_at_once(asking: Asking) -> None:
    shocks = [
        licence(materials=["unobtainium"], destinations=["ITA"], delay="soon", refused="some"),
        AskedShock("flood", DAY), AskedShock("ban", dt.date(1999, 1, 1), materials=["oxide_dy"]),
        AskedShock("capacity_loss", DAY, level=0.5, plants=["mine.Mars"]),
        AskedShock("demand_surge", DAY, end=DAY, level=0.5, sectors=["toys"]),
    ]  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        asking.resolve(shocks)
    told = str(caught.value)
    for words in ("unobtainium", "EU27", "'soon'", "'some'", "'flood'", "1999-01-01", "mine.Mars", "'toys'",
                  "column origins: is empty", "not at least a week after"):  # fmt: skip
        assert words in told, words


def test_a_shock_that_hits_nothing_is_refused(asking: Asking) -> None:
    with pytest.raises(InputFaults, match="shock 2, column shock: hits nothing"):
        asking.resolve([licence(), licence(destinations=["AUS"])])


def test_two_months_are_that_part_of_a_years_use(asking: Asking) -> None:
    chain = asking.chain
    extra = asking.extra_stock_t(AskedInventory("2 months", ["magnet_high"], ["JPN"]), ["EU27"])
    slots = np.flatnonzero(extra)
    assert {chain.materials[m] for m in chain.slot_material[slots]} == {"magnet_high"}
    assert {chain.regions[r] for r in chain.process_region[chain.slot_process[slots]]} == {"JPN"}
    yearly = 52 * chain.slot_t[slots] * chain.activity_t[chain.slot_process[slots]]
    assert extra[slots] == pytest.approx(yearly / 6)
    with pytest.raises(InputFaults, match="nobody in AUS"):
        asking.extra_stock_t(AskedInventory("2 months", ["magnet_high"], ["AUS"]), [])
    with pytest.raises(InputFaults, match="spread"):
        asking.extra_stock_t(AskedInventory("1..2..3 months"), ["JPN"])


def test_the_study_stays_as_it_is(asking: Asking) -> None:
    before = {name: table.copy() for name, table in asking.files.tables.items()}
    asking.resolve([licence()])
    assert all(table.equals(before[name]) for name, table in asking.files.tables.items())


def test_only_stocks_that_are_assumed_are_drawn(asking: Asking) -> None:
    from ytterby.network.assumptions import doubts_at, draw_shares

    table = asking.files.tables["inventories"].assign(assumed=False)
    table.loc[table["material"] == "magnet_high", "assumed"] = True
    known = replace(asking.files, tables={**asking.files.tables, "inventories": table})
    doubts = doubts_at(known, asking.chain, draw_shares(5, 1))
    chain = asking.chain
    moved = chain.slot_material == chain.materials.index("magnet_high")
    held = doubts.targets.slot_t / np.where(chain.slot_stock_t > 0, chain.slot_stock_t, 1.0)[:, None]
    stocked = chain.slot_stock_t > 0
    assert (held[stocked & ~moved] == 1.0).all()
    assert (np.ptp(held[stocked & moved], axis=1) > 0.1).all()


def test_a_draw_does_not_depend_on_how_many_there_are() -> None:
    from ytterby.network.assumptions import draw_shares

    np.testing.assert_array_equal(draw_shares(3, 7), draw_shares(9, 7)[:3])
    assert not np.array_equal(draw_shares(3, 7), draw_shares(3, 8))
