"""Articles coded some at a time, each chunk on its own, and kept on disk until the corpus is whole.

A chunk is named by the hash of its sources, of this program and of the settings, so that what an
interrupted reading finished is found again and nothing else is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ytterby.evidence.article import Article
from ytterby.evidence.articles import article_of
from ytterby.evidence.claims import claim_line
from ytterby.evidence.coding import CodingResult, code_claims
from ytterby.evidence.copies import WORD, words_of
from ytterby.evidence.limits import SECONDS, OutOfTime, limited
from ytterby.evidence.sources import ArticleProblem, Source

_MOST, _LARGEST = 100, 1_000_000  # sources of a chunk, and their bytes
_PARTS = ("lxml", "py3langid", "pydantic", "trafilatura")
# One article: hashes of its id and of its words, how many these are and how many make a copy, and where its
# line stands in the chunk.
PLACE = np.dtype([
    ("id", "<u8"), ("identity", "<u8"), ("words", "<i4"), ("least", "<i4"), ("start", "<i8"), ("end", "<i8"),
    ("dated", "?"),
])  # fmt: skip


@dataclass(frozen=True)
class Chunk:
    """Sources that are coded together."""

    sources: tuple[Source | ArticleProblem, ...]
    seconds: float = SECONDS

    @property
    def size(self) -> int:
        """Bytes of the sources."""
        return sum(source.size for source in self.sources if isinstance(source, Source))

    @property
    def key(self) -> str:
        """Hash of all that the coded chunk depends on."""
        told = hashlib.sha256(f"{program()} {self.seconds}".encode())
        for source in self.sources:
            content = source.content if isinstance(source, Source) else b""
            plain = content if isinstance(content, bytes) else json.dumps(content).encode()
            parts = (
                (source.name, source.place, source.kind) if isinstance(source, Source) else astuple(source)
            )
            head = json.dumps([*parts, type(content).__name__, len(plain)])
            told.update(head.encode() + b"\n" + plain)
        return told.hexdigest()


@cache
def program() -> str:
    """Hash of what claims depend on: code and data of ``evidence`` and ``catalog``, versions of parsers."""
    told = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _PARTS).encode())
    for package in ("ytterby.evidence", "ytterby.catalog"):
        for name, content in sorted(_contents(files(package), package)):
            told.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return told.hexdigest()


def _contents(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _contents(entry, f"{name}/{entry.name}")
        elif entry.is_file() and entry.name.endswith((".py", ".toml", ".csv")):
            yield f"{name}/{entry.name}", entry.read_bytes()


def chunks_of(sources: Iterable[Source | ArticleProblem], seconds: float = SECONDS) -> Iterator[Chunk]:
    """Sources in chunks of bounded number and size."""
    taken: list[Source | ArticleProblem] = []
    size = 0
    for source in sources:
        more = source.size if isinstance(source, Source) else 0
        if taken and (len(taken) >= _MOST or size + more > _LARGEST):
            yield Chunk(tuple(taken), seconds)
            taken, size = [], 0
        taken.append(source)
        size += more
    if taken:
        yield Chunk(tuple(taken), seconds)


@dataclass(frozen=True)
class Coded:
    """A coded chunk: lines of JSON (an article with its claims, or a problem), places and words."""

    key: str
    lines: bytes
    places: NDArray[Any]
    words: NDArray[Any]
    size: int


def code_chunk(chunk: Chunk) -> Coded:
    """Read and code the articles of a chunk; the same for the same chunk, wherever it runs."""
    lines: list[bytes] = []
    places: list[tuple[int, int, int, int, int, int, bool]] = []
    words: list[NDArray[Any]] = []
    at = 0
    for source in chunk.sources:
        found = read_one(source, chunk.seconds)
        lines.append(found if isinstance(found, bytes) else found[0])
        if not isinstance(found, bytes):
            article, told = found[1], words_of(found[1])
            counts = id_hash(article.id), told.identity, len(told.rows), told.least
            places.append((*counts, at, at + len(lines[-1]), article.date is not None))
            words.append(told.rows)
        at += len(lines[-1])
    return Coded(chunk.key, b"".join(lines), np.array(places, PLACE), _joined(words), chunk.size)


def _joined(words: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(words) if words else np.empty(0, WORD)


def read_one(source: Source | ArticleProblem, seconds: float) -> bytes | tuple[bytes, Article]:
    """The line of a source, with its article where there is one.

    What fails is this article's own problem, whatever it is: a corpus is not lost for one of its texts.
    """
    if isinstance(source, ArticleProblem):
        return _problem_line(source)
    try:
        with limited(seconds):
            article = article_of(source)
            if isinstance(article, ArticleProblem):
                return _problem_line(article)
            return _line(article, code_claims(article)), article
    except OutOfTime:
        message = f"reading it took more than {seconds:g} s of processor time."
        return _problem_line(ArticleProblem(source.place, message, "Keep the article only."))
    except Exception as error:  # noqa: BLE001 - named, and the other articles are read
        message = f"the reader failed on it ({type(error).__name__}: {str(error)[:100]})."
        return _problem_line(ArticleProblem(source.place, message, "Leave it out, and report this."))


def _line(article: Article, result: CodingResult) -> bytes:
    return _json({"article": article.model_dump(mode="json"), **result_record(result)})


def result_record(result: CodingResult) -> dict[str, Any]:
    """Claims as the lines of their file, and what was rejected."""
    rejected = [row.model_dump(mode="json") for row in result.rejected]
    return {"claims": [claim_line(claim) for claim in result.claims], "rejected": rejected}


def _problem_line(problem: ArticleProblem) -> bytes:
    return _json({"problem": asdict(problem)})


def _json(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def id_hash(name: str) -> int:
    """An id as a number of 64 bits."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class KeptChunks:
    """Coded chunks as files of a folder; a chunk is there when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, key: str) -> bool:
        """Whether the chunk was finished."""
        return self.places_file(key).exists()

    def put(self, coded: Coded) -> None:
        """Write a chunk; its places last, since they say that it is whole."""
        self._write(self.lines_file(coded.key), coded.lines)
        self._write(self.words_file(coded.key), coded.words.tobytes())
        self._write(self.places_file(coded.key), coded.places.tobytes())

    def _write(self, path: Path, content: bytes) -> None:
        partial = path.with_name(path.name + ".part")
        partial.write_bytes(content)
        partial.replace(path)

    def lines_file(self, key: str) -> Path:
        """Lines of JSON."""
        return self._folder / f"{key}.jsonl"

    def words_file(self, key: str) -> Path:
        """Rows of ``copies.WORD``, article after article."""
        return self._folder / f"{key}.words"

    def places_file(self, key: str) -> Path:
        """Rows of ``PLACE``, one an article."""
        return self._folder / f"{key}.places"
