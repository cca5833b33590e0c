"""Read press texts: text files, HTML pages and JSON records become articles.

A bad file or record never ends a reading: it becomes an :class:`ArticleProblem` with its reason
and a remedy, and the rest goes on. Texts are decoded as UTF-8 without newline translation, so
that offsets count in the file itself (for HTML and JSON: in the extracted text).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ytterby.evidence.article import Article
from ytterby.evidence.metadata import agencies_of, date_of, main_language, publisher_of
from ytterby.evidence.passages import cut

__all__ = ["Article", "ArticleProblem", "ArticleSet", "iterate_articles", "read_articles"]

LARGEST_ARTICLE = 2_000_000  # bytes; no press text is longer, and reading time grows with it
LARGEST_FILE = {".json": 50_000_000, ".jsonl": 1_000_000_000}
SUFFIXES = (".txt", ".html", ".htm", ".json", ".jsonl")


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


class _Bad(Exception):
    """Why one file or record is no article (inside this module only)."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy
        super().__init__(message)


def read_articles(paths: Sequence[Path]) -> ArticleSet:
    """Read files and folders of press texts.

    Parameters
    ----------
    paths: files (.txt, .html, .json, .jsonl) or folders of such; folders are read in name order.

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
            except _Bad as bad:
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
    limit = LARGEST_FILE.get(suffix, LARGEST_ARTICLE)
    if file.stat().st_size > limit:
        size = file.stat().st_size / 1e6
        raise _Bad(
            f"{size:,.0f} MB is more than {limit / 1e6:,.0f} MB.", "Split it, or keep the article only."
        )
    if suffix == ".jsonl":
        yield from _read_lines(file)
    elif suffix == ".json":
        yield from _read_json(file)
    else:
        raw = file.read_bytes()
        text = _decoded(raw)
        html = suffix in (".html", ".htm")
        fields: dict[str, str] = {"html" if html else "text": text}
        yield _article(fields, file.stem, file.name, hashlib.sha256(raw).hexdigest())


def _decoded(raw: bytes) -> str:
    if not raw.strip():
        raise _Bad("the file is empty.", "Leave it out, or fetch the text again.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Bad("the text is UTF-16.", "Save it as UTF-8.")
    if b"\x00" in raw:
        raise _Bad("the file is binary.", "Only text, HTML and JSON are read; extract the text first.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"byte {error.start:,}"
        raise _Bad(f"the text is not UTF-8 ({where}).", "Save it as UTF-8.") from None


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
        return _record_article(_parsed(_decoded(line)), fallback, place)
    except _Bad as bad:
        return ArticleProblem(place, bad.message, bad.remedy)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Bad(f"not JSON ({str(error)[:80]}).", "Mend or leave out the record.") from None


def _read_json(file: Path) -> Iterator[Article | ArticleProblem]:
    content = _parsed(_decoded(file.read_bytes()))
    records = content if isinstance(content, list) else [content]
    for row, record in enumerate(records, start=1):
        place = file.name if len(records) == 1 else f"{file.name}, record {row}"
        fallback = file.stem if len(records) == 1 else f"{file.stem}-{row}"
        try:
            yield _record_article(record, fallback, place)
        except _Bad as bad:
            yield ArticleProblem(place, bad.message, bad.remedy)


_FIELDS = ("id", "text", "html", "date", "url", "outlet", "title", "language")


def _record_article(record: object, fallback: str, place: str) -> Article:
    if not isinstance(record, dict):
        raise _Bad("the record is no object.", "Write {id, text, date, ...}.")
    fields = {k: v for k in _FIELDS if isinstance(v := record.get(k), str) and v.strip()}
    if "text" not in fields and "html" not in fields:
        raise _Bad("the record has no text.", "Give it a field text or html.")
    body = fields.get("text", fields.get("html", ""))
    if len(body) > LARGEST_ARTICLE:
        raise _Bad("the text is longer than 2 million characters.", "Keep the article only.")
    name = fields.get("id", fallback)
    if len(name) > 200 or not name.isprintable():
        raise _Bad("the id is longer than 200 characters or not printable.", "Give it a short id.")
    return _article(fields, name, place, hashlib.sha256(_bytes(body)).hexdigest())


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise _Bad("the text holds half a surrogate pair.", "Write the record as UTF-8.") from None


def _article(fields: dict[str, str], name: str, file: str, sha256: str) -> Article:
    fields = dict(fields)
    if "html" in fields and "text" not in fields:
        fields |= {k: v for k, v in _from_html(fields["html"]).items() if k not in fields}
    text = fields["text"]
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


def _from_html(html: str) -> dict[str, str]:
    """Body text and metadata of a page; scripts, forms and entities come out as nothing."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # our problem list says it better
    try:
        page = trafilatura.bare_extraction(
            html, with_metadata=True, include_comments=False, include_tables=False
        )
    except Exception as error:  # noqa: BLE001 - lxml and trafilatura raise anything on hostile markup
        raise _Bad(f"the page cannot be parsed ({type(error).__name__}).", "Save its text instead.") from None
    names = {"text": "text", "title": "title", "outlet": "sitename", "date": "date", "url": "url"}
    found = {ours: getattr(page, theirs, None) for ours, theirs in names.items()}
    fields = {k: v for k, v in found.items() if isinstance(v, str) and v.strip()}
    if "text" not in fields:
        raise _Bad("no article text found in the page.", "Save its text as .txt instead.")
    return fields
