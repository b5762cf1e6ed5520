"""What the definitions and settings of the intake funnel become in SQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from oracle.definitions import EVENTS

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


@pytest.mark.parametrize("path", ["/intake/goal", "/intake/goal/"])
def test_a_page_stands_for_its_step_with_or_without_a_slash_at_the_end(
    path: str, tmp_path: Path
) -> None:
    warehouse = FastWarehouse()
    warehouse.define(replace(STANDARD, as_of=None), tmp_path)
    steps = tmp_path / "funnel_steps.csv"
    cells = [line.split(",") for line in steps.read_text().splitlines()]
    cells[3][cells[0].index("page_urlpath")] = path
    steps.write_text("\n".join(",".join(line) for line in cells))
    warehouse.load_definitions(tmp_path)
    viewed = {"event_name": "page_view", "user_id": "m1", "collector_tstamp": "2026-01-05 10:00:00"}
    seen = [
        viewed | {"event_id": f"e{end}", "page_urlpath": f"/intake/goal{end}"} for end in ("", "/")
    ]
    warehouse.add_rows({EVENTS: seen}, 1, tmp_path / "rows.jsonl")
    warehouse.build(MODELS)
    assert [row["step_number"] for row in warehouse.read("delivered_events")] == [3, 3]
