"""What time is worth: the gain of having a chosen project a month earlier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ytterby.network.chain import WEEKS_PER_YEAR
from ytterby.planning.programme import Choice, Programme
from ytterby.planning.task import MONTHS_PER_YEAR

EARLIER_COLUMNS = ["project", "begins_months", "usd_per_week"]
WEEKS_PER_MONTH = WEEKS_PER_YEAR / MONTHS_PER_YEAR


def week_earlier(programme: Programme, choice: Choice) -> pd.DataFrame:
    """Cost avoided for each week that a chosen project is ready earlier, other decisions unchanged.

    Found by running the scenarios with the project a month earlier, at unchanged capex.

    Returns
    -------
    project, begins_months (after the plan's start), usd_per_week (0 or more).
    """
    months = sorted({m - back for m in choice.begins.values() for back in (0, 1)})
    task = replace(programme.task, start_months=tuple(months))
    earlier = Programme(task, programme.members, programme.required)
    base = earlier.cost_with(_decisions(earlier, choice, None))
    rows = []
    for project, begins in choice.begins.items():
        saved = base - earlier.cost_with(_decisions(earlier, choice, project))
        rows.append([project, begins, max(0.0, saved) / WEEKS_PER_MONTH])
    return pd.DataFrame(rows, columns=EARLIER_COLUMNS)


def _decisions(programme: Programme, choice: Choice, moved: str | None) -> np.ndarray:
    """Decisions of a choice in a programme with other start dates; one project a month earlier."""
    begins = {p: m - (p == moved) for p, m in choice.begins.items()}
    chosen = [float(begins.get(o.project) == o.start_months) for o in programme.first.options]
    return np.array([*chosen, *choice.bought_t.values()])
