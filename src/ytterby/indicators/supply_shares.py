"""Who supplies the world with a material at a stage, as shares: a study's, else those of production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ytterby.indicators.inputs import Input, Inputs
from ytterby.indicators.longrows import OK
from ytterby.indicators.supply import WorldProduction, Worlds
from ytterby.indicators.values import exceeds_whole


@dataclass(frozen=True)
class Suppliers:
    """Shares of a supply by country, the share of those not named, and where both come from."""

    shares: Mapping[str, float]
    rest: float
    sources: frozenset[str]


def stages_of(production: Worlds, inputs: Inputs, material: str) -> list[str]:
    """Stages with production in the store or with shares of a study; the mine where there is none."""
    held = {stage for key, stage, _ in production if key == material}
    return sorted(held | inputs.stages(material)) or ["mine"]


def world_supply(production: Worlds, inputs: Inputs, material: str, stage: str, year: int) -> Suppliers | str:
    """World supply by country, or the reason why there is none."""
    given = inputs.table("global_supply_share", year, "country_iso3", material=material, stage=stage)
    if given:
        return given_shares(given, "global_supply_share")
    table = production.get((material, stage, year))
    if table is None:
        return "no production in the store"
    return producer_shares(table) if table.status == OK else table.status


def given_shares(given: Mapping[str, Input], parameter: str) -> Suppliers | str:
    """Shares of a study; what they leave of the whole is the rest."""
    faults = sorted({one.fault for one in given.values() if one.fault})
    total = sum(one.value for one in given.values())
    if faults:
        return f"{parameter}: {', '.join(faults)}"
    if exceeds_whole([one.value for one in given.values()]):
        return f"{parameter} sums to {total:.2f}"
    shares = {code: one.value for code, one in given.items()}
    return Suppliers(shares, max(0.0, 1.0 - total), frozenset(one.source_id for one in given.values()))


def producer_shares(table: WorldProduction) -> Suppliers:
    """Shares of world production; the rest is what no named country made."""
    known = {code: mass for code, mass in table.by_country.items() if mass > 0}
    total = sum(known.values()) + table.rest_t
    shares = {code: mass / total for code, mass in known.items()}
    return Suppliers(shares, table.rest_t / total, frozenset({table.source_id}))
