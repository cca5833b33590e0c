"""Everything a report shows, as tables: nothing is computed behind this border.

The columns of every table stand in ``result_columns.csv`` and in ``docs/reference/report.md``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, partial
from importlib import resources
from typing import Any

import pandas as pd

from ytterby.catalog.studies import Settings
from ytterby.errors import Fault, InputFaults

_TYPES = {"text": "object", "flag": "bool", "integer": "int64", "number": "float64"}


@cache
def result_columns() -> Mapping[str, tuple[Mapping[str, str], ...]]:
    """Attribute rows (column, type, unit, description) of every table of a report."""
    tables: dict[str, list[Mapping[str, str]]] = {}
    text = resources.files("ytterby.views").joinpath("result_columns.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        tables.setdefault(row["table"], []).append(row)
    return {name: tuple(rows) for name, rows in tables.items()}


def empty_table(name: str) -> pd.DataFrame:
    """Return a table of a report without rows."""
    columns = {row["column"]: pd.Series(dtype=_TYPES[row["type"]]) for row in result_columns()[name]}
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Finding:
    """One sentence of the answer.

    ``links`` pairs words of the sentence with the :func:`anchor` of the row or quote behind them;
    words that do not stand in the sentence are shown after it.
    """

    text: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Results:
    """What one run found, ready to be shown.

    Attributes
    ----------
    settings: the study's settings.
    run: version, created, seed, draws, seconds, command and ``hashes`` (input file -> SHA-256);
        what is there is shown.
    answer: five to seven sentences, the most important first.
    plan_notes: sentences on the deadline, the proof and the simplifications of the plan.
    shapes: GeoJSON of the countries, each feature with ``iso3``; None draws no map.

    All other fields are tables with the columns of :func:`result_columns`; further columns are
    allowed. A table may be left out; its section then says that the run has none.

    Raises
    ------
    InputFaults: every table that lacks a column, at once.
    """

    settings: Settings
    run: Mapping[str, Any] = field(default_factory=dict)
    answer: tuple[Finding, ...] = ()
    plan_notes: tuple[str, ...] = ()
    shapes: Mapping[str, Any] | None = None
    articles: pd.DataFrame = field(default_factory=partial(empty_table, "articles"))
    problems: pd.DataFrame = field(default_factory=partial(empty_table, "problems"))
    claims: pd.DataFrame = field(default_factory=partial(empty_table, "claims"))
    verdicts: pd.DataFrame = field(default_factory=partial(empty_table, "verdicts"))
    variants: pd.DataFrame = field(default_factory=partial(empty_table, "variants"))
    pledges: pd.DataFrame = field(default_factory=partial(empty_table, "pledges"))
    policies: pd.DataFrame = field(default_factory=partial(empty_table, "policies"))
    corroboration: pd.DataFrame = field(default_factory=partial(empty_table, "corroboration"))
    screen: pd.DataFrame = field(default_factory=partial(empty_table, "screen"))
    regions: pd.DataFrame = field(default_factory=partial(empty_table, "regions"))
    chokepoints: pd.DataFrame = field(default_factory=partial(empty_table, "chokepoints"))
    flows: pd.DataFrame = field(default_factory=partial(empty_table, "flows"))
    fans: pd.DataFrame = field(default_factory=partial(empty_table, "fans"))
    losses: pd.DataFrame = field(default_factory=partial(empty_table, "losses"))
    plan_projects: pd.DataFrame = field(default_factory=partial(empty_table, "plan_projects"))
    plan_stockpiles: pd.DataFrame = field(default_factory=partial(empty_table, "plan_stockpiles"))
    plan_costs: pd.DataFrame = field(default_factory=partial(empty_table, "plan_costs"))
    gap_values: pd.DataFrame = field(default_factory=partial(empty_table, "gap_values"))
    split: pd.DataFrame = field(default_factory=partial(empty_table, "split"))
    assumptions: pd.DataFrame = field(default_factory=partial(empty_table, "assumptions"))
    sources: pd.DataFrame = field(default_factory=partial(empty_table, "sources"))

    def __post_init__(self) -> None:
        faults = list(self._missing_columns())
        if faults:
            raise InputFaults(faults)

    def _missing_columns(self) -> Iterator[Fault]:
        for name, table in self.tables().items():
            for row in result_columns()[name]:
                if row["column"] not in table.columns:
                    remedy = f"It holds: {row['description']}."
                    yield Fault(name, None, row["column"], "the report's table lacks this column.", remedy)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, in the order of the fields."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name in result_columns()}


def anchor(kind: str, *keys: Any) -> str:
    """Return the id of a row in the page, such as ``claim:000-c12``.

    ``anchor("claim", claim_id)``, ``anchor("verdict", claim_id)``, ``anchor("pledge", pledge_id)``,
    ``anchor("policy", policy)``, ``anchor("source", source_id)``, ``anchor("project", project)``,
    ``anchor("chokepoint", node)``, ``anchor("loss", case, scenario)``, ``anchor("cost", case, item)``,
    ``anchor("stockpile", case, partner, material, region)``, ``anchor("gap", process)``,
    ``anchor("split", partner)``, ``anchor("assumption", file, row)``, ``anchor("figure", name)``.
    """
    return ":".join([kind, *(_slug(key) for key in keys)])


def _slug(key: Any) -> str:
    """Plain characters as they are, others by code point, so that distinct keys stay distinct."""
    return re.sub(r"[^A-Za-z0-9._-]", lambda found: f"~{ord(found[0]):x}~", str(key))
