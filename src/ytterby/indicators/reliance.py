"""Net import reliance as people ask for it: as the publisher prints it, and from trade and production.

Rules: docs/method/facts, section 5; the equation stands in :mod:`ytterby.indicators.dependence`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from ytterby.catalog.cautions import answer_note
from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import material as find_material
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName
from ytterby.indicators.cells import Group, build_groups
from ytterby.indicators.longrows import OK
from ytterby.indicators.screen import TRADE_SOURCE, screen
from ytterby.indicators.supply import gather_production, pick_stage

if TYPE_CHECKING:
    from ytterby.facts.store import Store

PRINTED, COMPUTED = "printed", "computed"
PUBLISHER, PRINTED_TABLE = "usgs-mcs-2026", "usgs_mcs_2026"
COLUMNS = (
    "route", "country_iso3", "material", "stage", "year", "reliance", "lower", "upper", "status", "imports_t",
    "exports_t", "production_t", "basis", "note", "source_id", "edition",
)  # fmt: skip
_PARTS = ("imports_t", "exports_t", "production_t")


def net_reliance(store: Store, *, country: str, material: str, year: int) -> pd.DataFrame:
    """Part of a country's apparent consumption that it must import, by every route the store has.

    ``printed`` rows are the salient statistics of the Mineral Commodity Summaries (United States only);
    ``computed`` rows are (I - E)/(P + I - E) from trade and production, without changes of stocks, and are
    those of the screen. A route that would mix bases or goods has no number and says why.

    Parameters
    ----------
    country, material
        ISO3 or name; key or name of the catalog.

    Returns
    -------
    route, country_iso3, material, stage (for ``printed`` the commodity as worded), year, reliance (1 all
    imported, below 0 a net exporter; NaN where ``status`` says why), lower, upper (a printed bound, or what
    the unnamed rest of production allows), status, imports_t, exports_t, production_t (NaN for
    ``printed``), basis, note, source_id, edition.

    Raises
    ------
    UnknownName
        A country or material nobody knows.
    """
    key, code = find_material(material).material, iso3(country)
    rows = [*_printed(store, code, key, year), *_computed(store, code, key, year)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _printed(store: Store, code: str, key: str, year: int) -> Iterator[dict[str, Any]]:
    """Rows of the salient statistics on the commodities of a material."""
    if code != "USA":
        return
    rows = store.select(PRINTED_TABLE, statistic="Net import reliance", year=year)
    rows = rows[rows["section"].str.startswith("Salient")]
    for row in rows[[key in _materials_of(name) for name in rows["commodity"]]].itertuples():
        part = row.detail.partition(": ")[2]
        yield {
            "route": PRINTED, "country_iso3": code, "material": key, "year": year,
            "stage": f"{row.commodity}: {part}" if part else row.commodity,
            **_bounds(row.qualifier, row.value, row.low, row.high), "basis": "as printed",
            "note": f"{row.detail}. {row.notes}".strip(), "source_id": PUBLISHER,
            "edition": store.edition(PRINTED_TABLE),
        }  # fmt: skip


def _bounds(qualifier: str, value: float, low: float, high: float) -> dict[str, Any]:
    """Number and bounds of a printed percentage; a bound or a net exporter is no number."""
    if qualifier == "value":
        return {"reliance": value / 100, "lower": value / 100, "upper": value / 100, "status": OK}
    known = {
        "greater than": {"lower": low / 100, "upper": 1.0},
        "less than": {"lower": 0.0, "upper": high / 100},
        "net exporter": {"upper": 0.0},
    }.get(qualifier, {})
    return {**known, "status": f"printed as {qualifier}"}


def _materials_of(commodity: str) -> set[str]:
    """Materials that a commodity of the Summaries stands for: of its production, else of its name."""
    found = {row["material"] for row in read_rows("usgs_production") if row["commodity"] == commodity}
    try:
        return found or {find_material(commodity).material}
    except UnknownName:
        return set()


def _computed(store: Store, code: str, key: str, year: int) -> Iterator[dict[str, Any]]:
    """Cells of the screen; each names the sources and editions that it was computed from."""
    cells = screen(store, methods=["net_import_reliance"], materials=[key], countries=[code], years=[year])
    worlds, groups = gather_production(store, [key]), {group.stage: group for group in build_groups([key])}
    for cell in cells.itertuples():
        world = pick_stage(worlds, groups[cell.stage], year) if cell.status == OK else None
        parts = json.loads(cell.components)
        yield {
            "route": COMPUTED, "country_iso3": code, "material": key, "stage": cell.stage, "year": year,
            "reliance": cell.value, "lower": cell.lower, "upper": cell.upper, "status": cell.status,
            **{name: parts.get(name) for name in _PARTS}, "basis": world.basis if world else "",
            "note": answer_note(TRADE_SOURCE, year), "source_id": cell.source_id or TRADE_SOURCE,
            "edition": "; ".join([*_trade_editions(store, groups[cell.stage], year),
                                  *([world.edition] if world else [])]),
        }  # fmt: skip


def _trade_editions(store: Store, group: Group, year: int) -> list[str]:
    """Editions of the flows of a group's codes; of the table where it has none."""
    rows = store.select("trade", only=["edition"], hs6=list(group.codes), year=year)
    return list(dict.fromkeys(rows["edition"])) or [store.edition("trade")]
