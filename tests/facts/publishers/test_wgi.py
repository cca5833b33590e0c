"""Governance indicators: three layouts, six dimensions, missing kept missing."""

import math

import pandas as pd
import pytest

from ytterby.errors import InputFaults
from ytterby.facts.publishers import wgi
from ytterby.facts.quarantine import Quarantine


def test_long_table_with_all_measures(ask):
    rows, quarantine = ask("wgi", "wgi_long.csv")
    found = rows.set_index(["country_iso3", "indicator"])
    japan = found.loc["JPN", "PV"]
    measures = ["estimate", "std_error", "n_sources", "percentile_rank", "rank_lower90", "rank_upper90"]
    assert japan[measures].tolist() == [0.95, 0.21, 8.0, 86.5, 70.1, 95.2]
    assert japan["instability"] == pytest.approx((2.5 - 0.95) / 5)
    assert math.isnan(found.loc["JPN", "RL"]["instability"])  # defined for political stability alone
    assert math.isnan(found.loc["XKX", "PV"]["estimate"])  # missing keeps its row; KSV in the file
    assert math.isnan(found.loc["XKX", "PV"]["instability"])
    assert found.loc["COD", "PV"]["instability"] == 1.0  # -2.6 is held at the end of the scale
    assert quarantine.counts == {"unknown country": 1, "number off its scale": 1, "unknown dimension": 1}


def test_databank_table_with_years_in_columns(ask):
    rows, quarantine = ask("wgi", "wgi_databank.csv")
    found = rows.set_index(["country_iso3", "indicator", "year"])
    assert found.loc[("JPN", "PV", 2022), ["estimate", "std_error"]].tolist() == [1.05, 0.22]
    assert found.loc[("JPN", "RL", 2023), "estimate"] == 1.55
    assert math.isnan(found.loc[("NER", "PV", 2023), "estimate"])
    assert found.loc[("NER", "PV", 2023), "country_name"] == "Niger"
    assert quarantine.counts == {"series not followed": 2}  # the 0..100 score is another scale


def test_bulk_file_names_its_series_indicators(ask, edited):
    """WGICSV.csv of the bulk download, as programs that read it name its columns."""
    path = edited("wgi_databank.csv", "Series Name,Series Code", "Indicator Name,Indicator Code")
    rows, quarantine = ask("wgi", path)
    same, left_out = ask("wgi", "wgi_databank.csv")
    pd.testing.assert_frame_equal(rows, same)
    assert quarantine.counts == left_out.counts


def frame() -> pd.DataFrame:
    """What ``wbgapi`` returns for two series: economy and series in the index, years in columns."""
    index = pd.MultiIndex.from_tuples(
        [("JPN", "PV.EST"), ("JPN", "PV.STD.ERR"), ("NAM", "PV.EST")], names=["economy", "series"]
    )
    return pd.DataFrame({"YR2022": [1.05, 0.22, 0.6], "YR2023": [0.95, 0.21, float("nan")]}, index=index)


def test_frame_of_wbgapi_with_series_in_rows_and_in_columns():
    tall = frame()
    values = {(economy, year): tall.loc[economy, year] for economy in ("JPN", "NAM") for year in tall.columns}
    index = pd.MultiIndex.from_tuples(values, names=["economy", "time"])
    turned = pd.DataFrame(list(values.values()), index=index)
    (one, two) = (
        wgi.read_frame(shape, Quarantine("frame"))
        .sort_values(["country_iso3", "year"])
        .reset_index(drop=True)
        for shape in (tall, turned)
    )
    pd.testing.assert_frame_equal(one, two)
    assert one["country_iso3"].tolist() == ["JPN", "JPN", "NAM", "NAM"]
    assert one["estimate"].tolist()[:3] == [1.05, 0.95, 0.6]
    assert math.isnan(one["estimate"].iloc[3])


def test_frame_saved_as_csv_is_read_alike(ask, tmp_path):
    path = tmp_path / "frame.csv"
    frame().to_csv(path)
    assert ask("wgi", path)[0].equals(wgi.read_frame(frame(), Quarantine("frame")))


def test_two_numbers_for_one_series_leave_it_missing(ask, edited):
    path = edited("wgi_databank.csv", "Rule of Law: Estimate,GOV_WGI_RL.EST", "Again,GOV_WGI_PV.EST")
    rows, quarantine = ask("wgi", path)
    found = rows.set_index(["country_iso3", "indicator", "year"])
    assert math.isnan(found.loc[("JPN", "PV", 2022), "estimate"])
    assert quarantine.counts["two values for one key"] == 2


def test_a_frame_of_one_series_does_not_say_which_and_is_refused(tmp_path, ask):
    path = tmp_path / "frame.csv"
    path.write_text("economy,YR2022\nJPN,1.0\n")
    with pytest.raises(InputFaults, match="series"):
        ask("wgi", path)
