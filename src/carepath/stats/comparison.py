"""Times of one group beside those of the rest: effects with intervals, projects resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.stats import survival
from carepath.stats.distributions import t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    Seed,
    check_level,
    generator,
    same_length,
)
from carepath.stats.logrank import (
    MINIMUM_CLUSTERS,
    TestResult,
    clustered_log_rank,
    log_rank,
)


@dataclass(frozen=True)
class Comparison:
    """Times of one group beside those of another.

    Parameters
    ----------
    median, other_median : Estimate
        Kaplan-Meier medians, in the unit of the durations.
    median_difference : Estimate
        median - other_median.
    mean, other_mean : Estimate
        Restricted means up to the horizon.
    mean_difference, mean_ratio : Estimate
        mean - other_mean and mean / other_mean.
    test : TestResult
        Log-rank, clustered when clusters are given.
    clusters : int
        Projects resampled (items, when no clusters are given).
    """

    median: Estimate
    other_median: Estimate
    median_difference: Estimate
    mean: Estimate
    other_mean: Estimate
    mean_difference: Estimate
    mean_ratio: Estimate
    test: TestResult
    clusters: int


def compare(
    durations: ArrayLike,
    is_finished: ArrayLike,
    is_first: ArrayLike,
    horizon: float,
    seed: Seed,
    clusters: ArrayLike | None = None,
    resamples: int = 1000,
    level: float = LEVEL,
) -> Comparison:
    """Compare the times of a group with those of the rest.

    Parameters
    ----------
    durations, is_finished : array, shape (n,)
        As in `survival.kaplan_meier`.
    is_first : array of bool, shape (n,)
        True for the group in question, False for the rest.
    horizon : float
        Of the restricted means; declared beforehand.
    seed : int or Generator
        The same seed gives the same intervals.
    clusters : array, shape (n,), optional
        Project of each item. Without it items are taken as independent.
    resamples : int
        Bootstrap resamples.
    level : float
        Confidence level.

    Returns
    -------
    Comparison
        Differences without interval with fewer than 20 clusters, or with under 10 finished in
        either group; None where a median is not reached.

    Notes
    -----
    Whole projects are resampled (Davison and Hinkley 1997, 3.8), within their group where the
    group belongs to the project. Differences and ratios of restricted means use the bootstrap
    standard error with a t quantile on clusters - 2, the ratio on the log scale; the
    difference of medians uses bootstrap percentiles.
    """
    check_level(level)
    exits = np.asarray(durations, dtype=np.float64)
    done, first = np.asarray(is_finished, dtype=bool), np.asarray(is_first, dtype=bool)
    given = np.arange(len(exits)) if clusters is None else np.asarray(clusters)
    _, cluster = np.unique(given, return_inverse=True)
    same_length(durations=exits, is_finished=done, is_first=first, clusters=cluster)
    rng = generator(seed)
    curve = survival.kaplan_meier(exits[first], done[first], level=level)
    other = survival.kaplan_meier(exits[~first], done[~first], level=level)
    if clusters is None:
        test = log_rank(exits, done, first)
    else:
        test = clustered_log_rank(exits, done, first, cluster, rng)
    median, other_median = survival.quantile(curve), survival.quantile(other)
    mean, other_mean = (
        survival.restricted_mean(curve, horizon),
        survival.restricted_mean(other, horizon),
    )
    count = int(cluster.max()) + 1 if len(cluster) else 0
    reason = None
    if min(curve.n_finished, other.n_finished) < survival.MINIMUM_FINISHED:
        reason = f"under {survival.MINIMUM_FINISHED} finished"
    elif clusters is not None and count < MINIMUM_CLUSTERS:
        reason = f"under {MINIMUM_CLUSTERS} projects"
    if reason is None and median.value is not None:
        drawn = _draws(cluster, first, rng, resamples)
        medians, means = _resampled(exits, done, first, cluster, drawn, horizon)
        medians_2, means_2 = _resampled(exits, done, ~first, cluster, drawn, horizon)
    elif reason is None:
        drawn = _draws(cluster, first, rng, resamples)
        medians = medians_2 = np.full(resamples, np.nan)
        means = _resampled(exits, done, first, cluster, drawn, horizon)[1]
        means_2 = _resampled(exits, done, ~first, cluster, drawn, horizon)[1]
    else:
        medians = means = medians_2 = means_2 = np.array([])
    degrees = max(count - 2, 1)
    n = len(exits)
    return Comparison(
        median=median,
        other_median=other_median,
        median_difference=_percentile_difference(
            median, other_median, medians, medians_2, n, level, reason
        ),
        mean=mean,
        other_mean=other_mean,
        mean_difference=_mean_difference(mean, other_mean, means - means_2, n, degrees, reason),
        mean_ratio=_mean_ratio(mean, other_mean, means, means_2, n, degrees, reason),
        test=test,
        clusters=count,
    )


def _draws(
    cluster: Integers, first: Booleans, rng: np.random.Generator, resamples: int
) -> Integers:
    """Return how often each cluster is drawn in each resample, shape (resamples, clusters)."""
    count = int(cluster.max()) + 1
    in_first = np.bincount(cluster, weights=first, minlength=count) > 0
    in_rest = np.bincount(cluster, weights=~first, minlength=count) > 0
    if np.any(in_first & in_rest):
        return rng.multinomial(count, np.full(count, 1 / count), size=resamples)
    drawn = np.zeros((resamples, count), dtype=np.int64)
    for members in (in_first, in_rest):
        size = int(members.sum())
        drawn[:, members] = rng.multinomial(size, np.full(size, 1 / size), size=resamples)
    return drawn


def _resampled(
    exits: Floats,
    done: Booleans,
    member: Booleans,
    cluster: Integers,
    drawn: Integers,
    horizon: float,
) -> tuple[Floats, Floats]:
    """Return the median and restricted mean of each resample of whole clusters.

    One factor per item instead of one per distinct time: with finishes before censorings at a tie
    the product telescopes to the same curve, and all resamples are one array.
    """
    times, flags, owner = exits[member], done[member], cluster[member]
    order = np.lexsort((~flags, times))
    times, flags, owner = times[order], flags[order], owner[order]
    inside = int(np.searchsorted(times, horizon, side="left"))
    widths = np.diff(np.concatenate([[0.0], times[:inside], [horizon]]))
    medians, means = np.empty(len(drawn)), np.empty(len(drawn))
    chunk = max(1, 4_000_000 // max(len(times), 1))
    for start in range(0, len(drawn), chunk):
        part = slice(start, start + chunk)
        weights = drawn[part][:, owner].astype(np.float64)
        at_risk = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
        factor = 1 - weights * flags / np.maximum(at_risk, 1.0)
        curve = np.cumprod(factor, axis=1)
        heights = np.concatenate([np.ones((len(weights), 1)), curve[:, :inside]], axis=1)
        means[part] = heights @ widths
        reached = curve <= 0.5 + 1e-12
        medians[part] = np.where(reached.any(axis=1), times[np.argmax(reached, axis=1)], np.inf)
    return medians, means


def _percentile_difference(
    first: Estimate,
    second: Estimate,
    drawn: Floats,
    drawn_2: Floats,
    n: int,
    level: float,
    reason: str | None,
) -> Estimate:
    """Return the difference of medians with bootstrap percentiles."""
    method = "cluster bootstrap"
    if first.value is None or second.value is None:
        told = first.reason if first.value is None else second.reason
        return Estimate(None, None, None, n, level, method, told)
    value = first.value - second.value
    if reason is not None:
        return Estimate(value, None, None, n, level, method, reason)
    with np.errstate(invalid="ignore"):
        differences = drawn - drawn_2
    if np.mean(np.isnan(differences)) > 0.01:
        return Estimate(value, None, None, n, level, method, "median often not reached")
    differences = differences[~np.isnan(differences)]
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(differences, tails, method="inverted_cdf")
    return Estimate(
        value,
        float(low) if np.isfinite(low) else None,
        float(high) if np.isfinite(high) else None,
        n,
        level,
        method,
    )


def _mean_difference(
    first: Estimate, second: Estimate, drawn: Floats, n: int, degrees: int, reason: str | None
) -> Estimate:
    """Return the difference of restricted means with a bootstrap standard error."""
    method, level = "cluster bootstrap", first.level
    if first.value is None or second.value is None:
        told = first.reason if first.value is None else second.reason
        return Estimate(None, None, None, n, level, method, told)
    value = first.value - second.value
    if reason is not None:
        return Estimate(value, None, None, n, level, method, reason)
    half = t_quantile(0.5 + level / 2, degrees) * _spread(drawn, degrees)
    return Estimate(value, value - half, value + half, n, level, method)


def _mean_ratio(
    first: Estimate,
    second: Estimate,
    drawn: Floats,
    drawn_2: Floats,
    n: int,
    degrees: int,
    reason: str | None,
) -> Estimate:
    """Return the ratio of restricted means with a bootstrap standard error of its logarithm."""
    method, level = "cluster bootstrap", first.level
    if first.value is None or not second.value:
        told = first.reason or second.reason or "the others take no time"
        return Estimate(None, None, None, n, level, method, told)
    value = first.value / second.value
    if reason is not None or value <= 0 or np.any(drawn <= 0) or np.any(drawn_2 <= 0):
        return Estimate(value, None, None, n, level, method, reason or "no spread of its logarithm")
    half = t_quantile(0.5 + level / 2, degrees)
    half *= _spread(np.log(drawn) - np.log(drawn_2), degrees)
    low, high = value * float(np.exp(-half)), value * float(np.exp(half))
    return Estimate(value, low, high, n, level, method)


def _spread(drawn: Floats, degrees: int) -> float:
    """Return the bootstrap standard error, corrected for resampling so few clusters."""
    return float(np.std(drawn, ddof=1)) * float(np.sqrt((degrees + 2) / max(degrees, 1)))
