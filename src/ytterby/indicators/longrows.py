"""Long rows of the screen: labels, bounds, components and the reason why a value is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.indicators.cells import Array, Flags, Grid, Integers

Status = npt.NDArray[np.int8]
OK = "ok"
COLUMNS = (
    "method", "indicator", "material", "stage", "country_iso3", "year",
    "value", "lower", "upper", "status", "components", "source_id",
)  # fmt: skip

# Status of a cell as a number, so that a million of them stay small.
REASONS = (
    OK,
    "no imports",
    "no trade code",
    "no trade code of its own",
    "no trade in the store for these codes",
    "no trade in the store for this year",
    "mass is known for less than 95 % of the import value",
    "no production in the store",
    "production on mixed bases",
    "no world total to share out",
    "no production is known",
    "own production is withheld or not available",
    "own production may be among the other countries of the source",
    "production and imports are on different bases",
    "production and trade are of different goods or stages",
    "apparent consumption is not positive",
    "no governance for suppliers of more than 5 % of the imports",
    "no governance in the store for this year",
    "no exports",
    "mass is known for less than 95 % of the export value",
    "a supplier of more than 5 % produces, buys more than it sells, and has no production in the store",
    "a circle of countries sells without any origin",
    "production of a country is withheld or not available",
    "own production is withheld, not available or no mass",
    "a supplier has no governance",
    "the store lacks a code that the peer counts",
    "the peer does not know this country",
)
CODE = {reason: number for number, reason in enumerate(REASONS)}


def refuse(status: Status, where: Flags, reason: str) -> None:
    """Give a reason to the cells that had none."""
    status[where & (status == 0)] = CODE[reason]


@dataclass
class GridRows:
    """Rows of one method over a whole grid; only what has a value is held, by the number of its cell.

    Most cells of a world have none (no trade code, no imports): held whole, six methods took 700 MB.
    """

    grid: Grid
    method: str
    indicator: str
    status: Status
    cell: Integers
    numbers: dict[str, Array]  # value, lower, upper
    components: npt.NDArray[np.object_]
    source: Integers
    sources: list[str]


def long_rows(
    grid: Grid,
    indicator: str,
    status: Status,
    numbers: tuple[Array, ...],
    parts: dict[str, npt.NDArray[Any]],
    *,
    method: str | None = None,
    sources: tuple[Integers, list[str]],
) -> GridRows:
    """Long rows of one method; value, lower and upper are missing where the status is not ok.

    ``sources`` are names and the number of the name for every cell.
    ``numbers`` are (value, another definition) or (value, lower, upper); ``parts`` become the components.
    """
    cell = np.flatnonzero(status == 0)
    value, low, high = _bounds(tuple(number[cell] for number in numbers))
    return GridRows(
        grid=grid,
        method=method or indicator,
        indicator=indicator,
        status=status,
        cell=cell,
        numbers={"value": value, "lower": low, "upper": high},
        components=_components({name: part[cell] for name, part in parts.items()}),
        source=np.asarray(sources[0][cell]),
        sources=sources[1],
    )


_CHUNK = 10_000  # the numbers behind the texts take more than these; they are let go chunk by chunk


def _components(parts: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.object_]:
    """JSON text of each cell; names in quotes, numbers with six digits."""
    fields = ", ".join(
        f'"{key}": "%s"' if part.dtype == object else f'"{key}": %.6g' for key, part in parts.items()
    )
    form, size = "{" + fields + "}", len(next(iter(parts.values())))
    texts = np.empty(size, dtype=object)
    for start in range(0, size, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        rows = zip(*(part[chunk].tolist() for part in parts.values()), strict=True)
        texts[chunk] = [form % row for row in rows]
    return texts


def _bounds(numbers: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    if len(numbers) == 3:
        return numbers
    # fmin: where the other definition is missing the value stands alone
    return numbers[0], np.fmin.reduce(numbers), np.fmax.reduce(numbers)


def labels(grid: Grid) -> dict[str, pd.Categorical | npt.NDArray[np.int16]]:
    """Material, stage, country and year of every cell."""
    texts = {
        column: pd.Categorical.from_codes(_spread(grid, names, axis, distinct := _distinct(names)), distinct)
        for column, (names, axis) in _axes(grid).items()
    }
    return {**texts, "year": _years(grid)}


def _axes(grid: Grid) -> dict[str, tuple[list[str], int]]:
    """Names along the first two axes of a grid, with the number of the axis."""
    return {
        "material": ([group.material for group in grid.groups], 0),
        "stage": ([group.stage for group in grid.groups], 0),
        "country_iso3": (list(grid.countries), 1),
    }


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _spread(grid: Grid, names: list[str], axis: int, distinct: list[str]) -> npt.NDArray[np.int16]:
    """Number of a name in ``distinct`` for every cell."""
    place = {name: number for number, name in enumerate(distinct)}
    codes = np.array([place[name] for name in names], dtype=np.int16)
    return np.broadcast_to(codes.reshape([-1 if k == axis else 1 for k in range(3)]), grid.shape).reshape(-1)


def _years(grid: Grid) -> npt.NDArray[np.int16]:
    return np.broadcast_to(np.array(grid.years, dtype=np.int16), grid.shape).reshape(-1)


def compact(part: GridRows | pd.DataFrame) -> GridRows | pd.DataFrame:
    """A part with its texts as categories; as objects those of a few ten thousand rows take 40 MB."""
    if isinstance(part, GridRows):
        return part
    numbers = ("value", "lower", "upper", "year", "components")
    return part.astype({column: "category" for column in COLUMNS if column not in numbers})


def join_rows(parts: Sequence[GridRows | pd.DataFrame]) -> pd.DataFrame:
    """One table of all methods; text columns as categories, which keeps a million rows small.

    Every column is made once, at its full length: joining whole tables took twice the memory.
    """
    sizes = [part.grid.size if isinstance(part, GridRows) else len(part) for part in parts]
    ends = np.cumsum(sizes)
    placed = [(part, slice(end - size, end)) for part, end, size in zip(parts, ends, sizes, strict=True)]
    length = int(sum(sizes))
    return pd.DataFrame({column: _column(placed, column, length) for column in COLUMNS}, copy=False)


_Placed = list[tuple["GridRows | pd.DataFrame", slice]]


def _column(placed: _Placed, column: str, length: int) -> Any:
    """One column of the joined table."""
    if column in ("value", "lower", "upper"):
        return _filled(placed, np.full(length, np.nan), lambda rows: rows.numbers[column], column)
    if column == "components":
        texts = np.empty(length, dtype=object)
        texts.fill("{}")  # one text for all; np.full makes three million of them, 160 MB
        # told to be objects, as guessing the type of a million texts takes 1 s
        return pd.Series(_filled(placed, texts, lambda rows: rows.components, column), dtype=object)
    if column == "year":
        years = np.empty(length, dtype=np.int16)
        for part, where in placed:
            years[where] = _years(part.grid) if isinstance(part, GridRows) else part["year"]
        return years
    return _categories(placed, column, length)


def _filled(
    placed: _Placed, whole: npt.NDArray[Any], held: Callable[[GridRows], Any], column: str
) -> npt.NDArray[Any]:
    """Write what the parts hold into a column that is empty elsewhere."""
    for part, where in placed:
        if isinstance(part, GridRows):
            whole[where.start + part.cell] = held(part)
        else:
            whole[where] = part[column]
    return whole


def _categories(placed: _Placed, column: str, length: int) -> pd.Categorical:
    """A column of texts; a cell without a value names no source."""
    known = [_names(part, column) for part, _ in placed]
    distinct = _distinct(name for names in known for name in names)
    place = {name: number for number, name in enumerate(distinct)}
    codes = np.empty(length, dtype=np.int16)
    for (part, where), names in zip(placed, known, strict=True):
        translated = np.array([place[name] for name in names], dtype=np.int16)
        codes[where] = translated[_numbers_of_names(part, column, names)] if names else 0
    return pd.Categorical.from_codes(codes, distinct)


def _names(part: GridRows | pd.DataFrame, column: str) -> list[str]:
    """Distinct texts of a part, in a fixed order."""
    if isinstance(part, pd.DataFrame):
        return list(pd.Categorical(part[column]).categories)
    if column == "status":
        return list(REASONS)
    if column == "source_id":
        return _distinct(["", *part.sources])
    if column in ("method", "indicator"):
        return [getattr(part, column)]
    return _distinct(_axes(part.grid)[column][0])


def _numbers_of_names(part: GridRows | pd.DataFrame, column: str, names: list[str]) -> npt.NDArray[Any]:
    """Number of each row's text among the names of its part."""
    place = {name: number for number, name in enumerate(names)}
    if isinstance(part, pd.DataFrame):
        return np.asarray(pd.Categorical(part[column]).codes)
    if column == "status":
        return np.asarray(part.status)
    if column == "source_id":
        number = np.zeros(part.grid.size, dtype=np.int16)
        number[part.cell] = np.array([place[name] for name in part.sources], dtype=np.int16)[part.source]
        return number
    if column in ("method", "indicator"):
        return np.zeros(part.grid.size, dtype=np.int8)
    return _spread(part.grid, *_axes(part.grid)[column], names)
