"""BACI in the publisher's layout: what comes out, and what every kind of bad input does."""

import zipfile
from pathlib import Path

import duckdb
import pytest

from ytterby.errors import InputFaults, UnknownName
from ytterby.facts import load_trade, open_store
from ytterby.facts.imports import import_table

FLOWS = "BACI_HS92_Y2022_V202401b.csv"
GOOD = [
    "2022,156,392,284690,100.5,20.25",
    "2022,490,842,280530,7,NA",
    "2022,156,276,010121,1.5,    0.5",
    "2022,251,757,9999AA,3,1",
]
PRODUCTS = "code,description\n010121,Horses\n280530,Metals\n284690,Compounds\n9999AA,Other\n"
COUNTRIES = (
    "country_code,country_name,country_iso2,country_iso3\n156,China,CN,CHN\n392,Japan,JP,JPN\n"
    "490,Other Asia,N/A,S19\n842,USA,US,USA\n276,Germany,DE,DEU\n251,France,FR,FRA\n757,Switzerland,CH,CHE\n"
)


def write(folder: Path, rows=GOOD, name=FLOWS, header="t,i,j,k,v,q", products=PRODUCTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (folder / "country_codes_V202401b.csv").write_text(COUNTRIES, encoding="utf-8")
    (folder / "product_codes_HS92_V202401b.csv").write_text(products, encoding="utf-8")
    return folder


def packed(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return target


def filler(count: int) -> list[str]:
    """Good rows enough that one bad row among them does not condemn the file."""
    return [f"2022,156,392,{280530 if n % 2 else 284690},{n},1" for n in range(2)] + [
        f"2022,{exporter},{importer},010121,1,1"
        for exporter in (156, 392, 842, 276, 251)
        for importer in (156, 392, 842, 276, 251, 757)
        if exporter != importer
    ][: count - 2]


def run(path: Path, tmp_path: Path, **options):
    return import_table("baci", path, edition="202401b", store=tmp_path / "store", **options)


def imported(tmp_path: Path):
    with open_store(tmp_path / "store") as store:
        return store.select("trade", edition="202401b")


@pytest.mark.parametrize("form", ["csv", "folder", "zip"])
def test_a_year_comes_out_as_the_publisher_put_it_in(tmp_path, form):
    folder = write(tmp_path / "in")
    path = {"csv": folder / FLOWS, "folder": folder, "zip": tmp_path / "baci.zip"}[form]
    if form == "zip":
        packed(folder, path)
    done = run(path, tmp_path)
    assert (done.rows, done.quarantined) == (4, {})
    rows = imported(tmp_path).set_index("hs6")
    china = rows.loc["284690"]
    assert (china["exporter"], china["importer"], china["year"]) == ("CHN", "JPN", 2022)
    assert (china["value_kusd"], china["quantity_t"]) == (100.5, 20.25)
    assert rows["quantity_t"].isna().to_dict() == {"010121": False, "280530": True, "284690": False,
                                                   "9999AA": False}  # fmt: skip
    assert rows.loc["280530", "exporter"] == "TWN"
    assert rows.loc["280530", "exporter_baci"] == 490
    assert rows.loc["010121", "quantity_t"] == 0.5
    assert set(rows["source_id"]) == {"baci-hs92"}
    assert set(rows["hs_revision"]) == {"HS92"}
    assert sorted(p.suffix for p in (tmp_path / "store" / "editions").iterdir()) == [".parquet"]


def test_another_revision_is_another_source_and_is_not_mixed_in(tmp_path):
    folder = write(tmp_path / "in", name="BACI_HS17_Y2022_V202401b.csv")
    (folder / "product_codes_HS17_V202401b.csv").write_text(PRODUCTS, encoding="utf-8")
    run(folder, tmp_path)
    with open_store(tmp_path / "store") as store:
        starter = load_trade(store, hs6=["284690"], importer="JPN", exporter="CHN", years=[2022])
        new = load_trade(store, hs6=["284690"], importer="JPN", years=[2022], hs_revision="HS17")
    assert starter["source_id"].tolist() == ["baci-hs92"]
    assert (new["source_id"].tolist(), new["value_kusd"].tolist()) == (["baci-hs17"], [100.5])


def test_chosen_codes_only(tmp_path):
    assert run(write(tmp_path / "in"), tmp_path, codes=["284690"]).rows == 1
    assert imported(tmp_path)["hs6"].tolist() == ["284690"]
    with pytest.raises(UnknownName, match="customs code"):
        run(tmp_path / "in", tmp_path, codes=["999999"])


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("2021,156,392,280530,1,1", "another year"),
        ("2022,999,392,280530,1,1", "unknown exporter"),
        ("2022,156,998,280530,1,1", "unknown importer"),
        ("2022,156,842,280530,-1,1", "negative value"),
        ("2022,156,842,280530,inf,1", "no value"),
        ("2022,156,842,280530,,1", "no value"),
        ("2022,156,842,280530,1,-0.5", "negative quantity"),
        ("2022,156,842,280530,1,about 5", "quantity is no number"),
        ("2022,156,842,28O530,1,1", "no six-digit code"),
        ("2022,156,842,280530,1", "unreadable row"),
        ("2022,156,842,280530,much,1", "unreadable row"),
        ("2022,156,842,280530,1,1,1", "unreadable row"),
        ("=cmd|' /C calc'!A0,156,842,280530,1,1", "unreadable row"),
    ],
)
def test_one_bad_row_is_left_out_with_its_line_and_cause(tmp_path, row, cause):
    rows = filler(20)
    done = run(write(tmp_path / "in", [*rows[:5], row, *rows[5:]]), tmp_path)
    assert done.quarantined == {cause: 1}
    assert done.rows == len(rows)
    (fault,) = done.faults
    assert (fault.file, fault.row) == (FLOWS, 7)
    assert fault.remedy
    with open_store(tmp_path / "store") as store:
        assert store.cards[0].quarantined == {cause: 1}


