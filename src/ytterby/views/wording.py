"""Numbers and dates as people read them; a missing value is said to be missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

MISSING = "n/a"
_SCALES = ((1e12, "trn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def plain_value(value: Any) -> str | int | float | bool | None:
    """Return a cell as a plain Python value: lists joined by ';', dates in ISO, None for missing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (tuple, list, set, frozenset)):
        parts = [str(plain_value(part)) for part in value]
        return ";".join(sorted(parts) if isinstance(value, (set, frozenset)) else parts)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    return plain if isinstance(plain, (str, int, bool)) else str(plain)


def plain(value: Any) -> str:
    """Four significant digits, thousands apart; whole numbers of integer columns (years) as they are."""
    cell = plain_value(value)
    if cell is None:
        return MISSING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return _four_digits(cell)
    return str(cell)


def _four_digits(number: float) -> str:
    if number == 0:
        return "0"
    digits = 3 - math.floor(math.log10(abs(number)))
    if digits > 7:
        return f"{number:.3e}"
    shown = f"{number:,.{max(0, digits)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def percent(value: Any) -> str:
    """Share 0..1 as percent with one decimal; a share that is small but not zero does not become 0."""
    cell = plain_value(value)
    if not isinstance(cell, (int, float)):
        return MISSING
    if 0 < abs(cell) < 0.0005:
        return "under 0.1\u00a0%"
    return f"{cell * 100:.1f}\u00a0%"


def money(value: Any) -> str:
    """USD in three significant digits with k, m, bn or trn."""
    cell = plain_value(value)
    if not isinstance(cell, (int, float)):
        return MISSING
    for scale, word in _SCALES:
        if abs(cell) >= 0.9995 * scale:
            number = cell / scale
            digits = 2 - math.floor(math.log10(1.0005 * abs(number)))  # 0.9996 is shown as 1.00
            return f"{number:,.{max(0, digits)}f}\u00a0{word}"
    return f"{cell:,.0f}"


def in_unit(unit: str) -> Callable[[Any], str]:
    """How a value of this unit is shown."""
    if unit in {"0..1", "share"} or unit.startswith("ratio"):
        return percent
    return money if unit.startswith("USD") and unit != "USD/t" else plain
