"""The user's store: all or nothing, one writer, editions side by side, known on a day."""

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from ytterby.errors import QueryRefused, StoreBusy, StoreDamaged, YtterbyError
from ytterby.facts import load_production, load_trade, open_store
from ytterby.facts.imports import import_table, write_rows
from ytterby.facts.store import Store
from ytterby.facts.user_store import Card, open_manifest, read_manifest, required_folder, writing

KILLS = int(os.environ.get("YTTERBY_TEST_KILLS", "20"))  # two hundred: see benchmarks/README.md
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")


def flows(value: float, *, year=2022, importer="JPN", hs6="284690", revision="HS92") -> pd.DataFrame:
    return pd.DataFrame(
        {"year": [year], "exporter": ["CHN"], "importer": [importer], "hs6": [hs6], "value_kusd": [value],
         "quantity_t": [float("nan")], "exporter_baci": [None], "importer_baci": [None],
         "hs_revision": [revision]}
    )  # fmt: skip


def put(folder, frame, edition, *, source_id="baci-hs92", table="trade", published=None, part=""):
    """Import a table without a publisher's file."""
    with writing(folder) as writer:
        target = writer.new_file(table, source_id, edition)
        first, last = write_rows(frame, table, target, source_id, edition)
        writer.put(Card(
            table=table, source_id=source_id, edition=edition, part=part, file=target.name, title="Test",
            producer="Test", licence="none", may_redistribute=False, citation="Test", published=published,
            accessed=dt.date(2030, 1, 1), sha256="0", rows=len(frame), first_year=first, last_year=last,
        ))  # fmt: skip


def test_without_a_store_nothing_changes(monkeypatch):
    monkeypatch.delenv("YTTERBY_STORE", raising=False)
    with open_store() as store:
        assert store.user is None
        assert store.cards == ()
    with pytest.raises(YtterbyError, match="YTTERBY_STORE"):
        required_folder(None)


def test_the_variable_names_the_store(monkeypatch, tmp_path):
    put(tmp_path, flows(1.0), "A")
    monkeypatch.setenv("YTTERBY_STORE", str(tmp_path))
    with open_store() as store:
        assert [card.edition for card in store.cards] == ["A"]


def test_two_editions_stand_side_by_side_and_the_newest_answers(tmp_path):
    put(tmp_path, flows(1.0), "A", published=dt.date(2029, 1, 1))
    put(tmp_path, flows(2.0), "B", published=dt.date(2029, 6, 1))
    with open_store(tmp_path) as store:
        counted = store.query("SELECT edition, count(*) AS n FROM trade GROUP BY edition").set_index(
            "edition"
        )["n"]
        assert (counted["A"], counted["B"], len(counted)) == (1, 1, 3)

        def ask(**more):
            return load_trade(store, hs6=["284690"], importer="JPN", exporter="CHN", years=[2022], **more)

        assert ask()[["value_kusd", "edition"]].to_numpy().tolist() == [[2.0, "B"]]
        assert ask(edition="A")["value_kusd"].tolist() == [1.0]
        assert len(ask(edition="all")) == 3
        older = load_trade(store, hs6=["284690"], importer="JPN", exporter="CHN", years=[2021])
        assert len(older) == 1
        assert older["edition"][0].startswith("HS92, flows to 2024")


def test_a_newer_edition_without_the_flow_overrules_an_older_one_with_it(tmp_path):
    put(tmp_path, flows(1.0, importer="KOR"), "A")
    with open_store(tmp_path) as store:
        rows = store.select("trade", hs6="284690", year=2022)
        assert rows["importer"].tolist() == ["KOR"]
        assert store.select("trade", hs6="284690", year=2022, importer="JPN").empty


def test_an_edition_published_before_the_starter_data_does_not_overrule_them(tmp_path):
    put(tmp_path, flows(1.0), "old", published=dt.date(2020, 1, 1))
    with open_store(tmp_path) as store, open_store() as plain:
        asked = {"hs6": ["284690"], "importer": "JPN", "years": [2022]}
        pd.testing.assert_frame_equal(load_trade(store, **asked), load_trade(plain, **asked))


