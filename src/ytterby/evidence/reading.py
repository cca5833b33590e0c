"""Read a set of reports: articles, claims, copies, and dates inferred across the set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ytterby.evidence.article import Article
from ytterby.evidence.articles import ArticleProblem, read_articles
from ytterby.evidence.claims import Claim, Rejected
from ytterby.evidence.coding import CodingResult, code_claims
from ytterby.evidence.copies import Reuse, families_of, find_reuse
from ytterby.evidence.decoding import NotReadable
from ytterby.evidence.inferred import Change, Inference

if TYPE_CHECKING:
    from ytterby.evidence.model import ModelReader

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
    return Reading(_informed(found.articles, reuse), (), found.problems, (), reuse)


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


def _informed(articles: Sequence[Article], reuse: Sequence[Reuse]) -> tuple[Article, ...]:
    """Articles with the agencies and days that the text they share tells."""
    number = {article.id: n for n, article in enumerate(articles)}
    inference = Inference(articles.__getitem__, [article.date is not None for article in articles])
    for r in reuse:
        inference.share(number[r.a.report], number[r.b.report])
    changes = inference.changes()
    return tuple(changes.get(n, Change()).of(article) for n, article in enumerate(articles))
