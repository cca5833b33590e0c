"""Two printed numbers of one thing: how far apart they are, what that means, and which is worst.

Rules: docs/method/facts, section 4.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ytterby.facts.production import WORLD

ORDERS = {"difference": "relative_difference", "share": "world_share"}
KEY = ["material", "stage", "country_iso3", "year"]
COLUMNS = (
    "check", *KEY, "first_source_id", "first_edition", "first_t", "second_source_id", "second_edition",
    "second_t", "relative_difference", "world_share", "unit", "basis", "status", "remedy",
)  # fmt: skip
AGREE, DIFFER, NO_NUMBER, BASES, PARTIAL = (
    "agree", "differ", "one has no number", "bases differ", "withheld parts are missing from the sum",
)  # fmt: skip
STATUSES = (DIFFER, PARTIAL, BASES, NO_NUMBER, AGREE)  # in this order they are listed
_REMEDIES = {
    "editions": "Name the edition with the number; the newer one is the publisher's correction.",
    "sources": "Look at what each counts and give both; take one source for a whole comparison.",
    "world total": "Take the countries' sum and the printed total as bounds; rest and rounding explain some.",
    "texts": "Read the text's locator: it may quote another edition, year or definition.",
    "mirror flows": "Give both reports; freight, re-exports and hidden destinations make them differ.",
}
_STATUS_REMEDIES = {
    BASES: "Do not compare or add these two: convert with a named factor, or use one of them.",
    NO_NUMBER: "Missing is not zero: use the one number and say whose it is.",
    PARTIAL: "The difference to the total is at least what is withheld; it is no error.",
}


def as_pairs(found: pd.DataFrame, check: str | list[str], partial: pd.Series | bool = False) -> pd.DataFrame:
    """Two amounts a row under their public names."""
    names = {"source_id": "source_id", "edition": "edition", "amount_t": "t"}
    sides = {"a": "first", "b": "second"}
    renamed = {f"{old}_{s}": f"{side}_{new}" for s, side in sides.items() for old, new in names.items()}
    kept = [*KEY, *renamed.values(), "basis_a", "basis_b"]
    return found.rename(columns=renamed)[kept].assign(check=check, partial=partial)


def judge(pairs: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Relative difference, status and remedy of each pair."""
    other_basis = (pairs["basis_a"] != pairs["basis_b"]) | (pairs["basis_a"] == "mixed")
    no_number = pairs["first_t"].isna() | pairs["second_t"].isna()
    gap = relative_difference(pairs["first_t"], pairs["second_t"])
    below = pairs["partial"].astype(bool) & (pairs["first_t"] < pairs["second_t"])
    states = [other_basis, no_number, gap <= tolerance, below]
    status = np.select(states, [BASES, NO_NUMBER, AGREE, PARTIAL], DIFFER)
    basis = pairs["basis_a"].where(~other_basis, pairs["basis_a"] + " / " + pairs["basis_b"])
    remedy = pd.Series(status, index=pairs.index).map(_STATUS_REMEDIES).fillna(pairs["check"].map(_REMEDIES))
    judged = pairs.assign(
        relative_difference=gap.mask(other_basis), basis=basis, status=status, remedy=remedy
    )
    return judged.assign(unit="t", world_share=np.nan)


def relative_difference(first: pd.Series, second: pd.Series) -> pd.Series:
    """|a - b| over the larger one; 0 where both are 0, NaN where one is missing."""
    larger = np.maximum(first, second)
    return ((first - second).abs() / larger.where(larger > 0, 1.0)).astype(float)


def rank_pairs(
    found: pd.DataFrame, amounts: pd.DataFrame, tolerance: float, order: str, agreeing: bool
) -> pd.DataFrame:
    """Judge, weigh against the world and sort."""
    judged = judge(found, tolerance)
    world = amounts[amounts["country_iso3"] == WORLD].groupby(["material", "stage", "year"], observed=True)
    total = judged.join(world["amount_t"].max(), on=["material", "stage", "year"])["amount_t"]
    gap = (judged["first_t"] - judged["second_t"]).abs().mask(judged["status"] == BASES)
    judged["world_share"] = gap / total.where(total > 0)
    kept = judged if agreeing else judged[judged["status"] != AGREE]
    rank = kept["status"].map({status: place for place, status in enumerate(STATUSES)})
    other = next(column for name, column in ORDERS.items() if name != order)  # many are wholly apart
    keys = ["rank", ORDERS[order], other, *KEY, "first_edition", "second_edition"]
    down = [True, False, False, *[True] * (len(keys) - 3)]
    ordered = kept.assign(rank=rank).sort_values(keys, ascending=down, kind="stable")
    return ordered[list(COLUMNS)].reset_index(drop=True)


def brief(pairs: pd.DataFrame) -> pd.DataFrame:
    """The table of ``check_sources`` in few columns, for a terminal."""
    first, second = (
        pairs[f"{side}_t"].map(_tonnes) + " " + pairs[f"{side}_source_id"] for side in ("first", "second")
    )
    named = zip(pairs["material"], pairs["stage"], pairs["country_iso3"], pairs["year"], strict=True)
    columns = {
        "check": pairs["check"],
        "what": [" ".join(dict.fromkeys(f"{m} {stage} {c} {year}".split())) for m, stage, c, year in named],
        "first": first,
        "second": second,
        "apart": pairs["relative_difference"].map("{:.0%}".format).replace("nan%", ""),
        "status": pairs["status"],
    }
    return pd.DataFrame(columns)


def _tonnes(amount: float) -> str:
    if amount != amount:  # NaN
        return "no number"
    return f"{amount:,.0f} t" if amount >= 100 else f"{amount:.3g} t"


def summarise(pairs: pd.DataFrame) -> str:
    """Say in lines how many pairs of each check were compared and how many differ.

    Parameters
    ----------
    pairs
        From ``check_sources(..., agreeing=True)``.
    """
    lines = [
        f"{check}: {len(states)} pairs, "
        + ", ".join(f"{(states == s).sum()} {s}" for s in STATUSES if (states == s).any())
        for check, states in pairs.groupby("check")["status"]
    ]
    if not (pairs["check"] == "mirror flows").any():
        lines.append("mirror flows: not checked, no reports of both sides (BACI has one number a flow)")
    return "\n".join(lines)
