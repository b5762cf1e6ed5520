"""Incremental builds over any arrival of the rows give what a build from scratch gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from effort import times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.definitions import (
    EVENTS,
    PROJECT,
    PROJECT_HISTORY,
    TASK,
    TASK_HISTORY,
    Raw,
    Row,
)
from oracle.worlds import NO_DATES, shuffled

from warehouse.fast import (
    FastWarehouse,
    build_order,
    incremental_models,
    layer_of,
    needed_for,
)
from warehouse.packs import STANDARD, make_pack
from warehouse.quarrels import add_quarrels

LATEST = replace(STANDARD, as_of=None)
WORLDS = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scratch of this module."""
    return tmp_path_factory.mktemp("incremental")


def make_warehouse(folder: Path) -> FastWarehouse:
    """An empty warehouse with the usual definitions."""
    warehouse = FastWarehouse()
    warehouse.define(LATEST, folder / "definitions")
    return warehouse


def deal(raw: Raw, parts: int, random: Random) -> Iterator[Raw]:
    """The rows dealt out at random: what is old may come late, by months, and in any order."""
    hands: list[Raw] = [{table: [] for table in raw} for _ in range(parts)]
    for table, rows in raw.items():
        for row in rows:
            hands[random.randrange(parts)][table].append(row)
    yield from hands


def differing(one: FastWarehouse, other: FastWarehouse) -> list[str]:
    """Models whose rows are not the same, bit by bit, in both; views read what is compared."""
    names = [name for name in build_order() if layer_of(name) != "base"]
    return [name for name in names if one.read(name) != other.read(name)]


@pytest.mark.slow
@settings(
    max_examples=times(8),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(1, 10_000), parts=st.integers(2, 5), is_settled=st.booleans())
def test_any_sequence_of_incremental_builds_gives_what_a_full_refresh_gives(
    seed: int, parts: int, is_settled: bool, folder: Path
) -> None:
    random = Random(seed)
    raw = shuffled(make_pack(seed, LATEST, WORLDS).raw, seed)
    quarrelsome = add_quarrels(raw, random)
    if is_settled:
        # whose a row was hears of it by nothing else
        quarrels = {table: rows[len(raw[table]) :] for table, rows in quarrelsome.items()}
        hands = [raw, *deal(quarrels, parts - 1, random)]
    else:
        hands = list(deal(quarrelsome, parts, random))
    step_by_step, at_once = make_warehouse(folder), make_warehouse(folder)
    for number, hand in enumerate(hands, start=1):
        step_by_step.add_rows(hand, number, folder / "rows.jsonl")
        at_once.add_rows(hand, number, folder / "rows.jsonl")
        step_by_step.build(incremental_models())
    step_by_step.build()
    at_once.build()
    assert differing(step_by_step, at_once) == []


def event(event_id: str, at: datetime, member: str | None, step: str | None, **more: Any) -> Row:
    """One delivered event, collected when it happened."""
    return {
        "event_id": event_id,
        "event_name": "funnel",
        "collector_tstamp": at,
        "derived_tstamp": at,
        "funnel_funnel_name": "MEMBER_INTAKE",
        "funnel_step_name": step,
        "user_id": member,
    } | more


MONDAY = datetime(2024, 6, 3, 10)
MINUTE = timedelta(minutes=1)


def land_and_build(
    warehouse: FastWarehouse, folder: Path, *batches: Raw, models: tuple[str, ...]
) -> None:
    """Land each batch and build what is looked at, one after the other."""
    for number, batch in enumerate(batches, start=1):
        warehouse.add_rows(batch, number, folder / "rows.jsonl")
        warehouse.build(needed_for(*models))


def path_of(warehouse: FastWarehouse, member: str) -> list[tuple[int, str]]:
    """The events of a person, in their order."""
    rows = [row for row in warehouse.read("funnel_events") if row["member_id"] == member]
    return sorted((row["event_number"], row["event_id"]) for row in rows)


