"""How many weeks a chain runs without a node (docs/method/simulation.md, 15)."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.cli import app
from ytterby.errors import BadNumbers, UnknownName
from ytterby.network.ensemble import run_ensemble
from ytterby.network.outcomes import losses, worst_draws
from ytterby.network.survival import survival_table, time_to_recover, time_to_survive
from ytterby.study import load_study


class TestStudy:
    def test_table_of_a_study(self) -> None:
        chain = load_study("japan-us-2025").chain
        table = survival_table(chain, 26, for_regions=["JPN"])
        assert table["node"].is_unique
        known = table["survive_weeks"].dropna()
        assert known.is_monotonic_increasing
        assert len(known) > 0
        assert table["first_use"].str.endswith("JPN").sum() == len(known)
        assert ((table["short_weeks"] == 0) == (table["recover_weeks"] == 0)).sum() >= len(table) - len(known)

    def test_names_nobody_knows(self) -> None:
        chain = load_study("three-countries").chain
        for wrong in ({"nodes": ["m7@A"]}, {"for_regions": ["Z"]}):
            with pytest.raises(UnknownName):
                time_to_survive(chain, **wrong)
        for out_of_range in ({"threshold": 1.0}, {"weeks": 0}):
            with pytest.raises(BadNumbers):
                time_to_survive(chain, **out_of_range)
        with pytest.raises(BadNumbers):
            time_to_recover(chain, 40, weeks=40)


def test_worst_draws_are_those_that_lose_most() -> None:
    study = load_study("japan-us-2025")
    ensemble = run_ensemble(study.chain, study.scenarios, draws=24, seed=2, weeks=60)
    worst, table = worst_draws(ensemble, 3), losses(ensemble)
    np.testing.assert_array_equal(worst["loss_usd"], np.sort(table["loss_usd"])[::-1][:3])
    assert worst["rank"].tolist() == [1, 2, 3]
    first = worst.iloc[0]
    week = ensemble.shortfall[lambda t: (t["scenario"] == first["scenario"]) & (t["draw"] == first["draw"])]
    assert week.groupby("week")["loss_usd"].sum().idxmax() == first["worst_week"]
    lost = week.groupby(["sector", "region"], observed=True)["loss_usd"].sum()
    assert " ".join(lost.idxmax()) == first["worst_use"]
    at_home = worst_draws(ensemble, 1, regions=("JPN",)).iloc[0]
    assert at_home["worst_use"].endswith("JPN")


def test_the_command_writes_both_times(tmp_path) -> None:
    place = tmp_path / "times.csv"
    asked = ["chokepoints", "three-countries", "--time", "--outage", "10", "--out", str(place)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(place)
    assert set(table["outage_weeks"]) == {10}
    assert {"node", "survive_weeks", "recover_weeks"} <= set(table)
    for wrong in (["--outage", "10"], ["--time", "--halve"]):
        assert CliRunner().invoke(app, ["chokepoints", "three-countries", *wrong]).exit_code != 0
