"""How near is near enough: the rounding of the claim decides (method, section 2.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

_POINT = 0.01
_EPS = 1e-9  # 0.05 as a difference of shares is not exactly 0.05 in binary
_ABOUT = 1.5  # a round number says "about" by itself; doubling would call 69 percent "about 60"
_WORD_RATIO = 0.10  # 'halved' is a word and no measurement


@dataclass(frozen=True)
class Claimed:
    """A claimed number with the band of values that are consistent with it, ends included."""

    value: float
    low: float
    high: float
    width: float  # of the tolerance, to either side

    def holds(self, value: float) -> bool:
        """Whether a measured value is consistent with the claim; a missing one never is."""
        return self.low - _EPS <= value <= self.high + _EPS

    def distance(self, value: float) -> float:
        """How far a value lies from what is claimed, in widths of the tolerance; NaN for a missing one.

        On the open side of 'at least' and 'at most' nothing is far.
        """
        above = value > self.value and self.high > self.value + self.width
        below = value < self.value and self.low < self.value - self.width - _EPS
        if above or below:
            return 0.0
        return abs(value - self.value) / self.width


def claimed_percent(percent: float, qualifier: str = "exact") -> Claimed:
    """Band of shares consistent with a claimed percentage.

    Half of the last place that the writer gave: 5 points for a multiple of ten, 2.5 for a multiple
    of five, else 1 point (editions of the trade table differ by about as much). 'about' widens it by half;
    'at least' and 'at most' open one side.

    By hand: 60 percent -> 0.55..0.65; about 60 -> 0.525..0.675; at least 60 -> 0.55..1.
    """
    step = 10.0 if percent % 10 == 0 else 5.0 if percent % 5 == 0 else 2.0
    share, width = percent * _POINT, step / 2 * _POINT
    return _qualified(share, width, qualifier, top=1.0)


def claimed_ratio(ratio: float, qualifier: str = "exact") -> Claimed:
    """Band of ratios consistent with a factor in words: a tenth of it on either side.

    By hand: halved (0.5) -> 0.45..0.55; doubled (2) -> 1.8..2.2.
    """
    return _qualified(ratio, _WORD_RATIO * ratio, qualifier, top=float("inf"))


def claimed_mass(tonnes: float, qualifier: str = "exact") -> Claimed:
    """Band of masses consistent with a claimed one: half of its last written digit, at least 5 percent.

    By hand: 50,000 t -> 45,000..55,000; 18,835 t -> 17,893.25..19,776.75.
    """
    step = 1.0
    while tonnes and tonnes % (step * 10) == 0:
        step *= 10
    return _qualified(tonnes, max(step / 2, 0.05 * tonnes), qualifier, top=float("inf"))


def _qualified(value: float, width: float, qualifier: str, top: float) -> Claimed:
    if qualifier in {"approx", "several"}:
        width *= _ABOUT
    low = -math.inf if qualifier in {"at_most", "less_than"} else value - width
    high = math.inf if qualifier in {"at_least", "more_than", "majority"} else value + width
    return Claimed(value, max(low, 0.0), min(high, top), width)
