"""Numbers in, a number out; arrays in, an array out.

Equations that are asked for one material and for many follow one rule. One missing number is refused,
because the caller meant it; in arrays it stays missing, because one gap must not end a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ytterby.errors import BadNumbers

Array = npt.NDArray[np.float64]
Value = float | Array
_LABELS = ("index", "columns")


def arrays(*numbers: npt.ArrayLike) -> list[Array]:
    """Numbers, arrays or tables as arrays of one shape, the last axes aligned.

    Raises
    ------
    BadNumbers
        Shapes do not fit, or two tables carry different labels: they are never matched by position.
    """
    _refuse_other_labels(numbers)
    try:
        return list(np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in numbers)))
    except ValueError as error:
        shapes = " and ".join(str(np.shape(part)) for part in numbers)
        raise BadNumbers(f"shapes {shapes} do not match.", "Give one for each.") from error


def _refuse_other_labels(numbers: tuple[Any, ...]) -> None:
    """Refuse tables whose last axes (countries, sectors) or first axes (materials) are named otherwise."""
    tables = [part for part in numbers if hasattr(part, "index") and hasattr(part, "iloc")]
    last = [tuple(part.columns) if hasattr(part, "columns") else tuple(part.index) for part in tables]
    first = [tuple(part.index) for part in tables if hasattr(part, "columns")]
    for names in (last, first):
        if len(set(names)) > 1:
            raise BadNumbers(
                f"tables are labelled differently: {names[0][:5]} and {names[1][:5]}.",
                "Reindex them to the same countries or materials in the same order.",
            )


def plain(value: Array) -> Value:
    """A float where one number came in, else the array."""
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def present(value: Array, what: str) -> Value:
    """Result of an equation: NaN is refused for a single one and stays in an array.

    Raises
    ------
    BadNumbers
        A single result is missing.
    """
    if np.ndim(value) == 0 and np.isnan(value):
        raise BadNumbers(f"{what} is missing or cannot be formed.", "Missing is not zero: give the inputs.")
    return plain(value)


def check_within(low: float, high: float, remedy: str, **numbers: npt.ArrayLike) -> None:
    """Refuse known numbers outside ``low``..``high``; NaN passes.

    Raises
    ------
    BadNumbers
        Names the first input that is outside, and its value.
    """
    for name, part in numbers.items():
        values = np.asarray(part, dtype=np.float64)
        outside = values[(values < low) | (values > high)]
        if outside.size:
            raise BadNumbers(f"{name} of {outside[0]:g} is not within {low:g} and {high:g}.", remedy)
