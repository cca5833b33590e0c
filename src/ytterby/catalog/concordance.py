"""Which customs code of one revision of the Harmonized System continues which of another.

The changes are single facts of the nomenclature that we wrote down ourselves (``hs_changes.csv`` of the
catalog) for the codes that we use (``hs_codes.csv``), and no copy of an official table. A code that was
examined and has no change in a step is unchanged; one that was not examined is refused.
Rules: docs/method/facts, section 2; why: docs/decisions/0008.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName

REVISIONS = ("HS92", "HS96", "HS02", "HS07", "HS12", "HS17", "HS22")
HS92 = REVISIONS[0]  # of the starter data, and of the catalog's codes
Relation = Literal["same", "renumbered", "split", "merged", "split and merged", "unknown"]
Goods = frozenset[str] | None  # names of goods; None where a code is not divided by name
EXACT: tuple[Relation, ...] = ("same", "renumbered")
UNKNOWN: Relation = "unknown"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Row):
    """One examined code: six digits, or a heading of four where goods of ours leave for it.

    ``first`` and ``last`` are the revisions between which the number stands in the nomenclature.
    """

    hs6: str
    first: str
    last: str
    goods: str
    basis: Literal["seen", "recalled"]

    @property
    def revisions(self) -> tuple[str, ...]:
        """Revisions that have the code."""
        return REVISIONS[REVISIONS.index(self.first) : REVISIONS.index(self.last) + 1]


class Change(_Row):
    """One successor of one code from a revision to the next; a code that changes has all of them.

    ``relation`` says what happens to the code (split) and to the successor (merged). ``only`` names the goods
    that went this way where a code holds goods by name, so that germanium is not looked for among hafnium.
    ``others`` says in words what else the successor takes in and no row follows. An ``unknown`` change has no
    successor.
    """

    hs6: str
    revision_from: str
    revision_to: str
    successor: str
    relation: Relation
    moved: str
    only: str = ""
    others: str = ""
    basis: Literal["seen", "recalled"]
    document: str

    @property
    def goods(self) -> Goods:
        """Goods that went this way by name; None where none is named."""
        return frozenset(self.only.split(";")) if self.only else None


class Link(_Row):
    """A code in the other revision; ``code`` is empty where the catalog cannot say which.

    ``relation`` reads from the older code to the newer one, whichever was asked for. ``note`` says what moved
    in which revision, ``documents`` where that can be looked up; ``goods`` names the goods that the two codes
    share where they are known by name.
    """

    code: str
    relation: Relation
    goods: tuple[str, ...] = ()
    note: str = ""
    documents: tuple[str, ...] = ()


@cache
def load_codes() -> dict[str, Code]:
    """All examined codes."""
    return {row["hs6"]: Code.model_validate(row) for row in read_rows("hs_codes")}


@cache
def load_changes() -> tuple[Change, ...]:
    """All changes, one row per successor."""
    return tuple(Change.model_validate(row) for row in read_rows("hs_changes"))


def successors(hs6: str, *, revision_from: str = HS92, revision_to: str) -> tuple[Link, ...]:
    """Codes of a later revision that hold the goods of a code.

    Parameters
    ----------
    hs6
        A code of ``revision_from``, six digits.
    revision_from, revision_to
        HS92, HS96, HS02, HS07, HS12, HS17, HS22; the second not before the first.

    Returns
    -------
    Links sorted by code. One link ``same`` or ``renumbered`` is exact: the goods are the same. ``split``:
    only all the successors together hold them; ``merged``: the successor holds other goods too.

    Raises
    ------
    UnknownName
        An unknown revision, a code that was not examined, or one that the revision does not have.
    """
    start, end = _span(revision_from, revision_to)
    _check(hs6, revision_from)
    return tuple(_link(target, hs6, target, (start, end)) for target in sorted(_forward(hs6, start, end)))


def predecessors(hs6: str, *, revision_from: str, revision_to: str = HS92) -> tuple[Link, ...]:
    """Codes of an earlier revision that hold the goods of a code; the mirror of ``successors``.

    A link without a code stands for goods that came from codes nobody followed.

    Raises
    ------
    UnknownName
        As in ``successors``; ``revision_to`` is the earlier one.
    """
    start, end = _span(revision_to, revision_from)
    _check(hs6, revision_from)
    sources, others = _backward(hs6, start, end)
    known = tuple(_link(source, source, hs6, (start, end)) for source in sources)
    return known + tuple(Link(code="", relation=UNKNOWN, note=words) for words in others)


def is_exact(hs6: str, *, revision_from: str = HS92, revision_to: str) -> bool:
    """Whether one code of the later revision holds the goods of a code, and nothing else."""
    links = successors(hs6, revision_from=revision_from, revision_to=revision_to)
    return [link.relation in EXACT for link in links] == [True]


def check_revision(revision: str) -> str:
    """Give a revision back, or refuse one that is none."""
    if revision not in REVISIONS:
        raise UnknownName("revision of the Harmonized System", revision, REVISIONS)
    return revision


def _span(older: str, newer: str) -> tuple[int, int]:
    """Places of two revisions in their order."""
    start, end = (REVISIONS.index(check_revision(name)) for name in (older, newer))
    if start > end:
        raise UnknownName(f"revision from {older} on", newer, REVISIONS[start:])
    return start, end


def _check(hs6: str, revision: str) -> None:
    """Refuse a code that was not examined or that the revision does not have."""
    codes = load_codes()
    if hs6 not in codes:
        raise UnknownName("customs code (not examined, which is not unchanged)", hs6, codes)
    if revision not in codes[hs6].revisions:
        span = f"{codes[hs6].first} to {codes[hs6].last}"
        near = [c.hs6 for c in codes.values() if c.hs6[:4] == hs6[:4] and revision in c.revisions]
        raise UnknownName(f"code of {revision} (it stands in {span})", hs6, near or codes)


@cache
def _steps() -> dict[tuple[str, int], tuple[Change, ...]]:
    """Changes by code and the place of the revision that they start from."""
    found: dict[tuple[str, int], tuple[Change, ...]] = {}
    for change in load_changes():
        key = (change.hs6, REVISIONS.index(change.revision_from))
        found[key] = (*found.get(key, ()), change)
    return found


def _next(code: str, goods: Goods, place: int) -> set[tuple[str, Goods]]:
    """Codes of the next revision, each with the goods that are left on the way there."""
    changes = _steps().get((code, place))
    if not code or changes is None:
        return {(code, goods)}
    left = {(change.successor, _both(goods, change.goods)) for change in changes}
    return {(successor, goods) for successor, goods in left if goods != frozenset()}


def _both(one: Goods, other: Goods) -> Goods:
    """Goods that are in both; None names none and holds all."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


