"""One of something is said as one, nothing has no sign, and a list ends with "and"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import MONDAY, Made

from carepath.building.report import BuildReport
from carepath.cli.build import _moment
from carepath.questions.answer import Exclusion, Figure, plain
from carepath.questions.cohorts import Cohorts
from carepath.questions.conversion_trend import _say
from carepath.questions.hiding import say_hidden
from carepath.questions.printing import say_interval, say_left_out, show
from carepath.questions.why_conversion_changed import _say_part
from carepath.questions.wording import points, within
from carepath.stats.estimates import Estimate
from carepath.stats.hypotheses import Hypothesis
from carepath.stats.trend import conversion_trend, step_trends

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (Exclusion("ever had the role staff", 1), "1 person: ever had the role staff"),
        (Exclusion("have an account but no funnel event", 1),
         "1 person: has an account but no funnel event"),
        (Exclusion("have an account but no funnel event", 2),
         "2 people: have an account but no funnel event"),
        (Exclusion("tasks that have not been started", 1, "tasks"),
         "1 task that has not been started"),
        (Exclusion("projects that were deleted before they were started", 1, "projects"),
         "1 project that was deleted before it was started"),
        (
            Exclusion("visits imputed for tasks without history", 1, "visits"),
            "1 visit imputed for tasks without history",
        ),
        (
            Exclusion("tasks that were started after the moment up to which they are known", 1,
                      "tasks"),
            "1 task that was started after the moment up to which it is known",
        ),
        (Exclusion("tasks that were deleted before they were started", 1200, "tasks"),
         "1,200 tasks that were deleted before they were started"),
    ],
)  # fmt: skip
def test_what_was_left_out_is_counted_in_words(left: Exclusion, told: str) -> None:
    assert say_left_out(left) == told


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (
            Figure("", 1.94, "days", 9, "", 1.73, 2.12, 0.95),
            " (95 % interval 41.5 hours to 50.9 hours)",
        ),
        (Figure("", 2.0, "days", 9, "", 1.9, 2.1, 0.95), " (95 % interval 1.9 days to 2.1 days)"),
        (Figure("", 0.0, "days", 9, "", 0.0, 3.0, 0.95), " (95 % interval 0 seconds to 3.0 days)"),
        (Figure("", 1.86, "per week", 9, "", 1.6, 2.18, 0.95), " (95 % interval 1.60 to 2.18)"),
        (Figure("", 114.2, "per week", 9, "", 111, 117.4, 0.95), " (95 % interval 111.0 to 117.4)"),
    ],
)
def test_an_interval_is_told_in_the_unit_and_to_the_digit_of_its_value(
    figure: Figure, told: str
) -> None:
    assert within(figure) == told
    if figure.unit == "days":
        assert say_interval(figure) in told


def test_one_hidden_group_is_one() -> None:
    assert say_hidden([True, False]).startswith("1 of 2 groups is suppressed:")
    assert say_hidden([True, True]).startswith("2 of 2 groups are suppressed:")


def test_nothing_has_no_minus() -> None:
    assert show(-0.0, "ratio") == "0"
    assert {points(-0.0), points(-0.0004)} == {"+0.0 points"}
    assert points(-0.0005001) == "-0.1 points"
    assert str(plain(-0.0)) == "0.0"


def test_one_cohort_is_one(make: Callable[[str], Made]) -> None:
    made = make("one_cohort")
    made.fresh()
    for day in (0, 1, 35):
        made.person(MONDAY + day * DAY, (1, 2))
    headline = made.ask("conversion-trend").headline
    assert "1 final cohort, 13 are needed (1 final four-week cohort, 2 people)" in headline


def test_an_interval_of_few_weeks_does_not_claim_to_allow_for_weeks(
    make: Callable[[str], Made],
) -> None:
    said = {}
    for weeks in (4, 5):
        made = make(f"weeks_{weeks}")
        made.fresh()
        for week in range(weeks):
            made.person(MONDAY + 7 * week * DAY, (1, 2, 3, 4, 5, 6) if week else (1,))
        said[weeks] = " ".join(made.ask("conversion").caveats)
    assert "does not allow for shocks common to a week: there are too few weeks" in said[4]
    assert (
        "The interval allows for shocks common to a week: Wilson over weeks. That of the estimate "
        "of everybody does not." in said[5]
    )


def test_steps_that_take_equally_long_are_named_together(make: Callable[[str], Made]) -> None:
    made = make("ties")
    made.fresh()
    for day in range(40):
        made.person(MONDAY + day * DAY, (1, 2, 3), seconds=30)
    assert made.ask("time-per-step").headline == (
        "People who do it spend longest on INPUT_FULL_NAME and CONFIRM_COUNTRY: half of 40 and 40 "
        "take up to 30 seconds."
    )


def test_one_skipped_step_is_one(make: Callable[[str], Made]) -> None:
    made = make("skips")
    made.fresh()
    for day in range(40):
        made.person(MONDAY + day * DAY, (1, 3, 4) if day % 2 else (1, 2, 3, 4))
    assert "1 of 2 steps is skipped by somebody" in made.ask("skipped-steps").headline


def test_what_mix_takes_beyond_the_fall_is_more_than_all_of_it() -> None:
    def say(mix: float, fall: float) -> str:
        entered = np.full(26, 1000)
        rate = np.where(np.arange(26) < 13, 0.6, 0.6 - fall)
        gate = conversion_trend((entered * rate).astype(int), entered, 1)
        part = Estimate(-mix, -mix - 0.01, -mix + 0.01, 100)
        return _say_part(Hypothesis("mix", "supported", part, None, "accounts for", ""), gate)

    assert say(0.184, 0.163) == "accounts for 18.4 points, more than all of it"
    assert say(0.100, 0.163) == "accounts for 10.0 points of it"


def test_steps_that_fell_together_are_listed_in_words() -> None:
    rates = np.where(np.arange(26) < 13, 0.6, 0.4) + np.arange(26) % 2 * 0.01
    entered = np.full(26, 1000)
    converted = (entered * rates).astype(int)
    cohorts = Cohorts(MONDAY.date(), entered, entered, converted, 26)
    fell = [
        replace(step, has_fallen=True)
        for step in step_trends(
            conversion_trend(converted, entered, 1),
            dict.fromkeys("ABC", converted),
            dict.fromkeys("ABC", entered),
            1,
        )
    ]
    assert "; the passage of A, B and C fell." in _say(
        cohorts, conversion_trend(converted, entered, 1), tuple(fell)
    )


def test_a_warehouse_without_rows_is_of_no_moment() -> None:
    report = BuildReport.__new__(BuildReport)
    object.__setattr__(report, "as_of", None)
    assert _moment(report) == "no moment: there are no rows"
    object.__setattr__(report, "as_of", "2026-07-01 00:00:00")
    assert _moment(report) == "2026-07-01 00:00:00 UTC"
