"""Programmes that other tools solve too: files of studies, and a chain told without our solver's words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ytterby.network.chain import Chain
from ytterby.network.shocks import Conditions
from ytterby.planning.holdings import whole_chain
from ytterby.planning.operations import FLOW_COST, MONEY, Decisions, Future, add_operations
from ytterby.planning.periods import Horizon, by_period
from ytterby.planning.solve import Model

DRIVER = Path(__file__).with_name("plan_driver.py")


def peer_python(folder: Path) -> Path:
    """Python of the peers' environment: linopy, PyPSA and highspy."""
    return folder / "venv" / "bin" / "python"


def ask(python: Path, task: str, files: Sequence[Path]) -> dict[str, Any]:
    """What the peers say."""
    command = [str(python), str(DRIVER), task, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"the peer stopped: {done.stderr[-1000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def our_model(chain: Chain, conditions: Conditions, horizon: Horizon) -> Model:
    """The operations of the whole chain in one future, without decisions; thousands of USD."""
    model = Model("chain")
    future = Future(by_period(chain, conditions, horizon), 1.0)
    add_operations(model, chain, whole_chain(chain), horizon, future, Decisions.none())
    return model


def told_chain(chain: Chain, conditions: Conditions, horizon: Horizon) -> dict[str, Any]:
    """A chain in one future, as numbers that need no programme of ours to be understood.

    Only for chains without lags and ramps, quotas and licences, with stocks of any size and without
    discount: what PyPSA's links and stores can say.
    """
    now = by_period(chain, conditions, horizon)
    weeks = np.asarray(horizon.widths, float)[:, None]
    pools = [f"pool {i}" for i in range(len(chain.pool_material))]
    slots = [f"slot {i}" for i in range(len(chain.slot_process))]
    price = chain.price_usd_per_t[chain.pool_material[chain.arc_pool]]
    way_cost = chain.arc_cost_usd_per_t + price * (chain.arc_tariff + FLOW_COST)
    ways = [
        {
            "name": f"way {a}", "from": pools[chain.arc_pool[a]], "to": slots[chain.arc_slot[a]],
            "cost": float(way_cost[a]) / MONEY,
            "limit_t": [float(x) if np.isfinite(x) else None for x in now.flow_limit_t[:, a]],
        }
        for a in range(len(chain.arc_pool))
    ]  # fmt: skip
    return {
        "periods": len(horizon.widths),
        "pools": pools,
        "slots": slots,
        "stock_t": [*chain.pool_stock_t.tolist(), *chain.slot_stock_t.tolist()],
        "ways": ways,
        "plants": [_plant(chain, p, now, weeks, pools, slots) for p in range(len(chain.processes))],
    }


def _plant(
    chain: Chain, p: int, now: Any, weeks: np.ndarray, pools: Sequence[str], slots: Sequence[str]
) -> dict[str, Any]:
    use = bool(chain.process_is_use[p])
    most = chain.activity_t[p] * now.demand_factor if use else chain.capacity_t[p] * now.capacity_factor
    return {
        "name": chain.processes[p],
        "use": use,
        "inputs": [[slots[k], float(chain.slot_t[k])] for k in np.flatnonzero(chain.slot_process == p)],
        "outputs": [
            [pools[chain.output_pool[o]], float(chain.output_t[o])]
            for o in np.flatnonzero(chain.output_process == p)
        ],
        "most_t": (most * weeks)[:, p].tolist(),
        "cost": 0.0 if use else float(chain.cost_usd_per_t[p]) / MONEY,
        "unmet_cost": float(chain.unmet_usd_per_t[p]) / MONEY,
    }
