"""Local dates and weeks are those of the site, and the answer names the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from made import MONDAY, Made

from carepath.questions.flow_days import convert_to_local

ZONES = ("America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Pacific/Apia")


@pytest.mark.parametrize(
    ("question", "asked", "is_named"),
    [
        ("projects-started", {}, True),
        ("tasks-in-progress", {}, True),
        ("demand-or-efficiency", {}, True),
        ("conversion-trend", {}, True),
        ("why-conversion-changed", {}, True),
        ("conversion", {"since": MONDAY.date()}, True),
        ("conversion", {}, False),
        ("slowest-phase", {}, False),
    ],
)
def test_answers_that_speak_of_local_dates_name_the_zone(
    made: Made, question: str, asked: dict[str, object], is_named: bool
) -> None:
    made.zone = "Asia/Kolkata"
    made.fresh()
    made.person()
    made.project("p1", MONDAY)
    made.task("t1", MONDAY, 2.0)
    made.visit("t1", 1, "IN_PROGRESS", "active", MONDAY, 2.0)
    named = [caveat for caveat in made.ask(question, **asked).caveats if "Asia/Kolkata" in caveat]
    assert len(named) == is_named


@pytest.mark.parametrize(("zone", "last"), [("UTC", "2026-01-01"), ("Asia/Kolkata", "2026-01-02")])
def test_the_days_compared_are_days_of_the_site(made: Made, zone: str, last: str) -> None:
    made.zone = zone
    # 20:00 UTC on the second is 01:30 on the third in Kolkata: the second is over there.
    made.fresh(as_of=datetime(2026, 1, 2, 20))
    begin = datetime(2025, 1, 1, 12)
    for day in range(365):
        made.task(f"t{day}", begin + timedelta(days=day), 0.1)
    answer = made.ask("demand-or-efficiency")
    first = datetime.fromisoformat(last) - timedelta(days=181)
    windows = next(caveat for caveat in answer.caveats if caveat.startswith("Windows"))
    assert windows.endswith(f"and from {first.date()}.")


@pytest.mark.parametrize(
    ("zone", "known_to", "is_over"),
    [
        # The week from 13 January ends at the site's midnight, wherever that is in UTC.
        ("America/New_York", datetime(2025, 1, 20, 5), True),
        ("America/New_York", datetime(2025, 1, 20, 4, 59, 59, 999999), False),
        ("UTC", datetime(2025, 1, 20), True),
        ("UTC", datetime(2025, 1, 19, 23, 59, 59), False),
        ("Asia/Kolkata", datetime(2025, 1, 19, 18, 30), True),
        ("Asia/Kolkata", datetime(2025, 1, 19, 18, 29), False),
        ("Pacific/Apia", datetime(2025, 1, 19, 11), True),
        ("Pacific/Apia", datetime(2025, 1, 19, 10, 59), False),
    ],
)
def test_a_week_is_complete_when_it_is_over_at_the_site(
    made: Made, zone: str, known_to: datetime, is_over: bool
) -> None:
    made.zone = zone
    made.fresh(as_of=known_to)
    for day in (6, 13):
        made.project(f"p{day}", datetime(2025, 1, day, 12))
    rows = made.ask("projects-started").table.rows
    assert [row[-1] for row in rows] == [False, is_over]


@pytest.mark.parametrize("zone", ZONES)
def test_local_times_are_those_of_the_time_zone_database(zone: str) -> None:
    # Every half hour of a year of clocks, with the days on which they are set, and no moment.
    begin = datetime(2011, 1, 1, 0, 7, 0, 250)
    moments = [begin + timedelta(minutes=30 * step) for step in range(2 * 24 * 366)]
    found = convert_to_local(np.array([None, *moments], dtype="datetime64[us]"), zone)
    expected = [
        moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for moment in moments
    ]
    assert found.tolist() == [None, *expected]
