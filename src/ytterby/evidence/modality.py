"""How sure and how far on: what negation, denial, plans and announcements do to a claim.

A rule names the status its own words give. Where they give none, acts that one may deny, weigh,
plan or announce (a tariff, a control, a stockpile) take it from the words around; what only is
(a share, a price) is reported where it is somebody's word and a fact where it is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from ytterby.evidence.claims import TimeSpan
from ytterby.evidence.kinds import Rule
from ytterby.evidence.matching import holds_any
from ytterby.evidence.scene import Scene, Span

Polarity = Literal["affirmed", "negated"]

_ACTS = frozenset({
    "tariff", "export_control", "export_licence_requirement", "export_stop", "export_quota",
    "export_commitment", "control_suspension", "stockpiling", "financing", "investment_pledge",
    "project_start",
})  # fmt: skip
_STATES = frozenset({
    "price", "trade_flow", "production_share", "processing_share", "demand_reduction", "reserves",
    "dependence", "market_position",
})  # fmt: skip
_TOLD = frozenset({"export_stop", "export_licence_requirement", "export_quota", "tariff", "export_control"})
_DEMANDED = frozenset({"stockpiling", "export_control", "control_suspension", "tariff", "export_stop"})
_OPEN = frozenset({"planned", "announced", "in_force", "past", None})  # what weighing or asking for it undoes
_MEANS = frozenset({"stockpiling", "investment_pledge", "financing"})
_UNDONE = frozenset({"in_force", "past", "announced", "planned", "fact"})
_OPPOSED = 16  # characters between "against" and what it is about
_RECENT = timedelta(days=21)  # what ended earlier is over
_REACH = 9  # words between a negation and what it denies


def modal(rule: Rule, scene: Scene, span: Span, anchor: int) -> tuple[str, Polarity]:
    """Status and polarity of a claim whose first family stands at ``anchor``."""
    clause = next((c for c in scene.clauses if c[0] <= anchor < c[1]), span)
    own = next(
        (s for area in (clause, span) for tests, s in rule.status if holds_any(tests, scene, area)), None
    )
    if rule.negated:
        return own or rule.default, "negated" if scene.has(rule.negated, span) else "affirmed"
    if rule.kind in _STATES and rule.default in ("fact", "reported") and own is None:
        told = scene.attributed or scene.has("hearsay", clause)
        return ("reported" if told else "fact"), "affirmed"
    if rule.kind not in _ACTS:
        return own or rule.default, "affirmed"
    if scene.has("denial", span):
        return "denied", "negated"
    if rule.deniable and _denied(scene, clause, anchor):
        return _undone(scene, clause, span), "negated"
    if own == "planned" and rule.kind in _MEANS and scene.has("announce_word"):
        return "announced", "affirmed"
    if own in _OPEN and scene.has("consider", clause) and not _opposed(scene, anchor):
        return "under_consideration", "affirmed"
    if own in _OPEN and rule.kind in _DEMANDED and scene.has("demand_verb", clause):
        return "demanded", "affirmed"
    return (own or _step(rule, scene, clause)), "affirmed"


def reported(kind: str, status: str) -> str:
    """What is a fact in nobody's words is reported once it turns out to be somebody's."""
    return "reported" if kind in _STATES and status == "fact" else status


def _opposed(scene: Scene, anchor: int) -> bool:
    """Of "weighs measures against China's ban": what is weighed is not the ban."""
    return any(0 <= anchor - h.end <= _OPPOSED for h in scene.hits.get("against", ()))


def _denied(scene: Scene, clause: Span, anchor: int) -> bool:
    """Whether a negation governs the words of the claim: close by, in their clause."""
    word = next((h.first for hits in scene.hits.values() for h in hits if h.start == anchor), 0)
    if scene.has("must", clause):
        return False  # なければならない denies nothing
    near = [h for h in scene.hits.get("negation", ()) if clause[0] <= h.start < clause[1]]
    return any(abs(h.first - word) <= _REACH for h in near) and not scene.has("not_only", clause)


def _undone(scene: Scene, clause: Span, span: Span) -> str:
    """What is denied: that one thinks of it, that one will do it, or that it is so."""
    if scene.has("consider", clause):
        return "under_consideration"
    ahead = scene.has("intend", span) or scene.has("future", span) or scene.has("thought_of", span)
    return "planned" if ahead else "stated"


def _step(rule: Rule, scene: Scene, clause: Span) -> str:
    """How far an act has come, where the rule's own words do not say."""
    if rule.default not in _UNDONE:
        return rule.default
    if scene.has("consider", clause):
        return "under_consideration"
    if rule.kind in _MEANS or rule.kind == "project_start":
        return rule.default
    if scene.has("plan_verb", clause):
        return "planned"
    told = scene.has("announce_word", clause) and rule.kind in _TOLD
    later = rule.kind in _TOLD and _from_now_on(scene, rule)
    return "announced" if told or later else rule.default


def _from_now_on(scene: Scene, rule: Rule) -> bool:
    """Whether it begins after the report: a day to come, or a word such as "henceforth"."""
    report = scene.context.report
    later = report and any(
        (m.role or rule.time_role) == "effective"
        and m.start
        and m.start > report
        and m.granularity != "vague"
        for m in scene.times
    )
    return bool(later) or scene.has("henceforth")


def dated_status(rule: Rule, scene: Scene, status: str, when: Sequence[TimeSpan]) -> str:
    """What the days of a claim say about its status."""
    if status in ("took_place", "started") and _ahead(scene, when):
        return "planned"
    if rule.kind == "supply_disruption" and status == "ongoing" and _over(scene, when):
        return "took_place"
    if rule.kind == "export_stop" and status == "past" and _begins_later(scene, when):
        return "announced"
    if rule.kind == "export_stop" and status == "past" and _still(scene, when):
        return "in_force"
    if rule.kind == "financing" and status == "ongoing" and _behind(scene, when):
        return "took_place"
    return status


def _still(scene: Scene, when: Sequence[TimeSpan]) -> bool:
    """Whether a stop goes on: since a day, or it came in the last weeks."""
    report = scene.context.report
    recent = [t for t in when if t.role == "event" and t.start and report]
    return any(t.role == "since" for t in when) or any(
        (report - _RECENT).isoformat() <= str(t.start) <= report.isoformat() for t in recent if report
    )


def _begins_later(scene: Scene, when: Sequence[TimeSpan]) -> bool:
    """Whether it takes effect after the report."""
    report = scene.context.report
    return bool(report) and any(t.role == "effective" and t.start and t.start > str(report) for t in when)


def _behind(scene: Scene, when: Sequence[TimeSpan]) -> bool:
    """Whether the day of an event lies before the report."""
    report = scene.context.report
    return bool(report) and any(t.role == "event" and t.end and t.end < str(report) for t in when)


def _ahead(scene: Scene, when: Sequence[TimeSpan]) -> bool:
    """Whether all days named lie after the report."""
    report = scene.context.report
    starts = [t.start if t.role == "event" else t.end for t in when if t.role in ("event", "deadline")]
    known = [day for day in starts if day]
    return bool(report and known) and min(known) > (report.isoformat() if report else "")


def _over(scene: Scene, when: Sequence[TimeSpan]) -> bool:
    """Whether all days named lie well before the report."""
    report = scene.context.report
    ends = [t.end for t in when if t.role == "event" and t.end]
    return bool(report and ends) and max(ends) < (report - _RECENT).isoformat() if report else False
