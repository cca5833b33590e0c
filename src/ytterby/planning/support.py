"""What the state may pay so that a project is built: grant, loan, price floor, offtake, and their cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.errors import YtterbyError
from ytterby.planning.task import MONTHS_PER_YEAR, Task

Floats = NDArray[np.float64]

INSTRUMENTS = ("grant", "loan", "price_floor", "offtake")
SUPPORT_COLUMNS = ["instrument", "level", "unit", "enough", "cost_usd"]
_MOST_FLOOR = 100.0  # times today's price; a project that needs more is no business of a floor
_BISECTIONS = 200


@dataclass(frozen=True)
class Terms:
    """On which terms private and public money count.

    ``private_rate``, ``public_rate``: yearly rates of an investor and of the state. ``volatility``:
    yearly standard deviation of the logarithm of prices; ``reversion``: share a year by which they
    return to today's level (Schwartz 1997, one factor). ``years``: of running
    at full capacity. ``loan_share``: most of capex that a public loan may cover. ``recovery``: share
    of a loan that comes back when the project fails. Defaults are assumptions in the range that
    project appraisals of mines and metal plants use; name your own where you know better.
    """

    private_rate: float = 0.12
    public_rate: float = 0.04
    volatility: float = 0.35
    reversion: float = 0.5
    years: int = 15
    loan_share: float = 0.8
    recovery: float = 0.4

    def __post_init__(self) -> None:
        rates = (self.private_rate, self.public_rate, self.volatility, self.reversion)
        shares = (self.loan_share, self.recovery)
        sound = all(0 <= v < 1e3 for v in rates) and all(0 <= v <= 1 for v in shares) and self.years >= 1
        if not sound:
            raise YtterbyError(
                "these terms of support have no meaning.", "Rates from 0, shares 0..1, years from 1."
            )

    def spread(self, years: float) -> float:
        """Standard deviation of the logarithm of the price so many years from now."""
        slow = -math.expm1(-2 * self.reversion * years) / (2 * self.reversion) if self.reversion else years
        return self.volatility * math.sqrt(slow)


def support_needed(
    capex_usd: float,
    revenue_usd: float,
    cost_usd: float,
    *,
    lead_years: float = 0.0,
    success: float = 1.0,
    terms: Terms | None = None,
) -> tuple[float, pd.DataFrame]:
    """How much of each instrument a project needs to be worth its money to an investor.

    The project costs ``capex_usd`` now, then earns a yearly revenue at today's prices and bears a
    yearly cost from ``lead_years`` on. Revenue R_t is lognormal with mean R_0. With a price floor
    at f R_0 the state pays ``max(0, f R_0 - R_t)`` each year (Black 1976 prices it); an offtake
    pays or takes ``f R_0 - R_t``.

    Parameters
    ----------
    revenue_usd, cost_usd: a year at full capacity, USD.
    success: probability that the project delivers; a loan that fails is lost but for ``recovery``.

    Returns
    -------
    Net present value to the investor without support, USD, and a table: instrument, level, unit,
    enough (whether the instrument alone suffices), cost_usd (expected present value to the state).
    A grant is at most capex and a loan at most its share; a level of 0 needs no support.

    Raises
    ------
    YtterbyError: negative amounts, or a revenue of 0.
    """
    terms = terms or Terms()
    if min(capex_usd, revenue_usd, cost_usd, lead_years) < 0 or revenue_usd == 0 or not 0 <= success <= 1:
        raise YtterbyError("a project needs capex, revenue and cost from 0, and a revenue above it.")
    case = _Case(capex_usd, revenue_usd, cost_usd, lead_years, success, terms)
    rows = [[name, *getattr(case, name)()] for name in INSTRUMENTS]
    return case.value, pd.DataFrame(rows, columns=SUPPORT_COLUMNS)


class _Case:
    """One project under its terms; each method gives level, unit, enough and cost of an instrument."""

    def __init__(
        self, capex: float, revenue: float, cost: float, lead: float, success: float, terms: Terms
    ) -> None:
        self.capex, self.revenue, self.cost, self.success, self.terms = capex, revenue, cost, success, terms
        self.times = lead + np.arange(1, terms.years + 1, dtype=float)  # paid at the end of each year
        self.private = (1 + terms.private_rate) ** -self.times
        self.public = (1 + terms.public_rate) ** -self.times
        self.value = -capex + float(self.private.sum()) * (revenue - cost)

    @property
    def lacking(self) -> float:
        """What the investor lacks, present value."""
        return max(0.0, -self.value)

    def grant(self) -> tuple[float, str, bool, float]:
        paid = min(self.capex, self.lacking)
        return paid, "USD", self.lacking <= self.capex, paid

    def loan(self) -> tuple[float, str, bool, float]:
        """Equal yearly payments at the state's rate; worth to the investor what they cost less at his."""
        terms = self.terms
        payment = 1.0 / float(self.public.sum())  # a year, for each dollar lent today
        gain = 1.0 - payment * float(self.private.sum())
        wanted = self.lacking / gain if gain > 0 else (math.inf if self.lacking else 0.0)
        most = terms.loan_share * self.capex
        lent = min(wanted, most)
        return lent, "USD", wanted <= most, lent * (1 - self.success) * (1 - terms.recovery)

    def price_floor(self) -> tuple[float, str, bool, float]:
        level = self._least(lambda f: self.value + float(self.private @ self._pays(f)))
        enough = math.isfinite(level)
        cost = self.success * float(self.public @ self._pays(level)) if enough else math.nan
        return level if enough else math.nan, "share of today's price", enough, cost

    def offtake(self) -> tuple[float, str, bool, float]:
        """Fixed price at which the investor is even; the state keeps what prices give beyond it."""
        if self.lacking == 0:
            return 0.0, "share of today's price", True, 0.0
        level = (self.cost + self.capex / float(self.private.sum())) / self.revenue
        cost = self.success * float(self.public.sum()) * (level - 1) * self.revenue
        return level, "share of today's price", True, cost

    def _pays(self, floor: float) -> Floats:
        """[year] expected payment of a floor at that multiple of today's revenue."""
        return self.revenue * np.array([put(floor, 1.0, self.terms.spread(t)) for t in self.times])

    def _least(self, surplus: Callable[[float], float]) -> float:
        """Smallest floor that leaves no lack; inf where even the highest does."""
        if self.lacking == 0:
            return 0.0
        low, high = 0.0, _MOST_FLOOR
        if surplus(high) < 0:
            return math.inf
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if surplus(middle) < 0 else (low, middle)
        return high


