"""Any table of one row a number, told by a mapping file which column means what.

::

    table = "production"

    [source]
    source_id = "my-survey"
    title = "Survey of separation plants"
    producer = "Our institute"
    licence = "internal"
    may_redistribute = false

    [columns]                   # column of the store = column of the file
    material = "metal"
    country_iso3 = "country"
    year = "year"
    quantity_t = "output"

    [constants]                 # the same for every row
    stage = "refined"
    basis = "oxide content"
    qualifier = "reported"

    [units]                     # a unit the file uses; the store's own is documented
    quantity_t = "kg"
    basis = "element content"   # optional: convert to this basis with the catalog's factors

Materials and countries may be written as the catalog knows them in four languages. A unit or basis
that no factor leads to is refused rather than guessed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import BASES, ELEMENT, OXIDE, material, to_metal, to_oxide
from ytterby.errors import BasisMismatch, Fault, InputFaults, UnknownName, YtterbyError
from ytterby.facts.parameters import TABLE, in_own_unit
from ytterby.facts.quarantine import Quarantine
from ytterby.facts.sql import quoted_path
from ytterby.facts.tables import column_rows, importable_tables

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 256_000_000
MAX_ROWS = 2_000_000
# What a row must say to be a fact at all; other columns may stay empty, which is missing and not zero.
REQUIRED = {
    "trade": ("year", "exporter", "importer", "hs6", "hs_revision"),
    "production": ("material", "stage", "country_iso3", "year", "basis", "qualifier"),
    "governance": ("country_iso3", "year", "indicator"),
    "prices": ("material", "year", "basis", "unit"),
    "iea_supply": ("mineral", "stage", "country_iso3", "year"),
    "iea_demand": ("mineral", "technology", "scenario", "year"),
    "policies": ("measure_id", "announced", "implementing", "instrument"),
    "reported_trade": ("year", "period", "reported_by", "flow", "exporter", "importer", "hs6", "hs_revision"),
    "export_restrictions": ("country_iso3", "year", "hs6", "hs_revision", "instrument"),
    TABLE: ("parameter", "year", "value", "unit"),
}
_MASS = {"t": 1.0, "kg": 0.001, "kt": 1000.0, "Mt": 1e6, "g": 1e-6, "lb": 0.00045359237}
_MONEY = {"thousand USD": 1.0, "USD": 0.001, "million USD": 1000.0}
_PRICES = {"USD/kg": 1.0, "USD/t": 0.001, "USD/g": 1000.0, "USD/lb": 1 / 0.45359237}
_FACTORS = {"t": _MASS, "kt": {unit: factor / 1000 for unit, factor in _MASS.items()},
            "thousand USD": _MONEY, "USD/kg": _PRICES}  # fmt: skip
_MATERIAL_COLUMNS = {("production", "material"), (TABLE, "material")}
_COUNTRY_COLUMNS = {"country_iso3", "exporter", "importer", "region"}
_BASIS_COLUMNS = ("quantity_t", "low_t", "high_t", "resolution_t")
_NEVER_NEGATIVE = {*_BASIS_COLUMNS, "value_kusd", "supply_kt", "demand_kt", "price"}


class Source(BaseModel):
    """Card of the table's source, as the mapping file gives it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")
    title: str = Field(min_length=1)
    producer: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    may_redistribute: bool
    citation: str = ""


