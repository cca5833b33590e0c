"""Texts made to break a reader: each is read in time that grows with its length, or it is named."""

import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.evidence import code_claims, read_articles
from ytterby.evidence.article import Article
from ytterby.evidence.articles import article_of
from ytterby.evidence.gate import spans_of
from ytterby.evidence.lexicon import LANGUAGES, names, read_rules
from ytterby.evidence.limits import OutOfTime, limited
from ytterby.evidence.sources import Source

SAID = "Japan signed an agreement on rare earths with the USA, worth 550 billion dollars. "
REPEATED = [
    '"„“«', "([{（", ")]}）", " ", "\u00a0", "\t", "\r\n", "\n", "\u200b", "\u202e\u200f", "1", "1 000 ",
    "123 ", "1,", "1.2.", "50 percent ", "$5 billion ", "from 90 to 60 percent ", "1 October 2025 ",
    "Japan and China ", "A. ", "x", "- ", "a: ", "日本", "の", "1兆2億", "…", "; ", "and ", "said Minister ",
    "told the ", "(Reuters) ", "Updated ", "<", "&", "e\u0301", "😀", "TOKYO, Oct. ", "nach Angaben von der ",
    "zwei Drittel ", "bis Ende 2027 und ", "Mr. ", "<p>", "<div><b>", "<script>x</script>", "</p>", "<!--",
    "&lt;", "2025-10-28 ", "Reuters/",
]  # fmt: skip
SMALL, FACTOR = 20_000, 4
_SLACK = 2.2  # times linear growth; a quadratic reader would need four times it
_FLOOR = 0.05  # seconds below which a clock says nothing


@pytest.fixture(scope="module", autouse=True)
def rules_are_read() -> None:
    for language in LANGUAGES:
        read(SAID, ".json", language)


def read(text: str, kind: str, language: str = "") -> Article | None:
    """Read one text as a file of its kind; check what must hold of every reading."""
    fields = {"text": text, "language": language, "date": "2025-10-28"}
    content: bytes | dict[str, str] = fields if kind == ".json" else text.encode("utf-8", "replace")
    article = article_of(Source("a", "a", kind, content))
    if not isinstance(article, Article):
        assert article.message
        assert article.remedy
        return None
    ends = [passage.end for passage in article.passages]
    assert [passage.start for passage in article.passages] == [0, *ends[:-1]]
    assert ends[-1:] == [len(article.text)] or not article.text
    for claim in code_claims(article).claims:
        assert all(article.text[s.start : s.end] == s.quote for s in spans_of(claim))
    return article


def seconds(text: str, kind: str) -> float:
    start = time.process_time()
    read(text, kind)
    return time.process_time() - start


