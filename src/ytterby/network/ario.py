"""ARIO, the adaptive regional input-output model: how lost capacity travels through an economy, in money.

One product a sector, days as steps, stocks of inputs at every industry, proportional rationing. Rules, their
source and the condition for recovery: ``docs/method/simulation.md``, section 14. The state is kept in days of
baseline use and in shares of baseline output, so that with no shock nothing moves by a single bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.errors import BadNumbers, UnknownName, YtterbyError
from ytterby.network.chain import Floats
from ytterby.network.io_table import InputOutputTable

DAYS_PER_YEAR = 365.0
LEAST_INPUT = 1e-5 / DAYS_PER_YEAR  # share of output below which an input holds nothing up
LANES = 96  # scenarios side by side: 3.5 us a step and scenario of 48 industries, 40 us alone
NOTHING = 1e-30  # divides where nothing is bought, so that the quotient is 0 or multiplies 0
RECOVERED = 1e-3  # share of baseline output within which a run counts as recovered


class CollapseWarning(UserWarning):
    """The parameters let a temporary shock end in a collapse from which nothing recovers."""


@dataclass(frozen=True)
class ArioParameters:
    """Characteristic times in days, and how industries answer.

    Attributes
    ----------
    stock_days
        Stock of each input that an industry wants to hold, for all or by sector of the input; ``inf`` never
        runs out.
    restock_days
        Time in which it closes the gap to that, for all or by sector of the input.
    needed_share
        psi: share of the wanted stock below which an input holds production back.
    most_overproduction, overproduction_days
        Highest production over baseline capacity, and the time in which an industry gets there.
    order_by_capacity
        Orders go to suppliers in proportion to baseline purchases times what capacity is left; else to
        baseline purchases alone.

    Raises
    ------
    BadNumbers: a value outside its range; stocks of which a part (psi) would not last a day.
    """

    stock_days: float | Mapping[str, float] = 90.0
    restock_days: float | Mapping[str, float] = 60.0
    needed_share: float = 0.8
    most_overproduction: float = 1.25
    overproduction_days: float = 365.0
    order_by_capacity: bool = True

    def __post_init__(self) -> None:
        for name, low, high in (
            ("needed_share", 0.0, 1.0), ("most_overproduction", 1.0, 100.0),
            ("overproduction_days", 1.0, 1e6),
        ):  # fmt: skip
            _within(name, getattr(self, name), low, high)
        for name, high in (("stock_days", np.inf), ("restock_days", 1e6)):
            value = getattr(self, name)
            for one in value.values() if isinstance(value, Mapping) else (value,):
                _within(name, one, 1.0, high)

    def days(self, name: str, sectors: Sequence[str]) -> Floats:
        """[sector] one of the two times, in the order of the sectors."""
        value = getattr(self, name)
        if not isinstance(value, Mapping):
            return np.full(len(sectors), float(value))
        for given in value:
            if given not in sectors:
                raise UnknownName("sector", given, sectors)
        lacking = [sector for sector in sectors if sector not in value]
        if lacking:
            raise BadNumbers(f"{name} lacks {lacking[:5]}.", "Give days for every sector, or one number.")
        return np.array([float(value[sector]) for sector in sectors])


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadNumbers(f"{name} = {value!r}.", f"Choose {low:g} to {high:g}.")


@dataclass(frozen=True)
class CapacityLoss:
    """A part of the capacity of some industries is gone for a time and then comes back evenly.

    Attributes
    ----------
    lost
        Share of the capacity of each industry, 0 to 1.
    start_day, days
        First day, and days of full loss.
    recovery_days
        Days over which the loss then falls evenly to 0; 0 is at once.
    regions, sectors
        Whose; None is all.
    """

    lost: float
    start_day: int
    days: int
    recovery_days: int = 0
    regions: tuple[str, ...] | None = None
    sectors: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _within("lost", self.lost, 0.0, 1.0)
        for name in ("start_day", "days", "recovery_days"):
            if getattr(self, name) < 0:
                raise BadNumbers(f"{name} = {getattr(self, name)}.", "Count days from 0.")

    def path(self, table: InputOutputTable, days: int) -> Floats:
        """[day, industry] share of capacity lost.

        Raises
        ------
        UnknownName: a region or sector that the table does not have.
        """
        since = np.arange(days) - self.start_day - self.days
        left = np.where(since < 0, 1.0, 1.0 - since / self.recovery_days) if self.recovery_days else since < 0
        when = np.where(np.arange(days) >= self.start_day, np.clip(left, 0.0, 1.0), 0.0)
        hit = np.ones(len(table.industries), dtype=bool)
        for kind, names, known in (
            ("region", self.regions, table.regions),
            ("sector", self.sectors, table.sectors),
        ):
            for name in names or ():
                if name not in known:
                    raise UnknownName(kind, name, known)
            if names is not None:
                hit &= table.industries.get_level_values(kind).isin(names)
        return np.asarray(self.lost * when[:, None] * hit)


Shocks = Sequence[CapacityLoss] | Mapping[str, Sequence[CapacityLoss]] | Floats


@dataclass(frozen=True)
class ArioRun:
    """What happened; money is the table's unit a day, arrays are [scenario, day, industry].

    ``unmet`` is final demand for an industry's product that was not delivered; ``baseline``
    [scenario, industry] is production with no shock, by the sums that the run itself takes.
    """

    table: InputOutputTable
    parameters: ArioParameters
    scenarios: tuple[str, ...]
    production: Floats
    demand: Floats
    capacity: Floats
    unmet: Floats
    baseline: Floats

    def paths(self) -> pd.DataFrame:
        """One row a scenario, day and industry.

        Returns
        -------
        scenario, day, region, sector, production, baseline, demand, capacity, unmet.
        """
        runs, days, industries = self.production.shape
        pairs = self.table.industries
        columns = {
            name: getattr(self, name).ravel() for name in ("production", "demand", "capacity", "unmet")
        }
        return pd.DataFrame(
            {
                "scenario": np.repeat(self.scenarios, days * industries),
                "day": np.tile(np.repeat(np.arange(days), industries), runs),
                "region": np.tile(pairs.get_level_values(0), runs * days),
                "sector": np.tile(pairs.get_level_values(1), runs * days),
                "baseline": np.repeat(self.baseline, days, axis=0).ravel(),
                **columns,
            }
        )

    def losses(self) -> pd.DataFrame:
        """One row a scenario.

        Returns
        -------
        scenario, lost_production and unmet (money over the run), lost_share (of baseline output),
        lowest_share (output of the worst day over the baseline), recovered_day (first day from which output
        stays within a thousandth of the baseline; missing where it does not get there).
        """
        total, usual = self.production.sum(axis=2), self.baseline.sum(axis=1)
        days = total.shape[1]
        low = total < (1 - RECOVERED) * usual[:, None]
        last = np.where(low.any(axis=1), days - low[:, ::-1].argmax(axis=1), 0)
        return pd.DataFrame(
            {
                "scenario": self.scenarios,
                "lost_production": days * usual - total.sum(axis=1),
                "unmet": self.unmet.sum(axis=(1, 2)),
                "lost_share": 1 - total.mean(axis=1) / usual,
                "lowest_share": total.min(axis=1) / usual,
                "recovered_day": np.where(last < days, last, np.nan),
            }
        )


def recovery_level(stock_days: float, restock_days: float, needed_share: float) -> float:
    """Output over baseline below which an economy of one industry never recovers; 0 is always.

    With stocks of *n* days and restocking in *tau*: ``(1 - n/tau) / (1 - psi n/tau)`` where n < tau. Below
    it the orders of all fall short of the baseline, and stocks with them. Worked: 20, 60 and .8 give 10/11;
    90 and 60 give 0.

    References
    ----------
    docs/method/simulation.md, section 14.4
    """
    ratio = stock_days / restock_days
    return 0.0 if ratio >= 1 else (1 - ratio) / (1 - needed_share * ratio)


def simulate_ario(
    table: InputOutputTable,
    shocks: Shocks,
    *,
    days: int = 365,
    parameters: ArioParameters | None = None,
) -> ArioRun:
    """Simulate losses of capacity day by day; several scenarios run side by side.

    Parameters
    ----------
    shocks: losses of one scenario or of several by name, where the largest counts of those that hit an
        industry at once; or the shares lost themselves, [day, industry] or [scenario, day, industry].
    days: length of the run; that of the shares where these are given.

    Raises
    ------
    UnknownName, BadNumbers: shocks or parameters that do not fit the table.

    Warns
    -----
    CollapseWarning: stocks are shorter than the time to restock them, so that a shock may have no end.
    """
    parameters = parameters or ArioParameters()
    names, lost = _losses(table, shocks, days)
    _warn_of_collapse(table, parameters)
    records = {name: np.empty((lost.shape[1], lost.shape[2], len(names))) for name in _RECORDED}
    baseline = np.empty((len(names), lost.shape[2]))
    for start in range(0, len(names), LANES):
        part = slice(start, start + LANES)
        baseline[part] = _run(table, parameters, lost[part], {n: r[:, :, part] for n, r in records.items()})
    made = {name: np.moveaxis(values, 2, 0) for name, values in records.items()}
    return ArioRun(table, parameters, names, baseline=baseline, **made)


_RECORDED = ("production", "demand", "capacity", "unmet")


def _run(
    table: InputOutputTable, parameters: ArioParameters, lost: Floats, records: dict[str, Floats]
) -> Floats:
    """Fill the records [day, industry, lane] of some scenarios side by side; their baselines."""
    economy = _Economy(table, parameters, len(lost))
    for day, shares in enumerate(np.ascontiguousarray(np.moveaxis(lost, 0, 2))):
        for name, values in economy.step(shares).items():
            unit = economy.final if name == "unmet" else economy.output
            np.multiply(values, unit, out=records[name][day])
    return np.asarray(economy.output.T)


def _losses(table: InputOutputTable, shocks: Shocks, days: int) -> tuple[tuple[str, ...], Floats]:
    """Names of the scenarios and shares lost, [scenario, day, industry]."""
    if isinstance(shocks, np.ndarray):
        lost = shocks if shocks.ndim == 3 else shocks[None]
        if lost.ndim != 3 or lost.shape[2] != len(table.industries):
            raise BadNumbers(f"shares lost of shape {shocks.shape}.", f"Give [day, {len(table.industries)}].")
        if not ((lost >= 0) & (lost <= 1)).all():
            raise BadNumbers("shares lost below 0, above 1 or missing.", "Give 0 to 1 for every day.")
        return tuple(f"scenario {i}" for i in range(len(lost))), np.asarray(lost, dtype=float)
    if days < 1:
        raise BadNumbers(f"{days} days.", "Run at least one.")
    cases = shocks if isinstance(shocks, Mapping) else {"scenario": shocks}
    if not cases:
        raise YtterbyError("no scenario.", "Give at least one; an empty list of losses is a calm one.")
    none = np.zeros((days, len(table.industries)))
    paths = [np.maximum.reduce([none, *(one.path(table, days) for one in case)]) for case in cases.values()]
    return tuple(cases), np.stack(paths)


def _warn_of_collapse(table: InputOutputTable, parameters: ArioParameters) -> None:
    stock, restock = (parameters.days(name, table.sectors) for name in ("stock_days", "restock_days"))
    short = np.flatnonzero(stock < restock)
    if not len(short):
        return
    psi = parameters.needed_share
    worst = max(short, key=lambda s: recovery_level(float(stock[s]), float(restock[s]), psi))
    level = recovery_level(float(stock[worst]), float(restock[worst]), psi)
    warnings.warn(
        f"stocks of {stock[worst]:g} days are restocked in {restock[worst]:g} ({table.sectors[worst]}, "
        f"{len(short)} of {len(stock)} inputs): once output falls below about {level:.1%} of the baseline it "
        "may never recover. Choose restock_days of at most stock_days, or read the run as a collapse.",
        CollapseWarning,
        stacklevel=3,
    )


class _Economy:
    """State of all scenarios side by side and the step of one day.

    Axes: s sector of the input, r region of its supplier, j buying industry, the last one counts scenarios.
    Output, demand and capacity are shares of baseline output; stocks and orders are days of baseline use.
    Arrays [s, j, lane] are written in place: a pass over one takes longer than what is computed in it.
    """

    def __init__(self, table: InputOutputTable, parameters: ArioParameters, lanes: int) -> None:
        regions, sectors = len(table.regions), len(table.sectors)
        industries = regions * sectors
        self.parameters = parameters
        self.grid = (regions, sectors, lanes)
        flows = (table.flows / DAYS_PER_YEAR).reshape(regions, sectors, industries)
        self.sales = np.ascontiguousarray(flows.transpose(1, 0, 2))
        self.purchases = np.ascontiguousarray(flows.transpose(1, 2, 0))
        self.final = table.final_demand.sum(axis=1)[:, None] / DAYS_PER_YEAR
        # By the same sums as in every step, lane by lane: with no shock all ratios are then exactly 1.
        self.alpha, self.demand, self.made, self.weight = (np.ones((industries, lanes)) for _ in range(4))
        self.use = self._bought(self.weight)  # [s, j, lane] money a day
        self.orders = np.ones(self.use.shape)
        self.output = self._sold(self.orders) + self.final
        self.scale = np.maximum(self.output, NOTHING)
        self.unused = np.nonzero(self.use[:, :, 0] == 0)
        self.ordered_from = self.use.copy()
        self.ordered_from[self.unused] = 1.0
        self.spent = np.empty(self.use.shape)
        self._set_stocks(table, parameters)

    def _set_stocks(self, table: InputOutputTable, parameters: ArioParameters) -> None:
        days = parameters.days("stock_days", table.sectors)
        endless = ~np.isfinite(days)
        if (parameters.needed_share * days < 1).any():
            raise BadNumbers(
                "a part (needed_share) of stock_days is less than a day, so stocks would fall below 0.",
                "Choose needed_share times stock_days of at least 1.",
            )
        # An endless stock has no gap and holds nothing up: inf less any use stays inf.
        self.target = np.where(endless, 0.0, days)[:, None, None]
        self.stock = np.where(endless, np.inf, days)[:, None, None] * np.ones(self.use.shape)
        # divided by, not multiplied with its inverse: a full stock at a share of 1 gives exactly 1
        self.needed = np.where(endless, 1.0, parameters.needed_share * days)[:, None, None]
        self.per_restock = 1 / parameters.days("restock_days", table.sectors)[:, None, None]
        self.free = np.nonzero(self.use[:, :, 0] <= LEAST_INPUT * self.output[:, 0])

    def _bought(self, weight: Floats) -> Floats:
        """[s, j, lane] what each buys of each input when its suppliers sell these shares of the baseline."""
        return np.asarray(self.purchases @ weight.reshape(self.grid).transpose(1, 0, 2))

    def _sold(self, asked: Floats) -> Floats:
        """[j, lane] what each industry sells when buyers ask for these multiples of the baseline."""
        sold = np.empty(self.grid)
        np.matmul(self.sales, asked, out=sold.transpose(1, 0, 2))
        return sold.reshape(self.made.shape)

    def step(self, lost: Floats) -> dict[str, Floats]:
        """One day under the shares lost [industry, lane]; shares of baseline output, and of final demand."""
        self._overproduce()
        capacity = self.alpha * (1.0 - lost)
        wanted = np.minimum(self.demand, capacity)
        np.divide(self.stock, self.needed, out=self.spent)
        self.spent[self.free] = np.inf
        self.made = np.minimum(wanted, self.spent.min(axis=0))
        short = 1.0 - self.made / np.maximum(self.demand, NOTHING)
        told = {"production": self.made, "demand": self.demand, "capacity": capacity, "unmet": short}
        self._deliver(short)
        self._order(wanted, capacity)
        return told

    def _overproduce(self) -> None:
        """Who could not serve yesterday what is asked today stretches; who lacks nothing relaxes."""
        scarcity = (self.demand - self.made) / np.maximum(self.demand, NOTHING)
        most, days = self.parameters.most_overproduction, self.parameters.overproduction_days
        change = np.where(scarcity == 0, 1.0 - self.alpha, (most - self.alpha) * scarcity)
        self.alpha = np.maximum(1.0, self.alpha + change / days)

    def _deliver(self, short: Floats) -> None:
        """Stocks take what arrives less what is used; an industry that is short rations all alike."""
        # the net of both at once: a stock that gets what it gives keeps its last bit
        self.stock += np.subtract(self.orders, self.made, out=self.spent)
        if short.any():
            missing = self._bought(self.weight * short)
            missing /= self.ordered_from
            missing *= self.orders
            self.stock -= missing

    def _order(self, wanted: Floats, capacity: Floats) -> None:
        """Orders of tomorrow: use and a part of the gap to the stock that wanted output needs."""
        orders = np.multiply(self.target, wanted, out=self.orders)
        orders -= self.stock
        np.maximum(orders, 0.0, out=orders)
        orders *= self.per_restock
        orders += self.made
        if self.parameters.order_by_capacity:
            self.weight = capacity
            self.ordered_from = self._bought(capacity)
            self.ordered_from[self.unused] = 1.0
            if capacity.min() == 0:  # where no supplier of a sector can make anything, nothing is ordered
                nobody = self.ordered_from == 0
                orders[nobody], self.ordered_from[nobody] = 0.0, 1.0
        asked = np.divide(self.use, self.ordered_from, out=self.spent)
        asked *= orders
        self.demand = (self.weight * self._sold(asked) + self.final) / self.scale
