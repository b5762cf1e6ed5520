"""The comparison itself: it finds what differs and nothing else."""

from __future__ import annotations

import copy
from decimal import Decimal

from oracle.expectation import expect

from warehouse.comparison import compare_tables, rows_about, summarise
from warehouse.packs import STANDARD, make_pack

PACK = make_pack(5, STANDARD, 24)
EXPECTED = expect(PACK.raw, STANDARD)


def test_equal_tables_have_no_difference() -> None:
    assert compare_tables(EXPECTED, copy.deepcopy(EXPECTED)) == []


def test_one_wrong_cell_is_one_difference_with_its_key() -> None:
    built = copy.deepcopy(EXPECTED)
    row = next(row for row in built["current_task_summary"] if row["touch_seconds"] is not None)
    row["touch_seconds"] += Decimal("0.000001")
    (difference,) = compare_tables(EXPECTED, built)
    assert (difference.table, difference.column) == ("current_task_summary", "touch_seconds")
    assert difference.key == (row["task_id"],)
    assert row["task_id"] in summarise([difference])


def test_missing_extra_and_repeated_rows_are_differences() -> None:
    built = copy.deepcopy(EXPECTED)
    first = built["task_phases"].pop(0)
    built["project_phases"].append(built["project_phases"][0])
    built["funnel_events"].append(built["funnel_events"][0] | {"event_id": "new"})
    found = {
        (difference.table, difference.column) for difference in compare_tables(EXPECTED, built)
    }
    assert found == {("task_phases", "*"), ("project_phases", "key"), ("funnel_events", "*")}
    assert rows_about(PACK.world_of(first["task_id"]), first["task_id"])


def test_null_is_not_zero_and_not_false() -> None:
    built = copy.deepcopy(EXPECTED)
    for row in built["current_task_summary"]:
        if row["rework_seconds"] == 0:
            row["rework_seconds"] = None
    changed = sum(row["rework_seconds"] == 0 for row in EXPECTED["current_task_summary"])
    assert len(compare_tables(EXPECTED, built)) == changed > 0


def test_a_pack_is_the_same_every_time() -> None:
    assert make_pack(5, STANDARD, 24).raw == PACK.raw
