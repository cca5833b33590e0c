"""Read press texts: text files, HTML pages and JSON records become articles.

A bad file or record never ends a reading: it becomes an :class:`ArticleProblem` with its reason
and a remedy, and the rest goes on. Texts are decoded as UTF-8 without newline translation, so
that offsets count in the file itself (for HTML and JSON: in the extracted text).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ytterby.evidence.claims import Span
from ytterby.evidence.dates import find_times
from ytterby.evidence.passages import Header, Passage, agencies, credit_names, cut

LARGEST_ARTICLE = 2_000_000  # bytes; no press text is longer, and reading time grows with it
LARGEST_FILE = {".json": 50_000_000, ".jsonl": 1_000_000_000}
SUFFIXES = (".txt", ".html", ".htm", ".json", ".jsonl")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class ArticleDate(_Record):
    """The article's day and how it is known."""

    value: str
    evidence: Literal["header", "dateline", "inferred"]
    confidence: Literal["high", "medium", "low"]
    basis: str | None = None
    span: Span | None = None


class Agency(_Record):
    """A news agency named in the text or inferred from copied text."""

    name: str
    evidence: Literal["credit_line", "photo_credit", "attribution", "inferred_text_reuse"]
    span: Span | None = None


class Publisher(_Record):
    """Who printed it; ``value`` is None unless the input says so."""

    value: str | None = None
    in_file: bool = False
    evidence: str | None = None
    span: Span | None = None


class TypedSpan(_Record):
    """A span with a type: noise or structure."""

    type: str
    start: int
    end: int
    quote: str


