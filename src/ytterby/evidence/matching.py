"""Does a rule hold in a sentence, and where: families close together, and tests on what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from ytterby.evidence.claims import Claim
from ytterby.evidence.kinds import Alternatives, Rule
from ytterby.evidence.lexicon import Hit
from ytterby.evidence.numbers import MONEY
from ytterby.evidence.scene import Scene, Span


def matches(
    rule: Rule, scene: Scene, claims: Sequence[Claim], found: Sequence[Claim]
) -> Iterator[tuple[Span, int]]:
    """Segments of the sentence in which the rule holds, each with the place of its first family."""
    if rule.after and rule.after not in {c.kind for c in scene.context.previous}:
        return
    if rule.body_only and scene.sentence.passage != "body":
        return
    if rule.once == "kind" and any(c.kind == rule.kind for c in found):
        return
    whole = (0, len(scene.text))
    segments = scene.clauses if rule.scope == "clause" else [whole]
    for span in segments:
        if _taken(rule, scene, span, claims):
            continue
        if rule.once == "countries" and _met(rule, scene, span, found):
            continue
        if rule.once == "persons" and _told(rule, scene, span, found):
            continue
        if (anchor := _anchor(rule, scene, span)) is not None:
            yield (_conversion_span(scene) or span) if rule.scope == "conversion" else span, anchor


def _taken(rule: Rule, scene: Scene, span: Span, claims: Sequence[Claim]) -> bool:
    base = scene.sentence.start
    kinds = {*rule.unless, rule.kind}
    return any(
        c.kind in kinds and c.spans[0].start < base + span[1] and base + span[0] < c.spans[0].end
        for c in claims
    )


def _told(rule: Rule, scene: Scene, span: Span, found: Sequence[Claim]) -> bool:
    """Whether the article already has this kind with these people."""
    people = {name for name, _ in scene.group("person", span)}
    return any(c.kind == rule.kind and people <= {p.name for p in c.persons} for c in found)


def _met(rule: Rule, scene: Scene, span: Span, found: Sequence[Claim]) -> bool:
    """Whether the article already has this kind between these countries."""
    parties = set(scene.ids(span))
    return any(c.kind == rule.kind and parties <= {a.id for a in c.actors} for c in found)


def _anchor(rule: Rule, scene: Scene, span: Span) -> int | None:
    """Where the rule's first family stands, if all it needs is in the segment and close together."""
    groups: list[list[Hit]] = []
    for alternatives in rule.need:
        hits = [
            h for a in alternatives for h in scene.hits.get(a, ()) if span[0] <= h.start and h.end <= span[1]
        ]
        if hits:
            groups.append(hits)
        elif not any(a.startswith("@") and _test(a, scene, span) for a in alternatives):
            return None
    if any(_test(w, scene, span) for w in rule.without):
        return None
    return _closest(groups, rule.near) if groups else span[0]


def _closest(groups: list[list[Hit]], near: int) -> int | None:
    """Start of the first group's hit in the tightest window that holds one hit of every group."""
    events = sorted(((h.first, h.last, i, h.start) for i, g in enumerate(groups) for h in g))
    last: dict[int, tuple[int, int]] = {}
    for first, _, i, start in events:
        last[i] = (first, start)
        if len(last) == len(groups) and first - min(f for f, _ in last.values()) <= near:
            return last[0][1]
    return None


Test = Callable[[Scene, Span], bool]


def _unit(*units: str) -> Test:
    def test(scene: Scene, span: Span) -> bool:
        return any(n.unit in units and span[0] <= n.start and n.end <= span[1] for n in scene.numbers)

    return test


def _group(*groups: str) -> Test:
    return lambda scene, span: any(scene.group(g, span) for g in groups)


def _time_role(*roles: str) -> Test:
    return lambda scene, span: any(
        m.role in roles and span[0] <= m.at and m.stop <= span[1] for m in scene.times
    )


def _percents(scene: Scene, span: Span) -> int:
    return sum(n.unit == "percent" and span[0] <= n.start < span[1] for n in scene.numbers)


def _planned(scene: Scene, span: Span) -> bool:
    """An intention that governs the verb of signing or concluding, and nothing says it is done."""
    return scene.has("intend", span) and not scene.has("past", span)


TESTS: dict[str, Test] = {
    "@percent": _unit("percent"),
    "@money": _unit(*MONEY),
    "@price": _unit("USD_per_kg"),
    "@mass": _unit("tonne", "tonne_per_year", "kg"),
    "@rate": _unit("tonne_per_year"),
    "@days": _unit("day", "week", "month"),
    "@factor": _unit("ratio"),
    "@half": lambda s, a: any(
        n.unit == "ratio" and (n.value or 1) < 1 for n in s.numbers if a[0] <= n.start < a[1]
    ),
    "@gdp": _unit("percent_of_gdp"),
    "@tree": _unit("tree"),
    "@person_count": _unit("person"),
    "@majority": _unit("qualitative"),
    "@deadline": _time_role("deadline"),
    "@since": _time_role("since"),
    "@effective": _time_role("effective"),
    "@processed_percent": lambda s, a: _percents(s, a) > s.has("produce", a),
    "@said_on": lambda s, _a: bool(s.context.control_agent),
    "@date": lambda s, a: any(a[0] <= m.at and m.stop <= a[1] for m in s.times),
    "@material": _group("material"),
    "@dealt": lambda s, _a: bool(s.context.deal_pair),
    "@topic": lambda s, a: bool(s.materials(a) or s.topic()),
    "@person": _group("person"),
    "@org": _group("org"),
    "@goods": _group("goods"),
    "@use": _group("use"),
    "@country": lambda s, a: bool(s.ids(a) or (s.subject(a) and s.has("the_country", a))),
    "@subject": lambda s, a: s.subject(a) is not None,
    "@two_percents": lambda s, a: _percents(s, a) >= 2,
    "@two_persons": lambda s, a: len({name for name, _ in s.group("person", a)}) >= 2,
    "@two_countries": lambda s, a: len(s.ids(a)) >= 2,
    "@joint": lambda s, a: len(s.ids(a)) >= 2,
    "@attributed": lambda s, _a: s.attributed,
    "@planned": _planned,
    "@conversion": lambda s, _a: _conversion_span(s) is not None,
}


def _test(name: str, scene: Scene, span: Span) -> bool:
    return TESTS[name](scene, span) if name.startswith("@") else scene.has(name, span)


def holds_any(tests: Alternatives, scene: Scene, span: Span) -> bool:
    """Whether any of the families or tests holds in the characters ``span``."""
    return any(_test(t, scene, span) for t in tests)


def _conversion_span(scene: Scene) -> Span | None:
    """An amount and its conversion: "550 Milliarden Dollar (472,51 Mrd. Euro)"."""
    money = [n for n in scene.numbers if n.unit in MONEY and n.value]
    for one, two in pairwise(money):
        between = scene.text[one.end : two.start].strip()
        closing = scene.text[two.end : two.end + 1]
        if one.unit != two.unit and between in ("(", "（") and closing in (")", "）"):
            return one.start, two.end + 1
    return None
