"""Bring a published file into a user's store: read, check, write beside the others, then let it count.

Kinds are ``baci`` (CEPII BACI), ``tidy`` (any table with a mapping file) and the publishers of
:mod:`ytterby.facts.publishers`. Whatever the kind, rows that cannot be trusted are left out with a
cause and counted on the card; an import that is stopped leaves the store as it was.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import load_sources
from ytterby.errors import Fault, InputFaults, UnknownName, YtterbyError
from ytterby.facts import baci, baci_names, tidy
from ytterby.facts.publishers import PUBLISHERS, publisher
from ytterby.facts.quarantine import Quarantine
from ytterby.facts.sql import quoted
from ytterby.facts.tables import column_rows, importable_tables, row_order
from ytterby.facts.unpack import is_archive, members, unpack
from ytterby.facts.user_store import Card, Writer, required_folder, writing

if TYPE_CHECKING:
    import pandas as pd

    Progress = Callable[[str, int, int], None]

BACI, TIDY = "baci", "tidy"
KINDS = (BACI, TIDY, *PUBLISHERS)
_SUPPLIED = ("source_id", "edition")  # columns that an import fills by itself


@dataclass(frozen=True)
class ImportResult:
    """What an import did: rows written, rows left out by cause, the first of them in full, its files, notes.

    A note says what was not checked or not taken; it stands on the card as well.
    """

    rows: int
    quarantined: dict[str, int]
    faults: tuple[Fault, ...]
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """One import as it was asked for; see ``import_table``."""

    kind: str
    path: Path
    edition: str
    published: dt.date | None = None
    mapping: Path | None = None
    codes: tuple[str, ...] | None = None


@dataclass
class _Done:
    """Cards and quarantines of an import under way."""

    cards: list[Card] = field(default_factory=list)
    quarantines: list[Quarantine] = field(default_factory=list)


def import_table(
    kind: str,
    path: Path,
    *,
    edition: str,
    store: Path | None = None,
    published: dt.date | None = None,
    mapping: Path | None = None,
    codes: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Import one publisher's file, archive or folder into a user's store.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    path
        The file as published; for BACI also the zip archive or the folder it unpacks to.
    edition
        Name of the edition, as the publisher calls it. Importing the same edition again replaces it.
    store
        Folder of the store, made when absent; when None, the one YTTERBY_STORE names.
    published
        Day on which the publisher issued the edition; it decides which edition is newest, and since
        when it was known. The day of the import stands in where it is None.
    mapping
        Mapping file of a tidy table.
    codes
        Six-digit customs codes to keep of BACI; all when None.

    Raises
    ------
    InputFaults
        The file is not what it should be, or too much of it is bad.
    StoreBusy
        Another process is importing into the folder.
    UnknownName
        No such kind or code.
    """
    if kind not in KINDS:
        raise UnknownName("kind of import", kind, KINDS)
    if not path.exists():
        raise InputFaults([Fault(path.name, None, None, "no such file or folder.", "Check the path.")])
    request = Request(kind, path, edition.strip(), published, mapping, tuple(codes) if codes else None)
    _check_request(request)
    folder = required_folder(store)
    with writing(folder) as writer:
        done = _Done()
        if kind == BACI:
            _import_baci(writer, request, done, progress or _silent)
        else:
            _import_frame(writer, request, done)
        for card in done.cards:
            writer.put(card)
    return _result(folder, done)


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def _check_request(request: Request) -> None:
    if not 0 < len(request.edition) <= 100 or not request.edition.isprintable() or request.edition == "all":
        raise YtterbyError(
            f"{request.edition[:40]!r} is no name of an edition.",
            "Write it as the publisher does, for example --edition 2026.",
        )
    if request.codes is not None and request.kind != BACI:
        raise YtterbyError("only an import of BACI takes chosen codes.", "Leave --codes out.")
    if (request.mapping is None) == (request.kind == TIDY):
        raise YtterbyError(
            "a mapping file goes with the kind tidy, and only with it.", "See docs/howto/import-data.md."
        )


def _result(folder: Path, done: _Done) -> ImportResult:
    counts: Counter[str] = Counter()
    for quarantine in done.quarantines:
        counts.update(quarantine.counts)
    return ImportResult(
        sum(card.rows for card in done.cards),
        {cause: count for cause, count in counts.items() if count},
        tuple(fault for quarantine in done.quarantines for fault in quarantine.faults),
        tuple(folder / "editions" / card.file for card in done.cards),
        tuple(dict.fromkeys(card.note for card in done.cards if card.note)),
    )


