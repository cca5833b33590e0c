"""Answers with shared labels: the same tables as the engine's own, cell by cell."""

import datetime as dt

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.facts import frames, load_trade, open_store
from ytterby.facts.frames import fetch_frame

TEXTS = st.one_of(st.none(), st.sampled_from(["CHN", "it's", "a,b", "", "ネオジム", '"', "NaN"]))
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS, st.one_of(st.none(), st.floats(allow_nan=False)), st.integers(-9, 9)),
    max_size=30,
)


@pytest.fixture
def every_answer_is_large(monkeypatch):
    monkeypatch.setattr(frames, "LARGE", 0)


def both_ways(rows):
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (a VARCHAR, b VARCHAR, x DOUBLE, n SMALLINT)")
        if rows:
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
        sql = "SELECT a, b, x, n, DATE '2024-01-01' AS d, rowid AS r FROM t"
        plain = connection.execute(f"SELECT a, x, n, d, b FROM ({sql}) ORDER BY a, b, r").df()  # noqa: S608
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(frames, "LARGE", 0)
            asked = {"columns": ["a", "x", "n", "d", "b"], "order": "a, b, r"}
            return plain, fetch_frame(connection, sql, [], **asked)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_the_answer_is_the_engines_own(rows):
    plain, shared = both_ways(rows)
    pd.testing.assert_frame_equal(shared, plain)


def test_a_column_of_many_texts_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(frames, "MAX_LABELS", 2)
    plain, shared = both_ways([("a", "x", 1.0, 1), ("b", "y", 2.0, 2), ("c", None, None, 3)])
    pd.testing.assert_frame_equal(shared, plain)


@pytest.mark.parametrize("asked", [{"hs6": ["284690", "280530"]}, {"year": 2022}, {}])
def test_both_ways_give_the_starter_trade_row_for_row(monkeypatch, asked):
    found = []
    for large in (0, 10**9):
        monkeypatch.setattr(frames, "LARGE", large)
        with open_store() as store:
            found.append(
                store.select("trade", only=["exporter", "hs6", "quantity_t", "importer_baci"], **asked)
            )
    pd.testing.assert_frame_equal(*found)


@pytest.mark.usefixtures("every_answer_is_large")
def test_equal_labels_are_one_text():
    with open_store() as store:
        trade = load_trade(store, hs6=["284690"], years=[2022])
    assert len(trade) > 300
    for column in ("exporter", "importer", "hs6", "source_id", "edition"):
        assert trade[column].map(id).nunique() == trade[column].nunique()


@pytest.mark.usefixtures("every_answer_is_large")
def test_threads_and_editions_do_not_meet_in_the_answer():
    with open_store() as store, store.as_known_on(dt.date(2030, 1, 1)) as then:
        assert store.select("quotas").equals(then.select("quotas"))
