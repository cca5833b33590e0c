"""Reading press texts: metadata with its evidence, noise, and every kind of bad input."""

import json
from pathlib import Path

import pytest

from ytterby.evidence import read_articles
from ytterby.evidence import sources as sources_module

BODY = "Japan und die USA haben am Dienstag ein Abkommen unterzeichnet, das beide Seiten begrüßten.\n"


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_header_fields_give_date_title_and_outlet(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", f"title: Ein Titel\ndate: 2025-10-28\noutlet: Beispielblatt\n\n{BODY}")
    (article,) = read_articles([path]).articles
    assert (article.id, article.title, article.language) == ("a", "Ein Titel", "de")
    assert article.date is not None
    assert (article.date.value, article.date.evidence) == ("2025-10-28", "header")
    assert (article.publisher.value, article.publisher.in_file) == ("Beispielblatt", True)


def test_publisher_and_date_are_never_guessed(tmp_path: Path) -> None:
    (article,) = read_articles([write(tmp_path, "a.txt", BODY)]).articles
    assert article.publisher.value is None
    assert article.date is None


def test_dateline_gives_date_and_agency(tmp_path: Path) -> None:
    text = "TOKYO, October 28, 2025 (Reuters) - Japan and the United States signed a deal on Tuesday.\n"
    (article,) = read_articles([write(tmp_path, "a.txt", text)]).articles
    assert article.date is not None
    assert (article.date.value, article.date.evidence) == ("2025-10-28", "dateline")
    assert [(a.name, a.evidence) for a in article.agencies] == [("Reuters", "credit_line")]


def test_a_photo_credit_is_no_source_of_the_text(tmp_path: Path) -> None:
    text = f"Zwei Menschen an einem Tisch\nFoto: Jemand/AP/dpa\n{BODY.strip()} (AFP)\n"
    (article,) = read_articles([write(tmp_path, "a.txt", text)]).articles
    assert {(a.name, a.evidence) for a in article.agencies} == {
        ("AP", "photo_credit"),
        ("dpa", "photo_credit"),
        ("AFP", "credit_line"),
    }
    assert article.origin == ("AFP",)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("zum Hauptinhalt", "navigation"),
        ("Skip to main content", "navigation"),
        ("isPaid:", "paywall_js"),
        ("console.debug({ a: 1 })", "paywall_js"),
        ("Stand:", "empty_label"),
        ("公開：", "empty_label"),
        ("Anzeige", "ad"),
        ("Lire aussi : un autre article", "related_links"),
        ("Newsletter: jetzt anmelden", "newsletter"),
        ("Share on Facebook", "share"),
        ("© IMAGO/Jemand", "photo_credit"),
        ("メニュー", "navigation"),
    ],
)
def test_noise_lines(tmp_path: Path, line: str, kind: str) -> None:
    (article,) = read_articles([write(tmp_path, "a.txt", f"{BODY}\n{line}\n{BODY}")]).articles
    assert (kind, line) in {(n.type, n.quote) for n in article.noise}


def test_headings_are_structure_not_noise(tmp_path: Path) -> None:
    text = f"Ein Titel ohne Punkt\n{BODY}{BODY}Eine Zwischenzeile\n{BODY}{BODY.upper()}"
    (article,) = read_articles([write(tmp_path, "a.txt", text)]).articles
    assert {"title", "subheading"} <= {s.type for s in article.structure}
    assert not [n for n in article.noise if "Zwischenzeile" in n.quote]


def test_newlines_are_not_translated(tmp_path: Path) -> None:
    (article,) = read_articles([write(tmp_path, "a.txt", b"Erste Zeile.\r\nZweite Zeile.\r\n")]).articles
    assert article.text == "Erste Zeile.\r\nZweite Zeile.\r\n"


def test_records_of_json_lines(tmp_path: Path) -> None:
    rows = [
        {"id": "x", "text": BODY, "date": "2025-10-28", "outlet": "Blatt", "url": "https://example.org/x"},
        {"text": BODY + "Mehr."},
    ]
    path = write(tmp_path, "feed.jsonl", "\n".join(json.dumps(r) for r in rows))
    found = read_articles([path])
    assert [a.id for a in found.articles] == ["x", "feed-2"]
    assert found.articles[0].day is not None
    assert found.problems == ()


def test_html_gives_the_text_and_runs_nothing(tmp_path: Path) -> None:
    page = (
        "<html><head><title>T</title><script>document.write('EVIL')</script></head><body>"
        f"<article><h1>Titel</h1><p>{BODY * 4}</p><p onclick='x()'>{BODY * 3}</p></article>"
        "<script>while(true){}</script></body></html>"
    )
    (article,) = read_articles([write(tmp_path, "p.html", page)]).articles
    assert "Abkommen unterzeichnet" in article.text
    assert "EVIL" not in article.text
    assert "<" not in article.text


BAD = {
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\n", "empty"),
    "binary.txt": (b"\x89PNG\x00\x01\x02", "binary"),
    "latin.txt": ("Größe".encode("latin-1"), "not UTF-8"),
    "wide.txt": ("Text".encode("utf-16"), "UTF-16"),
    "broken.json": (b'{"text": ', "not JSON"),
    "list.jsonl": (b"[1, 2]", "no object"),
    "notext.jsonl": (b'{"id": "a"}', "no text"),
    "surrogate.jsonl": (b'{"text": "a\\ud800b"}', "surrogate"),
    "deep.json": (b"[" * 100_000, "not JSON"),
    "empty.html": (b"<html><body></body></html>", "no article text"),
    "hostile.html": (b"<div>" * 50_000 + b"<script>alert(1)</script>", "page"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_is_named_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    bad, good = write(tmp_path, name, content), write(tmp_path, "good.txt", BODY)
    found = read_articles([bad, good])
    assert [a.id for a in found.articles] == ["good"]
    (problem,) = found.problems
    assert problem.file.startswith(name)
    assert reason in problem.message
    assert problem.remedy


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_articles([tmp_path / "none.txt"]).problems
    assert "cannot be read" in problem.message


def test_a_large_file_is_skipped_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)  # a hole: nothing is written, and nothing may be read

    def refuse(self: Path) -> bytes:
        raise AssertionError("the large file was read")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (problem,) = read_articles([path]).problems
    assert "50 MB" in problem.message


def test_a_record_too_large_is_skipped_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources_module, "LARGEST_ARTICLE", 1000)
    rows = json.dumps({"text": "x" * 5000}) + "\n" + json.dumps({"id": "b", "text": BODY})
    found = read_articles([write(tmp_path, "feed.jsonl", rows)])
    assert [a.id for a in found.articles] == ["b"]
    assert "row 1" in found.problems[0].file


def test_an_id_taken_twice_is_a_problem(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"id": "same", "text": BODY}) for _ in range(2))
    found = read_articles([write(tmp_path, "feed.jsonl", rows)])
    assert len(found.articles) == 1
    assert "second article" in found.problems[0].message
