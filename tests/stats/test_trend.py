"""Is there a problem, and since when."""

import itertools

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st

from carepath.errors import CarepathError
from carepath.stats import changepoint
from carepath.stats.changepoint import MINIMUM_SIDE, _gains, _largest_t, find_change
from carepath.stats.trend import conversion_trend, step_trends


def series(fall=0.1, cohorts=26, at=14, people=1000, seed=1):
    rng = np.random.default_rng(seed)
    rate = np.where(np.arange(cohorts) < at, 0.6, 0.6 - fall)
    entered = rng.poisson(people, cohorts)
    return rng.binomial(entered, rate), entered


def test_a_fall_of_ten_points_is_a_problem_with_its_date():
    found = conversion_trend(*series(), seed=1)
    assert found.is_problem
    assert found.changed_low <= 14 <= found.changed_high
    assert found.change.contains(-0.1)
    assert found.season_separable


def test_a_rise_is_no_problem_and_a_fall_under_two_points_neither():
    assert conversion_trend(*series(fall=-0.1), seed=1).is_problem is False
    slight = conversion_trend(*series(fall=0.01, people=200_000), seed=1)
    assert slight.p <= 0.05
    assert slight.is_problem is False


def test_without_a_change_it_says_what_would_have_been_seen():
    found = conversion_trend(*series(fall=0.0), seed=3)
    assert found.is_problem is False
    assert found.changed_at is None
    assert not found.change.has_interval
    assert found.change.reason.startswith("no change beyond chance")
    assert 0.02 <= found.smallest_detectable < 0.08


def test_where_conversion_could_halve_unseen_it_cannot_tell():
    found = conversion_trend(*series(fall=0.0, people=1), seed=3)
    assert found.smallest_detectable > 0.3
    assert found.is_problem is None
    assert found.reason == "so few people entered that it could halve unseen"
    # What is seen all the same is said.
    assert conversion_trend(*series(fall=0.6, people=15), seed=3).is_problem


def test_where_nobody_ever_converted_it_cannot_tell():
    found = conversion_trend([0] * 26, [40] * 26, seed=1)
    assert (found.is_problem, found.reason) == (None, "nobody converted in any cohort")


def test_a_fall_as_large_as_the_smallest_detectable_is_usually_seen():
    bound = conversion_trend(*series(fall=0.0, people=300), seed=1, draws=199).smallest_detectable
    seen = [
        conversion_trend(*series(bound, at=13, people=300, seed=s), seed=s, draws=199).is_problem
        for s in range(60)
    ]
    assert 0.65 <= np.mean(seen) <= 0.98


def test_under_thirteen_cohorts_it_cannot_tell_and_under_26_not_separate_the_season():
    assert conversion_trend(*series(cohorts=12, at=6), seed=1).is_problem is None
    short = conversion_trend(*series(cohorts=14, at=7), seed=1)
    assert short.is_problem
    assert not short.season_separable


def test_cohorts_nobody_entered_keep_their_place():
    k, n = series()
    k[3] = n[3] = 0
    found = conversion_trend(k, n, seed=1)
    assert found.cohorts == 25
    assert found.changed_low <= 14 <= found.changed_high


def test_everybody_converting_is_no_problem_and_no_crash():
    found = conversion_trend([50] * 20, [50] * 20, seed=1)
    assert found.is_problem is False
    assert found.reason == "everybody did"


@pytest.mark.filterwarnings("error")
def test_from_everybody_to_nobody_is_a_certain_fall_with_its_date():
    found = conversion_trend([40] * 13 + [0] * 13, [40] * 26, seed=1)
    assert found.is_problem
    assert (found.changed_low, found.changed_at, found.changed_high) == (13, 13, 13)
    assert (found.before, found.after, found.change.value) == (1.0, 0.0, -1.0)
    assert found.p <= 0.001
    assert found.lag_correlation == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("converted", "is_problem"),
    [
        ([0] * 13 + [40] * 13, False),
        ([30] * 13 + [10] * 13, True),
        ([7] * 10 + [3] * 3, True),
        ([40] * 25 + [0], False),
        ([40] * 13 + [0] + [40] * 12, False),
        ([0] * 12 + [1] + [0] * 13, False),
        ([40] * 23 + [0] * 3, True),
        ([20] * 26, False),
        ([40] * 26, False),
    ],
)
def test_series_without_noise_have_a_verdict(converted, is_problem):
    found = conversion_trend(converted, [40] * len(converted), seed=1)
    assert found.is_problem is is_problem


