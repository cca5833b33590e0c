"""Reading a study folder: every fault at once, with file, row, column and remedy."""

import shutil
from pathlib import Path

import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import Fault, InputFaults, UnknownName
from ytterby.examples import builtin_studies, find_study, new_study


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A copy of the toy study that a test may break."""
    return Path(shutil.copytree(find_study("three-countries"), tmp_path / "toy"))


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder: Path) -> list[Fault]:
    with pytest.raises(InputFaults) as caught:
        read_study_files(folder)
    return list(caught.value.faults)


def test_sound_study_is_read_with_types(toy: Path) -> None:
    study = read_study_files(toy)
    assert study.settings.regions == ("AAA", "BBB", "CCC")
    assert study.tables["processes"]["weight"].dtype == float
    assert study.tables["scenarios"]["origins"].iloc[1] == ("BBB",)
    assert study.tables["materials"]["assumed"].all()


def test_all_faults_come_at_once_with_file_row_and_remedy(toy: Path) -> None:
    edit(toy, "capacities", "3900", "a lot")
    edit(toy, "arcs", "ore,AAA,BBB", "ore,AAA,XXX")
    edit(toy, "demand", "toy,true,10 t a week", ",true,10 t a week")
    edit(toy, "recipes", "recovery 0.8 of X", "")
    (toy / "partners.csv").unlink()
    found = faults(toy)
    places = {(f.file, f.row, f.column) for f in found}
    assert ("capacities.csv", 2, "capacity_tpa") in places
    assert ("arcs.csv", 2, "destination") in places
    assert ("demand.csv", 2, "source_id") in places
    assert ("recipes.csv", 4, "reason") in places
    assert ("partners.csv", None, None) in places
    assert all(f.remedy for f in found)


def test_duplicate_key_is_named(toy: Path) -> None:
    edit(
        toy,
        "partners",
        "C,Country C,CCC,2000000,toy,true,round number",
        "C,C,CCC,1,toy,true,x\nC,C,CCC,1,toy,true,x",
    )
    assert [(f.file, f.row) for f in faults(toy)] == [("partners.csv", 3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00garbage", "UTF-8"),
        (b"material;label\nore;Ore\n", "column is missing"),
        (b'material,label\n"ore', "comma-separated"),
        (b"", "column is missing"),
    ],
)
def test_unreadable_table_is_one_named_fault_among_the_others(
    toy: Path, content: bytes, message: str
) -> None:
    (toy / "materials.csv").write_bytes(content)
    assert any(f.file == "materials.csv" and message in f.message for f in faults(toy))


def test_bad_settings_name_every_setting(toy: Path) -> None:
    path = toy / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("draws = 20", "draws = 0").replace("target_share = 0.25", "target_share = 25"), "utf-8"
    )
    columns = {f.column for f in faults(toy) if f.file == "study.toml"}
    assert columns == {"simulation.draws", "planning.target_share"}


def test_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    assert "ytterby new" in str(faults(tmp_path / "nowhere")[0])


def test_namibia_is_not_a_missing_value(toy: Path) -> None:
    edit(toy, "partners", "Country C", "NA")
    assert read_study_files(toy).tables["partners"]["label"].iloc[0] == "NA"


@pytest.mark.parametrize("name", builtin_studies())
def test_every_built_in_study_can_be_copied_and_read(name: str, tmp_path: Path) -> None:
    copy = new_study(tmp_path / "mine", template=name)
    assert read_study_files(copy).settings == read_study_files(find_study(name)).settings


def test_a_blank_line_does_not_move_the_row_that_a_fault_names(toy: Path) -> None:
    edit(toy, "arcs", "\n", "\n\n")
    edit(toy, "arcs", "ore,AAA,BBB", "ore,AAA,ZZZ")
    assert [(f.file, f.row) for f in faults(toy)] == [("arcs.csv", 3)]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('partners = ["C"]', 'partners = ["Z"]', "planning.partners"),
        ('deadline_material = "oxide"', 'deadline_material = "oxid"', "planning.deadline_material"),
        ('controlled_regions = ["BBB"]', 'controlled_regions = ["ZZZ"]', "planning.controlled_regions"),
        ("deadline = 2026-12-31", "deadline = 2025-12-31", "planning.deadline"),
        ("start = 2026-01-01", "start = 9999-01-01", "planning.start"),
        ('materials = ["rare_earths"]', 'materials = ["rare"]', "screening.materials"),
        ('importers = ["JPN", "USA"]', 'importers = ["JPX"]', "screening.importers"),
        ('"AAA", "BBB", "CCC"]', '"AAA", "BBB", "CCC", "CCC"]', "regions"),
        ('"AAA", "BBB", "CCC"]', '"AAA", "BBB", "CCC", "../x"]', "regions.3"),
    ],
)
def test_a_setting_that_fits_nothing_is_named(toy: Path, old: str, new: str, place: str) -> None:
    path = toy / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert [(f.file, f.column) for f in faults(toy)] == [("study.toml", place)]


@pytest.mark.parametrize("number", ["1e308", "1_5", "nan", "inf"])
def test_a_number_that_nobody_means_is_refused(toy: Path, number: str) -> None:
    edit(toy, "capacities", "3900", number)
    assert [(f.file, f.row, f.column) for f in faults(toy)] == [("capacities.csv", 2, "capacity_tpa")]


def test_more_in_a_stockpile_than_may_lie_there_is_refused(toy: Path) -> None:
    edit(toy, "stockpiles", "CCC,0,1000", "CCC,1001,1000")
    assert [(f.file, f.row, f.column) for f in faults(toy)] == [("stockpiles.csv", 2, "stock_t")]


def test_a_flood_of_faults_is_cut_and_counted(toy: Path) -> None:
    with (toy / "arcs.csv").open("a", encoding="utf-8") as file:
        file.write("ore,AAA,ZZZ,,0,1,10,0,toy,true,x\n" * 3000)
    found = faults(toy)
    assert len(found) == 201
    assert "faults more" in found[-1].message


def test_hostile_headers_and_settings_end_soon(toy: Path) -> None:
    (toy / "arcs.csv").write_text(",".join(f"c{i}" for i in range(60_000)) + "\n", encoding="utf-8")
    (toy / "study.toml").write_text("a=" + "[" * 40_000, encoding="utf-8")
    assert {f.file for f in faults(toy)} >= {"arcs.csv", "study.toml"}


def test_only_a_built_in_study_is_a_template(tmp_path: Path) -> None:
    (tmp_path / "anything").mkdir()
    with pytest.raises(UnknownName, match="three-countries"):
        new_study(tmp_path / "mine", str(tmp_path / "anything"))
    assert not (tmp_path / "mine").exists()


def test_a_table_without_rows_keeps_its_types(toy: Path) -> None:
    """An empty column of names would be numbers to pandas, and could not be joined with names."""
    header = (toy / "projects.csv").read_text(encoding="utf-8").splitlines()[0]
    (toy / "projects.csv").write_text(header + "\n", encoding="utf-8")
    (toy / "project_capacities.csv").write_text("project,process,capacity_tpa,source_id\n", encoding="utf-8")
    tables = read_study_files(toy).tables
    assert tables["projects"]["project"].dtype == "str"
    assert tables["projects"]["capex_usd"].dtype == "float64"
    assert tables["history"]["series"].dtype == "str"
    assert tables["projects"].merge(tables["series"], left_on="project", right_on="series").empty
