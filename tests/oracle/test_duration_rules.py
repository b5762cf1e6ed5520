"""The rules of time and phases (durations.md), each on an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from oracle.business_hours import working_time
from oracle.definitions import Definitions, Raw, Row, WorkingHours
from oracle.expectation import expect
from oracle.rows import NOON, at, history, project, raw, task
from oracle.worlds import NO_DATES

AS_OF = at(hours=100)
PLAIN = Definitions(as_of=AS_OF)
HOUR = 3600


def one_task(world: Raw, definitions: Definitions = PLAIN) -> tuple[Row, list[Row]]:
    """The only task's summary and its phases."""
    expected = expect(world, definitions)
    (row,) = expected["current_task_summary"]
    return row, expected["task_phases"]


def spans(phases: list[Row]) -> list[tuple[object, ...]]:
    """Number, status and both ends of each phase."""
    return [
        (phase["visit_number"], phase["status"], phase["entered_at"], phase["exited_at"])
        for phase in phases
    ]


def test_rule_1_history_id_breaks_ties_as_a_number() -> None:
    rows = history("t", (0, "todo"), (1, "doing"), (1, "complete"))
    rows[1]["history_id"], rows[2]["history_id"] = "10", "9"
    row, phases = one_task(raw(task=[task("t")], historical_task=rows[::-1]))
    assert spans(phases) == [
        (1, "todo", at(), at(hours=1)),
        (2, "complete", at(hours=1), at(hours=1)),
        (3, "in_progress", at(hours=1), None),
    ]
    assert row["has_order_conflict"] is False


def test_rules_2_and_3_null_statuses_and_repeats_vanish_and_texts_are_mapped() -> None:
    rows = history("t", (0, "To-Do"), (1, None), (2, " IN__progress"), (3, "doing"), (4, "so odd"))
    rows[0]["status"] = "TODO "
    _, phases = one_task(raw(task=[task("t")], historical_task=rows))
    assert [(phase["status"], phase["category"], phase["seconds"]) for phase in phases] == [
        ("todo", "todo", 2 * HOUR),
        ("in_progress", "active", 2 * HOUR),
        ("SO_ODD", "unknown", 96 * HOUR),
    ]


def test_rule_4_the_date_wins_over_the_number_and_is_counted() -> None:
    rows = history("t", (0, "todo"), (5, "complete"), (3, "doing"))
    row, phases = one_task(raw(task=[task("t")], historical_task=rows))
    assert row["has_order_conflict"] is True
    assert [phase["status"] for phase in phases] == ["todo", "in_progress", "complete"]


def test_rule_4_rows_after_their_load_or_before_creation_are_rejected() -> None:
    rows = history("t", (-1, "todo"), (0, "doing"), (5, "complete"))
    rows[2]["_sdc_received_at"] = at(hours=4)
    expected = expect(raw(task=[task("t")], historical_task=rows), PLAIN)
    assert {row["reason"]: row["row_count"] for row in expected["rejection_summary"]} == {
        "dated_after_load": 1,
        "dated_before_created": 1,
    }
    assert [phase["status"] for phase in expected["task_phases"]] == ["in_progress"]


def test_rule_5_without_history_one_visit_is_imputed() -> None:
    row, phases = one_task(raw(task=[task("t", "complete")]))
    assert spans(phases) == [(1, "complete", at(), None)]
    assert phases[0]["is_imputed"] is True
    assert (row["is_done"], row["is_imputed"], row["end_reason"]) == (True, True, "completed")
    assert (row["lead_seconds"], row["last_done_at"], row["ended_at"]) == (None, None, None)


def test_a_history_without_a_task_is_a_task() -> None:
    row, phases = one_task(raw(historical_task=history("t", (2, "todo"), (3, "doing"))))
    assert row["created_at"] == at(hours=2)
    assert len(phases) == 2


def test_rule_6_the_time_before_history_is_no_status() -> None:
    row, phases = one_task(raw(task=[task("t")], historical_task=history("t", (3, "doing"))))
    assert spans(phases) == [
        (0, "before_history", at(), at(hours=3)),
        (1, "in_progress", at(hours=3), None),
    ]
    assert row["visit_count"] == 1


def test_rule_7_history_wins_over_the_current_status_and_it_is_counted() -> None:
    world = raw(task=[task("t", "complete")], historical_task=history("t", (0, "doing")))
    row, _ = one_task(world)
    assert (row["status"], row["has_status_conflict"]) == ("in_progress", True)
    same, _ = one_task(
        raw(task=[task("t", "In-Progress")], historical_task=history("t", (0, "doing")))
    )
    assert same["has_status_conflict"] is False


