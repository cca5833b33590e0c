"""Whose word a sentence is: people, governments, companies, insiders; also across sentences.

A verb of saying ("sagte", "according to") looks for its speaker among all who are named: the nearest
one that can be its subject. Behind "according to" the source follows; a Japanese speaker carries
は, が or によると. Where none is named, "the ministry", "he" and "it said" mean the one who spoke last,
and reported speech (German subjunctive, French press conditional) goes on with that source.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, cast

from ytterby.evidence.claims import Attribution
from ytterby.evidence.claims import Span as Quote
from ytterby.evidence.lexicon import Hit, names, tokens_of
from ytterby.evidence.meant import CARRY, MEANT, documented, gap, government_of
from ytterby.evidence.people import find_sources
from ytterby.evidence.scene import Scene

SourceType = Literal[
    "government", "person", "agency", "media", "company", "anonymous", "survey", "statistics"
]
_REACH = 12  # words between a verb of saying and the one who says it
_GROUPS = ("source", "person", "media", "agency", "org")
_INSIDERS = "people familiar with the matter"
_JA_SPEAKER = re.compile(
    r"[）)」]{0,2}[^、。「」はがとを]{0,14}?(?:氏|側|自身)?(?:は|が|も|によ|に基づ|の話|では|で、|に対し|の調査|の試算|の推計|の集計|、)"
)
_FROM_WHOM = re.compile(  # "hieß es aus dem Ministerium", "heißt es in einem Papier der OECD"
    r"\s(?:(?:aus|beim?|von)\s(?:der\s|dem\s|den\s)?[A-ZÄÖÜ]|in\s\w+e[mr]\s[A-ZÄÖÜ]\w+\s(?:der|des|von)\s)"
)
_TITLE = re.compile(r"\s(?:(?:at|from|with|bei|beim|von|de|du|chez)\s)?")  # "trader X", "analysts at X"
_HEARER = re.compile(
    r"told\s|(?:sag|erklär|bestätig|vertrau)\w+\s(?:der|dem|gegenüber)\s|"
    r"(?:a |avait )?(?:déclaré|confié|dit|affirmé|indiqué|assuré|confirmé)e?\s(?:à|au)\s",
    re.IGNORECASE,
)
_SO = re.compile(r"(?:[,“”»\"] so |\b[Pp]our )$")
_OPENING = '„“«»「"‚'
_WRONG_SIDE = 8.0  # words that a source on the wrong side of "according to" counts as farther away


class Speaker(NamedTuple):
    """One who is named in a sentence and might be speaking."""

    group: str
    name: str
    hit: Hit


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
    introduced = tuple(_introduced(scene))  # also remembers who is who
    _remember_houses(scene, introduced)
    own = (
        documented(scene)
        or _own(scene, introduced)
        or next(filter(None, (meant(scene) for meant in MEANT)), ())
    )
    if own:
        _keep(scene, own)
        return own
    return _carried(scene)


def _remember_houses(scene: Scene, introduced: Sequence[Speaker]) -> None:
    """The company named last, for "the company"; the company or public body named last, for "a spokesman"."""
    firms = [(name, hit) for group, name, hit in introduced if group == "company"] + scene.group("org")
    scene.context.firm = firms[0][0] if firms else scene.context.firm
    bodies = [(name, hit) for name, hit in scene.group("source") if _is_public(name)]
    houses: list[tuple[int, str, SourceType]] = [(hit.start, name, "company") for name, hit in firms]
    houses += [(hit.start, name, "government") for name, hit in bodies]
    if houses:
        _, name, kind = max(houses)
        scene.context.house = Attribution(source=name, source_type=kind)


def _is_public(name: str) -> bool:
    return names()["source"][name].get("type") == "government"


def _keep(scene: Scene, own: tuple[Attribution, ...]) -> None:
    context = scene.context
    context.attribution, context.attribution_at = own, (context.number, scene.sentence.paragraph)
    government = [a for a in own if a.source_type == "government"]
    context.source = government[0] if government else context.source
    context.body = government[0].source if government else context.body
    context.speaker = next((a.source for a in own if a.source_type == "person"), context.speaker)


def _carried(scene: Scene) -> tuple[Attribution, ...]:
    """Reported speech goes on: the subjunctive says so, or a plan of a government's paragraph."""
    context = scene.context
    number, paragraph = context.attribution_at
    reported = scene.has("reported_mood")
    near = context.number - number <= (CARRY if reported else 1) and scene.sentence.paragraph - paragraph <= 2
    planned = scene.has("intend") and any(a.source_type == "government" for a in context.attribution)
    quoted = scene.text[:1] in _OPENING and context.number - number <= 1
    same = planned and scene.sentence.paragraph == paragraph and scene.sentence.language == "de"
    if not near or not (reported or same or (quoted and scene.sentence.paragraph == paragraph)):
        return ()
    context.attribution_at = (context.number, scene.sentence.paragraph)
    return tuple(a.model_copy(update={"span": None}) for a in context.attribution)


