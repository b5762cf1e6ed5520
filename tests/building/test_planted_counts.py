"""What was planted, and is deterministic, is found again in prod: exactly."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from carepath.workspace import Workspace

pytestmark = pytest.mark.slow

# Ledger entry -> the query that finds it.
PLANTED = {
    ("events", "dated_after_load"): (
        "select row_count from rejection_summary "
        "where source_table = 'snowplow.events' and reason = 'dated_after_load'"
    ),
    ("events", "dated_too_early"): (
        "select row_count from rejection_summary "
        "where source_table = 'snowplow.events' and reason = 'dated_too_early'"
    ),
    ("historical_task", "dated_after_load"): (
        "select row_count from rejection_summary "
        "where source_table = 'care_platform.historical_task' and reason = 'dated_after_load'"
    ),
    ("historical_task", "dated_before_created"): (
        "select row_count from rejection_summary "
        "where source_table = 'care_platform.historical_task' and reason = 'dated_before_created'"
    ),
    ("historical_task", "duplicates_exact"): (
        "select row_count from row_reconciliation "
        "where source_table = 'care_platform.historical_task' and fate = 'deduplicated'"
    ),
    ("members", "landed_twice"): (
        "select row_count from row_reconciliation "
        "where source_table = 'care_platform.members' and fate = 'deduplicated'"
    ),
    ("members", "deleted"): "select count(*) from member_intake_funnel_metrics where is_deleted",
    ("events", "staff_people"): (
        "select count(*) from member_intake_funnel_metrics where exclusion_reason = 'staff'"
    ),
    ("task", "without_history"): "select count(*) from current_task_summary where is_imputed",
    ("task", "deleted"): "select count(*) from current_task_summary where is_deleted",
    ("task", "unknown_project"): (
        "select count(*) from current_task_summary where has_unknown_project"
    ),
    ("historical_task", "items_hard_deleted"): (
        "select count(*) from current_task_summary where not is_listed"
    ),
    ("historical_task", "items_with_late_history"): (
        "select count(*) from task_phases where status = 'before_history'"
    ),
    ("historical_task", "items_with_unmapped_status"): (
        "select count(distinct task_id) from task_phases where status = 'NEEDS_TRIAGE'"
    ),
    ("historical_task", "items_out_of_order"): (
        "select count(*) from current_task_summary where has_order_conflict"
    ),
    ("historical_task", "items_with_status_conflict"): (
        "select count(*) from current_task_summary where has_status_conflict"
    ),
}


@pytest.fixture(scope="module")
def ledger(landed: Workspace) -> dict[str, Any]:
    path = landed.root.parent / "data" / "truth.json"
    dirt: dict[str, Any] = json.loads(path.read_text())["dirt"]
    return dirt


@pytest.mark.parametrize(("table", "kind"), PLANTED)
def test_what_was_planted_is_found_exactly(
    table: str, kind: str, ledger: dict[str, Any], built: Workspace
) -> None:
    with duckdb.connect(str(built.prod), read_only=True) as connection:
        row = connection.execute(PLANTED[(table, kind)]).fetchone()
    assert (row[0] if row else 0) == ledger[table][kind]


def test_duplicate_events_are_those_planted(ledger: dict[str, Any], built: Workspace) -> None:
    events = ledger["events"]
    with duckdb.connect(str(built.prod), read_only=True) as connection:
        row = connection.execute(
            "select row_count from row_reconciliation "
            "where source_table = 'snowplow.events' and fate = 'deduplicated'"
        ).fetchone()
    assert row == (events["duplicates_exact"] + events["duplicates_conflicting"],)
