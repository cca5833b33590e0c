"""The screen: every method for every country, material, stage and year the store has, in long rows.

All cells exist; a value that cannot be computed says why in ``status``. The rules of each indicator
stand in docs/method/indicators, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ytterby.errors import UnknownName
from ytterby.facts.store import Store
from ytterby.indicators.assessment import screen_eu
from ytterby.indicators.cells import Array, Grid, Imports, Integers
from ytterby.indicators.criticality import COPPER_MIDPOINT, ImportRisks, import_risks
from ytterby.indicators.customers import screen_export_share
from ytterby.indicators.dependence import RegionSet, net_import_reliance
from ytterby.indicators.longrows import CODE, GridRows, Status, compact, join_rows, long_rows, refuse
from ytterby.indicators.losses import screen_usgs
from ytterby.indicators.peer_tables import METHOD as PEER_METHOD
from ytterby.indicators.peer_tables import screen_peer
from ytterby.indicators.producers import screen_dera, screen_production
from ytterby.indicators.production_nodes import screen_nodes
from ytterby.indicators.stages import screen_concentration
from ytterby.indicators.supply import COVERAGE, WGI_SOURCE, Supply
from ytterby.indicators.transit import screen_look_through
from ytterby.indicators.world import World, build_world

TRADE_SOURCE = "baci-hs92"


def screen(
    store: Store,
    *,
    methods: Sequence[str] | None = None,
    materials: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    regions: RegionSet | None = None,
) -> pd.DataFrame:
    """Indicators in long rows, one row a cell.

    Parameters
    ----------
    methods
        Of ``hhi`` (world production), ``dera`` (its country risk), ``import_hhi``, ``import_share`` (of
        the largest supplier), ``import_instability`` (of the suppliers), ``net_import_reliance``,
        ``geopolrisk``, ``concentration`` (every measure of world production), ``eu`` (supply risk and
        importance for the Union), ``usgs`` (loss of suppliers), ``export_share`` (of the largest customer),
        ``look_through`` (share of the largest origin behind transit), ``chokepoints`` (share of each
        producing country, and who hangs on it); all when None or ``["all"]``.
        ``geopolrisk_peer`` (the numbers of geopolrisk-py 2.0.1) comes only when it is named.
    materials
        Keys or names of the catalog; all when None.
    countries
        ISO3 or names; EU27 is the Union as one importer without its inner trade. All when None.
    years
        Calendar years; 1995-2025 when None.
    regions
        Regions of one's own as for ``as_regions``; each is one importer without its inner trade, under
        its name in ``country_iso3``. No single countries then unless they are asked for.

    Returns
    -------
    method, indicator, material, stage, country_iso3 (WLD for the world, EU27 for ``eu``), year, value, lower,
    upper, status (``ok`` or the reason why there is no value), components (JSON text), source_id.

    Raises
    ------
    UnknownName
        A method, material or country nobody knows.
    NoData
        ``geopolrisk_peer`` without World Mining Data in the store.
    """
    chosen = _check_methods(methods)
    world = build_world(store, materials=materials, countries=countries, years=years, regions=regions)
    parts = [compact((SCREENS | ON_DEMAND)[name](world)) for name in chosen]
    del world  # its imports are 100 MB when all are asked for
    return join_rows(parts)


def _check_methods(methods: Sequence[str] | None) -> tuple[str, ...]:
    if not methods or "all" in methods:
        return METHODS
    known = (*METHODS, *ON_DEMAND)
    for name in methods:
        if name not in known:
            raise UnknownName("method", name, known)
    return tuple(name for name in known if name in methods)


# --- imports ------------------------------------------------------------------------------------


def _import_status(grid: Grid, imports: Imports) -> Status:
    """Why a cell has no import shares, ``ok`` where it has."""
    status = np.full(grid.shape, CODE["no imports"], dtype=np.int8)
    for number, group in enumerate(grid.groups):
        held = imports.held[number]
        status[number][:, ~held] = CODE["no trade in the store for this year"]
        if not held.any():
            status[number] = CODE["no trade in the store for these codes"]
        if not group.codes:
            status[number] = CODE["no trade code of its own" if group.mixed else "no trade code"]
    flat = status.reshape(-1)
    has = imports.cell_value > 0
    flat[has] = CODE["mass is known for less than 95 % of the import value"]
    flat[has & (imports.cell_covered >= COVERAGE * imports.cell_value) & (imports.cell_mass > 0)] = 0
    return flat


def _screen_import_hhi(world: World) -> GridRows:
    """HHI of the suppliers of each importer, by mass; the bounds hold the value by money as well."""
    grid, imports = world.grid, world.imports
    status = _import_status(grid, imports)
    by_mass = imports.total(np.square(imports.mass_share))
    by_value = imports.total(np.square(imports.value_share))
    parts = {"by_mass": by_mass, "by_value": by_value, "covered_share": _coverage(imports)}
    return long_rows(grid, "import_hhi", status, (by_mass, by_value), parts, sources=_trade_only(grid))


def _screen_import_share(world: World) -> GridRows:
    """Share of the largest supplier by mass, with its name; the bounds hold its share by money as well."""
    grid, imports = world.grid, world.imports
    status = _import_status(grid, imports)
    best = imports.largest
    by_mass, by_value = (
        np.append(share, np.nan)[best] for share in (imports.mass_share, imports.value_share)
    )
    names = np.array([*imports.suppliers, ""], dtype=object)
    parts = {
        "supplier": names[np.append(imports.pair_supplier, -1)[best]],
        "by_mass": by_mass,
        "by_value": by_value,
        "imports_t": imports.cell_mass,
        "covered_share": _coverage(imports),
    }
    return long_rows(
        grid,
        "largest_import_share",
        status,
        (by_mass, by_value),
        parts,
        method="import_share",
        sources=_trade_only(grid),
    )


def _trade_only(grid: Grid) -> tuple[Integers, list[str]]:
    return np.zeros(grid.size, dtype=np.int64), [TRADE_SOURCE]


def _coverage(imports: Imports) -> Array:
    """Part of the import value whose mass is known."""
    value = np.where(imports.cell_value > 0, imports.cell_value, np.nan)
    return np.asarray(imports.cell_covered / value)


# --- imports with production --------------------------------------------------------------------


def _screen_reliance(world: World) -> GridRows:
    """Net import reliance where production and trade count the same goods; stocks are not known."""
    grid, imports = world.grid, world.imports
    supply = world.supply
    status = _import_status(grid, imports)
    supply.refuse(status)
    refuse(status, ~supply.flat(supply.same_goods), "production and trade are of different goods or stages")
    own = supply.domestic_t.reshape(-1)
    hidden = supply.hidden_t
    refuse(
        status,
        hidden > (1 - COVERAGE) * (imports.cell_mass + own),
        "own production may be among the other countries of the source",
    )
    value = net_import_reliance(imports.cell_mass, imports.cell_exports, np.nan_to_num(own))
    lower = net_import_reliance(imports.cell_mass, imports.cell_exports, np.nan_to_num(own + hidden))
    refuse(status, np.isnan(value), "apparent consumption is not positive")
    parts = {"imports_t": imports.cell_mass, "exports_t": imports.cell_exports, "production_t": own}
    numbers = (value, np.minimum(lower, value), value)
    return long_rows(
        grid, "net_import_reliance", status, numbers, parts, sources=_sources(supply, TRADE_SOURCE)
    )


def _screen_instability(world: World) -> GridRows:
    """Political instability of the suppliers weighted by mass, 0..1, with a 90 percent interval.

    Import risk without own production, so that it needs none and goes back to the first governance.
    """
    grid, imports = world.grid, world.imports
    status = _import_status(grid, imports)
    risks = import_risks(imports.pair_cell, np.nan_to_num(imports.pair_mass), *world.governance(), grid.size)
    unknown = np.isnan(world.governance_table[0]).all(axis=0)
    refuse(status, np.tile(unknown, grid.size // len(grid.years)), "no governance in the store for this year")
    blind = risks.blind_t > (1 - COVERAGE) * imports.cell_mass
    refuse(status, blind, "no governance for suppliers of more than 5 % of the imports")
    numbers = risks.within(np.zeros(grid.size))
    parts = {"imports_t": imports.cell_mass, "without_governance_t": risks.blind_t}
    sources = np.zeros(grid.size, dtype=np.int64), [f"{TRADE_SOURCE};{WGI_SOURCE}"]
    return long_rows(grid, "import_instability", status, numbers, parts, sources=sources)


def geopolrisk_risks(world: World) -> tuple[Status, ImportRisks]:
    """Why a cell has no GeoPolRisk value (0 where it has), and the sums behind its import risk."""
    grid, imports, supply = world.grid, world.imports, world.supply
    status = _import_status(grid, imports)
    supply.refuse(status)
    own = supply.domestic_t.reshape(-1)
    refuse(
        status, (own > 0) & ~supply.flat(supply.same_basis), "production and imports are on different bases"
    )
    risks = import_risks(imports.pair_cell, np.nan_to_num(imports.pair_mass), *world.governance(), grid.size)
    blind = risks.blind_t > (1 - COVERAGE) * imports.cell_mass
    refuse(status, blind, "no governance for suppliers of more than 5 % of the imports")
    return status, risks


def unit_values(imports: Imports) -> Array:
    """Import value per mass of every cell, USD/kg, over the flows whose mass is known."""
    covered = np.where(imports.cell_mass > 0, imports.cell_covered, np.nan)
    return np.asarray(covered / np.maximum(imports.cell_mass, 1e-300))


def _screen_geopolrisk(world: World) -> GridRows:
    """GeoPolRisk score with a 90 percent interval from governance errors and the rest of production."""
    grid, supply = world.grid, world.supply
    status, risks = geopolrisk_risks(world)
    own, price = supply.domestic_t.reshape(-1), unit_values(world.imports)
    risk, _, high = risks.within(own)
    _, low, _ = risks.within(own + supply.hidden_t)
    hhi = supply.flat(supply.hhi)
    score, lower, upper = hhi * risk, hhi * low, supply.flat(supply.hhi_upper) * high
    parts = {
        "hhi": hhi,
        "import_risk": risk,
        "price_usd_per_kg": price,
        "midpoint": score * price,
        "characterisation_factor": score * price / COPPER_MIDPOINT,
    }
    sources = _sources(supply, f"{TRADE_SOURCE};{WGI_SOURCE}")
    return long_rows(
        grid, "score", status, (score, lower, upper), parts, method="geopolrisk", sources=sources
    )


def _sources(supply: Supply, others: str) -> tuple[Integers, list[str]]:
    """Sources of every cell: trade and governance, then production."""
    names, number = np.unique(supply.source.astype(str), return_inverse=True)
    return supply.flat(number.reshape(supply.source.shape)), [f"{others};{name}" for name in names]


def _screen_customers(world: World, exports: Imports) -> GridRows:
    return screen_export_share(world.grid, exports, _import_status(world.grid, exports))


SCREENS: dict[str, Callable[[World], GridRows | pd.DataFrame]] = {
    "hhi": lambda world: screen_production(world.producers),
    "dera": lambda world: screen_dera(world.producers),
    "import_hhi": _screen_import_hhi,
    "import_share": _screen_import_share,
    "import_instability": _screen_instability,
    "net_import_reliance": _screen_reliance,
    "geopolrisk": _screen_geopolrisk,
    "concentration": lambda world: screen_concentration(world.producers),
    "eu": lambda world: screen_eu(world.producers),
    "usgs": lambda world: screen_usgs(world.producers),
    "export_share": lambda world: _screen_customers(world, world.exports),
    "look_through": lambda world: screen_look_through(
        world.trade, world.grid, world.production, _import_status(world.grid, world.imports)
    ),
    "chokepoints": lambda world: screen_nodes(world.producers, world.grid, world.imports),
}
METHODS = tuple(SCREENS)
# Not among "all": it rests on World Mining Data, which a user has to import.
ON_DEMAND: dict[str, Callable[[World], GridRows | pd.DataFrame]] = {
    PEER_METHOD: lambda world: screen_peer(
        world.store, world.materials, world.grid.countries, world.grid.years
    ),
}
