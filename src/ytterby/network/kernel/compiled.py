"""How functions are compiled, and how the machine code is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

from ytterby.network.chain import Floats

F = TypeVar("F", bound=Callable[..., Any])
_HOW: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
}  # no fastmath: sums keep their order, so blocks agree


def compiled(function: F) -> F:
    """Compile a step. It is kept as a part of the function that calls it, not by itself."""
    made: F = numba.njit(**_HOW)(function)
    return made


def compiled_and_kept(function: F) -> F:
    """Compile and keep the machine code for the next start, where any folder can be written."""
    try:
        made: F = numba.njit(cache=True, **_HOW)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        made = numba.njit(**_HOW)(function)
    return made


@compiled
def clear(values: Floats) -> None:
    """Fill [item, lane] with zeros; assigning to a slice takes numba far longer to compile."""
    for item in range(values.shape[0]):
        for lane in range(values.shape[1]):
            values[item, lane] = 0.0


@compiled
def clear_row(values: Floats) -> None:
    """Fill [lane] with zeros."""
    for lane in range(len(values)):
        values[lane] = 0.0


@compiled
def copy(values: Floats, into: Floats) -> None:
    """Copy [item, lane]."""
    for item in range(values.shape[0]):
        for lane in range(values.shape[1]):
            into[item, lane] = values[item, lane]


def sources_digest() -> str:
    """Digest of this folder's code.

    numba looks whether the file of the kept function has changed, not those of the functions it calls.
    The kept function holds this digest, which makes it another one when any of them changes.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
