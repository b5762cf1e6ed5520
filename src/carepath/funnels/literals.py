"""Conditions and moments of a definition as SQL text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from carepath.funnels.definition import Scalar, Where
from carepath.quoting import quote_text

_EPOCH = datetime(1970, 1, 1)


def to_microseconds(moment: datetime | None) -> int | None:
    """Count the microseconds from 1970 to a moment in UTC."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """Return the moment in UTC, without zone."""
    return _EPOCH + timedelta(microseconds=microseconds)


def write_condition(where: Where, columns: dict[str, str]) -> str:
    """Write SQL telling whether an event's properties have the wanted values; never null.

    Parameters
    ----------
    where : mapping
        Property -> the values it may have.
    columns : dict
        Property -> SQL of its text.
    """
    tests = [_write_any_of(columns[name], values) for name, values in where.items()]
    return " and ".join(tests) if tests else "true"


def _write_any_of(column: str, values: Sequence[Scalar]) -> str:
    return "(" + " or ".join(_write_equal(column, value) for value in values) + ")"


def _write_equal(column: str, value: Scalar) -> str:
    if isinstance(value, bool):
        return f"coalesce(lower({column}) = '{str(value).lower()}', false)"
    if isinstance(value, int):
        return f"coalesce(try_cast({column} as decimal(38, 9)) = {value}, false)"
    if isinstance(value, float):
        return f"coalesce(try_cast({column} as double) = cast('{value!r}' as double), false)"
    return f"coalesce({column} = {quote_text(value)}, false)"
