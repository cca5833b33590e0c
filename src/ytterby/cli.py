"""The command line: thin commands over the verbs of :mod:`ytterby.study`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ytterby import __version__
from ytterby.errors import YtterbyError

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.study import Progress

app = typer.Typer(
    name="ytterby",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""Supply-security analysis for critical minerals: from public report to supply decision.

    Start with **ytterby run japan-us-2025**: it reads the study's press notes, checks their numbers
    against trade data, simulates export controls on the magnet chain, plans projects and
    stockpiles, and writes one report. Everything runs offline.""",
)
facts_app = typer.Typer(
    no_args_is_help=True, help="Published tables in the store: what is there, and its rows."
)
app.add_typer(facts_app, name="facts")


def _table_place(path: Path | None) -> Path | None:
    """Refuse a place for a table before the work starts, not after."""
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path)
    return path


def _json_place(path: Path | None) -> Path | None:
    from ytterby.views.tables import check_place

    if path is not None:
        check_place(path, formats=(".json",))
    return path


Study = Annotated[str, typer.Argument(help="A built-in study (see `ytterby new --help`) or a study folder.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", callback=_table_place, help="File to write (.csv, .parquet, .json); else the terminal."
    ),
]
Draws = Annotated[int | None, typer.Option("--draws", min=1, help="Random draws (default: the study's).")]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, help="Seed of every random number (default: the study's).")
]


def main() -> None:
    """Run the command line; an error of ours prints its faults and remedy and exits with 2."""
    signal.signal(signal.SIGTERM, _leave)  # else an ended run would leave its temporary folder
    try:
        app(standalone_mode=True)
    except YtterbyError as error:
        typer.echo(f"ytterby: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # a path that cannot be read or written; anything else is a defect of ours
        typer.echo(
            f"ytterby: {error.filename or 'the output'}: {error.strerror}. Check path and rights.", err=True
        )
        sys.exit(2)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"ytterby {__version__}")
        raise typer.Exit


