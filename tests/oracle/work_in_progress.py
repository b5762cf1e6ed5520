"""Work in progress as changes, counted by brute force (durations.md 17)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oracle.definitions import Definitions, Row
from oracle.times import local_date, local_instant, overlap, seconds
from oracle.visits import runs
from oracle.work import Item, parent_of

OPEN = ("todo", "active", "waiting", "paused", "unknown", "before_history")
Span = tuple[datetime, datetime | None]


def spans(task: Item, categories: tuple[str, ...]) -> list[Span]:
    """When the task was in one of these categories without a break."""
    return [(run[0].entered_at, run[-1].exited_at) for run in runs(task.phases, categories)]


def work_in_progress_changes(
    tasks: dict[str, Item], projects: dict[str, Item], as_of: datetime, definitions: Definitions
) -> list[Row]:
    """One row per project (null: none known) and local date on which its work changed."""
    rows: list[Row] = []
    parents = {task.item_id: parent_of(task, projects) for task in tasks.values()}
    for project_id in set(parents.values()):
        own = [task for task in tasks.values() if parents[task.item_id] == project_id]
        open_spans = [span for task in own for span in spans(task, OPEN)]
        active_spans = [span for task in own for span in spans(task, ("active",))]
        days = {
            local_date(at, definitions.zone)
            for span in open_spans + active_spans
            for at in span
            if at is not None
        }
        rows.extend(
            {"project_id": project_id}
            | day_row(day, open_spans, active_spans, as_of, definitions.zone)
            for day in sorted(days)
        )
    return rows


def day_row(
    day: date, open_spans: list[Span], active_spans: list[Span], as_of: datetime, zone: ZoneInfo
) -> Row:
    """What happened in one project on one date."""
    entered = [start for start, _ in open_spans if local_date(start, zone) == day]
    left = [end for _, end in open_spans if end is not None and local_date(end, zone) == day]
    return {
        "changed_date": day,
        "tasks_entered": len(entered),
        "tasks_left": len(left),
        "open_task_count": sum(is_in(span, day, zone) for span in open_spans),
        "active_task_count": sum(is_in(span, day, zone) for span in active_spans),
        "open_seconds": seconds(time_in(open_spans, day, as_of, zone)),
        "active_seconds": seconds(time_in(active_spans, day, as_of, zone)),
    }


def is_in(span: Span, day: date, zone: ZoneInfo) -> bool:
    """Whether the span holds at the end of the date."""
    start, end = span
    return local_date(start, zone) <= day and (end is None or local_date(end, zone) > day)


def time_in(spans: list[Span], day: date, as_of: datetime, zone: ZoneInfo) -> timedelta:
    """Time of all spans inside the date, no further than as_of."""
    midnight = local_instant(day, time(0), zone)
    next_midnight = local_instant(day + timedelta(days=1), time(0), zone)
    total = timedelta(0)
    for start, end in spans:
        total += overlap(start, as_of if end is None else min(end, as_of), midnight, next_midnight)
    return total
