"""Claims against the store: a verdict as a band over all documented definitions.

Rules, with their numbers, stand in docs/method/ledger.md, section 2.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ytterby.facts.store import Store
from ytterby.ledger.checks import check_direction, check_exchange, check_sum, check_weekdays
from ytterby.ledger.demand_checks import check_demand
from ytterby.ledger.output_checks import check_world_share
from ytterby.ledger.policies import build_policies
from ytterby.ledger.statements import Statement, read_statements
from ytterby.ledger.trade_checks import check_import_share, check_trade_flow
from ytterby.ledger.variants import Check, Variant, not_checkable

VARIANT_COLUMNS = (
    "claim_id", "report", "kind", "measure", "variant", "definition", "hs6", "hs_revision", "basis",
    "first_year", "last_year", "cerium", "origin", "claimed_from", "claimed_to", "value_from", "value_to",
    "unit", "verdict", "best", "reference", "source_id", "edition", "query", "note",
)  # fmt: skip
VERDICT_COLUMNS = (
    "claim_id", "report", "kind", "measure", "quote", "verdict", "unit", "claimed_from", "from_low",
    "from_high", "claimed_to", "to_low", "to_high", "best_variant", "best_from", "best_to", "variants",
    "variants_consistent", "suspected_error", "reason",
)  # fmt: skip
_WHY_NOT = {
    "tariff": "the store has no table of tariffs; a policy row would be needed",
    "defence_spending": "the store has no table of defence budgets or gross domestic product",
    "price": "the claim names no price series that the store has",
    "trade_flow": "the words give no amount, or ores under mixed codes that the store has not",
}
_PLEDGES = {"investment_pledge", "purchase_pledge", "supply_pledge", "project_support_deadline", "financing",
            "offtake", "stockpiling"}  # fmt: skip
_LOOK_UPS = (check_import_share, check_trade_flow, check_demand, check_world_share)
_COMPARISONS = (check_exchange, check_sum, check_weekdays)
Dates = Mapping[str, dt.date] | None
# The less a verdict can be excused by a definition, the more it says about the claim as a whole.
_GRAVITY = ("inconsistent", "consistent_with_other_definition", "consistent", "not_checkable")


def verify_claims(
    claims: Iterable[Any], store: Store, policies: pd.DataFrame | None = None, dates: Dates = None
) -> pd.DataFrame:
    """Verify every claim that holds a number or a direction, under every documented definition.

    Parameters
    ----------
    claims: claim records or mappings of their JSON shape.
    policies: from ``build_policies``; those of the store where None.
    dates: day of each report, where known; numbers 'of today' are not looked for after it.

    Returns
    -------
    Columns ``VARIANT_COLUMNS``, one row per claim, measure and variant; claims that cannot be
    checked have one row that says why. Shares are 0..1, ratios refer to the base year; ``best``
    marks the variant nearest to the claim, ``verdict`` is that of the variant by itself, and
    ``query`` can be run again.
    """
    return verify(claims, store, policies, dates).variants


def verdicts(
    claims: Iterable[Any], store: Store, policies: pd.DataFrame | None = None, dates: Dates = None
) -> pd.DataFrame:
    """Sum up the verification, one row per claim.

    Returns
    -------
    Columns ``VERDICT_COLUMNS``. ``verdict`` is consistent (the reference definition agrees),
    consistent_with_other_definition (another one does), inconsistent (none does) or not_checkable;
    where a claim has several checks the gravest counts. ``variants`` counts the definitions under which
    the store has the numbers; ``from_low`` .. ``to_high`` is the band over all numbers it has.
    """
    return verify(claims, store, policies, dates).verdicts


@dataclass(frozen=True)
class Verification:
    """Both tables of one verification: every variant, and one verdict a claim."""

    variants: pd.DataFrame
    verdicts: pd.DataFrame


def verify(
    claims: Iterable[Any], store: Store, policies: pd.DataFrame | None = None, dates: Dates = None
) -> Verification:
    """Verify once and return the tables of :func:`verify_claims` and :func:`verdicts` together."""
    checked = list(_checked(claims, store, policies, dates))
    variants = [row for claim, checks in checked for check in checks for row in _variant_rows(claim, check)]
    summed = [_verdict_row(claim, checks) for claim, checks in checked]
    return Verification(
        pd.DataFrame(variants, columns=list(VARIANT_COLUMNS)),
        pd.DataFrame(summed, columns=list(VERDICT_COLUMNS)),
    )


def _checked(
    claims: Iterable[Any], store: Store, policies: pd.DataFrame | None, dates: Dates
) -> Iterator[tuple[Statement, list[Check]]]:
    known = build_policies(store) if policies is None else policies
    for claim in read_statements(claims, dates):
        checks = checks_of(claim, store, known)
        if checks:
            yield claim, checks


def checks_of(claim: Statement, store: Store, policies: pd.DataFrame) -> list[Check]:
    """Compile one claim to its checks; empty where it asserts nothing that could be measured."""
    found = [
        *(check for look_up in _LOOK_UPS for check in look_up(claim, store)),
        *(check for compare in _COMPARISONS for check in compare(claim)),
        *check_direction(claim, policies),
    ]
    if found or claim.relevance == "peripheral" or not _measurable(claim):
        return found
    return [not_checkable(_why_not(claim))]


def _measurable(claim: Statement) -> bool:
    """Whether the claim asserts an amount, or is of a kind that readers expect to see judged."""
    amounts = any(number.unit != "ordinal" for number in claim.quantities)
    return amounts or claim.kind in _WHY_NOT or claim.kind in _PLEDGES


def _why_not(claim: Statement) -> str:
    if claim.kind in _PLEDGES:
        return "a promise is neither true nor false before it is due; the ledger of pledges follows it"
    return _WHY_NOT.get(claim.kind, f"no table of the store measures claims of the kind {claim.kind}")


def _variant_rows(claim: Statement, check: Check) -> Iterator[dict[str, Any]]:
    best = check.best
    for variant in check.variants or (Variant("", note=check.reason),):
        yield {
            "claim_id": claim.id, "report": claim.report, "kind": claim.kind, "measure": check.measure,
            "variant": variant.name, "definition": _definition(variant), "hs6": ";".join(variant.hs6),
            "hs_revision": "HS92" if variant.hs6 else "", "basis": variant.basis,
            "first_year": variant.first_year, "last_year": variant.last_year, "cerium": variant.cerium,
            "origin": variant.origin, "claimed_from": _value(check.claimed_from),
            "claimed_to": _value(check.claimed_to), "value_from": variant.value_from,
            "value_to": variant.value_to, "unit": check.unit, "verdict": check.holds(variant),
            "best": variant is best, "reference": variant.reference, "source_id": variant.source_id,
            "edition": variant.edition, "query": variant.query, "note": variant.note or check.reason,
        }  # fmt: skip


def _definition(variant: Variant) -> str:
    parts = [
        f"HS92 {'+'.join(variant.hs6)}" if variant.hs6 else "",
        f"by {variant.basis}" if variant.basis else "",
    ]
    parts += ["" if variant.cerium is None else f"{'with' if variant.cerium else 'without'} cerium"]
    years = [str(year) for year in (variant.first_year, variant.last_year) if year is not None]
    parts += ["-".join(years), f"{variant.origin} origin" if variant.origin else ""]
    return ", ".join(filter(None, parts))


def _value(claimed: Any) -> float:
    return math.nan if claimed is None else float(claimed.value)


def _verdict_row(claim: Statement, checks: list[Check]) -> dict[str, Any]:
    main = min(checks, key=lambda check: _GRAVITY.index(check.verdict))
    best, held = main.best, [main.holds(variant) for variant in main.variants]
    from_low, from_high = main.band("value_from") if main.claimed_from else (math.nan, math.nan)
    to_low, to_high = main.band("value_to")
    return {
        "claim_id": claim.id, "report": claim.report, "kind": claim.kind, "measure": main.measure,
        "quote": claim.quote, "verdict": main.verdict, "unit": main.unit,
        "claimed_from": _value(main.claimed_from), "from_low": from_low, "from_high": from_high,
        "claimed_to": _value(main.claimed_to), "to_low": to_low, "to_high": to_high,
        "best_variant": best.name if best else "", "best_from": best.value_from if best else math.nan,
        "best_to": best.value_to if best else math.nan, "variants": len(held) - held.count("not_checkable"),
        "variants_consistent": held.count("consistent"), "suspected_error": main.suspected_error,
        "reason": main.reason or _reason(main, best, held),
    }  # fmt: skip


def _reason(check: Check, best: Variant | None, held: list[str]) -> str:
    if best is None:
        return "the store has no number under any definition"
    answered = len(held) - held.count("not_checkable")  # the store has no number under the others
    told = f"{held.count('consistent')} of {answered} definitions agree with the claim"
    reference = next((variant for variant in check.variants if variant.reference), None)
    shown = f"; nearest: {best.name} ({_shown(check, best)})"
    if reference is not None and reference is not best:
        shown += f"; reference: {reference.name} ({_shown(check, reference)})"
    return told + shown


def _shown(check: Check, variant: Variant) -> str:
    values = [variant.value_from] if check.claimed_from else []
    values.append(variant.value_to)
    if check.unit == "share":
        return " to ".join(f"{value:.1%}" for value in values)
    return " to ".join(f"{value:.3g}" for value in values)
