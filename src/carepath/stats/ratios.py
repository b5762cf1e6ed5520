"""The ratio of two sums over items that come in clusters, with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from carepath.stats.estimates import LEVEL, Estimate, same_length

MINIMUM_CLUSTERS = 20


def ratio_of_sums(numerators: ArrayLike, denominators: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Estimate sum / sum, such as time worked over time in progress, over whole clusters.

    Parameters
    ----------
    numerators, denominators : array of float, shape (items,)
        Denominators not negative.
    clusters : array of int, shape (items,)
        Cluster (project) of each item.

    Returns
    -------
    Estimate
        No value where the denominators sum to zero; no limits under 20 clusters.

    Notes
    -----
    Linearised variance of a ratio over clusters, c / (c - 1) * sum of (a - r * b)^2 / (sum b)^2
    with a and b summed per cluster, and the t quantile on c - 1 (Cochran 1977, Sampling
    Techniques, 3rd ed., sec. 6.3 and 9A.1, without finite population correction).
    """
    from scipy.special import stdtrit

    above = np.asarray(numerators, dtype=np.float64)
    below = np.asarray(denominators, dtype=np.float64)
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    same_length(numerators=above, denominators=below, clusters=cluster)
    method, n = "ratio of sums, variance over projects", len(above)
    total = float(below.sum())
    if total <= 0:
        return Estimate(None, None, None, n, LEVEL, method, "there is nothing to divide by")
    value = float(above.sum()) / total
    count = int(cluster.max()) + 1
    if count < MINIMUM_CLUSTERS:
        reason = f"under {MINIMUM_CLUSTERS} projects"
        return Estimate(value, None, None, n, LEVEL, method, reason)
    rest = np.bincount(cluster, weights=above - value * below)
    error = float(np.sqrt(count / (count - 1) * np.sum(rest**2))) / total
    half = float(stdtrit(count - 1, 0.5 + LEVEL / 2)) * error
    return Estimate(value, value - half, value + half, n, LEVEL, method)
