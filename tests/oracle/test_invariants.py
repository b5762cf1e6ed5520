"""What must hold in every world, whatever the numbers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.definitions import Definitions, Raw, Row
from oracle.expectation import expect
from oracle.strategies import intake_worlds, rollout_worlds, worlds
from oracle.times import local_instant, seconds
from oracle.worlds import AS_OF, shuffled

PLAIN = replace(Definitions(), as_of=AS_OF)
FEW = settings(max_examples=times(20), deadline=None)
Key = tuple[object, ...]


def grouped(rows: list[Row], *columns: str) -> dict[Key, list[Row]]:
    """Rows by the values of some columns."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in columns)].append(row)
    return groups


@given(worlds, st.integers(0, 1000))
@FEW
def test_shuffled_and_repeated_rows_change_nothing_but_the_count_of_duplicates(
    world: Raw, seed: int
) -> None:
    before, after = expect(world, PLAIN), expect(shuffled(world, seed), PLAIN)
    for table in set(before) - {"row_reconciliation", "rejection_summary", "data_freshness"}:
        assert before[table] == after[table], table


@given(worlds)
@FEW
def test_every_raw_row_has_one_fate(world: Raw) -> None:
    for group in grouped(expect(world, PLAIN)["row_reconciliation"], "source_table").values():
        assert sum(row["row_count"] for row in group) == group[0]["raw_row_count"]


@given(worlds)
@FEW
def test_phases_follow_each_other_without_gaps(world: Raw) -> None:
    expected = expect(world, PLAIN)
    for task in grouped(expected["task_phases"], "task_id").values():
        for phase, following in itertools.pairwise(task):
            assert phase["exited_at"] == following["entered_at"]
            assert phase["status"] != following["status"]
        assert all(phase["seconds"] >= 0 for phase in task)


@given(worlds)
@FEW
def test_clocks_nest(world: Raw) -> None:
    expected = expect(world, PLAIN)
    for row in expected["current_task_summary"] + expected["current_project_summary"]:
        if row["cycle_seconds"] is not None:
            assert 0 <= row["cycle_seconds"] <= row["lead_seconds"]
            assert 0 <= row["business_seconds"] <= row["cycle_seconds"]
            assert row["touch_seconds"] <= row["cycle_seconds"]
        if row["touch_seconds"] is not None:
            assert 0 <= row["active_seconds"] <= row["touch_seconds"]


@given(worlds)
@FEW
def test_closed_never_increases_and_times_never_fall(world: Raw) -> None:
    for person in grouped(expect(world, PLAIN)["member_intake_funnel_steps"], "member_id").values():
        closed = [row["is_closed"] for row in person]
        assert closed == sorted(closed, reverse=True)
        reached = [row["reached_at"] for row in person if row["reached_at"]]
        assert reached == sorted(reached)
        assert all(row["is_open"] for row in person if row["is_in_order"])


@given(intake_worlds | rollout_worlds)
@FEW
def test_without_inference_and_exceptions_every_step_applies(world: Raw) -> None:
    steps = tuple(
        replace(step, applies_when=None, valid_from=datetime(2000, 1, 1)) for step in PLAIN.steps
    )
    rows = expect(world, replace(PLAIN, steps=steps))["member_intake_funnel_steps"]
    assert all(row["is_applicable"] for row in rows)


@given(worlds)
@FEW
def test_the_integral_of_work_in_progress_is_the_time_not_done(world: Raw) -> None:
    expected = expect(world, PLAIN)
    times: dict[object, Decimal] = defaultdict(Decimal)
    for phase in expected["task_phases"]:
        if phase["category"] not in ("done", "cancelled"):
            times[phase["project_id"]] += phase["seconds"]
    for (project_id,), days in grouped(expected["work_in_progress_changes"], "project_id").items():
        assert integral(days) == times[project_id]


def integral(days: list[Row]) -> Decimal:
    """Task-seconds: the dates that are listed, and the level between them."""
    last = AS_OF.replace(tzinfo=UTC).astimezone(PLAIN.zone).date()
    ends = [row["changed_date"] for row in days[1:]] + [last + timedelta(days=1)]
    total = Decimal(0)
    for row, end in zip(days, ends, strict=True):
        total += row["open_seconds"]
        idle_from = midnight(row["changed_date"] + timedelta(days=1))
        idle_to = min(midnight(end), AS_OF)
        total += row["open_task_count"] * max(seconds(idle_to - idle_from), Decimal(0))
    return total


def midnight(day: date) -> datetime:
    """Start of a local date."""
    return local_instant(day, time(0), PLAIN.zone)
