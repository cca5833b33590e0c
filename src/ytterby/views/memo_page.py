"""The decision memo as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ytterby import __version__
from ytterby.views.exhibits import FigureSpec
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.page import page_html
from ytterby.views.parts import figure_html, section
from ytterby.views.plan_figures import draw_frontier, draw_waterfall

_STEPS = {
    "expected_loss_usd": "loss avoided",
    "capex_usd": "investment",
    "holding_usd": "holding",
    "stock_used_usd": "stock used",
    "operating_usd": "operation",
}


@dataclass(frozen=True)
class Part:
    """One part of the memo; the table's cells are texts for people."""

    key: str
    title: str
    sentences: tuple[str, ...]
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    caption: str = ""


def memo_html(title: str, question: str, parts: Sequence[Part], figures: Sequence[FigureSpec]) -> str:
    """Return the memo as a page; a figure stands in the part whose key its name begins with."""
    header = tag(
        "header", tag("p", "ytterby decision memo", class_="kicker"), tag("h1", foreign(title)),
        tag("p", foreign(question), class_="question"),
    )  # fmt: skip
    sections = [_part(part, [f for f in figures if f.name.startswith(part.key)]) for part in parts]
    return page_html(title, join([header, tag("main", *sections, id="main")]), __version__)


def memo_figures(costs: pd.DataFrame, frontier: pd.DataFrame | None) -> list[FigureSpec]:
    """Waterfall of the plan's costs, and its frontier where there is one."""
    steps = waterfall(costs)
    specs = [
        FigureSpec(
            "costs-waterfall", "From no measure to the plan",
            "Each bar is what one item adds to or takes from the expected cost; million USD.",
            steps, lambda: draw_waterfall(steps),
        )
    ]  # fmt: skip
    if frontier is not None:
        along = frontier[frontier["varied"] == "budget"]
        specs.append(
            FigureSpec(
                "frontier-budget", "What more money buys",
                "Every point is the best plan for its budget, the deadline left out.",
                along, lambda: draw_frontier(along),
            )
        )  # fmt: skip
    return specs


def waterfall(costs: pd.DataFrame) -> pd.DataFrame:
    """Steps from the loss without any measure to the cost of the plan.

    Parameters
    ----------
    costs
        Rows of ``Plan.costs``.

    Returns
    -------
    step, change_usd, total; the changes between the two totals add up to their difference.
    """
    whole = costs[costs["partner"] == "all"].set_index("case")
    before, after = whole.loc["no action"], whole.loc["plan"]
    rows = [("no measure", float(before["expected_loss_usd"]), True)]
    rows += [(name, float(after[item] - before[item]), False) for item, name in _STEPS.items()]
    end = float(before["expected_loss_usd"] + after["total_usd"] - before["total_usd"])
    return pd.DataFrame([*rows, ("the plan", end, True)], columns=["step", "change_usd", "total"])


def _part(part: Part, figures: Sequence[FigureSpec]) -> Markup:
    said = [tag("p", foreign(sentence)) for sentence in part.sentences]
    table = [_table(part.table, part.caption)] if len(part.table) else []
    return section(part.key, part.title, *said, *table, *map(figure_html, figures))


def _table(frame: pd.DataFrame, caption: str) -> Markup:
    head = tag("tr", *(tag("th", str(name), scope="col") for name in frame.columns))
    rows = []
    for first, *rest in frame.itertuples(index=False, name=None):
        cells = [tag("th", foreign(first), scope="row"), *(tag("td", foreign(cell)) for cell in rest)]
        rows.append(tag("tr", *cells))
    content = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows))
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=caption)
