"""The gate, and the file of claims."""

import json
from pathlib import Path

import pytest

from ytterby.errors import InputFaults
from ytterby.evidence import Article, Claim, admit, read_claims, write_claims
from ytterby.evidence.claims import Actor, Quantity, Span
from ytterby.evidence.gate import count_reasons, write_rejected
from ytterby.evidence.passages import Passage

TEXT = "Japan signed a deal worth 5 tonnes.\nSign up for our newsletter"
ARTICLE = Article(
    id="a",
    file="a.txt",
    sha256="",
    text=TEXT,
    language="en",
    passages=(Passage(0, 36, "body", "en"), Passage(36, 62, "newsletter")),
)


def number(start: int, end: int, value: float = 5, unit: str = "tonne") -> tuple[Quantity, ...]:
    return (Quantity(value=value, unit=unit, span=Span(start=start, end=end, quote=TEXT[start:end])),)


def claim(**changes: object) -> Claim:
    base = Claim(
        id="a-01",
        report="a",
        gloss_en="Japan signs.",
        kind="agreement",
        relevance="core",
        actors=(Actor(id="JPN", role="agent"),),
        spans=(Span(start=0, end=35, quote=TEXT[:35]),),
    )
    return base.model_copy(update=changes)


def test_a_true_quote_passes() -> None:
    good = claim(quantities=number(26, 34))
    assert admit([good], ARTICLE) == ([good], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spans": (Span(start=0, end=5, quote="China"),)}, "quote does not stand"),
        ({"spans": (Span(start=55, end=80, quote="letter"),)}, "outside the article"),
        ({"spans": (Span(start=36, end=43, quote="Sign up"),)}, "no part of the article proper"),
        ({"actors": (Actor(id="XXX", role="agent"),)}, "unknown actor XXX"),
        ({"kind": "rumour"}, "unknown kind rumour"),
        ({"status": "certain"}, "unknown status certain"),
        ({"report": "b"}, "another report"),
        ({"quantities": number(26, 34, value=6)}, "our grammar does not read"),
        ({"quantities": number(26, 34, unit="kg")}, "our grammar does not read"),
        ({"quantities": number(6, 12)}, "our grammar does not read"),
        ({"quantities": (Quantity(value=5, unit="tonne"),)}, "without a place"),
        (
            {"quantities": number(26, 34), "spans": (Span(start=0, end=5, quote="Japan"),)},
            "outside the quote",
        ),
        (
            {"quantities": (Quantity(value=1, unit="tonne", span=Span(start=0, end=1, quote="1")),)},
            "quote does not stand",
        ),
    ],
)
def test_the_gate_rejects_with_a_reason(changes: dict[str, object], reason: str) -> None:
    claims, rejected = admit([claim(**changes)], ARTICLE)
    assert claims == []
    assert reason in rejected[0].reason
    assert rejected[0].extractor == "rules"


def test_what_is_rejected_is_counted_and_written(tmp_path: Path) -> None:
    bad = claim(status="certain"), claim(status="certain"), claim(kind="rumour")
    _, rejected = admit(bad, ARTICLE, "somebody")
    assert count_reasons(rejected) == {
        "somebody: unknown status certain": 2,
        "somebody: unknown kind rumour": 1,
    }
    write_rejected(rejected, tmp_path / "rejected.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text("utf-8").splitlines()]
    assert [row["reason"] for row in rows] == [row.reason for row in rejected]
    assert rows[0]["quote"] == TEXT[:35]


def test_written_claims_read_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    write_claims([claim(), claim(id="a-02", place="Tokyo")], path)
    assert read_claims(path) == [claim(), claim(id="a-02", place="Tokyo")]
    assert not list(tmp_path.glob("*.part"))


def test_fields_that_do_not_apply_are_left_out() -> None:
    record = claim().to_record()
    assert "check" not in record
    assert "extraterritorial" not in record
    assert record["quantities"] == []


def test_all_faults_of_a_claims_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    good = json.dumps(claim().to_record())
    path.write_text(f'{good}\nnot json\n{{"id": "x"}}\n', encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        read_claims(path)
    assert [fault.row for fault in caught.value.faults] == [2, 3]
