"""Scores on our own labelled corpora, labelled before the rules saw them; floors stand in ``floors.toml``."""

import hashlib
import json
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ytterby.evidence import read_reports

HERE = Path(__file__).parent
FLOORS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "floors.toml").read_text(encoding="utf-8"))
PARTS = [(corpus, part) for corpus, told in FLOORS.items() for part in told["floors"]]
RATES = {"f1": "f1", "precision": "p", "recall": "r"}  # names of the scorer for claims


def texts(corpus: str) -> list[Path]:
    return sorted((HERE / "corpus" / corpus).glob("*.txt"))


@cache
def gold_of(corpus: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "corpus" / corpus / "gold.json").read_text(encoding="utf-8"))
    return loaded


@cache
def predicted(corpus: str) -> dict[str, Any]:
    """The reading without ``texts``: the scorer leaves files open; quotes are compared below."""
    full = read_reports(texts(corpus)).to_scorer(texts(corpus))
    return {key: value for key, value in full.items() if key != "texts"}


def score(scorer: ModuleType, corpus: str, part: str) -> dict[str, float]:
    """Rates of all articles, of one part of the split, or of one language."""
    gold, reading = gold_of(corpus), predicted(corpus)
    languages = {r["id"] for r in gold["reports"] if part in ("all", r["language"])}
    ids = set(gold["split"].get(part, languages))
    wanted = {
        "reports": [report for report in gold["reports"] if report["id"] in ids],
        "claims": [claim for claim in gold["claims"] if claim["report"] in ids],
    }
    found = reading | {"claims": [claim for claim in reading["claims"] if claim["report"] in ids]}
    result = scorer.score(wanted, found)
    rates = {name: result["claims"][key] for name, key in RATES.items()}
    slots = {k: v for k, v in result.items() if k not in ("claims", "sentences")}
    return rates | {k: v["f1"] if isinstance(v, dict) else v for k, v in slots.items()}


@pytest.mark.parametrize("corpus", sorted(FLOORS))
def test_the_floors_belong_to_this_corpus(corpus: str) -> None:
    files = [*texts(corpus), HERE / "corpus" / corpus / "gold.json"]
    found = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    assert found == FLOORS[corpus]["hash"], "the corpus changed: measure again and set floors and hash"


@pytest.mark.parametrize("corpus", sorted(FLOORS))
def test_the_parts_share_no_article_and_a_third_is_only_scored(corpus: str) -> None:
    first, second = (set(gold_of(corpus)["split"][part]) for part in FLOORS[corpus]["parts"])
    assert first.isdisjoint(second)
    assert first | second == {path.stem for path in texts(corpus)}
    assert 3 * len(second) >= len(texts(corpus))


@pytest.mark.parametrize("corpus", sorted(FLOORS))
def test_every_quote_stands_in_its_text(corpus: str) -> None:
    bodies = {path.stem: path.read_text(encoding="utf-8") for path in texts(corpus)}
    spans = [(claim["report"], span) for claim in predicted(corpus)["claims"] for span in claim["spans"]]
    assert spans
    assert [s for report, s in spans if bodies[report][s["start"] : s["end"]] != s["quote"]] == []


@pytest.mark.shared
@pytest.mark.parametrize(("corpus", "part"), PARTS)
def test_scores_stay_above_their_floors(corpus: str, part: str, scorer: ModuleType) -> None:
    reached = score(scorer, corpus, part)
    floors = FLOORS[corpus]["floors"][part]
    assert {name: reached[name] for name, floor in floors.items() if reached[name] < floor} == {}
