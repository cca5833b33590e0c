"""The worked numbers on the page about planning are what the public functions give."""

import re
from pathlib import Path

import numpy as np
import pytest

import ytterby as yt

PAGE = (Path(__file__).resolve().parents[2] / "docs/method/planning.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
FARMER = {
    "cost": [150, 230, 260], "rows": [[1, 1, 1]], "limits": [500], "probabilities": [1 / 3] * 3,
    "recourse_cost": [238, -170, 210, -150, -36, -10], "requirements": [200, 240, 0], "recourse_senses": ">=",
    "technology": [np.diag([2.5, 3, 20]) * k for k in (1.2, 1, 0.8)],
    "recourse": [[1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [0, 0, 0, 0, -1, -1]],
    "recourse_upper": [np.inf, np.inf, np.inf, np.inf, 6000, np.inf], "risk_weight": 0.5, "beta": 2 / 3,
}  # fmt: skip


def test_the_python_lines_give_what_they_say():
    scope: dict[str, object] = {}
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(block, scope)  # noqa: S102  (our own page)
    told = [line.split("  # ") for line in block.splitlines() if "  # " in line]
    assert len(told) == 2
    for code, result in told:
        found, expected = eval(code, scope), eval(result)  # noqa: S307  (our own page)
        assert found == pytest.approx(expected)


def test_the_projects():
    found = yt.choose_projects([16, 22, 12, 8], [5, 7, 4, 3], 14, alternatives=2, within=0.15)
    assert (found.value, *[a.value for a in found.alternatives]) == (42, 38, 36)
    assert found.chosen.tolist() == [False, True, True, True]
    points = yt.project_frontier([16, 22, 12, 8], [5, 7, 4, 3], 14)
    assert (len(points), points[0].value, points[-1].value) == (11, 0, 42)
    dated = yt.schedule_projects([16, 22, 12, 8], [5, 7, 4, 3], [7, 7], discount_rate=0.1)
    assert f"{dated.value:.2f}" == "40.18"
    for words in (
        "give 42 (the last three)",
        "the first two, 38",
        "is largest (36)",
        "eleven here",
        "= 40.18",
    ):
        assert words in TEXT


def test_the_clash():
    with pytest.raises(yt.YtterbyError) as error:
        yt.choose_projects(
            [1, 1], [[1, 1], [6, 6]], [100, 10], names="AB", must=["A"], requires=[("A", "B")],
            budget_names=["year 1", "year 2"],
        )  # fmt: skip
    assert '"' + "; ".join(error.value.rows) + '"' in TEXT


def test_the_careful_farmer():
    found = yt.solve_two_stage(**FARMER)
    acres = ", ".join(f"{x:.0f}" for x in found.first)
    row = f"{found.objective:,.0f} | {acres} | {found.evpi:,.2f}, {found.vss:,.0f} |"
    assert f"half the weight on the worst third | {row}" in TEXT


def test_the_stocks():
    normal = yt.newsvendor_normal(6, 10, 100, 10, salvage=2)
    assert f"q = {normal.stock:.0f}, cost {normal.cost:.2f}" in TEXT
    pool = yt.pooling_gain(1, 4, [([100, 0], [0.3, 0.7]), ([60, 0], [0.3, 0.7])])
    assert f"cost {pool.alone_cost.sum():.0f} apart and {pool.pooled_cost:.1f} in one pool" in TEXT
    demand = yt.DemandCurve(1, 10, 0.5, "linear")
    found = yt.markov_stockpile(
        [10, 5], [[0.8, 0.2], [1, 0]], demand=demand, capacity=1, step=1, discount=0.9
    )
    assert f"= {found.value[1, 0]:.3f}" in TEXT
    assert found.long_run[1].sum() == pytest.approx(5 / 6)
