"""Kaplan-Meier and what is read off it: published data, lifelines, and laws."""

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats import survival
from carepath.stats.survival import kaplan_meier

# Freireich et al. (1963), remission times in weeks of acute leukaemia patients: 6-MP and placebo.
SIX_MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

watched = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60)


def test_the_curve_of_the_leukaemia_trial_is_the_published_one():
    # Kalbfleisch and Prentice (1980), table 1.2; Greenwood errors from Collett (2003), 2.3.
    curve = kaplan_meier(SIX_MP, SIX_MP_ENDED)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    expected = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert np.round(curve.survival, 3).tolist() == expected
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert np.round(np.sqrt(curve.variance), 4).tolist() == errors


def test_the_medians_of_the_leukaemia_trial_are_23_and_8_weeks():
    drug = survival.quantile(
        kaplan_meier(SIX_MP, SIX_MP_ENDED), minimum_finished=0, minimum_beyond=0
    )
    assert (drug.value, drug.low, drug.high) == (23, 13, None)  # R survfit, conf.type = "log-log"
    placebo = survival.quantile(kaplan_meier(PLACEBO, [1] * 21), minimum_beyond=5)
    assert (placebo.value, placebo.low, placebo.high) == (8, 4, 11)


def test_limits_agree_with_lifelines():
    curve = kaplan_meier(SIX_MP, SIX_MP_ENDED)
    oracle = KaplanMeierFitter().fit(SIX_MP, SIX_MP_ENDED)
    limits = oracle.confidence_interval_survival_function_.loc[curve.times]
    assert curve.low == pytest.approx(limits.iloc[:, 0].to_numpy())
    assert curve.high == pytest.approx(limits.iloc[:, 1].to_numpy())


def test_the_curve_agrees_with_scipy():
    times, ended = np.array(SIX_MP), np.array(SIX_MP_ENDED, bool)
    oracle = stats.ecdf(stats.CensoredData(times[ended], right=times[~ended])).sf
    curve = kaplan_meier(times, ended)
    assert curve.survival == pytest.approx(oracle.evaluate(curve.times))


def test_late_entry_agrees_with_lifelines():
    rng = np.random.default_rng(4)
    entry, life = rng.uniform(0, 5, 400), rng.exponential(6, 400)
    keep = life > entry
    entry, life = entry[keep], life[keep]
    end = np.minimum(life, 12.0)
    curve = kaplan_meier(end, life < 12, entered_late=entry)
    oracle = KaplanMeierFitter().fit(end, life < 12, entry=entry)
    known = oracle.survival_function_.loc[curve.times].iloc[:, 0].to_numpy()
    assert curve.survival == pytest.approx(known)


def test_ignoring_late_entry_would_flatter_nobody():
    entered_late = kaplan_meier([5, 6, 7, 8], [1, 1, 1, 1], entered_late=[4, 5, 0, 0])
    assert entered_late.at_risk.tolist() == [3, 3, 2, 1]


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
def test_the_restricted_mean_agrees_with_lifelines():
    curve = kaplan_meier(SIX_MP, SIX_MP_ENDED)
    oracle = KaplanMeierFitter().fit(SIX_MP, SIX_MP_ENDED)
    found = survival.restricted_moments(curve, 30.0)
    mean, variance = restricted_mean_survival_time(oracle, 30.0, return_variance=True)
    assert found[0] == pytest.approx(mean)
    # lifelines integrates the spread of the outcome itself; ours is the variance of the estimate.
    assert found[1] < variance


def test_the_variance_of_an_uncensored_restricted_mean_is_that_of_a_mean():
    curve = kaplan_meier(PLACEBO, [1] * 21)
    mean, variance = survival.restricted_moments(curve, 100.0)
    assert mean == pytest.approx(np.mean(PLACEBO))
    assert variance == pytest.approx(np.var(PLACEBO, ddof=1) / 21)


def test_fewer_than_half_finished_is_none_and_says_so():
    curve = kaplan_meier([1] * 20 + [9] * 80, [1] * 20 + [0] * 80)
    found = survival.quantile(curve)
    assert found.value is None
    assert found.reason == "not reached"
    assert curve.followed_to == 9


def test_a_quantile_with_few_finishes_beyond_it_is_withheld():
    curve = kaplan_meier(np.arange(1, 41), [1] * 40)
    assert survival.quantile(curve, 0.5).value == 20
    assert survival.quantile(curve, 0.85).value is None
    assert "beyond" in survival.quantile(curve, 0.85).reason


def test_under_ten_finished_there_is_no_interval():
    found = survival.quantile(kaplan_meier([1, 2, 3], [1, 1, 1]))
    assert found.value == 2
    assert not found.has_interval


def test_a_rate_with_few_at_risk_at_the_window_is_withheld():
    curve = kaplan_meier([3] * 10 + [5] * 80 + [14] * 5, [1] * 10 + [0] * 80 + [0] * 5)
    assert survival.share_finished(curve, 14.0).value is None
    assert survival.share_finished(curve, 5.0).value is not None


