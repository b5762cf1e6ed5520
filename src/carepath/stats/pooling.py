"""Many segments at once: partial pooling of their rates, and whether they differ at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
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
from carepath.stats.logit_normal import fit_logit_normal

MINIMUM_ENTRIES = 30
CONSISTENT_SPREAD = 0.03
SIGNIFICANT = 0.05
METHOD = "random-effects logit"


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
    k ~ Binomial(n, expit(theta)), theta ~ N(mu, tau^2), the counts' own likelihood, mu and tau
    integrated over their posterior (carepath.stats.logit_normal has priors and numerics): the
    random-effects logit of Stijnen, Hamza & Ozdemir (2010) with the full Bayes intervals of Rubin
    (1981) and Gelman (2006), so that not knowing tau widens them. Values are posterior medians,
    limits are quantiles. The upper limit of the spread is the 95 % point of the posterior of the
    standard deviation of rates; it does not become zero for a few small segments that happen to
    agree. Assumes segments are draws from one population.
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
    found = fit_logit_normal(k[enough], n[enough], level)
    shown = iter(zip(found.low, found.middle, found.high, n[enough], strict=True))
    rates = tuple(
        _estimate(*next(shown), level) if is_enough else None for is_enough in enough.tolist()
    )
    low, middle, high = found.typical
    common = Estimate(middle, low, high, people, level, METHOD)
    p = heterogeneity_p(k[enough], n[enough], seed, permutations)
    if found.spread_upper < CONSISTENT_SPREAD:
        verdict: Literal["consistent", "differs", "cannot tell"] = "consistent"
    else:
        verdict = "differs" if p is not None and p < SIGNIFICANT else "cannot tell"
    return PooledSegments(rates, common, found.spread, found.spread_upper, p, verdict)


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


def _estimate(low: float, value: float, high: float, n: int, level: float) -> Estimate:
    """Return one segment's pooled rate."""
    return Estimate(float(value), float(low), float(high), int(n), level, "partial pooling")
