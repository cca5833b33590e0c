"""Articles a second on one core, their growth, and the peak memory of a pile; beside two peers.

    python benchmarks/reading.py [--articles 200] [--pile 20000] [--peers INTERPRETER]

Articles of 300 to 600 words in four languages are put together from the sentences of our own labelled
corpora (`tests/quality/corpus`) and of the notes of the built-in study, with other figures in each; one in
ten copies an earlier one. They are denser in claims than the press. Trafilatura is timed on the same
articles as web pages. spaCy (a blank pipeline with its sentencizer) runs under the interpreter that
`--peers` names, in an environment of its own; without it that row is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEER = """
import json, sys, time
try:
    import spacy
except ImportError:
    sys.exit(3)
texts = [(a["text"], a["language"]) for a in map(json.loads, open(sys.argv[1], encoding="utf-8"))]
pipes = {}
for language in {language for _, language in texts}:
    try:
        pipes[language] = spacy.blank(language)
        pipes[language].add_pipe("sentencizer")
    except Exception:  # Japanese needs a tokeniser of its own
        pass
taken = [(text, language) for text, language in texts if language in pipes]
start = time.process_time()
count = sum(len(list(pipes[language](text).sents)) for text, language in taken)
print(json.dumps([len(taken), time.process_time() - start, sorted(pipes), spacy.__version__]))
"""


def sentences() -> dict[str, list[str]]:
    """Body sentences of our own articles by language."""
    from ytterby.evidence import read_articles
    from ytterby.evidence.sentences import sentences_of
    from ytterby.examples import find_study

    found: dict[str, list[str]] = {"de": [], "en": [], "fr": [], "ja": []}
    texts = sorted((ROOT / "tests/quality/corpus").rglob("*.txt"))
    for article in read_articles([*texts, Path(find_study("japan-us-2025")) / "articles"]).articles:
        for sentence in sentences_of(article):
            if sentence.passage == "body" and sentence.language in found:
                found[sentence.language].append(sentence.text)
    return found


def articles(count: int, *, shuffled: bool = False, seed: int = 1) -> Iterator[dict[str, str]]:
    """Records of generated articles; the same for the same seed.

    ``shuffled`` ones have the words of the sentences in any order: few claims, and no copies but real ones.
    """
    known, dice = sentences(), random.Random(seed)  # noqa: S311 - a benchmark, no secret
    earlier: list[tuple[str, str]] = []
    for number in range(count):
        language = dice.choice(sorted(known))
        text = _text(known[language], language, shuffled, dice)
        if earlier and dice.random() < 0.1:
            language, text = dice.choice(earlier)
        else:
            earlier = [*earlier[-99:], (language, text)]
        day = f"2025-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        yield {"id": f"a{number}", "text": text, "language": language, "date": day}


def _text(known: list[str], language: str, shuffled: bool, dice: random.Random) -> str:
    """Sentences up to 300 to 600 words (Japanese: 2 characters a word); every fourth ends a paragraph."""
    size, goal, parts = 0, dice.randint(300, 600), []
    while size < goal:
        sentence = re.sub(r"\d{2}(?!\d)", lambda _: str(dice.randint(10, 99)), dice.choice(known))
        words = sentence.split()
        if language != "ja" and len(words) > 4:  # no two articles share a sentence word for word
            words.insert(dice.randrange(len(words)), f"{dice.choice('BDFGKLMNPR')}{dice.randint(10, 9999)}")
        if shuffled:
            words = (
                dice.sample(sentence, len(sentence)) if language == "ja" else dice.sample(words, len(words))
            )
        sentence = ("" if language == "ja" else " ").join(words) if shuffled or language != "ja" else sentence
        size += len(sentence) // 2 if language == "ja" else len(words)
        parts.append(sentence + ("\n\n" if len(parts) % 4 == 3 else "" if language == "ja" else " "))
    return "".join(parts)


def one_core(records: list[dict[str, str]]) -> None:
    """Ours, and trafilatura on the same articles as pages."""
    import trafilatura

    from ytterby.evidence.articles import article_of
    from ytterby.evidence.coding import code_claims
    from ytterby.evidence.copies import words_of
    from ytterby.evidence.sources import Source

    claims = 0
    spent = {"de": 0.0, "en": 0.0, "fr": 0.0, "ja": 0.0}
    for warm in (True, False):
        for record in records[:20] if warm else records:
            start = time.process_time()
            article = article_of(Source(record["id"], "benchmark", ".json", record))
            claims += 0 if warm else len(code_claims(article).claims)  # type: ignore[arg-type]
            words_of(article)  # type: ignore[arg-type]
            spent[record["language"]] += 0 if warm else time.process_time() - start
    _row(
        "ytterby: article to claims",
        len(records),
        sum(spent.values()),
        f"{claims / len(records):.0f} claims each",
    )
    for language, seconds in spent.items():
        _row(f"  {language}", sum(r["language"] == language for r in records), seconds)
    pages = [_page(record) for record in records]
    start = time.process_time()
    for page in pages:
        trafilatura.bare_extraction(page, include_comments=False, include_tables=False)
    _row(f"trafilatura {trafilatura.__version__}: page to text", len(pages), time.process_time() - start)


def _page(record: dict[str, str]) -> str:
    body = "".join(f"<p>{part}</p>" for part in record["text"].split("\n\n"))
    return f"<html><body><nav><a href='/'>Start</a></nav><article>{body}</article></body></html>"


def _row(name: str, count: int, seconds: float, note: str = "") -> None:
    print(f"{name:<44}{count / max(seconds, 1e-9):>10.0f} articles/s  {note}", flush=True)


def peers(records: list[dict[str, str]], interpreter: str | None) -> None:
    """SpaCy under another interpreter."""
    if interpreter is None:
        print("spaCy: left out (no --peers)")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
        file.flush()
        done = subprocess.run(
            [interpreter, "-c", PEER, file.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(f"spaCy: left out ({'not installed there' if done.returncode == 3 else done.stderr[-200:]})")
        return
    count, seconds, languages, version = json.loads(done.stdout)
    _row(f"spaCy {version}: text to sentences", count, seconds, f"{', '.join(languages)}")


def pile(count: int, jobs: int) -> None:
    """Seconds and peak memory of the command, for a tenth of a pile of shuffled articles and for all."""
    sys.path.insert(0, str(Path(__file__).parent))
    from run import measure

    for part in (count // 10, count):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pile.jsonl"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(record) + "\n" for record in articles(part, shuffled=True))
            out = ["--out", f"{folder}/c.jsonl", "--reports", f"{folder}/r.jsonl", "--jobs", str(jobs)]
            seconds, megabytes = measure(["-m", "ytterby", "read", str(path), *out])
            print(f"{part:>8,} articles, {jobs} processes: {seconds:8.0f} s, peak {megabytes:5.0f} MB of one")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--pile", type=int, default=0, help="articles of the pile; 0 leaves it out")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--peers", help="Python interpreter of an environment with spaCy")
    chosen = parser.parse_args()
    records = list(articles(chosen.articles))
    one_core(records)
    peers(records, chosen.peers)
    if chosen.pile:
        pile(chosen.pile, chosen.jobs)


if __name__ == "__main__":
    main()
