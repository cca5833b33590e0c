"""The views for SQL give the numbers of the Python functions (docs/method/facts, section 5)."""

import numpy as np
import pytest

from ytterby.catalog.rows import read_rows
from ytterby.errors import BasisMismatch, NoData, YtterbyError
from ytterby.facts import credit, open_store
from ytterby.facts.imports import import_table
from ytterby.facts.queries import production_shares, unit_values
from ytterby.indicators.shares import trade_shares

TABLES = {row["view"]: row["tables"] for row in read_rows("facts_views")}
VIEWS = list(TABLES)


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def same(left, right, keys, columns):
    """Two answers hold the same rows and, within rounding of floats, the same numbers."""
    one, two = (frame.set_index(keys).sort_index()[columns].astype(float) for frame in (left, right))
    assert one.index.tolist() == two.index.tolist()
    np.testing.assert_allclose(one.to_numpy(), two.to_numpy(), rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("view", VIEWS)
def test_columns_are_those_that_are_documented(store, view):
    rows = store.query(f"FROM {view} LIMIT 1")
    assert rows.columns.tolist() == store.columns(view)["column"].tolist()
    assert store.edition(view) == store.edition(TABLES[view])
    assert store.show(view, limit=1).columns.tolist() == rows.columns.tolist()


def test_production_shares_of_every_table(store):
    """Each material, stage, year and edition: the view has it exactly where Python answers."""
    view = store.query("FROM v_production_shares")
    keys = ["material", "stage", "year", "source_id", "edition"]
    rows = store.query("SELECT * FROM production WHERE qualifier <> 'projection'")
    tables = rows[keys].drop_duplicates()
    groups = dict(list(view.groupby(keys)))
    answered = 0
    for key in tables.itertuples(index=False, name=None):
        material, stage, year, source_id, edition = key
        try:
            table = production_shares(store, material=material, stage=stage, year=year, edition=edition)
        except (BasisMismatch, NoData):
            assert key not in groups
            continue
        assert set(table["source_id"]) == {source_id}
        same(table, groups[key], "country_iso3", ["share", "quantity_t"])
        assert set(table["basis"]) == set(groups[key]["basis"])
        answered += 1
    assert answered == len(groups) > 100


@pytest.mark.parametrize(
    ("country", "material", "year"),
    [
        ("JPN", "rare_earths", 2024),
        ("USA", "cobalt", 2010),
        ("DEU", "lithium", 1999),
        ("LUX", "graphite", 2000),
    ],
)
def test_shares_of_imports_and_exports(store, country, material, year):
    sides = {"import": ("importer", "exporter"), "export": ("exporter", "importer")}
    for side, (own, partner) in sides.items():
        view = store.show(f"v_{side}_shares", limit=None, material=material, year=year, **{own: country})
        for by, amount in (("mass", "quantity_t"), ("value", "value_kusd")):
            try:
                table = trade_shares(store, side, country=country, material=material, year=year, by=by)
            except YtterbyError:
                assert view.empty
                continue
            shown = view.rename(columns={f"share_{by}": "share", amount: "amount", partner: "partner_iso3"})
            if by == "mass":
                same(table, shown, "partner_iso3", ["share", "amount", "covered_share"])
            else:
                same(table, shown, "partner_iso3", ["share", "amount"])


@pytest.mark.parametrize("material", ["rare_earths", "cobalt", "germanium"])
@pytest.mark.parametrize("importer", [None, "JPN"])
def test_unit_values(store, material, importer):
    table = unit_values(store, material=material, importer=importer)
    view = store.show("v_unit_values", limit=None, material=material, importer=importer or "WLD")
    same(table, view, "year", ["unit_value_usd_per_kg", "value_kusd", "quantity_t", "covered_share"])


def test_an_answer_from_two_editions_names_and_credits_both(tmp_path):
    """A newer edition of one code answers beside the shipped one of the other code."""
    name = "BACI_HS92_Y2022_V209901.csv"
    (tmp_path / name).write_text("t,i,j,k,v,q\n2022,156,392,284690,8,2\n", encoding="utf-8")
    import_table("baci", tmp_path / name, edition="209901", store=tmp_path / "store")
    with open_store(tmp_path / "store") as mixed:
        asked = {"country": "JPN", "material": "rare_earths", "year": 2022}
        table = trade_shares(mixed, "import", **asked)
        (edition,) = set(table["edition"])
        assert edition.endswith("209901")
        assert edition.startswith("HS92, flows to 2024")
        assert len(credit(mixed, table)) == 2
        view = mixed.show("v_unit_values", limit=None, importer="JPN", year=2022, material="rare_earths")
        assert len(view) == 2  # every edition by itself
        newer = view.set_index("edition").loc["209901"]
        assert (newer["unit_value_usd_per_kg"], newer["quantity_t"]) == (4.0, 2.0)


def test_a_known_share_in_sql(store):
    """Method, section 2: 68.8 % of Japan's imports in 2024, by mass."""
    found = store.query(
        "SELECT share_mass FROM v_import_shares WHERE material = 'rare_earths' AND importer = 'JPN' "
        "AND exporter = 'CHN' AND year = 2024"
    )
    assert found["share_mass"].item() == pytest.approx(0.688, abs=5e-4)
