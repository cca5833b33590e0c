"""Figures of two cases of the same draws: with and without a change, or one run and another."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ytterby.views.figures import axes_of, finish_panel, panel_grid
from ytterby.views.theme import BLUE, INK, VERMILLION, faded, label

_COLUMNS = 2


def draw_pairs_of_fans(fans: pd.DataFrame) -> Any:
    """Fans of unmet need: a panel a use and region, both cases in it; the same scale everywhere.

    The first case is a band with a full line, the second dashed (median) and dotted (95th percentile), so
    that no colour is needed to tell them apart.
    """
    places = list(dict.fromkeys(zip(fans["region"], fans["sector"], strict=True)))
    cases = list(dict.fromkeys(fans["case"]))
    rows = -(-len(places) // _COLUMNS)
    figure = panel_grid(rows, _COLUMNS if len(places) > 1 else 1)
    top = max(0.05, float(fans["p95"].max())) if len(fans) else 1.0
    for panel, (region, sector) in enumerate(places, 1):
        here = fans[(fans["region"] == region) & (fans["sector"] == sector)]
        for case in cases:
            table = here[here["case"] == case].sort_values("week")
            for trace in _traces(table, case, panel, second=case != cases[0]):
                figure.add_trace(trace)
        title = f"<b>{label(region)}</b>, {label(sector.replace('_', ' '))}"
        finish_panel(
            figure,
            panel,
            title,
            top,
            last=panel > len(places) - _COLUMNS,
            dates="%b %Y" if "date" in fans else None,
        )
    for unused in range(len(places), rows * _COLUMNS if len(places) > 1 else 1):
        for axis in axes_of(figure, unused + 1):
            axis.update(visible=False)
    figure.update_layout(
        height=96 + 175 * rows, legend={"y": 1, "yref": "container", "yanchor": "top", "traceorder": "normal"}
    )
    return figure


def _traces(rows: pd.DataFrame, case: str, panel: int, *, second: bool) -> list[Any]:
    import plotly.graph_objects as go

    tail = "" if panel == 1 else str(panel)
    when = "date" if "date" in rows else "week"
    shared = {"x": list(rows[when]), "xaxis": f"x{tail}", "yaxis": f"y{tail}", "mode": "lines"}
    first = panel == 1

    def line(column: str, name: str, style: dict[str, Any], **more: Any) -> Any:
        told = {"name": f"{label(case)}: {name}", "showlegend": first, "line": style}
        return go.Scatter(
            y=list(rows[column]), hovertemplate=f"{name} %{{y:.1%}}<extra>{label(case)}</extra>",
            **shared, **told, **more,
        )  # fmt: skip

    if second:
        return [
            line("p50", "median", {"color": BLUE, "width": 2.2, "dash": "dash"}),
            line("p95", "95th percentile", {"color": INK, "width": 1.4, "dash": "dot"}),
        ]
    lower = go.Scatter(y=list(rows["p5"]), line={"width": 0}, hoverinfo="skip", showlegend=False, **shared)
    band = {"fill": "tonexty", "fillcolor": faded(VERMILLION, 0.22)}
    return [
        lower, line("p95", "nine in ten draws", {"width": 0}, **band),
        line("p50", "median", {"color": VERMILLION, "width": 2.2}),
    ]  # fmt: skip