class Article(_Record):
    """One press text with its metadata; the text is exactly what was read."""

    id: str
    file: str
    sha256: str
    text: str
    language: str | None
    title: str | None = None
    date: ArticleDate | None = None
    publisher: Publisher = Publisher()
    url: str | None = None
    agencies: tuple[Agency, ...] = ()
    origin: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()

    @property
    def chars(self) -> int:
        """Length in code points."""
        return len(self.text)

    @property
    def day(self) -> dt.date | None:
        """The article's day, if known."""
        return dt.date.fromisoformat(self.date.value) if self.date else None

    @property
    def noise(self) -> tuple[TypedSpan, ...]:
        """Spans that are no part of the article."""
        return tuple(self._typed(p) for p in self.passages if p.is_noise)

    @property
    def structure(self) -> tuple[TypedSpan, ...]:
        """Title, teaser, subheadings, dateline, agency credit."""
        return tuple(self._typed(p) for p in self.passages if not p.is_noise and p.type != "body")

    def span(self, start: int, end: int) -> Span:
        """The span of characters ``start``..``end``."""
        return Span(start=start, end=end, quote=self.text[start:end])

    def _typed(self, passage: Passage) -> TypedSpan:
        raw = self.text[passage.start : passage.end]
        end = (
            passage.end
            if passage.type in ("blank", "header_metadata")
            else passage.start + len(raw.rstrip("\n"))
        )
        return TypedSpan(
            type=passage.type, start=passage.start, end=end, quote=self.text[passage.start : end]
        )


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
    found = tuple(_agencies(text, passages))
    return Article(
        id=name,
        file=file,
        sha256=sha256,
        text=text,
        language=fields.get("language") or _main_language(passages),
        title=title,
        date=_date(fields, header, text, passages),
        publisher=_publisher(fields, header, text),
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


def _main_language(passages: Sequence[Passage]) -> str | None:
    sizes: dict[str, int] = {}
    for p in passages:
        if p.language:
            sizes[p.language] = sizes.get(p.language, 0) + p.end - p.start
    return max(sizes, key=lambda lang: (sizes[lang], lang)) if sizes else None


def _publisher(fields: dict[str, str], header: Header, text: str) -> Publisher:
    if header.outlet and header.outlet_span:
        start, end = header.outlet_span
        return Publisher(
            value=header.outlet,
            in_file=True,
            evidence="header",
            span=Span(start=start, end=end, quote=text[start:end]),
        )
    if "outlet" in fields:
        return Publisher(value=fields["outlet"], in_file=True, evidence="record")
    return Publisher()


def _date(
    fields: dict[str, str], header: Header, text: str, passages: Sequence[Passage]
) -> ArticleDate | None:
    if (value := _iso(fields.get("date", ""))) is not None:
        return ArticleDate(value=value, evidence="header", confidence="high", basis="the record's date field")
    if header.date and header.date_span and (value := _iso(header.date)):
        start, end = header.date_span
        span = Span(start=start, end=end, quote=text[start:end])
        return ArticleDate(value=value, evidence="header", confidence="high", span=span)
    return _dateline_date(text, passages)


def _iso(text: str) -> str | None:
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


_STAMP = re.compile(
    r"(?:Stand|Aktualisiert|Veröffentlicht|Updated|Published|Publié le|Mis à jour le|更新|公開)"
    r"\s?[:：]?\s?(?P<day>[^\n]{6,40})"
)


def _dateline_date(text: str, passages: Sequence[Passage]) -> ArticleDate | None:
    """The day in the dateline or in a time stamp near the top; without a year that of the text's years."""
    top = [p for p in passages if p.type in ("dateline", "header_metadata")]
    places = [(p.start, p.end) for p in top]
    places += [m.span("day") for m in _STAMP.finditer(text[:3000])]
    years = [int(y) for y in re.findall(r"\b20[0-9]{2}\b", text[:20_000])]
    middle = dt.date(max(years), 7, 1) if years else None
    for start, end in places:
        for report in (None, middle):
            day = _day_in(text[start:end], report)
            if day:
                span = Span(start=start, end=end, quote=text[start:end])
                basis = "the latest year that the text names" if report else None
                sure: Literal["high", "low"] = "low" if report else "high"
                return ArticleDate(
                    value=day.isoformat(), evidence="dateline", confidence=sure, basis=basis, span=span
                )
    return None


def dateline_day(article: Article, near: dt.date) -> ArticleDate | None:
    """A dateline's day and month with the year that puts them nearest to ``near``."""
    for passage in article.passages:
        text = article.text[passage.start : passage.end]
        day = _day_in(text, near) if passage.type == "dateline" else None
        if day:
            span = article.span(passage.start, passage.end)
            basis = "the year of the other reports"
            return ArticleDate(
                value=day.isoformat(), evidence="dateline", confidence="medium", basis=basis, span=span
            )
    return None


def _day_in(text: str, report: dt.date | None) -> dt.date | None:
    """A calendar day with its month; weekdays and "today" say nothing in a dateline."""
    for language in ("de", "en", "fr", "ja"):
        for moment in find_times(text, language, report):
            named = re.search(r"\d", text[moment.at : moment.stop])
            if moment.granularity == "day" and moment.start and named:
                return moment.start
    return None


_ATTRIBUTED = (
    r"(?:Nachrichtenagentur|Agentur|news agency|agence(?: de presse)?|通信社|laut|told|nach Angaben von|"
    r"selon|according to|reported by|à l.agence|gegenüber)\s(?:der\s|the\s|l.)?(?:\w+\s){0,2}?"
)


def _agencies(text: str, passages: Sequence[Passage]) -> Iterator[Agency]:
    seen: set[tuple[str, str]] = set()
    for name, evidence, start, end in sorted(_agency_places(text, passages), key=lambda a: a[2]):
        if (name, evidence) not in seen:
            seen.add((name, evidence))
            span = Span(start=start, end=end, quote=text[start:end])
            yield Agency(name=name, evidence=evidence, span=span)


def _agency_places(
    text: str, passages: Sequence[Passage]
) -> Iterator[tuple[str, Literal["credit_line", "photo_credit", "attribution"], int, int]]:
    forms = "|".join(sorted(map(re.escape, agencies()), key=len, reverse=True))
    for p in passages:
        part = text[p.start : p.end]
        if p.type in ("agency_credit", "dateline"):
            for m in re.finditer(r"[(（=＝](?P<names>[^()（）】\n]{2,40})[)）】]", part):
                for name in credit_names(m["names"]):
                    yield name, "credit_line", p.start + m.start(), p.start + m.end()
        elif p.type in ("caption", "photo_credit"):
            for m in re.finditer(rf"(?<![A-Za-z])(?:{forms})(?![A-Za-z])", part):
                yield agencies()[m[0]], "photo_credit", p.start + m.start(), p.start + m.end()
        elif not p.is_noise:
            for m in re.finditer(rf"(?i:{_ATTRIBUTED})(?P<name>{forms})(?![A-Za-z])", part):
                yield agencies()[m["name"]], "attribution", p.start + m.start(), p.start + m.end()
