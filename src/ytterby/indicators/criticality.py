"""Criticality scores: GeoPolRisk, the EU method, USGS-style disruption (docs/method/indicators, 3 to 5).

One function per equation; each takes numbers or arrays and returns the value with its components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers, UnknownName
from ytterby.indicators.concentration import hhi

Array = npt.NDArray[np.float64]

COPPER_MIDPOINT = 0.409412948  # GeoPolRisk midpoint of copper, USD/kg: makes kg Cu-eq of the others


# --- GeoPolRisk (section 3) ---------------------------------------------------------------------


@dataclass(frozen=True)
class GeoPolRisk:
    """A GeoPolRisk value taken apart.

    ``score = hhi * import_risk``; ``midpoint`` in USD/kg; ``characterisation_factor`` in kg Cu-eq/kg.
    """

    score: float
    hhi: float
    import_risk: float
    midpoint: float
    characterisation_factor: float


def political_instability(estimate: npt.ArrayLike) -> Array:
    """Political instability g = (2.5 - PV)/5 held within 0 and 1: 0 stable, 1 unstable; NaN stays NaN."""
    return np.asarray(np.clip((2.5 - np.asarray(estimate, dtype=np.float64)) / 5.0, 0.0, 1.0))


def import_risk(imports_t: npt.ArrayLike, instability: npt.ArrayLike, domestic_production_t: float) -> float:
    """IR = sum_i g_i f_i / (p + F): the unstable part of a country's supply; own production has g = 0.

    Parameters
    ----------
    imports_t, instability
        One entry a supplier, tonnes and 0..1; a supplier inside the own region has g = 0.
    domestic_production_t
        On the basis of the imports.

    Returns
    -------
    0..1; NaN where a supplier with imports has no governance, or nothing is supplied at all.

    Raises
    ------
    BadNumbers
        Negative or missing masses, lengths that differ, or g outside 0..1.
    """
    mass, risk = (np.asarray(part, dtype=np.float64).ravel() for part in (imports_t, instability))
    if mass.shape != risk.shape:
        raise BadNumbers(f"{mass.size} imports but {risk.size} governance values.", "Give one for each.")
    if not (mass >= 0).all() or not domestic_production_t >= 0:
        raise BadNumbers(
            "a mass is negative or missing.", "Missing is not zero: fill or leave out the supplier."
        )
    if (risk < 0).any() or (risk > 1).any():
        raise BadNumbers("a governance value is outside 0..1.", "Scale it with political_instability first.")
    supply = domestic_production_t + mass.sum()
    exposed = float((mass * np.where(mass > 0, risk, 0.0)).sum())
    return exposed / float(supply) if supply > 0 else float("nan")


def geopolrisk(
    world_production_t: npt.ArrayLike,
    imports_t: npt.ArrayLike,
    instability: npt.ArrayLike,
    *,
    domestic_production_t: float,
    price_usd_per_kg: float = float("nan"),
) -> GeoPolRisk:
    """GeoPolRisk of one material in one country and year.

    HHI = sum P^2/(sum P)^2 over the producing countries; score = HHI * IR; midpoint = score * price;
    CF = midpoint / 0.409412948.

    Parameters
    ----------
    price_usd_per_kg
        Import value per mass; NaN leaves midpoint and CF missing.
    """
    concentration = hhi(world_production_t)
    risk = import_risk(imports_t, instability, domestic_production_t)
    score = concentration * risk
    midpoint = score * price_usd_per_kg
    return GeoPolRisk(score, concentration, risk, midpoint, midpoint / COPPER_MIDPOINT)


@dataclass(frozen=True)
class ImportRisks:
    """Import risks of many cells at once; arrays with one entry a cell.

    ``exposed_t`` is sum g f over suppliers with governance, ``seen_t`` the imports from those, ``blind_t``
    from suppliers without, ``variance_t2`` the variance of ``exposed_t`` from the standard errors of
    governance.
    """

    imports_t: Array
    exposed_t: Array
    seen_t: Array  # summed for itself: the difference imports - blind loses all digits of a small rest
    blind_t: Array
    variance_t2: Array

    def within(self, domestic_t: Array, z: float = 1.645) -> tuple[Array, Array, Array]:
        """Value, lower and upper of IR for the given domestic production (NaN where unknown).

        The value gives suppliers without governance the mean of the others. The bounds give them 0
        and 1 and add ``z`` standard errors (1.645: 90 percent, errors independent).
        """
        supply = domestic_t + self.imports_t
        supply = np.where(supply > 0, supply, np.nan)
        seen = self.seen_t
        mean = np.divide(self.exposed_t, seen, out=np.full_like(seen, np.nan), where=seen > 0)
        value = (self.exposed_t + np.where(self.blind_t > 0, mean, 0.0) * self.blind_t) / supply
        spread = z * np.sqrt(self.variance_t2)
        low = np.maximum(self.exposed_t - spread, 0.0) / supply
        high = np.minimum(self.exposed_t + spread + self.blind_t, self.imports_t) / supply
        return value, low, high


def import_risks(
    cell: npt.NDArray[np.int64], quantity_t: Array, instability: Array, std_error: Array, cells: int
) -> ImportRisks:
    """Sums behind the import risk of every cell, from one row a flow.

    Parameters
    ----------
    cell
        Number of the cell (importer, material, year ...) of each flow, 0..cells-1.
    quantity_t, instability, std_error
        Known mass, g (NaN without governance) and standard error of the WGI estimate of each flow;
        flows of one cell from one supplier have to be added up before, as their errors are one.
    """
    blind = np.isnan(instability)
    risk, error = np.where(blind, 0.0, instability), np.where(blind, 0.0, std_error / 5.0)

    def total(weights: Array) -> Array:
        return np.asarray(np.bincount(cell, weights=weights, minlength=cells), dtype=np.float64)

    return ImportRisks(
        imports_t=total(quantity_t),
        exposed_t=total(quantity_t * risk),
        seen_t=total(quantity_t * ~blind),
        blind_t=total(quantity_t * blind),
        variance_t2=total(np.square(quantity_t * error)),
    )


# --- EU criticality (section 4) -----------------------------------------------------------------

# Supply risk and economic importance from which a material was critical, by year of the study.
EU_THRESHOLDS = {2011: (1.0, 5.0), 2014: (1.0, 5.0), 2017: (1.0, 2.8), 2020: (1.0, 2.8), 2023: (1.0, 2.8)}


def eu_governance(mean_estimate: npt.ArrayLike) -> Array:
    """WGI on the EU scale, (2.5 - mean of six estimates) * 2: 0 good .. 10 bad."""
    return np.asarray((2.5 - np.asarray(mean_estimate, dtype=np.float64)) * 2.0)


def eu_concentration(shares: npt.ArrayLike, governance: npt.ArrayLike, trade: npt.ArrayLike = 1.0) -> float:
    """HHI_WGI,t = sum_c S_c^2 WGI_c t_c, on 0..10 where t is 1.

    Parameters
    ----------
    shares
        0..1 of total supply; they may sum to less than 1 (the rest is small suppliers), not to more.
    governance
        On the EU scale 0..10.
    trade
        Trade parameter t: above 1 with export tax, quota or ban, below 1 with a trade agreement.
    """
    parts, risks, weights = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (shares, governance, trade))
    )
    if not ((parts >= 0).all() and (risks >= 0).all() and (weights > 0).all()):
        raise BadNumbers("shares and governance must be known and >= 0, t above 0.", "Fill what is missing.")
    if parts.sum() > 1.0 + 0.015:  # printed shares are rounded to whole percents
        raise BadNumbers(f"shares sum to {parts.sum():.3f}.", "Give shares of total supply, 0..1.")
    return float((np.square(parts) * risks * weights).sum())


def eu_import_reliance(imports: float, exports: float, production: float) -> float:
    """IR = (import - export)/(production + import - export), set to 0 below 0.

    Raises
    ------
    BadNumbers
        Amounts are negative or missing, or nothing is consumed.
    """
    if not all(amount >= 0 for amount in (imports, exports, production)):  # min() would pass over NaN
        raise BadNumbers("amounts are negative or missing.", "Give amounts in one unit and basis.")
    net = imports - exports
    if net <= 0:
        return 0.0
    return net / (production + net)


def eu_supply_risk(
    hhi_global: float, hhi_eu: float, *, import_reliance: float, eol_rir: float, substitution: float = 1.0
) -> float:
    """SR = [HHI_GS IR/2 + HHI_EU (1 - IR/2)] (1 - EoL_RIR) SI_SR.

    ``hhi_global`` or ``hhi_eu`` may be NaN: the other then stands alone. Of two stages the higher SR
    counts; take the maximum of two calls.
    """
    for name, value in (("import_reliance", import_reliance), ("eol_rir", eol_rir)):
        if not 0.0 <= value <= 1.0:
            raise BadNumbers(f"{name} of {value} is not within 0 and 1.", "Give shares, not percents.")
    if np.isnan(hhi_global) or np.isnan(hhi_eu):
        mixed = (
            float(np.nanmax([hhi_global, hhi_eu]))
            if not (np.isnan(hhi_global) and np.isnan(hhi_eu))
            else np.nan
        )
    else:
        mixed = hhi_global * import_reliance / 2.0 + hhi_eu * (1.0 - import_reliance / 2.0)
    return mixed * (1.0 - eol_rir) * substitution


def eu_economic_importance(
    use_shares: npt.ArrayLike, value_added: npt.ArrayLike, *, largest: float, substitution: float = 1.0
) -> float:
    """EI = 10 sum_s A_s Q_s / max_s Q_s * SI_EI.

    Parameters
    ----------
    use_shares, value_added
        Share of the material's use in each NACE-2 sector, and that sector's value added.
    largest
        Value added of the largest of all manufacturing sectors, in the same unit.
    """
    uses, values = (np.asarray(part, dtype=np.float64) for part in (use_shares, value_added))
    if uses.shape != values.shape or not ((uses >= 0).all() and (values >= 0).all()) or not largest > 0:
        raise BadNumbers(
            "uses and value added do not match, or are negative or missing.", "Give one for each."
        )
    if uses.sum() > 1.0 + 0.015 or values.max(initial=0.0) > largest:
        raise BadNumbers("uses sum above 1, or a sector is larger than the largest.", "Check the inputs.")
    return float(10.0 * (uses * values).sum() / largest * substitution)


def eu_critical(supply_risk: float, economic_importance: float, *, study: int = 2023) -> bool:
    """Whether both values reach the thresholds of a study (2011, 2014, 2017, 2020, 2023)."""
    if study not in EU_THRESHOLDS:
        raise UnknownName("EU study", str(study), map(str, EU_THRESHOLDS))
    risk, importance = EU_THRESHOLDS[study]
    return supply_risk >= risk and economic_importance >= importance


# --- USGS-style disruption (section 5) ----------------------------------------------------------


def disruption(loss: float, *, demand_elasticity: float, supply_elasticity: float) -> tuple[float, float]:
    """Price and quantity after a share L of supply is lost, relative to before.

    P1/P0 = (1 - L)^(-1/(e + h)), Q1/Q0 = (1 - L)^(e/(e + h)) with demand elasticity e (as a positive
    number) and supply elasticity h.
    """
    if not 0.0 <= loss < 1.0:
        raise BadNumbers(f"a loss of {loss} is not within 0 and 1.", "A full loss has no finite price.")
    if not (demand_elasticity >= 0 and supply_elasticity >= 0 and demand_elasticity + supply_elasticity > 0):
        raise BadNumbers(
            "elasticities must be >= 0 and not both 0.", "Give the demand elasticity as a positive number."
        )
    total = demand_elasticity + supply_elasticity
    left = 1.0 - loss
    return float(left ** (-1.0 / total)), float(left ** (demand_elasticity / total))


def expected_loss(probabilities: npt.ArrayLike, losses: npt.ArrayLike) -> float:
    """Sum of probability times loss over scenarios that exclude each other."""
    chances, amounts = (np.asarray(part, dtype=np.float64) for part in (probabilities, losses))
    if chances.shape != amounts.shape or not (chances >= 0).all() or chances.sum() > 1.0 + 1e-9:
        raise BadNumbers("probabilities must match the losses, be >= 0 and sum to at most 1.", "Check them.")
    return float((chances * amounts).sum())


def joint_loss_bounds(first: float, second: float) -> tuple[float, float]:
    """Between which the loss of two bans together lies when the goods are not complements."""
    return max(first, second), first + second


def disruption_potential(shares: npt.ArrayLike, ability: npt.ArrayLike, willingness: npt.ArrayLike) -> float:
    """DP = sum PS^2 ASI WSI over producing countries (Nassar et al. 2020)."""
    parts = [np.asarray(part, dtype=np.float64) for part in (shares, ability, willingness)]
    if any(not ((part >= 0).all() and (part <= 1).all()) for part in parts):
        raise BadNumbers("shares, ability and willingness must be known and within 0 and 1.", "Scale them.")
    return float((np.square(parts[0]) * parts[1] * parts[2]).sum())


def economic_vulnerability(value_added_share: npt.ArrayLike, expenditure_share: npt.ArrayLike) -> float:
    """EV = sum (VA/GDP)(EXP/OP) over industries: share of the economy times the material's cost burden."""
    shares, burdens = (np.asarray(part, dtype=np.float64) for part in (value_added_share, expenditure_share))
    return float((shares * burdens).sum())


def nassar_supply_risk(potential: float, trade_exposure: float, vulnerability: float) -> float:
    """SR = (DP * TE * EV)^(1/3); trade exposure is net import reliance, 0 for a net exporter."""
    factors = np.array([potential, max(trade_exposure, 0.0), vulnerability])
    if not (factors >= 0).all():
        raise BadNumbers("a factor is negative or missing.", "Leave the material out instead.")
    return float(np.cbrt(factors.prod()))
