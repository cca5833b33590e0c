"""A verdict as a small drawing: the claim against the band of all definitions, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ytterby.views.markup import Markup, join, tag
from ytterby.views.wording import plain_value

_WIDTH, _ROW, _LEFT, _RIGHT = 420, 46, 16, 16
_GREY, _INK = "#d6d6d2", "#1a1a1a"


def draw_band(verdict: Any, show: Callable[[Any], str]) -> Markup:
    """Draw the band of each end of the period; nothing where there is no band.

    Parameters
    ----------
    verdict: a row of the ledger's verdicts.
    show: how a value of its unit is written.

    Returns
    -------
    An SVG image in which a bar is the band, a diamond the claim and a line the nearest definition.
    """
    rows = list(_rows(verdict))
    if not rows:
        return Markup("")
    values = [value for _, *cells in rows for value in cells if value is not None]
    low, high = min(0.0, *values), max(values)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(_LEFT + (value - low) / span * (_WIDTH - _LEFT - _RIGHT), 1)

    drawn = [_row(number, row, place, show) for number, row in enumerate(rows)]
    told = "; ".join(
        f"{name} claimed {show(claimed)}, band {show(least)} to {show(most)}"
        for name, claimed, least, most, _ in rows
    )
    return tag(
        "svg", *drawn, viewBox=f"0 0 {_WIDTH} {_ROW * len(rows)}", class_="band", role="img", aria_label=told
    )


_Row = tuple[str, float, float, float, float | None]


def _rows(verdict: Any) -> Iterator[_Row]:
    ends = (
        ("start", verdict.claimed_from, verdict.from_low, verdict.from_high, verdict.best_from),
        ("end", verdict.claimed_to, verdict.to_low, verdict.to_high, verdict.best_to),
    )
    period = plain_value(verdict.claimed_from) is not None
    for name, *cells in ends:
        claimed, low, high, best = (_number(cell) for cell in cells)
        if claimed is not None and low is not None and high is not None:
            yield name if period else "", claimed, low, high, best


def _number(cell: Any) -> float | None:
    value = plain_value(cell)
    return float(value) if isinstance(value, (int, float)) else None


def _row(number: int, row: _Row, place: Callable[[float], float], show: Callable[[Any], str]) -> Markup:
    name, claimed, low, high, best = row
    top = number * _ROW + 14
    bar = tag(
        "rect", x=place(low), y=top, width=max(2.0, round(place(high) - place(low), 1)), height=10,
        fill=_GREY, stroke=_INK, stroke_width=0.5,
    )  # fmt: skip
    line = _line(place(best), top) if best is not None else Markup("")
    x, y = place(claimed), top + 5
    diamond = tag("path", d=f"M{x} {y - 7}l6 7l-6 7l-6 -7z", fill=_INK)
    words = [
        _words(x, top - 4, f"claimed {show(claimed)}"),
        _words((place(low) + place(high)) / 2, top + 23, f"{name} {show(low)} to {show(high)}".strip()),
    ]
    return join([bar, line, diamond, *words])


def _line(x: float, top: int) -> Markup:
    return tag("path", d=f"M{x} {top - 3}v16", stroke="#00507f", stroke_width=3)


def _words(x: float, y: float, words: str) -> Markup:
    inside = min(max(x, 60.0), _WIDTH - 60.0)
    return tag("text", words, x=round(inside, 1), y=y, font_size=11, text_anchor="middle", fill=_INK)
