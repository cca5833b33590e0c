"""Copies by an index are those of comparing every text with every other, in memory and on disk."""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.evidence import find_reuse, seeds
from ytterby.evidence.article import Article
from ytterby.evidence.copies import ExactCopies, Words, families_of, find_runs, words_of
from ytterby.evidence.passages import Passage
from ytterby.evidence.seeds import PLACED, SEED, SeedFiles, placed_seeds

FEW = st.lists(st.sampled_from("abcdefgh"), max_size=14)  # few words, so that texts meet
SHARED = st.sampled_from([
    ["eins", "zwei", "drei", "vier", "sechs", "sieben", "acht", "neun", "zehn", "elf"],
    ["eins", "zwei", "drei", "vier", "sechs", "sieben", "neu", "acht", "neun", "zehn", "elf", "zwölf"],
    list("abcdefghabcdefgh"),
])  # fmt: skip
TEXT = st.lists(st.one_of(FEW, SHARED), max_size=4).map(
    lambda parts: [word for part in parts for word in part]
)
TEXTS = st.lists(TEXT, max_size=6)


def article(number: int, words: list[str]) -> Article:
    text = " ".join(words)
    passages = (Passage(0, len(text), "body", "de"),) if text else ()
    return Article(id=str(number), file="x", sha256="", text=text, language="de", passages=passages)


def by_all_pairs(texts: list[list[str]]) -> set[tuple[int, int, tuple[int, int], tuple[int, int], int]]:
    """Compare each two texts from every place where five words agree, in order of place."""
    often = Counter(tuple(t[x : x + SEED]) for t in _distinct(texts) for x in range(len(t) - SEED + 1))
    found = set()
    for i, a in enumerate(texts):
        for j in range(i + 1, len(texts)):
            b = texts[j]
            if a == b:
                found |= {(i, j, (0, len(a)), (0, len(a)), len(a))} if len(a) >= 8 else set()
                continue
            done = (-1, -1)
            for x in range(len(a) - SEED + 1):
                for y in range(len(b) - SEED + 1):
                    seed = tuple(a[x : x + SEED])
                    if seed != tuple(b[y : y + SEED]) or often[seed] > seeds.COMMON or not _free(x, y, done):
                        continue
                    run = _extended(a, b, x, y)
                    if run[2] >= 8:
                        done = run[0][1], run[1][1]
                        found.add((i, j, *run))
    return found


def _distinct(texts: list[list[str]]) -> list[list[str]]:
    return [list(t) for t in dict.fromkeys(map(tuple, texts)) if len(t) >= 8]


def _free(x: int, y: int, done: tuple[int, int]) -> bool:
    return not (x < done[0] or (x <= done[0] and y < done[1]))


def _extended(a: list[str], b: list[str], x: int, y: int) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Widen a seed to both sides over edits of up to three words; written anew for the test."""
    left = 0
    while left < min(x, y) and a[x - left - 1] == b[y - left - 1]:
        left += 1
    p, q, equal, end = x, y, left, (x, y)
    while p < len(a) and q < len(b):
        if a[p] == b[q]:
            p, q, equal = p + 1, q + 1, equal + 1
            end = p, q
            continue
        steps = sorted(((m, n) for m in range(4) for n in range(4) if m + n), key=lambda step: sum(step))
        behind = (
            (m, n) for m, n in steps if len(a) >= p + m + 3 and a[p + m : p + m + 3] == b[q + n : q + n + 3]
        )
        step = next(behind, None)
        if step is None:
            break
        p, q = p + step[0], q + step[1]
    return (x - left, end[0]), (y - left, end[1]), equal


@settings(max_examples=400, deadline=None)
@given(texts=TEXTS)
def test_the_index_finds_what_comparing_all_pairs_finds(texts: list[list[str]]) -> None:
    articles = [article(n, words) for n, words in enumerate(texts)]
    found = {(r.a.report, r.b.report, r.a.quote, r.b.quote, r.words) for r in find_reuse(articles)}
    assert found == {
        (str(i), str(j), " ".join(texts[i][slice(*x)]), " ".join(texts[j][slice(*y)]), n)
        for i, j, x, y, n in by_all_pairs(texts)
    }


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS, part=st.integers(1, 40))
def test_the_index_on_disk_is_that_in_memory(texts: list[list[str]], part: int) -> None:
    words = [words_of(article(n, text)) for n, text in enumerate(texts)]
    copies = ExactCopies([w.identity for w in words])
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for bound in ("_PART", "_RANGE", "_BATCH"):
            patch.setattr(seeds, bound, part if bound != "_BATCH" else 2500)
        files = SeedFiles(
            Path(folder), [len(w.rows) if i in copies.firsts else 0 for i, w in enumerate(words)]
        )
        for i in copies.firsts.tolist():
            files.add(placed_seeds(words[i].rows["key"], i))
        on_disk = list(find_runs(files.pairs(), words.__getitem__, copies))
        assert not list(Path(folder).iterdir())
    found = [(r.a, r.b, r.x, r.y, r.words) for r in sorted(on_disk, key=lambda r: (r.a, r.b))]
    assert len(found) == len(set(found))
    assert set(found) == by_all_pairs(texts)


def test_a_text_printed_a_thousand_times_is_one_family() -> None:
    words = [f"w{n}" for n in range(300)]
    other = [*words[:100], *(f"x{n}" for n in range(50))]
    found = find_reuse([article(n, words) for n in range(1000)] + [article(1000, other)])
    assert len(found) == 999 + 1
    assert {r.b.report for r in found} == {str(n) for n in range(1, 1001)}


def test_a_text_that_many_print_with_a_head_of_their_own_is_one_family() -> None:
    body = [f"w{n}" for n in range(60)]
    texts = [article(n, [*(f"h{n}x{m}" for m in range(20)), *body]) for n in range(120)]
    found = find_reuse(texts)
    assert families_of(found)[0] == tuple(sorted(str(n) for n in range(120)))
    assert all(r.words == 60 for r in found)


def test_a_formula_of_many_texts_is_no_copy() -> None:
    formula = [f"w{n}" for n in range(12)]
    assert not find_reuse([article(n, [*formula, *(f"h{n}x{m}" for m in range(80))]) for n in range(120)])


def test_seeds_of_different_words_differ() -> None:
    keys = np.random.default_rng(1).integers(0, 2**63, 200_000, dtype=np.int64).astype(np.uint64)
    rows = placed_seeds(keys, 0)
    assert rows.dtype == PLACED
    assert len(np.unique(rows["seed"])) == len(rows) == 200_000 - SEED + 1


def test_words_of_two_languages_are_no_exact_copies() -> None:
    rows = words_of(article(0, ["wort"] * 20)).rows
    assert Words(rows, 8).identity != Words(rows, 16).identity
