"""From an article to its claims, by rules.

Each sentence becomes a scene; each rule is asked whether its words stand there, close enough
together; what it finds is filled with actors, numbers, times and sources of that sentence, and
passes :mod:`ytterby.evidence.gate`. Nothing is taken from outside the text except
what earlier sentences said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from ytterby.evidence.article import Article
from ytterby.evidence.claims import BLOCS, Actor, Claim, Person, Quantity, Rejected, TimeSpan
from ytterby.evidence.claims import Span as Quote
from ytterby.evidence.gate import admit
from ytterby.evidence.kinds import Rule, glosses, possible_rules
from ytterby.evidence.lexicon import names
from ytterby.evidence.matching import holds_any, matches
from ytterby.evidence.modality import dated_status, modal, reported
from ytterby.evidence.roles import ASSIGN, Roles
from ytterby.evidence.scene import Context, Scene, Span
from ytterby.evidence.sentences import sentences_of
from ytterby.evidence.slots import check_of, quantities
from ytterby.evidence.speakers import attribute
from ytterby.evidence.timing import times

_SHORT_SENTENCE = 140
_JA_CONTENT = re.compile("[と「を].{2}|.{40}")  # what was said, and not only who and when
_HEAD_WORDS = 2  # "Das teilte ...": the verb follows at once
_PLACED = frozenset({"event", "period", "effective", "deadline", "announced"})  # times of one clause
_SECTORS = 2  # a list of sectors has at least two
_MOST_CLAIMS = 2000  # of one article: a longer text is no article


@dataclass(frozen=True)
class CodingResult:
    """Claims of one article, and the candidates that did not pass the gate."""

    claims: tuple[Claim, ...]
    rejected: tuple[Rejected, ...]


def code_claims(article: Article) -> CodingResult:
    """Code the claims of an article.

    Returns
    -------
    Claims in order of their first span, ids ``<report>-01``, ``-02``, ...; every quote equals
    ``article.text[start:end]``.
    """
    context = Context(report=article.day)
    _prime(article, context)
    found: list[Claim] = []
    for sentence in sentences_of(article):
        if len(found) >= _MOST_CLAIMS:
            break
        if sentence.passage == "title":
            Scene(sentence, context).remember(())
            continue
        scene = Scene(sentence, context)
        claims = _of_sentence(article, scene, found)
        if not claims:
            _credit_previous(scene, found)
            _add_sectors(article, scene, found)
        _remember_slots(scene, claims)
        scene.remember(claims)
    ordered = sorted(found, key=lambda c: (c.spans[0].start, c.spans[0].end, c.kind))
    numbered = [c.model_copy(update={"id": f"{article.id}-{n:02d}"}) for n, c in enumerate(ordered, start=1)]
    claims, rejected = admit(numbered, article)
    return CodingResult(tuple(claims), tuple(rejected))


def _prime(article: Article, context: Context) -> None:
    """The article's leading pair of countries, for a text that opens with "both sides"."""
    counts: dict[str, int] = {}
    for sentence in islice(sentences_of(article), 6):
        for country in Scene(sentence, context).parties():
            counts[country] = counts.get(country, 0) + 1
    leading = sorted((c for c in counts if c not in BLOCS), key=lambda c: -counts[c])  # ties: named first
    context.pair = tuple(leading[:2]) if len(leading) >= 2 else ()


def _of_sentence(article: Article, scene: Scene, found: list[Claim]) -> list[Claim]:
    """Ask every rule; a claim that goes on from the sentence before is merged into it."""
    claims: list[Claim] = []
    anchors: list[int] = []
    speakers = attribute(scene)
    for rule in possible_rules(scene.hits.keys()):
        for span, anchor in matches(rule, scene, claims, found):
            for claim in _build(article, scene, rule, span, anchor, speakers):
                if not _merged(rule, claim, scene, found):
                    claims.append(claim)
                    anchors.append(anchor)
                    found.append(claim)
    return _untangled(scene, claims, anchors, found)


def _untangled(scene: Scene, claims: list[Claim], anchors: list[int], found: list[Claim]) -> list[Claim]:
    """Of two claims that name the same time, the one in whose clause it stands keeps it."""
    if len(claims) < 2 or not any(claim.time for claim in claims):
        return claims
    homes = [_clause_at(scene, anchor) for anchor in anchors]
    for n, claim in enumerate(claims):
        others = [homes[m] for m, other in enumerate(claims) if m != n and other.kind != claim.kind]
        kept = tuple(t for t in claim.time if not _nearer(scene, t, homes[n], others))
        if kept != claim.time:
            lean = claim.model_copy(update={"time": kept})
            found[found.index(claim)] = claims[n] = lean
    return claims


def _clause_at(scene: Scene, at: int) -> int:
    """Which clause of the sentence holds a character."""
    return next((n for n, c in enumerate(scene.clauses) if c[0] <= at < c[1]), 0)


