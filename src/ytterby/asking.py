"""Questions to a study: what if, why is it short, what drives it, how do two runs differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ytterby.errors import Fault, InputFaults
from ytterby.study import Progress, Study, run_head

if TYPE_CHECKING:
    from ytterby.network.asked import AskedInventory, AskedShock
    from ytterby.network.assumptions import Doubts
    from ytterby.network.whatif import Answer

WEEKS = 104  # simulated after the first shock: a year to see it strike and one to see it heal
MOST_DRAWS = 10_000
MOST_NUMBERS = 40_000_000  # draws x weeks x uses of one answer: its arrays then hold about 2 gigabytes


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def what_if(
    study: Study,
    shocks: Sequence[AskedShock],
    *,
    changes: Sequence[AskedInventory] = (),
    regions: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    weeks: int = WEEKS,
    threshold: float = 0.05,
    certain: bool = False,
    progress: Progress = _silent,
) -> Answer:
    """Which end uses stop when, how surely, at what loss; and what more inventory would change.

    The study stays as it is. Both cases run the same draws, over what the shocks leave open and over what
    the study and the simulator assume (``docs/method/simulation.md``, section 9).

    Parameters
    ----------
    changes: more inventory, all of it together as one change; none for the question as things are.
    regions: where to count; every region with an end use when empty.
    weeks: simulated after the first shock.
    threshold: share of a week's need that is unmet from which a use counts as stopped.
    certain: every assumption at its most likely value; one draw where the shocks leave nothing open.

    Raises
    ------
    InputFaults: goods, regions, plants, days, durations that the study does not know; all at once.
    """
    from ytterby.network import whatif
    from ytterby.network.asked import Asking
    from ytterby.network.ensemble import run_ensemble

    asking = Asking(study.files, study.chain)
    settings = study.settings.simulation
    count, first_seed = draws or settings.draws, settings.seed if seed is None else seed
    places = tuple(dict.fromkeys(regions)) or _with_use(study)
    _, _, asked, *more = _all_of(
        partial(_check_numbers, count, weeks, threshold),
        partial(asking.check_regions, places, _with_use(study)),
        partial(asking.resolve, shocks),
        *(partial(asking.extra_stock_t, change, places) for change in changes),
    )
    size = count * (asked.start_week + weeks) * int(study.chain.process_is_use.sum())
    if size > MOST_NUMBERS:
        raise InputFaults(
            [Fault("question", None, "draws", "are too many for so long a run.", "Ask for fewer.")]
        )
    extra = sum(more, np.zeros(len(study.chain.slot_t)))
    if certain and asked.scenario.is_certain:
        count = 1
    doubts = _doubts(study, count, first_seed, certain=certain)
    wanted = {whatif.AS_IT_IS: doubts} | ({whatif.CHANGED: doubts.holding(extra)} if changes else {})
    cases = {
        case: run_ensemble(
            study.chain, [asked.scenario], draws=count, seed=first_seed, weeks=asked.start_week + weeks,
            doubts=held, progress=partial(progress, case.capitalize()),
        )
        for case, held in wanted.items()
    }  # fmt: skip
    first_day = asking.first_day
    differences = None
    if changes:
        before, after = cases[whatif.AS_IT_IS], cases[whatif.CHANGED]
        pairs = whatif.pair_losses(before, after, places)
        differences = whatif.difference_table(pairs, before.weight, first_seed)
    return whatif.Answer(
        study=study.settings.name,
        start_week=asked.start_week,
        start_day=first_day + dt.timedelta(weeks=asked.start_week),
        weeks=weeks,
        threshold=threshold,
        draws=count,
        seed=first_seed,
        shocks=tuple(map(asking.in_words, shocks)),
        changes=tuple(asking.change_in_words(change, places) for change in changes),
        notes=asked.notes,
        regions=places,
        cases=cases,
        stops=whatif.stop_table(
            cases, regions=places, start=asked.start_week, threshold=threshold, first_day=first_day
        ),
        fans=whatif.fan_table(cases, places, first_day),
        differences=differences,
        **whatif.held_more(study.chain, extra),
        record=run_head(study, first_seed, count, {}),
    )


def _all_of(*parts: Callable[[], Any]) -> list[Any]:
    """Return what each part gives; the faults of all parts come in one error, each once."""
    given: list[Any] = []
    faults: list[Fault] = []
    for part in parts:
        try:
            given.append(part())
        except InputFaults as error:
            faults += error.faults
    if faults:
        raise InputFaults(dict.fromkeys(faults))
    return given


def _check_numbers(draws: int, weeks: int, threshold: float) -> None:
    faults = []
    if not 1 <= draws <= MOST_DRAWS:
        faults.append(Fault("question", None, "draws", f"{draws}.", f"Choose 1 to {MOST_DRAWS:,}."))
    if not 1 <= weeks <= 1040:
        faults.append(Fault("question", None, "weeks", f"{weeks}.", "Choose 1 to 1,040."))
    if not 0 <= threshold < 1:
        faults.append(Fault("question", None, "threshold", f"{threshold}.", "Choose 0 to below 1."))
    if faults:
        raise InputFaults(faults)


def _with_use(study: Study) -> tuple[str, ...]:
    """Regions with an end use, where losses can be counted."""
    chain = study.chain
    found = set(chain.process_region[chain.process_is_use])
    return tuple(region for r, region in enumerate(chain.regions) if r in found)


def _doubts(study: Study, draws: int, seed: int, *, certain: bool) -> Doubts:
    from ytterby.network.assumptions import doubts_at, draw_shares, no_doubts

    if certain:
        return no_doubts(study.chain, draws)
    return doubts_at(study.files, study.chain, draw_shares(draws, seed))
