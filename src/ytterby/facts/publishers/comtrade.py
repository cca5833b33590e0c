"""UN Comtrade: trade as each country reported it, from a CSV download or the JSON of ``comtradeapicall``.

Both sides of a flow may be there, as imports of one country and as exports of the other (mirror flows);
the column ``flow`` keeps them apart. The CSV header is that of published files; JSON records carry the
same names, either as a list or under ``data``. The downloads of the portal that closed in 2023 have other
names for the same columns (``OLDER``).
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.catalog.countries import baci_iso3
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName
from ytterby.facts.publishers import cells
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import (
    MAX_ROWS,
    CsvTable,
    Doubt,
    Line,
    check_columns,
    check_size,
    refusal,
    too_long,
)
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = "reported_trade"
SOURCE: dict[str, Any] = {
    "source_id": "un-comtrade",
    "title": "UN Comtrade, trade as reported",
    "producer": "United Nations Statistics Division",
    "licence": "United Nations terms of use: free for own use, passing the data on needs their consent",
    "may_redistribute": False,
}
NEEDED = (
    "refYear", "period", "reporterCode", "flowCode", "partnerCode", "classificationCode", "cmdCode",
    "netWgt", "primaryValue",
)  # fmt: skip
OLDER = {
    "Classification": "classificationCode", "Year": "refYear", "Period": "period",
    "Trade Flow Code": "flowCode", "Reporter Code": "reporterCode", "Partner Code": "partnerCode",
    "2nd Partner Code": "partner2Code", "Customs Proc. Code": "customsCode",
    "Mode of Transport Code": "motCode", "Commodity Code": "cmdCode", "Netweight (kg)": "netWgt",
    "Trade Value (US$)": "primaryValue", "CIF Trade Value (US$)": "cifvalue",
    "FOB Trade Value (US$)": "fobvalue", "Flag": "isNetWgtEstimated",
}  # fmt: skip
_OLDER_FLOWS = {"1": "M", "2": "X", "3": "RX", "4": "RM"}
_OLDER_ESTIMATED = ("4", "6")  # of the flags: 2 is an estimated quantity, 4 a weight, 6 both
FLOWS = {"M": "imports", "X": "exports", "RM": "re-imports", "RX": "re-exports"}
REVISIONS = {"H0": "HS92", "H1": "HS96", "H2": "HS02", "H3": "HS07", "H4": "HS12", "H5": "HS17", "H6": "HS22"}
TOTALS = {"partner2Code": "0", "customsCode": "C00", "motCode": "0", "mosCode": "0"}  # not split further
MAX_JSON_BYTES = 64_000_000  # takes about ten times as much memory when read
WORLD = 0
TOLERANCE = 0.01  # of the value; what the partners of a reporter may miss of its printed total
_KEY = (
    "period", "flow", "exporter", "importer", "exporter_un", "importer_un", "hs6", "hs_revision",
)  # fmt: skip
_INWARD = ("imports", "re-imports")
_KG_PER_T, _USD_PER_KUSD = 1000.0, 1000.0
_MISSING = ("", "null", "None", "nan", "NaN")
_TRUE = ("true", "1", "True", "TRUE")


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Flows between two countries, as reported by the importer (imports) or the exporter (exports).

    Totals over all partners are no rows: they only check the sum of the partners. A mass of zero
    beside a value is Comtrade's way of saying that there is none, and becomes missing.

    Raises
    ------
    InputFaults
        Columns are missing, or the file is too large, no text or no JSON.
    """
    is_json = path.suffix.casefold() in (".json", ".jsonl")
    lines = _json_lines(path) if is_json else _csv_lines(path, quarantine)
    totals: list[tuple[int, Record]] = []
    table = to_table(_without_totals(convert(lines, _record, quarantine), totals), TABLE, _KEY, quarantine)
    _check_totals(table, totals, quarantine)
    return table


