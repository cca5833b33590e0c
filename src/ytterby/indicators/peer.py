"""GeoPolRisk as geopolrisk-py 2.0.1 computes it, each of its conventions a switch (docs/method/indicators, 3).

Written from the published equations and from what the peer's numbers show; no line of it is the peer's.
All cells are computed at once: the sums behind a cell are weighted counts over the flows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.countries import bloc_members
from ytterby.indicators.cells import EU, Array, Flags, Grid, Integers
from ytterby.indicators.criticality import COPPER_MIDPOINT, import_risks
from ytterby.indicators.longrows import CODE, Status, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

GUESS = 0.5  # what the peer gives a supplier that its governance table does not name
UNMATCHED = "TWN"  # stands in the peer's governance table without the code that trade calls it by
# Codes that the peer's tables share: Guyana's is French Guiana's, the rest of EFTA's is Kosovo's.
SHARED_CODES = {"GUY": "GUF", "XEF": "XKX"}


def _switch(does: str) -> bool:
    return field(default=True, metadata={"does": does})  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Conventions:
    """What the peer assumes; all switches on is the peer, all off the corrected rules on the same tables.

    The order of the fields is the order in which a difference is taken apart.
    """

    truncated_production: bool = _switch("production is cut to whole units of its table in the HHI")
    withheld_is_zero: bool = _switch("a production that the table does not know counts as 0")
    gas_as_tonnes: bool = _switch("a million cubic metres of own production count as one tonne")
    joined_codes: bool = _switch("French Guiana passes for Guyana, Kosovo for the rest of EFTA")
    unmatched_taiwan: bool = _switch("Taiwan (Other Asia in trade) does not find its governance")
    guessed_governance: bool = _switch("no estimate counts as 0 (stable), no row as 0.5")
    inner_trade: bool = _switch("trade inside a region stays in the denominator, without risk")
    price_over_all_value: bool = _switch("value of flows without a mass counts in the price")
    zero_for_nothing: bool = _switch("no supply scores 0, no mass makes a price of 0")

    def steps(self) -> Iterator[tuple[str, str, Conventions]]:
        """Name, meaning and conventions after switching off one more of those that are on."""
        now = self
        for switch in fields(self):
            if getattr(self, switch.name):
                now = replace(now, **{switch.name: False})
                yield switch.name, switch.metadata["does"], now


PEER = Conventions()
CORRECTED = Conventions(**{switch.name: False for switch in fields(Conventions)})


@dataclass(frozen=True)
class PeerTables:
    """Trade, production and governance as arrays; B baskets, E importers, Y years, N names of countries.

    ``grid`` labels the cells (its groups are the baskets). One entry a flow: ``cell``, ``seller``,
    ``inside`` (seller and buyer in one region), ``mass`` (t, NaN unknown), ``value`` (kUSD).
    ``made`` (B, N, Y) is in the unit of its table, NaN where a row has no number and 0 where there is no
    row; ``tonnes_per_unit`` (B) is NaN for a volume. ``governance`` (N, Y) runs from 0 stable to 1;
    ``governance_row`` says whether there is a row, ``governance_gap`` whether the table has the country
    and the year and still no row of both.
    """

    grid: Grid
    names: tuple[str, ...]
    members: Flags
    cell: Integers
    seller: Integers
    inside: Flags
    mass: Array
    value: Array
    made: Array
    has_output: Flags
    tonnes_per_unit: Array
    governance: Array
    governance_row: Flags
    governance_gap: Flags


@dataclass(frozen=True)
class PeerScores:
    """Parts of every cell, flat in the order of the grid; NaN and a ``status`` where there is no value."""

    hhi: Array
    import_risk: Array
    price: Array
    imports_t: Array
    production_t: Array
    status: Status

    @property
    def score(self) -> Array:
        """GeoPolRisk score, 0..1."""
        return self.hhi * self.import_risk

    @property
    def midpoint(self) -> Array:
        """Score times price, USD/kg."""
        return self.score * self.price

    @property
    def characterisation_factor(self) -> Array:
        """Midpoint over that of copper, kg Cu-eq/kg."""
        return self.midpoint / COPPER_MIDPOINT


# --- from tables to arrays ----------------------------------------------------------------------


def number_tables(
    trade: pd.DataFrame,
    production: pd.DataFrame,
    governance: pd.DataFrame,
    grid: Grid,
    tonnes_per_unit: npt.ArrayLike,
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
        EU27 among the countries is the Union as one importer.
    tonnes_per_unit
        One number a group: 1 for tonnes, 0.001 for kilograms, NaN for a volume.
    """
    sellers, exporters = pd.factorize(trade["exporter"])
    members_of_grid = [bloc_members(code) if code == EU else (code,) for code in grid.countries]
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
        **flows,
        made=made,
        has_output=has_output.any(axis=2),
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
) -> dict[str, npt.NDArray[np.generic]]:
    """Flows of every basket to every importer of the grid; a member's flows count for its region too."""
    code, codes = pd.factorize(trade["hs6"])
    buyer, buyers = pd.factorize(trade["importer"])
    year = grid.numbers_of_years(trade["year"])
    known = np.array([place.get(name, -1) for name in buyers], dtype=np.int64)
    # Single countries in one step, each region in a step of its own.
    alone = {int(row.argmax()): number for number, row in enumerate(members) if row.sum() == 1}
    steps = [np.array([alone.get(n, -1) for n in known], dtype=np.int64)]
    for number in np.flatnonzero(members.sum(axis=1) > 1):
        steps.append(np.where((known >= 0) & members[number][known], number, -1))
    parts = []
    for b, group in enumerate(grid.groups):
        counted = np.isin(codes.to_numpy(dtype=object), np.array(group.codes, dtype=object))
        rows = np.flatnonzero(counted[code] & (year >= 0))
        for importers in steps:
            importer = importers[buyer[rows]]
            kept, importer = rows[importer >= 0], importer[importer >= 0]
            parts.append((kept, (b * len(grid.countries) + importer) * len(grid.years) + year[kept], importer))
    none = np.array([], dtype=np.int64)
    row, cell, importer = (np.concatenate([none, *column]) for column in zip(*parts, strict=True))
    seller = sellers[row]
    return {
        "cell": cell,
        "seller": seller,
        "inside": members[importer, seller],
        "mass": trade["quantity_t"].to_numpy(dtype=np.float64)[row],
        "value": trade["value_kusd"].to_numpy(dtype=np.float64)[row],
    }


