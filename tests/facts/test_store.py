"""The store: documented tables, plain SQL that can only read, clear refusals."""

import threading

import pytest

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import load_sources
from ytterby.errors import QueryRefused, UnknownName
from ytterby.facts import open_store


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def test_every_column_of_every_table_is_documented_and_typed(store):
    for name in store.tables()["name"]:
        described = store.query(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = ? ORDER BY ordinal_position",
            [name],
        )
        documented = store.columns(name)
        assert described["column_name"].tolist() == documented["column"].tolist()
        assert described["data_type"].tolist() == documented["type"].tolist()
        assert documented["description"].str.len().min() >= 3


def test_every_row_has_a_card_and_every_table_an_edition(store):
    tables = store.tables()
    assert set(tables["name"]) == {row["table"] for row in read_rows("facts_tables") if row["source_id"]}
    assert tables["edition"].str.len().min() > 0
    assert tables["may_redistribute"].all()
    for line in tables.itertuples():
        if "source_id" in store.columns(line.name)["column"].tolist():
            found = store.query(f'SELECT DISTINCT source_id FROM "{line.name}"')["source_id"]  # noqa: S608
            assert set(found) == set(line.source_id.split(";"))
            assert set(found) <= set(load_sources())


def test_counts_of_the_list_are_the_counts_of_the_tables(store):
    for line in store.tables().itertuples():
        assert store.query(f'SELECT count(*) AS n FROM "{line.name}"')["n"][0] == line.rows  # noqa: S608


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW trade",
        "SELECT 1; SELECT 2",
        "INSERT INTO trade VALUES (1)",
        "COPY trade TO 'out.csv'",
        "ATTACH 'other.db'",
        "SET memory_limit = '9GB'",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/*')",
        "INSTALL httpfs",
        "SELECT no_such_column FROM trade",
        "SELEC",
        "",
    ],
)
def test_anything_but_reading_the_tables_is_refused(store, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryRefused):
        store.query(sql)
    assert list(tmp_path.iterdir()) == []


def test_parameters_are_values_and_not_sql(store):
    found = store.query("SELECT count(*) AS n FROM trade WHERE exporter = ?", ["CHN' OR '1' = '1"])
    assert found["n"][0] == 0


def test_show_filters_and_limits(store):
    shown = store.show("trade", 3, importer="JPN", year=[2010, 2011])
    assert len(shown) == 3
    assert set(shown["importer"]) == {"JPN"}
    assert len(store.show("trade")) == 20
    assert store.show("countries", iso2="NA")["iso3"].tolist() == ["NAM"]  # Namibia is no missing value


def test_unknown_tables_and_columns_get_suggestions(store):
    with pytest.raises(UnknownName, match="Did you mean trade"):
        store.show("trades")
    with pytest.raises(UnknownName, match="importer"):
        store.show("trade", importr="JPN")


def test_order_of_rows_does_not_depend_on_the_filter(store):
    keys = ["hs6", "year", "exporter", "importer"]
    rows = store.select("trade", importer=["JPN", "KOR"], hs6=["284690", "280530"])
    assert rows[keys].apply(tuple, axis=1).is_monotonic_increasing


def test_threads_share_one_store(store):
    answers = []

    def ask():
        answers.append(
            float(store.query("SELECT sum(value_kusd) AS v FROM trade WHERE hs6 = '280530'")["v"][0])
        )

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert max(answers) == pytest.approx(min(answers), rel=1e-12)
