"""The page of rules names tests that exist, and every numbered rule has one."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/method/ledger.md").read_text(encoding="utf-8")


def known_tests():
    files = [*(ROOT / "tests/ledger").glob("test_*.py"), ROOT / "tests/laws/test_ledger.py"]
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)}


def test_every_test_named_on_the_page_exists():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 40
    assert named <= known_tests()


def test_every_numbered_rule_names_its_test():
    rules = re.split(r"^(?=\d\.\d+ )", PAGE, flags=re.M)[1:]
    bare = [rule.split()[0] for rule in rules if not re.search(r"test_\w+|L: `test", rule)]
    assert len(rules) > 25
    assert bare == []
