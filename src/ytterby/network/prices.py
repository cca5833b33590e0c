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

LEAST_REST = 0.1  # supply elasticity of USGS work; less would let prices jump from cap to base and back


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
        own = np.where(chain.process_is_use, chain.elasticity, 0.0)[self.layout.user]
        self.rest_material = self._rest(own, chain.pool_material[chain.arc_pool], len(chain.materials))
        self.rest_market = self._rest(own, self.slot_market[chain.arc_slot], len(self.market_material))
        self.by_process = GroupSum(chain.slot_process, plants, self.weather.lanes)

    def _rest(self, own: Floats, group: Ints, groups: int) -> Floats:
        """[group, 1] price elasticity less the mean of the users' own, weighted by baseline flow."""
        flow = self.chain.arc_flow_t
        bought, answer = (np.bincount(group, values, groups) for values in (flow, flow * own))
        mean = np.divide(answer, bought, out=np.zeros(groups), where=bought > 0)
        return np.maximum(
            self.behaviour.price_elasticity - mean, min(LEAST_REST, self.behaviour.price_elasticity)
        )[:, None]

    def settle(self, week: int, orders: Floats, flow: Floats) -> None:
        """Move the indices a part of the way to where the served part of the orders would clear."""
        floor = None if self.weather.price_floor is None else self.weather.price_floor[week]
        served = ratio(self.layout.arcs_by_material(flow), self.layout.arcs_by_material(orders), 1.0)
        self.material = self._moved(self.material, served, self.rest_material, floor)
        if len(self.elastic) or self.layout.detail:
            local = None if floor is None else floor[self.market_material]
            served = ratio(self.by_market(flow), self.by_market(orders), 1.0)
            self.market = self._moved(self.market, served, self.rest_market, local)

    def _moved(self, index: Floats, served: Floats, rest: Floats, floor: Floats | None) -> Floats:
        """``rest``: [item, 1] elasticity beside that of the uses, whose answer is already in the orders."""
        served[served >= 1 - ROUNDING] = 1.0
        clearing = np.maximum(served, self.behaviour.price_cap**-rest) ** (-1.0 / rest)
        # the more of the answer is left to the uses, the shorter the step, or the two would swing
        step = self.behaviour.price_damping * np.minimum(1.0, rest / self.behaviour.price_elasticity)
        moved: Floats = index + step * (clearing - index)
        return moved if floor is None else np.maximum(moved, floor)

    def answer(self, week: int, share: Floats) -> Floats:
        """[use, lane] share of their need that the elastic uses still want at the prices they pay."""
        paid = self.market[self.slot_market]
        if self.weather.tariff is not None:
            added = share * self.weather.tariff[week] / (1.0 + self.chain.arc_tariff[:, None])
            paid = paid * (1.0 + self.layout.arcs_by_slot(added))
        price = self.by_process(self.weight * paid)[self.elastic]
        wanted: Floats = price ** -self.chain.elasticity[self.elastic][:, None]
        return np.minimum(1.0, wanted)