@app.command()
def run(
    study: Study,
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the run; an earlier run there is replaced.")
    ] = Path("out"),
    articles: Annotated[
        list[Path] | None, typer.Option("--articles", help="Press texts instead of the study's.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
) -> None:
    """Walk the whole road and write the report.

    Example: ytterby run japan-us-2025 --articles my-reports --out out/mine
    """
    from ytterby import study as road

    with _progress() as progress:
        results = road.run(study, out, articles=articles, draws=draws, seed=seed, progress=progress)
    for finding in results.answer:
        typer.echo(f"* {finding.text}")
    for problem in results.problems.itertuples():
        typer.echo(f"! {problem.file}: {problem.message} {problem.remedy}", err=True)
    typer.echo(f"\nReport: {out / 'report.html'}")


@app.command()
def read(
    files: Annotated[
        list[Path], typer.Argument(help="Press texts: .txt, .html, .json, .jsonl, or folders of them.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Claims as JSON lines; else the terminal.")
    ] = None,
    reports: Annotated[
        Path | None, typer.Option("--reports", help="Metadata, noise and structure of each text, JSON lines.")
    ] = None,
) -> None:
    """Read press texts into claims, each with the exact words it rests on.

    Example: ytterby read articles/ --out claims.jsonl --reports reports.jsonl
    """
    from ytterby import study as road
    from ytterby.evidence.article import write_articles
    from ytterby.evidence.claims import write_claims

    with _progress() as progress:
        reading = road.read(files, progress=progress)
    for problem in reading.problems:
        typer.echo(f"! {problem.file}: {problem.message} {problem.remedy}", err=True)
    if reports:
        write_articles(reading.articles, reports)
    if out:
        write_claims(reading.claims, out)
        typer.echo(f"{len(reading.claims)} claims of {len(reading.articles)} articles: {out}")
        return
    for claim in reading.claims:
        typer.echo(f"{claim.id}  {claim.kind} ({claim.status})  {claim.spans[0].quote!r}")


@app.command()
def verify(
    claims: Annotated[Path, typer.Argument(help="Claims as JSON lines, from `ytterby read`.")],
    out: Out = None,
    variants: Annotated[bool, typer.Option("--variants", help="One row per definition tried.")] = False,
) -> None:
    """Check each numeric claim against the store: a verdict as a band over named definitions.

    Example: ytterby verify claims.jsonl --variants --out variants.csv
    """
    from ytterby import study as road
    from ytterby.evidence.claims import read_claims

    checked = road.verify(read_claims(claims))
    _give(checked.variants if variants else checked.verdicts, out)


@app.command()
def screen(
    method: Annotated[
        list[str] | None, typer.Option("--method", help="hhi, geopolrisk, geopolrisk_peer ...; default all.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", help="ISO 3166 alpha-3, e.g. JPN.")
    ] = None,
    material: Annotated[
        list[str] | None, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")
    ] = None,
    year: Annotated[list[int] | None, typer.Option("--year", min=1900, max=2100)] = None,
    out: Out = None,
) -> None:
    """Indicators for every country, material and year in the store; a cell without value says why.

    Example: ytterby screen --country JPN --material "rare earths" --year 2024
    """
    from ytterby import study as road

    methods = None if not method or "all" in method else method
    _give(road.screen(methods=methods, countries=country, materials=material, years=year), out)


@app.command()
def simulate(
    study: Study,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="One scenario of the study; default all.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    out: Out = None,
) -> None:
    """Simulate the study's scenarios week by week: who goes short of what, when, how surely.

    Example: ytterby simulate japan-us-2025 --draws 200 --out shortfall.parquet
    """
    from ytterby import study as road
    from ytterby.network.outcomes import summarise

    with _progress() as progress:
        futures = road.simulate(
            road.load_study(study), scenario=scenario, draws=draws, seed=seed, progress=progress
        )
    _give(futures.shortfall if out else summarise(futures), out)


@app.command()
def plan(
    study: Study,
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=0, help="Joint budget in USD; scales purses down, never up."),
    ] = None,
    partners: Annotated[str | None, typer.Option("--partners", help="For example JPN,USA.")] = None,
    by: Annotated[
        datetime | None, typer.Option("--by", formats=["%Y-%m-%d"], help="Deadline of the target.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", callback=_json_place, help="plan.json")] = None,
) -> None:
    """Choose projects and stockpiles under a budget and a deadline, alone and together.

    Example: ytterby plan japan-us-2025 --partners JPN,USA --by 2028-12-31
    """
    from ytterby import study as road
    from ytterby.views.run import plan_tables, write_plan

    with _progress() as progress:
        made = road.plan(
            road.load_study(study), budget=budget, partners=_partners(partners), by=_day(by),
            progress=progress,
        )  # fmt: skip
    if out:
        write_plan(made, out)
        typer.echo(f"Plan: {out}")
        return
    for title, table in plan_tables(made).items():
        _print(table, title)


@app.command()
def new(
    name: Annotated[Path, typer.Argument(help="Folder to make.")],
    template: Annotated[str, typer.Option("--template", help="Built-in study to copy.")] = "three-countries",
) -> None:
    """Make a study folder to edit in a spreadsheet.

    Built-in studies: japan-us-2025 (the magnet chain), three-countries (a toy to learn on).
    """
    from ytterby.examples import new_study

    folder = new_study(name, template)
    typer.echo(f"{folder}: edit its tables (COLUMNS.md explains them), then: ytterby run {folder}")


SHOWN_FAULTS = 20  # on the terminal; the counts are complete
Store = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of your own store (default: the variable YTTERBY_STORE, if set)."),
]
KnownOn = Annotated[
    datetime | None,
    typer.Option("--known-on", formats=["%Y-%m-%d"], help="Only editions published or fetched by that day."),
]


