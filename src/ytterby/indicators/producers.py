"""The methods that need production only: its concentration and its weighted country risk.

Rules: docs/method/indicators, sections 1 and 6.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.facts.governance import STABILITY
from ytterby.facts.production import WORLD
from ytterby.facts.store import Store
from ytterby.indicators.concentration import hhi_band, risk_band, shares, weighted_country_risk
from ytterby.indicators.longrows import OK
from ytterby.indicators.supply import COVERAGE, WGI_SOURCE, WorldProduction, Worlds

Numbers = tuple[float, float, float, str, str]  # value, lower, upper, status, components


@dataclass(frozen=True)
class Producers:
    """Tables of producers for some materials and years, and the store for their governance."""

    store: Store
    production: Worlds
    materials: Sequence[str]
    years: Sequence[int]


def screen_production(world: Producers) -> pd.DataFrame:
    """HHI of world production at each stage a material has in the store, at mine where it has none."""

    def numbers(table: WorldProduction, _: int) -> Numbers:
        return table.hhi, table.hhi, table.hhi_upper, OK, _production_components(table)

    return _per_table(world, numbers).assign(method="hhi", indicator="production_hhi")


def screen_dera(world: Producers) -> pd.DataFrame:
    """Weighted country risk of world production by political stability, with the bands of DERA."""
    governance = _governance_by_year(world.store)

    def numbers(table: WorldProduction, year: int) -> Numbers:
        if year not in governance:
            return np.nan, np.nan, np.nan, "no governance in the store for this year", "{}"
        return _country_risk(table, governance[year])

    frame = _per_table(world, numbers).assign(method="dera", indicator="weighted_political_stability")
    frame["source_id"] = [f"{key};{WGI_SOURCE}" if key else "" for key in frame["source_id"]]
    return frame


def _governance_by_year(store: Store) -> dict[int, dict[str, tuple[float, float]]]:
    """Estimate and standard error of each country by year, where there is an estimate."""
    rows = store.select("governance", indicator=STABILITY).dropna(subset=["estimate"])
    found: dict[int, dict[str, tuple[float, float]]] = {int(year): {} for year in rows["year"].unique()}
    for row in rows[["year", "country_iso3", "estimate", "std_error"]].itertuples(index=False):
        found[int(row.year)][row.country_iso3] = (row.estimate, row.std_error)
    return found


def _country_risk(table: WorldProduction, governance: dict[str, tuple[float, float]]) -> Numbers:
    """Value, 90 % interval, status and components of one table of producers."""
    made = {code: mass for code, mass in table.by_country.items() if mass > 0}
    known = [code for code in made if code in governance]
    amounts = np.array([made[code] for code in known])
    covered = float(amounts.sum() / (sum(made.values()) + table.rest_t))
    if covered < COVERAGE:
        return np.nan, np.nan, np.nan, "no governance or name for producers of more than 5 %", "{}"
    estimate, error = np.array([governance[code] for code in known]).T
    value = weighted_country_risk(amounts, estimate)
    spread = 1.645 * float(np.sqrt(np.nansum(np.square(shares(amounts) * error))))
    parts = {"hhi": table.hhi, "hhi_band": hhi_band(table.hhi), "risk_band": risk_band(value)}
    return value, value - spread, value + spread, OK, json.dumps({**parts, "covered_share": covered})


def _per_table(world: Producers, numbers: Callable[[WorldProduction, int], Numbers]) -> pd.DataFrame:
    """One row for each material, stage with production (mine where there is none) and year."""
    held = world.production
    rows = []
    for key in world.materials:
        for stage in sorted({s for m, s, _ in held if m == key}) or ["mine"]:
            for year in map(int, world.years):
                table = held.get((key, stage, year))
                found = _numbers_of(table, year, numbers)
                fine = table is not None and found[3] == OK
                rows.append((key, stage, year, *found, table.source_id if table is not None and fine else ""))
    columns = ["material", "stage", "year", "value", "lower", "upper", "status", "components", "source_id"]
    return pd.DataFrame(rows, columns=columns).assign(country_iso3=WORLD)


def _numbers_of(
    table: WorldProduction | None, year: int, numbers: Callable[[WorldProduction, int], Numbers]
) -> Numbers:
    """Numbers of a table, or the reason why it has none."""
    if table is None:
        return np.nan, np.nan, np.nan, "no production in the store", "{}"
    if table.status != OK:
        return np.nan, np.nan, np.nan, table.status, _production_components(table)
    return numbers(table, year)


def _production_components(world: WorldProduction) -> str:
    """Largest producer, its share, number of producers, edition and basis; withheld ones by name."""
    known = {code: mass for code, mass in world.by_country.items() if mass == mass}
    total = sum(known.values()) + world.rest_t
    largest = max(known, key=lambda code: known[code], default="")
    parts = {
        "largest": largest,
        "largest_share": round(known[largest] / total, 6) if largest and total > 0 else None,
        "producers": sum(mass > 0 for mass in known.values()),
        "rest_t": round(world.rest_t, 3),
        "unknown": sorted(set(world.by_country) - set(known)),
        "basis": world.basis,
        "edition": world.edition,
    }
    return json.dumps(parts)
