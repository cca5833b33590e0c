"""Political stability by country and year, with standard errors and the break of the series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ytterby.errors import NoData

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

STABILITY = "PV"  # political stability: the one dimension that instability is defined for
BREAK_YEAR = 2023  # first year of the newer release; the step from 2022 is no event


def load_governance(
    store: Store,
    *,
    country_iso3: str | Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    source_id: str | None = None,
    edition: str | None = None,
    indicator: str = STABILITY,
) -> pd.DataFrame:
    """Estimates of political stability, or of another dimension where an imported source has it.

    Parameters
    ----------
    source_id
        One source; that of the starter data when None.
    edition
        An edition as it stands in the table; by default the newest that has the year.
    indicator
        PV political stability; an import of all six also has VA, GE, RQ, RL and CC.

    Returns
    -------
    country_iso3, year, estimate (-2.5..2.5), std_error, instability (0 stable .. 1 unstable),
    source_id, edition, note. Rows without an estimate stay, with NaN.

    Raises
    ------
    NoData
        The store has no such country or year.
    """
    rows = store.select(
        "governance", country_iso3=country_iso3, year=years,
        source_id=source_id, edition=edition, indicator=indicator,
    )  # fmt: skip
    if rows.empty:
        raise NoData(
            f"no governance for {country_iso3 or 'all'} in {'any year' if years is None else years}.",
            "The store has 1996-2024 without 1997, 1999 and 2001 (source wgi-pv).",
        )
    kept = ["country_iso3", "year", "estimate", "std_error", "instability", "source_id", "edition", "note"]
    return rows[kept]
