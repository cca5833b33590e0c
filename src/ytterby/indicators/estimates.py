"""One number with its bounds, what it rests on and, where it is missing, why; and long rows of many."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from ytterby.indicators.longrows import COLUMNS, OK

NAN = float("nan")
_NAMED = 5  # so many suppliers without an input are named, the others counted


class Key(NamedTuple):
    """Which cell of the screen a number is."""

    indicator: str
    material: str
    stage: str
    country_iso3: str
    year: int


@dataclass(frozen=True)
class Estimate:
    """A value between its bounds; NaN with a reason in ``status``, bounds kept where they still hold."""

    value: float = NAN
    lower: float = NAN
    upper: float = NAN
    status: str = OK
    parts: Mapping[str, Any] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.status == OK


def exactly(value: float, sources: Iterable[str] = (), **parts: Any) -> Estimate:
    """Estimate without any doubt about it."""
    return Estimate(value, value, value, OK, parts, frozenset(sources))


def within(low: float, high: float, missing: Iterable[str], like: Estimate) -> Estimate:
    """Bounds without a value, because inputs are missing; a value where the bounds leave one only."""
    if low == high:
        return Estimate(low, low, high, OK, like.parts, like.sources)
    return Estimate(NAN, low, high, missing_status(missing), like.parts, like.sources)


def refused(status: str, sources: Iterable[str] = (), **parts: Any) -> Estimate:
    """No value and no bounds, for a reason."""
    return Estimate(status=status, parts=parts, sources=frozenset(sources))


def missing_status(names: Iterable[str]) -> str:
    """Status that names every missing input once."""
    return "missing: " + ", ".join(dict.fromkeys(names))


def named(what: str, countries: Iterable[str]) -> str:
    """An input and the suppliers it is missing for: ``trade_parameter of CHN, USA and 3 more``."""
    codes = list(countries)
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    return f"{what} of {' '.join(codes[:_NAMED])}{more}"


def estimate_rows(method: str, found: Iterable[tuple[Key, Estimate]]) -> pd.DataFrame:
    """Long rows of the screen, one an estimate; NaN in the components is written as null."""
    rows = [
        (method, *key, one.value, one.lower, one.upper, one.status, _text(one.parts),
         ";".join(sorted(one.sources)))
        for key, one in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _text(parts: Mapping[str, Any]) -> str:
    return json.dumps({name: _clean(part) for name, part in parts.items()}, ensure_ascii=False)


def _clean(part: Any) -> Any:
    if isinstance(part, float):
        return round(part, 6) if math.isfinite(part) else None
    return part
