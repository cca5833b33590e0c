"""Policies over time: docs/method/ledger.md, section 4."""

import datetime as dt

import pandas as pd
import pytest

from ytterby.errors import InputFaults
from ytterby.facts.store import open_store
from ytterby.ledger.policies import build_policies, instrument_of, join_policies, policies_in_force

DATE = dt.date.fromisoformat


def measure(**cells):
    row = dict.fromkeys(
        ["announced", "effective", "until", "target", "materials", "hs6", "act", "scope", "status_as_seen"],
        "",
    )
    return (
        row
        | {"measure_id": "P", "source_id": "test", "implementing": "CHN", "instrument": "export licence"}
        | cells
    )


def states(policies, day):
    found = policies_in_force(policies, DATE(day))
    return dict(zip(found["policy"], found["state"], strict=True))


@pytest.fixture(scope="module")
def real():
    with open_store() as store:
        return build_policies(store)


OCTOBER = ["CHN-2025-55", "CHN-2025-56", "CHN-2025-57", "CHN-2025-58", "CHN-2025-61", "CHN-2025-62"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-10-08", ["not_yet"] * 6),
        ("2025-10-09", ["announced"] * 5 + ["in_force"]),
        ("2025-11-06", ["announced"] * 5 + ["in_force"]),
        ("2025-11-07", ["suspended"] * 6),
        ("2025-12-01", ["suspended"] * 6),
        ("2026-11-10", ["suspended"] * 6),
        ("2026-11-11", ["in_force"] * 6),
    ],
)
def test_announcement_70_suspends_six_announcements(real, day, expected):
    """Section 4.3: the last day of a suspension is still suspended."""
    found = states(real, day)
    assert [found[name] for name in OCTOBER] == expected


@pytest.mark.parametrize("day", ["2025-10-09", "2025-11-06", "2025-11-07", "2025-12-01", "2026-11-10"])
def test_announcement_18_stays_in_force(real, day):
    assert states(real, day)["CHN-2025-18"] == "in_force"


def test_the_suspension_is_itself_a_policy_with_an_end(real):
    found = [
        states(real, day)["CHN-2025-70"] for day in ("2025-11-06", "2025-11-07", "2026-11-10", "2026-11-11")
    ]
    assert found == ["not_yet", "in_force", "in_force", "expired"]


def test_partial_dates_are_intervals(real):
    """Section 4.4: the 2010 stop has months, not days."""
    one = real[real["policy"] == "CHN-2010-JPN"]
    found = {
        day: policies_in_force(one, DATE(day)).iloc[0] for day in ("2010-09-15", "2010-10-15", "2010-11-15")
    }
    assert found["2010-09-15"]["state"] == "in_force"
    assert found["2010-09-15"]["possible"] == "not_yet;announced;in_force"
    assert found["2010-10-15"]["certain"]
    assert found["2010-11-15"]["possible"] == "in_force;expired"
    assert states(one, "2010-12-01") == {"CHN-2010-JPN": "expired"}


def test_a_plan_without_a_day_of_effect_stays_announced(real):
    assert states(real, "2026-11-01")["KAZ-2025"] == "announced"


def test_states_agree_with_what_the_sources_saw(real):
    """The list keeper wrote 'in force' from the documents; we compute it from the dates."""
    found = policies_in_force(real, DATE("2026-07-01"))
    seen = found[found["status_as_seen"].str.startswith("in force")]
    assert len(seen) > 15
    assert set(seen["state"]) == {"in_force"}
    suspended = found[found["status_as_seen"].str.startswith("suspended")]
    assert set(suspended["state"]) == {"suspended"}


def test_a_study_row_replaces_the_measure_it_names():
    study = pd.DataFrame(
        [
            {
                "policy": "own", "label": "licences", "issuer": "CHN", "targets": ("JPN", "USA"),
                "instrument": "licence", "materials": ("dy_oxide",), "announced": DATE("2025-04-04"),
                "effective": DATE("2025-05-01"), "suspended": None, "resumes": None, "expires": None,
                "measure_id": "P", "source_id": "s", "reason": "",
            }
        ]
    )  # fmt: skip
    measures = [measure(effective="2020", materials="dysprosium"), measure(measure_id="Q")]
    policies = join_policies(pd.DataFrame(measures), study)
    assert policies.set_index("policy").loc["own", "materials"] == "dysprosium"
    assert list(policies["policy"]) == ["Q", "own"]
    assert states(policies, "2025-04-30")["own"] == "announced"
    assert policies.set_index("policy").loc["own", "targets"] == "JPN;USA"


def test_all_faults_at_once():
    rows = [
        measure(effective="soon"),
        measure(announced="2025-13"),
        measure(measure_id="Q", until="2025-02-30"),
    ]
    with pytest.raises(InputFaults) as caught:
        join_policies(pd.DataFrame(rows))
    assert len(caught.value.faults) == 4
    assert "stands twice" in str(caught.value)


def test_an_unreadable_end_of_a_suspension_is_named():
    with pytest.raises(InputFaults, match="no idea"):
        join_policies(pd.DataFrame([measure(status_as_seen="suspended 2025-11-07", until="no idea")]))


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("extraterritorial export licence", "extraterritorial"),
        ("technology export ban or limit", "technology"),
        ("export stop (unofficial)", "ban"), ("production quota", "quota"), ("entity list", "listing"),
        ("price floor and offtake", "price_floor"), ("framework", "agreement"), ("song", "other"),
    ],
)  # fmt: skip
def test_instruments_are_recognised(text, instrument):
    assert instrument_of(text) == instrument
