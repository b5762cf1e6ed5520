"""Two ways a collection of times misleads: it was selected by completion, or the process drifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats import survival
from carepath.stats.comparison import Comparison, compare
from carepath.stats.estimates import Floats, Seed, same_length

MINIMUM_EXPECTED = 20.0
MISSING_SHARE = 0.5
EARLY_SHARE = 0.05
SIGNIFICANT = 0.01
DRIFT_RATIO = 1.15
MINIMUM_HALF = 30


@dataclass(frozen=True)
class Selection:
    """Whether completions are missing from the beginning of an extract.

    Parameters
    ----------
    is_selected : bool or None
        True when under half of the completions to be expected before `until` are there; None
        when there are too few to say.
    until : float or None
        Calendar time before which completions are counted, in the unit of the starts.
    observed : int
        Completions before it.
    expected : float or None
        Completions before it, judged by items that started later.
    """

    is_selected: bool | None
    until: float | None
    observed: int
    expected: float | None


@dataclass(frozen=True)
class Drift:
    """Whether later starts take another time than earlier ones.

    Parameters
    ----------
    direction : {"faster", "slower", "steady"} or None
        Of the later half of the starts; steady without a difference beyond chance (p <= .01)
        of at least 15 %. None with under 30 finished in a half.
    horizon : float or None
        Both halves are compared within this time, followed for both.
    later_to_earlier : Comparison or None
        Restricted means, medians and test.
    """

    direction: str | None
    horizon: float | None
    later_to_earlier: Comparison | None


def completion_selection(
    started: ArrayLike, durations: ArrayLike, is_finished: ArrayLike
) -> Selection:
    """Look for an extract that holds only items completed after some date.

    Parameters
    ----------
    started : array of float, shape (n,)
        Calendar time of the start, any unit (days).
    durations : array of float, shape (n,)
        Time to finish, or watched so far, in the same unit.
    is_finished : array of bool, shape (n,)
        False = still open.

    Returns
    -------
    Selection

    Notes
    -----
    Let c be the time by which 5 % of the completions had happened. Items that started after c
    cannot have been lost before it; their Kaplan-Meier curve says how many of the items started
    before c should have finished by c. An honest extract has about as many; one selected by
    completion has old starts but hardly any early completions.
    """
    start, length, done = _arrays(started, durations, is_finished)
    if done.sum() < MINIMUM_EXPECTED:
        return Selection(None, None, 0, None)
    finished_at = start[done] + length[done]
    until = float(np.quantile(finished_at, EARLY_SHARE))
    observed = int(np.sum(finished_at <= until))
    later, earlier = start > until, start <= until
    if done[later].sum() < survival.MINIMUM_FINISHED or not earlier.any():
        return Selection(None, until, observed, None)
    curve = survival.kaplan_meier(length[later], done[later])
    index = np.searchsorted(curve.times, until - start[earlier], side="right")
    finished_by = 1 - np.concatenate([[1.0], curve.survival])
    expected = float(finished_by[index].sum())
    if expected < MINIMUM_EXPECTED:
        return Selection(None, until, observed, expected)
    return Selection(observed < MISSING_SHARE * expected, until, observed, expected)


def drift(
    started: ArrayLike,
    durations: ArrayLike,
    is_finished: ArrayLike,
    as_of: float,
    seed: Seed,
    clusters: ArrayLike | None = None,
) -> Drift:
    """Compare the later half of the starts with the earlier half, followed equally long.

    Parameters
    ----------
    started, durations, is_finished
        As for `completion_selection`.
    as_of : float
        Calendar time up to which everything is known.
    seed : int or Generator
        Of the intervals.
    clusters : array, shape (n,), optional
        Project of each item.

    Returns
    -------
    Drift

    Notes
    -----
    One curve over all starts rests, at long times, on old starts only: it over-shoots when the
    process speeds up. Both halves are cut at the time half of the later starts have been
    followed, so neither is judged by what only the other could show.
    """
    start, length, done = _arrays(started, durations, is_finished)
    if not len(start):
        return Drift(None, None, None)
    later = start > np.median(start)
    if not later.any():
        return Drift(None, None, None)
    horizon = float(as_of - np.median(start[later]))
    if horizon <= 0:
        return Drift(None, None, None)
    # Nobody may be left to say anything close to the horizon when all are faster than that.
    horizon = min(horizon, float(length[later].max()), float(length[~later].max()))
    if horizon <= 0:
        return Drift(None, None, None)
    cut, ended = np.minimum(length, horizon), done & (length <= horizon)
    if min(int(ended[later].sum()), int(ended[~later].sum())) < MINIMUM_HALF:
        return Drift(None, horizon, None)
    found = compare(cut, ended, later, horizon, seed, clusters)
    ratio, p = found.mean_ratio.value, found.test.p
    if ratio is None or p is None:
        return Drift(None, horizon, found)
    direction = "steady"
    if p <= SIGNIFICANT and ratio >= DRIFT_RATIO:
        direction = "slower"
    elif p <= SIGNIFICANT and ratio <= 1 / DRIFT_RATIO:
        direction = "faster"
    return Drift(direction, horizon, found)


def _arrays(
    started: ArrayLike, durations: ArrayLike, is_finished: ArrayLike
) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return starts, lengths and flags as arrays, or raise."""
    start = np.asarray(started, dtype=np.float64)
    length = np.asarray(durations, dtype=np.float64)
    done = np.asarray(is_finished, dtype=bool)
    same_length(started=start, durations=length, is_finished=done)
    if length.size and not np.all(length >= 0):
        raise CarepathError("durations must be finite and not negative", where="durations")
    return start, length, done
