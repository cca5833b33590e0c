"""Who promised what to whom, how much and by when; one row a pledge, however often it was printed.

Rules, with their numbers, stand in docs/method/ledger.md, section 5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ytterby.ledger.differences import number_difference
from ytterby.ledger.reconcile import independent_origins, score_pair
from ytterby.ledger.statements import Quantity, Statement, Time, read_statements

COLUMNS = (
    "pledge_id", "promisor", "promisee", "object", "kind", "amount", "unit", "qualifier", "due",
    "announced", "conditions", "status", "compositions", "conflicts", "origins", "n_origins", "reports",
    "claims", "quotes",
)  # fmt: skip
STATES = ("not_yet_announced", "open", "due_soon", "overdue", "fulfilled")
KINDS = frozenset({
    "investment_pledge", "purchase_pledge", "supply_pledge", "project_support_deadline", "financing",
    "offtake", "stockpiling", "defence_spending", "policy_target", "export_commitment",
})  # fmt: skip
# What was demanded of somebody, is denied, or lies in the past is not promised by anybody.
_NO_PROMISE = {"demanded", "denied", "past", "fact", "stated", "interpretation"}
_DONE = {"took_place", "concluded", "started", "in_force"}
_AMOUNT_ROLES = ("amount", "target", "to", "count")
_NO_AMOUNT = {"year", "month", "week", "day", "working_day", "ordinal", "qualitative"}
_SAME_TEXT = 0.75  # of score_pair, where neither amount nor due date tells two promises apart
_SOON = 60  # days


def build_pledges(
    claims: Iterable[Any], report_origins: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Build the ledger of pledges from the claims of all reports.

    Parameters
    ----------
    claims: claim records or mappings of their JSON shape.
    report_origins: as for ``reconcile``.

    Returns
    -------
    Columns ``COLUMNS``, one row a pledge. ``amount`` is in base units of ``unit`` and is never
    summed over reports; ``due`` and ``announced`` are ISO dates ('' if not printed); ``compositions``
    says what the amount is made of, report by report; ``conflicts`` names what the reports say
    differently. Lists are joined by ';', quotes by ' | ' in the order of ``claims``.
    """
    statements = sorted(read_statements(claims), key=lambda claim: claim.id)
    promises = [claim for claim in statements if is_promise(claim)]
    rows = [_row(group, report_origins or {}) for group in _groups(promises)]
    return pd.DataFrame(_named(rows), columns=list(COLUMNS))


def is_promise(claim: Statement) -> bool:
    """Whether a claim says that somebody promised something (section 5.1)."""
    return (
        claim.kind in KINDS and bool(claim.agents) and not claim.negated and claim.status not in _NO_PROMISE
    )


def _groups(promises: Sequence[Statement]) -> list[list[Statement]]:
    """Put each promise to the first group none of whose members speaks against it."""
    groups: list[list[Statement]] = []
    for claim in sorted(promises, key=lambda c: (amount_of(c) is None, due_of(c) is None, c.id)):
        home = next((group for group in groups if _belongs(claim, group)), None)
        if home is None:
            groups.append([claim])
        else:
            home.append(claim)
    return sorted(groups, key=lambda group: min(claim.id for claim in group))


def _belongs(claim: Statement, group: Sequence[Statement]) -> bool:
    part = claim.details.get("part_of")
    if part and any(other.id == part for other in group):
        return True
    wholes = [other for other in group if not other.details.get("part_of")]
    return all(_compatible(claim, other) for other in wholes) and any(same_promise(claim, o) for o in wholes)


def _compatible(a: Statement, b: Statement) -> bool:
    """Whether kind, parties, amount and due date, as far as both have them, allow one promise."""
    others = set(a.others), set(b.others)
    same_parties = set(a.agents) == set(b.agents) and (not all(others) or bool(others[0] & others[1]))
    amounts, dues = (amount_of(a), amount_of(b)), (due_of(a), due_of(b))
    same_amount = None in amounts or _key(amounts[0]) == _key(amounts[1])
    return a.kind == b.kind and same_parties and same_amount and (None in dues or dues[0] == dues[1])


def same_promise(a: Statement, b: Statement) -> bool:
    """Whether two compatible claims are one promise: by a number, a due date, or words (section 5.2)."""
    amounts = (amount_of(a), amount_of(b))
    due = due_of(a)
    shared = _figures(a) & _figures(b)
    follows = a.report == b.report and (amounts[0] is None) != (amounts[1] is None)
    return bool(shared) or (due is not None and due == due_of(b)) or follows or score_pair(a, b) >= _SAME_TEXT


def _figures(claim: Statement) -> set[tuple[float, str]]:
    return {(n.value, n.unit) for n in claim.quantities if n.value is not None}


def _key(number: Quantity | None) -> tuple[float | None, str] | None:
    return None if number is None else (number.value, number.unit)


def amount_of(claim: Statement) -> Quantity | None:
    """Find the number that says how much was promised."""
    numbers = [n for n in claim.quantities if n.value is not None and n.unit not in _NO_AMOUNT]
    ranked = [n for role in _AMOUNT_ROLES for n in numbers if n.role == role]
    return next(iter(ranked or numbers), None)


