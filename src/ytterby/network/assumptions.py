"""What a study and the simulator assume and nobody knows: spreads, draws, and their effect on a run.

The list is data (``catalog/data/assumptions.csv``): stocks that a study marks as assumed, and the options
of the agents that move tonnes. Rules: ``docs/method/simulation.md``, section 9.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ytterby.catalog.rows import read_rows
from ytterby.catalog.studies import StudyFiles
from ytterby.network.behaviour import Behaviour
from ytterby.network.blocks import Targets
from ytterby.network.chain import Chain, Flags, Floats, Ints
from ytterby.network.shocks import Triangular

_STREAM = zlib.crc32(b"assumptions")  # apart from the streams of the scenarios' names


@dataclass(frozen=True)
class Assumption:
    """One number that is assumed, with the range in which it may lie."""

    name: str
    label: str
    kind: str  # cover (factor on assumed stocks) or behaviour (an option of the agents)
    unit: str
    spread: Triangular
    reason: str


def load_assumptions() -> tuple[Assumption, ...]:
    """Every assumption that is drawn, in the order of its column in ``draw_shares``."""
    return tuple(
        Assumption(
            row["assumption"], row["label"], row["kind"], row["unit"],
            Triangular(float(row["low"]), float(row["mode"]), float(row["high"])), row["reason"],
        )
        for row in read_rows("assumptions")
    )  # fmt: skip


@dataclass(frozen=True)
class Doubts:
    """What the draws of an ensemble assume: one record of options and one column of stocks a draw."""

    behaviours: tuple[Behaviour, ...]
    targets: Targets

    def part(self, start: int, stop: int) -> Doubts:
        """Return the doubts of some draws."""
        pools, slots = self.targets.pool_t[:, start:stop], self.targets.slot_t[:, start:stop]
        return Doubts(self.behaviours[start:stop], Targets(pools, slots))

    def holding(self, extra_slot_t: Floats) -> Doubts:
        """Return the same doubts with more stock [slot] at users in every draw."""
        held = Targets(self.targets.pool_t, self.targets.slot_t + extra_slot_t[:, None])
        return replace(self, targets=held)


def draw_shares(draws: int, seed: int) -> Floats:
    """Quantiles [draw, assumption] 0..1; the stream of a draw depends on seed and number alone."""
    count = len(load_assumptions())
    rows = [
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM, number))).random(count)
        for number in range(draws)
    ]
    return np.array(rows).reshape(draws, count)


def doubts_at(files: StudyFiles, chain: Chain, shares: Floats) -> Doubts:
    """Doubts of draws in which each assumption lies at its given quantile.

    Parameters
    ----------
    shares: [draw, assumption] 0..1, in the order of ``load_assumptions``.
    """
    known = load_assumptions()
    values: dict[str, Any] = {
        each.name: np.array([each.spread.quantile(float(u)) for u in shares[:, column]])
        for column, each in enumerate(known)
    }
    options = [each.name for each in known if each.kind == "behaviour"]
    behaviours = tuple(
        Behaviour(**{name: values[name][draw] for name in options}) for draw in range(len(shares))
    )
    pools, slots = assumed_stocks(files, chain)
    return Doubts(
        behaviours,
        Targets(
            _scaled(chain.pool_stock_t, pools, values["cover_producer"]),
            _scaled(chain.slot_stock_t, slots, values["cover_user"]),
        ),
    )


def no_doubts(chain: Chain, draws: int = 1) -> Doubts:
    """Every assumption at its most likely value."""
    own = Targets.of(chain)
    pools, slots = (np.repeat(stock, draws, axis=1) for stock in (own.pool_t, own.slot_t))
    return Doubts((Behaviour(),) * draws, Targets(pools, slots))


def _scaled(stock_t: Floats, assumed: Flags, factor: Floats) -> Floats:
    scaled: Floats = stock_t[:, None] * np.where(assumed[:, None], factor[None], 1.0)
    return scaled


def assumed_stocks(files: StudyFiles, chain: Chain) -> tuple[Flags, Flags]:
    """Flags of the pools and of the slots whose cover the study marks as assumed."""
    region = chain.process_region[chain.slot_process]
    return (
        _assumed(files, chain, "producer", chain.pool_material, chain.pool_region),
        _assumed(files, chain, "user", chain.slot_material, region),
    )


def _assumed(files: StudyFiles, chain: Chain, holder: str, material: Ints, region: Ints) -> Flags:
    """As the chain is built: a row for the region counts before one for all."""
    table = files.tables["inventories"]
    rows = table[table["holder"] == holder]
    marked = dict(zip(zip(rows["material"], rows["region"], strict=True), rows["assumed"], strict=True))
    places: Sequence[tuple[str, str]] = [
        (chain.materials[m], chain.regions[r]) for m, r in zip(material, region, strict=True)
    ]
    flags = [bool(marked[m, r] if (m, r) in marked else marked[m, "*"]) for m, r in places]
    return np.array(flags, dtype=bool)
