"""Blocks of draws: arrays [item, lane] with one lane per draw, sums over items, stacked conditions.

No number of a lane depends on another lane, so results do not depend on how draws are put into
blocks. Blocks of 16 lanes stay in cache; all draws at once are slower.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ytterby.errors import YtterbyError
from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.shocks import Conditions, Quota

# Relative size below which a difference is rounding of floats, not a shortage. Sums of some
# thousand terms err by 1e-13; the smallest shortage that matters to anybody is far above 1e-9.
ROUNDING = 1e-9


class GroupSum:
    """Sums rows [item, lane] into groups [group, lane].

    ``np.bincount`` adds in the order of the items, whatever the number of lanes, which neither
    ``np.add.reduceat`` (pairwise) nor a matrix product (blocked) promises; 24,000 numbers take 40 us.
    """

    def __init__(self, index: Ints, groups: int, lanes: int) -> None:
        self.shape = (groups, lanes)
        self.flat = (index[:, None] * lanes + np.arange(lanes)).ravel()

    def __call__(self, values: Floats) -> Floats:
        """Return the sums of ``values`` [item, lane]."""
        groups, lanes = self.shape
        summed: Floats = np.bincount(self.flat, values.ravel(), groups * lanes).astype(float, copy=False)
        return summed.reshape(self.shape)


@dataclass(frozen=True)
class Weather:
    """The conditions of a block of draws, lanes last."""

    capacity_factor: Floats  # [week, process, lane]
    demand_factor: Floats  # [week, process, lane]
    arc_open: Flags  # [week, arc, lane]
    licensed: Flags  # [week, arc, lane]
    delay_weeks: Floats  # [arc, lane]
    approval: Floats  # [arc, lane]
    quotas: tuple[Quota, ...]  # limit_t [week, lane]
    tariff: Floats | None = None  # [week, arc, lane]; None where no draw has any
    price_floor: Floats | None = None  # [week, material, lane]

    @property
    def lanes(self) -> int:
        """Number of draws."""
        return int(self.delay_weeks.shape[1])


def stack_quotas(conditions: Sequence[Conditions]) -> tuple[Quota, ...]:
    """Put the quotas of several draws side by side; those on the same arcs share one row."""
    quotas: dict[tuple[object, ...], Quota] = {}
    for lane, each in enumerate(conditions):
        for quota in each.quotas:
            free = np.full((each.weeks, len(conditions)), np.inf)
            limit = quotas.setdefault(_quota_key(quota), dataclasses.replace(quota, limit_t=free)).limit_t
            limit[:, lane] = np.minimum(limit[:, lane], quota.limit_t)
    return tuple(quotas.values())


def stack_conditions(conditions: Sequence[Conditions]) -> Weather:
    """Put the conditions of several draws side by side."""
    return Weather(
        capacity_factor=np.stack([each.capacity_factor for each in conditions], axis=-1),
        demand_factor=np.stack([each.demand_factor for each in conditions], axis=-1),
        arc_open=np.stack([each.arc_open for each in conditions], axis=-1),
        licensed=np.stack([each.licensed for each in conditions], axis=-1),
        delay_weeks=np.stack([each.delay_weeks for each in conditions], axis=-1),
        approval=np.stack([each.approval for each in conditions], axis=-1),
        quotas=stack_quotas(conditions),
        tariff=_stack_some([each.tariff for each in conditions]),
        price_floor=_stack_some([each.price_floor for each in conditions]),
    )


@dataclass(frozen=True)
class Targets:
    """Stocks that a block holds at the start and tends to, tonnes; one column for all lanes or one a lane."""

    pool_t: Floats  # [pool, 1 or lane]
    slot_t: Floats  # [slot, 1 or lane]

    @classmethod
    def of(cls, chain: Chain) -> Targets:
        """Return the chain's own stocks, the same in all lanes."""
        return cls(chain.pool_stock_t[:, None], chain.slot_stock_t[:, None])


ONE_PER_BLOCK = ("fixed_shares", "new_plant_cover_weeks", "stockpile_release")  # they change what is computed


def stack_behaviours(behaviours: Sequence[Behaviour]) -> Behaviour:
    """Put the options of several draws side by side: what differs becomes one value a lane.

    Raises
    ------
    YtterbyError: an option that a block can have only once differs.
    """
    stacked: dict[str, Any] = {}
    for option in dataclasses.fields(Behaviour):
        values = [getattr(each, option.name) for each in behaviours]
        alike = all(value == values[0] for value in values)
        if not alike and option.name in ONE_PER_BLOCK:
            raise YtterbyError(
                f"behaviour {option.name} differs within a block.", "Simulate such draws apart."
            )
        stacked[option.name] = values[0] if alike else np.array(values, dtype=float)
    return Behaviour(**stacked)


def _quota_key(quota: Quota) -> tuple[object, ...]:
    """What quotas of several draws must share to stand in one row; weeks by themselves have no period."""
    period = (quota.period_weeks, quota.first_come, quota.start_week) if quota.period_weeks > 1 else ()
    return (quota.arcs.tobytes(), *period)


def _stack_some(parts: Sequence[Floats | None]) -> Floats | None:
    """Stack what some draws have; the others have zeros."""
    some = [part for part in parts if part is not None]
    if not some:
        return None
    return np.stack([np.zeros_like(some[0]) if part is None else part for part in parts], axis=-1)


def ratio(top: Floats, bottom: Floats, otherwise: float) -> Floats:
    """Divide where the bottom is positive; ``otherwise`` elsewhere."""
    whole: Floats = np.full(np.broadcast_shapes(top.shape, bottom.shape), otherwise)
    np.divide(top, bottom, out=whole, where=bottom > 0)
    return whole