def _csv_lines(path: Path, quarantine: Quarantine) -> Iterator[Line]:
    table = CsvTable(path)
    is_older = "Trade Flow Code" in table.header
    if is_older:
        table.header = [OLDER.get(name, name) for name in table.header]
    check_columns(path, table.header, NEEDED, "the CSV download with all columns")
    lines = table.lines(quarantine)
    yield from map(_from_older, lines) if is_older else lines


def _from_older(line: Line) -> Line:
    """The same line with the codes of today."""
    flow, flag = line.text("flowCode"), line.text("isNetWgtEstimated")
    today = {"flowCode": _OLDER_FLOWS.get(flow, flow),
             "isNetWgtEstimated": "true" if flag in _OLDER_ESTIMATED else "false"}  # fmt: skip
    return Line(line.row, {**line.cells, **today})


def _json_lines(path: Path) -> Iterator[Line]:
    """Lines of a list of records; the first record counts as row 2, as in the same table as CSV."""
    check_size(path, MAX_JSON_BYTES)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refusal(path, f"no readable JSON: {error}.", "Take what comtradeapicall returned.") from error
    records = content.get("data") if isinstance(content, dict) else content
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise refusal(
            path, "no list of records, also not under 'data'.", "Take what comtradeapicall returned."
        )
    if len(records) > MAX_ROWS:
        raise too_long(path)
    check_columns(path, set().union(*records) if records else (), NEEDED, "records with all fields")
    for row, record in enumerate(records, start=2):
        yield Line(row, {name: _as_text(value) for name, value in record.items()})


def _as_text(value: Any) -> str:
    """JSON value as the CSV has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _record(line: Line) -> Record:
    _check_kind(line)
    flow = FLOWS[line.text("flowCode")]
    reporter, partner = _country(line, "reporterCode"), _country(line, "partnerCode")
    (exporter, exporter_un), (importer, importer_un) = (
        (partner, reporter) if flow in _INWARD else (reporter, partner)
    )
    value = cells.read_amount(line.text("primaryValue"), "primaryValue", missing=_MISSING)
    _check_reporter(line, reporter[0])
    quantity, qualifier = _mass(line, value)
    return {
        "year": cells.read_year(line.text("refYear"), "refYear"),
        "period": _period(line),
        "reported_by": reporter[0],
        "flow": flow,
        "exporter": exporter,
        "importer": importer,
        "hs6": line.text("cmdCode"),
        "hs_revision": REVISIONS[line.text("classificationCode")],
        "value_kusd": None if value is None else value / _USD_PER_KUSD,
        "value_basis": _value_basis(line),
        "quantity_t": quantity,
        "qualifier": qualifier,
        "is_computed": "yes" if line.text("isAggregate") in _TRUE else "no",
        "exporter_un": exporter_un,
        "importer_un": importer_un,
    }


def _check_kind(line: Line) -> None:
    """Doubt what is no flow of one six-digit product, whole and in a revision of the HS."""
    checks = (
        ("flowCode", line.text("flowCode") in FLOWS, "unknown flow", f"Known: {', '.join(FLOWS)}."),
        (
            "classificationCode", line.text("classificationCode") in REVISIONS, "no revision of the HS",
            "H0 to H6 are read; SITC and BEC are other lists.",
        ),
        ("cmdCode", _is_hs6(line.text("cmdCode")), "no six-digit code", "Download codes of six digits."),
    )  # fmt: skip
    for column, is_right, cause, remedy in checks:
        if not is_right:
            raise Doubt(column, cause, repr(line.text(column)[:40]), remedy)
    for column, whole in TOTALS.items():
        if line.text(column) not in ("", whole):
            remedy = f"Download with {column} {whole}; parts would be counted twice beside their whole."
            raise Doubt(column, "part of a flow", f"{column} {line.text(column)[:20]}", remedy)


def _is_hs6(code: str) -> bool:
    return re.fullmatch(r"[0-9]{6}", code) is not None


def _period(line: Line) -> str:
    """Year, or year and month as 2024-05; a period of another year than the row's is doubted."""
    match = re.fullmatch(r"([0-9]{4})(0[1-9]|1[0-2])?", line.text("period"))
    if match is None or match[1] != line.text("refYear"):
        raise Doubt("period", "no period of its year", repr(line.text("period")[:20]), "2024 or 202405.")
    return f"{match[1]}-{match[2]}" if match[2] else match[1]