def test_lines_are_right_behind_unreadable_ones(tmp_path):
    rows = filler(20)
    bad = ["2022,156,842,280530,1", "2022,999,392,280530,1,1"]
    done = run(write(tmp_path / "in", [rows[0], bad[0], *rows[1:10], bad[1], *rows[10:]]), tmp_path)
    assert {fault.row: fault.message.split(":")[0] for fault in done.faults} == {
        3: "unreadable row", 13: "unknown exporter",
    }  # fmt: skip


def test_equal_rows_keep_one_and_differing_rows_none(tmp_path):
    rows = filler(25)
    twice = ["2022,842,156,284690,5,1", "2022,842,156,284690,5,1"]
    two_numbers = ["2022,842,156,280530,5,1", "2022,842,156,280530,6,1"]
    done = run(write(tmp_path / "in", [*rows, *twice, *two_numbers]), tmp_path)
    assert done.quarantined == {"the same row twice": 1, "two numbers for one flow": 2}
    assert done.rows == len(rows) + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"header": "t,j,i,k,v,q"}, "this order"),
        ({"header": "year,exporter,importer,hs6,value,quantity"}, "this order"),
        ({"products": "code,description\n010121,Horses\n"}, "another revision"),
        ({"rows": ["2022,156,284690,392,1,1"] * 3}, "cannot be trusted|another revision"),
        ({"rows": []}, "no rows"),
        ({"rows": ['2022,156,392,284690,"1,1']}, "cannot"),
        ({"name": "BACI_HS99_Y2022_V202401b.csv"}, "HS92, HS96"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_and_nothing_is_written(tmp_path, change, message):
    folder = write(tmp_path / "in", **change)
    with pytest.raises(InputFaults, match=message):
        run(folder, tmp_path)
    assert list((tmp_path / "store" / "editions").iterdir()) == []
    assert not (tmp_path / "store" / "manifest.json").exists()


def test_the_edition_must_be_the_release_of_the_file(tmp_path):
    with pytest.raises(InputFaults, match="--edition 202401b"):
        import_table("baci", write(tmp_path / "in"), edition="202501", store=tmp_path / "store")


def test_two_releases_in_one_folder_are_refused(tmp_path):
    folder = write(tmp_path / "in")
    write(folder, name="BACI_HS92_Y2021_V202301.csv")
    with pytest.raises(InputFaults, match="one revision and release at a time"):
        run(folder, tmp_path)


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_a_truncated_archive_is_refused(tmp_path, cut):
    path = packed(write(tmp_path / "in"), tmp_path / "baci.zip")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputFaults, match="no sound zip"):
        run(path, tmp_path)


