"""Questions that people ask (docs/method/facts, section 5), in Python and on the command line."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.catalog.materials import load_materials
from ytterby.catalog.rows import read_rows
from ytterby.cli import app
from ytterby.errors import BadNumbers, BasisMismatch, NoData, UnknownName
from ytterby.facts import load_trade, open_store
from ytterby.facts.queries import SERIES, SERIES_COLUMNS, load_series, production_shares, unit_values
from ytterby.indicators.dependence import import_share
from ytterby.indicators.screen import screen
from ytterby.indicators.shares import trade_shares


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def test_production_shares_of_rare_earth_mines(store):
    """Mineral Commodity Summaries 2026: China 270,000 t of 390,000 t (rounded; rows: 389,310)."""
    shares = production_shares(store, material="Seltene Erden", stage="mine", year=2025).set_index(
        "country_iso3"
    )
    assert shares.loc["CHN", "quantity_t"] == 270000
    assert shares.loc["CHN", "share"] == pytest.approx(270000 / 389310, abs=1e-4)
    assert shares["share"].sum() == pytest.approx(1)
    assert set(shares["edition"]) == {"2026"}
    assert set(shares["basis"]) == {"oxide content"}


def test_a_printed_total_above_the_rows_leaves_a_rest(store):
    shares = production_shares(store, material="cobalt", stage="mine", year=2024, edition="2025")
    assert shares["share"].sum() == pytest.approx(1)
    assert {"OTH", "COD"} <= set(shares["country_iso3"])


def test_shares_agree_with_the_screen(store):
    """Two routes to one number: the sum of squared shares of named countries is the screen's HHI."""
    cells = screen(store, methods=["hhi"], materials=["rare_earths", "gallium", "cobalt"], years=[2025])
    checked = 0
    for cell in cells[cells["status"] == "ok"].itertuples():
        shares = production_shares(store, material=cell.material, stage=cell.stage, year=2025)
        named = shares[~shares["country_iso3"].isin(["OTH", "ROW"])]
        assert (named["share"] ** 2).sum() == pytest.approx(cell.value, rel=1e-9)
        checked += 1
    assert checked >= 3


def test_what_cannot_be_added_up_is_refused(store):
    with pytest.raises(BasisMismatch, match="mixed"):
        production_shares(store, material="boron", stage="mine", year=2024)
    with pytest.raises(BasisMismatch, match="edition"):
        production_shares(store, material="rare_earths", year=2024, edition="all")
    with pytest.raises(BasisMismatch, match="stage mine, refined"):
        production_shares(store, material="copper", year=2025)
    with pytest.raises(NoData, match="mine 2025"):
        production_shares(store, material="rare_earths", stage="mine", year=1999)


def test_direct_import_shares_are_those_of_the_equation(store):
    shares = trade_shares(store, "import", country="Japan", material="rare_earths", year=2023)
    trade = load_trade(store, hs6=("280530", "284690"), importer="JPN", years=[2023])
    china = shares.set_index("partner_iso3").loc["CHN"]
    assert china["share"] == pytest.approx(import_share(trade, "JPN", "CHN", 2023))
    assert shares["share"].sum() == pytest.approx(1)
    assert china["hs6"] == "280530+284690"
    assert china["basis"] == "gross weight"


def test_an_export_share_times_its_total_is_the_same_flow_as_the_import_share(store):
    exports = trade_shares(store, "export", country="CHN", material="rare_earths", year=2023)
    imports = trade_shares(store, "import", country="JPN", material="rare_earths", year=2023)
    sold = exports.set_index("partner_iso3").loc["JPN", "amount"]
    assert sold == pytest.approx(imports.set_index("partner_iso3").loc["CHN", "amount"])


def test_look_through_shows_ore_behind_transit_and_names_its_assumption(store):
    shares = trade_shares(
        store, "import", country="JPN", material="rare_earths", year=2024, origin="look-through"
    ).set_index("partner_iso3")
    assert shares["share"].sum() == pytest.approx(1)
    # Malaysia refines Australian concentrate: nothing comes from Australia directly.
    assert shares.loc["AUS", "share"] > 0.1 > shares.loc["AUS", "direct_share"]
    assert shares["note"].str.contains("an assumption").all()
    assert shares["amount"].isna().all()


def test_look_through_that_would_hide_a_producer_is_refused(store):
    with pytest.raises(BadNumbers, match="CHN"):
        trade_shares(store, "import", country="JPN", material="REE", year=2018, origin="look-through")
    with pytest.raises(BadNumbers, match="imports"):
        trade_shares(store, "export", country="JPN", material="REE", year=2024, origin="look-through")
    early = trade_shares(store, "import", country="JPN", material="REE", year=2010, origin="look-through")
    assert early.iloc[0]["partner_iso3"] == "CHN"  # a net seller then, so that nothing is hidden


def test_unit_values_by_hand(store):
    table = unit_values(store, material="rare_earths", importer="JPN", years=[2010])
    rows = load_trade(store, hs6=("280530", "284690"), importer="JPN", years=[2010])
    known = rows[rows["quantity_t"].notna()]
    assert len(known) < len(rows)  # one flow has a value and no mass: it must not lower the price
    expected = known["value_kusd"].sum() / known["quantity_t"].sum()
    assert table["unit_value_usd_per_kg"].item() == pytest.approx(expected)
    assert 0.999 < table["covered_share"].item() < 1


