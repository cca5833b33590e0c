"""GeoPolRisk, and the one door to every criticality score (docs/method/indicators, 3 to 5).

One function per equation; each takes numbers or arrays. Those of the EU stand in ``eu``, those of losses
in ``disruption``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers
from ytterby.indicators.concentration import hhi
from ytterby.indicators.disruption import (
    disruption,
    disruption_potential,
    economic_vulnerability,
    expected_loss,
    joint_loss_bounds,
    lost_surplus,
    nassar_supply_risk,
    single_point_of_failure,
)
from ytterby.indicators.eu import (
    EU_THRESHOLDS,
    eu_concentration,
    eu_critical,
    eu_economic_importance,
    eu_governance,
    eu_higher_stage,
    eu_import_reliance,
    eu_supply_risk,
)
from ytterby.indicators.values import check_estimates, check_within, rows

__all__ = [
    "COPPER_MIDPOINT",
    "EU_THRESHOLDS",
    "GeoPolRisk",
    "ImportRisks",
    "disruption",
    "disruption_potential",
    "economic_vulnerability",
    "eu_concentration",
    "eu_critical",
    "eu_economic_importance",
    "eu_governance",
    "eu_higher_stage",
    "eu_import_reliance",
    "eu_supply_risk",
    "expected_loss",
    "geopolrisk",
    "import_risk",
    "import_risks",
    "joint_loss_bounds",
    "lost_surplus",
    "nassar_supply_risk",
    "political_instability",
    "single_point_of_failure",
]

Array = npt.NDArray[np.float64]

COPPER_MIDPOINT = 0.409412948  # GeoPolRisk midpoint of copper, USD/kg: makes kg Cu-eq of the others


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
    """Political instability g = (2.5 - PV)/5 held within 0 and 1: 0 stable, 1 unstable; NaN stays NaN.

    Percentile ranks are refused: on this scale they would all be stable.
    """
    check_estimates(estimate)
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
        Negative, infinite or missing masses, lengths or labels that differ, or g outside 0..1.
    """
    mass, risk = rows(imports_t, instability)
    if np.ndim(domestic_production_t):
        raise BadNumbers("own production is a list.", "Give one number, the sum for the importer.")
    masses = np.append(mass, domestic_production_t)
    if not ((masses >= 0) & np.isfinite(masses)).all():
        raise BadNumbers(
            "a mass is negative, infinite or missing.",
            "Missing is not zero: fill or leave out the supplier.",
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

    Raises
    ------
    BadNumbers
        As for ``hhi`` and ``import_risk``; a negative price.
    """
    check_within(0.0, np.finfo(np.float64).max, "Give USD per kg.", price_usd_per_kg=price_usd_per_kg)
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
    cell: npt.NDArray[np.integer], quantity_t: Array, instability: Array, std_error: Array, cells: int
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
