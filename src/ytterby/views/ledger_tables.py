"""The tables of a ledger on a page: pledges with their dates, policies, every definition tried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ytterby.views.bands import draw_band
from ytterby.views.labels import Labels, clip, counted
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.parts import section
from ytterby.views.results import anchor
from ytterby.views.witness import band_lines, pledge_amount, policy_dates, verdict_word
from ytterby.views.wording import in_unit

MOST_NAMED = 4  # of one sort in the summary; a pile has dozens
_MOST_ROWS = 2_000
_FOR_ALL = ("", "*")  # targets of a policy against everybody
_GRAVEST_FIRST = ("inconsistent", "consistent_with_other_definition", "consistent")


def verdict_counts(verdicts: pd.DataFrame, labels: Labels) -> Iterator[Markup]:
    """Count the verdicts, one sentence; those that ask for a look are named."""
    counts = verdicts["verdict"].value_counts()
    known = [name for name in (*_GRAVEST_FIRST, "not_checkable") if counts.get(name)]
    if known:
        told = join((join([f"{counts[name]} ", verdict_word(name)]) for name in known), ", ")
        yield join([f"{counted(len(verdicts), 'claim')} held against tables and policies: ", told, "."])
    for name in _GRAVEST_FIRST[:2]:
        rows = verdicts[verdicts["verdict"] == name]
        yield from (_named(row, labels) for row in rows.head(MOST_NAMED).itertuples(index=False))
        yield from more_of(len(rows), "definitions")


def _named(row: Any, labels: Labels) -> Markup:
    target = f"#{anchor('definitions', row.claim_id)}"
    link = tag("a", row.kind.replace("_", " "), href=target, class_="trace")
    claim, reason = labels.claim(row.claim_id, row.report), foreign(clip(row.reason, 400))
    return join([verdict_word(row.verdict), " ", link, " ", claim, ": ", reason])


def more_of(count: int, where: str) -> Iterator[Markup]:
    """Say how many more there are than the summary names, and where they stand."""
    if count > MOST_NAMED:
        yield join([f"and {count - MOST_NAMED} more of these: ", tag("a", "all", href=f"#{where}"), "."])


def table(caption: str, heads: Sequence[str], rows: Sequence[Markup]) -> Markup:
    """Return a table that scrolls by itself where the page is narrow."""
    head = tag("tr", *(tag("th", word, scope="col") for word in heads))
    shown = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows[:_MOST_ROWS]))
    more = (
        tag("p", f"{len(rows) - _MOST_ROWS:,} further rows are left out.") if len(rows) > _MOST_ROWS else ""
    )
    return tag("div", shown, more, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(key: str | None, first: Any, *cells: Any) -> Markup:
    return tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in cells), id=key)


def pledges(known: pd.DataFrame, reports: Mapping[str, str], labels: Labels) -> Markup:
    """Who promised what by when; an amount once, and what each report says it is made of."""
    title = "What was promised, and by when"
    if known.empty:
        return section("pledges", title, tag("p", "The reports tell of no promise.", class_="none"))
    by_date = known.sort_values("due", key=lambda due: due.where(due != "", "9999"), kind="stable")
    rows = [_pledge(row, reports, labels) for row in by_date.itertuples(index=False)]
    heads = ("Due", "Who to whom", "What", "Amount", "Made of", "State", "Origins", "Words")
    return section("pledges", title, table("Pledges, the next due first", heads, rows))


def _pledge(row: Any, reports: Mapping[str, str], labels: Labels) -> Markup:
    made = [
        tag("span", foreign(clip(labels.named(part).replace("_", " "))), class_="line")
        for part in row.compositions.split(" | ")
        if part
    ]
    if row.conflicts:
        made.append(
            tag("strong", f"✗ the reports conflict: {row.conflicts.replace(';', ', ')}", class_="line")
        )
    claims = [labels.claim(claim, reports.get(claim, "")) for claim in row.claims.split(";")]
    left = "" if pd.isna(row.days_left) else f", {row.days_left:.0f} days left"
    return _row(
        anchor("pledge", row.pledge_id), tag("span", row.due or "no date", class_="short"),
        foreign(f"{row.promisor} to {row.promisee}" if row.promisee else row.promisor),
        foreign(clip(row.object)), pledge_amount(row), join(made), f"{row.state.replace('_', ' ')}{left}",
        row.n_origins, join(claims, ", "),
    )  # fmt: skip


def policies(known: pd.DataFrame, date: dt.date) -> Markup:
    """Policies that the claims speak of, and their state on a day."""
    title = "Policies that the reports speak of"
    if known.empty:
        return section("policies", title, tag("p", "No known policy fits the claims.", class_="none"))
    rows = [
        _row(
            anchor("policy", row.policy), foreign(row.label),
            f"{row.issuers} → {'all' if row.targets in _FOR_ALL else row.targets}",
            row.instrument, policy_dates(row), row.state.replace("_", " "),
            "yes" if row.certain else f"no: {row.possible.replace(';', ' or ').replace('_', ' ')}",
        )
        for row in known.itertuples(index=False)
    ]  # fmt: skip
    heads = ("Policy", "Issuer → target", "Instrument", "Dates", "State", "Sure")
    return section("policies", title, table(f"State on {date}", heads, rows))


def definitions(verdicts: pd.DataFrame, variants: pd.DataFrame, labels: Labels) -> Markup:
    """Every definition under which a claim was looked up, with its number and the query that gives it."""
    title = "Every definition tried"
    checked = verdicts[verdicts["verdict"].isin(_GRAVEST_FIRST)]
    order = checked["verdict"].map(_GRAVEST_FIRST.index).sort_values(kind="stable").index
    tried = dict(list(variants.groupby("claim_id", sort=False)))
    parts = [_tried(row, tried[row.claim_id], labels) for row in checked.loc[order].itertuples(index=False)]
    none = tag("p", "No claim could be held against a table.", class_="none")
    return section("definitions", title, *(parts or [none]))


def _tried(verdict: Any, variants: pd.DataFrame, labels: Labels) -> Markup:
    show = in_unit(str(verdict.unit))
    rows = [_variant(row, show) for row in _nearest_first(variants).itertuples(index=False)]
    heads = ("Definition", "From", "To", "Verdict", "Source", "Query")
    title = tag(
        "h3", verdict.kind.replace("_", " "), " ", labels.claim(verdict.claim_id, verdict.report), " ",
        verdict_word(verdict.verdict),
    )  # fmt: skip
    return tag(
        "article", title, tag("blockquote", foreign(clip(verdict.quote, 600))),
        draw_band(verdict, show), tag("p", *band_lines(verdict, show)),
        tag("p", foreign(clip(verdict.reason, 1200))),
        table(counted(len(rows), "definition"), heads, rows),
        id=anchor("definitions", verdict.claim_id),
    )  # fmt: skip


def _nearest_first(variants: pd.DataFrame) -> pd.DataFrame:
    """The nearest definition, the reference, those that agree, then the others as they were tried."""
    place = 3 - variants["verdict"].eq("consistent").astype(int)
    place = place.mask(variants["reference"].astype(bool), 1).mask(variants["best"].astype(bool), 0)
    return variants.loc[place.sort_values(kind="stable").index]


def _variant(row: Any, show: Callable[[Any], str]) -> Markup:
    marks = [word for word, holds in (("nearest", row.best), ("reference", row.reference)) if holds]
    name = join([foreign(clip(row.definition or row.variant)), *(f" ({word})" for word in marks)])
    values = ["" if pd.isna(value) else show(value) for value in (row.value_from, row.value_to)]
    note = tag("small", foreign(clip(row.note)), class_="line") if row.note else ""
    return _row(
        None, join([name, note]), *values, verdict_word(row.verdict),
        f"{row.source_id} {row.edition}".strip(), tag("code", foreign(clip(row.query, 600))),
    )  # fmt: skip
