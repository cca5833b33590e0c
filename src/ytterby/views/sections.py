"""The sections of a report on the chain, the plan and the ground they stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ytterby.views.exhibits import FigureSpec
from ytterby.views.markup import Markup, foreign, join, tag, text
from ytterby.views.parts import figure_html, listing, section, table_html, trace
from ytterby.views.results import Finding, Results, anchor
from ytterby.views.wording import plain_value

Figures = Mapping[str, FigureSpec]
_MOST_ROWS = 15  # of a ranking; its CSV has all


def draw_figures(figures: Figures, *prefixes: str) -> Markup:
    """Every figure whose name starts with one of these."""
    return join(figure_html(spec) for name, spec in figures.items() if name.startswith(prefixes))


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
        before, found, after = rest.partition(words) if words else (rest, "", "")
        if found:
            parts += [before, trace(words, target)]
            rest = after
        else:
            later.append(join([" [", trace(words or "see", target), "]"]))
    return join([*parts, rest, *later])


def chokepoints(results: Results, figures: Figures) -> Markup:
    """Show the map and the ranking of the nodes whose loss would hurt most."""
    table = table_html(
        "chokepoints",
        results.chokepoints.sort_values("rank").head(_MOST_ROWS),
        "rank label stage region share_of_supply hhi lost_use_share lost_use_share_with_spare "
        "lost_use_share_at_best lost_use_value_usd_year",
        "Choke points, the worst first",
        identity=lambda row: anchor("chokepoint", row.node),
        cells=_region_names(results),
    )
    words = (
        "A node is all plants of one stage in one region. The loss is the end use, by value, that cannot "
        "be met while the node stands still and nobody changes supplier; spare capacity elsewhere makes it "
        "smaller, most of all where it runs for the partners alone. HHI runs from 0 "
        "(many equal suppliers) to 1 (a single one)."
    )
    shown = draw_figures(figures, "chokepoint-map")
    return section("chokepoints", "Where the chain would break", tag("p", words), shown, table)


def _region_names(results: Results) -> dict[str, Callable[[Any], Any]]:
    """Show a region by its name, with its code for those who point at it."""
    names = dict(zip(results.regions["region"], results.regions["label"], strict=True))
    return {"region": lambda row: tag("abbr", foreign(names.get(row.region, row.region)), title=row.region)}


def chain(results: Results, figures: Figures) -> Markup:
    """Show the chain in the base year."""
    words = f"How material moves from ore to use in {results.settings.base_year}, before any shock."
    return section("chain", "The chain", tag("p", words), draw_figures(figures, "chain"))


def shortfalls(results: Results, figures: Figures) -> Markup:
    """Show what the scenarios do, with and without the plan."""
    settings = results.settings.simulation
    draws = results.run.get("draws", settings.draws)
    words = (
        f"{draws} draws of the scenarios over {settings.horizon_weeks} weeks, with the same random numbers "
        "with and without the plan."
    )
    table = table_html(
        "losses", results.losses.sort_values("scenario", key=_order_of, kind="stable"),
        "label probability case expected_loss_usd cvar95_usd", "Losses by scenario",
        identity=lambda row: anchor("loss", row.case, row.scenario),
    )  # fmt: skip
    title = "What a shock does, with and without the plan"
    return section("shortfalls", title, tag("p", words), draw_figures(figures, "fans"), table)


def _order_of(values: pd.Series) -> pd.Series:
    """Rank of each value by where it first stands, so that rows of one value come together."""
    return values.map({value: rank for rank, value in enumerate(dict.fromkeys(values))})


def plan(results: Results, figures: Figures) -> Markup:
    """Show the projects, stockpiles, costs and their split, and where a further tonne helps most."""
    parts = (_projects, _stockpiles, _costs, _split, _gap_values)
    tables = [part(results) for part in parts]
    notes = tag("ul", *(tag("li", note) for note in results.plan_notes)) if results.plan_notes else Markup("")
    title = "What to do, and who pays"
    return section("plan", title, draw_figures(figures, "projects"), *tables, notes)


def _projects(results: Results) -> Markup:
    return table_html(
        "plan_projects",
        results.plan_projects.sort_values("chosen", ascending=False, kind="stable"),
        "label region chosen capex_usd ready success_probability avoided_loss_usd reason",
        "Projects",
        identity=lambda row: anchor("project", row.project),
        cells=_region_names(results),
    )


def _stockpiles(results: Results) -> Markup:
    return table_html(
        "plan_stockpiles",
        results.plan_stockpiles,
        "case partner material region size_t cost_usd",
        "Stockpiles, alone and together",
        identity=lambda row: anchor("stockpile", row.case, row.partner, row.material, row.region),
        cells=_region_names(results),
    )


def _costs(results: Results) -> Markup:
    return table_html(
        "plan_costs", results.plan_costs, "case item value_usd", "Expected cost over the horizon",
        identity=lambda row: anchor("cost", row.case, row.item),
    )  # fmt: skip


def _split(results: Results) -> Markup:
    return table_html(
        "split", results.split, "partner alone_usd together_usd saving_usd rule", "Who pays",
        identity=lambda row: anchor("split", row.partner),
    )  # fmt: skip


def _gap_values(results: Results) -> Markup:
    return table_html(
        "gap_values",
        results.gap_values.sort_values("value_usd_per_t", ascending=False).head(_MOST_ROWS),
        "label region value_usd_per_t",
        "Where a further tonne of capacity helps most",
        identity=lambda row: anchor("gap", row.process),
        cells=_region_names(results),
    )


def screening(results: Results, figures: Figures) -> Markup:
    """Show the indicators of the latest year with a value, and over the years."""
    keys = ["method", "indicator", "material", "stage", "country_iso3"]
    known = results.screen.assign(known=results.screen["value"].notna())
    latest = known.sort_values(["known", "year"], kind="stable").groupby(keys).tail(1).sort_values(keys)
    caption = "Indicators in the latest year with a value"
    table = table_html("screen", latest, " ".join([*keys, "year value lower upper status"]), caption)
    shown = listing(f"{caption}: {len(latest)} rows", table)
    return section("screening", "Screening", draw_figures(figures, "over-time"), shown)


def assumptions(results: Results) -> Markup:
    """Show every assumption of the study with its reason, a part a file."""
    parts = [
        listing(f"{file}: {len(rows)} rows", _assumed(rows, str(file)))
        for file, rows in results.assumptions.groupby("file", sort=False)
    ]
    words = (
        f"{len(results.assumptions)} rows of the study are assumptions rather than printed numbers. Each "
        "stands here with its reason, and can be changed in its file."
    )
    return section("assumptions", "What is assumed", tag("p", words), *parts)


def _assumed(rows: pd.DataFrame, file: str) -> Markup:
    return table_html(
        "assumptions", rows, "row what value reason", f"Assumptions in {file}",
        identity=lambda row: anchor("assumption", row.file, row.row),
    )  # fmt: skip


def sources(results: Results) -> Markup:
    """Show the card of every source, and the articles."""
    cards = table_html(
        "sources", results.sources.drop_duplicates("source_id"), "source_id title producer year licence",
        "Sources", identity=lambda row: anchor("source", row.source_id),
    )  # fmt: skip
    articles = table_html(
        "articles", results.articles, "article_id title date language agencies origins", "Articles read",
        identity=lambda row: anchor("article", row.article_id),
    )  # fmt: skip
    return section("sources", "Sources", cards, articles)


def made(results: Results) -> Markup:
    """Show versions, seeds and the hashes of every input."""
    facts = {key: value for key, value in results.run.items() if key != "hashes"}
    terms = [
        join([tag("dt", key.replace("_", " ")), tag("dd", foreign(plain_value(value)))])
        for key, value in facts.items()
    ]
    words = "The same study, facts, articles and seed give the same numbers on any computer."
    hashes = _hashes(results.run.get("hashes") or {})
    return section("made", "How this was made", tag("p", words), tag("dl", *terms), hashes)


def _hashes(hashes: Mapping[str, str]) -> Markup:
    rows = [
        tag("tr", tag("th", foreign(name), scope="row"), tag("td", tag("code", text(digest))))
        for name, digest in hashes.items()
    ]
    head = tag("tr", tag("th", "Input", scope="col"), tag("th", "SHA-256", scope="col"))
    caption = tag("caption", "Inputs of this run")
    listing = tag("div", tag("table", caption, tag("thead", head), tag("tbody", *rows)), class_="scroll")
    return tag("details", tag("summary", f"{len(rows)} inputs with their hashes"), listing)
