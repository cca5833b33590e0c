"""Verdicts as bands: docs/method/ledger.md, section 2."""

import json
import math

import pytest

from ytterby.errors import InputFaults
from ytterby.facts.production import load_production
from ytterby.facts.registers import load_demand, load_policies
from ytterby.facts.trade import load_trade
from ytterby.indicators.dependence import import_share, look_through_shares
from ytterby.ledger.verify import VARIANT_COLUMNS, VERDICT_COLUMNS, verdicts, verify_claims

NAMES = {
    "load_production": load_production, "load_demand": load_demand, "load_policies": load_policies,
    "load_trade": load_trade, "import_share": import_share, "look_through_shares": look_through_shares,
}  # fmt: skip


@pytest.fixture(scope="module")
def ninety(make, slots):
    """Japan's share of Chinese rare earths: from 90 to 60 percent since 2010, said in October 2025."""
    percent, time = slots["percent"], slots["time"]
    return make(
        "dependence", actors=[("JPN", "agent"), ("CHN", "counterpart")], materials=["REE"],
        quantities=[percent(90, "from"), percent(60, "to")],
        time=[time("baseline", "2010-01-01", "2010-12-31", "year"),
              time("current", "2025-10-28", "2025-10-28")],
    )  # fmt: skip


@pytest.fixture(scope="module")
def halved(make, slots):
    number = {"value": 0.5, "unit": "ratio", "role": "factor_to_baseline", "qualifier": "exact", "span": None}
    return make(
        "demand_reduction", actors=[("JPN", "agent")], materials=["REE"], quantities=[number],
        time=[slots["time"]("baseline", "2010-01-01", "2010-12-31", "year")],
    )  # fmt: skip


@pytest.fixture(scope="module")
def shares(ninety, store):
    return verify_claims([ninety], store)


def pick(table, **cells):
    for column, value in cells.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize(
    ("hs6", "basis", "first", "last", "expected"),
    [
        ("280530;284690", "mass", 2010, 2023, (0.860, 0.601)),
        ("280530;284690", "mass", 2010, 2024, (0.860, 0.688)),
        ("280530;284610;284690", "mass", 2010, 2023, (0.785, 0.497)),
        ("280530;284610;284690", "mass", 2010, 2024, (0.785, 0.661)),
    ],
)
def test_published_import_shares_are_hit(shares, hs6, basis, first, last, expected):
    """Method notes on dependence: shares of China in Japan's imports, BACI HS92."""
    row = pick(shares, hs6=hs6, basis=basis, first_year=first, last_year=last, origin="direct")
    assert (row["value_from"], row["value_to"]) == pytest.approx(expected, abs=0.0006)


def test_published_shares_by_value_are_hit(shares):
    """The same source: without cerium, by value, 77, 53 and 40 percent."""
    cells = {"hs6": "280530;284690", "basis": "value", "first_year": 2010, "origin": "direct"}
    row = pick(shares, last_year=2023, **cells)
    assert (row["value_from"], row["value_to"]) == pytest.approx((0.77, 0.53), abs=0.006)
    assert pick(shares, last_year=2024, **cells)["value_to"] == pytest.approx(0.40, abs=0.006)


def test_every_documented_definition_is_tried(shares):
    """Section 2.3: 4 code sets x mass and value x direct and look-through x 3 first x 3 last years."""
    assert tuple(shares.columns) == VARIANT_COLUMNS
    assert len(shares) == 4 * 2 * 2 * 3 * 3
    assert set(shares["first_year"]) == {2009, 2010, 2011}
    assert set(shares["last_year"]) == {2022, 2023, 2024}
    assert set(shares["source_id"]) == {"baci-hs92"}
    assert shares["reference"].sum() == 1
    assert shares["best"].sum() == 1


def test_definitions_without_a_number_do_not_count(ninety, shares, store):
    """Of the 144 documented definitions those agree or disagree under which the store has numbers."""
    verdict = verdicts([ninety], store).iloc[0]
    answered = shares["value_from"].notna() & shares["value_to"].notna()
    assert 0 < answered.sum() < len(shares)
    assert verdict["variants"] == answered.sum()
    assert f"of {answered.sum()} definitions agree" in verdict["reason"]


def test_looking_through_transit_is_not_asked_of_who_buys_and_refines(shares):
    """Section 2.3: China refines what it buys, so that it is no mere transit country."""
    rows = shares[(shares["origin"] == "look_through") & (shares["last_year"] == 2023)]
    assert rows[rows["hs6"] == "280530;284690"]["value_to"].isna().all()
    assert rows[rows["hs6"] == "280530;284690"]["note"].str.contains("buys much itself").all()
    metal = rows[(rows["hs6"] == "280530") & (rows["basis"] == "mass")]
    assert metal["value_to"].between(0.5, 0.8).all()
    assert not (shares["value_to"] < 0.2).any()


