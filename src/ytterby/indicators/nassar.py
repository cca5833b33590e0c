"""Supply risk as the product of three factors (Nassar et al. 2020), for the regions a user gives inputs for.

Rules: docs/method/indicators, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ytterby.indicators.disruption import (
    disruption_potential,
    economic_vulnerability,
    nassar_supply_risk,
)
from ytterby.indicators.estimates import Estimate, Key, missing_status, named, refused, within
from ytterby.indicators.inputs import Input, Inputs
from ytterby.indicators.longrows import OK
from ytterby.indicators.supply_shares import Suppliers

HOME = "USA"  # whose manufacturing the method was made for


def nassar_rows(
    supply: Suppliers | str, inputs: Inputs, material: str, stage: str, year: int
) -> Iterator[tuple[Key, Estimate]]:
    """Disruption potential, vulnerability and supply risk for the United States and each region given."""
    for region in sorted({HOME} | inputs.regions("gdp")):
        potential = _potential(supply, inputs, material, year, region)
        vulnerability = _vulnerability(inputs, material, year, region)
        relied = inputs.find("import_reliance", year, material=material, stage=stage, region=region)
        found = {
            "disruption_potential": potential,
            "economic_vulnerability": vulnerability,
            "nassar_supply_risk": _risk(potential, relied, vulnerability),
        }
        for indicator, one in found.items():
            yield Key(indicator, material, stage, region, year), one


def _potential(supply: Suppliers | str, inputs: Inputs, material: str, year: int, region: str) -> Estimate:
    """DP; a supplier without ASI or WSI may be anywhere within 0..1, the rest one or many suppliers."""
    if isinstance(supply, str):
        return refused(supply)
    codes, shares = list(supply.shares), np.array(list(supply.shares.values()))
    labels = {"material": material, "region": region}
    able, willing = (
        [inputs.find(name, year, country_iso3=code, **labels) for code in codes]
        for name in ("ability", "willingness")
    )
    missing = [
        named(name, [code for code, one in zip(codes, found, strict=True) if one is None or one.fault])
        for name, found in (("ability", able), ("willingness", willing))
        if any(one is None or one.fault for one in found)
    ]
    low, high = (
        float(disruption_potential(shares, _filled(able, end), _filled(willing, end))) for end in (0.0, 1.0)
    )
    sources = supply.sources | {one.source_id for one in (*able, *willing) if one}
    like = Estimate(parts={"suppliers": len(codes), "rest_share": supply.rest}, sources=sources)
    if missing:
        return within(low, high + supply.rest**2, missing, like)
    return Estimate(low, low, high + supply.rest**2, OK, like.parts, sources)


def _filled(found: list[Input | None], end: float) -> list[float]:
    return [end if one is None or one.fault else one.value for one in found]


def _vulnerability(inputs: Inputs, material: str, year: int, region: str) -> Estimate:
    """EV over the industries of a region that spend on the material."""
    spent = inputs.table("industry_expenditure", year, "sector", material=material, region=region)
    added, profit = (
        inputs.table(name, year, "sector", material=material, region=region)
        for name in ("industry_value_added", "industry_profit")
    )
    gdp = inputs.find("gdp", year, region=region)
    tables = {"industry_expenditure": spent, "industry_value_added": added, "industry_profit": profit}
    gaps = [name for name, table in tables.items() if not table] + ["gdp"] * (gdp is None)
    gaps += [f"industry_value_added of {sector}" for sector in spent if added and sector not in added]
    gaps += [f"industry_profit of {sector}" for sector in spent if profit and sector not in profit]
    used = [*spent.values(), *added.values(), *profit.values(), *([gdp] if gdp else [])]
    gaps += sorted({one.fault for one in used if one.fault})
    if gaps or gdp is None:
        return refused(missing_status(gaps))
    if gdp.value <= 0 or any(profit[sector].value <= 0 for sector in spent):
        return refused("gdp or an industry's profit is not positive")
    shares = [added[sector].value / gdp.value for sector in spent]
    burdens = [one.value / profit[sector].value for sector, one in spent.items()]
    value = float(economic_vulnerability(shares, burdens))
    sources = frozenset(one.source_id for one in used)
    return Estimate(value, value, value, OK, {"industries": len(spent)}, sources)


def _risk(potential: Estimate, relied: Input | None, vulnerability: Estimate) -> Estimate:
    """The product's cube root; without vulnerability nothing bounds it."""
    if np.isnan(potential.upper) or not vulnerability.known:
        return refused(potential.status if np.isnan(potential.upper) else vulnerability.status)
    known = relied is not None and not relied.fault
    exposure = (relied.value,) * 2 if relied is not None and known else (0.0, 1.0)
    ends = ((potential.lower, exposure[0]), (potential.upper, exposure[1]))
    low, high = (float(nassar_supply_risk(*end, vulnerability.value)) for end in ends)
    parts = {"disruption_potential": potential.value, "economic_vulnerability": vulnerability.value,
             "trade_exposure": relied.value if relied and known else float("nan")}  # fmt: skip
    sources = potential.sources | vulnerability.sources | ({relied.source_id} if relied else set())
    missing = [] if potential.known else [potential.status.removeprefix("missing: ")]
    missing += [] if known else ["import_reliance"]
    if missing:
        return within(low, high, missing, Estimate(parts=parts, sources=sources))
    value = float(nassar_supply_risk(potential.value, exposure[0], vulnerability.value))
    return Estimate(value, low, high, OK, parts, sources)
