"""The answer to a question: which uses stop when, how surely, at what loss, and what a change would do.

The same draws are run as things are and with the change (common random numbers), so that differences are
taken draw by draw. Rules: ``docs/method/simulation.md``, section 9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.ensemble import Ensemble, add_groups
from ytterby.network.outcomes import ALL, by_use, fan, short_weeks, weighted_quantile

AS_IT_IS, CHANGED = "as it is", "with the change"
MARKS = (13, 26, 52)  # weeks after the shock's start by which a stop is counted
THRESHOLD = 0.05  # of the need; as for ``outcomes.stops``
ALL_USES = "all"
RESAMPLES = 1000  # of the bootstrap; its own error is then well below a tenth of the interval
_ENDS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Differences:
    """Losses of the same draws in two cases; [draw, group]."""

    groups: pd.DataFrame  # region, sector; then a row "all" a region and one for all regions
    before_t: Floats
    after_t: Floats
    before_usd: Floats
    after_usd: Floats


def stop_table(
    cases: Mapping[str, Ensemble], *, regions: Sequence[str], start: int, threshold: float, first_day: dt.date
) -> pd.DataFrame:
    """When each use stops in each case, how surely, and what is lost.

    A use *stops* when its unmet need passes ``threshold`` of the need of a week. Probabilities are shares
    of the draws (weights); times count from the week of the first shock.

    Returns
    -------
    case, region, sector, within_13, within_26, within_52 and ever (0..1), lasts_weeks with lasts_p5 and
    lasts_p95 (over the draws in which it stops; missing where none does), stop_day (of the median),
    unmet_t (mean over all draws) with unmet_p5 and unmet_p95, unmet_share of the need from the first
    shock on, loss_usd with loss_p5 and loss_p95 (not discounted).
    """
    frames = [
        _stop_rows(case, ensemble, regions, start, threshold, first_day) for case, ensemble in cases.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _stop_rows(
    case: str, ensemble: Ensemble, regions: Sequence[str], start: int, threshold: float, first_day: dt.date
) -> pd.DataFrame:
    groups, short = short_weeks(ensemble, threshold=threshold)
    _, index = by_use(ensemble)
    weight = ensemble.weight / ensemble.weight.sum()
    first = _first_week(short) - start
    table = groups.copy()
    table.insert(0, "case", case)
    for mark in MARKS:
        table[f"within_{mark}"] = share_of(weight, first < mark)
    table["ever"] = share_of(weight, np.isfinite(first))
    table[["lasts_weeks", "lasts_p5", "lasts_p95"]] = [
        _middle(first[:, g], weight) for g in range(len(groups))
    ]
    table["stop_day"] = [_day(first_day, start, weeks) for weeks in table["lasts_weeks"]]
    unmet, lost = _totals(ensemble, index, len(groups))
    need = add_groups(ensemble.need_t[:, start:], index, len(groups)).sum(axis=1)
    for name, part, values in (("unmet_t", "unmet", unmet), ("loss_usd", "loss", lost)):
        low, _, high = weighted_quantile(values, weight, _ENDS)
        table[name], table[f"{part}_p5"], table[f"{part}_p95"] = weight @ values, low, high
        if name == "unmet_t":
            table["unmet_share"] = (weight @ values) / (weight @ need)
    kept = table[table["region"].isin(regions)]
    return kept.iloc[_by_place(kept, regions)]


def _by_place(groups: pd.DataFrame, regions: Sequence[str]) -> Ints:
    """Order by the regions as asked, then by sector."""
    place = groups["region"].map({region: k for k, region in enumerate(regions)}).to_numpy()
    return np.lexsort((groups["sector"].to_numpy(str), place)).astype(np.int64)


def _first_week(short: Flags) -> Floats:
    """[draw, group] first week above the threshold; infinite where there is none."""
    first: Floats = np.where(short.any(axis=1), short.argmax(axis=1), np.inf)
    return first


def _middle(first: Floats, weight: Floats) -> tuple[float, float, float]:
    """Median, 5 % and 95 % quantile over the draws in which it happens."""
    on = np.isfinite(first) & (weight > 0)
    if not on.any():
        return (float("nan"),) * 3
    low, middle, high = weighted_quantile(first[on], weight[on], _ENDS)
    return float(middle), float(low), float(high)


def _day(first_day: dt.date, start: int, weeks: float) -> str:
    return "" if np.isnan(weeks) else (first_day + dt.timedelta(weeks=start + int(weeks))).isoformat()


def _totals(ensemble: Ensemble, index: np.ndarray, groups: int) -> tuple[Floats, Floats]:
    """[draw, group] tonnes and USD lost over the run."""
    unmet = ensemble.unmet_t.sum(axis=1)
    value = ensemble.chain.unmet_usd_per_t[ensemble.uses]
    return add_groups(unmet, index, groups), add_groups(unmet * value, index, groups)


def pair_losses(before: Ensemble, after: Ensemble, regions: Sequence[str]) -> Differences:
    """Losses of the same draws in two cases by use, by region and over the regions."""
    groups, index = by_use(before)
    chosen = np.flatnonzero(groups["region"].isin(regions))
    chosen = chosen[_by_place(groups.iloc[chosen], regions)]
    groups = groups.iloc[chosen].reset_index(drop=True)
    sides = [
        values[:, chosen] for each in (before, after) for values in _totals(each, index, index.max() + 1)
    ]
    sums = [groups["region"].to_numpy() == region for region in regions]
    sums.append(np.ones(len(groups), dtype=bool))
    added = pd.DataFrame({"region": [*regions, ALL_USES], "sector": ALL_USES})
    member = np.column_stack([np.eye(len(groups)), *(each.astype(float) for each in sums)])
    before_t, before_usd, after_t, after_usd = (side @ member for side in sides)
    return Differences(
        pd.concat([groups, added], ignore_index=True), before_t, after_t, before_usd, after_usd
    )


def case_differences(cases: Mapping[str, Ensemble], regions: Sequence[str], seed: int) -> pd.DataFrame | None:
    """Paired differences of the changed case, or none where nothing is changed."""
    if CHANGED not in cases:
        return None
    before, after = cases[AS_IT_IS], cases[CHANGED]
    return difference_table(pair_losses(before, after, regions), before.weight, seed)


def difference_table(pairs: Differences, weight: Floats, seed: int) -> pd.DataFrame:
    """Mean difference of the paired losses with its 95 % bootstrap interval, and in how many draws it helps.

    Returns
    -------
    region, sector, before_t, after_t, difference_t (after less before; mean), difference_t_low and _high
    (interval of the mean), the same in USD, helps and hurts (share of the draws with less or more loss).
    """
    weight = weight / weight.sum()
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    picks = rng.choice(len(weight), (RESAMPLES, len(weight)), p=weight)
    table = pairs.groups.copy()
    for unit, before, after in (
        ("t", pairs.before_t, pairs.after_t), ("usd", pairs.before_usd, pairs.after_usd),
    ):  # fmt: skip
        change = after - before
        table[f"before_{unit}"], table[f"after_{unit}"] = weight @ before, weight @ after
        table[f"difference_{unit}"] = weight @ change
        low, high = mean_interval(change, picks)
        table[f"difference_{unit}_low"], table[f"difference_{unit}_high"] = low, high
    rounding = 1e-9 * np.maximum(pairs.before_t, pairs.after_t)
    change = pairs.after_t - pairs.before_t
    table["helps"] = share_of(weight, change < -rounding)
    table["hurts"] = share_of(weight, change > rounding)
    return table


def share_of(weight: Floats, flags: Flags) -> Floats:
    """Weight [group] of the draws that are flagged; the rounding of a sum does not take it above 1."""
    share: Floats = np.minimum(1.0, weight @ flags)
    return share


def mean_interval(values: Floats, picks: np.ndarray) -> tuple[Floats, Floats]:
    """95 % interval [group] of the mean of ``values`` [draw, group] over ``picks`` [resample, draw]."""
    counts = np.stack([np.bincount(pick, minlength=len(values)) for pick in picks])
    low, high = np.quantile(counts @ values / len(values), (0.025, 0.975), axis=0)
    return low, high


def held_more(chain: Chain, extra_t: Floats) -> dict[str, float]:
    """Tonnes and value at the study's prices of what a change adds to stocks [slot]."""
    worth = extra_t * chain.price_usd_per_t[chain.slot_material]
    return {"extra_t": float(extra_t.sum()), "extra_usd": float(worth.sum())}


