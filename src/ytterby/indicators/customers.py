"""The other side of dependence: whose exports hang on which customer, and the world on which exporter.

Rules: docs/method/indicators, section 2. ``trade`` is a table of flows as in ``dependence``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ytterby.indicators.cells import Grid, Imports
from ytterby.indicators.dependence import MEASURES, By, RegionSet, import_shares
from ytterby.indicators.longrows import CODE, GridRows, Status, long_rows

if TYPE_CHECKING:
    import pandas as pd

_ENDS = {"importer": "exporter", "exporter": "importer"}
# what a screen of imports says where a screen of exports has to say it of exports
_OF_EXPORTS = {
    "no imports": "no exports",
    "mass is known for less than 95 % of the import value": (
        "mass is known for less than 95 % of the export value"
    ),
}


def export_shares(
    trade: pd.DataFrame, *, by: By = "mass", regions: RegionSet | None = None, keep_intra: bool = False
) -> pd.DataFrame:
    """Share of each importer in the exports of each exporter and year: imports seen from the other end.

    Parameters
    ----------
    by, regions, keep_intra
        As for :func:`ytterby.indicators.dependence.import_shares`; regions are exporters that count
        as one, customers stay countries.

    Returns
    -------
    year, exporter, importer, share (0..1, sums to 1 over the importers with a known amount), quantity_t
    or value_kusd, covered_share; largest share first.
    """
    seen = import_shares(trade.rename(columns=_ENDS), by=by, regions=regions, keep_intra=keep_intra)
    return seen.rename(columns=_ENDS)


def exporter_standing(trade: pd.DataFrame, *, by: By = "mass") -> pd.DataFrame:
    """How the world depends on each exporter.

    Returns
    -------
    year, exporter, world_share (of all exports with a known amount, 0..1), customers, largest_for
    (importers whose largest supplier it is), half_of (importers that buy at least half from it), and
    quantity_t or value_kusd; the largest first.
    """
    measure = MEASURES[by]
    shares = import_shares(trade, by=by).dropna(subset=["share"])
    shares = shares[shares[measure] > 0]
    first = ~shares.duplicated(["year", "importer"])  # the largest share of an importer comes first
    marked = shares.assign(largest_for=first, half_of=shares["share"] >= 0.5)
    table = marked.groupby(["year", "exporter"], as_index=False).agg(
        customers=("importer", "nunique"),
        largest_for=("largest_for", "sum"),
        half_of=("half_of", "sum"),
        **{measure: (measure, "sum")},
    )
    table.insert(2, "world_share", table[measure] / table.groupby("year")[measure].transform("sum"))
    return table.sort_values(["year", "world_share"], ascending=[True, False], ignore_index=True)


def screen_export_share(grid: Grid, exports: Imports, status: Status) -> GridRows:
    """Share of the largest customer in each country's exports, by mass; bounds hold its share by money.

    Parameters
    ----------
    exports
        Flows with both ends exchanged: a cell is an exporter, its suppliers are the customers.
    status
        As a screen of imports gives it.
    """
    for said, meant in _OF_EXPORTS.items():
        status = np.where(status == CODE[said], np.int8(CODE[meant]), status)
    largest, names = exports.largest, np.array([*exports.suppliers, ""], dtype=object)
    by_mass, by_value = (
        np.append(share, np.nan)[largest] for share in (exports.mass_share, exports.value_share)
    )
    value = np.where(exports.cell_value > 0, exports.cell_value, np.nan)
    parts = {
        "customer": names[np.append(exports.pair_supplier, -1)[largest]],
        "by_mass": by_mass,
        "by_value": by_value,
        "exports_t": exports.cell_mass,
        "hhi": exports.total(np.square(exports.mass_share)),
        "covered_share": exports.cell_covered / value,
    }
    sources = (np.zeros(grid.size, dtype=np.int64), ["baci-hs92"])
    return long_rows(
        grid,
        "largest_export_share",
        status,
        (by_mass, by_value),
        parts,
        method="export_share",
        sources=sources,
    )