def _nearer(scene: Scene, time: TimeSpan, home: int, others: list[int]) -> bool:
    """Whether a time stands fewer clauses away from another claim than from its own."""
    if time.span is None or time.role not in _PLACED:
        return False
    clause = _clause_at(scene, time.span.start - scene.sentence.start)
    return any(abs(clause - other) < abs(clause - home) for other in others)


def _credit_previous(scene: Scene, found: list[Claim]) -> None:
    """Of "Das teilte das Weiße Haus mit" and "That is what data show": the words before are somebody's."""
    pronoun = any(
        h.first == 0 for h in scene.hits.get("person_pronoun", ())
    )  # "he added that ...": new words
    opening = not pronoun and min((h.first for h in scene.hits.get("anaphor", ())), default=9) == 0
    cues = [*scene.hits.get("said", ()), *scene.hits.get("showed", ())]
    saying = min((h.first for h in cues), default=9) <= _HEAD_WORDS
    silent = not _JA_CONTENT.search(scene.text)  # 関係者が20日、明らかにした。
    brief = scene.sentence.language == "ja" and silent
    if not ((opening and saying) or brief) or not scene.attributed or len(scene.text) >= _SHORT_SENTENCE:
        return
    sources = scene.context.attribution
    for claim in scene.context.previous:
        at = _place_of(claim, found)
        if at is not None and (brief or not claim.attribution):
            status = reported(claim.kind, claim.status)
            found[at] = claim.model_copy(update={"attribution": sources, "status": status})


def _add_sectors(article: Article, scene: Scene, found: list[Claim]) -> None:
    """Of "among others it is about chips, energy and ships": what the pledge before is for."""
    sectors = tuple(dict.fromkeys(name for name, _ in scene.group("sector")))
    if len(sectors) < _SECTORS or not _goes_on(scene):
        return
    for claim in scene.context.previous:
        at = _place_of(claim, found)
        if claim.kind == "investment_pledge" and at is not None and not claim.sectors:
            start, end = _stripped(article.text, scene.sentence.start, scene.sentence.end)
            span = Quote(start=start, end=end, quote=article.text[start:end])
            named = claim.materials or tuple(scene.materials())
            found[at] = claim.model_copy(
                update={"sectors": sectors, "materials": named, "spans": (*claim.spans, span)}
            )


def _build(
    article: Article, scene: Scene, rule: Rule, span: Span, anchor: int, speakers: tuple[Any, ...]
) -> Iterator[Claim]:
    scene.focus = next((c for c in scene.clauses if c[0] <= anchor < c[1]), span)
    roles = ASSIGN[rule.roles](scene, span, anchor)
    status, polarity = modal(rule, scene, span, anchor)
    materials = tuple(scene.materials(span)) or _inherited(rule, scene)
    found, when = quantities(scene, span, rule), times(scene, span, rule, status, anchor)
    status = dated_status(rule, scene, status, when)
    persons = tuple(_persons(scene, span))
    start, end = scene.sentence.start + span[0], scene.sentence.start + span[1]
    start, end = _stripped(article.text, start, end)
    parts = [
        (dealt, *part)
        for dealt in _each_target(rule, roles)
        for part in _each_figure(rule, scene, materials, found)
    ]
    for dealt, named, figures in parts:
        yield Claim(
            id=f"{article.id}-00",
            report=article.id,
            gloss_en=_gloss(rule.kind, dealt, named, figures),
            kind=rule.kind,
            relevance=_relevance(rule, scene, span),
            actors=tuple(Actor(id=c, role=r, type="org" if c in BLOCS else "country") for c, r in dealt),
            persons=persons,
            orgs=tuple(dict.fromkeys(name for name, _ in scene.group("org", span))),
            materials=named,
            quantities=figures,
            time=when,
            status=status,
            polarity=polarity,
            attribution=() if rule.scope == "conversion" else speakers,
            place=next((name for name, _ in scene.group("place", span)), None),
            spans=(Quote(start=start, end=end, quote=article.text[start:end]),),
            check=check_of(rule, dealt, named, figures, when),
            **_special(rule, scene, span),
        )


def _each_figure(
    rule: Rule, scene: Scene, materials: tuple[str, ...], found: tuple[Quantity, ...]
) -> list[tuple[tuple[str, ...], tuple[Quantity, ...]]]:
    """Of "60% of the germanium and 80% of the gallium": two shares, each with its own material."""
    whole = [(materials, found)]
    if rule.check != "share" or len(found) < 2 or len(found) != len(materials):
        return whole
    base = scene.sentence.start
    places = [(q.span.start - base, "", q) for q in found if q.span and q.role == "amount"]
    named = [(hit.start, name, None) for name, hit in scene.group("material") if name in materials]
    order = sorted([*places, *named], key=lambda place: place[0])
    kinds = [quantity is None for _, _, quantity in order]
    if len(order) != 2 * len(found) or any(one == two for one, two in pairwise(kinds)):
        return whole
    pairs = zip(order[::2], order[1::2], strict=True)
    return [((a[1] or b[1],), tuple(q for q in (a[2], b[2]) if q is not None)) for a, b in pairs]


