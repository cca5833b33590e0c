"""OECD, Inventory of Export Restrictions on Industrial Raw Materials, by country, product and year.

The layout is reconstructed from the inventory's methodological note (country, product by HS code,
measure, year, level); no published file was seen, so columns go by several likely names, and a file
whose names are others is refused with the names it has.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby.errors import Fault, InputFaults
from ytterby.facts.publishers import cells
from ytterby.facts.publishers.collect import Record, convert, to_table
from ytterby.facts.publishers.layout import CsvTable, Doubt, Line, plain
from ytterby.facts.quarantine import Quarantine

if TYPE_CHECKING:
    import pandas as pd

TABLE = "export_restrictions"
SOURCE: dict[str, Any] = {
    "source_id": "oecd-export-restrictions",
    "title": "Inventory of Export Restrictions on Industrial Raw Materials",
    "producer": "OECD",
    "licence": "The OECD's own terms; recent data are often under Creative Commons Attribution 4.0: check",
    "may_redistribute": False,
}
NAMES = {
    "country": ("country", "reference area", "ref_area", "exporting country"),
    "hs6": ("hs code", "hs6", "hs6 code", "hs 2007 code", "product code"),
    "product": ("product", "product name", "product description", "commodity"),
    "measure": ("measure", "measure type", "type of measure"),
    "year": ("year", "time period", "time_period"),
    "level": ("level", "measure level", "value", "obs_value"),
}
OPTIONAL = {
    "unit": ("unit", "level unit", "unit of measure"),
    "hs_revision": ("hs revision", "hs version", "nomenclature"),
    "note": ("note", "notes", "comment", "comments", "remarks"),
}
INSTRUMENTS = {
    "export prohibition": "ban", "export ban": "ban", "export tax": "tax", "export quota": "quota",
    "licensing requirement": "licence", "export licensing requirement": "licence",
    "non-automatic export licensing requirement": "licence", "minimum export price": "minimum price",
    "minimum export price/price reference for exports": "minimum price",
    "vat tax rebate reduction or withdrawal": "rebate withdrawn", "export surtax": "tax",
    "fiscal tax on exports": "tax", "captive mining": "captive mining",
    "domestic market obligation": "domestic obligation", "other export measures": "other",
    "restriction on customs clearance point for exports": "customs point",
}  # fmt: skip
_NO_LEVEL = {
    "": "not stated",
    "n.a.": "not available",
    "na": "not available",
    "..": "not available",
    "-": "not stated",
}
_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")
_HS = re.compile(r"[0-9]{6}")
_KEY = ("country_iso3", "year", "hs6", "hs_revision", "instrument", "measure")


def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
    """Export restrictions by country, product, year and measure.

    ``level`` is a number only where the file gives one with its unit; as printed it stands in
    ``level_text``. Codes other than six digits (tariff lines, chapters) are left out.

    Raises
    ------
    InputFaults
        Columns are missing; each is named with the names it may go by.
    """
    table = CsvTable(path)
    found = _find_columns(path, table.header)
    return to_table(
        convert(table.lines(quarantine), lambda line: _record(line, found), quarantine),
        TABLE,
        _KEY,
        quarantine,
    )


def _find_columns(path: Path, header: list[str]) -> dict[str, str]:
    """Column of the file for each thing we need, by any of its names."""
    there = {name.casefold(): name for name in header}
    found = {
        ours: there[theirs]
        for ours, names in (NAMES | OPTIONAL).items()
        if (theirs := next((name for name in names if name in there), None))
    }
    missing = [ours for ours in NAMES if ours not in found]
    if missing:
        shown = ", ".join(header[:12])
        raise InputFaults(
            Fault(
                path.name, 1, ours, f"column missing; the header has {shown}.", f"Name it {NAMES[ours][0]!r}."
            )
            for ours in missing
        )
    return found


def _record(line: Line, found: dict[str, str]) -> Record:
    told = {ours: line.text(theirs) for ours, theirs in found.items()}
    code = told["hs6"].replace(".", "").replace(" ", "")
    if not _HS.fullmatch(code):
        raise Doubt(
            found["hs6"], "no six-digit code", repr(told["hs6"]), "Keep leading zeros; codes have six digits."
        )
    measure = told["measure"]
    instrument = INSTRUMENTS.get(measure.casefold())
    if instrument is None:
        raise Doubt(found["measure"], "unknown measure", repr(measure[:60]), "The how-to page lists them.")
    level, unit, state = _level(told, found)
    return {
        "country_iso3": cells.read_country(told["country"], found["country"]),
        "year": cells.read_year(told["year"], found["year"]),
        "hs6": code,
        "hs_revision": _revision(told.get("hs_revision", "")),
        "product": told["product"],
        "instrument": instrument,
        "measure": measure,
        "level": level,
        "level_unit": unit,
        "level_text": told["level"],
        "qualifier": state,
        "note": plain(told.get("note", "")),
    }


def _revision(text: str) -> str:
    """Revision as the store writes it (HS07); the inventory's own is HS 2007, and so is silence."""
    match = re.search(r"(?:19|20)?(92|96|02|07|12|17|22)\b", text)
    return f"HS{match[1]}" if match else "HS07"


def _level(told: dict[str, str], found: dict[str, str]) -> tuple[float | None, str, str]:
    """Number, its unit, and whether there is one; a number without a unit stays text."""
    text, unit = told["level"], told.get("unit", "")
    if text.casefold() in _NO_LEVEL:
        return None, "", _NO_LEVEL[text.casefold()]
    if match := _PERCENT.fullmatch(text):
        return float(match[1]), "percent", cells.REPORTED
    if re.fullmatch(r"[-−]?[0-9][0-9,]*(?:\.[0-9]+)?", text):
        if not unit:
            return None, "", "unit not stated"
        value = cells.read_amount(text.replace(",", "").replace("−", "-"), found["level"])
        return value, unit, cells.REPORTED
    return None, "", cells.TEXT
