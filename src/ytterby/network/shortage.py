"""Why a use is short: the way back along the chain to the shock, with the tonnes of each step.

Every number comes from the records of one run (``simulate(..., detail=True)``). From each node the search
follows the cause with the most tonnes, and turns to the next where a cause leads to no shock. Rules:
``docs/method/simulation.md``, section 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ytterby.errors import YtterbyError
from ytterby.network.chain import Chain, Flags, Floats
from ytterby.network.shocks import Conditions, Scenario
from ytterby.network.simulate import Detail, Run

Node = tuple[str, int]  # use or plant, slot, arc, pool, shock; and its index
TOLERANCE = 1e-9  # of the largest flow: below it a difference is rounding


@dataclass(frozen=True)
class Step:
    """One cause: from a node to what held it back."""

    node: Node
    words: str
    tonnes: Floats  # [week] up to the week in question
    last_week: int  # of the cause that matters to the next step
    direct: bool  # a way of supply; else orders that rose or fell because of something else

    @property
    def total_t(self) -> float:
        """Tonnes up to the week in question."""
        return float(self.tonnes.sum())

    @property
    def since_week(self) -> int:
        """First week in which it counted."""
        return int(np.argmax(self.tonnes > 0))


def trace_shortage(
    chain: Chain, scenario: Scenario, conditions: Conditions, run: Run, use: int, week: int
) -> pd.DataFrame:
    """Trace what a use misses in a week back to a shock.

    Parameters
    ----------
    run: of these conditions alone, with detail. use: index among the chain's processes.

    Returns
    -------
    step, node, cause, tonnes (missing over the weeks ``since_week`` to ``until_week``), share (of what all
    causes at the node before it explain), since_week, until_week. The first row is the use itself; the
    last one is a shock.

    Raises
    ------
    YtterbyError: the run has no detail, the use misses nothing in that week, or no shock is found.
    """
    if run.detail is None:
        raise YtterbyError("this run kept no detail.", "Simulate with detail=True.")
    column = int(np.flatnonzero(run.uses == use)[0])
    missing = run.unmet_t[0, :, column]
    if not missing[week] > 0:
        short = np.flatnonzero(missing)
        told = f"It is short in weeks {short[0]} to {short[-1]}." if len(short) else "It is never short."
        raise YtterbyError(f"{chain.processes[use]} misses nothing in week {week}.", told)
    tracer = _Tracer(chain, scenario, conditions, run, run.detail)
    path = tracer.search(("plant", use), week)
    if path is None:
        raise YtterbyError(
            f"no shock explains what {chain.processes[use]} misses in week {week}.",
            "Report this as a defect.",
        )
    only = np.where(np.arange(len(missing)) == week, missing, 0.0)
    head = {"step": 0, "node": chain.processes[use], "cause": "need not met", "tonnes": float(only.sum()),
            "share": 1.0, "since_week": week, "until_week": week}  # fmt: skip
    rows = [
        {"step": number, "node": tracer.name(step.node), "cause": step.words, "tonnes": step.total_t,
         "share": share, "since_week": step.since_week, "until_week": step.last_week}
        for number, (step, share) in enumerate(path, 1)
    ]  # fmt: skip
    return pd.DataFrame([head, *rows])


class _Tracer:
    """Causes of each node in the records of one draw; arrays are [week, item]."""

    def __init__(
        self, chain: Chain, scenario: Scenario, conditions: Conditions, run: Run, detail: Detail
    ) -> None:
        self.chain, self.shocks, self.conditions = chain, scenario.shocks, conditions
        self.activity = run.activity_t[0]
        self.detail = detail
        self.small = TOLERANCE * max(1e-300, float(np.abs(chain.arc_flow_t).max(initial=0.0)))
        self.seen: set[Node] = set()

    def name(self, node: Node) -> str:
        chain, (kind, item) = self.chain, node
        if kind == "plant":
            return chain.processes[item]
        if kind == "slot":
            return (
                f"{chain.materials[chain.slot_material[item]]} at {chain.processes[chain.slot_process[item]]}"
            )
        if kind == "pool":
            return chain.pools[item]
        if kind == "arc":
            user = chain.processes[chain.slot_process[chain.arc_slot[item]]]
            return f"{chain.pools[chain.arc_pool[item]]} to {user}"
        return self.shocks[item].label

    # the search ---------------------------------------------------------------------------------

    def search(self, node: Node, week: int) -> list[tuple[Step, float]] | None:
        """Path to a shock: at each node the largest direct cause first, then the indirect ones."""
        stack = [(node, self._ranked(node, week))]
        path: list[tuple[Step, float]] = []
        self.seen.add(node)
        while stack:
            found = next(stack[-1][1], None)
            if found is None:
                stack.pop()
                if path:
                    path.pop()
                continue
            step, share = found
            if step.node in self.seen:
                continue
            self.seen.add(step.node)
            path.append((step, share))
            if step.node[0] == "shock":
                return path
            stack.append((step.node, self._ranked(step.node, step.last_week)))
        return None

    def _ranked(self, node: Node, week: int) -> Iterator[tuple[Step, float]]:
        causes = {"plant": self._plant, "slot": self._slot, "arc": self._arc, "pool": self._pool}
        steps = [step for step in causes[node[0]](node[1], week) if step.total_t > self.small]
        whole = sum(step.total_t for step in steps if step.direct)
        for step in sorted(steps, key=lambda step: (not step.direct, -step.total_t)):
            yield step, step.total_t / whole if step.direct else float("nan")

    def _step(
        self,
        node: Node,
        words: str,
        values: Floats,
        week: int,
        *,
        direct: bool = True,
        last: int | None = None,
    ) -> Step:
        kept = np.where(np.arange(len(values)) <= week, np.maximum(0.0, values), 0.0)
        return Step(node, words, kept, week if last is None else last, direct)

    # causes -------------------------------------------------------------------------------------

    def _plant(self, plant: int, week: int) -> Iterator[Step]:
        """A plant or use: its shocks, the inputs that held it back, what was asked of it."""
        chain, activity = self.chain, self.activity[:, plant]
        lost = chain.activity_t[plant] - activity
        factor = self.conditions.capacity_factor[:, plant]
        for s, on in self._striking("capacity_loss", plant, shock_of="processes"):
            words = f"capacity down to {factor[on].min():.0%}"
            yield self._step(("shock", s), words, np.where(on, lost, 0.0), week)
            gone = np.where(on, chain.capacity_t[plant] * (1 - factor), 0.0)
            yield self._step(("shock", s), f"{words}, no room for more", gone, week, direct=False)
        rise = chain.activity_t[plant] * (self.conditions.demand_factor[:, plant] - 1)
        for s, on in self._striking("demand_surge", plant, shock_of="processes"):
            yield self._step(("shock", s), "more is needed", np.where(on, rise, 0.0), week)
        wanted = self.detail.desired_t[0, :, plant]
        for slot in np.flatnonzero(chain.slot_process == plant):
            held = (self.detail.limiting[0, :, slot] > 0) & (np.arange(len(wanted)) <= week)
            if held.any():
                tonnes = np.where(held, chain.slot_t[slot] * (wanted - activity), 0.0)
                last = int(np.flatnonzero(held)[-1])
                yield self._step(("slot", int(slot)), "this input is the scarcest", tonnes, week, last=last)
        for q in chain.output_pool[chain.output_process == plant]:
            words = "less, then more, was asked of it"
            yield self._step(("pool", int(q)), words, np.abs(lost), week, direct=False)

    def _slot(self, slot: int, week: int) -> Iterator[Step]:
        """An input: what did not arrive on each way, and what its process took on top."""
        chain = self.chain
        for arc in np.flatnonzero(chain.arc_slot == slot):
            missing = chain.arc_flow_t[arc] - self.detail.shipped_t[0, :, arc]
            shipped_by = week - int(chain.arc_lag[arc])
            words = "less was shipped on this way than usual"
            yield self._step(("arc", int(arc)), words, missing, shipped_by)
            unserved = self._unserved(int(arc))
            words = "less came than was ordered"
            yield self._step(("arc", int(arc)), words, unserved, shipped_by, direct=False)
        plant = int(chain.slot_process[slot])
        taken = chain.slot_t[slot] * (self.detail.desired_t[0, :, plant] - chain.activity_t[plant])
        yield self._step(("plant", plant), "its process wants more than usual", taken, week, direct=False)

    def _unserved(self, arc: int) -> Floats:
        unserved: Floats = self.detail.ordered_t[0, :, arc] - self.detail.shipped_t[0, :, arc]
        return unserved

    def _arc(self, arc: int, week: int) -> Iterator[Step]:
        """A way: ban, quota, licence, a short pool behind it, or fewer orders."""
        chain, detail = self.chain, self.detail
        ordered, allowed, flow = (x[0, :, arc] for x in (detail.ordered_t, detail.allowed, detail.flow_t))
        for s, on in self._striking("ban", arc):
            usual = ordered if chain.arc_flow_t[arc] == 0 else chain.arc_flow_t[arc] - flow
            stopped = np.where(on, usual, 0.0)
            yield self._step(("shock", s), "no shipments are allowed", stopped, week)
        for s, on in self._striking("quota", arc):
            cut = np.where(on & self.conditions.arc_open[:, arc], ordered * (1 - allowed), 0.0)
            yield self._step(("shock", s), "the quota is used up", cut, week)
        held = flow - detail.shipped_t[0, :, arc]
        for s, on in self._striking("licence", arc):
            waits = self.conditions.delay_weeks[arc]
            words = f"applications wait {waits:.3g} weeks, {self.conditions.approval[arc]:.0%} are approved"
            yield self._step(("shock", s), words, np.where(on, held, 0.0), week)
        short = ordered * allowed - flow
        yield self._step(("pool", int(chain.arc_pool[arc])), "the seller has too little", short, week)
        fewer = chain.arc_flow_t[arc] - ordered
        slot = int(chain.arc_slot[arc])
        yield self._step(("slot", slot), "less was ordered here", fewer, week, direct=False)
        yield self._step(
            ("plant", int(chain.slot_process[slot])), "its user wanted less", fewer, week, direct=False
        )

    def _pool(self, pool: int, week: int) -> Iterator[Step]:
        """What is for sale: makers that make less, and users that order more or less than usual."""
        chain = self.chain
        for row in np.flatnonzero(chain.output_pool == pool):
            plant = int(chain.output_process[row])
            lost = chain.output_t[row] * (chain.activity_t[plant] - self.activity[:, plant])
            yield self._step(("plant", plant), "made less than usual", lost, week)
        for arc in np.flatnonzero(chain.arc_pool == pool):
            extra = self.detail.ordered_t[0, :, arc] - chain.arc_flow_t[arc]
            slot = int(chain.arc_slot[arc])
            for node in (("slot", slot), ("plant", int(chain.slot_process[slot]))):
                yield self._step(node, "orders more here than usual", extra, week, direct=False)
            yield self._step(("arc", int(arc)), "took less than usual before", np.abs(
                self.detail.flow_t[0, :, arc] - chain.arc_flow_t[arc]), week, direct=False)  # fmt: skip

    def _striking(self, kind: str, item: int, *, shock_of: str = "arcs") -> Iterator[tuple[int, Flags]]:
        """Shocks of a kind that hit an arc or process, with flags [week] of when they hold."""
        weeks = np.arange(self.conditions.weeks)
        for s, shock in enumerate(self.shocks):
            if shock.kind == kind and item in getattr(shock, shock_of):
                yield s, (weeks >= shock.start_week) & (weeks < shock.end_week)
