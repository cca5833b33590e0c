"""A multi-regional input-output table: who sells how much to whom in a year, in money.

Frames as pymrio holds them (``Z`` and ``Y`` with region and sector on both axes) are read as they are;
nothing of it is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.errors import Fault, InputFaults
from ytterby.network.chain import Floats

BALANCE = 1e-6  # largest gap, as a share of output, between two published sums: rounding of printed figures
SOME_ROWS = 5  # faults of one kind that are told


@dataclass(frozen=True)
class InputOutputTable:
    """Flows of a year in one unit of money; every region has the same sectors.

    Attributes
    ----------
    regions, sectors
        Industries are their pairs, regions outermost.
    flows
        [industry, industry] sales of the row to the column, for use in production.
    final_demand
        [industry, region] sales of the row to the final users of a region, categories added up.
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Floats
    final_demand: Floats

    @property
    def output(self) -> Floats:
        """[industry] what each sells in a year: the sum of its row."""
        return np.asarray(self.flows.sum(axis=1) + self.final_demand.sum(axis=1))

    @property
    def value_added(self) -> Floats:
        """[industry] output less the inputs that it buys."""
        return np.asarray(self.output - self.flows.sum(axis=0))

    @property
    def industries(self) -> pd.MultiIndex:
        """Region and sector of every industry."""
        return pd.MultiIndex.from_product([self.regions, self.sectors], names=["region", "sector"])

    @classmethod
    def from_frames(
        cls,
        flows: pd.DataFrame,
        final_demand: pd.DataFrame,
        value_added: pd.DataFrame | pd.Series | None = None,
    ) -> InputOutputTable:
        """Read frames with region and sector (or category of final demand) on their axes.

        Parameters
        ----------
        flows: rows sell, columns buy; both axes hold every pair of region and sector once, in any order.
        final_demand: the same rows; columns (region, category).
        value_added: by industry, to be checked against output less inputs; several rows are added up.

        Raises
        ------
        InputFaults: missing or doubled industries, numbers missing, infinite or negative, industries that buy
        more than they sell, a value added that does not balance; the faults of the numbers all at once.
        """
        rows = _pairs(flows.index)
        regions, sectors = _names(rows, 0), _names(rows, 1)
        industries = pd.MultiIndex.from_product([regions, sectors])
        faults = [
            fault
            for name, axis in (
                ("rows of flows", rows), ("columns of flows", _pairs(flows.columns)),
                ("rows of final_demand", _pairs(final_demand.index)),
            )
            for fault in _axis_faults(name, axis, industries)
        ]  # fmt: skip
        users = _pairs(final_demand.columns)
        strangers = sorted(set(_names(users, 0)) - set(regions))
        if strangers:
            faults.append(
                _fault("final_demand", f"its users {strangers} are no regions.", "Name them alike.")
            )
        if faults:
            raise InputFaults(faults)
        bought = flows.set_axis(rows, axis=0).set_axis(_pairs(flows.columns), axis=1)
        sold = final_demand.set_axis(_pairs(final_demand.index), axis=0).loc[industries]
        by_region = [
            sold.loc[:, users.get_level_values(0) == region].sum(axis=1, skipna=False) for region in regions
        ]
        table = cls(
            regions, sectors, bought.loc[industries, industries].to_numpy(float),
            np.stack([column.to_numpy(float) for column in by_region], axis=1),
        )  # fmt: skip
        faults = [*_number_faults(table), *_added_faults(table, value_added)]
        if faults:
            raise InputFaults(faults)
        return table


def _pairs(axis: pd.Index) -> pd.MultiIndex:
    """Region and sector as text; an axis with another number of levels is a fault."""
    if axis.nlevels != 2:
        raise InputFaults([_fault("table", f"an axis has {axis.nlevels} levels.", "Give region and sector.")])
    return pd.MultiIndex.from_arrays([axis.get_level_values(level).astype(str) for level in (0, 1)])


def _names(axis: pd.MultiIndex, level: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(axis.get_level_values(level)))


def _fault(part: str, message: str, remedy: str) -> Fault:
    return Fault(part, None, None, message, remedy)


def _axis_faults(name: str, axis: pd.MultiIndex, industries: pd.MultiIndex) -> list[Fault]:
    lacking, more = industries.difference(axis), axis.difference(industries)
    doubled = axis[axis.duplicated()].unique()
    told = (("lack", lacking), ("have beside the regions and sectors", more), ("repeat", doubled))
    return [
        _fault(name, f"{what} {[tuple(pair) for pair in found[:SOME_ROWS]]}.", "Give every industry once.")
        for what, found in told
        if len(found)
    ]


def _number_faults(table: InputOutputTable) -> list[Fault]:
    names = [f"{sector} of {region}" for region, sector in table.industries]
    output, added = table.output, table.value_added
    checks = (
        ("flows", ~(np.isfinite(table.flows) & (table.flows >= 0)).all(axis=1),
         "flows missing, infinite or below 0", "Write 0 where nothing is sold; net out what is negative."),
        ("final_demand", ~(np.isfinite(table.final_demand) & (table.final_demand >= 0)).all(axis=1),
         "final demand of a region missing, infinite or below 0 in sum", "Net out falls of stocks."),
        ("flows", added < -BALANCE * output, "inputs of more than they sell", "Correct the table."),
    )  # fmt: skip
    return [
        _fault(part, f"{what}: {[names[i] for i in np.flatnonzero(wrong)[:SOME_ROWS]]}.", remedy)
        for part, wrong, what, remedy in checks
        if wrong.any()
    ]


def _added_faults(table: InputOutputTable, given: pd.DataFrame | pd.Series | None) -> list[Fault]:
    if given is None:
        return []
    total = given if isinstance(given, pd.Series) else given.sum(axis=0, skipna=False)
    axis = _pairs(total.index)
    faults = _axis_faults("value_added", axis, table.industries)
    if faults:
        return faults
    gap = (
        total.set_axis(axis).loc[table.industries.set_names([None, None])].to_numpy(float) - table.value_added
    )
    wrong = ~(np.abs(gap) <= BALANCE * table.output)
    if not wrong.any():
        return []
    worst = [tuple(pair) for pair in table.industries[wrong][:SOME_ROWS]]
    return [
        _fault("value_added", f"is not output less inputs: {worst}.", "Use tables of one edition and price.")
    ]
