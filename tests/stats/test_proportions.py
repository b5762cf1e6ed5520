"""Intervals of shares: published examples, exact enumeration, and their laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from carepath.errors import CarepathError
from carepath.stats.proportions import (
    bootstrap_interval,
    clopper_pearson,
    newcombe_difference,
    wilson,
    wilson_over_weeks,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe (1998) Statistics in Medicine 17:857-872, table I, method 3 (score).
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_limits_newcombe_printed(successes, n, low, high):
    found = wilson(successes, n)
    assert round(found.low, 4) == low
    assert round(found.high, 4) == high


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # The same table, method 5 (Clopper-Pearson).
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_gives_the_limits_newcombe_printed(successes, n, low, high):
    found = clopper_pearson(successes, n)
    assert round(found.low, 4) == low
    assert round(found.high, 4) == high


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    # Newcombe (1998) Statistics in Medicine 17:873-890, table II, method 10.
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_the_difference_has_the_limits_newcombe_printed(a, m, b, n, low, high):
    found = newcombe_difference(a, m, b, n)
    assert round(found.low, 4) == low
    assert round(found.high, 4) == high


def test_a_rate_over_nobody_is_none_and_not_zero():
    assert wilson(0, 0).value is None
    assert clopper_pearson(0, 0).value is None
    assert newcombe_difference(0, 0, 3, 4).value is None
    assert wilson_over_weeks([], []).value is None


def test_more_successes_than_people_is_refused():
    with pytest.raises(CarepathError, match="not a share"):
        wilson(5, 4)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_stays_in_bounds_holds_the_share_and_mirrors(case):
    k, n = case
    found, mirrored = wilson(k, n), wilson(n - k, n)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(st.integers(0, 30), st.integers(30, 60), st.integers(0, 30), st.integers(30, 60))
def test_swapping_the_groups_flips_the_difference(a, m, b, n):
    there, back = newcombe_difference(a, m, b, n), newcombe_difference(b, n, a, m)
    assert there.value == pytest.approx(-back.value)
    assert there.low == pytest.approx(-back.high)


def test_clopper_pearson_covers_at_least_95_percent_by_enumeration():
    n, intervals = 25, [clopper_pearson(k, 25) for k in range(26)]
    for p in np.linspace(0.01, 0.99, 99):
        chance = stats.binom.pmf(np.arange(n + 1), n, p)
        inside = np.array([i.low <= p <= i.high for i in intervals])
        assert chance[inside].sum() >= 0.95


def test_weekly_shocks_widen_the_interval_and_calm_weeks_do_not_narrow_it():
    calm = wilson_over_weeks([50] * 20, [100] * 20)
    stormy = wilson_over_weeks([30, 70] * 10, [100] * 20)
    plain = wilson(1000, 2000)
    assert calm.low <= plain.low
    assert stormy.high - stormy.low > 2 * (plain.high - plain.low)


def test_the_order_of_weeks_does_not_matter():
    first = wilson_over_weeks([3, 9, 4, 8, 7], [10, 12, 9, 11, 30])
    assert first == wilson_over_weeks([9, 3, 7, 8, 4], [12, 10, 30, 11, 9])


def test_the_bootstrap_repeats_with_its_seed_and_resembles_wilson():
    rows = np.array([[1.0, 1.0]] * 120 + [[0.0, 1.0]] * 280)
    once = bootstrap_interval(rows, lambda t: t[..., 0] / t[..., 1], seed=3)
    again = bootstrap_interval(rows, lambda t: t[..., 0] / t[..., 1], seed=3)
    assert once == again
    assert once.low == pytest.approx(wilson(120, 400).low, abs=0.01)
    assert once.high == pytest.approx(wilson(120, 400).high, abs=0.01)


def test_the_interval_over_weeks_solves_the_score_equation_at_the_effective_size():
    k, n = np.array([30, 44, 61, 25, 52, 38]), np.array([80, 90, 100, 70, 100, 90])
    share, people, weeks = k.sum() / n.sum(), n.sum(), len(n)
    between = sum((a - share * b) ** 2 for a, b in zip(k, n, strict=True)) * weeks / (weeks - 1)
    size = people / (between / people**2 / (share * (1 - share) / people))
    assert size < people
    t = stats.t.ppf(0.975, weeks - 1)

    def score(p):
        return (share - p) ** 2 - t**2 * p * (1 - p) / size

    found = wilson_over_weeks(k, n)
    assert found.low == pytest.approx(optimize.brentq(score, 1e-9, share))
    assert found.high == pytest.approx(optimize.brentq(score, share, 1 - 1e-9))


def test_the_bootstrap_agrees_with_every_resample_of_five_units():
    rows = np.array([[1.0, 7.0], [2.0, 3.0], [5.0, 9.0], [0.0, 4.0], [6.0, 8.0]])
    values = sorted(
        sum(rows[i, 0] for i in picked) / sum(rows[i, 1] for i in picked)
        for picked in itertools.product(range(5), repeat=5)
    )
    found = bootstrap_interval(rows, lambda t: t[..., 0] / t[..., 1], seed=1, resamples=40_000)
    assert found.value == 14 / 31
    assert found.low == pytest.approx(np.quantile(values, 0.025), abs=0.01)
    assert found.high == pytest.approx(np.quantile(values, 0.975), abs=0.01)
