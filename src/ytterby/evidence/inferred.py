"""What other articles tell of one: the agency of its text and its day, from the words they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ytterby.evidence.article import Agency, Article, ArticleDate
from ytterby.evidence.lexicon import matcher
from ytterby.evidence.metadata import dateline_day

_PEOPLE = 3  # shared names that make two texts news of the same event
_MOST_BY_NAME = 2_000  # articles; in a larger set the same three people are in the news of many days


@dataclass(frozen=True)
class Change:
    """What is inferred of an article: agencies without a credit, and its day."""

    agencies: tuple[str, ...] = ()
    date: ArticleDate | None = None

    def of(self, article: Article) -> Article:
        """The article with what was inferred."""
        dated = article.model_copy(update={"date": self.date}) if self.date else article
        return _with_agencies(dated, self.agencies)


class Inference:
    """Collects which articles share text, then says what follows for each.

    Parameters
    ----------
    article: gives an article by its number.
    dated: whether each article has a day of its own.
    """

    def __init__(self, article: Callable[[int], Article], dated: Sequence[bool] | NDArray[Any]) -> None:
        self._article, self._dated = article, dated
        self._credits: dict[int, set[str]] = defaultdict(set)
        self._copied: dict[int, set[int]] = defaultdict(set)
        self._names: dict[int, frozenset[str]] = {}

    def share(self, a: int, b: int) -> None:
        """Take notice that two articles share text."""
        for one, other in ((a, b), (b, a)):
            credit = _credits(self._article(one))
            if len(credit) == 1 and not _credits(self._article(other)):
                self._credits[other].update(credit)
            if self._dated[one] and not self._dated[other]:
                self._copied[other].add(one)

    def changes(self) -> dict[int, Change]:
        """What follows, for those articles for which something does, in their order."""
        days = {text: day for text in self._open() if (day := self._day(text)) is not None}
        return {
            text: Change(tuple(sorted(self._credits.get(text, ()))), days.get(text))
            for text in sorted({*self._credits, *days})
        }

    def _open(self) -> Iterable[int]:
        """Articles without a day for which one may be found."""
        if len(self._dated) > _MOST_BY_NAME:
            return sorted(self._copied)
        return [text for text, dated in enumerate(self._dated) if not dated]

    def _day(self, text: int) -> ArticleDate | None:
        """The day of the nearest dated article, if it is near enough to be the same news."""
        copied = self._copied.get(text, set())
        others: Iterable[int] = copied
        if len(self._dated) <= _MOST_BY_NAME:
            others = [other for other, dated in enumerate(self._dated) if dated]
        if not others:
            return None
        near = max(others, key=lambda other: (self._likeness(text, other), self._article(other).id))
        article, best = self._article(text), self._article(near)
        if best.day and (own := dateline_day(article, best.day)):
            return own
        people = sum(n.startswith("person:") for n in self._names_of(text) & self._names_of(near))
        likely = self._likeness(text, near) >= 0.5 and (people >= _PEOPLE or near in copied)
        return _same_day(best, near in copied) if likely else None

    def _likeness(self, text: int, other: int) -> float:
        mine, theirs = self._names_of(text), self._names_of(other)
        overlap = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
        return overlap + (1.0 if other in self._copied.get(text, ()) else 0.0)

    def _names_of(self, text: int) -> frozenset[str]:
        if text not in self._names:
            self._names[text] = _names(self._article(text))
        return self._names[text]


def _credits(article: Article) -> list[str]:
    return [agency.name for agency in article.agencies if agency.evidence == "credit_line"]


def _names(article: Article) -> frozenset[str]:
    """Persons, places and materials of an article: what it is about."""
    hits = matcher(article.language or "en").scan(article.text[:20_000])
    return frozenset(
        h.family for h in hits if h.family.startswith(("person:", "place:", "material:", "country:"))
    )


def _same_day(best: Article, copied: bool) -> ArticleDate | None:
    if best.date is None:
        return None
    basis = f"{'shares text with' if copied else 'names the same people and places as'} {best.id}"
    sure: Any = "medium" if copied else "low"
    return ArticleDate(value=best.date.value, evidence="inferred", confidence=sure, basis=basis)


def _with_agencies(article: Article, agencies: Sequence[str]) -> Article:
    known = {a.name for a in article.agencies if a.evidence != "photo_credit"}
    new = tuple(Agency(name=n, evidence="inferred_text_reuse") for n in agencies if n not in known)
    if not new:
        return article
    origin = tuple(o for o in article.origin if o != "own_correspondent")
    return article.model_copy(
        update={"agencies": article.agencies + new, "origin": origin + tuple(a.name for a in new)}
    )
