"""Rates of many segments from their counts: against brute force, published figures and truths."""

import time

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_normal_oracle import log_likelihood, posterior
from scipy.special import expit, logit

from carepath.stats.logit_normal import fit_logit_normal, log_marginal, rate_spread

SEGMENTS = st.lists(
    st.tuples(
        st.one_of(st.integers(1, 40), st.integers(1, 100_000)),
        st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 0.05), st.floats(0, 1)),
    ),
    min_size=2,
    max_size=7,
)


def _fit(k, n, level=0.95):
    return fit_logit_normal(np.asarray(k), np.asarray(n), level)


def _counts(rows):
    n = np.array([people for people, _ in rows])
    return np.array([round(people * rate) for people, rate in rows]), n


@pytest.mark.parametrize(
    ("k", "n", "mu", "tau"),
    [
        (0, 1, -4, 0.5),
        (1, 1, -4, 2.0),
        (1, 2, 5, 5.0),
        (3, 30, -4, 0.001),
        (0, 30, -4, 3.0),
        (5, 30, -4, 3.0),
        (30, 30, 1, 1.0),
        (0, 100_000, -4, 3.0),
        (0, 100_000, 0, 3.0),
        (500, 100_000, -4, 0.3),
        (50_000, 100_000, 0, 0.5),
        (99_999, 100_000, 0, 1.0),
        (2, 100_000, -4, 15.0),
    ],
)
def test_the_likelihood_of_a_segment_is_the_integral(k, n, mu, tau):
    value, slope, bend = log_marginal(*(np.array([float(x)]) for x in (k, n, mu, tau)))
    assert value[0, 0] == pytest.approx(log_likelihood(k, n, mu, tau), abs=1e-3)
    step = 1e-2 * tau
    near = log_marginal(
        np.array([float(k)]),
        np.array([float(n)]),
        mu + step * np.array([-1, 0, 1]),
        np.full(3, tau),
    )[0][0]
    assert slope[0, 0] == pytest.approx((near[2] - near[0]) / (2 * step), rel=0.02, abs=1e-3)
    assert bend[0, 0] == pytest.approx(
        -(near[2] - 2 * near[1] + near[0]) / step**2, rel=0.05, abs=2e-2 / min(tau, 1) ** 2
    )


@pytest.mark.parametrize(
    ("k", "n"),
    [
        ([0, 1, 0, 2, 0], [40, 60, 80, 90, 300]),
        ([0, 0, 0], [50, 60, 70]),
        ([1, 0, 1, 2], [2, 1, 3, 4]),
    ],
)
def test_quantiles_agree_with_sums_over_a_dense_grid(k, n):
    typical, segments, upper = posterior(k, n)
    found = _fit(k, n)
    has_any = sum(k) > 0
    # In logits; a lower limit near zero where nobody succeeded is far out on that scale.
    assert found.typical[1:] == pytest.approx(typical[1:], rel=0.05)
    assert found.typical[0] == pytest.approx(typical[0], rel=0.05 if has_any else 0, abs=1e-4)
    assert found.spread_upper == pytest.approx(upper, rel=0.04)
    for low, middle, high, row in zip(found.low, found.middle, found.high, segments, strict=True):
        assert low == pytest.approx(row[0], rel=0.15, abs=5e-4)
        assert middle == pytest.approx(row[1], rel=0.12, abs=5e-4)
        assert high == pytest.approx(row[2], rel=0.08)


def test_the_hospitals_of_the_bugs_manual():
    # Surgical: institutional ranking (Spiegelhalter et al. 1996, BUGS Examples vol. 1): medians of
    # the random-effects model, whose prior of the deviation (inverse gamma on its square) favours
    # smaller ones than ours.
    n = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    deaths = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    medians = [5.184, 10.07, 6.959, 5.888, 5.074, 6.857, 6.577, 12.22, 6.881, 7.691, 10.09, 6.816]
    found = _fit(deaths, n)
    assert 100 * found.middle == pytest.approx(medians, abs=0.35)
    assert found.typical == pytest.approx((0.05282, 0.07234, 0.09361), abs=0.002)
    assert found.deviation == pytest.approx(0.3835, abs=0.02)
    assert 100 * found.low[7] == pytest.approx(8.425, abs=0.3)
    assert 100 * found.high[7] == pytest.approx(17.15, abs=0.4)


