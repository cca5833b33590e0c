"""One material and many, missing numbers, labels (docs/method/indicators, sections 4 and 5)."""

import numpy as np
import pandas as pd
import pytest

from ytterby.errors import BadNumbers
from ytterby.indicators.criticality import (
    disruption,
    economic_vulnerability,
    eu_concentration,
    eu_critical,
    eu_economic_importance,
    eu_governance,
    eu_import_reliance,
    eu_supply_risk,
    nassar_supply_risk,
    single_point_of_failure,
)


def test_the_worked_numbers_as_a_table_with_gaps():
    """Sections 4: the worked material beside one without governance and one without shares."""
    shares = [[0.7, 0.2, 0.1], [0.7, 0.3, np.nan], [np.nan, np.nan, np.nan]]
    governance = [[5.7, 2.0, 6.0], [np.nan, 2.0, 6.0], [5.7, 2.0, 6.0]]
    found = eu_concentration(shares, governance, [1.1, 1.0, 0.8])
    assert found[0] == pytest.approx(3.2003, abs=5e-5)
    assert np.isnan(found[1])
    assert found[2] == 0.0
    risks = eu_supply_risk(
        found, [1.2, 1.2, np.nan], import_reliance=[0.8, 0.8, np.nan], eol_rir=0.1, substitution=0.95
    )
    assert risks[0] == pytest.approx(1.7101, abs=5e-5)
    assert risks[1] == pytest.approx(1.2 * 0.9 * 0.95)  # the Union's side stands alone
    assert risks[2] == 0.0


def test_a_missing_number_is_refused_alone_and_stays_missing_in_a_table():
    assert np.isnan(eu_import_reliance([80.0, np.nan], 0.0, 20.0)).tolist() == [False, True]
    assert np.isnan(eu_import_reliance([0.0], [0.0], [0.0])).all()  # nothing is used
    assert np.isnan(eu_supply_risk([1.0], [1.0], import_reliance=[0.8], eol_rir=[np.nan])).all()
    assert np.isnan(disruption([0.3, np.nan], demand_elasticity=0.2, supply_elasticity=0.1)[0][1])
    assert np.isnan(nassar_supply_risk([0.2], [np.nan], [0.1])).all()
    assert eu_critical([0.5, 2.0, np.nan], [np.nan, np.nan, 1.0]).tolist()[::2] == [0.0, 0.0]
    assert np.isnan(eu_critical([2.0], [np.nan])).all()
    for call in (
        lambda: eu_import_reliance(0.0, 0.0, 0.0),
        lambda: eu_critical(2.0, np.nan),
        lambda: nassar_supply_risk(0.2, np.nan, 0.1),
        lambda: economic_vulnerability([0.1, np.nan], [0.1, 0.1]),
        lambda: eu_concentration([0.7], [np.nan]),
        lambda: single_point_of_failure([0.2, np.nan]),
    ):
        with pytest.raises(BadNumbers):
            call()


def test_reliance_plays_no_part_where_one_side_stands_alone():
    assert eu_supply_risk(2.0, np.nan, import_reliance=np.nan, eol_rir=0.5) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: eu_concentration([70, 20, 10], [5.7, 2.0, 6.0]),  # percents
        lambda: eu_concentration([0.7, 0.3], [57.0, 20.0]),
        lambda: eu_concentration([0.7, 0.3], [-0.4, 1.0]),  # estimates, not the EU scale
        lambda: eu_concentration([0.7, 0.3], [5.0, 5.0], [1.0, 0.0]),
        lambda: eu_concentration([0.51, 0.51], [5.0, 5.0]),  # rounding explains 0.01
        lambda: eu_supply_risk(1.0, 1.0, import_reliance=0.5, eol_rir=0.1, substitution=95),
        lambda: eu_economic_importance([0.5, 0.6], [1.0, 1.0], largest=2.0),
        lambda: eu_economic_importance([0.5], [1.0], largest=0.0),
        lambda: single_point_of_failure([70.0, 30.0]),
    ],
)
def test_other_scales_are_refused(call):
    with pytest.raises(BadNumbers):
        call()


def test_three_printed_shares_may_sum_to_1_01():
    """Shares in whole percents: .34 + .34 + .33 is rounding, .36 + .34 + .33 is not."""
    assert eu_concentration([0.34, 0.34, 0.33], 5.0) == pytest.approx(5 * (2 * 0.34**2 + 0.33**2))
    with pytest.raises(BadNumbers, match=r"1\.030"):
        eu_concentration([0.36, 0.34, 0.33], 5.0)


def test_tables_are_matched_by_label_or_refused():
    shares = pd.DataFrame([[0.7, 0.3]], index=["x"], columns=["CHN", "AUS"])
    governance = pd.Series([5.0, 2.0], index=["CHN", "AUS"])
    assert eu_concentration(shares, governance)[0] == pytest.approx(0.49 * 5 + 0.09 * 2)
    with pytest.raises(BadNumbers, match="labelled differently"):
        eu_concentration(shares, governance[["AUS", "CHN"]])
    with pytest.raises(BadNumbers, match="do not match"):
        eu_concentration([0.7, 0.3], [1.0, 2.0, 3.0])


def test_governance_outside_the_usual_scale_stays_as_it_is():
    assert eu_governance(-3.0) == pytest.approx(11.0)
    assert eu_concentration([1.0], eu_governance([-3.0])) == pytest.approx(11.0)


def test_the_rule_of_2011_and_2014_is_the_global_side_alone():
    """SR = HHI_WGI (1 - recycled) substitution: 4.0 * .7 * .9."""
    risk = eu_supply_risk(4.0, np.nan, import_reliance=np.nan, eol_rir=0.3, substitution=0.9)
    assert risk == pytest.approx(2.52)
    assert not eu_critical(risk, 4.9, study=2014)
    assert eu_critical(risk, 5.0, study=2014)
