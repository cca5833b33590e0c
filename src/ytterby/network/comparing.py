"""Two runs side by side: losses, stops and fans, paired draw by draw where the draws are common.

Draws are common when seed, number of draws and the tables that name the scenarios are the same; then the
difference of a draw is the difference of the runs and not of luck. Rules: ``docs/method/simulation.md``,
section 12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.network.chain import Floats
from ytterby.network.outcomes import QUANTILES, weighted_quantile
from ytterby.network.whatif import ALL_USES, RESAMPLES, Differences, difference_table, share_of

FIRST, SECOND = "first", "second"
_SAME_DRAWS = ("study", "seed", "draws")  # of the record of a run, beside the table of its scenarios
_KEY = ["scenario", "draw"]


@dataclass(frozen=True)
class Futures:
    """The shortfalls of one run as arrays, and what its record says."""

    name: str
    record: Mapping[str, Any]
    draws: pd.DataFrame  # scenario, draw, weight
    groups: pd.DataFrame  # region, sector
    unmet_t: Floats  # [draw, week, group]
    need_t: Floats  # [draw, week, group]
    loss_usd: Floats  # [draw, group]

    @property
    def weight(self) -> Floats:
        """[draw] summing to 1."""
        weight = self.draws["weight"].to_numpy(float)
        whole: Floats = weight / weight.sum()
        return whole


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs; the second less the first."""

    paired: bool
    differences: pd.DataFrame
    stops: pd.DataFrame
    fans: pd.DataFrame
    notes: tuple[str, ...]


def futures_of(shortfall: pd.DataFrame, name: str, record: Mapping[str, Any]) -> Futures:
    """Arrays of a table of shortfalls (``Ensemble.shortfall``, one case).

    Raises
    ------
    YtterbyError: rows are missing or stand twice.
    """
    table = shortfall.astype(dict.fromkeys(("scenario", "region", "sector"), str))
    groups = table[["region", "sector"]].drop_duplicates(ignore_index=True)
    draws = table[[*_KEY, "weight"]].drop_duplicates(ignore_index=True)
    shape = (len(draws), int(table["week"].nunique()), len(groups))
    keyed = table.sort_values([*_KEY, "week", "region", "sector"], kind="stable")
    if len(table) != np.prod(shape) or keyed.duplicated([*_KEY, "week", "region", "sector"]).any():
        raise YtterbyError(f"{name}: the table of shortfalls is not whole.", "Make the run again.")
    draws = draws.sort_values(_KEY, ignore_index=True)
    groups = groups.sort_values(["region", "sector"], ignore_index=True)
    unmet, need, loss = (keyed[c].to_numpy(float).reshape(shape) for c in ("unmet_t", "need_t", "loss_usd"))
    return Futures(name, record, draws, groups, unmet, need, loss.sum(axis=1))


def compare_futures(
    first: Futures, second: Futures, *, paired: bool = True, threshold: float = 0.05, seed: int = 0
) -> Comparison:
    """Compare two runs.

    Parameters
    ----------
    paired: take differences draw by draw, which needs common draws; else compare means alone.

    Raises
    ------
    YtterbyError: the draws are not common and ``paired`` is asked for; other regions or sectors.
    """
    if not first.groups.equals(second.groups):
        raise YtterbyError("the runs have other regions or sectors.", "Compare runs of one study.")
    found = _uncommon(first, second)
    if found and paired:
        remedy = "Run both with the same seed, draws and scenarios, or ask for an unpaired comparison."
        raise YtterbyError(f"the draws are not common: {'; '.join(found)}.", remedy)
    if paired:
        differences = difference_table(_pairs(first, second), first.weight, seed)
    else:
        differences = _unpaired(_pairs(first, second), first.weight, second.weight, seed)
    names = {
        "before_t": "first_t",
        "after_t": "second_t",
        "before_usd": "first_usd",
        "after_usd": "second_usd",
    }
    return Comparison(
        paired,
        differences.rename(columns=names),
        _stops(first, second, threshold),
        pd.concat([_fan(first, FIRST), _fan(second, SECOND)], ignore_index=True),
        (*found, *_other_inputs(first, second)),
    )


