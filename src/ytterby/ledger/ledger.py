"""The whole ledger of a set of claims: verdicts, pledges, policies and events, at a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from ytterby.ledger.pledges import build_pledges, status_at
from ytterby.ledger.policies import build_policies, policies_in_force
from ytterby.ledger.reconcile import Cluster, build_clusters, build_differences, reconcile
from ytterby.ledger.verify import verify

if TYPE_CHECKING:
    from ytterby.evidence.claims import Claim
    from ytterby.facts.store import Store
    from ytterby.ledger.likeness import Embedder


@dataclass(frozen=True)
class Ledger:
    """Claims met with facts; each table as the function that makes it documents it."""

    verdicts: pd.DataFrame
    variants: pd.DataFrame
    pledges: pd.DataFrame
    policies: pd.DataFrame
    clusters: pd.DataFrame
    differences: pd.DataFrame
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)
    events: tuple[Cluster, ...] = ()  # the rows of ``clusters`` with their claims, for who shows them


def keep_ledger(
    claims: Iterable[Claim],
    store: Store,
    date: dt.date,
    *,
    policies: pd.DataFrame | None = None,
    origins: Mapping[str, Sequence[str]] | None = None,
    dates: Mapping[str, dt.date] | None = None,
    embed: Embedder | None = None,
) -> Ledger:
    """Check claims against the store and enter promises, policies and events.

    Parameters
    ----------
    date: day of which 'in force' and 'due' are asked.
    policies: rows of a study's ``policies.csv``; they replace the store's where they name one.
    origins: independent origins of each report; a report not named is its own.
    dates: day of each report, where known; a report cannot speak of what came later.
    embed: links events across languages by meaning, as for ``reconcile``.
    """
    claims = list(claims)
    known = build_policies(store, policies)
    verified = verify(claims, store, known, dates)
    clusters = reconcile(claims, origins, dates=dates, suspected=_swapped(verified.verdicts), embed=embed)
    return Ledger(
        verdicts=verified.verdicts,
        variants=verified.variants,
        pledges=status_at(build_pledges(claims, origins), date),
        policies=policies_in_force(known, date),
        clusters=build_clusters(clusters),
        differences=build_differences(clusters),
        origins=origins or {},
        events=tuple(clusters),
    )


def _swapped(verdicts: pd.DataFrame) -> dict[str, str]:
    """Claims in which the known policies suspect an error, and the error."""
    told = verdicts[verdicts["suspected_error"] != ""]
    return dict(zip(told["claim_id"], told["suspected_error"], strict=True))
