"""RSS and Atom files: each entry with its text, its date and who says he published it.

The file is parsed without network, without document types and without entities of its own, so that
none of them can be expanded. Only the file is read; no link of it is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ytterby.evidence.decoding import NotReadable, refuse_binary
from ytterby.evidence.pages import fragment_text

Fields = dict[str, str]
_ENTRIES = ("item", "entry")
_BODIES = ("encoded", "content", "description", "summary")
_DATES = ("pubDate", "published", "issued", "date", "updated")  # the last says when it was changed


def read_feed(raw: bytes) -> Iterator[Fields | NotReadable]:
    """Entries of a feed in order; one that holds no text is the reason why.

    Raises
    ------
    NotReadable: the file is no feed, is not well-formed, or declares a document type.
    """
    root = _parsed(raw)
    entries = [node for node in root.iter() if _name(node) in _ENTRIES]
    if not entries and _name(root) not in ("rss", "feed", "RDF"):
        raise NotReadable("the file is no RSS or Atom feed.", "Save pages as .html and texts as .txt.")
    for entry in entries:
        try:
            yield _fields(entry, root)
        except NotReadable as reason:
            yield reason


def _parsed(raw: bytes) -> Any:
    from lxml import etree

    if not raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # XML may be UTF-16
        refuse_binary(raw)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", raw[:100_000], re.IGNORECASE):
        raise NotReadable("the feed declares a document type.", "Take the DOCTYPE out; feeds need none.")
    try:
        root = etree.fromstring(raw, parser)
    except (etree.LxmlError, ValueError) as error:
        where = f"line {error.lineno:,}" if isinstance(error, etree.XMLSyntaxError) else "its encoding"
        raise NotReadable(f"the feed is not well-formed XML ({where}).", "Fetch it again.") from None
    if root.getroottree().docinfo.doctype:
        raise NotReadable("the feed declares a document type.", "Take the DOCTYPE out; feeds need none.")
    return root


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _child(node: Any, name: str) -> Any:
    return next((child for child in node if _name(child) == name), None)


def _text(node: Any, name: str) -> str:
    child = _child(node, name)
    return " ".join("".join(child.itertext()).split()) if child is not None else ""


def _fields(entry: Any, root: Any) -> Fields:
    text = next((body for name in _BODIES if (body := _body(_child(entry, name)))), "")
    if not text:
        raise NotReadable("the entry has no text.", "A title alone is no article; fetch its page instead.")
    fields = {"text": text, "title": fragment_text(_text(entry, "title")), "url": _link(entry)}
    identity = _text(entry, "guid") or _text(entry, "id")
    fields["id"] = identity if len(identity) <= 200 else ""
    fields |= _date(entry) | _outlet(entry, root)
    return {name: value for name, value in fields.items() if value}


def _body(node: Any) -> str:
    if node is None:
        return ""
    if node.get("type") == "xhtml":
        return fragment_text("".join(_markup(child) for child in node))
    content = "".join(node.itertext())
    return content.strip() if node.get("type") == "text" else fragment_text(content)


def _markup(node: Any) -> str:
    from lxml import etree

    return str(etree.tostring(node, encoding="unicode", method="html"))


def _link(entry: Any) -> str:
    node = _child(entry, "link")
    return "" if node is None else str(node.get("href") or (node.text or "").strip())[:500]


def _date(entry: Any) -> Fields:
    """The day as printed; a feed's clock may stand in another zone than its newsroom's."""
    for name in _DATES:
        written = _text(entry, name)
        if day := iso_day(written):
            basis = f"the entry's field {name}"
            return {"date": day, "date_basis": basis}
    return {}


def iso_day(written: str) -> str:
    """The day of a time stamp in ISO 8601 or RFC 5322; '' where it is neither."""
    if re.match(r"\d{4}-\d{2}-\d{2}", written):
        return written[:10]
    try:
        return parsedate_to_datetime(written).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _outlet(entry: Any, root: Any) -> Fields:
    """Who published it: what the entry says, else the feed's title if the entry stands on the feed's site."""
    source = _child(entry, "source")
    told = _text(entry, "publisher")
    if not told and source is not None:
        told = _text(source, "title") or " ".join((source.text or "").split())
    if told:
        return {"outlet": told, "outlet_evidence": "entry"}
    channel = _child(root, "channel") if _child(root, "channel") is not None else root
    hosts = [urlsplit_host(_link(node)) for node in (entry, channel)]
    title = _text(channel, "title")
    return (
        {"outlet": title, "outlet_evidence": "feed title"}
        if title and hosts[0] and hosts[0] == hosts[1]
        else {}
    )


def urlsplit_host(address: str) -> str:
    """Host of an address without a leading www; '' where it is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
