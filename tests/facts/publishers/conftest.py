"""Where the small files in the publishers' layouts lie, and how a reader is asked."""

from pathlib import Path

import pytest

from ytterby.facts.publishers import publisher
from ytterby.facts.quarantine import Quarantine

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def ask():
    """Rows and quarantine that a publisher's reader gives for a file."""

    def ask(name: str, file: str | Path):
        path = FIXTURES / file
        quarantine = Quarantine(path.name)
        return publisher(name).read(path, quarantine), quarantine

    return ask


@pytest.fixture
def edited(tmp_path):
    """Path of a fixture with one text put in place of another."""

    def edited(file: str, old: str, new: str) -> Path:
        content = (FIXTURES / file).read_bytes()
        assert old.encode() in content
        path = tmp_path / file
        path.write_bytes(content.replace(old.encode(), new.encode()))
        return path

    return edited
