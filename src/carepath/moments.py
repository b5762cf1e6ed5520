"""Moments as people write them: ISO 8601, in UTC unless they carry a zone."""

from __future__ import annotations

from datetime import UTC, datetime


def read_moment(text: str) -> datetime:
    """Read a date or time as UTC, without its zone.

    Raises
    ------
    ValueError
        When it is none, or lies outside the years 1 to 9999 in UTC.
    """
    return to_utc(datetime.fromisoformat(text.strip()))


def to_utc(moment: datetime) -> datetime:
    """Convert a time to UTC, without its zone; one that has none is in UTC already.

    Raises
    ------
    ValueError
        When it lies outside the years 1 to 9999 in UTC.
    """
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(f"{moment} is outside the years 1 to 9999 in UTC") from error