def put(strike: float, forward: float, spread: float) -> float:
    """Expected ``max(0, strike - price)`` for a lognormal price with mean ``forward`` (Black 1976).

    Not discounted. Strike and forward share a unit; ``spread`` is the standard deviation of the
    logarithm of the price.
    """
    if strike <= 0 or spread == 0:
        return max(0.0, strike - forward)
    d1 = (math.log(forward / strike) + spread**2 / 2) / spread
    return strike * _normal(spread - d1) - forward * _normal(-d1)


def _normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


# projects of a study ------------------------------------------------------------------------------

PROJECT_COLUMNS = ["project", "yearly_revenue_usd", "yearly_cost_usd", "value_usd", *SUPPORT_COLUMNS]


def project_support(task: Task, projects: Sequence[str], terms: Terms | None = None) -> pd.DataFrame:
    """Support that projects of a study need at its prices and costs.

    Revenue and cost are those of all processes that a project adds, at full capacity; what one of
    them makes for another is neither sold nor bought. Inputs are bought at the study's prices.

    Returns
    -------
    project, yearly_revenue_usd, yearly_cost_usd, value_usd (to an investor without support), and the
    columns of :func:`support_needed`, one row an instrument.
    """
    table = task.projects.set_index("project")
    rows = []
    for name in projects:
        row, (revenue, cost) = table.loc[name], _yearly(task, name)
        if revenue <= 0:
            continue
        value, needs = support_needed(
            float(row["capex_usd"]), revenue, cost, lead_years=float(row["lead_months"]) / MONTHS_PER_YEAR,
            success=float(row["success_probability"]), terms=terms,
        )  # fmt: skip
        rows += [[name, revenue, cost, value, *need] for need in needs.itertuples(index=False, name=None)]
    return pd.DataFrame(rows, columns=PROJECT_COLUMNS)


def _yearly(task: Task, project: str) -> tuple[float, float]:
    """Revenue and cost of a year, USD."""
    chain, table = task.chain, task.study.tables["project_capacities"]
    made, used, running = np.zeros(len(chain.materials)), np.zeros(len(chain.materials)), 0.0
    for row in table[table["project"] == project].itertuples():
        process, tonnes = chain.processes.index(row.process), float(row.capacity_tpa)
        outputs, slots = chain.output_process == process, chain.slot_process == process
        np.add.at(made, chain.pool_material[chain.output_pool[outputs]], tonnes * chain.output_t[outputs])
        np.add.at(used, chain.slot_material[slots], tonnes * chain.slot_t[slots])
        running += tonnes * float(chain.cost_usd_per_t[process])
    own = np.minimum(made, used)
    price = chain.price_usd_per_t
    return float((made - own) @ price), running + float((used - own) @ price)
