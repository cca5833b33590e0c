"""How well a model's series fits a published one: size, shape and timing, beside a null model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ytterby.network.chain import Floats

NEAR = 0.1  # within a tenth of the null model's level counts as recovered
FEWEST = 3  # points from which a correlation says anything


def measure_fit(points: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Measures of fit of the median of the draws.

    Parameters
    ----------
    points: series, period, value, p5, p50, p95, null in the order of time. series: series, label,
        measure, role.

    Returns
    -------
    series, label, role, points; ``mape`` (mean absolute error over value, 0..), ``rmse`` and
    ``rmse_null`` in the unit of the series, ``skill`` (1 - rmse/rmse_null: 1 perfect, 0 no better than no
    policy, below 0 worse), ``correlation`` (missing below 3 points or without spread), ``inside`` (share
    of the points between p5 and p95); the period of the turn (lowest value; highest for prices) and the
    first period after it within a tenth of the null model's level, of history and model.
    """
    rows = []
    for told in series.itertuples():
        part = points[points["series"] == told.series]
        if len(part):
            head = {"series": told.series, "label": told.label, "role": told.role, "points": len(part)}
            rows.append(head | _measures(part, peak=told.measure == "price_index"))
    return pd.DataFrame(rows)


def _measures(part: pd.DataFrame, *, peak: bool) -> dict[str, Any]:
    value, model, null = (part[name].to_numpy(float) for name in ("value", "p50", "null"))
    period = part["period"].to_numpy(object)
    rmse, rmse_null = _rmse(model, value), _rmse(null, value)
    turns = {}
    for name, values in (("history", value), ("model", model)):
        turns[f"turn_{name}"], turns[f"recovery_{name}"] = _turn(period, values, null, peak=peak)
    return {
        "mape": _mape(model, value),
        "rmse": rmse,
        "rmse_null": rmse_null,
        "skill": 1.0 - rmse / rmse_null if rmse_null > 0 else float("nan"),
        "correlation": _correlation(model, value),
        "inside": _inside(part),
        **turns,
    }


def _inside(part: pd.DataFrame) -> float:
    """Share of the points within the band, of those that have one."""
    known = part.dropna(subset=["p5", "p95"])
    if known.empty:
        return float("nan")
    return float(known["value"].between(known["p5"], known["p95"]).mean())


def _rmse(model: Floats, value: Floats) -> float:
    return float(np.sqrt(np.mean((model - value) ** 2)))


def _mape(model: Floats, value: Floats) -> float:
    """Missing where a published value is 0: no relative error of nothing."""
    if (value == 0).any():
        return float("nan")
    return float(np.mean(np.abs(model - value) / value))


def _correlation(model: Floats, value: Floats) -> float:
    if len(value) < FEWEST or np.ptp(model) == 0 or np.ptp(value) == 0:
        return float("nan")
    return float(np.corrcoef(model, value)[0, 1])


def _turn(period: np.ndarray, values: Floats, null: Floats, *, peak: bool) -> tuple[str, str]:
    """Period of the turn, and of the recovery after it; empty where there is none."""
    level = np.divide(values, null, out=np.full_like(values, np.nan), where=null > 0)
    turn = int(np.argmax(level) if peak else np.argmin(level))
    away = level[turn] - 1.0
    if np.isnan(away) or (away <= NEAR if peak else away >= -NEAR):
        return "", ""
    after = level[turn + 1 :]
    back = np.flatnonzero(after <= 1 + NEAR if peak else after >= 1 - NEAR)
    return str(period[turn]), str(period[turn + 1 + back[0]]) if len(back) else ""
