"""A company's own suppliers (docs/method/indicators, section 9) and the how-to page about them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ytterby.cli import app
from ytterby.errors import BadNumbers, InputFaults, UnknownName
from ytterby.facts import load_governance, load_production, open_store
from ytterby.indicators.company import company_risk
from ytterby.indicators.concentration import hhi
from ytterby.indicators.criticality import geopolrisk
from ytterby.indicators.regions import read_regions
from ytterby.indicators.suppliers import Supplier, read_suppliers

HOWTO = Path(__file__).resolve().parents[2] / "docs/howto/own-suppliers.md"
HEADER = "supplier,country_iso3,material,stage,year,quantity,unit,basis,share\n"


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


def written(tmp_path, rows, header=HEADER):
    path = tmp_path / "suppliers.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def test_records_in_tonnes_and_shares(tmp_path):
    rows = (
        "Alpha,China,Kobalt,refined,2024,700,t,element content,\n"
        "Beta,FIN,cobalt,refined,2024,300000,kg,element content,\n"
        "Gamma,JPN,neodymium,,,,,,1\n"
    )
    alpha, beta, gamma = read_suppliers(written(tmp_path, rows))
    assert alpha == Supplier("Alpha", "CHN", "cobalt", "refined", 2024, 700.0, "element content", alpha.share)
    assert beta.quantity_t == pytest.approx(300.0)
    assert (alpha.amount, gamma.amount, gamma.year) == (700.0, 1.0, None)
    assert np.isnan(gamma.quantity_t)
    with pytest.raises(AttributeError):
        alpha.share = 0.5


def test_by_hand(store, tmp_path):
    """700 t from China, 300 t from Finland: HHI .58; IR = .7 g(CHN) + .3 g(FIN); at home in Finland .7 g."""
    rows = (
        "Alpha,CHN,cobalt,refined,2024,400,t,gross weight,\n"
        "Beta,CHN,cobalt,refined,2024,300,t,gross weight,\n"
        "Gamma,FIN,cobalt,refined,2024,0.3,kt,gross weight,\n"
    )
    path = written(tmp_path, rows)
    g = load_governance(store, years=[2024]).set_index("country_iso3")["instability"]
    made = load_production(store, material="cobalt", stage="refined", year=2024)
    for home, finland in (("JPN", g["FIN"]), ("FIN", 0.0), ("EU27", 0.0)):
        row = company_risk(path, home=home, store=store).materials.iloc[0]
        assert row["import_risk"] == pytest.approx(0.7 * g["CHN"] + 0.3 * finland)
        assert row["hhi_countries"] == pytest.approx(0.58)
        assert row["hhi_suppliers"] == pytest.approx(0.4**2 + 0.3**2 + 0.3**2)
        assert (row["largest_supplier"], row["largest_country"]) == ("Alpha", "CHN")
        assert row["lower"] <= row["score"] <= row["upper"]
        assert row["home_share"] == pytest.approx(0.3 if home != "JPN" else 0.0)
        # second route: the single equation
        own = geopolrisk([1.0], [700.0, 300.0], [g["CHN"], finland], domestic_production_t=0.0)
        assert row["score"] == pytest.approx(row["world_hhi"] * own.import_risk)
    assert set(made["stage"]) == {row["production_stage"]}


def test_single_points_of_failure(store, tmp_path):
    rows = "Alpha,CHN,gallium,,2024,,,,1\nBeta,CHN,cobalt,,2024,,,,0.5\nGamma,CHN,cobalt,,2024,,,,0.5\n"
    table = company_risk(written(tmp_path, rows), home="JPN", store=store).materials.set_index("material")
    assert table["only_supplier"].to_dict() == {"gallium": True, "cobalt": False}
    assert table["only_country"].to_dict() == {"gallium": True, "cobalt": True}
    assert table.loc["gallium", "largest_country_world_share"] > 0.9


def test_what_the_store_cannot_tell_is_missing_with_a_reason(store, tmp_path):
    rows = "Alpha,CHN,neodymium,,2024,,,,1\nBeta,CHN,cobalt,,1995,,,,1\n"
    table = company_risk(written(tmp_path, rows), home="JPN", store=store).materials.set_index("material")
    assert table["status"].to_dict() == dict.fromkeys(("neodymium", "cobalt"), "no production in the store")
    assert table[["score", "lower", "upper", "world_hhi"]].isna().all().all()
    assert table.loc["neodymium", "import_risk"] > 0
    assert np.isnan(table.loc["cobalt", "import_risk"])  # no governance in 1995


def test_all_faults_at_once(tmp_path):
    rows = (
        "Alpha,Chna,cobalt,refined,2024,-700,t,element content,\n"
        "Beta,FIN,cobalt,refined,2024,300,pieces,oxide content,\n"
        "Beta,FIN,cobalt,refined,2024,nan,t,element content,\n"
        "Gamma,JPN,cobalt,refind,2024,1,,gross,\n"
        "Delta,OTH,gallium,,2024,5,t,gross weight,0.2\n"
        "Eps,CHN,gallium,,2024,,,,0.3\n"
        "Zeta,CHN,tin,,2024,,,,0.3\n"
        "Eta,CHN,tin,,2024,,,,\n"
        "Theta,CHN,lithium,,2024,,,,0.3\n"
        "Iota,CHN,nickel,,2024,0,t,gross weight,\n"
        ",CHN,boron,,2024,,,,60\n"
    )
    with pytest.raises(InputFaults) as caught:
        read_suppliers(written(tmp_path, rows))
    told = str(caught.value)
    for words in (
        "row 2, column country_iso3: unknown country 'Chna'. Did you mean China",
        "row 2, column quantity: '-700' is below 0",
        "row 3, column unit: 'pieces' is not one of the choices. Choose one of t, kg, kt",
        "row 4, column quantity: 'nan' is not a finite number",
        "row 4, column supplier: Beta stands in row 3 already",
        "row 2, column basis: cobalt refined 2024 mixes element content and oxide content",
        "row 5, column stage: unknown stage 'refind'. Did you mean refined",
        "row 5, column unit: is empty beside a quantity",
        "row 5, column basis: 'gross' is not one of the choices",
        "row 6, column country_iso3: 'OTH' is a sum of countries",
        "row 6, column share: stands beside a quantity",
        "row 6, column share: gallium 2024 has shares and quantities",
        "row 9, column quantity: neither a quantity nor a share",
        "row 10, column share: the shares of lithium 2024 sum to 0.3",
        "row 11, column quantity: nothing of nickel 2024 is bought",
        "row 12, column supplier: is empty",
        "row 12, column share: '60' is above 1",
    ):
        assert words in told
    with pytest.raises(InputFaults, match="unknown material 'neodymum'"):
        read_suppliers(written(tmp_path, "Alpha,CHN,neodymum,,2024,,,,1\n"))


def test_a_misspelt_material_hides_no_mixture_but_leaves_the_sums_open(tmp_path):
    rows = (
        "Alpha,CHN,cobalt,,2024,7,t,element content,\n"
        "Beta,FIN,cobalt,,2024,3,t,oxide content,\n"
        "Gamma,CHN,tin,,2024,,,,0.7\n"
        "Delta,PER,tn,,2024,,,,0.3\n"
    )
    with pytest.raises(InputFaults) as caught:
        read_suppliers(written(tmp_path, rows))
    told = str(caught.value)
    assert "unknown material 'tn'" in told
    assert "cobalt 2024 mixes element content and oxide content" in told
    assert "sum to" not in told  # the misspelt row may well be tin


@pytest.mark.parametrize(
    "text",
    ["", HEADER, HEADER.replace(",", ";"), "supplier,country_iso3\nA,CHN\n", HEADER + 'A,"CHN\n', "\0\0,\0"],
)
def test_a_list_without_suppliers_is_refused(tmp_path, text):
    with pytest.raises(InputFaults):
        read_suppliers(written(tmp_path, text, header=""))


def test_huge_and_missing_files_and_unknown_homes_are_refused(tmp_path, store):
    path = tmp_path / "huge.csv"
    path.write_bytes(HEADER.encode() + b"A,CHN,cobalt,,2024,1,t,gross weight,\n" * 60_000)
    with pytest.raises(InputFaults, match="larger than"):
        read_suppliers(path)
    with pytest.raises(InputFaults, match="missing"):
        read_suppliers(tmp_path / "nowhere.csv")
    good = written(tmp_path, "A,CHN,cobalt,,2024,,,,1\n")
    with pytest.raises(UnknownName, match="Japan"):
        company_risk(good, home="Japn", store=store)
    with pytest.raises(BadNumbers):
        company_risk((), home="JPN", store=store)


records = st.lists(
    st.tuples(st.sampled_from(["CHN", "FIN", "JPN", "USA", "COD", "AUS"]), st.floats(0.01, 1e6)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(records, st.floats(1e-3, 1e3))
def test_order_and_unit_change_nothing_and_shares_sum_to_one(listed, factor):
    def risk(rows, times=1.0):
        made = [
            Supplier(f"s{n}", country, "cobalt", "refined", 2024, mass * times, "gross weight", float("nan"))
            for n, (country, mass) in enumerate(rows)
        ]
        with open_store() as opened:
            return company_risk(made, home="JPN", store=opened)

    one, other = risk(listed), risk(listed[::-1], factor)
    columns = ["hhi_suppliers", "hhi_countries", "import_risk", "score", "lower", "upper", "home_share"]
    assert one.materials[columns].to_numpy() == pytest.approx(other.materials[columns].to_numpy())
    assert one.countries["share"].sum() == pytest.approx(1.0)
    assert one.materials["hhi_countries"].iloc[0] >= one.materials["hhi_suppliers"].iloc[0] - 1e-9
    assert one.materials["hhi_suppliers"].iloc[0] == pytest.approx(hhi([mass for _, mass in listed]))


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", HOWTO.read_text(encoding="utf-8"), re.DOTALL)


def test_the_files_and_commands_of_the_how_to_page_work(tmp_path, monkeypatch):
    suppliers, regions = blocks("csv")
    (tmp_path / "my-suppliers.csv").write_text(suppliers, encoding="utf-8")
    (tmp_path / "my-regions.csv").write_text(regions, encoding="utf-8")
    assert len(read_suppliers(tmp_path / "my-suppliers.csv")) == suppliers.count("\n") - 1
    assert read_regions(tmp_path / "my-regions.csv").names == ("Nordic", "Friends")
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("sh") for line in block.splitlines() if line]
    assert len(lines) >= 4
    for line in lines:
        command, *arguments = line.split(" #")[0].split()
        assert command == "ytterby"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, (line, done.exception)
    for block in blocks("python"):
        exec(compile(block, HOWTO.name, "exec"), {})  # noqa: S102 - our own page
    risk = json.loads((tmp_path / "risk.json").read_text(encoding="utf-8"))
    assert {row["material"] for row in risk} == {"cobalt", "gallium"}
