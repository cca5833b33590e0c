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

    from ytterby.facts.download import Downloaded
    from ytterby.facts.imports import ImportResult
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
    regions: OwnRegions = None,
    out: Out = None,
) -> None:
    """Indicators for every country, material and year in the store; a cell without value says why.

    Example: ytterby screen --country JPN --material "rare earths" --year 2024
    """
    from ytterby import study as road
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store

    methods = None if not method or "all" in method else method
    with open_store() as store:
        cells = road.screen(
            methods=methods, countries=country, materials=material, years=year, regions=regions, store=store
        )
        shown = cells if out else cells.drop(columns=["indicator", "components"])
        _give_folded(shown, out, credit(store, cells))


@app.command()
def suppliers(
    file: Annotated[Path, typer.Argument(help="Your suppliers: CSV, see the how-to page.")],
    home: Annotated[str, typer.Option("--home", help="Country or bloc of the company, e.g. JPN or EU27.")],
    year: Annotated[int | None, typer.Option("--year", min=1995, max=2100)] = None,
    countries: Annotated[
        bool, typer.Option("--countries", help="One row a country instead of one a material.")
    ] = False,
    store: Store = None,
    out: Out = None,
) -> None:
    """Concentration, single points of failure and GeoPolRisk of a company's own suppliers.

    Example: ytterby suppliers my-suppliers.csv --home JPN --out risk.csv
    """
    from ytterby.facts.store import open_store
    from ytterby.indicators.company import company_risk

    with open_store(store) as opened:
        risk = company_risk(file, home=home, year=year, store=opened)
    table = risk.countries if countries else risk.materials
    _give(table if out or countries else table[list(_COMPANY)], out)


_COMPANY = (
    "material", "year", "hhi_suppliers", "hhi_countries", "largest_country", "largest_country_share",
    "only_supplier", "only_country", "import_risk", "score", "status",
)  # fmt: skip


