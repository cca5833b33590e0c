"""Policies over time: what was announced, in force, suspended or expired on a day.

Rules, with their numbers, stand in docs/method/ledger.md, section 4.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ytterby.errors import Fault, InputFaults
from ytterby.facts.registers import load_policies
from ytterby.facts.store import Store
from ytterby.ledger.dates import DaySpan, day_after, read_span

STATES = ("not_yet", "announced", "in_force", "suspended", "expired")
DATES = ("announced", "effective", "suspended", "resumes", "expires")
COLUMNS = (
    "policy", "label", "issuers", "targets", "instrument", "materials", "hs6", "scope",
    *DATES, "status_as_seen", "note", "recalled_fields", "source", "source_id", "edition",
)  # fmt: skip
_KEPT = ("materials", "hs6", "scope", "source", "edition")
_NOT_IN_A_STUDY = {"suspension", "listing", "procurement", "subsidy", "target"}  # its columns have no word

# Words of an instrument as people write it -> the instrument; the first that fits counts.
_INSTRUMENTS = (
    ("extraterritorial", "extraterritorial"), ("technology", "technology"), ("procurement", "procurement"),
    ("licence", "licence"), ("license", "licence"), ("quota", "quota"), ("price floor", "price_floor"),
    ("suspension", "suspension"), ("ban", "ban"), ("stop", "ban"), ("restriction", "ban"),
    ("duty", "tariff"), ("tariff", "tariff"), ("list", "listing"), ("stockpile", "stockpile"),
    ("framework", "agreement"), ("agreement", "agreement"), ("subsidy", "subsidy"),
    ("benchmark", "target"), ("plan", "target"),
)  # fmt: skip


def build_policies(store: Store, study: pd.DataFrame | None = None) -> pd.DataFrame:
    """Build the policies of the store, and of a study, as one table; see :func:`join_policies`."""
    return join_policies(load_policies(store), study, edition=store.edition("policies"))


def join_policies(
    measures: pd.DataFrame, study: pd.DataFrame | None = None, *, edition: str = ""
) -> pd.DataFrame:
    """Join measures and the policies of a study to one table, one row a policy.

    Parameters
    ----------
    measures: the store's table of policies: ``measure_id``, ``announced``, ``effective``, ``until``,
        ``implementing``, ``target``, ``instrument``, ``materials``, ``hs6``, ``act``, ``scope``,
        ``status_as_seen``. ``until`` ends the suspension of a measure seen as suspended, and the
        measure itself otherwise.
    study: rows of a study's ``policies.csv``; a row with ``measure_id`` replaces that measure and
        keeps its materials, codes and document, which a study names in words of its own chain.
    edition: of the measures.

    Returns
    -------
    Columns ``COLUMNS``. Dates are partial ISO dates as text ('' where unknown); ``suspended`` and
    ``resumes`` are the first day without and with force again, ``expires`` is the last day in
    force. Lists are joined by ';'.

    Raises
    ------
    InputFaults: every unreadable date and every name that stands twice.
    """
    rows = [_from_measure(row, edition) for row in _records(measures)]
    if study is not None:
        own, known = _records(study), {row["policy"]: row for row in rows}
        replaced = {row.get("measure_id") for row in own}
        rows = [row for row in rows if row["policy"] not in replaced]
        rows += [_from_study(row, known.get(str(row.get("measure_id")), {})) for row in own]
    _check(rows)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    clean = table.astype(object).where(table.notna(), "")
    return [{str(name): cell for name, cell in row.items()} for row in clean.to_dict("records")]


def _from_measure(row: Mapping[str, Any], edition: str) -> dict[str, str]:
    status, until = str(row["status_as_seen"]), str(row["until"])
    suspended = status.removeprefix("suspended").strip() if status.startswith("suspended") else ""
    return {
        "policy": str(row["measure_id"]), "label": str(row["act"]), "issuers": str(row["implementing"]),
        "targets": str(row["target"]), "instrument": instrument_of(str(row["instrument"])),
        "materials": str(row["materials"]), "hs6": str(row["hs6"]), "scope": str(row["scope"]),
        "announced": str(row["announced"]), "effective": str(row["effective"]), "suspended": suspended,
        "resumes": _safe_day_after(until) if suspended else "", "expires": "" if suspended else until,
        "status_as_seen": status, "note": str(row.get("note", "")),
        "recalled_fields": str(row.get("recalled_fields", "")), "source": str(row.get("source", "")),
        "source_id": str(row["source_id"]), "edition": edition,
    }  # fmt: skip


def _safe_day_after(text: str) -> str:
    try:
        return day_after(text) if text else ""
    except ValueError:
        return text  # the check of all rows names it together with the other faults


def instrument_of(text: str) -> str:
    """Return the instrument that a description names; 'other' where none of the words stands in it."""
    lowered = text.lower()
    return next((name for word, name in _INSTRUMENTS if word in lowered), "other")


def _from_study(row: Mapping[str, Any], measure: Mapping[str, str]) -> dict[str, str]:
    cells = {name: _cell(row.get(name, "")) for name in COLUMNS}
    cells |= {"issuers": _cell(row["issuer"]), "scope": cells["label"], "note": _cell(row.get("reason", ""))}
    kept = {name: measure[name] for name in _KEPT if measure.get(name)}
    if measure.get("instrument") in _NOT_IN_A_STUDY:
        kept["instrument"] = measure["instrument"]
    return cells | kept


def _cell(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def _check(rows: Sequence[Mapping[str, str]]) -> None:
    faults = [
        Fault("policies", None, column, f"{row['policy']}: {error}.", "Write 2010, 2010-09 or 2010-09-21.")
        for row in rows
        for column in DATES
        if row[column] and (error := _date_fault(row[column]))
    ]
    names = [row["policy"] for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [Fault("policies", None, "policy", f"{n} stands twice.", "Keep one row of it.") for n in twice]
    if faults:
        raise InputFaults(faults)


def _date_fault(text: str) -> str:
    try:
        read_span(text)
    except ValueError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class _Reading:
    """One way to read a policy's dates, each to the day."""

    announced: dt.date | None
    effective: dt.date | None
    suspended: dt.date | None
    resumes: dt.date | None
    expires: dt.date | None

    def state(self, day: dt.date) -> str:
        if self.expires and day > self.expires:
            return "expired"
        if self.suspended and day >= self.suspended and not (self.resumes and day >= self.resumes):
            return "suspended"
        if self.effective and day >= self.effective:
            return "in_force"
        return "announced" if self.announced and day >= self.announced else "not_yet"


