"""Trends and histograms: local periods over changes of the clock, maturity, gaps."""

from __future__ import annotations

from datetime import datetime

import pytest

from carepath.errors import CarepathError
from carepath.funnels.histogram import count_bins
from funnels.stories import run


def rows_of(story, interval, timezone="UTC", **keys):
    result = run(story, trend={"interval": interval, "timezone": timezone}, **keys)
    return result.trend.rows


def hours(row):
    return (row.ends_at - row.starts_at).total_seconds() / 3600


# Clocks in New York: forward on 8 March 2026 at 2:00 (7:00 UTC), back on 1 November (6:00 UTC).
NEW_YORK = "America/New_York"


def test_the_day_on_which_clocks_go_forward_has_23_hours():
    story = "ann: A@2026-03-08T04:59:59Z\nbob: A@2026-03-08T05:00:00Z\ncyd: A@2026-03-09T03:59:59Z"
    before, day = rows_of(story + "\ndan: A@2026-03-09T03:00:00Z", "day", NEW_YORK)
    assert (before.period, before.entered) == ("2026-03-07", 1)
    assert (day.period, day.entered, hours(day)) == ("2026-03-08", 3, 23)


def test_the_day_on_which_clocks_go_back_has_25_hours():
    story = "ann: A@2026-11-01T04:00:00Z\nbob: A@2026-11-02T04:59:59Z\ncyd: A@2026-11-02T05:00:00Z"
    day, after = rows_of(story, "day", NEW_YORK)
    assert (day.period, day.entered, hours(day)) == ("2026-11-01", 2, 25)
    assert (after.period, after.entered) == ("2026-11-02", 1)


@pytest.mark.parametrize(("day", "length"), [("2026-03-05", 167), ("2026-10-29", 169)])
def test_a_week_starts_on_monday_and_loses_or_gains_the_hour(day, length):
    (week,) = rows_of(f"ann: A@{day}T12:00:00Z", "week", NEW_YORK)
    assert datetime.fromisoformat(week.period).weekday() == 0
    assert hours(week) == length


def test_a_month_with_a_change_of_clocks_is_as_long_as_it_is():
    (month,) = rows_of("ann: A@2026-03-15T00:00:00Z", "month", NEW_YORK)
    assert (month.period, hours(month)) == ("2026-03", 31 * 24 - 1)


def test_the_hour_that_clocks_skip_does_not_exist():
    rows = rows_of("ann: A@2026-03-08T06:30:00Z\nbob: A@2026-03-08T07:30:00Z", "hour", NEW_YORK)
    assert [row.period for row in rows] == ["2026-03-08T01:00-05:00", "2026-03-08T03:00-04:00"]


def test_the_hour_that_comes_twice_is_two_hours():
    rows = rows_of("ann: A@2026-11-01T05:30:00Z\nbob: A@2026-11-01T06:30:00Z", "hour", NEW_YORK)
    assert [(row.period, row.entered) for row in rows] == [
        ("2026-11-01T01:00-04:00", 1),
        ("2026-11-01T01:00-05:00", 1),
    ]


def test_a_zone_may_be_a_quarter_of_an_hour_off():
    (row,) = rows_of("ann: A@2026-05-01T00:20:00Z", "hour", "Asia/Kathmandu")
    assert (row.period, row.starts_at) == ("2026-05-01T06:00+05:45", datetime(2026, 5, 1, 0, 15))


def test_a_local_midnight_that_clocks_skip_is_the_moment_after():
    # Beirut: clocks go forward at midnight of 29 March 2026 (22:00 UTC of the 28th).
    story = "ann: A@2026-03-28T21:59:59Z\nbob: A@2026-03-28T22:00:00Z"
    before, after = rows_of(story, "day", "Asia/Beirut")
    assert (before.entered, after.entered) == (1, 1)
    assert after.starts_at == datetime(2026, 3, 28, 22)
    assert hours(after) == 23


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
@pytest.mark.parametrize(
    ("at", "date_range"),
    [
        ("9999-12-31T23:00:00", {}),
        ("9999-12-31T23:59:59.999999", {}),
        ("1000-01-01T00:00:00", {"from": "0001-01-02", "to": "1000-01-02"}),
    ],
)
def test_periods_at_the_edge_of_the_calendar_are_refused(at, date_range, interval):
    with pytest.raises(CarepathError, match="periods"):
        rows_of(
            f"ann: A@{at}",
            interval,
            NEW_YORK,
            date_range=date_range,
            earliest_plausible_at="1000-01-01",
        )


@pytest.mark.parametrize("at", ["1000-01-01T00:00:00", "9999-11-20T00:00:00"])
def test_periods_near_the_edge_of_the_calendar_are_rows(at):
    (row,) = rows_of(f"ann: A@{at}", "month", NEW_YORK, earliest_plausible_at="1000-01-01")
    assert row.entered == 1


