"""Closed weeks that a new prod tells differently are listed, open ones are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from carepath.building.report import RestatedWeek
from carepath.building.restatement import list_restated_weeks

ZONE = "America/New_York"


def make_prod(path: Path, entrants: list[tuple[str, bool]], done: list[str], as_of: str) -> Path:
    """A prod with people (week, converted) and tasks (moment of completion, UTC)."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table member_intake_funnel_metrics (entered_week_date date, "
            "is_converted boolean, population varchar, exclusion_reason varchar)"
        )
        connection.execute("create table current_project_summary (started_week_date date)")
        connection.execute("create table current_task_summary (first_done_at timestamp)")
        connection.execute("create table data_freshness (as_of timestamp)")
        connection.execute("insert into data_freshness values (?)", [as_of])
        for week, converted in entrants:
            connection.execute(
                "insert into member_intake_funnel_metrics values (?, ?, 'entrant', null)",
                [week, converted],
            )
        for moment in done:
            connection.execute("insert into current_task_summary values (?)", [moment])
    return path


def test_a_late_conversion_restates_its_closed_week_and_the_open_week_is_not_listed(
    tmp_path: Path,
) -> None:
    people = [("2026-06-01", False), ("2026-06-01", True), ("2026-06-08", False)]
    before = make_prod(tmp_path / "before.duckdb", people, [], "2026-06-10 12:00:00")
    later = [("2026-06-01", True), ("2026-06-01", True), ("2026-06-08", True)]
    after = make_prod(tmp_path / "after.duckdb", later, [], "2026-06-11 12:00:00")
    assert list_restated_weeks(before, after, ZONE) == (
        RestatedWeek("people converted", date(2026, 6, 1), 1, 2),
    )


def test_a_week_begins_on_the_sites_monday(tmp_path: Path) -> None:
    # 03:00 UTC on Monday is Sunday evening in New York
    before = make_prod(tmp_path / "before.duckdb", [], [], "2026-06-30 12:00:00")
    after = make_prod(tmp_path / "after.duckdb", [], ["2026-06-08 03:00:00"], "2026-06-30 12:00:00")
    assert list_restated_weeks(before, after, ZONE) == (
        RestatedWeek("tasks completed", date(2026, 6, 1), 0, 1),
    )


def test_without_a_prod_before_nothing_is_restated(tmp_path: Path) -> None:
    after = make_prod(tmp_path / "after.duckdb", [("2026-06-01", True)], [], "2026-06-30 12:00:00")
    assert list_restated_weeks(tmp_path / "none.duckdb", after, ZONE) == ()
