"""What a world is read with: funnel steps, statuses, calendar, and the variables of a build."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Raw = dict[str, list[Row]]

CLIENTS = "care_platform.clients"
MEMBERS = "care_platform.members"
PROJECT = "care_platform.project"
PROJECT_HISTORY = "care_platform.historical_project"
TASK = "care_platform.task"
TASK_HISTORY = "care_platform.historical_task"
EVENTS = "snowplow.events"

TABLES = (CLIENTS, MEMBERS, PROJECT, PROJECT_HISTORY, TASK, TASK_HISTORY, EVENTS)
HISTORIES = (PROJECT_HISTORY, TASK_HISTORY)


@dataclass(frozen=True)
class FunnelStep:
    """One step of the funnel as defined."""

    number: int
    name: str
    is_optional: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    applies_when: str | None = None


@dataclass(frozen=True)
class StatusMapping:
    """What one raw status of an entity ('task' or 'project') means."""

    entity: str
    raw_status: str
    status: str
    category: str


@dataclass(frozen=True)
class WorkingHours:
    """Opening hours of one weekday (1 = Monday), local time."""

    iso_weekday: int
    opens_at: time
    closes_at: time


MEMBER_INTAKE = (
    FunnelStep(1, "CREATE_ACCOUNT"),
    FunnelStep(2, "INPUT_FULL_NAME"),
    FunnelStep(3, "CONFIRM_COUNTRY"),
    FunnelStep(4, "VERIFY_ELIGIBILITY", applies_when="client_verifies"),
    FunnelStep(5, "CAREGIVING_GOAL"),
    FunnelStep(6, "CREATE_PROJECT"),
)

STATUSES = tuple(
    StatusMapping(entity, raw_status, status, category)
    for entity, raw_status, status, category in (
        ("task", "TODO", "todo", "todo"),
        ("task", "BACKLOG", "backlog", "todo"),
        ("task", "IN_PROGRESS", "in_progress", "active"),
        ("task", "DOING", "in_progress", "active"),
        ("task", "REVIEW", "review", "active"),
        ("task", "WAITING_FOR_MEMBER", "waiting_for_member", "waiting"),
        ("task", "PAUSED", "paused", "paused"),
        ("task", "COMPLETE", "complete", "done"),
        ("task", "ARCHIVED", "archived", "done"),
        ("task", "CANCELLED", "cancelled", "cancelled"),
        ("task", "WITHDRAWN", "withdrawn", "cancelled"),
        ("project", "NEW", "new", "todo"),
        ("project", "IN_PROGRESS", "in_progress", "active"),
        ("project", "PAUSED", "paused", "paused"),
        ("project", "COMPLETE", "complete", "done"),
        ("project", "CANCELLED", "cancelled", "cancelled"),
    )
)

OFFICE_HOURS = tuple(WorkingHours(day, time(9), time(17)) for day in range(1, 6))


@dataclass(frozen=True)
class ProductChange:
    """One change of the product as recorded; the time is UTC."""

    name: str
    kind: str | None
    step_name: str | None
    client_id: str | None
    released_at: datetime


@dataclass(frozen=True)
class Definitions:
    """Everything besides the raw rows that decides what `prod` holds."""

    funnel_name: str = "MEMBER_INTAKE"
    steps: tuple[FunnelStep, ...] = MEMBER_INTAKE
    statuses: tuple[StatusMapping, ...] = STATUSES
    calendar: tuple[WorkingHours, ...] = OFFICE_HOURS
    time_zone: str = "America/New_York"
    holidays: frozenset[date] = field(default_factory=frozenset)
    changes: tuple[ProductChange, ...] = ()
    window: timedelta = timedelta(days=14)
    tie: timedelta = timedelta(seconds=2)
    earliest_plausible_at: datetime = datetime(2000, 1, 1)
    as_of: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)
