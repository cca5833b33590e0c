"""Short names for reports and claims of one page, and where each leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ytterby.views.markup import Markup, foreign, tag, text
from ytterby.views.results import anchor

_LONGEST = 300  # characters of foreign words in a heading or a note; the article has them whole


@dataclass(frozen=True)
class Labels:
    """Names on a page: report ``R1``, its claim ``R1·04``.

    Attributes
    ----------
    reports: report id -> label, in the order of the page.
    marked: ids of the claims that are marked in an article of the page.
    events: claim id -> id of its event; an event that the page leaves out is not in it.
    """

    reports: Mapping[str, str]
    marked: frozenset[str] = frozenset()
    events: Mapping[str, str] = field(default_factory=dict)

    def report(self, report: str) -> Markup:
        """Label of a report, leading to its text where the page has it."""
        label = self.reports.get(report)
        if label is None:
            return foreign(clip(report))
        return tag("a", label, href=f"#{anchor('article', report)}", title=clip(report), class_="trace short")

    def claim(self, claim: str, report: str) -> Markup:
        """Label of a claim, leading to its words where they are marked."""
        label = self.claim_name(claim, report)
        if claim not in self.marked:
            return text(label)
        return tag("a", label, href=f"#{anchor('claim', claim)}", class_="trace short")

    def claim_name(self, claim: str, report: str) -> str:
        """Label of a claim as plain text."""
        rest = claim.removeprefix(f"{report}-")
        home = self.reports.get(report)
        return f"{home}·{clip(rest)}" if home and rest != claim else clip(claim)

    def named(self, words: str) -> str:
        """Words in which ids of reports stand, with their labels instead."""
        for report, label in sorted(self.reports.items(), key=lambda pair: -len(pair[0])):
            words = words.replace(f"report:{report}", f"{label} itself").replace(report, label)
        return words


def label_reports(reports: Iterable[str]) -> dict[str, str]:
    """Number the reports of a page."""
    return {report: f"R{number}" for number, report in enumerate(reports, start=1)}


def counted(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def clip(words: Any, longest: int = _LONGEST) -> str:
    """Words of a bounded length; what is cut is said to be cut."""
    whole = str(words)
    return whole if len(whole) <= longest else f"{whole[:longest]} … ({len(whole):,} characters)"
