"""Log-rank tests: published value, lifelines, exact permutations."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test
from scipy import stats

from carepath.stats.logrank import clustered_log_rank, log_rank, one_against_rest
from tests.stats.test_survival import PLACEBO, SIX_MP, SIX_MP_ENDED

TIMES = np.array(SIX_MP + PLACEBO, dtype=float)
ENDED = np.array(SIX_MP_ENDED + [1] * 21, dtype=bool)
GROUP = np.repeat([0, 1], 21)


def test_the_leukaemia_trial_has_the_published_statistic():
    # Chi-square 16.79, for instance Kleinbaum and Klein (2012), chapter 2.
    assert log_rank(TIMES, ENDED, GROUP).statistic == pytest.approx(16.79, abs=0.005)


def test_two_groups_agree_with_scipy():
    sample = [
        stats.CensoredData(TIMES[(g == GROUP) & ENDED], right=TIMES[(g == GROUP) & ~ENDED])
        for g in (0, 1)
    ]
    assert log_rank(TIMES, ENDED, GROUP).p == pytest.approx(stats.logrank(*sample).pvalue)


def test_three_groups_agree_with_lifelines():
    rng = np.random.default_rng(2)
    times, done, group = rng.integers(1, 15, 90), rng.random(90) < 0.7, rng.integers(0, 3, 90)
    oracle = multivariate_logrank_test(times, group, done)
    found = log_rank(times, done, group)
    assert found.statistic == pytest.approx(oracle.test_statistic)
    assert found.p == pytest.approx(oracle.p_value)


def test_one_group_or_no_finish_has_no_p_value():
    assert log_rank([1, 2], [1, 1], [0, 0]).p is None
    assert log_rank([1, 2], [0, 0], [0, 1]).p is None
    assert log_rank([], [], []).p is None


def test_few_projects_have_no_p_value():
    assert clustered_log_rank([1, 2], [1, 1], [0, 1], [0, 1], seed=1).p is None


def test_permuting_projects_agrees_with_every_permutation(monkeypatch):
    monkeypatch.setattr("carepath.stats.logrank.MINIMUM_CLUSTERS", 5)
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(6), 3)
    labels = np.array([0, 0, 1, 1, 1, 0])
    times, done = rng.exponential(5, 18) * (1 + labels[cluster]), rng.random(18) < 0.9
    found = clustered_log_rank(times, done, labels[cluster], cluster, 1, permutations=4000)
    beaten, count = 0, 0
    for chosen in itertools.combinations(range(6), 3):
        other = np.ones(6, dtype=int)
        other[list(chosen)] = 0
        score = _observed_minus_expected(times, done, other[cluster])
        beaten += score**2 >= _observed_minus_expected(times, done, labels[cluster]) ** 2 - 1e-9
        count += 1
    assert found.p == pytest.approx(beaten / count, abs=0.03)


def _observed_minus_expected(times, done, group):
    total = 0.0
    for t in np.unique(times[done]):
        at_risk = times >= t
        d = np.sum(done & (times == t))
        total += np.sum(done & (times == t) & (group == 0))
        total -= d * np.sum(at_risk & (group == 0)) / at_risk.sum()
    return total


def _count_at_each_time(times, done, group, entered):
    """The two-group statistic by counting who is under observation at every finish."""
    score = variance = 0.0
    for t in sorted({x for x, is_over in zip(times, done, strict=True) if is_over}):
        watched = [i for i in range(len(times)) if entered[i] < t <= times[i]]
        ended = [i for i in watched if done[i] and times[i] == t]
        n, d = len(watched), len(ended)
        if n:
            share = sum(group[i] for i in watched) / n
            score += sum(group[i] for i in ended) - d * share
            variance += d * share * (1 - share) * ((n - d) / (n - 1) if n > 1 else 0)
    return score**2 / variance if variance > 1e-12 else None


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 5), st.booleans(), st.integers(0, 1)),
        min_size=2,
        max_size=30,
    )
)
def test_late_entries_agree_with_counting_at_each_time(items):
    entered, length, done, group = zip(*items, strict=True)
    times = [start + more for start, more in zip(entered, length, strict=True)]
    found = log_rank(times, done, group, entered)
    expected = _count_at_each_time(times, done, group, entered)
    if found.statistic is not None:
        assert found.statistic == pytest.approx(expected or 0.0, abs=1e-9)
    else:
        assert expected is None


@pytest.mark.parametrize("projects", [40, 120, 0])
def test_each_group_against_the_rest_is_the_test_of_that_group_alone(projects):
    rng = np.random.default_rng(12)
    group = rng.integers(0, 3, 240)
    cluster = rng.integers(0, projects, 240) if projects else np.arange(240)
    if projects == 120:
        group = cluster % 3  # whole projects belong to one group
    times, done = rng.exponential(5, 240), rng.random(240) < 0.8
    found = one_against_rest(times, done, group, cluster, np.random.default_rng(4))
    alone = np.random.default_rng(4)
    for place, test in enumerate(found):
        member = group == place
        if projects:
            assert test == clustered_log_rank(times, done, member, cluster, alone)
        else:
            assert test == log_rank(times, done, member)


def test_groups_with_few_finishes_are_not_tested():
    found = one_against_rest([1, 2, 3, 4], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1], 1, fewest=2)
    assert [(test.p, test.reason) for test in found] == [(None, "under 2 finished")] * 2
    assert one_against_rest([1, 2], [0, 0], [0, 1], [0, 1], 1)[0].reason == "under 1 finished"


def test_one_item_per_cluster_resembles_the_plain_test():
    rng = np.random.default_rng(7)
    times, group = rng.exponential(5, 300), rng.integers(0, 2, 300)
    done = rng.random(300) < 0.8
    plain = log_rank(times, done, group)
    clustered = clustered_log_rank(times, done, group, np.arange(300), seed=1)
    assert clustered.p == pytest.approx(plain.p, abs=0.05)


def test_types_mixed_within_projects_use_a_sandwich():
    rng = np.random.default_rng(9)
    cluster = np.repeat(np.arange(60), 5)
    group = np.tile([0, 1, 0, 1, 0], 60)
    times = rng.exponential(5, 300)
    found = clustered_log_rank(times, np.ones(300, bool), group, cluster, seed=1)
    plain = log_rank(times, np.ones(300, bool), group)
    assert found.method == "clustered log-rank"
    assert found.statistic == pytest.approx(plain.statistic, rel=0.35, abs=0.3)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 2)), min_size=2, max_size=40
    ),
    st.randoms(),
)
def test_names_and_order_do_not_matter(items, random):
    times, done, group = zip(*items, strict=True)
    shuffled = list(items)
    random.shuffle(shuffled)
    t2, d2, g2 = zip(*shuffled, strict=True)
    first = log_rank(times, done, group)
    second = log_rank(t2, d2, [("b", "c", "a")[g] for g in g2])
    assert (first.p is None) == (second.p is None)
    if first.p is not None:
        assert 0 <= first.p <= 1
        assert second.p == pytest.approx(first.p, abs=1e-9)
