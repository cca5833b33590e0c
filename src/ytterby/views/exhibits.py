"""The figures of a report: which there are, what data each shows, and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ytterby.views.figures import (
    calendar_rows,
    draw_calendar,
    draw_chain,
    draw_dependence,
    draw_fans,
    draw_projects,
    draw_verdict_band,
)
from ytterby.views.maps import draw_chokepoint_map
from ytterby.views.results import Results, result_columns

_FANS = 2  # scenarios with a fan of their own
_FEW_YEARS = 5  # fewer values than this make no line over the years


@dataclass(frozen=True)
class FigureSpec:
    """One figure of a report: its data and how it is drawn."""

    name: str
    title: str
    caption: str
    table: pd.DataFrame
    draw: Callable[[], Any]


def report_figures(results: Results) -> dict[str, FigureSpec]:
    """Every figure for which the results hold rows, by name, in the order of the report."""
    makers = (
        _map_spec, _chain_spec, *_fans_makers(results), *_verdict_makers(results), _calendar_spec,
        _projects_spec, *_dependence_makers(results),
    )  # fmt: skip
    specs = [make(results) for make in makers]
    return {spec.name: spec for spec in specs if len(spec.table)}


def figure_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the data of every figure of a report, by the figure's name."""
    return {name: spec.table for name, spec in report_figures(results).items()}


def _map_spec(results: Results) -> FigureSpec:
    shapes = results.shapes
    table = results.chokepoints if shapes else results.chokepoints.head(0)
    return FigureSpec(
        "chokepoint-map", "Where the chain would break",
        "Numbers are ranks in the table below; the fill of a region is its worst node.",
        table, lambda: draw_chokepoint_map(table, results.regions, shapes or {}),
    )  # fmt: skip


def _chain_spec(results: Results) -> FigureSpec:
    return FigureSpec(
        "chain", "The chain in the base year",
        "Widths are tonnes of the study's elements contained, so that stages can be compared; "
        "a colour is a region.",
        results.flows, lambda: draw_chain(results.flows, results.regions),
    )  # fmt: skip


def _fans_makers(results: Results) -> list[Callable[[Results], FigureSpec]]:
    """All scenarios in one, then those that weigh most: a mixture hides what one of them does."""
    table = results.losses[results.losses["case"] == "without plan"]
    weighed = table.assign(weight=table["probability"] * table["expected_loss_usd"])
    worst = weighed[(weighed["scenario"] != "all") & (weighed["weight"] > 0)].nlargest(_FANS, "weight")
    return [
        lambda _, name=name: _fans_spec(results, name)  # type: ignore[misc]
        for name in ("all", *worst["scenario"])
    ]


def _fans_spec(results: Results, scenario: str) -> FigureSpec:
    summed = results.fans[(results.fans["sector"] == "all") & (results.fans["scenario"] == scenario)]
    hit = set(summed.loc[summed[["p95", "mean"]].max(axis=1) > 0, "region"])
    table = summed[summed["region"].isin(hit)].reset_index(drop=True)
    name = "fans" if scenario == "all" else f"fans-{scenario}"
    label = "all scenarios, weighed by probability" if scenario == "all" else next(iter(table["label"]), "")
    return FigureSpec(
        name, f"Share of need not met, week by week: {label}",
        "The pale band holds 90 % of the draws, the darker band half of them; the full line is the median, "
        "the dotted line the mean. Regions without any shortfall are left out.",
        table, lambda: draw_fans(table, results.regions),
    )  # fmt: skip


def _verdict_makers(results: Results) -> list[Callable[[Results], FigureSpec]]:
    return [lambda _, row=row: _verdict_spec(results, row) for row in results.verdicts.itertuples()]  # type: ignore[misc]


def _verdict_spec(results: Results, verdict: Any) -> FigureSpec:
    rows = results.variants[
        (results.variants["claim_id"] == verdict.claim_id) & (results.variants["measure"] == verdict.measure)
    ]
    rows = rows.sort_values(["value_to", "value_from", "variant"], ignore_index=True)
    shown = verdict.unit.startswith(("share", "ratio")) and rows["value_to"].notna().sum() > 1
    return FigureSpec(
        f"verdict-{verdict.claim_id}", f"Claim {verdict.claim_id} under every definition",
        "A row is one definition. Circles agree with the claim, crosses do not. Hollow marks are the start, "
        "full marks the end of the period.",
        rows if shown else rows.head(0),
        lambda: draw_verdict_band(rows, verdict.claimed_from, verdict.claimed_to),
    )  # fmt: skip


def _calendar_spec(results: Results) -> FigureSpec:
    day = results.settings.date
    table = calendar_rows(results.pledges, results.policies, day)
    return FigureSpec(
        "calendar", "Pledges and policies in time",
        "Bars are policies: plain in force, hatched suspended, dotted announced. Diamonds are days on which "
        "pledges fall due. The dashed line is the day of the study.",
        table, lambda: draw_calendar(table, day),
    )  # fmt: skip


def _projects_spec(results: Results) -> FigureSpec:
    table = results.plan_projects
    return FigureSpec(
        "projects", "What the projects cost and what they avoid",
        "Investment still to be made and, where computed, the expected loss avoided by the project alone. "
        "Hatched bars are projects that the plan leaves out.",
        table, lambda: draw_projects(table),
    )  # fmt: skip


def _dependence_makers(results: Results) -> list[Callable[[Results], FigureSpec]]:
    indicators = dict.fromkeys(results.screen["indicator"])
    return [lambda _, name=name: _dependence_spec(results, name) for name in indicators]  # type: ignore[misc]


def _dependence_spec(results: Results, indicator: str) -> FigureSpec:
    known = [row["column"] for row in result_columns()["screen"]]
    rows = results.screen.loc[results.screen["indicator"] == indicator, known]
    # distinct years: many countries of one year make no line either
    with_value = rows["year"].where(rows["value"].notna())
    years = with_value.groupby([rows["material"], rows["stage"]], observed=True).transform("nunique")
    table = rows[years >= _FEW_YEARS].sort_values(
        ["material", "stage", "country_iso3", "year"], ignore_index=True
    )
    words = indicator.replace("_", " ").replace("hhi", "HHI")
    return FigureSpec(
        f"over-time-{indicator}", f"{words[:1].upper()}{words[1:]} over the years",
        "A panel is a material and stage, a line a country; a gap is a year without a value in the store.",
        table, lambda: draw_dependence(table, words),
    )  # fmt: skip
