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