def test_ninety_to_sixty_is_true_under_another_definition(ninety, store):
    found = verdicts([ninety], store).iloc[0]
    assert tuple(found.index) == VERDICT_COLUMNS
    assert found["verdict"] == "consistent_with_other_definition"
    assert found["best_variant"] == "280530+284690 by mass, 2010 to 2023"
    assert found["from_low"] < 0.77 < 0.86 < found["from_high"]
    assert found["to_low"] < 0.40 < 0.688 < found["to_high"]
    assert 0 < found["variants_consistent"] < found["variants"]


def test_the_newest_year_as_claimed_makes_it_consistent(make, slots, store):
    """Section 2.3: the reference is core codes by mass, stated first year, newest year offered."""
    percent, time = slots["percent"], slots["time"]
    claim = make(
        "dependence", actors=[("JPN", "agent"), ("CHN", "counterpart")], materials=["REE"],
        quantities=[percent(86, "from"), percent(69, "to")],
        time=[time("baseline", "2010-01-01", "2010-12-31", "year")],
    )  # fmt: skip
    assert verdicts([claim], store).iloc[0]["verdict"] == "consistent"


def test_a_number_far_from_all_definitions_is_inconsistent(make, slots, store):
    claim = make("dependence", actors=[("JPN", "agent"), ("CHN", "counterpart")], materials=["REE"],
                 quantities=[slots["percent"](5)])  # fmt: skip
    found = verdicts([claim], store).iloc[0]
    assert found["verdict"] == "inconsistent"
    assert found["to_low"] > 0.06


def test_a_stated_year_is_the_only_one_tried(make, slots, store):
    claim = make("dependence", actors=[("JPN", "agent"), ("CHN", "counterpart")], materials=["REE"],
                 quantities=[slots["percent"](60)],
                 time=[slots["time"]("period", "2023-01-01", "2023-12-31", "year")])  # fmt: skip
    found = verify_claims([claim], store)
    assert set(found["last_year"]) == {2023}
    assert math.isnan(found["claimed_from"].iloc[0])
    assert verdicts([claim], store).iloc[0]["verdict"] == "consistent"


@pytest.mark.parametrize(
    "cells",
    [
        {"materials": []}, {"materials": ["unobtainium"]}, {"actors": [("JPN", "agent")]},
        {"actors": [("XXX", "agent"), ("CHN", "counterpart")]},
    ],
)  # fmt: skip
def test_what_the_store_cannot_answer_says_why(make, slots, store, cells):
    base = {"actors": [("JPN", "agent"), ("CHN", "counterpart")], "materials": ["REE"]}
    found = verdicts([make("dependence", quantities=[slots["percent"](60)], **base | cells)], store).iloc[0]
    assert found["verdict"] == "not_checkable"
    assert found["reason"]


def test_ores_do_not_answer_for_smelters(make, slots, store):
    """Antimony is in the trade table as ore only: what smelters sell, it cannot tell."""
    slots_of = {"actors": [("FRA", "agent"), ("CHN", "counterpart")], "materials": ["Sb"],
                "quantities": [slots["percent"](80)]}  # fmt: skip
    smelted = make("dependence", quote="La France dépend à 80 % des fonderies chinoises.", **slots_of)
    plain = make("dependence", quote="La France importe de Chine 80 % de son antimoine.", **slots_of)
    found = verdicts([smelted, plain], store).set_index("claim_id")
    assert found.loc[smelted["id"], "verdict"] == "not_checkable"
    assert "261710" in found.loc[smelted["id"], "reason"]
    assert found.loc[plain["id"], "verdict"] != "not_checkable"


def test_halved_demand_is_a_band_over_imports_and_the_register(halved, store):
    """Section 2.4."""
    table = verify_claims([halved], store)
    register = table[table["source_id"] == "japan-ree-demand-2026"]
    row = pick(register, first_year=2010, last_year=2023)
    assert row["value_to"] == pytest.approx(16_436 / 33_000)
    assert "other definition" in row["note"]
    assert pick(register, first_year=2010, last_year=2024)["value_to"] == pytest.approx(18_835 / 33_000)
    found = verdicts([halved], store).iloc[0]
    assert found["verdict"] == "consistent_with_other_definition"
    assert found["to_low"] < 0.5 < 0.9 < found["to_high"]


