"""What all commands share: common options, tables on the terminal or in a file, progress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.study import Progress
    from ytterby.views.memo_page import Part

SHOWN_ROWS = 20  # of a table on the terminal


def table_place(path: Path | None) -> Path | None:
    """Refuse a place for a table before the work starts, not after."""
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path)
    return path


def json_place(path: Path | None) -> Path | None:
    """Refuse a place for a JSON file before the work starts."""
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path, formats=(".json",))
    return path


def page_place(path: Path | None) -> Path | None:
    """Refuse a place for a page before the work starts."""
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path, formats=(".html",))
    return path


def model_place(path: Path | None) -> Path | None:
    """Refuse a place for a model before the work starts."""
    from ytterby.planning.solve import check_format

    if path is not None:
        check_format(path)
    return path


Study = Annotated[str, typer.Argument(help="A built-in study (see `ytterby new --help`) or a study folder.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", callback=table_place, help="File to write (.csv, .parquet, .json, .xlsx); else the terminal."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of your own store (default: the variable YTTERBY_STORE, if set)."),
]
KnownOn = Annotated[
    datetime | None,
    typer.Option("--known-on", formats=["%Y-%m-%d"], help="Only editions published or fetched by that day."),
]
OwnRegions = Annotated[
    Path | None,
    typer.Option("--regions", help="Regions of your own that count as one importer: CSV with region, iso3."),
]


def day(moment: datetime | None) -> date | None:
    """Day of a moment, as an option gives it."""
    return moment.date() if moment else None


def names_in(text: str | None) -> tuple[str, ...]:
    """Names between commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def give(
    table: pd.DataFrame, out: Path | None, credit: pd.DataFrame | None = None, *, limit: int = SHOWN_ROWS
) -> None:
    """Print a table, or write it with the sources and terms of its rows beside it."""
    from ytterby.views.tables import credit_place, write_table

    if out is None:
        print_table(table, limit=limit)
    else:
        write_table(table, out, credit)
        beside = "" if credit is None else f" (sources and terms: {credit_place(out).name})"
        typer.echo(f"{len(table):,} rows: {out}{beside}")
    warn_of_terms(credit)


def warn_of_terms(credit: pd.DataFrame | None) -> None:
    """Say which sources of a table may not be passed on."""
    if credit is None:
        return
    for line in credit[~credit["may_redistribute"].astype(bool)].itertuples():
        typer.echo(
            f"! rows of {line.source_id} {line.edition} may not be passed on: {line.licence}", err=True
        )


def give_folded(
    table: pd.DataFrame, out: Path | None, credit: pd.DataFrame | None = None, *, limit: int = SHOWN_ROWS
) -> None:
    """Give a table; on the terminal what is the same in all rows stands once below it."""
    from ytterby.views.wording import plain

    folds = out is None and len(table) > 0
    same = [column for column in table if len(set(map(plain, table[column]))) == 1] if folds else []
    if len(same) < len(table.columns):
        give(table.drop(columns=same), out, credit, limit=limit)
    for column in same:
        typer.echo(f"{column}: {plain(table[column].iloc[0]) or '(empty)'}")


def print_table(table: pd.DataFrame, title: str = "", limit: int = SHOWN_ROWS) -> None:
    """Print the first rows of a table."""
    from rich.console import Console

    from ytterby.views.terminal import terminal_table

    Console().print(terminal_table(table, title, limit=limit))


def print_parts(parts: Iterable[Part]) -> None:
    """Print a memo: each part's sentences, then its table."""
    from rich.console import Console
    from rich.text import Text

    from ytterby.views.terminal import terminal_table

    console = Console()
    for part in parts:
        console.print(Text(f"\n{part.title}", style="bold"))
        for sentence in part.sentences:
            console.print(Text(sentence))
        if len(part.table):
            console.print(terminal_table(part.table, part.caption, limit=SHOWN_ROWS))


@contextmanager
def progress_bars(*, transfer: bool = False) -> Iterator[Progress]:
    """A bar per stage on a terminal; plain silence when the output is piped."""
    from rich import progress as rich
    from rich.console import Console

    measures = (
        (rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn())
        if transfer
        else (rich.TextColumn("{task.percentage:>3.0f}%"), rich.TimeElapsedColumn())
    )
    named = rich.TextColumn("{task.description:<28}")
    with rich.Progress(named, rich.BarColumn(), *measures, console=Console(stderr=True)) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield advance


def claims_place(path: Path | None) -> Path | None:
    """Refuse a place for claims before the work starts."""
    from ytterby.views.claim_table import FORMATS
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path, formats=(".jsonl", *FORMATS))
    return path


@contextmanager
def claims_file(out: Path) -> Iterator[Path]:
    """Where claims are to be written as JSON Lines; they become the table that ``out`` names afterwards."""
    from ytterby.views.claim_table import write_claim_table

    if out.suffix == ".jsonl":
        yield out
        return
    lines = out.with_name(f".{out.name}.jsonl")
    yield lines
    write_claim_table(lines, out)
    lines.unlink()
