"""Ensembles too large to be held: every draw is simulated, counted and let go.

Exact for every draw: unmet need, need and loss of each group of uses, when it falls short, and for how
long. The fan is counted in bins. Memory is that of the counts, and some 2.5 kB a draw for 43 groups of uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import Chain, Floats, Ints
from ytterby.network.ensemble import (
    BLOCK,
    Draw,
    Progress,
    add_groups,
    ready_simulator,
    run_blocks,
    spread_draws,
)
from ytterby.network.outcomes import (
    ALL,
    QUANTILES,
    Spells,
    group_uses,
    limiting_rows,
    summarise_losses,
    tabulate_stops,
)
from ytterby.network.shocks import Scenario
from ytterby.network.simulate import Run

BINS = 100  # of the unmet share of need, besides one for nothing and one for all of it
USE = ("region", "sector")


@dataclass(frozen=True)
class Summary:
    """What is known of all draws; ``fan``, ``losses`` and so on give the tables of ``outcomes``."""

    chain: Chain
    draws: tuple[Draw, ...]
    groups: pd.DataFrame  # region and sector of each group of uses
    unmet_t: Floats  # [draw, group] over the horizon, as the next two
    need_t: Floats
    loss_usd: Floats
    spells: Spells
    counts: NDArray[np.int32]  # [scenario, week, group, bin] draws by unmet share of need
    share: Floats  # [scenario, week, group] sum over draws of that share
    limited_weeks: Floats  # [scenario, slot] sum over draws
    ledger: float  # largest relative residual of the mass balance of any week
    seed: int

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Scenarios by name, in the order of their draws."""
        return {draw.scenario.name: draw.scenario for draw in self.draws}

    def losses(self, *, regions: tuple[str, ...] | None = None) -> pd.DataFrame:
        """``outcomes.losses``: unmet need and loss of every draw, exact."""
        counted = np.ones(len(self.groups), bool) if regions is None else self.groups["region"].isin(regions)
        unmet, need, loss = (
            values[:, counted].sum(axis=1) for values in (self.unmet_t, self.need_t, self.loss_usd)
        )
        return pd.DataFrame(
            {
                "scenario": np.array([draw.scenario.name for draw in self.draws], dtype=object),
                "draw": [draw.number for draw in self.draws],
                "weight": [draw.weight for draw in self.draws],
                "unmet_t": unmet,
                "need_t": need,
                "unmet_share": np.divide(unmet, need, out=np.zeros_like(unmet), where=need > 0),
                "loss_usd": loss,
            }
        )

    def summarise(self, *, regions: tuple[str, ...] | None = None) -> pd.DataFrame:
        """``outcomes.summarise``: expected and tail loss by scenario, exact."""
        labels = {name: scenario.label for name, scenario in self.scenarios.items()}
        return summarise_losses(self.losses(regions=regions), labels)

    def worst(self, count: int = 10) -> pd.DataFrame:
        """Draws with the largest loss; ``Draw.conditions`` makes the future of each again."""
        return self.losses().sort_values("loss_usd", ascending=False, kind="stable").head(count)

    def stops(self) -> pd.DataFrame:
        """``outcomes.stops``, exact, for the threshold that was asked for."""
        return tabulate_stops(self.draws, self.groups, self.spells)

    def limiting_inputs(self) -> pd.DataFrame:
        """``outcomes.limiting_inputs``: expected weeks, exact."""
        frames = [
            limiting_rows(self.chain, name, self._mean(self.limited_weeks, part))
            for name, part in self._parts()
        ]
        return pd.concat(frames, ignore_index=True)

    def fan(self) -> pd.DataFrame:
        """``outcomes.fan`` by region and sector, from counts.

        A quantile is the middle of its bin, so at most half a hundredth of the need off; 0 and 1 are
        exact, the mean is.
        """
        frames = [self._fan_rows(name, part) for name, part in self._parts()]
        return pd.concat(frames, ignore_index=True)

    def _parts(self) -> list[tuple[str, Floats]]:
        """[scenario] weight of a draw of each, for each scenario by itself and for all."""
        names = list(self.scenarios)
        weight = {draw.scenario.name: draw.weight for draw in self.draws}
        each = np.array([weight[name] for name in names])
        alone = [(name, np.eye(len(names))[i]) for i, name in enumerate(names)]
        return [*alone, (ALL, each if each.sum() > 0 else np.ones(len(names)))]

    def _mean(self, sums: Floats, part: Floats) -> Floats:
        """Mean over draws of sums [scenario, ...], weighted."""
        mean: Floats = np.tensordot(part, sums, 1) / (part @ self._draws_of_scenario())
        return mean

    def _draws_of_scenario(self) -> Ints:
        counted: Ints = self.counts[:, 0, 0].sum(axis=-1)
        return counted

    def _fan_rows(self, name: str, part: Floats) -> pd.DataFrame:
        below = np.cumsum(np.tensordot(part, self.counts, 1), axis=-1)  # [week, group, bin]
        below /= below[..., -1:]
        weeks = len(below)
        rows = self.groups.loc[np.tile(self.groups.index, weeks)].reset_index(drop=True)
        rows.insert(0, "scenario", name)
        rows.insert(1, "week", np.repeat(np.arange(weeks), len(self.groups)))
        middle = np.concatenate([[0.0], (np.arange(BINS) + 0.5) / BINS, [1.0]])
        for quantile in QUANTILES:
            at = np.argmax(below >= quantile - 1e-12, axis=-1)
            rows[f"p{round(100 * quantile)}"] = middle[at].ravel()
        rows["mean"] = self._mean(self.share, part).ravel()
        return rows