def _inherited(rule: Rule, scene: Scene) -> tuple[str, ...]:
    if rule.materials == "inherit":
        return scene.topic()
    if rule.materials == "inherit_near" and not scene.has("deal_trade") and not scene.has("deal_security"):
        return scene.topic(reach=1)
    return ()


def _each_target(rule: Rule, roles: Roles) -> list[Roles]:
    targets = [pair for pair in roles if pair[1] == "target"]
    if not rule.per_target or len(targets) < 2:
        return [roles]
    return [[pair for pair in roles if pair[1] != "target" or pair == target] for target in targets]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip(" ,;:\n\t"))


def _persons(scene: Scene, span: Span) -> Iterator[Person]:
    seen: set[str] = set()
    for name, hit in scene.group("person", span):
        if name not in seen:
            seen.add(name)
            country = names()["person"][name].get("country")
            mention = scene.text[hit.start : hit.end]
            yield Person(name=name, country=str(country) if country else None, mention=mention)


def _relevance(rule: Rule, scene: Scene, span: Span) -> Any:
    """A deal about arms is context, not core."""
    military = scene.has("deal_security", span) or scene.has("weapons", span)
    return (
        "context" if rule.relevance == "core" and military and not scene.materials(span) else rule.relevance
    )


def _special(rule: Rule, scene: Scene, span: Span) -> dict[str, Any]:
    """The kind-specific fields."""
    fields: dict[str, Any] = dict(rule.fields)
    for name, rows in rule.choose.items():
        value = next((v for tests, v in rows if holds_any(tests, scene, span)), None)
        if value is not None:
            fields[name] = value
    for name, group in rule.collect.items():
        values = tuple(dict.fromkeys(value for value, _ in scene.group(group, span)))
        if values:
            fields[name] = values
    for name, family in rule.flags.items():
        if scene.has(family, span):
            fields[name] = True
    if measures := tuple(m for m, family in rule.measures.items() if scene.has(family, span)):
        fields["measures"] = measures
    if rule.kind == "agreement" and (hits := scene.hits.get("deal")):
        fields["name_as_written"] = scene.text[hits[0].start : hits[0].end]
    return fields


def _gloss(kind: str, roles: Roles, materials: Sequence[str], found: Sequence[Any]) -> str:
    agents = [c for c, r in roles if r in ("agent", "beneficiary")]
    others = [c for c, r in roles if c not in agents]
    numbers = [f"{q.value:g} {q.unit}" if q.value is not None else q.qualifier for q in found]
    filled = {
        "agents": " and ".join(agents) or "somebody",
        "others": " and ".join(others) or "others",
        "materials": ", ".join(materials) or "goods",
        "numbers": ", ".join(numbers) or "no number given",
    }
    return glosses().get(kind, kind).format(**filled) + "."


def _merged(rule: Rule, claim: Claim, scene: Scene, found: list[Claim]) -> bool:
    """Add a sentence that goes on about the same to the claim of the sentence before."""
    if not rule.merge or not _goes_on(scene) or (rule.merge == "dateless" and claim.time):
        return False
    for before in scene.context.previous:
        at = _place_of(before, found) if before.kind == claim.kind and _compatible(before, claim) else None
        if at is not None:
            found[at] = _joined(before, claim)
            return True
    return False


def _place_of(claim: Claim, found: Sequence[Claim]) -> int | None:
    """Where a claim stands among those found; only claims that begin with it are compared whole."""
    start = claim.spans[0].start
    return next((n for n, c in enumerate(found) if c.spans[0].start == start and c == claim), None)


def _goes_on(scene: Scene) -> bool:
    return scene.has("anaphor")


def _compatible(before: Claim, claim: Claim) -> bool:
    values = {q.unit: q.value for q in before.quantities}
    actors = {a.id for a in before.actors}, {a.id for a in claim.actors}
    clash = any(q.unit in values and values[q.unit] != q.value for q in claim.quantities)
    return not clash and (actors[1] <= actors[0] or not actors[0])


def _joined(before: Claim, claim: Claim) -> Claim:
    sources = {a.source: a for a in (*before.attribution, *claim.attribution)}
    known = {q.unit for q in before.quantities}
    numbers = before.quantities + tuple(q for q in claim.quantities if q.unit not in known)
    roles = [(a.id, a.role) for a in before.actors]
    return before.model_copy(
        update={
            "gloss_en": _gloss(before.kind, roles, before.materials or claim.materials, numbers),
            "spans": before.spans + claim.spans,
            "quantities": numbers,
            "time": before.time or claim.time,
            "attribution": tuple(sources.values()),
            "sectors": before.sectors or claim.sectors,
            "materials": before.materials or claim.materials,
        }
    )


def _remember_slots(scene: Scene, claims: Sequence[Claim]) -> None:
    for claim in claims:
        agents = tuple(a.id for a in claim.actors if a.role == "agent")
        if claim.kind == "agreement" and len(agents) == 2:
            scene.context.deal_pair = agents
        dated = [t for t in claim.time if t.start]
        if dated:
            scene.context.last_time = dated[-1]
        if claim.kind == "export_control" and dated:
            scene.context.control_time = dated[-1]
