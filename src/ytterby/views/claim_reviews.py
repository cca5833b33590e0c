"""Verified claims as ClaimReview of schema.org (JSON-LD), for sites and search engines that read it.

Only what is known is said: a field without a value is left out, and a claim that could not be checked has
no review, since there is no rating for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from ytterby.evidence.cards import ReportCard
from ytterby.evidence.claims import Attribution, Claim
from ytterby.views.tables import replace_whole

RATINGS = {"inconsistent": 1, "consistent_with_other_definition": 2, "consistent": 3}
_PERSON = "person"
_NAMED = frozenset(get_args(Attribution.model_fields["source_type"].annotation)) - {"anonymous"}
Node = dict[str, Any]


@dataclass(frozen=True)
class Reviewer:
    """Who publishes the reviews and on which day (ISO), as far as they say so."""

    name: str | None = None
    url: str | None = None
    day: str | None = None


def claim_reviews(
    claims: Iterable[Claim],
    verdicts: pd.DataFrame,
    reports: Sequence[ReportCard] = (),
    by: Reviewer = Reviewer(),
) -> list[Node]:
    """One ClaimReview for each claim with a verdict that is a rating, in order of the verdicts.

    Parameters
    ----------
    verdicts: ``Verification.verdicts``; ratings are 1 inconsistent, 2 consistent with another
        definition, 3 consistent.
    reports: titles, addresses, days and publishers of the reports.
    by: who reviews; no name is made up.
    """
    known = {claim.id: claim for claim in claims}
    cards = {card.id: card for card in reports}
    rated = (row for row in verdicts.to_dict("records") if row["verdict"] in RATINGS)
    return [_review(known[row["claim_id"]], row, cards.get(row["report"]), by) for row in rated]


def _review(claim: Claim, verdict: Node, card: ReportCard | None, by: Reviewer) -> Node:
    reviewer = {"@type": "Organization", "name": by.name, "url": by.url} if by.name else None
    return _told({
        "@type": "ClaimReview",
        "identifier": claim.id,
        "claimReviewed": claim.spans[0].quote,
        "itemReviewed": _told({
            "@type": "Claim",
            "identifier": claim.id,
            "author": _one_or_list([_author(who) for who in claim.attribution if who.source_type in _NAMED]),
            "appearance": _appearance(card) if card else None,
        }),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATINGS[verdict["verdict"]],
            "worstRating": min(RATINGS.values()),
            "bestRating": max(RATINGS.values()),
            "alternateName": verdict["verdict"].replace("_", " "),
        },
        "reviewBody": verdict["reason"],
        "author": _told(reviewer) if reviewer else None,
        "datePublished": by.day,
    })  # fmt: skip


def _author(who: Attribution) -> Node:
    return {"@type": "Person" if who.source_type == _PERSON else "Organization", "name": who.source}


def _appearance(card: ReportCard) -> Node | None:
    """The article, if more is known of it than that it is one."""
    publisher = {"@type": "Organization", "name": card.publisher.value} if card.publisher.value else None
    sure = card.date is not None and card.date.evidence == "header"  # an inferred day is not when it appeared
    known = {
        "url": card.url,
        "headline": card.title,
        "datePublished": card.date.value if sure and card.date else None,
        "publisher": publisher,
    }
    told = _told({"@type": "NewsArticle", **known})
    return told if len(told) > 1 else None


def _one_or_list(nodes: list[Node]) -> Node | list[Node] | None:
    return nodes[0] if len(nodes) == 1 else nodes or None


def _told(node: Node) -> Node:
    """A node without what is not known."""
    return {name: value for name, value in node.items() if isinstance(value, int) or _is_told(value)}


def _is_told(value: Any) -> bool:
    return value is not None and value == value and value != ""


def write_claim_reviews(reviews: Sequence[Node], path: Path) -> None:
    """Write reviews as one JSON-LD document; the file appears when it is complete."""

    def write(partial: Path) -> None:
        partial.write_text("".join(_document(reviews)), encoding="utf-8", newline="\n")

    replace_whole(path, write)


def _document(reviews: Sequence[Node]) -> Iterator[str]:
    """The document with one review a line."""
    yield '{"@context": "https://schema.org", "@graph": ['
    for number, review in enumerate(reviews):
        yield (",\n" if number else "\n") + json.dumps(review, ensure_ascii=False)
    yield "\n]}\n"
