"""What the singular data tests find, on a warehouse that is wrong in one way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.fast import FastWarehouse
from warehouse.packs import STANDARD

STEPS = "assert_the_intake_steps_are_as_many_as_are_matched"


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
