"""The screen once more from the plain tables of the store, by code that shares nothing with it.

Equations and rules: docs/method/indicators, sections 1, 2, 3, 5 and 6.
"""

import json

import numpy as np
import pandas as pd
import pytest

from ytterby.catalog.countries import bloc_members
from ytterby.catalog.rows import read_rows
from ytterby.facts import open_store
from ytterby.indicators.screen import screen

YEARS = [2023, 2024]
SAMPLE = 150
UNION = list(bloc_members("EU27", 2024))
NEWEST = ["chain-facts-2026", "iea-supply-2024", "usgs-mcs-2025", "usgs-mcs-2026"]
CODES = pd.DataFrame(read_rows("material_codes"))
LUMPED = ["WLD", "OTH", "ROW"]


class Tables:
    """Plain tables of the starter data, and what the rules say of one cell."""

    def __init__(self, store):
        self.trade = store.query("SELECT * FROM trade WHERE year IN (2023, 2024)")
        made = store.query("SELECT * FROM production WHERE qualifier <> 'projection'")
        rank = made["source_id"].map(NEWEST.index)
        best = rank.groupby([made["material"], made["stage"], made["year"]]).transform("max")
        self.made = dict(list(made[rank == best].groupby(["material", "stage", "year"])))
        governance = store.query("SELECT * FROM governance WHERE indicator = 'PV' AND estimate IS NOT NULL")
        self.governance = governance.set_index(["country_iso3", "year"])[["estimate", "std_error"]]

    def codes(self, material, stage):
        baskets = ["core", "wide"] if stage == "all, wide" else ["core"]
        mine = CODES[(CODES["material"] == material) & CODES["basket"].isin(baskets)]
        return mine if stage in ("all", "all, wide") else mine[mine["stage"] == stage]

    def world(self, material, stage, year):
        """Named amounts (NaN withheld), their total with the rest, and the rest."""
        rows = self.made.get((material, stage, year))
        if rows is None:
            return None
        sums = rows.groupby("country_iso3")["quantity_t"].sum(min_count=1)
        named = sums.drop(LUMPED, errors="ignore")
        lumped = np.nansum([sums.get(code, np.nan) for code in ("OTH", "ROW")])
        printed = sums.get("WLD", np.nan)
        rest = lumped or (max(printed - named.sum(), 0.0) if printed > 0 else 0.0)
        return named, named.sum() + rest, rest

    def beside(self, row):
        """World production that fits the codes of a cell: mined for ores, else refined where there is any."""
        stages = set(self.codes(row.material, row.stage)["stage"])
        order = ("mine", "refined") if "ore" in stages else ("refined", "mine")
        return next(w for stage in order if (w := self.world(row.material, stage, row.year)) is not None)

    def flows(self, row, side, other):
        """Trade of one side of a cell; the Union without its inner trade."""
        codes, members = self.codes(row.material, row.stage)["hs6"], self.members(row)
        trade = self.trade[(self.trade["year"] == row.year) & self.trade["hs6"].isin(codes)]
        inner = trade[other].isin(UNION) if row.country_iso3 == "EU27" else False
        return trade[trade[side].isin(members) & ~inner]

    @staticmethod
    def members(row):
        return UNION if row.country_iso3 == "EU27" else [row.country_iso3]

    def own(self, row):
        """Production of the importer, and what it may have made unnamed."""
        named, _, rest = self.beside(row)
        members = self.members(row)
        hidden = 0.0 if set(members) <= set(named.index) else rest
        return sum(named.get(code, 0.0) for code in members), hidden


@pytest.fixture(scope="module")
def tables():
    with open_store() as store:
        yield Tables(store)


@pytest.fixture(scope="module")
def table():
    methods = "geopolrisk net_import_reliance dera usgs chokepoints import_share look_through"
    with open_store() as store:
        found = screen(store, methods=methods.split(), years=YEARS)
    texts = ["method", "indicator", "material", "stage", "country_iso3", "status", "source_id"]
    return found.astype(dict.fromkeys(texts, str))


def some(table, method, status="ok", count=SAMPLE):
    rows = table[(table["method"] == method) & (table["status"] == status)]
    assert len(rows)
    chosen = rows.sample(min(count, len(rows)), random_state=4)
    return list(pd.concat([chosen, rows[rows["country_iso3"] == "EU27"]]).itertuples())


