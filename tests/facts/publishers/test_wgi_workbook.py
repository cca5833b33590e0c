"""Governance indicators as workbooks: the three layouts of the published releases, made here."""

import math

import openpyxl
import pytest

from ytterby.errors import InputFaults

LONG = [
    "codeindyr", "code", "countryname", "year", "indicator", "estimate", "stddev", "nsource", "pctrank",
    "pctranklower", "pctrankupper",
]  # fmt: skip
SCORED = [
    "ID variable (economy code/ gov. dimension/ year)", "Economy (name)", "Economy (code)", "Region",
    "Income classification", "Year", "Governance dimension", "Number of sources",
    "Governance estimate (approx. -2.5 to +2.5)", "Standard error (estimate)",
    "Lower threshold (90% conf. int. estimate)", "Upper threshold (90% conf. int. estimate)",
    "Governance score (0-100)", "Standard error (gov. score)", "Lower threshold (90% conf. int. score)",
    "Upper threshold (90% conf. int. score)",
]  # fmt: skip
MEASURES = ["Estimate", "StdErr", "NumSrc", "Rank", "Lower", "Upper"]
JAPAN = (0.95, 0.21, 8.0, 86.5, 70.1, 95.2)
COLUMNS = ["estimate", "std_error", "n_sources", "percentile_rank", "rank_lower90", "rank_upper90"]


def classic(*, repeated: bool) -> list[list[object]]:
    """A sheet of the releases to 2022; the year stands above each measure, or above the first alone."""
    years = [year if repeated or not at else None for year in (2021, 2022) for at in range(6)]
    return [
        ["Political Stability and Absence of Violence/Terrorism"],
        [],
        ["Legend"],
        ["Estimate", "own words"],
        [None, None, *years],
        ["Country/Territory", "WBCode", *MEASURES, *MEASURES],
        ["JAPAN", "JPN", *JAPAN, 1.05, 0.22, 8, 87, 71, 96],
        ["CONGO, DEM. REP.", "ZAR", *["#N/A"] * 6, -2.1, 0.2, 7, 3, 1, 8],
    ]


@pytest.fixture
def ask_book(ask, tmp_path):
    def ask_book(sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "wgidataset.xlsx"
        made.save(path)
        return ask("wgi", path)

    return ask_book


@pytest.mark.parametrize("repeated", [True, False])
def test_measures_side_by_side_under_their_year(ask_book, repeated):
    rows, quarantine = ask_book(
        {"Introduction": [["words"]], "Political StabilityNoViolence": classic(repeated=repeated)}
    )
    found = rows.set_index(["country_iso3", "year", "indicator"])
    assert found.loc[("JPN", 2021, "PV"), COLUMNS].tolist() == list(JAPAN)
    assert found.loc[("JPN", 2022, "PV"), "estimate"] == 1.05
    assert math.isnan(found.loc[("COD", 2021, "PV"), "estimate"])  # missing keeps its row
    assert found.loc[("COD", 2022, "PV"), "estimate"] == -2.1
    assert quarantine.counts == {"sheet without a table": 1}


def test_one_sheet_with_the_long_table_equals_the_same_as_csv(ask, ask_book, tmp_path):
    line = ["JPNpv2022", "JPN", "Japan", 2022, "pv", *JAPAN]
    book, _ = ask_book({"Sheet1": [LONG, line, ["ABWcc1996", "ABW", "Aruba", 1996, "cc", *["..."[:2]] * 6]]})
    path = tmp_path / "same.csv"
    path.write_text(
        ",".join(LONG) + "\n" + ",".join(map(str, line)) + "\nABWcc1996,ABW,Aruba,1996,cc,..,..,..,..,..,..\n"
    )
    text, _ = ask("wgi", path)
    assert book.equals(text)
    assert book["indicator"].tolist() == ["PV", "CC"]


def test_estimates_are_read_and_scores_are_not(ask_book):
    """The release of 2025: a score of 72 beside an estimate of 1.2; ranks are no longer published."""
    line = ["JPN_2023_ge", "Japan", "JPN", "East Asia & Pacific", "High income", 2023, "ge", 9, 1.2, 0.1, 1.0,
            1.4, 72, 2, 70, 74]  # fmt: skip
    rows, quarantine = ask_book({"ge": [SCORED, line], "README": [["words"]]})
    (row,) = rows.to_dict("records")
    assert (row["country_iso3"], row["year"], row["indicator"]) == ("JPN", 2023, "GE")
    assert [row["estimate"], row["std_error"], row["n_sources"]] == [1.2, 0.1, 9.0]
    assert math.isnan(row["percentile_rank"])
    assert quarantine.counts == {"sheet without a table": 1}


def test_scores_in_the_place_of_estimates_are_doubted(ask_book):
    _, quarantine = ask_book({"pv": [["Economy (code)", "Year", "Governance estimate (approx. -2.5 to +2.5)"],
                                     ["JPN", 2023, 72]]})  # fmt: skip
    assert quarantine.counts == {"number off its scale": 1}


def test_a_book_of_something_else_is_refused(ask_book):
    with pytest.raises(InputFaults, match="no sheet of these indicators"):
        ask_book({"Sheet1": [["Country", "unit", 2021], ["Japan", "t", 1]]})
