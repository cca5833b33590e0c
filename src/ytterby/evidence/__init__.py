"""Press text to coded claims, each with the exact words it rests on."""

from ytterby.evidence.article import Article
from ytterby.evidence.articles import ArticleProblem, ArticleSet, read_articles
from ytterby.evidence.claims import Claim, Rejected, read_claims, write_claims
from ytterby.evidence.coding import CodingResult, code_claims
from ytterby.evidence.copies import Reuse, find_reuse
from ytterby.evidence.gate import admit
from ytterby.evidence.reading import Reading, read_reports

__all__ = [
    "Article",
    "ArticleProblem",
    "ArticleSet",
    "Claim",
    "CodingResult",
    "Reading",
    "Rejected",
    "Reuse",
    "admit",
    "code_claims",
    "find_reuse",
    "read_articles",
    "read_claims",
    "read_reports",
    "write_claims",
]
