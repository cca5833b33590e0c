"""Kinds of shocks, and which arcs, plants, uses or materials a row of ``scenarios.csv`` hits.

The kinds are attribute rows (``catalog/data/shock_kinds.csv``); the table in section 2 of
``docs/method/simulation.md`` is held equal to them by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ytterby.catalog.rows import read_rows
from ytterby.network.chain import Chain, Flags, Ints
from ytterby.network.content_rule import controlled_value_share


@dataclass(frozen=True)
class ShockKind:
    """One attribute row: what a kind of shock hits, which numbers it needs, what it does."""

    name: str
    hits: str  # arcs, plants, uses or materials
    level: str  # what its level means; empty when it has none
    level_most: float
    licence: bool  # has a delay and an approval
    effect: str
    rule: str
    source: str


@cache
def shock_kinds() -> dict[str, ShockKind]:
    """All kinds by name, in the order of their table."""
    return {
        row["kind"]: ShockKind(
            row["kind"], row["hits"], row["level"], float(row["level_most"] or "inf"),
            row["licence"] == "yes", row["effect"], row["rule"], row["source"],
        )
        for row in read_rows("shock_kinds")
    }  # fmt: skip


def find_targets(row: Any, chain: Chain) -> Flags:
    """Flags of the arcs, plants, end uses or materials that a row hits."""
    if row.shock == "port_closure":
        return _crossing_arcs(row, chain)
    if row.shock == "extraterritorial":
        return _foreign_arcs(row, chain)
    finders = {"arcs": _hit_arcs, "plants": _hit_plants, "uses": _hit_uses, "materials": _hit_materials}
    return finders[shock_kinds()[row.shock].hits](row, chain)


def _hit_arcs(row: Any, chain: Chain) -> Flags:
    origin, destination = _ends(chain)
    return _among(origin, chain.regions, row.origins) & _reaches(row, chain, destination)


def _ends(chain: Chain) -> tuple[Ints, Ints]:
    """[arc] region of the pool and of the user."""
    return chain.pool_region[chain.arc_pool], chain.process_region[chain.slot_process[chain.arc_slot]]


def _reaches(row: Any, chain: Chain, destination: Ints) -> Flags:
    """Arcs whose users, materials and sectors the row names."""
    if "*" in row.destinations:
        hit = ~_among(destination, chain.regions, row.origins)
    else:
        hit = _among(destination, chain.regions, row.destinations)
    hit &= _among(chain.pool_material[chain.arc_pool], chain.materials, row.materials)
    if row.sectors:  # end uses of these sectors only
        sector = chain.process_sector[chain.slot_process[chain.arc_slot]]
        hit &= _among(sector, chain.sectors, row.sectors)
    return hit


def _crossing_arcs(row: Any, chain: Chain) -> Flags:
    origin, destination = (_among(end, chain.regions, row.origins) for end in _ends(chain))
    hit: Flags = (origin != destination) & _among(
        chain.pool_material[chain.arc_pool], chain.materials, row.materials
    )
    return hit


def _foreign_arcs(row: Any, chain: Chain) -> Flags:
    """Arcs out of other regions, over a border, of goods with enough controlled material in them."""
    origin, destination = _ends(chain)
    controlled = _among(chain.pool_region, chain.regions, row.origins)
    controlled &= _among(chain.pool_material, chain.materials, row.materials)
    share = controlled_value_share(chain, controlled)[chain.arc_pool]
    abroad = ~_among(origin, chain.regions, row.origins) & (origin != destination)
    wanted = _among(destination, chain.regions, row.destinations) if "*" not in row.destinations else True
    hit: Flags = abroad & wanted & (share >= row.level_mode)
    return hit


def _hit_plants(row: Any, chain: Chain) -> Flags:
    hit: Flags = ~chain.process_is_use
    hit &= _among(chain.process_region, chain.regions, row.origins)
    hit &= _among(chain.process_material, chain.materials, row.materials)
    if row.sectors:
        hit &= np.isin(np.array(chain.processes, dtype=object), list(row.sectors))
    return hit


def _hit_uses(row: Any, chain: Chain) -> Flags:
    hit: Flags = chain.process_is_use.copy()
    if "*" not in row.destinations:
        hit &= _among(chain.process_region, chain.regions, row.destinations)
    hit &= _among(chain.process_sector, chain.sectors, row.sectors)
    return hit


def _hit_materials(row: Any, chain: Chain) -> Flags:
    return _among(np.arange(len(chain.materials)), chain.materials, row.materials)


def _among(index: Ints, names: tuple[str, ...], chosen: tuple[str, ...]) -> Flags:
    """Which of ``index`` are among the chosen names; an empty choice means all."""
    if not chosen:
        return np.ones(len(index), dtype=bool)
    return np.isin(index, [names.index(name) for name in chosen])
