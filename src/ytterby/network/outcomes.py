"""Numbers from an ensemble: fans, losses, when a use stops and recovers, what held it back.

Every function takes an ``Ensemble`` and gives a table; ``docs/method/simulation.md`` has the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.ensemble import Draw, Ensemble, add_groups, use_labels

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ALL = "all"  # the row over all scenarios, weighted by probability


def weighted_quantile(values: Floats, weight: Floats, quantiles: tuple[float, ...]) -> Floats:
    """Smallest value with at least the given share of the weight at or below it.

    Parameters
    ----------
    values: [draw, ...]; weight: [draw] from 0, not all 0.

    Returns
    -------
    [quantile, ...]. Worked: values 1, 2, 3 with weights .5, .3, .2: the median is 1, p80 is 2.
    """
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    below = np.cumsum(weight[order], axis=0) / weight.sum()
    rows = [np.argmax(below >= q - 1e-12, axis=0)[None] for q in quantiles]
    return np.concatenate([np.take_along_axis(ranked, row, axis=0) for row in rows])


def tail_mean(loss: Floats, weight: Floats, level: float = 0.95) -> float:
    """Mean of the worst ``1 - level`` of the probability (conditional value at risk).

    A draw that lies across the level counts with the part beyond it. Worked: losses 0 and 100 with
    weights .9 and .1, level .8: half of the tail is the 100, so 50.
    """
    if not 0 <= level < 1:
        raise YtterbyError(f"tail level {level}.", "Choose 0 to below 1; 0.95 is usual.")
    counted = tail_weights(loss, weight, level)
    kept = counted > 0  # what is outside the tail does not count, even if it is infinite
    return float(loss[kept] @ counted[kept])


def tail_weights(loss: Floats, weight: Floats, level: float) -> Floats:
    """[draw] how much each counts in the mean of the worst ``1 - level`` of the probability; sums to 1."""
    order = np.argsort(-loss, kind="stable")
    share = weight[order] / weight.sum()
    before = np.cumsum(share) - share
    counted = np.zeros(len(loss))
    counted[order] = np.clip(1 - level - before, 0.0, share)
    return np.asarray(counted / counted.sum())


def fan(ensemble: Ensemble, *, by: tuple[str, ...] = ("region", "sector")) -> pd.DataFrame:
    """Quantiles of the unmet share of need, week by week.

    Parameters
    ----------
    by: any of ``region`` and ``sector``; tonnes of the uses in a group are added up first.

    Returns
    -------
    scenario ("all" weighs them by probability), week, then ``by``, p5, p25, p50, p75, p95, mean (0..1).
    """
    groups, index = _groups(ensemble, by)
    unmet = add_groups(ensemble.unmet_t, index, len(groups))
    need = add_groups(ensemble.need_t, index, len(groups))
    share = np.divide(unmet, need, out=np.zeros_like(unmet), where=need > 0)
    frames = [
        _fan_rows(name, share[chosen], ensemble.weight[chosen], groups)
        for name, chosen in scenario_masks(ensemble.scenario)
    ]
    return pd.concat(frames, ignore_index=True)


def _groups(ensemble: Ensemble, by: tuple[str, ...]) -> tuple[pd.DataFrame, np.ndarray]:
    return group_uses(ensemble.chain, ensemble.uses, by)


def group_uses(chain: Chain, uses: Ints, by: tuple[str, ...]) -> tuple[pd.DataFrame, np.ndarray]:
    """Groups of end uses by any of region and sector, and the group of each use."""
    region, sector = use_labels(chain, uses)
    labels = pd.DataFrame({"region": region, "sector": sector})[list(by)]
    if not by:
        return pd.DataFrame(index=range(1)), np.zeros(len(region), dtype=np.int64)
    groups = labels.drop_duplicates(ignore_index=True)
    index = pd.MultiIndex.from_frame(groups).get_indexer(pd.MultiIndex.from_frame(labels))
    return groups, index


def scenario_masks(scenario: np.ndarray) -> list[tuple[str, Flags]]:
    """Draws of each scenario, then of all; a weight of 0 everywhere leaves a scenario out of "all".

    Parameters
    ----------
    scenario: [draw] its name.
    """
    names = list(dict.fromkeys(scenario))
    return [(name, scenario == name) for name in names] + [(ALL, np.ones(len(scenario), dtype=bool))]


def _fan_rows(name: str, share: Floats, weight: Floats, groups: pd.DataFrame) -> pd.DataFrame:
    weight = weight if weight.sum() > 0 else np.ones_like(weight)
    quantiles = weighted_quantile(share, weight, QUANTILES)
    weeks = share.shape[1]
    rows = groups.loc[np.tile(groups.index, weeks)].reset_index(drop=True)
    rows.insert(0, "scenario", name)
    rows.insert(1, "week", np.repeat(np.arange(weeks), len(groups)))
    for quantile, values in zip(QUANTILES, quantiles, strict=True):
        rows[f"p{round(100 * quantile)}"] = values.ravel()
    rows["mean"] = np.average(share, axis=0, weights=weight).ravel()
    return rows


def losses(ensemble: Ensemble, *, regions: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Unmet need and loss of every draw over the whole horizon.

    Parameters
    ----------
    regions: count only the uses in these; all when absent.

    Returns
    -------
    scenario, draw, weight, unmet_t, need_t, unmet_share (0..1), loss_usd (not discounted).
    """
    region, _ = use_labels(ensemble.chain, ensemble.uses)
    counted = np.ones(len(region), dtype=bool) if regions is None else np.isin(region, list(regions))
    unmet, need = ensemble.unmet_t[:, :, counted], ensemble.need_t[:, :, counted]
    value = ensemble.chain.unmet_usd_per_t[ensemble.uses][counted]
    unmet_t, need_t = unmet.sum(axis=(1, 2)), need.sum(axis=(1, 2))
    return pd.DataFrame(
        {
            "scenario": ensemble.scenario,
            "draw": [draw.number for draw in ensemble.draws],
            "weight": ensemble.weight,
            "unmet_t": unmet_t,
            "need_t": need_t,
            "unmet_share": np.divide(unmet_t, need_t, out=np.zeros_like(unmet_t), where=need_t > 0),
            "loss_usd": unmet.sum(axis=1) @ value,
        }
    )


