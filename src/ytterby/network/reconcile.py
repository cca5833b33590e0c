"""Reconciliation: the balanced numbers closest to what is printed or assumed.

Weighted least squares, as material flow analysis has it: each quantity may move as far as its
uncertainty allows, so that the balances hold. The equations are linear, bounds hold one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ytterby.errors import BadNumbers, ClashingNumbers
from ytterby.network.chain import Flags, Floats

BALANCE_TOLERANCE = 1e-9  # of what goes through a balance
CLASH_SIGMAS = 5.0  # chance alone moves a number this far once in two million times
_NEGLIGIBLE = 1e-12


def reconcile(
    value: ArrayLike,
    uncertainty: ArrayLike,
    balance: ArrayLike,
    total: ArrayLike = 0.0,
    *,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    names: Sequence[str] = (),
    balances: Sequence[str] = (),
    clash: float = CLASH_SIGMAS,
) -> pd.DataFrame:
    """Find x that minimises sum(((x - value) / uncertainty) ** 2) with balance @ x = total.

    Parameters
    ----------
    value: [n] what is printed or assumed, any one unit.
    uncertainty: [n] standard deviations in that unit; 0 fixes a quantity.
    balance: [m, n] coefficients of the balances; total: [m] what they sum to.
    lower, upper: [n] bounds of x.
    names: [n] what the quantities are called, balances: [m] what the balances are called; numbers when empty.
    clash: standard deviations beyond which a change counts as a contradiction; inf to see it.

    Returns
    -------
    what, printed, adjusted, uncertainty, change_sigmas (0 where nothing may move), at_bound.

    Raises
    ------
    BadNumbers: missing or infinite values, negative uncertainties, a fixed value beyond its bounds.
    ClashingNumbers: balances that no change can close, or changes beyond ``clash``; names them.

    Source: Lawson and Hanson, Solving Least Squares Problems (1974), chapters 20 and 23; for
    material flows, Cencic and Rechberger, Journal of Environmental Engineering and Management 18 (2008).
    """
    known, sigma = _checked(value, uncertainty)
    matrix = np.asarray(balance, float).reshape(-1, len(known))
    target = np.broadcast_to(np.asarray(total, float), len(matrix))
    low, high = (np.broadcast_to(np.asarray(bound, float), known.shape) for bound in (lower, upper))
    if not (np.isfinite(matrix).all() and np.isfinite(target).all()):
        raise BadNumbers("balances with missing coefficients or totals.", "Give a number for each.")
    labels = list(names) or [str(i) for i in range(len(known))]
    rows = list(balances) or [f"balance {i}" for i in range(len(matrix))]
    _check_fixed(known, sigma, low, high, labels)
    step, bound = _closest(matrix * sigma, target - matrix @ known, *_room(known, sigma, low, high))
    adjusted = np.clip(known + sigma * step, low, high)
    _check_balances(matrix, np.maximum(np.abs(known), np.abs(adjusted)), target - matrix @ adjusted, rows)
    _check_changes(step, clash, labels, known, adjusted)
    columns = (labels, known, adjusted, sigma, step, bound)
    titles = ("what", "printed", "adjusted", "uncertainty", "change_sigmas", "at_bound")
    return pd.DataFrame(dict(zip(titles, columns, strict=True)))


def _checked(value: ArrayLike, uncertainty: ArrayLike) -> tuple[Floats, Floats]:
    known = np.asarray(value, float)
    sigma = np.broadcast_to(np.asarray(uncertainty, float), known.shape)
    if known.ndim != 1 or not (np.isfinite(known).all() and np.isfinite(sigma).all()):
        message = "a value or an uncertainty is missing or infinite."
        raise BadNumbers(message, "Missing is not zero: give a guess with a wide uncertainty.")
    if (sigma < 0).any():
        raise BadNumbers("an uncertainty is negative.", "Give standard deviations; 0 fixes a quantity.")
    return known, sigma


def _check_fixed(known: Floats, sigma: Floats, low: Floats, high: Floats, labels: Sequence[str]) -> None:
    outside = np.flatnonzero((sigma == 0) & ((known < low) | (known > high)))
    if len(outside):
        raise BadNumbers(f"{labels[outside[0]]} is fixed beyond its bounds.", "Give it an uncertainty.")


def _room(known: Floats, sigma: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Bounds in standard deviations from what is printed; what is fixed needs none."""
    free = sigma > 0
    scale = np.where(free, sigma, 1.0)
    return np.where(free, (low - known) / scale, -np.inf), np.where(free, (high - known) / scale, np.inf)


def _closest(matrix: Floats, right: Floats, low: Floats, high: Floats) -> tuple[Floats, Flags]:
    """Shortest z with matrix @ z = right and low <= z <= high, and which bounds hold it."""
    size = np.linalg.norm(matrix, axis=1)
    live, moving = size > 0, matrix.any(axis=0)  # closed ways are half of a chain
    scaled = matrix[live][:, moving] / size[live, None]  # tonnes of ore and of terbium stand side by side
    z = np.clip(0.0, low, high)  # what is in no balance only minds its bounds
    held = z != 0
    z[moving], held[moving] = _within_bounds(scaled, right[live] / size[live], low[moving], high[moving])
    return z, held