# --- the value of every cell --------------------------------------------------------------------


def evaluate(
    tables: PeerTables, conventions: Conventions = PEER, supply: tuple[Array, Array] | None = None
) -> PeerScores:
    """GeoPolRisk of every cell of the tables under the given conventions.

    Parameters
    ----------
    supply
        World HHI and own production (t), one entry a cell, from another table of producers.
    """
    hhi, own = supply or (_concentration(tables, conventions), _own_production(tables, conventions))
    counted = ~tables.inside | conventions.inner_trade
    cell, known = tables.cell[counted], ~np.isnan(tables.mass[counted])
    mass, value = np.nan_to_num(tables.mass[counted]), tables.value[counted]
    year = cell % len(tables.grid.years)
    instability = _instability(tables, conventions)[tables.seller[counted], year]
    instability = np.where(tables.inside[counted], 0.0, instability)
    size = tables.grid.size
    risks = import_risks(cell, mass, instability, np.zeros(len(mass)), size)
    risk, _, _ = risks.within(own)
    if conventions.guessed_governance:  # one supplier that is no number makes the whole sum none
        blind = np.bincount(cell, np.isnan(instability), size) > 0
        risk = np.where(blind, np.nan, risk)
    nothing = (risks.imports_t + own) == 0
    spent = np.bincount(cell, value * (known | conventions.price_over_all_value), size)
    weighed = risks.imports_t > 0
    price = np.divide(spent, risks.imports_t, out=np.full(size, np.nan), where=weighed)
    if conventions.zero_for_nothing:
        risk, price = np.where(nothing, 0.0, risk), np.where(weighed, price, 0.0)
    status = np.zeros(size, dtype=np.int8)
    refuse(status, np.isnan(hhi), "no production in the store")
    refuse(status, np.isnan(own), "own production is withheld, not available or no mass")
    refuse(status, np.isnan(risk) & nothing, "no imports")
    refuse(status, np.isnan(risk), "a supplier has no governance")
    return PeerScores(hhi, risk, price, risks.imports_t, own, status)