def test_net_imports_are_imports_less_exports(halved, store):
    table = verify_claims([halved], store)
    row = pick(table, variant="net imports of 280530+284690 by mass, 2010 to 2024")
    bought = load_trade(store, hs6=["280530", "284690"], importer="JPN")
    sold = load_trade(store, hs6=["280530", "284690"], exporter="JPN")
    net = [
        bought[bought.year == y].quantity_t.sum() - sold[sold.year == y].quantity_t.sum()
        for y in (2010, 2024)
    ]
    assert row["value_to"] == pytest.approx(net[1] / net[0])


def test_every_query_can_be_run_again(ninety, halved, make, store):
    """Section 2.9: the text of a query gives the number beside it."""
    processing = make("processing_share", actors=[("CHN", "agent")], materials=["REE"],
                      quantities=[{"value": None, "unit": "qualitative", "role": "share_of_world",
                                   "qualifier": "majority", "span": None}])  # fmt: skip
    table = verify_claims([ninety, halved, processing], store)
    names = NAMES | {"open_store": lambda: store}
    known = table[table["value_to"].notna()].sample(frac=1.0, random_state=1)
    sample = known.groupby(["measure", "origin", "basis"], dropna=False).head(2)
    assert set(sample["origin"]) == {"direct", "look_through", ""}
    for row in sample.itertuples():
        answer = eval(row.query, dict(names))  # noqa: S307  # our own text: that it runs is the test
        if row.measure == "import_share":
            assert answer[-1] == pytest.approx(row.value_to)
        elif row.measure == "demand_ratio":
            assert answer[row.last_year] / answer[row.first_year] == pytest.approx(row.value_to)
        else:
            chinese = answer[answer["country_iso3"] == "CHN"]["quantity_t"].sum()
            assert chinese > 0


def test_most_of_processing_is_more_than_half(make, store):
    majority = {"value": None, "unit": "qualitative", "role": "share_of_world", "qualifier": "majority",
                "span": None}  # fmt: skip
    claims = [make("processing_share", actors=[(name, "agent")], materials=["REE"], quantities=[majority])
              for name in ("CHN", "MYS")]  # fmt: skip
    assert list(verdicts(claims, store)["verdict"]) == ["consistent", "inconsistent"]


def test_the_largest_producer_has_rank_one(make, store):
    claims = [make("market_position", actors=[(name, "agent")], materials=["REE"], stage="production",
                   position="largest") for name in ("CHN", "AUS")]  # fmt: skip
    assert list(verdicts(claims, store)["verdict"]) == ["consistent", "inconsistent"]


def money(value, unit, start, end):
    return {"value": value, "unit": unit, "role": "amount", "qualifier": "exact",
            "span": {"start": start, "end": end, "quote": ""}}  # fmt: skip


def test_two_currencies_side_by_side_imply_a_rate(make, store):
    """Section 2.6: 550 billion USD (472.51 billion EUR) imply 0.8591 EUR per USD."""
    pair = [money(550e9, "USD", 10, 31), money(472.51e9, "EUR", 33, 49)]
    row = (
        verify_claims([make("statistic", quantities=pair)], store).query("variant == 'implied rate'").iloc[0]
    )
    assert row["value_to"] == pytest.approx(0.8591, abs=5e-5)
    assert (row["unit"], row["verdict"]) == ("EUR_per_USD", "consistent")
    slip = [money(550e9, "USD", 10, 31), money(4725.1e9, "EUR", 33, 49)]
    assert verdicts([make("statistic", quantities=slip)], store).iloc[0]["verdict"] == "inconsistent"


def test_sums_far_apart_in_the_text_are_not_compared(make, store):
    pair = [money(550e9, "USD", 10, 31), money(1e9, "EUR", 900, 920)]
    assert verdicts([make("investment_pledge", quantities=pair)], store).iloc[0]["measure"] == ""


@pytest.mark.parametrize(("total", "verdict"), [(1000.0, "consistent"), (900.0, "inconsistent")])
def test_parts_must_make_the_whole(make, store, total, verdict):
    """Section 2.5."""
    check = {"type": "sum", "parts": [600.0, 300.0, 100.0], "total": total, "tolerance": 1.0}
    assert verdicts([make("statistic", check=check)], store).iloc[0]["verdict"] == verdict


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("am Dienstag, 28. Oktober", "consistent"),
        ("on Monday 28 October", "inconsistent"),
        ("火曜日28日", "consistent"),
    ],
)
def test_a_weekday_is_held_against_the_date_beside_it(make, store, words, verdict):
    """Section 2.7."""
    time = {"role": "event", "start": "2025-10-28", "end": "2025-10-28", "granularity": "day",
            "span": {"start": 0, "end": len(words), "quote": words}}  # fmt: skip
    found = verdicts([make("meeting", time=[time])], store).iloc[0]
    assert (found["measure"], found["verdict"]) == ("weekday", verdict)


