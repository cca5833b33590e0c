"""Read a set of reports: articles, claims, copies, and dates inferred across the set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ytterby.evidence.article import Agency, Article, ArticleDate
from ytterby.evidence.articles import ArticleProblem, read_articles
from ytterby.evidence.claims import Claim, Rejected
from ytterby.evidence.coding import CodingResult, code_claims
from ytterby.evidence.copies import Reuse, families_of, find_reuse
from ytterby.evidence.decoding import NotReadable
from ytterby.evidence.lexicon import matcher
from ytterby.evidence.metadata import dateline_day

if TYPE_CHECKING:
    from ytterby.evidence.model import ModelReader

_PEOPLE = 3  # shared names that make two texts news of the same event
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Reading:
    """What was read: articles, their claims, copied passages, problems and rejected candidates."""

    articles: tuple[Article, ...]
    claims: tuple[Claim, ...]
    problems: tuple[ArticleProblem, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    text_reuse: tuple[Reuse, ...] = ()

    @property
    def families(self) -> tuple[tuple[str, ...], ...]:
        """Groups of article ids that share text, largest first; articles alone are left out."""
        return families_of(self.text_reuse)

    def to_scorer(self, paths: Iterable[Path] = ()) -> dict[str, object]:
        """The reading in the shape that the claims scorer reads."""
        return {
            "claims": [c.to_record() for c in self.claims],
            "noise": {
                a.id: [{"start": s.start, "end": s.end, "type": s.type} for s in a.noise]
                for a in self.articles
            },
            "text_reuse": [r.to_record() for r in self.text_reuse],
            "texts": {p.stem: str(p) for p in paths},
        }


def read_reports(
    paths: Sequence[Path], progress: Progress | None = None, *, model: ModelReader | None = None
) -> Reading:
    """Read press texts and code their claims.

    Parameters
    ----------
    paths: files and folders, as for :func:`read_articles`.
    progress: called with (done, all) after each article.
    model: a second extractor behind the same gate; none by default.

    Returns
    -------
    A reading; bad files are in ``problems``, nothing is raised for them. An article without a date
    gets that of the dated article it shares most with, marked ``inferred``.
    """
    gathered = gather_articles(paths)
    articles, reuse = gathered.articles, gathered.text_reuse
    claims: list[Claim] = []
    rejected: list[Rejected] = []
    problems = list(gathered.problems)
    for done, article in enumerate(articles, start=1):
        result, problem = code_article(article, model)
        claims += result.claims
        rejected += result.rejected
        problems += [problem] if problem else []
        if progress:
            progress(done, len(articles))
    return Reading(articles, tuple(claims), tuple(problems), tuple(rejected), reuse)


def gather_articles(paths: Sequence[Path]) -> Reading:
    """Read press texts with their copies, dates and agencies, for claims that are there already."""
    found = read_articles(paths)
    reuse = find_reuse(found.articles)
    return Reading(_credited(_dated(found.articles, reuse), reuse), (), found.problems, (), reuse)


def code_article(
    article: Article, model: ModelReader | None = None
) -> tuple[CodingResult, ArticleProblem | None]:
    """Claims of one article by the rules, and by a model where there is one.

    A model that answers nonsense for an article is a problem of that article; the rules stand.
    """
    by_rules = code_claims(article)
    if model is None:
        return by_rules, None
    try:
        by_model = model.code(article, by_rules.claims)
    except NotReadable as reason:
        return by_rules, ArticleProblem(article.file, reason.message, reason.remedy)
    return CodingResult(by_rules.claims + by_model.claims, by_rules.rejected + by_model.rejected), None


def _credited(articles: Sequence[Article], reuse: Sequence[Reuse]) -> tuple[Article, ...]:
    """Name the agency of a copied passage in the texts that print it without credit."""
    credited = {a.id: [g.name for g in a.agencies if g.evidence == "credit_line"] for a in articles}
    inferred: dict[str, set[str]] = {}
    for r in reuse:
        for one, other in ((r.a.report, r.b.report), (r.b.report, r.a.report)):
            if len(credited[one]) == 1 and not credited[other]:
                inferred.setdefault(other, set()).update(credited[one])
    return tuple(_with_agencies(a, sorted(inferred.get(a.id, ()))) for a in articles)


def _with_agencies(article: Article, agencies: Sequence[str]) -> Article:
    known = {a.name for a in article.agencies if a.evidence != "photo_credit"}
    new = tuple(Agency(name=n, evidence="inferred_text_reuse") for n in agencies if n not in known)
    if not new:
        return article
    origin = tuple(o for o in article.origin if o != "own_correspondent")
    return article.model_copy(
        update={"agencies": article.agencies + new, "origin": origin + tuple(a.name for a in new)}
    )


def _dated(articles: Sequence[Article], reuse: Sequence[Reuse]) -> tuple[Article, ...]:
    dated = [a for a in articles if a.date]
    shared = {frozenset((r.a.report, r.b.report)) for r in reuse}
    names = {a.id: _names(a) for a in articles} if dated and len(dated) < len(articles) else {}
    return tuple(a if a.date or not dated else _with_date(a, dated, shared, names) for a in articles)


def _names(article: Article) -> frozenset[str]:
    """Persons, places and materials of an article: what it is about."""
    language = article.language or "en"
    hits = matcher(language).scan(article.text[:20_000])
    return frozenset(
        h.family for h in hits if h.family.startswith(("person:", "place:", "material:", "country:"))
    )


def _with_date(
    article: Article, dated: Sequence[Article], shared: set[frozenset[str]], names: dict[str, frozenset[str]]
) -> Article:
    """Take the date of the nearest dated article, if it is near enough to be the same news."""

    def likeness(other: Article) -> float:
        mine, theirs = names[article.id], names[other.id]
        overlap = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
        return overlap + (1.0 if frozenset((article.id, other.id)) in shared else 0.0)

    best = max(dated, key=lambda other: (likeness(other), other.id))
    people = sum(n.startswith("person:") for n in names[article.id] & names[best.id])
    copied = frozenset((article.id, best.id)) in shared
    if best.day and (own := dateline_day(article, best.day)):
        return article.model_copy(update={"date": own})
    if best.date is None or likeness(best) < 0.5 or (people < _PEOPLE and not copied):
        return article
    basis = f"{'shares text with' if copied else 'names the same people and places as'} {best.id}"
    when = ArticleDate(
        value=best.date.value, evidence="inferred", confidence="medium" if copied else "low", basis=basis
    )
    return article.model_copy(update={"date": when})
