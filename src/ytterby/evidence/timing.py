"""When: the times of a claim with their roles, the day of the news, the day somebody spoke.

A time plays the part that its own word gives it ("since", "by"), else what times of that kind usually
play. A day beside a verb of saying is when somebody spoke, not when it happened: it stays only where
the saying is the news.
"""

from __future__ import annotations

import re
from datetime import date

from ytterby.evidence.claims import TimeSpan
from ytterby.evidence.kinds import Rule
from ytterby.evidence.moments import Moment
from ytterby.evidence.scene import Scene, Span
from ytterby.evidence.slots import inside, quote_of

_NO_VAGUE = frozenset({"visit", "price", "trade_flow", "production_share", "processing_share"})
_ANNOUNCED = frozenset({
    "export_control", "export_licence_requirement", "export_stop", "export_quota", "control_suspension",
    "stockpiling", "investment_pledge", "diversification_measure", "financing", "tariff", "policy_intent",
    "policy_target", "institution", "purchase_pledge", "export_commitment", "sanction_exemption",
})  # fmt: skip
_FIGURES = frozenset({
    "price", "production_share", "processing_share", "trade_flow", "reserves", "capacity", "export_quota",
})  # fmt: skip
_SPOKEN = frozenset({"day", "week", "weekend"})  # how exactly a text says when somebody spoke
_SAID_REACH = 48  # characters between a verb of saying and its day ("said Trade Minister X on Tuesday")
_BASELINE_BEFORE = re.compile(
    r"(?:\b(?:from|after|nach|von|contre|après|de|than|with|mit|zu)\s"
    r"(?:about |rund |noch |zuvor |avoir culminé à )?|culminé à |gegenüber )[$€]?$",
    re.IGNORECASE,
)
_LIKE_BEFORE = re.compile(
    r"(?:\bso (?:hoch|viel|teuer) wie(?: noch)?(?: im)?|\blevel of|\bthat of|\bas much as(?: in)?"
    r"|\bthan(?: in)?)\s$"
)
_TIMES_BEHIND = re.compile(r"の?[\d.１-９]+倍|(?:と|に)?比べ")
_RELATIVE = re.compile(r"(?:which|who|qui|dont|das|die|der|dem|welche[rs]?)\b", re.IGNORECASE)
_NEWS = frozenset({"announced", "approved"})
_LONG = frozenset({"year", "half", "quarter", "season", "fiscal_year"})
_JA_TAIL = 10  # characters at the end of a Japanese sentence in which its verb stands
_TIGHT = 5  # characters of "said on" before a day
_CAME_BEFORE = re.compile(r"\b(?:it|they|he|she|had) (?:announced|imposed|introduced)\s$", re.IGNORECASE)
_CAME_BEHIND = re.compile(
    r"\s(?:angekündigt|verhängt|eingeführt)e[nrs]?\b|に?(?:発表|公表|導入)した(?![。、])"
)
_BEGINS = frozenset({"capacity", "offtake", "stockpiling", "financing"})  # kinds that start on a day
_RECORD = re.compile(
    r"(?:\bhighest|lowest|strongest|weakest|höchste\w*|niedrigste\w*|tiefste\w*|\bplus (?:haut|bas)|"
    r"\brecord|\w*rekord)\b[^,.;]{0,24}\s?$",
    re.IGNORECASE,
)
_RECORD_BEHIND = re.compile(r"の?(?:最?高値|最?安値|高水準|低水準)")
_DATED = re.compile(r"\b(?:dated|datiert (?:vom|auf den)|datée?s? du|en date d[ue])\s?$", re.IGNORECASE)
_DATED_BEHIND = re.compile(r"付けの|付の")
_TOLD = 24  # characters of "told ABC on" before a day that "that" follows
_THAT = re.compile(r",?\s(?:that|it|he|she|they|dass|que|qu[’'])", re.IGNORECASE)


def times(scene: Scene, span: Span, rule: Rule, status: str, anchor: int) -> tuple[TimeSpan, ...]:
    """Times of the claim with their roles; what "since then" points to; the day of the news."""
    part = _part(scene, span, anchor)
    moments = [m for m in scene.times if inside(m.at, m.stop, part)]
    moments = [m for m in moments if m.granularity != "vague" or rule.kind not in _NO_VAGUE]
    moments = [m for m in moments if not (_elsewhere(scene, m) or _aside(scene, m))]
    moments = [m for m in moments if not _only_said(scene, m, rule)]
    if rule.kind == "control_suspension":
        moments = [m for m in moments if not _of_the_control(scene, m)]
    found = [_said(scene, m, _time(scene, m, rule), rule, status) for m in moments]
    found += _since_then(scene, span, rule)
    if not found and rule.kind == "export_licence_requirement" and scene.context.control_time:
        found = [_effective(scene.context.control_time)]
    report = scene.context.report
    if not found and status in rule.day and report and not scene.has("the_day_unknown"):
        day = report.isoformat()
        found = [TimeSpan(role="event", start=day, end=day, granularity="day", resolved_from="report date")]
    if rule.check == "import_share" and report and _has_change(scene, span):
        day = report.isoformat()
        found.append(
            TimeSpan(role="current", start=day, end=day, granularity="day", resolved_from="report date")
        )
    return tuple({(t.role, t.start, t.end): t for t in reversed(found)}.values())[::-1]


