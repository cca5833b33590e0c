"""Blocks of draws in processes and on Dask, and a restart after a kill: the same bytes as at once."""

import importlib.util
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ytterby.errors import YtterbyError
from ytterby.network.behaviour import Behaviour
from ytterby.network.ensemble import Blocks, Ensemble, Part, run_ensemble, spread_draws
from ytterby.network.executors import Processes, fingerprint
from ytterby.study import Study, load_study

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="the extra dask is not installed"
)
DRAWS, WEEKS = 24, 20


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("japan-us-2025")


def run(study: Study, **options: object) -> Ensemble:
    return run_ensemble(study.chain, study.scenarios, draws=DRAWS, seed=3, weeks=WEEKS, block=4, **options)


@pytest.fixture(scope="module")
def alone(study: Study) -> Ensemble:
    return run(study)


def check_same(one: Ensemble, two: Ensemble) -> None:
    for name in set(Part.__dataclass_fields__) - {"ledger"}:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.ledger == two.ledger
    assert one.draws == two.draws


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_any_number_of_processes_gives_the_same_bytes(study: Study, alone: Ensemble, jobs: int) -> None:
    workers = Processes(jobs=jobs)
    check_same(run(study, workers=workers), alone)
    assert workers.blocks == len(range(0, len(alone.draws), 4))
    assert workers.kept == 0


@needs_dask
def test_dask_gives_the_same_bytes(study: Study, alone: Ensemble) -> None:
    check_same(run(study, workers=Processes("dask", jobs=2)), alone)


def test_no_such_executor(study: Study) -> None:
    with pytest.raises(YtterbyError, match="no executor 'ray'"):
        run(study, workers=Processes("ray"))


class TestKept:
    def test_finished_blocks_are_not_simulated_again(
        self, study: Study, alone: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(study, workers=Processes(keep=tmp_path / "out.work"))
        monkeypatch.setattr(Blocks, "simulate", None)  # nothing is left to do
        again = Processes(keep=tmp_path / "out.work")
        check_same(run(study, workers=again), alone)
        assert again.kept == again.blocks > 1
        again.forget()
        assert not (tmp_path / "out.work").exists()

    def test_a_damaged_block_is_simulated_again(self, study: Study, alone: Ensemble, tmp_path: Path) -> None:
        run(study, workers=Processes(keep=tmp_path))
        places = sorted(tmp_path.rglob("*.npz"))
        places[0].write_bytes(places[0].read_bytes()[:200])
        places[1].write_bytes(b"")
        again = Processes(keep=tmp_path)
        check_same(run(study, workers=again), alone)
        assert again.kept == again.blocks - 2

    def test_what_others_put_there_stays(self, study: Study, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        workers = Processes(keep=tmp_path)
        run(study, workers=workers)
        workers.forget()
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    def test_anything_that_decides_a_draw_has_a_shelf_of_its_own(self, study: Study) -> None:
        chain, draws = study.chain, spread_draws(study.scenarios, DRAWS)
        blocks = Blocks(chain, draws, 3, WEEKS, None, None, None, None, 4, "numpy")
        stock = chain.pool_stock_t.copy()
        stock[0] = np.nextafter(stock[0], np.inf)
        others = [
            replace(blocks, seed=4), replace(blocks, weeks=WEEKS + 1), replace(blocks, size=5),
            replace(blocks, behaviour=Behaviour(price_damping=0.2)), replace(blocks, draws=draws[:-1]),
            replace(blocks, chain=replace(chain, pool_stock_t=stock)),
            replace(blocks, stockpile_t=np.zeros(len(chain.stockpiles))),
        ]  # fmt: skip
        assert len({fingerprint(each) for each in [blocks, *others]}) == len(others) + 1
        assert fingerprint(blocks) == fingerprint(replace(blocks, chain=load_study("japan-us-2025").chain))

    def test_a_value_of_unknown_content_is_refused(self) -> None:
        with pytest.raises(YtterbyError, match="is not known"):
            fingerprint(object())

    def test_values_that_look_alike_differ(self) -> None:
        alike = [("a", "bc"), ("ab", "c"), (1, 2), (1.0, 2.0), ("1", "2"), ((1, 2),), np.array([1, 2])]
        assert len({fingerprint(value) for value in alike}) == len(alike)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    def command(out: str) -> list[str]:
        asked = ["simulate", "japan-us-2025", "--draws", "160", "--seed", "1", "--out", out]
        return [sys.executable, "-m", "ytterby", *asked]

    at_once = subprocess.run(command("whole.parquet"), cwd=tmp_path, capture_output=True, text=True)
    assert at_once.returncode == 0, at_once.stderr
    assert not (tmp_path / "whole.parquet.work").exists()
    work = tmp_path / "out.parquet.work"
    running = subprocess.Popen(command("out.parquet"), cwd=tmp_path, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(list(work.rglob("*.npz"))) < 2 and time.monotonic() < until:
        time.sleep(0.002)
    running.kill()
    assert running.wait(60) == -signal.SIGKILL, "it was finished before it was killed"
    assert not (tmp_path / "out.parquet").exists()
    finished = len(list(work.rglob("*.npz")))
    assert finished >= 2
    done = subprocess.run(command("out.parquet"), cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert f"{finished} of " in done.stderr
    assert "blocks of draws were finished before" in done.stderr
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not work.exists()
