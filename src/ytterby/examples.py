"""Built-in studies: small, ready to run, ready to copy."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from ytterby.catalog.studies import OPTIONAL_TABLES, SETTINGS_FILE
from ytterby.catalog.tables import study_columns
from ytterby.errors import Fault, InputFaults, UnknownName

TEMPLATE = "three-countries"  # small enough to be read in one sitting before it is changed


def _home() -> Path:
    return Path(str(files("ytterby"))) / "studies"


def builtin_studies() -> tuple[str, ...]:
    """Names of the studies that come with the package."""
    return tuple(sorted(path.parent.name for path in _home().glob(f"*/{SETTINGS_FILE}")))


def find_study(name: str | Path) -> Path:
    """Folder of a study: a path that exists, else the built-in study of that name.

    Raises
    ------
    UnknownName: neither a folder nor a built-in study; suggests near names.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder
    if str(name) in builtin_studies():
        return _home() / str(name)
    raise UnknownName("study", str(name), builtin_studies())


def new_study(folder: Path, template: str = TEMPLATE) -> Path:
    """Copy a built-in study to a new folder, to be edited in a spreadsheet.

    Raises
    ------
    InputFaults: the folder exists already. UnknownName: the template is no built-in study.
    """
    if template not in builtin_studies():  # any other folder may hold anything, and any amount of it
        raise UnknownName("template", template, builtin_studies())
    source = _home() / template
    if folder.exists():
        raise InputFaults([Fault(str(folder), None, None, "exists already.", "Choose another name.")])
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "COLUMNS.md").write_text(describe_columns(), encoding="utf-8")
    return folder


def describe_columns() -> str:
    """Reference of every table and column of a study, as Markdown."""
    parts = ["# Tables of a study\n"]
    for table, columns in study_columns().items():
        optional = "A study may do without this file.\n\n" if table in OPTIONAL_TABLES else ""
        parts.append(
            f"\n## {table}.csv\n\n{optional}"
            "| column | type | unit | required | meaning |\n|---|---|---|---|---|"
        )
        for column in columns:
            kind = ", ".join(column.choices) if column.choices else column.type
            needed = "yes" if column.required else ""
            parts.append(f"| {column.name} | {kind} | {column.unit} | {needed} | {column.description} |")
    return "\n".join(parts) + "\n"
