"""From bytes to text: strict, and with a reason where it does not work.

Nothing is replaced silently. A text in another encoding than it says would lose its umlauts and with
them its words, so that it is refused rather than read half.
"""

from __future__ import annotations

import codecs
import re

LARGEST_ARTICLE = 2_000_000  # bytes; no press text is longer, and reading time grows with it
# Encodings that pages, feeds and mails declare -> the codec that browsers read them with.
_CODECS = {
    "utf-8": "utf-8", "ascii": "ascii", "iso8859-1": "cp1252", "cp1252": "cp1252", "iso8859-15": "iso8859-15",
    "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp",
}  # fmt: skip
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
# Two or three characters that UTF-8 bytes of one letter become when they are read as Windows-1252.
_MOJIBAKE = re.compile(
    "[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[œ\u009d™˜“”¦]|[ã][\u0080-\u0083€‚ƒ]"
)
_LEAST_BROKEN = 3  # signs of a wrong encoding; one alone may be a quotation
_BROKEN_SHARE = 0.3  # of the letters beyond ASCII
_LOST_SHARE = 0.002  # of all characters may be U+FFFD


class NotReadable(Exception):
    """Why a file or record is no article; becomes a problem of that article, never an error."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy
        super().__init__(message)


def decode_text(raw: bytes) -> str:
    """Decode a text file or JSON record, which is UTF-8."""
    refuse_binary(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"byte {error.start:,}"
        raise NotReadable(f"the text is not UTF-8 ({where}).", "Save it as UTF-8.") from None


def decode_declared(raw: bytes, charset: str) -> str:
    """Decode by a declared encoding, as far as it is one of those that press texts use."""
    try:
        return raw.decode(_CODECS[codecs.lookup(charset).name])
    except (LookupError, ValueError):  # unknown, not among ours, or the bytes are another
        shown = re.sub(r"[^\w.-]", "?", charset[:40])
        raise NotReadable(f"the text is not {shown}, which it says it is.", "Save it as UTF-8.") from None


def refuse_binary(raw: bytes) -> None:
    """Refuse what is empty, an archive, UTF-16 or binary."""
    if not raw.strip():
        raise NotReadable("the file is empty.", "Leave it out, or fetch the text again.")
    if raw.startswith(_ARCHIVES):
        raise NotReadable("the file is a binary archive.", "Unpack it first; nothing is unpacked here.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise NotReadable("the text is UTF-16.", "Save it as UTF-8.")
    if b"\x00" in raw:
        message = "the file is binary."
        raise NotReadable(message, "Only text, HTML, JSON, feeds and mails are read; extract the text first.")


def refuse_broken(text: str) -> None:
    """Refuse a text whose letters were lost or doubled by a wrong encoding before it came here."""
    lost = text.count("\ufffd")
    if lost > max(_LEAST_BROKEN, _LOST_SHARE * len(text)):
        message = f"{lost:,} letters were lost before (U+FFFD)."
        raise NotReadable(message, "Fetch the text again in its own encoding.")
    broken = len(_MOJIBAKE.findall(text))
    beyond = sum(not c.isascii() for c in text) if broken >= _LEAST_BROKEN else 0
    if beyond and broken > _BROKEN_SHARE * beyond / 2:
        message = "the letters are garbled: UTF-8 was read as another encoding."
        raise NotReadable(message, "Fetch the text again and read it as UTF-8.")
