"""Exports by customer, origins behind transit, producing countries (docs/method/indicators, 2 and 7)."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.facts import open_store
from ytterby.facts.queries import production_shares, trade_of
from ytterby.indicators.customers import export_shares, exporter_standing
from ytterby.indicators.screen import screen
from ytterby.indicators.shares import trade_shares
from ytterby.indicators.transit import trace

TRADE = pd.DataFrame(
    [
        (2020, "CHN", "JPN", "280530", 6.0, 6.0),
        (2020, "CHN", "USA", "280530", 2.0, 2.0),
        (2020, "VNM", "JPN", "280530", 4.0, 4.0),
        (2020, "VNM", "USA", "280530", 3.0, np.nan),
    ],
    columns=["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t"],
)


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


@pytest.fixture(scope="module")
def table(store):
    found = screen(
        store,
        methods=["export_share", "look_through", "chokepoints", "import_share"],
        materials=["rare_earths", "cobalt", "aluminium"],
        countries=["JPN", "USA", "CHN", "EU27"],
        years=[2010, 2024],
    )
    return found.astype({"method": str, "country_iso3": str, "status": str})


def cells(table, method, **labels):
    found = table[table["method"] == method]
    for column, value in labels.items():
        found = found[found[column] == value]
    return found


def test_exports_by_customer_by_hand():
    """China sells 6 of 8 t to Japan; Vietnam's mass to the United States is unknown and no zero."""
    found = export_shares(TRADE).set_index(["exporter", "importer"])["share"]
    assert found[("CHN", "JPN")] == pytest.approx(0.75)
    assert found[("VNM", "JPN")] == pytest.approx(1.0)
    assert np.isnan(found[("VNM", "USA")])
    both = export_shares(TRADE, by="value", regions={"Two": ["CHN", "VNM"]}).set_index("importer")["share"]
    assert both.to_dict() == pytest.approx({"JPN": 10 / 15, "USA": 5 / 15})


def test_standing_of_exporters_by_hand():
    """China: 8 of 12 t, two customers, the largest for both, 60 and 100 % of what they buy."""
    found = exporter_standing(TRADE).set_index("exporter")
    assert found.loc["CHN", ["customers", "largest_for", "half_of"]].tolist() == [2, 2, 2]
    assert found["world_share"].to_dict() == pytest.approx({"CHN": 8 / 12, "VNM": 4 / 12})
    assert found.loc["VNM", ["customers", "largest_for", "half_of"]].tolist() == [1, 0, 0]


def test_the_screen_of_exports_equals_the_single_function(store, table):
    trade = trade_of(store, "rare_earths", exporter="USA", years=[2024])
    best = export_shares(trade).iloc[0]
    row = cells(
        table, "export_share", material="rare_earths", stage="all", country_iso3="USA", year=2024
    ).iloc[0]
    assert row["value"] == pytest.approx(best["share"])
    assert json.loads(row["components"])["customer"] == best["importer"]
    said = set(table.loc[table["method"] == "export_share", "status"])
    assert "no imports" not in said


@pytest.mark.parametrize("material", ["rare_earths", "cobalt", "aluminium"])
def test_the_screen_of_origins_equals_the_shares_of_one_importer(store, table, material):
    """Two routes to one number: all importers at once, and the question for one of them."""
    rows = cells(table, "look_through", material=material, status="ok")
    rows = rows[(rows["country_iso3"] != "EU27") & ~rows["stage"].str.contains("wide")]
    assert len(rows) >= 2
    for row in rows.itertuples():
        stage = None if row.stage == "all" else row.stage
        one = trade_shares(
            store, "import", country=row.country_iso3, material=material, year=row.year, stage=stage,
            origin="look-through",
        )  # fmt: skip
        parts = json.loads(row.components)
        largest = one.iloc[0]
        assert (parts["origin"], row.value) == (largest["partner_iso3"], pytest.approx(largest["share"]))
        assert parts["direct_share"] == pytest.approx(largest["direct_share"], rel=1e-5)


def test_origins_are_refused_with_a_reason(table):
    """China bought more rare earths than it sold in 2024, and its mines count oxide, not products."""
    rows = cells(table, "look_through", material="rare_earths", year=2024)
    assert set(rows["status"]) == {"production and trade are of different goods or stages"}
    assert (
        cells(table, "look_through", material="rare_earths", year=2010, stage="all")["status"] == "ok"
    ).any()


def test_who_produces_and_who_hangs_on_it(store, table):
    nodes = cells(table, "chokepoints", material="cobalt", stage="refined", year=2024)
    truth = production_shares(store, material="cobalt", stage="refined", year=2024).set_index("country_iso3")
    for row in nodes.itertuples():
        assert row.value == pytest.approx(truth.loc[row.country_iso3, "share"])
    parts = [json.loads(text) for text in nodes["components"]]
    assert [part["rank"] for part in parts] == list(range(1, len(nodes) + 1))
    imports = cells(table, "import_share", material="cobalt", stage="all", year=2024)
    largest = {r.country_iso3: json.loads(r.components)["supplier"] for r in imports.itertuples()}
    for row, part in zip(nodes.itertuples(), parts, strict=True):
        for importer in part["largest_supplier_of"]:
            assert largest[importer] == row.country_iso3
    gone = cells(table, "chokepoints", material="cobalt", year=2010)
    assert set(gone["status"]) == {"no production in the store"}
    assert set(gone["country_iso3"]) == {"WLD"}


amounts = st.lists(st.lists(st.floats(0, 1e4), min_size=6, max_size=6), min_size=6, max_size=6)


@settings(deadline=None, max_examples=60)
@given(amounts, st.permutations(range(6)))
def test_origins_sum_to_one_and_know_no_order(rows, order):
    flows = np.array(rows)
    np.fill_diagonal(flows, 0.0)
    flows[3:, :3] = 0.0  # half of the countries sell to each other only: some only buy
    made, makers = np.full(6, 1.0), np.ones(6, bool)
    found = trace(flows, flows, made, makers)
    bought = flows.sum(axis=0) > 0
    assert found.share.sum(axis=0)[bought] == pytest.approx(np.ones(bought.sum()), abs=1e-6)
    assert found.direct.sum(axis=0)[bought] == pytest.approx(np.ones(bought.sum()))
    turned = np.array(order)
    other = trace(flows[np.ix_(turned, turned)], flows[np.ix_(turned, turned)], made, makers)
    assert np.allclose(other.share, found.share[np.ix_(turned, turned)], atol=1e-7)


def test_transit_by_hand():
    """A makes 10 and sells 10 to B; B sells 5 to C, which buys 5 from A as well: all of it is A's."""
    flows = np.zeros((3, 3))
    flows[0, 1], flows[1, 2], flows[0, 2] = 10.0, 5.0, 5.0
    found = trace(flows, flows, None, np.array([True, False, False]))
    assert found.share[:, 2].tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert found.direct[:, 2].tolist() == [0.5, 0.5, 0.0]
    assert not found.hidden.any()
    # B makes something and buys more than it sells: it would come out as mere transit
    shy = trace(flows, flows, None, np.array([True, True, False]))
    assert shy.hidden.tolist() == [False, False, True]
