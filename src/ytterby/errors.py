"""The error tree.

::

    YtterbyError                what every error of ours is; carries a remedy
    +-- InputFaults             one or more faults in the files of a study or table, all at once
    +-- UnknownName             a country, material, column or study nobody knows, with suggestions
    +-- NoData                  the store holds no such number (missing is not zero)
    +-- QueryRefused            the store answers one SELECT over its own tables and nothing else
    +-- StoreBusy               another process is importing into the same store
    +-- StoreDamaged            a store folder or its manifest is not what an import left there
    +-- NotOffered              a publisher gives no file to a program; says where a person gets it
    +-- Unreachable             no network, no answer, or a server that keeps failing
    +-- DownloadRefused         what was sent is not the file: another checksum, too large, a web page
    +-- DownloadBusy            another process is fetching the same file
    +-- BadNumbers              numbers that no formula is defined for: negative, all missing, not matching
    +-- BasisMismatch           oxide, metal and gross weight, or two units, would have been mixed
    +-- ClashingNumbers         printed numbers that contradict each other beyond what they claim to know
    +-- InfeasibleChain         the steady state of a chain cannot be fed
    +-- SolverFailure           the optimiser did not return an optimum
        +-- InfeasiblePlan      no plan meets the budget and the deadline
        +-- UnboundedPlan       the objective has no limit: a cost or bound is missing
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class YtterbyError(Exception):
    """Base of all errors; ``remedy`` says what the reader can do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


@dataclass(frozen=True, order=True)
class Fault:
    """One fault in somebody's file.

    ``row`` counts as a spreadsheet does (the header is row 1); None concerns the whole file.
    """

    file: str
    row: int | None
    column: str | None
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.message} {self.remedy}".rstrip()


class InputFaults(YtterbyError):
    """All faults of a study or table in one error, so that they are mended in one go."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{count} fault{'s' if count != 1 else ''} in the input:"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))


class UnknownName(YtterbyError):
    """A name that is not in the catalog or the store."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name = kind, name
        known = sorted(set(known))
        lowered = {k.lower(): k for k in known}
        close = difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.6)
        self.suggestions = tuple(lowered[c] for c in close)
        if self.suggestions:
            remedy = "Did you mean " + " or ".join(self.suggestions) + "?"
        else:
            remedy = f"Known, among others: {', '.join(known[:12])}."
        super().__init__(f"unknown {kind} {name!r}.", remedy)


class NoData(YtterbyError):
    """The store has no number for what was asked; the message says what it has."""


class QueryRefused(YtterbyError):
    """The store answers one SELECT over its own tables and got something else, or a faulty one."""


class BadNumbers(YtterbyError):
    """Numbers that a formula is not defined for: negative amounts, nothing known, lengths that differ."""


class BasisMismatch(YtterbyError):
    """Two numbers with different units or bases (oxide, metal, gross weight) would have been mixed."""


class ClashingNumbers(YtterbyError):
    """Numbers contradict each other by more than their stated uncertainty; names the worst of them."""


class InfeasibleChain(YtterbyError):
    """The chain's steady state cannot be fed; names the process and the input."""


class SolverFailure(YtterbyError):
    """The optimiser stopped without an optimum; the message carries its status."""


class InfeasiblePlan(SolverFailure):
    """No choice of projects and stockpiles meets all rows; ``rows`` names those that clash."""

    def __init__(self, message: str, remedy: str = "", rows: Iterable[str] = ()) -> None:
        self.rows = tuple(rows)
        super().__init__(message, remedy)


class UnboundedPlan(SolverFailure):
    """The objective can be made as good as one likes: a cost or a bound is missing."""


class StoreBusy(YtterbyError):
    """Another process is importing into the same store; one writer at a time, readers go on."""


class StoreDamaged(YtterbyError):
    """The folder of a store, or its manifest, is not what an import left there."""


class NotOffered(YtterbyError):
    """A publisher gives no file to a program; the remedy says where a person gets it and what then."""


class Unreachable(YtterbyError):
    """No network, no such server, no answer in time, or a server that keeps failing."""


class DownloadRefused(YtterbyError):
    """What was sent, or the place that it came from, is not the file that was asked for."""


class DownloadBusy(YtterbyError):
    """Another process is fetching the same file into the same folder."""
