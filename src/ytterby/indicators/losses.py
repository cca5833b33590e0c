"""What the loss of suppliers of a material does to its price and quantity, as long rows and as a table.

Rules: docs/method/indicators, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import material as material_of
from ytterby.errors import NoData
from ytterby.facts.production import WORLD
from ytterby.facts.store import Store
from ytterby.indicators.disruption import (
    DIVERSIFICATION_LIMIT,
    disruption,
    expected_loss,
    lost_surplus,
    single_point_of_failure,
)
from ytterby.indicators.estimates import Estimate, Key, estimate_rows, missing_status, refused, within
from ytterby.indicators.inputs import Input, Inputs
from ytterby.indicators.longrows import OK
from ytterby.indicators.nassar import nassar_rows
from ytterby.indicators.producers import Producers
from ytterby.indicators.supply import gather_production
from ytterby.indicators.supply_shares import Suppliers, stages_of, world_supply

METHOD = "usgs"
# Value, least and most where nobody gave one: the two worked cases of section 5 of the method page.
ASSUMED_DEMAND = (0.2, 0.2, 0.2)
ASSUMED_SUPPLY = (0.1, 0.1, 0.3)
_OUTCOMES = ("price_ratio", "quantity_ratio", "surplus")


@dataclass(frozen=True)
class Elasticities:
    """Demand and supply elasticity as value, least and most, and whether they were given or assumed."""

    demand: tuple[float, float, float]
    supply: tuple[float, float, float]
    basis: str
    sources: frozenset[str] = frozenset()

    @property
    def parts(self) -> dict[str, object]:
        """What the components say of them."""
        return {"demand_elasticity": self.demand[0], "supply_elasticity": self.supply[0],
                "elasticities": self.basis}  # fmt: skip


def screen_usgs(world: Producers) -> pd.DataFrame:
    """Rows of the USGS-style methods: loss of the largest supplier, of scenarios, and Nassar's product."""
    return estimate_rows(METHOD, _rows(world, Inputs.of(world.store)))


def _rows(world: Producers, inputs: Inputs) -> Iterator[tuple[Key, Estimate]]:
    for material in world.materials:
        for stage in stages_of(world.production, inputs, material):
            for year in map(int, world.years):
                supply = world_supply(world.production, inputs, material, stage, year)
                for indicator, found in _losses(supply, inputs, material, stage, year).items():
                    yield Key(indicator, material, stage, WORLD, year), found
                yield from nassar_rows(supply, inputs, material, stage, year)


def _losses(
    supply: Suppliers | str, inputs: Inputs, material: str, stage: str, year: int
) -> dict[str, Estimate]:
    """Indicators of one table of producers, or the reason why it has none."""
    names = [f"largest_supplier_loss_{name}" for name in _OUTCOMES]
    if isinstance(supply, str):
        return dict.fromkeys([*names, "single_point_of_failure", "expected_supply_loss"], refused(supply))
    largest = max(supply.shares, key=lambda code: supply.shares[code])
    elasticities = load_elasticities(inputs, material, stage, year)
    lost = (supply.shares[largest], max(supply.shares[largest], supply.rest))
    outcomes = outcomes_of(*lost, elasticities)
    parts = {"supplier": largest, "loss": lost[0], **elasticities.parts}
    sources = supply.sources | elasticities.sources
    found = {
        f"largest_supplier_loss_{name}": Estimate(*numbers, OK, parts, sources)
        for name, numbers in outcomes.items()
    } or dict.fromkeys(names, refused("one supplier makes everything: no price clears that", sources))
    found["single_point_of_failure"] = _single_point(supply, largest)
    found["expected_supply_loss"] = _expected(supply, inputs, material, stage, year)
    return found


def load_elasticities(inputs: Inputs, material: str, stage: str, year: int) -> Elasticities:
    """Elasticities of the user's table where both are given, else the assumed ones."""
    found = [
        inputs.find(name, year, material=material, stage=stage)
        for name in ("demand_elasticity", "supply_elasticity")
    ]
    given = [one for one in found if one is not None and not one.fault]
    if len(given) < 2 or given[0].value + given[1].value <= 0:
        return Elasticities(ASSUMED_DEMAND, ASSUMED_SUPPLY, "assumed")
    demand, supply = ((one.value,) * 3 for one in given)
    return Elasticities(demand, supply, "given", frozenset(one.source_id for one in given))


def outcomes_of(
    loss: float, most: float, elasticities: Elasticities
) -> dict[str, tuple[float, float, float]]:
    """Price ratio, quantity ratio and surplus as value, lower and upper; nothing for a full loss.

    ``surplus`` is the consumer surplus lost over the spending before. Price and surplus rise with the
    loss and fall with both elasticities; quantity falls with the loss and with e, and rises with h.
    """
    if loss >= 1.0 or most >= 1.0:
        return {}
    demand, supply = elasticities.demand, elasticities.supply
    value = _outcome(loss, demand[0], supply[0])
    mild, worst = _outcome(loss, demand[2], supply[2]), _outcome(most, demand[1], supply[1])
    least, best = _outcome(most, demand[2], supply[1])[1], _outcome(loss, demand[1], supply[2])[1]
    return {
        "price_ratio": (value[0], mild[0], worst[0]),
        "quantity_ratio": (value[1], least, best),
        "surplus": (value[2], mild[2], worst[2]),
    }


