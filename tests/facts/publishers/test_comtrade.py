"""UN Comtrade: the CSV download and the records of the API say the same; what is doubtful is left out."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from ytterby.errors import InputFaults


def flow(rows: pd.DataFrame, **wanted: object) -> dict[str, object]:
    found = rows
    for name, value in wanted.items():
        found = found[found[name] == value]
    assert len(found) == 1, found
    return found.iloc[0].to_dict()


def test_csv_and_json_give_the_same_rows_and_causes(ask):
    (from_csv, one), (from_json, two) = ask("comtrade", "comtrade.csv"), ask("comtrade", "comtrade.json")
    pd.testing.assert_frame_equal(from_csv, from_json)
    assert one.counts == two.counts


def test_api_response_with_its_envelope_is_read_too(ask, tmp_path):
    records = json.loads((Path(__file__).parent / "fixtures" / "comtrade.json").read_text())
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"elapsedTime": "0.1", "count": len(records), "data": records}))
    assert ask("comtrade", path)[0].equals(ask("comtrade", "comtrade.json")[0])


def test_mirror_flows_stand_apart(ask):
    """Japan's imports from China and China's exports to Japan are two rows about the same pair."""
    rows, _ = ask("comtrade", "comtrade.csv")
    pair = rows[(rows["exporter"] == "CHN") & (rows["importer"] == "JPN") & (rows["hs6"] == "284690")]
    found = pair.set_index("flow")[["reported_by", "value_kusd", "value_basis", "quantity_t", "qualifier"]]
    assert found.loc["imports"].tolist() == ["JPN", 150_000.0005, "c.i.f.", 9_000.0, "reported"]
    assert found.loc["exports"].tolist() == ["CHN", 140_000.0, "f.o.b.", 9_100.0, "estimated"]


def test_numbers_of_countries_that_are_not_iso(ask):
    """699 India, 490 Other Asia, 842 USA, 757 Switzerland, 251 France, 579 Norway, 711 SACU, 899 areas."""
    rows, _ = ask("comtrade", "comtrade.csv")
    assert flow(rows, exporter="IND")["exporter_un"] == 699
    assert flow(rows, exporter="TWN")["exporter_un"] == 490
    assert flow(rows, exporter="USA", importer="CHE")["importer_un"] == 757
    assert flow(rows, exporter="USA", importer="FRA")["reported_by"] == "FRA"
    assert flow(rows, exporter="NOR", importer="ZAF")["flow"] == "re-exports"
    assert flow(rows, exporter="OTH")["exporter_un"] == 899


def test_missing_weight_is_not_zero(ask):
    rows, _ = ask("comtrade", "comtrade.csv")
    none, unweighed = flow(rows, exporter="TWN"), flow(rows, exporter="USA", importer="CHE")
    assert math.isnan(none["quantity_t"])
    assert math.isnan(unweighed["quantity_t"])  # zero kilograms beside 500 dollars
    assert {none["qualifier"], unweighed["qualifier"]} == {"not available"}
    nothing = flow(rows, exporter="USA", importer="FRA")
    assert (nothing["value_kusd"], nothing["quantity_t"], nothing["qualifier"]) == (0.0, 0.0, "zero")


def test_revision_period_and_computed_rows_are_told(ask):
    rows, _ = ask("comtrade", "comtrade.csv")
    assert flow(rows, importer="FRA")["hs_revision"] == "HS17"
    assert flow(rows, importer="FRA")["is_computed"] == "yes"
    assert flow(rows, exporter="NOR")["hs_revision"] == "HS92"
    assert flow(rows, importer="KOR", exporter="CHN")["period"] == "2023-04"


def test_world_totals_are_no_rows_but_check_their_partners(ask):
    rows, quarantine = ask("comtrade", "comtrade.csv")
    assert "WLD" not in {*rows["exporter"], *rows["importer"]}
    faults = {fault.message.split(":")[0]: fault for fault in quarantine.faults}
    assert "partners 1, total 1" in faults["total unlike its partners"].message  # Korea: 700 of 900 dollars
    assert "exports, 276" in faults["world total without partners"].message
    assert quarantine.counts["total unlike its partners"] == 1  # Japan's total does add up


def test_what_is_left_out_is_counted_by_cause(ask):
    _, quarantine = ask("comtrade", "comtrade.csv")
    assert quarantine.counts == {
        "unknown country": 1, "negative quantity": 2, "unknown flow": 1, "no revision of the HS": 1,
        "no six-digit code": 1, "part of a flow": 1, "no period of its year": 1, "not a number": 1,
        "two values for one key": 2, "total unlike its partners": 1, "world total without partners": 1,
    }  # fmt: skip


def test_missing_columns_are_all_named(ask, edited):
    path = edited("comtrade.csv", "netWgt,isNetWgtEstimated", "mass,isNetWgtEstimated")
    path.write_bytes(path.read_bytes().replace(b"cmdCode", b"code"))
    with pytest.raises(InputFaults) as caught:
        ask("comtrade", path)
    assert {fault.column for fault in caught.value.faults} == {"netWgt", "cmdCode"}


@pytest.mark.parametrize("text", ["{", '"a"', "[1, 2]", '{"data": 5}', "[" * 100_000, '[{"refYear": 2023}]'])
def test_json_that_is_no_list_of_records_is_refused(ask, tmp_path, text):
    path = tmp_path / "answer.json"
    path.write_text(text)
    with pytest.raises(InputFaults):
        ask("comtrade", path)


OLDER = (
    "Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,"
    "Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,Commodity Code,Commodity,"
    "Qty Unit Code,Qty Unit,Qty,Netweight (kg),Trade Value (US$),Flag\n"
)


def older(flow: int, *, flag: int, classification: str = "H4", weight: str = "500") -> str:
    return (
        f'{classification},2018,2018,2018,6,1,{flow},Import,392,Japan,JPN,156,China,CHN,284690,"Own, words"'
        f",8,Weight in kilograms,500,{weight},12000,{flag}\n"
    )


def test_downloads_of_the_older_portal_mean_the_same(ask, tmp_path):
    path = tmp_path / "comtrade.csv"
    path.write_text(
        OLDER + older(1, flag=0) + older(2, flag=4) + older(3, flag=2) + older(4, flag=6)
        + older(9, flag=0) + older(1, flag=0, classification="HS") + older(1, flag=0, weight=""),
        encoding="utf-8",
    )  # fmt: skip
    rows, quarantine = ask("comtrade", path)
    told = rows.set_index("flow")[["exporter", "importer", "quantity_t", "qualifier", "hs_revision"]]
    assert told.loc["exports"].tolist() == ["JPN", "CHN", 0.5, "estimated", "HS12"]
    assert told.loc["re-exports"].tolist() == ["JPN", "CHN", 0.5, "reported", "HS12"]
    assert told.loc["re-imports"].tolist() == ["CHN", "JPN", 0.5, "estimated", "HS12"]
    assert "imports" not in told.index  # two rows disagree about the weight
    assert quarantine.counts == {"unknown flow": 1, "no revision of the HS": 1, "two values for one key": 2}
