"""The plan put to the test: simulated on draws that nobody planned with, by agents without foresight."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.ensemble import Ensemble, run_ensemble, use_labels
from ytterby.network.outcomes import summarise
from ytterby.network.shocks import Scenario, modal_conditions
from ytterby.network.simulate import simulate
from ytterby.planning.plan import Plan

Floats = NDArray[np.float64]

UNSEEN = 1  # added to the study's seed: other draws than those that its own simulations show
PROOF_COLUMNS = [
    "scenario", "probability", "draws", "without_usd", "with_usd", "without_tail_usd", "with_tail_usd",
    "foresight_usd", "simulated_usd",
]  # fmt: skip

Progress = Callable[[int, int], None]


def prove(
    plan: Plan,
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    regions: Sequence[str],
    draws: int,
    seed: int,
    weeks: int,
    discount_rate: float,
    horizon_weeks: int,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Simulate the partners' losses without and with a plan, on the same draws.

    Parameters
    ----------
    regions: whose losses count; weeks: simulated; seed: of the study, moved on by ``UNSEEN``.
    horizon_weeks, discount_rate: the planner's, for the price of myopia.

    Returns
    -------
    scenario ("all" sums), probability, draws, without_usd and with_usd (expected loss, not
    discounted), without_tail_usd and with_tail_usd (mean of the worst 5 % of probability),
    foresight_usd and simulated_usd: loss of the plan under each scenario's most likely numbers, as
    the planner sees it and as the simulator does, present values. Their ratio is the price of
    myopia.
    """
    home = tuple(regions)
    runs = []
    for with_plan in (False, True):
        told = _part(progress, with_plan)
        ensemble = _ensemble(plan if with_plan else None, chain, scenarios, draws, seed + UNSEEN, weeks, told)
        runs.append(summarise(ensemble, regions=home).set_index("scenario"))
    without, within = runs
    foresight = plan.losses[plan.losses["case"] == "plan"].set_index("scenario")["loss_usd"]
    myopic = {s.name: _modal_loss(plan, chain, s, home, horizon_weeks, discount_rate) for s in scenarios}
    chance = {s.name: s.probability for s in scenarios}
    foresight = {**foresight, "all": sum(p * foresight[name] for name, p in chance.items())}
    myopic["all"] = sum(p * myopic[name] for name, p in chance.items())
    rows = [
        [
            name, row.probability, int(row.draws), row.loss_usd, within.loc[name, "loss_usd"],
            row.loss_tail_usd, within.loc[name, "loss_tail_usd"], foresight[name], myopic[name],
        ]
        for name, row in without.iterrows()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=PROOF_COLUMNS)


def _part(progress: Progress | None, second: bool) -> Progress | None:
    """Progress over both ensembles."""
    if progress is None:
        return None
    return lambda done, total: progress(done + second * total, 2 * total)


def _ensemble(
    plan: Plan | None,
    chain: Chain,
    scenarios: Sequence[Scenario],
    draws: int,
    seed: int,
    weeks: int,
    progress: Progress | None,
) -> Ensemble:
    return run_ensemble(
        plan.pooled(chain) if plan else chain,
        scenarios,
        draws=draws,
        seed=seed,
        weeks=weeks,
        added_capacity_t=plan.added_capacity_t(chain, weeks) if plan else None,
        stockpile_t=plan.stockpile_t if plan else None,
        progress=progress,
    )


def _modal_loss(
    plan: Plan, chain: Chain, scenario: Scenario, home: tuple[str, ...], weeks: int, rate: float
) -> float:
    """Present value of the loss simulated under the scenario's most likely numbers, USD."""
    run = simulate(
        plan.pooled(chain),
        modal_conditions(scenario, chain, weeks),
        added_capacity_t=plan.added_capacity_t(chain, weeks),
        stockpile_t=plan.stockpile_t,
    )
    region, _ = use_labels(chain, run.uses)
    worth = np.where(np.isin(region, home), chain.unmet_usd_per_t[run.uses], 0.0)
    discount = (1.0 + rate) ** -((np.arange(weeks) + 0.5) / WEEKS_PER_YEAR)
    return float(discount @ run.unmet_t[0] @ worth)
