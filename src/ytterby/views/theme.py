"""The house style of figures: calm, for print, and readable without colour.

Colours are those of Okabe and Ito, which people with any common colour vision can tell apart;
every colour goes with a dash, a symbol or a pattern, so that none is needed.
"""

from __future__ import annotations

from html import escape
from typing import Any

INK, PALE, GRID, PAPER = "#1a1a1a", "#5f6368", "#e3e3e3", "#ffffff"
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#8c8c8c"
SERIES = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, YELLOW, GREY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
PATTERNS = ("", "/", "x", ".", "\\", "-", "+", "|")
FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


def label(value: Any) -> str:
    """Text for a figure: what would be read as markup there is escaped."""
    return escape(" ".join(str(value).split()), quote=False)


def wrapped(value: Any, width: int, lines: int = 2) -> str:
    """Text for a figure in a few lines, cut with an ellipsis."""
    import textwrap

    parts = textwrap.wrap(" ".join(str(value).split()), width, max_lines=lines, placeholder=" …")
    return "<br>".join(escape(part, quote=False) for part in parts)


def faded(colour: str, alpha: float) -> str:
    """Return a colour of the form #rrggbb with some transparency."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def new_figure(height: int, **layout: Any) -> Any:
    """Return an empty plotly figure in the house style."""
    import plotly.graph_objects as go

    axis = {
        "gridcolor": GRID, "linecolor": PALE, "zeroline": False, "ticks": "outside", "tickcolor": PALE,
        "automargin": True, "fixedrange": True, "title": {"font": {"size": 13}},
    }  # fmt: skip
    base = {
        "template": None, "height": height, "autosize": True, "paper_bgcolor": PAPER, "plot_bgcolor": PAPER,
        "font": {"family": FONT, "size": 13, "color": INK}, "margin": {"l": 8, "r": 12, "t": 28, "b": 36},
        "xaxis": axis, "yaxis": axis, "hoverlabel": {"font": {"family": FONT}}, "dragmode": False,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        "colorway": list(SERIES),
    }  # fmt: skip
    figure = go.Figure(layout=base)
    figure.update_layout(**layout)
    return figure
