"""Shares of people: intervals for one share, for a difference, and under weekly shocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from carepath.stats.distributions import exact_limits, normal_quantile, t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Estimate,
    Floats,
    Seed,
    check_level,
    check_part,
    counts_array,
    generator,
    same_length,
)


def wilson(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """Share of `n` people, with Wilson's score interval.

    Parameters
    ----------
    successes : int
        People counted, 0 <= successes <= n.
    n : int
        People at risk of being counted. With n = 0 everything is None.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Share in [0, 1].

    Raises
    ------
    CarepathError
        If successes is outside 0..n.

    Notes
    -----
    Limits are the p solving (p_hat - p)^2 = z^2 p (1 - p) / n (Wilson 1927; Newcombe 1998, method
    3). Assumes people are independent with one common chance: it speaks of the people seen, not
    of what another week's shock would bring; see `wilson_over_weeks` for that.
    """
    check_part(successes, n)
    check_level(level)
    if n == 0:
        return Estimate(None, None, None, 0, level, "Wilson", "nobody")
    share = successes / n
    low, high = score_limits(share, n, normal_quantile(0.5 + level / 2))
    return Estimate(share, min(low, share), max(high, share), n, level, "Wilson")


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """Share of `n` people with the exact interval; its coverage is never below `level`.

    Notes
    -----
    Beta quantiles (Clopper and Pearson 1934). Parameters, units and errors as for `wilson`.
    """
    check_part(successes, n)
    check_level(level)
    if n == 0:
        return Estimate(None, None, None, 0, level, "Clopper-Pearson", "nobody")
    low, high = exact_limits(successes, n, level)
    return Estimate(successes / n, low, high, n, level, "Clopper-Pearson")


def newcombe_difference(
    successes_1: int, n_1: int, successes_2: int, n_2: int, level: float = LEVEL
) -> Estimate:
    """Difference of two independent shares, first minus second.

    Returns
    -------
    Estimate
        Difference in [-1, 1]; None when either group is empty. n is the sum of both.

    Notes
    -----
    Newcombe (1998), method 10: with Wilson limits (l, u) of each share,
    lower = d - sqrt((p1 - l1)^2 + (u2 - p2)^2), upper = d + sqrt((u1 - p1)^2 + (p2 - l2)^2).
    """
    first, second = wilson(successes_1, n_1, level), wilson(successes_2, n_2, level)
    if first.value is None or second.value is None:
        return Estimate(None, None, None, n_1 + n_2, level, "Newcombe", "nobody in one group")
    assert first.low is not None and first.high is not None
    assert second.low is not None and second.high is not None
    d = first.value - second.value
    low = d - float(np.hypot(first.value - first.low, second.high - second.value))
    high = d + float(np.hypot(first.high - first.value, second.value - second.low))
    return Estimate(d, low, high, n_1 + n_2, level, "Newcombe")


def wilson_over_weeks(successes: ArrayLike, entered: ArrayLike, level: float = LEVEL) -> Estimate:
    """Share of all people, with an interval that allows for shocks common to a week.

    Parameters
    ----------
    successes, entered : array of int, shape (weeks,)
        Per week. Weeks nobody entered are ignored.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The pooled share in [0, 1]. Interval None with fewer than 5 weeks.

    Notes
    -----
    Variance of the ratio estimator over weeks, V = w/(w-1) sum (y - p n)^2 / (sum n)^2 (Cochran
    1977, 6.4), gives a design effect V n / (p (1-p)), not let below 1; Wilson's interval is then
    computed at n divided by it, with a t quantile on w - 1 degrees of freedom (Kott and Carr
    1997). Assumes independent weeks.
    """
    k, n = counts_array(successes, "successes"), counts_array(entered, "entered")
    same_length(successes=k, entered=n)
    check_level(level)
    k, n = k[n > 0], n[n > 0]
    people, weeks = int(n.sum()), len(n)
    check_part(int(k.sum()), people)
    if people == 0:
        return Estimate(None, None, None, 0, level, "Wilson over weeks", "nobody")
    share = float(k.sum() / people)
    if weeks < 5:
        return Estimate(share, None, None, people, level, "Wilson over weeks", "under 5 weeks")
    variance = weeks / (weeks - 1) * float(((k - share * n) ** 2).sum()) / people**2
    plain = share * (1 - share) / people
    effect = max(1.0, variance / plain) if plain > 0 else 1.0
    t = t_quantile(0.5 + level / 2, weeks - 1)
    low, high = score_limits(share, people / effect, t)
    return Estimate(share, low, high, people, level, "Wilson over weeks")


def bootstrap_interval(
    rows: Floats,
    statistic: Callable[[Floats], Floats],
    seed: Seed,
    resamples: int = 2000,
    level: float = LEVEL,
) -> Estimate:
    """Percentile bootstrap of any statistic of weighted rows, resampling rows.

    Parameters
    ----------
    rows : array, shape (units, columns)
        One row per unit resampled (a person, a client, a project), holding sums such as people
        converted and people entered.
    statistic : callable
        Takes column totals, shape (..., columns), returns the statistic, shape (...). May give
        nan where it is undefined.
    seed : int or Generator
        The same seed gives the same interval.
    resamples : int
        Number of resamples.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        n is the number of units. Interval None with fewer than 2 units, or when more than 5 % of
        the resamples leave the statistic undefined.

    Notes
    -----
    Efron (1979). A resample is a multinomial count of units, so totals are `counts @ rows`.
    """
    check_level(level)
    rng = generator(seed)
    units = len(rows)
    point = float(statistic(rows.sum(axis=0))) if units else float("nan")
    value = point if np.isfinite(point) else None
    if units < 2 or value is None:
        return Estimate(value, None, None, units, level, "bootstrap", "too few units")
    draws = rng.multinomial(units, np.full(units, 1 / units), size=resamples)
    values = statistic(draws @ rows)
    values = values[np.isfinite(values)]
    if len(values) < 0.95 * resamples:
        return Estimate(value, None, None, units, level, "bootstrap", "often undefined")
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(value, float(low), float(high), units, level, "bootstrap")


def score_limits(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the limits of Wilson's interval for a real-valued sample size."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
