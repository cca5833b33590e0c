"""One year of CEPII BACI, from the publisher's CSV to a checked file of the table ``trade``.

``BACI_HS92_Y2022_V202401b.csv`` has the columns t, i, j, k, v, q (year, exporter, importer, product,
thousand current USD, tonnes; ``NA`` where the mass is not known). A year has up to twelve million
rows: they go straight through the database engine, which reads, checks and writes them in columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.catalog.countries import baci_iso3
from ytterby.errors import Fault, InputFaults, UnknownName
from ytterby.facts.baci_names import UNSPECIFIED, Flows, refused
from ytterby.facts.quarantine import KEPT, Quarantine
from ytterby.facts.sql import quoted, quoted_path

if TYPE_CHECKING:
    import duckdb

HEADER = ["t", "i", "j", "k", "v", "q"]
MEMORY_LIMIT = "600MB"  # a year of ten million rows needs 450 MB as a table; the engine spills beyond
MAX_UNREADABLE = 100_000
MAX_LINE = 1_000_000
MAX_WRONG_CODES = 0.01  # of all rows; another revision's file has far more
MAX_BAD = 0.2
# Codes whose ISO3 is a reading of BACI rather than the same country under another number.
READINGS = (58, 280, 490, 697, 711, 736, 849)
_UNREADABLE = "Download it again; where it speaks of disk or memory, free some."


@dataclass(frozen=True)
class _Check:
    """One thing that a row may have wrong."""

    cause: str
    column: str
    condition: str
    remedy: str


_CHECKS = (
    _Check("another year", "t", "t IS DISTINCT FROM $year", "The year stands in the file's name."),
    _Check("no six-digit code", "k", "k IS NULL OR k < 0", "Take the file as published."),
    _Check("code not in the product table", "k", "k NOT IN (SELECT k FROM product)",
           "Take the product table of the same revision and release."),
    _Check("unknown exporter", "i", "i IS NULL OR i NOT IN (SELECT code FROM country)",
           "Take the country table of the same release."),
    _Check("unknown importer", "j", "j IS NULL OR j NOT IN (SELECT code FROM country)",
           "Take the country table of the same release."),
    _Check("no value", "v", "v IS NULL OR NOT isfinite(v)", "Every flow of BACI has a value."),
    _Check("negative value", "v", "v < 0", "A value is zero or more."),
    _Check("quantity is no number", "q", "q IS NOT NULL AND NOT isfinite(q)", "Leave it NA where not known."),
    _Check("negative quantity", "q", "q < 0", "A quantity is zero or more; not known is NA."),
)  # fmt: skip
_TWICE = _Check("the same row twice", "k", "", "The first one was kept.")
_TWO_NUMBERS = _Check("two numbers for one flow", "k", "", "Neither was kept; download the file again.")
_ALL_CHECKS = (*_CHECKS, _TWICE, _TWO_NUMBERS)


def import_year(
    csv_file: Path,
    flows: Flows,
    target: Path,
    *,
    countries: dict[int, str],
    products: frozenset[int] | None,
    codes: Sequence[str] | None,
    edition: str,
    spill: Path,
) -> tuple[int, Quarantine]:
    """Check one year of flows and write the sound rows as the table ``trade``.

    Parameters
    ----------
    csv_file: the flows; ``flows`` says what its published name says.
    target: Parquet file to write.
    countries, products: the publisher's tables, see ``read_countries`` and ``read_products``.
    codes: six-digit codes to keep; all when None.
    spill: folder that does not exist yet, for what does not fit into memory; the caller removes it.

    Returns
    -------
    Number of rows written, and the rows that were left out.

    Raises
    ------
    InputFaults
        The header is not BACI's, the codes are of another revision, or too many rows are bad to
        believe the rest.
    """
    _check_header(csv_file, flows)
    _check_lines(csv_file, flows)
    quarantine = Quarantine(Path(flows.name).name)
    with _engine(spill, flows) as connection:
        _load(connection, csv_file, quarantine)
        total = _one(connection, "SELECT count(*) FROM flow")
        _fill_tables(connection, countries, products)
        _mark_bad_rows(connection, flows)
        _mark_duplicates(connection)
        _report(connection, quarantine)
        _refuse_hopeless(quarantine, total)
        rows = _write(connection, flows, target, codes, edition)
    return rows, quarantine


def _check_header(path: Path, flows: Flows) -> None:
    """The six columns in their order: swapped ones would swap exporter and importer in silence."""
    with path.open("rb") as file:
        first = file.readline(1000).decode("utf-8-sig", errors="replace")
    names = [name.strip().strip('"') for name in first.split(",")]
    if names != HEADER:
        raise InputFaults([
            Fault(Path(flows.name).name, 1, None, f"the header is {', '.join(names)[:200]!r}.",
                  f"BACI has {', '.join(HEADER)} in this order; take the file as published.")
        ])  # fmt: skip


def _check_lines(path: Path, flows: Flows) -> None:
    """Refuse a line as long as a whole chunk: the engine drops one of 32 MB without a word."""
    with path.open("rb") as file:
        while len(chunk := file.read(MAX_LINE)) == MAX_LINE:  # 0.1 s for a year of ten million rows
            if b"\n" not in chunk:
                raise refused(
                    Path(flows.name).name, f"has a line of more than {MAX_LINE:,} characters.", _UNREADABLE
                )


@contextmanager
def _engine(spill: Path, flows: Flows) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with bounded memory; its errors become faults of the file."""
    import duckdb

    limits = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)}
    with duckdb.connect(":memory:", config={**limits}) as connection:
        connection.execute("SET enable_progress_bar = false")  # the caller shows progress
        try:
            yield connection
        except duckdb.Error as error:
            name = Path(flows.name).name
            why = str(error).splitlines()[0][:300]
            raise refused(name, f"cannot be read ({why}).", _UNREADABLE) from error


