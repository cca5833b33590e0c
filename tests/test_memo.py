"""The decision memo: words, figures and page against the plan's own numbers."""

import re
from html import unescape

import pytest

import ytterby as yt
from ytterby.memo import memo_page, write_memo
from ytterby.views.memo_page import memo_figures, waterfall
from ytterby.views.wording import money


@pytest.fixture(scope="module")
def study():
    return yt.load_study("three-countries")


@pytest.fixture(scope="module")
def plan(study):
    return yt.plan(study, deep=True, prove=True, draws=4)


def test_the_answer_says_what_the_plan_says(study, plan):
    """One million of investment; 60 t of stock at 10,000 USD; 3 million expected loss without."""
    parts = {part.key: part for part in write_memo(plan, study.files)}
    said = " ".join(parts["answer"].sentences)
    assert "Separation in C" in said
    assert f"{money(1_000_000)} USD" in said
    assert f"buy stock worth {money(600_000)} USD" in said
    assert f"from {money(3_000_000)} USD to" in said
    assert plan.deadline.message in parts["answer"].sentences
    assert set(parts) >= {
        "projects",
        "support",
        "stockpiles",
        "costs",
        "proof",
        "frontier",
        "regret",
        "limits",
    }
    assert "together" not in parts  # one partner has nobody to act with


def test_the_steps_lead_from_the_loss_to_the_plan(plan):
    """The changes between the two ends add up; the end is the loss and what the plan adds to it."""
    steps = waterfall(plan.costs)
    assert steps["total"].tolist() == [True, *[False] * 5, True]
    first, *changes, last = steps["change_usd"]
    assert first + sum(changes) == pytest.approx(last, abs=1)
    assert first == pytest.approx(3_000_000)


def test_the_page_holds_every_word_and_nothing_acts(study, plan, tmp_path):
    memo_page(plan, study.files, tmp_path / "memo.html")
    page = (tmp_path / "memo.html").read_text(encoding="utf-8")
    seen = unescape(re.sub(r"<[^>]+>", "", page.split("<main", 1)[1].split("<script", 1)[0]))
    for part in write_memo(plan, study.files)[:3]:
        for sentence in part.sentences:
            assert sentence in seen
    assert "default-src 'none'" in unescape(page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_plan_that_was_only_made_has_no_parts_without_content(study):
    plan = yt.plan(study)
    keys = [part.key for part in write_memo(plan, study.files)]
    assert not {"proof", "frontier", "regret", "alternatives"} & set(keys)
    assert [spec.name for spec in memo_figures(plan.costs, None)] == ["costs-waterfall"]


def test_hostile_names_stay_text(study, plan, tmp_path):
    tables = dict(study.files.tables)
    name = "<script>alert(1)</script>"
    tables["partners"] = tables["partners"].assign(label=name)
    hostile = type(study.files)(**{**study.files.__dict__, "tables": tables})
    memo_page(plan, hostile, tmp_path / "memo.html")
    assert name not in (tmp_path / "memo.html").read_text(encoding="utf-8")


def test_the_price_of_the_deadline_is_told(study, plan):
    """The toy's project comes too late for the ban: the deadline costs its million, less nothing."""
    whole = plan.costs[plan.costs["partner"] == "all"].set_index("case")["total_usd"]
    more = whole["plan"] - whole["stockpiles only"]
    assert more == pytest.approx(1_000_000, rel=0.01)
    parts = {part.key: part for part in write_memo(plan, study.files)}
    assert any(f"{money(more)} USD less" in sentence for sentence in parts["costs"].sentences)


def test_days_of_cover_are_told_when_they_were_asked_for(study, plan):
    """Without cover no part; with it one row for today, the days and the plan, with the plan's numbers."""
    assert "cover" not in {part.key for part in write_memo(plan, study.files)}
    asked = yt.plan(study, prove=True, draws=4, cover_days=[42])
    part = {part.key: part for part in write_memo(asked, study.files)}["cover"]
    assert part.table["stock"].tolist() == ["today", "42 days", "plan"]
    assert part.table["expected loss"].tolist() == [
        f"{money(v)} USD" for v in asked.cover["expected_loss_usd"]
    ]
