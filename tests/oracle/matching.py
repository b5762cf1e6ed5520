"""Which event serves which step, for one person (funnel.md 8, 9, 11, 12, 15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class PersonEvent:
    """One event of the person; `step_number` is null when it is no step of the funnel."""

    event_id: str
    event_at: datetime
    step_number: int | None = None
    is_exclusion: bool = False


@dataclass(frozen=True)
class Rules:
    """How a path is matched."""

    window: timedelta
    tie: timedelta = timedelta(0)
    order: str = "ordered"
    on_exclusion: str = "stop"


@dataclass
class Path:
    """One attempt: when each step was reached in order, and which events were used."""

    entered_at: datetime
    reached: dict[int, datetime] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    is_removed: bool = False


def in_total_order(events: list[PersonEvent]) -> list[PersonEvent]:
    """Event time, step number (events of no step last), event_id."""
    return sorted(
        events,
        key=lambda event: (
            event.event_at,
            event.step_number is None,
            event.step_number or 0,
            event.event_id,
        ),
    )


def in_window(event_at: datetime, entered_at: datetime, rules: Rules) -> bool:
    """From the tolerance before entry to the end of the window, both ends in."""
    return entered_at - rules.tie <= event_at <= entered_at + rules.window


def match_path(
    events: list[PersonEvent], entry: PersonEvent, later_steps: list[int], rules: Rules
) -> Path:
    """Follow one attempt from its entry through the steps that apply."""
    ordered = in_total_order(events)
    path = Path(entry.event_at, {1: entry.event_at}, [entry.event_id])
    reached = entry.event_at  # the running maximum of chosen event times
    stop_at = first_exclusion(ordered, entry)
    for step in later_steps:
        for event in ordered:
            if event.step_number != step or event.event_id in path.used:
                continue
            if not in_window(event.event_at, entry.event_at, rules):
                continue
            if rules.order != "unordered" and event.event_at < reached - rules.tie:
                continue
            if rules.order == "strict" and any_between(ordered, reached, event.event_at):
                break
            at = max(entry.event_at if rules.order == "unordered" else reached, event.event_at)
            if stop_at is not None and at >= stop_at:
                path.is_removed = rules.on_exclusion == "remove_person"
                break
            path.reached[step] = at
            path.used.append(event.event_id)
            if rules.order != "unordered":
                reached = at
            break
    return path


def first_exclusion(ordered: list[PersonEvent], entry: PersonEvent) -> datetime | None:
    """When the first exclusion event after the entry happened."""
    times = [event.event_at for event in ordered if event.is_exclusion]
    return min((at for at in times if at > entry.event_at), default=None)


def any_between(ordered: list[PersonEvent], start: datetime, end: datetime) -> bool:
    """Whether the person did anything else between two moments."""
    return any(start < event.event_at < end for event in ordered)


def best_attempt(events: list[PersonEvent], steps: list[int], rules: Rules) -> Path | None:
    """Entry mode `any_entry`: the longest attempt, then the earliest."""
    entries = [event for event in in_total_order(events) if event.step_number == 1]
    attempts = [match_path(events, entry, steps[1:], rules) for entry in entries]
    if not attempts:
        return None
    return max(attempts, key=lambda path: closed_count(path, steps))  # max keeps the first


def closed_count(path: Path, steps: list[int]) -> int:
    """How many steps in a row the attempt passed."""
    count = 0
    for step in steps:
        if step not in path.reached:
            break
        count += 1
    return count
