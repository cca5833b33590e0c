"""The user's inputs of criticality methods: which row holds for a material, stage, supplier and year.

An empty label of a row means any. Of the rows that fit, the one with the most labels wins, and of those
the newest; a row is taken for its own year and five years after it, the span that an EU study averages.
Rows of equal standing that disagree are no input at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ytterby.facts.parameters import load_parameters

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

MAX_AGE = 5
LABELS = ("material", "stage", "region", "country_iso3", "sector", "scenario")
DISAGREE = "rows disagree"


@dataclass(frozen=True)
class Input:
    """One number of a study; ``fault`` says why it cannot be used."""

    value: float
    year: int
    source_id: str
    fault: str = ""


class Inputs:
    """All criticality inputs of a store, to be asked for one by one or as a table over a label."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for row in rows.itertuples(index=False):
            self._rows[row.parameter, row.material].append(row)

    @classmethod
    def of(cls, store: Store) -> Inputs:
        """Inputs that were imported into a store."""
        return cls(load_parameters(store))

    def find(self, parameter: str, year: int, **labels: str) -> Input | None:
        """The row that holds, None where there is none; labels not named must be empty in it."""
        ranked = list(self._fitting(parameter, year, labels))
        if not ranked:
            return None
        best = max(rank for rank, _ in ranked)
        return _agreed([row for rank, row in ranked if rank == best])

    def table(self, parameter: str, year: int, by: str, **labels: str) -> dict[str, Input]:
        """Rows over a label (sector, country, scenario), all of one standing, year and source.

        Shares of several years or studies would not sum to one; sources of equal standing leave every
        entry with a fault.
        """
        ranked = [(rank, row) for rank, row in self._fitting(parameter, year, labels, by) if getattr(row, by)]
        if not ranked:
            return {}
        best = max(rank for rank, _ in ranked)
        rows: dict[str, list[Any]] = defaultdict(list)
        for rank, row in ranked:
            if rank == best:
                rows[getattr(row, by)].append(row)
        sources = {row.source_id for part in rows.values() for row in part}
        fault = "several sources" if len(sources) > 1 else ""
        return {name: _agreed(part, fault) for name, part in sorted(rows.items())}

    def stages(self, material: str) -> set[str]:
        """Stages for which a study gives shares of world supply of a material."""
        return {row.stage for row in self._rows.get(("global_supply_share", material), ()) if row.stage}

    def regions(self, parameter: str) -> set[str]:
        """Regions that any row of a parameter names."""
        rows = (row for (key, _), part in self._rows.items() if key == parameter for row in part)
        return {row.region for row in rows if row.region}

    def _fitting(
        self, parameter: str, year: int, labels: dict[str, str], by: str = ""
    ) -> Iterator[tuple[tuple[int, int], Any]]:
        """Rows that hold for the labels, each with its standing: labels in common, then year."""
        materials = dict.fromkeys((labels.get("material", ""), ""))
        asked = [(label, labels.get(label, "")) for label in LABELS if label != by]
        for row in (row for key in materials for row in self._rows.get((parameter, key), ())):
            if not year - MAX_AGE <= row.year <= year:
                continue
            if all(getattr(row, label) in ("", wanted) for label, wanted in asked):
                yield (sum(bool(getattr(row, label)) for label, _ in asked), int(row.year)), row


def _agreed(rows: list[Any], fault: str = "") -> Input:
    """Rows of one standing as one input."""
    disagree = len({row.value for row in rows}) > 1
    sources = ";".join(sorted({row.source_id for row in rows}))
    return Input(float(rows[0].value), int(rows[0].year), sources, DISAGREE if disagree else fault)
