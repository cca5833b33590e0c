"""How much to store: the newsvendor's rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ytterby.errors import YtterbyError

PROBABILITY_TOLERANCE = 1e-9


def newsvendor(cost: float, value: float, outcomes: Sequence[float], probabilities: Sequence[float]) -> float:
    """Stock that minimises cost x stock + value x expected need left unmet.

    The smallest q with P(need <= q) >= 1 - cost/value (Arrow, Harris and Marschak 1951).

    Parameters
    ----------
    cost: of storing one tonne, USD/t; value: of one tonne missing, USD/t.
    outcomes: possible needs, tonnes; probabilities: of each, summing to 1.

    Returns
    -------
    Tonnes; 0 when storing costs more than it can ever be worth.

    Raises
    ------
    YtterbyError: negative numbers, or probabilities that do not sum to 1.
    """
    need, chance = np.asarray(outcomes, float), np.asarray(probabilities, float)
    if need.shape != chance.shape or not len(need):
        raise YtterbyError("outcomes and probabilities differ in number.", "Give one probability for each.")
    if cost < 0 or value <= 0 or (need < 0).any() or (chance < 0).any():
        raise YtterbyError(
            "a negative cost, value, need or probability.", "Give numbers from 0, value above 0."
        )
    if abs(chance.sum() - 1) > PROBABILITY_TOLERANCE:
        raise YtterbyError(f"probabilities sum to {chance.sum():.6g}.", "Let them sum to 1.")
    if cost >= value:
        return 0.0
    order = np.argsort(need)
    reached = np.cumsum(chance[order]) >= 1 - cost / value - PROBABILITY_TOLERANCE
    return float(need[order][np.argmax(reached)])
