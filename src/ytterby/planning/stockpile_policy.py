"""When to fill a stockpile and when to draw on it: a market that is disrupted now and then.

After Teisberg (1981): the state is the stock and the market; every period the holder fills (never
while the market is disrupted) or draws, what is left of the supply is consumed, and the loss is the
area under the demand curve between consumption and normal demand. What buyers and sellers pay
each other cancels out. The least discounted expected loss is found by value iteration, or as a
linear programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ytterby.errors import BadNumbers, SolverFailure
from ytterby.planning.solve import INFINITY, Model, solve

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VALUE_TOLERANCE = 1e-10  # of the largest loss of a period; the policy is then evaluated exactly
MOST_ROUNDS = 200_000
MOST_ACTIONS = 1_000_000  # of a few arrays and of each round of value iteration
MOST_STATES = 2_000  # stock times market; their chain is solved as a dense system
DOUBLINGS = 60  # 2^60 periods: longer than any chain of these sizes needs to settle


@dataclass(frozen=True)
class DemandCurve:
    """Demand curve through normal price and demand; ``elasticity`` without its minus sign."""

    price: float  # USD/t
    quantity: float  # tonnes a period
    elasticity: float
    kind: Literal["constant", "linear"] = "constant"

    def marginal(self, consumption: Floats) -> Floats:
        """Price at which that much is consumed, USD/t."""
        part = consumption / self.quantity
        with np.errstate(divide="ignore"):
            if self.kind == "linear":
                return np.asarray(self.price * (1 + (1 - part) / self.elasticity))
            return np.asarray(self.price * part ** (-1 / self.elasticity))

    def loss(self, consumption: Floats) -> Floats:
        """Area under the curve from consumption to normal demand, USD; negative beyond it."""
        part = np.maximum(consumption, 0.0) / self.quantity
        size, e = self.price * self.quantity, self.elasticity
        with np.errstate(divide="ignore"):
            if self.kind == "linear":
                lost = (1 - part) + (1 - part) ** 2 / (2 * e)
            elif e == 1:
                lost = -np.log(part)
            else:
                lost = (1 - part ** (1 - 1 / e)) / (1 - 1 / e)
        return np.asarray(np.where(consumption < 0, INFINITY, size * lost))


@dataclass(frozen=True)
class StockpilePolicy:
    """Least expected discounted loss of every state, and what to do in it."""

    stock: Floats  # [level] tonnes
    value: Floats  # [level, market] USD, discounted to the present period
    target: Floats  # [level, market] stock after this period, tonnes
    price: Floats  # [level, market] USD/t under the policy
    long_run: Floats  # [level, market] share of periods, from an empty stockpile in the first market on
    markets: tuple[str, ...]
    rounds: int  # of value iteration; 0 for the linear programme

    def table(self) -> pd.DataFrame:
        """One row a state: market, stock_t, target_t, change_t, price_usd_per_t, loss_usd, long_run_share."""
        import pandas as pd

        level, market = (a.ravel() for a in np.indices(self.value.shape))
        return pd.DataFrame(
            {
                "market": np.array(self.markets)[market],
                "stock_t": self.stock[level],
                "target_t": self.target.ravel(),
                "change_t": self.target.ravel() - self.stock[level],
                "price_usd_per_t": self.price.ravel(),
                "loss_usd": self.value.ravel(),
                "long_run_share": self.long_run.ravel(),
            }
        )


@dataclass(frozen=True)
class _Process:
    """The decision process as arrays over level now, market, level next."""

    loss: Floats  # [level, market, next level] USD, infinite where it is not allowed
    transition: Floats  # [market, next market]
    discount: float

    def after(self, value: Floats) -> Floats:
        """[level, market, next level] loss of now and all that follows."""
        return np.asarray(self.loss + self.discount * (self.transition @ value.T)[None])


def markov_stockpile(
    supply: ArrayLike,
    transition: ArrayLike,
    *,
    demand: DemandCurve,
    capacity: float,
    step: float,
    max_fill: float = INFINITY,
    max_draw: float = INFINITY,
    storage_cost: float = 0.0,
    discount: float = 0.95,
    disrupted: Sequence[bool] | None = None,
    markets: Sequence[str] = (),
    method: Literal["value iteration", "linear programme"] = "value iteration",
) -> StockpilePolicy:
    """When to fill and when to draw under a market that changes by chance.

    V(s, m) = min over s' of loss(supply_m + s - s') + storage_cost s' + discount sum_n P_mn V(s', n).

    Parameters
    ----------
    supply: [market] tonnes a period; transition: [market, next market], rows summing to 1.
    demand: the demand curve; capacity, step: of the stockpile, tonnes, capacity a multiple of the step.
    max_fill, max_draw: tonnes a period; storage_cost: USD per tonne held at the end of a period.
    discount: of one period to the next, above 0 and below 1.
    disrupted: [market] in which nothing may be filled; None for those with less than the largest supply.
    markets: names of them.

    Returns
    -------
    Value, policy and long-run distribution by state.

    Raises
    ------
    BadNumbers: numbers outside their range, or more states and actions than fit in memory.
    SolverFailure: no policy with a finite loss, or no end in ``MOST_ROUNDS`` rounds.

    References
    ----------
    Teisberg 1981, A dynamic programming model of the U.S. strategic petroleum reserve, Bell Journal of
    Economics 12(2); Puterman 1994, sections 6.3 and 6.9, for the two methods.
    """
    offer, chance = np.asarray(supply, float).ravel(), np.asarray(transition, float)
    flags = offer < offer.max() if disrupted is None else np.asarray(disrupted, bool)
    names = tuple(markets) or tuple(f"market {i}" for i in range(len(offer)))
    _check(offer, chance, demand, flags, names)
    _check_stockpile(capacity, step, max_fill, max_draw, storage_cost, discount)
    stock = np.asarray(np.arange(round(capacity / step) + 1) * step, float)
    if len(stock) ** 2 * len(offer) > MOST_ACTIONS or len(stock) * len(offer) > MOST_STATES:
        raise BadNumbers(f"{len(stock)} levels of stock are too many.", "Take a larger step.")
    change = stock[None, :] - stock[:, None]
    room = 1e-9 * step
    barred = (change > max_fill + room) | (change < -max_draw - room)
    shut = barred[:, None, :] | (flags[None, :, None] & (change > room)[:, None, :])
    eaten = offer[None, :, None] - change[:, None, :]
    loss = np.where(shut, INFINITY, demand.loss(eaten) + storage_cost * stock)
    if not np.isfinite(loss).any(axis=2).all():
        raise SolverFailure("in some state no consumption is left.", "Give every market some supply.")
    process = _Process(loss, chance, discount)
    choice, rounds = _iterate(process) if method == "value iteration" else (_programme(process), 0)
    best = np.take_along_axis(eaten, choice[:, :, None], 2)[:, :, 0]
    return StockpilePolicy(
        stock=stock,
        value=_evaluate(process, choice),
        target=np.asarray(stock[choice], float),
        price=demand.marginal(best),
        long_run=_long_run(process, choice),
        markets=names,
        rounds=rounds,
    )


def _check(offer: Floats, chance: Floats, demand: DemandCurve, flags: Floats, names: tuple[str, ...]) -> None:
    count = len(offer)
    if chance.shape != (count, count) or flags.shape != (count,) or len(names) != count or not count:
        raise BadNumbers(f"{count} markets have other numbers of chances, flags or names.", "Let them match.")
    if not (np.isfinite(offer).all() and (offer >= 0).all() and (chance >= 0).all()):
        raise BadNumbers("a supply or chance is negative or no number.", "Give numbers from 0 on.")
    if not np.allclose(chance.sum(axis=1), 1, rtol=0, atol=1e-9):
        raise BadNumbers("chances of a market do not sum to 1.", "Let each row of transition sum to 1.")
    terms = (demand.price, demand.quantity, demand.elasticity)
    if not all(0 < term < INFINITY for term in terms) or demand.kind not in ("constant", "linear"):
        raise BadNumbers("the demand curve is not one.", "Give price, quantity and elasticity above 0.")


def _check_stockpile(
    capacity: float, step: float, max_fill: float, max_draw: float, storage: float, discount: float
) -> None:
    if not (0 < step < INFINITY and step <= capacity < INFINITY):
        raise BadNumbers(f"capacity {capacity:g} and step {step:g} do not fit.", "Give 0 < step <= capacity.")
    if abs(capacity / step - round(capacity / step)) > 1e-9 * capacity / step:
        raise BadNumbers("the capacity is no multiple of the step.", "Give 100 and 5, for example.")
    if not (max_fill >= 0 and max_draw >= 0 and 0 <= storage < INFINITY and 0 < discount < 1):
        raise BadNumbers("a limit, cost or discount is out of range.", "Give 0 on, and a discount below 1.")


# two methods --------------------------------------------------------------------------------------


def _iterate(process: _Process) -> tuple[Ints, int]:
    """Value iteration; returns the best next level of every state, and the rounds it took."""
    value = np.zeros(process.loss.shape[:2])
    size = float(np.max(abs(process.loss), where=np.isfinite(process.loss), initial=1e-300))
    enough = VALUE_TOLERANCE * size * (1 - process.discount) / process.discount
    for rounds in range(1, MOST_ROUNDS + 1):
        following = process.after(value)
        newer = following.min(axis=2)
        moved, value = float(abs(newer - value).max()), newer
        if moved <= enough:
            return following.argmin(axis=2), rounds
    raise SolverFailure("value iteration does not end.", "Take the linear programme, or a lower discount.")


def _programme(process: _Process) -> Ints:
    """Largest V below the loss of every action, as one linear programme (d'Epenoux 1963)."""
    level, market, then = np.nonzero(np.isfinite(process.loss))
    size = float(abs(process.loss[level, market, then]).max()) or 1.0
    model = Model("stockpile")
    value = model.add_columns(process.loss.shape[:2], cost=-1.0, lower=-INFINITY)
    rows = model.add_rows(len(level), upper=process.loss[level, market, then] / size)
    model.add_entries(rows, value[level, market], 1.0)
    model.add_entries(rows[:, None], value[then], -process.discount * process.transition[market])
    found = solve(model).value[value] * size
    return np.asarray(process.after(found).argmin(axis=2))


def _evaluate(process: _Process, choice: Ints) -> Floats:
    """Loss of every state under a policy, from the linear system of its chain."""
    paid = np.take_along_axis(process.loss, choice[:, :, None], 2).ravel()
    chain = _chain(process, choice)
    value = np.linalg.solve(np.eye(len(paid)) - process.discount * chain, paid)
    return np.asarray(value, float).reshape(choice.shape)


def _chain(process: _Process, choice: Ints) -> Floats:
    """[state, next state] of the policy; states are level times market."""
    levels, markets = choice.shape
    chain = np.zeros((levels * markets, levels, markets))
    chain[np.arange(levels * markets), choice.ravel()] = np.tile(process.transition, (levels, 1))
    return chain.reshape(levels * markets, -1)


def _long_run(process: _Process, choice: Ints) -> Floats:
    """Share of periods in each state, from an empty stockpile in the first market on.

    The chain is made lazy (half of the time it stays), which changes no share but keeps it from
    swinging, and squared until it has settled; only states that are reached take part.
    """
    chain = _chain(process, choice)
    reached, grown = np.arange(len(chain)) == 0, True
    while grown:
        wider = reached | (chain[reached] > 0).any(axis=0)
        grown, reached = bool((wider != reached).any()), wider
    lazy = (chain[np.ix_(reached, reached)] + np.eye(int(reached.sum()))) / 2
    for _ in range(DOUBLINGS):
        squared = lazy @ lazy
        squared /= squared.sum(axis=1, keepdims=True)
        settled = np.allclose(squared, lazy, rtol=0, atol=1e-15)
        lazy = squared
        if settled:
            break
    share = np.zeros(len(chain))
    share[reached] = lazy[0]
    return share.reshape(choice.shape)
