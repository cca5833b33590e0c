"""Rows of a published file that cannot be trusted: kept apart, counted, each cause with a remedy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ytterby.errors import Fault

KEPT = 1000  # faults of each cause kept in full; beyond, they are only counted


@dataclass
class Quarantine:
    """Collects the rows of one file that an importer left out."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: int | None, column: str | None, cause: str, detail: str, remedy: str) -> None:
        """Leave one row out.

        Parameters
        ----------
        row: as a spreadsheet counts, the header is row 1; None concerns the whole file.
        cause: short and the same for all rows of one cause; it is what is counted.
        detail: what stands there.
        """
        self.counts[cause] += 1
        if self.counts[cause] <= KEPT:
            self.faults.append(Fault(self.file, row, column, f"{cause}: {detail}", remedy))

    @property
    def total(self) -> int:
        """Rows left out."""
        return sum(self.counts.values())
