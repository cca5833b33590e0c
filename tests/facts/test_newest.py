"""Which edition answers: the engine's choice equals a plain reading of the rule in pandas."""

import datetime as dt
import itertools

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.catalog.sources import source
from ytterby.errors import QueryRefused
from ytterby.facts import open_store
from ytterby.facts.imports import write_rows
from ytterby.facts.user_store import Card, writing

KEYS = ["hs_revision", "hs6", "year"]
CODES, YEARS, IMPORTERS = ("284690", "280530"), (2022, 2023), ("JPN", "KOR")
FLOWS = st.sets(st.sampled_from(list(itertools.product(YEARS, IMPORTERS, CODES))), min_size=1, max_size=4)
DAYS = st.sampled_from([dt.date(2020, 1, 1), dt.date(2029, 1, 1), dt.date(2029, 6, 1)])
EDITIONS = st.lists(st.tuples(DAYS, FLOWS), min_size=1, max_size=4)


def put_all(folder, editions):
    """One edition after the other: the value of a flow is the number of its edition."""
    with writing(folder) as writer:
        for number, (day, flows) in enumerate(editions):
            years, importers, codes = zip(*sorted(flows), strict=True)
            frame = pd.DataFrame(
                {"year": years, "exporter": "CHN", "importer": importers, "hs6": codes,
                 "value_kusd": float(number), "quantity_t": 1.0, "exporter_baci": None,
                 "importer_baci": None, "hs_revision": "HS92"}
            )  # fmt: skip
            name = f"edition {number}"
            target = writer.new_file("trade", "baci-hs92", name)
            write_rows(frame, "trade", target, "baci-hs92", name)
            writer.put(Card(
                table="trade", source_id="baci-hs92", edition=name, file=target.name, title="Test",
                producer="Test", licence="none", may_redistribute=False, citation="Test", published=day,
                accessed=dt.date(2030, 1, 1), sha256="0", rows=len(frame),
            ))  # fmt: skip


def newest_by_hand(rows, editions):
    """Per code and year the rows of the edition known last; the starter data by the day of their fetch."""
    named = [(day, 1, f"edition {number}") for number, (day, _) in enumerate(editions)]
    named.append((dt.date.fromisoformat(source("baci-hs92").accessed), 0, source("baci-hs92").edition))
    places = {name: number for number, (*_, name) in enumerate(sorted(named))}
    place = rows["edition"].map(places)
    last = place.groupby([rows[key] for key in KEYS]).transform("max")
    return rows[place == last]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(editions=EDITIONS, importer=st.sampled_from([None, "JPN"]))
def test_the_newest_edition_of_each_code_and_year_answers(tmp_path_factory, editions, importer):
    folder = tmp_path_factory.mktemp("store")
    put_all(folder, editions)
    with open_store(folder) as store:
        asked = {"hs6": list(CODES), "year": [2021, *YEARS]}
        everything = store.select("trade", edition="all", source_id="baci-hs92", **asked)
        found = store.select("trade", importer=importer, **asked)
    expected = newest_by_hand(everything, editions)
    if importer:  # who asks for one importer must not be given an older edition's
        expected = expected[expected["importer"] == importer]
    order = [*KEYS, "exporter", "importer", "edition"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True),
        expected.sort_values(order, ignore_index=True),
        check_dtype=False,  # a column without any number has another type in a larger answer
    )


def test_a_query_beyond_the_memory_is_refused_with_the_way_out():
    with open_store(memory_limit="30MB") as store:
        with pytest.raises(QueryRefused, match="memory_limit"):
            store.query("SELECT * FROM trade ORDER BY value_kusd, exporter")
        assert store.query("SELECT count(*) AS n FROM trade")["n"][0] > 600_000
