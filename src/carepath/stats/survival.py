"""Time until done when some are still open: Kaplan-Meier, its quantiles and restricted mean."""

from __future__ import annotations

from dataclasses import dataclass
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
from carepath.stats.distributions import normal_quantile
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    check_level,
    same_length,
)
from carepath.stats.proportions import wilson

MINIMUM_FINISHED = 10
MINIMUM_BEYOND = 10
MINIMUM_AT_RISK = 30


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Kaplan-Meier estimate of the share still open, at each time something finished.

    Parameters
    ----------
    times : array of float, shape (steps,)
        Distinct finishing times, increasing, in the unit of the durations.
    at_risk, finished : array of int, shape (steps,)
        Open and under observation just before the time; finished at it.
    survival : array of float, shape (steps,)
        Share still open just after the time, in [0, 1], never increasing.
    low, high : array of float, shape (steps,)
        Pointwise log-log limits, in [0, 1].
    variance : array of float, shape (steps,)
        Greenwood's variance of `survival`.
    followed_to : float or None
        Longest time anyone was watched; beyond it the curve says nothing. None over nobody.
    n : int
        Items watched.
    n_finished : int
        Items that finished.
    level : float
        Confidence level.
    entries, exits : array of float, shape (n,)
        When watching of each item began (-inf: from the start) and ended, kept to count who is at
        risk at any time.
    is_finished : array of bool, shape (n,)
        Whether it finished then.
    clusters : array of int, shape (n,), or None
        Cluster of each item; None where every item is one of its own.
    """

    times: Floats
    at_risk: Integers
    finished: Integers
    survival: Floats
    low: Floats
    high: Floats
    variance: Floats
    followed_to: float | None
    n: int
    n_finished: int
    level: float
    entries: Floats
    exits: Floats
    is_finished: Booleans
    clusters: Integers | None

    def at_risk_at(self, time: float) -> int:
        """Items under observation and not finished just before `time`."""
        return int(np.sum((self.entries < time) & (self.exits >= time)))


def kaplan_meier(
    durations: ArrayLike,
    is_finished: ArrayLike,
    entered_late: ArrayLike | None = None,
    level: float = LEVEL,
    clusters: NDArray[Any] | None = None,
) -> SurvivalCurve:
    """Estimate the share still open as a function of time since the start.

    Parameters
    ----------
    durations : array of float, shape (n,)
        Time from start to finish, or to the last moment watched; any unit; >= 0.
    is_finished : array of bool, shape (n,)
        True where it finished, False where it was still open (right-censored).
    entered_late : array of float, shape (n,), optional
        Time since the start at which watching began (left truncation), 0 for those watched from
        the start. Items are at risk only after it; it must be below the duration.
    level : float
        Confidence level of the pointwise limits.
    clusters : array, shape (n,), optional
        Project of each item. `quantile` and `restricted_mean` then take the variance over
        projects; the pointwise limits of the curve do not.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    CarepathError
        On lengths that differ, negative or missing durations, or entry not before the end.

    Notes
    -----
    S(t) = product over t_i <= t of (1 - d_i / n_i) (Kaplan and Meier 1958). At a tied time,
    finishes come before censorings, so an item open until t is still at risk at t. Limits are
    S^exp(+-z s), s^2 = V / log(S)^2, V = sum d_i / (n_i (n_i - d_i)), the exponential Greenwood
    formula (Kalbfleisch and Prentice 1980). After the last finish of a curve that reaches zero
    the formula is undefined: the lower limit is 0 and the upper stays. Assumes that censoring
    (and late entry) tells nothing about the time still to go. Tests hold it equal to
    `scipy.stats.ecdf` and to lifelines.
    """
    check_level(level)
    exits, done, entries = _checked(durations, is_finished, entered_late)
    times, finished = np.unique(exits[done], return_counts=True)
    at_risk = _at_risk(times, exits, entries)
    survival = np.clip(np.cumprod(1 - finished / at_risk), 0.0, 1.0).astype(np.float64)
    hazard_variance = greenwood_terms(at_risk, finished)
    low, high = log_log_limits(survival, hazard_variance, level)
    finite = np.where(np.isfinite(hazard_variance), hazard_variance, 0.0)
    variance = survival**2 * finite
    return SurvivalCurve(
        times=times,
        at_risk=at_risk,
        finished=finished.astype(np.int64),
        survival=survival,
        low=low,
        high=high,
        variance=variance,
        followed_to=float(exits.max()) if len(exits) else None,
        n=len(exits),
        n_finished=int(done.sum()),
        level=level,
        entries=entries,
        exits=exits,
        is_finished=done,
        clusters=encode_clusters(clusters),
    )


def quantile(
    curve: SurvivalCurve,
    q: float = 0.5,
    minimum_finished: int = MINIMUM_FINISHED,
    minimum_beyond: int = MINIMUM_BEYOND,
) -> Estimate:
    """Time by which a share `q` has finished.

    Parameters
    ----------
    curve : SurvivalCurve
        From `kaplan_meier`.
    q : float
        Share finished, in (0, 1): 0.5 for the median, 0.85 for p85.
    minimum_finished : int
        No interval with fewer finished items.
    minimum_beyond : int
        A quantile needs this many finishes beyond it, else it rests on too few items.

    Returns
    -------
    Estimate
        In the unit of the durations. None with reason "not reached" when fewer than `q` have
        finished by `curve.followed_to` ("fewer than half finished by day N"). An upper limit of
        None means that the data do not bound it.

    Notes
    -----
    Smallest t with S(t) <= 1 - q; the interval inverts the log-log limits (Brookmeyer and
    Crowley 1982). With clusters their variance is multiplied by the design effect at t, and there
    is no interval under 20 clusters.
    """
    if not 0.0 < q < 1.0:
        raise CarepathError(f"{q} is not a share between 0 and 1", where="survival.quantile")
    method = "Kaplan-Meier, log-log"
    value = _first_time(curve.times, curve.survival <= 1 - q + 1e-12)
    if curve.n_finished < minimum_finished:
        reason = f"under {minimum_finished} finished"
        return Estimate(value, None, None, curve.n, curve.level, method, reason)
    lows, highs = curve.low, curve.high
    if curve.clusters is not None:
        method += OVER_CLUSTERS
        lows, highs = _limits_over_clusters(curve, value)
    has_few_clusters = _has_few_clusters(curve)
    low = None if has_few_clusters else _first_time(curve.times, lows <= 1 - q + 1e-12)
    high = _first_time(curve.times, highs <= 1 - q + 1e-12)
    if value is None:
        return Estimate(None, low, None, curve.n, curve.level, method, "not reached")
    beyond = int(curve.finished[curve.times > value].sum())
    if beyond < minimum_beyond:
        reason = f"under {minimum_beyond} finishes beyond it"
        return Estimate(None, low, None, curve.n, curve.level, method, reason)
    if has_few_clusters:
        return Estimate(value, None, None, curve.n, curve.level, method, FEW_CLUSTERS)
    return Estimate(value, low, high, curve.n, curve.level, method)


def share_finished(
    curve: SurvivalCurve, time: float, minimum_at_risk: int = MINIMUM_AT_RISK
) -> Estimate:
    """Share finished by `time`, using everybody: 1 - S(time), the censoring-aware rate.

    Returns
    -------
    Estimate
        In [0, 1]. None with fewer than `minimum_at_risk` at risk at `time` while somebody was
        censored before it: the tail would rest on too few. Equals the plain proportion when
        nobody was.

    Notes
    -----
    Limits are one minus the log-log limits of S.
    """
    method = "1 - Kaplan-Meier, log-log"
    if curve.n == 0:
        return Estimate(None, None, None, 0, curve.level, method, "nobody")
    censored_before = curve.n - int(np.sum(curve.exits >= time))
    censored_before -= int(curve.finished[curve.times < time].sum())
    if censored_before > 0 and curve.at_risk_at(time) < minimum_at_risk:
        reason = f"under {minimum_at_risk} at risk then"
        return Estimate(None, None, None, curve.n, curve.level, method, reason)
    index = int(np.searchsorted(curve.times, time, side="right")) - 1
    if index < 0:
        return wilson(0, curve.at_risk_at(time), curve.level)
    value, low, high = curve.survival[index], curve.low[index], curve.high[index]
    return Estimate(1 - float(value), 1 - float(high), 1 - float(low), curve.n, curve.level, method)


def restricted_mean(curve: SurvivalCurve, horizon: float) -> Estimate:
    """Mean time open within the first `horizon`: the area under the curve up to there.

    Parameters
    ----------
    curve : SurvivalCurve
        From `kaplan_meier`.
    horizon : float
        Declared beforehand, in the unit of the durations, > 0.

    Returns
    -------
    Estimate
        In [0, horizon]. None when nobody was watched that long and some are still open.

    Notes
    -----
    Area A(t) = integral of S from t to the horizon; variance = sum A(t_i)^2 d_i / (n_i (n_i -
    d_i)), times m / (m - 1) for m finishes (Irwin 1949; Kaplan and Meier 1958; Meier 1975).
    Normal limits, clipped to [0, horizon]. With clusters as in `quantile`.
    """
    if horizon <= 0:
        raise CarepathError("the horizon must be positive", where="survival.restricted_mean")
    method = "restricted mean"
    value, variance = restricted_moments(curve, horizon)
    if value is None:
        return Estimate(None, None, None, curve.n, curve.level, method, "not followed so long")
    if curve.n_finished < MINIMUM_FINISHED:
        reason = f"under {MINIMUM_FINISHED} finished"
        return Estimate(value, None, None, curve.n, curve.level, method, reason)
    if curve.clusters is not None:
        method += OVER_CLUSTERS
        if _has_few_clusters(curve):
            return Estimate(value, None, None, curve.n, curve.level, method, FEW_CLUSTERS)
        _, remaining = _areas(curve, horizon)
        terms = _influence(curve, remaining)
        variance *= variance_factor(terms, curve.clusters, curve.level)
    half = normal_quantile(0.5 + curve.level / 2) * float(np.sqrt(variance))
    low, high = max(0.0, value - half), min(horizon, value + half)
    return Estimate(value, low, high, curve.n, curve.level, method)


def restricted_moments(curve: SurvivalCurve, horizon: float) -> tuple[float | None, float]:
    """Return the restricted mean and its variance; (None, nan) where it is not identified."""
    if curve.n == 0 or curve.followed_to is None:
        return None, float("nan")
    end = float(curve.survival[-1]) if len(curve.survival) else 1.0
    if curve.followed_to < horizon and end > 0:
        return None, float("nan")
    area, remaining = _areas(curve, horizon)
    d, r = curve.finished.astype(float), curve.at_risk.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(r > d, remaining**2 * d / (r * (r - d)), 0.0)
    m = int(d[curve.times < horizon].sum())
    variance = float(terms.sum()) * (m / (m - 1) if m > 1 else 1.0)
    return area, variance


def _areas(curve: SurvivalCurve, horizon: float) -> tuple[float, Floats]:
    """Return the area under the curve up to the horizon, and what is left of it at each time."""
    edges = np.minimum(np.concatenate([[0.0], curve.times, [horizon]]), horizon)
    areas = np.concatenate([[1.0], curve.survival]) * np.diff(edges)
    remaining: Floats = np.cumsum(areas[::-1])[::-1][1:]
    return float(areas.sum()), remaining


def _has_few_clusters(curve: SurvivalCurve) -> bool:
    return curve.clusters is not None and count_clusters(curve.clusters) < MINIMUM_CLUSTERS


def _limits_over_clusters(curve: SurvivalCurve, time: float | None) -> tuple[Floats, Floats]:
    """Return the limits of the curve, widened by the design effect at a time, else at its end."""
    assert curve.clusters is not None
    if not len(curve.times) or count_clusters(curve.clusters) < 2:
        return curve.low, curve.high
    reached = curve.times <= (curve.times[-1] if time is None else time)
    factor = variance_factor(
        _influence(curve, reached.astype(np.float64)), curve.clusters, curve.level
    )
    wide = greenwood_terms(curve.at_risk, curve.finished) * factor
    return log_log_limits(curve.survival, wide, curve.level)


def _influence(curve: SurvivalCurve, weights: Floats) -> Floats:
    """Return what each item adds to the sum of weight * finished / at risk over the times."""
    r = curve.at_risk.astype(np.float64)
    met = np.concatenate([[0.0], np.cumsum(weights * curve.finished / r**2)])
    until = np.searchsorted(curve.times, curve.exits, side="right")
    since = np.searchsorted(curve.times, curve.entries, side="right")
    result: Floats = met[since] - met[until]
    own = until[curve.is_finished] - 1
    result[curve.is_finished] += weights[own] / r[own]
    return result


def greenwood_terms(at_risk: Integers, finished: ArrayLike) -> Floats:
    """Return cumulative d / (n (n - d)), infinite once everyone at risk has finished."""
    n, d = at_risk.astype(float), np.asarray(finished, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(n > d, d / (n * (n - d)), np.inf)
    result: Floats = np.cumsum(terms)
    return result


def log_log_limits(
    survival: Floats, hazard_variance: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return the exponential-Greenwood limits of each survival probability."""
    z = normal_quantile(0.5 + level / 2)
    inner = (survival > 0) & (survival < 1) & np.isfinite(hazard_variance)
    low, high = np.zeros_like(survival), np.ones_like(survival)
    log_s = np.log(survival[inner])
    spread = np.minimum(z * np.sqrt(hazard_variance[inner]) / np.abs(log_s), 700.0)
    low[inner] = np.exp(log_s * np.exp(spread))
    high[inner] = np.exp(log_s * np.exp(-spread))
    # The bands are pointwise; carrying extremes on keeps them monotone like the curve itself.
    return np.minimum.accumulate(low), np.minimum.accumulate(high)


