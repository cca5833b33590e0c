"""The plan put to the test: simulated on draws that nobody planned with, by agents without foresight.

A planner counts with expected capacity, but a project succeeds or fails. So the draws are dealt to
groups, one for each drawn pattern of successes, and each group is simulated with the capacity that
its pattern leaves: the same draws without the plan, with it, and with its expected capacity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.ensemble import BLOCK, Draw, run_draws, run_ensemble, spread_draws, use_labels
from ytterby.network.outcomes import ALL, losses, tail_mean
from ytterby.network.shocks import Scenario, modal_conditions
from ytterby.network.simulate import simulate
from ytterby.planning.plan import Plan
from ytterby.planning.task import DAYS_PER_WEEK

Floats = NDArray[np.float64]

UNSEEN = 1  # added to the study's seed: other draws than those that its own simulations show
PROOF_COLUMNS = [
    "scenario", "probability", "draws", "without_usd", "with_usd", "without_tail_usd", "with_tail_usd",
    "flattered_usd", "foresight_usd", "simulated_usd",
]  # fmt: skip
COVER_COLUMNS = ["policy", "days", "stock_usd", "holding_usd", "expected_loss_usd", "tail_loss_usd"]
LUCK = 2  # added to the seed: of the projects' success
TAIL = 0.95

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
    discounted; whether each project succeeds is drawn), without_tail_usd and with_tail_usd (mean of
    the worst 5 % of probability), flattered_usd (how much less is lost on the same draws when every
    project gives its expected capacity), foresight_usd and simulated_usd: loss of the plan under each
    scenario's most likely numbers, as the planner sees it and as the simulator does, present values.
    Their ratio is the price of myopia.
    """
    home = tuple(regions)
    proof = _Proof(chain, scenarios, home, seed + UNSEEN, weeks, progress)
    groups = _patterns(plan, draws, seed + LUCK)
    even = spread_draws(scenarios, draws)
    without = proof.losses(None, even, None, 0)
    with_plan = pd.concat(
        proof.losses(plan, dealt, succeeds, 1 + i / len(groups))
        for i, (dealt, succeeds) in enumerate(zip(_dealt(even, len(groups)), groups, strict=True))
    )
    expected = with_plan if groups == [None] else proof.losses(plan, even, None, 2)
    told = [_by_scenario(table, scenarios) for table in (without, with_plan, expected)]
    foresight = plan.losses[plan.losses["case"] == "plan"].set_index("scenario")["loss_usd"]
    myopic = {s.name: _modal_loss(plan, chain, s, home, horizon_weeks, discount_rate) for s in scenarios}
    chance = {s.name: s.probability for s in scenarios}
    foresight = {**foresight, ALL: sum(p * foresight[name] for name, p in chance.items())}
    myopic[ALL] = sum(p * myopic[name] for name, p in chance.items())
    rows = []
    for name, row in told[0].iterrows():
        within, sure = (table.loc[name] for table in told[1:])
        rows.append(
            [
                name, row.probability, int(row.draws), row.loss, within.loss, row.worst, within.worst,
                within.loss - sure.loss, foresight[name], myopic[name],
            ]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=PROOF_COLUMNS)


