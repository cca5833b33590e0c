"""The methods concentration, eu and usgs over a store: each number equals the single functions' own."""

import json

import numpy as np
import pandas as pd
import pytest

from ytterby.catalog.countries import bloc_members
from ytterby.catalog.materials import load_materials
from ytterby.errors import NoData, UnknownName
from ytterby.facts import load_governance, load_production, open_store
from ytterby.facts.imports import import_table
from ytterby.indicators.criticality import (
    disruption,
    eu_concentration,
    eu_economic_importance,
    eu_governance,
    eu_supply_risk,
)
from ytterby.indicators.inputs import Inputs
from ytterby.indicators.losses import supplier_losses
from ytterby.indicators.screen import screen
from ytterby.indicators.sourcing import stage_codes
from ytterby.indicators.supply import gather_production

LABELS = ["parameter", "material", "stage", "region", "country_iso3", "sector", "scenario"]
COLUMNS = [*LABELS, "year", "value", "unit"]
CARD = """
table = "{table}"
[source]
source_id = "{source}"
title = "Made up for a test"
producer = "Nobody"
licence = "none"
may_redistribute = false
[columns]
{columns}
"""


def put(folder, table, source, rows, columns):
    """Import rows of a table into the store of a folder."""
    frame = pd.DataFrame(rows, columns=columns)
    frame.to_csv(folder / f"{source}.csv", index=False)
    named = "\n".join(f'{name} = "{name}"' for name in columns)
    text = CARD.format(table=table, source=source, columns=named)
    (folder / f"{source}.toml").write_text(text, encoding="utf-8")
    done = import_table("tidy", folder / f"{source}.csv", edition="1", store=folder / "store",
                        mapping=folder / f"{source}.toml")  # fmt: skip
    assert not done.quarantined, done.faults


def rows(*lines):
    """One row a line: ``parameter label=value ... year value unit``."""
    found = []
    for line in lines:
        name, *labels, year, value, unit = line.split()
        given = dict(label.split("=") for label in labels)
        found.append([name, *(given.get(label, "") for label in LABELS[1:]), int(year), float(value), unit])
    return found


def screened(folder, *lines, method="eu", material="antimony", years=(2024,), source="study"):
    put(folder, "criticality_inputs", source, rows(*lines), COLUMNS)
    with open_store(folder / "store") as store:
        found = screen(store, methods=[method], materials=[material], years=list(years))
    return found.set_index(["indicator", "stage", "country_iso3", "year"]).sort_index()


NO_MEASURES = "trade_parameter 2022 1 index"
REDUCTIONS = (
    "eol_rir material=antimony 2022 0.28 share",
    "substitution_supply material=antimony 2020 0.93 index",
)


@pytest.fixture(scope="module")
def starter():
    with open_store() as store:
        found = screen(
            store, methods=["hhi", "dera", "concentration", "eu", "usgs"], years=[2023, 2024, 2025]
        )
        yield store, found


# --- concentration ----------------------------------------------------------------------------------


def test_concentration_equals_the_method_hhi_in_every_cell(starter):
    _, found = starter
    keys = ["material", "stage", "year"]
    one = found[found["method"] == "hhi"].set_index(keys)[["value", "lower", "upper", "status"]]
    other = found[(found["method"] == "concentration") & (found["indicator"] == "hhi")].set_index(keys)
    joined = one.join(other[["value", "lower", "upper", "status"]].add_suffix("_other"))
    assert len(joined) == len(one) > 200
    assert (joined["status"].astype(str) == joined["status_other"].astype(str)).all()
    for column in ("value", "lower", "upper"):
        assert np.allclose(joined[column], joined[f"{column}_other"], equal_nan=True, rtol=1e-12)


def test_bands_of_dera_and_of_concentration_agree(starter):
    _, found = starter
    fine = found[found["status"] == "ok"].set_index(["material", "stage", "year"])
    dera = fine[fine["method"] == "dera"]["components"].map(json.loads).map(lambda part: part["hhi_band"])
    hhi = fine[(fine["method"] == "concentration") & (fine["indicator"] == "hhi")]
    band = hhi["components"].map(json.loads).map(lambda part: part["band"])
    assert len(dera) > 60
    assert (dera == band.reindex(dera.index)).all()
    assert set(band) == {"low", "moderate", "high"}


