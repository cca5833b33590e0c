"""The comparison of two runs for people: tables, figure, folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ytterby import __version__
from ytterby.network.comparing import FIRST, SECOND, Comparison
from ytterby.views.answer import percent_of, plain_table, use_name, worst_places
from ytterby.views.exhibits import FigureSpec
from ytterby.views.folder import RUN_FILE, check_folder, files_in, whole_folder
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.page import page_html
from ytterby.views.pair_figures import draw_pairs_of_fans
from ytterby.views.parts import figure_html
from ytterby.views.run import write_json
from ytterby.views.tables import write_table


def comparison_rows(found: Comparison) -> pd.DataFrame:
    """Losses of both runs in few columns; only where either loses something."""
    table = found.differences
    table = table[(table[["first_t", "second_t"]] > 0).any(axis=1)]
    shown: dict[str, Any] = {
        "region": table["region"], "use": table["sector"].map(use_name),
        "first t": table["first_t"].round(1), "second t": table["second_t"].round(1),
        "difference MUSD (95 %)": [
            f"{row.difference_usd / 1e6:,.1f} ({row.difference_usd_low / 1e6:,.1f} to "
            f"{row.difference_usd_high / 1e6:,.1f})" for row in table.itertuples()
        ],
    }  # fmt: skip
    if found.paired:
        shown |= {"less %": table["helps"].map(percent_of), "more %": table["hurts"].map(percent_of)}
    return pd.DataFrame(shown)


def stop_difference_rows(found: Comparison) -> pd.DataFrame:
    """Stops of both runs in few columns; only uses that stop in either."""
    table = found.stops
    table = table[(table[[f"{FIRST}_probability", f"{SECOND}_probability"]] > 0).any(axis=1)]
    return pd.DataFrame({
        "region": table["region"], "use": table["sector"].map(use_name),
        "first %": table[f"{FIRST}_probability"].map(percent_of),
        "second %": table[f"{SECOND}_probability"].map(percent_of),
        "first week": table[f"{FIRST}_week"], "second week": table[f"{SECOND}_week"],
    })  # fmt: skip


def write_comparison(found: Comparison, out: Path, *, first: str, second: str) -> None:
    """Write ``comparison.html`` and every table into a new folder."""
    check_folder(out)
    spec = _figure(found)
    with whole_folder(out) as folder:
        write_table(found.differences, folder / "differences.csv")
        write_table(found.stops, folder / "stops.csv")
        write_table(found.fans, folder / "fans.csv")
        page = page_html("Two runs", _body(found, spec, first, second), __version__)
        (folder / "comparison.html").write_text(page, encoding="utf-8", newline="")
        record = {"version": __version__, "first": first, "second": second, "paired": found.paired}
        notes = {"notes": list(found.notes), "files": sorted(files_in(folder))}
        write_json(record | notes, folder / RUN_FILE)


def _figure(found: Comparison) -> FigureSpec:
    shown = worst_places(found.fans)
    return FigureSpec(
        "fans", "Both runs, week by week",
        "Unmet share of each week's need. Band: nine in ten draws, and line: median, of the first run. "
        "Dashed and dotted: median and 95th percentile of the second. Uses never short are not shown.",
        shown, lambda: draw_pairs_of_fans(shown),
    )  # fmt: skip


def _body(found: Comparison, spec: FigureSpec, first: str, second: str) -> Markup:
    how = "paired draw by draw" if found.paired else "means alone: the draws are not common"
    header = tag(
        "header", tag("p", "ytterby compare", class_="kicker"), tag("h1", "Two runs"),
        tag("p", foreign(f"First: {first}. Second: {second}. Differences: {how}."), class_="question"),
        tag("p", foreign(". ".join(found.notes)), class_="asof"),
    )  # fmt: skip
    tables = [
        plain_table(comparison_rows(found), "Losses"), plain_table(stop_difference_rows(found), "Stops"),
    ]  # fmt: skip
    figure = figure_html(spec) if len(spec.table) else tag("p", "Nothing falls short: no figure.")
    return join([header, tag("main", *tables, figure, id="main")])