@cache
def _forward(code: str, start: int, end: int, goods: Goods = None) -> dict[str, Goods]:
    """Codes that hold the goods after the steps from ``start`` to ``end``, with the named goods in them."""
    found = {(code, goods)}
    for place in range(start, end):
        found = {after for before in found for after in _next(*before, place)}
    return {target: _joined([goods for code, goods in found if code == target]) for target, _ in found}


def _joined(parts: list[Goods]) -> Goods:
    """Goods of several ways to one code; one way that names none leaves nothing to name."""
    named = [part for part in parts if part is not None]
    return frozenset().union(*named) if len(named) == len(parts) else None


@cache
def _backward(code: str, start: int, end: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes that the goods came from, and in words what nobody followed."""
    held = (c.hs6 for c in load_codes().values() if REVISIONS[start] in c.revisions)
    sources = tuple(source for source in held if code in _forward(source, start, end))
    others = {change.others for change in _changes_into(code, start, end) if change.others}
    return sources, tuple(sorted(others))


@cache
def _changes_into(code: str, start: int, end: int) -> tuple[Change, ...]:
    """Changes between two revisions after which the goods end up in a code, oldest first."""
    return tuple(
        change
        for place in range(start, end)
        for (_, begun), changes in _steps().items()
        for change in changes
        if begun == place and code in _forward(change.successor, place + 1, end, change.goods)
    )


def _link(code: str, source: str, target: str, span: tuple[int, int]) -> Link:
    """The link named ``code`` between two codes that are known to be linked."""
    goods = _forward(source, *span)[target]
    path = _path(source, target, span)
    return Link(
        code=code,
        relation=_relation(source, target, span),
        goods=tuple(sorted(goods or ())),
        note="; ".join(f"{change.revision_to}: {change.moved}" for change in path),
        documents=tuple(dict.fromkeys(change.document for change in path if change.document)),
    )


def _relation(source: str, target: str, span: tuple[int, int]) -> Relation:
    """Split by the number of successors, merged by the number of sources."""
    if not target:
        return UNKNOWN
    sources, others = _backward(target, *span)
    split, merged = len(_forward(source, *span)) > 1, len(sources) > 1 or bool(others)
    if split:
        return "split and merged" if merged else "split"
    if merged:
        return "merged"
    return "same" if source == target else "renumbered"


def _path(source: str, target: str, span: tuple[int, int]) -> list[Change]:
    """Changes on the way from one code to the other, oldest first."""
    start, end = span
    return [
        change
        for change in _changes_into(target, start, end)
        for place in [REVISIONS.index(change.revision_from)]
        for goods in [_forward(source, start, place).get(change.hs6, frozenset())]
        if _both(goods, change.goods) != frozenset()
        if target in _forward(change.successor, place + 1, end, _both(goods, change.goods))
    ]
