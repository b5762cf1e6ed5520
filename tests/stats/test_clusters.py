"""Times of tasks whose projects are alike within: intervals take whole projects."""

import numpy as np
import pytest

from carepath.stats.clusters import encode_clusters, variance_factor
from carepath.stats.competing import cumulative_incidence
from carepath.stats.percentiles import percentile
from carepath.stats.survival import kaplan_meier, quantile, restricted_mean

PROJECTS = 120


def tasks(rng, projects=PROJECTS, alike=0.8):
    sizes = 1 + rng.poisson(5, projects)
    cluster = np.repeat(np.arange(projects), sizes)
    life = 2 * np.exp(alike * rng.normal(size=projects)[cluster] + rng.normal(size=len(cluster)))
    watch = rng.uniform(10, 60, projects)[cluster]
    watch[0] = 60.0
    return np.minimum(life, watch), life <= watch, cluster


def resample(rng, cluster, statistic, draws=600):
    """Bootstrap whole projects; give the standard error."""
    places = [np.flatnonzero(cluster == one) for one in range(cluster.max() + 1)]
    return np.std(
        [
            statistic(np.concatenate([places[one] for one in drawn]))
            for drawn in rng.integers(0, len(places), (draws, len(places)))
        ]
    )


def half(estimate):
    return (estimate.high - estimate.low) / 2


def test_the_mean_is_as_unsure_as_when_whole_projects_are_drawn_anew():
    rng = np.random.default_rng(1)
    times, done, cluster = tasks(rng)
    found = restricted_mean(kaplan_meier(times, done, clusters=cluster), 20.0)
    error = resample(rng, cluster, lambda i: np.minimum(times, 20.0)[i].mean())
    assert half(found) == pytest.approx(1.98 * error, rel=0.1)
    assert half(found) > 1.5 * half(restricted_mean(kaplan_meier(times, done), 20.0))


def test_a_share_that_ended_one_way_is_as_unsure_as_when_whole_projects_are_drawn_anew():
    rng = np.random.default_rng(2)
    times, done, cluster = tasks(rng)
    kinds = np.where(done, 1 + (rng.random(PROJECTS) < 0.3)[cluster], 0)
    found = cumulative_incidence(times, kinds, clusters=cluster)
    for kind in (1, 2):
        error = resample(rng, cluster, lambda i, k=kind: ((kinds == k) & (times <= 5.0))[i].mean())
        assert half(found[kind].at(5.0)) == pytest.approx(1.98 * error, rel=0.12)


@pytest.mark.parametrize("q", [0.5, 0.85])
def test_quantiles_of_tasks_hold_the_truth_as_often_as_they_say(q):
    rng = np.random.default_rng(3)
    spread = np.sqrt(1 + 0.8**2)
    truth = 2 * np.exp(spread * {0.5: 0.0, 0.85: 1.0364}[q])
    held = {"survival": 0, "complete": 0, "as if alone": 0}
    for _ in range(200):
        times, done, cluster = tasks(rng, 60)
        complete = np.where(done, times, 1e6)
        held["survival"] += quantile(kaplan_meier(times, done, clusters=cluster), q).contains(truth)
        held["complete"] += percentile(complete, q, clusters=cluster).contains(truth)
        held["as if alone"] += quantile(kaplan_meier(times, done), q).contains(truth)
    assert held["survival"] >= 182
    assert held["complete"] >= 182
    assert held["as if alone"] < 176


def test_clusters_of_one_change_nothing():
    times, done, _ = tasks(np.random.default_rng(4))
    alone = np.arange(len(times))
    one, other = kaplan_meier(times, done), kaplan_meier(times, done, clusters=alone)
    assert quantile(one) == quantile(other)
    assert restricted_mean(one, 20.0) == restricted_mean(other, 20.0)
    assert percentile(times, 0.5) == percentile(times, 0.5, clusters=alone)


def test_names_and_order_of_projects_change_nothing():
    times, done, cluster = tasks(np.random.default_rng(5))
    order = np.random.default_rng(6).permutation(len(times))
    names = np.array([f"p{one * 7 % 121}" for one in cluster[order]], dtype=object)
    one = quantile(kaplan_meier(times, done, clusters=cluster))
    assert quantile(kaplan_meier(times[order], done[order], clusters=names)) == one


def test_under_twenty_projects_there_is_no_interval():
    times, done, cluster = tasks(np.random.default_rng(7), projects=19)
    curve = kaplan_meier(times, done, clusters=cluster)
    kinds = done.astype(int)
    for found in (
        quantile(curve),
        restricted_mean(curve, 20.0),
        percentile(times, 0.5, clusters=cluster),
        cumulative_incidence(times, kinds, clusters=cluster)[1].at(2.0),
    ):
        assert found.value is not None
        assert (found.low, found.high, found.reason) == (None, None, "under 20 projects")


def test_a_quantile_that_is_not_reached_has_no_limit_under_twenty_projects_either():
    projects = np.repeat(np.arange(5), 40)
    times = np.tile(np.arange(1.0, 41.0), 5)
    curve = kaplan_meier(times, times <= 15, clusters=projects)
    for q in (0.5, 0.37):
        found = quantile(curve, q)
        assert (found.value, found.low, found.high) == (None, None, None)


def test_a_share_of_none_is_one_of_projects():
    times, _, cluster = tasks(np.random.default_rng(9), projects=50)
    kinds = np.where(np.arange(len(times)) == times.argmax(), 2, 1)
    found = cumulative_incidence(times, kinds, clusters=cluster)[2].at(float(np.median(times)))
    assert (found.value, found.reason) == (0.0, "none by then")
    assert found.high == pytest.approx(3.8416 / (50 + 3.8416), rel=1e-3)
    few = cumulative_incidence(times, kinds, clusters=cluster % 19)[2].at(float(np.median(times)))
    assert (few.value, few.high, few.reason) == (0.0, None, "under 20 projects")


def test_a_project_counts_once_where_its_tasks_are_the_same():
    rng = np.random.default_rng(8)
    once = rng.normal(size=200)
    codes = encode_clusters(np.repeat(np.arange(200), 4))
    # Four equal tasks tell what one does: four times the variance, with t on 199 for z.
    assert variance_factor(np.repeat(once, 4), codes, 0.95) == pytest.approx(4.07, abs=0.03)
