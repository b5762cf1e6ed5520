"""A collection of times misleads where it was selected by completion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats import survival
from carepath.stats.estimates import Floats, same_length

MINIMUM_EXPECTED = 20.0
MISSING_SHARE = 0.5
EARLY_SHARE = 0.05


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
