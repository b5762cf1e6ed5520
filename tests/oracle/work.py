"""Tasks and projects: their phases and their summaries (durations.md 1-10)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oracle.clocks import read_clocks
from oracle.dedup import deleted_at
from oracle.definitions import (
    PROJECT,
    PROJECT_HISTORY,
    TASK,
    TASK_HISTORY,
    Definitions,
    Row,
)
from oracle.rejection import Settled
from oracle.statuses import map_status
from oracle.times import local_date, seconds, week_of
from oracle.visits import CLOSED, Phase, form_phases, has_order_conflict, history_key


@dataclass
class Item:
    """A task or a project, with everything its rows say."""

    item_id: str
    current: Row | None
    # the current row's status, where it tells of as_of
    current_status: str | None = None
    history: list[Row] = field(default_factory=list)
    created_at: datetime = datetime.min
    deleted_at: datetime | None = None
    phases: list[Phase] = field(default_factory=list)

    def value(self, column: str) -> Any:
        """The current row's value; without a current row, the last one in the history."""
        if self.current is not None:
            return self.current.get(column)
        ordered = sorted(self.history, key=history_key, reverse=True)
        return next((row[column] for row in ordered if row.get(column) is not None), None)


def gather_items(entity: str, settled: Settled, definitions: Definitions) -> dict[str, Item]:
    """Every task (or project) with a current row or a kept history row."""
    table, history_table = (TASK, TASK_HISTORY) if entity == "task" else (PROJECT, PROJECT_HISTORY)
    histories: dict[str, list[Row]] = defaultdict(list)
    for row in settled.kept[history_table]:
        histories[row["id"]].append(row)
    currents = {row["id"]: row for row in settled.kept[table]}
    items = {}
    for item_id in sorted(set(currents) | set(histories)):
        current = currents.get(item_id)
        changed_at = (current or {}).get("modified")
        is_later = (history_table, item_id) in settled.changed_later or (
            definitions.as_of is not None
            and changed_at is not None
            and changed_at > definitions.as_of
        )
        status = None if is_later else (current or {}).get("status")
        item = Item(item_id, current, status, histories[item_id])
        item.created_at = creation(item)
        item.deleted_at = deleted_at(table, item.current, settled.as_of)
        item.phases = form_phases(
            entity, item.history, status, item.created_at, item.deleted_at, definitions
        )
        items[item_id] = item
    return items


def creation(item: Item) -> datetime:
    """Own creation time, else the earliest the history tells, else its first row."""
    own: datetime | None = (item.current or {}).get("created")
    told: list[datetime] = [row["created"] for row in item.history if row.get("created")]
    return own or min(told or [row["history_date"] for row in item.history])


def parent_of(task: Item, projects: dict[str, Item]) -> str | None:
    """The project, if it is one we know."""
    parent = (task.current or {}).get("project_id")
    return parent if parent in projects else None


def phase_row(phase: Phase, as_of: datetime) -> Row:
    """A phase as the tables show it."""
    return {
        "visit_number": phase.visit_number,
        "status": phase.status,
        "category": phase.category,
        "entered_at": phase.entered_at,
        "exited_at": phase.exited_at,
        "is_open": phase.exited_at is None,
        "is_imputed": phase.is_imputed,
        "seconds": seconds(phase.end(as_of) - phase.entered_at),
    }


def summary(entity: str, item: Item, definitions: Definitions) -> Row:
    """The columns that tasks and projects share."""
    clocks = read_clocks(item.phases, item.created_at, item.deleted_at, definitions)
    current = map_status(entity, item.current_status, definitions)
    return clocks | {
        "created_at": item.created_at,
        "is_deleted": item.deleted_at is not None,
        "deleted_at": item.deleted_at,
        "has_status_conflict": (
            current is not None and not clocks["is_imputed"] and current[0] != clocks["status"]
        ),
        "has_order_conflict": has_order_conflict(item.history),
    }


def task_row(task: Item, projects: dict[str, Item], definitions: Definitions) -> Row:
    """One row of current_task_summary."""
    title = (task.value("title") or "").strip().upper()
    return {
        "task_id": task.item_id,
        "project_id": parent_of(task, projects),
        "task_type": {"G": "general", "I": "internal"}.get(title, "member"),
        "due_at": task.value("due"),
    } | summary("task", task, definitions)


def project_row(
    project: Item, tasks: dict[str, Item], projects: dict[str, Item], definitions: Definitions
) -> Row:
    """One row of current_project_summary."""
    shared = summary("project", project, definitions)
    starts = (
        ("active_status", shared["first_active_at"]),
        ("first_active", project.value("first_active")),
        ("created", project.created_at),
    )
    source, started_at = next((source, at) for source, at in starts if at is not None)
    own = [task for task in tasks.values() if parent_of(task, projects) == project.item_id]
    alive = [task.phases[-1].category for task in own if task.deleted_at is None]
    started_date = local_date(started_at, definitions.zone)
    return shared | {
        "project_id": project.item_id,
        "member_id": project.value("creator_id"),
        "project_type": project.value("type"),
        "started_at": started_at,
        "started_at_source": source,
        "started_date": started_date,
        "started_week_date": week_of(started_date),
        "task_count": len(own),
        "open_task_count": sum(category not in CLOSED for category in alive),
        "active_task_count": sum(category == "active" for category in alive),
    }
