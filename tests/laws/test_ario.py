"""Laws of ARIO over random economies; numbers are sections of docs/method/simulation.md."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ytterby.network.ario import (
    ArioParameters,
    ArioRun,
    CapacityLoss,
    CollapseWarning,
    recovery_level,
    simulate_ario,
)
from ytterby.network.io_table import InputOutputTable

some = settings(max_examples=25, deadline=None)


@st.composite
def tables(draw: st.DrawFn) -> InputOutputTable:
    """Economies that balance, some with industries that buy or sell next to nothing."""
    regions, sectors = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rng, count = np.random.default_rng(draw(st.integers(0, 10**6))), regions * sectors
    per_output = rng.uniform(0, 1, (count, count)) * (rng.uniform(0, 1, (count, count)) < rng.uniform(0.3, 1))
    per_output *= rng.uniform(0.2, 0.9) / np.maximum(per_output.sum(axis=0), 1e-9)
    final = np.zeros((count, regions))
    final[np.arange(count), rng.integers(0, regions, count)] = rng.lognormal(0, 1.5, count)
    output = np.linalg.solve(np.eye(count) - per_output, final.sum(axis=1))
    names = tuple(f"r{i}" for i in range(regions)), tuple(f"s{i}" for i in range(sectors))
    return InputOutputTable(*names, per_output * output, final)


losses = st.builds(
    CapacityLoss, lost=st.floats(0.05, 0.6), start_day=st.integers(0, 20), days=st.integers(1, 40),
    recovery_days=st.integers(0, 30), sectors=st.just(("s0",)),
)  # fmt: skip
safe = st.builds(
    ArioParameters, stock_days=st.floats(30, 90), restock_days=st.floats(2, 20),
    needed_share=st.floats(0.5, 1.0), most_overproduction=st.floats(1.0, 1.4),
    overproduction_days=st.floats(2, 365), order_by_capacity=st.booleans(),
)  # fmt: skip


def one_industry(final: float = 0.4) -> InputOutputTable:
    """An economy that sells ``1 - final`` of its output to itself."""
    return InputOutputTable(("r",), ("s",), np.array([[1 - final]]), np.array([[final]]))


@some
@given(tables(), safe)
@example(one_industry(0.8), ArioParameters(stock_days=63.62882403785574, restock_days=2.0, needed_share=1.0))
def test_no_shock_moves_nothing_by_a_bit(table: InputOutputTable, parameters: ArioParameters) -> None:
    run = simulate_ario(table, [], days=400, parameters=parameters)
    assert (run.production == run.baseline).all()
    assert run.unmet.max() == 0.0


@some
@given(tables(), safe, losses, st.integers(-20, 20))
def test_money_scales_to_the_bit(
    table: InputOutputTable, parameters: ArioParameters, loss: CapacityLoss, power: int
) -> None:
    scale = 2.0**power
    run = simulate_ario(table, [loss], days=100, parameters=parameters)
    other = replace(table, flows=table.flows * scale, final_demand=table.final_demand * scale)
    scaled = simulate_ario(other, [loss], days=100, parameters=parameters)
    np.testing.assert_array_equal(scaled.production, scale * run.production)
    np.testing.assert_array_equal(scaled.unmet, scale * run.unmet)


@some
@given(tables(), safe, losses)
def test_names_and_their_order_change_nothing(
    table: InputOutputTable, parameters: ArioParameters, loss: CapacityLoss
) -> None:
    parameters = replace(parameters, order_by_capacity=False)  # 14.5: the last bit may choose the mix
    run = simulate_ario(table, [loss], days=100, parameters=parameters)
    count = len(table.sectors)
    order = np.arange(len(table.industries)).reshape(-1, count)[::-1, ::-1].ravel()
    other = InputOutputTable(
        tuple(f"{r} of old" for r in table.regions[::-1]), tuple(f"{s} of old" for s in table.sectors[::-1]),
        table.flows[np.ix_(order, order)], table.final_demand[order][:, ::-1],
    )  # fmt: skip
    renamed = simulate_ario(other, [replace(loss, sectors=("s0 of old",))], days=100, parameters=parameters)
    np.testing.assert_allclose(renamed.production, run.production[:, :, order], rtol=1e-7)


@some
@given(tables(), safe, losses)
def test_a_temporary_shock_recovers_where_no_warning_is_given(
    table: InputOutputTable, parameters: ArioParameters, loss: CapacityLoss
) -> None:
    """Section 14.4; orders by capacity may leave another mix behind (14.5), so the others are asked for."""
    run = simulate_ario(table, [loss], days=4000, parameters=replace(parameters, order_by_capacity=False))
    np.testing.assert_allclose(run.production[0, -1], run.baseline[0], rtol=1e-3)
    assert np.isfinite(run.losses()["recovered_day"]).all()


@some
@given(tables(), safe, losses)
def test_what_is_made_is_asked_and_can_be_made(
    table: InputOutputTable, parameters: ArioParameters, loss: CapacityLoss
) -> None:
    run = simulate_ario(table, [loss], days=100, parameters=parameters)
    room = 1 + 1e-12
    assert (run.production <= run.capacity * room).all()
    assert (run.production <= run.demand * room).all()
    assert (run.production >= 0).all()
    assert (run.unmet >= 0).all()


@some
@given(tables(), safe, losses, losses)
def test_scenarios_side_by_side_are_those_alone(
    table: InputOutputTable, parameters: ArioParameters, one: CapacityLoss, two: CapacityLoss
) -> None:
    parameters = replace(parameters, order_by_capacity=False)  # 14.5
    both = simulate_ario(table, {"one": [one], "two": [two]}, days=80, parameters=parameters)
    for lane, loss in enumerate((one, two)):
        alone = simulate_ario(table, [loss], days=80, parameters=parameters)
        np.testing.assert_allclose(both.production[lane], alone.production[0], rtol=1e-9)


class TestCollapse:
    """Section 14.4: the level is exact for an economy of one industry."""

    @staticmethod
    def after(lost_days: int, stock: float, restock: float, psi: float, days: int = 3000) -> ArioRun:
        parameters = ArioParameters(
            stock_days=stock, restock_days=restock, needed_share=psi, most_overproduction=1.0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CollapseWarning)
            return simulate_ario(
                one_industry(), [CapacityLoss(0.3, 1, lost_days)], days=days, parameters=parameters
            )

    @pytest.mark.parametrize(("stock", "restock", "psi"), [(20, 60, 0.8), (30, 40, 0.9), (10, 50, 0.6)])
    def test_output_recovers_above_the_level_and_falls_below_it(
        self, stock: float, restock: float, psi: float
    ) -> None:
        level = recovery_level(stock, restock, psi)
        ends = []
        for lost_days in range(10, 200, 4):
            run = self.after(lost_days, stock, restock, psi)
            output = run.production[0, :, 0] / run.baseline[0, 0]
            first = output[lost_days + 6]  # orders have come to see full capacity
            ends.append((first, output[-1]))
        fell = [first for first, last in ends if last < 0.01]
        rose = [first for first, last in ends if last > 0.99]
        assert len(fell) + len(rose) == len(ends)
        assert fell
        assert rose
        assert max(fell) < level + 0.01
        assert min(rose) > level - 0.01

    def test_stocks_of_twenty_days_restocked_in_sixty_are_warned_of(self) -> None:
        with pytest.warns(CollapseWarning, match=r"stocks of 20 days are restocked in 60 .* 90\.9%"):
            simulate_ario(
                one_industry(), [], days=1, parameters=ArioParameters(stock_days=20, restock_days=60)
            )

    def test_worked_levels(self) -> None:
        assert recovery_level(20, 60, 0.8) == pytest.approx(10 / 11)
        assert recovery_level(60, 60, 0.8) == recovery_level(90, 60, 0.8) == 0.0
