"""What must hold for any text: passages partition it, quotes are exact, nothing is raised."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.evidence import Article, code_claims, find_reuse, read_articles
from ytterby.evidence.article import ArticleDate
from ytterby.evidence.gate import spans_of
from ytterby.evidence.passages import cut

VOCABULARY = """
Japan China USA Trump Takaichi unterzeichneten signed Abkommen agreement rare earths Seltene Erden
Exportkontrollen 15 Prozent percent 550 Milliarden Dollar $550 billion von 90 auf 60 seit 2010 bis
März by within six months 。 . , ( ) „ “ 日本 中国 レアアース 輸出規制 5500億ドル 署名した 6カ月以内 accord
terres rares signé date: 2025-10-28 (dpa) Foto: © Stand: sagte said selon laut nicht 31. Februar １２３
99.99.2025
"""
ODD = ["\n", "\r\n", "\u202e", "\u200b", "\ufeff", "\x00", "\u2028"]
WORDS = st.sampled_from([*VOCABULARY.split(), *ODD])
TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(WORDS, max_size=60).map(" ".join),
    st.lists(WORDS, max_size=60).map("".join),
)


def article_of(text: str) -> Article:
    passages, _ = cut(text)
    return Article(
        id="x",
        file="x.txt",
        sha256="",
        text=text,
        language="de",
        date=ArticleDate(value="2025-10-28", evidence="header", confidence="high"),
        passages=tuple(passages),
    )


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_every_character_belongs_to_exactly_one_passage(text: str) -> None:
    passages, _ = cut(text)
    at = 0
    for passage in passages:
        assert passage.start == at
        assert passage.end > passage.start
        at = passage.end
    assert at == len(text)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_every_quote_stands_in_the_text_and_nothing_is_raised(text: str) -> None:
    result = code_claims(article_of(text))
    assert result.rejected == ()
    for claim in result.claims:
        for span in spans_of(claim):
            assert text[span.start : span.end] == span.quote
        for when in claim.time:
            assert when.start is None or when.end is None or when.start <= when.end


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_the_same_text_gives_the_same_claims(text: str) -> None:
    assert code_claims(article_of(text)) == code_claims(article_of(text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".txt", ".html", ".json", ".jsonl"]))
def test_any_bytes_are_an_article_or_a_named_problem(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    found = read_articles([path])
    assert len(found.articles) + len(found.problems) >= (1 if content.strip() or suffix != ".jsonl" else 0)
    assert all(p.message and p.remedy for p in found.problems)


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXTS)
def test_copies_are_found_alike_in_both_directions(one: str, two: str) -> None:
    a = article_of(one)
    b = article_of(two).model_copy(update={"id": "y"})
    assert bool(find_reuse([a, b])) == bool(find_reuse([b, a]))


PATHOLOGICAL = {
    "full stops": "." * 100_000,
    "spaces": ". " + " " * 100_000 + "A",
    "one word": "a" * 100_000,
    "digits": "1," * 50_000,
    "byline": "by " + "a" * 390 + "!",
    "share": "シェア" + "|" * 390 + "!",
    "crumbs": "a > " * 90 + "!",
    "pairs": "90 auf " * 14_000,
    "verbs": "kündigte bot schloss " * 5_000,
    "quotes": '„“"«»' * 20_000,
    "claims": "Japan and the USA signed an agreement on rare earths on Tuesday. " * 1_500,
    "early": "Anfang " * 14_000,
    "said": "laut " * 20_000,
    "brackets": "(" * 100_000,
}


@pytest.mark.parametrize("name", sorted(PATHOLOGICAL))
def test_hostile_text_takes_bounded_time(name: str) -> None:
    start = time.process_time()
    code_claims(article_of(PATHOLOGICAL[name]))
    assert time.process_time() - start < 10  # linear work takes well under a second
