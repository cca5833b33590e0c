"""How CEPII names its files of BACI, and the tables of countries and products that lie beside the flows."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ytterby.catalog.concordance import REVISIONS
from ytterby.errors import Fault, InputFaults

FLOWS = re.compile(r"BACI_(HS\d\d)_Y(\d{4})_V(\w{1,20})\.csv", re.ASCII)
UNSPECIFIED = 9_999_999  # stands for 9999AA, the one code that is no number


@dataclass(frozen=True)
class Flows:
    """One file of flows by its name: revision, year and release."""

    name: str
    revision: str
    year: int
    version: str

    @property
    def source_id(self) -> str:
        """Card of BACI in this revision."""
        return f"baci-{self.revision.lower()}"


def read_name(name: str) -> Flows:
    """Revision, year and release as the name of a file of flows says them.

    Raises
    ------
    InputFaults
        The name is not the publisher's, or the revision is none of HS92 to HS22.
    """
    match = FLOWS.fullmatch(Path(name).name)
    if match is None or match[1] not in REVISIONS:
        raise refused(
            Path(name).name,
            "is not named as CEPII names its files.",
            f"Keep the name, for example BACI_HS92_Y2022_V202401b.csv; revisions are {', '.join(REVISIONS)}.",
        )
    return Flows(name, match[1], int(match[2]), match[3])


def companions(names: Sequence[str], flows: Flows) -> tuple[str | None, str | None]:
    """Tables of countries and of products among the files beside the flows; None where there is none."""
    base = {Path(name).name.lower(): name for name in names}
    country = base.get(f"country_codes_v{flows.version}.csv".lower())
    product = base.get(f"product_codes_{flows.revision}_v{flows.version}.csv".lower())
    return country, product


def read_countries(path: Path | None) -> dict[int, str]:
    """ISO3 by BACI code as the publisher's table has it; ours goes before it where we read a code."""
    if path is None:
        return {}
    rows, header = _read_small(path)
    code = _column(path, header, "country_code")
    iso3 = _column(path, header, "country_iso3", "iso_3digit_alpha")
    wanted = re.compile(r"[A-Z]{3}")
    return {int(r[code]): r[iso3] for r in rows if r[code].isdigit() and wanted.fullmatch(r[iso3])}


def read_products(path: Path | None) -> frozenset[int] | None:
    """Codes of the product table; None without one."""
    if path is None:
        return None
    rows, header = _read_small(path)
    code = _column(path, header, "code")
    return frozenset(code_number(row[code]) for row in rows)


def code_number(code: str) -> int:
    """Six-digit code as a number; -1 for what is none."""
    return UNSPECIFIED if code == "9999AA" else int(code) if code.isdigit() else -1


def _read_small(path: Path) -> tuple[list[list[str]], list[str]]:
    """Rows and header of a code table."""
    if path.stat().st_size > 20_000_000:
        raise refused(path.name, "is larger than any table of codes.", "Take the file as published.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252", errors="replace")
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]
    header = rows[0] if rows else []
    return [row for row in rows[1:] if len(row) == len(header)], header


def _column(path: Path, header: Sequence[str], *names: str) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise refused(path.name, f"has no column {' or '.join(names)}.", "Take the file as published.")


def refused(name: str, message: str, remedy: str) -> InputFaults:
    """Error about a whole file."""
    return InputFaults([Fault(name, None, None, message, remedy)])
