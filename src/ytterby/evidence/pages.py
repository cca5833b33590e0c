"""From a web page to the text of its article, with the fields that the page states in so many words.

Scripts and what a reader cannot see are dropped. Date and publisher come from fields of the page
that mean them; no date is looked for in running text, addresses or file names.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

from ytterby.evidence.decoding import NotReadable, decode_declared, decode_text, refuse_binary

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{1,40})", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section",
    "article", "pre", "table",
})  # fmt: skip
_DROPPED = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "head", "form",
})  # fmt: skip
_DATE_FIELDS = (
    ("article:published_time", "//meta[@property='article:published_time']/@content"),
    ("datePublished", "//meta[@itemprop='datePublished']/@content"),
    ("datePublished", "//time[@itemprop='datePublished']/@datetime"),
    ("DC.date.issued", "//meta[@name='DC.date.issued' or @name='dcterms.issued']/@content"),
    ("date", "//meta[@name='date' or @name='pubdate' or @name='publishdate']/@content"),
)
_OUTLET_FIELDS = (("og:site_name", "//meta[@property='og:site_name']/@content"),)
_TITLE_FIELDS = (("og:title", "//meta[@property='og:title']/@content"), ("h1", "string((//h1)[1])"))
_URL_FIELDS = (
    ("canonical", "//link[@rel='canonical']/@href"), ("og:url", "//meta[@property='og:url']/@content"),
)  # fmt: skip
_LARGEST_LINKED_DATA = 200_000
_DEEPEST = 12


def decode_page(raw: bytes) -> str:
    """Decode a page: UTF-8, else the encoding that it declares in its first 2,048 bytes."""
    refuse_binary(raw)
    declared = _CHARSET.search(raw[:2048])
    try:
        return decode_text(raw)
    except NotReadable:
        if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
            raise
        return decode_declared(raw, declared[1].decode("ascii"))


def page_fields(html: str) -> dict[str, str]:
    """Text, title, date, publisher and address of a page, each as far as the page has it.

    Returns
    -------
    Fields of an article; ``date_basis`` and ``outlet_evidence`` say which field of the page told.

    Raises
    ------
    NotReadable: no article text, or markup that no parser takes.
    """
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # our problem list says it better
    try:
        tree = _visible(trafilatura.load_html(html))
        stated = _stated(tree)
        page = trafilatura.bare_extraction(
            tree, with_metadata=False, include_comments=False, include_tables=False
        )
    except NotReadable:
        raise
    except Exception as error:  # noqa: BLE001 - lxml and trafilatura raise anything on hostile markup
        name = type(error).__name__
        raise NotReadable(f"the page cannot be parsed ({name}).", "Save its text instead.") from None
    text = getattr(page, "text", None)
    if not isinstance(text, str) or not text.strip():
        raise NotReadable("no article text found in the page.", "Save its text as .txt instead.")
    return {"text": text, **stated}


def _visible(tree: Any) -> Any:
    """The page without what its reader cannot see."""
    if tree is None:
        raise NotReadable("no article text found in the page.", "Save its text as .txt instead.")
    for node in tree.xpath("//*[@hidden or @aria-hidden='true' or @style]"):
        style = node.get("style", "")
        hidden = node.get("hidden") is not None or node.get("aria-hidden") == "true" or _HIDDEN.search(style)
        if hidden and node.getparent() is not None:
            node.drop_tree()
    return tree


def _stated(tree: Any) -> dict[str, str]:
    linked = dict(_linked_data(tree))
    found: dict[str, str] = {}
    for name, places in (("date", _DATE_FIELDS), ("outlet", _OUTLET_FIELDS), ("title", _TITLE_FIELDS),
                         ("url", _URL_FIELDS)):  # fmt: skip
        told = next(_told(tree, places), None) or (("JSON-LD", linked[name]) if name in linked else None)
        if told:
            found[name] = told[1]
            found |= {"date": {"date_basis": f"the page's field {told[0]}"},
                      "outlet": {"outlet_evidence": f"page field {told[0]}"}}.get(name, {})  # fmt: skip
    return found


def _told(tree: Any, places: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for field, path in places:
        found = tree.xpath(path)
        for value in [found] if isinstance(found, str) else found[:3]:
            if plain := " ".join(str(value).split())[:500]:
                yield field, plain


def _linked_data(tree: Any) -> Iterator[tuple[str, str]]:
    """Date, publisher and headline of an article described in JSON-LD (schema.org)."""
    for script in tree.xpath("//script[@type='application/ld+json']")[:10]:
        content = script.text or ""
        if len(content) > _LARGEST_LINKED_DATA:
            continue
        try:
            yield from _article_data(json.loads(content), _DEEPEST)
        except (ValueError, RecursionError):
            continue


def _article_data(node: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth and isinstance(node, list):
        for part in node[:50]:
            yield from _article_data(part, depth - 1)
    if not depth or not isinstance(node, dict):
        return
    yield from _article_data(node.get("@graph"), depth - 1)
    if "Article" in str(node.get("@type", ""))[:200]:
        publisher = node.get("publisher")
        name = publisher.get("name") if isinstance(publisher, dict) else publisher
        for ours, value in (
            ("date", node.get("datePublished")),
            ("outlet", name),
            ("title", node.get("headline")),
        ):
            if isinstance(value, str) and value.strip():
                yield ours, value.strip()[:500]


def fragment_text(html: str) -> str:
    """Text of a piece of markup, as feeds and mails carry it: a line a block, nothing that is hidden."""
    from lxml import etree
    from lxml import html as lxml_html

    if "<" not in html and "&" not in html:
        return html.strip()
    try:
        tree = _visible(lxml_html.fragment_fromstring(html, create_parent="div"))
        parts = list(_pieces(tree))
    except (etree.LxmlError, ValueError, RecursionError) as error:
        name = type(error).__name__
        raise NotReadable(f"the markup cannot be parsed ({name}).", "Save its text instead.") from None
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(tree: Any) -> Iterator[str]:
    """Texts in the order of the page; walks without recursion, since markup nests without bound."""
    from lxml import etree

    skipped = None
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            yield node.tail or "" if skipped is None else ""
            continue
        name = str(node.tag)
        if event == "start" and skipped is None:
            skipped = node if name in _DROPPED else None
            yield ("\n" if name in _BLOCKS else "") + ((node.text or "") if skipped is None else "")
        elif event == "end" and skipped in (None, node):
            skipped = None
            yield ("\n" if name in _BLOCKS else "") + (node.tail or "" if node is not tree else "")
