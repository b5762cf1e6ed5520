"""When did a step reach a client: dated from what its people did, not from a release note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.estimates import Floats, Integers, counts_array, same_length

BELOW = 0.05
ABOVE = 0.50
MINIMUM_PEOPLE = 10


@dataclass(frozen=True)
class Exposure:
    """When the people of one client began to meet a step.

    Parameters
    ----------
    kind : {"dated", "never", "always", "no date"}
        Dated: absent, then present. Never and always: one of them throughout. No date: too few
        people, or neither; such a client is neither exposed nor control.
    changed_at : int or None
        Most likely first week after the change.
    absent_until, present_from : int or None
        Last week below 5 % and first week above 50 %: the change came after the first and by the
        second; weeks in between are partial roll-out and are left out.
    n : int
        People who reached any later step.
    """

    kind: Literal["dated", "never", "always", "no date"]
    changed_at: int | None
    absent_until: int | None
    present_from: int | None
    n: int


def date_exposure(did_step: ArrayLike, reached_later: ArrayLike) -> Exposure:
    """Date the arrival of a step at one client from the share that did it.

    Parameters
    ----------
    did_step, reached_later : array of int, shape (weeks,)
        Per entry week, non-staff entrants who reached any later step, and those among them who
        did the step. Oldest first, every week of the calendar.

    Returns
    -------
    Exposure

    Raises
    ------
    CarepathError
        If more did the step than reached a later one.

    Notes
    -----
    Consecutive weeks are gathered until they hold at least 10 people, so a small client gets a
    wider interval instead of none. The change-point maximises the binomial likelihood with one
    share before and one after (Hinkley 1970). Absent until the last window before it with a share
    below 5 %, alone and together with all windows up to it; present from the first window after it
    with a share above 50 %, alone and together with all from it on. So a roll-out may take any
    time, and a quiet window within it is no absence. Never: under 5 % of all people, and no
    window above 50 %; always: over 50 % of all, and no window below 5 %.
    """
    k, n = counts_array(did_step, "did_step"), counts_array(reached_later, "reached_later")
    same_length(did_step=k, reached_later=n)
    if np.any(k > n):
        raise CarepathError("more did the step than reached a later one", where="date_exposure")
    people = int(n.sum())
    starts, ends, done, seen = _gathered(k, n)
    if not len(starts):
        return Exposure("no date", None, None, None, people)
    share = done / seen
    low, high = np.flatnonzero(share < BELOW), np.flatnonzero(share > ABOVE)
    # One stray person among ten is a tenth of a window and no arrival.
    overall = done.sum() / seen.sum()
    if not len(high) and overall < BELOW:
        return Exposure("never", None, int(ends[-1]), None, people)
    if not len(low) and overall > ABOVE:
        return Exposure("always", None, None, int(starts[0]), people)
    cut = _most_likely_cut(done, seen)
    place = np.arange(len(share))
    until = np.cumsum(done) / np.cumsum(seen)
    since = np.cumsum(done[::-1])[::-1] / np.cumsum(seen[::-1])[::-1]
    absent = np.flatnonzero((place < cut) & (share < BELOW) & (until < BELOW))
    present = np.flatnonzero((place >= cut) & (share > ABOVE) & (since > ABOVE))
    if not len(absent) or not len(present):
        return Exposure("no date", None, None, None, people)
    last, first = int(absent[-1]), int(present[0])
    return Exposure("dated", int(starts[cut]), int(ends[last]), int(starts[first]), people)


def _gathered(k: Integers, n: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """Return first week, last week, did and people of windows of at least 10 people."""
    rows: list[tuple[int, int, int, int]] = []
    start, did, people = 0, 0, 0
    for week, (did_now, people_now) in enumerate(zip(k.tolist(), n.tolist(), strict=True)):
        if people == 0:
            start = week
        did, people = did + did_now, people + people_now
        if people >= MINIMUM_PEOPLE:
            rows.append((start, week, did, people))
            did, people = 0, 0
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _most_likely_cut(done: Integers, seen: Integers) -> int:
    """Return the first window after the most likely change."""
    k, n = np.cumsum(done), np.cumsum(seen)
    before = _log_likelihood(k[:-1], n[:-1])
    after = _log_likelihood(k[-1] - k[:-1], n[-1] - n[:-1])
    return int(np.argmax(before + after)) + 1 if len(k) > 1 else 0


def _log_likelihood(k: Integers, n: Integers) -> Floats:
    """Return the binomial log-likelihood at its maximum."""
    p = np.clip(k / n, 1e-9, 1 - 1e-9)
    result: Floats = k * np.log(p) + (n - k) * np.log(1 - p)
    return result
