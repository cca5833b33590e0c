"""Claims that date a policy: docs/method/ledger.md, section 4.6."""

import datetime as dt

import pandas as pd
import pytest

from ytterby.ledger.dates import read_span
from ytterby.ledger.policies import COLUMNS, policies_in_force
from ytterby.ledger.updates import UPDATE_COLUMNS, outcome_of, update_policies


def policy(name="P", **cells):
    row = dict.fromkeys(COLUMNS, "") | {
        "policy": name, "label": "Licences", "issuers": "CHN", "targets": "*", "instrument": "licence",
        "materials": "gallium", "announced": "2025-10",
    }  # fmt: skip
    return row | cells


def table(*rows):
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


@pytest.fixture
def told(make, slots):
    """Licences for gallium, announced on a day, in force from another."""

    def build(announced="2025-10-09", effective="2025-11-08", **cells):
        times = [
            slots["time"]("announced", announced, announced),
            slots["time"]("effective", effective, None),
        ]
        claim = {"actors": [("CHN", "agent")], "materials": ["Ga"], "time": times, "status": "announced"}
        return make("export_control", **claim | cells)

    return build


def test_a_claim_fills_and_narrows_with_its_quote_attached(told):
    claim = told(quote="China announced licences on 9 October.")
    found = update_policies(table(policy()), [claim])
    row = found.policies.iloc[0]
    assert (row["announced"], row["effective"]) == ("2025-10-09", "2025-11-08")
    assert "China announced licences" in row["quotes"]
    assert claim["id"] in row["claims"]
    assert tuple(found.updates.columns) == UPDATE_COLUMNS
    assert dict(zip(found.updates["field"], found.updates["outcome"], strict=True)) == {
        "announced": "narrowed", "effective": "filled"}  # fmt: skip
    assert (found.updates["quote"] == claim["spans"][0]["quote"]).all()


def test_without_a_quote_nothing_changes(told):
    before = table(policy())
    for quote in ("", "   "):
        found = update_policies(before, [told(quote=quote)])
        assert found.updates.empty
        pd.testing.assert_frame_equal(found.policies[list(COLUMNS)], before)


def test_a_printed_date_is_never_overwritten(told):
    found = update_policies(table(policy(announced="2025-10-10", effective="2025-12-01")), [told()])
    assert list(found.updates["outcome"]) == ["conflict"] * 2
    assert found.policies.iloc[0]["announced"] == "2025-10-10"
    assert found.policies.iloc[0]["quotes"] == ""


def test_where_several_policies_fit_none_is_changed(told):
    found = update_policies(table(policy("P"), policy("Q")), [told()])
    assert set(found.updates["outcome"]) == {"ambiguous"}
    assert set(found.policies["announced"]) == {"2025-10"}


@pytest.mark.parametrize(
    "change", [{"polarity": "negated"}, {"actors": [("BRA", "agent")]}, {"materials": ["Ge"]}]
)
def test_a_claim_about_something_else_changes_nothing(told, change):
    if "actors" in change:
        change = {"actors": [{"id": name, "role": role} for name, role in change["actors"]]}
    assert update_policies(table(policy()), [told() | change]).updates.empty


def test_a_suspension_suspends_the_control_it_speaks_of(make, slots):
    times = [
        slots["time"]("event", "2025-11-07", "2025-11-07"),
        slots["time"]("end", "2026-11-10", "2026-11-10"),
    ]
    claim = make("control_suspension", actors=[("CHN", "agent")], materials=["Ga"], time=times)
    found = update_policies(table(policy(announced="2025-10-09", effective="2025-10-09")), [claim])
    row = found.policies.iloc[0]
    assert (row["suspended"], row["resumes"]) == ("2025-11-07", "2026-11-11")
    states = [
        policies_in_force(found.policies, dt.date.fromisoformat(day)).iloc[0]["state"]
        for day in ("2025-11-06", "2025-11-07", "2026-11-10", "2026-11-11")
    ]
    assert states == ["in_force", "suspended", "suspended", "in_force"]


@pytest.mark.parametrize(
    ("before", "told_days", "outcome"),
    [
        ("", "2025-10-09", "filled"), ("2025-10", "2025-10-09", "narrowed"), ("2025-10-09", "2025-10", ""),
        ("2025-10-09", "2025-10-09", ""), ("2025-10-09", "2025-10-10", "conflict"),
        ("2025", "2026-01", "conflict"),
    ],
)  # fmt: skip
def test_what_a_told_date_does_to_a_printed_one(before, told_days, outcome):
    assert outcome_of(before, read_span(told_days)) == outcome


def test_the_real_policies_keep_every_printed_date(policies, gold):
    """Whatever the reports say, a date that a document prints stays or becomes narrower."""
    found = update_policies(policies, gold["claims"])
    for name in ("announced", "effective", "suspended", "resumes", "expires"):
        for before, after in zip(policies[name], found.policies[name], strict=True):
            assert not before or read_span(before).contains(read_span(after))
    changed = found.policies[list(COLUMNS)].ne(policies).any(axis=1)
    assert (found.policies.loc[changed, "quotes"] != "").all()