def _import_baci(writer: Writer, request: Request, done: _Done, progress: Progress) -> None:
    """Every year in the file, folder or archive, one after the other; all of one revision and release."""
    names = _names_in(request.path)
    years = [baci_names.read_name(name) for name in names if baci_names.FLOWS.fullmatch(Path(name).name)]
    if request.path.is_file() and not is_archive(request.path):
        years = [baci_names.read_name(request.path.name)]
    release = _one_release(request, years)
    tables = [
        _fetch(writer, request.path, name) if name else None for name in baci_names.companions(names, release)
    ]
    countries, products = baci_names.read_countries(tables[0]), baci_names.read_products(tables[1])
    _check_codes(request, products)
    note = "" if products is not None else "Codes not checked: no product table lay beside the flows. "
    note += f"Only the codes {', '.join(request.codes)}." if request.codes else ""
    archive_hash = _sha256(request.path) if is_archive(request.path) else None
    for number, flows in enumerate(years):
        progress("import BACI", number, len(years))
        file = _fetch(writer, request.path, flows.name)
        target = writer.new_file("trade", flows.source_id, request.edition, str(flows.year))
        with ThreadPoolExecutor(1) as helper:
            hashed = None if archive_hash else helper.submit(_sha256, file)
            rows, quarantine = baci.import_year(
                file, flows, target, countries=countries, products=products,
                codes=request.codes, edition=request.edition, spill=writer.scratch(),
            )  # fmt: skip
        if is_archive(request.path):
            file.unlink()
        done.quarantines.append(quarantine)
        done.cards.append(_card(
            request, "trade", baci_source(flows), target, quarantine, rows, (flows.year, flows.year),
            archive_hash or (hashed.result() if hashed else ""), part=str(flows.year), note=note.strip(),
        ))  # fmt: skip
    progress("import BACI", len(years), len(years))


def baci_source(flows: baci_names.Flows) -> dict[str, Any]:
    """Card of BACI in one revision, after the one in the catalog."""
    ours = load_sources()["baci-hs92"]
    return {
        "source_id": flows.source_id,
        "title": f"Bilateral trade by product ({flows.revision})",
        "producer": ours.producer,
        "licence": ours.licence,
        "may_redistribute": ours.may_redistribute,
        "citation": ours.citation,
    }


def _names_in(path: Path) -> list[str]:
    """Names of the tables in an archive or folder, or beside a single file."""
    if is_archive(path):
        return sorted(members(path, lambda name: name.lower().endswith(".csv")))
    folder = path if path.is_dir() else path.parent
    return sorted(entry.name for entry in folder.glob("*.csv"))


def _fetch(writer: Writer, path: Path, name: str) -> Path:
    """Path of a table, unpacked into the store's folder where it lies in an archive."""
    if not is_archive(path):
        return (path if path.is_dir() else path.parent) / name
    target = writer.scratch(".csv")
    unpack(path, name, target)
    return target


def _one_release(request: Request, years: Sequence[baci_names.Flows]) -> baci_names.Flows:
    """The first of the files, all being of one revision, one release and different years."""
    name = request.path.name
    if not years:
        remedy = "Files are named like BACI_HS92_Y2022_V202401b.csv; keep the names."
        raise InputFaults([Fault(name, None, None, "holds no flows of BACI.", remedy)])
    releases = {(flows.revision, flows.version) for flows in years}
    if len(releases) > 1 or len({flows.year for flows in years}) < len(years):
        found = ", ".join(sorted(f"{revision} {version}" for revision, version in releases))
        remedy = "Import one revision and release at a time, each year once."
        raise InputFaults([Fault(name, None, None, f"holds several: {found}.", remedy)])
    version = years[0].version
    if request.edition.lower().removeprefix("v") != version.lower():
        remedy = f"Give --edition {version}, or take the other release."
        raise InputFaults([Fault(name, None, None, f"is release {version}, not {request.edition}.", remedy)])
    return years[0]


def _check_codes(request: Request, products: frozenset[int] | None) -> None:
    for code in request.codes or ():
        if (
            len(code) != 6
            or not code.isalnum()
            or (products is not None and baci_names.code_number(code) not in products)
        ):
            known = () if products is None else (f"{number:06d}" for number in products)
            raise UnknownName("customs code", code, known)


