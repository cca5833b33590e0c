"""The record of an article: what is known of it, with spans that stand in its text."""

import json
from pathlib import Path

from ytterby.evidence.cards import write_articles
from ytterby.evidence.reading import read_reports

TEXT = """title: Ministers meet
date: 2025-10-28

TOKYO — Japan and the United States signed a framework agreement on rare earths on Tuesday. (Reuters)
Sign up for our newsletter
"""


def test_record_names_date_agency_and_spans(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(TEXT, encoding="utf-8")
    write_articles(read_reports([tmp_path / "note.txt"]).articles, tmp_path / "reports.jsonl")
    record = json.loads((tmp_path / "reports.jsonl").read_text(encoding="utf-8"))
    assert (record["id"], record["language"], record["chars"]) == ("note", "en", len(TEXT))
    assert record["date"]["value"] == "2025-10-28"
    assert [agency["name"] for agency in record["agencies"]] == ["Reuters"]
    spans = [*record["noise"], *record["structure"]]
    assert spans
    assert all(TEXT[span["start"] : span["end"]] == span["quote"] for span in spans)
    assert record["publisher"]["value"] is None
