"""Inputs of criticality methods that only a study can give: what each parameter is, and reading them.

One long table, ``criticality_inputs``; what a parameter means, its unit, bounds and the labels it needs
are attribute rows (``catalog/data/criticality_parameters.csv``, docs/decisions/0010).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ytterby.catalog.materials import stages
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

TABLE = "criticality_inputs"
# Units a file may use, and their size in the unit of the parameter.
_SCALES = {
    "share": {"share": 1.0, "percent": 0.01},
    "probability": {"probability": 1.0, "percent": 0.01},
    "million EUR": {"EUR": 1e-6, "thousand EUR": 1e-3, "million EUR": 1.0, "billion EUR": 1e3},
    "million USD": {"USD": 1e-6, "thousand USD": 1e-3, "million USD": 1.0, "billion USD": 1e3},
}


@cache
def parameters() -> dict[str, dict[str, str]]:
    """Attribute row of every parameter: unit, minimum, maximum, labels, description."""
    return {row["parameter"]: row for row in read_rows("criticality_parameters")}


def in_own_unit(row: dict[str, Any]) -> dict[str, Any]:
    """One imported row in the unit of its parameter, checked against the attribute row.

    Raises
    ------
    UnknownName
        Nobody knows the parameter or the stage.
    ValueError
        The unit does not lead to that of the parameter, the number is out of bounds, or a label is
        missing; the text is the cause.
    """
    known = parameters()
    if row["parameter"] not in known:
        raise UnknownName("parameter", row["parameter"], known)
    if row["stage"] and row["stage"] not in stages():
        raise UnknownName("stage", row["stage"], stages())
    declared = known[row["parameter"]]
    scales = _SCALES.get(declared["unit"], {declared["unit"]: 1.0})
    if row["unit"] not in scales:
        raise ValueError(f"unit is not {' or '.join(scales)}")
    missing = [label for label in declared["labels"].split(";") if label and not row[label]]
    if missing:
        raise ValueError(f"no {' and no '.join(missing)}")
    value = row["value"] * scales[row["unit"]]
    if value < float(declared["minimum"]) or value > float(declared["maximum"] or "inf"):
        raise ValueError(f"not within {declared['minimum']} and {declared['maximum'] or 'any size'}")
    return {**row, "value": value, "unit": declared["unit"]}


def load_parameters(store: Store, parameter: str | None = None, **filters: Any) -> pd.DataFrame:
    """Inputs in the store, each source in its newest edition of a parameter, material and year.

    Returns
    -------
    parameter, material, stage, region, country_iso3, sector, scenario, year, value, unit, note,
    source_id, edition; no rows where nothing was imported.

    Raises
    ------
    UnknownName
        No such parameter.
    """
    if parameter is not None and parameter not in parameters():
        raise UnknownName("parameter", parameter, parameters())
    return store.select(TABLE, parameter=parameter, **filters)
