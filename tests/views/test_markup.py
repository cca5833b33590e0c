import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from ytterby.views.markup import Markup, foreign, join, tag, text


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words += data


ALLOWED = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]))


@given(ALLOWED, ALLOWED)
def test_text_comes_back_as_it_was_and_brings_no_element(content: str, title: str) -> None:
    reader = Reader(tag("p", content, title=title))
    assert reader.tags == [("p", [("title", title)])]
    assert reader.words == content


@given(st.text())
def test_any_text_can_be_written_as_utf8_html(content: str) -> None:
    shown = text(content)
    shown.encode("utf-8")
    assert not re.search(r"[<>\x00-\x08]", shown)


@given(st.text(alphabet="a\u202e\u202d\u2066\u2069\u200f\u061c"))
def test_foreign_text_cannot_turn_the_direction_of_the_page(content: str) -> None:
    shown = foreign(content)
    assert shown.startswith("<bdi>")
    assert set(Reader(shown).words) <= set("a[]U+0123456789ABCDEF")
    assert shown.count("[U+") == len(content.replace("a", ""))


def test_markup_is_kept_and_everything_else_escaped() -> None:
    assert tag("p", Markup("<b>x</b>"), "<i>") == "<p><b>x</b>&lt;i&gt;</p>"
    assert join(["<", Markup("<br>")], ", ") == "&lt;, <br>"


def test_attributes_may_be_absent_or_bare() -> None:
    assert tag("details", id=None, open=True, hidden=False, data_plot="a", class_="b") == (
        '<details open data-plot="a" class="b"></details>'
    )
    assert tag("br") == "<br>"
