"""World Bank, Worldwide Governance Indicators: six dimensions by country and year.

Told apart by their header: the long table of the full data set (one line per country, year and dimension),
the wide table of the DataBank (a column per year), the frames that ``wbgapi`` returns, saved as CSV or given
to ``read_frame``, and the workbooks (see ``wgi_workbook``). The long table was seen; the headers of the
DataBank and of ``wbgapi`` are those that programs name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.facts.publishers import cells
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, check_columns, refusal
from ytterby.facts.publishers.wgi_workbook import RENAMED, read_lines
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = "governance"
SOURCE: dict[str, Any] = {
    "source_id": "wgi",
    "title": "Worldwide Governance Indicators",
    "producer": "World Bank",
    "licence": "Creative Commons Attribution 4.0; name the World Bank",
    "may_redistribute": True,
}
DIMENSIONS = ("CC", "GE", "PV", "RL", "RQ", "VA")
STABILITY = "PV"  # the one dimension that the 0..1 scale of instability is defined for
_KEY = ("country_iso3", "year", "indicator")
_MISSING = ("", "..", "#N/A", "nan", "NaN")
_LONG = {
    "estimate": "estimate", "stddev": "std_error", "nsource": "n_sources", "pctrank": "percentile_rank",
    "pctranklower": "rank_lower90", "pctrankupper": "rank_upper90",
}  # fmt: skip
_SUFFIXES = {
    "EST": "estimate", "STD.ERR": "std_error", "NO.SRC": "n_sources", "PER.RNK": "percentile_rank",
    "PER.RNK.LOWER": "rank_lower90", "PER.RNK.UPPER": "rank_upper90",
}  # fmt: skip
_MEASURES = tuple(_LONG.values())
_SERIES = re.compile(r"(?:GOV_WGI_)?([A-Z]{2})\.([A-Z.]+(?:_[A-Z]{2})?)")
_YEAR = re.compile(r"(?:YR)?([0-9]{4})(?: \[YR[0-9]{4}\])?")
_LAYOUT = "the long table, wgidataset.xlsx, the DataBank's table, or a frame of wbgapi with its series"


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Estimates with standard errors and ranks; a missing estimate keeps its row.

    Raises
    ------
    InputFaults
        None of the layouts, or a file too large, no text or no workbook.
    """
    if path.suffix.casefold() == ".xlsx":
        return _table(convert(read_lines(path, quarantine), _long_record, quarantine), quarantine)
    table = CsvTable(path)
    table.header = [_own_name(name) for name in table.header]
    if "codeindyr" in table.header or {"code", "year", "indicator", "estimate"} <= set(table.header):
        check_columns(path, table.header, ("code", "year", "indicator", "estimate"), _LAYOUT)
        return _table(convert(table.lines(quarantine), _long_record, quarantine), quarantine)
    return _table(_gathered(_values(path, table.header, table.lines(quarantine)), quarantine), quarantine)


def _own_name(name: str) -> str:
    """Name of a column in the long table, whose header is written in several ways."""
    plain = name.casefold()
    return RENAMED.get(plain, plain if plain in _NAMES else name)


def read_frame(frame: pd.DataFrame, quarantine: Quarantine) -> pd.DataFrame:
    """The same from a frame of ``wbgapi`` with several series, which may stand in rows or in columns."""
    flat = frame.reset_index()
    header = [str(name) for name in flat.columns]
    rows = ([_as_text(cell) for cell in row] for row in flat.itertuples(index=False, name=None))
    lines = (Line(at, dict(zip(header, row, strict=True))) for at, row in enumerate(rows, start=2))
    return _table(_gathered(_values(Path(quarantine.file), header, lines), quarantine), quarantine)


def _as_text(cell: Any) -> str:
    return "" if cell is None else str(cell)  # a missing number reads nan, which is among the missing signs


_NAMES = {"codeindyr", "code", "countryname", "year", "indicator", *_LONG}


def _table(records: Iterable[tuple[int, Record]], quarantine: Quarantine) -> pd.DataFrame:
    return to_table(records, TABLE, _KEY, quarantine)


def _long_record(line: Line) -> Record:
    found = {
        name: cells.read_float(line.text(column), column, missing=_MISSING) for column, name in _LONG.items()
    }
    dimension = line.text("indicator").upper()
    name = line.text("countryname")
    return _record(line.text("code"), name, cells.read_year(line.text("year"), "year"), dimension, found)


