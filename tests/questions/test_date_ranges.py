"""Ranges of dates: whole months where people are counted, dates of the site everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from made import Made

from carepath.questions.edges import begin_month, end_month
from carepath.questions.people import METRICS
from carepath.questions.registry import QUESTIONS

DAY = timedelta(days=1)


def enter(made: Made, month: int, people: int, client: str) -> None:
    """Add people of a client who enter one a day from the first of a month of 2025."""
    for number in range(people):
        made.person(
            datetime(2025, month, 1 + number % 28, 12),
            (1, 2, 3, 4, 5, 6) if number % 2 else (1, 2),
            entry_client_id=client,
            entry_client_name=client,
        )


def test_every_question_on_people_has_ranges_of_whole_months() -> None:
    for entry in QUESTIONS:
        question = entry.load().QUESTION
        counts_people = METRICS in question.reads
        assert (question.range_unit == "month") == counts_people, entry.id


def test_a_range_that_begins_within_a_month_begins_with_it_and_says_so(made: Made) -> None:
    made.fresh()
    enter(made, 3, 28, "A")
    enter(made, 4, 28, "A")
    whole = made.ask("conversion", since="2025-04-01")
    widened = made.ask("conversion", since="2025-04-02", until="2025-04-20")
    assert widened.table == made.ask("conversion", since="2025-04-01", until="2025-04-30").table
    assert widened.table == whole.table
    assert any(
        "widened to whole months: sign-ups between 2025-04-01 and 2025-04-30" in caveat
        for caveat in widened.caveats
    )
    assert not any("widened" in caveat for caveat in whole.caveats)


@pytest.mark.parametrize(
    ("question", "by"),
    [
        ("conversion", "client"),
        ("conversion-by-client", None),
        ("dropoff-by-segment", "client"),
        ("largest-dropoff", "client"),
        ("skipped-steps", "client"),
        ("time-per-step", "client"),
    ],
)
def test_a_group_with_a_small_month_at_an_end_of_the_range_is_hidden(
    make: Callable[[str], Made], question: str, by: str | None
) -> None:
    made = make("small-month")
    made.fresh()
    for month in (1, 2, 3):
        for client in ("B", "C", "D"):
            enter(made, month, 15, client)
    enter(made, 1, 15, "A")
    enter(made, 2, 5, "A")
    enter(made, 3, 15, "A")

    def is_shown(**dates: str) -> bool:
        answer = made.ask(question, by=by, **dates)
        rows = [row for row in answer.table.rows if "A (A)" in row]
        assert rows
        return "suppressed" not in rows[0]

    assert is_shown()
    # Together with the range above, it would tell what the five of February did.
    assert not is_shown(since="2025-03-01")
    if question == "conversion":
        assert is_shown(since="2025-01-01")
        assert not is_shown(until="2025-01-31")
        assert not is_shown(since="2025-02-01")


def test_the_dates_of_a_range_are_those_of_the_site(made: Made) -> None:
    made.zone = "America/New_York"
    made.fresh()
    # Midnight in New York is at five o'clock UTC.
    for number, begun in enumerate(("2025-03-01 04:59:59", "2025-03-01 05:00:00")):
        made.add(
            "current_task_summary",
            task_id=f"t{number}",
            task_type="member",
            created_at=datetime.fromisoformat(begun) - DAY,
            first_active_at=datetime.fromisoformat(begun),
            is_imputed=False,
        )
    answers = [
        made.ask("time-to-complete", since="2025-03-01"),
        made.ask("time-to-complete", until="2025-02-28"),
        made.ask("time-to-complete"),
    ]
    started = [row[2] for answer in answers for row in answer.table.rows if row[0] == "tasks"]
    assert started == [1, 1, 2]
    assert any("America/New_York" in caveat for caveat in answers[0].caveats)


def test_months_end_where_they_end() -> None:
    assert end_month(date(2024, 2, 3)) == date(2024, 2, 29)
    assert end_month(date(2025, 12, 31)) == date(2025, 12, 31)
    assert end_month(date.max) == date.max
    assert begin_month(date.min) == date.min


def test_a_range_to_the_end_of_the_calendar_is_everything(made: Made) -> None:
    made.fresh()
    enter(made, 3, 28, "A")
    everything = made.ask("conversion", since="0001-01-01", until="9999-12-31")
    assert everything.table == made.ask("conversion").table
    made.ask("slowest-phase", since="0001-01-01", until="9999-12-31")


@pytest.mark.parametrize("question", [entry.id for entry in QUESTIONS])
def test_a_range_over_the_whole_calendar_is_one_without_limits(made: Made, question: str) -> None:
    made.fresh()
    enter(made, 3, 28, "A")
    for number in range(40):
        started_at = datetime(2025, 3, 3, 12) + number * DAY
        made.project(f"p{number}", started_at, 2.0)
        made.task(f"t{number}", started_at, 2.0)
    whole = made.ask(question, since="0001-01-01", until="9999-12-31")
    if question == "demand-or-efficiency":
        # The range is the later window there.
        assert whole.verdict == "cannot tell"
        return
    assert whole.table == made.ask(question).table


def test_a_range_with_nothing_before_it_to_compare_with_is_told_as_that(made: Made) -> None:
    made.fresh()
    for number in range(200):
        made.task(f"t{number}", datetime(2025, 3, 3, 12) + number * DAY, 2.0)
    headline = made.ask("demand-or-efficiency", since="2025-03-01").headline
    assert "do not reach back that far before it" in headline and "2025-03-03" in headline
