"""Worked and published numbers of docs/method/indicators, section 3."""

import duckdb
import numpy as np
import pytest

from ytterby.indicators.criticality import geopolrisk, political_instability

PEER_DEFAULT = 0.5  # what the peer gives a supplier without governance
PEER_BLIND = ("TWN",)  # BACI's "Other Asia", which the peer cannot match


def test_worked_example_of_section_3():
    """Section 3: HHI .54; imports 600/300/100 t, g .588/.313/.5, production 500 t, price 12 USD/kg."""
    found = geopolrisk(
        [70, 20, 10], [600, 300, 100], [0.588, 0.313, 0.5], domestic_production_t=500, price_usd_per_kg=12
    )
    assert found.hhi == pytest.approx(0.54)
    assert found.import_risk == pytest.approx(0.33113, abs=5e-6)
    assert found.score == pytest.approx(0.17881, abs=5e-6)
    assert found.characterisation_factor == pytest.approx(5.241, abs=5e-4)


def test_instability_scale():
    """Section 3: g = (2.5 - PV)/5; China 2022 has PV -0.44107 and g .58821."""
    assert political_instability([-0.44107362627983093]) == pytest.approx([0.58821], abs=5e-6)
    assert political_instability([-3.3, 2.5]).tolist() == [1.0, 0.0]
    assert np.isnan(political_instability([np.nan]))


def _tables(shared):
    """World production of rare earths, Japan's imports of them, and governance, as stored."""
    connection = duckdb.connect()
    data = shared / "data"
    made = connection.read_parquet(str(data / "wmd" / "wmd_production_2018_2024.parquet"))
    bought = connection.read_parquet(str(data / "baci" / "baci_hs92_trade_1995_2024.parquet"))
    wgi = connection.read_parquet(str(data / "wgi" / "wgi_political_stability_1996_2024.parquet"))
    made.filter("reference_id = 'Rare earth'").create_view("made")
    bought.filter("importer_iso3 = 'JPN' AND hs6 IN ('284690', '284610', '280530')").create_view("bought")
    wgi.create_view("wgi")
    return connection


@pytest.mark.parametrize(("year", "score"), [(2018, 0.245939), (2022, 0.281488), (2024, 0.251857)])
def test_japan_rare_earths_equal_the_peer(shared, year, score):
    """Section 3, known for Japan from geopolrisk-py 2.0.1: 2018 .245939, 2022 .281488, 2024 .251857.

    Conventions of the peer: World Mining Data production, the three codes 284690, 284610 and 280530,
    a missing mass counts nothing, Taiwan ("Other Asia") gets the default governance 0.5. By the single
    function; all cells of the peer stand in ``test_geopolrisk_peer``.
    """
    ask = _tables(shared).execute
    made = ask("SELECT country_iso3, quantity_t FROM made WHERE year = ?", [year]).fetchall()
    bought = ask(
        """SELECT exporter_iso3, coalesce(sum(quantity_t), 0), geopolrisk_normalized
           FROM bought b LEFT JOIN wgi g ON g.iso3 = exporter_iso3 AND g.year = b.year
           WHERE b.year = ? GROUP BY ALL""",
        [year],
    ).fetchall()
    risk = [PEER_DEFAULT if code in PEER_BLIND or g is None else g for code, _, g in bought]
    own = sum(mass for code, mass in made if code == "JPN")
    found = geopolrisk(
        [mass for _, mass in made], [mass for _, mass, _ in bought], risk, domestic_production_t=own
    )
    assert found.score == pytest.approx(score, abs=1e-6)
