import csv
import datetime as dt
import io
import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ytterby.ledger.policies import policies_in_force
from ytterby.views.exhibits import figure_tables, report_figures
from ytterby.views.figures import (
    calendar_rows,
    draw_calendar,
    draw_chain,
    draw_dependence,
    draw_fans,
    draw_projects,
    draw_verdict_band,
)
from ytterby.views.maps import _unwrapped, draw_chokepoint_map, project
from ytterby.views.results import Results
from ytterby.views.tables import csv_text

GOLDEN = Path(__file__).parents[1] / "golden" / "figures"


def _same(drawn: Any, table: Any) -> bool:
    pairs = zip(drawn, table, strict=True)
    return all(a == b or (isinstance(b, float) and math.isnan(b) and (a is None or a != a)) for a, b in pairs)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.csv")), ids=lambda path: path.stem)
def test_data_of_every_figure_is_as_recorded(results: Results, path: Path) -> None:
    assert csv_text(figure_tables(results)[path.stem]) == path.read_text(encoding="utf-8")


def test_every_figure_is_recorded(results: Results) -> None:
    assert {path.stem for path in GOLDEN.glob("*.csv")} == set(figure_tables(results))


def test_chain_draws_every_flow_between_its_regions(results: Results) -> None:
    (sankey,) = draw_chain(results.flows, results.regions).data
    assert list(sankey.link.value) == list(results.flows["content_tpa"])
    names = dict(zip(results.regions["region"], results.regions["label"], strict=True))
    labels = sankey.node.label
    assert [labels[k] for k in sankey.link.source] == [names[r] for r in results.flows["origin"]]
    assert [labels[k] for k in sankey.link.target] == [names[r] for r in results.flows["destination"]]


def test_stages_stand_from_left_to_right(results: Results) -> None:
    (sankey,) = draw_chain(results.flows, results.regions).data
    place = sankey.node.x
    assert all(place[a] < place[b] for a, b in zip(sankey.link.source, sankey.link.target, strict=True))


def test_fans_draw_the_quantiles_of_the_table(results: Results) -> None:
    rows = results.fans[results.fans["sector"] == "all"]
    figure = draw_fans(rows, results.regions)
    per_panel = 6  # lower and upper edge of two bands, median, mean
    for k, (_, group) in enumerate(rows.groupby(["region", "case"], sort=False)):
        case_major = list(dict.fromkeys(rows["region"])).index(group["region"].iloc[0]) * 2
        panel = case_major + list(dict.fromkeys(rows["case"])).index(group["case"].iloc[0])
        traces = figure.data[panel * per_panel : (panel + 1) * per_panel]
        for trace, column in zip(traces, ("p5", "p95", "p25", "p75", "p50", "mean"), strict=True):
            assert list(trace.y) == list(group[column]), (k, column)
            assert list(trace.x) == list(group["date"])


def test_all_fans_share_one_scale(results: Results) -> None:
    figure = draw_fans(results.fans[results.fans["sector"] == "all"], results.regions)
    ranges = {axis.range for axis in figure.select_yaxes()}
    assert len(ranges) == 1
    assert ranges.pop()[1] >= results.fans["p95"].max()


def test_verdict_band_draws_every_variant_and_the_claim(results: Results) -> None:
    rows = results.variants[results.variants["claim_id"] == "note-de-02"]
    figure = draw_verdict_band(rows, 0.9, 0.6)
    start, end = figure.data
    assert list(start.x) == list(rows["value_from"])
    assert list(end.x) == list(rows["value_to"])
    assert [s == "circle" for s in end.marker.symbol] == [v == "consistent" for v in rows["verdict"]]
    lines = {shape.x0 for shape in figure.layout.shapes if shape.yref == "y domain"}
    assert lines == {0.9, 0.6}


def test_verdict_band_of_a_ratio_shows_no_start(results: Results) -> None:
    rows = results.variants[results.variants["claim_id"] == "note-en-02"]
    figure = draw_verdict_band(rows, math.nan, 0.5)
    assert figure.data[0].visible is False
    assert _same(figure.data[1].x, rows["value_to"])


def test_many_variants_name_only_the_reference_and_the_nearest(results: Results) -> None:
    rows = results.variants[results.variants["claim_id"] == "note-de-02"]
    many = pd.concat([rows, *[rows.assign(best=False, reference=False)] * 9], ignore_index=True)
    named = draw_verdict_band(many, 0.9, 0.6).layout.yaxis.ticktext
    assert len(named) == 2
    assert len(draw_verdict_band(rows, 0.9, 0.6).layout.yaxis.ticktext) == len(rows)


def test_calendar_tells_the_same_state_as_the_ledger_on_every_day(results: Results) -> None:
    day = results.settings.date
    rows = calendar_rows(results.pledges, results.policies, day)
    for k, policy in enumerate(results.policies["policy"]):
        segments = rows[rows["id"] == f"policy {policy}"]
        for step in range(-540, 720, 9):
            then = day + dt.timedelta(days=step)
            state = policies_in_force(results.policies.iloc[[k]], then)["state"].iloc[0].replace("_", " ")
            held = [s.what for s in segments.itertuples() if s.start <= then.isoformat() < s.end]
            assert held == ([state] if state in {"announced", "in force", "suspended"} else []), (
                policy,
                then,
            )


