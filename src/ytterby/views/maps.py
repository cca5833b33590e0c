"""Maps of choke points and of indicators, drawn from our own shapes: nothing is fetched.

Countries are polygons on plain axes in the Equal Earth projection (Savric, Patterson and Jenny
2018, doi 10.1080/13658816.2018.1504949), which keeps areas comparable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ytterby.views.theme import BLUE, INK, PAPER, faded, label, new_figure

Points = list[tuple[float | None, float | None]]
_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
# Lower bound of the share of end use lost, fill, pattern, words.
_CLASSES = (
    (0.50, faded(BLUE, 1.0), "x", "half or more"),
    (0.25, faded(BLUE, 0.7), "/", "25 to 50 %"),
    (0.05, faded(BLUE, 0.4), ".", "5 to 25 %"),
    (0.00, faded(BLUE, 0.15), "", "under 5 %"),
)
_LAND = "#efefec"
_SOUTH = -58.0  # Antarctica makes nothing; the map ends above it
_MARK = 0.17  # side of a mark's cell in map units; marks of one region stand in a small grid
_MARKS_A_ROW = 4


def draw_chokepoint_map(
    chokepoints: pd.DataFrame, regions: pd.DataFrame, shapes: Mapping[str, Any], *, marks: int = 12
) -> Any:
    """Map of the regions by their worst choke point, with the first ranks as numbered marks.

    Parameters
    ----------
    chokepoints, regions: tables of :class:`ytterby.views.results.Results`.
    shapes: GeoJSON whose features carry ``iso3``.
    marks: how many ranks are marked.

    Returns
    -------
    plotly Figure; the last trace holds the marks, one a choke point.
    """
    figure = new_figure(470, margin={"l": 0, "r": 0, "t": 8, "b": 8}, showlegend=True, meta={"ratio": 2.0})
    worst = chokepoints.groupby("region")["lost_use_share"].max().to_dict()
    class_of = {
        member: _class_index(worst[row.region])
        for row in regions.itertuples()
        if row.region in worst
        for member in str(row.members).split(";")
    }
    figure.add_trace(_land(f for f in shapes["features"] if _iso3(f) not in class_of))
    for index in range(len(_CLASSES)):
        members = [f for f in shapes["features"] if class_of.get(_iso3(f)) == index]
        if members:
            figure.add_trace(_land(members, index))
    figure.add_trace(_marks(chokepoints.nsmallest(marks, "rank"), regions))
    _frame(figure, "End use lost, worst node")
    return figure


def draw_classes(
    values: Mapping[str, float], shapes: Mapping[str, Any], *, title: str, classes: int = 5
) -> Any:
    """Map of countries by value in classes of equal number; the darkest and densest are the highest.

    Parameters
    ----------
    values: by ISO3; a country without one stays bare.
    shapes: GeoJSON whose features carry ``iso3``.

    Returns
    -------
    plotly Figure; a trace a class after the bare land.
    """
    figure = new_figure(470, margin={"l": 0, "r": 0, "t": 8, "b": 8}, showlegend=True, meta={"ratio": 2.0})
    ordered = sorted(values.values())
    count = min(classes, len(set(ordered)))
    bounds = sorted({ordered[len(ordered) * number // count] for number in range(count)})
    class_of = {code: sum(value >= bound for bound in bounds) - 1 for code, value in values.items()}
    figure.add_trace(_land(f for f in shapes["features"] if _iso3(f) not in class_of))
    for index, bound in reversed([*enumerate(bounds)]):
        members = [f for f in shapes["features"] if class_of.get(_iso3(f)) == index]
        above = f" to {bounds[index + 1]:.2g}" if index + 1 < len(bounds) else f" to {ordered[-1]:.2g}"
        shade = 0.15 + 0.85 * index / max(len(bounds) - 1, 1)
        trace = _land(members)
        trace.update(name=f"{bound:.2g}{above}", showlegend=True, fillcolor=faded(BLUE, shade), fillpattern={
            "shape": _DENSITY[index * (len(_DENSITY) - 1) // max(len(bounds) - 1, 1)], "fgcolor": PAPER,
            "bgcolor": faded(BLUE, shade), "size": 5, "solidity": 0.2,
        })  # fmt: skip
        figure.add_trace(trace)
    _frame(figure, title)
    return figure


_DENSITY = ("", ".", "/", "\\", "x")  # patterns from few to many marks


def _iso3(feature: Mapping[str, Any]) -> str:
    return str(feature["properties"].get("iso3") or "")


def _class_index(share: float) -> int:
    return next(k for k, (bound, *_) in enumerate(_CLASSES) if share >= bound or bound == 0)


def _frame(figure: Any, title: str) -> None:
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        xaxis=hidden | {"range": [-2.5, 2.8]},
        yaxis=hidden | {"range": [project(0, _SOUTH)[1], 1.33], "scaleanchor": "x"},
        legend={
            "title": {"text": label(title), "font": {"size": 13}},
            "y": 0,
            "yanchor": "top",
        },
    )


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Place of a point in degrees on the Equal Earth map of a sphere of radius 1."""
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    a1, a2, a3, a4 = _EQUAL_EARTH
    slope = a1 + 3 * a2 * t**2 + t**6 * (7 * a3 + 9 * a4 * t**2)
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope)
    return x, t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))


