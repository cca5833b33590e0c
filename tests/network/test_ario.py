"""ARIO by hand, its table, and what both refuse."""

import numpy as np
import pandas as pd
import pytest

from ytterby.errors import BadNumbers, InputFaults, UnknownName, YtterbyError
from ytterby.network.ario import ArioParameters, CapacityLoss, simulate_ario
from ytterby.network.io_table import InputOutputTable

ROWS = pd.MultiIndex.from_product([["a", "b"], ["metal", "ore"]])
USERS = pd.MultiIndex.from_product([["a", "b"], ["final"]])


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metal of a is made from ore of both regions; the rest is sold to final users."""
    flows = pd.DataFrame(0.0, index=ROWS, columns=ROWS)
    flows.loc[("a", "ore"), ("a", "metal")] = 10.0
    flows.loc[("b", "ore"), ("a", "metal")] = 30.0
    demand = pd.DataFrame([[365.0, 0.0], [5.0, 0.0], [0.0, 10.0], [0.0, 20.0]], index=ROWS, columns=USERS)
    return flows, demand


def table() -> InputOutputTable:
    return InputOutputTable.from_frames(*frames())


class TestByHand:
    def test_stock_feeds_the_user_until_psi_of_it_is_left(self) -> None:
        """14.2: all ore is lost, 10 days are held, psi .5: five full days, then a fifth less a day."""
        run = simulate_ario(
            table(), [CapacityLoss(1.0, 0, 40, sectors=("ore",))], days=10,
            parameters=ArioParameters(stock_days=10, restock_days=10, needed_share=0.5),
        )  # fmt: skip
        metal = run.production[0, :, 0]
        np.testing.assert_allclose(metal[:6], 1.0, rtol=1e-12)  # a unit of money a day
        np.testing.assert_allclose(metal[6:], 0.8 ** np.arange(1, 5), rtol=1e-12)
        np.testing.assert_allclose(run.unmet[0, 0, 1], 5 / 365)

    def test_an_endless_stock_never_runs_out(self) -> None:
        days = {"ore": float("inf"), "metal": 10.0}
        run = simulate_ario(
            table(), [CapacityLoss(1.0, 0, 40, sectors=("ore",))], days=60,
            parameters=ArioParameters(stock_days=days, restock_days=5),
        )  # fmt: skip
        np.testing.assert_allclose(run.production[0, :, 0], 1.0, rtol=1e-12)

    def test_a_short_supplier_rations_all_alike(self) -> None:
        run = simulate_ario(table(), [CapacityLoss(0.4, 0, 1, regions=("b",), sectors=("ore",))], days=1)
        assert run.production[0, 0, 3] == pytest.approx(0.6 * 50 / 365)
        assert run.unmet[0, 0, 3] == pytest.approx(0.4 * 20 / 365)

    def test_loss_falls_evenly_and_the_largest_counts(self) -> None:
        path = CapacityLoss(0.8, 1, 2, recovery_days=4).path(table(), 8)
        np.testing.assert_allclose(path[:, 0], [0, 0.8, 0.8, 0.8, 0.6, 0.4, 0.2, 0])
        run = simulate_ario(table(), [CapacityLoss(0.5, 0, 1), CapacityLoss(0.3, 0, 1)], days=1)
        np.testing.assert_allclose(run.capacity[0, 0], 0.5 * run.baseline[0])

    def test_tables_of_a_run(self) -> None:
        run = simulate_ario(
            table(), {"calm": [], "ban": [CapacityLoss(1.0, 0, 5, sectors=("metal",))]}, days=30
        )
        paths, losses = run.paths(), run.losses().set_index("scenario")
        assert len(paths) == 2 * 30 * 4
        ban = paths[(paths["scenario"] == "ban") & (paths["sector"] == "metal") & (paths["day"] == 0)]
        assert ban["production"].tolist() == [0.0, 0.0]
        assert ban["unmet"].sum() == pytest.approx((365 + 10) / 365)
        assert losses.loc["calm", "lost_production"] == pytest.approx(0, abs=1e-9)
        assert losses.loc["calm", "recovered_day"] == 0
        assert losses.loc["ban", "lost_production"] == pytest.approx(
            (paths["baseline"] - paths["production"])[paths["scenario"] == "ban"].sum()
        )


class TestTable:
    def test_value_added_is_output_less_inputs(self) -> None:
        flows, demand = frames()
        added = pd.Series([365 - 40, 15, 10, 50], index=ROWS)
        assert InputOutputTable.from_frames(flows, demand, added).value_added.tolist() == added.tolist()
        with pytest.raises(
            InputFaults, match=r"value_added: is not output less inputs: \[\('a', 'metal'\)\]"
        ):
            InputOutputTable.from_frames(flows, demand, added.add([1, 0, 0, 0]))

    def test_all_faults_at_once(self) -> None:
        flows, demand = frames()
        flows.iloc[0, 0], demand.iloc[3, 1] = -1.0, np.nan
        with pytest.raises(InputFaults) as caught:
            InputOutputTable.from_frames(flows, demand)
        assert [fault.file for fault in caught.value.faults] == ["flows", "final_demand"]

    @pytest.mark.parametrize("what", ["lacks", "doubles", "strangers"])
    def test_axes_that_do_not_match(self, what: str) -> None:
        flows, demand = frames()
        if what == "lacks":
            flows = flows.iloc[:, 1:]
        elif what == "doubles":
            flows = flows.iloc[[0, 0, 1, 2, 3]]
        else:
            demand.columns = pd.MultiIndex.from_product([["a", "z"], ["final"]])
        with pytest.raises(InputFaults):
            InputOutputTable.from_frames(flows, demand)

    def test_inputs_of_more_than_is_sold(self) -> None:
        flows, demand = frames()
        flows.loc[("a", "ore"), ("a", "metal")] = 1000.0
        with pytest.raises(InputFaults, match="inputs of more than they sell"):
            InputOutputTable.from_frames(flows, demand)


class TestRefused:
    @pytest.mark.parametrize(
        "given",
        [
            {"needed_share": 1.1},
            {"stock_days": 0.5},
            {"restock_days": {"ore": 0.0}},
            {"most_overproduction": 0.9},
        ],
    )
    def test_parameters_outside_their_range(self, given: dict) -> None:
        with pytest.raises(BadNumbers, match=next(iter(given))):
            ArioParameters(**given)

    def test_parameters_that_do_not_fit(self) -> None:
        with pytest.raises(BadNumbers, match="less than a day"):
            simulate_ario(table(), [], parameters=ArioParameters(stock_days=1.2, restock_days=1))
        with pytest.raises(UnknownName, match="tin"):
            simulate_ario(table(), [], parameters=ArioParameters(stock_days={"tin": 3.0}))
        with pytest.raises(BadNumbers, match="lacks"):
            simulate_ario(table(), [], parameters=ArioParameters(restock_days={"ore": 3.0}))

    def test_shocks_that_do_not_fit(self) -> None:
        with pytest.raises(UnknownName, match="tin"):
            simulate_ario(table(), [CapacityLoss(0.5, 0, 1, sectors=("tin",))])
        for wrong in (np.zeros((5, 3)), np.full((5, 4), np.nan), np.full((5, 4), 1.5)):
            with pytest.raises(BadNumbers):
                simulate_ario(table(), wrong)
        with pytest.raises(BadNumbers):
            CapacityLoss(1.5, 0, 1)
        with pytest.raises(BadNumbers):
            CapacityLoss(0.5, -1, 1)
        with pytest.raises(BadNumbers):
            simulate_ario(table(), [], days=0)
        with pytest.raises(YtterbyError):
            simulate_ario(table(), {})
