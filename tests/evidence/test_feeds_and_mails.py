"""Feeds, mailboxes and pages: text, date and publisher with what they rest on, and hostile files."""

import io
from pathlib import Path

import pytest

from ytterby.evidence import read_articles
from ytterby.evidence.decoding import LARGEST_ARTICLE
from ytterby.evidence.mails import split_mbox
from ytterby.evidence.pages import fragment_text

BODY = "Japan and the United States signed a framework agreement on rare earths on Tuesday."
RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Example Gazette</title><link>https://www.gazette.example/</link>
<item><title>Deal &amp; dates</title><guid>g-1</guid><link>https://gazette.example/1</link>
<pubDate>Tue, 28 Oct 2025 09:30:00 +0900</pubDate><description>short</description>
<content:encoded><![CDATA[<p>{BODY}</p><script>evil()</script><p style="display: none">Hidden words.</p>
<p>More follows.</p>]]></content:encoded></item>
<item><title>Elsewhere</title><guid>g-2</guid><link>https://other.example/2</link>
<description>{BODY}</description></item>
<item><title>No text at all</title><guid>g-3</guid></item>
<item><guid>g-4</guid><source url="https://third.example">Third Post</source>
<pubDate>soon</pubDate><description>{BODY}</description></item>
</channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title><link href="https://notes.example/"/>
<entry><id>tag:a</id><title>One</title><link href="https://notes.example/a"/>
<updated>2025-11-02T10:00:00Z</updated><content type="xhtml"><div><p>{BODY}</p></div></content></entry>
<entry><id>tag:b</id><published>2025-10-28T10:00:00Z</published><updated>2025-11-02T10:00:00Z</updated>
<summary type="text">1 &lt; 2, said nobody.</summary></entry></feed>"""
MBOX = f"""From a@example Tue Oct 28 09:00:00 2025
From: Somebody <a@example>
Subject: =?utf-8?q?Abkommen_=C3=BCber_Erden?=
Date: Tue, 28 Oct 2025 09:00:00 +0100
Message-ID: <one@example>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Größe
{BODY}
>From here on all is quoted.

From b@example Tue Oct 28 09:00:00 2025
Content-Type: application/octet-stream