def test_series_keep_both_editions_and_the_documented_columns(store):
    made = load_series(store, "production", material="rare_earths", country="AUS", stage="mine")
    of_2024 = made[made["year"] == 2024].set_index("edition")["value"]
    assert dict(of_2024) == {"2025": 13000, "2026": 29000}
    for kind in SERIES:
        table = load_series(store, kind, material="neodymium" if kind == "price" else "rare_earths")
        assert list(table.columns) == list(SERIES_COLUMNS)
        assert (table[["source_id", "edition", "unit", "basis"]] != "").all(axis=None)
    with pytest.raises(UnknownName, match="series"):
        load_series(store, "stocks", material="rare_earths")
    with pytest.raises(NoData, match="no country"):
        load_series(store, "price", material="neodymium", country="CHN")


def test_trade_series_add_up_to_the_table(store):
    table = load_series(store, "import", material="rare_earths", country="JPN")
    money = table[(table["unit"] == "USD") & (table["year"] == 2024)]["value"].item()
    trade = load_trade(store, hs6=("280530", "284690"), importer="JPN", years=[2024])
    assert money == pytest.approx(1000 * trade["value_kusd"].sum())


def test_a_provisional_year_says_so_in_every_answer(store):
    """Caution baci-2024 of the corrections: the year and no other carries the note."""
    asked = {"material": "rare_earths", "country": "JPN"}
    series = {kind: load_series(store, kind, **asked) for kind in ("import", "export", "unit-value")}
    for table in (*series.values(), unit_values(store, material="rare_earths", importer="JPN")):
        noted = table["note"].str.contains("2024 looks provisional")
        assert set(table.loc[noted, "year"]) == {2024}
        assert noted[table["year"] == 2024].all()
    for year in (2023, 2024):
        shares = trade_shares(store, "import", year=year, **asked)
        assert set(shares["note"]) == {"2024 looks provisional" if year == 2024 else ""}


def test_materials_without_a_code_of_their_own_say_so(store):
    with pytest.raises(NoData, match="no customs code"):
        unit_values(store, material="gallium")
    assert "gallium" in load_materials()


def run(*words):
    return CliRunner().invoke(app, ["facts", *words])


def test_the_command_line_gives_the_same_numbers(store, tmp_path):
    out = tmp_path / "shares.csv"
    asked = ("--material", "rare_earths", "--year", "2024", "--country", "JPN", "--by", "mass")
    assert run("shares", "import", *asked, "--out", str(out)).exit_code == 0
    printed = pd.read_csv(out, keep_default_na=False).set_index("partner_iso3")
    assert float(printed.loc["CHN", "share"]) == pytest.approx(0.688, abs=5e-4)

    out = tmp_path / "production.json"
    asked = ("--material", "rare_earths", "--stage", "mine", "--year", "2025", "--out", str(out))
    assert run("shares", "production", *asked).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8"))[0]["country_iso3"] == "CHN"

    shown = run("series", "price", "--material", "Dy")
    assert shown.exit_code == 0
    assert "unit: USD/kg" in shown.output

    corrected = run("corrections")
    assert corrected.exit_code == 0
    assert all(row["correction_id"] in corrected.output for row in read_rows("corrections"))

    relied = run("reliance", "--country", "USA", "--material", "vanadium", "--year", "2024")
    assert "0.46" in relied.output

    checked = run("check", "--tolerance", "0.1", "--material", "rare earths", "--limit", "3")
    assert checked.exit_code == 0
    assert "mirror flows: not checked" in checked.output

    assert "653456" in run("query", "SELECT count(*) AS n FROM trade").output


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("columns", "production"),
        ("check", "--limit", "40"),
        ("corrections",),
        ("show", "trade", "--where", "importer=JPN", "--where", "year=2024", "--where", "hs6=280530"),
        ("reliance", "--country", "USA", "--material", "rare earths", "--year", "2023"),
        ("shares", "import", "--country", "JPN", "--material", "rare earths", "--year", "2024"),
    ],
    ids=lambda words: words[0],
)
def test_tables_fit_the_terminal_and_break_no_header(words, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    done = run(*words)
    assert done.exit_code == 0
    lines = [line for line in done.output.splitlines() if line and line[0] in "┏┃┡│└"]
    assert lines
    assert {len(line) for line in lines} <= set(range(width + 1))
    assert len({len(line) for line in lines}) == 1  # nothing was cut off at the right


@pytest.mark.parametrize(
    "words",
    [
        ("query", "DROP VIEW trade"),
        ("query", "SELECT * FROM read_csv('/etc/passwd')"),
        ("shares", "import", "--material", "rare_earths", "--year", "2024"),
        ("shares", "production", "--material", "rare_earths", "--year", "2025", "--country", "JPN"),
        (
            "shares",
            "import",
            "--material",
            "rare_earths",
            "--year",
            "2024",
            "--country",
            "JPN",
            "--by",
            "size",
        ),
        ("check", "--tolerance", "7"),
        ("series", "price", "--material", "unobtainium"),
    ],
)
def test_the_command_line_refuses_with_a_remedy(words):
    refused = run(*words)
    assert refused.exit_code != 0
    assert refused.exception.remedy
