"""Calendars: days of pledges and policies, read back by a library that is not ours."""

import datetime as dt

import icalendar
import pytest

from ytterby.ledger.calendars import AGENDA_COLUMNS, agenda, pledge_events, policy_events, write_events
from ytterby.ledger.pledges import build_pledges, status_at
from ytterby.ledger.policies import policies_in_force


@pytest.fixture
def pledges(make, slots):
    claim = make("project_support_deadline", actors=[("USA", "agent"), ("JPN", "agent")], status="planned",
                 object="support; of projects, Größe", quote="Within six months,\nthey said; 半年以内。" * 4,
                 time=[slots["time"]("deadline", "2025-10-28", "2026-04-28")])  # fmt: skip
    return status_at(build_pledges([claim]), dt.date(2025, 11, 1))


def test_another_reader_finds_every_event_as_it_was_meant(pledges, policies, tmp_path):
    states = policies_in_force(policies, dt.date(2025, 12, 1))
    events = [*pledge_events(pledges), *policy_events(states)]
    path = tmp_path / "all.ics"
    assert write_events(events, path) == len(events)
    read = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert len(read) == len(events) > 40
    for event, item in zip(events, read, strict=True):
        assert str(item["UID"]) == f"{event.id}@ytterby"
        assert item.decoded("DTSTART") == event.days.first
        assert item.decoded("DTEND") == event.days.last + dt.timedelta(days=1)
        assert str(item["DESCRIPTION"]) == event.detail
        assert str(item["SUMMARY"]).startswith(event.summary)
    assert len({str(item["UID"]) for item in read}) == len(read)


def test_the_same_events_give_the_same_bytes(policies, tmp_path):
    for name in ("a.ics", "b.ics"):
        write_events(policy_events(policies), tmp_path / name)
    assert (tmp_path / "a.ics").read_bytes() == (tmp_path / "b.ics").read_bytes()


def test_a_suspension_stands_in_the_calendar_with_its_end(policies):
    found = agenda(policy_events(policies[policies["policy"] == "CHN-2025-61"]))
    assert tuple(found.columns) == AGENDA_COLUMNS
    assert list(zip(found["date"], found["event"], strict=True)) == [
        ("2025-10-09", "announced"), ("2025-11-07", "suspended from"), ("2025-12-01", "in force from"),
        ("2026-11-11", "in force again from"),
    ]  # fmt: skip


def test_a_month_stands_at_its_first_day_and_says_so(policies, tmp_path):
    events = policy_events(policies[policies["policy"] == "CHN-2010-JPN"])
    assert agenda(events)["date"].iloc[0] == "2010-09-01/2010-09-30"
    write_events(events, tmp_path / "a.ics")
    assert "(the day is not printed)" in (tmp_path / "a.ics").read_text("utf-8").replace("\r\n ", "")
