"""Who depends on whom: import shares, net import reliance, shares through transit.

The equations are those of docs/method/indicators, section 2.
``trade`` is always a table of flows: year, exporter, importer, hs6, value_kusd, quantity_t. Masses
are product weight; a missing mass is never read as zero, its share of the value is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.indicators.regions import Regions, as_regions
from ytterby.indicators.values import arrays

if TYPE_CHECKING:
    import pandas as pd

By = Literal["mass", "value"]
RegionSet = Regions | Mapping[str, Sequence[str]] | str | Path
MEASURES = {"mass": "quantity_t", "value": "value_kusd"}
Array = npt.NDArray[np.float64]


def import_shares(
    trade: pd.DataFrame, *, by: By = "mass", regions: RegionSet | None = None, keep_intra: bool = False
) -> pd.DataFrame:
    """Share of each exporter in the imports of each importer and year, q_e / sum q.

    Parameters
    ----------
    trade
        Flows of the products that the caller chose; they are added up over ``hs6``.
    by
        ``mass`` (tonnes of product) or ``value`` (thousand USD).
    regions, keep_intra
        Importers that count as one, as for ``as_regions``, with or without the trade among their
        members; suppliers stay countries.

    Returns
    -------
    year, importer, exporter, share (0..1, sums to 1 over the exporters with a known amount; NaN
    where none is known), quantity_t or value_kusd, covered_share (part of the import value whose
    flows have the amount); largest share first.

    Raises
    ------
    BadNumbers
        A negative amount.
    """
    measure = _measure(by)
    if regions is not None:
        trade = merge_regions(trade, regions, keep_intra=keep_intra, sellers=False)
    known = trade.assign(covered=trade["value_kusd"].where(trade[measure].notna(), 0.0))
    _refuse_negative(trade, measure)
    pairs = known.groupby(["year", "importer", "exporter"], observed=True)
    # min_count: a pair whose masses are all missing stays missing.
    amounts = list(dict.fromkeys([measure, "value_kusd", "covered"]))  # by value the first two are one
    summed = pairs[amounts].sum(min_count=1).reset_index()
    totals = summed.groupby(["year", "importer"], observed=True)[amounts]
    total = totals.transform("sum")
    # 0/0 is NaN: an importer without any known mass has no shares.
    summed["share"] = summed[measure] / total[measure].where(total[measure] > 0)
    summed["covered_share"] = total["covered"] / total["value_kusd"]
    ordered = summed.sort_values(
        ["year", "importer", "share", "exporter"], ascending=[True, True, False, True]
    )
    columns = ["year", "importer", "exporter", "share", measure, "covered_share"]
    return ordered[columns].reset_index(drop=True)


def import_share(trade: pd.DataFrame, importer: str, exporter: str, year: int, by: By = "mass") -> float:
    """One exporter's share of the imports of one importer in one year; 0 if it sold nothing.

    Raises
    ------
    NoData
        The table has no imports of this importer in this year, or none with a known amount, or the
        exporter's own is unknown.
    """
    mine = trade[(trade["importer"] == importer) & (trade["year"] == year)]
    if mine.empty:
        years = sorted(trade.loc[trade["importer"] == importer, "year"].unique().tolist())
        has = f"it has {years[0]}-{years[-1]}" if years else f"it has no imports of {importer} at all"
        raise NoData(
            f"no imports of {importer} in {year}; {has}.", "Ask for another year or load more trade."
        )
    shares = import_shares(mine, by=by).set_index("exporter")["share"]
    if shares.isna().all():
        raise NoData(f"no import of {importer} in {year} has a known {by}.", "Ask for the other measure.")
    share = float(shares.get(exporter, 0.0))
    if np.isnan(share):
        raise NoData(
            f"the {by} that {exporter} sold to {importer} in {year} is unknown.", "Ask for the other measure."
        )
    return share


def net_import_reliance(
    imports: npt.ArrayLike,
    exports: npt.ArrayLike,
    production: npt.ArrayLike,
    stock_drawn: npt.ArrayLike = 0.0,
) -> Array:
    """Net imports over apparent consumption, (I - E + dS)/(P + I - E + dS), as USGS counts.

    Parameters
    ----------
    imports, exports, production, stock_drawn
        Amounts on one and the same basis and unit; ``stock_drawn`` is what left the stocks.
        Arrays broadcast against each other.

    Returns
    -------
    1 all imported, 0 balanced, negative for a net exporter; NaN where an amount is missing or
    apparent consumption is not positive, so that nothing is relied on.
    """
    bought, sold, made, drawn = arrays(imports, exports, production, stock_drawn)
    for name, part in (("imports", bought), ("exports", sold), ("production", made)):
        if ((part < 0) | np.isinf(part)).any():
            raise BadNumbers(f"negative or infinite {name}.", "Signs are in the formula: give amounts.")
    net = bought - sold + drawn
    consumption = np.asarray(made + net)
    positive = np.where(consumption > 0, consumption, np.nan)
    return np.asarray(net / positive)


def look_through_origins(
    flows: npt.ArrayLike, production: npt.ArrayLike | None = None, *, of: npt.ArrayLike | None = None
) -> Array:
    """Origin of what each country holds, seen through transit (a Leontief inverse on trade shares).

    With S_i = D_i + sum_e F_ei, A_ei = F_ei/S_i and d_i = D_i/S_i the origins obey O = diag(d) + O A,
    so O = diag(d) (I - A)^-1. Proportional mixing is assumed: what a country sells has the origins of
    all that it holds.

    Parameters
    ----------
    flows
        n x n, row exporter, column importer, in one unit; missing flows must be filled or left out.
    production
        n domestic amounts D in the same unit and basis, 0 when None. Where the flows need more,
        D_i = exports - imports is taken, so that nobody sells what came from nowhere.
    of
        n x m, the baskets whose origins are asked for: a column is a mixture of what the countries hold.
        What each country holds itself when None.

    Returns
    -------
    n x n (n x m), row origin, column holder (basket); a column sums to 1 (to the sum of the basket), or to 0
    where nothing is held.

    Raises
    ------
    BadNumbers
        Negative or missing amounts, no square table or other countries on its sides, or a closed circle of
        countries that sell without any origin.
    """
    _refuse_odd_tables(flows, production)
    bilateral = np.array(flows, dtype=np.float64)
    np.fill_diagonal(bilateral, 0.0)
    bought, sold = bilateral.sum(axis=0), bilateral.sum(axis=1)
    known = np.zeros(len(sold)) if production is None else np.asarray(production, dtype=np.float64)
    made = np.maximum(known, sold - bought)
    if (
        not (np.isfinite(bilateral).all() and np.isfinite(made).all())
        or min(bilateral.min(), known.min()) < 0
    ):
        raise BadNumbers("flows and production must be known and not negative.", "Fill or drop the others.")
    held = made + bought
    divisor = np.where(held > 0, held, 1.0)
    baskets = np.eye(len(held)) if of is None else np.asarray(of, dtype=np.float64)
    try:
        origins = np.linalg.solve(np.eye(len(held)) - bilateral / divisor, baskets)
    except np.linalg.LinAlgError:
        origins = np.full_like(baskets, np.nan)
    origins *= (made / divisor)[:, None]
    if not np.allclose(origins.sum(axis=0), (held > 0) @ baskets, atol=1e-6):
        raise BadNumbers("a circle of countries sells without any origin.", "Give production of one of them.")
    return np.asarray(np.clip(origins, 0.0, 1.0) if of is None else np.maximum(origins, 0.0))


def _refuse_odd_tables(flows: Any, production: Any) -> None:
    """Refuse flows that are not country by country, and production of other countries than theirs."""
    size = np.shape(flows)
    if len(size) != 2 or size[0] != size[1] or not size[0]:
        raise BadNumbers(f"flows of shape {size} are no square table.", "Give exporters x importers, alike.")
    if production is not None and np.shape(production) != size[:1]:
        raise BadNumbers(
            f"production of shape {np.shape(production)} for {size[0]} countries.", "Give one for each."
        )
    sides = [(flows, "index"), (flows, "columns"), (production, "index")] if hasattr(flows, "columns") else []
    if len({tuple(getattr(table, side)) for table, side in sides if hasattr(table, side)}) > 1:
        raise BadNumbers(
            "rows, columns or production name other countries, or the same in another order.",
            "Reindex them to the same countries.",
        )


def look_through_shares(
    trade: pd.DataFrame, *, by: By = "mass", production: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Import shares by origin instead of by last exporter, beside the direct shares.

    Parameters
    ----------
    production
        country_iso3, year, quantity_t on the basis of the trade. None takes as origin only what a
        country sells beyond what it buys: a producer that buys more than it sells (China in rare
        earths since 2017) then comes out as mere transit, so leave it out only where nobody does both.

    Returns
    -------
    year, importer, origin, share (through transit), direct_share; both sum to 1 per importer and year.
    """
    import pandas as pd

    direct = import_shares(trade, by=by).dropna(subset=["share"])
    parts = [_look_through_year(rows, MEASURES[by], production) for _, rows in direct.groupby("year")]
    columns = ["year", "importer", "origin", "share", "direct_share"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _look_through_year(direct: pd.DataFrame, measure: str, production: pd.DataFrame | None) -> pd.DataFrame:
    """Look-through shares of one year."""
    import pandas as pd

    countries = sorted(set(direct["importer"]) | set(direct["exporter"]))
    place = {code: number for number, code in enumerate(countries)}
    rows, columns = direct["exporter"].map(place), direct["importer"].map(place)
    flows = np.zeros((len(countries), len(countries)))
    flows[rows, columns] = direct[measure]
    year = int(direct["year"].iloc[0])
    origins = look_through_origins(flows, _made(production, countries, year))
    total = flows.sum(axis=0)
    direct_share = np.divide(flows, total, out=np.zeros_like(flows), where=total > 0)
    share = origins @ direct_share
    found, at = np.nonzero((share > 1e-12) | (direct_share > 0))
    names = np.array(countries, dtype=object)
    table = {"year": year, "importer": names[at], "origin": names[found], "share": share[found, at]}
    frame = pd.DataFrame({**table, "direct_share": direct_share[found, at]})
    return frame.sort_values(["importer", "share", "origin"], ascending=[True, False, True])


def _made(production: pd.DataFrame | None, countries: list[str], year: int) -> Array | None:
    """Production of a year in the order of the countries; who is not listed makes nothing."""
    if production is None:
        return None
    listed = production[production["year"] == year]
    withheld = sorted(listed.loc[listed["quantity_t"].isna(), "country_iso3"].unique())
    if withheld:
        names = ", ".join(withheld)
        raise BadNumbers(
            f"the production of {names} in {year} is unknown.", "Estimate it, or leave the rows out as 0."
        )
    mine = listed.groupby("country_iso3")["quantity_t"].sum()
    return np.asarray(mine.reindex(countries).fillna(0.0), dtype=np.float64)


def merge_regions(
    trade: pd.DataFrame, regions: RegionSet, *, keep_intra: bool = False, sellers: bool = True
) -> pd.DataFrame:
    """Flows with the members of regions renamed to their region; trade inside a region goes unless kept.

    Parameters
    ----------
    regions
        As for :func:`ytterby.indicators.regions.as_regions`; membership is that of each flow's year.
    keep_intra
        Keep trade among the members of a region.
    sellers
        Rename exporters as well as importers; else suppliers stay countries.
    """
    known = as_regions(regions)
    buyer, seller = (known.name_of(trade[side], trade["year"]) for side in ("importer", "exporter"))
    inside = (buyer == seller) & (buyer != trade["importer"].to_numpy(dtype=object))
    merged = trade.assign(importer=buyer, exporter=seller if sellers else trade["exporter"])
    return merged if keep_intra else merged[~inside]


def _measure(by: str) -> str:
    if by not in MEASURES:
        raise UnknownName("measure", by, MEASURES)
    return MEASURES[by]


def _refuse_negative(trade: pd.DataFrame, measure: str) -> None:
    negative = int((trade[[measure, "value_kusd"]] < 0).any(axis=1).sum())
    if negative:
        raise BadNumbers(f"{negative} flows are negative.", "Trade is counted as amounts; correct the table.")
