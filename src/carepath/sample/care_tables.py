"""The four care tables: current state and history of projects and tasks."""

from __future__ import annotations

import numpy as np

from carepath.sample.care import Care
from carepath.sample.clients import NEVER
from carepath.sample.event_columns import quoted
from carepath.sample.histories import History
from carepath.sample.history_rows import deliver_history, respell, spelled
from carepath.sample.people import Numbers
from carepath.sample.plan import DAY, SECOND, SamplePlan
from carepath.sample.vocabulary import (
    COMPLETE,
    IN_PROGRESS,
    MEMBER_TASK_TITLES,
    PROJECT_TYPES,
    TASK_STATUSES,
    TODO,
)
from carepath.sample.writing import Writer

FIRST_PROJECT_ID, FIRST_TASK_ID = 10_001, 200_001
UNKNOWN_PROJECT_ID = 9_000_000_001
Dirt = dict[str, int]

LANDED_TWICE_SHARE = 0.01
NULL_PROJECT_SHARE, UNKNOWN_PROJECT_SHARE = 0.002, 0.002
NULL_ID_SHARE = 0.0002
LATER_DELETED_SHARE = 0.003
"""Tasks and projects deleted after they had ended."""

_STATUS = f"{quoted(TASK_STATUSES)}[status + 1]"
_COORDINATOR = "case when coordinator >= 0 then as_uuid('coordinator', coordinator) end"
_TITLE = (
    "case task_type when 0 then 'G' when 1 then 'I'"
    f" else {quoted(MEMBER_TASK_TITLES)}[item % {len(MEMBER_TASK_TITLES)} + 1] end"
)
_DUE = (
    "case when item % 5 > 0 then make_timestamp(created)"
    " + to_days(cast(3 + item % 11 as integer)) end"
)
_PROJECT_TYPE = f"{quoted(tuple(name for name, *_ in PROJECT_TYPES))}[project_type + 1]"
_PROJECT_NAME = "concat('Care for the family of ', first_name(creator), ' ', last_name(creator))"
_HISTORY_ID = "case when has_history_id then history_id end"
_HISTORY_DATE = 'case when has_time then make_timestamp("time") end'
_FIRST_ACTIVE = f"case when first_active < {NEVER} then make_timestamp(first_active) end"
_DELETED = f"case when deleted_at < {NEVER} then make_timestamp(deleted_at) end"


def write_care(
    writer: Writer, plan: SamplePlan, random: np.random.Generator, care: Care
) -> dict[str, Dirt]:
    """Write the four tables and return the dirt planted in each."""
    return {
        **_write_projects(writer, plan, random, care),
        **_write_tasks(writer, plan, random, care),
    }


