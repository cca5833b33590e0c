"""Trade, production and governance as arrays over a grid of baskets, importers and years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.countries import bloc_members
from ytterby.indicators.cells import EU, Array, Flags, Grid, Integers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Flows:
    """One entry a flow to an importer of the grid; a flow to a member of a region counts for both.

    ``inside`` says that seller and buyer are in one region; ``mass`` in t, NaN unknown; ``value`` in kUSD.
    """

    cell: Integers
    seller: Integers
    inside: Flags
    mass: Array
    value: Array

    def over_borders(self) -> Flows:
        """Flows without those inside a region."""
        kept = ~self.inside
        return Flows(self.cell[kept], self.seller[kept], self.inside[kept], self.mass[kept], self.value[kept])


@dataclass(frozen=True)
class PeerTables:
    """Trade, production and governance as arrays; B baskets, E importers, Y years, N names of countries.

    ``grid`` labels the cells (its groups are the baskets); ``members`` (E, N) says who is in an importer.
    ``made`` (B, N, Y) is in the unit of its table, NaN where a row has no number and 0 where there is no
    row; ``tonnes_per_unit`` (B) is NaN for a volume. ``governance`` (N, Y) runs from 0 stable to 1;
    ``governance_row`` says whether there is a row, ``governance_gap`` whether the table has the country
    and the year and still no row of both.
    """

    grid: Grid
    names: tuple[str, ...]
    members: Flags
    flows: Flows
    made: Array
    has_output: Flags
    tonnes_per_unit: Array
    governance: Array
    governance_row: Flags
    governance_gap: Flags


def number_tables(
    trade: pd.DataFrame,
    production: pd.DataFrame,
    governance: pd.DataFrame,
    grid: Grid,
    tonnes_per_unit: npt.ArrayLike,
    regions: Mapping[str, Sequence[str]] | None = None,
) -> PeerTables:
    """Tables of trade, production and governance as arrays over a grid of baskets, importers and years.

    Parameters
    ----------
    trade
        year, exporter, importer, hs6, value_kusd, quantity_t (NaN unknown).
    production
        material (as the grid's groups call it), country_iso3, year, quantity in the unit of its table;
        no totals.
    governance
        country_iso3, year, instability (0 stable .. 1, NaN where the row has no estimate).
    grid
        Its countries are importers: ISO3, ``EU27``, or names of ``regions``.
    tonnes_per_unit
        One number a group: 1 for tonnes, 0.001 for kilograms, NaN for a volume.
    regions
        ISO3 of the members of each region that is one importer.
    """
    sellers, exporters = pd.factorize(trade["exporter"])
    blocs = {EU: bloc_members(EU), **(regions or {})}
    members_of_grid = [blocs.get(code, (code,)) for code in grid.countries]
    everybody = [*exporters, *production["country_iso3"], *governance["country_iso3"]]
    everybody += [code for part in members_of_grid for code in part]
    names = tuple(dict.fromkeys(everybody))
    place = {name: number for number, name in enumerate(names)}
    members = np.zeros((len(grid.countries), len(names)), dtype=bool)
    for number, part in enumerate(members_of_grid):
        members[number, [place[code] for code in part]] = True
    flows = _number_flows(trade, sellers, grid, members, place)
    made, has_output = _spread(production, "quantity", [g.material for g in grid.groups], place, grid)
    stable, has_row = _spread(governance.assign(material=""), "instability", [""], place, grid)
    listed = np.isin(np.array(names, dtype=object), governance["country_iso3"].unique())
    covered = np.isin(np.array(grid.years), governance["year"].unique())
    return PeerTables(
        grid=grid,
        names=names,
        members=members,
        flows=flows,
        made=made,
        has_output=np.asarray(has_output.any(axis=2)),
        tonnes_per_unit=np.asarray(tonnes_per_unit, dtype=np.float64),
        governance=np.where(has_row[0], stable[0], np.nan),
        governance_row=has_row[0],
        governance_gap=listed[:, None] & covered[None, :] & ~has_row[0],
    )


def _spread(
    rows: pd.DataFrame, column: str, labels: list[str], place: dict[str, int], grid: Grid
) -> tuple[Array, Flags]:
    """Numbers of a long table by label, country and year, and whether there was a row; 0 without one."""
    number = {label: n for n, label in enumerate(labels)}
    at = (
        rows["material"].map(number).fillna(-1).to_numpy(dtype=np.int64),
        rows["country_iso3"].map(place).to_numpy(dtype=np.int64),
        grid.numbers_of_years(rows["year"]),
    )
    kept = (at[0] >= 0) & (at[2] >= 0)
    at = (at[0][kept], at[1][kept], at[2][kept])
    table = np.zeros((len(labels), len(place), len(grid.years)))
    seen = np.zeros(table.shape, dtype=bool)
    np.add.at(table, at, rows[column].to_numpy(dtype=np.float64)[kept])
    seen[at] = True
    return table, seen


def _number_flows(
    trade: pd.DataFrame, sellers: Integers, grid: Grid, members: Flags, place: dict[str, int]
) -> Flows:
    """Flows of every basket to every importer of the grid; a member's flows count for its region too."""
    code, codes = pd.factorize(trade["hs6"])
    buyer, buyers = pd.factorize(trade["importer"])
    year = grid.numbers_of_years(trade["year"])
    known = np.array([place.get(name, -1) for name in buyers], dtype=np.int64)
    # Single countries in one step, each region in a step of its own.
    alone = {int(row.argmax()): number for number, row in enumerate(members) if row.sum() == 1}
    regions = np.flatnonzero(members.sum(axis=1) > 1)
    steps = [np.array([alone.get(n, -1) for n in known], dtype=np.int64)]
    steps += [np.where((known >= 0) & members[number][known], number, -1) for number in regions]
    none = np.array([], dtype=np.int64)
    parts = [(none, none, none)]
    for b, group in enumerate(grid.groups):
        counted = np.isin(codes.to_numpy(dtype=object), np.array(group.codes, dtype=object))
        rows = np.flatnonzero(counted[code] & (year >= 0))
        for importers in steps:
            importer = importers[buyer[rows]]
            kept, importer = rows[importer >= 0], importer[importer >= 0]
            cell = (b * len(grid.countries) + importer) * len(grid.years) + year[kept]
            parts.append((kept, cell, importer))
    row, cell, importer = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Flows(
        cell=cell,
        seller=sellers[row],
        inside=members[importer, sellers[row]],
        mass=trade["quantity_t"].to_numpy(dtype=np.float64)[row],
        value=trade["value_kusd"].to_numpy(dtype=np.float64)[row],
    )
