"""The repository holds our own words: no run of eight words of the shared press texts stands in it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = 8
READABLE = {".py", ".md", ".toml", ".txt", ".csv", ".json", ".jsonl", ".html", ".cff", ".yaml"}


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_no_press_text_in_the_repository(shared: Path) -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.skip("not a git checkout: nothing tells the project's files from others")
    press = set().union(
        *(runs(p.read_text(encoding="utf-8")) for p in (shared / "evidence" / "reports").glob("*.txt"))
    )
    assert len(press) > 1000
    found = {}
    for name in done.stdout.splitlines():
        path = ROOT / name
        if path.suffix in READABLE and path.is_file():
            shown = runs(path.read_text(encoding="utf-8", errors="replace")) & press
            if shown:
                found[name] = [" ".join(run) for run in sorted(shown)][:3]
    assert not found
