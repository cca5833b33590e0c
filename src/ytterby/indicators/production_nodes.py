"""Choke points from statistics alone: who makes how much of a material at a stage, and who hangs on it.

No study is needed: a node is a country that the table of producers names (docs/method/indicators,
section 7.8). Importers are those for whom the country is the largest supplier of the fitting goods.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ytterby.facts.production import WORLD
from ytterby.indicators.cells import ALL, Grid, Imports
from ytterby.indicators.longrows import OK
from ytterby.indicators.producers import Producers
from ytterby.indicators.supply import WorldProduction, goods_fit, stages_of

WITHHELD = "production is withheld or not available"
_COLUMNS = [
    "material", "stage", "country_iso3", "year", "value", "lower", "upper", "status", "components",
    "source_id",
]  # fmt: skip


def screen_nodes(producers: Producers, grid: Grid, imports: Imports) -> pd.DataFrame:
    """Share of each producing country in the world's supply; HHI, rank and dependents in the components."""
    rows: list[tuple[object, ...]] = []
    for key in producers.materials:
        for stage in sorted({s for m, s, _ in producers.production if m == key}) or ["mine"]:
            group = _fitting_group(grid, key, stage)
            for y, year in enumerate(map(int, producers.years)):
                world = producers.production.get((key, stage, year))
                buyers = _dependents(grid, imports, group, y)
                goods = "none" if group is None else "; ".join(sorted(stages_of(grid.groups[group])))
                nodes = _rows_of(world, buyers, goods)
                rows += [(key, stage, code, year, *rest) for code, *rest in nodes]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.assign(method="chokepoints", indicator="production_share")


def _fitting_group(grid: Grid, material: str, stage: str) -> int | None:
    """Number of the widest group of codes with goods of a production stage only; else of all its codes."""
    mine = [number for number, group in enumerate(grid.groups) if group.material == material and group.codes]
    fits = [number for number in mine if goods_fit(grid.groups[number], stage)]
    fits = fits or [number for number in mine if grid.groups[number].stage == ALL]
    return max(fits, key=lambda number: len(grid.groups[number].codes), default=None)


def _dependents(grid: Grid, imports: Imports, group: int | None, year: int) -> dict[str, dict[str, float]]:
    """Largest supplier -> importers of the grid and its share in their imports, the largest first."""
    if group is None:
        return {}
    countries = np.arange(len(grid.countries))
    best = imports.largest[(group * len(countries) + countries) * len(grid.years) + year]
    found = [(grid.countries[c], int(pair)) for c, pair in zip(countries, best, strict=True) if pair >= 0]
    found.sort(key=lambda pair: -imports.mass_share[pair[1]])
    table: dict[str, dict[str, float]] = {}
    for name, pair in found:
        supplier = imports.suppliers[imports.pair_supplier[pair]]
        table.setdefault(supplier, {})[name] = round(float(imports.mass_share[pair]), 6)
    return table


def _rows_of(
    world: WorldProduction | None, buyers: dict[str, dict[str, float]], goods: str
) -> Iterator[tuple[str, float, float, float, str, str, str]]:
    """Country, value, lower, upper, status, components and source of every node of one table."""
    if world is None or world.status != OK:
        status = "no production in the store" if world is None else world.status
        yield WORLD, np.nan, np.nan, np.nan, status, "{}", ""
        return
    known = {code: mass for code, mass in world.by_country.items() if mass > 0}
    total = sum(known.values()) + world.rest_t
    for rank, code in enumerate(sorted(known, key=lambda c: (-known[c], c)), start=1):
        share = known[code] / total
        parts = {
            "rank": rank, "hhi": round(world.hhi, 6), "hhi_upper": round(world.hhi_upper, 6),
            "quantity_t": known[code], "basis": world.basis, "imports_of": goods,
            "largest_supplier_of": buyers.get(code, {}),
        }  # fmt: skip
        yield code, share, share, share, OK, json.dumps(parts), world.source_id
    for code in sorted(c for c, mass in world.by_country.items() if np.isnan(mass)):
        yield code, np.nan, np.nan, np.nan, WITHHELD, "{}", ""