def worst_draws(
    ensemble: Ensemble, count: int = 5, *, regions: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """The draws that lose most money, to be looked at one by one.

    Returns
    -------
    rank (1 is worst), then the columns of ``losses``, and worst_week (with the largest loss), worst_use
    (sector and region that loses most). ``draw`` and the ensemble's seed give the same future again.

    Raises
    ------
    YtterbyError: a count below 1.
    """
    if count < 1:
        raise YtterbyError(f"the worst {count} draws.", "Ask for at least one.")
    table = losses(ensemble, regions=regions)
    worst = table.sort_values("loss_usd", ascending=False, kind="stable").head(count)
    groups, index = by_use(ensemble)
    counted = np.ones(len(groups), bool) if regions is None else groups["region"].isin(regions).to_numpy()
    lost = add_groups(ensemble.unmet_t * ensemble.chain.unmet_usd_per_t[ensemble.uses], index, len(groups))
    lost = lost[worst.index][:, :, counted]
    names = (groups["sector"] + " " + groups["region"])[counted].to_numpy()
    hit = lost.sum(axis=(1, 2)) > 0
    worst = worst.assign(
        worst_week=np.where(hit, lost.sum(axis=2).argmax(axis=1), np.nan),
        worst_use=np.where(hit, names[lost.sum(axis=1).argmax(axis=1)], ""),
    )
    worst.insert(0, "rank", np.arange(1, len(worst) + 1))
    return worst.reset_index(drop=True)


def summarise(ensemble: Ensemble, *, regions: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Expected and tail loss by scenario and over all of them.

    Returns
    -------
    scenario, label, probability, draws, unmet_t and unmet_share (expected), loss_usd (expected),
    loss_tail_usd (mean of the worst 5 % of the probability).
    """
    labels = {draw.scenario.name: draw.scenario.label for draw in ensemble.draws}
    return summarise_losses(losses(ensemble, regions=regions), labels)


def summarise_losses(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """``summarise`` from the rows of ``losses`` and the label of each scenario."""
    rows = []
    for name, chosen in scenario_masks(table["scenario"].to_numpy(object)):
        part = table[chosen]
        weight = part["weight"].to_numpy(float)
        probability = float(weight.sum())
        weight = weight if probability > 0 else np.ones(len(part))
        means = {c: np.average(part[c], weights=weight) for c in ("unmet_t", "unmet_share", "loss_usd")}
        tail = tail_mean(part["loss_usd"].to_numpy(float), weight)
        head = {"scenario": name, "label": labels.get(name, "All scenarios"), "probability": probability}
        rows.append({**head, "draws": len(part), **means, "loss_tail_usd": tail})
    return pd.DataFrame(rows)


def stops(ensemble: Ensemble, *, threshold: float = 0.05) -> pd.DataFrame:
    """When, how long and how probably each use falls short by more than ``threshold`` of its need.

    Returns
    -------
    scenario, region, sector, probability (that it happens, given the scenario), first_week (median
    over the draws in which it happens), survive_weeks (the same since the scenario's first shock),
    weeks_short (mean weeks above the threshold where it happens), recovered_week (median first week
    from which it stays below; missing where most draws do not recover within the horizon).
    """
    groups, short = short_weeks(ensemble, threshold=threshold)
    return tabulate_stops(ensemble.draws, groups, Spells.of(short))


@dataclass(frozen=True)
class Spells:
    """When and how long each group is short in each draw, [draw, group] in weeks."""

    first: Floats  # missing where it never is
    short: Floats  # weeks above the threshold
    recovered: Floats  # first week from which it stays below; infinite if not within the horizon

    @classmethod
    def of(cls, short: Flags) -> Spells:
        """From flags [draw, week, group]."""
        weeks = short.shape[1]
        hit = np.asarray(short.any(axis=1))
        recovered = np.where(hit, weeks - short[:, ::-1].argmax(axis=1), np.nan)
        return cls(
            np.where(hit, short.argmax(axis=1), np.nan),
            short.sum(axis=1).astype(float),
            np.where(recovered >= weeks, np.inf, recovered),  # still short when the horizon ends
        )

    def part(self, chosen: Flags) -> Spells:
        """Return those of some draws."""
        return Spells(self.first[chosen], self.short[chosen], self.recovered[chosen])


def tabulate_stops(draws: Sequence[Draw], groups: pd.DataFrame, spells: Spells) -> pd.DataFrame:
    """``stops`` from the spells of every draw."""
    start = np.array([_first_shock(draw.scenario) for draw in draws], dtype=float)
    all_weight = np.array([draw.weight for draw in draws])
    frames = []
    for name, chosen in scenario_masks(np.array([draw.scenario.name for draw in draws], dtype=object)):
        weight = all_weight[chosen]
        weight = weight if weight.sum() > 0 else np.ones(len(weight))
        frames.append(_stop_rows(name, groups, spells.part(chosen), weight, start[chosen]))
    return pd.concat(frames, ignore_index=True)


def short_weeks(ensemble: Ensemble, *, threshold: float) -> tuple[pd.DataFrame, Flags]:
    """Groups (region, sector), and flags [draw, week, group] of unmet above ``threshold`` of the need."""
    groups, index = by_use(ensemble)
    unmet = add_groups(ensemble.unmet_t, index, len(groups))
    return groups, unmet > threshold * add_groups(ensemble.need_t, index, len(groups))


def by_use(ensemble: Ensemble) -> tuple[pd.DataFrame, np.ndarray]:
    """Groups (region, sector) and the group of each end use."""
    return _groups(ensemble, ("region", "sector"))


def _first_shock(scenario: object) -> float:
    shocks = getattr(scenario, "shocks", ())
    return float(min((shock.start_week for shock in shocks), default=np.nan))


def _stop_rows(
    name: str, groups: pd.DataFrame, spells: Spells, weight: Floats, start: Floats
) -> pd.DataFrame:
    rows = []
    for g in range(len(groups)):
        first = spells.first[:, g]
        on = np.isfinite(first)
        middle = {
            "first_week": _median(first[on], weight[on]),
            "survive_weeks": _median((first - start)[on], weight[on]),
            "weeks_short": np.average(spells.short[on, g], weights=weight[on]) if on.any() else np.nan,
            "recovered_week": _median(spells.recovered[on, g], weight[on]),
        }
        rows.append({"probability": weight[on].sum() / weight.sum(), **middle})
    table = pd.concat([groups.reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    table["recovered_week"] = table["recovered_week"].replace(np.inf, np.nan)
    table.insert(0, "scenario", name)
    return table


def _median(values: Floats, weight: Floats) -> float:
    if not len(values) or weight.sum() <= 0:
        return float("nan")
    return float(weighted_quantile(values, weight, (0.5,))[0])


def limiting_inputs(ensemble: Ensemble) -> pd.DataFrame:
    """Inputs that held processes and uses back.

    Returns
    -------
    scenario, process, region, material, is_use, weeks (expected number of weeks in which this input
    was the scarcest and activity lay below what was wanted); only rows above 0, worst first.
    """
    frames = []
    for name, chosen in scenario_masks(ensemble.scenario):
        weight = ensemble.weight[chosen]
        weight = weight if weight.sum() > 0 else np.ones(len(weight))
        weeks = np.average(ensemble.limited_weeks[chosen], axis=0, weights=weight)
        frames.append(limiting_rows(ensemble.chain, name, weeks))
    return pd.concat(frames, ignore_index=True)


def limiting_rows(chain: Chain, name: str, weeks: Floats) -> pd.DataFrame:
    """Rows of ``limiting_inputs`` for one scenario from the expected weeks [slot]."""
    table = pd.DataFrame(
        {
            "scenario": name,
            "process": [chain.processes[p] for p in chain.slot_process],
            "region": [chain.regions[r] for r in chain.process_region[chain.slot_process]],
            "material": [chain.materials[m] for m in chain.slot_material],
            "is_use": chain.process_is_use[chain.slot_process],
            "weeks": weeks,
        }
    )
    return table[table["weeks"] > 0].sort_values("weeks", ascending=False, kind="stable")
