"""How agents behave: every option of the simulator with its unit, default, effect and source.

The list is data: the table in ``docs/method/simulation.md`` section 4 is held equal to it by a test.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from ytterby.errors import YtterbyError


def _option(
    default: Any, unit: str, effect: str, low: float = 0.0, high: float = 1e9, source: str = "assumed"
) -> Any:
    told = {"unit": unit, "effect": effect, "source": source, "low": low, "high": high}
    return dataclasses.field(default=default, metadata=told)


@dataclass(frozen=True)
class Behaviour:
    """Options of the agents; see ``describe_behaviour`` for the meaning of each.

    Inside a block of draws an option may hold one value a lane (``blocks.stack_behaviours``).

    Raises
    ------
    YtterbyError: a value outside its range.
    """

    order_smoothing: float = _option(
        0.25,
        "1/week",
        "weight of the newest week in smoothed orders; higher reacts and overshoots more",
        0.01,
        1,
    )
    pool_gap_weeks: float = _option(
        4.0, "week", "time in which producers close a gap to target stock; shorter recovers sooner", 1, 520
    )
    slot_gap_weeks: float = _option(
        8.0,
        "week",
        "time in which users close a gap to target stock; shorter competes more for goods",
        1,
        520,
    )
    delay_learning: float = _option(
        0.1, "1/week", "how fast users build the licence time into their orders; lower is deeper", 0, 1,
        "with 49 days of delay the exports missing in spring 2025 come out (4.3 of 4.9 weeks)",
    )  # fmt: skip
    fixed_shares: bool = _option(
        False, "", "users never change supplier; the deepest shortfall, and the reference of the laws"
    )
    switching_rate: float = _option(
        0.1,
        "1/week",
        "part of the failing purchases moved to other suppliers each week; higher is shallower",
        0,
        1,
    )
    return_rate: float = _option(
        0.05, "1/week", "part of the moved purchases that returns each week to a supplier with room", 0, 1
    )
    qualification_weeks: float = _option(
        26.0,
        "week",
        "weeks of failing supply before an unused way is open; longer keeps the trough deep",
        0,
        1040,
    )
    new_plant_cover_weeks: float = _option(
        4.0, "week", "inputs that added capacity takes into stock before it sells; 0 starts it slower", 0, 104
    )
    stockpile_release: bool = _option(
        True, "", "stockpiles serve their partner's short users; off shows what they are worth"
    )
    release_cover_weeks: float = _option(
        2.0, "week", "cover below which a stockpile tops a user up; higher releases earlier", 0, 520
    )
    surplus_weeks: float = _option(
        8.0, "week", "unsold goods a pool keeps above target before disposal; higher rebounds more", 0, 520
    )
    price_elasticity: float = _option(
        0.3, "", "sum of demand and supply elasticity behind the price index; lower is steeper", 0.01, 10,
        "method.md section 5 (0.2 + 0.1)",
    )  # fmt: skip
    price_damping: float = _option(
        0.25,
        "1/week",
        "part of the way to the week's clearing price gone each week; lower delays the answer of uses",
        0,
        1,
    )
    price_cap: float = _option(
        26.0, "", "highest price index (base 1); bounds what uses give up because of the price", 1, 1000,
        "Dy oxide rose 26 times from January 2009 to August 2011",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for option in dataclasses.fields(self):
            low, high = option.metadata["low"], option.metadata["high"]
            value = getattr(self, option.name)
            if not np.all((low <= value) & (value <= high)):
                raise YtterbyError(f"behaviour {option.name} = {value!r}.", f"Choose {low:g} to {high:g}.")


def describe_behaviour() -> list[dict[str, str]]:
    """Rows of option, default, unit, effect and source, for the reference pages."""
    return [
        {
            "option": option.name,
            "default": str(option.default),
            **{key: str(option.metadata[key]) for key in ("unit", "effect", "source")},
        }
        for option in dataclasses.fields(Behaviour)
    ]
