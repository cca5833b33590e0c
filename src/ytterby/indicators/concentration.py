"""How concentrated a supply is, and in how risky hands (docs/method/indicators, section 1).

Each function takes the amounts of the suppliers (shares or tonnes: they are divided by their sum)
as a list, array or series. NaN is a supplier whose amount is not known; it is left out, so that the
value describes the known part, and an array without any known amount is refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers
from ytterby.indicators.values import check_estimates, rows

Array = npt.NDArray[np.float64]

# Limits between low, moderate and high as DERA prints them (HHI over 10,000; risk on -2.5..2.5).
# The limits themselves count as moderate.
HHI_LIMITS = (0.15, 0.25)
RISK_LIMITS = (-0.5, 0.5)


def shares(amounts: npt.ArrayLike) -> Array:
    """Shares of the known amounts, summing to 1.

    Raises
    ------
    BadNumbers
        An amount is negative or infinite, none is known, their sum is zero, or the amounts are no single
        list of numbers.
    """
    (values,) = rows(amounts)
    known = values[~np.isnan(values)]
    if known.size == 0:
        raise BadNumbers("no amount is known, so there are no shares.", "Missing is not zero: give numbers.")
    bad = int(((known < 0) | np.isinf(known)).sum())
    if bad:
        raise BadNumbers(f"{bad} amounts are negative or infinite.", "Give finite amounts >= 0.")
    # Dividing by the largest first keeps sums of very large and very small amounts finite.
    peak = known.max()
    if peak == 0:
        raise BadNumbers(
            "all amounts are zero, so there are no shares.", "Leave such a year or material out."
        )
    scaled = known / peak
    return np.asarray(scaled / scaled.sum())


def hhi(amounts: npt.ArrayLike) -> float:
    """Herfindahl-Hirschman index, sum of squared shares: 1/n (equal) to 1 (one supplier).

    For .7/.2/.1: .54.
    """
    return float(np.square(shares(amounts)).sum())


def effective_number(amounts: npt.ArrayLike) -> float:
    """Number of equal suppliers with the same HHI, 1/HHI. For .7/.2/.1: 1.852."""
    return 1.0 / hhi(amounts)


def normalised_hhi(amounts: npt.ArrayLike) -> float:
    """(HHI - 1/n)/(1 - 1/n) over the n known suppliers: 0 equal, 1 one supplier; 1 for n = 1."""
    parts = shares(amounts)
    least = 1.0 / parts.size
    return 1.0 if parts.size == 1 else float((np.square(parts).sum() - least) / (1.0 - least))


def shannon(amounts: npt.ArrayLike) -> float:
    """Shannon entropy -sum s ln s, in nats; a zero share adds nothing. For .7/.2/.1: .8018."""
    parts = shares(amounts)
    positive = parts[parts > 0]
    return float(-(positive * np.log(positive)).sum()) + 0.0


def theil(amounts: npt.ArrayLike) -> float:
    """Theil index sum s ln(s n) over the n known suppliers, zeros counted. For .7/.2/.1: .2968."""
    parts = shares(amounts)
    return float(np.log(parts.size) - shannon(parts))


def top_share(amounts: npt.ArrayLike, count: int = 1) -> float:
    """Share of the largest ``count`` suppliers together."""
    if count < 1 or count != int(count):
        raise BadNumbers(f"the largest {count} suppliers were asked for.", "Ask for a whole number from 1.")
    return float(np.sort(shares(amounts))[::-1][: int(count)].sum())


def weighted_country_risk(amounts: npt.ArrayLike, governance: npt.ArrayLike) -> float:
    """Weighted country risk of DERA and BGR, sum s_i WGI_i, on the scale -2.5 (weak) to 2.5 (strong).

    Parameters
    ----------
    amounts, governance
        One entry a supplier; governance is the mean of the six WGI dimensions, or one of them if
        the caller says so.

    Raises
    ------
    BadNumbers
        Lengths or labels differ, governance is on another scale (percentile ranks), or a supplier with a
        share has no governance: name it, fill it or leave it out.
    """
    values, risks = rows(amounts, governance)
    check_estimates(risks)
    known = ~np.isnan(values)
    parts, risks = shares(values), risks[known]
    if np.isnan(risks[parts > 0]).any():
        blind = float(parts[np.isnan(risks)].sum())
        raise BadNumbers(
            f"suppliers of {blind:.1%} have no governance value.", "Fill or leave them out first."
        )
    return float((parts * np.where(parts > 0, risks, 0.0)).sum())


def hhi_band(value: float) -> str:
    """Band of an HHI: ``low`` below 1,500, ``high`` above 2,500 (of 10,000), else ``moderate``."""
    if not 0.0 <= value <= 1.0 + 1e-12:
        raise BadNumbers(f"an HHI of {value} is not within 0 and 1.", "Divide the printed value by 10,000.")
    low, high = HHI_LIMITS
    return "low" if value < low else "high" if value > high else "moderate"


def risk_band(value: float) -> str:
    """Band of a weighted country risk: ``low`` risk above 0.5, ``high`` below -0.5, else ``moderate``."""
    if not -2.5 <= value <= 2.5:
        raise BadNumbers(
            f"a weighted country risk of {value} is not within -2.5 and 2.5.", "Check the scale."
        )
    worst, best = RISK_LIMITS
    return "low" if value > best else "high" if value < worst else "moderate"