def _load(connection: duckdb.DuckDBPyConnection, path: Path, quarantine: Quarantine) -> None:
    """Flows as numbers; a line that does not parse goes to the quarantine."""
    columns = "{'t':'SMALLINT','i':'SMALLINT','j':'SMALLINT','k':'VARCHAR','v':'DOUBLE','q':'VARCHAR'}"
    options = (
        "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', compression = 'none', "
        f"columns = {columns}, store_rejects = true, rejects_limit = {MAX_UNREADABLE}"
    )
    connection.execute(
        f"""CREATE TABLE flow AS
        SELECT t, i, j, v,
               coalesce(try_cast(k AS INTEGER),
                        CASE trim(k) WHEN '9999AA' THEN {UNSPECIFIED} ELSE -1 END) AS k,
               coalesce(try_cast(q AS DOUBLE),
                        CASE WHEN trim(q) NOT IN ('NA', '') THEN 'nan'::DOUBLE END) AS q
        FROM read_csv({quoted_path(path)}, {options})"""  # noqa: S608
    )
    lines = connection.execute(
        "SELECT line, any_value(column_name), any_value(csv_line) FROM reject_errors GROUP BY line "
        "ORDER BY line"
    ).fetchall()
    if len(lines) >= MAX_UNREADABLE:
        raise refused(quarantine.file, f"{MAX_UNREADABLE:,} rows cannot be read.", "Is it a BACI file?")
    for line, column, text in lines:
        quarantine.add(line, column, "unreadable row", repr(str(text)[:80]), "Take the file as published.")


