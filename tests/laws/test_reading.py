"""What must hold for any bytes in any kind of file: an article or a named problem, whole and in time."""

import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.evidence import read_reports
from ytterby.evidence.articles import SUFFIXES
from ytterby.evidence.gate import spans_of

SENTENCE = "Japan signed an agreement on rare earths with the USA, worth 550 billion dollars. "
PIECES = [
    SENTENCE, "Größe über alles; ", "\u202egnorw\u202c", "\u200f\u200e", "Ã¤Ã¶Ã¼", "\ufffd", "„“»«\"'",
    "\r\n", "\n\n", "日本はレアアースの輸出規制を発表した。", "<script>alert(1)</script>", "<p hidden>",
    "</p>", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "<rss><channel><item><description>",
    "</description></item></channel></rss>", '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>',
    "</content></entry></feed>", "From a b\n", "Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    "Content-Type: text/html; charset=x\n\n", "Date: x\n", '{"text": "', '", "date": "2025-10-28"}', "[",
    "{", "\x00", "\x1b[31m",
]  # fmt: skip
PIECE = st.sampled_from(PIECES).map(lambda piece: piece.encode("utf-8"))
BYTES = st.one_of(
    st.binary(max_size=400),
    st.lists(PIECE, max_size=25).map(b"".join),
    st.lists(st.one_of(PIECE, st.binary(max_size=8)), max_size=20).map(b"".join),
)
SECONDS = 5  # of processor time for a file of some kilobytes; linear work takes milliseconds


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=BYTES, suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_are_articles_or_named_problems(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    start = time.process_time()
    reading = read_reports([path])
    assert time.process_time() - start < SECONDS
    assert reading.articles or reading.problems or not content.strip() or suffix != ".txt"
    assert all(
        problem.message and problem.remedy and path.name in problem.file for problem in reading.problems
    )
    for article in reading.articles:
        ends = [passage.end for passage in article.passages]
        assert [passage.start for passage in article.passages] == [0, *ends[:-1]]
        assert ends[-1] == len(article.text)
    texts = {article.id: article.text for article in reading.articles}
    for claim in reading.claims:
        assert all(texts[claim.report][s.start : s.end] == s.quote for s in spans_of(claim))
