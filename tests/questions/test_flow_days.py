"""Which visits are taken for a queue of the care team."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from made import MONDAY, Made

from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.demand_or_efficiency import QUESTION
from carepath.questions.flow_days import read_flow
from carepath.questions.question import Context
from carepath.questions.warehouse import EmbeddedWarehouse


def test_a_task_queues_from_half_an_hour_on_until_it_is_picked_up(made: Made) -> None:
    for task, minutes, picked_up in (
        ("soon", 30, True),
        ("late", 40, True),
        ("cancelled", 90, False),
    ):
        days = minutes / (24 * 60)
        made.task(task, MONDAY)
        made.visit(task, 1, "todo", "todo", MONDAY, days)
        ends = ("in_progress", "active") if picked_up else ("cancelled", "cancelled")
        made.visit(task, 2, *ends, MONDAY + timedelta(minutes=minutes), 1.0)
    made.fresh()
    warehouse = EmbeddedWarehouse(made.write() / "prod.duckdb")
    try:
        moment, zone = read_as_of(warehouse), read_site_time_zone(warehouse)
        flow = read_flow(Context(QUESTION, warehouse, moment, zone))
    finally:
        warehouse.close()
    assert flow is not None
    begin = np.datetime64(MONDAY, "us")
    assert flow.queue.entered.tolist() == [begin + np.timedelta64(30, "m")]
    assert flow.queue.exited.tolist() == [begin + np.timedelta64(40, "m")]
