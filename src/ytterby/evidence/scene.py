"""One sentence taken apart: families, countries and persons, numbers, times; and what came before.

A :class:`Scene` holds what one sentence says, a :class:`Context` what the sentences before it
left behind: who the two countries are when a text says "both", whom "she" means, which material
is the topic, whose words are being reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ytterby.evidence.claims import Attribution, Claim, TimeSpan
from ytterby.evidence.dates import find_times
from ytterby.evidence.lexicon import Hit, matcher, names
from ytterby.evidence.moments import Moment, Tense
from ytterby.evidence.numbers import MONEY, Number, find_numbers
from ytterby.evidence.sentences import Sentence, clauses_of

Span = tuple[int, int]
_RELATIVE = re.compile(r"(?:which|who|that|qui|das|die|der|welche[rs]?)\b", re.IGNORECASE)
_HEAD = 24  # characters in which the clause's own subject stands ("die Japan ... versprach")
_APPOSED = 36  # characters between a nationality and the company it belongs to
_APPOSITION = re.compile(r"(?:[’']?s)?(?:[\s-][\w-]+){0,3}\s?")
_JA_PLAIN = re.compile(
    r"(?:する|せる|げる|てる|ける|める|やす|ばす|こす|らす)(?:。?$|と(?=[^、。]{0,12}(?:発表|報じ|述べ|明らか|伝え|説明|表明|語っ|話し)))"
)  # an act in the plain form is ahead
_JA_STATE = re.compile(r"(?:^|[、。「　])(政府)(?=は|が|も|、|の(?!関係))")
_JA_APPOSED = re.compile(r"(?:の|系)?[^、。はがをにとで]{0,12}")
_OF_GOODS = 3  # characters between "Chinese" and the "rare earths" that it belongs to
_NEAR = 4  # characters between a name and its relative clause
_TOPIC_REACH = 4  # sentences a topic lasts


@dataclass(frozen=True)
class Mention:
    """A country or bloc named in a sentence, itself or by a person, capital or adjective."""

    id: str
    start: int
    end: int
    relation: str  # "", with, from, to, in, against, by, of: the word before (Japanese: behind)
    by_person: bool = False
    is_place: bool = False


@dataclass
class Context:
    """What earlier sentences of the article left behind."""

    report: date | None
    pair: tuple[str, ...] = ()
    deal_pair: tuple[str, ...] = ()
    subject: str | None = None
    person: str | None = None
    leaders: dict[str, str] = field(default_factory=dict)
    body: str | None = None  # the public body named last
    speaker: str | None = None  # the person that spoke or was introduced last
    firm: str | None = None  # the company named last
    house: Attribution | None = None  # the company or public body named last, as a source
    people: dict[str, str] = field(default_factory=dict)  # family name -> full name
    materials: tuple[str, ...] = ()
    materials_at: int = -99
    companies: dict[str, str] = field(default_factory=dict)  # company -> country that the text gave it
    control_agent: str | None = None
    control_time: TimeSpan | None = None
    last_time: TimeSpan | None = None
    last_day: date | None = None
    pledge: tuple[str, str] | None = None
    attribution: tuple[Attribution, ...] = ()
    attribution_at: tuple[int, int] = (-99, -99)
    source: Attribution | None = None
    previous: tuple[Claim, ...] = ()
    number: int = 0


_BEFORE: dict[str, tuple[tuple[str, str], ...]] = {
    "de": (
        ("with", r"mit"), ("from", r"von|vom|aus|durch"), ("to", r"nach|gegenüber|an|in die|zu|zum|zur"),
        ("against", r"gegen|wider"), ("in", r"in|im|bei"), ("on", r"auf|für"),
        ("outside", r"außerhalb|jenseits"),
    ),
    "en": (
        ("with", r"with"), ("from", r"from|by|out of"), ("to", r"to|into|toward|towards"),
        ("against", r"against"), ("in", r"in|at|inside"), ("on", r"on|upon|for"),
        ("outside", r"outside|beyond|outside of"), ("of", r"of"),
    ),
    "fr": (
        ("outside", r"hors de|en dehors de|hors"), ("with", r"avec"),
        ("from", r"depuis|par|venant de|provenance de|vis à vis de|l.égard de"),
        ("to", r"vers|à|au|aux|envers"), ("against", r"contre|face à|face aux?"), ("in", r"en|dans|chez"),
        ("on", r"sur|pour"), ("of", r"de|du|des|d"),
    ),
}  # fmt: skip
_FILLER = (
    r"(?:\s+(?:der|die|das|den|dem|des|einem|einer|the|its|la|le|les|l|seine[rnm]?|ihre[rnm]?|neue[rn]?|in|"
    r"western|eastern|northern|southern|central))*"
)
_RELATIONS = {
    lang: [
        (name, re.compile(rf"(?:^|\W)(?:{words}){_FILLER}[\s'’(]*$", re.IGNORECASE)) for name, words in rows
    ]
    for lang, rows in _BEFORE.items()
}
_BEHIND = (
    ("outside", re.compile("以外")),
    ("made", re.compile("産|製")),
    ("by", re.compile("による|により|によって")),
    ("from", re.compile("から|発")),
    ("to", re.compile("(?:政府|側)?(?:への|向け|へ|に対|に)")),
    ("with", re.compile("(?:政府|側)?と(?!し)")),
    ("in", re.compile("(?:・[^、。]{1,6})?で(?!は)|国内")),
    ("of", re.compile("の")),
)


@dataclass
class Scene:
    """One sentence with everything found in it."""

    sentence: Sentence
    context: Context
    speaking: set[int] = field(default_factory=set)  # where those stand who only say it
    attributed: bool = False
    focus: Span | None = None  # the clause that the rule's words stand in

    @cached_property
    def text(self) -> str:
        """The sentence's words."""
        return self.sentence.text

    @cached_property
    def hits(self) -> dict[str, list[Hit]]:
        """Family -> where it occurs."""
        found: dict[str, list[Hit]] = {}
        for hit in matcher(self.sentence.language).scan(self.text):
            found.setdefault(hit.family, []).append(hit)
        if self.sentence.language == "ja" and (m := _JA_PLAIN.search(self.text)):
            found["plain_future"] = [Hit("plain_future", m.start(), m.end(), m.start() // 2, m.end() // 2)]
        return found

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Numbers with their units."""
        return find_numbers(self.text, self.sentence.language)

    @cached_property
    def times(self) -> list[Moment]:
        """Times, resolved against the report's date."""
        context = self.context
        spoken = [(h.start, h.end) for family in ("said", "showed") for h in self.hits.get(family, ())]
        language = self.sentence.language
        return find_times(self.text, language, context.report, self.tense, context.last_day, spoken)

    @cached_property
    def tense(self) -> Tense:
        """Whether the sentence looks back or ahead, where it says so; what has become dearer looks back."""
        changed = self.has("price") and (self.has("rise") or self.has("fall"))
        back, ahead = self.has("past") or changed or self.has("dearer"), self.has("future")
        if back == ahead:
            return ""
        return "past" if back else "future"

    @cached_property
    def clauses(self) -> list[Span]:
        """Clauses of the sentence."""
        return clauses_of(self.text)

    def has(self, family: str, span: Span | None = None) -> bool:
        """Whether a family occurs (in the characters ``span``)."""
        return any(
            span is None or (span[0] <= h.start and h.end <= span[1]) for h in self.hits.get(family, ())
        )

    def group(self, prefix: str, span: Span | None = None) -> list[tuple[str, Hit]]:
        """Names of one group (``person``, ``material``) in order of appearance."""
        found = self._groups.get(prefix, [])
        if span is None:
            return found
        return [pair for pair in found if span[0] <= pair[1].start and pair[1].end <= span[1]]

    @cached_property
    def _groups(self) -> dict[str, list[tuple[str, Hit]]]:
        groups: dict[str, list[tuple[str, Hit]]] = {}
        for family, hits in self.hits.items():
            group, colon, name = family.partition(":")
            if colon:
                groups.setdefault(group, []).extend((name, hit) for hit in hits)
        return {group: sorted(found, key=lambda pair: pair[1].start) for group, found in groups.items()}

    @cached_property
    def mentions(self) -> list[Mention]:
        """Countries and blocs in order; units such as "US-Dollar" name none."""
        inside = [(n.start, n.end) for n in self.numbers if n.unit in MONEY]
        found: dict[tuple[str, int], Mention] = {}
        for group in ("country", "person", "source"):
            for name, hit in self.group(group):
                country = name if group == "country" else names()[group][name].get("country")
                hidden = any(a <= hit.start < b for a, b in inside)
                if isinstance(country, str) and not hidden and (country, hit.start) not in found:
                    found[country, hit.start] = self._mention(country, hit, group)
        if self.sentence.language == "ja":  # 政府 alone is the government of the paper's own country
            own = (
                Hit("country:JPN", m.start(1), m.end(1), m.start() // 2, m.end() // 2)
                for m in _JA_STATE.finditer(self.text)
            )
            found |= {("JPN", hit.start): self._mention("JPN", hit, "country") for hit in own}
        for country, hit in self._companies(list(found.values())):
            found.setdefault((country, hit.start), self._mention(country, hit, "org"))
        return sorted(found.values(), key=lambda m: (m.start, m.end))

    def _companies(self, named: list[Mention]) -> Iterator[tuple[str, Hit]]:
        """Companies as their countries: the one beside the name, else what was said or is known of them."""
        known = self.context.companies
        for name, hit in self.group("org"):
            beside = next((m for m in named if self._apposed(m, hit)), None)
            if beside is not None and not beside.by_person:
                known[name] = beside.id
            listed = names()["org"][name].get("country")
            country = known.get(name) or (listed if isinstance(listed, str) else None)
            earlier = any(m.id == country and m.start < hit.start for m in named)
            if country and beside is None and not earlier:
                yield country, hit

    def _apposed(self, mention: Mention, hit: Hit) -> bool:
        """Whether a country is the company's by its place: "der australische Konzern X", 豪ライナス."""
        between = self.text[mention.end : hit.start]
        if not 0 <= hit.start - mention.end <= _APPOSED:
            return False
        if self.sentence.language == "ja":
            return _JA_APPOSED.fullmatch(between) is not None
        return (
            mention.relation in ("", "of", "from", "with", "by")
            and _APPOSITION.fullmatch(between) is not None
        )

    def _mention(self, country: str, hit: Hit, group: str) -> Mention:
        place = any(h.start == hit.start for _, h in self.group("place"))
        return Mention(country, hit.start, hit.end, self.relation(hit), group == "person", place)

    def relation(self, hit: Hit) -> str:
        """The preposition that a name stands behind, "" for none (Japanese: the particle before it)."""
        if self.sentence.language == "ja":
            behind = self.text[hit.end : hit.end + 8]
            return next((name for name, p in _BEHIND if p.match(behind)), "")
        before = self.text[max(0, hit.start - 40) : hit.start]
        rows = _RELATIONS.get(self.sentence.language, _RELATIONS["en"])
        return next((name for name, p in rows if p.search(before)), "")

    def actors(self, span: Span | None = None) -> list[Mention]:
        """Mentions that can act: not the city where it happened; each country once."""
        kept: dict[str, Mention] = {}
        for m in self.mentions:
            if span and not (span[0] <= m.start and m.end <= span[1]):
                continue
            if (m.is_place and m.relation == "in") or m.relation == "outside":
                continue
            kept.setdefault(m.id, m)
        return list(kept.values())

    def parties(self) -> list[str]:
        """Codes of those who may be meant by "both": neither a source of goods nor one acted against."""
        goods = [hit.start for _, hit in self.group("material")]
        return [
            m.id
            for m in self.actors()
            if m.relation not in ("from", "against", "on", "made")
            and not any(0 <= start - m.end <= _OF_GOODS for start in goods)
        ]

    def ids(self, span: Span | None = None) -> list[str]:
        """Codes of those who act, in order; "both" and "the country" are resolved."""
        found = [m.id for m in self.actors(span)]
        if self.has("both", span) and len(found) < 2:
            found = list(dict.fromkeys([*found, *(self.context.deal_pair or self.context.pair)]))
        if not found and self.has("the_country", span) and self.context.subject:
            found = [self.context.subject]
        return found or self._by_pronoun(span)

    def named(self, span: Span | None = None) -> list[str]:
        """Codes of countries that the text names itself, not by their companies."""
        companies = {hit.start for _, hit in self.group("org")}
        return [m.id for m in self.actors(span) if m.start not in companies]

    def pronoun_ids(self) -> list[str]:
        """Country of the person that a pronoun of the sentence may mean."""
        return self._by_pronoun(None)

    def _by_pronoun(self, span: Span | None) -> list[str]:
        """Of he, "she": the person named last stands for a country."""
        person = self.context.person
        country = names()["person"].get(person or "", {}).get("country")
        return [country] if self.has("person_pronoun", span) and isinstance(country, str) else []

    def subject(self, span: Span | None = None) -> str | None:
        """The one the sentence is about: first mention without a preposition, else the last topic."""
        if self.focus and (before := self._antecedent(self.focus)):
            return before
        for area in dict.fromkeys((self.focus, span, None)):
            free = [m for m in self.actors(area) if m.relation in ("", "of")]
            acting = [m for m in free if m.start not in self.speaking] or free
            if acting:
                return acting[0].id
        if self.context.subject and (self.has("the_country") or self.has("pronoun")):
            return self.context.subject
        everyone = self.actors()
        if not everyone and (companies := self.group("org")):
            country = names()["org"][companies[0][0]].get("country")
            return country if isinstance(country, str) else None
        return everyone[0].id if everyone else self.context.subject

    def _antecedent(self, clause: Span) -> str | None:
        """Whom "which" or "die" at the head of a clause means: the one named right before it."""
        if not _RELATIVE.match(self.text, clause[0]):
            return None
        head = (clause[0], min(clause[1], clause[0] + _HEAD))
        inside = [m for m in self.actors(head) if m.relation in ("", "of")]
        before = [m for m in self.mentions if 0 <= clause[0] - m.end <= _NEAR]
        return before[-1].id if before and not inside else None

    def materials(self, span: Span | None = None) -> list[str]:
        """Materials named, each once."""
        return list(dict.fromkeys(name for name, _ in self.group("material", span)))

    def topic(self, reach: int = _TOPIC_REACH) -> tuple[str, ...]:
        """Materials of the last sentences, where they are still the topic."""
        near = self.context.number - self.context.materials_at <= reach
        return self.context.materials if near else ()

    def remember(self, claims: Iterable[Claim]) -> None:
        """Leave behind what later sentences may refer to."""
        context = self.context
        countries = [c for c in self.parties() if len(c) == 3 or c == "EU"]
        if len(countries) == 2 or (len(countries) > 2 and not context.pair):
            context.pair = tuple(countries[:2])
        if free := [m.id for m in self.actors() if m.relation in ("", "of")]:
            context.subject = free[0]
        for person, _ in self.group("person"):
            context.person = context.speaker = person
            country = names()["person"][person].get("country")
            if isinstance(country, str):
                context.leaders.setdefault(country, person)
        for name, _ in self.group("source"):
            if names()["source"][name].get("type") == "government":
                context.body = name
        if materials := self.materials():
            context.materials, context.materials_at = tuple(materials), context.number
        if days := [m for m in self.times if m.granularity == "day"]:
            context.last_day = days[-1].start or days[-1].end
        context.previous = tuple(claims)
        context.number += 1
