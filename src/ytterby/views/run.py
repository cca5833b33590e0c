"""Everything that a run leaves in its folder, beside the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ytterby.evidence.claims import Claim, write_claims
from ytterby.ledger.calendars import write_calendar
from ytterby.views.exhibits import figure_tables
from ytterby.views.folder import RUN_FILE, files_in
from ytterby.views.page import write_report
from ytterby.views.results import Results
from ytterby.views.tables import write_table, write_text
from ytterby.views.wording import plain_value

if TYPE_CHECKING:
    from ytterby.planning.projects import Plan

_PLAN_TABLES = (
    "projects", "stockpiles", "costs", "losses", "gap_values", "coalitions", "split", "core", "beliefs",
    "support", "proof", "cover",
)  # fmt: skip
_AROUND = ("frontier", "alternatives", "regret", "earlier")
_CSV = ("articles", "problems", "verdicts", "variants", "pledges", "policies", "corroboration", "screen",
        "chokepoints", "flows", "losses", "assumptions", "sources")  # fmt: skip


def write_results(
    results: Results, claims: Iterable[Claim], plan: Plan, shortfall: pd.DataFrame, folder: Path
) -> None:
    """Write report, claims, tables, plan, figures' data, calendar and the record of the run."""
    write_report(results, folder / "report.html")
    write_claims(claims, folder / "claims.jsonl")
    write_calendar(results.pledges, folder / "pledges.ics")
    for name in _CSV:
        write_table(results.tables()[name], folder / f"{name}.csv")
    write_table(shortfall, folder / "shortfall.parquet")
    write_plan(plan, folder / "plan.json")
    (folder / "figures").mkdir()
    for name, table in figure_tables(results).items():
        write_table(table, folder / "figures" / f"{name}.csv")
    write_json({**results.run, "files": sorted(files_in(folder))}, folder / RUN_FILE)


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON, whole or not at all: its tables as lists of rows, deadline, gap and notes."""
    deadline = {key: plain_value(value) for key, value in asdict(plan.deadline).items()}
    head = {"study": plan.study, "partners": list(plan.partners), "deadline": deadline, "status": plan.status}
    tables = {name: _rows(table) for name, table in plan_tables(plan).items()}
    worth = (
        {
            "least_regretted": plan.insight.least_regretted,
            "information_usd": plan.insight.information_usd,
            "stochastic_usd": plan.insight.stochastic_usd,
        }
        if plan.insight
        else {}
    )
    told = {"gap": plan.gap, "gap_usd": plan.gap_usd, **worth, "notes": list(plan.notes)}
    write_json({**head, **told, **tables}, path)


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Tables of a plan by name, in reading order."""
    tables = {name: getattr(plan, name) for name in _PLAN_TABLES}
    around = {name: getattr(plan.insight, name) for name in _AROUND} if plan.insight else {}
    return tables | around


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): plain_value(v) for k, v in row.items()} for row in table.to_dict("records")]


def write_json(content: Any, path: Path) -> None:
    """Write JSON that reads and compares well: indented, keys in given order, no NaN."""
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(text + "\n", path)
