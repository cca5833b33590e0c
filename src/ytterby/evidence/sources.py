"""Find press texts in files and folders, one at a time, before anything is made of their words.

A :class:`Source` is what one article will be made of: the bytes of a file, a line or a message, or the
fields of a record or entry. Cutting a file into its sources is cheap; reading them is not, and may be
done elsewhere (:mod:`ytterby.evidence.corpus`). At no time more than one file that is no list is held.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ytterby.evidence.decoding import LARGEST_ARTICLE, NotReadable, decode_text
from ytterby.evidence.feeds import read_feed
from ytterby.evidence.mails import LARGEST_MESSAGE, split_mbox

_LARGEST_FILE = {
    ".json": 50_000_000, ".jsonl": 100_000_000_000, ".mbox": 100_000_000_000, ".eml": LARGEST_MESSAGE,
    ".xml": 20_000_000, ".rss": 20_000_000, ".atom": 20_000_000,
}  # fmt: skip
PAGES, _FEEDS = (".html", ".htm"), (".xml", ".rss", ".atom")
SUFFIXES = (".txt", *PAGES, ".json", ".jsonl", *_FEEDS, ".mbox", ".eml")
_FIELDS = ("id", "text", "html", "date", "url", "outlet", "title", "language")
_EVIDENCE = ("date_basis", "outlet_evidence")  # from our own readers; a record cannot claim them


@dataclass(frozen=True)
class ArticleProblem:
    """A file or record that could not be read; the others were."""

    file: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message} {self.remedy}"


@dataclass(frozen=True)
class Source:
    """What one article is made of: bytes of a kind (a suffix; ``.jsonl`` for a line), or ready fields."""

    name: str
    place: str
    kind: str
    content: bytes | dict[str, str]

    @property
    def size(self) -> int:
        """Bytes, or characters of the fields."""
        if isinstance(self.content, bytes):
            return len(self.content)
        return sum(map(len, self.content.values()))


def iterate_sources(paths: Sequence[Path]) -> Iterator[Source | ArticleProblem]:
    """Sources in order of the paths, of file names within a folder, and of rows within a file."""
    for path in paths:
        for file in _files(path):
            try:
                yield from _sources_in(file)
            except NotReadable as bad:
                yield ArticleProblem(file.name, bad.message, bad.remedy)
            except OSError as error:
                yield ArticleProblem(
                    file.name, f"cannot be read: {error.strerror}.", "Check path and rights."
                )


def bytes_in(paths: Sequence[Path]) -> int:
    """Size of all files, for a progress bar."""
    return sum(file.stat().st_size for path in paths for file in _files(path) if file.is_file())


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    else:
        yield path


def _sources_in(file: Path) -> Iterator[Source | ArticleProblem]:
    suffix = file.suffix.lower()
    limit = _LARGEST_FILE.get(suffix, LARGEST_ARTICLE)
    if file.stat().st_size > limit:
        size = file.stat().st_size / 1e6
        raise NotReadable(
            f"{size:,.0f} MB is more than {limit / 1e6:,.0f} MB.", "Split it, or keep the article only."
        )
    if suffix == ".jsonl":
        yield from _lines(file)
    elif suffix == ".json":
        yield from _records(file)
    elif suffix in _FEEDS:
        yield from _entries(read_feed(file.read_bytes()), file, "entry")
    elif suffix == ".mbox":
        with file.open("rb") as mails:
            yield from _entries(split_mbox(mails), file, "message")
    else:
        yield Source(
            file.stem, file.name, suffix if suffix in (".eml", *PAGES) else ".txt", file.read_bytes()
        )


def _entries(
    entries: Iterable[bytes | dict[str, str] | NotReadable], file: Path, word: str
) -> Iterator[Source | ArticleProblem]:
    """Entries of a feed or messages of a mailbox; one that is none is named by its number."""
    for row, entry in enumerate(entries, start=1):
        place = f"{file.name}, {word} {row}"
        if isinstance(entry, NotReadable):
            yield ArticleProblem(place, entry.message, entry.remedy)
        else:
            yield Source(f"{file.stem}-{row}", place, file.suffix.lower(), entry)


def _lines(file: Path) -> Iterator[Source | ArticleProblem]:
    with file.open("rb") as lines:
        row = 0
        while line := lines.readline(LARGEST_ARTICLE + 1):
            row += 1
            place = f"{file.name}, row {row}"
            if len(line) > LARGEST_ARTICLE and not line.endswith(b"\n"):
                while (rest := lines.readline(1 << 20)) and not rest.endswith(b"\n"):
                    pass
                yield ArticleProblem(place, "the record is larger than 2 MB.", "Keep the article only.")
            elif line.strip():
                yield Source(f"{file.stem}-{row}", place, ".jsonl", line)


def _records(file: Path) -> Iterator[Source | ArticleProblem]:
    content = parse_json(decode_text(file.read_bytes()))
    records = content if isinstance(content, list) else [content]
    for row, record in enumerate(records, start=1):
        place = file.name if len(records) == 1 else f"{file.name}, record {row}"
        fallback = file.stem if len(records) == 1 else f"{file.stem}-{row}"
        try:
            yield Source(fallback, place, ".json", record_fields(record))
        except NotReadable as bad:
            yield ArticleProblem(place, bad.message, bad.remedy)


def parse_json(text: str) -> object:
    """Parse JSON; whatever is wrong with it is the reason why it is not readable."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"not JSON ({str(error)[:80]}).", "Mend or leave out the record.") from None


def record_fields(record: object, *, own: bool = False) -> dict[str, str]:
    """Fields of a record that we know and that hold text; ``own`` records may name their evidence.

    Raises
    ------
    NotReadable: no object, no text, a text beyond all measure, an id that is none.
    """
    if not isinstance(record, dict):
        raise NotReadable("the record is no object.", "Write {id, text, date, ...}.")
    names = (*_FIELDS, *_EVIDENCE) if own else _FIELDS
    fields = {k: v for k in names if isinstance(v := record.get(k), str) and v.strip()}
    if "text" not in fields and "html" not in fields:
        raise NotReadable("the record has no text.", "Give it a field text or html.")
    if len(fields.get("text", fields.get("html", ""))) > LARGEST_ARTICLE:
        raise NotReadable("the text is longer than 2 million characters.", "Keep the article only.")
    name = fields.get("id", "id")
    if len(name) > 200 or not name.isprintable():
        raise NotReadable("the id is longer than 200 characters or not printable.", "Give it a short id.")
    return fields


def problem_line(problem: ArticleProblem) -> str:
    """A problem as its line of a file, without the line's end."""
    return json.dumps(asdict(problem), ensure_ascii=False, sort_keys=True)


def write_problems(problems: Iterable[ArticleProblem], path: Path) -> None:
    """Write problems as JSON Lines; the file appears when it is complete."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(problem_line(problem) + "\n" for problem in problems)
    partial.replace(path)