def test_an_event_months_late_comes_first_on_the_persons_path(folder: Path) -> None:
    warehouse = make_warehouse(folder)
    first = {EVENTS: [event("b", MONDAY, "m", "CREATE_ACCOUNT")]}
    late = {EVENTS: [event("a", MONDAY - timedelta(days=200), "m", "CREATE_ACCOUNT")]}
    models = ("funnel_events", "member_intake_funnel_metrics")
    land_and_build(warehouse, folder, first, late, models=models)
    assert path_of(warehouse, "m") == [(1, "a"), (2, "b")]
    (member,) = warehouse.read("member_intake_funnel_metrics")
    assert member["entered_at"] == MONDAY - timedelta(days=200)


def test_an_event_that_proves_to_be_anothers_leaves_the_one_and_joins_the_other(
    folder: Path,
) -> None:
    warehouse = make_warehouse(folder)
    first = {
        EVENTS: [
            event("a", MONDAY, "m", "CREATE_ACCOUNT"),
            event("b", MONDAY + MINUTE, "m", "INPUT_FULL_NAME"),
            event("c", MONDAY + 2 * MINUTE, "n", "CREATE_ACCOUNT"),
        ]
    }
    # the copy collected first counts, although it is delivered last
    again = event("a", MONDAY, "n", "CREATE_ACCOUNT", collector_tstamp=MONDAY - MINUTE)
    land_and_build(warehouse, folder, first, {EVENTS: [again]}, models=("funnel_events",))
    assert path_of(warehouse, "m") == [(1, "b")]
    assert path_of(warehouse, "n") == [(1, "a"), (2, "c")]


def test_a_person_whose_only_event_proves_to_be_anothers_is_gone(folder: Path) -> None:
    warehouse = make_warehouse(folder)
    again = event("a", MONDAY, "n", "CREATE_ACCOUNT", collector_tstamp=MONDAY - MINUTE)
    first = event("a", MONDAY, "m", "CREATE_ACCOUNT")
    batches = {EVENTS: [first]}, {EVENTS: [again]}
    land_and_build(warehouse, folder, *batches, models=("member_intake_funnel_metrics",))
    assert [row["member_id"] for row in warehouse.read("member_intake_funnel_metrics")] == ["n"]


def test_a_batch_without_a_usable_row_is_read_once_and_not_again(folder: Path) -> None:
    warehouse = make_warehouse(folder)
    good = {EVENTS: [event("a", MONDAY, "m", "CREATE_ACCOUNT")]}
    bad = {EVENTS: [event("x", datetime(1970, 1, 1), "m", "CREATE_ACCOUNT")]}
    land_and_build(warehouse, folder, good, bad, models=("delivered_events", "rejection_summary"))
    assert max(row["batch_number"] for row in warehouse.read("delivered_events")) == 2
    assert warehouse.changed_rows("delivered_events") == 0
    assert [row["reason"] for row in warehouse.read("rejection_summary")] == ["dated_too_early"]


def test_a_task_reopened_and_then_deleted_is_followed_batch_by_batch(folder: Path) -> None:
    warehouse = make_warehouse(folder)
    task = {"id": "t", "title": "Call", "status": "COMPLETE", "created": MONDAY}

    def change(number: int, status: str) -> Row:
        at = MONDAY + number * MINUTE
        return {"history_id": str(number), "id": "t", "status": status, "history_date": at}

    first = {TASK: [task], TASK_HISTORY: [change(1, "IN_PROGRESS"), change(3, "COMPLETE")]}
    warehouse.add_rows(first, 1, folder / "rows.jsonl")
    warehouse.build(needed_for("current_task_summary"))
    (before,) = warehouse.read("current_task_summary")
    assert (before["status"], before["reopen_count"], before["is_done"]) == ("complete", 0, True)
    # it had been done once before, and is open again; then its record says that it was deleted
    late = {TASK_HISTORY: [change(2, "COMPLETE"), change(4, "IN_PROGRESS")]}
    late[TASK_HISTORY] += [{**change(2, "TODO"), "history_id": "2b"}]
    warehouse.add_rows(late, 2, folder / "rows.jsonl")
    warehouse.build(needed_for("current_task_summary"))
    (open_again,) = warehouse.read("current_task_summary")
    assert (open_again["status"], open_again["is_done"]) == ("in_progress", False)
    gone = task | {"modified": MONDAY + 9 * MINUTE, "_sdc_deleted_at": MONDAY + 9 * MINUTE}
    warehouse.add_rows({TASK: [gone]}, 3, folder / "rows.jsonl")
    warehouse.build(needed_for("current_task_summary"))
    (deleted,) = warehouse.read("current_task_summary")
    assert (deleted["end_reason"], deleted["ended_at"]) == ("deleted", MONDAY + 9 * MINUTE)


