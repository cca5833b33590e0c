"""Fill a claim's slots: quantities, times, kind-specific fields, the check query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ytterby.evidence.claims import Check, Quantity, TimeSpan
from ytterby.evidence.claims import Span as Quote
from ytterby.evidence.dates import Moment
from ytterby.evidence.kinds import Rule
from ytterby.evidence.numbers import MONEY, Number
from ytterby.evidence.scene import Scene, Span

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
    r"(?:\b(?:from|after|nach|von|contre|après|de|than|with|mit|zu)\s(?:about |rund |noch |zuvor |avoir culminé à )?"
    r"|culminé à |gegenüber )[$€]?$", re.IGNORECASE,
)  # fmt: skip
_TIMES_BEHIND = re.compile(r"の?[\d.１-９]+倍|(?:と|に)?比べ")
_RELATIVE = re.compile(r"(?:which|who|qui|dont|das|die|der|dem|welche[rs]?)\b", re.IGNORECASE)
_NEWS = frozenset({"announced", "approved"})
_LONG = frozenset({"year", "half", "quarter", "season", "fiscal_year"})
_JA_TAIL = 10  # characters at the end of a Japanese sentence in which its verb stands
_TIGHT = 5  # characters of "said on" before a day
_REE_CODES = ("280530", "2846")


def _quote(scene: Scene, start: int, end: int) -> Quote:
    while start < end and scene.text[start].isspace():
        start += 1
    base = scene.sentence.start
    return Quote(start=base + start, end=base + end, quote=scene.text[start:end])


def _inside(start: int, end: int, span: Span) -> bool:
    return span[0] <= start and end <= span[1]


def quantities(scene: Scene, span: Span, rule: Rule) -> tuple[Quantity, ...]:
    """Numbers of the units the kind takes; a conversion in brackets is dropped."""
    found = [n for n in scene.numbers if n.unit in rule.units and _inside(n.start, n.end, span)]
    if rule.scope != "conversion":
        found = [n for n in found if not _is_conversion(scene, n)]
    if "ratio" in rule.units and any(n.unit == "ratio" for n in found):
        found = [n for n in found if n.unit == "ratio"]
    if "USD_per_kg" in rule.units and any(n.unit == "USD_per_kg" for n in found):
        found = [n for n in found if n.unit == "USD_per_kg"]
    if (
        rule.check == "share"
        and len(found) == 2
        and scene.has("produce", span)
        and scene.has("process", span)
    ):
        found = [found[_place_of(scene, rule)]]
    if rule.first_money:
        found = [n for n in found if n.unit not in MONEY][:2] + [n for n in found if n.unit in MONEY][:1]
    found = [n for n in found if n.unit not in ("chemical_element", "mineral") or not _named_before(scene, n)]
    if rule.check == "import_share" and len(found) == 2 and not {n.role for n in found} - {"amount"}:
        found = [replace(n, role=role) for n, role in zip(found, ("from", "to"), strict=True)]
    return tuple(_quantity(scene, n, rule) for n in found)


def _place_of(scene: Scene, rule: Rule) -> int:
    """Which of "70 % of mining and 90 % of processing" is the rule's: by the order of the words."""
    process_first = scene.hits["process"][0].start < scene.hits["produce"][0].start
    return int(process_first == (rule.kind == "production_share"))


def _named_before(scene: Scene, number: Number) -> bool:
    """Of "the three metals": they were counted before."""
    return (
        scene.text[: number.start]
        .rstrip()
        .lower()
        .endswith((" die", " der", " den", "the", "les", "these", "ces"))
    )


def _is_conversion(scene: Scene, number: Number) -> bool:
    before = scene.text[: number.start].rstrip()
    money_before = any(n.unit in MONEY and n.end <= number.start for n in scene.numbers)
    return number.unit in MONEY and before.endswith(("(", "（")) and money_before


def _quantity(scene: Scene, n: Number, rule: Rule) -> Quantity:
    role = rule.quantity_role or n.role
    if n.role != "amount":
        role = n.role
    return Quantity(
        value=n.value, unit=n.unit, role=role, qualifier=n.qualifier, span=_quote(scene, n.start, n.end)
    )


def times(scene: Scene, span: Span, rule: Rule, status: str, anchor: int) -> tuple[TimeSpan, ...]:
    """Times of the claim with their roles; what "since then" points to; the day of the news."""
    part = _part(scene, span, anchor)
    moments = [m for m in scene.times if _inside(m.at, m.stop, part)]
    moments = [m for m in moments if m.granularity != "vague" or rule.kind not in _NO_VAGUE]
    moments = [m for m in moments if not _elsewhere(scene, m) and not _only_said(scene, m, rule)]
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
    dated = [side for side in sides if any(_inside(m.at, m.stop, side) for m in scene.times)]
    return next(side for side in sides if side[0] <= anchor < side[1]) if len(dated) == 2 else span


def _elsewhere(scene: Scene, m: Moment) -> bool:
    """Whether a time stands in a relative clause that the claim does not stand in."""
    clause = next((c for c in scene.clauses if c[0] <= m.at < c[1]), None)
    if clause is None or clause == scene.focus or scene.focus is None:
        return False
    return clause[0] > 0 and _RELATIVE.match(scene.text, clause[0]) is not None


def _only_said(scene: Scene, m: Moment, rule: Rule) -> bool:
    """Whether a time says only when somebody spoke, where the claim is no announcement."""
    return rule.kind not in _ANNOUNCED and _of_saying(scene, m)


