"""Runs BoARIO and nothing of ours: the peer's own interpreter calls this file.

    PEER_PYTHON boario_driver.py CASES.json FOLDER

The peer is GPL and has no command line; what it computed leaves as files: the test
table that comes with its own dependency (``table.npz``) and, for each case, ``NAME.npz`` with the paths of
production and lost capacity, and whether stocks rested. Cases that
say so run on ``own_table.npz`` of the folder.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pymrio

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from boario import event
    from boario.extended_models import ARIOPsiModel
    from boario.simulation import Simulation


def main() -> None:
    """Write the table, then every case and the seconds per step of each."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    cases, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    table = load_table(None)
    names = {"regions": table.Z.index.get_level_values(0), "sectors": table.Z.index.get_level_values(1)}
    users = table.Y.columns.get_level_values(0)
    labels = {name: np.array(values, str) for name, values in (names | {"users": users}).items()}
    np.savez(folder / "table.npz", flows=table.Z.to_numpy(), demand=table.Y.to_numpy(), **labels)
    times = {name: run(name, case, folder) for name, case in cases.items()}
    print(json.dumps(times))


def load_table(place: Path | None) -> pymrio.IOSystem:
    """The test table of pymrio, or arrays in a file."""
    if place is None:
        return pymrio.load_test().calc_all()
    told = np.load(place)
    rows = pd.MultiIndex.from_arrays([told["regions"], told["sectors"]], names=["region", "sector"])
    categories = ["final"] * len(told["users"])
    users = pd.MultiIndex.from_arrays([told["users"], categories], names=["region", "category"])
    flows = pd.DataFrame(told["flows"], index=rows, columns=rows)
    return pymrio.IOSystem(Z=flows, Y=pd.DataFrame(told["demand"], index=rows, columns=users)).calc_all()


def run(name: str, case: dict, folder: Path) -> float:
    """Seconds per step of one case; its paths are written."""
    table = load_table(folder / "own_table.npz" if case["own"] else None)
    rows = [tuple(industry) for industry in table.Z.index]
    model = ARIOPsiModel(table, **case["model"])
    shape = (case["days"], model.n_regions * model.n_sectors)
    lost, production, rested = np.zeros(shape), np.zeros(shape), np.zeros(case["days"], bool)
    simulation = Simulation(model, n_temporal_units_to_sim=case["days"])
    for told in case["events"]:
        simulation.add_event(event.from_scalar_regions_sectors(**told))
    # Its own order of rows; ours follows the table's.
    own = [tuple(industry) for industry in model.industries]
    order = [own.index(industry) for industry in rows]
    spent = 0.0
    for day in range(case["days"]):
        stock = model.inputs_stock
        started = time.process_time()
        failed = simulation.next_step()
        spent += time.process_time() - started
        goal = model.production_opt * model.tech_mat * model.inv_duration[:, None]
        rested[day] = model.inputs_stock is stock or np.allclose(model.inputs_stock, goal)
        if failed:
            raise SystemExit(f"{name}: BoARIO stopped on day {day}")
        lost[day], production[day] = model.prod_cap_delta_tot[order], model.production[order]
    np.savez(folder / f"{name}.npz", lost=lost, production=production, rested=rested)
    return spent / case["days"]


if __name__ == "__main__":
    main()
