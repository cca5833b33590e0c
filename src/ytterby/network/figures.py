"""Published figures beside the base year of a chain.

A row of ``figures.csv`` says what of the chain a figure counts. All measures are linear in three
kinds of quantities, tonnes a year: activity of plants and end uses, flow on arcs, surplus of pools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import Fault, InputFaults
from ytterby.network.build import build_chain
from ytterby.network.chain import WEEKS_PER_YEAR, Chain, Flags, Floats

# standard deviations as a share of the value, where a row states none
UNCERTAINTY = {"statistic": 0.05, "register": 0.10, "estimate": 0.30}


def check_figures(study: StudyFiles, chain: Chain | None = None) -> pd.DataFrame:
    """Published figures and what the base year gives for them.

    Returns
    -------
    figure, label, unit (t or percent), published, uncertainty (share of it), model, deviation (model over
    published less 1), sigmas (the same in standard deviations), kind, source_id, locator, remark.

    Raises
    ------
    InputFaults: regions, elements or sectors that nobody knows, rows of a figure that disagree.
    """
    chain = chain or build_chain(study)
    measures = read_measures(study, chain)
    table = measures.table.assign(model=measures.read(Quantities(chain).now()))
    table["deviation"] = table["model"] / table["published"] - 1
    table["sigmas"] = table["deviation"] / table["uncertainty"]
    order = "figure label unit published uncertainty model deviation sigmas kind source_id locator remark"
    return table[order.split()]


# quantities ---------------------------------------------------------------------------------------


class Quantities:
    """Activity, flow and surplus of a chain as one vector, tonnes a year."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.plants, self.arcs = len(chain.processes), len(chain.arc_pool)
        self.pools = len(chain.pool_material)
        self.size = self.plants + self.arcs + self.pools

    def now(self) -> Floats:
        """Return the base year."""
        chain = self.chain
        weekly = np.concatenate([chain.activity_t, chain.arc_flow_t, chain.pool_surplus_t])
        yearly: Floats = weekly * WEEKS_PER_YEAR
        return yearly

    def names(self) -> list[str]:
        """Return what each quantity is called in the words of the study."""
        chain, pools = self.chain, self.chain.pools
        users = [chain.processes[p] for p in chain.slot_process[chain.arc_slot]]
        flows = [f"{pools[q]} to {user}" for q, user in zip(chain.arc_pool, users, strict=True)]
        return [*chain.processes, *flows, *(f"surplus of {pool}" for pool in pools)]

    def balances(self) -> tuple[Floats, list[str]]:
        """Rows that are 0 in every base year: what a slot gets and uses, what a pool makes and sells."""
        chain = self.chain
        slots = len(chain.slot_process)
        matrix = np.zeros((slots + self.pools, self.size))
        arcs = self.plants + np.arange(self.arcs)
        matrix[chain.arc_slot, arcs] = 1.0
        matrix[np.arange(slots), chain.slot_process] -= chain.slot_t
        np.add.at(matrix, (slots + chain.output_pool, chain.output_process), chain.output_t)
        matrix[slots + chain.arc_pool, arcs] -= 1.0
        matrix[slots + np.arange(self.pools), self.plants + self.arcs + np.arange(self.pools)] = -1.0
        pairs = zip(chain.slot_material, chain.slot_process, strict=True)
        names = [f"{chain.materials[m]} of {chain.processes[p]}" for m, p in pairs]
        return matrix, [*names, *chain.pools]

    def measure(self, row: Any) -> Floats:
        """Coefficients of one row of ``figures.csv``; ``origins`` of None counts all."""
        return {"output": self._output, "flow": self._flow, "use": self._use}[row.measure](row)

    def _output(self, row: Any) -> Floats:
        chain, found = self.chain, np.zeros(self.size)
        material = chain.pool_material[chain.output_pool]
        chosen = self._among(chain.pool_region[chain.output_pool], row.origins)
        weight = self._content(row)[material] * chain.output_t * chosen
        np.add.at(found, chain.output_process, weight)
        return found

    def _flow(self, row: Any) -> Floats:
        chain, found = self.chain, np.zeros(self.size)
        origin = chain.pool_region[chain.arc_pool]
        to = chain.process_region[chain.slot_process[chain.arc_slot]]
        chosen = self._among(origin, row.origins)
        chosen &= self._among(to, row.destinations) if row.destinations else origin != to
        found[self.plants : self.plants + self.arcs] = (
            self._content(row)[chain.pool_material[chain.arc_pool]] * chosen
        )
        return found

    def _use(self, row: Any) -> Floats:
        chain, found = self.chain, np.zeros(self.size)
        chosen = self._among(chain.process_region[chain.slot_process], row.destinations)
        if row.sectors:
            sectors = [chain.sectors.index(name) for name in row.sectors]
            chosen &= np.isin(chain.process_sector[chain.slot_process], sectors)
        weight = self._content(row)[chain.slot_material] * chain.slot_t * chosen
        np.add.at(found, chain.slot_process, weight)
        return found

    def _among(self, region: np.ndarray, names: Iterable[str]) -> Flags:
        index = [self.chain.regions.index(name) for name in names]
        return np.isin(region, index) if index else np.ones(len(region), dtype=bool)

    def _content(self, row: Any) -> Floats:
        """[material] what one tonne counts as: 0 for materials that the figure does not count."""
        chain = self.chain
        counted = np.isin(chain.materials, row.materials)
        elements = [chain.elements.index(name) for name in row.elements]
        content = chain.content[elements].sum(axis=0) if elements else np.ones(len(chain.materials))
        weighed: Floats = row.factor * counted * content
        return weighed


