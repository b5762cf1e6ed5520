"""Partial pooling of segments."""

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.pooling import _common, _reml, _tau_upper, heterogeneity_p, pool_segments


def test_the_deviation_is_the_published_one_for_a_known_meta_analysis():
    # Rubin's (1981) eight schools: DerSimonian-Laird and REML deviations are zero, the pooled
    # mean 7.7 with standard error 4.1 (Gelman et al., Bayesian Data Analysis, 5.5).
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    v = np.array([15.0, 10, 16, 11, 9, 11, 10, 18]) ** 2
    assert _reml(y, v) == pytest.approx(0.0, abs=1e-3)
    mean, variance = _common(y, v, 0.0)
    assert mean == pytest.approx(7.7, abs=0.05)
    assert np.sqrt(variance) == pytest.approx(4.1, abs=0.05)


def test_the_deviation_maximises_the_restricted_likelihood_of_the_bcg_trials():
    # BCG vaccine trials (Colditz et al. 1994): REML tau^2 = 0.3132 (metafor's documentation).
    y = np.array(
        [
            -0.8893,
            -1.5854,
            -1.3481,
            -1.4416,
            -0.2175,
            -0.7861,
            -1.6209,
            0.0120,
            -0.4694,
            -1.3713,
            -0.3394,
            0.4459,
            -0.0173,
        ]
    )
    v = np.array(
        [
            0.3256,
            0.1946,
            0.4154,
            0.0200,
            0.0512,
            0.0069,
            0.2230,
            0.0040,
            0.0564,
            0.0730,
            0.0124,
            0.5325,
            0.0714,
        ]
    )
    assert _reml(y, v) ** 2 == pytest.approx(0.3132, abs=0.002)
    # One-sided 95 % is the upper end of a two-sided 90 % Q-profile interval, under the 95 % one.
    assert _reml(y, v) < _tau_upper(y, v, _reml(y, v)) < np.sqrt(1.1115)


def test_every_segment_moves_towards_the_common_rate():
    k, n = [10, 45, 50, 80], [50, 90, 90, 100]
    found = pool_segments(k, n, seed=1)
    for rate, successes, people in zip(found.rates, k, n, strict=True):
        own = successes / people
        assert (
            min(own, found.common.value) - 0.01 <= rate.value <= max(own, found.common.value) + 0.01
        )


def test_under_thirty_entries_is_insufficient():
    found = pool_segments([5, 50, 60], [29, 100, 100], seed=1)
    assert found.rates[0] is None
    assert found.rates[1] is not None


def test_large_equal_segments_are_consistent_and_large_unequal_ones_differ():
    even = pool_segments([1650] * 8, [3000] * 8, seed=1)
    assert even.verdict == "consistent"
    assert even.spread_upper < 0.03
    uneven = pool_segments([900, 1650, 2100, 1500], [3000] * 4, seed=1)
    assert uneven.verdict == "differs"


def test_small_segments_cannot_be_called_consistent():
    assert pool_segments([16, 17, 18, 16], [32] * 4, seed=1).verdict == "cannot tell"
    assert pool_segments([16], [32], seed=1).verdict == "cannot tell"


def test_heterogeneity_agrees_with_fishers_exact_test_by_enumeration():
    k, n = np.array([2, 7]), np.array([10, 10])
    exact = stats.fisher_exact([[2, 8], [7, 3]]).pvalue
    assert heterogeneity_p(k, n, 1, 20_000) == pytest.approx(exact, abs=0.01)
    assert heterogeneity_p(np.array([0, 0]), n, 1) is None


def test_more_successes_than_entries_is_refused():
    with pytest.raises(CarepathError):
        pool_segments([5, 40], [4, 50], seed=1)


@settings(deadline=None, max_examples=times(25))
@given(st.lists(st.tuples(st.integers(30, 300), st.floats(0, 1)), min_size=2, max_size=8))
def test_rates_stay_in_bounds_and_do_not_depend_on_the_order(rows):
    n = np.array([r[0] for r in rows])
    k = np.array([int(r[0] * r[1]) for r in rows])
    found = pool_segments(k, n, seed=1, permutations=20)
    turned = pool_segments(k[::-1], n[::-1], seed=1, permutations=20)
    for rate, other in zip(found.rates, turned.rates[::-1], strict=True):
        assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert rate.value == pytest.approx(other.value, abs=1e-4)
