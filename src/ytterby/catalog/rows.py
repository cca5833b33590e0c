"""Attributes are rows: the CSV files of ``catalog/data``, read once."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``catalog/data/<name>.csv``, one dictionary of texts per row."""
    path = resources.files("ytterby.catalog") / "data" / f"{name}.csv"
    return tuple(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
