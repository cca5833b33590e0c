"""Groups of countries that count as one importer: blocs by date, and regions of somebody's own.

A region has its members by calendar year; nobody is in two regions of a set at once. Rules:
docs/method/indicators, section 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.countries import AGGREGATES, bloc_members, country_codes, iso3
from ytterby.catalog.tables import FaultList, read_list
from ytterby.errors import InputFaults, UnknownName

FIRST, LAST = 1900, 2100  # years of a membership without an end
BLOCS = ("EU", "EU27", "G7")
Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Membership:
    """One country in one region, from the first to the last calendar year, both included."""

    region: str
    iso3: str
    first: int = FIRST
    last: int = LAST


@dataclass(frozen=True)
class Regions:
    """A set of regions without overlap, checked when it was made."""

    memberships: tuple[Membership, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Regions in the order in which they were named."""
        return tuple(dict.fromkeys(m.region for m in self.memberships))

    def members(self, region: str, year: int) -> tuple[str, ...]:
        """Members in a year, sorted; empty when it had none.

        Raises
        ------
        UnknownName
            No such region.
        """
        if region not in self.names:
            raise UnknownName("region", region, self.names)
        rows = (m for m in self.memberships if m.region == region and m.first <= year <= m.last)
        return tuple(sorted(m.iso3 for m in rows))

    def name_of(self, countries: npt.ArrayLike, years: npt.ArrayLike) -> Names:
        """Region of each country in its year, the country itself where it is in none."""
        table = {(m.iso3, year): m.region for m in self.memberships for year in range(m.first, m.last + 1)}
        pairs = zip(np.asarray(countries, object), np.asarray(years), strict=True)
        return np.array([table.get((country, int(year)), country) for country, year in pairs], dtype=object)


def as_regions(given: Regions | Mapping[str, Sequence[str]] | str | Path) -> Regions:
    """Regions from what a caller has: a bloc (``EU``, ``EU27``, ``G7``), a mapping, or a file.

    Parameters
    ----------
    given
        ``EU`` is the membership of each year (at its end), ``EU27`` that since February 2020. A mapping
        has the members of each region; a path leads to a CSV file with region, iso3, from, to.

    Raises
    ------
    InputFaults
        Every unknown member, every country that is in two regions at once, every name that is taken.
    """
    if isinstance(given, Regions):
        return given
    if isinstance(given, Mapping):
        rows = [(region, name, FIRST, LAST) for region, names in given.items() for name in names]
        frame = pd.DataFrame(rows, columns=["region", "iso3", "from", "to"])
        return _checked(frame.assign(row=None), FaultList("regions"))
    if isinstance(given, str) and given in BLOCS:
        return bloc_regions(given)
    if isinstance(given, str) and not Path(given).suffix:
        raise UnknownName("bloc", given, BLOCS)
    return read_regions(Path(given))


def read_regions(path: Path) -> Regions:
    """Read regions from a CSV file: region, iso3, and if it matters from and to (calendar years).

    Raises
    ------
    InputFaults
        Everything that is wrong with the file, at once.
    """
    frame, found = read_list(path, "regions")
    return _checked(frame, found)


@cache
def bloc_regions(bloc: str) -> Regions:
    """A bloc of the catalog as a region with its members of each year."""
    rows: list[Membership] = []
    still: dict[str, int] = {}
    for year in range(FIRST, LAST + 1):
        now = set(bloc_members(bloc, year))
        rows += [Membership(bloc, code, still.pop(code), year - 1) for code in sorted(set(still) - now)]
        still |= dict.fromkeys(now - set(still), year)
    return Regions((*rows, *(Membership(bloc, code, first, LAST) for code, first in sorted(still.items()))))


def _checked(frame: pd.DataFrame, found: FaultList) -> Regions:
    rows = []
    for line in frame.to_dict("records"):
        row = line["row"]
        code = note_country(str(line["iso3"]), row, "iso3", found)
        _check_name(str(line["region"]), row, found)
        first, last = (
            default if pd.isna(line[column]) else int(line[column])
            for column, default in (("from", FIRST), ("to", LAST))
        )
        if first > last:
            found.add(row, "from", f"{first} is after {last}.", "Swap from and to.")
        if code:
            rows.append((row, Membership(str(line["region"]), code, first, last)))
    _check_overlaps(rows, found)
    if not len(frame) and not found.faults:
        found.add(None, None, "names no region.", "Give one row a member: region, iso3.")
    if found.faults:
        raise InputFaults(found.faults)
    return Regions(tuple(membership for _, membership in rows))


def note_country(name: str, row: int | None, column: str, found: FaultList) -> str:
    """ISO3 of a country named in a list; noted as a fault and empty when there is no such country."""
    if not name:
        return ""  # noted by the reader
    try:
        code = iso3(name)
    except UnknownName as error:
        found.add(row, column, error.message, error.remedy)
        return ""
    if code in AGGREGATES:
        found.add(row, column, f"{name!r} is a sum of countries.", "Name its countries.")
        return ""
    return code


def _check_name(region: str, row: int | None, found: FaultList) -> None:
    if region in country_codes() or region in BLOCS:
        found.add(row, "region", f"{region!r} already names a country or bloc.", "Choose another name.")


def _check_overlaps(rows: Sequence[tuple[int | None, Membership]], found: FaultList) -> None:
    """Note every membership that begins before an earlier one of the same country has ended."""
    last: dict[str, Membership] = {}
    for row, new in sorted(rows, key=lambda pair: (pair[1].iso3, pair[1].first)):
        old = last.get(new.iso3)
        if old is not None and new.first <= old.last:
            both = f"{new.iso3} is in {old.region} and {new.region}"
            words = (
                f"{both} at once." if old.region != new.region else f"{new.iso3} is in {new.region} twice."
            )
            found.add(row, "iso3", words, "Keep one of them, or give years that do not overlap.")
        if old is None or new.last > old.last:
            last[new.iso3] = new
