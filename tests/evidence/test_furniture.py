"""What a page prints around an article, by place and form; no outlet is named in any rule."""

from hypothesis import given
from hypothesis import strategies as st

from ytterby.evidence.furniture import furnish

PROSE = "Canada and Germany agreed on Thursday to support a graphite plant in Quebec with public money."
PAGE = [
    ("Markets", "body", "navigation"),
    ("Watch Live", "body", "navigation"),
    ("Skip to content", "navigation", "navigation"),
    ("Canada and Germany back graphite project", "body", "body"),
    ("By Owen Tally", "header_metadata", "header_metadata"),
    ("Gift this article", "body", "page_noise"),
    ("Share", "share", "share"),
    (PROSE, "body", "body"),
    ("Related", "related_links", "related_links"),
    ("Why graphite is the next flashpoint", "body", "related_links"),
    (PROSE, "body", "body"),
    ("A plant in the woods", "body", "body"),
    ("Advertisement", "ad", "ad"),
    (PROSE, "body", "body"),
    ("The Metal Letter", "body", "newsletter"),
    ("Get the best of metals to your email every day.", "body", "newsletter"),
    ("Careers", "body", "navigation"),
]


def test_lines_get_their_type_by_place() -> None:
    text, known, wanted = zip(*PAGE, strict=True)
    assert furnish(text, known, titled=False) == list(wanted)


def test_a_plain_article_keeps_its_headings() -> None:
    text = ("A headline of five words", PROSE, "A subheading", PROSE, "A last line without a stop")
    assert furnish(text, ["body"] * 5, titled=False) == ["body"] * 5


def test_a_quote_may_speak_to_its_reader() -> None:
    quoted = "„Sie haben es versprochen“, sagt ein Einkäufer über Ihre Zusagen."
    text = (PROSE, quoted, "Share", "Print", "Menu", PROSE)
    known = ["body", "body", "share", "share", "navigation", "body"]
    assert furnish(text, known, titled=True)[1] == "body"


LINES = st.lists(
    st.sampled_from([row[0] for row in PAGE] + ["", "日本", "日本は規制を発表した。"]), max_size=30
)
TYPES = st.sampled_from(["body", "share", "ad", "related_links", "newsletter", "navigation"])


@given(LINES, st.data())
def test_what_the_line_rules_know_stays_and_prose_is_never_furniture(
    text: list[str], data: st.DataObject
) -> None:
    known = [data.draw(TYPES) if line else "body" for line in text]
    found = furnish(text, known, titled=False)
    assert [f for f, k in zip(found, known, strict=True) if k != "body" and f != k] == []
    assert [
        t for t, f, k in zip(text, found, known, strict=True) if t == PROSE and k == "body" and f != k
    ] == []
