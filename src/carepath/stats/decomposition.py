"""Why a rate changed: who arrives (mix) against how they fare (rate), and which step moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.distributions import normal_quantile, t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    Seed,
    check_level,
    counts_array,
    generator,
)

MINIMUM_ENTRIES = 30
MINIMUM_Z_FOR_SHARES = 4.0


@dataclass(frozen=True)
class Decomposition:
    """A change of a rate, taken apart exactly: total = mix + rate + entering + leaving.

    Parameters
    ----------
    total, mix, rate, entering, leaving : Estimate
        Contributions as fractions (-0.03 is a fall of 3 points). Entering and leaving belong to
        segments present in one period only.
    mix_share, rate_share : Estimate
        Part / total with Fieller limits; None unless the total is at least 4 standard errors.
    segment_mix, segment_rate : tuple of float
        Contribution of each segment; 0 in the part that does not apply to it.
    is_simpson : bool
        The rate part and the total point to opposite sides and both intervals exclude zero.
    is_offsetting : bool
        Mix and rate point to opposite sides and both intervals exclude zero.
    """

    total: Estimate
    mix: Estimate
    rate: Estimate
    entering: Estimate
    leaving: Estimate
    mix_share: Estimate
    rate_share: Estimate
    segment_mix: tuple[float, ...]
    segment_rate: tuple[float, ...]
    is_simpson: bool
    is_offsetting: bool


def small_segments(entered_before: ArrayLike, entered_after: ArrayLike) -> Booleans:
    """Return True for segments to pool as `other`: under 30 entries in either period.

    A segment with nobody in one period is entering or leaving and is kept when the other period
    has at least 30.
    """
    n0, n1 = counts_array(entered_before, "before"), counts_array(entered_after, "after")
    small: Booleans = (n0 < MINIMUM_ENTRIES) | (n1 < MINIMUM_ENTRIES)
    one_sided = (np.minimum(n0, n1) == 0) & (np.maximum(n0, n1) >= MINIMUM_ENTRIES)
    pooled: Booleans = small & ~one_sided
    return pooled


def decompose(
    converted_before: ArrayLike,
    entered_before: ArrayLike,
    converted_after: ArrayLike,
    entered_after: ArrayLike,
    seed: Seed,
    resamples: int = 2000,
    level: float = LEVEL,
) -> Decomposition:
    """Split the change of a rate into mix and rate over segments.

    Parameters
    ----------
    converted_before, entered_before, converted_after, entered_after : array of int
        Shape (segments,): persons are resampled, the intervals describe these clients.
        Shape (clients, segments): clients are resampled in both periods at once, as any causal
        reading needs.
    seed : int or Generator
        The same seed gives the same intervals.
    resamples : int
        Bootstrap resamples.
    level : float
        Confidence level.

    Returns
    -------
    Decomposition
        All None when nobody entered in one of the periods.

    Raises
    ------
    CarepathError
        If shapes differ or more converted than entered.

    Notes
    -----
    With weights w and rates r of the segments present in both periods and R the mean of the two
    overall rates: mix = sum (w1 - w0) ((r0 + r1)/2 - R), rate = sum (r1 - r0) (w0 + w1)/2
    (Kitagawa 1955), entering = sum w1 (r1 - R), leaving = -sum w0 (r0 - R). Subtracting R changes
    no total, because the weights of each period sum to one, and gives a segment that grows a
    positive mix effect only if it is better than average. Intervals: bootstrap standard error
    with normal (persons) or t (clients - 1) quantiles. Shares: Fieller (1954).
    """
    check_level(level)
    k0, n0, k1, n1 = _tables(converted_before, entered_before, converted_after, entered_after)
    people = int(n0.sum() + n1.sum())
    if n0.sum() == 0 or n1.sum() == 0:
        nothing = Estimate(None, None, None, people, level, "bootstrap", "nobody in one period")
        return _nothing(nothing)
    totals = [t.sum(axis=0)[None].astype(float) for t in (k0, n0, k1, n1)]
    mix, rate = segment_parts(*totals)
    in_both = (totals[1][0] > 0) & (totals[3][0] > 0)
    point = _parts(*totals)[0]
    drawn = _parts(*_resample(k0, n0, k1, n1, generator(seed), resamples))
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    clients = len(n0)
    z = normal_quantile(0.5 + level / 2)
    if clients > 1:
        z = t_quantile(0.5 + level / 2, clients - 1) * float(np.sqrt(clients / (clients - 1)))
    covariance = np.cov(drawn, rowvar=False)
    parts = [
        Estimate(
            float(value), float(value - z * error), float(value + z * error), people, level, method
        )
        for value, error, method in zip(
            point,
            np.sqrt(np.diag(covariance)),
            ["bootstrap of clients" if clients > 1 else "bootstrap of persons"] * 5,
            strict=True,
        )
    ]
    total, mix_part, rate_part, entering, leaving = parts
    return Decomposition(
        total=total,
        mix=mix_part,
        rate=rate_part,
        entering=entering,
        leaving=leaving,
        mix_share=share_of_change(mix_part, total, float(covariance[0, 1]), z),
        rate_share=share_of_change(rate_part, total, float(covariance[0, 2]), z),
        segment_mix=tuple(mix[0].tolist()),
        segment_rate=tuple(np.where(in_both, rate[0], 0.0).tolist()),
        is_simpson=_opposed(rate_part, total),
        is_offsetting=_opposed(mix_part, rate_part),
    )


def segment_parts(k0: Floats, n0: Floats, k1: Floats, n1: Floats) -> tuple[Floats, Floats]:
    """Return each segment's mix (or entering, leaving) and rate contribution, shape (..., s)."""
    w0, w1 = n0 / n0.sum(axis=-1, keepdims=True), n1 / n1.sum(axis=-1, keepdims=True)
    r0, r1 = k0 / np.maximum(n0, 1), k1 / np.maximum(n1, 1)
    overall = ((w0 * r0).sum(axis=-1) + (w1 * r1).sum(axis=-1))[..., None] / 2
    both = (n0 > 0) & (n1 > 0)
    mix = np.where(
        both,
        (w1 - w0) * ((r0 + r1) / 2 - overall),
        np.where(n1 > 0, w1 * (r1 - overall), -w0 * (r0 - overall)),
    )
    rate = np.where(both, (r1 - r0) * (w0 + w1) / 2, 0.0)
    return mix, rate