@pytest.mark.parametrize("kind", [".txt", ".html"])
@pytest.mark.parametrize("unit", REPEATED)
def test_time_grows_with_the_length(unit: str, kind: str) -> None:
    short, long = (unit * (size // len(unit)) for size in (SMALL, SMALL * FACTOR))
    for _attempt in range(3):  # another process may have taken the machine
        took, took_long = seconds(short, kind), seconds(long, kind)
        if took_long < max(_FLOOR, took) * FACTOR * _SLACK:
            return
    raise AssertionError(f"{SMALL} characters: {took:.2f} s, {FACTOR} times as many: {took_long:.2f} s")


DIFFERENT = {
    "people": "Finance Minister {0}berg {0}feld said that Japan will cut imports by 20 percent. ",
    "companies": "The company {0}berg said on Monday that Japan and China signed an agreement. ",
    "days": "Since 1 October 1{1:03d} the USA pays {1} billion dollars a year to Japan. ",
    "lines": "{0}berg is a line of its own\n",
}


@pytest.mark.parametrize("sentence", DIFFERENT.values(), ids=DIFFERENT)
def test_time_grows_with_the_length_where_nothing_is_said_twice(sentence: str) -> None:
    def text(size: int) -> str:
        letters = ["".join(chr(97 + n // 26**p % 26) for p in range(4)).capitalize() for n in range(12_000)]
        told = "".join(sentence.format(name, n % 1000) for n, name in enumerate(letters))
        assert len(told) > size
        return told[:size]

    for _attempt in range(3):
        took, took_long = seconds(text(60_000), ".json"), seconds(text(240_000), ".json")
        if took_long < max(_FLOOR, took) * FACTOR * _SLACK:
            return
    raise AssertionError(f"60,000 characters: {took:.2f} s, four times as many: {took_long:.2f} s")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_million_numbers_end_within_the_budget(language: str) -> None:
    try:
        with limited(3):
            read("7 " * 1_000_000, ".json", language)
    except OutOfTime:
        pass  # read_corpus makes a problem of it; what may not happen is that it goes on
    with limited(3):
        assert read(SAID, ".json", language)


def _words() -> list[str]:
    found: list[str] = []
    for language in LANGUAGES:
        for patterns in read_rules("words", f"{language}.toml").values():
            found += [str(pattern).strip("*-=~ ") for pattern in patterns]
    for group in names().values():
        for entry in group.values():
            found += [str(word).strip("*-=") for word in (entry.get("words") or [])]  # type: ignore[union-attr]
    return sorted({word for word in found if word})


WORDS = st.sampled_from(_words())
BETWEEN = st.sampled_from([
    " ", " ", " ", ". ", ", ", "\n", "\n\n", "。", "「", "」", ' "', '" ', " (", ") ", " – ", ": ", " 15 ",
    " 90 percent ", " 1,2 Mrd. Euro ", " 5兆円 ", " 2030 ", " by March 2026 ", " \u202e", "\u200b", " not ",
    " nicht ", " will ",
])  # fmt: skip
TEXT = st.lists(st.tuples(WORDS, BETWEEN), max_size=60).map(lambda rows: "".join(w + b for w, b in rows))


@settings(max_examples=150, deadline=None)
@given(text=TEXT, language=st.sampled_from([*LANGUAGES, "", "xx"]))
def test_any_text_of_our_words_is_read_with_exact_quotes(text: str, language: str) -> None:
    read(text, ".json" if text.strip() else ".txt", language)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(
    st.sampled_from(["id", "text", "html", "date", "url", "outlet", "title", "language"]),
    st.one_of(st.text(max_size=40), st.sampled_from([SAID, "\ud800", "\x00", None, 7])),
))  # fmt: skip
def test_any_record_is_an_article_or_a_problem(tmp_path: Path, fields: dict[str, object]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(fields) + "\n" + json.dumps({"id": "last", "text": SAID}), encoding="utf-8")
    found = read_articles([path])
    assert len(found.articles) + len(found.problems) == 2
    for article in found.articles:
        json.dumps(article.to_record(), ensure_ascii=False).encode("utf-8")


def test_a_line_of_a_hundred_megabytes_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(100):
            file.write(b"a" * 1_000_000)
        file.write(b'"}\n' + json.dumps({"id": "b", "text": SAID}).encode())
    found = read_articles([path])
    assert [article.id for article in found.articles] == ["b"]
    assert "larger than 2 MB" in found.problems[0].message


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * 50_000_000)
    (problem,) = read_articles([path]).problems
    assert "archive" in problem.message


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\u202e", "\ufeff", "\u00ad"])
def test_unseen_marks_change_no_offset(mark: str) -> None:
    text = mark + SAID.replace("Japan", f"{mark}Japan{mark}") + mark
    article = read(text, ".txt")
    assert article is not None
    assert article.text == text


def test_nested_quotes_and_brackets_are_read() -> None:
    for opening, closing in (("(", ")"), ("„", "“"), ("「", "」"), ("<div>", "</div>")):
        for kind in (".txt", ".html"):
            read(opening * 5000 + SAID + closing * 5000, kind)
