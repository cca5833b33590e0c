"""A backcast as a page of its own: history beside the fan of the model and the null model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby import __version__
from ytterby.catalog.studies import Settings
from ytterby.network.backcast import Backcast
from ytterby.views.exhibits import FigureSpec
from ytterby.views.figures import axis_tail, panel_grid, title_panel
from ytterby.views.folder import RUN_FILE, check_folder, files_in, whole_folder
from ytterby.views.markup import foreign, join, tag
from ytterby.views.page import page_html
from ytterby.views.parts import figure_html
from ytterby.views.run import write_json
from ytterby.views.tables import write_table
from ytterby.views.theme import BLUE, GREY, INK, VERMILLION, faded, label

_DAYS_PER_YEAR = 365.25
_FAN = ("p5", "p25", "p50", "p75", "p95", "null")
_UNITS = {"t": "t a year", "1": ""}


def write_backcast(made: Backcast, settings: Settings, labels: pd.DataFrame, out: Path) -> None:
    """Write ``backcast.html`` and the three tables behind it into a new folder.

    Parameters
    ----------
    labels: series, label, measure of each series.
    """
    check_folder(out)
    rates = backcast_rates(made)
    spec = FigureSpec(
        "backcast", "History and model",
        "Black: published. Red: median of the draws over the same spans. Blue: month by month, with bands "
        "that hold half and 90 % of the draws. Grey: the same chain without any policy. Tonnes are rates.",
        rates, lambda: draw_backcast(rates, labels),
    )  # fmt: skip
    header = tag(
        "header", tag("p", "ytterby backcast", class_="kicker"), tag("h1", foreign(settings.title)),
        tag("p", foreign(settings.question), class_="asof"),
    )  # fmt: skip
    with whole_folder(out) as folder:
        for name in ("points", "months", "fit"):
            write_table(getattr(made, name), folder / f"{name}.csv")
        body = join([header, tag("main", figure_html(spec), id="main")])
        page = page_html(settings.title, body, __version__)
        (folder / "backcast.html").write_text(page, encoding="utf-8", newline="")
        record = {"version": __version__, "study": settings.name, "files": sorted(files_in(folder))}
        write_json(record, folder / RUN_FILE)


def backcast_rates(made: Backcast) -> pd.DataFrame:
    """Points and months in one table for the figure; tonnes of a span become tonnes a year."""
    units = made.points.drop_duplicates("series").set_index("series")["unit"]
    points = made.points.assign(kind="history")
    months = made.months.assign(kind="month", period="", value=float("nan"))
    table = pd.concat([points, months], ignore_index=True)[
        ["series", "kind", "period", "first", "last", "value", *_FAN]
    ]
    table["unit"] = table["series"].map(units)
    days = pd.Series([(b - a).days + 1 for a, b in zip(table["first"], table["last"], strict=True)])
    scale = (_DAYS_PER_YEAR / days).where(table["unit"] == "t", 1.0)
    for column in ("value", *_FAN):
        table[column] = table[column] * scale
    table["unit"] = table["unit"].replace(_UNITS)
    return table


def draw_backcast(rates: pd.DataFrame, labels: pd.DataFrame) -> Any:
    """Draw one panel a series: bands by month, medians and published values over their spans."""
    names = list(dict.fromkeys(rates["series"]))
    titles = labels.set_index("series")["label"]
    figure = panel_grid(len(names), 1)
    days = [min(rates["first"]), max(rates["last"])]
    for panel, name in enumerate(names, start=1):
        rows = rates[rates["series"] == name]
        for trace in _traces(rows, panel):
            figure.add_trace(trace)
        unit = f", {rows['unit'].iloc[0]}" if rows["unit"].iloc[0] else ""
        title_panel(figure, panel, f"<b>{label(titles[name])}</b>{unit}")
        figure.layout[f"yaxis{axis_tail(panel)}"].update(rangemode="tozero", nticks=5, automargin=False)
        figure.layout[f"xaxis{axis_tail(panel)}"].update(type="date", range=days, nticks=8, automargin=False)
    figure.update_layout(
        height=110 + 210 * len(names), legend={"y": 1, "yref": "container", "yanchor": "top"},
        margin={"l": 58, "r": 12, "t": 76, "b": 36},
    )  # fmt: skip
    return figure


def _traces(rows: pd.DataFrame, panel: int) -> list[Any]:
    import plotly.graph_objects as go

    tail = axis_tail(panel)
    axes = {"xaxis": f"x{tail}", "yaxis": f"y{tail}", "showlegend": panel == 1}
    months = rows[rows["kind"] == "month"].dropna(subset=["p50"])
    points = rows[rows["kind"] == "history"]
    middle = [_middle(a, b) for a, b in zip(months["first"], months["last"], strict=True)]
    quiet = {**axes, "x": middle, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    traces = []
    for low, high, alpha, name in (
        ("p5", "p95", 0.2, "90 % of draws"),
        ("p25", "p75", 0.4, "half of the draws"),
    ):
        lower = quiet | {"showlegend": False}
        upper = quiet | {"fill": "tonexty", "fillcolor": faded(BLUE, alpha), "name": name}
        traces += [go.Scatter(y=list(months[low]), **lower), go.Scatter(y=list(months[high]), **upper)]
    thin = {"mode": "lines", "line": {"color": BLUE, "width": 1.4}}
    traces.append(go.Scatter(x=middle, y=list(months["p50"]), name="model by month", **thin, **axes))
    grey = {"mode": "lines", "line": {"color": GREY, "width": 1.4, "dash": "dot"}}
    traces.append(go.Scatter(x=middle, y=list(months["null"]), name="no policy", **grey, **axes))
    for column, name, colour, symbol in (
        ("p50", "model, median", VERMILLION, "diamond"), ("value", "published", INK, "circle"),
    ):  # fmt: skip
        when, values = _segments(points, column)
        line = {"color": colour, "width": 2.2}
        mark = {"symbol": symbol, "size": [0, 8, 0, 0] * len(points), "color": colour, "opacity": 1}
        traces.append(
            go.Scatter(x=when, y=values, name=name, mode="lines+markers", line=line, marker=mark, **axes)
        )
    return traces


def _middle(first: dt.date, last: dt.date) -> dt.date:
    return first + (last - first) / 2


def _segments(points: pd.DataFrame, column: str) -> tuple[list[Any], list[Any]]:
    """Return a stroke over each span, with gaps between the spans."""
    when: list[Any] = []
    values: list[Any] = []
    for row in points.itertuples():
        value = getattr(row, column)
        when += [row.first, _middle(row.first, row.last), row.last, None]
        values += [value, value, value, None]
    return when, values