def _record(code: str, name: str, year: int, dimension: str, found: dict[str, float | None]) -> Record:
    """One row of ``governance``; ``found`` may lack measures that the file does not have."""
    if dimension not in DIMENSIONS:
        raise Doubt("indicator", "unknown dimension", repr(dimension), f"Known: {', '.join(DIMENSIONS)}.")
    measures = {measure: found.get(measure) for measure in _MEASURES}
    _check_measures(measures)
    estimate = measures["estimate"]
    is_stability = dimension == STABILITY and estimate is not None
    return {
        "country_iso3": cells.read_code(code, "wgi", "code"),
        "country_name": name,
        "year": year,
        "indicator": dimension,
        **measures,
        "instability": min(max((2.5 - (estimate or 0.0)) / 5, 0.0), 1.0) if is_stability else None,
        "note": "",
    }


def _check_measures(found: dict[str, float | None]) -> None:
    """Doubt estimates off the scale (about -2.5 to 2.5), negative errors and ranks outside 0..100."""
    bounds = {"estimate": (-5.0, 5.0), "std_error": (0.0, 5.0), "n_sources": (0.0, 100.0)}
    for measure, value in found.items():
        low, high = bounds.get(measure, (0.0, 100.0))
        if value is not None and not low <= value <= high:
            remedy = f"It lies between {low:g} and {high:g}; is this another series?"
            raise Doubt(measure, "number off its scale", f"{value:g}", remedy)


Value = tuple[int, str, str, str, str, str]  # row, code, name, year, series, text


def _values(path: Path, header: list[str], lines: Iterable[Line]) -> Iterator[Value]:
    """Single values of a wide table: years in columns and series in rows, or the other way round."""
    code = next((name for name in ("Country Code", "economy") if name in header), None)
    named = next((name for name in ("Country Name", "Country", "Economy") if name in header), "")
    series = next((name for name in ("Series Code", "Indicator Code", "series") if name in header), None)
    time = next((name for name in ("Time Code", "time", "Time") if name in header), None)
    years = {name: match[1] for name in header if (match := _YEAR.fullmatch(name))}
    codes = {name: _series_code(name) for name in header if _series_code(name)}
    if code is None or not ((series and years) or (time and codes)):
        raise refusal(path, f"no layout of these indicators: {', '.join(header[:8])}.", f"Take {_LAYOUT}.", 1)
    for line in lines:
        told = (line.row, line.text(code), line.text(named))
        if series and years:
            yield from ((*told, year, line.text(series), line.text(name)) for name, year in years.items())
        else:
            yield from ((*told, line.text(time or ""), key, line.text(name)) for name, key in codes.items())


def _series_code(name: str) -> str:
    """Series in the name of a column, alone or in square brackets after its title."""
    inner = name[name.rfind("[") + 1 : -1] if name.endswith("]") else name
    return inner if _SERIES.fullmatch(inner) else ""


Key = tuple[str, str, str]  # code, year, dimension


def _gathered(values: Iterable[Value], quarantine: Quarantine) -> Iterator[tuple[int, Record]]:
    """Records of single values: all measures of one country, year and dimension together."""
    found: dict[Key, dict[str, float | None]] = {}
    places: dict[Key, tuple[int, str]] = {}
    for row, code, name, year, series, text in values:
        if not code and not series:
            continue  # blank lines and the notes below a DataBank table
        for _, part in convert([Line(row, {"series": series, "text": text})], _measure, quarantine):
            key = (code, year, part["dimension"])
            places.setdefault(key, (row, name))
            known = found.setdefault(key, {})
            if known.setdefault(part["measure"], part["number"]) != part["number"]:
                quarantine.add(row, series, "two values for one key", f"{code} {year}", "Keep one of them.")
                known[part["measure"]] = None  # nobody knows which is right
    for key, measures in found.items():
        row, name = places[key]
        parts = Line(row, {"code": key[0], "name": name, "year": key[1]})
        yield from convert([parts], partial(_from_parts, dimension=key[2], measures=measures), quarantine)


def _from_parts(line: Line, dimension: str, measures: dict[str, float | None]) -> Record:
    year = cells.read_year(line.text("year"), "year")
    return _record(line.text("code"), line.text("name"), year, dimension, measures)


def _measure(line: Line) -> Record:
    """Dimension, measure and number of one cell."""
    match = _SERIES.fullmatch(line.text("series"))
    measure = _SUFFIXES.get(match[2]) if match else None
    if match is None or measure is None:
        known = ", ".join(_SUFFIXES)
        raise Doubt(
            "series", "series not followed", line.text("series")[:60], f"Followed: PV.EST and so on; {known}."
        )
    number = cells.read_float(line.text("text"), measure, missing=_MISSING)
    return {"dimension": match[1], "measure": measure, "number": number}