def _part(scene: Scene, span: Span, anchor: int) -> Span:
    """The claim's side of a colon, where both sides name times."""
    at = scene.text.find(":", *span)
    sides = [(span[0], at), (at, span[1])] if at > 0 else [span]
    dated = [side for side in sides if any(inside(m.at, m.stop, side) for m in scene.times)]
    return next(side for side in sides if side[0] <= anchor < side[1]) if len(dated) == 2 else span


def _elsewhere(scene: Scene, m: Moment) -> bool:
    """Whether a time stands in a relative clause that the claim does not stand in."""
    clause = next((c for c in scene.clauses if c[0] <= m.at < c[1]), None)
    if clause is None or clause == scene.focus or scene.focus is None:
        return False
    if m.role == "effective" and scene.has("applies", clause):
        return False  # "ein Verbot, das ab dem 1. September gilt"
    return clause[0] > 0 and _RELATIVE.match(scene.text, clause[0]) is not None


def _aside(scene: Scene, m: Moment) -> bool:
    """A time that the claim is not about: of the last record ("its highest since May"), of a document."""
    before, behind = scene.text[max(0, m.at - 48) : m.at], scene.text[m.stop : m.stop + 8]
    record = _RECORD.search(before) or _RECORD_BEHIND.match(behind)
    return bool(m.role == "since" and record) or bool(_DATED.search(before) or _DATED_BEHIND.match(behind))


def _of_the_control(scene: Scene, m: Moment) -> bool:
    """Of "suspended the controls it announced in October": when the control came, not when it was lifted."""
    before, behind = scene.text[max(0, m.at - 24) : m.at], scene.text[m.stop : m.stop + 24]
    return _CAME_BEFORE.search(before) is not None or _CAME_BEHIND.match(behind) is not None


def _only_said(scene: Scene, m: Moment, rule: Rule) -> bool:
    """Whether a time says only when somebody spoke, where the claim is no announcement."""
    if scene.sentence.language == "ja" and rule.default in ("took_place", "agreed"):
        return False  # 首相は27日、長官と会談し、…と伝えた: the day is the meeting's
    return rule.kind not in _ANNOUNCED and _of_saying(scene, m)


def _of_saying(scene: Scene, m: Moment) -> bool:
    """Whether a day belongs to a verb of saying: right beside it, away from the claim's own verb."""
    if m.role or m.granularity not in _SPOKEN:
        return False
    cues = [*scene.hits.get("said", ()), *scene.hits.get("showed", ())]
    if scene.sentence.language == "ja":
        tail = len(scene.text) - _JA_TAIL
        first = scene.text.find("、")
        last = [c for c in cues if c.end >= tail]
        beside = any(0 <= c.start - m.stop <= 1 for c in last)  # …したことが9日、分かった
        return (m.stop <= first + 1 and bool(last)) or beside
    clause = next((c for c in scene.clauses if c[0] <= m.at < c[1]), (0, len(scene.text)))
    if not scene.attributed:
        return False
    near = [c for c in cues if clause[0] <= c.start < clause[1] and _close(c.start, c.end, m)]
    reach = _TOLD if _THAT.match(scene.text, m.stop) else _TIGHT
    return bool(near) and (clause != scene.focus or any(0 <= m.at - c.end < reach for c in near))


def _close(start: int, end: int, m: Moment) -> bool:
    return min(abs(m.at - end), abs(start - m.stop)) <= _SAID_REACH


def _said(scene: Scene, m: Moment, time: TimeSpan, rule: Rule, status: str) -> TimeSpan:
    """A day that belongs to the saying: announced where that is the news, else a statement's."""
    if time.role == "agreed" and status not in ("agreed", "concluded"):
        time = time.model_copy(update={"role": "event"})
    if m.role or time.role not in ("event", "effective"):
        return time
    told = _of_saying(scene, m)
    if rule.kind == "tariff" and told:
        return time.model_copy(update={"role": "statement"})
    news = status in _NEWS and m.granularity not in _LONG and rule.kind != "control_suspension"
    if rule.kind in _ANNOUNCED and (told or news):
        return time.model_copy(update={"role": "announced", "end": m.end.isoformat() if m.end else None})
    return time


