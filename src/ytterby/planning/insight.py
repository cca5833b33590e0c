"""What a plan's programme can still tell once the plan is found: frontier, alternatives, regret, time."""

from __future__ import annotations

from collections.abc import Callable

from ytterby.planning.alternatives import alternatives
from ytterby.planning.frontier import frontier
from ytterby.planning.plan import Insight
from ytterby.planning.programme import Choice, Programme
from ytterby.planning.regret import regret
from ytterby.planning.worth import week_earlier


def look_further(
    programme: Programme,
    best: Choice,
    nothing: Choice,
    *,
    time_limit: float | None = None,
    progress: Callable[[str, float], None],
) -> Insight:
    """Look at the plan from all sides; what the scenarios have told so far is used again.

    Parameters
    ----------
    nothing: the choice without any measure.
    time_limit: seconds for each further plan.
    progress: called with what is being done and the share done.
    """
    others = alternatives(programme, best, nothing, progress=lambda s: progress("alternatives", 0.1 * s))
    regrets = regret(
        programme, best, time_limit=time_limit, progress=lambda s: progress("regret", 0.1 + 0.3 * s)
    )
    curve = frontier(programme, time_limit=time_limit, progress=lambda s: progress("frontier", 0.4 + 0.5 * s))
    earlier = week_earlier(programme, best)
    progress("worth of time", 1.0)
    return Insight(
        frontier=curve,
        alternatives=others,
        regret=regrets.table,
        least_regretted=regrets.least_regretted,
        information_usd=regrets.information_usd,
        stochastic_usd=regrets.stochastic_usd,
        earlier=earlier,
    )
