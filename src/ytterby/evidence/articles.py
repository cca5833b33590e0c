"""Read press texts: text files, web pages, JSON records, feeds and mails become articles.

A bad file or record never ends a reading: it becomes an :class:`ArticleProblem` with its reason
and a remedy, and the rest goes on. Texts are decoded as UTF-8 without newline translation, so
that offsets count in the file itself (elsewhere: in the extracted text).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ytterby.evidence.article import Article
from ytterby.evidence.decoding import LARGEST_ARTICLE, NotReadable, decode_text, refuse_broken
from ytterby.evidence.feeds import read_feed
from ytterby.evidence.mails import LARGEST_MESSAGE, mail_fields, split_mbox
from ytterby.evidence.metadata import agencies_of, date_of, main_language, publisher_of
from ytterby.evidence.pages import decode_page, page_fields
from ytterby.evidence.passages import cut

__all__ = ["Article", "ArticleProblem", "ArticleSet", "iterate_articles", "read_articles"]

_LARGEST_FILE = {
    ".json": 50_000_000, ".jsonl": 100_000_000_000, ".mbox": 100_000_000_000, ".eml": LARGEST_MESSAGE,
    ".xml": 20_000_000, ".rss": 20_000_000, ".atom": 20_000_000,
}  # fmt: skip
_MOST_LINES = 20_000  # a line costs 0.1 ms whatever its length; 2 MB of line breaks would cost minutes
_PAGES, _FEEDS = (".html", ".htm"), (".xml", ".rss", ".atom")
SUFFIXES = (".txt", *_PAGES, ".json", ".jsonl", *_FEEDS, ".mbox", ".eml")


@dataclass(frozen=True)
class ArticleProblem:
    """A file or record that could not be read; the others were."""

    file: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message} {self.remedy}"


@dataclass(frozen=True)
class ArticleSet:
    """What was read, in order of file name and row, and what was not."""

    articles: tuple[Article, ...]
    problems: tuple[ArticleProblem, ...]


def read_articles(paths: Sequence[Path]) -> ArticleSet:
    """Read files and folders of press texts.

    Parameters
    ----------
    paths: files (a suffix of ``SUFFIXES``) or folders of such; folders are read in name order.

    Returns
    -------
    The articles, and the problems of those files and records that are none. Nothing is raised for
    a bad file; a second article with an id already taken is a problem too.
    """
    articles: dict[str, Article] = {}
    problems: list[ArticleProblem] = []
    for found in iterate_articles(paths):
        if isinstance(found, ArticleProblem):
            problems.append(found)
        elif found.id in articles:
            problems.append(_twice(found))
        else:
            articles[found.id] = found
    return ArticleSet(tuple(articles.values()), tuple(problems))


def _twice(article: Article) -> ArticleProblem:
    message = f"a second article with the id {article.id!r}."
    return ArticleProblem(article.file, message, "Give each article an id of its own, or rename the file.")


def iterate_articles(paths: Sequence[Path]) -> Iterator[Article | ArticleProblem]:
    """Read one article at a time, so that memory does not grow with the corpus."""
    for path in paths:
        for file in _files(path):
            try:
                yield from _read_file(file)
            except NotReadable as bad:
                yield ArticleProblem(file.name, bad.message, bad.remedy)
            except OSError as error:
                yield ArticleProblem(
                    file.name, f"cannot be read: {error.strerror}.", "Check path and rights."
                )


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    else:
        yield path


def _read_file(file: Path) -> Iterator[Article | ArticleProblem]:
    suffix = file.suffix.lower()
    limit = _LARGEST_FILE.get(suffix, LARGEST_ARTICLE)
    if file.stat().st_size > limit:
        size = file.stat().st_size / 1e6
        raise NotReadable(
            f"{size:,.0f} MB is more than {limit / 1e6:,.0f} MB.", "Split it, or keep the article only."
        )
    if suffix == ".jsonl":
        yield from _read_lines(file)
    elif suffix == ".json":
        yield from _read_json(file)
    elif suffix in _FEEDS:
        yield from _entries(read_feed(file.read_bytes()), file, "entry")
    elif suffix == ".mbox":
        with file.open("rb") as mails:
            yield from _entries(map(_mail, split_mbox(mails)), file, "message")
    else:
        yield _whole_file(file, suffix)


def _whole_file(file: Path, suffix: str) -> Article:
    raw = file.read_bytes()
    if suffix == ".eml":
        fields = mail_fields(raw)
    elif suffix in _PAGES:
        fields = {"html": decode_page(raw)}
    else:
        fields = {"text": decode_text(raw)}
    return _article(fields, file.stem, file.name, hashlib.sha256(raw).hexdigest())


def _mail(raw: bytes | NotReadable) -> dict[str, str] | NotReadable:
    try:
        return raw if isinstance(raw, NotReadable) else mail_fields(raw)
    except NotReadable as reason:
        return reason


def _entries(
    entries: Iterable[dict[str, str] | NotReadable], file: Path, word: str
) -> Iterator[Article | ArticleProblem]:
    """Articles of a feed or mailbox; an entry that is none is named by its number."""
    for row, fields in enumerate(entries, start=1):
        place = f"{file.name}, {word} {row}"
        try:
            if isinstance(fields, NotReadable):
                raise fields
            yield _record_article(fields, f"{file.stem}-{row}", place, (*_FIELDS, *_EVIDENCE))
        except NotReadable as bad:
            yield ArticleProblem(place, bad.message, bad.remedy)


def _read_lines(file: Path) -> Iterator[Article | ArticleProblem]:
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
                yield _one_record(line, f"{file.stem}-{row}", place)


def _one_record(line: bytes, fallback: str, place: str) -> Article | ArticleProblem:
    try:
        return _record_article(_parsed(decode_text(line)), fallback, place)
    except NotReadable as bad:
        return ArticleProblem(place, bad.message, bad.remedy)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"not JSON ({str(error)[:80]}).", "Mend or leave out the record.") from None


def _read_json(file: Path) -> Iterator[Article | ArticleProblem]:
    content = _parsed(decode_text(file.read_bytes()))
    records = content if isinstance(content, list) else [content]
    for row, record in enumerate(records, start=1):
        place = file.name if len(records) == 1 else f"{file.name}, record {row}"
        fallback = file.stem if len(records) == 1 else f"{file.stem}-{row}"
        try:
            yield _record_article(record, fallback, place)
        except NotReadable as bad:
            yield ArticleProblem(place, bad.message, bad.remedy)


_FIELDS = ("id", "text", "html", "date", "url", "outlet", "title", "language")
_EVIDENCE = ("date_basis", "outlet_evidence")  # from our own readers; a record cannot claim them


def _record_article(record: object, fallback: str, place: str, names: Sequence[str] = _FIELDS) -> Article:
    if not isinstance(record, dict):
        raise NotReadable("the record is no object.", "Write {id, text, date, ...}.")
    fields = {k: v for k in names if isinstance(v := record.get(k), str) and v.strip()}
    if "text" not in fields and "html" not in fields:
        raise NotReadable("the record has no text.", "Give it a field text or html.")
    body = fields.get("text", fields.get("html", ""))
    if len(body) > LARGEST_ARTICLE:
        raise NotReadable("the text is longer than 2 million characters.", "Keep the article only.")
    name = fields.get("id", fallback)
    if len(name) > 200 or not name.isprintable():
        raise NotReadable("the id is longer than 200 characters or not printable.", "Give it a short id.")
    return _article(fields, name, place, hashlib.sha256(_bytes(body)).hexdigest())


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotReadable("the text holds half a surrogate pair.", "Write the record as UTF-8.") from None


def _article(fields: dict[str, str], name: str, file: str, sha256: str) -> Article:
    fields = dict(fields)
    if "html" in fields and "text" not in fields:
        told = page_fields(fields["html"])
        taken = {"date_basis": "date", "outlet_evidence": "outlet"}  # evidence goes with what it is for
        fields |= {k: v for k, v in told.items() if k not in fields and taken.get(k, k) not in fields}
    text = fields["text"]
    refuse_broken(text)
    if text.count("\n") > _MOST_LINES:
        raise NotReadable(f"the text has more than {_MOST_LINES:,} lines.", "Keep the article only.")
    passages, header = cut(text)
    title_span = header.title_span or next(((p.start, p.end) for p in passages if p.type == "title"), None)
    title = fields.get("title") or (text[slice(*title_span)].strip() if title_span else None)
    found = tuple(agencies_of(text, passages))
    return Article(
        id=name,
        file=file,
        sha256=sha256,
        text=text,
        language=fields.get("language") or main_language(passages),
        title=title,
        date=date_of(fields, header, text, passages),
        publisher=publisher_of(fields, header, text),
        url=fields.get("url"),
        agencies=found,
        origin=tuple(dict.fromkeys(a.name for a in found if a.evidence != "photo_credit"))
        or ("own_correspondent",),
        passages=tuple(passages),
    )