@app.command()
def explain(
    method: Annotated[str, typer.Argument(help="geopolrisk.")],
    country: Annotated[list[str], typer.Option("--country", help="ISO 3166 alpha-3 or EU27, e.g. JPN.")],
    material: Annotated[list[str], typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    year: Annotated[list[int], typer.Option("--year", min=1900, max=2100)],
    stage: Annotated[str, typer.Option("--stage", help="Stage of the corrected cell.")] = "all",
    quantity: Annotated[
        str,
        typer.Option("--quantity", help="score, hhi, import_risk, price, midpoint, characterisation_factor."),
    ] = "score",
    store: Store = None,
    out: Out = None,
) -> None:
    """From the number of geopolrisk-py 2.0.1 to the corrected one, one convention at a time.

    Needs World Mining Data in the store (`ytterby facts import wmd FILE`).

    Example: ytterby explain geopolrisk --country JPN --material "rare earths" --year 2024
    """
    from ytterby.errors import UnknownName
    from ytterby.facts.store import open_store
    from ytterby.indicators.explain import brief, explain_geopolrisk

    if method != "geopolrisk":
        raise UnknownName("method to explain", method, ["geopolrisk"])
    with open_store(store) as opened:
        steps = explain_geopolrisk(
            opened, materials=material, countries=country, years=year, stage=stage, quantity=quantity
        )
    _give_folded(steps if out else brief(steps), out)


@facts_app.command("import")
def facts_import(
    kind: Annotated[
        str, typer.Argument(help="baci, tidy, or a publisher: bgs, comtrade, iea, oecd, usgs_mcs, wgi, wmd.")
    ],
    file: Annotated[Path, typer.Argument(help="File as published; for baci also the zip or its folder.")],
    edition: Annotated[str, typer.Option("--edition", help="Edition as the publisher calls it.")],
    store: Store = None,
    published: Annotated[
        datetime | None, typer.Option("--published", formats=["%Y-%m-%d"], help="Day of publication.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="Mapping file of a tidy table.")] = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="Six-digit code of BACI to keep; default all.")
    ] = None,
) -> None:
    """Import a published file into your own store; bad rows are left out and counted.

    Example: ytterby facts import baci BACI_HS92_V202401b.zip --edition 202401b --store my-store
    """
    from ytterby.facts.imports import import_table

    with _progress() as progress:
        done = import_table(
            kind, file, edition=edition, store=store, published=_day(published), mapping=mapping,
            codes=code, progress=progress,
        )  # fmt: skip
    for fault in done.faults[:SHOWN_FAULTS]:
        typer.echo(f"! {fault}", err=True)
    for cause, count in sorted(done.quarantined.items()):
        typer.echo(f"left out, {cause}: {count:,}", err=True)
    typer.echo(f"{done.rows:,} rows imported.")


@facts_app.command("list")
def facts_list(store: Store = None, known_on: KnownOn = None, out: Out = None) -> None:
    """Every table of the store with rows, years, source, edition, licence and whether it may be passed on."""
    from ytterby.facts.store import open_store

    _give(open_store(store, known_on=_day(known_on)).tables(), out)


@facts_app.command("show")
def facts_show(
    table: Annotated[str, typer.Argument(help="Table, from `ytterby facts list`.")],
    where: Annotated[
        list[str] | None, typer.Option("--where", help="column=value; several narrow it down.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows at most.")] = 20,
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Rows of one table.

    Example: ytterby facts show trade --where importer=JPN --where year=2024 --where hs6=280530
    """
    from ytterby.facts.store import open_store

    filters = dict(_pair(text) for text in where or [])
    _give(open_store(store, known_on=_day(known_on)).show(table, limit=limit, **filters), out)


@facts_app.command("columns")
def facts_columns(table: Annotated[str, typer.Argument(help="Table, from `ytterby facts list`.")]) -> None:
    """Columns of one table: unit, type and meaning."""
    from ytterby.facts.store import open_store

    _give(open_store().columns(table), None)


@facts_app.command("check")
def facts_check(
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="Relative difference up to which two numbers agree.")
    ] = 0.1,
    material: Annotated[
        list[str] | None, typer.Option("--material", help="Catalog name; may be given several times.")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", help="difference, or share (of the world's supply in doubt).")
    ] = "difference",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows on the terminal at most.")] = 30,
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Where sources, editions, totals and texts disagree by more than a tolerance, worst first.

    Example: ytterby facts check --material "rare earths" --out differences.csv
    """
    from ytterby.facts.pairs import brief, summarise
    from ytterby.facts.reconcile import check_sources
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        pairs = check_sources(opened, tolerance=tolerance, materials=material, order=order, agreeing=True)
    found = pairs[pairs["status"] != "agree"]
    _give(found if out else brief(found.head(limit)), out)
    typer.echo(summarise(pairs))


@facts_app.command("shares")
def facts_shares(
    kind: Annotated[str, typer.Argument(help="production, import or export.")],
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    year: Annotated[int, typer.Option("--year")],
    country: Annotated[str | None, typer.Option("--country", help="Whose imports or exports.")] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", help="mine or refined (production); ore, compound, metal ...")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="mass or value (trade).")] = "mass",
    origin: Annotated[str, typer.Option("--origin", help="direct, or look-through (imports).")] = "direct",
    edition: Annotated[str | None, typer.Option("--edition", help="Of a production table.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Count the wider customs codes too.")] = False,
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Shares in production, imports or exports, with source, edition, unit and basis.

    Example: ytterby facts shares import --country JPN --material "rare earths" --year 2024
    """
    from ytterby.facts.queries import production_shares
    from ytterby.facts.store import open_store
    from ytterby.indicators.shares import trade_shares

    with open_store(store, known_on=_day(known_on)) as opened:
        if kind == "production":
            _refuse_options(kind, "--country", country, "--wide", wide)
            table = production_shares(opened, material=material, stage=stage, year=year, edition=edition)
        else:
            _refuse_options(kind, "--edition", edition)
            if country is None:
                raise YtterbyError(f"whose {kind} shares?", "Write for example --country JPN.")
            table = trade_shares(
                opened, kind, country=country, material=material, year=year, by=by, origin=origin,
                stage=stage, basket="wide" if wide else "core",
            )  # fmt: skip
    _give_folded(table, out)


@facts_app.command("series")
def facts_series(
    kind: Annotated[str, typer.Argument(help="production, import, export, unit-value or price.")],
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    country: Annotated[str | None, typer.Option("--country", help="ISO 3166 alpha-3 or name.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Stage of the catalog.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Count the wider customs codes too.")] = False,
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Numbers of a material over the years, all editions side by side.

    Example: ytterby facts series unit-value --material "rare earths" --country JPN
    """
    from ytterby.facts.queries import load_series
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        basket = "wide" if wide else "core"
        table = load_series(opened, kind, material=material, country=country, stage=stage, basket=basket)
    _give_folded(table, out)


@facts_app.command("query")
def facts_query(
    sql: Annotated[str, typer.Argument(help="One SELECT over the tables of `ytterby facts list`.")],
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Answer of one SELECT; the store is read-only and sees no other file.

    Example: ytterby facts query "SELECT year, sum(quantity_t) FROM trade GROUP BY year"
    """
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        _give(opened.query(sql), out)


def _refuse_options(kind: str, *options: object) -> None:
    """Refuse options, given as name and value in turn, that mean nothing for a kind."""
    for name, value in zip(options[::2], options[1::2], strict=True):
        if value:
            raise YtterbyError(f"{name} means nothing for {kind} shares.", "Leave it out.")


def _pair(text: str) -> tuple[str, str]:
    column, found, value = text.partition("=")
    if not found:
        raise YtterbyError(
            f"--where {text!r} is not column=value.", "Write for example --where importer=JPN."
        )
    return column, value


def _partners(text: str | None) -> list[str] | None:
    """Names between commas, each once; an empty list is refused rather than read as the study's own."""
    if text is None:
        return None
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise YtterbyError("--partners names nobody.", "Write for example --partners JPN,USA.")
    return names


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _give(table: pd.DataFrame, out: Path | None) -> None:
    from ytterby.views.tables import write_table

    if out is None:
        _print(table)
    else:
        write_table(table, out)
        typer.echo(f"{len(table):,} rows: {out}")


def _give_folded(table: pd.DataFrame, out: Path | None) -> None:
    """Give a table; on the terminal what is the same in all rows stands once below it."""
    words = table.astype(str)
    same = [] if out or len(table) < 2 else [c for c in table if (words[c] == words[c].iloc[0]).all()]
    _give(table.drop(columns=same), out)
    for column in same:
        typer.echo(f"{column}: {table[column].iloc[0]}")


def _print(table: pd.DataFrame, title: str = "") -> None:
    from rich.console import Console

    from ytterby.views.tables import terminal_table

    Console().print(terminal_table(table, title))


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar per stage on a terminal; plain silence when the output is piped."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, int] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]  # TaskID is an int

        yield advance
