"""The dossier on our own articles, on a hostile one and on the five real reports."""

import datetime as dt
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ytterby as yt
from ytterby.cli import app
from ytterby.errors import InputFaults
from ytterby.evidence.claims import read_claims
from ytterby.evidence.reading import gather_articles
from ytterby.examples import find_study
from ytterby.views import dossier as module
from ytterby.views.dossier import Dossier, dossier_html, write_dossier
from ytterby.views.results import anchor

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.date(2026, 1, 15)
VOID = {"meta", "br", "input", "wbr"}
HOSTILE = (
    "date 2025-10-28\n\nA title that is <script>alert(1)</script>\n\n"
    "Japan has cut its dependence on Chinese rare earths from 90 percent to 60 percent since 2010, "
    "</mark></div><img src=x onerror=alert(2)> officials said on Tuesday.\r\n"
    "The \u202eUnited States\u202c and Japan \"signed\" an agreement on 'rare earths' & more\u2069.\n"
)


class Page(HTMLParser):
    """Elements with their attributes, and the text inside each."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.links: dict[str, set[str]] = {}
        self.feed(re.sub("\r\n?", "\n", html))  # a browser reads line ends so
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = tag, dict(attrs), []
        self.elements.append(element)
        for _, outer, _ in self.open:
            key, href = outer.get("id"), dict(attrs).get("href")
            if key and href:
                self.links.setdefault(key, set()).add(href)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, _, words in self.open:
            words.append(data)

    def with_class(self, word: str) -> list[tuple[dict[str, str | None], str]]:
        return [(a, "".join(w)) for _, a, w in self.elements if word in (a.get("class") or "").split()]

    def by_id(self, key: str) -> str:
        (found,) = ["".join(words) for _, a, words in self.elements if a.get("id") == key]
        return found


def build(paths: list[Path]) -> Dossier:
    reading = yt.read(paths)
    return Dossier(reading, yt.verify(reading, date=DAY), DAY)


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    corpus = [ROOT / f"tests/quality/corpus/wide/w{number:02d}.txt" for number in (1, 2, 3)]
    return build([find_study("japan-us-2025") / "articles", *corpus])


@pytest.fixture(scope="module")
def page(dossier: Dossier) -> Page:
    return Page(dossier_html(dossier))


def check_texts(dossier: Dossier, page: Page) -> None:
    shown = [words for _, words in page.with_class("text")]
    assert shown == [article.text for article in dossier.reading.articles]


def test_every_article_stands_there_word_for_word(dossier: Dossier, page: Page) -> None:
    assert len(dossier.reading.articles) == 11
    check_texts(dossier, page)


def test_marked_words_are_the_words_of_the_claim(dossier: Dossier, page: Page) -> None:
    marked: dict[int, str] = {}
    for tag, attributes, words in page.elements:
        for number in (attributes.get("data-c") or "").split():
            assert tag == "mark"
            marked[int(number)] = marked.get(int(number), "") + "".join(words)
    texts = {article.id: article.text for article in dossier.reading.articles}
    assert len(marked) == len(dossier.reading.claims) > 40
    for number, claim in enumerate(dossier.reading.claims, start=1):
        places = sorted({place for span in claim.spans for place in range(span.start, span.end)})
        assert marked[number] == "".join(texts[claim.report][place] for place in places)


def test_slots_are_marked_where_the_claim_has_them(dossier: Dossier) -> None:
    html = dossier_html(dossier)
    for letter in "AQDS":
        assert f'data-s="{letter}"' in html
    claim = next(c for c in dossier.reading.claims if c.kind == "dependence" and "03-framework" in c.report)
    words = " ".join(re.findall(r'class="[^"]*\bQ\b[^"]*"[^>]*>([^<]*)<', html))
    for quantity in claim.quantities:
        assert quantity.span is not None
        assert quantity.span.quote in words


def test_every_id_is_there_once_and_every_link_leads_to_one(page: Page) -> None:
    ids = Counter(a["id"] for _, a, _ in page.elements if a.get("id"))
    assert not [key for key, count in ids.items() if count > 1]
    links = [a["href"] for _, a, _ in page.elements if a.get("href")]
    assert len(links) > 200
    assert not {str(link) for link in links} - {f"#{key}" for key in ids}


def test_every_claim_can_be_linked_to_and_every_verdict_leads_to_its_words(
    dossier: Dossier, page: Page
) -> None:
    for claim in dossier.reading.claims:
        assert page.by_id(anchor("claim", claim.id)) == ""  # a tab beside the words adds none
    assert len(dossier.ledger.verdicts) > 5
    for claim in dossier.ledger.verdicts["claim_id"]:
        assert f"#{anchor('claim', claim)}" in page.links[anchor("verdict", claim)]


def test_every_event_counts_origins_and_not_reports(dossier: Dossier, page: Page) -> None:
    table = dossier.ledger.clusters
    shared = table[table["n_reports"] > 1]
    assert len(shared) > 3
    for row in shared.itertuples():
        told = page.by_id(anchor("event", row.cluster_id))
        assert f"{row.n_reports} reports, {row.n_origins} origin" in told
    one = int((shared["n_origins"] == 1).sum())
    assert f"{len(shared)} events are told by more than one report; {one} of these" in page.by_id("answer")


def test_every_difference_of_the_ledger_is_told_with_its_type(dossier: Dossier, page: Page) -> None:
    words = {
        "conflict": "✗ conflict", "error_in_source": "✗ error in a source", "temporal_update": "→ later news",
        "differs": "≠ differs", "granularity": "⊂ one is coarser", "wording": "~ other words",
    }  # fmt: skip
    table = dossier.ledger.differences
    assert len(table) > 3
    for row in table.itertuples():
        told = page.by_id(anchor("event", row.cluster_id))
        assert words[row.type] in told
        assert (row.other_says or "nothing").replace("_", " ") in told


def test_every_definition_is_listed_with_its_query(dossier: Dossier, page: Page) -> None:
    checked = dossier.ledger.verdicts.query("verdict != 'not_checkable'")
    assert len(checked) > 3
    for row in checked.itertuples():
        tried = dossier.ledger.variants.query("claim_id == @row.claim_id")
        told = page.by_id(anchor("definitions", row.claim_id))
        for query in tried["query"]:
            assert query[:600] in told


def test_the_summary_stays_short_and_says_how_much_more_there_is(dossier: Dossier, page: Page) -> None:
    told, most = page.by_id("answer"), 4
    counts = Counter(dossier.ledger.verdicts["verdict"])
    assert counts["consistent_with_other_definition"] > most > counts["inconsistent"]
    assert re.findall(r"and (\d+) more of these", told) == [
        str(counts["consistent_with_other_definition"] - most)
    ]


def test_pledges_and_policies_stand_with_date_and_state(dossier: Dossier, page: Page) -> None:
    assert len(dossier.ledger.pledges) > 3
    for row in dossier.ledger.pledges.itertuples():
        told = page.by_id(anchor("pledge", row.pledge_id))
        assert (row.due or "no date") in told
        assert row.state.replace("_", " ") in told
    assert f"State on {DAY}" in page.by_id("policies")


def test_nothing_acts_and_nothing_is_loaded(page: Page) -> None:
    names = {tag for tag, _, _ in page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    (policy,) = [a["content"] for _, a, _ in page.elements if a.get("http-equiv")]
    assert str(policy).startswith("default-src 'none';")
    assert "script-src" not in str(policy)
    styles = "".join("".join(words) for tag, _, words in page.elements if tag == "style")
    assert "url(" not in styles
    assert "@import" not in styles
    for _, attributes, _ in page.elements:
        assert str(attributes.get("href", "#")).startswith("#")


def test_a_hostile_article_stays_a_text(tmp_path: Path) -> None:
    (tmp_path / 'x";--.txt').write_bytes(HOSTILE.encode())
    record = {"id": "<b>&", "text": HOSTILE, "title": "</h2><script>" * 999, "url": "javascript:alert(1)",
              "language": '"><script>', "outlet": "\u202e<i>"}  # fmt: skip
    (tmp_path / "y.json").write_text(json.dumps(record), encoding="utf-8")
    built = build([tmp_path])
    assert len(built.reading.claims) > 1
    html = dossier_html(built)
    page = Page(html)
    assert not {tag for tag, _, _ in page.elements} & {"script", "img", "b", "i"}
    assert not [name for _, a, _ in page.elements for name in a if name.startswith("on")]
    check_texts(built, page)
    outside = re.sub("<span hidden>.</span>", "", html, flags=re.DOTALL)
    assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", outside)
    assert len(html) < 400_000


def test_a_browser_finds_the_same_words_and_runs_nothing(tmp_path: Path) -> None:
    """The page with our own probe in it; the text that a browser holds, code point by code point."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    (tmp_path / "a.txt").write_bytes((HOSTILE + "\u2066\u2069 \u05e9 \u0085\t&#13; &amp;\r\n\r end").encode())
    built = build([tmp_path / "a.txt"])
    probe = (
        "<script>document.title = Array.from(document.querySelector('.text').textContent)"
        ".map(c => c.codePointAt(0)).join(',')</script></body>"
    )
    html = re.sub("<meta http-equiv[^>]*>", "", dossier_html(built)).replace("</body>", probe)
    (tmp_path / "page.html").write_text(html, encoding="utf-8", newline="")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-quic",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=8000", "--dump-dom",
        (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    title = re.search("<title>([^<]*)</title>", done.stdout)
    assert title is not None
    shown = "".join(chr(int(code)) for code in title[1].split(","))
    assert shown == built.reading.articles[0].text.replace("\u0085", "\ufffd")


def test_a_megabyte_is_shown_whole(tmp_path: Path) -> None:
    words = "Japan signed an agreement on rare earths with the United States on 28 October 2025. "
    (tmp_path / "long.txt").write_text(words + "x<y & z " * 125_000, encoding="utf-8")
    built = build([tmp_path])
    check_texts(built, Page(dossier_html(built)))


def test_same_input_same_bytes_by_both_roads(dossier: Dossier, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    for article in dossier.reading.articles[2:5]:
        (articles / article.file).write_bytes(article.text.encode())
    read = build([articles])
    gathered = replace(gather_articles([articles]), claims=read.reading.claims)
    verified = Dossier(gathered, yt.verify(gathered, date=DAY), DAY)
    assert dossier_html(read) == dossier_html(verified) == dossier_html(read)


def test_words_that_are_not_where_a_claim_says_are_refused_together(dossier: Dossier) -> None:
    first, second, *_ = dossier.reading.articles
    moved = [a.model_copy(update={"text": "x" + a.text}) for a in (first, second)]
    reading = replace(dossier.reading, articles=tuple(moved))
    with pytest.raises(InputFaults) as raised:
        Dossier(reading, dossier.ledger, DAY)
    wrong = [c for c in dossier.reading.claims if c.report in {first.id, second.id}]
    assert len(raised.value.faults) == len(wrong) > 1
    assert "Give the articles that it was read from." in str(raised.value)


def test_a_claim_that_stands_twice_is_refused(dossier: Dossier) -> None:
    reading = replace(dossier.reading, claims=dossier.reading.claims[:1] * 2)
    with pytest.raises(InputFaults, match="stands twice"):
        Dossier(reading, dossier.ledger, DAY)


def test_what_is_left_out_is_named_and_still_counted(dossier: Dossier, page: Page) -> None:
    short = Page(dossier_html(dossier, most=2))
    assert len(short.with_class("text")) == 2
    told = short.by_id("left-out")
    assert "9 of 11 articles are not shown in full" in told
    for article in dossier.reading.articles[2:]:
        assert article.file in told
    count = re.compile(r"\d+ events are told by more than one report; \d+ of these")
    whole, part = (count.search(found.by_id("answer")) for found in (page, short))
    assert whole is not None
    assert part is not None
    assert whole[0] == part[0]
    ids = {a["id"] for _, a, _ in short.elements if a.get("id")}
    assert not {str(a["href"])[1:] for _, a, _ in short.elements if a.get("href")} - ids


def test_claims_whose_texts_were_not_given_are_counted(dossier: Dossier) -> None:
    first = dossier.reading.articles[0]
    reading = replace(dossier.reading, articles=(first,), text_reuse=())
    page = Page(dossier_html(Dossier(reading, dossier.ledger, DAY)))
    others = [claim.report for claim in reading.claims if claim.report != first.id]
    assert f"{len(others)} claims are of {len(set(others))} reports whose texts" in page.by_id("left-out")
    ids = {a["id"] for _, a, _ in page.elements if a.get("id")}
    assert not {str(a["href"])[1:] for _, a, _ in page.elements if a.get("href")} - ids


def test_characters_and_events_are_bounded_too(dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CHARACTERS", dossier.reading.articles[0].chars)
    monkeypatch.setattr(module, "MOST_EVENTS", 3)
    short = Page(dossier_html(dossier))
    assert len(short.with_class("text")) == 1
    assert len(short.with_class("event")) == 3
    assert f"{len(dossier.ledger.events) - 3} further events are left out" in short.by_id("events")
    ids = {a["id"] for _, a, _ in short.elements if a.get("id")}
    assert not {str(a["href"])[1:] for _, a, _ in short.elements if a.get("href")} - ids


def test_an_interrupted_page_leaves_what_was_there(
    dossier: Dossier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "page.html"
    place.write_text("before", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_dossier(dossier, place)
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    assert place.read_text(encoding="utf-8") == "before"


def test_an_empty_reading_makes_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Nothing.", encoding="utf-8")
    built = build([tmp_path])
    page = Page(dossier_html(built))
    check_texts(built, page)
    assert "0 events are told by more than one report" in page.by_id("answer")


def test_both_commands_write_the_page(tmp_path: Path) -> None:
    note = find_study("japan-us-2025") / "articles" / "03-framework-en.txt"
    claims, one, two = tmp_path / "c.jsonl", tmp_path / "one.html", tmp_path / "two.html"
    run = CliRunner().invoke
    assert run(app, ["read", str(note), "--out", str(claims), "--page", str(one)]).exit_code == 0
    done = run(
        app, ["verify", str(claims), "--articles", str(note), "--page", str(two), "--at", "2026-01-15"]
    )
    assert done.exit_code == 0
    assert "Page:" in done.output
    assert "as of 2026-01-15" in two.read_text(encoding="utf-8")
    for place in (one, two):
        shown = {a.get("id") for _, a, _ in Page(place.read_text(encoding="utf-8")).elements}
        assert {anchor("claim", claim.id) for claim in read_claims(claims)} <= shown
    assert run(app, ["verify", str(claims), "--page", str(two)]).exit_code != 0


@pytest.fixture(scope="module")
def real(shared: Path) -> Dossier:
    return build([shared / "evidence/reports"])


@pytest.fixture(scope="module")
def real_page(real: Dossier) -> Page:
    return Page(dossier_html(real))


def test_real_reports_stand_word_for_word(real: Dossier, real_page: Page) -> None:
    check_texts(real, real_page)


def test_the_swapped_stop_stands_with_its_reason(real: Dossier, real_page: Page) -> None:
    (row,) = real.ledger.verdicts.query("kind == 'export_stop'").itertuples()
    told = real_page.by_id(anchor("verdict", row.claim_id))
    assert "written agent JPN, target CHN; known agent CHN, target JPN" in told
    assert "CHN-2010-JPN" in told
    event = next(e for e in real.ledger.events if row.claim_id in {m.id for m in e.members})
    assert "issuer and target the other way round" in real_page.by_id(anchor("event", event.id))


def test_the_package_has_one_amount_and_two_make_ups(real: Dossier, real_page: Page) -> None:
    (row,) = real.ledger.pledges.query("amount == 550e9").itertuples()
    told = real_page.by_id(anchor("pledge", row.pledge_id))
    assert told.count("550\u00a0bn USD") == 1
    assert "shipbuilding, soybeans, natural gas, pickup trucks" in told
    assert "semiconductors, critical minerals, energy, shipbuilding" in told
    assert "the reports conflict: composition" in told


def test_the_band_from_90_to_60_has_all_its_definitions(real: Dossier, real_page: Page) -> None:
    (row,) = real.ledger.verdicts.query("kind == 'dependence'").itertuples()
    told = real_page.by_id(anchor("definitions", row.claim_id))
    tried = real.ledger.variants.query("claim_id == @row.claim_id")
    assert f"{len(tried)} definitions" in told
    assert told.count("nearest)") == 1
    assert "claimed 60.0\u00a0%" in real_page.by_id(anchor("verdict", row.claim_id))


def test_shared_statements_and_origins_are_counted_as_in_the_ledger(real: Dossier, real_page: Page) -> None:
    table = real.ledger.clusters
    shared = table[table["n_reports"] > 1]
    one = int((shared["n_origins"] == 1).sum())
    assert one >= 5
    assert f"{len(shared)} events are told by more than one report; {one} of these" in real_page.by_id(
        "answer"
    )
