"""How many weeks a chain runs without a node, and how long it takes to come back.

Rules: ``docs/method/simulation.md``, section 15.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.indicators.chokepoints import Nodes
from ytterby.network.behaviour import Behaviour
from ytterby.network.chain import Chain, Flags, Floats
from ytterby.network.ensemble import BLOCK, add_groups, use_labels
from ytterby.network.shocks import Conditions, calm
from ytterby.network.simulate import Run, simulate

THRESHOLD = 0.05  # share of a use's need; the same as for "stops"
HORIZON = 260  # weeks


def days_of_cover(stock_days: float | Sequence[float], lost_share: float) -> float:
    """Days until a user feels that a share of supply is lost, by hand.

    Stocks of use at each stage in series live one after the other on what is left: ``sum(S) / L``. Worked: 60
    days at .6 last 100; three stages of 30 days at .6 last 150. A share of 0 lasts for ever.

    Raises
    ------
    BadNumbers: stocks below 0, or a share outside 0..1.
    """
    stocks = np.atleast_1d(np.asarray(stock_days, dtype=float))
    if not (stocks >= 0).all() or not 0 <= lost_share <= 1:
        raise BadNumbers(
            f"stocks {stock_days} and a lost share of {lost_share}.", "Give days from 0 and 0..1."
        )
    return float(stocks.sum() / lost_share) if lost_share else float("inf")


def time_to_survive(
    chain: Chain,
    *,
    nodes: Sequence[str] | None = None,
    for_regions: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
    weeks: int = HORIZON,
    behaviour: Behaviour | None = None,
) -> pd.DataFrame:
    """Weeks until a use falls short when all plants of a node stop for good, no other shock.

    Parameters
    ----------
    nodes: ``material@REGION`` as in ``choke_points``; all that run when absent.
    for_regions: count only uses in these; all when absent.
    threshold: share of its need that a use must lack.
    behaviour: options of the agents; by default they change supplier, release stockpiles and so on.

    Returns
    -------
    node, survive_weeks (full weeks before the first short one; missing where none is within the horizon),
    first_use (sector and region that is short first), lowest_share (least of its need that any use gets in a
    week, 0..1); shortest first.

    Raises
    ------
    UnknownName: a node or region that the chain does not have. BadNumbers: threshold or weeks out of range.
    """
    asked = _Asked.of(chain, nodes, for_regions, threshold, weeks)
    rows = []
    for part, run in asked.runs(weeks, weeks, behaviour):
        short, share = asked.short(run)
        rows += [_survival_row(asked, name, *lane) for name, *lane in zip(part, short, share, strict=True)]
    table = pd.DataFrame(rows, columns=["node", "survive_weeks", "first_use", "lowest_share"])
    return table.sort_values(["survive_weeks", "lowest_share"], kind="stable", ignore_index=True)


def time_to_recover(
    chain: Chain,
    outage_weeks: int,
    *,
    nodes: Sequence[str] | None = None,
    for_regions: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
    weeks: int = HORIZON,
    behaviour: Behaviour | None = None,
) -> pd.DataFrame:
    """Weeks from the return of a node until no use is short any more; parameters as in ``time_to_survive``.

    Parameters
    ----------
    outage_weeks: for which all plants of the node stand still, from week 0.

    Returns
    -------
    node, recover_weeks (0 where nothing was short after the return; missing where something is still short
    when the run ends), short_weeks (in which any use was short), unmet_share (of the run's need, 0..1).
    """
    asked = _Asked.of(chain, nodes, for_regions, threshold, weeks)
    if not 1 <= outage_weeks < weeks:
        raise BadNumbers(
            f"an outage of {outage_weeks} in {weeks} weeks.", "Choose fewer weeks than the run has."
        )
    rows = []
    for part, run in asked.runs(weeks, outage_weeks, behaviour):
        any_short = np.asarray(asked.short(run)[0].any(axis=2))
        unmet = run.unmet_t[:, :, asked.counted].sum(axis=(1, 2)) / run.need_t[:, :, asked.counted].sum(
            axis=(1, 2)
        )
        rows += [
            (name, _weeks_back(lane, outage_weeks), int(lane.sum()), float(lost))
            for name, lane, lost in zip(part, any_short, unmet, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["node", "recover_weeks", "short_weeks", "unmet_share"])
    return table.sort_values("unmet_share", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _Asked:
    """Nodes to lose and uses to look at."""

    chain: Chain
    names: tuple[str, ...]
    plants: Flags  # [process, node]
    threshold: float
    counted: Flags  # [use]
    labels: tuple[str, ...]  # of the groups of counted uses
    group: np.ndarray  # [counted use]

    @classmethod
    def of(
        cls,
        chain: Chain,
        nodes: Sequence[str] | None,
        regions: Sequence[str] | None,
        threshold: float,
        weeks: int,
    ) -> _Asked:
        if not 0 <= threshold < 1 or weeks < 1:
            raise BadNumbers(f"threshold {threshold}, {weeks} weeks.", "Choose 0 to below 1, and 1 or more.")
        all_nodes = Nodes.of(chain)
        for kind, given, known in (("node", nodes, all_nodes.names), ("region", regions, chain.regions)):
            for name in given or ():
                if name not in known:
                    raise UnknownName(kind, name, known)
        names = all_nodes.names if nodes is None else tuple(nodes)
        columns = [all_nodes.names.index(name) for name in names]
        region, sector = use_labels(chain, np.flatnonzero(chain.process_is_use))
        counted = np.array([regions is None or place in regions for place in region])
        if not counted.any():
            raise NoData("no use in these regions.", "Count others.")
        told = [f"{s} {r}" for r, s in zip(region, sector, strict=True)]
        labels = tuple(dict.fromkeys(label for label, on in zip(told, counted, strict=True) if on))
        group = np.array([labels.index(label) for label, on in zip(told, counted, strict=True) if on])
        return cls(chain, names, all_nodes.plants[:, columns], threshold, counted, labels, group)

    def runs(
        self, weeks: int, outage: int, behaviour: Behaviour | None
    ) -> Iterator[tuple[tuple[str, ...], Run]]:
        """Nodes, and what happens without each, one a lane."""
        for start in range(0, len(self.names), BLOCK):
            lanes = range(start, min(start + BLOCK, len(self.names)))
            futures = [self._without(lane, weeks, outage) for lane in lanes]
            yield self.names[start : start + BLOCK], simulate(self.chain, futures, behaviour=behaviour)

    def _without(self, node: int, weeks: int, outage: int) -> Conditions:
        now = calm(self.chain, weeks)
        factor = now.capacity_factor.copy()
        factor[:outage, self.plants[:, node]] = 0.0
        return replace(now, capacity_factor=factor)

    def short(self, run: Run) -> tuple[Flags, Floats]:
        """Flags [lane, week, group] of uses that lack more than the threshold, and the shares met."""
        unmet = add_groups(run.unmet_t[:, :, self.counted], self.group, len(self.labels))
        need = add_groups(run.need_t[:, :, self.counted], self.group, len(self.labels))
        lacking = np.divide(unmet, need, out=np.zeros_like(unmet), where=need > 0)
        return lacking > self.threshold, 1.0 - lacking


def _survival_row(asked: _Asked, name: str, short: Flags, share: Floats) -> tuple[str, float, str, float]:
    """Row of one node; of uses that fall short in the same week the one that lacks most is named."""
    weeks = np.flatnonzero(short.any(axis=1))
    lowest = max(0.0, float(share.min()))
    if not len(weeks):
        return name, float("nan"), "", lowest
    first = int(weeks[0])
    return name, float(first), asked.labels[int(share[first].argmin())], lowest


def _weeks_back(short: Flags, outage: int) -> float:
    weeks = np.flatnonzero(short)
    if not len(weeks) or weeks[-1] < outage:
        return 0.0
    return float("nan") if weeks[-1] == len(short) - 1 else float(weeks[-1] + 1 - outage)


def survival_table(
    chain: Chain, outage_weeks: int, *, for_regions: Sequence[str] | None = None
) -> pd.DataFrame:
    """Both times of every node side by side, the shortest to survive first; recovery from an outage."""
    lost = time_to_survive(chain, for_regions=for_regions)
    back = time_to_recover(chain, outage_weeks, for_regions=for_regions)
    return lost.merge(back.assign(outage_weeks=outage_weeks), on="node", validate="one_to_one")
