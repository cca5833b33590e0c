"""Where the supply of the Union comes from: its imports and its own production, on one basis or not at all.

Rules: docs/method/indicators, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ytterby.catalog.countries import bloc_members
from ytterby.catalog.materials import ABSENT, CORE, MIXED, load_trade_codes
from ytterby.facts.store import Store
from ytterby.indicators.cells import EU, Group
from ytterby.indicators.dependence import import_shares, merge_regions
from ytterby.indicators.estimates import Estimate, exactly, refused
from ytterby.indicators.eu import eu_import_reliance
from ytterby.indicators.longrows import OK
from ytterby.indicators.supply import COVERAGE, WorldProduction, Worlds, same_basis

_COLUMNS = ("year", "exporter", "importer", "hs6", "value_kusd", "quantity_t", "source_id")
_ORES = ("ore", "concentrate")
_FURTHER = ("semi_product", "magnet", "component", "product")  # stages beyond what refineries produce


@dataclass(frozen=True)
class Sourcing:
    """Shares of the Union's supply by country, or the reason why there are none; and its reliance."""

    status: str
    shares: dict[str, float] = field(default_factory=dict)
    reliance: Estimate = field(default_factory=lambda: refused("no trade"))
    sources: frozenset[str] = frozenset()


def stage_codes(material: str, stage: str) -> tuple[Group | None, str]:
    """Customs codes of a material at a stage of production, or why they cannot be followed.

    Ores stand for the mine; for what refineries produce stand the codes of the one stage after the ore.
    """
    rows = [c for c in load_trade_codes() if c.material == material]
    if stage == "mine":
        here = [c for c in rows if c.stage in _ORES]
    elif stage == "refined":
        here = [c for c in rows if c.stage not in (*_ORES, *_FURTHER)]
    else:
        here = [c for c in rows if c.stage == stage]
    if not here:
        return None, "no trade code of this stage"
    if any(c.basket in (MIXED, ABSENT) for c in here):
        return None, "trade of this stage stands under codes of other goods or is not in the store"
    core = [c for c in here if c.basket == CORE]
    if len({c.stage for c in core}) > 1:
        return None, "trade of compounds and of metal has no one basis"
    return Group(material, core[0].stage, tuple(c.hs6 for c in core)), OK


class UnionSupply:
    """Imports over the Union's border and production inside it, for the tables of producers in a store."""

    def __init__(self, store: Store, production: Worlds) -> None:
        self.store, self.production = store, production
        self.members = bloc_members(EU)

    def of(self, material: str, stage: str, year: int) -> Sourcing:
        """Sourcing of the Union in one year, with the reliance that the same numbers give."""
        world = self.production.get((material, stage, year))
        if world is None or world.status != OK:
            return Sourcing("no production in the store" if world is None else world.status)
        group, reason = stage_codes(material, stage)
        if group is None:
            return Sourcing(reason)
        return self._sourcing(group, world, self._flows(group.codes, year))

    def _flows(self, codes: Sequence[str], year: int) -> pd.DataFrame:
        """Flows over the border of the Union in some codes of one year."""
        parts = [self._trade[key] for code in codes if (key := (code, year)) in self._trade]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))

    @cached_property
    def _trade(self) -> dict[tuple[str, int], pd.DataFrame]:
        """Flows over the Union's border by code and year, in the years with production."""
        groups = [stage_codes(material, stage)[0] for material, stage, _ in self.production]
        codes = sorted({code for group in groups if group for code in group.codes})
        years = sorted({year for _, _, year in self.production})
        rows = self.store.select("trade", only=_COLUMNS, hs6=codes, year=years)
        inside = {side: rows[side].isin(self.members) for side in ("exporter", "importer")}
        border = merge_regions(rows[inside["exporter"] != inside["importer"]], EU)
        pieces = border.groupby(["hs6", "year"], observed=True)
        return {(str(code), int(year)): piece for (code, year), piece in pieces}

    def _sourcing(self, group: Group, world: WorldProduction, flows: pd.DataFrame) -> Sourcing:
        bought = flows[flows["importer"] == EU]
        own = {code: world.by_country[code] for code in self.members if code in world.by_country}
        reason = _fault(group, world, flows, own)
        if reason != OK:
            return Sourcing(reason)
        known = import_shares(bought).dropna(subset=["share"])
        imports = float(known["quantity_t"].sum())
        amounts = dict(zip(known["exporter"], known["quantity_t"], strict=True))
        amounts |= {code: mass for code, mass in own.items() if mass > 0}
        total = sum(amounts.values())
        made = sum(own.values())
        comparable = same_basis(group, world.basis)
        if world.rest_t > (1 - COVERAGE) * (total if comparable else _world_total(world)):
            return Sourcing("own production may be among the other countries of the source")
        sources = frozenset({*bought["source_id"], world.source_id})
        reliance = _reliance(flows, imports, made, world.rest_t, comparable=comparable, sources=sources)
        return Sourcing(OK, {code: mass / total for code, mass in amounts.items()}, reliance, sources)


def _fault(group: Group, world: WorldProduction, flows: pd.DataFrame, own: dict[str, float]) -> str:
    """Why imports and own production give no shares, ``ok`` where they do."""
    bought = flows[flows["importer"] == EU]
    if bought.empty:
        return "no imports of the Union in the store for this stage and year"
    if not _covered(bought) >= COVERAGE:
        return "mass is known for less than 95 % of the import value"
    if any(np.isnan(mass) for mass in own.values()):
        return "own production is withheld or not available"
    if sum(own.values()) > 0 and not same_basis(group, world.basis):
        return "production and imports are on different bases"
    return OK


def _covered(flows: pd.DataFrame) -> float:
    """Part of the value of flows whose mass is known; 1 where nothing flows."""
    value = float(flows["value_kusd"].sum())
    return float(flows.loc[flows["quantity_t"].notna(), "value_kusd"].sum()) / value if value > 0 else 1.0


def _world_total(world: WorldProduction) -> float:
    return sum(mass for mass in world.by_country.values() if mass == mass) + world.rest_t


def _reliance(
    flows: pd.DataFrame, imports: float, made: float, rest: float, *, comparable: bool, sources: Iterable[str]
) -> Estimate:
    """IR of the Union; what an unnamed member may make lowers it, to 0 where its weight is of other goods."""
    sold = flows[flows["exporter"] == EU]
    if not _covered(sold) >= COVERAGE:
        return refused("mass is known for less than 95 % of the export value")
    exports = float(sold["quantity_t"].sum())
    value = float(eu_import_reliance(imports, exports, made))
    low = float(eu_import_reliance(imports, exports, made + rest)) if comparable or rest == 0 else 0.0
    found = exactly(value, sources, imports_t=imports, exports_t=exports, production_t=made)
    return Estimate(value, low if value > 0 else value, value, OK, found.parts, found.sources)
