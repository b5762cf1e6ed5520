"""Times of each group beside the rest, whole projects at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from carepath.questions.group_means import GroupMean, compare_groups
from carepath.stats.survival import kaplan_meier, restricted_moments

HORIZON = 20.0
Made = tuple[Any, Any, Any, Any]


def made(seed: int = 1, projects: int = 60, slow: float = 2.0) -> Made:
    """Tasks of projects that are alike within; every third project is legal, and slower."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(projects), 5)
    kinds = np.array(["legal", "home", "money"], dtype=object)[cluster % 3]
    scale = (
        np.where(kinds == "legal", 8 * slow, 8) * np.exp(0.5 * rng.normal(size=projects))[cluster]
    )
    life, watch = rng.exponential(scale), rng.uniform(30, 60, projects)[cluster]
    return np.minimum(life, watch), life <= watch, kinds, cluster


def compare(data: Made) -> dict[str, GroupMean]:
    return {one.group: one for one in compare_groups(*data, HORIZON, 1)}


def test_intervals_are_those_of_a_bootstrap_of_whole_projects() -> None:
    times, done, kinds, cluster = made(projects=150)
    found = compare((times, done, kinds, cluster))["legal"]
    rng = np.random.default_rng(2)
    places = [np.flatnonzero(cluster == one) for one in range(150)]
    means, ratios = [], []
    for drawn in rng.integers(0, 150, (400, 150)):
        chosen = np.concatenate([places[one] for one in drawn])
        legal = chosen[kinds[chosen] == "legal"]
        rest = chosen[kinds[chosen] != "legal"]
        mean, other = (
            restricted_moments(kaplan_meier(times[part], done[part]), HORIZON)[0] or 0.0
            for part in (legal, rest)
        )
        means.append(mean)
        ratios.append(np.log(mean / other))
    assert found.mean.low is not None and found.mean.high is not None
    assert found.ratio.low is not None and found.ratio.high is not None
    assert found.mean.high - found.mean.low == pytest.approx(2 * 1.98 * np.std(means), rel=0.12)
    width = np.log(found.ratio.high / found.ratio.low)
    assert width == pytest.approx(2 * 1.98 * np.std(ratios), rel=0.12)


def test_slower_needs_both_twenty_percent_and_an_adjusted_p() -> None:
    found = compare(made())
    assert [one.group for one in found.values() if one.is_slower] == ["legal"]
    assert next(iter(found)) == "legal"
    assert not any(one.is_slower for one in compare(made(slow=1.05)).values())


def test_few_projects_have_no_interval_and_no_verdict() -> None:
    for one in compare(made(projects=12)).values():
        assert not one.mean.has_interval
        assert one.is_slower is None


def test_a_group_of_few_projects_is_not_called_slower_though_it_has_many_tasks() -> None:
    times, done, kinds, cluster = made(projects=90, slow=6.0)
    few = (kinds != "legal") | (cluster < 45)
    found = compare((times[few], done[few], kinds[few], cluster[few]))["legal"]
    assert found.n_finished >= 30
    assert found.adjusted_p is not None and found.adjusted_p < 0.05
    assert (found.is_slower, found.reason) == (None, "under 20 projects")


def test_under_thirty_finished_is_not_ranked_and_one_group_is_not_compared() -> None:
    times, done, _, cluster = made()
    rare = np.where(np.arange(len(times)) < 20, "rare", "common").astype(object)
    found = compare((times, done, rare, cluster))["rare"]
    assert found.is_slower is None
    assert found.reason is not None and "30" in found.reason
    alone = compare((times, done, np.full(len(times), "all", dtype=object), cluster))["all"]
    assert alone.is_slower is None
