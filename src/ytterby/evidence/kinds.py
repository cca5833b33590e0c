"""The rules of the kinds, read from ``rules/kinds``: which families make which claim.

A rule speaks of families only, so it holds for every language that has those families. ``need``
lists what must all occur, alternatives joined by ``|``; names that begin with ``@`` are tests on
what was found (a percentage, a country, a deadline).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from ytterby.evidence.lexicon import read_rules
from ytterby.evidence.numbers import MONEY

Alternatives = tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One way a kind shows.

    Attributes
    ----------
    need, without: families or tests that must, or must not, occur in the segment.
    near: most words from the first to the last needed family.
    scope: ``sentence``, ``clause`` or ``conversion`` (an amount with its conversion in brackets).
    after: kind that the previous sentence must hold. unless: kinds that the segment must not hold yet.
    roles: how actors are dealt out (see roles.py). materials: ``inherit`` takes the topic's.
    units: numbers that belong to the kind; ``money`` is any currency.
    day: statuses that put an undated event on the report's day.
    status: pairs of families and status, first match wins, else ``default``.
    words: of ``need``, the groups that are families only (made when read).
    choose, collect, flags, measures, fields: kind-specific fields.
    negated: family that negates it. deniable: False where a negation belongs to the act itself.
    merge: a following sentence that goes on about the same is the same claim: ``always``, or only if
    it is ``dateless``. once: per article one claim of this ``kind``, or one per set of
    ``persons`` or ``countries``.
    body_only: not from headings.
    """

    kind: str
    relevance: str
    need: tuple[Alternatives, ...]
    without: Alternatives = ()
    near: int = 40
    scope: str = "sentence"
    after: str = ""
    unless: Alternatives = ()
    roles: str = "none"
    materials: str = ""
    units: Alternatives = ()
    quantity_role: str = ""
    time_role: str = "event"
    since_role: str = ""
    day: Alternatives = ()
    status: tuple[tuple[Alternatives, str], ...] = ()
    default: str = "stated"
    negated: str = ""
    deniable: bool = True
    merge: str = ""
    first_money: bool = False
    per_target: bool = False
    check: str | None = None
    once: str = ""
    body_only: bool = False
    choose: dict[str, list[tuple[Alternatives, str]]] = field(default_factory=dict, hash=False)
    collect: dict[str, str] = field(default_factory=dict, hash=False)
    flags: dict[str, str] = field(default_factory=dict, hash=False)
    measures: dict[str, str] = field(default_factory=dict, hash=False)
    fields: dict[str, str] = field(default_factory=dict, hash=False)
    words: tuple[frozenset[str], ...] = ()


def _split(text: str) -> Alternatives:
    return tuple(text.split("|"))


def _rule(table: dict[str, Any]) -> Rule:
    shaped = dict(table)
    shaped["need"] = tuple(map(_split, table["need"]))
    plain = [group for group in shaped["need"] if not any(n.startswith("@") for n in group)]
    shaped["words"] = tuple(map(frozenset, plain))
    shaped["status"] = tuple((_split(test), status) for test, status in table.get("status", []))
    for name in ("without", "unless", "day"):
        shaped[name] = tuple(table.get(name, ()))
    shaped["units"] = tuple(
        u for unit in table.get("units", ()) for u in (sorted(MONEY) if unit == "money" else [unit])
    )
    shaped["choose"] = {
        f: [(_split(test), value) for test, value in rows] for f, rows in table.get("choose", {}).items()
    }
    return Rule(**shaped)


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in order of file and place; earlier ones are asked first."""
    folder = files("ytterby.evidence").joinpath("rules", "kinds")
    paths = sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml"))
    return tuple(_rule(row) for name in paths for row in _rows(name))


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_rules("kinds", name)["rule"]
    return rows


@cache
def glosses() -> dict[str, str]:
    """One English sentence per kind, with places for the slots."""
    return {k: str(v) for k, v in read_rules("gloss.toml").items()}


@cache
def _rules_by_word() -> tuple[tuple[Rule, ...], dict[str, tuple[int, ...]], tuple[int, ...]]:
    """All rules; places of those that a family opens the door to; places of those that need none."""
    opened: dict[str, list[int]] = {}
    free = []
    for place, rule in enumerate(rules()):
        if not rule.words:
            free.append(place)
            continue
        for word in min(rule.words, key=len):  # the need that the fewest families can meet
            opened.setdefault(word, []).append(place)
    return rules(), {word: tuple(places) for word, places in opened.items()}, tuple(free)


def possible_rules(families: Set[str]) -> list[Rule]:
    """Rules of whose every need some family is there, in order: a cheap look before the careful one."""
    every, opened, free = _rules_by_word()
    places = {place for word in families if word in opened for place in opened[word]}
    places.update(free)
    return [
        rule for place in sorted(places) if not any(map(families.isdisjoint, (rule := every[place]).words))
    ]
