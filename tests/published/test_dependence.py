"""Numbers of docs/method/indicators, section 2: Japan's imports of rare earths from China (BACI HS92)."""

import pytest

from ytterby.catalog.materials import oxide_factor, trade_codes
from ytterby.facts import load_trade, open_store
from ytterby.indicators.dependence import import_share, import_shares, net_import_reliance

NARROW = ("280530", "284690")
WIDE = (*NARROW, "284610")


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


@pytest.mark.parametrize(
    ("codes", "by", "year", "percent"),
    [
        (NARROW, "mass", 2010, 86.0),
        (NARROW, "mass", 2023, 60.1),
        (NARROW, "mass", 2024, 68.8),
        (WIDE, "mass", 2010, 78.5),
        (WIDE, "mass", 2023, 49.7),
        (WIDE, "mass", 2024, 66.1),
    ],
)
def test_share_of_china_by_mass(store, codes, by, year, percent):
    """Section 2: 86.0, 60.1, 68.8 %; with cerium compounds 78.5, 49.7, 66.1 %."""
    trade = load_trade(store, hs6=codes, importer="JPN", years=[year])
    assert 100 * import_share(trade, "JPN", "CHN", year, by) == pytest.approx(percent, abs=0.05)


@pytest.mark.parametrize(("year", "percent"), [(2010, 77), (2023, 53), (2024, 40)])
def test_share_of_china_by_value(store, year, percent):
    """Section 2: by value without cerium 77, 53, 40 %."""
    trade = load_trade(store, hs6=NARROW, importer="JPN", years=[year])
    assert 100 * import_share(trade, "JPN", "CHN", year, "value") == pytest.approx(percent, abs=0.5)


def test_catalog_names_the_same_definitions():
    assert set(trade_codes("rare_earths")) == set(NARROW)
    assert set(trade_codes("rare_earths", basket="wide")) == set(WIDE)


def test_mass_is_known_for_nearly_all_of_it(store):
    trade = load_trade(store, hs6=NARROW, importer="JPN", years=[2010])
    covered = import_shares(trade)["covered_share"].unique()
    assert len(covered) == 1
    assert 0.999 < covered[0] < 1.0  # one flow of 2010 has a value and no mass


def test_starter_trade_equals_the_source(store, shared):
    """Mass, value and number of rows per code are those of the stored BACI extract."""
    import duckdb

    path = shared / "data" / "baci" / "baci_hs92_trade_1995_2024.parquet"
    question = (
        "SELECT hs6, count(*), count(quantity_t), sum(quantity_t), sum(value_kusd) "
        "FROM {} WHERE hs6 IN ({}) GROUP BY hs6 ORDER BY hs6"
    )
    codes = "'280530', '284690', '284610', '282200', '261710', '261100'"
    there = duckdb.connect().execute(question.format(f"'{path}'", codes)).fetchall()
    here = store.query(question.format("trade", codes)).itertuples(index=False, name=None)
    for mine, theirs in zip(here, there, strict=True):
        assert mine[:3] == theirs[:3]
        assert mine[3:] == pytest.approx(theirs[3:], rel=1e-12)


def test_oxide_factors_of_section_2():
    """Section 2: Nd2O3/2Nd 1.166, Dy2O3/2Dy 1.148, Pr6O11/6Pr 1.208, Tb4O7/4Tb 1.176."""
    factors = [oxide_factor(m) for m in ("neodymium", "dysprosium", "praseodymium", "terbium")]
    assert factors == pytest.approx([1.166, 1.148, 1.208, 1.176], abs=5e-4)


def test_net_import_reliance_by_hand():
    """Section 2: (80 - 20 + 10)/(30 + 80 - 20 + 10) = .7; a net exporter is negative."""
    assert net_import_reliance(80, 20, 30, 10) == pytest.approx(0.7)
    assert net_import_reliance(0, 50, 100) == pytest.approx(-1.0)