def _import_frame(writer: Writer, request: Request, done: _Done) -> None:
    """A file that a reader turns into a table in memory."""
    quarantine = Quarantine(request.path.name)
    if request.mapping is not None:
        plan = tidy.read_mapping(request.mapping)
        table, source = plan.table, plan.source
        frame = tidy.read_tidy(request.path, plan, quarantine)
    else:
        module = publisher(request.kind)
        table, source = module.TABLE, module.SOURCE
        frame = module.read(request.path, quarantine)
    if table not in importable_tables():
        raise UnknownName("table that takes imports", table, importable_tables())
    if frame.empty:
        why = f"no row could be used ({dict(quarantine.counts)})."
        raise InputFaults(quarantine.faults or [Fault(request.path.name, None, None, why, "Check the file.")])
    target = writer.new_file(table, source["source_id"], request.edition)
    span = write_rows(frame, table, target, source["source_id"], request.edition)
    done.quarantines.append(quarantine)
    done.cards.append(
        _card(request, table, source, target, quarantine, len(frame), span, _sha256(request.path))
    )


def write_rows(
    frame: pd.DataFrame, table: str, target: Path, source_id: str, edition: str
) -> tuple[int | None, int | None]:
    """Write a table in its documented columns and types, in its row order.

    Returns
    -------
    First and last year, None for a table without years.

    Raises
    ------
    InputFaults
        Columns are missing or unknown, or a value does not fit its type.
    """
    import duckdb

    documented = {row["column"]: row["type"] for row in column_rows(table)}
    expected = [name for name in documented if name not in _SUPPLIED]
    faults = [Fault(table, None, name, "the reader left this column out.", "") for name in expected
              if name not in frame.columns]  # fmt: skip
    faults += [Fault(table, None, str(name), "is no column of this table.", "") for name in frame.columns
               if name not in expected]  # fmt: skip
    if faults:
        raise InputFaults(faults)
    picked = ", ".join(_cell(name, kind) for name, kind in documented.items())
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.register("frame", frame)
        try:
            connection.execute(
                f"CREATE TABLE rows AS SELECT {picked} FROM frame",  # noqa: S608
                {"source_id": source_id, "edition": edition},
            )
        except duckdb.Error as error:
            why = str(error).splitlines()[0][:300]
            raise InputFaults([Fault(table, None, None, f"does not fit its columns ({why}).", "")]) from error
        connection.execute(
            f"COPY (FROM rows ORDER BY {row_order(table)}) TO {quoted(target)} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        years = "min(year), max(year)" if "year" in documented else "NULL, NULL"
        span = connection.execute(f"SELECT {years} FROM rows").fetchone()  # noqa: S608
    return span or (None, None)


def _cell(name: str, kind: str) -> str:
    """Column as documented: text is never NULL, a number that is none is NULL."""
    if name in _SUPPLIED:
        return f'${name}::VARCHAR AS "{name}"'
    if kind == "VARCHAR":
        return f'coalesce("{name}"::VARCHAR, \'\') AS "{name}"'
    if kind == "DOUBLE":
        return f'nullif("{name}"::DOUBLE, \'nan\'::DOUBLE) AS "{name}"'
    return f'"{name}"::{kind} AS "{name}"'


def _card(
    request: Request,
    table: str,
    source: dict[str, Any],
    target: Path,
    quarantine: Quarantine,
    rows: int,
    span: tuple[int | None, int | None],
    sha256: str,
    *,
    part: str = "",
    note: str = "",
) -> Card:
    """Card of a file just written.

    Raises
    ------
    YtterbyError
        The starter data holds this edition already.
    """
    _refuse_twin(table, source["source_id"], request.edition)
    return Card(
        table=table, source_id=source["source_id"], edition=request.edition, part=part, file=target.name,
        title=source["title"], producer=source["producer"], licence=source["licence"],
        may_redistribute=source["may_redistribute"],
        citation=source.get("citation") or f"{source['producer']}: {source['title']}",
        published=request.published, accessed=dt.datetime.now(tz=dt.UTC).date(), sha256=sha256, rows=rows,
        first_year=span[0], last_year=span[1],
        quarantined={cause: count for cause, count in quarantine.counts.items() if count}, note=note,
    )  # fmt: skip


def _refuse_twin(table: str, source_id: str, edition: str) -> None:
    """Two files under one name of an edition would stand twice in the same query."""
    shipped = next(row["source_id"] for row in read_rows("facts_tables") if row["table"] == table).split(";")
    if source_id in shipped and load_sources()[source_id].edition == edition:
        raise YtterbyError(
            f"the starter data hold {source_id} {edition!r} already.",
            f"Give your copy a name of its own, for example --edition '{edition} (own copy)'.",
        )


def _sha256(path: Path) -> str:
    """Hash of the input as it was given; of a folder, over the hashes of its files."""
    if path.is_dir():
        parts = (f"{entry.name} {_sha256(entry)}" for entry in sorted(path.iterdir()) if entry.is_file())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
