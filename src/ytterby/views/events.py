"""Events beside the articles: who tells them, how the tellings differ, what tables and policies say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ytterby.ledger.reconcile import Cluster
from ytterby.ledger.statements import Statement
from ytterby.views.bands import draw_band
from ytterby.views.labels import Labels, clip, counted
from ytterby.views.markup import Markup, foreign, join, tag
from ytterby.views.results import anchor
from ytterby.views.witness import band_lines, verdict_word
from ytterby.views.wording import in_unit

_LONGEST_QUOTE = 600
# How an event is attested, and how a telling differs, by mark and word; colour alone says nothing.
LABELS = {
    "conflicting": ("✗", "the reports conflict"),
    "corroborated": ("✓✓", "independent origins agree"),
    "single": ("•", "one origin"),
}
TYPES = {
    "error_in_source": ("✗", "error in a source"), "conflict": ("✗", "conflict"),
    "temporal_update": ("→", "later news"), "differs": ("≠", "differs"),
    "granularity": ("⊂", "one is coarser"), "wording": ("~", "other words"),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the ledger says about single claims, by claim id."""

    verdicts: Mapping[str, Any]
    pledges: Mapping[str, Sequence[Any]]
    links: Mapping[str, Sequence[Any]]
    policies: Mapping[str, Any]


def known_of(
    verdicts: pd.DataFrame, pledges: pd.DataFrame, policies: pd.DataFrame, links: pd.DataFrame
) -> Known:
    """Arrange the tables of a ledger by claim."""
    promised: dict[str, list[Any]] = {}
    for row in pledges.itertuples(index=False):
        for claim in row.claims.split(";"):
            promised.setdefault(claim, []).append(row)
    linked: dict[str, list[Any]] = {}
    for row in links.itertuples(index=False):
        if row.relation != "unknown":
            linked.setdefault(row.claim_id, []).append(row)
    return Known(
        {row.claim_id: row for row in verdicts.itertuples(index=False)}, promised, linked,
        {row.policy: row for row in policies.itertuples(index=False)},
    )  # fmt: skip


def event_card(event: Cluster, known: Known, labels: Labels) -> Markup:
    """One event: its tellings side by side, their differences, and what is known of it."""
    first, shared = event.members[0], len(event.reports) > 1
    kind = first.kind.replace("_", " ")
    content = [
        tag("h3", tag("span", kind, class_="kind"), " ", attested(event)),
        _origins(event, labels) if shared else "",
        tag("div", *(_telling(member, labels) for member in event.members), class_="tellings"),
        _differences(event, labels), *_facts(event.members, known, labels),
    ]  # fmt: skip
    classes = ["event", event.label, "shared" if shared else "alone", relevance_of(event)]
    return tag("article", *content, id=anchor("event", event.id), class_=" ".join(classes))


def relevance_of(event: Cluster) -> str:
    """Take the most relevant claim for the whole event."""
    told = {member.relevance for member in event.members}
    return next((word for word in ("core", "context", "peripheral") if word in told), "core")


def attested(event: Cluster) -> Markup:
    """Reports and origins of an event in words."""
    if len(event.reports) == 1 and event.label != "conflicting":
        return tag("span", "one report", class_="word")
    mark, word = LABELS[event.label]
    told = f"{mark} {counted(len(event.reports), 'report')}, {counted(len(event.origins), 'origin')}: {word}"
    return tag("span", told if event.label != "single" else told.rpartition(":")[0], class_="word")


def _origins(event: Cluster, labels: Labels) -> Markup:
    told = [foreign(clip(labels.named(origin))) for origin in event.origins]
    return tag("p", "Origins: ", join(told, "; "), class_="origins")


def _telling(claim: Statement, labels: Labels) -> Markup:
    said = ", ".join(dict.fromkeys(name for name, _, _ in claim.sources))
    notes = [
        claim.status.replace("_", " "),
        "negated" if claim.negated else "",
        f"said by {said}" if said else "",
    ]
    return tag(
        "div", labels.claim(claim.id, claim.report), " ",
        tag("q", foreign(clip(claim.quote, _LONGEST_QUOTE))),
        tag("small", " ", foreign(clip(", ".join(filter(None, notes))))), class_="telling",
    )  # fmt: skip