def policies_in_force(policies: pd.DataFrame, date: dt.date) -> pd.DataFrame:
    """Every policy with its state on a day.

    Parameters
    ----------
    policies: from :func:`build_policies`.

    Returns
    -------
    The rows of ``policies`` with ``state`` (not_yet, announced, in_force, suspended, expired),
    ``certain`` (False where the source does not print the day on which it hangs), ``possible``
    (all states that the printed dates allow, joined by ';') and ``date``. The state follows the
    widest reading: starts on the first possible day, ends on the last.
    """
    states = [_state(row, date) for row in policies[list(DATES)].to_dict("records")]
    found = policies.copy()
    found["state"] = [state for state, _ in states]
    found["certain"] = [len(possible) == 1 for _, possible in states]
    found["possible"] = [";".join(possible) for _, possible in states]
    found["date"] = date.isoformat()
    return found


def _state(row: Mapping[Any, Any], day: dt.date) -> tuple[str, list[str]]:
    spans = [read_span(row[name]) if row[name] else None for name in DATES]
    widest = _Reading(*(_widest(name, span) for name, span in zip(DATES, spans, strict=True)))
    possible = {_Reading(*dates).state(day) for dates in itertools.product(*map(_ends, spans))}
    return widest.state(day), [state for state in STATES if state in possible]


def state_on(row: Mapping[Any, Any], day: dt.date) -> str:
    """Return the state of one policy on a day, by the widest reading."""
    return _state(row, day)[0]


def _widest(name: str, span: DaySpan | None) -> dt.date | None:
    if span is None:
        return None
    return span.last if name in {"suspended", "expires"} else span.first


def _ends(span: DaySpan | None) -> tuple[dt.date | None, ...]:
    return (None,) if span is None else (span.first, span.last)


def policy_span(row: Mapping[Any, Any]) -> DaySpan | None:
    """Days on which a policy was announced, in force or suspended; None where no day is known."""
    starts = [read_span(row[name]).first for name in ("announced", "effective") if row[name]]
    if not starts:
        return None
    last = read_span(row["expires"]).last if row["expires"] else dt.date.max
    return DaySpan(min(starts), max(last, min(starts)))
