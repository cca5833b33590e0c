"""The EU method of criticality, one function an equation (docs/method/indicators, section 4).

Every function takes one material, or many at once: arrays broadcast, and the last axis of shares is the
supplier countries or the sectors. One missing number is refused; in an array it stays missing (NaN).
Tables of pandas are taken where their labels agree.

The studies of 2011 and 2014 had SR = HHI_WGI (1 - recycling) * substitution: ``eu_supply_risk`` with the
global side alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers, UnknownName
from ytterby.indicators.values import (
    Array,
    Value,
    arrays,
    check_estimates,
    check_shares,
    check_within,
    plain,
    present,
)

# Supply risk and economic importance from which a material was critical, by year of the study.
EU_THRESHOLDS = {2011: (1.0, 5.0), 2014: (1.0, 5.0), 2017: (1.0, 2.8), 2020: (1.0, 2.8), 2023: (1.0, 2.8)}
TRADE_RANGE = (0.8, 1.5)  # trade parameters that occur in the tables of the study of 2023
WORST_GOVERNANCE = 10.0
# Single estimates of governance reach -3.3 and the EU scale with it 11.6; above 12 it is another scale.
_LARGEST_GOVERNANCE = 12.0
_LARGEST_TRADE = 5.0


def eu_governance(mean_estimate: npt.ArrayLike) -> Array:
    """WGI on the EU scale, (2.5 - mean of six estimates) * 2: 0 good .. 10 bad; NaN stays NaN.

    Percentile ranks are refused.
    """
    check_estimates(mean_estimate)
    return np.asarray((2.5 - np.asarray(mean_estimate, dtype=np.float64)) * 2.0)


def eu_concentration(shares: npt.ArrayLike, governance: npt.ArrayLike, trade: npt.ArrayLike = 1.0) -> Value:
    """HHI_WGI,t = sum_c S_c^2 WGI_c t_c, on 0..10 where t is 1.

    Parameters
    ----------
    shares
        (..., countries), 0..1 of total supply. They may sum to less than 1 (the rest is small suppliers),
        and to more only as far as rounding explains it (see ``rounding_room``). In a table of many
        materials an empty cell is a country that is not named as a supplier.
    governance
        On the EU scale 0..10; needed only where there is a share.
    trade
        Trade parameter t: above 1 with export tax, quota or ban, below 1 with a trade agreement.

    Returns
    -------
    A number, or (...) with NaN for a material of which a named supplier has no governance or t.

    Raises
    ------
    BadNumbers
        Negative numbers, percents, shares of more than the whole, or something missing for one material.
    """
    parts, risks, weights = arrays(shares, governance, trade)
    check_within(0.0, _LARGEST_GOVERNANCE, "Scale estimates with eu_governance first.", governance=risks)
    check_within(1e-9, _LARGEST_TRADE, "No measure is t = 1.", trade=weights)
    check_shares(parts, "shares")
    if parts.ndim < 2 and np.isnan(parts).any():
        raise BadNumbers("a share is missing.", "Leave out a supplier that is not known: it is the rest.")
    named = np.nan_to_num(parts) > 0
    return present(np.where(named, np.square(parts) * risks * weights, 0.0).sum(axis=-1), "the concentration")


def eu_import_reliance(imports: npt.ArrayLike, exports: npt.ArrayLike, production: npt.ArrayLike) -> Value:
    """IR = (import - export)/(production + import - export), set to 0 below 0.

    Amounts are on one basis and in one unit.

    Raises
    ------
    BadNumbers
        Negative amounts, or one material of which an amount is missing or nothing is used.
    """
    bought, sold, made = arrays(imports, exports, production)
    remedy = "Give amounts in one unit and basis."
    check_within(0.0, np.inf, remedy, imports=bought, exports=sold, production=made)
    net = bought - sold
    used = np.where((net > 0) & (made + net > 0), made + net, np.nan)
    reliance = np.where(net > 0, net / used, 0.0 * made)
    nothing = (net == 0) & (made == 0)  # all that came left again: 0/0
    return present(np.where(np.isnan(net) | nothing, np.nan, reliance), "import reliance")


def eu_supply_risk(
    hhi_global: npt.ArrayLike,
    hhi_eu: npt.ArrayLike,
    *,
    import_reliance: npt.ArrayLike,
    eol_rir: npt.ArrayLike,
    substitution: npt.ArrayLike = 1.0,
) -> Value:
    """SR = [HHI_GS IR/2 + HHI_EU (1 - IR/2)] (1 - EoL_RIR) SI_SR.

    ``hhi_global`` or ``hhi_eu`` may be NaN: the other then stands alone and IR plays no part. Of two
    stages the higher SR counts (``eu_higher_stage``).

    Returns
    -------
    A number, NaN where both sides are missing; for arrays NaN also where another input is missing.
    """
    world, union, reliance, recycled, index = arrays(
        hhi_global, hhi_eu, import_reliance, eol_rir, substitution
    )
    remedy = "Give shares, not percents."
    check_within(0.0, 1.0, remedy, import_reliance=reliance, eol_rir=recycled, substitution=index)
    largest = _LARGEST_GOVERNANCE * _LARGEST_TRADE
    remedy = "Give HHI_WGI,t from shares 0..1 and governance 0..10, as eu_concentration does."
    check_within(0.0, largest, remedy, hhi_global=world, hhi_eu=union)
    both = world * reliance / 2.0 + union * (1.0 - reliance / 2.0)
    alone = np.isnan(world) | np.isnan(union)
    risk = np.where(alone, np.fmax(world, union), both) * (1.0 - recycled) * index
    unknown = np.isnan(world) & np.isnan(union)
    return plain(risk) if unknown.all() else present(risk, "supply risk")


def eu_higher_stage(supply_risk: npt.ArrayLike, axis: int = 0) -> Value:
    """The higher supply risk of the stages along an axis; a stage without a value gives way."""
    values = np.asarray(supply_risk, dtype=np.float64)
    return plain(np.asarray(np.fmax.reduce(values, axis=axis)))


def eu_economic_importance(
    use_shares: npt.ArrayLike,
    value_added: npt.ArrayLike,
    *,
    largest: npt.ArrayLike,
    substitution: npt.ArrayLike = 1.0,
) -> Value:
    """EI = 10 sum_s A_s Q_s / max_s Q_s * SI_EI.

    Parameters
    ----------
    use_shares, value_added
        (..., sectors): share of the material's use in each NACE-2 sector, and that sector's value added,
        needed only where there is a share.
    largest
        Value added of the largest of all manufacturing sectors, in the same unit: not the largest of
        those that use the material.

    Raises
    ------
    BadNumbers
        Lengths differ, uses sum above 1, a sector is larger than the largest, or something is missing.
    """
    uses, values = (np.asarray(part, dtype=np.float64) for part in (use_shares, value_added))
    if uses.shape[-1:] != values.shape[-1:]:
        raise BadNumbers(f"{uses.shape} uses but {values.shape} sectors.", "Give one for each.")
    uses, values = arrays(use_shares, value_added)
    top, index = (np.asarray(part, dtype=np.float64) for part in (largest, substitution))
    check_shares(uses, "uses")
    check_within(0.0, np.inf, "Give amounts >= 0.", value_added=values)
    check_within(0.0, 1.0, "Give an index, not a percent.", substitution=index)
    if not (np.nan_to_num(top, nan=1.0) > 0).all() or (np.nanmax(values, initial=0.0) > np.nanmax(top)):
        raise BadNumbers("a sector is larger than the largest.", "Take the largest of all manufacturing.")
    if uses.ndim < 2 and np.isnan(uses).any():
        raise BadNumbers("a use is missing.", "Leave it out: the rest counts as used in no sector.")
    counted = np.where(np.nan_to_num(uses) > 0, uses * values, 0.0).sum(axis=-1)
    return present(10.0 * counted / top * index, "economic importance")


def eu_critical(
    supply_risk: npt.ArrayLike, economic_importance: npt.ArrayLike, *, study: int = 2023
) -> bool | Array:
    """Whether both values reach the thresholds of a study (2011, 2014, 2017, 2020, 2023).

    Returns
    -------
    A truth value; for arrays 1.0, 0.0, and NaN where a missing value leaves it open. One value below its
    threshold decides, whatever the other is.

    Raises
    ------
    UnknownName
        No such study.
    BadNumbers
        A single pair is left open by a missing value.
    """
    if study not in EU_THRESHOLDS:
        raise UnknownName("EU study", str(study), map(str, EU_THRESHOLDS))
    risk, importance = arrays(supply_risk, economic_importance)
    least_risk, least_importance = EU_THRESHOLDS[study]
    below = (risk < least_risk) | (importance < least_importance)
    found = np.where(below, 0.0, np.where(np.isnan(risk) | np.isnan(importance), np.nan, 1.0))
    answer = present(found, "the answer")
    return bool(answer) if isinstance(answer, float) else answer
