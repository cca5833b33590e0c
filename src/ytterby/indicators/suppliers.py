"""A company's own list of suppliers: read with all faults at once, as frozen records.

Rules: docs/method/indicators, section 9. What the list says about risk stands in ``company``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ytterby.catalog.materials import material, stages
from ytterby.catalog.rows import read_rows
from ytterby.catalog.tables import FaultList, read_list
from ytterby.errors import InputFaults, UnknownName
from ytterby.indicators.regions import note_country

SUM_ROUNDING = 0.005  # how far shares typed with two digits may miss 1

Key = tuple[str, str, int | None]


@dataclass(frozen=True)
class Supplier:
    """What one supplier delivers of one material at one stage; either tonnes with a basis or a share.

    ``year`` is None where the list gives none; ``stage`` is empty likewise. Of ``quantity_t`` and
    ``share`` the one that was not given is NaN.
    """

    supplier: str
    country_iso3: str
    material: str
    stage: str
    year: int | None
    quantity_t: float
    basis: str
    share: float

    @property
    def key(self) -> Key:
        """Material, stage and year: what is added up."""
        return self.material, self.stage, self.year

    @property
    def amount(self) -> float:
        """The share or the tonnes, whichever was given."""
        return self.quantity_t if math.isnan(self.share) else self.share


def read_suppliers(path: Path) -> tuple[Supplier, ...]:
    """Read a list of suppliers from a CSV file (columns: docs/howto/own-suppliers).

    Raises
    ------
    InputFaults
        Everything that is wrong, at once: cells, unknown names with suggestions, units that are no
        mass, mixed bases, shares beside quantities, shares that do not sum to 1, suppliers named twice.
    """
    frame, found = read_list(path, "suppliers")
    rows = [(int(line["row"]), _record(line, found)) for line in frame.to_dict("records")]
    _check_twice(rows, found)
    for key, members in _grouped([row for row in rows if row[1].material]):
        _check_kinds(_words(key), members, found)
        if all(record.material for _, record in rows):  # else the sums lack a row that is noted already
            _check_sums(_words(key), members, found)
    if not rows and not found.faults:
        found.add(None, None, "names no supplier.", "Give one row a supplier and material.")
    if found.faults:
        raise InputFaults(found.faults)
    return tuple(record for _, record in rows)


def _record(line: dict[str, Any], found: FaultList) -> Supplier:
    """One row as a record; what is unknown is noted and left empty."""
    row = int(line["row"])

    def known(column: str, look_up: Callable[[str], str]) -> str:
        text = str(line[column])
        try:
            return look_up(text) if text else ""
        except UnknownName as error:
            found.add(row, column, error.message, error.remedy)
            return ""

    _check_amount(line, row, found)
    return Supplier(
        supplier=str(line["supplier"]),
        country_iso3=note_country(str(line["country_iso3"]), row, "country_iso3", found),
        material=known("material", lambda name: material(name).material),
        stage=known("stage", _stage),
        year=None if math.isnan(line["year"]) else int(line["year"]),
        quantity_t=float(line["quantity"]) * _tonnes().get(str(line["unit"]), 1.0),
        basis=str(line["basis"]),
        share=float(line["share"]),
    )


def _stage(name: str) -> str:
    if name not in stages():
        raise UnknownName("stage", name, stages())
    return name


@cache
def _tonnes() -> dict[str, float]:
    """Tonnes in each unit of mass."""
    return {row["unit"]: float(row["tonnes"]) for row in read_rows("mass_units")}


def _check_amount(line: dict[str, Any], row: int, found: FaultList) -> None:
    has_share, has_quantity = (not math.isnan(line[column]) for column in ("share", "quantity"))
    bad = {fault.column for fault in found.faults if fault.row == row}
    if has_share and has_quantity:
        found.add(row, "share", "stands beside a quantity.", "Give one of the two.")
    if not has_share and not has_quantity and not bad & {"share", "quantity"}:
        found.add(
            row, "quantity", "neither a quantity nor a share.", "Give one of the two; missing is not 0."
        )
    for column in ("unit", "basis") if has_quantity else ():
        if not line[column] and column not in bad:
            found.add(row, column, "is empty beside a quantity.", "Say what the number counts.")


def _check_twice(rows: Sequence[tuple[int, Supplier]], found: FaultList) -> None:
    first: dict[tuple[str, str, Key], int] = {}
    for row, record in rows:
        earlier = first.setdefault((record.supplier, record.country_iso3, record.key), row)
        if earlier != row and record.supplier:
            found.add(row, "supplier", f"{record.supplier} stands in row {earlier} already.", "Add them up.")


def _grouped(rows: Sequence[tuple[int, Supplier]]) -> Iterator[tuple[Key, list[tuple[int, Supplier]]]]:
    groups: dict[Key, list[tuple[int, Supplier]]] = {}
    for row, record in rows:
        groups.setdefault(record.key, []).append((row, record))
    yield from groups.items()


def _words(key: Key) -> str:
    return " ".join(str(part) for part in key if part)


def _check_kinds(name: str, members: Sequence[tuple[int, Supplier]], found: FaultList) -> None:
    """Check that what is added up is of one measure and one basis."""
    row, records = members[0][0], [record for _, record in members]
    shares, amounts = _known(records)
    if shares and amounts:
        found.add(row, "share", f"{name} has shares and quantities.", "Give the same for all its suppliers.")
    bases = sorted({r.basis for r in records if r.basis})
    if len(bases) > 1:
        remedy = "Convert to one basis (yt.to_oxide, yt.to_metal)."
        found.add(row, "basis", f"{name} mixes {' and '.join(bases)}.", remedy)


def _known(records: Sequence[Supplier]) -> tuple[list[float], list[float]]:
    """Shares and tonnes that were given."""
    shares = [r.share for r in records if not math.isnan(r.share)]
    return shares, [r.quantity_t for r in records if not math.isnan(r.quantity_t)]


def _check_sums(name: str, members: Sequence[tuple[int, Supplier]], found: FaultList) -> None:
    """Check that shares sum to 1, and that something is bought at all."""
    row, records = members[0][0], [record for _, record in members]
    shares, amounts = _known(records)
    if len(shares) == len(records) and abs(sum(shares) - 1.0) > SUM_ROUNDING:
        found.add(row, "share", f"the shares of {name} sum to {sum(shares):.4g}.", "They must sum to 1.")
    if len(amounts) == len(records) and not sum(amounts) > 0:
        found.add(row, "quantity", f"nothing of {name} is bought.", "Leave it out.")
