"""Numbers from an ensemble: fans, losses, when a use stops and recovers, what held it back.

Every function takes an ``Ensemble`` and gives a table; ``docs/method/simulation.md`` has the rules.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.network.chain import Flags, Floats
from ytterby.network.ensemble import Ensemble, add_groups, use_labels

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
    order = np.argsort(-loss, kind="stable")
    share = weight[order] / weight.sum()
    before = np.cumsum(share) - share
    counted = np.clip(1 - level - before, 0.0, share)
    return float((loss[order] * counted).sum() / counted.sum())


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
        for name, chosen in _scenario_masks(ensemble)
    ]
    return pd.concat(frames, ignore_index=True)


def _groups(ensemble: Ensemble, by: tuple[str, ...]) -> tuple[pd.DataFrame, np.ndarray]:
    region, sector = use_labels(ensemble.chain, ensemble.uses)
    labels = pd.DataFrame({"region": region, "sector": sector})[list(by)]
    if not by:
        return pd.DataFrame(index=range(1)), np.zeros(len(region), dtype=np.int64)
    groups = labels.drop_duplicates(ignore_index=True)
    index = pd.MultiIndex.from_frame(groups).get_indexer(pd.MultiIndex.from_frame(labels))
    return groups, index


def _scenario_masks(ensemble: Ensemble) -> list[tuple[str, Flags]]:
    """Draws of each scenario, then of all; a weight of 0 everywhere leaves a scenario out of "all"."""
    names = list(dict.fromkeys(ensemble.scenario))
    return [(name, ensemble.scenario == name) for name in names] + [
        (ALL, np.ones(len(ensemble.draws), dtype=bool))
    ]


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
    table = losses(ensemble, regions=regions)
    labels = {draw.scenario.name: draw.scenario.label for draw in ensemble.draws}
    rows = []
    for name, chosen in _scenario_masks(ensemble):
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
    start = np.array([_first_shock(draw.scenario) for draw in ensemble.draws], dtype=float)
    frames = []
    for name, chosen in _scenario_masks(ensemble):
        weight = ensemble.weight[chosen]
        weight = weight if weight.sum() > 0 else np.ones(len(weight))
        frames.append(_stop_rows(name, groups, short[chosen], weight, start[chosen]))
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


def _stop_rows(name: str, groups: pd.DataFrame, short: Flags, weight: Floats, start: Floats) -> pd.DataFrame:
    weeks = short.shape[1]
    hit = np.asarray(short.any(axis=1))
    first = np.where(hit, short.argmax(axis=1), np.nan)
    recovered = np.where(hit, weeks - short[:, ::-1].argmax(axis=1), np.nan)
    recovered = np.where(recovered >= weeks, np.inf, recovered)  # still short when the horizon ends
    rows = []
    for g in range(len(groups)):
        on = hit[:, g]
        middle = {
            "first_week": _median(first[on, g], weight[on]),
            "survive_weeks": _median((first - start[:, None])[on, g], weight[on]),
            "weeks_short": np.average(short[on, :, g].sum(axis=1), weights=weight[on])
            if on.any()
            else np.nan,
            "recovered_week": _median(recovered[on, g], weight[on]),
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
    chain = ensemble.chain
    region = chain.process_region[chain.slot_process]
    frames = []
    for name, chosen in _scenario_masks(ensemble):
        weight = ensemble.weight[chosen]
        weight = weight if weight.sum() > 0 else np.ones(len(weight))
        weeks = np.average(ensemble.limited_weeks[chosen], axis=0, weights=weight)
        table = pd.DataFrame(
            {
                "scenario": name,
                "process": [chain.processes[p] for p in chain.slot_process],
                "region": [chain.regions[r] for r in region],
                "material": [chain.materials[m] for m in chain.slot_material],
                "is_use": chain.process_is_use[chain.slot_process],
                "weeks": weeks,
            }
        )
        frames.append(table[table["weeks"] > 0].sort_values("weeks", ascending=False, kind="stable"))
    return pd.concat(frames, ignore_index=True)
