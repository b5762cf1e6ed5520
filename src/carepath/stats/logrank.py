"""Do times differ between groups? Log-rank, also where the tasks of a project belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carepath.stats.distributions import chi_square_tail, f_tail
from carepath.stats.estimates import (
    Booleans,
    Floats,
    Integers,
    Seed,
    distinct,
    generator,
    same_length,
)

MINIMUM_CLUSTERS = 20


@dataclass(frozen=True)
class TestResult:
    """A test of one null hypothesis.

    Parameters
    ----------
    statistic : float or None
        The test statistic; None when the test could not be done.
    p : float or None
        P-value in [0, 1], two-sided.
    method : str
        Name of the test.
    reason : str or None
        Why there is no p-value.
    """

    __test__ = False

    statistic: float | None
    p: float | None
    method: str
    reason: str | None = None


def log_rank(
    durations: ArrayLike,
    is_finished: ArrayLike,
    groups: ArrayLike,
    entered_late: ArrayLike | None = None,
) -> TestResult:
    """Test whether the times of two or more groups have one distribution.

    Parameters
    ----------
    durations : array of float, shape (n,)
        Time from start to finish or to the last moment watched.
    is_finished : array of bool, shape (n,)
        False = still open.
    groups : array, shape (n,)
        Group of each item; any values.
    entered_late : array of float, shape (n,), optional
        Left truncation, as in `survival.kaplan_meier`.

    Returns
    -------
    TestResult
        No p-value with fewer than two groups or no finishes.

    Notes
    -----
    Observed minus expected finishes with the hypergeometric covariance over k - 1 groups, against
    chi-square (Mantel 1966; Peto and Peto 1972). Assumes independent items: for tasks of one
    project use `clustered_log_rank`.
    """
    exits, done, entries, group = _arrays(durations, is_finished, groups, entered_late)
    k = int(group.max()) + 1 if len(group) else 0
    if k < 2 or not done.any():
        return TestResult(None, None, "log-rank", "needs two groups and a finish")
    return _independent(_Followed.of(exits, done, entries), group, k)


def clustered_log_rank(
    durations: ArrayLike,
    is_finished: ArrayLike,
    groups: ArrayLike,
    clusters: ArrayLike,
    seed: Seed,
    entered_late: ArrayLike | None = None,
    permutations: int = 2000,
) -> TestResult:
    """Test whether times differ between groups when items come in clusters (projects).

    Parameters
    ----------
    durations, is_finished, groups, entered_late
        As for `log_rank`.
    clusters : array, shape (n,)
        Project of each item.
    seed : int or Generator
        The same seed gives the same p-value.
    permutations : int
        Number of permutations, used when every cluster lies in one group.

    Returns
    -------
    TestResult
        No p-value with fewer than 20 clusters.

    Notes
    -----
    Where the group belongs to the project, whole projects are permuted: the log-rank score of an
    item, finished - cumulative hazard (+ hazard at entry), is summed per project and projects
    change groups (exact up to sampling when projects are exchangeable, censoring included).
    Where groups differ within a project, the score's influence terms are summed per project for
    a sandwich covariance (Lee, Wei and Amato 1992), Wald against F on clusters - 1.
    """
    exits, done, entries, group = _arrays(durations, is_finished, groups, entered_late)
    cluster = _encode(np.asarray(clusters))
    same_length(durations=exits, clusters=cluster)
    k = int(group.max()) + 1 if len(group) else 0
    if k < 2 or not done.any():
        return TestResult(None, None, "clustered log-rank", "needs two groups and a finish")
    followed = _Followed.of(exits, done, entries)
    return _clustered(followed, group, k, cluster, generator(seed), permutations)


def one_against_rest(
    durations: ArrayLike,
    is_finished: ArrayLike,
    groups: ArrayLike,
    clusters: ArrayLike,
    seed: Seed,
    fewest: int = 1,
    permutations: int = 2000,
) -> tuple[TestResult, ...]:
    """Test each group against all others together.

    Parameters
    ----------
    durations, is_finished, groups, clusters, seed, permutations
        As for `clustered_log_rank`; the groups share one stream of random numbers.
    fewest : int
        Finishes that a test needs in the group and outside it.

    Returns
    -------
    tuple of TestResult
        By group, in the order of their values: what `clustered_log_rank` gives, or `log_rank`
        where every item is a cluster of its own.
    """
    exits, done, entries, group = _arrays(durations, is_finished, groups, None)
    cluster = _encode(np.asarray(clusters))
    same_length(durations=exits, clusters=cluster)
    if not done.any():
        nothing = TestResult(None, None, "log-rank", f"under {fewest} finished")
        return (nothing,) * (int(group.max()) + 1 if len(group) else 0)
    finishes = np.bincount(group[done], minlength=int(group.max()) + 1)
    is_clustered = int(cluster.max()) + 1 < len(cluster)
    followed, rng = _Followed.of(exits, done, entries), generator(seed)
    found = []
    for place, count in enumerate(finishes.tolist()):
        member = (group == place).astype(np.int64)
        if min(count, finishes.sum() - count) < fewest:
            found.append(TestResult(None, None, "log-rank", f"under {fewest} finished"))
        elif is_clustered:
            found.append(_clustered(followed, member, 2, cluster, rng, permutations))
        else:
            found.append(_independent(followed, member, 2))
    return tuple(found)


def _independent(followed: _Followed, group: Integers, k: int) -> TestResult:
    """Test k >= 2 groups of independent items."""
    at_risk = np.array([followed.at_risk(group == g) for g in range(k)])
    n = at_risk.sum(axis=0).astype(float)
    total = followed.finished()
    d = np.array([followed.finished(group == g) for g in range(k)])
    share = at_risk / n
    score = (d - share * total).sum(axis=1)
    spread = total * np.where(n > 1, (n - total) / np.maximum(n - 1, 1), 0.0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return _wald(score[:-1], covariance[:-1, :-1], "log-rank")


def _clustered(
    followed: _Followed,
    group: Integers,
    k: int,
    cluster: Integers,
    rng: np.random.Generator,
    permutations: int,
) -> TestResult:
    """Test k >= 2 groups, by permutation where every cluster lies in one of them."""
    c = int(cluster.max()) + 1
    if c < MINIMUM_CLUSTERS:
        reason = f"under {MINIMUM_CLUSTERS} projects"
        return TestResult(None, None, "clustered log-rank", reason)
    first = np.zeros(c, dtype=np.int64)
    first[cluster] = group
    if np.array_equal(first[cluster], group):
        summed = np.bincount(cluster, weights=_item_scores(followed), minlength=c)
        scores = np.asarray(summed, dtype=np.float64)
        sizes = np.bincount(cluster).astype(np.int64)
        return _permuted(scores, first, sizes, k, rng, permutations)
    # The scores of all groups sum to zero: the last one adds nothing.
    influence = np.zeros((k - 1, c))
    for g in range(k - 1):
        terms = _influence(followed, group == g)
        influence[g] = np.bincount(cluster, weights=terms, minlength=c)
    return _wald(influence.sum(axis=1), influence @ influence.T, "clustered log-rank", c)


def _permuted(
    scores: Floats,
    groups: Integers,
    sizes: Integers,
    k: int,
    rng: np.random.Generator,
    permutations: int,
) -> TestResult:
    """Permute whole projects between groups and compare the weighted sum of squared scores."""
    items = np.array([sizes[groups == g].sum() for g in range(k)], dtype=float)

    def spread(labels: Integers) -> Floats:
        sums = np.stack([(scores * (labels == g)).sum(axis=-1) for g in range(k)], axis=-1)
        result: Floats = (sums**2 / items).sum(axis=-1)
        return result

    observed = float(spread(groups))
    orders = rng.permuted(np.tile(groups, (permutations, 1)), axis=1)
    beaten = int(np.sum(spread(orders) >= observed - 1e-12))
    return TestResult(
        observed, (1 + beaten) / (1 + permutations), "log-rank, permuting whole projects"
    )


def _item_scores(followed: _Followed) -> Floats:
    """Return finished minus expected for each item under one common hazard (sums to zero)."""
    hazard = np.concatenate([[0.0], np.cumsum(followed.finished() / followed.at_risk())])
    expected = hazard[followed.until] - hazard[followed.since]
    result: Floats = followed.done.astype(np.float64) - expected
    return result


def _influence(followed: _Followed, member: Booleans) -> Floats:
    """Return each item's term of one group's log-rank score."""
    at_risk = followed.at_risk()
    share = followed.at_risk(member) / at_risk
    step = followed.finished() / at_risk
    mean_hazard = np.concatenate([[0.0], np.cumsum(step * share)])
    hazard = np.concatenate([[0.0], np.cumsum(step)])
    until, since = followed.until, followed.since
    drift = member * (hazard[until] - hazard[since]) - (mean_hazard[until] - mean_hazard[since])
    own = np.where(followed.done, member - share[np.maximum(until - 1, 0)], 0.0)
    result: Floats = own - drift
    return result


@dataclass(frozen=True, eq=False)
class _Followed:
    """Items under observation, counted in places of the different times of a finish.

    An item is at risk at the times with since <= place < until, and finishes at until - 1.
    """

    times: int
    until: Integers
    since: Integers
    done: Booleans

    @classmethod
    def of(cls, exits: Floats, done: Booleans, entries: Floats) -> _Followed:
        times = distinct(exits[done])
        until = np.searchsorted(times, exits, side="right").astype(np.int64)
        since = np.zeros(len(exits), dtype=np.int64)
        if not np.isneginf(entries).all():
            since = np.searchsorted(times, entries, side="right").astype(np.int64)
        return cls(len(times), until, since, done)

    def at_risk(self, chosen: Booleans | slice = slice(None)) -> Integers:
        """Return how many are under observation just before each time."""
        came = np.bincount(self.since[chosen], minlength=self.times + 1)
        left = np.bincount(self.until[chosen], minlength=self.times + 1)
        return np.cumsum(came - left)[:-1].astype(np.int64)

    def finished(self, chosen: Booleans | slice = slice(None)) -> Integers:
        """Return how many finish at each time."""
        places = self.until[chosen][self.done[chosen]] - 1
        return np.bincount(places, minlength=self.times).astype(np.int64)


def _arrays(
    durations: ArrayLike, is_finished: ArrayLike, groups: ArrayLike, entered_late: ArrayLike | None
) -> tuple[Floats, Booleans, Floats, Integers]:
    """Return the arrays of a test, groups as codes."""
    exits = np.asarray(durations, dtype=np.float64)
    done = np.asarray(is_finished, dtype=bool)
    if entered_late is None:
        entries = np.full(len(exits), -np.inf)
    else:
        entries = np.asarray(entered_late, dtype=np.float64)
        entries = np.where(entries <= 0, -np.inf, entries)
    codes = _encode(np.asarray(groups))
    same_length(durations=exits, is_finished=done, groups=codes, entered_late=entries)
    return exits, done, entries, codes


def _encode(values: NDArray[Any]) -> Integers:
    """Return values as their places in the order of the different ones."""
    if values.dtype.kind in "bi" and len(values):
        numbers = values.astype(np.int64)
        # Small numbers are counted, which is many times faster than sorting them.
        if numbers.min() >= 0 and numbers.max() < 2 * len(numbers):
            places = np.cumsum(np.bincount(numbers) > 0) - 1
            return np.asarray(places[numbers], dtype=np.int64)
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _wald(score: Floats, covariance: Floats, method: str, clusters: int = 0) -> TestResult:
    """Return the quadratic form of a score against chi-square, or F when clustered."""
    statistic = float(score @ np.linalg.pinv(covariance) @ score)
    degrees = int(np.linalg.matrix_rank(covariance))
    if degrees == 0:
        return TestResult(None, None, method, "no overlap between the groups")
    if clusters:
        p = f_tail(statistic / degrees, degrees, clusters - 1)
    else:
        p = chi_square_tail(statistic, degrees)
    return TestResult(statistic, p, method)
