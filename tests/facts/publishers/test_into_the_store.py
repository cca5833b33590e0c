"""Each publisher's file goes into a user's store and comes out of it with its edition and its card."""

import datetime as dt
import math
from pathlib import Path

import pytest

from ytterby.errors import InputFaults, UnknownName
from ytterby.facts import load_production, open_store
from ytterby.facts.imports import import_table
from ytterby.facts.publishers import PUBLISHERS, publisher

FIXTURES = Path(__file__).parent / "fixtures"
FILES = {
    "bgs": "bgs.csv", "comtrade": "comtrade.csv", "iea": "iea.csv", "oecd": "oecd.csv",
    "usgs_mcs": "usgs_mcs_2026.csv", "wgi": "wgi_long.csv",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_rows_come_out_as_they_went_in(ask, tmp_path, name):
    rows, quarantine = ask(name, FILES[name])
    done = import_table(name, FIXTURES / FILES[name], edition="made here", store=tmp_path)
    assert (done.rows, done.quarantined) == (len(rows), dict(quarantine.counts))
    with open_store(tmp_path) as store:
        module = publisher(name)
        stored = store.select(module.TABLE, edition="made here")
        (card,) = store.cards
    assert len(stored) == len(rows)
    assert set(stored["source_id"]) == {module.SOURCE["source_id"]}
    assert (card.licence, card.may_redistribute) == (
        module.SOURCE["licence"],
        module.SOURCE["may_redistribute"],
    )
    order = [column for column in rows.columns if rows[column].dtype != "float64"]
    one, two = (frame.sort_values(order, ignore_index=True) for frame in (rows, stored))
    for column in rows.columns:
        pairs = zip(one[column], two[column], strict=True)
        assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in pairs), column


def test_every_publisher_has_its_round_trip():
    """World Mining Data is a workbook, made in ``test_workbooks.py``."""
    assert {*FILES, "wmd"} == set(PUBLISHERS)


def test_tables_that_only_imports_fill_are_there_before_any(tmp_path):
    with open_store() as store:
        for table in ("reported_trade", "export_restrictions"):
            assert store.select(table).empty
            assert store.columns(table)["column"].tolist() == store.select(table).columns.tolist()
            assert store.edition(table) == ""


def test_a_newer_edition_of_reported_trade_goes_before_an_older(tmp_path):
    """Without an edition asked for, a reporter's product and year come from its newest file."""
    text = (FIXTURES / "comtrade.csv").read_text(encoding="utf-8")
    newer = tmp_path / "newer.csv"
    newer.write_text(text.replace("150000000.5", "160000000.5"), encoding="utf-8")
    folder = tmp_path / "store"
    for day, edition, path in ((1, "old", FIXTURES / "comtrade.csv"), (2, "new", newer)):
        import_table("comtrade", path, edition=edition, store=folder, published=dt.date(2026, 1, day))
    with open_store(folder) as store:
        pair = {"exporter": "CHN", "importer": "JPN", "flow": "imports", "hs6": "284690"}
        assert store.select("reported_trade", **pair)["value_kusd"].tolist() == [160_000.0005]
        assert len(store.select("reported_trade", edition="all", **pair)) == 2
        assert store.edition("reported_trade") == "old; new"


def test_nothing_usable_and_unknown_kinds_are_refused(tmp_path, edited):
    with pytest.raises(InputFaults):
        import_table("oecd", FIXTURES / "bgs.csv", edition="x", store=tmp_path / "store")
    with pytest.raises(UnknownName, match="comtrade"):
        import_table("comtrad", FIXTURES / "bgs.csv", edition="x", store=tmp_path / "store")


def test_a_later_edition_of_the_summaries_goes_before_the_starter_data(tmp_path):
    """Edition 2027 answers for 2025, which edition 2026 of the starter data has too."""
    text = (FIXTURES / "usgs_mcs_2026.csv").read_bytes().decode("cp1252")
    later = tmp_path / "later.csv"
    later.write_text(text.replace(",2025,", ",2026,").replace(",2024,", ",2025,"), encoding="cp1252")
    import_table("usgs_mcs", later, edition="2027", store=tmp_path / "store", published=dt.date(2027, 2, 1))
    with open_store(tmp_path / "store") as store:
        for year, tonnes in ((2025, 29_000.0), (2026, 31_000.0)):
            rows = load_production(store, material="rare_earths", stage="mine", year=year)
            assert set(rows["edition"]) == {"2027"}
            assert rows.set_index("country_iso3").loc["AUS", "quantity_t"] == tonnes
        assert set(load_production(store, material="rare_earths", year=2024)["edition"]) == {"2026"}
