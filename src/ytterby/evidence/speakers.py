"""Whose word a sentence is: people, governments, agencies, insiders; also across sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from ytterby.evidence.claims import Attribution
from ytterby.evidence.claims import Span as Quote
from ytterby.evidence.lexicon import Hit, names, tokens_of
from ytterby.evidence.people import find_sources
from ytterby.evidence.scene import Scene

SourceType = Literal[
    "government", "person", "agency", "media", "company", "anonymous", "survey", "statistics"
]
_REACH = 12  # words between a verb of saying and the one who says it
_GROUPS = ("source", "person", "media", "agency")
_CARRY = 2  # sentences that reported speech goes on without naming its source again


def attribute(scene: Scene) -> tuple[Attribution, ...]:
    """Sources of a sentence; remembers them for reported speech that goes on.

    Parameters
    ----------
    scene: the sentence in its context; its ``speaking`` and ``attributed`` are filled.
    """
    found = _found(scene)
    scene.attributed = bool(found)
    return found


def _found(scene: Scene) -> tuple[Attribution, ...]:
    own = _own(scene)
    if own:
        _keep(scene, own)
        return own
    if own := _official(scene):
        return own
    voiced = scene.has("said") or scene.has("according") or scene.has("denial")
    if voiced and not scene.context.source and scene.context.body and scene.has("the_body"):
        return (Attribution(source=scene.context.body, source_type="government"),)
    if voiced and scene.context.source and (scene.has("document") or scene.has("the_body")):
        own = (scene.context.source.model_copy(update={"span": None}),)
        _keep(scene, own)
        return own
    return _carried(scene)


def _official(scene: Scene) -> tuple[Attribution, ...]:
    """Of "a senior official said Japan ...": that country's government."""
    ids = scene.ids()
    if not (scene.has("official") and scene.has("said") and ids):
        return ()
    rows = names()["source"].items()
    name = next((n for n, row in rows if row.get("country") == ids[0] and n.endswith("government")), None)
    return (Attribution(source=name, source_type="government"),) if name else ()


def _keep(scene: Scene, own: tuple[Attribution, ...]) -> None:
    context = scene.context
    context.attribution, context.attribution_at = own, (context.number, scene.sentence.paragraph)
    government = [a for a in own if a.source_type == "government"]
    context.source = government[0] if government else context.source


def _carried(scene: Scene) -> tuple[Attribution, ...]:
    context = scene.context
    number, paragraph = context.attribution_at
    plain = scene.has("reported_mood")
    near = context.number - number <= (_CARRY if plain else 1) and scene.sentence.paragraph - paragraph <= 2
    reported = scene.has("reported_mood")
    planned = scene.has("intend") and any(a.source_type == "government" for a in context.attribution)
    same = planned and scene.sentence.paragraph == paragraph
    if not near or not (reported or same):
        return ()
    context.attribution_at = (context.number, scene.sentence.paragraph)
    return tuple(a.model_copy(update={"span": None}) for a in context.attribution)


def _own(scene: Scene) -> tuple[Attribution, ...]:
    cues = [*scene.hits.get("said", ()), *scene.hits.get("according", ())]
    introduced = tuple(_introduced(scene))  # also remembers who is who
    if not cues:
        return ()
    found: dict[str, Attribution] = {}
    anonymous = scene.hits.get("source:people familiar with the matter", ())
    for cue in sorted(cues, key=lambda c: c.start):
        nearest = _nearest(scene, cue, introduced)
        if nearest is None:
            continue
        group, name, hit = nearest
        scene.speaking.add(hit.start)
        via = _agency(scene) if group == "source" and anonymous else None
        found.setdefault(name, _attribution(scene, group, name, hit, cue, via if via != name else None))
    if anonymous and found and "people familiar with the matter" not in found:
        name, hit = "people familiar with the matter", anonymous[0]
        scene.speaking.add(hit.start)
        found = {name: _attribution(scene, "source", name, hit, hit, _agency(scene))} | found
    if anonymous and (agency := _agency(scene)):
        hit = scene.hits[f"agency:{agency}"][0]
        found.setdefault(agency, _attribution(scene, "agency", agency, hit, hit, None))
    return tuple(found.values()) or _pronoun(scene, cues)


