"""The screen: all cells, each value equal to what the single functions give, each gap with a reason."""

import json

import numpy as np
import pytest

from ytterby.catalog.materials import trade_codes
from ytterby.errors import UnknownName
from ytterby.facts import load_governance, load_production, load_trade, open_store
from ytterby.indicators.concentration import hhi, weighted_country_risk
from ytterby.indicators.criticality import geopolrisk
from ytterby.indicators.dependence import import_share, import_shares, merge_regions
from ytterby.indicators.screen import SCREENS, screen

COLUMNS = "method indicator material stage country_iso3 year value lower upper status components source_id"


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


@pytest.fixture(scope="module")
def table(store):
    return screen(
        store,
        materials=[
            "rare_earths",
            "cobalt",
            "gallium",
            "tellurium",
            "germanium",
            "aluminium",
            "graphite",
            "boron",
        ],
        countries=["JPN", "USA", "DEU", "Elfenbeinküste", "EU27"],
        years=[1997, 2010, 2022, 2024, 2025],
    )


def cell(table, method, material, country, year, stage="all"):
    found = table[
        (table["method"] == method)
        & (table["material"] == material)
        & (table["country_iso3"] == country)
        & (table["year"] == year)
        & (table["stage"] == stage)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_columns_and_no_cell_twice(table):
    assert list(table.columns) == COLUMNS.split()
    keys = ["method", "indicator", "material", "stage", "country_iso3", "year"]
    assert not table.duplicated(keys).any()
    elsewhere = ["eu", "usgs", "chokepoints"]  # of the Union, the world, the producers
    by_country = table[(table["country_iso3"] != "WLD") & ~table["method"].isin(elsewhere)]
    per_method = by_country.groupby("method", observed=True).size()
    assert per_method.nunique() == 1  # every method of importers has the same cells
    assert set(table["method"]) == set(SCREENS)


def test_a_value_or_a_reason(table):
    fine = table["status"] == "ok"
    assert table.loc[fine, ["value", "lower", "upper"]].notna().all().all()
    assert table.loc[~fine, "value"].isna().all()
    bounds = table.loc[~fine, ["lower", "upper"]]
    assert (bounds["lower"].isna() == bounds["upper"].isna()).all()
    bounded = bounds["lower"].notna()
    assert (bounds.loc[bounded, "lower"] < bounds.loc[bounded, "upper"]).all()  # equal bounds are a value
    assert table.loc[bounded[bounded].index, "status"].str.startswith("missing: ").all()
    assert set(table.loc[bounded[bounded].index, "method"]) <= {"eu", "usgs"}
    assert (table.loc[fine, "lower"] <= table.loc[fine, "value"] + 1e-9).all()
    assert (table.loc[fine, "value"] <= table.loc[fine, "upper"] + 1e-9).all()
    assert (table.loc[fine, "source_id"] != "").all()
    for text in table["components"]:
        assert isinstance(json.loads(text, parse_constant=pytest.fail), dict)  # NaN is no JSON


def test_import_share_equals_the_single_function(store, table):
    trade = load_trade(store, hs6=trade_codes("rare_earths"), importer="JPN", years=[2024])
    row = cell(table, "import_share", "rare_earths", "JPN", 2024)
    assert row["value"] == pytest.approx(import_share(trade, "JPN", "CHN", 2024))
    assert row["lower"] == pytest.approx(import_share(trade, "JPN", "CHN", 2024, "value"))
    assert json.loads(row["components"])["supplier"] == "CHN"
    wide = cell(table, "import_share", "rare_earths", "JPN", 2010, "all, wide")
    assert wide["value"] == pytest.approx(0.785, abs=5e-4)


def test_import_hhi_equals_the_single_function(store, table):
    trade = load_trade(store, hs6=["282200"], importer="DEU", years=[2022])
    shares = import_shares(trade)["share"]
    assert cell(table, "import_hhi", "cobalt", "DEU", 2022, "compound")["value"] == pytest.approx(hhi(shares))


def test_the_union_imports_over_its_border_only(store, table):
    trade = load_trade(store, hs6=trade_codes("graphite"), years=[2022])
    union = import_shares(merge_regions(trade, "EU27"))
    largest = union[union["importer"] == "EU27"].iloc[0]
    row = cell(table, "import_share", "graphite", "EU27", 2022)
    assert row["value"] == pytest.approx(largest["share"])
    assert json.loads(row["components"])["supplier"] == largest["exporter"]


def test_geopolrisk_equals_the_single_function(store, table):
    made = load_production(store, material="rare_earths", stage="mine", year=2024)
    named = made[~made["country_iso3"].isin(["WLD", "OTH"])]
    rest = float(made.loc[made["country_iso3"] == "OTH", "quantity_t"].iloc[0])
    trade = load_trade(store, hs6=trade_codes("rare_earths"), importer="JPN", years=[2024])
    imports = trade.groupby("exporter")["quantity_t"].sum()
    governance = load_governance(store, years=[2024]).set_index("country_iso3")["instability"]
    many_small = [*named["quantity_t"], *np.full(10_000, rest / 10_000)]
    expected = geopolrisk(
        many_small,
        imports,
        governance.reindex(imports.index),
        domestic_production_t=0,
        price_usd_per_kg=trade["value_kusd"][trade["quantity_t"].notna()].sum() / imports.sum(),
    )
    row = cell(table, "geopolrisk", "rare_earths", "JPN", 2024)
    parts = json.loads(row["components"])
    assert row["value"] == pytest.approx(expected.score, rel=1e-5)
    assert parts["hhi"] == pytest.approx(expected.hhi, rel=1e-5)
    assert parts["import_risk"] == pytest.approx(expected.import_risk, rel=1e-5)
    assert parts["characterisation_factor"] == pytest.approx(expected.characterisation_factor, rel=1e-5)
    assert row["source_id"] == "baci-hs92;wgi-pv;usgs-mcs-2026"
    error = load_governance(store, years=[2024]).set_index("country_iso3")["std_error"] / 5
    spread = 1.645 * np.sqrt(((imports * error.reindex(imports.index)) ** 2).sum())
    exposed = (imports * governance.reindex(imports.index)).sum()
    assert row["lower"] == pytest.approx(expected.hhi * (exposed - spread) / (rest + imports.sum()), rel=1e-5)


@pytest.mark.parametrize(
    ("method", "material", "country", "year", "reason"),
    [
        ("import_share", "gallium", "JPN", 2024, "no trade code of its own"),
        ("import_hhi", "tellurium", "JPN", 2024, "no trade code of its own"),
        ("import_share", "germanium", "JPN", 2022, "no trade in the store for this year"),
        ("import_share", "rare_earths", "JPN", 2025, "no trade in the store for this year"),
        ("geopolrisk", "rare_earths", "JPN", 2010, "no production in the store"),
        ("geopolrisk", "boron", "JPN", 2024, "production on mixed bases"),
        ("geopolrisk", "rare_earths", "USA", 2024, "production and imports are on different bases"),
        (
            "net_import_reliance",
            "cobalt",
            "JPN",
            2024,
            "production and trade are of different goods or stages",
        ),
        (
            "net_import_reliance",
            "aluminium",
            "EU27",
            2024,
            "own production may be among the other countries of the source",
        ),
    ],
)
def test_reasons(table, method, material, country, year, reason):
    assert cell(table, method, material, country, year)["status"] == reason


def test_reliance_where_goods_and_bases_agree(table):
    row = cell(table, "net_import_reliance", "aluminium", "USA", 2024)
    parts = json.loads(row["components"])
    net = parts["imports_t"] - parts["exports_t"]
    assert row["value"] == pytest.approx(net / (parts["production_t"] + net), rel=1e-5)
    assert parts["production_t"] == 676_000


def test_production_hhi_and_its_bounds(store, table):
    rows = load_production(store, material="rare_earths", stage="mine", year=2024)
    named = rows.loc[~rows["country_iso3"].isin(["WLD", "OTH"]), "quantity_t"]
    total = named.sum() + 1000
    row = cell(table, "hhi", "rare_earths", "WLD", 2024, "mine")
    assert row["value"] == pytest.approx(((named / total) ** 2).sum())
    assert row["upper"] == pytest.approx(((named / total) ** 2).sum() + (1000 / total) ** 2)
    assert json.loads(row["components"])["largest"] == "CHN"


def test_weighted_country_risk_equals_the_single_function(store, table):
    made = load_production(store, material="cobalt", stage="mine", year=2024).set_index("country_iso3")[
        "quantity_t"
    ]
    made = made.drop(["WLD", "OTH"])
    governance = load_governance(store, years=[2024]).set_index("country_iso3")["estimate"]
    row = cell(table, "dera", "cobalt", "WLD", 2024, "mine")
    assert row["value"] == pytest.approx(weighted_country_risk(made, governance.reindex(made.index)))
    assert json.loads(row["components"])["risk_band"] == "high"
    assert (
        cell(table, "dera", "cobalt", "WLD", 2025, "mine")["status"]
        == "no governance in the store for this year"
    )


def test_one_method_and_one_cell(store):
    found = screen(store, methods=["import_share"], materials=["Kobalt"], countries=["Japan"], years=[2020])
    assert set(found["stage"]) == {"compound", "metal", "all"}
    assert set(found["country_iso3"]) == {"JPN"}


@pytest.mark.parametrize(
    "wrong", [{"methods": ["hi"]}, {"materials": ["unobtainium"]}, {"countries": ["Atlantis"]}]
)
def test_unknown_names_are_refused(store, wrong):
    with pytest.raises(UnknownName):
        screen(store, **wrong)