def _differences(event: Cluster, labels: Labels) -> Markup:
    """Differences of the tellings from the fullest one, the gravest first; each slot and type once."""
    if not event.differences:
        return Markup("")
    told: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for found in event.differences:
        told.setdefault((found.type, found.field), {}).update(dict.fromkeys(found.values))
    reports = {member.id: member.report for member in event.members}
    order = list(TYPES)
    rows = [
        _difference(key, list(told[key]), reports, labels)
        for key in sorted(told, key=lambda key: order.index(key[0]))
    ]
    head = tag("tr", *(tag("th", word, scope="col") for word in ("Slot", "How", "Who says what")))
    table = tag(
        "table", tag("caption", "How the tellings differ"), tag("thead", head), tag("tbody", *rows),
        class_="differences",
    )  # fmt: skip
    return tag("div", table, class_="scroll")


def _difference(
    key: tuple[str, str], sides: Sequence[tuple[str, str]], reports: Mapping[str, str], labels: Labels
) -> Markup:
    """One slot and what each telling says; tellings that say the same stand together."""
    said: dict[str, list[Markup]] = {}
    for claim, says in sides:
        said.setdefault(says or "nothing", []).append(labels.claim(claim, reports[claim]))
    lines = [
        tag("span", join(who, ", "), ": ", foreign(clip(says.replace("_", " "))), class_="line")
        for says, who in said.items()
    ]
    mark, word = TYPES[key[0]]
    return tag(
        "tr", tag("th", key[1].replace("_", " "), scope="row"), tag("td", f"{mark} {word}", class_=key[0]),
        tag("td", *lines),
    )  # fmt: skip


def _facts(members: Iterable[Statement], known: Known, labels: Labels) -> Iterator[Markup]:
    """Verdicts, pledges and policies of the claims of one event; each once."""
    members = list(members)
    for claim in members:
        if verdict := known.verdicts.get(claim.id):
            yield verdict_note(verdict, labels)
    pledges = {row.pledge_id: row for claim in members for row in known.pledges.get(claim.id, ())}
    for pledge, row in pledges.items():
        link = tag("a", foreign(clip(pledge)), href=f"#{anchor('pledge', pledge)}", class_="trace")
        due = f"due {row.due}" if row.due else "no date"
        yield tag("p", "Pledge ", link, f": {due}, {row.state.replace('_', ' ')}", class_="fact")
    yield from _policies([row for claim in members for row in known.links.get(claim.id, ())], known)


def verdict_note(verdict: Any, labels: Labels) -> Markup:
    """A verdict with its band, its nearest definition, and the way to all of them and to the words."""
    show = in_unit(str(verdict.unit))
    parts: list[Any] = [verdict_word(verdict.verdict), " ", labels.claim(verdict.claim_id, verdict.report)]
    if verdict.verdict != "not_checkable" and verdict.variants:
        parts += [tag("span", line, class_="line") for line in band_lines(verdict, show)]
        parts.append(draw_band(verdict, show))
    parts.append(tag("span", foreign(clip(verdict.reason, 1200)), class_="line"))
    if verdict.suspected_error:
        parts.append(_error(verdict.suspected_error))
    if verdict.verdict != "not_checkable":
        words = "the definition tried" if verdict.variants < 2 else f"all {verdict.variants} definitions"
        parts.append(tag("a", words, href=f"#{anchor('definitions', verdict.claim_id)}", class_="trace"))
    return tag("div", *parts, id=anchor("verdict", verdict.claim_id), class_=f"verdict {verdict.verdict}")


def _error(suspected: str) -> Markup:
    """What is written, what is known instead, and why."""
    told = json.loads(suspected)
    written, known = (_roles(told.get(name) or {}) for name in ("as_written", "corrected"))
    words = f"Suspected error: written {written}; known {known}. {told.get('basis') or ''}"
    return tag("strong", foreign(clip(words, 1200)), class_="line")


def _roles(roles: Mapping[str, str]) -> str:
    return ", ".join(f"{role} {name}" for role, name in sorted(roles.items()))


def _policies(links: Iterable[Any], known: Known) -> Iterator[Markup]:
    seen: dict[tuple[str, str], Any] = {}
    for link in links:
        seen.setdefault((link.policy, link.relation), link)
    for link in seen.values():
        target = f"#{anchor('policy', link.policy)}"
        swapped = " has issuer and target the other way round" if link.relation == "swapped" else ""
        then = f"{link.state.replace('_', ' ')} on the day of the report, " if link.state else ""
        now = known.policies[link.policy]
        words = f"{swapped}: {then}{now.state.replace('_', ' ')} on {now.date}"
        yield tag("p", "Policy ", tag("a", link.label, href=target, class_="trace"), words, class_="fact")
