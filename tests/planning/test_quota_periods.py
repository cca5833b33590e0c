"""Quotas counted over longer than a week, in the planner's periods; docs/method/planning.md."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ytterby.catalog.studies import read_study_files
from ytterby.network.build import build_chain
from ytterby.network.shocks import Quota, calm
from ytterby.planning.periods import by_period, even

TOY = Path(__file__).resolve().parents[2] / "src/ytterby/studies/three-countries"


def test_a_year_of_quota_is_one_row_over_the_quarters_it_touches() -> None:
    """Weeks 10 to 61 at 2 t a week: 3/13 of the first quarter, three whole ones, 10/13 of the fifth."""
    chain = build_chain(read_study_files(TOY))
    limit = np.full(104, np.inf)
    limit[10:62] = 2.0
    future = replace(calm(chain, 104), quotas=(Quota(np.array([0]), limit, 52, start_week=10),))
    (quota,) = by_period(chain, future, even(8, 13)).quotas
    assert quota.limit_t.tolist() == [104.0]
    np.testing.assert_allclose(quota.part, [[3 / 13, 1, 1, 1, 10 / 13, 0, 0, 0]])


def test_weeks_of_suspension_neither_grant_nor_count() -> None:
    chain = build_chain(read_study_files(TOY))
    limit = np.full(26, 2.0)
    limit[13:20] = np.inf
    future = replace(calm(chain, 26), quotas=(Quota(np.array([0]), limit, 26),))
    (quota,) = by_period(chain, future, even(2, 13)).quotas
    assert quota.limit_t.tolist() == [2.0 * 19]
    np.testing.assert_allclose(quota.part, [[1, 6 / 13]])


@pytest.mark.parametrize("width", [1, 4])
def test_quotas_by_the_week_are_limits_of_each_period(width: int) -> None:
    chain = build_chain(read_study_files(TOY))
    future = replace(calm(chain, 8), quotas=(Quota(np.array([0]), np.arange(8.0)),))
    (quota,) = by_period(chain, future, even(8 // width, width)).quotas
    np.testing.assert_allclose(quota.limit_t, np.arange(8.0).reshape(-1, width).sum(axis=1))
    np.testing.assert_allclose(quota.part, np.eye(8 // width))
