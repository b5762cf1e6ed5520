"""Weekly counts: rates and ratios of rates that allow for over-dispersion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.distributions import chi_square_quantile, exact_limits, t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Estimate,
    Floats,
    Integers,
    check_level,
    counts_array,
    same_length,
)

EXACT_BELOW = 1.2
MINIMUM_PERIODS = 5


def poisson_rate(count: int, exposure: float, level: float = LEVEL) -> Estimate:
    """Rate of a Poisson count with the exact interval.

    Parameters
    ----------
    count : int
        Events, >= 0.
    exposure : float
        Days, weeks or coordinator-days the count took, > 0; with 0 everything is None.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Events per unit of exposure; n is the count.

    Notes
    -----
    Chi-square quantiles (Garwood 1936); coverage never below `level` for a Poisson count.
    """
    check_level(level)
    if count < 0 or exposure < 0:
        raise CarepathError("counts and exposures cannot be negative", where="poisson_rate")
    if exposure == 0:
        return Estimate(None, None, None, count, level, "exact Poisson", "no exposure")
    tail = (1 - level) / 2
    low = chi_square_quantile(tail, 2 * count) / 2 if count else 0.0
    high = chi_square_quantile(1 - tail, 2 * count + 2) / 2
    return Estimate(
        count / exposure, low / exposure, high / exposure, count, level, "exact Poisson"
    )


def dispersion(counts: ArrayLike, exposures: ArrayLike | None = None) -> float | None:
    """Pearson dispersion of periodic counts: 1 for Poisson, more for over-dispersed.

    Parameters
    ----------
    counts : array of int, shape (periods,)
        Events per period.
    exposures : array of float, shape (periods,), optional
        Length of each period; default equal.

    Returns
    -------
    float or None
        sum (y - mu)^2 / mu / (periods - 1). None with fewer than 2 periods or no events.
    """
    y, e = _periods(counts, exposures)
    chi, degrees = _pearson(y, e)
    return chi / degrees if degrees > 0 and y.sum() > 0 else None


def rate(counts: ArrayLike, exposures: ArrayLike | None = None, level: float = LEVEL) -> Estimate:
    """Rate per unit of exposure with a quasi-Poisson interval.

    Returns
    -------
    Estimate
        Exact Poisson below a dispersion of 1.2, else quasi-Poisson on the log scale with a t
        quantile, or no interval with under 5 periods; n is the number of events.

    Notes
    -----
    Var(y) = phi mu (Wedderburn 1974); the log rate has variance phi / total.
    """
    check_level(level)
    y, e = _periods(counts, exposures)
    total, exposure = int(y.sum()), float(e.sum())
    phi = dispersion(y, e)
    if phi is None or phi < EXACT_BELOW:
        return poisson_rate(total, exposure, level)
    if len(y) < MINIMUM_PERIODS:
        reason = f"under {MINIMUM_PERIODS} periods, which vary more than chance"
        return Estimate(total / exposure, None, None, total, level, "quasi-Poisson", reason)
    half = t_quantile(0.5 + level / 2, len(y) - 1) * float(np.sqrt(phi / total))
    value = total / exposure
    limits = value * float(np.exp(-half)), value * float(np.exp(half))
    return Estimate(value, limits[0], limits[1], total, level, "quasi-Poisson")


def rate_ratio(
    before: ArrayLike,
    after: ArrayLike,
    before_exposures: ArrayLike | None = None,
    after_exposures: ArrayLike | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Ratio of two rates, after over before.

    Parameters
    ----------
    before, after : array of int, shape (periods,)
        Events per period (week) in each window.
    before_exposures, after_exposures : array of float, optional
        Length of each period; default 1.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Ratio > 0; None when there were no events before. n is the number of events in both.
        `method` says which interval was used.

    Notes
    -----
    Pooled Pearson dispersion phi over both windows. Below 1.2: exact conditional binomial
    (Przyborowski and Wilenski 1940). Else quasi-Poisson: log ratio with variance
    phi (1/y1 + 1/y2), t quantile on periods - 2 degrees of freedom. Assumes independent periods.
    """
    check_level(level)
    y1, e1 = _periods(before, before_exposures)
    y2, e2 = _periods(after, after_exposures)
    a, b = int(y1.sum()), int(y2.sum())
    if a == 0 or e1.sum() == 0 or e2.sum() == 0:
        return Estimate(None, None, None, a + b, level, "exact Poisson ratio", "none before")
    value = float((b / e2.sum()) / (a / e1.sum()))
    chi_1, degrees_1 = _pearson(y1, e1)
    chi_2, degrees_2 = _pearson(y2, e2)
    degrees = degrees_1 + degrees_2
    phi = (chi_1 + chi_2) / degrees if degrees > 0 else 1.0
    if phi < EXACT_BELOW or degrees < 4 or b == 0:
        return _exact_ratio(a, b, float(e1.sum()), float(e2.sum()), level)
    half = t_quantile(0.5 + level / 2, degrees) * float(np.sqrt(phi * (1 / a + 1 / b)))
    low, high = value * float(np.exp(-half)), value * float(np.exp(half))
    return Estimate(value, low, high, a + b, level, "quasi-Poisson ratio")


def _exact_ratio(a: int, b: int, e1: float, e2: float, level: float) -> Estimate:
    """Return the ratio's conditional exact interval: b of a + b is binomial."""
    share_low, share_high = exact_limits(b, a + b, level)
    scale = e1 / e2
    low = share_low / (1 - share_low) * scale
    high = share_high / (1 - share_high) * scale if share_high < 1 else None
    return Estimate(b / a * scale, low, high, a + b, level, "exact Poisson ratio")


def _periods(counts: ArrayLike, exposures: ArrayLike | None) -> tuple[Integers, Floats]:
    """Return counts and exposures of the periods that have exposure, or raise."""
    y = counts_array(counts, "counts")
    e = np.ones(len(y)) if exposures is None else np.asarray(exposures, dtype=np.float64)
    same_length(counts=y, exposures=e)
    if np.any(e < 0) or np.any(y[e == 0] > 0):
        raise CarepathError("a period with events needs a positive exposure", where="exposures")
    return y[e > 0], e[e > 0]


def _pearson(y: Integers, e: Floats) -> tuple[float, int]:
    """Return Pearson's chi-square about the common rate, and its degrees of freedom."""
    if y.sum() == 0:
        return 0.0, max(len(y) - 1, 0)
    mu = e * (y.sum() / e.sum())
    return float(((y - mu) ** 2 / mu).sum()), max(len(y) - 1, 0)
