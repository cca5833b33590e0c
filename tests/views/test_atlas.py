"""The atlas of a country: its figures show their tables, and its page is whole and safe."""

import json
import re

import pandas as pd
import pytest

from ytterby.errors import InputFaults, NoData
from ytterby.facts import open_store
from ytterby.views import atlas
from ytterby.views import atlas_figures as draw
from ytterby.views.atlas import atlas_figures, write_atlas


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


@pytest.fixture(scope="module")
def specs(store):
    return {spec.name: spec for spec in atlas_figures(store, country="JPN", year=2024, draws=50)}


def test_there_is_a_figure_for_every_question(specs):
    assert list(specs) == ["methods", "ranks", "doubts", "heat-map", "suppliers", "map", "changes"]


def test_heat_map_carries_every_number_and_a_point_for_none(specs):
    table = specs["heat-map"].table
    (heat,) = specs["heat-map"].draw().data
    drawn = {
        (y, x): (z, text, reason)
        for y, line in zip(heat.y, zip(heat.z, heat.text, heat.customdata, strict=True), strict=True)
        for x, z, text, reason in zip(heat.x, *line, strict=True)
    }
    assert len(drawn) == len(table)
    for row in table.itertuples():
        z, text, reason = drawn[row.material.replace("_", " "), row.country_iso3]
        known = row.status == "ok"
        assert (z == row.value and text == f"{row.value:.2f}") if known else (z is None and text == "·")
        assert reason == row.status


def test_methods_draw_every_place_once(specs):
    table = specs["methods"].table
    drawn = sum(len(trace.x) for trace in specs["methods"].draw().data)
    assert drawn == table["position"].notna().sum() > 50
    symbols = [trace.marker.symbol for trace in specs["methods"].draw().data]
    assert len(set(symbols)) == len(symbols)  # told apart without colour


def test_every_material_of_the_sankey_is_as_wide_as_the_others(specs):
    (sankey,) = specs["suppliers"].draw().data
    width = pd.Series(sankey.link.value).groupby(pd.Series(sankey.link.target)).sum()
    assert width.to_numpy() == pytest.approx(1.0)


def test_parts_of_a_change_are_stacked_and_its_sum_is_marked(specs):
    table = specs["changes"].table
    *parts, whole = specs["changes"].draw().data
    stacked = pd.DataFrame([list(part.x) for part in parts]).sum()
    assert list(whole.x) == pytest.approx(stacked.tolist())
    assert list(whole.x) == table["change"].tolist()


def test_ranks_and_bands_draw_their_ranges(specs):
    (ranks,) = specs["ranks"].draw().data
    table = specs["ranks"].table
    assert [x + up for x, up in zip(ranks.x, ranks.error_x.array, strict=True)] == table[
        "rank_upper"
    ].tolist()
    (bands,) = specs["doubts"].draw().data
    ends = [base + width for base, width in zip(bands.base, bands.x, strict=True)]
    assert ends == pytest.approx(specs["doubts"].table["upper"].tolist())


def test_map_puts_every_country_with_a_value_and_a_shape_into_a_class(specs):
    from ytterby.facts import shapes

    land = {feature["properties"].get("iso3") for feature in shapes()["features"]}
    table = specs["map"].table
    known = table[table["value"].notna() & table["country_iso3"].isin(land)]
    _, *classes = specs["map"].draw().data
    bounds = [tuple(map(float, trace.name.split(" to "))) for trace in classes]
    assert 3 <= len(bounds) <= 5
    assert min(low for low, _ in bounds) <= known["value"].min() + 0.005
    assert max(high for _, high in bounds) >= known["value"].max() - 0.005


def test_the_folder_holds_the_page_and_the_data(store, tmp_path, specs, monkeypatch):
    monkeypatch.setattr(atlas, "atlas_figures", lambda *_, **__: [*specs.values()])
    tables = write_atlas(store, tmp_path / "japan", country="Japan", year=2024, draws=50)
    written = {path.name for path in (tmp_path / "japan").iterdir()}
    assert written >= {"atlas.html", *(f"{name}.csv" for name in specs)}
    assert set(tables) == set(specs)
    page = (tmp_path / "japan" / "atlas.html").read_text(encoding="utf-8")
    for script in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S):
        assert json.loads(script)["data"]
    assert 'http-equiv="Content-Security-Policy"' in page
    write_atlas(store, tmp_path / "japan", country="JPN", year=2024, draws=20)  # its own folder is replaced
    (tmp_path / "japan" / "mine.txt").write_text("kept")
    with pytest.raises(InputFaults, match=r"mine\.txt"):
        write_atlas(store, tmp_path / "japan", country="JPN", year=2024, draws=20)


def test_foreign_words_cannot_act_in_a_figure():
    evil = "<img src=x onerror=alert(1)>"
    table = pd.DataFrame({"supplier": [evil], "material": [evil], "share": [1.0]})
    (sankey,) = draw.draw_supplier_flows(table).data
    assert all("<" not in name for name in sankey.node.label)


def test_nothing_to_show_is_said(store):
    with pytest.raises(NoData):
        atlas_figures(store, country="JPN", year=1990)


def test_a_figure_without_data_is_named_with_its_reason(store, tmp_path):
    tables = write_atlas(store, tmp_path / "a", country="Japan", year=2015, draws=10)
    assert set(tables) == {"methods", "suppliers"}  # no production in 2015, so no scores
    page = (tmp_path / "a" / "atlas.html").read_text(encoding="utf-8")
    assert "Supply risk of Japan in 2015" in page
    note = page[page.index("Not shown for want of data") :]
    assert "no material has a GeoPolRisk score" in note
    assert "no country has a score of rare earths" in note


def test_the_page_with_every_figure_names_no_gap(store, tmp_path, specs, monkeypatch):
    monkeypatch.setattr(atlas, "atlas_figures", lambda *_, **__: [*specs.values()])
    write_atlas(store, tmp_path / "a", country="EU27", year=2024)
    page = (tmp_path / "a" / "atlas.html").read_text(encoding="utf-8")
    assert "Not shown" not in page
    assert "Supply risk of the European Union in 2024" in page


def test_a_method_looks_the_same_on_every_page(specs):
    table = specs["methods"].table
    whole = {trace.name: trace.marker.symbol for trace in draw.draw_methods(table).data}
    part = draw.draw_methods(table[table["method"].isin(["dera", "import_share"])]).data
    assert {trace.name: trace.marker.symbol for trace in part}.items() <= whole.items()
    assert "GeoPolRisk" in whole


def test_the_step_over_the_break_of_governance_is_no_event(store, specs, monkeypatch):
    monkeypatch.setattr(atlas, "explain_change", lambda *_, **__: specs["changes"].table)
    captions = {
        year: next(
            spec.caption
            for spec in atlas_figures(store, country="JPN", year=year, draws=10)
            if spec.name == "changes"
        )
        for year in (2023, 2024)
    }
    assert "another release" in captions[2023]
    assert "another release" not in captions[2024]
