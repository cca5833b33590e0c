"""Figures of a screen: ``draw_x(table) -> plotly Figure``. They compute nothing.

Colour is never alone: cells carry their number, methods their symbol, parts their pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ytterby.views.maps import draw_classes
from ytterby.views.theme import (
    BLUE,
    GREY,
    INK,
    PAPER,
    PATTERNS,
    SERIES,
    SYMBOLS,
    VERMILLION,
    faded,
    label,
    new_figure,
)

_ROW = 21  # height of a row of names
_MISSING = "·"
_FACTORS = ("production", "trade", "governance", "price")
# Words of each method, in the order of symbols and colours, which so are the same on every page.
_METHODS = {
    "geopolrisk": "GeoPolRisk",
    "hhi": "concentration of production",
    "dera": "country risk of production",
    "import_hhi": "concentration of imports",
    "import_share": "largest supplier's share",
    "import_instability": "instability of suppliers",
    "net_import_reliance": "net import reliance",
    "eu": "EU supply risk",
}


def _words(key: Any) -> str:
    return label(str(key).replace("_", " "))


def draw_heat_map(table: pd.DataFrame) -> Any:
    """One indicator: a row a material, a column a country; a point is a cell without a value.

    Parameters
    ----------
    table
        material, country_iso3, value, status; drawn in the order in which labels come.

    Returns
    -------
    plotly Figure with one heat map; its text carries the numbers, its hover the reasons.
    """
    import plotly.graph_objects as go

    rows, columns = (list(dict.fromkeys(table[name])) for name in ("material", "country_iso3"))
    cells = {(row.material, row.country_iso3): row for row in table.itertuples()}
    grid = [[cells.get((row, column)) for column in columns] for row in rows]
    figure = new_figure(70 + _ROW * len(rows), margin={"l": 8, "r": 8, "t": 30, "b": 8})
    figure.add_trace(go.Heatmap(
        x=list(map(label, columns)), y=list(map(_words, rows)),
        z=[[cell.value if cell and cell.value == cell.value else None for cell in line] for line in grid],
        text=[[f"{cell.value:.2f}" if cell and cell.value == cell.value else _MISSING for cell in line]
              for line in grid],
        customdata=[[label(cell.status) if cell else "not asked" for cell in line] for line in grid],
        texttemplate="%{text}", hovertemplate="%{y}, %{x}: %{text}<br>%{customdata}<extra></extra>",
        colorscale=[[0, faded(BLUE, 0.04)], [1, faded(BLUE, 0.75)]], xgap=2, ygap=2, showscale=False,
        hoverongaps=True,
    ))  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, dtick=1)
    figure.update_xaxes(side="top", showgrid=False, dtick=1)
    return figure


def draw_methods(table: pd.DataFrame) -> Any:
    """Place of each material by every method: 0 the least risk, 1 the most; the line spans the methods.

    Parameters
    ----------
    table
        material, method, position, value; from ``compare_methods``, drawn from top to bottom.
    """
    import plotly.graph_objects as go

    known = table[table["position"].notna()]
    rows = list(dict.fromkeys(known["material"]))
    span = known.groupby("material")["position"].agg(["min", "max"])
    figure = new_figure(110 + _ROW * len(rows), hovermode="closest", legend={"traceorder": "normal"})
    for name in rows:
        figure.add_shape(
            type="line", x0=span.loc[name, "min"], x1=span.loc[name, "max"], y0=_words(name), y1=_words(name),
            line={"color": GREY, "width": 1}, layer="below",
        )  # fmt: skip
    found = set(known["method"])
    for number, method in enumerate(dict.fromkeys([*_METHODS, *sorted(found)])):
        if method not in found:
            continue
        mine, words = known[known["method"] == method], _METHODS.get(method, _words(method))
        figure.add_trace(go.Scatter(
            x=list(mine["position"]), y=list(map(_words, mine["material"])), mode="markers", name=words,
            customdata=mine[["value", "compared"]].to_numpy().tolist(),
            hovertemplate="%{y}: %{customdata[0]:.3g}, among %{customdata[1]}<extra>" + words + "</extra>",
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 10,
                    "color": SERIES[number % len(SERIES)], "line": {"color": INK, "width": 0.6}},
        ))  # fmt: skip
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(map(_words, rows)), autorange="reversed", dtick=1
    )
    figure.update_xaxes(range=[-0.03, 1.03], title="place among the materials that the method can judge")
    return figure


def draw_supplier_flows(table: pd.DataFrame) -> Any:
    """Sankey from suppliers to materials; every material has the same width.

    Parameters
    ----------
    table
        supplier, material, share; from ``dependence_links``.
    """
    import plotly.graph_objects as go

    left, right = (list(dict.fromkeys(table[name])) for name in ("supplier", "material"))
    place = {("from", name): number for number, name in enumerate(left)}
    place |= {("to", name): number + len(left) for number, name in enumerate(right)}
    colours = [SERIES[number] if number < len(SERIES) - 1 else GREY for number in range(len(left))]
    figure = new_figure(max(420, 20 * len(right)), margin={"l": 4, "r": 4, "t": 10, "b": 10})
    figure.add_trace(go.Sankey(
        arrangement="snap", textfont={"size": 12, "color": INK},
        node={"label": [label(name) for name in left] + [_words(name) for name in right],
              "pad": 8, "thickness": 14, "color": colours + [PAPER] * len(right),
              "line": {"color": INK, "width": 0.5}},
        link={"source": [place["from", name] for name in table["supplier"]],
              "target": [place["to", name] for name in table["material"]],
              "value": list(table["share"]),
              "color": [faded(colours[place["from", name]], 0.38) for name in table["supplier"]],
              "hovertemplate": "%{source.label} sells %{value:.0%} of %{target.label}<extra></extra>"},
    ))  # fmt: skip
    return figure


def draw_world_map(table: pd.DataFrame, shapes: Mapping[str, Any], *, words: str) -> Any:
    """Map of one indicator by country; land without a value stays bare.

    Parameters
    ----------
    table
        country_iso3, value, status.
    shapes
        GeoJSON whose features carry ``iso3``.
    words
        Title of the legend.
    """
    values = {row.country_iso3: row.value for row in table.itertuples() if row.value == row.value}
    return draw_classes(values, shapes, title=words)


def draw_ranks(table: pd.DataFrame) -> Any:
    """Ranks with the range of nine draws in ten, from ``rank_stability``, and the chance of the top."""
    import plotly.graph_objects as go

    names = list(map(_words, table["material"]))
    figure = new_figure(90 + _ROW * len(table), hovermode="closest", showlegend=False)
    figure.add_trace(go.Scatter(
        x=list(table["rank"]), y=names, mode="markers",
        customdata=table[["value", "lower", "upper"]].to_numpy().tolist(),
        error_x={"type": "data", "symmetric": False, "array": list(table["rank_upper"] - table["rank"]),
                 "arrayminus": list(table["rank"] - table["rank_lower"]), "color": GREY, "width": 4},
        marker={"size": 9, "color": BLUE, "line": {"color": INK, "width": 0.6}},
        hovertemplate="%{y}: rank %{x}, value %{customdata[0]:.3f} "
                      "(%{customdata[1]:.3f} to %{customdata[2]:.3f})<extra></extra>",
    ))  # fmt: skip
    for name, share in zip(names, table["top_share"], strict=True):
        figure.add_annotation(x=1, xref="paper", xanchor="left", y=name, text=f"{share:.0%}", showarrow=False,
                              xshift=6, font={"color": INK, "size": 12})  # fmt: skip
    figure.update_layout(margin={"r": 56})
    figure.update_yaxes(autorange="reversed", dtick=1)
    figure.update_xaxes(title="rank by value; at the right the share of draws in the top", rangemode="tozero")
    return figure


def draw_change(table: pd.DataFrame) -> Any:
    """What moved each value between two years: parts as bars, the whole change as a diamond.

    Parameters
    ----------
    table
        material, country_iso3, change, production, trade, governance, price; from ``explain_change``.
    """
    import plotly.graph_objects as go

    names = [f"{_words(row.material)}, {label(row.country_iso3)}" for row in table.itertuples()]
    figure = new_figure(110 + _ROW * len(table), barmode="relative", hovermode="closest")
    for number, factor in enumerate(name for name in _FACTORS if table[name].abs().max() > 0):
        figure.add_trace(go.Bar(
            x=list(table[factor]), y=names, orientation="h", name=factor,
            marker={"color": faded(SERIES[number], 0.8), "line": {"color": INK, "width": 0.6},
                    "pattern": {"shape": PATTERNS[number], "fgcolor": PAPER, "size": 6, "solidity": 0.25}},
            hovertemplate="%{y}: %{x:+.4f}<extra>" + factor + "</extra>",
        ))  # fmt: skip
    figure.add_trace(go.Scatter(
        x=list(table["change"]), y=names, mode="markers", name="change",
        marker={"symbol": "diamond", "size": 10, "color": PAPER, "line": {"color": INK, "width": 1.6}},
        hovertemplate="%{y}: %{x:+.4f}<extra>change</extra>",
    ))  # fmt: skip
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    figure.update_yaxes(autorange="reversed", dtick=1)
    figure.update_xaxes(title="change of the value")
    return figure


def draw_bands(table: pd.DataFrame) -> Any:
    """Band of one score by each doubt, from ``score_band``; the line is the value with nothing drawn."""
    import plotly.graph_objects as go

    names: Sequence[str] = list(map(label, table["doubt"]))
    figure = new_figure(90 + 30 * len(table), hovermode="closest", showlegend=False)
    figure.add_trace(go.Bar(
        x=list(table["upper"] - table["lower"]), base=list(table["lower"]), y=names, orientation="h",
        width=0.5, marker={"color": faded(BLUE, 0.45), "line": {"color": INK, "width": 0.8}},
        customdata=table[["lower", "upper"]].to_numpy().tolist(),
        hovertemplate="%{y}: %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
    ))  # fmt: skip
    figure.add_vline(x=float(table["value"].iloc[0]), line={"color": VERMILLION, "width": 2})
    figure.update_yaxes(autorange="reversed", dtick=1, showgrid=False)
    figure.update_xaxes(title="score")
    return figure
