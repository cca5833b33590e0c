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


class Markets:
    """What a chain's prices rest on, the same in every draw: markets, elastic uses, shares of input value."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.market_material, _, self.of_slot = slot_markets(chain)
        self.elastic = np.flatnonzero(chain.process_is_use & (chain.elasticity > 0))
        fed = np.isin(chain.slot_process, self.elastic)
        worth = np.where(fed, chain.slot_t * chain.price_usd_per_t[chain.slot_material], 0.0)
        plants = len(chain.processes)
        total, slots = (
            np.bincount(chain.slot_process, values, plants)[chain.slot_process]
            for values in (worth, fed.astype(float))
        )
        equal = np.divide(fed, slots, out=np.zeros_like(worth), where=slots > 0)
        self.weight: Floats = np.divide(worth, total, out=equal, where=total > 0)  # [slot]

    def rest_of_materials(self, price_elasticity: float) -> Floats:
        """[material, 1] price elasticity less what the users' own needs answer."""
        chain = self.chain
        return self._rest(chain.pool_material[chain.arc_pool], len(chain.materials), price_elasticity)

    def rest_of_markets(self, price_elasticity: float) -> Floats:
        """[market, 1] the same for each market."""
        return self._rest(self.of_slot[self.chain.arc_slot], len(self.market_material), price_elasticity)

    def _rest(self, group: Ints, groups: int, price_elasticity: float) -> Floats:
        """[group, 1] price elasticity less the mean of the users' own, weighted by baseline flow."""
        chain, flow = self.chain, self.chain.arc_flow_t
        own = np.where(chain.process_is_use, chain.elasticity, 0.0)[chain.slot_process[chain.arc_slot]]
        bought, answer = (np.bincount(group, values, groups) for values in (flow, flow * own))
        mean = np.divide(answer, bought, out=np.zeros(groups), where=bought > 0)
        return np.maximum(price_elasticity - mean, min(LEAST_REST, price_elasticity))[:, None]


def price_steps(behaviour: Behaviour, rest: Floats) -> tuple[Floats, Floats, Floats]:
    """Least served share (where the cap is reached), power of the served share, and step, of each index.

    Parameters
    ----------
    rest: [item, 1] elasticity beside that of the uses, whose answer is already in the orders.
    """
    least: Floats = behaviour.price_cap**-rest
    # the more of the answer is left to the uses, the shorter the step, or the two would swing
    step: Floats = behaviour.price_damping * np.minimum(1.0, rest / behaviour.price_elasticity)
    return least, -1.0 / rest, step


class Prices:
    """Settles the week's indices; ``material`` and ``market`` are [item, lane]."""

    def __init__(self, chain: Chain, layout: Layout, weather: Weather, behaviour: Behaviour) -> None:
        self.chain, self.layout, self.weather = chain, layout, weather
        markets = Markets(chain)
        self.elastic, self.weight = markets.elastic, markets.weight[:, None]
        self.market_material, self.slot_market = markets.market_material, markets.of_slot
        self.by_market = GroupSum(self.slot_market[chain.arc_slot], len(self.market_material), weather.lanes)
        self.by_process = GroupSum(chain.slot_process, len(chain.processes), weather.lanes)
        self.material = np.ones((len(chain.materials), weather.lanes))
        self.market = np.ones((len(self.market_material), weather.lanes))
        elasticity = behaviour.price_elasticity
        self.material_steps = price_steps(behaviour, markets.rest_of_materials(elasticity))
        self.market_steps = price_steps(behaviour, markets.rest_of_markets(elasticity))

    def settle(self, week: int, orders: Floats, flow: Floats) -> None:
        """Move the indices a part of the way to where the served part of the orders would clear."""
        floor = None if self.weather.price_floor is None else self.weather.price_floor[week]
        served = ratio(self.layout.arcs_by_material(flow), self.layout.arcs_by_material(orders), 1.0)
        self.material = self._moved(self.material, served, self.material_steps, floor)
        if len(self.elastic) or self.layout.detail:
            local = None if floor is None else floor[self.market_material]
            served = ratio(self.by_market(flow), self.by_market(orders), 1.0)
            self.market = self._moved(self.market, served, self.market_steps, local)

    def _moved(
        self, index: Floats, served: Floats, steps: tuple[Floats, Floats, Floats], floor: Floats | None
    ) -> Floats:
        least, power, step = steps
        served[served >= 1 - ROUNDING] = 1.0
        clearing = np.maximum(served, least) ** power
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
