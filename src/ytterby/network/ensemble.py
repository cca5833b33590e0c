"""Many futures: draws spread over the scenarios, simulated in blocks, with weights.

The same seed gives the same futures with and without a plan (common random numbers), so that
differences between two runs are differences of the plan, not of luck.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.network.assumptions import Doubts
from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import stack_behaviours
from ytterby.network.chain import Chain, Floats, Ints
from ytterby.network.shocks import NUMBERS, Conditions, Scenario, conditions_at
from ytterby.network.simulate import Run, Simulator, choose_engine

BLOCK = 16  # lanes that stay in cache; results do not depend on it
Progress = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Draw:
    """One future to simulate: the ``number``-th of its scenario, with its share of probability."""

    scenario: Scenario
    number: int
    weight: float

    def shares(self, seed: int) -> Floats:
        """[shock, 3] uniform numbers; the stream depends on seed, scenario name and number alone."""
        key = (zlib.crc32(self.scenario.name.encode()), self.number)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
        return rng.random((len(self.scenario.shocks), NUMBERS))

    def conditions(self, chain: Chain, weeks: int, seed: int) -> Conditions:
        """Draw the future."""
        return conditions_at(self.scenario, chain, weeks, self.shares(seed))


@dataclass(frozen=True)
class Ensemble:
    """What happened in all draws; arrays [draw, ...], weights sum to 1."""

    chain: Chain
    draws: tuple[Draw, ...]
    uses: Ints  # index of each end use among the chain's processes
    unmet_t: Floats  # [draw, week, use]
    need_t: Floats  # [draw, week, use]
    price_index: Floats  # [draw, week, material]
    limited_weeks: Floats  # [draw, slot]
    stockpile_t: Floats  # [draw, week, stockpile]
    ledger: float  # largest relative residual of the mass balance of any week
    seed: int  # of every draw

    @property
    def weight(self) -> Floats:
        """[draw] probability carried by each draw."""
        return np.array([draw.weight for draw in self.draws])

    @property
    def scenario(self) -> np.ndarray:
        """[draw] name of the scenario."""
        return np.array([draw.scenario.name for draw in self.draws], dtype=object)

    @property  # made anew: a table of millions of rows is not kept beside its arrays
    def shortfall(self) -> pd.DataFrame:
        """Unmet need by week.

        Returns
        -------
        scenario, draw, weight, week, region, sector, unmet_t, need_t, loss_usd; several uses of one
        sector in a region are added up. Text columns are categories.
        """
        region, sector = use_labels(self.chain, self.uses)
        pairs = pd.MultiIndex.from_arrays([region, sector])
        group = pairs.unique()
        index = group.get_indexer(pairs)
        draws, weeks, _ = self.unmet_t.shape
        shape = (draws, weeks, len(group))
        lost = self.unmet_t * self.chain.unmet_usd_per_t[self.uses]
        columns = {"unmet_t": self.unmet_t, "need_t": self.need_t, "loss_usd": lost}
        values = {name: add_groups(array, index, len(group)).ravel() for name, array in columns.items()}
        draw = np.repeat(np.arange(draws), weeks * len(group))
        return pd.DataFrame(
            {
                "scenario": pd.Categorical(self.scenario[draw]),
                "draw": np.array([d.number for d in self.draws], dtype=np.int32)[draw],
                "weight": self.weight[draw],
                "week": np.broadcast_to(np.arange(weeks, dtype=np.int32)[None, :, None], shape).ravel(),
                "region": _labels(group.get_level_values(0), draws * weeks),
                "sector": _labels(group.get_level_values(1), draws * weeks),
                **values,
            }
        )


def use_labels(chain: Chain, uses: Ints) -> tuple[list[str], list[str]]:
    """Region and sector of each end use."""
    return (
        [chain.regions[i] for i in chain.process_region[uses]],
        [chain.sectors[i] for i in chain.process_sector[uses]],
    )


def add_groups(values: Floats, index: Ints, groups: int) -> Floats:
    """Add up the last axis by group."""
    member = np.zeros((values.shape[-1], groups))
    member[np.arange(values.shape[-1]), index] = 1.0
    added: Floats = values @ member
    return added


def _labels(names: pd.Index, times: int) -> pd.Categorical:
    codes, categories = pd.factorize(names)
    return pd.Categorical.from_codes(np.tile(codes, times), categories)


@dataclass(frozen=True)
class Part:
    """What an ensemble keeps of one block; arrays as in :class:`Ensemble`."""

    uses: Ints
    unmet_t: Floats
    need_t: Floats
    price_index: Floats
    limited_weeks: Floats
    stockpile_t: Floats
    ledger: Floats  # [draw, week]


@dataclass(frozen=True)
class Blocks:
    """The draws of an ensemble and all that decides what happens in them, cut into blocks."""

    chain: Chain
    draws: tuple[Draw, ...]
    seed: int
    weeks: int
    behaviour: Behaviour | None
    added_capacity_t: Floats | None
    stockpile_t: Floats | None
    doubts: Doubts | None
    size: int
    engine: str  # numpy or numba

    @property
    def starts(self) -> range:
        """First draw of each block."""
        return range(0, len(self.draws), self.size)

    @cached_property
    def _simulator(self) -> Simulator:
        return Simulator(self.chain, self.weeks, self.added_capacity_t, self.stockpile_t, engine=self.engine)

    def simulate(self, start: int) -> Part:
        """Simulate the block that begins with a draw; needs no other block."""
        run = run_block(
            self._simulator, self.draws[start : start + self.size], self.seed, self.behaviour,
            self.doubts.part(start, start + self.size) if self.doubts else None,
        )  # fmt: skip
        return Part(**{name: getattr(run, name) for name in Part.__dataclass_fields__})

    def here(self, threads: int | None = None) -> Iterator[Part]:
        """Simulate all blocks in this process, in threads where the engine lets them run."""
        self._simulator  # noqa: B018 - made once, before threads share it
        workers = threads or (self.engine == "numba" and os.cpu_count()) or 1
        return in_order(self.simulate, self.starts, workers)


Workers = Callable[[Blocks], Iterable[Part]]  # parts in the order of the blocks


def run_block(
    simulator: Simulator,
    draws: Sequence[Draw],
    seed: int,
    behaviour: Behaviour | None,
    known: Doubts | None,
) -> Run:
    """Simulate some draws; ``known`` is what is not known about the chain in each of them."""
    conditions = [draw.conditions(simulator.chain, simulator.weeks, seed) for draw in draws]
    options = stack_behaviours(known.behaviours) if known else behaviour or Behaviour()
    return simulator.run(conditions, options, known.targets if known else None, stocks=False)


def run_ensemble(
    chain: Chain,
    scenarios: Sequence[Scenario],
    *,
    draws: int,
    seed: int,
    weeks: int,
    behaviour: Behaviour | None = None,
    added_capacity_t: Floats | None = None,
    stockpile_t: Floats | None = None,
    progress: Progress | None = None,
    block: int = BLOCK,
    doubts: Doubts | None = None,
    workers: Workers | None = None,
    engine: str = "auto",
    threads: int | None = None,
) -> Ensemble:
    """Simulate ``draws`` futures over all scenarios.

    Parameters
    ----------
    added_capacity_t: [week, process] tonnes a week on top of the chain's, as a plan would add.
    stockpile_t: [stockpile] stock at the start; the chain's when absent.
    progress: called with draws done and draws in all after each block.
    doubts: what is not known about the chain, one column a draw (``assumptions.doubts_at``); with them
        every draw differs, so that even a scenario without uncertain numbers gets them all.
    workers: who simulates the blocks (``executors.Processes``); threads of this process when absent.
    engine: as for ``simulate``.
    threads: blocks that run at the same time; one a processor with numba when absent, else 1. Neither
        threads nor ``block`` change a number.

    Raises
    ------
    YtterbyError: fewer draws than scenarios; doubts for several scenarios, or for other draws.
    """
    plan = _doubted(scenarios, draws, doubts) if doubts else spread_draws(scenarios, draws)
    return run_draws(
        chain, plan, seed=seed, weeks=weeks, behaviour=behaviour, added_capacity_t=added_capacity_t,
        stockpile_t=stockpile_t, progress=progress, block=block, doubts=doubts, workers=workers,
        engine=engine, threads=threads,
    )  # fmt: skip


def run_draws(
    chain: Chain,
    plan: Sequence[Draw],
    *,
    seed: int,
    weeks: int,
    behaviour: Behaviour | None = None,
    added_capacity_t: Floats | None = None,
    stockpile_t: Floats | None = None,
    progress: Progress | None = None,
    block: int = BLOCK,
    doubts: Doubts | None = None,
    workers: Workers | None = None,
    engine: str = "auto",
    threads: int | None = None,
) -> Ensemble:
    """Simulate given draws; the rest as in :func:`run_ensemble`."""
    chosen = choose_engine(engine, chain, len(plan) * weeks)
    blocks = Blocks(
        chain, tuple(plan), seed, weeks, behaviour, added_capacity_t, stockpile_t, doubts, block, chosen
    )  # fmt: skip
    runs: list[Part] = []
    for part in workers(blocks) if workers else blocks.here(threads):
        runs.append(part)
        if progress:
            progress(min(len(runs) * block, len(plan)), len(plan))
    return Ensemble(
        chain=chain,
        draws=tuple(plan),
        uses=runs[0].uses,
        unmet_t=np.concatenate([run.unmet_t for run in runs]),
        need_t=np.concatenate([run.need_t for run in runs]),
        price_index=np.concatenate([run.price_index for run in runs]),
        limited_weeks=np.concatenate([run.limited_weeks for run in runs]),
        stockpile_t=np.concatenate([run.stockpile_t for run in runs]),
        ledger=max(float(run.ledger.max(initial=0.0)) for run in runs),
        seed=seed,
    )


def ready_simulator(
    chain: Chain, draws: int, weeks: int, added_t: Floats | None, stockpile_t: Floats | None, *, engine: str
) -> Simulator:
    """Make a chain ready for so many draws with the engine that suits them."""
    chosen = choose_engine(engine, chain, draws * weeks)
    return Simulator(chain, weeks, added_t, stockpile_t, engine=chosen)


def run_blocks(
    simulator: Simulator,
    plan: Sequence[Draw],
    seed: int,
    *,
    behaviour: Behaviour | None = None,
    doubts: Doubts | None = None,
    block: int = BLOCK,
    threads: int | None = None,
) -> Iterator[tuple[Sequence[Draw], Run]]:
    """Simulate draws block by block; blocks come in the order of the draws, whichever ends first."""

    def run(start: int) -> tuple[Sequence[Draw], Run]:
        part = plan[start : start + block]
        known = doubts.part(start, start + block) if doubts else None
        return part, run_block(simulator, part, seed, behaviour, known)

    workers = threads or (simulator.kernel is not None and os.cpu_count()) or 1
    return in_order(run, range(0, len(plan), block), workers)


def in_order(work: Callable[[int], T], starts: Iterable[int], workers: int) -> Iterator[T]:
    """Results in the order of the starts, made by so many threads."""
    return map(work, starts) if workers == 1 else _threaded(work, starts, workers)


def _threaded(work: Callable[[int], T], starts: Iterable[int], workers: int) -> Iterator[T]:
    """Results in the order of the starts; only a few are made before they are taken."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers, "draws") as pool:
        try:
            for start in starts:
                waiting.append(pool.submit(work, start))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