def _uncommon(first: Futures, second: Futures) -> list[str]:
    """What keeps the draws of two runs from being the same futures."""
    one, two = first.record, second.record
    found = [
        f"{key} {one.get(key)} and {two.get(key)}" for key in _SAME_DRAWS if one.get(key) != two.get(key)
    ]
    scenarios = [each.get("hashes", {}).get("scenarios.csv") for each in (one, two)]
    if scenarios[0] != scenarios[1]:
        found.append("scenarios.csv differs")
    if not first.draws.equals(second.draws):
        found.append("draws or their weights differ")
    if first.unmet_t.shape[1] != second.unmet_t.shape[1]:
        found.append(f"{first.unmet_t.shape[1]} and {second.unmet_t.shape[1]} weeks")
    return found


def _other_inputs(first: Futures, second: Futures) -> list[str]:
    """Inputs in which the runs differ though their draws are common: what is being compared."""
    one, two = (dict(each.record.get("hashes", {})) for each in (first, second))
    changed = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    notes = [f"inputs that differ: {', '.join(changed)}"] if changed else []
    if first.record.get("version") != second.record.get("version"):
        notes.append(f"versions {first.record.get('version')} and {second.record.get('version')}")
    if first.record.get("question") != second.record.get("question"):
        notes.append("the questions differ")
    return notes


def _pairs(first: Futures, second: Futures) -> Differences:
    """Losses by use, by region and over all of them."""
    groups = first.groups
    regions = list(dict.fromkeys(groups["region"]))
    sums = [groups["region"].to_numpy() == region for region in regions] + [np.ones(len(groups), dtype=bool)]
    member = np.column_stack([np.eye(len(groups)), *(each.astype(float) for each in sums)])
    added = pd.DataFrame({"region": [*regions, ALL_USES], "sector": ALL_USES})
    sides = (first.unmet_t.sum(axis=1), second.unmet_t.sum(axis=1), first.loss_usd, second.loss_usd)
    return Differences(pd.concat([groups, added], ignore_index=True), *(side @ member for side in sides))


def _unpaired(pairs: Differences, first: Floats, second: Floats, seed: int) -> pd.DataFrame:
    """Differences of means with intervals of two independent resamples; nothing is said draw by draw."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    picks = [rng.choice(len(w), (RESAMPLES, len(w)), p=w) for w in (first, second)]
    table = pairs.groups.copy()
    for unit, before, after in (
        ("t", pairs.before_t, pairs.after_t), ("usd", pairs.before_usd, pairs.after_usd),
    ):  # fmt: skip
        table[f"before_{unit}"], table[f"after_{unit}"] = first @ before, second @ after
        table[f"difference_{unit}"] = table[f"after_{unit}"] - table[f"before_{unit}"]
        means = [
            np.stack([values[pick].mean(axis=0) for pick in picks[side]])
            for side, values in enumerate((before, after))
        ]
        low, high = np.quantile(means[1] - means[0], (0.025, 0.975), axis=0)
        table[f"difference_{unit}_low"], table[f"difference_{unit}_high"] = low, high
    return table


def _stops(first: Futures, second: Futures, threshold: float) -> pd.DataFrame:
    """Probability that a use falls short by more than the threshold, and the median week, in both runs."""
    table = first.groups.copy()
    for name, each in ((FIRST, first), (SECOND, second)):
        short = each.unmet_t > threshold * each.need_t
        hit = np.asarray(short.any(axis=1))
        table[f"{name}_probability"] = share_of(each.weight, hit)
        week = np.where(hit, short.argmax(axis=1), -1)
        table[f"{name}_week"] = [
            _median(week[hit[:, g], g], each.weight[hit[:, g]]) for g in range(len(table))
        ]
    table["difference_probability"] = table[f"{SECOND}_probability"] - table[f"{FIRST}_probability"]
    return table


def _median(values: Floats, weight: Floats) -> float:
    if not len(values) or weight.sum() <= 0:
        return float("nan")
    return float(weighted_quantile(values.astype(float), weight, (0.5,))[0])


def _fan(each: Futures, case: str) -> pd.DataFrame:
    """Weekly quantiles of the unmet share of need of each group."""
    share = np.divide(each.unmet_t, each.need_t, out=np.zeros_like(each.unmet_t), where=each.need_t > 0)
    weeks = share.shape[1]
    rows = each.groups.loc[np.tile(each.groups.index, weeks)].reset_index(drop=True)
    rows.insert(0, "case", case)
    rows["week"] = np.repeat(np.arange(weeks), len(each.groups))
    for quantile, values in zip(QUANTILES, weighted_quantile(share, each.weight, QUANTILES), strict=True):
        rows[f"p{round(100 * quantile)}"] = values.ravel()
    rows["mean"] = np.average(share, axis=0, weights=each.weight).ravel()
    return rows