def _has_change(scene: Scene, span: Span) -> bool:
    roles = {n.role for n in scene.numbers if n.unit == "percent" and inside(n.start, n.end, span)}
    return {"from", "to"} <= roles


def _time(scene: Scene, m: Moment, rule: Rule) -> TimeSpan:
    role = _role(scene, m, rule)
    end = m.end
    if role in ("effective", "start") and (
        m.role == "effective" or rule.kind == "export_licence_requirement"
    ):
        end = m.end if rule.kind == "control_suspension" else None
    elif role == "since" and m.granularity != "vague":
        end = None
    return TimeSpan(
        role=role,
        start=m.start.isoformat() if m.start else None,
        end=end.isoformat() if end else None,
        granularity=m.granularity,
        span=quote_of(scene, m.at, m.stop),
        edtf=_edtf(m.start, m.end, m.granularity),
    )


def _role(scene: Scene, m: Moment, rule: Rule) -> str:
    """The part a time plays: its own word's ("since"), else what the kind's times usually play."""
    if m.role:
        raised = rule.kind == "capacity" and scene.has("raised")  # not a new plant
        return _told_role(m, rule, begins=rule.kind in _BEGINS and not raised)
    report = scene.context.report
    past = report is not None and m.end is not None and m.end <= report
    if rule.time_role == "current":
        return _current(scene, m, rule, past=past)
    if rule.time_role == "deadline" and (past or m.granularity == "year"):
        return "announced" if past else "period"
    if rule.units and _compared(scene, m):
        return "baseline"
    if rule.time_role == "event" and m.granularity == "range":
        return "period"
    if rule.time_role == "event" and (rule.kind in _FIGURES or m.granularity == "fiscal_year"):
        return "period"
    return rule.time_role


def _told_role(m: Moment, rule: Rule, *, begins: bool) -> str:
    """What "since", "by" and "from" mean for a kind."""
    if m.role == "deadline" and rule.kind == "control_suspension":
        return "end"
    if m.role == "effective" and begins:
        return "start"
    if m.role != "since":
        return m.role
    if rule.kind == "export_licence_requirement":
        return "effective"
    return rule.since_role or ("baseline" if rule.kind in _FIGURES else "since")


def _current(scene: Scene, m: Moment, rule: Rule, *, past: bool) -> str:
    """A year of a state: what it is compared with, or the time it was so."""
    if m.granularity == "day":
        return "reported"
    if m.granularity != "year" or not (past or rule.since_role):
        return rule.time_role
    percents = sum(n.unit == "percent" for n in scene.numbers)
    compared = rule.since_role and percents >= 2
    return rule.since_role if compared and _is_earlier(scene, m) else "period"


def _is_earlier(scene: Scene, m: Moment) -> bool:
    """Whether a year is the one that another is compared with: the first of two, or one long past."""
    years = [other.start for other in scene.times if other.granularity == "year" and other.start]
    report = scene.context.report
    if m.start is None or report is None or len(years) > 1:
        return m.start is not None and m.start < max(years)
    return m.start.year < report.year - 1


def _compared(scene: Scene, m: Moment) -> bool:
    """Of "down from $60,000 in June" and 昨年4月の4倍: the time that another is compared with."""
    before = [n for n in scene.numbers if 0 <= m.at - n.end <= 6 and n.unit != "ratio"]
    from_number = any(
        n.role == "from" or _BASELINE_BEFORE.search(scene.text[max(0, n.start - 24) : n.start])
        for n in before
    )
    if _LIKE_BEFORE.search(scene.text[max(0, m.at - 24) : m.at]):
        return True
    return from_number or _TIMES_BEHIND.match(scene.text, m.stop) is not None


def _edtf(start: date | None, end: date | None, granularity: str) -> str | None:
    day = start or end
    if day is None:
        return None
    return {"month": day.isoformat()[:7], "year": day.isoformat()[:4], "day": day.isoformat()}.get(
        granularity
    )


def _effective(time: TimeSpan) -> TimeSpan:
    return time.model_copy(update={"role": "effective", "end": None, "span": None, "edtf": None})


def _since_then(scene: Scene, span: Span, rule: Rule) -> list[TimeSpan]:
    last = scene.context.last_time
    hits = [h for h in scene.hits.get("since_then", ()) if inside(h.start, h.end, span)]
    if not hits or last is None or last.start is None:
        return []
    role = "effective" if rule.time_role == "effective" else "since"
    quote = quote_of(scene, hits[0].start, hits[0].end)
    return [last.model_copy(update={"role": role, "end": None, "span": quote, "edtf": None})]
