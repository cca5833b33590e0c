"""A study as its files: settings and typed tables, read with all faults at once."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import material
from ytterby.catalog.tables import (
    MAX_FAULTS,
    Column,
    empty_table,
    read_table,
    study_columns,
    write_table,
)  # fmt: skip
from ytterby.errors import Fault, InputFaults, UnknownName

SETTINGS_FILE = "study.toml"
OPTIONAL_TABLES = ("figures", "series", "history")  # what was published, and what a study looks back at
_MAX_SETTINGS_BYTES = 100_000
Day = Annotated[dt.date, Field(ge=dt.date(1990, 1, 1), le=dt.date(2200, 12, 31))]
RegionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Simulation(_Record):
    """How the weekly simulator runs."""

    start: Day | None = Field(None, description="day on which week 0 begins; without it weeks have no date")
    horizon_weeks: int = Field(104, ge=1, le=2080, description="weeks simulated")
    draws: int = Field(200, ge=1, le=1_000_000, description="random draws per scenario set")
    seed: int = Field(20251028, ge=0, description="seed of every random number")


class Planning(_Record):
    """What the planner may decide, and by when."""

    partners: tuple[str, ...] = Field(min_length=1, description="partners that plan together")
    start: Day = Field(description="day from which projects may be decided")
    deadline: Day = Field(description="day by which the target share must be met")
    deadline_material: str = Field(description="material of the deadline's target")
    target_share: float = Field(
        ge=0, le=1, description="share of the partners' need for it from outside the controlled regions"
    )
    controlled_regions: tuple[str, ...] = Field(description="regions whose exports are under control")
    budget_usd: float | None = Field(None, ge=0, description="joint budget; absent: sum of the partners'")
    yearly_budget_usd: float | None = Field(
        None, ge=0, description="most the partners may spend together in any year; absent: no limit"
    )
    start_months: tuple[int, ...] = Field(
        (0,), min_length=1, description="months after the start at which a project may begin"
    )
    periods: int = Field(20, ge=1, le=520, description="periods of the planner")
    weeks_per_period: int = Field(13, ge=1, le=52, description="13 weeks make a quarter")
    discount_rate: float = Field(0.04, ge=0, lt=1, description="yearly discount rate")


class Screening(_Record):
    """Which cells of the screening the report shows."""

    materials: tuple[str, ...] = Field(description="catalog materials")
    importers: tuple[str, ...] = Field(description="countries whose dependence is shown")


class Settings(_Record):
    """The content of ``study.toml``."""

    name: str
    title: str
    question: str
    base_year: int = Field(ge=1990, le=2100)
    date: Day = Field(description="the day of which 'in force' is asked")
    regions: tuple[RegionName, ...] = Field(min_length=1, max_length=300)
    currency: str = "USD"
    simulation: Simulation = Simulation()  # type: ignore[call-arg]  # every field has a default
    planning: Planning
    screening: Screening

    @field_validator("regions")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        return names


@dataclass(frozen=True)
class StudyFiles:
    """A study as read: settings and one typed table per file.

    Tables carry the columns of ``catalog/data/study_columns.csv`` and ``row``, the line in the file.
    """

    folder: Path
    settings: Settings
    tables: Mapping[str, pd.DataFrame]


def read_study_files(folder: Path) -> StudyFiles:
    """Read a study folder.

    Raises
    ------
    InputFaults: every fault of every file, with file, row, column and remedy.
    """
    if not folder.is_dir():
        remedy = "Name a folder made by 'ytterby new NAME', or a built-in study."
        raise InputFaults([Fault(str(folder), None, None, "is not a study folder.", remedy)])
    settings, faults = _read_settings(folder / SETTINGS_FILE)
    tables: dict[str, pd.DataFrame] = {}
    for table in study_columns():
        path = folder / f"{table}.csv"
        if table in OPTIONAL_TABLES and not path.exists():
            tables[table] = empty_table(table)
            continue
        tables[table], found = read_table(path, table)
        faults.extend(found)
    faults.extend(_check_references(tables, settings))
    faults.extend(_check_keys(tables))
    faults.extend(_check_limits(tables["stockpiles"]))
    if settings:
        faults.extend(_check_settings(settings, tables))
    if faults or settings is None:
        raise InputFaults(_the_first(faults))
    return StudyFiles(folder, settings, tables)


def write_study_files(study: StudyFiles, folder: Path) -> None:
    """Write a study whose tables were changed in memory as a new folder, whole or not at all.

    What else lies in the study's own folder (settings, articles, notes) is copied.

    Raises
    ------
    InputFaults: the folder exists already.
    """
    if folder.exists():
        raise InputFaults([Fault(str(folder), None, None, "exists already.", "Choose another name.")])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place) / folder.name
        shutil.copytree(study.folder, made, ignore=shutil.ignore_patterns("__pycache__"))
        for table, frame in study.tables.items():
            if len(frame) or table not in OPTIONAL_TABLES:
                write_table(frame, made / f"{table}.csv", table)
        made.rename(folder)


def _read_settings(path: Path) -> tuple[Settings | None, list[Fault]]:
    if not path.is_file():
        return None, [Fault(path.name, None, None, "is missing.", "Copy one from a built-in study.")]
    if path.stat().st_size > _MAX_SETTINGS_BYTES:
        return None, [Fault(path.name, None, None, "is too large for settings.", "Keep it under 100 kB.")]
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings.model_validate(content), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, [Fault(path.name, None, None, f"is not TOML ({error}).", "Mend the line it names.")]
    except OSError as error:
        return None, [
            Fault(path.name, None, None, f"cannot be read ({error.strerror}).", "Check its rights.")
        ]
    except ValidationError as error:
        return None, [_settings_fault(path.name, detail) for detail in error.errors()]


def _settings_fault(file: str, detail: Any) -> Fault:
    place = ".".join(str(part) for part in detail["loc"])
    return Fault(file, None, place, f"{detail['msg'][0].lower()}{detail['msg'][1:]}.", "Mend this setting.")


def _the_first(faults: list[Fault]) -> list[Fault]:
    """No more faults than anybody reads, and how many there are besides."""
    more = len(faults) - MAX_FAULTS
    if more <= 0:
        return faults
    rest = Fault("the study", None, None, f"has {more:,} faults more.", "Mend these first.")
    return [*faults[:MAX_FAULTS], rest]


def _check_settings(settings: Settings, tables: Mapping[str, pd.DataFrame]) -> Iterable[Fault]:
    """Names in the settings that nobody knows, and a deadline before the start."""
    plan, screened = settings.planning, settings.screening
    yield from _unknown("planning.partners", plan.partners, set(tables["partners"]["partner"]))
    yield from _unknown(
        "planning.deadline_material", (plan.deadline_material,), set(tables["materials"]["material"])
    )
    yield from _unknown("planning.controlled_regions", plan.controlled_regions, set(settings.regions))
    for place, names, find in (
        ("screening.materials", screened.materials, material),
        ("screening.importers", screened.importers, iso3),
    ):
        for name in names:
            try:
                find(name)
            except UnknownName as error:
                yield Fault(SETTINGS_FILE, None, place, error.message, error.remedy)
    if plan.deadline <= plan.start:
        yield Fault(
            SETTINGS_FILE, None, "planning.deadline", "is not after the start.", "Choose a later day."
        )


def _unknown(place: str, names: Iterable[str], known: set[str]) -> Iterable[Fault]:
    for name in names:
        if name not in known:
            remedy = f"Choose from {', '.join(sorted(known)[:12])}."
            yield Fault(SETTINGS_FILE, None, place, f"{name!r} is not in this study.", remedy)


def _check_limits(stockpiles: pd.DataFrame) -> Iterable[Fault]:
    for row in stockpiles.loc[stockpiles["stock_t"] > stockpiles["limit_t"], "row"]:
        remedy = "Raise the limit or mend the stock."
        yield Fault("stockpiles.csv", int(row), "stock_t", "is above limit_t.", remedy)


def _check_references(tables: Mapping[str, pd.DataFrame], settings: Settings | None) -> Iterable[Fault]:
    known = {
        f"{table}.{column.name}": set(tables[table][column.name])
        for table, columns in study_columns().items()
        for column in columns
        if column.type == "id" and column.name == columns[0].name
    }
    known["study.regions"] = set(settings.regions) if settings else set()
    for table, columns in study_columns().items():
        for column in columns:
            if column.refers_to and (settings or column.refers_to != "study.regions"):
                yield from _dangling(tables[table], column, known[column.refers_to])


def _dangling(frame: pd.DataFrame, column: Column, known: set[str]) -> Iterable[Fault]:
    for row, cell in zip(frame["row"], frame[column.name], strict=True):
        for name in cell if isinstance(cell, tuple) else (cell,):
            if name and name not in known:
                remedy = f"Add it to {column.refers_to.replace('.', ': ')}, or mend the name."
                yield Fault(f"{column.table}.csv", row, column.name, f"{name!r} is not known there.", remedy)


_KEYS = {
    "materials": ["material"], "contents": ["material", "element"],
    "recipes": ["recipe", "material", "direction"], "processes": ["process"], "capacities": ["process"],
    "arcs": ["material", "origin", "destination", "process"], "demand": ["use"],
    "inventories": ["material", "region", "holder"], "policies": ["policy"], "projects": ["project"],
    "project_capacities": ["project", "process"], "stockpiles": ["stockpile"], "partners": ["partner"],
    "sources": ["source_id"], "series": ["series"], "history": ["series", "period"],
}  # fmt: skip


def _check_keys(tables: Mapping[str, pd.DataFrame]) -> Iterable[Fault]:
    for table, key in _KEYS.items():
        frame = tables[table]
        for row in frame.loc[frame.duplicated(key), "row"]:
            remedy = "Keep one row for each " + ", ".join(key) + "."
            yield Fault(f"{table}.csv", int(row), key[0], "stands twice in the table.", remedy)