def test_calendar_draws_every_segment_and_due_day(results: Results) -> None:
    day = results.settings.date
    rows = calendar_rows(results.pledges, results.policies, day)
    figure = draw_calendar(rows, day)
    for trace in figure.data[:3]:
        held = rows[rows["what"] == trace.name]
        assert list(trace.base) == list(held["start"])
        ends = [
            dt.date.fromisoformat(b) + dt.timedelta(milliseconds=x)
            for b, x in zip(trace.base, trace.x, strict=True)
        ]
        assert [end.isoformat() for end in ends] == list(held["end"])
    assert list(figure.data[3].x) == list(rows[rows["what"] == "due"]["end"]) == ["2026-03-31", "2026-04-28"]


def test_labels_cannot_bring_markup_or_links_into_a_figure(results: Results) -> None:
    rows = calendar_rows(results.pledges, results.policies, results.settings.date)
    labels = [y for trace in draw_calendar(rows, results.settings.date).data for y in trace.y]
    assert any("&lt;b&gt;bold&lt;/b&gt;" in y for y in labels)
    hostile = results.flows.assign(material='<a href="https://example.org">x</a>')
    (sankey,) = draw_chain(hostile, results.regions).data
    assert all(text.startswith("&lt;a href") for text in sankey.link.label)


def test_projects_draw_investment_and_loss_avoided(results: Results) -> None:
    table = results.plan_projects
    traces = {trace.name: trace for trace in draw_projects(table).data}
    assert set(traces) == {"investment", "investment, left out", "loss avoided", "loss avoided, left out"}
    for column, name in (("capex_usd", "investment"), ("avoided_loss_usd", "loss avoided")):
        assert _same(traces[name].x, table[column].where(table["chosen"]))
        assert _same(traces[f"{name}, left out"].x, table[column].where(~table["chosen"]))
    assert traces["investment"].marker.pattern.shape != traces["investment, left out"].marker.pattern.shape


def test_dependence_keeps_gaps_and_tells_lines_apart_without_colour(results: Results) -> None:
    table = report_figures(results)["over-time-import_share_of_CHN"].table
    traces = draw_dependence(table, "share").data
    assert [trace.name.split()[0] for trace in traces] == ["DEU", "JPN", "USA"]
    assert _same(traces[0].y, table[table["country_iso3"] == "DEU"]["value"])
    assert any(value is None or value != value for value in traces[0].y)
    assert len({trace.line.dash for trace in traces}) == len({trace.marker.symbol for trace in traces}) == 3


def test_one_year_of_many_countries_is_no_line_over_the_years(results: Results) -> None:
    rows = results.screen.iloc[[0] * 8].assign(
        indicator="production_share", country_iso3=list("ABCDEFGH"), year=2024, value=0.1
    )
    results = replace(results, screen=pd.concat([results.screen, rows], ignore_index=True))
    figures = report_figures(results)
    assert "over-time-production_share" not in figures
    assert "over-time-import_share_of_CHN" in figures


def test_map_marks_the_first_ranks_of_the_table(results: Results, shapes: dict[str, Any]) -> None:
    figure = draw_chokepoint_map(results.chokepoints, results.regions, shapes, marks=5)
    marks = figure.data[-1]
    first = results.chokepoints.nsmallest(5, "rank")
    assert list(marks.text) == [str(rank) for rank in first["rank"]]
    assert [tuple(pair) for pair in marks.customdata] == list(
        zip(first["node"], first["lost_use_share"], strict=True)
    )
    assert len({(x, y) for x, y in zip(marks.x, marks.y, strict=True)}) == 5


def test_map_needs_no_base_map_from_anywhere(results: Results, shapes: dict[str, Any]) -> None:
    figure = draw_chokepoint_map(results.chokepoints, results.regions, shapes)
    assert {trace.type for trace in figure.data} == {"scatter"}
    assert not figure.layout.geo.to_plotly_json()


def test_projection_is_equal_earth() -> None:
    """Width to height 2.05458:1, equal area (Savric, Patterson and Jenny 2018)."""
    assert project(0, 0) == (0, 0)
    half_width, half_height = project(180, 0)[0], project(0, 90)[1]
    assert half_width / half_height == pytest.approx(2.05458, abs=1e-5)
    # equal area: the sphere's 4 pi is the area under the outline
    steps = [project(180, -90 + 180 * k / 2000) for k in range(2001)]
    area = sum((x0 + x1) * (y1 - y0) for (x0, y0), (x1, y1) in itertools.pairwise(steps))
    assert area == pytest.approx(4 * math.pi, rel=1e-5)


def test_a_ring_over_the_antimeridian_stays_whole() -> None:
    ring = [(170.0, 60.0), (179.0, 62.0), (-178.0, 64.0), (-170.0, 66.0), (170.0, 60.0)]
    unwrapped = _unwrapped(ring)
    assert [x for x, _ in unwrapped] == [170, 179, 182, 190, 170]
    west = _unwrapped([(-170.0, 60.0), (-178.0, 61.0), (179.0, 62.0), (-170.0, 60.0)])
    assert [x for x, _ in west] == [-170, -178, -181, -170]


def test_figure_tables_can_be_written_as_csv(results: Results) -> None:
    for table in figure_tables(results).values():
        rows = list(csv.reader(io.StringIO(csv_text(table))))
        assert rows[0] == list(table.columns)
        assert len(rows) == len(table) + 1
