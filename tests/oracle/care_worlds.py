"""Random projects and tasks with histories that bend every rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from oracle.definitions import (
    PROJECT,
    PROJECT_HISTORY,
    TASK,
    TASK_HISTORY,
    Raw,
    Row,
)
from oracle.worlds import NO_DATES, World

TASK_STATUSES = (
    "TODO",
    " to-do",
    "Backlog",
    "IN_PROGRESS",
    "in progress",
    "In--Progress ",
    "doing",
    "review",
    "waiting-for member",
    "PAUSED",
    "COMPLETE",
    "complete",
    "Complete ",
    "archived",
    "CANCELLED",
    "withdrawn",
    "half-baked",
    "  ",
    None,
)
PROJECT_STATUSES = ("NEW", "in-progress", "IN_PROGRESS", "paused", "COMPLETE", "Cancelled", "odd")


def make_care_world(random: Random, number: int) -> Raw:
    """A few projects and tasks."""
    world = World(random, number)
    projects = [add_project(world) for _ in range(world.pick(0, 1, 1, 2))]
    for _ in range(world.pick(1, 3, 6)):
        add_task(world, projects)
    return world.rows


def add_project(world: World) -> str:
    """One project with its history; at times only one of the two."""
    project_id = world.name("project")
    created = world.moment()
    row: Row = {
        "type": world.pick("Housing", "Benefits", None),
        "name": f"Name {project_id}",
        "first_active": created + world.pause() if world.chance(0.5) else None,
    }
    status = add_history(world, PROJECT_HISTORY, project_id, created, PROJECT_STATUSES, row)
    if world.chance(0.95):
        current = (
            {
                "id": project_id,
                "status": world.pick(*PROJECT_STATUSES) if world.chance(0.1) else status,
                "created": created,
                "modified": created + world.pause(),
                "creator_id": world.pick(f"w{world.number}-member-1", None),
            }
            | row
            | world.loader(created + timedelta(days=50), "_sdc_received_at")
        )
        delete(world, current, created)
        misdate(world, current)
        world.add_versions(PROJECT, current, {"status": "paused", "type": "Old"})
    return project_id


def add_task(world: World, projects: list[str]) -> None:
    """One task with its history; at times only one of the two."""
    task_id = world.name("task")
    created = world.moment()
    title = world.pick("G", "I", "Find a home aide", "Call", None)
    due = created + world.pause()
    status = add_history(
        world, TASK_HISTORY, task_id, created, TASK_STATUSES, {"title": title, "due": due}
    )
    if world.chance(0.93):
        current = {
            "id": task_id,
            "project_id": world.pick(*projects, *projects, None, world.name("elsewhere")),
            "title": title,
            "status": world.pick(*TASK_STATUSES) if world.chance(0.15) else status,
            "due": due,
            "created": created,
            "modified": created + world.pause(),
        } | world.loader(created + timedelta(days=50), "_sdc_received_at")
        delete(world, current, created)
        misdate(world, current)
        world.add_versions(TASK, current, {"status": "TODO", "project_id": None})


def delete(world: World, current: Row, created: datetime) -> None:
    """At times mark a current row as deleted, in either loader's way."""
    if world.chance(0.12):
        current["_sdc_deleted_at"] = created + world.pause()
    elif world.chance(0.04) and current["_fivetran_synced"]:
        current["_fivetran_deleted"] = True


def misdate(world: World, current: Row) -> None:
    """At times mistype when a record was made or changed, or write that it is not known."""
    if world.chance(0.04):
        current[world.pick("created", "modified")] += timedelta(days=90)
    if world.chance(0.08):
        told = [name for name in ("created", "first_active", "due") if name in current]
        if current["_fivetran_synced"] or current["_sdc_received_at"]:
            told += ["modified", "_sdc_deleted_at"]  # without a load time, it ranks the versions
        current[world.pick(*told)] = world.pick(*NO_DATES)


def add_history(
    world: World,
    table: str,
    item_id: str,
    created: datetime,
    statuses: tuple[str | None, ...],
    attributes: Row,
) -> str | None:
    """Add history rows and give the last status; there may be none."""
    if world.chance(0.12):
        return world.pick(*statuses)
    at = created + (world.pause() if world.chance(0.2) else timedelta(0))
    is_numeric = world.chance(0.8)
    numbers = [world.serial() for _ in range(world.random.randrange(1, 9))]
    if world.chance(0.2):
        world.random.shuffle(numbers)
    tells_created = world.chance(0.8)
    told_created = world.pick(*NO_DATES) if world.chance(0.06) else created
    status: str | None = None
    for number in numbers:
        if status is None or world.chance(0.8):
            status = world.pick(*statuses)
        row = (
            {
                "history_id": str(number) if is_numeric else f"w{world.number}-h{number}",
                "id": item_id,
                "status": status,
                "created": told_created if tells_created else None,
                "history_date": at,
                "history_user_id": world.pick("coordinator-1", "coordinator-2", None),
            }
            | attributes
            | ({"title": "G"} if "title" in attributes and world.chance(0.1) else {})
            | world.loader(at, "_sdc_received_at")
        )
        if world.chance(0.04):
            row["due" if "due" in row else "first_active"] = world.pick(*NO_DATES)
        spoil(world, table, row)
        at += world.pause()
    return status


def spoil(world: World, table: str, row: Row) -> None:
    """Add a history row, at times with something wrong with it."""
    at = row["history_date"]
    if world.chance(0.03):
        column = "_fivetran_synced" if row["_fivetran_synced"] else "_sdc_received_at"
        row[column] = at - timedelta(seconds=world.random.randrange(1, 500))
    elif world.chance(0.02):
        row["history_date"] = at - timedelta(days=world.random.randrange(1, 60))
    elif world.chance(0.01):
        row["history_date"] = datetime(1999, 12, 31, 23, 59, 59)
    elif world.chance(0.005):
        row["id"] = None
    world.add(table, row)
    loaded = row["_fivetran_synced"] or row["_sdc_received_at"]
    if loaded is not None and world.chance(0.05):  # the same row, loaded again and corrected
        column = "_fivetran_synced" if row["_fivetran_synced"] else "_sdc_received_at"
        again = row | {"status": "COMPLETE", column: loaded + timedelta(hours=3)}
        world.add(table, again)
