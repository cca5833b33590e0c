"""One self-contained page: nothing in it reaches for a network, and nothing from outside can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from ytterby.views import sections, witness
from ytterby.views.exhibits import report_figures
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.results import Results

_CONTENTS = (
    ("answer", "The answer"), ("chokepoints", "Where it would break"), ("chain", "The chain"),
    ("shortfalls", "Shocks"), ("claims", "Claims and verdicts"), ("pledges", "Pledges"),
    ("policies", "Policies"), ("plan", "The plan"), ("screening", "Screening"),
    ("assumptions", "Assumptions"), ("sources", "Sources"), ("made", "How it was made"),
)  # fmt: skip
_ID = re.compile(r'\sid="([^"]*)"')
_MOST_LOST = 20
_LINK = re.compile(r'\shref="#([^"]*)"')


def write_report(results: Results, path: Path) -> None:
    """Write the report as one HTML file.

    A reference to a row that the results do not hold is shown without a link, and named at the end.
    """
    path.write_text(report_html(results), encoding="utf-8", newline="")


def report_html(results: Results) -> str:
    """Return the whole page as text."""
    version = str(results.run.get("version", ""))
    return page_html(results.settings.title, _mend_links(_body(results)), version)


def page_html(title: str, body: Markup, version: str) -> str:
    """Return a page with its figures and nothing else to load; ``body`` is markup."""
    scripts = [_plotly(), Markup(_file("report.js"))]
    unscripted = tag("noscript", tag("style", Markup(".plot{display:none}")))
    tail = join(tag("script", script) for script in scripts)
    head = _head(title, version, ("report.css",), _policy(scripts))
    return _document(join([head, unscripted]), join([body, tail]))


def still_page_html(title: str, body: Markup, version: str, *styles: str) -> str:
    """Return a page in which no script may run at all; ``styles`` are files of this folder."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return _document(_head(title, version, ("report.css", *styles), policy), body)


def _document(head: Markup, body: Markup) -> str:
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _head(title: str, version: str, styles: Sequence[str], policy: str) -> Markup:
    return join([
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content=f"ytterby {version}".strip()),
        tag("title", title), tag("style", Markup("".join(map(_file, styles)))),
    ])  # fmt: skip


def _body(results: Results) -> Markup:
    figures = report_figures(results)
    as_of = f"As of {results.settings.date}. Numbers lead to the row or quote behind them."
    header = tag(
        "header", tag("p", "ytterby report", class_="kicker"), tag("h1", foreign(results.settings.title)),
        tag("p", foreign(results.settings.question), class_="question"), tag("p", as_of, class_="asof"),
    )  # fmt: skip
    places = [tag("li", tag("a", words, href=f"#{key}")) for key, words in _CONTENTS]
    contents = tag("nav", tag("ul", *places), aria_label="Contents")
    main = tag(
        "main", sections.answer(results), contents, sections.chokepoints(results, figures),
        sections.chain(results, figures), sections.shortfalls(results, figures),
        witness.claims(results, figures), witness.pledges(results, figures),
        witness.policies(results), sections.plan(results, figures),
        sections.screening(results, figures), sections.assumptions(results), sections.sources(results),
        sections.made(results), id="main",
    )  # fmt: skip
    return join([tag("a", "Skip to the answer", href="#answer", class_="skip"), header, main])


def _mend_links(body: Markup) -> Markup:
    """Take away links that lead nowhere, and say at the end of the page which they were."""
    lost = sorted(set(_LINK.findall(body)) - set(_ID.findall(body)))
    if not lost:
        return body
    mended = _LINK.sub(lambda link: "" if link[1] in lost else link[0], body)
    names = ", ".join(lost[:_MOST_LOST]) + (" and more" if len(lost) > _MOST_LOST else "")
    note = f"{len(lost)} references lead to no row of this run and are shown without a link: {names}."
    return join([Markup(mended), tag("p", note, class_="lost")])


def _file(name: str) -> str:
    return resources.files("ytterby.views").joinpath(name).read_text(encoding="utf-8")


def _plotly() -> Markup:
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


def _policy(scripts: list[Markup]) -> str:
    """Forbid everything but the two scripts of the page, named by their hashes, and its own styles."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
