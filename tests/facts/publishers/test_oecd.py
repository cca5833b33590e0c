"""Export restrictions: levels only with their unit, measures in our words, columns by likely names."""

import math

import pytest

from ytterby.errors import InputFaults


def test_levels_are_numbers_only_with_a_unit(ask):
    rows, _ = ask("oecd", "oecd.csv")
    told = rows.set_index(["country_iso3", "instrument"])[["level", "level_unit", "level_text", "qualifier"]]
    assert told.loc["CHN", "quota"].tolist() == [30_996.0, "tonnes", "30996", "reported"]
    assert told.loc["CHN", "tax"].tolist() == [25.0, "percent", "25%", "reported"]
    for key, text, qualifier in (
        (("IDN", "ban"), "", "not stated"),
        (("IND", "tax"), "50", "unit not stated"),
        (("KOR", "licence"), "permit of the ministry", "text"),
    ):
        assert math.isnan(told.loc[key]["level"])
        assert told.loc[key].tolist()[1:] == ["", text, qualifier]


def test_codes_lose_their_point_and_carry_a_revision(ask):
    rows, _ = ask("oecd", "oecd.csv")
    assert set(rows.loc[rows["country_iso3"] == "CHN", "hs6"]) == {"284690"}
    assert set(rows["hs_revision"]) == {"HS07"}


def test_what_is_left_out_is_counted_by_cause(ask):
    _, quarantine = ask("oecd", "oecd.csv")
    assert quarantine.counts == {
        "unknown country": 1, "no six-digit code": 1, "unknown measure": 1, "negative quantity": 1,
        "not a year": 1,
    }  # fmt: skip


def test_missing_columns_are_named_with_what_to_call_them(ask, edited):
    with pytest.raises(InputFaults) as caught:
        ask("oecd", edited("oecd.csv", "Country,HS code", "Place,Number"))
    assert {(fault.column, fault.remedy) for fault in caught.value.faults} == {
        ("country", "Name it 'country'."), ("hs6", "Name it 'hs code'."),
    }  # fmt: skip