def _agency(scene: Scene) -> str | None:
    found = scene.group("agency")
    return found[0][0] if found else None


def _nearest(
    scene: Scene, cue: Hit, introduced: Sequence[tuple[str, str, Hit]]
) -> tuple[str, str, Hit] | None:
    """The source nearest to a verb of saying; right behind it beats before it."""
    candidates: list[tuple[float, str, str, Hit]] = []
    for group in _GROUPS:
        for name, hit in scene.group(group):
            gap = hit.first - cue.last if hit.first > cue.last else cue.first - hit.last
            if gap <= _reach(scene) and not _is_oblique(scene, group, hit):
                before = 0.0 if hit.first > cue.last or _subject_first(scene) else 2.0
                candidates.append((gap + before - _GROUPS.index(group) * -0.1, group, name, hit))
    for name, kind, hit in introduced:
        gap = hit.first - cue.last if hit.first > cue.last else cue.first - hit.last
        if gap <= _reach(scene):
            candidates.append((gap - 0.5, kind, name, hit))
    leader = _leader(scene, cue)
    if leader and (not candidates or leader[0] < min(c[0] for c in candidates)):
        return ("person", leader[1], leader[2])
    best = min(candidates, key=lambda c: (c[0], c[3].start), default=None)
    return best[1:] if best else None


def _reach(scene: Scene) -> int:
    """Japanese says who speaks first and that he speaks last."""
    return 3 * _REACH if scene.sentence.language == "ja" else _REACH


def _introduced(scene: Scene) -> Iterator[tuple[str, str, Hit]]:
    """Persons and bodies that no list names, as hits among the words."""
    starts = [t.start for t in tokens_of(scene.text)]
    listed = [h for g in ("person", "source", "agency", "media") for _, h in scene.group(g)]
    for found in find_sources(scene.text, scene.sentence.language, scene.context.people):
        if any(h.start < found.end and found.start < h.end for h in listed):
            continue
        first, last = bisect_right(starts, found.start) - 1, bisect_right(starts, found.end - 1) - 1
        if scene.sentence.language == "ja":
            first, last = found.start // 2, found.end // 2
        yield found.name, found.type, Hit(f"{found.type}:{found.name}", found.start, found.end, first, last)


def _subject_first(scene: Scene) -> bool:
    return scene.sentence.language != "de"


def _is_oblique(scene: Scene, group: str, hit: Hit) -> bool:
    """A person one speaks about ("with Trump", "in Washington") is not who speaks."""
    if group != "person":
        return False
    match = next((m for m in scene.mentions if m.start == hit.start), None)
    return match is not None and match.relation in ("with", "against", "to", "on", "in")


def _leader(scene: Scene, cue: Hit) -> tuple[float, str, Hit] | None:
    """Of Japan's prime minister said: the person that the article named for that office."""
    for hit in scene.hits.get("leader", ()):
        gap = abs(hit.first - cue.last)
        owner = [m for m in scene.mentions if abs(m.end - hit.start) <= 14 or m.start == hit.start]
        person = scene.context.leaders.get(owner[0].id) if owner else None
        if person and gap <= 4 and not scene.group("person"):
            return float(gap), person, hit
    return None


def _pronoun(scene: Scene, cues: list[Hit]) -> tuple[Attribution, ...]:
    """Of she said: the person named last."""
    person = scene.context.person
    if not person or scene.actors() or not scene.has("person_pronoun"):
        return ()
    if not any(abs(h.first - c.last) <= 2 for h in scene.hits["person_pronoun"] for c in cues):
        return ()
    return (Attribution(source=person, source_type="person"),)


def _attribution(scene: Scene, group: str, name: str, hit: Hit, cue: Hit, via: str | None) -> Attribution:
    start, end = min(hit.start, cue.start), max(hit.end, cue.end)
    if end - start > 60:
        start, end = hit.start, hit.end
    base = scene.sentence.start
    return Attribution(
        source=name,
        source_type=_type(group, name),
        via=via,
        span=Quote(start=base + start, end=base + end, quote=scene.text[start:end]),
    )


def _type(group: str, name: str) -> SourceType:
    if group == "source":
        return cast("SourceType", names()["source"][name].get("type", "government"))
    return cast("SourceType", group)  # person, media, agency