@app.command()
def chokepoints(
    study: Study,
    home: Annotated[
        list[str] | None, typer.Option("--for", help="Count only uses in this region; may be repeated.")
    ] = None,
    halve: Annotated[
        bool, typer.Option("--halve", help="The smallest sets of nodes without which half is lost.")
    ] = False,
    sector: Annotated[
        list[str] | None, typer.Option("--sector", help="With --halve: count only these end uses.")
    ] = None,
    material: Annotated[
        str | None, typer.Option("--material", help="With --halve: what users take of this material.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="With --halve: value or tonnes.")] = "value",
    share: Annotated[float, typer.Option("--share", help="With --halve: the share to be lost.")] = 0.5,
    out: Out = None,
) -> None:
    """Rank the nodes of a study's chain by what is lost without them, or find what halves supply.

    Example: ytterby chokepoints japan-us-2025 --for JPN --halve --sector evs
    """
    from ytterby import study as road
    from ytterby.indicators.chokepoints import Counted
    from ytterby.planning.rerouting import choke_points, halving_sets

    chain = road.load_study(study).chain
    regions = tuple(home) if home else None
    if halve:
        counted = Counted(regions, tuple(sector) if sector else None, material, by)
        _give_folded(halving_sets(chain, counted, goal=share), out)
        return
    for name, given in (("--sector", sector), ("--material", material), ("--by tonnes", by != "value")):
        if given:
            raise YtterbyError(f"{name} counts for --halve only.", "Add --halve, or leave it out.")
    table = choke_points(chain, for_regions=regions)
    _give(table if out else table[list(_CHOKE_POINTS)], out)


_CHOKE_POINTS = (
    "rank", "node", "share_of_supply", "lost_use_share", "lost_use_share_with_spare",
    "lost_use_share_at_best", "in_smallest_set",
)  # fmt: skip


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


SHOWN_ROWS = 20  # of a table on the terminal
SHOWN_FAULTS = 20  # on the terminal; the counts are complete
Revision = Annotated[
    str, typer.Option("--revision", help="Revision of the customs codes, HS92 to HS22 (trade).")
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
    _tell_import(done)


def _tell_import(done: ImportResult) -> None:
    for fault in done.faults[:SHOWN_FAULTS]:
        typer.echo(f"! {fault}", err=True)
    for cause, count in sorted(done.quarantined.items()):
        typer.echo(f"left out, {cause}: {count:,}", err=True)
    typer.echo(f"{done.rows:,} rows imported.")


@facts_app.command("download")
def facts_download(
    kind: Annotated[
        str | None, typer.Argument(help="As for import: baci, usgs_mcs, wgi, wmd ...; see --list.")
    ] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", help="As the publisher names it; default the newest we know.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Of BACI: HS92 (default) to HS22.")
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Folder for the file; made when absent.")] = Path(),
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Checksum that the file must have; default the known one.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Fetch it even where it lies there.")] = False,
    then_import: Annotated[
        bool, typer.Option("--then-import", help="Import it into --store once it is there.")
    ] = False,
    store: Store = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show addresses and terms, of one kind or all; fetches nothing.")
    ] = False,
) -> None:
    """Fetch a publisher's file from its official address; the only command that uses the network.

    A stopped download goes on where it stopped. The checksum is compared with the known one, or kept
    in NAME.sha256. Without a network, or where a publisher gives files to people only, it says what to
    fetch by hand and where to put it.

    Example: ytterby facts download baci --revision HS17 --to downloads
    """
    from ytterby.facts.download import download
    from ytterby.facts.user_store import required_folder

    if listed or kind is None:
        _tell_offers(kind)
        return
    if then_import:
        required_folder(store)
    with _progress(transfer=True) as progress:
        done = download(
            kind, folder=to, edition=edition, revision=revision, sha256=sha256, again=again, progress=progress
        )
    _tell_download(done)
    if not then_import:
        typer.echo(f"\nNow: {done.command}")
        return
    from ytterby.facts.imports import import_table

    with _progress() as progress:
        imported = import_table(
            kind, done.table, edition=done.edition, store=store, published=done.offer.published,
            progress=progress,
        )  # fmt: skip
    _tell_import(imported)


def _tell_offers(kind: str | None) -> None:
    """Addresses in lines that can be copied; a table would fold them."""
    from ytterby.catalog.downloads import find_offer, load_offers

    if kind is not None:
        find_offer(kind)  # refuses a kind that nobody offers
    for offer in load_offers():
        if kind in (None, offer.kind):
            size = f", {offer.size_bytes:,} bytes" if offer.size_bytes else ""
            typer.echo(f"{offer.title}{size}")
            typer.echo(f"    file   {offer.url}" if offer.url else f"    page   {offer.page} (by hand)")
            typer.echo(f"    terms  {offer.terms}")
            typer.echo(f"    sure   {offer.certainty}: {offer.seen_in}")
            if offer.note:
                typer.echo(f"    note   {offer.note}")


def _tell_download(done: Downloaded) -> None:
    state = "fetched" if done.fetched else "lay there already, not fetched again"
    typer.echo(f"{done.path}: {done.size_bytes:,} bytes, {state}")
    told = "the known one" if done.is_checked else f"not known before; kept in {done.path.name}.sha256"
    typer.echo(f"SHA-256 {done.sha256} ({told})")
    if done.offer.rolling and not done.fetched:
        typer.echo("The address always gives the newest edition: --again fetches it.")
    if done.before and done.before != done.sha256:
        typer.echo(f"! the file before had {done.before}: the publisher has changed it", err=True)
    if done.table != done.path:
        typer.echo(f"Table   {done.table}, unpacked")
    typer.echo(f"Terms   {done.offer.terms}")


@facts_app.command("list")
def facts_list(store: Store = None, known_on: KnownOn = None, out: Out = None) -> None:
    """Every table of the store with rows, years, source, edition, licence and whether it may be passed on."""
    from rich.console import Console

    from ytterby.facts.answers import view_names
    from ytterby.facts.brief import brief_tables
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        tables = opened.tables()
    if out:
        _give(tables, out)
        return
    _print(brief_tables(tables, Console().width), limit=len(tables))
    typer.echo("Sources, editions and descriptions in full: --out tables.csv. Columns: facts columns TABLE.")
    typer.echo(f"Ready views for `facts show` and `facts query`: {', '.join(view_names())}.")


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
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store

    filters = dict(_pair(text) for text in where or [])
    with open_store(store, known_on=_day(known_on)) as opened:
        rows = opened.show(table, limit=limit, **filters)
        _give_folded(rows, out, credit(opened, rows), limit=limit)


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
    from ytterby.facts.credits import credit
    from ytterby.facts.pairs import brief, summarise
    from ytterby.facts.reconcile import check_sources
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        pairs = check_sources(opened, tolerance=tolerance, materials=material, order=order, agreeing=True)
        found = pairs[pairs["status"] != "agree"]
        terms = credit(opened, found)
    _give(found if out else brief(found.head(limit)), out, terms, limit=limit)
    typer.echo(summarise(pairs))


@facts_app.command("shares")
def facts_shares(
    kind: Annotated[str, typer.Argument(help="production, import or export.")],
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    year: Annotated[int, typer.Option("--year")],
    country: Annotated[
        str | None,
        typer.Option("--country", help="Whose imports or exports: country, EU, EU27, G7, or of --regions."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", help="mine or refined (production); ore, compound, metal ...")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="mass or value (trade).")] = "mass",
    origin: Annotated[str, typer.Option("--origin", help="direct, or look-through (imports).")] = "direct",
    edition: Annotated[str | None, typer.Option("--edition", help="Of a production table.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Count the wider customs codes too.")] = False,
    revision: Revision = "HS92",
    regions: OwnRegions = None,
    intra: Annotated[bool, typer.Option("--intra", help="Keep trade among the members of a region.")] = False,
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Shares in production, imports or exports, with source, edition, unit and basis.

    Example: ytterby facts shares import --country JPN --material "rare earths" --year 2024
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.queries import production_shares
    from ytterby.facts.store import open_store
    from ytterby.indicators.shares import trade_shares

    with open_store(store, known_on=_day(known_on)) as opened:
        if kind == "production":
            _refuse_options(
                kind, "--country", country, "--wide", wide, "--regions", regions, "--intra", intra,
                "--revision", revision != "HS92",
            )  # fmt: skip
            table = production_shares(opened, material=material, stage=stage, year=year, edition=edition)
        else:
            _refuse_options(kind, "--edition", edition)
            if country is None:
                raise YtterbyError(f"whose {kind} shares?", "Write for example --country JPN.")
            table = trade_shares(
                opened, kind, country=country, material=material, year=year, by=by, origin=origin,
                stage=stage, basket="wide" if wide else "core", hs_revision=revision, regions=regions,
                keep_intra=intra,
            )  # fmt: skip
        terms = credit(opened, table)
    _give_folded(table, out, terms)


@facts_app.command("reliance")
def facts_reliance(
    country: Annotated[str, typer.Option("--country", help="ISO 3166 alpha-3 or name.")],
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. titanium.")],
    year: Annotated[int, typer.Option("--year")],
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Net import reliance, as printed and as computed; where bases would mix it says so instead.

    Example: ytterby facts reliance --country USA --material vanadium --year 2024
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store
    from ytterby.indicators.reliance import net_reliance

    with open_store(store, known_on=_day(known_on)) as opened:
        table = net_reliance(opened, country=country, material=material, year=year)
        terms = credit(opened, table)
    shown = ["route", "stage", "reliance", "lower", "upper", "status", "source_id"]
    _give_folded(table if out else table[shown], out, terms)


@facts_app.command("corrections")
def facts_corrections(out: Out = None) -> None:
    """What was corrected in the publishers' numbers, and what stands and must be read with care."""
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store

    with open_store() as opened:
        table = opened.select("corrections")
        terms = credit(opened, table)
    shown = table[["correction_id", "rows", "change", "reason"]]
    _give(table if out else shown, out, terms, limit=len(table))


@facts_app.command("series")
def facts_series(
    kind: Annotated[str, typer.Argument(help="production, import, export, unit-value or price.")],
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    country: Annotated[str | None, typer.Option("--country", help="ISO 3166 alpha-3 or name.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Stage of the catalog.")] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Count the wider customs codes too.")] = False,
    revision: Revision = "HS92",
    store: Store = None,
    known_on: KnownOn = None,
    out: Out = None,
) -> None:
    """Numbers of a material over the years, all editions side by side.

    Example: ytterby facts series unit-value --material "rare earths" --country JPN
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.queries import load_series
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        basket = "wide" if wide else "core"
        table = load_series(
            opened, kind, material=material, country=country, stage=stage, basket=basket, hs_revision=revision
        )
        terms = credit(opened, table)
    _give_folded(table, out, terms)


@facts_app.command("codes")
def facts_codes(
    material: Annotated[str, typer.Argument(help="Catalog name, e.g. 'rare earths'.")],
    revision: Annotated[
        str | None, typer.Option("--revision", help="HS92, HS96, HS02, HS07, HS12, HS17 or HS22; all.")
    ] = None,
    out: Out = None,
) -> None:
    """Customs codes of a material in each revision of the Harmonized System, and which of them split.

    Example: ytterby facts codes germanium --revision HS22
    """
    from ytterby.facts.codes import code_table

    table = code_table(material, revision)
    _give_folded(table if out else table.drop(columns="documents"), out)


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
    from ytterby.facts.credits import credit_query
    from ytterby.facts.store import open_store

    with open_store(store, known_on=_day(known_on)) as opened:
        answer = opened.query(sql)
        _give(answer, out, credit_query(opened, sql))


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


def _give(
    table: pd.DataFrame, out: Path | None, credit: pd.DataFrame | None = None, *, limit: int = SHOWN_ROWS
) -> None:
    """Print a table, or write it with the sources and terms of its rows beside it."""
    from ytterby.views.tables import credit_place, write_table

    if out is None:
        _print(table, limit=limit)
    else:
        write_table(table, out, credit)
        beside = "" if credit is None else f" (sources and terms: {credit_place(out).name})"
        typer.echo(f"{len(table):,} rows: {out}{beside}")
    _warn_of_terms(credit)


def _warn_of_terms(credit: pd.DataFrame | None) -> None:
    """Say which sources of a table may not be passed on."""
    if credit is None:
        return
    for line in credit[~credit["may_redistribute"].astype(bool)].itertuples():
        typer.echo(
            f"! rows of {line.source_id} {line.edition} may not be passed on: {line.licence}", err=True
        )


def _give_folded(
    table: pd.DataFrame, out: Path | None, credit: pd.DataFrame | None = None, *, limit: int = SHOWN_ROWS
) -> None:
    """Give a table; on the terminal what is the same in all rows stands once below it."""
    from ytterby.views.wording import plain

    folds = out is None and len(table) > 0
    same = [column for column in table if len(set(map(plain, table[column]))) == 1] if folds else []
    if len(same) < len(table.columns):
        _give(table.drop(columns=same), out, credit, limit=limit)
    for column in same:
        typer.echo(f"{column}: {plain(table[column].iloc[0]) or '(empty)'}")


def _print(table: pd.DataFrame, title: str = "", limit: int = SHOWN_ROWS) -> None:
    from rich.console import Console

    from ytterby.views.terminal import terminal_table

    Console().print(terminal_table(table, title, limit=limit))


@contextmanager
def _progress(*, transfer: bool = False) -> Iterator[Progress]:
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
