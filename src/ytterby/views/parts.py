"""The parts that a report is put together from: tables, figures, links to what stands behind a number."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from ytterby.views.exhibits import FigureSpec
from ytterby.views.markup import Markup, foreign, join, tag, text
from ytterby.views.results import anchor, result_columns
from ytterby.views.tables import csv_text
from ytterby.views.wording import in_unit, plain, plain_value

Cell = Callable[[Any], Any]  # a row -> what its cell shows
_COMPUTED = ("chokepoints", "losses", "plan_stockpiles", "plan_costs", "split", "gap_values")
_PREVIEW_ROWS = 40  # rows of a figure's data that stand in the page; all of them are in its CSV
_NO_BREAK = 12
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
    columns: str,
    caption: str,
    *,
    identity: Callable[[Any], str] | None = None,
    cells: Mapping[str, Cell] | None = None,
    headings: Mapping[str, str] | None = None,
) -> Markup:
    """One table of the results with a caption, heads with scope, and the sources of its rows.

    Parameters
    ----------
    table: its name in ``result_columns.csv``, from where headings and units come.
    columns: names of what is shown, in order, with blanks between; the first heads its row.
    identity: the id of a row, so that numbers elsewhere can lead to it.
    cells, headings: how single columns are shown and headed instead.
    """
    if frame.empty:
        return tag("p", f"{caption}: none in this run.", class_="none")
    rules = {row["column"]: row for row in result_columns()[table]}
    own, titles, names = dict(cells or {}), headings or {}, columns.split()
    if "source_id" in rules and "source_id" not in names:
        names.append("source_id")
        own["source_id"] = lambda row: source_links(row.source_id)
    head = [_head(titles.get(name) or rules[name]["heading"], rules[name]) for name in names]
    body = [
        tag("tr", *_cells(row, names, rules, own), id=identity(row) if identity else None)
        for row in frame.itertuples(index=False)
    ]
    top = join([tag("caption", caption, _origin(table)), tag("thead", tag("tr", *head))])
    content = tag("table", top, tag("tbody", *body))
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _origin(table: str) -> Markup:
    """Say where numbers come from that no source printed."""
    return join([" (", trace("computed in this run", "made"), ")"]) if table in _COMPUTED else Markup("")


def _head(title: str, rule: Any) -> Markup:
    return tag("th", title, scope="col", class_=_align(rule))


def _align(rule: Any) -> str | None:
    return "number" if rule["type"] in {"number", "integer"} else None


def _cells(row: Any, names: Sequence[str], rules: Any, own: Mapping[str, Cell]) -> list[Markup]:
    shown = [own[name](row) if name in own else _shown(getattr(row, name), rules[name]) for name in names]
    first = tag("th", shown[0], scope="row", class_=_align(rules[names[0]]))
    rest = zip(names[1:], shown[1:], strict=True)
    return [first, *(tag("td", content, class_=_align(rules[name])) for name, content in rest)]


def _shown(value: Any, rule: Any) -> Markup:
    if rule["type"] == "text":
        words = str(plain_value(value) or "")
        return _breakable(words if len(words) <= _WIDEST_TEXT else words[:_WIDEST_TEXT] + " …")
    return text(in_unit(rule["unit"])(value))


def _breakable(words: str) -> Markup:
    """Foreign text that may break after underscores and semicolons; dates and codes stay in one line."""
    if len(words) <= _NO_BREAK and " " not in words:
        return tag("span", foreign(words), class_="short")
    return join((foreign(part) for part in re.split(r"(?<=[_;])", words)), tag("wbr"))


def lines(*texts: Any) -> Markup:
    """Foreign texts one under the other, the first in full size; lists open at their semicolons."""
    shown = [str(words) for words in texts if words]
    return join(
        tag(
            "small" if k else "span",
            join((foreign(p.strip()) for p in whole.split(";")), "; "),
            class_="line",
        )
        for k, whole in enumerate(shown)
    )


def figure_html(spec: FigureSpec) -> Markup:
    """A figure with its caption, its data as CSV, and its first rows as a table that needs no script."""
    key = anchor("figure", spec.name)
    figure = spec.draw()
    height = int(figure.layout.height or 400)
    told = f"{spec.title}. {spec.caption} The data stand in the table below."
    plot = tag(
        "div", id=f"{key}-plot", class_="plot", data_plot=f"{key}-data", role="img", aria_label=told,
        style=f"min-height:{height}px",
    )  # fmt: skip
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
    shown = tag("div", content, class_="scroll", tabindex="0")
    return tag("details", tag("summary", "The data as a table"), shown, class_="data")


def listing(summary: str, content: Markup) -> Markup:
    """A long table that opens when it is asked for; on paper its first line stands for it."""
    return tag("details", tag("summary", summary), content, class_="listing")


def section(key: str, title: str, *content: Any) -> Markup:
    """One section with its heading."""
    return tag(
        "section", tag("h2", title, id=f"{key}-title"), *content, id=key, aria_labelledby=f"{key}-title"
    )
