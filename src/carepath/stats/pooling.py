"""Many segments at once: partial pooling of their rates, and whether they differ at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from carepath.errors import CarepathError
from carepath.stats.distributions import chi_square_quantile, t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Estimate,
    Floats,
    Integers,
    Seed,
    check_level,
    counts_array,
    generator,
    same_length,
)

MINIMUM_ENTRIES = 30
CONSISTENT_SPREAD = 0.03
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class PooledSegments:
    """Rates of many segments, each drawn towards the common rate.

    Parameters
    ----------
    rates : tuple of Estimate or None
        One per segment, in the order given, in [0, 1]; None for a segment with under 30 entries
        ("insufficient"). The intervals hold the truth 95 % of the time on average over segments,
        not for each one.
    common : Estimate
        Rate of a typical segment, in [0, 1].
    spread : float or None
        Standard deviation of the segments' true rates, in [0, 1] (0.03 is 3 points).
    spread_upper : float or None
        Its one-sided 95 % upper limit.
    heterogeneity_p : float or None
        P-value of "all segments have one rate", persons permuted.
    verdict : {"consistent", "differs", "cannot tell"}
        Consistent when the upper limit of the spread is under 3 points; differs when it is not
        and p < .05; else cannot tell (also with fewer than two sufficient segments).
    """

    rates: tuple[Estimate | None, ...]
    common: Estimate
    spread: float | None
    spread_upper: float | None
    heterogeneity_p: float | None
    verdict: Literal["consistent", "differs", "cannot tell"]


def pool_segments(
    successes: ArrayLike,
    entered: ArrayLike,
    seed: Seed,
    permutations: int = 2000,
    level: float = LEVEL,
) -> PooledSegments:
    """Estimate the rate of every segment with partial pooling and judge their spread.

    Parameters
    ----------
    successes, entered : array of int, shape (segments,)
        Per segment.
    seed : int or Generator
        Of the permutation test.
    permutations : int
        Number of permutations.
    level : float
        Confidence level.

    Returns
    -------
    PooledSegments

    Raises
    ------
    CarepathError
        If a segment has more successes than entries.

    Notes
    -----
    Empirical logits y = log((k + .5) / (n - k + .5)), v = 1/(k + .5) + 1/(n - k + .5) (Cox 1970);
    y ~ N(theta, v), theta ~ N(mu, tau^2). tau by restricted maximum likelihood; segment values
    are the empirical Bayes means at it (Morris 1983). Their limits are quantiles of the mixture
    of normal posteriors over tau, weighted by the restricted likelihood under a flat prior on tau
    (Rubin 1981), so that not knowing tau widens them. The upper limit of the spread is the larger
    of the Q-profile limit (Viechtbauer 2007), which alone can be zero for a few small segments
    that happen to agree, and the 95 % point of those weights; it is turned into a standard
    deviation of rates by Gauss-Hermite integration. Assumes segments are draws from one
    population.
    """
    check_level(level)
    k, n = counts_array(successes, "successes"), counts_array(entered, "entered")
    same_length(successes=k, entered=n)
    if np.any(k > n):
        raise CarepathError("a segment has more successes than entries", where="pool_segments")
    enough = n >= MINIMUM_ENTRIES
    people = int(n[enough].sum())
    if int(enough.sum()) < 2:
        nothing = Estimate(None, None, None, people, level, "partial pooling", "under two segments")
        return PooledSegments((None,) * len(n), nothing, None, None, None, "cannot tell")
    y = np.log((k[enough] + 0.5) / (n[enough] - k[enough] + 0.5))
    v = 1 / (k[enough] + 0.5) + 1 / (n[enough] - k[enough] + 0.5)
    tau = _reml(y, v)
    mu, mu_variance = _common(y, v, tau)
    values = special.expit(mu + tau**2 / (tau**2 + v) * (y - mu))
    lows, highs = _mixture_limits(y, v, tau, level)
    shown = iter(zip(values, lows, highs, n[enough], strict=True))
    rates = tuple(
        _estimate(*next(shown), level) if is_enough else None for is_enough in enough.tolist()
    )
    half = t_quantile(0.5 + level / 2, len(y) - 1) * float(np.sqrt(mu_variance))
    common = Estimate(
        float(special.expit(mu)),
        float(special.expit(mu - half)),
        float(special.expit(mu + half)),
        people,
        level,
        "REML random effects",
    )
    p = heterogeneity_p(k[enough], n[enough], seed, permutations)
    upper = _rate_spread(mu, _tau_upper(y, v, tau))
    if upper < CONSISTENT_SPREAD:
        verdict: Literal["consistent", "differs", "cannot tell"] = "consistent"
    else:
        verdict = "differs" if p is not None and p < SIGNIFICANT else "cannot tell"
    return PooledSegments(rates, common, _rate_spread(mu, tau), upper, p, verdict)


def heterogeneity_p(
    successes: Integers, entered: Integers, seed: Seed, permutations: int = 2000
) -> float | None:
    """Return the permutation p-value of Pearson's chi-square that all segments have one rate.

    None when nobody or everybody succeeded. Persons change segments: the successes of the
    segments are multivariate hypergeometric given the totals (Fisher 1935).
    """
    total, people = int(successes.sum()), int(entered.sum())
    if total in (0, people) or len(entered) < 2:
        return None

    def chi(k: Integers) -> Floats:
        result: Floats = ((k - entered * (total / people)) ** 2 / entered).sum(axis=-1)
        return result

    drawn = generator(seed).multivariate_hypergeometric(
        entered, total, size=permutations, method="marginals"
    )
    beaten = int(np.sum(chi(drawn) >= chi(successes) - 1e-9))
    return (1 + beaten) / (1 + permutations)


def _estimate(value: float, low: float, high: float, n: int, level: float) -> Estimate:
    """Return one segment's pooled rate."""
    low, high = min(float(low), float(value)), max(float(high), float(value))
    return Estimate(float(value), low, high, int(n), level, "partial pooling")


