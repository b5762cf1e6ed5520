"""`carepath.ask`: find the question, open the warehouse, answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from carepath.errors import CarepathError
from carepath.moments import read_moment, to_utc
from carepath.questions.answer import Answer
from carepath.questions.edges import begin_month, end_month
from carepath.questions.opening import open_warehouse
from carepath.questions.question import Context, Question, Segment
from carepath.questions.registry import QUESTIONS, Entry
from carepath.questions.warehouse import Warehouse
from carepath.workspace import Workspace, find_workspace


def ask(
    question: str,
    by: str | None = None,
    since: str | date | None = None,
    until: str | date | None = None,
    as_of: str | datetime | None = None,
    workspace: str | Path | Workspace | None = None,
    *,
    opened: Warehouse | None = None,
) -> Answer:
    """Answer one question from the published warehouse.

    Parameters
    ----------
    question : str
        Id, such as ``conversion``; `carepath.questions.registry.QUESTIONS` lists them.
    by : str, optional
        Segment to split by, such as ``client``; each question names its own.
    since, until : date or str, optional
        First and last date, both inclusive, in the site's time zone: of entries for questions on
        the funnel, widened to whole months; of starts for those on tasks and projects.
    as_of : datetime or str, optional
        Moment the answer must be of (UTC). The warehouse must have been built for it.
    workspace : path or Workspace, optional
        Default: the one the current folder is in.
    opened : Warehouse, optional
        Its warehouse, where that is open already: several answers then are of one publication. It
        stays open.

    Returns
    -------
    Answer

    Raises
    ------
    CarepathError
        On an unknown question or segment, a date that is none, a warehouse that has not been
        built or is of another moment.

    Examples
    --------
    >>> import carepath
    >>> carepath.ask("conversion", by="client").headline  # doctest: +SKIP
    """
    entry = find_question(question)
    first, last = _read_date(since, "since"), _read_date(until, "until")
    if first and last and first > last:
        raise CarepathError(
            f"The range ends before it begins: since {first}, until {last}.",
            where="since, until",
            fix="swap the two dates",
        )
    module = entry.load()
    declared: Question = module.QUESTION
    segment = find_segment(declared, by)
    moment = None if as_of is None else _read_moment(as_of)
    warehouse = opened if opened is not None else _open(workspace)
    try:
        built = read_as_of(warehouse)
        _check_moment(moment, built, warehouse)
        zone = read_site_time_zone(warehouse)
        since, until = widen(declared, first, last)
        is_widened = (since, until) != (first, last)
        context = Context(declared, warehouse, built, zone, segment, since, until, is_widened)
        result: Answer = module.answer(context)
        return result
    finally:
        if opened is None:
            warehouse.close()


def widen(
    question: Question, first: date | None, last: date | None
) -> tuple[date | None, date | None]:
    """Return the range widened to the unit of the question's ranges."""
    if question.range_unit == "day":
        return first, last
    return first and begin_month(first), last and end_month(last)


def find_question(name: str) -> Entry:
    """Return the registered question; the error names the nearest and lists all."""
    entries = {entry.id: entry for entry in QUESTIONS}
    wanted = name.strip().lower().replace("_", "-")
    if wanted in entries:
        return entries[wanted]
    raise CarepathError(
        f"There is no question {name!r}.{_nearest(wanted, entries)}",
        fix=f"ask one of: {', '.join(entries)}",
    )


def find_segment(question: Question, by: str | None) -> Segment | None:
    """Return the segment of that name; the error names the nearest and lists all."""
    if by is None:
        return None
    segments = {segment.id: segment for segment in question.segments}
    wanted = by.strip().lower().replace("_", "-")
    if wanted in segments:
        return segments[wanted]
    if not segments:
        raise CarepathError(
            f"{question.id} cannot be split by a segment.", where="by", fix="leave --by out"
        )
    raise CarepathError(
        f"There is no segment {by!r} for {question.id}.{_nearest(wanted, segments)}",
        where="by",
        fix=f"choose one of: {', '.join(segments)}",
    )


def read_as_of(warehouse: Warehouse) -> datetime:
    """Return the moment the warehouse is of.

    Raises
    ------
    CarepathError
        When it holds no data at all.
    """
    found = warehouse.fetch("select max(as_of) as as_of from data_freshness", {})
    value: datetime | None = found.values("as_of")[0]
    if value is None:
        raise CarepathError(
            "The warehouse is empty: nothing dated has been landed.",
            where="prod.data_freshness",
            fix="land data with `carepath land FOLDER`, then run `carepath build`",
        )
    return value


def read_site_time_zone(warehouse: Warehouse) -> str:
    """Return the time zone of the site's calendar, which local dates and weeks are in."""
    found = warehouse.fetch("select max(site_time_zone) as zone from data_freshness", {})
    return str(found.values("zone")[0])


def _open(workspace: str | Path | Workspace | None) -> Warehouse:
    if not isinstance(workspace, Workspace):
        workspace = find_workspace(None if workspace is None else Path(workspace))
    return open_warehouse(workspace, "ask")


def _check_moment(asked: datetime | None, built: datetime, warehouse: Warehouse) -> None:
    if asked is None or asked == built:
        return
    if asked < built:
        earliest = _read_earliest(warehouse)
        if earliest is not None and asked < earliest:
            raise CarepathError(
                f"As of {asked} there is no data yet: the earliest is of {earliest}.",
                where="as_of",
                fix="name a later moment",
            )
        raise CarepathError(
            f"The warehouse is of {built}; as of {asked} rows that came later must be set aside, "
            "and that happens when it is built.",
            where="as_of",
            fix=f'run `carepath build --as-of "{asked}"`, then ask again',
        )
    raise CarepathError(
        f"The warehouse knows nothing after {built}; it cannot answer as of {asked}.",
        where="as_of",
        fix="run `carepath build` (after landing newer data, where there is any), or leave "
        "--as-of out",
    )


def _read_earliest(warehouse: Warehouse) -> datetime | None:
    """Return the earliest moment of anything that is counted."""
    found = warehouse.fetch(
        """
        select min(moment) as earliest
        from (
            select min(event_at) as moment from funnel_events
            union all
            select min(created_at) as moment from current_project_summary
            union all
            select min(created_at) as moment from current_task_summary
        ) as moments
        """,
        {},
    )
    value: datetime | None = found.values("earliest")[0]
    return value


def _read_date(value: str | date | None, name: str) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise CarepathError(
            f"{value!r} is not a date.", where=name, fix="write it as 2026-06-30"
        ) from error


def _read_moment(value: str | datetime) -> datetime:
    try:
        return to_utc(value) if isinstance(value, datetime) else read_moment(value)
    except ValueError as error:
        raise CarepathError(
            f"{value!r} is not a moment.", where="as_of", fix="write it as 2026-06-30 12:00:00"
        ) from error


def _nearest(name: str, known: Iterable[str]) -> str:
    near: Any = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""