@pytest.mark.parametrize(
    ("deleted_hour", "last_status", "rejected"),
    [(8, "in_progress", 0), (5, "in_progress", 0), (3, "todo", 1)],
    ids=["after the last entry", "at it", "before it"],
)
def test_rule_8_deletion_ends_the_open_visit(
    deleted_hour: int, last_status: str, rejected: int
) -> None:
    deleted = task("t", _sdc_deleted_at=at(hours=deleted_hour))
    world = raw(task=[deleted], historical_task=history("t", (0, "todo"), (5, "doing")))
    row, phases = one_task(world)
    assert phases[-1]["exited_at"] == at(hours=deleted_hour)
    assert (phases[-1]["status"], phases[-1]["is_open"]) == (last_status, False)
    assert (row["end_reason"], row["ended_at"]) == ("deleted", at(hours=deleted_hour))
    assert (row["is_done"], row["completion_count"]) == (False, 0)
    reasons = expect(world, PLAIN)["rejection_summary"]
    assert sum(reason["row_count"] for reason in reasons) == rejected


def test_rule_4_a_record_deleted_before_its_creation_is_rejected() -> None:
    world = raw(task=[task("t", "todo", _sdc_deleted_at=at(hours=-1))])
    expected = expect(world, PLAIN)
    assert expected["current_task_summary"] == []
    assert [row["reason"] for row in expected["rejection_summary"]] == ["deleted_before_created"]


@pytest.mark.parametrize("why", ["a later change", "a later modification"])
def test_a_current_status_that_came_after_as_of_is_not_known_then(why: str) -> None:
    late = AS_OF + timedelta(hours=1)
    record = task("t", "complete")
    world = raw(task=[record])
    if why == "a later change":
        rows = history("t", (0, "complete"))
        rows[0]["history_date"] = late
        world = raw(task=[record], historical_task=rows)
    else:
        record["modified"] = late
    row, phases = one_task(world)
    assert (row["status"], row["is_done"], row["end_reason"]) == ("unknown", False, None)
    assert (phases[0]["is_open"], row["has_status_conflict"]) == (True, False)


def test_rule_8_a_deletion_after_as_of_has_not_happened() -> None:
    world = raw(task=[task("t", "todo", _sdc_deleted_at=AS_OF + timedelta(seconds=1))])
    row, _ = one_task(world)
    assert (row["is_deleted"], row["end_reason"]) == (False, None)


def test_rule_8_cancelled_is_an_end_and_no_completion() -> None:
    world = raw(
        task=[task("t")],
        historical_task=history("t", (0, "doing"), (2, "complete"), (3, "cancelled")),
    )
    row, _ = one_task(world)
    assert (row["end_reason"], row["ended_at"]) == ("cancelled", at(hours=3))
    assert (row["is_done"], row["reopen_count"], row["completion_count"]) == (False, 0, 1)
    assert row["cycle_seconds"] is None
    assert row["first_done_seconds"] == 2 * HOUR


@pytest.mark.parametrize(
    ("statuses", "first_active", "started", "source"),
    [
        (((0, "new"), (2, "in progress")), at(hours=1), at(hours=2), "active_status"),
        (((0, "new"),), at(hours=1), at(hours=1), "first_active"),
        (((0, "new"),), None, at(), "created"),
    ],
)
def test_rule_9_a_project_starts_at_the_best_moment_known(
    statuses: tuple[tuple[float, str], ...],
    first_active: datetime | None,
    started: datetime,
    source: str,
) -> None:
    world = raw(
        project=[project("p", first_active=first_active)],
        historical_project=history("p", *statuses),
    )
    (row,) = expect(world, PLAIN)["current_project_summary"]
    assert (row["started_at"], row["started_at_source"]) == (started, source)
    assert row["started_week_date"] == date(2024, 5, 6)


def test_rule_10_an_unknown_parent_is_not_a_project() -> None:
    world = raw(
        project=[project("p", "new")],
        task=[
            task("t1", "todo", project_id="p", title="G"),
            task("t2", "doing", project_id="p", title="I", _sdc_deleted_at=at(hours=1)),
            task("t3", "doing", project_id="elsewhere"),
            task("t4", "doing"),
        ],
    )
    expected = expect(world, PLAIN)
    rows = expected["current_task_summary"]
    assert [row["project_id"] for row in rows] == ["p", "p", None, None]
    assert [row["task_type"] for row in rows] == ["general", "internal", "member", "member"]
    (parent,) = expected["current_project_summary"]
    counts = [parent[f"{kind}_count"] for kind in ("task", "open_task", "active_task")]
    assert counts == [2, 1, 0]


