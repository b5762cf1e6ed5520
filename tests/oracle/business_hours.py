"""Working time between two instants, by walking the days on the site's wall."""

from __future__ import annotations

from datetime import datetime, timedelta

from oracle.definitions import Definitions
from oracle.times import local_date, local_instant, overlap


def working_time(start: datetime, end: datetime, definitions: Definitions) -> timedelta:
    """Time between the two that fell into opening hours of a day that is no holiday."""
    zone = definitions.zone
    total = timedelta(0)
    day = local_date(start, zone)
    while day <= local_date(end, zone):
        for hours in definitions.calendar:
            if hours.iso_weekday == day.isoweekday() and day not in definitions.holidays:
                opens = local_instant(day, hours.opens_at, zone)
                closes = local_instant(day, hours.closes_at, zone)
                total += overlap(start, end, opens, closes)
        day += timedelta(days=1)
    return total