@pytest.mark.parametrize("typical", [0.005, 0.02, 0.1, 0.5, 0.995])
def test_planted_rates_of_many_small_segments_are_found(typical):
    rng = np.random.default_rng(2)
    planted = float(rate_spread(np.array(logit(typical)), np.array(0.5)))
    sets, held, within, above, middles, spreads = 10, [], 0, 0, [], []
    for _ in range(sets):
        n = rng.integers(30, 150, 150)
        truth = expit(logit(typical) + 0.5 * rng.normal(size=150))
        found = _fit(rng.binomial(n, truth), n)
        held.append(np.mean((found.low <= truth) & (truth <= found.high)))
        within += found.typical[0] < typical < found.typical[2]
        above += planted < found.spread_upper
        middles.append(logit(found.typical[1]))
        spreads.append(found.spread)
    assert np.mean(middles) == pytest.approx(logit(typical), abs=0.1)
    # At .5 % some 75 people of a set succeed, who tell the deviation badly: 93 % over many sets.
    far = abs(typical - 0.5) > 0.49
    assert np.mean(held) == pytest.approx(0.95, abs=0.05 if far else 0.025)
    # Of ten, the chance that three miss is 1 %.
    assert within >= 8
    assert above >= 8
    assert np.mean(spreads) == pytest.approx(planted, rel=0.35)


@pytest.mark.parametrize("deviation", [0.0, 0.1, 1.0, 3.0])
def test_planted_deviations_of_large_segments_are_found(deviation):
    rng = np.random.default_rng(3)
    n = rng.integers(20_000, 100_000, 60)
    theta = -2 + deviation * rng.normal(size=60)
    found = _fit(rng.binomial(n, expit(theta)), n)
    assert found.deviation == pytest.approx(np.std(theta, ddof=1), rel=0.06, abs=0.012)
    # Then the typical rate is known as well as the mean of 60 normal numbers.
    half = 2.001 * np.std(theta, ddof=1) / np.sqrt(60)
    if deviation:
        assert logit(np.array(found.typical)) == pytest.approx(
            theta.mean() + half * np.array([-1, 0, 1]), abs=0.12 * half + 0.005
        )


def test_nobody_or_everybody_succeeding_gives_limits_of_the_right_order():
    found = _fit([0] * 12, [3000] * 12)
    # The rule of three: 95 % of the time under 3 / n.
    assert 0 < found.typical[1] < found.typical[2] < 3 / 36_000 * 1.5
    assert np.all(found.high < 3 / 3000)
    assert found.spread_upper < 0.001
    alone = _fit([0, 0, 30], [1, 40, 30])
    assert np.all((alone.low >= 0) & (alone.low < alone.middle) & (alone.high <= 1))


@settings(deadline=None, max_examples=times(12))
@given(SEGMENTS)
def test_failures_mirror_successes(rows):
    k, n = _counts(rows)
    found, mirrored = _fit(k, n), _fit(n - k, n)
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-3)
    assert found.middle == pytest.approx(1 - mirrored.middle, abs=1e-3)
    assert found.typical[0] == pytest.approx(1 - mirrored.typical[2], abs=1e-3)
    assert found.spread_upper == pytest.approx(mirrored.spread_upper, abs=1e-3)


@settings(deadline=None, max_examples=times(12))
@given(SEGMENTS, st.integers(0, 6))
def test_limits_are_in_order_and_one_more_success_raises_a_rate(rows, which):
    k, n = _counts(rows)
    found = _fit(k, n)
    assert np.all(found.low >= 0)
    assert np.all(found.low < found.middle)
    assert np.all(found.middle < found.high)
    assert np.all(found.high <= 1)
    assert 0 <= found.typical[0] < found.typical[1] < found.typical[2] <= 1
    assert 0 <= found.spread <= 0.5
    assert 0 < found.spread_upper <= 0.5
    narrow = _fit(k, n, 0.5)
    assert np.all(found.low < narrow.low)
    assert np.all(narrow.high < found.high)
    which %= len(rows)
    if k[which] < n[which]:
        more = k.copy()
        more[which] += 1
        assert _fit(more, n).middle[which] > found.middle[which] * (1 - 1e-4)


@settings(deadline=None, max_examples=times(10))
@given(SEGMENTS, st.randoms())
def test_the_order_of_segments_changes_nothing_at_all(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    k, n = _counts(rows)
    found, shuffled = _fit(k, n), _fit(k[order], n[order])
    assert np.array_equal(found.middle[order], shuffled.middle)
    assert found.typical == shuffled.typical
    assert found.spread_upper == shuffled.spread_upper


def test_five_hundred_segments_take_a_few_hundred_milliseconds():
    rng = np.random.default_rng(4)
    n = rng.integers(1, 100_000, 500)
    k = rng.binomial(n, expit(-4 + rng.normal(size=500)))
    taken = []
    for _ in range(3):
        began = time.process_time()
        _fit(k, n)
        taken.append(time.process_time() - began)
    assert min(taken) < 1.0