def _land(features: Iterable[Mapping[str, Any]], index: int | None = None) -> Any:
    import plotly.graph_objects as go

    points = [point for feature in features for point in _outline(feature["geometry"])]
    trace = go.Scatter(
        x=[x for x, _ in points], y=[y for _, y in points], mode="lines", fill="toself", hoverinfo="skip",
        line={"color": PAPER, "width": 0.6}, fillcolor=_LAND, showlegend=False,
    )  # fmt: skip
    if index is not None:
        _, fill, pattern, words = _CLASSES[index]
        trace.update(fillcolor=fill, name=words, showlegend=True)
        trace.update(
            fillpattern={"shape": pattern, "fgcolor": PAPER, "bgcolor": fill, "size": 5, "solidity": 0.2}
        )
    return trace


def _outline(geometry: Mapping[str, Any]) -> Iterator[tuple[float | None, float | None]]:
    """Outer rings of a feature, projected; a gap stands between two rings."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        ring = polygon[0]  # holes of 1:110m countries (Lesotho) are drawn over by their own shape
        if max(latitude for _, latitude, *_ in ring) > _SOUTH:
            for longitude, latitude in _unwrapped(ring):
                x, y = project(longitude, latitude)
                yield round(x, 3), round(y, 3)
            yield None, None


def _unwrapped(ring: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """One ring without jumps over the antimeridian, on the side of the map where most of it lies."""
    points, turn, last = [], 0.0, ring[0][0]
    for longitude, latitude, *_ in ring:
        turn += 360.0 * ((last - longitude > 180) - (longitude - last > 180))
        points.append((longitude + turn, latitude))
        last = longitude
    middle = (min(x for x, _ in points) + max(x for x, _ in points)) / 2
    shift = -360.0 * ((middle > 180) - (middle < -180))
    return [(x + shift, y) for x, y in points]


def _marks(ranked: pd.DataFrame, regions: pd.DataFrame) -> Any:
    import plotly.graph_objects as go

    places = _mark_places(list(ranked["region"]), regions)
    hover = [
        f"<b>{row.rank}. {label(row.node)}</b><br>without it {row.lost_use_share:.0%} of end use is lost"
        for row in ranked.itertuples()
    ]
    return go.Scatter(
        x=[x for x, _ in places], y=[y for _, y in places], mode="markers+text", text=list(ranked["rank"]),
        textfont={"color": INK, "size": 12}, hovertext=hover, hoverinfo="text", showlegend=False,
        customdata=ranked[["node", "lost_use_share"]].to_numpy().tolist(),
        marker={"size": 23, "color": PAPER, "line": {"color": INK, "width": 1.5}},
    )  # fmt: skip


def _mark_places(names: Sequence[str], regions: pd.DataFrame) -> list[tuple[float, float]]:
    """Where the marks stand: in a small grid upward from their region's place, in the order of rank."""
    known = {row.region: (row.longitude, row.latitude) for row in regions.itertuples()}
    places = []
    for k, name in enumerate(names):
        longitude, latitude = known.get(name, (math.nan, math.nan))
        x, y = project(longitude, latitude) if longitude == longitude else project(-150, -40)
        number, total = names[:k].count(name), names.count(name)
        column, row = number % _MARKS_A_ROW, number // _MARKS_A_ROW
        width, below = min(total, _MARKS_A_ROW), (total - 1) // _MARKS_A_ROW - row
        places.append((x + _MARK * (column - (width - 1) / 2), y + _MARK * below))
    return places
