"""Which step moved: a change of the rate split over the steps of the funnel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.decomposition import share_of_change
from carepath.stats.distributions import normal_quantile
from carepath.stats.estimates import (
    LEVEL,
    Estimate,
    Floats,
    Seed,
    check_level,
    counts_array,
    generator,
)


@dataclass(frozen=True)
class StepContributions:
    """The rate part of a change, split over steps.

    Parameters
    ----------
    steps : tuple of Estimate
        Contribution of passing step 2, 3, ... as a fraction (-0.02 is 2 points lost there).
        Together with `unsplit` they add up to the rate part exactly. None where a step's passage
        is zero in a period for every segment.
    shares : tuple of Estimate
        Contribution / rate part with Fieller limits; None unless the rate part is at least 4
        standard errors.
    rate : Estimate
        The rate part itself: the change within segments.
    unsplit : float
        Rate part of segments with a zero numerator, which has no logarithm to split.
    """

    steps: tuple[Estimate, ...]
    shares: tuple[Estimate, ...]
    rate: Estimate
    unsplit: float


def contributions_by_step(
    closed_before: ArrayLike,
    closed_after: ArrayLike,
    seed: Seed,
    resamples: int = 2000,
    level: float = LEVEL,
) -> StepContributions:
    """Split the change within segments over the steps by logarithmic-mean weights.

    Parameters
    ----------
    closed_before, closed_after : array of int, shape (steps,) or (segments, steps)
        People who closed each step; the first column is everybody who entered. Never increasing
        along steps.
    seed : int or Generator
        The same seed gives the same intervals.
    resamples : int
        Bootstrap resamples of persons.
    level : float
        Confidence level.

    Returns
    -------
    StepContributions

    Raises
    ------
    CarepathError
        If shapes differ, there are under two steps, or a later step has more people.

    Notes
    -----
    Within a segment R = p_2 p_3 ... p_K and R1 - R0 = L(R1, R0) sum log(p1_k / p0_k) with the
    logarithmic mean L(a, b) = (a - b) / log(a / b), L(a, a) = a: exact, symmetric in time and in
    the order of steps (Ang 2005, LMDI). Segments enter with the mean of their two weights, as in
    `decomposition.decompose`. Persons are resampled.
    """
    check_level(level)
    before, after = _closed(closed_before), _closed(closed_after)
    if before.shape != after.shape:
        raise CarepathError("the two periods differ in shape", where="contributions_by_step")
    rng = generator(seed)
    point, point_rate, unsplit = _split(before[None], after[None])
    drawn, drawn_rate, _ = _split(
        _resample(before, rng, resamples), _resample(after, rng, resamples)
    )
    n = int(before[:, 0].sum() + after[:, 0].sum())
    z = normal_quantile(0.5 + level / 2)
    rate = _estimate(float(point_rate[0]), drawn_rate, n, z, level)
    steps = tuple(
        _estimate(float(point[0, k]), drawn[:, k], n, z, level) for k in range(point.shape[1])
    )
    shares = tuple(
        share_of_change(step, rate, _covariance(drawn[:, k], drawn_rate), z)
        for k, step in enumerate(steps)
    )
    return StepContributions(steps, shares, rate, float(unsplit[0]))


def _closed(values: ArrayLike) -> Floats:
    """Return people per segment and closed step, checked to never increase."""
    closed = np.atleast_2d(counts_array(values, "closed"))
    if closed.shape[1] < 2:
        raise CarepathError("a funnel needs at least two steps", where="contributions_by_step")
    if np.any(np.diff(closed, axis=1) > 0):
        raise CarepathError(
            "more people closed a step than the one before it",
            where="contributions_by_step",
            fix="pass the closed counts, which never increase, not done or open",
        )
    return closed.astype(float)


def _split(before: Floats, after: Floats) -> tuple[Floats, Floats, Floats]:
    """Return contributions (resamples, steps - 1), the rate part, and what could not be split."""
    n0, n1 = before[..., 0], after[..., 0]
    w = (n0 / n0.sum(axis=-1, keepdims=True) + n1 / n1.sum(axis=-1, keepdims=True)) / 2
    w = w * ((n0 > 0) & (n1 > 0))
    r0, r1 = before[..., -1] / np.maximum(n0, 1), after[..., -1] / np.maximum(n1, 1)
    change = w * (r1 - r0)
    usable = (r0 > 0) & (r1 > 0) & (w > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_0 = np.diff(np.log(np.where(usable[..., None], before, 1.0)), axis=-1)
        log_1 = np.diff(np.log(np.where(usable[..., None], after, 1.0)), axis=-1)
        ratio = np.log(np.where(usable, r1 / np.where(usable, r0, 1.0), 1.0))
        mean = np.where(np.abs(ratio) > 1e-12, (r1 - r0) / np.where(ratio == 0, 1.0, ratio), r1)
    parts = (w * mean * usable)[..., None] * (log_1 - log_0)
    nothing = ~usable.any(axis=-1)
    steps = np.where(nothing[..., None], np.nan, parts.sum(axis=-2))
    return steps, change.sum(axis=-1), (change * ~usable).sum(axis=-1)


def _resample(closed: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Return closed counts of resampled persons, shape (resamples, segments, steps)."""
    cells = closed.copy()
    cells[:, :-1] -= closed[:, 1:]
    people = int(cells.sum())
    if people == 0:
        raise CarepathError("nobody entered in one period", where="contributions_by_step")
    drawn = rng.multinomial(people, cells.ravel() / people, size=resamples)
    stacked = drawn.reshape(resamples, *cells.shape)[..., ::-1]
    result: Floats = np.cumsum(stacked, axis=-1)[..., ::-1].astype(float)
    return result


def _estimate(value: float, drawn: Floats, n: int, z: float, level: float) -> Estimate:
    """Return a value with its bootstrap standard error, or None where it is undefined."""
    method = "bootstrap of persons"
    if not np.isfinite(value):
        return Estimate(None, None, None, n, level, method, "nobody passed in one period")
    known = drawn[np.isfinite(drawn)]
    if len(known) < 0.95 * len(drawn):
        return Estimate(value, None, None, n, level, method, "often undefined")
    half = z * float(np.std(known, ddof=1))
    return Estimate(value, value - half, value + half, n, level, method)


def _covariance(first: Floats, second: Floats) -> float:
    """Return the covariance over the resamples where both exist."""
    known = np.isfinite(first) & np.isfinite(second)
    return float(np.cov(first[known], second[known])[0, 1]) if known.sum() > 2 else 0.0
