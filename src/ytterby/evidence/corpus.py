"""Read any number of reports: articles stream through coding, and memory does not grow with them.

Articles are coded in chunks, in this process, in several, or on a Dask cluster, always with the same
bytes as result. Finished chunks stay in a work folder beside the output until that is whole, so that an
interrupted reading goes on where it was. What an article tells of another (shared text, its agency, its
day) is found afterwards, over an index on disk. In memory stay some hundred bytes an article.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import numpy as np

from ytterby.evidence.article import Article
from ytterby.evidence.articles import second_of
from ytterby.evidence.cards import article_line
from ytterby.evidence.chunks import Chunk, Coded, KeptChunks, chunks_of, code_chunk, result_record
from ytterby.evidence.coding import code_claims
from ytterby.evidence.copies import ExactCopies, Families, find_runs, reuse_of
from ytterby.evidence.executors import PROCESSES, Pool, open_pool
from ytterby.evidence.gate import rejected_line
from ytterby.evidence.inferred import Change, Inference
from ytterby.evidence.limits import SECONDS
from ytterby.evidence.seeds import PLACED, SeedFiles, placed_seeds
from ytterby.evidence.shelf import Shelf
from ytterby.evidence.sources import ArticleProblem, bytes_in, iterate_sources, problem_line

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Places:
    """Files to write, JSON Lines each; only the claims must have a place."""

    claims: Path
    reports: Path | None = None
    rejected: Path | None = None
    problems: Path | None = None


@dataclass
class Corpus:
    """What a corpus held: counts, not contents."""

    articles: int = 0
    claims: int = 0
    problems: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    families: int = 0
    copied: int = 0
    chunks: int = 0
    chunks_kept: int = 0


def _silent(*_told: object) -> None:
    pass


def read_corpus(
    paths: Sequence[Path],
    places: Places,
    *,
    jobs: int = 1,
    executor: str = PROCESSES,
    seconds: float = SECONDS,
    progress: Progress = _silent,
    tell: Callable[[ArticleProblem], None] = _silent,
) -> Corpus:
    """Read press texts of any number and write what :func:`read_reports` would give, with bounded memory.

    Parameters
    ----------
    paths: files and folders, as for :func:`read_articles`.
    jobs: processes that code articles.
    executor: where they run (:func:`ytterby.evidence.executors.open_pool`).
    seconds: processor time for one article; a text that takes more is a problem.
    tell: called with each problem, in order of the corpus.

    Returns
    -------
    Counts. Files appear when all are complete; after an interruption the same call goes on with what the
    folder ``<claims>.work`` beside the output holds, and only the output remains when it is done.
    """
    work = places.claims.with_name(places.claims.name + ".work")
    work.mkdir(exist_ok=True)
    kept = KeptChunks(work)
    corpus = Corpus()
    with open_pool(executor, jobs) as pool, tempfile.TemporaryDirectory(dir=work) as spill:
        shelf = Shelf(kept, _code(paths, kept, pool, seconds, corpus, progress))
        finishing = _Finishing(shelf, Path(spill), pool, corpus, progress)
        finishing.find_copies()
        finishing.write(places, tell)
    shutil.rmtree(work)
    return corpus


def _code(
    paths: Sequence[Path], kept: KeptChunks, pool: Pool, seconds: float, corpus: Corpus, progress: Progress
) -> list[str]:
    """Code what is not coded yet; the keys of all chunks in order."""
    total, done = bytes_in(paths), 0
    keys: list[str] = []

    def known(chunk: Chunk) -> tuple[str, int] | None:
        return (chunk.key, chunk.size) if kept.has(chunk.key) else None

    for found in pool.map(code_chunk, chunks_of(iterate_sources(paths), seconds), known):
        if isinstance(found, Coded):
            kept.put(found)
        else:
            corpus.chunks_kept += 1
        key, size = (found.key, found.size) if isinstance(found, Coded) else found
        keys.append(key)
        done += size
        progress("Read", min(done, total), total)
    corpus.chunks = len(keys)
    progress("Read", total, total)
    return keys


class _Finishing:
    """What is done when every article is coded: copies, what follows from them, and the files."""

    def __init__(self, shelf: Shelf, spill: Path, pool: Pool, corpus: Corpus, progress: Progress) -> None:
        self._shelf, self._spill, self._pool = shelf, spill, pool
        self._corpus, self._progress = corpus, progress
        self._inference = Inference(shelf.article, shelf.places["dated"])
        self._families = Families()
        self._changes: dict[int, Change] = {}
        self._recoded: dict[int, tuple[int, int]] = {}

    def find_copies(self) -> None:
        """Find text that articles share; records of it wait in a file for each chunk of articles."""
        shelf = self._shelf
        copies = ExactCopies(shelf.places["identity"])
        seeds = self._index(copies)
        for (a, b), runs in groupby(find_runs(seeds.pairs(), shelf.words, copies), key=lambda r: (r.a, r.b)):
            self._inference.share(a, b)
            self._families.join(a, b)
            with self._copies_file(int(shelf.chunk[a])).open("a", encoding="utf-8") as file:
                for run in runs:
                    reuse = reuse_of(run, shelf.article, shelf.words)
                    file.write(json.dumps([a, b, reuse.to_record()]) + "\n")
        self._changes = self._inference.changes()
        self._recode()

    def _index(self, copies: ExactCopies) -> SeedFiles:
        """Index the seeds of the texts, each text of equal words once."""
        shelf = self._shelf
        is_first = np.zeros(len(shelf), bool)
        is_first[copies.firsts] = True
        seeds = SeedFiles(self._spill, np.where(is_first, shelf.places["words"], 0))
        for chunk, numbers in groupby(copies.firsts.tolist(), key=lambda number: int(shelf.chunk[number])):
            rows = [placed_seeds(shelf.words(number).rows["key"], number) for number in numbers]
            seeds.add(np.concatenate([np.empty(0, PLACED), *rows]))
            self._progress("Compare", chunk + 1, self._corpus.chunks)
        return seeds

    def _copies_file(self, chunk: int) -> Path:
        return self._spill / f"copies-{chunk}"

    def _copies_of(self, chunk: int) -> dict[int, list[dict[str, object]]]:
        """Records of shared text, by the first of the two articles, in order of the other."""
        path = self._copies_file(chunk)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        rows = list(map(json.loads, text.splitlines()))
        found: dict[int, list[dict[str, object]]] = defaultdict(list)
        for a, _, record in sorted(rows, key=lambda row: (row[0], row[1])):
            found[a].append(record)
        return found

    def _recode(self) -> None:
        """Code again those articles that have a day now: relative times need it."""
        dated = [number for number, change in self._changes.items() if change.date]
        articles = (self._changes[number].of(self._shelf.article(number)) for number in dated)
        with self._recoded_file.open("wb") as file:
            for number, record in zip(dated, self._pool.map(code_again, articles, _unknown), strict=True):
                start = file.tell()
                file.write(json.dumps(record).encode())
                self._recoded[number] = (start, file.tell())

    @property
    def _recoded_file(self) -> Path:
        return self._spill / "recoded"

    def write(self, places: Places, tell: Callable[[ArticleProblem], None]) -> None:
        """Write all files; they appear together, the claims last."""
        named = {n: p for n in ("reports", "rejected", "problems", "claims") if (p := getattr(places, n))}
        partials = {name: path.with_name(path.name + ".part") for name, path in named.items()}
        try:
            with ExitStack() as stack:
                files = {
                    name: stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
                    for name, path in partials.items()
                }
                self._write_all(files, tell)
            for name, path in named.items():
                partials[name].replace(path)
        finally:
            for path in partials.values():
                path.unlink(missing_ok=True)
        self._corpus.families, self._corpus.copied = len(self._families.groups()), self._families.texts

    def _write_all(self, files: dict[str, IO[str]], tell: Callable[[ArticleProblem], None]) -> None:
        number = row = 0
        for chunk, records in self._shelf.lines():
            copies = self._copies_of(chunk) if "reports" in files else {}
            for record in records:
                problem = _problem_in(record)
                if problem is None:
                    is_first, row = bool(self._shelf.is_first[row]), row + 1
                    if is_first:
                        self._write_article(files, number, record, copies.get(number, []))
                        number += 1
                    else:
                        problem = second_of(record["article"]["id"], record["article"]["file"])
                if problem:
                    self._write_problem(files, problem, tell)
            self._progress("Write", chunk + 1, self._corpus.chunks)

    def _write_article(
        self, files: dict[str, IO[str]], number: int, record: dict[str, Any], copies: list[dict[str, object]]
    ) -> None:
        told = self._told_again(number) or record
        files["claims"].writelines(line + "\n" for line in told["claims"])
        self._corpus.articles += 1
        self._corpus.claims += len(told["claims"])
        for rejected in told["rejected"]:
            self._corpus.rejected[f"{rejected['extractor']}: {rejected['reason']}"] += 1
            if "rejected" in files:
                files["rejected"].write(rejected_line(rejected) + "\n")
        if "reports" in files:
            article = Article.model_validate(record["article"])
            article = self._changes[number].of(article) if number in self._changes else article
            files["reports"].write(article_line(article, copies) + "\n")

    def _told_again(self, number: int) -> dict[str, Any] | None:
        if number not in self._recoded:
            return None
        start, end = self._recoded[number]
        with self._recoded_file.open("rb") as file:
            file.seek(start)
            told: dict[str, Any] = json.loads(file.read(end - start))
        return told

    def _write_problem(
        self, files: dict[str, IO[str]], problem: ArticleProblem, tell: Callable[[ArticleProblem], None]
    ) -> None:
        self._corpus.problems += 1
        tell(problem)
        if "problems" in files:
            files["problems"].write(problem_line(problem) + "\n")


def _problem_in(record: dict[str, Any]) -> ArticleProblem | None:
    return ArticleProblem(**record["problem"]) if "problem" in record else None


def code_again(article: Article) -> dict[str, Any]:
    """Claims of an article as :func:`ytterby.evidence.chunks.code_chunk` gives them."""
    return result_record(code_claims(article))


def _unknown(_article: Article) -> None:
    return None
