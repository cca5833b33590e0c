"""The EU assessment as long rows: supply risk and economic importance of every material for the Union.

Inputs are production, trade and governance of the store, and what the user imported as
``criticality_inputs``. What is missing is named in ``status``; where it is bounded, the bounds stay.
Rules: docs/method/indicators, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from ytterby.facts.production import WORLD
from ytterby.facts.store import Store
from ytterby.indicators.cells import EU
from ytterby.indicators.estimates import (
    NAN,
    Estimate,
    Key,
    estimate_rows,
    exactly,
    missing_status,
    refused,
    within,
)
from ytterby.indicators.eu import eu_governance
from ytterby.indicators.eu_bounds import (
    concentration,
    higher_stage,
    importance,
    supply_risk,
    verdict,
)
from ytterby.indicators.inputs import Input, Inputs
from ytterby.indicators.longrows import OK
from ytterby.indicators.producers import Producers
from ytterby.indicators.sourcing import UnionSupply
from ytterby.indicators.supply import WGI_SOURCE
from ytterby.indicators.supply_shares import Suppliers, given_shares, stages_of, world_supply

METHOD = "eu"
DIMENSIONS = 6  # of governance; the mean of fewer is another number
DIVISIONS = 24  # of NACE Rev. 2 manufacturing, C10 to C33
SIX_SOURCE = "wgi"
ALL_SIX, STABILITY = "mean of six dimensions", "political stability alone"
_ALL_STAGES = "all"


def screen_eu(world: Producers) -> pd.DataFrame:
    """Rows of the EU method: concentrations, reliance and supply risk by stage, then by material."""
    return estimate_rows(METHOD, _Assessment(world).rows())


class _Assessment:
    def __init__(self, world: Producers) -> None:
        self.world = world
        self.inputs = Inputs.of(world.store)
        self.union = UnionSupply(world.store, world.production)

    @cached_property
    def governance(self) -> dict[tuple[str, int], tuple[float, str]]:
        return load_eu_governance(self.world.store)

    def rows(self) -> Iterator[tuple[Key, Estimate]]:
        """Every material and year: its stages, and what counts for the material as a whole."""
        for material in self.world.materials:
            stages = stages_of(self.world.production, self.inputs, material)
            for year in map(int, self.world.years):
                risks = {}
                for stage in stages:
                    cells = self._stage(material, stage, year)
                    risks[stage] = cells["supply_risk"]
                    for indicator, found in cells.items():
                        place = WORLD if indicator.endswith("_global") else EU
                        yield Key(indicator, material, stage, place, year), found
                for indicator, found in self._material(material, year, risks).items():
                    yield Key(indicator, material, _ALL_STAGES, EU, year), found

    def _stage(self, material: str, stage: str, year: int) -> dict[str, Estimate]:
        """Indicators of one stage."""
        supply = world_supply(self.world.production, self.inputs, material, stage, year)
        plain, traded = (self._concentration(supply, material, stage, year, trade=t) for t in (False, True))
        sourced, reliance = self._union_supply(material, stage, year)
        union = self._concentration(sourced, material, stage, year, trade=True)
        return {
            "hhi_wgi_global": plain,
            "hhi_wgi_t_global": traded,
            "hhi_wgi_t_eu": union,
            "import_reliance": reliance,
            "supply_risk": self._supply_risk(material, stage, year, traded, union, reliance),
        }

    def _material(self, material: str, year: int, risks: Mapping[str, Estimate]) -> dict[str, Estimate]:
        """Indicators of the material: the higher of its stages, its importance, and the verdict."""
        risk, importance = higher_stage(risks), self._importance(material, year)
        return {
            "supply_risk": risk,
            "economic_importance": importance,
            "critical": verdict(risk, importance, year),
        }

    # --- who supplies ---------------------------------------------------------------------------

    def _union_supply(self, material: str, stage: str, year: int) -> tuple[Suppliers | str, Estimate]:
        """Supply of the Union by country, and its import reliance; a study's numbers go before trade."""
        labels = {"material": material, "stage": stage, "region": EU}
        given = self.inputs.table("sourcing_share", year, "country_iso3", **labels)
        reliance = self.inputs.find("import_reliance", year, **labels)
        if given and reliance:
            return given_shares(given, "sourcing_share"), given_value("import_reliance", reliance)
        traded = self.union.of(material, stage, year)
        shares: Suppliers | str = traded.status
        if traded.status == OK:
            shares = Suppliers(traded.shares, 0.0, traded.sources)
        relied = traded.reliance if traded.status == OK else refused(traded.status)
        return (
            given_shares(given, "sourcing_share") if given else shares,
            given_value("import_reliance", reliance) if reliance else relied,
        )

    # --- concentration --------------------------------------------------------------------------

    def _concentration(
        self, supply: Suppliers | str, material: str, stage: str, year: int, *, trade: bool
    ) -> Estimate:
        """HHI of a supply weighted by governance and, if asked, by t."""
        if isinstance(supply, str):
            return refused(supply)
        scores = [self.governance.get((code, year), (NAN, "")) for code in supply.shares]
        kinds = {kind for _, kind in scores if kind}
        found = (
            [self._trade_parameter(material, stage, code, year) for code in supply.shares] if trade else []
        )
        parts = {
            "largest": max(supply.shares, key=lambda code: supply.shares[code]),
            "largest_share": max(supply.shares.values()),
            "rest_share": supply.rest,
            "governance": STABILITY if STABILITY in kinds else ALL_SIX,
        }
        sources = supply.sources | {score_source(kind) for kind in kinds}
        sources |= {one.source_id for one in found if one}
        weights = [one.value if one else NAN for one in found] if trade else None
        like = Estimate(parts=parts, sources=frozenset(sources))
        return concentration(supply, [score for score, _ in scores], weights, like)

    def _trade_parameter(self, material: str, stage: str, code: str, year: int) -> Input | None:
        labels = {"material": material, "stage": stage, "country_iso3": code, "region": EU}
        found = self.inputs.find("trade_parameter", year, **labels)
        return None if found is None or found.fault else found

    # --- the two axes ---------------------------------------------------------------------------

    def _supply_risk(
        self, material: str, stage: str, year: int, world: Estimate, union: Estimate, reliance: Estimate
    ) -> Estimate:
        """SR of a stage. A side without data gives way to the other; other missing inputs leave bounds."""
        sides = [side for side in (world, union) if not np.isnan(side.upper)]
        if not sides:
            return refused(world.status, world.sources)
        recycled = self._bounded("eol_rir", year, material=material, stage=stage)
        index = self._bounded("substitution_supply", year, material=material, stage=stage)
        parts = {
            "hhi_wgi_t_global": world.value if world in sides else world.status,
            "hhi_wgi_t_eu": union.value if union in sides else union.status,
            "import_reliance": reliance.value,
            "eol_rir": recycled.value,
            "substitution_supply": index.value,
        }
        inputs = (world, union, reliance, recycled, index)
        sources = frozenset().union(*(one.sources for one in inputs))
        return supply_risk(*inputs, like=Estimate(parts=parts, sources=sources))

    def _bounded(self, parameter: str, year: int, **labels: str) -> Estimate:
        """A share or index from the user's table; without one 0 to 1 and the name of what is missing."""
        found = self.inputs.find(parameter, year, **labels)
        if found is None or found.fault:
            fault = f" ({found.fault})" if found else ""
            return Estimate(NAN, 0.0, 1.0, missing_status([parameter + fault]))
        return given_value(parameter, found)

    def _importance(self, material: str, year: int) -> Estimate:
        """EI from uses by sector and the value added of the Union's manufacturing."""
        labels = {"material": material, "region": EU}
        uses = self.inputs.table("use_share", year, "sector", **labels)
        sizes = self.inputs.table("value_added", year, "sector", region=EU)
        largest = self.inputs.find("largest_value_added", year, region=EU)
        index = self._bounded("substitution_importance", year, material=material)
        gaps = [f"value_added of {sector}" for sector in uses if sector not in sizes]
        gaps += ["use_share"] * (not uses) + ["value_added"] * (not sizes)
        gaps += [f"{one}: {two.fault}" for one, two in {**uses, **sizes}.items() if two.fault]
        if gaps:
            return refused(missing_status(gaps))
        top = largest.value if largest else max(size.value for size in sizes.values())
        shares = {sector: use.value for sector, use in uses.items()}
        parts = {
            "year_of_uses": next(iter(uses.values())).year,
            "largest_value_added": top,
            "unallocated_share": max(0.0, 1.0 - sum(shares.values())),
            "substitution_importance": index.value,
        }
        given = [*uses.values(), *sizes.values(), *([largest] if largest else [])]
        like = Estimate(parts=parts, sources=_sources(given) | index.sources)
        whole = importance(shares, {sector: size.value for sector, size in sizes.items()}, top, index, like)
        if largest or len(sizes) >= DIVISIONS or np.isnan(whole.upper):
            return whole
        # The largest division may be missing, and with a larger one EI is smaller.
        gap = f"largest_value_added (only {len(sizes)} of {DIVISIONS} divisions are given)"
        return within(0.0, whole.upper, [gap, *([] if whole.known else ["substitution_importance"])], like)


