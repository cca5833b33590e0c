"""The sections of a report on what was said: claims with their quotes and verdicts, pledges, policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.parts import figure_html, lines, listing, section, table_html, trace
from ytterby.views.results import Results, anchor
from ytterby.views.sections import Figures, draw_figures
from ytterby.views.wording import in_unit, money, plain, plain_value

# A verdict is told by its mark and its word, never by colour alone.
_VERDICTS = {
    "consistent": ("✓", "consistent"),
    "consistent_with_other_definition": ("≈", "consistent under another definition"),
    "inconsistent": ("✗", "inconsistent"),
    "not_checkable": ("?", "not checkable"),
}
_STATES = {"in_force": 0, "suspended": 1, "announced": 2, "not_yet": 3}
_LABELS = {"conflicting": 0, "corroborated": 1}


def claims(results: Results, figures: Figures) -> Markup:
    """Show what the press says, with the exact words, and what the tables say to it."""
    words = (
        "Every claim rests on exact words of an article. A verdict is a band over all definitions under "
        "which the claim can be read."
    )
    return section(
        "claims", "What the reports say, and whether it is true", tag("p", words),
        tag("h3", "Claims checked against tables"), _verdicts(results, figures),
        tag("h3", "All claims"), _all_claims(results),
        tag("h3", "Who says so"), _corroboration(results), _problems(results),
    )  # fmt: skip


def _verdicts(results: Results, figures: Figures) -> Markup:
    """Verdicts that need a look as cards with their band, the others as tables."""
    table = results.verdicts
    if table.empty:
        return tag("p", "Claims checked against tables: none in this run.", class_="none")
    drawn = [f"verdict-{claim}" in figures for claim in table["claim_id"]]
    open_ones = table["verdict"] == "not_checkable"
    agreed = (table["verdict"] == "consistent") & ~pd.Series(drawn, index=table.index)
    looked_at = table[~open_ones & ~agreed].itertuples(index=False)
    cards = [_verdict_card(row, results.variants, figures) for row in looked_at]
    return join([*cards, _agreed(table[agreed]), _not_checkable(table[open_ones])])


def _agreed(verdicts: pd.DataFrame) -> Markup:
    if verdicts.empty:
        return Markup("")
    return table_html(
        "verdicts", verdicts, "claim_id quote reason", "Further claims that agree with the tables",
        identity=lambda row: anchor("verdict", row.claim_id), cells={"claim_id": _claim_link},
    )  # fmt: skip


def _not_checkable(verdicts: pd.DataFrame) -> Markup:
    if verdicts.empty:
        return Markup("")
    table = table_html(
        "verdicts", verdicts, "claim_id quote reason", "Claims that no table can check",
        identity=lambda row: anchor("verdict", row.claim_id), cells={"claim_id": _claim_link},
    )  # fmt: skip
    return tag("details", tag("summary", f"{len(verdicts)} claims that no table can check"), table)


def _verdict_card(verdict: Any, variants: pd.DataFrame, figures: Figures) -> Markup:
    show, figure = in_unit(str(verdict.unit)), figures.get(f"verdict-{verdict.claim_id}")
    return tag(
        "article", tag("h4", _claim_link(verdict), " ", verdict_word(verdict.verdict)),
        tag("blockquote", tag("p", tag("mark", foreign(verdict.quote)))),
        tag("p", *band_lines(verdict, show)),
        tag("p", foreign(verdict.reason)), figure_html(figure) if figure else "",
        _definitions(variants[variants["claim_id"] == verdict.claim_id], show),
        id=anchor("verdict", verdict.claim_id), class_=f"verdict {verdict.verdict}",
    )  # fmt: skip


def _definitions(variants: pd.DataFrame, show: Callable[[Any], str]) -> Markup:
    if variants.empty:
        return Markup("")
    table = table_html(
        "variants", variants, "definition value_from value_to verdict query", "Definitions tried",
        cells={
            "value_from": lambda row: show(row.value_from), "value_to": lambda row: show(row.value_to),
            "verdict": lambda row: verdict_word(row.verdict),
            "query": lambda row: tag("code", foreign(row.query)),
        },
    )  # fmt: skip
    return tag("details", tag("summary", f"{len(variants)} definitions tried"), table, class_="data")


def band_lines(verdict: Any, show: Callable[[Any], str]) -> Iterator[str]:
    """Claimed against found, for the start and the end of the period."""
    period = plain_value(verdict.claimed_from) is not None
    if period:
        yield f"At the start: {_against(verdict.claimed_from, verdict.from_low, verdict.from_high, show)}. "
    if plain_value(verdict.claimed_to) is not None:
        told = _against(verdict.claimed_to, verdict.to_low, verdict.to_high, show)
        unit = str(verdict.unit).replace("_", " ")
        yield f"At the end: {told}." if period else f"{told[:1].upper()}{told[1:]} ({unit})."


def _against(claimed: Any, low: Any, high: Any, show: Callable[[Any], str]) -> str:
    found = "no value" if plain_value(low) is None else show(low)
    return f"claimed {show(claimed)}, found {found}" + (
        "" if show(low) == show(high) else f" to {show(high)}"
    )


def verdict_word(verdict: str) -> Markup:
    """Mark and word of a verdict."""
    mark, word = _VERDICTS.get(verdict, ("•", str(verdict).replace("_", " ")))
    return tag("span", f"{mark} {word}", class_="word")


def _claim_link(row: Any) -> Markup:
    return trace(foreign(row.claim_id), anchor("claim", row.claim_id))


def _all_claims(results: Results) -> Markup:
    """Claims on supply, trade and minerals first; the others open when asked for."""
    core = results.claims["relevance"] == "core"
    others = results.claims[~core]
    shown = _claims_table(results, results.claims[core], "Claims on supply, trade and minerals")
    if others.empty:
        return shown
    caption = "Claims on the context"
    return join([shown, listing(f"{caption}: {len(others)} rows", _claims_table(results, others, caption))])


def _claims_table(results: Results, rows: pd.DataFrame, caption: str) -> Markup:
    languages = dict(zip(results.articles["article_id"], results.articles["language"], strict=True))
    verdicts = dict(zip(results.verdicts["claim_id"], results.verdicts["verdict"], strict=True))
    return table_html(
        "claims", rows, "claim_id quote gloss quantities actors", caption,
        identity=lambda row: anchor("claim", row.claim_id), headings={"quantities": "Numbers and dates"},
        cells={
            "claim_id": lambda row: _claim_cell(row, verdicts),
            "quote": lambda row: _quote(row, languages.get(row.report, "")),
            "gloss": lambda row: lines(row.gloss, f"{row.kind}, {row.status}".replace("_", " ")),
            "quantities": lambda row: lines(row.quantities, row.times),
            "actors": lambda row: lines(row.actors),
        },
    )  # fmt: skip


def _claim_cell(row: Any, verdicts: Mapping[str, str]) -> Markup:
    name = tag("span", foreign(row.claim_id), class_="key")
    verdict = verdicts.get(row.claim_id)
    if verdict is None:
        return name
    mark, word = _VERDICTS.get(verdict, ("•", verdict))
    return join([name, tag("br"), trace(f"{mark} {word}", anchor("verdict", row.claim_id))])


def _quote(row: Any, language: str) -> Markup:
    place = f"characters {row.start} to {row.end}"
    link = trace(foreign(row.report), anchor("article", row.report), place)
    quote = tag("q", tag("mark", foreign(row.quote)), lang=language or None)
    return tag("div", quote, tag("br"), tag("small", "article ", link, ", ", place), class_="wide")


def _corroboration(results: Results) -> Markup:
    told = results.corroboration.sort_values("label", key=lambda c: c.map(_LABELS).fillna(2), kind="stable")
    table = table_html(
        "corroboration", told, "statement label origins reports",
        "Events by how well they are attested, counted over independent origins",
    )  # fmt: skip
    return tag("details", tag("summary", f"{len(told)} events across the articles"), table)


def _problems(results: Results) -> Markup:
    if results.problems.empty:
        return Markup("")
    caption = "Input that could not be used as it was"
    return table_html("problems", results.problems, "file message remedy", caption)


def pledges(results: Results, figures: Figures) -> Markup:
    """Show who promised what by when."""
    by_date = results.pledges.sort_values("due", key=lambda due: due.where(due != "", "9999"), kind="stable")
    table = table_html(
        "pledges", by_date, "due promisor promisee object amount state origins quotes",
        "Pledges, the next due first", identity=lambda row: anchor("pledge", row.pledge_id),
        cells={
            "quotes": _claim_links, "amount": pledge_amount,
            "state": lambda row: str(row.state).replace("_", " "),
            "due": lambda row: tag("span", row.due or "no date", class_="short"),
        },
    )  # fmt: skip
    return section("pledges", "What was promised, and by when", draw_figures(figures, "calendar"), table)


def _claim_links(row: Any) -> Markup:
    keys = [key for key in str(row.quotes).split(";") if key]
    return join((trace(foreign(key), anchor("claim", key)) for key in keys), ", ")


def pledge_amount(row: Any) -> str:
    """Amount with its unit; money in millions and billions."""
    if plain_value(row.amount) is None:
        return "none named"
    unit = str(row.unit)
    number = money(row.amount) if len(unit) == 3 and unit.isupper() else plain(row.amount)
    return f"{number} {unit.replace('_', ' ')}"


def policies(results: Results) -> Markup:
    """Show which policies are in force on the day of the study."""
    known = results.policies.sort_values("state", key=lambda c: c.map(_STATES).fillna(9), kind="stable")
    table = table_html(
        "policies", known, "label issuers targets instrument announced state",
        f"Policies and their state on {results.settings.date}",
        identity=lambda row: anchor("policy", row.policy),
        headings={"announced": "Dates", "label": "Policy"},
        cells={
            "label": lambda row: lines(row.label, row.policy), "announced": policy_dates,
            "state": lambda row: tag("span", str(row.state).replace("_", " "), class_="short"),
        },
    )  # fmt: skip
    return section("policies", "Policies in force", table)


def policy_dates(row: Any) -> Markup:
    """Days of a policy, each with its name."""
    dates = {
        name: getattr(row, name) for name in ("announced", "effective", "suspended", "resumes", "expires")
    }
    shown = (f"{name} {date}" for name, date in dates.items() if date)
    return join(tag("span", line, class_="line short") for line in shown)
