"""The base year of a study moved to the balanced one closest to what is typed and what is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain, Floats
from ytterby.network.figures import Quantities, check_figures, read_measures
from ytterby.network.reconcile import CLASH_SIGMAS, reconcile

SOURCED, ASSUMED = 0.10, 0.30  # of a row of the chain's own tables
DERIVED = 30.0  # of what follows from them: so wide that it has no say (0.1 % of the say of a typed share)


@dataclass(frozen=True)
class Reconciled:
    """A study moved to the balanced base year closest to its figures, and what that took.

    ``figures``: as :func:`check_figures`, with adjusted, deviation_adjusted, change_sigmas (of the published
    value). ``changes``: what, printed, adjusted, uncertainty, change_sigmas, at_bound of every need, plant,
    flow and surplus, tonnes a year.
    """

    study: StudyFiles
    figures: pd.DataFrame
    changes: pd.DataFrame


def reconcile_study(study: StudyFiles, *, clash: float = CLASH_SIGMAS) -> Reconciled:
    """Move needs and shares as little as their uncertainties allow towards the published figures.

    What is typed (needs, shares of purchases, shares of supply) has an uncertainty; what follows from it
    (activity, flow, surplus) is free. Recipes and contents stay, so every element balances as before; ways
    and plants without flow stay closed. Assumed capacities give way, printed ones are bounds.

    Raises
    ------
    InputFaults: as :func:`check_figures`. ClashingNumbers: figures that contradict each other or the
    chain by more than ``clash`` standard deviations; names them.
    """
    chain = build_chain(study)
    measures, quantities = read_measures(study, chain), Quantities(chain)
    typed, x = _Typed(study, chain, quantities), quantities.now()
    measured, value, sigma = measures.measured(x)
    matrix, balances = quantities.balances()
    shares, figures = np.eye(len(typed.shares)), np.eye(len(value))
    found = reconcile(
        np.concatenate([x, np.zeros(len(shares)), value]),
        np.concatenate([typed.spread, typed.share_spread, sigma]),
        _stacked([[matrix, None, None], [typed.shares, -shares, None], [measured, None, -figures]]),
        lower=np.concatenate([np.zeros(len(x)), np.full(len(shares) + len(value), -np.inf)]),
        upper=np.concatenate([typed.room, np.full(len(shares) + len(value), np.inf)]),
        names=[*quantities.names(), *typed.share_names, *measures.table["figure"]],
        balances=[*balances, *typed.share_names, *measures.table["figure"]],
        clash=clash,
    )
    moved = _moved(study, chain, quantities, found["adjusted"].to_numpy(float)[: len(x)])
    table, again = check_figures(study, chain), check_figures(moved)
    table["adjusted"], table["deviation_adjusted"] = again["model"], again["deviation"]
    table["change_sigmas"] = found["change_sigmas"].to_numpy(float)[len(found) - len(value) :]
    return Reconciled(moved, table, typed.changes(found))


def _stacked(blocks: list[list[Floats | None]]) -> Floats:
    """Put blocks side by side; None is zero."""
    widths = [next(b.shape[1] for b in column if b is not None) for column in zip(*blocks, strict=True)]
    rows = []
    for row in blocks:
        height = next(b.shape[0] for b in row if b is not None)
        pairs = zip(row, widths, strict=True)
        rows.append(np.hstack([np.zeros((height, w)) if b is None else b for b, w in pairs]))
    return np.vstack(rows)


# what may move, and the study that has moved --------------------------------------------------------


class _Share:
    """A typed share as a linear measure that is 0 as typed: its part less the share of the whole."""

    def __init__(self, quantities: int, trust: float) -> None:
        self.coefficients, self.size = np.zeros(quantities), np.zeros(quantities)
        self.trust, self.of = trust, list[int]()

    def add(self, quantity: int, tonnes: float) -> None:
        """Count a quantity into the part."""
        self.coefficients[quantity] += tonnes
        self.size[quantity] += tonnes
        self.of.append(quantity)


class _Typed:
    """What the tables of a study state about its quantities, and how far that may be off."""

    def __init__(self, study: StudyFiles, chain: Chain, quantities: Quantities) -> None:
        self.quantities, now = quantities, quantities.now()
        needs = study.tables["demand"].set_index("use")["assumed"]
        trust = [_trust(needs[name]) if name in needs else DERIVED for name in chain.processes]
        free = np.full(quantities.size - quantities.plants, DERIVED)
        self.spread: Floats = np.concatenate([trust, free]) * now  # what does not flow does not move
        self.is_need = np.append(chain.process_is_use, np.zeros(len(free), dtype=bool))
        printed = study.tables["capacities"].query("not assumed").set_index("process")["capacity_tpa"]
        self.room = np.full(quantities.size, np.inf)
        self.room[: quantities.plants] = [printed.get(name, np.inf) for name in chain.processes]
        typed = (_shares_of_purchases, _shares_of_supply)
        self.each = [share for find in typed for share in find(study, chain, quantities)]
        self.shares = np.array([s.coefficients for s in self.each]).reshape(-1, quantities.size)
        self.share_spread = np.array([s.trust * float(s.size @ now) for s in self.each])
        names = quantities.names()
        self.share_names = [f"share of {names[share.of[0]]}" for share in self.each]

    def changes(self, found: pd.DataFrame) -> pd.DataFrame:
        """Quantities before and after; uncertainty and standard deviations where a table states them."""
        x = self.quantities.size
        table, shares = found.iloc[:x].copy(), found.iloc[x : x + len(self.each)]
        table.loc[~self.is_need, ["uncertainty", "change_sigmas"]] = np.nan
        for share, row in zip(self.each, shares.itertuples(), strict=True):
            table.loc[share.of, ["uncertainty", "change_sigmas"]] = row.uncertainty, row.change_sigmas
        return table


def _shares_of_purchases(study: StudyFiles, chain: Chain, quantities: Quantities) -> list[_Share]:
    """Flow on the ways of one row of ``arcs.csv`` less its share of what their users use; one datum a row."""
    open_ways = np.flatnonzero((chain.arc_share > 0) & (chain.arc_share < 1) & (chain.arc_flow_t > 0))
    typed, shares = _rows_of_arcs(study, chain), dict[int, _Share]()
    for arc in open_ways:
        row, slot = typed[arc], chain.arc_slot[arc]
        share = shares.setdefault(row.row, _Share(quantities.size, _trust(row.assumed)))
        share.add(quantities.plants + int(arc), 1.0)
        share.coefficients[chain.slot_process[slot]] -= chain.arc_share[arc] * chain.slot_t[slot]
    return list(shares.values())


def _shares_of_supply(study: StudyFiles, chain: Chain, quantities: Quantities) -> list[_Share]:
    """Output of a plant less its weight in that of all main producers, where several share a pool."""
    plants = study.tables["processes"].set_index("process")
    main = chain.pool_material[chain.output_pool] == chain.process_material[chain.output_process]
    main &= np.array([plants["weight"][chain.processes[p]] > 0 for p in chain.output_process])
    shares = []
    for i in np.flatnonzero(main & (chain.activity_t[chain.output_process] > 0)):
        rivals = np.flatnonzero(main & (chain.output_pool == chain.output_pool[i]))
        if len(rivals) > 1:
            made = chain.output_t[rivals] * chain.activity_t[chain.output_process[rivals]]
            plant, own = chain.output_process[i], chain.output_t[i]
            share = _Share(quantities.size, _trust(plants["assumed"][chain.processes[plant]]))
            weight = own * chain.activity_t[plant] / made.sum()
            share.coefficients[chain.output_process[rivals]] = -weight * chain.output_t[rivals]
            share.add(int(plant), own)
            shares.append(share)
    return shares


def _trust(assumed: object) -> float:
    return ASSUMED if assumed else SOURCED


def _rows_of_arcs(study: StudyFiles, chain: Chain) -> list[Any]:
    """Return the row of ``arcs.csv`` behind each arc."""
    rows = {(r.material, r.origin, r.destination, r.process): r for r in study.tables["arcs"].itertuples()}
    found, pools = [], chain.pools
    for pool, slot in zip(chain.arc_pool, chain.arc_slot, strict=True):
        plant = chain.slot_process[slot]
        material, origin = pools[pool].split("@")
        key = (material, origin, chain.regions[chain.process_region[plant]])
        own = (*key, chain.processes[plant])
        found.append(rows[own] if own in rows else rows[*key, ""])
    return found


def _moved(study: StudyFiles, chain: Chain, quantities: Quantities, x: Floats) -> StudyFiles:
    """Write quantities back into needs, shares, weights and assumed capacities."""
    activity, flow = x[: quantities.plants], x[quantities.plants :][: quantities.arcs]
    of = dict(zip(chain.processes, activity, strict=True))
    tables = dict(study.tables)
    demand = tables["demand"]
    tables["demand"] = demand.assign(demand_tpa=demand["use"].map(of))
    capacities = tables["capacities"]
    enough = np.maximum(capacities["capacity_tpa"], capacities["process"].map(of))
    tables["capacities"] = capacities.assign(capacity_tpa=enough)
    made = np.zeros(quantities.plants)
    main = chain.pool_material[chain.output_pool] == chain.process_material[chain.output_process]
    np.add.at(made, chain.output_process[main], (chain.output_t * activity[chain.output_process])[main])
    processes = tables["processes"]
    weight = processes["process"].map(dict(zip(chain.processes, made, strict=True)))
    tables["processes"] = processes.assign(weight=weight.where(processes["weight"] > 0, 0.0))
    tables["arcs"] = _arcs(study, chain, flow)
    return replace(study, tables=tables)


def _arcs(study: StudyFiles, chain: Chain, flow: Floats) -> pd.DataFrame:
    """One row an arc, each for its own user, with the share that it has of the user's purchases."""
    rows = pd.DataFrame(_rows_of_arcs(study, chain)).drop(columns="Index")
    got = np.bincount(chain.arc_slot, flow, len(chain.slot_process))[chain.arc_slot]
    share = np.divide(flow, got, out=chain.arc_share.copy(), where=got > 0)
    users = [chain.processes[p] for p in chain.slot_process[chain.arc_slot]]
    return rows.assign(process=users, base_share=share)
