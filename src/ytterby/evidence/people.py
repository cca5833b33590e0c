"""Persons and bodies that no list names: an office before a name makes a source of it.

"Trade Commissioner Ilse Verhoeven", "der Zulieferer Marwede". Later sentences may use the family
name alone. Names in Japanese script stay as written: their reading cannot be told from the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

_CAP = r"[A-ZÄÖÜÉÈŠŽČ][a-zäöüßéèêëïôçñáíóúãõšžčćł]+(?:-[A-ZÄÖÜÉ][a-zäöüßéèêëïôç]+)?"
_FULL = rf"(?P<name>{_CAP}(?:\s(?:[A-Z]\.\s)?(?:von |van |de |da |al |der |den )?{_CAP}){{1,2}})"
_OFFICES = {
    "de": (
        rf"(?:[Mm]inister|[Kk]ommissar|[Pp]räsident|[Ss]precher|[Cc]hef|[Kk]anzler|[Ss]ekretär|"
        rf"[Bb]otschafter|[Gg]ouverneur|[Dd]irektor|[Aa]nalyst|[Ff]orscher|[Öö]konom|[Vv]orsitzende|[Bb]eauftragte|"
        rf"[Ee]xperte|[Aa]bgeordnete|[Vv]orständ?)(?:in|r|n)?\s{_FULL}"
    ),
    "en": (
        rf"\b(?:[Mm]inister|[Cc]ommissioner|[Ss]ecretary|[Pp]resident|[Pp]remier|[Cc]hancellor|[Aa]mbassador|"
        rf"[Gg]overnor|[Ss]pokes(?:man|woman|person)|[Ee]xecutive|CEO|[Cc]hair(?:man|woman)?|[Dd]irector|"
        rf"[Ss]enator|[Aa]nalyst|[Ee]conomist|[Pp]rofessor|[Rr]epresentative|[Ee]nvoy)\s{_FULL}"
    ),
    "fr": (
        rf"\b(?:[Mm]inistre|[Cc]ommissaire|[Pp]résidente?|[Pp]orte-parole|[Ss]ecrétaire|[Aa]mbassad\w+|"
        rf"[Dd]irect(?:eur|rice)|[Éé]conomiste|[Aa]nalyste|[Dd]éputée?|[Ss]énat\w+|PDG|[Cc]hanceli\w+)"
        rf"(?:\s(?:de\sla|de\sl['’]|des|du|de|d['’]|aux?|à\sla)\s?[\w-]+(?:\set\s[\w-]+)?)?,?\s{_FULL}"
    ),
}  # fmt: skip
_MOST_KNOWN = 200  # people of one article; each is looked for in every later sentence
_BODIES = {
    "de": r"(?:[Bb]ehörde|[Bb]eratungshaus(?:es)?|[Ii]nstituts?|[Vv]erbands?|Firma|Zulieferer|Konzerns?|"
    r"Hersteller)",
    "en": r"(?:consultancy|regulator|institute|association|think tank|consultants|supplier|maker)",
    "fr": r"(?:autorité|cabinet|institut|fédération|équipementier|fabricant)",
}
_JAPANESE = re.compile(
    r"(?<![一-龠々])(?P<name>[一-龠々]{3,5}?)(?:経済産業相|経産相|外相|財務相|防衛相|環境相|官房長官|首相|大統領|報道官|社長|会長)"
)


class Source(NamedTuple):
    """A person or body found in a sentence, and where."""

    name: str
    type: Literal["person", "company"]
    start: int
    end: int


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    if language not in _OFFICES:
        return None
    body = rf"{_BODIES[language]}\s(?P<name>[A-Z][\w-]{{2,30}})"
    return re.compile(_OFFICES[language]), re.compile(body)


def find_sources(text: str, language: str, known: dict[str, str]) -> Iterator[Source]:
    """Sources that an office or a kind of body introduces, and known family names.

    Parameters
    ----------
    known: family name -> full name from earlier sentences; new ones are added.
    """
    if language == "ja":
        yield from (Source(m["name"], "person", *m.span("name")) for m in _JAPANESE.finditer(text))
    patterns = _patterns(language)
    if patterns is None:
        return
    for m in patterns[0].finditer(text):
        known[m["name"].split()[-1]] = m["name"]
        if len(known) > _MOST_KNOWN:
            del known[next(iter(known))]
        yield Source(m["name"], "person", *m.span("name"))
    for m in patterns[1].finditer(text):
        yield Source(m["name"], "company", *m.span("name"))
    for family, full in known.items():
        if full not in text and (at := text.find(family)) >= 0:
            yield Source(full, "person", at, at + len(family))
