"""Concentration of world supply at every stage in the store, by every measure, with its bounds.

What no country is named for is a rest. Where the number of suppliers matters, the value takes the rest
as one supplier; the HHI takes it as many small ones, as USGS tables mean it. Bounds hold for any way in
which the rest may be split among the countries not named. Rules: docs/method/indicators, section 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ytterby.catalog.countries import country_codes, is_country
from ytterby.facts.production import WORLD
from ytterby.indicators.concentration import hhi_band, normalised_hhi, shannon, theil, top_share
from ytterby.indicators.estimates import Estimate, Key, estimate_rows, refused
from ytterby.indicators.longrows import OK
from ytterby.indicators.producers import Producers
from ytterby.indicators.supply import WorldProduction
from ytterby.indicators.values import Array

METHOD = "concentration"
TOPS = (1, 3, 5)
_COUNTRIES = sum(map(is_country, country_codes()))
Bounds = tuple[float, float, float]  # value, lower, upper


def screen_concentration(world: Producers, tops: Sequence[int] = TOPS) -> pd.DataFrame:
    """Rows of every measure for each material, stage with production (mine where there is none) and year."""
    return estimate_rows(METHOD, _rows(world, tops))


def _rows(world: Producers, tops: Sequence[int]) -> Iterator[tuple[Key, Estimate]]:
    held = world.production
    for material in world.materials:
        for stage in sorted({s for m, s, _ in held if m == material}) or ["mine"]:
            for year in map(int, world.years):
                for indicator, found in measure(held.get((material, stage, year)), tops).items():
                    yield Key(indicator, material, stage, WORLD, year), found


def measure(table: WorldProduction | None, tops: Sequence[int] = TOPS) -> dict[str, Estimate]:
    """Every measure of one table of producers, or the reason why it has none."""
    names = [*_MEASURES, *(f"top_{count}_share" for count in tops)]
    if table is None or table.status != OK:
        reason = refused("no production in the store" if table is None else table.status)
        return dict.fromkeys(names, reason)
    amounts = np.array([mass for mass in table.by_country.values() if mass > 0])
    found = {name: formula(amounts, table.rest_t) for name, formula in _MEASURES.items()}
    found |= {f"top_{count}_share": _top(amounts, table.rest_t, count) for count in tops}
    withheld = sorted(code for code, mass in table.by_country.items() if mass != mass)
    parts = {"suppliers": len(amounts), "rest_share": table.rest_t / (amounts.sum() + table.rest_t),
             "withheld": withheld, "basis": table.basis, "edition": table.edition}  # fmt: skip
    parts["band"] = hhi_band(found["hhi"][0])
    return {
        name: Estimate(*numbers, OK, parts, frozenset({table.source_id})) for name, numbers in found.items()
    }


def _counts(amounts: Array) -> Array:
    """In how many equal suppliers the rest may be split: up to every country that is not named."""
    return np.arange(1.0, max(_COUNTRIES - len(amounts), 1) + 1.0)


def _hhi(amounts: Array, rest: float) -> Bounds:
    total = amounts.sum() + rest
    least = float(np.square(amounts / total).sum())
    return least, least, least + (rest / total) ** 2


def _effective_number(amounts: Array, rest: float) -> Bounds:
    value, low, high = _hhi(amounts, rest)
    return 1.0 / value, 1.0 / high, 1.0 / low


def _normalised(amounts: Array, rest: float) -> Bounds:
    """For many small suppliers it is the HHI itself; the least comes from an equal split."""
    if rest <= 0:
        return (normalised_hhi(amounts),) * 3
    value, _, high = _hhi(amounts, rest)
    counts = _counts(amounts)
    share = rest / (amounts.sum() + rest)
    floor = 1.0 / (len(amounts) + counts)
    split = (value + share**2 / counts - floor) / (1.0 - floor)
    return value, min(value, float(split.min())), high


def _shannon(amounts: Array, rest: float) -> Bounds:
    """Least with the rest as one supplier, most with it split over all countries not named."""
    value = shannon(np.append(amounts, rest))
    share = rest / (amounts.sum() + rest)
    return value, value, value + share * float(np.log(_counts(amounts)[-1]))


def _theil(amounts: Array, rest: float) -> Bounds:
    """The most where one holds the rest and all other countries count with nothing."""
    if rest <= 0:
        return (theil(amounts),) * 3
    value, counts = theil(np.append(amounts, rest)), _counts(amounts)
    share = rest / (amounts.sum() + rest)
    more = np.log((len(amounts) + counts) / (len(amounts) + 1.0))  # suppliers to be equal among
    return value, value + float((more - share * np.log(counts)).min()), value + float(more[-1])


def _top(amounts: Array, rest: float, count: int) -> Bounds:
    """Share of the largest; the rest counts as many small ones, and in the upper bound as one supplier."""
    whole = amounts.sum() + rest
    value = top_share(amounts, count) * float(amounts.sum() / whole)
    return value, value, top_share(np.append(amounts, rest), count) if rest > 0 else value


_MEASURES = {
    "hhi": _hhi,
    "hhi_normalised": _normalised,
    "effective_number": _effective_number,
    "shannon": _shannon,
    "theil": _theil,
}