def _write_tasks(
    writer: Writer, plan: SamplePlan, random: np.random.Generator, care: Care
) -> dict[str, Dirt]:
    created = care.task_created
    rows = deliver_history(
        random,
        care.task_history,
        created,
        care.task_deleted_at,
        plan.ends,
        care.roster,
        hard_deletes=True,
    )
    columns = rows.columns
    item = columns["item"].astype(np.int64)
    columns["created"] = created[item]
    columns["task_type"] = care.task_type[item]
    # The change of another attribute that repeats a status is a new due date.
    columns["moves_due"] = columns["history_id"].astype(np.int64) % 4 == 0
    writer.write(
        "historical_task",
        columns,
        f"{_HISTORY_ID} as history_id, case when has_id then item + {FIRST_TASK_ID} end as id,"
        f" make_timestamp(created) as created, {spelled(_STATUS)} as status, {_TITLE} as title,"
        f" {_DUE} + to_days(case when moves_due then 7 else 0 end) as due,"
        f" {_HISTORY_DATE} as history_date, {_COORDINATOR} as history_user_id,"
        " make_timestamp(received) as _sdc_received_at,"
        " cast(null as timestamp) as _sdc_deleted_at",
    )
    columns.clear()
    status, modified = current_state(care.task_history, created)
    conflict = rows.chosen["items_with_status_conflict"]
    status[conflict] = np.where(status[conflict] == COMPLETE, IN_PROGRESS, COMPLETE)
    deleted_at, later = _delete_later(random, plan, modified, status, care.task_deleted_at)
    current = {
        "item": np.arange(created.size, dtype=np.int64),
        "project": care.task_project + FIRST_PROJECT_ID,
        "status": status,
        "created": created,
        "modified": modified,
        "deleted_at": deleted_at,
        "task_type": care.task_type,
        "has_id": np.ones(created.size, dtype=bool),
    }
    dirt: Dirt = {}
    parents = random.permutation(created.size)
    nulls = round(created.size * NULL_PROJECT_SHARE)
    unknown = round(created.size * UNKNOWN_PROJECT_SHARE)
    gone = rows.chosen["items_hard_deleted"]
    parents = parents[~np.isin(parents, gone)]
    current["project"][parents[:nulls]] = -1
    current["project"][parents[nulls : nulls + unknown]] = UNKNOWN_PROJECT_ID
    dirt["null_project"] = len(parents[:nulls])
    dirt["unknown_project"] = len(parents[nulls : nulls + unknown])
    kept = np.ones(created.size, dtype=bool)
    kept[gone] = False
    current = {name: values[kept] for name, values in current.items()}
    dirt["deleted"] = int((current["deleted_at"] < NEVER).sum())
    dirt["deleted_after_end"] = int(later[kept].sum())
    current, more = _land_again(random, plan, current)
    writer.write(
        "task",
        current,
        f"case when has_id then item + {FIRST_TASK_ID} end as id,"
        " case when project >= 0 then project end as project_id,"
        f" {_TITLE} as title, {spelled(_STATUS)} as status, {_DUE} as due,"
        " make_timestamp(created) as created, make_timestamp(modified) as modified,"
        f" make_timestamp(received) as _sdc_received_at, {_DELETED} as _sdc_deleted_at",
    )
    dirt |= more
    dirt["status_conflict"] = rows.dirt["items_with_status_conflict"]
    dirt["without_history"] = rows.dirt["items_without_history"]
    return {"task": dirt, "historical_task": rows.dirt}


def _write_projects(
    writer: Writer, plan: SamplePlan, random: np.random.Generator, care: Care
) -> dict[str, Dirt]:
    created = care.project_created
    never = np.full(created.size, NEVER, dtype=np.int64)
    rows = deliver_history(
        random, care.project_history, created, never, plan.ends, care.roster, hard_deletes=False
    )
    columns = rows.columns
    item = columns["item"].astype(np.int64)
    columns["created"] = created[item]
    columns["creator"] = care.project_creator[item]
    columns["project_type"] = care.project_type[item]
    columns["first_active"] = care.project_first_active[item]
    writer.write(
        "historical_project",
        columns,
        f"{_HISTORY_ID} as history_id, case when has_id then item + {FIRST_PROJECT_ID} end as id,"
        f" {_PROJECT_TYPE} as type, {spelled(_STATUS)} as status, {_PROJECT_NAME} as name,"
        f' case when first_active <= "time" then {_FIRST_ACTIVE} end as first_active,'
        f" make_timestamp(created) as created, {_HISTORY_DATE} as history_date,"
        f" {_COORDINATOR} as history_user_id, make_timestamp(received) as _sdc_received_at,"
        " cast(null as timestamp) as _sdc_deleted_at",
    )
    status, modified = current_state(care.project_history, created)
    conflict = rows.chosen["items_with_status_conflict"]
    status[conflict] = np.where(status[conflict] == COMPLETE, IN_PROGRESS, COMPLETE)
    deleted_at, _ = _delete_later(random, plan, modified, status, never)
    current = {
        "item": np.arange(created.size, dtype=np.int64),
        "status": status,
        "created": created,
        "modified": modified,
        "deleted_at": deleted_at,
        "creator": care.project_creator,
        "project_type": care.project_type,
        "first_active": care.project_first_active,
        "has_id": np.ones(created.size, dtype=bool),
    }
    dirt: Dirt = {"deleted": int((current["deleted_at"] < NEVER).sum())}
    current, more = _land_again(random, plan, current)
    writer.write(
        "project",
        current,
        f"case when has_id then item + {FIRST_PROJECT_ID} end as id, {_PROJECT_TYPE} as type,"
        f" {spelled(_STATUS)} as status, {_PROJECT_NAME} as name,"
        f" {_FIRST_ACTIVE} as first_active, make_timestamp(created) as created,"
        " make_timestamp(modified) as modified, as_uuid('person', creator) as creator_id,"
        f" make_timestamp(received) as _sdc_received_at, {_DELETED} as _sdc_deleted_at",
    )
    dirt |= more
    dirt["status_conflict"] = rows.dirt["items_with_status_conflict"]
    dirt["without_history"] = rows.dirt["items_without_history"]
    return {"project": dirt, "historical_project": rows.dirt}


