"""Builds and solves a two-stage programme with linopy; run by benchmarks/planning.py under the peer's Python.

    python linopy_driver.py PROBLEM.npz

Prints one line of JSON: processor seconds to build and to solve, and the objective.
"""

import json
import sys
import time

import linopy
import numpy as np
import xarray as xr


def main() -> None:
    """Read the arrays, build the deterministic equivalent, solve it with HiGHS."""
    told = np.load(sys.argv[1])
    started = time.process_time()
    model = linopy.Model()
    c, q = xr.DataArray(told["c"], dims="x"), xr.DataArray(told["q"], dims=("s", "y"))
    p = xr.DataArray(told["p"], dims="s")
    x = model.add_variables(lower=0, upper=xr.DataArray(told["upper"], dims="x"), name="x")
    y = model.add_variables(lower=xr.zeros_like(q), name="y")
    t, w = xr.DataArray(told["t"], dims=("s", "row", "x")), xr.DataArray(told["w"], dims=("row", "y"))
    h = xr.DataArray(told["h"], dims=("s", "row"))
    model.add_constraints((t * x).sum("x") + (w * y).sum("y") >= h, name="rows")
    model.add_objective((c * x).sum() + (p * q * y).sum())
    built = time.process_time()
    model.solve(solver_name="highs", io_api="direct", output_flag=False, threads=1)
    print(
        json.dumps(
            {
                "build": built - started,
                "solve": time.process_time() - built,
                "objective": model.objective.value,
            }
        )
    )


if __name__ == "__main__":
    main()