def test_other_sources_answer_only_when_named(tmp_path):
    put(tmp_path, flows(5.0), "2025", source_id="comtrade-hs92")
    with open_store(tmp_path) as store, open_store() as plain:
        assert len(store.select("trade", hs6="284690", year=2022)) == len(
            plain.select("trade", hs6="284690", year=2022)
        )
        named = load_trade(store, hs6=["284690"], source_id="comtrade-hs92")
        assert named["value_kusd"].tolist() == [5.0]


def test_a_later_yearly_edition_of_a_source_takes_part(tmp_path):
    with open_store() as plain:
        rows = load_production(plain, material="rare_earths", stage="mine", year=2024)
    later = rows.drop(columns=["source_id", "edition"]).assign(quantity_t=7.0)
    put(tmp_path, later, "2027", source_id="usgs-mcs-2027", table="production")
    put(tmp_path, later.assign(quantity_t=9.0), "2023", source_id="bgs-wms", table="production")
    with open_store(tmp_path) as store:
        newest = load_production(store, material="rare_earths", stage="mine", year=2024)
        assert set(newest["edition"]) == {"2027"}
        assert set(newest["quantity_t"]) == {7.0}
        bgs = load_production(store, material="rare_earths", year=2024, source_id="bgs-wms")
        assert set(bgs["quantity_t"]) == {9.0}


def test_as_known_on_a_day_shows_only_what_was_out_by_then(tmp_path):
    put(tmp_path, flows(1.0), "A", published=dt.date(2020, 1, 31))
    put(tmp_path, flows(2.0), "B", published=dt.date(2026, 12, 1))
    put(tmp_path, flows(3.0), "C")  # without a date of publication: fetched on 1 January 2030
    with open_store(tmp_path) as store:
        for day, editions in (("2020-01-30", []), ("2020-01-31", ["A"]), ("2026-12-01", ["A", "B"]),
                              ("2030-01-01", ["A", "B", "C"])):  # fmt: skip
            with store.as_known_on(dt.date.fromisoformat(day)) as then:
                assert [card.edition for card in then.cards] == editions
                found = set(then.query("SELECT DISTINCT edition FROM trade WHERE year = 2022")["edition"])
                assert found & {"A", "B", "C"} == set(editions)
                assert (len(found) > len(editions)) == (day >= "2026-11-22")


def test_starter_tables_as_known_before_they_were_fetched_are_empty():
    with Store(known_on=dt.date(2026, 11, 21)) as store:
        assert store.query("SELECT count(*) AS n FROM trade")["n"][0] == 0
        assert store.query("SELECT count(*) AS n FROM countries")["n"][0] == 0


def test_the_list_shows_terms_of_each_edition(tmp_path):
    put(tmp_path, flows(1.0), "A")
    with open_store(tmp_path) as store:
        line = store.tables().iloc[-1]
    assert (line["name"], line["edition"], line["rows"], line["years"]) == ("trade", "A", 1, "2022-2022")
    assert not line["may_redistribute"]


def test_queries_see_the_store_and_nothing_beside_it(tmp_path):
    put(tmp_path / "store", flows(1.0), "A")
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with open_store(tmp_path / "store") as store:
        for name in (tmp_path / "secret.csv", tmp_path / "store" / "manifest.json"):
            with pytest.raises(QueryRefused):
                store.query(f"SELECT * FROM read_text('{name}')")  # noqa: S608


def test_importing_an_edition_again_replaces_it_and_open_readers_go_on(tmp_path):
    put(tmp_path, flows(1.0), "A")
    with open_store(tmp_path) as reader:
        put(tmp_path, flows(2.0), "A")
        assert reader.select("trade", edition="A")["value_kusd"].tolist() == [1.0]
    with open_store(tmp_path) as store:
        assert store.select("trade", edition="A")["value_kusd"].tolist() == [2.0]
    put(tmp_path, flows(3.0), "B")
    assert len(list((tmp_path / "editions").iterdir())) == 2


