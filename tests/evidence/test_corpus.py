"""A pile of articles of any size: the bytes of reading all at once, from any processes, after a kill."""

import importlib.util
import json
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

import ytterby as yt
from ytterby.errors import YtterbyError
from ytterby.evidence import chunks, read_reports, seeds, write_claims
from ytterby.evidence.cards import write_articles
from ytterby.evidence.coding import CodingResult
from ytterby.evidence.corpus import Places, read_corpus
from ytterby.evidence.gate import write_rejected
from ytterby.evidence.sources import iterate_sources, write_problems
from ytterby.examples import find_study

NOTES = Path(find_study("japan-us-2025")) / "articles"
NAMES = ("claims", "reports", "rejected", "problems")
AGENCY = (
    "China verschärfte im Oktober seine Ausfuhrregeln für Seltene Erden und verlangt seither von Firmen "
    "aller Länder eine Genehmigung für jede einzelne Lieferung. Japan senkte seine Abhängigkeit seit 2010 "
    "von 90 auf {} Prozent. "
)


@pytest.fixture(scope="module")
def pile(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Notes of our own, and a file with copies, days told by others, a double id and broken records."""
    records: list[object] = [
        {
            "id": f"n{n}",
            "text": AGENCY.format(n % 7) + f"Text {n} endet morgen.",
            "date": f"2025-10-{n % 28 + 1:02d}",
        }
        for n in range(230)
    ]
    records += [
        {"id": f"u{n}", "text": AGENCY.format(n) + "Am Montag sagte Ministerin Akazawa Nein."}
        for n in range(9)
    ]
    records += [
        {"id": "n1", "text": "Ein zweiter Text."},
        {"text": ""},
        [1],
        {"id": "s", "text": "a", "title": "\ud800"},
    ]
    records += [{"id": "credited", "text": AGENCY.format(3) + "(dpa)", "date": "2025-10-09"}]
    path = tmp_path_factory.mktemp("pile") / "pile.jsonl"
    path.write_text("\n".join(map(json.dumps, records)) + "\nnot json\n", encoding="utf-8")
    return [NOTES, path]


@pytest.fixture(scope="module")
def at_once(pile: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What reading all at once writes."""
    folder = tmp_path_factory.mktemp("at-once")
    reading = read_reports(pile)
    assert len(reading.articles) == 8 + 230 + 9 + 1
    write_claims(reading.claims, folder / "claims")
    write_articles(reading.articles, folder / "reports", reading.text_reuse)
    write_rejected(reading.rejected, folder / "rejected")
    write_problems(reading.problems, folder / "problems")
    return {name: (folder / name).read_bytes() for name in NAMES}


def places(folder: Path) -> Places:
    return Places(*(folder / name for name in NAMES))


def written(folder: Path) -> dict[str, bytes]:
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)  # no work folder, no half file
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_pile_gives_the_bytes_of_reading_all_at_once(
    jobs: int, pile: list[Path], at_once: dict[str, bytes], tmp_path: Path
) -> None:
    corpus = read_corpus(pile, places(tmp_path), jobs=jobs)
    assert written(tmp_path) == at_once
    assert corpus.articles == at_once["reports"].count(b"\n")
    assert corpus.claims == at_once["claims"].count(b"\n")
    assert corpus.problems == at_once["problems"].count(b"\n") == 5
    assert corpus.copied >= 239
    assert corpus.chunks_kept == 0