def test_every_stage_with_production_has_every_measure(starter):
    store, found = starter
    held = load_production(store, edition="all")
    held = held[(held["qualifier"] != "projection") & held["year"].isin([2023, 2024, 2025])]
    expected = set(map(tuple, held[["material", "stage"]].drop_duplicates().to_numpy()))
    rows = found[found["method"] == "concentration"]
    assert expected <= set(map(tuple, rows[["material", "stage"]].drop_duplicates().to_numpy()))
    assert "magnet" in set(rows["stage"])
    assert rows.groupby(["material", "stage", "year"], observed=True)["indicator"].nunique().eq(8).all()


# --- EU ---------------------------------------------------------------------------------------------


def test_without_inputs_every_row_names_what_is_missing(starter):
    _, found = starter
    rows = found[(found["method"] == "eu") & (found["material"] == "antimony") & (found["year"] == 2024)]
    status = rows.set_index(["indicator", "stage"])["status"].astype(str)
    for name in ("trade_parameter", "eol_rir", "substitution_supply"):
        assert name in status["supply_risk", "mine"]
        assert name in status["supply_risk", "all"]
    assert status["economic_importance", "all"] == "missing: use_share, value_added"
    assert status["critical", "all"] == "missing: supply_risk, economic_importance"
    assert status["hhi_wgi_global", "mine"] == "ok"
    assert status["import_reliance", "mine"] == "ok"


def test_supply_risk_equals_the_pure_functions_on_the_store(tmp_path):
    found = screened(tmp_path, NO_MEASURES, "trade_parameter country_iso3=CHN 2024 1.3 index", *REDUCTIONS)
    with open_store() as store:
        made = load_production(store, material="antimony", stage="mine", year=2024)
        governance = load_governance(store, years=[2024]).set_index("country_iso3")["estimate"]
        codes = stage_codes("antimony", "mine")[0].codes
        trade = store.select("trade", hs6=codes, year=2024)
    amounts = made[~made["country_iso3"].isin(["WLD"]) & (made["quantity_t"] > 0)]
    amounts = amounts.set_index("country_iso3")["quantity_t"]
    t = np.where(amounts.index == "CHN", 1.3, 1.0)
    total = amounts.sum()
    total += max(0.0, made.loc[made["country_iso3"] == "WLD", "quantity_t"].iloc[0] - total)
    world = eu_concentration(amounts / total, eu_governance(governance[amounts.index]), t)
    assert found.loc[("hhi_wgi_t_global", "mine", "WLD", 2024), "value"] == pytest.approx(world)

    inside = {side: trade[side].isin(bloc_members("EU27")) for side in ("exporter", "importer")}
    bought = trade[inside["importer"] & ~inside["exporter"]].groupby("exporter")["quantity_t"].sum()
    sold = trade.loc[inside["exporter"] & ~inside["importer"], "quantity_t"].sum()
    bought = bought[bought > 0]
    shares = bought / bought.sum()
    t = np.where(shares.index == "CHN", 1.3, 1.0)
    union = eu_concentration(shares, eu_governance(governance[shares.index]), t)
    assert found.loc[("hhi_wgi_t_eu", "mine", "EU27", 2024), "value"] == pytest.approx(union)
    assert sold < bought.sum()  # nothing is mined in the Union: it relies wholly on imports
    assert found.loc[("import_reliance", "mine", "EU27", 2024), "value"] == 1.0
    risk = eu_supply_risk(world, union, import_reliance=1.0, eol_rir=0.28, substitution=0.93)
    row = found.loc[("supply_risk", "mine", "EU27", 2024)]
    assert row["value"] == pytest.approx(risk)
    assert row["status"] == "ok"
    assert row["lower"] <= risk <= row["upper"]
    assert row["source_id"] == "baci-hs92;study;usgs-mcs-2026;wgi-pv"


