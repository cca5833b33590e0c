"""What claims say about known policies that their table does not: a date, or the day of a month.

Rules, with their numbers, stand in docs/method/ledger.md, section 4.6. A claim changes a policy only with
its quote attached, only where it speaks of one policy alone, and never against a printed date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ytterby.ledger.dates import DaySpan, day_after, read_span
from ytterby.ledger.links import INSTRUMENTS, linked
from ytterby.ledger.statements import Statement, read_statements

UPDATE_COLUMNS = ("policy", "field", "before", "after", "outcome", "claim_id", "report", "quote")
OUTCOMES = ("filled", "narrowed", "conflict", "ambiguous")
_CONTROLS = ("export_stop", "export_control", "export_licence_requirement", "export_quota")
_MOST_DAYS = 31  # a wider interval says too little to stand in a table of policies


@dataclass(frozen=True)
class Updated:
    """Policies as the claims leave them, and each thing that a claim said about their dates."""

    policies: pd.DataFrame
    updates: pd.DataFrame


def update_policies(
    policies: pd.DataFrame, claims: Iterable[Any], dates: Mapping[str, dt.date] | None = None
) -> Updated:
    """Fill and narrow the dates of policies from claims.

    Parameters
    ----------
    policies: from ``build_policies``; left as they are.
    dates: day of each report, where known.

    Returns
    -------
    ``policies`` with two further columns, ``claims`` and ``quotes`` ('' where no claim changed the row),
    and ``updates`` with columns ``UPDATE_COLUMNS``. ``outcome`` is filled or narrowed (taken over), conflict
    (the printed date excludes it; not taken over) or ambiguous (several policies fit; not taken over).
    """
    rows = {row["policy"]: {**row, "claims": "", "quotes": ""} for row in policies.to_dict("records")}
    found: list[dict[str, str]] = []
    for claim in sorted(read_statements(claims, dates), key=lambda claim: claim.id):
        for update in _updates(claim, policies, rows):
            found.append(update)
            if update["outcome"] in ("filled", "narrowed"):
                _apply(rows[update["policy"]], update)
    table = pd.DataFrame(list(rows.values()), columns=[*policies.columns, "claims", "quotes"])
    return Updated(table, pd.DataFrame(found, columns=list(UPDATE_COLUMNS)))


def _updates(
    claim: Statement, policies: pd.DataFrame, rows: Mapping[str, dict[Any, Any]]
) -> Iterator[dict[str, str]]:
    if not claim.quote.strip() or claim.negated:
        return  # no quote, no update
    told = dict(_told(claim))
    meant = _meant(claim, policies) if told else []
    for field, days in told.items():
        for row in (rows[name] for name in meant):
            outcome = outcome_of(row[field], days) if len(meant) == 1 else "ambiguous"
            if outcome:
                yield {
                    "policy": row["policy"], "field": field, "before": row[field], "after": str(days),
                    "outcome": outcome, "claim_id": claim.id, "report": claim.report, "quote": claim.quote,
                }  # fmt: skip


def _told(claim: Statement) -> Iterator[tuple[str, DaySpan]]:
    """Dates of a policy that a claim states, as far as they are known to a month."""
    suspension = claim.kind == "control_suspension"
    fields = {"suspended": ("event", "effective", "start")} if suspension else {
        "announced": ("announced",), "effective": ("effective", "start")}  # fmt: skip
    if not suspension and claim.kind not in _CONTROLS:
        return
    for field, roles in fields.items():
        time = claim.time(*roles)
        if time and time.start:
            end = time.end if time.end and field != "effective" else time.start
            if (end - time.start).days < _MOST_DAYS:
                yield field, DaySpan(time.start, end)
    until = claim.time("end", "deadline")
    if until and until.end and (until.start is None or (until.end - until.start).days < _MOST_DAYS):
        last = str(DaySpan(until.end, until.end))
        yield ("resumes", read_span(day_after(last))) if suspension else ("expires", read_span(last))


def _meant(claim: Statement, policies: pd.DataFrame) -> list[str]:
    """Policies that a claim speaks of; a suspension speaks of the controls that it suspends."""
    asked = claim
    if claim.kind == "control_suspension":
        policies = policies[policies["instrument"].isin(INSTRUMENTS["export_control"])]
        asked = replace(claim, kind="export_control")
    relation, found = linked(asked, policies)
    return [row["policy"] for row in found] if relation == "states" else []


def outcome_of(before: str, told: DaySpan) -> str:
    """What a told date does to a printed one: fill, narrow or contradict it; '' where it adds nothing."""
    if not before:
        return "filled"
    printed = read_span(before)
    if told.contains(printed):
        return ""
    return "narrowed" if printed.contains(told) else "conflict"


def _apply(row: dict[Any, Any], update: Mapping[str, str]) -> None:
    row[update["field"]] = update["after"]
    row["claims"] = ";".join(filter(None, (row["claims"], update["claim_id"])))
    row["quotes"] = " | ".join(filter(None, (row["quotes"], update["quote"])))