def due_of(claim: Statement) -> dt.date | None:
    """Find the last day on which the promise would be kept in time."""
    found = claim.time("deadline", "end")
    return found.end if found else None


def announced_of(claim: Statement) -> Time | None:
    """Find when the promise was made: announced, agreed, or the first day of its period."""
    found = claim.time("announced", "agreed", "event", "deadline")
    return found if found and found.start else None


def _row(group: Sequence[Statement], report_origins: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    members = sorted(group, key=lambda claim: claim.id)
    lead = next((c for c in group if amount_of(c)), group[0])
    amount = amount_of(lead)
    dues = sorted({due for claim in members if (due := due_of(claim))})
    starts = [time.start for claim in members if (time := announced_of(claim)) and time.start]
    return {
        "promisor": ";".join(sorted(lead.agents)),
        "promisee": ";".join(_first(claim.others for claim in members)),
        "object": _object(members), "kind": lead.kind,
        "amount": amount.value if amount else float("nan"), "unit": amount.unit if amount else "",
        "qualifier": amount.qualifier if amount else "", "due": dues[0].isoformat() if dues else "",
        "announced": min(starts).isoformat() if starts else "", "conditions": _conditions(members),
        "status": ";".join(dict.fromkeys(claim.status for claim in members)),
        "compositions": " | ".join(compositions(members)), "conflicts": _conflicts(members),
        "origins": ";".join(independent_origins(members, report_origins)),
        "n_origins": len(independent_origins(members, report_origins)),
        "reports": ";".join(sorted({claim.report for claim in members})),
        "claims": ";".join(claim.id for claim in members),
        "quotes": " | ".join(claim.quote for claim in members),
    }  # fmt: skip


def _first(choices: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return next((choice for choice in choices if choice), ())


def _object(members: Sequence[Statement]) -> str:
    named = [claim.object for claim in members if claim.object and not claim.details.get("part_of")]
    return named[0] if named else members[0].kind.replace("_", " ")


def _conditions(members: Sequence[Statement]) -> str:
    told = [str(claim.details.get(name)) for claim in members for name in ("condition", "under")
            if claim.details.get(name)]  # fmt: skip
    return ";".join(dict.fromkeys(told))


def compositions(members: Sequence[Statement]) -> list[str]:
    """Say what the pledge is made of, one text a report: '001: shipbuilding, soybeans'."""
    found: dict[str, list[str]] = {}
    for claim in members:
        found.setdefault(claim.report, []).extend(claim.details.get("composition") or ())
    return [
        f"{report}: {', '.join(dict.fromkeys(items))}" for report, items in sorted(found.items()) if items
    ]


def _conflicts(members: Sequence[Statement]) -> str:
    """Name the fields in which the reports contradict each other about one pledge."""
    fields = []
    amounts = [number for claim in members if (number := amount_of(claim))]
    if any(number_difference(amounts[0], other) == "conflict" for other in amounts[1:]):
        fields.append("amount")
    made_of = [set(text.partition(": ")[2].split(", ")) for text in compositions(members)]
    if any(not (a <= b or b <= a) for a in made_of for b in made_of):
        fields.append("composition")
    return ";".join(fields)


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each pledge a name that stays when unrelated reports are added."""
    seen: dict[str, int] = {}
    for row in rows:
        parts = (row["promisor"].replace(";", "+"), row["promisee"].replace(";", "+"), row["kind"])
        name = "-".join(filter(None, (*parts, row["due"] or _size(row))))
        seen[name] = seen.get(name, 0) + 1
        row["pledge_id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return rows


def _size(row: Mapping[str, Any]) -> str:
    return f"{row['amount']:.12g}{row['unit']}" if row["unit"] else ""


def status_at(pledges: pd.DataFrame, date: dt.date, *, soon_days: int = _SOON) -> pd.DataFrame:
    """Say of each pledge where it stands on a day.

    Returns
    -------
    The rows of ``pledges`` with ``state``: not_yet_announced, open, due_soon (within ``soon_days``),
    overdue (the day has passed and no claim says that it was kept), fulfilled (a claim says so);
    ``days_left`` (negative when overdue, NaN without a due date) and ``date``.
    """
    found = pledges.copy()
    states = [_state(row, date, soon_days) for row in pledges.to_dict("records")]
    found["state"] = [state for state, _ in states]
    found["days_left"] = pd.Series([left for _, left in states], index=found.index, dtype="float64")
    found["date"] = date.isoformat()
    return found


def _state(row: Mapping[Any, Any], date: dt.date, soon_days: int) -> tuple[str, float]:
    due = dt.date.fromisoformat(row["due"]) if row["due"] else None
    left = float((due - date).days) if due else float("nan")
    if row["announced"] and date < dt.date.fromisoformat(row["announced"]):
        return "not_yet_announced", left
    if _DONE & set(row["status"].split(";")):
        return "fulfilled", left
    if due is None or left > soon_days:
        return "open", left
    return ("due_soon" if left >= 0 else "overdue"), left