class Declared(BaseModel):
    """What a mapping file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    source: Source
    columns: dict[str, str]
    constants: dict[str, str | int | float] = {}
    units: dict[str, str] = {}


class Plan:
    """A mapping that was checked: where each column of the store comes from, and its factor."""

    def __init__(self, mapping: Declared, name: str) -> None:
        self.table = mapping.table
        self.source = mapping.source.model_dump()
        self.columns, self.constants = mapping.columns, mapping.constants
        self.basis = mapping.units.get("basis")
        documented = {row["column"]: row for row in column_rows(mapping.table)}
        self.kinds = {column: row["type"] for column, row in documented.items()
                      if column not in ("source_id", "edition")}  # fmt: skip
        faults = [*_wrong_columns(self, name), *_wrong_units(mapping, documented, name)]
        if faults:
            raise InputFaults(faults)
        units = {column: unit for column, unit in mapping.units.items() if column != "basis"}
        self.factors = {column: _FACTORS[documented[column]["unit"]][unit] for column, unit in units.items()}


def _wrong_columns(plan: Plan, name: str) -> list[Fault]:
    given = [*plan.columns, *plan.constants]
    known = f"Columns of {plan.table}: {', '.join(plan.kinds)}."
    faults = [Fault(name, None, c, "is no column of the table.", known) for c in given if c not in plan.kinds]
    faults += [Fault(name, None, c, "is both a column and a constant.", "Keep one.")
               for c in plan.columns if c in plan.constants]  # fmt: skip
    faults += [Fault(name, None, c, "is not mapped.", "Name its column, or give a constant.")
               for c in REQUIRED[plan.table] if c not in given]  # fmt: skip
    return faults


def _wrong_units(mapping: Declared, documented: Mapping[str, Mapping[str, str]], name: str) -> list[Fault]:
    faults = []
    for column, unit in mapping.units.items():
        if column == "basis":
            if mapping.table != "production" or unit not in (ELEMENT, OXIDE):
                remedy = f"Only production converts, to {ELEMENT} or {OXIDE}."
                faults.append(Fault(name, None, "basis", f"cannot be converted to {unit!r}.", remedy))
            continue
        known = _FACTORS.get(documented.get(column, {}).get("unit", ""), {})
        if unit not in known:
            remedy = f"Known: {', '.join(known) or 'no units for this column'}."
            faults.append(Fault(name, None, column, f"no factor leads from {unit!r}.", remedy))
    return faults


def read_mapping(path: Path) -> Plan:
    """Mapping file of a tidy table, checked against the columns of the store.

    Raises
    ------
    InputFaults
        The file is no mapping, or names columns or units that the store does not know; all at once.
    """
    try:
        if path.stat().st_size > 1_000_000:
            raise InputFaults([Fault(path.name, None, None, "is too large for a mapping file.", "")])
        mapping = Declared.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputFaults([Fault(path.name, None, None, f"cannot be read ({error}).", "")]) from error
    except ValidationError as error:
        raise InputFaults(
            Fault(path.name, None, ".".join(map(str, one["loc"])), f"{one['msg']}.", "See the how-to page.")
            for one in error.errors()
        ) from error
    if mapping.table not in importable_tables():
        raise UnknownName("table that takes imports", mapping.table, importable_tables())
    return Plan(mapping, path.name)


def read_tidy(path: Path, plan: Plan, quarantine: Quarantine) -> pd.DataFrame:
    """Rows of a CSV or Parquet file in the columns of the store; bad rows go to the quarantine.

    Raises
    ------
    InputFaults
        The file cannot be read, or lacks columns that the mapping names.
    """
    import pandas as pd

    raw = _read_texts(path, plan, quarantine)
    rows = (_row(number, cells, plan, quarantine) for number, cells in raw)
    good = _without_twins([row for row in rows if row is not None], plan, quarantine)
    return pd.DataFrame(good, columns=["_row", *plan.kinds]).drop(columns="_row")


def _read_texts(path: Path, plan: Plan, quarantine: Quarantine) -> list[tuple[int, dict[str, str | None]]]:
    """Cells of the mapped columns as text, each row with its line of the file (header is 1)."""
    import duckdb

    wanted = list(dict.fromkeys(plan.columns.values()))
    if path.suffix.lower() not in {".csv", ".parquet"} or path.stat().st_size > MAX_BYTES:
        remedy = f"Give a .csv or .parquet file of at most {MAX_BYTES:,} bytes."
        raise InputFaults([Fault(path.name, None, None, "cannot be read.", remedy)])
    is_csv = path.suffix.lower() == ".csv"
    options = ("header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
               "compression = 'none', store_rejects = true, rejects_limit = 10000")  # fmt: skip
    reader = f"read_csv({quoted_path(path)}, {options})" if is_csv else f"read_parquet({quoted_path(path)})"
    with duckdb.connect(":memory:", config={"memory_limit": "500MB", "temp_directory": ""}) as connection:
        try:
            found = [row[0] for row in connection.execute(f"DESCRIBE FROM {reader}").fetchall()]
            missing = [name for name in wanted if name not in found]
            if missing:
                raise InputFaults(
                    Fault(
                        path.name, 1, name, "the column is missing.", f"The file has {', '.join(found[:30])}."
                    )
                    for name in missing
                )
            picked = ", ".join('"{}"::VARCHAR'.format(name.replace('"', '""')) for name in wanted)
            rows = connection.execute(f"SELECT {picked} FROM {reader} LIMIT {MAX_ROWS + 1}").fetchall()  # noqa: S608
            rejected = _rejected(connection, quarantine) if is_csv else []
        except duckdb.Error as error:
            why = str(error).splitlines()[0][:300]
            raise InputFaults([Fault(path.name, None, None, f"cannot be read ({why}).", "")]) from error
    if len(rows) > MAX_ROWS:
        raise InputFaults([Fault(path.name, None, None, f"has more than {MAX_ROWS:,} rows.", "Split it.")])
    lines = (number for number in range(2, len(rows) + len(rejected) + 2) if number not in rejected)
    return [(line, dict(zip(wanted, cells, strict=True))) for line, cells in zip(lines, rows, strict=False)]


def _rejected(connection: Any, quarantine: Quarantine) -> set[int]:
    """Lines that are no rows of the table."""
    lines = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
    for (line,) in lines:
        quarantine.add(line, None, "unreadable row", "wrong number of cells or bad text", "Check the quotes.")
    return {line for (line,) in lines}


def _row(
    number: int, cells: Mapping[str, str | None], plan: Plan, quarantine: Quarantine
) -> dict[str, Any] | None:
    """One row in the store's columns, or None when something in it cannot be trusted."""
    row: dict[str, Any] = {"_row": number}
    for column, kind in plan.kinds.items():
        text = cells[plan.columns[column]] if column in plan.columns else plan.constants.get(column)
        try:
            row[column] = _value(column, kind, "" if text is None else str(text).strip(), plan)
        except (ValueError, YtterbyError) as error:
            quarantine.add(number, column, _cause(error), repr(text)[:80], _remedy(error))
            return None
    return _parameter(row, quarantine) if plan.table == TABLE else _converted(row, plan, quarantine)