# 0 todo, 2 active, 5 waiting, 6 active, 10 done, 20 paused, 23 archived (done), 24 done
LONG = history(
    "t",
    (0, "todo"),
    (2, "doing"),
    (5, "waiting for member"),
    (6, "doing"),
    (10, "complete"),
    (20, "paused"),
    (23, "archived"),
    (24, "complete"),
)


def test_the_clocks_of_a_reopened_and_finished_task() -> None:
    row, _ = one_task(raw(task=[task("t", "complete", created=at(hours=-1))], historical_task=LONG))
    assert row["first_active_at"] == at(hours=2)
    assert row["first_done_at"] == at(hours=10)
    assert row["last_done_at"] == at(hours=23)
    assert row["lead_seconds"] == 24 * HOUR
    assert row["cycle_seconds"] == 21 * HOUR
    assert row["first_done_seconds"] == 8 * HOUR
    assert row["touch_seconds"] == (3 + 1 + 4 + 3) * HOUR
    assert row["active_seconds"] == 7 * HOUR
    assert row["flow_efficiency_rate"] == Decimal(7) / 11
    assert row["rework_seconds"] == 3 * HOUR
    assert (row["reopen_count"], row["completion_count"], row["visit_count"]) == (1, 2, 8)
    assert row["end_reason"] == "completed"
    # Noon + 2 h is 10:00 in New York on Monday; noon + 23 h is Tuesday 7:00: 10-17 counts.
    assert row["business_seconds"] == 7 * HOUR


def test_reopening_erases_cycle_and_keeps_the_first_completion() -> None:
    row, _ = one_task(raw(task=[task("t")], historical_task=LONG[:6]))
    assert (row["is_done"], row["cycle_seconds"], row["lead_seconds"]) == (False, None, None)
    assert row["first_done_seconds"] == 8 * HOUR
    assert row["touch_seconds"] == 8 * HOUR
    assert (row["rework_seconds"], row["reopen_count"]) == (0, 1)


def test_without_an_active_visit_there_is_no_cycle() -> None:
    world = raw(task=[task("t")], historical_task=history("t", (0, "todo"), (4, "complete")))
    row, _ = one_task(world)
    assert row["lead_seconds"] == 4 * HOUR
    assert [row[f"{clock}_seconds"] for clock in ("cycle", "touch", "business")] == [None] * 3


def test_microseconds_survive() -> None:
    rows = history("t", (0, "doing"), (1, "complete"))
    rows[1]["history_date"] += timedelta(microseconds=1)
    row, _ = one_task(raw(task=[task("t")], historical_task=rows))
    assert row["cycle_seconds"] == Decimal("3600.000001")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (datetime(2024, 5, 3, 20), datetime(2024, 5, 6, 14), 2),  # Friday 16:00 to Monday 10:00
        (datetime(2024, 3, 8, 21), datetime(2024, 3, 11, 14), 2),  # the same, over spring forward
        (datetime(2024, 7, 3, 20), datetime(2024, 7, 5, 14), 2),  # over the fourth of July
        (datetime(2024, 5, 6, 14), datetime(2024, 5, 6, 14), 0),
    ],
)
def test_business_hours_skip_nights_weekends_and_holidays(
    start: datetime, end: datetime, hours: int
) -> None:
    definitions = replace(PLAIN, holidays=frozenset({date(2024, 7, 4)}))
    assert working_time(start, end, definitions) == timedelta(hours=hours)


def test_business_hours_on_the_night_the_clocks_change_are_elapsed_hours() -> None:
    sunday = (WorkingHours(7, time(0), time(6)),)
    definitions = replace(PLAIN, calendar=sunday)
    spring = working_time(datetime(2024, 3, 10), datetime(2024, 3, 11), definitions)
    autumn = working_time(datetime(2024, 11, 3), datetime(2024, 11, 4), definitions)
    assert (spring, autumn) == (timedelta(hours=5), timedelta(hours=7))