def _doubted(scenarios: Sequence[Scenario], draws: int, doubts: Doubts) -> tuple[Draw, ...]:
    if len(scenarios) != 1 or len(doubts.behaviours) != draws:
        message = f"{len(doubts.behaviours)} doubts for {draws} draws of {len(scenarios)} scenarios."
        raise YtterbyError(message, "Give one a draw, and one scenario.")
    return tuple(Draw(scenarios[0], number, scenarios[0].probability / draws) for number in range(draws))


def spread_draws(scenarios: Sequence[Scenario], draws: int) -> tuple[Draw, ...]:
    """Share the draws out in proportion to probability, with a floor for each scenario.

    A scenario without uncertain numbers gets one draw, since all would be equal. The others get at
    least a quarter of an even share, so that rare ones are seen too; weights make up for it.

    Raises
    ------
    YtterbyError: fewer draws than scenarios.
    """
    if draws < len(scenarios) or not scenarios:
        raise YtterbyError(f"{draws} draws for {len(scenarios)} scenarios.", "Give at least one draw each.")
    open_ones = [s for s in scenarios if not s.is_certain]
    spare = draws - (len(scenarios) - len(open_ones))
    floor = max(1, spare // (4 * len(open_ones))) if open_ones else 0
    share = np.array([s.probability for s in open_ones])
    share = share / share.sum() if share.sum() > 0 else np.full(len(open_ones), 1.0 / max(1, len(open_ones)))
    exact = share * (spare - floor * len(open_ones))
    counts = np.floor(exact).astype(int)
    for i in np.argsort(-(exact - counts), kind="stable")[: round(exact.sum()) - counts.sum()]:
        counts[i] += 1
    number = {s.name: int(n) + floor for s, n in zip(open_ones, counts, strict=True)}
    return tuple(
        Draw(scenario, i, scenario.probability / number.get(scenario.name, 1))
        for scenario in scenarios
        for i in range(number.get(scenario.name, 1))
    )