def test_an_error_in_the_middle_leaves_the_store_as_it_was(tmp_path):
    put(tmp_path, flows(1.0), "A")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail():
        with writing(tmp_path) as writer:
            write_rows(flows(2.0), "trade", writer.new_file("trade"), "baci-hs92", "A")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_second_writer_is_told_and_the_lock_goes_with_its_holder(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from ytterby.facts.user_store import writing\n"
        "with writing(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) as first:
        assert first.stdout.readline().strip() == b"in"
        with pytest.raises(StoreBusy, match="another process is importing"):
            put(tmp_path, flows(1.0), "A")
        first.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    put(tmp_path, flows(1.0), "A")
    assert len(read_manifest(tmp_path).cards) == 1


# A process that has everything loaded forks a writer at each line it is given: "random", or the step of
# the import at which the writer kills itself (a step is a look at, or a change of, a file of the store).
NURSERY = """
import os, signal, sys
from pathlib import Path
import duckdb, pandas
from ytterby.facts.imports import import_table
from ytterby.facts import publishers, tidy
store, *inputs = map(Path, sys.argv[1:])
WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.scandir", "os.listdir", "sqlite3.connect"}

def die_at(last):
    count = 0
    def watch(event, arguments):
        nonlocal count
        if event in WATCHED and str(store) in str(arguments):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)

def write(order):
    if order != "random":
        die_at(int(order))
        import_table("baci", inputs[1], edition="1", store=store)
        return
    while True:
        for folder in inputs:
            import_table("baci", folder, edition="1", store=store)

for line in sys.stdin:
    writer = os.fork()
    if not writer:
        try:
            write(line.strip())
        except BaseException:
            import traceback; traceback.print_exc(); os._exit(1)
        os._exit(0)
    print(writer, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]), flush=True)
"""
READER = """
import sys
from pathlib import Path
import pandas
from ytterby.errors import QueryRefused, StoreDamaged
from ytterby.facts import open_store
print("in", flush=True)
whole = 0
while not (whole and Path(sys.argv[2]).exists()):
    try:
        with open_store(Path(sys.argv[1])) as store:
            found = store.select("trade", edition="1")["value_kusd"]
    except (QueryRefused, StoreDamaged):  # its files were replaced twice meanwhile: told, and not misled
        continue
    assert len(found) == 18 and found.nunique() == 1, found.tolist()
    whole += 1
print(whole)
"""


@pytest.fixture
def two_inputs(tmp_path):
    """Two files of one edition, eighteen flows each: all of value 1, and all of value 2."""
    inputs = [tmp_path / "one", tmp_path / "two"]
    for value, folder in enumerate(inputs, start=1):
        folder.mkdir()
        rows = [
            f"2022,{i},{j},284690,{value},1" for i in (156, 392, 842, 276, 124, 36) for j in (410, 528, 704)
        ]
        text = "\n".join(["t,i,j,k,v,q", *rows, ""])
        (folder / "BACI_HS92_Y2022_V1.csv").write_text(text, encoding="utf-8")
    return inputs


@pytest.fixture
def nursery(tmp_path, two_inputs):
    import_table("baci", two_inputs[0], edition="1", store=tmp_path / "store")
    command = [sys.executable, "-c", NURSERY, tmp_path / "store", *two_inputs]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def born(nursery, order) -> int:
    """Number of the process of a new writer."""
    nursery.stdin.write(f"{order}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def values_in(store) -> set[float]:
    """Values of the store's one edition, which has all its rows."""
    (card,) = open_manifest(store).cards
    with open_store(store) as opened:
        found = opened.select("trade", edition="1")
    assert len(found) == card.rows == 18
    return set(found["value_kusd"])


def nothing_lies_about(store, source):
    """The next import runs, and leaves only what the manifest names."""
    import_table("baci", source, edition="1", store=store)
    manifest = read_manifest(store)
    files = {path.name for path in (store / "editions").iterdir()}
    assert files == {card.file for card in manifest.cards} | set(manifest.retired)


@needs_kill
def test_a_kill_at_every_step_leaves_the_old_store_until_the_rename_and_the_new_one_after(
    tmp_path, nursery, two_inputs
):
    store, seen, code, step = tmp_path / "store", [], -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        step += 1
        import_table("baci", two_inputs[0], edition="1", store=store)
        born(nursery, step)
        code = int(nursery.stdout.readline())
        seen += values_in(store)
    assert code == 0
    assert step > 10, "the steps were not seen"
    assert seen == sorted(seen), "once the new rows counted, a later step took them back"
    assert seen.count(2.0) > 2, "no kill fell between the rename and the end of the cleaning"
    nothing_lies_about(store, two_inputs[1])


@needs_kill
def test_a_kill_at_any_moment_leaves_the_old_store_or_the_new_one(tmp_path, nursery, two_inputs):
    """Writers in a loop, killed at random moments, beside a reader that never sees a half import."""
    store, end = tmp_path / "store", tmp_path / "end"
    began = time.perf_counter()
    import_table("baci", two_inputs[0], edition="1", store=store)
    took = time.perf_counter() - began
    draw, seen = random.Random(1), set()  # noqa: S311  moments, not secrets
    with subprocess.Popen([sys.executable, "-c", READER, store, end], stdout=subprocess.PIPE) as reader:
        assert reader.stdout.readline().strip() == b"in"
        for kill in range(5 * KILLS):
            if kill >= KILLS and seen == {1.0, 2.0}:
                break
            writer = born(nursery, "random")
            time.sleep(draw.uniform(0.0, 4 * took))
            os.kill(writer, signal.SIGKILL)
            assert int(nursery.stdout.readline()) == -signal.SIGKILL
            values = values_in(store)
            assert len(values) == 1
            seen |= values
        end.touch()
        assert int(reader.stdout.readline()) > 0
    assert reader.returncode == 0
    assert seen == {1.0, 2.0}, "no import ever came through, so that nothing was tested"
    nothing_lies_about(store, two_inputs[1])


def test_folders_that_are_no_store_are_refused(tmp_path):
    with pytest.raises(StoreDamaged, match="there is no store"):
        open_store(tmp_path)
    (tmp_path / "manifest.json").write_text('{"cards": 1}', encoding="utf-8")
    with pytest.raises(StoreDamaged, match="not a manifest"):
        open_store(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(StoreDamaged, match="format 99"):
        open_store(tmp_path)


def test_a_manifest_cannot_point_outside_its_folder(tmp_path):
    put(tmp_path, flows(1.0), "A")
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["cards"][0]["file"] = "../../etc/passwd.parquet"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreDamaged):
        open_store(tmp_path)
    with pytest.raises(ValidationError):
        Card.model_validate(manifest["cards"][0])


def test_a_lost_file_is_named(tmp_path):
    put(tmp_path, flows(1.0), "A")
    (lost,) = (tmp_path / "editions").iterdir()
    lost.unlink()
    with pytest.raises(StoreDamaged, match=lost.name):
        open_store(tmp_path)


def test_files_of_others_in_the_folder_stay(tmp_path):
    mine = [tmp_path / "notes.txt", tmp_path / "table.parquet"]
    for path in mine:
        path.write_text("mine", encoding="utf-8")
    put(tmp_path, flows(1.0), "A")
    assert [Path(path).read_text(encoding="utf-8") for path in mine] == ["mine", "mine"]


def test_a_file_replaced_while_the_store_opens_is_looked_for_again(tmp_path, monkeypatch):
    """Two imports come through between the reading of the cards and the opening of their files."""
    from ytterby.facts import store as module

    put(tmp_path, flows(1.0), "A")
    real, left = module.open_manifest, [True]

    def overtaken(folder):
        manifest = real(folder)
        if left:
            left.clear()
            put(folder, flows(2.0), "A")
            put(folder, flows(3.0), "A")  # now the file of the first is gone
        return manifest

    monkeypatch.setattr(module, "open_manifest", overtaken)
    with open_store(tmp_path) as store:
        assert store.select("trade", edition="A")["value_kusd"].unique().tolist() == [3.0]


def test_a_file_that_stays_unreadable_is_no_endless_search(tmp_path):
    put(tmp_path, flows(1.0), "A")
    (file,) = (tmp_path / "editions").iterdir()
    file.write_bytes(b"no parquet")
    with pytest.raises(StoreDamaged, match="cannot be read"):
        open_store(tmp_path)
