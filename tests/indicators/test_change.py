"""What moved a value: the parts add up, and each part is what it says (method/indicators, section 11)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ytterby.errors import BadNumbers, UnknownName
from ytterby.facts import open_store
from ytterby.indicators.change import FACTORS, explain_change, shapley_parts
from ytterby.indicators.screen import screen
from ytterby.indicators.timeline import indicator_series, mark_breaks

finite = st.floats(-1e6, 1e6)


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def explained(store, **asked):
    chosen = {
        "materials": ["rare_earths", "cobalt", "graphite", "gallium"],
        "countries": ["JPN", "USA", "EU27"],
    }
    return explain_change(store, year_from=2023, year_to=2024, **chosen, **asked)


@given(arrays(np.float64, (2, 2, 2, 5), elements=finite))
def test_parts_add_up_to_the_change(values):
    parts = shapley_parts(values, 3)
    assert parts.shape == (3, 5)
    assert parts.sum(axis=0) == pytest.approx(values[1, 1, 1] - values[0, 0, 0], abs=1e-6)


@given(arrays(np.float64, (2, 2, 3), elements=finite))
def test_a_factor_without_effect_gets_nothing(values):
    idle = np.stack([values, values])  # the first factor changes nothing
    assert shapley_parts(idle, 3)[0] == pytest.approx(0.0, abs=1e-6)


@given(arrays(np.float64, (3, 4), elements=finite))
def test_parts_of_a_sum_are_its_terms(terms):
    values = np.zeros((2, 2, 2, 4))
    for state in np.ndindex(2, 2, 2):
        values[state] = sum(term for term, new in zip(terms, state, strict=True) if new)
    assert shapley_parts(values, 3) == pytest.approx(terms, abs=1e-6)


def test_a_product_of_two_by_hand():
    # 2 * 3 becomes 4 * 5: the first factor moves (2 * 3 + 2 * 5)/2 = 8, the second (2 * 2 + 4 * 2)/2 = 6
    assert shapley_parts([[6, 10], [12, 20]], 2).tolist() == [8.0, 6.0]


@pytest.mark.parametrize("indicator", ["score", "midpoint", "characterisation_factor"])
def test_parts_of_every_cell_add_up(store, indicator):
    table = explained(store, indicator=indicator)
    fine = table[table["status"] == "ok"]
    assert len(fine) > 5
    assert fine[list(FACTORS)].sum(axis=1).to_numpy() == pytest.approx(fine["change"].to_numpy(), rel=1e-9)
    assert (fine["value_to"] - fine["value_from"]).to_numpy() == pytest.approx(fine["change"].to_numpy())
    rest = table[table["status"] != "ok"]
    assert rest[["change", *FACTORS]].isna().all().all()
    assert rest["status"].str.contains("20[0-9]{2}: ").all()


def test_price_moves_the_midpoint_and_not_the_score(store):
    assert (explained(store)["price"].dropna() == 0).all()
    assert (explained(store, indicator="midpoint")["price"].dropna() != 0).any()


def test_the_earlier_value_is_the_screens(store):
    # 2023 stands in one edition only, so that the edition that holds both years is the screen's own
    table = explained(store).set_index(["material", "stage", "country_iso3"])
    cells = screen(
        store,
        methods=["geopolrisk"],
        materials=["rare_earths"],
        countries=["JPN", "USA", "EU27"],
        years=[2023],
    )
    values = cells[cells["status"] == "ok"].set_index(["material", "stage", "country_iso3"])["value"]
    assert len(values) > 3
    for key, value in values.items():
        assert table.loc[key, "value_from"] == pytest.approx(value, rel=1e-12)


def test_both_years_come_from_one_edition_and_stage(store):
    # cobalt has a refined table for 2024 only; against the mines of 2023 it would pass for a change
    table = explained(store)
    assert (table["breaks"] == "").all()
    cobalt = table[(table["material"] == "cobalt") & (table["status"] == "ok")]
    assert (cobalt["source_id"] == "baci-hs92;wgi-pv;usgs-mcs-2025").all()


def test_the_same_year_twice_and_unknown_words_are_refused(store):
    with pytest.raises(BadNumbers):
        explain_change(store, year_from=2024, year_to=2024)
    with pytest.raises(UnknownName):
        explained(store, indicator="scores")


def test_the_release_of_governance_breaks_a_series(store):
    rows = indicator_series(
        store, materials=["rare_earths"], countries=["JPN"], methods=["import_instability"]
    )
    whole = rows[rows["stage"] == "all"].set_index("year")
    assert whole.loc[2000, "status"] == "ok"
    assert set(whole.index[whole["breaks"] != ""]) == {2023}
    assert whole.loc[2023, "breaks"].startswith("governance: older release")


def test_another_edition_of_production_breaks_a_series(store):
    rows = indicator_series(store, materials=["cobalt"], countries=["JPN"], methods=["hhi", "import_hhi"])
    broken = rows[rows["breaks"] != ""]
    assert broken[["method", "year"]].to_numpy().tolist() == [["hhi", 2024]]
    assert broken["breaks"].iloc[0] == "production: usgs-mcs-2025, then usgs-mcs-2026"


class TwoCodes:
    """A store in which one of the two codes of rare earths has trade in the first year only."""

    def query(self, _):
        return pd.DataFrame({"hs6": ["280530", "284690", "284690"], "year": [2010, 2010, 2011]})

    def select(self, *_, **__):
        return pd.DataFrame({"year": [2010, 2011], "edition": ["one", "one"]})


def test_a_code_that_ends_breaks_a_series(store):
    asked = {"materials": ["rare_earths"], "countries": ["JPN"], "years": [2010, 2011]}
    rows = screen(store, methods=["import_hhi"], **asked)
    assert (mark_breaks(store, rows)["breaks"] == "").all()
    broken = mark_breaks(TwoCodes(), rows).set_index(["stage", "year"])["breaks"]
    assert broken["all", 2011] == "trade: no 280530 any more"
    assert broken["compound", 2011] == ""
