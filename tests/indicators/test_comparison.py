"""Methods side by side, and the flows behind a dependence (method/indicators, section 12)."""

import numpy as np
import pandas as pd
import pytest

from ytterby.errors import NoData
from ytterby.facts import open_store
from ytterby.indicators.comparison import compare_methods, dependence_links, supplier_flows
from ytterby.indicators.dependence import import_shares
from ytterby.indicators.screen import screen


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def rows(*cells):
    """Rows of a screen: method, indicator, material, stage, country, value (None for none)."""
    columns = ["method", "indicator", "material", "stage", "country_iso3", "value"]
    table = pd.DataFrame(cells, columns=columns).assign(year=2024)
    table["value"] = table["value"].astype(float)
    return table.assign(status=np.where(table["value"].notna(), "ok", "no imports"))


SMALL = rows(
    ("geopolrisk", "score", "cobalt", "all", "JPN", 0.1),
    ("geopolrisk", "score", "niobium", "all", "JPN", 0.5),
    ("geopolrisk", "score", "tungsten", "all", "JPN", 0.3),
    ("geopolrisk", "score", "gallium", "all", "JPN", None),
    ("dera", "weighted_political_stability", "cobalt", "mine", "WLD", -1.7),
    ("dera", "weighted_political_stability", "niobium", "mine", "WLD", -0.4),
    ("dera", "weighted_political_stability", "tungsten", "mine", "WLD", 0.6),
    ("dera", "weighted_political_stability", "tungsten", "refined", "WLD", None),
)
BOTH_STAGES = rows(
    ("hhi", "production_hhi", "cobalt", "mine", "WLD", 0.1),
    ("hhi", "production_hhi", "cobalt", "refined", "WLD", 0.9),
    ("hhi", "production_hhi", "niobium", "mine", "WLD", 0.5),
)


def test_the_refined_stage_goes_before_the_mine():
    table = compare_methods(BOTH_STAGES, country="JPN", year=2024).set_index("material")
    assert table.loc["cobalt", ["stage", "value", "position"]].tolist() == ["refined", 0.9, 1.0]


def test_places_by_hand():
    table = compare_methods(SMALL, country="JPN", year=2024).set_index(["method", "material"])["position"]
    assert table["geopolrisk"].dropna().to_dict() == {"cobalt": 0.0, "niobium": 1.0, "tungsten": 0.5}
    # less stability is more risk
    assert table["dera"].to_dict() == {"cobalt": 1.0, "niobium": 0.5, "tungsten": 0.0}
    assert np.isnan(table["geopolrisk", "gallium"])


def test_a_stage_without_a_value_gives_way():
    table = compare_methods(SMALL, country="JPN", year=2024)
    tungsten = table[(table["method"] == "dera") & (table["material"] == "tungsten")]
    assert tungsten["stage"].tolist() == ["mine"]


def test_materials_stand_by_their_mean_place():
    order = list(dict.fromkeys(compare_methods(SMALL, country="JPN", year=2024)["material"]))
    assert order == ["niobium", "cobalt", "tungsten", "gallium"]


def test_scales_do_not_matter():
    scaled = SMALL.assign(value=SMALL["value"] * 7)
    pd.testing.assert_series_equal(
        compare_methods(scaled, country="JPN", year=2024)["position"],
        compare_methods(SMALL, country="JPN", year=2024)["position"],
    )


def test_another_country_or_year_has_nothing_to_compare():
    with pytest.raises(NoData):
        compare_methods(SMALL.iloc[:4], country="USA", year=2024)
    with pytest.raises(NoData):
        compare_methods(SMALL, country="JPN", year=2020)


def test_places_of_a_method_have_the_mean_one_half(store):
    table = compare_methods(screen(store, countries=["JPN"], years=[2024]), country="JPN", year=2024)
    assert table["position"].dropna().between(0, 1).all()
    assert table.groupby("method")["position"].mean().to_numpy() == pytest.approx(0.5)  # ties share a place
    assert not table.duplicated(["method", "material"]).any()


def test_flows_are_the_import_shares(store):
    from ytterby.catalog.materials import trade_codes
    from ytterby.facts import load_trade

    flows = supplier_flows(store, country="JPN", year=2024)
    trade = load_trade(store, hs6=trade_codes("rare_earths"), importer="JPN", years=[2024])
    shares = import_shares(trade, by="value").set_index("exporter")["share"]
    mine = flows[flows["material"] == "rare_earths"].set_index("supplier")["share"]
    assert mine.to_dict() == pytest.approx(shares.to_dict())
    assert flows.groupby("material")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_joined_suppliers_lose_nothing(store):
    flows = supplier_flows(store, country="JPN", year=2024)
    links = dependence_links(flows, suppliers=5)
    assert links["supplier"].nunique() == 6
    assert links["supplier"].iloc[-1] == "others"
    assert links["value_kusd"].sum() == pytest.approx(flows["value_kusd"].sum())
    assert links.groupby("material")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_a_country_without_imports_is_refused(store):
    with pytest.raises(NoData):
        supplier_flows(store, country="JPN", year=2025)
