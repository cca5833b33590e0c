"""The atlas of a country: its screen of one year as one page, with the data behind every figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby import __version__
from ytterby.catalog.countries import country_name, iso3
from ytterby.errors import NoData
from ytterby.facts.governance import BREAK_YEAR
from ytterby.facts.shapes import shapes
from ytterby.facts.store import Store
from ytterby.indicators.cells import ALL
from ytterby.indicators.change import explain_change
from ytterby.indicators.comparison import compare_methods, dependence_links, supplier_flows
from ytterby.indicators.longrows import OK
from ytterby.indicators.screen import screen
from ytterby.indicators.uncertainty import rank_stability, score_band
from ytterby.views import atlas_figures as draw
from ytterby.views.exhibits import FigureSpec
from ytterby.views.folder import RUN_FILE, check_folder, files_in, whole_folder
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.page import page_html
from ytterby.views.parts import figure_html
from ytterby.views.run import write_json
from ytterby.views.tables import write_table

_PEERS = ("JPN", "USA", "EU27", "KOR", "DEU", "FRA", "GBR", "IND", "AUS", "CAN")
_MOST_CHANGES = 15
_METHODS = (
    "hhi",
    "dera",
    "import_hhi",
    "import_share",
    "import_instability",
    "net_import_reliance",
    "geopolrisk",
)


Progress = Callable[[str, int, int], None]  # stage, done, total


def write_atlas(
    store: Store,
    out: Path,
    *,
    country: str,
    year: int,
    draws: int = 1000,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> dict[str, pd.DataFrame]:
    """Write ``atlas.html`` and the data of each figure as CSV into a new folder.

    Returns
    -------
    The data of the figures by name.

    Raises
    ------
    NoData
        The country has no screen in that year.
    """
    check_folder(out)
    specs = atlas_figures(store, country=country, year=year, draws=draws, seed=seed, progress=progress)
    with whole_folder(out) as folder:
        for spec in specs:
            write_table(spec.table, folder / f"{spec.name}.csv")
        title = f"Supply risk of {_name(country)} in {year}"
        page = page_html(title, _body(title, specs), __version__)
        (folder / "atlas.html").write_text(page, encoding="utf-8", newline="")
        record = {
            "version": __version__,
            "country": iso3(country),
            "year": year,
            "draws": draws,
            "seed": seed,
        }
        write_json({**record, "files": sorted(files_in(folder))}, folder / RUN_FILE)
    return {spec.name: spec.table for spec in specs}


def _body(title: str, specs: Sequence[FigureSpec]) -> Markup:
    header = tag(
        "header", tag("p", "ytterby atlas", class_="kicker"), tag("h1", foreign(title)),
        tag("p", "Every figure carries its data; a cell without a value says why.", class_="asof"),
    )  # fmt: skip
    shown = {spec.name for spec in specs}
    gaps = "; ".join(words for name, (_, words) in _FIGURES.items() if name not in shown)
    note = tag("p", f"Not shown for want of data: {gaps}.", class_="asof") if gaps else Markup("")
    return join([header, tag("main", *map(figure_html, specs), note, id="main")])


def _name(country: str) -> str:
    """Name of a country inside a sentence."""
    name = country_name(iso3(country))
    return f"the {name}" if name.endswith(("Union", "States", "Kingdom", "Islands", "Republic")) else name


def atlas_figures(
    store: Store,
    *,
    country: str,
    year: int,
    draws: int = 1000,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> list[FigureSpec]:
    """Figures of a country and year for which there is something to show.

    Raises
    ------
    NoData
        Not one of them has anything to show.
    """
    asked = {"country": iso3(country), "year": year}
    specs: list[FigureSpec] = []
    for number, (make, _) in enumerate(_FIGURES.values(), start=1):
        specs += _made(make, store, asked, draws, seed)
        progress("Draw the atlas", number, len(_FIGURES))
    if not specs:
        raise NoData(f"nothing to show of {asked['country']} in {year}.", "Ask for another country or year.")
    return specs


def _made(make: Any, store: Store, asked: Mapping[str, Any], draws: int, seed: int) -> Iterator[FigureSpec]:
    """The figure, or none where the store lacks its data."""
    try:
        spec = make(store, asked, draws, seed)
    except NoData:
        return
    if len(spec.table):
        yield spec


def _methods(store: Store, asked: Mapping[str, Any], _draws: int, _seed: int) -> FigureSpec:
    rows = screen(store, methods=_METHODS, countries=[asked["country"]], years=[asked["year"]])
    table = compare_methods(rows, **asked)
    return FigureSpec(
        "methods", "Where each method puts each material",
        "A mark is the place of a material among all that a method can judge, 1 the most at risk; the line "
        "spans the methods. Long lines are materials about which the methods disagree.",
        table, lambda: draw.draw_methods(table),
    )  # fmt: skip


def _ranks(store: Store, asked: Mapping[str, Any], draws: int, seed: int) -> FigureSpec:
    table = rank_stability(store, **asked, draws=draws, seed=seed)
    return FigureSpec(
        "ranks", "How sure the order is",
        f"Rank of each material by GeoPolRisk score; bars hold nine in ten of {draws} draws over what is not "
        "known. At the right the share of draws in which it is among the first ten.",
        table, lambda: draw.draw_ranks(table),
    )  # fmt: skip


def _bands(store: Store, asked: Mapping[str, Any], draws: int, seed: int) -> FigureSpec:
    table = score_band(store, **asked, material="rare_earths", draws=draws, seed=seed)
    return FigureSpec(
        "doubts", "What makes the score of rare earths unsure",
        "Bars hold nine in ten draws when only this is not known; the line is the score with nothing drawn.",
        table, lambda: draw.draw_bands(table),
    )  # fmt: skip


def _heat_map(store: Store, asked: Mapping[str, Any], _draws: int, _seed: int) -> FigureSpec:
    countries = list(dict.fromkeys([asked["country"], *_PEERS]))
    rows = screen(store, methods=["geopolrisk"], countries=countries, years=[asked["year"]])
    whole = rows[rows["stage"] == ALL].astype(dict.fromkeys(("material", "country_iso3", "status"), str))
    known = whole[whole["status"] == OK].groupby("material")["value"].max().sort_values(ascending=False)
    table = whole[whole["material"].isin(known.index)]
    place = {name: number for number, name in enumerate(known.index)}
    order = table["material"].map(place).to_numpy() * len(countries) + table["country_iso3"].map(
        countries.index
    )
    table = table.iloc[order.argsort(kind="stable")].reset_index(drop=True)
    return FigureSpec(
        "heat-map", "GeoPolRisk by material and country",
        "Rows by their highest score. A point is a cell without a value; its reason stands in the data.",
        table, lambda: draw.draw_heat_map(table),
    )  # fmt: skip


def _suppliers(store: Store, asked: Mapping[str, Any], _draws: int, _seed: int) -> FigureSpec:
    table = dependence_links(supplier_flows(store, **asked))
    return FigureSpec(
        "suppliers", f"Who supplies {_name(asked['country'])}",
        "From suppliers at the left to materials at the right, by import value; every material has the same "
        "width. Customs codes that count one material alone.",
        table, lambda: draw.draw_supplier_flows(table),
    )  # fmt: skip


def _map(store: Store, asked: Mapping[str, Any], _draws: int, _seed: int) -> FigureSpec:
    rows = screen(store, methods=["geopolrisk"], materials=["rare_earths"], years=[asked["year"]])
    table = rows[rows["stage"] == ALL].astype({"country_iso3": str, "status": str}).reset_index(drop=True)
    if not (table["status"] == OK).any():
        raise NoData(f"no score of rare earths in {asked['year']}.", "Ask for another year.")
    land = shapes()
    return FigureSpec(
        "map", "GeoPolRisk of rare earths over the world",
        "Classes of equal number; a bare country has no value, and the data say why.",
        table, lambda: draw.draw_world_map(table, land, words="GeoPolRisk score"),
    )  # fmt: skip


def _changes(store: Store, asked: Mapping[str, Any], _draws: int, _seed: int) -> FigureSpec:
    year, country = asked["year"], asked["country"]
    rows = explain_change(store, year_from=year - 1, year_to=year, countries=[country])
    table = rows[(rows["stage"] == ALL) & (rows["status"] == OK)].head(_MOST_CHANGES).reset_index(drop=True)
    words = (
        "Bars are the parts of production, trade and governance, which add up to the change (diamond). Both "
        "years take production from one edition where one has both, so scores may differ from those above."
    )
    if year == BREAK_YEAR:
        words += " Governance comes from another release than the year before: its part is no event."
    return FigureSpec(
        "changes", f"What moved the scores from {year - 1} to {year}",
        f"{words} Other breaks of a series stand in the data.", table, lambda: draw.draw_change(table),
    )  # fmt: skip


# Every figure by name: how it is made, and what to say where there is none.
_FIGURES: dict[str, tuple[Callable[..., FigureSpec], str]] = {
    "methods": (_methods, "methods side by side (no method judges two materials)"),
    "ranks": (_ranks, "how sure the order is (no material has a GeoPolRisk score)"),
    "doubts": (_bands, "what makes the score of rare earths unsure (they have none)"),
    "heat-map": (_heat_map, "GeoPolRisk by material and country (nobody has a score)"),
    "suppliers": (_suppliers, "suppliers (nothing was imported)"),
    "map": (_map, "map of GeoPolRisk (no country has a score of rare earths)"),
    "changes": (_changes, "what moved the scores (no material has a score in both years)"),
}