def _sources(inputs: list[Input]) -> frozenset[str]:
    return frozenset(one.source_id for one in inputs)


def given_value(parameter: str, given: Input) -> Estimate:
    """A number of the user's table, or its fault."""
    if given.fault:
        return refused(f"{parameter}: {given.fault}", [given.source_id])
    return exactly(given.value, [given.source_id], year=given.year)


def score_source(kind: str) -> str:
    """Source of a score on the EU scale: the six dimensions are an import of the user."""
    return SIX_SOURCE if kind == ALL_SIX else WGI_SOURCE


def load_eu_governance(store: Store) -> dict[tuple[str, int], tuple[float, str]]:
    """Governance on the EU scale by country and year, and which it is: all six, or political stability.

    The mean of six is taken where an import under the source ``wgi`` has all six of a country and year.
    """
    stability = store.select("governance", indicator="PV").dropna(subset=["estimate"])
    found = {
        (str(code), int(year)): (float(score), STABILITY)
        for code, year, score in zip(
            stability["country_iso3"], stability["year"], eu_governance(stability["estimate"]), strict=True
        )
    }
    six = store.select("governance", source_id=SIX_SOURCE).dropna(subset=["estimate"])
    grouped = six.groupby(["country_iso3", "year"])["estimate"].agg(["mean", "size"])
    for (code, year), row in grouped[grouped["size"] == DIMENSIONS].iterrows():
        found[str(code), int(year)] = (float(eu_governance(row["mean"])), ALL_SIX)
    return found
