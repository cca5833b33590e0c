"""Which times a claim has and what part they play; how far its act has come."""

from collections.abc import Callable

import pytest

from ytterby.evidence import Claim

Coder = Callable[..., tuple[Claim, ...]]

TIMES = [
    # language, text, kind, times
    ("en", "China will suspend its export controls on gallium, the White House said on Monday.",
     "control_suspension", [("announced", "2025-10-27", "2025-10-27")]),
    ("en", "Gallium prices rose 5 percent, Minister Anton Weil said on Monday.", "price", []),
    ("en", "Gallium traded at $500 per kg, down from $600 per kg in June.", "price",
     [("baseline", "2025-06-01", "2025-06-30")]),
    ("ja", "ガリウムの価格は1キロ900ドルと、昨年4月の4倍に達した。", "price",
     [("baseline", "2024-04-01", "2024-04-30")]),
    ("ja", "中国は11月10日からガリウムの輸出規制を強化する。", "export_control",
     [("effective", "2025-11-10", None)]),
    ("fr", "La Chine, qui n'a plus d'étain depuis 1991, assure 60 % de la production mondiale de gallium.",
     "production_share", []),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "kind", "times"), TIMES)
def test_times_of_a_claim(
    claims_of: Coder, language: str, text: str, kind: str, times: list[tuple[str, str | None, str | None]]
) -> None:
    found = [c for c in claims_of(language, text) if c.kind == kind]
    assert [[(t.role, t.start, t.end) for t in claim.time] for claim in found] == [times]


def test_a_time_stays_with_the_claim_in_whose_clause_it_stands(claims_of: Coder) -> None:
    text = (
        "Peking hatte Anfang Oktober Exportkontrollen für Gallium verhängt, "
        "setzte die Exportkontrollen aber am 27. Oktober aus."
    )
    times = {c.kind: [(t.start, t.end) for t in c.time] for c in claims_of("de", text)}
    assert times == {
        "export_control": [("2025-10-01", "2025-10-10")],
        "control_suspension": [("2025-10-27", "2025-10-27")],
    }


def test_two_shares_of_one_sentence_are_two_claims(claims_of: Coder) -> None:
    claims = claims_of("en", "China produces 60% of the world's germanium and 80% of its gallium.")
    shares = [(c.materials, [q.value for q in c.quantities]) for c in claims if c.kind == "production_share"]
    assert shares == [(("Ge",), [60.0]), (("Ga",), [80.0])]


STATUSES = [
    ("de", "China erwägt ein Exportverbot für Gallium.", "export_stop", "under_consideration"),
    ("de", "China kündigte neue Exportkontrollen für Gallium an.", "export_control", "announced"),
    ("de", "China hat die Exportkontrollen für Gallium verschärft.", "export_control", "in_force"),
    ("en", "Beijing will ban exports of gallium.", "export_stop", "announced"),
    ("en", "Canada has promised a loan of $5 million to the gallium plant.", "financing", "promised"),
    ("fr", "Le Japon envisagerait d'imposer des droits de douane de 25 % sur le gallium chinois.", "tariff",
     "under_consideration"),
    ("fr", "La France plaide pour un stock stratégique de gallium.", "stockpiling", "demanded"),
    ("ja", "輸出業者はガリウムについて当局の許可を申請しなければならない。", "export_licence_requirement",
     "in_force"),
    ("ja", "中国はガリウムの輸出に一般許可を出すと発表した。", "export_control", "announced"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "kind", "status"), STATUSES)
def test_how_far_an_act_has_come(claims_of: Coder, language: str, text: str, kind: str, status: str) -> None:
    assert [(c.kind, c.status) for c in claims_of(language, text) if c.kind == kind] == [(kind, status)]