def test_nobody_watched_has_a_curve_that_says_nothing():
    curve = kaplan_meier([], [])
    assert curve.followed_to is None
    assert survival.quantile(curve).value is None
    assert survival.share_finished(curve, 3.0).value is None
    assert survival.restricted_mean(curve, 3.0).value is None


def test_negative_durations_and_late_entry_after_the_end_are_refused():
    with pytest.raises(CarepathError):
        kaplan_meier([-1.0], [True])
    with pytest.raises(CarepathError, match="before it was first watched"):
        kaplan_meier([3.0], [True], entered_late=[3.0])


@settings(deadline=None)
@given(watched)
def test_the_curve_never_rises_and_its_limits_hold_it(items):
    times, done = zip(*items, strict=True)
    curve = kaplan_meier(times, done)
    assert np.all(np.diff(curve.survival) <= 1e-12)
    assert np.all(curve.low <= curve.survival + 1e-12)
    assert np.all(curve.survival <= curve.high + 1e-12)
    assert np.all((curve.low >= 0) & (curve.high <= 1))


@settings(deadline=None)
@given(watched, st.randoms())
def test_the_order_of_items_does_not_matter(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    first = kaplan_meier(*zip(*items, strict=True))
    second = kaplan_meier(*zip(*shuffled, strict=True))
    assert np.array_equal(first.survival, second.survival)


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(1, 30))
def test_without_censoring_it_is_the_plain_proportion(times, at):
    found = survival.share_finished(kaplan_meier(times, [True] * len(times)), at)
    assert found.value == pytest.approx(np.mean(np.array(times) <= at))


@pytest.mark.parametrize("q", [0.1, 0.25, 0.5])
def test_quantiles_and_their_limits_are_where_the_curves_of_lifelines_cross(q):
    rng = np.random.default_rng(12)
    life, watch = np.ceil(rng.exponential(9, 150)), np.ceil(rng.uniform(3, 30, 150))
    time, ended = np.minimum(life, watch), life <= watch
    oracle = KaplanMeierFitter().fit(time, ended)
    low, high = oracle.confidence_interval_survival_function_.to_numpy().T
    times = oracle.survival_function_.index.to_numpy()
    found = survival.quantile(kaplan_meier(time, ended), q)
    assert found.value == oracle.percentile(1 - q)
    assert found.low == times[np.flatnonzero(np.minimum.accumulate(low) <= 1 - q)[0]]
    assert found.high == times[np.flatnonzero(np.minimum.accumulate(high) <= 1 - q)[0]]


def test_the_variance_of_a_censored_restricted_mean_is_the_sum_over_finishes():
    # Klein and Moeschberger (2003), 4.5: sum over finishes of (area beyond)^2 d / (n (n - d)).
    time, ended = np.array(SIX_MP), np.array(SIX_MP_ENDED, bool)
    steps = [(t, np.sum(time >= t), np.sum((time == t) & ended)) for t in np.unique(time[ended])]
    left, heights = 1.0, []
    for _, n, d in steps:
        left *= 1 - d / n
        heights.append(left)
    total, seen = 0.0, 0
    for place, (t, n, d) in enumerate(steps):
        edges = [t, *(s[0] for s in steps[place + 1 :]), 30.0]
        area = sum(h * (b - a) for h, a, b in zip(heights[place:], edges, edges[1:], strict=False))
        total += area**2 * d / (n * (n - d))
        seen += d
    _, variance = survival.restricted_moments(kaplan_meier(SIX_MP, SIX_MP_ENDED), 30.0)
    assert variance == pytest.approx(total * seen / (seen - 1))


@settings(max_examples=times(60), deadline=None)
@given(watched, st.randoms(use_true_random=False))
def test_the_restricted_mean_is_bounded_grows_with_the_horizon_and_ignores_the_order(rows, random):
    curve = kaplan_meier([t for t, _ in rows], [e for _, e in rows])
    last = 0.0
    for horizon in (1.0, 5.0, 20.0):
        value, variance = survival.restricted_moments(curve, horizon)
        if value is None:
            continue
        assert last <= value <= horizon + 1e-9
        assert value - last <= horizon
        assert variance >= 0
        last = value
    random.shuffle(rows)
    again = kaplan_meier([t for t, _ in rows], [e for _, e in rows])
    assert survival.restricted_mean(again, 5.0) == survival.restricted_mean(curve, 5.0)


@settings(max_examples=times(60), deadline=None)
@given(watched)
def test_a_higher_quantile_is_never_earlier(rows):
    curve = kaplan_meier([t for t, _ in rows], [e for _, e in rows])
    found = [survival.quantile(curve, q, 0, 0).value for q in (0.1, 0.5, 0.75, 0.9)]
    known = [value for value in found if value is not None]
    assert known == sorted(known)
    assert all(value is None for value in found[len(known) :])