def fan_table(cases: Mapping[str, Ensemble], regions: Sequence[str], first_day: dt.date) -> pd.DataFrame:
    """Weekly fans of the unmet share of need by use and case: what the figure of an answer shows.

    Returns
    -------
    case, region, sector, week, date, p5, p25, p50, p75, p95, mean (0..1).
    """
    parts = []
    for case, ensemble in cases.items():
        table = fan(ensemble)
        parts.append(table[(table["scenario"] == ALL) & table["region"].isin(regions)].assign(case=case))
    table = pd.concat(parts, ignore_index=True)
    table["date"] = [(first_day + dt.timedelta(weeks=int(week))).isoformat() for week in table["week"]]
    return table[["case", "region", "sector", "week", "date", "p5", "p25", "p50", "p75", "p95", "mean"]]


@dataclass(frozen=True)
class Answer:
    """The answer to a question on a study; its tables are described where they are made."""

    study: str
    start_week: int
    start_day: dt.date  # on which the first shock strikes, as the first day of its week
    weeks: int  # after the first shock; losses are counted over the whole run
    threshold: float
    draws: int
    seed: int
    shocks: tuple[str, ...]  # in words
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    regions: tuple[str, ...]
    cases: Mapping[str, Ensemble]
    stops: pd.DataFrame
    fans: pd.DataFrame
    differences: pd.DataFrame | None  # none without a change
    extra_t: float  # more stock held with the change
    extra_usd: float
    record: Mapping[str, object]  # version, seed, draws and hashes of the inputs
