"""The gate, and the file of claims."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ytterby.errors import InputFaults
from ytterby.evidence import Claim, admit, read_claims, write_claims
from ytterby.evidence.claims import Actor, Quantity, Span


@dataclass(frozen=True)
class Text:
    id: str
    text: str


ARTICLE = Text("a", "Japan signed a deal.")


def claim(**changes: object) -> Claim:
    base = Claim(
        id="a-01",
        report="a",
        gloss_en="Japan signs.",
        kind="agreement",
        relevance="core",
        actors=(Actor(id="JPN", role="agent"),),
        spans=(Span(start=0, end=5, quote="Japan"),),
    )
    return base.model_copy(update=changes)


def test_a_true_quote_passes() -> None:
    assert admit([claim()], ARTICLE) == ([claim()], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spans": (Span(start=0, end=5, quote="China"),)}, "quote does not stand"),
        ({"spans": (Span(start=15, end=40, quote="deal."),)}, "outside"),
        ({"actors": (Actor(id="XXX", role="agent"),)}, "unknown actor XXX"),
        ({"report": "b"}, "another report"),
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
