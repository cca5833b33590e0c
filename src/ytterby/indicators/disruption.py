"""What the loss of suppliers costs, in the manner of the USGS (docs/method/indicators, section 5).

One function an equation, for one case or for arrays of cases. One missing number is refused; in an
array it stays missing (NaN).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers
from ytterby.indicators.values import Array, Value, arrays, check_shares, check_within, present

# Largest share from one third country that the Critical Raw Materials Act (EU) 2024/1252 aims at.
DIVERSIFICATION_LIMIT = 0.65


def disruption(
    loss: npt.ArrayLike, *, demand_elasticity: npt.ArrayLike, supply_elasticity: npt.ArrayLike
) -> tuple[Value, Value]:
    """Price and quantity after a share L of supply is lost, relative to before.

    P1/P0 = (1 - L)^(-1/(e + h)), Q1/Q0 = (1 - L)^(e/(e + h)) with demand elasticity e (as a positive
    number) and supply elasticity h.

    Raises
    ------
    BadNumbers
        L outside 0..1 or 1 itself (no finite price), negative elasticities, both 0, or both so small that
        the price is no finite number.
    """
    lost, demand, supply = arrays(loss, demand_elasticity, supply_elasticity)
    check_within(0.0, 1.0, "Give a share of supply.", loss=lost)
    if (lost == 1.0).any():
        raise BadNumbers("all supply is lost.", "A full loss has no finite price.")
    remedy = "Give the demand elasticity as a positive number."
    check_within(0.0, np.inf, remedy, demand_elasticity=demand, supply_elasticity=supply)
    total = demand + supply
    if (total == 0.0).any():
        raise BadNumbers("both elasticities are 0.", "Without any there is no price that clears the market.")
    left = 1.0 - lost
    with np.errstate(over="ignore"):
        price, quantity = left ** (-1.0 / total), left ** (demand / total)
    if np.isinf(price).any():
        raise BadNumbers("the price is beyond all numbers.", "Give larger elasticities or a smaller loss.")
    return present(price, "the price"), present(quantity, "the quantity")


def lost_surplus(price_ratio: npt.ArrayLike, demand_elasticity: npt.ArrayLike) -> Value:
    """Consumer surplus lost when the price rises, in units of the spending before, P0 Q0.

    The area left of a demand curve of constant elasticity e between the prices:
    (p^(1-e) - 1)/(1 - e), and ln p for e = 1. For p 2 and e 0.5: 0.828.
    """
    price, demand = arrays(price_ratio, demand_elasticity)
    check_within(1.0, np.inf, "Prices rise when supply is lost.", price_ratio=price)
    check_within(0.0, np.inf, "Give it as a positive number.", demand_elasticity=demand)
    power = 1.0 - demand
    flat = np.abs(power) < 1e-9
    steep = np.where(flat, 1.0, power)
    return present(np.where(flat, np.log(price), np.expm1(steep * np.log(price)) / steep), "the surplus")


def single_point_of_failure(shares: npt.ArrayLike, limit: float = DIVERSIFICATION_LIMIT) -> bool | Array:
    """Whether one supplier has more than ``limit`` of a supply.

    The default is the bound of the Critical Raw Materials Act on what may come from one third country by
    2030. The USGS uses the same words for a single domestic producer, which asks for plants, not countries.

    Parameters
    ----------
    shares
        (..., suppliers), 0..1 of the whole; an unknown one (NaN) leaves the answer open unless another is
        above the limit, or it cannot be itself.

    Returns
    -------
    A truth value; for arrays 1.0, 0.0, and NaN where it is open.
    """
    parts = np.asarray(shares, dtype=np.float64)
    check_within(0.0, 1.0, "Give shares of the whole, 0..1.", shares=parts)
    largest = np.fmax.reduce(parts, axis=-1, initial=0.0)
    room = np.isnan(parts).any(axis=-1) & (1.0 - np.nansum(parts, axis=-1) > limit)
    found = present(np.where(largest > limit, 1.0, np.where(room, np.nan, 0.0)), "the answer")
    return bool(found) if isinstance(found, float) else found


def expected_loss(probabilities: npt.ArrayLike, losses: npt.ArrayLike) -> Value:
    """Sum of probability times loss over scenarios that exclude each other.

    Parameters
    ----------
    probabilities, losses
        (..., scenarios); probabilities sum to at most 1, the rest is that nothing happens.
    """
    chances, amounts = np.asarray(probabilities, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    fits = chances.shape[-1:] == amounts.shape[-1:]
    arrays(probabilities, losses)
    if not fits or not (chances >= 0).all() or (chances.sum(axis=-1) > 1.0 + 1e-9).any():
        raise BadNumbers("probabilities must match the losses, be >= 0 and sum to at most 1.", "Check them.")
    return present(np.asarray((chances * amounts).sum(axis=-1)), "a loss")


def joint_loss_bounds(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Value, Value]:
    """Between which the loss of two bans together lies when the goods are not complements.

    Losses are amounts of money or material; shares of one and the same supply cannot exceed 1 together.
    """
    one, other = arrays(first, second)
    check_within(0.0, np.inf, "Give losses as positive amounts.", first=one, second=other)
    return present(np.maximum(one, other), "a loss"), present(one + other, "a loss")


def disruption_potential(shares: npt.ArrayLike, ability: npt.ArrayLike, willingness: npt.ArrayLike) -> Value:
    """DP = sum PS^2 ASI WSI over producing countries, the last axis (Nassar et al. 2020); all within 0..1."""
    parts = arrays(shares, ability, willingness)
    check_within(0.0, 1.0, "Scale it to 0..1.", shares=parts[0], ability=parts[1], willingness=parts[2])
    check_shares(parts[0], "shares")
    terms = np.where(parts[0] == 0.0, 0.0, np.square(parts[0]) * parts[1] * parts[2])
    return present(terms.sum(axis=-1), "disruption potential")


def economic_vulnerability(value_added_share: npt.ArrayLike, expenditure_share: npt.ArrayLike) -> Value:
    """EV = sum (VA/GDP)(EXP/OP) over industries, the last axis.

    Share of each industry in the economy times the burden of the material's cost on its profit.
    """
    parts = arrays(value_added_share, expenditure_share)
    check_within(0.0, np.inf, "Give ratios.", value_added_share=parts[0], expenditure_share=parts[1])
    return present(np.asarray((parts[0] * parts[1]).sum(axis=-1)), "economic vulnerability")


def nassar_supply_risk(
    potential: npt.ArrayLike, trade_exposure: npt.ArrayLike, vulnerability: npt.ArrayLike
) -> Value:
    """SR = (DP * TE * EV)^(1/3); trade exposure is net import reliance, 0 for a net exporter."""
    factors = arrays(potential, trade_exposure, vulnerability)
    check_within(0.0, 1.0, "It is a sum of squared shares.", potential=factors[0])
    check_within(-np.inf, 1.0, "Give a share, not a percent.", trade_exposure=factors[1])
    check_within(0.0, np.inf, "Leave the material out instead.", vulnerability=factors[2])
    product = factors[0] * np.maximum(factors[1], 0.0) * factors[2]
    return present(np.cbrt(product), "a factor")
