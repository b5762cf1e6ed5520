"""Which of several raw rows with one id counts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime

from oracle.definitions import (
    CLIENTS,
    EVENTS,
    HISTORIES,
    MEMBERS,
    PROJECT,
    PROJECT_HISTORY,
    TASK,
    TASK_HISTORY,
    Row,
)

LONG_AGO = datetime.min
FAR_OFF = datetime.max
LOADER_COLUMNS = ("_batch_number", "_fivetran_synced", "_sdc_received_at", "load_tstamp")


def id_column(table: str) -> str:
    """The column that identifies a row of the source table."""
    if table == EVENTS:
        return "event_id"
    if table in HISTORIES:
        return "history_id"
    return "user_id" if table == MEMBERS else "id"


def loaded_at(table: str, row: Row) -> datetime | None:
    """When the loader got the row, if it says."""
    if table == EVENTS:
        return row.get("load_tstamp")
    return row.get("_fivetran_synced") or row.get("_sdc_received_at")


def dated_at(table: str, row: Row) -> datetime | None:
    """When what the row tells happened."""
    if table == EVENTS:
        return row.get("derived_tstamp") or row.get("collector_tstamp")
    return row.get("history_date") if table in HISTORIES else row.get("created")


def source_at(table: str, row: Row) -> datetime | None:
    """When the source last touched the row: a record before it is loaded, an event before the
    collector has it.
    """
    touched = [at for at in (row.get("modified"), dated_at(table, row)) if at]
    if table == EVENTS:
        return min(*touched, row.get("collector_tstamp") or datetime.max)
    if table in HISTORIES:
        return dated_at(table, row)
    loaded = loaded_at(table, row)
    return min(max(touched), loaded or datetime.max) if touched else None


def deleted_at(table: str, row: Row | None, as_of: datetime) -> datetime | None:
    """When a current-state row was deleted, if that has happened by as_of."""
    if row is None:
        return None
    at: datetime | None = row.get("_sdc_deleted_at")
    if at is None and row.get("_fivetran_deleted"):
        at = loaded_at(table, row) or source_at(table, row)
    return at if at is not None and at <= as_of else None


# What rows tell of beside their own moment. Too early, it is how a system writes that it has none.
TOLD_MOMENTS = {
    CLIENTS: ("created", "modified", "_sdc_deleted_at"),
    MEMBERS: ("created", "_sdc_deleted_at"),
    PROJECT: ("first_active", "modified", "_sdc_deleted_at"),
    TASK: ("due", "modified", "_sdc_deleted_at"),
    PROJECT_HISTORY: ("created", "first_active"),
    TASK_HISTORY: ("created", "due"),
    EVENTS: (),
}


def believe(table: str, row: Row, earliest: datetime) -> Row:
    """The row without the moments that are too early to be any, and how many these were."""
    early = [name for name in TOLD_MOMENTS[table] if row.get(name) and row[name] < earliest]
    return row | dict.fromkeys(early) | {"_early_moments": len(early)}


def row_hash(row: Row) -> str:
    """A neutral last resort: the same for the same values, whenever they were loaded."""
    values = (str(value) for key, value in sorted(row.items()) if key not in LOADER_COLUMNS)
    return hashlib.md5("|".join(values).encode()).hexdigest()


def deduplicate(table: str, rows: list[Row]) -> list[Row]:
    """Keep one row per id, in the order of the ids."""
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        versions[row[id_column(table)]].append(row)
    return [choose(table, versions[key]) for key in sorted(versions)]


def choose(table: str, versions: list[Row]) -> Row:
    """Events: the first collected. Everything else: the last loaded."""
    if table == EVENTS:
        return min(
            versions,
            key=lambda row: (row["collector_tstamp"], row["load_tstamp"] or FAR_OFF, row_hash(row)),
        )
    if table in HISTORIES:
        return max(versions, key=lambda row: (loaded_at(table, row) or LONG_AGO, row_hash(row)))
    return max(
        versions,
        key=lambda row: (
            loaded_at(table, row) or LONG_AGO,
            row.get("modified") or LONG_AGO,
            row_hash(row),
        ),
    )
