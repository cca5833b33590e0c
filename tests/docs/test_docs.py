"""The documentation is kept true by tests: commands, names, columns, links, decisions."""

import re
from pathlib import Path

import pytest

import ytterby
from ytterby.cli import app
from ytterby.examples import describe_columns

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    own = [f"ytterby {command.name or command.callback.__name__}" for command in app.registered_commands]
    return own + [
        " ".join(filter(None, ("ytterby", group.name, command.name or command.callback.__name__)))
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands
    ]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_docs(command: str) -> None:
    assert any(command in page.read_text(encoding="utf-8") for page in PAGES)


def test_every_name_of_the_readme_exists() -> None:
    names = set(re.findall(r"\byt\.(\w+)", README))
    assert len(names) >= 6
    assert names <= set(ytterby.__all__)


@pytest.mark.parametrize("name", sorted(set(ytterby.__all__) - {"__version__"}))
def test_every_public_name_loads_and_has_a_docstring(name: str) -> None:
    assert getattr(ytterby, name).__doc__


def test_the_reference_of_study_columns_is_made_from_the_attribute_rows() -> None:
    assert (ROOT / "docs/reference/study.md").read_text(encoding="utf-8") == describe_columns()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_citation_names_the_version() -> None:
    assert f"version: {ytterby.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(ytterby.__all__) - {"__version__"} <= named


def held_tests() -> dict[str, set[str]]:
    """Names of the tests by the name of their file, which two folders may share."""
    held: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        names = re.findall(r"^\s*def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
        held.setdefault(path.name, set()).update(names)
    return held


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_test_named_on_a_page_exists(page: Path) -> None:
    text, held = page.read_text(encoding="utf-8"), held_tests()
    for path in re.findall(r"\btests/[\w/]+\.py\b", text):
        assert (ROOT / path).is_file(), path
    for file, name in re.findall(r"\b(test_\w+\.py)::(test_\w+)", text):
        assert name in held[file], f"{file}::{name}"
    alone = set(re.findall(r"`(test_\w+)`", text))
    assert alone <= set().union(*held.values())


def test_every_section_of_the_indicators_names_its_tests() -> None:
    text = (ROOT / "docs" / "method" / "indicators.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.M)[1:]
    assert len(sections) >= 12
    unheld = [part.splitlines()[0] for part in sections if not re.search(r"\btest_\w+", part)]
    assert unheld == []