def test_sourcing_counts_own_production_and_reliance_counts_exports(tmp_path):
    """Bismuth metal: the Union makes, buys and sells it on one basis."""
    found = screened(tmp_path, NO_MEASURES, material="bismuth")
    with open_store() as store:
        made = load_production(store, material="bismuth", stage="refined", year=2024)
        trade = store.select("trade", hs6=stage_codes("bismuth", "refined")[0].codes, year=2024)
        governance = load_governance(store, years=[2024]).set_index("country_iso3")["estimate"]
    members = bloc_members("EU27")
    own = made[made["country_iso3"].isin(members)].set_index("country_iso3")["quantity_t"]
    own = own[own > 0]
    inside = {side: trade[side].isin(members) for side in ("exporter", "importer")}
    bought = trade[inside["importer"] & ~inside["exporter"]].groupby("exporter")["quantity_t"].sum()
    sold = trade.loc[inside["exporter"] & ~inside["importer"], "quantity_t"].sum()
    assert own.sum() > 0
    assert sold > 0
    reliance = (bought.sum() - sold) / (own.sum() + bought.sum() - sold)
    assert found.loc[("import_reliance", "refined", "EU27", 2024), "value"] == pytest.approx(reliance)
    shares = pd.concat([bought[bought > 0], own]) / (bought.sum() + own.sum())
    union = eu_concentration(shares, eu_governance(governance[shares.index]))
    assert found.loc[("hhi_wgi_t_eu", "refined", "EU27", 2024), "value"] == pytest.approx(union)


def test_one_missing_input_leaves_bounds_that_hold_the_value(tmp_path):
    whole = screened(tmp_path, NO_MEASURES, *REDUCTIONS).loc[("supply_risk", "mine", "EU27", 2024)]
    for number, left_out in enumerate((NO_MEASURES, *REDUCTIONS)):
        folder = tmp_path / str(number)
        folder.mkdir()
        kept = [line for line in (NO_MEASURES, *REDUCTIONS) if line != left_out]
        row = screened(folder, *kept).loc[("supply_risk", "mine", "EU27", 2024)]
        assert np.isnan(row["value"])
        assert row["lower"] < whole["value"] < row["upper"]
        missing = row["status"].removeprefix("missing: ")
        assert missing.startswith(left_out.split()[0])
        assert "," not in missing or left_out == NO_MEASURES


def test_the_higher_of_two_stages_counts(tmp_path):
    lines = [
        NO_MEASURES,
        "eol_rir material=lithium 2023 0 share",
        "substitution_supply material=lithium 2023 1 index",
    ]
    for stage, big in (("mine", 0.5), ("refined", 0.9)):
        for code, share in (("CHN", big), ("AUS", 1 - big)):
            labels = f"material=lithium stage={stage} country_iso3={code}"
            lines.append(f"global_supply_share {labels} 2024 {share} share")
            lines.append(f"sourcing_share region=EU27 {labels} 2024 {share} share")
        lines.append(f"import_reliance region=EU27 material=lithium stage={stage} 2024 1 share")
    found = screened(tmp_path, *lines, material="lithium")
    stages = {s: found.loc[("supply_risk", s, "EU27", 2024), "value"] for s in ("mine", "refined", "all")}
    assert stages["refined"] > stages["mine"]
    assert stages["all"] == stages["refined"]
    assert json.loads(found.loc[("supply_risk", "all", "EU27", 2024), "components"])["stage"] == "refined"


USES = (
    "use_share material=antimony sector=C20 2023 60 percent",
    "use_share material=antimony sector=C27 2023 40 percent",
)
ADDED = (
    "value_added region=EU27 sector=C20 2022 194448 million-EUR",
    "value_added region=EU27 sector=C27 2022 77000 million-EUR",
)


def importance(folder, *lines):
    parsed = rows(*lines)
    for row in parsed:
        row[-1] = row[-1].replace("-", " ")
    put(folder, "criticality_inputs", "study", parsed, COLUMNS)
    with open_store(folder / "store") as store:
        found = screen(store, methods=["eu"], materials=["antimony"], years=[2024])
    return found.set_index("indicator").loc["economic_importance"]


