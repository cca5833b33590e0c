"""The ledger on the five real reports, as the rules of the evidence part read them."""

import datetime as dt
import json

import pytest

from ytterby.evidence import read_reports
from ytterby.ledger.links import policies_from_claims
from ytterby.ledger.pledges import build_pledges
from ytterby.ledger.reconcile import reconcile, report_origins
from ytterby.ledger.verify import verdicts


@pytest.fixture(scope="module")
def reading(shared):
    return read_reports(sorted((shared / "evidence/reports").glob("*.txt")))


@pytest.fixture(scope="module")
def origins(reading):
    return report_origins(reading.articles, reading.text_reuse)


@pytest.fixture(scope="module")
def dates(reading):
    return {a.id: dt.date.fromisoformat(a.date.value) for a in reading.articles if a.date}


@pytest.fixture(scope="module")
def judged(reading, store, dates):
    return verdicts(reading.claims, store, dates=dates).set_index("kind")


def test_ninety_to_sixty_gets_its_band(judged):
    found = judged.loc["dependence"]
    assert found["verdict"] == "consistent_with_other_definition"
    assert found["best_variant"] == "280530+284690 by mass, 2010 to 2023"
    assert (found["best_from"], found["best_to"]) == pytest.approx((0.860, 0.601), abs=0.0006)


def test_halved_demand_gets_its_band(judged):
    found = judged.loc["demand_reduction"]
    assert found["verdict"] == "consistent_with_other_definition"
    assert found["to_low"] < 0.5 < found["to_high"]


def test_the_swapped_stop_of_2010_is_named(judged):
    found = judged.loc["export_stop"]
    assert found["verdict"] == "inconsistent"
    assert json.loads(found["suspected_error"])["corrected"] == {"agent": "CHN", "target": "JPN"}


def test_the_two_due_dates_come_from_the_claims(reading, origins):
    pledges = build_pledges(reading.claims, origins)
    due = dict(zip(pledges["kind"], pledges["due"], strict=True))
    assert due["project_support_deadline"] == "2026-04-28"
    assert due["defence_spending"] == "2026-03-31"


def test_the_package_is_one_pledge_of_three_reports(reading, origins):
    pledges = build_pledges(reading.claims, origins)
    package = pledges[pledges["amount"] == 550e9]
    assert len(package) == 1
    assert [name[:3] for name in package["reports"].iloc[0].split(";")] == ["001", "003", "004"]
    assert "soybeans" in package["compositions"].iloc[0]


def test_agency_text_corroborates_nothing(reading, origins):
    """One passage about export controls stands in two reports and rests on one origin."""
    clusters = [c for c in reconcile(reading.claims, origins) if len(c.reports) > 1]
    single = [c for c in clusters if c.label == "single"]
    licences = [c for c in single if c.members[0].kind == "export_licence_requirement"]
    assert [len(c.reports) for c in licences] == [2]
    assert len(single) >= 5


def test_claims_find_the_announcements_of_october(reading, policies, dates):
    links = policies_from_claims(reading.claims, policies, dates)
    assert {"CHN-2025-56", "CHN-2025-61", "CHN-2025-62", "JPN-2025-FW"} <= set(links["policy"])
    assert set(links.loc[links["relation"] == "swapped", "policy"]) == {"CHN-2010-JPN"}
