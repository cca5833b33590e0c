"""Laws of a marked text: nothing is added, nothing is lost, nothing acts."""

import re
from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from ytterby.evidence.passages import Passage
from ytterby.views.marked import Mark, marked_text
from ytterby.views.markup import tag

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from([
            "<script>alert(1)</script>", "</mark>", "</div>", "&lt;", "&amp;amp;", "\"'", "]]>", "<!--",
            "\r\n", "\u202e", "\u2069", "\u2066", "\u200f", "\u00a0", "\x00", "\x1b", "\x85", "日本", "é",
        ]),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
).map("".join)  # fmt: skip


class Reader(HTMLParser):
    """Text of a page and its elements, as a browser would have them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.claims: dict[str, str] = {}
        self.names: set[str] = set()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub("\r\n?", "\n", html))  # a browser reads line ends so
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for name, attrs in self.open:
            for number in (attrs.get("data-c") or "").split() if name == "mark" else ():
                self.claims[number] = self.claims.get(number, "") + data


@st.composite
def marked(draw):
    text = draw(HOSTILE)
    places = st.integers(0, len(text))
    span = st.tuples(places, places).map(sorted)
    claims = [
        Mark(start, end, draw(st.sampled_from(["core", "context", "peripheral"])), number)
        for number, (start, end) in enumerate(draw(st.lists(span, max_size=6)))
    ]
    slots = [
        Mark(*draw(span), draw(st.sampled_from(["A", "Q", "copy"]))) for _ in range(draw(st.integers(0, 4)))
    ]
    cuts = sorted({0, len(text), *draw(st.lists(places, max_size=3))})
    kinds = st.sampled_from(["body", "caption", "title", "ad"])
    passages = [Passage(a, b, draw(kinds)) for a, b in pairwise(cuts)]
    return text, passages, [*claims, *slots], draw(st.dictionaries(places, st.just([tag("a", class_="tab")])))


@given(marked())
@example(("ab<cd", [Passage(0, 5, "body")], [Mark(0, 3, "core", 0), Mark(2, 5, "core", 1)], {}))
@example(("aaaa", [Passage(0, 4, "body")], [Mark(0, 4, "core", 0), Mark(1, 2, "core", 1)], {4: [tag("a")]}))
def test_without_its_marks_the_page_is_the_text(case) -> None:
    text, passages, marks, points = case
    reader = Reader(marked_text(text, passages, marks, points))
    assert "".join(reader.words) == FORBIDDEN.sub("\ufffd", text)
    assert reader.names <= {"mark", "span", "a"}


@given(marked())
def test_the_pieces_of_a_claim_are_its_words(case) -> None:
    text, passages, marks, points = case
    reader = Reader(marked_text(text, passages, marks, points))
    plain = FORBIDDEN.sub("\ufffd", text)
    wanted = {
        str(m.number): plain[m.start : m.end] for m in marks if m.number is not None and m.end > m.start
    }
    assert reader.claims == wanted


@given(HOSTILE)
def test_direction_marks_stay_in_the_text_and_out_of_the_layout(text: str) -> None:
    html = marked_text(text, [Passage(0, len(text), "body")], [], {})
    outside = re.sub("<span hidden>.</span>", "", html, flags=re.DOTALL)
    assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", outside)
    assert "".join(Reader(html).words) == FORBIDDEN.sub("\ufffd", text)
