"""Who is meant by "the two governments", who proposes whom, who gives: by short texts of our own."""

from collections.abc import Callable

import pytest

from ytterby.evidence import Claim

Coder = Callable[..., tuple[Claim, ...]]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The governments of Japan and the United States met to rely less on Chinese rare earths. "
         "The two governments will support selected projects within six months."),
        ("de", "Japan und die USA wollen weniger chinesische Seltene Erden kaufen. "
         "Beide Regierungen wollen ausgewählte Projekte binnen sechs Monaten finanziell unterstützen."),
    ],
)  # fmt: skip
def test_goods_of_a_country_make_no_party_of_it(claims_of: Coder, language: str, text: str) -> None:
    (claim,) = [c for c in claims_of(language, text) if c.kind == "project_support_deadline"]
    assert {a.id for a in claim.actors if a.role == "agent"} == {"JPN", "USA"}


@pytest.mark.parametrize(
    "text",
    [
        "Modi sagte zu, Macron für den Nobelpreis zu nominieren.",
        "Das US-Außenministerium erklärte, Modi wolle Macron für den Nobelpreis benennen und nominieren.",
        "Modi will Macron noch in diesem Jahr für den Nobelpreis vorschlagen.",
    ],
)
def test_who_proposes_is_named_before_the_one_proposed(claims_of: Coder, text: str) -> None:
    (claim,) = [c for c in claims_of("de", text) if c.kind == "nomination"]
    assert [(a.id, a.role) for a in claim.actors] == [("IND", "agent"), ("FRA", "counterpart")]


def test_who_announces_a_gift_gives_it(claims_of: Coder) -> None:
    text = "Macron freut sich über ein Geschenk: Man werde Paris drei Linden schenken, kündigte Modi an."
    (claim,) = [c for c in claims_of("de", text) if c.kind == "gift"]
    assert [(a.id, a.role) for a in claim.actors] == [("IND", "agent"), ("FRA", "counterpart")]
