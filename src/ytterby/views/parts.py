"""The parts that a report is put together from: tables, figures, links to what stands behind a number."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ytterby.views.exhibits import FigureSpec
from ytterby.views.markup import Markup, foreign, join, tag, text
from ytterby.views.results import anchor, result_columns
from ytterby.views.tables import csv_text
from ytterby.views.wording import in_unit, plain, plain_value

Cell = Callable[[Any], Any]  # a row -> what its cell shows
_PREVIEW_ROWS = 40  # rows of a figure's data that stand in the page; all of them are in its CSV
_WIDEST_TEXT = 600  # characters of one cell; longer texts are cut, and the CSV has them whole


def trace(words: Any, target: str, title: str = "") -> Markup:
    """Words, mostly a number, that lead to the row or quote behind them.

    Parameters
    ----------
    target: an id of the page, from :func:`ytterby.views.results.anchor`.
    title: what is said when one points at it, such as the file and row.
    """
    return tag("a", words, href=f"#{target}", title=title or None, class_="trace")


def source_links(joined: Any) -> Markup:
    """Links to the cards of one or several sources, joined by ';'; a run's own numbers lead to its record."""
    keys = [key.strip() for key in str(plain_value(joined) or "").split(";") if key.strip()]
    if not keys:
        return trace("this run", "made")
    return join((trace(key, anchor("source", key)) for key in keys), ", ")


def table_html(
    table: str,
    frame: pd.DataFrame,
    columns: Sequence[str],
    caption: str,
    *,
    identity: Callable[[Any], str] | None = None,
    cells: dict[str, Cell] | None = None,
) -> Markup:
    """One table of the results with a caption, heads with scope, and a source for every row.

    Parameters
    ----------
    table: its name in ``result_columns.csv``, from where headings and units come.
    columns: what is shown, in order; the first heads its row.
    identity: the id of a row, so that numbers elsewhere can lead to it.
    cells: how single columns are shown instead.
    """
    if frame.empty:
        return tag("p", f"{caption}: none in this run.", class_="none")
    rules = {row["column"]: row for row in result_columns()[table]}
    own = cells or {}
    head = [tag("th", rules[name]["heading"], scope="col", class_=_align(rules[name])) for name in columns]
    head.append(tag("th", "Source", scope="col"))
    body = [
        tag("tr", *_cells(row, columns, rules, own), tag("td", source_links(getattr(row, "source_id", ""))),
            id=identity(row) if identity else None)
        for row in frame.itertuples(index=False)
    ]  # fmt: skip
    content = tag("table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _align(rule: Any) -> str | None:
    return "number" if rule["type"] in {"number", "integer"} else None


def _cells(row: Any, columns: Sequence[str], rules: Any, own: dict[str, Cell]) -> list[Markup]:
    return [
        tag("td" if k else "th", own[name](row) if name in own else _shown(getattr(row, name), rules[name]),
            scope=None if k else "row", class_=_align(rules[name]))
        for k, name in enumerate(columns)
    ]  # fmt: skip


def _shown(value: Any, rule: Any) -> Markup:
    if rule["type"] == "text":
        words = str(plain_value(value) or "")
        return foreign(words if len(words) <= _WIDEST_TEXT else words[:_WIDEST_TEXT] + " …")
    return text(in_unit(rule["unit"])(value))


def figure_html(spec: FigureSpec) -> Markup:
    """A figure with its caption, its data as CSV and the first rows as a table for readers without scripts."""
    key = anchor("figure", spec.name)
    figure = spec.draw()
    height = int(figure.layout.height or 400)
    plot = tag("div", id=f"{key}-plot", class_="plot", data_plot=f"{key}-data", role="img", style=f"min-height:{height}px",
               aria_label=f"{spec.title}. {spec.caption} The data stand in the table below.")  # fmt: skip
    data = tag("script", json_html(figure.to_json()), type="application/json", id=f"{key}-data")
    words = tag(
        "figcaption", tag("strong", spec.title + "."), " ", spec.caption, " ", csv_link(spec.table, spec.name)
    )
    return tag("figure", words, tag("div", plot, class_="scroll"), data, _preview(spec), id=key)


def json_html(content: str) -> Markup:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    for char in "<>&\u2028\u2029":
        content = content.replace(char, f"\\u{ord(char):04x}")
    return Markup(content)


def csv_link(frame: pd.DataFrame, name: str) -> Markup:
    """Return a link that holds the whole table as CSV."""
    content = base64.b64encode(csv_text(frame).encode("utf-8", "replace")).decode("ascii")
    address = f"data:text/csv;charset=utf-8;base64,{content}"
    return tag("a", "data (CSV)", href=address, download=f"{anchor(name)}.csv", class_="csv")


def _preview(spec: FigureSpec) -> Markup:
    rows = spec.table.head(_PREVIEW_ROWS)
    head = tag("tr", *(tag("th", name, scope="col") for name in rows.columns))
    body = [tag("tr", *(tag("td", foreign(plain(v))) for v in row)) for row in rows.itertuples(index=False)]
    left_out = len(spec.table) - len(rows)
    note = f"The first {len(rows)} of {len(spec.table)} rows; the CSV has all." if left_out else ""
    content = tag(
        "table", tag("caption", f"Data of: {spec.title}. {note}"), tag("thead", head), tag("tbody", *body)
    )
    return tag("details", tag("summary", "The data as a table"), tag("div", content, class_="scroll", tabindex="0"),
               class_="data")  # fmt: skip


def section(key: str, title: str, *content: Any) -> Markup:
    """One section with its heading."""
    return tag(
        "section", tag("h2", title, id=f"{key}-title"), *content, id=key, aria_labelledby=f"{key}-title"
    )
