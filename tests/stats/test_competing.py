"""Cumulative incidence: lifelines, laws, and the plain proportion."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter

from carepath.stats.competing import cumulative_incidence
from carepath.stats.proportions import wilson
from carepath.stats.survival import kaplan_meier, share_finished

items = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 2)), min_size=1, max_size=60)


def test_incidence_and_variance_agree_with_lifelines():
    rng = np.random.default_rng(8)
    first, second, watch = rng.exponential(5, 150), rng.exponential(9, 150), rng.uniform(2, 12, 150)
    time = np.minimum(np.minimum(first, second), watch)
    kind = np.where(time == watch, 0, np.where(time == first, 1, 2))
    found = cumulative_incidence(time, kind)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = AalenJohansenFitter(calculate_variance=True).fit(time, kind, event_of_interest=1)
    known = oracle.cumulative_density_.loc[found.times].iloc[:, 0].to_numpy()
    assert found.incidence == pytest.approx(known)
    spread = oracle.variance_.loc[found.times].to_numpy()
    assert found.variance == pytest.approx(spread, rel=1e-6, abs=1e-12)


def test_without_censoring_it_is_the_plain_proportion_with_its_variance():
    time, kind = np.arange(1, 101), np.tile([1, 2, 1, 1], 25)
    found = cumulative_incidence(time, kind)[1]
    assert found.at(50).value == pytest.approx(np.mean((time <= 50) & (kind == 1)))
    p = found.at(50).value
    assert found.variance[49] == pytest.approx(p * (1 - p) / 100)


def test_with_one_kind_of_end_it_is_one_minus_kaplan_meier():
    time, kind = [2, 3, 3, 5, 8, 9], [1, 0, 1, 1, 0, 1]
    curve = kaplan_meier(time, np.array(kind) == 1)
    assert cumulative_incidence(time, kind)[1].incidence == pytest.approx(1 - curve.survival)


def test_nobody_watched_has_no_incidence():
    assert cumulative_incidence([], []) == {}


def test_before_the_first_end_it_is_zero():
    assert cumulative_incidence([5, 6], [1, 2])[1].at(4).value == 0


def test_beyond_all_follow_up_there_is_no_share_while_some_are_open():
    rng = np.random.default_rng(4)
    time, watch = rng.exponential(30, 300), rng.uniform(0, 20, 300)
    found = cumulative_incidence(np.minimum(time, watch), time < watch)[1]
    assert found.at(5).value == pytest.approx(1 - np.exp(-5 / 30), abs=0.05)
    assert (found.at(90).value, found.at(90).reason) == (None, "under 30 at risk then")


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=90))
def test_a_share_is_given_where_one_minus_kaplan_meier_gives_it(rows):
    time, is_ended = (np.array(column) for column in zip(*rows, strict=True))
    for found in cumulative_incidence(time, is_ended).values():
        for day in (1, 5, 12, 30):
            plain = share_finished(kaplan_meier(time, is_ended), day)
            assert (found.at(day).value is None) == (plain.value is None)


def test_a_share_that_rounding_keeps_from_one_has_limits_like_one():
    # The sum of the steps is 1 - 1e-16 and the like for some of these sizes.
    for size in range(2, 80):
        found = cumulative_incidence(np.arange(size), np.ones(size, dtype=int))[1]
        shown = found.at(size)
        assert shown.value == pytest.approx(1)
        assert (shown.low, shown.high) == (pytest.approx(wilson(size, size).low), pytest.approx(1))


def test_where_some_were_not_followed_the_lower_limit_stays_once_everybody_else_ended():
    for size in range(4, 80):
        kinds = np.ones(size, dtype=int)
        kinds[0] = 0
        found = cumulative_incidence(np.arange(size), kinds)[1]
        assert found.incidence[-1] == pytest.approx(1)
        assert found.low[-1] == found.low[-2] > 0
        assert found.high[-1] == pytest.approx(1)


@settings(deadline=None)
@given(items)
def test_all_ends_and_the_share_still_open_sum_to_one(rows):
    time, kind = (np.array(column) for column in zip(*rows, strict=True))
    found = cumulative_incidence(time, kind)
    curve = kaplan_meier(time, kind > 0)
    if len(curve.times):
        total = sum(f.incidence for f in found.values()) + curve.survival
        assert total == pytest.approx(np.ones(len(total)))


@settings(deadline=None)
@given(items)
def test_incidence_never_falls_and_its_limits_hold_it(rows):
    time, kind = zip(*rows, strict=True)
    for f in cumulative_incidence(time, kind).values():
        assert np.all(np.diff(f.incidence) >= -1e-12)
        assert np.all((f.low <= f.incidence + 1e-12) & (f.incidence <= f.high + 1e-12))
        assert np.all((f.low >= -1e-12) & (f.high <= 1 + 1e-12))


def test_late_entry_agrees_with_lifelines():
    rng = np.random.default_rng(9)
    first, second = rng.exponential(6, 400), rng.exponential(9, 400)
    entry, watch = rng.uniform(0, 4, 400), rng.uniform(6, 14, 400)
    time = np.minimum(np.minimum(first, second), watch)
    kind = np.where(time == watch, 0, np.where(time == first, 1, 2))
    seen = entry < time
    time, kind, entry = time[seen], kind[seen], entry[seen]
    found = cumulative_incidence(time, kind, entered_late=entry)[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = AalenJohansenFitter(calculate_variance=False)
        oracle.fit(time, kind, event_of_interest=2, entry=entry)
    known = oracle.cumulative_density_.loc[found.times].iloc[:, 0].to_numpy()
    assert found.incidence == pytest.approx(known)
    assert found.at_risk[0] < len(time) / 2  # who came later was not at risk before


def test_the_limits_are_symmetric_on_the_log_log_scale():
    time, kind = np.arange(1, 101), np.tile([1, 2, 1, 0], 25)
    found = cumulative_incidence(time, kind)[1]
    middle = slice(10, 90)
    transformed = [
        np.log(-np.log(1 - values[middle])) for values in (found.low, found.incidence, found.high)
    ]
    assert transformed[1] - transformed[0] == pytest.approx(transformed[2] - transformed[1])
    rest = 1 - found.incidence[middle]
    spread = 1.959964 * np.sqrt(found.variance[middle]) / (rest * -np.log(rest))
    assert transformed[2] - transformed[1] == pytest.approx(spread, rel=1e-5)


def test_a_share_is_told_where_hardly_anything_was_open_when_few_were_left() -> None:
    durations = np.concatenate([np.full(991, 5.0), np.full(9, 40.0)])
    ends = np.concatenate([np.full(991, 1), np.full(9, 0)])
    assert cumulative_incidence(durations, ends)[1].at(90).value == pytest.approx(0.991)
    ends[:2] = 0  # more than one in a hundred
    durations[:2] = 40.0
    assert cumulative_incidence(durations, ends)[1].at(90).reason == "under 30 at risk then"


def test_where_none_has_ended_so_yet_the_share_has_an_upper_limit():
    found = cumulative_incidence(np.arange(40, 80), np.ones(40, int))[1].at(30.0)
    assert (found.value, found.low, found.reason) == (0.0, 0.0, "none by then")
    assert found.high == pytest.approx(3.8416 / (40 + 3.8416), rel=1e-3)  # Wilson, 0 of 40


def test_who_ended_another_way_is_known_not_to_have_ended_so():
    ends = np.where(np.arange(1000) < 999, 1, 2)
    found = cumulative_incidence(np.where(ends == 1, 5.0, 90.0), ends)[2].at(30.0)
    assert found.high == pytest.approx(3.8416 / (1000 + 3.8416), rel=1e-3)