def test_importance_of_section_4_through_the_store(tmp_path):
    """Section 4: 60 % in Q 194,448 and 40 % in 77,000, max Q 204,200, SI .93 gives 6.716."""
    largest = "largest_value_added region=EU27 2022 204200 million-EUR"
    index = "substitution_importance material=antimony 2023 0.93 index"
    row = importance(tmp_path, *USES, *ADDED, largest, index)
    assert row["value"] == pytest.approx(6.716, abs=5e-4)
    expected = eu_economic_importance([0.6, 0.4], [194_448, 77_000], largest=204_200, substitution=0.93)
    assert row["value"] == pytest.approx(expected)


def test_importance_is_only_bounded_while_the_largest_division_may_be_missing(tmp_path):
    row = importance(tmp_path, *USES, *ADDED, "substitution_importance material=antimony 2023 1 index")
    assert row["status"] == "missing: largest_value_added (only 2 of 24 divisions are given)"
    assert np.isnan(row["value"])
    assert (row["lower"], row["upper"]) == (0.0, pytest.approx(10 * (0.6 + 0.4 * 77_000 / 194_448)))
    others = [
        f"value_added region=EU27 sector=C{n} 2022 {n}000 million-EUR"
        for n in range(10, 34)
        if n not in (20, 27)
    ]
    row = importance(
        tmp_path, *USES, *ADDED, *others, "substitution_importance material=antimony 2023 1 index"
    )
    assert row["value"] == pytest.approx(10 * (0.6 + 0.4 * 77_000 / 194_448))


def test_a_sector_without_value_added_is_named(tmp_path):
    row = importance(tmp_path, *USES, ADDED[0])
    assert row["status"] == "missing: value_added of C27"


@pytest.mark.parametrize(("code", "status"), [("NOR", "ok"), ("CHN", "missing: economic_importance")])
def test_one_axis_below_its_threshold_decides(tmp_path, code, status):
    """Three suppliers of good governance stay below 1; with one like China the other axis is needed."""
    thirds = {code: 0.5, "AUS": 0.25, "CAN": 0.25}
    labels = "material=antimony stage=mine country_iso3"
    lines = [
        NO_MEASURES,
        *REDUCTIONS,
        "import_reliance region=EU27 material=antimony stage=mine 2024 1 share",
    ]
    lines += [f"global_supply_share {labels}={c} 2024 {s} share" for c, s in thirds.items()]
    lines += [f"sourcing_share region=EU27 {labels}={c} 2024 {s} share" for c, s in thirds.items()]
    found = screened(tmp_path, *lines)
    row = found.loc[("critical", "all", "EU27", 2024)]
    assert row["status"] == status
    risk = found.loc[("supply_risk", "all", "EU27", 2024), "value"]
    assert (risk < 1.0) == (status == "ok")
    assert row["value"] == 0.0 if status == "ok" else (row["lower"], row["upper"]) == (0.0, 1.0)


INPUTS = pd.DataFrame(
    [
        [*row, "", "study", "1"]
        for row in rows(
            "eol_rir material=antimony 2015 0.9 share",
            "eol_rir material=antimony 2019 0.1 share",
            "eol_rir material=antimony 2023 0.2 share",
            "eol_rir material=antimony stage=refined 2019 0.5 share",
            "trade_parameter 2022 1 index",
            "trade_parameter country_iso3=CHN 2020 1.2 index",
            "trade_parameter material=antimony country_iso3=CHN 2019 1.4 index",
            "use_share material=antimony sector=C20 2019 1 share",
            "use_share material=antimony sector=C20 2022 0.6 share",
            "use_share material=antimony sector=C27 2022 0.4 share",
        )
    ],
    columns=[*COLUMNS, "note", "source_id", "edition"],
)


@pytest.mark.parametrize(
    ("year", "stage", "value"),
    [(2014, "mine", None), (2015, "mine", 0.9), (2020, "mine", 0.1), (2023, "mine", 0.2),
     (2028, "mine", 0.2), (2029, "mine", None), (2024, "refined", 0.5), (2025, "refined", 0.2)],
)  # fmt: skip
def test_the_row_with_most_labels_wins_then_the_newest_of_five_years(year, stage, value):
    found = Inputs(INPUTS).find("eol_rir", year, material="antimony", stage=stage, region="EU27")
    assert (found.value if found else None) == value


