"""Claims and known policies: docs/method/ledger.md, section 4.5."""

import datetime as dt

import pytest

from ytterby.ledger.links import LINK_COLUMNS, materials_in, policies_from_claims

OCTOBER = ("2025-10-01", "2025-10-10", "early_month")


def control(make, slots, kind="export_control", **cells):
    claim = {"actors": [("CHN", "agent")], "materials": ["REE"], "time": [slots["time"]("event", *OCTOBER)]}
    return make(kind, **claim | cells)


def linked(claim, policies, dates=None):
    found = policies_from_claims([claim], policies, dates)
    assert tuple(found.columns) == LINK_COLUMNS
    return dict(zip(found["policy"], found["relation"], strict=True))


def test_a_tightening_is_the_announcements_of_those_days(make, slots, policies):
    expected = ("CHN-2025-56", "CHN-2025-57", "CHN-2025-61", "CHN-2025-62")
    assert linked(control(make, slots), policies) == dict.fromkeys(expected, "states")


def test_items_tell_the_announcements_apart(make, slots, policies):
    kind = "export_licence_requirement"
    machines = control(make, slots, kind, item_class=["equipment", "technology"])
    abroad = control(make, slots, kind, extraterritorial=True)
    assert set(linked(machines, policies)) == {"CHN-2025-56", "CHN-2025-62"}
    assert set(linked(abroad, policies)) == {"CHN-2025-61"}


def test_a_permit_needed_since_october_was_announced_for_november(make, slots, policies):
    machines = control(make, slots, "export_licence_requirement", item_class=["equipment"])
    found = policies_from_claims([machines], policies, {"T": dt.date(2025, 10, 28)})
    assert dict(zip(found["policy"], found["state"], strict=True)) == {"CHN-2025-56": "announced"}


def test_materials_tell_policies_apart(make, slots, policies):
    gallium = control(
        make, slots, materials=["Ga"], time=[slots["time"]("event", "2023-07-01", "2023-07-31", "month")]
    )
    assert set(linked(gallium, policies)) == {"CHN-2023-23"}


def test_the_quote_travels_with_the_link(make, slots, policies):
    claim = control(make, slots, quote="Controls were tightened.")
    assert set(policies_from_claims([claim], policies)["quote"]) == {"Controls were tightened."}


def test_an_act_nobody_knows_is_listed_as_unknown(make, slots, policies):
    assert linked(control(make, slots, actors=[("BRA", "agent")]), policies) == {"": "unknown"}


def test_a_denied_control_touches_no_policy(make, slots, policies):
    assert policies_from_claims([control(make, slots, polarity="negated")], policies).empty


def test_a_report_cannot_speak_of_a_later_policy(make, slots, policies):
    undated = control(make, slots, time=[])
    found = linked(undated, policies, {"T": dt.date(2024, 1, 1)})
    assert found
    assert not any(name.startswith(("CHN-2025", "CHN-2026")) for name in found)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("holmium;erbium;europium", {"rare_earths"}), ("rare earth items made abroad", {"rare_earths"}),
        ("gallium;germanium", {"gallium", "germanium"}), ("dual-use items", set()),
    ],
)  # fmt: skip
def test_materials_are_found_in_the_words_of_an_act(text, families):
    assert materials_in(text) == families
