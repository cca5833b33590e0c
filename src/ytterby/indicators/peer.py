"""GeoPolRisk as geopolrisk-py 2.0.1 computes it, each of its conventions a switch.

The rules are docs/method/indicators, section 3. What the peer does was learnt from its code and its
numbers; the code here is our own. All cells are computed at once: the sums behind a cell are weighted
counts over the flows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ytterby.indicators.cells import Array, Grid
from ytterby.indicators.criticality import COPPER_MIDPOINT, import_risks
from ytterby.indicators.longrows import CODE, Status, refuse
from ytterby.indicators.peer_arrays import PeerTables

if TYPE_CHECKING:
    from collections.abc import Iterator

GUESS = 0.5  # what the peer gives a supplier that its governance table does not name
UNMATCHED = "TWN"  # stands in the peer's governance table without the code that trade calls it by
# Codes that the peer's tables share: Guyana's is French Guiana's, the rest of EFTA's is Kosovo's.
SHARED_CODES = {"GUY": "GUF", "XEF": "XKX"}


def _switch(does: str) -> bool:
    return field(default=True, metadata={"does": does})


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
    flows = tables.flows if conventions.inner_trade else tables.flows.over_borders()
    cell, known = flows.cell, ~np.isnan(flows.mass)
    mass = np.nan_to_num(flows.mass)
    year = cell % len(tables.grid.years)
    instability = _instability(tables, conventions)[flows.seller, year]
    instability = np.where(flows.inside, 0.0, instability)
    size = tables.grid.size
    risks = import_risks(cell, mass, instability, np.zeros(len(mass)), size)
    risk, _, _ = risks.within(own)
    if conventions.guessed_governance:  # one supplier that is no number makes the whole sum none
        blind = np.bincount(cell, np.isnan(instability), size) > 0
        risk = np.where(blind, np.nan, risk)
    nothing = (risks.imports_t + own) == 0
    spent = np.bincount(cell, flows.value * (known | conventions.price_over_all_value), size)
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
    stable = tables.governance.copy()
    row, gap = tables.governance_row.copy(), tables.governance_gap.copy()
    place = {name: number for number, name in enumerate(tables.names)}
    if conventions.joined_codes:
        for taker, giver in _shared(tables):
            stable[taker], row[taker], gap[taker] = stable[giver], row[giver], gap[giver]
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