def test_periods_without_people_are_rows_with_null_rates():
    rows = rows_of("ann: A@2026-01-01T00:00:00\nbob: A@2026-01-03T00:00:00", "day")
    assert [(row.entered, row.rate) for row in rows] == [(1, 0), (0, None), (1, 0)]


def test_people_belong_to_the_period_in_which_they_entered():
    story = "ann: A@2026-01-01T23:59:59 B@2026-01-02T00:00:10"
    (row,) = rows_of(story, "day")
    assert (row.period, row.entered, row.converted, row.rate) == ("2026-01-01", 1, 1, 1)


def test_a_trend_between_named_steps_counts_from_those_who_passed_the_first_of_them():
    story = "ann: A@0 B@1 C@2\nbob: A@0 B@1\ncyd: A@0"
    trend = {"interval": "day", "from_step": 2, "to_step": 3}
    (row,) = run(story, "A B C", trend=trend).trend.rows
    assert (row.entered, row.converted, row.rate) == (2, 1, 0.5)


def test_a_person_is_mature_when_the_window_ended_by_the_moment_of_completeness():
    story = "ann: A@0 B@1\nbob: A@10"
    for moment, n_mature in (("00:01:40", 1), ("00:01:39.999999", 0), ("00:01:50", 2)):
        keys = {"complete_through": f"2026-01-01T{moment}"}
        (row,) = rows_of(story, "day", **keys)
        assert (row.entered, row.n_mature) == (2, n_mature)


def test_a_period_is_final_only_when_it_is_over_and_all_its_people_are_mature():
    story = "ann: A@0 B@1"
    ends = {"2026-01-01T12:00:00": False, "2026-01-02T00:00:00": True}
    for moment, is_final in ends.items():
        (row,) = rows_of(story, "day", complete_through=moment)
        assert (row.n_mature, row.is_final) == (1, is_final)


def test_immature_people_are_in_no_mature_rate():
    story = "ann: A@0 B@1\nbob: A@50"
    result = run(story, complete_through="2026-01-01T00:01:45", trend={"interval": "day"})
    assert (result.totals.completion_rate, result.totals.completion_rate_mature) == (0.5, 1)
    assert not result.totals.is_final
    assert (result.trend.rows[0].rate, result.trend.rows[0].rate_mature) == (0.5, 1)


def test_complete_through_a_date_means_to_its_end():
    result = run("ann: A@0", complete_through="2026-01-01")
    assert result.complete_through == datetime(2026, 1, 2)
    assert result.complete_through_source == "definition"


def test_without_it_the_data_are_complete_through_the_latest_event_of_any_kind():
    result = run("ann: A@0 X@77", complete_through=None)
    assert result.complete_through == datetime(2026, 1, 1, 0, 1, 17)
    assert result.complete_through_source == "latest event"


@pytest.mark.parametrize(
    ("n", "bins"), [(0, 0), (1, 1), (8, 2), (9, 3), (27, 3), (28, 4), (10**6, 100)]
)
def test_bins_are_the_cube_root_of_n_rounded_up(n, bins):
    assert count_bins(n) == bins


def test_a_histogram_has_equal_bins_from_least_to_most_and_loses_nobody():
    story = "\n".join(f"p{n}: A@0 B@{n * 10}" for n in range(1, 10))
    histogram = run(story, histogram={"bins": "auto"}).histogram
    assert [(b.from_seconds, b.count) for b in histogram.bins] == [
        (10, 3),
        (pytest.approx(36.666667), 3),
        (pytest.approx(63.333334), 3),
    ]
    assert (histogram.n, histogram.mean_seconds, histogram.median_seconds) == (9, 50, 50)


def test_a_histogram_of_equal_times_is_one_bin_and_of_nobody_none():
    assert [b.count for b in run("ann: A@0 B@5\nbob: A@0 B@5", histogram={}).histogram.bins] == [2]
    assert run("ann: A@0", histogram={"bins": 5}).histogram.bins == ()


def test_a_histogram_between_named_steps_has_as_many_bins_as_asked_for():
    story = "ann: A@0 B@1 C@2\nbob: A@0 B@1 C@5"
    histogram = run(story, "A B C", histogram={"bins": 3, "from_step": 2, "to_step": 3}).histogram
    assert [(b.from_seconds, b.to_seconds, b.count) for b in histogram.bins] == [
        (1, 2, 1),
        (2, 3, 0),
        (3, 4, 1),
    ]


def test_a_range_over_the_whole_calendar_is_followed_where_there_are_data():
    whole = {"from": "0001-01-01", "to": "9999-12-31", "clip_conversions": True}
    story = "ann: A@2026-01-05T10:00:00 B@2026-01-06T10:00:00\nbob: A@2026-02-05T10:00:00"
    assert rows_of(story, "month", date_range=whole) == rows_of(story, "month")
