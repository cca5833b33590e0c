"""The starter data of the package: rebuilt byte for byte, small, and nothing that may not be shipped."""

import hashlib
import importlib.util
import json
from pathlib import Path

import duckdb
import pytest

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import load_sources
from ytterby.facts.publishers.cells import resolution_of
from ytterby.facts.store import STARTER, open_store

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "build_starter_data.py"
MANIFEST = json.loads((STARTER / "manifest.json").read_text(encoding="utf-8"))
FILES = [*MANIFEST["tables"], MANIFEST["shapes"]]


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_starter_data", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_are_those_of_the_manifest():
    listed = {entry["file"] for entry in FILES} | {"manifest.json", "LICENSES.md"}
    assert {path.name for path in STARTER.iterdir()} == listed
    for entry in FILES:
        assert hashlib.sha256((STARTER / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_starter_data_fit_the_wheel():
    assert sum(path.stat().st_size for path in STARTER.iterdir()) < 9_000_000


def test_every_file_has_its_terms():
    terms = (STARTER / "LICENSES.md").read_text(encoding="utf-8")
    for entry in FILES:
        assert entry["file"].removesuffix(".parquet") in terms


def test_rebuild_gives_the_same_bytes(shared, tmp_path, build):
    build.build(shared, tmp_path)
    if duckdb.__version__ == MANIFEST["duckdb"]:
        for entry in [*FILES, {"file": "manifest.json"}]:
            assert (tmp_path / entry["file"]).read_bytes() == (STARTER / entry["file"]).read_bytes(), entry[
                "file"
            ]
    else:  # another version compresses otherwise; its rows are the same, in the same order
        for entry in MANIFEST["tables"]:
            rows = [
                duckdb.sql(f"FROM '{folder / entry['file']}'").fetchall() for folder in (tmp_path, STARTER)
            ]
            assert repr(rows[0]) == repr(rows[1]), entry["file"]


def test_resolution_is_the_same_in_sql_and_in_python(shared, build):
    """Starter rows and imported rows must not differ in what they say of rounding."""
    connection = build.open_sources(shared / "data")
    texts = "SELECT value_text AS t FROM usgs_2026 UNION SELECT value_text FROM usgs_2025"
    extra = "SELECT unnest(['0', '0.50', '30,000', '12.0', '1,234.50', '', 'W', '1 - 2', '>9'])"
    rows = connection.execute(f"SELECT t, resolution(t) FROM ({texts} UNION {extra})").fetchall()  # noqa: S608
    assert len(rows) > 2000
    for text, found in rows:
        assert found == resolution_of(text), text


# How each publisher would mend its file: the input that changes, and its rows afterwards.
MENDED = {
    "baci-gaps": ("trade_source", "* REPLACE (replace(hs6, '811211', '811292') AS hs6)"),
    "baci-490": ("baci_codes", "* REPLACE (replace(source_iso3, 'S19', 'TWN') AS source_iso3)"),
    "baci-unions": ("baci_codes", "* REPLACE (replace(iso3, 'ZAF', 'XSA') AS iso3)"),
    "baci-2024": ("trade_source", "* FROM trade_source WHERE year <> 2024 OR hs6 <> '250410'"),
    "wgi-guyana": ("wgi", "* REPLACE (estimate + (iso3 = 'GUY')::INT AS estimate)"),
    "wgi-clip": ("wgi", "* REPLACE (greatest(least(estimate, 2.5), -2.5) AS estimate)"),
    "wgi-break": ("wgi", "* REPLACE ('B: one release' AS vintage)"),
    "usgs-revisions": ("usgs_2025", "* REPLACE (value + (country = 'Australia')::INT AS value)"),
    "usgs-2025-titanium-unit": ("usgs_2025", "* REPLACE (replace(unit, 'metric', 'kilo') AS unit)"),
    "usgs-2026-shifted": ("usgs_2026", "* REPLACE ('' AS defect)"),
    "usgs-2026-list": ("usgs_2026", "* REPLACE (replace(country, ', and Russia', '') AS country)"),
    "iea-balance": ("iea", "* REPLACE (supply_kt * (1 + (stage = 'mining')::INT) AS supply_kt)"),
    "premise-units": ("studies", "* REPLACE (replace(unit, 'kg motor', 'MW') AS unit)"),
}  # fmt: skip


def test_every_guard_has_a_mended_source(build):
    assert set(MENDED) == set(build.GUARDS)


@pytest.mark.parametrize("name", MENDED)
def test_a_mended_source_stops_the_rebuild(shared, build, name):
    """What the guard waits for happens in the input itself: the rebuild names the correction and stops."""
    connection = build.open_sources(shared / "data")
    build.check_corrections(connection)  # as the sources are, all guards hold
    table, picked = MENDED[name]
    origin = "" if " FROM " in picked else f" FROM {table}"
    connection.execute(f"CREATE TABLE mended AS SELECT {picked}{origin}")
    is_view = connection.execute(
        "SELECT count(*) FROM duckdb_views() WHERE view_name = ?", [table]
    ).fetchone() == (1,)
    kind = "VIEW" if is_view else "TABLE"
    connection.execute(f"CREATE OR REPLACE {kind} {table} AS SELECT * FROM mended")  # noqa: S608
    with pytest.raises(SystemExit, match=name):
        build.check_corrections(connection)


def test_every_declared_row_names_a_source_and_a_documented_column():
    """A caution or correction of nothing that the store has would be words only."""
    columns = {(row["table"], row["column"]) for row in read_rows("facts_columns")}
    for row in read_rows("corrections"):
        assert row["kind"] in {"correction", "caution"}
        assert set(row["source_id"].split(";")) <= set(load_sources())
        noted = {"note_year", "note"}
        assert all(row[name] for name in set(row) - noted), row["correction_id"]
        assert len({bool(row[name]) for name in noted}) == 1
        named = row["column_name"].replace("ranks", "percentile_rank").split(", ")
        assert all((row["table_name"], name) in columns for name in named if name != "all"), row


def test_nothing_that_may_not_be_shipped(shared):
    """Sources marked otherwise than *ship* in the data's list are not in the package."""
    names = json.dumps(MANIFEST).lower()
    for word in ("wmd", "bgs", "komis", "china_daily", "comtrade", "deposit"):
        assert word not in names


def test_an_unknown_estimate_is_no_stability():
    """Guyana 2023 is set to missing by a correction; 0 would have counted it as perfectly stable."""
    table = open_store().select("governance", only=["estimate", "instability"])
    assert table["estimate"].isna().sum() == 172
    assert (table["estimate"].isna() == table["instability"].isna()).all()
