"""Tables on the terminal: the first rows, as wide as there is room."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from ytterby.views.wording import plain

if TYPE_CHECKING:
    from rich.table import Table

_NARROWEST = 4  # characters of a column


def terminal_table(frame: pd.DataFrame, title: str, *, limit: int = 20) -> Table:
    """Return a table for the terminal: the first rows, numbers to the right, a note on what is left out.

    Texts are shown as they are; markup and control characters in them have no effect.
    """
    from rich.table import Table
    from rich.text import Text

    left_out = len(frame) - limit
    caption = f"{left_out} more rows" if left_out > 0 else None
    table = Table(title=Text(title), caption=caption, title_justify="left", caption_justify="left")
    cells = [[_printable(plain(value)) for value in row]
             for row in frame.head(limit).itertuples(index=False, name=None)]  # fmt: skip
    columns = [[str(name), *(row[at] for row in cells)] for at, name in enumerate(frame.columns)]
    for name, width in zip(frame.columns, _widths(columns), strict=True):
        justify = "right" if pd.api.types.is_numeric_dtype(frame[name]) else "left"
        table.add_column(Text(str(name)), justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _widths(columns: list[list[str]]) -> list[int]:
    """Width of each column: its longest text, or where that is too much for the terminal its longest word."""
    room = shutil.get_terminal_size().columns - 3 * len(columns) - 1
    wanted = [max(_longest(text.splitlines()) for text in texts) for texts in columns]
    if sum(wanted) <= room:
        return wanted
    widths = [_longest(word for text in texts for word in text.split()) for texts in columns]
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    while sum(widths) < room:
        lacking = [want - width for want, width in zip(wanted, widths, strict=True)]
        widths[lacking.index(max(lacking))] += 1
    return widths


def _longest(texts: Iterable[str]) -> int:
    """Columns of the terminal that the longest of some texts takes; at least one."""
    from rich.cells import cell_len

    return max((cell_len(text) for text in texts), default=1) or 1


def _printable(text: str) -> str:
    text = text.replace("\u00a0", " ")  # keeps number and unit together on pages only
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