def test_geopolrisk_with_its_bounds_and_price(tables, table):
    blind_share = []
    for row in some(table, "geopolrisk") + some(table, "geopolrisk", BLIND):
        flows = tables.flows(row, "importer", "exporter")
        mass = flows.groupby("exporter")["quantity_t"].sum(min_count=1).dropna()
        score = tables.governance.reindex([(code, row.year) for code in mass.index])
        risk, error = ((2.5 - score["estimate"]) / 5).clip(0, 1).to_numpy(), score["std_error"].to_numpy() / 5
        seen, amount = ~np.isnan(risk), mass.to_numpy()
        blind = amount[~seen].sum()
        assert (blind > 0.05 * amount.sum()) == (row.status == BLIND)
        blind_share.append(blind / amount.sum())
        if row.status == BLIND:
            continue
        named, total, rest = tables.beside(row)
        own, hidden = tables.own(row)
        hhi = np.square(named.dropna() / total).sum()
        exposed = (amount * risk)[seen].sum()
        spread = 1.645 * np.sqrt(np.square((amount * error)[seen]).sum())
        mean = exposed / amount[seen].sum()
        expected = (
            hhi * (exposed + mean * blind) / (own + amount.sum()),
            hhi * max(exposed - spread, 0.0) / (own + hidden + amount.sum()),
            (hhi + (rest / total) ** 2) * min(exposed + spread + blind, amount.sum()) / (own + amount.sum()),
        )
        assert (row.value, row.lower, row.upper) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        weighed = flows[flows["quantity_t"].notna()]
        price = weighed["value_kusd"].sum() / weighed["quantity_t"].sum()
        parts = json.loads(row.components)
        assert parts["price_usd_per_kg"] == pytest.approx(price, rel=1e-5)
        assert parts["characterisation_factor"] == pytest.approx(row.value * price / 0.409412948, rel=1e-4)
    assert any(0 < share < 0.05 for share in blind_share)


BLIND = "no governance for suppliers of more than 5 % of the imports"
HIDDEN = "own production may be among the other countries of the source"


def test_net_import_reliance_and_when_it_is_refused(tables, table):
    bismuth = table[table["material"] == "bismuth"]  # there the rest is close to 5 % of some supplies
    near = [
        *some(bismuth, "net_import_reliance", count=500),
        *some(bismuth, "net_import_reliance", HIDDEN, 500),
    ]
    for row in some(table, "net_import_reliance") + near:
        bought, sold = (
            tables.flows(row, side, other)["quantity_t"].sum()
            for side, other in (("importer", "exporter"), ("exporter", "importer"))
        )
        own, hidden = tables.own(row)
        assert (hidden > 0.05 * (bought + own)) == (row.status == HIDDEN)
        if row.status == "ok":
            net = bought - sold
            assert row.value == pytest.approx(net / (own + net), rel=1e-9)
            assert row.lower == pytest.approx(min(net / (own + net), net / (own + hidden + net)), rel=1e-9)


def test_country_risk_of_every_table_and_when_it_is_refused(tables, table):
    refused = "no governance or name for producers of more than 5 %"
    rows = some(table, "dera") + some(table, "dera", refused)
    for row in rows:
        named, total, _ = tables.world(row.material, row.stage, row.year)
        made = named[named > 0]
        score = tables.governance.reindex([(code, row.year) for code in made.index])
        seen = score["estimate"].notna().to_numpy()
        assert (made[seen].sum() < 0.95 * total) == (row.status == refused)
        if row.status == "ok":
            share = (made[seen] / made[seen].sum()).to_numpy()
            value = (share * score["estimate"][seen]).sum()
            spread = 1.645 * np.sqrt(np.square(share * score["std_error"][seen]).sum())
            assert (row.value, row.lower, row.upper) == pytest.approx(
                (value, value - spread, value + spread), abs=1e-9
            )


def test_price_after_the_largest_supplier_is_lost(tables, table):
    rows = [row for row in some(table, "usgs", count=500) if row.indicator.endswith("loss_price_ratio")]
    for row in rows:
        named, total, rest = tables.world(row.material, row.stage, row.year)
        loss = named.max() / total
        most = max(loss, rest / total)  # the rest might be one country
        ends = tuple((1 - share) ** (-1 / (0.2 + h)) for share, h in ((loss, 0.1), (loss, 0.3), (most, 0.1)))
        assert (row.value, row.lower, row.upper) == pytest.approx(ends, rel=1e-9)
    assert len(rows) > 50


@pytest.mark.parametrize("year", YEARS)
def test_dependents_of_a_choke_point_are_those_whose_largest_supplier_it_is(table, year):
    graphite = table[(table["material"] == "graphite") & (table["year"] == year) & (table["status"] == "ok")]
    nodes = graphite[graphite["method"] == "chokepoints"]
    largest = graphite[(graphite["method"] == "import_share") & (graphite["stage"] == "all")]
    suppliers = {row.country_iso3: json.loads(row.components)["supplier"] for row in largest.itertuples()}
    parts = {row.country_iso3: json.loads(row.components) for row in nodes.itertuples()}
    assert len(parts["CHN"]["largest_supplier_of"]) > 20
    for code, part in parts.items():
        told = set(part["largest_supplier_of"]) & set(suppliers)
        assert told == {buyer for buyer, supplier in suppliers.items() if supplier == code}


def test_origins_are_refused_where_a_production_is_withheld(tables, table):
    withheld = "production of a country is withheld or not available"
    rows = table[(table["method"] == "look_through") & table["status"].isin(["ok", withheld])]
    pairs = rows.drop_duplicates(["material", "stage", "year", "status"])
    assert set(pairs["status"]) == {"ok", withheld}
    for row in pairs.itertuples():
        order = ("mine",) if row.stage == "ore" else ("refined", "mine")
        made_at = next((s for s in order if any(k[:2] == (row.material, s) for k in tables.made)), None)
        world = tables.world(row.material, made_at, row.year) if made_at else None
        assert (row.status == withheld) == (world is not None and bool(world[0].isna().any()))
