"""The EU equations over numbers that are known within bounds (docs/method/indicators, section 4).

Every equation rises or falls with each of its inputs, so that the ends of the inputs give the ends of the
result. What is missing and bounded widens the result; the names of what is missing stay with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ytterby.indicators.estimates import NAN, Estimate, named, refused, within
from ytterby.indicators.eu import (
    EU_THRESHOLDS,
    TRADE_RANGE,
    WORST_GOVERNANCE,
    eu_concentration,
    eu_critical,
    eu_economic_importance,
    eu_supply_risk,
)
from ytterby.indicators.longrows import OK
from ytterby.indicators.supply import COVERAGE
from ytterby.indicators.supply_shares import Suppliers
from ytterby.indicators.values import Array, exceeds_whole, rounding_room

UNKNOWN_INDEX = Estimate(NAN, 0.0, 1.0, "unknown")  # a share or index of which nothing is known


def concentration(
    supply: Suppliers, governance: Sequence[float], trade: Sequence[float] | None, like: Estimate
) -> Estimate:
    """HHI weighted by governance and, where given, by t; both in the order of the shares, NaN unknown.

    Suppliers without governance count with the mean of the others up to 5 % of supply and within 0..10
    in the bounds; an unknown t lies within ``TRADE_RANGE``; those not named are many small suppliers,
    in the upper bound one of the worst.
    """
    codes, shares = list(supply.shares), np.array(list(supply.shares.values()))
    risks = np.asarray(governance, dtype=np.float64)
    weights = np.ones(len(codes)) if trade is None else np.asarray(trade, dtype=np.float64)
    floor, ceiling = (1.0, 1.0) if trade is None else TRADE_RANGE
    blind, dark = np.isnan(risks), np.isnan(weights)
    if blind.all():
        return refused("no governance in the store for this year", like.sources)
    low = _weighted(shares, np.where(blind, 0.0, risks), np.where(dark, floor, weights))
    high = _weighted(shares, np.where(blind, WORST_GOVERNANCE, risks), np.where(dark, ceiling, weights))
    high += supply.rest**2 * WORST_GOVERNANCE * ceiling
    missing = []
    if shares[blind].sum() > 1 - COVERAGE:
        missing.append(named("governance", _at(codes, blind)))
    if dark.any():
        missing.append(named("trade_parameter", _at(codes, dark)))
    if missing:
        return within(low, high, missing, like)
    mean = float(np.average(risks[~blind], weights=shares[~blind]))
    value = _weighted(shares, np.where(blind, mean, risks), weights)
    return Estimate(value, low, high, OK, like.parts, like.sources)


def _at(codes: Sequence[str], where: Any) -> list[str]:
    return [code for code, there in zip(codes, where, strict=True) if there]


def _weighted(shares: Array, risks: Array, weights: Array) -> float:
    return float(eu_concentration(shares, risks, weights))


def importance(
    uses: Mapping[str, float], sizes: Mapping[str, float], largest: float, index: Estimate, like: Estimate
) -> Estimate:
    """EI with bounds: an unknown SI lies within 0..1, a use without sector between none and the largest."""
    total = sum(uses.values())
    if exceeds_whole(list(uses.values())):
        return refused(f"use_share sums to {total:.2f}")
    values = [sizes[sector] for sector in uses]
    if max(values, default=0.0) > largest:
        return refused("a sector is larger than largest_value_added")
    whole = float(eu_economic_importance(list(uses.values()), values, largest=largest))
    room = float(rounding_room(list(uses.values())))
    rest = max(0.0, 1.0 - total - room)  # what rounding of the shares does not explain
    low, high = whole * index.lower, (whole + 10.0 * rest) * index.upper
    if not index.known:
        return within(low, high, ["substitution_importance"], like)
    return Estimate(whole * index.value, low, high, OK, like.parts, like.sources)


def supply_risk(
    world: Estimate,
    union: Estimate,
    reliance: Estimate,
    recycled: Estimate,
    index: Estimate,
    *,
    like: Estimate,
) -> Estimate:
    """SR with bounds: it rises with both concentrations and SI, falls with EoL-RIR, is linear in IR."""
    both = not np.isnan(world.upper) and not np.isnan(union.upper)
    span = (reliance.lower, reliance.upper) if reliance.known else (0.0, 1.0)

    def risk(side: str, reliances: tuple[float, ...], eol: float, factor: float) -> list[float]:
        pair = (getattr(world, side), getattr(union, side))
        return [
            float(eu_supply_risk(*pair, import_reliance=one, eol_rir=eol, substitution=factor))
            for one in reliances
        ]

    low = min(risk("lower", span, recycled.upper, index.lower))
    high = max(risk("upper", span, recycled.lower, index.upper))
    needed = [world, union, reliance] if both else [world if not np.isnan(world.upper) else union]
    missing = [one.status.removeprefix("missing: ") for one in (*needed, recycled, index) if not one.known]
    if both and not reliance.known:
        missing = ["import_reliance" if text == reliance.status else text for text in missing]
    if missing:
        return within(low, high, missing, like)
    relied = reliance.value if both else 0.0
    value = risk("value", (relied,), recycled.value, index.value)[0]
    return Estimate(value, low, high, OK, like.parts, like.sources)


def higher_stage(risks: Mapping[str, Estimate]) -> Estimate:
    """Of the stages the higher supply risk; a stage without any number gives way and is named."""
    seen = {stage: risk for stage, risk in risks.items() if not np.isnan(risk.upper)}
    if not seen:
        return refused(next(iter(risks.values())).status)
    low, high = (max(getattr(risk, side) for risk in seen.values()) for side in ("lower", "upper"))
    sources = frozenset().union(*(risk.sources for risk in seen.values()))
    parts = {"stages": sorted(seen), "without_number": sorted(set(risks) - set(seen))}
    missing = [f"{stage}: {risk.status.removeprefix('missing: ')}" for stage, risk in seen.items()
               if not risk.known and risk.upper > low]  # fmt: skip
    if missing:
        return within(low, high, missing, Estimate(parts=parts, sources=sources))
    stage = max((s for s in seen if seen[s].known), key=lambda s: seen[s].value)
    return Estimate(seen[stage].value, low, high, OK, {**parts, "stage": stage}, sources)


def verdict(risk: Estimate, importance: Estimate, year: int) -> Estimate:
    """Whether both reach the thresholds of the last study up to a year: 1 or 0, also where bounds decide."""
    study = max((one for one in EU_THRESHOLDS if one <= year), default=min(EU_THRESHOLDS))
    # An end that is not known decides nothing: it could be anything.
    least = [np.nan_to_num(one.lower, nan=0.0) for one in (risk, importance)]
    most = [np.nan_to_num(one.upper, nan=np.inf) for one in (risk, importance)]
    low, high = (float(eu_critical(*ends, study=study)) for ends in (least, most))
    parts = {"study": study, "thresholds": list(EU_THRESHOLDS[study])}
    like = Estimate(parts=parts, sources=risk.sources | importance.sources)
    if risk.known and importance.known:
        value = float(eu_critical(risk.value, importance.value, study=study))
        return Estimate(value, low, high, OK, parts, like.sources)
    pair = {"supply_risk": risk, "economic_importance": importance}
    return within(low, high, [name for name, one in pair.items() if not one.known], like)
