"""Several methods side by side: where each puts a material among the others.

Methods have scales of their own, so values are not compared; the place of a material among all that a
method could judge is. Rules: docs/method/indicators, section 12.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ytterby.catalog.countries import iso3
from ytterby.errors import NoData
from ytterby.facts.production import WORLD
from ytterby.facts.store import Store
from ytterby.indicators.cells import ALL
from ytterby.indicators.longrows import OK
from ytterby.indicators.world import build_world

# One indicator of each method, and whether more of it means more risk.
COMPARED = {
    "production_hhi": 1,
    "weighted_political_stability": -1,
    "import_hhi": 1,
    "largest_import_share": 1,
    "import_instability": 1,
    "net_import_reliance": 1,
    "score": 1,
    "supply_risk": 1,
}
_STAGES = (ALL, "refined", "mine")  # which stage stands for a material, first of these


def compare_methods(rows: pd.DataFrame, *, country: str, year: int) -> pd.DataFrame:
    """Place of every material by each method for one country and year.

    Parameters
    ----------
    rows
        Rows of a screen that hold the country, or the world for methods that know no importer.

    Returns
    -------
    country_iso3, year, material, method, indicator, stage, value, position (0 the least risk of the
    materials with a value, 1 the most; equal values share the mean), compared (how many materials have a
    value), status; by the mean position of the material, highest first.

    Raises
    ------
    NoData
        No method has a value for two materials.
    """
    code = iso3(country)
    here = rows["country_iso3"].isin([code, WORLD]) & (rows["year"] == year)
    mine = rows[here & rows["indicator"].isin([*COMPARED])]
    plain = mine.astype(dict.fromkeys(("method", "indicator", "material", "stage", "status"), str))
    chosen = _one_stage(plain)
    risk = chosen["value"] * chosen["indicator"].map(COMPARED)
    groups = risk.groupby(chosen["method"])
    count = groups.transform("count")
    if not (count > 1).any():
        raise NoData(f"no method judges two materials for {code} in {year}.", "Ask for another year.")
    position = (groups.rank() - 1) / (count - 1).where(count > 1)
    table = chosen.assign(position=position, compared=count, country_iso3=code, year=year)
    mean = table.groupby("material")["position"].transform("mean").fillna(-1.0)
    order = np.lexsort((table["method"], table["material"], -mean))
    columns = ["country_iso3", "year", "material", "method", "indicator", "stage", "value", "position",
               "compared", "status"]  # fmt: skip
    return table.iloc[order][columns].reset_index(drop=True)


def _one_stage(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a method and material: all stages together, else the most refined with a value."""
    kept = rows[rows["stage"].isin(_STAGES)]
    rank = kept["stage"].map({stage: place for place, stage in enumerate(_STAGES)})
    order = kept.assign(without=kept["status"] != OK, rank=rank).sort_values(
        ["without", "rank"], kind="stable"
    )
    return order.drop_duplicates(["method", "material"]).drop(columns=["without", "rank"])


def supplier_flows(store: Store, *, country: str, year: int) -> pd.DataFrame:
    """Who sells a country which material: its imports by supplier and material over all core codes.

    Returns
    -------
    country_iso3, year, supplier, material, value_kusd, quantity_t (NaN where no flow has a mass), share (of
    the material's import value); largest value first.

    Raises
    ------
    NoData
        The country buys nothing in that year.
    """
    world = build_world(store, countries=[country], years=[year])
    whole = np.array([group.stage == ALL for group in world.grid.groups])
    pairs = world.imports
    at = np.flatnonzero(whole[pairs.pair_cell])  # with one country and year a cell's number is its group's
    if not len(at):
        raise NoData(f"no imports of {iso3(country)} in {year}.", "Ask for another year or load more trade.")
    names = [group.material for group in world.grid.groups]
    return pd.DataFrame({
        "country_iso3": world.grid.countries[0], "year": year,
        "supplier": [pairs.suppliers[number] for number in pairs.pair_supplier[at]],
        "material": [names[number] for number in pairs.pair_cell[at]],
        "value_kusd": pairs.pair_value[at], "quantity_t": pairs.pair_mass[at], "share": pairs.value_share[at],
    }).sort_values("value_kusd", ascending=False, kind="stable", ignore_index=True)  # fmt: skip


OTHERS = "others"


def dependence_links(flows: pd.DataFrame, *, suppliers: int = 12) -> pd.DataFrame:
    """Supplier flows for a Sankey: every material counts as one, smaller suppliers are joined.

    Parameters
    ----------
    flows
        From :func:`supplier_flows`.
    suppliers
        How many suppliers keep their name: those with the largest sum of shares over all materials.

    Returns
    -------
    supplier, material, share (of the material's import value; sums to 1 for each material), value_kusd.
    """
    weight = flows.groupby("supplier")["share"].sum().sort_values(ascending=False, kind="stable")
    named = list(weight.index[:suppliers])
    joined = flows.assign(supplier=flows["supplier"].where(flows["supplier"].isin(named), OTHERS))
    links = joined.groupby(["supplier", "material"], sort=False)[["share", "value_kusd"]].sum().reset_index()
    place = {name: number for number, name in enumerate([*named, OTHERS])}
    return links.iloc[np.argsort(links["supplier"].map(place), kind="stable")].reset_index(drop=True)
