"""What the singular data tests find, on a warehouse that is wrong in one way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.fast import FastWarehouse
from warehouse.packs import STANDARD, make_pack

STEPS = "assert_the_intake_steps_are_as_many_as_are_matched"
WORK = "assert_work_in_progress_adds_up_to_the_time_not_done"


@pytest.mark.parametrize("surplus", [-1, 0, 1])
def test_more_or_fewer_steps_than_are_matched_are_found(surplus: int, tmp_path: Path) -> None:
    warehouse = FastWarehouse()
    warehouse.define(STANDARD, tmp_path)
    warehouse.build(["intake_steps"])
    count = len(STANDARD.steps)
    warehouse.variables["intake_step_count"] = count - surplus
    found = warehouse.failures(STEPS)
    assert [row["step_count"] for row in found] == ([count] if surplus else [])


def test_a_gap_between_the_numbers_of_steps_is_found(tmp_path: Path) -> None:
    *steps, last = STANDARD.steps
    gap = replace(STANDARD, steps=(*steps, replace(last, number=last.number + 1)))
    warehouse = FastWarehouse()
    warehouse.define(gap, tmp_path)
    warehouse.build(["intake_steps"])
    assert len(warehouse.failures(STEPS)) == 1


@pytest.mark.parametrize("lost", ["prod.task_phases", "prod.work_in_progress_changes"])
def test_a_project_with_time_in_progress_on_one_side_only_is_found(
    lost: str, tmp_path: Path
) -> None:
    warehouse = FastWarehouse()
    warehouse.define(STANDARD, tmp_path)
    warehouse.add_rows(make_pack(1, STANDARD, 20).raw, 1, tmp_path / "rows.jsonl")
    warehouse.build()
    assert warehouse.failures(WORK) == []
    row = warehouse.connection.execute(
        "select max(project_id) from prod.work_in_progress_changes where open_seconds > 0"
    ).fetchone()
    assert row is not None
    warehouse.connection.execute(f"delete from {lost} where project_id = ?", row)
    assert [row["project_key"] for row in warehouse.failures(WORK)] == list(row)
