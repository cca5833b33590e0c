"""Figures as functions: ``draw_x(table) -> plotly Figure``. They compute nothing.

What a figure shows stands in the table it is given, so that its data can be exported and tested;
only places on the paper (stacking, order, wrapping of labels) are worked out here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ytterby.ledger.dates import read_span
from ytterby.ledger.policies import DATES, policies_in_force
from ytterby.views.theme import (
    BLUE,
    DASHES,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SERIES,
    SYMBOLS,
    VERMILLION,
    faded,
    label,
    new_figure,
    wrapped,
)

_DAY_MS = 86_400_000
_WINDOW = (dt.timedelta(days=548), dt.timedelta(days=731))  # the calendar: 18 months back, 24 ahead
_PANEL_COLUMNS = 3
_NAMED_VARIANTS = 14  # so many rows of a verdict band can carry their definition
_VERDICT_COLOURS = {"consistent": VERMILLION}
_VERDICT_SYMBOLS = {"consistent": "circle", "inconsistent": "x"}
_STAGES = ("mine", "ore", "concentrate", "compound", "oxide", "refined", "metal", "alloy", "semi_product",
           "magnet", "component", "product", "use")  # fmt: skip


# The chain as a Sankey -------------------------------------------------------------------------


def draw_chain(flows: pd.DataFrame, regions: pd.DataFrame) -> Any:
    """Sankey of the chain: a column a stage, a node a region, widths in tonnes of contained elements.

    Returns
    -------
    plotly Figure with one Sankey trace; its links stand in the order of ``flows``.
    """
    import plotly.graph_objects as go

    names = regions.set_index("region")["label"].to_dict()
    order = {region: k for k, region in enumerate(dict.fromkeys([*regions["region"], *flows["origin"]]))}
    nodes = _chain_nodes(flows, order)
    place = {(row.stage, row.region): k for k, row in enumerate(nodes.itertuples())}
    colours = {region: SERIES[k] if k < len(SERIES) else GREY for region, k in order.items()}
    figure = new_figure(
        max(380, 44 * int(nodes.groupby("stage").size().max())), margin={"l": 4, "r": 4, "t": 34, "b": 8}
    )
    figure.add_trace(go.Sankey(
        arrangement="snap", domain={"x": [0.0, 1.0]}, textfont={"size": 12, "color": INK},
        node={
            "label": [label(names.get(region, region)) for region in nodes["region"]],
            "x": list(nodes["x"]), "y": list(nodes["y"]), "pad": 14, "thickness": 14,
            "color": [colours.get(region, GREY) for region in nodes["region"]],
            "line": {"color": INK, "width": 0.5},
            "hovertemplate": "%{label}: %{value:,.0f} t a year<extra></extra>",
        },
        link={
            "source": [place[key] for key in zip(flows["stage"], flows["origin"], strict=True)],
            "target": [place[key] for key in zip(flows["next_stage"], flows["destination"], strict=True)],
            "value": list(flows["content_tpa"]), "label": list(map(label, flows["material"])),
            "color": [faded(colours.get(region, GREY), 0.38) for region in flows["origin"]],
            "hovertemplate": "%{label}, %{source.label} to %{target.label}: %{value:,.0f} t a year"
                             "<extra></extra>",
        },
    ))  # fmt: skip
    _stage_titles(figure, nodes)
    return figure


def _chain_nodes(flows: pd.DataFrame, order: Mapping[str, int]) -> pd.DataFrame:
    """Nodes (stage, region) with their place; within a stage regions keep their order."""
    ends = [("stage", "origin"), ("next_stage", "destination")]
    sides = [flows.groupby(list(end))["content_tpa"].sum().rename_axis(["stage", "region"]) for end in ends]
    size = pd.concat(sides, axis=1).max(axis=1).rename("size").reset_index()
    size["rank"] = size["stage"].map(_stage_rank)
    size["order"] = size["region"].map(lambda region: order.get(region, len(order)))
    size = size.sort_values(["rank", "stage", "order"], ignore_index=True)
    columns = {stage: k for k, stage in enumerate(dict.fromkeys(size["stage"]))}
    size["x"] = size["stage"].map(lambda stage: 0.001 + 0.998 * columns[stage] / max(1, len(columns) - 1))
    total = size.groupby("stage")["size"].transform("sum").max()
    below = size.groupby("stage")["size"].cumsum() - size["size"] / 2
    steps = size.groupby("stage").cumcount()
    size["y"] = (0.02 + 0.75 * below / total + 0.03 * steps).clip(0.01, 0.99)
    return size


def _stage_rank(stage: str) -> int:
    return _STAGES.index(stage) if stage in _STAGES else len(_STAGES)


def _stage_titles(figure: Any, nodes: pd.DataFrame) -> None:
    stages = nodes.drop_duplicates("stage")
    for row in stages.itertuples():
        side = "left" if row.x < 0.1 else "right" if row.x > 0.9 else "center"
        title = f"<b>{label(str(row.stage).replace('_', ' '))}</b>"
        figure.add_annotation(text=title, x=row.x, y=1.0, yshift=22, xref="paper", yref="paper",
                              xanchor=side, showarrow=False)  # fmt: skip


# Shortfalls with and without the plan ------------------------------------------------------------


def draw_fans(fans: pd.DataFrame, regions: pd.DataFrame) -> Any:
    """Fans of unmet need: a row a region, a column a case; the same scale everywhere.

    The pale band holds 90 % of the draws, the darker one half of them; the line is the median,
    the dotted line the mean.
    """
    names = regions.set_index("region")["label"].to_dict()
    places, cases = list(dict.fromkeys(fans["region"])), list(dict.fromkeys(fans["case"]))
    figure = panel_grid(len(places), len(cases))
    top = max(0.05, float(fans["p95"].max()), float(fans["mean"].max())) if len(fans) else 1.0
    for r, region in enumerate(places):
        for c, case in enumerate(cases):
            rows = fans[(fans["region"] == region) & (fans["case"] == case)].sort_values("week")
            title = f"<b>{label(names.get(region, region))}</b>, {label(case)}"
            panel = r * len(cases) + c + 1
            for trace in _fan(rows, BLUE if case == "with plan" else VERMILLION, panel, first=panel == 1):
                figure.add_trace(trace)
            finish_panel(figure, panel, title, top, last=r == len(places) - 1)
    figure.update_layout(
        height=86 + 165 * len(places), legend={"y": 1, "yref": "container", "yanchor": "top"}
    )
    return figure


def panel_grid(rows: int, columns: int) -> Any:
    """Return an empty figure with a pair of axes for each panel, row by row."""
    figure = new_figure(400, margin={"l": 44, "r": 8, "t": 76, "b": 40}, hovermode="x")
    gap_x, gap_y = 0.06, 0.40 / max(1, rows)
    width = (1 - gap_x * (columns - 1)) / max(1, columns)
    height = (1 - gap_y * (rows - 1)) / max(1, rows)
    base = figure.layout.xaxis.to_plotly_json()
    for r in range(rows):
        for c in range(columns):
            panel = r * columns + c + 1
            left, low = c * (width + gap_x), max(0.0, 1 - (r + 1) * height - r * gap_y)
            tail = axis_tail(panel)
            figure.layout[f"xaxis{tail}"] = base | {
                "domain": [left, min(1, left + width)],
                "anchor": f"y{tail}",
            }
            figure.layout[f"yaxis{tail}"] = base | {
                "domain": [low, min(1, low + height)],
                "anchor": f"x{tail}",
            }
    return figure


def axis_tail(panel: int) -> str:
    """Ending of a panel's axes in plotly: nothing, 2, 3 ..."""
    return "" if panel == 1 else str(panel)


