"""Solves our programmes with other tools; run under the peers' Python (linopy, PyPSA, highspy).

    python plan_driver.py mps MODEL.mps...
    python plan_driver.py chain CHAIN.json

``mps`` lets linopy's interface to HiGHS read and solve each file. ``chain`` writes the chain of the JSON
file (``plan_models.told_chain``) down once more in PyPSA's components and solves it. Prints one line of
JSON: objectives, and processor seconds of PyPSA's build.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import linopy
import numpy as np
import pandas as pd
import pypsa


def main() -> None:
    """Do what the first word says with the files after it."""
    warnings.simplefilter("ignore")
    task, *files = sys.argv[1:]
    told = {name: solve_file(Path(name)) for name in files} if task == "mps" else solve_chain(Path(files[0]))
    print(json.dumps(told))


def solve_file(path: Path) -> float:
    """Optimum of an MPS file."""
    exact = dict.fromkeys(
        ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance"), 1e-9
    )
    options = {"output_flag": False, "mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "threads": 1, **exact}
    found = linopy.solvers.Highs(options=options).solve_problem_from_file(path)
    if found.status.termination_condition.value != "optimal":
        raise SystemExit(f"{path.name}: {found.status}")
    return float(found.solution.objective)


def solve_chain(path: Path) -> dict:
    """Write the chain down in PyPSA and solve it."""
    told = json.loads(path.read_text(encoding="utf-8"))
    started = time.process_time()
    net = network(told)
    net.optimize.create_model()
    built = time.process_time() - started
    net.optimize.solve_model(solver_name="highs", io_api="direct", output_flag=False, threads=1)
    return {
        "objective": float(net.model.objective.value),
        "build": built,
        "columns": int(net.model.variables.nvars),
    }


def network(told: dict) -> pypsa.Network:
    """Pools and slots are buses with a store, plants and ways are links, unmet need is a dear generator."""
    times = pd.RangeIndex(told["periods"])
    net = pypsa.Network(snapshots=times)
    net.add("Bus", ["ground", *told["pools"], *told["slots"]])
    net.add("Generator", "deposit", bus="ground", p_nom=np.inf)
    for place, stock in zip((*told["pools"], *told["slots"]), told["stock_t"], strict=True):
        net.add("Store", f"stock of {place}", bus=place, e_nom=np.inf, e_initial=stock)
        net.add("Generator", f"disposal at {place}", bus=place, p_nom=np.inf, sign=-1.0)
    for way in told["ways"]:
        most = max(1.0, *(x for x in way["limit_t"] if x is not None)) if None not in way["limit_t"] else 1e7
        share = [1.0 if x is None else x / most for x in way["limit_t"]]
        net.add("Link", way["name"], bus0=way["from"], bus1=way["to"], p_nom=most,
                p_max_pu=pd.Series(share, times), marginal_cost=way["cost"])  # fmt: skip
    for plant in told["plants"]:
        add_plant(net, plant, times)
    return net


def add_plant(net: pypsa.Network, plant: dict, times: pd.Index) -> None:
    """One link with a leg for each input and output, an end use with its need as a load."""
    (home, unit), *inputs = plant["inputs"] or [["ground", 1.0]]
    legs = [(bus, -amount / unit) for bus, amount in inputs]
    legs += [(bus, amount / unit) for bus, amount in plant["outputs"]]
    if plant["use"]:
        users = f"users of {plant['name']}"
        net.add("Bus", users)
        net.add("Load", f"need of {plant['name']}", bus=users, p_set=pd.Series(plant["most_t"], times))
        net.add("Generator", f"unmet {plant['name']}", bus=users, p_nom=np.inf,
                marginal_cost=plant["unmet_cost"])  # fmt: skip
        legs.append((users, 1.0 / unit))
    most = max(plant["most_t"]) or 1.0
    told = {f"bus{i}": bus for i, (bus, _) in enumerate(legs, 1)}
    told |= {("efficiency" if i == 1 else f"efficiency{i}"): e for i, (_, e) in enumerate(legs, 1)}
    net.add("Link", plant["name"], bus0=home, p_nom=most * unit,
            p_max_pu=pd.Series(plant["most_t"], times) / most, marginal_cost=plant["cost"] / unit,
            **told)  # fmt: skip


if __name__ == "__main__":
    main()
