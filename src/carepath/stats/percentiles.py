"""Percentiles of complete (uncensored) times, with intervals from order statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carepath.errors import CarepathError
from carepath.stats.clusters import (
    FEW_CLUSTERS,
    MINIMUM_CLUSTERS,
    OVER_CLUSTERS,
    count_clusters,
    encode_clusters,
    variance_factor,
)
from carepath.stats.distributions import binomial_cdf, normal_quantile
from carepath.stats.estimates import LEVEL, Estimate, Floats, check_level
from carepath.stats.proportions import score_limits


def percentile(
    values: ArrayLike, q: float, level: float = LEVEL, clusters: NDArray[Any] | None = None
) -> Estimate:
    """Percentile of complete values with a distribution-free interval.

    Parameters
    ----------
    values : array of float
        Any unit; the estimate has the same. Nothing may be censored: use
        `survival.quantile` when some are still open.
    q : float
        Probability, in (0, 1).
    level : float
        Confidence level.
    clusters : array, shape (values,), optional
        Project of each value.

    Returns
    -------
    Estimate
        None over no values; no interval where the order statistics reach no such level, or under
        20 clusters.

    Raises
    ------
    CarepathError
        If q is outside (0, 1) or a value is not a number.

    Notes
    -----
    The value is Hyndman and Fan's type 7 (linear), as quantile_cont and PERCENTILE_CONT.
    Each limit interpolates between the two order statistics whose exact one-sided binomial
    coverages enclose (1 + level) / 2, with Nyblom's (1992) weight, the generalisation of
    Hettmansperger and Sheather (1986) to any quantile. With clusters each limit is the percentile
    at a limit of Wilson's interval for q, with n divided by the design effect (Woodruff 1952).
    Assumes independent values, or clusters.
    """
    check_level(level)
    if not 0.0 < q < 1.0:
        raise CarepathError(f"{q} is not a probability between 0 and 1", where="percentile")
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if ordered.size and not np.all(np.isfinite(ordered)):
        raise CarepathError("a value is not a finite number", where="percentile")
    n = len(ordered)
    if n == 0:
        return Estimate(None, None, None, 0, level, "order statistics", "no values")
    value = float(np.quantile(ordered, q, method="linear"))
    codes = encode_clusters(clusters)
    if codes is not None:
        method = "order statistics" + OVER_CLUSTERS
        if count_clusters(codes) < MINIMUM_CLUSTERS:
            return Estimate(value, None, None, n, level, method, FEW_CLUSTERS)
        below = np.asarray(values, dtype=np.float64) <= value
        factor = variance_factor(below - below.mean(), codes, level)
        ends = score_limits(q, n / factor, normal_quantile(0.5 + level / 2))
        limits = [float(np.quantile(ordered, end)) for end in ends]
        return Estimate(value, limits[0], limits[1], n, level, method)
    tail = (1 - level) / 2
    low = _lower_limit(ordered, q, tail)
    mirrored = _lower_limit(-ordered[::-1], 1 - q, tail)
    high = None if mirrored is None else -mirrored
    reason = "too few values" if low is None or high is None else None
    return Estimate(value, low, high, n, level, "order statistics", reason)


def _lower_limit(ordered: Floats, q: float, tail: float) -> float | None:
    """Return the limit below which the q quantile lies with probability `tail`."""
    n = len(ordered)
    # X_(r) lies above the quantile when fewer than r values do not: P(Bin(n, q) <= r - 1).
    r = max(0, int(n * q - 2 * np.sqrt(n * q * (1 - q))))
    while r > 0 and binomial_cdf(r - 1, n, q) > tail:
        r -= 1
    while binomial_cdf(r, n, q) <= tail:
        r += 1
    if r == 0 or r >= n:
        return None
    below = binomial_cdf(r - 1, n, q)
    above = binomial_cdf(r, n, q)
    # Nyblom's weight: in the centre the plain linear weight would be too short.
    share = (tail - below) / (above - below)
    odds = r * (1 - q) * (1 - share)
    odds_other = (n - r) * q * share
    weight = odds_other / (odds + odds_other) if odds + odds_other > 0 else 0.0
    return float(ordered[r - 1] + weight * (ordered[r] - ordered[r - 1]))
