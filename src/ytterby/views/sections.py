"""The sections of a report, each a function from the results to markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ytterby.views.exhibits import FigureSpec
from ytterby.views.markup import Markup, foreign, join, tag, text
from ytterby.views.parts import figure_html, section, table_html, trace
from ytterby.views.results import Finding, Results, anchor
from ytterby.views.wording import in_unit, plain_value

Figures = Mapping[str, FigureSpec]
# A verdict is told by its mark and its word, never by colour alone.
_MARKS = {
    "consistent": "✓",
    "consistent_with_other_definition": "≈",
    "inconsistent": "✗",
    "not_checkable": "?",
}


def _figures(figures: Figures, *prefixes: str) -> Markup:
    return join(figure_html(spec) for name, spec in figures.items() if name.startswith(prefixes))


# The answer --------------------------------------------------------------------------------------


def answer(results: Results) -> Markup:
    """Say the answer first: the sentences of the study, their numbers leading to the rows behind them."""
    if not results.answer:
        return section("answer", "The answer", tag("p", "This run holds no summary.", class_="none"))
    items = [tag("li", _finding(finding)) for finding in results.answer]
    return section("answer", "The answer", tag("ol", *items))


def _finding(finding: Finding) -> Markup:
    """Turn the words of each link into a link where they first stand in the rest of the sentence."""
    parts: list[Any] = []
    rest, later = finding.text, []
    for words, target in sorted(finding.links, key=lambda link: finding.text.find(link[0])):
        before, found, after = rest.partition(words)
        if found and words:
            parts += [before, trace(words, target)]
            rest = after
        else:
            later.append(trace(words or "see", target))
    return join([*parts, rest, *(join([" [", link, "]"]) for link in later)])


# The chain ---------------------------------------------------------------------------------------


def chokepoints(results: Results, figures: Figures) -> Markup:
    """Show the map and the ranking of the nodes whose loss would hurt most."""
    columns = ["rank", "node", "stage", "material", "region", "share_of_supply", "hhi", "lost_use_share",
               "lost_use_share_with_spare", "lost_use_value_usd_year"]  # fmt: skip
    ranked = results.chokepoints.sort_values("rank")
    table = table_html("chokepoints", ranked.head(15), columns, "Choke points, the worst first",
                       identity=lambda row: anchor("chokepoint", row.node))  # fmt: skip
    words = ("A node is all plants of one stage in one region. The loss is the end use, by value, that cannot be "
             "met while the node stands still; spare capacity elsewhere makes it smaller.")  # fmt: skip
    return section(
        "chokepoints",
        "Where the chain would break",
        tag("p", words),
        _figures(figures, "chokepoint-map"),
        table,
    )


def chain(results: Results, figures: Figures) -> Markup:
    """Show the chain in the base year."""
    words = f"How material moves from ore to use in {results.settings.base_year}, before any shock."
    return section("chain", "The chain", tag("p", words), _figures(figures, "chain"))


def shortfalls(results: Results, figures: Figures) -> Markup:
    """Show what the scenarios do, with and without the plan."""
    settings = results.settings.simulation
    words = (f"{settings.draws} draws of the scenarios over {settings.horizon_weeks} weeks, each with the same "
             "random numbers with and without the plan.")  # fmt: skip
    table = table_html("losses", results.losses, ["case", "scenario", "expected_loss_usd", "cvar95_usd"],
                       "Losses by scenario", identity=lambda row: anchor("loss", row.case, row.scenario))  # fmt: skip
    title = "What a shock does, with and without the plan"
    return section("shortfalls", title, tag("p", words), _figures(figures, "fans"), table)


# The reports and the facts -----------------------------------------------------------------------


def claims(results: Results, figures: Figures) -> Markup:
    """Show what the press says, with the exact words, and what the tables say to it."""
    languages = dict(zip(results.articles["article_id"], results.articles["language"], strict=True))
    return section(
        "claims", "What the reports say, and whether it is true",
        tag("p", "Every claim rests on exact words of an article; a verdict is a band over all definitions under "
                 "which the claim can be read."),
        tag("h3", "Claims checked against tables"), _verdicts(results, figures),
        tag("h3", "All claims"), _all_claims(results, languages),
        tag("h3", "Who says so"), _corroboration(results), _problems(results),
    )  # fmt: skip


def _verdicts(results: Results, figures: Figures) -> Markup:
    if results.verdicts.empty:
        return tag("p", "Claims checked against tables: none in this run.", class_="none")
    checked = results.verdicts[results.verdicts["verdict"] != "not_checkable"]
    others = results.verdicts[results.verdicts["verdict"] == "not_checkable"]
    cards = [_verdict_card(row, results.variants, figures) for row in checked.itertuples(index=False)]
    return join([*cards, _not_checkable(others)])


def _not_checkable(verdicts: pd.DataFrame) -> Markup:
    if verdicts.empty:
        return Markup("")
    rows = table_html("verdicts", verdicts, ["claim_id", "quote", "reason"], "Claims that no table can check",
                      identity=lambda row: anchor("verdict", row.claim_id),
                      cells={"claim_id": _claim_link})  # fmt: skip
    return tag("details", tag("summary", f"{len(verdicts)} claims that no table can check"), rows)


def _verdict_card(verdict: Any, variants: pd.DataFrame, figures: Figures) -> Markup:
    rows = variants[variants["claim_id"] == verdict.claim_id]
    columns = ["definition", "value_from", "value_to", "unit", "verdict", "query"]
    show = in_unit(str(verdict.unit))
    table = table_html("variants", rows, columns, f"Definitions tried for claim {verdict.claim_id}", cells={
        "value_from": lambda row: show(row.value_from), "value_to": lambda row: show(row.value_to),
        "query": lambda row: tag("code", foreign(row.query)),
    })  # fmt: skip
    figure = figures.get(f"verdict-{verdict.claim_id}")
    return tag(
        "article", tag("h4", _claim_link(verdict), " ", _verdict_words(verdict.verdict)),
        tag("blockquote", tag("p", tag("mark", foreign(verdict.quote)))), tag("p", *_band(verdict, show)),
        tag("p", foreign(verdict.reason)), figure_html(figure) if figure else "",
        tag("details", tag("summary", f"{len(rows)} definitions tried"), table),
        id=anchor("verdict", verdict.claim_id), class_=f"verdict {verdict.verdict}",
    )  # fmt: skip


def _band(verdict: Any, show: Any) -> Iterator[Any]:
    """Claimed against found, for the start and the end of the period."""
    both = plain_value(verdict.claimed_from) is not None
    for claimed, low, high, when in (
        (verdict.claimed_from, verdict.from_low, verdict.from_high, "At the start"),
        (verdict.claimed_to, verdict.to_low, verdict.to_high, "At the end" if both else "In all"),
    ):  # fmt: skip
        if plain_value(claimed) is not None:
            found = f"{show(low)} to {show(high)}" if plain_value(low) is not None else "no value"
            yield f"{when}: claimed {show(claimed)}, found {found}. "


def _verdict_words(verdict: str) -> Markup:
    words = str(verdict).replace("_", " ")
    return tag("span", f"{_MARKS.get(verdict, '•')} {words}", class_="word")


def _claim_link(row: Any) -> Markup:
    return trace(foreign(row.claim_id), anchor("claim", row.claim_id))


def _all_claims(results: Results, languages: Mapping[str, str]) -> Markup:
    verdicts = dict(zip(results.verdicts["claim_id"], results.verdicts["verdict"], strict=True))
    table = table_html(
        "claims", results.claims, ["claim_id", "kind", "quote", "gloss", "status", "quantities", "times", "actors"],
        "Claims with the words they rest on", identity=lambda row: anchor("claim", row.claim_id),
        cells={
            "claim_id": lambda row: _claim_cell(row, verdicts),
            "kind": lambda row: str(row.kind).replace("_", " "),
            "quote": lambda row: _quote(row, languages.get(row.report, "")),
        },
    )  # fmt: skip
    return table


def _claim_cell(row: Any, verdicts: Mapping[str, str]) -> Markup:
    name = tag("span", foreign(row.claim_id), class_="key")
    if row.claim_id not in verdicts:
        return name
    mark = _verdict_words(verdicts[row.claim_id])
    return join([name, tag("br"), trace(mark, anchor("verdict", row.claim_id))])


def _quote(row: Any, language: str) -> Markup:
    place = f"characters {row.start} to {row.end}"
    link = trace(foreign(row.report), anchor("article", row.report), place)
    quote = tag("q", tag("mark", foreign(row.quote)), lang=language or None)
    return join([quote, tag("br"), tag("small", "article ", link, ", ", place)])


def _corroboration(results: Results) -> Markup:
    told = results.corroboration.sort_values("label", key=lambda c: c.map(_attested), kind="stable")
    table = table_html("corroboration", told, ["statement", "label", "origins", "reports"],
                       "Events by how well they are attested, counted over independent origins")  # fmt: skip
    return tag("details", tag("summary", f"{len(told)} events across the articles"), table)


def _attested(label: str) -> int:
    return {"conflicting": 0, "corroborated": 1}.get(label, 2)


def _problems(results: Results) -> Markup:
    if results.problems.empty:
        return Markup("")
    return table_html(
        "problems", results.problems, ["file", "message", "remedy"], "Input that could not be used as it was"
    )


def pledges(results: Results, figures: Figures) -> Markup:
    """Show who promised what by when."""
    columns = [
        "pledge_id",
        "promisor",
        "promisee",
        "object",
        "amount",
        "unit",
        "due",
        "status",
        "origins",
        "quotes",
    ]
    table = table_html("pledges", results.pledges.sort_values("due", kind="stable"), columns, "Pledges, the next due first",
                       identity=lambda row: anchor("pledge", row.pledge_id), cells={"quotes": _claim_links})  # fmt: skip
    return section("pledges", "What was promised, and by when", _figures(figures, "calendar"), table)


def _claim_links(row: Any) -> Markup:
    keys = [key for key in str(row.quotes).split(";") if key]
    return join((trace(foreign(key), anchor("claim", key)) for key in keys), ", ")


def policies(results: Results) -> Markup:
    """Show which policies are in force on the day of the study."""
    columns = ["policy", "label", "issuers", "targets", "instrument", "announced", "effective", "suspended",
               "resumes", "expires", "state"]  # fmt: skip
    order = {"in_force": 0, "suspended": 1, "announced": 2, "not_yet": 3}
    known = results.policies.sort_values("state", key=lambda c: c.map(order).fillna(9), kind="stable")
    table = table_html("policies", known, columns, f"Policies and their state on {results.settings.date}",
                       identity=lambda row: anchor("policy", row.policy),
                       cells={"state": lambda row: str(row.state).replace("_", " ")})  # fmt: skip
    return section("policies", "Policies in force", table)


# The plan ----------------------------------------------------------------------------------------


def plan(results: Results, figures: Figures) -> Markup:
    """Show the projects, stockpiles, costs and their split, and where a further tonne helps most."""
    projects = results.plan_projects.sort_values("chosen", ascending=False, kind="stable")
    return section(
        "plan", "What to do, and who pays", _figures(figures, "projects"),
        table_html("plan_projects", projects, ["label", "region", "chosen", "capex_usd", "ready",
                   "success_probability", "avoided_loss_usd", "reason"], "Projects",
                   identity=lambda row: anchor("project", row.project)),
        table_html("plan_stockpiles", results.plan_stockpiles, ["case", "partner", "material", "region", "size_t",
                   "cost_usd"], "Stockpiles, alone and together",
                   identity=lambda row: anchor("stockpile", row.case, row.partner, row.material, row.region)),
        table_html("plan_costs", results.plan_costs, ["case", "item", "value_usd"], "Expected cost over the horizon",
                   identity=lambda row: anchor("cost", row.case, row.item)),
        table_html("split", results.split, ["partner", "alone_usd", "together_usd", "saving_usd", "rule"],
                   "Who pays", identity=lambda row: anchor("split", row.partner)),
        table_html("gap_values", results.gap_values.sort_values("value_usd_per_t", ascending=False).head(15),
                   ["label", "region", "value_usd_per_t"], "Where a further tonne of capacity helps most",
                   identity=lambda row: anchor("gap", row.process)),
    )  # fmt: skip


# The ground --------------------------------------------------------------------------------------


def screening(results: Results, figures: Figures) -> Markup:
    """Show the indicators of the latest year and over the years."""
    keys = ["method", "indicator", "material", "stage", "country_iso3"]
    latest = (
        results.screen.sort_values("year", kind="stable").groupby(keys, sort=True).tail(1).sort_values(keys)
    )
    table = table_html("screen", latest, [*keys, "year", "value", "lower", "upper", "status"],
                       "Indicators in the latest year of each")  # fmt: skip
    return section("screening", "Screening", _figures(figures, "over-time"), table)


def assumptions(results: Results) -> Markup:
    """Show every assumption of the study with its reason."""
    table = table_html("assumptions", results.assumptions, ["file", "row", "what", "value", "reason"],
                       "Rows of the study that are assumptions",
                       identity=lambda row: anchor("assumption", row.file, row.row))  # fmt: skip
    return section("assumptions", "What is assumed", table)


def sources(results: Results) -> Markup:
    """Show the card of every source, and the articles."""
    cards = results.sources.drop_duplicates("source_id")
    table = table_html("sources", cards, ["source_id", "title", "producer", "year", "licence"],
                       "Sources", identity=lambda row: anchor("source", row.source_id))  # fmt: skip
    articles = table_html("articles", results.articles, ["article_id", "title", "date", "language", "agencies", "origins"],
                          "Articles read", identity=lambda row: anchor("article", row.article_id))  # fmt: skip
    return section("sources", "Sources", table, articles)


def made(results: Results) -> Markup:
    """Show versions, seeds and the hashes of every input."""
    facts = {key: value for key, value in results.run.items() if key != "hashes"}
    terms = [
        join([tag("dt", key.replace("_", " ")), tag("dd", foreign(plain_value(value)))])
        for key, value in facts.items()
    ]
    hashes = results.run.get("hashes") or {}
    rows = [
        tag("tr", tag("th", foreign(k), scope="row"), tag("td", tag("code", text(v))))
        for k, v in hashes.items()
    ]
    head = tag("thead", tag("tr", tag("th", "Input", scope="col"), tag("th", "SHA-256", scope="col")))
    listing = tag("table", tag("caption", "Inputs of this run"), head, tag("tbody", *rows))
    shown = tag(
        "details",
        tag("summary", f"{len(rows)} inputs with their hashes"),
        tag("div", listing, class_="scroll"),
    )
    words = "The same study, facts, articles and seed give the same numbers on any computer."
    return section("made", "How this was made", tag("p", words), tag("dl", *terms), shown if rows else "")
