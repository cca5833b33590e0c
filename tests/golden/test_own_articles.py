"""Our own notes and the claims they must give, written down by hand from reading the notes.

A claim may hold more than is written here (a second source, a further time); what is written must
be there. The number of claims nobody asked for is bounded too, so that rules cannot win by guessing.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import ytterby
from ytterby.evidence import Claim, Reading, read_reports

ARTICLES = Path(ytterby.__file__).parent / "studies" / "japan-us-2025" / "articles"
GOLDEN: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "claims" / "own_articles.json").read_text(encoding="utf-8")
)
CASES = [(name, i) for name, claims in GOLDEN.items() for i in range(len(claims))]


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_reports([ARTICLES])


def slots(claim: Claim) -> dict[str, set[str]]:
    return {
        "actors": {f"{a.id}:{a.role}" for a in claim.actors},
        "materials": set(claim.materials),
        "numbers": {f"{q.value:.12g} {q.unit}" for q in claim.quantities if q.value is not None},
        "time": {f"{t.role} {t.start or 'open'} {t.end or 'open'}" for t in claim.time},
        "sources": {a.source for a in claim.attribution},
    }


def lacking(claim: Claim, wanted: dict[str, Any]) -> dict[str, Any]:
    found = slots(claim)
    gaps: dict[str, Any] = {k: set(wanted.get(k, ())) - found[k] for k in found}
    gaps["status"] = {wanted["status"]} - {claim.status} if "status" in wanted else set()
    return {k: v for k, v in gaps.items() if v}


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_note_gives_the_claim(reading: Reading, name: str, number: int) -> None:
    wanted = GOLDEN[name][number]
    candidates = [
        c
        for c in reading.claims
        if c.report == name and c.kind == wanted["kind"] and wanted["quote"] in c.spans[0].quote
    ]
    assert candidates, f"no {wanted['kind']} with {wanted['quote']!r}"
    assert min((lacking(c, wanted) for c in candidates), key=len) == {}


def test_every_note_is_read_and_has_its_date_and_language(reading: Reading) -> None:
    assert reading.problems == ()
    assert {a.id for a in reading.articles} == set(GOLDEN)
    assert all(a.date and a.date.evidence == "header" for a in reading.articles)
    assert [a.language for a in reading.articles] == ["de", "de", "en", "en", "en", "fr", "ja", "ja"]


def test_few_claims_that_nobody_asked_for(reading: Reading) -> None:
    wanted = {(name, c["kind"]) for name, claims in GOLDEN.items() for c in claims}
    copied = {("02-zoelle-de", "export_control"), ("02-zoelle-de", "export_licence_requirement")}
    extra = [c for c in reading.claims if (c.report, c.kind) not in wanted | copied]
    assert len(extra) <= len(reading.claims) * 0.12, [(c.report, c.kind) for c in extra]


def test_the_shared_agency_passage_makes_one_family(reading: Reading) -> None:
    assert reading.families == (("01-rahmen-de", "02-zoelle-de"),)
    (reuse,) = reading.text_reuse
    assert reuse.origin == "Example Wire"
    assert reuse.a.quote == reuse.b.quote
