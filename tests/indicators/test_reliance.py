"""Net import reliance as a question: printed and computed, both named, bases never mixed."""

import math

import pytest

from ytterby.catalog.materials import trade_codes
from ytterby.errors import UnknownName
from ytterby.facts import load_production, load_trade, open_store
from ytterby.facts.imports import import_table
from ytterby.indicators.dependence import net_import_reliance
from ytterby.indicators.reliance import COLUMNS, net_reliance
from ytterby.indicators.screen import screen


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def ask(store, country, material, year):
    table = net_reliance(store, country=country, material=material, year=year)
    assert tuple(table.columns) == COLUMNS
    assert (table[["route", "status", "source_id", "edition"]] != "").all(axis=None)
    return table


@pytest.mark.parametrize(
    ("material", "year", "printed"),
    [("vanadium", 2024, 0.46), ("potash", 2021, 0.93), ("rhenium", 2025, 0.75), ("titanium", 2023, 0.86)],
)
def test_printed_numbers_of_the_united_states(store, material, year, printed):
    """Mineral Commodity Summaries 2026, salient statistics."""
    rows = ask(store, "United States", material, year)
    found = rows[rows["route"] == "printed"].set_index("source_id")
    assert found.loc[["usgs-mcs-2026"], "reliance"].tolist() == pytest.approx([printed])


def test_bounds_and_net_exporters_are_no_numbers(store):
    """Rare earths 2023: compounds over 90 %, concentrates a net exporter."""
    rows = ask(store, "USA", "Seltene Erden", 2023)
    printed = rows[rows["route"] == "printed"].set_index("stage")
    assert printed["reliance"].isna().all()
    compounds = printed.loc["Rare Earths: Compounds and metals"]
    assert (compounds["lower"], compounds["upper"]) == (0.9, 1.0)
    concentrates = printed.loc["Rare Earths: Mineral concentrates"]
    assert (concentrates["status"], concentrates["upper"]) == ("printed as net exporter", 0.0)


@pytest.mark.parametrize(
    ("country", "material"), [("JPN", "graphite"), ("AUS", "bauxite"), ("CHN", "zirconium")]
)
def test_computed_numbers_are_the_equation_on_the_tables_and_the_screen(store, country, material):
    """Three routes to one number: by hand from the loaders, this question, and the screen's cell."""
    rows = ask(store, country, material, 2023)
    assert set(rows["route"]) == {"computed"}  # nobody prints it for these countries
    cell = rows[rows["status"] == "ok"].set_index("stage").loc["all"]
    flows = load_trade(store, hs6=trade_codes(material), years=[2023])
    bought, sold = (
        flows.loc[flows[side] == country, "quantity_t"].sum() for side in ("importer", "exporter")
    )
    table = load_production(store, material=material, stage="mine", year=2023)
    made = table.loc[table["country_iso3"] == country, "quantity_t"].sum()
    assert cell["reliance"] == pytest.approx(float(net_import_reliance(bought, sold, made)), rel=1e-9)
    assert cell["basis"] == table["basis"].iloc[0] == "gross weight"
    assert cell["edition"].endswith("2025")
    screened = screen(
        store, methods=["net_import_reliance"], materials=[material], countries=[country], years=[2023]
    )
    assert cell["reliance"] == screened.set_index("stage").loc["all", "value"]


def test_bases_are_not_mixed(store):
    """Rare-earth mines count oxide and customs count products: no number, and the row says why."""
    rows = ask(store, "JPN", "rare_earths", 2024)
    assert rows["reliance"].isna().all()
    assert set(rows["status"]) == {"production and trade are of different goods or stages"}
    assert set(rows["note"]) == {"2024 looks provisional"}


def test_every_printed_number_is_within_its_own_bounds(store):
    rows = ask(store, "USA", "silicon", 2024)
    for row in rows[rows["reliance"].notna()].itertuples():
        assert row.lower <= row.reliance <= row.upper
    assert all(math.isnan(row.imports_t) for row in rows[rows["route"] == "printed"].itertuples())


def test_unknown_names_are_refused(store):
    with pytest.raises(UnknownName, match="vanadium"):
        net_reliance(store, country="USA", material="vanadum", year=2024)


def test_an_imported_edition_of_trade_is_named(tmp_path):
    name = "BACI_HS92_Y2023_V209901.csv"
    (tmp_path / name).write_text("t,i,j,k,v,q\n2023,156,392,250410,8,2\n", encoding="utf-8")
    import_table("baci", tmp_path / name, edition="209901", store=tmp_path / "store")
    with open_store(tmp_path / "store") as mixed:
        (edition,) = set(ask(mixed, "JPN", "graphite", 2023)["edition"])
    assert "209901" in edition
    assert "flows to 2024" in edition  # the other codes of graphite are still of the shipped edition
