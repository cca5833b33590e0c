import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ytterby.views.exhibits import report_figures
from ytterby.views.markup import Markup
from ytterby.views.page import report_html, write_report
from ytterby.views.results import Finding, Results, anchor, empty_table, result_columns

SIZE_LIMIT = 7_000_000
VOID = {"meta", "link", "br", "hr", "img", "col", "wbr"}


class Page(HTMLParser):
    """Elements with their attributes, their text, and the names of the elements around them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, list[str]]] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words: list[str] = []
        self.elements.append((tag, dict(attrs), words))
        if tag not in VOID:
            self.open.append((tag, words))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(tag)
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for _, words in self.open:
            words.append(data)

    def named(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, "".join(words)) for name, attrs, words in self.elements if name == tag]

    def by_id(self, key: str) -> tuple[str, dict[str, str | None], str]:
        found = [(t, a, "".join(w)) for t, a, w in self.elements if a.get("id") == key]
        assert len(found) == 1, key
        return found[0]


@pytest.fixture(scope="module")
def html(results: Results) -> str:
    return report_html(results)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_elements_are_closed_in_order(page: Page) -> None:
    assert page.faults == []
    assert page.open == []


def test_nothing_reaches_for_a_network(page: Page) -> None:
    for tag, attributes, _ in page.elements:
        for name in ("href", "src", "action", "data", "poster", "srcset", "background", "formaction"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:text/csv")), (tag, address)
    assert not {tag for tag, _, _ in page.elements} & {
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "img",
    }
    styles = "".join(words for _, words in page.named("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_policy_allows_only_the_scripts_of_the_page(page: Page) -> None:
    policy = next(
        a["content"] for a, _ in page.named("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    code = [words for attributes, words in page.named("script") if "type" not in attributes]
    assert {base64.b64encode(hashlib.sha256(c.encode()).digest()).decode() for c in code} == allowed
    assert re.search(r"script-src ('sha256-[^']+' ?){2};", policy)


def test_hostile_texts_stay_texts(page: Page, html: str, results: Results) -> None:
    assert len([1 for a, _ in page.named("script") if "type" not in a]) == 2  # plotly.js and our own
    assert not [name for _, attributes, _ in page.elements for name in attributes if name.startswith("on")]
    assert not {tag for tag, _, _ in page.elements} & {"b", "i", "img"}
    _, _, row = page.by_id(anchor("claim", "hostile-01"))
    assert "<script>alert(3)</script>" in row
    assert "</script><script>alert(2)</script>" in row
    assert "<b>hostile</b>" in row
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", html)
    assert "[U+202E]umgekehrt" in row


def test_every_link_leads_to_one_place(page: Page) -> None:
    ids = [attributes["id"] for _, attributes, _ in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a, _ in page.named("a") if (a.get("href") or "").startswith("#")]
    assert len(links) > 50
    assert not {str(link)[1:] for link in links} - set(ids)


def test_the_answer_comes_first_and_leads_to_rows(page: Page, results: Results) -> None:
    sections = [attributes["id"] for attributes, _ in page.named("section")]
    assert sections[0] == "answer"
    _, _, words = page.by_id("answer")
    for finding in results.answer:
        assert finding.text in words
    shown = {(str(a.get("href"))[1:], text) for a, text in page.named("a")}
    assert {(target, words) for finding in results.answer for words, target in finding.links} <= shown


def test_every_claim_stands_with_its_quote_and_place(page: Page, results: Results) -> None:
    for claim in results.claims.itertuples():
        _, _, row = page.by_id(anchor("claim", claim.claim_id))
        assert f"characters {claim.start} to {claim.end}" in row
        if "\u202e" not in claim.quote:
            assert claim.quote in row


def test_numbers_of_a_row_lead_to_the_card_of_their_source(page: Page, results: Results) -> None:
    for project in results.plan_projects.itertuples():
        assert project.source_id in page.by_id(anchor("project", project.project))[2]
    assert page.by_id(anchor("source", "baci"))[2].startswith("baciBACI")


def test_missing_is_said_to_be_missing(page: Page) -> None:
    assert "n/a" in page.by_id(anchor("project", "rec_fra"))[2]


def test_a_link_without_its_row_is_named_and_loses_the_link(make_results: Callable[..., Results]) -> None:
    finding = Finding("Lost in 3 places.", (("3 places", anchor("claim", "nobody")),))
    page = Page(report_html(make_results(answer=(finding,))))
    assert "Lost in 3 places." in page.by_id("answer")[2]
    assert not [a for a, text in page.named("a") if text == "3 places" and "href" in a]
    assert any("1 references" in text and anchor("claim", "nobody") in text for _, text in page.named("p"))


def test_words_that_do_not_stand_in_the_sentence_follow_it(make_results: Callable[..., Results]) -> None:
    finding = Finding("Nothing to see.", (("claim", anchor("claim", "note-de-01")), ("", "sources")))
    page = Page(report_html(make_results(answer=(finding,))))
    assert "Nothing to see. [claim] [see]" in page.by_id("answer")[2]


def test_page_can_be_read_without_eyes_or_mouse(page: Page) -> None:
    assert page.named("html")[0][0]["lang"] == "en"
    assert len(page.named("h1")) == 1
    assert all(attributes.get("aria-labelledby") for attributes, _ in page.named("section"))
    assert page.named("a")[0][0]["href"] == "#answer"
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(attributes.get("scope") in {"col", "row"} for attributes, _ in page.named("th"))
    plots = [a for a, _ in page.named("div") if "data-plot" in a]
    assert all(a.get("role") == "img" and a.get("aria-label") for a in plots)


def test_verdicts_are_told_in_words(page: Page) -> None:
    assert "≈ consistent under another definition" in page.by_id(anchor("verdict", "note-de-02"))[2]
    assert "✗ inconsistent" in page.by_id(anchor("verdict", "note-en-02"))[2]


def test_every_figure_holds_its_data_as_drawing_csv_and_table(page: Page, results: Results) -> None:
    figures = report_figures(results)
    assert {"chokepoint-map", "chain", "fans", "calendar", "projects", "verdict-note-de-02"} <= set(figures)
    for name, spec in figures.items():
        key = anchor("figure", name)
        drawn = json.loads(page.by_id(f"{key}-data")[2])
        assert drawn["data"]
        assert spec.title in page.by_id(key)[2]
    links = [a for a, _ in page.named("a") if (a.get("href") or "").startswith("data:")]
    assert len(links) == len(figures)
    lines = [base64.b64decode(str(a["href"]).split(",")[1]).decode().count("\n") for a in links]
    assert lines == [len(spec.table) + 1 for spec in figures.values()]


def test_an_empty_run_still_makes_a_page(results: Results) -> None:
    page = Page(report_html(Results(settings=results.settings)))
    assert page.faults == []
    assert "none in this run" in page.by_id("plan")[2]
    assert not report_figures(Results(settings=results.settings))


@pytest.mark.parametrize("name", sorted(result_columns()))
def test_any_table_may_be_left_out(
    make_results: Callable[..., Results], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ytterby.views.page._plotly", Markup)  # five megabytes that need no parsing here
    page = Page(report_html(make_results(**{name: empty_table(name)})))
    assert page.faults == []


def test_same_results_same_bytes_and_a_page_that_can_be_mailed(results: Results, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(results, tmp_path / name)
    first = (tmp_path / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes()
    assert len(first) < SIZE_LIMIT


def test_a_browser_draws_every_figure_and_runs_nothing_foreign(results: Results, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    write_report(results, tmp_path / "report.html")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-quic",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=8000", "--enable-logging=stderr",
        "--dump-dom", (tmp_path / "report.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr, done.stderr
    drawn = re.findall(r'class="plot js-plotly-plot"', done.stdout)
    assert len(drawn) == len(report_figures(results))
