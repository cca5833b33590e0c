"""The weekly simulator: agents without foresight on a chain under given conditions.

Rules and their numbers: ``docs/method/simulation.md``. One call runs one block of draws side by
side; ``ensemble`` cuts thousands of draws into blocks.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ytterby.errors import YtterbyError
from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import ROUNDING, Targets, stack_behaviours, stack_conditions
from ytterby.network.chain import Chain, Floats, Ints
from ytterby.network.kernel.prepare import Kernel
from ytterby.network.kernel.records import Told
from ytterby.network.shocks import Conditions
from ytterby.network.week import Engine, Week

__all__ = ["Behaviour", "Detail", "Run", "Simulator", "choose_engine", "simulate"]

ENGINES = ("auto", "numpy", "numba")
# Arcs times draws times weeks from which numba is taken: numpy needs some 50 ns for each, so that these are
# half a minute, as long as compiling takes at its first start on a busy machine.
PAYS = 600_000_000


@dataclass(frozen=True)
class Detail:
    """Every quantity of every week, [draw, week, item] in tonnes; for checks and for tracing."""

    desired_t: Floats  # [process] activity wanted before looking at inputs
    limiting: Floats  # [slot] 1 where this input held its process below that
    ordered_t: Floats  # [arc] asked of the pool
    allowed: Floats  # [arc] share of it that bans and quotas let through
    flow_t: Floats  # [arc] left the pool
    shipped_t: Floats  # [arc] on the way, released stockpile included
    returned_t: Floats  # [pool]
    release_t: Floats  # [stockpile]
    fill_t: Floats  # [stockpile]
    disposal_t: Floats  # [pool]
    slot_stock_t: Floats  # [slot]
    queue_t: Floats  # [arc]
    share: Floats  # [arc]
    market_price: Floats  # [market] index, base 1, in the order of ``prices.slot_markets``


@dataclass(frozen=True)
class Run:
    """What happened in a block of draws; the leading axis counts draws.

    In a block of an ensemble activity, stocks of pools and flows may be of no week: they are not read there.
    """

    uses: Ints  # index of each end use among the chain's processes
    unmet_t: Floats  # [draw, week, use]
    need_t: Floats  # [draw, week, use]
    forgone_t: Floats  # [draw, week, use] part of the unmet need that was given up because of its price
    activity_t: Floats  # [draw, week, process]
    pool_stock_t: Floats  # [draw, week, pool] at the end of the week
    stockpile_t: Floats  # [draw, week, stockpile] at the end of the week
    price_index: Floats  # [draw, week, material] base 1
    flow_t: Floats  # [draw, arc] sum over the weeks of what left the pool
    limited_weeks: Floats  # [draw, slot] weeks in which this input held its process back
    ledger: Floats  # [draw, week] largest relative residual of the mass balance
    detail: Detail | None = None


def simulate(
    chain: Chain,
    conditions: Sequence[Conditions] | Conditions,
    *,
    behaviour: Behaviour | Sequence[Behaviour] | None = None,
    added_capacity_t: Floats | None = None,
    stockpile_t: Floats | None = None,
    targets: Targets | None = None,
    detail: bool = False,
    engine: str = "auto",
) -> Run:
    """Simulate one block of draws.

    Parameters
    ----------
    conditions: one future per draw, all of the same length.
    behaviour: options for all draws, or one record a draw.
    added_capacity_t: [week, process] tonnes a week on top of the (shocked) capacity.
    stockpile_t: [stockpile] stock at the start; the chain's when absent.
    targets: stocks of pools and slots, for all draws or one column a draw; the chain's when absent.
    detail: keep every flow of every week (large); always with the numpy engine.
    engine: ``numpy``, ``numba`` (needs the extra ``fast``), or ``auto``: numba where it is installed and the
        run is long enough to pay for its start. Nothing else depends on it: section 18 of the rules.

    Raises
    ------
    YtterbyError: futures of different lengths, arrays that do not fit the chain, or an engine that is
    unknown or not installed.
    """
    futures = (conditions,) if isinstance(conditions, Conditions) else tuple(conditions)
    weeks = _common_weeks(futures)
    chosen = "numpy" if detail else choose_engine(engine, chain, len(futures) * weeks)
    simulator = Simulator(chain, weeks, added_capacity_t, stockpile_t, engine=chosen)
    return simulator.run(futures, _options(behaviour, len(futures)), targets, detail=detail)


def choose_engine(engine: str, chain: Chain, draw_weeks: int) -> str:
    """Return ``numpy`` or ``numba`` for a run of so many draws times weeks.

    Raises
    ------
    YtterbyError: an unknown engine, or numba without the extra.
    """
    if engine not in ENGINES:
        raise YtterbyError(f"engine {engine!r}.", f"Choose one of {', '.join(ENGINES)}.")
    installed = importlib.util.find_spec("numba") is not None
    if engine == "numba" and not installed:
        raise YtterbyError("numba is not installed.", 'Install it: pip install "ytterby[fast]".')
    pays = installed and draw_weeks * len(chain.arc_pool) >= PAYS
    return "numba" if engine == "numba" or (engine == "auto" and pays) else "numpy"


class Simulator:
    """A chain under a plan, made ready once to run many blocks of draws; threads may share it."""

    def __init__(
        self,
        chain: Chain,
        weeks: int,
        added_capacity_t: Floats | None = None,
        stockpile_t: Floats | None = None,
        *,
        engine: str,
    ) -> None:
        plants = len(chain.processes)
        added = np.zeros((weeks, plants)) if added_capacity_t is None else added_capacity_t
        stock = [pile.stock_t for pile in chain.stockpiles] if stockpile_t is None else stockpile_t
        self.chain, self.weeks = chain, weeks
        self.added_t, self.stock_t = np.asarray(added, dtype=float), np.asarray(stock, dtype=float)
        _check_shape("added_capacity_t", self.added_t, (weeks, plants))
        _check_shape("stockpile_t", self.stock_t, (len(chain.stockpiles),))
        self.kernel = Kernel(chain, self.added_t, self.stock_t) if engine == "numba" else None

    def run(
        self,
        futures: Sequence[Conditions],
        behaviour: Behaviour,
        targets: Targets | None = None,
        *,
        detail: bool = False,
        stocks: bool = True,
    ) -> Run:
        """Simulate one block; without ``stocks`` only what an ensemble reads may be kept."""
        targets = targets or Targets.of(self.chain)
        _check_targets(targets, self.chain, len(futures))
        if self.kernel is not None:
            return _lanes_first(self.chain, self.kernel.run(futures, behaviour, targets, stocks=stocks))
        weather = stack_conditions(futures)
        engine = Engine(self.chain, weather, behaviour, self.added_t, self.stock_t, targets, detail=detail)
        record = _Record(self.chain, engine, self.weeks, detail)
        for week in range(self.weeks):
            record.add(week, engine.step(week))
        return record.run()


def _lanes_first(chain: Chain, told: Told) -> Run:
    """Turn what the kernel keeps [.., lane] around."""
    turned: dict[str, Any] = {
        name: np.ascontiguousarray(np.moveaxis(values, -1, 0)) for name, values in told._asdict().items()
    }
    return Run(uses=np.flatnonzero(chain.process_is_use), **turned)


def _options(behaviour: Behaviour | Sequence[Behaviour] | None, lanes: int) -> Behaviour:
    if behaviour is None or isinstance(behaviour, Behaviour):
        return behaviour or Behaviour()
    if len(behaviour) != lanes:
        raise YtterbyError(f"{len(behaviour)} behaviours for {lanes} futures.", "Give one a future, or one.")
    return stack_behaviours(behaviour)


def _check_targets(targets: Targets, chain: Chain, lanes: int) -> None:
    for name, values, items in (
        ("targets.pool_t", targets.pool_t, len(chain.pool_material)),
        ("targets.slot_t", targets.slot_t, len(chain.slot_process)),
    ):
        _check_shape(name, values, (items, lanes if values.shape[-1] == lanes else 1))


def _common_weeks(futures: tuple[Conditions, ...]) -> int:
    lengths = sorted({each.weeks for each in futures})
    if len(lengths) != 1:
        raise YtterbyError(
            f"one block holds futures of {lengths} weeks.", "Give at least one; cut them alike."
        )
    return lengths[0]


def _check_shape(name: str, values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise YtterbyError(f"{name} has shape {values.shape}.", f"This chain and horizon need {shape}.")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise YtterbyError(f"{name} holds negative or missing tonnes.", "Give finite numbers from 0.")


class _Record:
    """Collects the weeks of a run, lanes first."""

    def __init__(self, chain: Chain, engine: Engine, weeks: int, detail: bool) -> None:
        self.engine, self.lanes, self.weeks = engine, engine.weather.lanes, weeks
        self.uses = np.flatnonzero(chain.process_is_use)
        self.base_need = chain.activity_t[self.uses]
        sizes = {
            "need_t": len(self.uses), "unmet_t": len(self.uses), "forgone_t": len(self.uses),
            "activity_t": len(chain.processes), "pool_stock_t": len(chain.pool_material),
            "stockpile_t": len(chain.stockpiles), "price_index": len(chain.materials),
        }  # fmt: skip
        self.kept = {name: self._room(size) for name, size in sizes.items()}
        self.ledger = np.zeros((self.lanes, weeks))
        self.flow_t = np.zeros((len(chain.arc_pool), self.lanes))
        self.limited = np.zeros((len(chain.slot_process), self.lanes))
        arcs, pools, piles = len(chain.arc_pool), len(chain.pool_material), len(chain.stockpiles)
        details = {
            "desired_t": len(chain.processes), "limiting": len(chain.slot_process), "ordered_t": arcs,
            "allowed": arcs, "flow_t": arcs, "shipped_t": arcs, "returned_t": pools, "release_t": piles,
            "fill_t": piles, "disposal_t": pools, "slot_stock_t": len(chain.slot_process), "queue_t": arcs,
            "share": arcs,
            "market_price": len(engine.prices.market),
        }  # fmt: skip
        self.details = {name: self._room(size) for name, size in details.items()} if detail else {}

    def _room(self, size: int) -> Floats:
        return np.zeros((self.lanes, self.weeks, size))

    def add(self, week: int, told: Week) -> None:
        state = self.engine.state
        need = self.base_need[:, None] * self.engine.weather.demand_factor[week][self.uses]
        unmet = need - told.activity_t[self.uses]
        unmet[unmet <= ROUNDING * need] = 0.0
        values = {
            "need_t": need, "unmet_t": unmet, "forgone_t": told.forgone_t[self.uses],
            "activity_t": told.activity_t, "pool_stock_t": state.pool_t,
            "stockpile_t": state.stockpile_t, "price_index": self.engine.prices.material,
        }  # fmt: skip
        for name, array in self.kept.items():
            array[:, week] = values[name].T
        for name, array in self.details.items():
            from_state = {
                "slot_stock_t": state.slot_t, "queue_t": state.queue_t, "share": state.share,
                "market_price": self.engine.prices.market,
            }  # fmt: skip
            array[:, week] = (from_state[name] if name in from_state else getattr(told, name)).T
        self.ledger[:, week] = told.ledger
        self.flow_t += told.flow_t
        self.limited += told.limiting

    def run(self) -> Run:
        return Run(
            uses=self.uses,
            **self.kept,
            flow_t=self.flow_t.T.copy(),
            limited_weeks=self.limited.T.copy(),
            ledger=self.ledger,
            detail=Detail(**self.details) if self.details else None,
        )