def test_a_record_that_moves_the_creation_judges_old_history_again(folder: Path) -> None:
    warehouse = make_warehouse(folder)
    history = {"history_id": "1", "id": "t", "status": "TODO", "history_date": MONDAY}
    early = {"id": "t", "title": "Call", "created": MONDAY, "modified": MONDAY}
    later = early | {"created": MONDAY + MINUTE, "modified": MONDAY + MINUTE}
    batches = {TASK: [early], TASK_HISTORY: [history]}, {TASK: [later]}
    land_and_build(warehouse, folder, *batches, models=("rejection_summary",))
    reasons = [row["reason"] for row in warehouse.read("rejection_summary")]
    assert reasons == ["dated_before_created"]


def test_a_record_that_becomes_unusable_judges_old_history_again(folder: Path) -> None:
    early = {"id": "t", "created": MONDAY, "modified": MONDAY + 9 * MINUTE}
    early |= {"status": "COMPLETE", "_sdc_deleted_at": MONDAY + 2 * MINUTE}
    # created after it was deleted: such a record says nothing, so the task was not deleted either
    later = early | {"created": MONDAY + 8 * MINUTE, "modified": MONDAY + 10 * MINUTE}
    task, project = {"title": "Call"}, {"type": "INTERNAL"}
    history = [
        {"history_id": "1", "id": "t", "status": "IN_PROGRESS", "history_date": MONDAY + MINUTE},
        {"history_id": "2", "id": "t", "status": "COMPLETE", "history_date": MONDAY + 5 * MINUTE},
    ]
    warehouse = make_warehouse(folder)
    first = {TASK: [early | task], PROJECT: [early | project]}
    first |= {TASK_HISTORY: history, PROJECT_HISTORY: history}
    second = {TASK: [later | task], PROJECT: [later | project]}
    land_and_build(warehouse, folder, first, second, models=("task_phases", "project_phases"))
    assert [row["status"] for row in warehouse.read("task_phases")] == ["in_progress", "complete"]
    assert [row["status"] for row in warehouse.read("project_phases")] == [
        "in_progress",
        "complete",
    ]


def test_rows_that_a_loader_replaces_are_counted_once(folder: Path) -> None:
    # Fivetran and Stitch keep one row of a task, with a new loader time whenever it changes.
    record = {"id": "t", "status": "TODO", "created": MONDAY, "modified": MONDAY}
    change = {"history_id": "1", "id": "t", "status": "TODO", "history_date": MONDAY}
    later = record | {"status": "COMPLETE", "modified": MONDAY + MINUTE}
    corrected = change | {"status": "IN_PROGRESS"}
    warehouse, at_once = make_warehouse(folder), make_warehouse(folder)
    first: Raw = {TASK: [record], PROJECT: [record]}
    first |= {TASK_HISTORY: [change], PROJECT_HISTORY: [change]}
    second: Raw = {TASK: [later], PROJECT: [later]}
    second |= {TASK_HISTORY: [corrected], PROJECT_HISTORY: [corrected]}
    warehouse.add_rows(first, 1, folder / "rows.jsonl")
    warehouse.build()
    for table in first:
        warehouse.connection.execute(f"delete from {table}")
    for made in (warehouse, at_once):
        made.add_rows(second, 2, folder / "rows.jsonl")
        made.build()
    assert differing(warehouse, at_once) == []
    fates = [row for row in warehouse.read("row_reconciliation") if row["fate"] == "modelled"]
    assert sum(row["row_count"] for row in fates) == len(first)


