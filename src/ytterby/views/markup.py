"""A small builder of HTML in which every text is escaped unless it is markup already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

_VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "col", "wbr"})
# Characters that HTML forbids, and lone surrogates, which UTF-8 cannot write.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Markup(str):
    """Text that is HTML; anything else is escaped when it enters a tag."""

    __slots__ = ()


def text(value: Any) -> Markup:
    """Escape a value; characters that HTML forbids become U+FFFD."""
    if isinstance(value, Markup):
        return value
    return Markup(escape(_FORBIDDEN.sub("\ufffd", str(value))))


def foreign(value: Any) -> Markup:
    """Text from outside in an isolate of its own, so that it cannot turn the page around it.

    Direction marks inside are shown by their code, since they could make a quote read as another.
    """
    shown = _BIDI.sub(lambda mark: f"[U+{ord(mark[0]):04X}]", str(value))
    return tag("bdi", shown)


def exact(value: str) -> Markup:
    """Text from outside with every character kept, so that what is shown reads as what was read.

    Direction marks stay in the text but out of the layout, and their codes are shown in their place;
    a carriage return stays one. Only characters that HTML forbids become U+FFFD, one for one.
    """
    shown = text(value).replace("\r", "&#13;")
    return Markup(_BIDI.sub(lambda mark: _sign(mark[0]), shown))


def _sign(mark: str) -> Markup:
    return tag("span", tag("span", mark, hidden=True), class_="sign", data_code=f"U+{ord(mark):04X}")


def join(parts: Iterable[Any], separator: Any = "") -> Markup:
    """Join parts, each escaped unless it is markup."""
    return Markup(text(separator).join(text(part) for part in parts))


def tag(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """One element.

    ``class_`` stands for class, ``data_x`` for data-x; an attribute that is None or False is left
    out, True stands without a value.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{shown}>")
    return Markup(f"<{name}{shown}>{join(children)}</{name}>")


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'
