"""The command line as a stranger uses it: one clear error and exit code 2, never a traceback."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ytterby.cli import main


def told(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a failing command says on stderr."""
    monkeypatch.setattr("sys.argv", ["ytterby", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "nowhere.jsonl"], "nowhere.jsonl"),
        (["read", "nowhere.txt"], "nowhere.txt: is not there"),
        (["read", "/dev/zero"], "/dev/zero: is not there"),
        (["run", "three-countries", "--articles", "nowhere"], "nowhere: is not there"),
        (["simulate", "three-countries", "--out", "nowhere/t.csv"], "the folder is not there"),
        (["simulate", "three-countries", "--out", "t.ods"], "unknown table format '.ods'"),
        (["plan", "three-countries", "--out", "plan.csv"], "unknown table format '.csv'"),
        (["plan", "three-countries", "--partners", ","], "names nobody"),
        (["screen", "--year", "99999999999999999999"], "--year"),
        (["run", "three-countries", "--out", "taken.txt"], "is a file"),
    ],
)
def test_what_cannot_be_done_is_one_error(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.txt").touch()
    assert words in told(arguments, monkeypatch, capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ytterby", "run", "three-countries", "--out", "out"]
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(3000):  # until it writes
        if any(tmp_path.iterdir()) or run.poll() is not None:
            break
        time.sleep(0.01)
    run.send_signal(number)
    assert run.wait(60) != 0
    assert not list(tmp_path.iterdir())
