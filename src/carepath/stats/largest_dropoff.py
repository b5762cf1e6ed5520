"""Which step loses the most people, and how firmly the data say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Seed,
    check_level,
    counts_array,
    generator,
)
from carepath.stats.proportions import wilson

NAMING_SUPPORT = 0.95
NAMING_LEAD = 0.01


@dataclass(frozen=True)
class StepLoss:
    """What one step loses.

    Parameters
    ----------
    step : int
        Position of the step that was not passed, 2 .. steps.
    lost : int
        People whose last closed step is the one before.
    share_of_entrants : Estimate
        lost / everyone who entered, in [0, 1].
    rate_of_previous : Estimate
        lost / people who closed the step before and to whom this step applies, in [0, 1].
    support_by_people, support_by_rate : float
        Share of resamples, in [0, 1], in which this step loses the most people, or the largest
        share of those who reached the step before. Ties share their resample.
    """

    step: int
    lost: int
    share_of_entrants: Estimate
    rate_of_previous: Estimate
    support_by_people: float
    support_by_rate: float


@dataclass(frozen=True)
class LargestDropoff:
    """The verdict on the largest drop-off.

    Parameters
    ----------
    named : int or None
        The step that loses the most people, when its support is at least 0.95 and its lead at
        least one percentage point of the entrants; else None and `candidates` lists the rest.
    candidates : tuple of int
        Steps that cannot be told from the largest, largest first. Just `named` when it is named.
    lead : Estimate
        Largest minus second largest loss, as a share of the entrants, in [0, 1].
    named_by_rate, candidates_by_rate, lead_by_rate
        The same by rate of those who reached the previous step.
    same_step : bool
        Whether the most people and the largest rate point to the same step.
    steps : tuple of StepLoss
        One per step after the first.
    n : int
        People who entered.
    """

    named: int | None
    candidates: tuple[int, ...]
    lead: Estimate
    named_by_rate: int | None
    candidates_by_rate: tuple[int, ...]
    lead_by_rate: Estimate
    same_step: bool
    steps: tuple[StepLoss, ...]
    n: int


def largest_dropoff(
    last_closed: ArrayLike,
    seed: Seed,
    applies: ArrayLike | None = None,
    resamples: int = 2000,
    level: float = LEVEL,
) -> LargestDropoff:
    """Name the step that loses the most people, or list the candidates.

    Parameters
    ----------
    last_closed : array of int, shape (steps,) or (patterns, steps)
        People whose last closed step is 1, 2, ... steps; everyone who entered is in exactly one
        cell. With patterns: one row per set of steps that applies to some people.
    seed : int or Generator
        The same seed gives the same support.
    applies : array of bool, shape (patterns, steps), optional
        Which steps apply to the people of each pattern. Default: all.
    resamples : int
        Bootstrap resamples of persons.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    LargestDropoff

    Raises
    ------
    CarepathError
        With fewer than two steps, nobody entered, shapes that differ, or people lost at a step
        that does not apply to them.

    Notes
    -----
    Resampling persons is drawing the cells from a multinomial (Efron 1979): exact and fast.
    Support is the share of resamples a step wins, not a probability that it is the largest.
    Assumes persons are independent.
    """
    check_level(level)
    cells = np.atleast_2d(counts_array(last_closed, "last_closed"))
    patterns, steps = cells.shape
    if steps < 2:
        raise CarepathError("a funnel needs at least two steps", where="largest_dropoff")
    n = int(cells.sum())
    if n == 0:
        raise CarepathError("nobody entered the funnel", where="largest_dropoff")
    mask = np.ones_like(cells, dtype=bool) if applies is None else np.asarray(applies, dtype=bool)
    if mask.shape != cells.shape:
        raise CarepathError("applies and last_closed differ in shape", where="largest_dropoff")
    if np.any(cells[:, :-1][~mask[:, 1:]]):
        raise CarepathError(
            "people are lost at a step that does not apply to them", where="largest_dropoff"
        )
    draws = generator(seed).multinomial(n, cells.ravel() / n, size=resamples)
    resampled = draws.reshape(resamples, patterns, steps).astype(np.float64)
    share, rate, reached = _losses(cells[None].astype(np.float64), mask)
    shares, rates, _ = _losses(resampled, mask)
    by_people, by_rate = _support(shares), _support(rates)
    lost = np.rint(share[0] * n).astype(int)
    losses = tuple(
        StepLoss(
            step=k + 2,
            lost=int(lost[k]),
            share_of_entrants=wilson(int(lost[k]), n, level),
            rate_of_previous=wilson(int(lost[k]), int(reached[0, k]), level),
            support_by_people=float(by_people[k]),
            support_by_rate=float(by_rate[k]),
        )
        for k in range(steps - 1)
    )
    named, candidates, lead = _name(share[0], shares, by_people, n, level)
    named_rate, candidates_rate, lead_rate = _name(rate[0], rates, by_rate, n, level)
    top, top_rate = int(np.argmax(share[0])), int(np.argmax(np.nan_to_num(rate[0], nan=-1.0)))
    return LargestDropoff(
        named, candidates, lead, named_rate, candidates_rate, lead_rate, top == top_rate, losses, n
    )


def _losses(cells: Floats, applies: Booleans) -> tuple[Floats, Floats, Floats]:
    """Return loss as a share of entrants, as a rate of previous, and the rate's denominator."""
    still = np.cumsum(cells[:, :, ::-1], axis=2)[:, :, ::-1]
    reached = (still[:, :, :-1] * applies[:, 1:]).sum(axis=1)
    lost = cells[:, :, :-1].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(reached > 0, lost / reached, np.nan)
    return lost / cells.sum(axis=(1, 2))[:, None], rate, reached


def _support(values: Floats) -> Floats:
    """Return the share of rows each column wins; ties are shared equally."""
    filled = np.nan_to_num(values, nan=-1.0)
    winners = filled >= filled.max(axis=1, keepdims=True) - 1e-12
    result: Floats = (winners / winners.sum(axis=1, keepdims=True)).mean(axis=0)
    return result


def _name(
    point: Floats, resampled: Floats, support: Floats, n: int, level: float
) -> tuple[int | None, tuple[int, ...], Estimate]:
    """Apply the naming rule: support at least .95 and a lead of at least one point."""
    filled = np.nan_to_num(point, nan=-1.0)
    order = np.argsort(-filled, kind="stable")
    first = int(order[0])
    if len(order) == 1:
        lead = Estimate(float(filled[first]), None, None, n, level, "bootstrap", "one step only")
        return (first + 2, (first + 2,), lead) if filled[first] > 0 else (None, (), lead)
    value = float(filled[first] - max(filled[order[1]], 0.0))
    rest = np.delete(np.nan_to_num(resampled, nan=0.0), first, axis=1).max(axis=1)
    leads = np.nan_to_num(resampled[:, first], nan=0.0) - rest
    low, high = np.quantile(leads, [0.5 - level / 2, 0.5 + level / 2])
    lead = Estimate(value, float(low), float(high), n, level, "bootstrap")
    if filled[first] <= 0:
        return None, (), lead
    if support[first] >= NAMING_SUPPORT and value >= NAMING_LEAD:
        return first + 2, (first + 2,), lead
    # A candidate is a step that wins often enough, or trails the largest by under a point.
    near = filled >= filled[first] - NAMING_LEAD
    possible = near | (support >= 1 - NAMING_SUPPORT)
    return None, tuple(int(k) + 2 for k in order if possible[k] or k == first), lead
