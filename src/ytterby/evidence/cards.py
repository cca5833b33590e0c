"""What is known of each report, as a file: `read` writes it, `verify` counts origins and dates by it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ytterby.errors import Fault, InputFaults
from ytterby.evidence.article import Agency, Article, ArticleDate, Publisher
from ytterby.evidence.copies import Reuse, Side

_LONGEST_LINE = 20_000_000  # characters; the spans of a text are as long as the text


@dataclass(frozen=True)
class ReportCard:
    """One report without its text."""

    id: str
    title: str | None
    date: ArticleDate | None
    publisher: Publisher
    url: str | None
    agencies: tuple[Agency, ...]
    text_reuse: tuple[Reuse, ...] = ()

    @property
    def day(self) -> dt.date | None:
        """The report's day, if known."""
        return dt.date.fromisoformat(self.date.value) if self.date else None


def write_articles(articles: Iterable[Article], path: Path, reuse: Sequence[Reuse] = ()) -> None:
    """Write what is known of articles as JSON Lines; the file appears when it is complete.

    Parameters
    ----------
    reuse: copied passages; each stands with the first of its two articles.
    """
    copies: dict[str, list[dict[str, object]]] = {}
    for found in reuse:
        copies.setdefault(found.a.report, []).append(found.to_record())
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for article in articles:
            file.write(article_line(article, copies.get(article.id, [])) + "\n")
    partial.replace(path)


def article_line(article: Article, copies: Sequence[dict[str, object]]) -> str:
    """What is known of an article as its line of a file, without the line's end."""
    record = article.to_record() | {"text_reuse": copies}
    return json.dumps(record, ensure_ascii=False, sort_keys=True)


def read_cards(path: Path) -> list[ReportCard]:
    """Read what ``write_articles`` wrote.

    Raises
    ------
    InputFaults: every line that is no report, with its row.
    """
    cards: list[ReportCard] = []
    faults: list[Fault] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        row = 0
        while line := file.readline(_LONGEST_LINE):
            row += 1
            if not line.strip():
                continue
            try:
                cards.append(_card(json.loads(line)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                told = f"no report ({type(error).__name__})."
                faults.append(Fault(path.name, row, None, told, "Use a file of `ytterby read --reports`."))
    if faults:
        raise InputFaults(faults[:100])
    return cards


def _card(record: Any) -> ReportCard:
    return ReportCard(
        id=str(record["id"]),
        title=record.get("title_value"),
        date=ArticleDate.model_validate(record["date"]) if record.get("date") else None,
        publisher=Publisher.model_validate(record.get("publisher") or {}),
        url=record.get("url"),
        agencies=tuple(Agency.model_validate(agency) for agency in record["agencies"]),
        text_reuse=tuple(_reuse(copy) for copy in record.get("text_reuse") or ()),
    )


def _reuse(record: Any) -> Reuse:
    return Reuse(Side(**record["a"]), Side(**record["b"]), int(record["words"]), record.get("origin"))