@pytest.mark.parametrize("never", NO_DATES)
def test_placeholders_for_no_date_are_counted_and_neither_start_nor_end_anything(
    never: datetime, folder: Path
) -> None:
    good = {"id": "p", "status": "NEW", "created": MONDAY, "modified": MONDAY}
    projects = [good, good | {"id": "q", "first_active": never, "modified": never}]
    tasks = [
        good | {"id": "t", "project_id": "p", "status": "TODO", "due": never},
        good | {"id": "u", "project_id": "p", "status": "TODO", "created": never},
        good | {"id": "v", "project_id": "p", "status": "TODO", "_sdc_deleted_at": never},
    ]
    history = {"history_id": "h", "id": "w", "status": "TODO", "created": never, "due": never}
    warehouse = make_warehouse(folder)
    raw = {PROJECT: projects, TASK: tasks, TASK_HISTORY: [history | {"history_date": MONDAY}]}
    models = ("data_freshness", "rejection_summary", "current_project_summary", "task_phases")
    land_and_build(warehouse, folder, raw, models=models)
    freshness = warehouse.read("data_freshness")
    counts = {row["source_table"]: row["early_moment_count"] for row in freshness}
    assert counts[PROJECT] == counts[TASK] == counts[TASK_HISTORY] == 2
    assert sum(counts.values()) == 6
    (rejected,) = warehouse.read("rejection_summary")
    assert (rejected["source_table"], rejected["reason"]) == (TASK, "dated_too_early")
    assert [row["started_at"] for row in warehouse.read("current_project_summary")] == [MONDAY] * 2
    phases = warehouse.read("task_phases")
    assert [(row["task_id"], row["entered_at"], row["is_open"]) for row in phases] == [
        (name, MONDAY, True) for name in ("t", "v", "w")
    ]


def test_a_record_dated_anew_is_judged_anew(folder: Path) -> None:
    bad = {"id": "t", "status": "TODO", "created": NO_DATES[0], "modified": MONDAY}
    change = {"history_id": "h", "id": "t", "status": "DOING", "history_date": MONDAY}
    at_once, later = make_warehouse(folder), make_warehouse(folder)
    good = bad | {"created": MONDAY - MINUTE, "modified": MONDAY + MINUTE}
    batches = [{TASK: [bad], TASK_HISTORY: [change]}, {TASK: [good]}]
    for number, batch in enumerate(batches, start=1):
        later.add_rows(batch, number, folder / "rows.jsonl")
        at_once.add_rows(batch, number, folder / "rows.jsonl")
        later.build()
        assert [row["is_listed"] for row in later.read("current_task_summary")] == [number == 2]
    at_once.build()
    assert differing(later, at_once) == []
    assert [row["visit_number"] for row in later.read("task_phases")] == [0, 1]


@pytest.mark.parametrize("column", ["created", "modified"])
@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_mistyped_year_does_not_move_the_warehouse_beyond_its_last_load(
    column: str, is_loaded: bool, folder: Path
) -> None:
    good = {"id": "t", "status": "TODO", "created": MONDAY, "modified": MONDAY}
    loaded = {"_sdc_received_at": MONDAY + MINUTE} if is_loaded else {}
    bad = good | {"id": "u", column: datetime(2062, 5, 1)}
    warehouse = make_warehouse(folder)
    models = ("data_freshness", "task_phases", "rejection_summary")
    land_and_build(warehouse, folder, {TASK: [good | loaded, bad | loaded]}, models=models)
    (as_of,) = {row["as_of"] for row in warehouse.read("data_freshness")}
    # without a load time nobody can tell; no stay is negative all the same
    assert as_of == (MONDAY + MINUTE if is_loaded else datetime(2062, 5, 1))
    assert all(row["seconds"] >= 0 for row in warehouse.read("task_phases"))
    rejected = [row["reason"] for row in warehouse.read("rejection_summary")]
    assert rejected == (["dated_after_load"] if is_loaded and column == "created" else [])
