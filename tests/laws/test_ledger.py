"""Laws of the ledger: docs/method/ledger.md."""

import datetime as dt
import math
from dataclasses import replace

import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

from ytterby.ledger.calendars import escape, fold
from ytterby.ledger.dates import day_after, read_span
from ytterby.ledger.differences import number_difference, span_difference
from ytterby.ledger.pledges import build_pledges, status_at
from ytterby.ledger.policies import DATES, STATES, join_policies, policies_in_force
from ytterby.ledger.reconcile import independent_origins, reconcile, share_run
from ytterby.ledger.rounding import claimed_percent, claimed_ratio
from ytterby.ledger.statements import Quantity, read_statements
from ytterby.ledger.variants import Check, Variant

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2040, 12, 31))
QUALIFIERS = st.sampled_from(["exact", "approx", "at_least", "at_most", "more_than", "less_than"])
SHARES = st.floats(0, 1)


def partial(day, digits):
    return day.isoformat()[:digits]


PARTIALS = st.builds(partial, DAYS, st.sampled_from([4, 7, 10]))


@st.composite
def policy_rows(draw, precise=False):
    """One measure, with dates in the order in which they can happen."""
    dates = sorted(draw(st.lists(DAYS, min_size=5, max_size=5)))
    cut = 10 if precise else draw(st.sampled_from([4, 7, 10]))
    announced, effective, suspended, until, _ = (partial(day, cut) for day in dates)
    shape = draw(st.sampled_from(["open", "ended", "suspended", "planned"]))
    row = dict.fromkeys(["target", "materials", "hs6", "act", "scope", "source_id"], "")
    row |= {"measure_id": "P", "implementing": "CHN", "instrument": "export licence", "announced": announced}
    row |= {"effective": "" if shape == "planned" else effective, "until": "", "status_as_seen": ""}
    if shape == "ended":
        row["until"] = until
    if shape == "suspended":
        row |= {"until": until, "status_as_seen": f"suspended {suspended}"}
    return join_policies(pd.DataFrame([row]))


@given(policy_rows(), DAYS)
def test_a_policy_is_in_exactly_one_state_and_it_is_possible(policies, day):
    found = policies_in_force(policies, day).iloc[0]
    assert found["state"] in STATES
    assert found["state"] in found["possible"].split(";")
    assert found["certain"] == (found["possible"] == found["state"])


@given(policy_rows(precise=True), DAYS)
def test_dates_to_the_day_leave_no_doubt(policies, day):
    assert policies_in_force(policies, day)["certain"].all()


@given(policy_rows(), DAYS, DAYS)
def test_what_was_announced_stays_announced_and_what_expired_stays_expired(policies, one, other):
    first, last = sorted([one, other])
    early, late = (policies_in_force(policies, day).iloc[0]["state"] for day in (first, last))
    assert not (early != "not_yet" and late == "not_yet")
    assert not (early == "expired" and late != "expired")


@given(policy_rows(), DAYS)
def test_asking_for_states_changes_no_policy(policies, day):
    before = policies.copy()
    policies_in_force(policies, day)
    pd.testing.assert_frame_equal(policies, before)
    assert set(DATES) <= set(policies.columns)


@given(PARTIALS)
def test_a_partial_date_holds_its_days_and_the_day_after_follows(text):
    span = read_span(text)
    assert span.first <= span.last
    assert read_span(day_after(text)).first == span.first + dt.timedelta(days=1)
    assert read_span(str(span)) == span


@given(PARTIALS, PARTIALS)
def test_differences_of_dates_have_no_direction(a, b):
    left, right = read_span(a), read_span(b)
    assert span_difference(left, right) == span_difference(right, left)
    assert (span_difference(left, right) == "conflict") == (not left.overlaps(right))


@given(st.integers(0, 100), QUALIFIERS)
def test_a_claim_is_consistent_with_itself(percent, qualifier):
    claimed = claimed_percent(percent, qualifier)
    assert claimed.holds(percent / 100)
    assert claimed.distance(percent / 100) < 1e-9
    assert 0 <= claimed.low <= claimed.high <= 1


@given(st.floats(0.05, 20), st.floats(0.01, 40))
def test_a_value_holds_exactly_when_it_is_within_one_width(ratio, value):
    claimed = claimed_ratio(ratio)
    assume(abs(claimed.distance(value) - 1) > 1e-6)
    assert claimed.holds(value) == (claimed.distance(value) < 1)


VARIANTS = st.lists(
    st.builds(Variant, st.text("ab", min_size=1, max_size=3), st.one_of(SHARES, st.just(math.nan)),
              st.one_of(SHARES, st.just(math.nan)), st.booleans()),
    max_size=8,
)  # fmt: skip