def summarise_draws(
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    draws: int,
    seed: int,
    weeks: int,
    threshold: float = 0.05,
    behaviour: Behaviour | None = None,
    added_capacity_t: Floats | None = None,
    stockpile_t: Floats | None = None,
    progress: Progress | None = None,
    block: int = BLOCK,
    engine: str = "auto",
    threads: int | None = None,
) -> Summary:
    """Simulate the draws of ``run_ensemble`` (the same futures) and keep their summary.

    Parameters
    ----------
    threshold: unmet share of need above which a group of uses counts as short.

    Raises
    ------
    YtterbyError: as ``run_ensemble``.
    """
    plan = spread_draws(scenarios, draws)
    simulator = ready_simulator(chain, len(plan), weeks, added_capacity_t, stockpile_t, engine=engine)
    tally = _Tally(chain, plan, weeks, threshold)
    for part, run in run_blocks(simulator, plan, seed, behaviour=behaviour, block=block, threads=threads):
        tally.add(part, run)
        if progress:
            progress(tally.done, len(plan))
    return tally.summary(seed)


class _Tally:
    """Counts blocks of draws, in their order."""

    def __init__(self, chain: Chain, plan: tuple[Draw, ...], weeks: int, threshold: float) -> None:
        self.chain, self.plan, self.threshold, self.done = chain, plan, threshold, 0
        self.uses = np.flatnonzero(chain.process_is_use)
        self.groups, self.index = group_uses(chain, self.uses, USE)
        self.number = {name: i for i, name in enumerate(dict.fromkeys(d.scenario.name for d in plan))}
        size, groups = len(self.number), len(self.groups)
        self.totals = np.zeros((3, len(plan), groups))
        self.spells = np.zeros((3, len(plan), groups), dtype=np.float32)  # whole weeks
        self.counts = np.zeros((size, weeks, groups, BINS + 2), dtype=np.int32)
        self.share = np.zeros((size, weeks, groups))
        self.limited = np.zeros((size, len(chain.slot_process)))
        self.ledger = 0.0

    def add(self, part: Sequence[Draw], run: Run) -> None:
        """Count one block."""
        place = slice(self.done, self.done + len(part))
        lost = run.unmet_t * self.chain.unmet_usd_per_t[self.uses]
        unmet, need, loss = (
            add_groups(values, self.index, len(self.groups)) for values in (run.unmet_t, run.need_t, lost)
        )
        for row, values in enumerate((unmet, need, loss)):
            self.totals[row, place] = values.sum(axis=1)
        spells = Spells.of(unmet > self.threshold * need)
        for row, weeks in enumerate((spells.first, spells.short, spells.recovered)):
            self.spells[row, place] = weeks
        self._count(part, np.divide(unmet, need, out=np.zeros_like(unmet), where=need > 0))
        for draw, limited in zip(part, run.limited_weeks, strict=True):
            self.limited[self.number[draw.scenario.name]] += limited
        self.ledger = max(self.ledger, float(run.ledger.max(initial=0.0)))
        self.done += len(part)

    def _count(self, part: Sequence[Draw], share: Floats) -> None:
        """Count shares [draw, week, group] into bins; draw by draw, so that sums know no blocks."""
        bins = np.where(share >= 1, BINS + 1, 1 + np.floor(share * BINS)).astype(np.int64)
        bins = np.minimum(np.where(share <= 0, 0, bins), BINS + 1)
        week, group = np.indices(share.shape[1:])
        for draw, own, at in zip(part, share, bins, strict=True):
            scenario = self.number[draw.scenario.name]
            self.counts[scenario, week, group, at] += 1  # each week and group once
            self.share[scenario] += own

    def summary(self, seed: int) -> Summary:
        """All that was counted."""
        unmet, need, loss = self.totals
        first, short, recovered = self.spells.astype(float)
        return Summary(
            chain=self.chain,
            draws=self.plan,
            groups=self.groups,
            unmet_t=unmet,
            need_t=need,
            loss_usd=loss,
            spells=Spells(first, short, recovered),
            counts=self.counts,
            share=self.share,
            limited_weeks=self.limited,
            ledger=self.ledger,
            seed=seed,
        )
