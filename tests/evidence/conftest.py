"""Claims of a short text, for the tests of what the rules make of a sentence."""

from collections.abc import Callable

import pytest

from ytterby.evidence import Article, Claim, code_claims
from ytterby.evidence.article import ArticleDate
from ytterby.evidence.passages import cut


def _claims_of(language: str, text: str, day: str = "2025-10-28") -> tuple[Claim, ...]:
    passages, _ = cut(text + "\n")
    article = Article(
        id="x",
        file="x.txt",
        sha256="",
        text=text + "\n",
        language=language,
        date=ArticleDate(value=day, evidence="header", confidence="high"),
        passages=tuple(passages),
    )
    return code_claims(article).claims


@pytest.fixture
def claims_of() -> Callable[..., tuple[Claim, ...]]:
    """Code a text of a language, dated 28 October 2025."""
    return _claims_of
