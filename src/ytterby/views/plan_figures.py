"""Figures of a plan: ``draw_x(table) -> plotly Figure``. They compute nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ytterby.views.theme import BLUE, GREEN, GREY, INK, SYMBOLS, VERMILLION, faded, label, new_figure


def draw_waterfall(table: pd.DataFrame) -> Any:
    """How the plan turns the cost without any measure into its own: one bar a step.

    Parameters
    ----------
    table
        step, change_usd, total (True for the first and last bar, which stand on zero).

    Returns
    -------
    plotly Figure with one waterfall; direction is told by sign and place, not by colour alone.
    """
    import plotly.graph_objects as go

    figure = new_figure(360, showlegend=False)
    figure.add_trace(go.Waterfall(
        x=list(map(label, table["step"])), y=list(table["change_usd"]),
        measure=["total" if whole and k else "relative" for k, whole in enumerate(table["total"])],
        text=[f"{usd / 1e6:+,.0f}" if not whole else f"{usd / 1e6:,.0f}"
              for usd, whole in zip(table["change_usd"], table["total"], strict=True)],
        textposition="outside", cliponaxis=False, connector={"line": {"color": GREY, "width": 1}},
        increasing={"marker": {"color": faded(VERMILLION, 0.85)}},
        decreasing={"marker": {"color": faded(GREEN, 0.85)}}, totals={"marker": {"color": faded(BLUE, 0.85)}},
        hovertemplate="%{x}: %{y:,.3s} USD<extra></extra>",
    ))  # fmt: skip
    figure.update_yaxes(title_text="USD (bars: million)", exponentformat="B", rangemode="tozero")
    return figure


def draw_frontier(table: pd.DataFrame) -> Any:
    """Expected and worst-tenth loss over what is spent, along the budget.

    Parameters
    ----------
    table
        spent_usd, expected_loss_usd, tail_loss_usd, in the order of spending.

    Returns
    -------
    plotly Figure with two lines; they differ in dash and symbol as well as in colour.
    """
    import plotly.graph_objects as go

    figure = new_figure(340)
    lines = (
        ("expected_loss_usd", "expected loss", BLUE, "solid"),
        ("tail_loss_usd", "mean loss of the worst tenth", VERMILLION, "dash"),
    )
    for k, (column, name, colour, dash) in enumerate(lines):
        figure.add_trace(go.Scatter(
            x=list(table["spent_usd"]), y=list(table[column]), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": SYMBOLS[k], "size": 8, "line": {"color": INK, "width": 0.5}},
            hovertemplate="%{x:,.3s} USD spent: %{y:,.3s} USD lost<extra>" + name + "</extra>",
        ))  # fmt: skip
    figure.update_xaxes(title_text="spent on projects and stock, USD", exponentformat="B", rangemode="tozero")
    figure.update_yaxes(title_text="loss, USD", exponentformat="B", rangemode="tozero")
    return figure
