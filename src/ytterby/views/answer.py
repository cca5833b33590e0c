"""The answer to a what-if question for people: in words, as tables, as a figure, as a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby.network.whatif import ALL_USES, AS_IT_IS, CHANGED, MARKS, Answer
from ytterby.views.exhibits import FigureSpec
from ytterby.views.folder import RUN_FILE, check_folder, files_in, whole_folder
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.page import page_html
from ytterby.views.pair_figures import draw_pairs_of_fans
from ytterby.views.parts import figure_html
from ytterby.views.run import write_json
from ytterby.views.tables import write_table
from ytterby.views.wording import plain, plain_value

_RARE = 0.005  # below it a probability is shown as "under 1 %"
_PANELS = 24  # of the figure; the CSV has all uses
_NAMED = 4  # uses named in a sentence


def answer_words(answer: Answer) -> list[str]:
    """Return the answer in a few sentences."""
    return [*_stop_words(answer), *_change_words(answer), *_doubt_words(answer)]


def _stop_words(answer: Answer) -> Iterator[str]:
    now = answer.stops[answer.stops["case"] == AS_IT_IS]
    hit = now[now["ever"] > 0].sort_values(["ever", "lasts_weeks"], ascending=[False, True], kind="stable")
    share = f"{100 * answer.threshold:g} %"
    for region in answer.regions:
        own = hit[hit["region"] == region]
        if own.empty:
            yield f"{region}: no end use falls short by more than {share} of a week's need in any draw."
            continue
        parts = [
            f"{use_name(row.sector)} in {_chance(row.ever)} of the draws after {_range(row)} weeks"
            for row in own.head(_NAMED).itertuples()
        ]
        more = f"; {len(own) - _NAMED} more uses" if len(own) > _NAMED else ""
        yield f"{region}: {'; '.join(parts)}{more}. To stop is to miss more than {share} of a week's need."


def _change_words(answer: Answer) -> Iterator[str]:
    if answer.differences is None:
        return
    whole = answer.differences[answer.differences["region"] == ALL_USES].iloc[0]
    yield (
        f"The change holds {plain(answer.extra_t)} t more, worth {_money(answer.extra_usd)} at the study's "
        f"prices. The loss goes from {_money(whole.before_usd)} to {_money(whole.after_usd)} on average: a "
        f"difference of {_money(whole.difference_usd)} (95 % interval of the mean "
        f"{_money(whole.difference_usd_low)} to {_money(whole.difference_usd_high)}); it helps in "
        f"{_chance(whole.helps)} of the draws and hurts in {_chance(whole.hurts)}."
    )


def _doubt_words(answer: Answer) -> Iterator[str]:
    if answer.draws == 1:
        yield "One draw: every assumption at its most likely value; probabilities are then 0 or 1."
    else:
        yield (
            f"Probabilities are shares of {answer.draws} draws over what the question leaves open and what "
            "study and simulator assume; they hold if the question comes true."
        )


def use_name(sector: str) -> str:
    """Sector as people write it."""
    return str(sector).replace("_", " ")


def _range(row: Any) -> str:
    if row.lasts_p5 == row.lasts_p95:
        return f"{row.lasts_weeks:.0f}"
    return f"{row.lasts_weeks:.0f} ({row.lasts_p5:.0f} to {row.lasts_p95:.0f})"


def _chance(share: float) -> str:
    if 0 < share < _RARE:
        return "under 1 %"
    return f"{100 * share:.0f} %"


def percent_of(share: float) -> str:
    """Share as whole percent without the sign; what is not 0 does not become 0."""
    return _chance(share).removesuffix(" %").replace("under ", "<")


def _money(usd: float) -> str:
    return f"{usd / 1e6:,.1f} MUSD"


def stop_rows(answer: Answer) -> pd.DataFrame:
    """Return the stops in few columns: a row a use that ever stops, both cases side by side."""
    now, then = (answer.stops[answer.stops["case"] == case] for case in (AS_IT_IS, CHANGED))
    rows = [_stop_row(row) for row in now.itertuples()]
    if len(then):
        for row, other in zip(rows, then.itertuples(), strict=True):
            row |= {"then %": percent_of(other.ever), "then MUSD": round(other.loss_usd / 1e6, 1)}
    ever = [a or b for a, b in zip(now["ever"] > 0, (then["ever"] > 0) if len(then) else now["ever"] > 0,
                                   strict=True)]  # fmt: skip
    return pd.DataFrame([row for row, hit in zip(rows, ever, strict=True) if hit])


def _stop_row(row: Any) -> dict[str, Any]:
    return {
        "region": row.region, "use": use_name(row.sector),
        **{f"{mark}w %": percent_of(getattr(row, f"within_{mark}")) for mark in MARKS},
        "lasts w": _range(row) if row.ever > 0 else "", "t": round(row.unmet_t, 1),
        "MUSD": round(row.loss_usd / 1e6, 1),
    }  # fmt: skip


def difference_rows(answer: Answer) -> pd.DataFrame:
    """Return what the change does in few columns; only uses and regions that lose in either case."""
    if answer.differences is None:
        return pd.DataFrame()
    table = answer.differences[(answer.differences[["before_t", "after_t"]] > 0).any(axis=1)]
    return pd.DataFrame({
        "region": table["region"], "use": table["sector"].map(use_name),
        "t before": table["before_t"].round(1), "t after": table["after_t"].round(1),
        "difference MUSD (95 %)": [
            f"{row.difference_usd / 1e6:,.1f} ({row.difference_usd_low / 1e6:,.1f} to "
            f"{row.difference_usd_high / 1e6:,.1f})" for row in table.itertuples()
        ],
        "helps %": table["helps"].map(percent_of), "hurts %": table["hurts"].map(percent_of),
    })  # fmt: skip


def answer_figure(answer: Answer) -> FigureSpec:
    """Fans of the uses that fall short, with and without the change."""
    fans = answer.fans
    shown = worst_places(fans[fans["week"] >= max(0, answer.start_week - 4)])
    caption = (
        "Unmet share of each week's need. Band: nine in ten draws, and line: median, as it is. Dashed and "
        "dotted: median and 95th percentile with the change. Uses that never fall short are not shown."
    )
    return FigureSpec(
        "shortfalls", "Who falls short, and when", caption, shown, lambda: draw_pairs_of_fans(shown)
    )


def worst_places(fans: pd.DataFrame) -> pd.DataFrame:
    """Rows of the uses that fall short at all, at most as many uses as a figure has room for."""
    peak = fans.groupby(["region", "sector"])["p95"].max().sort_values(ascending=False, kind="stable")
    kept = peak[peak > 0].head(_PANELS).index
    return fans[pd.MultiIndex.from_frame(fans[["region", "sector"]]).isin(kept)].reset_index(drop=True)


def write_answer(answer: Answer, out: Path) -> None:
    """Write ``answer.html``, every table, the shortfalls of every draw and the record into a new folder."""
    check_folder(out)
    spec = answer_figure(answer)
    with whole_folder(out) as folder:
        write_table(answer.stops, folder / "stops.csv")
        if answer.differences is not None:
            write_table(answer.differences, folder / "differences.csv")
        write_table(answer.fans, folder / "fans.csv")
        write_table(_shortfalls(answer), folder / "shortfall.parquet")
        write_json(_content(answer), folder / "answer.json")
        page = page_html(f"What if: {answer.study}", _body(answer, spec), str(answer.record["version"]))
        (folder / "answer.html").write_text(page, encoding="utf-8", newline="")
        write_json({**answer.record, "files": sorted(files_in(folder))}, folder / RUN_FILE)


def _shortfalls(answer: Answer) -> pd.DataFrame:
    return pd.concat(
        [each.shortfall.assign(case=case) for case, each in answer.cases.items()], ignore_index=True
    )


def _content(answer: Answer) -> dict[str, Any]:
    head = {
        "study": answer.study, "shocks": list(answer.shocks), "changes": list(answer.changes),
        "notes": list(answer.notes), "regions": list(answer.regions), "start": answer.start_day.isoformat(),
        "weeks": answer.weeks, "threshold": answer.threshold, "draws": answer.draws, "seed": answer.seed,
        "extra_t": answer.extra_t, "extra_usd": answer.extra_usd, "answer": answer_words(answer),
    }  # fmt: skip
    differences = answer.differences if answer.differences is not None else pd.DataFrame()
    return head | {"stops": _records(answer.stops), "differences": _records(differences)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): plain_value(v) for k, v in row.items()} for row in table.to_dict("records")]


def _body(answer: Answer, spec: FigureSpec) -> Markup:
    asked = [*answer.shocks, *answer.changes]
    header = tag(
        "header", tag("p", "ytterby what-if", class_="kicker"),
        tag("h1", foreign(f"What if: {answer.study}")),
        tag("p", foreign("; ".join(asked)), class_="question"),
        tag("p", foreign(". ".join(answer.notes)), class_="asof"),
    )  # fmt: skip
    words = tag("ul", *(tag("li", foreign(line)) for line in answer_words(answer)))
    tables = [
        plain_table(stop_rows(answer), "When uses stop"),
        plain_table(difference_rows(answer), "What it changes"),
    ]
    figure = figure_html(spec) if len(spec.table) else tag("p", "Nothing falls short: no figure.")
    return join([header, tag("main", words, *tables, figure, id="main")])


def plain_table(frame: pd.DataFrame, caption: str) -> Markup:
    """Return a table with its caption as markup; nothing where it has no rows."""
    if frame.empty:
        return Markup("")
    sides = ["number" if pd.api.types.is_numeric_dtype(frame[name]) else None for name in frame.columns]
    cells = list(zip(frame.columns, sides, strict=True))
    head = tag("tr", *(tag("th", name, scope="col", class_=side) for name, side in cells))
    rows = [
        tag("tr", *(tag("td", foreign(plain(v)), class_=s) for v, s in zip(row, sides, strict=True)))
        for row in frame.itertuples(index=False)
    ]
    content = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows))
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=caption)