def _fill_tables(
    connection: duckdb.DuckDBPyConnection, countries: dict[int, str], products: frozenset[int] | None
) -> None:
    """Codes that the flows use, with what they mean; a code without meaning is left out."""
    used = connection.execute("SELECT DISTINCT i FROM flow UNION SELECT DISTINCT j FROM flow").fetchall()
    known = [(code, iso3) for (code,) in used if code is not None and (iso3 := _iso3(code, countries))]
    found = connection.execute("SELECT DISTINCT k FROM flow WHERE k >= 0").fetchall()
    named = [(k, "9999AA" if k == UNSPECIFIED else f"{k:06d}") for (k,) in found
             if (k <= 999_999 or k == UNSPECIFIED) and (products is None or k in products)]  # fmt: skip
    connection.execute(
        "CREATE TABLE country AS SELECT unnest(?)::SMALLINT AS code, unnest(?)::VARCHAR AS iso3",
        [[code for code, _ in known], [iso3 for _, iso3 in known]],
    )
    connection.execute(
        "CREATE TABLE product AS SELECT unnest(?)::INTEGER AS k, unnest(?)::VARCHAR AS hs6",
        [[k for k, _ in named], [hs6 for _, hs6 in named]],
    )


def _iso3(code: int, countries: dict[int, str]) -> str | None:
    """Our reading of a code, else the publisher's."""
    try:
        return baci_iso3(code)
    except UnknownName:
        return countries.get(code)


def _mark_bad_rows(connection: duckdb.DuckDBPyConnection, flows: Flows) -> None:
    """Table ``bad``: place of a row in the flows, and the first check that it fails."""
    cases = " ".join(f"WHEN {check.condition} THEN {number}" for number, check in enumerate(_CHECKS))
    cases = cases.replace("$year", str(flows.year))
    connection.execute(
        f"""CREATE TABLE bad AS
        FROM (SELECT rowid AS place, CASE {cases} END AS cause FROM flow) WHERE cause IS NOT NULL"""  # noqa: S608
    )


def _mark_duplicates(connection: duckdb.DuckDBPyConnection) -> None:
    """Equal rows are bad but for the first; two numbers for one flow are bad, both of them."""
    key = "k::BIGINT * 1000000 + i::BIGINT * 1000 + j"
    sound = "rowid NOT IN (SELECT place FROM bad)" if _any_bad(connection) else "true"
    connection.execute(f"CREATE VIEW sound AS SELECT rowid AS place, * FROM flow WHERE {sound}")  # noqa: S608
    # Sorted by numpy the keys of ten million rows take half the time of a distinct count, and 80 MB.
    keys = connection.execute(f"SELECT {key} AS key FROM sound").fetchnumpy()["key"]  # noqa: S608
    keys.sort()
    if not (keys[1:] == keys[:-1]).any():
        return
    first, equal = len(_CHECKS), "count(DISTINCT (v, q)) = 1"
    connection.execute(
        f"""CREATE TABLE repeated AS
        SELECT {key} AS key, min(place) AS first, {equal} AS equal
        FROM sound GROUP BY ALL HAVING count(*) > 1"""  # noqa: S608
    )
    connection.execute(
        f"""INSERT INTO bad SELECT place, CASE WHEN equal THEN {first} ELSE {first + 1} END
        FROM (SELECT place, {key} AS key FROM sound) JOIN repeated USING (key)
        WHERE NOT (equal AND place = first)"""  # noqa: S608
    )