def test_a_supplier_without_a_row_of_its_own_has_the_row_for_all():
    inputs = Inputs(INPUTS)

    def t(material, country, year):
        return inputs.find("trade_parameter", year, material=material, country_iso3=country).value

    assert t("antimony", "CHN", 2022) == 1.4
    assert t("cobalt", "CHN", 2022) == 1.2
    assert t("cobalt", "AUS", 2022) == 1.0
    assert t("antimony", "CHN", 2025) == 1.2  # the row of 2019 is too old


def test_shares_of_several_years_are_not_mixed():
    uses = Inputs(INPUTS).table("use_share", 2023, "sector", material="antimony")
    assert {sector: use.value for sector, use in uses.items()} == {"C20": 0.6, "C27": 0.4}


def test_two_studies_that_disagree_are_no_input(tmp_path):
    put(tmp_path, "criticality_inputs", "other", rows("eol_rir material=antimony 2022 0.5 share"), COLUMNS)
    row = screened(tmp_path, NO_MEASURES, *REDUCTIONS).loc[("supply_risk", "mine", "EU27", 2024)]
    assert np.isnan(row["value"])
    assert row["status"] == "missing: eol_rir (rows disagree)"


def test_shares_of_two_studies_are_not_added_up(tmp_path):
    share = "global_supply_share material=antimony stage=mine country_iso3={} 2024 0.5 share"
    put(tmp_path, "criticality_inputs", "other", rows(share.format("AUS")), COLUMNS)
    row = screened(tmp_path, share.format("CHN")).loc[("hhi_wgi_global", "mine", "WLD", 2024)]
    assert row["status"] == "global_supply_share: several sources"


def test_governance_is_the_mean_of_six_where_they_were_imported(tmp_path):
    estimates = {"PV": -0.4, "VA": -1.6, "GE": 0.5, "RQ": -0.4, "RL": 0.0, "CC": 0.1}
    six = [("CHN", 2024, name, estimate) for name, estimate in estimates.items()]
    five = [("AUS", 2024, name, 1.0) for name in ("PV", "VA", "GE", "RQ", "RL")]
    columns = ["country_iso3", "year", "indicator", "estimate"]
    put(tmp_path, "governance", "wgi", six + five, columns)
    for name, code in (("antimony", "CHN"), ("lithium", "AUS")):
        line = f"global_supply_share material={name} stage=mine country_iso3={code} 2024 1 share"
        put(tmp_path, "criticality_inputs", f"study-{name}", rows(line), COLUMNS)
    with open_store(tmp_path / "store") as store:
        found = screen(store, methods=["eu"], materials=["antimony", "lithium"], years=[2024])
        stability = load_governance(store, country_iso3="AUS", years=[2024])["estimate"].iloc[0]
    rows_ = found[(found["indicator"] == "hhi_wgi_global") & (found["stage"] == "mine")].set_index("material")
    assert rows_.loc["antimony", "value"] == pytest.approx(float(eu_governance(-0.3)))
    assert json.loads(rows_.loc["antimony", "components"])["governance"] == "mean of six dimensions"
    assert rows_.loc["antimony", "source_id"] == "study-antimony;wgi"
    # Five of six are no mean of six.
    assert rows_.loc["lithium", "value"] == pytest.approx(float(eu_governance(stability)))
    assert json.loads(rows_.loc["lithium", "components"])["governance"] == "political stability alone"


