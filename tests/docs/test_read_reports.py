"""The worked example of the how-to page is run, and its printed output compared with the page."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/howto/read-reports.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.M | re.S)


def steps() -> list[tuple[str, str]]:
    """Code of each step, and what the page says that it prints."""
    found: list[tuple[str, str]] = []
    for language, content in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "python":
            found.append((content, ""))
        else:
            found[-1] = (found[-1][0], content)
    return found


def test_the_page_prints_what_its_code_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(steps()) >= 6
    for code, told in steps():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 - our own page
        assert printed.getvalue() == told