def _country(line: Line, column: str) -> tuple[str, int]:
    """ISO3 and Comtrade's own number."""
    text = line.text(column)
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise Doubt(column, "unknown country", repr(text[:20]), "Comtrade's numbers have up to three digits.")
    code = int(text)
    if code == WORLD:
        return "WLD", code
    try:
        return _areas().get(code) or baci_iso3(code), code
    except UnknownName:
        remedy = "Further numbers belong in catalog/data/publisher_codes.csv."
        raise Doubt(column, "unknown country", text, remedy) from None


def _check_reporter(line: Line, iso3: str) -> None:
    """Doubt a report by the world or by an area that is no country."""
    if iso3 in ("WLD", "OTH"):
        raise Doubt("reporterCode", "no reporting country", line.text("reporterCode"), "Countries report.")


@cache
def _areas() -> dict[int, str]:
    """Comtrade's numbers that neither ISO nor BACI has."""
    rows = (row for row in read_rows("publisher_codes") if row["scheme"] == "comtrade")
    return {int(row["code"]): row["iso3"] for row in rows}


def _mass(line: Line, value: float | None) -> tuple[float | None, str]:
    """Tonnes of product, and whether they are reported, estimated, zero or missing."""
    mass = cells.read_amount(line.text("netWgt"), "netWgt", missing=_MISSING)
    if mass is None or (mass == 0 and value):
        return None, cells.NOT_AVAILABLE
    if mass == 0:
        return 0.0, cells.ZERO
    estimated = line.text("isNetWgtEstimated") in _TRUE
    return mass / _KG_PER_T, cells.ESTIMATED if estimated else cells.REPORTED


def _value_basis(line: Line) -> str:
    """Whether the value is c.i.f. or f.o.b., by which of the two columns it equals."""
    value = line.text("primaryValue")
    is_cif, is_fob = value == line.text("cifvalue"), value == line.text("fobvalue")
    if value in _MISSING or is_cif == is_fob:
        return "not stated"
    return "c.i.f." if is_cif else "f.o.b."


def _without_totals(
    records: Iterator[tuple[int, Record]], totals: list[tuple[int, Record]]
) -> Iterator[tuple[int, Record]]:
    """Records of single partners; those of the world go to ``totals``."""
    for row, record in records:
        if "WLD" in (record["exporter"], record["importer"]):
            totals.append((row, record))
        else:
            yield row, record


def _reported_by(record: Any) -> tuple[Any, ...]:
    """What a total is a total of: a reporter's flow of a product in a period."""
    own = record["importer_un"] if record["flow"] in _INWARD else record["exporter_un"]
    return record["period"], record["flow"], own, record["hs6"], record["hs_revision"]


def _check_totals(table: pd.DataFrame, totals: list[tuple[int, Record]], quarantine: Quarantine) -> None:
    """Count totals that their partners do not add up to, and totals without any partner."""
    if not totals:
        return
    sums: dict[tuple[Any, ...], float] = defaultdict(float)
    for record in table.to_dict("records"):
        value = record["value_kusd"]
        sums[_reported_by(record)] += 0.0 if math.isnan(value) else value
    for row, total in totals:
        key, printed = _reported_by(total), total["value_kusd"]
        shown = ", ".join(str(part) for part in key)
        if key not in sums:
            quarantine.add(
                row, "partnerCode", "world total without partners", shown, "Download all partners."
            )
        elif printed is not None and abs(sums[key] - printed) > TOLERANCE * printed:
            detail = f"{shown}: partners {sums[key]:,.0f}, total {printed:,.0f} thousand USD"
            quarantine.add(row, "primaryValue", "total unlike its partners", detail, "Is a partner missing?")