def test_dask_gives_the_same_bytes(pile: list[Path], at_once: dict[str, bytes], tmp_path: Path) -> None:
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("the extra dask is not installed")
    out = tmp_path / "out"
    out.mkdir()
    code = (
        "import sys; from pathlib import Path; from ytterby.evidence.corpus import Places, read_corpus\n"
        "if __name__ == '__main__':\n"
        "    paths = [Path(p) for p in sys.argv[1:3]]; places = Places(*map(Path, sys.argv[3:]))\n"
        "    print(read_corpus(paths, places, jobs=2, executor='dask'))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    names = [str(out / name) for name in NAMES]
    done = subprocess.run(
        [sys.executable, str(script), *map(str, pile), *names], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert written(out) == at_once


def test_an_unknown_executor_is_refused(pile: list[Path], tmp_path: Path) -> None:
    with pytest.raises(YtterbyError, match="no executor 'ray'"):
        read_corpus(pile, places(tmp_path), executor="ray")


def test_a_killed_reading_goes_on_where_it_was(
    pile: list[Path], at_once: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "claims"
    command = [
        sys.executable,
        "-m",
        "ytterby",
        "read",
        *map(str, pile),
        "--out",
        "claims.jsonl",
        "--jobs",
        "2",
    ]
    reading = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    work = tmp_path / "claims.jsonl.work"
    for _ in range(6000):  # until a part is finished
        if list(work.glob("*.places")) or reading.poll() is not None:
            break
        time.sleep(0.01)
    reading.send_signal(signal.SIGKILL)
    assert reading.wait(60) == -signal.SIGKILL, "it was finished before it was killed"
    assert not out.with_suffix(".jsonl").exists()
    finished = {path.name: path.stat().st_mtime_ns for path in work.glob("*.places")}
    assert finished
    done = subprocess.run(
        [*command, "--problems", "problems"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(finished)} of 3 parts were finished before" in done.stderr
    assert (tmp_path / "claims.jsonl").read_bytes() == at_once["claims"]
    assert (tmp_path / "problems").read_bytes() == at_once["problems"]
    assert not work.exists()


def test_what_was_finished_for_other_texts_or_settings_is_not_used(tmp_path: Path) -> None:
    def key(text: str, name: str = "a.txt", seconds: float = 20) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        (chunk,) = chunks.chunks_of(iterate_sources([tmp_path / name]), seconds)
        return chunk.key

    assert key("Japan.") == key("Japan.")
    assert len({key("Japan."), key("Japan!"), key("Japan.", "b.txt"), key("Japan.", seconds=3)}) == 4


def test_the_name_of_a_chunk_hangs_on_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chunk = chunks.Chunk(())
    before = chunk.key
    monkeypatch.setattr(chunks, "program", lambda: "another")
    assert chunk.key != before


def test_an_article_that_takes_too_long_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(article: object) -> object:
        if getattr(article, "id", "") == "b":
            while True:
                pass
        return code(article)  # type: ignore[arg-type]

    code = chunks.code_claims
    monkeypatch.setattr(chunks, "code_claims", slow)
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("Japan signed an agreement with the USA.", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    corpus = read_corpus([tmp_path], places(out), seconds=0.3)
    assert corpus.articles == 2
    (problem,) = map(json.loads, (out / "problems").read_text(encoding="utf-8").splitlines())
    assert problem["file"] == "b.txt"
    assert "more than 0.3 s of processor time" in problem["message"]


def test_a_failure_of_the_reader_is_the_problem_of_its_article(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(article: object) -> object:
        raise RuntimeError("broken")

    monkeypatch.setattr(chunks, "code_claims", fail)
    (tmp_path / "a.txt").write_text("Japan signed.", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    assert read_corpus([tmp_path], places(out)).problems == 1
    assert "RuntimeError: broken" in (out / "problems").read_text(encoding="utf-8")


def test_memory_does_not_grow_with_the_pile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, bound in (("_PART", 20_000), ("_RANGE", 10_000), ("_BATCH", 10_000)):
        monkeypatch.setattr(seeds, name, bound)  # so that a small pile fills the parts of the index
    monkeypatch.setattr(chunks, "code_claims", lambda article: CodingResult((), ()))  # for speed

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for n in range(count):
                text = " ".join(f"w{n * m % 9973}" for m in range(1, 200))
                file.write(json.dumps({"id": str(n), "date": "2025-01-01", "text": text}) + "\n")
        out = tmp_path / str(count)
        out.mkdir()
        tracemalloc.start()
        corpus = read_corpus([path], places(out))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert corpus.articles == count
        return most

    peak(100)  # what is made once: rules, catalog, caches
    few, many = peak(300), peak(1200)
    assert many < few + 900 * 200  # bytes an article; its text has 1,000 and its record some 3,000


def test_the_public_road_writes_the_same_bytes(
    pile: list[Path], at_once: dict[str, bytes], tmp_path: Path
) -> None:
    counts = yt.read_corpus([str(p) for p in pile], tmp_path / "claims", reports=str(tmp_path / "reports"))
    assert counts.articles == 8 + 230 + 9 + 1
    assert {name: (tmp_path / name).read_bytes() for name in ("claims", "reports")} == {
        name: at_once[name] for name in ("claims", "reports")
    }
    with pytest.raises(YtterbyError, match="is not there"):
        yt.read_corpus([tmp_path / "nowhere"], tmp_path / "other")
