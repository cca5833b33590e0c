"""Mail files: the messages of an mbox, or one .eml, each with its text, subject and date.

The sender of a mail is not the publisher of what it carries, so that none is taken from it.
Attachments are not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from typing import BinaryIO

from ytterby.evidence.decoding import LARGEST_ARTICLE, NotReadable, decode_declared
from ytterby.evidence.feeds import iso_day
from ytterby.evidence.pages import fragment_text

Fields = dict[str, str]
LARGEST_MESSAGE = 10_000_000  # bytes with its attachments
_MOST_PARTS = 200
_QUOTED_FROM = re.compile(rb"^>(>*From )")


def split_mbox(file: BinaryIO) -> Iterator[bytes | NotReadable]:
    """Messages of an mbox one after the other; memory holds one of them, whatever the file's size."""
    lines: list[bytes] = []
    size, after_blank = 0, True
    while line := file.readline(LARGEST_ARTICLE):
        if after_blank and line.startswith(b"From "):
            if lines:
                yield _joined(lines, size)
            lines, size, after_blank = [], 0, False
            continue
        size += len(line)
        if size <= LARGEST_MESSAGE:
            lines.append(_QUOTED_FROM.sub(rb"\1", line))
        after_blank = not line.strip()
    if lines:
        yield _joined(lines, size)


def _joined(lines: list[bytes], size: int) -> bytes | NotReadable:
    if size > LARGEST_MESSAGE:
        limit = f"{LARGEST_MESSAGE / 1e6:,.0f} MB"
        return NotReadable(f"the message is larger than {limit}.", "Take its attachments out.")
    return b"".join(lines)


def mail_fields(raw: bytes) -> Fields:
    """Text, subject, date and identity of one message.

    Raises
    ------
    NotReadable: no text in it, or not in the encoding that it declares.
    """
    try:
        message = BytesParser().parsebytes(raw)
        fields = _header_fields(message)
        text = _text_of(message)
    except NotReadable:
        raise
    except Exception as error:  # noqa: BLE001 - the parser of the standard library raises anything on hostile mail
        name = type(error).__name__
        raise NotReadable(f"the message cannot be parsed ({name}).", "Save its text instead.") from None
    if not text.strip():
        raise NotReadable("the message has no text.", "Save its text as .txt instead.")
    return {name: value for name, value in {**fields, "text": text}.items() if value}


def _header_fields(message: Message) -> Fields:
    from email.header import decode_header, make_header

    subject = " ".join(str(make_header(decode_header(str(message.get("Subject", ""))))).split())[:500]
    identity = str(message.get("Message-ID", "")).strip().strip("<>")
    day = iso_day(str(message.get("Date", "")).strip())
    fields = {"title": subject, "id": identity if len(identity) <= 200 else ""}
    return fields | ({"date": day, "date_basis": "the mail's field Date"} if day else {})


def _text_of(message: Message) -> str:
    """The plain part, else the marked-up one."""
    found: dict[str, str] = {}
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            break
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or kind in found or part.get_filename():
            continue
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes) and raw.strip():
            found[kind] = decode_declared(raw, part.get_content_charset() or "utf-8")
    if "text/plain" in found:
        return found["text/plain"].replace("\r\n", "\n").rstrip()
    return fragment_text(found["text/html"]) if "text/html" in found else ""
