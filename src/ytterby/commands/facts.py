"""``ytterby facts``: published tables in the store, what is there, and its rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ytterby.commands.output import (
    KnownOn,
    Out,
    OwnRegions,
    Store,
    day,
    give,
    give_folded,
    print_table,
    progress_bars,
)
from ytterby.errors import YtterbyError

if TYPE_CHECKING:
    from ytterby.facts.download import Downloaded
    from ytterby.facts.imports import ImportResult

SHOWN_FAULTS = 20  # on the terminal; the counts are complete
Revision = Annotated[
    str, typer.Option("--revision", help="Revision of the customs codes, HS92 to HS22 (trade).")
]
facts_app = typer.Typer(
    no_args_is_help=True, help="Published tables in the store: what is there, and its rows."
)


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

    with progress_bars() as progress:
        done = import_table(
            kind, file, edition=edition, store=store, published=day(published), mapping=mapping,
            codes=code, progress=progress,
        )  # fmt: skip
    _tell_import(done)


def _tell_import(done: ImportResult) -> None:
    for fault in done.faults[:SHOWN_FAULTS]:
        typer.echo(f"! {fault}", err=True)
    for cause, count in sorted(done.quarantined.items()):
        typer.echo(f"left out, {cause}: {count:,}", err=True)
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)
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
    with progress_bars(transfer=True) as progress:
        done = download(
            kind, folder=to, edition=edition, revision=revision, sha256=sha256, again=again, progress=progress
        )
    _tell_download(done)
    if not then_import:
        typer.echo(f"\nNow: {done.command}")
        return
    from ytterby.facts.imports import import_table

    with progress_bars() as progress:
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

    with open_store(store, known_on=day(known_on)) as opened:
        tables = opened.tables()
    if out:
        give(tables, out)
        return
    print_table(brief_tables(tables, Console().width), limit=len(tables))
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
    with open_store(store, known_on=day(known_on)) as opened:
        rows = opened.show(table, limit=limit, **filters)
        give_folded(rows, out, credit(opened, rows), limit=limit)


@facts_app.command("columns")
def facts_columns(table: Annotated[str, typer.Argument(help="Table, from `ytterby facts list`.")]) -> None:
    """Columns of one table: unit, type and meaning."""
    from ytterby.facts.store import open_store

    give(open_store().columns(table), None)


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

    with open_store(store, known_on=day(known_on)) as opened:
        pairs = check_sources(opened, tolerance=tolerance, materials=material, order=order, agreeing=True)
        found = pairs[pairs["status"] != "agree"]
        terms = credit(opened, found)
    give(found if out else brief(found.head(limit)), out, terms, limit=limit)
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

    with open_store(store, known_on=day(known_on)) as opened:
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
    give_folded(table, out, terms)


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

    with open_store(store, known_on=day(known_on)) as opened:
        table = net_reliance(opened, country=country, material=material, year=year)
        terms = credit(opened, table)
    shown = ["route", "stage", "reliance", "lower", "upper", "status", "source_id"]
    give_folded(table if out else table[shown], out, terms)


@facts_app.command("corrections")
def facts_corrections(out: Out = None) -> None:
    """What was corrected in the publishers' numbers, and what stands and must be read with care."""
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store

    with open_store() as opened:
        table = opened.select("corrections")
        terms = credit(opened, table)
    shown = table[["correction_id", "rows", "change", "reason"]]
    give(table if out else shown, out, terms, limit=len(table))


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

    with open_store(store, known_on=day(known_on)) as opened:
        basket = "wide" if wide else "core"
        table = load_series(
            opened, kind, material=material, country=country, stage=stage, basket=basket, hs_revision=revision
        )
        terms = credit(opened, table)
    give_folded(table, out, terms)


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
    give_folded(table if out else table.drop(columns="documents"), out)


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

    with open_store(store, known_on=day(known_on)) as opened:
        answer = opened.query(sql)
        give(answer, out, credit_query(opened, sql))


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