def _parameter(row: dict[str, Any], quarantine: Quarantine) -> dict[str, Any] | None:
    """The row of a criticality input in the unit of its parameter, or None."""
    try:
        return in_own_unit(row)
    except (ValueError, YtterbyError) as error:
        detail = f"{row['parameter'][:40]}: {row['value']} {row['unit'][:20]}"
        quarantine.add(row["_row"], "value", _cause(error), detail, _remedy(error))
        return None


def _converted(row: dict[str, Any], plan: Plan, quarantine: Quarantine) -> dict[str, Any] | None:
    """The row in the basis that the mapping asks for, or None."""
    try:
        return _in_basis(row, plan)
    except YtterbyError as error:
        quarantine.add(row["_row"], "basis", "basis cannot be converted", error.message, error.remedy)
        return None


def _cause(error: Exception) -> str:
    return "unknown name" if isinstance(error, UnknownName) else str(error)


def _remedy(error: Exception) -> str:
    return (
        error.remedy if isinstance(error, YtterbyError) else "Mend the cell; leave it empty where not known."
    )


def _value(column: str, kind: str, text: str, plan: Plan) -> Any:
    """Cell as its column's type, in the store's unit."""
    if not text and column in REQUIRED[plan.table]:
        raise ValueError("empty cell")
    if kind == "VARCHAR":
        return _text(column, text, plan)
    if not text:
        return None
    number = _number(text)
    if column in _NEVER_NEGATIVE and number < 0:
        raise ValueError("negative quantity")
    if kind != "DOUBLE":
        return _whole(number)
    return number * plan.factors.get(column, 1.0)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _whole(number: float) -> int:
    if not number.is_integer() or abs(number) > 32767:
        raise ValueError("not a small whole number")
    return int(number)


def _text(column: str, text: str, plan: Plan) -> str:
    if text and (plan.table, column) in _MATERIAL_COLUMNS:
        return material(text).material
    if text and column in _COUNTRY_COLUMNS:
        return iso3(text)
    if column == "hs6" and not (len(text) == 6 and text.isascii() and text.isdigit()):
        raise ValueError("no six-digit code")
    if plan.table == "production" and column == "unit":
        return "t"
    if plan.table == "production" and column == "basis" and text not in (*BASES, "mixed"):
        raise ValueError("unknown basis")
    return text


def _in_basis(row: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The row with its quantities in the basis that the mapping asks for."""
    if plan.basis is None or row["basis"] == plan.basis:
        return row
    convert: Callable[[float, str, str], float] = to_metal if plan.basis == ELEMENT else to_oxide
    if row["basis"] not in (ELEMENT, OXIDE):
        raise BasisMismatch(
            f"{row['basis']!r} cannot be read as {plan.basis}.", "Keep the basis of the source."
        )
    known = {c: convert(row[c], row["material"], row["basis"]) for c in _BASIS_COLUMNS if row[c] is not None}
    return {**row, **known, "basis": plan.basis}


def _without_twins(rows: list[dict[str, Any]], plan: Plan, quarantine: Quarantine) -> list[dict[str, Any]]:
    """Rows whose labels say the same: two numbers for one fact, so that none of them is taken."""
    labels = [c for c, kind in plan.kinds.items() if kind != "DOUBLE"]
    places: dict[tuple[Any, ...], list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(tuple(row[c] for c in labels), []).append(place)
    twins = {place for together in places.values() if len(together) > 1 for place in together}
    for place in sorted(twins):
        detail = "another row has the same labels"
        quarantine.add(
            rows[place]["_row"], None, "duplicate key", detail, "Keep one, or map a telling column."
        )
    return [row for place, row in enumerate(rows) if place not in twins]
