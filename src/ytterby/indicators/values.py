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
ESTIMATE_LIMIT = 5.0  # estimates of governance lie within about -2.5 and 2.5, single ones reach -3.3


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
    except (TypeError, ValueError) as error:
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


def rows(*numbers: npt.ArrayLike) -> list[Array]:
    """Numbers of the suppliers of one material, each as a one-dimensional array, all of one length.

    Raises
    ------
    BadNumbers
        Text or anything else that is no list of numbers, a table of several materials, lengths that differ,
        or two series with other labels: they are never matched by position.
    """
    _refuse_other_labels(numbers)
    try:
        listed = [np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in numbers]
    except (TypeError, ValueError) as error:
        raise BadNumbers(f"not a list of numbers ({error}).", "Give one number a supplier.") from error
    for part in listed:
        if part.ndim > 1:
            raise BadNumbers(
                f"a table of shape {part.shape} stands where the suppliers of one material are asked for.",
                "Ask for one row or column at a time.",
            )
    if len({part.size for part in listed}) > 1:
        sizes = " and ".join(str(part.size) for part in listed)
        raise BadNumbers(f"{sizes} numbers for the same suppliers.", "Give one for each.")
    return listed


def check_estimates(estimates: npt.ArrayLike) -> None:
    """Refuse governance that is no estimate on about -2.5 to 2.5, as percentile ranks are; NaN passes."""
    remedy = "Give estimates, about -2.5 (weak) to 2.5 (strong), not percentile ranks."
    check_within(-ESTIMATE_LIMIT, ESTIMATE_LIMIT, remedy, governance=estimates)


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


def check_shares(parts: Array, name: str) -> None:
    """Refuse negative shares and sums above one that rounding does not explain."""
    check_within(0.0, np.inf, f"Give {name} of the whole, 0..1.", **{name: parts})
    if exceeds_whole(parts).any():
        raise BadNumbers(
            f"{name} sum to {float(np.nansum(parts, axis=-1).max()):.3f}.",
            "Give shares of the whole, 0..1, not percents.",
        )


def exceeds_whole(shares: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether shares along the last axis sum above one by more than rounding explains."""
    parts = np.asarray(shares, dtype=np.float64)
    return np.asarray(np.nansum(parts, axis=-1) > 1.0 + rounding_room(parts) + 1e-6)  # single precision


def rounding_room(shares: npt.ArrayLike) -> Array:
    """By how much printed shares may sum above one: half of the last printed digit of each.

    A share printed to whole percents has 0.005, one to a tenth of a percent 0.0005, and so on: seven
    shares in whole percents may sum to 1.03.
    """
    parts = np.nan_to_num(np.asarray(shares, dtype=np.float64))
    room = np.zeros_like(parts)
    for digits in (6, 5, 4, 3, 2):
        printed = np.abs(parts - np.round(parts, digits)) < 1e-9
        room = np.where(printed & (parts > 0), 0.5 * 10.0**-digits, room)
    return np.asarray(room.sum(axis=-1))
