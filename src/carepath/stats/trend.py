"""Is there a problem at all: a fall of the conversion of final four-week cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.changepoint import MINIMUM_SIDE, ChangePoint, find_change
from carepath.stats.distributions import normal_quantile, t_quantile
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
from carepath.stats.multiplicity import holm

MINIMUM_COHORTS = 13
SEASON_COHORTS = 26
MINIMUM_FALL = 0.02
# A fall by this share of the rate that would go unseen is too much to speak of no problem.
MOST_UNSEEN = 0.5
SIGNIFICANT = 0.05
NOTHING_SEEN = "no change beyond chance: this is the largest that chance made"


@dataclass(frozen=True)
class TrendVerdict:
    """Whether conversion fell, when, and by how much.

    Parameters
    ----------
    is_problem : bool or None
        True for a fall of at least 2 points with p <= .05; None ("cannot tell") with under 13
        cohorts that anybody entered, where nothing is seen and a fall by half would not be, and
        where nobody converted at all.
    change : Estimate
        Rate after minus rate before, as a fraction (-0.03 is a fall of 3 points). Cohorts inside
        the interval of the date are left out where 3 remain on each side. Without a change at
        p <= .05 it has no interval: it is the largest of all that chance made.
    before, after : float or None
        The two levels, in [0, 1].
    changed_at : int or None
        Index of the first cohort after the change; None without a change at p <= .05.
    changed_low, changed_high : int or None
        Interval of `changed_at`: the change came with one of these cohorts.
    p : float or None
        P-value of "no change".
    method : str
        How the null distribution was drawn.
    smallest_detectable : float or None
        Fall in the middle of the series seen with a chance of 80 %, as a fraction >= 0.02.
    season_separable : bool
        False under 26 cohorts (two years): a season cannot be told from a change.
    lag_correlation : float or None
        Lag-1 correlation of the residuals.
    cohorts, people : int
        Final cohorts used; people in them.
    reason : str or None
        Why there is no verdict.
    """

    is_problem: bool | None
    change: Estimate
    before: float | None
    after: float | None
    changed_at: int | None
    changed_low: int | None
    changed_high: int | None
    p: float | None
    method: str
    smallest_detectable: float | None
    season_separable: bool
    lag_correlation: float | None
    cohorts: int
    people: int
    reason: str | None = None


@dataclass(frozen=True)
class StepTrend:
    """Trend of the passage of one step, tested only behind the gate of a problem.

    Parameters
    ----------
    step : str
        The step's name.
    change : Estimate
        Passage after minus before, as a fraction.
    adjusted_p : float or None
        Holm over the steps.
    has_fallen : bool or None
        True at adjusted p <= .05 and a fall; None where it cannot be told.
    """

    step: str
    change: Estimate
    adjusted_p: float | None
    has_fallen: bool | None


def conversion_trend(
    converted: ArrayLike,
    entered: ArrayLike,
    seed: Seed,
    draws: int = 1999,
    level: float = LEVEL,
) -> TrendVerdict:
    """Test a series of final four-week entry cohorts for one change of level.

    Parameters
    ----------
    converted, entered : array of int, shape (cohorts,)
        Oldest first, consecutive, final only (everybody mature). Cohorts nobody entered are left
        out of the sums but keep their place in the index.
    seed : int or Generator
        The same seed gives the same verdict.
    draws : int
        Permutations, or bootstrap series.
    level : float
        Confidence level of the size of the change.

    Returns
    -------
    TrendVerdict

    Raises
    ------
    CarepathError
        If more converted than entered.

    Notes
    -----
    See `changepoint.find_change` for the test. "Problem" needs a fall of at least 2 points and
    p <= .05 of the two-sided sup-t. The size is the difference of weighted means with the
    residual variance between cohorts, t quantile on cohorts - 2. The smallest detectable change
    is (critical value + z_.80) standard errors of a change in the middle. Assumes one abrupt
    change and, without autocorrelation, exchangeable cohorts.
    """
    check_level(level)
    k, n = counts_array(converted, "converted"), counts_array(entered, "entered")
    same_length(converted=k, entered=n)
    if np.any(k > n):
        raise CarepathError("more people converted than entered", where="conversion_trend")
    places = np.flatnonzero(n > 0)
    k, n = k[places], n[places]
    people = int(n.sum())
    if len(n) < MINIMUM_COHORTS:
        reason = f"{len(n)} final cohort{'' if len(n) == 1 else 's'}, {MINIMUM_COHORTS} are needed"
        return _no_verdict(Estimate(None, None, None, people, level, "", reason), len(n), reason)
    rates = k / n
    if np.ptp(rates) == 0:
        reason = "every cohort has the same rate"
        none = Estimate(0.0, None, None, people, level, "", reason)
        flat = _no_verdict(none, len(n), reason)
        if rates[0] == 0:
            nobody = _no_verdict(none, len(n), "nobody converted in any cohort")
            return replace(nobody, is_problem=None)
        return flat if rates[0] < 1 else _no_verdict(none, len(n), "everybody did")
    found = find_change(rates, n, generator(seed), draws)
    change, before, after = _size(rates, n, found, level)
    seen = found.p <= SIGNIFICANT
    fall = -change.value if change.value is not None else 0.0
    if not seen:
        change = replace(change, low=None, high=None, reason=NOTHING_SEEN)
    smallest = max(MINIMUM_FALL, _smallest(found))
    is_blind = not seen and smallest > max(MINIMUM_FALL, MOST_UNSEEN * float(k.sum()) / people)
    return TrendVerdict(
        is_problem=None if is_blind else bool(seen and fall >= MINIMUM_FALL),
        change=change,
        before=before,
        after=after,
        changed_at=int(places[found.index]) if seen else None,
        changed_low=int(places[found.low]) if seen else None,
        changed_high=int(places[found.high]) if seen else None,
        p=found.p,
        method=found.method,
        smallest_detectable=smallest,
        season_separable=len(n) >= SEASON_COHORTS,
        lag_correlation=found.lag_correlation,
        cohorts=len(n),
        people=people,
        reason="so few people entered that it could halve unseen" if is_blind else None,
    )


def step_trends(
    gate: TrendVerdict,
    passed: Mapping[str, ArrayLike],
    reached: Mapping[str, ArrayLike],
    seed: Seed,
    draws: int = 1999,
) -> tuple[StepTrend, ...]:
    """Test each step's passage, only when the gate found a problem.

    Parameters
    ----------
    gate : TrendVerdict
        Of the whole conversion. Unless it is a problem nothing is tested.
    passed, reached : mapping of step name to array of int, shape (cohorts,)
        People who closed the step, and those who closed the step before and to whom it applies.
    seed : int or Generator
        The same seed gives the same result.
    draws : int
        Permutations per step.

    Returns
    -------
    tuple of StepTrend
        Empty when the gate is closed. In the order of `passed`.
    """
    if not gate.is_problem:
        return ()
    rng = generator(seed)
    found = {name: conversion_trend(passed[name], reached[name], rng, draws) for name in passed}
    adjusted = holm([trend.p for trend in found.values()])
    return tuple(
        StepTrend(
            name,
            trend.change,
            p,
            None if p is None else p <= SIGNIFICANT and (trend.change.value or 0.0) < 0,
        )
        for (name, trend), p in zip(found.items(), adjusted, strict=True)
    )


def _size(
    rates: Floats, entered: Integers, found: ChangePoint, level: float
) -> tuple[Estimate, float, float]:
    """Return the change of level, leaving out the cohorts in which it may have happened."""
    periods = len(rates)
    low, high = found.low, found.high
    if low < MINIMUM_SIDE or periods - high < MINIMUM_SIDE:
        low = high = found.index
    w = found.weights
    before = float(np.average(rates[:low], weights=w[:low]))
    after = float(np.average(rates[high:], weights=w[high:]))
    variance = found.scale * (1 / w[:low].sum() + 1 / w[high:].sum())
    half = t_quantile(0.5 + level / 2, periods - 2) * float(np.sqrt(variance)) * found.inflation
    value, people = after - before, int(entered.sum())
    limits = max(value - half, -1.0), min(value + half, 1.0)
    return (
        Estimate(value, *limits, people, level, "difference of cohort means"),
        before,
        after,
    )


def _smallest(found: ChangePoint) -> float:
    """Return the change in the middle of the series that is seen with a chance of 80 %."""
    middle = len(found.weights) // 2
    error = found.scale * (1 / found.weights[:middle].sum() + 1 / found.weights[middle:].sum())
    return (found.critical + normal_quantile(0.8)) * float(np.sqrt(error))


def _no_verdict(change: Estimate, cohorts: int, reason: str) -> TrendVerdict:
    """Return "cannot tell", or "no problem" for a series that does not vary at all."""
    return TrendVerdict(
        is_problem=False if cohorts >= MINIMUM_COHORTS else None,
        change=change,
        before=None,
        after=None,
        changed_at=None,
        changed_low=None,
        changed_high=None,
        p=None,
        method="",
        smallest_detectable=None,
        season_separable=cohorts >= SEASON_COHORTS,
        lag_correlation=None,
        cohorts=cohorts,
        people=change.n,
        reason=reason,
    )