def _any_bad(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(_one(connection, "SELECT count(*) FROM bad"))


def _report(connection: duckdb.DuckDBPyConnection, quarantine: Quarantine) -> None:
    """Bad rows into the quarantine: the first with what stands there, the rest as counts."""
    unreadable = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
    # How many unreadable lines stand before the n-th readable one, found by halving.
    shifted = [line - number for number, (line,) in enumerate(unreadable)]
    shown = connection.execute(
        f"""SELECT place, cause, t, i, j, k, v, q FROM bad JOIN flow ON flow.rowid = place
        ORDER BY place LIMIT {KEPT}"""  # noqa: S608
    ).fetchall()
    for place, cause, *cells in shown:
        check = _ALL_CHECKS[cause]
        detail = ", ".join(f"{name} {cell}" for name, cell in zip(HEADER, cells, strict=True))
        quarantine.add(_line(place, shifted), check.column, check.cause, detail, check.remedy)
    counts = connection.execute("SELECT cause, count(*) FROM bad GROUP BY cause").fetchall()
    quarantine.counts.update({_ALL_CHECKS[cause].cause: count for cause, count in counts})
    quarantine.counts.subtract(_ALL_CHECKS[row[1]].cause for row in shown)


def _line(place: int, shifted: Sequence[int]) -> int:
    """Line of the file for a place among the rows that parsed; the header is line 1."""
    return place + 2 + bisect_right(shifted, place + 2)


def _refuse_hopeless(quarantine: Quarantine, readable: int) -> None:
    """A file that is mostly wrong is another file: nothing of it is taken."""
    total = readable + quarantine.counts["unreadable row"]
    wrong = quarantine.counts["code not in the product table"]
    counted = "; ".join(f"{cause}: {count:,}" for cause, count in quarantine.counts.most_common() if count)
    if wrong > MAX_WRONG_CODES * total:
        raise refused(
            quarantine.file,
            f"{wrong:,} of {total:,} rows have codes that its product table lacks ({counted}).",
            "The flows are of another revision, or columns are swapped; take both files of one release.",
        )
    if total == 0 or quarantine.total > MAX_BAD * total:
        raise refused(
            quarantine.file,
            f"{quarantine.total:,} of {total:,} rows cannot be trusted ({counted or 'no rows'}).",
            "Are columns swapped, or is it another file? Download it again.",
        )


def _write(
    connection: duckdb.DuckDBPyConnection,
    flows: Flows,
    target: Path,
    codes: Sequence[str] | None,
    edition: str,
) -> int:
    """Write the sound rows; their number is counted twice, here and from what was left out."""
    kept = "k IN (SELECT k FROM product WHERE list_contains(?, hs6))" if codes else "true"
    left_out = "rowid NOT IN (SELECT place FROM bad)" if _any_bad(connection) else "true"
    labels = {"source_id": flows.source_id, "hs_revision": flows.revision, "edition": edition}
    _make_enumerations(connection, labels)
    constants = ", ".join(f'{_literal(text)}::"{name}" AS "{name}"' for name, text in labels.items())
    readings = ", ".join(map(str, READINGS))
    # In the order of products a question on some codes skips most of the file: a seventh of the time.
    select = f"""SELECT t AS year, a.iso3 AS exporter, b.iso3 AS importer, hs6, v AS value_kusd,
               q AS quantity_t, CASE WHEN i IN ({readings}) THEN i END AS exporter_baci,
               CASE WHEN j IN ({readings}) THEN j END AS importer_baci, {constants}
        FROM (SELECT * FROM flow WHERE {left_out} AND {kept} ORDER BY k, i, j)
        JOIN country a ON a.code = i JOIN country b ON b.code = j JOIN product USING (k)"""  # noqa: S608
    # The order lasts through joins only if the flows stay on their probing side, as they are written here.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    done = connection.execute(
        f"COPY ({select}) TO {quoted(target)} (FORMAT parquet, COMPRESSION zstd)",
        [list(codes)] if codes else None,
    ).fetchone()
    written = int(done[0]) if done else 0
    expected = _one(connection, "SELECT (SELECT count(*) FROM flow) - (SELECT count(*) FROM bad)")
    if codes is None and written != expected:
        raise refused(flows.name, f"{written:,} rows were written of {expected:,}.", "Please report this.")
    return written


def _make_enumerations(connection: duckdb.DuckDBPyConnection, labels: Mapping[str, str]) -> None:
    """Types of text columns: as enumerations they are written three times as fast, and read as text.

    Codes of products stay text: the file's spans of an enumeration begin at its first label, and by the
    spans of codes a question skips most of the file.
    """
    connection.execute("CREATE TYPE iso3 AS ENUM (SELECT DISTINCT iso3 FROM country ORDER BY iso3)")
    connection.execute("ALTER TABLE country ALTER iso3 SET DATA TYPE iso3")
    for name, text in labels.items():
        connection.execute(f'CREATE TYPE "{name}" AS ENUM ({_literal(text)})')


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
