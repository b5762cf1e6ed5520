"""Items that come in clusters, such as the tasks of a project, tell less than as many alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from carepath.stats.distributions import normal_quantile, t_quantile
from carepath.stats.estimates import Floats, Integers

MINIMUM_CLUSTERS = 20
FEW_CLUSTERS = f"under {MINIMUM_CLUSTERS} projects"
OVER_CLUSTERS = ", variance over projects"


def encode_clusters(clusters: NDArray[Any] | None) -> Integers | None:
    """Return the clusters as numbers from 0; None where every item is a cluster of its own."""
    if clusters is None:
        return None
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1].astype(np.int64)
    return None if count_clusters(codes) == len(codes) else codes


def count_clusters(codes: Integers) -> int:
    """Return the number of clusters."""
    return int(codes.max(initial=-1)) + 1


def variance_factor(influence: Floats, codes: Integers, level: float) -> float:
    """Return what a variance that takes items as independent is to be multiplied by.

    Parameters
    ----------
    influence : array of float, shape (items,)
        What each item adds to the estimate; sums to about zero.
    codes : array of int, shape (items,)
        From `encode_clusters`; two clusters or more.
    level : float
        Of the interval, whose quantile stays normal.

    Notes
    -----
    The design effect c / (c - 1) * sum over clusters of (their sum)^2 / sum over items of
    influence^2 (Williams 2000), not let below 1, times the squared ratio of the t quantile on
    c - 1 degrees of freedom to the normal one.
    """
    count = count_clusters(codes)
    alone = float(np.sum(influence**2))
    together = float(np.sum(np.bincount(codes, weights=influence) ** 2)) * count / (count - 1)
    tail = 0.5 + level / 2
    stretch = t_quantile(tail, count - 1) / normal_quantile(tail)
    return max(1.0, together / alone if alone > 0 else 1.0) * stretch**2