def current_state(history: History, created: Numbers) -> tuple[Numbers, Numbers]:
    """Last status of each item and when it was entered."""
    last = np.zeros(created.size, dtype=np.int64)
    last[history.item] = np.arange(history.item.size)  # in order of time: the last one stays
    return history.status[last].copy(), history.time[last].copy()


def _delete_later(
    random: np.random.Generator,
    plan: SamplePlan,
    modified: Numbers,
    status: Numbers,
    deleted_at: Numbers,
) -> tuple[Numbers, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Delete a few that have ended already."""
    when = modified + random.integers(DAY, 60 * DAY, modified.size) // 1000 * 1000
    later = (random.random(modified.size) < LATER_DELETED_SHARE) & (when < plan.ends)
    later &= (status == COMPLETE) & (deleted_at == NEVER)
    return np.where(later, when, deleted_at), later


def _land_again(
    random: np.random.Generator, plan: SamplePlan, current: dict[str, Numbers]
) -> tuple[dict[str, Numbers], Dirt]:
    """Add spellings and loader times, older versions of some rows, and rows without an id."""
    count = current["item"].size
    current["spelling"], respelled = respell(random, current["status"])
    changed = np.where(
        current["deleted_at"] < NEVER,
        np.maximum(current["deleted_at"], current["modified"]),
        current["modified"],
    )
    current["received"] = np.minimum(changed + random.integers(60, 900, count) * SECOND, plan.ends)
    plain = random.permutation(np.flatnonzero(current["spelling"] == 0))
    twice = plain[: round(count * LANDED_TWICE_SHARE)]
    plain = plain[twice.size :]
    older = {name: values[twice] for name, values in current.items()}
    older["status"] = np.full(twice.size, TODO if "task_type" in current else IN_PROGRESS)
    older["modified"] = older["created"]
    older["received"] = np.minimum(older["created"] + SECOND, older["received"] - SECOND)
    older["deleted_at"] = np.full(twice.size, NEVER, dtype=np.int64)
    nameless_rows = plain[: round(count * NULL_ID_SHARE)]
    nameless = {name: values[nameless_rows] for name, values in current.items()}
    nameless["has_id"] = np.zeros(nameless_rows.size, dtype=bool)
    nameless["deleted_at"] = np.full(nameless_rows.size, NEVER, dtype=np.int64)
    rows = {
        name: np.concatenate([values, older[name], nameless[name]])
        for name, values in current.items()
    }
    order = random.permutation(rows["item"].size)
    dirt = {
        "respelled_status": respelled,
        "landed_twice": int(twice.size),
        "null_id": int(nameless_rows.size),
    }
    return {name: values[order] for name, values in rows.items()}, dirt
