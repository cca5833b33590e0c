"""Questions to a study: what if, why is it short, what drives it, how do two runs differ."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ytterby.errors import Fault, InputFaults, UnknownName, YtterbyError
from ytterby.study import Progress, Study, run_head
from ytterby.views.folder import RUN_FILE

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.network.asked import Asked, AskedInventory, AskedShock
    from ytterby.network.assumptions import Doubts
    from ytterby.network.chain import Floats, Ints
    from ytterby.network.comparing import Comparison, Futures
    from ytterby.network.ensemble import Ensemble
    from ytterby.network.shocks import Scenario
    from ytterby.network.whatif import Answer

WEEKS = 104  # simulated after the first shock: a year to see it strike and one to see it heal
POINTS, MOST_POINTS = 96, 16_384  # rows of the design of a sensitivity analysis
MEASURES = ("usd", "tonnes")
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

    asking = Asking(study.files, study.chain)
    settings = study.settings.simulation
    count = settings.draws if draws is None else draws
    first_seed = settings.seed if seed is None else seed
    places = asking.parts_of(regions, among=_with_use(study)) or _with_use(study)
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
    cases = _run_cases(
        study, asked, extra if changes else None, count, first_seed, weeks, certain=certain, progress=progress
    )
    first_day = asking.first_day
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
        differences=whatif.case_differences(cases, places, first_seed),
        **whatif.held_more(study.chain, extra),
        record=run_head(study, first_seed, count, {})
        | {"question": [*map(asking.in_words, shocks), f"{weeks} weeks", "certain" if certain else "drawn"]},
    )


def _run_cases(
    study: Study, asked: Asked, extra_t: Floats | None, draws: int, seed: int, weeks: int, *,
    certain: bool, progress: Progress,
) -> dict[str, Ensemble]:  # fmt: skip
    """Run the question as things are, and with more stock [slot] where there is any, on the same draws."""
    from ytterby.network.ensemble import run_ensemble
    from ytterby.network.whatif import AS_IT_IS, CHANGED

    doubts = _doubts(study, draws, seed, certain=certain)
    wanted = {AS_IT_IS: doubts} | ({} if extra_t is None else {CHANGED: doubts.holding(extra_t)})
    return {
        case: run_ensemble(
            study.chain, [asked.scenario], draws=draws, seed=seed, weeks=asked.start_week + weeks,
            doubts=held, progress=partial(progress, case.capitalize()),
        )
        for case, held in wanted.items()
    }  # fmt: skip


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


def explain_shortage(
    study: Study,
    use: str,
    region: str,
    *,
    scenario: str | None = None,
    shocks: Sequence[AskedShock] = (),
    week: int | None = None,
    draw: int | None = None,
    seed: int | None = None,
    weeks: int = WEEKS,
) -> pd.DataFrame:
    """Why a use is short in a week: input, way, plant, and at the end the shock, each with its tonnes.

    Parameters
    ----------
    use: a sector of end uses, or one end use by name.
    scenario, shocks: a scenario of the study, or shocks as for ``what_if``; one of the two.
    week: of the run; the worst week when absent.
    draw: number of a draw of ``simulate`` (scenario) or ``what_if`` (shocks); absent: every uncertain
        number at its most likely value.
    weeks: simulated after the first shock, for ``shocks``; a scenario runs to the study's horizon.

    Returns
    -------
    step, node, cause, tonnes, share, since_week, until_week (``network.shortage.trace_shortage``).

    Raises
    ------
    UnknownName: no such use, region or scenario. YtterbyError: the use misses nothing then.
    """
    from ytterby.network.ensemble import Draw
    from ytterby.network.shocks import modal_conditions
    from ytterby.network.shortage import trace_shortage
    from ytterby.network.simulate import simulate

    story, horizon = _story(study, scenario, shocks, weeks)
    first_seed = study.settings.simulation.seed if seed is None else seed
    known = _one_draw(study, draw if shocks else None, first_seed)
    if draw is None:
        conditions = modal_conditions(story, study.chain, horizon)
    else:
        conditions = Draw(story, draw, 1.0).conditions(study.chain, horizon, first_seed)
    run = simulate(study.chain, conditions, behaviour=known.behaviours, targets=known.targets, detail=True)
    index = _use_index(study, use, region, run.unmet_t[0].sum(axis=0), run.uses)
    missing = run.unmet_t[0, :, int(np.flatnonzero(run.uses == index)[0])]
    worst = int(missing.argmax()) if week is None else week
    if not 0 <= worst < horizon:
        raise YtterbyError(f"week {worst} is outside the run.", f"Choose 0 to {horizon - 1}.")
    return trace_shortage(study.chain, story, conditions, run, index, worst)


def explain_drivers(
    study: Study,
    *,
    scenario: str | None = None,
    shocks: Sequence[AskedShock] = (),
    regions: Sequence[str] = (),
    measure: str = "usd",
    points: int = POINTS,
    seed: int | None = None,
    weeks: int = WEEKS,
    progress: Progress = _silent,
) -> pd.DataFrame:
    """Which assumption drives the loss: Sobol indices with 95 % intervals, largest first.

    Parameters
    ----------
    scenario, shocks: a scenario of the study, or shocks as for ``what_if``; one of the two.
    regions: where losses are counted; all with an end use when empty.
    measure: ``usd`` (value of unmet need) or ``tonnes``.
    points: rows of the design; (parameters + 2) times as many runs.

    Returns
    -------
    parameter, label, unit, low, mode, high, first, total and their ends (``network.sensitivity``).
    """
    from ytterby.network.asked import Asking
    from ytterby.network.sensitivity import rank_drivers

    if measure not in MEASURES:
        raise UnknownName("measure", measure, MEASURES)
    if not 8 <= points <= MOST_POINTS:
        raise YtterbyError(f"{points} points.", f"Choose 8 to {MOST_POINTS:,}.")
    chain = study.chain
    asking = Asking(study.files, chain)
    places = asking.parts_of(regions, among=_with_use(study)) or _with_use(study)
    asking.check_regions(places, _with_use(study))
    story, horizon = _story(study, scenario, shocks, weeks)
    uses = np.flatnonzero(chain.process_is_use)
    inside = np.isin(chain.process_region[uses], [chain.regions.index(place) for place in places])
    value = chain.unmet_usd_per_t[uses] if measure == "usd" else np.ones(len(uses))
    return rank_drivers(
        study.files, chain, story, counted=np.where(inside, value, 0.0), weeks=horizon, points=points,
        seed=study.settings.simulation.seed if seed is None else seed, progress=partial(progress, "Drivers"),
    )  # fmt: skip


def _story(
    study: Study, scenario: str | None, shocks: Sequence[AskedShock], weeks: int
) -> tuple[Scenario, int]:
    """Scenario and horizon: one of the study, or the shocks that are asked about."""
    from ytterby.network.asked import Asking

    if (scenario is None) == (not shocks):
        raise YtterbyError("neither or both of scenario and shocks are given.", "Give one of the two.")
    if shocks:
        asked = Asking(study.files, study.chain).resolve(shocks)
        return asked.scenario, asked.start_week + weeks
    found = {each.name: each for each in study.scenarios}
    if scenario not in found:
        raise UnknownName("scenario", str(scenario), found)
    return found[scenario], study.settings.simulation.horizon_weeks


def _use_index(study: Study, use: str, region: str, unmet_t: Floats, uses: Ints) -> int:
    """End use of a name or sector in a region; of several the one that misses most."""
    chain = study.chain
    names = [chain.processes[p] for p in uses]
    sectors = [chain.sectors[s] for s in chain.process_sector[uses]]
    places = [chain.regions[r] for r in chain.process_region[uses]]
    if region not in places:
        raise UnknownName("region with an end use", region, places)
    own = [k for k, place in enumerate(places) if place == region]
    fitting = [k for k in own if use in (names[k], sectors[k])]
    if not fitting:
        raise UnknownName(f"end use in {region}", use, [sectors[k] for k in own])
    return int(uses[max(fitting, key=lambda k: unmet_t[k])])


def _one_draw(study: Study, number: int | None, seed: int) -> Doubts:
    """What one draw of a question assumes; the most likely values when none is named."""
    from ytterby.network.assumptions import doubts_at, draw_shares, no_doubts

    if number is None:
        return no_doubts(study.chain)
    return doubts_at(study.files, study.chain, draw_shares(number + 1, seed)[number:])


def compare(
    first: str | Path | Ensemble,
    second: str | Path | Ensemble,
    *,
    cases: tuple[str | None, str | None] = (None, None),
    paired: bool = True,
    threshold: float = 0.05,
) -> Comparison:
    """Differences of two runs, draw by draw: losses, stops, fans; the second less the first.

    Parameters
    ----------
    first, second: folders that ``run`` or ``what_if`` wrote (both read), or ensembles.
    cases: which case of each folder (``without plan``, ``with the change`` ...); the first when absent.
    paired: differences of the same draws; refused where the draws are not common. ``False`` compares means.

    Raises
    ------
    YtterbyError: draws that are not common, or other regions and sectors. InputFaults: no folder of a run.
    """
    from ytterby.network.comparing import compare_futures

    sides = [_futures(each, case) for each, case in zip((first, second), cases, strict=True)]
    return compare_futures(*sides, paired=paired, threshold=threshold)


def _futures(run: str | Path | Ensemble, case: str | None) -> Futures:
    from ytterby.facts.sql import read_parquet
    from ytterby.network.comparing import futures_of

    if not isinstance(run, str | Path):
        return futures_of(run.shortfall, "ensemble", {"seed": run.seed, "draws": len(run.draws)})
    table = read_parquet(Path(run) / "shortfall.parquet")
    known = list(dict.fromkeys(table["case"])) if "case" in table else []
    if case is not None and case not in known:
        raise UnknownName(f"case of {run}", case, known)
    chosen = case if case is not None else known[0] if known else None
    kept = table if chosen is None else table[table["case"] == chosen]
    return futures_of(kept, str(run), _record(Path(run)))


def _record(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fault = Fault(str(folder), None, None, f"has no readable {RUN_FILE}.", "Name the folder of a run.")
        raise InputFaults([fault]) from error
    return content if isinstance(content, dict) else {}
