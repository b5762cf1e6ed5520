"""Rates of counts and their ratios."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.counts import dispersion, poisson_rate, rate, rate_ratio


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Ulm (1990) Am J Epidemiol 131:373-375 and the tables of Garwood (1936).
    [(0, 0.0, 3.689), (5, 1.623, 11.668), (10, 4.795, 18.390), (20, 12.217, 30.888)],
)
def test_the_exact_limits_are_garwoods(count, low, high):
    found = poisson_rate(count, 1.0)
    assert round(found.low, 3) == low
    assert round(found.high, 3) == high


def test_equal_rates_have_a_ratio_of_one_and_swapping_inverts_it():
    there, back = rate_ratio([10, 12, 9], [20, 22, 21]), rate_ratio([20, 22, 21], [10, 12, 9])
    assert there.value == pytest.approx(1 / back.value)
    assert there.low == pytest.approx(1 / back.high)
    assert rate_ratio([10], [20], [1.0], [2.0]).value == pytest.approx(1.0)


def test_calm_weeks_use_exact_poisson_and_stormy_weeks_do_not():
    assert rate_ratio([10, 11, 9, 10], [12, 11, 13, 12]).method == "exact Poisson ratio"
    assert rate_ratio([1, 30, 4, 25], [2, 40, 3, 35]).method == "quasi-Poisson ratio"
    assert rate([1, 30, 4, 25, 60]).method == "quasi-Poisson"


def test_the_conditional_ratio_matches_a_worked_example():
    # Breast cancer and fluoroscopy, Boice and Monson (1977), in Rothman: 41/28010 against
    # 15/19017 woman-years; ratio 1.86, exact limits 1.01 and 3.6.
    found = rate_ratio([15], [41], [19017], [28010])
    assert found.value == pytest.approx(1.856, abs=0.001)
    assert found.low == pytest.approx(1.01, abs=0.02)
    assert found.high == pytest.approx(3.61, abs=0.03)


def test_a_ratio_to_nothing_is_none_and_nothing_after_is_zero():
    assert rate_ratio([0, 0], [3, 4]).value is None
    assert rate_ratio([3, 4], [0, 0]).value == 0
    assert poisson_rate(0, 0.0).value is None


def test_dispersion_is_none_without_events_and_near_one_for_poisson():
    assert dispersion([0, 0]) is None
    assert dispersion(np.random.default_rng(1).poisson(20, 4000)) == pytest.approx(1, abs=0.1)


def test_events_without_exposure_are_refused():
    with pytest.raises(CarepathError):
        rate_ratio([1, 2], [3], [1.0, 0.0], [1.0])
    with pytest.raises(CarepathError):
        dispersion([-1, 2])


@given(st.lists(st.integers(1, 50), min_size=2, max_size=20), st.randoms())
def test_the_order_of_weeks_does_not_matter(weeks, random):
    shuffled = list(weeks)
    random.shuffle(shuffled)
    there, back = rate_ratio(weeks, [7, 8, 9]), rate_ratio(shuffled, [7, 8, 9])
    assert there.value == pytest.approx(back.value)
    assert there.low == pytest.approx(back.low)


def test_stormy_weeks_have_the_standard_error_of_a_quasi_poisson_regression():
    before, after = np.array([12, 31, 8, 25, 19, 40]), np.array([45, 20, 38, 61, 30, 52])
    # the Poisson regression on one indicator has the two means as fit: Pearson's chi-square of it
    chi = sum(((y - y.mean()) ** 2 / y.mean()).sum() for y in (before, after))
    phi = chi / (12 - 2)
    error = np.sqrt(phi * (1 / before.sum() + 1 / after.sum()))
    found = rate_ratio(before, after)
    assert found.method == "quasi-Poisson ratio"
    assert np.log(found.high / found.value) == pytest.approx(stats.t.ppf(0.975, 10) * error)
    assert found.low * found.high == pytest.approx(found.value**2)
    alone = rate(before)
    phi = ((before - before.mean()) ** 2 / before.mean()).sum() / 5
    half = stats.t.ppf(0.975, 5) * np.sqrt(phi / before.sum())
    assert np.log(alone.high / alone.value) == pytest.approx(half)


def test_the_exact_limits_leave_the_tails_they_should():
    found = poisson_rate(9, 3.0)
    assert stats.poisson.sf(8, found.low * 3) == pytest.approx(0.025)
    assert stats.poisson.cdf(9, found.high * 3) == pytest.approx(0.025)
    ratio = rate_ratio([9], [21], [2.0], [3.0])
    low, high = (limit * 3 / (limit * 3 + 2) for limit in (ratio.low, ratio.high))
    assert stats.binom.sf(20, 30, low) == pytest.approx(0.025)
    assert stats.binom.cdf(21, 30, high) == pytest.approx(0.025)


def test_few_weeks_that_vary_more_than_chance_have_no_interval():
    found = rate([23, 18, 33, 13])
    assert found.value == 21.75
    assert not found.has_interval
    assert found.reason == "under 5 periods, which vary more than chance"
    assert rate([23, 18, 25, 19]).method == "exact Poisson"
    assert rate([23]).method == "exact Poisson"