def test_a_weekday_alone_proves_nothing(make, store):
    time = {"role": "event", "start": "2025-10-27", "end": "2025-10-27", "granularity": "day",
            "span": {"start": 0, "end": 8, "quote": "Dienstag"}}  # fmt: skip
    assert verdicts([make("meeting", time=[time])], store).empty


def stop(make, slots, agent, target):
    return make("export_stop", actors=[(agent, "agent"), (target, "target")], materials=["REE"],
                time=[slots["time"]("event", "2010-01-01", "2010-12-31", "year")])  # fmt: skip


def test_a_swapped_export_stop_is_a_suspected_error(make, slots, store):
    """Section 2.8: in 2010 China stopped exports to Japan, not Japan to China."""
    found = verdicts([stop(make, slots, "JPN", "CHN"), stop(make, slots, "CHN", "JPN")], store)
    assert list(found["verdict"]) == ["inconsistent", "consistent"]
    error = json.loads(found["suspected_error"].iloc[0])
    assert error["as_written"] == {"agent": "JPN", "target": "CHN"}
    assert error["corrected"] == {"agent": "CHN", "target": "JPN"}
    assert "CHN-2010-JPN" in error["basis"]
    assert found["suspected_error"].iloc[1] == ""


def test_an_unknown_export_stop_is_not_judged(make, slots, store):
    assert verdicts([stop(make, slots, "KOR", "CHL")], store).iloc[0]["verdict"] == "not_checkable"


@pytest.mark.parametrize("kind", ["tariff", "defence_spending", "investment_pledge"])
def test_kinds_without_a_table_say_why_they_are_not_checked(make, slots, store, kind):
    claim = make(kind, actors=[("USA", "agent")], quantities=[slots["percent"](15, "tariff_rate")])
    found = verdicts([claim], store).iloc[0]
    assert found["verdict"] == "not_checkable"
    assert len(found["reason"]) > 20


def test_claims_that_are_no_claims_are_named_together(store):
    broken = [
        {"id": "a", "report": "r"},
        {"id": "b", "report": "r", "kind": "x", "time": [{"start": "soon"}]},
    ]
    with pytest.raises(InputFaults) as caught:
        verdicts(broken, store)
    assert len(caught.value.faults) == 2


def test_gold_claims_get_their_verdicts(gold, store):
    """The reports of the development set: dependence, demand, direction, rates and positions."""
    found = verdicts(gold["claims"], store).set_index("claim_id")["verdict"]
    assert found["003-03"] == "consistent_with_other_definition"
    assert found["003-04"] == "consistent_with_other_definition"
    assert found["003-10"] == "inconsistent"
    assert found["001-05"] == "consistent"
    assert found["000-16"] == "consistent"
    assert found["000-17"] == "consistent"
    assert found["001-30"] == "not_checkable"


def test_a_claimed_flow_is_held_against_the_sum_of_its_codes(make, slots, store):
    """Section 2.13."""
    sold = load_trade(store, hs6=["280530", "284690"], exporter="CHN", importer="JPN", years=[2023])
    total = sold["quantity_t"].sum()
    year = slots["time"]("period", "2023-01-01", "2023-12-31", "year")
    for factor, verdict in ((1.0, "consistent"), (10.0, "inconsistent")):
        number = {"value": total * factor, "unit": "tonne", "role": "amount", "qualifier": "exact"}
        claim = make("trade_flow", actors=[("CHN", "agent"), ("JPN", "counterpart")], materials=["REE"],
                     quantities=[number], time=[year])  # fmt: skip
        assert verdicts([claim], store).iloc[0]["verdict"] == verdict
    row = verify_claims([claim], store).query("reference").iloc[0]
    assert eval(row["query"], NAMES | {"open_store": lambda: store}) == pytest.approx(total)  # noqa: S307


def test_two_shares_without_a_year_for_the_first_are_not_judged(make, slots, store):
    shares = [slots["percent"](90, "from"), slots["percent"](60, "to")]
    claim = make("dependence", actors=[("JPN", "agent"), ("CHN", "counterpart")], materials=["REE"],
                 quantities=shares)  # fmt: skip
    found = verdicts([claim], store).iloc[0]
    assert found["verdict"] == "not_checkable"
    assert "no year" in found["reason"]


def test_the_gravest_of_several_checks_counts(make, store):
    """Section 2.12."""
    pair = [money(550e9, "USD", 10, 31), money(472.51e9, "EUR", 33, 49)]
    check = {"type": "sum", "parts": [1.0, 2.0], "total": 4.0}
    found = verdicts([make("statistic", quantities=pair, check=check)], store).iloc[0]
    assert (found["measure"], found["verdict"]) == ("sum", "inconsistent")
