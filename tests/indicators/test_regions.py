"""Blocs by date and regions of one's own (docs/method/indicators, section 8)."""

import pandas as pd
import pytest

from ytterby.catalog.countries import bloc_members
from ytterby.errors import BadNumbers, InputFaults, UnknownName
from ytterby.facts import open_store
from ytterby.indicators.dependence import import_shares, merge_regions
from ytterby.indicators.regions import as_regions, bloc_regions, read_regions
from ytterby.indicators.screen import screen
from ytterby.indicators.shares import trade_shares

TRADE = pd.DataFrame(
    [
        (2019, "CHN", "GBR", "280530", 30.0, 3.0),
        (2019, "GBR", "DEU", "280530", 10.0, 1.0),
        (2021, "GBR", "DEU", "280530", 10.0, 1.0),
        (2021, "CHN", "DEU", "280530", 30.0, 3.0),
        (2021, "FRA", "DEU", "280530", 99.0, 9.0),
    ],
    columns=["year", "exporter", "importer", "hs6", "value_kusd", "quantity_t"],
)


def written(tmp_path, text):
    path = tmp_path / "regions.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("bloc", ["EU", "EU27", "G7"])
def test_a_bloc_has_the_members_that_the_catalog_gives_for_each_year(bloc):
    for year in range(1950, 2026):
        assert bloc_regions(bloc).members(bloc, year) == bloc_members(bloc, year)


def test_the_union_of_the_date_by_hand():
    """2019: Britain is in and its goods are inner trade. 2021: it is a supplier of one quarter."""
    found = import_shares(TRADE, regions="EU")
    union = found[found["importer"] == "EU"].set_index(["year", "exporter"])["share"]
    assert union.to_dict() == {(2019, "CHN"): 1.0, (2021, "CHN"): 0.75, (2021, "GBR"): 0.25}


def test_inner_trade_is_kept_where_it_is_asked_for_and_suppliers_stay_countries():
    found = import_shares(TRADE, regions={"Two": ["DEU", "FRA"]}, keep_intra=True)
    two = found[(found["importer"] == "Two") & (found["year"] == 2021)].set_index("exporter")["share"]
    assert two.to_dict() == pytest.approx({"FRA": 9 / 13, "CHN": 3 / 13, "GBR": 1 / 13})


def test_a_file_with_years_and_names(tmp_path):
    path = written(tmp_path, "region,iso3,from,to\nClub,Germany,,2020\nClub,GBR,2020,\nPair,DEU,2021,\n")
    regions = read_regions(path)
    assert regions.names == ("Club", "Pair")
    assert regions.members("Club", 2020) == ("DEU", "GBR")
    assert regions.members("Club", 2021) == ("GBR",)
    assert merge_regions(TRADE, path, sellers=False)["importer"].tolist() == [
        "GBR",
        "Club",
        "Pair",
        "Pair",
        "Pair",
    ]
    with pytest.raises(UnknownName, match="Club"):
        regions.members("Clup", 2020)


def test_all_faults_of_a_file_at_once(tmp_path):
    text = (
        "region,iso3,from,to\nJPN,Germny,,\nClub,OTH,,\nClub,DEU,2020,2010\nClub,FRA,,2020\n"
        "Other,FRA,2020,\nClub,ITA,,\nClub,Italy,,\nG7,,x,\n"
    )
    with pytest.raises(InputFaults) as caught:
        read_regions(written(tmp_path, text))
    told = str(caught.value)
    for words in (
        "row 2, column iso3: unknown country 'Germny'. Did you mean Germany",
        "row 2, column region: 'JPN' already names",
        "row 3, column iso3: 'OTH' is a sum of countries",
        "row 4, column from: 2020 is after 2010",
        "row 6, column iso3: FRA is in Club and Other at once",
        "row 8, column iso3: ITA is in Club twice",
        "row 9, column region: 'G7' already names",
        "row 9, column iso3: is empty",
        "row 9, column from: 'x' is not a number",
    ):
        assert words in told


@pytest.mark.parametrize("text", ["", "region,iso3\n", "region;iso3\nClub;DEU\n"])
def test_a_file_without_regions_is_refused(tmp_path, text):
    with pytest.raises(InputFaults):
        read_regions(written(tmp_path, text))


def test_unknown_blocs_and_files_are_refused(tmp_path):
    with pytest.raises(UnknownName, match="EU27"):
        as_regions("EU28")
    with pytest.raises(InputFaults, match="missing"):
        as_regions(tmp_path / "nowhere.csv")
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"region,iso3\n" + b"Club,DEU\n" * 300_000)
    with pytest.raises(InputFaults, match="larger than"):
        as_regions(huge)


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def test_the_screen_of_ones_own_union_is_that_of_the_union(store):
    """Two routes: EU27 of the catalog, and its members typed by hand under another name."""
    own = {"Mine": bloc_members("EU27"), "Solo": ["JPN"]}
    found = screen(
        store, materials=["cobalt", "rare_earths"], countries=["EU27", "JPN"], years=[2019, 2024], regions=own
    )
    found = found[
        ~found["method"].isin(["hhi", "dera", "concentration", "eu", "usgs", "chokepoints"])
    ].astype({"country_iso3": str})
    for one, other in (("EU27", "Mine"), ("JPN", "Solo")):
        left, right = (
            found[found["country_iso3"] == name].drop(columns="country_iso3").reset_index(drop=True)
            for name in (one, other)
        )
        pd.testing.assert_frame_equal(left, right)
    assert set(screen(store, methods=["import_hhi"], materials=["cobalt"], regions=own)["country_iso3"]) == {
        "Mine",
        "Solo",
    }


@pytest.mark.parametrize("side", ["import", "export"])
def test_shares_of_a_region_equal_the_merged_table(store, side):
    from ytterby.facts.queries import trade_of

    found = trade_shares(store, side, country="EU", material="cobalt", year=2019)
    whole = trade_of(store, "cobalt", years=[2019])
    if side == "export":
        whole = whole.rename(columns={"importer": "exporter", "exporter": "importer"})
    merged = import_shares(whole, regions="EU")
    mine = merged[merged["importer"] == "EU"].set_index("exporter")["share"].dropna()
    assert found.set_index("partner_iso3")["share"].dropna().to_dict() == pytest.approx(mine.to_dict())
    assert "GBR" not in set(found["partner_iso3"])  # a member in 2019
    intra = trade_shares(store, side, country="EU", material="cobalt", year=2019, keep_intra=True)
    assert "GBR" in set(intra["partner_iso3"])


def test_a_region_nobody_knows_is_refused_with_suggestions(store):
    with pytest.raises(UnknownName, match="Club"):
        trade_shares(store, "import", country="Clup", material="cobalt", year=2019, regions={"Club": ["DEU"]})
    with pytest.raises(UnknownName, match="Japan"):
        trade_shares(store, "import", country="Japn", material="cobalt", year=2019)
    with pytest.raises(BadNumbers, match="single countries"):
        trade_shares(store, "import", country="EU27", material="cobalt", year=2019, origin="look-through")
