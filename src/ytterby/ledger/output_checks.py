"""Claims about world output compiled to queries on production by stage (method, section 2.9)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD, load_production
from ytterby.facts.store import Store
from ytterby.ledger.definitions import claimed_percents, material_of, not_after
from ytterby.ledger.rounding import Claimed, claimed_percent
from ytterby.ledger.statements import Statement
from ytterby.ledger.variants import Check, Variant, not_checkable

_STAGES = {"production_share": "mine", "processing_share": "refined"}
_POSITIONS = {"largest", "leader", "leader_by_far"}


def check_world_share(claim: Statement, store: Store) -> Iterator[Check]:
    """Look up a country's share or rank in world production at the stage that the claim names."""
    if claim.kind not in {*_STAGES, "market_position"}:
        return
    stage = _stage(claim)
    country, material = next(iter(claim.agents), ""), material_of(claim)
    if not (stage and country and material):
        yield not_checkable("needs a country, a material and a stage", "world_share")
        return
    rank = claim.kind == "market_position"
    claimed = _claimed_rank(claim) if rank else _claimed_world_share(claim)
    if claimed is None:
        yield not_checkable("the words give no number and no rank", "world_share")
        return
    variants = tuple(_world_variants(store, material, stage, country, rank, not_after(claim)))
    if not variants:
        yield not_checkable(f"the store has no {stage} production of {material} by country", "world_share")
        return
    yield Check("world_rank" if rank else "world_share", "rank" if rank else "share", None, claimed, variants)


def _stage(claim: Statement) -> str:
    words = str(claim.details.get("stage") or "")
    if claim.kind in _STAGES:
        return _STAGES[claim.kind]
    return {"production": "mine", "mining": "mine", "processing": "refined", "refining": "refined"}.get(
        words, ""
    )


def _claimed_rank(claim: Statement) -> Claimed | None:
    largest = claim.details.get("position") in _POSITIONS
    return Claimed(1.0, 1.0, 1.0, 1.0) if largest else None


def _claimed_world_share(claim: Statement) -> Claimed | None:
    """The band of a percentage; 'most' and 'a large part' are more than half."""
    _, number = claimed_percents(claim)
    if number is not None and number.value is not None:
        return claimed_percent(number.value, number.qualifier)
    majority = any(n.value is None and n.qualifier == "majority" for n in claim.quantities)
    return Claimed(0.5, math.nextafter(0.5, 1), 1.0, 0.05) if majority else None


def _world_variants(
    store: Store, material: str, stage: str, country: str, rank: bool, not_after: int
) -> Iterator[Variant]:
    wanted = [material] + (["magnet_rare_earths"] if material == "rare_earths" else [])
    for name in wanted:
        try:
            rows = load_production(store, material=name, stage=stage, edition=ALL_EDITIONS)
        except YtterbyError:
            continue
        rows = rows[(rows["qualifier"] != "projection") & (rows["year"] <= not_after)]
        keys = ["year", "source_id", "edition"]
        groups = list(rows.groupby(keys, observed=True))
        for place, (key, group) in enumerate(groups):
            query = (f"load_production(open_store(), material={name!r}, stage={stage!r}, "
                     f"year={key[0]}, edition={key[2]!r})")  # fmt: skip
            yield _world_variant(group, name, stage, country, rank, query, place == len(groups) - 1)


def _world_variant(
    group: pd.DataFrame, material: str, stage: str, country: str, rank: bool, query: str, newest: bool
) -> Variant:
    row = group.iloc[0]
    value = world_rank(group, country) if rank else world_share(group, country)
    return Variant(
        f"{stage} of {material}, {row['year']}, {row['source_id']}", value_to=value,
        reference=newest, basis=str(row["basis"]), last_year=int(row["year"]),
        source_id=str(row["source_id"]), edition=str(row["edition"]), query=query,
        note=str(row["detail"]),
    )  # fmt: skip


def world_share(production: pd.DataFrame, country: str) -> float:
    """Share of a country in the printed world total, or in the sum of all rows where none is printed."""
    tonnes = production.groupby("country_iso3")["quantity_t"].sum(min_count=1)
    total = tonnes.get(WORLD, math.nan)
    if math.isnan(total):
        total = tonnes.sum(min_count=1)
    return float(tonnes.get(country, math.nan) / total) if total > 0 else math.nan


def world_rank(production: pd.DataFrame, country: str) -> float:
    """Place of a country among the countries that the source names; NaN where it is not among them."""
    tonnes = production.groupby("country_iso3")["quantity_t"].sum(min_count=1)
    tonnes = tonnes.drop(labels=[name for name in (WORLD, *RESTS) if name in tonnes.index]).dropna()
    return float((tonnes > tonnes[country]).sum() + 1) if country in tonnes.index else math.nan