def _checked(
    durations: ArrayLike, is_finished: ArrayLike, entered_late: ArrayLike | None
) -> tuple[Floats, Booleans, Floats]:
    """Return durations, finished flags and entry times as arrays, or raise."""
    exits = np.asarray(durations, dtype=np.float64)
    done = np.asarray(is_finished, dtype=bool)
    late = entered_late is not None
    entries = np.asarray(entered_late, dtype=np.float64) if late else np.full(len(exits), -np.inf)
    same_length(durations=exits, is_finished=done, entered_late=entries)
    if exits.size and not (np.all(np.isfinite(exits)) and np.all(exits >= 0)):
        raise CarepathError("durations must be finite and not negative", where="durations")
    if late:
        entries = np.where(entries <= 0, -np.inf, entries)
        if np.any(entries >= exits):
            raise CarepathError(
                "an item ended before it was first watched",
                where="entered_late",
                fix="leave out items that ended before history capture began",
            )
    return exits, done, entries


def _at_risk(times: Floats, exits: Floats, entries: Floats) -> Integers:
    """Return how many are under observation just before each time."""
    left = np.searchsorted(np.sort(exits), times, side="left")
    entered = np.searchsorted(np.sort(entries), times, side="left")
    return (entered - left).astype(np.int64)


def _first_time(times: Floats, reached: Booleans) -> float | None:
    """Return the first time at which the condition holds."""
    return float(times[int(np.argmax(reached))]) if reached.any() else None