def _of_saying(scene: Scene, m: Moment) -> bool:
    """Whether a day belongs to a verb of saying: right beside it, away from the claim's own verb."""
    if m.role or m.granularity not in _SPOKEN or not scene.attributed:
        return False
    cues = scene.hits.get("said", ())
    if scene.sentence.language == "ja":
        tail = len(scene.text) - _JA_TAIL
        first = scene.text.find("、")
        return m.stop <= first + 1 and any(c.end >= tail for c in cues)
    clause = next((c for c in scene.clauses if c[0] <= m.at < c[1]), (0, len(scene.text)))
    near = [c for c in cues if clause[0] <= c.start < clause[1] and _close(c.start, c.end, m)]
    return bool(near) and (clause != scene.focus or any(m.at - c.end < _TIGHT for c in near))


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
    if rule.kind in _ANNOUNCED and (told or (status in _NEWS and m.granularity not in _LONG)):
        return time.model_copy(update={"role": "announced", "end": m.end.isoformat() if m.end else None})
    return time


def _has_change(scene: Scene, span: Span) -> bool:
    roles = {n.role for n in scene.numbers if n.unit == "percent" and _inside(n.start, n.end, span)}
    return {"from", "to"} <= roles


def _time(scene: Scene, m: Moment, rule: Rule) -> TimeSpan:
    role, end = m.role or rule.time_role, m.end
    if rule.kind in _FIGURES:
        role = {"event": "period", "since": "baseline"}.get(role, role)
    elif role == "event" and m.granularity == "fiscal_year":
        role = "period"
    if role == "period" and _compared(scene, m):
        role = "baseline"
    if role == "deadline" and rule.kind == "control_suspension":
        role = "end"
    open_end = m.role == "effective" and rule.kind != "control_suspension"
    if open_end or (role in ("since", "effective") and rule.kind == "export_licence_requirement"):
        role, end = "effective", None
    elif role == "since" and rule.since_role:
        role = rule.since_role
    elif role == "since" and m.granularity != "vague":
        end = None
    if not m.role and m.granularity == "day" and rule.time_role == "current":
        role = "reported"
    if not m.role and m.granularity == "year" and rule.time_role == "deadline":
        role = "period"
    report = scene.context.report
    past = report is not None and m.end is not None and m.end <= report
    if not m.role and rule.time_role == "deadline" and past:
        role = "announced"
    if not m.role and rule.time_role == "current" and (past or rule.since_role) and m.granularity == "year":
        percents = sum(n.unit == "percent" for n in scene.numbers)
        role = rule.since_role if rule.since_role and percents >= 2 else "period"
    return TimeSpan(
        role=role,
        start=m.start.isoformat() if m.start else None,
        end=end.isoformat() if end else None,
        granularity=m.granularity,
        span=_quote(scene, m.at, m.stop),
        edtf=_edtf(m.start, m.end, m.granularity),
    )


def _compared(scene: Scene, m: Moment) -> bool:
    """Of "down from $60,000 in June" and 昨年4月の4倍: the time that another is compared with."""
    before = [n for n in scene.numbers if 0 <= m.at - n.end <= 6 and n.unit != "ratio"]
    from_number = any(
        n.role == "from" or _BASELINE_BEFORE.search(scene.text[max(0, n.start - 24) : n.start])
        for n in before
    )
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
    hits = [h for h in scene.hits.get("since_then", ()) if _inside(h.start, h.end, span)]
    if not hits or last is None or last.start is None:
        return []
    role = "effective" if rule.time_role == "effective" else "since"
    quote = _quote(scene, hits[0].start, hits[0].end)
    return [last.model_copy(update={"role": role, "end": None, "span": quote, "edtf": None})]


def check_of(rule: Rule, roles: Sequence[tuple[str, str]], materials: Sequence[str],
             found: Sequence[Quantity], when: Sequence[TimeSpan]) -> Check | None:  # fmt: skip
    """The query that checks a numeric claim, by the schema's section 6; None without enough to ask."""
    who = next((c for c, r in roles if r == "agent"), None)
    other = next((c for c, r in roles if r in ("counterpart", "target")), None)
    material = next(
        (m for m in materials if m in ("REE", "REE_magnets")), materials[0] if materials else None
    )
    values = tuple(q.value for q in found if q.value is not None)
    start = next(
        (int(t.start[:4]) for t in when if t.start and t.role in ("baseline", "since", "period")), None
    )
    years: tuple[int | str, ...] = (start, "latest") if start else ("latest",)
    if rule.check == "fx" and len(found) >= 2 and values[0]:
        rate = round(values[1] / values[0], 4)
        return Check.model_validate(
            {"type": "fx", "from": found[0].unit, "to": found[1].unit, "implied_rate": rate}
        )
    if who is None or rule.check in (None, "fx"):
        return None
    if rule.check == "import_share":
        return Check(
            type="import_share", measure=f"share of {other} in {who} imports" if other else "import share",
            importer=who, exporter=other, material=material, hs=_REE_CODES if material == "REE" else None,
            years=years, claimed=values or None, unit="percent",
        )  # fmt: skip
    if rule.check == "ratio":
        return Check(
            type="ratio", measure="apparent consumption or imports", country=who, material=material,
            years=years, claimed=values[0] if values else None,
        )  # fmt: skip
    measure = rule.kind if rule.kind.endswith("_share") else "production_share"
    expect = "rank==1" if rule.check == "rank" else None
    return Check(
        type=str(rule.check), measure=measure, country=who, material=material,
        claimed=values[0] if values else None, unit="percent" if values else None,
        expect=expect or (None if values else ">50 percent"),
    )  # fmt: skip