def _own(scene: Scene, introduced: Sequence[Speaker]) -> tuple[Attribution, ...]:
    cues = [*_cues(scene), *_so(scene, introduced)]
    if not cues:
        return ()
    found: dict[str, Attribution] = {}
    named = [s.hit.start for s in introduced] + [hit.start for _, hit in scene.group("org")]
    listed = [
        s for s in _listed(scene) if not any(_TITLE.fullmatch(scene.text, s.hit.end, at) for at in named)
    ]
    speakers = [*listed, *introduced, *_ministries(scene)]
    others = [hit for name, hit in scene.group("source") if name != _INSIDERS]
    insiders = scene.hits.get(f"source:{_INSIDERS}", ())
    anonymous = [h for h in insiders if not any(o.start < h.end and h.start < o.end for o in others)]
    for cue in sorted(cues, key=lambda c: c.start):
        nearest = _nearest(scene, cue, speakers)
        if nearest is None:
            continue
        scene.speaking.add(nearest.hit.start)
        via = _agency(scene) if nearest.group == "source" and anonymous else None
        found.setdefault(
            nearest.name, _attribution(scene, nearest, cue, via if via != nearest.name else None)
        )
    if anonymous and (found or scene.has("according")):
        found = _insiders(scene, anonymous[0], found)
    return tuple(found.values())


def _cues(scene: Scene) -> list[Hit]:
    """Verbs of saying and their like, but "it said", whose subject is a pronoun."""
    pronominal = scene.hits.get("said_again", ())
    found = [*scene.hits.get("said", ()), *scene.hits.get("according", ()), *scene.hits.get("showed", ())]
    return [
        c
        for c in found
        if _FROM_WHOM.match(scene.text, c.end)
        or not any(p.start <= c.start and c.end <= p.end for p in pronominal)
    ]


def _so(scene: Scene, introduced: Sequence[Speaker]) -> Iterator[Hit]:
    """Of ", so Minister X" and "Pour X, économiste, ...": a person that one word introduces as the source."""
    for speaker in introduced:
        at = speaker.hit.start
        if speaker.group == "person" and _SO.search(scene.text[:at]):
            yield Hit("according", at - 1, at - 1, speaker.hit.first - 1, speaker.hit.first - 1)


def _insiders(scene: Scene, hit: Hit, found: dict[str, Attribution]) -> dict[str, Attribution]:
    """Insiders speak through the agency that a sentence names."""
    if _INSIDERS not in found:
        scene.speaking.add(hit.start)
        speaker = Speaker("source", _INSIDERS, hit)
        found = {_INSIDERS: _attribution(scene, speaker, hit, _agency(scene))} | found
    if agency := _agency(scene):
        at = scene.hits[f"agency:{agency}"][0]
        found.setdefault(agency, _attribution(scene, Speaker("agency", agency, at), at, None))
    return found


def _agency(scene: Scene) -> str | None:
    found = scene.group("agency")
    return found[0][0] if found else None


def _nearest(scene: Scene, cue: Hit, speakers: Sequence[Speaker]) -> Speaker | None:
    """The source nearest to a verb of saying; right behind it beats before it."""
    ranked = [
        (words + _penalty(scene, cue, speaker), speaker.hit.start, speaker)
        for speaker in speakers
        if (words := gap(speaker.hit, cue)) <= _reach(scene)
        if not (cue.family == "showed" and speaker.group == "person")
    ]
    leader = _leader(scene, cue)
    if leader and (not ranked or leader[0] < min(r[0] for r in ranked)):
        return leader[1]
    return min(ranked, key=lambda r: r[:2])[2] if ranked else None


def _penalty(scene: Scene, cue: Hit, speaker: Speaker) -> float:
    """How unlikely a speaker is, as words of distance: by kind, by side, by comma."""
    behind = speaker.hit.first > cue.last
    group = _GROUPS.index(speaker.group) * 0.1 if speaker.group in _GROUPS else -0.5
    if scene.sentence.language == "ja":
        return group
    if cue.family == "according":
        follows = not scene.text[cue.start : cue.end].lower().endswith("zufolge")
        return group + (0.0 if behind == follows else _WRONG_SIDE)
    if cue.family == "showed":
        return group + (_WRONG_SIDE if behind else 0.0)
    heard = speaker.group in ("media", "agency") and behind and _HEARER.match(scene.text, cue.start)
    if heard or (behind and scene.text[cue.end : cue.end + 1] == ","):
        return group + _WRONG_SIDE  # "told ABC", "X erklärte, Y wolle ...": ABC hears, Y is spoken about
    return group + (0.0 if behind or scene.sentence.language != "de" else 2.0)


