"""Attribution and terms travel with every file that the commands write (decision 0009)."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.cli import app
from ytterby.facts import open_store
from ytterby.facts.credits import CREDIT_COLUMNS, credit, credit_query
from ytterby.facts.imports import import_table
from ytterby.views import tables
from ytterby.views.tables import CREDIT_KEY, credit_place, write_table

BGS = Path(__file__).parent / "publishers" / "fixtures" / "bgs.csv"
TRADE = ("--material", "rare_earths", "--country", "JPN")
COMMANDS = {
    "show": ("facts", "show", "prices", "--limit", "3"),
    "check": ("facts", "check", "--material", "rare_earths"),
    "production": ("facts", "shares", "production", "--material", "REE", "--stage", "mine", "--year", "2025"),
    "import": ("facts", "shares", "import", *TRADE, "--year", "2024"),
    "series": ("facts", "series", "unit-value", *TRADE),
    "query": ("facts", "query", "SELECT year, sum(value_kusd) AS v FROM trade GROUP BY year"),
    "screen": ("screen", "--country", "JPN", "--material", "lithium", "--year", "2024"),
}  # fmt: skip


def run(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.exception
    return done


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A store that holds rows of the British Geological Survey, which may not be passed on."""
    folder = tmp_path_factory.mktemp("store")
    import_table("bgs", BGS, edition="2025", store=folder)
    return folder


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_written_table_has_its_sources_beside_it(tmp_path, name, suffix):
    out = tmp_path / f"table{suffix}"
    assert credit_place(out).name in run(*COMMANDS[name], "--out", str(out)).output
    told = pd.read_csv(credit_place(out), keep_default_na=False)
    assert tuple(told.columns) == CREDIT_COLUMNS
    assert len(told) > 0
    assert (told[["licence", "citation", "producer"]] != "").all(axis=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, credit_place(out).name]
    if suffix == ".parquet":
        sql = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?"
        with duckdb.connect() as connection:
            ((value,),) = connection.execute(sql, [str(out), CREDIT_KEY]).fetchall()
        assert [line["source_id"] for line in json.loads(value)] == told["source_id"].tolist()


def test_rows_that_may_not_be_passed_on_are_said_on_the_terminal_and_beside_the_table(mixed, tmp_path):
    out = tmp_path / "mixed.csv"
    done = run("facts", "query", "FROM production", "--store", str(mixed), "--out", str(out))
    shown = run("facts", "show", "production", "--where", "source_id=bgs-wms", "--store", str(mixed))
    assert "may not be passed on" in shown.stderr
    assert "! rows of bgs-wms 2025 may not be passed on" in done.stderr
    told = pd.read_csv(credit_place(out), keep_default_na=False).set_index("source_id")["may_redistribute"]
    assert told["usgs-mcs-2026"]
    assert not told["bgs-wms"]
    clean = run("facts", "show", "production", "--where", "source_id=usgs-mcs-2026", "--store", str(mixed))
    assert "may not be passed on" not in clean.stderr


@pytest.mark.parametrize(
    ("sql", "sources"),
    [
        ("SELECT 1 FROM Trade", {"baci-hs92"}),
        ('WITH x AS (FROM "quotas") SELECT * FROM x', {"china-quotas-2026"}),
        ("SELECT (SELECT max(year) FROM prices) FROM quotas", {"china-quotas-2026", "usgs-mcs-prices"}),
        ("SELECT * FROM governance g JOIN trade t USING (year)", {"wgi-pv", "baci-hs92"}),
    ],
)
def test_a_query_is_credited_with_every_table_that_it_reads(sql, sources):
    with open_store() as store:
        assert set(credit_query(store, sql)["source_id"]) == sources


def test_a_query_over_imported_rows_says_so(mixed, tmp_path):
    sql = "SELECT country_iso3, quantity_t FROM production WHERE year = 2023"
    with open_store(mixed) as store:
        assert "bgs-wms" in set(credit_query(store, sql)["source_id"])
        unnamed = credit_query(store, "SELECT * FROM query_table('produc' || 'tion')")
        assert "bgs-wms" in set(unnamed["source_id"])  # rather one too many
    done = run("facts", "query", sql, "--store", str(mixed), "--out", str(tmp_path / "q.json"))
    assert "bgs-wms" in done.stderr


def test_a_source_without_a_card_may_not_be_passed_on():
    with open_store() as store:
        told = credit(store, pd.DataFrame({"source_id": ["nobody;wgi-pv", ""], "value": [1.0, 2.0]}))
    assert dict(zip(told["source_id"], told["may_redistribute"], strict=True)) == {
        "nobody": False, "wgi-pv": True,
    }  # fmt: skip


def test_the_sources_are_there_before_the_table(tmp_path, monkeypatch):
    """An interruption between the two leaves sources without a table and never a table without sources."""
    out = tmp_path / "t.json"

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(tables._WRITERS, ".json", fail)
    with pytest.raises(KeyboardInterrupt):
        write_table(pd.DataFrame({"a": [1]}), out, pd.DataFrame({"source_id": ["x"]}))
    assert [path.name for path in tmp_path.iterdir()] == [credit_place(out).name]
