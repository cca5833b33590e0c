"""Questions in another revision of the customs codes (docs/method/facts, section 2)."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.catalog.concordance import REVISIONS
from ytterby.cli import app
from ytterby.errors import NoData, UnknownName
from ytterby.facts import open_store
from ytterby.facts.codes import COLUMNS, code_table
from ytterby.facts.imports import import_table
from ytterby.facts.queries import load_series, trade_of, unit_values
from ytterby.facts.reconcile import check_mirror_flows
from ytterby.indicators.shares import trade_shares

ROWS = (
    "2022,180,392,810520,900,30",
    "2022,180,392,810530,100,10",
    "2022,156,392,282200,500,10",
    "2022,156,392,811292,777,7",
    "2022,156,392,850511,60,1",
    "2022,180,842,810520,5,1",
)
GOODS = ("282200", "810520", "810530", "811292", "850511")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store with one year of BACI in HS 2017 beside the starter data."""
    folder = tmp_path_factory.mktemp("baci")
    name = "BACI_HS17_Y2022_V202401b.csv"
    (folder / name).write_text("\n".join(["t,i,j,k,v,q", *ROWS, ""]), encoding="utf-8")
    products = "\n".join(["code,description", *(f"{code},Goods" for code in GOODS), ""])
    (folder / "product_codes_HS17_V202401b.csv").write_text(products, encoding="utf-8")
    countries = "country_code,country_name,country_iso2,country_iso3\n156,China,CN,CHN\n392,Japan,JP,JPN\n"
    more = "180,Dem. Rep. of the Congo,CD,COD\n842,USA,US,USA\n"
    (folder / "country_codes_V202401b.csv").write_text(countries + more, encoding="utf-8")
    store = folder / "store"
    import_table("baci", folder / name, edition="202401b", store=store)
    return store


@pytest.fixture(scope="module")
def store(place):
    with open_store(place) as opened:
        yield opened


def test_a_split_code_is_counted_in_all_its_parts(store):
    metal = trade_of(store, "cobalt", importer="JPN", stage="metal", hs_revision="HS17")
    assert metal["quantity_t"].sum() == 30 + 10
    assert set(metal["hs6"]) == {"810520", "810530"}
    assert set(metal["source_id"]) == {"baci-hs17"}


def test_shares_series_and_unit_values_name_the_revision(store):
    asked = {"material": "cobalt", "stage": "metal", "hs_revision": "HS17"}
    shares = trade_shares(store, "import", country="JPN", year=2022, **asked)
    assert shares.set_index("partner_iso3")["share"].to_dict() == {"COD": 1.0}
    assert shares["hs6"].unique().tolist() == ["810520+810530"]
    series = load_series(store, "import", country="JPN", **asked).set_index("unit")["value"]
    assert series.to_dict() == {"t": 40.0, "USD": 1_000_000.0}
    exports = load_series(store, "export", country="COD", **asked).set_index("unit")["value"]
    assert exports["t"] == 41.0
    assert unit_values(store, importer="JPN", **asked)["unit_value_usd_per_kg"].tolist() == [1000 / 40]


def test_the_starter_revision_stays_the_default(store):
    default = load_series(store, "import", material="cobalt", country="JPN")
    assert set(default["source_id"]) == {"baci-hs92"}
    assert default.equals(load_series(store, "import", material="cobalt", country="JPN", hs_revision="HS92"))


def test_a_code_that_became_mixed_is_refused_by_name(store):
    with pytest.raises(NoData, match=r"811230 in HS17: 811292, 811299 hold other goods"):
        trade_of(store, "germanium", hs_revision="HS17")
    with pytest.raises(NoData, match="no customs code of HS17 counts gallium"):
        trade_of(store, "gallium", hs_revision="HS17")
    assert trade_of(store, "ndfeb_magnets", hs_revision="HS17")["quantity_t"].tolist() == [1.0]


def test_what_has_no_customs_codes_refuses_a_revision(store):
    with pytest.raises(NoData, match="no customs codes"):
        load_series(store, "production", material="cobalt", hs_revision="HS17")
    with pytest.raises(UnknownName, match="HS17"):
        load_series(store, "import", material="cobalt", hs_revision="HS18")


def test_mirror_flows_of_a_later_revision_name_their_material(store):
    flows = trade_of(store, "cobalt", importer="JPN", stage="metal", hs_revision="HS17")
    both = [flows.assign(flow=flow, hs_revision="HS17", period="2022") for flow in ("imports", "exports")]
    pairs = check_mirror_flows(pd.concat(both))
    assert set(pairs["material"]) == {"cobalt"}


def test_the_table_of_codes_says_what_splits():
    table = code_table("Kobalt")
    assert list(table.columns) == list(COLUMNS)
    assert list(dict.fromkeys(table["hs_revision"])) == list(REVISIONS)
    split = table[(table["hs92"] == "810510") & (table["hs_revision"] == "HS02")]
    assert split["hs6"].tolist() == ["810520", "810530"]
    assert set(split["relation"]) == {"split"}
    assert split["documents"].str.contains("HS 2002").all()
    with pytest.raises(NoData, match="no customs code"):
        code_table("cesium")


def test_the_command_line_asks_in_a_revision(place):
    def run(*words):
        return CliRunner().invoke(app, ["facts", *words])

    asked = ("--material", "cobalt", "--country", "JPN", "--revision", "HS17", "--store", str(place))
    series = run("series", "import", *asked)
    assert series.exit_code == 0
    assert "baci-hs17" in series.output
    assert run("shares", "import", *asked, "--year", "2022").exit_code == 0
    refused = run("shares", "production", "--material", "cobalt", "--year", "2024", "--revision", "HS17")
    assert "--revision" in str(refused.exception)
    codes = run("codes", "germanium", "--revision", "HS22")
    assert "811292" in codes.output
    assert "mixed" in codes.output