def compare_cover(
    plan: Plan,
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    regions: Sequence[str],
    days: Sequence[float],
    draws: int,
    seed: int,
    weeks: int,
    weekly_need_t: Floats,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compare stockpiles of so many days of need with those of the plan, on the proof's draws.

    No project is counted, so that stockpiles are compared with stockpiles. Every stockpile of the
    partners holds ``days`` of what its partner buys of the material, at most its limit; the partners
    share them in all cases.

    Parameters
    ----------
    days: of cover, each a policy; weekly_need_t: [stockpile of the chain] tonnes a week.

    Returns
    -------
    policy ("today", "plan" or the days), days, stock_usd (at its price), holding_usd (a year),
    expected_loss_usd and tail_loss_usd (mean of the worst 5 % of probability), not discounted.
    """
    piles = chain.stockpiles
    own = np.array([pile.partner in plan.partners for pile in piles], bool)
    today = np.array([pile.stock_t for pile in piles])
    limit = np.array([pile.limit_t for pile in piles])
    policies: list[tuple[str, float, Floats]] = [("today", np.nan, today)]
    for each in days:
        wanted = np.minimum(limit, each / DAYS_PER_WEEK * weekly_need_t)
        policies.append((f"{each:g} days", each, np.where(own, wanted, today)))
    policies.append(("plan", np.nan, plan.stockpile_t))
    price = chain.price_usd_per_t[chain.pool_material[np.array([p.pool for p in piles], np.int64)]]
    year = np.array([pile.holding_usd_per_t_year for pile in piles])
    rows = []
    for i, (name, cover, stock) in enumerate(policies):
        told = _share(progress, i, len(policies))
        ensemble = run_ensemble(
            plan.pooled(chain), scenarios, draws=draws, seed=seed + UNSEEN, weeks=weeks, stockpile_t=stock,
            progress=told,
        )  # fmt: skip
        found = _by_scenario(losses(ensemble, regions=tuple(regions)), scenarios).loc[ALL]
        ours = np.where(own, stock, 0.0)
        rows.append([name, cover, float(ours @ price), float(ours @ year), found.loss, found.worst])
    return pd.DataFrame(rows, columns=COVER_COLUMNS)


def _patterns(plan: Plan, draws: int, seed: int) -> list[dict[str, bool] | None]:
    """Drawn successes, one pattern for each block of draws; a single None when nothing is uncertain.

    For each project the patterns lie in equal layers of probability, so that it succeeds in the
    nearest possible share of them.
    """
    chance = plan.success_probability
    if all(p in (0.0, 1.0) for p in chance.values()):
        return [None]
    count = max(2, -(-draws // BLOCK))
    rng = np.random.default_rng(seed)
    layers = {name: (rng.permutation(count) + rng.random(count)) / count for name in sorted(chance)}
    return [{name: bool(layers[name][i] < p) for name, p in chance.items()} for i in range(count)]


def _dealt(draws: Sequence[Draw], groups: int) -> list[list[Draw]]:
    """Deal draws to groups in turn; the only draw of a certain scenario goes to each, with its share."""
    alone = {draw.scenario.name for draw in draws if draw.number == 0}
    alone -= {draw.scenario.name for draw in draws if draw.number > 0}
    hands: list[list[Draw]] = [[] for _ in range(groups)]
    dealt = [draw for draw in draws if draw.scenario.name not in alone]
    for draw in draws:
        if draw.scenario.name in alone:
            for hand in hands:
                hand.append(replace(draw, weight=draw.weight / groups))
    for i, draw in enumerate(dealt):
        hands[i % groups].append(draw)
    return hands


def _by_scenario(table: pd.DataFrame, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Expected and tail loss of each scenario and of all; index scenario, then probability, draws."""
    rows = {}
    for name in [*(s.name for s in scenarios), ALL]:
        part = table if name == ALL else table[table["scenario"] == name]
        weight, loss = part["weight"].to_numpy(float), part["loss_usd"].to_numpy(float)
        probability = float(weight.sum())
        weight = weight if probability > 0 else np.ones(len(part))
        mean = float(weight @ loss / weight.sum())
        rows[name] = [probability, len(part), mean, tail_mean(loss, weight, TAIL)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["probability", "draws", "loss", "worst"])


def _share(progress: Progress | None, part: float, parts: int) -> Progress | None:
    """Progress of one of several runs."""
    if progress is None:
        return None
    return lambda done, total: progress(round(1000 * (part + done / total)), 1000 * parts)


@dataclass(frozen=True)
class _Proof:
    """Simulations with and without a plan on the same streams."""

    chain: Chain
    scenarios: Sequence[Scenario]
    home: tuple[str, ...]
    seed: int
    weeks: int
    progress: Progress | None

    def losses(
        self, plan: Plan | None, draws: Sequence[Draw], succeeds: Mapping[str, bool] | None, part: float
    ) -> pd.DataFrame:
        """Loss of every draw; ``part``: how many of the three runs are done."""
        ensemble = run_draws(
            plan.pooled(self.chain) if plan else self.chain,
            draws,
            seed=self.seed,
            weeks=self.weeks,
            added_capacity_t=plan.added_capacity_t(self.chain, self.weeks, succeeds) if plan else None,
            stockpile_t=plan.stockpile_t if plan else None,
            progress=_share(self.progress, part, 3),
        )
        return losses(ensemble, regions=self.home)


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