@pytest.mark.parametrize("source", ["wgi", "wgi-pv"])
def test_other_dimensions_never_pass_for_political_stability(tmp_path, source):
    """Not even where they were imported under the name of the starter's own source."""
    columns = ["country_iso3", "year", "indicator", "estimate", "std_error", "instability"]
    with open_store() as store:
        held = load_governance(store, years=[2024]).dropna(subset=["estimate"])
        before = screen(store, methods=["dera", "geopolrisk", "import_instability"], countries=["JPN"],
                        years=[2024])  # fmt: skip
    six = [
        (row.country_iso3, 2024, name, row.estimate + shift, row.std_error, row.instability - shift / 10)
        for row in held.itertuples()
        for name, shift in (("PV", 0.0), ("RL", 0.2), ("VA", -0.3))
    ]
    put(tmp_path, "governance", source, six, columns)
    with open_store(tmp_path / "store") as store:
        assert set(store.select("governance", source_id=source, year=2024)["indicator"]) == {"PV", "RL", "VA"}
        after = screen(store, methods=["dera", "geopolrisk", "import_instability"], countries=["JPN"],
                       years=[2024])  # fmt: skip
    assert (before["status"] == "ok").sum() > 50
    np.testing.assert_array_equal(before["value"], after["value"])


# --- USGS-style -------------------------------------------------------------------------------------


def test_largest_loss_equals_the_pure_function_and_says_what_is_assumed(starter):
    _, found = starter
    fine = found[(found["method"] == "usgs") & (found["status"] == "ok")]
    rows = fine[fine["indicator"].str.endswith("price_ratio")]
    assert len(rows) > 100
    for _, row in rows.iterrows():
        parts = json.loads(row["components"])
        price, _ = disruption(parts["loss"], demand_elasticity=0.2, supply_elasticity=0.1)
        assert row["value"] == pytest.approx(price, rel=1e-4)  # components have six digits
        assert parts["elasticities"] == "assumed"
        assert row["lower"] <= row["value"] <= row["upper"]
    top = found[(found["indicator"] == "top_1_share") & (found["status"] == "ok")]
    top = top.set_index(["material", "stage", "year"])["value"]
    for _, row in fine[fine["indicator"] == "single_point_of_failure"].iterrows():
        assert row["value"] == float(top[row["material"], row["stage"], row["year"]] > 0.65)


def test_given_elasticities_replace_the_assumed_ones(tmp_path):
    lines = [
        "demand_elasticity material=antimony 2023 0.2 elasticity",
        "supply_elasticity 2023 0.3 elasticity",
    ]
    lines += [f"global_supply_share material=antimony stage=mine country_iso3={c} 2024 {s} share"
              for c, s in (("CHN", 0.6), ("TJK", 0.4))]  # fmt: skip
    found = screened(tmp_path, *lines, method="usgs")
    price = found.loc[("largest_supplier_loss_price_ratio", "mine", "WLD", 2024)]
    assert price["value"] == price["lower"] == price["upper"] == pytest.approx(6.25)  # worked in section 5
    quantity = found.loc[("largest_supplier_loss_quantity_ratio", "mine", "WLD", 2024), "value"]
    assert quantity == pytest.approx(0.693, abs=5e-4)
    assert json.loads(price["components"])["elasticities"] == "given"


def test_a_sole_supplier_has_no_price_ratio_and_is_a_point_of_failure(tmp_path):
    line = "global_supply_share material=antimony stage=mine country_iso3=CHN 2024 1 share"
    found = screened(tmp_path, line, method="usgs")
    row = found.loc[("largest_supplier_loss_price_ratio", "mine", "WLD", 2024)]
    assert row["status"] == "one supplier makes everything: no price clears that"
    assert np.isnan(row["value"])
    assert found.loc[("single_point_of_failure", "mine", "WLD", 2024), "value"] == 1.0


def test_expected_loss_over_scenarios(tmp_path):
    """.1 x (.6 x .5) + .02 x (.6 + .3): one partial stop and one joint one."""
    lines = [f"global_supply_share material=antimony stage=mine country_iso3={c} 2024 {s} share"
             for c, s in (("CHN", 0.6), ("TJK", 0.3))]  # fmt: skip
    lines += ["scenario_probability scenario=quota 2024 10 percent",
              "scenario_probability scenario=war 2024 2 percent",
              "scenario_loss scenario=quota country_iso3=CHN 2024 0.5 share",
              "scenario_loss scenario=war country_iso3=CHN 2024 1 share",
              "scenario_loss scenario=war country_iso3=TJK 2024 1 share"]  # fmt: skip
    row = screened(tmp_path, *lines, method="usgs").loc[("expected_supply_loss", "mine", "WLD", 2024)]
    assert row["value"] == pytest.approx(0.1 * 0.3 + 0.02 * 0.9)


