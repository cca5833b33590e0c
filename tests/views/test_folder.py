"""A run's folder appears whole or not at all."""

import json
from pathlib import Path

import pytest

from ytterby.errors import InputFaults
from ytterby.views.folder import RUN_FILE, files_in, whole_folder


def write(folder: Path, text: str) -> None:
    (folder / "report.html").write_text(text, encoding="utf-8")
    record = {"text": text, "files": sorted(files_in(folder))}
    (folder / RUN_FILE).write_text(json.dumps(record), encoding="utf-8")


def test_appears_only_when_complete(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with whole_folder(out) as folder:
        write(folder, "{}")
        assert not out.exists()
    assert (out / RUN_FILE).is_file()
    assert [p.name for p in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_leaves_the_earlier_run(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        write(folder, "first")
    with pytest.raises(error), whole_folder(out) as folder:  # noqa: PT012 - both lines make the case
        write(folder, "second")
        raise error
    assert (out / "report.html").read_text(encoding="utf-8") == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_replaces_an_earlier_run_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for text in ("first", "second"):
        with whole_folder(out) as folder:
            (folder / text).touch()
            write(folder, text)
    assert files_in(out) == {RUN_FILE, "report.html", "second"}


def test_what_people_put_into_a_run_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        write(folder, "first")
    (out / "my notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputFaults, match=r"my notes\.txt"), whole_folder(out):
        pytest.fail("the block must not run")
    assert (out / "my notes.txt").read_text(encoding="utf-8") == "mine"


def test_refuses_a_folder_with_other_content(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(InputFaults, match=r"thesis\.docx"), whole_folder(tmp_path):
        pytest.fail("the block must not run")
    assert (tmp_path / "thesis.docx").exists()
