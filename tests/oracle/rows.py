"""Raw rows with sensible defaults, for examples small enough to work out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oracle.definitions import TABLES, Raw, Row

NOON = datetime(2024, 5, 6, 12)  # a Monday; 8 in the morning in New York
LOADER: Row = {
    "_fivetran_synced": None,
    "_fivetran_deleted": None,
    "_sdc_received_at": None,
    "_sdc_deleted_at": None,
    "_batch_number": 1,
}


def at(seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
    """A moment counted from noon."""
    return NOON + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def raw(**tables: list[Row]) -> Raw:
    """Raw rows by short table name, the other tables empty."""
    short = {table.split(".")[1]: table for table in TABLES}
    return {table: [] for table in TABLES} | {short[key]: rows for key, rows in tables.items()}


def event(
    event_id: str | None, member: str | None, step: str | None, when: datetime, **more: Any
) -> Row:
    """A funnel event (a page view without a step), loaded a minute later."""
    row: Row = {
        "event_id": event_id,
        "event_name": "funnel" if step else "page_view",
        "event_version": "1-0-4",
        "collector_tstamp": when,
        "derived_tstamp": when,
        "load_tstamp": when + timedelta(minutes=1),
        "funnel_funnel_name": "MEMBER_INTAKE" if step else None,
        "funnel_step_name": step,
        "user_id": member,
        "user_role": None,
        "user_is_eligibility_verified": None,
        "_batch_number": 1,
    }
    return row | more


def walk(member: str, *steps: tuple[str, float], **more: Any) -> list[Row]:
    """Events of one member, each a step and the seconds since noon."""
    return [
        event(f"{member}-{number}", member, step, at(seconds), **more)
        for number, (step, seconds) in enumerate(steps, start=1)
    ]


def client(client_id: str, **more: Any) -> Row:
    """A client that verifies nothing."""
    row = {"id": client_id, "name": client_id.title(), "created": at(days=-100), "modified": None}
    return row | {"client_landing_page_url": None, "verification_type": None} | LOADER | more


def member(member_id: str | None, client_id: str | None = None, **more: Any) -> Row:
    """An account."""
    return {"user_id": member_id, "client_id": client_id, "created": at()} | LOADER | more


def task(task_id: str, status: str | None = None, created: datetime = NOON, **more: Any) -> Row:
    """A task's current row."""
    row = {"id": task_id, "project_id": None, "title": "Call", "status": status, "due": None}
    return row | {"created": created, "modified": None} | LOADER | more


def project(project_id: str, status: str | None = None, **more: Any) -> Row:
    """A project's current row."""
    row = {"id": project_id, "type": "Housing", "status": status, "first_active": None}
    return row | {"created": NOON, "modified": None, "creator_id": None} | LOADER | more


def history(item_id: str, *changes: tuple[float, str | None], start: int = 1) -> list[Row]:
    """History rows of one item, each the hours since noon and a status."""
    return [
        {
            "history_id": str(number),
            "id": item_id,
            "status": status,
            "created": None,
            "title": None,
            "due": None,
            "history_date": at(hours=hours),
            "history_user_id": None,
        }
        | LOADER
        for number, (hours, status) in enumerate(changes, start=start)
    ]
