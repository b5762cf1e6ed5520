"""Everything the report is made of: answers, silences, and the accounts of the warehouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from carepath.errors import CarepathError
from carepath.questions.answer import Answer
from carepath.questions.asking import ask, read_as_of
from carepath.questions.attempts import attempt
from carepath.questions.registry import QUESTIONS
from carepath.questions.warehouse import Warehouse

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Collected:
    """What was read, before anything is formatted.

    Parameters
    ----------
    as_of : datetime
        Moment the warehouse is of (UTC).
    since, until : date or None
        Range asked about.
    answers : dict of str to Answer
        By question.
    silences : dict of str to CarepathError
        Why a question could not be answered, by question.
    fates : tuple of (source_table, fate, row_count)
        Where every raw row went.
    rejections : tuple of (source_table, reason, row_count)
        Why rows were set aside.
    early_moments : tuple of (source_table, early_moment_count)
        Moments of rows that count as none because they are too early.
    freshness : tuple of (source_table, latest_source_at, latest_loaded_at, complete_through)
        How far each source goes.
    """

    as_of: datetime
    since: date | None
    until: date | None
    answers: dict[str, Answer]
    silences: dict[str, CarepathError]
    fates: tuple[tuple[str, str, int], ...] = ()
    rejections: tuple[tuple[str, str, int], ...] = ()
    early_moments: tuple[tuple[str, int], ...] = ()
    freshness: tuple[tuple[str, datetime | None, datetime | None, datetime | None], ...] = ()


def read_accounts(warehouse: Warehouse, since: date | None, until: date | None) -> Collected:
    """Read where the rows went and how fresh they are; no question is asked yet.

    Raises
    ------
    CarepathError
        When the warehouse is empty.
    """
    as_of = read_as_of(warehouse)
    fates = _read(
        warehouse,
        "select source_table, fate, row_count from row_reconciliation order by source_table, fate",
    )
    rejections = _read(
        warehouse,
        "select source_table, reason, row_count from rejection_summary "
        "where row_count > 0 order by source_table, row_count desc, reason",
    )
    early = _read(
        warehouse,
        "select source_table, early_moment_count from data_freshness "
        "where early_moment_count > 0 order by source_table",
    )
    freshness = _read(
        warehouse,
        "select source_table, latest_source_at, latest_loaded_at, complete_through "
        "from data_freshness order by source_table",
    )
    return Collected(as_of, since, until, {}, {}, fates, rejections, early, freshness)


def ask_all(collected: Collected, warehouse: Warehouse, progress: Progress) -> Collected:
    """Ask every question; one in which something goes wrong keeps its error."""
    answers: dict[str, Answer] = {}
    silences: dict[str, CarepathError] = {}
    for number, entry in enumerate(QUESTIONS):
        progress(entry.id, number, len(QUESTIONS) + 1)
        asked = partial(
            ask, entry.id, since=collected.since, until=collected.until, opened=warehouse
        )
        result = attempt("carepath report", asked)
        if isinstance(result, CarepathError):
            silences[entry.id] = result
        else:
            answers[entry.id] = result
    progress("drawing", len(QUESTIONS), len(QUESTIONS) + 1)
    return replace(collected, answers=answers, silences=silences)


def _read(warehouse: Warehouse, sql: str) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(row) for row in warehouse.fetch(sql, {}).rows())


def read_range(
    since: date | str | None, until: date | str | None
) -> tuple[date | None, date | None]:
    """Read the dates of a range, before anything slow begins.

    Raises
    ------
    CarepathError
        When a date is none, or the range ends before it begins.
    """
    first, last = (_read_date(value) for value in (since, until))
    if first and last and first > last:
        raise CarepathError(
            f"The range ends before it begins: since {first}, until {last}.",
            where="since, until",
            fix="swap the two dates",
        )
    return first, last


def _read_date(value: date | str | None) -> date | None:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise CarepathError(
            f"{value!r} is not a date.", where="since, until", fix="write it as 2026-06-30"
        ) from error
