"""What moved a GeoPolRisk value between two years: production, trade, governance or price.

A value is a function of four inputs, each of the earlier or the later year. The change is shared out
by the mean over all orders in which the inputs may be exchanged (Shapley), so that the parts add up to
it exactly and no order is preferred. Rules: docs/method/indicators, section 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import product
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.errors import BadNumbers, UnknownName
from ytterby.facts.store import Store
from ytterby.indicators.cells import Array
from ytterby.indicators.criticality import COPPER_MIDPOINT, ImportRisks, import_risks
from ytterby.indicators.longrows import OK, REASONS, Status, labels
from ytterby.indicators.screen import geopolrisk_risks, unit_values
from ytterby.indicators.timeline import governance_break, governance_releases
from ytterby.indicators.world import World, build_world

FACTORS = ("production", "trade", "governance", "price")
INDICATORS = ("score", "midpoint", "characterisation_factor")
COLUMNS = (
    "indicator", "material", "stage", "country_iso3", "year_from", "year_to", "value_from", "value_to",
    "change", *FACTORS, "status", "breaks", "producers", "source_id",
)  # fmt: skip


def shapley_parts(values: npt.ArrayLike, factors: int) -> Array:
    """Share a change out over factors, each in the old (0) or the new (1) state.

    part_i = sum over sets S without i of |S|! (k - |S| - 1)! / k! (v(S and i) - v(S))

    Parameters
    ----------
    values
        Shape ``(2,) * factors + cells``; ``values[1, 0, ...]`` has the first factor new, the second old.

    Returns
    -------
    Shape ``(factors,) + cells``; the sum is ``values[1, ..., 1] - values[0, ..., 0]``.
    """
    table = np.asarray(values, dtype=np.float64)
    parts = np.zeros((factors, *table.shape[factors:]))
    for state in product((0, 1), repeat=factors):
        size = sum(state)
        for factor in (k for k in range(factors) if not state[k]):
            weight = factorial(size) * factorial(factors - size - 1) / factorial(factors)
            after = (*state[:factor], 1, *state[factor + 1 :])
            parts[factor] += weight * (table[after] - table[state])
    return parts


def explain_change(
    store: Store,
    *,
    year_from: int,
    year_to: int,
    indicator: str = "score",
    materials: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What moved the GeoPolRisk value of every cell from one year to another.

    Production of both years comes from one edition where one has both. Where a series breaks between
    the years ``breaks`` says so: that part of the change is no event.

    Parameters
    ----------
    indicator
        ``score``; ``midpoint`` (USD/kg) and ``characterisation_factor`` (kg Cu-eq/kg), which the price
        of the imports moves as well.
    materials, countries
        As in ``screen``; all when None.

    Returns
    -------
    indicator, material, stage, country_iso3, year_from, year_to, value_from, value_to, change,
    production, trade, governance, price (parts of the change, which they add up to), status (``ok``, or
    the year without a value and why), breaks, producers (source, edition and stage of production: it may be
    another than the screen's, which takes the newest of each year), source_id. Largest change first.

    Raises
    ------
    UnknownName
        An indicator, material or country nobody knows.
    BadNumbers
        The years are one.
    """
    if indicator not in INDICATORS:
        raise UnknownName("indicator", indicator, INDICATORS)
    if year_from == year_to:
        raise BadNumbers(f"{year_from} is compared with itself.", "Name two years.")
    world = build_world(
        store, materials=materials, countries=countries, years=[year_from, year_to], one_edition=True
    )
    status, _ = geopolrisk_risks(world)
    values = _values(world, indicator)
    old, new = values[0, 0, 0, 0], values[1, 1, 1, 1]
    fine = (status.reshape(-1, 2) == 0).all(axis=1)
    numbers = {"value_from": old, "value_to": new, "change": new - old}
    numbers |= dict(zip(FACTORS, shapley_parts(values, len(FACTORS)), strict=True))
    first = {name: column[::2] for name, column in labels(world.grid).items()}
    table = pd.DataFrame({
        "indicator": indicator, **first, "year_from": year_from, "year_to": year_to,
        **{name: np.where(fine, column, np.nan) for name, column in numbers.items()},
        "status": _reasons(status, (year_from, year_to)), **_origins(world),
    })[list(COLUMNS)]  # fmt: skip
    order = table["change"].abs().argsort(kind="stable")[::-1]
    return table.iloc[[*order[fine[order]], *np.flatnonzero(~fine)]].reset_index(drop=True)


def _values(world: World, indicator: str) -> Array:
    """Value of every group and country for each state of the factors: [2, 2, 2, 2, cell]."""
    imports, supply = world.imports, world.supply
    mass = np.nan_to_num(imports.pair_mass)
    by_governance = [
        import_risks(imports.pair_cell, mass, *world.governance(np.full(len(mass), year)), world.grid.size)
        for year in (0, 1)
    ]
    hhi, own = (
        np.asarray(part, dtype=np.float64).reshape(-1, 2)
        for part in (supply.flat(supply.hhi), supply.domestic_t)
    )
    price = unit_values(imports).reshape(-1, 2) if indicator != "score" else np.ones(own.shape)
    values = np.empty((2, 2, 2, 2, len(own)))
    for made, traded, governed, priced in product((0, 1), repeat=4):
        risk, _, _ = _of_year(by_governance[governed], traded).within(own[:, made])
        values[made, traded, governed, priced] = hhi[:, made] * risk * price[:, priced]
    return values / COPPER_MIDPOINT if indicator == "characterisation_factor" else values


def _of_year(risks: ImportRisks, year: int) -> ImportRisks:
    """Sums of the imports of one of the two years."""
    return ImportRisks(*(getattr(risks, part.name).reshape(-1, 2)[:, year] for part in fields(risks)))


def _reasons(status: Status, years: tuple[int, int]) -> list[str]:
    """``ok``, or which year has no value and why."""
    pairs = status.reshape(-1, 2).tolist()
    known = {
        (old, new): "; ".join(
            f"{year}: {REASONS[code]}" for year, code in zip(years, (old, new), strict=True) if code
        )
        or OK
        for old, new in {tuple(pair) for pair in pairs}
    }
    return [known[old, new] for old, new in pairs]


def _origins(world: World) -> dict[str, list[str]]:
    """Breaks between the two years and sources of every group, repeated for its countries."""
    governance = governance_break(governance_releases(world.store), *world.grid.years)
    per_group = [_group_origins(world, group, governance) for group in range(len(world.grid.groups))]
    repeat = range(len(world.grid.countries))
    return {
        name: [origin[name] for origin in per_group for _ in repeat]
        for name in ("breaks", "producers", "source_id")
    }


def _group_origins(world: World, group: int, governance: str) -> dict[str, str]:
    tables = [world.supply.tables.get((group, year)) for year in (0, 1)]
    named = [f"{table.source_id} ({table.edition}), {table.stage}" for table in tables if table]
    production = f"production: {named[0]}, then {named[1]}" if len(set(named)) == 2 else ""
    sources = dict.fromkeys(table.source_id for table in tables if table)
    return {
        "breaks": "; ".join(part for part in (production, governance) if part),
        "producers": "; ".join(dict.fromkeys(named)),
        "source_id": ";".join(["baci-hs92", "wgi-pv", *sources]),
    }
