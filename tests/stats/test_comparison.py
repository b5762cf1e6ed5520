"""Comparing times of groups."""

import numpy as np
import pytest

from carepath.stats.comparison import _draws, _resampled, compare
from carepath.stats.slowness import slower_groups
from carepath.stats.survival import kaplan_meier, quantile, restricted_moments


def made(seed=1, projects=60, slow=2.0):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(projects), 5)
    first = cluster % 3 == 0
    life = rng.exponential(np.where(first, 8 * slow, 8))
    watch = rng.uniform(30, 60, len(life))
    return np.minimum(life, watch), life <= watch, first, cluster


def test_each_resample_is_the_curve_of_its_repeated_projects():
    times, done, first, cluster = made()
    drawn = _draws(cluster, first, np.random.default_rng(2), 5)
    medians, means = _resampled(times, done, first, cluster, drawn, 20.0)
    for row, weights in enumerate(drawn):
        repeats = weights[cluster] * first
        curve = kaplan_meier(np.repeat(times, repeats), np.repeat(done, repeats))
        assert medians[row] == quantile(curve, minimum_beyond=0).value
        assert means[row] == pytest.approx(restricted_moments(curve, 20.0)[0])


def test_projects_keep_their_group_when_the_type_belongs_to_them():
    _, _, first, cluster = made()
    drawn = _draws(cluster, first, np.random.default_rng(2), 50)
    slow = np.arange(60) % 3 == 0
    assert np.all(drawn[:, slow].sum(axis=1) == 20)
    assert np.all(drawn[:, ~slow].sum(axis=1) == 40)


def test_a_slower_group_is_seen_with_its_effect_first():
    times, done, first, cluster = made()
    found = compare(times, done, first, 20.0, seed=1, clusters=cluster)
    assert found.mean_ratio.value > 1.2
    assert found.mean_difference.low > 0
    assert found.median_difference.low > 0
    assert found.test.p < 0.01


def test_the_same_seed_gives_the_same_answer():
    times, done, first, cluster = made()
    assert compare(times, done, first, 20.0, 5, cluster) == compare(
        times, done, first, 20.0, 5, cluster
    )


def test_few_projects_or_few_finishes_have_no_interval():
    times, done, first, cluster = made(projects=12)
    few = compare(times, done, first, 20.0, seed=1, clusters=cluster)
    assert not few.mean_difference.has_interval
    assert few.test.p is None
    rare = compare(times, np.zeros(len(done), bool), first, 20.0, seed=1)
    assert rare.mean_difference.reason == "under 10 finished"


def test_slower_needs_both_twenty_percent_and_an_adjusted_p():
    times, done, first, cluster = made()
    kinds = np.where(first, "legal", np.where(cluster % 3 == 1, "home", "money"))
    found = slower_groups(times, done, kinds, 20.0, seed=1, clusters=cluster)
    assert [v.group for v in found if v.is_slower] == ["legal"]
    assert found[0].group == "legal"
    slight = made(slow=1.05)
    assert not any(v.is_slower for v in slower_groups(*slight[:3], 20.0, 1, slight[3]))


def test_under_thirty_finished_is_not_ranked_and_one_group_is_not_compared():
    times, done, _, cluster = made()
    kinds = np.where(np.arange(len(times)) < 20, "rare", "common")
    rare = {v.group: v for v in slower_groups(times, done, kinds, 20.0, 1, cluster)}
    assert rare["rare"].is_slower is None
    assert "30" in rare["rare"].reason
    alone = slower_groups(times, done, np.full(len(times), "all"), 20.0, 1, cluster)
    assert alone[0].is_slower is None
