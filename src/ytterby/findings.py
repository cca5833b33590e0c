"""The answer first: a few sentences in plain words, each linked to the rows and quotes behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ytterby.views.results import Finding, Results, anchor

BILLION = 1e9
_WITHOUT, _WITH = "without plan", "with plan"
_VERDICT = {
    "consistent": "agrees with the data under the reference definition of trade",
    "consistent_with_other_definition": "is true under some definitions of trade and false under others",
    "inconsistent": "agrees with the data under no definition of trade",
}


def build_findings(results: Results) -> tuple[Finding, ...]:
    """Sentences on claims, choke points, futures, plan and dates; a stage without result is left out."""
    makers = (_claims, _errors, _chokepoint, _futures, _plan, _together, _dates, _assumed)
    return tuple(finding for make in makers for finding in make(results))


def _claims(results: Results) -> Iterator[Finding]:
    """The checked share with a start and an end: the band over all definitions."""
    checked = results.verdicts
    shares = checked[(checked["unit"] == "share") & checked["claimed_from"].notna() & checked["low"].notna()]
    for row in shares.head(1).itertuples():
        words = f"{row.subject}, said to go from {row.claimed},"
        band = f"{row.low:.0%} to {row.high:.0%}"
        text = (
            f"{words} {_VERDICT.get(row.verdict, row.verdict)}: {row.variants_consistent} of {row.variants} "
            f"agree, and over all of them the last value lies anywhere from {band}. Nearest is "
            f"{row.best_variant}: {row.best_from:.0%} to {row.best_to:.0%}."
        )
        yield Finding(text, ((words, anchor("claim", row.claim_id)), (band, anchor("verdict", row.claim_id))))


def _errors(results: Results) -> Iterator[Finding]:
    checked = results.verdicts
    for row in (
        checked[(checked["verdict"] == "inconsistent") & (checked["reason"] != "")].head(1).itertuples()
    ):
        words = "One report"
        text = f"{words} contradicts what is known ({row.report}): {row.reason}."
        yield Finding(text, ((words, anchor("claim", row.claim_id)),))


def _chokepoint(results: Results) -> Iterator[Finding]:
    for row in results.chokepoints.nsmallest(1, "rank").itertuples():
        words = row.label
        text = (
            f"The tightest point of the chain is {words}: {row.share_of_supply:.0%} of the world's supply. "
            f"Without it {row.lost_use_share:.0%} of the value of the partners' end uses stands still, and "
            f"{row.lost_use_share_with_spare:.0%} even if spare capacity elsewhere runs where it saves most."
        )
        yield Finding(text, ((words, anchor("chokepoint", row.node)),))


def _loss(results: Results, case: str, scenario: str = "all") -> Any:
    table = results.losses
    rows = table[(table["case"] == case) & (table["scenario"] == scenario)]
    return next(rows.itertuples(), None)


def _futures(results: Results) -> Iterator[Finding]:
    total = _loss(results, _WITHOUT)
    if total is None:
        return
    scenarios = results.losses[(results.losses["case"] == _WITHOUT) & (results.losses["scenario"] != "all")]
    worst = next(scenarios.nlargest(1, "expected_loss_usd").itertuples())
    words = f"{_billions(total.expected_loss_usd)} on average"
    deep = _billions(worst.expected_loss_usd)
    weeks = results.settings.simulation.horizon_weeks
    text = (
        f"Without a plan the partners lose {words} over {weeks} weeks and {_billions(total.cvar95_usd)} in "
        f"the worst 5 % of the futures drawn; “{worst.label}” alone costs {deep} if it comes."
    )
    links = ((words, anchor("loss", _WITHOUT, "all")), (deep, anchor("loss", _WITHOUT, worst.scenario)))
    yield Finding(text, links)


def _plan(results: Results) -> Iterator[Finding]:
    before, after = _loss(results, _WITHOUT), _loss(results, _WITH)
    chosen = results.plan_projects[results.plan_projects["chosen"].astype(bool)]
    if before is None or after is None or results.plan_projects.empty:
        return
    names = ", ".join(chosen["label"]) or "no project"
    saved = f"{_billions(before.expected_loss_usd)} to {_billions(after.expected_loss_usd)}"
    text = (
        f"The plan takes {names} ({_billions(chosen['capex_usd'].sum())} of investment) and fills the "
        f"stockpiles below{_purchase(results.plan_stockpiles)}; in the simulator, on the same futures, it "
        f"cuts the average loss from {saved}."
    )
    first = ((names, anchor("project", chosen["project"].iloc[0])),) if len(chosen) else ()
    yield Finding(text, (*first, (saved, anchor("loss", _WITH, "all"))))


def _purchase(stockpiles: pd.DataFrame) -> str:
    """What the stock costs that is bought at the start; it is not part of the investment."""
    if "purchase_usd" not in stockpiles:
        return ""
    together = stockpiles.loc[stockpiles["case"] == "together", "purchase_usd"]
    return f" (stock worth {_billions(together.sum())} to be bought)"


def _together(results: Results) -> Iterator[Finding]:
    split = results.split
    if len(split) < 2:
        return
    saving = split["saving_usd"].sum()
    partners = " and ".join(split["partner"])
    words = f"{_billions(saving)}"
    text = (
        f"Acting together instead of each alone saves {partners} {words} of expected cost over the horizon; "
        f"shared by the {split['rule'].iloc[0]}, {_shares(split)}."
    )
    yield Finding(text, ((words, anchor("split", split["partner"].iloc[0])),))


def _shares(split: pd.DataFrame) -> str:
    return ", ".join(f"{row.partner} keeps {_billions(row.saving_usd)}" for row in split.itertuples())


def _dates(results: Results) -> Iterator[Finding]:
    due = results.pledges[results.pledges["due"] != ""].sort_values("due")
    coming = due[due["due"] >= results.settings.date.isoformat()]
    if coming.empty:
        return
    parts = [f"{row.object} ({row.promisor}) by {row.due}" for row in coming.head(3).itertuples()]
    text = f"Promises with a date: {'; '.join(parts)}."
    yield Finding(text, tuple(zip(parts, (anchor("pledge", p) for p in coming["pledge_id"]), strict=False)))


def _assumed(results: Results) -> Iterator[Finding]:
    """What it all rests on, said in the answer and not only at the end."""
    table = results.assumptions
    chances = table[table["file"] == "scenarios.csv"]
    if table.empty:
        return
    words = f"{len(table)} rows of the study are assumptions"
    told = ", the probabilities of the scenarios among them" if len(chances) else ""
    first = next((chances if len(chances) else table).itertuples())
    text = f"{words}{told}; each has its reason below, and other assumptions give other answers."
    yield Finding(text, ((words, anchor("assumption", first.file, first.row)),))


def _billions(usd: float) -> str:
    if pd.isna(usd):
        return "an unknown sum"
    if abs(usd) < BILLION:
        return f"{usd / 1e6:,.0f} million USD"
    return f"{usd / BILLION:,.2f} billion USD"
