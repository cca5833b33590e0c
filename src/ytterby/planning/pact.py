"""The pact of a study's partners: what every coalition would cost, fair splits, and what must be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ytterby.planning.nucleolus import least_core, prenucleolus
from ytterby.planning.sharing import (
    NoSuchSplit,
    in_core,
    proportional_split,
    sampled_shapley,
    savings_game,
    shapley,
    tau_value,
)  # fmt: skip

Floats = NDArray[np.float64]
Game = Mapping[frozenset[str], float]

BELIEFS = 101  # probabilities tried from 0 to 1
STEADY = 1e-9  # of the largest cost: a saving below is rounding
RULES = ("shapley", "nucleolus", "tau", "proportional")
SPLIT_COLUMNS = ["partner", "alone_usd", *(f"{rule}_usd" for rule in RULES), "error_usd"]
CORE_COLUMNS = ["rule", "stable", "excess_usd", "coalition"]
BELIEF_COLUMNS = ["scenario", "probability", "saving_usd", "holds_from", "holds_to"]


@dataclass(frozen=True)
class Pact:
    """How the saving of acting together may be shared.

    ``split``: partner, alone_usd, then by rule the cost a partner bears: shapley_usd, nucleolus_usd,
    tau_usd (missing where the game is not quasi-balanced), proportional_usd (to what each loses
    without any measure), and error_usd, the standard error of a sampled Shapley value (0: exact).
    ``core``: rule, stable, excess_usd (least that a coalition gains by staying), coalition (that
    one); only where every coalition was solved.
    ``beliefs``: scenario, probability, saving_usd of acting together if it were certain, and the
    range holds_from..holds_to of its probability, the others in proportion, in which a split exists
    that nobody leaves (missing: none does). Decisions are those made for the study's probabilities.
    """

    split: pd.DataFrame
    core: pd.DataFrame
    beliefs: pd.DataFrame


def no_pact() -> Pact:
    """Tables without rows: one partner alone, or too many coalitions."""
    empty = (pd.DataFrame(columns=columns) for columns in (SPLIT_COLUMNS, CORE_COLUMNS, BELIEF_COLUMNS))
    return Pact(*empty)


def share_costs(costs: Game, exposure: Mapping[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the cost of all by every rule, and test each split.

    Parameters
    ----------
    costs: USD of every coalition; exposure: by partner, weights of the proportional split, from 0.

    Returns
    -------
    ``split`` and ``core`` as in :class:`Pact`.
    """
    game = savings_game(costs)
    gains = {
        "shapley": shapley(game),
        # equal to the nucleolus where joining never hurts, and defined within the solver's gap of that
        "nucleolus": prenucleolus(game),
        "tau": _or_none(lambda: tau_value(game)),
        "proportional": _or_none(lambda: proportional_split(game, exposure)),
    }
    partners = sorted({p for c in costs for p in c}, key=list(exposure).index)
    rows = [
        [p, alone := costs[frozenset([p])], *(alone - g[p] if g else np.nan for g in gains.values()), 0.0]
        for p in partners
    ]
    tests = {rule: in_core(game, gain) for rule, gain in gains.items() if gain}
    core = [
        [rule, t.stable, t.smallest_excess, "+".join(p for p in partners if p in t.coalition)]
        for rule, t in tests.items()
    ]
    return pd.DataFrame(rows, columns=SPLIT_COLUMNS), pd.DataFrame(core, columns=CORE_COLUMNS)


def sample_costs(
    partners: Sequence[str], cost: Callable[[frozenset[str]], float], *, pairs: int, seed: int
) -> pd.DataFrame:
    """Estimate the Shapley split where there are too many coalitions to solve all; as ``Pact.split``.

    ``cost`` is asked for single partners, all of them, and the coalitions met in random orders.
    """
    alone = {p: cost(frozenset([p])) for p in partners}
    share = sampled_shapley(partners, lambda c: sum(alone[p] for p in c) - cost(c), pairs=pairs, seed=seed)
    rows = [
        [p, alone[p], alone[p] - share.split[p], np.nan, np.nan, np.nan, share.standard_error[p]]
        for p in partners
    ]
    return pd.DataFrame(rows, columns=SPLIT_COLUMNS)


def _or_none(rule: Callable[[], dict[str, float]]) -> dict[str, float] | None:
    """Split by a rule; None where the rule has none for this game."""
    try:
        return rule()
    except NoSuchSplit:
        return None


def beliefs(
    first_stage_usd: Game, scenario_usd: Mapping[frozenset[str], Floats], chance: Mapping[str, float]
) -> pd.DataFrame:
    """What must be believed for the pact to hold, with the decisions as they are.

    Parameters
    ----------
    first_stage_usd: by coalition, what it pays whatever happens.
    scenario_usd: by coalition, [scenario] what each scenario costs it then.
    chance: probability by scenario, in the order of ``scenario_usd``.

    Returns
    -------
    ``beliefs`` as in :class:`Pact`.
    """
    study = np.array(list(chance.values()))
    rows = []
    for i, (name, probability) in enumerate(chance.items()):
        certain = (np.arange(len(study)) == i).astype(float)
        held = [
            p
            for p in np.linspace(0, 1, BELIEFS)
            if _holds(first_stage_usd, scenario_usd, _moved(study, i, p))
        ]
        everyone = max(first_stage_usd, key=len)
        saving = savings_game(_costs(first_stage_usd, scenario_usd, certain))[everyone]
        # the range around the study's own probability, if the pact holds there
        rows.append([name, probability, saving, *_range(held, probability)])
    return pd.DataFrame(rows, columns=BELIEF_COLUMNS)


def _moved(chance: Floats, place: int, probability: float) -> Floats:
    """Probabilities with one of them changed, the others in proportion."""
    others = float(chance.sum() - chance[place])
    moved = chance * ((1 - probability) / others if others > 0 else 0.0)
    moved[place] = probability
    return moved


def _costs(
    first: Game, scenario: Mapping[frozenset[str], Floats], chance: Floats
) -> dict[frozenset[str], float]:
    return {c: first[c] + float(chance @ scenario[c]) for c in first}


def _holds(first: Game, scenario: Mapping[frozenset[str], Floats], chance: Floats) -> bool:
    """Whether some split keeps every coalition in."""
    costs = _costs(first, scenario, chance)
    game = savings_game(costs)
    slack = STEADY * max(map(abs, costs.values()))
    everyone = max(game, key=len)
    if len(everyone) == 2:
        return game[everyone] >= -slack
    return least_core(game).excess >= -slack


def _range(held: Sequence[float], probability: float) -> tuple[float, float]:
    """Ends of the run of probabilities that holds nearest to the study's own."""
    if not held:
        return np.nan, np.nan
    runs = np.split(np.array(held), np.flatnonzero(np.diff(held) > 1.5 / (BELIEFS - 1)) + 1)
    nearest = min(runs, key=lambda run: max(run[0] - probability, probability - run[-1], 0.0))
    return float(nearest[0]), float(nearest[-1])