def test_rule_17_work_in_progress_changes_on_local_dates() -> None:
    # Noon is 08:00 in New York; noon + 16 h is its midnight, which belongs to the next day.
    rows = history("t", (0, "todo"), (2, "doing"), (16, "complete"), (50, "doing"))
    world = raw(
        project=[project("p")],
        task=[task("t", project_id="p"), task("u", "todo", project_id="p")],
        historical_task=rows,
    )
    changes = expect(world, PLAIN)["work_in_progress_changes"]
    assert [
        (row["changed_date"].day, row["tasks_entered"], row["tasks_left"]) for row in changes
    ] == [(6, 2, 0), (7, 0, 1), (8, 1, 0)]
    assert [row["open_task_count"] for row in changes] == [2, 1, 2]
    assert [row["active_task_count"] for row in changes] == [1, 0, 1]
    assert [row["open_seconds"] for row in changes] == [32 * HOUR, 24 * HOUR, (24 + 14) * HOUR]
    assert [row["active_seconds"] for row in changes] == [14 * HOUR, 0, 14 * HOUR]


def test_rule_17_open_work_is_counted_up_to_as_of() -> None:
    world = raw(task=[task("t", "todo")])
    (row,) = expect(world, replace(PLAIN, as_of=at(hours=1)))["work_in_progress_changes"]
    assert (row["project_id"], row["open_seconds"]) == (None, HOUR)


def test_current_rows_count_by_load_time_then_by_modification() -> None:
    versions = [
        task("t", "doing", _sdc_received_at=at(1), modified=at(5)),
        task("t", "todo", _sdc_received_at=at(2), modified=at(3)),
        task("t", "paused", _sdc_received_at=at(2), modified=at(2)),
        task("t", "complete", _sdc_received_at=None, modified=at(9)),
    ]
    row, _ = one_task(raw(task=versions))
    assert row["status"] == "todo"
    assert row["created_at"] == NOON


def test_work_is_cancelled_at_the_first_of_several_cancelled_statuses() -> None:
    rows = history("t", (0, "doing"), (2, "cancelled"), (3, "withdrawn"))
    row, _ = one_task(raw(task=[task("t")], historical_task=rows))
    assert row["ended_at"] == at(hours=2)


def test_no_current_status_is_no_conflict() -> None:
    row, _ = one_task(raw(task=[task("t", None)], historical_task=history("t", (0, "doing"))))
    assert row["has_status_conflict"] is False


def test_a_completion_at_the_moment_of_the_first_active_entry_takes_no_time() -> None:
    rows = history("t", (0, "todo"), (1, "complete"), (1, "doing"))
    row, _ = one_task(raw(task=[task("t")], historical_task=rows))
    clocks = ("first_done", "touch", "active", "rework")
    assert [row[f"{clock}_seconds"] for clock in clocks] == [0, 0, 0, 0]
    assert (row["cycle_seconds"], row["flow_efficiency_rate"]) == (None, None)


def test_a_task_known_from_history_alone_has_its_last_title() -> None:
    rows = history("t", (0, "todo"), (1, None), (2, None))
    rows[0]["title"], rows[1]["title"] = "G", "Call"
    row, _ = one_task(raw(historical_task=rows))
    assert row["task_type"] == "member"


@pytest.mark.parametrize("never", NO_DATES)
def test_moments_too_early_to_be_any_are_none_and_a_creation_rejects_the_record(
    never: datetime,
) -> None:
    rows = history("t", (0, "todo"))
    rows[0]["created"] = never
    expected = expect(raw(task=[task("t", created=never)], historical_task=rows), PLAIN)
    assert [row["reason"] for row in expected["rejection_summary"]] == ["dated_too_early"]
    (row,) = expected["current_task_summary"]
    assert (row["created_at"], row["project_id"]) == (at(), None)
    started = project("p", first_active=never, modified=never)
    expected = expect(raw(project=[started]), PLAIN)
    (row,) = expected["current_project_summary"]
    assert (row["started_at"], row["started_at_source"]) == (started["created"], "created")
    freshness = {row["source_table"]: row for row in expected["data_freshness"]}
    assert freshness["care_platform.project"]["early_moment_count"] == 2


def test_rejected_rows_say_nothing_about_lateness_and_no_rows_nothing_about_completeness() -> None:
    rows = history("t", (-240, "todo"), (0, "todo"))
    rows[0]["_sdc_received_at"] = rows[1]["_sdc_received_at"] = at(minutes=1)
    expected = expect(raw(task=[task("t")], historical_task=rows), PLAIN)
    freshness = {row["source_table"]: row for row in expected["data_freshness"]}
    assert freshness["care_platform.historical_task"]["complete_through"] == at()
    assert freshness["snowplow.events"]["complete_through"] is None