def _flat(tables: PeerTables, table: Array) -> Array:
    """Entries of a (B, 1, Y) table for every cell."""
    return np.broadcast_to(table, tables.grid.shape).reshape(-1)


def _concentration(tables: PeerTables, conventions: Conventions) -> Array:
    """World HHI of every cell: sum P^2/(sum P)^2 over the table of producers; NaN where nothing is made."""
    made = np.nan_to_num(tables.made)
    if conventions.truncated_production:
        made = np.trunc(made)
    total = made.sum(axis=1, keepdims=True)
    squares = np.square(made).sum(axis=1, keepdims=True)
    hhi = np.divide(squares, np.square(total), out=np.full_like(total, np.nan), where=total > 0)
    return _flat(tables, hhi)


def _own_production(tables: PeerTables, conventions: Conventions) -> Array:
    """Production of every importer in tonnes, summed over the members of a region."""
    made = np.nan_to_num(tables.made) if conventions.withheld_is_zero else tables.made.copy()
    if conventions.joined_codes:
        for taker, giver in _shared(tables):
            listed = tables.has_output[:, giver]
            made[listed, taker] = made[listed, giver]
    unit = tables.tonnes_per_unit[:, None, None]
    if conventions.gas_as_tonnes:
        unit = np.where(np.isnan(unit), 1.0, unit)
    tonnes = np.where(made == 0, 0.0, made * unit)
    total = np.nan_to_num(tonnes).swapaxes(1, 2) @ tables.members.T.astype(np.float64)
    total[(np.isnan(tonnes).swapaxes(1, 2) @ tables.members.T.astype(np.float64)) > 0] = np.nan
    return np.asarray(total.swapaxes(1, 2).reshape(-1))


def _shared(tables: PeerTables) -> list[tuple[int, int]]:
    """Numbers of the countries that take over another's rows, and of those others."""
    place = {name: number for number, name in enumerate(tables.names)}
    pairs = ((place.get(taker, -1), place.get(giver, -1)) for taker, giver in SHARED_CODES.items())
    return [pair for pair in pairs if min(pair) >= 0]


def _instability(tables: PeerTables, conventions: Conventions) -> Array:
    """Instability of every country and year, NaN where the conventions leave it unknown."""
    stable, row, gap = (
        part.copy() for part in (tables.governance, tables.governance_row, tables.governance_gap)
    )
    place = {name: number for number, name in enumerate(tables.names)}
    if conventions.joined_codes:
        for taker, giver in _shared(tables):
            for part in (stable, row, gap):
                part[taker] = part[giver]
    if conventions.unmatched_taiwan and UNMATCHED in place:
        at = place[UNMATCHED]
        stable[at], row[at], gap[at] = np.nan, False, False
    if conventions.guessed_governance:
        guess = np.where(row, 0.0, np.where(gap, np.nan, GUESS))
        stable = np.where(np.isnan(stable), guess, stable)
    return stable


def whole_status(scores: PeerScores, lacking: npt.ArrayLike, unknown: npt.ArrayLike, grid: Grid) -> Status:
    """Status with what lies outside the tables: baskets without codes or with missing ones, countries."""
    status = np.zeros(grid.shape, dtype=np.int8)
    status[:, np.asarray(unknown, dtype=bool)] = CODE["the peer does not know this country"]
    status[np.asarray(lacking, dtype=bool)] = CODE["the store lacks a code that the peer counts"]
    status[[not group.codes for group in grid.groups]] = CODE["no trade code"]
    flat = status.reshape(-1)
    return np.where(flat == 0, scores.status, flat)