def _reach(scene: Scene) -> int:
    """Japanese says who speaks first and that he speaks last."""
    return 3 * _REACH if scene.sentence.language == "ja" else _REACH


def _listed(scene: Scene) -> Iterator[Speaker]:
    """Those that the names file knows, where they can be the subject of a verb."""
    for group in _GROUPS:
        for name, hit in scene.group(group):
            if _can_speak(scene, group, hit) and not _within_longer(scene, group, hit):
                yield Speaker("company" if group == "org" else group, name, hit)


def _within_longer(scene: Scene, group: str, hit: Hit) -> bool:
    """Whether a longer name of the group holds this one: 業界関係者 are no mere 関係者."""
    found = [other for _, other in scene.group(group)]
    return any(o.start <= hit.start and hit.end <= o.end and o[1:3] != hit[1:3] for o in found)


def _can_speak(scene: Scene, group: str, hit: Hit) -> bool:
    if scene.sentence.language == "ja":
        return _JA_SPEAKER.match(scene.text, hit.end) is not None
    if group == "org":
        return scene.relation(hit) in ("", "from", "of")
    return not _is_oblique(scene, group, hit)


def _ministries(scene: Scene) -> Iterator[Speaker]:
    """Ministries that no list names, by their field and their country: "das nigrische Bergbauministerium"."""
    taken = [hit for _, hit in scene.group("source")]
    for field, hit in scene.group("ministry"):
        if any(t.start < hit.end and hit.start < t.end for t in taken):
            continue
        country = _country_of(scene, hit)
        government = government_of(country) if country else ()
        if government and _can_speak(scene, "ministry", hit):
            source = government[0].source
            named = f"{source.removesuffix(' government')} {field}"
            yield Speaker("government", named.replace("government of ", ""), hit)


def _country_of(scene: Scene, hit: Hit) -> str | None:
    """Whose ministry it is: the country named beside it, else the one the text is about."""
    near = [m for m in scene.mentions if min(abs(m.end - hit.start), abs(m.start - hit.end)) <= 30]
    inside = [m for m in scene.mentions if hit.start <= m.start < hit.end]
    return next((m.id for m in (*inside, *near, *scene.mentions)), scene.context.subject)


def _introduced(scene: Scene) -> Iterator[Speaker]:
    """Persons and bodies that no list names, as hits among the words."""
    starts = [t.start for t in tokens_of(scene.text)]
    listed = [h for g in ("person", "source", "agency", "media", "org") for _, h in scene.group(g)]
    things = [h for g in ("country", "material") for _, h in scene.group(g)]
    for found in find_sources(scene.text, scene.sentence.language, scene.context.people):
        if any(h.start < found.end and found.start < h.end for h in listed):
            continue
        if any(h.start <= found.start and found.end <= h.end for h in things):
            continue
        first, last = bisect_right(starts, found.start) - 1, bisect_right(starts, found.end - 1) - 1
        if scene.sentence.language == "ja":
            first, last = found.start // 2, found.end // 2
        hit = Hit(f"{found.type}:{found.name}", found.start, found.end, first, last)
        if found.type == "person":
            scene.context.speaker = found.name
        yield Speaker(found.type, found.name, hit)


def _is_oblique(scene: Scene, group: str, hit: Hit) -> bool:
    """A person one speaks about ("with Trump", "in Washington") is not who speaks."""
    return group == "person" and scene.relation(hit) in ("with", "against", "to", "on", "in")


def _leader(scene: Scene, cue: Hit) -> tuple[float, Speaker] | None:
    """Of Japan's prime minister said: the person that the article named for that office."""
    for hit in scene.hits.get("leader", ()):
        words = abs(hit.first - cue.last)
        owner = [m for m in scene.mentions if abs(m.end - hit.start) <= 14 or m.start == hit.start]
        person = scene.context.leaders.get(owner[0].id) if owner else None
        if person and words <= 4 and not scene.group("person"):
            return float(words), Speaker("person", person, hit)
    return None


def _attribution(scene: Scene, speaker: Speaker, cue: Hit, via: str | None) -> Attribution:
    hit = speaker.hit
    start, end = min(hit.start, cue.start), max(hit.end, cue.end)
    if end - start > 60:
        start, end = hit.start, hit.end
    base = scene.sentence.start
    return Attribution(
        source=speaker.name,
        source_type=_type(speaker),
        via=via,
        span=Quote(start=base + start, end=base + end, quote=scene.text[start:end]),
    )


def _type(speaker: Speaker) -> SourceType:
    if speaker.group == "source":
        return cast("SourceType", names()["source"][speaker.name].get("type", "government"))
    return cast("SourceType", speaker.group)  # person, media, agency, company, government
