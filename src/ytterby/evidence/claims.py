"""The record of a claim, and its file.

One :class:`Claim` is one checkable assertion of one article with the exact words it rests on, in
the JSON shape of the evidence schema, version 1.0. What makes a candidate a claim stands in
:mod:`ytterby.evidence.gate`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TextIO

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from ytterby.errors import Fault, InputFaults

Json = dict[str, object]
Relevance = Literal["core", "context", "peripheral"]
BLOCS = frozenset({"EU", "NATO", "ASEAN", "APEC", "G7", "G20", "WTO", "UN"})
_LONGEST_LINE = 1_000_000  # characters of one JSONL line; a claim needs some thousand
_MOST_FAULTS = 100


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Span(_Record):
    """Words of the article: ``text[start:end] == quote``, counted in code points."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str


class Actor(_Record):
    """A country (ISO 3166-1 alpha-3) or bloc and the part it plays."""

    id: str
    role: str
    type: Literal["country", "org"] = "country"


class Person(_Record):
    """A person by canonical name, with the words that named them."""

    name: str
    country: str | None = None
    mention: str | None = None


class Quantity(_Record):
    """A number in base units; ``value`` is None where the text gives none ("a large part")."""

    value: float | None
    unit: str
    role: str = "amount"
    qualifier: str = "exact"
    span: Span | None = None


class TimeSpan(_Record):
    """An inclusive interval of ISO dates, None where open."""

    role: str
    start: str | None
    end: str | None
    granularity: str
    span: Span | None = None
    edtf: str | None = None
    resolved_from: str | None = None


class Attribution(_Record):
    """Whose word it is."""

    source: str
    source_type: Literal[
        "government", "person", "agency", "media", "company", "anonymous", "survey", "statistics"
    ]
    via: str | None = None
    span: Span | None = None


class Check(_Record):
    """How a numeric claim can be checked: a query, never its result."""

    type: str
    measure: str | None = None
    country: str | None = None
    importer: str | None = None
    exporter: str | None = None
    material: str | None = None
    hs: tuple[str, ...] | None = None
    years: tuple[int | str, ...] | None = None
    period: str | None = None
    claimed: float | tuple[float, ...] | None = None
    unit: str | None = None
    expect: str | None = None
    from_: str | None = Field(
        default=None, validation_alias=AliasChoices("from", "from_"), serialization_alias="from"
    )
    to: str | None = None
    implied_rate: float | None = None
    date: str | None = None
    parts: tuple[float, ...] | None = None
    total: float | None = None
    tolerance: float | None = None


class SuspectedError(_Record):
    """The source itself seems wrong; ``actors`` of the claim keep what is written."""

    field: str
    as_written: dict[str, str]
    corrected: dict[str, str]
    basis: str


class Claim(_Record):
    """One checkable assertion of one article; field meanings as in the evidence schema."""

    id: str
    report: str
    gloss_en: str
    kind: str
    relevance: Relevance
    actors: tuple[Actor, ...] = ()
    persons: tuple[Person, ...] = ()
    orgs: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    object: str | None = None
    quantities: tuple[Quantity, ...] = ()
    time: tuple[TimeSpan, ...] = ()
    status: str = "stated"
    polarity: Literal["affirmed", "negated"] = "affirmed"
    attribution: tuple[Attribution, ...] = ()
    place: str | None = None
    spans: tuple[Span, ...] = Field(min_length=1)
    check: Check | None = None
    suspected_error: SuspectedError | None = None
    name_as_written: str | None = None
    agreement_type: str | None = None
    binding: bool | None = None
    change: str | None = None
    applies_to: str | None = None
    item_class: tuple[str, ...] | None = None
    extraterritorial: bool | None = None
    sectors: tuple[str, ...] | None = None
    goods: tuple[str, ...] | None = None
    condition: str | None = None
    under: str | None = None
    stage: str | None = None
    position: str | None = None
    uses: tuple[str, ...] | None = None
    measures: tuple[str, ...] | None = None
    statistic: str | None = None
    part_of: str | None = None
    notes: str | None = None

    def to_record(self) -> Json:
        """The claim in the schema's JSON shape: fields that do not apply are left out."""
        full = self.model_dump(mode="json", by_alias=True)
        record = {k: v for k, v in full.items() if v is not None}
        if self.check:
            record["check"] = self.check.model_dump(mode="json", by_alias=True, exclude_none=True)
        return record


class Rejected(_Record):
    """A candidate that did not pass the gate, and why."""

    report: str
    kind: str
    reason: str
    quote: str = ""
    extractor: str = "rules"


def write_claims(claims: Iterable[Claim], path: Path) -> None:
    """Write claims as JSON Lines, UTF-8, one a line; the file appears when it is complete."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for claim in claims:
            file.write(claim_line(claim) + "\n")
    partial.replace(path)


def claim_line(claim: Claim) -> str:
    """A claim as its line of a file, without the line's end."""
    return json.dumps(claim.to_record(), ensure_ascii=False, sort_keys=True)


def read_claims(path: Path) -> list[Claim]:
    """Read claims from JSON Lines.

    Raises
    ------
    InputFaults: every line that is no claim, with its row and the field at fault (at most 100).
    """
    claims: list[Claim] = []
    faults: list[Fault] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for row, line in enumerate(_lines(file), start=1):
            fault = _read_line(line, claims)
            if fault:
                faults.append(Fault(path.name, row, *fault))
            if len(faults) >= _MOST_FAULTS:
                break
    if faults:
        raise InputFaults(faults)
    return claims


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE + 1):
        yield line


def _read_line(line: str, claims: list[Claim]) -> tuple[str | None, str, str] | None:
    if not line.strip():
        return None
    if len(line) > _LONGEST_LINE:
        return None, f"the line is longer than {_LONGEST_LINE:,} characters.", "Write one claim a line."
    try:
        claims.append(Claim.model_validate(json.loads(line)))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        return field, _plain(first["msg"]), "See the evidence schema, section 3."
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {_plain(str(error))}", "Write one JSON object a line."
    return None


def _plain(message: str) -> str:
    return re.sub(r"\s+", " ", message)[:200].rstrip(".") + "."
