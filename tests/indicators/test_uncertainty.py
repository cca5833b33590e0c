"""Bands of a score and stability of ranks (method/indicators, section 10)."""

import numpy as np
import pandas as pd
import pytest

from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.facts import open_store
from ytterby.indicators import uncertainty
from ytterby.indicators.screen import screen
from ytterby.indicators.uncertainty import DOUBTS, rank_stability, score_band

ASKED = {"country": "JPN", "year": 2024}


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


@pytest.fixture(scope="module")
def screened(store):
    rows = screen(store, methods=["geopolrisk"], countries=["JPN"], years=[2024])
    return rows[(rows["stage"] == "all") & (rows["status"] == "ok")].set_index("material")


@pytest.fixture(scope="module")
def ranks(store):
    return rank_stability(store, **ASKED, draws=400)


def test_nothing_drawn_is_the_screens_score(store, screened):
    still = rank_stability(store, **ASKED, draws=10, doubts=()).set_index("material")
    assert set(still.index) == set(screened.index)
    for column in ("value", "lower", "upper"):
        assert still[column].to_dict() == pytest.approx(screened["value"].to_dict(), rel=1e-12)
    assert (still["rank_lower"] == still["rank"]).all()
    assert (still["rank_upper"] == still["rank"]).all()
    assert still["rank"].tolist() == list(range(1, len(still) + 1))


def test_drawn_governance_agrees_with_its_variance(store, screened):
    # two routes to one interval: random draws, and the screen's sum of variances (no rest in graphite)
    row = screened.loc["graphite"]
    band = score_band(store, **ASKED, material="graphite", draws=20_000).set_index("doubt")
    assert band.loc["governance", ["lower", "upper"]].tolist() == pytest.approx(
        row[["lower", "upper"]].tolist(), rel=0.005
    )


def test_every_doubt_has_a_row_and_holds_the_value(store):
    band = score_band(store, **ASKED, material="rare_earths", draws=500)
    assert band["doubt"].tolist() == [*DOUBTS, "all together"]
    assert (band["lower"] <= band["value"]).all()
    assert (band["upper"] >= band["value"]).all()
    assert (band["width"] > 0).all()
    assert (band["note"] != "").all()


def test_same_seed_same_numbers_another_seed_others(store):
    first, again, other = (
        score_band(store, **ASKED, material="graphite", draws=200, seed=seed) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first["lower"].equals(other["lower"])


def test_a_band_does_not_depend_on_what_else_is_asked(store, ranks):
    pair = rank_stability(store, **ASKED, materials=["graphite", "niobium"], draws=400).set_index("material")
    among_all = ranks.set_index("material").loc[["graphite", "niobium"]]
    for column in ("value", "lower", "upper"):
        assert pair.loc[["graphite", "niobium"], column].tolist() == among_all[column].tolist()


def test_ranks_are_a_permutation_in_every_draw(ranks):
    # ten places of the top are given away in every draw
    assert ranks["top_share"].sum() == pytest.approx(10.0)
    assert sorted(ranks["rank"]) == list(range(1, len(ranks) + 1))
    assert (ranks["rank_lower"] <= ranks["rank_upper"]).all()


def test_more_doubts_do_not_come_from_fewer_draws(store):
    narrow = rank_stability(store, **ASKED, draws=400, doubts=["rounding"]).set_index("material")
    wide = rank_stability(store, **ASKED, draws=400).set_index("material")
    spread = {name: (table["upper"] - table["lower"]).sum() for name, table in (("n", narrow), ("w", wide))}
    assert spread["n"] < 0.5 * spread["w"]


def test_too_few_revisions_move_nothing(store, monkeypatch):
    monkeypatch.setattr(uncertainty, "MIN_REVISIONS", 10_000)
    band = score_band(store, **ASKED, material="rare_earths", draws=50).set_index("doubt")
    assert band.loc["estimates", "width"] == 0.0
    assert "too few" in band.loc["estimates", "note"]


def test_revisions_are_those_between_editions(store):
    revisions = uncertainty._revisions(store)
    # Australia's rare earths 2024: 13,000 t in the edition of 2025, 29,000 t in the one of 2026
    assert np.isclose(revisions.small, np.log(29_000 / 13_000)).any()
    assert revisions.enough


def test_what_cannot_be_asked_is_refused(store):
    with pytest.raises(NoData, match="no trade code"):
        score_band(store, **ASKED, material="gallium")
    with pytest.raises(BadNumbers):
        score_band(store, **ASKED, material="graphite", draws=5)
    with pytest.raises(UnknownName):
        rank_stability(store, **ASKED, doubts=["weather"])
    with pytest.raises(NoData):
        rank_stability(store, **ASKED, materials=["cobalt"])
