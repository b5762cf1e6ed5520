"""Which table a file is."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from carepath.landing.matching import match_table
from carepath.landing.tables import TABLES

TASK = {"id", "project_id", "title", "status", "created"}


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("task.csv", "task"),
        ("Tasks.CSV", "task"),
        ("task_2024-01.csv.gz", "task"),
        ("task-part-0003.parquet", "task"),
        ("task2.csv", "task"),
        ("task_export_20240101T000000Z.csv", "task"),
        ("care_platform.task.csv", "task"),
        ("historical_task.csv", "historical_task"),
        ("historical_task_2024.csv", "historical_task"),
        ("task_history.csv", "historical_task"),
        ("tasks_history_01.jsonl", "historical_task"),
        ("historical_project.csv", "historical_project"),
        ("project_history.parquet", "historical_project"),
        ("projects.parquet", "project"),
        ("atomic_events.csv", "events"),
        ("events.2024-01-01.tsv", "events"),
        ("snowplow/atomic.events/part-0.parquet", "events"),
        ("task/part-0.parquet", "task"),
        ("historical_task/2024/01/00001.csv", "historical_task"),
        ("tasks/members.csv", "members"),
        ("task_statuses.csv", None),
        ("taskforce.csv", None),
        ("retask.csv", None),
        ("part-0.parquet", None),
    ],
)
def test_the_name_of_the_file_or_its_folder_tells_the_table(path, table):
    found = match_table(PurePath(path), set())
    assert (found.name if found else None) == table


def test_of_several_folders_that_name_a_table_the_innermost_counts():
    assert match_table(PurePath("events/task/part-0.csv"), set()).name == "task"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_columns_tell_the_table_where_the_name_does_not(table):
    assert match_table(PurePath("data.csv"), table.column_names) is table


def test_columns_that_fit_several_tables_tell_nothing():
    assert match_table(PurePath("data.csv"), {"id", "created"}) is None
    assert match_table(PurePath("data.csv"), {"id"}) is None


def test_a_longer_name_is_the_table_only_when_its_columns_fit():
    assert match_table(PurePath("task_dump_of_monday.csv"), TASK).name == "task"
    assert match_table(PurePath("task_dump_of_monday.csv"), {"id", "label"}) is None


def test_a_user_entity_in_a_table_of_its_own_is_no_member():
    entity = {"root_id", "root_tstamp", "user_id", "role", "is_eligibility_verified"}
    assert match_table(PurePath("org_care_user_2.csv"), entity) is None


@pytest.mark.parametrize("path", ["history/task.csv", "tasks/part-0.csv", "task_2024.csv"])
def test_a_task_file_with_the_columns_of_its_history_is_the_history(path):
    history = {"history_id", "history_date", *TASK}
    assert match_table(PurePath(path), history).name == "historical_task"
