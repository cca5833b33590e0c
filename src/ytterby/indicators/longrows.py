"""Long rows of the screen: labels, bounds, components and the reason why a value is missing."""

from __future__ import annotations

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
    "own production is withheld, not available or no mass",
    "a supplier has no governance",
    "the store lacks a code that the peer counts",
    "the peer does not know this country",
)
CODE = {reason: number for number, reason in enumerate(REASONS)}


def refuse(status: Status, where: Flags, reason: str) -> None:
    """Give a reason to the cells that had none."""
    status[where & (status == 0)] = CODE[reason]


def long_rows(
    grid: Grid,
    indicator: str,
    status: Status,
    numbers: tuple[Array, ...],
    parts: dict[str, npt.NDArray[Any]],
    *,
    method: str | None = None,
    sources: tuple[Integers, list[str]],
) -> pd.DataFrame:
    """Long rows of one method; value, lower and upper are missing where the status is not ok.

    ``sources`` are names and the number of the name for every cell.
    ``numbers`` are (value, another definition) or (value, lower, upper); ``parts`` become the components.
    """
    fine = status == 0
    value, low, high = (np.where(fine, number, np.nan) for number in _bounds(numbers))
    texts = np.full(grid.size, "{}", dtype=object)
    texts[fine] = _components({name: part[fine] for name, part in parts.items()})
    return pd.DataFrame(
        {
            "method": _categories([method or indicator], np.zeros(grid.size, np.int64)),
            "indicator": _categories([indicator], np.zeros(grid.size, np.int64)),
            **_labels(grid),
            "value": value,
            "lower": low,
            "upper": high,
            "status": pd.Categorical.from_codes(status, list(REASONS)),
            "components": pd.Series(
                texts, dtype=object
            ),  # told, as guessing the type of a million texts takes 1 s
            "source_id": _categories(["", *sources[1]], np.where(fine, sources[0] + 1, 0)),
        }
    )


def _components(parts: dict[str, npt.NDArray[Any]]) -> list[str]:
    """JSON text of each cell; names in quotes, numbers with six digits."""
    fields = ", ".join(
        f'"{key}": "%s"' if part.dtype == object else f'"{key}": %.6g' for key, part in parts.items()
    )
    form = "{" + fields + "}"
    return [form % row for row in zip(*(part.tolist() for part in parts.values()), strict=True)]


def _bounds(numbers: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    if len(numbers) == 3:
        return numbers
    # fmin: where the other definition is missing the value stands alone
    return numbers[0], np.fmin.reduce(numbers), np.fmax.reduce(numbers)


def _labels(grid: Grid) -> dict[str, Any]:
    """Material, stage, country and year of every cell."""
    groups, countries, years = grid.shape
    group = np.repeat(np.arange(groups), countries * years)
    country = np.tile(np.repeat(np.arange(countries), years), groups)
    return {
        "material": _categories([g.material for g in grid.groups], group),
        "stage": _categories([g.stage for g in grid.groups], group),
        "country_iso3": _categories(list(grid.countries), country),
        "year": np.tile(np.array(grid.years, dtype=np.int16), groups * countries),
    }


def _categories(names: list[str], numbers: Integers) -> pd.Categorical:
    """Categorical of names by number; a name may stand behind several numbers."""
    distinct = list(dict.fromkeys(names))
    code = np.array([distinct.index(name) for name in names], dtype=np.int16)
    return pd.Categorical.from_codes(code[numbers], distinct)


def join_rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of all methods; text columns as categories, which keeps a million rows small.

    Takes the columns out of ``parts`` one by one, so that no million rows are held twice.
    """
    joined: dict[str, Any] = {}
    for column in COLUMNS:
        pieces = [part.pop(column) for part in parts]
        if column in ("value", "lower", "upper", "year", "components"):
            joined[column] = pd.Series(np.concatenate([piece.to_numpy() for piece in pieces]))
        else:
            joined[column] = _union([pd.Categorical(piece) for piece in pieces])
    return pd.DataFrame(joined, copy=False)


def _union(pieces: list[pd.Categorical]) -> pd.Categorical:
    from pandas.api.types import union_categoricals

    return union_categoricals(pieces)