def share_of_change(part: Estimate, total: Estimate, covariance: float, z: float) -> Estimate:
    """Return part / total with Fieller limits, or None where the total is too unsure.

    Parameters
    ----------
    part, total : Estimate
        With symmetric intervals of z standard errors.
    covariance : float
        Of the two estimates.
    z : float
        The quantile behind the intervals.

    Notes
    -----
    Limits solve (a - q b)^2 = z^2 (Va - 2 q C + q^2 Vb) for q (Fieller 1954). Only when the total
    is at least 4 standard errors from zero, below which the set can be unbounded.
    """
    n, level, method = total.n, total.level, "Fieller"
    if part.value is None or total.value is None or total.high is None or part.high is None:
        return Estimate(None, None, None, n, level, method, "no change to share")
    a, b = part.value, total.value
    va, vb = ((part.high - a) / z) ** 2, ((total.high - b) / z) ** 2
    if (vb > 0 and abs(b) / np.sqrt(vb) < MINIMUM_Z_FOR_SHARES) or b == 0:
        return Estimate(None, None, None, n, level, method, "change under 4 standard errors")
    lead = b * b - z * z * vb
    middle = a * b - z * z * covariance
    root = float(np.sqrt(max(middle**2 - lead * (a * a - z * z * va), 0.0)))
    return Estimate(a / b, (middle - root) / lead, (middle + root) / lead, n, level, method)


def _nothing(none: Estimate) -> Decomposition:
    """Return the decomposition of a change that is not defined."""
    return Decomposition(none, none, none, none, none, none, none, (), (), False, False)


def _opposed(first: Estimate, second: Estimate) -> bool:
    """Whether two estimates point to opposite sides, each beyond doubt."""
    if first.value is None or second.value is None:
        return False
    return first.excludes_zero and second.excludes_zero and first.value * second.value < 0


def _parts(k0: Floats, n0: Floats, k1: Floats, n1: Floats) -> Floats:
    """Return total, mix, rate, entering and leaving, shape (resamples, 5)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mix, rate = segment_parts(k0, n0, k1, n1)
        total = k1.sum(axis=-1) / n1.sum(axis=-1) - k0.sum(axis=-1) / n0.sum(axis=-1)
    both, only_after, only_before = (n0 > 0) & (n1 > 0), (n0 == 0) & (n1 > 0), n1 == 0
    sums = [(mix * mask).sum(axis=-1) for mask in (both, only_after, only_before & (n0 > 0))]
    return np.stack([total, sums[0], rate.sum(axis=-1), sums[1], sums[2]], axis=-1)


def _resample(
    k0: Integers, n0: Integers, k1: Integers, n1: Integers, rng: np.random.Generator, resamples: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return resampled segment totals: clients when there are several rows, else persons."""
    if len(n0) > 1:
        drawn = rng.multinomial(len(n0), np.full(len(n0), 1 / len(n0)), size=resamples)
        weights = drawn.astype(float)
        return weights @ k0, weights @ n0, weights @ k1, weights @ n1
    found = []
    for k, n in ((k0[0], n0[0]), (k1[0], n1[0])):
        entered = rng.multinomial(int(n.sum()), n / n.sum(), size=resamples)
        converted = rng.binomial(entered, k / np.maximum(n, 1))
        found += [converted.astype(float), entered.astype(float)]
    return found[0], found[1], found[2], found[3]


def _tables(*values: ArrayLike) -> tuple[Integers, Integers, Integers, Integers]:
    """Return the four tables as (rows, segments), or raise."""
    names = ("converted_before", "entered_before", "converted_after", "entered_after")
    k0, n0, k1, n1 = (
        np.atleast_2d(counts_array(v, name)) for v, name in zip(values, names, strict=True)
    )
    if not k0.shape == n0.shape == k1.shape == n1.shape:
        raise CarepathError("the four tables differ in shape", where="decompose")
    if np.any(k0 > n0) or np.any(k1 > n1):
        raise CarepathError("more people converted than entered", where="decompose")
    return k0, n0, k1, n1
