"""Who is meant where a sentence names nobody who speaks: the ministry, the company, a spokesman, a document.

"The company said", "a spokesman said", "it said", "Beijing said", "according to a draft seen by Reuters":
each finds its source in what earlier sentences named.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from ytterby.catalog.countries import country_name, is_country
from ytterby.evidence.claims import Attribution
from ytterby.evidence.lexicon import Hit, names, tokens_of
from ytterby.evidence.scene import Scene

CARRY = 2  # sentences that reported speech goes on without naming its source again
_ADJACENT = 4  # words between a verb and a country that speaks ("Beijing said")
_CLAUSE_BEHIND = re.compile(r"\s(?:\w+\s){0,2}(?:qu[e’']|avoir|vouloir|ne pas)")  # "assure 69 %" says nothing
_JA_TAIL = 10  # characters at the end of a Japanese sentence in which its verb stands
_OWNED = 12  # characters between a country and its official ("a senior Chinese official")
_INVERTED = re.compile(r"\s?[.,;:»”\"」]|\s?$")
_DEFINITE = re.compile(r"\b(?:das|dem|des|the|le|du|ce|dieses|this)\s(?:\w+\s)?$|同$", re.IGNORECASE)


def documented(scene: Scene) -> tuple[Attribution, ...]:
    """Of "the Commission's draft seen by Reuters": its author, through the medium that saw it.

    The author is the body named beside it, or for "the document" the one the text is about; where
    there is none, the medium speaks for itself.
    """
    papers = scene.hits.get("paper", ())
    if not papers or not scene.has("seen_by"):
        return ()
    via = next((name for group in ("agency", "media") for name, _ in scene.group(group)), None)
    definite = _DEFINITE.search(scene.text[: papers[0].start]) is not None
    beside = [name for name, hit in scene.group("source") if gap(hit, papers[0]) <= _ADJACENT]
    author = next(iter(beside), scene.context.body if definite else None)
    return (Attribution(source=author, source_type="government", via=via),) if author else ()


def _spokesman(scene: Scene) -> tuple[Attribution, ...]:
    """Of "a spokesman said": the company or public body named last."""
    cues = [*scene.hits.get("said", ()), *scene.hits.get("denial", ())]
    close = any(gap(h, c) <= _ADJACENT for h in scene.hits.get("a_spokesman", ()) for c in cues)
    house = scene.context.house
    return (house,) if close and house else ()


def _official(scene: Scene) -> tuple[Attribution, ...]:
    """Of "a senior official said Japan ..." and "government data show": that country's government."""
    ids = scene.ids()
    words = [*scene.hits.get("official", ()), *scene.hits.get("official_data", ())]
    told = (scene.has("official") and scene.has("said")) or scene.has("official_data")
    beside = [m.id for m in scene.mentions if any(_beside(m.start, m.end, word) for word in words)]
    owner = next(iter(beside), ids[0] if ids and (len(ids) == 1 or scene.sentence.language != "ja") else None)
    return government_of(owner) if told and owner else ()


def _beside(start: int, end: int, word: Hit) -> bool:
    return min(abs(word.start - end), abs(start - word.end)) <= _OWNED or word.start <= start < word.end


def _firm(scene: Scene) -> tuple[Attribution, ...]:
    """Of "the company said": the company named last."""
    cues = [*scene.hits.get("said", ()), *scene.hits.get("according", ())]
    close = any(gap(h, c) <= _ADJACENT for h in scene.hits.get("the_company", ()) for c in cues)
    firm = scene.context.firm
    return (Attribution(source=firm, source_type="company"),) if close and firm else ()


def government_of(country: str) -> tuple[Attribution, ...]:
    """A country that speaks: its government; a bloc speaks for itself."""
    rows = names()["source"].items()
    name = next((n for n, row in rows if row.get("country") == country and n.endswith("government")), None)
    if name is None:
        name = f"government of {country_name(country)}" if is_country(country) else country
    return (Attribution(source=name, source_type="government"),)


def _body(scene: Scene) -> tuple[Attribution, ...]:
    """Of "the ministry said": the public body named last; of "it said", whoever spoke last."""
    context = scene.context
    if scene.has("the_body") and _voiced(scene):
        if context.source and context.source.source_type == "government":
            return (context.source.model_copy(update={"span": None}),)
        return (Attribution(source=context.body, source_type="government"),) if context.body else ()
    silent = scene.sentence.language == "ja" and scene.has("said")  # a Japanese verb needs no subject
    again = scene.has("said_again") or silent or (scene.has("document") and _voiced(scene))
    last = (context.source,) if scene.has("document") and context.source else context.attribution
    near = context.number - context.attribution_at[0] <= CARRY
    return tuple(a.model_copy(update={"span": None}) for a in last) if again and near else ()


def _voiced(scene: Scene) -> bool:
    return scene.has("said") or scene.has("according") or scene.has("denial")


def _role(scene: Scene) -> tuple[Attribution, ...]:
    """Of "she said" and "the minister added": the person named last."""
    cues = [*scene.hits.get("said", ()), *scene.hits.get("denial", ())]
    pronouns = [*scene.hits.get("person_pronoun", ()), *scene.hits.get("the_person", ())]
    close = any(gap(h, c) <= 2 for h in pronouns for c in cues)
    person = scene.context.speaker or scene.context.person
    if person or not pronouns:
        return (Attribution(source=person, source_type="person"),) if close and person else ()
    opening = any(h.first == 0 for h in scene.hits.get("anaphor", ()))  # "Das teilte er mit", of a company
    firm = scene.context.firm
    return (Attribution(source=firm, source_type="company"),) if close and opening and firm else ()


def _country(scene: Scene) -> tuple[Attribution, ...]:
    """Of "Beijing said": the government of the country that is the verb's subject."""
    cues = scene.hits.get("said", ())
    if not cues:
        return ()
    if scene.sentence.language == "ja":
        state = [m for m in scene.mentions if scene.text[m.start : m.end] == "政府"]
        return government_of(state[0].id) if state and cues[-1].end > len(scene.text) - _JA_TAIL else ()
    starts = [t.start for t in tokens_of(scene.text)]
    for mention in scene.mentions:
        at = bisect_right(starts, mention.start) - 1
        ends = _INVERTED.match(scene.text, mention.end) is not None
        near = [
            c
            for c in cues
            if _subject_of(scene, mention.relation, at, c)
            or (ends and mention.relation == "" and at - c.last == 1)  # "fait valoir Pékin."
        ]
        if near and not mention.by_person:
            scene.speaking.add(mention.start)
            return government_of(mention.id)
    return ()


def _subject_of(scene: Scene, relation: str, at: int, cue: Hit) -> bool:
    told_in = scene.has("said_again") and relation == "in"  # "heißt es in Brüssel"
    before = 0 < cue.first - at <= _ADJACENT and relation == "" and at <= 1
    before = before and (
        scene.sentence.language != "fr" or _CLAUSE_BEHIND.match(scene.text, cue.end) is not None
    )
    return before or (told_in and min(abs(at - cue.last), abs(cue.first - at)) <= _ADJACENT)


def gap(one: Hit, two: Hit) -> int:
    """Words between two hits; below zero where one lies inside the other."""
    return one.first - two.last if one.first > two.last else two.first - one.last


MEANT = (_spokesman, _firm, _country, _official, _body, _role)
