"""Looking back: what the model says about published series, and how well it fits them.

``series.csv`` says which quantity of the model stands for a series, ``history.csv`` holds what was
published. The null model is the same chain with no shock at all: what a model without policies would
have said. Rules: ``docs/method/simulation.md``, section 13.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import Fault, InputFaults, YtterbyError
from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import Chain, Flags, Floats
from ytterby.network.ensemble import BLOCK, spread_draws
from ytterby.network.fit import measure_fit
from ytterby.network.outcomes import QUANTILES, weighted_quantile
from ytterby.network.prices import slot_markets
from ytterby.network.shocks import Conditions, Scenario, calm
from ytterby.network.simulate import Run, simulate

Span = tuple[dt.date, dt.date]  # first day, and the first day after it
Pair = tuple[Floats, Floats]  # [draw, week] values above and below the line
UNITS = {"shipments": "t", "share": "1", "price_index": "1", "quota_use": "1"}
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Backcast:
    """History beside the model.

    ``points``: series, period, first, last (last day), value, unit, p5, p25, p50, p75, p95, null,
    source_id; one row for each row of ``history.csv``. ``months``: the same quantities of the model for
    every whole month of the horizon. ``fit``: one row for each series, see ``fit.measure_fit``.
    """

    points: pd.DataFrame
    months: pd.DataFrame
    fit: pd.DataFrame


def backcast_study(
    files: StudyFiles,
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    draws: int | None = None,
    seed: int | None = None,
    behaviour: Behaviour | None = None,
) -> Backcast:
    """Compare the study's scenarios, weighted by probability, with its history.

    Raises
    ------
    YtterbyError: a study without history or without ``simulation.start``.
    InputFaults: periods that cannot be read or lie outside the horizon, units that do not fit.
    """
    settings = files.settings.simulation
    start = _first_day(files)
    weeks = settings.horizon_weeks
    spans = _read_spans(files, start, weeks)
    draws, seed = draws or settings.draws, settings.seed if seed is None else seed
    chosen = spread_draws(scenarios, max(draws, len(scenarios)))
    futures = [draw.conditions(chain, weeks, seed) for draw in chosen]
    weight = np.array([draw.weight for draw in chosen])
    gauges = [_Gauge(row, chain) for row in files.tables["series"].itertuples()]
    model, null = (_weekly(chain, some, gauges, behaviour) for some in (futures, [calm(chain, weeks)]))
    readings = [
        _Reading(gauge, ours, idle, weight, start)
        for gauge, ours, idle in zip(gauges, model, null, strict=True)
    ]
    points = pd.concat(
        [_points(each, files.tables["history"], spans) for each in readings], ignore_index=True
    )
    months = list(_whole_months(start, weeks))
    curves = pd.concat([each.table(months) for each in readings], ignore_index=True)
    return Backcast(points, curves, measure_fit(points, files.tables["series"]))


_FAN = tuple(f"p{round(100 * q)}" for q in QUANTILES)
_POINTS = ("series", "period", "first", "last", "value", "unit", *_FAN, "null", "source_id")


@dataclass(frozen=True)
class _Reading:
    """Weekly values of one series, of the draws and of the null model."""

    gauge: _Gauge
    model: Pair
    null: Pair
    weight: Floats
    start: dt.date

    def table(self, spans: Sequence[Span]) -> pd.DataFrame:
        """Quantiles of the draws and the null model over each span."""
        days = _overlap(self.start, self.model[0].shape[1], spans)
        values = self.gauge.over(self.model, days)
        values[:, np.isnan(values).any(axis=0)] = np.nan  # no quantiles of draws some of which have no value
        fan = weighted_quantile(values, self.weight, QUANTILES)
        ends = {"first": [a for a, _ in spans], "last": [b - dt.timedelta(days=1) for _, b in spans]}
        quantiles = dict(zip(_FAN, fan, strict=True))
        null = self.gauge.over(self.null, days)[0]
        return pd.DataFrame({"series": self.gauge.name, **ends, **quantiles, "null": null})


def _points(reading: _Reading, history: pd.DataFrame, spans: Mapping[int, Span]) -> pd.DataFrame:
    """Rows of history of one series in the order of time, with the model beside them."""
    rows = history[history["series"] == reading.gauge.name]
    rows = rows.loc[sorted(rows.index, key=lambda k: spans[rows["row"][k]])].reset_index(drop=True)
    told = reading.table([spans[row] for row in rows["row"]])
    return pd.concat([told, rows[["period", "value", "unit", "source_id"]]], axis=1)[list(_POINTS)]


# time --------------------------------------------------------------------------------------------


def _first_day(files: StudyFiles) -> dt.date:
    start = files.settings.simulation.start
    if files.tables["history"].empty:
        raise YtterbyError(
            f"{files.settings.name} has no history.",
            "Add series.csv and history.csv; docs/studies/japan-2010.md shows how.",
        )
    if start is None:
        raise YtterbyError("study.toml names no first day.", "Add start = 2010-01-01 under [simulation].")
    return start


def read_span(text: str) -> Span:
    """Days of a year, a month, a day, or from one to the other (``2025-01..2025-04``).

    Raises
    ------
    ValueError: anything else.
    """
    first, _, last = text.partition("..")
    (start, end), (start_2, end_2) = _one_span(first), _one_span(last or first)
    if start_2 < start:
        raise ValueError("ends before it begins")
    return start, max(end, end_2)


def _one_span(text: str) -> Span:
    found = _PERIOD.fullmatch(text.strip())
    if not found:
        raise ValueError("is no year, month or day")
    month, day = (int(part) if part else None for part in found.groups()[1:])
    first = dt.date(int(found[1]), month or 1, day or 1)
    if day:
        return first, first + dt.timedelta(days=1)
    if month:
        return first, (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return first, dt.date(first.year + 1, 1, 1)


def _read_spans(files: StudyFiles, start: dt.date, weeks: int) -> dict[int, Span]:
    """Span of every row of the history, by row number."""
    spans, faults = {}, []
    end = start + dt.timedelta(weeks=weeks)
    measures = files.tables["series"].set_index("series")["measure"]
    for row in files.tables["history"].itertuples():
        unit = UNITS[measures[row.series]]
        if row.unit != unit:
            told = f"{row.unit!r} is not the unit of {measures[row.series]}."
            faults.append(Fault("history.csv", int(row.row), "unit", told, f"Convert the values to {unit}."))
        try:
            spans[row.row] = read_span(row.period)
        except ValueError as error:
            remedy = "Write 2010, 2025-05, 2011-08-15 or 2025-01..2025-04."
            faults.append(Fault("history.csv", int(row.row), "period", f"{row.period!r} {error}.", remedy))
            continue
        if spans[row.row][0] < start or spans[row.row][1] > end:
            remedy = "Move simulation.start, lengthen horizon_weeks, or leave the row out."
            told = f"is not within the simulated time, {start} to {end}."
            faults.append(Fault("history.csv", int(row.row), "period", told, remedy))
    if faults:
        raise InputFaults(faults)
    return spans


def _whole_months(start: dt.date, weeks: int) -> Iterator[Span]:
    end = start + dt.timedelta(weeks=weeks)
    month = start if start.day == 1 else (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    while (after := (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)) <= end:
        yield month, after
        month = after


def _overlap(start: dt.date, weeks: int, spans: Sequence[Span]) -> Floats:
    """[span, week] share of each week that lies in each span."""
    week = 7.0 * np.arange(weeks)
    first, last = (np.array([(span[k] - start).days for span in spans], float)[:, None] for k in (0, 1))
    days = np.minimum(last, week + 7) - np.maximum(first, week)
    return np.asarray(np.maximum(0.0, days) / 7.0)


# quantities of the model -------------------------------------------------------------------------


class _Gauge:
    """Reads one series off a run: weekly values above and below the line, [draw, week] each."""

    def __init__(self, row: Any, chain: Chain) -> None:
        self.name, self.measure = str(row.series), str(row.measure)
        self.arcs = self._chosen(row, chain, any_origin=False)
        below = self._chosen(row, chain, any_origin=True) if self.measure == "share" else self.arcs
        self.below = below
        material, region, _ = slot_markets(chain)
        self.markets = np.isin(material, [chain.materials.index(m) for m in row.materials])
        if row.destinations:
            self.markets &= np.isin(region, [chain.regions.index(r) for r in row.destinations])
        found = self.markets if self.measure == "price_index" else self.arcs
        if not found.any():
            remedy = "Mend its materials, origins and destinations."
            raise InputFaults([Fault("series.csv", int(row.row), "series", "finds nothing here.", remedy)])

    @staticmethod
    def _chosen(row: Any, chain: Chain, *, any_origin: bool) -> Flags:
        """Arcs over a border, or also inside a region where both ends are named."""
        origin = chain.pool_region[chain.arc_pool]
        user = chain.process_region[chain.slot_process[chain.arc_slot]]
        material = chain.pool_material[chain.arc_pool]
        hit = np.isin(material, [chain.materials.index(m) for m in row.materials]) & (origin != user)
        if row.origins and not any_origin:
            hit &= np.isin(origin, [chain.regions.index(r) for r in row.origins])
        if row.destinations:
            hit &= np.isin(user, [chain.regions.index(r) for r in row.destinations])
        return np.asarray(hit)

    def weekly(self, run: Run, futures: Sequence[Conditions]) -> Pair:
        assert run.detail is not None  # noqa: S101 - the caller asks for it
        if self.measure == "price_index":
            index = run.detail.market_price[:, :, self.markets].mean(axis=2)
            return index, np.ones_like(index)
        if self.measure == "quota_use":
            return run.detail.flow_t[:, :, self.arcs].sum(axis=2), self._allowance(futures)
        above = run.detail.shipped_t[:, :, self.arcs].sum(axis=2)
        if self.measure == "share":
            return above, run.detail.shipped_t[:, :, self.below].sum(axis=2)
        return above, np.ones_like(above)

    def _allowance(self, futures: Sequence[Conditions]) -> Floats:
        """[draw, week] tonnes that the quotas on these arcs allow; infinite where none is in force."""
        ours = set(np.flatnonzero(self.arcs))
        rows = []
        for future in futures:
            on = [quota.limit_t for quota in future.quotas if set(quota.arcs) & ours]
            free = np.full(future.weeks, np.inf)
            rows.append(np.min([free, *on], axis=0))
        return np.array(rows)

    def over(self, weekly: Pair, days: Floats) -> Floats:
        """[draw, span] value over each span: a sum for shipments, else a ratio of sums."""
        above = weekly[0] @ days.T
        if self.measure == "shipments":
            return np.asarray(above)
        with np.errstate(invalid="ignore"):
            below = np.where(np.isinf(weekly[1]), 0.0, weekly[1]) @ days.T
        return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _weekly(
    chain: Chain, futures: Sequence[Conditions], gauges: Sequence[_Gauge], behaviour: Behaviour | None
) -> list[Pair]:
    """Weekly values of every gauge over all draws; flows of one block at a time are kept."""
    parts: list[list[Pair]] = []
    for first in range(0, len(futures), BLOCK):
        block = futures[first : first + BLOCK]
        run = simulate(chain, block, behaviour=behaviour, detail=True)
        parts.append([gauge.weekly(run, block) for gauge in gauges])
    return [
        (np.concatenate([part[g][0] for part in parts]), np.concatenate([part[g][1] for part in parts]))
        for g in range(len(gauges))
    ]
