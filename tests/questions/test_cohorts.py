"""Which four-week entry cohorts are final."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from made import MONDAY, Made

from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.cohorts import Cohorts, read_cohorts
from carepath.questions.conversion_trend import QUESTION, _say
from carepath.questions.question import Context
from carepath.questions.warehouse import EmbeddedWarehouse
from carepath.stats.trend import conversion_trend


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


def test_a_fall_beyond_chance_that_is_no_problem_is_still_called_a_fall() -> None:
    entered = np.full(26, 20_000)
    shares = np.where(np.arange(26) < 13, 0.45, 0.435) + 0.002 * np.sin(np.arange(26) * 2.3)
    converted = (entered * shares).astype(int)
    trend = conversion_trend(converted, entered, 1)
    assert (trend.is_problem, trend.p <= 0.05) == (False, True)
    told = _say(Cohorts(MONDAY.date(), entered, entered, converted, 26), trend, ())
    assert told.startswith("Conversion fell by 1.5 points (95 % interval ")
    assert "less than the 2.0 points from which a fall is a problem" in told
