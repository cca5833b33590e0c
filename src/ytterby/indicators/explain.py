"""Why two GeoPolRisk numbers of one cell differ: from the peer's to ours, one convention at a time.

The order is fixed (docs/method/indicators, section 3): the switches of :class:`Conventions` as they
stand there, on the peer's own tables; then our customs codes; then our table of producers; then what
the corrected method refuses. Each contribution is the step's value less that before it, so that they
add up to the whole difference. Another order would share it out otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import load_materials, material
from ytterby.errors import UnknownName
from ytterby.facts.store import Store
from ytterby.indicators.cells import ALL, Array, Grid, Group, build_groups
from ytterby.indicators.longrows import OK, REASONS, Status
from ytterby.indicators.peer import CORRECTED, PEER, PeerScores, evaluate
from ytterby.indicators.peer_tables import StoreTables, peer_group, read_peer_tables
from ytterby.indicators.screen import screen
from ytterby.indicators.supply import Supply, gather_production

QUANTITIES = ("score", "hhi", "import_risk", "price", "midpoint", "characterisation_factor")
COLUMNS = (
    "material", "stage", "country_iso3", "year", "step", "convention", "meaning", "value", "contribution",
    "status",
)  # fmt: skip


class _Step(NamedTuple):
    """Value and status of every cell after one more convention was given up."""

    name: str
    meaning: str
    value: Array
    status: Status


def explain_geopolrisk(
    store: Store,
    *,
    materials: Sequence[str],
    countries: Sequence[str],
    years: Sequence[int],
    stage: str = ALL,
    quantity: str = "score",
) -> pd.DataFrame:
    """From the peer's number to the corrected one, a row for each step of each cell.

    Parameters
    ----------
    store
        With World Mining Data imported, on which the peer rests.
    stage
        Stage of the corrected cell: ``all``, or one that the material's codes have.
    quantity
        ``score``, ``hhi``, ``import_risk``, ``price``, ``midpoint`` or ``characterisation_factor``.

    Returns
    -------
    material, stage, country_iso3, year, step (0 is the peer), convention, meaning, value,
    contribution (this value less that of the step before; over a cell they sum to corrected less
    peer), status (``ok`` or why the step has no value).

    Raises
    ------
    UnknownName
        A material, country, stage or quantity nobody knows.
    NoData
        The store has no World Mining Data.
    """
    if quantity not in QUANTITIES:
        raise UnknownName("quantity", quantity, QUANTITIES)
    keys = list(dict.fromkeys(material(name).material for name in materials))
    importers = tuple(dict.fromkeys(map(iso3, countries)))
    asked = tuple(dict.fromkeys(years))
    ours = read_peer_tables(store, [_group(key, stage) for key in keys], importers, asked)
    peer = read_peer_tables(store, [peer_group(key) for key in keys], importers, asked)
    steps = [*_peer_steps(peer, quantity), *_own_steps(store, ours, keys, quantity)]
    return _rows(ours.tables.grid, [*steps, _last(store, ours.tables.grid, keys, stage, steps[-1])])


def brief(steps: pd.DataFrame) -> pd.DataFrame:
    """For the terminal: the steps that change a number or lose it, with the first and the last."""
    ends = steps["convention"].isin(["peer", "corrected"])
    known = steps["value"].notna()
    turns = known != known.shift(fill_value=False)
    moves = steps["contribution"].abs() > 1e-12 * steps["value"].abs()  # less is rounding
    told = steps[ends | turns | moves]
    return told.drop(columns=["step", "stage", "meaning"]).reset_index(drop=True)


def _group(key: str, stage: str) -> Group:
    """Our codes of a material at a stage."""
    groups = {group.stage: group for group in build_groups([key])}
    if stage not in groups:
        raise UnknownName(f"stage of {load_materials()[key].name_en}", stage, groups)
    return groups[stage]


def _peer_steps(peer: StoreTables, quantity: str) -> Iterator[_Step]:
    """The peer's number and its switches, one off after the other, on its own tables."""
    yield _step("peer", "geopolrisk-py 2.0.1", peer.evaluate(PEER), quantity)
    for name, does, conventions in PEER.steps():
        yield _step(name, does, peer.evaluate(conventions), quantity)


def _own_steps(store: Store, ours: StoreTables, keys: Sequence[str], quantity: str) -> Iterator[_Step]:
    """Our customs codes instead of the peer's basket, then our table of producers."""
    meaning = "the peer's basket of customs codes"
    yield _step("peer_basket", meaning, ours.evaluate(CORRECTED), quantity)
    supply = Supply(ours.tables.grid, gather_production(store, keys))
    made = supply.flat(supply.hhi), supply.domestic_t.reshape(-1)
    scores = evaluate(ours.tables, CORRECTED, made)
    status = np.where(supply.flat(supply.status) != 0, supply.flat(supply.status), scores.status)
    meaning = "World Mining Data as the table of producers, without a rest"
    yield _step("peer_production", meaning, scores, quantity)._replace(status=status)


def _step(name: str, meaning: str, scores: PeerScores, quantity: str) -> _Step:
    value: Array = getattr(scores, quantity)
    return _Step(name, meaning, np.where(scores.status == 0, value, np.nan), scores.status)


def _last(store: Store, grid: Grid, keys: Sequence[str], stage: str, before: _Step) -> _Step:
    """What the corrected method gives: the value before, or its refusal."""
    rows = screen(store, methods=["geopolrisk"], materials=keys, countries=grid.countries, years=grid.years)
    found = rows.loc[rows["stage"] == stage, "status"].astype(str)
    status = found.map({reason: number for number, reason in enumerate(REASONS)}).to_numpy(dtype=np.int8)
    value = np.where(status == 0, before.value, np.nan)
    return _Step("corrected", "what is not known well enough is refused", value, status)


def _rows(grid: Grid, steps: Sequence[_Step]) -> pd.DataFrame:
    """Long rows of all steps, those of one cell together."""
    values = np.stack([step.value for step in steps], axis=1)
    change = np.diff(values, axis=1, prepend=np.nan)
    reasons = np.array(REASONS, dtype=object)[np.stack([step.status for step in steps], axis=1)]
    reasons[(reasons == OK) & np.isnan(values)] = "not defined"
    groups, countries, years = grid.shape
    count = len(steps)
    return pd.DataFrame(
        {
            "material": np.repeat([group.material for group in grid.groups], countries * years * count),
            "stage": np.repeat([group.stage for group in grid.groups], countries * years * count),
            "country_iso3": np.tile(np.repeat(grid.countries, years * count), groups),
            "year": np.tile(np.repeat(grid.years, count), groups * countries),
            "step": np.tile(np.arange(count), grid.size),
            "convention": np.tile([step.name for step in steps], grid.size),
            "meaning": np.tile([step.meaning for step in steps], grid.size),
            "value": values.reshape(-1),
            "contribution": change.reshape(-1),
            "status": reasons.reshape(-1),
        },
        columns=list(COLUMNS),
    )