def test_a_damaged_member_is_refused(tmp_path):
    path = packed(write(tmp_path / "in"), tmp_path / "baci.zip")
    content = bytearray(path.read_bytes())
    content[60:70] = bytes(10)
    path.write_bytes(bytes(content))
    with pytest.raises(InputFaults, match="no sound zip"):
        run(path, tmp_path)
    assert list((tmp_path / "store" / "editions").iterdir()) == []


def test_a_decompression_bomb_is_refused_before_it_unpacks(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FLOWS, "t,i,j,k,v,q\n" + "0" * 50_000_000)
    with pytest.raises(InputFaults, match=r"would unpack from .* to 50,000,012 bytes"):
        run(path, tmp_path)


def test_names_with_signs_of_patterns_and_quotes_are_taken_literally(tmp_path):
    folder = write(tmp_path / "it's [1]*")
    assert run(folder, tmp_path / "st'ore [2]").rows == 4
    with open_store(tmp_path / "st'ore [2]" / "store") as store:
        assert len(store.select("trade", edition="202401b")) == 4


@pytest.mark.parametrize("absent", ["NA", "           NA", '"NA"', "", "  "])
def test_every_spelling_of_an_unknown_mass_is_missing_and_not_zero(tmp_path, absent):
    folder = write(tmp_path / "in", ["2022,156,392,284690,100.5,20.25", f"2022,156,276,010121,1.5,{absent}"])
    done = run(folder, tmp_path)
    assert (done.rows, done.quarantined) == (2, {})
    assert imported(tmp_path)["quantity_t"].isna().tolist() == [True, False]


def test_rows_lie_in_the_order_of_products_so_that_a_question_skips_the_rest(tmp_path):
    folder = write(tmp_path / "in", [*reversed(GOOD), *filler(20)[2:]])
    (file,) = run(folder, tmp_path, codes=["284690", "280530", "9999AA"]).files
    with duckdb.connect() as connection:
        codes = connection.execute(f"SELECT hs6 FROM '{file}'").fetchall()  # noqa: S608
        spans = connection.execute(
            "SELECT stats_min_value, stats_max_value FROM parquet_metadata(?) WHERE path_in_schema = 'hs6'",
            [str(file)],
        ).fetchall()
    assert codes == sorted(codes)
    assert spans == [("280530", "9999AA")]


def test_a_blank_before_the_one_code_with_letters_is_no_other_code(tmp_path):
    rows = [*GOOD[:3], "2022, 251, 757, 9999AA, 3, 1"]
    done = run(write(tmp_path / "in", rows), tmp_path)
    assert done.quarantined == {}
    assert "9999AA" in set(imported(tmp_path)["hs6"])


def test_a_line_too_long_to_be_read_is_not_dropped_in_silence(tmp_path, monkeypatch):
    from ytterby.facts import baci

    monkeypatch.setattr(baci, "MAX_LINE", 1000)
    long = "2022,156,392,284690," + "0" * 3000 + "1,1"
    with pytest.raises(InputFaults, match="a line of more than 1,000 characters"):
        run(write(tmp_path / "in", [*GOOD, long]), tmp_path)
    run(write(tmp_path / "sound", filler(20)), tmp_path)  # short lines over more than one chunk


def test_flows_without_a_product_table_say_that_codes_were_not_checked(tmp_path):
    folder = write(tmp_path / "in")
    assert run(folder, tmp_path).notes == ()
    (folder / "product_codes_HS92_V202401b.csv").unlink()
    (note,) = run(folder, tmp_path).notes
    assert "not checked" in note