@dataclass(frozen=True)
class Measures:
    """Figures as linear measures: tonnes are part @ x, percent are 100 part @ x / whole @ x."""

    table: pd.DataFrame
    part: Floats  # [figure, quantity]
    whole: Floats  # [figure, quantity] the same over all origins
    is_share: Flags

    def read(self, x: Floats) -> Floats:
        """Return what quantities give for each figure, in its unit; missing where a whole is nothing."""
        part, whole = self.part @ x, self.whole @ x
        share = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
        return np.where(self.is_share, 100 * share, part)

    def measured(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Coefficients, values and standard deviations of the figures as linear measures.

        A share is measured as its part less the printed share of the whole: 0 as printed, in tonnes of
        today's whole.
        """
        printed = self.table["published"].to_numpy(float) / np.where(self.is_share, 100, 1)
        rows = np.where(self.is_share[:, None], self.part - printed[:, None] * self.whole, self.part)
        size = printed * np.where(self.is_share, self.whole @ x, 1.0)
        value = np.where(self.is_share, 0.0, printed)
        return rows, value, size * self.table["uncertainty"].to_numpy(float)


def read_measures(study: StudyFiles, chain: Chain) -> Measures:
    """Turn ``figures.csv`` into linear measures of a chain; InputFaults as :func:`check_figures`."""
    rows = study.tables["figures"]
    faults = list(_faults(rows, chain))
    if faults:
        raise InputFaults(faults)
    quantities = Quantities(chain)
    first = rows.drop_duplicates("figure").rename(columns={"value": "published"})
    part = np.zeros((len(first), quantities.size))
    whole = np.zeros_like(part)
    place = {name: i for i, name in enumerate(first["figure"])}
    for row in rows.itertuples():
        part[place[row.figure]] += quantities.measure(row)
        whole[place[row.figure]] += quantities.measure(row._replace(origins=()))
    is_share = (first["unit"] == "percent").to_numpy(bool)
    default = first["kind"].map(UNCERTAINTY)
    table = first.assign(uncertainty=first["uncertainty"].fillna(default)).reset_index(drop=True)
    return Measures(table, part, whole, is_share)


def _faults(rows: pd.DataFrame, chain: Chain) -> Iterator[Fault]:
    known = {"origins": chain.regions, "destinations": chain.regions, "elements": chain.elements}
    known |= {"sectors": chain.sectors}
    for row in rows.itertuples():
        for column, names in known.items():
            for name in getattr(row, column):
                if name not in names:
                    remedy = f"Choose from {', '.join(names[:12])}."
                    message = f"{name!r} is not in this study."
                    yield Fault("figures.csv", int(row.row), column, message, remedy)
    for figure, group in rows.groupby("figure", sort=False):
        for column in ("value", "unit", "kind", "uncertainty"):
            if len(group[column].drop_duplicates()) > 1:
                message = f"rows of {figure} disagree."
                remedy = "Let all rows of a figure say the same."
                yield Fault("figures.csv", int(group["row"].iloc[-1]), column, message, remedy)
