"""Copied text between articles, and the families it makes."""

from pathlib import Path

from ytterby.evidence import find_reuse, read_articles
from ytterby.evidence.article import Article
from ytterby.evidence.copies import families_of

AGENCY = (
    "China verschärfte seine Ausfuhrregeln für Seltene Erden und verlangt seither von Firmen aller Länder "
    "eine Genehmigung für jede einzelne Lieferung."
)


def make(tmp_path: Path, **texts: str) -> tuple[Article, ...]:
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return read_articles([tmp_path]).articles


def test_a_copied_sentence_is_found_with_exact_spans(tmp_path: Path) -> None:
    found = make(
        tmp_path,
        a=f"Ganz eigener Anfang eines Textes hier. {AGENCY} Und ein eigenes Ende.",
        b=f"Ein völlig anderer Beginn steht dort. {AGENCY.replace('Seltene', 'seltene')} Schluss.",
    )
    (reuse,) = find_reuse(found)
    assert reuse.a.quote == AGENCY.rstrip(".")
    assert reuse.b.quote.lower() == reuse.a.quote.lower()
    for side, article in ((reuse.a, found[0]), (reuse.b, found[1])):
        assert article.text[side.start : side.end] == side.quote


def test_a_small_edit_does_not_break_a_copy(tmp_path: Path) -> None:
    edited = AGENCY.replace("für Seltene Erden", "bei Seltenen Erden")
    (reuse,) = find_reuse(make(tmp_path, a=AGENCY, b=edited))
    assert reuse.words >= 14


def test_seven_shared_words_are_no_copy(tmp_path: Path) -> None:
    shared = "das eine und das andere Wort hier"
    found = make(tmp_path, a=f"Links {shared} Ende davon.", b=f"Rechts {shared} Schluss damit.")
    assert find_reuse(found) == ()


def test_copies_make_families(tmp_path: Path) -> None:
    other = "Ein Text über etwas ganz anderes, der mit keinem sonst irgendwelche längeren Wortfolgen teilt."
    reuse = find_reuse(make(tmp_path, a=AGENCY, b=AGENCY + " Mehr.", c=other))
    assert families_of(reuse) == (("a", "b"),)


def test_japanese_copies(tmp_path: Path) -> None:
    sentence = "中国は十月上旬にレアアースの輸出規制を強化し外国企業にも許可の取得を義務づけた"
    (reuse,) = find_reuse(make(tmp_path, a=f"東京発。{sentence}。", b=f"別の記事だ。{sentence}。終わり。"))
    assert reuse.a.quote == sentence
