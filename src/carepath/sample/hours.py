"""Local time, weeks, holidays, and the working clock of the care team."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from carepath.sample.plan import DAY, HOUR, SECOND, WEEK, SamplePlan, microseconds
from carepath.sample.vocabulary import SITE_ZONE

Times = NDArray[np.int64]
OPENS, CLOSES = 9, 17
DAY_HOURS = CLOSES - OPENS
MONDAY = 4 * DAY  # 1970-01-05


@cache
def _transitions(zone: str, first: int, last: int) -> tuple[Times, Times]:
    """When the zone's offset changes between two days, and the offset from then on."""
    info = ZoneInfo(zone)

    def offset(hour: int) -> int:
        found = datetime.fromtimestamp(hour * 3600, UTC).astimezone(info).utcoffset()
        assert found is not None
        return int(found.total_seconds()) * SECOND

    starts, offsets = [first * DAY], [offset(first * 24)]
    for day in range(first, last):
        if offset((day + 1) * 24) != offsets[-1]:
            hour = next(h for h in range(day * 24, day * 24 + 25) if offset(h) != offsets[-1])
            starts.append(hour * HOUR)
            offsets.append(offset(hour))
    return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)


def offsets_at(zone: str, times: Times) -> Times:
    """Offset of local time from UTC, in microseconds, at each UTC time."""
    if times.size == 0:
        return np.zeros(0, dtype=np.int64)
    # Whole years, so that few distinct spans are ever computed.
    first = int(np.floor(times.min() / (366 * DAY))) * 366 - 2
    last = int(np.floor(times.max() / (366 * DAY)) + 1) * 366 + 2
    starts, offsets = _transitions(zone, first, last)
    return np.asarray(offsets[np.searchsorted(starts, times, side="right") - 1], dtype=np.int64)


def to_utc(zone: str, local: Times) -> Times:
    """UTC of local wall-clock times; an hour that does not exist moves forward."""
    guess = local - offsets_at(zone, local)
    return np.asarray(local - offsets_at(zone, guess), dtype=np.int64)


def first_monday(plan: SamplePlan) -> int:
    """Local midnight (as if UTC) of the Monday on or before the first site-local day."""
    local = plan.begins + int(offsets_at(SITE_ZONE, np.array([plan.begins]))[0])
    return MONDAY + (local - MONDAY) // WEEK * WEEK


def weeks_of(plan: SamplePlan, times: Times) -> Times:
    """Number of the site's ISO week of each time; week 0 holds the start of the span."""
    local = times + offsets_at(SITE_ZONE, times)
    return np.asarray((local - first_monday(plan)) // WEEK, dtype=np.int64)


def count_weeks(plan: SamplePlan) -> int:
    """How many site weeks the span touches."""
    return int(weeks_of(plan, np.array([plan.ends - 1]))[0]) + 1


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of `year` on which the care team does not work."""

    def nth(month: int, weekday: int, number: int) -> date:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))

    def observed(day: date) -> date:
        return day + timedelta({5: -1, 6: 1}.get(day.weekday(), 0))

    last_of_may = date(year, 5, 31)
    return frozenset(
        {
            observed(date(year, 1, 1)),
            last_of_may - timedelta(last_of_may.weekday()),
            observed(date(year, 7, 4)),
            nth(9, 0, 1),
            nth(11, 3, 4),
            observed(date(year, 12, 25)),
        }
    )


class WorkingClock:
    """Converts between calendar time and hours worked since the span began.

    On this clock the team never sleeps, so the queue can be simulated without nights.
    """

    def __init__(self, plan: SamplePlan) -> None:
        days = []
        day = plan.first_day - timedelta(days=4)
        while day < plan.last_day + timedelta(days=400):
            if day.weekday() < 5 and day not in holidays(day.year):
                days.append(microseconds(day) + OPENS * HOUR)
            day += timedelta(days=1)
        self.opens = to_utc(SITE_ZONE, np.array(days, dtype=np.int64))
        self._opens: list[int] = [int(moment) for moment in self.opens]

    def worked(self, time: int) -> float:
        """Hours worked by calendar time `time`."""
        day = bisect_right(self._opens, time) - 1
        if day < 0:
            return 0.0
        return day * DAY_HOURS + min((time - self._opens[day]) / HOUR, DAY_HOURS)

    def calendar(self, worked: float) -> int:
        """Calendar time (whole milliseconds) at which `worked` hours have been worked."""
        day = int(worked // DAY_HOURS)
        time = self._opens[day] + (worked - day * DAY_HOURS) * HOUR
        return int(time // 1000) * 1000
