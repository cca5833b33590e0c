"""The README's commands, the size of the package and the quiet of its import."""

import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEEL_LIMIT = 15_000_000


def test_readme_has_exactly_two_set_up_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for marker in ("<!-- main job -->", "<!-- tests -->"):
        block = re.search(re.escape(marker) + r"\n```sh\n(.*?)\n```", text, re.DOTALL)
        assert block, marker
        assert "\n" not in block[1].strip(), "one command, one line"


def test_shipped_files_fit_into_the_wheel() -> None:
    files = [p for p in (ROOT / "src").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < WHEEL_LIMIT


def test_import_is_quick_and_loads_no_heavy_part() -> None:
    code = (
        "import sys, ytterby; heavy = {'plotly', 'trafilatura', 'highspy', 'py3langid', 'duckdb', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - start < 30  # a hang, not a benchmark; the timing stands in benchmarks/


def test_no_machine_paths_or_registry_hosts_in_tracked_files() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return  # an unpacked source archive; nothing is tracked
    pattern = re.compile("|".join(["/wo" + "rk/", "pypi" + r"\.org", "python" + "hosted", "index" + "-url"]))
    bad = []
    for name in done.stdout.splitlines():
        path = ROOT / name
        readable = path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".txt",
            ".csv",
            ".cff",
            ".json",
            "",
        }
        if readable and pattern.search(path.read_text(encoding="utf-8", errors="replace")):
            bad.append(name)
    assert not bad
