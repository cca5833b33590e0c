"""The rule files fit together: families, tests and roles that rules speak of exist in every language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.evidence.kinds import Rule, glosses, possible_rules, rules
from ytterby.evidence.lexicon import LANGUAGES, matcher, names, read_rules
from ytterby.evidence.matching import TESTS
from ytterby.evidence.passages import NOISE_TYPES
from ytterby.evidence.roles import ASSIGN


def spoken_of(rule: Rule) -> set[str]:
    words = {name for group in rule.need for name in group} | set(rule.without)
    words |= {name for tests, _ in rule.status for name in tests}
    words |= {name for rows in rule.choose.values() for tests, _ in rows for name in tests}
    return words | set(rule.flags.values()) | set(rule.measures.values())


ALL = {name for rule in rules() for name in spoken_of(rule)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_family(language: str) -> None:
    families = set(read_rules("words", f"{language}.toml"))
    assert sorted(name for name in ALL if not name.startswith("@") and name not in families) == []


def test_tests_roles_and_glosses_exist() -> None:
    assert {name for name in ALL if name.startswith("@")} <= set(TESTS)
    assert {rule.roles for rule in rules()} <= set(ASSIGN)
    assert {rule.kind for rule in rules()} <= set(glosses())
    assert set(read_rules("layout.toml")["noise"]) <= set(NOISE_TYPES)


def test_persons_and_sources_belong_to_known_countries() -> None:
    for group in ("person", "source", "org"):
        for name, entry in names()[group].items():
            assert entry.get("country", "JPN") in names()["country"], name


@pytest.mark.parametrize(
    ("language", "text", "family"),
    [
        ("de", "ein Rahmenabkommen", "deal"),
        ("de", "sie bot ihm ein Paket an", "offer"),
        ("de", "das Weiße Haus teilte mit", "source:White House"),
        ("de", "die US-Regierung", "country:USA"),
        ("de", "der chinesischen Führung", "country:CHN"),
        ("en", "China's export controls", "export_control"),
        ("en", "the U.S. President", "country:USA"),
        ("fr", "l'accord-cadre", "deal_framework"),
        ("fr", "les États-Unis", "country:USA"),
        ("ja", "輸出規制を強化", "export_control"),
        ("ja", "日米首脳", "country:JPN"),
        ("de", "Kenias Regierung", "country:KEN"),
        ("fr", "le Maroc", "country:MAR"),
    ],
)
def test_families_are_found(language: str, text: str, family: str) -> None:
    assert family in {hit.family for hit in matcher(language).scan(text)}


@pytest.mark.parametrize(
    ("language", "text", "family"),
    [
        ("en", "they told us that", "country:USA"),
        ("de", "im Regierungskreis", "trip"),
        ("fr", "un point important", "import"),
        ("en", "a considerable sum", "consider"),
    ],
)
def test_lookalikes_are_not(language: str, text: str, family: str) -> None:
    assert family not in {hit.family for hit in matcher(language).scan(text)}


@given(st.data())
def test_rules_found_by_their_families_are_those_found_one_by_one(data):
    """The index over families leaves out no rule and adds none, and keeps the order."""
    every = sorted({word for rule in rules() for need in rule.words for word in need})
    present = data.draw(st.sets(st.sampled_from(every), max_size=60))
    plainly = [rule for rule in rules() if not any(map(present.isdisjoint, rule.words))]
    assert possible_rules(present) == plainly
