"""Every planted count can be found again in the files, exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from carepath.sample import SampleLedger, SamplePlan

Count = Callable[[str], int]

EVENTS = {
    "null_event_id": "select count(*) from events where event_id is null",
    "null_collector_tstamp": "select count(*) from events where collector_tstamp is null",
    "null_load_tstamp": "select count(*) from events where load_tstamp is null",
    "null_derived_tstamp": "select count(*) from events where derived_tstamp is null",
    "dated_after_load": "select count(*) from events where derived_tstamp > load_tstamp",
    "dated_too_early": "select count(*) from events where derived_tstamp < '2000-01-01'",
    "duplicates_exact": "select count(*) - count(distinct e) from events as e"
    " where event_id is not null",
    "duplicates_conflicting": "select sum(versions - 1) from (select count(distinct e) as versions"
    " from events as e where event_id is not null group by event_id)",
    "undefined_step": "select count(*) from events where funnel_step_name = 'UPLOAD_DOCUMENT'",
    "undefined_funnel": "select count(*) from events where funnel_funnel_name = 'PROVIDER_INTAKE'",
    "funnel_without_user_id": "select count(*) from events"
    " where event_name = 'funnel' and user_id is null",
    "without_user_id": "select count(*) from events where user_id is null",
    "clock_skew": "select count(*) from events where collector_tstamp is not null and"
    " abs(epoch(dvce_sent_tstamp) - epoch(collector_tstamp)) > 3600",
    "staff": "select count(*) from events where upper(user_role) = 'STAFF'",
    "staff_people": "select count(distinct user_id) from events where upper(user_role) = 'STAFF'",
}
NORMAL = "upper(replace(replace(trim(status), '-', '_'), ' ', '_'))"
GOOD_HISTORY = (
    f"select distinct on (history_id) id, history_id, created, history_date, {NORMAL} as status"
    " from {table} where history_id is not null and id is not null and history_date is not null"
    " and history_date <= _sdc_received_at and history_date >= created"
)
HISTORY = {
    "null_history_id": "select count(*) from {table} where history_id is null",
    "null_id": "select count(*) from {table} where id is null",
    "null_history_date": "select count(*) from {table} where history_date is null",
    "dated_after_load": "select count(*) from {table} where history_date > _sdc_received_at",
    "dated_before_created": "select count(*) from {table} where history_date < created",
    "duplicates_exact": "select count(*) - count(distinct h) from {table} as h"
    " where history_id is not null and id is not null and history_date is not null",
    "repeats_status": f"with good as ({GOOD_HISTORY}) select count(*) from (select status, lag("
    "status) over (partition by id order by history_date, history_id) as before from good"
    " where status is not null) where status = before",
    "items_with_tie": f"with good as ({GOOD_HISTORY}) select count(*) from (select history_date,"
    " lag(history_date) over (partition by id order by history_date, history_id) as before"
    " from good) where history_date = before",
    "items_out_of_order": f"with good as ({GOOD_HISTORY}) select count(distinct id) from (select"
    " id, history_id, lag(history_id) over (partition by id order by history_date, history_id)"
    " as before from good) where history_id < before",
    "items_with_unmapped_status": f"with good as ({GOOD_HISTORY}) select count(distinct id)"
    " from good where status = 'NEEDS_TRIAGE'",
    "items_with_late_history": f"with good as ({GOOD_HISTORY}) select count(*) from (select id"
    " from good group by id having min(history_date) > any_value(created))",
}
CURRENT = (
    f"select distinct on (id) *, {NORMAL} as normal from {{table}} where id is not null"
    " order by id, _sdc_received_at desc"
)
TABLE = {
    "null_id": "select count(*) from {table} where id is null",
    "landed_twice": "select count(*) - count(distinct id) from {table} where id is not null",
    "without_history": f"with now as ({CURRENT}) select count(*) from now anti join"
    " historical_{table} as h on h.id = now.id",
    "deleted": "select count(*) from {table} where _sdc_deleted_at is not null",
    "status_conflict": f"with now as ({CURRENT}), good as ("
    + GOOD_HISTORY.format(table="historical_{table}")
    + "), last as (select distinct on (id) id, status from good where status is not null"
    " order by id, history_date desc, history_id desc)"
    " select count(*) from now join last using (id) where now.normal != last.status",
}
TASK = {
    "null_project": "select count(distinct id) from task where project_id is null and id > 0",
    "unknown_project": "select count(distinct t.id) from task as t anti join project as p"
    " on p.id = t.project_id where t.project_id is not null",
}
MEMBERS = {
    "null_user_id": "select count(*) from members where user_id is null",
    "landed_twice": "select count(*) - count(distinct user_id) from members"
    " where user_id is not null",
    "deleted": "select count(*) from members where _fivetran_deleted",
}


@pytest.mark.parametrize("kind", EVENTS)
def test_planted_dirt_of_events_is_found_again(
    kind: str, sample: SampleLedger, count: Count
) -> None:
    planted = sample.truth["dirt"]["events"][kind]
    assert planted > 0
    assert count(EVENTS[kind]) == planted


@pytest.mark.parametrize("table", ["historical_task", "historical_project"])
@pytest.mark.parametrize("kind", HISTORY)
def test_planted_dirt_of_history_is_found_again(
    table: str, kind: str, sample: SampleLedger, count: Count
) -> None:
    assert count(HISTORY[kind].format(table=table)) == sample.truth["dirt"][table][kind]


@pytest.mark.parametrize("table", ["task", "project"])
@pytest.mark.parametrize("kind", TABLE)
def test_planted_dirt_of_current_state_is_found_again(
    table: str, kind: str, sample: SampleLedger, count: Count
) -> None:
    assert count(TABLE[kind].format(table=table)) == sample.truth["dirt"][table][kind]


@pytest.mark.parametrize("kind", TASK)
def test_tasks_without_a_known_project_are_found_again(
    kind: str, sample: SampleLedger, count: Count
) -> None:
    assert count(TASK[kind]) == sample.truth["dirt"]["task"][kind] > 0


@pytest.mark.parametrize("kind", MEMBERS)
def test_planted_dirt_of_members_is_found_again(
    kind: str, sample: SampleLedger, count: Count
) -> None:
    assert count(MEMBERS[kind]) == sample.truth["dirt"]["members"][kind] > 0


@pytest.mark.parametrize("table", ["task", "project", "historical_task", "historical_project"])
def test_respelled_statuses_are_found_again_and_all_mean_a_known_status(
    table: str, sample: SampleLedger, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    known = {
        *("TODO", "IN_PROGRESS", "WAITING_ON_MEMBER", "WAITING_ON_THIRD_PARTY", "PAUSED"),
        *("COMPLETE", "CANCELLED", "NEEDS_TRIAGE", None),
    }
    rows = query(f"select status, {NORMAL}, count(*) from {table} group by all")
    assert {normal for _, normal, _ in rows} <= known
    respelled = sum(number for status, normal, number in rows if status != normal)
    assert respelled == sample.truth["dirt"][table]["respelled_status"] > 0


def test_history_of_tasks_that_no_longer_exist_is_found_again(
    sample: SampleLedger, count: Count
) -> None:
    found = count(
        "select count(distinct h.id) from historical_task as h anti join task as t on t.id = h.id"
        " where h.id is not null"
    )
    assert found == sample.truth["dirt"]["historical_task"]["items_hard_deleted"] > 0


def test_lost_account_events_are_found_again_through_the_members(
    sample: SampleLedger, plan: SamplePlan, count: Count
) -> None:
    margin = plan.last_day - timedelta(days=61)
    tracked = "select user_id from events where funnel_step_name = 'CREATE_ACCOUNT'"
    account = "select distinct on (user_id) user_id, created from members where user_id is not null"
    missing = count(
        f"select count(*) from ({account}) as m anti join ({tracked}) as e using (user_id)"
        f" where m.created >= '{plan.first_day}' and m.created < '{margin}'"
    )
    lost = sample.truth["dirt"]["events"]["lost_create_account_people"]
    removed = sample.truth["dirt"]["members"]["removed"]
    assert lost - removed <= missing <= lost
    assert missing > 0


def test_conflicting_duplicates_never_come_first(count: Count) -> None:
    assert (
        count(
            "select count(*) from (select collector_tstamp = min(collector_tstamp) over by_id and"
            " useragent != first_value(useragent) over (partition by event_id"
            " order by collector_tstamp) as wrong from events where event_id is not null"
            " window by_id as (partition by event_id)) where wrong"
        )
        == 0
    )


def test_staff_roles_are_spelled_in_several_ways(
    query: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    roles = {role for (role,) in query("select distinct user_role from events")}
    assert {"MEMBER", None} < roles and len(roles) >= 4
