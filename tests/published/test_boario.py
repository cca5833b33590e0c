"""The production paths of BoARIO 0.7.2 (docs/method/simulation.md, 14.3).

``boario_0.7.2.csv`` holds what the peer computed with pymrio 0.7.0 under Python 3.11, in a process of its
own, on the small table below, whose figures are made up: the share of capacity lost on every day and
production on every tenth (``benchmarks/ario.py --fixture``). The benchmark holds the same
equality on the test table of pymrio.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ytterby.network.ario import ArioParameters, CollapseWarning, simulate_ario
from ytterby.network.io_table import InputOutputTable

INDUSTRIES = [(region, sector) for region in ("north", "south") for sector in ("goods", "metal", "ore")]
FLOWS = [
    [40, 9, 3, 22, 14, 11], [70, 12, 1, 10, 6, 0], [1, 28, 4, 0, 3, 1],
    [25, 6, 1, 60, 20, 9], [120, 10, 0, 95, 30, 2], [2, 60, 1, 4, 170, 12],
]  # fmt: skip
DEMAND = [[620, 110], [42, 4], [0, 2], [150, 540], [20, 31], [3, 9]]
SECTORS = ("goods", "metal", "ore")
PARAMETERS = {
    "own": ArioParameters(),
    "own, by sector": ArioParameters(
        order_by_capacity=False, needed_share=0.7, stock_days=dict(zip(SECTORS, (30, 45, 60), strict=True)),
        restock_days=dict(zip(SECTORS, (20, 30, 50), strict=True)),
    ),
    "own, collapse": ArioParameters(stock_days=20, restock_days=60),
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> InputOutputTable:
    """Read in the other order of rows, so that names count and not places."""
    rows = pd.MultiIndex.from_tuples(INDUSTRIES)
    users = pd.MultiIndex.from_tuples([("north", "final"), ("south", "final")])
    flows = pd.DataFrame(FLOWS, index=rows, columns=rows, dtype=float)
    return InputOutputTable.from_frames(flows.iloc[::-1], pd.DataFrame(DEMAND, index=rows, columns=users))


@pytest.mark.parametrize("case", PARAMETERS)
def test_production_is_that_of_the_peer(table: InputOutputTable, case: str) -> None:
    peer = pd.read_csv(Path(__file__).with_name("boario_0.7.2.csv"))
    peer = peer[peer["case"] == case]
    names = [f"{region}/{sector}" for region, sector in table.industries]
    lost = peer[[f"lost {name}" for name in names]].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        run = simulate_ario(table, lost, parameters=PARAMETERS[case])
    told = peer[[f"made {name}" for name in names]].dropna()
    days = peer.loc[told.index, "day"].to_numpy()
    difference = np.abs(run.production[0, days] - told.to_numpy()) / run.baseline
    assert len(days) >= 20
    assert difference.max() < 1e-12
    assert lost.max() > 0.1
    low = run.production.sum(axis=2).min() / run.baseline.sum()
    assert low < 0.1 if case == "own, collapse" else low < 0.99
