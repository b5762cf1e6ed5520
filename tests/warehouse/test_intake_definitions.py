"""What the definitions and settings of the intake funnel become in SQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.fast import FastWarehouse, _environment
from warehouse.packs import STANDARD

MODELS = ("events", "intake_steps", "delivered_events")


@pytest.mark.parametrize("name", ["M'S INTAKE", "a''b", "\\", "'); drop table x; --"])
def test_a_funnel_may_have_any_name(name: str, tmp_path: Path) -> None:
    warehouse = FastWarehouse()
    warehouse.define(replace(STANDARD, funnel_name=name), tmp_path)
    warehouse.build(MODELS)
    assert len(warehouse.read("intake_steps")) == len(STANDARD.steps)


def test_on_snowflake_backslashes_are_doubled_too() -> None:
    quote = _environment().globals["snowflake__quoted"]
    assert quote("M'S \\ INTAKE").strip() == "'M''S \\\\ INTAKE'"
