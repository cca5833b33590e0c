"""Which known policy a claim speaks of; a claim touches a policy only with its quote attached.

Rules, with their numbers, stand in docs/method/ledger.md, section 4.5.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from ytterby.catalog.rows import read_rows
from ytterby.ledger.dates import DaySpan, read_span
from ytterby.ledger.differences import event_time
from ytterby.ledger.policies import policy_span, state_on
from ytterby.ledger.statements import Statement, read_statements

LINK_COLUMNS = ("policy", "label", "claim_id", "report", "relation", "days", "state", "quote")
INSTRUMENTS: Mapping[str, frozenset[str]] = {
    "export_stop": frozenset({"ban", "quota", "licence"}),
    "export_control": frozenset({"licence", "ban", "quota", "technology", "extraterritorial"}),
    "export_licence_requirement": frozenset({"licence", "technology", "extraterritorial"}),
    "export_quota": frozenset({"quota"}),
    "control_suspension": frozenset({"suspension"}),
    "agreement": frozenset({"agreement"}),
    "stockpiling": frozenset({"stockpile"}),
}
_RARE = "rare_earths"
_Row = dict[Any, Any]


def policies_from_claims(
    claims: Iterable[Any], policies: pd.DataFrame, dates: Mapping[str, dt.date] | None = None
) -> pd.DataFrame:
    """Link claims about public acts to known policies.

    Parameters
    ----------
    policies: from ``build_policies``.
    dates: day of each report, for claims without a day of their own.

    Returns
    -------
    Columns ``LINK_COLUMNS``, one row per claim and policy. ``relation`` is states, swapped (the
    claim has issuer and target the other way round) or unknown (no known policy fits; ``policy`` is
    ''). ``days`` says whether the policy began in the days of the claim, or was in being then.
    """
    rows = [row for claim in read_statements(claims, dates) for row in _rows(claim, policies)]
    return pd.DataFrame(rows, columns=list(LINK_COLUMNS))


def _rows(claim: Statement, policies: pd.DataFrame) -> Iterator[list[str]]:
    if claim.kind not in INSTRUMENTS or claim.negated:
        return
    relation, found = linked(claim, policies)
    for row in found or [{"policy": "", "label": ""}]:
        days = "" if not found else "began" if _began(claim, row) else "in being"
        state = state_on(row, claim.reported) if found and claim.reported else ""
        yield [row["policy"], row["label"], claim.id, claim.report, relation, days, state, claim.quote]


def linked(claim: Statement, policies: pd.DataFrame) -> tuple[str, list[_Row]]:
    """Find the policies that a claim states, or has the wrong way round, and how they relate."""
    instruments = INSTRUMENTS.get(claim.kind, frozenset())
    rows = [row for row in policies.to_dict("records") if row["instrument"] in instruments]
    rows = [row for row in rows if _on_these_days(claim, row) and _same_materials(claim, row)]
    straight = [row for row in rows if _fits(claim.agents, claim.others, row)]
    if straight:
        return "states", _narrowed(claim, straight)
    swapped = [row for row in rows if claim.others and _fits(claim.others, claim.agents, row, named=True)]
    return ("swapped", swapped) if swapped else ("unknown", [])


def _fits(agents: Sequence[str], targets: Sequence[str], row: _Row, *, named: bool = False) -> bool:
    """Whether a policy has these issuers and targets; ``named``: a policy against all is not enough."""
    issuers, hit = set(row["issuers"].split(";")), set(row["targets"].split(";"))
    if row["instrument"] == "agreement":
        return bool(agents) and issuers <= {*agents, *targets}
    by_name = bool(hit & set(targets))
    return bool(issuers & set(agents)) and (by_name or (not named and (not targets or bool(hit & {"*", ""}))))


def _days(claim: Statement) -> DaySpan | None:
    found = event_time(claim)
    if found is not None:
        return found
    since = claim.time("since", "effective", "announced")
    if since and since.start:
        return since.days
    return DaySpan(claim.reported, claim.reported) if claim.reported else None


def _on_these_days(claim: Statement, row: _Row) -> bool:
    """Whether the days of claim and policy meet; agreements are many, so theirs must be printed."""
    days, act = _days(claim), policy_span(row)
    if claim.kind in {"agreement", "stockpiling"}:
        days = event_time(claim)
        return act is not None and days is not None and act.overlaps(days)
    return act is not None and (days is None or act.overlaps(days))


def _began(claim: Statement, row: _Row) -> bool:
    """Whether the policy was announced or took effect in the days of the claim."""
    days = event_time(claim) or _first_days(claim)
    starts = [read_span(row[name]) for name in ("announced", "effective") if row[name]]
    return days is not None and any(start.overlaps(days) for start in starts)


def _first_days(claim: Statement) -> DaySpan | None:
    """'Since early October' began in its first ten days; a day or a month begins in itself."""
    since = claim.time("since", "effective", "announced")
    if since is None or since.start is None:
        return None
    length = {"day": 1, "early_month": 10, "month": 31}.get(since.granularity, 14)
    return DaySpan(since.start, since.start + dt.timedelta(days=length - 1))


def _narrowed(claim: Statement, rows: list[_Row]) -> list[_Row]:
    """Keep the rows that fit the days and the items best, as long as any does."""
    for keep in (_began, _same_items):
        rows = [row for row in rows if keep(claim, row)] or rows
    return rows


def _same_items(claim: Statement, row: _Row) -> bool:
    if claim.details.get("extraterritorial"):
        return bool(row["instrument"] == "extraterritorial")
    classes = set(claim.details.get("item_class") or ()) & {"technology", "equipment"}
    told = f"{row['instrument']} {row['materials']}".lower()
    return not classes or (row["instrument"] != "extraterritorial" and any(word in told for word in classes))


def _same_materials(claim: Statement, row: _Row) -> bool:
    asked = {_family(symbol) for symbol in claim.materials} - {""}
    covered = materials_in(row["materials"])
    wide = "critical_minerals" in claim.materials or "critical" in row["materials"]
    if claim.kind == "agreement" and not claim.materials:
        return claim.details.get("agreement_type") in {None, "framework", "critical_minerals"}
    return not asked or not row["materials"] or wide or bool(asked & covered)


@cache
def materials_in(text: str) -> frozenset[str]:
    """Material families named in a text; all rare earths and their magnets are one family."""
    lowered = text.casefold()
    return frozenset(family for word, family in _families().items() if re.search(rf"\b{word}", lowered))


def _family(symbol: str) -> str:
    lowered = symbol.casefold().replace("_", " ")
    return _symbols().get(lowered) or next(iter(sorted(materials_in(lowered))), "")


@cache
def _families() -> dict[str, str]:
    found = {re.escape("rare earth"): _RARE}
    for row in read_rows("materials"):
        words = [row["name_en"], *(word for word in row["aliases"].split(";") if len(word) > 4)]
        found.update({re.escape(word.casefold()): _group(row) for word in words if word})
    return found


@cache
def _symbols() -> dict[str, str]:
    known = {row["symbol"].casefold(): _group(row) for row in read_rows("materials") if row["symbol"]}
    return known | {"ree magnets": _RARE, "lanthanides": _RARE, "magnet": _RARE}


def _group(row: Mapping[str, str]) -> str:
    return _RARE if row["group"].endswith("rare_earths") or row["group"] == "magnets" else row["material"]
