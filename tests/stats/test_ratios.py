"""Ratios of sums over clusters, against a bootstrap of whole clusters and by their laws."""

import numpy as np
import pytest

from carepath.stats.ratios import ratio_of_sums


def test_the_interval_is_that_of_a_bootstrap_of_whole_clusters():
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(150), 4)
    below = rng.gamma(2, 1, 600) * np.repeat(rng.gamma(4, 0.3, 150), 4)
    above = below * np.repeat(rng.uniform(0.2, 0.6, 150), 4)
    found = ratio_of_sums(above, below, cluster)
    sums = np.stack([np.bincount(cluster, weights=w) for w in (above, below)])
    drawn = sums[:, rng.integers(0, 150, (150, 4000))].sum(axis=1)
    spread = np.std(drawn[0] / drawn[1])
    assert (found.high - found.low) / 2 == pytest.approx(1.976 * spread, rel=0.06)
    assert found.value == pytest.approx(above.sum() / below.sum())


def test_items_of_their_own_give_the_textbook_ratio_estimator():
    above, below = np.arange(1.0, 41), np.arange(1.0, 41) ** 1.5
    found = ratio_of_sums(above, below, np.arange(40))
    rest = above - found.value * below
    error = np.sqrt(np.sum(rest**2) / 39 / 40) / below.mean()
    assert found.high - found.value == pytest.approx(2.0227 * error, rel=1e-4)


def test_the_order_of_items_and_names_of_clusters_change_nothing():
    rng = np.random.default_rng(6)
    above, below, cluster = rng.random(90), rng.random(90) + 1, np.arange(90) // 3
    order = rng.permutation(90)
    one = ratio_of_sums(above, below, cluster)
    other = ratio_of_sums(above[order], below[order], (cluster[order] * 7) % 31)
    assert (other.value, other.low) == pytest.approx((one.value, one.low))


def test_few_clusters_give_no_limits_and_nothing_no_value():
    assert ratio_of_sums([1, 2], [2, 4], [0, 1]).low is None
    assert ratio_of_sums([1, 2], [2, 4], [0, 1]).value == 0.5
    assert ratio_of_sums([0.0], [0.0], [0]).value is None
