"""Claims as a table, one row a claim, for spreadsheets and databases; any number of them.

The columns stand in ``catalog/data/claim_columns.csv`` and in ``docs/reference/claims.md``. A number or a
time stands in a column of its own only where the claim has exactly one: of several none is picked.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from ytterby.evidence.claims import Claim, Quantity, TimeSpan
from ytterby.views.tables import check_place, csv_cell, replace_whole

FORMATS = (".csv", ".parquet", ".xlsx")
_SQL_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "whole number": "BIGINT", "date": "DATE"}
_SHEET = 1_048_575  # rows of a sheet below its head
Row = dict[str, Any]


@cache
def claim_columns() -> tuple[dict[str, str], ...]:
    """Name, type and meaning of each column, in order."""
    text = resources.files("ytterby.catalog").joinpath("data/claim_columns.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def claim_row(claim: Claim) -> Row:
    """One claim as a row: a value for each column of :func:`claim_columns`, None where it has none."""
    first = claim.spans[0]
    row: Row = {
        "claim_id": claim.id, "report": claim.report, "kind": claim.kind, "relevance": claim.relevance,
        "status": claim.status, "polarity": claim.polarity, "statement": claim.gloss_en,
        "actors": _joined(f"{a.id}:{a.role}" for a in claim.actors),
        "persons": _joined(p.name for p in claim.persons),
        "organisations": _joined(claim.orgs), "materials": _joined(claim.materials),
        **_numbers(claim.quantities), **_times(claim.time),
        "sources": _joined(a.source for a in claim.attribution),
        "source_types": _joined(a.source_type for a in claim.attribution),
        "place": claim.place, "sectors": _joined(claim.sectors or ()), "condition": claim.condition,
        "check_type": claim.check.type if claim.check else None,
        "quote": " [...] ".join(span.quote for span in claim.spans),
        "quote_start": first.start, "quote_end": first.end, "passages": len(claim.spans),
    }  # fmt: skip
    return {column["column"]: row[column["column"]] for column in claim_columns()}


def _joined(parts: Iterable[str]) -> str | None:
    return ";".join(parts) or None


def _numbers(quantities: Sequence[Quantity]) -> Row:
    only = quantities[0] if len(quantities) == 1 else None
    told = (
        f"{'' if q.value is None else f'{q.value:.12g} '}{q.unit} ({q.role}, {q.qualifier})"
        for q in quantities
    )
    return {
        "value": only.value if only else None,
        "unit": only.unit if only else None,
        "qualifier": only.qualifier if only else None,
        "value_role": only.role if only else None,
        "value_from": _only_of("from", quantities),
        "value_to": _only_of("to", quantities),
        "quantities": _joined(told),
    }


def _only_of(role: str, quantities: Sequence[Quantity]) -> float | None:
    values = [q.value for q in quantities if q.role == role]
    return values[0] if len(values) == 1 else None


def _times(times: Sequence[TimeSpan]) -> Row:
    only = times[0] if len(times) == 1 else None
    told = (f"{t.start or '..'}/{t.end or '..'} ({t.role}, {t.granularity})" for t in times)
    return {
        "time_start": only.start if only else None,
        "time_end": only.end if only else None,
        "time_role": only.role if only else None,
        "granularity": only.granularity if only else None,
        "times": _joined(told),
    }


def write_claim_table(claims: Path, out: Path) -> None:
    """Write the claims of a file of JSON Lines as a table; the file appears when it is complete.

    Parameters
    ----------
    claims: as ``write_claims`` wrote them; read one by one.
    out: ``.csv``, ``.parquet`` or ``.xlsx``.
    """
    check_place(out, formats=FORMATS)
    replace_whole(out, lambda partial: _WRITERS[out.suffix](_rows(claims), partial))


def _rows(claims: Path) -> Iterator[Row]:
    with claims.open(encoding="utf-8") as lines:
        for line in lines:
            yield claim_row(Claim.model_validate(json.loads(line)))


def _write_csv(rows: Iterable[Row], path: Path) -> None:
    _csv_with(csv_cell, rows, path)


def _csv_with(show: Callable[[Any], Any], rows: Iterable[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column["column"] for column in claim_columns()])
        writer.writerows([show(cell) for cell in row.values()] for row in rows)


def _write_parquet(rows: Iterable[Row], path: Path) -> None:
    """By way of a file of plain rows, so that memory holds none of them."""
    import duckdb

    from ytterby.facts.sql import quoted, quoted_path

    plain = path.with_name(path.name + ".csv")
    types = {column["column"]: _SQL_TYPES[column["type"]] for column in claim_columns()}
    try:
        _csv_with(lambda cell: "" if cell is None else cell, rows, plain)
        with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
            connection.execute(
                f"COPY (FROM read_csv({quoted_path(plain)}, header = true, delim = ',', quote = '\"',"
                f" escape = '\"', auto_detect = false, max_line_size = 100000000, columns = {types}))"
                f" TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)"
            )
    finally:
        plain.unlink(missing_ok=True)


def _write_xlsx(rows: Iterable[Row], path: Path) -> None:
    import pandas as pd

    from ytterby.errors import YtterbyError
    from ytterby.views.tables import write_sheet

    taken = list(islice(rows, _SHEET + 1))
    if len(taken) > _SHEET:
        raise YtterbyError(f"more than {_SHEET:,} claims do not fit on a sheet.", "Write .parquet or .csv.")
    names = [column["column"] for column in claim_columns()]
    write_sheet(pd.DataFrame(taken, columns=names), path)


_WRITERS: dict[str, Callable[[Iterable[Row], Path], None]] = {
    ".csv": _write_csv, ".parquet": _write_parquet, ".xlsx": _write_xlsx,
}  # fmt: skip
