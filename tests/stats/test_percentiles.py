"""Percentiles of complete times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.percentiles import percentile


def test_the_value_is_type_seven_as_quantile_cont():
    # Hyndman and Fan (1996): type 7 puts the k-th value at (k - 1) / (n - 1).
    assert percentile([1, 2, 3, 4], 0.5).value == 2.5
    assert percentile([15, 20, 35, 40, 50], 0.4).value == pytest.approx(29.0)


def test_limits_lie_between_the_order_statistics_that_enclose_95_percent():
    n, values = 25, np.arange(1.0, 26.0)
    found = percentile(values, 0.5)
    # P(Bin(25, .5) <= 7) = .0216, <= 8 = .0539: the limit lies between the 8th and 9th values.
    assert stats.binom.cdf(7, n, 0.5) <= 0.025 < stats.binom.cdf(8, n, 0.5)
    assert 8 <= found.low <= 9
    assert 17 <= found.high <= 18
    assert found.low + found.high == pytest.approx(26.0)


def test_too_few_values_have_no_interval():
    assert percentile([1, 2, 3], 0.5).low is None
    assert percentile([1, 2, 3], 0.5).value == 2
    assert percentile([], 0.5).value is None


def test_a_probability_outside_zero_and_one_is_refused():
    with pytest.raises(CarepathError):
        percentile([1.0], 90)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.sampled_from([0.25, 0.5, 0.9]))
def test_order_and_scale_do_not_matter(values, q):
    found, turned = percentile(values, q), percentile(values[::-1], q)
    assert found == turned
    doubled = percentile([2 * v for v in values], q)
    assert doubled.value == pytest.approx(2 * found.value)
    if found.low is not None and found.high is not None:
        assert min(values) <= found.low <= found.high <= max(values)


@given(st.lists(st.floats(0, 1000), min_size=20, max_size=60))
def test_a_higher_percentile_is_never_lower(values):
    assert percentile(values, 0.5).value <= percentile(values, 0.9).value
