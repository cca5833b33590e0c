"""Building and balancing the chain of the toy study, whose numbers can be worked out by hand."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.errors import InfeasibleChain, InputFaults
from ytterby.examples import find_study
from ytterby.network.build import build_chain
from ytterby.network.chain import Chain, check_balance


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_study("three-countries"), tmp_path / "toy"))


def load(folder: Path) -> Chain:
    return build_chain(read_study_files(folder))


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_back_substitution_by_hand(toy: Path) -> None:
    chain = load(toy)
    activity = dict(zip(chain.processes, chain.activity_t, strict=True))
    assert activity["separation.BBB"] == pytest.approx(50)  # 20 t oxide a week at 0.4 t a tonne
    assert activity["mine.AAA"] == pytest.approx(50)
    assert activity["separation.CCC"] == 0.0
    assert chain.pool_need_t[chain.pool("oxide", "BBB")] == pytest.approx(20)


def test_by_product_without_buyer_is_surplus(toy: Path) -> None:
    chain = load(toy)
    assert chain.pool_surplus_t[chain.pool("rest", "BBB")] == pytest.approx(20)
    assert chain.pool_surplus_t[chain.pool("oxide", "BBB")] == 0.0


def test_losses_are_named_and_close_the_balance(toy: Path) -> None:
    chain = load(toy)
    table = check_balance(chain)
    tailings = table[(table["process"] == "separation.BBB") & (table["element"] == "X")].iloc[0]
    assert (tailings["loss_t"], tailings["loss_name"]) == (pytest.approx(5), "tailings")
    mined = table[table["process"] == "mine.AAA"]["output_t"].sum()
    used = table[table["process"].str.startswith("motors")]["input_t"].sum()
    surplus = (
        chain.content @ np.bincount(chain.pool_material, chain.pool_surplus_t, len(chain.materials))
    ).sum()
    assert mined == pytest.approx(table["loss_t"].sum() + used + surplus, rel=1e-12)


def test_a_process_that_makes_matter_is_refused(toy: Path) -> None:
    edit(toy, "recipes", "separate,oxide,output,0.4", "separate,oxide,output,0.6")
    with pytest.raises(InputFaults, match=r"recipes\.csv, row 4.*makes matter: 0\.6 t X come out of 0\.5 t"):
        load(toy)


def test_missing_content_is_not_zero(toy: Path) -> None:
    edit(toy, "contents", "oxide,Y,0,toy,true,pure\n", "")
    with pytest.raises(InputFaults, match="no row for Y in oxide"):
        load(toy)


def test_shares_that_do_not_sum_to_one_are_refused_with_all_other_faults(toy: Path) -> None:
    edit(toy, "arcs", "oxide,BBB,CCC,,1,", "oxide,BBB,CCC,,0.9,")
    edit(toy, "arcs", "ore,AAA,CCC,,0,", "ore,CCC,AAA,,0,")
    with pytest.raises(InputFaults) as caught:
        load(toy)
    text = str(caught.value)
    assert "sum to 0.9" in text
    assert "nothing makes this material there" in text


def test_capacity_below_need_is_infeasible_by_name(toy: Path) -> None:
    edit(toy, "capacities", "separation.BBB,3900", "separation.BBB,2599")
    with pytest.raises(InfeasibleChain, match=r"separation\.BBB: must make 2,600 t/year, capacity is 2,599"):
        load(toy)


def test_by_product_that_is_needed_beyond_supply_is_infeasible_by_name(toy: Path) -> None:
    # C wants 1200 t of by-product; B separates 25 t of ore a week for its own 10 t of oxide: 520 t a year
    edit(
        toy,
        "demand",
        "motors,assemble,520,100000,1,,toy,true,10 t a week\n",
        "glass,glaze,1200,1,1,,toy,true,x\n",
    )
    edit(toy, "recipes", "assemble,oxide,input,1", "glaze,rest,input,1,,toy,true,x\nassemble,oxide,input,1")
    edit(toy, "arcs", "oxide,BBB,CCC,,1,1,50,0,toy,true,one week at sea", "rest,BBB,CCC,,1,1,50,0,toy,true,x")
    edit(toy, "arcs", "oxide,CCC,CCC,,0,0,0,0,toy,true,domestic\n", "")
    edit(toy, "inventories", "rest,*,producer", "rest,*,user,0,toy,true,none\nrest,*,producer")
    with pytest.raises(InfeasibleChain, match=r"rest@BBB: 1,200 t/year are bought, 520 made"):
        load(toy)


def test_an_amount_of_nothing_is_refused(toy: Path) -> None:
    edit(toy, "recipes", "mine,ore,output,1,", "mine,ore,output,0,")
    with pytest.raises(InputFaults, match=r"recipes.csv, row 2, column quantity_t: is 0"):
        load(toy)


def test_without_contents_nobody_can_see_that_matter_is_made(toy: Path) -> None:
    header = (toy / "contents.csv").read_text(encoding="utf-8").splitlines()[0]
    (toy / "contents.csv").write_text(header + "\n", encoding="utf-8")
    edit(toy, "recipes", "separate,oxide,output,0.4", "separate,oxide,output,4")
    with pytest.raises(InputFaults, match=r"contents.csv, column element: has no rows"):
        load(toy)


def test_stock_that_nobody_typed_is_unknown_not_zero(toy: Path) -> None:
    edit(toy, "inventories", "ore,*,user,2,toy,true,round number\n", "")
    with pytest.raises(InputFaults, match=r"inventories\.csv.*no cover of ore at its users"):
        load(toy)