def check_of(variants):
    return Check("import_share", "share", claimed_percent(90), claimed_percent(60), tuple(variants))


@given(VARIANTS)
def test_the_band_holds_the_best_variant(variants):
    check = check_of(variants)
    if check.best is None:
        assert check.verdict == "not_checkable"
        return
    for quantity in ("value_from", "value_to"):
        low, high = check.band(quantity)
        assert low <= getattr(check.best, quantity) <= high


@given(VARIANTS, VARIANTS)
def test_another_variant_never_narrows_the_band(some, more):
    for quantity in ("value_from", "value_to"):
        low, high = check_of(some).band(quantity)
        lower, higher = check_of(some + more).band(quantity)
        assert math.isnan(low) or (lower <= low and higher >= high)


@given(VARIANTS, VARIANTS)
def test_another_definition_never_makes_a_claim_worse(some, more):
    others = [replace(variant, reference=False) for variant in more]
    order = ["not_checkable", "inconsistent", "consistent_with_other_definition", "consistent"]
    assert order.index(check_of(some + others).verdict) >= order.index(check_of(some).verdict)


@given(VARIANTS)
def test_the_best_variant_agrees_whenever_any_does(variants):
    check = check_of(variants)
    held = [check.holds(variant) for variant in variants]
    assert (check.best is not None and check.holds(check.best) == "consistent") == ("consistent" in held)


def pledge(number, report, value, due):
    return {
        "id": f"{report}-{number}", "report": report, "kind": "investment_pledge", "status": "promised",
        "actors": [{"id": "JPN", "role": "agent"}, {"id": "USA", "role": "counterpart"}],
        "quantities": [{"value": value, "unit": "USD", "role": "amount"}],
        "time": [{"role": "deadline", "start": "2025-01-01", "end": due.isoformat()}],
        "spans": [{"start": 0, "end": 3, "quote": "abc"}],
    }  # fmt: skip


DUES = st.sampled_from([dt.date(2026, 4, 28), dt.date(2027, 1, 1)])
PLEDGES = st.lists(
    st.tuples(st.sampled_from([1e9, 2e9, 5.5e11]), DUES),
    min_size=1, max_size=6,
).map(lambda cells: [pledge(number, "A", *cell) for number, cell in enumerate(cells)])  # fmt: skip


@given(PLEDGES, st.integers(1, 4))
def test_copies_of_reports_never_add_to_a_pledge(claims, copies):
    copied = [
        claim | {"id": f"{n}-{claim['id']}", "report": f"R{n}"} for n in range(copies) for claim in claims
    ]
    once, often = build_pledges(claims), build_pledges(claims + copied)
    assert sorted(often["amount"]) == sorted(once["amount"])
    assert sorted(often["due"]) == sorted(once["due"])


@given(PLEDGES, DAYS, DAYS)
def test_a_pledge_only_grows_older(claims, one, other):
    order = ["not_yet_announced", "open", "due_soon", "overdue"]
    pledges = build_pledges(claims)
    first, last = (status_at(pledges, day)["state"].map(order.index) for day in sorted([one, other]))
    assert (first <= last).all()


@given(st.permutations(range(5)), PLEDGES)
def test_the_order_of_claims_changes_nothing(order, claims):
    shuffled = [claims[k] for k in order if k < len(claims)]
    assert {frozenset(m.id for m in c.members) for c in reconcile(shuffled + claims[5:])} == {
        frozenset(m.id for m in c.members) for c in reconcile(claims)
    }


@given(PLEDGES)
def test_there_are_never_more_origins_than_reports_or_fewer_than_one(claims):
    copied = [claim | {"id": f"B-{claim['id']}", "report": "B"} for claim in claims]
    members = read_statements(claims + copied)
    assert 1 <= len(independent_origins(members, {})) <= 2


@given(st.lists(st.text("abc ", min_size=0, max_size=4), max_size=30))
def test_a_quote_shares_its_own_words(words):
    quote = " ".join(words)
    assume(len(quote.split()) > 2)
    assert share_run(quote, quote)


NUMBERS = st.builds(
    Quantity, st.one_of(st.none(), st.floats(0, 1e6)), st.just("percent"), st.just("share"), QUALIFIERS
)


@given(NUMBERS, NUMBERS)
def test_differences_of_numbers_have_no_direction(a, b):
    assert number_difference(a, b) == number_difference(b, a)
    assert number_difference(a, a) == ""


@given(st.text(max_size=400))
def test_folding_keeps_every_character_and_every_line_short(text):
    line = escape(text)
    parts = fold(line)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
    assert all(len(part.encode("utf-8", "surrogatepass")) <= 75 for part in parts)
    assert not set(line) & set("\r\n\x00\x07")
