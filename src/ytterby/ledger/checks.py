"""Checks that need no table: sums, exchange rates, weekdays; and the direction of known policies.

Rules, with their numbers, stand in docs/method/ledger.md, section 2.5 to 2.8.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import math
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from ytterby.ledger.links import linked
from ytterby.ledger.statements import Quantity, Statement
from ytterby.ledger.variants import Check, Variant, not_checkable

_NEAR = 60  # characters: '550 billion dollars (472.51 billion euros)' stands within this
_WEEKDAYS = (
    ("monday", "montag", "lundi", "月曜"), ("tuesday", "dienstag", "mardi", "火曜"),
    ("wednesday", "mittwoch", "mercredi", "水曜"), ("thursday", "donnerstag", "jeudi", "木曜"),
    ("friday", "freitag", "vendredi", "金曜"), ("saturday", "samstag", "sonnabend", "samedi", "土曜"),
    ("sunday", "sonntag", "dimanche", "日曜"),
)  # fmt: skip
_CONTROLS = {
    "export_stop",
    "export_control",
    "export_licence_requirement",
    "export_quota",
    "control_suspension",
}


def check_exchange(claim: Statement) -> Iterator[Check]:
    """Compare two sums of money that stand side by side with the band of exchange rates seen."""
    money = [n for n in claim.quantities if n.value and n.unit in exchange_bands()]
    for a, b in itertools.combinations(money, 2):
        if a.unit != b.unit and _side_by_side(a, b):
            yield _exchange(a, b)


def _side_by_side(a: Quantity, b: Quantity) -> bool:
    known = min(a.start, b.start) >= 0
    return known and max(a.start, b.start) - min(a.end, b.end) <= _NEAR


def _exchange(a: Quantity, b: Quantity) -> Check:
    rate = (b.value or math.nan) / (a.value or math.nan)  # the caller asks for sums that are not zero
    base, quote = (exchange_bands()[number.unit] for number in (a, b))
    low, high = quote[0] / base[1], quote[1] / base[0]
    unit = f"{b.unit}_per_{a.unit}"
    seen = f"{low:.4g} to {high:.4g} {unit}"
    inside = low <= rate <= high
    reason = f"implies {rate:.4f} {unit}; rates seen since the 1990s run from {seen}"
    reason += "; the store has no rate of the day, so this is a test of plausibility" if inside else ""
    variants = (
        Variant("implied rate", value_to=rate, reference=True, query=f"{b.value!r} / {a.value!r}"),
        Variant("lowest rate seen", value_to=low, note="recalled"),
        Variant("highest rate seen", value_to=high, note="recalled"),
    )
    verdict = "consistent" if inside else "inconsistent"
    return Check("exchange_rate", unit, variants=variants, decided=verdict, reason=reason)


@cache
def exchange_bands() -> dict[str, tuple[float, float]]:
    """Lowest and highest units of each currency for one US dollar; recalled, and wide on purpose."""
    path = resources.files("ytterby.ledger") / "data" / "exchange_bands.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["currency"]: (float(row["per_usd_low"]), float(row["per_usd_high"])) for row in rows}


def check_sum(claim: Statement) -> Iterator[Check]:
    """Add up the parts that a claim says make a whole."""
    check = claim.check
    if check.get("type") != "sum" or not check.get("parts") or check.get("total") is None:
        return
    found, total = math.fsum(check["parts"]), float(check["total"])
    allowed = float(check.get("tolerance") or 0.0)
    verdict = "consistent" if abs(found - total) <= allowed + 1e-9 * abs(total) else "inconsistent"
    query = " + ".join(f"{part!r}" for part in check["parts"])
    variant = Variant("sum of the parts", value_to=found, reference=True, query=query)
    reason = f"the parts add up to {found:g}, the claim says {total:g} (within {allowed:g})"
    yield Check("sum", str(check.get("unit") or ""), variants=(variant,), decided=verdict, reason=reason)


def check_weekdays(claim: Statement) -> Iterator[Check]:
    """Compare a weekday with the date beside it; a weekday alone was resolved and proves nothing."""
    for time in claim.times:
        named = _weekday(time.quote)
        if named is None or time.start is None or time.start != time.end or not re.search(r"\d", time.quote):
            continue
        actual = time.start.weekday()
        verdict = "consistent" if actual == named else "inconsistent"
        reason = f"{time.start} was a {dt.date.strftime(time.start, '%A')}; written: {time.quote!r}"
        query = f"datetime.date.fromisoformat('{time.start}').weekday()"
        yield Check("weekday", "day", variants=(Variant("calendar", value_to=actual, query=query),),
                    decided=verdict, reason=reason)  # fmt: skip


def _weekday(text: str) -> int | None:
    lowered = text.casefold()
    return next((day for day, names in enumerate(_WEEKDAYS) if any(n in lowered for n in names)), None)


def check_direction(claim: Statement, policies: pd.DataFrame) -> Iterator[Check]:
    """Compare who controls exports to whom with the policies known for those days."""
    if claim.kind not in _CONTROLS:
        return
    relation, rows = linked(claim, policies)
    if relation == "unknown":
        yield not_checkable("no known policy has these actors, materials and days", "direction")
    else:
        yield _direction("consistent" if relation == "states" else "inconsistent", claim, rows)


def _direction(verdict: str, claim: Statement, rows: list[dict[Any, Any]]) -> Check:
    variants = tuple(
        Variant(row["policy"], reference=True, source_id=row["source_id"], edition=row["edition"],
                query=f"load_policies(open_store(), measure_id={row['policy']!r})", note=row["label"])
        for row in rows
    )  # fmt: skip
    named = ", ".join(str(row["policy"]) for row in rows)
    if verdict == "consistent":
        return Check("direction", variants=variants, decided=verdict, reason=f"agrees with {named}")
    row = rows[0]
    written = f"{';'.join(claim.agents)} -> {';'.join(claim.others)}"
    right = f"{row['issuers']} -> {row['targets']}"
    error = {
        "field": "actors",
        "as_written": {"agent": claim.agents[0], "target": claim.others[0]},
        "corrected": {"agent": row["issuers"], "target": row["targets"]},
        "basis": f"{named}: {row['label']} ({row['source']})",
    }
    reason = f"roles look swapped: written {written}, known {right} ({named}: {row['label']})"
    return Check("direction", variants=variants, decided=verdict, reason=reason,
                 suspected_error=json.dumps(error, ensure_ascii=False))  # fmt: skip
