"""Price indices of materials and markets, and how the need of uses answers them.

A *market* is a material in the region of its users: goods held back at a border are scarce on one
side of it only. Indices are damped clearing prices, base 1; ``docs/method/simulation.md``, 3.8.
"""

from __future__ import annotations

import numpy as np

from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import ROUNDING, GroupSum, Weather, ratio
from ytterby.network.chain import Chain, Floats, Ints
from ytterby.network.layout import Layout


def slot_markets(chain: Chain) -> tuple[Ints, Ints, Ints]:
    """Material and user region of each market, and the market of each slot."""
    regions = len(chain.regions)
    key = chain.slot_material * regions + chain.process_region[chain.slot_process]
    markets, of_slot = np.unique(key, return_inverse=True)
    return markets // regions, markets % regions, of_slot


class Prices:
    """Settles the week's indices; ``material`` and ``market`` are [item, lane]."""

    def __init__(self, chain: Chain, layout: Layout, weather: Weather, behaviour: Behaviour) -> None:
        self.chain, self.layout, self.weather, self.behaviour = chain, layout, weather, behaviour
        self.market_material, _, self.slot_market = slot_markets(chain)
        self.by_market = GroupSum(self.slot_market[chain.arc_slot], len(self.market_material), weather.lanes)
        self.material = np.ones((len(chain.materials), weather.lanes))
        self.market = np.ones((len(self.market_material), weather.lanes))
        self._elastic(chain)
        self.wanted = np.ones((len(chain.processes), weather.lanes))  # share of its need a use still wants

    def _elastic(self, chain: Chain) -> None:
        """Uses with an elasticity, and how much of their input's value each slot is."""
        self.elastic = np.flatnonzero(chain.process_is_use & (chain.elasticity > 0))
        self.fed = np.isin(chain.slot_process, self.elastic)
        worth = np.where(self.fed, chain.slot_t * chain.price_usd_per_t[chain.slot_material], 0.0)
        plants = len(chain.processes)
        total, slots = (
            np.bincount(chain.slot_process, values, plants)[chain.slot_process]
            for values in (worth, self.fed.astype(float))
        )
        equal = np.divide(self.fed, slots, out=np.zeros_like(worth), where=slots > 0)
        self.weight = np.divide(worth, total, out=equal, where=total > 0)[:, None]
        self.by_process = GroupSum(chain.slot_process, plants, self.weather.lanes)

    def settle(self, week: int, orders: Floats, flow: Floats) -> None:
        """Move the indices a part of the way to where the served part of the orders would clear.

        Orders count as they would be at the price of the baseline: what uses give up because of the price
        is what ``price_elasticity`` stands for, and would count twice.
        """
        if len(self.elastic):
            orders = orders / self.wanted[self.layout.user]
        floor = None if self.weather.price_floor is None else self.weather.price_floor[week]
        self.material = self._moved(self.material, self.layout.arcs_by_material, orders, flow, floor)
        if len(self.elastic) or self.layout.detail:
            local = None if floor is None else floor[self.market_material]
            self.market = self._moved(self.market, self.by_market, orders, flow, local)

    def _moved(
        self, index: Floats, sums: GroupSum, orders: Floats, flow: Floats, floor: Floats | None
    ) -> Floats:
        served = ratio(sums(flow), sums(orders), 1.0)
        served[served >= 1 - ROUNDING] = 1.0
        elasticity = self.behaviour.price_elasticity
        clearing = np.maximum(served, self.behaviour.price_cap**-elasticity) ** (-1.0 / elasticity)
        moved: Floats = index + self.behaviour.price_damping * (clearing - index)
        return moved if floor is None else np.maximum(moved, floor)

    def answer(self, week: int, share: Floats) -> Floats:
        """[use, lane] share of their need that the elastic uses still want at the prices they pay."""
        paid = self.market[self.slot_market]
        if self.weather.tariff is not None:
            added = share * self.weather.tariff[week] / (1.0 + self.chain.arc_tariff[:, None])
            paid = paid * (1.0 + self.layout.arcs_by_slot(added))
        price = self.by_process(self.weight * paid)[self.elastic]
        wanted: Floats = price ** -self.chain.elasticity[self.elastic][:, None]
        self.wanted[self.elastic] = np.minimum(1.0, wanted)
        return self.wanted[self.elastic]
