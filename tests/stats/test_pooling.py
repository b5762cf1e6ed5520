"""Partial pooling of segments."""

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from carepath.errors import CarepathError
from carepath.stats.pooling import heterogeneity_p, pool_segments


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


def test_a_low_rate_of_many_small_segments_is_not_drawn_up():
    # 2 % of 24,000 people: half a person more and less in each of 400 segments made it 3.3 %.
    rng = np.random.default_rng(5)
    n = rng.integers(30, 90, 400)
    found = pool_segments(rng.binomial(n, 0.02), n, seed=1, permutations=20)
    assert found.common.value == pytest.approx(0.02, abs=0.002)
    assert found.common.low < 0.02 < found.common.high < 0.0235
    assert all(rate.contains(0.02) for rate in found.rates)
    assert np.mean([rate.value for rate in found.rates]) == pytest.approx(0.02, abs=0.002)


def test_large_segments_get_what_normal_theory_gives():
    # Restricted maximum likelihood of the logits, which are nearly known; Student's t for the mean.
    rng = np.random.default_rng(6)
    n = np.full(30, 50_000)
    k = rng.binomial(n, special.expit(-1 + 0.4 * rng.normal(size=30)))
    y, v = special.logit(k / n), n / (k * (n - k))
    found = pool_segments(k, n, seed=1, permutations=20)
    half = stats.t.ppf(0.975, 29) * np.std(y, ddof=1) / np.sqrt(30)
    expected = special.expit(y.mean() + half * np.array([0, -1, 1]))
    shown = [found.common.value, found.common.low, found.common.high]
    assert shown == pytest.approx(expected, abs=0.004)
    tau = np.sqrt(np.var(y, ddof=1) - v.mean())
    pull = v / (v + tau**2)
    rates = special.expit(y + pull * (y.mean() - y))
    assert [rate.value for rate in found.rates] == pytest.approx(rates, abs=2e-4)
    high = special.expit(y + pull * (y.mean() - y) + 1.96 * np.sqrt(v * (1 - pull)))
    assert [rate.high for rate in found.rates] == pytest.approx(high, abs=3e-4)


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
