"""Which four-week entry cohorts are final."""

from __future__ import annotations

from datetime import timedelta

import pytest
from made import MONDAY, Made

from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.cohorts import read_cohorts
from carepath.questions.conversion_trend import QUESTION
from carepath.questions.question import Context
from carepath.questions.warehouse import EmbeddedWarehouse


@pytest.mark.parametrize(
    ("mature_weeks", "waiting_weeks", "final"),
    [
        ((0, 1, 2), (), 0),  # the last week of the cohort may not be over
        ((0, 1, 2, 3), (), 1),
        ((0, 4), (), 1),
        ((0, 1, 2, 3), (3,), 0),
        ((0, 1, 2, 3), (4,), 1),
    ],
)
def test_a_cohort_is_final_when_all_are_mature_and_its_last_week_is_over(
    made: Made, mature_weeks: tuple[int, ...], waiting_weeks: tuple[int, ...], final: int
) -> None:
    for weeks, is_mature in ((mature_weeks, True), (waiting_weeks, False)):
        for week in weeks:
            made.person(MONDAY + timedelta(weeks=week), is_mature=is_mature)
    made.fresh()
    warehouse = EmbeddedWarehouse(made.write() / "prod.duckdb")
    try:
        moment, zone = read_as_of(warehouse), read_site_time_zone(warehouse)
        assert read_cohorts(Context(QUESTION, warehouse, moment, zone)).final == final
    finally:
        warehouse.close()


def test_an_entry_dated_after_the_moment_of_the_warehouse_makes_no_cohort(made: Made) -> None:
    made.person(MONDAY, is_mature=True)
    made.person(MONDAY + timedelta(weeks=4000), is_mature=False)
    made.fresh()
    warehouse = EmbeddedWarehouse(made.write() / "prod.duckdb")
    try:
        moment, zone = read_as_of(warehouse), read_site_time_zone(warehouse)
        assert len(read_cohorts(Context(QUESTION, warehouse, moment, zone))) == 1
    finally:
        warehouse.close()
