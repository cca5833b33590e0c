"""A claim as the ledger reads it: typed slots over the JSON shape of the claim records."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ytterby.errors import Fault, InputFaults
from ytterby.evidence.claims import Claim
from ytterby.ledger.dates import DaySpan

_CORE = {
    "id", "report", "kind", "relevance", "gloss_en", "actors", "persons", "orgs", "materials", "object",
    "quantities", "time", "status", "polarity", "attribution", "place", "spans", "check", "suspected_error",
    "notes",
}  # fmt: skip
_FIRST_ROLES = ("agent",)
_REMEDY = "Write claims as the evidence schema has them, section 3."


@dataclass(frozen=True)
class Quantity:
    """One number of a claim, in base units; ``value`` is None for words like 'a large part'."""

    value: float | None
    unit: str
    role: str
    qualifier: str
    start: int = -1
    end: int = -1
    quote: str = ""


@dataclass(frozen=True)
class Time:
    """One interval of a claim; an open end is None."""

    role: str
    start: dt.date | None
    end: dt.date | None
    granularity: str = ""
    quote: str = ""

    @property
    def days(self) -> DaySpan:
        """The interval with open ends reaching to the first and last day there is."""
        return DaySpan(self.start or dt.date.min, self.end or dt.date.max)


@dataclass(frozen=True)
class Statement:
    """What the ledger needs of one claim."""

    id: str
    report: str
    kind: str
    quote: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    relevance: str = "core"
    status: str = ""
    negated: bool = False
    object: str = ""
    actors: tuple[tuple[str, str], ...] = ()
    materials: frozenset[str] = frozenset()
    quantities: tuple[Quantity, ...] = ()
    times: tuple[Time, ...] = ()
    sources: tuple[tuple[str, str, str], ...] = ()  # name, type, via
    check: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    reported: dt.date | None = None  # day of the report

    @property
    def agents(self) -> tuple[str, ...]:
        """Who acts, in the order of the claim."""
        return tuple(name for name, role in self.actors if role in _FIRST_ROLES)

    @property
    def others(self) -> tuple[str, ...]:
        """Everybody else: counterparts, targets, hosts."""
        return tuple(name for name, role in self.actors if role not in _FIRST_ROLES)

    @property
    def countries(self) -> frozenset[str]:
        """All actors whatever their role."""
        return frozenset(name for name, _ in self.actors)

    def time(self, *roles: str) -> Time | None:
        """Return the first interval with one of these roles, in the order of the roles."""
        return next((time for role in roles for time in self.times if time.role == role), None)

    def quantity(self, *roles: str) -> Quantity | None:
        """Return the first number with one of these roles, in the order of the roles."""
        return next((number for role in roles for number in self.quantities if number.role == role), None)


def read_statements(
    claims: Iterable[Claim | Mapping[str, Any] | Statement], dates: Mapping[str, dt.date] | None = None
) -> tuple[Statement, ...]:
    """Read claim records, or mappings of the same JSON shape, into statements.

    Parameters
    ----------
    dates: day of each report, where known; statements that are read already keep theirs.

    Raises
    ------
    InputFaults: every claim with a date that is none or a number that is not finite.
    """
    found: list[Statement] = []
    faults: list[Fault] = []
    for claim in claims:
        if isinstance(claim, Statement):
            found.append(claim)
            continue
        record = claim.to_record() if isinstance(claim, Claim) else claim
        try:
            day = (dates or {}).get(str(record.get("report")))
            found.append(replace(_statement(record), reported=day))
        except (ValueError, KeyError) as error:
            faults.append(Fault("claims", None, str(record.get("id", "")), f"{error}.", _REMEDY))
    if faults:
        raise InputFaults(faults)
    return _with_compositions(found)


def _with_compositions(claims: list[Statement]) -> tuple[Statement, ...]:
    """Give each claim the sectors and goods that it, and the claims that are part of it, name."""
    wholes = {claim.id: _whole(claim, claims) for claim in claims if claim.kind == "purchase_pledge"}
    claims = [
        replace(claim, details={**claim.details, "part_of": whole})
        if (whole := wholes.get(claim.id)) and not claim.details.get("part_of")
        else claim
        for claim in claims
    ]
    parts: dict[str, list[Statement]] = {}
    for claim in claims:
        parts.setdefault(str(claim.details.get("part_of") or ""), []).append(claim)
    return tuple(_with_composition(claim, parts.get(claim.id, [])) for claim in claims)


def _whole(part: Statement, claims: Iterable[Statement]) -> str:
    """Find the package whose sentence names these purchases too, and gives the amount for both."""
    return next(
        (
            claim.id
            for claim in claims
            if claim.kind == "investment_pledge"
            and claim.report == part.report
            and any(max(a, c) < min(b, d) for a, b in claim.spans for c, d in part.spans)
            and any(number.value for number in claim.quantities)
        ),
        "",
    )


def _with_composition(claim: Statement, parts: list[Statement]) -> Statement:
    items = [
        item
        for one in (claim, *parts)
        for name in ("sectors", "goods")
        for item in one.details.get(name) or ()
    ]
    if not items:
        return claim
    return replace(claim, details={**claim.details, "composition": tuple(dict.fromkeys(items))})


def _statement(claim: Mapping[str, Any]) -> Statement:
    spans = claim.get("spans") or [{}]
    return Statement(
        id=claim["id"], report=claim["report"], kind=claim["kind"],
        quote=" … ".join(span.get("quote", "") for span in spans),
        spans=tuple((span["start"], span["end"]) for span in spans if span),
        relevance=claim.get("relevance", "core"), status=claim.get("status") or "",
        negated=claim.get("polarity") == "negated", object=claim.get("object") or "",
        actors=tuple((actor["id"], actor.get("role") or "") for actor in claim.get("actors") or ()),
        materials=frozenset(claim.get("materials") or ()),
        quantities=tuple(map(_quantity, claim.get("quantities") or ())),
        times=tuple(map(_time, claim.get("time") or ())),
        sources=tuple(map(_source, claim.get("attribution") or ())),
        check=claim.get("check") or {},
        details={name: value for name, value in claim.items() if name not in _CORE and value},
    )  # fmt: skip


def _quantity(cell: Mapping[str, Any]) -> Quantity:
    span = cell.get("span") or {}
    value = None if cell.get("value") is None else float(cell["value"])
    if value is not None and not math.isfinite(value):
        raise ValueError("a number is not finite")
    return Quantity(
        value, cell.get("unit") or "", cell.get("role") or "",
        cell.get("qualifier") or "exact", span.get("start", -1), span.get("end", -1), span.get("quote", ""),
    )  # fmt: skip


def _time(cell: Mapping[str, Any]) -> Time:
    quote = (cell.get("span") or {}).get("quote", "")
    start, end = _day(cell.get("start")), _day(cell.get("end"))
    return Time(cell.get("role") or "", start, end, cell.get("granularity") or "", quote)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _source(cell: Mapping[str, Any]) -> tuple[str, str, str]:
    return cell.get("source") or "", cell.get("source_type") or "", cell.get("via") or ""
