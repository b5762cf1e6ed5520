"""What a build says that a person should look at."""

from __future__ import annotations

import duckdb

from carepath.building.reconciliation import list_warnings


def test_a_step_that_was_done_outside_of_the_window_was_done() -> None:
    connection = duckdb.connect()
    connection.execute("""
create table task_phases (status varchar, category varchar);
create table project_phases (status varchar, category varchar);
create table member_intake_funnel_steps as
select * from (
    values ('CREATE_ACCOUNT', 1, true), ('PAY_LATE', 2, false), ('PAY_NEVER', 3, false)
) as steps (step_name, step_number, is_open)
cross join (values ('entrant'), ('unfinished')) as populations (population);
create table funnel_events as
select *, false as has_payload_conflict
from (values (1), (null), (2)) as events (step_number);
create table data_freshness as select 'care_platform.task' as source_table, 0 as early_moment_count;
""")
    (warning,) = list_warnings(lambda sql: connection.execute(sql).fetchall())
    assert warning == "No one ever did these steps of the intake funnel: PAY_NEVER."


def test_moments_that_count_as_none_are_told_of_each_source() -> None:
    def read(sql: str) -> list[tuple[object, ...]]:
        if "early_moment_count" in sql:
            return [("care_platform.project", 1), ("care_platform.task", 1200)]
        return [(0,)] if "has_payload_conflict" in sql else []

    assert list_warnings(read) == (
        "care_platform.project: 1 moment is dated too early to be believed and counts as none.",
        "care_platform.task: 1,200 moments are dated too early to be believed and count as none.",
    )
