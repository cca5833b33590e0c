"""Which material, stage and basis a publisher's commodity is, and the row of ``production`` for it."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from ytterby.catalog.cautions import import_note
from ytterby.catalog.rows import read_rows
from ytterby.facts.publishers.cells import Printed
from ytterby.facts.publishers.layout import Doubt

PRODUCTION = "production"
PRODUCTION_KEY = ("material", "stage", "country_iso3", "year", "basis", "detail")


class Good(NamedTuple):
    """Material key, stage of the chain and basis of a quantity."""

    material: str
    stage: str
    basis: str


@cache
def _goods(publisher: str) -> dict[tuple[str, str], Good]:
    rows = (row for row in read_rows("publisher_production") if row["publisher"] == publisher)
    return {(row["commodity"], row["detail"]): _good(row) for row in rows}


@cache
def _usgs_goods() -> dict[tuple[str, str, str], Good]:
    """By edition, commodity and wording; edition ``""`` holds the newest wording of each."""
    goods = {}
    for row in sorted(read_rows("usgs_production"), key=lambda row: row["edition"]):
        for edition in ("", row["edition"]):
            goods[edition, row["commodity"], row["detail"]] = _good(row)
    return goods


def _good(row: dict[str, str]) -> Good:
    return Good(row["material"], row["stage"], row["basis"])


def find_good(publisher: str, commodity: str, detail: str, column: str) -> Good:
    """Good behind a publisher's commodity.

    Raises
    ------
    Doubt
        The catalog does not have it, so that nobody said which basis its numbers are on.
    """
    found = _goods(publisher).get((commodity, detail))
    return _known(found, commodity, detail, column, "publisher_production")


def find_usgs_good(edition: str, commodity: str, detail: str, column: str) -> Good:
    """Good behind a commodity and wording of the Mineral Commodity Summaries; else of another edition."""
    goods = _usgs_goods()
    found = goods.get((edition, commodity, detail)) or goods.get(("", commodity, detail))
    return _known(found, commodity, detail, column, "usgs_production")


def _known(found: Good | None, commodity: str, detail: str, column: str, file: str) -> Good:
    if found is None:
        shown = f"{commodity}: {detail}" if detail else commodity
        remedy = f"Materials and bases are rows of catalog/data/{file}.csv."
        raise Doubt(column, "commodity not in the catalog", shown[:120], remedy)
    return found


def production_record(
    good: Good, country: str, year: int, printed: Printed, factor: float, *, detail: str, note: str
) -> dict[str, Any]:
    """One row of ``production``; ``factor`` is the tonnes in one printed unit."""

    def tonnes(number: float | None) -> float | None:
        return None if number is None else number * factor

    return {
        "material": good.material,
        "stage": good.stage,
        "country_iso3": country,
        "year": year,
        "quantity_t": tonnes(printed.value),
        "low_t": tonnes(printed.low),
        "high_t": tonnes(printed.high),
        "resolution_t": tonnes(printed.resolution),
        "unit": "t",
        "basis": good.basis,
        "qualifier": printed.qualifier,
        "detail": detail,
        "note": note,
    }


def with_caution(publisher: str, record: dict[str, Any]) -> dict[str, Any]:
    """Return a row of ``production`` with what is known against its number in front of its note."""
    if record["quantity_t"] is None:
        return record
    key = (record["material"], record["stage"], record["country_iso3"], record["year"])
    told = (import_note(publisher, *key, record["quantity_t"]), record["note"])
    return {**record, "note": "; ".join(part for part in told if part)}
