"""Small random studies that are valid by construction, for property tests and benchmarks.

A chain of stages with plants in some of the regions, co-products that other uses buy a part of,
ways with random shares and lags, random stocks. Everything is made from one generator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import Settings, StudyFiles
from ytterby.catalog.tables import study_columns
from ytterby.network.build import build_chain
from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.shocks import Shock, Triangular
from ytterby.network.targets import shock_kinds

_BLANK = {"number": float("nan"), "integer": float("nan"), "flag": False, "list": (), "date": None}
_NOBODY = np.zeros(0, dtype=np.int64)
YIELD = 0.8  # tonnes out of a tonne in, all outputs together
_PROVENANCE = {"source_id": "random", "assumed": True, "reason": "drawn at random"}


@dataclass(frozen=True)
class Size:
    """How large and how full a random study is."""

    regions: int = 3
    stages: int = 3
    sectors: int = 2
    spare: float = 1.5  # capacity over baseline activity
    longest_lag: int = 3
    least_cover: float = 0.0  # weeks
    most_cover: float = 6.0
    ramp_share: float = 1.0
    byproducts: bool = True
    elasticity: float = 0.0  # of the demand of every use
    stock_weeks: float = 0.0  # stockpile of the last material, in weeks of the first region's use


def random_study(rng: np.random.Generator, size: Size | None = None) -> StudyFiles:
    """Draw a study; its chain balances and its plants have room above the baseline."""
    drawn = _Drawing(rng, size or Size())
    capacities = [{"process": p, "capacity_tpa": 1e12, "ramp_share_per_week": 1.0} for p in drawn.plants()]
    first = build_chain(drawn.study(capacities, []))
    uses = drawn.byproduct_uses(first)
    second = build_chain(drawn.study(capacities, uses))
    running = ~second.process_is_use
    activity = dict(zip(np.array(second.processes)[running], second.activity_t[running], strict=True))
    for row in capacities:
        row["capacity_tpa"] = drawn.size.spare * float(activity[row["process"]]) * WEEKS_PER_YEAR
        row["ramp_share_per_week"] = drawn.size.ramp_share
    return drawn.study(capacities, uses)


class _Drawing:
    """All random choices, made once; ``study`` puts them into tables."""

    def __init__(self, rng: np.random.Generator, size: Size) -> None:
        self.rng, self.size = rng, size
        self.regions = [f"R{i}" for i in range(size.regions)]
        self.main = [f"m{i}" for i in range(size.stages)]
        self.byproduct = {
            stage: float(rng.uniform(0.1, 1.0))
            for stage in range(1, size.stages)
            if size.byproducts and rng.random() < 0.6
        }
        self.sites = [self._some(self.regions) for _ in self.main]
        self.weights = {p: float(rng.uniform(0.2, 1)) for p in self.plants()}
        self.demand = list(self._demand())
        self.ways = list(self._ways())
        self.covers = list(self._covers())

    def _some(self, names: list[str]) -> list[str]:
        count = int(self.rng.integers(1, len(names) + 1))
        return [names[i] for i in sorted(self.rng.choice(len(names), count, replace=False))]

    def plants(self) -> list[str]:
        """Names of the plants, stage by stage."""
        return [f"p{i}.{r}" for i in range(self.size.stages) for r in self.sites[i]]

    def materials(self) -> list[str]:
        """Main materials, then by-products."""
        return [*self.main, *(f"b{i}" for i in self.byproduct)]

    def _demand(self) -> Iterable[dict[str, Any]]:
        for region in self._some(self.regions):
            for sector in range(self.size.sectors):
                yield self._use(
                    f"u{sector}.{region}", region, f"s{sector}", "use", self.rng.uniform(100, 2000)
                )

    def _use(self, name: str, region: str, sector: str, recipe: str, tpa: float) -> dict[str, Any]:
        priority = float(self.rng.integers(0, 3))
        told = {"use": name, "label": name, "region": region, "sector": sector, "recipe": recipe}
        size = {"demand_tpa": float(tpa), "unmet_value_usd_per_t": 1000.0, "priority": priority}
        return {**told, **size, "elasticity": self.size.elasticity}

    def _ways(self) -> Iterable[dict[str, Any]]:
        for stage, material in enumerate(self.main):
            if stage + 1 < self.size.stages:
                users = self.sites[stage + 1]
            else:
                users = sorted({row["region"] for row in self.demand})
            for region in users:
                raw = self.rng.uniform(0.05, 1, len(self.sites[stage])) * (
                    self.rng.random(len(self.sites[stage])) < 0.7
                )
                raw = raw if raw.sum() > 0 else np.ones(len(raw))
                for origin, share in zip(self.sites[stage], raw / raw.sum(), strict=True):
                    yield self._way(material, origin, region, float(share))

    def _way(self, material: str, origin: str, region: str, share: float) -> dict[str, Any]:
        lag = float(self.rng.integers(0, self.size.longest_lag + 1))
        told = {"material": material, "origin": origin, "destination": region, "process": ""}
        return {**told, "base_share": share, "lag_weeks": lag, "cost_usd_per_t": 1.0, "tariff_share": 0.0}

    def _covers(self) -> Iterable[dict[str, Any]]:
        for material in self.materials():
            for holder in ("user", "producer"):
                weeks = float(self.rng.uniform(self.size.least_cover, self.size.most_cover))
                yield {"material": material, "region": "*", "holder": holder, "cover_weeks": weeks}

    def byproduct_uses(self, chain: Chain) -> list[dict[str, Any]]:
        """Uses in the first region that buy half of each by-product, from all that make it."""
        uses = []
        for stage in self.byproduct:
            material = f"b{stage}"
            pools = np.flatnonzero(chain.pool_material == chain.materials.index(material))
            supply = chain.pool_surplus_t[pools]
            tpa = 0.5 * supply.sum() * WEEKS_PER_YEAR
            uses.append(self._use(f"u{material}", self.regions[0], f"s{material}", f"use_{material}", tpa))
            self.ways += [
                self._way(material, chain.regions[chain.pool_region[pool]], self.regions[0], float(share))
                for pool, share in zip(pools, supply / supply.sum(), strict=True)
            ]
        return uses

    def _recipes(self) -> Iterable[dict[str, Any]]:
        for stage, material in enumerate(self.main):
            made = {material: 1.0}
            if stage in self.byproduct:
                made[f"b{stage}"] = self.byproduct[stage]
            for name, tonnes in made.items():
                yield _recipe(f"make{stage}", name, "output", tonnes)
            if stage:
                yield _recipe(f"make{stage}", self.main[stage - 1], "input", sum(made.values()) / YIELD)
        yield _recipe("use", self.main[-1], "input", 1.0)
        for stage in self.byproduct:
            yield _recipe(f"use_b{stage}", f"b{stage}", "input", 1.0)

    def study(self, capacities: list[dict[str, Any]], uses: list[dict[str, Any]]) -> StudyFiles:
        """Put the choices into tables."""
        stock = self.size.stock_weeks * self.demand[0]["demand_tpa"] / WEEKS_PER_YEAR
        home = self.demand[0]["region"]
        recipes = list(self._recipes())
        used = {row["recipe"] for row in uses} | {
            row["recipe"] for row in recipes if "_b" not in row["recipe"]
        }
        rows: dict[str, list[dict[str, Any]]] = {
            "materials": [{"material": m, "price_usd_per_t": 1.0} for m in self.materials()],
            "contents": [{"material": m, "element": "X", "content_t_per_t": 1.0} for m in self.materials()],
            "recipes": [row for row in recipes if row["recipe"] in used],
            "processes": [self._plant(p) for p in self.plants()],
            "capacities": capacities,
            "arcs": self.ways,
            "demand": [*self.demand, *uses],
            "inventories": self.covers,
            "stockpiles": [
                {
                    "stockpile": "pile", "partner": "home", "material": self.main[-1], "region": home,
                    "stock_t": stock, "limit_t": 1e9, "holding_usd_per_t_year": 1.0,
                }
            ],
            "partners": [{"partner": "home", "label": "Home", "regions": (home,), "budget_usd": 0.0}],
        }  # fmt: skip
        return study_of(rows, tuple(self.regions))

    def _plant(self, name: str) -> dict[str, Any]:
        stage, region = name[1:].split(".")
        told = {"process": name, "label": name, "region": region, "recipe": f"make{stage}"}
        return {**told, "main_output": f"m{stage}", "weight": self.weights[name], "cost_usd_per_t": 1.0}


def random_shock(chain: Chain, kind: str, rng: np.random.Generator, start: int = 5, end: int = 25) -> Shock:
    """Draw a shock of a kind on a random half of what such shocks hit; half of them ramp up or pause."""
    target = shock_kinds()[kind].hits
    counts = {
        "arcs": np.ones(len(chain.arc_pool), dtype=bool), "plants": ~chain.process_is_use,
        "uses": chain.process_is_use, "materials": np.ones(len(chain.materials), dtype=bool),
    }  # fmt: skip
    hit = {
        name: np.flatnonzero(able & (rng.random(len(able)) < 0.5)) if name == target else _NOBODY
        for name, able in counts.items()
    }
    ramp, pause = int(rng.integers(0, 8)), (start + 4, start + int(rng.integers(4, 10)))
    plain, weeks, first = rng.random() < 0.5, int(rng.integers(1, 9)), bool(rng.random() < 0.5)
    return Shock(
        kind, hit["arcs"], np.concatenate([hit["plants"], hit["uses"]]), start, end,
        Triangular(0.1, 0.5, 0.9), Triangular(1, 4, 12), Triangular(0.5, 0.8, 1), kind,
        materials=hit["materials"], ramp_weeks=0 if plain else ramp, pause=(0, 0) if plain else pause,
        period_weeks=weeks if kind == "quota" else 1, first_come=first and kind == "quota",
    )  # fmt: skip


def study_of(rows: Mapping[str, list[dict[str, Any]]], regions: tuple[str, ...]) -> StudyFiles:
    """Make a study from rows typed in code; tables and cells that are left out are blank.

    The rows are not checked as those of a file are; the first partner is the planner's, the last
    material its target.
    """
    tables = {name: _table(name, rows.get(name, [])) for name in study_columns()}
    partner = str(tables["partners"]["partner"].iloc[0]) if len(tables["partners"]) else "none"
    return StudyFiles(
        Path("random"), _settings(regions, str(tables["materials"]["material"].iloc[-1]), partner), tables
    )


def _recipe(recipe: str, material: str, direction: str, tonnes: float) -> dict[str, Any]:
    told = {"recipe": recipe, "material": material, "direction": direction}
    return {**told, "quantity_t": tonnes, "loss_name": "tailings"}


def _table(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Put rows into a typed table; what they leave out is blank."""
    rows = list(rows)
    data: dict[str, list[Any]] = {"row": list(range(2, len(rows) + 2))}
    for column in study_columns()[name]:
        blank = _PROVENANCE.get(column.name, _BLANK.get(column.type, ""))
        data[column.name] = [row.get(column.name, blank) for row in rows]
    return pd.DataFrame(data)


def _settings(regions: tuple[str, ...], material: str, partner: str) -> Settings:
    return Settings.model_validate(
        {
            "name": "random", "title": "Random", "question": "?", "base_year": 2025, "date": "2025-01-01",
            "regions": regions, "screening": {"materials": (), "importers": ()},
            "planning": {
                "partners": (partner,), "start": "2025-01-01", "deadline": "2026-01-01",
                "deadline_material": material, "target_share": 0.0, "controlled_regions": (),
            },
        }
    )  # fmt: skip
