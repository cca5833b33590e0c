"""What is known of one press text: its words, metadata with their evidence, and passages."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ytterby.evidence.claims import Span
from ytterby.evidence.passages import Passage


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

    def to_record(self) -> dict[str, object]:
        """What is known of the article, in the schema's JSON shape; the text itself is left out."""
        record: dict[str, object] = self.model_dump(mode="json", exclude={"text", "passages", "title"})
        record |= {"chars": self.chars, "title_value": self.title}
        record |= {name: self._first(name) for name in ("title", "dateline")}
        for name, spans in (("noise", self.noise), ("structure", self.structure)):
            record[name] = [span.model_dump(mode="json") for span in spans]
        return record

    def _first(self, kind: str) -> dict[str, object] | None:
        """First span of a structure type; None where the text has none."""
        found = (
            span.model_dump(mode="json", exclude={"type"}) for span in self.structure if span.type == kind
        )
        return next(found, None)

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
