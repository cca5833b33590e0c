"""Content rules by value: how much of a good's price is controlled material of given origin.

A rule such as "foreign goods with at least 0.1 % of their value from controlled material need a
licence" asks for provenance. It is followed through the baseline: inputs are mixed in proportion to
the shares from which they are bought, and what several outputs have in common is split by value.
"""

from __future__ import annotations

import numpy as np

from ytterby.network.chain import Chain, Flags, Floats

ROUNDING = 1e-12  # a share on the boundary itself counts; sums of floats may lie this far below it


def controlled_value_share(chain: Chain, controlled: Flags) -> Floats:
    """Value of controlled material in a good as a share of the good's price.

    Parameters
    ----------
    controlled: [pool] pools whose goods are the controlled material itself.

    Returns
    -------
    [pool] share of the price, 0 to 1; 1 in controlled pools. Worked: a motor of 400 EUR with 0.9 g of
    dysprosium at 300 EUR/kg: 0.27 / 400 = 0.0675 %.
    """
    passed = _passed_on(chain)
    price = chain.price_usd_per_t[chain.pool_material]
    inside = np.where(controlled, price, 0.0)
    free = ~controlled
    # value = passed @ value in free pools, price in controlled ones
    system = np.eye(len(price)) - np.where(free[:, None], passed, 0.0)
    value = np.linalg.solve(system, inside)
    share: Floats = np.divide(value, price, out=np.zeros_like(value), where=price > 0)
    return np.minimum(1.0, share + ROUNDING)


def _passed_on(chain: Chain) -> Floats:
    """[pool, pool] tonnes of the second good that went into a tonne of the first."""
    pools, plants = len(chain.pool_material), len(chain.processes)
    taken = np.zeros((plants, pools))  # tonnes bought from each pool per tonne of activity
    bought = chain.slot_t[chain.arc_slot] * chain.arc_share
    np.add.at(taken, (chain.slot_process[chain.arc_slot], chain.arc_pool), bought)
    worth = chain.output_t * chain.price_usd_per_t[chain.pool_material[chain.output_pool]]
    total = np.bincount(chain.output_process, worth, plants)[chain.output_process]
    part = np.divide(worth, total, out=np.zeros_like(worth), where=total > 0)
    made = chain.output_t * chain.activity_t[chain.output_process]
    supply = np.bincount(chain.output_pool, made, pools)[chain.output_pool]
    weight = np.divide(made, supply, out=np.zeros_like(made), where=supply > 0)
    per_tonne = weight * part / np.where(chain.output_t > 0, chain.output_t, 1.0)
    passed = np.zeros((pools, pools))
    np.add.at(passed, chain.output_pool, per_tonne[:, None] * taken[chain.output_process])
    return passed
