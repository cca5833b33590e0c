"""Claims for the tests of the ledger: own short sentences, and the gold of the shared folder."""

import itertools
import json

import pytest

from ytterby.facts.store import open_store
from ytterby.ledger.policies import build_policies

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def make():
    """Build one claim in the schema's JSON shape; unnamed slots stay empty."""

    def build(kind="dependence", **cells):
        quote = cells.pop("quote", "A sentence of its own.")
        number = next(NUMBERS)
        claim = {
            "id": f"T-{number:04d}", "report": "T", "kind": kind, "gloss_en": "", "relevance": "core",
            "actors": [], "materials": [], "quantities": [], "time": [], "status": "stated",
            "attribution": [], "polarity": "affirmed",
            "spans": [{"start": 0, "end": len(quote), "quote": quote}],
        }  # fmt: skip
        claim["actors"] = [{"id": name, "role": role} for name, role in cells.pop("actors", [])]
        return claim | cells

    return build


def percent(value, role="to", qualifier="exact"):
    return {"value": value, "unit": "percent", "role": role, "qualifier": qualifier, "span": None}


def time(role, start, end, granularity="day"):
    return {"role": role, "start": start, "end": end, "granularity": granularity, "span": None}


@pytest.fixture(scope="session")
def slots():
    """Builders of the parts of a claim."""
    return {"percent": percent, "time": time}


@pytest.fixture(scope="session")
def store():
    with open_store() as opened:
        yield opened


@pytest.fixture(scope="session")
def policies(store):
    return build_policies(store)


@pytest.fixture(scope="session")
def gold(shared):
    """Gold claims, clusters and reports of the development set."""
    return json.loads((shared / "evidence/seed_claims_dev.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def gold_origins(gold):
    return {report["id"]: report["origin"] for report in gold["reports"]}
