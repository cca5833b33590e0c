"""The one door of imports: what is asked, what is refused, what the card says."""

import datetime as dt
import hashlib
import importlib.util
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.cli import app
from ytterby.errors import InputFaults, UnknownName, YtterbyError
from ytterby.facts import open_store
from ytterby.facts.imports import KINDS, import_table, write_rows
from ytterby.facts.tables import importable_tables

ROOT = Path(__file__).resolve().parents[2]
MAPPING = """
table = "production"
[source]
source_id = "my-survey"
title = "Survey"
producer = "Institute"
licence = "internal"
may_redistribute = false
[columns]
material = "metal"
country_iso3 = "country"
year = "year"
quantity_t = "t"
[constants]
stage = "refined"
basis = "oxide content"
qualifier = "reported"
"""


@pytest.fixture
def survey(tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "survey.csv").write_text(
        "metal,country,year,t\nneodymium,Japan,2024,12.5\ndysprosium,Japon,2024,\nunobtainium,JPN,2024,1\n",
        encoding="utf-8",
    )
    return tmp_path


def run(folder, **options):
    given = {"edition": "1", "store": folder / "store", "mapping": folder / "map.toml"} | options
    return import_table("tidy", folder / "survey.csv", **given)


def test_the_card_says_where_the_rows_come_from(survey):
    done = run(survey, published=dt.date(2025, 3, 1))
    assert (done.rows, done.quarantined) == (2, {"unknown name": 1})
    with open_store(survey / "store") as store:
        (card,) = store.cards
    assert (card.source_id, card.edition, card.licence) == ("my-survey", "1", "internal")
    assert (card.published, card.accessed >= dt.date(2026, 1, 1)) == (dt.date(2025, 3, 1), True)
    assert card.sha256 == hashlib.sha256((survey / "survey.csv").read_bytes()).hexdigest()
    assert (card.rows, card.first_year, card.last_year) == (2, 2024, 2024)
    assert card.quarantined == {"unknown name": 1}


def test_missing_is_not_zero_in_the_store(survey):
    run(survey)
    with open_store(survey / "store") as store:
        rows = store.query("SELECT * FROM production WHERE source_id = 'my-survey' ORDER BY material")
    assert rows["quantity_t"].isna().tolist() == [True, False]
    assert rows["note"].tolist() == ["", ""]
    assert rows["edition"].tolist() == ["1", "1"]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("tidy", {"edition": ""}, "name of an edition"),
        ("tidy", {"edition": "all"}, "name of an edition"),
        ("tidy", {"edition": "a\nb"}, "name of an edition"),
        ("tidy", {"mapping": None}, "mapping file"),
        ("tidy", {"codes": ["280530"]}, "only an import of BACI"),
        ("excel", {}, "unknown kind"),
        ("tidy", {"path": "absent.csv"}, "no such file"),
    ],
)
def test_what_cannot_be_imported_is_refused_before_a_store_is_made(survey, kind, options, message):
    path = survey / options.pop("path", "survey.csv")
    given = {"edition": "1", "store": survey / "store", "mapping": survey / "map.toml"} | options
    with pytest.raises(YtterbyError, match=message):
        import_table(kind, path, **given)
    assert not (survey / "store").exists()


def test_an_edition_of_the_starter_data_keeps_its_name(survey):
    text = MAPPING.replace("my-survey", "usgs-mcs-2026")
    (survey / "map.toml").write_text(text, encoding="utf-8")
    with pytest.raises(YtterbyError, match="own copy"):
        run(survey, edition="2026")
    assert run(survey, edition="2026 (own copy)").rows == 2


def test_a_reader_that_forgets_a_column_or_adds_one_is_stopped(tmp_path):
    with pytest.raises(InputFaults, match="left this column out") as refused:
        write_rows(pd.DataFrame({"year": [2020], "colour": ["red"]}), "trade", tmp_path / "x", "s", "e")
    assert {fault.column for fault in refused.value.faults} >= {"hs6", "exporter", "colour"}


def test_every_table_that_takes_imports_has_source_and_edition():
    with open_store() as store:
        for table in importable_tables():
            assert {"source_id", "edition"} <= set(store.columns(table)["column"])


def test_the_command_line_imports_lists_and_shows(survey):
    store = ["--store", str(survey / "store")]
    done = CliRunner().invoke(app, ["facts", "import", "tidy", str(survey / "survey.csv"), "--edition", "1",
                                    "--mapping", str(survey / "map.toml"), *store])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 rows imported" in done.output
    assert "left out, unknown name: 1" in done.output
    assert "survey.csv, row 4, column material" in done.output
    out = survey / "out.csv"
    CliRunner().invoke(app, ["facts", "list", *store, "--out", str(out)])
    assert pd.read_csv(out)["source_id"].iloc[-1] == "my-survey"
    shown = ["facts", "show", "production", "--where", "source_id=my-survey", "--out", str(out), *store]
    CliRunner().invoke(app, shown)
    assert pd.read_csv(out)["material"].tolist() == ["dysprosium", "neodymium"]
    CliRunner().invoke(app, ["facts", "list", *store, "--known-on", "2020-01-01", "--out", str(out)])
    assert "my-survey" not in set(pd.read_csv(out)["source_id"])


def test_every_kind_has_an_example_in_the_how_to_page():
    page = (ROOT / "docs" / "howto" / "import-data.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"ytterby facts import (\w+) ", page))
    assert shown == set(KINDS)


def test_the_mapping_file_of_the_how_to_page_works(tmp_path):
    page = (ROOT / "docs" / "howto" / "import-data.md").read_text(encoding="utf-8")
    (tmp_path / "survey.toml").write_text(
        re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8"
    )
    (tmp_path / "survey.csv").write_text(
        "metal,country,year,output\nネオジム,Japon,2024,1166\n", encoding="utf-8"
    )
    done = import_table(
        "tidy",
        tmp_path / "survey.csv",
        mapping=tmp_path / "survey.toml",
        edition="1",
        store=tmp_path / "store",
    )
    assert (done.rows, done.quarantined) == (1, {})
    with open_store(tmp_path / "store") as store:
        row = store.select("production", source_id="my-survey").iloc[0]
    assert row["quantity_t"] == pytest.approx(1.0, rel=1e-3)
    assert row["basis"] == "element content"


def test_the_benchmark_writes_what_the_importer_reads(tmp_path):
    spec = importlib.util.spec_from_file_location("make_baci", ROOT / "benchmarks" / "make_baci.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = module.write_year(tmp_path / "in", 2022, 250_000, "HS12")
    done = import_table("baci", path, edition=module.VERSION, store=tmp_path / "store")
    assert (done.rows, done.quarantined) == (250_000, {})
    with duckdb.connect() as connection:  # blocks of codes: a question reads those whose span holds its code
        spans = connection.execute(
            "SELECT stats_min_value, stats_max_value FROM parquet_metadata(?) WHERE path_in_schema = 'hs6'",
            [str(done.files[0])],
        ).fetchall()
    assert len(spans) > 1
    holding = [sum(first <= code <= last for first, last in spans) for code in module.product_codes()]
    assert max(holding) <= 2
    assert sum(holding) < 1.1 * len(holding)


def test_unknown_kinds_get_suggestions(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean baci"):
        import_table("bacci", tmp_path, edition="1", store=tmp_path / "store")
