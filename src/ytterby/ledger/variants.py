"""One claim, many definitions: the variants in which a number of the store can be asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ytterby.ledger.rounding import Claimed

VERDICTS = ("consistent", "consistent_with_other_definition", "inconsistent", "not_checkable")


@dataclass(frozen=True)
class Variant:
    """One definition and what the store says under it; NaN where the store has no number.

    ``reference`` marks the definition that counts when nothing else is said (method, section 2.3).
    ``query`` can be run again: it is an expression over the public functions of the package.
    """

    name: str
    value_from: float = math.nan
    value_to: float = math.nan
    reference: bool = False
    hs6: tuple[str, ...] = ()
    basis: str = ""  # mass, value, oxide content ...
    first_year: int | None = None
    last_year: int | None = None
    cerium: bool | None = None
    origin: str = ""  # direct or look_through
    source_id: str = ""
    edition: str = ""
    query: str = ""
    note: str = ""


@dataclass(frozen=True)
class Check:
    """A claimed number, or two, with every variant in which it was looked for.

    ``decided`` is the verdict of checks that need no table (sums, directions, weekdays).
    """

    measure: str
    unit: str = ""
    claimed_from: Claimed | None = None
    claimed_to: Claimed | None = None
    variants: tuple[Variant, ...] = ()
    decided: str = ""
    reason: str = ""
    suspected_error: str = ""

    def holds(self, variant: Variant) -> str:
        """Verdict of one variant by itself."""
        if self.decided:
            return self.decided
        pairs = self._pairs(variant)
        if not pairs or any(math.isnan(value) for _, value in pairs):
            return "not_checkable"
        return "consistent" if all(claimed.holds(value) for claimed, value in pairs) else "inconsistent"

    def distance(self, variant: Variant) -> float:
        """Distance of a variant from the claim: its worst quantity, in widths of the tolerance."""
        gaps = [claimed.distance(value) for claimed, value in self._pairs(variant)]
        return max((gap if not math.isnan(gap) else math.inf for gap in gaps), default=math.inf)

    def _pairs(self, variant: Variant) -> list[tuple[Claimed, float]]:
        pairs = [(self.claimed_from, variant.value_from), (self.claimed_to, variant.value_to)]
        return [(claimed, value) for claimed, value in pairs if claimed is not None]

    @property
    def best(self) -> Variant | None:
        """The agreeing variant with the fewest departures from the reference, then the nearest one.

        Where none agrees, the nearest one. Fewest departures first, so that among many definitions
        no far-fetched one wins by a lucky decimal.
        """
        usable = [variant for variant in self.variants if self.holds(variant) != "not_checkable"]
        agreeing = [variant for variant in usable if self.holds(variant) == "consistent"]
        if agreeing:
            return min(agreeing, key=lambda v: (self.departures(v), self.distance(v), v.name))
        return min(usable, key=lambda v: (self.distance(v), self.departures(v), v.name), default=None)

    def departures(self, variant: Variant) -> int:
        """Count the parts of its definition in which a variant leaves the reference."""
        reference = next((other for other in self.variants if other.reference), variant)
        parts = ("hs6", "basis", "first_year", "last_year", "origin", "source_id")
        return sum(getattr(variant, part) != getattr(reference, part) for part in parts)

    @property
    def verdict(self) -> str:
        """Verdict over all variants (method, section 2.3)."""
        if self.decided:
            return self.decided
        held = {self.holds(variant) for variant in self.variants if variant.reference}
        if held == {"consistent"}:
            return "consistent"
        anywhere = {self.holds(variant) for variant in self.variants}
        if "consistent" in anywhere:
            return "consistent_with_other_definition"
        return "inconsistent" if "inconsistent" in anywhere else "not_checkable"

    def band(self, quantity: str) -> tuple[float, float]:
        """Lowest and highest of a value over the variants with all numbers; NaN if none."""
        complete = [v for v in self.variants if self.decided or self.holds(v) != "not_checkable"]
        return band_of([getattr(variant, quantity) for variant in complete])


def band_of(values: Sequence[float]) -> tuple[float, float]:
    """Lowest and highest of the numbers that are there."""
    known = [value for value in values if not math.isnan(value)]
    return (min(known), max(known)) if known else (math.nan, math.nan)


def not_checkable(reason: str, measure: str = "") -> Check:
    """Build the check of a claim that no table of the store can answer, with the reason."""
    return Check(measure, decided="not_checkable", reason=reason)