def _outcome(loss: float, demand: float, supply: float) -> tuple[float, float, float]:
    price, quantity = disruption(loss, demand_elasticity=demand, supply_elasticity=supply)
    return float(price), float(quantity), float(lost_surplus(price, demand))


def _single_point(supply: Suppliers, largest: str) -> Estimate:
    """Whether one country makes more than the limit; open where the rest could be one such country."""
    parts = {"largest": largest, "largest_share": supply.shares[largest], "limit": DIVERSIFICATION_LIMIT}
    value = float(single_point_of_failure(list(supply.shares.values())))
    high = float(single_point_of_failure([*supply.shares.values(), supply.rest]))
    like = Estimate(parts=parts, sources=supply.sources)
    return within(value, high, ["names of the other countries of the source"], like)


def _expected(supply: Suppliers, inputs: Inputs, material: str, stage: str, year: int) -> Estimate:
    """Expected share of world supply lost in a year over the scenarios of the user's table."""
    labels = {"material": material, "stage": stage}
    chances = inputs.table("scenario_probability", year, "scenario", **labels)
    hits = {
        name: inputs.table("scenario_loss", year, "country_iso3", scenario=name, **labels) for name in chances
    }
    gaps = ["scenario_probability"] * (not chances)
    gaps += [f"scenario_loss of {name}" for name, hit in hits.items() if not hit]
    every = [*chances.values(), *(one for hit in hits.values() for one in hit.values())]
    gaps += sorted({one.fault for one in every if one.fault})
    if gaps:
        return refused(missing_status(gaps))
    odds = [one.value for one in chances.values()]
    if sum(odds) > 1.0 + 1e-9:
        return refused(f"probabilities of the scenarios sum to {sum(odds):.3f}")
    named, hidden = (np.array([_lost(supply, hit)[side] for hit in hits.values()]) for side in (0, 1))
    low, high = float(expected_loss(odds, named)), float(expected_loss(odds, named + hidden))
    parts = {"scenarios": len(chances), "probability": sum(odds), "largest_loss": float(named.max())}
    sources = supply.sources | {one.source_id for one in every}
    return Estimate(low, low, high, OK, parts, sources)


def _lost(supply: Suppliers, hit: Mapping[str, Input]) -> tuple[float, float]:
    """Share of supply that a scenario takes, and what it may take of countries that are not named."""
    taken = sum(supply.shares.get(code, 0.0) * one.value for code, one in hit.items())
    hidden = max((one.value for code, one in hit.items() if code not in supply.shares), default=0.0)
    return taken, supply.rest * hidden


def supplier_losses(
    store: Store,
    material: str,
    stage: str,
    year: int,
    *,
    count: int = 5,
    countries: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What the loss of each of the largest suppliers, or of named ones, does to price and quantity.

    Parameters
    ----------
    material, stage, year
        A material of the catalog, a stage with production in the store, a calendar year.
    count
        How many of the largest suppliers, each lost alone; the last row loses all of them together.
    countries
        ISO3 or names, instead of the largest.

    Returns
    -------
    lost (ISO3, joined by ``+`` for all together), loss (share of world supply), price_ratio,
    price_ratio_lower, price_ratio_upper and the same for quantity_ratio and surplus (of the spending
    before), elasticities (given or assumed), demand_elasticity, supply_elasticity. NaN for a full loss.

    Raises
    ------
    UnknownName
        A material or country nobody knows.
    NoData
        There is no table of producers, or a named country makes nothing in it.
    """
    key = material_of(material).material
    inputs = Inputs.of(store)
    supply = world_supply(gather_production(store, [key]), inputs, key, stage, year)
    if isinstance(supply, str):
        raise NoData(f"{key} {stage} {year}: {supply}.", "Ask for another stage or year.")
    elasticities = load_elasticities(inputs, key, stage, year)
    ordered = sorted(supply.shares, key=lambda code: -supply.shares[code])
    chosen = [iso3(name) for name in countries] if countries else ordered[:count]
    absent = [code for code in chosen if code not in supply.shares]
    if absent:
        raise NoData(f"{key} {stage} {year}: {', '.join(absent)} make nothing.", f"Of: {', '.join(ordered)}.")
    groups = [(code,) for code in chosen] + ([tuple(chosen)] if len(chosen) > 1 else [])
    return pd.DataFrame([_loss_row(group, supply, elasticities) for group in groups])


def _loss_row(group: tuple[str, ...], supply: Suppliers, elasticities: Elasticities) -> dict[str, object]:
    loss = min(1.0, sum(supply.shares[code] for code in group))
    found = outcomes_of(loss, loss, elasticities)
    row: dict[str, object] = {"lost": "+".join(group), "loss": loss}
    for name in _OUTCOMES:
        value, low, high = found.get(name, (float("nan"),) * 3)
        row |= {name: value, f"{name}_lower": low, f"{name}_upper": high}
    return row | elasticities.parts
