"""Read press texts: text files, web pages, JSON records, feeds and mails become articles.

A bad file or record never ends a reading: it becomes an :class:`ArticleProblem` with its reason
and a remedy, and the rest goes on. Texts are decoded as UTF-8 without newline translation, so
that offsets count in the file itself (elsewhere: in the extracted text).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ytterby.evidence.article import Article
from ytterby.evidence.decoding import NotReadable, decode_text, refuse_broken
from ytterby.evidence.mails import mail_fields
from ytterby.evidence.metadata import agencies_of, date_of, main_language, publisher_of
from ytterby.evidence.pages import decode_page, page_fields
from ytterby.evidence.passages import cut
from ytterby.evidence.sources import (
    PAGES,
    SUFFIXES,
    ArticleProblem,
    Source,
    iterate_sources,
    parse_json,
    record_fields,
)

__all__ = [
    "SUFFIXES", "Article", "ArticleProblem", "ArticleSet", "article_of", "iterate_articles", "read_articles",
    "second_of",
]  # fmt: skip

_MOST_LINES = 20_000  # a line costs 0.1 ms whatever its length; 2 MB of line breaks would cost minutes


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
            problems.append(second_of(found.id, found.file))
        else:
            articles[found.id] = found
    return ArticleSet(tuple(articles.values()), tuple(problems))


def second_of(name: str, file: str) -> ArticleProblem:
    """The problem of a second article with an id already taken."""
    message = f"a second article with the id {name!r}."
    return ArticleProblem(file, message, "Give each article an id of its own, or rename the file.")


def iterate_articles(paths: Sequence[Path]) -> Iterator[Article | ArticleProblem]:
    """Read one article at a time, so that memory does not grow with the corpus."""
    for source in iterate_sources(paths):
        yield source if isinstance(source, ArticleProblem) else article_of(source)


def article_of(source: Source) -> Article | ArticleProblem:
    """Make the article of a source, or say why there is none."""
    try:
        fields, sha256 = _fields_of(source)
        return _article(fields, fields.get("id", source.name), source.place, sha256)
    except NotReadable as bad:
        return ArticleProblem(source.place, bad.message, bad.remedy)


def _fields_of(source: Source) -> tuple[dict[str, str], str]:
    """Fields of a source and the hash of its file, or of its body where the file holds several."""
    content = source.content
    if isinstance(content, dict):
        return _hashed(record_fields(content, own=source.kind != ".json"))
    if source.kind == ".jsonl":
        return _hashed(record_fields(parse_json(decode_text(content))))
    if source.kind == ".mbox":
        return _hashed(record_fields(mail_fields(content), own=True))
    sha256 = hashlib.sha256(content).hexdigest()
    if source.kind == ".eml":
        fields = mail_fields(content)
        fields.pop("id", None)  # a file is named by its name
        return fields, sha256
    return (
        {"html": decode_page(content)} if source.kind in PAGES else {"text": decode_text(content)}
    ), sha256


def _hashed(fields: dict[str, str]) -> tuple[dict[str, str], str]:
    body = fields.get("text", fields.get("html", ""))
    return fields, hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_surrogates(fields: dict[str, str]) -> None:
    try:
        "".join(fields.values()).encode("utf-8")
    except UnicodeEncodeError:
        raise NotReadable("the text holds half a surrogate pair.", "Write the record as UTF-8.") from None


def _article(fields: dict[str, str], name: str, file: str, sha256: str) -> Article:
    fields = dict(fields)
    if "html" in fields and "text" not in fields:
        told = page_fields(fields["html"])
        taken = {"date_basis": "date", "outlet_evidence": "outlet"}  # evidence goes with what it is for
        fields |= {k: v for k, v in told.items() if k not in fields and taken.get(k, k) not in fields}
    text = fields["text"]
    _refuse_surrogates(fields)
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