def axes_of(figure: Any, panel: int) -> tuple[Any, Any]:
    """Return the axes of a panel."""
    return figure.layout[f"xaxis{axis_tail(panel)}"], figure.layout[f"yaxis{axis_tail(panel)}"]


def title_panel(figure: Any, panel: int, title: str) -> None:
    """Write a title over a panel, from 1 on."""
    axis_x, axis_y = axes_of(figure, panel)
    figure.add_annotation(text=title, x=axis_x.domain[0], y=axis_y.domain[1], xref="paper", yref="paper",
                          xanchor="left", yanchor="bottom", showarrow=False)  # fmt: skip


def finish_panel(
    figure: Any, panel: int, title: str, top: float, *, last: bool, dates: str | None = "%b %Y"
) -> None:
    """Give a panel its title and its axes: shares up to ``top``, dates or weeks below the last row."""
    axis_x, axis_y = axes_of(figure, panel)
    axis_y.update(range=[0, top * 1.05], tickformat=".0%", nticks=4, automargin=False)
    axis_x.update(showticklabels=last, automargin=False, tickformat=dates if last else None, nticks=4)
    title_panel(figure, panel, title)


def _fan(rows: pd.DataFrame, colour: str, panel: int, *, first: bool) -> list[Any]:
    import plotly.graph_objects as go

    tail = axis_tail(panel)
    when = list(rows["date"]) if rows["date"].astype(bool).all() else list(rows["week"])
    shared = {"x": when, "xaxis": f"x{tail}", "yaxis": f"y{tail}", "mode": "lines"}
    quiet = shared | {"line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}

    def band(low: str, high: str, alpha: float, name: str) -> list[Any]:
        fill = {"fill": "tonexty", "fillcolor": faded(colour, alpha), "name": name, "showlegend": first}
        lower = go.Scatter(y=list(rows[low]), **quiet)
        return [lower, go.Scatter(y=list(rows[high]), **(quiet | fill))]

    lines = (("p50", "median", {"color": colour, "width": 2.2}),
             ("mean", "mean", {"color": INK, "width": 1.4, "dash": "dot"}))  # fmt: skip
    centre = [
        go.Scatter(
            y=list(rows[column]),
            name=name,
            showlegend=first,
            line=line,
            **shared,
            hovertemplate=name + " %{y:.1%}<extra></extra>",
        )
        for column, name, line in lines
    ]
    return [
        *band("p5", "p95", 0.22, "90 % of draws"),
        *band("p25", "p75", 0.45, "half of the draws"),
        *centre,
    ]


# Verdict bands -----------------------------------------------------------------------------------


def draw_verdict_band(variants: pd.DataFrame, claimed_from: float, claimed_to: float) -> Any:
    """One claim under every definition: a row a definition, hollow mark at the start, full at the end.

    Parameters
    ----------
    variants: rows of one claim, in shares or ratios; drawn from top to bottom. Where they are many,
        only the reference and the nearest definition are named.
    claimed_from, claimed_to: what the claim says, in the unit of the rows; NaN where it says nothing.

    Returns
    -------
    plotly Figure; its first trace holds the values at the start, the second those at the end.
    """
    height = 38.0 if len(variants) <= _NAMED_VARIANTS else max(4.0, min(9.0, 520 / len(variants)))
    figure = new_figure(
        int(90 + height * len(variants)),
        hovermode="closest",
        showlegend=False,
        margin={"l": 8, "r": 12, "t": 44, "b": 30},
    )
    rows = list(range(len(variants)))
    for row, start, end in zip(rows, variants["value_from"], variants["value_to"], strict=True):
        if start == start and end == end:
            figure.add_shape(type="line", x0=start, x1=end, y0=row, y1=row, line={"color": GREY, "width": 1})
    size = 11 if height > 10 else 7
    figure.add_trace(_values(variants, "value_from", "value at the start", size, full=False))
    figure.add_trace(_values(variants, "value_to", "value at the end", size, full=True))
    period = claimed_from == claimed_from
    _claimed_line(figure, claimed_from, "claimed start", "dash")
    _claimed_line(figure, claimed_to, "claimed end" if period else "claimed", "solid")
    ticks = [_variant_name(variant, few=height > 10) for variant in variants.itertuples()]
    named = [row for row in rows if ticks[row]]
    figure.update_xaxes(
        range=[0, _upper_end(variants, claimed_from, claimed_to)], tickformat=".0%", dtick=0.2
    )
    figure.update_yaxes(
        range=[len(rows) - 0.4, -0.6], showgrid=False, tickvals=named, ticktext=[ticks[k] for k in named]
    )
    return figure


def _values(variants: pd.DataFrame, column: str, name: str, size: int, *, full: bool) -> Any:
    import plotly.graph_objects as go

    symbols = [_VERDICT_SYMBOLS.get(verdict, "diamond") for verdict in variants["verdict"]]
    colours = [_VERDICT_COLOURS.get(verdict, BLUE) for verdict in variants["verdict"]]
    told = [
        f"{label(d)}<br>{label(v)}" for d, v in zip(variants["definition"], variants["verdict"], strict=True)
    ]
    return go.Scatter(
        x=list(variants[column]), y=list(range(len(variants))), mode="markers", name=name, customdata=told,
        hovertemplate="%{x:.1%}, %{customdata}<extra></extra>", visible=bool(variants[column].notna().any()),
        marker={"size": size, "color": colours if full else PAPER, "symbol": symbols,
                "line": {"color": colours, "width": 1.5}},
    )  # fmt: skip


def _claimed_line(figure: Any, value: float, name: str, dash: str) -> None:
    if value == value:
        figure.add_vline(x=value, line={"color": INK, "width": 1.6, "dash": dash})
        words = f"{name}<br><b>{value:.0%}</b>"
        figure.add_annotation(x=value, y=1, yref="paper", yanchor="bottom", text=words, showarrow=False)


def _variant_name(variant: Any, *, few: bool) -> str:
    if variant.reference:
        return f"<b>reference</b>: {wrapped(variant.definition, 40)}"
    if variant.best:
        return f"<b>nearest</b>: {wrapped(variant.definition, 40)}"
    return wrapped(variant.definition, 40) if few else ""


def _upper_end(variants: pd.DataFrame, *claimed: float) -> float:
    """Shares and ratios are drawn from 0 to 100 %, or further where a ratio goes further."""
    known = [value for value in (*variants["value_from"], *variants["value_to"], *claimed) if value == value]
    highest = max(known, default=1.0)
    return 1.02 if highest <= 1 else 1.05 * highest


# The calendar of pledges and policies ------------------------------------------------------------


def calendar_rows(pledges: pd.DataFrame, policies: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Dates of pledges and policies as the segments a calendar draws.

    Returns
    -------
    id, label, what (announced, in force, suspended, due), start, end (the first day after it): ISO
    days, cut at the window of the calendar, 18 months before the day and 24 after it.
    """
    first, last = day - _WINDOW[0], day + _WINDOW[1]
    rows: list[tuple[str, str, str, dt.date, dt.date]] = []
    for pledge in pledges[pledges["due"] != ""].sort_values("due", kind="stable").itertuples():
        due = read_span(str(pledge.due)).last
        rows.append((f"pledge {pledge.pledge_id}", f"{pledge.promisor}: {pledge.object}", "due", due, due))
    for policy in policies.to_dict("records"):
        who = f"policy {policy['policy']}", str(policy["label"])
        rows += [(*who, *segment) for segment in _policy_segments(policy, last)]
    shown = [
        (key, name, what, max(start, first).isoformat(), min(end, last).isoformat())
        for key, name, what, start, end in rows
        if start <= last and end >= first
    ]
    return pd.DataFrame(shown, columns=["id", "label", "what", "start", "end"], dtype=object)


def _policy_segments(policy: Mapping[Any, Any], last: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """States of a policy between its dates, as the ledger tells them for the first day of each."""
    days = sorted({_turn(name, policy[name]) for name in DATES if policy[name]})
    days = [day for day in days if day <= last]
    if not days:  # all of it lies ahead, as for a study that looks back
        return []
    row = pd.DataFrame([{str(name): cell for name, cell in policy.items()}])
    states = [str(policies_in_force(row, start)["state"].iloc[0]).replace("_", " ") for start in days]
    turns = [k for k in range(len(days)) if not k or states[k] != states[k - 1]]
    stops = [*(days[k] for k in turns[1:]), last]
    segments = [(states[k], days[k], stop) for k, stop in zip(turns, stops, strict=True)]
    return [(what, start, stop) for what, start, stop in segments if what in _SEGMENTS and start < stop]


def _turn(name: str, date: str) -> dt.date:
    """First day on which a date of a policy may change its state."""
    span = read_span(date)
    if name == "expires":
        return span.last + dt.timedelta(days=1)
    return span.last if name == "suspended" else span.first


_SEGMENTS = {
    "in force": (BLUE, "", 1.0),
    "suspended": (ORANGE, "/", 0.6),
    "announced": (GREY, ".", 0.35),
}


def draw_calendar(calendar: pd.DataFrame, day: dt.date) -> Any:
    """Policies as bars (plain in force, hatched suspended, dotted announced), due pledges as diamonds."""
    import plotly.graph_objects as go

    names = {row.id: wrapped(row.label, 38) for row in calendar.itertuples()}
    unique = _distinct(names)
    figure = new_figure(90 + 40 * len(unique), barmode="overlay", margin={"l": 8, "r": 12, "t": 34, "b": 36})
    for what, (colour, pattern, alpha) in _SEGMENTS.items():
        rows = calendar[calendar["what"] == what]
        figure.add_trace(go.Bar(
            y=[unique[key] for key in rows["id"]], base=list(rows["start"]), orientation="h",
            name=what, width=0.5,
            x=[_milliseconds(a, b) for a, b in zip(rows["start"], rows["end"], strict=True)],
            customdata=list(rows["end"]), hovertemplate="%{base} to %{customdata}<extra>" + what + "</extra>",
            marker={"color": faded(colour, alpha), "line": {"color": INK, "width": 0.6},
                    "pattern": {"shape": pattern, "fgcolor": INK, "size": 6, "solidity": 0.2}},
        ))  # fmt: skip
    due = calendar[calendar["what"] == "due"]
    figure.add_trace(go.Scatter(
        x=list(due["end"]), y=[unique[key] for key in due["id"]], mode="markers+text", name="pledge due",
        text=list(due["end"]), textposition="middle right", textfont={"size": 12}, hoverinfo="x",
        marker={"symbol": "diamond", "size": 13, "color": VERMILLION, "line": {"color": INK, "width": 1}},
    ))  # fmt: skip
    figure.add_vline(x=day.isoformat(), line={"color": INK, "width": 1.2, "dash": "dash"})
    figure.add_annotation(
        x=day.isoformat(), y=1, yref="paper", yanchor="bottom", text=f"{day:%d %b %Y}", showarrow=False
    )
    window = [(day - _WINDOW[0]).isoformat(), (day + _WINDOW[1]).isoformat()]
    figure.update_xaxes(type="date", range=window, tickformat="%b %Y", nticks=7)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=list(unique.values())
    )
    figure.update_layout(legend={"y": -30 / (20 + 40 * max(1, len(unique))), "yanchor": "top"})
    return figure


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Labels as categories of an axis: equal ones are told apart by an invisible mark."""
    seen: dict[str, int] = {}
    found = {}
    for key, name in names.items():
        seen[name] = seen.get(name, 0) + 1
        found[key] = name + "\u2060" * (seen[name] - 1)
    return found


def _milliseconds(start: str, end: str) -> int:
    return (dt.date.fromisoformat(end) - dt.date.fromisoformat(start)).days * _DAY_MS


# Projects ----------------------------------------------------------------------------------------


def draw_projects(projects: pd.DataFrame) -> Any:
    """Investment of each project and, where known, the loss it avoids; hatched when not chosen.

    Returns
    -------
    plotly Figure; a trace for each of investment and loss avoided, chosen and left out, each in the
    order of the projects and empty where the other one counts.
    """
    keys = {row.project: wrapped(row.label, 34) for row in projects.itertuples()}
    names = list(_distinct(keys).values())
    figure = new_figure(100 + 46 * len(names), barmode="group", bargap=0.35)
    series = (("capex_usd", "investment", BLUE), ("avoided_loss_usd", "loss avoided", GREEN))
    for column, title, colour in series:
        for chosen in (True, False):
            values = projects[column].where(projects["chosen"] == chosen)
            if values.notna().any():
                figure.add_trace(_project_bars(names, values, title, colour, chosen=chosen))
    figure.update_xaxes(title_text="USD", exponentformat="B", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False, categoryorder="array", categoryarray=names)
    return figure


def _project_bars(names: list[str], values: pd.Series, title: str, colour: str, *, chosen: bool) -> Any:
    import plotly.graph_objects as go

    name = title if chosen else f"{title}, left out"
    pattern = {"shape": "" if chosen else "/", "fgcolor": INK, "size": 7, "solidity": 0.15}
    return go.Bar(
        y=names, x=list(values), orientation="h", name=name, offsetgroup=title,
        hovertemplate="%{x:,.3s} USD<extra>" + name + "</extra>",
        marker={"color": faded(colour, 0.9 if chosen else 0.25), "line": {"color": INK, "width": 0.8},
                "pattern": pattern},
    )  # fmt: skip


# Dependence over time ----------------------------------------------------------------------------


def draw_dependence(screen: pd.DataFrame, title: str) -> Any:
    """One indicator over the years: a panel a material and stage, a line a country; gaps stay gaps.

    Returns
    -------
    plotly Figure; a trace for each panel and country, panels in alphabetical order.
    """
    shown = list(dict.fromkeys(zip(screen["material"], screen["stage"], strict=True)))
    columns = min(_PANEL_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = panel_grid(rows, columns)
    countries = list(dict.fromkeys(screen["country_iso3"]))
    top = 1.05 * float(screen["value"].max())
    for k, (material, stage) in enumerate(shown):
        held = screen[(screen["material"] == material) & (screen["stage"] == stage)].sort_values("year")
        for c, country in enumerate(countries):
            line = held[held["country_iso3"] == country]
            figure.add_trace(_country_line(line, country, k + 1, c))
        title_panel(figure, k + 1, f"<b>{label(str(material).replace('_', ' '))}</b>, {label(stage)}")
        axis_x, axis_y = axes_of(figure, k + 1)
        axis_y.update(range=[0, top], nticks=4, automargin=False, tickformat="~g")
        axis_x.update(range=[screen["year"].min() - 1, screen["year"].max() + 1], nticks=4, automargin=False)
    for extra in range(len(shown), rows * columns):
        for axis in axes_of(figure, extra + 1):
            axis.update(visible=False)
    figure.update_layout(
        height=100 + 150 * rows,
        legend={"y": 1, "yref": "container", "yanchor": "top", "title": {"text": label(title)}},
    )
    return figure


def _country_line(rows: pd.DataFrame, country: str, panel: int, style: int) -> Any:
    import plotly.graph_objects as go

    colour, dash = SERIES[style % len(SERIES)], DASHES[style % len(DASHES)]
    return go.Scatter(
        x=list(rows["year"]), y=list(rows["value"]), name=label(country), legendgroup=country,
        showlegend=panel == 1, mode="lines+markers", connectgaps=False, xaxis=f"x{axis_tail(panel)}",
        yaxis=f"y{axis_tail(panel)}", line={"color": colour, "dash": dash, "width": 1.8},
        marker={"symbol": SYMBOLS[style % len(SYMBOLS)], "size": 4},
    )  # fmt: skip