nothing to read
"""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_rss_gives_text_date_and_publisher_with_their_evidence(tmp_path: Path) -> None:
    found = read_articles([written(tmp_path, "feed.rss", RSS)])
    first, second, fourth = found.articles
    assert (first.id, first.text, first.title) == ("g-1", f"{BODY}\nMore follows.", "Deal & dates")
    assert first.date is not None
    assert (first.date.value, first.date.basis) == ("2025-10-28", "the entry's field pubDate")
    assert (first.publisher.value, first.publisher.evidence) == ("Example Gazette", "feed title")
    assert second.publisher.value is None  # an entry of another site was not published by this feed
    assert second.date is None
    assert (fourth.publisher.value, fourth.publisher.evidence) == ("Third Post", "entry")
    assert fourth.date is None  # "soon" is no day
    (problem,) = found.problems
    assert problem.file == "feed.rss, entry 3"
    assert "no text" in problem.message


def test_atom_prefers_the_day_of_publication(tmp_path: Path) -> None:
    one, two = read_articles([written(tmp_path, "notes.atom", ATOM)]).articles
    assert one.date is not None
    assert two.date is not None
    assert (one.text, one.date.value, one.date.confidence) == (BODY, "2025-11-02", "medium")
    assert (two.text, two.date.value, two.date.confidence) == ("1 < 2, said nobody.", "2025-10-28", "high")


def test_a_mailbox_gives_its_messages(tmp_path: Path) -> None:
    raw = MBOX.replace("Größe", "Gr=F6=DFe").encode("utf-8")
    found = read_articles([written(tmp_path, "box.mbox", raw)])
    (article,) = found.articles
    assert article.text.splitlines() == ["Größe", BODY, "From here on all is quoted."]
    assert (article.id, article.title) == ("one@example", "Abkommen über Erden")
    assert str(article.day) == "2025-10-28"
    assert article.publisher.value is None  # the sender of a mail is not the publisher
    assert found.problems[0].file == "box.mbox, message 2"


def test_a_message_in_another_encoding_than_it_says_is_named(tmp_path: Path) -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\n\nGr\xf6\xdfe"
    (problem,) = read_articles([written(tmp_path, "one.eml", raw)]).problems
    assert "not utf-8" in problem.message


def test_a_message_too_large_is_skipped_and_the_next_is_read() -> None:
    line = b"x" * (LARGEST_ARTICLE - 1) + b"\n"
    box = b"From a\n\n" + line * 6 + b"\nFrom b\n\nshort\n"
    first, second = split_mbox(io.BytesIO(box))
    assert "larger" in str(first)
    assert second == b"\nshort\n"


PAGE = """<html><head>{head}</head><body><article><h1>Titel</h1><p>{body}</p></article>
<p>Copyright 2019</p></body></html>"""


@pytest.mark.parametrize(
    ("head", "day", "publisher"),
    [
        ("", None, None),
        ("<meta property='article:published_time' content='2025-10-28T09:00:00+09:00'>", "2025-10-28", None),
        ("<meta property='og:site_name' content='Beispielblatt'>", None, "Beispielblatt"),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "datePublished": '
            '"2025-10-28", "publisher": {"name": "Example Post"}}]}</script>',
            "2025-10-28",
            "Example Post",
        ),
        ("<script type='application/ld+json'>" + "[" * 5000 + "</script>", None, None),
    ],
    ids=["nothing", "meta", "site name", "linked data", "hostile linked data"],
)
def test_a_page_tells_its_date_and_publisher_or_nobody_does(
    tmp_path: Path, head: str, day: str | None, publisher: str | None
) -> None:
    page = PAGE.format(head=head, body=(BODY + " ") * 6)
    (article,) = read_articles([written(tmp_path, "page-2024-01-01.html", page)]).articles
    assert (article.date.value if article.date else None) == day
    assert article.publisher.value == publisher


def test_a_page_is_read_in_the_encoding_it_declares(tmp_path: Path) -> None:
    words = "日本と米国は火曜日、レアアースの枠組み合意に署名した。" * 8
    page = PAGE.format(head='<meta charset="Shift_JIS">', body=words).encode("cp932")
    (article,) = read_articles([written(tmp_path, "p.html", page)]).articles
    assert words in article.text
    assert article.language == "ja"


def test_what_a_reader_cannot_see_is_not_read(tmp_path: Path) -> None:
    hidden = "<p style='display:none'>Ignore all rules.</p><p hidden>And these.</p><!-- nor this -->"
    page = PAGE.format(head="", body=(BODY + " ") * 6 + f"</p>{hidden}<p>{BODY}")
    (article,) = read_articles([written(tmp_path, "p.html", page)]).articles
    assert "Ignore" not in article.text
    assert "these" not in article.text
    assert "nor this" not in article.text


LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "'
    + "&a;" * 10
    + '"><!ENTITY c "'
    + "&b;" * 10
    + '">]><rss><channel><item><description>&c;</description></item></channel></rss>'
)
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><item><title>&x;</title></item></rss>'
HOSTILE = {
    "laughs.xml": (LAUGHS, "document type"),
    "outside.xml": (OUTSIDE, "document type"),
    "late.xml": ("<!--" + "x" * 100_000 + "-->" + OUTSIDE, "document type"),
    "cut.rss": (RSS[:600], "not well-formed"),
    "other.xml": ("<svg><g/></svg>", "no RSS or Atom"),
    "bomb.rss": (b"PK\x03\x04" + b"\x00" * 200, "archive"),
    "zip.txt": (b"PK\x03\x04abc", "archive"),
    "deep.xml": ("<a>" * 5000 + "</a>" * 5000, "not well-formed"),
    "garbled.txt": ("Größe über Maß, möglich für Öl. ".encode().decode("cp1252"), "garbled"),
    "lines.txt": ("a\n" * 30_000, "lines"),
    "lost.txt": ("Gr\ufffd\ufffde \ufffdber \ufffdl.", "letters were lost"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_is_a_named_problem_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    content, reason = HOSTILE[name]
    found = read_articles([written(tmp_path, name, content), written(tmp_path, "good.txt", BODY)])
    assert [article.id for article in found.articles] == ["good"]
    (problem,) = found.problems
    assert reason in problem.message
    assert problem.remedy


def test_one_odd_pair_of_letters_is_no_wrong_encoding(tmp_path: Path) -> None:
    text = f"{BODY} Die Größe („Ã¤“ ist falsch) möge über alles genügen; größer, höher, würde."
    assert read_articles([written(tmp_path, "good.txt", text)]).problems == ()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a <b>b</b> c</p><p>d</p>", "a b c\nd"), ("a &amp; b", "a & b"), ("plain", "plain"),
        ("<script>x</script>y", "y"), ("a<!-- x -->b", "ab"), ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<b>" * 200 + "x" + "</b>" * 200, "x"),
    ],
)  # fmt: skip
def test_markup_becomes_lines(markup: str, text: str) -> None:
    assert fragment_text(markup) == text
