"""Instants are naive datetimes in UTC; durations become decimal seconds; dates are local."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)


def seconds(duration: timedelta) -> Decimal:
    """Seconds with exactly six decimals; nothing is rounded on the way."""
    return (Decimal(duration // MICROSECOND) / 1_000_000).quantize(Decimal("0.000001"))


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Date on the site's wall when it happened."""
    return instant.replace(tzinfo=UTC).astimezone(zone).date()


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time."""
    return datetime.combine(day, at, zone).astimezone(UTC).replace(tzinfo=None)


def week_of(day: date) -> date:
    """Monday of the ISO week."""
    return day - timedelta(days=day.isoweekday() - 1)


def overlap(
    start: datetime, end: datetime, other_start: datetime, other_end: datetime
) -> timedelta:
    """How long two spans have in common."""
    return max(min(end, other_end) - max(start, other_start), timedelta(0))
