"""The comparison itself: it finds what differs and nothing else."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from oracle.definitions import Row
from oracle.expectation import expect

from warehouse.comparison import compare_tables, rows_about, summarise
from warehouse.packs import STANDARD, Pack, make_pack

Tables = dict[str, list[Row]]
SEED, WORLDS = 5, 24


@pytest.fixture(scope="module")
def pack() -> Pack:
    return make_pack(SEED, STANDARD, WORLDS)


@pytest.fixture(scope="module")
def expected(pack: Pack) -> Tables:
    return expect(pack.raw, STANDARD)


@pytest.fixture
def built(expected: Tables) -> Tables:
    return copy.deepcopy(expected)


def test_equal_tables_have_no_difference(expected: Tables, built: Tables) -> None:
    assert compare_tables(expected, built) == []


def test_one_wrong_cell_is_one_difference_with_its_key(expected: Tables, built: Tables) -> None:
    row = next(row for row in built["current_task_summary"] if row["touch_seconds"] is not None)
    row["touch_seconds"] += Decimal("0.000001")
    (difference,) = compare_tables(expected, built)
    assert (difference.table, difference.column) == ("current_task_summary", "touch_seconds")
    assert difference.key == (row["task_id"],)
    assert row["task_id"] in summarise([difference])


def test_missing_extra_and_repeated_rows_are_differences(
    pack: Pack, expected: Tables, built: Tables
) -> None:
    first = built["task_phases"].pop(0)
    built["project_phases"].append(built["project_phases"][0])
    built["funnel_events"].append(built["funnel_events"][0] | {"event_id": "new"})
    found = {
        (difference.table, difference.column) for difference in compare_tables(expected, built)
    }
    assert found == {("task_phases", "*"), ("project_phases", "key"), ("funnel_events", "*")}
    assert rows_about(pack.world_of(first["task_id"]), first["task_id"])


def test_null_is_not_zero_and_not_false(expected: Tables, built: Tables) -> None:
    for row in built["current_task_summary"]:
        if row["rework_seconds"] == 0:
            row["rework_seconds"] = None
    changed = sum(row["rework_seconds"] == 0 for row in expected["current_task_summary"])
    assert len(compare_tables(expected, built)) == changed > 0


def test_a_pack_is_the_same_every_time(pack: Pack) -> None:
    assert make_pack(SEED, STANDARD, WORLDS).raw == pack.raw