@pytest.mark.filterwarnings("error")
def test_a_noiseless_change_between_cohorts_of_many_sizes_is_dated():
    entered = np.arange(10, 270, 10)
    found = conversion_trend(np.where(np.arange(26) < 13, entered, entered // 10), entered, seed=1)
    assert found.is_problem
    assert found.changed_at == 13


def test_more_converted_than_entered_is_refused():
    with pytest.raises(CarepathError):
        conversion_trend([5] * 20, [4] * 20, seed=1)


def test_the_statistic_is_the_largest_two_sample_t_by_brute_force():
    rng = np.random.default_rng(2)
    y, w = rng.normal(size=15), rng.uniform(0.5, 2, 15)
    largest = 0.0
    for k in range(MINIMUM_SIDE, 15 - MINIMUM_SIDE + 1):
        left, right = np.average(y[:k], weights=w[:k]), np.average(y[k:], weights=w[k:])
        rest = (w[:k] * (y[:k] - left) ** 2).sum() + (w[k:] * (y[k:] - right) ** 2).sum()
        error = np.sqrt(rest / 13 * (1 / w[:k].sum() + 1 / w[k:].sum()))
        largest = max(largest, abs(right - left) / error)
    assert _largest_t(y[None], w)[0] == pytest.approx(largest)
    gains, total = _gains(y[None], w)
    assert np.all(gains <= total[:, None] + 1e-12)


def test_the_permutation_p_value_agrees_with_every_permutation(monkeypatch):
    monkeypatch.setattr(changepoint, "_sieve", sieve_of([1, -1, 1, -1, 1, -1, 1]))
    rates = np.array([0.61, 0.60, 0.58, 0.63, 0.55, 0.57, 0.56])
    found = find_change(rates, np.full(7, 5000), np.random.default_rng(1), 8000)
    all_t = _largest_t(np.array(list(itertools.permutations(rates))), found.weights)
    exact = np.mean(all_t >= _largest_t(rates[None], found.weights)[0] - 1e-9)
    assert "permutation" in found.method
    assert found.p == pytest.approx(exact, abs=0.02)


def test_correlated_cohorts_use_the_sieve():
    rng = np.random.default_rng(5)
    noise = np.zeros(40)
    for t in range(1, 40):
        noise[t] = 0.85 * noise[t - 1] + rng.normal(0, 0.02)
    rates = np.clip(0.5 + noise, 0.05, 0.95)
    found = find_change(rates, np.full(40, 5000), rng, 500)
    assert found.method == "sup-t, autoregressive sieve bootstrap"
    assert found.inflation > 1


def sieve_of(pattern):
    """A sieve bootstrap whose every series is this pattern."""
    return lambda residual, coefficients, rng, draws: np.tile(pattern, (draws, 1)).astype(float)


def test_a_change_must_stand_out_against_correlated_cohorts_as_well(monkeypatch):
    k, n = series(seed=4)
    assert "permutation of periods and autoregressive" in conversion_trend(k, n, seed=1).method
    monkeypatch.setattr(changepoint, "_sieve", sieve_of([1, -1] * 13))  # hardly a change in it
    alone = conversion_trend(k, n, seed=1, draws=199)
    assert alone.is_problem
    monkeypatch.setattr(changepoint, "_sieve", sieve_of([1] * 13 + [-1] * 13))  # all change
    assert conversion_trend(k, n, seed=1, draws=199).p == 1.0


def test_steps_are_tested_only_behind_the_gate():
    k, n = series()
    gate = conversion_trend(k, n, seed=1)
    rng = np.random.default_rng(4)
    steady = rng.binomial(n, 0.8)
    steps = step_trends(gate, {"moved": k, "steady": steady}, {"moved": n, "steady": n}, seed=1)
    assert [s.has_fallen for s in steps] == [True, False]
    calm = conversion_trend(*series(fall=0.0), seed=3)
    assert step_trends(calm, {"moved": k}, {"moved": n}, seed=1) == ()


@settings(deadline=None, max_examples=times(20))
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_any_series_has_a_verdict_and_repeats_with_its_seed(rows):
    k = [min(a, b) for a, b in rows]
    n = [max(a, b) for a, b in rows]
    found = conversion_trend(k, n, seed=1, draws=49)
    assert found == conversion_trend(k, n, seed=1, draws=49)
    if found.p is not None:
        assert 0 < found.p <= 1
        if found.changed_at is not None:
            assert -1 <= found.change.low <= found.change.value <= found.change.high <= 1
