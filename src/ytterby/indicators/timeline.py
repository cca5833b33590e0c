"""Indicators over the years, with the places marked at which a series is not one series.

A step between two years is an event only where both are counted alike. Rules: docs/method/indicators,
section 11.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.facts.governance import STABILITY
from ytterby.facts.store import Store
from ytterby.indicators.cells import build_groups
from ytterby.indicators.longrows import OK
from ytterby.indicators.screen import screen

_SERIES = ["method", "indicator", "material", "stage", "country_iso3"]
_TRADE, _GOVERNANCE = "baci-", "wgi"  # how the sources of trade and of governance begin


def indicator_series(
    store: Store,
    *,
    materials: Sequence[str],
    countries: Sequence[str],
    methods: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Rows of the screen with ``breaks``: what is counted otherwise than in the year before that has a value.

    Parameters
    ----------
    materials, countries, methods, years
        As in ``screen``.

    Returns
    -------
    The columns of ``screen`` and ``breaks`` (words; empty where the step from the last known year is one of
    the thing itself), by series and year.
    """
    return mark_breaks(
        store, screen(store, methods=methods, materials=materials, countries=countries, years=years)
    )


def mark_breaks(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a screen by series and year, with their breaks.

    Breaks are another source or edition of production, another release of governance, and customs codes
    that have no trade at all from a year on.

    Raises
    ------
    YtterbyError
        A series has two rows for one year.
    """
    plain = rows.assign(**{name: rows[name].astype(str) for name in [*_SERIES, "source_id", "status"]})
    ordered = plain.sort_values([*_SERIES, "year"], kind="stable", ignore_index=True)
    if ordered.duplicated([*_SERIES, "year"]).any():
        raise YtterbyError("a series has two rows for one year.", "Give the rows of one screen.")
    known = ordered[ordered["status"] == OK]
    before = known.groupby(_SERIES)[["source_id", "year"]].shift().dropna().add_suffix("_before")
    steps = known.join(before, how="inner")
    releases, trading = governance_releases(store), _Trading(store)
    found = {}
    for place, step in zip(steps.index, steps.itertuples(index=False), strict=True):
        earlier, later = str(step.source_id_before), str(step.source_id)
        years = int(step.year_before), int(step.year)
        found[place] = "; ".join(filter(None, (
            _production_break(earlier, later),
            governance_break(releases, *years) if _GOVERNANCE in later else "",
            trading.changed(str(step.material), str(step.stage), *years) if _TRADE in later else "",
        )))  # fmt: skip
    return ordered.assign(breaks=pd.Series(found, dtype="str").reindex(ordered.index, fill_value=""))


def _production_break(earlier: str, later: str) -> str:
    """Words for another source of production; its yearly editions are sources of their own."""
    old, new = (
        [name for name in text.split(";") if not name.startswith((_TRADE, _GOVERNANCE))]
        for text in (earlier, later)
    )
    return f"production: {' and '.join(old)}, then {' and '.join(new)}" if old != new else ""


def governance_releases(store: Store) -> dict[int, frozenset[str]]:
    """Releases from which the governance of each year comes."""
    rows = store.select("governance", only=["year", "edition"], indicator=STABILITY).drop_duplicates()
    return {int(year): frozenset(part) for year, part in rows.groupby("year")["edition"]}


def governance_break(releases: dict[int, frozenset[str]], year_from: int, year_to: int) -> str:
    """Words for a change of release between two years; empty where one is without governance."""
    old, new = (releases.get(year, frozenset()) for year in (year_from, year_to))
    if not old or not new or old == new:
        return ""
    return "governance: " + ", then ".join(" and ".join(sorted(part)) for part in (old, new))


class _Trading:
    """Which customs codes have any trade in which years."""

    def __init__(self, store: Store) -> None:
        held = store.query("SELECT DISTINCT hs6, year FROM trade")
        self._held = set(zip(held["hs6"], held["year"].astype(int), strict=True))
        self._codes: dict[tuple[str, str], tuple[str, ...]] = {}

    def changed(self, material: str, stage: str, year_from: int, year_to: int) -> str:
        """Words for codes of a group that have trade in one of two years only."""
        if (material, stage) not in self._codes:
            self._codes |= {(g.material, g.stage): g.codes for g in build_groups([material])}
        codes = self._codes.get((material, stage), ())
        gone = [c for c in codes if (c, year_from) in self._held and (c, year_to) not in self._held]
        come = [c for c in codes if (c, year_from) not in self._held and (c, year_to) in self._held]
        ends = [f"trade: no {', '.join(gone)} any more"] if gone else []
        starts = [f"trade: {', '.join(come)} for the first time"] if come else []
        return "; ".join(ends + starts)
