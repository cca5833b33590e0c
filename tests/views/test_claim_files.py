"""Claims as tables and as ClaimReview: every value is that of the claim, and nothing is made up."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ytterby.evidence import Claim, read_reports, write_claims
from ytterby.evidence.cards import ReportCard, read_cards, write_articles
from ytterby.evidence.claims import Quantity, TimeSpan
from ytterby.examples import find_study
from ytterby.facts.store import open_store
from ytterby.study import verify
from ytterby.views.claim_reviews import RATINGS, Reviewer, claim_reviews, write_claim_reviews
from ytterby.views.claim_table import claim_columns, claim_row, write_claim_table

NOTES = Path(find_study("japan-us-2025")) / "articles"
DOCS = Path(__file__).resolve().parents[2] / "docs/reference/claims.md"
OPTIONAL = object()
# Our own reading of schema.org: type -> property -> types of its value; OPTIONAL may be left out.
SCHEMA: dict[str, dict[str, tuple[Any, ...]]] = {
    "ClaimReview": {
        "identifier": (str,), "claimReviewed": (str,), "itemReviewed": ("Claim",),
        "reviewRating": ("Rating",), "reviewBody": (str, OPTIONAL), "author": ("Organization", OPTIONAL),
        "datePublished": (str, OPTIONAL),
    },
    "Claim": {
        "identifier": (str,), "author": ("Organization", "Person", OPTIONAL),
        "appearance": ("NewsArticle", OPTIONAL),
    },
    "NewsArticle": {
        "url": (str, OPTIONAL), "headline": (str, OPTIONAL), "datePublished": (str, OPTIONAL),
        "publisher": ("Organization", OPTIONAL),
    },
    "Rating": {"ratingValue": (int,), "worstRating": (int,), "bestRating": (int,), "alternateName": (str,)},
    "Organization": {"name": (str,), "url": (str, OPTIONAL)},
    "Person": {"name": (str,)},
}  # fmt: skip


def check(node: dict[str, Any]) -> None:
    """A node has the properties of its type, each with a value of a kind that it may have, and no other."""
    rules = SCHEMA[node["@type"]]
    assert set(node) - {"@type"} <= set(rules)
    for name, kinds in rules.items():
        if name not in node:
            assert OPTIONAL in kinds, name
            continue
        for value in node[name] if isinstance(node[name], list) else [node[name]]:
            if isinstance(value, dict):
                assert value["@type"] in kinds
                check(value)
            else:
                assert type(value) in kinds
                assert value != ""


@pytest.fixture(scope="module")
def claims() -> tuple[Claim, ...]:
    return read_reports([NOTES]).claims


@pytest.fixture(scope="module")
def verdicts(claims: tuple[Claim, ...]) -> pd.DataFrame:
    with open_store() as store:
        return verify(claims, store=store).verdicts


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[ReportCard]:
    path = tmp_path_factory.mktemp("cards") / "reports.jsonl"
    reading = read_reports([NOTES])
    write_articles(reading.articles, path, reading.text_reuse)
    return read_cards(path)


def test_reviews_hold_the_schema_and_rate_what_was_checked(
    claims: tuple[Claim, ...], verdicts: pd.DataFrame, cards: list[ReportCard], tmp_path: Path
) -> None:
    path = tmp_path / "reviews.jsonld"
    by = Reviewer("Example Institute", "https://example.org", "2026-01-02")
    write_claim_reviews(claim_reviews(claims, verdicts, cards, by), path)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["@context"] == "https://schema.org"
    reviews = document["@graph"]
    rated = verdicts[verdicts["verdict"].isin(RATINGS)]
    assert 0 < len(rated) < len(verdicts)
    assert [r["identifier"] for r in reviews] == list(rated["claim_id"])
    quotes = {claim.id: claim.spans[0].quote for claim in claims}
    for review, verdict in zip(reviews, rated["verdict"], strict=True):
        check(review)
        assert review["claimReviewed"] == quotes[review["identifier"]]
        rating = review["reviewRating"]
        assert rating["alternateName"] == verdict.replace("_", " ")
        assert rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]
        assert (rating["ratingValue"] == rating["bestRating"]) == (verdict == "consistent")


def test_what_is_not_known_is_left_out(claims: tuple[Claim, ...], verdicts: pd.DataFrame) -> None:
    for review in claim_reviews(claims, verdicts):
        check(review)
        assert not {"author", "datePublished"} & set(review)
        assert "appearance" not in review["itemReviewed"]


def test_an_inferred_day_is_no_day_of_publication(
    claims: tuple[Claim, ...], verdicts: pd.DataFrame, cards: list[ReportCard]
) -> None:
    known = {card.id: card for card in cards}
    for review in claim_reviews(claims, verdicts, cards):
        card = known[review["identifier"].rsplit("-", 1)[0]]
        told = review["itemReviewed"].get("appearance", {}).get("datePublished")
        assert told == (card.date.value if card.date and card.date.evidence == "header" else None)


def test_tables_of_three_formats_hold_the_same(claims: tuple[Claim, ...], tmp_path: Path) -> None:
    lines = tmp_path / "claims.jsonl"
    write_claims(claims, lines)
    for suffix in (".csv", ".parquet", ".xlsx"):
        write_claim_table(lines, tmp_path / f"t{suffix}")
    assert len(list(tmp_path.iterdir())) == 4
    parquet = duckdb.sql(f"FROM '{tmp_path / 't.parquet'}'").df()
    csv = pd.read_csv(tmp_path / "t.csv")
    sheet = pd.read_excel(tmp_path / "t.xlsx")
    names = [column["column"] for column in claim_columns()]
    assert list(parquet) == list(csv) == list(sheet) == names
    assert len(parquet) == len(csv) == len(sheet) == len(claims)
    for row, claim in zip(parquet.to_dict("records"), claims, strict=True):
        assert row["claim_id"] == claim.id
        assert row["quote"] == " [...] ".join(span.quote for span in claim.spans)
        assert (row["quote_start"], row["quote_end"]) == (claim.spans[0].start, claim.spans[0].end)
    for name in ("value", "value_from", "value_to"):
        assert csv[name].equals(parquet[name].astype(float))
        assert sheet[name].astype(float).equals(csv[name].astype(float))


def test_of_several_numbers_or_times_none_is_picked(claims: tuple[Claim, ...]) -> None:
    number = Quantity(value=90, unit="percent", role="from")
    time = TimeSpan(role="event", start="2025-01-01", end=None, granularity="day")
    claim = claims[0]
    one = claim_row(claim.model_copy(update={"quantities": (number,), "time": (time,)}))
    assert (one["value"], one["unit"], one["value_from"], one["value_to"]) == (90, "percent", 90, None)
    assert (one["time_start"], one["time_end"]) == ("2025-01-01", None)
    other = number.model_copy(update={"value": 60, "role": "to"})
    two = claim_row(claim.model_copy(update={"quantities": (number, other), "time": (time, time)}))
    assert (two["value"], two["unit"], two["value_from"], two["value_to"]) == (None, None, 90, 60)
    assert two["quantities"] == "90 percent (from, exact);60 percent (to, exact)"
    assert (two["time_start"], two["time_role"]) == (None, None)
    none = claim_row(claim.model_copy(update={"quantities": (), "time": ()}))
    assert none["value"] is none["quantities"] is none["time_start"] is none["times"] is None


def test_a_quote_cannot_become_a_formula(claims: tuple[Claim, ...], tmp_path: Path) -> None:
    span = claims[0].spans[0].model_copy(update={"quote": '=HYPERLINK("x")'})
    write_claims([claims[0].model_copy(update={"spans": (span,)})], tmp_path / "claims.jsonl")
    write_claim_table(tmp_path / "claims.jsonl", tmp_path / "t.csv")
    assert pd.read_csv(tmp_path / "t.csv")["quote"][0] == '\'=HYPERLINK("x")'
    write_claim_table(tmp_path / "claims.jsonl", tmp_path / "t.parquet")
    assert duckdb.sql(f"FROM '{tmp_path / 't.parquet'}'").df()["quote"][0] == '=HYPERLINK("x")'


def test_every_column_is_documented() -> None:
    page = DOCS.read_text(encoding="utf-8")
    for column in claim_columns():
        assert f"| `{column['column']}` | {column['type']} | {column['description']} |" in page
