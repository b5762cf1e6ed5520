"""Who of the care team is at work when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.hours import DAY_HOURS
from carepath.sample.people import Flags, Numbers
from carepath.sample.plan import HOUR


@dataclass(frozen=True)
class Roster:
    """Working days and who is at work on each; a working day lasts `DAY_HOURS` hours.

    Parameters
    ----------
    opens : array, shape (days,)
        When each working day begins, microseconds UTC, in order.
    present : array of bool, shape (days, coordinators)
        Whether a coordinator is at work on the day.
    """

    opens: Numbers
    present: Flags

    def day_of(self, time: Numbers) -> Numbers:
        """Number of the last working day that had begun at each time."""
        return np.asarray(
            np.maximum(np.searchsorted(self.opens, time, side="right") - 1, 0), dtype=np.int64
        )

    def share_of_work(self, begin: Numbers, end: Numbers, share: NDArray[np.float64]) -> Numbers:
        """The time at which a share of the working time between two times has passed.

        The share of all time where nobody works in between; whole milliseconds.
        """
        first, last = self._worked(begin), self._worked(end)
        worked = first + share * (last - first)
        day = (worked // DAY_HOURS).astype(np.int64)
        during = self.opens[day] + ((worked - day * DAY_HOURS) * HOUR).astype(np.int64)
        anyway = begin + (share * (end - begin)).astype(np.int64)
        return np.asarray(np.where(last > first, during, anyway) // 1000 * 1000, dtype=np.int64)

    def _worked(self, time: Numbers) -> NDArray[np.float64]:
        day = self.day_of(time)
        hours = np.clip((time - self.opens[day]) / HOUR, 0.0, DAY_HOURS)
        return np.asarray(day * DAY_HOURS + hours, dtype=np.float64)

    def stand_in(self, random: np.random.Generator, who: Numbers, time: Numbers) -> Numbers:
        """The coordinators themselves, and somebody who is at work for those who are not.

        After hours it is who was at work on the last working day. The platform (negative) stays.
        """
        day = self.day_of(time)
        missing = np.flatnonzero((who >= 0) & ~self.present[day, np.maximum(who, 0)])
        found = who.copy()
        for row in missing:
            there = np.flatnonzero(self.present[day[row]])
            if there.size:
                found[row] = there[random.integers(there.size)]
        return found
