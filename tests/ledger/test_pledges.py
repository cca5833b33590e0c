"""Pledges and their calendar: docs/method/ledger.md, section 5."""

import datetime as dt

import pytest

from ytterby.ledger.calendars import escape, fold, write_calendar
from ytterby.ledger.pledges import COLUMNS, build_pledges, status_at

DATE = dt.date.fromisoformat


def amount(value, unit="USD", qualifier="exact"):
    return {"value": value, "unit": unit, "role": "amount", "qualifier": qualifier, "span": None}


def package(make, report, value=550e9, **cells):
    parties = [("JPN", "agent"), ("USA", "counterpart")]
    claim = {"actors": parties, "quantities": [amount(value)], "report": report, "status": "promised"}
    return make("investment_pledge", **claim | cells)


def test_one_package_printed_twice_is_one_pledge(make):
    """Section 5.3: amounts are never added up over reports."""
    claims = [package(make, "A", sectors=["shipbuilding"]), package(make, "B", sectors=["shipbuilding"])]
    found = build_pledges(claims)
    assert tuple(found.columns) == COLUMNS
    assert list(found["amount"]) == [550e9]
    assert found.loc[0, "reports"] == "A;B"
    assert found.loc[0, "conflicts"] == ""


def test_two_compositions_are_shown_side_by_side(make):
    """Section 5.4: one amount, two make-ups."""
    whole = package(make, "A", sectors=["shipbuilding"])
    part = make("purchase_pledge", report="A", actors=[("JPN", "agent")], goods=["soybeans"],
                status="offered", part_of=whole["id"])  # fmt: skip
    other = package(make, "B", sectors=["semiconductors", "shipbuilding"])
    found = build_pledges([whole, part, other])
    assert len(found) == 1
    assert found.loc[0, "compositions"] == "A: shipbuilding, soybeans | B: semiconductors, shipbuilding"
    assert found.loc[0, "conflicts"] == "composition"


def test_purchases_of_the_same_sentence_are_part_of_the_package(make):
    whole = package(make, "A", sectors=["shipbuilding"], spans=[{"start": 10, "end": 90, "quote": "x"}])
    part = make("purchase_pledge", report="A", actors=[("JPN", "agent")], goods=["gas"], status="offered",
                spans=[{"start": 40, "end": 90, "quote": "x"}])  # fmt: skip
    assert build_pledges([whole, part]).loc[0, "compositions"] == "A: shipbuilding, gas"


@pytest.mark.parametrize(
    "change",
    [
        {"quantities": [amount(300e9)]}, {"actors": [("KOR", "agent"), ("USA", "counterpart")]},
        {"actors": [("JPN", "agent"), ("AUS", "counterpart")]}, {"kind": "financing"},
    ],
)  # fmt: skip
def test_another_amount_party_or_kind_is_another_pledge(make, change):
    assert len(build_pledges([package(make, "A"), package(make, "B") | claim_parts(change)])) == 2


def claim_parts(change):
    actors = [{"id": name, "role": role} for name, role in change.get("actors", [])]
    return change | ({"actors": actors} if actors else {})


@pytest.mark.parametrize("status", ["demanded", "denied", "past"])
def test_what_was_demanded_or_denied_is_no_promise(make, status):
    assert build_pledges([package(make, "A", status=status)]).empty


def test_a_promise_not_to_do_something_is_left_to_the_policies(make):
    assert build_pledges([package(make, "A", polarity="negated")]).empty


@pytest.fixture
def support(make, slots):
    """Support within six months of 28 October 2025."""
    deadline = slots["time"]("deadline", "2025-10-28", "2026-04-28")
    return make("project_support_deadline", actors=[("USA", "agent"), ("JPN", "agent")], status="planned",
                object="support of projects", time=[deadline],
                quote="Within six months; or so, they said.")  # fmt: skip


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2025-10-27", "not_yet_announced"), ("2025-10-28", "open"), ("2026-02-26", "open"),
        ("2026-02-27", "due_soon"), ("2026-04-28", "due_soon"), ("2026-04-29", "overdue"),
    ],
)  # fmt: skip
def test_a_pledge_is_overdue_the_day_after_its_due_date(support, day, state):
    """Section 5.5."""
    found = status_at(build_pledges([support]), DATE(day))
    assert list(found["state"]) == [state]
    assert found.loc[0, "days_left"] == (DATE("2026-04-28") - DATE(day)).days


def test_a_kept_pledge_is_not_overdue(support):
    done = support | {"id": "T-done", "report": "B", "status": "took_place"}
    found = status_at(build_pledges([support, done]), DATE("2027-01-01"))
    assert list(found["state"]) == ["fulfilled"]


def test_a_calendar_has_one_event_for_each_due_date(support, make, tmp_path):
    """Section 5.6."""
    path = tmp_path / "pledges.ics"
    assert write_calendar(build_pledges([support, package(make, "A")]), path) == 1
    raw = path.read_bytes()
    lines = raw.decode("utf-8").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART;VALUE=DATE:20260428" in lines
    assert "DTEND;VALUE=DATE:20260429" in lines
    assert "DTSTAMP:20251028T000000Z" in lines
    assert any("Within six months\\; or so\\, they said." in line for line in lines)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert not list(tmp_path.glob("*.part"))


def test_text_values_are_escaped():
    assert escape("a;b,c\\d\r\ne\x07") == "a\\;b\\,c\\\\d\\ne"


def test_long_lines_are_folded_at_75_octets():
    parts = fold("DESCRIPTION:" + "Ä希" * 60)
    assert all(len(part.encode("utf-8")) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == "DESCRIPTION:" + "Ä希" * 60


def test_gold_pledges_have_their_due_dates(gold, gold_origins):
    found = build_pledges(gold["claims"], gold_origins).set_index("kind")
    assert found.loc["project_support_deadline", "due"] == "2026-04-28"
    assert found.loc["defence_spending", "due"] == "2026-03-31"
    assert found.loc["defence_spending", "conflicts"] == "amount"
    package = found[found["amount"] == 550e9].iloc[0]
    assert package["conflicts"] == "composition"
    assert package["compositions"].startswith(
        "001: shipbuilding, soybeans, natural_gas, pickup_trucks | 003: semi"
    )
