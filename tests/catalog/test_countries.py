"""Names, codes and blocs of countries."""

import csv
import datetime as dt

import pytest

from ytterby.catalog.countries import (
    LANGUAGES,
    baci_iso3,
    bloc_members,
    comtrade_iso3,
    country_codes,
    country_name,
    is_country,
    iso3,
)
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_leads_back_to_its_code(language):
    shared_names = {"Saint-Martin": "MAF"}  # said of two islands' halves
    for code in country_codes():
        name = country_name(code, language)
        assert iso3(name) in (code, shared_names.get(name)), (code, name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("  japan ", "JPN"),
        ("日本", "JPN"),
        ("etats-unis", "USA"),
        ("Südkorea", "KOR"),
        ("Burma", "MMR"),
        ("NA", "NAM"),
        ("EU", "EU27"),
        ("Elfenbeinküste", "CIV"),
        ("CHN", "CHN"),
    ],
)
def test_spellings(name, code):
    assert iso3(name) == code


def test_an_unknown_country_gets_suggestions():
    with pytest.raises(UnknownName, match="Did you mean Germany"):
        iso3("Germny")
    with pytest.raises(UnknownName, match="language"):
        country_name("JPN", "xx")


def test_the_union_by_date():
    assert len(bloc_members("EU", 2003)) == 15
    assert len(bloc_members("EU", dt.date(2020, 1, 31))) == 28
    assert len(bloc_members("EU", dt.date(2020, 2, 1))) == 27
    assert bloc_members("EU27", 1995) == bloc_members("EU27") == bloc_members("EU", 2024)
    assert "GBR" not in bloc_members("EU27")
    with pytest.raises(UnknownName, match="bloc"):
        bloc_members("EU28")


def test_the_seven_by_date():
    assert len(bloc_members("G7")) == 7
    assert "CAN" not in bloc_members("G7", 1975)
    assert "CAN" in bloc_members("G7", 1976)


def test_every_country_of_iso_3166_is_there():
    """249 officially assigned codes, and Kosovo."""
    countries = [code for code in country_codes() if is_country(code)]
    assert len(countries) == 250
    assert "XKX" in countries


def test_sums_and_dead_codes_are_no_countries():
    assert [is_country(c) for c in ("JPN", "XKX", "WLD", "EU27", "SUN", "nix")] == [True, True] + [False] * 4


def test_baci_codes_equal_the_published_list(shared):
    with (shared / "data" / "baci" / "baci_country_codes.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            assert baci_iso3(int(row["baci_code"])) == row["iso3"]
    with pytest.raises(UnknownName):
        baci_iso3(-1)


@pytest.mark.parametrize(
    ("code", "expected"),
    [(842, "USA"), (699, "IND"), (490, "TWN"), (251, "FRA"), (757, "CHE"), (579, "NOR"),
     (711, "ZAF"), (58, "BEL"), (156, "CHN"), (0, "WLD"), (899, "OTH")],
)  # fmt: skip
def test_comtrade_codes(code, expected):
    assert comtrade_iso3(code) == expected


def test_comtrade_sums_are_no_countries_and_a_changing_bloc_is_refused():
    assert not is_country(comtrade_iso3(839))
    with pytest.raises(UnknownName, match="Comtrade"):
        comtrade_iso3(97)


def test_comtrade_and_baci_read_shared_codes_alike():
    for row in read_rows("baci_codes"):
        assert comtrade_iso3(int(row["baci_code"])) == row["iso3"]
