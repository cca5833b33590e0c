"""Random planning problems, for tests of laws that hold for every study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain
from ytterby.network.random_study import Size, random_shock, random_study
from ytterby.network.shocks import Scenario
from ytterby.network.targets import shock_kinds

KINDS = tuple(shock_kinds())


def random_planning_study(
    seed: int, size: Size, kinds: Sequence[str]
) -> tuple[StudyFiles, Chain, tuple[Scenario, ...]]:
    """Return a random study with two partners, a stockpile each and four projects, and two scenarios."""
    rng = np.random.default_rng(seed)
    study = random_study(rng, size)
    tables = dict(study.tables)
    regions, last = study.settings.regions[:2], tables["materials"]["material"].iloc[-1]
    told = {"row": 2, "source_id": "random", "assumed": True, "reason": "drawn at random"}
    tables["partners"] = pd.DataFrame(
        [{**told, "partner": f"P{r}", "label": r, "regions": (r,), "budget_usd": 5e6} for r in regions]
    )
    tables["stockpiles"] = pd.DataFrame(
        [
            {
                **told, "stockpile": f"pile{r}", "partner": f"P{r}", "material": last, "region": r,
                "stock_t": 0.0, "limit_t": float(rng.uniform(10, 1000)), "holding_usd_per_t_year": 100.0,
            }
            for r in regions
        ]
    )  # fmt: skip
    plants = [str(p) for p in tables["processes"]["process"]]
    projects, capacities = [], []
    for i in range(4):
        order = (f"P{regions[i % 2]}", f"P{regions[(i + 1) % 2]}")
        projects.append(
            {
                **told, "row": 2 + i, "project": f"j{i}", "label": f"Project {i}", "region": regions[i % 2],
                "register_id": "", "capex_usd": float(rng.uniform(1e3, 3e6)),
                "lead_months": float(rng.integers(0, 6)), "success_probability": float(rng.uniform(0.5, 1)),
                "financiers": order if rng.random() < 0.7 else order[:1],
                "requires": (f"j{i - 1}",) if i and rng.random() < 0.3 else (),
                "excludes": (f"j{i - 1}",) if i and rng.random() < 0.2 else (),
            }
        )  # fmt: skip
        plant = plants[int(rng.integers(len(plants)))]
        capacities.append(
            {**told, "project": f"j{i}", "process": plant, "capacity_tpa": rng.uniform(50, 2000)}
        )
    tables["projects"], tables["project_capacities"] = pd.DataFrame(projects), pd.DataFrame(capacities)
    planning = study.settings.planning.model_copy(
        update={"partners": tuple(f"P{r}" for r in regions), "target_share": 0.0, "discount_rate": 0.04}
    )
    made = replace(study, tables=tables, settings=study.settings.model_copy(update={"planning": planning}))
    chain = build_chain(made)
    chain = replace(chain, unmet_usd_per_t=np.where(chain.process_is_use, 50_000.0, 0.0))
    shocks = tuple(random_shock(chain, kind, rng, 3, 60) for kind in kinds)
    return made, chain, (Scenario("calm", "Calm", 0.6, ()), Scenario("bad", "Bad", 0.4, shocks))