def _within_bounds(matrix: Floats, right: Floats, low: Floats, high: Floats) -> tuple[Floats, Flags]:
    z = _shortest(matrix, right)
    if ((z >= low - _NEGLIGIBLE) & (z <= high + _NEGLIGIBLE)).all():
        return z, np.zeros(len(z), dtype=bool)
    held = _held(matrix, z, low, high)
    fixed = np.where(held < 0, low, np.where(held > 0, high, 0.0))
    free = held == 0
    z = fixed.copy()
    z[free] = _shortest(matrix[:, free], right - matrix @ fixed)
    return z, ~free


def _shortest(matrix: Floats, right: Floats) -> Floats:
    """Shortest solution of matrix @ z = right (least squares where there is none), refined once."""
    if not matrix.size:
        return np.zeros(matrix.shape[1])
    first = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return np.asarray(first + np.linalg.lstsq(matrix, right - matrix @ first, rcond=None)[0], dtype=float)


def _held(matrix: Floats, z: Floats, low: Floats, high: Floats) -> Floats:
    """-1, 0 or 1 for each quantity: held by its lower bound, by none, by its upper bound.

    Least distance programming: y is the shortest way along the balances that brings z within its
    bounds; its dual is a non-negative least-squares problem.
    """
    along = _null_space(matrix)
    lows, highs = np.flatnonzero(np.isfinite(low)), np.flatnonzero(np.isfinite(high))
    gradient = np.vstack([along[lows], -along[highs]])
    least = np.concatenate([(low - z)[lows], (z - high)[highs]])
    dual = _nonnegative_least_squares(
        np.vstack([gradient.T, least]), np.append(np.zeros(along.shape[1]), 1.0)
    )
    held = np.zeros(len(z))
    held[lows] -= dual[: len(lows)] > 0
    held[highs] += dual[len(lows) :] > 0
    return held


def _null_space(matrix: Floats) -> Floats:
    _, singular, rows = np.linalg.svd(matrix)
    rank = int((singular > singular.max(initial=0.0) * max(matrix.shape) * np.finfo(float).eps).sum())
    return np.asarray(rows[rank:].T, dtype=float)


def _nonnegative_least_squares(matrix: Floats, right: Floats) -> Floats:
    """Minimise |matrix @ u - right| with u >= 0 by the active-set method of Lawson and Hanson."""
    u = np.zeros(matrix.shape[1])
    passive = np.zeros(len(u), dtype=bool)
    tolerance = 10 * np.finfo(float).eps * max(matrix.shape) * float(np.abs(matrix).max(initial=1.0))
    for _ in range(3 * len(u) + 10):
        slope = matrix.T @ (right - matrix @ u)
        if passive.all() or slope[~passive].max() <= tolerance:
            break
        passive[np.argmax(np.where(passive, -np.inf, slope))] = True
        u = _within(matrix, right, u, passive)
    return u


def _within(matrix: Floats, right: Floats, u: Floats, passive: Flags) -> Floats:
    """Least squares over the passive columns; those that would turn negative leave (``passive`` changes)."""
    while True:
        goal = np.zeros(len(u))
        goal[passive] = np.linalg.lstsq(matrix[:, passive], right, rcond=None)[0]
        falling = passive & (goal <= 0)
        if not falling.any():
            return goal
        step = float((u[falling] / (u[falling] - goal[falling])).min()) if (u[falling] > 0).any() else 0.0
        u = u + step * (goal - u)
        passive &= u > _NEGLIGIBLE * max(1.0, float(np.abs(u).max()))
        u = np.where(passive, u, 0.0)


# what cannot be reconciled ------------------------------------------------------------------------


def _check_balances(matrix: Floats, through: Floats, left: Floats, rows: Sequence[str]) -> None:
    """Refuse what is left open beyond the rounding of what goes through a balance."""
    size = np.abs(matrix) @ through
    wrong = np.flatnonzero(np.abs(left) > BALANCE_TOLERANCE * np.maximum(size, _NEGLIGIBLE))
    if len(wrong):
        worst = wrong[np.argsort(-np.abs(left[wrong]), kind="stable")][:8]
        named = "; ".join(f"{rows[i]} ({left[i]:+,.4g} missing)" for i in worst)
        message = f"no change within the bounds closes {len(wrong)} balance(s): {named}."
        raise ClashingNumbers(message, "Give a quantity in them an uncertainty, or mend a value.")


def _check_changes(step: Floats, clash: float, labels: Sequence[str], old: Floats, new: Floats) -> None:
    wide = np.flatnonzero(np.abs(step) > clash)
    if len(wide):
        worst = wide[np.argsort(-np.abs(step[wide]), kind="stable")][:8]
        named = "; ".join(f"{labels[i]}: {old[i]:,.4g} to {new[i]:,.4g} ({step[i]:+.1f})" for i in worst)
        far = f"by more than {clash:g} standard deviations"
        message = f"{len(wide)} number(s) would have to move {far}: {named}."
        raise ClashingNumbers(message, "Mend one of them, or state a wider uncertainty and say why.")
