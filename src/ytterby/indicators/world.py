"""What the methods of a screen read: production, imports and governance of one grid of cells.

Each part is gathered once, when the first method asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import load_materials, material
from ytterby.facts.governance import STABILITY
from ytterby.facts.store import Store
from ytterby.indicators.cells import (
    EU,
    EXPORTS,
    Array,
    Grid,
    Imports,
    Integers,
    Trade,
    build_groups,
    gather_imports,
    read_trade,
)
from ytterby.indicators.dependence import RegionSet
from ytterby.indicators.producers import Producers
from ytterby.indicators.regions import Regions, as_regions, bloc_regions
from ytterby.indicators.supply import Supply, Worlds, gather_production

FIRST_YEAR, LAST_YEAR = 1995, 2025


@dataclass(frozen=True)
class World:
    """A store seen through a grid of groups (materials at stages), countries and years.

    With ``one_edition`` all years of a material's production come from one edition where one has them all.
    """

    store: Store
    grid: Grid
    materials: tuple[str, ...]
    one_edition: bool = False

    @cached_property
    def production(self) -> Worlds:
        """World production by material, stage and year."""
        within = self.grid.years if self.one_edition else ()
        return gather_production(self.store, self.materials, within=within)

    @property
    def producers(self) -> Producers:
        """The same with the years of the grid and the store, for methods that need no trade."""
        return Producers(self.store, self.production, self.materials, self.grid.years)

    @cached_property
    def trade(self) -> Trade:
        """Flows of all codes and years of the grid."""
        return read_trade(self.store, self.grid)

    @cached_property
    def imports(self) -> Imports:
        """Imports of every cell by supplier."""
        return gather_imports(self.trade, self.grid)

    @property
    def exports(self) -> Imports:
        """The same seen from the other side: exports of every cell by customer; not kept, as one asks."""
        return gather_imports(self.trade, self.grid, ends=EXPORTS)

    @cached_property
    def supply(self) -> Supply:
        """Production beside the imports of every cell."""
        return Supply(self.grid, self.production)

    @cached_property
    def governance_table(self) -> Array:
        """Instability (0..1) and standard error, [2, supplier of the imports, year]; NaN without one."""
        rows = self.store.select("governance", indicator=STABILITY)
        place = {code: n for n, code in enumerate(self.imports.suppliers)}
        supplier = np.array([place.get(code, -1) for code in rows["country_iso3"]], dtype=np.int64)
        year = self.grid.numbers_of_years(rows["year"])
        known = (supplier >= 0) & (year >= 0)
        table = np.full((2, len(place), len(self.grid.years)), np.nan)
        table[:, supplier[known], year[known]] = rows[["instability", "std_error"]].to_numpy()[known].T
        return table

    def governance(self, year: Integers | None = None) -> tuple[Array, Array]:
        """Instability and standard error of the supplier of every pair of the imports.

        Parameters
        ----------
        year
            Number of the year whose governance counts for each pair; that of its cell when None.
        """
        pairs = self.imports
        at = pairs.pair_cell % len(self.grid.years) if year is None else year
        instability, error = self.governance_table[:, pairs.pair_supplier, at]
        return instability, np.nan_to_num(error)


def build_world(
    store: Store,
    *,
    materials: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    regions: RegionSet | None = None,
    one_edition: bool = False,
) -> World:
    """World of some materials, countries and years; of all that the store has where one is None.

    ``regions`` of one's own stand beside the countries, or alone where none is named.

    Raises
    ------
    UnknownName
        A material or country nobody knows.
    """
    keys = [material(name).material for name in materials] if materials else list(load_materials())
    own = as_regions(regions) if regions is not None else Regions(())
    asked = tuple(dict.fromkeys(map(iso3, countries or ())))
    grid = Grid(
        groups=tuple(build_groups(keys)),
        countries=(*asked, *own.names) or _all_countries(store),
        years=tuple(dict.fromkeys(years)) if years else tuple(range(FIRST_YEAR, LAST_YEAR + 1)),
        regions=Regions((*own.memberships, *bloc_regions(EU).memberships)),
    )
    return World(store, grid, tuple(keys), one_edition)


def _all_countries(store: Store) -> tuple[str, ...]:
    found = store.query("SELECT DISTINCT importer FROM trade ORDER BY importer")["importer"]
    return (*found, EU)