def test_nassar_of_section_5_through_the_store(tmp_path):
    """Section 5: PS .7/.2/.1, ASI .6/.3/.5, WSI .9/.2/.5 -> DP .2695; TE .75; EV .012 -> .1344."""
    lines = ["import_reliance material=antimony region=USA 2024 0.75 share"]
    numbers = (("CHN", 0.7, 0.6, 0.9), ("TJK", 0.2, 0.3, 0.2), ("AUS", 0.1, 0.5, 0.5))
    for code, share, able, willing in numbers:
        lines.append(
            f"global_supply_share material=antimony stage=mine country_iso3={code} 2024 {share} share"
        )
        lines.append(f"ability country_iso3={code} 2024 {able} index")
        lines.append(f"willingness region=USA country_iso3={code} 2024 {willing} index")
    # Two industries: (50/1000)(20/100) + (20/1000)(10/100) = .012
    money = (("C26", 50, 20, 100), ("C27", 20, 10, 100))
    table = rows(*lines)
    for sector, added, spent, profit in money:
        for name, value in (
            ("industry_value_added", added),
            ("industry_expenditure", spent),
            ("industry_profit", profit),
        ):
            table.append([name, "antimony", "", "USA", "", sector, "", 2023, value, "million USD"])
    table.append(["gdp", "", "", "USA", "", "", "", 2023, 1000, "million USD"])
    put(tmp_path, "criticality_inputs", "study", table, COLUMNS)
    with open_store(tmp_path / "store") as store:
        found = screen(store, methods=["usgs"], materials=["antimony"], years=[2024]).set_index("indicator")
    assert found.loc["disruption_potential", "value"] == pytest.approx(0.2695, abs=5e-5)
    assert found.loc["economic_vulnerability", "value"] == pytest.approx(0.012)
    assert found.loc["nassar_supply_risk", "value"] == pytest.approx(0.1344, abs=5e-5)
    assert found.loc["nassar_supply_risk", "status"] == "ok"


def test_losses_of_the_largest_of_named_and_of_all_together(starter):
    store, _ = starter
    table = supplier_losses(store, "rare earths", "mine", 2024, count=3)
    assert table["lost"].tolist()[:3] == ["CHN", "USA", "AUS"]
    assert table["lost"].iloc[-1] == "CHN+USA+AUS"
    assert table["loss"].iloc[-1] == pytest.approx(table["loss"][:3].sum())
    assert (table["price_ratio"].iloc[-1] > table["price_ratio"][:3]).all()
    named = supplier_losses(store, "rare earths", "mine", 2024, countries=["Australien"])
    assert named["loss"].tolist() == [pytest.approx(table.set_index("lost").loc["AUS", "loss"])]
    with pytest.raises(NoData, match="JPN make nothing"):
        supplier_losses(store, "rare earths", "mine", 2024, countries=["JPN"])
    with pytest.raises(NoData, match="no production in the store"):
        supplier_losses(store, "rare earths", "mine", 1999)
    with pytest.raises(UnknownName):
        supplier_losses(store, "unobtainium", "mine", 2024)


def test_a_rest_larger_than_any_named_supplier_may_be_one_country_too(tmp_path):
    share = "global_supply_share material=antimony stage=mine country_iso3={} 2024 0.2 share"
    table = screened(tmp_path, share.format("CHN"), share.format("AUS"), method="usgs")
    row = table.loc[("largest_supplier_loss_price_ratio", "mine", "WLD", 2024)]
    assert row["value"] == pytest.approx(0.8 ** (-1 / 0.3))
    assert row["upper"] == pytest.approx(0.4 ** (-1 / 0.3))  # the 60 % that nobody is named for


def test_projections_are_no_production():
    with open_store() as store:
        assert (load_production(store, edition="all")["year"] > 2026).any()
        assert max(year for _, _, year in gather_production(store, [*load_materials()])) <= 2025
