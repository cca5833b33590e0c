"""Whose word a sentence is, by short texts of our own."""

from collections.abc import Callable

import pytest

from ytterby.evidence import Claim

Coder = Callable[..., tuple[Claim, ...]]

CASES = [
    ("de", "China hat ein Exportverbot für Gallium verhängt, sagte Minister Anton Weil.", "Anton Weil"),
    ("de", "Der Preis für Gallium stieg um 5 Prozent, wie aus Daten des Analysehauses Argentis hervorgeht.",
     "Argentis"),
    ("de", "Der Preis für Gallium stieg um 5 Prozent, so die Expertin Nora Wendt.", "Nora Wendt"),
    ("de", "Peking erklärte, es werde die Exportkontrollen für Gallium verschärfen.", "Chinese government"),
    ("de", "Nach Angaben des indonesischen Bergbauministeriums plant Jakarta ein Exportverbot für Nickel.",
     "Indonesian Ministry of Mines"),
    ("de", "Der Preis für Gallium sei um 5 Prozent gestiegen, hieß es aus dem Handelsministerium in Peking.",
     "Chinese Ministry of Commerce"),
    ("de", "Das Weiße Haus erklärte, Xi Jinping wolle den Export von Gallium beschränken.", "White House"),
    ("de", "Laut einer Studie des Öko-Instituts stieg der Preis für Gallium um 5 Prozent.", "Öko-Institut"),
    ("en", "Gallium prices rose 5 percent, by the OECD's count.", "OECD"),
    ("en", "Gallium prices rose 5 percent, Copperline Resources admitted.", "Copperline Resources"),
    ("en", "Gallium prices rose 5 percent, two diplomats said.", "diplomats"),
    ("fr", "Le prix du gallium a augmenté de 5 %, résume Paul Sorel, économiste à Lyon.", "Paul Sorel"),
    ("fr", "Le prix du gallium a augmenté de 5 %, fait valoir Pékin.", "Chinese government"),
    ("ja", "業界関係者の話では、ガリウムの価格は5%上昇したという。", "industry sources"),
    ("en", "Gallium prices rose 5 percent, said Amelia Harlow, an analyst in Leeds.", "Amelia Harlow"),
    ("en", "Beijing said it would tighten export controls on gallium.", "Chinese government"),
    ("en", "India holds 5 million tonnes of rare earth reserves, government data show.", "Indian government"),
    ("en", "The miner Kestrel said gallium prices rose 5 percent.", "Kestrel"),
    ("en", "Gallium prices rose 5 percent, according to people familiar with the matter.",
     "people familiar with the matter"),
    ("fr", "Le prix du gallium a augmenté de 5 %, estime le cabinet Belroc.", "Belroc"),
    ("fr", "Pékin a indiqué qu'il allait durcir ses contrôles à l'exportation de gallium.",
     "Chinese government"),
    ("fr", "Selon le ministère italien de l'Économie, Rome prévoit une taxe de 5 % sur le gallium chinois.",
     "Italian Ministry of the Economy"),
    ("ja", "経済産業省によると、ガリウムの価格は5%上昇した。", "METI"),
    ("ja", "政府は6日、ガリウムの国家備蓄を60日分に増やすと発表した。", "Japanese government"),
    ("ja", "関係者によると、中国はガリウムの輸出を停止した。", "people familiar with the matter"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "source"), CASES)
def test_the_speaker_is_named(claims_of: Coder, language: str, text: str, source: str) -> None:
    claims = claims_of(language, text)
    assert claims
    assert {a.source for claim in claims for a in claim.attribution} == {source}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "China produces 60 percent of the world's germanium."),
        ("fr", "La Chine assure 69 % de l'extraction mondiale de terres rares."),
        (
            "ja",
            "高市早苗首相は3日、マレーシアのアンワル首相と会談し、レアアースの供給で協力することを確認した。",
        ),
    ],
)
def test_nobody_speaks(claims_of: Coder, language: str, text: str) -> None:
    claims = claims_of(language, text)
    assert claims
    assert [claim.attribution for claim in claims if claim.attribution] == []


@pytest.mark.parametrize(
    ("language", "text", "sources"),
    [
        ("de", "Gallium werde knapper, sagte Minister Anton Weil. China habe ein Exportverbot verhängt.",
         ["Anton Weil"]),
        ("de", "Die EU-Kommission schwieg. Der Gallium-Preis sei um 5 Prozent gestiegen, sagte ein Sprecher.",
         ["European Commission"]),
        ("fr", "La Commission européenne hésite. Le prix du gallium a augmenté de 5 %, selon le document "
               "consulté par l'AFP.", ["European Commission"]),
        ("en", "“It is scarce,” said trader Hugh Clamp. “Gallium prices rose 5 percent.”", ["Hugh Clamp"]),
        ("de", "Der Konzern Solvay erhöht den Preis für Gallium um 5 Prozent. Das teilte er am Montag mit.",
         ["Solvay"]),
        ("en", "The miner Kestrel mines gallium. Gallium prices rose 5 percent, the company said.",
         ["Kestrel"]),
        ("fr", "Le ministre Paul Sorel est venu. Une taxe de 5 % frappera le gallium chinois, a-t-il dit.",
         ["Paul Sorel"]),
        ("ja", "中国商務省は6日、声明を発表した。ガリウムの輸出を禁止する措置を維持すると述べた。",
         ["Chinese Ministry of Commerce"]),
    ],
)  # fmt: skip
def test_the_speaker_of_the_sentence_before_goes_on(
    claims_of: Coder, language: str, text: str, sources: list[str]
) -> None:
    last = claims_of(language, text)[-1]
    assert [a.source for a in last.attribution] == sources


def test_a_company_counts_as_the_country_that_the_text_gives_it(claims_of: Coder) -> None:
    (claim,) = claims_of("en", "The Canadian miner Lynas halted shipments of dysprosium to China in April.")
    assert [(a.id, a.role) for a in claim.actors] == [("CAN", "agent"), ("CHN", "target")]


def test_what_happens_outside_a_country_is_not_its_act(claims_of: Coder) -> None:
    claims = claims_of("en", "Australia is the largest producer of rare earths outside China.")
    assert [[a.id for a in claim.actors] for claim in claims] == [["AUS"]]