def _common(y: Floats, v: Floats, tau: float) -> tuple[float, float]:
    """Return the weighted mean logit and its variance at a between-segment deviation."""
    w = 1 / (v + tau**2)
    return float((w * y).sum() / w.sum()), float(1 / w.sum())


def _restricted(tau: float, y: Floats, v: Floats) -> float:
    """Return the restricted log-likelihood of the between-segment deviation."""
    w = 1 / (v + tau**2)
    mu = (w * y).sum() / w.sum()
    return float(0.5 * (np.log(w).sum() - np.log(w.sum()) - (w * (y - mu) ** 2).sum()))


def _reml(y: Floats, v: Floats) -> float:
    """Return the deviation that maximises the restricted likelihood."""
    top = float(3 * np.std(y) + 0.1)
    low, high = 0.0, top
    for _ in range(6):
        grid = np.linspace(low, high, 41)
        best = int(np.argmax([_restricted(float(t), y, v) for t in grid]))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 40)])
    return float(grid[best])


def _mixture_limits(y: Floats, v: Floats, tau: float, level: float) -> tuple[Floats, Floats]:
    """Return the limits of every segment's rate, mixing over the deviation."""
    grid = np.linspace(0.0, 4 * tau + 6 * float(np.sqrt(np.median(v) / len(y))) + 0.05, 80)
    heights = np.array([_restricted(t, y, v) for t in grid])
    weight = np.exp(heights - heights.max())
    weight /= weight.sum()
    centres, spreads = np.empty((len(grid), len(y))), np.empty((len(grid), len(y)))
    for row, t in enumerate(grid):
        mu, mu_variance = _common(y, v, float(t))
        pull = v / (v + t**2)
        centres[row] = mu + (1 - pull) * (y - mu)
        spreads[row] = np.sqrt(v * (1 - pull) + pull**2 * mu_variance)

    def limit(target: float) -> Floats:
        low, high = (centres - 9 * spreads).min(axis=0), (centres + 9 * spreads).max(axis=0)
        for _ in range(45):
            middle = (low + high) / 2
            below = weight @ special.ndtr((middle - centres) / spreads) < target
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        result: Floats = special.expit((low + high) / 2)
        return result

    return limit(0.5 - level / 2), limit(0.5 + level / 2)


def _tau_upper(y: Floats, v: Floats, tau: float) -> float:
    """Return the one-sided 95 % upper limit of the deviation."""
    grid = np.linspace(0.0, 3.0, 601)
    heights = np.array([_restricted(float(t), y, v) for t in grid])
    weight = np.cumsum(np.exp(heights - heights.max()))
    likely = float(grid[int(np.searchsorted(weight, 0.95 * weight[-1]))])
    return max(likely, _q_profile_upper(y, v, tau))


def _q_profile_upper(y: Floats, v: Floats, tau: float) -> float:
    """Return the deviation at which the generalised Q falls to its 5 % point."""
    bound = chi_square_quantile(0.05, len(y) - 1)

    def excess(t: float) -> float:
        w = 1 / (v + t**2)
        mu = (w * y).sum() / w.sum()
        return float((w * (y - mu) ** 2).sum()) - bound

    if excess(0.0) <= 0:
        return tau
    top = 1.0
    while excess(top) > 0:
        top *= 2
    low = 0.0
    for _ in range(60):
        middle = (low + top) / 2
        low, top = (middle, top) if excess(middle) > 0 else (low, middle)
    return top


def _rate_spread(mu: float, tau: float) -> float:
    """Return the standard deviation of rates whose logits are N(mu, tau^2)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    rates = special.expit(mu + tau * nodes)
    return float(np.sqrt(max(weights @ rates**2 - (weights @ rates) ** 2, 0.0)))
